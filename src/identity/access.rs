//! Extractors that say who is calling. A handler that takes one of them cannot run for anybody
//! else.

use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use futures::future::LocalBoxFuture;
use kernel::Timestamp;
use uuid::Uuid;

use super::access_token::TokenError;
use super::principals::{self, Principal};
use super::refresh::{Decision, Presented};
use super::roles::Role;
use super::{sessions, site_request};
use crate::app::App;
use crate::platform::http::{Code, Problem};

/// Whoever is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Principal);

/// Whoever is signed in, or a guest. A token that is there and does not count is an error, so that
/// clients renew it instead of seeing less.
#[derive(Debug, Clone)]
pub struct MaybeSignedIn(pub Option<Principal>);

/// Which staff may come in.
pub trait StaffRole: 'static {
    /// Any of these roles opens the door; it must hold everywhere.
    const ROLES: &'static [Role];
}

/// Admins (and super admins).
#[derive(Debug, Clone, Copy)]
pub struct Admins;

impl StaffRole for Admins {
    const ROLES: &'static [Role] = &[Role::Admin];
}

/// Those who inspect and block courses.
#[derive(Debug, Clone, Copy)]
pub struct Moderators;

impl StaffRole for Moderators {
    const ROLES: &'static [Role] = &[Role::Moderator, Role::Admin];
}

/// Those who edit tasks, see statistics and answer students.
#[derive(Debug, Clone, Copy)]
pub struct Curators;

impl StaffRole for Curators {
    const ROLES: &'static [Role] = &[Role::Curator, Role::Admin];
}

/// Anybody who works for the school.
#[derive(Debug, Clone, Copy)]
pub struct AnyStaff;

impl StaffRole for AnyStaff {
    const ROLES: &'static [Role] =
        &[Role::Curator, Role::Support, Role::Moderator, Role::Finance, Role::Admin];
}

/// Staff with one of the roles of `R`; others get `forbidden`.
#[derive(Debug, Clone)]
pub struct Staff<R: StaffRole> {
    /// Who.
    pub principal: Principal,
    role: PhantomData<R>,
}

/// The token out of `Authorization: Bearer`.
fn bearer(req: &HttpRequest) -> Result<Option<&str>, Problem> {
    let Some(value) = req.headers().get(header::AUTHORIZATION) else { return Ok(None) };
    let token = value.to_str().ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    token.map(Some).ok_or_else(|| Problem::new(Code::Unauthenticated))
}

/// Who sent the request, asked once a request.
async fn caller(req: &HttpRequest) -> Result<Option<Principal>, Problem> {
    if let Some(principal) = req.extensions().get::<Principal>() {
        return Ok(Some(principal.clone()));
    }
    let Some(token) = bearer(req)? else { return Ok(None) };
    let app = App::of(req)?;
    let claims = app.identity.tokens.verify(token, app.clock.now()).map_err(|error| {
        Problem::new(match error {
            TokenError::Invalid => Code::Unauthenticated,
            TokenError::Expired => Code::TokenExpired,
        })
    })?;
    let principal = principals::of_claims(&app, &claims).await?;
    req.extensions_mut().insert(principal.clone());
    Ok(Some(principal))
}

/// Whose the request's access token is, if it is one of ours and in time. Nothing is asked of the
/// database: enough to count requests by, not to let anybody in.
pub fn user_of_bearer(app: &App, req: &HttpRequest) -> Option<Uuid> {
    let token = bearer(req).ok()??;
    app.identity.tokens.verify(token, app.clock.now()).ok().map(|claims| claims.sub)
}

async fn signed_in(req: &HttpRequest) -> Result<Principal, Problem> {
    caller(req).await?.ok_or_else(|| Problem::new(Code::Unauthenticated))
}

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move { signed_in(&req).await.map(Self) })
    }
}

impl FromRequest for MaybeSignedIn {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move { caller(&req).await.map(Self) })
    }
}

impl<R: StaffRole> FromRequest for Staff<R> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let principal = signed_in(&req).await?;
            if R::ROLES.iter().any(|role| principal.has(*role)) {
                Ok(Self { principal, role: PhantomData })
            } else {
                Err(Problem::new(Code::Forbidden))
            }
        })
    }
}

/// The principal behind an access token that came by another way than the header (the socket's
/// first frame).
///
/// # Errors
/// `unauthenticated`, `token_expired`, `session_ended`, `account_suspended`, `account_banned`.
pub async fn principal_of_token(app: &App, token: &str) -> Result<Principal, Problem> {
    let claims = app.identity.tokens.verify(token, app.clock.now()).map_err(|error| {
        Problem::new(match error {
            TokenError::Invalid => Code::Unauthenticated,
            TokenError::Expired => Code::TokenExpired,
        })
    })?;
    principals::of_claims(app, &claims).await
}

/// The principal of a session that was proved earlier (a socket's), as it stands now. It never counts
/// as somebody who has just proved who they are.
///
/// # Errors
/// `session_ended`, `account_suspended`, `account_banned`.
pub async fn principal_of_session(app: &App, session_id: Uuid) -> Result<Principal, Problem> {
    principals::of_session(app, session_id, Timestamp::default()).await
}

/// The principal behind the refresh cookie of a socket's upgrade, if the upgrade comes from our own
/// origin; nothing is rotated. Without a cookie there is none.
///
/// # Errors
/// `cross_site` for a cookie from another origin (T21), `session_ended` and the account's states.
pub async fn principal_of_upgrade(
    app: &App,
    req: &HttpRequest,
) -> Result<Option<Principal>, Problem> {
    let Some(cookie) = app.identity.cookies.read(req, super::cookies::Kind::Refresh) else {
        return Ok(None);
    };
    // Browsers always name the origin of a socket; Fetch Metadata alone is not enough here.
    let origin = req.headers().get(header::ORIGIN).and_then(|value| value.to_str().ok());
    if origin != Some(app.config.site.base_url.as_str())
        && !site_request::is_same_origin(req.headers(), &app.config.site.base_url)
    {
        return Err(Problem::new(Code::CrossSite));
    }
    let ended = || Problem::new(Code::SessionEnded);
    let presented = Presented::parse(&cookie).ok_or_else(ended)?;
    let (decision, session) = sessions::look(app, &presented).await?.ok_or_else(ended)?;
    match decision {
        Decision::Rotate | Decision::Replay { .. } => {
            principals::of_session(app, presented.session_id, session.auth_time).await.map(Some)
        }
        Decision::Reuse | Decision::Forged | Decision::Ended => Err(ended()),
    }
}

/// The id in a path that names one thing as `{id}`; anything else is not there.
#[derive(Debug, Clone, Copy)]
pub struct IdInPath(pub uuid::Uuid);

impl FromRequest for IdInPath {
    type Error = Problem;
    type Future = futures::future::Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = req.match_info().get("id").and_then(|id| id.parse().ok());
        futures::future::ready(id.map(Self).ok_or_else(Problem::not_found))
    }
}
