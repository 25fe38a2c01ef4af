//! Identity: who people are, how they prove it, what they may act as, and the sessions that carry
//! the proof. Rows IDN-02, 03, 07, 08, 12 to 16, 18, 20, 21, 23 to 25.
//!
//! Tables: `users`, `role_grants`, `sessions`, `otp_challenges`, `password_resets`,
//! `auth_failures`; no other context reads them. Invariants:
//! - There is one kind of user; everything beyond a student is a grant.
//! - An address counts only when a code sent to it came back; what a registration typed is applied
//!   by that code alone.
//! - Neither codes nor tokens nor passwords can be read out of the database, the job queue or logs.
//! - A refresh token is used once; an older one coming back ends its session.
//! - Answers do not tell whether an address has an account, neither by bytes nor by time.
//! - An ended session, a changed role and a locked account bite on the next request of this node,
//!   and on others within five seconds.

mod access;
mod access_token;
mod cookies;
mod device;
mod email;
mod events;
mod jobs;
mod limits;
mod links;
mod mails;
mod model;
mod otp;
mod password_rules;
mod passwords;
mod principals;
mod profile;
mod purge;
mod recover;
mod refresh;
mod register;
mod roles;
mod routes;
mod schema;
mod sessions;
mod sign_in;
mod site_request;
mod socket;
mod staff;
mod status;
mod store;
mod views;

use kernel::SecretBytes;
use tokio::sync::broadcast::error::RecvError;
use utoipa::OpenApi;

use crate::app::App;
use crate::platform::BootError;
use crate::platform::config::Config;
use crate::platform::http::Routes;
use crate::platform::secrets::Secrets;

pub use access::{
    Admins, AnyStaff, Curators, IdInPath, MaybeSignedIn, Moderators, SignedIn, Staff, StaffRole,
    principal_of_session, principal_of_token, principal_of_upgrade, user_of_bearer,
};
pub use events::{SessionEnded, UserRegistered, UserStatusChanged};
pub use jobs::{Letter, SendMail};
pub use limits::print;
pub use principals::Principal;
pub use profile::{holders_of, locales, member_since, people, roles_of_people};
pub use purge::purge;
pub use roles::{Role, Roles, Scope};
pub use socket::SocketGate;
pub use staff::{VouchedAccount, changed, create_account, grant, is_empty};
pub use status::Status;
pub use views::Person;

/// What the context keeps while the process lives.
#[derive(Debug)]
pub struct Services {
    tokens: access_token::AccessTokens,
    refresh: refresh::RefreshKey,
    code_pepper: SecretBytes,
    passwords: passwords::Passwords,
    cookies: cookies::Cookies,
    principals: principals::Principals,
    roles_off: Vec<roles::Role>,
}

impl Services {
    /// Made once at the start.
    ///
    /// # Errors
    /// When the signing key is no key or no thread for hashing can be started.
    pub fn new(config: &Config, secrets: &Secrets) -> Result<Self, BootError> {
        let wrong =
            |error: &dyn std::fmt::Display| BootError::Service(format!("identity: {error}"));
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self {
            tokens: access_token::AccessTokens::new(
                &config.site.base_url,
                &secrets.access_token,
                config.auth.access_token_seconds,
            )
            .map_err(|error| wrong(&error))?,
            refresh: refresh::RefreshKey::new(secrets.refresh_token.clone()),
            code_pepper: secrets.code_pepper.clone(),
            passwords: passwords::Passwords::new(
                secrets.password_pepper.clone(),
                cores.saturating_sub(1),
            )
            .map_err(|error| wrong(&error))?,
            cookies: cookies::Cookies::new(config.site.is_https()),
            principals: principals::Principals::default(),
            roles_off: roles::Role::switched_off(&config.auth.roles_off)
                .map_err(|error| wrong(&error))?,
        })
    }
}

/// Keeps what is known about people fresh: hears what happens, on this node and on others, until
/// the process stops.
pub async fn listen(app: App) {
    let mut notices = app.live.listen();
    loop {
        tokio::select! {
            () = app.stop.cancelled() => return,
            notice = notices.recv() => match notice {
                Ok(notice) => principals::hear(&app, &notice),
                // What was missed may concern anybody.
                Err(RecvError::Lagged(_)) => app.identity.principals.forget_all(),
                Err(RecvError::Closed) => return,
            },
        }
    }
}

/// Its part of the OpenAPI document.
#[derive(OpenApi)]
#[openapi(paths(
    routes::auth::register,
    routes::auth::ask_code,
    routes::auth::verify,
    routes::auth::login,
    routes::auth::refresh,
    routes::auth::logout,
    routes::auth::forgot,
    routes::auth::reset,
    routes::me::me,
    routes::me::change,
    routes::me::password,
    routes::me::sessions,
    routes::me::end_session,
    routes::me::end_others,
    routes::admin::users,
    routes::admin::set_status,
    routes::admin::set_role,
    routes::admin::audit,
    routes::mailbox::list,
    routes::mailbox::page,
))]
pub struct Docs;

/// Its routes.
pub fn routes(r: &mut Routes) {
    routes::routes(r);
}
