//! Queries on files in chats. Functions take a connection; the caller owns the transaction.

use diesel::prelude::*;
use diesel::sql_types;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use super::model::FileRow;
use super::schema::chat_files;

/// A file by its id.
pub async fn find(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<FileRow>> {
    chat_files::table.find(id).select(FileRow::as_select()).first(conn).await.optional()
}

/// The file that was made of an upload.
pub async fn of_upload(conn: &mut AsyncPgConnection, upload: Uuid) -> QueryResult<Option<FileRow>> {
    chat_files::table
        .filter(chat_files::upload_id.eq(upload))
        .select(FileRow::as_select())
        .first(conn)
        .await
        .optional()
}

/// Adds a file unless its upload has become one; says whether it is new.
pub async fn insert(conn: &mut AsyncPgConnection, row: &FileRow) -> QueryResult<bool> {
    let rows = diesel::insert_into(chat_files::table)
        .values(row)
        .on_conflict(chat_files::upload_id)
        .do_nothing()
        .execute(conn)
        .await?;
    Ok(rows == 1)
}

/// Makes this transaction the only one that adds to somebody's files, until it ends.
pub async fn lock_owner(conn: &mut AsyncPgConnection, owner: Uuid) -> QueryResult<()> {
    diesel::sql_query("select pg_advisory_xact_lock(hashtextextended('chat.files:' || $1, 0))")
        .bind::<sql_types::Text, _>(owner.to_string())
        .execute(conn)
        .await?;
    Ok(())
}

/// Bytes of all files of one person.
pub async fn bytes_of(conn: &mut AsyncPgConnection, owner: Uuid) -> QueryResult<i64> {
    chat_files::table
        .filter(chat_files::owner_id.eq(owner))
        .select(diesel::dsl::sql::<sql_types::BigInt>("coalesce(sum(size), 0)::bigint"))
        .get_result(conn)
        .await
}

/// Files by their ids, in any order.
pub async fn all(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> QueryResult<Vec<FileRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    chat_files::table
        .filter(chat_files::id.eq_any(ids))
        .select(FileRow::as_select())
        .load(conn)
        .await
}

/// These files, locked until the transaction ends, in no order; those that are not there are left out.
pub async fn lock(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> QueryResult<Vec<FileRow>> {
    chat_files::table
        .filter(chat_files::id.eq_any(ids))
        // One order for everybody.
        .order(chat_files::id)
        .for_update()
        .select(FileRow::as_select())
        .load(conn)
        .await
}

/// Gives unused files to a message.
pub async fn attach(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    message: Uuid,
    ids: &[Uuid],
) -> QueryResult<usize> {
    diesel::update(chat_files::table.filter(chat_files::id.eq_any(ids)))
        .filter(chat_files::message_id.is_null())
        .set((chat_files::room_id.eq(room), chat_files::message_id.eq(message)))
        .execute(conn)
        .await
}

/// What decides whether a used file is still handed out.
#[derive(Debug, QueryableByName)]
pub struct Shown {
    /// Who wrote the message.
    #[diesel(sql_type = sql_types::Uuid)]
    pub author_id: Uuid,
    /// The state of the message.
    #[diesel(sql_type = sql_types::Text)]
    pub state: String,
    /// Whether the one who asks is banned from the room.
    #[diesel(sql_type = sql_types::Bool)]
    pub banned: bool,
}

/// How a message stands towards somebody.
pub async fn shown(
    conn: &mut AsyncPgConnection,
    message: Uuid,
    user: Uuid,
) -> QueryResult<Option<Shown>> {
    diesel::sql_query(
        "select m.author_id, m.state, exists (select 1 from room_members r \
         where r.room_id = m.room_id and r.user_id = $2 and r.banned_at is not null) as banned \
         from messages m where m.id = $1",
    )
    .bind::<sql_types::Uuid, _>(message)
    .bind::<sql_types::Uuid, _>(user)
    .get_result(conn)
    .await
    .optional()
}

/// Files that nobody can see any more, up to `limit`: never used and made before `unused`, or of a
/// message that was deleted or refused before `gone`.
pub async fn forgotten(
    conn: &mut AsyncPgConnection,
    unused: Timestamp,
    gone: Timestamp,
    limit: i64,
) -> QueryResult<Vec<Uuid>> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = sql_types::Uuid)]
        id: Uuid,
    }
    let rows: Vec<Id> = diesel::sql_query(
        "(select f.id from chat_files f where f.message_id is null and f.created_at < $1 limit $3) \
         union all \
         (select f.id from chat_files f join messages m on m.id = f.message_id \
          where m.state in ('deleted', 'refused') and m.created_at < $2 and not exists \
          (select 1 from message_versions v where v.message_id = m.id and v.replaced_at >= $2) \
          limit $3)",
    )
    .bind::<sql_types::Timestamptz, _>(unused)
    .bind::<sql_types::Timestamptz, _>(gone)
    .bind::<sql_types::BigInt, _>(limit)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Forgets a file if nobody can see it any more, as [`forgotten`] has it; says whether it was so. A message that
/// takes it at this moment has it, or there is nothing to take.
pub async fn forget(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    unused: Timestamp,
    gone: Timestamp,
) -> QueryResult<bool> {
    let rows = diesel::sql_query(
        "delete from chat_files f where f.id = $1 and (f.message_id is null and f.created_at < $2 \
         or exists (select 1 from messages m where m.id = f.message_id \
          and m.state in ('deleted', 'refused') and m.created_at < $3 and not exists \
          (select 1 from message_versions v where v.message_id = m.id and v.replaced_at >= $3)))",
    )
    .bind::<sql_types::Uuid, _>(id)
    .bind::<sql_types::Timestamptz, _>(unused)
    .bind::<sql_types::Timestamptz, _>(gone)
    .execute(conn)
    .await?;
    Ok(rows == 1)
}
