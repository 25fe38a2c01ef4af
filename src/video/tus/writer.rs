//! Takes the bytes of one PATCH. They go through a spool file into parts of the object store, so
//! memory holds one network chunk and, while a part is handed over, that part; only a few parts are
//! handed over at once on a node.
//!
//! The writer runs as a task of its own: when the client goes away in the middle, the handler is
//! dropped, the channel closes, and the writer still makes durable what has arrived. What is
//! acknowledged is durable first: fsync or the store's receipt, then the row, then the answer.

use std::time::Duration;

use bytes::Bytes;
use media::storage::{MultipartId, ObjectKey};
use sha1::Digest as _;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::headers::Checksum;
use super::rules;
use super::spool::{Spool, Tail};
use crate::app::App;
use crate::platform::http::{Code, Problem};
use crate::video::jobs::FinishUpload;
use crate::video::model::{Upload, UploadPart};
use crate::video::store::uploads::{self, Durable};

/// Seconds after which a client may try again when the store or the disk is away.
const RETRY_S: u64 = 5;
/// How often the right to write is renewed while bytes come slowly.
pub(super) const RENEW: Duration = Duration::from_secs(5);

/// What the handler passes on.
#[derive(Debug)]
pub(super) enum Feed {
    /// Bytes of the body.
    Bytes(Bytes),
    /// The body ended as it should. A channel that closes without it is a broken connection.
    End,
}

/// How a PATCH ended when it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Written {
    /// Durable bytes of the upload.
    pub offset: u64,
    /// When it expires.
    pub expires_at: kernel::Timestamp,
    /// Every byte is there.
    pub whole: bool,
}

/// One PATCH at work.
pub(super) struct Writer {
    app: App,
    spool: Spool,
    upload: Upload,
    lease: Uuid,
    checksum: Option<(Checksum, Hasher)>,
    /// Durable bytes when the PATCH began, and the part of them that is in the store.
    began: u64,
    began_stored: u64,
    tail: Tail,
    stored: u64,
    store_upload: Option<MultipartId>,
    /// Parts that the row does not know yet: those of a chunk whose checksum is still open.
    pending: Vec<UploadPart>,
}

enum Hasher {
    Sha1(sha1::Sha1),
    Sha256(sha2::Sha256),
}

impl Hasher {
    fn of(checksum: &Checksum) -> Self {
        match checksum {
            Checksum::Sha1(_) => Self::Sha1(sha1::Sha1::new()),
            Checksum::Sha256(_) => Self::Sha256(sha2::Sha256::default()),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => sha2::Digest::update(hasher, bytes),
        }
    }

    fn matches(self, expected: &Checksum) -> bool {
        match (self, expected) {
            (Self::Sha1(hasher), Checksum::Sha1(digest)) => hasher.finalize().as_slice() == digest,
            (Self::Sha256(hasher), Checksum::Sha256(digest)) => {
                sha2::Digest::finalize(hasher).as_slice() == digest
            }
            _ => false,
        }
    }
}

fn count(bytes: i64) -> u64 {
    u64::try_from(bytes).unwrap_or(0)
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn disk_away(error: std::io::Error) -> Problem {
    Problem::unavailable(format!("the upload spool: {error}"), RETRY_S)
}

/// The bytes of `upload` that survive whatever happened: those in the store, and as many in this
/// node's spool as were acknowledged and are still there.
pub(super) async fn durable_offset(spool: &Spool, upload: &Upload) -> u64 {
    let (received, stored) = (count(upload.received), count(upload.stored));
    let tail = received.saturating_sub(stored);
    if tail == 0 {
        return stored;
    }
    stored + spool.len(upload.id, stored).await.min(tail)
}

impl Writer {
    /// Prepares to write behind the durable bytes of `upload`, whose right to write `lease` has.
    ///
    /// # Errors
    /// 503 when the spool cannot be used.
    pub async fn open(
        app: App,
        upload: Upload,
        lease: Uuid,
        checksum: Option<Checksum>,
    ) -> Result<Self, Problem> {
        let spool = Spool::new(&app.config.storage.spool);
        let began = durable_offset(&spool, &upload).await;
        let stored = count(upload.stored);
        let tail =
            spool.open(upload.id, stored, began.saturating_sub(stored)).await.map_err(disk_away)?;
        let checksum = checksum.map(|checksum| {
            let hasher = Hasher::of(&checksum);
            (checksum, hasher)
        });
        let store_upload = upload.store_upload.clone().map(MultipartId);
        Ok(Self {
            app,
            spool,
            upload,
            lease,
            checksum,
            began,
            began_stored: stored,
            tail,
            stored,
            store_upload,
            pending: Vec::new(),
        })
    }

    /// Bytes that were durable when the PATCH began.
    pub fn offset(&self) -> u64 {
        self.began
    }

    fn size(&self) -> u64 {
        count(self.upload.size)
    }

    fn position(&self) -> u64 {
        self.stored + self.tail.len()
    }

    /// Takes bytes until the body ends or breaks off, and makes them durable. The right to write is
    /// kept when the upload is whole (finishing needs it) and given back otherwise.
    ///
    /// # Errors
    /// `upload_checksum`, `too_large`, `upload_locked`, `unavailable`; the durable offset is then
    /// what [`durable_offset`] says.
    pub async fn run(mut self, mut feed: mpsc::Receiver<Feed>) -> Result<Written, Problem> {
        let outcome = self.take(&mut feed).await;
        let ended = match outcome {
            Ok(true) => self.close().await,
            // A broken connection: a chunk with a checksum cannot be checked any more.
            Ok(false) if self.checksum.is_some() => self.take_back().await.map(|()| None),
            Ok(false) => self.commit().await.map(Some),
            Err(problem) => {
                let kept = if self.checksum.is_some() || problem.code() == Code::TooLarge {
                    self.take_back().await
                } else {
                    self.commit().await.map(drop)
                };
                if let Err(second) = kept {
                    tracing::warn!(upload = %self.upload.id, %second, "bytes had to be given up");
                }
                Err(problem)
            }
        };
        let whole = matches!(&ended, Ok(Some(written)) if written.whole);
        if !whole {
            self.release().await;
        }
        match ended {
            Ok(Some(written)) => Ok(written),
            // Nobody listens any more.
            Ok(None) => Err(Problem::new(Code::BadRequest).detail("The connection broke off.")),
            Err(problem) => Err(problem),
        }
    }

    /// True when the body ended as it should, false when it broke off.
    async fn take(&mut self, feed: &mut mpsc::Receiver<Feed>) -> Result<bool, Problem> {
        // A part that an earlier PATCH could not hand over.
        self.flush_full_part().await?;
        let mut renew = tokio::time::interval(RENEW);
        renew.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        renew.tick().await;
        loop {
            tokio::select! {
                next = feed.recv() => match next {
                    None => return Ok(false),
                    Some(Feed::End) => return Ok(true),
                    Some(Feed::Bytes(bytes)) => self.write(bytes).await?,
                },
                _ = renew.tick() => self.renew().await?,
            }
        }
    }

    async fn write(&mut self, mut bytes: Bytes) -> Result<(), Problem> {
        if self.position() + bytes.len() as u64 > self.size() {
            return Err(rules::over_length());
        }
        self.app.metrics.upload_bytes.inc_by(bytes.len() as u64);
        if let Some((_, hasher)) = &mut self.checksum {
            hasher.update(&bytes);
        }
        let part = rules::part_bytes(self.size());
        while !bytes.is_empty() {
            let room = usize::try_from(part.saturating_sub(self.tail.len())).unwrap_or(usize::MAX);
            let piece = bytes.split_to(room.min(bytes.len()));
            self.tail.append(&piece).await.map_err(disk_away)?;
            self.flush_full_part().await?;
        }
        Ok(())
    }

    /// Hands the tail over when it fills a part. The last part waits for the end of the upload.
    async fn flush_full_part(&mut self) -> Result<(), Problem> {
        let part = rules::part_bytes(self.size());
        if self.tail.len() < part || self.position() >= self.size() {
            return Ok(());
        }
        let slot = self.app.video.part_slot().await;
        let bytes = self.tail.read().await.map_err(disk_away)?;
        let written = bytes.len() as u64;
        let number = self.stored / part + 1;
        let number = u32::try_from(number).map_err(Problem::internal)?;
        let key = ObjectKey::new(&*self.upload.store_key).map_err(Problem::internal)?;
        let store_upload = self.store_upload(&key).await?;
        let tag = self
            .app
            .store
            .put_part(&key, &store_upload, number, bytes)
            .await
            .map_err(|error| Problem::unavailable(error, RETRY_S))?;
        drop(slot);
        self.pending.push(UploadPart {
            upload_id: self.upload.id,
            number: i32::try_from(number).map_err(Problem::internal)?,
            etag: tag.0,
            size: signed(written),
        });
        let flushed = self.stored;
        self.stored += written;
        self.tail = self.spool.open(self.upload.id, self.stored, 0).await.map_err(disk_away)?;
        if self.checksum.is_none() {
            self.record().await?;
            self.spool.remove(self.upload.id, flushed).await;
        }
        Ok(())
    }

    async fn store_upload(&mut self, key: &ObjectKey) -> Result<MultipartId, Problem> {
        if let Some(id) = &self.store_upload {
            return Ok(id.clone());
        }
        let id = self
            .app
            .store
            .create_multipart(key)
            .await
            .map_err(|error| Problem::unavailable(error, RETRY_S))?;
        let mut conn = self.app.db.conn().await?;
        if !uploads::set_store_upload(&mut conn, self.upload.id, self.lease, &id.0).await? {
            drop(conn);
            // No row names it, so nobody else will ever end it.
            if let Err(error) = self.app.store.abort_multipart(key, &id).await {
                tracing::warn!(upload = %self.upload.id, %error, "begun parts stay behind");
            }
            return Err(lost());
        }
        self.store_upload = Some(id.clone());
        Ok(id)
    }

    /// The body is complete: checks its checksum and makes it durable.
    async fn close(&mut self) -> Result<Option<Written>, Problem> {
        if let Some((expected, hasher)) = self.checksum.take()
            && !hasher.matches(&expected)
        {
            self.take_back().await?;
            return Err(Problem::new(Code::UploadChecksum));
        }
        self.commit().await.map(Some)
    }

    /// Makes everything taken so far durable and says so in the row.
    async fn commit(&mut self) -> Result<Written, Problem> {
        self.tail.sync().await.map_err(disk_away)?;
        let written = self.record().await?;
        // Tails that have become parts; there are several only when a checksum was open.
        let part = rules::part_bytes(self.size());
        let mut base = self.began_stored;
        while base < self.stored {
            self.spool.remove(self.upload.id, base).await;
            base += part;
        }
        Ok(written)
    }

    async fn record(&mut self) -> Result<Written, Problem> {
        let now = self.app.clock.now();
        let hours = i64::from(self.app.config.uploads.expire_hours);
        let expires_at = now + chrono::TimeDelta::hours(hours);
        let offset = self.position();
        let durable = Durable { stored: signed(self.stored), received: signed(offset), expires_at };
        let whole = offset == self.size();
        let (id, lease) = (self.upload.id, self.lease);
        let (parts, app) = (&self.pending, &self.app);
        let ours = app
            .db
            .transaction(
                async |conn: &mut diesel_async::AsyncPgConnection| -> Result<bool, Problem> {
                    let ours = uploads::advance(conn, id, lease, durable, parts, now).await?;
                    if ours && whole {
                        // Finishing is tried at once; the job is for a process that dies before.
                        FinishUpload::enqueue_late(conn, app, id).await?;
                    }
                    Ok(ours)
                },
            )
            .await?;
        if !ours {
            return Err(lost());
        }
        self.pending.clear();
        Ok(Written { offset, expires_at, whole })
    }

    /// Goes back to where the PATCH began.
    async fn take_back(&mut self) -> Result<(), Problem> {
        let id = self.upload.id;
        let part = rules::part_bytes(self.size());
        // What the row knows by now is not taken back: without a checksum, full parts stay.
        let base = if self.pending.is_empty() { self.stored } else { self.began_stored };
        let keep = if base == self.began_stored { self.began - self.began_stored } else { 0 };
        let mut later = base + part;
        while later <= self.stored {
            self.spool.remove(id, later).await;
            later += part;
        }
        self.tail = self.spool.open(id, base, keep).await.map_err(disk_away)?;
        self.stored = base;
        self.pending.clear();
        Ok(())
    }

    async fn renew(&self) -> Result<(), Problem> {
        let mut conn = self.app.db.conn().await?;
        let now = self.app.clock.now();
        if uploads::keep_writer(&mut conn, self.upload.id, self.lease, now).await? {
            Ok(())
        } else {
            Err(lost())
        }
    }

    async fn release(&self) {
        release(&self.app, self.upload.id, self.lease).await;
    }
}

/// Gives the right to write back; if that fails, it runs out by itself.
pub(super) async fn release(app: &App, upload: Uuid, lease: Uuid) {
    let released = async {
        let mut conn = app.db.conn().await?;
        uploads::release_writer(&mut conn, upload, lease).await.map_err(Problem::from)
    };
    if let Err(problem) = released.await {
        tracing::warn!(%upload, %problem, "the right to write an upload runs out by itself");
    }
}

/// Another connection has taken the upload over.
pub(super) fn lost() -> Problem {
    Problem::new(Code::UploadLocked).retry_after(1)
}
