//! Watermarks: how far each member has read and received. Two numbers per member that only grow.
//! Pure; saved in batches, told to others where the room is small enough.

use std::collections::{BTreeSet, HashMap};

use chrono::TimeDelta;
use kernel::Timestamp;
use uuid::Uuid;

use super::port::{Mark, Seq};

/// All changes of a room are saved in one statement at most this often.
const SAVE_EVERY: TimeDelta = TimeDelta::seconds(2);

/// After how long others are told, by the size of the room; `None` = on request only.
fn tell_after(people: usize) -> Option<TimeDelta> {
    match people {
        0..=20 => Some(TimeDelta::milliseconds(250)),
        21..=200 => Some(TimeDelta::seconds(2)),
        _ => None,
    }
}

/// The watermarks of one room.
#[derive(Debug, Default)]
pub struct Marks {
    known: HashMap<Uuid, Mark>,
    dirty: BTreeSet<Uuid>,
    untold: BTreeSet<Uuid>,
    saving: Vec<Uuid>,
    save_at: Option<Timestamp>,
    failed: bool,
    tell_at: Option<Timestamp>,
}

impl Marks {
    /// The marks as loaded. What was learned of somebody meanwhile is newer.
    pub fn load(&mut self, marks: Vec<(Uuid, Mark)>) {
        for (user, mark) in marks {
            self.see(user, mark);
        }
    }

    /// One member's mark as it is stored, read when they came in: the load has those of the most recent
    /// members only, and another node may have stored a newer one since.
    pub fn see(&mut self, user: Uuid, stored: Mark) -> Option<Mark> {
        let old = self.of(user);
        let read = old.read.max(stored.read);
        let new = Mark { read, delivered: old.delivered.max(stored.delivered).max(read) };
        if new == old {
            return None;
        }
        self.known.insert(user, new);
        Some(new)
    }

    /// One member's mark.
    pub fn of(&self, user: Uuid) -> Mark {
        self.known.get(&user).copied().unwrap_or_default()
    }

    /// The others' marks in a small room, for one who joins.
    pub fn others(&self, user: Uuid) -> Vec<(Uuid, Mark)> {
        if self.known.len() > 20 {
            return Vec::new();
        }
        let mut others: Vec<_> =
            self.known.iter().filter(|(who, _)| **who != user).map(|(who, m)| (*who, *m)).collect();
        others.sort_unstable_by_key(|(who, _)| *who);
        others
    }

    /// Moves a member's mark forward, never back and never past `head`. Returns the new mark if it
    /// changed.
    pub fn advance(
        &mut self,
        user: Uuid,
        told: Mark,
        head: Seq,
        people: usize,
        now: Timestamp,
    ) -> Option<Mark> {
        let old = self.of(user);
        let read = old.read.max(told.read.min(head));
        // What was read has been received.
        let delivered = old.delivered.max(told.delivered.min(head)).max(read);
        let new = Mark { read, delivered };
        if new == old {
            return None;
        }
        self.known.insert(user, new);
        self.dirty.insert(user);
        self.save_at.get_or_insert(now + SAVE_EVERY);
        if let Some(after) = tell_after(people) {
            self.untold.insert(user);
            self.tell_at.get_or_insert(now + after);
        }
        Some(new)
    }

    /// Takes in what another node was told and saves by itself. Returns what is news to the members here.
    pub fn learn(&mut self, told: Vec<(Uuid, Mark)>, people: usize) -> Vec<(Uuid, Mark)> {
        let mut news = Vec::new();
        for (user, mark) in told {
            // Its head may be ahead of ours; what it has read is in the log.
            news.extend(self.see(user, mark).map(|new| (user, new)));
        }
        if tell_after(people).is_none() {
            news.clear();
        }
        news
    }

    /// When [`Self::take_untold`] or [`Self::take_unsaved`] has something.
    pub fn due(&self) -> Option<Timestamp> {
        let save = self.save_at.filter(|_| self.saving.is_empty());
        save.into_iter().chain(self.tell_at).min()
    }

    /// What the others are to hear now.
    pub fn take_untold(&mut self, now: Timestamp) -> Vec<(Uuid, Mark)> {
        if self.tell_at.is_none_or(|at| at > now) {
            return Vec::new();
        }
        self.tell_at = None;
        let untold = std::mem::take(&mut self.untold);
        untold.into_iter().map(|user| (user, self.of(user))).collect()
    }

    /// What is to be saved now (`at_once`: without waiting for its time, unless the last save
    /// failed).
    pub fn take_unsaved(&mut self, now: Timestamp, at_once: bool) -> Vec<(Uuid, Mark)> {
        let due = (at_once && !self.failed) || self.save_at.is_some_and(|at| at <= now);
        if !due || !self.saving.is_empty() {
            return Vec::new();
        }
        self.save_at = None;
        self.saving = std::mem::take(&mut self.dirty).into_iter().collect();
        self.saving.iter().map(|user| (*user, self.of(*user))).collect()
    }

    /// How the saving ended; what failed is saved again later.
    pub fn saved(&mut self, ok: bool, now: Timestamp) {
        let saving = std::mem::take(&mut self.saving);
        self.failed = !ok;
        if !ok {
            self.dirty.extend(saving);
        }
        self.save_at = (!self.dirty.is_empty()).then(|| now + SAVE_EVERY);
    }

    /// Whether nothing is unsaved.
    pub fn is_clean(&self) -> bool {
        self.dirty.is_empty() && self.saving.is_empty()
    }

    /// Whether a save is under way.
    pub fn is_saving(&self) -> bool {
        !self.saving.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn start() -> Timestamp {
        "2026-11-20T15:00:00Z".parse().unwrap()
    }

    proptest! {
        /// MSG-05
        #[test]
        fn marks_never_go_back_and_never_pass_the_head(told in prop::collection::vec((0u64..40, 0u64..40), 1..30), head in 0u64..30) {
            let (mut marks, user, mut last) = (Marks::default(), Uuid::from_u128(1), Mark::default());
            for (read, delivered) in told {
                marks.advance(user, Mark { read, delivered }, head, 2, start());
                let now = marks.of(user);
                prop_assert!(now.read >= last.read && now.delivered >= last.delivered);
                prop_assert!(now.read <= now.delivered && now.delivered <= head);
                last = now;
            }
        }
    }

    /// MSG-05
    #[test]
    fn what_another_node_heard_is_told_here_and_neither_goes_back_nor_is_saved_twice() {
        let (mut marks, user) = (Marks::default(), Uuid::from_u128(1));
        let mark = |read, delivered| Mark { read, delivered };
        assert_eq!(marks.learn(vec![(user, mark(3, 5))], 2), vec![(user, mark(3, 5))]);
        assert!(marks.learn(vec![(user, mark(2, 4))], 2).is_empty());
        assert!(marks.is_clean());
        assert!(marks.learn(vec![(user, mark(9, 9))], 500).is_empty(), "nobody in a crowd is told");
        assert_eq!(marks.of(user), mark(9, 9));
    }

    /// MSG-05
    #[test]
    fn what_is_stored_of_who_comes_in_counts_and_an_older_load_takes_nothing_back() {
        let (mut marks, user) = (Marks::default(), Uuid::from_u128(1));
        let mark = |seq| Mark { read: seq, delivered: seq };
        assert_eq!(marks.see(user, mark(7)), Some(mark(7)));
        marks.load(vec![(user, mark(5)), (Uuid::from_u128(2), mark(6))]);
        assert_eq!((marks.of(user), marks.of(Uuid::from_u128(2))), (mark(7), mark(6)));
        assert_eq!(marks.see(user, mark(3)), None);
        assert!(marks.see(Uuid::from_u128(3), Mark::default()).is_none() && marks.is_clean());
    }

    #[test]
    fn a_save_that_failed_is_repeated_with_the_newest_values() {
        let (mut marks, user) = (Marks::default(), Uuid::from_u128(1));
        let told = |seq| Mark { read: seq, delivered: seq };
        marks.advance(user, told(3), 10, 2, start());
        let later = start() + SAVE_EVERY;
        assert_eq!(marks.take_unsaved(later, false), vec![(user, told(3))]);
        marks.advance(user, told(5), 10, 2, later);
        assert!(marks.take_unsaved(later + SAVE_EVERY, false).is_empty(), "one save at a time");
        marks.saved(false, later);
        assert!(!marks.is_clean());
        assert_eq!(marks.take_unsaved(later + SAVE_EVERY, false), vec![(user, told(5))]);
        marks.saved(true, later);
        assert!(marks.is_clean());
    }
}
