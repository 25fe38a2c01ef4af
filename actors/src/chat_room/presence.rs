//! Who is here and who is typing. Pure; both may be lost and are never stored.
//!
//! Between nodes each tells the others the whole list of its own people: when it changes, and again before what
//! the others believe runs out. So a lost frame is mended by the next, a killed node's people end by themselves,
//! and nothing is kept anywhere else.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::port::Role;

/// How long a person still counts as here after the last connection went (mobile links flap).
const LINGER: TimeDelta = TimeDelta::seconds(30);
/// At most one announcement in this time, to people and to nodes.
const ANNOUNCE_EVERY: TimeDelta = TimeDelta::seconds(2);
/// The same to nodes, of a crowd, whose list is long.
const CROWD_EVERY: TimeDelta = TimeDelta::seconds(10);
/// A list that has not changed is told the other nodes again after this, …
const RENEW_EVERY: TimeDelta = TimeDelta::seconds(20);
/// … and is believed for this long.
const BELIEVED: TimeDelta = TimeDelta::seconds(45);
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
    /// The other nodes that the person is on.
    nodes: BTreeSet<Uuid>,
}

impl Person {
    /// Whether this node counts the person as its own.
    const fn is_own(&self) -> bool {
        self.connections > 0 || self.gone_at.is_some()
    }
}

/// A person as one node tells of them to the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Here {
    /// Who.
    pub user: Uuid,
    /// The name as shown; empty in a crowd.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What the person is here.
    pub role: Role,
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
    /// Until when what another node said is believed.
    nodes: BTreeMap<Uuid, Timestamp>,
    /// There may be other nodes.
    is_shared: bool,
    /// The other nodes do not know the own people as they are.
    is_news: bool,
    /// When they were last told.
    told_at: Option<Timestamp>,
    /// How many they were told of.
    told: usize,
}

impl Presence {
    /// From here on the other nodes are told.
    pub const fn share(&mut self) {
        self.is_shared = true;
    }

    fn enter(&mut self, user: Uuid, name: &str, role: Role) -> &mut Person {
        let (on, off) = (&mut self.on, &mut self.off);
        let person = self.people.entry(user).or_insert_with(|| {
            if !off.remove(&user) {
                on.insert(user);
            }
            let nodes = BTreeSet::new();
            let name = name.to_owned();
            Person { name, role, connections: 0, gone_at: None, typed_at: None, nodes }
        });
        // A crowd's list has no names.
        if person.name.is_empty() {
            name.clone_into(&mut person.name);
        }
        person
    }

    fn remove(&mut self, user: Uuid) {
        if self.people.remove(&user).is_some() && !self.on.remove(&user) {
            self.off.insert(user);
        }
    }

    /// One more connection of `user`.
    pub fn arrive(&mut self, user: Uuid, name: &str, role: Role) {
        let person = self.enter(user, name, role);
        let was_own = person.is_own();
        person.connections += 1;
        person.gone_at = None;
        self.is_news |= !was_own;
    }

    /// One connection of `user` less.
    pub fn depart(&mut self, user: Uuid, now: Timestamp) {
        if let Some(person) = self.people.get_mut(&user).filter(|person| person.connections > 0) {
            person.connections -= 1;
            if person.connections == 0 {
                person.gone_at = Some(now + LINGER);
            }
        }
    }

    /// Takes `user` out at once (access lost).
    pub fn expel(&mut self, user: Uuid) {
        self.is_news |= self.people.get(&user).is_some_and(Person::is_own);
        self.remove(user);
    }

    /// What another node says: who is there, all of them.
    pub fn hear(&mut self, node: Uuid, here: Vec<Here>, now: Timestamp) {
        let users: BTreeSet<Uuid> = here.iter().map(|one| one.user).collect();
        let was_known = self.nodes.contains_key(&node);
        self.forget(node, &users);
        if !here.is_empty() {
            self.nodes.insert(node, now + BELIEVED);
            // It may not know of this one either.
            self.is_news |= !was_known;
        }
        for Here { user, name, role } in here {
            self.enter(user, &name, role).nodes.insert(node);
        }
    }

    /// Another node asks who is here: it is told as if it were new.
    pub const fn asked(&mut self) {
        self.is_news = true;
    }

    /// `node` has nobody but `but` any more.
    fn forget(&mut self, node: Uuid, but: &BTreeSet<Uuid>) {
        if self.nodes.remove(&node).is_none() {
            return;
        }
        let mut gone = Vec::new();
        for (user, person) in self.people.iter_mut().filter(|(user, _)| !but.contains(user)) {
            if person.nodes.remove(&node) && person.nodes.is_empty() && !person.is_own() {
                gone.push(*user);
            }
        }
        for user in gone {
            self.remove(user);
        }
    }

    fn own(&self) -> impl Iterator<Item = (&Uuid, &Person)> {
        self.people.iter().filter(|(_, person)| person.is_own())
    }

    /// When the other nodes are to be told.
    fn news_due(&self) -> Option<Timestamp> {
        if !self.is_shared {
            return None;
        }
        let Some(last) = self.told_at else {
            let anybody = || self.own().next().is_some();
            return (self.is_news && anybody()).then_some(Timestamp::MIN_UTC);
        };
        let pause = if self.told > NAMES_MAX { CROWD_EVERY } else { ANNOUNCE_EVERY };
        // Where nobody was and nobody is there is nothing to say.
        let changed = self.is_news && (self.told > 0 || self.own().next().is_some());
        let renewed = (self.told > 0).then_some(last + RENEW_EVERY);
        changed.then_some(last + pause).or(renewed)
    }

    /// The list for the other nodes, if it is time.
    pub fn news(&mut self, now: Timestamp) -> Option<Vec<Here>> {
        // A clock that was set back delays nothing.
        let is_back = self.told_at.is_some_and(|last| last > now);
        let due = self.news_due()?;
        if due > now && !is_back {
            return None;
        }
        let mut here: Vec<Here> = self
            .own()
            .map(|(user, Person { name, role, .. })| Here {
                user: *user,
                name: name.clone(),
                role: *role,
            })
            .collect();
        if here.len() > NAMES_MAX {
            here.iter_mut().for_each(|one| one.name = String::new());
        }
        (self.is_news, self.told_at, self.told) = (false, Some(now), here.len());
        Some(here)
    }

    /// Whether the other nodes believe that somebody is here.
    pub const fn is_told(&self) -> bool {
        self.told > 0
    }

    /// How many are here.
    pub fn count(&self) -> usize {
        self.people.len()
    }

    /// The first `limit` people whose names are known.
    pub fn roster(&self, limit: usize) -> Vec<(Uuid, Person)> {
        let named = self.people.iter().filter(|(_, person)| !person.name.is_empty());
        named.take(limit).map(|(user, person)| (*user, person.clone())).collect()
    }

    /// Whether few enough are here to be told who types.
    pub fn hears_typing(&self) -> bool {
        self.people.len() <= TYPING_MAX
    }

    /// Whether to tell the others that `user` types.
    pub fn typing(&mut self, user: Uuid, now: Timestamp) -> bool {
        if !self.hears_typing() {
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

    /// When [`Self::tick`] or [`Self::news`] has something to do.
    pub fn due(&self) -> Option<Timestamp> {
        let gone = self.people.values().filter_map(|person| person.gone_at).min();
        let changed = !(self.on.is_empty() && self.off.is_empty());
        let announce = changed
            .then(|| self.announced_at.map_or(Timestamp::MIN_UTC, |last| last + ANNOUNCE_EVERY));
        let silent = self.nodes.values().min().copied();
        gone.into_iter().chain(announce).chain(silent).chain(self.news_due()).min()
    }

    /// Lets go of who has lingered long enough and of nodes that have gone silent, and announces what changed, if
    /// it is time.
    pub fn tick(&mut self, now: Timestamp) -> Option<Diff> {
        let silent: Vec<Uuid> =
            self.nodes.iter().filter(|(_, until)| **until <= now).map(|(node, _)| *node).collect();
        for node in silent {
            self.forget(node, &BTreeSet::new());
        }
        let mut gone = Vec::new();
        for (user, person) in &mut self.people {
            if person.gone_at.is_some_and(|at| at <= now) {
                person.gone_at = None;
                self.is_news = true;
                gone.extend(person.nodes.is_empty().then_some(*user));
            }
        }
        for user in gone {
            self.remove(user);
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

    fn shared() -> Presence {
        let mut presence = Presence::default();
        presence.share();
        presence
    }

    const NODE: Uuid = Uuid::from_u128(900);

    fn here(user: u128) -> Here {
        Here { user: Uuid::from_u128(user), name: format!("user {user}"), role: Role::Student }
    }

    /// A node that is killed says nothing: its people go when what it said is no longer believed.
    #[test]
    fn another_nodes_people_are_here_until_it_says_otherwise_or_nothing() {
        let mut presence = shared();
        presence.hear(NODE, vec![here(1), here(2)], at(0));
        assert_eq!(presence.tick(at(0)).unwrap().on, [1, 2].map(Uuid::from_u128));
        presence.hear(NODE, vec![here(2)], at(10));
        assert_eq!(presence.tick(at(10)).unwrap().off, [Uuid::from_u128(1)]);
        assert_eq!(presence.due(), Some(at(55)));
        assert_eq!((presence.tick(at(54)), presence.count()), (None, 1));
        let gone = Diff { on: vec![], off: vec![Uuid::from_u128(2)], n: 0 };
        assert_eq!(presence.tick(at(55)), Some(gone));
        assert_eq!(presence.due(), None);
    }

    #[test]
    fn somebody_on_two_nodes_is_one_and_goes_with_the_last() {
        let (mut presence, user) = (shared(), Uuid::from_u128(1));
        presence.arrive(user, "Nodira", Role::Student);
        presence.hear(NODE, vec![here(1)], at(0));
        presence.hear(Uuid::from_u128(901), vec![here(1)], at(0));
        assert_eq!(presence.tick(at(0)), Some(Diff { on: vec![user], off: vec![], n: 1 }));
        assert_eq!(presence.roster(9)[0].1.name, "Nodira");
        presence.depart(user, at(0));
        assert_eq!((presence.tick(at(30)), presence.count()), (None, 1), "there, not here");
        presence.hear(NODE, vec![], at(31));
        assert_eq!((presence.tick(at(31)), presence.count()), (None, 1));
        presence.hear(Uuid::from_u128(901), vec![], at(32));
        assert_eq!(presence.tick(at(33)).unwrap().off, [user]);
    }

    #[test]
    fn the_other_nodes_are_told_when_it_changes_at_most_every_two_seconds_and_again_every_twenty() {
        let mut presence = shared();
        assert_eq!(presence.news(at(0)), None, "nobody is here");
        presence.arrive(Uuid::from_u128(1), "user 1", Role::Student);
        assert_eq!(presence.news(at(0)), Some(vec![here(1)]));
        presence.arrive(Uuid::from_u128(2), "user 2", Role::Student);
        assert_eq!(presence.news(at(1)), None);
        assert_eq!(presence.news(at(2)), Some(vec![here(1), here(2)]));
        assert_eq!((presence.news(at(21)), presence.news_due()), (None, Some(at(22))));
        assert_eq!(presence.news(at(22)), Some(vec![here(1), here(2)]));
        presence.asked();
        assert_eq!(presence.news(at(24)), Some(vec![here(1), here(2)]));
        presence.expel(Uuid::from_u128(1));
        presence.depart(Uuid::from_u128(2), at(25));
        presence.tick(at(55));
        assert_eq!((presence.news(at(55)), presence.is_told()), (Some(vec![]), false));
        presence.asked();
        assert_eq!((presence.news(at(99)), presence.due()), (None, None), "nobody to tell of");
    }

    /// What other nodes say is not said again.
    #[test]
    fn a_node_tells_of_its_own_people_only_and_of_a_crowd_without_names() {
        let mut presence = shared();
        presence.hear(NODE, vec![here(1)], at(0));
        assert_eq!(presence.news(at(0)), None);
        for user in 10..=10 + NAMES_MAX {
            presence.arrive(Uuid::from_u128(user as u128), "x", Role::Student);
        }
        let told = presence.news(at(0)).unwrap();
        assert_eq!((told.len(), told[0].name.as_str()), (NAMES_MAX + 1, ""));
        presence.arrive(Uuid::from_u128(5), "y", Role::Student);
        assert_eq!((presence.news(at(9)), presence.news(at(10)).is_some()), (None, true));
    }
}
