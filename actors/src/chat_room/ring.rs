//! The newest entries of a room, each encoded once for everybody who is not its author.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use bytestring::ByteString;
use uuid::Uuid;

use super::port::{Entry, Seq};
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

    /// Who made it, if it is a message.
    pub const fn author(&self) -> Option<Uuid> {
        match &self.entry {
            Entry::Msg { m, .. } => Some(m.author),
            Entry::Skip { .. } => None,
        }
    }

    /// The JSON object as `viewer` sees it.
    pub fn json_for(&self, viewer: Uuid) -> ByteString {
        if self.author() == Some(viewer) { self.own_json() } else { self.json() }
    }

    /// The JSON object for everybody but its author.
    pub fn json(&self) -> ByteString {
        let plain = self.plain.get_or_init(|| match &self.entry {
            Entry::Msg { seq, m } if m.client_id.is_some() => {
                let mut m = m.clone();
                m.client_id = None;
                encode(&Entry::Msg { seq: *seq, m })
            }
            entry => encode(entry),
        });
        plain.clone()
    }

    /// The JSON object for its author.
    pub fn own_json(&self) -> ByteString {
        encode(&self.entry)
    }

    fn weight(&self) -> usize {
        match &self.entry {
            Entry::Msg { m, .. } => m.body.len() * 2 + 512,
            Entry::Skip { .. } => 64,
        }
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
