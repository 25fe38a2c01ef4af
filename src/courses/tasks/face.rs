//! What other contexts may ask about tasks.

use std::collections::HashMap;

use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::super::face::{CourseFace, course_face};
use super::super::model::{ContentState, Module, Task, TaskKind};
use super::super::store;
use super::views::{Rule, rule_of};
use crate::identity::{Principal, Role};
use crate::platform::http::Problem;

/// Wrong answers after which the chat under a task opens, where neither task nor course says.
const CHAT_AFTER: i32 = 3;

/// What others may know of a task to decide about access and counting.
#[derive(Debug, Clone)]
pub struct TaskFace {
    /// The task.
    pub id: Uuid,
    /// Its topic: a module of the course.
    pub module_id: Uuid,
    /// The topic's title.
    pub topic: String,
    /// The lesson that it belongs to, if any.
    pub lesson_id: Option<Uuid>,
    /// What kind of answer it asks for.
    pub kind: TaskKind,
    /// Whether it counts for progress.
    pub required: bool,
    /// The current version.
    pub version: i32,
    /// The current title.
    pub title: String,
    /// Points of the current version.
    pub points: i16,
    /// Wrong answers after which the chat under it opens; 0: always open (MSG-09).
    pub chat_after: i32,
    /// When its topic opens to learners; `None`: it is open.
    pub opens_at: Option<Timestamp>,
    /// Whether it was taken off.
    pub is_removed: bool,
    /// Whether nothing is asked yet: its editors alone see it.
    pub is_drafted: bool,
    /// Whether learners see it at all: not while it asks nothing, not under a drafted lesson, not when taken off.
    pub is_visible: bool,
    /// Its course.
    pub course: CourseFace,
}

/// A task as the outline of a course lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlineTask {
    /// The task.
    pub id: Uuid,
    /// Its topic.
    pub module_id: Uuid,
    /// The lesson that it belongs to, if any.
    pub lesson_id: Option<Uuid>,
    /// What kind of answer it asks for.
    pub kind: TaskKind,
    /// Whether it counts for progress.
    pub required: bool,
    /// Its own number of wrong answers before the chat opens.
    pub chat_after: Option<i16>,
    /// The current version.
    pub version: i32,
    /// Whether nothing is asked yet; never so in the outline of a course.
    pub is_drafted: bool,
}

/// What learners are shown of one version.
#[derive(Debug, Clone)]
pub struct TaskShown {
    /// The version.
    pub version: i32,
    /// Its title.
    pub title: String,
    /// Its points.
    pub points: i16,
    /// What is asked: a document.
    pub statement: Value,
    /// Options, items, limits.
    pub body: Value,
    /// When the worked solution is shown.
    pub solution_rule: Rule,
    /// Whether there is one.
    pub has_solution: bool,
}

/// What others may know of a topic: a module of a course.
#[derive(Debug, Clone)]
pub struct TopicFace {
    /// The module.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// Its place among all modules of the course, from 0.
    pub position: i32,
    /// When it opens to learners; `None`: it is open (LRN-18).
    pub opens_at: Option<Timestamp>,
    /// Its course.
    pub course: CourseFace,
}

/// The courses whose answers somebody grades: their author, their staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GradedCourses {
    /// All.
    All,
    /// These.
    Of(Vec<Uuid>),
}

/// The number that holds for a task.
pub(in crate::courses) fn chat_after(task: Option<i16>, course: Option<i16>) -> i32 {
    task.or(course).map_or(CHAT_AFTER, i32::from)
}

/// The task `id`, in whatever state.
pub async fn task_face(
    conn: &mut AsyncPgConnection,
    id: Uuid,
) -> Result<Option<TaskFace>, Problem> {
    let Some(task) = store::tasks::task(conn, id).await? else { return Ok(None) };
    // Also of a topic that was taken off: what was answered and said stays to be read.
    let module = store::outline::module_kept(conn, task.module_id).await?;
    let Some(module) = module else { return Ok(None) };
    let Some(course) = course_face(conn, task.course_id).await? else { return Ok(None) };
    let lesson_shown = match task.lesson_id {
        None => true,
        Some(lesson_id) => {
            let lesson = store::outline::head(conn, lesson_id).await?;
            lesson.is_some_and(|lesson| lesson.state != ContentState::Drafted)
        }
    };
    let (title, points) = store::tasks::titles(conn, &[id]).await?.remove(&id).unwrap_or_default();
    Ok(Some(TaskFace {
        id,
        module_id: task.module_id,
        topic: module.title,
        lesson_id: task.lesson_id,
        kind: task.kind,
        required: task.required,
        version: task.version,
        title,
        points,
        chat_after: chat_after(task.chat_after, course.chat_after),
        opens_at: module.opens_at,
        is_removed: task.removed_at.is_some(),
        is_drafted: task.drafted,
        is_visible: task.removed_at.is_none() && !task.drafted && lesson_shown,
        course,
    }))
}

/// What learners are shown of the task's `version`.
pub async fn task_shown(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    version: i32,
) -> Result<Option<TaskShown>, Problem> {
    let shown = store::tasks::shown(conn, id, version).await?;
    Ok(shown.map(|shown| TaskShown {
        version: shown.version,
        title: shown.title,
        points: shown.points,
        statement: shown.statement,
        body: shown.body,
        solution_rule: rule_of(&shown.solution_rule),
        has_solution: shown.has_solution,
    }))
}

/// The key of the task's `version`, for judging alone.
pub async fn task_key(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    version: i32,
) -> Result<Option<Value>, Problem> {
    Ok(store::tasks::version(conn, id, version).await?.map(|version| version.key))
}

/// The versions of the task that learners see as they see `shown`, each with its key, for judging alone.
pub async fn task_versions_alike(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    shown: &TaskShown,
) -> Result<Vec<(i32, Value)>, Problem> {
    Ok(store::tasks::alike(conn, id, &shown.statement, &shown.body).await?)
}

/// The worked solution of the task's `version`, for those to whom it is open.
pub async fn task_solution(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    version: i32,
) -> Result<Option<Value>, Problem> {
    Ok(store::tasks::solution(conn, id, version).await?)
}

/// The topic `id` with its course, in whatever state.
pub async fn topic_face(
    conn: &mut AsyncPgConnection,
    id: Uuid,
) -> Result<Option<TopicFace>, Problem> {
    let Some(module) = store::outline::module(conn, id).await? else { return Ok(None) };
    let Some(course) = course_face(conn, module.course_id).await? else { return Ok(None) };
    let Module { title, position, opens_at, .. } = module;
    Ok(Some(TopicFace { id, title, position, opens_at, course }))
}

/// The courses whose answers `who` grades.
pub async fn graded_courses(
    conn: &mut AsyncPgConnection,
    who: &Principal,
) -> Result<GradedCourses, Problem> {
    if [Role::Moderator, Role::Admin, Role::Curator].into_iter().any(|role| who.roles.has(role)) {
        return Ok(GradedCourses::All);
    }
    let mut ids = store::course::ids_of_author(conn, who.user_id).await?;
    ids.extend(who.roles.courses_with(Role::Curator));
    Ok(GradedCourses::Of(ids))
}

/// Titles of courses.
pub async fn course_titles(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, String>, Problem> {
    let courses = store::course::find_all(conn, ids).await?;
    Ok(courses.into_iter().map(|course| (course.id, course.title)).collect())
}

/// The bodies of several versions of a task, to say answers in words.
pub async fn task_bodies(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    versions: &[i32],
) -> Result<HashMap<i32, Value>, Problem> {
    Ok(store::tasks::bodies(conn, id, versions).await?)
}

/// Titles and points of these tasks.
pub async fn task_titles(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, (String, i16)>, Problem> {
    Ok(store::tasks::titles(conn, ids).await?)
}

/// Tasks of these courses, drafted and taken-off ones left out, in order within each topic.
pub async fn outline_tasks(
    conn: &mut AsyncPgConnection,
    course_ids: &[Uuid],
) -> Result<Vec<OutlineTask>, Problem> {
    let tasks = store::tasks::of_courses(conn, course_ids).await?;
    Ok(tasks.into_iter().filter(|task| !task.drafted).map(OutlineTask::from).collect())
}

/// Tasks of a topic in order, drafted ones too: for who teaches the course or looks after it.
pub async fn topic_tasks(
    conn: &mut AsyncPgConnection,
    module_id: Uuid,
) -> Result<Vec<OutlineTask>, Problem> {
    let tasks = store::tasks::of_module(conn, module_id).await?;
    Ok(tasks.into_iter().map(OutlineTask::from).collect())
}

impl OutlineTask {
    /// Wrong answers after which the chat under it opens; 0: always open (MSG-09).
    pub fn chat_after(&self, course: &CourseFace) -> i32 {
        chat_after(self.chat_after, course.chat_after)
    }
}

impl From<Task> for OutlineTask {
    fn from(task: Task) -> Self {
        Self {
            id: task.id,
            module_id: task.module_id,
            lesson_id: task.lesson_id,
            kind: task.kind,
            required: task.required,
            chat_after: task.chat_after,
            version: task.version,
            is_drafted: task.drafted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MSG-09
    #[test]
    fn the_number_of_wrong_answers_is_the_tasks_or_the_courses_or_the_platforms() {
        assert_eq!(chat_after(None, None), 3);
        assert_eq!(chat_after(None, Some(5)), 5);
        assert_eq!(chat_after(Some(0), Some(5)), 0);
    }
}
