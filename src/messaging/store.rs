//! Queries of the context. Functions take a connection; [`append`] and [`rooms::make`] are transactions
//! of their own.

pub mod rooms;

use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::model::{KIND_MSG, LogRow, MemberRow, MessageRow, RoomRow};
use super::schema::{messages, room_heads, room_log, room_members};

/// A room by its id.
pub async fn room(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<RoomRow>> {
    super::schema::rooms::table.find(id).select(RoomRow::as_select()).first(conn).await.optional()
}

/// Head and epoch of a room.
pub async fn head(conn: &mut AsyncPgConnection, room: Uuid) -> QueryResult<Option<(i64, String)>> {
    room_heads::table
        .find(room)
        .select((room_heads::head, room_heads::epoch))
        .first(conn)
        .await
        .optional()
}

/// The heads of many rooms.
pub async fn heads(conn: &mut AsyncPgConnection, rooms: &[Uuid]) -> QueryResult<Vec<(Uuid, i64)>> {
    room_heads::table
        .filter(room_heads::room_id.eq_any(rooms))
        .select((room_heads::room_id, room_heads::head))
        .load(conn)
        .await
}

/// What a batch meets in the room, read under the lock of its head.
pub struct Found {
    /// The last number given.
    pub head: i64,
    /// Messages stored before under the batch's authors and client ids.
    pub known: Vec<MessageRow>,
    /// Which of the messages that the batch answers are in the room.
    pub present: Vec<Uuid>,
}

/// What a batch asks about.
pub struct Asked<'a> {
    /// Its authors.
    pub authors: Vec<Uuid>,
    /// Their client ids.
    pub client_ids: Vec<&'a str>,
    /// The messages that it answers.
    pub replies: Vec<Uuid>,
}

/// Stores a batch in one transaction: locks the head (numbers are safe from there on, also from
/// another node), looks, lets `plan` decide what is new, stores that, moves the head. `None`: there
/// is no such room. Not the app's own transaction: a message wakes no job.
pub async fn append<T: Send>(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    asked: &Asked<'_>,
    plan: impl FnOnce(Found) -> (Vec<MessageRow>, T) + Send,
) -> QueryResult<Option<T>> {
    conn.transaction(async |conn| {
        let head: Option<i64> = room_heads::table
            .find(room)
            .select(room_heads::head)
            .for_no_key_update()
            .first(conn)
            .await
            .optional()?;
        let Some(head) = head else { return Ok(None) };
        let known = messages::table
            .filter(messages::room_id.eq(room))
            .filter(messages::author_id.eq_any(&asked.authors))
            .filter(messages::client_id.eq_any(&asked.client_ids))
            .select(MessageRow::as_select())
            .load(conn)
            .await?;
        let present = if asked.replies.is_empty() {
            Vec::new()
        } else {
            messages::table
                .filter(messages::id.eq_any(&asked.replies))
                .filter(messages::room_id.eq(room))
                .select(messages::id)
                .load(conn)
                .await?
        };
        let (new, outcome) = plan(Found { head, known, present });
        if let Some(last) = new.last() {
            let head = last.seq;
            let log: Vec<LogRow> = new.iter().map(log_row).collect();
            diesel::insert_into(messages::table).values(&new).execute(conn).await?;
            diesel::insert_into(room_log::table).values(&log).execute(conn).await?;
            diesel::update(room_heads::table.find(room))
                .set(room_heads::head.eq(head))
                .execute(conn)
                .await?;
        }
        Ok(Some(outcome))
    })
    .await
}

fn log_row(message: &MessageRow) -> LogRow {
    LogRow {
        room_id: message.room_id,
        seq: message.seq,
        kind: KIND_MSG,
        msg_id: Some(message.id),
        created_at: message.created_at,
    }
}

/// Entries of the log after `after`, up to `limit`: number and message, if it is one.
pub async fn log_after(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    after: i64,
    limit: i64,
) -> QueryResult<Vec<(i64, Option<MessageRow>)>> {
    room_log::table
        .left_join(messages::table.on(messages::id.nullable().eq(room_log::msg_id)))
        .filter(room_log::room_id.eq(room))
        .filter(room_log::seq.gt(after))
        .order(room_log::seq)
        .limit(limit)
        .select((room_log::seq, Option::<MessageRow>::as_select()))
        .load(conn)
        .await
}

/// Messages with a number below `before`, the newest first.
pub async fn messages_before(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    before: i64,
    limit: i64,
) -> QueryResult<Vec<MessageRow>> {
    messages::table
        .filter(messages::room_id.eq(room))
        .filter(messages::seq.lt(before))
        .order(messages::seq.desc())
        .limit(limit)
        .select(MessageRow::as_select())
        .load(conn)
        .await
}

/// Messages with a number above `after`, the oldest first.
pub async fn messages_after(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    after: i64,
    limit: i64,
) -> QueryResult<Vec<MessageRow>> {
    messages::table
        .filter(messages::room_id.eq(room))
        .filter(messages::seq.gt(after))
        .order(messages::seq)
        .limit(limit)
        .select(MessageRow::as_select())
        .load(conn)
        .await
}

/// The marks of a room, the most recent first, and how many members have one.
pub async fn marks(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    limit: i64,
) -> QueryResult<Vec<(Uuid, i64, i64)>> {
    room_members::table
        .filter(room_members::room_id.eq(room))
        .order(room_members::updated_at.desc())
        .limit(limit)
        .select((room_members::user_id, room_members::read_seq, room_members::delivered_seq))
        .load(conn)
        .await
}

/// Stores marks in one statement; a stored number never goes back.
pub async fn save_marks(conn: &mut AsyncPgConnection, rows: &[MemberRow]) -> QueryResult<()> {
    diesel::define_sql_function! {
        /// The greater of two.
        fn greatest(a: diesel::sql_types::BigInt, b: diesel::sql_types::BigInt)
            -> diesel::sql_types::BigInt;
    }
    use room_members::{delivered_seq, read_seq, updated_at};
    diesel::insert_into(room_members::table)
        .values(rows)
        .on_conflict((room_members::room_id, room_members::user_id))
        .do_update()
        .set((
            read_seq.eq(greatest(read_seq, excluded(read_seq))),
            delivered_seq.eq(greatest(delivered_seq, excluded(delivered_seq))),
            updated_at.eq(excluded(updated_at)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
