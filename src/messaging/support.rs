//! Talking to the support (MSG-12, MSG-14), and how long an answer takes.

use std::collections::HashSet;

use chrono::TimeDelta;
use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use uuid::Uuid;

use super::access;
use super::model::RoomKind;
use super::rooms::{self, New};
use super::routes::{looked_at, say};
use super::rules::desk::Question;
use super::staff;
use super::store;
use super::store::desk::Scope;
use super::store::rooms::Key;
use super::views::NewMessage;
use super::views_help::{NewSupport, Support, SupportState};
use crate::app::App;
use crate::identity::{self, Principal};
use crate::platform::http::Problem;

/// Answers of this time tell how long one takes.
const MEASURED: TimeDelta = TimeDelta::days(7);

/// Where the caller's talk with the support stands.
pub async fn state(app: &App, who: &Principal) -> Result<Support, Problem> {
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    let room = store::rooms::find(&mut conn, Key::Support(who.user_id)).await?;
    let question = match &room {
        Some(room) => store::desk::find(&mut conn, room.id).await?.map(|(row, _)| row.question()),
        None => None,
    };
    let state = match (&room, question) {
        (Some(room), Some(question)) => {
            let said = store::head(&mut conn, room.id).await?.is_some_and(|(head, _)| head > 0);
            if said { support_state(&question) } else { SupportState::None }
        }
        _ => SupportState::None,
    };
    Ok(Support {
        room_id: room.map(|room| room.id),
        state,
        on_duty: on_duty(app, &mut conn, now).await?,
        expected_s: expected_s(&mut conn, RoomKind::Support, None, now).await?,
    })
}

fn support_state(question: &Question) -> SupportState {
    match (question.waiting_since, question.resolved_at) {
        (Some(_), _) => SupportState::Waiting,
        (None, Some(_)) => SupportState::Resolved,
        (None, None) => SupportState::Answered,
    }
}

/// Seconds within which an answer usually comes: the middle of the last seven days, of the course if
/// it has answers of its own.
pub async fn expected_s(
    conn: &mut AsyncPgConnection,
    kind: RoomKind,
    course: Option<Uuid>,
    now: Timestamp,
) -> Result<Option<i64>, Problem> {
    let since = now - MEASURED;
    if let Some(course) = course {
        let scope = Scope { everywhere: false, courses: vec![course], support: false };
        let waits = store::desk::waits(conn, &scope, Some(kind), since).await?;
        if let Some(median) = waits.median {
            return Ok(Some(seconds(median)));
        }
    }
    let scope = Scope { everywhere: true, courses: Vec::new(), support: true };
    let waits = store::desk::waits(conn, &scope, Some(kind), since).await?;
    Ok(waits.median.map(seconds))
}

/// Whole seconds, rounded up.
#[allow(clippy::cast_possible_truncation, reason = "clamped to what fits")]
pub fn seconds(exact: f64) -> i64 {
    exact.ceil().clamp(0.0, 1e9) as i64
}

/// How many of those who answer are there: connected, or with a question in hand.
async fn on_duty(
    app: &App,
    conn: &mut AsyncPgConnection,
    now: Timestamp,
) -> Result<usize, Problem> {
    let holders = identity::holders_of(app, conn, &staff::ANSWER, now).await?;
    let mut there: HashSet<Uuid> = store::desk::at_work(conn, now).await?.into_iter().collect();
    there.extend(staff::connected(app, &holders).await);
    Ok(holders.iter().filter(|user| there.contains(user)).count())
}

/// Asks the support: in the caller's own room, made or opened again. Whether the message is new is said
/// beside the room.
///
/// # Errors
/// Faults of the text and what the room refuses.
pub async fn ask(app: &App, who: &Principal, new: NewSupport) -> Result<(Uuid, bool), Problem> {
    looked_at(&new.client_id, &new.body)?;
    let member = {
        let mut conn = app.db.conn().await?;
        let room = rooms::ensure(app, &mut conn, &New::support(who.user_id)).await?;
        access::enter(app, &mut conn, who, room).await?
    };
    let message = NewMessage::plain(new.client_id, new.body, None);
    let ack = say(app, &member, message).await?;
    Ok((member.room, !ack.dup))
}
