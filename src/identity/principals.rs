//! Who is behind a session and what they may do, kept for at most five seconds and dropped at once
//! when this node hears of a change: a revoked role or an ended session bites on the next request.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kernel::Timestamp;
use uuid::Uuid;

use super::access_token::Claims;
use super::roles::Roles;
use super::status::Status;
use super::store;
use crate::app::App;
use crate::platform::http::{Code, Problem};
use crate::platform::live::Notice;

/// How long an answer of the database counts.
const KEPT: Duration = Duration::from_secs(5);
/// Entries after which those that have run out are swept.
const SWEEP_AT: usize = 20_000;
/// The column `last_seen_at` is written at most this often.
const SEEN_EVERY: chrono::TimeDelta = chrono::TimeDelta::minutes(1);

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The person.
    pub user_id: Uuid,
    /// Their session.
    pub session_id: Uuid,
    /// What they may act as.
    pub roles: Roles,
    /// The state of their account: `Active`, else there is no principal.
    pub status: Status,
    /// When they last proved who they are.
    pub auth_time: Timestamp,
}

impl Principal {
    /// Whether they work for the school.
    pub fn is_staff(&self) -> bool {
        self.roles.is_staff()
    }

    /// Whether they hold the role everywhere.
    pub fn has(&self, role: super::roles::Role) -> bool {
        self.roles.has(role)
    }
}

#[derive(Debug, Clone)]
struct Known {
    standing: store::sessions::Standing,
    roles: Roles,
}

#[derive(Debug)]
struct Entry {
    loaded: Instant,
    /// None: there is no such session.
    known: Option<Known>,
}

#[derive(Debug, Default)]
struct Cache {
    entries: HashMap<Uuid, Entry>,
    /// Raised by every drop, so that an answer asked for before it is not kept after it.
    epoch: u64,
}

/// The cache, by session.
#[derive(Debug, Default)]
pub(super) struct Principals(Mutex<Cache>);

impl Principals {
    fn lock(&self) -> MutexGuard<'_, Cache> {
        // A panic while it was held can only have lost an entry, which is then loaded anew.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets one session.
    pub fn forget_session(&self, session_id: Uuid) {
        let mut cache = self.lock();
        cache.epoch += 1;
        cache.entries.remove(&session_id);
    }

    /// Forgets every session of a person.
    pub fn forget_user(&self, user_id: Uuid) {
        let mut cache = self.lock();
        cache.epoch += 1;
        cache.entries.retain(|_, entry| {
            entry.known.as_ref().is_some_and(|known| known.standing.user_id != user_id)
        });
    }

    /// Forgets everything.
    pub fn forget_all(&self) {
        let mut cache = self.lock();
        cache.epoch += 1;
        cache.entries.clear();
    }

    /// What is kept about the session, or else the epoch to load under.
    fn look(&self, session_id: Uuid) -> Result<Option<Known>, u64> {
        let cache = self.lock();
        match cache.entries.get(&session_id) {
            Some(entry) if entry.loaded.elapsed() < KEPT => Ok(entry.known.clone()),
            _ => Err(cache.epoch),
        }
    }

    fn keep(&self, session_id: Uuid, known: Option<Known>, epoch: u64) {
        let mut cache = self.lock();
        if cache.epoch != epoch {
            return;
        }
        if cache.entries.len() >= SWEEP_AT {
            cache.entries.retain(|_, entry| entry.loaded.elapsed() < KEPT);
        }
        cache.entries.insert(session_id, Entry { loaded: Instant::now(), known });
    }
}

/// Forgets what a notice makes stale.
pub(super) fn hear(app: &App, notice: &Notice) {
    let cache = &app.identity.principals;
    match notice {
        Notice::SessionEnded { session_id, .. } => cache.forget_session(*session_id),
        Notice::UserBlocked { user_id } | Notice::UserChanged { user_id } => {
            cache.forget_user(*user_id);
        }
        Notice::AccessChanged { .. }
        | Notice::PlacesChanged { .. }
        | Notice::PlaybackEnded { .. }
        | Notice::BlocksChanged { .. }
        | Notice::Stale { .. }
        | Notice::Frame { .. }
        | Notice::ForUsers(_)
        | Notice::ToUsers { .. } => {}
    }
}

/// The principal behind verified claims, if the session and the account are alive.
///
/// # Errors
/// `session_ended`, `token_expired` (an older `auth_version`: a refresh helps), `account_suspended`,
/// `account_banned`, or the database's own.
pub(super) async fn of_claims(app: &App, claims: &Claims) -> Result<Principal, Problem> {
    let standing = standing(app, claims.sid).await?;
    let ended = || Problem::new(Code::SessionEnded);
    let Some(Known { standing, roles }) = standing else { return Err(ended()) };
    let now = app.clock.now();
    check_status(
        &standing.status,
        standing.suspended_until,
        standing.status_reason.as_deref(),
        now,
    )?;
    if standing.ended_at.is_some() || standing.expires_at <= now || standing.user_id != claims.sub {
        return Err(ended());
    }
    if standing.auth_version != claims.ver {
        return Err(Problem::new(Code::TokenExpired));
    }
    let auth_time = Timestamp::from_timestamp(claims.auth_time, 0).unwrap_or_default();
    Ok(Principal {
        user_id: claims.sub,
        session_id: claims.sid,
        roles,
        status: Status::Active,
        auth_time,
    })
}

/// The principal of a session whose cookie was found genuine.
///
/// # Errors
/// As [`of_claims`], `token_expired` aside.
pub(super) async fn of_session(
    app: &App,
    session_id: Uuid,
    auth_time: Timestamp,
) -> Result<Principal, Problem> {
    let Some(Known { standing, roles }) = standing(app, session_id).await? else {
        return Err(Problem::new(Code::SessionEnded));
    };
    let now = app.clock.now();
    check_status(
        &standing.status,
        standing.suspended_until,
        standing.status_reason.as_deref(),
        now,
    )?;
    if standing.ended_at.is_some() || standing.expires_at <= now {
        return Err(Problem::new(Code::SessionEnded));
    }
    Ok(Principal {
        user_id: standing.user_id,
        session_id,
        roles,
        status: Status::Active,
        auth_time,
    })
}

/// Refuses people who are locked out; says until when and why.
pub(super) fn check_status(
    status: &str,
    until: Option<Timestamp>,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<(), Problem> {
    let code = match Status::of_name(status).unwrap_or(Status::Banned).at(until, now) {
        Status::Active => return Ok(()),
        Status::PendingVerification => return Err(Problem::new(Code::SessionEnded)),
        Status::Suspended => Code::AccountSuspended,
        Status::Banned => Code::AccountBanned,
    };
    let mut problem = Problem::new(code);
    if let Some(reason) = reason {
        problem = problem.with("reason", reason);
    }
    if let (Code::AccountSuspended, Some(until)) = (code, until) {
        problem = problem.with("until", until.to_rfc3339());
    }
    Err(problem)
}

async fn standing(app: &App, session_id: Uuid) -> Result<Option<Known>, Problem> {
    let cache = &app.identity.principals;
    let epoch = match cache.look(session_id) {
        Ok(known) => return Ok(known),
        Err(epoch) => epoch,
    };
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    let known = match store::sessions::standing(&mut conn, session_id).await? {
        None => None,
        Some(standing) => {
            if standing.ended_at.is_none() && now - standing.last_seen_at > SEEN_EVERY {
                store::sessions::touch(&mut conn, session_id, now).await?;
            }
            let roles = store::users::roles_of(&mut conn, standing.user_id, now).await?;
            let roles = roles.without(&app.identity.roles_off);
            Some(Known { standing, roles })
        }
    };
    cache.keep(session_id, known.clone(), epoch);
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(user: u128) -> Option<Known> {
        let at = Timestamp::default();
        Some(Known {
            standing: store::sessions::Standing {
                user_id: Uuid::from_u128(user),
                expires_at: at,
                ended_at: None,
                last_seen_at: at,
                status: "active".to_owned(),
                suspended_until: None,
                status_reason: None,
                auth_version: 0,
            },
            roles: Roles::default(),
        })
    }

    /// IDN-13 IDN-14: an answer that was on its way when the session ended is not kept.
    #[test]
    fn an_answer_asked_for_before_a_change_is_not_kept_after_it() {
        let cache = Principals::default();
        let (session, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let epoch = cache.look(session).unwrap_err();
        cache.keep(session, known(7), epoch);
        cache.keep(other, known(8), epoch);
        assert!(cache.look(session).is_ok());

        cache.forget_user(Uuid::from_u128(7));
        assert!(cache.look(session).is_err() && cache.look(other).is_ok());

        let epoch = cache.look(session).unwrap_err();
        cache.forget_session(session);
        cache.keep(session, known(7), epoch);
        assert!(cache.look(session).is_err());
    }

    /// IDN-24
    #[test]
    fn who_is_locked_out_hears_until_when_and_why() {
        let now = "2026-11-20T15:00:00Z".parse::<Timestamp>().unwrap();
        let until = now + chrono::TimeDelta::days(1);
        let problem = check_status("suspended", Some(until), Some("spam"), now).unwrap_err().doc();
        assert_eq!(problem.code, "account_suspended");
        assert_eq!(problem.extra["reason"], "spam");
        assert_eq!(problem.extra["until"], "2026-11-21T15:00:00+00:00");
        assert!(check_status("suspended", Some(now), None, now).is_ok());
        assert_eq!(
            check_status("banned", None, None, now).unwrap_err().code(),
            Code::AccountBanned
        );
        assert_eq!(
            check_status("nonsense", None, None, now).unwrap_err().code(),
            Code::AccountBanned
        );
    }
}
