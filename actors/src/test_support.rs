//! What the crate's tests share: a log in memory, a clock that stands still, a session that only
//! listens.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::TimeDelta;
use kernel::{Clock, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use crate::chat_room::port::*;
use crate::relay::{Outbox, Taken};
use crate::wire::{CloseCode, ErrCode, Problem};

/// A clock that moves only when it is told to.
pub struct StillClock(Mutex<Timestamp>);

impl Default for StillClock {
    fn default() -> Self {
        Self(Mutex::new(start()))
    }
}

impl StillClock {
    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

pub fn start() -> Timestamp {
    "2026-11-20T15:00:00Z".parse().unwrap()
}

/// A student who may write.
pub fn student() -> Rights {
    Rights { role: Role::Student, can_write: true, moderates: false, need_wrong: None }
}

/// Somebody who keeps order.
pub fn moderator() -> Rights {
    Rights { role: Role::Moderator, moderates: true, ..student() }
}

/// The rows of one room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    pub entries: Vec<Entry>,
    /// The messages in their present state.
    pub messages: HashMap<Uuid, Message>,
    pub reactions: HashMap<(Uuid, String), HashSet<Uuid>>,
    pub pins: HashSet<Uuid>,
    pub marks: HashMap<Uuid, Mark>,
}

impl Rows {
    pub fn head(&self) -> Seq {
        self.entries.len() as Seq
    }

    pub fn find(&self, author: Uuid, client_id: &str) -> Option<&Message> {
        self.messages
            .values()
            .find(|m| m.author == author && m.client_id.as_deref() == Some(client_id))
    }

    pub fn append(&mut self, batch: Vec<Change>) -> Vec<Appended> {
        batch.into_iter().map(|change| self.append_one(change)).collect()
    }

    fn append_one(&mut self, Change { by, what }: Change) -> Appended {
        let seq = self.head() + 1;
        let same = |msg| Appended::Duplicate {
            msg: Some(msg),
            seq: seq - 1,
            created_at: start(),
            held: false,
        };
        let refused = |code| Appended::Refused(Problem::new(code));
        let entry = match what {
            What::Message(draft) => {
                if let Some(m) = self.find(by.user, &draft.client_id) {
                    if m.body != draft.body {
                        return refused(ErrCode::ClientIdReused);
                    }
                    let (msg, held) = (Some(m.id), m.state == State::Held);
                    return Appended::Duplicate { msg, seq: m.seq, created_at: start(), held };
                }
                let m = Message {
                    id: Uuid::from_u128(0xa000 + u128::from(seq)),
                    seq,
                    client_id: Some(draft.client_id),
                    author: by.user,
                    author_name: by.name,
                    author_role: by.rights.role,
                    body: draft.body,
                    reply_to: draft.reply_to,
                    reply: None,
                    at: draft.at,
                    created_at: start(),
                    version: 1,
                    state: if draft.held { State::Held } else { State::Shown },
                    edited_at: None,
                    reactions: Vec::new(),
                    files: Vec::new(),
                    mentions: draft.mentions,
                };
                self.messages.insert(m.id, m.clone());
                Entry::Msg { seq, m }
            }
            What::Edit { msg, body, mentions, version, .. } => {
                let Some(m) = self.messages.get_mut(&msg) else {
                    return refused(ErrCode::NotFound);
                };
                if m.author != by.user || m.state != State::Shown {
                    return refused(ErrCode::NotFound);
                }
                if m.version != version {
                    return refused(ErrCode::Conflict);
                }
                (m.body, m.version, m.edited_at) = (body.clone(), version + 1, Some(start()));
                let (author, version, edited_at) = (m.author, m.version, start());
                Entry::Edit { seq, msg, author, body, mentions, version, edited_at }
            }
            What::Delete { msg, .. } => {
                let Some(m) = self.messages.get_mut(&msg) else {
                    return refused(ErrCode::NotFound);
                };
                if m.author != by.user && !by.rights.moderates {
                    return refused(ErrCode::Forbidden);
                }
                if m.state == State::Deleted {
                    return same(msg);
                }
                m.wipe();
                Entry::Del { seq, msg, by: by.user }
            }
            What::React { msg, emoji, on } => {
                let Some(m) = self.messages.get(&msg) else { return refused(ErrCode::NotFound) };
                if m.state != State::Shown {
                    return refused(ErrCode::NotFound);
                }
                let users = self.reactions.entry((msg, emoji.clone())).or_default();
                let changed = if on { users.insert(by.user) } else { users.remove(&by.user) };
                if !changed {
                    return same(msg);
                }
                let n = users.len() as u32;
                Entry::React { seq, msg, user: by.user, emoji, on, n }
            }
            What::Pin { msg, on } => {
                let Some(m) = self.messages.get(&msg) else { return refused(ErrCode::NotFound) };
                let changed = if on { self.pins.insert(msg) } else { self.pins.remove(&msg) };
                if !changed {
                    return same(msg);
                }
                let preview = on.then(|| Preview {
                    id: msg,
                    seq: m.seq,
                    author: m.author,
                    author_name: m.author_name.clone(),
                    text: m.body.clone(),
                });
                Entry::Pin { seq, msg, on, by: by.user, preview }
            }
            What::Approve { msg, on } => {
                let Some(m) = self.messages.get_mut(&msg) else {
                    return refused(ErrCode::NotFound);
                };
                if m.state != State::Held {
                    return same(msg);
                }
                m.state = if on { State::Shown } else { State::Refused };
                Entry::Approve { seq, m: m.clone() }
            }
            What::Answer { msg } => Entry::Answer { seq, msg, by: by.user },
            What::Mod(act) => Entry::Mod {
                seq,
                action: act.action,
                user: act.user,
                until: act.until,
                slow_s: Some(act.slow_s),
                reason: Some(act.reason),
            },
            What::Room(change) => Entry::Room {
                seq,
                title: change.title,
                slow_s: change.slow_s,
                locked: change.locked,
                version: 2,
            },
            What::Member { user, name, role, on } => Entry::Member { seq, user, name, role, on },
        };
        self.entries.push(entry.clone());
        Appended::Stored { entry, at: start() }
    }

    pub fn opened(&self, tail: usize) -> Opened {
        let from = self.entries.len().saturating_sub(tail);
        Opened {
            epoch: "k3f9".into(),
            head: self.head(),
            info: RoomInfo {
                kind: "lesson",
                title: "Ownership".into(),
                course_id: None,
                lesson_id: None,
                task_id: None,
                owner_id: None,
                slow_s: 0,
                locked: false,
                pinned: Vec::new(),
                accepted: None,
                members: 2,
                version: 1,
            },
            tail: self.entries[from..].iter().map(|entry| self.present(entry)).collect(),
            marks: self.marks.iter().map(|(user, mark)| (*user, *mark)).collect(),
        }
    }

    pub fn after(&self, after: Seq, limit: usize) -> Vec<Entry> {
        let entries = self.entries.iter().skip(after as usize).take(limit);
        entries.map(|entry| self.present(entry)).collect()
    }

    /// An entry as it is read later: with messages in their present state.
    fn present(&self, entry: &Entry) -> Entry {
        let seq = entry.seq();
        let now = entry.msg().and_then(|msg| self.messages.get(&msg));
        match (entry, now) {
            (Entry::Msg { .. }, Some(m)) => Entry::Msg { seq, m: m.clone() },
            (Entry::Approve { .. }, Some(m)) => Entry::Approve { seq, m: m.clone() },
            (Entry::Edit { .. } | Entry::Pin { .. }, Some(m)) if m.state == State::Deleted => {
                Entry::Skip { seq }
            }
            (entry, _) => entry.clone(),
        }
    }

    pub fn latest(&self, limit: usize) -> Page {
        let mut items: Vec<Message> = self.messages.values().cloned().collect();
        items.sort_unstable_by_key(|m| m.seq);
        let items = items.split_off(items.len().saturating_sub(limit));
        let has_more = items.len() < self.messages.len();
        Page { at: self.head(), items, has_more }
    }
}

/// A log in memory, whose store can be taken away.
#[derive(Default)]
pub struct MemoryLog {
    pub rows: Mutex<Rows>,
    pub away: AtomicBool,
    pub panic: AtomicBool,
}

impl MemoryLog {
    fn reach(&self) -> Result<std::sync::MutexGuard<'_, Rows>, LogError> {
        assert!(
            !self.panic.swap(false, Ordering::SeqCst),
            "a fault in the log (wanted by the test)"
        );
        if self.away.load(Ordering::SeqCst) {
            return Err(LogError::Unavailable("switched off by the test".into()));
        }
        Ok(self.rows.lock().unwrap())
    }
}

#[async_trait]
impl ChatLog for MemoryLog {
    async fn open(&self, _: Uuid, tail: usize) -> Result<Opened, LogError> {
        Ok(self.reach()?.opened(tail))
    }

    async fn append(&self, _: Uuid, batch: Vec<Change>) -> Result<Vec<Appended>, LogError> {
        Ok(self.reach()?.append(batch))
    }

    async fn read_after(&self, _: Uuid, after: Seq, limit: usize) -> Result<Vec<Entry>, LogError> {
        Ok(self.reach()?.after(after, limit))
    }

    async fn latest(&self, _: Uuid, limit: usize) -> Result<Page, LogError> {
        Ok(self.reach()?.latest(limit))
    }

    async fn save_marks(&self, _: Uuid, marks: Vec<(Uuid, Mark)>) -> Result<(), LogError> {
        self.reach()?.marks.extend(marks);
        Ok(())
    }
}

/// What a session heard.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    Frame(Value),
    Closed(CloseCode),
}

/// A session that hands what it hears to the test.
pub struct Ear {
    pub outbox: Arc<Outbox>,
    heard: VecDeque<Heard>,
}

impl Ear {
    pub fn new() -> Self {
        Self { outbox: Arc::new(Outbox::new(Instant::now())), heard: VecDeque::new() }
    }

    /// The next thing heard; fails the test after five seconds.
    pub async fn next(&mut self) -> Heard {
        while self.heard.is_empty() {
            let taken = std::future::poll_fn(|cx| self.outbox.poll_take(cx));
            let taken = tokio::time::timeout(Duration::from_secs(5), taken).await;
            let (frames, closed) = match taken.expect("nothing was heard in five seconds") {
                Taken::Frames(frames) => (frames, None),
                Taken::Close(frames, code) => (frames, Some(code)),
            };
            for frame in frames {
                self.heard.extend(match serde_json::from_str(&frame).unwrap() {
                    Value::Array(items) => items.into_iter().map(Heard::Frame).collect(),
                    one => vec![Heard::Frame(one)],
                });
            }
            self.heard.extend(closed.map(Heard::Closed));
        }
        self.heard.pop_front().unwrap()
    }

    /// The next frame of type `t`; others are passed over.
    pub async fn frame(&mut self, t: &str) -> Value {
        loop {
            match self.next().await {
                Heard::Frame(frame) if frame["t"] == t => return frame,
                Heard::Frame(_) => {}
                Heard::Closed(code) => panic!("closed with {code:?} while waiting for {t}"),
            }
        }
    }
}
