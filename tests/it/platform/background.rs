//! The outbox and the job queue on a real database.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use diesel_async::AsyncPgConnection;
use ilmspace::app::App;
use ilmspace::platform::events::{self, Event, Subscribers};
use ilmspace::platform::http::{Code, Problem};
use ilmspace::platform::jobs::{self, Enqueue, Handlers, Job, JobError, JobMeta, Lane, Worker};
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

fn worker() -> Worker {
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
    Worker::new(handlers, subscribers, Vec::new())
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
    let worker = worker();

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
    let worker = worker();
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
    let make = || Worker::new(handlers.clone(), Subscribers::default(), Vec::new());
    let (one, two, three) = (make(), make(), make());
    let ran = tokio::join!(one.settle(&s.app), two.settle(&s.app), three.settle(&s.app));
    assert_eq!(ran.0.unwrap() + ran.1.unwrap() + ran.2.unwrap(), 40);
    assert_eq!(ONCE.load(Ordering::SeqCst), 40);
}

/// JOB-01: bulk work leaves hands free for what somebody waits for.
#[tokio::test(flavor = "multi_thread")]
async fn slow_work_never_takes_all_hands() {
    static SLOW: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    static QUICK: tokio::sync::Notify = tokio::sync::Notify::const_new();
    static RELEASE: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(0);
    #[derive(Serialize, Deserialize)]
    struct Deletion;
    impl Job for Deletion {
        const KIND: &'static str = "test.deletion";
        const LANE: Lane = Lane::Slow;
        async fn run(self, _: App, _: JobMeta) -> Result<(), JobError> {
            let now = SLOW.fetch_add(1, Ordering::SeqCst) + 1;
            MOST.fetch_max(now, Ordering::SeqCst);
            RELEASE.acquire().await.unwrap().forget();
            SLOW.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        }
    }
    #[derive(Serialize, Deserialize)]
    struct Code;
    impl Job for Code {
        const KIND: &'static str = "test.code";
        async fn run(self, _: App, _: JobMeta) -> Result<(), JobError> {
            QUICK.notify_one();
            Ok(())
        }
    }
    let s = TestServer::start().await;
    s.app
        .db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            for _ in 0..8 {
                jobs::enqueue(conn, &s.app, &Deletion, Enqueue::now()).await?;
            }
            jobs::enqueue(conn, &s.app, &Code, Enqueue::now()).await
        })
        .await
        .unwrap();
    let mut handlers = Handlers::default();
    handlers.job::<Deletion>();
    handlers.job::<Code>();
    let stop = tokio_util::sync::CancellationToken::new();
    let worker = Worker::new(handlers, Subscribers::default(), Vec::new());
    let running = tokio::spawn(worker.run(s.app.clone(), stop.clone()));
    let waited = tokio::time::timeout(Duration::from_secs(20), QUICK.notified()).await;
    RELEASE.add_permits(8);
    stop.cancel();
    running.await.unwrap();
    assert!(waited.is_ok(), "the code waits behind deletions");
    assert_eq!(MOST.load(Ordering::SeqCst), 2);
}

/// Leaves a running job behind as a worker that was killed does.
async fn kill_worker(s: &TestServer, lease: &str) {
    use diesel_async::SimpleAsyncConnection as _;
    let mut conn = s.app.db.conn().await.unwrap();
    conn.batch_execute(&format!(
        "update jobs set state = 'running', attempts = attempts + 1, \
         locked_by = gen_random_uuid(), locked_until = now() {lease}"
    ))
    .await
    .unwrap();
}

/// JOB-01: a job that takes its process with it is not tried for ever.
#[tokio::test]
async fn a_job_whose_worker_dies_each_time_becomes_a_dead_letter() {
    static TRIED: AtomicUsize = AtomicUsize::new(0);
    #[derive(Serialize, Deserialize)]
    struct Deadly;
    impl Job for Deadly {
        const KIND: &'static str = "test.deadly";
        const MAX_ATTEMPTS: i32 = 2;
        async fn run(self, _: App, _: JobMeta) -> Result<(), JobError> {
            TRIED.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    }
    let s = TestServer::start().await;
    let mut conn = s.app.db.conn().await.unwrap();
    jobs::enqueue(&mut conn, &s.app, &Deadly, Enqueue::now()).await.unwrap();
    drop(conn);
    for _ in 0..2 {
        kill_worker(&s, "- interval '1 hour'").await;
    }
    let mut handlers = Handlers::default();
    handlers.job::<Deadly>();
    let worker = Worker::new(handlers, Subscribers::default(), Vec::new());
    assert_eq!(worker.settle(&s.app).await.unwrap(), 0);
    assert_eq!((TRIED.load(Ordering::SeqCst), counts(&s).await.dead), (0, 1));
}

/// JOB-01: whoever lost the job to another can no longer say how it ended.
#[tokio::test]
async fn an_old_holder_does_not_end_a_new_claim() {
    #[derive(Serialize, Deserialize)]
    struct Overtaken;
    impl Job for Overtaken {
        const KIND: &'static str = "test.overtaken";
        async fn run(self, app: App, _: JobMeta) -> Result<(), JobError> {
            use diesel_async::SimpleAsyncConnection as _;
            // Meanwhile the claim has run out and another worker holds the job.
            let mut conn = app.db.conn().await?;
            conn.batch_execute("update jobs set locked_by = gen_random_uuid()").await?;
            Ok(())
        }
    }
    let s = TestServer::start().await;
    let mut conn = s.app.db.conn().await.unwrap();
    jobs::enqueue(&mut conn, &s.app, &Overtaken, Enqueue::now()).await.unwrap();
    drop(conn);
    let mut handlers = Handlers::default();
    handlers.job::<Overtaken>();
    let worker = Worker::new(handlers, Subscribers::default(), Vec::new());
    assert_eq!(worker.settle(&s.app).await.unwrap(), 1);
    assert_eq!(counts(&s).await.running, 1, "still the other's");
}

/// What is asked for while the same runs may have come too late for it: it runs once more.
#[tokio::test]
async fn a_purpose_asked_for_again_while_it_runs_is_served_again() {
    static SERVED: AtomicUsize = AtomicUsize::new(0);
    #[derive(Serialize, Deserialize)]
    struct Recount;
    impl Job for Recount {
        const KIND: &'static str = "test.recount";
        async fn run(self, app: App, _: JobMeta) -> Result<(), JobError> {
            if SERVED.fetch_add(1, Ordering::SeqCst) == 0 {
                let mut conn = app.db.conn().await?;
                for _ in 0..3 {
                    let how = Enqueue::now().dedup("course 1");
                    jobs::enqueue(&mut conn, &app, &Recount, how).await?;
                }
            }
            Ok(())
        }
    }
    let s = TestServer::start().await;
    let mut conn = s.app.db.conn().await.unwrap();
    let how = Enqueue::now().dedup("course 1");
    jobs::enqueue(&mut conn, &s.app, &Recount, how).await.unwrap();
    drop(conn);
    let mut handlers = Handlers::default();
    handlers.job::<Recount>();
    let worker = Worker::new(handlers, Subscribers::default(), Vec::new());
    worker.settle(&s.app).await.unwrap();
    assert_eq!((SERVED.load(Ordering::SeqCst), counts(&s).await), (2, jobs::Counts::default()));
}

/// JOB-04: a backlog larger than one statement may take.
#[tokio::test]
async fn old_facts_are_forgotten_however_many_there_are() {
    use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
    let s = TestServer::start().await;
    let mut conn = s.app.db.conn().await.unwrap();
    conn.batch_execute(
        "insert into outbox (id, kind, payload, occurred_at, relayed_at) select \
         gen_random_uuid(), 'test.old', '{}', now() - interval '40 days', \
         now() - interval '40 days' from generate_series(1, 12001)",
    )
    .await
    .unwrap();
    events::purge(&s.app).await.unwrap();
    #[derive(diesel::QueryableByName)]
    struct Left {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        left: i64,
    }
    let sql = "select count(*) as left from outbox where kind = 'test.old'";
    let left: Left = diesel::sql_query(sql).get_result(&mut conn).await.unwrap();
    assert_eq!(left.left, 0);
}
