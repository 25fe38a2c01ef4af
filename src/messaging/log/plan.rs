//! Decides what of a batch is new, which numbers it takes and what is written for it. Pure: it sees what
//! the transaction read under the lock of the rooms' heads.

use std::collections::{HashMap, HashSet};

use actors::chat_room::port::{
    Action, Appended, Change, Draft, Entry, Message, ModAct, PREVIEW_CHARS, Preview, Role,
    RoomChange, State, What,
};
use actors::wire::{ErrCode, Problem as Refusal};
use chrono::TimeDelta;
use kernel::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::rows::{self, role_name, unsigned};
use crate::messaging::files::model::FileRow;
use crate::messaging::hooks::desk::{Deed, Posted};
use crate::messaging::hooks::guard::{self, Moderated, Standing};
use crate::messaging::model::{
    LogRow, MessageRow, MessageState, RoomKind, RoomRow, StandingRow, kind,
};
use crate::messaging::news::Said;

/// How long one may change or delete an own message.
const EDIT_WINDOW: TimeDelta = TimeDelta::minutes(15);
/// Pins of a room at most.
const PINS_MAX: usize = 50;
/// Different emoji under one message at most.
const EMOJI_MAX: usize = 20;

/// One change and the room that it is for.
#[derive(Debug, Clone)]
pub struct Item {
    /// The room.
    pub room: Uuid,
    /// The change.
    pub change: Change,
}

/// A room under the lock of its head.
#[derive(Debug, Clone)]
pub struct Locked {
    /// The last number given.
    pub head: i64,
    /// The room.
    pub row: RoomRow,
    /// What is pinned, the oldest first.
    pub pins: Vec<Uuid>,
}

/// What a batch meets, read under the lock of the heads of its rooms.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// The rooms; one that is not here is not there.
    pub rooms: HashMap<Uuid, Locked>,
    /// Messages stored before under the batch's rooms, authors and client ids.
    pub known: Vec<MessageRow>,
    /// The messages that the batch names.
    pub messages: HashMap<Uuid, MessageRow>,
    /// The names of those messages' authors.
    pub names: HashMap<Uuid, String>,
    /// What moderators have laid upon people: (room, user).
    pub standings: HashMap<(Uuid, Uuid), Standing>,
    /// When these people last wrote, in rooms with slow mode: (room, user).
    pub newest: HashMap<(Uuid, Uuid), Timestamp>,
    /// Who has which emoji on the messages that the batch reacts to.
    pub reactions: HashMap<Uuid, HashMap<String, HashSet<Uuid>>>,
    /// The files that the batch names, and those of held messages that it lets through.
    pub files: HashMap<Uuid, FileRow>,
}

/// What is written beside new messages and log rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// Another text; the old one becomes a version.
    Edit { row: MessageRow, old: String, by: Uuid },
    /// No text any more; the old one becomes a version.
    Delete { row: MessageRow, old: String, by: Uuid },
    /// A reaction set or taken back.
    React { message: Uuid, user: Uuid, emoji: String, on: bool },
    /// A pin set or taken back.
    Pin { room: Uuid, message: Uuid, by: Uuid, on: bool },
    /// The room itself.
    Room(RoomRow),
    /// A mute: its end and reason, or none.
    Mute { room: Uuid, user: Uuid, mute: Option<(Timestamp, String)> },
    /// A ban and its reason, or none.
    Ban { room: Uuid, user: Uuid, ban: Option<String> },
    /// A member's row.
    Member { room: Uuid, user: Uuid },
    /// What a held message becomes.
    State { message: Uuid, state: MessageState },
    /// Files that now belong to a message.
    Files { files: Vec<Uuid>, room: Uuid, message: Uuid },
}

/// All that a batch comes to.
#[derive(Debug, Default)]
pub struct Plan {
    /// New messages.
    pub messages: Vec<MessageRow>,
    /// New entries.
    pub log: Vec<LogRow>,
    /// The rooms' heads after it.
    pub heads: HashMap<Uuid, i64>,
    /// What else is written, in order.
    pub writes: Vec<Write>,
    /// For the desk: what was said, and answers accepted.
    pub posted: Vec<Posted>,
    /// For the lists of rooms: what everybody in them sees.
    pub said: Vec<Said>,
    /// For the audit.
    pub moderated: Vec<Moderated>,
}

/// What became of one item; `None`: there is no such room.
pub type Outcome = Option<Appended>;

struct Planner<'a, F> {
    world: World,
    known: HashMap<(Uuid, Uuid, String), MessageRow>,
    plan: Plan,
    now: Timestamp,
    new_id: &'a F,
}

/// Plans a batch: one outcome an item, in order.
pub fn plan(
    items: &[Item],
    mut world: World,
    now: Timestamp,
    new_id: &impl Fn() -> Uuid,
) -> (Plan, Vec<Outcome>) {
    let known = std::mem::take(&mut world.known)
        .into_iter()
        .map(|row| ((row.room_id, row.author_id, row.client_id.clone()), row))
        .collect();
    let mut planner = Planner { world, known, plan: Plan::default(), now, new_id };
    let outcomes = items
        .iter()
        .map(|item| {
            planner
                .world
                .rooms
                .contains_key(&item.room)
                .then(|| planner.one(item.room, &item.change).unwrap_or_else(Appended::Refused))
        })
        .collect();
    (planner.plan, outcomes)
}

fn not_found() -> Refusal {
    Refusal::new(ErrCode::NotFound)
}

/// Whoever keeps order says why: it stands in the audit log.
fn ensure_reason(reason: &str) -> Result<(), Refusal> {
    match reason.trim() {
        "" => Err(Refusal::field(ErrCode::BadRequest, "reason")),
        _ => Ok(()),
    }
}

impl<F: Fn() -> Uuid> Planner<'_, F> {
    fn one(&mut self, room: Uuid, change: &Change) -> Result<Appended, Refusal> {
        if let What::Message(draft) = &change.what {
            let key = (room, change.by.user, draft.client_id.clone());
            if let Some(row) = self.known.get(&key) {
                return again(row, draft);
            }
        }
        let nothing = Standing::default();
        let standing = self.world.standings.get(&(room, change.by.user)).unwrap_or(&nothing);
        let row = &self.world.rooms.get(&room).ok_or_else(not_found)?.row;
        guard::may(change, row, standing, self.now)?;
        match &change.what {
            What::Message(draft) => {
                self.pause(room, change)?;
                self.message(room, change, draft)
            }
            What::Edit { msg, body, mentions, version, .. } => {
                self.edit(room, change, *msg, (body, mentions, *version))
            }
            What::Delete { msg, reason } => self.delete(room, change, *msg, reason.as_deref()),
            What::React { msg, emoji, on } => self.react(room, change, *msg, emoji, *on),
            What::Pin { msg, on } => self.pin(room, change, *msg, *on),
            What::Answer { msg } => self.answer(room, change, *msg),
            What::Mod(act) => self.moderate(room, change, act),
            What::Room(to) => self.room(room, change, to),
            What::Member { user, name, role, on } => {
                self.plan.writes.extend(on.then_some(Write::Member { room, user: *user }));
                let payload = json!({"user": user, "name": name, "role": role, "on": on});
                let seq = self.log(room, kind::MEMBER, None, change.by.user, Some(payload))?;
                let (user, name, role, on) = (*user, name.clone(), *role, *on);
                Ok(self.stored(Entry::Member { seq, user, name, role, on }))
            }
            What::Approve { msg, on } => self.approve(room, change, *msg, *on),
        }
    }

    /// Slow mode, by the author's newest message whichever node took it.
    fn pause(&self, room: Uuid, change: &Change) -> Result<(), Refusal> {
        let slow_s = self.world.rooms.get(&room).map_or(0, |locked| locked.row.slow_s);
        if slow_s <= 0 || change.by.rights.moderates {
            return Ok(());
        }
        // Later than now: a clock was set back, and nobody waits as long as it was wrong.
        let last = self.world.newest.get(&(room, change.by.user)).filter(|last| **last <= self.now);
        let wait = last.map(|last| *last + TimeDelta::seconds(i64::from(slow_s)) - self.now);
        match wait.map(|wait| u64::try_from(wait.num_milliseconds()).unwrap_or(0)) {
            None | Some(0) => Ok(()),
            Some(ms) => Err(Refusal { retry_ms: Some(ms + 1), ..Refusal::new(ErrCode::SlowMode) }),
        }
    }

    /// Gives the next number to an entry and notes its row.
    fn log(
        &mut self,
        room: Uuid,
        kind: i16,
        msg_id: Option<Uuid>,
        actor: Uuid,
        payload: Option<Value>,
    ) -> Result<u64, Refusal> {
        let locked = self.world.rooms.get_mut(&room).ok_or_else(not_found)?;
        locked.head += 1;
        let seq = locked.head;
        self.plan.heads.insert(room, seq);
        self.plan.log.push(LogRow {
            room_id: room,
            seq,
            kind,
            msg_id,
            // A message names its author itself.
            actor_id: (kind != kind::MSG).then_some(actor),
            payload,
            created_at: self.now,
        });
        Ok(unsigned(seq))
    }

    fn stored(&self, entry: Entry) -> Appended {
        Appended::Stored { entry, at: self.now }
    }

    /// It is so already.
    fn same(&self, room: Uuid, msg: Option<Uuid>) -> Appended {
        let seq = self.world.rooms.get(&room).map_or(0, |locked| unsigned(locked.head));
        Appended::Duplicate { msg, seq, created_at: self.now, held: false }
    }

    fn message(&mut self, room: Uuid, change: &Change, draft: &Draft) -> Result<Appended, Refusal> {
        let by = &change.by;
        let reply = match draft.reply_to {
            Some(to) => {
                let refusal = Refusal::field(ErrCode::NotFound, "reply_to");
                let to = self.target(room, to).map_err(|_| refusal.clone())?;
                let hidden = rows::state(to.state).is_private();
                if hidden && to.author_id != by.user && !by.rights.moderates {
                    return Err(refusal);
                }
                (to.state == MessageState::Shown).then(|| self.preview(to))
            }
            None => None,
        };
        let id = (self.new_id)();
        let files = self.take_files(room, by.user, id, &draft.files)?;
        let held = draft.held && !by.rights.moderates;
        let seq = self.log(room, kind::MSG, Some(id), by.user, None)?;
        let row = MessageRow {
            id,
            room_id: room,
            seq: rows::signed(seq),
            author_id: by.user,
            author_role: role_name(by.rights.role).to_owned(),
            client_id: draft.client_id.clone(),
            body: draft.body.clone(),
            reply_to: draft.reply_to,
            at_lesson: draft.at.map(|at| at.lesson),
            at_second: draft.at.map(|at| i32::try_from(at.second).unwrap_or(i32::MAX)),
            version: 1,
            created_at: self.now,
            state: if held { MessageState::Held } else { MessageState::Shown },
            edited_at: None,
            mentions: draft.mentions.clone(),
            files: draft.files.clone(),
        };
        let files = files.iter().map(rows::file).collect();
        let m = Message { reply, files, ..rows::message(&row, by.name.clone()) };
        if !held {
            self.posted(&row, by.rights.role);
            self.said(&row, &by.name);
        }
        self.world.newest.insert((room, by.user), self.now);
        self.known.insert((room, by.user, draft.client_id.clone()), row.clone());
        self.plan.messages.push(row);
        Ok(self.stored(Entry::Msg { seq, m }))
    }

    fn posted(&mut self, row: &MessageRow, role: Role) {
        self.happened(row.room_id, (row.author_id, role), Deed::Said(row.id), row.created_at);
    }

    /// Tells the desk, where the room is on it.
    fn happened(&mut self, room: Uuid, (author, role): (Uuid, Role), deed: Deed, at: Timestamp) {
        let Some(room) = self.world.rooms.get(&room).map(|locked| &locked.row) else { return };
        if room.kind.is_on_desk() {
            self.plan.posted.push(Posted { room: room.clone(), author, role, deed, at });
        }
    }

    fn said(&mut self, row: &MessageRow, name: &str) {
        let Some(locked) = self.world.rooms.get(&row.room_id) else { return };
        self.plan.said.push(Said {
            room: row.room_id,
            kind: locked.row.kind,
            head: locked.head,
            preview: preview(row, name.to_owned()),
            mentions: row.mentions.clone(),
            at: row.created_at,
        });
    }

    /// The files of a message to be: the sender's own, and of no other message.
    fn take_files(
        &mut self,
        room: Uuid,
        owner: Uuid,
        message: Uuid,
        ids: &[Uuid],
    ) -> Result<Vec<FileRow>, Refusal> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut seen = HashSet::new();
        let mut files = Vec::with_capacity(ids.len());
        for id in ids {
            let file = self.world.files.get(id).filter(|file| {
                let here = file.room_id.is_none_or(|of| of == room);
                file.owner_id == owner && file.message_id.is_none() && here
            });
            match file {
                Some(file) if seen.insert(*id) => files.push(file.clone()),
                _ => return Err(Refusal::field(ErrCode::NotFound, "files")),
            }
        }
        for id in ids {
            if let Some(file) = self.world.files.get_mut(id) {
                file.message_id = Some(message);
            }
        }
        self.plan.writes.push(Write::Files { files: ids.to_vec(), room, message });
        Ok(files)
    }

    fn target(&self, room: Uuid, msg: Uuid) -> Result<&MessageRow, Refusal> {
        let row = self.world.messages.get(&msg).filter(|row| row.room_id == room);
        row.ok_or_else(not_found)
    }

    /// A message that everybody sees.
    fn shown(&self, room: Uuid, msg: Uuid) -> Result<&MessageRow, Refusal> {
        let row = self.target(room, msg)?;
        if row.state == MessageState::Shown { Ok(row) } else { Err(not_found()) }
    }

    fn preview(&self, row: &MessageRow) -> Preview {
        let name = self.world.names.get(&row.author_id).cloned().unwrap_or_default();
        preview(row, name)
    }

    fn is_late(&self, change: &Change, row: &MessageRow) -> bool {
        !change.by.rights.moderates && self.now - row.created_at > EDIT_WINDOW
    }

    fn edit(
        &mut self,
        room: Uuid,
        change: &Change,
        msg: Uuid,
        (body, mentions, version): (&str, &[Uuid], u32),
    ) -> Result<Appended, Refusal> {
        let row = self.shown(room, msg)?.clone();
        if row.author_id != change.by.user {
            return Err(Refusal::new(ErrCode::Forbidden));
        }
        let version = i32::try_from(version).unwrap_or(i32::MAX);
        // The same edit again, or one that changes nothing.
        let repeated = row.version == version.saturating_add(1) || row.version == version;
        if repeated && row.body == body {
            return Ok(self.same(room, Some(msg)));
        }
        if row.version != version {
            return Err(Refusal::field(ErrCode::Conflict, "version"));
        }
        if self.is_late(change, &row) {
            return Err(Refusal::new(ErrCode::TooLate));
        }
        let old = row.body.clone();
        let row = MessageRow {
            body: body.to_owned(),
            mentions: mentions.to_vec(),
            version: version + 1,
            edited_at: Some(self.now),
            ..row
        };
        let entry_version = rows::version(row.version);
        let author = row.author_id;
        self.world.messages.insert(msg, row.clone());
        self.plan.writes.push(Write::Edit { row, old, by: change.by.user });
        let seq = self.log(room, kind::EDIT, Some(msg), change.by.user, None)?;
        Ok(self.stored(Entry::Edit {
            seq,
            msg,
            author,
            body: body.to_owned(),
            mentions: mentions.to_vec(),
            version: entry_version,
            edited_at: self.now,
        }))
    }

    fn delete(
        &mut self,
        room: Uuid,
        change: &Change,
        msg: Uuid,
        reason: Option<&str>,
    ) -> Result<Appended, Refusal> {
        let row = self.target(room, msg)?.clone();
        let (own, moderates) = (row.author_id == change.by.user, change.by.rights.moderates);
        if !own && !moderates {
            let hidden = rows::state(row.state).is_private();
            return Err(if hidden { not_found() } else { Refusal::new(ErrCode::Forbidden) });
        }
        if row.state == MessageState::Deleted {
            return Ok(self.same(room, Some(msg)));
        }
        if self.is_late(change, &row) {
            return Err(Refusal::new(ErrCode::TooLate));
        }
        if !own {
            ensure_reason(reason.unwrap_or_default())?;
            self.plan.moderated.push(Moderated {
                room,
                by: change.by.user,
                action: None,
                user: Some(row.author_id),
                message: Some(msg),
                until: None,
                slow_s: None,
                reason: reason.unwrap_or_default().to_owned(),
                at: self.now,
            });
        }
        let old = row.body.clone();
        let row = MessageRow {
            body: String::new(),
            mentions: Vec::new(),
            state: MessageState::Deleted,
            ..row
        };
        self.world.messages.insert(msg, row.clone());
        self.world.reactions.remove(&msg);
        if let Some(locked) = self.world.rooms.get_mut(&room) {
            locked.pins.retain(|pinned| *pinned != msg);
            if locked.row.accepted_id == Some(msg) {
                locked.row.accepted_id = None;
                self.plan.writes.push(Write::Room(locked.row.clone()));
            }
        }
        self.plan.writes.push(Write::Delete { row, old, by: change.by.user });
        let seq = self.log(room, kind::DEL, Some(msg), change.by.user, None)?;
        Ok(self.stored(Entry::Del { seq, msg, by: change.by.user }))
    }

    fn react(
        &mut self,
        room: Uuid,
        change: &Change,
        msg: Uuid,
        emoji: &str,
        on: bool,
    ) -> Result<Appended, Refusal> {
        self.shown(room, msg)?;
        let user = change.by.user;
        let of_message = self.world.reactions.entry(msg).or_default();
        if on && !of_message.contains_key(emoji) && of_message.len() >= EMOJI_MAX {
            return Err(Refusal::rejected("reactions"));
        }
        let users = of_message.entry(emoji.to_owned()).or_default();
        let changed = if on { users.insert(user) } else { users.remove(&user) };
        let n = u32::try_from(users.len()).unwrap_or(u32::MAX);
        if n == 0 {
            of_message.remove(emoji);
        }
        if !changed {
            return Ok(self.same(room, Some(msg)));
        }
        let emoji = emoji.to_owned();
        let payload = json!({"emoji": emoji, "on": on, "n": n});
        self.plan.writes.push(Write::React { message: msg, user, emoji: emoji.clone(), on });
        let seq = self.log(room, kind::REACT, Some(msg), user, Some(payload))?;
        Ok(self.stored(Entry::React { seq, msg, user, emoji, on, n }))
    }

    fn pin(
        &mut self,
        room: Uuid,
        change: &Change,
        msg: Uuid,
        on: bool,
    ) -> Result<Appended, Refusal> {
        let preview = if on {
            Some(self.preview(self.shown(room, msg)?))
        } else {
            self.target(room, msg)?;
            None
        };
        let pins = &mut self.world.rooms.get_mut(&room).ok_or_else(not_found)?.pins;
        if pins.contains(&msg) == on {
            return Ok(self.same(room, Some(msg)));
        }
        if on && pins.len() >= PINS_MAX {
            return Err(Refusal::rejected("pins"));
        }
        if on {
            pins.push(msg);
        } else {
            pins.retain(|pinned| *pinned != msg);
        }
        let by = change.by.user;
        self.plan.writes.push(Write::Pin { room, message: msg, by, on });
        let seq = self.log(room, kind::PIN, Some(msg), by, Some(json!({"on": on})))?;
        Ok(self.stored(Entry::Pin { seq, msg, on, by, preview }))
    }

    fn answer(
        &mut self,
        room: Uuid,
        change: &Change,
        msg: Option<Uuid>,
    ) -> Result<Appended, Refusal> {
        if let Some(msg) = msg {
            self.shown(room, msg)?;
        }
        let locked = self.world.rooms.get_mut(&room).ok_or_else(not_found)?;
        if !matches!(locked.row.kind, RoomKind::Question | RoomKind::Forum) {
            return Err(Refusal::field(ErrCode::BadRequest, "topic"));
        }
        if locked.row.accepted_id == msg {
            return Ok(self.same(room, msg));
        }
        locked.row.accepted_id = msg;
        self.plan.writes.push(Write::Room(locked.row.clone()));
        let by = change.by.user;
        let deed = if msg.is_some() { Deed::Accepted } else { Deed::Reopened };
        self.happened(room, (by, change.by.rights.role), deed, self.now);
        let seq = self.log(room, kind::ANSWER, msg, by, None)?;
        Ok(self.stored(Entry::Answer { seq, msg, by }))
    }

    fn moderate(&mut self, room: Uuid, change: &Change, act: &ModAct) -> Result<Appended, Refusal> {
        let ModAct { action, user, until, slow_s, reason } = act;
        let user = user.filter(|_| action.is_personal());
        ensure_reason(reason)?;
        if action.is_personal() && user.is_none() {
            return Err(Refusal::field(ErrCode::BadRequest, "user"));
        }
        if user == Some(change.by.user) {
            return Err(Refusal::new(ErrCode::Forbidden));
        }
        let slow = i32::try_from(*slow_s).unwrap_or(i32::MAX);
        let now = self.now;
        let write = {
            let locked = self.world.rooms.get_mut(&room).ok_or_else(not_found)?;
            let row = &mut locked.row;
            let here = user
                .and_then(|user| self.world.standings.get(&(room, user)))
                .and_then(|standing| standing.here.as_ref());
            let muted = here.and_then(|here| here.muted_until).is_some_and(|until| until > now);
            let banned = here.is_some_and(|here| here.banned_at.is_some());
            match (action, user) {
                (Action::Lock | Action::Unlock, _) => {
                    let lock = *action == Action::Lock;
                    (row.locked != lock).then(|| {
                        row.locked = lock;
                        row.version += 1;
                        Write::Room(row.clone())
                    })
                }
                (Action::SlowMode, _) => (row.slow_s != slow).then(|| {
                    row.slow_s = slow;
                    row.version += 1;
                    Write::Room(row.clone())
                }),
                (Action::Mute, Some(user)) => {
                    let mute = Some((until.unwrap_or_else(guard::forever), reason.clone()));
                    Some(Write::Mute { room, user, mute })
                }
                (Action::Unmute, Some(user)) => {
                    muted.then_some(Write::Mute { room, user, mute: None })
                }
                (Action::Kick, Some(user)) => Some(Write::Member { room, user }),
                (Action::Ban, Some(user)) => {
                    (!banned).then(|| Write::Ban { room, user, ban: Some(reason.clone()) })
                }
                (Action::Unban, Some(user)) => {
                    banned.then_some(Write::Ban { room, user, ban: None })
                }
                (
                    Action::Mute | Action::Unmute | Action::Kick | Action::Ban | Action::Unban,
                    None,
                ) => None,
            }
        };
        let Some(write) = write else { return Ok(self.same(room, None)) };
        self.stands(&write);
        self.plan.writes.push(write);
        self.plan.moderated.push(Moderated {
            room,
            by: change.by.user,
            action: Some(*action),
            user,
            message: None,
            until: *until,
            slow_s: (*action == Action::SlowMode).then_some(*slow_s),
            reason: reason.clone(),
            at: now,
        });
        let slow_s = (*action == Action::SlowMode).then_some(*slow_s);
        let reason = Some(reason.clone());
        let payload = json!({"action": action, "user": user, "until": until, "slow_s": slow_s, "reason": reason});
        let seq = self.log(room, kind::MOD, None, change.by.user, Some(payload))?;
        let (action, until) = (*action, *until);
        Ok(self.stored(Entry::Mod { seq, action, user, until, slow_s, reason }))
    }

    /// What is laid upon somebody holds what follows in the same batch.
    fn stands(&mut self, write: &Write) {
        let (Write::Mute { room, user, .. } | Write::Ban { room, user, .. }) = write else {
            return;
        };
        let standing = self.world.standings.entry((*room, *user)).or_default();
        let here = standing.here.get_or_insert(StandingRow {
            room_id: *room,
            user_id: *user,
            muted_until: None,
            muted_reason: None,
            banned_at: None,
            ban_reason: None,
        });
        match write {
            Write::Mute { mute, .. } => {
                (here.muted_until, here.muted_reason) = mute.clone().unzip();
            }
            Write::Ban { ban, .. } => {
                here.banned_at = ban.as_ref().map(|_| self.now);
                here.ban_reason.clone_from(ban);
            }
            _ => {}
        }
    }

    fn room(&mut self, room: Uuid, change: &Change, to: &RoomChange) -> Result<Appended, Refusal> {
        let row = &mut self.world.rooms.get_mut(&room).ok_or_else(not_found)?.row;
        let slow = to.slow_s.map(|slow| i32::try_from(slow).unwrap_or(i32::MAX));
        let same = to.title.as_ref().is_none_or(|title| row.title.as_ref() == Some(title))
            && slow.is_none_or(|slow| row.slow_s == slow)
            && to.locked.is_none_or(|locked| row.locked == locked);
        if same {
            return Ok(self.same(room, None));
        }
        row.title = to.title.clone().or_else(|| row.title.take());
        row.slow_s = slow.unwrap_or(row.slow_s);
        row.locked = to.locked.unwrap_or(row.locked);
        row.version += 1;
        let version = rows::version(row.version);
        self.plan.writes.push(Write::Room(row.clone()));
        let RoomChange { title, slow_s, locked } = to.clone();
        let payload =
            json!({"title": title, "slow_s": slow_s, "locked": locked, "version": version});
        let seq = self.log(room, kind::ROOM, None, change.by.user, Some(payload))?;
        Ok(self.stored(Entry::Room { seq, title, slow_s, locked, version }))
    }

    fn approve(
        &mut self,
        room: Uuid,
        change: &Change,
        msg: Uuid,
        on: bool,
    ) -> Result<Appended, Refusal> {
        let row = self.target(room, msg)?.clone();
        if row.state != MessageState::Held {
            return Ok(self.same(room, Some(msg)));
        }
        let state = if on { MessageState::Shown } else { MessageState::Refused };
        let row = MessageRow { state, ..row };
        self.world.messages.insert(msg, row.clone());
        self.plan.writes.push(Write::State { message: msg, state });
        let reply = row.reply_to.and_then(|to| self.shown(room, to).ok());
        let reply = reply.map(|to| self.preview(to));
        let files = row.files.iter().filter_map(|id| self.world.files.get(id));
        let files = files.map(rows::file).collect();
        let name = self.world.names.get(&row.author_id).cloned().unwrap_or_default();
        let m = Message { reply, files, ..rows::message(&row, name) };
        let payload = Some(json!({"on": on}));
        let seq = self.log(room, kind::APPROVE, Some(msg), change.by.user, payload)?;
        // It counts as unread by this number, not by the one that it was stored with.
        if on {
            self.posted(&row, rows::role_of(&row.author_role));
            self.said(&row, &m.author_name);
        }
        Ok(self.stored(Entry::Approve { seq, m }))
    }
}

/// The answer to a message that is stored already.
fn again(row: &MessageRow, draft: &Draft) -> Result<Appended, Refusal> {
    // What was edited or deleted since is not compared: the client sent it once, and it was stored.
    let same = (row.body == draft.body || row.version > 1 || row.state == MessageState::Deleted)
        && row.reply_to == draft.reply_to
        && row.at_lesson == draft.at.map(|at| at.lesson)
        && row.at_second == draft.at.map(|at| i32::try_from(at.second).unwrap_or(i32::MAX))
        && row.files == draft.files;
    if !same {
        return Err(Refusal::new(ErrCode::ClientIdReused));
    }
    Ok(Appended::Duplicate {
        msg: Some(row.id),
        seq: unsigned(row.seq),
        created_at: row.created_at,
        held: rows::state(row.state) == State::Held,
    })
}

/// The beginning of a message.
pub fn preview(row: &MessageRow, author_name: String) -> Preview {
    let text = row.body.chars().take(PREVIEW_CHARS).collect();
    Preview { id: row.id, seq: unsigned(row.seq), author: row.author_id, author_name, text }
}

#[cfg(test)]
mod tests {
    use actors::chat_room::port::{By, Rights};

    use super::*;

    const ROOM: Uuid = Uuid::from_u128(9);

    fn by(user: u128, moderates: bool) -> By {
        let role = if moderates { Role::Moderator } else { Role::Student };
        let rights = Rights { role, can_write: true, moderates, need_wrong: None };
        By { user: Uuid::from_u128(user), name: format!("P{user}"), rights }
    }

    fn item(by: By, what: What) -> Item {
        Item { room: ROOM, change: Change { by, what } }
    }

    fn say(client_id: &str, body: &str) -> Item {
        let draft = Draft { client_id: client_id.into(), body: body.into(), ..Draft::default() };
        item(by(1, false), What::Message(draft))
    }

    fn at(minutes: i64) -> Timestamp {
        "2026-11-20T15:00:00Z".parse::<Timestamp>().unwrap() + TimeDelta::minutes(minutes)
    }

    fn world(head: i64) -> World {
        let row = RoomRow {
            id: ROOM,
            kind: RoomKind::Question,
            lesson_id: None,
            course_id: None,
            task_id: None,
            owner_id: None,
            title: Some("Why?".into()),
            locked: false,
            accepted_id: None,
            slow_s: 0,
            version: 1,
            created_at: at(0),
        };
        let mut world = World::default();
        world.rooms.insert(ROOM, Locked { head, row, pins: Vec::new() });
        world
    }

    /// A world in which `author` wrote the message 7 at the start.
    fn with_message(author: u128) -> World {
        let (plan, _) = planned(&[say("a", "old")], world(0), 0);
        let mut world = world(1);
        let row = MessageRow {
            id: Uuid::from_u128(7),
            author_id: Uuid::from_u128(author),
            ..plan.messages[0].clone()
        };
        world.messages.insert(row.id, row);
        world
    }

    fn planned(items: &[Item], world: World, minutes: i64) -> (Plan, Vec<Appended>) {
        let next = std::cell::Cell::new(0x70);
        let new_id = || {
            next.set(next.get() + 1);
            Uuid::from_u128(next.get())
        };
        let (plan, outcomes) = plan(items, world, at(minutes), &new_id);
        (plan, outcomes.into_iter().map(|outcome| outcome.expect("the room is there")).collect())
    }

    fn refusal(outcome: &Appended) -> ErrCode {
        match outcome {
            Appended::Refused(refusal) => refusal.code,
            other => panic!("{other:?}"),
        }
    }

    fn edit(version: u32, body: &str) -> What {
        let (msg, mentions) = (Uuid::from_u128(7), Vec::new());
        What::Edit { msg, body: body.into(), mentions, version, against: None }
    }

    /// MSG-01
    #[test]
    fn numbers_follow_the_head_and_repetitions_take_none() {
        let batch = [say("a", "x"), say("a", "x"), say("a", "y"), say("b", "z")];
        let (plan, outcomes) = planned(&batch, world(41), 0);
        assert_eq!(plan.messages.iter().map(|row| row.seq).collect::<Vec<_>>(), [42, 43]);
        assert_eq!(plan.log.iter().map(|row| row.seq).collect::<Vec<_>>(), [42, 43]);
        assert_eq!(plan.heads[&ROOM], 43);
        assert!(matches!(outcomes[0], Appended::Stored { .. }));
        assert!(matches!(outcomes[1], Appended::Duplicate { seq: 42, .. }));
        assert_eq!(refusal(&outcomes[2]), ErrCode::ClientIdReused);
        assert!(matches!(&outcomes[3], Appended::Stored { entry, .. } if entry.seq() == 43));
    }

    #[test]
    fn rooms_that_are_not_there_and_answers_to_other_rooms_are_refused() {
        let mut stray = say("a", "x");
        if let What::Message(draft) = &mut stray.change.what {
            draft.reply_to = Some(Uuid::from_u128(7));
        }
        let (plan, outcomes) = planned(std::slice::from_ref(&stray), world(0), 0);
        assert!(plan.log.is_empty());
        assert!(matches!(&outcomes[0], Appended::Refused(r) if r.field == Some("reply_to")));
        let (plan, outcomes) = planned(std::slice::from_ref(&stray), with_message(2), 0);
        assert_eq!(plan.messages.len(), 1);
        let Appended::Stored { entry: Entry::Msg { m, .. }, .. } = &outcomes[0] else { panic!() };
        assert_eq!(m.reply.as_ref().unwrap().text, "old");
        let nowhere = Item { room: Uuid::nil(), ..stray };
        let (_, outcomes) = super::plan(&[nowhere], world(0), at(0), &Uuid::nil);
        assert_eq!(outcomes, [None]);
    }

    /// MSG-01: own messages for a quarter of an hour, every text is kept, versions decide.
    #[test]
    fn an_own_message_is_edited_in_its_time_and_a_repeated_edit_changes_nothing() {
        let change = |by, what| [item(by, what)];
        let (plan, outcomes) = planned(&change(by(1, false), edit(1, "new")), with_message(1), 15);
        assert!(matches!(
            &outcomes[0],
            Appended::Stored { entry: Entry::Edit { seq: 2, version: 2, .. }, .. }
        ));
        let [Write::Edit { row, old, .. }] = &plan.writes[..] else { panic!() };
        assert_eq!((row.body.as_str(), old.as_str(), row.version), ("new", "old", 2));
        let code =
            |by, what, minutes| refusal(&planned(&change(by, what), with_message(1), minutes).1[0]);
        assert_eq!(code(by(1, false), edit(1, "new"), 16), ErrCode::TooLate);
        assert_eq!(code(by(2, true), edit(1, "new"), 0), ErrCode::Forbidden);
        assert_eq!(code(by(1, false), edit(3, "new"), 0), ErrCode::Conflict);
        let twice = [item(by(1, false), edit(1, "new")), item(by(1, false), edit(1, "new"))];
        let (plan, outcomes) = planned(&twice, with_message(1), 0);
        assert_eq!(plan.log.len(), 1);
        assert!(matches!(outcomes[1], Appended::Duplicate { seq: 2, .. }));
    }

    /// MSG-01
    #[test]
    fn a_deleted_message_loses_its_text_its_pin_and_its_place_as_the_answer() {
        let mut before = with_message(1);
        let locked = before.rooms.get_mut(&ROOM).unwrap();
        locked.pins.push(Uuid::from_u128(7));
        locked.row.accepted_id = Some(Uuid::from_u128(7));
        let delete = || What::Delete { msg: Uuid::from_u128(7), reason: Some("rude".into()) };
        let (plan, outcomes) =
            planned(&[item(by(2, true), delete()), item(by(2, true), delete())], before, 60);
        assert!(matches!(outcomes[0], Appended::Stored { entry: Entry::Del { .. }, .. }));
        assert!(matches!(outcomes[1], Appended::Duplicate { .. }));
        let [Write::Room(room), Write::Delete { row, old, .. }] = &plan.writes[..] else {
            panic!("{:?}", plan.writes)
        };
        assert_eq!((room.accepted_id, row.body.as_str(), old.as_str()), (None, "", "old"));
        assert_eq!(plan.moderated[0].reason, "rude");
        let other = planned(&[item(by(3, false), delete())], with_message(1), 0).1;
        assert_eq!(refusal(&other[0]), ErrCode::Forbidden);
    }

    /// MSG-07: nothing is done to a room or to somebody's message without saying why; an own message goes without.
    #[test]
    fn whoever_keeps_order_says_why() {
        let delete = |reason: Option<&str>| What::Delete {
            msg: Uuid::from_u128(7),
            reason: reason.map(str::to_owned),
        };
        let act = |action, slow_s, reason: &str| {
            let reason = reason.to_owned();
            What::Mod(ModAct { action, user: None, until: None, slow_s, reason })
        };
        for what in [
            delete(None),
            delete(Some(" ")),
            act(Action::Lock, 0, ""),
            act(Action::Unlock, 0, " "),
            act(Action::SlowMode, 30, ""),
        ] {
            let (plan, outcomes) = planned(&[item(by(2, true), what)], with_message(1), 0);
            assert!(plan.log.is_empty() && plan.writes.is_empty() && plan.moderated.is_empty());
            let Appended::Refused(refusal) = &outcomes[0] else { panic!("{outcomes:?}") };
            assert_eq!((refusal.code, refusal.field), (ErrCode::BadRequest, Some("reason")));
        }
        for (by, what) in [
            (by(2, true), delete(Some("rude"))),
            (by(1, false), delete(None)),
            (by(2, true), act(Action::Lock, 0, "late")),
            (by(2, true), act(Action::SlowMode, 30, "a flood")),
        ] {
            assert_eq!(planned(&[item(by, what)], with_message(1), 0).0.log.len(), 1);
        }
    }

    /// MSG-01
    #[test]
    fn reactions_are_counted_and_setting_what_is_set_adds_no_entry() {
        let react = |user, on| {
            let emoji = "👍".to_owned();
            item(by(user, false), What::React { msg: Uuid::from_u128(7), emoji, on })
        };
        let batch = [react(1, true), react(2, true), react(2, true), react(1, false)];
        let (plan, outcomes) = planned(&batch, with_message(1), 0);
        let counts: Vec<_> = outcomes
            .iter()
            .map(|outcome| match outcome {
                Appended::Stored { entry: Entry::React { n, .. }, .. } => Some(*n),
                _ => None,
            })
            .collect();
        assert_eq!(counts, [Some(1), Some(2), None, Some(1)]);
        assert_eq!(plan.log.len(), 3);
    }

    /// MSG-07: what is held is its author's and the moderators' until it is let through.
    #[test]
    fn a_held_message_is_let_through_once_and_then_asked_about() {
        let mut held = say("a", "hm");
        if let What::Message(draft) = &mut held.change.what {
            draft.held = true;
        }
        let (plan, outcomes) = planned(&[held], world(0), 0);
        assert!(plan.posted.is_empty());
        let Appended::Stored { entry, .. } = &outcomes[0] else { panic!() };
        assert_eq!(entry.audience(), actors::chat_room::port::Audience::Only(Uuid::from_u128(1)));
        let mut world = world(1);
        let row = plan.messages[0].clone();
        let approve = || item(by(2, true), What::Approve { msg: row.id, on: true });
        world.messages.insert(row.id, row.clone());
        let (plan, outcomes) = planned(&[approve(), approve()], world, 1);
        assert!(matches!(&outcomes[0], Appended::Stored {
            entry: Entry::Approve { seq: 2, m }, ..
        } if m.state == State::Shown && m.seq == 1));
        assert!(matches!(outcomes[1], Appended::Duplicate { .. }));
        assert_eq!((plan.posted.len(), plan.said.len(), plan.said[0].head), (1, 1, 2));
    }

    /// MSG-07: slow mode counts what is stored, whoever stored it, and no repetition is held by it.
    #[test]
    fn slow_mode_counts_from_the_newest_stored_message() {
        let slow = |last: Option<i64>| {
            let mut world = world(4);
            world.rooms.get_mut(&ROOM).unwrap().row.slow_s = 300;
            world.newest.extend(last.map(|minutes| ((ROOM, Uuid::from_u128(1)), at(minutes))));
            world
        };
        let retry = |outcome: &Appended| match outcome {
            Appended::Refused(refusal) => (refusal.code, refusal.retry_ms),
            other => panic!("{other:?}"),
        };
        let batch = [say("a", "x"), say("a", "x"), say("b", "y")];
        let (plan, outcomes) = planned(&batch, slow(None), 10);
        assert!(matches!(outcomes[1], Appended::Duplicate { seq: 5, .. }));
        assert_eq!(retry(&outcomes[2]), (ErrCode::SlowMode, Some(300_001)));
        assert_eq!(plan.messages.len(), 1);
        let (_, outcomes) = planned(&[say("b", "y")], slow(Some(7)), 10);
        assert_eq!(retry(&outcomes[0]), (ErrCode::SlowMode, Some(120_001)));
        for last in [5, 11] {
            assert_eq!(planned(&[say("b", "y")], slow(Some(last)), 10).0.messages.len(), 1);
        }
        let draft = Draft { client_id: "c".into(), body: "z".into(), ..Draft::default() };
        let keeper = [item(by(1, true), What::Message(draft))];
        assert_eq!(planned(&keeper, slow(Some(9)), 10).0.messages.len(), 1);
    }

    /// MSG-07: what moderators do holds from its own place in the batch on.
    #[test]
    fn a_mute_and_a_ban_hold_the_rest_of_their_batch_and_end_in_it() {
        let act = |action| {
            item(
                by(2, true),
                What::Mod(ModAct {
                    action,
                    user: Some(Uuid::from_u128(1)),
                    until: None,
                    slow_s: 0,
                    reason: "spam".into(),
                }),
            )
        };
        for (on, off, code) in [
            (Action::Mute, Action::Unmute, ErrCode::Muted),
            (Action::Ban, Action::Unban, ErrCode::Banned),
        ] {
            let batch = [say("a", "x"), act(on), say("b", "y"), act(off), act(off), say("c", "z")];
            let (plan, outcomes) = planned(&batch, world(0), 0);
            assert_eq!(refusal(&outcomes[2]), code);
            assert!(matches!(outcomes[4], Appended::Duplicate { .. }), "it has ended");
            assert_eq!((plan.messages.len(), plan.log.len()), (2, 4));
        }
    }

    /// MSG-07
    #[test]
    fn a_mute_is_told_to_its_subject_and_holds_the_next_batch() {
        let act = ModAct {
            action: Action::Mute,
            user: Some(Uuid::from_u128(1)),
            until: None,
            slow_s: 0,
            reason: "spam".into(),
        };
        let (plan, _) = planned(&[item(by(2, true), What::Mod(act.clone()))], world(0), 0);
        let [Write::Mute { mute: Some((until, reason)), .. }] = &plan.writes[..] else { panic!() };
        let mut world = world(1);
        world.standings.insert(
            (ROOM, Uuid::from_u128(1)),
            Standing {
                here: Some(StandingRow {
                    room_id: ROOM,
                    user_id: Uuid::from_u128(1),
                    muted_until: Some(*until),
                    muted_reason: Some(reason.clone()),
                    banned_at: None,
                    ban_reason: None,
                }),
                ..Standing::default()
            },
        );
        let (_, outcomes) = planned(&[say("a", "x")], world, 1);
        assert_eq!(refusal(&outcomes[0]), ErrCode::Muted);
        let own = ModAct { user: Some(Uuid::from_u128(2)), ..act };
        let (_, outcomes) = planned(&[item(by(2, true), What::Mod(own))], self::world(0), 0);
        assert_eq!(refusal(&outcomes[0]), ErrCode::Forbidden);
    }
}
