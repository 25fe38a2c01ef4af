//! Answers that a person grades (LRN-13): the author of the course, its curators, moderators, admins.

use std::collections::HashMap;

use diesel_async::AsyncPgConnection;
use judging::Score;
use serde_json::Value;
use uuid::Uuid;

use super::super::events::TaskChatOpened;
use super::super::model::{AttemptRow, Verdict};
use super::super::progress::Active;
use super::super::store;
use super::read::view_of;
use super::views::{Attempt, GradedTask, GradingItem, Named, NewGrade, Student};
use super::{rules, submit};
use crate::app::App;
use crate::courses::{self, Doc, GradedCourses};
use crate::identity::{self, Principal};
use crate::platform::events;
use crate::platform::http::{Checks, Code, Page, PageQuery, Problem, cursor};

/// Longest word to a student, characters.
const MAX_COMMENT: usize = 5000;
/// Largest number under the line of a grade.
const MAX_DEN: u32 = 10_000;

/// Answers that wait, the oldest first, in the courses whose answers the caller grades.
pub async fn list(
    app: &App,
    who: &Principal,
    course: Option<Uuid>,
    query: &PageQuery,
) -> Result<Page<GradingItem>, Problem> {
    let after = query.cursor.as_deref().map(cursor::decode).transpose()?;
    let limit = query.limit();
    let mut held = app.db.conn().await?;
    let conn: &mut AsyncPgConnection = &mut held;
    let among = match (courses::graded_courses(conn, who).await?, course) {
        (GradedCourses::All, None) => None,
        (GradedCourses::All, Some(course)) => Some(vec![course]),
        (GradedCourses::Of(ids), None) => Some(ids),
        (GradedCourses::Of(ids), Some(course)) => {
            Some(ids.into_iter().filter(|id| *id == course).collect())
        }
    };
    let rows =
        store::attempts::pending(conn, who.user_id, among.as_deref(), after, limit + 1).await?;
    let page = Page::of(rows, limit, |row| (row.created_at, row.id));
    let mut items = Vec::new();
    let ids: Vec<Uuid> = page.items.iter().map(|row| row.user_id).collect();
    let people = identity::people(conn, &ids).await?;
    let ids: Vec<Uuid> = page.items.iter().map(|row| row.course_id).collect();
    let titles: HashMap<Uuid, String> = courses::course_titles(conn, &ids).await?;
    for row in &page.items {
        // Taken off since, or its version gone with its course: nothing to grade it by.
        let Some(task) = courses::task_face(conn, row.task_id).await? else { continue };
        let Some(shown) = courses::task_shown(conn, row.task_id, row.version).await? else {
            continue;
        };
        let key = courses::task_key(conn, row.task_id, row.version).await?.unwrap_or_default();
        let rubric = key.get("rubric").and_then(Value::as_str).unwrap_or_default().to_owned();
        items.push(GradingItem {
            attempt: view_of(app, row, &task, who.user_id),
            task: GradedTask {
                id: task.id,
                title: shown.title,
                kind: task.kind,
                points: shown.points,
                statement: Doc(shown.statement),
                rubric,
            },
            course: Named {
                id: row.course_id,
                title: titles.get(&row.course_id).cloned().unwrap_or_default(),
            },
            student: Student {
                id: row.user_id,
                name: people.get(&row.user_id).map(|who| who.name.clone()).unwrap_or_default(),
            },
        });
    }
    Ok(Page { items, next_cursor: page.next_cursor })
}

impl NewGrade {
    fn check(self) -> Result<(Score, Option<String>), Problem> {
        let mut checks = Checks::new();
        let fits = (1..=MAX_DEN).contains(&self.score_den);
        checks.ensure(fits, "score_den", Code::Invalid, "Between 1 and 10 000.");
        let fits = self.score_num <= self.score_den;
        checks.ensure(fits, "score_num", Code::Invalid, "A share is at most the whole.");
        let comment = self.comment.map(|text| checks.lines("comment", &text, 0..=MAX_COMMENT));
        checks.done()?;
        let score = Score::new(self.score_num.into(), self.score_den.into());
        Ok((score, comment.filter(|text| !text.is_empty())))
    }
}

/// Grades an answer that waits. The student's counters and progress follow in the same transaction.
///
/// # Errors
/// `not_found` when the caller does not grade it, `forbidden` for one's own answer, `conflict` when it was
/// graded already.
pub async fn grade(
    app: &App,
    who: &Principal,
    attempt_id: Uuid,
    grade: NewGrade,
) -> Result<Attempt, Problem> {
    let (score, comment) = grade.check()?;
    let now = app.clock.now();
    app.db
        .transaction(async move |conn: &mut AsyncPgConnection| -> Result<Attempt, Problem> {
            let row = store::attempts::attempt(conn, attempt_id).await?;
            let row = row.ok_or_else(Problem::not_found)?;
            let (user_id, task_id, course_id) = (row.user_id, row.task_id, row.course_id);
            let may = match courses::graded_courses(conn, who).await? {
                GradedCourses::All => true,
                GradedCourses::Of(ids) => ids.contains(&course_id),
            };
            let task = courses::task_face(conn, task_id).await?.filter(|_| may);
            let task = task.ok_or_else(Problem::not_found)?;
            if user_id == who.user_id {
                return Err(
                    Problem::new(Code::Forbidden).detail("Nobody grades their own answers.")
                );
            }
            // In the order of a submission: the passage, then the state.
            let passage = store::lock_enrollment(conn, user_id, course_id).await?;
            let mut state =
                store::attempts::lock_state(conn, user_id, task_id, course_id, now).await?;
            let verdict = match score {
                Score::ONE => Verdict::Right,
                Score::ZERO => Verdict::Wrong,
                _ => Verdict::Partial,
            };
            let was_right = state.first_right_at.is_some();
            let is_last = state.last_attempt_id == Some(row.id);
            let counted =
                rules::count_grade(&mut state, verdict, score, is_last, task.chat_after, now);
            let row = AttemptRow {
                verdict,
                score_num: i32::try_from(score.num).map_err(Problem::internal)?,
                score_den: i32::try_from(score.den).map_err(Problem::internal)?,
                comment,
                graded_by: Some(who.user_id),
                graded_at: Some(now),
                opened_chat: counted.opened_chat,
                ..row
            };
            if !store::attempts::grade(conn, &row).await? {
                return Err(Problem::new(Code::Conflict).detail("This answer was graded already."));
            }
            store::attempts::save_state(conn, &state).await?;
            if counted.opened_chat {
                events::publish(conn, app, &TaskChatOpened { user_id, task_id, course_id }).await?;
            }
            let solved = !was_right && state.first_right_at.is_some();
            if let (Some(passage), true) = (passage, solved) {
                submit::go_on(conn, app, passage, &task, true, Active::Not, now).await?;
            }
            Ok(view_of(app, &row, &task, who.user_id))
        })
        .await
}
