//! The ports of a transcoding job: the book that the video context keeps, and the child process.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use media::worker::{Done, Failure, WorkerLine, WorkerOrder};
use uuid::Uuid;

/// A job that this node holds under a lease.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The job.
    pub job: Uuid,
    /// The video that it is about.
    pub video: Uuid,
    /// 1 at the first try.
    pub attempt: u32,
    /// Changes with every claim. The book refuses whoever comes with an old one, so that two
    /// holders never both write.
    pub fence: i64,
    /// What the child is to do, with the keys and the first segment to make.
    pub order: WorkerOrder,
}

/// What a heartbeat learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// Renewed; go on.
    Held,
    /// Renewed, and somebody asked to stop the job.
    Cancelled,
}

/// How a job ended on this node.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Everything is stored: publish, in one transaction.
    Done(Done),
    /// This attempt failed.
    Failed {
        /// Why.
        failure: Failure,
        /// When to try again; `None` = never, the video has failed.
        retry_in: Option<Duration>,
    },
    /// Somebody asked for it.
    Cancelled,
    /// The node stops: give the lease back, any node may go on. No attempt is counted.
    Released,
}

/// What a child leaves behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChildEnd {
    /// The end of its stderr.
    pub stderr: String,
    /// CPU time, in user and kernel together.
    pub cpu: Option<Duration>,
    /// The most memory that it held, in KiB.
    pub peak_kib: Option<u64>,
}

/// What is kept of a run for those who look into it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunReport {
    /// What the child said of the file, at most [`super::LOG_BYTES`].
    pub log: String,
    /// CPU time of the child.
    pub cpu: Option<Duration>,
    /// The most memory that the child held, in KiB.
    pub peak_kib: Option<u64>,
    /// Wall time.
    pub elapsed: Duration,
}

/// Why the book did not do what it was asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BookError {
    /// The claim is not (any more) this node's. Stop at once, write nothing.
    #[error("the lease is lost")]
    LeaseLost,
    /// The database or the object store is away; the same call may work later.
    #[error("the store is away: {0}")]
    Away(String),
    /// What the worker says cannot be: this attempt has failed.
    #[error("refused: {}", .0.detail)]
    Refused(Failure),
}

/// The book of transcoding jobs, kept by the video context.
#[async_trait]
pub trait TranscodeBook: Send + Sync + 'static {
    /// Claims the next job that is due, whose lease no one holds or whose holder has let it
    /// expire.
    async fn claim_next(&self) -> Result<Option<Claim>, BookError>;

    /// Renews the lease.
    async fn heartbeat(&self, claim: &Claim) -> Result<Lease, BookError>;

    /// Takes in one line of the child (never `Sandbox`, `Done` or `Failed`). Files that it names
    /// are in `output`: the book stores them before it writes their rows, and removes them there.
    /// The same line may come again: after an error of the first try, or from a later attempt.
    async fn record(
        &self,
        claim: &Claim,
        line: &WorkerLine,
        output: &Path,
    ) -> Result<(), BookError>;

    /// Takes in what is known of the run so far. Worth no second try.
    async fn note(&self, claim: &Claim, report: &RunReport) -> Result<(), BookError>;

    /// Ends the claim.
    async fn settle(
        &self,
        claim: &Claim,
        outcome: Outcome,
        report: &RunReport,
    ) -> Result<(), BookError>;
}

/// Starts child processes.
#[async_trait]
pub trait Transcoder: Send + Sync + 'static {
    /// Brings the source to this machine and starts a child on it.
    ///
    /// # Errors
    /// The failure of this attempt.
    async fn start(&self, claim: &Claim) -> Result<Box<dyn Run>, Failure>;
}

/// One child process at work. Dropping it ends the process and removes its directory.
#[async_trait]
pub trait Run: Send + 'static {
    /// The next line, checked for shape; `None` when the child has ended.
    async fn next(&mut self) -> Option<Result<WorkerLine, Failure>>;

    /// Where it puts its files.
    fn output(&self) -> &Path;

    /// Ends the process, if it has not ended, and says what it cost and said.
    async fn finish(&mut self) -> ChildEnd;
}
