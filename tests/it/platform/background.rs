//! The outbox and the job queue on a real database.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use diesel_async::AsyncPgConnection;
use ilmspace::app::App;
use ilmspace::platform::events::{self, Event, Subscribers};
use ilmspace::platform::http::{Code, Problem};
use ilmspace::platform::jobs::{self, Enqueue, Handlers, Job, JobError, JobMeta, Worker};
use serde::{Deserialize, Serialize};

use crate::support::TestServer;

static RUNS: AtomicUsize = AtomicUsize::new(0);
static HEARD: AtomicUsize = AtomicUsize::new(0);

/// Fails as often as it says, then succeeds.
#[derive(Serialize, Deserialize)]
struct Stubborn {
    failures: i32,
    fatal: bool,
}

impl Job for Stubborn {
    const KIND: &'static str = "test.stubborn";
    const MAX_ATTEMPTS: i32 = 3;

    async fn run(self, _app: App, meta: JobMeta) -> Result<(), JobError> {
        RUNS.fetch_add(1, Ordering::SeqCst);
        if self.fatal {
            return Err(JobError::Fatal("never".into()));
        }
        if meta.attempt <= self.failures {
            return Err(JobError::Retry("not yet".into()));
        }
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
struct Happened {
    n: usize,
}

impl Event for Happened {
    const KIND: &'static str = "test.happened";
}

fn worker(s: &TestServer) -> Worker {
    let mut handlers = Handlers::default();
    handlers.job::<Stubborn>();
    let mut subscribers = Subscribers::default();
    subscribers.subscribe("test.first", |_, event: Happened, _| async move {
        HEARD.fetch_add(event.n, Ordering::SeqCst);
        Ok(())
    });
    subscribers.subscribe("test.second", |_, event: Happened, _| async move {
        HEARD.fetch_add(100 * event.n, Ordering::SeqCst);
        Ok(())
    });
    Worker::new(s.app.id(), handlers, subscribers, Vec::new())
}

async fn enqueue(s: &TestServer, job: Stubborn, how: Enqueue) {
    s.app
        .db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            jobs::enqueue(conn, &s.app, &job, how).await
        })
        .await
        .unwrap();
}

async fn counts(s: &TestServer) -> jobs::Counts {
    let mut conn = s.app.db.conn().await.unwrap();
    jobs::counts(&mut conn, s.app.clock.now()).await.unwrap()
}

/// JOB-01: back-off, then success; a job that never succeeds becomes a dead letter and is kept.
/// One test, since the counters are the process's.
#[tokio::test]
async fn jobs_retry_with_growing_waits_and_end_as_dead_letters() {
    let s = TestServer::start().await;
    let worker = worker(&s);

    enqueue(&s, Stubborn { failures: 1, fatal: false }, Enqueue::now()).await;
    worker.settle(&s.app).await.unwrap();
    assert_eq!((RUNS.load(Ordering::SeqCst), counts(&s).await.later), (1, 1));
    s.advance(Duration::from_secs(1));
    worker.settle(&s.app).await.unwrap();
    assert_eq!((RUNS.load(Ordering::SeqCst), counts(&s).await), (2, jobs::Counts::default()));

    enqueue(&s, Stubborn { failures: 9, fatal: false }, Enqueue::now()).await;
    for _ in 0..5 {
        worker.settle(&s.app).await.unwrap();
        s.advance(Duration::from_secs(3600));
    }
    assert_eq!((RUNS.load(Ordering::SeqCst), counts(&s).await.dead), (5, 1));
    enqueue(&s, Stubborn { failures: 0, fatal: true }, Enqueue::now()).await;
    worker.settle(&s.app).await.unwrap();
    assert_eq!(counts(&s).await.dead, 2);
}

#[tokio::test]
async fn a_job_waits_for_its_time_and_is_queued_once_for_one_purpose() {
    let s = TestServer::start().await;
    let later = s.app.clock.now() + chrono::TimeDelta::hours(1);
    for _ in 0..3 {
        let job = Stubborn { failures: 0, fatal: false };
        enqueue(&s, job, Enqueue::now().at(later).dedup("one purpose")).await;
    }
    assert_eq!(counts(&s).await, jobs::Counts { later: 1, ..jobs::Counts::default() });
    s.advance(Duration::from_secs(3600));
    assert_eq!(counts(&s).await.due, 1);
}

/// A fact reaches every subscriber once it is committed, and nobody when it is not.
#[tokio::test]
async fn facts_are_heard_by_all_after_the_commit_and_by_nobody_after_a_rollback() {
    let s = TestServer::start().await;
    let worker = worker(&s);
    let refused: Result<(), Problem> = s
        .app
        .db
        .transaction(async |conn: &mut AsyncPgConnection| {
            events::publish(conn, &s.app, &Happened { n: 50 }).await?;
            Err(Problem::new(Code::NotFound))
        })
        .await;
    assert!(refused.is_err());
    for n in [1, 2] {
        s.app
            .db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
                events::publish(conn, &s.app, &Happened { n }).await.map(drop)
            })
            .await
            .unwrap();
    }
    worker.settle(&s.app).await.unwrap();
    assert_eq!(HEARD.load(Ordering::SeqCst), 303);
    worker.settle(&s.app).await.unwrap();
    assert_eq!(HEARD.load(Ordering::SeqCst), 303);
}

/// Two workers share a queue: every job runs once.
#[tokio::test(flavor = "multi_thread")]
async fn no_job_is_given_to_two_workers() {
    #[derive(Serialize, Deserialize)]
    struct Once;
    static ONCE: AtomicUsize = AtomicUsize::new(0);
    impl Job for Once {
        const KIND: &'static str = "test.once";
        async fn run(self, _: App, _: JobMeta) -> Result<(), JobError> {
            ONCE.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    }
    let s = TestServer::start().await;
    s.app
        .db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            for _ in 0..40 {
                jobs::enqueue(conn, &s.app, &Once, Enqueue::now()).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let mut handlers = Handlers::default();
    handlers.job::<Once>();
    let make = || Worker::new(s.app.id(), handlers.clone(), Subscribers::default(), Vec::new());
    let (one, two, three) = (make(), make(), make());
    let ran = tokio::join!(one.settle(&s.app), two.settle(&s.app), three.settle(&s.app));
    assert_eq!(ran.0.unwrap() + ran.1.unwrap() + ran.2.unwrap(), 40);
    assert_eq!(ONCE.load(Ordering::SeqCst), 40);
}
