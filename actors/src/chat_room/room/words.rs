//! What a room is told, and what it tells to do.

use std::sync::Arc;

use uuid::Uuid;

use crate::chat_room::port::{
    Appended, At, Draft, Entry, LogError, Mark, Opened, Page, Role, RoomInfo, Seq,
};
use crate::chat_room::presence::{Diff, Person};
use crate::chat_room::ring::Line;
use crate::chat_room::sending::{Ack, Origin};
use crate::relay::SessionKey;
use crate::wire::{CloseCode, Locale, Problem};

/// Who sits on a session's seat, as the messaging context let them in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Who.
    pub user: Uuid,
    /// The name as shown.
    pub name: String,
    /// What they are here.
    pub role: Role,
    /// Whether they may write.
    pub can_write: bool,
    /// Whether presence is on their screen.
    pub presence: bool,
    /// The language of their errors.
    pub locale: Locale,
}

/// What somebody was let in as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sitter {
    /// Who.
    pub user: Uuid,
    /// What they are here.
    pub role: Role,
    /// Whether they may write.
    pub can_write: bool,
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
}

/// What a session writes; the author is whoever sits on its seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// The client's own id of the message.
    pub client_id: String,
    /// The text, normalized and allowed by the text rules.
    pub body: String,
    /// The message that it answers.
    pub reply_to: Option<Uuid>,
    /// The place in the lesson that it is about.
    pub at: Option<At>,
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
    /// A seated session writes.
    Send {
        /// The session.
        session: SessionKey,
        /// Its request.
        re: u64,
        /// The language of its errors.
        locale: Locale,
        /// What it writes.
        post: Post,
    },
    /// Somebody writes over HTTP; access was checked on the way.
    Submit {
        /// The actor's ticket for the answer.
        ticket: u64,
        /// What they write.
        draft: Draft,
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
    MarksSaved {
        /// Whether it worked.
        ok: bool,
    },
    /// Another node's entries, in whatever order and number the bus made of them.
    Bus {
        /// The epoch they belong to.
        epoch: String,
        /// The entries.
        entries: Vec<Entry>,
    },
    /// The position check: the log's head.
    HeadIs(Seq),
    /// A session tells how far it has come.
    Mark {
        /// The session.
        session: SessionKey,
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
    Append(Vec<Draft>),
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
    /// Tell who came and went.
    Presence(Diff),
    /// Tell how far members have come.
    Marks(Vec<(Uuid, Mark)>),
    /// Tell a user's other devices the own mark.
    OwnMark(Uuid, Mark),
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
