//! Pictures in statements and solutions: taken from an upload, re-encoded, kept under a random name.

use bytes::Bytes;
use chrono::TimeDelta;
use media::storage::{ObjectKey, StorageError};
use rand::RngCore as _;
use uuid::Uuid;

use super::super::covers::decoding;
use super::super::document::PICTURES;
use super::super::model::TaskImage;
use super::super::{cover, store};
use super::views::TaskPicture;
use crate::app::App;
use crate::identity::Principal;
use crate::platform::http::{Code, Problem};
use crate::video;

/// How long a picture that no text shows is kept.
const UNNAMED: TimeDelta = TimeDelta::hours(24);
/// Pictures of one round of [`forget_unnamed`].
const BATCH: i64 = 100;

/// Makes a picture of an upload of purpose `task_image`.
///
/// # Errors
/// `not_found` when it is not the caller's, `upload_incomplete`, `image_invalid`, `image_too_large`, `quota_exceeded`.
pub async fn add(app: &App, who: &Principal, upload_id: Uuid) -> Result<TaskPicture, Problem> {
    let bytes = video::take_picture(app, upload_id, who.user_id).await?;
    let encoded = decoding(app, move || cover::picture(&bytes)).await?;
    let mut random = [0_u8; 16];
    rand::rng().fill_bytes(&mut random);
    let name = hex::encode(random);
    let bytes = i64::try_from(encoded.webp.len()).map_err(Problem::internal)?;
    let quota = i64::try_from(app.config.uploads.quota_bytes).unwrap_or(i64::MAX);
    let mut conn = app.db.conn().await?;
    let left = quota.saturating_sub(store::tasks::image_bytes(&mut conn, who.user_id).await?);
    drop(conn);
    if bytes > left {
        return Err(Problem::new(Code::QuotaExceeded)
            .detail(format!("{} bytes of your space are left.", left.max(0)))
            .with("bytes_left", left.max(0)));
    }
    // The bytes first: a row never names what is not there.
    app.store.put(&key(&name)?, encoded.webp.into()).await.map_err(storage_problem)?;
    let size = encoded.size;
    let row = TaskImage {
        id: app.id(),
        name,
        added_by: who.user_id,
        width: i32::try_from(size.width).map_err(Problem::internal)?,
        height: i32::try_from(size.height).map_err(Problem::internal)?,
        created_at: app.clock.now(),
        size: bytes,
    };
    let mut conn = app.db.conn().await?;
    store::tasks::insert_image(&mut conn, &row).await?;
    Ok(TaskPicture {
        id: row.id,
        url: format!("{PICTURES}{}.webp", row.name),
        width: row.width,
        height: row.height,
    })
}

/// A picture by the last part of its address.
pub async fn read(app: &App, file: &str) -> Result<Bytes, Problem> {
    let name = file.strip_suffix(".webp").ok_or_else(Problem::not_found)?;
    app.store.get(&key(name)?).await.map_err(storage_problem)
}

/// Removes the pictures that no text has shown within a day.
///
/// # Errors
/// Those of the database and of the store; what is left is done next time.
pub async fn forget_unnamed(app: &App) -> Result<(), Problem> {
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    // The rows first, so that no text that is written just now is shown a picture that goes; what a crash leaves of
    // the bytes is small and harmless.
    let gone = store::tasks::forget_unnamed(&mut conn, now, now - UNNAMED, BATCH).await?;
    drop(conn);
    for name in gone {
        match app.store.delete(&key(&name)?).await {
            Ok(()) | Err(StorageError::NotFound) => {}
            Err(error) => return Err(storage_problem(error)),
        }
    }
    Ok(())
}

/// Where a picture lies. Only names that we gave reach the store.
fn key(name: &str) -> Result<ObjectKey, Problem> {
    let ours =
        name.len() == 32 && name.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if !ours {
        return Err(Problem::not_found());
    }
    ObjectKey::new(format!("task-images/{name}.webp")).map_err(Problem::internal)
}

fn storage_problem(error: StorageError) -> Problem {
    match error {
        StorageError::NotFound => Problem::not_found(),
        error if error.is_transient() => Problem::unavailable(error, 5),
        error => Problem::internal(error),
    }
}
