//! An upload becomes a chat's file.

use bytes::Bytes;
use chrono::TimeDelta;
use diesel_async::AsyncPgConnection;
use media::storage::{ObjectKey, StorageError};
use uuid::Uuid;

use super::model::{FileKind, FileRow};
use super::purge::{ForgetChatFile, UNUSED};
use super::views::{FileLink, ReadyFile};
use super::{kinds, picture, store};
use crate::app::App;
use crate::courses;
use crate::platform::http::{Code, Problem};
use crate::platform::jobs::{self, Enqueue};
use crate::video::{self, Received};

/// Seconds for which the link of a file works.
const LINK_S: i64 = 900;

/// Where the objects of a file lie.
pub(super) fn prefix(id: Uuid) -> Result<ObjectKey, Problem> {
    ObjectKey::new(format!("chat/{}", id.simple())).map_err(Problem::internal)
}

/// Makes a file of `owner`'s finished upload. The same upload again is the same file.
///
/// # Errors
/// As [`video::received_for_chat`]; the refusals of a picture; `quota_exceeded`.
pub(super) async fn make(app: &App, owner: Uuid, upload: Uuid) -> Result<ReadyFile, Problem> {
    let received = {
        let made = {
            let mut conn = app.db.conn().await?;
            store::of_upload(&mut conn, upload).await?
        };
        if let Some(row) = made {
            return again(app, row, owner);
        }
        let received =
            app.db.transaction(async |conn: &mut AsyncPgConnection| -> Result<Received, Problem> {
                let received = video::received_for_chat(conn, app, upload, owner).await?;
                // Before anything is decoded and stored; it is asked again when the row is written.
                room_for(conn, app, owner, received.size).await?;
                Ok(received)
            });
        received.await?
    };
    let id = app.id();
    // The job that clears away what no message shows is queued first, so that a crash at any point
    // leaves nothing behind; then the bytes, then the row: a row never names what is not there.
    let later = app.clock.now() + UNUSED + TimeDelta::minutes(1);
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let job = ForgetChatFile { file_id: id };
            jobs::enqueue(conn, app, &job, Enqueue::now().at(later)).await
        })
        .await?;
    let row = write(app, id, owner, &received).await?;
    let stored = app.db.transaction(
        async |conn: &mut AsyncPgConnection| -> Result<Option<FileRow>, Problem> {
            // Several at once count one after the other.
            store::lock_owner(conn, owner).await?;
            if store::of_upload(conn, upload).await?.is_none() {
                room_for(conn, app, owner, row.size).await?;
            }
            if !store::insert(conn, &row).await? {
                // Asked for twice at once: the other one was faster.
                return Ok(store::of_upload(conn, upload).await?);
            }
            video::hand_back(conn, app, upload).await?;
            Ok(Some(row.clone()))
        },
    );
    again(app, stored.await?.ok_or_else(Problem::not_found)?, owner)
}

/// Refuses what no longer fits into somebody's space.
async fn room_for(
    conn: &mut AsyncPgConnection,
    app: &App,
    owner: Uuid,
    size: i64,
) -> Result<(), Problem> {
    let quota = i64::try_from(app.config.uploads.quota_bytes).unwrap_or(i64::MAX);
    let left = quota.saturating_sub(store::bytes_of(conn, owner).await?);
    if size <= left {
        return Ok(());
    }
    Err(Problem::new(Code::QuotaExceeded)
        .detail(format!("{} bytes of your space are left.", left.max(0)))
        .with("bytes_left", left.max(0)))
}

fn again(app: &App, row: FileRow, owner: Uuid) -> Result<ReadyFile, Problem> {
    if row.owner_id != owner {
        return Err(Problem::not_found());
    }
    let link = link(app, &row, owner);
    let FileRow { id, name, size, content_type, kind, width, height, .. } = row;
    Ok(ReadyFile { id, name, size, content_type, kind, width, height, link })
}

/// Links to a file for `who`, whose right has been looked at.
pub(super) fn link(app: &App, row: &FileRow, who: Uuid) -> FileLink {
    let token = video::file_token(app, row.id, who, LINK_S);
    let url = format!("/files/chat/{token}");
    FileLink {
        thumb_url: row.thumb_key.as_ref().map(|_| format!("{url}/thumb")),
        url,
        expires_at: app.clock.now() + TimeDelta::seconds(LINK_S),
    }
}

/// Stores the bytes; the answer is the row to be added.
async fn write(app: &App, id: Uuid, owner: Uuid, received: &Received) -> Result<FileRow, Problem> {
    let bytes = video::received_bytes(app, received).await?;
    let prefix = prefix(id)?;
    let named = |content_type: &str| kinds::true_name(&received.name, content_type);
    let mut row = FileRow {
        id,
        owner_id: owner,
        upload_id: received.upload_id,
        room_id: None,
        message_id: None,
        name: named(&received.content_type),
        size: received.size,
        content_type: received.content_type.clone(),
        kind: FileKind::File,
        width: None,
        height: None,
        object_key: String::new(),
        thumb_key: None,
        created_at: app.clock.now(),
    };
    if received.content_type.starts_with("image/") {
        let made = courses::decoding(app, move || picture::make(&bytes)).await?;
        let pixels = |side: u32| i32::try_from(side).ok();
        row.content_type = "image/webp".to_owned();
        row.name = named("image/webp");
        row.kind = FileKind::Image;
        row.size = i64::try_from(made.full.len()).map_err(Problem::internal)?;
        (row.width, row.height) = (pixels(made.width), pixels(made.height));
        row.object_key = put(app, &prefix, "full.webp", made.full.into()).await?;
        row.thumb_key = Some(put(app, &prefix, "thumb.webp", made.thumb.into()).await?);
    } else {
        row.object_key = put(app, &prefix, "file", bytes).await?;
    }
    Ok(row)
}

async fn put(app: &App, prefix: &ObjectKey, name: &str, bytes: Bytes) -> Result<String, Problem> {
    let key = prefix.join(name).map_err(Problem::internal)?;
    app.store.put(&key, bytes).await.map_err(|error| match error {
        StorageError::Unavailable(_) => Problem::unavailable(error, 5),
        other => Problem::internal(other),
    })?;
    Ok(key.as_str().to_owned())
}
