//! Reading rooms back: entries after a number, pages of messages in their present state.

use std::collections::HashMap;

use actors::chat_room::port::{Action, Entry, Message, Page, Preview, Reaction, Role, State};
use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::plan::preview;
use super::rows::{self, unsigned};
use crate::identity;
use crate::messaging::files::store as files;
use crate::messaging::model::{LogRow, MessageRow, MessageState, ReactionRow, kind};
use crate::messaging::store::{self, Cut, Snapshot};
use crate::platform::http::Problem;

/// What of an entry stands in its row's payload.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Payload {
    emoji: Option<String>,
    on: bool,
    n: u32,
    action: Option<Action>,
    user: Option<Uuid>,
    until: Option<Timestamp>,
    reason: Option<String>,
    slow_s: Option<u32>,
    title: Option<String>,
    locked: Option<bool>,
    version: u32,
    name: String,
    role: Option<Role>,
}

/// The names of these people.
pub async fn names(
    conn: &mut AsyncPgConnection,
    mut people: Vec<Uuid>,
) -> Result<HashMap<Uuid, String>, Problem> {
    people.sort_unstable();
    people.dedup();
    let people = identity::people(conn, &people).await?;
    Ok(people.into_iter().map(|(id, person)| (id, person.name)).collect())
}

/// A snapshot's messages with names, quotes, files and reactions.
pub async fn messages(
    conn: &mut AsyncPgConnection,
    snapshot: Snapshot,
) -> Result<Vec<Message>, Problem> {
    render(conn, snapshot.rows, snapshot.reactions).await
}

/// Without reactions in a replay, whose further entries bring them.
async fn render(
    conn: &mut AsyncPgConnection,
    rows: Vec<MessageRow>,
    reactions: Vec<ReactionRow>,
) -> Result<Vec<Message>, Problem> {
    let of =
        |take: fn(&MessageRow) -> Option<Uuid>| rows.iter().filter_map(take).collect::<Vec<_>>();
    let quoted = store::messages_of(conn, &of(|row| row.reply_to)).await?;
    let people = rows.iter().chain(&quoted).map(|row| row.author_id).collect();
    let names = names(conn, people).await?;
    let name = |id: &Uuid| names.get(id).cloned().unwrap_or_default();
    let quoted: HashMap<Uuid, Preview> = quoted
        .iter()
        .filter(|row| row.state == MessageState::Shown)
        .map(|row| (row.id, preview(row, name(&row.author_id))))
        .collect();
    let file_ids: Vec<Uuid> = rows.iter().flat_map(|row| row.files.iter().copied()).collect();
    let files: HashMap<Uuid, _> =
        files::all(conn, &file_ids).await?.into_iter().map(|file| (file.id, file)).collect();
    let mut reacted = counted(reactions);
    Ok(rows
        .iter()
        .map(|row| {
            let mut m = rows::message(row, name(&row.author_id));
            if m.state != State::Deleted {
                m.reply = row.reply_to.and_then(|id| quoted.get(&id).cloned());
                m.files = row.files.iter().filter_map(|id| files.get(id)).map(rows::file).collect();
                m.reactions = reacted.remove(&row.id).unwrap_or_default();
            }
            m
        })
        .collect())
}

fn counted(reactions: Vec<ReactionRow>) -> HashMap<Uuid, Vec<Reaction>> {
    let mut found: HashMap<Uuid, Vec<Reaction>> = HashMap::new();
    for row in reactions {
        let of_message = found.entry(row.message_id).or_default();
        match of_message.iter_mut().find(|reaction| reaction.emoji == row.emoji) {
            Some(reaction) => {
                reaction.n += 1;
                reaction.users.push(row.user_id);
            }
            None => of_message.push(Reaction {
                emoji: row.emoji,
                n: 1,
                own: false,
                users: vec![row.user_id],
            }),
        }
    }
    for of_message in found.values_mut() {
        // The order in which they first came breaks ties.
        of_message.sort_by_key(|reaction| std::cmp::Reverse(reaction.n));
    }
    found
}

/// Up to `limit` entries after `after`. Messages come in their present state.
pub async fn entries_after(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    after: i64,
    limit: usize,
) -> Result<Vec<Entry>, Problem> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = store::log_after(conn, room, after, limit).await?;
    let mut messages: HashMap<Uuid, MessageRow> = HashMap::new();
    for (_, message) in &rows {
        messages.extend(message.clone().map(|message| (message.id, message)));
    }
    let rendered = render(conn, messages.into_values().collect(), Vec::new()).await?;
    let rendered: HashMap<Uuid, Message> = rendered.into_iter().map(|m| (m.id, m)).collect();
    Ok(rows.into_iter().map(|(row, _)| entry(row, &rendered)).collect())
}

fn entry(row: LogRow, messages: &HashMap<Uuid, Message>) -> Entry {
    let seq = unsigned(row.seq);
    let message = row.msg_id.and_then(|id| messages.get(&id));
    let by = row.actor_id.unwrap_or_default();
    let payload: Payload =
        row.payload.and_then(|payload| serde_json::from_value(payload).ok()).unwrap_or_default();
    let skip = Entry::Skip { seq };
    match (row.kind, message) {
        (kind::MSG, Some(m)) => Entry::Msg { seq, m: m.clone() },
        (kind::EDIT, Some(m)) if m.state == State::Shown => Entry::Edit {
            seq,
            msg: m.id,
            author: m.author,
            body: m.body.clone(),
            mentions: m.mentions.clone(),
            version: m.version,
            edited_at: m.edited_at.unwrap_or(row.created_at),
        },
        (kind::DEL, Some(m)) => Entry::Del { seq, msg: m.id, by },
        (kind::REACT, Some(m)) if m.state == State::Shown => Entry::React {
            seq,
            msg: m.id,
            user: by,
            emoji: payload.emoji.unwrap_or_default(),
            on: payload.on,
            n: payload.n,
        },
        (kind::PIN, Some(m)) if m.state == State::Shown || !payload.on => Entry::Pin {
            seq,
            msg: m.id,
            on: payload.on,
            by,
            preview: payload.on.then(|| preview_of(m)),
        },
        (kind::ANSWER, m) => Entry::Answer { seq, msg: m.map(|m| m.id), by },
        (kind::APPROVE, Some(m)) if m.state != State::Deleted => {
            Entry::Approve { seq, m: m.clone() }
        }
        (kind::MOD, _) => match payload.action {
            Some(action) => Entry::Mod {
                seq,
                action,
                user: payload.user,
                until: payload.until,
                slow_s: payload.slow_s,
                reason: payload.reason,
            },
            None => skip,
        },
        (kind::ROOM, _) => Entry::Room {
            seq,
            title: payload.title,
            slow_s: payload.slow_s,
            locked: payload.locked,
            version: payload.version,
        },
        (kind::MEMBER, _) => match (payload.user, payload.role) {
            (Some(user), Some(role)) => {
                Entry::Member { seq, user, name: payload.name, role, on: payload.on }
            }
            _ => skip,
        },
        _ => skip,
    }
}

fn preview_of(m: &Message) -> Preview {
    let text = m.body.chars().take(actors::chat_room::port::PREVIEW_CHARS).collect();
    Preview { id: m.id, seq: m.seq, author: m.author, author_name: m.author_name.clone(), text }
}

/// What is pinned in a room, the newest last.
pub async fn pinned(conn: &mut AsyncPgConnection, room: Uuid) -> Result<Vec<Preview>, Problem> {
    let rows = store::pinned(conn, room).await?;
    let names = names(conn, rows.iter().map(|row| row.author_id).collect()).await?;
    let name = |id: &Uuid| names.get(id).cloned().unwrap_or_default();
    Ok(rows.iter().map(|row| preview(row, name(&row.author_id))).collect())
}

/// The newest messages and the head they were read at, as of one moment.
pub async fn latest(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    limit: usize,
) -> Result<Option<Page>, Problem> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX - 1);
    let Some(snapshot) = store::snapshot(conn, room, Cut::Below(i64::MAX), limit).await? else {
        return Ok(None);
    };
    let (at, has_more) = (unsigned(snapshot.head), snapshot.has_more);
    Ok(Some(Page { at, items: messages(conn, snapshot).await?, has_more }))
}
