//! Rows of the context.

use diesel::prelude::*;
use kernel::Timestamp;
use uuid::Uuid;

use super::schema::{messages, room_log, room_members, rooms};
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
}

/// An entry of a room's log.
#[derive(Debug, Clone, PartialEq, Eq, Insertable)]
#[diesel(table_name = room_log, check_for_backend(diesel::pg::Pg))]
pub struct LogRow {
    pub room_id: Uuid,
    pub seq: i64,
    pub kind: i16,
    pub msg_id: Option<Uuid>,
    pub created_at: Timestamp,
}

/// The kind of entry that is a new message.
pub const KIND_MSG: i16 = 1;

/// How far a member has come.
#[derive(Debug, Clone, PartialEq, Eq, Insertable)]
#[diesel(table_name = room_members, check_for_backend(diesel::pg::Pg))]
pub struct MemberRow {
    pub room_id: Uuid,
    pub user_id: Uuid,
    pub read_seq: i64,
    pub delivered_seq: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
