//! The relay: one actor per web worker thread. A room sends one message per worker; the relay
//! hands it to that thread's sessions. It also keeps what a session cannot keep for itself when
//! its peer stops reading: the outbox bounds and the liveness of all its sessions (one tick).

mod line;
mod outbox;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use actix::prelude::*;
use bytestring::ByteString;
use uuid::Uuid;

use line::Line;
pub use outbox::{CUT, FRAME_BYTES, Outbox, Pushed, Taken};

use crate::chat_room::frame;
use crate::chat_room::port::Mark;
use crate::wire::CloseCode;

/// A session that is silent for this long is asked for a sign of life; each draws its own ± 10 %.
pub const PING_AFTER: Duration = Duration::from_secs(25);
/// A session that is silent for this long is gone.
pub const DEAD_AFTER: Duration = Duration::from_secs(40);
const TICK: Duration = Duration::from_secs(1);

/// A relay's number within its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelayId(pub u32);

/// One session: its relay and the id of its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionKey {
    /// The relay of its thread.
    pub relay: RelayId,
    /// The connection.
    pub conn: Uuid,
}

/// Hears of every session that a relay ends, and with what code.
type Observer = Arc<OnceLock<Box<dyn Fn(CloseCode) + Send + Sync>>>;

/// All relays of this process. Rooms and events reach sessions through it.
#[derive(Default)]
pub struct Relays {
    list: RwLock<Vec<Addr<Relay>>>,
    observer: Observer,
}

impl Relays {
    /// Starts a relay on the calling thread.
    pub fn start_here(self: &Arc<Self>) -> (RelayId, Addr<Relay>) {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        let id = RelayId(u32::try_from(list.len()).unwrap_or(u32::MAX));
        let addr = Relay::new(id, Arc::clone(&self.observer)).start();
        list.push(addr.clone());
        (id, addr)
    }

    /// From now on `observer` hears of every session that a relay ends. The first one stays.
    pub fn observe(&self, observer: impl Fn(CloseCode) + Send + Sync + 'static) {
        // A second one has nothing to add.
        let _ = self.observer.set(Box::new(observer));
    }

    /// The address of `id`.
    pub fn get(&self, id: RelayId) -> Option<Addr<Relay>> {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        list.get(usize::try_from(id.0).ok()?).cloned()
    }

    /// Every relay.
    pub fn all(&self) -> Vec<Addr<Relay>> {
        self.list.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends `message` to every relay.
    pub fn tell_all<M>(&self, message: &M)
    where
        M: Message<Result = ()> + Clone + Send + 'static,
        Relay: Handler<M>,
    {
        for relay in self.list.read().unwrap_or_else(PoisonError::into_inner).iter() {
            relay.do_send(message.clone());
        }
    }
}

/// To the owner of a topic: this session is gone (closed, cut, or not there any more).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub struct SessionGone(pub SessionKey);

/// A session that has signed in.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Attach {
    /// Its connection.
    pub conn: Uuid,
    /// Whose it is.
    pub user: Uuid,
    /// The sign-in (identity's session) that it rests on.
    pub sign_in: Uuid,
    /// Its outbox.
    pub outbox: Arc<Outbox>,
    /// Its own draw around [`PING_AFTER`].
    pub ping_after: Duration,
}

/// A session has closed.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Detach(pub Uuid);

/// How a session looks at a topic.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// Whether presence of the topic is on its screen.
    pub presence: bool,
    /// Whether it sees what is for moderators.
    pub moderates: bool,
    /// Whose entries it does not see; `None` for nobody's.
    pub blocked: Option<Arc<HashSet<Uuid>>>,
}

/// From now on the session hears `topic`. Said again, it looks at it in another way.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Subscribe {
    /// The session's connection.
    pub conn: Uuid,
    /// The topic.
    pub topic: ByteString,
    /// How it looks at the topic.
    pub view: View,
    /// Who wants to hear of its end.
    pub owner: Option<Recipient<SessionGone>>,
}

/// The session no longer hears `topic`. Its owner is not told: it knows.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Unsubscribe {
    /// The session's connection.
    pub conn: Uuid,
    /// The topic.
    pub topic: ByteString,
}

/// Frames for one session, in order.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ToSession {
    /// The session's connection.
    pub conn: Uuid,
    /// The frames.
    pub frames: Vec<ByteString>,
}

/// A frame for every session of a user.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct ToUser {
    /// The user.
    pub user: Uuid,
    /// The frame.
    pub frame: ByteString,
}

/// A frame for every session of several users.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct ToUsers {
    /// The users.
    pub users: Arc<[Uuid]>,
    /// The frame.
    pub frame: ByteString,
}

/// What a frame to a topic is, and so what may become of it.
#[derive(Debug, Clone)]
pub enum Class {
    /// Must arrive, or the session is cut. `None`: the same for everybody.
    Entry(Option<Arc<Copies>>),
    /// May be lost; not for this user (who caused it).
    Ephemeral(Option<Uuid>),
    /// May be lost; only for sessions with presence on their screen.
    Presence,
    /// May be delayed: the newest values are kept for who is behind.
    Marks(Arc<Vec<(Uuid, Mark)>>),
}

/// Who sees an entry, and as what.
#[derive(Debug)]
pub struct Copies {
    /// Its number, for the `skip` of who does not see it.
    pub seq: u64,
    /// This user's own copy.
    pub own: Option<(Uuid, ByteString)>,
    /// Whose words it brings: who has blocked them does not see it.
    pub author: Option<Uuid>,
    /// When not for all: for this user and the moderators.
    pub only: Option<Uuid>,
}

impl Copies {
    fn is_seen_by(&self, user: Uuid, view: &View) -> bool {
        // For nearly every entry and session neither test looks further than at a `None`.
        let meant = self.only.is_none_or(|only| only == user || view.moderates);
        let wanted = view
            .blocked
            .as_ref()
            .is_none_or(|blocked| self.author.is_none_or(|author| !blocked.contains(&author)));
        meant && wanted
    }
}

/// One frame to all sessions of a topic on this relay.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Fanout {
    /// The topic.
    pub topic: ByteString,
    /// The frame, encoded once.
    pub frame: ByteString,
    /// What it is.
    pub class: Class,
}

/// Whom a cut is meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// One connection.
    Conn(Uuid),
    /// Every connection of a sign-in.
    SignIn(Uuid),
    /// Every connection of a user.
    User(Uuid),
    /// Every connection.
    All,
}

/// Ends sessions now: nothing more is delivered to them.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Cut {
    /// Whose.
    pub whom: Whom,
    /// With what code.
    pub code: CloseCode,
}

/// Ends a share of this relay's sessions with `bye` and 4200: a slice of the drain. Answers how
/// many are left.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "usize")]
pub struct SendHome {
    /// At most this many.
    pub count: usize,
    /// Seconds over which the clients are to spread their return.
    pub spread_s: u32,
}

/// How many sessions a relay has.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "usize")]
pub struct Count;

struct Session {
    user: Uuid,
    sign_in: Uuid,
    outbox: Arc<Outbox>,
    ping_after: Duration,
    pinged: bool,
    topics: HashMap<ByteString, Option<Recipient<SessionGone>>>,
    missed_marks: HashMap<ByteString, BTreeMap<Uuid, Mark>>,
}

/// The relay of one web worker thread.
pub struct Relay {
    id: RelayId,
    sessions: HashMap<Uuid, Session>,
    /// Topic -> connection -> how it looks.
    topics: HashMap<ByteString, HashMap<Uuid, View>>,
    users: HashMap<Uuid, HashSet<Uuid>>,
    /// Sessions that are to be told of something.
    line: Line,
    observer: Observer,
}

impl Relay {
    fn new(id: RelayId, observer: Observer) -> Self {
        let (sessions, topics, users) = Default::default();
        Self { id, sessions, topics, users, line: Line::default(), observer }
    }

    fn tell_end(&self, code: CloseCode) {
        if let Some(observer) = self.observer.get() {
            observer(code);
        }
    }

    fn push(&mut self, conn: Uuid, frame: ByteString, now: Instant) {
        let Some(session) = self.sessions.get(&conn) else { return };
        let pushed = session.outbox.lay(frame, now);
        if pushed == Pushed::Untold {
            self.line.add(&session.outbox, now);
        }
        self.pushed(conn, pushed);
    }

    fn pushed(&mut self, conn: Uuid, pushed: Pushed) {
        if pushed == Pushed::Full {
            self.cut(conn, CloseCode::SLOW);
        }
    }

    /// Takes the session out and tells every owner of its topics.
    fn remove(&mut self, conn: Uuid) -> Option<Session> {
        let session = self.sessions.remove(&conn)?;
        if let Some(conns) = self.users.get_mut(&session.user) {
            conns.remove(&conn);
            if conns.is_empty() {
                self.users.remove(&session.user);
            }
        }
        for (topic, owner) in &session.topics {
            self.forget(topic, conn);
            if let Some(owner) = owner {
                owner.do_send(SessionGone(SessionKey { relay: self.id, conn }));
            }
        }
        Some(session)
    }

    fn forget(&mut self, topic: &ByteString, conn: Uuid) {
        if let Some(conns) = self.topics.get_mut(topic) {
            conns.remove(&conn);
            if conns.is_empty() {
                self.topics.remove(topic);
            }
        }
    }

    fn cut(&mut self, conn: Uuid, code: CloseCode) {
        if let Some(session) = self.remove(conn) {
            session.outbox.kill(code);
            self.tell_end(code);
            tracing::debug!(%conn, code = code.0, "session cut");
        }
    }

    fn tick(&mut self, now: Instant) {
        let mut cuts = Vec::new();
        let mut frames = Vec::new();
        for (conn, session) in &mut self.sessions {
            let silence = session.outbox.silence(now);
            if session.outbox.is_stalled(now) {
                cuts.push((*conn, CloseCode::SLOW));
            } else if silence >= DEAD_AFTER {
                cuts.push((*conn, CloseCode::DEAD));
            } else if silence < session.ping_after {
                session.pinged = false;
            } else if !std::mem::replace(&mut session.pinged, true) {
                frames.push((*conn, ByteString::from_static(r#"{"t":"ping"}"#)));
            }
            if !session.missed_marks.is_empty() && !session.outbox.is_behind() {
                for (topic, marks) in session.missed_marks.drain() {
                    let marks: Vec<_> = marks.into_iter().collect();
                    frames.push((*conn, frame::marks(&topic, &marks)));
                }
            }
        }
        for (conn, code) in cuts {
            self.cut(conn, code);
        }
        for (conn, frame) in frames {
            self.push(conn, frame, now);
        }
    }
}

impl Actor for Relay {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(TICK, |relay, _| relay.tick(Instant::now()));
        // A task of its own: others of the thread have their turn between two looks into the line.
        actix::spawn(self.line.teller());
    }
}

impl Handler<Attach> for Relay {
    type Result = ();

    fn handle(&mut self, new: Attach, _: &mut Self::Context) {
        self.users.entry(new.user).or_default().insert(new.conn);
        self.sessions.insert(
            new.conn,
            Session {
                user: new.user,
                sign_in: new.sign_in,
                outbox: new.outbox,
                ping_after: new.ping_after,
                pinged: false,
                topics: HashMap::new(),
                missed_marks: HashMap::new(),
            },
        );
    }
}

impl Handler<Detach> for Relay {
    type Result = ();

    fn handle(&mut self, Detach(conn): Detach, _: &mut Self::Context) {
        self.remove(conn);
    }
}

impl Handler<Subscribe> for Relay {
    type Result = ();

    fn handle(&mut self, new: Subscribe, _: &mut Self::Context) {
        match self.sessions.get_mut(&new.conn) {
            Some(session) => {
                self.topics.entry(new.topic.clone()).or_default().insert(new.conn, new.view);
                session.topics.insert(new.topic, new.owner);
            }
            // It went while its join was on the way: the owner would seat it for ever.
            None => {
                if let Some(owner) = new.owner {
                    owner.do_send(SessionGone(SessionKey { relay: self.id, conn: new.conn }));
                }
            }
        }
    }
}

impl Handler<Unsubscribe> for Relay {
    type Result = ();

    fn handle(&mut self, gone: Unsubscribe, _: &mut Self::Context) {
        self.forget(&gone.topic, gone.conn);
        if let Some(session) = self.sessions.get_mut(&gone.conn) {
            session.topics.remove(&gone.topic);
            session.missed_marks.remove(&gone.topic);
        }
    }
}

impl Handler<ToSession> for Relay {
    type Result = ();

    fn handle(&mut self, message: ToSession, _: &mut Self::Context) {
        let now = Instant::now();
        for frame in message.frames {
            let Some(session) = self.sessions.get(&message.conn) else { return };
            let pushed = session.outbox.answer(frame, now);
            self.pushed(message.conn, pushed);
        }
    }
}

impl Handler<ToUser> for Relay {
    type Result = ();

    fn handle(&mut self, message: ToUser, _: &mut Self::Context) {
        let now = Instant::now();
        let conns: Vec<_> = self.users.get(&message.user).into_iter().flatten().copied().collect();
        for conn in conns {
            self.push(conn, message.frame.clone(), now);
        }
    }
}

impl Handler<ToUsers> for Relay {
    type Result = ();

    fn handle(&mut self, message: ToUsers, _: &mut Self::Context) {
        let now = Instant::now();
        for user in message.users.iter() {
            let conns: Vec<_> = self.users.get(user).into_iter().flatten().copied().collect();
            for conn in conns {
                self.push(conn, message.frame.clone(), now);
            }
        }
    }
}

impl Handler<Fanout> for Relay {
    type Result = ();

    fn handle(&mut self, fanout: Fanout, _: &mut Self::Context) {
        let now = Instant::now();
        let Some(conns) = self.topics.get(&fanout.topic) else { return };
        let mut full = Vec::new();
        let mut skip = None;
        for (conn, view) in conns {
            let Some(session) = self.sessions.get_mut(conn) else { continue };
            let frame = match &fanout.class {
                Class::Entry(None) => &fanout.frame,
                Class::Entry(Some(copies)) => match &copies.own {
                    Some((user, own)) if *user == session.user => own,
                    _ if copies.is_seen_by(session.user, view) => &fanout.frame,
                    _ => &*skip.get_or_insert_with(|| frame::skip(&fanout.topic, copies.seq)),
                },
                Class::Ephemeral(Some(user)) if *user == session.user => continue,
                Class::Presence if !view.presence => continue,
                Class::Marks(marks) if session.outbox.is_behind() => {
                    let missed = session.missed_marks.entry(fanout.topic.clone()).or_default();
                    missed.extend(marks.iter().copied());
                    continue;
                }
                Class::Ephemeral(_) | Class::Presence if session.outbox.is_behind() => continue,
                Class::Ephemeral(_) | Class::Presence | Class::Marks(_) => &fanout.frame,
            };
            match session.outbox.lay(frame.clone(), now) {
                Pushed::Full => full.push(*conn),
                Pushed::Untold => self.line.add(&session.outbox, now),
                Pushed::Waits | Pushed::Dead => {}
            }
        }
        for conn in full {
            self.cut(conn, CloseCode::SLOW);
        }
    }
}

impl Handler<Cut> for Relay {
    type Result = ();

    fn handle(&mut self, cut: Cut, _: &mut Self::Context) {
        let conns: Vec<Uuid> = match cut.whom {
            Whom::Conn(conn) => vec![conn],
            Whom::User(user) => self.users.get(&user).into_iter().flatten().copied().collect(),
            Whom::All => self.sessions.keys().copied().collect(),
            Whom::SignIn(sign_in) => {
                let mine = self.sessions.iter().filter(|(_, one)| one.sign_in == sign_in);
                mine.map(|(conn, _)| *conn).collect()
            }
        };
        for conn in conns {
            self.cut(conn, cut.code);
        }
    }
}

impl Handler<SendHome> for Relay {
    type Result = usize;

    fn handle(&mut self, home: SendHome, _: &mut Self::Context) -> usize {
        let conns: Vec<Uuid> = self.sessions.keys().take(home.count).copied().collect();
        let bye = ByteString::from(format!(
            r#"{{"t":"bye","code":{},"spread_s":{}}}"#,
            CloseCode::RESTART.0,
            home.spread_s
        ));
        for conn in conns {
            if let Some(session) = self.remove(conn) {
                session.outbox.say_bye(bye.clone());
                self.tell_end(CloseCode::RESTART);
            }
        }
        self.sessions.len()
    }
}

impl Handler<Count> for Relay {
    type Result = usize;

    fn handle(&mut self, _: Count, _: &mut Self::Context) -> usize {
        self.sessions.len()
    }
}
