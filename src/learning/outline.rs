//! One person's way through a course: marks, percentages, where to go on. Pure.

use std::collections::{HashMap, HashSet};

use kernel::Timestamp;
use uuid::Uuid;

use super::access::is_opened;

use super::model::{PlaceRow, ProgressRow};
use super::views::{LearnLesson, LearnModule, LockReason, Mark};
use crate::courses::{LessonKind, OutlineLesson, OutlineModule, seconds};
use crate::video::intervals::{self, Watched};

/// Share of a video, per cent, from which on there is nothing left to resume.
const NEARLY_OVER_PERCENT: i64 = 95;
/// How far before the last position a video goes on, milliseconds: one finds the thread again.
const REWIND_MS: i32 = 3_000;

/// A row about a lesson that was opened.
pub trait Opened {
    /// Which lesson.
    fn lesson_id(&self) -> Uuid;
    /// Whether it was completed.
    fn is_done(&self) -> bool;
}

impl Opened for ProgressRow {
    fn lesson_id(&self) -> Uuid {
        self.lesson_id
    }

    fn is_done(&self) -> bool {
        self.completed_at.is_some()
    }
}

impl Opened for PlaceRow {
    fn lesson_id(&self) -> Uuid {
        self.lesson_id
    }

    fn is_done(&self) -> bool {
        self.completed_at.is_some()
    }
}

/// The person's rows of one course, by lesson.
pub type Marks<R> = HashMap<Uuid, R>;

/// The rows by lesson.
pub fn marks<R: Opened>(rows: Vec<R>) -> Marks<R> {
    rows.into_iter().map(|row| (row.lesson_id(), row)).collect()
}

/// The lesson to go on with: the last one if it is not completed, else the first after it that is
/// not, else the first of all that is not, else the very first.
pub fn continue_with<'a, R: Opened>(
    outline: &'a [OutlineModule],
    marks: &Marks<R>,
    last: Option<Uuid>,
) -> Option<&'a OutlineLesson> {
    let open = |lesson: &&OutlineLesson| lesson.is_ready && !is_done(marks, lesson.id);
    lessons(outline)
        .skip_while(|lesson| Some(lesson.id) != last)
        .find(open)
        .or_else(|| lessons(outline).find(open))
        .or_else(|| lessons(outline).find(|lesson| lesson.is_ready))
}

/// The lessons before and after `id`; those that cannot be taken now are passed over.
pub fn neighbours(outline: &[OutlineModule], id: Uuid) -> (Option<Uuid>, Option<Uuid>) {
    let ids: Vec<Uuid> =
        lessons(outline).filter(|l| l.is_ready || l.id == id).map(|l| l.id).collect();
    let Some(at) = ids.iter().position(|lesson| *lesson == id) else { return (None, None) };
    let previous = at.checked_sub(1).and_then(|before| ids.get(before));
    (previous.copied(), ids.get(at + 1).copied())
}

/// The outline as a learner has it at `now`: lessons of topics that have not opened cannot be taken.
pub fn closed(mut outline: Vec<OutlineModule>, now: Timestamp) -> Vec<OutlineModule> {
    for module in &mut outline {
        if !is_opened(module.opens_at, now) {
            for lesson in &mut module.lessons {
                lesson.is_ready = false;
            }
        }
    }
    outline
}

/// The programme with marks at `now`; `right` are the tasks answered right.
pub fn programme(
    outline: &[OutlineModule],
    marks: &Marks<ProgressRow>,
    right: &HashSet<Uuid>,
    now: Timestamp,
) -> Vec<LearnModule> {
    let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    outline
        .iter()
        .map(|module| {
            let is_open = is_opened(module.opens_at, now);
            let solved = module.tasks.iter().filter(|task| right.contains(&task.id)).count();
            LearnModule {
                id: module.id,
                title: module.title.clone(),
                opens_at: module.opens_at,
                is_open,
                tasks: count(module.tasks.len()),
                tasks_right: count(solved),
                lessons: module
                    .lessons
                    .iter()
                    .map(|lesson| learn_lesson(lesson, marks, is_open))
                    .collect(),
            }
        })
        .collect()
}

/// A lesson of the programme.
pub fn learn_lesson(
    lesson: &OutlineLesson,
    marks: &Marks<ProgressRow>,
    is_open: bool,
) -> LearnLesson {
    let row = marks.get(&lesson.id);
    let reason = match (lesson.is_ready, is_open) {
        (true, _) => None,
        (false, true) => Some(LockReason::NotReady),
        (false, false) => Some(LockReason::TopicClosed),
    };
    LearnLesson {
        id: lesson.id,
        title: lesson.title.clone(),
        kind: lesson.kind,
        duration_s: seconds(lesson.duration_ms),
        mark: if lesson.is_ready { mark(row) } else { Mark::Locked },
        percent: percent(lesson.kind, lesson.duration_ms, row),
        reason,
    }
}

/// How far a lesson that can be taken has come.
pub fn mark(row: Option<&ProgressRow>) -> Mark {
    match row {
        None => Mark::Todo,
        Some(row) if row.completed_at.is_some() => Mark::Done,
        Some(_) => Mark::InProgress,
    }
}

/// Per cent of a lesson; a completed one keeps its 100.
pub fn percent(kind: LessonKind, duration_ms: i64, row: Option<&ProgressRow>) -> u8 {
    match row {
        None => 0,
        Some(row) if row.completed_at.is_some() => 100,
        Some(row) if kind == LessonKind::Video => {
            let duration = clamp_ms(duration_ms);
            intervals::percent(&Watched::from_flat(&row.watched, duration), duration)
        }
        Some(_) => 0,
    }
}

/// Where a video goes on, seconds (LRN-03): a little before the last position; from the beginning
/// when next to nothing is left.
pub fn resume_s(duration_ms: i64, position_ms: Option<i32>) -> f64 {
    let Some(position_ms) = position_ms else { return 0.0 };
    let nearly_over = duration_ms * NEARLY_OVER_PERCENT / 100;
    if duration_ms > 0 && i64::from(position_ms) >= nearly_over {
        return 0.0;
    }
    f64::from(position_ms.saturating_sub(REWIND_MS).max(0)) / 1000.0
}

/// Milliseconds as the intervals count them.
pub fn clamp_ms(ms: i64) -> i32 {
    i32::try_from(ms.max(0)).unwrap_or(i32::MAX)
}

fn lessons(outline: &[OutlineModule]) -> impl Iterator<Item = &OutlineLesson> {
    outline.iter().flat_map(|module| &module.lessons)
}

fn is_done<R: Opened>(marks: &Marks<R>, lesson_id: Uuid) -> bool {
    marks.get(&lesson_id).is_some_and(Opened::is_done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesson(id: u128, is_ready: bool) -> OutlineLesson {
        OutlineLesson {
            id: Uuid::from_u128(id),
            title: String::new(),
            kind: LessonKind::Video,
            duration_ms: 100_000,
            is_ready,
            free_preview: false,
            video_id: None,
        }
    }

    fn outline() -> Vec<OutlineModule> {
        let module = |id: u128, lessons| OutlineModule {
            id: Uuid::from_u128(id),
            title: String::new(),
            opens_at: None,
            lessons,
            tasks: Vec::new(),
        };
        vec![
            module(1, vec![lesson(11, true), lesson(12, true)]),
            module(2, vec![lesson(21, false), lesson(22, true)]),
        ]
    }

    fn row(id: u128, done: bool, position_ms: i32) -> ProgressRow {
        let now = "2026-11-20T15:00:00Z".parse().unwrap();
        ProgressRow {
            user_id: Uuid::nil(),
            lesson_id: Uuid::from_u128(id),
            course_id: Uuid::nil(),
            watched: vec![0, 50_000],
            position_ms,
            active_ms: 0,
            opened_at: now,
            reported_at: now,
            completed_at: done.then_some(now),
            created_at: now,
            updated_at: now,
        }
    }

    fn going_on(rows: Vec<ProgressRow>, last: Option<u128>) -> Option<u128> {
        continue_with(&outline(), &marks(rows), last.map(Uuid::from_u128))
            .map(|lesson| lesson.id.as_u128())
    }

    /// LRN-03
    #[test]
    fn one_goes_on_with_the_last_lesson_or_the_next_that_is_open() {
        assert_eq!(going_on(vec![], None), Some(11));
        assert_eq!(going_on(vec![row(12, false, 0)], Some(12)), Some(12));
        assert_eq!(going_on(vec![row(12, true, 0)], Some(12)), Some(22), "21 is not ready");
        assert_eq!(going_on(vec![row(22, true, 0)], Some(22)), Some(11));
        assert_eq!(
            going_on(vec![row(11, true, 0), row(12, true, 0), row(22, true, 0)], Some(22)),
            Some(11)
        );
        assert_eq!(going_on(vec![], Some(99)), Some(11), "the last lesson was removed");
    }

    /// LRN-02 LRN-05
    #[test]
    fn marks_and_counts_follow_the_rows_and_forget_removed_lessons() {
        let marks = marks(vec![row(11, true, 0), row(12, false, 0), row(99, true, 0)]);
        let now = "2026-11-20T15:00:00Z".parse().unwrap();
        let programme = programme(&outline(), &marks, &HashSet::new(), now);
        let shown: Vec<_> =
            programme.iter().flat_map(|m| &m.lessons).map(|l| (l.mark, l.percent)).collect();
        assert_eq!(
            shown,
            [(Mark::Done, 100), (Mark::InProgress, 50), (Mark::Locked, 0), (Mark::Todo, 0)]
        );
    }

    /// LRN-18
    #[test]
    fn a_topic_that_has_not_opened_locks_its_lessons_until_its_time() {
        let opens: Timestamp = "2026-11-20T15:00:00Z".parse().unwrap();
        let mut outline = outline();
        outline[0].opens_at = Some(opens);
        let before = opens - chrono::TimeDelta::seconds(1);
        let shown = |now| {
            let outline = closed(outline.clone(), now);
            programme(&outline, &HashMap::new(), &HashSet::new(), now)
        };
        let module = &shown(before)[0];
        assert!(!module.is_open);
        let lesson = &module.lessons[0];
        assert_eq!((lesson.mark, lesson.reason), (Mark::Locked, Some(LockReason::TopicClosed)));
        let module = &shown(opens)[0];
        assert!(module.is_open && module.lessons[0].mark == Mark::Todo);
        let closed = closed(outline.clone(), before);
        let next = continue_with(&closed, &Marks::<ProgressRow>::new(), None);
        assert_eq!(next.unwrap().id, Uuid::from_u128(22));
    }

    #[test]
    fn neighbours_pass_over_what_cannot_be_taken() {
        let id = |n: u128| Some(Uuid::from_u128(n));
        assert_eq!(neighbours(&outline(), Uuid::from_u128(12)), (id(11), id(22)));
        assert_eq!(neighbours(&outline(), Uuid::from_u128(11)), (None, id(12)));
        assert_eq!(neighbours(&outline(), Uuid::from_u128(99)), (None, None));
    }

    /// LRN-03
    #[test]
    fn a_video_goes_on_a_little_before_and_starts_anew_near_its_end() {
        assert_eq!(resume_s(100_000, None), 0.0);
        assert_eq!(resume_s(100_000, Some(42_500)), 39.5);
        assert_eq!(resume_s(100_000, Some(1_000)), 0.0);
        assert_eq!(resume_s(100_000, Some(95_000)), 0.0);
        assert_eq!(resume_s(0, Some(10_000)), 7.0, "the length is not known yet");
    }
}
