//! Acts of moderation: who may act on whom, and what becomes of it. An act in one room is an entry of
//! its log, written with its row in the audit log in one transaction; a mute over a course or the
//! school is a row that every room asks when somebody writes.

use actors::chat_room::port::{Action, ModAct, What};
use chrono::TimeDelta;
use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::model::NewMute;
use super::store;
use super::views::{ActDone, MuteScope, NewAct};
use crate::app::App;
use crate::identity::{self, Principal, Role, Roles};
use crate::messaging::access::{self, Member};
use crate::messaging::hooks::guard::forever;
use crate::messaging::routes::change;
use crate::messaging::rules::rank::{self, Peer};
use crate::platform::audit;
use crate::platform::http::{Checks, Code, Problem};

/// Seconds of a mute at least and at most.
const MUTE_S: std::ops::RangeInclusive<i64> = 60..=366 * 24 * 3600;
/// Seconds of slow mode at most.
const SLOW_S: u32 = 3600;
/// Characters of a reason: every act has one.
pub(super) const REASON: std::ops::RangeInclusive<usize> = 1..=500;

/// An act whose input is in order.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Act {
    action: Action,
    user: Option<Uuid>,
    scope: MuteScope,
    for_s: Option<i64>,
    slow_s: u32,
    reason: String,
}

/// Looks at the input of an act.
fn checked(new: &NewAct) -> Result<Act, Problem> {
    let mut checks = Checks::new();
    let action = new.action.0;
    let reason = checks.text("reason", &new.reason, REASON);
    checks.ensure(
        new.user_id.is_some() == action.is_personal(),
        "user_id",
        if action.is_personal() { Code::Required } else { Code::Invalid },
        "Needed where something is done to a person, and only there.",
    );
    checks.ensure(
        new.scope.is_none() || matches!(action, Action::Mute | Action::Unmute),
        "scope",
        Code::Invalid,
        "Only a mute reaches beyond the room.",
    );
    checks.ensure(
        new.for_s.is_none_or(|s| action == Action::Mute && MUTE_S.contains(&s)),
        "for_s",
        Code::Invalid,
        "60 seconds to 366 days, for a mute; without it, until it is lifted.",
    );
    checks.ensure(
        match new.slow_s {
            Some(slow) => action == Action::SlowMode && slow <= SLOW_S,
            None => action != Action::SlowMode,
        },
        "slow_s",
        Code::Invalid,
        "0 to 3600 seconds, for slow_mode.",
    );
    checks.done()?;
    Ok(Act {
        action,
        user: new.user_id,
        scope: new.scope.unwrap_or(MuteScope::Room),
        for_s: new.for_s,
        slow_s: new.slow_s.unwrap_or(0),
        reason,
    })
}

/// Refuses unless `who` may act on `target` in the member's room.
///
/// # Errors
/// `forbidden`, `not_found` for nobody, `rank_too_low`.
pub(in crate::messaging) async fn permit(
    app: &App,
    conn: &mut AsyncPgConnection,
    who: &Principal,
    member: &Member,
    target: Uuid,
) -> Result<(), Problem> {
    if !member.moderates {
        return Err(Problem::new(Code::Forbidden));
    }
    if !identity::people(conn, &[target]).await?.contains_key(&target) {
        return Err(Problem::not_found());
    }
    compare(app, conn, who, member, target, rank::may_act).await
}

/// Refuses unless `who` may take the message away. Of one that is not in the room, or that is the
/// caller's own, the room itself says what is to be said; so it does to who keeps no order.
///
/// # Errors
/// `rank_too_low`.
pub(in crate::messaging) async fn permit_delete(
    app: &App,
    conn: &mut AsyncPgConnection,
    who: &Principal,
    member: &Member,
    message: Uuid,
) -> Result<(), Problem> {
    let message = store::cases::message(conn, message).await?;
    match message.filter(|message| message.room_id == member.room && member.moderates) {
        Some(message) => compare(app, conn, who, member, message.author_id, rank::may_delete).await,
        None => Ok(()),
    }
}

/// Asks `rule` about `who` and `target` in the member's room.
async fn compare(
    app: &App,
    conn: &mut AsyncPgConnection,
    who: &Principal,
    member: &Member,
    target: Uuid,
    rule: fn(Peer<'_>, Peer<'_>, Option<Uuid>) -> bool,
) -> Result<(), Problem> {
    let standings = access::standings(app, conn, member.room, &[target]).await?;
    let moderates = standings.get(&target).is_some_and(|standing| standing.moderates);
    let roles = identity::roles_of_people(app, conn, &[target], app.clock.now()).await?;
    let nobody = Roles::default();
    let target = Peer { user: target, roles: roles.get(&target).unwrap_or(&nobody), moderates };
    let actor = Peer { user: who.user_id, roles: &who.roles, moderates: member.moderates };
    if rule(actor, target, member.course) { Ok(()) } else { Err(Problem::new(Code::RankTooLow)) }
}

/// Whether `who` may mute over that much.
fn reaches(who: &Principal, member: &Member, scope: MuteScope) -> bool {
    match scope {
        MuteScope::Room => true,
        // Who keeps order in a room of a course keeps it in the course.
        MuteScope::Course => member.course.is_some(),
        MuteScope::All => who.has(Role::Moderator) || who.has(Role::Admin),
    }
}

/// Does what a moderator asks.
///
/// # Errors
/// Faults of the input, `forbidden`, `rank_too_low`, `not_found`; those of the log.
pub(in crate::messaging) async fn act(
    app: &App,
    who: &Principal,
    member: &Member,
    new: &NewAct,
) -> Result<ActDone, Problem> {
    if !member.moderates {
        return Err(Problem::new(Code::Forbidden));
    }
    let act = checked(new)?;
    if !reaches(who, member, act.scope) {
        return Err(Problem::new(Code::Forbidden).field(
            "scope",
            Code::Forbidden,
            "You keep no order there.",
        ));
    }
    if let Some(target) = act.user {
        let mut conn = app.db.conn().await?;
        permit(app, &mut conn, who, member, target).await?;
    }
    let now = app.clock.now();
    let until = act.for_s.map(|s| now + TimeDelta::seconds(s));
    match (act.scope, act.user) {
        (MuteScope::Course | MuteScope::All, Some(target)) => {
            let course = member.course.filter(|_| act.scope == MuteScope::Course);
            widely(app, who, &act, target, course, until).await?;
            Ok(ActDone { seq: None, until })
        }
        _ => {
            let what = What::Mod(ModAct {
                action: act.action,
                user: act.user,
                until,
                slow_s: act.slow_s,
                reason: act.reason,
            });
            let ack = change(app, member, what).await?;
            Ok(ActDone { seq: Some(ack.seq), until })
        }
    }
}

/// Lifts a mute over a course or (none) the school. Who asks must be allowed to.
///
/// # Errors
/// Those of the database.
pub(super) async fn lift_wide(
    app: &App,
    who: &Principal,
    target: Uuid,
    course: Option<Uuid>,
    reason: String,
) -> Result<(), Problem> {
    let scope = if course.is_some() { MuteScope::Course } else { MuteScope::All };
    let act =
        Act { action: Action::Unmute, user: Some(target), scope, for_s: None, slow_s: 0, reason };
    widely(app, who, &act, target, course, None).await
}

/// Mutes over a course or the school, or lifts that.
async fn widely(
    app: &App,
    who: &Principal,
    act: &Act,
    target: Uuid,
    course: Option<Uuid>,
    until: Option<Timestamp>,
) -> Result<(), Problem> {
    let now = app.clock.now();
    let mute = act.action == Action::Mute;
    let row = NewMute {
        id: app.id(),
        user_id: target,
        course_id: course,
        until: until.unwrap_or_else(forever),
        reason: act.reason.clone(),
        muted_by: who.user_id,
        created_at: now,
    };
    let entry = audit::Entry {
        actor: Some(who.user_id),
        action: if mute { "chat.mute" } else { "chat.unmute" },
        subject_kind: "user",
        subject_id: target,
        reason: act.reason.clone(),
        details: json!({ "scope": act.scope, "course": course, "until": until }),
    };
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            if mute {
                store::mutes::put(conn, &row).await?;
            } else if !store::mutes::lift(conn, target, course).await? {
                return Ok(());
            }
            Ok(audit::record(conn, entry, app.id(), now).await?)
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::super::views::ActName;
    use super::*;

    #[test]
    fn an_act_asks_for_what_it_needs_and_for_nothing_else() {
        let new = |action| NewAct {
            action: ActName(action),
            user_id: Some(Uuid::from_u128(1)),
            scope: None,
            for_s: None,
            slow_s: None,
            reason: "spam".into(),
        };
        assert!(checked(&new(Action::Mute)).is_ok());
        assert!(checked(&NewAct { for_s: Some(59), ..new(Action::Mute) }).is_err());
        assert!(checked(&NewAct { for_s: Some(60), ..new(Action::Ban) }).is_err());
        for action in [Action::Kick, Action::Unmute, Action::Unban] {
            assert!(checked(&NewAct { reason: " ".into(), ..new(action) }).is_err());
        }
        let lock = NewAct { user_id: None, ..new(Action::Lock) };
        assert!(checked(&lock).is_ok());
        assert!(checked(&NewAct { reason: String::new(), ..lock }).is_err());
        assert!(checked(&NewAct { user_id: None, ..new(Action::Ban) }).is_err());
        assert!(checked(&new(Action::Lock)).is_err());
        let slow = NewAct { user_id: None, slow_s: Some(30), ..new(Action::SlowMode) };
        assert!(checked(&slow).is_ok());
        assert!(checked(&NewAct { slow_s: Some(3601), ..slow }).is_err());
    }
}
