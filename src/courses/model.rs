//! Rows of the context and the words they are made of.

use diesel::prelude::*;
use kernel::{Currency, Money, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::schema::{
    courses, lesson_files, lessons, module_changes, modules, task_images, task_versions, tasks,
};
use crate::platform::text_enum;

text_enum! {
    /// The life of a course (CRS-26).
    pub enum CourseState {
        /// Being written; seen by its author alone.
        Draft = "draft",
        /// Waits for moderation.
        OnModeration = "on_moderation",
        /// Moderation found faults; the author mends them.
        ModerationFailed = "moderation_failed",
        /// Public.
        Published = "published",
        /// Shut by a moderator.
        Blocked = "blocked",
        /// Taken back by the author; those enrolled keep it.
        Archived = "archived",
    }
}

text_enum! {
    /// How hard a course is (CRS-11).
    pub enum Level {
        /// From nothing.
        Beginner = "beginner",
        /// Builds on the basics.
        Intermediate = "intermediate",
        /// For those who know the field.
        Advanced = "advanced",
        /// For everybody.
        All = "all",
    }
}

text_enum! {
    /// The language that a course is taught in (CRS-13).
    pub enum Language {
        /// Uzbek.
        Uz = "uz",
        /// Russian.
        Ru = "ru",
        /// English.
        En = "en",
        /// Hebrew.
        He = "he",
    }
}

text_enum! {
    /// What a lesson is made of (CRS-18). A video may carry text beneath it (CRS-19).
    pub enum LessonKind {
        /// A video, with or without text.
        Video = "video",
        /// A text alone.
        Text = "text",
    }
}

text_enum! {
    /// How far a lesson's content has come; see `content_state`.
    pub enum ContentState {
        /// Nothing handed over.
        Drafted = "drafted",
        /// Handed over, waits for the server.
        Submitted = "submitted",
        /// In process, watchable already.
        Processed = "processed",
        /// All of it is stored.
        Done = "done",
    }
}

text_enum! {
    /// What kind of answer a task asks for (LRN-11).
    pub enum TaskKind {
        /// A number, with tolerance and units.
        Number = "number",
        /// A short text, compared with variants.
        Text = "text",
        /// One of many.
        Choice = "choice",
        /// Several of many.
        Choices = "choices",
        /// Items to be put in order.
        Order = "order",
        /// Pairs to be matched.
        Match = "match",
        /// A text that a person grades.
        Free = "free",
        /// Files that a person grades.
        File = "file",
    }
}

/// A course.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = courses, check_for_backend(diesel::pg::Pg))]
pub struct Course {
    pub id: Uuid,
    pub author_id: Uuid,
    pub state: CourseState,
    pub title: String,
    pub subtitle: String,
    pub description: Option<Value>,
    pub category_id: Option<Uuid>,
    pub level: Option<Level>,
    pub language: Language,
    pub learn: Vec<String>,
    pub requirements: Vec<String>,
    pub price_amount: Option<i64>,
    pub price_currency: Option<String>,
    pub old_price_amount: Option<i64>,
    pub certificate: bool,
    pub access_days: Option<i32>,
    pub track: Option<i16>,
    pub chat_after: Option<i16>,
    pub cover: Option<Value>,
    pub trailer_video_id: Option<Uuid>,
    pub trailer_duration_ms: Option<i64>,
    pub duration_ms: i64,
    pub modules_count: i32,
    pub lessons_count: i32,
    pub files_count: i32,
    pub students_count: i32,
    pub rating: Option<f32>,
    pub rating_count: i32,
    pub version: i32,
    pub published_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Course {
    /// What it costs; `None` is free.
    pub fn price(&self) -> Option<Money> {
        self.money(self.price_amount)
    }

    /// The price before the discount, if there is one.
    pub fn old_price(&self) -> Option<Money> {
        self.money(self.old_price_amount)
    }

    /// The cover, if there is one.
    pub fn stored_cover(&self) -> Option<StoredCover> {
        // Written by this context alone; a tree that does not read is shown as no cover.
        serde_json::from_value(self.cover.clone()?).ok()
    }

    fn money(&self, amount: Option<i64>) -> Option<Money> {
        let currency: Currency = self.price_currency.as_deref()?.parse().ok()?;
        Some(Money::new(amount?, currency))
    }
}

/// A module of a course (CRS-17).
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = modules, check_for_backend(diesel::pg::Pg))]
pub struct Module {
    pub id: Uuid,
    pub course_id: Uuid,
    pub position: i32,
    pub title: String,
    pub homework: Option<String>,
    pub opens_at: Option<Timestamp>,
    pub duration_ms: i64,
}

/// A lesson of a module (CRS-18).
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = lessons, check_for_backend(diesel::pg::Pg))]
pub struct Lesson {
    pub id: Uuid,
    pub course_id: Uuid,
    pub module_id: Uuid,
    pub position: i32,
    pub title: String,
    pub kind: LessonKind,
    pub state: ContentState,
    pub body: Option<Value>,
    pub homework: Option<String>,
    pub free_preview: bool,
    pub video_id: Option<Uuid>,
    pub duration_ms: i64,
    pub version: i32,
}

/// A lesson without its texts: enough for every outline, and small.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = lessons, check_for_backend(diesel::pg::Pg))]
pub struct LessonHead {
    pub id: Uuid,
    pub course_id: Uuid,
    pub module_id: Uuid,
    pub title: String,
    pub kind: LessonKind,
    pub state: ContentState,
    pub free_preview: bool,
    pub video_id: Option<Uuid>,
    pub duration_ms: i64,
}

impl From<&Lesson> for LessonHead {
    fn from(lesson: &Lesson) -> Self {
        Self {
            id: lesson.id,
            course_id: lesson.course_id,
            module_id: lesson.module_id,
            title: lesson.title.clone(),
            kind: lesson.kind,
            state: lesson.state,
            free_preview: lesson.free_preview,
            video_id: lesson.video_id,
            duration_ms: lesson.duration_ms,
        }
    }
}

/// A file to download with a lesson (CRS-21).
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = lesson_files, check_for_backend(diesel::pg::Pg))]
pub struct FileRow {
    pub id: Uuid,
    pub lesson_id: Uuid,
    pub file_id: Uuid,
    pub name: String,
    pub size: i64,
    pub content_type: String,
    pub active_content: bool,
    pub downloadable: bool,
}

/// What a topic was called, and when it opened, before a change (CRS-39).
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = module_changes, check_for_backend(diesel::pg::Pg))]
pub struct ModuleChange {
    pub id: Uuid,
    pub module_id: Uuid,
    pub title: String,
    pub opens_at: Option<Timestamp>,
    pub changed_by: Uuid,
    pub created_at: Timestamp,
}

/// A task of a topic or of a lesson; what it asks stands in its versions (LRN-16).
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = tasks, check_for_backend(diesel::pg::Pg))]
pub struct Task {
    pub id: Uuid,
    pub course_id: Uuid,
    pub module_id: Uuid,
    pub lesson_id: Option<Uuid>,
    pub position: i32,
    pub kind: TaskKind,
    pub required: bool,
    pub chat_after: Option<i16>,
    pub version: i32,
    pub removed_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Nothing is asked yet: only its editors see it.
    pub drafted: bool,
}

/// What a version of a task shows learners: its key and its solution are not loaded with it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = task_versions, check_for_backend(diesel::pg::Pg))]
pub struct ShownVersion {
    pub version: i32,
    pub title: String,
    pub points: i16,
    pub statement: Value,
    pub body: Value,
    pub solution_rule: Value,
    #[diesel(select_expression = task_versions::solution.is_not_null())]
    pub has_solution: bool,
}

/// A whole version of a task, for those who write it and for judging.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = task_versions, check_for_backend(diesel::pg::Pg))]
pub struct TaskVersion {
    pub task_id: Uuid,
    pub version: i32,
    pub title: String,
    pub points: i16,
    pub statement: Value,
    pub body: Value,
    pub key: Value,
    pub solution: Option<Value>,
    pub solution_rule: Value,
    pub edited_by: Uuid,
    pub note: Option<String>,
    pub created_at: Timestamp,
    pub required: bool,
    pub chat_after: Option<i16>,
}

/// A picture in statements and solutions.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = task_images, check_for_backend(diesel::pg::Pg))]
pub struct TaskImage {
    pub id: Uuid,
    pub name: String,
    pub added_by: Uuid,
    pub width: i32,
    pub height: i32,
    pub created_at: Timestamp,
    /// Bytes.
    pub size: i64,
}

/// A stored cover: `courses.cover`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredCover {
    /// 128 random bits in hex: its name in the object store and in addresses.
    pub id: String,
    /// Average colour, `#rrggbb`.
    pub color: String,
    /// From small to large.
    pub sizes: Vec<CoverSize>,
}

/// One re-encoded size of a cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverSize {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}
