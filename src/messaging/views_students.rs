//! JSON of the list of a course's students.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::views_rooms::CourseRef;
use crate::learning::StudentState;

/// Which students of a course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StudentsState {
    /// Enrolled, nothing done yet.
    NotStarted,
    /// On their way.
    Learning,
    /// Everything was done at some time.
    Completed,
    /// Access has ended.
    Ended,
    /// A question of theirs waits for an answer, however they stand.
    Asking,
}

impl StudentsState {
    /// How they stand in the course; none where that does not matter.
    pub fn standing(self) -> Option<StudentState> {
        match self {
            Self::NotStarted => Some(StudentState::NotStarted),
            Self::Learning => Some(StudentState::Learning),
            Self::Completed => Some(StudentState::Completed),
            Self::Ended => Some(StudentState::Ended),
            Self::Asking => None,
        }
    }
}

/// What of the list is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct StudentsQuery {
    /// With these words in the name.
    pub q: Option<String>,
    /// All of them when absent.
    #[param(inline)]
    pub state: Option<StudentsState>,
    /// Students a page, 1 to 100; 30 when absent. A search may give more.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// The students of a course.
#[derive(Debug, Serialize, ToSchema)]
pub struct CourseStudents {
    /// The course.
    pub course: CourseRef,
    /// Whether the caller teaches it.
    pub is_author: bool,
    /// Those who enrolled last first. With `q` a page may be empty and another one follow.
    pub items: Vec<CourseStudent>,
    /// Where the next page begins; null on the last one.
    #[schema(required)]
    pub next_cursor: Option<String>,
    /// How many there are, whatever was asked for.
    pub counts: StudentCounts,
}

/// How many students there are.
#[derive(Debug, Serialize, ToSchema)]
pub struct StudentCounts {
    /// In all.
    pub all: i64,
    /// Enrolled, nothing done yet.
    pub not_started: i64,
    /// On their way.
    pub learning: i64,
    /// Everything was done at some time.
    pub completed: i64,
    /// Access has ended.
    pub ended: i64,
    /// A question of theirs waits for an answer.
    pub asking: i64,
}

/// A student of a course.
#[derive(Debug, Serialize, ToSchema)]
pub struct CourseStudent {
    /// The person.
    pub id: Uuid,
    /// Their name.
    pub name: String,
    /// How they stand in the course.
    pub state: StudentState,
    /// Per cent of the course, to one decimal, rounded down.
    pub percent: f64,
    /// Units done: required tasks answered right, lessons without any completed.
    pub done: i32,
    /// Units in all.
    pub total: i32,
    /// When they enrolled.
    pub enrolled_at: DateTime<Utc>,
    /// When they were in the course last; null before they did anything.
    #[schema(required)]
    pub last_active_at: Option<DateTime<Utc>>,
    /// When everything was done.
    #[schema(required)]
    pub completed_at: Option<DateTime<Utc>>,
    /// Questions of theirs that wait for an answer.
    pub questions: i64,
    /// Tasks that they have answered wrong and not right so far.
    pub stuck: i64,
    /// Their talk with the author; null where there is none yet, and for everybody but the author.
    #[schema(required)]
    pub room_id: Option<Uuid>,
    /// Whether the caller may write to them: the author, to those who may read it.
    pub may_write: bool,
}
