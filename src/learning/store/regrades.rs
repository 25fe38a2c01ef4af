//! Answers judged anew.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::result::QueryResult;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::learning::model::{AttemptRow, RegradeRow, Verdict};
use crate::learning::schema::{attempts, regrades};

/// What the machine found wanting, whoever gave it.
const WANTING: [Verdict; 2] = [Verdict::Wrong, Verdict::Partial];

/// Answers to these versions that the machine found wanting, by person, after `(user, no)`.
pub async fn judged(
    conn: &mut AsyncPgConnection,
    task_id: Uuid,
    versions: &[i32],
    after: Option<(Uuid, i32)>,
    limit: i64,
) -> QueryResult<Vec<AttemptRow>> {
    let mut query = attempts::table
        .filter(attempts::task_id.eq(task_id).and(attempts::version.eq_any(versions)))
        .filter(attempts::verdict.eq_any(WANTING).and(attempts::graded_by.is_null()))
        .order((attempts::user_id, attempts::no))
        .limit(limit)
        .select(AttemptRow::as_select())
        .into_boxed();
    if let Some((user, no)) = after {
        query = query.filter(
            attempts::user_id.gt(user).or(attempts::user_id.eq(user).and(attempts::no.gt(no))),
        );
    }
    query.load(conn).await
}

/// Who gave such answers, after the person `after`.
pub async fn people(
    conn: &mut AsyncPgConnection,
    task_id: Uuid,
    versions: &[i32],
    after: Uuid,
    limit: i64,
) -> QueryResult<Vec<Uuid>> {
    attempts::table
        .filter(attempts::task_id.eq(task_id).and(attempts::version.eq_any(versions)))
        .filter(attempts::verdict.eq_any(WANTING).and(attempts::graded_by.is_null()))
        .filter(attempts::user_id.gt(after))
        .select(attempts::user_id)
        .distinct()
        .order(attempts::user_id)
        .limit(limit)
        .load(conn)
        .await
}

/// The last time that each of these answers was judged anew, by the answer.
pub async fn last_of(
    conn: &mut AsyncPgConnection,
    attempt_ids: &[Uuid],
) -> QueryResult<HashMap<Uuid, RegradeRow>> {
    let kept: Vec<RegradeRow> = regrades::table
        .filter(regrades::attempt_id.eq_any(attempt_ids))
        .order((regrades::created_at, regrades::id))
        .select(RegradeRow::as_select())
        .load(conn)
        .await?;
    Ok(kept.into_iter().map(|row| (row.attempt_id, row)).collect())
}

/// Writes what has become of an answer, and what was said of it before.
pub async fn replace(
    conn: &mut AsyncPgConnection,
    row: &AttemptRow,
    kept: &RegradeRow,
) -> QueryResult<()> {
    diesel::insert_into(regrades::table).values(kept).execute(conn).await?;
    diesel::update(attempts::table.find(row.id))
        .set((
            attempts::verdict.eq(row.verdict),
            attempts::score_num.eq(row.score_num),
            attempts::score_den.eq(row.score_den),
            attempts::parts.eq(&row.parts),
            attempts::feedback.eq(&row.feedback),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
