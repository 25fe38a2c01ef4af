//! Queries on videos: their life, who works on them, what was found out about them.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use super::queue;
use crate::video::model::{Upload, Video};
use crate::video::schema::{uploads, video_keys, video_renditions, videos};
use crate::video::state::{Happening, VideoState};

/// Adds a video; one that waits already gets its place in the queue.
pub async fn insert(conn: &mut AsyncPgConnection, video: &Video) -> QueryResult<()> {
    diesel::insert_into(videos::table).values(video).execute(conn).await?;
    match video.queued_at {
        Some(now) => queue::enter(conn, video.id, now).await,
        None => Ok(()),
    }
}

/// The video, unless it was taken off.
pub async fn find(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<Video>> {
    videos::table
        .find(id)
        .filter(videos::removed_at.is_null())
        .select(Video::as_select())
        .first(conn)
        .await
        .optional()
}

/// As [`find`], locked until the transaction ends.
pub async fn find_locked(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<Video>> {
    videos::table
        .find(id)
        .filter(videos::removed_at.is_null())
        .select(Video::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()
}

/// The videos, with their uploads, in no order.
pub async fn with_uploads(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
) -> QueryResult<Vec<(Video, Upload)>> {
    videos::table
        .inner_join(uploads::table)
        .filter(videos::id.eq_any(ids))
        .filter(videos::removed_at.is_null())
        .select((Video::as_select(), Upload::as_select()))
        .load(conn)
        .await
}

/// The video that an upload is for, locked.
pub async fn of_upload_locked(
    conn: &mut AsyncPgConnection,
    upload: Uuid,
) -> QueryResult<Option<Video>> {
    videos::table
        .filter(videos::upload_id.eq(upload))
        .select(Video::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()
}

/// Moves a locked video by what happened. False, and nothing changed, when its state does not
/// allow it.
pub async fn happen(
    conn: &mut AsyncPgConnection,
    video: &Video,
    happening: Happening,
    now: Timestamp,
) -> QueryResult<bool> {
    let next = VideoState::parse(&video.state).and_then(|state| state.after(happening).ok());
    let Some(next) = next else { return Ok(false) };
    set_state(conn, video.id, next, now).await?;
    Ok(true)
}

/// Writes a state with what always belongs to it: who waits has a place in the queue, who does not
/// run has no worker, who has not failed has no error.
pub async fn set_state(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    state: VideoState,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(videos::table.find(id))
        .set((videos::state.eq(state.as_str()), videos::updated_at.eq(now)))
        .execute(conn)
        .await
        .map(drop)?;
    if !state.is_running() {
        diesel::update(videos::table.find(id))
            .set((
                videos::claimed_by.eq(None::<Uuid>),
                videos::lease_until.eq(None::<Timestamp>),
                videos::speed.eq(None::<f32>),
                videos::eta_seconds.eq(None::<i32>),
            ))
            .execute(conn)
            .await?;
    }
    let queued_at = (state == VideoState::Queued).then_some(now);
    if state == VideoState::Queued || !state.is_running() {
        diesel::update(videos::table.find(id))
            .set(videos::queued_at.eq(queued_at))
            .execute(conn)
            .await?;
    }
    match state {
        VideoState::Queued => queue::enter(conn, id, now).await,
        VideoState::Ready | VideoState::Failed | VideoState::Cancelled => {
            queue::leave(conn, id).await
        }
        VideoState::Uploading | VideoState::Probing | VideoState::Transcoding => Ok(()),
    }
}

/// Why a video failed. The row must be in the state `failed` when the transaction ends.
pub async fn set_error(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    code: &str,
    detail: &str,
    at_ms: Option<i64>,
    is_final: bool,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(videos::table.find(id))
        .set((
            videos::error_code.eq(code),
            videos::error_detail.eq(detail),
            videos::error_at_ms.eq(at_ms),
            videos::error_final.eq(is_final),
            videos::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// What a claim writes.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    /// The worker.
    pub worker: Uuid,
    /// Until when without a sign of life.
    pub lease_until: Timestamp,
    /// Number of the attempt, 1 for the first.
    pub attempts: i32,
    /// The run of the encoder.
    pub generation: i32,
    /// What the worker proves its claim by.
    pub fence: i64,
}

/// Gives the video to a worker.
pub async fn claim(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    claim: Claim,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(videos::table.find(id))
        .set((
            videos::state.eq(VideoState::Probing.as_str()),
            videos::claimed_by.eq(claim.worker),
            videos::lease_until.eq(claim.lease_until),
            videos::attempts.eq(claim.attempts),
            videos::generation.eq(claim.generation),
            videos::fence.eq(claim.fence),
            videos::run_at.eq(None::<Timestamp>),
            videos::queued_at.eq(None::<Timestamp>),
            videos::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    queue::taken(conn, id).await
}

/// Renews the lease of whoever holds `fence`; false when it is an old one.
pub async fn renew(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    fence: i64,
    lease_until: Timestamp,
) -> QueryResult<bool> {
    let rows = diesel::update(videos::table.find(id))
        .filter(videos::fence.eq(fence))
        .filter(videos::claimed_by.is_not_null())
        .filter(videos::removed_at.is_null())
        .set(videos::lease_until.eq(lease_until))
        .execute(conn)
        .await?;
    Ok(rows == 1)
}

/// Notes how far the work is.
pub async fn set_progress(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    percent: f32,
    speed: f32,
    eta_seconds: Option<i32>,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(videos::table.find(id))
        .set((
            videos::percent.eq(percent),
            videos::speed.eq(speed),
            videos::eta_seconds.eq(eta_seconds),
            videos::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The video, locked, if `fence` is the one of its present claim.
pub async fn of_fence_locked(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    fence: i64,
) -> QueryResult<Option<Video>> {
    videos::table
        .find(id)
        .filter(videos::fence.eq(fence))
        .filter(videos::claimed_by.is_not_null())
        .filter(videos::removed_at.is_null())
        .select(Video::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()
}

/// Puts a pause before the next attempt.
pub async fn set_run_at(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    run_at: Option<Timestamp>,
) -> QueryResult<()> {
    diesel::update(videos::table.find(id)).set(videos::run_at.eq(run_at)).execute(conn).await?;
    Ok(())
}

/// Notes what the probe found.
pub async fn set_probe(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    probe: &serde_json::Value,
    size: Option<(i32, i32)>,
    duration_ms: Option<i64>,
) -> QueryResult<()> {
    diesel::update(videos::table.find(id))
        .set((
            videos::probe.eq(probe),
            videos::width.eq(size.map(|size| size.0)),
            videos::height.eq(size.map(|size| size.1)),
            videos::duration_ms.eq(duration_ms),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes the target duration of every playlist.
pub async fn set_target_duration(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    seconds: i32,
) -> QueryResult<()> {
    diesel::update(videos::table.find(id))
        .set(videos::target_duration_s.eq(seconds))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes where the poster lies.
pub async fn set_poster(conn: &mut AsyncPgConnection, id: Uuid, key: &str) -> QueryResult<()> {
    diesel::update(videos::table.find(id)).set(videos::poster_key.eq(key)).execute(conn).await?;
    Ok(())
}

/// From now on players may begin.
pub async fn set_watchable(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<()> {
    diesel::update(videos::table.find(id)).set(videos::watchable.eq(true)).execute(conn).await?;
    Ok(())
}

/// Everything is there.
pub async fn publish(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    duration_ms: i64,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(videos::table.find(id))
        .set((
            videos::watchable.eq(true),
            videos::percent.eq(100.0f32),
            videos::duration_ms.eq(duration_ms),
            videos::published_at.eq(now),
            videos::attempts.eq(0),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes a lost run.
pub async fn set_attempts(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    attempts: i32,
) -> QueryResult<()> {
    diesel::update(videos::table.find(id)).set(videos::attempts.eq(attempts)).execute(conn).await?;
    Ok(())
}

/// Takes lost attempts off a video of which more segments are stored than ever before; true if so.
/// (`furthest` is the table's 33rd column, and typed queries stop at 32.)
pub async fn credit(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<bool> {
    let rows = diesel::sql_query(
        "update videos v set attempts = 0, furthest = s.stored from (select count(*)::integer as \
         stored from video_segments where video_id = $1) s where v.id = $1 and s.stored > v.furthest",
    )
    .bind::<diesel::sql_types::Uuid, _>(id)
    .execute(conn)
    .await?;
    Ok(rows == 1)
}

/// Nothing was made yet: the next run of the encoder begins anew, in a place of its own.
pub async fn begin_anew(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    generation: i32,
) -> QueryResult<()> {
    super::details::begin_anew(conn, id).await?;
    diesel::delete(video_renditions::table.filter(video_renditions::video_id.eq(id)))
        .execute(conn)
        .await?;
    diesel::delete(
        video_keys::table
            .filter(video_keys::video_id.eq(id))
            .filter(video_keys::generation.ne(generation)),
    )
    .execute(conn)
    .await?;
    diesel::update(videos::table.find(id))
        .set((
            videos::generation.eq(generation),
            videos::watchable.eq(false),
            videos::percent.eq(0.0f32),
            videos::poster_key.eq(None::<String>),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The error of an earlier run is history.
pub async fn clear_error(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<()> {
    diesel::update(videos::table.find(id))
        .set((
            videos::error_code.eq(None::<String>),
            videos::error_detail.eq(None::<String>),
            videos::error_at_ms.eq(None::<i64>),
            videos::error_final.eq(false),
            videos::attempts.eq(0),
        ))
        .execute(conn)
        .await?;
    diesel::sql_query("update videos set furthest = 0 where id = $1")
        .bind::<diesel::sql_types::Uuid, _>(id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes a video off: nothing is served or worked on from now on.
pub async fn remove(conn: &mut AsyncPgConnection, id: Uuid, now: Timestamp) -> QueryResult<bool> {
    let rows = diesel::update(videos::table.find(id))
        .filter(videos::removed_at.is_null())
        .set((videos::removed_at.eq(now), videos::updated_at.eq(now)))
        .execute(conn)
        .await?;
    queue::leave(conn, id).await?;
    Ok(rows == 1)
}

/// A video that was taken off, with its upload.
pub async fn removed(
    conn: &mut AsyncPgConnection,
    id: Uuid,
) -> QueryResult<Option<(Video, Upload)>> {
    videos::table
        .inner_join(uploads::table)
        .filter(videos::id.eq(id))
        .filter(videos::removed_at.is_not_null())
        .select((Video::as_select(), Upload::as_select()))
        .first(conn)
        .await
        .optional()
}

/// Deletes a video that was taken off, and its upload.
pub async fn forget(conn: &mut AsyncPgConnection, id: Uuid, upload: Uuid) -> QueryResult<()> {
    diesel::delete(videos::table.find(id)).execute(conn).await?;
    diesel::delete(uploads::table.find(upload)).execute(conn).await?;
    Ok(())
}

/// A lease of `seconds` from `now`.
pub fn lease(now: Timestamp, seconds: u32) -> Timestamp {
    now + TimeDelta::seconds(i64::from(seconds))
}
