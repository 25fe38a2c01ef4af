//! Who writes which upload on this node. A client that comes back before its dead connection was
//! noticed takes over from a writer that has been silent; a busy writer is left alone.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A writer that received nothing for so long may be sent away.
const SILENT: Duration = Duration::from_secs(2);

/// The writers of this node.
#[derive(Debug, Default)]
pub(in crate::video) struct Writers(Mutex<HashMap<Uuid, Entry>>);

#[derive(Debug)]
struct Entry {
    lease: Uuid,
    stop: CancellationToken,
    heard: Instant,
}

impl Writers {
    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Entry>> {
        // Each call leaves the map whole, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a writer; the token stops it.
    pub fn enter(&self, upload: Uuid, lease: Uuid) -> CancellationToken {
        let stop = CancellationToken::new();
        let entry = Entry { lease, stop: stop.clone(), heard: Instant::now() };
        self.lock().insert(upload, entry);
        stop
    }

    /// The writer has received something.
    pub fn heard(&self, upload: Uuid, lease: Uuid) {
        if let Some(entry) = self.lock().get_mut(&upload).filter(|entry| entry.lease == lease) {
            entry.heard = Instant::now();
        }
    }

    /// The writer is gone.
    pub fn leave(&self, upload: Uuid, lease: Uuid) {
        let mut entries = self.lock();
        if entries.get(&upload).is_some_and(|entry| entry.lease == lease) {
            entries.remove(&upload);
        }
    }

    /// Sends a silent writer away; true when there was one.
    pub fn send_silent_away(&self, upload: Uuid) -> bool {
        let entries = self.lock();
        let silent = entries.get(&upload).filter(|entry| entry.heard.elapsed() >= SILENT);
        silent.inspect(|entry| entry.stop.cancel()).is_some()
    }

    /// Stops the writer, whatever it does.
    pub fn stop(&self, upload: Uuid) {
        if let Some(entry) = self.lock().get(&upload) {
            entry.stop.cancel();
        }
    }
}
