//! Takes what players tell of their viewings, and shows authors what comes of it (MED-20).

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse};
use chrono::TimeDelta;
use diesel_async::AsyncPgConnection;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::catalogue;
use super::viewing::{BUCKET_MS, Bounds, Viewing, ViewingReport, buckets, merged};
use crate::app::App;
use crate::platform::http::{Beacon, Code, Problem, ProblemDoc, Rule};
use crate::video::access::StudiedVideo;
use crate::video::intervals::{WATCHED_PERCENT, Watched};
use crate::video::model::{PlaybackSession, ReportRow};
use crate::video::store::{reports as store, sessions, traffic, videos};

/// Reports of one viewing: players send one a minute, and one whenever they stop.
const RULE: Rule = Rule::new("playback_report", 30, 60);
/// Minutes after its end in which a viewing may still be reported.
const LATE_MINUTES: i64 = 10;

/// Takes what a player tells of its viewing: totals since it began, so that a report may be lost or
/// come twice. Whoever knows the session may tell; browsers send no token with a last word.
#[utoipa::path(post, path = "/api/v1/playback/{session}/report", tag = "playback",
    operation_id = "report_viewing", params(("session" = Uuid, Path)),
    request_body(content((ViewingReport = "application/json"), (ViewingReport = "text/plain"))),
    responses((status = 204), (status = 404, body = ProblemDoc), (status = 410, body = ProblemDoc),
        (status = 422, body = ProblemDoc)))]
pub async fn report(
    app: App,
    req: HttpRequest,
    Beacon(told): Beacon<ViewingReport>,
) -> Result<HttpResponse, Problem> {
    told.check()?;
    let now = app.clock.now();
    let text = req.match_info().get("session").unwrap_or_default();
    let id = Uuid::try_parse(text).map_err(|_| Problem::not_found())?;
    app.limits.check(&RULE, &id.to_string(), now)?;
    let mut conn = app.db.conn().await?;
    let session = sessions::find(&mut conn, id).await?.ok_or_else(Problem::not_found)?;
    let video = videos::find(&mut conn, session.video_id).await?.ok_or_else(Problem::not_found)?;
    drop(conn);
    let end = session.ended_at.unwrap_or(session.expires_at).min(now);
    if now - end > TimeDelta::minutes(LATE_MINUTES) {
        return Err(Problem::new(Code::PlaybackEnded));
    }
    // An author who looks at the own work is no audience.
    if session.user_id != Some(video.owner_id) {
        let elapsed_ms = (end - session.created_at).num_milliseconds();
        keep(&app, &session, &told, elapsed_ms, video.duration_ms).await?;
    }
    Ok(HttpResponse::NoContent().finish())
}

async fn keep(
    app: &App,
    session: &PlaybackSession,
    told: &ViewingReport,
    elapsed_ms: i64,
    duration_ms: Option<i64>,
) -> Result<(), Problem> {
    let now = app.clock.now();
    let playable = catalogue::playable(app, session.video_id).await?;
    let rungs = playable.names();
    let duration_ms = duration_ms.and_then(|ms| i32::try_from(ms).ok()).unwrap_or(i32::MAX);
    let bounds = Bounds { elapsed_ms, duration_ms, rungs: &rungs };
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let row = store::of(conn, session, now).await?;
            let known = viewing_of(&row, duration_ms)?;
            let next = merged(&known, told, &bounds);
            let before = buckets(&known.watched, duration_ms);
            let seen = buckets(&next.watched, duration_ms);
            // Each of them once for this viewing.
            let new: Vec<i32> = seen.difference(&before).copied().collect();
            // Segments that a delivery network sends are seen by nobody else.
            if let Some(user) = session.user_id.filter(|_| app.video.cdn.is_some()) {
                let bytes = gained(&known, &next, |name, seconds| playable.bytes_of(name, seconds));
                traffic::add_reported(conn, user, now.date_naive(), bytes).await?;
            }
            store::save(conn, &row_of(row, next, now)?).await?;
            store::seen(conn, session.video_id, &new).await?;
            Ok(())
        })
        .await
}

/// The bytes that renditions were shown for since the last report.
fn gained(known: &Viewing, next: &Viewing, bytes_of: impl Fn(&str, f64) -> i64) -> i64 {
    let more = next.rungs.iter().map(|(name, seconds)| {
        let before = known.rungs.get(name).copied().unwrap_or(0.0);
        bytes_of(name, (seconds - before).max(0.0))
    });
    more.fold(0, i64::saturating_add)
}

fn viewing_of(row: &ReportRow, duration_ms: i32) -> Result<Viewing, Problem> {
    Ok(Viewing {
        start_ms: row.start_ms,
        stalls: row.stalls,
        stall_ms: row.stall_ms,
        rungs: serde_json::from_value(row.rungs.clone()).map_err(Problem::internal)?,
        watched: Watched::from_flat(&row.watched, duration_ms),
        errors: serde_json::from_value(row.errors.clone()).map_err(Problem::internal)?,
    })
}

fn row_of(row: ReportRow, viewing: Viewing, now: kernel::Timestamp) -> Result<ReportRow, Problem> {
    Ok(ReportRow {
        start_ms: viewing.start_ms,
        stalls: viewing.stalls,
        stall_ms: viewing.stall_ms,
        rungs: serde_json::to_value(&viewing.rungs).map_err(Problem::internal)?,
        watched_ms: viewing.watched.total_ms(),
        watched: viewing.watched.to_flat(),
        errors: serde_json::to_value(&viewing.errors).map_err(Problem::internal)?,
        updated_at: now,
        ..row
    })
}

/// What the viewings of a video come to. The author's own are not counted.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct VideoAnalytics {
    /// Viewings in which something was shown.
    pub viewings: i64,
    /// People who watched; a stranger counts with each viewing.
    pub viewers: i64,
    /// Seconds of the video that were watched, each once a viewing.
    pub watch_s: i64,
    /// How much of the video a viewing covers, on average.
    pub average_percent: f64,
    /// Share of the viewings that cover 90 per cent of the video.
    pub completion_percent: f64,
    /// From the wish to play to the first picture: half of the viewings take no longer. Null while
    /// nobody has told.
    #[schema(required)]
    pub start_ms_p50: Option<i64>,
    /// The same for 95 of 100 viewings.
    #[schema(required)]
    pub start_ms_p95: Option<i64>,
    /// Stalls in an hour of watching.
    pub stalls_per_hour: f64,
    /// Share of the time that was spent waiting.
    pub stall_percent: f64,
    /// Share of the time that each rendition was shown, the largest first.
    pub rungs: Vec<RungShare>,
    /// How many viewings saw each stretch of the video.
    pub retention: Retention,
}

/// How much of the time a rendition was shown.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RungShare {
    /// Its name.
    pub name: String,
    /// Share of the time.
    pub percent: f64,
}

/// How many viewings saw each stretch of a video.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Retention {
    /// Length of a stretch, in seconds.
    pub bucket_s: i32,
    /// Viewings that saw it, from the beginning of the video to its end.
    pub views: Vec<i32>,
}

/// What the viewings of a video come to, for its author and for admins.
#[utoipa::path(get, path = "/api/v1/videos/{id}/analytics", tag = "videos",
    operation_id = "video_analytics", params(("id" = Uuid, Path)),
    responses((status = 200, body = VideoAnalytics), (status = 404, body = ProblemDoc)))]
pub async fn analytics(
    app: App,
    StudiedVideo { video }: StudiedVideo,
) -> Result<HttpResponse, Problem> {
    let mut conn = app.db.conn().await?;
    let duration_ms = video.duration_ms.unwrap_or(0);
    let totals = store::totals(
        &mut conn,
        video.id,
        duration_ms,
        i32::try_from(WATCHED_PERCENT).unwrap_or(90),
    )
    .await?;
    let rungs = store::rungs(&mut conn, video.id).await?;
    let seen: BTreeMap<i32, i32> =
        store::retention(&mut conn, video.id).await?.into_iter().collect();
    drop(conn);
    let body = VideoAnalytics {
        viewings: totals.viewings,
        viewers: totals.viewers,
        watch_s: totals.watched_ms / 1000,
        average_percent: tenth(totals.average_share * 100.0),
        completion_percent: share(totals.completed, totals.viewings),
        start_ms_p50: totals.start_p50.map(whole),
        start_ms_p95: totals.start_p95.map(whole),
        stalls_per_hour: per(totals.stalls.saturating_mul(3_600_000), totals.watched_ms),
        stall_percent: share(totals.stall_ms, totals.watched_ms.saturating_add(totals.stall_ms)),
        rungs: shares(rungs),
        retention: Retention { bucket_s: BUCKET_MS / 1000, views: dense(&seen, duration_ms) },
    };
    Ok(HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(body))
}

fn tenth(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people needs no more")]
fn per(part: i64, whole: i64) -> f64 {
    if whole <= 0 { 0.0 } else { tenth(part as f64 / whole as f64) }
}

fn share(part: i64, whole: i64) -> f64 {
    per(part.saturating_mul(100), whole)
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds of an integer column")]
fn whole(number: f64) -> i64 {
    number.round() as i64
}

fn shares(mut rungs: Vec<(String, f64)>) -> Vec<RungShare> {
    rungs.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let total: f64 = rungs.iter().map(|(_, seconds)| seconds).sum();
    let share = |seconds: f64| if total > 0.0 { tenth(seconds / total * 100.0) } else { 0.0 };
    rungs.into_iter().map(|(name, seconds)| RungShare { percent: share(seconds), name }).collect()
}

/// One number for every stretch of the video.
fn dense(seen: &BTreeMap<i32, i32>, duration_ms: i64) -> Vec<i32> {
    let last = seen.keys().next_back().map_or(0, |last| last.saturating_add(1));
    let whole = duration_ms.max(0).saturating_add(i64::from(BUCKET_MS) - 1) / i64::from(BUCKET_MS);
    let length = if duration_ms > 0 { i32::try_from(whole).unwrap_or(last) } else { last };
    (0..length).map(|bucket| seen.get(&bucket).copied().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_nothing_is_divided_by_nothing() {
        let shares = shares(vec![("360p".into(), 10.0), ("720p".into(), 30.0)]);
        let expected = [("720p", 75.0), ("360p", 25.0)];
        assert!(shares.iter().map(|r| (r.name.as_str(), r.percent)).eq(expected));
        assert_eq!((share(1, 0), share(1, 3), per(7_200_000, 3_600_000)), (0.0, 33.3, 2.0));
        assert!(super::shares(vec![("a".into(), 0.0)])[0].percent.abs() < f64::EPSILON);
    }

    /// MED-18
    #[test]
    fn only_seconds_that_were_not_told_before_cost_bytes() {
        let viewing = |rungs: &[(&str, f64)]| Viewing {
            rungs: rungs.iter().map(|(name, s)| ((*name).to_owned(), *s)).collect(),
            ..Viewing::default()
        };
        let rate = |name: &str, s: f64| {
            let seconds = i64::try_from(std::time::Duration::from_secs_f64(s).as_secs()).unwrap();
            seconds * if name == "720p" { 100 } else { 10 }
        };
        let known = viewing(&[("360p", 4.0), ("720p", 9.0)]);
        // Cut down to the time that went by, a rendition may lose a little: nothing is given back.
        let next = viewing(&[("360p", 6.0), ("720p", 8.5), ("audio", 1.0)]);
        assert_eq!(gained(&known, &next, rate), 20 + 10);
        assert_eq!(gained(&next, &next, rate), 0);
    }

    #[test]
    fn retention_has_a_number_for_every_stretch() {
        let seen = BTreeMap::from([(0, 5), (2, 3)]);
        assert_eq!(dense(&seen, 16_000), [5, 0, 3, 0]);
        assert_eq!(dense(&seen, 0), [5, 0, 3]);
        assert_eq!(dense(&BTreeMap::new(), 4_000), [0]);
    }
}
