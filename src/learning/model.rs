//! Rows of the context.

use diesel::prelude::*;
use kernel::Timestamp;
use uuid::Uuid;

use super::schema::{enrollments, lesson_notes, lesson_progress};
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
