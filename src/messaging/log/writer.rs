//! The node's writers: what the rooms hand over is committed by two tasks, each with a share of the rooms. A
//! writer takes whatever waits as soon as the commit before is done, over all its rooms, so that under load one
//! commit serves many of them and one message alone waits for nothing. No timer. They have a thread to
//! themselves: a commit is a few round trips, each of which would wait its turn behind the work of every socket.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::panic::AssertUnwindSafe;

use actors::chat_room::port::{Appended, Change, LogError};
use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::plan::{Item, Outcome};

/// Writers of a node: two keep a commit in flight while the next batch is put together.
const WRITERS: usize = 2;
/// Changes in one commit, unless one room alone brings more.
const BATCH_MAX: usize = 512;
/// Bytes of text in one commit.
const BATCH_BYTES: usize = 256 * 1024;

type Answer = Result<Vec<Appended>, LogError>;

/// What one room hands over.
struct Job {
    room: Uuid,
    batch: Vec<Change>,
    answer: oneshot::Sender<Answer>,
}

impl Job {
    fn bytes(&self) -> usize {
        self.batch.iter().map(|change| change.what.weight()).sum()
    }
}

/// Stores items of any rooms: one outcome each, or why nothing is known of any.
pub type Store =
    dyn Fn(Vec<Item>) -> BoxFuture<'static, Result<Vec<Outcome>, String>> + Send + Sync;

/// The way to the writers.
#[derive(Debug, Clone)]
pub struct Writers(Vec<mpsc::UnboundedSender<Job>>);

impl Writers {
    /// Starts the writers, each with what `store` makes for it. They end when the last clone is gone.
    pub fn start(store: &dyn Fn() -> Box<Store>) -> Self {
        let (ways, lanes): (Vec<_>, Vec<_>) = (0..WRITERS)
            .map(|_| {
                // Its bound is the number of rooms: each hands over one batch at a time.
                let (way, jobs) = mpsc::unbounded_channel();
                (way, write_on(Lane { jobs, held: None }, store()))
            })
            .unzip();
        let writing = async move {
            join_all(lanes).await;
        };
        let thread = std::thread::Builder::new().name("chat-writer".to_owned());
        let started = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .and_then(|runtime| thread.spawn(move || runtime.block_on(writing)));
        if let Err(error) = started {
            // What comes is answered with `unavailable`, like everything in a process in this state.
            tracing::error!(%error, "the writers of the chat cannot start");
        }
        Self(ways)
    }

    /// Stores the batch of one room with whatever else waits.
    ///
    /// # Errors
    /// No such room; the store is away, the outcome unknown.
    pub async fn append(&self, room: Uuid, batch: Vec<Change>) -> Answer {
        let unknown = || LogError::Unavailable("the writer does not answer".to_owned());
        let (answer, answered) = oneshot::channel();
        let mut hasher = DefaultHasher::new();
        room.hash(&mut hasher);
        let lanes = u64::try_from(self.0.len()).unwrap_or(1).max(1);
        let lane = self.0.get(usize::try_from(hasher.finish() % lanes).unwrap_or(0));
        lane.ok_or_else(unknown)?.send(Job { room, batch, answer }).map_err(|_| unknown())?;
        answered.await.unwrap_or_else(|_| Err(unknown()))
    }
}

async fn write_on(mut lane: Lane, store: Box<Store>) {
    // A panic loses the answers of one batch, which are then unknown; the lane goes on.
    while AssertUnwindSafe(lane.run(&*store)).catch_unwind().await.is_err() {
        tracing::error!("a writer panicked and goes on");
    }
}

struct Lane {
    jobs: mpsc::UnboundedReceiver<Job>,
    /// Did not fit the batch before.
    held: Option<Job>,
}

impl Lane {
    async fn run(&mut self, store: &Store) {
        while let Some(jobs) = self.next().await {
            let mut waiting = Vec::with_capacity(jobs.len());
            let mut items = Vec::new();
            for Job { room, batch, answer } in jobs {
                waiting.push((batch.len(), answer));
                items.extend(batch.into_iter().map(|change| Item { room, change }));
            }
            let mut outcomes = store(items).await.map(VecDeque::from);
            for (count, answer) in waiting {
                let told = match &mut outcomes {
                    Ok(outcomes) => outcomes
                        .drain(..count.min(outcomes.len()))
                        .collect::<Option<Vec<Appended>>>()
                        .ok_or(LogError::NotFound),
                    Err(why) => Err(LogError::Unavailable(why.clone())),
                };
                // A room that ended meanwhile hears nothing; what it handed over is stored.
                let _ = answer.send(told);
            }
        }
    }

    /// Whatever waits, within the bounds; `None` when nobody can hand anything over any more.
    async fn next(&mut self) -> Option<Vec<Job>> {
        let first = match self.held.take() {
            Some(job) => job,
            None => self.jobs.recv().await?,
        };
        let (mut count, mut bytes) = (first.batch.len(), first.bytes());
        let mut jobs = vec![first];
        while let Ok(job) = self.jobs.try_recv() {
            count += job.batch.len();
            bytes += job.bytes();
            if count > BATCH_MAX || bytes > BATCH_BYTES {
                self.held = Some(job);
                break;
            }
            jobs.push(job);
        }
        Some(jobs)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use actors::chat_room::port::{By, Draft, Rights, Role, What};
    use tokio::sync::Semaphore;

    use super::*;

    fn change(n: u128) -> Change {
        let rights =
            Rights { role: Role::Student, can_write: true, moderates: false, need_wrong: None };
        let by = By { user: Uuid::from_u128(n), name: String::new(), rights };
        Change { by, what: What::Message(Draft::default()) }
    }

    fn refused() -> Appended {
        let problem = actors::wire::Problem::new(actors::wire::ErrCode::TooLate);
        Appended::Refused(problem)
    }

    /// MSG-01: one commit serves many rooms, and each hears its own outcome.
    #[tokio::test]
    async fn what_waited_for_a_commit_is_committed_together_and_answered_room_by_room() {
        let batches: Arc<Mutex<Vec<usize>>> = Arc::default();
        let gate = Arc::new(Semaphore::new(0));
        let store = || -> Box<Store> {
            let (batches, gate) = (Arc::clone(&batches), Arc::clone(&gate));
            Box::new(move |items: Vec<Item>| {
                let (batches, gate) = (Arc::clone(&batches), Arc::clone(&gate));
                Box::pin(async move {
                    batches.lock().unwrap().push(items.len());
                    gate.acquire().await.unwrap().forget();
                    let there = |item: &Item| item.room != Uuid::nil();
                    Ok(items.iter().map(|item| there(item).then(refused)).collect())
                })
            })
        };
        let writers = Writers(vec![Writers::start(&store).0.swap_remove(0)]);
        let first = tokio::spawn({
            let writers = writers.clone();
            async move { writers.append(Uuid::from_u128(1), vec![change(1)]).await }
        });
        while batches.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        let others: Vec<_> = (0..100u128)
            .map(|n| {
                let writers = writers.clone();
                let batch = vec![change(n), change(n), change(n)];
                tokio::spawn(async move { writers.append(Uuid::from_u128(n), batch).await })
            })
            .collect();
        while !others.iter().any(tokio::task::JoinHandle::is_finished) {
            gate.add_permits(1);
            tokio::task::yield_now().await;
        }
        gate.add_permits(100);
        assert_eq!(first.await.unwrap().unwrap().len(), 1);
        for (n, other) in others.into_iter().enumerate() {
            match other.await.unwrap() {
                Ok(told) => assert_eq!(told.len(), 3),
                Err(error) => assert_eq!((n, error), (0, LogError::NotFound)),
            }
        }
        let batches = batches.lock().unwrap();
        assert_eq!(batches.iter().sum::<usize>(), 301);
        assert!(batches.iter().all(|count| *count <= BATCH_MAX));
        assert!(batches.len() <= 4, "{batches:?}");
    }
}
