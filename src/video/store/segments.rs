//! Queries on renditions and their segments.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::video::model::{Rendition, Segment};
use crate::video::schema::{video_renditions, video_segments};

/// Adds renditions that are not there yet.
pub async fn insert_renditions(
    conn: &mut AsyncPgConnection,
    renditions: &[Rendition],
) -> QueryResult<()> {
    diesel::insert_into(video_renditions::table)
        .values(renditions)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// The renditions of the videos, each video's in order.
pub async fn renditions(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> QueryResult<Vec<Rendition>> {
    video_renditions::table
        .filter(video_renditions::video_id.eq_any(ids))
        .order((video_renditions::video_id, video_renditions::position))
        .select(Rendition::as_select())
        .load(conn)
        .await
}

/// Notes where an initialisation segment lies and what is in it.
pub async fn set_init(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    rendition: &str,
    codecs: &str,
    key: &str,
    bytes: i64,
) -> QueryResult<()> {
    diesel::update(video_renditions::table.find((id, rendition)))
        .set((
            video_renditions::codecs.eq(codecs),
            video_renditions::init_key.eq(key),
            video_renditions::init_bytes.eq(bytes),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Adds a segment; one that is there already stays as it is.
pub async fn insert(conn: &mut AsyncPgConnection, segment: &Segment) -> QueryResult<()> {
    diesel::insert_into(video_segments::table)
        .values(segment)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether the segment is stored.
pub async fn has(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    rendition: &str,
    seq: i32,
) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(video_segments::table.find((id, rendition, seq))))
        .get_result(conn)
        .await
}

/// How far a rendition is, in percent of the video.
pub async fn set_percent(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    rendition: &str,
    percent: f32,
) -> QueryResult<()> {
    diesel::update(video_renditions::table.find((id, rendition)))
        .set(video_renditions::percent.eq(percent))
        .execute(conn)
        .await?;
    Ok(())
}

/// Nothing will be added to the rendition any more.
pub async fn set_complete(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    rendition: &str,
) -> QueryResult<()> {
    diesel::update(video_renditions::table.find((id, rendition)))
        .set((video_renditions::percent.eq(100.0f32), video_renditions::complete.eq(true)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Players are not told of the rendition any more.
pub async fn set_unlisted(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    rendition: &str,
) -> QueryResult<()> {
    diesel::update(video_renditions::table.find((id, rendition)))
        .set(video_renditions::listed.eq(false))
        .execute(conn)
        .await?;
    Ok(())
}

/// `(number of segments, greatest number, microseconds)` of each rendition that has any.
pub async fn counts(
    conn: &mut AsyncPgConnection,
    id: Uuid,
) -> QueryResult<Vec<(String, i64, i32, i64)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        rendition: String,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
        #[diesel(sql_type = diesel::sql_types::Integer)]
        last: i32,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        duration_us: i64,
    }
    let rows: Vec<Row> = diesel::sql_query(
        "select rendition, count(*) as count, max(seq) as last, \
         sum(duration_us)::bigint as duration_us from video_segments where video_id = $1 \
         group by rendition",
    )
    .bind::<diesel::sql_types::Uuid, _>(id)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (r.rendition, r.count, r.last, r.duration_us)).collect())
}

/// `(bytes, microseconds)` of the segments of each rendition with a number below `seq`.
pub async fn stored_before(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    seq: i32,
) -> QueryResult<Vec<(String, i64, i64)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        rendition: String,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        bytes: i64,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        duration_us: i64,
    }
    let rows: Vec<Row> = diesel::sql_query(
        "select rendition, sum(bytes)::bigint as bytes, sum(duration_us)::bigint as duration_us \
         from video_segments where video_id = $1 and seq < $2 group by rendition",
    )
    .bind::<diesel::sql_types::Uuid, _>(id)
    .bind::<diesel::sql_types::Integer, _>(seq)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (r.rendition, r.bytes, r.duration_us)).collect())
}

/// The segments of a video, by rendition and number.
pub async fn of_video(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Vec<Segment>> {
    video_segments::table
        .filter(video_segments::video_id.eq(id))
        .order((video_segments::rendition, video_segments::seq))
        .select(Segment::as_select())
        .load(conn)
        .await
}
