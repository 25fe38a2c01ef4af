//! What moderators have laid upon somebody, looked at inside the transaction that stores changes.
//!
//! What this hook guarantees: [`may`] is called for every change of a batch that is new (a repeated send
//! has been answered before), with the head of its room locked, and with rows that were read after the
//! lock was had, set-wise for the whole batch: so a mute or a lock that was committed on any node before is
//! seen here, and whatever passes is in the log before a later one. It is pure; what it needs more is
//! read in `store::append::load` into [`Standing`], one statement for the whole batch.
//! [`moderated`] is called in the same transaction after everything is written, with each act of moderation of
//! the batch that changed something.

use actors::chat_room::port::{Action, Change, Draft, Rights, What};
use actors::wire::{ErrCode, More, Problem as Refusal};
use diesel_async::AsyncPgConnection;
use kernel::{IdSource as _, RandomIds, Timestamp};
use serde_json::json;
use uuid::Uuid;

use crate::messaging::log::plan::Write;
use crate::messaging::model::{RoomRow, StandingRow};
use crate::platform::audit;
use crate::platform::http::Problem;

/// What moderators have laid upon who makes a change.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// In this room.
    pub here: Option<StandingRow>,
    /// In its course or the whole school: until when they may not write, and why.
    pub wide: Option<(Timestamp, String)>,
}

impl Standing {
    /// Adds what was read: a row of the room's, or one of a wider mute.
    pub fn add(&mut self, row: StandingRow, is_wide: bool) {
        if !is_wide {
            self.here = Some(row);
            return;
        }
        let until = row.muted_until.unwrap_or_else(forever);
        if self.wide.as_ref().is_none_or(|(other, _)| *other < until) {
            self.wide = Some((until, row.muted_reason.unwrap_or_default()));
        }
    }

    /// The mute that lasts longest of those that hold at `now`, and why.
    pub fn muted(&self, now: Timestamp) -> Option<(Timestamp, Option<String>)> {
        let here = self
            .here
            .as_ref()
            .and_then(|here| Some((here.muted_until?, here.muted_reason.clone())));
        let wide = self.wide.clone().map(|(until, reason)| (until, Some(reason)));
        longest(here.into_iter().chain(wide), now)
    }
}

/// Of these mutes the one that lasts longest, if any holds at `now`: its end and its reason.
pub fn longest(
    mutes: impl Iterator<Item = (Timestamp, Option<String>)>,
    now: Timestamp,
) -> Option<(Timestamp, Option<String>)> {
    mutes.filter(|(until, _)| *until > now).max_by_key(|(until, _)| *until)
}

/// Whether a change may be made. Moderators are only held by a ban. The room's actor has looked at rights and
/// texts before, unless it might be a repeated send.
///
/// # Errors
/// `muted`, `banned` or `read_only`; what the rules say to a text.
pub fn may(
    change: &Change,
    room: &RoomRow,
    standing: &Standing,
    now: Timestamp,
) -> Result<(), Refusal> {
    let here = standing.here.as_ref();
    if let Some(here) = here.filter(|here| here.banned_at.is_some()) {
        let reason = here.ban_reason.clone();
        return Err(Refusal::new(ErrCode::Banned).with(More { reason, ..More::default() }));
    }
    if change.by.rights.moderates {
        return Ok(());
    }
    let writes = matches!(change.what, What::Message(_) | What::Edit { .. });
    let speaks = writes || matches!(change.what, What::React { .. });
    if let Some((until, reason)) = standing.muted(now).filter(|_| speaks) {
        return Err(Refusal::new(ErrCode::Muted).with(More {
            until: shown(until),
            reason,
            need_wrong: None,
        }));
    }
    let Rights { can_write, need_wrong, .. } = change.by.rights;
    if writes && (room.locked || !can_write) {
        let refusal = Refusal::new(ErrCode::ReadOnly);
        return Err(match need_wrong {
            Some(_) => refusal.with(More { need_wrong, ..More::default() }),
            None => refusal,
        });
    }
    match &change.what {
        What::Message(Draft { against: Some(refusal), .. })
        | What::Edit { against: Some(refusal), .. } => Err(refusal.clone()),
        _ => Ok(()),
    }
}

/// The end of a mute as people see it: none when it lasts until it is lifted.
pub fn shown(until: Timestamp) -> Option<Timestamp> {
    (until < forever()).then_some(until)
}

/// What is stored for a mute that lasts until it is lifted.
pub fn forever() -> Timestamp {
    // The last day that every part of the house can write.
    chrono::NaiveDate::from_ymd_opt(9999, 12, 31)
        .and_then(|day| day.and_hms_opt(0, 0, 0))
        .map_or(Timestamp::MAX_UTC, |at| at.and_utc())
}

/// An act of moderation that changed something.
#[derive(Debug, Clone)]
pub struct Moderated {
    /// In which room.
    pub room: Uuid,
    /// By whom.
    pub by: Uuid,
    /// What: an act, or `None` for the deletion of somebody else's message.
    pub action: Option<Action>,
    /// To whom, or to whose message.
    pub user: Option<Uuid>,
    /// Which message.
    pub message: Option<Uuid>,
    /// Of a mute: until when; `None` = until it is lifted.
    pub until: Option<Timestamp>,
    /// Of slow mode: seconds between two messages.
    pub slow_s: Option<u32>,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

impl Moderated {
    /// The act as the audit log keeps it.
    fn entry(&self) -> audit::Entry {
        let action = match self.action {
            None => "chat.delete",
            Some(Action::Lock) => "chat.lock",
            Some(Action::Unlock) => "chat.unlock",
            Some(Action::SlowMode) => "chat.slow_mode",
            Some(Action::Mute) => "chat.mute",
            Some(Action::Unmute) => "chat.unmute",
            Some(Action::Kick) => "chat.kick",
            Some(Action::Ban) => "chat.ban",
            Some(Action::Unban) => "chat.unban",
        };
        let (subject_kind, subject_id) = match (self.action, self.message, self.user) {
            (None, Some(message), _) => ("message", message),
            (_, _, Some(user)) => ("user", user),
            _ => ("room", self.room),
        };
        audit::Entry {
            actor: Some(self.by),
            action,
            subject_kind,
            subject_id,
            reason: self.reason.clone(),
            details: json!({ "room": self.room, "user": self.user, "until": self.until,
                "slow_s": self.slow_s }),
        }
    }
}

/// Writes down who pinned what, and who took a pin off.
///
/// # Errors
/// The database's own; nothing of the batch is stored then.
pub async fn pinned(
    conn: &mut AsyncPgConnection,
    writes: &[Write],
    now: Timestamp,
) -> Result<(), Problem> {
    for write in writes {
        let Write::Pin { room, message, by, on } = write else { continue };
        let entry = audit::Entry {
            actor: Some(*by),
            action: if *on { "chat.pin" } else { "chat.unpin" },
            subject_kind: "message",
            subject_id: *message,
            reason: String::new(),
            details: json!({ "room": room }),
        };
        audit::record(conn, entry, RandomIds.new_id(now), now).await?;
    }
    Ok(())
}

/// Writes acts of moderation down, in the transaction that makes them true.
///
/// # Errors
/// The database's own; nothing of the batch is stored then.
pub async fn moderated(conn: &mut AsyncPgConnection, acts: &[Moderated]) -> Result<(), Problem> {
    for act in acts {
        audit::record(conn, act.entry(), RandomIds.new_id(act.at), act.at).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use actors::chat_room::port::{By, Role};

    use super::*;
    use crate::messaging::model::RoomKind;

    fn change(moderates: bool) -> Change {
        let rights = Rights { role: Role::Student, can_write: true, moderates, need_wrong: None };
        let by = By { user: Uuid::from_u128(1), name: "Sam".into(), rights };
        Change { by, what: What::Message(Draft::default()) }
    }

    fn room(locked: bool) -> RoomRow {
        RoomRow {
            id: Uuid::from_u128(9),
            kind: RoomKind::Lesson,
            lesson_id: None,
            course_id: None,
            task_id: None,
            owner_id: None,
            title: None,
            locked,
            accepted_id: None,
            slow_s: 0,
            version: 1,
            created_at: Timestamp::default(),
        }
    }

    fn muted(until: Timestamp) -> Standing {
        Standing {
            here: Some(StandingRow {
                room_id: Uuid::from_u128(9),
                user_id: Uuid::from_u128(1),
                muted_until: Some(until),
                muted_reason: Some("spam".into()),
                banned_at: None,
                ban_reason: None,
            }),
            wide: None,
        }
    }

    /// MSG-07: a mute over the course or the school holds here too; the one that lasts longest is told.
    #[test]
    fn the_longest_of_several_mutes_is_told() {
        let now: Timestamp = "2026-11-20T15:00:00Z".parse().unwrap();
        let hour = now + chrono::TimeDelta::hours(1);
        let mut standing = muted(hour);
        let wide = StandingRow {
            muted_until: Some(forever()),
            muted_reason: Some("ads".into()),
            ..standing.here.clone().unwrap()
        };
        standing.add(StandingRow { muted_until: Some(now), ..wide.clone() }, true);
        standing.add(wide, true);
        let more = may(&change(false), &room(false), &standing, now).unwrap_err().more.unwrap();
        assert_eq!((more.until, more.reason.as_deref()), (None, Some("ads")));
        assert_eq!(standing.here.unwrap().muted_until, Some(hour));
    }

    /// MSG-07
    #[test]
    fn a_muted_writer_is_told_why_and_until_when_and_a_lock_holds_all_but_moderators() {
        let now: Timestamp = "2026-11-20T15:00:00Z".parse().unwrap();
        let later = now + chrono::TimeDelta::hours(1);
        let refusal = may(&change(false), &room(false), &muted(later), now).unwrap_err();
        let more = refusal.more.unwrap();
        assert_eq!((refusal.code, more.until), (ErrCode::Muted, Some(later)));
        assert_eq!(more.reason.as_deref(), Some("spam"));
        let refusal = may(&change(false), &room(false), &muted(forever()), now).unwrap_err();
        assert_eq!(refusal.more.unwrap().until, None);
        assert!(may(&change(false), &room(false), &muted(now), now).is_ok(), "it is over");
        assert!(may(&change(true), &room(true), &muted(later), now).is_ok());
        let locked = may(&change(false), &room(true), &Standing::default(), now);
        assert_eq!(locked.unwrap_err().code, ErrCode::ReadOnly);
        let mut reader = change(false);
        reader.by.rights.can_write = false;
        let refusal = may(&reader, &room(false), &Standing::default(), now).unwrap_err();
        assert_eq!(refusal.code, ErrCode::ReadOnly);
        let draft = Draft { against: Some(Refusal::rejected("words")), ..Draft::default() };
        let rude = |moderates| Change { what: What::Message(draft.clone()), ..change(moderates) };
        let refusal = may(&rude(false), &room(false), &Standing::default(), now).unwrap_err();
        assert_eq!((refusal.code, refusal.rule), (ErrCode::Rejected, Some("words")));
        assert!(may(&rude(true), &room(false), &Standing::default(), now).is_ok());
    }
}
