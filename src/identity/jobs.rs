//! Identity's mail. Codes and reset tokens are made when their mail is sent, so that neither stands
//! in the job queue; whether an account exists is looked up here too, after the answer has gone out
//! (2.11: the same answer for all).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use diesel_async::AsyncPgConnection;
use gateways::mail::{Mail, MailError};
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::mails::{self, About};
use super::model::{ChallengeRow, UserRow};
use super::otp::{self, Purpose};
use super::status::Status;
use super::{links, register, store};
use crate::app::App;
use crate::platform::http::Problem;
use crate::platform::jobs::{Job, JobError, JobMeta};

/// Seconds that a link for a new password lives.
pub(super) const RESET_LIFE_S: i64 = 30 * 60;

/// What to write to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "letter", rename_all = "snake_case")]
pub enum Letter {
    /// The code of a challenge, or what there is to say instead of one.
    Code {
        /// Which challenge.
        challenge_id: Uuid,
    },
    /// A link for a new password, if there is such an account.
    Reset {
        /// The address in its key form.
        email_key: String,
    },
    /// A refresh token was reused and its session ended.
    SessionReused {
        /// Which session.
        session_id: Uuid,
    },
    /// A sign-in from a browser not seen before.
    NewDevice {
        /// Which session.
        session_id: Uuid,
    },
    /// The password was changed.
    PasswordChanged {
        /// Whose.
        user_id: Uuid,
    },
    /// A text that another context wrote.
    Plain {
        /// One address.
        to: String,
        /// One line.
        subject: String,
        /// Plain text.
        text: String,
        /// The same as HTML.
        html: Option<String>,
    },
}

/// Sends one mail.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SendMail {
    /// Which.
    #[serde(flatten)]
    pub letter: Letter,
}

impl Job for SendMail {
    const KIND: &'static str = "mail.send";
    const MAX_ATTEMPTS: i32 = 8;

    async fn run(self, app: App, meta: JobMeta) -> Result<(), JobError> {
        match self.letter {
            Letter::Code { challenge_id } => code(&app, challenge_id).await,
            Letter::Reset { email_key } => reset(&app, &email_key).await,
            Letter::SessionReused { session_id } => {
                let Some((user, session)) = of_session(&app, session_id).await? else {
                    return Ok(());
                };
                let sessions = links::sessions(&app);
                let about = About::SessionReused { device: &session.device, sessions: &sessions };
                send(&app, meta.id, &user.email, about, &user.locale).await
            }
            Letter::NewDevice { session_id } => {
                let Some((user, session)) = of_session(&app, session_id).await? else {
                    return Ok(());
                };
                let (sessions, forgot) = (links::sessions(&app), links::forgot(&app));
                let at = session.created_at.format("%Y-%m-%d %H:%M UTC").to_string();
                let about = About::NewDevice {
                    device: &session.device,
                    network: &session.network,
                    at: &at,
                    sessions: &sessions,
                    forgot: &forgot,
                };
                send(&app, meta.id, &user.email, about, &user.locale).await
            }
            Letter::PasswordChanged { user_id } => {
                let mut conn = app.db.conn().await?;
                let Some(user) = store::users::by_id(&mut conn, user_id).await? else {
                    return Ok(());
                };
                drop(conn);
                let forgot = links::forgot(&app);
                let about = About::PasswordChanged(&forgot);
                send(&app, meta.id, &user.email, about, &user.locale).await
            }
            Letter::Plain { to, subject, text, html } => {
                let at = app.clock.now();
                deliver(&app, Mail { id: meta.id, at, to, subject, text, html }).await
            }
        }
    }
}

async fn of_session(
    app: &App,
    session_id: Uuid,
) -> Result<Option<(UserRow, super::model::SessionRow)>, JobError> {
    let mut conn = app.db.conn().await?;
    let Some(session) = store::sessions::by_id(&mut conn, session_id).await? else {
        return Ok(None);
    };
    let user = store::users::by_id(&mut conn, session.user_id).await?;
    Ok(user.map(|user| (user, session)))
}

async fn send(
    app: &App,
    id: Uuid,
    to: &str,
    about: About<'_>,
    locale: &str,
) -> Result<(), JobError> {
    let mails::Text { subject, text, html } = mails::write(about, locale);
    let at = app.clock.now();
    deliver(app, Mail { id, at, to: to.to_owned(), subject, text, html: Some(html) }).await
}

async fn deliver(app: &App, mail: Mail) -> Result<(), JobError> {
    app.mailer.send(&mail).await.map_err(|error| {
        // The relay's words may hold the address, so they go no further than a debugging log.
        tracing::debug!(%error, mail = %mail.id, "mail was not sent");
        match error {
            MailError::Temporary(_) => JobError::Retry("the mail relay is away or busy".into()),
            MailError::Refused(_) => JobError::Fatal("the mail relay refused the mail".into()),
        }
    })
}

/// What the person behind a challenge is told, and in which language.
enum Answer {
    /// The code, which has just been made.
    Code(String, String),
    /// There is an account already.
    AccountExists(String),
    /// Nothing: there is no account.
    Silence,
}

async fn code(app: &App, challenge_id: Uuid) -> Result<(), JobError> {
    let answered = app
        .db
        .transaction(
            async |conn: &mut AsyncPgConnection| -> Result<Option<(ChallengeRow, Answer)>, Problem> {
                let now = app.clock.now();
                let Some(challenge) = store::challenges::alive(conn, challenge_id, now).await?
                else {
                    return Ok(None);
                };
                let answer = answer(conn, app, &challenge, now).await?;
                Ok(Some((challenge, answer)))
            },
        )
        .await?;
    let Some((challenge, answer)) = answered else { return Ok(()) };
    let (sign_in, forgot) = (links::sign_in(app), links::forgot(app));
    let (about, locale) = match &answer {
        Answer::Code(code, locale) => (About::Code(code), locale),
        Answer::AccountExists(locale) => {
            (About::AccountExists { sign_in: &sign_in, forgot: &forgot }, locale)
        }
        Answer::Silence => return Ok(()),
    };
    // A second attempt carries another code, so it must not look like a copy of the first.
    send(app, app.id(), &challenge.email, about, locale).await
}

async fn answer(
    conn: &mut AsyncPgConnection,
    app: &App,
    challenge: &ChallengeRow,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let purpose = Purpose::of_name(&challenge.purpose).unwrap_or(Purpose::Login);
    let user = match store::users::by_email(conn, &challenge.email_key).await? {
        Some(user) => Some(user),
        None => match register::pending_user(app, challenge, now) {
            Some(user) => {
                // Lost to another registration of the same address: that one's row serves as well.
                store::users::insert(conn, &user).await?;
                store::users::by_email(conn, &challenge.email_key).await?
            }
            None => None,
        },
    };
    let Some(user) = user else { return Ok(Answer::Silence) };
    let pending = Status::of_name(&user.status) == Some(Status::PendingVerification);
    if purpose == Purpose::Register && !pending {
        return Ok(Answer::AccountExists(user.locale));
    }
    let code = otp::new_code();
    let mac = otp::mac(&app.identity.code_pepper, purpose, challenge.id, &code);
    store::challenges::set_code(conn, challenge.id, user.id, &mac).await?;
    let locale = match purpose {
        Purpose::Register => challenge.locale.clone(),
        Purpose::Login => user.locale,
    };
    Ok(Answer::Code(code, locale))
}

async fn reset(app: &App, email_key: &str) -> Result<(), JobError> {
    let token: [u8; 32] = rand::random();
    let hash = Sha256::digest(token);
    let user = app
        .db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<Option<UserRow>, Problem> {
            let now = app.clock.now();
            let Some(user) = store::users::by_email(conn, email_key).await? else {
                return Ok(None);
            };
            // Who is banned learns it by signing in; who never confirmed the address registers anew.
            if !matches!(user.status_at(now), Status::Active | Status::Suspended) {
                return Ok(None);
            }
            let until = now + TimeDelta::seconds(RESET_LIFE_S);
            store::challenges::insert_reset(conn, app.id(), user.id, &hash, until, now).await?;
            Ok(Some(user))
        })
        .await?;
    let Some(user) = user else { return Ok(()) };
    let link = links::reset(app, &URL_SAFE_NO_PAD.encode(token));
    send(app, app.id(), &user.email, About::Reset(&link), &user.locale).await
}
