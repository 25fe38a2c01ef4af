//! Queries on mutes over courses and the whole school. (A mute in one room is its member's row.)

use diesel::prelude::*;
use diesel::sql_types;
use diesel::upsert::excluded;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use crate::messaging::moderation::model::{MuteRow, NewMute};
use crate::messaging::moderation::schema::chat_mutes;
use crate::messaging::rules::reach::Reach;
use crate::messaging::schema::room_members;

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

/// Until when somebody may not write in the rooms of `course`, and why: of the mutes over it and the school
/// the one that lasts longest.
pub async fn widest(
    conn: &mut AsyncPgConnection,
    course: Option<Uuid>,
    user: Uuid,
    now: Timestamp,
) -> QueryResult<Option<(Timestamp, String)>> {
    let mut query = chat_mutes::table
        .filter(chat_mutes::user_id.eq(user))
        .filter(chat_mutes::until.gt(now))
        .order(chat_mutes::until.desc())
        .select((chat_mutes::until, chat_mutes::reason))
        .into_boxed();
    query = match course {
        Some(course) => {
            query.filter(chat_mutes::course_id.is_null().or(chat_mutes::course_id.eq(course)))
        }
        None => query.filter(chat_mutes::course_id.is_null()),
    };
    query.first(conn).await.optional()
}

/// Somebody's mutes over courses and (none) the school that hold at `now`: where, until when, why.
pub async fn of(
    conn: &mut AsyncPgConnection,
    user: Uuid,
    now: Timestamp,
) -> QueryResult<Vec<(Option<Uuid>, Timestamp, String)>> {
    chat_mutes::table
        .filter(chat_mutes::user_id.eq(user))
        .filter(chat_mutes::until.gt(now))
        .select((chat_mutes::course_id, chat_mutes::until, chat_mutes::reason))
        .load(conn)
        .await
}

/// Whether somebody is muted there at `now`: in a room, else over a course, else over the school.
pub async fn is_muted(
    conn: &mut AsyncPgConnection,
    user: Uuid,
    (room, course): (Option<Uuid>, Option<Uuid>),
    now: Timestamp,
) -> QueryResult<bool> {
    let of = match room {
        Some(room) => {
            let of = room_members::table.find((room, user));
            return diesel::select(diesel::dsl::exists(
                of.filter(room_members::muted_until.gt(now)),
            ))
            .get_result(conn)
            .await;
        }
        None => chat_mutes::table
            .filter(chat_mutes::user_id.eq(user))
            .filter(chat_mutes::course_id.is_not_distinct_from(course))
            .filter(chat_mutes::until.gt(now)),
    };
    diesel::select(diesel::dsl::exists(of)).get_result(conn).await
}

/// Everybody who may not write somewhere within `reach` at `now`, by person and place, behind `after`, up
/// to `limit`. Mutes over the whole school are told to everybody who keeps order somewhere in all courses.
pub async fn all(
    conn: &mut AsyncPgConnection,
    reach: &Reach,
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
           from room_members where muted_until > $2 and exists (select 1 from rooms r where r.id = room_id \
             and (r.kind = any($6) or r.kind = any($7) and r.course_id = any($8))) \
           union all \
           select user_id, null::uuid, course_id, \
             case when extract(year from until) >= {FOR_EVER_YEAR} then null else until end, reason \
           from chat_mutes where until > $2 and ($9 or course_id = any($8)) \
         ) m, lateral (select coalesce(room_id, course_id, $4) as place) p \
         where $1 is null or (user_id, place) > ($1, $5) order by user_id, place limit $3"
    ))
    .bind::<sql_types::Nullable<sql_types::Uuid>, _>(user)
    .bind::<sql_types::Timestamptz, _>(now)
    .bind::<sql_types::BigInt, _>(limit)
    .bind::<sql_types::Uuid, _>(Uuid::max())
    .bind::<sql_types::Nullable<sql_types::Uuid>, _>(place)
    .bind::<sql_types::Array<sql_types::Text>, _>(reach.kinds())
    .bind::<sql_types::Array<sql_types::Text>, _>(reach.kinds_in_courses())
    .bind::<sql_types::Array<sql_types::Uuid>, _>(reach.courses())
    .bind::<sql_types::Bool, _>(reach.holds_all_courses())
    .load(conn)
    .await
}
