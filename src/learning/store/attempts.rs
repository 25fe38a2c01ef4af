//! Attempts at tasks, and where each person stands with each task.

use diesel::prelude::*;
use diesel::result::QueryResult;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::learning::model::{AttemptRow, TaskStateRow, Verdict};
use crate::learning::schema::{attempts, task_states};

/// Where the person stands with the task.
pub async fn state(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    task_id: Uuid,
) -> QueryResult<Option<TaskStateRow>> {
    task_states::table
        .find((user_id, task_id))
        .select(TaskStateRow::as_select())
        .first(conn)
        .await
        .optional()
}

/// The same, made if need be, and locked until the transaction ends: one answer after the other.
pub async fn lock_state(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    task_id: Uuid,
    course_id: Uuid,
    now: Timestamp,
) -> QueryResult<TaskStateRow> {
    diesel::insert_into(task_states::table)
        .values((
            task_states::user_id.eq(user_id),
            task_states::task_id.eq(task_id),
            task_states::course_id.eq(course_id),
            task_states::created_at.eq(now),
            task_states::updated_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    task_states::table
        .find((user_id, task_id))
        .select(TaskStateRow::as_select())
        .for_update()
        .first(conn)
        .await
}

/// Writes the whole row.
pub async fn save_state(conn: &mut AsyncPgConnection, row: &TaskStateRow) -> QueryResult<()> {
    diesel::update(task_states::table.find((row.user_id, row.task_id)))
        .set(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// Where the person stands with the tasks of a course.
pub async fn states_in(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    course_id: Uuid,
) -> QueryResult<Vec<TaskStateRow>> {
    task_states::table
        .filter(task_states::course_id.eq(course_id).and(task_states::user_id.eq(user_id)))
        .select(TaskStateRow::as_select())
        .load(conn)
        .await
}

/// Which tasks of these courses these people have answered right: `(user, task)`.
pub async fn right_in(
    conn: &mut AsyncPgConnection,
    user_ids: &[Uuid],
    course_ids: &[Uuid],
) -> QueryResult<Vec<(Uuid, Uuid)>> {
    task_states::table
        .filter(task_states::course_id.eq_any(course_ids))
        .filter(task_states::user_id.eq_any(user_ids))
        .filter(task_states::first_right_at.is_not_null())
        .select((task_states::user_id, task_states::task_id))
        .load(conn)
        .await
}

/// The person's attempts at the task, the first one first.
pub async fn of_task(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    task_id: Uuid,
) -> QueryResult<Vec<AttemptRow>> {
    attempts::table
        .filter(attempts::user_id.eq(user_id).and(attempts::task_id.eq(task_id)))
        .order(attempts::no)
        .select(AttemptRow::as_select())
        .load(conn)
        .await
}

/// The last attempts of the person at the task, up to `limit`, the first one first.
pub async fn last_of_task(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    task_id: Uuid,
    limit: i64,
) -> QueryResult<Vec<AttemptRow>> {
    let mut rows: Vec<AttemptRow> = attempts::table
        .filter(attempts::user_id.eq(user_id).and(attempts::task_id.eq(task_id)))
        .order(attempts::no.desc())
        .limit(limit)
        .select(AttemptRow::as_select())
        .load(conn)
        .await?;
    rows.reverse();
    Ok(rows)
}

/// How many answers of the person to the task wait for somebody.
pub async fn pending_of(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    task_id: Uuid,
) -> QueryResult<i64> {
    attempts::table
        .filter(attempts::user_id.eq(user_id).and(attempts::task_id.eq(task_id)))
        .filter(attempts::verdict.eq(Verdict::Pending))
        .count()
        .get_result(conn)
        .await
}

/// Notes that the chat under the task is open for this person, unless it was.
pub async fn open_chat(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    task_id: Uuid,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(task_states::table.find((user_id, task_id)))
        .filter(task_states::chat_open_at.is_null())
        .set((task_states::chat_open_at.eq(now), task_states::updated_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(())
}

/// On which of these tasks the person has begun without the chat being open.
pub async fn unopened(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    tasks: &[Uuid],
) -> QueryResult<Vec<Uuid>> {
    task_states::table
        .filter(task_states::user_id.eq(user_id))
        .filter(task_states::task_id.eq_any(tasks))
        .filter(task_states::chat_open_at.is_null())
        .select(task_states::task_id)
        .load(conn)
        .await
}

/// The person's attempt under this key of the client's.
pub async fn by_key(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    task_id: Uuid,
    client_key: Uuid,
) -> QueryResult<Option<AttemptRow>> {
    attempts::table
        .filter(attempts::user_id.eq(user_id).and(attempts::task_id.eq(task_id)))
        .filter(attempts::client_key.eq(client_key))
        .select(AttemptRow::as_select())
        .first(conn)
        .await
        .optional()
}

/// When the person last answered the task.
pub async fn last_at(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    task_id: Uuid,
) -> QueryResult<Option<Timestamp>> {
    attempts::table
        .filter(attempts::user_id.eq(user_id).and(attempts::task_id.eq(task_id)))
        .select(diesel::dsl::max(attempts::created_at))
        .first(conn)
        .await
}

/// Adds an attempt.
pub async fn insert(conn: &mut AsyncPgConnection, row: &AttemptRow) -> QueryResult<()> {
    diesel::insert_into(attempts::table).values(row).execute(conn).await?;
    Ok(())
}

/// What is noted of somebody at a task beside their answers; what is `None` stays as it is.
#[derive(Debug, Clone, Copy, Insertable, AsChangeset)]
#[diesel(table_name = task_states)]
struct Noted<'a> {
    shown_version: Option<i32>,
    shown_at: Option<Timestamp>,
    draft: Option<Option<&'a Value>>,
    updated_at: Timestamp,
}

/// Notes something in the person's row of the task, made if need be.
async fn note(
    conn: &mut AsyncPgConnection,
    (user_id, task_id, course_id): (Uuid, Uuid, Uuid),
    noted: Noted<'_>,
) -> QueryResult<()> {
    diesel::insert_into(task_states::table)
        .values((
            task_states::user_id.eq(user_id),
            task_states::task_id.eq(task_id),
            task_states::course_id.eq(course_id),
            task_states::created_at.eq(noted.updated_at),
            noted,
        ))
        .on_conflict((task_states::user_id, task_states::task_id))
        .do_update()
        .set(noted)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes which version of the task the person was shown.
pub async fn show(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    task_id: Uuid,
    course_id: Uuid,
    version: i32,
    now: Timestamp,
) -> QueryResult<()> {
    let noted =
        Noted { shown_version: Some(version), shown_at: Some(now), draft: None, updated_at: now };
    note(conn, (user_id, task_id, course_id), noted).await
}

/// Keeps what is typed and not yet handed in.
pub async fn set_draft(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    task_id: Uuid,
    course_id: Uuid,
    draft: Option<&Value>,
    now: Timestamp,
) -> QueryResult<()> {
    let noted = Noted { shown_version: None, shown_at: None, draft: Some(draft), updated_at: now };
    note(conn, (user_id, task_id, course_id), noted).await
}

/// Notes that the person looked at the worked solution, unless it was noted before.
pub async fn saw_solution(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    task_id: Uuid,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::update(task_states::table.find((user_id, task_id)))
        .filter(task_states::solution_seen_at.is_null())
        .set((task_states::solution_seen_at.eq(now), task_states::updated_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Attempts that wait for a person, in these courses (`None`: in all), after `(created_at, id)`; nobody
/// grades their own.
pub async fn pending(
    conn: &mut AsyncPgConnection,
    grader: Uuid,
    course_ids: Option<&[Uuid]>,
    after: Option<(Timestamp, Uuid)>,
    limit: i64,
) -> QueryResult<Vec<AttemptRow>> {
    let mut query = attempts::table
        .filter(attempts::verdict.eq(Verdict::Pending).and(attempts::user_id.ne(grader)))
        .order((attempts::created_at, attempts::id))
        .limit(limit)
        .select(AttemptRow::as_select())
        .into_boxed();
    if let Some(ids) = course_ids {
        query = query.filter(attempts::course_id.eq_any(ids));
    }
    if let Some((at, id)) = after {
        query = query.filter(
            attempts::created_at.gt(at).or(attempts::created_at.eq(at).and(attempts::id.gt(id))),
        );
    }
    query.load(conn).await
}

/// An attempt by its id.
pub async fn attempt(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<AttemptRow>> {
    attempts::table.find(id).select(AttemptRow::as_select()).first(conn).await.optional()
}

/// Writes what a person said about an attempt that waited; says whether it still did.
pub async fn grade(conn: &mut AsyncPgConnection, row: &AttemptRow) -> QueryResult<bool> {
    let graded = diesel::update(attempts::table.find(row.id))
        .filter(attempts::verdict.eq(Verdict::Pending))
        .set((
            attempts::verdict.eq(row.verdict),
            attempts::score_num.eq(row.score_num),
            attempts::score_den.eq(row.score_den),
            attempts::comment.eq(&row.comment),
            attempts::graded_by.eq(row.graded_by),
            attempts::graded_at.eq(row.graded_at),
            attempts::opened_chat.eq(row.opened_chat),
        ))
        .execute(conn)
        .await?;
    Ok(graded == 1)
}
