//! What the crate's tests share: a log in memory, a clock that stands still, a session that only
//! listens.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use actix::{Actor, ActorContext as _, Context, Handler, Recipient};
use async_trait::async_trait;
use chrono::TimeDelta;
use futures::channel::mpsc;
use kernel::{Clock, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use crate::chat_room::port::*;
use crate::relay::{Outbox, Taken, Wake};
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

/// The rows of one room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    pub entries: Vec<Entry>,
    pub marks: HashMap<Uuid, Mark>,
}

impl Rows {
    pub fn head(&self) -> Seq {
        self.entries.len() as Seq
    }

    pub fn find(&self, author: Uuid, client_id: &str) -> Option<&Message> {
        self.entries.iter().find_map(|entry| match entry {
            Entry::Msg { m, .. }
                if m.author == author && m.client_id.as_deref() == Some(client_id) =>
            {
                Some(m)
            }
            _ => None,
        })
    }

    pub fn append(&mut self, batch: Vec<Draft>) -> Vec<Appended> {
        batch.into_iter().map(|draft| self.append_one(draft)).collect()
    }

    fn append_one(&mut self, draft: Draft) -> Appended {
        if let Some(m) = self.find(draft.author, &draft.client_id) {
            if m.body != draft.body {
                return Appended::Refused(Problem::new(ErrCode::ClientIdReused));
            }
            return Appended::Duplicate { msg: m.id, seq: m.seq, created_at: m.created_at };
        }
        let seq = self.head() + 1;
        let m = Message {
            id: Uuid::from_u128(0xa000 + u128::from(seq)),
            seq,
            client_id: Some(draft.client_id),
            author: draft.author,
            author_name: draft.author_name,
            author_role: draft.author_role,
            body: draft.body,
            reply_to: draft.reply_to,
            at: draft.at,
            created_at: start(),
            version: 1,
        };
        self.entries.push(Entry::Msg { seq, m });
        Appended::Stored(self.entries.last().unwrap().clone())
    }

    pub fn opened(&self, tail: usize) -> Opened {
        let from = self.entries.len().saturating_sub(tail);
        Opened {
            epoch: "k3f9".into(),
            head: self.head(),
            info: RoomInfo {
                kind: "lesson",
                title: "Ownership".into(),
                slow_s: 0,
                members: 2,
                version: 1,
            },
            tail: self.entries[from..].to_vec(),
            marks: self.marks.iter().map(|(user, mark)| (*user, *mark)).collect(),
        }
    }

    pub fn after(&self, after: Seq, limit: usize) -> Vec<Entry> {
        self.entries.iter().skip(after as usize).take(limit).cloned().collect()
    }

    pub fn latest(&self, limit: usize) -> Page {
        let from = self.entries.len().saturating_sub(limit);
        let messages = self.entries[from..].iter().filter_map(|entry| match entry {
            Entry::Msg { m, .. } => Some(m.clone()),
            Entry::Skip { .. } => None,
        });
        Page { at: self.head(), items: messages.collect(), has_more: from > 0 }
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

    async fn append(&self, _: Uuid, batch: Vec<Draft>) -> Result<Vec<Appended>, LogError> {
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

/// A session that hands what it hears to the test.
pub struct Listener {
    outbox: Arc<Outbox>,
    heard: mpsc::UnboundedSender<Heard>,
}

/// What a listener heard.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    Frame(Value),
    Closed(CloseCode),
}

impl Actor for Listener {
    type Context = Context<Self>;
}

impl Handler<Wake> for Listener {
    type Result = ();

    fn handle(&mut self, _: Wake, ctx: &mut Self::Context) {
        let (frames, code) = match self.outbox.take() {
            Taken::Frames(frames) => (frames, None),
            Taken::Close(frames, code) => (frames, Some(code)),
        };
        for frame in frames {
            let items = match serde_json::from_str(&frame).unwrap() {
                Value::Array(items) => items,
                one => vec![one],
            };
            for item in items {
                let _ = self.heard.unbounded_send(Heard::Frame(item));
            }
        }
        if let Some(code) = code {
            let _ = self.heard.unbounded_send(Heard::Closed(code));
            ctx.stop();
        }
    }
}

/// The test's end of a listener.
pub struct Ear {
    pub outbox: Arc<Outbox>,
    pub waker: Recipient<Wake>,
    heard: mpsc::UnboundedReceiver<Heard>,
}

impl Ear {
    pub fn new() -> Self {
        let outbox = Arc::new(Outbox::new(Instant::now()));
        let (tell, heard) = mpsc::unbounded();
        let listener = Listener { outbox: Arc::clone(&outbox), heard: tell }.start();
        Self { outbox, waker: listener.recipient(), heard }
    }

    /// The next thing heard; fails the test after five seconds.
    pub async fn next(&mut self) -> Heard {
        use futures::StreamExt as _;
        let next = tokio::time::timeout(Duration::from_secs(5), self.heard.next());
        next.await.expect("nothing was heard in five seconds").expect("the listener lives")
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
