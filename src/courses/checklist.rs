//! What a course still lacks before it can be published. Pure.

use std::collections::HashSet;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::content_state::is_ready;
use super::document;
use super::model::{Course, LessonHead, LessonKind, Module};
use crate::platform::text_enum;

text_enum! {
    /// One kind of gap.
    pub enum Gap {
        /// No title.
        Title = "title",
        /// No description.
        Description = "description",
        /// No category chosen.
        Category = "category",
        /// No level chosen.
        Level = "level",
        /// Not one module with a lesson in it.
        Lessons = "lessons",
        /// A module without a lesson and without a task.
        ModuleEmpty = "module_empty",
        /// A video lesson whose video cannot be watched yet.
        LessonVideo = "lesson_video",
        /// A text lesson without text, or with a text that was not submitted.
        LessonText = "lesson_text",
    }
}

impl Gap {
    /// What to do about it, in words.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Title => "Give the course a title.",
            Self::Description => "Describe the course.",
            Self::Category => "Choose a category.",
            Self::Level => "Choose a level.",
            Self::Lessons => "Add at least one module with a lesson.",
            Self::ModuleEmpty => "Add a lesson or a task to this module, or remove it.",
            Self::LessonVideo => "Upload a video and wait until it can be watched.",
            Self::LessonText => "Write the text of this lesson and submit it.",
        }
    }
}

/// One thing that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Missing {
    /// What is missing.
    pub code: Gap,
    /// The module or lesson concerned; the course itself when null.
    #[schema(required)]
    pub target_id: Option<Uuid>,
}

impl Missing {
    /// The place as an error names it: a field of the course, `modules.<id>` or `lessons.<id>`.
    pub fn field(&self) -> String {
        match (self.code, self.target_id) {
            (Gap::ModuleEmpty, Some(id)) => format!("modules.{id}"),
            (_, Some(id)) => format!("lessons.{id}"),
            (Gap::Category, None) => "category_id".to_owned(),
            (code, None) => code.as_str().to_owned(),
        }
    }
}

/// Everything that `course` lacks, in the order in which an author would fill it. `practised` are the modules with
/// tasks: a topic may be practice alone.
pub fn missing(
    course: &Course,
    modules: &[Module],
    lessons: &[LessonHead],
    practised: &HashSet<Uuid>,
) -> Vec<Missing> {
    let mut gaps = Vec::new();
    let mut of_course = |lacks: bool, code| {
        if lacks {
            gaps.push(Missing { code, target_id: None });
        }
    };
    of_course(course.title.trim().is_empty(), Gap::Title);
    of_course(course.description.as_ref().is_none_or(document::is_blank), Gap::Description);
    of_course(course.category_id.is_none(), Gap::Category);
    of_course(course.level.is_none(), Gap::Level);
    of_course(lessons.is_empty(), Gap::Lessons);
    if lessons.is_empty() {
        return gaps;
    }
    for module in modules {
        let mut own = lessons.iter().filter(|lesson| lesson.module_id == module.id).peekable();
        if own.peek().is_none() && !practised.contains(&module.id) {
            gaps.push(Missing { code: Gap::ModuleEmpty, target_id: Some(module.id) });
        }
        for lesson in own {
            if let Some(code) = lesson_gap(lesson) {
                gaps.push(Missing { code, target_id: Some(lesson.id) });
            }
        }
    }
    gaps
}

/// A text is submitted only with words in it, and a draft again when they are taken away, so its
/// state says enough.
fn lesson_gap(lesson: &LessonHead) -> Option<Gap> {
    let gap = match lesson.kind {
        LessonKind::Video => Gap::LessonVideo,
        LessonKind::Text => Gap::LessonText,
    };
    (!is_ready(lesson.state)).then_some(gap)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::model::{ContentState, CourseState, Language, Level};
    use super::*;

    fn course() -> Course {
        let now = "2026-11-20T15:00:00Z".parse().unwrap();
        Course {
            id: Uuid::nil(),
            author_id: Uuid::nil(),
            state: CourseState::Draft,
            title: "SQL".into(),
            subtitle: String::new(),
            description: None,
            category_id: None,
            level: None,
            language: Language::Uz,
            learn: vec![],
            requirements: vec![],
            price_amount: None,
            price_currency: None,
            old_price_amount: None,
            certificate: false,
            access_days: None,
            track: None,
            chat_after: None,
            cover: None,
            trailer_video_id: None,
            trailer_duration_ms: None,
            duration_ms: 0,
            modules_count: 0,
            lessons_count: 0,
            files_count: 0,
            students_count: 0,
            rating: None,
            rating_count: 0,
            version: 1,
            published_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    fn module(n: u128) -> Module {
        Module {
            id: Uuid::from_u128(n),
            course_id: Uuid::nil(),
            position: 0,
            title: "M".into(),
            homework: None,
            opens_at: None,
            duration_ms: 0,
        }
    }

    fn lesson(n: u128, module: u128, kind: LessonKind, state: ContentState) -> LessonHead {
        LessonHead {
            id: Uuid::from_u128(n),
            course_id: Uuid::nil(),
            module_id: Uuid::from_u128(module),
            title: "L".into(),
            kind,
            state,
            free_preview: false,
            video_id: None,
            duration_ms: 0,
        }
    }

    fn codes(gaps: &[Missing]) -> Vec<(Gap, Option<u128>)> {
        gaps.iter().map(|gap| (gap.code, gap.target_id.map(|id| id.as_u128()))).collect()
    }

    /// CRS-23
    #[test]
    fn a_new_course_lacks_nearly_everything() {
        let gaps = missing(&course(), &[], &[], &HashSet::new());
        assert_eq!(
            codes(&gaps),
            [
                (Gap::Description, None),
                (Gap::Category, None),
                (Gap::Level, None),
                (Gap::Lessons, None)
            ]
        );
    }

    /// CRS-23
    #[test]
    fn each_gap_points_at_its_module_or_lesson() {
        let mut full = course();
        full.description = Some(
            json!({"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "x"}]}]}),
        );
        full.category_id = Some(Uuid::nil());
        full.level = Some(Level::All);
        let modules = [module(1), module(2)];
        let mut lessons = vec![
            lesson(11, 1, LessonKind::Video, ContentState::Submitted),
            lesson(12, 1, LessonKind::Video, ContentState::Processed),
            lesson(14, 1, LessonKind::Text, ContentState::Drafted),
            lesson(15, 1, LessonKind::Text, ContentState::Done),
        ];
        assert_eq!(
            codes(&missing(&full, &modules, &lessons, &HashSet::new())),
            [
                (Gap::LessonVideo, Some(11)),
                (Gap::LessonText, Some(14)),
                (Gap::ModuleEmpty, Some(2))
            ]
        );
        lessons.retain(|lesson| [12, 15].contains(&lesson.id.as_u128()));
        assert_eq!(missing(&full, &modules[..1], &lessons, &HashSet::new()), []);
        let practised = HashSet::from([modules[1].id]);
        assert_eq!(missing(&full, &modules, &lessons, &practised), [], "a topic of tasks alone");
    }
}
