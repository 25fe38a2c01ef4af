//! Runs jobs and schedules, and relays the outbox. Woken by every commit of this process; polls
//! once a second for what other processes queued.

use std::hash::{BuildHasher as _, RandomState};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use kernel::Timestamp;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::{Handlers, JobError, JobMeta, store};
use crate::app::App;
use crate::platform::events::{self, Subscribers};
use crate::platform::http::Problem;

const AT_ONCE: usize = 4;
const LEASE: chrono::TimeDelta = chrono::TimeDelta::minutes(5);
const POLL: Duration = Duration::from_secs(1);

/// Something that is done again and again. It must be harmless when two nodes do it at once.
#[derive(Clone)]
pub struct Schedule {
    /// Its name in logs.
    pub name: &'static str,
    /// How often.
    pub every: Duration,
    /// What.
    pub run: fn(App) -> BoxFuture<'static, Result<(), Problem>>,
}

impl std::fmt::Debug for Schedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Schedule").field("name", &self.name).field("every", &self.every).finish()
    }
}

/// The background half of a process.
#[derive(Debug, Clone)]
pub struct Worker {
    id: Uuid,
    handlers: Handlers,
    subscribers: Arc<Subscribers>,
    schedules: Vec<Schedule>,
}

impl Worker {
    /// A worker for these kinds, subscribers and schedules.
    pub fn new(
        id: Uuid,
        mut handlers: Handlers,
        subscribers: Subscribers,
        schedules: Vec<Schedule>,
    ) -> Self {
        subscribers.register(&mut handlers);
        Self { id, handlers, subscribers: Arc::new(subscribers), schedules }
    }

    /// Works until `stop`, then finishes what is in hand.
    pub async fn run(self, app: App, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        for schedule in self.schedules.clone() {
            tasks.spawn(keep(schedule, app.clone(), stop.clone()));
        }
        let slots = Arc::new(Semaphore::new(AT_ONCE));
        while !stop.is_cancelled() {
            let busy = self.relay(&app).await | self.start_due(&app, &slots, &tasks).await;
            if !busy {
                tokio::select! {
                    () = app.db.committed() => {}
                    () = tokio::time::sleep(POLL) => {}
                    () = stop.cancelled() => {}
                }
            }
        }
        tasks.close();
        tasks.wait().await;
    }

    /// Relays and runs everything that is due, one after the other, until nothing is left: for
    /// tests and for commands that must leave nothing behind. Returns how many jobs it ran.
    pub async fn settle(&self, app: &App) -> Result<usize, Problem> {
        let mut ran = 0;
        loop {
            let relayed = events::relay(app, &self.subscribers).await?;
            match self.claim(app).await? {
                Some(job) => {
                    self.run_one(app, job).await;
                    ran += 1;
                }
                None if relayed == 0 => return Ok(ran),
                None => {}
            }
        }
    }

    async fn relay(&self, app: &App) -> bool {
        match events::relay(app, &self.subscribers).await {
            Ok(count) => count > 0,
            Err(problem) => {
                tracing::warn!(%problem, "the outbox waits");
                false
            }
        }
    }

    async fn start_due(&self, app: &App, slots: &Arc<Semaphore>, tasks: &TaskTracker) -> bool {
        let mut started = false;
        while let Ok(slot) = slots.clone().try_acquire_owned() {
            match self.claim(app).await {
                Ok(Some(job)) => {
                    let (worker, app) = (self.clone(), app.clone());
                    tasks.spawn(async move {
                        worker.run_one(&app, job).await;
                        drop(slot);
                        // A slot is free: look again.
                        app.db.wake();
                    });
                    started = true;
                }
                Ok(None) => break,
                Err(problem) => {
                    tracing::warn!(%problem, "the job queue waits");
                    break;
                }
            }
        }
        started
    }

    async fn claim(&self, app: &App) -> Result<Option<store::ClaimedJob>, Problem> {
        let now = app.clock.now();
        let mut conn = app.db.conn().await?;
        Ok(store::claim(&mut conn, self.id, now, now + LEASE).await?)
    }

    async fn run_one(&self, app: &App, job: store::ClaimedJob) {
        let meta = JobMeta { id: job.id, attempt: job.attempts };
        let result = match self.handlers.get(&job.kind) {
            None => Err(JobError::Retry(format!("no handler for {}", job.kind))),
            Some(run) => {
                let work = AssertUnwindSafe(run(app.clone(), job.payload, meta)).catch_unwind();
                let limit = LEASE.to_std().unwrap_or(POLL);
                match tokio::time::timeout(limit, work).await {
                    Ok(Ok(result)) => result,
                    Ok(Err(_)) => Err(JobError::Retry("panicked".to_owned())),
                    Err(_) => Err(JobError::Retry("took too long".to_owned())),
                }
            }
        };
        app.metrics.job(&job.kind, result.is_ok());
        let recorded = self.record(app, job.id, &job.kind, job.attempts, job.max_attempts, result);
        if let Err(problem) = recorded.await {
            // The lease runs out and the job is repeated, which its handler bears.
            tracing::warn!(%problem, job = %job.id, "a job's outcome could not be recorded");
        }
    }

    async fn record(
        &self,
        app: &App,
        id: Uuid,
        kind: &str,
        attempts: i32,
        max_attempts: i32,
        result: Result<(), JobError>,
    ) -> Result<(), Problem> {
        let now = app.clock.now();
        let mut conn = app.db.conn().await?;
        match result {
            Ok(()) => store::finish(&mut conn, id, self.id).await?,
            Err(error) => {
                let fatal = matches!(error, JobError::Fatal(_)) || attempts >= max_attempts;
                let retry_at = (!fatal).then(|| retry_at(attempts, now));
                if fatal {
                    tracing::error!(job = %id, kind, attempts, %error, "a job is given up");
                } else {
                    tracing::warn!(job = %id, kind, attempts, %error, "a job failed and waits");
                }
                let text: String = error.to_string().chars().take(2000).collect();
                store::fail(&mut conn, id, self.id, &text, retry_at, now).await?;
            }
        }
        Ok(())
    }
}

/// 1 s, 2 s, 4 s … up to an hour.
fn retry_at(attempts: i32, now: Timestamp) -> Timestamp {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(12);
    now + chrono::TimeDelta::seconds((1i64 << doublings).min(3600))
}

/// How long after the start of a process a schedule first runs: soon, so that what is done once a day
/// is done on a server that is restarted every day, and not everything at once on every node.
fn first_after(every: Duration, random: u64) -> Duration {
    Duration::from_secs(5 + random % 56).min(every)
}

async fn keep(schedule: Schedule, app: App, stop: CancellationToken) {
    // In the sandbox time is moved by hand: nothing may come in between.
    let mut pause = match app.config.sandbox {
        true => schedule.every,
        false => first_after(schedule.every, RandomState::new().hash_one(schedule.name)),
    };
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return,
        }
        pause = schedule.every;
        let run = AssertUnwindSafe((schedule.run)(app.clone())).catch_unwind().await;
        match run {
            Ok(Ok(())) => {}
            Ok(Err(problem)) => tracing::warn!(%problem, schedule = schedule.name, "put off"),
            Err(_) => tracing::error!(schedule = schedule.name, "panicked"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_once_a_day_is_done_in_the_first_minute() {
        for random in [0, 1, 55, 56, u64::MAX] {
            let first = first_after(Duration::from_secs(86_400), random).as_secs();
            assert!((5..=60).contains(&first), "{first}");
            assert_eq!(first_after(Duration::from_secs(2), random), Duration::from_secs(2));
        }
    }

    #[test]
    fn retries_wait_longer_each_time_and_an_hour_at_most() {
        let now = "2026-11-20T15:00:00Z".parse().unwrap();
        let waits: Vec<i64> =
            [1, 2, 3, 13, 99].map(|n| (retry_at(n, now) - now).num_seconds()).into();
        assert_eq!(waits, [1, 2, 4, 3600, 3600]);
    }
}
