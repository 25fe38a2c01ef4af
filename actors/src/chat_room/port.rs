//! The port of a chat room: the log, as the messaging context keeps it, and the values that cross.

use async_trait::async_trait;
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::wire::Problem;

/// An entry's number within its room: 1, 2, 3 … without gaps.
pub type Seq = u64;

/// What a person is in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Studies here.
    Student,
    /// Teaches here.
    Author,
    /// Answers and keeps order (moderators, curators, the admin).
    Moderator,
}

/// A place in a lesson to which a message refers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct At {
    /// The lesson.
    pub lesson: Uuid,
    /// Seconds from the start of its video.
    pub second: u32,
}

/// A message that waits for its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Who writes.
    pub author: Uuid,
    /// The author's name as shown.
    pub author_name: String,
    /// What the author is in this room.
    pub author_role: Role,
    /// The client's own id of the message; unique per room and author.
    pub client_id: String,
    /// The text, already normalized and allowed by the text rules.
    pub body: String,
    /// The message that it answers.
    pub reply_to: Option<Uuid>,
    /// The place in the lesson that it is about.
    pub at: Option<At>,
}

/// A message in its present state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its id.
    pub id: Uuid,
    /// Its number.
    pub seq: Seq,
    /// Only in the author's own copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Who wrote.
    pub author: Uuid,
    /// The author's name as shown.
    pub author_name: String,
    /// What the author is in this room.
    pub author_role: Role,
    /// Plain text; clients show it as text, never as markup.
    pub body: String,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Uuid>,
    /// The place in the lesson that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
    /// The server's time of storing; for display only, the order is `seq`.
    pub created_at: Timestamp,
    /// 1, and one more with every edit.
    pub version: u32,
}

/// One entry of the log. Further kinds (edit, del, react, pin, mod …) become variants here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum Entry {
    /// A new message.
    Msg {
        /// Its number.
        seq: Seq,
        /// The message.
        m: Message,
    },
    /// A number whose content this reader does not see: the chain stays whole.
    Skip {
        /// Its number.
        seq: Seq,
    },
}

impl Entry {
    /// Its number.
    pub const fn seq(&self) -> Seq {
        match self {
            Self::Msg { seq, .. } | Self::Skip { seq } => *seq,
        }
    }
}

/// How far one member has come. Both numbers only grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Mark {
    /// The newest entry that was on this member's screen.
    pub read: Seq,
    /// The newest entry that reached one of this member's devices.
    pub delivered: Seq,
}

/// What a room is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoomInfo {
    /// `lesson` so far.
    pub kind: &'static str,
    /// What it is about, for the header.
    pub title: String,
    /// Seconds between two messages of one person; 0 = off.
    pub slow_s: u32,
    /// Members with a row of their own.
    pub members: u32,
    /// Grows with every change of the room itself.
    pub version: u32,
}

/// All that a room actor needs to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Changes only when the room's numbers stop being comparable.
    pub epoch: String,
    /// The last committed number.
    pub head: Seq,
    /// What the room is.
    pub info: RoomInfo,
    /// The newest entries up to `head`, oldest first, without a gap.
    pub tail: Vec<Entry>,
    /// How far the members have come (the most recent thousand).
    pub marks: Vec<(Uuid, Mark)>,
}

/// What became of one draft of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// Stored under the next number; the entry holds the author's `client_id`.
    Stored(Entry),
    /// The same message had been stored before: its first answer.
    Duplicate {
        /// The stored message.
        msg: Uuid,
        /// Its number.
        seq: Seq,
        /// When it was stored.
        created_at: Timestamp,
    },
    /// Not stored, for good.
    Refused(Problem),
}

/// The newest messages in their present state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The head at which the page was read.
    pub at: Seq,
    /// Oldest first, by number.
    pub items: Vec<Message>,
    /// Whether there are older ones.
    pub has_more: bool,
}

/// Why the log did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// There is no such room (any more).
    #[error("no such room")]
    NotFound,
    /// The store is away; for an append the outcome is unknown.
    #[error("the log is away: {0}")]
    Unavailable(String),
}

/// The log of rooms, kept by the messaging context. PostgreSQL decides the numbers.
#[async_trait]
pub trait ChatLog: Send + Sync + 'static {
    /// Loads a room with its newest `tail` entries.
    async fn open(&self, room: Uuid, tail: usize) -> Result<Opened, LogError>;

    /// Stores a batch in one transaction and answers one [`Appended`] per draft, in order. The
    /// numbers of what it stored follow each other. An error says nothing about the outcome.
    async fn append(&self, room: Uuid, batch: Vec<Draft>) -> Result<Vec<Appended>, LogError>;

    /// Up to `limit` entries after `after`, by number, without a gap.
    async fn read_after(
        &self,
        room: Uuid,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Entry>, LogError>;

    /// The newest `limit` messages and the head they were read at, as of one moment.
    async fn latest(&self, room: Uuid, limit: usize) -> Result<Page, LogError>;

    /// Stores marks; a stored number never goes back.
    async fn save_marks(&self, room: Uuid, marks: Vec<(Uuid, Mark)>) -> Result<(), LogError>;
}
