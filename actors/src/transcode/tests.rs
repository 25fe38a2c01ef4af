//! Tests of the desk and its jobs over a book and a transcoder in memory.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::channel::mpsc;
use media::worker::{Done, RenditionDone, WorkerLine, WorkerOrder};

use super::port::*;
use super::*;

/// What the test sees happen, in order.
#[derive(Debug, Clone, PartialEq)]
enum Seen {
    Started(u32),
    Recorded(String),
    Settled(Outcome),
    ChildEnded,
}

struct World {
    queue: Mutex<VecDeque<Claim>>,
    script: Mutex<VecDeque<Vec<Step>>>,
    seen: mpsc::UnboundedSender<Seen>,
    away: AtomicBool,
    lost: AtomicBool,
    cancelled: AtomicBool,
    /// Settling does not come back.
    held: AtomicBool,
    beats: AtomicUsize,
}

/// What a child does.
#[derive(Debug, Clone)]
enum Step {
    Say(WorkerLine),
    Hang,
    Panic,
}

struct Child(VecDeque<Step>, mpsc::UnboundedSender<Seen>);

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.1.unbounded_send(Seen::ChildEnded);
    }
}

#[async_trait]
impl Run for Child {
    async fn next(&mut self) -> Option<Result<WorkerLine, Failure>> {
        match self.0.pop_front()? {
            Step::Say(line) => Some(Ok(line)),
            Step::Hang => std::future::pending().await,
            Step::Panic => panic!("a fault in the job (wanted by the test)"),
        }
    }

    fn output(&self) -> &Path {
        Path::new("/nowhere")
    }

    async fn finish(&mut self) -> ChildEnd {
        ChildEnd { stderr: "the end".into(), ..ChildEnd::default() }
    }
}

#[async_trait]
impl Transcoder for World {
    async fn start(&self, claim: &Claim) -> Result<Box<dyn Run>, Failure> {
        self.saw(Seen::Started(claim.attempt));
        let steps = self.script.lock().unwrap().pop_front().unwrap_or_default();
        Ok(Box::new(Child(steps.into(), self.seen.clone())))
    }
}

#[async_trait]
impl TranscodeBook for World {
    async fn claim_next(&self) -> Result<Option<Claim>, BookError> {
        Ok(self.queue.lock().unwrap().pop_front())
    }

    async fn heartbeat(&self, _: &Claim) -> Result<Lease, BookError> {
        self.beats.fetch_add(1, Ordering::SeqCst);
        self.reach()?;
        let cancelled = self.cancelled.load(Ordering::SeqCst);
        Ok(if cancelled { Lease::Cancelled } else { Lease::Held })
    }

    async fn record(&self, _: &Claim, line: &WorkerLine, _: &Path) -> Result<(), BookError> {
        self.reach()?;
        if let WorkerLine::RenditionDone(done) = line {
            self.saw(Seen::Recorded(done.rendition.clone()));
        }
        Ok(())
    }

    async fn note(&self, _: &Claim, _: &RunReport) -> Result<(), BookError> {
        self.reach()
    }

    async fn settle(
        &self,
        _: &Claim,
        outcome: Outcome,
        report: &RunReport,
    ) -> Result<(), BookError> {
        self.reach()?;
        // Whatever ended the run, its child was asked for what it left.
        assert!(report.log.ends_with("--- stderr\nthe end"), "{}", report.log);
        self.saw(Seen::Settled(outcome));
        while self.held.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }
}

impl World {
    fn saw(&self, seen: Seen) {
        let _ = self.seen.unbounded_send(seen);
    }

    fn reach(&self) -> Result<(), BookError> {
        if self.lost.load(Ordering::SeqCst) {
            return Err(BookError::LeaseLost);
        }
        if self.away.load(Ordering::SeqCst) {
            return Err(BookError::Away("switched off by the test".into()));
        }
        Ok(())
    }
}

fn line(rendition: &str) -> Step {
    let rendition = rendition.to_owned();
    Step::Say(WorkerLine::RenditionDone(RenditionDone { rendition, segments: 1, duration_us: 1 }))
}

const DONE: Done = Done { duration_us: 9, frames: 9, corrupt: 0 };

fn done() -> Step {
    Step::Say(WorkerLine::Done(DONE))
}

fn claim(n: u128) -> Claim {
    let order = WorkerOrder { keys: vec![], ..WorkerOrder::new() };
    Claim { job: Uuid::from_u128(n), video: Uuid::from_u128(n), attempt: 1, fence: 1, order }
}

fn policy() -> Policy {
    Policy {
        heartbeat: Duration::from_millis(5),
        lease: Duration::from_millis(400),
        silence: Duration::from_secs(3600),
        poll: Duration::from_millis(20),
        ..Policy::default()
    }
}

struct Stage {
    world: Arc<World>,
    desk: Addr<Desk>,
    seen: mpsc::UnboundedReceiver<Seen>,
}

fn stage(scripts: Vec<Vec<Step>>, policy: Policy) -> Stage {
    let (tell, seen) = mpsc::unbounded();
    let world = Arc::new(World {
        queue: Mutex::new((1..=scripts.len()).map(|n| claim(n as u128)).collect()),
        script: Mutex::new(scripts.into()),
        seen: tell,
        away: AtomicBool::new(false),
        lost: AtomicBool::new(false),
        cancelled: AtomicBool::new(false),
        held: AtomicBool::new(false),
        beats: AtomicUsize::new(0),
    });
    let (book, transcoder): (Arc<World>, Arc<World>) = (Arc::clone(&world), Arc::clone(&world));
    let desk = Desk::new(book, transcoder, policy, ArbiterPool::new(1)).start();
    Stage { world, desk, seen }
}

impl Stage {
    async fn next(&mut self) -> Seen {
        let next = tokio::time::timeout(Duration::from_secs(5), self.seen.next());
        next.await.expect("nothing happened in five seconds").expect("the world stands")
    }

    async fn beats(&self, more: usize) {
        let until = self.world.beats.load(Ordering::SeqCst) + more;
        while self.world.beats.load(Ordering::SeqCst) < until {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// JOB-02: the slot takes the next job when one is done.
#[actix::test]
async fn jobs_are_done_one_after_the_other_and_settled_after_all_is_recorded() {
    let scripts = vec![vec![line("v360"), line("audio"), done()], vec![line("v720"), done()]];
    let mut stage = stage(scripts, policy());
    let mut seen = Vec::new();
    for _ in 0..9 {
        seen.push(stage.next().await);
    }
    let first = [
        Seen::Started(1),
        Seen::Recorded("v360".into()),
        Seen::Recorded("audio".into()),
        Seen::ChildEnded,
        Seen::Settled(Outcome::Done(DONE)),
    ];
    assert_eq!(seen[..5], first);
    assert_eq!(seen[8], Seen::Settled(Outcome::Done(DONE)));
}

#[actix::test]
async fn cancelling_ends_the_child_here_or_through_the_heartbeat() {
    for here in [true, false] {
        let mut stage = stage(vec![vec![line("v360"), Step::Hang]], policy());
        stage.next().await;
        assert_eq!(stage.next().await, Seen::Recorded("v360".into()));
        if here {
            assert!(stage.desk.send(Cancel { job: Uuid::from_u128(1) }).await.unwrap());
        } else {
            assert!(!stage.desk.send(Cancel { job: Uuid::from_u128(9) }).await.unwrap());
            stage.world.cancelled.store(true, Ordering::SeqCst);
        }
        assert_eq!(stage.next().await, Seen::ChildEnded);
        assert_eq!(stage.next().await, Seen::Settled(Outcome::Cancelled));
    }
}

/// JOB-02: stopped and retried at once, the first actor leaves after the second has begun.
#[actix::test]
async fn a_job_that_is_claimed_again_keeps_its_place_when_its_first_actor_leaves() {
    let policy = Policy { slots: 2, ..policy() };
    let mut stage = stage(vec![vec![Step::Hang]], policy);
    assert_eq!(stage.next().await, Seen::Started(1));
    stage.world.held.store(true, Ordering::SeqCst);
    let job = Uuid::from_u128(1);
    assert!(stage.desk.send(Cancel { job }).await.unwrap());
    assert_eq!(stage.next().await, Seen::ChildEnded);
    assert_eq!(stage.next().await, Seen::Settled(Outcome::Cancelled));
    stage.world.script.lock().unwrap().push_back(vec![Step::Hang]);
    stage.world.queue.lock().unwrap().push_back(Claim { fence: 2, ..claim(1) });
    stage.desk.do_send(Look);
    assert_eq!(stage.next().await, Seen::Started(1));
    assert_eq!(stage.desk.send(Running).await.unwrap(), [job, job]);
    stage.world.held.store(false, Ordering::SeqCst);
    while stage.desk.send(Running).await.unwrap().len() > 1 {}
    // The second can still be reached.
    assert!(stage.desk.send(Cancel { job }).await.unwrap());
    assert_eq!(stage.next().await, Seen::ChildEnded);
}

#[actix::test]
async fn a_child_that_dies_is_tried_again_later_and_a_bad_file_is_not() {
    let bad = Failure {
        code: "no_video".into(),
        detail: "there is no picture in it".into(),
        at_s: None,
        retryable: false,
    };
    let scripts = vec![vec![line("v360")], vec![Step::Say(WorkerLine::Failed(bad.clone()))]];
    let mut stage = stage(scripts, policy());
    let mut settled = Vec::new();
    while settled.len() < 2 {
        if let Seen::Settled(Outcome::Failed { failure, retry_in }) = stage.next().await {
            settled.push((failure.code, retry_in));
        }
    }
    assert_eq!(settled[0], ("transcode_crashed".into(), Some(policy().back_off)));
    assert_eq!(settled[1], (bad.code, None));
}

#[actix::test]
async fn a_child_that_hangs_is_ended() {
    let policy = Policy { silence: Duration::from_millis(30), ..policy() };
    let mut stage = stage(vec![vec![Step::Hang]], policy);
    stage.next().await;
    assert_eq!(stage.next().await, Seen::ChildEnded);
    let Seen::Settled(Outcome::Failed { failure, .. }) = stage.next().await else { panic!() };
    assert_eq!(failure.code, "transcode_stalled");
}

#[actix::test]
async fn who_has_lost_the_lease_ends_the_child_and_writes_nothing() {
    let mut stage = stage(vec![vec![line("v360"), Step::Hang]], policy());
    stage.next().await;
    stage.next().await;
    stage.world.lost.store(true, Ordering::SeqCst);
    assert_eq!(stage.next().await, Seen::ChildEnded);
    while !stage.desk.send(Running).await.unwrap().is_empty() {}
    stage.world.lost.store(false, Ordering::SeqCst);
    stage.world.queue.lock().unwrap().push_back(claim(2));
    stage.desk.do_send(Look);
    assert_eq!(stage.next().await, Seen::Started(1), "the slot is free, nothing was settled");
}

#[actix::test]
async fn a_store_that_is_away_for_a_moment_loses_nothing() {
    let policy = Policy { lease: Duration::from_secs(60), ..policy() };
    let mut stage = stage(vec![], policy);
    stage.world.away.store(true, Ordering::SeqCst);
    stage.world.script.lock().unwrap().push_back(vec![line("v360"), done()]);
    stage.world.queue.lock().unwrap().push_back(claim(1));
    stage.desk.do_send(Look);
    assert_eq!(stage.next().await, Seen::Started(1));
    stage.beats(3).await;
    stage.world.away.store(false, Ordering::SeqCst);
    assert_eq!(stage.next().await, Seen::Recorded("v360".into()));
    assert_eq!(stage.next().await, Seen::ChildEnded);
    assert_eq!(stage.next().await, Seen::Settled(Outcome::Done(DONE)));
}

#[actix::test]
async fn a_store_that_stays_away_past_the_lease_ends_the_child() {
    let policy = Policy { lease: Duration::from_millis(40), ..policy() };
    let mut stage = stage(vec![vec![line("v360"), Step::Hang]], policy);
    stage.next().await;
    stage.next().await;
    stage.world.away.store(true, Ordering::SeqCst);
    assert_eq!(stage.next().await, Seen::ChildEnded);
}

#[actix::test]
async fn a_job_that_panics_frees_its_slot() {
    let mut stage = stage(vec![vec![Step::Panic], vec![done()]], policy());
    assert_eq!(stage.next().await, Seen::Started(1));
    assert_eq!(stage.next().await, Seen::ChildEnded);
    assert_eq!(stage.next().await, Seen::Started(1));
    assert_eq!(stage.next().await, Seen::ChildEnded);
    assert_eq!(stage.next().await, Seen::Settled(Outcome::Done(DONE)));
}

#[actix::test]
async fn a_drain_gives_the_leases_back_and_takes_no_more_jobs() {
    let mut stage = stage(vec![vec![Step::Hang], vec![done()]], policy());
    assert_eq!(stage.next().await, Seen::Started(1));
    stage.desk.send(Drain).await.unwrap();
    assert_eq!(stage.next().await, Seen::ChildEnded);
    assert_eq!(stage.next().await, Seen::Settled(Outcome::Released));
    assert_eq!(stage.world.queue.lock().unwrap().len(), 1);
}

#[test]
fn the_pause_grows_and_the_attempts_end() {
    let failure = Failure { code: "x".into(), detail: String::new(), at_s: None, retryable: true };
    let policy = Policy::default();
    let pauses: Vec<_> = (1..=4).map(|n| policy.retry_in(&failure, n)).collect();
    let secs = |s| Some(Duration::from_secs(s));
    assert_eq!(pauses, [secs(15), secs(30), secs(60), None]);
}
