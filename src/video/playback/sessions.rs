//! What this node knows of sessions, so that a segment costs no query: each is asked for at most
//! every few seconds, and what ends on this node is known at once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

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

/// Sessions as this node knows them.
#[derive(Debug, Default)]
pub(in crate::video) struct Sessions(Mutex<HashMap<Uuid, (Instant, PlaybackSession)>>);

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, (Instant, PlaybackSession)>> {
        // Each call leaves the map whole, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn know(&self, session: PlaybackSession) {
        let mut known = self.lock();
        if known.len() >= SWEEP_AT {
            known.retain(|_, (asked, _)| asked.elapsed() < CACHE);
        }
        known.insert(session.id, (Instant::now(), session));
    }

    pub(super) fn forget(&self, ids: &[Uuid]) {
        let mut known = self.lock();
        for id in ids {
            known.remove(id);
        }
    }

    fn fresh(&self, id: Uuid, age: Duration) -> Option<PlaybackSession> {
        let known = self.lock();
        known.get(&id).filter(|(asked, _)| asked.elapsed() < age).map(|(_, s)| s.clone())
    }
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
    let session = match app.video.sessions.fresh(id, age) {
        Some(session) => session,
        None => return asked(app, id).await,
    };
    rules::check(&session, app.clock.now()).map(|()| session)
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
