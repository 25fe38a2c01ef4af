//! Rows of the context.

use diesel::prelude::*;
use kernel::Timestamp;
use uuid::Uuid;

use super::schema::{message_reactions, message_versions, messages, room_log, room_members, rooms};
use crate::platform::text_enum;

text_enum! {
    /// What a room is for. Who may do what in each kind: `rules/rights.rs`.
    pub enum RoomKind {
        /// Beside a lesson, for everybody who takes it.
        Lesson = "lesson",
        /// Under a task: one student and who answers.
        Task = "task",
        /// A question about a lesson, with its answers.
        Question = "question",
        /// A thread of a course's forum.
        Forum = "forum",
        /// A student and the author of a course.
        Pair = "pair",
        /// A person and the school's support.
        Support = "support",
        /// General questions, for everybody.
        General = "general",
        /// The staff among themselves.
        Staff = "staff",
        /// Announcements to a course.
        News = "news",
        /// Announcements to the whole school.
        SchoolNews = "school_news",
    }
}

impl RoomKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Lesson,
        Self::Task,
        Self::Question,
        Self::Forum,
        Self::Pair,
        Self::Support,
        Self::General,
        Self::Staff,
        Self::News,
        Self::SchoolNews,
    ];

    /// Whether its questions wait on the curators' desk.
    pub const fn is_on_desk(self) -> bool {
        matches!(self, Self::Task | Self::Question | Self::Support)
    }
}

/// A room.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = rooms, check_for_backend(diesel::pg::Pg))]
pub struct RoomRow {
    pub id: Uuid,
    pub kind: RoomKind,
    pub lesson_id: Option<Uuid>,
    pub course_id: Option<Uuid>,
    pub task_id: Option<Uuid>,
    pub owner_id: Option<Uuid>,
    pub title: Option<String>,
    pub locked: bool,
    pub accepted_id: Option<Uuid>,
    pub slow_s: i32,
    pub version: i32,
    pub created_at: Timestamp,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = messages, check_for_backend(diesel::pg::Pg))]
pub struct MessageRow {
    pub id: Uuid,
    pub room_id: Uuid,
    pub seq: i64,
    pub author_id: Uuid,
    pub author_role: String,
    pub client_id: String,
    pub body: String,
    pub reply_to: Option<Uuid>,
    pub at_lesson: Option<Uuid>,
    pub at_second: Option<i32>,
    pub version: i32,
    pub created_at: Timestamp,
    pub state: MessageState,
    pub edited_at: Option<Timestamp>,
    pub mentions: Vec<Uuid>,
    pub files: Vec<Uuid>,
}

text_enum! {
    /// What has become of a message.
    pub enum MessageState {
        /// Everybody in the room sees it.
        Shown = "shown",
        /// It waits for a moderator.
        Held = "held",
        /// Its text is gone.
        Deleted = "deleted",
        /// A moderator said no to a held one.
        Refused = "refused",
    }
}

/// An entry of a room's log. What it brings stands in the message, or in `payload`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = room_log, check_for_backend(diesel::pg::Pg))]
pub struct LogRow {
    pub room_id: Uuid,
    pub seq: i64,
    pub kind: i16,
    pub msg_id: Option<Uuid>,
    pub actor_id: Option<Uuid>,
    pub payload: Option<serde_json::Value>,
    pub created_at: Timestamp,
}

/// The kinds of entries, as the table has them.
pub mod kind {
    /// A new message.
    pub const MSG: i16 = 1;
    /// Another text.
    pub const EDIT: i16 = 2;
    /// A message taken away.
    pub const DEL: i16 = 3;
    /// A reaction.
    pub const REACT: i16 = 4;
    /// A pin.
    pub const PIN: i16 = 5;
    /// The answer to a question.
    pub const ANSWER: i16 = 6;
    /// An act of moderation.
    pub const MOD: i16 = 7;
    /// The room itself.
    pub const ROOM: i16 = 8;
    /// A member.
    pub const MEMBER: i16 = 9;
    /// A held message let through, or refused.
    pub const APPROVE: i16 = 10;
}

/// A text that was replaced, or taken away.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = message_versions, check_for_backend(diesel::pg::Pg))]
pub struct VersionRow {
    pub message_id: Uuid,
    pub version: i32,
    pub body: String,
    pub replaced_by: Uuid,
    pub replaced_at: Timestamp,
}

/// A reaction.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = message_reactions, check_for_backend(diesel::pg::Pg))]
pub struct ReactionRow {
    pub message_id: Uuid,
    pub user_id: Uuid,
    pub emoji: String,
    pub created_at: Timestamp,
}

/// How somebody stands in a room by what moderators did.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = room_members, check_for_backend(diesel::pg::Pg))]
pub struct StandingRow {
    pub room_id: Uuid,
    pub user_id: Uuid,
    pub muted_until: Option<Timestamp>,
    pub muted_reason: Option<String>,
    pub banned_at: Option<Timestamp>,
    pub ban_reason: Option<String>,
}

/// How far a member has come.
#[derive(Debug, Clone, PartialEq, Eq, Insertable)]
#[diesel(table_name = room_members, check_for_backend(diesel::pg::Pg))]
pub struct MarkRow {
    pub room_id: Uuid,
    pub user_id: Uuid,
    pub read_seq: i64,
    pub delivered_seq: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
