//! JSON of the room list, threads and announcements.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::model::RoomKind;
use super::views::AtView;

/// A course by name.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CourseRef {
    /// The course.
    pub id: Uuid,
    /// Its title.
    pub title: String,
}

/// A person by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UserRef {
    /// The person.
    pub id: Uuid,
    /// Their name.
    pub name: String,
}

/// What a member wants to be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Notify {
    /// Every message.
    All,
    /// Only where they are named.
    Mentions,
    /// Nothing.
    None,
}

impl Notify {
    /// The word in the database and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Mentions => "mentions",
            Self::None => "none",
        }
    }

    /// By its word.
    pub fn of(word: &str) -> Self {
        match word {
            "mentions" => Self::Mentions,
            "none" => Self::None,
            _ => Self::All,
        }
    }
}

/// Where a room stands on the curators' desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeskState {
    /// Somebody waits for an answer.
    Waiting,
    /// Answered; the talk may go on.
    Answered,
    /// Called done.
    Resolved,
}

/// The last message of a room.
#[derive(Debug, Serialize, ToSchema)]
pub struct LastMessage {
    /// Who wrote it.
    pub author_name: String,
    /// Its beginning, plain text.
    pub text: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether the reader wrote it.
    pub own: bool,
}

/// What keeps a reader from writing in a room.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoomMute {
    /// Until when; null = until it is lifted.
    #[schema(required)]
    pub until: Option<DateTime<Utc>>,
    /// Why.
    #[schema(required)]
    pub reason: Option<String>,
}

/// A room as the list shows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoomLine {
    /// The room; on the socket it is the topic `room:<id>`.
    pub id: Uuid,
    /// What it is for.
    pub kind: RoomKind,
    /// The lesson's, the task's, the thread's title, or the other person's name. Empty for rooms that
    /// the client words by their kind.
    pub title: String,
    /// Its course.
    #[schema(required)]
    pub course: Option<CourseRef>,
    /// Its lesson.
    #[schema(required)]
    pub lesson_id: Option<Uuid>,
    /// Its task.
    #[schema(required)]
    pub task_id: Option<Uuid>,
    /// The student of a task's, a pair's, a support room; who opened a thread.
    #[schema(required)]
    pub owner: Option<UserRef>,
    /// What the reader is here: `student`, `author` or `moderator`.
    pub role: String,
    /// Whether the reader may write.
    pub can_write: bool,
    /// Whether the reader keeps order here.
    pub moderates: bool,
    /// What a moderator has laid upon the reader.
    #[schema(required)]
    pub muted: Option<RoomMute>,
    /// Whether only those who keep order write.
    pub locked: bool,
    /// Whether the reader pinned it.
    pub pinned: bool,
    /// What the reader wants to be told of.
    pub notify: Notify,
    /// Messages by others not read yet, 0 to 100; 100 stands for more.
    pub unread: i64,
    /// How far the reader has read.
    pub read_seq: i64,
    /// The number of its last entry.
    pub head: i64,
    /// When its last entry came.
    pub active_at: DateTime<Utc>,
    /// The last message.
    #[schema(required)]
    pub last: Option<LastMessage>,
    /// Where it stands on the curators' desk, if its questions wait there.
    #[schema(required)]
    pub desk: Option<DeskState>,
}

/// Which rooms.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RoomsQuery {
    /// Of this kind.
    pub kind: Option<RoomKind>,
    /// With these words in title, course, owner or the last message.
    pub q: Option<String>,
    /// With something unread.
    pub unread: Option<bool>,
    /// Rooms a page, 1 to 100; 30 when absent.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// What waits to be read.
#[derive(Debug, Serialize, ToSchema)]
pub struct Unread {
    /// Messages by others, up to 100 a room, in rooms that are not silenced.
    pub total: i64,
    /// Those that name the reader.
    pub mentions: i64,
}

/// A member's own settings of a room.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoomChanges {
    /// Kept on top of the list.
    pub pinned: Option<bool>,
    /// What to be told of.
    pub notify: Option<Notify>,
}

/// A room by its id.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoomRef {
    /// The room; on the socket it is the topic `room:<room_id>`.
    pub room_id: Uuid,
}

/// With whom the caller wants to talk about a course.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPair {
    /// The student; named by the author. A student talks to the author and names nobody.
    pub student_id: Option<Uuid>,
}

/// The chat under a task.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskRoom {
    /// The room, once it is open.
    #[schema(required)]
    pub room_id: Option<Uuid>,
    /// Whether it is open.
    pub open: bool,
    /// How many more wrong answers open it.
    pub need_wrong: i32,
    /// Seconds within which an answer usually comes; null when nobody knows.
    #[schema(required)]
    pub expected_s: Option<i64>,
}

/// Whose chat under a task.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct StudentQuery {
    /// The student; all of them when absent.
    pub student: Option<Uuid>,
    /// Rooms a page, 1 to 100; 20 when absent.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A student's chat under a task.
#[derive(Debug, Serialize, ToSchema)]
pub struct StudentRoom {
    /// The room.
    pub room_id: Uuid,
    /// Whose it is.
    pub student: UserRef,
    /// When its last entry came.
    pub active_at: DateTime<Utc>,
}

/// A question or a thread of a forum.
#[derive(Debug, Serialize, ToSchema)]
pub struct Thread {
    /// Its room.
    pub room_id: Uuid,
    /// What it is about.
    pub title: String,
    /// Who opened it.
    pub opener: UserRef,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When its last entry came.
    pub active_at: DateTime<Utc>,
    /// Messages beside the first, up to 1000.
    pub replies: i64,
    /// Whether an answer was accepted.
    pub answered: bool,
    /// Messages by others that the reader has not read, 0 to 100; all of them if they never came in.
    pub unread: i64,
    /// Whether it is closed to new answers.
    pub locked: bool,
    /// The moment of the lesson that it is about.
    #[schema(required)]
    pub at: Option<AtView>,
}

/// Which threads.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ThreadsQuery {
    /// With these words in the title or in what was said.
    pub q: Option<String>,
    /// `open` (no accepted answer) or `answered`.
    #[param(inline)]
    pub state: Option<ThreadState>,
    /// Threads a page, 1 to 100; 20 when absent.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Whether a thread has its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ThreadState {
    /// No answer was accepted yet.
    Open,
    /// One was.
    Answered,
}

/// A new thread.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewThread {
    /// What it is about, 3 to 200 characters.
    pub title: String,
    /// The first message, 1 to 4000 characters of plain text.
    pub body: String,
    /// The moment of the lesson; only for a lesson's questions.
    pub at: Option<AtView>,
    /// Chosen by the client; the same one again opens nothing twice.
    pub client_id: String,
}

/// An announcement.
#[derive(Debug, Serialize, ToSchema)]
pub struct Announcement {
    /// Its id (of a message).
    pub id: Uuid,
    /// Its room; reading it is marking `seq` there.
    pub room_id: Uuid,
    /// Its number in the room.
    pub seq: i64,
    /// The course; null: to the whole school.
    #[schema(required)]
    pub course: Option<CourseRef>,
    /// Who says so.
    pub author_name: String,
    /// What, plain text.
    pub body: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether the reader has read it.
    pub read: bool,
}

/// A new announcement.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAnnouncement {
    /// To the students of a course; null: to the whole school.
    pub course_id: Option<Uuid>,
    /// 1 to 4000 characters of plain text.
    pub body: String,
    /// Chosen by the client; the same one again says nothing twice.
    pub client_id: String,
}

/// Whose name is looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PeopleQuery {
    /// A part of the name.
    pub q: Option<String>,
    /// People at most, 1 to 100; 20 when absent.
    pub limit: Option<u32>,
}

/// Somebody who may be named in a room.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoomPerson {
    /// The person.
    pub id: Uuid,
    /// Their name.
    pub name: String,
    /// What they are there: `student`, `author` or `moderator`.
    pub role: String,
}

/// Those who were found.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoomPeople {
    /// By name.
    pub items: Vec<RoomPerson>,
}
