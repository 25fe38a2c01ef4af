//! Queries on the bytes that people were sent.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Date};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use crate::platform::db;
use crate::video::schema::playback_traffic as traffic;

/// Adds bytes, by person and day in this order, so that nodes do not wait for each other in a
/// circle.
pub async fn add(
    conn: &mut AsyncPgConnection,
    counted: &[((Uuid, NaiveDate), i64)],
) -> QueryResult<()> {
    let users: Vec<Uuid> = counted.iter().map(|((user, _), _)| *user).collect();
    let days: Vec<NaiveDate> = counted.iter().map(|((_, day), _)| *day).collect();
    let bytes: Vec<i64> = counted.iter().map(|(_, bytes)| *bytes).collect();
    diesel::sql_query(
        "insert into playback_traffic (user_id, day, bytes) select * from unnest($1, $2, $3) \
         on conflict (user_id, day) do update set bytes = playback_traffic.bytes + excluded.bytes",
    )
    .bind::<Array<diesel::sql_types::Uuid>, _>(users)
    .bind::<Array<Date>, _>(days)
    .bind::<Array<BigInt>, _>(bytes)
    .execute(conn)
    .await?;
    Ok(())
}

/// Adds what a person's player says that a delivery network sent it.
pub async fn add_reported(
    conn: &mut AsyncPgConnection,
    user: Uuid,
    day: NaiveDate,
    bytes: i64,
) -> QueryResult<()> {
    diesel::insert_into(traffic::table)
        .values((traffic::user_id.eq(user), traffic::day.eq(day), traffic::reported.eq(bytes)))
        .on_conflict((traffic::user_id, traffic::day))
        .do_update()
        .set(traffic::reported.eq(traffic::reported + bytes))
        .execute(conn)
        .await?;
    Ok(())
}

/// A day, the bytes that we sent, and those that are only reported.
pub type Day = (NaiveDate, i64, i64);

/// A person's bytes by day, from `from` to `to`, both included.
pub async fn of(
    conn: &mut AsyncPgConnection,
    user: Uuid,
    from: NaiveDate,
    to: NaiveDate,
) -> QueryResult<Vec<Day>> {
    traffic::table
        .filter(traffic::user_id.eq(user))
        .filter(traffic::day.between(from, to))
        .order(traffic::day)
        .select((traffic::day, traffic::bytes, traffic::reported))
        .load(conn)
        .await
}

/// Forgets days before `before`; says how many rows.
pub async fn purge(conn: &mut AsyncPgConnection, before: Timestamp) -> QueryResult<usize> {
    db::purge(conn, "playback_traffic", "day < $1", before).await
}
