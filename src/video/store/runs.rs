//! Queries on the attempts at videos, and on all videos as admins see them.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use crate::video::model::{Video, VideoRun};
use crate::video::schema::{video_runs as runs, videos};

/// Runs of one video that are shown at most.
const MOST_SHOWN: i64 = 50;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunEnd<'a> {
    /// The video is published.
    Ready,
    /// It failed, with a code and a sentence.
    Failed(&'a str, &'a str),
    /// Its worker said nothing any more.
    Lost,
    /// The video was not wanted any more.
    Cancelled,
    /// Its node stopped.
    Released,
}

impl RunEnd<'_> {
    const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Failed(..) => "failed",
            Self::Lost => "lost",
            Self::Cancelled => "cancelled",
            Self::Released => "released",
        }
    }
}

/// A run begins.
#[derive(Debug, Clone, Copy)]
pub struct Begin {
    /// Its id.
    pub id: Uuid,
    /// The video.
    pub video: Uuid,
    /// The run of the encoder.
    pub generation: i32,
    /// The claim.
    pub fence: i64,
    /// The node.
    pub worker: Uuid,
}

/// Notes that a run begins. One before it that has no end was lost.
pub async fn begin(conn: &mut AsyncPgConnection, run: Begin, now: Timestamp) -> QueryResult<()> {
    end_open(conn, run.video, RunEnd::Lost, now).await?;
    let last: Option<i32> = runs::table
        .filter(runs::video_id.eq(run.video))
        .select(diesel::dsl::max(runs::attempt))
        .first(conn)
        .await?;
    diesel::insert_into(runs::table)
        .values((
            runs::id.eq(run.id),
            runs::video_id.eq(run.video),
            runs::attempt.eq(last.unwrap_or(0).saturating_add(1)),
            runs::generation.eq(run.generation),
            runs::fence.eq(run.fence),
            runs::worker.eq(run.worker),
            runs::started_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends whatever run of the video has no end yet.
pub async fn end_open(
    conn: &mut AsyncPgConnection,
    video: Uuid,
    end: RunEnd<'_>,
    now: Timestamp,
) -> QueryResult<()> {
    let (code, detail) = match end {
        RunEnd::Failed(code, detail) => (Some(code), Some(detail)),
        _ => (None, None),
    };
    diesel::update(runs::table)
        .filter(runs::video_id.eq(video))
        .filter(runs::ended_at.is_null())
        .set((
            runs::ended_at.eq(now),
            runs::outcome.eq(end.name()),
            runs::error_code.eq(code),
            runs::error_detail.eq(detail),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes what is known of a run's child by now; a run that is forgotten needs no notes.
pub async fn note(
    conn: &mut AsyncPgConnection,
    (video, fence): (Uuid, i64),
    log: &str,
    cpu_ms: Option<i64>,
    peak_kib: Option<i64>,
) -> QueryResult<()> {
    diesel::update(runs::table)
        .filter(runs::video_id.eq(video))
        .filter(runs::fence.eq(fence))
        .set((runs::log.eq(log), runs::cpu_ms.eq(cpu_ms), runs::peak_kib.eq(peak_kib)))
        .execute(conn)
        .await?;
    Ok(())
}

/// The last runs of a video, oldest first.
pub async fn of_video(conn: &mut AsyncPgConnection, video: Uuid) -> QueryResult<Vec<VideoRun>> {
    let mut found: Vec<VideoRun> = runs::table
        .filter(runs::video_id.eq(video))
        .order((runs::started_at.desc(), runs::attempt.desc()))
        .limit(MOST_SHOWN)
        .select(VideoRun::as_select())
        .load(conn)
        .await?;
    found.reverse();
    Ok(found)
}

/// How many runs each of the videos has had.
pub async fn counts(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> QueryResult<Vec<(Uuid, i64)>> {
    runs::table
        .filter(runs::video_id.eq_any(ids))
        .group_by(runs::video_id)
        .select((runs::video_id, diesel::dsl::count_star()))
        .load(conn)
        .await
}

/// Videos that stand in one of these states (all, when there are none), newest first.
pub async fn page(
    conn: &mut AsyncPgConnection,
    states: &[&str],
    after: Option<(Timestamp, Uuid)>,
    limit: i64,
) -> QueryResult<Vec<Video>> {
    let mut query =
        videos::table.filter(videos::removed_at.is_null()).select(Video::as_select()).into_boxed();
    if !states.is_empty() {
        query = query.filter(videos::state.eq_any(states.to_vec()));
    }
    if let Some((at, id)) = after {
        let same = videos::created_at.eq(at).and(videos::id.lt(id));
        query = query.filter(videos::created_at.lt(at).or(same));
    }
    query
        .order((videos::created_at.desc(), videos::id.desc()))
        .limit(limit.saturating_add(1))
        .load(conn)
        .await
}

/// Empties the logs of runs that ended before `before`.
pub async fn purge_logs(conn: &mut AsyncPgConnection, before: Timestamp) -> QueryResult<usize> {
    diesel::update(runs::table)
        .filter(runs::ended_at.lt(before))
        .filter(runs::log.ne(""))
        .set(runs::log.eq(""))
        .execute(conn)
        .await
}
