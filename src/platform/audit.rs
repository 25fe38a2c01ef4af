//! The audit log: what members of the staff did, to whom and why. A row is written in the transaction
//! of the act, so that neither is there without the other; rows are never changed (the database sees
//! to that too).

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::http::{Problem, cursor};
use super::schema::audit_log;
use crate::app::App;

/// An act.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Who did it; `None`: the server itself.
    pub actor: Option<Uuid>,
    /// What, as `context.verb`.
    pub action: &'static str,
    /// What kind of thing it was done to: `user`, `message`, `room` …
    pub subject_kind: &'static str,
    /// To which.
    pub subject_id: Uuid,
    /// Why, in the actor's words; may be empty.
    pub reason: String,
    /// What else is worth knowing. Never secrets, never the text of messages.
    pub details: Value,
}

/// An act as it is kept.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_log, check_for_backend(diesel::pg::Pg))]
pub struct Row {
    /// Its id.
    pub id: Uuid,
    /// Who did it; `None`: the server itself.
    pub actor_id: Option<Uuid>,
    /// What.
    pub action: String,
    /// What kind of thing it was done to.
    pub subject_kind: String,
    /// To which.
    pub subject_id: Uuid,
    /// Why.
    pub reason: String,
    /// More.
    pub details: Value,
    /// When.
    pub created_at: Timestamp,
}

/// Writes an act down, in the caller's transaction.
///
/// # Errors
/// Those of the database.
pub async fn record(
    conn: &mut AsyncPgConnection,
    entry: Entry,
    id: Uuid,
    now: Timestamp,
) -> QueryResult<()> {
    let row = Row {
        id,
        actor_id: entry.actor,
        action: entry.action.to_owned(),
        subject_kind: entry.subject_kind.to_owned(),
        subject_id: entry.subject_id,
        reason: entry.reason,
        details: entry.details,
        created_at: now,
    };
    diesel::insert_into(audit_log::table).values(row).execute(conn).await?;
    Ok(())
}

/// Writes an act of a person down that needs no reason.
///
/// # Errors
/// Those of the database.
pub async fn note(
    conn: &mut AsyncPgConnection,
    app: &App,
    actor: Uuid,
    action: &'static str,
    (subject_kind, subject_id): (&'static str, Uuid),
    details: Value,
) -> QueryResult<()> {
    let actor = Some(actor);
    let entry = Entry { actor, action, subject_kind, subject_id, reason: String::new(), details };
    record(conn, entry, app.id(), app.clock.now()).await
}

/// Which acts.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this person.
    pub actor: Option<Uuid>,
    /// Done to this.
    pub subject: Option<Uuid>,
    /// This one, or, when it ends with a dot, all of a context.
    pub action: Option<String>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

/// Acts, the newest first: up to `limit` + 1 rows behind `cursor`.
///
/// # Errors
/// `bad_request` for a foreign cursor; those of the database.
pub async fn page(
    conn: &mut AsyncPgConnection,
    filter: &Filter,
    cursor: Option<&str>,
    limit: i64,
) -> Result<Vec<Row>, Problem> {
    let mut query = audit_log::table.select(Row::as_select()).into_boxed();
    if let Some(actor) = filter.actor {
        query = query.filter(audit_log::actor_id.eq(actor));
    }
    if let Some(subject) = filter.subject {
        query = query.filter(audit_log::subject_id.eq(subject));
    }
    match &filter.action {
        Some(context) if context.ends_with('.') => {
            // `starts_with` and no pattern: what is asked for stands for itself.
            query = query.filter(
                diesel::dsl::sql::<diesel::sql_types::Bool>("starts_with(audit_log.action, ")
                    .bind::<diesel::sql_types::Text, _>(context.clone())
                    .sql(")"),
            );
        }
        Some(action) => query = query.filter(audit_log::action.eq(action.clone())),
        None => {}
    }
    if let Some(from) = filter.from {
        query = query.filter(audit_log::created_at.ge(from));
    }
    if let Some(until) = filter.until {
        query = query.filter(audit_log::created_at.lt(until));
    }
    if let Some(cursor) = cursor {
        let (at, id): (Timestamp, Uuid) = cursor::decode(cursor)?;
        query = query.filter(
            audit_log::created_at.lt(at).or(audit_log::created_at.eq(at).and(audit_log::id.lt(id))),
        );
    }
    let order = (audit_log::created_at.desc(), audit_log::id.desc());
    Ok(query.order(order).limit(limit + 1).load(conn).await?)
}
