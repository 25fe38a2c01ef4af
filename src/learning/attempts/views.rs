//! JSON of tasks as learners and graders see them. No type here has room for a key.

use chrono::{DateTime, Utc};
use judging::Score;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::model::{AttemptRow, RegradeRow, TaskStateRow, Verdict};
use super::super::views::LearnLesson;
use super::rules;
use crate::courses::{CourseFace, Doc, OutlineTask, Rule, TaskFace, TaskKind};
use crate::platform::text_enum;

text_enum! {
    /// Where somebody stands with a task.
    pub enum TaskState {
        /// Not answered.
        New = "new",
        /// The last answer was wrong.
        Wrong = "wrong",
        /// The last answer was right in part.
        Partial = "partial",
        /// It was answered right once.
        Right = "right",
        /// The last answer waits for a person.
        Pending = "pending",
    }
}

text_enum! {
    /// Whether the chat under a task is open.
    pub enum ChatState {
        /// Not yet.
        Closed = "closed",
        /// It is.
        Open = "open",
    }
}

/// A task in a list, with one's own marks.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TaskRow {
    /// Its id.
    pub id: Uuid,
    /// The lesson that it belongs to, if any.
    #[schema(required)]
    pub lesson_id: Option<Uuid>,
    /// Its title.
    pub title: String,
    /// What kind of answer it asks for.
    pub kind: TaskKind,
    /// Its points.
    pub points: i16,
    /// Whether it counts for progress.
    pub required: bool,
    /// Where one stands.
    pub state: TaskState,
    /// Answers so far.
    pub tries: i32,
    /// Wrong ones before the first right one.
    pub wrong: i32,
    /// Points earned, by the best answer.
    pub score: f64,
    /// Whether the chat under it is open.
    pub chat: ChatState,
    /// Wrong answers after which it opens; 0: always.
    pub chat_after: i32,
    /// Nothing is asked yet: only its editors see it.
    pub drafted: bool,
}

impl TaskRow {
    /// The row of a task as `state` has it.
    pub fn of(task: &TaskFace, state: Option<&TaskStateRow>) -> Self {
        let wrong = state.map_or(0, |state| state.wrong);
        let opened = state.is_some_and(|state| state.chat_open_at.is_some());
        let best = state.map_or(Score::ZERO, rules::best);
        Self {
            id: task.id,
            lesson_id: task.lesson_id,
            title: task.title.clone(),
            kind: task.kind,
            points: task.points,
            required: task.required,
            state: state_of(state),
            tries: state.map_or(0, |state| state.tries),
            wrong,
            score: best.of(task.points.into()),
            chat: if opened || wrong >= task.chat_after {
                ChatState::Open
            } else {
                ChatState::Closed
            },
            chat_after: task.chat_after,
            drafted: task.is_drafted,
        }
    }

    /// The row of a task of the outline, with its title and points.
    pub fn of_outline(
        task: &OutlineTask,
        course: &CourseFace,
        (title, points): (String, i16),
        state: Option<&TaskStateRow>,
    ) -> Self {
        let face = TaskFace {
            id: task.id,
            module_id: task.module_id,
            topic: String::new(),
            lesson_id: task.lesson_id,
            kind: task.kind,
            required: task.required,
            version: task.version,
            title,
            points,
            chat_after: task.chat_after(course),
            opens_at: None,
            is_removed: false,
            is_drafted: task.is_drafted,
            is_visible: true,
            course: course.clone(),
        };
        Self::of(&face, state)
    }
}

fn state_of(state: Option<&TaskStateRow>) -> TaskState {
    let Some(state) = state else { return TaskState::New };
    if state.first_right_at.is_some() {
        return TaskState::Right;
    }
    match state.last_verdict {
        None => TaskState::New,
        Some(Verdict::Right) => TaskState::Right,
        Some(Verdict::Wrong) => TaskState::Wrong,
        Some(Verdict::Partial) => TaskState::Partial,
        Some(Verdict::Pending) => TaskState::Pending,
    }
}

/// A course by name.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = TaskCourse)]
pub struct CourseName {
    /// Its id.
    pub id: Uuid,
    /// Its name in addresses.
    pub slug: String,
    /// Its title.
    pub title: String,
}

impl From<&CourseFace> for CourseName {
    fn from(course: &CourseFace) -> Self {
        Self { id: course.id, slug: course.id.to_string(), title: course.title.clone() }
    }
}

/// A topic with its lessons and tasks.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Topic {
    /// Its id: that of the module.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// Its place in the course, from 1.
    pub position: i32,
    /// Its course.
    pub course: CourseName,
    /// When it opens; null: it is open (LRN-18).
    #[schema(required)]
    pub opens_at: Option<DateTime<Utc>>,
    /// Whether it is open to the caller.
    pub is_open: bool,
    /// Whether the caller teaches the course or looks after it: its tasks may be edited.
    pub is_inside: bool,
    /// Its lessons, as in the course.
    pub lessons: Vec<LearnLesson>,
    /// Its tasks, in order; none while it is closed to the caller.
    pub tasks: Vec<TaskRow>,
    /// Units of progress done.
    pub done: i32,
    /// Units of progress in all.
    pub total: i32,
}

/// The topic of a task.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TaskTopic {
    /// Its id.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// Its place in the course, from 1.
    pub position: i32,
}

text_enum! {
    /// Whether a worked solution is shown.
    pub enum SolutionState {
        /// There is none.
        None = "none",
        /// Not yet.
        Closed = "closed",
        /// It is.
        Open = "open",
    }
}

/// Whether and when the worked solution is shown (CRS-38).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SolutionInfo {
    /// Whether it is shown to the caller.
    pub state: SolutionState,
    /// When it is.
    pub rule: Rule,
}

/// A file of an answer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AnsweredFile {
    /// Its id.
    pub id: Uuid,
    /// Its name for people.
    pub name: String,
    /// Bytes.
    pub size: i64,
    /// Where it is, signed for some minutes.
    #[serde(default)]
    #[schema(required)]
    pub url: Option<String>,
}

/// One answer and what became of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Attempt {
    /// Its id.
    pub id: Uuid,
    /// The n-th of this person at this task.
    pub no: i32,
    /// The version of the task that it answered.
    pub version: i32,
    /// As it was given.
    #[schema(value_type = judging::Answer)]
    pub answer: Value,
    /// What became of it.
    pub verdict: Verdict,
    /// The exact share of the points.
    pub score: Score,
    /// Points earned.
    pub points: f64,
    /// Which parts are right, where that is told.
    #[schema(required, value_type = Option<judging::Parts>)]
    pub parts: Option<Value>,
    /// How a number was read.
    #[schema(required)]
    pub read_as: Option<String>,
    /// What the grader says.
    #[schema(required)]
    pub comment: Option<String>,
    /// What the author says to whoever gives this answer.
    #[schema(required)]
    pub feedback: Option<String>,
    /// What it was before it was judged anew, by a mended key; null: it never was.
    #[schema(required)]
    pub regraded: Option<RegradedFrom>,
    /// Its files.
    #[schema(required)]
    pub files: Option<Vec<AnsweredFile>>,
    /// When it was handed in.
    pub created_at: DateTime<Utc>,
    /// When a person graded it.
    #[schema(required)]
    pub graded_at: Option<DateTime<Utc>>,
}

impl Attempt {
    /// The attempt of a task of this kind and these points; `link` makes addresses of its files.
    pub fn of(
        row: &AttemptRow,
        kind: TaskKind,
        points: i16,
        link: impl Fn(Uuid) -> Option<String>,
    ) -> Self {
        let score = Score::new(row.score_num.into(), row.score_den.into());
        let files: Option<Vec<AnsweredFile>> =
            row.files.clone().and_then(|files| serde_json::from_value(files).ok());
        let files = files.map(|files| {
            files.into_iter().map(|file| AnsweredFile { url: link(file.id), ..file }).collect()
        });
        Self {
            id: row.id,
            no: row.no,
            version: row.version,
            answer: row.answer.clone(),
            verdict: row.verdict,
            score,
            points: score.of(points.into()),
            parts: row.parts.clone(),
            read_as: (kind == TaskKind::Number).then(|| row.normal.clone()),
            comment: row.comment.clone(),
            feedback: row.feedback.clone(),
            regraded: None,
            files,
            created_at: row.created_at,
            graded_at: row.graded_at,
        }
    }
}

/// What an answer was before it was judged anew.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RegradedFrom {
    /// When it was judged anew; the last time, if more than once.
    pub at: DateTime<Utc>,
    /// What was said of it before.
    pub verdict: Verdict,
    /// Points earned before.
    pub points: f64,
}

impl RegradedFrom {
    /// Out of what was kept, for a task of these points.
    pub fn of(kept: &RegradeRow, points: i16) -> Self {
        let score = Score::new(kept.old_num.into(), kept.old_den.into());
        Self { at: kept.created_at, verdict: kept.old_verdict, points: score.of(points.into()) }
    }
}

/// A task to answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = LearnTask)]
pub struct TaskPage {
    /// What a list shows of it.
    #[serde(flatten)]
    pub row: TaskRow,
    /// The version to answer.
    pub version: i32,
    /// What is asked.
    pub statement: Doc,
    /// Options, items, limits; in the order in which the caller sees them.
    #[schema(value_type = judging::Body)]
    pub body: Value,
    /// What is typed and not yet handed in.
    #[schema(required, value_type = Option<judging::Answer>)]
    pub draft: Option<Value>,
    /// One's own answers, the last one first.
    pub attempts: Vec<Attempt>,
    /// Until the next answer is taken, seconds.
    pub wait_s: i64,
    /// Whether and when the worked solution is shown.
    pub solution: SolutionInfo,
    /// How many more wrong answers open the chat; 0 when it is open.
    pub need_wrong: i32,
    /// Whether the caller teaches the course or looks after it: the source may be opened, and the chats are others'.
    pub is_inside: bool,
    /// Its course.
    pub course: CourseName,
    /// Its topic.
    pub topic: TaskTopic,
    /// The task before in the topic.
    #[schema(required)]
    pub previous_id: Option<Uuid>,
    /// The task after in the topic.
    #[schema(required)]
    pub next_id: Option<Uuid>,
}

/// An answer to hand in.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAttempt {
    /// Chosen by the client, once for one press of the button: a repeated request meets the first one.
    pub client_key: Uuid,
    /// The version that was shown.
    pub version: i32,
    /// The answer.
    #[schema(value_type = judging::Answer)]
    pub answer: Value,
    /// Time spent on it, milliseconds.
    #[serde(default)]
    pub spent_ms: i64,
}

/// What became of an answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Submitted {
    /// The attempt.
    pub attempt: Attempt,
    /// The task as it stands now.
    pub task: TaskRow,
    /// How many more wrong answers open the chat; 0 when it is open.
    pub need_wrong: i32,
    /// Whether the chat opened with this answer.
    pub chat_opened: bool,
    /// What the author says to whoever gives this answer.
    #[schema(required)]
    pub feedback: Option<String>,
}

/// What is typed and not yet handed in.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// It; null forgets it.
    #[schema(value_type = Option<judging::Answer>)]
    pub answer: Value,
}

/// A worked solution.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WorkedSolution {
    /// It.
    pub solution: Doc,
}

/// An answer that waits for a person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GradingItem {
    /// The answer.
    pub attempt: Attempt,
    /// Its task.
    pub task: GradedTask,
    /// Its course.
    pub course: Named,
    /// Whose it is.
    pub student: Student,
}

/// A task as graders see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GradedTask {
    /// Its id.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// Text or files.
    pub kind: TaskKind,
    /// Its points.
    pub points: i16,
    /// What was asked.
    pub statement: Doc,
    /// What to grade by; may be empty.
    pub rubric: String,
}

/// A thing by its title.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = TitledCourse)]
pub struct Named {
    /// Its id.
    pub id: Uuid,
    /// Its title.
    pub title: String,
}

/// A student by name.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = StudentName)]
pub struct Student {
    /// The person.
    pub id: Uuid,
    /// First and last name.
    pub name: String,
}

/// Whether answers are to be judged anew.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRegrade {
    /// Without it, it is only counted what would change.
    #[serde(default)]
    pub apply: bool,
    /// Why, up to 500 characters; it stands in the audit log.
    #[serde(default)]
    pub reason: String,
}

/// What the present key says about answers that were given before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Regraded {
    /// The version whose key judges.
    pub version: i32,
    /// Answers looked at: those not right, to versions that look the same.
    pub looked: u64,
    /// How many of them get more than before. None gets less.
    pub better: u64,
    /// How many of those are right now.
    pub right: u64,
    /// Whether they are judged anew, in the background, person by person.
    pub applied: bool,
}

/// What a grader says about an answer.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGrade {
    /// The share of the points: above the line.
    pub score_num: u32,
    /// Below the line, 1 to 10 000.
    pub score_den: u32,
    /// For the student, up to 5000 characters.
    #[serde(default)]
    pub comment: Option<String>,
}
