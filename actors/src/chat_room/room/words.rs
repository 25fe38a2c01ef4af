//! What a room is told, and what it tells to do.

use std::collections::HashSet;
use std::sync::Arc;

use kernel::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::chat_room::port::{
    Appended, By, Change, Entry, LogError, Mark, Opened, Page, Rights, RoomInfo, Seq, Viewer, What,
};
use crate::chat_room::presence::{Diff, Here, Person};
use crate::chat_room::ring::Line;
use crate::chat_room::sending::{Ack, Origin};
use crate::relay::SessionKey;
use crate::wire::{CloseCode, Locale, Problem};

/// A mute, as the muted one is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Muted {
    /// Until when; absent = until it is lifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Why, as the moderator wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Who sits on a session's seat, as the messaging context let them in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Who.
    pub user: Uuid,
    /// The name as shown.
    pub name: String,
    /// What they may do here.
    pub rights: Rights,
    /// What kept them from writing as they came in (for the client; the log enforces it).
    pub muted: Option<Muted>,
    /// Whose messages they do not want to see; `None` for nobody's.
    pub blocked: Option<Arc<HashSet<Uuid>>>,
    /// Whether presence is on their screen.
    pub presence: bool,
    /// The language of their errors.
    pub locale: Locale,
}

impl Seat {
    /// Who looks from it.
    pub fn viewer(&self) -> Viewer {
        Viewer { user: self.user, moderates: self.rights.moderates, blocked: self.blocked.clone() }
    }

    /// Who acts from it.
    pub fn by(&self) -> By {
        By { user: self.user, name: self.name.clone(), rights: self.rights }
    }
}

/// What somebody was let in as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sitter {
    /// Who.
    pub user: Uuid,
    /// What they may do here.
    pub rights: Rights,
}

/// A session asks to hear the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// The session.
    pub session: SessionKey,
    /// Its request.
    pub re: u64,
    /// Who.
    pub seat: Seat,
    /// The last number it has, with the epoch that the number belongs to.
    pub last: Option<(Seq, String)>,
    /// How far they have come, as it is stored.
    pub mark: Mark,
}

/// What can happen to a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// The log answered to [`Effect::Open`].
    Opened(Result<Opened, LogError>),
    /// A session wants in.
    Join(Join),
    /// A session leaves by request.
    Leave {
        /// The session.
        session: SessionKey,
        /// Its request.
        re: u64,
    },
    /// A session is gone.
    Gone(SessionKey),
    /// A seated session changes something; it is done by whoever sits there.
    Send {
        /// The session.
        session: SessionKey,
        /// Its request.
        re: u64,
        /// The language of its errors.
        locale: Locale,
        /// What it changes.
        what: What,
    },
    /// Somebody changes something over HTTP; access was looked up on the way.
    Submit {
        /// The actor's ticket for the answer.
        ticket: u64,
        /// Who, and what.
        change: Change,
    },
    /// The log answered to [`Effect::Append`].
    Committed(Result<Vec<Appended>, LogError>),
    /// The log answered to [`Effect::ReadAfter`].
    Read {
        /// From where it was asked.
        after: Seq,
        /// What it said.
        result: Result<Vec<Entry>, LogError>,
    },
    /// The log answered to [`Effect::ReadLatest`].
    Latest(Result<Page, LogError>),
    /// The log answered to [`Effect::SaveMarks`].
    MarksSaved(Result<(), LogError>),
    /// Another node's entries, in whatever order and number the bus made of them.
    Bus {
        /// The epoch they belong to.
        epoch: String,
        /// The entries.
        entries: Vec<Entry>,
    },
    /// How far members have come, as another node heard it.
    BusMarks {
        /// The epoch that the numbers belong to.
        epoch: String,
        /// Who, and how far.
        marks: Vec<(Uuid, Mark)>,
    },
    /// Who is in the room on another node, all of them.
    BusHere {
        /// The node.
        node: Uuid,
        /// Its people.
        here: Vec<Here>,
    },
    /// Another node asks who is in the room here.
    BusAsks,
    /// Somebody types on another node.
    BusTyping {
        /// Who.
        user: Uuid,
        /// The name as shown.
        name: String,
    },
    /// The position check: the log's head.
    HeadIs(Seq),
    /// From now on what other nodes say arrives; before, it may have been lost.
    Hears,
    /// The position check: the log has no such room any more.
    Vanished,
    /// A session tells how far it has come.
    Mark {
        /// The session.
        session: SessionKey,
        /// How far.
        mark: Mark,
    },
    /// Somebody tells it over HTTP; access was looked up on the way.
    MarkOf {
        /// Who.
        user: Uuid,
        /// How far.
        mark: Mark,
    },
    /// A session types.
    Typing(SessionKey),
    /// A session asks who is here.
    Who {
        /// The session.
        session: SessionKey,
        /// Its request.
        re: u64,
        /// The language of its errors.
        locale: Locale,
    },
    /// A user has lost access.
    Revoke(Uuid),
    /// A user does not want to see other people than before.
    Blocks {
        /// Who.
        user: Uuid,
        /// Whom; `None` for nobody.
        blocked: Option<Arc<HashSet<Uuid>>>,
    },
    /// Take nothing new, finish what is in hand, stop.
    Drain,
    /// Time has passed.
    Tick,
}

/// How a join was answered.
#[derive(Debug, Clone)]
pub enum History {
    /// Everything after the number that the client had.
    Resumed(Vec<Arc<Line>>),
    /// The newest page instead; the client drops what it had.
    Fresh {
        /// `new`, `epoch`, `too_old` or `ahead`.
        reason: &'static str,
        /// The newest messages as of `page.at`.
        page: Arc<Page>,
        /// Everything after `page.at`.
        then: Vec<Arc<Line>>,
    },
}

/// The answer to a join.
#[derive(Debug, Clone)]
pub struct Joined {
    /// The session.
    pub session: SessionKey,
    /// Its request.
    pub re: u64,
    /// Who.
    pub seat: Seat,
    /// The room's epoch.
    pub epoch: String,
    /// What it missed.
    pub history: History,
    /// The head up to which the history goes.
    pub head: Seq,
    /// What the room is.
    pub info: RoomInfo,
    /// How many people are here.
    pub online: usize,
    /// The own mark.
    pub me: Mark,
    /// The others' marks, in a small room.
    pub marks: Vec<(Uuid, Mark)>,
}

/// What the actor is to do, in order.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Load the room; answer with [`Command::Opened`].
    Open,
    /// Commit a batch; answer with [`Command::Committed`].
    Append(Vec<Change>),
    /// Read up to [`super::READ_ENTRIES`]; answer with [`Command::Read`].
    ReadAfter(Seq),
    /// Read the newest [`super::PAGE_ENTRIES`] messages; answer with [`Command::Latest`].
    ReadLatest,
    /// Save marks; answer with [`Command::MarksSaved`].
    SaveMarks(Vec<(Uuid, Mark)>),
    /// Seat the session and give it this; live entries follow.
    Joined(Box<Joined>),
    /// Take the session's seat away.
    Unseat(SessionKey),
    /// Answer a leave.
    Left {
        /// The session.
        session: SessionKey,
        /// Its request.
        re: u64,
    },
    /// Answer a send.
    Answer(Origin, Result<Ack, Problem>),
    /// Refuse a request that is not a send.
    Refuse {
        /// The session.
        session: SessionKey,
        /// Its request.
        re: u64,
        /// The language of its errors.
        locale: Locale,
        /// Why.
        problem: Problem,
    },
    /// Answer who is here.
    Roster {
        /// The session.
        session: SessionKey,
        /// Its request.
        re: u64,
        /// The first fifty.
        people: Vec<(Uuid, Person)>,
        /// How many in all.
        n: usize,
    },
    /// Tell every seat of a new entry.
    Entry(Arc<Line>),
    /// Tell the other nodes of own entries.
    Publish(Vec<Arc<Line>>),
    /// Tell the others that somebody types.
    Typing {
        /// Who.
        user: Uuid,
        /// The name as shown.
        name: String,
    },
    /// Tell the other nodes the same.
    PublishTyping {
        /// Who.
        user: Uuid,
        /// The name as shown.
        name: String,
    },
    /// Tell who came and went.
    Presence(Diff),
    /// Tell the other nodes who is here.
    PublishHere(Vec<Here>),
    /// Ask the other nodes who is there.
    AskWhoIsThere,
    /// Tell how far members have come.
    Marks(Vec<(Uuid, Mark)>),
    /// Tell the other nodes how far members have come.
    PublishMarks(Vec<(Uuid, Mark)>),
    /// Tell a user's other devices the own mark.
    OwnMark(Uuid, Mark),
    /// The session looks at the room in another way from now on.
    View(SessionKey, Viewer, bool),
    /// End the session.
    Cut(SessionKey, CloseCode),
    /// Nothing is left to do.
    Stop,
}

impl Join {
    pub(super) fn refuse(&self, problem: Problem) -> Effect {
        let (session, re, locale) = (self.session, self.re, self.seat.locale);
        Effect::Refuse { session, re, locale, problem }
    }
}
