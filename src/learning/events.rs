//! Facts that the context publishes.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::platform::events::Event;

/// Somebody joined a course.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EnrollmentCreated {
    /// The enrollment.
    pub enrollment_id: Uuid,
    /// Who.
    pub user_id: Uuid,
    /// Which course.
    pub course_id: Uuid,
}

impl Event for EnrollmentCreated {
    const KIND: &'static str = "learning.enrollment_created";
}

/// Access to a course ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EnrollmentEnded {
    /// The enrollment.
    pub enrollment_id: Uuid,
    /// Who.
    pub user_id: Uuid,
    /// Which course.
    pub course_id: Uuid,
}

impl Event for EnrollmentEnded {
    const KIND: &'static str = "learning.enrollment_ended";
}

/// A lesson was completed for the first time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LessonCompleted {
    /// Who.
    pub user_id: Uuid,
    /// Which course.
    pub course_id: Uuid,
    /// Which lesson.
    pub lesson_id: Uuid,
}

impl Event for LessonCompleted {
    const KIND: &'static str = "learning.lesson_completed";
}

/// Everything that counts in a course was done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CourseCompleted {
    /// The enrollment.
    pub enrollment_id: Uuid,
    /// Who.
    pub user_id: Uuid,
    /// Which course.
    pub course_id: Uuid,
}

impl Event for CourseCompleted {
    const KIND: &'static str = "learning.course_completed";
}

/// The chat under a task opened to a student: they have answered wrong often enough (MSG-08).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TaskChatOpened {
    /// Who.
    pub user_id: Uuid,
    /// Which task.
    pub task_id: Uuid,
    /// Of which course.
    pub course_id: Uuid,
}

impl Event for TaskChatOpened {
    const KIND: &'static str = "learning.task_chat_opened";
}
