//! Tasks written, changed, put in order, taken off: by the author, the curators of the course,
//! moderators and admins; every version is kept with who wrote it and when (CRS-39).

use std::collections::HashSet;

use diesel_async::AsyncPgConnection;
use judging::Judged;
use kernel::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::document;
use super::super::edit::lock_for_editor;
use super::super::inputs::{MAX_TITLE, check_chat_after, whole_document};
use super::super::model::{Course, Module, Task, TaskKind, TaskVersion};
use super::super::programme::changed_for;
use super::super::store;
use super::super::store::tasks::NewTaskRow;
use super::face::{GradedCourses, graded_courses};
use super::views::{NewTask, StudioTask, StudioTaskRow, TaskFields, TrialAnswer};
use crate::app::App;
use crate::identity::{self, Principal};
use crate::platform::audit;
use crate::platform::http::{Checks, Code, IfMatch, Problem};

/// Most tasks in a course.
const MAX_TASKS: i64 = 2000;
/// Most points of a task.
const MAX_POINTS: i16 = 1000;
/// Longest word about a change, characters.
const MAX_NOTE: usize = 500;
/// Longest text of an option, characters.
const MAX_OPTION: usize = 2000;
/// Versions that are listed.
const MAX_VERSIONS: i64 = 200;

/// The tasks of a course, in order within each topic.
pub async fn list(app: &App, course_id: Uuid) -> Result<Vec<StudioTaskRow>, Problem> {
    let mut conn = app.db.conn().await?;
    let tasks = store::tasks::of_courses(&mut conn, &[course_id]).await?;
    let ids: Vec<Uuid> = tasks.iter().map(|task| task.id).collect();
    let mut titles = store::tasks::titles(&mut conn, &ids).await?;
    let row = |task: Task| {
        let (title, points) = titles.remove(&task.id).unwrap_or_default();
        StudioTaskRow {
            id: task.id,
            module_id: task.module_id,
            lesson_id: task.lesson_id,
            kind: task.kind,
            title,
            points,
            required: task.required,
            version: task.version,
            drafted: task.drafted,
        }
    };
    Ok(tasks.into_iter().map(row).collect())
}

/// One task with its key.
pub async fn one(app: &App, id: Uuid) -> Result<StudioTask, Problem> {
    let mut conn = app.db.conn().await?;
    let task = store::tasks::task(&mut conn, id).await?.ok_or_else(Problem::not_found)?;
    let version = store::tasks::version(&mut conn, id, task.version).await?;
    let version = version.ok_or_else(|| Problem::internal("a task without its version"))?;
    let people = identity::people(&mut conn, &[version.edited_by]).await?;
    let name = people.get(&version.edited_by).map(|person| person.name.clone());
    Ok(StudioTask::of(&task, version, name.unwrap_or_default()))
}

/// Its versions, the last one first.
pub async fn versions(app: &App, task: &Task) -> Result<Vec<StudioTask>, Problem> {
    let mut conn = app.db.conn().await?;
    let versions = store::tasks::versions(&mut conn, task.id, MAX_VERSIONS).await?;
    let ids: Vec<Uuid> = versions.iter().map(|version| version.edited_by).collect();
    let people = identity::people(&mut conn, &ids).await?;
    let name = |id: &Uuid| people.get(id).map(|person| person.name.clone()).unwrap_or_default();
    Ok(versions
        .into_iter()
        .map(|version| {
            let name = name(&version.edited_by);
            StudioTask::of(task, version, name)
        })
        .collect())
}

/// Adds a task under `id` behind the others of its topic, unless it was added before.
pub async fn create(
    app: &App,
    editor: &Principal,
    module: &Module,
    id: Uuid,
    new: NewTask,
) -> Result<(), Problem> {
    let fields = checked(new.kind, new.fields)?;
    let (now, kind, lesson_id) = (app.clock.now(), new.kind, new.lesson_id);
    let (course_id, module_id) = (module.course_id, module.id);
    app.db
        .transaction(async move |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let course = lock_for_editor(conn, course_id, editor).await?;
            if store::tasks::task(conn, id).await?.is_some() {
                return Ok(());
            }
            // Under the lock: the topic may have gone since the request began.
            store::outline::module(conn, module_id).await?.ok_or_else(Problem::not_found)?;
            if let Some(lesson_id) = lesson_id {
                let lesson = store::outline::head(conn, lesson_id).await?;
                if lesson.is_none_or(|lesson| lesson.module_id != module_id) {
                    return Err(Problem::invalid("lesson_id", "The topic has no such lesson."));
                }
            }
            if store::tasks::count_of_course(conn, course_id).await? >= MAX_TASKS {
                return Err(Problem::new(Code::QuotaExceeded)
                    .detail("There is room for 2000 tasks in a course."));
            }
            let drafted = asks_nothing(&fields);
            let row = NewTaskRow { course_id, module_id, lesson_id, kind, drafted };
            let first = version_of(id, 1, fields, editor.user_id, now)?;
            store::tasks::insert(conn, &row, &first).await?;
            changed_for(conn, app, &course, !drafted).await
        })
        .await
}

/// Writes a further version, if the task still has the one that the change was made against.
pub async fn change(
    app: &App,
    editor: &Principal,
    task: &Task,
    expected: IfMatch,
    fields: TaskFields,
) -> Result<(), Problem> {
    let fields = checked(task.kind, fields)?;
    let (now, id) = (app.clock.now(), task.id);
    app.db
        .transaction(async move |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let (course, task) = lock(conn, task, editor).await?;
            expected.check(task.version)?;
            let drafted = asks_nothing(&fields);
            let counts = task.required != fields.required || task.drafted != drafted;
            let next = task.version.saturating_add(1);
            let version = version_of(id, next, fields, editor.user_id, now)?;
            store::tasks::change(conn, &version, drafted).await?;
            changed_for(conn, app, &course, counts).await
        })
        .await
}

/// Takes a task off; what was answered stays.
pub async fn remove(app: &App, editor: &Principal, task: &Task) -> Result<(), Problem> {
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let (course, task) = lock(conn, task, editor).await?;
            store::tasks::remove(conn, task.id, app.clock.now()).await?;
            let details = json!({ "course": course.id, "module": task.module_id });
            audit::note(conn, app, editor.user_id, "task.removed", ("task", task.id), details)
                .await?;
            changed_for(conn, app, &course, true).await
        })
        .await
}

/// Puts the tasks of a topic into the order given, all of them or none.
pub async fn reorder(
    app: &App,
    editor: &Principal,
    module: &Module,
    ids: Vec<Uuid>,
) -> Result<(), Problem> {
    app.db
        .transaction(async move |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let course = lock_for_editor(conn, module.course_id, editor).await?;
            let there = store::tasks::ids_of_module(conn, module.id).await?;
            let there: HashSet<Uuid> = there.into_iter().collect();
            let wanted: HashSet<Uuid> = ids.iter().copied().collect();
            if wanted != there || wanted.len() != ids.len() {
                return Err(Problem::new(Code::OrderStale));
            }
            store::tasks::reorder(conn, &ids, app.clock.now()).await?;
            let details = json!({ "course": course.id, "tasks": ids });
            audit::note(
                conn,
                app,
                editor.user_id,
                "task.reordered",
                ("module", module.id),
                details,
            )
            .await?;
            changed_for(conn, app, &course, false).await
        })
        .await
}

/// Refuses whoever may edit no course's tasks.
///
/// # Errors
/// `forbidden`.
pub async fn writes_tasks(app: &App, who: &Principal) -> Result<(), Problem> {
    let mut conn = app.db.conn().await?;
    match graded_courses(&mut conn, who).await? {
        GradedCourses::Of(ids) if ids.is_empty() => Err(Problem::new(Code::Forbidden)),
        GradedCourses::All | GradedCourses::Of(_) => Ok(()),
    }
}

/// What would be said about an answer to a task that is being written.
pub fn check_answer(trial: TrialAnswer) -> Result<Judged, Problem> {
    let mut checks = Checks::new();
    let parts = check_parts(&mut checks, trial.kind, trial.body, &trial.key);
    checks.done()?;
    let (body, key) = parts.ok_or_else(|| Problem::new(Code::Invalid))?;
    Ok(judging::judge(trial.kind.into(), &body, &key, &trial.answer, &trial.locale))
}

/// Locks the course, then reads the task as it is under that lock.
async fn lock(
    conn: &mut AsyncPgConnection,
    task: &Task,
    editor: &Principal,
) -> Result<(Course, Task), Problem> {
    let course = lock_for_editor(conn, task.course_id, editor).await?;
    let task = store::tasks::lock(conn, task.id).await?;
    let task = task.filter(|task| task.removed_at.is_none()).ok_or_else(Problem::not_found)?;
    Ok((course, task))
}

/// Cleans every field, or names every fault.
fn checked(kind: TaskKind, mut fields: TaskFields) -> Result<TaskFields, Problem> {
    let mut checks = Checks::new();
    fields.title = checks.text("title", &fields.title, 1..=MAX_TITLE);
    let fits = (0..=MAX_POINTS).contains(&fields.points);
    checks.ensure(fits, "points", Code::Invalid, "Between 0 and 1000 points.");
    check_chat_after(&mut checks, fields.chat_after);
    whole_document(&mut checks, "statement", &mut fields.statement);
    if let Some(solution) = &mut fields.solution {
        whole_document(&mut checks, "solution", solution);
    }
    fields.solution = fields.solution.filter(|solution| !document::is_blank(solution));
    let fits = fields.solution_rule.after_wrong.is_none_or(|n| (0..=100).contains(&n));
    checks.ensure(
        fits,
        "solution_rule.after_wrong",
        Code::Invalid,
        "Between 0 and 100 wrong answers.",
    );
    fields.note = fields
        .note
        .map(|note| checks.text("note", &note, 0..=MAX_NOTE))
        .filter(|note| !note.is_empty());
    let body = std::mem::take(&mut fields.body);
    if let Some((body, key)) = check_parts(&mut checks, kind, body, &fields.key) {
        (fields.body, fields.key) = (body, key);
    }
    checks.done()?;
    Ok(fields)
}

/// Whether there is nothing to answer yet: learners see the task from when its statement says something.
fn asks_nothing(fields: &TaskFields) -> bool {
    document::is_blank(&fields.statement)
}

/// Body and key as they are to be stored.
fn check_parts(
    checks: &mut Checks,
    kind: TaskKind,
    mut body: Value,
    key: &Value,
) -> Option<(Value, Value)> {
    for list in ["options", "items", "left", "right"] {
        let items = body.get_mut(list).and_then(Value::as_array_mut);
        for (n, item) in items.into_iter().flatten().take(judging::MAX_OPTIONS).enumerate() {
            let Some(text) = item.get_mut("text") else { continue };
            if let Some(words) = text.as_str() {
                *text = paragraph(words);
            }
            let field = format!("body.{list}[{n}].text");
            whole_document(checks, &field, text);
            let fits = document::plain_text(text, MAX_OPTION).chars().count() <= MAX_OPTION;
            checks.ensure(fits, &field, Code::TooLong, "At most 2000 characters fit.");
            let seen = !document::is_blank(text);
            checks.ensure(seen, &field, Code::Required, "An option says something.");
        }
    }
    match judging::check(kind.into(), &body, key) {
        Ok(parts) => Some(parts),
        Err(faults) => {
            for fault in faults {
                checks.add(fault.field, Code::Invalid, fault.message);
            }
            None
        }
    }
}

/// A document of one paragraph; of nothing, an empty one.
fn paragraph(words: &str) -> Value {
    if words.is_empty() {
        return json!({"type": "doc"});
    }
    let text = json!([{"type": "text", "text": words}]);
    json!({"type": "doc", "content": [{"type": "paragraph", "content": text}]})
}

fn version_of(
    task_id: Uuid,
    version: i32,
    fields: TaskFields,
    edited_by: Uuid,
    now: Timestamp,
) -> Result<TaskVersion, Problem> {
    Ok(TaskVersion {
        task_id,
        version,
        title: fields.title,
        points: fields.points,
        statement: fields.statement,
        body: fields.body,
        key: fields.key,
        solution: fields.solution,
        solution_rule: serde_json::to_value(&fields.solution_rule).map_err(Problem::internal)?,
        edited_by,
        note: fields.note,
        created_at: now,
        required: fields.required,
        chat_after: fields.chat_after,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(body: Value, key: Value) -> TaskFields {
        let statement = paragraph("What is it?");
        serde_json::from_value(
            json!({"title": "T", "statement": statement, "body": body, "key": key}),
        )
        .unwrap()
    }

    fn faults(result: Result<TaskFields, Problem>) -> Vec<String> {
        result.unwrap_err().doc().errors.into_iter().map(|fault| fault.field).collect()
    }

    /// CRS-39
    #[test]
    fn every_fault_of_a_task_is_named_with_its_field() {
        let mut wrong = fields(
            json!({"options": [{"id": "a", "text": {"type": "script"}}, {"id": "b", "text": ""}]}),
            json!({"right": ["c"]}),
        );
        wrong.title = String::new();
        wrong.points = -1;
        wrong.chat_after = Some(101);
        wrong.solution_rule.after_wrong = Some(-1);
        let expected = [
            "title",
            "points",
            "chat_after",
            "solution_rule.after_wrong",
            "body.options[0].text",
            "body.options[0].text",
            "body.options[1].text",
            "key.right",
        ];
        assert_eq!(faults(checked(TaskKind::Choice, wrong)), expected);
    }

    #[test]
    fn plain_words_of_options_become_documents_and_blank_solutions_nothing() {
        let body = json!({"options": [{"id": "a", "text": "Yes"}, {"id": "b", "text": "No"}]});
        let mut written = fields(body, json!({"right": ["a"]}));
        written.solution = Some(json!({"type": "doc", "content": [{"type": "paragraph"}]}));
        let kept = checked(TaskKind::Choice, written).unwrap();
        assert_eq!(kept.body["options"][0]["text"], paragraph("Yes"));
        assert_eq!((kept.points, kept.required, kept.solution), (1, true, None));
        assert_eq!(kept.key["method"], "exact");
    }
}
