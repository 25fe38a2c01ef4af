//! Whether an upload may begin, and its row.

use actix_web::{HttpRequest, web};
use diesel_async::AsyncPgConnection;

use super::headers::{self, Purpose, text};
use super::number;
use super::rules::{self, Bounds, Held};
use crate::app::App;
use crate::identity::Principal;
use crate::platform::config::StorageKind;
use crate::platform::disk;
use crate::platform::http::{Code, Problem, Rule};
use crate::video::model::{Upload, upload_state};
use crate::video::store::uploads;
use crate::video::{paths, sniff};

/// New uploads of one person (security: limits).
const CREATE: Rule = Rule::new("tus_create", 60, 3600);

/// Begins an upload, if the person and the disks have room for it.
///
/// # Errors
/// `bad_request` for its headers, the refusals of [`rules::admit`], `rate_limited`.
pub(super) async fn begin(
    app: &App,
    who: &Principal,
    req: &HttpRequest,
) -> Result<Upload, Problem> {
    let now = app.clock.now();
    let request = req.headers();
    if request.contains_key("Upload-Defer-Length") || request.contains_key("Upload-Concat") {
        return Err(Problem::new(Code::BadRequest)
            .detail("The extensions creation-defer-length and concatenation are not offered."));
    }
    let size = headers::bytes("Upload-Length", text(request, "Upload-Length"))?;
    let raw = text(request, "Upload-Metadata").unwrap_or_default();
    let metadata = headers::metadata(Some(raw))?;
    match metadata.purpose {
        Purpose::Video | Purpose::ChatFile => {}
        Purpose::File => sniff::document_name(&metadata.file_name)?,
        Purpose::TaskImage => sniff::picture_name(&metadata.file_name)?,
    }
    app.limits.check(&CREATE, &who.user_id.to_string(), now)?;
    room_for(app, size).await?;
    let limits = &app.config.uploads;
    let bounds = Bounds {
        max_bytes: limits.max_bytes,
        max_open: limits.max_open_per_user,
        quota_bytes: limits.quota_bytes,
    };
    let id = app.id();
    let upload = Upload {
        id,
        owner_id: who.user_id,
        purpose: metadata.purpose.as_str().to_owned(),
        metadata: raw.to_owned(),
        file_name: metadata.file_name,
        size: i64::try_from(size).map_err(Problem::internal)?,
        received: 0,
        stored: 0,
        store_key: paths::original(id),
        store_upload: None,
        state: upload_state::RECEIVING.to_owned(),
        content_type: None,
        active_content: false,
        refusal: None,
        writer: None,
        writer_until: None,
        expires_at: now + chrono::TimeDelta::hours(i64::from(limits.expire_hours)),
        created_at: now,
        updated_at: now,
    };
    let row = &upload;
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            uploads::lock_owner(conn, row.owner_id).await?;
            let (open, bytes) = uploads::held(conn, row.owner_id, now).await?;
            let held = Held { open: u32::try_from(open).unwrap_or(u32::MAX), bytes: number(bytes) };
            rules::admit(size, metadata.purpose, held, bounds)?;
            Ok(uploads::insert(conn, row).await?)
        })
        .await?;
    Ok(upload)
}

/// Whether the disks that uploads fill have room for `size` bytes and the reserve: quotas bound what
/// one person may keep, not what all of them may.
async fn room_for(app: &App, size: u64) -> Result<(), Problem> {
    let storage = &app.config.storage;
    let mut disks = vec![storage.spool.clone()];
    if storage.kind == StorageKind::Directory {
        disks.push(storage.directory.clone());
    }
    let free =
        web::block(move || disks.iter().filter_map(|path| disk::free_bytes_above(path)).min());
    let free = free.await.map_err(Problem::internal)?;
    rules::admit_room(size, free, app.config.uploads.free_reserve_bytes)
}
