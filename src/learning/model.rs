//! Rows of the context.

use diesel::prelude::*;
use kernel::Timestamp;
use uuid::Uuid;

use serde_json::Value;

use super::schema::{attempts, enrollments, lesson_notes, lesson_progress, regrades, task_states};
use crate::platform::text_enum;

text_enum! {
    /// How far a passage through a course has come (ENR-02).
    pub enum PassageState {
        /// Enrolled, nothing opened yet.
        Enrolled = "enrolled",
        /// Something was opened.
        InProgress = "in_progress",
        /// Every lesson is done.
        Completed = "completed",
        /// A certificate was issued.
        Certified = "certified",
    }
}

/// One person's passage through one course (LRN-07).
#[derive(Debug, Clone, Queryable, Selectable, Identifiable, Insertable)]
#[diesel(table_name = enrollments, check_for_backend(diesel::pg::Pg))]
pub struct EnrollmentRow {
    pub id: Uuid,
    pub user_id: Uuid,
    pub course_id: Uuid,
    pub state: PassageState,
    pub lessons_done: i32,
    pub lessons_total: i32,
    pub units_done: i32,
    pub units_total: i32,
    pub last_lesson_id: Option<Uuid>,
    pub active_ms: i64,
    pub last_active_at: Timestamp,
    pub completed_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl EnrollmentRow {
    /// Whether it gives access at `now`.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.expires_at.is_none_or(|expires| now < expires)
    }
}

/// What the list of lessons needs of one: not the pieces watched, which may be many.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = lesson_progress, check_for_backend(diesel::pg::Pg))]
pub struct PlaceRow {
    pub lesson_id: Uuid,
    pub course_id: Uuid,
    pub position_ms: i32,
    pub active_ms: i64,
    pub completed_at: Option<Timestamp>,
}

/// What one person has done in one lesson.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = lesson_progress, check_for_backend(diesel::pg::Pg))]
pub struct ProgressRow {
    pub user_id: Uuid,
    pub lesson_id: Uuid,
    pub course_id: Uuid,
    pub watched: Vec<i32>,
    pub position_ms: i32,
    pub active_ms: i64,
    pub opened_at: Timestamp,
    pub reported_at: Timestamp,
    pub completed_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

text_enum! {
    /// What became of an answer.
    pub enum Verdict {
        /// Fully right.
        Right = "right",
        /// Not right.
        Wrong = "wrong",
        /// Right in part; counts as not right.
        Partial = "partial",
        /// A person grades it.
        Pending = "pending",
    }
}

/// One answer of one person to one task (LRN-16).
#[derive(Debug, Clone, Queryable, Selectable, Insertable, Identifiable)]
#[diesel(table_name = attempts, check_for_backend(diesel::pg::Pg))]
pub struct AttemptRow {
    pub id: Uuid,
    pub user_id: Uuid,
    pub task_id: Uuid,
    pub course_id: Uuid,
    pub version: i32,
    pub no: i32,
    pub client_key: Uuid,
    pub answer: Value,
    pub normal: String,
    pub verdict: Verdict,
    pub score_num: i32,
    pub score_den: i32,
    pub parts: Option<Value>,
    pub feedback: Option<String>,
    pub opened_chat: bool,
    pub files: Option<Value>,
    pub spent_ms: i32,
    pub comment: Option<String>,
    pub graded_by: Option<Uuid>,
    pub graded_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// What was said of an answer before it was judged anew, and what after.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = regrades, check_for_backend(diesel::pg::Pg))]
pub struct RegradeRow {
    pub id: Uuid,
    pub attempt_id: Uuid,
    /// The version whose key judged it.
    pub version: i32,
    pub old_verdict: Verdict,
    pub old_num: i32,
    pub old_den: i32,
    pub new_verdict: Verdict,
    pub new_num: i32,
    pub new_den: i32,
    pub regraded_by: Uuid,
    pub created_at: Timestamp,
}

/// Where one person stands with one task.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = task_states, primary_key(user_id, task_id), treat_none_as_null = true)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct TaskStateRow {
    pub user_id: Uuid,
    pub task_id: Uuid,
    pub course_id: Uuid,
    pub tries: i32,
    pub wrong: i32,
    pub first_right_at: Option<Timestamp>,
    pub best_num: i32,
    pub best_den: i32,
    pub last_attempt_id: Option<Uuid>,
    pub last_verdict: Option<Verdict>,
    pub chat_open_at: Option<Timestamp>,
    pub solution_seen_at: Option<Timestamp>,
    pub almost_at: Option<Timestamp>,
    pub almost_key: Option<Uuid>,
    pub shown_version: Option<i32>,
    pub shown_at: Option<Timestamp>,
    pub draft: Option<Value>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A learner's note beside a lesson.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = lesson_notes, check_for_backend(diesel::pg::Pg))]
pub struct NoteRow {
    pub id: Uuid,
    pub user_id: Uuid,
    pub lesson_id: Uuid,
    pub course_id: Uuid,
    pub at_ms: Option<i32>,
    pub text: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
