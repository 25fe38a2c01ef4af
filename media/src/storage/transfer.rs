//! Carrying every object of one store over to another: what is there already and equal stays, what
//! is carried is read back and compared, and nothing is removed before all of it is. It keeps no
//! notes: a run that was broken off is simply started again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::{
    CompletedPart, MAX_PARTS, MultipartId, ObjectEntry, ObjectKey, ObjectStore, StorageError,
};

/// Objects up to this length go in one piece; longer ones in parts of at least this length.
const PIECE: u64 = 8 * 1024 * 1024;

/// How often an object is tried when a store is away for a moment.
const ATTEMPTS: u32 = 4;

/// Pause before the second attempt; doubled each time.
const PAUSE: Duration = Duration::from_millis(500);

type Sum = [u8; 32];

/// A transfer under way, or about to be.
pub struct Transfer {
    from: Arc<dyn ObjectStore>,
    to: Arc<dyn ObjectStore>,
    at_once: usize,
    stop: CancellationToken,
    progress: Progress,
}

/// How far a transfer is; for lines to a person.
#[derive(Debug, Default)]
struct Progress {
    objects: AtomicU64,
    bytes: AtomicU64,
}

/// An object that could not be carried over, or not removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferFailure {
    /// Which one.
    pub key: ObjectKey,
    /// What went wrong.
    pub why: String,
}

/// What a run did, or (dry) what it would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TransferReport {
    /// Objects in the source.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Carried over now (dry: missing in the target, or of another length there).
    pub copied: u64,
    /// The bytes of those.
    pub copied_bytes: u64,
    /// There already and equal (dry: of equal length).
    pub equal: u64,
    /// Removed from the source.
    pub deleted: u64,
    /// What failed.
    pub failures: Vec<TransferFailure>,
    /// It was told to stop before it was through.
    pub stopped: bool,
}

impl TransferReport {
    /// Whether every object of the source is in the target.
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty() && !self.stopped
    }
}

enum Outcome {
    Copied,
    Equal,
}

impl Transfer {
    /// From `from` to `to`, `at_once` objects at a time. Each takes up to two pieces of 8 MiB of
    /// memory (more for objects over 80 GB, which have at most 10 000 parts).
    pub fn new(from: Arc<dyn ObjectStore>, to: Arc<dyn ObjectStore>, at_once: usize) -> Self {
        let (stop, progress) = (CancellationToken::new(), Progress::default());
        Self { from, to, at_once: at_once.max(1), stop, progress }
    }

    /// Ends [`Self::run`] after the objects under way.
    pub fn stop_handle(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Objects and bytes looked at so far.
    pub fn progress(&self) -> (u64, u64) {
        let Progress { objects, bytes } = &self.progress;
        (objects.load(Ordering::Relaxed), bytes.load(Ordering::Relaxed))
    }

    /// Counts the objects of the source and their bytes.
    ///
    /// # Errors
    /// When the source cannot be listed.
    pub async fn measure(&self) -> Result<(u64, u64), StorageError> {
        let sum = |(objects, bytes), entry: ObjectEntry| async move {
            Ok((objects + 1, bytes + entry.len))
        };
        self.from.every().try_fold((0, 0), sum).await
    }

    /// Compares by length alone, and changes nothing.
    ///
    /// # Errors
    /// When the source cannot be listed.
    pub async fn dry_run(&self) -> Result<TransferReport, StorageError> {
        let looked = self.sources().map_ok(|entry| async move {
            let there = match self.to.head(&entry.key).await {
                Ok(len) => Ok(len == entry.len),
                Err(StorageError::NotFound) => Ok(false),
                Err(error) => Err(error.to_string()),
            };
            Ok((entry, there.map(|there| if there { Outcome::Equal } else { Outcome::Copied })))
        });
        self.collect(looked.try_buffer_unordered(self.at_once)).await
    }

    /// Carries over what is missing or different, and compares everything by SHA-256.
    ///
    /// # Errors
    /// When the source cannot be listed; what fails with one object is in the report.
    pub async fn run(&self) -> Result<TransferReport, StorageError> {
        let carried = self.sources().map_ok(|entry| async move {
            let outcome = self.carry_patiently(&entry).await.map_err(|error| error.to_string());
            Ok((entry, outcome))
        });
        self.collect(carried.try_buffer_unordered(self.at_once)).await
    }

    /// The objects of the source, until it is told to stop: those under way are finished.
    fn sources(&self) -> impl futures::Stream<Item = Result<ObjectEntry, StorageError>> {
        self.from.every().take_until(self.stop.cancelled())
    }

    async fn collect(
        &self,
        outcomes: impl futures::Stream<
            Item = Result<(ObjectEntry, Result<Outcome, String>), StorageError>,
        >,
    ) -> Result<TransferReport, StorageError> {
        let mut report = TransferReport::default();
        let mut outcomes = std::pin::pin!(outcomes);
        while let Some((entry, outcome)) = outcomes.try_next().await? {
            report.objects += 1;
            report.bytes += entry.len;
            self.progress.objects.fetch_add(1, Ordering::Relaxed);
            self.progress.bytes.fetch_add(entry.len, Ordering::Relaxed);
            match outcome {
                Ok(Outcome::Equal) => report.equal += 1,
                Ok(Outcome::Copied) => {
                    report.copied += 1;
                    report.copied_bytes += entry.len;
                }
                Err(why) => report.failures.push(TransferFailure { key: entry.key, why }),
            }
        }
        report.stopped = self.stop.is_cancelled();
        Ok(report)
    }

    /// Removes from the source what `report`, which must be complete, has found in the target. An
    /// object that has come or changed since is left where it is.
    ///
    /// # Errors
    /// When the source cannot be listed, or the report is not complete.
    pub async fn delete_sources(&self, report: &mut TransferReport) -> Result<(), StorageError> {
        if !report.is_complete() {
            return Err(StorageError::Refused("not everything has been carried over".into()));
        }
        let removed = self.from.every().map_ok(|entry| async move {
            let removed = async {
                match self.to.head(&entry.key).await {
                    Ok(len) if len == entry.len => self.from.delete(&entry.key).await,
                    Ok(_) => Err(StorageError::Refused("it has changed since".into())),
                    Err(StorageError::NotFound) => {
                        Err(StorageError::Refused("it has come since".into()))
                    }
                    Err(error) => Err(error),
                }
            };
            let removed = removed.await.map_err(|error| error.to_string());
            Ok::<_, StorageError>((entry.key, removed))
        });
        let mut removed = std::pin::pin!(removed.try_buffer_unordered(self.at_once));
        while let Some((key, removed)) = removed.try_next().await? {
            match removed {
                Ok(()) => report.deleted += 1,
                Err(why) => report.failures.push(TransferFailure { key, why }),
            }
        }
        Ok(())
    }

    /// Carries one object, again when a store is away for a moment.
    async fn carry_patiently(&self, entry: &ObjectEntry) -> Result<Outcome, StorageError> {
        let mut pause = PAUSE;
        for _ in 1..ATTEMPTS {
            match self.carry(entry).await {
                Err(error) if error.is_transient() && !self.stop.is_cancelled() => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                result => return result,
            }
        }
        self.carry(entry).await
    }

    async fn carry(&self, entry: &ObjectEntry) -> Result<Outcome, StorageError> {
        let key = &entry.key;
        match self.to.head(key).await {
            Ok(len) if len == entry.len => {
                let (ours, theirs) =
                    futures::try_join!(sum_of(&*self.from, key), sum_of(&*self.to, key))?;
                if ours == theirs {
                    return Ok(Outcome::Equal);
                }
            }
            Ok(_) | Err(StorageError::NotFound) => {}
            Err(error) => return Err(error),
        }
        let sent = if entry.len <= PIECE {
            self.send_whole(key).await?
        } else {
            self.send_parts(entry).await?
        };
        // What was received is what counts, not what was sent.
        if sum_of(&*self.to, key).await? == sent {
            Ok(Outcome::Copied)
        } else {
            Err(StorageError::Unavailable("what arrived is not what was sent".into()))
        }
    }

    async fn send_whole(&self, key: &ObjectKey) -> Result<Sum, StorageError> {
        let bytes = self.from.get(key).await?;
        let sum = Sha256::digest(&bytes).into();
        self.to.put(key, bytes).await?;
        Ok(sum)
    }

    async fn send_parts(&self, entry: &ObjectEntry) -> Result<Sum, StorageError> {
        let upload = self.to.create_multipart(&entry.key).await?;
        let sent = self.fill(entry, &upload).await;
        if sent.is_err() {
            // Parts of an upload that nobody completes are only paid for.
            let _ = self.to.abort_multipart(&entry.key, &upload).await;
        }
        sent
    }

    async fn fill(&self, entry: &ObjectEntry, upload: &MultipartId) -> Result<Sum, StorageError> {
        let key = &entry.key;
        let piece = PIECE.max(entry.len.div_ceil(u64::from(MAX_PARTS)));
        let piece = usize::try_from(piece).map_err(|_| StorageError::OutOfRange)?;
        let (mut hasher, mut held, mut parts) = (Sha256::new(), BytesMut::new(), Vec::new());
        let mut body = self.from.stream(key, None).await?;
        loop {
            let more = body.try_next().await?;
            let ended = more.is_none();
            if let Some(bytes) = more {
                hasher.update(&bytes);
                held.extend_from_slice(&bytes);
            }
            while held.len() >= piece || (ended && !held.is_empty()) {
                let part: Bytes = held.split_to(piece.min(held.len())).freeze();
                let number =
                    u32::try_from(parts.len() + 1).map_err(|_| StorageError::OutOfRange)?;
                let tag = self.to.put_part(key, upload, number, part).await?;
                parts.push(CompletedPart { number, tag });
            }
            if ended {
                break;
            }
        }
        self.to.complete_multipart(key, upload, &parts).await?;
        Ok(hasher.finalize().into())
    }
}

impl std::fmt::Debug for Transfer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transfer").field("progress", &self.progress).finish_non_exhaustive()
    }
}

async fn sum_of(store: &dyn ObjectStore, key: &ObjectKey) -> Result<Sum, StorageError> {
    let body = store.stream(key, None).await?;
    let hashed = body
        .try_fold(Sha256::new(), |hasher, bytes| async move { Ok(hasher.chain_update(&bytes)) });
    Ok(hashed.await?.finalize().into())
}
