//! What a learner sees: my courses, a programme with marks, a lesson.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::access::{self, CanReadLesson, Ground};
use super::model::{EnrollmentRow, PlaceRow};
use super::outline::{self, Marks};
use super::views::{
    Completes, ContinueAt, Enrollment, LearnCourse, LearningRow, LessonCaptions, LessonPage,
    LessonVideo,
};
use super::{attempts, passage, progress, store, units};
use crate::app::App;
use crate::courses::{self, CourseCard, Doc, LessonFile, OutlineModule, seconds};
use crate::identity::Principal;
use crate::platform::http::{Page, PageQuery, Problem, cursor};
use crate::video::{self, Caption};

/// My courses, active last first.
pub async fn my_learning(
    app: &App,
    who: &Principal,
    query: &PageQuery,
) -> Result<Page<LearningRow>, Problem> {
    let after = query.cursor.as_deref().map(cursor::decode).transpose()?;
    let limit = query.limit();
    let mut conn = app.db.conn().await?;
    let rows = store::enrollments_of(&mut conn, who.user_id, after, limit + 1).await?;
    let page = Page::of(rows, limit, |row| (row.last_active_at, row.id));
    let ids: Vec<Uuid> = page.items.iter().map(|row| row.course_id).collect();
    let mut cards = courses::cards(&mut conn, &ids).await?;
    let now = app.clock.now();
    let outlines = courses::outlines(&mut conn, &ids).await?;
    let outlines: HashMap<Uuid, Vec<OutlineModule>> =
        outlines.into_iter().map(|(id, outline)| (id, outline::closed(outline, now))).collect();
    let mut rows_by_course: HashMap<Uuid, Vec<PlaceRow>> = HashMap::new();
    for row in store::places_in(&mut conn, who.user_id, &ids).await? {
        rows_by_course.entry(row.course_id).or_default().push(row);
    }
    let right = store::attempts::right_in(&mut conn, &[who.user_id], &ids).await?;
    let right: HashSet<Uuid> = right.into_iter().map(|(_, task)| task).collect();
    let items = page.items.iter().filter_map(|row| {
        let card = cards.remove(&row.course_id)?;
        let outline = outlines.get(&row.course_id).map_or(&[][..], Vec::as_slice);
        let rows = rows_by_course.remove(&row.course_id).unwrap_or_default();
        Some(learning_row(card, row, outline, &outline::marks(rows), &right))
    });
    Ok(Page { items: items.collect(), next_cursor: page.next_cursor.clone() })
}

fn learning_row(
    course: CourseCard,
    row: &EnrollmentRow,
    outline: &[OutlineModule],
    marks: &Marks<PlaceRow>,
    right: &HashSet<Uuid>,
) -> LearningRow {
    let lessons = marks.values().filter(|row| row.completed_at.is_some()).map(|row| row.lesson_id);
    let tally = units::units(outline).tally(&lessons.collect(), right);
    let next = outline::continue_with(outline, marks, row.last_lesson_id);
    LearningRow {
        course,
        enrollment: row.into(),
        lessons_done: tally.lessons_done,
        lessons: tally.lessons,
        tasks_right: tally.tasks_right,
        tasks: tally.tasks,
        percent: passage::percent(tally.done, tally.total),
        go_on: next.map(|lesson| ContinueAt {
            lesson_id: lesson.id,
            title: lesson.title.clone(),
            position_s: outline::resume_s(
                lesson.duration_ms,
                marks.get(&lesson.id).map(|place| place.position_ms),
            ),
            duration_s: seconds(lesson.duration_ms),
        }),
    }
}

/// My passage through the course, if I am enrolled and access has not ended.
pub async fn my_enrollment(
    app: &App,
    who: &Principal,
    course_id: Uuid,
) -> Result<Enrollment, Problem> {
    let mut conn = app.db.conn().await?;
    let row = store::enrollment(&mut conn, who.user_id, course_id).await?;
    let now = app.clock.now();
    let row = row.filter(|row| row.is_active(now)).ok_or_else(Problem::not_found)?;
    Ok((&row).into())
}

/// The programme of a course with one's own marks.
pub async fn programme(
    app: &App,
    who: &Principal,
    course_id: Uuid,
) -> Result<LearnCourse, Problem> {
    let mut conn = app.db.conn().await?;
    let now = app.clock.now();
    let passage = access::may_see_programme(&mut conn, who, course_id, now).await?;
    let course = courses::card(&mut conn, course_id).await?.ok_or_else(Problem::not_found)?;
    let mut outline = courses::outline(&mut conn, course_id).await?;
    if !access::is_inside(&mut conn, who, course_id).await? {
        outline = outline::closed(outline, now);
    }
    let right = store::attempts::right_in(&mut conn, &[who.user_id], &[course_id]).await?;
    let right = right.into_iter().map(|(_, task)| task).collect();
    let marks = outline::marks(store::progress_in(&mut conn, who.user_id, course_id).await?);
    let tally = store::tally(&mut conn, who.user_id, course_id, &units::units(&outline)).await?;
    let last = passage.as_ref().and_then(|passage| passage.last_lesson_id);
    let active_ms = match &passage {
        Some(passage) => passage.active_ms,
        None => marks.values().map(|row| row.active_ms).sum(),
    };
    Ok(LearnCourse {
        course,
        percent: passage::percent(tally.done, tally.total),
        lessons_done: tally.lessons_done,
        lessons: tally.lessons,
        tasks_right: tally.tasks_right,
        tasks: tally.tasks,
        continue_lesson_id: outline::continue_with(&outline, &marks, last).map(|lesson| lesson.id),
        active_s: active_ms / 1000,
        modules: outline::programme(&outline, &marks, &right, now),
    })
}

/// What is said in the lesson's video, in one language: WebVTT. Nothing has to play for it.
pub async fn captions(app: &App, proof: &CanReadLesson, language: &str) -> Result<String, Problem> {
    let face = proof.lesson();
    let video_id = face.video_id.filter(|_| face.is_ready).ok_or_else(Problem::not_found)?;
    let mut conn = app.db.conn().await?;
    video::captions_text(&mut conn, video_id, language).await
}

/// A lesson to take; whoever is signed in has opened it with this.
pub async fn lesson(app: &App, proof: &CanReadLesson) -> Result<LessonPage, Problem> {
    let mut conn = app.db.conn().await?;
    let face = proof.lesson();
    let row = progress::open(&mut conn, proof, app.clock.now()).await?;
    let text = courses::lesson_text(&mut conn, face.id).await?.ok_or_else(Problem::not_found)?;
    let files = courses::files_of(&mut conn, face.id).await?;
    // Next door may be closed to whoever takes a free preview.
    let (previous_id, next_id) = match proof.ground() {
        Ground::FreePreview => (None, None),
        Ground::Enrolled | Ground::Own | Ground::Staff => {
            let mut outline = courses::outline(&mut conn, face.course.id).await?;
            if !proof.ground().is_inside() {
                outline = outline::closed(outline, app.clock.now());
            }
            outline::neighbours(&outline, face.id)
        }
    };
    let tasks = match (proof.ground(), proof.reader()) {
        (Ground::FreePreview, _) | (_, None) => Vec::new(),
        (_, Some(reader)) => {
            attempts::rows_of_lesson(&mut conn, reader.user_id, &face.course, face.id).await?
        }
    };
    let video = match face.video_id.filter(|_| face.is_ready) {
        None => None,
        Some(id) => {
            let poster_url = video::poster(&mut conn, app, id).await?;
            let captions = video::captions_of(&mut conn, id).await?.into_iter();
            let captions =
                captions.map(|Caption { language, label, .. }| LessonCaptions { language, label });
            Some(LessonVideo {
                id,
                duration_s: seconds(face.duration_ms),
                poster_url,
                captions: captions.collect(),
            })
        }
    };
    Ok(LessonPage {
        id: face.id,
        course_id: face.course.id,
        module_id: face.module_id,
        title: face.title.clone(),
        kind: face.kind,
        body: text.body.map(Doc),
        homework: text.homework,
        files: files.into_iter().map(LessonFile::from).collect(),
        tasks,
        video,
        position_s: outline::resume_s(face.duration_ms, row.as_ref().map(|row| row.position_ms)),
        percent: outline::percent(face.kind, face.duration_ms, row.as_ref()),
        mark: outline::mark(row.as_ref()),
        active_s: row.as_ref().map_or(0, |row| row.active_ms / 1000),
        completes: Completes::of(face.kind),
        previous_id,
        next_id,
    })
}
