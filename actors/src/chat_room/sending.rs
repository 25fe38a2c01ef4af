//! The way of a message to the log: limits, repeated sends, the queue while a commit runs, and the
//! answers after it. Pure.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use chrono::TimeDelta;
use kernel::Timestamp;
use uuid::Uuid;

use super::port::{Appended, Draft, Entry, Role, Seq};
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
/// Writers whose buckets are full again are forgotten this often.
const SWEEP_EVERY: TimeDelta = TimeDelta::seconds(60);

/// How fast one person may write in one room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Against bursts.
    pub second: Rate,
    /// Over a longer time.
    pub minute: Rate,
}

impl Pace {
    /// One a second with five at once, and `count` a minute; all of it `factor` times, 0 = no limit.
    pub fn per_minute(count: u32, factor: u32) -> Self {
        let count = count.max(1);
        let minute = Rate::per_ms(60_000 / i64::from(count), count);
        Self { second: Rate::per_ms(1000, 5).times(factor), minute: minute.times(factor) }
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

/// The answer to a send that was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// The client's id of the message.
    pub client_id: String,
    /// The message.
    pub msg: Uuid,
    /// Its number.
    pub seq: Seq,
    /// When it was stored.
    pub created_at: Timestamp,
    /// Whether it had been stored by an earlier send.
    pub dup: bool,
}

/// An answer and whom it is for.
pub type Answer = (Origin, Result<Ack, Problem>);

#[derive(Debug)]
struct Pending {
    draft: Draft,
    content: u64,
    origins: Vec<Origin>,
}

#[derive(Debug, Clone, Copy)]
struct Done {
    content: u64,
    msg: Uuid,
    seq: Seq,
    created_at: Timestamp,
}

#[derive(Debug, Default)]
struct Writer {
    second: Bucket,
    minute: Bucket,
    last: Option<Timestamp>,
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

    /// Takes a draft in. `Some` is its answer already; else the answer comes with the commit.
    pub fn offer(
        &mut self,
        origin: Origin,
        draft: Draft,
        slow_s: u32,
        now: Timestamp,
    ) -> Option<Result<Ack, Problem>> {
        let content = content_of(&draft);
        let key = (draft.author, draft.client_id.clone());
        if let Some(done) = self.recent.get(&key) {
            return Some(done.answer(key.1, content));
        }
        let mut waiting = self.in_flight.iter_mut().chain(self.queue.iter_mut());
        if let Some(same) =
            waiting.find(|one| one.draft.author == key.0 && one.draft.client_id == key.1)
        {
            if same.content != content {
                return Some(Err(Problem::new(ErrCode::ClientIdReused)));
            }
            if same.origins.len() >= ORIGINS_MAX {
                return Some(Err(Problem::unavailable(1000)));
            }
            same.origins.push(origin);
            return None;
        }
        if self.queue.len() >= QUEUE_MAX {
            return Some(Err(Problem::unavailable(1000)));
        }
        if let Err(problem) = self.limit(&draft, slow_s, now) {
            return Some(Err(problem));
        }
        self.queue.push_back(Pending { draft, content, origins: vec![origin] });
        None
    }

    fn limit(&mut self, draft: &Draft, slow_s: u32, now: Timestamp) -> Result<(), Problem> {
        if self.swept_at.is_none_or(|last| now - last >= SWEEP_EVERY) {
            self.swept_at = Some(now);
            let slow = TimeDelta::seconds(i64::from(slow_s));
            self.writers.retain(|_, writer| {
                !writer.second.is_full(now)
                    || !writer.minute.is_full(now)
                    || writer.last.is_some_and(|last| last + slow > now)
            });
        }
        let Pace { second, minute } = self.pace;
        let writer = self.writers.entry(draft.author).or_default();
        let wait = writer.second.wait(second, now).max(writer.minute.wait(minute, now));
        if wait > TimeDelta::zero() {
            return Err(later(ErrCode::RateLimited, wait));
        }
        if slow_s > 0 && draft.author_role != Role::Moderator {
            let pause = TimeDelta::seconds(i64::from(slow_s));
            let wait = writer.last.map_or(TimeDelta::zero(), |last| last + pause - now).min(pause);
            if wait > TimeDelta::zero() {
                return Err(later(ErrCode::SlowMode, wait));
            }
        }
        // Both waits are zero, so neither refuses.
        let _ = writer.second.take(second, now);
        let _ = writer.minute.take(minute, now);
        // Behind the limits, and charged whatever comes of it: the comparison itself cannot be
        // asked for more often than messages can be written.
        if let Some(repetitions) = &self.repetitions {
            repetitions.note(draft.author, &draft.client_id, &draft.body, now)?;
        }
        writer.last = Some(now);
        Ok(())
    }

    /// The next batch to commit: whatever waits, if no commit runs.
    pub fn next_batch(&mut self) -> Option<Vec<Draft>> {
        if !self.in_flight.is_empty() || self.queue.is_empty() {
            return None;
        }
        let mut bytes = 0;
        while let Some(next) = self.queue.front() {
            bytes += next.draft.body.len();
            let full = self.in_flight.len() >= BATCH_MAX || bytes > BATCH_BYTES;
            if full && !self.in_flight.is_empty() {
                break;
            }
            self.in_flight.extend(self.queue.pop_front());
        }
        Some(self.in_flight.iter().map(|one| one.draft.clone()).collect())
    }

    /// What the log said to the batch: the answers, and the entries that it stored.
    pub fn committed(&mut self, outcomes: Vec<Appended>) -> (Vec<Answer>, Vec<Entry>) {
        let mut answers = Vec::new();
        let mut entries = Vec::new();
        let mut outcomes = outcomes.into_iter();
        for pending in std::mem::take(&mut self.in_flight) {
            let key = (pending.draft.author, pending.draft.client_id);
            let (answer, fresh) = match outcomes.next() {
                Some(Appended::Stored(entry)) => {
                    let answer = match &entry {
                        Entry::Msg { seq, m } => Ok((m.id, *seq, m.created_at)),
                        Entry::Skip { .. } => Err(Problem::unavailable(1000)),
                    };
                    entries.push(entry);
                    (answer, true)
                }
                Some(Appended::Duplicate { msg, seq, created_at }) => {
                    (Ok((msg, seq, created_at)), false)
                }
                Some(Appended::Refused(problem)) => (Err(problem), false),
                // A log that answers less than it was asked: the outcome is unknown.
                None => (Err(Problem::unavailable(1000)), false),
            };
            if let Ok((msg, seq, created_at)) = answer {
                let content = pending.content;
                self.remember(key.clone(), Done { content, msg, seq, created_at });
            }
            for (index, origin) in pending.origins.into_iter().enumerate() {
                let dup = !fresh || index > 0;
                let answer = answer.map(|(msg, seq, created_at)| Ack {
                    client_id: key.1.clone(),
                    msg,
                    seq,
                    created_at,
                    dup,
                });
                answers.push((origin, answer));
            }
        }
        (answers, entries)
    }

    /// The commit failed, its outcome unknown: everybody repeats with the same `client_id`.
    pub fn failed(&mut self, problem: Problem) -> Vec<Answer> {
        let failed = std::mem::take(&mut self.in_flight);
        let origins = failed.into_iter().flat_map(|one| one.origins);
        origins.map(|origin| (origin, Err(problem))).collect()
    }

    /// Refuses everything that waits (the room cannot be opened).
    pub fn refuse_all(&mut self, problem: Problem) -> Vec<Answer> {
        let queue = std::mem::take(&mut self.queue);
        let mut answers = self.failed(problem);
        let origins = queue.into_iter().flat_map(|one| one.origins);
        answers.extend(origins.map(|origin| (origin, Err(problem))));
        answers
    }

    /// Whether nothing waits and no commit runs.
    pub fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.in_flight.is_empty()
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

impl Done {
    fn answer(&self, client_id: String, content: u64) -> Result<Ack, Problem> {
        if self.content != content {
            return Err(Problem::new(ErrCode::ClientIdReused));
        }
        let (msg, seq, created_at) = (self.msg, self.seq, self.created_at);
        Ok(Ack { client_id, msg, seq, created_at, dup: true })
    }
}

/// A fingerprint of what an author would be surprised to see exchanged. Only ever compared with
/// the same author's own messages.
fn content_of(draft: &Draft) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&draft.body, draft.reply_to, draft.at).hash(&mut hasher);
    hasher.finish()
}

fn later(code: ErrCode, wait: TimeDelta) -> Problem {
    let retry_ms = u64::try_from(wait.num_milliseconds()).unwrap_or(0) + 1;
    Problem { retry_ms: Some(retry_ms), ..Problem::new(code) }
}
