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
use uuid::Uuid;

use self::history::{Need, Waiting};
pub use self::words::{Command, Effect, History, Join, Joined, Muted, Seat, Sitter};
use super::marks::Marks;
use super::port::{
    Action, Appended, Change, Draft, Entry, LogError, Mark, Opened, Page, RoomInfo, Seq, What,
};
use super::presence::Presence;
use super::repetitions::Repetitions;
use super::ring::{Line, Ring};
use super::sending::{Origin, Pace, Repeated, Sending};
use crate::relay::{RelayId, SessionKey};
use crate::wire::{CloseCode, ErrCode, More, Problem};

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
/// Marks that may wait until the room is open.
const EARLY_MAX: usize = 1000;
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
    /// Marks that came over HTTP before the room was open.
    early: Vec<(Uuid, Mark)>,
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
            early: Vec::new(),
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

    /// The same room, one of several nodes' that tell each other who is there.
    #[must_use]
    pub const fn among_nodes(mut self) -> Self {
        self.presence.share();
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
            Command::Opened(Ok(opened)) => {
                self.opened(opened);
                out.push(Effect::AskWhoIsThere);
            }
            Command::Opened(Err(error)) => self.not_opened(&error, &mut out),
            Command::Join(join) => self.join(join, now, &mut out),
            Command::Leave { session, re } => {
                self.unseat(session, now, &mut out);
                out.push(Effect::Left { session, re });
            }
            Command::Gone(session) => self.unseat(session, now, &mut out),
            Command::Send { session, re, locale, what } => {
                self.send(
                    Origin::Session { key: session, re, locale },
                    session,
                    what,
                    now,
                    &mut out,
                );
            }
            Command::Submit { ticket, change } => {
                self.offer(Origin::Ticket(ticket), change, now, &mut out);
            }
            Command::Committed(result) => self.committed(result, now, &mut out),
            Command::Read { after, result } => self.read(after, result, now, &mut out),
            Command::Blocks { user, blocked } => self.blocks(user, blocked.as_ref(), &mut out),
            Command::Latest(Err(LogError::NotFound)) => self.vanish(&mut out),
            Command::Latest(result) => self.latest(result, &mut out),
            Command::MarksSaved(Err(LogError::NotFound)) | Command::Vanished => {
                self.vanish(&mut out);
            }
            Command::MarksSaved(saved) => self.marks.saved(saved.is_ok(), now),
            Command::Bus { epoch, entries } => {
                if epoch == self.epoch {
                    self.ingest(entries, now, &mut out);
                } else {
                    // Another log than ours, or ours is not open yet: what came is not kept, and looked
                    // for in the log.
                    self.suspect = true;
                }
            }
            Command::BusMarks { epoch, marks } => {
                if epoch == self.epoch {
                    let told = self.marks.learn(marks, self.people());
                    if !told.is_empty() {
                        out.push(Effect::Marks(told));
                    }
                }
            }
            Command::BusHere { node, here } => self.presence.hear(node, here, now),
            Command::BusAsks => self.presence.asked(),
            Command::BusTyping { user, name } => {
                if self.presence.hears_typing() {
                    out.push(Effect::Typing { user, name });
                }
            }
            Command::HeadIs(head) => self.suspect |= self.info.is_some() && head > self.head,
            Command::Hears => self.suspect = true,
            Command::Mark { session, mark } => self.mark(session, mark, now, &mut out),
            Command::MarkOf { user, mark } => self.mark_of(user, mark, now, &mut out),
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
            out.push(waiting.join.refuse(problem.clone()));
        }
        let answers = self.sending.refuse_all(problem);
        out.extend(answers.into_iter().map(|(origin, answer)| Effect::Answer(origin, answer)));
        self.stop(out);
    }

    /// The room is no more: who is in it has nothing to come back to, and its marks belong nowhere.
    fn vanish(&mut self, out: &mut Vec<Effect>) {
        out.extend(self.seats.keys().map(|one| Effect::Cut(*one, CloseCode::UNCERTAIN)));
        self.not_opened(&LogError::NotFound, out);
    }

    /// What is left to say when the actor ends without having stopped (a panic, a thread that is lost): nobody is
    /// left deaf. Who has a seat is cut and comes back, everything that waits is answered.
    pub fn abandon(&mut self) -> Vec<Effect> {
        let mut out = Vec::new();
        // A node that drains sends its sessions home itself.
        if self.stopped || self.draining {
            return out;
        }
        out.extend(self.seats.keys().map(|one| Effect::Cut(*one, CloseCode::UNCERTAIN)));
        self.not_opened(&LogError::Unavailable(String::new()), &mut out);
        out.retain(|effect| !matches!(effect, Effect::Stop));
        out
    }

    fn stop(&mut self, out: &mut Vec<Effect>) {
        self.stopped = true;
        if self.presence.is_told() {
            // Who comes back on another node is told of there.
            out.push(Effect::PublishHere(Vec::new()));
        }
        out.push(Effect::Stop);
    }

    fn send(
        &mut self,
        origin: Origin,
        session: SessionKey,
        what: What,
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
        let by = seat.by();
        self.offer(origin, Change { by, what }, now, out);
    }

    fn offer(&mut self, origin: Origin, change: Change, now: Timestamp, out: &mut Vec<Effect>) {
        if self.draining {
            out.push(Effect::Answer(origin, Err(Problem::unavailable(2000))));
            return;
        }
        let (slow_s, owner) =
            self.info.as_ref().map_or((0, None), |info| (info.slow_s, info.owner_id));
        let locked = self.info.as_ref().is_some_and(|info| info.locked);
        // What was sent before is answered by what came of it, whatever holds its author by now.
        let answer = match self.sending.repeated(origin, &change) {
            Repeated::Known(answer) => Some(answer),
            Repeated::Waits => None,
            // The log knows, and looks at the same rights.
            Repeated::Unsettled => self.sending.offer(origin, change, 0, now),
            Repeated::New => match may(&change, locked, owner) {
                Ok(()) => self.sending.offer(origin, change, slow_s, now),
                Err(problem) => Some(Err(problem)),
            },
        };
        if let Some(answer) = answer {
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
                let known = outcomes.iter().filter_map(|outcome| match outcome {
                    Appended::Duplicate { seq, .. } => Some(*seq),
                    Appended::Stored { .. } | Appended::Refused(_) => None,
                });
                let known = known.max().unwrap_or(0);
                let (answers, entries) = self.sending.committed(outcomes);
                out.extend(answers.into_iter().map(|(to, answer)| Effect::Answer(to, answer)));
                let lines = self.ingest(entries, now, out);
                if !lines.is_empty() {
                    out.push(Effect::Publish(lines));
                }
                // The log holds something that nobody has told us of.
                self.suspect |= known > self.head;
            }
            Err(LogError::NotFound) => self.vanish(out),
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
    fn ingest(
        &mut self,
        entries: Vec<Entry>,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) -> Vec<Arc<Line>> {
        let mut own = Vec::with_capacity(entries.len());
        for entry in entries {
            let seq = entry.seq();
            if seq == self.head + 1 {
                own.push(self.pass(entry, now, out));
                while let Some(next) = self.held.remove(&(self.head + 1)) {
                    self.pass(next, now, out);
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

    fn pass(&mut self, entry: Entry, now: Timestamp, out: &mut Vec<Effect>) -> Arc<Line> {
        self.head = entry.seq();
        let line = Line::new(entry);
        match line.entry() {
            Entry::Msg { m, .. } => self.presence.said(m.author),
            entry => self.apply(entry),
        }
        self.ring.push(Arc::clone(&line), RING_ENTRIES, RING_BYTES);
        out.push(Effect::Entry(Arc::clone(&line)));
        // After its fan-out: who is put out has heard why.
        if let Entry::Mod { action: Action::Kick | Action::Ban, user: Some(user), .. } =
            line.entry()
        {
            self.revoke(*user, now, out);
        }
        line
    }

    /// What an entry changes about the room itself and about what is kept of its messages.
    fn apply(&mut self, entry: &Entry) {
        let Some(info) = &mut self.info else { return };
        match entry {
            Entry::Del { msg, .. } => {
                info.pinned.retain(|pinned| pinned.id != *msg);
                info.accepted = info.accepted.filter(|accepted| accepted != msg);
                // Its words are nowhere to be read any more.
                self.ring.wipe(*msg);
                for line in &mut self.backlog {
                    if let Some(wiped) = line.without(*msg) {
                        *line = wiped;
                    }
                }
                if self.latest.as_ref().is_some_and(|page| page.holds(*msg)) {
                    self.latest = None;
                }
            }
            // A page is in the state of its own head; what was held is not in it for most.
            Entry::Approve { .. } => self.latest = None,
            Entry::Pin { msg, on, preview, .. } => {
                info.pinned.retain(|pinned| pinned.id != *msg);
                info.pinned.extend(preview.clone().filter(|_| *on));
            }
            Entry::Answer { msg, .. } => info.accepted = *msg,
            Entry::Mod { action: Action::Lock, .. } => info.locked = true,
            Entry::Mod { action: Action::Unlock, .. } => info.locked = false,
            Entry::Mod { action: Action::SlowMode, slow_s, .. } => {
                info.slow_s = slow_s.unwrap_or(0);
            }
            Entry::Room { title, slow_s, locked, version, .. } => {
                if let Some(title) = title {
                    info.title.clone_from(title);
                }
                info.slow_s = slow_s.unwrap_or(info.slow_s);
                info.locked = locked.unwrap_or(info.locked);
                info.version = *version;
            }
            Entry::Msg { .. }
            | Entry::Edit { .. }
            | Entry::React { .. }
            | Entry::Mod { .. }
            | Entry::Member { .. }
            | Entry::Skip { .. } => {}
        }
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
                self.ingest(run, now, out);
                self.wipe_backlog();
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
                // It was read before something in it was taken away: it is read again.
                let gone = |line: &Arc<Line>| match line.entry() {
                    Entry::Del { msg, .. } => page.holds(*msg),
                    Entry::Approve { .. } => true,
                    _ => false,
                };
                let since = self.ring.after(page.at, self.head);
                if since.is_some_and(|since| !since.iter().any(gone)) {
                    self.latest = Some(Arc::new(page));
                }
            }
            Err(error) => self.refuse_asked(&error, out),
        }
    }

    /// What was read before a message was taken away does not bring it back.
    fn wipe_backlog(&mut self) {
        for msg in self.ring.deleted() {
            for line in &mut self.backlog {
                if let Some(wiped) = line.without(msg) {
                    *line = wiped;
                }
            }
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
        for (user, mark) in std::mem::take(&mut self.early) {
            self.mark_of(user, mark, now, out);
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
        if let Some(here) = self.presence.news(now) {
            out.push(Effect::PublishHere(here));
        }
        let told = self.marks.take_untold(now);
        if !told.is_empty() {
            out.push(Effect::Marks(told.clone()));
            out.push(Effect::PublishMarks(told));
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

/// What somebody's rights say to a change, before it costs anything. The log looks again at what it
/// keeps (mutes, bans, whose message it is).
fn may(change: &Change, locked: bool, owner: Option<Uuid>) -> Result<(), Problem> {
    let rights = change.by.rights;
    let allowed = match &change.what {
        What::Message(_) | What::Edit { .. } => {
            if !rights.can_write || (locked && !rights.moderates) {
                let need_wrong = rights.need_wrong;
                return Err(match need_wrong {
                    Some(_) => {
                        Problem::new(ErrCode::ReadOnly).with(More { need_wrong, ..More::default() })
                    }
                    None => Problem::new(ErrCode::ReadOnly),
                });
            }
            match &change.what {
                What::Message(Draft { against: Some(problem), .. })
                | What::Edit { against: Some(problem), .. }
                    if !rights.moderates =>
                {
                    return Err(problem.clone());
                }
                _ => true,
            }
        }
        // Whose message it is decides the log; a reaction is no word.
        What::Delete { .. } | What::React { .. } => true,
        What::Answer { .. } => rights.moderates || owner == Some(change.by.user),
        What::Pin { .. }
        | What::Mod(_)
        | What::Room(_)
        | What::Member { .. }
        | What::Approve { .. } => rights.moderates,
    };
    if allowed { Ok(()) } else { Err(Problem::new(ErrCode::Forbidden)) }
}

fn problem_of(error: &LogError) -> Problem {
    match error {
        LogError::NotFound => Problem::new(ErrCode::NotFound),
        LogError::Unavailable(_) => Problem::unavailable(1000),
    }
}
