//! Queries on bans from rooms. (A ban is its member's row, laid and lifted by the room's log.)

use diesel::prelude::*;
use diesel::sql_types;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::messaging::moderation::model::BanRow;
use crate::messaging::rules::reach::Reach;
use crate::messaging::schema::room_members;

/// Whether somebody is banned from a room.
pub async fn is_banned(conn: &mut AsyncPgConnection, room: Uuid, user: Uuid) -> QueryResult<bool> {
    let of = room_members::table.find((room, user)).filter(room_members::banned_at.is_not_null());
    diesel::select(diesel::dsl::exists(of)).get_result(conn).await
}

/// Everybody who is banned from a room within `reach`, by person and room, behind `after`, up to `limit`.
pub async fn all(
    conn: &mut AsyncPgConnection,
    reach: &Reach,
    after: Option<(Uuid, Uuid)>,
    limit: i64,
) -> QueryResult<Vec<BanRow>> {
    let (user, room) = after.unzip();
    diesel::sql_query(
        "select m.user_id, m.room_id, m.banned_at, coalesce(m.ban_reason, '') as reason \
         from room_members m join rooms r on r.id = m.room_id \
         where m.banned_at is not null and (r.kind = any($4) or r.kind = any($5) and r.course_id = any($6)) \
         and ($1 is null or (m.user_id, m.room_id) > ($1, $2)) order by m.user_id, m.room_id limit $3",
    )
    .bind::<sql_types::Nullable<sql_types::Uuid>, _>(user)
    .bind::<sql_types::Nullable<sql_types::Uuid>, _>(room)
    .bind::<sql_types::BigInt, _>(limit)
    .bind::<sql_types::Array<sql_types::Text>, _>(reach.kinds())
    .bind::<sql_types::Array<sql_types::Text>, _>(reach.kinds_in_courses())
    .bind::<sql_types::Array<sql_types::Uuid>, _>(reach.courses())
    .load(conn)
    .await
}
