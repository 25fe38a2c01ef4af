//! Queries on what players told of their viewings.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Integer, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::platform::db;
use crate::video::model::{PlaybackSession, ReportRow};
use crate::video::schema::{playback_reports as reports, video_retention};

/// The row of a viewing, made if there is none, locked until the transaction ends.
pub async fn of(
    conn: &mut AsyncPgConnection,
    session: &PlaybackSession,
    now: Timestamp,
) -> QueryResult<ReportRow> {
    let row = ReportRow {
        session: session.id,
        video_id: session.video_id,
        user_id: session.user_id,
        start_ms: None,
        stalls: 0,
        stall_ms: 0,
        rungs: json!({}),
        watched: Vec::new(),
        watched_ms: 0,
        errors: json!([]),
        updated_at: now,
    };
    diesel::insert_into(reports::table).values(&row).on_conflict_do_nothing().execute(conn).await?;
    reports::table.find(session.id).select(ReportRow::as_select()).for_update().first(conn).await
}

/// Writes a viewing.
pub async fn save(conn: &mut AsyncPgConnection, row: &ReportRow) -> QueryResult<()> {
    diesel::update(reports::table.find(row.session))
        .set((
            reports::start_ms.eq(row.start_ms),
            reports::stalls.eq(row.stalls),
            reports::stall_ms.eq(row.stall_ms),
            reports::rungs.eq(&row.rungs),
            reports::watched.eq(&row.watched),
            reports::watched_ms.eq(row.watched_ms),
            reports::errors.eq(&row.errors),
            reports::updated_at.eq(row.updated_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// One viewing more has seen these stretches. In their order, so that viewings do not wait for each
/// other in a circle.
pub async fn seen(conn: &mut AsyncPgConnection, video: Uuid, buckets: &[i32]) -> QueryResult<()> {
    if buckets.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "insert into video_retention (video_id, bucket, views) \
         select $1, b, 1 from unnest($2) b order by b \
         on conflict (video_id, bucket) do update set views = video_retention.views + 1",
    )
    .bind::<diesel::sql_types::Uuid, _>(video)
    .bind::<Array<Integer>, _>(buckets)
    .execute(conn)
    .await?;
    Ok(())
}

/// What the viewings of a video come to.
#[derive(Debug, Clone, QueryableByName)]
pub struct Totals {
    /// Viewings in which something was shown.
    #[diesel(sql_type = BigInt)]
    pub viewings: i64,
    /// People; strangers count with each viewing.
    #[diesel(sql_type = BigInt)]
    pub viewers: i64,
    /// Watched in all, in milliseconds.
    #[diesel(sql_type = BigInt)]
    pub watched_ms: i64,
    /// Average share of the video, 0 to 1.
    #[diesel(sql_type = Double)]
    pub average_share: f64,
    /// Viewings that cover enough of it.
    #[diesel(sql_type = BigInt)]
    pub completed: i64,
    /// Median of the start, in milliseconds.
    #[diesel(sql_type = Nullable<Double>)]
    pub start_p50: Option<f64>,
    /// 95th percentile of the start, in milliseconds.
    #[diesel(sql_type = Nullable<Double>)]
    pub start_p95: Option<f64>,
    /// Stalls in all.
    #[diesel(sql_type = BigInt)]
    pub stalls: i64,
    /// Time stood still in all, in milliseconds.
    #[diesel(sql_type = BigInt)]
    pub stall_ms: i64,
}

/// Counts the viewings of a video of `duration_ms`; those that cover `enough` per cent of it are
/// complete.
pub async fn totals(
    conn: &mut AsyncPgConnection,
    video: Uuid,
    duration_ms: i64,
    enough: i32,
) -> QueryResult<Totals> {
    diesel::sql_query(
        "select count(*) filter (where watched_ms > 0) as viewings, \
         count(distinct coalesce(user_id, session)) filter (where watched_ms > 0) as viewers, \
         coalesce(sum(watched_ms), 0)::bigint as watched_ms, \
         coalesce(avg(least(1, watched_ms::float8 / nullif($2, 0))) \
           filter (where watched_ms > 0), 0)::float8 as average_share, \
         count(*) filter (where $2 > 0 and watched_ms * 100 >= $2 * $3) as completed, \
         percentile_cont(0.5) within group (order by start_ms) as start_p50, \
         percentile_cont(0.95) within group (order by start_ms) as start_p95, \
         coalesce(sum(stalls), 0)::bigint as stalls, \
         coalesce(sum(stall_ms), 0)::bigint as stall_ms \
         from playback_reports where video_id = $1",
    )
    .bind::<diesel::sql_types::Uuid, _>(video)
    .bind::<BigInt, _>(duration_ms)
    .bind::<Integer, _>(enough)
    .get_result(conn)
    .await
}

/// Seconds that each rendition of the video was shown.
pub async fn rungs(conn: &mut AsyncPgConnection, video: Uuid) -> QueryResult<Vec<(String, f64)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Double)]
        seconds: f64,
    }
    let rows: Vec<Row> = diesel::sql_query(
        "select r.key as name, sum(r.value::float8) as seconds from playback_reports, \
         jsonb_each_text(rungs) r where video_id = $1 group by r.key",
    )
    .bind::<diesel::sql_types::Uuid, _>(video)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.seconds)).collect())
}

/// How many viewings saw each stretch, of those that any saw.
pub async fn retention(conn: &mut AsyncPgConnection, video: Uuid) -> QueryResult<Vec<(i32, i32)>> {
    video_retention::table
        .filter(video_retention::video_id.eq(video))
        .order(video_retention::bucket)
        .select((video_retention::bucket, video_retention::views))
        .load(conn)
        .await
}

/// Deletes reports that were last written before `before`; says how many. What each stretch was
/// seen stays: it names nobody.
pub async fn purge(conn: &mut AsyncPgConnection, before: Timestamp) -> QueryResult<usize> {
    db::purge(conn, "playback_reports", "updated_at < $1", before).await
}
