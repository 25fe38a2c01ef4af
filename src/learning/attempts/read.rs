//! What a learner sees: a topic with its tasks, a task to answer, its worked solution.

use std::collections::HashMap;

use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::super::access::{course_ground, is_opened};
use super::super::model::{AttemptRow, TaskStateRow};
use super::super::{outline, store, units};
use super::access::TriedTask;
use super::rules;
use super::views::{
    Attempt, Draft, RegradedFrom, SolutionInfo, SolutionState, TaskPage, TaskRow, TaskTopic, Topic,
    WorkedSolution,
};
use crate::app::App;
use crate::courses::{self, CourseFace, Doc, OutlineTask, Rule, TaskFace};
use crate::identity::Principal;
use crate::platform::http::{Code, Problem};
use crate::video;

/// Attempts that the page shows, the newest ones.
const SHOWN: i64 = 50;
/// Most bytes of a draft, as written out.
const MAX_DRAFT: usize = 100 * 1024;

/// A topic with its lessons and tasks. Before its time learners see that it is there, and nothing of it.
pub async fn topic(app: &App, who: &Principal, id: Uuid) -> Result<Topic, Problem> {
    let mut held = app.db.conn().await?;
    let conn: &mut AsyncPgConnection = &mut held;
    let now = app.clock.now();
    let face = courses::topic_face(conn, id).await?.ok_or_else(Problem::not_found)?;
    let ground = course_ground(conn, who, &face.course, now).await?;
    let whole = courses::outline(conn, face.course.id).await?;
    let is_inside = ground.is_inside();
    let whole = if is_inside { whole } else { outline::closed(whole, now) };
    let is_open = is_inside || is_opened(face.opens_at, now);
    let at = whole.iter().position(|module| module.id == id);
    let module = at.and_then(|at| whole.get(at));
    if module.is_none() && !is_inside {
        // There is nothing in it that learners could see.
        return Err(Problem::not_found());
    }
    let (user_id, course_id) = (who.user_id, face.course.id);
    let units = units::units(module.map(std::slice::from_ref).unwrap_or_default());
    let tally = store::tally(conn, user_id, course_id, &units).await?;
    let marks = outline::marks(store::progress_in(conn, user_id, course_id).await?);
    let lessons = module.iter().flat_map(|module| &module.lessons);
    let lessons = lessons.map(|lesson| outline::learn_lesson(lesson, &marks, is_open)).collect();
    let tasks = match module {
        // Those that ask nothing yet too: here they are found to be written on.
        _ if is_inside => courses::topic_tasks(conn, id).await?,
        Some(module) if is_open => module.tasks.clone(),
        _ => Vec::new(),
    };
    let tasks = rows(conn, user_id, &face.course, &tasks).await?;
    Ok(Topic {
        id,
        title: face.title,
        position: at.map_or(face.position.saturating_add(1), place),
        course: (&face.course).into(),
        opens_at: face.opens_at,
        is_open,
        is_inside,
        lessons,
        tasks,
        done: tally.done,
        total: tally.total,
    })
}

fn place(at: usize) -> i32 {
    i32::try_from(at).unwrap_or(0).saturating_add(1)
}

/// The tasks with the person's own marks.
async fn rows(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    course: &CourseFace,
    tasks: &[OutlineTask],
) -> Result<Vec<TaskRow>, Problem> {
    if tasks.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = tasks.iter().map(|task| task.id).collect();
    let mut titles = courses::task_titles(conn, &ids).await?;
    let states = store::attempts::states_in(conn, user_id, course.id).await?;
    let states: HashMap<Uuid, TaskStateRow> =
        states.into_iter().map(|state| (state.task_id, state)).collect();
    Ok(tasks
        .iter()
        .map(|task| {
            let named = titles.remove(&task.id).unwrap_or_default();
            TaskRow::of_outline(task, course, named, states.get(&task.id))
        })
        .collect())
}

/// The tasks of a lesson with the person's own marks (LRN-08).
pub async fn rows_of_lesson(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    course: &CourseFace,
    lesson_id: Uuid,
) -> Result<Vec<TaskRow>, Problem> {
    let mut tasks = courses::outline_tasks(conn, &[course.id]).await?;
    tasks.retain(|task| task.lesson_id == Some(lesson_id));
    rows(conn, user_id, course, &tasks).await
}

/// A task to answer. That it was shown, and in which version, is noted: for a day an answer to that
/// version is judged by it.
pub async fn task(app: &App, tried: &TriedTask) -> Result<TaskPage, Problem> {
    let mut held = app.db.conn().await?;
    let conn: &mut AsyncPgConnection = &mut held;
    let (task, user_id, now) = (&tried.task, tried.learner.user_id, app.clock.now());
    store::attempts::show(conn, user_id, task.id, task.course.id, task.version, now).await?;
    let mut state = store::attempts::state(conn, user_id, task.id).await?;
    if let Some(state) = &mut state
        && state.chat_open_at.is_none()
        && state.wrong >= task.chat_after
    {
        // The number was lowered: shown as open once, it stays open.
        store::attempts::open_chat(conn, user_id, task.id, now).await?;
        state.chat_open_at = Some(now);
    }
    let attempts = store::attempts::last_of_task(conn, user_id, task.id, SHOWN).await?;
    let ids: Vec<Uuid> = attempts.iter().map(|attempt| attempt.id).collect();
    let anew = store::regrades::last_of(conn, &ids).await?;
    let shown = courses::task_shown(conn, task.id, task.version).await?;
    let shown = shown.ok_or_else(Problem::not_found)?;
    let body = body_for(conn, task, task.version, &shown.body, user_id).await?;
    let whole = courses::outline(conn, task.course.id).await?;
    let at = whole.iter().position(|module| module.id == task.module_id);
    let among: Vec<Uuid> = at
        .and_then(|at| whole.get(at))
        .map(|module| module.tasks.iter().map(|task| task.id).collect())
        .unwrap_or_default();
    let here = among.iter().position(|id| *id == task.id);
    let near = |at: Option<usize>| at.and_then(|at| among.get(at)).copied();
    let row = TaskRow::of(task, state.as_ref());
    let solution = SolutionInfo {
        state: solution_state(tried, shown.has_solution, &shown.solution_rule, state.as_ref(), now),
        rule: shown.solution_rule,
    };
    let wait_s = wait_of(task, state.as_ref(), attempts.last().map(|last| last.created_at), now);
    let attempts = attempts.iter().rev();
    Ok(TaskPage {
        need_wrong: need_wrong(task, state.as_ref()),
        is_inside: tried.ground.is_inside(),
        row,
        version: shown.version,
        statement: Doc(shown.statement),
        body,
        draft: state.and_then(|state| state.draft),
        attempts: attempts
            .map(|attempt| Attempt {
                regraded: anew.get(&attempt.id).map(|kept| RegradedFrom::of(kept, task.points)),
                ..view_of(app, attempt, task, user_id)
            })
            .collect(),
        wait_s,
        solution,
        course: (&task.course).into(),
        topic: TaskTopic {
            id: task.module_id,
            title: task.topic.clone(),
            position: at.map_or(0, place),
        },
        previous_id: near(here.and_then(|here| here.checked_sub(1))),
        next_id: near(here.map(|here| here + 1)),
    })
}

/// An attempt at the task; its files are linked for `viewer`.
pub fn view_of(app: &App, row: &AttemptRow, task: &TaskFace, viewer: Uuid) -> Attempt {
    let owner_id = row.user_id;
    Attempt::of(row, task.kind, task.points, |id| {
        // Only what the link says of a file matters here; its row is asked when it is fetched.
        let file = video::StoredFile {
            id,
            name: String::new(),
            size: 0,
            content_type: String::new(),
            active_content: false,
            owner_id,
            downloadable: true,
        };
        Some(video::file_url(app, &file, viewer).0)
    })
}

/// The body in the order in which the person sees it.
pub async fn body_for(
    conn: &mut AsyncPgConnection,
    task: &TaskFace,
    version: i32,
    body: &Value,
    user_id: Uuid,
) -> Result<Value, Problem> {
    let key = courses::task_key(conn, task.id, version).await?.unwrap_or_default();
    let seed = rules::seed(task.id, user_id);
    Ok(judging::shown(task.kind.into(), body, &key, seed))
}

/// How many more wrong answers open the chat; 0 when it is open.
pub fn need_wrong(task: &TaskFace, state: Option<&TaskStateRow>) -> i32 {
    let Some(state) = state else { return task.chat_after };
    if state.chat_open_at.is_some() {
        0
    } else {
        task.chat_after.saturating_sub(state.wrong).max(0)
    }
}

/// Seconds until the next answer is taken.
pub fn wait_of(
    task: &TaskFace,
    state: Option<&TaskStateRow>,
    last: Option<Timestamp>,
    now: Timestamp,
) -> i64 {
    let Some(state) = state else { return 0 };
    rules::wait_s(task.kind, state.wrong, state.first_right_at.is_some(), last, now)
}

fn solution_state(
    tried: &TriedTask,
    has_solution: bool,
    rule: &Rule,
    state: Option<&TaskStateRow>,
    now: Timestamp,
) -> SolutionState {
    let was_right = state.is_some_and(|state| state.first_right_at.is_some());
    let wrong = state.map_or(0, |state| state.wrong);
    let seen = state.is_some_and(|state| state.solution_seen_at.is_some());
    if !has_solution {
        SolutionState::None
    } else if tried.ground.is_inside() || seen || rule.holds(was_right, wrong, now) {
        SolutionState::Open
    } else {
        SolutionState::Closed
    }
}

/// The worked solution, when the author's rule allows it (CRS-38).
///
/// # Errors
/// `not_found` when there is none, `solution_closed`.
pub async fn solution(app: &App, tried: &TriedTask) -> Result<WorkedSolution, Problem> {
    let mut held = app.db.conn().await?;
    let conn: &mut AsyncPgConnection = &mut held;
    let (task, user_id, now) = (&tried.task, tried.learner.user_id, app.clock.now());
    let state = store::attempts::state(conn, user_id, task.id).await?;
    let shown = courses::task_shown(conn, task.id, task.version).await?;
    let shown = shown.ok_or_else(Problem::not_found)?;
    match solution_state(tried, shown.has_solution, &shown.solution_rule, state.as_ref(), now) {
        SolutionState::None => Err(Problem::not_found()),
        SolutionState::Closed => Err(Problem::new(Code::SolutionClosed)),
        SolutionState::Open => {
            store::attempts::saw_solution(conn, user_id, task.id, now).await?;
            let solution = courses::task_solution(conn, task.id, task.version).await?;
            Ok(WorkedSolution { solution: Doc(solution.ok_or_else(Problem::not_found)?) })
        }
    }
}

/// Keeps what is typed and not yet handed in.
///
/// # Errors
/// `too_long` beyond 100 KiB.
pub async fn keep_draft(app: &App, tried: &TriedTask, draft: Draft) -> Result<(), Problem> {
    if draft.answer.to_string().len() > MAX_DRAFT {
        return Err(Problem::new(Code::Invalid).field(
            "answer",
            Code::TooLong,
            "At most 100 KiB are kept.",
        ));
    }
    let mut conn = app.db.conn().await?;
    let (task, user_id, now) = (&tried.task, tried.learner.user_id, app.clock.now());
    let kept = Some(&draft.answer).filter(|answer| !answer.is_null());
    store::attempts::set_draft(&mut conn, user_id, task.id, task.course.id, kept, now).await?;
    Ok(())
}
