//! The queue's rows. SKIP LOCKED hands each job to one worker; a lease frees the jobs of a worker
//! that died.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
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
    #[diesel(sql_type = Timestamptz)]
    pub run_at: Timestamp,
    /// The proof that the job is still this claim's.
    #[diesel(sql_type = SqlUuid)]
    pub locked_by: Uuid,
}

/// Inserts jobs. One whose dedup key is already waiting is dropped; if that one is running, it will
/// run once more, since it may have read what this one is about too early. The row of the waiting
/// one stays locked until the caller commits, so that it is not run before what it is to see.
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
    let again = "case when jobs.state = 'running' then excluded.run_at else jobs.run_at end";
    diesel::insert_into(jobs::table)
        .values(rows)
        .on_conflict((jobs::kind, jobs::dedup_key))
        .filter_target(sql::<Bool>("dedup_key is not null and state <> 'dead'"))
        .do_update()
        .set(jobs::run_at.eq(sql::<Timestamptz>(again)))
        .execute(conn)
        .await
}

/// Takes the job that is due first, or one whose worker died; none of the kinds `but`. Each claim
/// has a `token` of its own, so that who held the job before can no longer say how it ended.
pub(super) async fn claim(
    conn: &mut AsyncPgConnection,
    token: Uuid,
    but: &[String],
    now: Timestamp,
    lease_until: Timestamp,
) -> QueryResult<Option<ClaimedJob>> {
    diesel::sql_query(
        "update jobs set state = 'running', attempts = attempts + 1, locked_by = $1, \
         locked_until = $3, updated_at = $2 where id = (select id from jobs \
         where ((state = 'queued' and run_at <= $2) \
         or (state = 'running' and locked_until < $2)) and kind <> all($4) \
         order by run_at limit 1 for update skip locked) \
         returning id, kind, payload, attempts, max_attempts, run_at, locked_by",
    )
    .bind::<SqlUuid, _>(token)
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(lease_until)
    .bind::<Array<Text>, _>(but)
    .get_result(conn)
    .await
    .optional()
}

/// The work is done: the row goes, or is queued again if it was asked for meanwhile. Nothing if the
/// claim is no longer ours.
pub(super) async fn finish(
    conn: &mut AsyncPgConnection,
    job: &ClaimedJob,
    now: Timestamp,
) -> QueryResult<()> {
    let ours = jobs::id.eq(job.id).and(jobs::locked_by.eq(job.locked_by));
    let gone = diesel::delete(jobs::table.filter(ours).filter(jobs::run_at.eq(job.run_at)))
        .execute(conn)
        .await?;
    if gone == 0 {
        diesel::sql_query(
            "update jobs set state = 'queued', attempts = 0, locked_by = null, \
             locked_until = null, updated_at = $3 where id = $1 and locked_by = $2",
        )
        .bind::<SqlUuid, _>(job.id)
        .bind::<SqlUuid, _>(job.locked_by)
        .bind::<Timestamptz, _>(now)
        .execute(conn)
        .await?;
    }
    Ok(())
}

/// The work failed: again at `retry_at`, or a dead letter. Nothing if the claim is no longer ours.
pub(super) async fn fail(
    conn: &mut AsyncPgConnection,
    job: &ClaimedJob,
    error: &str,
    retry_at: Option<Timestamp>,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::sql_query(
        "update jobs set state = case when $3 is null then 'dead' else 'queued' end, \
         run_at = coalesce($3, run_at), last_error = $4, locked_by = null, locked_until = null, \
         updated_at = $5 where id = $1 and locked_by = $2",
    )
    .bind::<SqlUuid, _>(job.id)
    .bind::<SqlUuid, _>(job.locked_by)
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
