//! Tests of the room's state machine: a small world of log, bus and clients that tries to break
//! the chain, and the rules one by one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::TimeDelta;
use kernel::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use super::port::*;
use super::repetitions::Repetitions;
use super::room::*;
use super::sending::{Ack, Origin, Pace};
use crate::relay::{RelayId, SessionKey};
use crate::test_support::{Rows, moderator, start, student};
use crate::wire::{CloseCode, ErrCode, Locale, Problem};

fn key(client: usize) -> SessionKey {
    SessionKey { relay: RelayId((client % 2) as u32), conn: Uuid::from_u128(client as u128 + 1) }
}

fn user(client: usize) -> Uuid {
    // Two sessions of one user among them.
    Uuid::from_u128(0x100 + (client / 2) as u128)
}

/// The first user studies, the second keeps order.
fn rights(client: usize) -> Rights {
    if client < 2 { student() } else { moderator() }
}

fn viewer(client: usize) -> Viewer {
    Viewer { user: user(client), moderates: rights(client).moderates, blocked: None }
}

#[derive(Debug, Default)]
struct Client {
    seated: bool,
    /// The chain that it holds: everything up to this number.
    last: Option<Seq>,
}

/// The world around one room: the log is the truth, everything else may fail.
struct World {
    rows: Rows,
    room: Room,
    now: Timestamp,
    clients: BTreeMap<usize, Client>,
    pending: Vec<Effect>,
    bus: Vec<Vec<Entry>>,
    answers: Vec<(Origin, Result<Ack, Problem>)>,
    refused: Vec<Problem>,
    cuts: Vec<(SessionKey, CloseCode)>,
    marks: HashMap<Uuid, Mark>,
    published: Vec<Seq>,
    stopped: bool,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            rows: Rows::default(),
            room: Room::new(Pace::default(), start()).0,
            now: start(),
            clients: BTreeMap::new(),
            pending: Vec::new(),
            bus: Vec::new(),
            answers: Vec::new(),
            refused: Vec::new(),
            cuts: Vec::new(),
            marks: HashMap::new(),
            published: Vec::new(),
            stopped: false,
        };
        world.restart();
        world
    }

    /// The actor is gone and another takes its place: what it knew is in the log or lost.
    fn restart(&mut self) {
        let (room, effects) = Room::new(Pace::default(), self.now);
        self.room = room;
        self.stopped = false;
        self.pending.clear();
        // Marks that were not written yet are lost with it; a client keeps its own furthest one.
        self.marks.clear();
        for client in self.clients.values_mut() {
            client.seated = false;
        }
        self.perform(effects);
    }

    fn tell(&mut self, command: Command) {
        let effects = self.room.handle(command, self.now);
        self.perform(effects);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Open
                | Effect::Append(_)
                | Effect::ReadAfter(_)
                | Effect::ReadLatest
                | Effect::SaveMarks(_) => self.pending.push(effect),
                Effect::Joined(joined) => self.joined(*joined),
                Effect::Entry(line) => {
                    let stored = self.rows.entries.get(line.seq() as usize - 1);
                    assert_eq!(stored.map(Entry::seq), Some(line.seq()));
                    for client in self.clients.values_mut().filter(|client| client.seated) {
                        assert_eq!(client.last.map(|last| last + 1), Some(line.seq()));
                        client.last = Some(line.seq());
                    }
                }
                Effect::Answer(origin, answer) => {
                    if let Ok(ack) = &answer
                        && let Some(client_id) = &ack.client_id
                    {
                        let Entry::Msg { m, .. } = &self.rows.entries[ack.seq as usize - 1] else {
                            panic!("an ack for something that is no message");
                        };
                        assert_eq!(m.client_id.as_ref(), Some(client_id));
                    }
                    self.answers.push((origin, answer));
                }
                Effect::Refuse { problem, .. } => self.refused.push(problem),
                Effect::Publish(lines) => {
                    self.published.extend(lines.iter().map(|line| line.seq()));
                }
                Effect::OwnMark(user, mark) => {
                    let old = self.marks.insert(user, mark).unwrap_or_default();
                    assert!(mark.read >= old.read && mark.delivered >= old.delivered);
                }
                Effect::Cut(session, code) => self.cuts.push((session, code)),
                Effect::Unseat(session) => {
                    for (index, client) in &mut self.clients {
                        client.seated &= key(*index) != session;
                    }
                }
                Effect::Stop => self.stopped = true,
                Effect::Left { .. }
                | Effect::View(..)
                | Effect::Roster { .. }
                | Effect::Typing { .. }
                | Effect::PublishTyping { .. }
                | Effect::PublishHere(_)
                | Effect::AskWhoIsThere
                | Effect::Presence(_)
                | Effect::PublishMarks(_)
                | Effect::Marks(_) => {}
            }
        }
    }

    fn joined(&mut self, joined: Joined) {
        let index = (joined.session.conn.as_u128() - 1) as usize;
        let client = self.clients.entry(index).or_default();
        assert!(!client.seated, "seated twice");
        // What everybody here knows to be deleted is read by nobody any more.
        let known = self.rows.entries.iter().take(self.room.head() as usize);
        let gone: HashSet<Uuid> = known
            .filter_map(|entry| match entry {
                Entry::Del { msg, .. } => Some(*msg),
                _ => None,
            })
            .collect();
        let (mut last, lines) = match &joined.history {
            History::Resumed(lines) => (client.last.expect("resumed without a number"), lines),
            History::Fresh { page, then, .. } => {
                for item in &page.items {
                    let stored = self.rows.find(item.author, item.client_id.as_deref().unwrap());
                    assert_eq!(Some(item.id), stored.map(|stored| stored.id));
                    assert!(item.seq <= page.at);
                    assert!(!gone.contains(&item.id) || item.body.is_empty(), "a deleted text");
                }
                (page.at, then)
            }
        };
        for line in lines {
            assert_eq!(line.seq(), last + 1, "a hole or a double in the replay");
            let told: Entry = serde_json::from_str(&line.json_for(&viewer(index))).unwrap();
            if let Entry::Msg { m, .. } | Entry::Approve { m, .. } = &told {
                let own = m.author == user(index);
                assert!(!m.state.is_private() || own || index >= 2, "a held text");
                assert!(!gone.contains(&m.id) || m.body.is_empty(), "a deleted text");
            }
            last += 1;
        }
        assert_eq!(last, self.room.head(), "seated at the head");
        client.last = Some(last);
        client.seated = true;
    }

    fn join(&mut self, index: usize, fresh: bool) {
        let client = self.clients.entry(index).or_default();
        let last = client.last.filter(|_| !fresh).map(|last| (last, "k3f9".to_owned()));
        self.tell(Command::Join(join(index, last)));
    }

    fn send(&mut self, index: usize, client_id: u8, body: u8) {
        self.tell(send(index, client_id, body));
    }

    /// Does something to one of the messages there are.
    fn act(&mut self, index: usize, deed: Deed, target: usize) {
        let mut messages: Vec<(Seq, Uuid, u32)> =
            self.rows.messages.values().map(|m| (m.seq, m.id, m.version)).collect();
        messages.sort_unstable();
        if messages.is_empty() {
            return;
        }
        let (_, msg, version) = messages[target % messages.len()];
        let what = match deed {
            Deed::Edit => What::Edit {
                msg,
                body: format!("edited {target}"),
                mentions: Vec::new(),
                version,
                against: None,
            },
            Deed::Delete => What::Delete { msg, reason: None },
            Deed::React(on) => What::React { msg, emoji: "👍".into(), on },
            Deed::Pin(on) => What::Pin { msg, on },
            Deed::Approve(on) => What::Approve { msg, on },
            Deed::Hold => What::Message(Draft {
                client_id: format!("held{target}"),
                body: "hm".into(),
                held: true,
                ..Draft::default()
            }),
            Deed::Lock(on) => What::Mod(ModAct {
                action: if on { Action::Lock } else { Action::Unlock },
                user: None,
                until: None,
                slow_s: 0,
                reason: String::new(),
            }),
            Deed::Kick => What::Mod(ModAct {
                action: Action::Kick,
                user: Some(user(0)),
                until: None,
                slow_s: 0,
                reason: String::new(),
            }),
        };
        self.tell(Command::Send { session: key(index), re: 4, locale: Locale::En, what });
    }

    /// Answers one outstanding piece of work. `Lost`: the work is done, the answer is an error.
    fn answer(&mut self, index: usize, how: How) {
        if self.pending.is_empty() {
            return;
        }
        let effect = self.pending.remove(index % self.pending.len());
        let away = || LogError::Unavailable("test".into());
        let command = match effect {
            Effect::Open if how == How::Fine => Command::Opened(Ok(self.rows.opened(RING_ENTRIES))),
            Effect::Open => Command::Opened(Err(away())),
            Effect::Append(batch) => {
                let outcomes = (how != How::Failed).then(|| self.rows.append(batch));
                let outcomes = outcomes.filter(|_| how == How::Fine);
                Command::Committed(outcomes.ok_or_else(away))
            }
            Effect::ReadAfter(after) => {
                let entries = self.rows.after(after, READ_ENTRIES);
                let result = if how == How::Fine { Ok(entries) } else { Err(away()) };
                Command::Read { after, result }
            }
            Effect::ReadLatest => {
                let page = self.rows.latest(PAGE_ENTRIES);
                Command::Latest(if how == How::Fine { Ok(page) } else { Err(away()) })
            }
            Effect::SaveMarks(marks) => {
                if how == How::Fine {
                    self.rows.marks.extend(marks);
                }
                Command::MarksSaved(if how == How::Fine { Ok(()) } else { Err(away()) })
            }
            other => panic!("{other:?} needs no answer"),
        };
        self.tell(command);
        if self.stopped {
            self.restart();
        }
    }

    fn calm_down(&mut self) {
        for _ in 0..200 {
            while !self.pending.is_empty() {
                self.answer(0, How::Fine);
            }
            self.tell(Command::HeadIs(self.rows.head()));
            self.now += TimeDelta::seconds(2);
            self.tell(Command::Tick);
            if self.pending.is_empty() && self.room.head() == self.rows.head() {
                return;
            }
        }
        panic!("the room never comes to rest");
    }
}

fn join(index: usize, last: Option<(Seq, String)>) -> Join {
    let seat = Seat {
        user: user(index),
        name: format!("user {index}"),
        rights: rights(index),
        muted: None,
        blocked: None,
        presence: true,
        locale: Locale::En,
    };
    Join { session: key(index), re: 1, seat, last, mark: Mark::default() }
}

fn send(index: usize, client_id: u8, body: u8) -> Command {
    let draft = Draft {
        client_id: format!("c{client_id}"),
        body: format!("body {body}"),
        ..Draft::default()
    };
    let what = What::Message(draft);
    Command::Send { session: key(index), re: 2, locale: Locale::En, what }
}

fn draft(author: u128, client_id: &str) -> Change {
    let by = By { user: Uuid::from_u128(author), name: "other node".into(), rights: student() };
    let (client_id, body) = (client_id.into(), "from afar".into());
    Change { by, what: What::Message(Draft { client_id, body, ..Draft::default() }) }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Fine,
    Failed,
    Lost,
}

#[derive(Debug, Clone, Copy)]
enum Deed {
    Edit,
    Delete,
    React(bool),
    Pin(bool),
    Approve(bool),
    Hold,
    Lock(bool),
    Kick,
}

#[derive(Debug, Clone)]
enum Step {
    Act(usize, Deed, usize),
    Join(usize, bool),
    Leave(usize),
    Gone(usize),
    Send(usize, u8, u8),
    OtherNode(u8),
    Bus(usize, bool),
    Answer(usize, How),
    Advance(i64),
    Position,
    Crash,
    Mark(usize, u64),
    Revoke(usize),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => Just(Deed::Edit),
        4 => Just(Deed::Delete),
        4 => any::<bool>().prop_map(Deed::React),
        2 => any::<bool>().prop_map(Deed::Pin),
        2 => any::<bool>().prop_map(Deed::Approve),
        2 => Just(Deed::Hold),
        1 => any::<bool>().prop_map(Deed::Lock),
        1 => Just(Deed::Kick),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let client = || 0usize..4;
    let how = prop_oneof![6 => Just(How::Fine), 1 => Just(How::Failed), 1 => Just(How::Lost)];
    prop_oneof![
        4 => (client(), any::<bool>()).prop_map(|(c, fresh)| Step::Join(c, fresh)),
        1 => client().prop_map(Step::Leave),
        1 => client().prop_map(Step::Gone),
        8 => (client(), 0u8..40, 0u8..2).prop_map(|(c, id, body)| Step::Send(c, id, body)),
        8 => (client(), deed(), 0usize..60).prop_map(|(c, deed, at)| Step::Act(c, deed, at)),
        3 => (1u8..120).prop_map(Step::OtherNode),
        3 => (0usize..8, any::<bool>()).prop_map(|(index, twice)| Step::Bus(index, twice)),
        10 => (0usize..4, how).prop_map(|(index, how)| Step::Answer(index, how)),
        2 => (0i64..40_000).prop_map(Step::Advance),
        1 => Just(Step::Position),
        1 => Just(Step::Crash),
        1 => (client(), 0u64..60).prop_map(|(c, seq)| Step::Mark(c, seq)),
        1 => client().prop_map(Step::Revoke),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// MSG-01 MSG-04 MSG-07: whatever is done and whatever fails, every acknowledged message is in the log, and what a seated
    /// client holds is the log, without a hole and without a double; nobody reads what is held from them, or
    /// what was deleted.
    #[test]
    fn the_chain_of_every_client_is_the_log(steps in prop::collection::vec(step(), 1..120)) {
        let mut world = World::new();
        let mut foreign = 0;
        for step in steps {
            match step {
                Step::Join(client, fresh) => world.join(client, fresh),
                Step::Leave(c) => world.tell(Command::Leave { session: key(c), re: 3 }),
                Step::Gone(c) => world.tell(Command::Gone(key(c))),
                Step::Send(client, id, body) => world.send(client, id, body),
                Step::Act(client, deed, target) => world.act(client, deed, target),
                Step::OtherNode(count) => {
                    let batch = (0..count).map(|_| {
                        foreign += 1;
                        draft(0x999, &format!("f{foreign}"))
                    });
                    let outcomes = world.rows.append(batch.collect());
                    world.bus.push(outcomes.into_iter().filter_map(|outcome| match outcome {
                        Appended::Stored { entry, .. } => Some(entry),
                        _ => None,
                    }).collect());
                }
                Step::Bus(index, twice) => {
                    if !world.bus.is_empty() {
                        let index = index % world.bus.len();
                        let entries = world.bus[index].clone();
                        if !twice {
                            world.bus.remove(index);
                        }
                        world.tell(Command::Bus { epoch: "k3f9".into(), entries });
                    }
                }
                Step::Answer(index, how) => world.answer(index, how),
                Step::Advance(ms) => {
                    world.now += TimeDelta::milliseconds(ms);
                    world.tell(Command::Tick);
                }
                Step::Position => world.tell(Command::HeadIs(world.rows.head())),
                Step::Crash => world.restart(),
                Step::Mark(client, seq) => world.tell(Command::Mark {
                    session: key(client),
                    mark: Mark { read: seq, delivered: seq },
                }),
                Step::Revoke(client) => world.tell(Command::Revoke(user(client))),
            }
            if world.stopped {
                world.restart();
            }
        }
        for client in 0..4 {
            if world.clients.get(&client).is_none_or(|client| !client.seated) {
                world.join(client, false);
            }
        }
        world.calm_down();
        for client in world.clients.values().filter(|client| client.seated) {
            prop_assert_eq!(client.last, Some(world.rows.head()));
        }
        // One row per (author, client_id), whatever was repeated.
        let mut seen = HashSet::new();
        for (index, entry) in world.rows.entries.iter().enumerate() {
            prop_assert_eq!(entry.seq(), index as u64 + 1);
            if let Entry::Msg { m, .. } = entry {
                prop_assert!(seen.insert((m.author, m.client_id.clone())));
            }
        }
    }
}

/// A world with the room open and `clients` seated.
fn open_world(clients: usize) -> World {
    let mut world = World::new();
    world.answer(0, How::Fine);
    for client in 0..clients {
        world.join(client, true);
    }
    while !world.pending.is_empty() {
        world.answer(0, How::Fine);
    }
    world
}

fn fill(world: &mut World, count: usize) {
    let from = world.rows.head();
    let batch = (0..count).map(|n| draft(0x777, &format!("old{from}-{n}"))).collect();
    world.rows.append(batch);
}

#[test]
fn nothing_is_acknowledged_before_the_commit_and_one_commit_takes_all_that_waited() {
    let mut world = open_world(2);
    world.send(0, 1, 1);
    world.send(0, 2, 2);
    world.send(1, 3, 3);
    assert!(world.answers.is_empty());
    assert!(matches!(&world.pending[..], [Effect::Append(batch)] if batch.len() == 1));
    world.answer(0, How::Fine);
    assert_eq!(world.answers.len(), 1);
    assert!(matches!(&world.pending[..], [Effect::Append(batch)] if batch.len() == 2));
    world.answer(0, How::Fine);
    let seqs: Vec<_> = world.answers.iter().map(|(_, a)| a.as_ref().unwrap().seq).collect();
    assert_eq!((seqs, world.published.clone()), (vec![1, 2, 3], vec![1, 2, 3]));
}

#[test]
fn a_repeated_send_is_stored_once_and_gets_the_first_ones_answer() {
    let mut world = open_world(2);
    for _ in 0..3 {
        world.send(0, 1, 1);
    }
    world.answer(0, How::Fine);
    world.send(1, 1, 1);
    let acks: Vec<_> = world.answers.iter().map(|(_, a)| a.clone().unwrap()).collect();
    assert_eq!(acks.iter().map(|ack| ack.dup).collect::<Vec<_>>(), [false, true, true, true]);
    assert!(acks.iter().all(|ack| ack.seq == 1));
    assert_eq!(world.rows.head(), 1);
    world.send(0, 1, 2);
    let (_, last) = world.answers.last().unwrap();
    assert_eq!(last.clone().unwrap_err().code, ErrCode::ClientIdReused);
}

#[test]
fn an_unknown_outcome_is_unavailable_and_the_repetition_settles_it_either_way() {
    for how in [How::Lost, How::Failed] {
        let mut world = open_world(1);
        world.send(0, 1, 1);
        world.answer(0, how);
        let (_, answer) = world.answers.pop().unwrap();
        let problem = answer.unwrap_err();
        assert_eq!(problem.code, ErrCode::Unavailable);
        assert!(problem.retry_ms.is_some());
        world.send(0, 1, 1);
        while !world.pending.is_empty() {
            world.answer(0, How::Fine);
        }
        assert_eq!(world.answers.pop().unwrap().1.unwrap().dup, how == How::Lost);
        world.calm_down();
        assert_eq!((world.rows.head(), world.clients[&0].last), (1, Some(1)));
    }
}

#[test]
fn who_missed_one_or_three_hundred_gets_them_and_who_missed_more_gets_a_page() {
    for (missed, resumed) in [(1, true), (300, true), (301, false)] {
        let mut world = open_world(0);
        fill(&mut world, 10);
        world.restart();
        world.clients.insert(0, Client { seated: false, last: Some(10) });
        fill(&mut world, missed);
        world.join(0, false);
        let mut reads = 0;
        while !world.pending.is_empty() {
            reads += usize::from(!matches!(world.pending[0], Effect::Open));
            world.answer(0, How::Fine);
        }
        assert!(world.clients[&0].seated);
        assert_eq!(world.clients[&0].last, Some(10 + missed as u64));
        assert!(reads <= 1, "{reads} reads for {missed} missed");
        let joined = world.room.handle(Command::Join(join(1, Some((10, "k3f9".into())))), start());
        let resumes = joined.iter().any(|effect| {
            matches!(effect, Effect::Joined(j) if matches!(j.history, History::Resumed(_)))
        });
        // The first join's read is not kept: beyond the ring a further one reads again.
        let reads = joined.iter().any(|effect| matches!(effect, Effect::ReadAfter(_)));
        assert_eq!(resumes || reads, resumed, "{missed}");
    }
}

#[test]
fn another_epoch_or_a_number_from_the_future_starts_anew() {
    let mut world = open_world(0);
    fill(&mut world, 3);
    world.restart();
    world.answer(0, How::Fine);
    let reason = |world: &mut World, last: (Seq, &str)| {
        world.tell(Command::Gone(key(0)));
        let mut effects =
            world.room.handle(Command::Join(join(0, Some((last.0, last.1.into())))), world.now);
        for _ in 0..5 {
            for effect in std::mem::take(&mut effects) {
                match effect {
                    Effect::Joined(joined) => match joined.history {
                        History::Fresh { reason, .. } => return reason,
                        History::Resumed(_) => return "resumed",
                    },
                    Effect::ReadAfter(after) => effects.extend(world.room.handle(
                        Command::Read { after, result: Ok(world.rows.after(after, 10)) },
                        world.now,
                    )),
                    Effect::ReadLatest => effects.extend(
                        world.room.handle(Command::Latest(Ok(world.rows.latest(50))), world.now),
                    ),
                    _ => {}
                }
            }
        }
        "nothing"
    };
    assert_eq!(reason(&mut world, (2, "other")), "epoch");
    assert_eq!(reason(&mut world, (9, "k3f9")), "ahead");
    assert_eq!(reason(&mut world, (3, "k3f9")), "resumed");
    // Not from the future at all: another node was ahead of this one.
    fill(&mut world, 2);
    assert_eq!(reason(&mut world, (5, "k3f9")), "resumed");
}

/// MSG-07: the limit is the user's, whatever the device, and says exactly how long to wait.
#[test]
fn two_devices_of_one_user_share_the_limit() {
    let mut world = open_world(2);
    for id in 0..5 {
        world.send(usize::from(id) % 2, id, id);
    }
    world.send(1, 9, 9);
    let problem = world.answers.pop().unwrap().1.unwrap_err();
    assert_eq!((problem.code, problem.retry_ms), (ErrCode::RateLimited, Some(1001)));
    world.now += TimeDelta::milliseconds(1001);
    world.send(1, 9, 9);
    world.calm_down();
    assert_eq!(world.rows.head(), 6);
}

#[test]
fn a_session_without_a_seat_or_the_right_to_write_writes_nothing() {
    let mut world = open_world(1);
    world.send(3, 1, 1);
    assert_eq!(world.answers.pop().unwrap().1.unwrap_err().code, ErrCode::NotFound);
    let mut reader = join(2, None);
    reader.seat.rights.can_write = false;
    world.tell(Command::Join(reader));
    world.send(2, 1, 1);
    assert_eq!(world.answers.pop().unwrap().1.unwrap_err().code, ErrCode::ReadOnly);
    assert!(world.pending.is_empty());
}

#[test]
fn a_message_sent_right_behind_the_join_is_taken() {
    let mut world = World::new();
    world.join(0, true);
    world.send(0, 1, 1);
    world.calm_down();
    assert_eq!(world.answers[0].1.as_ref().unwrap().seq, 1);
    assert_eq!(world.clients[&0].last, Some(1));
}

#[test]
fn who_loses_access_is_cut_on_every_device_and_hears_nothing_more() {
    let mut world = open_world(3);
    world.tell(Command::Revoke(user(0)));
    let cut: Vec<_> = world.cuts.iter().map(|(session, _)| *session).collect();
    assert_eq!(cut, vec![key(0), key(1)]);
    world.send(2, 1, 1);
    world.answer(0, How::Fine);
    assert_eq!(world.clients[&0].last, Some(0));
    assert_eq!(world.clients[&2].last, Some(1));
}

#[test]
fn an_empty_room_saves_its_marks_and_stops_after_a_minute() {
    let mut world = open_world(1);
    world.send(0, 1, 1);
    world.answer(0, How::Fine);
    world.tell(Command::Mark { session: key(0), mark: Mark { read: 1, delivered: 1 } });
    world.tell(Command::Gone(key(0)));
    while let Some(due) = world.room.due() {
        assert!(due >= world.now, "a deadline in the past would spin");
        world.now = due;
        world.tell(Command::Tick);
        while !world.pending.is_empty() {
            let effect = world.pending.remove(0);
            let Effect::SaveMarks(marks) = effect else { panic!("{effect:?}") };
            world.rows.marks.extend(marks);
            world.tell(Command::MarksSaved(Ok(())));
        }
    }
    assert!(world.stopped);
    assert_eq!(world.now - start(), TimeDelta::seconds(60));
    assert_eq!(world.rows.marks[&user(0)].read, 1);
}

#[test]
fn a_draining_room_refuses_the_new_finishes_the_old_and_stops() {
    let mut world = open_world(1);
    world.send(0, 1, 1);
    world.send(0, 2, 2);
    world.tell(Command::Drain);
    world.send(0, 3, 3);
    assert_eq!(world.answers.pop().unwrap().1.unwrap_err().code, ErrCode::Unavailable);
    for _ in 0..2 {
        assert!(!world.stopped);
        let Some(Effect::Append(batch)) = world.pending.pop() else { panic!("no commit") };
        let outcomes = world.rows.append(batch);
        world.tell(Command::Committed(Ok(outcomes)));
    }
    assert!(world.stopped);
    assert_eq!(world.rows.head(), 2);
}

#[test]
fn a_room_that_cannot_be_opened_refuses_who_waits_and_stops() {
    let mut world = World::new();
    world.join(0, true);
    world.tell(Command::Submit { ticket: 7, change: draft(1, "a") });
    world.tell(Command::Opened(Err(LogError::NotFound)));
    assert_eq!(world.refused[0].code, ErrCode::NotFound);
    assert_eq!(world.answers[0].1.clone().unwrap_err().code, ErrCode::NotFound);
    assert!(world.stopped);
}

/// MSG-07 SEC-04: who has no seat, and who is refused by the send limit, asks the comparison of
/// texts nothing; what it refuses costs its author all the same.
#[test]
fn only_what_may_be_sent_is_compared_with_what_was_said() {
    let texts = Arc::new(Repetitions::default());
    let mut world = World::new();
    world.room = Room::new(Pace::default(), world.now).0.noting(Arc::clone(&texts));
    world.tell(Command::Opened(Ok(world.rows.opened(RING_ENTRIES))));
    for n in 0..20 {
        world.send(0, n, 7);
    }
    let unseated = |(_, answer): &(Origin, Result<Ack, Problem>)| {
        answer.as_ref().is_err_and(|problem| problem.code == ErrCode::NotFound)
    };
    assert!(world.answers.iter().all(unseated));
    texts.note(user(0), "c90", "body 7", world.now).unwrap();

    world.join(0, true);
    world.calm_down();
    world.answers.clear();
    for n in 0..8 {
        world.send(0, 20 + n, 7);
    }
    let refusals: Vec<_> = world
        .answers
        .iter()
        .filter_map(|(_, answer)| answer.as_ref().err())
        .map(|problem| (problem.code, problem.rule))
        .collect();
    let (duplicate, limited) =
        ((ErrCode::Rejected, Some("duplicate")), (ErrCode::RateLimited, None));
    // One was noted above, so the second of these is the third; five make the burst.
    assert_eq!(refusals, [duplicate, duplicate, duplicate, duplicate, limited, limited, limited]);
}

/// MSG-07: only what the log has taken is a repetition.
#[test]
fn a_text_whose_commit_failed_was_never_said() {
    let mut world = World::new();
    world.room = Room::new(Pace::default(), world.now).0.noting(Arc::default());
    world.tell(Command::Opened(Ok(world.rows.opened(RING_ENTRIES))));
    world.join(0, true);
    world.calm_down();
    for n in 0..4 {
        world.send(0, n, 7);
        world.answer(0, How::Failed);
        world.calm_down();
    }
    for n in 4..7 {
        world.send(0, n, 7);
        world.answer(0, How::Fine);
        world.calm_down();
    }
    let told: Vec<_> = world
        .answers
        .iter()
        .map(|(_, answer)| answer.as_ref().err().map(|problem| (problem.code, problem.rule)))
        .collect();
    let away = Some((ErrCode::Unavailable, None));
    let duplicate = Some((ErrCode::Rejected, Some("duplicate")));
    assert_eq!(told, [away, away, away, away, None, None, duplicate]);
}

/// MSG-04: a room that ends by a fault leaves nobody deaf: who is seated is cut, who waits is answered.
#[test]
fn a_room_that_ends_by_a_fault_cuts_its_seats_and_answers_who_waits() {
    let mut world = open_world(2);
    world.send(0, 1, 1);
    world.tell(Command::Submit { ticket: 7, change: draft(1, "a") });
    // Further behind than the room remembers: this one waits for a read.
    fill(&mut world, 250);
    world.tell(Command::HeadIs(1));
    world.tell(Command::Join(join(2, Some((300, "k3f9".into())))));
    let last = world.room.abandon();
    world.perform(last);
    let cut: Vec<_> = world.cuts.iter().map(|(session, code)| (*session, *code)).collect();
    assert_eq!(cut, [(key(0), CloseCode::UNCERTAIN), (key(1), CloseCode::UNCERTAIN)]);
    assert_eq!(
        world.refused.iter().map(|one| one.code).collect::<Vec<_>>(),
        [ErrCode::Unavailable]
    );
    let told: Vec<_> =
        world.answers.iter().map(|(to, answer)| (*to, answer.clone().unwrap_err().code)).collect();
    assert_eq!(told.len(), 2);
    assert!(told.contains(&(Origin::Ticket(7), ErrCode::Unavailable)));
    assert!(
        !world.stopped && world.room.abandon().is_empty(),
        "once, and the actor ends by itself"
    );

    let mut world = open_world(1);
    world.tell(Command::Drain);
    assert!(world.room.abandon().is_empty(), "who is sent home is not cut");
}

/// MSG-05: marks of a room that is no more are saved nowhere, and nobody sits in it.
#[test]
fn a_room_that_is_no_more_lets_everybody_go_and_stops() {
    let gone = [
        Command::MarksSaved(Err(LogError::NotFound)),
        Command::Committed(Err(LogError::NotFound)),
        Command::Latest(Err(LogError::NotFound)),
        Command::Vanished,
    ];
    for word in gone {
        let mut world = open_world(1);
        world.send(0, 1, 1);
        world.answer(0, How::Fine);
        world.tell(Command::Mark { session: key(0), mark: Mark { read: 1, delivered: 1 } });
        world.tell(word);
        assert_eq!(world.cuts, [(key(0), CloseCode::UNCERTAIN)]);
        assert!(world.stopped && world.pending.is_empty());
    }
}

/// MSG-07: slow mode counts what was stored. A send whose outcome is unknown is settled by its repetition.
#[test]
fn slow_mode_lets_the_repetition_of_an_unknown_outcome_through_and_nothing_else() {
    for how in [How::Lost, How::Failed] {
        let mut world = open_world(1);
        slow(&mut world);
        world.send(0, 1, 1);
        world.send(0, 2, 2);
        let refused = world.answers.pop().unwrap().1.unwrap_err();
        assert_eq!(
            (refused.code, refused.retry_ms),
            (ErrCode::SlowMode, Some(30_001)),
            "one waits"
        );
        world.answer(0, how);
        assert_eq!(world.answers.pop().unwrap().1.unwrap_err().code, ErrCode::Unavailable);
        world.send(0, 1, 1);
        world.calm_down();
        let ack = world.answers.pop().unwrap().1.unwrap();
        assert_eq!(ack.dup, how == How::Lost);
        world.send(0, 1, 1);
        assert!(world.answers.pop().unwrap().1.unwrap().dup);
    }
    let mut world = open_world(1);
    slow(&mut world);
    world.send(0, 1, 1);
    world.answer(0, How::Fine);
    world.now += TimeDelta::seconds(10);
    world.send(0, 2, 2);
    let refused = world.answers.pop().unwrap().1.unwrap_err();
    // Stored at the start, whatever the clock shows when its commit is heard of.
    assert_eq!((refused.code, refused.retry_ms), (ErrCode::SlowMode, Some(20_001)));
}

fn slow(world: &mut World) {
    let entry = Entry::Mod {
        seq: world.rows.head() + 1,
        action: Action::SlowMode,
        user: None,
        until: None,
        slow_s: Some(30),
        reason: None,
    };
    world.rows.entries.push(entry.clone());
    world.tell(Command::Bus { epoch: "k3f9".into(), entries: vec![entry] });
}

/// MSG-01: what was stored before a lock is acknowledged behind it, and what may have been is asked of the log.
#[test]
fn a_lock_does_not_deny_what_was_sent_before_it() {
    let mut world = open_world(1);
    world.send(0, 1, 1);
    world.answer(0, How::Fine);
    world.send(0, 2, 2);
    world.answer(0, How::Lost);
    world.answers.clear();
    let entry = Entry::Mod {
        seq: 3,
        action: Action::Lock,
        user: None,
        until: None,
        slow_s: None,
        reason: None,
    };
    world.rows.entries.push(entry);
    world.calm_down();
    for id in 1..=2 {
        world.send(0, id, id);
        world.calm_down();
        assert!(world.answers.pop().unwrap().1.unwrap().dup);
    }
    world.send(0, 3, 3);
    assert_eq!(world.answers.pop().unwrap().1.unwrap_err().code, ErrCode::ReadOnly);
}

/// MSG-05: somebody who is not among those whose marks the room loaded is told their own.
#[test]
fn who_comes_in_brings_the_own_mark() {
    let mut world = open_world(0);
    let mark = Mark { read: 3, delivered: 5 };
    let told = world.room.handle(Command::Join(Join { mark, ..join(0, None) }), world.now);
    let mut told: Vec<_> = told.into_iter().collect();
    while !told.iter().any(|effect| matches!(effect, Effect::Joined(_))) {
        assert!(told.iter().any(|effect| matches!(effect, Effect::ReadLatest)), "{told:?}");
        let page = Command::Latest(Ok(world.rows.latest(PAGE_ENTRIES)));
        told = world.room.handle(page, world.now);
    }
    let me = told.iter().find_map(|effect| match effect {
        Effect::Joined(joined) => Some(joined.me),
        _ => None,
    });
    assert_eq!(me, Some(mark));
}

/// MSG-01: what the bus told too early, or before it was listened to, is looked for in the log at once.
#[test]
fn what_came_before_the_room_was_open_is_read_from_the_log() {
    let mut world = World::new();
    let opened = world.rows.opened(RING_ENTRIES);
    fill(&mut world, 2);
    let entries = world.rows.after(0, 10);
    world.tell(Command::Bus { epoch: "k3f9".into(), entries });
    world.pending.clear();
    world.tell(Command::Opened(Ok(opened)));
    assert!(matches!(&world.pending[..], [Effect::ReadAfter(0)]), "{:?}", world.pending);
    world.answer(0, How::Fine);
    assert_eq!(world.room.head(), 2);
    fill(&mut world, 1);
    world.now += TimeDelta::seconds(2);
    world.tell(Command::Hears);
    world.answer(0, How::Fine);
    assert_eq!(world.room.head(), 3);
}

/// MSG-01: the answer to a repeated send may be the first word of what another node has stored.
#[test]
fn a_duplicate_beyond_the_head_is_caught_up_with() {
    let mut world = open_world(1);
    world.send(0, 1, 1);
    fill(&mut world, 1);
    let Some(Effect::Append(batch)) = world.pending.pop() else { panic!("no commit") };
    // The other node took the same send.
    world.rows.append(batch.clone());
    let outcomes = world.rows.append(batch);
    world.tell(Command::Committed(Ok(outcomes)));
    assert!(matches!(&world.pending[..], [Effect::ReadAfter(0)]), "{:?}", world.pending);
    world.answer(0, How::Fine);
    assert_eq!((world.room.head(), world.clients[&0].last), (2, Some(2)));
}

/// MSG-04
#[test]
fn a_join_that_another_one_of_the_session_replaces_is_answered_too() {
    let mut world = World::new();
    world.tell(Command::Join(Join { re: 5, ..join(0, None) }));
    let told = world.room.handle(Command::Join(Join { re: 6, ..join(0, None) }), world.now);
    assert!(
        matches!(&told[..], [Effect::Refuse { re: 5, problem, .. }]
        if problem.code == ErrCode::Unavailable),
        "{told:?}"
    );
    world.calm_down();
    assert!(world.clients[&0].seated);
}

#[test]
fn whoever_sits_or_waits_is_named_once() {
    let mut world = World::new();
    world.calm_down();
    for index in 0..3 {
        world.join(index, true);
    }
    let named: Vec<_> = world.room.sitters().into_iter().map(|one| one.user).collect();
    assert_eq!(named, [user(0), user(2)]);
}
