//! Notes that a learner writes beside a lesson, at a moment of the film or about the whole of it.
//! They are the writer's own: nobody else reads them, and they stay when access has ended.

use std::collections::HashMap;
use std::fmt::Write;

use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::access::{self, CanReadLesson};
use super::model::NoteRow;
use super::store;
use super::views::{CourseNote, NewNote, Note, NoteChange};
use crate::app::App;
use crate::courses::{self, OutlineModule};
use crate::identity::Principal;
use crate::platform::http::{Checks, Code, Page, PageQuery, Problem, cursor};

/// Notes of one person in one lesson, at most.
const MOST_IN_LESSON: i64 = 200;
/// Notes of one person in one course, at most.
const MOST_IN_COURSE: i64 = 2_000;
/// The longest note, in characters.
const MAX_TEXT: usize = 10_000;

#[expect(clippy::cast_possible_truncation, reason = "checked to be within a million seconds")]
fn check(at_s: Option<f64>, text: &str) -> Result<(Option<i32>, String), Problem> {
    let mut checks = Checks::new();
    let text = checks.lines("text", text, 1..=MAX_TEXT);
    let valid = |s: f64| s.is_finite() && (0.0..=1e6).contains(&s);
    checks.ensure(
        at_s.is_none_or(valid),
        "at_s",
        Code::Invalid,
        "Seconds from the beginning, 0 or more.",
    );
    checks.done()?;
    Ok((at_s.map(|s| (s * 1000.0).round() as i32), text))
}

/// The reader's notes of the lesson.
pub async fn of_lesson(
    app: &App,
    proof: &CanReadLesson,
    learner: &Principal,
) -> Result<Vec<Note>, Problem> {
    let mut conn = app.db.conn().await?;
    let rows = store::notes::of_lesson(&mut conn, learner.user_id, proof.lesson().id).await?;
    Ok(rows.into_iter().map(Note::from).collect())
}

/// Writes a note under the id `id`, or finds that it has been written under it.
///
/// # Errors
/// `invalid`, `notes_limit`.
pub async fn add(
    app: &App,
    proof: &CanReadLesson,
    learner: &Principal,
    new: &NewNote,
    id: Uuid,
) -> Result<Note, Problem> {
    let (at_ms, text) = check(new.at_s, &new.text)?;
    let (user_id, now) = (learner.user_id, app.clock.now());
    let (lesson_id, course_id) = (proof.lesson().id, proof.lesson().course.id);
    let row = NoteRow {
        id,
        user_id,
        lesson_id,
        course_id,
        at_ms,
        text,
        created_at: now,
        updated_at: now,
    };
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<Note, Problem> {
            store::notes::lock_writer(conn, user_id).await?;
            if let Some(written) = store::notes::find(conn, id, user_id).await? {
                return Ok(written.into());
            }
            let (in_lesson, in_course) =
                store::notes::count(conn, user_id, lesson_id, course_id).await?;
            if in_lesson >= MOST_IN_LESSON || in_course >= MOST_IN_COURSE {
                return Err(Problem::new(Code::NotesLimit));
            }
            store::notes::insert(conn, &row).await?;
            Ok(row.clone().into())
        })
        .await
}

/// Changes a note of the caller's own.
///
/// # Errors
/// `not_found`, `invalid`.
pub async fn change(
    app: &App,
    who: &Principal,
    id: Uuid,
    change: NoteChange,
) -> Result<Note, Problem> {
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    let row = store::notes::find(&mut conn, id, who.user_id).await?;
    let mut row = row.ok_or_else(Problem::not_found)?;
    let (at_ms, text) = check(change.at_s.flatten(), change.text.as_deref().unwrap_or(&row.text))?;
    if change.at_s.is_some() {
        row.at_ms = at_ms;
    }
    row.text = text;
    row.updated_at = now;
    store::notes::save(&mut conn, &row).await?;
    Ok(row.into())
}

/// Deletes a note of the caller's own.
///
/// # Errors
/// `not_found`.
pub async fn delete(app: &App, who: &Principal, id: Uuid) -> Result<(), Problem> {
    let mut conn = app.db.conn().await?;
    let row = store::notes::find(&mut conn, id, who.user_id).await?;
    row.ok_or_else(Problem::not_found)?;
    store::notes::delete(&mut conn, id).await?;
    Ok(())
}

/// Whether the caller may look at their own notes of the course: whoever may see its programme, and
/// whoever once could.
async fn may_look_back(
    conn: &mut AsyncPgConnection,
    app: &App,
    who: &Principal,
    course_id: Uuid,
) -> Result<(), Problem> {
    let refused = match access::may_see_programme(conn, who, course_id, app.clock.now()).await {
        Ok(_) => return Ok(()),
        Err(problem) => problem,
    };
    match store::enrollment(conn, who.user_id, course_id).await? {
        Some(_) => Ok(()),
        None => Err(refused),
    }
}

/// One's own notes of a course, newest first, with the titles of their lessons.
pub async fn of_course(
    app: &App,
    who: &Principal,
    course_id: Uuid,
    query: &PageQuery,
) -> Result<Page<CourseNote>, Problem> {
    let after = query.cursor.as_deref().map(cursor::decode).transpose()?;
    let limit = query.limit();
    let mut held = app.db.conn().await?;
    let conn: &mut AsyncPgConnection = &mut held;
    may_look_back(conn, app, who, course_id).await?;
    let rows = store::notes::of_course(conn, who.user_id, course_id, after, limit + 1).await?;
    let outline = courses::outline(conn, course_id).await?;
    drop(held);
    let titles: HashMap<Uuid, &str> = outline
        .iter()
        .flat_map(|module| &module.lessons)
        .map(|lesson| (lesson.id, lesson.title.as_str()))
        .collect();
    Ok(Page::of(rows, limit, |row| (row.created_at, row.id)).map(|row| CourseNote {
        lesson_title: titles.get(&row.lesson_id).map(|title| (*title).to_owned()),
        note: row.into(),
    }))
}

/// One's own notes of a course as Markdown, in the order of the programme.
pub async fn markdown(app: &App, who: &Principal, course_id: Uuid) -> Result<String, Problem> {
    let mut held = app.db.conn().await?;
    let conn: &mut AsyncPgConnection = &mut held;
    may_look_back(conn, app, who, course_id).await?;
    let course = courses::card(conn, course_id).await?.ok_or_else(Problem::not_found)?;
    let outline = courses::outline(conn, course_id).await?;
    let rows = store::notes::of_course(conn, who.user_id, course_id, None, MOST_IN_COURSE).await?;
    drop(held);
    Ok(render(&course.core.title, &outline, rows))
}

fn render(title: &str, outline: &[OutlineModule], mut rows: Vec<NoteRow>) -> String {
    rows.sort_by_key(|row| (row.at_ms.is_some(), row.at_ms, row.created_at, row.id));
    let mut by_lesson: HashMap<Uuid, Vec<NoteRow>> = HashMap::new();
    for row in rows {
        by_lesson.entry(row.lesson_id).or_default().push(row);
    }
    let mut out = format!("# {title}\n");
    for lesson in outline.iter().flat_map(|module| &module.lessons) {
        if let Some(rows) = by_lesson.remove(&lesson.id) {
            section(&mut out, &lesson.title, &rows);
        }
    }
    // Lessons that were taken out of the programme.
    let mut rest: Vec<NoteRow> = by_lesson.into_values().flatten().collect();
    rest.sort_by_key(|row| (row.created_at, row.id));
    if !rest.is_empty() {
        section(&mut out, "…", &rest);
    }
    out
}

fn section(out: &mut String, title: &str, rows: &[NoteRow]) {
    // Writing into a string cannot fail.
    let _ = write!(out, "\n## {title}\n\n");
    for row in rows {
        let at = row.at_ms.map(|ms| format!("**{}** ", clock(ms))).unwrap_or_default();
        let text = row.text.replace('\n', "\n  ");
        let _ = writeln!(out, "- {at}{text}");
    }
}

/// `1:02:03`, `2:03`.
fn clock(ms: i32) -> String {
    let s = ms / 1000;
    match s / 3600 {
        0 => format!("{}:{:02}", s / 60, s % 60),
        hours => format!("{hours}:{:02}:{:02}", s / 60 % 60, s % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::courses::{LessonKind, OutlineLesson};

    fn note(lesson: u128, at_ms: Option<i32>, text: &str) -> NoteRow {
        let at = "2026-11-20T15:00:00Z".parse().unwrap();
        NoteRow {
            id: Uuid::now_v7(),
            user_id: Uuid::nil(),
            lesson_id: Uuid::from_u128(lesson),
            course_id: Uuid::nil(),
            at_ms,
            text: text.into(),
            created_at: at,
            updated_at: at,
        }
    }

    #[test]
    fn notes_are_exported_in_the_order_of_the_programme_and_of_the_film() {
        let lesson = |id: u128, title: &str| OutlineLesson {
            id: Uuid::from_u128(id),
            title: title.into(),
            kind: LessonKind::Video,
            duration_ms: 1,
            is_ready: true,
            free_preview: false,
            video_id: None,
        };
        let module = OutlineModule {
            id: Uuid::nil(),
            title: "M".into(),
            opens_at: None,
            tasks: Vec::new(),
            lessons: vec![lesson(2, "Joins"), lesson(1, "Select")],
        };
        let rows = vec![
            note(1, Some(3_723_000), "late"),
            note(1, None, "about\nall"),
            note(2, Some(61_500), "here"),
            note(9, None, "gone"),
        ];
        assert_eq!(
            render("SQL", &[module], rows),
            "# SQL\n\n## Joins\n\n- **1:01** here\n\n## Select\n\n- about\n  all\n\
             - **1:02:03** late\n\n## …\n\n- gone\n"
        );
    }

    #[test]
    fn a_note_has_text_and_a_place_that_can_be() {
        assert_eq!(check(Some(1.2345), " a\nb ").unwrap(), (Some(1_235), "a\nb".into()));
        for (at_s, text) in
            [(Some(-1.0), "a"), (Some(f64::NAN), "a"), (None, " "), (Some(1e7), "a")]
        {
            assert_eq!(check(at_s, text).unwrap_err().code(), Code::Invalid);
        }
        assert!(check(None, &"x".repeat(MAX_TEXT + 1)).is_err());
    }
}
