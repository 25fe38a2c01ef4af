//! Queries on files for download.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use crate::video::model::FileRow;
use crate::video::schema::{files, uploads};

/// Adds a file.
pub async fn insert(conn: &mut AsyncPgConnection, file: &FileRow) -> QueryResult<()> {
    diesel::insert_into(files::table).values(file).execute(conn).await?;
    Ok(())
}

/// The files, unless they were taken off, in no order.
pub async fn find(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> QueryResult<Vec<FileRow>> {
    files::table
        .filter(files::id.eq_any(ids))
        .filter(files::removed_at.is_null())
        .select(FileRow::as_select())
        .load(conn)
        .await
}

/// Notes whether others may keep a copy.
pub async fn set_downloadable(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    downloadable: bool,
) -> QueryResult<()> {
    diesel::update(files::table.find(id))
        .set(files::downloadable.eq(downloadable))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes a file off.
pub async fn remove(conn: &mut AsyncPgConnection, id: Uuid, now: Timestamp) -> QueryResult<bool> {
    let rows = diesel::update(files::table.find(id))
        .filter(files::removed_at.is_null())
        .set(files::removed_at.eq(now))
        .execute(conn)
        .await?;
    Ok(rows == 1)
}

/// A file that was taken off.
pub async fn removed(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<FileRow>> {
    files::table
        .find(id)
        .filter(files::removed_at.is_not_null())
        .select(FileRow::as_select())
        .first(conn)
        .await
        .optional()
}

/// Deletes a file that was taken off, and its upload.
pub async fn forget(conn: &mut AsyncPgConnection, id: Uuid, upload: Uuid) -> QueryResult<()> {
    diesel::delete(files::table.find(id)).execute(conn).await?;
    diesel::delete(uploads::table.find(upload)).execute(conn).await?;
    Ok(())
}
