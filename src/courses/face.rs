//! What other contexts may ask of courses. Everything else is private.

use std::collections::HashMap;

use diesel_async::AsyncPgConnection;
use kernel::{Money, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use super::model::{ContentState, CourseState, FileRow, Language, LessonHead, LessonKind};
use super::tasks::{OutlineTask, outline_tasks};
use super::views::CourseCard;
use super::{catalogue, content_state, course_state, document, store};
use crate::platform::http::Problem;

/// What others may know of a course to decide about access and enrollment.
#[derive(Debug, Clone)]
pub struct CourseFace {
    /// The course.
    pub id: Uuid,
    /// Who teaches it.
    pub author_id: Uuid,
    /// Its state.
    pub state: CourseState,
    /// What it costs; `None` is free.
    pub price: Option<Money>,
    /// Days of access; `None` is for ever.
    pub access_days: Option<i32>,
    /// The trailer, once it can be watched.
    pub trailer: Option<Uuid>,
    /// Wrong answers after which the chats under its tasks open; `None`: the platform's number.
    pub chat_after: Option<i16>,
    /// Its title.
    pub title: String,
    /// Taught in.
    pub language: Language,
}

impl CourseFace {
    /// Whether strangers may see it and join it.
    pub fn is_public(&self) -> bool {
        course_state::is_public(self.state)
    }

    /// Whether those enrolled may go on.
    pub fn is_open_to_students(&self) -> bool {
        course_state::is_open_to_students(self.state)
    }
}

/// What others may know of a lesson to decide about access.
#[derive(Debug, Clone)]
pub struct LessonFace {
    /// The lesson.
    pub id: Uuid,
    /// Its module.
    pub module_id: Uuid,
    /// Its title.
    pub title: String,
    /// Video or text.
    pub kind: LessonKind,
    /// Whether it can be taken now.
    pub is_ready: bool,
    /// Whether learners see it in the programme at all: not while it is drafted.
    pub is_visible: bool,
    /// Whether strangers may take it.
    pub free_preview: bool,
    /// Its video.
    pub video_id: Option<Uuid>,
    /// Milliseconds; of a text the time that reading takes.
    pub duration_ms: i64,
    /// When its topic opens to learners; `None`: it is open (LRN-18).
    pub opens_at: Option<Timestamp>,
    /// Its course.
    pub course: CourseFace,
}

/// The texts of a lesson.
#[derive(Debug, Clone)]
pub struct LessonText {
    /// The text, or the text under the video.
    pub body: Option<Value>,
    /// Homework.
    pub homework: Option<String>,
}

/// A module as learners see it.
#[derive(Debug, Clone)]
pub struct OutlineModule {
    /// The module.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// When it opens to learners; `None`: it is open (LRN-18).
    pub opens_at: Option<Timestamp>,
    /// Its lessons, in order; drafted ones are left out.
    pub lessons: Vec<OutlineLesson>,
    /// Its tasks, in order; those of drafted lessons are left out.
    pub tasks: Vec<OutlineTask>,
}

/// A lesson as learners see it in the list.
#[derive(Debug, Clone)]
pub struct OutlineLesson {
    /// The lesson.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// Video or text.
    pub kind: LessonKind,
    /// Milliseconds.
    pub duration_ms: i64,
    /// Whether it can be taken now.
    pub is_ready: bool,
    /// Whether strangers may take it.
    pub free_preview: bool,
    /// Its video.
    pub video_id: Option<Uuid>,
}

/// The course `id`, in whatever state.
pub async fn course_face(
    conn: &mut AsyncPgConnection,
    id: Uuid,
) -> Result<Option<CourseFace>, Problem> {
    let course = store::course::find(conn, id).await?;
    Ok(course.map(|course| CourseFace {
        id: course.id,
        author_id: course.author_id,
        state: course.state,
        price: course.price(),
        access_days: course.access_days,
        trailer: course.trailer_duration_ms.and(course.trailer_video_id),
        chat_after: course.chat_after,
        language: course.language,
        title: course.title,
    }))
}

/// The lesson `id` with its course, in whatever state: the caller decides who may take it.
pub async fn lesson_access(
    conn: &mut AsyncPgConnection,
    id: Uuid,
) -> Result<Option<LessonFace>, Problem> {
    let Some(lesson) = store::outline::head(conn, id).await? else { return Ok(None) };
    let Some(course) = course_face(conn, lesson.course_id).await? else { return Ok(None) };
    let module = store::outline::module(conn, lesson.module_id).await?;
    Ok(Some(LessonFace {
        opens_at: module.and_then(|module| module.opens_at),
        id: lesson.id,
        module_id: lesson.module_id,
        title: lesson.title,
        kind: lesson.kind,
        is_ready: content_state::is_ready(lesson.state),
        is_visible: lesson.state != ContentState::Drafted,
        free_preview: lesson.free_preview,
        video_id: lesson.video_id,
        duration_ms: lesson.duration_ms,
        course,
    }))
}

/// The texts of a lesson, for those whom the caller has let in.
pub async fn lesson_text(
    conn: &mut AsyncPgConnection,
    lesson_id: Uuid,
) -> Result<Option<LessonText>, Problem> {
    let lesson = store::outline::lesson(conn, lesson_id).await?;
    Ok(lesson.map(|lesson| LessonText { body: lesson.body, homework: lesson.homework }))
}

/// The files of a lesson, for those whom the caller has let in.
pub async fn files_of(
    conn: &mut AsyncPgConnection,
    lesson_id: Uuid,
) -> Result<Vec<FileRow>, Problem> {
    Ok(store::outline::files_of(conn, &[lesson_id]).await?)
}

/// A lesson's file by its id; the caller decides about its lesson.
pub async fn file_of(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<FileRow>, Problem> {
    Ok(store::outline::file(conn, id).await?)
}

/// Who teaches the course.
pub async fn owner_of(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<Uuid>, Problem> {
    Ok(course_face(conn, id).await?.map(|course| course.author_id))
}

/// The card of one course, in whatever state.
pub async fn card(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<CourseCard>, Problem> {
    Ok(cards(conn, &[id]).await?.remove(&id))
}

/// Cards by course, in whatever state.
pub async fn cards(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, CourseCard>, Problem> {
    let courses = store::course::find_all(conn, ids).await?;
    let cards = catalogue::cards_of(conn, &courses).await?;
    Ok(courses.iter().map(|course| course.id).zip(cards).collect())
}

/// Modules and lessons of one course as learners see them.
pub async fn outline(
    conn: &mut AsyncPgConnection,
    course_id: Uuid,
) -> Result<Vec<OutlineModule>, Problem> {
    Ok(outlines(conn, &[course_id]).await?.remove(&course_id).unwrap_or_default())
}

/// Modules and lessons of several courses as learners see them.
pub async fn outlines(
    conn: &mut AsyncPgConnection,
    course_ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<OutlineModule>>, Problem> {
    let mut lessons: HashMap<Uuid, Vec<OutlineLesson>> = HashMap::new();
    for lesson in store::outline::heads_of_all(conn, course_ids).await? {
        if lesson.state != ContentState::Drafted {
            lessons.entry(lesson.module_id).or_default().push(outline_lesson(lesson));
        }
    }
    let mut tasks: HashMap<Uuid, Vec<OutlineTask>> = HashMap::new();
    for task in outline_tasks(conn, course_ids).await? {
        tasks.entry(task.module_id).or_default().push(task);
    }
    let mut outlines: HashMap<Uuid, Vec<OutlineModule>> = HashMap::new();
    for module in store::outline::modules_of_all(conn, course_ids).await? {
        let lessons = lessons.remove(&module.id).unwrap_or_default();
        let mut tasks = tasks.remove(&module.id).unwrap_or_default();
        tasks.retain(|task| {
            task.lesson_id.is_none_or(|id| lessons.iter().any(|lesson| lesson.id == id))
        });
        if lessons.is_empty() && tasks.is_empty() {
            continue;
        }
        outlines.entry(module.course_id).or_default().push(OutlineModule {
            id: module.id,
            title: module.title,
            opens_at: module.opens_at,
            lessons,
            tasks,
        });
    }
    Ok(outlines)
}

fn outline_lesson(lesson: LessonHead) -> OutlineLesson {
    OutlineLesson {
        id: lesson.id,
        kind: lesson.kind,
        duration_ms: lesson.duration_ms,
        is_ready: content_state::is_ready(lesson.state),
        free_preview: lesson.free_preview,
        video_id: lesson.video_id,
        title: lesson.title,
    }
}

/// Counts a student more (ENR-11); in the transaction of the enrollment.
pub async fn student_joined(conn: &mut AsyncPgConnection, course_id: Uuid) -> Result<(), Problem> {
    Ok(store::course::add_students(conn, course_id, 1).await?)
}

/// Counts a student less (ENR-11); in the transaction that ends the enrollment.
pub async fn student_left(conn: &mut AsyncPgConnection, course_id: Uuid) -> Result<(), Problem> {
    Ok(store::course::add_students(conn, course_id, -1).await?)
}

/// Longest text that stands for a document, characters.
const IN_WORDS: usize = 300;

/// The beginning of a document without its structure.
pub fn plain_text(tree: &Value) -> String {
    document::plain_text(tree, IN_WORDS)
}
