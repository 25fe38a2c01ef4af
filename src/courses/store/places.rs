//! Courses and lessons by their ids, without their texts.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use crate::courses::model::{ContentState, CourseState, Task};
use crate::courses::schema::{courses, lessons, modules, task_versions, tasks};

/// Id, author, title and state of courses.
pub async fn courses(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
) -> QueryResult<Vec<(Uuid, Uuid, String, CourseState)>> {
    courses::table
        .filter(courses::id.eq_any(ids))
        .select((courses::id, courses::author_id, courses::title, courses::state))
        .load(conn)
        .await
}

/// Id, course, title, state of lessons, and when their topics open.
pub async fn lessons(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
) -> QueryResult<Vec<(Uuid, Uuid, String, ContentState, Option<Timestamp>)>> {
    lessons::table
        .inner_join(modules::table)
        .filter(lessons::id.eq_any(ids))
        .select((
            lessons::id,
            lessons::course_id,
            lessons::title,
            lessons::state,
            modules::opens_at,
        ))
        .load(conn)
        .await
}

/// A task, the title of its current version, when its topic opens, and the state of its lesson.
pub type TaskPlaceRow = (Task, String, Option<Timestamp>, Option<ContentState>);

/// Tasks by their ids.
pub async fn tasks(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> QueryResult<Vec<TaskPlaceRow>> {
    let version =
        task_versions::task_id.eq(tasks::id).and(task_versions::version.eq(tasks::version));
    tasks::table
        .inner_join(modules::table)
        .inner_join(task_versions::table.on(version))
        .left_join(lessons::table.on(lessons::id.nullable().eq(tasks::lesson_id)))
        .filter(tasks::id.eq_any(ids))
        .select((
            Task::as_select(),
            task_versions::title,
            modules::opens_at,
            lessons::state.nullable(),
        ))
        .load(conn)
        .await
}

/// The courses of an author.
pub async fn taught_by(conn: &mut AsyncPgConnection, author: Uuid) -> QueryResult<Vec<Uuid>> {
    courses::table.filter(courses::author_id.eq(author)).select(courses::id).load(conn).await
}
