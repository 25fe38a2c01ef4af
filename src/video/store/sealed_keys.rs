//! Queries on sealed segment keys.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::video::model::KeyRow;
use crate::video::schema::video_keys;

/// The sealed keys of a run, by epoch.
pub async fn of_run(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    generation: i32,
) -> QueryResult<Vec<KeyRow>> {
    video_keys::table
        .filter(video_keys::video_id.eq(id))
        .filter(video_keys::generation.eq(generation))
        .order(video_keys::epoch)
        .select(KeyRow::as_select())
        .load(conn)
        .await
}

/// Adds sealed keys.
pub async fn insert(conn: &mut AsyncPgConnection, keys: &[KeyRow]) -> QueryResult<()> {
    diesel::insert_into(video_keys::table)
        .values(keys)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// The version of the master key that a row names; 0 when it has no known form.
const KEY_VERSION: &str = "(case when length(sealed) < 2 then 0 when get_byte(sealed, 0) = 1 then 1 \
                           when get_byte(sealed, 0) = 2 then get_byte(sealed, 1) else 0 end)";

/// Sealed keys after `after` that name another master key than `version`, in order, locked.
pub async fn not_of(
    conn: &mut AsyncPgConnection,
    version: i32,
    after: Option<(Uuid, i32, i32)>,
    limit: i64,
) -> QueryResult<Vec<KeyRow>> {
    use diesel::sql_types::{BigInt, Integer, Uuid as SqlUuid};
    let (video, generation, epoch) = after.unwrap_or((Uuid::nil(), -1, -1));
    diesel::sql_query(format!(
        "select video_id, generation, epoch, sealed from video_keys where {KEY_VERSION} <> $1 and \
         (video_id, generation, epoch) > ($2, $3, $4) order by video_id, generation, epoch limit $5 \
         for update"
    ))
    .bind::<Integer, _>(version)
    .bind::<SqlUuid, _>(video)
    .bind::<Integer, _>(generation)
    .bind::<Integer, _>(epoch)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}

/// Writes a key that was sealed anew.
pub async fn reseal(conn: &mut AsyncPgConnection, key: &KeyRow) -> QueryResult<()> {
    diesel::update(video_keys::table.find((key.video_id, key.generation, key.epoch)))
        .set(video_keys::sealed.eq(&key.sealed))
        .execute(conn)
        .await?;
    Ok(())
}

/// `(version of the master key, number of keys)`.
pub async fn versions(conn: &mut AsyncPgConnection) -> QueryResult<Vec<(i32, i64)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Integer)]
        version: i32,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
    }
    let rows: Vec<Row> = diesel::sql_query(format!(
        "select {KEY_VERSION} as version, count(*) as count from video_keys group by 1 order by 1"
    ))
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.version, row.count)).collect())
}

/// Forgets the keys that no segment was encrypted with.
pub async fn forget_unused(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<()> {
    diesel::sql_query(
        "delete from video_keys k where k.video_id = $1 and not exists (select 1 from \
         video_segments s where s.video_id = k.video_id and s.key_epoch = k.epoch)",
    )
    .bind::<diesel::sql_types::Uuid, _>(id)
    .execute(conn)
    .await?;
    Ok(())
}
