//! Facts that the context publishes.

use diesel_async::AsyncPgConnection;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::course_state;
use super::model::CourseState;
use crate::app::App;
use crate::platform::events::{self, Event};
use crate::platform::http::Problem;

/// A course became public.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CoursePublished {
    /// The course.
    pub course_id: Uuid,
    /// Who teaches it.
    pub author_id: Uuid,
}

impl Event for CoursePublished {
    const KIND: &'static str = "courses.published";
}

/// Something in a course that others may see was changed: its page, its programme, its state.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CourseUpdated {
    /// The course.
    pub course_id: Uuid,
}

impl Event for CourseUpdated {
    const KIND: &'static str = "courses.updated";
}

/// Publishes [`CourseUpdated`] if anybody but the author can see the course: autosave of a draft
/// is no news to anyone.
pub(super) async fn note_update(
    conn: &mut AsyncPgConnection,
    app: &App,
    course_id: Uuid,
    state: CourseState,
) -> Result<(), Problem> {
    if course_state::is_open_to_students(state) {
        events::publish(conn, app, &CourseUpdated { course_id }).await?;
    }
    Ok(())
}

/// The lessons that learners have in a course, or their states, were changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProgrammeChanged {
    /// The course.
    pub course_id: Uuid,
}

impl Event for ProgrammeChanged {
    const KIND: &'static str = "courses.programme_changed";
}

/// Publishes [`ProgrammeChanged`] if anybody but the author can see the course.
pub(super) async fn note_programme(
    conn: &mut AsyncPgConnection,
    app: &App,
    course_id: Uuid,
    state: CourseState,
) -> Result<(), Problem> {
    if course_state::is_open_to_students(state) {
        events::publish(conn, app, &ProgrammeChanged { course_id }).await?;
    }
    Ok(())
}
