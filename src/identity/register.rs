//! Registration (IDN-07, IDN-08, IDN-16): by email and names, with a password or without. What was
//! typed waits with the challenge and counts only when the right code confirms the address, so
//! nobody can prepare an account for somebody else's address.

use chrono::TimeDelta;
use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::email::{self, Email};
use super::jobs::{Letter, SendMail};
use super::limits::{self, Identifier};
use super::model::{ChallengeRow, UserRow};
use super::otp::{self, Purpose};
use super::passwords::Stored;
use super::site_request::SiteRequest;
use super::status::Status;
use super::views::{CodeSent, NewAccount};
use super::{recover, store};
use crate::app::App;
use crate::platform::config::LOCALES;
use crate::platform::http::{Checks, Code, Problem};
use crate::platform::jobs::{Enqueue, enqueue};

/// The time zone of the home market, until the person says another.
const DEFAULT_TIMEZONE: &str = "Asia/Tashkent";

/// What waits with the challenge.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Registration {
    pub first_name: String,
    pub last_name: String,
    pub phone: Option<String>,
    /// PHC string and pepper id.
    pub password: Option<(String, String)>,
}

impl Registration {
    /// What a row's JSON holds.
    pub fn of(challenge: &ChallengeRow) -> Option<Self> {
        serde_json::from_value(challenge.registration.clone()?).ok()
    }

    /// As the confirmed account will have it.
    pub fn confirmed(self, challenge: &ChallengeRow) -> store::users::Confirmed {
        store::users::Confirmed {
            email: challenge.email.clone(),
            first_name: self.first_name,
            last_name: self.last_name,
            phone: self.phone,
            locale: challenge.locale.clone(),
            password: self.password.map(|(phc, pepper)| Stored { phc, pepper }),
        }
    }
}

/// Takes a registration; the code goes out by mail.
///
/// # Errors
/// Faults of the input, `password_weak`, `rate_limited`; never whether the address is known.
pub(super) async fn register(
    app: &App,
    input: NewAccount,
    site: &SiteRequest,
) -> Result<CodeSent, Problem> {
    let now = app.clock.now();
    let mut checks = Checks::new();
    let first_name = checks.text("first_name", &input.first_name, 1..=100);
    let last_name = checks.text("last_name", &input.last_name, 1..=100);
    let email = Email::parse(&input.email);
    if email.is_none() {
        checks.add("email", Code::EmailInvalid, Code::EmailInvalid.title());
    }
    let typed = input.phone.as_deref().map(str::trim).filter(|phone| !phone.is_empty());
    let phone = typed.and_then(email::phone);
    checks.ensure(
        typed.is_none() || phone.is_some(),
        "phone",
        Code::Invalid,
        "Write the number with the country code, as in +998 90 123 45 67.",
    );
    let locale = locale(&mut checks, input.locale.as_deref(), app);
    let auth = &app.config.auth;
    if input.password.is_some() && !auth.sign_in_by_password {
        return Err(Problem::new(Code::SignInMethodOff));
    }
    checks.done()?;
    let Some(email) = email else { return Err(Problem::new(Code::EmailInvalid)) };

    let device = site.device.hash();
    limits::registration(&app.limits, &device, site.address, now)?;
    let who = Identifier::of(&app.identity.code_pepper, email.key());
    limits::code_asked(&app.limits, who, None, site.address, now)?;

    let password = match input.password {
        None => None,
        Some(password) => {
            let own = [email.address(), &first_name, &last_name, phone.as_deref().unwrap_or("")];
            let least = auth.password_min_length;
            let stored = recover::accept(app, password, &own, least, "password").await?;
            Some((stored.phc, stored.pepper))
        }
    };
    let registration = Registration { first_name, last_name, phone, password };
    let registration = serde_json::to_value(&registration).map_err(Problem::internal)?;
    ask(app, &email, Purpose::Register, Some(registration), &locale, now).await
}

/// Asks for a code to sign in with (IDN-08).
///
/// # Errors
/// `email_invalid`, `sign_in_method_off`, `rate_limited`; never whether the address is known.
pub(super) async fn ask_code(
    app: &App,
    typed: &str,
    site: &SiteRequest,
) -> Result<CodeSent, Problem> {
    let now = app.clock.now();
    if !app.config.auth.sign_in_by_code {
        return Err(Problem::new(Code::SignInMethodOff));
    }
    let email = parse_email(typed)?;
    let device = site.device.hash();
    let mut conn = app.db.conn().await?;
    let known = store::sessions::is_known_device(&mut conn, &device, email.key()).await?;
    drop(conn);
    let who = Identifier::of(&app.identity.code_pepper, email.key());
    limits::code_asked(&app.limits, who, known.then_some(&device[..]), site.address, now)?;
    let locale = &app.config.site.default_locale;
    ask(app, &email, Purpose::Login, None, locale, now).await
}

/// Writes the challenge and queues its mail. The same work for known and unknown addresses: which
/// of them it is, the job finds out after the answer.
async fn ask(
    app: &App,
    email: &Email,
    purpose: Purpose,
    registration: Option<serde_json::Value>,
    locale: &str,
    now: Timestamp,
) -> Result<CodeSent, Problem> {
    let challenge = ChallengeRow {
        // 128 random bits but for the six that mark the version: this id is what the browser holds.
        id: Uuid::new_v4(),
        purpose: purpose.name().to_owned(),
        email: email.address().to_owned(),
        email_key: email.key().to_owned(),
        registration,
        locale: locale.to_owned(),
        user_id: None,
        mac: None,
        tries: 0,
        used_at: None,
        expires_at: now + TimeDelta::seconds(otp::LIFE_S),
        created_at: now,
    };
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            store::challenges::insert(conn, &challenge).await?;
            let letter = Letter::Code { challenge_id: challenge.id };
            enqueue(conn, app, &SendMail { letter }, Enqueue::now()).await
        })
        .await?;
    Ok(CodeSent { challenge: challenge.id, resend_after_s: limits::RESEND_AFTER_S })
}

/// The account that a registration makes before its address is confirmed; none for other codes.
pub(super) fn pending_user(app: &App, challenge: &ChallengeRow, now: Timestamp) -> Option<UserRow> {
    let registration = Registration::of(challenge)?;
    Some(UserRow {
        id: app.id(),
        email: challenge.email.clone(),
        email_key: challenge.email_key.clone(),
        email_verified_at: None,
        first_name: registration.first_name,
        last_name: registration.last_name,
        phone: registration.phone,
        about: String::new(),
        locale: challenge.locale.clone(),
        timezone: DEFAULT_TIMEZONE.to_owned(),
        // The password waits with the challenge until the code confirms who typed it.
        password_hash: None,
        pepper_kid: None,
        status: Status::PendingVerification.name().to_owned(),
        suspended_until: None,
        status_reason: None,
        auth_version: 0,
        created_at: now,
        updated_at: now,
    })
}

/// An account made by the command line (IDN-23) or as a demo: the operator vouches for the address.
pub(super) fn vouched_user(
    app: &App,
    email: &Email,
    first_name: &str,
    last_name: &str,
    locale: &str,
    password: Stored,
) -> UserRow {
    let now = app.clock.now();
    UserRow {
        id: app.id(),
        email: email.address().to_owned(),
        email_key: email.key().to_owned(),
        email_verified_at: Some(now),
        first_name: first_name.to_owned(),
        last_name: last_name.to_owned(),
        phone: None,
        about: String::new(),
        locale: locale.to_owned(),
        timezone: DEFAULT_TIMEZONE.to_owned(),
        password_hash: Some(password.phc),
        pepper_kid: Some(password.pepper),
        status: Status::Active.name().to_owned(),
        suspended_until: None,
        status_reason: None,
        auth_version: 0,
        created_at: now,
        updated_at: now,
    }
}

/// The address, or `email_invalid` with the field.
pub(super) fn parse_email(typed: &str) -> Result<Email, Problem> {
    Email::parse(typed).ok_or_else(|| {
        let code = Code::EmailInvalid;
        Problem::new(code).field("email", code, code.title())
    })
}

/// One of our languages; the site's own when nothing was said.
pub(super) fn locale(checks: &mut Checks, locale: Option<&str>, app: &App) -> String {
    let locale = locale.unwrap_or(&app.config.site.default_locale);
    checks.ensure(LOCALES.contains(&locale), "locale", Code::Invalid, "One of uz, ru, en, he.");
    locale.to_owned()
}
