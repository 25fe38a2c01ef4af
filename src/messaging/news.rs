//! The `user` frames: what is new in somebody's rooms, to every connection of theirs on every node. What is
//! said in a room within a quarter of a second is one frame; rooms of more than [`ROOM_MAX`] members are told to
//! nobody but those who are mentioned. May be lost: the list of rooms says the same when it is asked.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use actors::chat_room::port::{Elsewhere, Preview};
use bytestring::ByteString;
use kernel::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::model::RoomKind;
use super::{access, store};
use crate::app::App;
use crate::platform::http::Problem;
use crate::platform::live::{ForUsers, Notice};

/// How long what is said in a room is gathered.
const GATHER: Duration = Duration::from_millis(250);
/// Members of a room that is told to all of them.
const ROOM_MAX: i64 = 50;
/// Messages that may wait to be told; more are dropped.
const WAITING: usize = 4096;
/// Mentions of one room and frame that are told.
const MENTIONS_MAX: usize = 100;

/// Something that everybody in a room sees was said there.
#[derive(Debug, Clone)]
pub struct Said {
    /// Where.
    pub room: Uuid,
    /// What the room is for.
    pub kind: RoomKind,
    /// Its last number then.
    pub head: i64,
    /// Who said it, and its beginning.
    pub preview: Preview,
    /// Whom it mentions.
    pub mentions: Vec<Uuid>,
    /// When.
    pub at: Timestamp,
}

/// The way to the one who tells.
#[derive(Debug, Clone)]
pub struct News(mpsc::Sender<Said>);

impl News {
    /// Starts telling.
    pub fn start(app: &App) -> Self {
        let (news, said) = mpsc::channel(WAITING);
        let app = app.clone();
        actix_rt::spawn(tell_all(app, said));
        Self(news)
    }

    /// Something was said and is committed.
    pub fn said(&self, said: Vec<Said>) {
        for one in said {
            if self.0.try_send(one).is_err() {
                tracing::debug!("news of a room are dropped: too many wait");
            }
        }
    }
}

async fn tell_all(app: App, mut said: mpsc::Receiver<Said>) {
    let mut rooms: HashMap<Uuid, Said> = HashMap::new();
    loop {
        tokio::select! {
            () = app.stop.cancelled() => return,
            first = said.recv() => match first {
                Some(first) => gather(&mut rooms, first),
                None => return,
            },
        }
        tokio::time::sleep(GATHER).await;
        while let Ok(more) = said.try_recv() {
            gather(&mut rooms, more);
        }
        match frames(&app, std::mem::take(&mut rooms)).await {
            Ok(frames) if frames.is_empty() => {}
            Ok(frames) => app.live.tell(Notice::ForUsers(frames)),
            Err(problem) => tracing::warn!(%problem, "news of rooms are not told"),
        }
    }
}

/// Keeps the newest of a room, and whom any of it mentions.
fn gather(rooms: &mut HashMap<Uuid, Said>, mut new: Said) {
    if let Some(old) = rooms.remove(&new.room) {
        new.mentions.extend(old.mentions);
        new.mentions.sort_unstable();
        new.mentions.dedup();
        new.mentions.truncate(MENTIONS_MAX);
        if old.head > new.head {
            new = Said { mentions: new.mentions, ..old };
        }
    }
    rooms.insert(new.room, new);
}

async fn frames(app: &App, rooms: HashMap<Uuid, Said>) -> Result<Vec<ForUsers>, Problem> {
    let mut conn = app.db.conn().await?;
    let ids: Vec<Uuid> = rooms.keys().copied().collect();
    let mut members: HashMap<Uuid, HashSet<Uuid>> = HashMap::new();
    for (room, user) in store::members_of_small(&mut conn, &ids, ROOM_MAX).await? {
        members.entry(room).or_default().insert(user);
    }
    let authors: Vec<Uuid> = rooms.values().map(|said| said.preview.author).collect();
    let blocks: HashSet<(Uuid, Uuid)> =
        store::blocks_of(&mut conn, &authors).await?.into_iter().collect();
    let mut frames = Vec::new();
    for (room, said) in rooms {
        let mut users = members.remove(&room).unwrap_or_default();
        users.extend(&said.mentions);
        let author = said.preview.author;
        users.retain(|user| !blocks.contains(&(*user, author)));
        let users: Vec<Uuid> = users.into_iter().collect();
        if users.is_empty() {
            continue;
        }
        // A mention lets nobody in, and who was a member may have lost the right to the room.
        let standings = access::standings(app, &mut conn, room, &users).await?;
        let users: Vec<Uuid> = standings.into_keys().collect();
        if !users.is_empty() {
            frames.push(ForUsers { users, frame: frame(&said) });
        }
    }
    Ok(frames)
}

fn frame(said: &Said) -> Value {
    let Preview { id, seq, author, author_name, text } = &said.preview;
    json!({
        "t": "news",
        "topic": "user",
        "room": said.room,
        "kind": said.kind,
        "head": said.head,
        "message": {
            "id": id,
            "seq": seq,
            "author": author,
            "author_name": author_name,
            "text": text,
            "at": said.at,
        },
        "mentions": said.mentions,
    })
}

/// The way of a person's own marks to their connections on other nodes: the newest of each room, gathered
/// like what is said.
#[derive(Debug)]
pub struct OtherNodes(mpsc::Sender<(Uuid, ByteString, ByteString)>);

impl OtherNodes {
    /// Starts telling.
    pub fn start(app: &App) -> Self {
        let (to_tell, mut told) = mpsc::channel::<(Uuid, ByteString, ByteString)>(WAITING);
        let app = app.clone();
        actix_rt::spawn(async move {
            loop {
                let first = tokio::select! {
                    () = app.stop.cancelled() => return,
                    first = told.recv() => first,
                };
                let Some(first) = first else { return };
                tokio::time::sleep(GATHER).await;
                let mut newest = HashMap::new();
                let mut next = Some(first);
                while let Some((user, topic, frame)) = next {
                    newest.insert((user, topic), frame);
                    next = told.try_recv().ok();
                }
                let frames = newest.into_iter().filter_map(|((user, _), frame)| {
                    let frame = serde_json::from_str(&frame).ok()?;
                    Some(ForUsers { users: vec![user], frame })
                });
                app.live.tell_elsewhere(Notice::ForUsers(frames.collect()));
            }
        });
        Self(to_tell)
    }
}

impl Elsewhere for OtherNodes {
    fn tell(&self, user: Uuid, topic: &ByteString, frame: ByteString) {
        if self.0.try_send((user, topic.clone(), frame)).is_err() {
            tracing::debug!("an own mark is not told elsewhere: too many wait");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(head: i64, mentions: &[u128]) -> Said {
        Said {
            room: Uuid::from_u128(1),
            kind: RoomKind::Task,
            head,
            preview: Preview {
                id: Uuid::from_u128(2),
                seq: 1,
                author: Uuid::from_u128(3),
                author_name: "Ann".into(),
                text: format!("text {head}"),
            },
            mentions: mentions.iter().map(|n| Uuid::from_u128(*n)).collect(),
            at: "2026-11-20T15:00:00Z".parse().unwrap(),
        }
    }

    /// USR-11
    #[test]
    fn what_is_said_at_once_is_one_frame_with_the_newest_text_and_all_mentions() {
        let mut rooms = HashMap::new();
        gather(&mut rooms, said(2, &[7]));
        gather(&mut rooms, said(3, &[8, 7]));
        gather(&mut rooms, said(1, &[9]));
        let one = &rooms[&Uuid::from_u128(1)];
        let frame = frame(one);
        assert_eq!((rooms.len(), one.head, &frame["message"]["text"]), (1, 3, &json!("text 3")));
        assert_eq!((&frame["t"], &frame["kind"]), (&json!("news"), &json!("task")));
        assert_eq!(one.mentions, [7, 8, 9].map(Uuid::from_u128));
    }
}
