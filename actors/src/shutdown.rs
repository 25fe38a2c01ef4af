//! The drain: tells every actor of a registry to finish what is in hand, and waits for them within
//! a bound. The front door calls it after it stopped accepting and before it stops the threads.

use std::hash::Hash;
use std::time::Duration;

use actix::{Actor, Context, Handler};
use futures::future::join_all;

use crate::registry::Registry;

/// Finish what is in hand, take nothing new, then answer and stop.
#[derive(Debug, Clone, Copy, actix::Message)]
#[rtype(result = "()")]
pub struct Drain;

/// What came of a drain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Actors that were alive.
    pub asked: usize,
    /// Of these, the ones that finished in time (or were gone by themselves).
    pub finished: usize,
}

/// Drains every live actor of `registry`, waiting at most `within`. What did not finish is left to
/// die with its thread: its port holds the truth.
pub async fn drain<K, A>(registry: &Registry<K, A>, within: Duration) -> Drained
where
    K: Clone + Eq + Hash + Send + 'static,
    A: Actor<Context = Context<A>> + Handler<Drain>,
{
    let actors = registry.all();
    let asked = actors.len();
    let answers = actors.into_iter().map(|(_, addr)| async move {
        // A closed mailbox means that the actor has stopped: nothing of it is left to wait for.
        tokio::time::timeout(within, addr.send(Drain)).await.is_ok()
    });
    let finished = join_all(answers).await.into_iter().filter(|done| *done).count();
    Drained { asked, finished }
}
