//! JSON of the studio's tasks, in and out.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::model::{TaskKind, TaskVersion};
use super::super::views::{CardAuthor, Doc};

/// When the worked solution of a task is shown; each part by itself is enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = SolutionRule)]
pub struct Rule {
    /// After a right answer.
    pub after_right: bool,
    /// After so many wrong answers, 0 to 100; null: not for that.
    #[schema(required)]
    pub after_wrong: Option<i32>,
    /// From this time on; null: not for that.
    #[schema(required)]
    pub after: Option<DateTime<Utc>>,
}

impl Default for Rule {
    fn default() -> Self {
        Self { after_right: true, after_wrong: Some(5), after: None }
    }
}

impl Rule {
    /// Whether it holds for somebody.
    pub fn holds(&self, was_right: bool, wrong: i32, now: DateTime<Utc>) -> bool {
        (self.after_right && was_right)
            || self.after_wrong.is_some_and(|least| wrong >= least)
            || self.after.is_some_and(|from| now >= from)
    }
}

/// A task as its editors see it, with the key.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StudioTask {
    /// Its id.
    pub id: Uuid,
    /// Its course.
    pub course_id: Uuid,
    /// Its topic.
    pub module_id: Uuid,
    /// The lesson that it belongs to, if any.
    #[schema(required)]
    pub lesson_id: Option<Uuid>,
    /// What kind of answer it asks for.
    pub kind: TaskKind,
    /// Its title.
    pub title: String,
    /// Its points.
    pub points: i16,
    /// Whether it counts for progress; of an older version: whether it did.
    pub required: bool,
    /// Wrong answers after which the chat under it opens; null: the course's number. The same.
    #[schema(required)]
    pub chat_after: Option<i16>,
    /// Nothing is asked yet: only its editors see it.
    pub drafted: bool,
    /// The version; also the ETag.
    pub version: i32,
    /// What is asked.
    pub statement: Doc,
    /// What learners see beside it.
    #[schema(value_type = judging::Body)]
    pub body: Value,
    /// When an answer is right; learners never see it.
    #[schema(value_type = judging::Key)]
    pub key: Value,
    /// The worked solution.
    #[schema(required)]
    pub solution: Option<Doc>,
    /// When it is shown.
    pub solution_rule: Rule,
    /// What the editor said about the change.
    #[schema(required)]
    pub note: Option<String>,
    /// Who wrote this version.
    pub edited_by: CardAuthor,
    /// When.
    pub edited_at: DateTime<Utc>,
}

/// A task in the lists of its editors.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StudioTaskRow {
    /// Its id.
    pub id: Uuid,
    /// Its topic.
    pub module_id: Uuid,
    /// The lesson that it belongs to, if any.
    #[schema(required)]
    pub lesson_id: Option<Uuid>,
    /// What kind of answer it asks for.
    pub kind: TaskKind,
    /// Its title.
    pub title: String,
    /// Its points.
    pub points: i16,
    /// Whether it counts for progress.
    pub required: bool,
    /// Its version.
    pub version: i32,
    /// Nothing is asked yet: only its editors see it.
    pub drafted: bool,
}

/// The rule of a version; one that cannot be read shows nothing.
pub fn rule_of(version: &Value) -> Rule {
    let never = Rule { after_right: false, after_wrong: None, after: None };
    serde_json::from_value(version.clone()).unwrap_or(never)
}

/// A new task.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
pub struct NewTask {
    /// The lesson that it belongs to; absent or null: the topic alone.
    #[serde(default)]
    pub lesson_id: Option<Uuid>,
    /// What kind of answer it asks for; never changes.
    pub kind: TaskKind,
    /// What it asks.
    #[serde(flatten)]
    pub fields: TaskFields,
}

/// What an editor writes of a task.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
pub struct TaskFields {
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// 0 to 1000; 1 when absent.
    #[serde(default = "one")]
    pub points: i16,
    /// Whether it counts for progress; it does when absent.
    #[serde(default = "yes")]
    pub required: bool,
    /// Wrong answers after which the chat under it opens, 0 (always) to 100; null: the course's number.
    #[serde(default)]
    pub chat_after: Option<i16>,
    /// What is asked. While it says nothing, learners do not see the task.
    #[schema(value_type = Doc)]
    pub statement: Value,
    /// What learners see beside it; of a number it follows from the key.
    #[serde(default = "empty")]
    #[schema(value_type = judging::Body)]
    pub body: Value,
    /// When an answer is right.
    #[serde(default = "empty")]
    #[schema(value_type = judging::Key)]
    pub key: Value,
    /// The worked solution.
    #[serde(default)]
    #[schema(value_type = Option<Doc>)]
    pub solution: Option<Value>,
    /// When it is shown.
    #[serde(default)]
    pub solution_rule: Rule,
    /// What the editor says about the change, up to 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub note: Option<String>,
}

fn one() -> i16 {
    1
}

fn yes() -> bool {
    true
}

fn empty() -> Value {
    Value::Object(serde_json::Map::new())
}

/// The order of a topic's tasks.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskOrder {
    /// Every task of the topic, once.
    pub tasks: Vec<Uuid>,
}

/// A picture for statements and solutions.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TaskPicture {
    /// Its id.
    pub id: Uuid,
    /// Its address: the `src` of an image in a document.
    pub url: String,
    /// Pixels across.
    pub width: i32,
    /// Pixels down.
    pub height: i32,
}

/// An answer to be tried on a task that is being written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialAnswer {
    /// What kind of answer the task asks for.
    pub kind: TaskKind,
    /// What learners see beside the statement.
    #[serde(default = "empty")]
    #[schema(value_type = judging::Body)]
    pub body: Value,
    /// When an answer is right.
    #[schema(value_type = judging::Key)]
    pub key: Value,
    /// The answer.
    #[schema(value_type = judging::Answer)]
    pub answer: Value,
    /// How numbers are read: uz, ru, en or he.
    #[serde(default)]
    pub locale: String,
}

impl From<TaskKind> for judging::Kind {
    fn from(kind: TaskKind) -> Self {
        match kind {
            TaskKind::Number => Self::Number,
            TaskKind::Text => Self::Text,
            TaskKind::Choice => Self::Choice,
            TaskKind::Choices => Self::Choices,
            TaskKind::Order => Self::Order,
            TaskKind::Match => Self::Match,
            TaskKind::Free => Self::Free,
            TaskKind::File => Self::File,
        }
    }
}

impl StudioTask {
    /// One version of a task.
    pub fn of(task: &super::super::model::Task, version: TaskVersion, editor: String) -> Self {
        Self {
            id: task.id,
            course_id: task.course_id,
            module_id: task.module_id,
            lesson_id: task.lesson_id,
            kind: task.kind,
            required: version.required,
            chat_after: version.chat_after,
            drafted: task.drafted,
            version: version.version,
            title: version.title,
            points: version.points,
            statement: Doc(version.statement),
            body: version.body,
            key: version.key,
            solution: version.solution.map(Doc),
            solution_rule: rule_of(&version.solution_rule),
            note: version.note,
            edited_by: CardAuthor { id: version.edited_by, name: editor },
            edited_at: version.created_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CRS-38
    #[test]
    fn a_solution_is_shown_by_the_authors_rule() {
        let now: DateTime<Utc> = "2026-11-21T10:00:00Z".parse().unwrap();
        let rule = Rule::default();
        assert!(
            !rule.holds(false, 4, now) && rule.holds(true, 0, now) && rule.holds(false, 5, now)
        );
        let never = Rule { after_right: false, after_wrong: None, after: None };
        assert!(!never.holds(true, 100, now));
        let timed = Rule { after: Some(now), ..never.clone() };
        assert!(timed.holds(false, 0, now));
        assert!(!timed.holds(false, 0, now - chrono::TimeDelta::seconds(1)));
        assert_eq!(
            rule_of(&serde_json::json!({"after_right": 7})),
            never,
            "unreadable shows nothing"
        );
    }
}
