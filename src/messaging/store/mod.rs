//! Queries of the context. Functions take a connection; [`append::append`], [`snapshot`] and [`rooms::make`]
//! are transactions of their own.

pub mod append;
pub mod desk;
pub mod faq;
pub mod list;
pub mod rooms;
pub mod threads;

use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::model::{
    LogRow, MarkRow, MessageRow, MessageState, ReactionRow, RoomRow, StandingRow, VersionRow,
};
use super::schema::{
    chat_blocks, message_reactions, message_versions, messages, room_heads, room_log, room_members,
    room_pins,
};

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

/// Entries of the log after `after`, up to `limit`, each with the message that it is about.
pub async fn log_after(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    after: i64,
    limit: i64,
) -> QueryResult<Vec<(LogRow, Option<MessageRow>)>> {
    room_log::table
        .left_join(messages::table.on(messages::id.nullable().eq(room_log::msg_id)))
        .filter(room_log::room_id.eq(room))
        .filter(room_log::seq.gt(after))
        .order(room_log::seq)
        .limit(limit)
        .select((LogRow::as_select(), Option::<MessageRow>::as_select()))
        .load(conn)
        .await
}

/// Which messages of a room, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The nearest below a number.
    Below(i64),
    /// The nearest above a number.
    Above(i64),
    /// Half below a number, the rest from it on.
    Around(i64),
}

/// A part of a room as of one moment.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The last number given.
    pub head: i64,
    /// The messages, oldest first.
    pub rows: Vec<MessageRow>,
    /// Their reactions, in the order in which they came.
    pub reactions: Vec<ReactionRow>,
    /// Whether there are more messages in the direction asked (older ones for [`Cut::Around`]).
    pub has_more: bool,
}

/// Up to `limit` messages of a room with the head that they show, as of one moment: what comes after that
/// head changes them, what came before it is in them. `None`: there is no such room.
pub async fn snapshot(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    cut: Cut,
    limit: i64,
) -> QueryResult<Option<Snapshot>> {
    conn.build_transaction()
        .repeatable_read()
        .read_only()
        .run(async |conn| {
            let Some((head, _)) = head(conn, room).await? else { return Ok(None) };
            let (rows, has_more) = match cut {
                Cut::Below(seq) => older(conn, room, seq, limit).await?,
                Cut::Above(seq) => {
                    let mut rows = messages_after(conn, room, seq, limit + 1).await?;
                    let has_more = shorten(&mut rows, limit);
                    (rows, has_more)
                }
                Cut::Around(seq) => {
                    let (mut rows, has_more) = older(conn, room, seq, limit / 2).await?;
                    let from = seq.saturating_sub(1);
                    rows.extend(messages_after(conn, room, from, limit - limit / 2).await?);
                    (rows, has_more)
                }
            };
            let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
            let reactions = reactions(conn, &ids).await?;
            Ok::<_, diesel::result::Error>(Some(Snapshot { head, rows, reactions, has_more }))
        })
        .await
}

async fn older(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    before: i64,
    limit: i64,
) -> QueryResult<(Vec<MessageRow>, bool)> {
    let mut rows = messages::table
        .filter(messages::room_id.eq(room))
        .filter(messages::seq.lt(before))
        .order(messages::seq.desc())
        .limit(limit + 1)
        .select(MessageRow::as_select())
        .load(conn)
        .await?;
    let has_more = shorten(&mut rows, limit);
    rows.reverse();
    Ok((rows, has_more))
}

fn shorten<T>(rows: &mut Vec<T>, limit: i64) -> bool {
    let limit = usize::try_from(limit).unwrap_or(0);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    has_more
}

/// Messages with a number above `after`, the oldest first.
async fn messages_after(
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

/// Messages by their ids, in any order.
pub async fn messages_of(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
) -> QueryResult<Vec<MessageRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    messages::table
        .filter(messages::id.eq_any(ids))
        .select(MessageRow::as_select())
        .load(conn)
        .await
}

/// Messages of a room that match, with a number below `before`, the newest first. `of`: somebody who sees no
/// held ones but the own.
pub async fn search(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    words: &str,
    before: i64,
    of: Option<Uuid>,
    limit: i64,
) -> QueryResult<Vec<MessageRow>> {
    let mut query = messages::table
        .filter(messages::room_id.eq(room))
        .filter(messages::seq.lt(before))
        .filter(
            diesel::dsl::sql::<diesel::sql_types::Bool>("words @@ to_tsquery('simple', ")
                .bind::<diesel::sql_types::Text, _>(words)
                .sql(")"),
        )
        .order(messages::seq.desc())
        .limit(limit)
        .select(MessageRow::as_select())
        .into_boxed();
    if let Some(user) = of {
        let shown = messages::state.eq(MessageState::Shown);
        query = query.filter(shown.or(messages::author_id.eq(user)));
    }
    query.load(conn).await
}

/// What a message was before, the newest last.
pub async fn versions(conn: &mut AsyncPgConnection, message: Uuid) -> QueryResult<Vec<VersionRow>> {
    message_versions::table
        .filter(message_versions::message_id.eq(message))
        .order(message_versions::version)
        .select(VersionRow::as_select())
        .load(conn)
        .await
}

/// Deletes the texts of messages that were taken away before this time.
pub async fn purge_versions(
    conn: &mut AsyncPgConnection,
    before: kernel::Timestamp,
) -> QueryResult<usize> {
    // The last text was replaced by the deletion itself.
    const GONE: &str = "replaced_at < $1 and exists (select 1 from messages m \
        where m.id = message_id and m.state = 'deleted') \
        and not exists (select 1 from message_versions later \
        where later.message_id = message_versions.message_id and later.replaced_at >= $1)";
    crate::platform::db::purge(conn, "message_versions", GONE, before).await
}

/// The reactions to these messages, in the order in which they came.
pub async fn reactions(
    conn: &mut AsyncPgConnection,
    messages: &[Uuid],
) -> QueryResult<Vec<ReactionRow>> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    message_reactions::table
        .filter(message_reactions::message_id.eq_any(messages))
        .order((message_reactions::created_at, message_reactions::user_id))
        .select(ReactionRow::as_select())
        .load(conn)
        .await
}

/// The pinned messages of a room, the newest pin last.
pub async fn pinned(conn: &mut AsyncPgConnection, room: Uuid) -> QueryResult<Vec<MessageRow>> {
    room_pins::table
        .inner_join(messages::table.on(messages::id.eq(room_pins::message_id)))
        .filter(room_pins::room_id.eq(room))
        .order(room_pins::created_at)
        .select(MessageRow::as_select())
        .load(conn)
        .await
}

/// Whose messages somebody does not want to see.
pub async fn blocked_by(conn: &mut AsyncPgConnection, user: Uuid) -> QueryResult<Vec<Uuid>> {
    chat_blocks::table
        .filter(chat_blocks::user_id.eq(user))
        .select(chat_blocks::blocked_id)
        .load(conn)
        .await
}

/// Who has blocked any of these people: (who, whom).
pub async fn blocks_of(
    conn: &mut AsyncPgConnection,
    blocked: &[Uuid],
) -> QueryResult<Vec<(Uuid, Uuid)>> {
    chat_blocks::table
        .filter(chat_blocks::blocked_id.eq_any(blocked))
        .select((chat_blocks::user_id, chat_blocks::blocked_id))
        .load(conn)
        .await
}

/// The members who want to hear of each of these rooms that has at most `most` of them: (room, user).
pub async fn members_of_small(
    conn: &mut AsyncPgConnection,
    rooms: &[Uuid],
    most: i64,
) -> QueryResult<Vec<(Uuid, Uuid)>> {
    let small = room_members::table
        .filter(room_members::room_id.eq_any(rooms))
        .group_by(room_members::room_id)
        .having(diesel::dsl::count_star().le(most))
        .select(room_members::room_id);
    let small: Vec<Uuid> = small.load(conn).await?;
    room_members::table
        .filter(room_members::room_id.eq_any(small))
        .filter(room_members::notify.eq("all"))
        .filter(room_members::banned_at.is_null())
        .select((room_members::room_id, room_members::user_id))
        .load(conn)
        .await
}

/// How somebody stands in a room by what moderators did, and how far they have read and received.
pub async fn standing(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    user: Uuid,
) -> QueryResult<Option<(StandingRow, i64, i64)>> {
    room_members::table
        .find((room, user))
        .select((StandingRow::as_select(), room_members::read_seq, room_members::delivered_seq))
        .first(conn)
        .await
        .optional()
}

/// The marks of a room, the most recent first, at most `limit`.
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

/// Whether a statement failed because its room is gone: the rows of a room go with it.
pub fn is_of_a_gone_room(error: &diesel::result::Error) -> bool {
    use diesel::result::{DatabaseErrorKind, Error};
    matches!(error, Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, info)
        if info.message().contains("room_id"))
}

/// Stores marks in one statement; a stored number never goes back.
pub async fn save_marks(conn: &mut AsyncPgConnection, rows: &[MarkRow]) -> QueryResult<()> {
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
