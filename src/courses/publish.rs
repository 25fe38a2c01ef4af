//! Makes a course public, and takes it back.

use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::checklist::{Missing, missing};
use super::course_state::{self, CourseAction, Gate};
use super::events::{CoursePublished, CourseUpdated};
use super::model::{Course, CourseState};
use super::store;
use crate::app::App;
use crate::identity::Principal;
use crate::platform::events;
use crate::platform::http::{Code, FieldProblem, Problem};

/// Publishes the course if nothing is missing (CRS-25). Published already: nothing happens.
///
/// # Errors
/// `course_incomplete` with one entry in `errors` for each thing that is missing; `course_state`.
pub async fn publish(app: &App, author: &Principal, course_id: Uuid) -> Result<(), Problem> {
    let author_id = author.user_id;
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let course = locked(conn, course_id, author_id).await?;
            if course.state == CourseState::Published {
                return Ok(());
            }
            let next = allowed(&course, CourseAction::Publish(Gate::Open))?;
            let modules = store::outline::modules_of(conn, course_id).await?;
            let lessons = store::outline::heads_of(conn, course_id).await?;
            let practised = store::tasks::practised(conn, &[course_id]).await?;
            let gaps = missing(&course, &modules, &lessons, &practised);
            if !gaps.is_empty() {
                return Err(incomplete(&gaps));
            }
            store::course::set_state(conn, course_id, next, app.clock.now()).await?;
            events::publish(conn, app, &CoursePublished { course_id, author_id }).await?;
            Ok(())
        })
        .await
}

/// Takes the course back: a draft again, or archived if people are enrolled.
pub async fn unpublish(app: &App, author: &Principal, course_id: Uuid) -> Result<(), Problem> {
    let author_id = author.user_id;
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let course = locked(conn, course_id, author_id).await?;
            if matches!(course.state, CourseState::Draft | CourseState::Archived) {
                return Ok(());
            }
            let has_students = course.students_count > 0;
            let next = allowed(&course, CourseAction::Unpublish { has_students })?;
            store::course::set_state(conn, course_id, next, app.clock.now()).await?;
            events::publish(conn, app, &CourseUpdated { course_id }).await?;
            Ok(())
        })
        .await
}

async fn locked(
    conn: &mut AsyncPgConnection,
    course_id: Uuid,
    author_id: Uuid,
) -> Result<Course, Problem> {
    store::course::lock_own(conn, course_id, author_id).await?.ok_or_else(Problem::not_found)
}

fn allowed(course: &Course, action: CourseAction) -> Result<CourseState, Problem> {
    course_state::after(course.state, action)
        .ok_or_else(|| Problem::new(Code::CourseState).with("state", course.state.as_str()))
}

/// Each gap as a field problem; `field` is the field of the course, or `lessons.<id>`,
/// `modules.<id>`.
fn incomplete(gaps: &[Missing]) -> Problem {
    let fields = gaps.iter().map(|gap| FieldProblem {
        field: gap.field(),
        code: gap.code.as_str().to_owned(),
        message: gap.code.advice().to_owned(),
    });
    Problem::new(Code::CourseIncomplete).fields(fields)
}
