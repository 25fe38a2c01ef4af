//! Learning: who is enrolled in what, who may take a lesson, how far each has come.
//!
//! Tables: `enrollments` (one a person and course), `lesson_progress` (one a person and lesson),
//! `lesson_notes` (a person's own), `attempts` (append only, but for grades), `task_states` (one a person
//! and task).
//! Invariants: each moment of a video counts once, and no report claims more than time went by;
//! completion is never taken away; whatever shows a lesson's content holds a [`CanReadLesson`].

mod access;
mod attempts;
mod counts;
mod enroll;
mod events;
mod model;
mod notes;
mod outline;
mod passage;
mod play;
mod progress;
mod read;
mod recount;
mod routes;
mod schema;
mod store;
mod students;
mod units;
mod views;

use std::time::Duration;

use futures::FutureExt as _;
use utoipa::OpenApi;

use crate::courses::{CoursePublished, CourseUpdated, ProgrammeChanged};
use crate::platform::BootError;
use crate::platform::config::Config;
use crate::platform::events::Subscribers;
use crate::platform::jobs::{Handlers, Schedule};

pub use access::{
    CanReadLesson, Ground, courses_of, enrolled_among, has_enrolled, is_enrolled, may_learn,
};
pub use attempts::{
    CourseProgress, TaskAttempt, TaskChat, attempts_of, chats_shut, keep_chat_open, progress_of,
    task_chat_state,
};
pub use counts::wrong_counts;
pub use events::{
    CourseCompleted, EnrollmentCreated, EnrollmentEnded, LessonCompleted, TaskChatOpened,
};
pub use routes::routes;
pub use students::{
    Keys as StudentKeys, Student, StudentFilter, StudentState, count_among as count_among_students,
    stuck_tasks, student_counts, students,
};

/// What the context keeps while the process lives: nothing, its truth is in its tables.
#[derive(Debug)]
pub struct Services {}

impl Services {
    /// Made once at the start.
    pub fn new(_config: &Config) -> Result<Self, BootError> {
        Ok(Self {})
    }
}

/// Its part of the OpenAPI document.
#[derive(OpenApi)]
#[openapi(paths(
    routes::enroll_course,
    routes::play_trailer,
    routes::my_enrollment,
    routes::my_learning,
    routes::learn_course,
    routes::learn_lesson,
    routes::lesson_captions,
    routes::report_progress,
    routes::lesson_done,
    routes::file_link,
    routes::play_lesson,
    routes::lesson_notes,
    routes::write_note,
    routes::change_note,
    routes::delete_note,
    routes::course_notes,
    routes::export_notes,
    attempts::routes::topic,
    attempts::routes::task,
    attempts::routes::submit_attempt,
    attempts::routes::solution,
    attempts::routes::put_draft,
    attempts::routes::grading,
    attempts::routes::grade_attempt,
    attempts::routes::regrade_task,
))]
pub struct Docs;

/// What it hears.
pub fn subscribe(s: &mut Subscribers) {
    s.subscribe::<CourseUpdated, _, _>("learning.course_updated", |app, fact, _| async move {
        play::close_previews(&app, fact.course_id).await?;
        play::close_topics(&app, fact.course_id).await
    });
    s.subscribe::<ProgrammeChanged, _, _>(
        "learning.programme_changed",
        |app, fact, _| async move { recount::queue(&app, fact.course_id).await },
    );
    s.subscribe::<CoursePublished, _, _>("learning.course_published", |app, fact, _| async move {
        recount::queue(&app, fact.course_id).await
    });
    s.subscribe::<EnrollmentEnded, _, _>("learning.stop_playback", |app, fact, _| async move {
        play::stop(&app, fact).await
    });
}

/// Its kinds of jobs.
pub fn jobs(handlers: &mut Handlers) {
    handlers.job::<recount::Recount>();
    handlers.job::<attempts::Regrade>();
}

/// What it does again and again.
pub fn schedules() -> Vec<Schedule> {
    vec![Schedule {
        name: "learning.end_expired",
        every: Duration::from_secs(300),
        run: |app| async move { enroll::end_expired(&app).await }.boxed(),
    }]
}
