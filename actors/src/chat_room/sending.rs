//! The way of a change to the log: limits, repeated sends, the queue while a commit runs, and the
//! answers after it. Pure.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use chrono::TimeDelta;
use kernel::Timestamp;
use uuid::Uuid;

use super::port::{Appended, Change, Entry, Seq, State, What};
use super::repetitions::Repetitions;
use crate::limits::{Bucket, Rate};
use crate::relay::SessionKey;
use crate::wire::{ErrCode, Locale, Problem};

/// Messages that may wait for their commit.
const QUEUE_MAX: usize = 1024;
/// Messages in one commit.
const BATCH_MAX: usize = 256;
/// Bytes of text in one commit.
const BATCH_BYTES: usize = 256 * 1024;
/// Repetitions of one message that are answered with it.
const ORIGINS_MAX: usize = 16;
/// Finished sends that are remembered; the log knows the rest.
const RECENT_MAX: usize = 256;
/// Messages with an unknown outcome that are remembered; those of one commit always are.
const UNSETTLED_MAX: usize = 1024;
/// Writers whose buckets are full again are forgotten this often.
const SWEEP_EVERY: TimeDelta = TimeDelta::seconds(60);

/// How fast one person may write in one room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Messages, against bursts.
    pub second: Rate,
    /// Messages, over a longer time.
    pub minute: Rate,
    /// Everything else: edits, reactions, pins.
    pub acts: Rate,
}

impl Pace {
    /// One a second with five at once, and `count` a minute; all of it `factor` times, 0 = no limit.
    pub fn per_minute(count: u32, factor: u32) -> Self {
        let count = count.max(1);
        let minute = Rate::per_ms(60_000 / i64::from(count), count);
        Self {
            second: Rate::per_ms(1000, 5).times(factor),
            minute: minute.times(factor),
            acts: Rate::per_ms(500, 20).times(factor),
        }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self::per_minute(30, 1)
    }
}

/// Who waits for the answer to a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A session's request.
    Session {
        /// The session.
        key: SessionKey,
        /// Its request.
        re: u64,
        /// The language of its errors.
        locale: Locale,
    },
    /// An HTTP request, by the actor's ticket.
    Ticket(u64),
}

/// The answer to a change that was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// The client's id, of a message.
    pub client_id: Option<String>,
    /// The message that it is or is about.
    pub msg: Option<Uuid>,
    /// Its number.
    pub seq: Seq,
    /// When it was stored.
    pub created_at: Timestamp,
    /// Whether it was so already, by an earlier request.
    pub dup: bool,
    /// Whether it is a message that waits for a moderator.
    pub held: bool,
}

/// An answer and whom it is for.
pub type Answer = (Origin, Result<Ack, Problem>);

#[derive(Debug)]
struct Pending {
    change: Change,
    /// Of a message: what it is known by, and the fingerprint of what it says.
    key: Option<(Key, u64)>,
    origins: Vec<Origin>,
}

#[derive(Debug, Clone, Copy)]
struct Done {
    content: u64,
    msg: Option<Uuid>,
    seq: Seq,
    created_at: Timestamp,
    held: bool,
}

#[derive(Debug, Default)]
struct Writer {
    second: Bucket,
    minute: Bucket,
    acts: Bucket,
    /// When the newest message was stored that this node knows of.
    last: Option<Timestamp>,
}

/// What is known of a change that may have been sent before.
#[derive(Debug)]
pub enum Repeated {
    /// What came of it.
    Known(Result<Ack, Problem>),
    /// It waits for its commit; the answer comes with that.
    Waits,
    /// It was sent before, and whether it was stored is not known.
    Unsettled,
    /// Nothing.
    New,
}

type Key = (Uuid, String);

/// The sending side of one room.
#[derive(Debug, Default)]
pub struct Sending {
    pace: Pace,
    queue: VecDeque<Pending>,
    in_flight: Vec<Pending>,
    recent: HashMap<Key, Done>,
    recent_order: VecDeque<Key>,
    /// Messages whose commit failed, the outcome unknown.
    unsettled: HashSet<Key>,
    writers: HashMap<Uuid, Writer>,
    swept_at: Option<Timestamp>,
    repetitions: Option<Arc<Repetitions>>,
}

impl Sending {
    /// Nothing waits.
    pub fn new(pace: Pace) -> Self {
        Self { pace, ..Self::default() }
    }

    /// From here on, texts are compared with those of all rooms.
    pub fn compare_with(&mut self, repetitions: Arc<Repetitions>) {
        self.repetitions = Some(repetitions);
    }

    /// What is known of a change; of one that waits, `origin` gets the answer too.
    pub fn repeated(&mut self, origin: Origin, change: &Change) -> Repeated {
        let Some((key, content)) = key_of(change) else { return Repeated::New };
        if let Some(done) = self.recent.get(&key) {
            return Repeated::Known(done.answer(key.1, content));
        }
        let mut waiting = self.in_flight.iter_mut().chain(self.queue.iter_mut());
        if let Some(same) = waiting.find(|one| one.is(&key)) {
            if same.key.as_ref().is_some_and(|(_, other)| *other != content) {
                return Repeated::Known(Err(Problem::new(ErrCode::ClientIdReused)));
            }
            if same.origins.len() >= ORIGINS_MAX {
                return Repeated::Known(Err(Problem::unavailable(1000)));
            }
            same.origins.push(origin);
            return Repeated::Waits;
        }
        if self.unsettled.contains(&key) { Repeated::Unsettled } else { Repeated::New }
    }

    /// Takes in a change that is not [`Self::repeated`]. `Some` is its answer already; else the answer comes with
    /// the commit.
    pub fn offer(
        &mut self,
        origin: Origin,
        change: Change,
        slow_s: u32,
        now: Timestamp,
    ) -> Option<Result<Ack, Problem>> {
        let key = key_of(&change);
        if self.queue.len() >= QUEUE_MAX {
            return Some(Err(Problem::unavailable(1000)));
        }
        if let Err(problem) = self.limit(&change, slow_s, now) {
            return Some(Err(problem));
        }
        self.queue.push_back(Pending { change, key, origins: vec![origin] });
        None
    }

    fn limit(&mut self, change: &Change, slow_s: u32, now: Timestamp) -> Result<(), Problem> {
        if self.swept_at.is_none_or(|last| now - last >= SWEEP_EVERY) {
            self.swept_at = Some(now);
            let slow = TimeDelta::seconds(i64::from(slow_s));
            self.writers.retain(|_, writer| {
                !writer.second.is_full(now)
                    || !writer.minute.is_full(now)
                    || !writer.acts.is_full(now)
                    || writer.last.is_some_and(|last| last + slow > now)
            });
        }
        let Pace { second, minute, acts } = self.pace;
        let user = change.by.user;
        let is_waiting = slow_s > 0
            && self.in_flight.iter().chain(&self.queue).any(|one| {
                one.change.by.user == user && matches!(one.change.what, What::Message(_))
            });
        let writer = self.writers.entry(user).or_default();
        let What::Message(draft) = &change.what else {
            return writer.acts.take(acts, now).map_err(|wait| later(ErrCode::RateLimited, wait));
        };
        let wait = writer.second.wait(second, now).max(writer.minute.wait(minute, now));
        if wait > TimeDelta::zero() {
            return Err(later(ErrCode::RateLimited, wait));
        }
        if slow_s > 0 && !change.by.rights.moderates {
            let pause = TimeDelta::seconds(i64::from(slow_s));
            // Later than now: the clock was set back, and nobody waits as long as it was wrong.
            let last = writer.last.filter(|last| *last <= now);
            // One that waits for its commit will have been stored just now. What other nodes know the log
            // knows, and looks again.
            let last = last.max(is_waiting.then_some(now));
            let wait = last.map_or(TimeDelta::zero(), |last| last + pause - now);
            if wait > TimeDelta::zero() {
                return Err(later(ErrCode::SlowMode, wait));
            }
        }
        // Both waits are zero, so neither refuses.
        let _ = writer.second.take(second, now);
        let _ = writer.minute.take(minute, now);
        // Behind the limits, and charged whatever comes of it: the comparison itself cannot be
        // asked for more often than messages can be written.
        if let Some(repetitions) = &self.repetitions
            && !draft.body.is_empty()
        {
            repetitions.note(change.by.user, &draft.client_id, &draft.body, now)?;
        }
        Ok(())
    }

    /// The next batch to commit: whatever waits, if no commit runs.
    pub fn next_batch(&mut self) -> Option<Vec<Change>> {
        if !self.in_flight.is_empty() || self.queue.is_empty() {
            return None;
        }
        let mut bytes = 0;
        while let Some(next) = self.queue.front() {
            bytes += next.change.what.weight();
            let full = self.in_flight.len() >= BATCH_MAX || bytes > BATCH_BYTES;
            if full && !self.in_flight.is_empty() {
                break;
            }
            self.in_flight.extend(self.queue.pop_front());
        }
        Some(self.in_flight.iter().map(|one| one.change.clone()).collect())
    }

    /// What the log said to the batch: the answers, and the entries that it stored.
    pub fn committed(&mut self, outcomes: Vec<Appended>) -> (Vec<Answer>, Vec<Entry>) {
        let mut answers = Vec::new();
        let mut entries = Vec::new();
        let mut outcomes = outcomes.into_iter();
        for Pending { change, key, origins } in std::mem::take(&mut self.in_flight) {
            let content = key.as_ref().map_or(0, |(_, content)| *content);
            let (done, fresh) = match outcomes.next() {
                Some(Appended::Stored { entry, at }) => {
                    let held = matches!(&entry, Entry::Msg { m, .. } if m.state == State::Held);
                    let (msg, seq) = (entry.msg(), entry.seq());
                    entries.push(entry);
                    if let (What::Message(_), Some(writer)) =
                        (&change.what, self.writers.get_mut(&change.by.user))
                    {
                        writer.last = Some(at);
                    }
                    (Ok(Done { content, msg, seq, created_at: at, held }), true)
                }
                Some(Appended::Duplicate { msg, seq, created_at, held }) => {
                    (Ok(Done { content, msg, seq, created_at, held }), false)
                }
                Some(Appended::Refused(problem)) => (Err(problem), false),
                // A log that answers less than it was asked: the outcome is unknown.
                None => (Err(Problem::unavailable(1000)), false),
            };
            if done.is_err() {
                self.unsaid(&change);
            }
            if let Some((key, _)) = key {
                self.unsettled.remove(&key);
                match &done {
                    Ok(done) => self.remember(key, *done),
                    Err(problem) if problem.code == ErrCode::Unavailable => {
                        self.unsettled.insert(key);
                    }
                    Err(_) => {}
                }
            }
            let client_id = match change.what {
                What::Message(draft) => Some(draft.client_id),
                _ => None,
            };
            for (index, origin) in origins.into_iter().enumerate() {
                let dup = !fresh || index > 0;
                let answer = done.clone().map(|done| Ack { dup, ..done.ack(client_id.clone()) });
                answers.push((origin, answer));
            }
        }
        (answers, entries)
    }

    /// The commit failed, its outcome unknown: everybody repeats with the same `client_id`.
    pub fn failed(&mut self, problem: Problem) -> Vec<Answer> {
        let failed = std::mem::take(&mut self.in_flight);
        failed.iter().for_each(|one| self.unsaid(&one.change));
        if self.unsettled.len() + failed.len() > UNSETTLED_MAX {
            // The log settles them too; only a lock or slow mode could answer before it.
            self.unsettled.clear();
        }
        self.unsettled.extend(failed.iter().filter_map(|one| Some(one.key.as_ref()?.0.clone())));
        let origins = failed.into_iter().flat_map(|one| one.origins);
        origins.map(|origin| (origin, Err(problem.clone()))).collect()
    }

    /// Refuses everything that waits (the room cannot be opened).
    pub fn refuse_all(&mut self, problem: Problem) -> Vec<Answer> {
        let queue = std::mem::take(&mut self.queue);
        queue.iter().for_each(|one| self.unsaid(&one.change));
        let mut answers = self.failed(problem.clone());
        let origins = queue.into_iter().flat_map(|one| one.origins);
        answers.extend(origins.map(|origin| (origin, Err(problem.clone()))));
        answers
    }

    /// Whether nothing waits and no commit runs.
    pub fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.in_flight.is_empty()
    }

    /// What was not stored is no text that was said: only the log makes a repetition.
    fn unsaid(&self, change: &Change) {
        if let (Some(repetitions), What::Message(draft)) = (&self.repetitions, &change.what) {
            repetitions.forget(change.by.user, &draft.client_id, &draft.body);
        }
    }

    fn remember(&mut self, key: Key, done: Done) {
        if self.recent.insert(key.clone(), done).is_none() {
            self.recent_order.push_back(key);
        }
        while self.recent_order.len() > RECENT_MAX {
            if let Some(old) = self.recent_order.pop_front() {
                self.recent.remove(&old);
            }
        }
    }
}

impl Pending {
    fn is(&self, key: &Key) -> bool {
        self.key.as_ref().is_some_and(|(own, _)| own == key)
    }
}

impl Done {
    fn answer(&self, client_id: String, content: u64) -> Result<Ack, Problem> {
        if self.content != content {
            return Err(Problem::new(ErrCode::ClientIdReused));
        }
        Ok(self.ack(Some(client_id)))
    }

    const fn ack(self, client_id: Option<String>) -> Ack {
        let Self { msg, seq, created_at, held, .. } = self;
        Ack { client_id, msg, seq, created_at, dup: true, held }
    }
}

impl What {
    /// Bytes of text that it brings to the log.
    pub const fn weight(&self) -> usize {
        match self {
            Self::Message(draft) => draft.body.len(),
            Self::Edit { body, .. } => body.len(),
            _ => 64,
        }
    }
}

/// What a message is known by, and a fingerprint of what an author would be surprised to see
/// exchanged. Only ever compared with the same author's own messages.
fn key_of(change: &Change) -> Option<(Key, u64)> {
    let What::Message(draft) = &change.what else { return None };
    let mut hasher = DefaultHasher::new();
    (&draft.body, draft.reply_to, draft.at, &draft.files).hash(&mut hasher);
    Some(((change.by.user, draft.client_id.clone()), hasher.finish()))
}

fn later(code: ErrCode, wait: TimeDelta) -> Problem {
    let retry_ms = u64::try_from(wait.num_milliseconds()).unwrap_or(0) + 1;
    Problem { retry_ms: Some(retry_ms), ..Problem::new(code) }
}
