//! Queries on whose messages somebody does not want to see.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use crate::messaging::moderation::schema::chat_blocks;

/// Whom somebody blocks, the newest first.
pub async fn of(conn: &mut AsyncPgConnection, user: Uuid) -> QueryResult<Vec<(Uuid, Timestamp)>> {
    chat_blocks::table
        .filter(chat_blocks::user_id.eq(user))
        .order((chat_blocks::created_at.desc(), chat_blocks::blocked_id))
        .select((chat_blocks::blocked_id, chat_blocks::created_at))
        .load(conn)
        .await
}

/// Adds a block; says whether it is new.
pub async fn add(
    conn: &mut AsyncPgConnection,
    user: Uuid,
    blocked: Uuid,
    now: Timestamp,
) -> QueryResult<bool> {
    let rows = diesel::insert_into(chat_blocks::table)
        .values((
            chat_blocks::user_id.eq(user),
            chat_blocks::blocked_id.eq(blocked),
            chat_blocks::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(rows == 1)
}

/// Takes a block back; says whether there was one.
pub async fn remove(conn: &mut AsyncPgConnection, user: Uuid, blocked: Uuid) -> QueryResult<bool> {
    Ok(diesel::delete(chat_blocks::table.find((user, blocked))).execute(conn).await? == 1)
}
