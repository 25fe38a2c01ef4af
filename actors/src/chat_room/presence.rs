//! Who is here and who is typing. Pure; both may be lost and are never stored.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use kernel::Timestamp;
use uuid::Uuid;

use super::port::Role;

/// How long a person still counts as here after the last connection went (mobile links flap).
const LINGER: TimeDelta = TimeDelta::seconds(30);
/// At most one announcement in this time.
const ANNOUNCE_EVERY: TimeDelta = TimeDelta::seconds(2);
/// Above this many people only their number is told.
const NAMES_MAX: usize = 200;
/// At most one "is typing" per person in this time.
const TYPING_EVERY: TimeDelta = TimeDelta::seconds(3);
/// Above this many people nobody is told who types.
const TYPING_MAX: usize = 50;

/// A person in the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name as shown.
    pub name: String,
    /// What the person is here.
    pub role: Role,
    connections: u32,
    gone_at: Option<Timestamp>,
    typed_at: Option<Timestamp>,
}

/// What changed since the last announcement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// Who came; empty in a crowd.
    pub on: Vec<Uuid>,
    /// Who went; empty in a crowd.
    pub off: Vec<Uuid>,
    /// How many are here.
    pub n: usize,
}

/// Who is here.
#[derive(Debug, Default)]
pub struct Presence {
    people: BTreeMap<Uuid, Person>,
    on: BTreeSet<Uuid>,
    off: BTreeSet<Uuid>,
    announced_at: Option<Timestamp>,
}

impl Presence {
    /// One more connection of `user`.
    pub fn arrive(&mut self, user: Uuid, name: &str, role: Role) {
        if let Some(person) = self.people.get_mut(&user) {
            person.connections += 1;
            person.gone_at = None;
            return;
        }
        let person =
            Person { name: name.to_owned(), role, connections: 1, gone_at: None, typed_at: None };
        self.people.insert(user, person);
        if !self.off.remove(&user) {
            self.on.insert(user);
        }
    }

    /// One connection of `user` less.
    pub fn depart(&mut self, user: Uuid, now: Timestamp) {
        if let Some(person) = self.people.get_mut(&user) {
            person.connections = person.connections.saturating_sub(1);
            if person.connections == 0 {
                person.gone_at = Some(now + LINGER);
            }
        }
    }

    /// Takes `user` out at once (access lost).
    pub fn expel(&mut self, user: Uuid) {
        if self.people.remove(&user).is_some() && !self.on.remove(&user) {
            self.off.insert(user);
        }
    }

    /// How many are here.
    pub fn count(&self) -> usize {
        self.people.len()
    }

    /// The first `limit` people.
    pub fn roster(&self, limit: usize) -> Vec<(Uuid, Person)> {
        self.people.iter().take(limit).map(|(user, person)| (*user, person.clone())).collect()
    }

    /// Whether to tell the others that `user` types.
    pub fn typing(&mut self, user: Uuid, now: Timestamp) -> bool {
        if self.people.len() > TYPING_MAX {
            return false;
        }
        let Some(person) = self.people.get_mut(&user) else { return false };
        if person.typed_at.is_some_and(|last| now - last < TYPING_EVERY && now >= last) {
            return false;
        }
        person.typed_at = Some(now);
        true
    }

    /// A message ends its author's typing.
    pub fn said(&mut self, user: Uuid) {
        if let Some(person) = self.people.get_mut(&user) {
            person.typed_at = None;
        }
    }

    /// When [`Self::tick`] has something to do.
    pub fn due(&self) -> Option<Timestamp> {
        let gone = self.people.values().filter_map(|person| person.gone_at).min();
        let changed = !(self.on.is_empty() && self.off.is_empty());
        let announce = changed
            .then(|| self.announced_at.map_or(Timestamp::MIN_UTC, |last| last + ANNOUNCE_EVERY));
        gone.into_iter().chain(announce).min()
    }

    /// Lets go of who has lingered long enough, and announces what changed, if it is time.
    pub fn tick(&mut self, now: Timestamp) -> Option<Diff> {
        let gone: Vec<Uuid> = self
            .people
            .iter()
            .filter(|(_, person)| person.gone_at.is_some_and(|at| at <= now))
            .map(|(user, _)| *user)
            .collect();
        for user in gone {
            self.expel(user);
        }
        if self.on.is_empty() && self.off.is_empty() {
            return None;
        }
        if self.announced_at.is_some_and(|last| now < last + ANNOUNCE_EVERY && now >= last) {
            return None;
        }
        self.announced_at = Some(now);
        let on = std::mem::take(&mut self.on);
        let off = std::mem::take(&mut self.off);
        let n = self.people.len();
        if n > NAMES_MAX {
            return Some(Diff { on: Vec::new(), off: Vec::new(), n });
        }
        Some(Diff { on: on.into_iter().collect(), off: off.into_iter().collect(), n })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        "2026-11-20T15:00:00Z".parse::<Timestamp>().unwrap() + TimeDelta::seconds(seconds)
    }

    #[test]
    fn a_link_that_flaps_is_not_announced() {
        let (mut presence, user) = (Presence::default(), Uuid::from_u128(1));
        presence.arrive(user, "Nodira", Role::Student);
        assert_eq!(presence.tick(at(0)).unwrap().on, vec![user]);
        presence.depart(user, at(10));
        assert_eq!((presence.tick(at(20)), presence.count()), (None, 1));
        presence.arrive(user, "Nodira", Role::Student);
        assert_eq!(presence.tick(at(60)), None);
        presence.depart(user, at(60));
        assert_eq!(presence.due(), Some(at(90)));
        assert_eq!(presence.tick(at(90)), Some(Diff { on: vec![], off: vec![user], n: 0 }));
    }

    #[test]
    fn changes_are_announced_at_most_every_two_seconds() {
        let mut presence = Presence::default();
        presence.arrive(Uuid::from_u128(1), "A", Role::Student);
        assert!(presence.tick(at(0)).is_some());
        presence.arrive(Uuid::from_u128(2), "B", Role::Student);
        assert_eq!(presence.tick(at(1)), None);
        assert_eq!(presence.tick(at(2)).unwrap().on, vec![Uuid::from_u128(2)]);
    }

    #[test]
    fn a_crowd_is_only_counted_and_its_typing_is_not_told() {
        let mut presence = Presence::default();
        for user in 0..201 {
            presence.arrive(Uuid::from_u128(user), "x", Role::Student);
        }
        assert_eq!(presence.tick(at(0)), Some(Diff { on: vec![], off: vec![], n: 201 }));
        assert!(!presence.typing(Uuid::from_u128(7), at(0)));
    }

    #[test]
    fn typing_is_told_once_in_three_seconds_and_again_after_a_message() {
        let (mut presence, user) = (Presence::default(), Uuid::from_u128(1));
        presence.arrive(user, "A", Role::Student);
        assert!(presence.typing(user, at(0)));
        assert!(!presence.typing(user, at(2)));
        presence.said(user);
        assert!(presence.typing(user, at(2)));
        assert!(!presence.typing(Uuid::from_u128(9), at(0)), "a stranger types in vain");
    }
}
