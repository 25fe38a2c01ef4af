//! A task's key was wrong: answers that were judged by it are judged anew by the present one, when the task's editor
//! asks for it. Only answers to versions that looked the same (statement and body), only those that the
//! machine judged, and only in favour of who gave them: nobody loses a point for a mistake of the school.
//! What was said before is kept (`regrades`).

use std::sync::Arc;

use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::model::{AttemptRow, RegradeRow, Verdict};
use super::super::progress::Active;
use super::super::store;
use super::views::{NewRegrade, Regraded};
use super::{rules, submit};
use crate::app::App;
use crate::courses::{self, GradedCourses, TaskFace};
use crate::identity::Principal;
use crate::platform::audit;
use crate::platform::http::{Checks, Problem};
use crate::platform::jobs::{self, Enqueue, Job, JobError, JobMeta, Lane};

/// Answers read at once.
const AT_ONCE: i64 = 500;

/// Judges the answers to a task anew by the key of a version.
#[derive(Debug, Serialize, Deserialize)]
pub struct Regrade {
    task_id: Uuid,
    version: i32,
    by: Uuid,
}

impl Job for Regrade {
    const KIND: &'static str = "learning.regrade";
    const LANE: Lane = Lane::Slow;

    async fn run(self, app: App, _: JobMeta) -> Result<(), JobError> {
        Ok(all(&app, &self).await?)
    }
}

/// What is judged by.
struct By {
    task: TaskFace,
    version: i32,
    body: Value,
    key: Value,
    /// The versions that looked the same, each with the key that its answers were judged by.
    alike: Vec<(i32, Value)>,
}

impl By {
    async fn of(
        conn: &mut AsyncPgConnection,
        task_id: Uuid,
        version: i32,
    ) -> Result<Option<Self>, Problem> {
        let Some(task) = courses::task_face(conn, task_id).await? else { return Ok(None) };
        let Some(shown) = courses::task_shown(conn, task_id, version).await? else {
            return Ok(None);
        };
        let Some(key) = courses::task_key(conn, task_id, version).await? else { return Ok(None) };
        let alike = courses::task_versions_alike(conn, task_id, &shown).await?;
        Ok(Some(Self { task, version, body: shown.body, key, alike }))
    }

    fn versions(&self) -> Vec<i32> {
        self.alike.iter().map(|(version, _)| *version).collect()
    }

    /// What becomes of an answer, if that is better than what became of it.
    fn better(&self, row: &AttemptRow) -> Option<AttemptRow> {
        let (_, old_key) = self.alike.iter().find(|(version, _)| *version == row.version)?;
        if row.graded_by.is_some() || !matches!(row.verdict, Verdict::Wrong | Verdict::Partial) {
            return None;
        }
        let kind = self.task.kind.into();
        let seed = rules::seed(self.task.id, row.user_id);
        // In the order in which it was shown then.
        let body = judging::shown(kind, &self.body, old_key, seed);
        let locale = self.task.course.language.as_str();
        let judged = judging::judge(kind, &body, &self.key, &row.answer, locale);
        let verdict = match judged.verdict {
            judging::Verdict::Right => Verdict::Right,
            judging::Verdict::Partial => Verdict::Partial,
            judging::Verdict::Wrong | judging::Verdict::Pending | judging::Verdict::Invalid => {
                return None;
            }
        };
        if judged.score <= rules::score_of(row) {
            return None;
        }
        Some(AttemptRow {
            verdict,
            score_num: i32::try_from(judged.score.num).ok()?,
            score_den: i32::try_from(judged.score.den).ok()?,
            parts: judged.parts.map(serde_json::to_value).transpose().ok()?,
            feedback: judged.feedback,
            ..row.clone()
        })
    }
}

/// What becomes of each of these answers where that is better. Whatever is written as a pattern, nobody else waits
/// for it.
async fn better_of(
    by: &Arc<By>,
    rows: Vec<AttemptRow>,
) -> Result<Vec<(AttemptRow, Option<AttemptRow>)>, Problem> {
    let by = Arc::clone(by);
    let judged = move || {
        let pair = |row| {
            let better = by.better(&row);
            (row, better)
        };
        rows.into_iter().map(pair).collect()
    };
    tokio::task::spawn_blocking(judged).await.map_err(Problem::internal)
}

/// Says how many answers the present key judges better, and, when that is asked for, has them judged by
/// it in the background.
///
/// # Errors
/// `not_found` unless the caller may edit the task, faults of the input.
pub async fn ask(
    app: &App,
    who: &Principal,
    task_id: Uuid,
    asked: NewRegrade,
) -> Result<Regraded, Problem> {
    let mut checks = Checks::new();
    let reason = checks.text("reason", &asked.reason, 0..=500);
    checks.done()?;
    let now = app.clock.now();
    let mut held = app.db.conn().await?;
    let conn: &mut AsyncPgConnection = &mut held;
    let task = courses::task_face(conn, task_id).await?.ok_or_else(Problem::not_found)?;
    let may = match courses::graded_courses(conn, who).await? {
        GradedCourses::All => true,
        GradedCourses::Of(ids) => ids.contains(&task.course.id),
    };
    let version = task.version;
    let by = By::of(conn, task_id, version).await?;
    let by = by.filter(|by| may && !by.task.is_removed).ok_or_else(Problem::not_found)?;
    let by = Arc::new(by);
    let mut told = Regraded { version, looked: 0, better: 0, right: 0, applied: asked.apply };
    let mut after = None;
    loop {
        let rows = store::regrades::judged(conn, task_id, &by.versions(), after, AT_ONCE).await?;
        let Some(last) = rows.last() else { break };
        after = Some((last.user_id, last.no));
        told.looked += rows.len() as u64;
        for better in better_of(&by, rows).await?.into_iter().filter_map(|(_, better)| better) {
            told.better += 1;
            told.right += u64::from(better.verdict == Verdict::Right);
        }
    }
    drop(held);
    if asked.apply {
        let job = Regrade { task_id, version, by: who.user_id };
        let entry = audit::Entry {
            actor: Some(who.user_id),
            action: "task.regraded",
            subject_kind: "task",
            subject_id: task_id,
            reason,
            details: json!({ "version": version, "better": told.better, "right": told.right }),
        };
        app.db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
                let how = Enqueue::now().dedup(format!("{task_id}:{version}"));
                jobs::enqueue(conn, app, &job, how).await?;
                Ok(audit::record(conn, entry, app.id(), now).await?)
            })
            .await?;
    }
    Ok(told)
}

/// Person by person, so that nobody waits for all others. Harmless when repeated: what is better already
/// does not become better still.
async fn all(app: &App, job: &Regrade) -> Result<(), Problem> {
    let mut held = app.db.conn().await?;
    let Some(by) = By::of(&mut held, job.task_id, job.version).await? else { return Ok(()) };
    let by = Arc::new(by);
    let versions = by.versions();
    let mut after = Uuid::nil();
    loop {
        let people =
            store::regrades::people(&mut held, job.task_id, &versions, after, AT_ONCE).await?;
        let Some(last) = people.last() else { return Ok(()) };
        after = *last;
        for user in people {
            app.db
                .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
                    person(conn, app, &by, job.by, user, app.clock.now()).await
                })
                .await?;
        }
    }
}

/// Judges one person's answers anew; their counters and progress follow in the same transaction.
async fn person(
    conn: &mut AsyncPgConnection,
    app: &App,
    by: &Arc<By>,
    regraded_by: Uuid,
    user_id: Uuid,
    now: Timestamp,
) -> Result<(), Problem> {
    let (task_id, course_id) = (by.task.id, by.task.course.id);
    // In the order of a submission: the passage, then the state.
    let passage = store::lock_enrollment(conn, user_id, course_id).await?;
    let mut state = store::attempts::lock_state(conn, user_id, task_id, course_id, now).await?;
    let given = store::attempts::of_task(conn, user_id, task_id).await?;
    let mut rows = Vec::with_capacity(given.len());
    let mut changed = false;
    for (row, better) in better_of(by, given).await? {
        let Some(better) = better else {
            rows.push(row);
            continue;
        };
        let kept = RegradeRow {
            id: app.id(),
            attempt_id: row.id,
            version: by.version,
            old_verdict: row.verdict,
            old_num: row.score_num,
            old_den: row.score_den,
            new_verdict: better.verdict,
            new_num: better.score_num,
            new_den: better.score_den,
            regraded_by,
            created_at: now,
        };
        store::regrades::replace(conn, &better, &kept).await?;
        rows.push(better);
        changed = true;
    }
    if !changed {
        return Ok(());
    }
    let was_right = state.first_right_at.is_some();
    rules::recount(&mut state, &rows, now);
    store::attempts::save_state(conn, &state).await?;
    let solved = !was_right && state.first_right_at.is_some();
    if let (Some(passage), true) = (passage, solved) {
        submit::go_on(conn, app, passage, &by.task, true, Active::Not, now).await?;
    }
    Ok(())
}
