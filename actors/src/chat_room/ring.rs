//! The newest entries of a room, each encoded once for everybody who sees it and is not its author.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use bytestring::ByteString;
use uuid::Uuid;

use super::port::{Entry, Message, Seq, Viewer};
use crate::wire::encode;

/// One entry with its encoded form.
#[derive(Debug)]
pub struct Line {
    entry: Entry,
    plain: OnceLock<ByteString>,
}

impl Line {
    /// A line of `entry`; encoded when first asked for.
    pub fn new(entry: Entry) -> Arc<Self> {
        Arc::new(Self { entry, plain: OnceLock::new() })
    }

    /// The entry, with its author's `client_id`.
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Its number.
    pub const fn seq(&self) -> Seq {
        self.entry.seq()
    }

    /// The JSON object as `viewer` sees it.
    pub fn json_for(&self, viewer: &Viewer) -> ByteString {
        if !self.entry.is_seen_by(viewer) {
            return skip_json(self.seq());
        }
        if let Some(message) = self.message()
            && message.reply.as_ref().is_some_and(|reply| viewer.blocks(reply.author))
        {
            return encode(&self.entry.seen_by(viewer));
        }
        if self.owner() == Some(viewer.user) { self.own_json() } else { self.json() }
    }

    /// Whose copy is another one: the author of a message finds the own `client_id` in it.
    pub const fn owner(&self) -> Option<Uuid> {
        match &self.entry {
            Entry::Msg { m, .. } | Entry::Approve { m, .. } if m.client_id.is_some() => {
                Some(m.author)
            }
            _ => None,
        }
    }

    /// The JSON object for everybody who sees it but its author.
    pub fn json(&self) -> ByteString {
        let plain = self.plain.get_or_init(|| match self.message() {
            Some(m) if m.client_id.is_some() => {
                let mut m = m.clone();
                m.client_id = None;
                encode(&with_message(&self.entry, Some(m)))
            }
            _ => encode(&self.entry),
        });
        plain.clone()
    }

    /// The JSON object for its author.
    pub fn own_json(&self) -> ByteString {
        encode(&self.entry)
    }

    /// The line without a word of the message `msg`, which was taken away; `None` when it has none.
    pub fn without(&self, msg: Uuid) -> Option<Arc<Self>> {
        if self.entry.msg() != Some(msg) {
            // It may be quoted.
            let quoting =
                self.message().filter(|m| m.reply_to == Some(msg) && m.reply.is_some())?;
            let m = Message { reply: None, ..quoting.clone() };
            return Some(Self::new(with_message(&self.entry, Some(m))));
        }
        let seq = self.seq();
        match &self.entry {
            Entry::Msg { m, .. } | Entry::Approve { m, .. } => {
                let mut m = m.clone();
                m.wipe();
                Some(Self::new(with_message(&self.entry, Some(m))))
            }
            Entry::Edit { .. } | Entry::Pin { preview: Some(_), .. } => {
                Some(Self::new(Entry::Skip { seq }))
            }
            _ => None,
        }
    }

    const fn message(&self) -> Option<&Message> {
        match &self.entry {
            Entry::Msg { m, .. } | Entry::Approve { m, .. } => Some(m),
            _ => None,
        }
    }

    fn weight(&self) -> usize {
        match &self.entry {
            Entry::Msg { m, .. } | Entry::Approve { m, .. } => {
                m.body.len() * 2 + 512 + m.files.len() * 256
            }
            Entry::Edit { body, .. } => body.len() * 2 + 256,
            Entry::Skip { .. } => 64,
            _ => 256,
        }
    }
}

/// What stands for an entry that somebody does not see.
pub fn skip_json(seq: Seq) -> ByteString {
    encode(&Entry::Skip { seq })
}

/// `entry` with another state of its message; without one, a `skip`.
fn with_message(entry: &Entry, m: Option<Message>) -> Entry {
    let seq = entry.seq();
    match (entry, m) {
        (Entry::Approve { .. }, Some(m)) => Entry::Approve { seq, m },
        (_, Some(m)) => Entry::Msg { seq, m },
        (_, None) => Entry::Skip { seq },
    }
}

/// A contiguous run of entries that ends at the room's head.
#[derive(Debug, Default)]
pub struct Ring {
    lines: VecDeque<Arc<Line>>,
    bytes: usize,
}

impl Ring {
    /// Appends the entry that follows the last one, dropping the oldest past the bounds.
    pub fn push(&mut self, line: Arc<Line>, max_entries: usize, max_bytes: usize) {
        self.bytes += line.weight();
        self.lines.push_back(line);
        while self.lines.len() > max_entries || (self.bytes > max_bytes && self.lines.len() > 1) {
            if let Some(old) = self.lines.pop_front() {
                self.bytes -= old.weight();
            }
        }
    }

    /// Takes the words of a deleted message out of what is held.
    pub fn wipe(&mut self, msg: Uuid) {
        for line in &mut self.lines {
            if let Some(wiped) = line.without(msg) {
                self.bytes = self.bytes + wiped.weight() - line.weight();
                *line = wiped;
            }
        }
    }

    /// The messages whose deletion is held.
    pub fn deleted(&self) -> impl Iterator<Item = Uuid> + '_ {
        self.lines.iter().filter_map(|line| match line.entry() {
            Entry::Del { msg, .. } => Some(*msg),
            _ => None,
        })
    }

    /// The number of the oldest entry held.
    pub fn first(&self) -> Option<Seq> {
        self.lines.front().map(|line| line.seq())
    }

    /// Every entry after `seq` up to the head, or `None` if the ring does not reach back so far.
    pub fn after(&self, seq: Seq, head: Seq) -> Option<Vec<Arc<Line>>> {
        if seq >= head {
            return Some(Vec::new());
        }
        if self.first()? > seq + 1 {
            return None;
        }
        Some(self.lines.iter().filter(|line| line.seq() > seq).cloned().collect())
    }
}
