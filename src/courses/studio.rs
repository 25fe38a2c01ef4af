//! What an author sees of a course: put together from rows, videos, files and the checklist.

use std::collections::HashMap;

use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::checklist::missing;
use super::model::{Course, FileRow, Lesson, LessonHead, LessonKind, Module};
use super::store;
use super::views::{
    CourseCard, Doc, LessonFile, StudioCard, StudioCourse, StudioLesson, StudioModule,
};
use crate::app::App;
use crate::identity::{self, Principal};
use crate::platform::http::{Page, PageQuery, Problem, cursor};
use crate::video::{self, VideoView};

/// The author's courses, changed last first.
pub async fn list(
    app: &App,
    author: &Principal,
    query: &PageQuery,
) -> Result<Page<StudioCard>, Problem> {
    let after = query.cursor.as_deref().map(cursor::decode).transpose()?;
    let limit = query.limit();
    let mut conn = app.db.conn().await?;
    let rows = store::course::of_author(&mut conn, author.user_id, after, limit + 1).await?;
    let page = Page::of(rows, limit, |course| (course.updated_at, course.id));

    let name = author_name(&mut conn, author.user_id).await?;
    let ids: Vec<Uuid> = page.items.iter().map(|course| course.id).collect();
    let mut modules: HashMap<Uuid, Vec<Module>> = HashMap::new();
    for module in store::outline::modules_of_all(&mut conn, &ids).await? {
        modules.entry(module.course_id).or_default().push(module);
    }
    let mut lessons: HashMap<Uuid, Vec<LessonHead>> = HashMap::new();
    for lesson in store::outline::heads_of_all(&mut conn, &ids).await? {
        lessons.entry(lesson.course_id).or_default().push(lesson);
    }
    let practised = store::tasks::practised(&mut conn, &ids).await?;
    Ok(page.map(|course| {
        let own_modules = modules.remove(&course.id).unwrap_or_default();
        let own_lessons = lessons.remove(&course.id).unwrap_or_default();
        StudioCard {
            problems: missing(&course, &own_modules, &own_lessons, &practised).len(),
            card: whole_card(&course, name.clone(), own_modules.len(), own_lessons.len()),
        }
    }))
}

/// One course with everything in it.
pub async fn course(app: &App, author: &Principal, id: Uuid) -> Result<StudioCourse, Problem> {
    let mut conn = app.db.conn().await?;
    let course = store::course::find_own(&mut conn, id, author.user_id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let modules = store::outline::modules_of(&mut conn, id).await?;
    let lessons = store::outline::lessons_of(&mut conn, id).await?;
    let skills = store::reference::skills_of(&mut conn, id).await?;
    let name = author_name(&mut conn, author.user_id).await?;

    let heads: Vec<LessonHead> = lessons.iter().map(LessonHead::from).collect();
    let practised = store::tasks::practised(&mut conn, &[id]).await?;
    let gaps = missing(&course, &modules, &heads, &practised);
    let card = whole_card(&course, name, modules.len(), lessons.len());
    let mut parts = Parts::load(&mut conn, app, &lessons, course.trailer_video_id).await?;
    let trailer = course.trailer_video_id.and_then(|id| parts.videos.get(&id).cloned());
    let modules = modules
        .iter()
        .map(|module| {
            let own = lessons.iter().filter(|lesson| lesson.module_id == module.id);
            StudioModule::of(module, own.map(|lesson| parts.lesson(lesson)).collect())
        })
        .collect();
    Ok(StudioCourse {
        card,
        description: course.description.map(Doc),
        learn: course.learn,
        requirements: course.requirements,
        skills: skills.into_iter().map(|(id, ..)| id).collect(),
        certificate: course.certificate,
        access_days: course.access_days,
        chat_after: course.chat_after,
        trailer,
        modules,
        version: course.version,
        missing: gaps,
    })
}

/// One module with its lessons, for whoever was let in.
pub async fn module(app: &App, id: Uuid) -> Result<StudioModule, Problem> {
    let mut conn = app.db.conn().await?;
    let module = store::outline::module(&mut conn, id).await?.ok_or_else(Problem::not_found)?;
    let mut lessons = store::outline::lessons_of(&mut conn, module.course_id).await?;
    lessons.retain(|lesson| lesson.module_id == id);
    let mut parts = Parts::load(&mut conn, app, &lessons, None).await?;
    Ok(StudioModule::of(&module, lessons.iter().map(|lesson| parts.lesson(lesson)).collect()))
}

/// One lesson.
pub async fn lesson(app: &App, author: &Principal, id: Uuid) -> Result<StudioLesson, Problem> {
    let mut conn = app.db.conn().await?;
    let lesson = store::outline::own_lesson(&mut conn, id, author.user_id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let mut parts = Parts::load(&mut conn, app, std::slice::from_ref(&lesson), None).await?;
    Ok(parts.lesson(&lesson))
}

/// What belongs to lessons, loaded for all of them at once.
struct Parts {
    videos: HashMap<Uuid, VideoView>,
    files: HashMap<Uuid, Vec<LessonFile>>,
    questions: HashMap<Uuid, i64>,
}

impl Parts {
    async fn load(
        conn: &mut AsyncPgConnection,
        app: &App,
        lessons: &[Lesson],
        trailer: Option<Uuid>,
    ) -> Result<Self, Problem> {
        let ids: Vec<Uuid> = lessons.iter().map(|lesson| lesson.id).collect();
        let video_ids: Vec<Uuid> =
            lessons.iter().filter_map(|lesson| lesson.video_id).chain(trailer).collect();
        let videos = video::views(conn, app, &video_ids).await?;
        let mut files: HashMap<Uuid, Vec<LessonFile>> = HashMap::new();
        for file in store::outline::files_of(conn, &ids).await? {
            files.entry(file.lesson_id).or_default().push(file.into());
        }
        let questions = store::tasks::counts(conn, &ids).await?;
        Ok(Self { videos, files, questions })
    }

    fn lesson(&mut self, lesson: &Lesson) -> StudioLesson {
        let video = match lesson.kind {
            LessonKind::Video => lesson.video_id.and_then(|id| self.videos.remove(&id)),
            LessonKind::Text => None,
        };
        let files = self.files.remove(&lesson.id).unwrap_or_default();
        let questions = self.questions.get(&lesson.id).copied().unwrap_or_default();
        StudioLesson::of(lesson, video, files, questions)
    }
}

impl From<FileRow> for LessonFile {
    fn from(file: FileRow) -> Self {
        Self {
            id: file.id,
            name: file.name,
            size: file.size,
            content_type: file.content_type,
            active_content: file.active_content,
            downloadable: file.downloadable,
        }
    }
}

/// The card as its author sees it: drafts count too.
fn whole_card(course: &Course, name: String, modules: usize, lessons: usize) -> CourseCard {
    let mut card = CourseCard::of(course, name);
    card.core.modules_count = i32::try_from(modules).unwrap_or(i32::MAX);
    card.core.lessons = i32::try_from(lessons).unwrap_or(i32::MAX);
    card
}

async fn author_name(conn: &mut AsyncPgConnection, id: Uuid) -> Result<String, Problem> {
    let people = identity::people(conn, &[id]).await?;
    Ok(people.get(&id).map(|person| person.name.clone()).unwrap_or_default())
}
