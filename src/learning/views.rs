//! JSON in and out.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::attempts::TaskRow;
use super::model::{EnrollmentRow, NoteRow, PassageState};
use crate::courses::{CourseCard, Doc, LessonFile, LessonKind};
use crate::platform::text_enum;
use crate::video::Playback;
use crate::video::intervals::WATCHED_PERCENT;

text_enum! {
    /// How far a lesson has come for one person (LRN-02).
    pub enum Mark {
        /// Never opened.
        Todo = "todo",
        /// Opened, not completed.
        InProgress = "in_progress",
        /// Completed.
        Done = "done",
        /// Cannot be taken now; `reason` says why.
        Locked = "locked",
    }
}

text_enum! {
    /// Why a lesson is locked.
    pub enum LockReason {
        /// Its video is still being prepared.
        NotReady = "not_ready",
        /// Its topic has not opened yet.
        TopicClosed = "topic_closed",
    }
}

text_enum! {
    /// What completes a lesson.
    pub enum CompletionKind {
        /// Watching so many per cent of the video.
        Watch = "watch",
        /// Reading it, and saying so.
        Read = "read",
    }
}

/// A passage through a course.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Enrollment {
    /// Its id.
    pub id: Uuid,
    /// Which course.
    pub course_id: Uuid,
    /// How far it has come (ENR-02).
    pub state: PassageState,
    /// Since when.
    pub enrolled_at: DateTime<Utc>,
    /// Until when; null is for ever.
    #[schema(required)]
    pub expires_at: Option<DateTime<Utc>>,
}

impl From<&EnrollmentRow> for Enrollment {
    fn from(row: &EnrollmentRow) -> Self {
        Self {
            id: row.id,
            course_id: row.course_id,
            state: row.state,
            enrolled_at: row.created_at,
            expires_at: row.expires_at,
        }
    }
}

/// A course in “my learning”.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LearningRow {
    /// The course.
    pub course: CourseCard,
    /// The passage through it.
    pub enrollment: Enrollment,
    /// Lessons completed.
    pub lessons_done: i32,
    /// Lessons in all.
    pub lessons: i32,
    /// Required tasks answered right.
    pub tasks_right: i32,
    /// Required tasks in all.
    pub tasks: i32,
    /// Per cent of the course, one decimal, rounded down (LRN-05).
    pub percent: f64,
    /// Where to go on; null when there is no lesson to take.
    #[serde(rename = "continue")]
    #[schema(required)]
    pub go_on: Option<ContinueAt>,
}

/// The lesson to go on with.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ContinueAt {
    /// The lesson.
    pub lesson_id: Uuid,
    /// Its title.
    pub title: String,
    /// Where in its video, seconds.
    pub position_s: f64,
    /// How long it is, seconds.
    pub duration_s: i64,
}

/// The programme of a course with one's own marks.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LearnCourse {
    /// The course.
    pub course: CourseCard,
    /// Per cent of the course, one decimal, rounded down (LRN-05).
    pub percent: f64,
    /// Lessons completed.
    pub lessons_done: i32,
    /// Lessons in all.
    pub lessons: i32,
    /// Required tasks answered right.
    pub tasks_right: i32,
    /// Required tasks in all.
    pub tasks: i32,
    /// The lesson to go on with; null when there is none to take.
    #[schema(required)]
    pub continue_lesson_id: Option<Uuid>,
    /// Time spent in the course, seconds (LRN-04).
    pub active_s: i64,
    /// The modules, in order.
    pub modules: Vec<LearnModule>,
}

/// A module of the programme.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LearnModule {
    /// Its id.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// When it opens; null: it is open (LRN-18).
    #[schema(required)]
    pub opens_at: Option<DateTime<Utc>>,
    /// Whether it is open.
    pub is_open: bool,
    /// Its lessons, in order.
    pub lessons: Vec<LearnLesson>,
    /// How many tasks it has.
    pub tasks: i32,
    /// How many of them are answered right.
    pub tasks_right: i32,
}

/// A lesson of the programme.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LearnLesson {
    /// Its id.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// Video or text.
    pub kind: LessonKind,
    /// Seconds; of a text the time that reading takes.
    pub duration_s: i64,
    /// How far it has come.
    pub mark: Mark,
    /// Per cent of it, whole, rounded down.
    pub percent: u8,
    /// Why it is locked.
    #[schema(required)]
    pub reason: Option<LockReason>,
}

/// A lesson to take.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LessonPage {
    /// Its id.
    pub id: Uuid,
    /// Its course.
    pub course_id: Uuid,
    /// Its module.
    pub module_id: Uuid,
    /// Its title.
    pub title: String,
    /// Video or text.
    pub kind: LessonKind,
    /// The text, or the text under the video.
    #[schema(required)]
    pub body: Option<Doc>,
    /// Homework, plain text.
    #[schema(required)]
    pub homework: Option<String>,
    /// Files to download.
    pub files: Vec<LessonFile>,
    /// Its tasks (LRN-08); nobody but who learns in the course has them.
    pub tasks: Vec<TaskRow>,
    /// Its video.
    #[schema(required)]
    pub video: Option<LessonVideo>,
    /// Where to go on, seconds (LRN-03).
    pub position_s: f64,
    /// Per cent of it, whole, rounded down.
    pub percent: u8,
    /// How far it has come.
    pub mark: Mark,
    /// Time spent on it, seconds (LRN-04).
    pub active_s: i64,
    /// What completes it.
    pub completes: Completes,
    /// The lesson before.
    #[schema(required)]
    pub previous_id: Option<Uuid>,
    /// The lesson after.
    #[schema(required)]
    pub next_id: Option<Uuid>,
}

/// The video of a lesson.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LessonVideo {
    /// Its id.
    pub id: Uuid,
    /// Seconds.
    pub duration_s: i64,
    /// A still picture to show before it plays; the address works for an hour.
    #[schema(required)]
    pub poster_url: Option<String>,
    /// The captions that it has; their text can be read before it plays.
    pub captions: Vec<LessonCaptions>,
}

/// Captions of a lesson's video in one language.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LessonCaptions {
    /// The language (BCP 47).
    pub language: String,
    /// What people choose them by.
    pub label: String,
}

/// What completes a lesson.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Completes {
    /// Watching or reading.
    pub kind: CompletionKind,
    /// How many per cent must be watched; absent for reading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<i64>,
}

impl Completes {
    /// The rule for lessons of this kind.
    pub fn of(kind: LessonKind) -> Self {
        match kind {
            LessonKind::Video => {
                Self { kind: CompletionKind::Watch, percent: Some(WATCHED_PERCENT) }
            }
            LessonKind::Text => Self { kind: CompletionKind::Read, percent: None },
        }
    }
}

/// A playback, and where to go on in it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PlaybackAt {
    /// The playback.
    #[serde(flatten)]
    pub playback: Playback,
    /// Where to go on, seconds (LRN-03).
    pub position_s: f64,
}

/// What a player reports: every 10 seconds, on pause, on seeking, on leaving.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProgressReport {
    /// Where the player stands, seconds.
    pub position_s: f64,
    /// What was really played since the last report: `[from, to]` in seconds, at most 200.
    pub watched: Vec<(f64, f64)>,
}

/// What a report led to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Progress {
    /// Per cent of the lesson, whole, rounded down.
    pub percent: u8,
    /// How far the lesson has come.
    pub mark: Mark,
    /// Whether it is completed.
    pub lesson_done: bool,
    /// Per cent of the course, one decimal, rounded down.
    pub course_percent: f64,
}

/// A link to download a file.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FileLink {
    /// Where it is, signed.
    pub url: String,
    /// How long the link holds, seconds.
    pub expires_in: i64,
    /// To be shown in the page: the author does not offer it for download.
    pub inline: bool,
}

/// A learner's note beside a lesson; nobody else reads it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Note {
    /// Its id.
    pub id: Uuid,
    /// The lesson.
    pub lesson_id: Uuid,
    /// Where in the film, seconds; null when it is about the whole lesson.
    #[schema(required)]
    pub at_s: Option<f64>,
    /// What it says.
    pub text: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<NoteRow> for Note {
    fn from(row: NoteRow) -> Self {
        Self {
            id: row.id,
            lesson_id: row.lesson_id,
            at_s: row.at_ms.map(|ms| f64::from(ms) / 1000.0),
            text: row.text,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// The notes of a lesson.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NoteList {
    /// By place in the film; those about the whole lesson come first.
    pub items: Vec<Note>,
}

/// A note in the list of a course.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CourseNote {
    /// The note.
    #[serde(flatten)]
    pub note: Note,
    /// The lesson's title; null when it is not in the programme any more.
    #[schema(required)]
    pub lesson_title: Option<String>,
}

/// A note to write.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNote {
    /// Where in the film, seconds; absent when it is about the whole lesson.
    pub at_s: Option<f64>,
    /// What it says, 1 to 10 000 characters.
    pub text: String,
}

/// What is to be changed in a note; what is absent stays.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteChange {
    /// Where in the film, seconds; null takes the place off.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<f64>)]
    pub at_s: Option<Option<f64>>,
    /// What it says, 1 to 10 000 characters.
    pub text: Option<String>,
}

/// Tells null from absent.
fn given<'de, D: Deserializer<'de>>(json: D) -> Result<Option<Option<f64>>, D::Error> {
    Option::deserialize(json).map(Some)
}
