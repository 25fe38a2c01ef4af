//! The frames that a room sends, as JSON text. Objects are put together from parts that were
//! encoded once.

use bytestring::ByteString;
use kernel::Timestamp;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::port::{Mark, Message, Page, Role, RoomInfo, Viewer};
use super::presence::{Diff, Person};
use super::ring::skip_json;
use super::room::{History, Joined, Muted};
use super::sending::Ack;
use crate::wire::encode;

/// Bytes of entries in one frame; well under the limit of a frame, to keep buffers small.
const CHUNK: usize = 32 * 1024;

/// The topic of a room.
pub fn topic(room: Uuid) -> ByteString {
    format!("room:{room}").into()
}

/// Puts the topic into an entry's object.
pub fn live(topic: &str, entry: &str) -> ByteString {
    let rest = entry.strip_prefix('{').unwrap_or(entry);
    format!("{{\"topic\":\"{topic}\",{rest}").into()
}

/// What stands for an entry that somebody does not see.
pub fn skip(topic: &str, seq: u64) -> ByteString {
    live(topic, &skip_json(seq))
}

/// The answer to a join: `joined`, and `entries` frames for what does not fit.
pub fn joined(topic: &str, joined: &Joined) -> Vec<ByteString> {
    #[derive(Serialize)]
    struct Room<'a> {
        #[serde(flatten)]
        info: &'a RoomInfo,
        can_write: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        need_wrong: Option<u32>,
        online: usize,
    }
    #[derive(Serialize)]
    struct Me<'a> {
        #[serde(flatten)]
        mark: Mark,
        role: Role,
        moderates: bool,
        muted: Option<&'a Muted>,
    }
    #[derive(Serialize)]
    struct Head<'a> {
        t: &'static str,
        re: u64,
        topic: &'a str,
        epoch: &'a str,
        head: u64,
        resumed: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        page: Option<serde_json::Value>,
        room: Room<'a>,
        me: Me<'a>,
        marks: Vec<MarkView>,
    }
    let seat = &joined.seat;
    let (viewer, rights) = (seat.viewer(), seat.rights);
    let (reason, page, lines) = match &joined.history {
        History::Resumed(lines) => (None, None, lines),
        History::Fresh { reason, page, then } => (Some(*reason), Some(page), then),
    };
    let head = encode(&Head {
        t: "joined",
        re: joined.re,
        topic,
        epoch: &joined.epoch,
        head: joined.head,
        resumed: page.is_none(),
        reason,
        page: page.map(|page| page_for(page, &viewer)),
        room: Room {
            info: &joined.info,
            can_write: rights.can_write && (rights.moderates || !joined.info.locked),
            need_wrong: rights.need_wrong,
            online: joined.online,
        },
        me: Me {
            mark: joined.me,
            role: rights.role,
            moderates: rights.moderates,
            muted: seat.muted.as_ref(),
        },
        marks: joined.marks.iter().map(MarkView::of).collect(),
    });
    let mut chunks: Vec<String> = vec![String::new()];
    // The page shares the first frame.
    let mut room = CHUNK.saturating_sub(head.len().saturating_sub(CHUNK / 4));
    for line in lines {
        let json = line.json_for(&viewer);
        let full =
            chunks.last().is_some_and(|last| !last.is_empty() && last.len() + json.len() > room);
        if full {
            chunks.push(String::new());
            room = CHUNK;
        }
        if let Some(chunk) = chunks.last_mut() {
            if !chunk.is_empty() {
                chunk.push(',');
            }
            chunk.push_str(&json);
        }
    }
    let last = chunks.len() - 1;
    let start = head.strip_suffix('}').unwrap_or(&head);
    let frames = chunks.into_iter().enumerate().map(|(index, entries)| {
        let more = index < last;
        let start = if index == 0 {
            start.to_owned()
        } else {
            format!("{{\"t\":\"entries\",\"topic\":\"{topic}\"")
        };
        ByteString::from(format!("{start},\"entries\":[{entries}],\"more\":{more}}}"))
    });
    frames.collect()
}

/// The newest messages of a page that fit one frame, as `viewer` sees them.
fn page_for(page: &Page, viewer: &Viewer) -> serde_json::Value {
    let (items, has_more) = fit(&page.items, page.has_more, viewer, true);
    json!({ "items": items, "has_more": has_more })
}

/// As many messages of `items` as fit one frame, as `viewer` sees them, and whether there are
/// more. `newest`: what does not fit is dropped from the old end, else from the new one.
pub fn fit(
    items: &[Message],
    has_more: bool,
    viewer: &Viewer,
    newest: bool,
) -> (Vec<serde_json::Value>, bool) {
    let mut bytes = 0;
    let mut fitting = Vec::new();
    let mut take = |message: &Message| {
        let Some(message) = message.seen_by(viewer) else { return true };
        let json = encode(&message);
        bytes += json.len() + 1;
        if bytes > CHUNK && !fitting.is_empty() {
            return false;
        }
        fitting.push(serde_json::from_str(&json).unwrap_or_default());
        true
    };
    let all = if newest { items.iter().rev().all(&mut take) } else { items.iter().all(&mut take) };
    if newest {
        fitting.reverse();
    }
    (fitting, has_more || !all)
}

/// The `ack` of a change.
pub fn ack(re: u64, ack: &Ack) -> ByteString {
    #[derive(Serialize)]
    struct Frame<'a> {
        t: &'static str,
        re: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        client_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        msg: Option<Uuid>,
        seq: u64,
        created_at: Timestamp,
        dup: bool,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        held: bool,
    }
    encode(&Frame {
        t: "ack",
        re,
        client_id: ack.client_id.as_deref(),
        msg: ack.msg,
        seq: ack.seq,
        created_at: ack.created_at,
        dup: ack.dup,
        held: ack.held,
    })
}

/// The `ack` of anything else.
pub fn done(re: u64) -> ByteString {
    format!("{{\"t\":\"ack\",\"re\":{re}}}").into()
}

/// Who is here.
pub fn roster(topic: &str, re: u64, people: &[(Uuid, Person)], n: usize) -> ByteString {
    let users: Vec<_> = people
        .iter()
        .map(|(user, one)| json!({ "user": user, "name": one.name, "role": one.role }))
        .collect();
    encode(&json!({ "t": "roster", "re": re, "topic": topic, "users": users, "n": n }))
}

/// Somebody types.
pub fn typing(topic: &str, user: Uuid, name: &str) -> ByteString {
    encode(&json!({ "t": "typing", "topic": topic, "user": user, "name": name }))
}

/// Who came and went.
pub fn presence(topic: &str, diff: &Diff) -> ByteString {
    let Diff { on, off, n } = diff;
    encode(&json!({ "t": "presence", "topic": topic, "on": on, "off": off, "n": n }))
}

/// How far members have come.
pub fn marks(topic: &str, marks: &[(Uuid, Mark)]) -> ByteString {
    let views: Vec<_> = marks.iter().map(MarkView::of).collect();
    encode(&json!({ "t": "marks", "topic": topic, "m": views }))
}

/// The own mark, for a user's other devices.
pub fn own_mark(topic: &str, mark: Mark) -> ByteString {
    let Mark { read, delivered } = mark;
    encode(&json!({ "t": "mark", "topic": topic, "read": read, "delivered": delivered }))
}

#[derive(Serialize)]
struct MarkView {
    user: Uuid,
    read: u64,
    delivered: u64,
}

impl MarkView {
    fn of(&(user, Mark { read, delivered }): &(Uuid, Mark)) -> Self {
        Self { user, read, delivered }
    }
}
