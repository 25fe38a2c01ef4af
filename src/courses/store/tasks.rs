//! Tasks, their versions and their pictures. A version is only ever added.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::result::QueryResult;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use uuid::Uuid;

use super::super::model::{ShownVersion, Task, TaskVersion};
use super::super::schema::{task_versions, tasks};

/// A task by its id, removed or not.
pub async fn task(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<Task>> {
    tasks::table.find(id).select(Task::as_select()).first(conn).await.optional()
}

/// Tasks of these courses that learners may see, in order within each module.
pub async fn of_courses(
    conn: &mut AsyncPgConnection,
    course_ids: &[Uuid],
) -> QueryResult<Vec<Task>> {
    tasks::table
        .filter(tasks::course_id.eq_any(course_ids).and(tasks::removed_at.is_null()))
        .order((tasks::module_id, tasks::position, tasks::id))
        .select(Task::as_select())
        .load(conn)
        .await
}

/// What learners are shown of one version.
pub async fn shown(
    conn: &mut AsyncPgConnection,
    task_id: Uuid,
    version: i32,
) -> QueryResult<Option<ShownVersion>> {
    task_versions::table
        .find((task_id, version))
        .select(ShownVersion::as_select())
        .first(conn)
        .await
        .optional()
}

/// Titles and points of the current versions of these tasks.
pub async fn titles(
    conn: &mut AsyncPgConnection,
    task_ids: &[Uuid],
) -> QueryResult<HashMap<Uuid, (String, i16)>> {
    let rows: Vec<(Uuid, String, i16)> = task_versions::table
        .inner_join(tasks::table)
        .filter(tasks::id.eq_any(task_ids).and(task_versions::version.eq(tasks::version)))
        .select((tasks::id, task_versions::title, task_versions::points))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(id, title, points)| (id, (title, points))).collect())
}

/// A whole version, with its key.
pub async fn version(
    conn: &mut AsyncPgConnection,
    task_id: Uuid,
    version: i32,
) -> QueryResult<Option<TaskVersion>> {
    task_versions::table
        .find((task_id, version))
        .select(TaskVersion::as_select())
        .first(conn)
        .await
        .optional()
}

/// What learners answer, by version: bodies without keys.
pub async fn bodies(
    conn: &mut AsyncPgConnection,
    task_id: Uuid,
    versions: &[i32],
) -> QueryResult<HashMap<i32, Value>> {
    let rows: Vec<(i32, Value)> = task_versions::table
        .filter(task_versions::task_id.eq(task_id))
        .filter(task_versions::version.eq_any(versions))
        .select((task_versions::version, task_versions::body))
        .load(conn)
        .await?;
    Ok(rows.into_iter().collect())
}
