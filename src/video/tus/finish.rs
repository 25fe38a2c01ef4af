//! The last byte is there: the object is put together, looked at, and becomes a video or a file.
//! Every step may be repeated; a process that dies in between is finished for by a job.

use diesel_async::AsyncPgConnection;
use futures::TryStreamExt as _;
use media::storage::{CompletedPart, MultipartId, ObjectKey, PartTag, StorageError};
use uuid::Uuid;

use super::headers::Purpose;
use super::rules;
use super::spool::Spool;
use super::writer::{RENEW, durable_offset, lost, release};
use crate::app::App;
use crate::platform::http::{Code, Problem};
use crate::platform::jobs::{self, Enqueue};
use crate::video::jobs::RemoveUpload;
use crate::video::model::{Upload, UploadPart, upload_state};
use crate::video::state::Happening;
use crate::video::store::uploads::Verdict;
use crate::video::store::{uploads, videos};
use crate::video::{live, sniff, zip};

const RETRY_S: u64 = 5;

fn store_away(error: StorageError) -> Problem {
    match error {
        StorageError::Unavailable(_) => Problem::unavailable(error, RETRY_S),
        other => Problem::internal(format!("the object store: {other}")),
    }
}

/// Finishes `upload`, whose every byte is durable and whose right to write `lease` has. The right
/// is given back on the way out.
///
/// # Errors
/// The reason for which the file is not accepted (final: the upload is over), or 503 (a job goes
/// on with it).
pub(in crate::video) async fn finish(
    app: &App,
    upload: &Upload,
    lease: Uuid,
) -> Result<(), Problem> {
    let result = put_together_and_judge(app, upload, lease).await;
    if let Err(problem) = &result {
        release(app, upload.id, lease).await;
        // The refusal of a file has seen to its bytes already.
        let code = problem.code();
        if matches!(code, Code::UploadLocked | Code::UploadGone) || code.status().is_server_error()
        {
            remove_again(app, upload).await?;
        }
    }
    result
}

/// When the upload was ended while it was being finished, its bytes were perhaps removed before the
/// last of them were stored: they are removed once more.
async fn remove_again(app: &App, upload: &Upload) -> Result<(), Problem> {
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let row = uploads::find_locked(conn, upload.id).await?;
            if row.as_ref().is_some_and(|row| row.state != upload_state::REFUSED) {
                return Ok(());
            }
            let remove = RemoveUpload::of(row.as_ref().unwrap_or(upload));
            // The store may still be at work on what this process has let go.
            let at = app.clock.now() + uploads::WRITER_LEASE;
            jobs::enqueue(conn, app, &remove, Enqueue::now().at(at)).await
        })
        .await
}

/// Does `work` under the right to write, which it renews meanwhile: a large file takes long to be
/// put together, and nobody else may begin it a second time.
async fn under_lease<T>(
    app: &App,
    id: Uuid,
    lease: Uuid,
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    let kept = async {
        let mut tries = tokio::time::interval(RENEW);
        tries.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        tries.tick().await;
        let mut failed = 0;
        loop {
            tries.tick().await;
            let kept = async {
                let mut conn = app.db.conn().await?;
                uploads::keep_writer(&mut conn, id, lease, app.clock.now())
                    .await
                    .map_err(Problem::from)
            };
            match kept.await {
                Ok(true) => failed = 0,
                Ok(false) => return lost(),
                // By the third the lease has run out.
                Err(problem) if failed >= 2 => return problem,
                Err(_) => failed += 1,
            }
        }
    };
    tokio::select! {
        done = work => done,
        why = kept => Err(why),
    }
}

/// As [`finish`], for a job: takes the right to write first.
///
/// # Errors
/// `upload_locked` while somebody writes, 503 while the store is away.
pub(in crate::video) async fn finish_later(app: &App, id: Uuid) -> Result<(), Problem> {
    let lease = app.id();
    let taken = {
        let mut conn = app.db.conn().await?;
        match uploads::find(&mut conn, id).await? {
            Some(upload) if upload.state == upload_state::RECEIVING => {
                uploads::take_writer(&mut conn, id, lease, app.clock.now()).await?
            }
            _ => return Ok(()),
        }
    };
    let Some(upload) = taken else {
        return Err(Problem::new(Code::UploadLocked).retry_after(1));
    };
    let spool = Spool::new(&app.config.storage.spool);
    if durable_offset(&spool, &upload).await < u64::try_from(upload.size).unwrap_or(u64::MAX) {
        release(app, id, lease).await;
        if upload.received < upload.size {
            // The client goes on from what is there, and the last byte queues this job again.
            return Ok(());
        }
        // The tail lies in the spool of another node: whoever has it takes the job or finds it
        // there. Should it be lost, the client is told so when it asks for the offset.
        return Err(Problem::unavailable("the tail is not in the spool of this node", RETRY_S));
    }
    match finish(app, &upload, lease).await {
        // Somebody else is at it, or was and has gone.
        Err(problem) if problem.code() == Code::UploadLocked => Err(problem),
        // A refusal is an outcome.
        Err(problem) if problem.code().status().is_client_error() => Ok(()),
        other => other,
    }
}

/// Looks through the spool of this node: whole uploads that nobody finishes are finished, and tails
/// whose upload was finished or ended elsewhere are cleared. The job of an upload may have run on
/// nodes that have no byte of it.
///
/// # Errors
/// Those of the database; what is left is done next time.
pub(in crate::video) async fn tend_spool(app: &App) -> Result<(), Problem> {
    let spool = Spool::new(&app.config.storage.spool);
    for id in spool.uploads().await {
        let row = {
            let mut conn = app.db.conn().await?;
            uploads::find(&mut conn, id).await?
        };
        let Some(upload) = row.filter(|upload| upload.state == upload_state::RECEIVING) else {
            clear_spool(app, id).await;
            continue;
        };
        let idle = upload.writer_until.is_none_or(|until| until <= app.clock.now());
        let whole = upload.received == upload.size
            && durable_offset(&spool, &upload).await == u64::try_from(upload.size).unwrap_or(0);
        if idle
            && whole
            && let Err(problem) = finish_later(app, id).await
        {
            tracing::warn!(upload = %id, %problem, "an upload is finished later");
        }
    }
    Ok(())
}

async fn put_together_and_judge(app: &App, upload: &Upload, lease: Uuid) -> Result<(), Problem> {
    let key = ObjectKey::new(&*upload.store_key).map_err(Problem::internal)?;
    let verdict = under_lease(app, upload.id, lease, async {
        put_together(app, upload, lease, &key).await?;
        Ok(judge(app, upload, &key).await)
    });
    match verdict.await? {
        Ok(verdict) => accept(app, upload, verdict).await,
        Err(problem) if problem.code().status().is_client_error() => {
            refuse(app, upload, &problem).await?;
            Err(problem)
        }
        Err(problem) => Err(problem),
    }
}

/// Makes one object of the parts and the tail.
async fn put_together(
    app: &App,
    upload: &Upload,
    lease: Uuid,
    key: &ObjectKey,
) -> Result<(), Problem> {
    let size = u64::try_from(upload.size).unwrap_or(0);
    let mut parts = {
        let mut conn = app.db.conn().await?;
        uploads::parts(&mut conn, upload.id).await?
    };
    let stored: u64 = parts.iter().map(|part| u64::try_from(part.size).unwrap_or(0)).sum();
    let spool = Spool::new(&app.config.storage.spool);
    let away = |error: std::io::Error| Problem::unavailable(format!("the spool: {error}"), RETRY_S);
    let current = {
        let mut conn = app.db.conn().await?;
        uploads::find(&mut conn, upload.id).await?.ok_or_else(Problem::not_found)?
    };
    let Some(store_upload) = current.store_upload.map(MultipartId) else {
        // Small enough for one piece.
        let mut tail = spool.open(upload.id, 0, size).await.map_err(away)?;
        let bytes = tail.read().await.map_err(away)?;
        return app.store.put(key, bytes).await.map_err(store_away);
    };
    if stored < size {
        let mut tail = spool.open(upload.id, stored, size - stored).await.map_err(away)?;
        let bytes = tail.read().await.map_err(away)?;
        let number = u32::try_from(parts.len() + 1).map_err(Problem::internal)?;
        let tag = match app.store.put_part(key, &store_upload, number, bytes).await {
            Ok(tag) => tag,
            // An earlier call completed it and died before it could say so.
            Err(StorageError::NotFound) if is_whole(app, key, size).await? => return Ok(()),
            Err(error) => return Err(store_away(error)),
        };
        let part = UploadPart {
            upload_id: upload.id,
            number: i32::try_from(number).map_err(Problem::internal)?,
            etag: tag.0,
            size: i64::try_from(size - stored).map_err(Problem::internal)?,
        };
        parts.push(part);
    }
    {
        // Nobody else may put it together meanwhile.
        let mut conn = app.db.conn().await?;
        if !uploads::keep_writer(&mut conn, upload.id, lease, app.clock.now()).await? {
            return Err(lost());
        }
    }
    let completed: Vec<CompletedPart> = parts
        .into_iter()
        .map(|part| CompletedPart {
            number: u32::try_from(part.number).unwrap_or(0),
            tag: PartTag(part.etag),
        })
        .collect();
    match app.store.complete_multipart(key, &store_upload, &completed).await {
        Ok(()) => {}
        Err(StorageError::NotFound) if is_whole(app, key, size).await? => {}
        Err(error) => return Err(store_away(error)),
    }
    if is_whole(app, key, size).await? {
        Ok(())
    } else {
        Err(Problem::internal(format!("upload {} came out with another length", upload.id)))
    }
}

async fn is_whole(app: &App, key: &ObjectKey, size: u64) -> Result<bool, Problem> {
    match app.store.head(key).await {
        Ok(length) => Ok(length == size),
        Err(StorageError::NotFound) => Ok(false),
        Err(error) => Err(store_away(error)),
    }
}

async fn read(app: &App, key: &ObjectKey, range: std::ops::Range<u64>) -> Result<Vec<u8>, Problem> {
    let stream = app.store.stream(key, Some(range)).await.map_err(store_away)?;
    stream
        .try_fold(Vec::new(), |mut all, piece| async move {
            all.extend_from_slice(&piece);
            Ok(all)
        })
        .await
        .map_err(store_away)
}

/// What the file is. A client error is a refusal.
async fn judge(app: &App, upload: &Upload, key: &ObjectKey) -> Result<Verdict, Problem> {
    let size = u64::try_from(upload.size).unwrap_or(0);
    let head = read(app, key, 0..size.min(sniff::HEAD_BYTES)).await?;
    let (content_type, family) = match Purpose::parse(&upload.purpose) {
        Some(Purpose::Video) => {
            return sniff::video(&head)
                .map(|content_type| Verdict { content_type, active_content: false });
        }
        Some(Purpose::ChatFile) => {
            let (content_type, family) = sniff::shared(&head)?;
            (content_type, family.unwrap_or(sniff::Document::Text))
        }
        _ => sniff::document(&upload.file_name, &head)?,
    };
    let mut content_type = content_type;
    if family == sniff::Document::Zip {
        let from = size.saturating_sub(zip::TAIL_BYTES);
        let tail = read(app, key, from..size).await?;
        let range = zip::directory_range(&tail, size)?;
        let directory = read(app, key, range).await?;
        zip::check_directory(&directory)?;
        if upload.purpose == Purpose::ChatFile.as_str() {
            content_type = sniff::office(&directory).unwrap_or(content_type);
        }
    }
    let active_content = family == sniff::Document::Pdf && is_active_pdf(app, key).await?;
    Ok(Verdict { content_type, active_content })
}

async fn is_active_pdf(app: &App, key: &ObjectKey) -> Result<bool, Problem> {
    let mut stream = app.store.stream(key, None).await.map_err(store_away)?;
    let mut scan = sniff::PdfScan::default();
    while let Some(piece) = stream.try_next().await.map_err(store_away)? {
        scan.feed(&piece);
    }
    Ok(scan.is_active())
}

async fn accept(app: &App, upload: &Upload, verdict: Verdict) -> Result<(), Problem> {
    let now = app.clock.now();
    let hours = i64::from(app.config.uploads.expire_hours);
    let expires_at = now + chrono::TimeDelta::hours(hours);
    let id = upload.id;
    let queued = app
        .db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<Option<Uuid>, Problem> {
            // The upload first, as everybody locks them: whoever makes a video of it right now has
            // committed when this lock is given.
            if uploads::find_locked(conn, id).await?.is_none() {
                return Err(Problem::new(Code::UploadGone));
            }
            let video = videos::of_upload_locked(conn, id).await?;
            let state = if video.is_some() { upload_state::TAKEN } else { upload_state::COMPLETE };
            if !uploads::complete(conn, id, state, verdict, expires_at, now).await? {
                // Ended meanwhile, or finished by somebody else: [`finish`] sees to the bytes.
                return Err(Problem::new(Code::UploadGone));
            }
            match video {
                Some(video) => Ok(videos::happen(conn, &video, Happening::UploadFinished, now)
                    .await?
                    .then_some(video.id)),
                None => Ok(None),
            }
        })
        .await;
    let queued = match queued {
        Err(problem) if problem.code() == Code::UploadGone => {
            let mut conn = app.db.conn().await?;
            let row = uploads::find(&mut conn, id).await?;
            // Somebody else was faster with the same bytes.
            let done = row.is_some_and(|row| row.state != upload_state::REFUSED);
            return if done { Ok(()) } else { Err(problem) };
        }
        other => other?,
    };
    clear_spool(app, id).await;
    if let Some(video_id) = queued {
        app.video.wake_transcoder();
        live::tell(app, video_id).await;
    }
    Ok(())
}

async fn refuse(app: &App, upload: &Upload, problem: &Problem) -> Result<(), Problem> {
    let now = app.clock.now();
    let code = problem.code();
    let video_id = app
        .db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<Option<Uuid>, Problem> {
            end(conn, app, upload, code, problem.message(), now).await
        })
        .await?;
    if let Some(video_id) = video_id {
        live::tell(app, video_id).await;
    }
    Ok(())
}

/// Ends an upload without a result: its bytes go, and a video that waits for it has failed.
/// Returns that video.
///
/// # Errors
/// Those of the database.
pub(in crate::video) async fn end(
    conn: &mut AsyncPgConnection,
    app: &App,
    upload: &Upload,
    code: Code,
    detail: &str,
    now: kernel::Timestamp,
) -> Result<Option<Uuid>, Problem> {
    if !uploads::refuse(conn, upload.id, code.name(), now).await? {
        return Ok(None);
    }
    jobs::enqueue(conn, app, &RemoveUpload::of(upload), Enqueue::now()).await?;
    let Some(video) = videos::of_upload_locked(conn, upload.id).await? else { return Ok(None) };
    if !videos::happen(conn, &video, Happening::UploadLost, now).await? {
        return Ok(None);
    }
    videos::set_error(conn, video.id, code.name(), detail, None, true, now).await?;
    Ok(Some(video.id))
}

async fn clear_spool(app: &App, id: Uuid) {
    if let Err(error) = Spool::new(&app.config.storage.spool).clear(id).await {
        tracing::warn!(upload = %id, %error, "the tail of a finished upload stays behind");
    }
}

/// Bytes of a part, for tests that want to cross a boundary.
#[doc(hidden)]
pub const PART_BYTES: u64 = rules::PART_BYTES;
