//! Passwords changed and recovered (IDN-15): by the current one, or by a link to the confirmed
//! address. Every way ends the other sessions, unless the person says that they stay.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use diesel_async::AsyncPgConnection;
use sha2::{Digest as _, Sha256};

use super::jobs::{Letter, SendMail};
use super::limits::{self, Identifier};
use super::model::{EndReason, UserRow};
use super::passwords::{HashError, Stored, Verdict};
use super::principals::Principal;
use super::register::parse_email;
use super::roles::{Role, Roles};
use super::sessions::{self, Ended};
use super::site_request::SiteRequest;
use super::store;
use super::views::NewPassword;
use super::{password_rules, store::failures::Kind};
use crate::app::App;
use crate::platform::http::{Code, Problem};
use crate::platform::jobs::{Enqueue, enqueue};

/// A proof younger than this is enough to set the first password.
const FRESH: TimeDelta = TimeDelta::minutes(5);

/// The refusal when hashing was not possible.
pub(super) fn hash_problem(error: HashError) -> Problem {
    match error {
        HashError::Busy => Problem::unavailable("the queue of password hashes is full", 2),
        HashError::Failed => Problem::internal(error),
    }
}

/// Judges a new password and hashes it.
///
/// # Errors
/// `password_weak` at `field` with the reason, 503 when the hashing queue is full.
pub(super) async fn accept(
    app: &App,
    password: String,
    own: &[&str],
    least: usize,
    field: &'static str,
) -> Result<Stored, Problem> {
    let weak = |weakness: password_rules::Weakness| {
        let sentence = weakness.sentence();
        Problem::new(Code::PasswordWeak)
            .detail(sentence.clone())
            .field(field, Code::PasswordWeak, sentence)
            .with("weakness", weakness.name())
    };
    if password.len() > password_rules::MAX_BYTES {
        return Err(weak(password_rules::Weakness::TooLong));
    }
    let password = password_rules::normal(&password);
    let judged = password.clone();
    let own: Vec<String> = own.iter().map(|word| (*word).to_owned()).collect();
    let pool = &app.identity.passwords;
    pool.run(move || {
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        password_rules::judge(&judged, &own, least)
    })
    .await
    .map_err(hash_problem)?
    .map_err(weak)?;
    pool.hash(password).await.map_err(hash_problem)
}

/// How long the password of somebody with these roles must be.
fn least(app: &App, roles: &Roles) -> usize {
    let least = app.config.auth.password_min_length;
    if roles.is_staff() || roles.has(Role::Author) {
        least.max(password_rules::MIN_CHARS_STAFF)
    } else {
        least
    }
}

fn own(user: &UserRow) -> [&str; 4] {
    [&user.email, &user.first_name, &user.last_name, user.phone.as_deref().unwrap_or("")]
}

/// Queues a link for a new password, if there is such an account and it has not asked too often.
/// The answer is the same in every case.
///
/// # Errors
/// `email_invalid`, or the database's own.
pub(super) async fn forgot(app: &App, typed: &str, site: &SiteRequest) -> Result<(), Problem> {
    let email = parse_email(typed)?;
    let who = Identifier::of(&app.identity.code_pepper, email.key());
    if !limits::may_forget(&app.limits, who, site.address, app.clock.now()) {
        return Ok(());
    }
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let letter = Letter::Reset { email_key: email.key().to_owned() };
            enqueue(conn, app, &SendMail { letter }, Enqueue::now()).await
        })
        .await
}

/// Sets a new password by the token of a link; every session of the account ends.
///
/// # Errors
/// `reset_token_invalid`, `password_weak`, `rate_limited`.
pub(super) async fn reset(
    app: &App,
    token: &str,
    password: String,
    site: &SiteRequest,
) -> Result<(), Problem> {
    let now = app.clock.now();
    limits::reset_tried(&app.limits, site.address, now)?;
    let invalid = || Problem::new(Code::ResetTokenInvalid);
    let token: [u8; 32] = URL_SAFE_NO_PAD
        .decode(token.get(..43).filter(|start| *start == token).ok_or_else(invalid)?)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(invalid)?;
    let hash = Sha256::digest(token);
    let mut conn = app.db.conn().await?;
    let owner = store::challenges::reset_owner(&mut conn, &hash, now).await?;
    let owner = owner.ok_or_else(invalid)?;
    let user = store::users::by_id(&mut conn, owner).await?.ok_or_else(invalid)?;
    let roles = store::users::roles_of(&mut conn, owner, now).await?;
    drop(conn);
    let stored = accept(app, password, &own(&user), least(app, &roles), "password").await?;
    let ended = app
        .db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<Ended, Problem> {
            if !store::challenges::spend_reset(conn, &hash, now).await? {
                return Err(invalid());
            }
            let who = Identifier::of(&app.identity.code_pepper, &user.email_key);
            store::failures::forget(conn, who.bytes(), Kind::Password).await?;
            write(conn, app, &user, &stored, None, EndReason::PasswordReset).await
        })
        .await?;
    app.identity.principals.forget_user(user.id);
    ended.tell(app);
    Ok(())
}

/// Changes the password of whoever is signed in; without one yet, a fresh sign-in is the proof.
///
/// # Errors
/// `credentials_invalid` at `current_password`, `step_up_required`, `password_weak`,
/// `rate_limited`.
pub(super) async fn change(
    app: &App,
    principal: &Principal,
    input: NewPassword,
) -> Result<(), Problem> {
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    let user = store::users::by_id(&mut conn, principal.user_id).await?;
    let user = user.ok_or_else(sessions::over)?;
    drop(conn);
    match user.password() {
        Some(stored) => {
            prove(app, principal, input.current_password, stored).await?;
        }
        None if now - principal.auth_time > FRESH => {
            return Err(Problem::new(Code::StepUpRequired)
                .detail("Sign in again by a code, then set a password within five minutes."));
        }
        None => {}
    }
    let least = least(app, &principal.roles);
    let stored = accept(app, input.new_password, &own(&user), least, "new_password").await?;
    let keep = principal.session_id;
    let ended = app
        .db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<Option<Ended>, Problem> {
            if input.end_others.unwrap_or(true) {
                let reason = EndReason::PasswordChanged;
                return write(conn, app, &user, &stored, Some(keep), reason).await.map(Some);
            }
            store::users::set_password(conn, user.id, &stored, false, now).await?;
            tell_owner(conn, app, &user).await?;
            Ok(None)
        })
        .await?;
    app.identity.principals.forget_user(user.id);
    if let Some(ended) = ended {
        ended.tell(app);
    }
    Ok(())
}

async fn prove(
    app: &App,
    principal: &Principal,
    current: Option<String>,
    stored: Stored,
) -> Result<(), Problem> {
    let now = app.clock.now();
    let code = Code::CredentialsInvalid;
    let wrong =
        || Problem::new(code).field("current_password", code, "This is not the current password.");
    limits::confirm(&app.limits, principal.user_id, now)?;
    let current =
        current.filter(|text| text.len() <= password_rules::MAX_BYTES).ok_or_else(wrong)?;
    let current = password_rules::normal(&current);
    let verdict =
        app.identity.passwords.verify(current, Some(stored)).await.map_err(hash_problem)?;
    if verdict == Verdict::Wrong {
        return Err(wrong());
    }
    limits::confirmed(&app.limits, principal.user_id, now);
    Ok(())
}

/// Writes the password, ends sessions and reset links, and tells the owner.
async fn write(
    conn: &mut AsyncPgConnection,
    app: &App,
    user: &UserRow,
    password: &Stored,
    keep: Option<uuid::Uuid>,
    reason: EndReason,
) -> Result<Ended, Problem> {
    let now = app.clock.now();
    store::users::set_password(conn, user.id, password, true, now).await?;
    store::challenges::kill_resets(conn, user.id, now).await?;
    tell_owner(conn, app, user).await?;
    sessions::end_all(conn, app, user.id, keep, reason, now).await
}

async fn tell_owner(
    conn: &mut AsyncPgConnection,
    app: &App,
    user: &UserRow,
) -> Result<(), Problem> {
    let letter = Letter::PasswordChanged { user_id: user.id };
    enqueue(conn, app, &SendMail { letter }, Enqueue::now()).await
}
