//! The moderators' queue: reported messages, and messages that a word list held back. A held message
//! is a case of its own under the message's id; it is written down when it is decided.

use std::collections::HashMap;

use actors::chat_room::port::{Action, What};
use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::act;
use super::bans::faces;
use super::model::{CaseKind, CaseRow, Decision, Looked, ReportRow};
use super::store;
use super::views::{
    ActName, CaseMessage, CaseQuery, CaseReport, CaseState, CaseView, NewAct, NewDecision,
};
use crate::app::App;
use crate::identity::{self, Principal};
use crate::messaging::access::{self, Member};
use crate::messaging::routes::change;
use crate::platform::audit;
use crate::platform::http::{Checks, Code, Page, Problem, cursor};

/// A page of the queue, the oldest first; of what was decided, the newest first: of the rooms in which
/// `who` keeps order.
///
/// # Errors
/// `forbidden` for who keeps order nowhere; `bad_request` for a foreign cursor; those of the database.
pub(super) async fn list(
    app: &App,
    who: &Principal,
    query: CaseQuery,
) -> Result<Page<CaseView>, Problem> {
    let after: Option<(Timestamp, Uuid)> =
        query.cursor.as_deref().map(cursor::decode).transpose()?;
    let limit = i64::from(query.limit.unwrap_or(20).clamp(1, 100));
    let mut conn = app.db.conn().await?;
    let reach = super::reach(&mut conn, who).await?;
    let page = match query.state.unwrap_or(CaseState::Open) {
        CaseState::Resolved => {
            let rows =
                store::cases::decided(&mut conn, &reach, query.kind, after, limit + 1).await?;
            Page::of(rows, limit, |row| (row.resolved_at.unwrap_or_default(), row.id))
        }
        CaseState::Open => {
            let mut rows = Vec::new();
            if query.kind != Some(CaseKind::Held) {
                rows.extend(store::cases::waiting(&mut conn, &reach, after, limit + 1).await?);
            }
            if query.kind != Some(CaseKind::Report) {
                let held = store::cases::held(&mut conn, &reach, after, limit + 1).await?;
                rows.extend(held.into_iter().map(of_held));
            }
            rows.sort_by_key(|row| (row.opened_at, row.id));
            Page::of(rows, limit, |row| (row.opened_at, row.id))
        }
    };
    let Page { items, next_cursor } = page;
    Ok(Page { items: views(app, &mut conn, items).await?, next_cursor })
}

/// The case that a held message is.
fn of_held(message: Looked) -> CaseRow {
    CaseRow {
        id: message.id,
        kind: CaseKind::Held,
        room_id: message.room_id,
        message_id: message.id,
        snapshot: message.body,
        opened_at: message.created_at,
        resolved_at: None,
        resolved_by: None,
        resolution: None,
    }
}

async fn views(
    app: &App,
    conn: &mut AsyncPgConnection,
    rows: Vec<CaseRow>,
) -> Result<Vec<CaseView>, Problem> {
    let messages: Vec<Uuid> = rows.iter().map(|row| row.message_id).collect();
    let messages: HashMap<Uuid, Looked> = store::cases::messages(conn, &messages)
        .await?
        .into_iter()
        .map(|message| (message.id, message))
        .collect();
    let cases: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut reports: HashMap<Uuid, Vec<ReportRow>> = HashMap::new();
    for report in store::cases::reports_of(conn, &cases).await? {
        reports.entry(report.case_id).or_default().push(report);
    }
    let rooms = faces(app, conn, rows.iter().map(|row| row.room_id)).await?;
    let people: Vec<Uuid> = messages
        .values()
        .map(|message| message.author_id)
        .chain(rows.iter().filter_map(|row| row.resolved_by))
        .collect();
    let people = identity::people(conn, &people).await?;
    let name = |id: Uuid| people.get(&id).map(|person| person.name.clone()).unwrap_or_default();
    let view = |row: CaseRow| {
        let message = messages.get(&row.message_id)?;
        let room = rooms.get(&row.room_id)?.clone();
        let reports = reports.remove(&row.id).unwrap_or_default();
        Some(CaseView {
            id: row.id,
            kind: row.kind,
            room,
            message: CaseMessage {
                id: message.id,
                seq: u64::try_from(message.seq).unwrap_or(0),
                author: message.author_id,
                author_name: name(message.author_id),
                created_at: message.created_at,
                state: message.state.clone(),
                body: message.body.clone(),
                snapshot: row.snapshot,
            },
            n: u32::try_from(reports.len()).unwrap_or(u32::MAX),
            reports: reports
                .into_iter()
                .map(|report| CaseReport {
                    kind: report.kind,
                    text: report.text,
                    at: report.created_at,
                })
                .collect(),
            opened_at: row.opened_at,
            resolved_at: row.resolved_at,
            resolved_by: row.resolved_by.map(name),
            resolution: row.resolution,
        })
    };
    Ok(rows.into_iter().filter_map(view).collect())
}

/// Decides a case.
///
/// # Errors
/// `not_found`, `conflict` when somebody has decided it, faults of the input, those of the acts.
pub(super) async fn decide(
    app: &App,
    who: &Principal,
    id: Uuid,
    decision: NewDecision,
) -> Result<CaseView, Problem> {
    let (case, member, message) = {
        let mut conn = app.db.conn().await?;
        let case = match store::cases::find(&mut conn, id).await? {
            Some(case) => case,
            None => {
                let held = store::cases::message(&mut conn, id).await?;
                of_held(held.ok_or_else(Problem::not_found)?)
            }
        };
        let message = store::cases::message(&mut conn, case.message_id).await?;
        let member = access::enter(app, &mut conn, who, case.room_id).await?;
        (case, member, message.ok_or_else(Problem::not_found)?)
    };
    if !member.moderates {
        return Err(Problem::new(Code::Forbidden));
    }
    // A decision whose act was done and that was not written down is decided again: the same way only.
    let wanted = match decision.action {
        Decision::Approve => "shown",
        _ => "refused",
    };
    let waits = case.kind != CaseKind::Held || message.state == "held";
    let begun = !waits && message.state == wanted && {
        let mut conn = app.db.conn().await?;
        store::cases::was_held(&mut conn, message.id).await?
    };
    if case.resolved_at.is_some() || !(waits || begun) {
        return Err(decided());
    }
    let reason = checked(&case, &decision)?;
    let personal = match decision.action {
        Decision::Mute => Some(Action::Mute),
        Decision::Ban => Some(Action::Ban),
        _ => None,
    };
    if personal.is_some() {
        // Before anything is done: what cannot be done whole is not begun.
        let mut conn = app.db.conn().await?;
        act::permit(app, &mut conn, who, &member, message.author_id).await?;
    }
    let what = match (case.kind, decision.action) {
        (CaseKind::Held, _) if begun => None,
        (CaseKind::Held, Decision::Approve) => Some(What::Approve { msg: message.id, on: true }),
        (CaseKind::Held, Decision::Refuse | Decision::Mute | Decision::Ban) => {
            Some(What::Approve { msg: message.id, on: false })
        }
        (CaseKind::Report, Decision::Delete | Decision::Mute | Decision::Ban)
            if message.state != "deleted" =>
        {
            Some(What::Delete { msg: message.id, reason: Some(reason.clone()) })
        }
        _ => None,
    };
    if let Some(what) = what {
        if let What::Delete { msg, .. } = &what {
            let mut conn = app.db.conn().await?;
            act::permit_delete(app, &mut conn, who, &member, *msg).await?;
        }
        let ack = change(app, &member, what).await?;
        if ack.dup && case.kind == CaseKind::Held {
            // Somebody else was first, perhaps with another decision: theirs stands.
            let mut conn = app.db.conn().await?;
            let message = store::cases::message(&mut conn, message.id).await?;
            if message.is_none_or(|message| message.state != wanted) {
                return Err(decided());
            }
        }
    }
    if let Some(action) = personal {
        let new = NewAct {
            action: ActName(action),
            user_id: Some(message.author_id),
            scope: decision.scope.filter(|_| action == Action::Mute),
            for_s: decision.for_s.filter(|_| action == Action::Mute),
            slow_s: None,
            reason: reason.clone(),
        };
        act::act(app, who, &member, &new).await?;
    }
    settle(app, who, &member, case, decision.action, reason).await
}

fn decided() -> Problem {
    Problem::new(Code::Conflict).detail("This case was decided already.")
}

/// Whether the decision fits the case; the cleaned reason.
fn checked(case: &CaseRow, decision: &NewDecision) -> Result<String, Problem> {
    let mut checks = Checks::new();
    let harmless = matches!(decision.action, Decision::Dismiss | Decision::Approve);
    let reason = checks.text("reason", &decision.reason, usize::from(!harmless)..=500);
    let fits = match case.kind {
        CaseKind::Held => !matches!(decision.action, Decision::Dismiss | Decision::Delete),
        CaseKind::Report => !matches!(decision.action, Decision::Approve | Decision::Refuse),
    };
    checks.ensure(fits, "action", Code::Invalid, "A case of this kind is not decided like that.");
    let mute = decision.action == Decision::Mute;
    checks.ensure(
        mute || (decision.for_s.is_none() && decision.scope.is_none()),
        "for_s",
        Code::Invalid,
        "Only a mute lasts for a time and reaches beyond the room.",
    );
    checks.done()?;
    Ok(reason)
}

async fn settle(
    app: &App,
    who: &Principal,
    member: &Member,
    case: CaseRow,
    decision: Decision,
    reason: String,
) -> Result<CaseView, Problem> {
    let now = app.clock.now();
    let open = case.clone();
    let decided = CaseRow {
        resolved_at: Some(now),
        resolved_by: Some(who.user_id),
        resolution: Some(decision.as_str().to_owned()),
        ..case
    };
    let entry = audit::Entry {
        actor: Some(who.user_id),
        action: "chat.case_decided",
        subject_kind: "message",
        subject_id: decided.message_id,
        reason,
        details: json!({ "case": decided.id, "kind": decided.kind, "decision": decision,
            "room": member.room }),
    };
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<CaseView, Problem> {
            if decided.kind == CaseKind::Held {
                // It has no row till then; the first of two who write one down lets the second see it.
                store::cases::keep(conn, &open).await?;
            }
            let other = store::cases::lock(conn, decided.id).await?;
            // Two moderators at once: the acts bear that, and the first one's name stays.
            if other.is_none_or(|other| other.resolved_at.is_none()) {
                store::cases::settle(conn, &decided).await?;
                audit::record(conn, entry, app.id(), now).await?;
            }
            let view = views(app, conn, vec![decided.clone()]).await?;
            view.into_iter().next().ok_or_else(Problem::not_found)
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::super::views::MuteScope;
    use super::*;

    #[test]
    fn a_decision_fits_its_case() {
        let case = |kind| CaseRow {
            id: Uuid::nil(),
            kind,
            room_id: Uuid::nil(),
            message_id: Uuid::nil(),
            snapshot: String::new(),
            opened_at: Timestamp::default(),
            resolved_at: None,
            resolved_by: None,
            resolution: None,
        };
        let fits = |kind, action, reason: &str, for_s| {
            let decision =
                NewDecision { action, for_s, scope: None::<MuteScope>, reason: reason.into() };
            checked(&case(kind), &decision).is_ok()
        };
        assert!(fits(CaseKind::Held, Decision::Approve, "", None));
        assert!(!fits(CaseKind::Held, Decision::Refuse, "", None));
        assert!(fits(CaseKind::Held, Decision::Refuse, "rude", None));
        assert!(!fits(CaseKind::Held, Decision::Dismiss, "x", None));
        assert!(fits(CaseKind::Report, Decision::Mute, "rude", Some(3600)));
        assert!(!fits(CaseKind::Report, Decision::Ban, "rude", Some(3600)));
        assert!(!fits(CaseKind::Report, Decision::Approve, "x", None));
    }
}
