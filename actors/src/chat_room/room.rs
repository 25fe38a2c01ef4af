//! The room's decisions as a pure state machine: (state, command, now) -> effects. The actor only
//! performs the effects, so order, resume, repeated sends and gaps are tested without actix.
//!
//! Invariants (`room_tests.rs` tries to break them):
//! - `head` is committed, and the ring is contiguous up to it;
//! - a session is seated in the same step in which it gets everything up to `head`, so what
//!   follows is `head + 1`, `head + 2` … without a hole and without a double;
//! - nothing is acknowledged before the log said that it is stored.
//!
//! Here are the log and time; `people` has the seats, `history` what a join is answered with, `words`
//! the commands and effects.

mod history;
mod people;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;
use kernel::Timestamp;

use self::history::{Need, Waiting};
pub use self::words::{Command, Effect, History, Join, Joined, Post, Seat, Sitter};
use super::marks::Marks;
use super::port::{Appended, Draft, Entry, LogError, Opened, Page, RoomInfo, Seq};
use super::presence::Presence;
use super::repetitions::Repetitions;
use super::ring::{Line, Ring};
use super::sending::{Origin, Pace, Sending};
use crate::relay::{RelayId, SessionKey};
use crate::wire::{ErrCode, Problem};

/// Entries kept in memory, and loaded at the start.
pub const RING_ENTRIES: usize = 200;
/// Bytes of entries kept in memory.
const RING_BYTES: usize = 1024 * 1024;
/// Messages of a page for one who joins anew.
pub const PAGE_ENTRIES: usize = 50;
/// Entries of one read of the log.
pub const READ_ENTRIES: usize = 512;
/// Entries that may wait for a missing one before them.
const HELD_MAX: usize = 512;
/// Reads after which a join is given up.
const TRIES_MAX: u8 = 5;
/// A room with nobody in it stops after this.
const IDLE: TimeDelta = TimeDelta::seconds(60);
/// Pause before a failed read of missing entries is repeated.
const REREAD: TimeDelta = TimeDelta::seconds(1);

/// One room.
#[derive(Debug)]
pub struct Room {
    epoch: String,
    head: Seq,
    /// `None` until the log has answered.
    info: Option<RoomInfo>,
    ring: Ring,
    latest: Option<Arc<Page>>,
    backlog: Vec<Arc<Line>>,
    seats: BTreeMap<SessionKey, Seat>,
    /// Relay -> seats on its thread.
    relays: BTreeMap<RelayId, usize>,
    waiting: Vec<Waiting>,
    sending: Sending,
    presence: Presence,
    marks: Marks,
    held: BTreeMap<Seq, Entry>,
    reading: Option<Seq>,
    reading_latest: bool,
    /// The log may be ahead of us.
    suspect: bool,
    reread_at: Option<Timestamp>,
    idle_since: Option<Timestamp>,
    draining: bool,
    stopped: bool,
}

impl Room {
    /// A room that is about to be loaded.
    pub fn new(pace: Pace, now: Timestamp) -> (Self, Vec<Effect>) {
        let room = Self {
            epoch: String::new(),
            head: 0,
            info: None,
            ring: Ring::default(),
            latest: None,
            backlog: Vec::new(),
            seats: BTreeMap::new(),
            relays: BTreeMap::new(),
            waiting: Vec::new(),
            sending: Sending::new(pace),
            presence: Presence::default(),
            marks: Marks::default(),
            held: BTreeMap::new(),
            reading: None,
            reading_latest: false,
            suspect: false,
            reread_at: None,
            idle_since: Some(now),
            draining: false,
            stopped: false,
        };
        (room, vec![Effect::Open])
    }

    /// The same room, with the texts of all rooms to compare with.
    #[must_use]
    pub fn noting(mut self, repetitions: Arc<Repetitions>) -> Self {
        self.sending.compare_with(repetitions);
        self
    }

    /// The last number that everybody seated has.
    pub const fn head(&self) -> Seq {
        self.head
    }

    /// The room's epoch; empty until it is open.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// The relays that have a seat of this room.
    pub fn relays(&self) -> impl Iterator<Item = RelayId> + '_ {
        self.relays.keys().copied()
    }

    /// Decides. The effects are to be performed in order.
    pub fn handle(&mut self, command: Command, now: Timestamp) -> Vec<Effect> {
        let mut out = Vec::new();
        if self.stopped {
            return out;
        }
        match command {
            Command::Opened(Ok(opened)) => self.opened(opened),
            Command::Opened(Err(error)) => self.not_opened(&error, &mut out),
            Command::Join(join) => self.join(join, now, &mut out),
            Command::Leave { session, re } => {
                self.unseat(session, now, &mut out);
                out.push(Effect::Left { session, re });
            }
            Command::Gone(session) => self.unseat(session, now, &mut out),
            Command::Send { session, re, locale, post } => {
                self.send(
                    Origin::Session { key: session, re, locale },
                    session,
                    post,
                    now,
                    &mut out,
                );
            }
            Command::Submit { ticket, draft } => {
                self.offer(Origin::Ticket(ticket), draft, now, &mut out);
            }
            Command::Committed(result) => self.committed(result, now, &mut out),
            Command::Read { after, result } => self.read(after, result, now, &mut out),
            Command::Latest(result) => self.latest(result, &mut out),
            Command::MarksSaved { ok } => self.marks.saved(ok, now),
            Command::Bus { epoch, entries } => {
                if epoch == self.epoch {
                    self.ingest(entries, &mut out);
                } else if self.info.is_some() {
                    self.suspect = true;
                }
            }
            Command::HeadIs(head) => self.suspect |= self.info.is_some() && head > self.head,
            Command::Mark { session, mark } => self.mark(session, mark, now, &mut out),
            Command::Typing(session) => self.typing(session, now, &mut out),
            Command::Who { session, re, locale } => self.who(session, re, locale, &mut out),
            Command::Revoke(user) => self.revoke(user, now, &mut out),
            Command::Drain => self.draining = true,
            Command::Tick => {}
        }
        self.settle(now, &mut out);
        out
    }

    /// When [`Command::Tick`] is due.
    pub fn due(&self) -> Option<Timestamp> {
        if self.stopped || self.info.is_none() {
            return None;
        }
        let idle = self.idle_since.filter(|_| self.marks.is_clean()).map(|since| since + IDLE);
        let reread = self.reread_at.filter(|_| self.reading.is_none() && self.behind());
        [self.presence.due(), self.marks.due(), idle, reread].into_iter().flatten().min()
    }

    fn opened(&mut self, opened: Opened) {
        self.epoch = opened.epoch;
        self.head = opened.head;
        // A tail that does not end at the head proves nothing: it is not used.
        if opened.tail.last().map_or(0, Entry::seq) == opened.head {
            for entry in opened.tail {
                self.ring.push(Line::new(entry), RING_ENTRIES, RING_BYTES);
            }
        }
        self.marks.load(opened.marks);
        self.info = Some(opened.info);
    }

    fn not_opened(&mut self, error: &LogError, out: &mut Vec<Effect>) {
        let problem = problem_of(error);
        for waiting in self.waiting.drain(..) {
            out.push(waiting.join.refuse(problem));
        }
        let answers = self.sending.refuse_all(problem);
        out.extend(answers.into_iter().map(|(origin, answer)| Effect::Answer(origin, answer)));
        self.stop(out);
    }

    fn stop(&mut self, out: &mut Vec<Effect>) {
        self.stopped = true;
        out.push(Effect::Stop);
    }

    fn send(
        &mut self,
        origin: Origin,
        session: SessionKey,
        post: Post,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        // One that waits for its replay has been let in already.
        let waiting = || self.waiting.iter().map(|waiting| &waiting.join);
        let seat = self
            .seats
            .get(&session)
            .or_else(|| waiting().find(|join| join.session == session).map(|join| &join.seat));
        let Some(seat) = seat else {
            out.push(Effect::Answer(origin, Err(Problem::new(ErrCode::NotFound))));
            return;
        };
        if !seat.can_write {
            out.push(Effect::Answer(origin, Err(Problem::new(ErrCode::ReadOnly))));
            return;
        }
        let draft = Draft {
            author: seat.user,
            author_name: seat.name.clone(),
            author_role: seat.role,
            client_id: post.client_id,
            body: post.body,
            reply_to: post.reply_to,
            at: post.at,
        };
        self.offer(origin, draft, now, out);
    }

    fn offer(&mut self, origin: Origin, draft: Draft, now: Timestamp, out: &mut Vec<Effect>) {
        if self.draining {
            out.push(Effect::Answer(origin, Err(Problem::unavailable(2000))));
            return;
        }
        let slow_s = self.info.as_ref().map_or(0, |info| info.slow_s);
        if let Some(answer) = self.sending.offer(origin, draft, slow_s, now) {
            out.push(Effect::Answer(origin, answer));
        }
    }

    fn committed(
        &mut self,
        result: Result<Vec<Appended>, LogError>,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        match result {
            Ok(outcomes) => {
                let (answers, entries) = self.sending.committed(outcomes);
                out.extend(answers.into_iter().map(|(to, answer)| Effect::Answer(to, answer)));
                let lines = self.ingest(entries, out);
                if !lines.is_empty() {
                    out.push(Effect::Publish(lines));
                }
            }
            Err(error) => {
                let answers = self.sending.failed(problem_of(&error));
                out.extend(answers.into_iter().map(|(to, answer)| Effect::Answer(to, answer)));
                // It may have been stored all the same; look once the log is back.
                self.suspect = true;
                self.reread_at = Some(now + REREAD);
            }
        }
    }

    /// Passes on what follows the head, holds what comes too early, drops what is known. Returns
    /// the lines of `entries` themselves, for the bus.
    fn ingest(&mut self, entries: Vec<Entry>, out: &mut Vec<Effect>) -> Vec<Arc<Line>> {
        let mut own = Vec::with_capacity(entries.len());
        for entry in entries {
            let seq = entry.seq();
            if seq == self.head + 1 {
                own.push(self.pass(entry, out));
                while let Some(next) = self.held.remove(&(self.head + 1)) {
                    self.pass(next, out);
                }
            } else if seq > self.head {
                own.push(Line::new(entry.clone()));
                if self.held.len() < HELD_MAX {
                    self.held.insert(seq, entry);
                } else {
                    self.suspect = true;
                }
            }
        }
        own
    }

    fn pass(&mut self, entry: Entry, out: &mut Vec<Effect>) -> Arc<Line> {
        self.head = entry.seq();
        let line = Line::new(entry);
        if let Some(author) = line.author() {
            self.presence.said(author);
        }
        self.ring.push(Arc::clone(&line), RING_ENTRIES, RING_BYTES);
        out.push(Effect::Entry(Arc::clone(&line)));
        line
    }

    fn read(
        &mut self,
        after: Seq,
        result: Result<Vec<Entry>, LogError>,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        self.reading = None;
        match result {
            Ok(entries) => {
                let more = entries.len() >= READ_ENTRIES;
                // Only an unbroken run is used; a log with a hole would be passed on as whole.
                let run = entries.into_iter().zip(after + 1..);
                let run: Vec<_> = run.take_while(|(e, seq)| e.seq() == *seq).map(|p| p.0).collect();
                self.backlog = run.iter().cloned().map(Line::new).collect();
                let before = self.head;
                self.ingest(run, out);
                self.held.retain(|seq, _| *seq > self.head);
                self.suspect = more;
                // What is missing and not yet in the log is not asked for in a circle.
                self.reread_at = (self.head == before).then(|| now + REREAD);
                for waiting in self.waiting.iter_mut().filter(|waiting| waiting.asked) {
                    waiting.checked = true;
                    waiting.asked = false;
                    waiting.tries = waiting.tries.saturating_add(1);
                }
            }
            Err(error) => {
                self.refuse_asked(&error, out);
                self.suspect = true;
                self.reread_at = Some(now + REREAD);
            }
        }
    }

    fn latest(&mut self, result: Result<Page, LogError>, out: &mut Vec<Effect>) {
        self.reading_latest = false;
        match result {
            Ok(page) => {
                // The log may be ahead of us: then the page is too, and we catch up first.
                self.suspect |= page.at > self.head;
                self.latest = Some(Arc::new(page));
            }
            Err(error) => self.refuse_asked(&error, out),
        }
    }

    fn refuse_asked(&mut self, error: &LogError, out: &mut Vec<Effect>) {
        let (asked, rest) = std::mem::take(&mut self.waiting).into_iter().partition(|w| w.asked);
        self.waiting = rest;
        let asked: Vec<Waiting> = asked;
        out.extend(asked.into_iter().map(|waiting| waiting.join.refuse(problem_of(error))));
    }

    /// What follows from the new state: waiting joins, reads, the next commit, timers, the end.
    fn settle(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        if self.stopped || self.info.is_none() {
            return;
        }
        let mut log: Option<Seq> = None;
        let mut latest = false;
        let mut still = Vec::new();
        for mut waiting in std::mem::take(&mut self.waiting) {
            match self.answer_join(&waiting) {
                Ok(joined) => self.seat_joined(joined, out),
                // The log contradicts itself: the client asks again rather than we for ever.
                Err(_) if waiting.tries > TRIES_MAX => {
                    out.push(waiting.join.refuse(Problem::unavailable(1000)));
                }
                Err(need) => {
                    match need {
                        Need::Log(after) => log = Some(log.map_or(after, |a| a.min(after))),
                        Need::Latest => latest = true,
                    }
                    // A read that is already under way may have started too early for it.
                    waiting.asked |= match need {
                        Need::Log(_) => self.reading.is_none(),
                        Need::Latest => !self.reading_latest,
                    };
                    still.push(waiting);
                }
            }
        }
        self.waiting = still;
        if self.waiting.is_empty() {
            self.backlog = Vec::new();
        }
        self.reread_at = self.reread_at.filter(|at| *at > now);
        if self.behind() && self.reread_at.is_none() {
            log = Some(log.map_or(self.head, |after| after.min(self.head)));
        }
        if let Some(after) = log.filter(|_| self.reading.is_none()) {
            self.reading = Some(after);
            out.push(Effect::ReadAfter(after));
        }
        if latest && !std::mem::replace(&mut self.reading_latest, true) {
            out.push(Effect::ReadLatest);
        }
        if let Some(batch) = self.sending.next_batch() {
            out.push(Effect::Append(batch));
        }
        self.timers(now, out);
    }

    fn behind(&self) -> bool {
        self.suspect || !self.held.is_empty()
    }

    fn timers(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        if let Some(diff) = self.presence.tick(now) {
            out.push(Effect::Presence(diff));
        }
        let told = self.marks.take_untold(now);
        if !told.is_empty() {
            out.push(Effect::Marks(told));
        }
        let empty = self.seats.is_empty() && self.waiting.is_empty() && self.sending.is_idle();
        if !empty {
            self.idle_since = None;
        } else if self.idle_since.is_none() {
            self.idle_since = Some(now);
        }
        let idle = self.idle_since.is_some_and(|since| now >= since + IDLE);
        let ending = idle || (self.draining && self.sending.is_idle());
        let save = self.marks.take_unsaved(now, ending);
        if !save.is_empty() {
            out.push(Effect::SaveMarks(save));
        } else if ending && (self.marks.is_clean() || (self.draining && !self.marks.is_saving())) {
            self.stop(out);
        }
    }
}

fn problem_of(error: &LogError) -> Problem {
    match error {
        LogError::NotFound => Problem::new(ErrCode::NotFound),
        LogError::Unavailable(_) => Problem::unavailable(1000),
    }
}
