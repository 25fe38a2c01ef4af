//! Sessions: opened by a proof, carried on by the refresh cookie, ended by a person, by staff or by
//! a token that comes back (IDN-12, IDN-13, IDN-14).

use chrono::TimeDelta;
use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use uuid::Uuid;

use super::access_token::{Amr, Subject};
use super::events::SessionEnded;
use super::jobs::{Letter, SendMail};
use super::limits;
use super::model::{EndReason, SessionRow, UserRow};
use super::principals;
use super::refresh::{Decision, Family, Presented};
use super::roles::{Role, Roles};
use super::site_request::SiteRequest;
use super::store;
use crate::app::App;
use crate::platform::config;
use crate::platform::events;
use crate::platform::http::{ClientAddress, Code, Problem};
use crate::platform::jobs::{Enqueue, enqueue};
use crate::platform::live::Notice;

/// What a browser gets when it has signed in or renewed.
#[derive(Debug)]
pub(super) struct Tokens {
    /// For the `Authorization` header.
    pub access: String,
    /// The refresh cookie's value.
    pub refresh: String,
    /// Seconds that the cookie may be kept.
    pub cookie_s: i64,
    /// Whose they are.
    pub user: UserRow,
    /// What that person may act as.
    pub roles: Roles,
}

/// How long a session may stand idle, and how long it may last in all.
pub(super) fn life(auth: &config::Auth, roles: &Roles) -> (TimeDelta, TimeDelta) {
    let days = |days: u32| TimeDelta::days(i64::from(days));
    if roles.is_staff() {
        (
            TimeDelta::minutes(i64::from(auth.staff_session_idle_minutes)),
            TimeDelta::hours(i64::from(auth.staff_session_absolute_hours)),
        )
    } else if roles.has(Role::Author) {
        (days(auth.author_session_idle_days), days(auth.author_session_absolute_days))
    } else {
        (days(auth.session_idle_days), days(auth.session_absolute_days))
    }
}

/// Opens a session for somebody who has just proved who they are. A session that this browser still
/// had ends, so nobody can plant one (T4).
pub(super) async fn open(
    conn: &mut AsyncPgConnection,
    app: &App,
    user: UserRow,
    amr: Amr,
    site: &SiteRequest,
) -> Result<(Tokens, Option<Ended>), Problem> {
    let now = app.clock.now();
    let roles = store::users::roles_of(conn, user.id, now).await?;
    let (idle, absolute) = life(&app.config.auth, &roles);
    let absolute_expires_at = now + absolute;
    let expires_at = (now + idle).min(absolute_expires_at);
    let replaced = replace(conn, app, site, now).await?;

    let device_hash = site.device.hash();
    let (any, here) = store::sessions::history(conn, user.id, &device_hash).await?;
    let id = app.id();
    let salt: [u8; 32] = rand::random();
    let key = &app.identity.refresh;
    let (refresh, secret_hash) = key.issue(&salt, id, 0);
    let session = SessionRow {
        id,
        user_id: user.id,
        created_at: now,
        last_seen_at: now,
        amr: vec![Some(amr.name().to_owned())],
        auth_time: now,
        device_hash: device_hash.to_vec(),
        device: site.device_name.clone(),
        network: site.address.network(),
        salt: salt.to_vec(),
        key_id: key.id(),
        generation: 0,
        secret_hash: secret_hash.to_vec(),
        replayed_late: false,
        rotated_at: now,
        expires_at,
        absolute_expires_at,
        ended_at: None,
        ended_reason: None,
    };
    store::sessions::insert(conn, &session).await?;
    if any && !here {
        let letter = Letter::NewDevice { session_id: id };
        enqueue(conn, app, &SendMail { letter }, Enqueue::now()).await?;
    }
    let access = sign(app, &user, &session, now)?;
    let cookie_s = (expires_at - now).num_seconds();
    Ok((Tokens { access, refresh, cookie_s, user, roles }, replaced))
}

/// Ends the session that the browser's cookie still carries, if it is genuine.
async fn replace(
    conn: &mut AsyncPgConnection,
    app: &App,
    site: &SiteRequest,
    now: Timestamp,
) -> Result<Option<Ended>, Problem> {
    let Some(presented) = site.refresh.as_deref().and_then(Presented::parse) else {
        return Ok(None);
    };
    let Some(old) = store::sessions::lock(conn, presented.session_id).await? else {
        return Ok(None);
    };
    if !presented.is_genuine(&app.identity.refresh, &old.salt) {
        return Ok(None);
    }
    end(conn, app, old.user_id, old.id, EndReason::Replaced, now).await
}

fn sign(
    app: &App,
    user: &UserRow,
    session: &SessionRow,
    now: Timestamp,
) -> Result<String, Problem> {
    let amr = session.amr.iter().flatten().map(|name| match name.as_str() {
        "pwd" => Amr::Pwd,
        _ => Amr::Otp,
    });
    let subject = Subject {
        user_id: user.id,
        session_id: session.id,
        auth_version: user.auth_version,
        amr: amr.collect(),
        auth_time: session.auth_time,
    };
    app.identity.tokens.sign(&subject, now).map_err(Problem::internal)
}

fn family(session: &SessionRow) -> Family {
    let mut secret_hash = [0; 32];
    secret_hash.iter_mut().zip(&session.secret_hash).for_each(|(to, from)| *to = *from);
    Family {
        generation: u32::try_from(session.generation).unwrap_or(0),
        replayed_late: session.replayed_late,
        rotated_at: session.rotated_at,
        expires_at: session.expires_at,
        ended: session.ended_at.is_some(),
        secret_hash,
    }
}

/// What a presented cookie would lead to, without touching anything; none for an unknown session.
pub(super) async fn look(
    app: &App,
    presented: &Presented,
) -> Result<Option<(Decision, SessionRow)>, Problem> {
    let mut conn = app.db.conn().await?;
    let session = store::sessions::by_id(&mut conn, presented.session_id).await?;
    Ok(session.map(|session| {
        let genuine = presented.is_genuine(&app.identity.refresh, &session.salt);
        let decision =
            super::refresh::decide(&family(&session), presented, genuine, app.clock.now());
        (decision, session)
    }))
}

/// How a renewal went.
pub(super) enum Renewal {
    /// New tokens, or the last ones again.
    Tokens(Box<Tokens>, Decision),
    /// Nothing was touched.
    Forged,
    /// The session is over: the cookie can go.
    Ended,
    /// The account is locked out: the cookie can go.
    Locked(Problem),
    /// An old token came back: the session has just been ended.
    Reused(Ended),
}

impl Renewal {
    /// Its name in metrics.
    const fn outcome(&self) -> &'static str {
        match self {
            Self::Tokens(_, Decision::Replay { late: true }) => "late",
            Self::Tokens(_, Decision::Replay { late: false }) => "replayed",
            Self::Tokens(..) => "rotated",
            Self::Forged => "forged",
            Self::Ended => "ended",
            Self::Locked(_) => "locked",
            Self::Reused(_) => "reuse",
        }
    }
}

/// Renews the access token by the refresh cookie.
///
/// # Errors
/// `rate_limited` (the cookie stays good), or the database's own.
pub(super) async fn renew(
    app: &App,
    cookie: &str,
    address: ClientAddress,
) -> Result<Renewal, Problem> {
    let Some(presented) = Presented::parse(cookie) else { return Ok(Renewal::Forged) };
    limits::refresh(&app.limits, presented.session_id, address, app.clock.now())?;
    let renewal = app
        .db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<Renewal, Problem> {
            renew_in(conn, app, &presented, address).await
        })
        .await?;
    if let Renewal::Reused(ended) = &renewal {
        ended.tell(app);
    }
    app.metrics.refreshes.with_label_values(&[renewal.outcome()]).inc();
    Ok(renewal)
}

async fn renew_in(
    conn: &mut AsyncPgConnection,
    app: &App,
    presented: &Presented,
    address: ClientAddress,
) -> Result<Renewal, Problem> {
    let Some(mut session) = store::sessions::lock(conn, presented.session_id).await? else {
        return Ok(Renewal::Forged);
    };
    let now = app.clock.now();
    let key = &app.identity.refresh;
    let genuine = presented.is_genuine(key, &session.salt);
    let decision = super::refresh::decide(&family(&session), presented, genuine, now);
    match decision {
        Decision::Forged => {
            tracing::warn!(session = %session.id, "a forged refresh token was presented");
            return Ok(Renewal::Forged);
        }
        Decision::Ended => return Ok(Renewal::Ended),
        Decision::Reuse => {
            tracing::warn!(session = %session.id, user = %session.user_id, "refresh token reused");
            let ended =
                end(conn, app, session.user_id, session.id, EndReason::RefreshReuse, now).await?;
            let letter = Letter::SessionReused { session_id: session.id };
            enqueue(conn, app, &SendMail { letter }, Enqueue::now()).await?;
            return Ok(ended.map_or(Renewal::Ended, Renewal::Reused));
        }
        Decision::Rotate | Decision::Replay { .. } => {}
    }
    let Some(user) = store::users::by_id(conn, session.user_id).await? else {
        return Ok(Renewal::Ended);
    };
    let reason = user.status_reason.as_deref();
    if let Err(problem) = principals::check_status(&user.status, user.suspended_until, reason, now)
    {
        return Ok(Renewal::Locked(problem));
    }
    let roles = store::users::roles_of(conn, user.id, now).await?;
    match decision {
        Decision::Rotate => {
            let (idle, absolute) = life(&app.config.auth, &roles);
            // Who has become staff since has a staff member's session from now on.
            let last = session.absolute_expires_at.min(session.created_at + absolute);
            session.expires_at = (now + idle).min(last);
            if session.expires_at <= now {
                return Ok(Renewal::Ended);
            }
            session.generation = session.generation.saturating_add(1);
            let rotation = store::sessions::Rotation {
                id: session.id,
                generation: session.generation,
                key_id: key.id(),
                secret_hash: issue(app, &session).1.to_vec(),
                expires_at: session.expires_at,
                network: address.network(),
            };
            store::sessions::rotate(conn, &rotation, now).await?;
        }
        Decision::Replay { late: true } => {
            tracing::info!(session = %session.id, "a refresh token came late");
            store::sessions::mark_replayed_late(conn, session.id).await?;
        }
        _ => {}
    }
    let access = sign(app, &user, &session, now)?;
    let (refresh, _) = issue(app, &session);
    let cookie_s = (session.expires_at - now).num_seconds();
    let tokens = Tokens { access, refresh, cookie_s, user, roles };
    Ok(Renewal::Tokens(Box::new(tokens), decision))
}

/// The cookie of the session's current generation, and the hash of its secret.
fn issue(app: &App, session: &SessionRow) -> (String, [u8; 32]) {
    let generation = u32::try_from(session.generation).unwrap_or(0);
    app.identity.refresh.issue(&session.salt, session.id, generation)
}

/// Sessions that ended in a transaction; [`Ended::tell`] after the commit makes it bite at once.
#[derive(Debug)]
#[must_use]
pub(super) struct Ended {
    user_id: Uuid,
    sessions: Vec<Uuid>,
    reason: EndReason,
}

impl Ended {
    /// Drops what is cached and tells sockets and streams on this node.
    pub fn tell(&self, app: &App) {
        for session_id in &self.sessions {
            app.identity.principals.forget_session(*session_id);
            app.live.tell(Notice::SessionEnded {
                user_id: self.user_id,
                session_id: *session_id,
                reason: self.reason.name().into(),
            });
        }
    }
}

/// Ends one session; none if it was over.
pub(super) async fn end(
    conn: &mut AsyncPgConnection,
    app: &App,
    user_id: Uuid,
    session_id: Uuid,
    reason: EndReason,
    now: Timestamp,
) -> Result<Option<Ended>, Problem> {
    if !store::sessions::end(conn, session_id, reason, now).await? {
        return Ok(None);
    }
    publish(conn, app, user_id, &[session_id], reason).await?;
    Ok(Some(Ended { user_id, sessions: vec![session_id], reason }))
}

/// Ends all sessions of a person, but for one that stays.
pub(super) async fn end_all(
    conn: &mut AsyncPgConnection,
    app: &App,
    user_id: Uuid,
    except: Option<Uuid>,
    reason: EndReason,
    now: Timestamp,
) -> Result<Ended, Problem> {
    let sessions = store::sessions::end_all(conn, user_id, except, reason, now).await?;
    publish(conn, app, user_id, &sessions, reason).await?;
    Ok(Ended { user_id, sessions, reason })
}

async fn publish(
    conn: &mut AsyncPgConnection,
    app: &App,
    user_id: Uuid,
    sessions: &[Uuid],
    reason: EndReason,
) -> Result<(), Problem> {
    for session_id in sessions {
        let fact =
            SessionEnded { user_id, session_id: *session_id, reason: reason.name().to_owned() };
        events::publish(conn, app, &fact).await?;
    }
    Ok(())
}

/// Signs out the session that the cookie carries. Whatever the cookie is, the browser is signed out
/// afterwards.
pub(super) async fn sign_out(app: &App, site: &SiteRequest) -> Result<(), Problem> {
    let Some(presented) = site.refresh.as_deref().and_then(Presented::parse) else {
        return Ok(());
    };
    let Some((_, session)) = look(app, &presented).await? else { return Ok(()) };
    if !presented.is_genuine(&app.identity.refresh, &session.salt) {
        return Ok(());
    }
    end_one(app, session.user_id, session.id, EndReason::SignOut).await.map(drop)
}

/// Ends one session of a person in a transaction of its own.
pub(super) async fn end_one(
    app: &App,
    user_id: Uuid,
    session_id: Uuid,
    reason: EndReason,
) -> Result<bool, Problem> {
    let now = app.clock.now();
    let ended = app
        .db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<Option<Ended>, Problem> {
            match store::sessions::lock(conn, session_id).await? {
                // Not theirs is not there.
                Some(session) if session.user_id == user_id => {
                    end(conn, app, user_id, session_id, reason, now).await
                }
                _ => Ok(None),
            }
        })
        .await?;
    if let Some(ended) = &ended {
        ended.tell(app);
    }
    Ok(ended.is_some())
}

/// Ends all sessions of a person but the current one.
pub(super) async fn end_others(app: &App, user_id: Uuid, current: Uuid) -> Result<(), Problem> {
    let now = app.clock.now();
    let ended = app
        .db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<Ended, Problem> {
            end_all(conn, app, user_id, Some(current), EndReason::EndedByUser, now).await
        })
        .await?;
    ended.tell(app);
    Ok(())
}

/// The refusal for a session that is over.
pub(super) fn over() -> Problem {
    Problem::new(Code::SessionEnded)
}
