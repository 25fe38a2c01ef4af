//! What the chat may ask about tasks: whether a student's chat is open, what they answered, how far
//! they have come.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::model::Verdict;
use super::super::{passage, store, units};
use crate::courses::{self, TaskKind};
use crate::platform::http::Problem;

/// Whether the chat under a task is open to a student (MSG-08, MSG-09).
#[derive(Debug, Clone)]
pub struct TaskChat {
    /// Whether it is open. Once open, always open for this student.
    pub open: bool,
    /// How many more wrong answers open it; 0 when it is open.
    pub need_wrong: i32,
    /// Wrong answers so far, before the first right one.
    pub wrong: i32,
    /// Answers so far.
    pub tries: i32,
    /// The course.
    pub course_id: Uuid,
    /// Who teaches it.
    pub author_id: Uuid,
    /// The topic.
    pub module_id: Uuid,
    /// The lesson that the task belongs to, if any.
    pub lesson_id: Option<Uuid>,
    /// The task's title.
    pub title: String,
    /// The task's current version.
    pub version: i32,
    /// When the topic opens to learners; `None`: it is open.
    pub opens_at: Option<Timestamp>,
    /// Whether the task was taken off: what was said under it stays to be read.
    pub is_removed: bool,
}

/// The chat under the task `task_id` for the student `user_id`; `None` when there is no such task.
/// Who may learn in the course is not asked here.
///
/// A number that was lowered opens the chat with this reading, and for ever.
pub async fn task_chat_state(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    task_id: Uuid,
    now: Timestamp,
) -> Result<Option<TaskChat>, Problem> {
    let Some(task) = courses::task_face(conn, task_id).await? else { return Ok(None) };
    let state = store::attempts::state(conn, user_id, task_id).await?;
    let wrong = state.as_ref().map_or(0, |state| state.wrong);
    let was_open = state.as_ref().is_some_and(|state| state.chat_open_at.is_some());
    let open = was_open || wrong >= task.chat_after;
    if let (true, false, Some(_)) = (open, was_open, &state) {
        store::attempts::open_chat(conn, user_id, task_id, now).await?;
    }
    Ok(Some(TaskChat {
        open,
        need_wrong: if open { 0 } else { task.chat_after.saturating_sub(wrong) },
        wrong,
        tries: state.as_ref().map_or(0, |state| state.tries),
        course_id: task.course.id,
        author_id: task.course.author_id,
        module_id: task.module_id,
        lesson_id: task.lesson_id,
        title: task.title,
        version: task.version,
        opens_at: task.opens_at,
        is_removed: task.is_removed,
    }))
}

/// How many wrong answers are missing until the chats under these tasks open to the student, for those that
/// are not open. A room that is there without any answer was always open.
pub async fn chats_shut(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    tasks: &[Uuid],
    now: Timestamp,
) -> Result<HashMap<Uuid, u32>, Problem> {
    let mut shut = HashMap::new();
    if tasks.is_empty() {
        return Ok(shut);
    }
    // Next to none: a room is made when its chat opens.
    for task in store::attempts::unopened(conn, user_id, tasks).await? {
        if let Some(chat) = task_chat_state(conn, user_id, task, now).await?
            && !chat.open
        {
            shut.insert(task, u32::try_from(chat.need_wrong).unwrap_or(0).max(1));
        }
    }
    Ok(shut)
}

/// Notes that the chat under a task is open to the student, for ever, also where no answer has been given yet.
pub async fn keep_chat_open(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    task_id: Uuid,
    course_id: Uuid,
    now: Timestamp,
) -> Result<(), Problem> {
    store::attempts::lock_state(conn, user_id, task_id, course_id, now).await?;
    store::attempts::open_chat(conn, user_id, task_id, now).await?;
    Ok(())
}

/// An attempt as the curator sees it beside the chat.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TaskAttempt {
    /// Its id.
    pub id: Uuid,
    /// The n-th of this student at this task.
    pub no: i32,
    /// The version of the task that it answered.
    pub version: i32,
    /// What became of it.
    pub verdict: Verdict,
    /// The answer in words: options by their texts, not by their ids.
    pub shown: String,
    /// When it was handed in.
    pub at: DateTime<Utc>,
}

/// Attempts beside a chat, the newest ones.
const BESIDE: i64 = 50;
/// Characters of an answer beside a chat.
const WORDS: usize = 1000;

/// The student's last attempts at the task, the first one first, each at most [`WORDS`] long.
pub async fn attempts_of(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    task_id: Uuid,
) -> Result<Vec<TaskAttempt>, Problem> {
    let Some(task) = courses::task_face(conn, task_id).await? else { return Ok(Vec::new()) };
    let rows = store::attempts::last_of_task(conn, user_id, task_id, BESIDE).await?;
    let mut versions: Vec<i32> = rows.iter().map(|row| row.version).collect();
    versions.dedup();
    let bodies = courses::task_bodies(conn, task_id, &versions).await?;
    Ok(rows
        .into_iter()
        .map(|row| TaskAttempt {
            shown: shortened(in_words(task.kind, bodies.get(&row.version), &row.answer)),
            id: row.id,
            no: row.no,
            version: row.version,
            verdict: row.verdict,
            at: row.created_at,
        })
        .collect())
}

/// How far a student has come in a course.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CourseProgress {
    /// Per cent, one decimal, rounded down (LRN-05, LRN-06).
    pub percent: f64,
    /// Lessons completed.
    pub lessons_done: i32,
    /// Lessons in all.
    pub lessons: i32,
    /// Required tasks answered right.
    pub tasks_right: i32,
    /// Required tasks in all.
    pub tasks: i32,
}

/// How far the student has come in the course.
pub async fn progress_of(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    course_id: Uuid,
) -> Result<CourseProgress, Problem> {
    let outline = courses::outline(conn, course_id).await?;
    let tally = store::tally(conn, user_id, course_id, &units::units(&outline)).await?;
    Ok(CourseProgress {
        percent: passage::percent(tally.done, tally.total),
        lessons_done: tally.lessons_done,
        lessons: tally.lessons,
        tasks_right: tally.tasks_right,
        tasks: tally.tasks,
    })
}

/// The beginning of a long answer.
fn shortened(words: String) -> String {
    match words.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}…", words.get(..end).unwrap_or_default()),
        None => words,
    }
}

/// An answer in words, by the body of the version that it answered.
fn in_words(kind: TaskKind, body: Option<&Value>, answer: &Value) -> String {
    let texts = |list: &str| -> HashMap<String, String> {
        let items = body.and_then(|body| body.get(list)).and_then(Value::as_array);
        items
            .into_iter()
            .flatten()
            .filter_map(|item| {
                let id = item.get("id")?.as_str()?.to_owned();
                Some((id, courses::plain_text(item.get("text")?)))
            })
            .collect()
    };
    let name = |texts: &HashMap<String, String>, id: &Value| {
        let id = id.as_str().unwrap_or_default();
        texts.get(id).cloned().unwrap_or_else(|| id.to_owned())
    };
    match kind {
        TaskKind::Number | TaskKind::Text | TaskKind::Free => {
            answer.as_str().unwrap_or_default().to_owned()
        }
        TaskKind::Choice => name(&texts("options"), answer),
        TaskKind::Choices | TaskKind::Order => {
            let (list, between) =
                if kind == TaskKind::Choices { ("options", "; ") } else { ("items", " → ") };
            let texts = texts(list);
            let ids = answer.as_array().into_iter().flatten();
            ids.map(|id| name(&texts, id)).collect::<Vec<_>>().join(between)
        }
        TaskKind::Match => {
            let (left, right) = (texts("left"), texts("right"));
            let pairs = answer.as_object().into_iter().flatten();
            pairs
                .map(|(from, to)| {
                    format!("{} – {}", name(&left, &from.clone().into()), name(&right, to))
                })
                .collect::<Vec<_>>()
                .join("; ")
        }
        TaskKind::File => {
            let files = answer.get("files").and_then(Value::as_array).map_or(0, Vec::len);
            let text = answer.get("text").and_then(Value::as_str).unwrap_or_default();
            if text.is_empty() {
                format!("📎 {files}")
            } else {
                format!("📎 {files} · {text}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_long_answer_is_shortened_beside_a_chat() {
        assert_eq!(shortened("я".repeat(WORDS)), "я".repeat(WORDS));
        assert_eq!(shortened("я".repeat(WORDS + 1)), format!("{}…", "я".repeat(WORDS)));
    }

    #[test]
    fn an_answer_is_said_in_words() {
        let inline = |text: &str| {
            let words = json!([{"type": "text", "text": text}]);
            json!({"type": "doc", "content": [{"type": "paragraph", "content": words}]})
        };
        let body = json!({"options": [{"id": "x1", "text": inline("Red")}, {"id": "x2", "text": inline("Blue")}]});
        let say = |kind, body: &Value, answer: Value| in_words(kind, Some(body), &answer);
        assert_eq!(say(TaskKind::Choice, &body, json!("x2")), "Blue");
        assert_eq!(say(TaskKind::Choices, &body, json!(["x1", "gone"])), "Red; gone");
        assert_eq!(say(TaskKind::Number, &body, json!("0,5")), "0,5");
        let pairs = json!({"left": [{"id": "a", "text": inline("SQL")}], "right": [{"id": "b", "text": inline("1974")}]});
        assert_eq!(say(TaskKind::Match, &pairs, json!({"a": "b"})), "SQL – 1974");
        assert_eq!(
            say(TaskKind::File, &body, json!({"files": ["u"], "text": "see"})),
            "📎 1 · see"
        );
        assert_eq!(say(TaskKind::Choice, &body, json!([1])), "");
    }
}
