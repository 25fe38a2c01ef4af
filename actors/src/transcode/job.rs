//! The TranscodingJob actor: one claimed job. It owns the child process; whatever ends the actor
//! ends the child, and the lease brings the job to whoever is alive.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;
use futures::channel::oneshot;
use media::worker::{Failure, WorkerLine};
use uuid::Uuid;

use super::Policy;
use super::diary::Diary;
use super::message::Cancel;
use super::port::{
    BookError, ChildEnd, Claim, Lease, Outcome, Run, RunReport, TranscodeBook, Transcoder,
};

/// Pause before a call to a book that was away is repeated.
const AGAIN: Duration = Duration::from_millis(500);
/// Progress is recorded at most this often.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);
/// What the child says is written down at most this often while it works.
const NOTE_EVERY: Duration = Duration::from_secs(5);

/// What a job works with.
#[derive(Clone)]
pub(super) struct Tools {
    pub book: Arc<dyn TranscodeBook>,
    pub transcoder: Arc<dyn Transcoder>,
    pub policy: Policy,
}

/// Why a job stops before its child is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    /// Not wanted any more.
    Cancelled,
    /// The node stops.
    Released,
    /// Another node holds it.
    Lost,
}

/// Tells the desk, when it is dropped, that the job's actor is no more, however it ended.
pub(super) struct Place {
    pub job: Uuid,
    pub fence: i64,
    pub desk: Recipient<Left>,
}

/// To the desk: the actor of this claim is no more. The same job may be claimed again already.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Left {
    pub job: Uuid,
    pub fence: i64,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.desk.do_send(Left { job: self.job, fence: self.fence });
    }
}

/// The actor of one claimed job.
pub struct TranscodingJob {
    claim: Claim,
    tools: Tools,
    halt: Option<oneshot::Sender<Halt>>,
    _place: Place,
}

impl TranscodingJob {
    pub(super) fn new(claim: Claim, tools: Tools, place: Place) -> Self {
        Self { claim, tools, halt: None, _place: place }
    }

    fn halt(&mut self, why: Halt) {
        if let Some(halt) = self.halt.take() {
            // A job that has just ended needs no halt.
            let _ = halt.send(why);
        }
    }
}

impl Actor for TranscodingJob {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let (halt, halted) = oneshot::channel();
        self.halt = Some(halt);
        let work = run(self.claim.clone(), self.tools.clone(), halted);
        ctx.spawn(work.into_actor(self).map(|(), _, ctx| ctx.stop()));
    }
}

impl Handler<Cancel> for TranscodingJob {
    type Result = bool;

    fn handle(&mut self, _: Cancel, _: &mut Self::Context) -> bool {
        self.halt(Halt::Cancelled);
        true
    }
}

/// To a job: the node stops.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Release;

impl Handler<Release> for TranscodingJob {
    type Result = ();

    fn handle(&mut self, _: Release, _: &mut Self::Context) {
        self.halt(Halt::Released);
    }
}

/// The child of a run, and what is written down of it.
struct Bench {
    run: Option<Box<dyn Run>>,
    diary: Diary,
}

impl Bench {
    /// Ends the child, with its directory, and gives the report of the run.
    async fn clear(&mut self) -> RunReport {
        let end = match self.run.take() {
            Some(mut run) => run.finish().await,
            None => ChildEnd::default(),
        };
        self.diary.report(&end)
    }
}

/// The whole life of a claim.
async fn run(claim: Claim, tools: Tools, halted: oneshot::Receiver<Halt>) {
    let (job, video) = (claim.job, claim.video);
    tracing::info!(job.id = %job, video.id = %video, attempt = claim.attempt, "job {job} starts");
    let mut bench = Bench { run: None, diary: Diary::new() };
    let halt = tokio::select! {
        ended = work(&claim, &tools, &mut bench) => ended.err(),
        halt = beat(&claim, &tools) => Some(halt),
        halt = halted => Some(halt.unwrap_or(Halt::Released)),
    };
    let outcome = match halt {
        None => return,
        Some(Halt::Lost) => {
            // Dropping the bench ends the child.
            tracing::warn!(job.id = %job, "job {job} is no longer ours");
            return;
        }
        Some(Halt::Cancelled) => Outcome::Cancelled,
        Some(Halt::Released) => Outcome::Released,
    };
    let report = bench.clear().await;
    // One try is enough: if it fails, the lease expires and the book sees the wish to cancel.
    if let Err(error) = tools.book.settle(&claim, outcome, &report).await {
        tracing::warn!(job.id = %job, %error, "job {job} not given back; its lease will expire");
    }
}

/// Runs the child to its end and settles what came of it.
async fn work(claim: &Claim, tools: &Tools, bench: &mut Bench) -> Result<(), Halt> {
    let outcome = match produce(claim, tools, bench).await {
        Ok(done) => done,
        Err(Stop::Halt(halt)) => return Err(halt),
        Err(Stop::Failed(failure)) => {
            let retry_in = tools.policy.retry_in(&failure, claim.attempt);
            tracing::warn!(
                job.id = %claim.job, code = %failure.code, detail = %failure.detail, ?retry_in,
                "attempt {} of job {} failed", claim.attempt, claim.job,
            );
            Outcome::Failed { failure, retry_in }
        }
    };
    let report = bench.clear().await;
    loop {
        match tools.book.settle(claim, outcome.clone(), &report).await {
            Ok(()) => return Ok(()),
            Err(BookError::Away(why)) => {
                tracing::warn!(job.id = %claim.job, %why, "book away, settling again");
                tokio::time::sleep(AGAIN).await;
            }
            Err(BookError::LeaseLost | BookError::Refused(_)) => return Err(Halt::Lost),
        }
    }
}

enum Stop {
    Halt(Halt),
    Failed(Failure),
}

async fn produce(claim: &Claim, tools: &Tools, bench: &mut Bench) -> Result<Outcome, Stop> {
    let Bench { run, diary } = bench;
    let run = run.insert(tools.transcoder.start(claim).await.map_err(Stop::Failed)?);
    let mut progress_at: Option<Instant> = None;
    let mut noted_at = Instant::now();
    loop {
        let next = tokio::time::timeout(tools.policy.silence, run.next()).await;
        let line = match next {
            Err(_) => return Err(Stop::Failed(failure("transcode_stalled", "the worker hangs"))),
            Ok(None) => {
                return Err(Stop::Failed(failure("transcode_crashed", "the worker ended early")));
            }
            Ok(Some(Err(failure))) => return Err(Stop::Failed(failure)),
            Ok(Some(Ok(line))) => line,
        };
        if noted_at.elapsed() >= NOTE_EVERY
            && let Some(report) = diary.news()
        {
            noted_at = Instant::now();
            // The last report has it all again.
            let _ = tools.book.note(claim, &report).await;
        }
        match line {
            WorkerLine::Sandbox(report) => {
                diary.add(&format!(
                    "sandbox: landlock {:?}, seccomp {}, netns {}, rlimits {}",
                    report.landlock, report.seccomp, report.netns, report.rlimits
                ));
            }
            WorkerLine::Log(line) => {
                let level = format!("{:?}", line.level).to_lowercase();
                diary.add(&format!("{level}: {}", line.message));
            }
            WorkerLine::Done(done) => {
                diary.add(&format!("done: {} frames, {} damaged", done.frames, done.corrupt));
                return Ok(Outcome::Done(done));
            }
            WorkerLine::Failed(failure) => {
                diary.add(&format!("failed: {}: {}", failure.code, failure.detail));
                return Err(Stop::Failed(failure));
            }
            WorkerLine::Progress(_)
                if progress_at.is_some_and(|at| at.elapsed() < PROGRESS_EVERY) => {}
            line => {
                if matches!(line, WorkerLine::Progress(_)) {
                    progress_at = Some(Instant::now());
                }
                record(claim, tools, &line, run.output()).await?;
            }
        }
    }
}

/// Records one line, however long the stores are away: the heartbeat decides when it is too long.
async fn record(
    claim: &Claim,
    tools: &Tools,
    line: &WorkerLine,
    output: &std::path::Path,
) -> Result<(), Stop> {
    loop {
        match tools.book.record(claim, line, output).await {
            Ok(()) => return Ok(()),
            Err(BookError::LeaseLost) => return Err(Stop::Halt(Halt::Lost)),
            Err(BookError::Refused(failure)) => return Err(Stop::Failed(failure)),
            // Progress is not worth waiting for.
            Err(BookError::Away(_)) if matches!(line, WorkerLine::Progress(_)) => return Ok(()),
            Err(BookError::Away(why)) => {
                tracing::warn!(job.id = %claim.job, %why, "store away, trying again");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// Renews the lease until the job must stop.
async fn beat(claim: &Claim, tools: &Tools) -> Halt {
    let mut held_at = Instant::now();
    loop {
        tokio::time::sleep(tools.policy.heartbeat).await;
        let asked_at = Instant::now();
        // A call that hangs must not outlive the lease.
        let left = tools.policy.lease.saturating_sub(held_at.elapsed());
        match tokio::time::timeout(left, tools.book.heartbeat(claim)).await {
            Ok(Ok(Lease::Held)) => held_at = asked_at,
            Ok(Ok(Lease::Cancelled)) => return Halt::Cancelled,
            Ok(Err(BookError::LeaseLost)) | Err(_) => return Halt::Lost,
            Ok(Err(BookError::Away(_) | BookError::Refused(_))) => {
                if held_at.elapsed() >= tools.policy.lease {
                    return Halt::Lost;
                }
            }
        }
    }
}

fn failure(code: &str, detail: &str) -> Failure {
    Failure { code: code.into(), detail: detail.into(), at_s: None, retryable: true }
}
