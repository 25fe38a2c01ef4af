//! Queries on mutes over courses and the whole school. (A mute in one room is its member's row.)

use diesel::prelude::*;
use diesel::sql_types;
use diesel::upsert::excluded;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use crate::messaging::moderation::model::{MuteRow, NewMute};
use crate::messaging::moderation::schema::chat_mutes;

/// The year of [`crate::messaging::hooks::guard::forever`].
const FOR_EVER_YEAR: i32 = 9999;

/// Mutes somebody, or changes until when and why.
pub async fn put(conn: &mut AsyncPgConnection, mute: &NewMute) -> QueryResult<()> {
    use chat_mutes::{created_at, muted_by, reason, until};
    diesel::insert_into(chat_mutes::table)
        .values(mute)
        .on_conflict((chat_mutes::user_id, chat_mutes::course_id))
        .do_update()
        .set((
            until.eq(excluded(until)),
            reason.eq(excluded(reason)),
            muted_by.eq(excluded(muted_by)),
            created_at.eq(excluded(created_at)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Lifts a mute; says whether there was one.
pub async fn lift(
    conn: &mut AsyncPgConnection,
    user: Uuid,
    course: Option<Uuid>,
) -> QueryResult<bool> {
    let of = chat_mutes::table
        .filter(chat_mutes::user_id.eq(user))
        .filter(chat_mutes::course_id.is_not_distinct_from(course));
    Ok(diesel::delete(of).execute(conn).await? > 0)
}

/// Until when somebody may not write in the rooms of `course`, by mutes over it and the school.
pub async fn widest(
    conn: &mut AsyncPgConnection,
    course: Option<Uuid>,
    user: Uuid,
    now: Timestamp,
) -> QueryResult<Option<Timestamp>> {
    let mut query = chat_mutes::table
        .filter(chat_mutes::user_id.eq(user))
        .filter(chat_mutes::until.gt(now))
        .select(diesel::dsl::max(chat_mutes::until))
        .into_boxed();
    query = match course {
        Some(course) => {
            query.filter(chat_mutes::course_id.is_null().or(chat_mutes::course_id.eq(course)))
        }
        None => query.filter(chat_mutes::course_id.is_null()),
    };
    query.first(conn).await
}

/// Everybody who may not write somewhere at `now`, by person and place, behind `after`, up to `limit`.
pub async fn all(
    conn: &mut AsyncPgConnection,
    after: Option<(Uuid, Uuid)>,
    now: Timestamp,
    limit: i64,
) -> QueryResult<Vec<MuteRow>> {
    let (user, place) = after.unzip();
    diesel::sql_query(format!(
        "select m.* from ( \
           select user_id, room_id, null::uuid as course_id, \
             case when extract(year from muted_until) >= {FOR_EVER_YEAR} then null else muted_until end as until, \
             coalesce(muted_reason, '') as reason \
           from room_members where muted_until > $2 \
           union all \
           select user_id, null::uuid, course_id, \
             case when extract(year from until) >= {FOR_EVER_YEAR} then null else until end, reason \
           from chat_mutes where until > $2 \
         ) m, lateral (select coalesce(room_id, course_id, $4) as place) p \
         where $1 is null or (user_id, place) > ($1, $5) order by user_id, place limit $3"
    ))
    .bind::<sql_types::Nullable<sql_types::Uuid>, _>(user)
    .bind::<sql_types::Timestamptz, _>(now)
    .bind::<sql_types::BigInt, _>(limit)
    .bind::<sql_types::Uuid, _>(Uuid::max())
    .bind::<sql_types::Nullable<sql_types::Uuid>, _>(place)
    .load(conn)
    .await
}
