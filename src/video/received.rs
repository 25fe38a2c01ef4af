//! Finished uploads out of which other contexts make something of their own: they read the bytes,
//! keep what they made, and hand the upload back.

use actix_web::HttpRequest;
use bytes::Bytes;
use diesel_async::AsyncPgConnection;
use media::storage::{ObjectKey, StorageError};
use media::token::FileClaims;
use uuid::Uuid;

use super::attach::usable;
use super::files;
use super::model::upload_state;
use super::store::uploads;
use super::tus::{self, Purpose};
use crate::app::App;
use crate::platform::http::{Code, Problem};

/// A finished upload.
#[derive(Debug, Clone)]
pub struct Received {
    /// Which.
    pub upload_id: Uuid,
    /// The name that its owner gave it, cleaned.
    pub name: String,
    /// Bytes.
    pub size: i64,
    /// Its media type, by its content.
    pub content_type: String,
    store_key: String,
}

/// A file that was sent for a chat, locked until the transaction ends.
///
/// # Errors
/// `not_found` when it is not `owner`'s, `upload_incomplete`, `upload_gone`, the refusal of the file,
/// `conflict` when it has become something already.
pub async fn received_for_chat(
    conn: &mut AsyncPgConnection,
    app: &App,
    upload_id: Uuid,
    owner: Uuid,
) -> Result<Received, Problem> {
    let upload = usable(conn, app, upload_id, owner, Purpose::ChatFile).await?;
    let (upload_state::COMPLETE, Some(content_type)) = (upload.state.as_str(), upload.content_type)
    else {
        return Err(Problem::new(Code::UploadIncomplete).retry_after(1));
    };
    Ok(Received {
        upload_id,
        name: upload.file_name,
        size: upload.size,
        content_type,
        store_key: upload.store_key,
    })
}

/// Its bytes.
///
/// # Errors
/// `upload_gone` when somebody handed it back meanwhile; 503 while the store is away.
pub async fn received_bytes(app: &App, received: &Received) -> Result<Bytes, Problem> {
    let key = ObjectKey::new(&*received.store_key).map_err(Problem::internal)?;
    app.store.get(&key).await.map_err(|error| match error {
        StorageError::NotFound => Problem::new(Code::UploadGone),
        StorageError::Unavailable(_) => Problem::unavailable(error, 5),
        other => Problem::internal(other),
    })
}

/// Hands an upload back, in the caller's transaction: what was to be made of it is made, and a job
/// removes its bytes.
///
/// # Errors
/// Those of the database.
pub async fn hand_back(
    conn: &mut AsyncPgConnection,
    app: &App,
    upload_id: Uuid,
) -> Result<(), Problem> {
    let Some(upload) = uploads::find_locked(conn, upload_id).await? else { return Ok(()) };
    let detail = "The upload has become a file.";
    tus::end(conn, app, &upload, Code::UploadGone, detail, app.clock.now()).await?;
    Ok(())
}

/// A signed right of `who` to fetch `file` for `life_s` seconds.
pub fn file_token(app: &App, file: Uuid, who: Uuid, life_s: i64) -> String {
    files::claims(app, file, who, life_s)
}

/// The right in the path of `req` (`{token}`).
///
/// # Errors
/// `link_expired`, `not_found`.
pub fn file_claims(app: &App, req: &HttpRequest) -> Result<FileClaims, Problem> {
    files::claimed(app, req)
}
