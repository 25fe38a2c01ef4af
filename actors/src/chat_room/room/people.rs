//! Who comes and goes, and what they are asked of beside messages: marks, typing, who is here.

use std::collections::HashSet;
use std::sync::Arc;

use kernel::Timestamp;
use uuid::Uuid;

use super::history::Waiting;
use super::{EARLY_MAX, Effect, Join, Joined, Room, Sitter};
use crate::chat_room::port::Mark;
use crate::relay::SessionKey;
use crate::wire::{CloseCode, ErrCode, Locale, Problem};

/// Joins that may wait for a read.
const WAITING_MAX: usize = 10_000;
/// People listed by name in a roster.
const ROSTER_MAX: usize = 50;

impl Room {
    /// Everybody who is seated or about to be, each standing once.
    pub fn sitters(&self) -> Vec<Sitter> {
        let waiting = self.waiting.iter().map(|waiting| &waiting.join.seat);
        let mut sitters: Vec<Sitter> = Vec::new();
        for seat in self.seats.values().chain(waiting) {
            sitters.push(Sitter { user: seat.user, rights: seat.rights });
        }
        sitters.sort_unstable_by_key(|one| (one.user, one.rights.can_write));
        sitters.dedup();
        sitters
    }

    pub(super) fn join(&mut self, join: Join, now: Timestamp, out: &mut Vec<Effect>) {
        // One that joins again is seated anew, so that its chain has no double.
        self.unseat(join.session, now, out);
        self.marks.see(join.seat.user, join.mark);
        if self.draining || self.waiting.len() >= WAITING_MAX {
            out.push(join.refuse(Problem::unavailable(1000)));
            return;
        }
        self.waiting.push(Waiting { join, asked: false, checked: false, tries: 0 });
    }

    pub(super) fn unseat(&mut self, session: SessionKey, now: Timestamp, out: &mut Vec<Effect>) {
        // Its join does not come to anything any more, and is answered all the same.
        for waiting in self.waiting.extract_if(.., |waiting| waiting.join.session == session) {
            out.push(waiting.join.refuse(Problem::unavailable(1000)));
        }
        if let Some(seat) = self.seats.remove(&session) {
            if let Some(count) = self.relays.get_mut(&session.relay) {
                *count -= 1;
                if *count == 0 {
                    self.relays.remove(&session.relay);
                }
            }
            self.presence.depart(seat.user, now);
            out.push(Effect::Unseat(session));
        }
    }

    pub(super) fn revoke(&mut self, user: Uuid, now: Timestamp, out: &mut Vec<Effect>) {
        let sessions: Vec<SessionKey> = self
            .seats
            .iter()
            .filter(|(_, seat)| seat.user == user)
            .map(|(session, _)| *session)
            .chain(self.waiting.iter().filter(|w| w.join.seat.user == user).map(|w| w.join.session))
            .collect();
        for session in sessions {
            self.unseat(session, now, out);
            out.push(Effect::Cut(session, CloseCode::UNCERTAIN));
        }
        self.presence.expel(user);
    }

    /// Whom `user` does not want to see any more has changed.
    pub(super) fn blocks(
        &mut self,
        user: Uuid,
        blocked: Option<&Arc<HashSet<Uuid>>>,
        out: &mut Vec<Effect>,
    ) {
        for waiting in self.waiting.iter_mut().filter(|waiting| waiting.join.seat.user == user) {
            waiting.join.seat.blocked = blocked.cloned();
        }
        for (session, seat) in self.seats.iter_mut().filter(|(_, seat)| seat.user == user) {
            seat.blocked = blocked.cloned();
            out.push(Effect::View(*session, seat.viewer(), seat.presence));
        }
    }

    pub(super) fn seat_joined(&mut self, mut joined: Joined, out: &mut Vec<Effect>) {
        let seat = &joined.seat;
        self.presence.arrive(seat.user, &seat.name, seat.rights.role);
        *self.relays.entry(joined.session.relay).or_default() += 1;
        self.seats.insert(joined.session, seat.clone());
        joined.online = self.presence.count();
        out.push(Effect::Joined(Box::new(joined)));
    }

    pub(super) fn mark(
        &mut self,
        session: SessionKey,
        mark: Mark,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        if let Some(user) = self.seats.get(&session).map(|seat| seat.user) {
            self.mark_of(user, mark, now, out);
        }
    }

    pub(super) fn mark_of(
        &mut self,
        user: Uuid,
        mark: Mark,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        if self.info.is_none() {
            // The head, which no mark passes, is not known yet.
            if self.early.len() < EARLY_MAX {
                self.early.push((user, mark));
            }
            return;
        }
        let people = self.people();
        if let Some(mark) = self.marks.advance(user, mark, self.head, people, now) {
            out.push(Effect::OwnMark(user, mark));
        }
    }

    /// How large the room is, for what is told to all of it.
    pub(super) fn people(&self) -> usize {
        let members = self.info.as_ref().map_or(0, |info| info.members);
        self.presence.count().max(usize::try_from(members).unwrap_or(usize::MAX))
    }

    pub(super) fn typing(&mut self, session: SessionKey, now: Timestamp, out: &mut Vec<Effect>) {
        let Some(seat) = self.seats.get(&session).filter(|seat| seat.rights.can_write) else {
            return;
        };
        if self.presence.typing(seat.user, now) {
            let (user, name) = (seat.user, seat.name.clone());
            out.push(Effect::Typing { user, name: name.clone() });
            out.push(Effect::PublishTyping { user, name });
        }
    }

    pub(super) fn who(&self, session: SessionKey, re: u64, locale: Locale, out: &mut Vec<Effect>) {
        if self.seats.contains_key(&session) {
            let (people, n) = (self.presence.roster(ROSTER_MAX), self.presence.count());
            out.push(Effect::Roster { session, re, people, n });
        } else {
            let problem = Problem::new(ErrCode::NotFound);
            out.push(Effect::Refuse { session, re, locale, problem });
        }
    }
}
