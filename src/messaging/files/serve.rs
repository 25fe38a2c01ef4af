//! The bytes of files, by their signed links.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use media::storage::{ObjectKey, StorageError};
use uuid::Uuid;

use super::make;
use super::model::{FileKind, FileRow};
use super::store;
use super::views::FileLink;
use crate::app::App;
use crate::identity::Principal;
use crate::messaging::access;
use crate::platform::http::Problem;
use crate::video;

/// Nothing in a file acts, even if a browser should open it.
const CSP: &str = "default-src 'none'; sandbox";

/// Links to a file for somebody who may see it: its owner, and who is in the room of its message.
///
/// # Errors
/// `not_found`.
pub(super) async fn renew(app: &App, who: &Principal, id: Uuid) -> Result<FileLink, Problem> {
    let mut conn = app.db.conn().await?;
    let row = store::find(&mut conn, id).await?.ok_or_else(Problem::not_found)?;
    let (Some(room), Some(message)) = (row.room_id, row.message_id) else {
        let own = row.owner_id == who.user_id && row.message_id.is_none();
        return own.then(|| make::link(app, &row, who.user_id)).ok_or_else(Problem::not_found);
    };
    let member = access::enter(app, &mut conn, who, room).await?;
    let shown = store::shown(&mut conn, message, who.user_id).await?;
    let seen = shown.is_some_and(|shown| match shown.state.as_str() {
        "shown" => true,
        "held" => shown.author_id == who.user_id || member.moderates,
        _ => false,
    });
    seen.then(|| make::link(app, &row, who.user_id)).ok_or_else(Problem::not_found)
}

/// The file of a link, if it is still to be seen.
async fn linked(app: &App, req: &HttpRequest) -> Result<FileRow, Problem> {
    let claims = video::file_claims(app, req)?;
    let mut conn = app.db.conn().await?;
    let row = store::find(&mut conn, claims.file_id).await?.ok_or_else(Problem::not_found)?;
    let seen = match row.message_id {
        None => row.owner_id == claims.user_id,
        Some(message) => {
            let shown = store::shown(&mut conn, message, claims.user_id).await?;
            // Who may see a held one was asked when the link was made; whether they may still enter is asked anew.
            let there = shown.is_some_and(|shown| {
                matches!(shown.state.as_str(), "shown" | "held") && !shown.banned
            });
            match row.room_id.filter(|_| there) {
                None => false,
                Some(room) => {
                    let users = [claims.user_id];
                    let standings = access::standings(app, &mut conn, room, &users).await?;
                    standings.contains_key(&claims.user_id)
                }
            }
        }
    };
    if seen { Ok(row) } else { Err(Problem::not_found()) }
}

/// The picture as it is shown, or the file as an attachment.
pub(super) async fn whole(app: &App, req: &HttpRequest) -> Result<HttpResponse, Problem> {
    let row = linked(app, req).await?;
    let key = row.object_key.clone();
    bytes(app, &row, key).await
}

/// The small picture.
pub(super) async fn thumb(app: &App, req: &HttpRequest) -> Result<HttpResponse, Problem> {
    let row = linked(app, req).await?;
    let key = row.thumb_key.clone().ok_or_else(Problem::not_found)?;
    bytes(app, &row, key).await
}

async fn bytes(app: &App, row: &FileRow, key: String) -> Result<HttpResponse, Problem> {
    let key = ObjectKey::new(key).map_err(Problem::internal)?;
    let bytes = app.store.stream(&key, None).await.map_err(|error| match error {
        StorageError::NotFound => Problem::not_found(),
        StorageError::Unavailable(_) => Problem::unavailable(error, 5),
        other => Problem::internal(other),
    })?;
    let shown = row.kind == FileKind::Image;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, row.content_type.clone()))
        .insert_header(video::disposition(&row.name, shown))
        // A deleted message's files are gone at once, from caches too.
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::CONTENT_SECURITY_POLICY, CSP))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .streaming(bytes))
}
