//! Reports of messages. One open case a message holds everybody's reports; who reported stays unknown
//! to the reported.

use actors::wire::{ErrCode, Problem as Refusal};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::model::{CaseKind, CaseRow, ReportKind, ReportRow};
use super::store;
use crate::app::App;
use crate::messaging::access::Member;
use crate::messaging::limits;
use crate::platform::http::{Problem, Rule, clean_text};
use crate::platform::ws::refusal;

/// Reports of one person.
const REPORT: Rule = Rule::new("chat_report", 5, 3600);
/// Characters of what a reporter says at most.
const TEXT_MAX: usize = 1000;

/// Reports a message of the member's room.
///
/// # Errors
/// `rate_limited`, `not_found`, `bad_request` with the field: the text, or an own message.
pub(in crate::messaging) async fn report(
    app: &App,
    member: &Member,
    message: Uuid,
    kind: ReportKind,
    text: &str,
) -> Result<(), Refusal> {
    if text.len() > TEXT_MAX * 4 {
        return Err(Refusal::field(ErrCode::TooLarge, "text"));
    }
    let text = clean_text(text, true);
    if text.chars().count() > TEXT_MAX {
        return Err(Refusal::field(ErrCode::TooLarge, "text"));
    }
    if text.is_empty() && kind == ReportKind::Other {
        return Err(Refusal::field(ErrCode::BadRequest, "text"));
    }
    limits::take(app, &[REPORT], &member.user.to_string()).await?;
    let reported = store_report(app, member, message, kind, text).await;
    match reported.map_err(|problem| refusal(&problem))? {
        true => Ok(()),
        false => Err(Refusal::field(ErrCode::BadRequest, "msg")),
    }
}

/// Says whether it was stored: nobody reports themselves.
async fn store_report(
    app: &App,
    member: &Member,
    message: Uuid,
    kind: ReportKind,
    text: String,
) -> Result<bool, Problem> {
    let now = app.clock.now();
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<bool, Problem> {
            let message = store::cases::message(conn, message).await?;
            let message = message
                .filter(|message| message.room_id == member.room && message.state == "shown")
                .ok_or_else(Problem::not_found)?;
            if message.author_id == member.user {
                return Ok(false);
            }
            let new = CaseRow {
                id: app.id(),
                kind: CaseKind::Report,
                room_id: message.room_id,
                message_id: message.id,
                snapshot: message.body,
                opened_at: now,
                resolved_at: None,
                resolved_by: None,
                resolution: None,
            };
            let case = store::cases::open(conn, &new).await?;
            let row = ReportRow {
                case_id: case.id,
                reporter_id: member.user,
                kind,
                text: text.clone(),
                created_at: now,
            };
            store::cases::report(conn, &row).await?;
            Ok(true)
        })
        .await
}
