//! The log of rooms in PostgreSQL: the port of the ChatRoom actor. The database decides the numbers.
//! `plan` decides what a batch comes to, `append` stores it, `writer` gathers what waits, `read` reads it back, `rows` stands between rows
//! and the port's values.

mod append;
pub(super) mod plan;
pub(super) mod read;
pub(super) mod rows;
mod writer;

use std::sync::Arc;

use actors::chat_room::port::{
    Appended, Change, ChatLog, Entry, LogError, Mark, Opened, Page, RoomInfo, Seq,
};
use async_trait::async_trait;
use diesel_async::AsyncPgConnection;
use futures::FutureExt as _;
use kernel::{Clock, IdSource, Timestamp};
use uuid::Uuid;

use self::append::Lane;
use self::writer::Writers;
use super::access;
use super::bell::Bell;
use super::latest;
use super::model::{MarkRow, RoomRow};
use super::news::News;
use super::store;
use crate::platform::db::Db;
use crate::platform::http::Problem;
use crate::platform::redis::Redis;
pub(super) use rows::{signed, unsigned};

/// Marks that a room loads at its start; everybody else's come with their join.
const MARKS: i64 = 1000;

/// The log of every room.
pub(super) struct PgChatLog {
    store: Stored,
    writers: Writers,
    /// Where the newest pages are kept.
    redis: Option<Arc<Redis>>,
}

/// What the writers store with.
#[derive(Clone)]
struct Stored {
    db: Db,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    /// Told of every new message that everybody in its room sees.
    news: News,
    /// Rung when what was stored changes the curators' desk.
    bell: Bell,
    /// The own connection of the writer.
    lane: Lane,
}

impl PgChatLog {
    /// Starts the writers.
    pub fn start(
        db: Db,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        news: News,
        bell: Bell,
        redis: Option<Arc<Redis>>,
    ) -> Self {
        let store = Stored { db, clock, ids, news, bell, lane: Lane::default() };
        let storing = store.clone();
        let writers = Writers::start(&move || {
            let store = Stored { lane: Lane::default(), ..storing.clone() };
            Box::new(move |items| {
                let store = store.clone();
                async move { store.append_halving(items).await }.boxed()
            })
        });
        Self { store, writers, redis }
    }
}

#[async_trait]
impl ChatLog for PgChatLog {
    async fn open(&self, room: Uuid, tail: usize) -> Result<Opened, LogError> {
        let mut conn = self.store.db.conn().await.map_err(away)?;
        load(&mut conn, room, tail).await.map_err(away)?.ok_or(LogError::NotFound)
    }

    async fn append(&self, room: Uuid, batch: Vec<Change>) -> Result<Vec<Appended>, LogError> {
        let stored = self.writers.append(room, batch).await?;
        if let Some(redis) = self.redis.as_ref().filter(|redis| !redis.rests()) {
            latest::floor(redis, room, &stored);
        }
        Ok(stored)
    }

    async fn read_after(
        &self,
        room: Uuid,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Entry>, LogError> {
        let mut conn = self.store.db.conn().await.map_err(away)?;
        read::entries_after(&mut conn, room, signed(after), limit).await.map_err(away)
    }

    async fn latest(&self, room: Uuid, limit: usize) -> Result<Page, LogError> {
        let mut conn = self.store.db.conn().await.map_err(away)?;
        let page = latest::page(&mut conn, self.redis.as_ref(), room, limit);
        let page = page.await.map_err(away)?;
        page.ok_or(LogError::NotFound)
    }

    async fn save_marks(&self, room: Uuid, marks: Vec<(Uuid, Mark)>) -> Result<(), LogError> {
        let now = self.store.clock.now();
        let rows: Vec<MarkRow> = marks
            .into_iter()
            .map(|(user_id, mark)| MarkRow {
                room_id: room,
                user_id,
                read_seq: signed(mark.read),
                delivered_seq: signed(mark.delivered),
                created_at: now,
                updated_at: now,
            })
            .collect();
        let mut conn = self.store.db.conn().await.map_err(away)?;
        store::save_marks(&mut conn, &rows).await.map_err(|error| {
            if store::is_of_a_gone_room(&error) { LogError::NotFound } else { away(error) }
        })
    }
}

/// Loads a room with its newest entries; `None` when there is none.
async fn load(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    tail: usize,
) -> Result<Option<Opened>, Problem> {
    // The head first: what an entry after it changes about the room is applied once more, to the
    // same effect.
    let Some((head, epoch)) = store::head(conn, id).await? else { return Ok(None) };
    let Some(room) = store::room(conn, id).await? else { return Ok(None) };
    let after = (head - i64::try_from(tail).unwrap_or(i64::MAX)).max(0);
    let mut entries = read::entries_after(conn, id, after, tail).await?;
    // The log may have grown since the head was read: the room takes what is beyond by itself.
    entries.retain(|entry| signed(entry.seq()) <= head);
    let marks = store::marks(conn, id, MARKS).await?;
    let info = RoomInfo {
        kind: room.kind.as_str(),
        title: title(conn, &room).await?,
        course_id: room.course_id,
        lesson_id: room.lesson_id,
        task_id: room.task_id,
        owner_id: room.owner_id,
        slow_s: u32::try_from(room.slow_s).unwrap_or(0),
        locked: room.locked,
        pinned: read::pinned(conn, id).await?,
        accepted: room.accepted_id,
        members: u32::try_from(marks.len()).unwrap_or(u32::MAX),
        version: rows::version(room.version),
    };
    let mark = |read, delivered| Mark { read: unsigned(read), delivered: unsigned(delivered) };
    Ok(Some(Opened {
        epoch,
        head: unsigned(head),
        info,
        tail: entries,
        marks: marks.into_iter().map(|(user, r, d)| (user, mark(r, d))).collect(),
    }))
}

/// What stands in the header of a room. What it is called for one reader alone is the list's.
async fn title(conn: &mut AsyncPgConnection, room: &RoomRow) -> Result<String, Problem> {
    let rooms = std::slice::from_ref(room);
    // Titles do not depend on the time.
    let places = access::places(conn, rooms, Timestamp::default()).await?;
    Ok(places.into_values().next().map(|place| place.title).unwrap_or_default())
}

fn away(error: impl Into<Problem>) -> LogError {
    let problem: Problem = error.into();
    LogError::Unavailable(problem.to_string())
}
