//! JSON out: what each audience sees of a course. One type an audience, never one with holes.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use kernel::Money;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};
use uuid::Uuid;

use super::checklist::Missing;
use super::model::{
    ContentState, Course, CourseState, Language, Lesson, LessonKind, Level, Module,
};
use crate::video::VideoView;

/// Rich text: a ProseMirror tree of the allowed nodes and marks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Doc(pub Value);

/// Rich text as a tree: a node of it, the root being a `doc`. Only the nodes and marks named here are
/// kept; anything else is refused.
// The shape of `Doc` in the OpenAPI document.
#[derive(ToSchema)]
#[schema(as = Doc)]
#[allow(dead_code, reason = "read by the schema's derive alone")]
struct DocShape {
    /// `doc`, `paragraph`, `heading`, `bulletList`, `orderedList`, `listItem`, `blockquote`,
    /// `codeBlock`, `hardBreak`, `horizontalRule`, `image`, `math_block`, `math_inline` or `text`.
    #[schema(rename = "type")]
    kind: String,
    /// `level` of a heading (2, 3), `start` of an ordered list, `language` of a code block, `latex` of a formula,
    /// `src` (a picture of this server), `alt`, `width` and `height` of an image.
    attrs: Option<Map<String, Value>>,
    /// What stands inside.
    #[schema(no_recursion)]
    content: Option<Vec<DocShape>>,
    /// The words of a text node.
    text: Option<String>,
    /// `bold`, `italic`, `strike`, `code` or `link` with `attrs.href`.
    marks: Option<Vec<MarkShape>>,
}

/// A mark on a run of text.
#[derive(ToSchema)]
#[schema(as = DocMark)]
#[allow(dead_code, reason = "read by the schema's derive alone")]
struct MarkShape {
    /// `bold`, `italic`, `strike`, `code` or `link`.
    #[schema(rename = "type")]
    kind: String,
    /// `href` of a link: https, http or mailto.
    attrs: Option<Map<String, Value>>,
}

/// An amount in minor units (tiyin, kopecks, agorot, cents).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Price(pub Money);

/// An amount of money.
// The shape of `Price` in the OpenAPI document.
#[derive(ToSchema)]
#[schema(as = Money)]
#[allow(dead_code, reason = "read by the schema's derive alone")]
struct MoneyShape {
    /// Minor units.
    #[schema(example = 4_990_000)]
    amount: i64,
    /// ISO 4217: UZS, RUB, ILS, USD or EUR.
    #[schema(example = "UZS")]
    currency: String,
}

/// Gives a type the schema of another that only describes it.
macro_rules! described_by {
    ($type:ty, $shape:ty) => {
        impl utoipa::PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                <$shape>::schema()
            }
        }

        impl ToSchema for $type {
            fn name() -> Cow<'static, str> {
                <$shape as ToSchema>::name()
            }

            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                <$shape as ToSchema>::schemas(schemas);
            }
        }
    };
}

described_by!(Doc, DocShape);
described_by!(Price, MoneyShape);

/// A name in every language of the site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Texts)]
pub struct LocalName {
    /// Uzbek.
    pub uz: String,
    /// Russian.
    pub ru: String,
    /// English.
    pub en: String,
    /// Hebrew.
    pub he: String,
}

/// A node of the category tree.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Category {
    /// Its id.
    pub id: Uuid,
    /// The node above; null at the top.
    #[schema(required)]
    pub parent_id: Option<Uuid>,
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: LocalName,
    /// Its place among its siblings.
    pub position: i32,
    /// Published courses in it and below it.
    pub courses: i64,
}

/// A skill, or a field of skills (those without a parent).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Skill {
    /// Its id.
    pub id: Uuid,
    /// The field it belongs to; null for a field itself.
    #[schema(required)]
    pub parent_id: Option<Uuid>,
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: LocalName,
}

/// Author of a course as a card shows one.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = AuthorName)]
pub struct CardAuthor {
    /// The person.
    pub id: Uuid,
    /// First and last name.
    pub name: String,
}

/// Author of a course as its page shows one: nothing that is not public.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = AuthorFace)]
pub struct PublicAuthor {
    /// The person.
    pub id: Uuid,
    /// First and last name.
    pub name: String,
    /// In the author's own words.
    pub about: String,
    /// Published courses.
    pub courses: i64,
    /// Students over all published courses.
    pub students: i64,
}

/// A cover picture.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Cover {
    /// Average colour, shown until the picture is there.
    #[schema(example = "#0a141e")]
    pub color: String,
    /// The same picture from small to large, WebP.
    pub sizes: Vec<CoverSource>,
}

/// One size of a cover.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CoverSize)]
pub struct CoverSource {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Where it is; never changes its content.
    pub url: String,
}

/// A course in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CourseCard {
    /// The course itself.
    #[serde(flatten)]
    pub core: CourseCore,
    /// Who teaches.
    pub author: CardAuthor,
}

/// A course on its own page.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CoursePage {
    /// What a list shows of it.
    #[serde(flatten)]
    pub core: CourseCore,
    /// About the course.
    #[schema(required)]
    pub description: Option<Doc>,
    /// What you will learn.
    pub learn: Vec<String>,
    /// What you need before.
    pub requirements: Vec<String>,
    /// Skills gained.
    pub skills: Vec<Skill>,
    /// Whether a certificate is given.
    pub certificate: bool,
    /// Days of access; null is for ever.
    #[schema(required)]
    pub access_days: Option<i32>,
    /// Whether there are files to download.
    pub has_files: bool,
    /// The free trailer, once it can be watched.
    #[schema(required)]
    pub trailer: Option<Trailer>,
    /// What is taught, in order.
    pub programme: Vec<ProgrammeModule>,
    /// Who teaches.
    pub author: PublicAuthor,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// When it was published last.
    #[schema(required)]
    pub published_at: Option<DateTime<Utc>>,
    /// What the caller is to it.
    pub viewer: Viewer,
}

/// What a list and a page show of a course alike.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CourseCore {
    /// Its id.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// One sentence about it; may be empty.
    pub subtitle: String,
    /// The cover, if there is one.
    #[schema(required)]
    pub cover: Option<Cover>,
    /// Taught in.
    pub language: Language,
    /// How hard; null while a draft has none.
    #[schema(required)]
    pub level: Option<Level>,
    /// Its category; null while a draft has none.
    #[schema(required)]
    pub category_id: Option<Uuid>,
    /// What it costs; null is free.
    #[schema(required)]
    pub price: Option<Price>,
    /// What it cost before the discount.
    #[schema(required)]
    pub old_price: Option<Price>,
    /// Content in seconds.
    pub hours_s: i64,
    /// Lessons.
    pub lessons: i32,
    /// Modules.
    pub modules_count: i32,
    /// People enrolled.
    pub students: i32,
    /// Mean of the reviews, 1 to 5.
    #[schema(required)]
    pub rating: Option<f32>,
    /// How many reviews.
    pub rating_count: i32,
    /// The target score of the track that it belongs to: 60 or 80.
    #[schema(required)]
    pub track: Option<i16>,
    /// Its state.
    pub state: CourseState,
    /// Last change.
    pub updated_at: DateTime<Utc>,
}

/// A trailer that can be watched by anyone (MED-13).
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = TrailerView)]
pub struct Trailer {
    /// Its video.
    pub video_id: Uuid,
    /// Seconds.
    pub duration_s: i64,
}

/// A module as the course page lists it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProgrammeModule {
    /// Its id.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// Seconds, the sum of its lessons.
    pub duration_s: i64,
    /// Its lessons, in order.
    pub lessons: Vec<ProgrammeLesson>,
}

/// A lesson as the course page lists it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProgrammeLesson {
    /// Its id.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// Video or text.
    pub kind: LessonKind,
    /// Seconds; of a text the time that reading takes.
    pub duration_s: i64,
    /// Whether strangers may take it.
    pub free_preview: bool,
}

/// Courses of one target score (CRS-37).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Track {
    /// The score: 60 or 80.
    pub track: i16,
    /// Its courses, those with the most students first.
    pub courses: Vec<TrackCourse>,
}

/// A course of a track, with what it is about.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TrackCourse {
    /// The course.
    #[serde(flatten)]
    pub card: CourseCard,
    /// The beginning of its description.
    pub summary: String,
    /// Titles of its topics, in order.
    pub topics: Vec<String>,
}

/// What a topic was before a change (CRS-39).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ModuleChanged {
    /// What it was called.
    pub title: String,
    /// When it opened; null: it was open.
    #[schema(required)]
    pub opens_at: Option<DateTime<Utc>>,
    /// Who changed it.
    pub by: CardAuthor,
    /// When.
    pub at: DateTime<Utc>,
}

/// What the caller is to a course.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Viewer {
    /// The caller teaches it.
    pub own: bool,
}

/// A course in its author's list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StudioCard {
    /// What everybody sees; lessons and modules count drafts too.
    #[serde(flatten)]
    pub card: CourseCard,
    /// How many things are missing before it can be published.
    pub problems: usize,
}

/// A course in the studio.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StudioCourse {
    /// What everybody sees; lessons and modules count drafts too.
    #[serde(flatten)]
    pub card: CourseCard,
    /// About the course.
    #[schema(required)]
    pub description: Option<Doc>,
    /// What you will learn.
    pub learn: Vec<String>,
    /// What you need before.
    pub requirements: Vec<String>,
    /// Skills gained, by id.
    pub skills: Vec<Uuid>,
    /// Whether a certificate is given.
    pub certificate: bool,
    /// Days of access; null is for ever.
    #[schema(required)]
    pub access_days: Option<i32>,
    /// Wrong answers after which the chats under its tasks open; null: the platform's number.
    #[schema(required)]
    pub chat_after: Option<i16>,
    /// The trailer's video with its progress.
    #[schema(required)]
    pub trailer: Option<VideoView>,
    /// The modules, in order.
    pub modules: Vec<StudioModule>,
    /// Version of the fields that PATCH changes; also the ETag.
    pub version: i32,
    /// What is missing before it can be published.
    pub missing: Vec<Missing>,
}

/// A module in the studio.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StudioModule {
    /// Its id.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// Homework for the whole module, plain text.
    #[schema(required)]
    pub homework: Option<String>,
    /// When it opens to learners; null: it is open.
    #[schema(required)]
    pub opens_at: Option<DateTime<Utc>>,
    /// Seconds, the sum of its lessons.
    pub duration_s: i64,
    /// Its lessons, in order.
    pub lessons: Vec<StudioLesson>,
}

/// A lesson in the studio.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StudioLesson {
    /// Its id.
    pub id: Uuid,
    /// The module it is in.
    pub module_id: Uuid,
    /// Its title.
    pub title: String,
    /// Video or text.
    pub kind: LessonKind,
    /// How far its content has come.
    pub state: ContentState,
    /// The text, or the text under the video.
    #[schema(required)]
    pub body: Option<Doc>,
    /// Homework, plain text.
    #[schema(required)]
    pub homework: Option<String>,
    /// Whether strangers may take it.
    pub free_preview: bool,
    /// Seconds; of a text the time that reading takes.
    pub duration_s: i64,
    /// The video with its progress.
    #[schema(required)]
    pub video: Option<VideoView>,
    /// Files to download.
    pub files: Vec<LessonFile>,
    /// How many tasks it has.
    pub questions: i64,
    /// Version of the fields that PATCH changes; also the ETag.
    pub version: i32,
}

/// A file to download with a lesson.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LessonFile {
    /// Its id.
    pub id: Uuid,
    /// Its name for people.
    pub name: String,
    /// Bytes.
    pub size: i64,
    /// Its type as it was sniffed.
    pub content_type: String,
    /// A document that may do something when it is opened: say so before.
    pub active_content: bool,
    /// Whether learners may keep a copy; if not, PDFs, pictures and texts are shown in the page.
    pub downloadable: bool,
}

impl Cover {
    /// The cover of `course`, if there is one.
    pub fn of(course: &Course) -> Option<Self> {
        let stored = course.stored_cover()?;
        let sizes = stored
            .sizes
            .iter()
            .map(|size| CoverSource {
                width: size.width,
                height: size.height,
                url: format!("/files/covers/{}/{}.webp", stored.id, size.width),
            })
            .collect();
        Some(Self { color: stored.color, sizes })
    }
}

impl CourseCore {
    /// The public part of `course`.
    pub fn of(course: &Course) -> Self {
        Self {
            id: course.id,
            title: course.title.clone(),
            subtitle: course.subtitle.clone(),
            cover: Cover::of(course),
            language: course.language,
            level: course.level,
            category_id: course.category_id,
            price: course.price().map(Price),
            old_price: course.old_price().map(Price),
            hours_s: seconds(course.duration_ms),
            lessons: course.lessons_count,
            modules_count: course.modules_count,
            students: course.students_count,
            rating: course.rating,
            rating_count: course.rating_count,
            track: course.track,
            state: course.state,
            updated_at: course.updated_at,
        }
    }
}

impl CourseCard {
    /// The card of `course`, taught by a person of this name.
    pub fn of(course: &Course, author_name: String) -> Self {
        let author = CardAuthor { id: course.author_id, name: author_name };
        Self { core: CourseCore::of(course), author }
    }
}

impl StudioModule {
    /// A module with its lessons.
    pub fn of(module: &Module, lessons: Vec<StudioLesson>) -> Self {
        Self {
            id: module.id,
            title: module.title.clone(),
            homework: module.homework.clone(),
            opens_at: module.opens_at,
            duration_s: seconds(module.duration_ms),
            lessons,
        }
    }
}

impl StudioLesson {
    /// A lesson with what belongs to it.
    pub fn of(
        lesson: &Lesson,
        video: Option<VideoView>,
        files: Vec<LessonFile>,
        questions: i64,
    ) -> Self {
        Self {
            id: lesson.id,
            module_id: lesson.module_id,
            title: lesson.title.clone(),
            kind: lesson.kind,
            state: lesson.state,
            body: lesson.body.clone().map(Doc),
            homework: lesson.homework.clone(),
            free_preview: lesson.free_preview,
            duration_s: seconds(lesson.duration_ms),
            video,
            files,
            questions,
            version: lesson.version,
        }
    }
}

/// Milliseconds as whole seconds, rounded down as a player's clock is; something short is not nothing.
pub fn seconds(ms: i64) -> i64 {
    ms.max(0).div_euclid(1000).max(i64::from(ms > 0))
}
