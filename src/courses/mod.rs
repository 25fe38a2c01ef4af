//! Courses: the course record, its modules and lessons, the text and files of lessons, the two
//! reference trees (categories, skills), the catalogue.
//!
//! Tables: `courses`, `course_skills`, `modules`, `lessons`, `lesson_files`, `tasks`, `task_versions`,
//! `task_images`, `categories`, `skills`. Invariants: durations and counts on courses and modules are computed by
//! one function in the transaction of the change; texts are validated documents, never HTML; the
//! order of modules and lessons is written whole or not at all; a published course was complete when
//! it was published; a task that asks nothing yet is its editors' alone, and a topic that ever had tasks is taken off,
//! not deleted. Whoever changes a course locks its row first.

mod access;
mod catalogue;
mod checklist;
mod content;
mod content_state;
mod course_state;
mod cover;
mod covers;
mod document;
mod edit;
mod events;
mod face;
mod inputs;
mod model;
mod order;
mod places;
mod programme;
mod public_routes;
mod publish;
mod schema;
mod store;
mod studio;
mod studio_routes;
mod tasks;
mod views;

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use tokio::sync::Semaphore;
use utoipa::OpenApi;

use crate::platform::BootError;
use crate::platform::config::Config;
use crate::platform::events::Subscribers;
use crate::platform::http::Routes;
use crate::platform::jobs::{Handlers, Schedule};
use crate::video::{VideoFailed, VideoProcessed, VideoWatchable};

pub use access::{overseers, oversees, path_id, visible_course};
pub use catalogue::open_graph;
pub use cover::{CoverError as PictureError, decode as decode_picture};
pub use covers::decoding;
pub use events::{CoursePublished, CourseUpdated, ProgrammeChanged};
pub use face::{
    CourseFace, LessonFace, LessonText, OutlineLesson, OutlineModule, card, cards, course_face,
    file_of, files_of, lesson_access, lesson_text, outline, outlines, owner_of, plain_text,
    student_joined, student_left,
};
pub use model::{ContentState, CourseState, FileRow, Language, LessonKind, Level, TaskKind};
pub use places::{
    CoursePlace, LessonPlace, TaskPlace, TaskSource, course_places, lesson_places, task_places,
    task_source, taught_by,
};
pub use tasks::images::forget_unnamed as forget_pictures;
pub use tasks::{
    GradedCourses, OutlineTask, Rule, TaskFace, TaskShown, TopicFace, course_titles,
    graded_courses, outline_tasks, task_bodies, task_face, task_key, task_shown, task_solution,
    task_titles, task_versions_alike, topic_face, topic_tasks,
};
pub use views::{CourseCard, Doc, LessonFile, seconds};

/// Pictures decoded at once: each may take 256 MiB.
const DECODERS: usize = 1;

/// What the context keeps while the process lives.
#[derive(Debug)]
pub struct Services {
    /// Turns to decode a picture.
    pub(super) decoders: Arc<Semaphore>,
}

impl Services {
    /// Made once at the start.
    pub fn new(_config: &Config) -> Result<Self, BootError> {
        Ok(Self { decoders: Arc::new(Semaphore::new(DECODERS)) })
    }
}

/// Its part of the OpenAPI document.
#[derive(OpenApi)]
#[openapi(
    paths(
        public_routes::categories,
        public_routes::skills,
        public_routes::courses,
        public_routes::course,
        public_routes::cover,
        studio_routes::list_courses,
        studio_routes::create_course,
        studio_routes::get_course,
        studio_routes::patch_course,
        studio_routes::delete_course,
        studio_routes::put_cover,
        studio_routes::delete_cover,
        studio_routes::put_trailer,
        studio_routes::delete_trailer,
        studio_routes::publish_course,
        studio_routes::unpublish_course,
        studio_routes::put_order,
        studio_routes::create_module,
        studio_routes::patch_module,
        studio_routes::delete_module,
        studio_routes::create_lesson,
        studio_routes::patch_lesson,
        studio_routes::delete_lesson,
        studio_routes::put_video,
        studio_routes::delete_video,
        studio_routes::submit_lesson,
        studio_routes::add_file,
        studio_routes::patch_file,
        studio_routes::delete_file,
        studio_routes::module_changes,
        public_routes::tracks,
        public_routes::task_image,
        tasks::routes::list_tasks,
        tasks::routes::create_task,
        tasks::routes::get_task,
        tasks::routes::put_task,
        tasks::routes::delete_task,
        tasks::routes::task_versions,
        tasks::routes::put_task_order,
        tasks::routes::check_answer,
        tasks::routes::add_image,
    ),
    components(schemas(
        inputs::Sort,
        judging::Body,
        judging::Key,
        judging::Answer,
        judging::Hint,
    ))
)]
pub struct Docs;

/// Its routes.
pub fn routes(r: &mut Routes) {
    public_routes::routes(r);
    studio_routes::routes(r);
    tasks::routes::routes(r);
}

/// What it hears.
pub fn subscribe(s: &mut Subscribers) {
    use content_state::ContentEvent;
    s.subscribe::<VideoWatchable, _, _>("courses.video_watchable", |app, fact, _| async move {
        content::video_moved(&app, fact.video_id, ContentEvent::Watchable, fact.duration_ms).await
    });
    s.subscribe::<VideoProcessed, _, _>("courses.video_processed", |app, fact, _| async move {
        let duration = Some(fact.duration_ms);
        content::video_moved(&app, fact.video_id, ContentEvent::Processed, duration).await
    });
    s.subscribe::<VideoFailed, _, _>("courses.video_failed", |app, fact, _| async move {
        content::video_moved(&app, fact.video_id, ContentEvent::Failed, None).await
    });
}

/// What it does again and again.
pub fn schedules() -> Vec<Schedule> {
    vec![Schedule {
        name: "courses.forget_pictures",
        every: Duration::from_secs(3600),
        run: |app| async move { tasks::images::forget_unnamed(&app).await }.boxed(),
    }]
}

/// Its kinds of jobs.
pub fn jobs(handlers: &mut Handlers) {
    handlers.job::<covers::ForgetCover>();
}
