//! Queries on the queue: who waits, in which order, and the next one to work on.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use crate::video::model::Video;
use crate::video::queue::{Waiting, expected_work_s, tags};
use crate::video::schema::{video_queue, video_queue_authors, videos};
use crate::video::state::VideoState;

/// Those that wait, in the order in which they are taken: who must pause yet at the end, what an admin
/// wants first, then by tag. `claim_next` puts what lost its worker in between.
const ORDER: &str = "(v.run_at is not null and v.run_at > $1), q.first_at asc nulls last, \
                     q.tag asc nulls first, v.id";

/// The locked video, whose state is `queued` now, gets its place. One that has a place (it was taken,
/// and given back) keeps it.
pub async fn enter(conn: &mut AsyncPgConnection, id: Uuid, now: Timestamp) -> QueryResult<()> {
    let known: bool =
        diesel::select(diesel::dsl::exists(video_queue::table.find(id))).get_result(conn).await?;
    if known {
        return Ok(());
    }
    let (owner, size, duration_ms, max_duration_s) = videos::table
        .find(id)
        .select((videos::owner_id, videos::size, videos::duration_ms, videos::max_duration_s))
        .first::<(Uuid, i64, Option<i64>, i32)>(conn)
        .await?;
    // Its row serialises everything that changes the author's tags.
    let taken: i64 = diesel::insert_into(video_queue_authors::table)
        .values((video_queue_authors::owner_id.eq(owner), video_queue_authors::taken_tag.eq(0)))
        .on_conflict(video_queue_authors::owner_id)
        .do_update()
        .set(video_queue_authors::taken_tag.eq(video_queue_authors::taken_tag))
        .returning(video_queue_authors::taken_tag)
        .get_result(conn)
        .await?;
    diesel::insert_into(video_queue::table)
        .values((
            video_queue::video_id.eq(id),
            video_queue::owner_id.eq(owner),
            video_queue::queued_at.eq(now),
            video_queue::work_s.eq(expected_work_s(size, duration_ms, max_duration_s)),
            video_queue::tag.eq(0),
        ))
        .execute(conn)
        .await?;
    let rows: Vec<(Uuid, Timestamp, i32, i64)> = video_queue::table
        .inner_join(videos::table)
        .filter(video_queue::owner_id.eq(owner))
        .filter(videos::state.eq(VideoState::Queued.as_str()).or(videos::id.eq(id)))
        .select((
            video_queue::video_id,
            video_queue::queued_at,
            video_queue::work_s,
            video_queue::tag,
        ))
        .load(conn)
        .await?;
    let waiting: Vec<Waiting> = rows
        .iter()
        .map(|(id, at, work_s, _)| Waiting { id: *id, queued_at: at.timestamp(), work_s: *work_s })
        .collect();
    for (id, tag) in tags(taken, &waiting, now.timestamp()) {
        if rows.iter().any(|(row, .., had)| *row == id && *had == tag) {
            continue;
        }
        diesel::update(video_queue::table.find(id))
            .set(video_queue::tag.eq(tag))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Nothing is to be done about the video any more.
pub async fn leave(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<()> {
    diesel::delete(video_queue::table.find(id)).execute(conn).await?;
    Ok(())
}

/// The video is taken: its author's share is used up to it.
pub async fn taken(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<()> {
    diesel::sql_query(
        "update video_queue_authors a set taken_tag = greatest(a.taken_tag, q.tag) \
         from video_queue q where q.video_id = $1 and a.owner_id = q.owner_id",
    )
    .bind::<SqlUuid, _>(id)
    .execute(conn)
    .await?;
    Ok(())
}

/// Before all others, in the order in which that was asked for.
pub async fn put_first(conn: &mut AsyncPgConnection, id: Uuid, now: Timestamp) -> QueryResult<()> {
    diesel::update(video_queue::table.find(id))
        .filter(video_queue::first_at.is_null())
        .set(video_queue::first_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// The next video to work on, locked. What an admin wants first comes first; then what lost its
/// worker half way; then whoever is next in the queue. What another claim has locked is passed over.
pub async fn next_claimable(
    conn: &mut AsyncPgConnection,
    now: Timestamp,
) -> QueryResult<Option<Video>> {
    let next: Option<Id> = diesel::sql_query(
        "select v.id from videos v left join video_queue q on q.video_id = v.id \
         where v.removed_at is null and ((v.state = 'queued' and \
         (v.run_at is null or v.run_at <= $1)) or v.lease_until <= $1) \
         order by q.first_at asc nulls last, v.state = 'queued', q.tag asc nulls first, v.id \
         limit 1 for update of v skip locked",
    )
    .bind::<Timestamptz, _>(now)
    .get_result(conn)
    .await
    .optional()?;
    let Some(Id { id }) = next else { return Ok(None) };
    videos::table.find(id).select(Video::as_select()).first(conn).await.optional()
}

/// How many videos wait before each of those that wait: 0 for the next one.
pub async fn positions(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
    now: Timestamp,
) -> QueryResult<Vec<(Uuid, i64)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
        #[diesel(sql_type = BigInt)]
        position: i64,
    }
    let rows: Vec<Row> = diesel::sql_query(format!(
        "select id, position from (select v.id, row_number() over (order by {ORDER}) - 1 as position \
         from videos v left join video_queue q on q.video_id = v.id \
         where v.state = 'queued' and v.removed_at is null) waiting where id = any($2)"
    ))
    .bind::<Timestamptz, _>(now)
    .bind::<Array<SqlUuid>, _>(ids)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.position)).collect())
}

/// `(since when, whether an admin wants it first)` of each of the videos that has a place.
pub async fn places(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
) -> QueryResult<Vec<(Uuid, Timestamp, bool)>> {
    video_queue::table
        .filter(video_queue::video_id.eq_any(ids))
        .select((
            video_queue::video_id,
            video_queue::queued_at,
            video_queue::first_at.is_not_null(),
        ))
        .load(conn)
        .await
}

/// `(how many wait, since when the first of them, how many are worked on)`.
pub async fn length(conn: &mut AsyncPgConnection) -> QueryResult<(i64, Option<Timestamp>, i64)> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        waiting: i64,
        #[diesel(sql_type = diesel::sql_types::Nullable<Timestamptz>)]
        oldest: Option<Timestamp>,
        #[diesel(sql_type = BigInt)]
        running: i64,
    }
    let row: Row = diesel::sql_query(
        "select count(*) filter (where v.state = 'queued') as waiting, \
         min(q.queued_at) filter (where v.state = 'queued') as oldest, \
         count(*) filter (where v.state <> 'queued') as running \
         from video_queue q join videos v on v.id = q.video_id where v.removed_at is null",
    )
    .get_result(conn)
    .await?;
    Ok((row.waiting, row.oldest, row.running))
}
