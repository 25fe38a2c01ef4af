//! The port of a chat room: the log, as the messaging context keeps it, and the values that cross.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use bytestring::ByteString;
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

/// What somebody may do in a room, as the messaging context found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rights {
    /// What they are here.
    pub role: Role,
    /// Whether they may write.
    pub can_write: bool,
    /// Whether they keep order here: pin, delete others' messages, lock, mute, see what is held.
    pub moderates: bool,
    /// Under a task whose chat is shut: wrong answers that are missing until it opens.
    pub need_wrong: Option<u32>,
}

/// Who does something in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// Who.
    pub user: Uuid,
    /// The name as shown.
    pub name: String,
    /// What they may do here.
    pub rights: Rights,
}

/// Something that is to become entries of the log. All kinds go the same way: queue, batch, one
/// transaction, answer, fan-out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Who does it.
    pub by: By,
    /// What.
    pub what: What,
}

/// What is to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A new message.
    Message(Draft),
    /// Another text for an own message.
    Edit {
        /// The message.
        msg: Uuid,
        /// The text, normalized and allowed by the text rules.
        body: String,
        /// Whom the new text mentions.
        mentions: Vec<Uuid>,
        /// The version that the writer saw.
        version: u32,
        /// What the rules about texts say against it. They do not hold who moderates.
        against: Option<Problem>,
    },
    /// Takes a message away: an own one, or anybody's for moderators.
    Delete {
        /// The message.
        msg: Uuid,
        /// Why, for the audit; moderators give it.
        reason: Option<String>,
    },
    /// Sets or takes back a reaction.
    React {
        /// The message.
        msg: Uuid,
        /// One emoji.
        emoji: String,
        /// Whether it is to be there.
        on: bool,
    },
    /// Pins or unpins a message.
    Pin {
        /// The message.
        msg: Uuid,
        /// Whether it is to be pinned.
        on: bool,
    },
    /// Says which message answers the question that the room is.
    Answer {
        /// The message; `None` takes the answer back.
        msg: Option<Uuid>,
    },
    /// An act of moderation.
    Mod(ModAct),
    /// Another title, pause or lock of the room.
    Room(RoomChange),
    /// Somebody became a member, another one, or none.
    Member {
        /// Who.
        user: Uuid,
        /// The name as shown.
        name: String,
        /// What they are here.
        role: Role,
        /// Whether they are a member from now on.
        on: bool,
    },
    /// Lets a held message be seen, or refuses it for good.
    Approve {
        /// The message.
        msg: Uuid,
        /// Whether it is let through.
        on: bool,
    },
}

/// An act of moderation in one room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModAct {
    /// What is done.
    pub action: Action,
    /// To whom, where it is done to a person.
    pub user: Option<Uuid>,
    /// For `mute`: until when; `None` = until it is lifted. A ban always lasts until it is lifted.
    pub until: Option<Timestamp>,
    /// For `slow_mode`: seconds between two messages of one person, 0 = off.
    pub slow_s: u32,
    /// Why, for the person and the audit.
    pub reason: String,
}

/// What moderators do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Only moderators write from now on.
    Lock,
    /// Everybody with the right writes again.
    Unlock,
    /// A pause between two messages of one person.
    SlowMode,
    /// Somebody may not write.
    Mute,
    /// Somebody may write again.
    Unmute,
    /// Somebody's seats are taken; they may come back.
    Kick,
    /// Somebody may not enter.
    Ban,
    /// Somebody may enter again.
    Unban,
}

impl Action {
    /// Whether it is done to a person, and so seen by that person and the moderators only.
    pub const fn is_personal(self) -> bool {
        matches!(self, Self::Mute | Self::Unmute | Self::Kick | Self::Ban | Self::Unban)
    }
}

/// What is to be different about a room.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoomChange {
    /// Its title.
    pub title: Option<String>,
    /// Seconds between two messages of one person; 0 = off.
    pub slow_s: Option<u32>,
    /// Whether only moderators write.
    pub locked: Option<bool>,
}

/// A message that waits for its number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Draft {
    /// The client's own id of the message; unique per room and author.
    pub client_id: String,
    /// The text, already normalized and allowed by the text rules; may be empty beside files.
    pub body: String,
    /// The message that it answers.
    pub reply_to: Option<Uuid>,
    /// The place in the lesson that it is about.
    pub at: Option<At>,
    /// Files that were sent for it, in the order shown.
    pub files: Vec<Uuid>,
    /// Whom it mentions.
    pub mentions: Vec<Uuid>,
    /// Whether it waits for a moderator before others see it; one who moderates waits for nobody.
    pub held: bool,
    /// What the rules about texts say against it. They do not hold who moderates.
    pub against: Option<Problem>,
}

/// What has become of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Everybody in the room sees it.
    #[default]
    Shown,
    /// It waits for a moderator: only its author and the moderators see it.
    Held,
    /// Its text is gone.
    Deleted,
    /// A moderator said no to a held one: only its author and the moderators see it.
    Refused,
}

impl State {
    const fn is_shown(&self) -> bool {
        matches!(self, Self::Shown)
    }

    /// Whether only the author and the moderators see the message.
    pub const fn is_private(self) -> bool {
        matches!(self, Self::Held | Self::Refused)
    }
}

/// A file of a message. Where its bytes are is asked for by its id: a link is signed for one viewer
/// and a quarter of an hour, an entry is encoded once for all and kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatFile {
    /// Its id.
    pub id: Uuid,
    /// Its name as the sender gave it.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// What it was found to be.
    pub content_type: String,
    /// `image` or `file`.
    pub kind: String,
    /// Pixels, of an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Pixels, of an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
}

/// One emoji under a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// How many people.
    pub n: u32,
    /// Whether the viewer is one of them.
    pub own: bool,
    /// Who; never told.
    #[serde(skip)]
    pub users: Vec<Uuid>,
}

/// The beginning of a message, where another one points at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The message.
    pub id: Uuid,
    /// Its number, by which a page around it can be asked for.
    pub seq: Seq,
    /// Its author.
    pub author: Uuid,
    /// Its author's name as shown.
    pub author_name: String,
    /// At most [`PREVIEW_CHARS`] characters of its text.
    pub text: String,
}

/// Characters of a [`Preview`] at most.
pub const PREVIEW_CHARS: usize = 120;

/// A message in its present state. On the wire what is absent is: shown, never edited, no reactions,
/// no files, no mentions.
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
    /// Plain text with light marks; clients show it as text, never as markup.
    pub body: String,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Uuid>,
    /// The beginning of the message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Preview>,
    /// The place in the lesson that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
    /// The server's time of storing; for display only, the order is `seq`.
    pub created_at: Timestamp,
    /// 1, and one more with every edit.
    pub version: u32,
    /// What has become of it.
    #[serde(default, skip_serializing_if = "State::is_shown")]
    pub state: State,
    /// When its text was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Timestamp>,
    /// The reactions, the most used first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reaction>,
    /// The files, in the order shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<ChatFile>,
    /// Whom it mentions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Uuid>,
}

impl Message {
    /// The message as `viewer` gets it in a page, if they may see it at all.
    pub fn seen_by(&self, viewer: &Viewer) -> Option<Self> {
        let own = self.author == viewer.user;
        if viewer.blocks(self.author) || (self.state.is_private() && !own && !viewer.moderates) {
            return None;
        }
        let mut m = self.clone();
        if !own {
            m.client_id = None;
        }
        if m.reply.as_ref().is_some_and(|reply| viewer.blocks(reply.author)) {
            m.reply = None;
        }
        for reaction in &mut m.reactions {
            reaction.own = reaction.users.contains(&viewer.user);
        }
        Some(m)
    }

    /// Takes text and files away, as its deletion does.
    pub fn wipe(&mut self) {
        self.state = State::Deleted;
        self.body = String::new();
        self.files = Vec::new();
        self.mentions = Vec::new();
        self.reactions = Vec::new();
        self.reply = None;
        self.at = None;
    }
}

/// Who looks at a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// Who.
    pub user: Uuid,
    /// Whether they keep order here.
    pub moderates: bool,
    /// Whose messages they do not want to see; `None` for most people.
    pub blocked: Option<Arc<HashSet<Uuid>>>,
}

impl Viewer {
    /// Whether they do not want to see `author`.
    pub fn blocks(&self, author: Uuid) -> bool {
        self.blocked.as_ref().is_some_and(|blocked| blocked.contains(&author))
    }
}

/// Who is to see an entry. The others get a `skip` with its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Everybody in the room.
    All,
    /// This person and the moderators.
    Only(Uuid),
}

/// One entry of the log: whatever changes a room for good.
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
    /// A message has another text. In a replay this is its present one.
    Edit {
        /// Its number.
        seq: Seq,
        /// The message.
        msg: Uuid,
        /// Its author.
        author: Uuid,
        /// The text.
        body: String,
        /// Whom it mentions.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<Uuid>,
        /// The version that it is now; who has this or a later one changes nothing.
        version: u32,
        /// When.
        edited_at: Timestamp,
    },
    /// A message was taken away.
    Del {
        /// Its number.
        seq: Seq,
        /// The message.
        msg: Uuid,
        /// By whom.
        by: Uuid,
    },
    /// A reaction came or went.
    React {
        /// Its number.
        seq: Seq,
        /// The message.
        msg: Uuid,
        /// Whose.
        user: Uuid,
        /// The emoji.
        emoji: String,
        /// Whether it came.
        on: bool,
        /// How many people have it on the message now.
        n: u32,
    },
    /// A message was pinned or unpinned.
    Pin {
        /// Its number.
        seq: Seq,
        /// The message.
        msg: Uuid,
        /// Whether it is pinned now.
        on: bool,
        /// By whom.
        by: Uuid,
        /// Its beginning, when it is pinned.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        preview: Option<Preview>,
    },
    /// The question has another answer, or none.
    Answer {
        /// Its number.
        seq: Seq,
        /// The message.
        msg: Option<Uuid>,
        /// Who said so.
        by: Uuid,
    },
    /// An act of moderation.
    Mod {
        /// Its number.
        seq: Seq,
        /// What was done.
        action: Action,
        /// To whom.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<Uuid>,
        /// Until when; absent = until it is lifted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// For `slow_mode`: seconds, 0 = off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        slow_s: Option<u32>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The room itself is another one.
    Room {
        /// Its number.
        seq: Seq,
        /// Its title.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// Seconds between two messages of one person; 0 = off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        slow_s: Option<u32>,
        /// Whether only moderators write.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        locked: Option<bool>,
        /// The room's version now.
        version: u32,
    },
    /// Somebody became a member, another one, or none.
    Member {
        /// Its number.
        seq: Seq,
        /// Who.
        user: Uuid,
        /// The name as shown.
        name: String,
        /// What they are here.
        role: Role,
        /// Whether they are a member now.
        on: bool,
    },
    /// A held message was let through (or refused: `m` says which; that only its author and the
    /// moderators hear).
    Approve {
        /// Its number.
        seq: Seq,
        /// The message, which keeps its own number.
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
            Self::Msg { seq, .. }
            | Self::Edit { seq, .. }
            | Self::Del { seq, .. }
            | Self::React { seq, .. }
            | Self::Pin { seq, .. }
            | Self::Answer { seq, .. }
            | Self::Mod { seq, .. }
            | Self::Room { seq, .. }
            | Self::Member { seq, .. }
            | Self::Approve { seq, .. }
            | Self::Skip { seq } => *seq,
        }
    }

    /// Who is to see it.
    pub fn audience(&self) -> Audience {
        match self {
            Self::Msg { m, .. } | Self::Approve { m, .. } if m.state.is_private() => {
                Audience::Only(m.author)
            }
            Self::Mod { action, user: Some(user), .. } if action.is_personal() => {
                Audience::Only(*user)
            }
            _ => Audience::All,
        }
    }

    /// Whose words it brings: who has blocked them does not see it.
    pub const fn author(&self) -> Option<Uuid> {
        match self {
            Self::Msg { m, .. } | Self::Approve { m, .. } => Some(m.author),
            Self::Edit { author, .. } => Some(*author),
            Self::React { user, .. } => Some(*user),
            _ => None,
        }
    }

    /// The message that it is about or brings.
    pub const fn msg(&self) -> Option<Uuid> {
        match self {
            Self::Msg { m, .. } | Self::Approve { m, .. } => Some(m.id),
            Self::Edit { msg, .. }
            | Self::Del { msg, .. }
            | Self::React { msg, .. }
            | Self::Pin { msg, .. } => Some(*msg),
            Self::Answer { msg, .. } => *msg,
            _ => None,
        }
    }

    /// The entry as `viewer` gets it: their own, everybody's, or a `skip`.
    #[must_use]
    pub fn seen_by(&self, viewer: &Viewer) -> Self {
        let skip = Self::Skip { seq: self.seq() };
        if !self.is_seen_by(viewer) {
            return skip;
        }
        match self {
            Self::Msg { seq, m } => m.seen_by(viewer).map_or(skip, |m| Self::Msg { seq: *seq, m }),
            Self::Approve { seq, m } => {
                m.seen_by(viewer).map_or(skip, |m| Self::Approve { seq: *seq, m })
            }
            entry => entry.clone(),
        }
    }

    /// Whether `viewer` sees it.
    pub fn is_seen_by(&self, viewer: &Viewer) -> bool {
        let meant = match self.audience() {
            Audience::All => true,
            Audience::Only(user) => viewer.moderates || viewer.user == user,
        };
        meant && !self.author().is_some_and(|author| viewer.blocks(author))
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
    /// `lesson`, `task`, `question` …
    pub kind: &'static str,
    /// What it is about, for the header.
    pub title: String,
    /// Its course.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub course_id: Option<Uuid>,
    /// Its lesson.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lesson_id: Option<Uuid>,
    /// Its task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<Uuid>,
    /// The student of a task's, a pair's and a support room; who opened a thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<Uuid>,
    /// Seconds between two messages of one person; 0 = off.
    pub slow_s: u32,
    /// Whether only moderators write.
    pub locked: bool,
    /// What is pinned, the newest last.
    pub pinned: Vec<Preview>,
    /// The message that answers the question.
    pub accepted: Option<Uuid>,
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

/// What became of one change of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "nearly every change of a batch is stored")]
pub enum Appended {
    /// Stored under the next number; a message's entry holds the author's `client_id`.
    Stored {
        /// The entry.
        entry: Entry,
        /// When it was stored.
        at: Timestamp,
    },
    /// It was so already, by the same request sent before or by another: no entry is added.
    Duplicate {
        /// The message that it is or is about.
        msg: Option<Uuid>,
        /// A message's number; for everything else the room's head.
        seq: Seq,
        /// When it was stored.
        created_at: Timestamp,
        /// Whether it is a message that waits for a moderator.
        held: bool,
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

impl Page {
    /// Whether a message is in it, or quoted.
    pub fn holds(&self, msg: Uuid) -> bool {
        self.items.iter().any(|item| item.id == msg || item.reply_to == Some(msg))
    }
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

    /// Stores a batch in one transaction and answers one [`Appended`] per change, in order. The
    /// numbers of what it stored follow each other. An error says nothing about the outcome.
    async fn append(&self, room: Uuid, batch: Vec<Change>) -> Result<Vec<Appended>, LogError>;

    /// Up to `limit` entries after `after`, by number, without a gap.
    async fn read_after(
        &self,
        room: Uuid,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Entry>, LogError>;

    /// The newest `limit` messages and the head they were read at, as of one moment.
    async fn latest(&self, room: Uuid, limit: usize) -> Result<Page, LogError>;

    /// Stores marks; a stored number never goes back. [`LogError::NotFound`]: the room is no more, and neither
    /// are its marks.
    async fn save_marks(&self, room: Uuid, marks: Vec<(Uuid, Mark)>) -> Result<(), LogError>;
}

/// The way to people's connections on the other nodes. May lose what it is told.
pub trait Elsewhere: Send + Sync + 'static {
    /// A frame for every connection of `user` on the other nodes; of several about one topic within a
    /// moment the last is enough.
    fn tell(&self, user: Uuid, topic: &ByteString, frame: ByteString);
}

/// There are no other nodes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nowhere;

impl Elsewhere for Nowhere {
    fn tell(&self, _: Uuid, _: &ByteString, _: ByteString) {}
}
