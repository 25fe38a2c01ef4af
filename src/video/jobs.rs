//! The context's short jobs. Transcoding is none of them: it has leases of its own (see `book`).

use diesel_async::AsyncPgConnection;
use media::storage::{MultipartId, ObjectKey, StorageError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::model::{Upload, upload_state};
use super::playback::tell_removed;
use super::store::{files, uploads, videos};
use super::tus;
use crate::app::App;
use crate::platform::http::Problem;
use crate::platform::jobs::{self, Enqueue, Job, JobError, JobMeta, Lane};

fn store_error(error: StorageError) -> JobError {
    JobError::Retry(error.to_string())
}

fn key(text: &str) -> Result<ObjectKey, JobError> {
    ObjectKey::new(text).map_err(|error| JobError::Fatal(error.to_string()))
}

/// Finishes an upload whose every byte is there, if the request that brought the last one could not.
#[derive(Debug, Serialize, Deserialize)]
pub struct FinishUpload {
    upload_id: Uuid,
}

impl FinishUpload {
    /// Queues it for a moment at which the request itself has long been done.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) async fn enqueue_late(
        conn: &mut AsyncPgConnection,
        app: &App,
        upload_id: Uuid,
    ) -> Result<(), Problem> {
        let at = app.clock.now() + chrono::TimeDelta::seconds(20);
        let how = Enqueue::now().at(at).dedup(upload_id.to_string());
        jobs::enqueue(conn, app, &Self { upload_id }, how).await
    }
}

impl Job for FinishUpload {
    const KIND: &'static str = "video.finish_upload";
    const MAX_ATTEMPTS: i32 = 40;

    async fn run(self, app: App, _: JobMeta) -> Result<(), JobError> {
        Ok(tus::finish_later(&app, self.upload_id).await?)
    }
}

/// Takes the bytes of an ended upload out of the store and the spool.
#[derive(Debug, Serialize, Deserialize)]
pub struct RemoveUpload {
    /// Which.
    pub upload_id: Uuid,
    /// Its object.
    pub store_key: String,
    /// Its multipart upload, if one had begun.
    pub store_upload: Option<String>,
}

impl RemoveUpload {
    /// What is to be removed of `upload`.
    pub(super) fn of(upload: &Upload) -> Self {
        Self {
            upload_id: upload.id,
            store_key: upload.store_key.clone(),
            store_upload: upload.store_upload.clone(),
        }
    }
}

/// The right to write cannot be renewed any more; until it is over, its writer may store one thing
/// more, which would stay for ever.
fn writer_has_left(upload: &Upload, now: kernel::Timestamp) -> Result<(), JobError> {
    if upload.writer_until.is_some_and(|until| until > now) {
        return Err(JobError::Retry("its writer leaves first".to_owned()));
    }
    Ok(())
}

impl Job for RemoveUpload {
    const KIND: &'static str = "video.remove_upload";
    const LANE: Lane = Lane::Slow;
    const MAX_ATTEMPTS: i32 = 40;

    async fn run(self, app: App, _: JobMeta) -> Result<(), JobError> {
        let key = key(&self.store_key)?;
        let row = {
            let mut conn = app.db.conn().await?;
            uploads::find(&mut conn, self.upload_id).await?
        };
        let mut store_upload = self.store_upload;
        if let Some(row) = row {
            if row.state != upload_state::REFUSED {
                return Err(JobError::Fatal("the upload is in use".to_owned()));
            }
            writer_has_left(&row, app.clock.now())?;
            store_upload = row.store_upload.or(store_upload);
        }
        if let Some(id) = store_upload {
            app.store.abort_multipart(&key, &MultipartId(id)).await.map_err(store_error)?;
        }
        app.store.delete(&key).await.map_err(store_error)?;
        tus::clear_spool(&app, self.upload_id).await.map_err(|e| JobError::Retry(e.to_string()))
    }
}

/// Takes a removed video out of the store, then forgets it.
#[derive(Debug, Serialize, Deserialize)]
pub struct RemoveVideo {
    /// Which.
    pub video_id: Uuid,
}

impl Job for RemoveVideo {
    const KIND: &'static str = "video.remove_video";
    const LANE: Lane = Lane::Slow;
    const MAX_ATTEMPTS: i32 = 40;

    async fn run(self, app: App, _: JobMeta) -> Result<(), JobError> {
        let mut conn = app.db.conn().await?;
        let Some((video, upload)) = videos::removed(&mut conn, self.video_id).await? else {
            return Ok(());
        };
        drop(conn);
        // Its players are told now that the removal is certain.
        tell_removed(&app, video.id).await?;
        if video.lease_until.is_some_and(|until| until > app.clock.now()) {
            // It cannot be renewed any more; until it is over, a worker may store one thing more.
            return Err(JobError::Retry("the work on it ends first".to_owned()));
        }
        writer_has_left(&upload, app.clock.now())?;
        let prefix = key(&super::paths::video_prefix(video.id))?;
        app.store.delete_prefix(&prefix).await.map_err(store_error)?;
        let original = key(&upload.store_key)?;
        if let Some(id) = upload.store_upload {
            app.store.abort_multipart(&original, &MultipartId(id)).await.map_err(store_error)?;
        }
        app.store.delete(&original).await.map_err(store_error)?;
        tus::clear_spool(&app, upload.id).await.map_err(|e| JobError::Retry(e.to_string()))?;
        let mut conn = app.db.conn().await?;
        videos::forget(&mut conn, video.id, upload.id).await?;
        Ok(())
    }
}

/// Takes the objects of an abandoned run of the encoder out of the store.
#[derive(Debug, Serialize, Deserialize)]
pub struct RemoveGeneration {
    /// The video.
    pub video_id: Uuid,
    /// The run.
    pub generation: i32,
}

impl Job for RemoveGeneration {
    const KIND: &'static str = "video.remove_generation";
    const LANE: Lane = Lane::Slow;
    const MAX_ATTEMPTS: i32 = 40;

    async fn run(self, app: App, _: JobMeta) -> Result<(), JobError> {
        let prefix = key(&super::paths::generation_prefix(self.video_id, self.generation))?;
        app.store.delete_prefix(&prefix).await.map_err(store_error)?;
        Ok(())
    }
}

/// Takes a removed file out of the store, then forgets it.
#[derive(Debug, Serialize, Deserialize)]
pub struct RemoveFile {
    /// Which.
    pub file_id: Uuid,
}

impl Job for RemoveFile {
    const KIND: &'static str = "video.remove_file";
    const LANE: Lane = Lane::Slow;
    const MAX_ATTEMPTS: i32 = 40;

    async fn run(self, app: App, _: JobMeta) -> Result<(), JobError> {
        let mut conn = app.db.conn().await?;
        let Some(file) = files::removed(&mut conn, self.file_id).await? else { return Ok(()) };
        drop(conn);
        app.store.delete(&key(&file.store_key)?).await.map_err(store_error)?;
        let mut conn = app.db.conn().await?;
        files::forget(&mut conn, file.id, file.upload_id).await?;
        Ok(())
    }
}
