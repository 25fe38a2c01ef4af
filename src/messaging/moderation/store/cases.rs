//! Queries on reports, their cases, and messages that wait for a moderator.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use crate::messaging::model::kind;
use crate::messaging::moderation::model::{CaseKind, CaseRow, Looked, ReportRow};
use crate::messaging::moderation::schema::{report_cases, reports};
use crate::messaging::rules::reach::Reach;
use crate::messaging::schema::room_log;

const LOOKED: &str = "select id, room_id, author_id, seq, body, state, created_at from messages";

/// A message.
pub async fn message(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<Looked>> {
    diesel::sql_query(format!("{LOOKED} where id = $1"))
        .bind::<sql_types::Uuid, _>(id)
        .get_result(conn)
        .await
        .optional()
}

/// These messages, in no order.
pub async fn messages(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> QueryResult<Vec<Looked>> {
    diesel::sql_query(format!("{LOOKED} where id = any($1)"))
        .bind::<sql_types::Array<sql_types::Uuid>, _>(ids)
        .load(conn)
        .await
}

/// The rooms of a reach, as a condition on `room_id`.
const REACHED: &str = "exists (select 1 from rooms r where r.id = room_id and (r.kind = any(";

/// Whether the case's room is within `reach`.
fn reached(
    reach: &Reach,
) -> Box<dyn BoxableExpression<report_cases::table, Pg, SqlType = sql_types::Bool>> {
    let within = diesel::dsl::sql::<sql_types::Bool>(REACHED)
        .bind::<sql_types::Array<sql_types::Text>, _>(reach.kinds())
        .sql(") or r.kind = any(")
        .bind::<sql_types::Array<sql_types::Text>, _>(reach.kinds_in_courses())
        .sql(") and r.course_id = any(")
        .bind::<sql_types::Array<sql_types::Uuid>, _>(reach.courses().to_vec())
        .sql(")))");
    Box::new(within)
}

/// Messages that wait for a moderator within `reach`, the oldest first, behind `after`.
pub async fn held(
    conn: &mut AsyncPgConnection,
    reach: &Reach,
    after: Option<(Timestamp, Uuid)>,
    limit: i64,
) -> QueryResult<Vec<Looked>> {
    let (at, id) = after.unzip();
    diesel::sql_query(format!(
        "{LOOKED} where state = 'held' and ($1 is null or (created_at, id) > ($1, $2)) \
         and {REACHED}$4) or r.kind = any($5) and r.course_id = any($6))) \
         order by created_at, id limit $3"
    ))
    .bind::<sql_types::Nullable<sql_types::Timestamptz>, _>(at)
    .bind::<sql_types::Nullable<sql_types::Uuid>, _>(id)
    .bind::<sql_types::BigInt, _>(limit)
    .bind::<sql_types::Array<sql_types::Text>, _>(reach.kinds())
    .bind::<sql_types::Array<sql_types::Text>, _>(reach.kinds_in_courses())
    .bind::<sql_types::Array<sql_types::Uuid>, _>(reach.courses())
    .load(conn)
    .await
}

/// Whether a message waited for a moderator once and was let through or refused.
pub async fn was_held(conn: &mut AsyncPgConnection, message: Uuid) -> QueryResult<bool> {
    let decided = room_log::table
        .filter(room_log::msg_id.eq(message))
        .filter(room_log::kind.eq(kind::APPROVE));
    diesel::select(diesel::dsl::exists(decided)).get_result(conn).await
}

/// The open case of a message, locked; made of `new` if there is none.
pub async fn open(conn: &mut AsyncPgConnection, new: &CaseRow) -> QueryResult<CaseRow> {
    keep(conn, new).await?;
    report_cases::table
        .filter(report_cases::message_id.eq(new.message_id))
        .filter(report_cases::resolved_at.is_null())
        .for_update()
        .select(CaseRow::as_select())
        .first(conn)
        .await
}

/// Adds a report; somebody's second one of the same case changes nothing.
pub async fn report(conn: &mut AsyncPgConnection, row: &ReportRow) -> QueryResult<bool> {
    let rows = diesel::insert_into(reports::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(rows == 1)
}

/// A case, locked until the transaction ends.
pub async fn lock(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<CaseRow>> {
    report_cases::table
        .find(id)
        .for_update()
        .select(CaseRow::as_select())
        .first(conn)
        .await
        .optional()
}

/// A case.
pub async fn find(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<CaseRow>> {
    report_cases::table.find(id).select(CaseRow::as_select()).first(conn).await.optional()
}

/// Writes an open case down unless it is there.
pub async fn keep(conn: &mut AsyncPgConnection, row: &CaseRow) -> QueryResult<()> {
    diesel::insert_into(report_cases::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes a decided case down: an open one, or that of a held message, which has none till then.
pub async fn settle(conn: &mut AsyncPgConnection, row: &CaseRow) -> QueryResult<()> {
    use report_cases::{resolution, resolved_at, resolved_by};
    diesel::insert_into(report_cases::table)
        .values(row)
        .on_conflict(report_cases::id)
        .do_update()
        .set((
            resolved_at.eq(row.resolved_at),
            resolved_by.eq(row.resolved_by),
            resolution.eq(row.resolution.clone()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Open reports within `reach`, the oldest first, behind `after`.
pub async fn waiting(
    conn: &mut AsyncPgConnection,
    reach: &Reach,
    after: Option<(Timestamp, Uuid)>,
    limit: i64,
) -> QueryResult<Vec<CaseRow>> {
    let mut query = report_cases::table
        .filter(report_cases::resolved_at.is_null())
        .filter(reached(reach))
        .select(CaseRow::as_select())
        .into_boxed();
    if let Some((at, id)) = after {
        query = query.filter(
            report_cases::opened_at
                .gt(at)
                .or(report_cases::opened_at.eq(at).and(report_cases::id.gt(id))),
        );
    }
    query.order((report_cases::opened_at, report_cases::id)).limit(limit).load(conn).await
}

/// Decided cases within `reach`, the newest first, behind `after`.
pub async fn decided(
    conn: &mut AsyncPgConnection,
    reach: &Reach,
    kind: Option<CaseKind>,
    after: Option<(Timestamp, Uuid)>,
    limit: i64,
) -> QueryResult<Vec<CaseRow>> {
    let mut query = report_cases::table
        .filter(report_cases::resolved_at.is_not_null())
        .filter(reached(reach))
        .select(CaseRow::as_select())
        .into_boxed();
    if let Some(kind) = kind {
        query = query.filter(report_cases::kind.eq(kind));
    }
    if let Some((at, id)) = after {
        query = query.filter(
            report_cases::resolved_at
                .lt(at)
                .or(report_cases::resolved_at.eq(at).and(report_cases::id.lt(id))),
        );
    }
    query
        .order((report_cases::resolved_at.desc(), report_cases::id.desc()))
        .limit(limit)
        .load(conn)
        .await
}

/// The reports of these cases, the oldest first.
pub async fn reports_of(
    conn: &mut AsyncPgConnection,
    cases: &[Uuid],
) -> QueryResult<Vec<ReportRow>> {
    reports::table
        .filter(reports::case_id.eq_any(cases))
        .order((reports::created_at, reports::reporter_id))
        .select(ReportRow::as_select())
        .load(conn)
        .await
}
