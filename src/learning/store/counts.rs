//! Counts over many people.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::learning::schema::task_states;

/// Wrong answers of any of these people at any of these tasks.
pub async fn wrong(
    conn: &mut AsyncPgConnection,
    users: &[Uuid],
    tasks: &[Uuid],
) -> QueryResult<Vec<(Uuid, Uuid, i32)>> {
    task_states::table
        .filter(task_states::user_id.eq_any(users))
        .filter(task_states::task_id.eq_any(tasks))
        .select((task_states::user_id, task_states::task_id, task_states::wrong))
        .load(conn)
        .await
}
