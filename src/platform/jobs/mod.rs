//! Short background work: a row in the business transaction, run at least once afterwards, with
//! back-off and dead letters. Long work (transcoding) has leases of its own and is not a job here.
//!
//! A job is a serde struct with `run`; every kind is registered in `wiring.rs`. Handlers are
//! idempotent: a worker that dies between the work and its bookkeeping repeats the work.

mod store;
mod worker;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use diesel_async::AsyncPgConnection;
use futures::future::BoxFuture;
use kernel::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::app::App;
use crate::platform::http::Problem;

pub use store::{Counts, counts};
pub use worker::{Schedule, Worker};

/// Why a job did not succeed this time.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Worth another try.
    #[error("{0}")]
    Retry(String),
    /// Never going to work: straight to the dead letters.
    #[error("{0}")]
    Fatal(String),
}

impl From<Problem> for JobError {
    fn from(problem: Problem) -> Self {
        Self::Retry(problem.to_string())
    }
}

impl From<diesel::result::Error> for JobError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Retry(error.to_string())
    }
}

/// What a running job knows of itself.
#[derive(Debug, Clone)]
pub struct JobMeta {
    /// The job's id.
    pub id: Uuid,
    /// 1 for the first attempt.
    pub attempt: i32,
}

/// How soon a kind of work has to be done, against others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lane {
    /// Somebody waits for it: a code by mail, the end of a playback.
    #[default]
    Quick,
    /// Nobody waits for it, and it may take long: deletions, recounts. It never takes all hands.
    Slow,
}

/// A kind of background work.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its stable name.
    const KIND: &'static str;
    /// Tries before it becomes a dead letter.
    const MAX_ATTEMPTS: i32 = 10;
    /// Which work it may wait behind.
    const LANE: Lane = Lane::Quick;

    /// Does the work. At least once: must be harmless when repeated.
    fn run(
        self,
        app: App,
        meta: JobMeta,
    ) -> impl Future<Output = Result<(), JobError>> + Send + 'static;
}

/// When and how a job is queued.
#[derive(Debug, Clone, Default)]
pub struct Enqueue {
    at: Option<Timestamp>,
    dedup: Option<String>,
}

impl Enqueue {
    /// As soon as possible.
    pub fn now() -> Self {
        Self::default()
    }

    /// Not before `at`.
    #[must_use]
    pub fn at(mut self, at: Timestamp) -> Self {
        self.at = Some(at);
        self
    }

    /// Not if a job of this kind with the same key is waiting; one that is running runs once more.
    #[must_use]
    pub fn dedup(mut self, key: impl Into<String>) -> Self {
        self.dedup = Some(key.into());
        self
    }
}

/// Queues `job` in the caller's transaction.
pub async fn enqueue<J: Job>(
    conn: &mut AsyncPgConnection,
    app: &App,
    job: &J,
    how: Enqueue,
) -> Result<(), Problem> {
    let payload = serde_json::to_value(job).map_err(Problem::internal)?;
    let new = store::NewJob {
        id: app.id(),
        kind: J::KIND.to_owned(),
        payload,
        dedup_key: how.dedup,
        run_at: how.at.unwrap_or_else(|| app.clock.now()),
        max_attempts: J::MAX_ATTEMPTS,
    };
    store::insert(conn, &[new], app.clock.now()).await?;
    Ok(())
}

/// Queues `job` by its parts; the outbox relay uses it for subscribers.
pub(super) use store::NewJob;
pub(super) use store::insert as insert_raw;

type Run =
    Arc<dyn Fn(App, Value, JobMeta) -> BoxFuture<'static, Result<(), JobError>> + Send + Sync>;

/// The kinds of jobs that this process can run.
#[derive(Default, Clone)]
pub struct Handlers {
    runs: HashMap<String, Run>,
    slow: HashSet<String>,
}

impl std::fmt::Debug for Handlers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.runs.keys()).finish()
    }
}

impl Handlers {
    /// Adds the kind `J`.
    pub fn job<J: Job>(&mut self) {
        if J::LANE == Lane::Slow {
            self.slow.insert(J::KIND.to_owned());
        }
        self.raw(J::KIND, |app, payload, meta| {
            Box::pin(async move {
                let job: J = serde_json::from_value(payload)
                    .map_err(|error| JobError::Fatal(format!("unreadable payload: {error}")))?;
                job.run(app, meta).await
            })
        });
    }

    /// Adds a kind by name.
    pub(super) fn raw(
        &mut self,
        kind: &str,
        run: impl Fn(App, Value, JobMeta) -> BoxFuture<'static, Result<(), JobError>>
        + Send
        + Sync
        + 'static,
    ) {
        self.runs.insert(kind.to_owned(), Arc::new(run));
    }

    fn get(&self, kind: &str) -> Option<Run> {
        self.runs.get(kind).cloned()
    }

    fn is_slow(&self, kind: &str) -> bool {
        self.slow.contains(kind)
    }

    fn slow(&self) -> Vec<String> {
        self.slow.iter().cloned().collect()
    }
}
