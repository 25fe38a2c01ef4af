//! The registry: key -> address. At most one live actor per key on a node, started on demand on a
//! pool of arbiters chosen by hash; a closed address is replaced at the next use, with back-off
//! when the actor died instead of retiring.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix::{Actor, Addr, Arbiter, ArbiterHandle, Context};
use chrono::TimeDelta;
use kernel::{Clock, Timestamp};

/// First pause after a death; doubles with each further one.
const BACK_OFF: TimeDelta = TimeDelta::milliseconds(100);
/// The longest pause between two starts of one key.
const BACK_OFF_MAX: TimeDelta = TimeDelta::seconds(30);
/// An actor that lived this long is forgiven its earlier deaths.
const GOOD_LIFE: TimeDelta = TimeDelta::seconds(60);

/// Threads on which actors live. A handler's own thread would pile rooms up where they were first
/// touched; the pool spreads them by key.
pub struct ArbiterPool {
    owned: Mutex<Vec<Arbiter>>,
    handles: Vec<ArbiterHandle>,
}

impl ArbiterPool {
    /// Starts `threads` arbiters (at least one).
    ///
    /// # Panics
    /// When called outside a running `System`, as `Arbiter::new` does.
    pub fn new(threads: usize) -> Arc<Self> {
        let owned: Vec<_> = (0..threads.max(1)).map(|_| Arbiter::new()).collect();
        let handles = owned.iter().map(Arbiter::handle).collect();
        Arc::new(Self { owned: Mutex::new(owned), handles })
    }

    /// The arbiter of `key`.
    pub fn of<K: Hash>(&self, key: &K) -> Option<&ArbiterHandle> {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let count = u64::try_from(self.handles.len()).unwrap_or(1).max(1);
        self.handles.get(usize::try_from(hasher.finish() % count).unwrap_or(0))
    }

    /// Ends the threads, once what they are doing is done. Call after the drain; blocks.
    pub fn stop(&self) {
        let owned = std::mem::take(&mut *self.owned.lock().unwrap_or_else(PoisonError::into_inner));
        for arbiter in owned {
            arbiter.stop();
            if arbiter.join().is_err() {
                tracing::error!("an arbiter thread had panicked");
            }
        }
    }
}

/// Given to an actor at its birth: says that it stops of its own will. Dropping it unused is what
/// a panic does, and counts as a death.
pub struct Retire(Option<Box<dyn FnOnce() + Send>>);

impl Retire {
    /// For an actor that no registry keeps (tests).
    pub fn unregistered() -> Self {
        Self(None)
    }

    /// Takes the actor out of the registry. The next use of its key starts a new one, so call it
    /// when nothing is left to do but to stop.
    pub fn retire(&mut self) {
        if let Some(retire) = self.0.take() {
            retire();
        }
    }
}

/// The actor of this key has died again and again; it is started anew after this pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the actor is restarting")]
pub struct Restarting {
    /// How long until the next start.
    pub retry_in: TimeDelta,
}

struct Slot<A: Actor> {
    addr: Addr<A>,
    generation: u64,
    started_at: Timestamp,
    deaths: u32,
}

struct Inner<K, A: Actor> {
    slots: HashMap<K, Slot<A>>,
    generation: u64,
}

type Make<K, A> = dyn Fn(&K, Retire, &mut Context<A>) -> A + Send + Sync;

/// Key -> address.
pub struct Registry<K, A: Actor<Context = Context<A>>> {
    inner: Arc<Mutex<Inner<K, A>>>,
    pool: Arc<ArbiterPool>,
    clock: Arc<dyn Clock>,
    make: Arc<Make<K, A>>,
}

impl<K, A> Registry<K, A>
where
    K: Clone + Eq + Hash + Send + 'static,
    A: Actor<Context = Context<A>>,
{
    /// A registry whose actors `make` gives birth to, on the arbiter of their key.
    pub fn new(
        pool: Arc<ArbiterPool>,
        clock: Arc<dyn Clock>,
        make: impl Fn(&K, Retire, &mut Context<A>) -> A + Send + Sync + 'static,
    ) -> Self {
        let inner = Inner { slots: HashMap::new(), generation: 0 };
        Self { inner: Arc::new(Mutex::new(inner)), pool, clock, make: Arc::new(make) }
    }

    /// The live actor of `key`, started now if there is none.
    ///
    /// The actor may retire between this and the arrival of a message: a sender that gets
    /// `MailboxError::Closed` asks once more.
    ///
    /// # Errors
    /// [`Restarting`] while the actor's last deaths are too recent.
    pub fn get(&self, key: &K) -> Result<Addr<A>, Restarting> {
        let now = self.clock.now();
        let mut inner = lock(&self.inner);
        let mut deaths = 0;
        if let Some(slot) = inner.slots.get(key) {
            if slot.addr.connected() {
                return Ok(slot.addr.clone());
            }
            let lived_well = now - slot.started_at >= GOOD_LIFE;
            deaths = if lived_well { 1 } else { slot.deaths.saturating_add(1) };
            let pause = BACK_OFF
                .checked_mul(1 << deaths.saturating_sub(1).min(10))
                .map_or(BACK_OFF_MAX, |pause| pause.min(BACK_OFF_MAX));
            // A clock that was set back must not lock the key for ever: the pause is the most.
            let retry_in = (slot.started_at + pause - now).min(pause);
            if retry_in > TimeDelta::zero() {
                return Err(Restarting { retry_in });
            }
        }
        inner.generation += 1;
        let generation = inner.generation;
        let addr = self.start(key, generation);
        let slot = Slot { addr: addr.clone(), generation, started_at: now, deaths };
        inner.slots.insert(key.clone(), slot);
        Ok(addr)
    }

    /// The actor of `key` if it lives; starts none.
    pub fn find(&self, key: &K) -> Option<Addr<A>> {
        let inner = lock(&self.inner);
        inner.slots.get(key).map(|slot| slot.addr.clone()).filter(Addr::connected)
    }

    /// Every live actor.
    pub fn all(&self) -> Vec<(K, Addr<A>)> {
        let inner = lock(&self.inner);
        let live = inner.slots.iter().filter(|(_, slot)| slot.addr.connected());
        live.map(|(key, slot)| (key.clone(), slot.addr.clone())).collect()
    }

    fn start(&self, key: &K, generation: u64) -> Addr<A> {
        let inner = Arc::downgrade(&self.inner);
        let retired = key.clone();
        let retire = Retire(Some(Box::new(move || {
            if let Some(inner) = inner.upgrade() {
                let mut inner = lock(&inner);
                if inner.slots.get(&retired).is_some_and(|slot| slot.generation == generation) {
                    inner.slots.remove(&retired);
                }
            }
        })));
        let (make, born) = (Arc::clone(&self.make), key.clone());
        let birth = move |ctx: &mut Context<A>| make(&born, retire, ctx);
        match self.pool.of(key) {
            Some(arbiter) => A::start_in_arbiter(arbiter, birth),
            None => A::create(birth),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing in here is left half changed by a panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::test_support::StillClock;
    use actix::prelude::*;

    struct Counter {
        key: u32,
        seen: u32,
        retire: Retire,
    }

    impl Actor for Counter {
        type Context = Context<Self>;
    }

    #[derive(Message)]
    #[rtype(result = "(u32, u32, std::thread::ThreadId)")]
    struct Count;
    #[derive(Message)]
    #[rtype(result = "()")]
    struct Panic;
    #[derive(Message)]
    #[rtype(result = "()")]
    struct Idle;

    impl Handler<Count> for Counter {
        type Result = MessageResult<Count>;
        fn handle(&mut self, _: Count, _: &mut Context<Self>) -> Self::Result {
            self.seen += 1;
            MessageResult((self.key, self.seen, std::thread::current().id()))
        }
    }
    impl Handler<Panic> for Counter {
        type Result = ();
        fn handle(&mut self, _: Panic, _: &mut Context<Self>) {
            panic!("a fault in the actor (wanted by the test)");
        }
    }
    impl Handler<Idle> for Counter {
        type Result = ();
        fn handle(&mut self, _: Idle, ctx: &mut Context<Self>) {
            self.retire.retire();
            ctx.stop();
        }
    }

    fn registry(clock: &Arc<StillClock>) -> Registry<u32, Counter> {
        let clock: Arc<dyn Clock> = Arc::<StillClock>::clone(clock);
        Registry::new(ArbiterPool::new(2), clock, |key, retire, _| Counter {
            key: *key,
            seen: 0,
            retire,
        })
    }

    async fn closed(addr: &Addr<Counter>) {
        while addr.connected() {
            actix::clock::sleep(Duration::from_millis(1)).await;
        }
    }

    #[actix::test]
    async fn one_key_has_one_actor_and_keys_are_spread_over_the_arbiters() {
        let registry = registry(&Arc::default());
        let mut threads = std::collections::HashSet::new();
        for key in 0..20 {
            let (_, first, thread) = registry.get(&key).unwrap().send(Count).await.unwrap();
            let (same, second, again) = registry.get(&key).unwrap().send(Count).await.unwrap();
            assert_eq!((first, second, same, again), (1, 2, key, thread));
            threads.insert(thread);
        }
        assert_eq!(threads.len(), 2);
        assert_eq!(registry.all().len(), 20);
    }

    #[actix::test]
    async fn an_actor_that_panics_is_replaced_with_back_off_and_its_neighbours_live_on() {
        let clock = Arc::new(StillClock::default());
        let registry = registry(&clock);
        let neighbours: Vec<_> = (1..9).map(|key| registry.get(&key).unwrap()).collect();
        let mut pauses = Vec::new();
        for _ in 0..4 {
            let doomed = registry.get(&0).unwrap();
            assert!(doomed.send(Panic).await.is_err());
            closed(&doomed).await;
            let pause = registry.get(&0).map(drop).unwrap_err().retry_in;
            pauses.push(pause);
            clock.advance(pause);
        }
        assert!(pauses.windows(2).all(|pair| pair[0] < pair[1]), "{pauses:?}");
        let (_, seen, _) = registry.get(&0).unwrap().send(Count).await.unwrap();
        assert_eq!(seen, 1, "the replacement starts from nothing");
        for neighbour in neighbours {
            neighbour.send(Count).await.unwrap();
        }
    }

    #[actix::test]
    async fn an_actor_that_retires_is_replaced_at_once() {
        let registry = registry(&Arc::default());
        let first = registry.get(&7).unwrap();
        first.send(Idle).await.unwrap();
        closed(&first).await;
        assert!(registry.find(&7).is_none());
        assert_eq!(registry.get(&7).unwrap().send(Count).await.unwrap().1, 1);
    }

    #[actix::test]
    async fn many_callers_at_once_still_make_one_actor() {
        let registry = Arc::new(registry(&Arc::default()));
        let callers: Vec<_> = (0..8)
            .map(|_| {
                let registry = Arc::clone(&registry);
                tokio::task::spawn_blocking(move || registry.get(&3).unwrap())
            })
            .collect();
        let mut seen = Vec::new();
        for caller in callers {
            seen.push(caller.await.unwrap().send(Count).await.unwrap().1);
        }
        seen.sort_unstable();
        assert_eq!(seen, (1..=8).collect::<Vec<_>>());
    }
}
