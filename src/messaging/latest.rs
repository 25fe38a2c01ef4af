//! The newest page of a room in Redis (`ilm:log:{room}`), for rooms that no node has in memory: one question for
//! the head instead of the five or more that a page takes. It cannot be wrong: whatever changes a message is an
//! entry of the log with a number of its own, and a kept page is used only while its epoch and its number are
//! exactly those that the database has now. Names are not in the log, so they are read anew.
//!
//! An edit, a deletion or an approval puts its number in the place of the page (`floor`): the old text does not
//! lie about in Redis, and a page that was read before it cannot be put there after it.

use std::sync::{Arc, LazyLock};

use actors::chat_room::port::{Appended, Entry, Message, Page, Seq};
use diesel_async::AsyncPgConnection;
use redis::Script;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::log::{read, unsigned};
use super::store;
use crate::platform::http::Problem;
use crate::platform::redis::Redis;

/// Messages of a page that is kept.
pub const KEPT: usize = actors::chat_room::room::PAGE_ENTRIES;
/// A page of more bytes is not kept.
const BYTES_MAX: usize = 256 * 1024;
/// How long it is kept without being read anew.
const SECONDS: u64 = 24 * 3600;
/// The shape of what is kept; another one is not understood and read anew.
const SHAPE: u8 = 1;

/// How long an entry is remembered that changed a text while no page was kept: longer than a read takes.
const FLOOR_SECONDS: u64 = 60;

/// `KEYS`: the room's. `ARGV`: epoch, number, seconds, the page. Nothing takes the place of what has a higher
/// number in the same epoch, or in an unknown one (`*`).
static PUT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local key = KEYS[1]
if redis.call('TYPE', key).ok ~= 'hash' then redis.call('DEL', key) end
local had = redis.call('HMGET', key, 'epoch', 'at')
local at = tonumber(had[2] or '') or 0
if (had[1] == ARGV[1] or had[1] == '*') and at > tonumber(ARGV[2]) then return 0 end
redis.call('HSET', key, 'epoch', ARGV[1], 'at', ARGV[2], 'page', ARGV[4])
redis.call('EXPIRE', key, ARGV[3])
return 1",
    )
});

/// `KEYS`: the room's. `ARGV`: number, seconds. Takes away the page of a lower number.
static FLOOR: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local key = KEYS[1]
if redis.call('TYPE', key).ok ~= 'hash' then
  redis.call('DEL', key)
  redis.call('HSET', key, 'epoch', '*')
  redis.call('EXPIRE', key, ARGV[2])
end
if (tonumber(redis.call('HGET', key, 'at') or '') or 0) < tonumber(ARGV[1]) then
  redis.call('HDEL', key, 'page')
  redis.call('HSET', key, 'at', ARGV[1])
end
return 1",
    )
});

fn key(room: Uuid) -> String {
    format!("ilm:log:{{{room}}}")
}

#[derive(Serialize, Deserialize)]
struct Kept {
    shape: u8,
    room: Uuid,
    at: Seq,
    items: Vec<KeptMessage>,
    has_more: bool,
}

#[derive(Serialize, Deserialize)]
struct KeptMessage {
    m: Message,
    /// Who is behind each reaction, which the message itself never tells.
    reacted: Vec<Vec<Uuid>>,
}

impl Kept {
    fn of(room: Uuid, page: &Page) -> Self {
        let item = |m: &Message| KeptMessage {
            reacted: m.reactions.iter().map(|reaction| reaction.users.clone()).collect(),
            m: m.clone(),
        };
        let items = page.items.iter().map(item).collect();
        Self { shape: SHAPE, room, at: page.at, items, has_more: page.has_more }
    }

    /// The page, if it is one of `room` at `head` and in order.
    fn page(self, room: Uuid, head: Seq) -> Option<Page> {
        if self.shape != SHAPE || self.room != room || self.at != head || self.items.len() > KEPT {
            return None;
        }
        let mut items = Vec::with_capacity(self.items.len());
        let mut last = 0;
        for KeptMessage { mut m, reacted } in self.items {
            if m.seq <= last || m.seq > head || m.reactions.len() != reacted.len() {
                return None;
            }
            last = m.seq;
            for (reaction, users) in m.reactions.iter_mut().zip(reacted) {
                reaction.users = users;
            }
            items.push(m);
        }
        Some(Page { at: head, items, has_more: self.has_more })
    }
}

/// The newest `limit` messages and the head that they show; `None` when there is no such room.
///
/// # Errors
/// The database's own. Redis gives none.
pub async fn page(
    conn: &mut AsyncPgConnection,
    redis: Option<&Arc<Redis>>,
    room: Uuid,
    limit: usize,
) -> Result<Option<Page>, Problem> {
    let Some(redis) = redis.filter(|redis| limit <= KEPT && !redis.rests()) else {
        return read::latest(conn, room, limit).await;
    };
    let Some((head, epoch)) = store::head(conn, room).await? else { return Ok(None) };
    if let Some(mut page) = kept(redis, room, &epoch, unsigned(head)).await {
        rename(conn, &mut page).await?;
        return Ok(Some(cut(page, limit)));
    }
    let Some(page) = read::latest(conn, room, KEPT).await? else { return Ok(None) };
    keep(redis, room, epoch, &page);
    Ok(Some(cut(page, limit)))
}

fn cut(mut page: Page, limit: usize) -> Page {
    let older = page.items.len().saturating_sub(limit);
    page.has_more |= older > 0;
    page.items.drain(..older);
    page
}

async fn kept(redis: &Redis, room: Uuid, epoch: &str, head: Seq) -> Option<Page> {
    type Found = (Option<String>, Option<Vec<u8>>);
    let (of, page): Found = redis
        .ask(|mut connection| async move {
            let mut get = redis::cmd("HMGET");
            get.arg(key(room)).arg("epoch").arg("page").query_async(&mut connection).await
        })
        .await?;
    if of.as_deref() != Some(epoch) {
        return None;
    }
    serde_json::from_slice::<Kept>(&page?).ok()?.page(room, head)
}

/// Names as they are now.
async fn rename(conn: &mut AsyncPgConnection, page: &mut Page) -> Result<(), Problem> {
    let quoted = page.items.iter().filter_map(|m| m.reply.as_ref()).map(|reply| reply.author);
    let people = page.items.iter().map(|m| m.author).chain(quoted).collect();
    let names = read::names(conn, people).await?;
    let name = |id: Uuid| names.get(&id).cloned().unwrap_or_default();
    for m in &mut page.items {
        m.author_name = name(m.author);
        if let Some(reply) = &mut m.reply {
            reply.author_name = name(reply.author);
        }
    }
    Ok(())
}

/// Keeps a page, beside whoever asked for it.
fn keep(redis: &Arc<Redis>, room: Uuid, epoch: String, page: &Page) {
    let Ok(json) = serde_json::to_vec(&Kept::of(room, page)) else { return };
    if json.len() > BYTES_MAX {
        return;
    }
    let (redis, at) = (Arc::clone(redis), page.at);
    tokio::spawn(async move {
        redis
            .ask(|mut connection| async move {
                let mut call = PUT.key(key(room));
                call.arg(epoch).arg(at).arg(SECONDS).arg(json);
                call.invoke_async::<i64>(&mut connection).await
            })
            .await;
    });
}

/// What changes texts has been stored: no page from before it is kept any longer.
pub fn floor(redis: &Arc<Redis>, room: Uuid, stored: &[Appended]) {
    let changed = stored.iter().filter_map(|outcome| match outcome {
        Appended::Stored {
            entry: Entry::Edit { seq, .. } | Entry::Del { seq, .. } | Entry::Approve { seq, .. },
            ..
        } => Some(*seq),
        _ => None,
    });
    let Some(at) = changed.max() else { return };
    let redis = Arc::clone(redis);
    tokio::spawn(async move {
        redis
            .ask(|mut connection| async move {
                let mut call = FLOOR.key(key(room));
                call.arg(at).arg(FLOOR_SECONDS);
                call.invoke_async::<i64>(&mut connection).await
            })
            .await;
    });
}

#[cfg(test)]
mod tests {
    use actors::chat_room::port::{Reaction, Role, State};

    use super::*;

    fn message(seq: Seq) -> Message {
        let reaction =
            Reaction { emoji: "👍".into(), n: 1, own: false, users: vec![Uuid::from_u128(4)] };
        Message {
            id: Uuid::from_u128(u128::from(seq)),
            seq,
            client_id: Some("c".into()),
            author: Uuid::from_u128(7),
            author_name: "Ann".into(),
            author_role: Role::Student,
            body: "Hello".into(),
            reply_to: None,
            reply: None,
            at: None,
            created_at: "2026-11-20T15:00:00Z".parse().unwrap(),
            version: 1,
            state: State::Shown,
            edited_at: None,
            reactions: vec![reaction],
            files: Vec::new(),
            mentions: Vec::new(),
        }
    }

    fn through_json(kept: &Kept) -> Kept {
        serde_json::from_slice(&serde_json::to_vec(kept).unwrap()).unwrap()
    }

    /// MSG-04
    #[test]
    fn a_kept_page_comes_back_whole_for_its_own_room_and_number_only() {
        let (room, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let page = Page { at: 3, items: vec![message(1), message(3)], has_more: true };
        let kept = Kept::of(room, &page);
        assert_eq!(through_json(&kept).page(room, 3), Some(page));
        assert_eq!(through_json(&kept).page(room, 4), None, "something was said or changed since");
        assert_eq!(through_json(&kept).page(room, 2), None, "the database was set back");
        assert_eq!(through_json(&kept).page(other, 3), None);
    }

    #[test]
    fn a_kept_page_out_of_order_or_of_another_shape_is_none() {
        let room = Uuid::from_u128(1);
        let kept = |items: Vec<Message>| Kept::of(room, &Page { at: 3, items, has_more: false });
        assert!(kept(vec![message(2), message(3)]).page(room, 3).is_some());
        assert!(kept(vec![message(3), message(2)]).page(room, 3).is_none());
        assert!(kept(vec![message(2), message(2)]).page(room, 3).is_none());
        assert!(kept(vec![message(4)]).page(room, 3).is_none());
        assert!(Kept { shape: 0, ..kept(vec![message(2)]) }.page(room, 3).is_none());
    }

    #[test]
    fn a_shorter_page_says_that_there_is_more() {
        let page = || Page { at: 3, items: vec![message(1), message(3)], has_more: false };
        assert_eq!(cut(page(), 2), page());
        assert_eq!(cut(page(), 1), Page { items: vec![message(3)], has_more: true, ..page() });
    }
}
