//! Who says one thing again and again, in all rooms of the node. Only what has passed a room's seat
//! and send limits comes here, so its size is bounded by the rate of messages; nothing is ever
//! looked through as a whole while messages wait.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use kernel::Timestamp;
use uuid::Uuid;

use crate::wire::Problem;

/// The same text from the same author …
const SAME_TEXT: usize = 3;
/// … within this time is refused.
const WITHIN: TimeDelta = TimeDelta::seconds(60);
/// Texts remembered of one author.
const TEXTS_MAX: usize = 64;
/// Authors are spread over so many locks.
const SHARDS: usize = 16;

#[derive(Debug, Clone, Copy)]
struct Said {
    text: u64,
    client_id: u64,
    at: Timestamp,
}

#[derive(Debug, Default)]
struct Shard {
    authors: HashMap<Uuid, VecDeque<Said>>,
    swept_at: Option<Timestamp>,
}

/// The newest texts of everybody.
#[derive(Debug)]
pub struct Repetitions {
    hasher: RandomState,
    shards: Vec<Mutex<Shard>>,
}

impl Default for Repetitions {
    fn default() -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { hasher: RandomState::new(), shards }
    }
}

impl Repetitions {
    /// Notes a text that is on its way to the log. A repeated send of one message is not one text more.
    ///
    /// # Errors
    /// `rejected` with the rule `duplicate`.
    pub fn note(
        &self,
        author: Uuid,
        client_id: &str,
        body: &str,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let (text, client_id) = self.hashes(client_id, body);
        let Some(mut shard) = self.shard(author) else { return Ok(()) };
        shard.sweep(now);
        let said = shard.authors.entry(author).or_default();
        while said.front().is_some_and(|oldest| now - oldest.at >= WITHIN) {
            said.pop_front();
        }
        let mut same = said.iter().filter(|one| one.text == text);
        if same.clone().any(|one| one.client_id == client_id) {
            return Ok(());
        }
        if same.nth(SAME_TEXT - 2).is_some() {
            return Err(Problem::rejected("duplicate"));
        }
        if said.len() >= TEXTS_MAX {
            said.pop_front();
        }
        said.push_back(Said { text, client_id, at: now });
        Ok(())
    }

    /// Forgets a text that was noted and not stored: what is refused was never said.
    pub fn forget(&self, author: Uuid, client_id: &str, body: &str) {
        let (text, client_id) = self.hashes(client_id, body);
        if let Some(mut shard) = self.shard(author)
            && let Some(said) = shard.authors.get_mut(&author)
        {
            said.retain(|one| one.text != text || one.client_id != client_id);
        }
    }

    fn hashes(&self, client_id: &str, body: &str) -> (u64, u64) {
        (self.hasher.hash_one(body.to_lowercase()), self.hasher.hash_one(client_id))
    }

    fn shard(&self, author: Uuid) -> Option<MutexGuard<'_, Shard>> {
        let index = usize::try_from(self.hasher.hash_one(author) >> 32).unwrap_or(0) % SHARDS;
        Some(self.shards.get(index)?.lock().unwrap_or_else(PoisonError::into_inner))
    }

    #[cfg(test)]
    fn texts(&self) -> usize {
        let shards = self.shards.iter().map(|shard| shard.lock().unwrap());
        shards.map(|shard| shard.authors.values().map(VecDeque::len).sum::<usize>()).sum()
    }
}

impl Shard {
    /// Forgets who has been silent, once in the time that a text counts.
    fn sweep(&mut self, now: Timestamp) {
        if self.swept_at.is_some_and(|last| now - last < WITHIN) {
            return;
        }
        self.swept_at = Some(now);
        self.authors.retain(|_, said| said.back().is_some_and(|newest| now - newest.at < WITHIN));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        "2026-11-20T15:00:00Z".parse::<Timestamp>().unwrap() + TimeDelta::seconds(seconds)
    }

    #[test]
    fn the_third_same_text_in_a_minute_is_refused_a_repeated_send_is_not() {
        let (texts, ann) = (Repetitions::default(), Uuid::from_u128(1));
        for (id, second) in [("a", 0), ("a", 1), ("b", 2), ("a", 3)] {
            texts.note(ann, id, "hello", at(second)).unwrap();
        }
        assert_eq!(texts.note(ann, "c", "HELLO", at(4)).unwrap_err().rule, Some("duplicate"));
        texts.note(Uuid::from_u128(2), "c", "hello", at(4)).unwrap();
        texts.note(ann, "c", "hello", at(60)).unwrap();
    }

    /// MSG-07: a send that was refused is none that was said.
    #[test]
    fn what_was_not_stored_does_not_count() {
        let (texts, ann) = (Repetitions::default(), Uuid::from_u128(1));
        for id in ["a", "b", "c", "d"] {
            texts.note(ann, id, "hello", at(0)).unwrap();
            texts.forget(ann, id, "Hello");
        }
        texts.note(ann, "e", "hello", at(1)).unwrap();
        texts.note(ann, "f", "hello", at(2)).unwrap();
        texts.forget(ann, "f", "something else");
        assert!(texts.note(ann, "g", "hello", at(3)).is_err());
    }

    #[test]
    fn of_each_author_little_is_kept_and_of_the_silent_nothing() {
        let texts = Repetitions::default();
        for n in 0..1000 {
            texts.note(Uuid::from_u128(1), &n.to_string(), &n.to_string(), at(0)).unwrap();
        }
        assert_eq!(texts.texts(), TEXTS_MAX);
        for author in 0..1000 {
            texts.note(Uuid::from_u128(author), "a", "hello", at(1)).unwrap();
        }
        // Every shard is swept by its next message after the time.
        for author in 0..1000 {
            texts.note(Uuid::from_u128(author + 1000), "a", "hello", at(120)).unwrap();
        }
        assert_eq!(texts.texts(), 1000);
    }
}
