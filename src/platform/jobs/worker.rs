//! Runs jobs and schedules, and relays the outbox. Woken by every commit of this process; polls
//! once a second for what other processes queued.

use std::hash::{BuildHasher as _, RandomState};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use kernel::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Handlers, JobError, JobMeta, store};
use crate::app::App;
use crate::platform::events::{self, Subscribers};
use crate::platform::http::Problem;

/// Jobs at once …
const AT_ONCE: usize = 4;
/// … of which so many may be of the slow lane.
const SLOW_AT_ONCE: usize = 2;
/// How long a claim holds; afterwards another worker may take the job.
const LEASE: chrono::TimeDelta = chrono::TimeDelta::minutes(5);
/// How long a job may take: it ends before its claim does.
const TIMEOUT: Duration = Duration::from_secs(270);
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
    handlers: Handlers,
    subscribers: Arc<Subscribers>,
    schedules: Vec<Schedule>,
}

impl Worker {
    /// A worker for these kinds, subscribers and schedules.
    pub fn new(mut handlers: Handlers, subscribers: Subscribers, schedules: Vec<Schedule>) -> Self {
        subscribers.register(&mut handlers);
        Self { handlers, subscribers: Arc::new(subscribers), schedules }
    }

    /// Works until `stop`, then finishes what is in hand.
    pub async fn run(self, app: App, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        for schedule in self.schedules.clone() {
            tasks.spawn(keep(schedule, app.clone(), stop.clone()));
        }
        let slots = Slots::default();
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
            match self.claim(app, &[]).await? {
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

    async fn start_due(&self, app: &App, slots: &Slots, tasks: &TaskTracker) -> bool {
        let mut started = false;
        let slow = self.handlers.slow();
        while let Ok(slot) = slots.all.clone().try_acquire_owned() {
            let slow_slot = slots.slow.clone().try_acquire_owned().ok();
            let but: &[String] = if slow_slot.is_some() { &[] } else { &slow };
            match self.claim(app, but).await {
                Ok(Some(job)) => {
                    // Work of the quick lane gives the slow one's place back at once.
                    let slow_slot: Option<OwnedSemaphorePermit> =
                        slow_slot.filter(|_| self.handlers.is_slow(&job.kind));
                    let (worker, app) = (self.clone(), app.clone());
                    tasks.spawn(async move {
                        worker.run_one(&app, job).await;
                        drop((slot, slow_slot));
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

    /// The next job, of none of the kinds `but`. One whose worker died at its last attempt is not
    /// tried again: a job that takes the process with it would do so for ever.
    async fn claim(&self, app: &App, but: &[String]) -> Result<Option<store::ClaimedJob>, Problem> {
        loop {
            let now = app.clock.now();
            let token = app.id();
            let mut conn = app.db.conn().await?;
            match store::claim(&mut conn, token, but, now, now + LEASE).await? {
                Some(job) if job.attempts > job.max_attempts => {
                    drop(conn);
                    let lost = JobError::Fatal("its worker died at every attempt".to_owned());
                    self.record(app, &job, Err(lost)).await?;
                }
                claimed => return Ok(claimed),
            }
        }
    }

    async fn run_one(&self, app: &App, mut job: store::ClaimedJob) {
        let meta = JobMeta { id: job.id, attempt: job.attempts };
        let payload = job.payload.take();
        let result = match self.handlers.get(&job.kind) {
            None => Err(JobError::Retry(format!("no handler for {}", job.kind))),
            Some(run) => {
                let work = AssertUnwindSafe(run(app.clone(), payload, meta)).catch_unwind();
                match tokio::time::timeout(TIMEOUT, work).await {
                    Ok(Ok(result)) => result,
                    Ok(Err(_)) => Err(JobError::Retry("panicked".to_owned())),
                    Err(_) => Err(JobError::Retry("took too long".to_owned())),
                }
            }
        };
        app.metrics.job(&job.kind, result.is_ok());
        if let Err(problem) = self.record(app, &job, result).await {
            // The lease runs out and the job is repeated, which its handler bears.
            tracing::warn!(%problem, job = %job.id, "a job's outcome could not be recorded");
        }
    }

    async fn record(
        &self,
        app: &App,
        job: &store::ClaimedJob,
        result: Result<(), JobError>,
    ) -> Result<(), Problem> {
        let now = app.clock.now();
        let mut conn = app.db.conn().await?;
        match result {
            Ok(()) => store::finish(&mut conn, job, now).await?,
            Err(error) => {
                let (id, kind, attempts) = (job.id, job.kind.as_str(), job.attempts);
                let fatal = matches!(error, JobError::Fatal(_)) || attempts >= job.max_attempts;
                let retry_at = (!fatal).then(|| retry_at(attempts, now));
                if fatal {
                    tracing::error!(job = %id, kind, attempts, %error, "a job is given up");
                } else {
                    tracing::warn!(job = %id, kind, attempts, %error, "a job failed and waits");
                }
                let text: String = error.to_string().chars().take(2000).collect();
                store::fail(&mut conn, job, &text, retry_at, now).await?;
            }
        }
        Ok(())
    }
}

/// The hands of a worker.
struct Slots {
    all: Arc<Semaphore>,
    slow: Arc<Semaphore>,
}

impl Default for Slots {
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(AT_ONCE)),
            slow: Arc::new(Semaphore::new(SLOW_AT_ONCE)),
        }
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
