//! The book of transcoding jobs: this context's side of the TranscodingJob actor's port. Rows are
//! the truth: claims with leases and fences, segments stored before their rows, and one transaction
//! that publishes.

mod around;
mod claims;
mod products;
mod settle;

use std::path::Path;
use std::time::Duration;

use actors::transcode::port::{BookError, Claim, Lease, Outcome, RunReport, TranscodeBook};
use async_trait::async_trait;
use diesel_async::AsyncPgConnection;
use media::storage::{ObjectKey, StorageError};
use media::worker::{Failure, WorkerLine};

use self::claims::Taken;
use super::live;
use super::model::Video;
use super::state::Happening;
use super::store::videos;
use crate::app::App;
use crate::platform::http::Problem;

/// The book of one node.
#[derive(Debug, Clone)]
pub(super) struct Book(pub App);

/// Ends a transaction of the book.
enum Stop {
    /// The claim is not ours any more.
    Lost,
    /// The attempt has failed.
    Refused(Failure),
    /// Something is away.
    Away(Problem),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Away(problem)
    }
}

impl From<diesel::result::Error> for Stop {
    fn from(error: diesel::result::Error) -> Self {
        Self::Away(error.into())
    }
}

impl From<StorageError> for Stop {
    fn from(error: StorageError) -> Self {
        Self::Away(Problem::unavailable(error, 5))
    }
}

impl From<Stop> for BookError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Lost => Self::LeaseLost,
            Stop::Refused(failure) => Self::Refused(failure),
            Stop::Away(problem) => Self::Away(problem.to_string()),
        }
    }
}

impl From<Stop> for Problem {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Lost => Self::internal("the lease is lost"),
            Stop::Refused(failure) => Self::internal(failure.detail),
            Stop::Away(problem) => problem,
        }
    }
}

fn refused(code: &str, detail: &str) -> Stop {
    Stop::Refused(Failure {
        code: code.to_owned(),
        detail: detail.to_owned(),
        at_s: None,
        retryable: true,
    })
}

fn object_key(key: &str) -> Result<ObjectKey, Stop> {
    ObjectKey::new(key).map_err(|error| Stop::Away(Problem::internal(error)))
}

fn int(number: impl TryInto<i32>) -> Result<i32, Stop> {
    number.try_into().map_err(|_| refused("output_failed", "A number of the worker is too large."))
}

fn big(number: u64) -> Result<i64, Stop> {
    i64::try_from(number)
        .map_err(|_| refused("output_failed", "A number of the worker is too large."))
}

async fn ours(conn: &mut AsyncPgConnection, claim: &Claim) -> Result<Video, Stop> {
    videos::of_fence_locked(conn, claim.video, claim.fence).await?.ok_or(Stop::Lost)
}

#[async_trait]
impl TranscodeBook for Book {
    async fn claim_next(&self) -> Result<Option<Claim>, BookError> {
        loop {
            match self.claim_one().await? {
                Taken::Nothing => return Ok(None),
                Taken::Claim(claim) => {
                    live::tell(&self.0, claim.video).await;
                    return Ok(Some(*claim));
                }
                // It was lost once too often: the next one.
                Taken::Failed(video) => {
                    self.0.metrics.transcode_run("lost", Duration::ZERO, None);
                    live::tell(&self.0, video).await;
                }
            }
        }
    }

    async fn heartbeat(&self, claim: &Claim) -> Result<Lease, BookError> {
        Ok(self.beat(claim).await?)
    }

    async fn record(
        &self,
        claim: &Claim,
        line: &WorkerLine,
        output: &Path,
    ) -> Result<(), BookError> {
        line.check().map_err(|problem| BookError::from(refused("output_failed", problem)))?;
        let tell = match line {
            WorkerLine::Probe(info) => {
                self.probed(claim, info).await?;
                true
            }
            WorkerLine::Plan(plan) => {
                self.planned(claim, plan).await?;
                true
            }
            WorkerLine::Progress(progress) => {
                self.progressed(claim, progress).await?;
                true
            }
            WorkerLine::Init(init) => {
                self.init(claim, init, output).await?;
                false
            }
            WorkerLine::Segment(segment) => self.segment(claim, segment, output).await?,
            WorkerLine::RenditionDone(done) => {
                self.rendition_done(claim, done).await?;
                true
            }
            WorkerLine::PosterCandidate(poster) => {
                self.poster(claim, poster, output).await?;
                true
            }
            WorkerLine::StoryboardSheet(sheet) => {
                self.sheet(claim, sheet, output).await?;
                false
            }
            WorkerLine::Storyboard(board) => {
                self.storyboard(claim, board).await?;
                false
            }
            WorkerLine::Loudness(loudness) => {
                self.loudness(claim, loudness).await?;
                true
            }
            WorkerLine::Dropped(dropped) => {
                self.dropped(claim, dropped).await?;
                true
            }
            WorkerLine::Skipped(skipped) => {
                self.skipped(claim, skipped).await?;
                true
            }
            WorkerLine::Log(_)
            | WorkerLine::Sandbox(_)
            | WorkerLine::SelfTest(_)
            | WorkerLine::Done(_)
            | WorkerLine::Failed(_) => false,
        };
        if tell {
            live::tell(&self.0, claim.video).await;
        }
        Ok(())
    }

    async fn note(&self, claim: &Claim, report: &RunReport) -> Result<(), BookError> {
        Ok(self.note_run(claim, report).await?)
    }

    async fn settle(
        &self,
        claim: &Claim,
        outcome: Outcome,
        report: &RunReport,
    ) -> Result<(), BookError> {
        #[expect(clippy::cast_precision_loss, reason = "microseconds of a video are below 2^53")]
        let media_s = match &outcome {
            // A run that went on where another broke off made less than the whole.
            Outcome::Done(done) if claim.order.first_segment == 0 => {
                Some(done.duration_us as f64 / 1e6)
            }
            _ => None,
        };
        let settled = match outcome {
            Outcome::Done(done) => self.publish(claim, done).await?,
            Outcome::Failed { failure, retry_in } => self.fail(claim, &failure, retry_in).await?,
            Outcome::Cancelled => self.give_back(claim, Happening::Cancelled).await?,
            Outcome::Released => self.give_back(claim, Happening::Released).await?,
        };
        self.0.metrics.transcode_run(settled.label(), report.elapsed, media_s);
        if let Err(stop) = self.note_run(claim, report).await {
            tracing::debug!(video.id = %claim.video, problem = %Problem::from(stop), "a run is not noted");
        }
        self.0.video.catalogue.forget(claim.video);
        live::tell(&self.0, claim.video).await;
        Ok(())
    }
}
