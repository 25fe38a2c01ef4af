//! All work on videos, as admins see and steer it (JOB-02).

use std::collections::HashMap;

use actix_web::web;
use chrono::TimeDelta;
use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::attach;
use super::model::{Video, VideoRun};
use super::state::VideoState;
use super::store::{queue, runs, videos};
use super::views::VideoError;
use crate::app::App;
use crate::identity::{self, Admins, IdInPath, Staff};
use crate::platform::http::{Page, PageQuery, Problem, ProblemDoc, Query, cursor};

/// Days for which the logs of runs are kept.
const LOG_DAYS: i64 = 30;

/// What an admin asks of the list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TranscodeQuery {
    /// States to show, with commas between them, e.g. `queued,probing,transcoding`; all when absent.
    pub state: Option<String>,
    /// Items a page, 1 to 100; 20 when absent.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Whose video it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TranscodeAuthor {
    /// The person.
    pub id: Uuid,
    /// First and last name; empty when the account is gone.
    pub name: String,
}

/// How a video was put into the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TranscodePriority {
    /// In the fair order: short ones first, authors in turn.
    Normal,
    /// An admin wants it before all others.
    First,
}

/// One video and the work on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AdminTranscode {
    /// The video.
    pub video_id: Uuid,
    /// The uploaded file's name.
    pub file_name: String,
    /// Bytes of the uploaded file.
    pub size: i64,
    /// Whose it is.
    pub author: TranscodeAuthor,
    /// Where it stands.
    pub state: VideoState,
    /// Seconds since the video was made.
    pub age_s: i64,
    /// Seconds since it was queued, while it waits.
    #[schema(required)]
    pub waiting_s: Option<i64>,
    /// Runs that it has had.
    pub attempts: i64,
    /// The node that works on it.
    #[schema(required)]
    pub worker: Option<Uuid>,
    /// Until when the node holds it without a sign of life.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub lease_until: Option<Timestamp>,
    /// 0 to 100.
    pub percent: f32,
    /// Media seconds made per second of work.
    #[schema(required)]
    pub speed: Option<f32>,
    /// Length in seconds, if it is known.
    #[schema(required)]
    pub duration_s: Option<f64>,
    /// Why it failed.
    #[schema(required)]
    pub error: Option<VideoError>,
    /// How many videos wait before it, while it waits.
    #[schema(required)]
    pub queue_position: Option<i64>,
    /// Its place among others.
    pub priority: TranscodePriority,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TranscodeRun {
    /// Its number, from 1.
    pub attempt: i32,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When it ended.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// `ready`, `failed`, `lost` (its node said nothing any more), `cancelled`, `released` (its node
    /// stopped); null while it runs.
    #[schema(required)]
    pub outcome: Option<String>,
    /// Why it failed.
    #[schema(required)]
    pub error: Option<RunError>,
    /// The node.
    pub worker: Uuid,
    /// CPU seconds of the child.
    #[schema(required)]
    pub cpu_s: Option<f64>,
    /// Greatest memory of the child in MiB.
    #[schema(required)]
    pub peak_mib: Option<f64>,
    /// What the child said about the file; kept for 30 days.
    pub log: String,
}

/// Why a run failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunError {
    /// A stable code.
    pub code: String,
    /// An English sentence.
    pub detail: String,
}

/// One video, its runs, and what its file is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AdminTranscodeDetail {
    #[serde(flatten)]
    pub transcode: AdminTranscode,
    /// The last 50 runs, oldest first.
    pub runs: Vec<TranscodeRun>,
    /// What the probe found.
    #[schema(required, value_type = Option<Object>)]
    pub probe: Option<serde_json::Value>,
}

#[expect(clippy::cast_precision_loss, reason = "times and sizes are far below 2^53")]
impl From<VideoRun> for TranscodeRun {
    fn from(run: VideoRun) -> Self {
        let error = run.error_code.zip(run.error_detail);
        Self {
            attempt: run.attempt,
            started_at: run.started_at,
            ended_at: run.ended_at,
            outcome: run.outcome,
            error: error.map(|(code, detail)| RunError { code, detail }),
            worker: run.worker,
            cpu_s: run.cpu_ms.map(|ms| ms as f64 / 1000.0),
            peak_mib: run.peak_kib.map(|kib| kib as f64 / 1024.0),
            log: run.log,
        }
    }
}

async fn views(
    conn: &mut AsyncPgConnection,
    rows: &[Video],
    now: Timestamp,
) -> Result<Vec<AdminTranscode>, Problem> {
    let ids: Vec<Uuid> = rows.iter().map(|video| video.id).collect();
    let owners: Vec<Uuid> = rows.iter().map(|video| video.owner_id).collect();
    let people = identity::people(conn, &owners).await?;
    let positions: HashMap<Uuid, i64> =
        queue::positions(conn, &ids, now).await?.into_iter().collect();
    let places = queue::places(conn, &ids).await?;
    let counts: HashMap<Uuid, i64> = runs::counts(conn, &ids).await?.into_iter().collect();
    let view = |video: &Video| {
        let state = VideoState::parse(&video.state).unwrap_or(VideoState::Failed);
        let place = places.iter().find(|(id, ..)| *id == video.id);
        let waits = place.filter(|_| state == VideoState::Queued);
        let name = people.get(&video.owner_id).map(|person| person.name.clone());
        AdminTranscode {
            video_id: video.id,
            file_name: video.file_name.clone(),
            size: video.size,
            author: TranscodeAuthor { id: video.owner_id, name: name.unwrap_or_default() },
            state,
            age_s: (now - video.created_at).num_seconds().max(0),
            waiting_s: waits.map(|(_, since, _)| (now - *since).num_seconds().max(0)),
            attempts: counts.get(&video.id).copied().unwrap_or(0),
            worker: video.claimed_by,
            lease_until: video.lease_until,
            percent: video.percent,
            speed: video.speed,
            duration_s: video.duration_ms.map(super::views::seconds),
            error: VideoError::of(video),
            queue_position: positions.get(&video.id).copied(),
            priority: match place {
                Some((_, _, true)) => TranscodePriority::First,
                _ => TranscodePriority::Normal,
            },
        }
    };
    Ok(rows.iter().map(view).collect())
}

async fn view(app: &App, id: Uuid) -> Result<AdminTranscode, Problem> {
    let mut conn = app.db.conn().await?;
    let video = videos::find(&mut conn, id).await?.ok_or_else(Problem::not_found)?;
    let mut one = views(&mut conn, std::slice::from_ref(&video), app.clock.now()).await?;
    one.pop().ok_or_else(Problem::not_found)
}

fn states(text: Option<&str>) -> Result<Vec<&str>, Problem> {
    let names: Vec<&str> = text.map(|text| text.split(',').collect()).unwrap_or_default();
    if names.iter().all(|name| VideoState::parse(name).is_some()) {
        Ok(names)
    } else {
        Err(Problem::invalid("state", "Names of states of a video, with commas between them."))
    }
}

/// All videos and the work on them, newest first.
#[utoipa::path(get, path = "/api/v1/admin/transcodes", tag = "videos", operation_id = "admin_transcodes",
    params(TranscodeQuery),
    responses((status = 200, body = Page<AdminTranscode>), (status = 401, body = ProblemDoc),
        (status = 403, body = ProblemDoc), (status = 422, body = ProblemDoc)))]
pub async fn list(
    app: App,
    _staff: Staff<Admins>,
    Query(query): Query<TranscodeQuery>,
) -> Result<web::Json<Page<AdminTranscode>>, Problem> {
    let states = states(query.state.as_deref())?;
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let after = page.cursor.as_deref().map(cursor::decode).transpose()?;
    let mut conn = app.db.conn().await?;
    let rows = runs::page(&mut conn, &states, after, page.limit()).await?;
    let rows = Page::of(rows, page.limit(), |video| (video.created_at, video.id));
    let items = views(&mut conn, &rows.items, app.clock.now()).await?;
    Ok(web::Json(Page { items, next_cursor: rows.next_cursor }))
}

/// One video, with every attempt and what the child said.
#[utoipa::path(get, path = "/api/v1/admin/transcodes/{id}", tag = "videos",
    operation_id = "admin_transcode", params(("id" = Uuid, Path)),
    responses((status = 200, body = AdminTranscodeDetail), (status = 401, body = ProblemDoc),
        (status = 403, body = ProblemDoc), (status = 404, body = ProblemDoc)))]
pub async fn show(
    app: App,
    _staff: Staff<Admins>,
    IdInPath(id): IdInPath,
) -> Result<web::Json<AdminTranscodeDetail>, Problem> {
    let mut conn = app.db.conn().await?;
    let video = videos::find(&mut conn, id).await?.ok_or_else(Problem::not_found)?;
    let mut one = views(&mut conn, std::slice::from_ref(&video), app.clock.now()).await?;
    let transcode = one.pop().ok_or_else(Problem::not_found)?;
    let runs = runs::of_video(&mut conn, id).await?.into_iter().map(TranscodeRun::from).collect();
    Ok(web::Json(AdminTranscodeDetail { transcode, runs, probe: video.probe }))
}

/// Tries a failed or stopped video again.
#[utoipa::path(post, path = "/api/v1/admin/transcodes/{id}/retry", tag = "videos",
    operation_id = "admin_transcode_retry", params(("id" = Uuid, Path)),
    responses((status = 200, body = AdminTranscode), (status = 401, body = ProblemDoc),
        (status = 403, body = ProblemDoc), (status = 404, body = ProblemDoc),
        (status = 409, body = ProblemDoc)))]
pub async fn retry(
    app: App,
    staff: Staff<Admins>,
    IdInPath(id): IdInPath,
) -> Result<web::Json<AdminTranscode>, Problem> {
    attach::retry(&app, id, Some(staff.principal.user_id)).await?;
    tracing::info!(actor = %staff.principal.user_id, video.id = %id, "an admin has a video tried again");
    Ok(web::Json(view(&app, id).await?))
}

/// Stops the work on a video.
#[utoipa::path(post, path = "/api/v1/admin/transcodes/{id}/cancel", tag = "videos",
    operation_id = "admin_transcode_cancel", params(("id" = Uuid, Path)),
    responses((status = 200, body = AdminTranscode), (status = 401, body = ProblemDoc),
        (status = 403, body = ProblemDoc), (status = 404, body = ProblemDoc),
        (status = 409, body = ProblemDoc)))]
pub async fn cancel(
    app: App,
    staff: Staff<Admins>,
    IdInPath(id): IdInPath,
) -> Result<web::Json<AdminTranscode>, Problem> {
    attach::cancel(&app, id, Some(staff.principal.user_id)).await?;
    tracing::info!(actor = %staff.principal.user_id, video.id = %id, "an admin stops a video");
    Ok(web::Json(view(&app, id).await?))
}

/// Puts a video that waits before all others.
#[utoipa::path(post, path = "/api/v1/admin/transcodes/{id}/first", tag = "videos",
    operation_id = "admin_transcode_first", params(("id" = Uuid, Path)),
    responses((status = 200, body = AdminTranscode), (status = 401, body = ProblemDoc),
        (status = 403, body = ProblemDoc), (status = 404, body = ProblemDoc),
        (status = 409, body = ProblemDoc)))]
pub async fn first(
    app: App,
    staff: Staff<Admins>,
    IdInPath(id): IdInPath,
) -> Result<web::Json<AdminTranscode>, Problem> {
    attach::put_first(&app, id, staff.principal.user_id).await?;
    tracing::info!(actor = %staff.principal.user_id, video.id = %id, "an admin puts a video first");
    Ok(web::Json(view(&app, id).await?))
}

/// Empties old logs of runs.
///
/// # Errors
/// Those of the database.
pub(super) async fn purge_logs(app: &App) -> Result<(), Problem> {
    let before = app.clock.now() - TimeDelta::days(LOG_DAYS);
    let mut conn = app.db.conn().await?;
    runs::purge_logs(&mut conn, before).await?;
    Ok(())
}

/// Brings the metrics of the queue up to date.
///
/// # Errors
/// Those of the database.
pub async fn measure(app: &App) -> Result<(), Problem> {
    let mut conn = app.db.conn().await?;
    let (waiting, oldest, running) = queue::length(&mut conn).await?;
    let age_s = oldest.map_or(0, |since| (app.clock.now() - since).num_seconds().max(0));
    app.metrics.transcode_queue(waiting, age_s, running);
    Ok(())
}
