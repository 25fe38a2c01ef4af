//! Where courses and lessons stand, many at once and without their texts: for what is kept beside
//! them, such as chats.

use std::collections::HashMap;

use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::model::{ContentState, CourseState};
use super::{course_state, store};
use crate::platform::http::Problem;

/// A course, as much of it as decides about its rooms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoursePlace {
    /// The course.
    pub id: Uuid,
    /// Who teaches it.
    pub author_id: Uuid,
    /// Its title.
    pub title: String,
    /// Its state.
    pub state: CourseState,
}

impl CoursePlace {
    /// Whether those enrolled may go on.
    pub fn is_open_to_students(&self) -> bool {
        course_state::is_open_to_students(self.state)
    }
}

/// A lesson, as much of it as decides about its rooms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LessonPlace {
    /// The lesson.
    pub id: Uuid,
    /// Its course.
    pub course_id: Uuid,
    /// Its title.
    pub title: String,
    /// Whether learners see it in the programme at all.
    pub is_visible: bool,
    /// When its topic opens to learners; `None`: it is open.
    pub opens_at: Option<Timestamp>,
}

/// A task, as much of it as decides about its rooms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskPlace {
    /// The task.
    pub id: Uuid,
    /// Its course.
    pub course_id: Uuid,
    /// The lesson that it belongs to, if any.
    pub lesson_id: Option<Uuid>,
    /// The title of its current version.
    pub title: String,
    /// The current version.
    pub version: i32,
    /// Whether it asks something, and its lesson, if it has one, is in the programme at all.
    pub is_visible: bool,
    /// Whether it was taken off.
    pub is_removed: bool,
    /// When its topic opens to learners; `None`: it is open.
    pub opens_at: Option<Timestamp>,
}

/// These courses, in whatever state.
pub async fn course_places(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, CoursePlace>, Problem> {
    let rows = store::places::courses(conn, ids).await?;
    Ok(rows
        .into_iter()
        .map(|(id, author_id, title, state)| (id, CoursePlace { id, author_id, title, state }))
        .collect())
}

/// These lessons, in whatever state.
pub async fn lesson_places(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, LessonPlace>, Problem> {
    let rows = store::places::lessons(conn, ids).await?;
    Ok(rows
        .into_iter()
        .map(|(id, course_id, title, state, opens_at)| {
            let is_visible = state != ContentState::Drafted;
            (id, LessonPlace { id, course_id, title, is_visible, opens_at })
        })
        .collect())
}

/// These tasks, in whatever state.
pub async fn task_places(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, TaskPlace>, Problem> {
    let rows = store::places::tasks(conn, ids).await?;
    Ok(rows
        .into_iter()
        .map(|(task, title, opens_at, lesson)| {
            let place = TaskPlace {
                id: task.id,
                course_id: task.course_id,
                lesson_id: task.lesson_id,
                title,
                version: task.version,
                is_visible: !task.drafted && lesson != Some(ContentState::Drafted),
                is_removed: task.removed_at.is_some(),
                opens_at,
            };
            (task.id, place)
        })
        .collect())
}

/// What is asked in a task now, and its worked solution: for those who answer questions about it.
#[derive(Debug, Clone)]
pub struct TaskSource {
    /// The version.
    pub version: i32,
    /// What is asked: a document.
    pub statement: Value,
    /// The worked solution: a document.
    pub solution: Option<Value>,
}

/// The source of a task's current version; the caller decides who may see it.
pub async fn task_source(
    conn: &mut AsyncPgConnection,
    id: Uuid,
) -> Result<Option<TaskSource>, Problem> {
    let Some(task) = store::tasks::task(conn, id).await? else { return Ok(None) };
    let version = store::tasks::version(conn, id, task.version).await?;
    Ok(version.map(|version| TaskSource {
        version: version.version,
        statement: version.statement,
        solution: version.solution,
    }))
}

/// The courses that somebody teaches, in whatever state.
pub async fn taught_by(conn: &mut AsyncPgConnection, author: Uuid) -> Result<Vec<Uuid>, Problem> {
    Ok(store::places::taught_by(conn, author).await?)
}
