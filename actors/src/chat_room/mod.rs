//! The ChatRoom actor: one room's order on one node. It performs the effects that [`room`]
//! decides, and nothing else; commits and reads are futures beside the mailbox, so that people can
//! join while one runs.

pub mod frame;
mod marks;
pub mod message;
pub mod port;
mod presence;
mod repetitions;
mod ring;
pub mod room;
mod sending;

#[cfg(test)]
mod actor_tests;
#[cfg(test)]
mod room_tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use bytestring::ByteString;
use futures::channel::oneshot;
use kernel::{Clock, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use self::message::{Past, Seated, Submit, Tell};
use self::port::{Audience, ChatLog, Elsewhere, Entry, Mark, Seq, Viewer};
use self::presence::Here;
pub use self::repetitions::Repetitions;
use self::ring::Line;
use self::room::{Command, Effect, PAGE_ENTRIES, READ_ENTRIES, RING_ENTRIES, Room, Sitter};
pub use self::sending::{Ack, Origin, Pace};
use crate::bus::{Bus, BusFrame};
use crate::registry::{Registry, Retire};
use crate::relay::{
    Class, Copies, Cut, Fanout, Relays, SessionGone, SessionKey, Subscribe, ToSession, ToUser,
    Unsubscribe, View, Whom,
};
use crate::shutdown::Drain;
use crate::wire::{Problem, encode};

/// What every room of a node works with.
#[derive(Clone)]
pub struct Surroundings {
    /// The log.
    pub log: Arc<dyn ChatLog>,
    /// The way to other nodes.
    pub bus: Arc<dyn Bus>,
    /// The way to sessions.
    pub relays: Arc<Relays>,
    /// The way to people's connections on other nodes.
    pub elsewhere: Arc<dyn Elsewhere>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How fast people may write.
    pub pace: Pace,
    /// What was said lately in all rooms of the node.
    pub repetitions: Arc<Repetitions>,
}

/// The rooms of a node.
pub type Rooms = Registry<Uuid, ChatRoom>;

/// What crosses the bus: after a commit the entries, and what may be lost.
#[derive(Default, Serialize, Deserialize)]
struct BusBatch {
    epoch: String,
    first: Seq,
    last: Seq,
    #[serde(default)]
    entries: Vec<Entry>,
    /// How far members have come, as this node heard it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    marks: Vec<(Uuid, Mark)>,
    /// Who is in the room on this node, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    here: Option<Vec<Here>>,
    /// This node asks the others for the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    asks: bool,
    /// Who types, and their name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    typing: Option<(Uuid, String)>,
}

/// The actor of one room.
pub struct ChatRoom {
    id: Uuid,
    topic: ByteString,
    channel: String,
    with: Surroundings,
    retire: Retire,
    room: Room,
    first: Vec<Effect>,
    tickets: HashMap<u64, oneshot::Sender<Result<Ack, Problem>>>,
    last_ticket: u64,
    drains: Vec<oneshot::Sender<()>>,
    /// Who waits for an entry after a number.
    past: Vec<(Seq, oneshot::Sender<()>)>,
    timer: Option<(Timestamp, SpawnHandle)>,
}

impl ChatRoom {
    /// The room `id`, not yet loaded.
    pub fn new(id: Uuid, with: Surroundings, retire: Retire) -> Self {
        let (room, first) = Room::new(with.pace, with.clock.now());
        let room = room.noting(Arc::clone(&with.repetitions)).among_nodes();
        Self {
            id,
            topic: frame::topic(id),
            channel: format!("bus:{{{id}}}"),
            with,
            retire,
            room,
            first,
            tickets: HashMap::new(),
            last_ticket: 0,
            drains: Vec::new(),
            past: Vec::new(),
            timer: None,
        }
    }

    fn command(&mut self, command: Command, ctx: &mut Context<Self>) {
        let effects = self.room.handle(command, self.with.clock.now());
        self.perform(effects, ctx);
    }

    fn perform(&mut self, effects: Vec<Effect>, ctx: &mut Context<Self>) {
        for effect in effects {
            self.perform_one(effect, ctx);
        }
        if !self.past.is_empty() {
            let head = self.room.head();
            self.past.retain(|(_, waiting)| !waiting.is_canceled());
            for (_, waiting) in self.past.extract_if(.., |(after, _)| *after < head) {
                // Who asked may have stopped waiting.
                let _ = waiting.send(());
            }
        }
        self.wind(ctx);
    }

    fn perform_one(&mut self, effect: Effect, ctx: &mut Context<Self>) {
        let (log, id) = (Arc::clone(&self.with.log), self.id);
        match effect {
            Effect::Open => {
                later(self, ctx, async move { Command::Opened(log.open(id, RING_ENTRIES).await) });
            }
            Effect::Append(batch) => {
                later(self, ctx, async move { Command::Committed(log.append(id, batch).await) });
            }
            Effect::ReadAfter(after) => later(self, ctx, async move {
                Command::Read { after, result: log.read_after(id, after, READ_ENTRIES).await }
            }),
            Effect::ReadLatest => {
                later(
                    self,
                    ctx,
                    async move { Command::Latest(log.latest(id, PAGE_ENTRIES).await) },
                );
            }
            Effect::SaveMarks(marks) => later(self, ctx, async move {
                let saved = log.save_marks(id, marks).await;
                if let Err(error) = &saved {
                    tracing::warn!(room.id = %id, %error, "marks of room {id} not saved");
                }
                Command::MarksSaved(saved)
            }),
            Effect::Joined(joined) => {
                self.subscribe(joined.session, joined.seat.viewer(), joined.seat.presence, ctx);
                if let Some(relay) = self.with.relays.get(joined.session.relay) {
                    let frames = frame::joined(&self.topic, &joined);
                    relay.do_send(ToSession { conn: joined.session.conn, frames });
                }
            }
            Effect::View(session, viewer, presence) => {
                self.subscribe(session, viewer, presence, ctx);
            }
            Effect::Unseat(session) => {
                if let Some(relay) = self.with.relays.get(session.relay) {
                    relay.do_send(Unsubscribe { conn: session.conn, topic: self.topic.clone() });
                }
            }
            Effect::Left { session, re } => self.to_session(session, frame::done(re)),
            Effect::Answer(origin, answer) => self.answer(origin, answer),
            Effect::Refuse { session, re, locale, problem } => {
                self.to_session(session, problem.frame(Some(re), locale));
            }
            Effect::Roster { session, re, people, n } => {
                self.to_session(session, frame::roster(&self.topic, re, &people, n));
            }
            Effect::Entry(line) => self.fan_out_entry(&line),
            Effect::Publish(lines) => self.publish(&lines),
            Effect::Typing { user, name } => {
                let frame = frame::typing(&self.topic, user, &name);
                self.fan_out(frame, Class::Ephemeral(Some(user)));
            }
            Effect::PublishTyping { user, name } => {
                self.tell_nodes(BusBatch { typing: Some((user, name)), ..BusBatch::default() });
            }
            Effect::PublishHere(here) => {
                self.tell_nodes(BusBatch { here: Some(here), ..BusBatch::default() });
            }
            Effect::AskWhoIsThere => {
                self.tell_nodes(BusBatch { asks: true, ..BusBatch::default() });
            }
            Effect::Presence(diff) => {
                self.fan_out(frame::presence(&self.topic, &diff), Class::Presence);
            }
            Effect::Marks(marks) => {
                let frame = frame::marks(&self.topic, &marks);
                self.fan_out(frame, Class::Marks(Arc::new(marks)));
            }
            Effect::PublishMarks(marks) => {
                self.tell_nodes(BusBatch { marks, ..BusBatch::default() });
            }
            Effect::OwnMark(user, mark) => {
                let frame = frame::own_mark(&self.topic, mark);
                if self.with.bus.has_peers() {
                    self.with.elsewhere.tell(user, &self.topic, frame.clone());
                }
                self.with.relays.tell_all(&ToUser { user, frame });
            }
            Effect::Cut(session, code) => {
                if let Some(relay) = self.with.relays.get(session.relay) {
                    relay.do_send(Cut { whom: Whom::Conn(session.conn), code });
                }
            }
            Effect::Stop => {
                self.retire.retire();
                ctx.stop();
            }
        }
    }

    fn answer(&mut self, origin: Origin, answer: Result<Ack, Problem>) {
        match origin {
            Origin::Session { key, re, locale } => {
                let frame = match answer {
                    Ok(ack) => frame::ack(re, &ack),
                    Err(problem) => problem.frame(Some(re), locale),
                };
                self.to_session(key, frame);
            }
            Origin::Ticket(ticket) => {
                if let Some(waiting) = self.tickets.remove(&ticket) {
                    // The HTTP client may have gone; its message is stored all the same.
                    let _ = waiting.send(answer);
                }
            }
        }
    }

    fn to_session(&self, session: SessionKey, frame: ByteString) {
        if let Some(relay) = self.with.relays.get(session.relay) {
            relay.do_send(ToSession { conn: session.conn, frames: vec![frame] });
        }
    }

    fn subscribe(&self, session: SessionKey, viewer: Viewer, presence: bool, ctx: &Context<Self>) {
        if let Some(relay) = self.with.relays.get(session.relay) {
            relay.do_send(Subscribe {
                conn: session.conn,
                topic: self.topic.clone(),
                view: View { presence, moderates: viewer.moderates, blocked: viewer.blocked },
                owner: Some(ctx.address().recipient()),
            });
        }
    }

    /// Encodes an entry once for all who see it alike: its author, everybody else.
    fn fan_out_entry(&self, line: &Arc<Line>) {
        let own = line.owner().map(|owner| (owner, frame::live(&self.topic, &line.own_json())));
        let entry = line.entry();
        let copies = Copies {
            seq: line.seq(),
            own,
            author: entry.author(),
            only: match entry.audience() {
                Audience::All => None,
                Audience::Only(user) => Some(user),
            },
        };
        self.fan_out(frame::live(&self.topic, &line.json()), Class::Entry(Some(Arc::new(copies))));
    }

    fn fan_out(&self, frame: ByteString, class: Class) {
        for relay in self.room.relays().filter_map(|id| self.with.relays.get(id)) {
            let (frame, class) = (frame.clone(), class.clone());
            relay.do_send(Fanout { topic: self.topic.clone(), frame, class });
        }
    }

    fn publish(&self, lines: &[Arc<Line>]) {
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return };
        if self.with.bus.has_peers() {
            let batch = BusBatch {
                epoch: self.room.epoch().to_owned(),
                first: first.seq(),
                last: last.seq(),
                entries: lines.iter().map(|line| line.entry().clone()).collect(),
                ..BusBatch::default()
            };
            self.with.bus.publish(&self.channel, encode(&batch));
        }
    }

    /// Tells the other nodes what is no entry of the log.
    fn tell_nodes(&self, batch: BusBatch) {
        if self.with.bus.has_peers() {
            let (epoch, head) = (self.room.epoch().to_owned(), self.room.head());
            let batch = BusBatch { epoch, first: head, last: head, ..batch };
            self.with.bus.publish(&self.channel, encode(&batch));
        }
    }

    /// Sets the one timer to the room's next deadline.
    fn wind(&mut self, ctx: &mut Context<Self>) {
        let due = self.room.due();
        if due == self.timer.as_ref().map(|(at, _)| *at) {
            return;
        }
        if let Some((_, handle)) = self.timer.take() {
            ctx.cancel_future(handle);
        }
        if let Some(at) = due {
            let wait = (at - self.with.clock.now()).to_std().unwrap_or_default();
            let wait = wait.clamp(Duration::from_millis(10), Duration::from_secs(60));
            let handle = ctx.run_later(wait, |room, ctx| {
                room.timer = None;
                room.command(Command::Tick, ctx);
            });
            self.timer = Some((at, handle));
        }
    }
}

/// Runs `work` beside the mailbox; what it comes to is the room's next command.
fn later(
    room: &ChatRoom,
    ctx: &mut Context<ChatRoom>,
    work: impl Future<Output = Command> + 'static,
) {
    let work = work.into_actor(room).map(|command, room, ctx| room.command(command, ctx));
    ctx.spawn(work);
}

impl Actor for ChatRoom {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.with.bus.subscribe(&self.channel, ctx.address().recipient());
        let first = std::mem::take(&mut self.first);
        self.perform(first, ctx);
    }

    fn stopped(&mut self, ctx: &mut Self::Context) {
        self.with.bus.unsubscribe(&self.channel);
        // After a panic too: sessions that hear nothing more would not notice it.
        for effect in self.room.abandon() {
            self.perform_one(effect, ctx);
        }
        for drain in self.drains.drain(..) {
            // Who asked for the drain may have stopped waiting.
            let _ = drain.send(());
        }
    }
}

impl Handler<Tell> for ChatRoom {
    type Result = ();

    fn handle(&mut self, Tell(command): Tell, ctx: &mut Self::Context) {
        self.command(command, ctx);
    }
}

impl Handler<Submit> for ChatRoom {
    type Result = ResponseFuture<Result<Ack, Problem>>;

    fn handle(&mut self, Submit(change): Submit, ctx: &mut Self::Context) -> Self::Result {
        self.last_ticket += 1;
        let ticket = self.last_ticket;
        let (answer, waiting) = oneshot::channel();
        self.tickets.insert(ticket, answer);
        self.command(Command::Submit { ticket, change }, ctx);
        Box::pin(async move { waiting.await.unwrap_or(Err(Problem::unavailable(1000))) })
    }
}

impl Handler<Seated> for ChatRoom {
    type Result = MessageResult<Seated>;

    fn handle(&mut self, _: Seated, _: &mut Self::Context) -> Self::Result {
        let sitters: Vec<Sitter> = self.room.sitters();
        MessageResult(sitters)
    }
}

impl Handler<Past> for ChatRoom {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, Past { after, within }: Past, _: &mut Self::Context) -> Self::Result {
        let (told, waiting) = oneshot::channel();
        self.past.retain(|(_, waiting)| !waiting.is_canceled());
        if self.room.head() > after {
            let _ = told.send(());
        } else {
            self.past.push((after, told));
        }
        Box::pin(async move {
            // Dropped unsent when the room ends: whoever waits reads the log all the same. Who asked may be gone,
            // which is not told here: nobody waits in a silent room for ever.
            let _ = actix::clock::timeout(within, waiting).await;
        })
    }
}

impl Handler<SessionGone> for ChatRoom {
    type Result = ();

    fn handle(&mut self, SessionGone(session): SessionGone, ctx: &mut Self::Context) {
        self.command(Command::Gone(session), ctx);
    }
}

impl Handler<BusFrame> for ChatRoom {
    type Result = ();

    fn handle(&mut self, frame: BusFrame, ctx: &mut Self::Context) {
        if frame.is_beginning() {
            return self.command(Command::Hears, ctx);
        }
        match serde_json::from_str::<BusBatch>(&frame.payload) {
            Ok(BusBatch { epoch, marks, .. }) if !marks.is_empty() => {
                self.command(Command::BusMarks { epoch, marks }, ctx);
            }
            Ok(BusBatch { here: Some(here), .. }) => {
                self.command(Command::BusHere { node: frame.node, here }, ctx);
            }
            Ok(BusBatch { asks: true, .. }) => self.command(Command::BusAsks, ctx),
            Ok(BusBatch { typing: Some((user, name)), .. }) => {
                self.command(Command::BusTyping { user, name }, ctx);
            }
            Ok(BusBatch { epoch, entries, .. }) => {
                self.command(Command::Bus { epoch, entries }, ctx);
            }
            Err(error) => tracing::warn!(node = %frame.node, %error, "bus frame not understood"),
        }
    }
}

impl Handler<Drain> for ChatRoom {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Drain, ctx: &mut Self::Context) -> Self::Result {
        let (done, waiting) = oneshot::channel();
        self.drains.push(done);
        self.command(Command::Drain, ctx);
        Box::pin(async move {
            // Dropped unsent means that the actor ended in another way.
            let _ = waiting.await;
        })
    }
}
