//! JSON of the curators' desk.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::model::RoomKind;
use super::views_rooms::{CourseRef, UserRef};

/// Which part of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueueState {
    /// Waiting for an answer, the longest first.
    #[default]
    Waiting,
    /// Taken by the caller and not done.
    Mine,
    /// Done, the latest first.
    Closed,
}

/// What of the queue is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DeskQuery {
    /// `waiting` when absent.
    #[param(inline)]
    pub state: Option<QueueState>,
    /// Of this course.
    pub course: Option<Uuid>,
    /// Under this task.
    pub task: Option<Uuid>,
    /// `task`, `question` or `support`.
    pub kind: Option<RoomKind>,
    /// With these words in student, course, task or question.
    pub q: Option<String>,
    /// Lines a page, 1 to 100; 30 when absent.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// The desk.
#[derive(Debug, Serialize, ToSchema)]
pub struct Desk {
    /// The lines.
    pub items: Vec<DeskLine>,
    /// Where the next page begins; null on the last one.
    #[schema(required)]
    pub next_cursor: Option<String>,
    /// How many there are of each.
    pub counts: DeskCounts,
    /// How long the first answer took in the last seven days.
    pub answer_s: AnswerTimes,
    /// The kinds of questions that can come to the caller at all.
    pub kinds: Vec<RoomKind>,
}

/// How many questions there are.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeskCounts {
    /// Waiting for an answer.
    pub waiting: i64,
    /// Taken by the caller and not done.
    pub mine: i64,
}

/// Seconds from a question to its first answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnswerTimes {
    /// The middle one.
    #[schema(required)]
    pub median: Option<i64>,
    /// Nine of ten stay under it.
    #[schema(required)]
    pub p90: Option<i64>,
    /// How many were measured.
    pub n: i64,
}

/// A task or a lesson by name.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PlaceRef {
    /// Its id.
    pub id: Uuid,
    /// Its title.
    pub title: String,
}

/// A student as the desk shows them.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeskStudent {
    /// The person.
    pub id: Uuid,
    /// Their name.
    pub name: String,
    /// The language in which they want to be spoken to.
    pub locale: String,
}

/// A line of the queue.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeskLine {
    /// The room in which it is asked.
    pub room_id: Uuid,
    /// `task`, `question` or `support`.
    pub kind: RoomKind,
    /// Its course; none for support.
    #[schema(required)]
    pub course: Option<CourseRef>,
    /// Its task.
    #[schema(required)]
    pub task: Option<PlaceRef>,
    /// Its lesson.
    #[schema(required)]
    pub lesson: Option<PlaceRef>,
    /// The thread's title, for a question on a lesson.
    #[schema(required)]
    pub title: Option<String>,
    /// Who asks.
    pub student: DeskStudent,
    /// Their last words, at most 300 characters on one line.
    pub text: String,
    /// Seconds since they wait; null: nobody waits.
    #[schema(required)]
    pub waiting_s: Option<i64>,
    /// Since when.
    #[schema(required)]
    pub waiting_since: Option<DateTime<Utc>>,
    /// Wrong answers to the task so far; 0 where there is none.
    pub wrong: i32,
    /// Who holds it now.
    #[schema(required)]
    pub claimed_by: Option<UserRef>,
    /// Until when, unless it is renewed.
    #[schema(required)]
    pub claimed_until: Option<DateTime<Utc>>,
    /// When it was called done.
    #[schema(required)]
    pub resolved_at: Option<DateTime<Utc>>,
}

/// A question with what helps to answer it.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeskPanel {
    /// The line of the queue.
    #[serde(flatten)]
    pub line: DeskLine,
    /// The version of the task that is shown now.
    #[schema(required)]
    pub version: Option<i32>,
    /// What the task asks: a document.
    #[schema(required, value_type = Option<Object>)]
    pub statement: Option<Value>,
    /// Its worked solution: a document.
    #[schema(required, value_type = Option<Object>)]
    pub solution: Option<Value>,
    /// The student's answers to the task, the first one first.
    pub attempts: Vec<DeskAttempt>,
    /// How far the student has come in the course.
    #[schema(required)]
    pub progress: Option<DeskProgress>,
    /// What they asked before, elsewhere.
    pub past: PastQuestions,
    /// What curators told each other about them.
    #[schema(required)]
    pub note: Option<DeskNote>,
}

/// An answer to a task as the desk shows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeskAttempt {
    /// The n-th of this student at this task.
    pub no: i32,
    /// The version of the task that it answered.
    pub version: i32,
    /// What became of it: `right`, `partial`, `wrong`, `pending`.
    pub verdict: String,
    /// The answer in words.
    pub answer: String,
    /// When it was handed in.
    pub at: DateTime<Utc>,
}

/// How far a student has come.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeskProgress {
    /// Per cent, one decimal, rounded down.
    pub percent: f64,
    /// Lessons done and required tasks answered right.
    pub done: i32,
    /// Lessons and required tasks in all.
    pub total: i32,
}

/// Questions of a student beside this one.
#[derive(Debug, Serialize, ToSchema)]
pub struct PastQuestions {
    /// How many.
    pub n: i64,
    /// How many of them were called done.
    pub resolved: i64,
}

/// What curators told each other about a student.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeskNote {
    /// The text.
    pub text: String,
    /// The name of who wrote it last.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// To whom a question is handed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PassTo {
    /// Somebody who may answer there.
    pub to: Uuid,
}

/// Who may take a question.
#[derive(Debug, Serialize, ToSchema)]
pub struct Colleagues {
    /// Those who may answer there, those who are connected first.
    pub items: Vec<Colleague>,
}

/// Somebody who may take a question.
#[derive(Debug, Serialize, ToSchema)]
pub struct Colleague {
    /// The person.
    pub id: Uuid,
    /// Their name.
    pub name: String,
    /// Whether they are connected to this node or have a question in hand.
    pub on_duty: bool,
}

/// A note about a student.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNote {
    /// In this course; null: beside any course (support).
    pub course_id: Option<Uuid>,
    /// About whom.
    pub student_id: Uuid,
    /// At most 2000 characters; nothing takes the note away.
    pub text: String,
}

/// Templates that fit a course.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TemplatesQuery {
    /// Those of this course and those of none; all when absent.
    pub course: Option<Uuid>,
}

/// A template of an answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Template {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub title: String,
    /// The text that is put into the answer.
    pub body: String,
    /// For this course alone.
    #[schema(required)]
    pub course_id: Option<Uuid>,
    /// Whether the whole staff has it; else it is the caller's own.
    pub shared: bool,
}

/// All of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct Templates {
    /// By name.
    pub items: Vec<Template>,
}

/// A new template.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTemplate {
    /// Its name, 1 to 80 characters.
    pub title: String,
    /// The text, 1 to 4000 characters.
    pub body: String,
    /// For this course alone.
    pub course_id: Option<Uuid>,
    /// For the whole staff; the caller's own when absent.
    pub shared: Option<bool>,
}

/// A change of a template.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateChange {
    /// Its name.
    pub title: Option<String>,
    /// The text.
    pub body: Option<String>,
    /// For the whole staff.
    pub shared: Option<bool>,
}
