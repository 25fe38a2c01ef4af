//! How a claim ends: published in one transaction, failed, or given back.

use std::time::Duration;

use actors::transcode::port::{Claim, RunReport};
use diesel_async::AsyncPgConnection;
use media::worker::{Done, Failure};
use uuid::Uuid;

use super::claims::credited;
use super::{Book, Stop, big, ours};
use crate::app::App;
use crate::platform::events;
use crate::video::attach::abandon;
use crate::video::events::{VideoFailed, VideoProcessed};
use crate::video::model::Video;
use crate::video::reasons;
use crate::video::state::{Happening, MAX_ATTEMPTS};
use crate::video::store::runs::{self, RunEnd};
use crate::video::store::{sealed_keys, segments, videos};

/// Pause after an attempt that made progress and was lost all the same.
const AFTER_PROGRESS: Duration = Duration::from_secs(5);

/// How a claim ended, as it is counted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Settled {
    Ready,
    Retried,
    Failed,
    Cancelled,
    Released,
}

impl Settled {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Retried => "retried",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Released => "released",
        }
    }
}

impl Book {
    /// Writes down what is known of a run's child.
    pub(super) async fn note_run(&self, claim: &Claim, report: &RunReport) -> Result<(), Stop> {
        let cpu_ms = report.cpu.and_then(|cpu| i64::try_from(cpu.as_millis()).ok());
        let peak_kib = report.peak_kib.and_then(|kib| i64::try_from(kib).ok());
        let run = (claim.video, claim.fence);
        let mut conn = self.0.db.conn().await?;
        runs::note(&mut conn, run, &report.log, cpu_ms, peak_kib).await?;
        Ok(())
    }

    pub(super) async fn publish(&self, claim: &Claim, done: Done) -> Result<Settled, Stop> {
        let (app, now) = (&self.0, self.0.clock.now());
        let duration_ms = big(done.duration_us / 1000)?;
        app.db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<Settled, Stop> {
                let video = ours(conn, claim).await?;
                if !is_whole(conn, video.id).await? {
                    let failure = Failure {
                        code: "output_failed".to_owned(),
                        detail: "The worker called the video done before it was.".to_owned(),
                        at_s: None,
                        retryable: true,
                    };
                    // What is there cannot be trusted to be what it should.
                    abandon(conn, app, &video).await?;
                    return settle_failure(conn, app, &video, &failure, Some(Duration::ZERO), now)
                        .await;
                }
                videos::publish(conn, video.id, duration_ms, now).await?;
                if !videos::happen(conn, &video, Happening::Published, now).await? {
                    return Err(Stop::Lost);
                }
                sealed_keys::forget_unused(conn, video.id).await?;
                runs::end_open(conn, video.id, RunEnd::Ready, now).await?;
                let fact =
                    VideoProcessed { video_id: video.id, owner_id: video.owner_id, duration_ms };
                events::publish(conn, app, &fact).await?;
                Ok(Settled::Ready)
            })
            .await
    }

    pub(super) async fn fail(
        &self,
        claim: &Claim,
        failure: &Failure,
        retry_in: Option<Duration>,
    ) -> Result<Settled, Stop> {
        let (app, now) = (&self.0, self.0.clock.now());
        app.db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<Settled, Stop> {
                let video = ours(conn, claim).await?;
                settle_failure(conn, app, &video, failure, retry_in, now).await
            })
            .await
    }

    pub(super) async fn give_back(
        &self,
        claim: &Claim,
        happening: Happening,
    ) -> Result<Settled, Stop> {
        let (app, now) = (&self.0, self.0.clock.now());
        app.db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<Settled, Stop> {
                // Cancelled by its author, it has no worker any more: nothing is left to do.
                let Some(video) = videos::of_fence_locked(conn, claim.video, claim.fence).await?
                else {
                    return Ok(Settled::Cancelled);
                };
                videos::happen(conn, &video, happening, now).await?;
                let released = happening == Happening::Released;
                let end = if released { RunEnd::Released } else { RunEnd::Cancelled };
                runs::end_open(conn, video.id, end, now).await?;
                if released {
                    // The node's stop is not the video's fault.
                    videos::set_attempts(conn, video.id, (video.attempts - 1).max(0)).await?;
                    return Ok(Settled::Released);
                }
                abandon(conn, app, &video).await?;
                Ok(Settled::Cancelled)
            })
            .await
    }
}

pub(super) fn crashed(video: &Video) -> Happening {
    Happening::Crashed { attempts: video.attempts.max(MAX_ATTEMPTS) }
}

/// Whether everything that was planned is stored.
async fn is_whole(conn: &mut AsyncPgConnection, video: Uuid) -> Result<bool, Stop> {
    let renditions = segments::renditions(conn, &[video]).await?;
    let counts = segments::counts(conn, video).await?;
    Ok(!renditions.is_empty()
        && renditions.iter().all(|rendition| {
            let mine = counts.iter().find(|(name, ..)| *name == rendition.name);
            rendition.complete
                && rendition.codecs.is_some()
                && rendition.init_key.is_some()
                && mine.is_some_and(|(_, count, last, _)| *count == i64::from(*last) + 1)
        }))
}

/// An attempt has failed: again after a pause, or the video has failed.
async fn settle_failure(
    conn: &mut AsyncPgConnection,
    app: &App,
    video: &Video,
    failure: &Failure,
    retry_in: Option<Duration>,
    now: kernel::Timestamp,
) -> Result<Settled, Stop> {
    let video = &credited(conn, video.clone()).await?;
    // The row counts attempts without progress; the actor has only seen how many there were when it
    // began, so its "never again" holds for what is not to be tried again at all.
    let again = failure.retryable && video.attempts < MAX_ATTEMPTS;
    let happening = match (again, failure.retryable) {
        (true, _) => Happening::Crashed { attempts: video.attempts },
        (false, true) => crashed(video),
        (false, false) => Happening::Refused,
    };
    if !videos::happen(conn, video, happening, now).await? {
        return Err(Stop::Lost);
    }
    let (code, detail) = (reasons::public(&failure.code), told(failure));
    runs::end_open(conn, video.id, RunEnd::Failed(code, &detail), now).await?;
    if again {
        let pause = retry_in.unwrap_or(AFTER_PROGRESS);
        let run_at = now + chrono::TimeDelta::from_std(pause).unwrap_or(chrono::TimeDelta::zero());
        videos::set_run_at(conn, video.id, Some(run_at)).await?;
        return Ok(Settled::Retried);
    }
    failed(conn, app, video, failure, now).await?;
    Ok(Settled::Failed)
}

/// What people are told of a failure.
fn told(failure: &Failure) -> String {
    failure.detail.chars().filter(|c| !c.is_control()).take(500).collect()
}

/// The video has failed; the state is set already.
pub(super) async fn failed(
    conn: &mut AsyncPgConnection,
    app: &App,
    video: &Video,
    failure: &Failure,
    now: kernel::Timestamp,
) -> Result<(), Stop> {
    #[expect(clippy::cast_possible_truncation, reason = "clamped to what a video can be long")]
    let at_ms = failure.at_s.map(|at| (at.clamp(0.0, 1e6) * 1000.0) as i64);
    let detail = told(failure);
    let is_final = !failure.retryable;
    let code = reasons::public(&failure.code);
    videos::set_error(conn, video.id, code, &detail, at_ms, is_final, now).await?;
    abandon(conn, app, video).await?;
    let fact = VideoFailed { video_id: video.id, owner_id: video.owner_id, code: code.to_owned() };
    events::publish(conn, app, &fact).await?;
    Ok(())
}
