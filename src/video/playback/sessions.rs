//! What this node knows of sessions, so that a segment costs no query: each is asked for at most
//! every few seconds, and what ends is known at once, on this node and, by the bus, on the others. The
//! bus only makes it fast: where its word is lost, an answer of the database is soon too old.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kernel::Timestamp;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use uuid::Uuid;

use super::grant::{Ended, end_playback};
use super::rules;
use crate::app::App;
use crate::platform::http::{Code, Problem};
use crate::platform::live::Notice;
use crate::video::model::PlaybackSession;
use crate::video::store::{reports, sessions as store};
use crate::video::traffic;

/// How long an answer of the database is believed: the longest that a right outlives its end on
/// another node.
pub(super) const CACHE: Duration = Duration::from_secs(5);
/// The same for keys.
const KEYS: Duration = Duration::from_secs(1);
/// Entries above which the old ones are dropped.
const SWEEP_AT: usize = 4096;
/// Days for which what players told of their viewings is kept.
const REPORT_DAYS: i64 = 365;
/// Days for which ended sessions are kept.
const MEMORY_DAYS: i64 = 30;

/// How long an end is remembered: longer than an answer of the database can be on its way that was
/// read before it.
const MEMORY: Duration = Duration::from_secs(60);
/// Sessions in one notice.
const AT_ONCE: usize = 1000;

/// Sessions as this node knows them.
#[derive(Debug, Default)]
pub(in crate::video) struct Sessions(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// As the database said, and when.
    asked: HashMap<Uuid, (Instant, PlaybackSession)>,
    /// What has ended lately, when it was heard, and why. Nothing brings it back.
    ended: HashMap<Uuid, (Instant, Cow<'static, str>)>,
    /// So many entries are looked through once for old ones.
    sweep_at: usize,
}

impl Known {
    fn sweep(&mut self) {
        let held = self.asked.len() + self.ended.len();
        if held < self.sweep_at.max(SWEEP_AT) {
            return;
        }
        self.asked.retain(|_, (asked, _)| asked.elapsed() < CACHE);
        self.ended.retain(|_, (heard, _)| heard.elapsed() < MEMORY);
        // However many there are, each is looked at a few times only.
        self.sweep_at = 2 * (self.asked.len() + self.ended.len());
    }
}

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, Known> {
        // Each call leaves the maps whole, so a panic elsewhere does not spoil them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn know(&self, session: PlaybackSession) {
        let mut known = self.lock();
        known.sweep();
        known.asked.insert(session.id, (Instant::now(), session));
    }

    #[expect(clippy::ptr_arg, reason = "what is borrowed for good is kept so, and not copied")]
    fn end(&self, ids: &[Uuid], reason: &Cow<'static, str>) {
        let mut known = self.lock();
        known.sweep();
        for id in ids {
            known.asked.remove(id);
            known.ended.insert(*id, (Instant::now(), reason.clone()));
        }
    }

    /// What is told here may be wrong from now on: everything is asked for anew.
    fn doubt(&self) {
        self.lock().asked.clear();
    }

    /// The session, if it was asked for within `age`, or why there is none any more; `None` when the
    /// database has to be asked.
    fn believed(
        &self,
        id: Uuid,
        age: Duration,
        now: Timestamp,
    ) -> Option<Result<PlaybackSession, Problem>> {
        let known = self.lock();
        if let Some((_, reason)) = known.ended.get(&id) {
            return Some(Err(rules::over(reason)));
        }
        let (_, session) = known.asked.get(&id).filter(|(asked, _)| asked.elapsed() < age)?;
        Some(rules::check(session, now).map(|()| session.clone()))
    }
}

/// These have ended, and the database knows: nothing more of them is given out here, and their players
/// and the other nodes are told.
pub(super) fn over(app: &App, ids: &[Uuid], reason: &'static str) {
    let reason = Cow::Borrowed(rules::told(reason));
    app.video.sessions.end(ids, &reason);
    for some in ids.chunks(AT_ONCE) {
        let notice = Notice::PlaybackEnded { sessions: some.to_vec(), reason: reason.clone() };
        app.live.tell(notice);
    }
}

/// The socket's topic of a session.
pub(in crate::video) fn topic(session: Uuid) -> String {
    format!("playback:{session}")
}

/// Whether `user` may hear at once that the session has ended: it is theirs, and lives.
///
/// # Errors
/// Those of the database.
pub async fn may_hear_playback(app: &App, session: Uuid, user: Uuid) -> Result<bool, Problem> {
    let mut conn = app.db.conn().await?;
    let found = store::find(&mut conn, session).await?;
    drop(conn);
    let own = found.filter(|session| session.user_id == Some(user));
    Ok(own.is_some_and(|session| rules::check(&session, app.clock.now()).is_ok()))
}

/// The live session, as known for some seconds or asked for now.
///
/// # Errors
/// `playback_ended`, `playback_replaced`, 503.
pub(super) async fn live(app: &App, id: Uuid) -> Result<PlaybackSession, Problem> {
    believed(app, id, CACHE).await
}

/// The live session, asked for within the last second: keys go out by this. What ends on this node is
/// known at once all the same.
///
/// # Errors
/// As [`live`].
pub(super) async fn just_asked(app: &App, id: Uuid) -> Result<PlaybackSession, Problem> {
    believed(app, id, KEYS).await
}

async fn believed(app: &App, id: Uuid, age: Duration) -> Result<PlaybackSession, Problem> {
    match app.video.sessions.believed(id, age, app.clock.now()) {
        Some(believed) => believed,
        // Boxed: whoever finds it known does not carry the query about.
        None => Box::pin(asked(app, id)).await,
    }
}

/// The live session, asked for now.
///
/// # Errors
/// As [`live`].
pub(super) async fn asked(app: &App, id: Uuid) -> Result<PlaybackSession, Problem> {
    let mut conn = app.db.conn().await?;
    let session = store::find(&mut conn, id).await?;
    drop(conn);
    let session = session.ok_or_else(|| Problem::new(Code::PlaybackEnded))?;
    app.video.sessions.know(session.clone());
    rules::check(&session, app.clock.now()).map(|()| session)
}

/// Ends playback when the right to it ends: listens on this node until it stops.
pub(in crate::video) async fn listen(app: App) {
    let mut notices = app.live.listen();
    loop {
        let notice = tokio::select! {
            notice = notices.recv() => notice,
            () = app.stop.cancelled() => return,
        };
        let whose = match notice {
            Ok(Notice::SessionEnded { session_id, .. }) => Ended::SignIn(session_id),
            Ok(Notice::UserBlocked { user_id }) => Ended::Blocked(user_id),
            Ok(_) => continue,
            // What was missed also comes as a fact through the outbox.
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        if let Err(problem) = end_playback(&app, whose).await {
            // The fact through the outbox does it again.
            tracing::warn!(%problem, "playback could not be ended at once");
        }
    }
}

/// Hears from every node what has ended: forgets it, and tells its players here. Apart from [`listen`],
/// which waits for the database.
pub(in crate::video) async fn hear_ends(app: App) {
    let mut notices = app.live.listen();
    loop {
        let notice = tokio::select! {
            notice = notices.recv() => notice,
            () = app.stop.cancelled() => return,
        };
        match notice {
            Ok(Notice::PlaybackEnded { sessions, reason }) => {
                app.video.sessions.end(&sessions, &reason);
                for session in sessions {
                    let topic = topic(session);
                    let frame = json!({ "t": "playback_ended", "topic": topic, "session": session,
                        "reason": reason });
                    app.sockets.tell_topic(&topic, &frame);
                }
            }
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => app.video.sessions.doubt(),
            Err(RecvError::Closed) => return,
        }
    }
}

/// Forgets sessions that were over long ago, and what was told and counted long ago.
///
/// # Errors
/// Those of the database.
pub async fn purge(app: &App) -> Result<(), Problem> {
    let before = app.clock.now() - chrono::TimeDelta::days(MEMORY_DAYS);
    let mut conn = app.db.conn().await?;
    store::purge(&mut conn, before).await?;
    let before = app.clock.now() - chrono::TimeDelta::days(REPORT_DAYS);
    reports::purge(&mut conn, before).await?;
    drop(conn);
    traffic::purge(app).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::playback::rules::tests::session;

    const LONG: Duration = Duration::from_secs(3600);

    /// MED-12: an answer that was on its way when the session ended brings nothing back.
    #[test]
    fn what_has_ended_stays_ended_whatever_comes_late() {
        let (sessions, alive) = (Sessions::default(), session(Some(7), false));
        let (id, now) = (alive.id, alive.created_at);
        let code = || match sessions.believed(id, LONG, now) {
            None => "unknown",
            Some(Ok(_)) => "lives",
            Some(Err(problem)) => problem.code().name(),
        };
        assert_eq!(code(), "unknown");
        sessions.know(alive.clone());
        assert_eq!(code(), "lives");
        sessions.end(&[id], &"access_lost".into());
        sessions.know(alive);
        assert_eq!(code(), "playback_ended");
        sessions.end(&[id], &rules::told(rules::reason::TOO_MANY).into());
        assert_eq!(code(), "playback_replaced");
    }

    #[test]
    fn in_doubt_the_database_is_asked_and_what_has_ended_has_ended() {
        let (sessions, alive, over) =
            (Sessions::default(), session(Some(7), false), session(Some(8), false));
        sessions.know(alive.clone());
        sessions.end(&[over.id], &"closed".into());
        sessions.doubt();
        let now = alive.created_at;
        assert!(sessions.believed(alive.id, LONG, now).is_none());
        assert!(sessions.believed(over.id, LONG, now).unwrap().is_err());
    }
}
