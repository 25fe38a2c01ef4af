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
use crate::platform::audit;
use crate::platform::http::{Checks, Code, Problem};

/// Seconds of a mute at least and at most.
const MUTE_S: std::ops::RangeInclusive<i64> = 60..=366 * 24 * 3600;
/// Seconds of slow mode at most.
const SLOW_S: u32 = 3600;

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
    let needs_reason = matches!(action, Action::Mute | Action::Kick | Action::Ban);
    let reason = checks.text("reason", &new.reason, usize::from(needs_reason)..=500);
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

/// Whether somebody who keeps order in a room may act on `target` there: never on oneself; on those who
/// keep no order there and do not work for the school; else on a lower rank only.
pub(super) fn may_act(
    actor: (Uuid, &Roles),
    target: (Uuid, &Roles),
    target_moderates: bool,
    course: Option<Uuid>,
) -> bool {
    let (own, theirs) = (actor.1.rank_in(course), target.1.rank_in(course));
    let plain = !target_moderates && theirs < Role::Curator.rank();
    actor.0 != target.0 && (plain || own > theirs)
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
    let now = app.clock.now();
    let roles = identity::roles_of_people(app, conn, &[target], now).await?;
    let nobody = Roles::default();
    let roles = roles.get(&target).unwrap_or(&nobody);
    let standings = access::standings(app, conn, member.room, &[target]).await?;
    let moderates = standings.get(&target).is_some_and(|standing| standing.moderates);
    if may_act((who.user_id, &who.roles), (target, roles), moderates, member.course) {
        Ok(())
    } else {
        Err(Problem::new(Code::RankTooLow))
    }
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
    use crate::identity::Scope;

    fn with(role: Role) -> Roles {
        Roles::of([(role, Scope::Platform)])
    }

    /// MSG-07: moderators act on no moderator of the same or a higher rank, and nobody on themselves.
    #[test]
    fn one_acts_downwards_only_and_never_on_oneself() {
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let may = |actor: Role, target: Role, moderates: bool| {
            may_act((a, &with(actor)), (b, &with(target)), moderates, None)
        };
        assert!(may(Role::Author, Role::Student, false));
        // Another author who studies here.
        assert!(may(Role::Author, Role::Author, false));
        assert!(!may(Role::Author, Role::Author, true));
        assert!(!may(Role::Author, Role::Curator, false));
        assert!(!may(Role::Curator, Role::Support, false));
        assert!(!may(Role::Moderator, Role::Moderator, true));
        assert!(may(Role::Moderator, Role::Curator, true));
        assert!(!may(Role::Moderator, Role::Admin, false));
        assert!(may(Role::Admin, Role::Moderator, true));
        let own = with(Role::Admin);
        assert!(!may_act((a, &own), (a, &own), true, None));
        // A curator of one course has that rank in the course.
        let course = Uuid::from_u128(7);
        let curator = Roles::of([(Role::Curator, Scope::Course(course))]);
        let author = with(Role::Author);
        assert!(may_act((a, &curator), (b, &author), true, Some(course)));
        assert!(!may_act((a, &curator), (b, &author), true, None));
    }

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
        assert!(checked(&NewAct { reason: String::new(), ..new(Action::Kick) }).is_err());
        assert!(checked(&NewAct { user_id: None, ..new(Action::Ban) }).is_err());
        assert!(checked(&new(Action::Lock)).is_err());
        let slow = NewAct { user_id: None, slow_s: Some(30), ..new(Action::SlowMode) };
        assert!(checked(&slow).is_ok());
        assert!(checked(&NewAct { slow_s: Some(3601), ..slow }).is_err());
    }
}
