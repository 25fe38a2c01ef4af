//! The queue's rows. SKIP LOCKED hands each job to one worker; a lease frees the jobs of a worker
//! that died.

use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::platform::schema::jobs;

/// A job to be queued.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub id: Uuid,
    pub kind: String,
    pub payload: Value,
    pub dedup_key: Option<String>,
    pub run_at: Timestamp,
    pub max_attempts: i32,
}

/// A job in hand.
#[derive(Debug, QueryableByName)]
pub(super) struct ClaimedJob {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = diesel::sql_types::Jsonb)]
    pub payload: Value,
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
    #[diesel(sql_type = Integer)]
    pub max_attempts: i32,
}

/// Inserts jobs; one whose dedup key is already waiting is dropped.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    new: &[NewJob],
    now: Timestamp,
) -> QueryResult<usize> {
    let rows: Vec<_> = new
        .iter()
        .map(|job| {
            (
                jobs::id.eq(job.id),
                jobs::kind.eq(&job.kind),
                jobs::payload.eq(&job.payload),
                jobs::dedup_key.eq(&job.dedup_key),
                jobs::run_at.eq(job.run_at),
                jobs::max_attempts.eq(job.max_attempts),
                jobs::created_at.eq(now),
                jobs::updated_at.eq(now),
            )
        })
        .collect();
    diesel::insert_into(jobs::table).values(rows).on_conflict_do_nothing().execute(conn).await
}

/// Takes the job that is due first, or one whose worker died.
pub(super) async fn claim(
    conn: &mut AsyncPgConnection,
    worker: Uuid,
    now: Timestamp,
    lease_until: Timestamp,
) -> QueryResult<Option<ClaimedJob>> {
    diesel::sql_query(
        "update jobs set state = 'running', attempts = attempts + 1, locked_by = $1, \
         locked_until = $3, updated_at = $2 where id = (select id from jobs \
         where (state = 'queued' and run_at <= $2) or (state = 'running' and locked_until < $2) \
         order by run_at limit 1 for update skip locked) \
         returning id, kind, payload, attempts, max_attempts",
    )
    .bind::<SqlUuid, _>(worker)
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(lease_until)
    .get_result(conn)
    .await
    .optional()
}

/// The work is done: the row goes.
pub(super) async fn finish(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    worker: Uuid,
) -> QueryResult<()> {
    diesel::delete(jobs::table.filter(jobs::id.eq(id)).filter(jobs::locked_by.eq(worker)))
        .execute(conn)
        .await?;
    Ok(())
}

/// The work failed: again at `retry_at`, or a dead letter.
pub(super) async fn fail(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    worker: Uuid,
    error: &str,
    retry_at: Option<Timestamp>,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::sql_query(
        "update jobs set state = case when $3 is null then 'dead' else 'queued' end, \
         run_at = coalesce($3, run_at), last_error = $4, locked_by = null, locked_until = null, \
         updated_at = $5 where id = $1 and locked_by = $2",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(worker)
    .bind::<Nullable<Timestamptz>, _>(retry_at)
    .bind::<Text, _>(error)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// How many jobs stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Waiting, due by now.
    pub due: i64,
    /// Waiting for a later time.
    pub later: i64,
    /// In hand.
    pub running: i64,
    /// Given up.
    pub dead: i64,
}

/// Counts the queue.
pub async fn counts(conn: &mut AsyncPgConnection, now: Timestamp) -> QueryResult<Counts> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        due: i64,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        later: i64,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        running: i64,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        dead: i64,
    }
    let row: Row = diesel::sql_query(
        "select count(*) filter (where state = 'queued' and run_at <= $1) as due, \
         count(*) filter (where state = 'queued' and run_at > $1) as later, \
         count(*) filter (where state = 'running') as running, \
         count(*) filter (where state = 'dead') as dead from jobs",
    )
    .bind::<Timestamptz, _>(now)
    .get_result(conn)
    .await?;
    Ok(Counts { due: row.due, later: row.later, running: row.running, dead: row.dead })
}
