//! The percentage of a course in units (LRN-06): a required task is one, answered right; a lesson
//! without any is one, completed. Pure.
//!
//! Where every lesson has tasks it is right answers over questions, where none has it is lessons
//! completed over lessons.

use std::collections::HashSet;

use uuid::Uuid;

use crate::courses::OutlineModule;

/// What counts in a course.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Units {
    /// Required tasks.
    pub tasks: Vec<Uuid>,
    /// Lessons without a required task.
    pub lessons: Vec<Uuid>,
    /// All lessons.
    pub all_lessons: Vec<Uuid>,
}

/// How far somebody has come in them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Units done.
    pub done: i32,
    /// Units in all.
    pub total: i32,
    /// Lessons completed, those with tasks too.
    pub lessons_done: i32,
    /// Lessons in all.
    pub lessons: i32,
    /// Required tasks answered right.
    pub tasks_right: i32,
    /// Required tasks.
    pub tasks: i32,
}

/// The units of a course.
pub fn units(outline: &[OutlineModule]) -> Units {
    let all = || outline.iter().flat_map(|module| &module.tasks).filter(|task| task.required);
    let asked: HashSet<Uuid> = all().filter_map(|task| task.lesson_id).collect();
    let lessons = || outline.iter().flat_map(|module| &module.lessons).map(|lesson| lesson.id);
    Units {
        tasks: all().map(|task| task.id).collect(),
        lessons: lessons().filter(|lesson| !asked.contains(lesson)).collect(),
        all_lessons: lessons().collect(),
    }
}

impl Units {
    /// Counts what was done: `lessons` completed and `tasks` answered right, of whatever course.
    pub fn tally(&self, lessons: &HashSet<Uuid>, tasks: &HashSet<Uuid>) -> Tally {
        let among = |ids: &[Uuid], done: &HashSet<Uuid>| {
            count(ids.iter().filter(|id| done.contains(*id)).count())
        };
        let tasks_right = among(&self.tasks, tasks);
        Tally {
            done: among(&self.lessons, lessons).saturating_add(tasks_right),
            total: count(self.lessons.len()).saturating_add(count(self.tasks.len())),
            lessons_done: among(&self.all_lessons, lessons),
            lessons: count(self.all_lessons.len()),
            tasks_right,
            tasks: count(self.tasks.len()),
        }
    }
}

fn count(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::model::PassageState;
    use super::super::passage;
    use super::*;
    use crate::courses::{LessonKind, OutlineLesson, OutlineTask, TaskKind};

    fn task(id: u128, lesson: Option<u128>, required: bool) -> OutlineTask {
        OutlineTask {
            id: Uuid::from_u128(id),
            module_id: Uuid::nil(),
            lesson_id: lesson.map(Uuid::from_u128),
            kind: TaskKind::Number,
            required,
            chat_after: None,
            version: 1,
            is_drafted: false,
        }
    }

    fn lesson(id: u128) -> OutlineLesson {
        OutlineLesson {
            id: Uuid::from_u128(id),
            title: String::new(),
            kind: LessonKind::Text,
            duration_ms: 0,
            is_ready: true,
            free_preview: false,
            video_id: None,
        }
    }

    fn module(lessons: Vec<OutlineLesson>, tasks: Vec<OutlineTask>) -> Vec<OutlineModule> {
        let (id, title) = (Uuid::nil(), String::new());
        vec![OutlineModule { id, title, opens_at: None, lessons, tasks }]
    }

    fn ids(numbers: impl IntoIterator<Item = u128>) -> HashSet<Uuid> {
        numbers.into_iter().map(Uuid::from_u128).collect()
    }

    /// LRN-06 LRN-08: vectors P1 to P10: (questions, right, lessons without any, done) and what is shown.
    #[test]
    fn progress_is_right_answers_and_done_lessons_over_units() {
        for (name, questions, right, plain, done, shown, completed) in [
            ("P1", 20, 17, 0, 0, 85.0, false),
            ("P2", 20, 18, 0, 0, 90.0, false),
            ("P3", 0, 0, 0, 0, 0.0, false),
            ("P4", 0, 0, 7, 6, 85.7, false),
            ("P5", 40, 34, 3, 3, 86.0, false),
            ("P6", 1, 1, 9, 0, 10.0, false),
            ("P7", 1000, 850, 0, 0, 85.0, false),
            ("P8", 1000, 851, 0, 0, 85.1, false),
            ("P9", 20, 18, 0, 0, 90.0, false),
            ("P10", 25, 18, 0, 0, 72.0, false),
            ("whole", 3, 3, 2, 2, 100.0, true),
        ] {
            // Every question hangs on one lesson of its own beside the plain ones.
            let tasks = (0..questions).map(|n| task(10_000 + n, Some(1), true)).collect();
            let mut lessons: Vec<OutlineLesson> = (0..plain).map(|n| lesson(100 + n)).collect();
            if questions > 0 {
                lessons.push(lesson(1));
            }
            let units = units(&module(lessons, tasks));
            let lessons = ids((0..done).map(|n| 100 + n));
            let tally = units.tally(&lessons, &ids((0..right).map(|n| 10_000 + n)));
            assert_eq!(passage::percent(tally.done, tally.total), shown, "{name}");
            let state = passage::after(PassageState::InProgress, true, tally.done, tally.total);
            assert_eq!(state == PassageState::Completed, completed, "{name}");
        }
    }

    /// LRN-06
    #[test]
    fn bonus_tasks_count_nowhere_and_a_lesson_with_only_those_is_a_unit_itself() {
        let tasks = vec![task(11, Some(1), false), task(12, Some(2), true), task(13, None, true)];
        let units = units(&module(vec![lesson(1), lesson(2)], tasks));
        let tally = units.tally(&ids([1, 2]), &ids([11, 13]));
        let expected =
            Tally { done: 2, total: 3, lessons_done: 2, lessons: 2, tasks_right: 1, tasks: 2 };
        assert_eq!(tally, expected);
    }
}
