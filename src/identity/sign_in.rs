//! Signing in (IDN-07, IDN-08, IDN-12, IDN-20): by password or by a one-time code. Unknown, wrong,
//! unconfirmed and passwordless are one answer that takes the same time; that an account is locked
//! out is told only to who has proved to be its owner.

use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use uuid::Uuid;

use super::access_token::Amr;
use super::events::UserRegistered;
use super::limits::{self, CODE_FAILURES_A_DAY, Identifier, PASSWORD_FAILURES_A_DAY};
use super::model::{ChallengeRow, UserRow};
use super::otp::{self, Purpose};
use super::passwords::{Stored, Verdict};
use super::register::{Registration, parse_email};
use super::sessions::{self, Ended, Tokens};
use super::site_request::SiteRequest;
use super::status::Status;
use super::store::failures::Kind;
use super::{password_rules, principals, recover, store};
use crate::app::App;
use crate::platform::events;
use crate::platform::http::{Code, Problem};

/// Signs in by password.
///
/// # Errors
/// `credentials_invalid`, `rate_limited`, and after the right password `account_suspended` or
/// `account_banned`.
pub(super) async fn by_password(
    app: &App,
    typed: &str,
    password: &str,
    site: &SiteRequest,
) -> Result<Tokens, Problem> {
    if !app.config.auth.sign_in_by_password {
        return Err(Problem::new(Code::SignInMethodOff));
    }
    let email = parse_email(typed)?;
    let now = app.clock.now();
    let who = Identifier::of(&app.identity.code_pepper, email.key());
    let device = site.device.hash();

    let mut conn = app.db.conn().await?;
    let known = store::sessions::is_known_device(&mut conn, &device, email.key()).await?;
    let attempt =
        limits::sign_in(&app.limits, who, known.then_some(&device[..]), site.address, now)?;
    let day = now.date_naive();
    let failed = store::failures::count(&mut conn, who.bytes(), Kind::Password, day).await?;
    if failed >= PASSWORD_FAILURES_A_DAY && !known {
        return Err(until_tomorrow(now));
    }
    let user = store::users::by_email(&mut conn, email.key()).await?;
    // Hashing may wait in its queue: no connection is held meanwhile.
    drop(conn);

    let stored = user.as_ref().and_then(UserRow::password);
    // A password that could never have been set is compared all the same, as another one.
    let fits = password.len() <= password_rules::MAX_BYTES;
    let password = if fits { password_rules::normal(password) } else { String::new() };
    let verdict =
        app.identity.passwords.verify(password, stored).await.map_err(recover::hash_problem)?;
    let (user, stale) = match (verdict, user) {
        (Verdict::Right, Some(user)) => (user, None),
        (Verdict::RightAndStale(anew), Some(user)) => (user, Some(anew)),
        _ => {
            let mut conn = app.db.conn().await?;
            store::failures::add(&mut conn, who.bytes(), Kind::Password, day).await?;
            return Err(Problem::new(Code::CredentialsInvalid));
        }
    };
    attempt.succeeded();
    admit(&user, now)?;
    open(app, user, stale, site).await
}

async fn open(
    app: &App,
    user: UserRow,
    stale: Option<Stored>,
    site: &SiteRequest,
) -> Result<Tokens, Problem> {
    let (tokens, replaced) = app
        .db
        .transaction(
            async |conn: &mut AsyncPgConnection| -> Result<(Tokens, Option<Ended>), Problem> {
                if let Some(anew) = &stale {
                    let now = app.clock.now();
                    store::users::set_password(conn, user.id, anew, false, now).await?;
                }
                sessions::open(conn, app, user.clone(), Amr::Pwd, site).await
            },
        )
        .await?;
    if let Some(replaced) = replaced {
        replaced.tell(app);
    }
    Ok(tokens)
}

/// Signs in by a one-time code; the first one of an account confirms its address (IDN-16).
///
/// # Errors
/// `otp_invalid` for unknown, wrong, used, expired and foreign alike; `rate_limited`; after the
/// right code `account_suspended` or `account_banned`.
pub(super) async fn by_code(
    app: &App,
    challenge: Uuid,
    code: &str,
    site: &SiteRequest,
) -> Result<Tokens, Problem> {
    let now = app.clock.now();
    limits::code_tried(&app.limits, site.address, now)?;
    // The browser that asked holds the challenge: a code read out over the phone opens nothing.
    let held = site.challenge.as_deref().and_then(|held| held.parse::<Uuid>().ok());
    let code = otp::typed(code).unwrap_or_default();
    let pepper = &app.identity.code_pepper;

    let mut conn = app.db.conn().await?;
    let row = if held == Some(challenge) {
        store::challenges::take_try(&mut conn, challenge, now).await?
    } else {
        None
    };
    let Some(row) = row else {
        // The same work as for one that exists.
        let _ = otp::is_right(pepper, Purpose::Login, challenge, &code, None);
        return Err(Problem::new(Code::OtpInvalid));
    };
    // A stranger's failures count against strangers: the owner's own browsers have a count each.
    let device = site.device.hash();
    let known = store::sessions::is_known_device(&mut conn, &device, &row.email_key).await?;
    let who = match known {
        true => Identifier::of_device(pepper, &row.email_key, &device),
        false => Identifier::of(pepper, &row.email_key),
    };
    let day = now.date_naive();
    let failed = store::failures::count(&mut conn, who.bytes(), Kind::Code, day).await?;
    if failed >= CODE_FAILURES_A_DAY {
        return Err(until_tomorrow(now));
    }
    let purpose = Purpose::of_name(&row.purpose).unwrap_or(Purpose::Login);
    if !otp::is_right(pepper, purpose, row.id, &code, row.mac.as_deref()) {
        store::failures::add(&mut conn, who.bytes(), Kind::Code, day).await?;
        let left = (otp::TRIES - row.tries).max(0);
        return Err(Problem::new(Code::OtpInvalid).with("tries_left", left));
    }
    drop(conn);
    let (tokens, replaced) = app
        .db
        .transaction(
            async |conn: &mut AsyncPgConnection| -> Result<(Tokens, Option<Ended>), Problem> {
                admit_by_code(conn, app, &row, site).await
            },
        )
        .await?;
    if let Some(replaced) = replaced {
        replaced.tell(app);
    }
    Ok(tokens)
}

async fn admit_by_code(
    conn: &mut AsyncPgConnection,
    app: &App,
    challenge: &ChallengeRow,
    site: &SiteRequest,
) -> Result<(Tokens, Option<Ended>), Problem> {
    let now = app.clock.now();
    if !store::challenges::spend(conn, challenge.id, now).await? {
        return Err(Problem::new(Code::OtpInvalid));
    }
    let Some(user_id) = challenge.user_id else { return Err(Problem::new(Code::OtpInvalid)) };
    let user = store::users::lock(conn, user_id).await?;
    let mut user = user.ok_or_else(|| Problem::new(Code::OtpInvalid))?;
    if Status::of_name(&user.status) == Some(Status::PendingVerification) {
        let registration = Registration::of(challenge).map(|r| r.confirmed(challenge));
        store::users::confirm(conn, user.id, registration, now).await?;
        user = store::users::by_id(conn, user.id).await?.ok_or_else(Problem::not_found)?;
        let fact = UserRegistered { user_id: user.id, locale: user.locale.clone() };
        events::publish(conn, app, &fact).await?;
    }
    admit(&user, now)?;
    sessions::open(conn, app, user, Amr::Otp, site).await
}

/// Refuses an owner who is locked out, with the reason.
fn admit(user: &UserRow, now: Timestamp) -> Result<(), Problem> {
    let reason = user.status_reason.as_deref();
    principals::check_status(&user.status, user.suspended_until, reason, now)
}

/// Too many failures today: known devices and a new password still work.
fn until_tomorrow(now: Timestamp) -> Problem {
    let passed = now.timestamp().rem_euclid(86_400);
    let wait = u64::try_from(86_400 - passed).unwrap_or(86_400);
    Problem::new(Code::RateLimited).retry_after(wait)
}
