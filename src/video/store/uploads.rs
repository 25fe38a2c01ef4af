//! Queries on uploads and their parts.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use crate::video::model::{Upload, UploadPart, upload_state};
use crate::video::schema::{upload_parts, uploads};

/// How long a writer may be silent towards the database before another one may take over.
pub(in crate::video) const WRITER_LEASE: TimeDelta = TimeDelta::seconds(15);

/// Serialises what one person creates, until the transaction ends, so that limits hold.
pub async fn lock_owner(conn: &mut AsyncPgConnection, owner: Uuid) -> QueryResult<()> {
    diesel::sql_query("select pg_advisory_xact_lock(hashtextextended('video.uploads:' || $1, 0))")
        .bind::<diesel::sql_types::Text, _>(owner.to_string())
        .execute(conn)
        .await?;
    Ok(())
}

/// Unfinished uploads, and bytes in everything that is kept, of one person.
pub async fn held(
    conn: &mut AsyncPgConnection,
    owner: Uuid,
    now: Timestamp,
) -> QueryResult<(i64, i64)> {
    let open: i64 = uploads::table
        .filter(uploads::owner_id.eq(owner))
        .filter(uploads::state.eq(upload_state::RECEIVING))
        .filter(uploads::expires_at.gt(now))
        .count()
        .get_result(conn)
        .await?;
    // PostgreSQL sums bigint to numeric; no quota comes near 2^63.
    let bytes: i64 = uploads::table
        .filter(uploads::owner_id.eq(owner))
        .filter(uploads::state.ne(upload_state::REFUSED))
        .select(diesel::dsl::sql::<diesel::sql_types::BigInt>("coalesce(sum(size), 0)::bigint"))
        .get_result(conn)
        .await?;
    Ok((open, bytes))
}

/// Adds an upload.
pub async fn insert(conn: &mut AsyncPgConnection, upload: &Upload) -> QueryResult<()> {
    diesel::insert_into(uploads::table).values(upload).execute(conn).await?;
    Ok(())
}

/// The upload, if it is that person's.
pub async fn of_owner(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    owner: Uuid,
) -> QueryResult<Option<Upload>> {
    uploads::table
        .filter(uploads::id.eq(id))
        .filter(uploads::owner_id.eq(owner))
        .select(Upload::as_select())
        .first(conn)
        .await
        .optional()
}

/// As [`of_owner`], locked until the transaction ends.
pub async fn of_owner_locked(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    owner: Uuid,
) -> QueryResult<Option<Upload>> {
    uploads::table
        .filter(uploads::id.eq(id))
        .filter(uploads::owner_id.eq(owner))
        .select(Upload::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()
}

/// As [`find`], locked until the transaction ends.
pub async fn find_locked(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<Upload>> {
    uploads::table.find(id).select(Upload::as_select()).for_update().first(conn).await.optional()
}

/// The upload, whosever it is: for jobs.
pub async fn find(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<Upload>> {
    uploads::table.find(id).select(Upload::as_select()).first(conn).await.optional()
}

/// One's own uploads that are not a video or a file yet, newest first.
pub async fn unfinished(
    conn: &mut AsyncPgConnection,
    owner: Uuid,
    now: Timestamp,
    after: Option<Uuid>,
    limit: i64,
) -> QueryResult<Vec<Upload>> {
    let mut query = uploads::table
        .filter(uploads::owner_id.eq(owner))
        .filter(uploads::state.eq_any([upload_state::RECEIVING, upload_state::COMPLETE]))
        .filter(uploads::expires_at.gt(now))
        .order(uploads::id.desc())
        .limit(limit)
        .select(Upload::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(uploads::id.lt(after));
    }
    query.load(conn).await
}

/// Takes the right to write, unless somebody has it. Returns the row as it then stands.
pub async fn take_writer(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    writer: Uuid,
    now: Timestamp,
) -> QueryResult<Option<Upload>> {
    diesel::update(uploads::table.find(id))
        .filter(uploads::writer.is_null().or(uploads::writer_until.le(now)))
        .filter(uploads::state.eq(upload_state::RECEIVING))
        .set((uploads::writer.eq(writer), uploads::writer_until.eq(now + WRITER_LEASE)))
        .returning(Upload::as_returning())
        .get_result(conn)
        .await
        .optional()
}

/// Keeps the right to write; false when it was lost.
pub async fn keep_writer(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    writer: Uuid,
    now: Timestamp,
) -> QueryResult<bool> {
    let rows = diesel::update(uploads::table.find(id))
        .filter(uploads::state.eq(upload_state::RECEIVING))
        .filter(uploads::writer.eq(writer))
        .set(uploads::writer_until.eq(now + WRITER_LEASE))
        .execute(conn)
        .await?;
    Ok(rows == 1)
}

/// Gives the right to write back.
pub async fn release_writer(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    writer: Uuid,
) -> QueryResult<()> {
    diesel::update(uploads::table.find(id))
        .filter(uploads::writer.eq(writer))
        .set((uploads::writer.eq(None::<Uuid>), uploads::writer_until.eq(None::<Timestamp>)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Remembers the store's name of the multipart upload; false when the right to write was lost.
pub async fn set_store_upload(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    writer: Uuid,
    name: &str,
) -> QueryResult<bool> {
    let rows = diesel::update(uploads::table.find(id))
        .filter(uploads::state.eq(upload_state::RECEIVING))
        .filter(uploads::writer.eq(writer))
        .set(uploads::store_upload.eq(name))
        .execute(conn)
        .await?;
    Ok(rows == 1)
}

/// What a writer has made durable.
#[derive(Debug, Clone, Copy)]
pub struct Durable {
    /// Bytes in parts of the object store.
    pub stored: i64,
    /// Those and the bytes in the spool.
    pub received: i64,
    /// When the upload now expires.
    pub expires_at: Timestamp,
}

/// Records what is durable, with the parts that are new; false when the right to write was lost.
/// Must run in a transaction.
pub async fn advance(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    writer: Uuid,
    durable: Durable,
    parts: &[UploadPart],
    now: Timestamp,
) -> QueryResult<bool> {
    let rows = diesel::update(uploads::table.find(id))
        .filter(uploads::state.eq(upload_state::RECEIVING))
        .filter(uploads::writer.eq(writer))
        .set((
            uploads::stored.eq(durable.stored),
            uploads::received.eq(durable.received),
            uploads::expires_at.eq(durable.expires_at),
            uploads::updated_at.eq(now),
            uploads::writer_until.eq(now + WRITER_LEASE),
        ))
        .execute(conn)
        .await?;
    if rows != 1 {
        return Ok(false);
    }
    for part in parts {
        diesel::insert_into(upload_parts::table)
            .values(part)
            .on_conflict((upload_parts::upload_id, upload_parts::number))
            .do_update()
            .set((upload_parts::etag.eq(&part.etag), upload_parts::size.eq(part.size)))
            .execute(conn)
            .await?;
    }
    Ok(true)
}

/// The parts in order.
pub async fn parts(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Vec<UploadPart>> {
    upload_parts::table
        .filter(upload_parts::upload_id.eq(id))
        .order(upload_parts::number)
        .select(UploadPart::as_select())
        .load(conn)
        .await
}

/// What an upload has turned out to be.
#[derive(Debug, Clone, Copy)]
pub struct Verdict {
    /// Its media type.
    pub content_type: &'static str,
    /// A document that may do something when it is opened.
    pub active_content: bool,
}

/// The object is whole and accepted. False when the upload is no longer being received.
pub async fn complete(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    state: &str,
    verdict: Verdict,
    expires_at: Timestamp,
    now: Timestamp,
) -> QueryResult<bool> {
    let rows = diesel::update(uploads::table.find(id))
        .filter(uploads::state.eq(upload_state::RECEIVING))
        .set((
            uploads::state.eq(state),
            uploads::stored.eq(uploads::size),
            uploads::received.eq(uploads::size),
            uploads::content_type.eq(verdict.content_type),
            uploads::active_content.eq(verdict.active_content),
            uploads::store_upload.eq(None::<String>),
            uploads::writer.eq(None::<Uuid>),
            uploads::writer_until.eq(None::<Timestamp>),
            uploads::expires_at.eq(expires_at),
            uploads::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    diesel::delete(upload_parts::table.filter(upload_parts::upload_id.eq(id)))
        .execute(conn)
        .await?;
    Ok(rows == 1)
}

/// The upload ends without a result. False when it was not being kept any more. The right to
/// write cannot be renewed any more, but stays until it is given back or runs out: removing the bytes
/// waits for it.
pub async fn refuse(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    refusal: &str,
    now: Timestamp,
) -> QueryResult<bool> {
    let rows = diesel::update(uploads::table.find(id))
        .filter(uploads::state.ne(upload_state::REFUSED))
        .set((
            uploads::state.eq(upload_state::REFUSED),
            uploads::refusal.eq(refusal),
            uploads::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(rows == 1)
}

/// The upload has become a video or a file.
pub async fn set_taken(conn: &mut AsyncPgConnection, id: Uuid, now: Timestamp) -> QueryResult<()> {
    diesel::update(uploads::table.find(id))
        .set((uploads::state.eq(upload_state::TAKEN), uploads::updated_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Uploads whose time is over, not being written right now; locked, at most `limit`.
pub async fn expired(
    conn: &mut AsyncPgConnection,
    now: Timestamp,
    limit: i64,
) -> QueryResult<Vec<Upload>> {
    uploads::table
        .filter(uploads::expires_at.le(now))
        .filter(uploads::state.eq_any([upload_state::RECEIVING, upload_state::COMPLETE]))
        .filter(uploads::writer_until.is_null().or(uploads::writer_until.le(now)))
        .order(uploads::expires_at)
        .limit(limit)
        .for_update()
        .skip_locked()
        .select(Upload::as_select())
        .load(conn)
        .await
}

/// Refused uploads whose memory is over and which nothing refers to; deletes them.
pub async fn forget_refused(conn: &mut AsyncPgConnection, before: Timestamp) -> QueryResult<usize> {
    use crate::video::schema::{files, videos};
    diesel::delete(
        uploads::table
            .filter(uploads::state.eq(upload_state::REFUSED))
            .filter(uploads::updated_at.le(before))
            .filter(diesel::dsl::not(diesel::dsl::exists(
                videos::table.filter(videos::upload_id.eq(uploads::id)),
            )))
            .filter(diesel::dsl::not(diesel::dsl::exists(
                files::table.filter(files::upload_id.eq(uploads::id)),
            ))),
    )
    .execute(conn)
    .await
}
