//! What the context keeps while the process lives, and what it starts beside requests.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix::{Actor as _, Addr};
use actors::registry::ArbiterPool;
use actors::shutdown::Drain;
use actors::transcode::message::{Cancel, Look};
use actors::transcode::{Desk, Policy};
use media::token::TokenKeys;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::book::Book;
use super::cdn::Cdn;
use super::child::Children;
use super::playback::{self, Catalogue, Hot, Sessions};
use super::state::MAX_ATTEMPTS;
use super::traffic::{self, Traffic};
use super::tus::{self, Writers};
use crate::app::App;
use crate::platform::BootError;
use crate::platform::config::{Config, Role};
use crate::platform::secrets::{Secrets, VersionedKeys};

/// Parts handed to the object store at once: bounds the memory of uploads.
const PARTS_AT_ONCE: usize = 4;
/// Between two looks through the spool of this node.
const SPOOL_EVERY: Duration = Duration::from_secs(60);

/// The context's state in this process.
pub struct Services {
    pub(super) playback_keys: TokenKeys,
    pub(super) file_keys: TokenKeys,
    pub(super) writers: Writers,
    pub(super) sessions: Sessions,
    pub(super) catalogue: Catalogue,
    pub(super) traffic: Traffic,
    pub(super) hot: Hot,
    pub(super) cdn: Option<Cdn>,
    parts: Arc<Semaphore>,
    desk: OnceLock<(Addr<Desk>, Arc<ArbiterPool>)>,
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Services").finish_non_exhaustive()
    }
}

impl Services {
    /// Made once at the start.
    ///
    /// # Errors
    /// When a signing key cannot be used.
    pub fn new(config: &Config, secrets: &Secrets) -> Result<Self, BootError> {
        let keys = |keys: &VersionedKeys| {
            TokenKeys::new(keys.current().clone(), keys.others().first().cloned())
                .map_err(|error| BootError::Service(error.to_string()))
        };
        Ok(Self {
            playback_keys: keys(&secrets.playback_tokens)?,
            file_keys: keys(&secrets.file_tokens)?,
            writers: Writers::default(),
            sessions: Sessions::default(),
            catalogue: Catalogue::default(),
            traffic: Traffic::default(),
            hot: Hot::new(config.media.hot_segment_bytes),
            cdn: Cdn::new(&config.cdn, secrets)?,
            parts: Arc::new(Semaphore::new(PARTS_AT_ONCE)),
            desk: OnceLock::new(),
        })
    }

    /// A place among the parts that are handed over right now. `None` cannot be: the semaphore is
    /// never closed.
    pub(super) async fn part_slot(&self) -> Option<OwnedSemaphorePermit> {
        self.parts.clone().acquire_owned().await.ok()
    }

    /// There is something to transcode. (Other nodes look by themselves every few seconds.)
    pub(super) fn wake_transcoder(&self) {
        if let Some((desk, _)) = self.desk.get() {
            desk.do_send(Look);
        }
    }

    /// The video is not wanted any more. (Another node learns it with its next heartbeat.)
    pub(super) fn stop_transcoding(&self, video: Uuid) {
        if let Some((desk, _)) = self.desk.get() {
            desk.do_send(Cancel { job: video });
        }
    }
}

/// Starts what lives beside requests: the listeners that end playback, the look through the spool
/// that only this node has, the count of what is sent, and on a worker the desk of the transcoding jobs. Must be called inside an actix system.
pub fn start(app: &App) {
    actix_rt::spawn(playback::listen(app.clone()));
    actix_rt::spawn(playback::hear_ends(app.clone()));
    actix_rt::spawn(tend_spool(app.clone()));
    actix_rt::spawn(traffic::keep(app.clone()));
    let media = &app.config.media;
    if !app.config.has_role(Role::Worker) || media.jobs == 0 {
        return;
    }
    // What a killed process of this node has left: its room is wanted before the schedule comes by.
    let stray = app.clone();
    actix_rt::spawn(async move {
        if let Err(problem) = super::child::clear_strays(&stray).await {
            tracing::warn!(%problem, "work directories are cleared later");
        }
    });
    let lease = Duration::from_secs(u64::from(media.lease_seconds.max(3)));
    let policy = Policy {
        slots: media.jobs,
        poll: Duration::from_secs(2),
        heartbeat: lease / 3,
        lease,
        silence: Duration::from_secs(media.silence_seconds.into()),
        max_attempts: u32::try_from(MAX_ATTEMPTS).unwrap_or(1),
        back_off: Duration::from_secs(5),
    };
    let pool = ArbiterPool::new(1);
    let desk = Desk::new(
        Arc::new(Book(app.clone())),
        Arc::new(Children::new(app.clone())),
        policy,
        Arc::clone(&pool),
    );
    if app.video.desk.set((desk.start(), pool)).is_err() {
        tracing::error!("the desk of the transcoding jobs was started twice");
    }
}

/// Looks through the spool of this node at its start and ever again: uploads whose every byte is
/// here are finished here, whichever node their job is taken by.
async fn tend_spool(app: App) {
    loop {
        if let Err(problem) = tus::tend_spool(&app).await {
            tracing::warn!(%problem, "the spool is looked through later");
        }
        tokio::select! {
            () = tokio::time::sleep(SPOOL_EVERY) => {}
            () = app.stop.cancelled() => return,
        }
    }
}

/// Writes down what was counted for the last requests, when they are done.
pub async fn finish(app: &App) {
    if let Err(problem) = traffic::flush(app).await {
        tracing::warn!(%problem, "what was sent lately stays uncounted");
    }
}

/// Gives leases back: other nodes, or the next start, go on.
pub async fn drain(app: &App) {
    let Some((desk, pool)) = app.video.desk.get() else { return };
    // A desk that has ended has nothing to give back.
    let _ = desk.send(Drain).await;
    let pool = Arc::clone(pool);
    if tokio::task::spawn_blocking(move || pool.stop()).await.is_err() {
        tracing::error!("the threads of the transcoding jobs could not be stopped");
    }
}
