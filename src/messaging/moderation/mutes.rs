//! Who may not write where.

use actors::chat_room::port::{Action, ModAct, What};
use uuid::Uuid;

use super::views::{HeldBackQuery, LiftQuery, MuteScope, MuteView};
use super::{act, store};
use crate::app::App;
use crate::courses;
use crate::identity::{self, Principal, Roles};
use crate::messaging::access;
use crate::messaging::routes::change;
use crate::messaging::rules::rank::{Peer, may_act};
use crate::platform::http::{Checks, Code, Page, Problem, cursor};

/// A page of those who may not write somewhere, by person.
///
/// # Errors
/// `forbidden` for who keeps order nowhere, `bad_request` for a foreign cursor.
pub(super) async fn list(
    app: &App,
    who: &Principal,
    query: HeldBackQuery,
) -> Result<Page<MuteView>, Problem> {
    let after: Option<(Uuid, Uuid)> = query.cursor.as_deref().map(cursor::decode).transpose()?;
    let limit = i64::from(query.limit.unwrap_or(50).clamp(1, 100));
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    let reach = super::reach(&mut conn, who).await?;
    let rows = store::mutes::all(&mut conn, &reach, after, now, limit + 1).await?;
    // Of one person's mutes the one of the school comes last: it has neither room nor course.
    let page = Page::of(rows, limit, |row| (row.user_id, row.place()));
    let ids: Vec<Uuid> = page.items.iter().map(|row| row.user_id).collect();
    let people = identity::people(&mut conn, &ids).await?;
    Ok(page.map(|row| MuteView {
        user_id: row.user_id,
        name: people.get(&row.user_id).map(|person| person.name.clone()).unwrap_or_default(),
        scope: match (row.room_id, row.course_id) {
            (Some(_), _) => MuteScope::Room,
            (None, Some(_)) => MuteScope::Course,
            (None, None) => MuteScope::All,
        },
        room_id: row.room_id,
        course_id: row.course_id,
        until: row.until,
        reason: row.reason,
        can_lift: row.room_id.is_some()
            || row.course_id.map_or(reach.is_school(), |course| reach.holds_course(course)),
    }))
}

/// Lifts a mute, in a room by its log, else by its row. The reason stands in the audit log.
///
/// # Errors
/// `forbidden` for who keeps no order that far, `rank_too_low`, `not_found` for no such mute, faults of
/// the input.
pub(super) async fn lift(
    app: &App,
    who: &Principal,
    user: Uuid,
    which: LiftQuery,
) -> Result<(), Problem> {
    let mut checks = Checks::new();
    let reason = checks.text("reason", &which.reason, act::REASON);
    let one = which.room_id.is_none() || which.course_id.is_none();
    checks.ensure(one, "course_id", Code::Invalid, "A mute is in a room or over a course.");
    checks.done()?;
    let now = app.clock.now();
    let place = (which.room_id, which.course_id);
    let mut conn = app.db.conn().await?;
    let reach = super::reach(&mut conn, who).await?;
    if let Some(room) = which.room_id {
        let member = access::enter(app, &mut conn, who, room).await?;
        if !member.moderates {
            return Err(Problem::new(Code::Forbidden));
        }
        if !store::mutes::is_muted(&mut conn, user, place, now).await? {
            return Err(Problem::not_found());
        }
        act::permit(app, &mut conn, who, &member, user).await?;
        drop(conn);
        let act =
            ModAct { action: Action::Unmute, user: Some(user), until: None, slow_s: 0, reason };
        change(app, &member, What::Mod(act)).await?;
        return Ok(());
    }
    if !which.course_id.map_or(reach.is_school(), |course| reach.holds_course(course)) {
        return Err(Problem::new(Code::Forbidden));
    }
    if !store::mutes::is_muted(&mut conn, user, place, now).await? {
        return Err(Problem::not_found());
    }
    let teacher = match which.course_id {
        Some(course) => courses::owner_of(&mut conn, course).await?,
        None => None,
    };
    let roles = identity::roles_of_people(app, &mut conn, &[user], now).await?;
    drop(conn);
    let nobody = Roles::default();
    let roles = roles.get(&user).unwrap_or(&nobody);
    let target = Peer { user, roles, moderates: teacher == Some(user) };
    let actor = Peer { user: who.user_id, roles: &who.roles, moderates: true };
    if !may_act(actor, target, which.course_id) {
        return Err(Problem::new(Code::RankTooLow));
    }
    act::lift_wide(app, who, user, which.course_id, reason).await
}
