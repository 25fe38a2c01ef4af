//! An answer is handed in (LRN-16). All of it is one transaction under the lock of the person's row of
//! the task: of two answers at once one is the first, and exactly one opens the chat.

use chrono::TimeDelta;
use diesel_async::AsyncPgConnection;
use judging::{Hint, Judged};
use kernel::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::events::TaskChatOpened;
use super::super::model::{AttemptRow, EnrollmentRow, TaskStateRow, Verdict};
use super::super::progress::{self, Active};
use super::super::{store, units};
use super::access::TriedTask;
use super::read::{body_for, need_wrong, view_of, wait_of};
use super::rules;
use super::views::{NewAttempt, Submitted, TaskRow};
use crate::app::App;
use crate::courses::{self, TaskFace, TaskKind, TaskShown};
use crate::platform::events;
use crate::platform::http::{Code, Problem};
use crate::video;

/// Most bytes of an answer, as written out.
const MAX_ANSWER: usize = 100 * 1024;
/// How long an answer to a version that was shown is judged by it, hours.
const SHOWN_HOURS: i64 = 24;
/// Answers of one person to one task that may wait for somebody at once.
const MAX_PENDING: i64 = 3;
/// Longest time that one may have spent on an answer, milliseconds: a day.
const MAX_SPENT_MS: i64 = 86_400_000;

/// What a request led to.
#[derive(Debug)]
pub struct HandedIn {
    /// The answer.
    pub submitted: Submitted,
    /// Whether it was taken with this request, not with one before.
    pub is_new: bool,
}

enum Outcome {
    Taken(Box<HandedIn>),
    /// Nearly right: given back once, uncounted. The note of that must be committed.
    Almost,
}

/// Judges an answer and keeps it.
///
/// # Errors
/// `answer_invalid` with `hint`: it cannot be read, and counts nothing; `key_reused`; `task_changed`
/// with the present `version`; `answers_waiting` while three wait to be read; `rate_limited` while one has to wait before guessing on.
pub async fn submit(app: &App, tried: &TriedTask, new: NewAttempt) -> Result<HandedIn, Problem> {
    if new.answer.to_string().len() > MAX_ANSWER {
        return Err(unreadable(Hint::TooLong));
    }
    let outcome = app
        .db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<Outcome, Problem> {
            hand_in(conn, app, tried, &new).await
        })
        .await?;
    match outcome {
        Outcome::Taken(handed) => Ok(*handed),
        Outcome::Almost => Err(unreadable(Hint::Almost)),
    }
}

fn unreadable(hint: Hint) -> Problem {
    let hint = serde_json::to_value(hint).unwrap_or_default();
    Problem::new(Code::AnswerInvalid).with("hint", hint)
}

async fn hand_in(
    conn: &mut AsyncPgConnection,
    app: &App,
    tried: &TriedTask,
    new: &NewAttempt,
) -> Result<Outcome, Problem> {
    let (user_id, now) = (tried.learner.user_id, app.clock.now());
    let (task_id, course_id) = (tried.task.id, tried.task.course.id);
    // The passage first, as everywhere: one order, no deadlocks.
    let passage = store::lock_enrollment(conn, user_id, course_id).await?;
    let mut state = store::attempts::lock_state(conn, user_id, task_id, course_id, now).await?;
    // Under the lock: it may have been changed since the request began.
    let task = courses::task_face(conn, task_id).await?.filter(|task| !task.is_removed);
    let task = task.ok_or_else(Problem::not_found)?;
    if let Some(row) = store::attempts::by_key(conn, user_id, task_id, new.client_key).await? {
        if row.answer != new.answer || row.version != new.version {
            return Err(Problem::new(Code::KeyReused));
        }
        return Ok(taken(app, &task, &state, &row, false));
    }
    // Sent again because the reply was lost: the same reply.
    if state.almost_key == Some(new.client_key) {
        return Ok(Outcome::Almost);
    }
    check_wait(conn, &task, &state, now).await?;
    let shown = version_to_judge(conn, &task, &state, new.version, now).await?;
    let judged = judge(conn, &task, &shown, user_id, &new.answer).await?;
    let verdict = match (judged.verdict, judged.hint) {
        (judging::Verdict::Invalid, hint) => {
            return Err(unreadable(hint.unwrap_or(Hint::Shape)));
        }
        (judging::Verdict::Wrong, Some(Hint::Almost)) if state.almost_at.is_none() => {
            state.almost_at = Some(now);
            state.almost_key = Some(new.client_key);
            store::attempts::save_state(conn, &state).await?;
            return Ok(Outcome::Almost);
        }
        (judging::Verdict::Right, _) => Verdict::Right,
        (judging::Verdict::Wrong, _) => Verdict::Wrong,
        (judging::Verdict::Partial, _) => Verdict::Partial,
        (judging::Verdict::Pending, _) => Verdict::Pending,
    };
    if verdict == Verdict::Pending
        && store::attempts::pending_of(conn, user_id, task_id).await? >= MAX_PENDING
    {
        return Err(Problem::new(Code::AnswersWaiting));
    }
    let files = match task.kind {
        TaskKind::File => Some(take_files(conn, app, user_id, &shown.body, &new.answer).await?),
        _ => None,
    };
    let was_right = state.first_right_at.is_some();
    let counted = rules::count(&mut state, verdict, judged.score, task.chat_after, now);
    let row = AttemptRow {
        id: app.id(),
        user_id,
        task_id,
        course_id,
        version: shown.version,
        no: state.tries,
        client_key: new.client_key,
        answer: new.answer.clone(),
        normal: judged.normal,
        verdict,
        score_num: i32::try_from(judged.score.num).map_err(Problem::internal)?,
        score_den: i32::try_from(judged.score.den).map_err(Problem::internal)?,
        parts: judged.parts.map(serde_json::to_value).transpose().map_err(Problem::internal)?,
        feedback: judged.feedback,
        opened_chat: counted.opened_chat,
        files,
        spent_ms: i32::try_from(new.spent_ms.clamp(0, MAX_SPENT_MS)).unwrap_or(0),
        comment: None,
        graded_by: None,
        graded_at: None,
        created_at: now,
    };
    store::attempts::insert(conn, &row).await?;
    state.last_attempt_id = Some(row.id);
    state.draft = None;
    store::attempts::save_state(conn, &state).await?;
    if counted.opened_chat {
        events::publish(conn, app, &TaskChatOpened { user_id, task_id, course_id }).await?;
    }
    let solved = !was_right && state.first_right_at.is_some();
    if let Some(passage) = passage {
        go_on(conn, app, passage, &task, solved, Active::Beside, now).await?;
    }
    Ok(taken(app, &task, &state, &row, true))
}

/// Writes that the learner was active and, when a task was `solved`, how far they have come with it.
pub(super) async fn go_on(
    conn: &mut AsyncPgConnection,
    app: &App,
    mut passage: EnrollmentRow,
    task: &TaskFace,
    solved: bool,
    active: Active,
    now: Timestamp,
) -> Result<(), Problem> {
    let outline = courses::outline(conn, task.course.id).await?;
    let units = units::units(&outline);
    if !solved && passage.units_total > 0 && active == Active::Not {
        return Ok(());
    }
    let tally = store::tally(conn, passage.user_id, task.course.id, &units).await?;
    progress::go_on(conn, app, &mut passage, tally, active, now).await
}

fn taken(
    app: &App,
    task: &TaskFace,
    state: &TaskStateRow,
    row: &AttemptRow,
    is_new: bool,
) -> Outcome {
    let submitted = Submitted {
        attempt: view_of(app, row, task, row.user_id),
        task: TaskRow::of(task, Some(state)),
        need_wrong: need_wrong(task, Some(state)),
        chat_opened: row.opened_chat,
        feedback: row.feedback.clone(),
    };
    Outcome::Taken(Box::new(HandedIn { submitted, is_new }))
}

async fn check_wait(
    conn: &mut AsyncPgConnection,
    task: &TaskFace,
    state: &TaskStateRow,
    now: Timestamp,
) -> Result<(), Problem> {
    if task.kind != TaskKind::Choice {
        return Ok(());
    }
    let last = store::attempts::last_at(conn, state.user_id, task.id).await?;
    match u64::try_from(wait_of(task, Some(state), last, now)) {
        Ok(wait) if wait > 0 => Err(Problem::new(Code::RateLimited)
            .detail("Think before the next guess.")
            .with("reason", "guessing")
            .retry_after(wait)),
        _ => Ok(()),
    }
}

/// The version that was answered, if it is the present one or was shown to this person within a day.
async fn version_to_judge(
    conn: &mut AsyncPgConnection,
    task: &TaskFace,
    state: &TaskStateRow,
    answered: i32,
    now: Timestamp,
) -> Result<TaskShown, Problem> {
    let fresh = state.shown_at.is_some_and(|at| now - at <= TimeDelta::hours(SHOWN_HOURS));
    let was_shown = fresh && state.shown_version == Some(answered);
    if answered != task.version && !was_shown {
        return Err(Problem::new(Code::TaskChanged).with("version", task.version));
    }
    let shown = courses::task_shown(conn, task.id, answered).await?;
    shown.ok_or_else(|| Problem::new(Code::TaskChanged).with("version", task.version))
}

async fn judge(
    conn: &mut AsyncPgConnection,
    task: &TaskFace,
    shown: &TaskShown,
    user_id: Uuid,
    answer: &Value,
) -> Result<Judged, Problem> {
    let key = courses::task_key(conn, task.id, shown.version).await?.unwrap_or_default();
    let body = body_for(conn, task, shown.version, &shown.body, user_id).await?;
    let (kind, language, answer) = (task.kind, task.course.language, answer.clone());
    let judged = move || judging::judge(kind.into(), &body, &key, &answer, language.as_str());
    if kind == TaskKind::Text {
        // Whatever is written as a pattern, nobody else waits for it.
        return tokio::task::spawn_blocking(judged).await.map_err(Problem::internal);
    }
    Ok(judged())
}

/// Makes files of the uploads that an answer names.
async fn take_files(
    conn: &mut AsyncPgConnection,
    app: &App,
    user_id: Uuid,
    body: &Value,
    answer: &Value,
) -> Result<Value, Problem> {
    let most_mb = body.get("max_mb").and_then(Value::as_i64).unwrap_or(0);
    let types: Vec<&str> = body
        .get("types")
        .and_then(Value::as_array)
        .map(|types| types.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let mut files = Vec::new();
    let uploads = answer.get("files").and_then(Value::as_array).into_iter().flatten();
    for upload in uploads.filter_map(Value::as_str) {
        let upload = Uuid::try_parse(upload).map_err(|_| unreadable(Hint::Shape))?;
        let file = video::take_file(conn, app, upload, user_id).await?;
        if file.size > most_mb.saturating_mul(1 << 20) {
            return Err(Problem::new(Code::TooLarge)
                .detail(format!("A file has at most {most_mb} MiB here.")));
        }
        let ending = file.name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
        let known = ending.is_some_and(|ending| types.contains(&ending.as_str()));
        if !types.is_empty() && !known {
            return Err(Problem::new(Code::FileType)
                .detail(format!("Accepted here are: {}.", types.join(", "))));
        }
        files.push(json!({"id": file.id, "name": file.name, "size": file.size}));
    }
    Ok(files.into())
}
