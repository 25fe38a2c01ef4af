//! Attempts at tasks, and where each person stands with each task.

use diesel::prelude::*;
use diesel::result::QueryResult;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use crate::learning::model::{AttemptRow, TaskStateRow};
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
