//! The log of rooms in PostgreSQL: the port of the ChatRoom actor. The database decides the numbers.

use std::collections::HashMap;
use std::sync::Arc;

use actors::chat_room::port::{
    Appended, At, ChatLog, Draft, Entry, LogError, Mark, Message, Opened, Page, Role, RoomInfo, Seq,
};
use actors::wire::{ErrCode, Problem as Refusal};
use async_trait::async_trait;
use diesel_async::AsyncPgConnection;
use futures::future::BoxFuture;
use kernel::{Clock, IdSource, Timestamp};
use uuid::Uuid;

use super::model::{MemberRow, MessageRow};
use super::store::{self, Asked, Found};
use crate::platform::db::Db;
use crate::platform::http::Problem;
use crate::{courses, identity};

/// Marks that a room loads at its start.
const MARKS: i64 = 1000;

/// The log of every room.
#[derive(Clone)]
pub(super) struct PgChatLog {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn IdSource>,
}

#[async_trait]
impl ChatLog for PgChatLog {
    async fn open(&self, room: Uuid, tail: usize) -> Result<Opened, LogError> {
        let mut conn = self.db.conn().await.map_err(away)?;
        self.load(&mut conn, room, tail).await.map_err(away)?.ok_or(LogError::NotFound)
    }

    async fn append(&self, room: Uuid, batch: Vec<Draft>) -> Result<Vec<Appended>, LogError> {
        self.append_halving(room, batch).await
    }

    async fn read_after(
        &self,
        room: Uuid,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Entry>, LogError> {
        let mut conn = self.db.conn().await.map_err(away)?;
        entries_after(&mut conn, room, signed(after), limit).await.map_err(away)
    }

    async fn latest(&self, room: Uuid, limit: usize) -> Result<Page, LogError> {
        let mut conn = self.db.conn().await.map_err(away)?;
        latest(&mut conn, room, limit).await.map_err(away)?.ok_or(LogError::NotFound)
    }

    async fn save_marks(&self, room: Uuid, marks: Vec<(Uuid, Mark)>) -> Result<(), LogError> {
        let now = self.clock.now();
        let rows: Vec<MemberRow> = marks
            .into_iter()
            .map(|(user_id, mark)| MemberRow {
                room_id: room,
                user_id,
                read_seq: signed(mark.read),
                delivered_seq: signed(mark.delivered),
                created_at: now,
                updated_at: now,
            })
            .collect();
        let mut conn = self.db.conn().await.map_err(away)?;
        store::save_marks(&mut conn, &rows).await.map_err(away)
    }
}

impl PgChatLog {
    async fn load(
        &self,
        conn: &mut AsyncPgConnection,
        id: Uuid,
        tail: usize,
    ) -> Result<Option<Opened>, Problem> {
        let Some(room) = store::room(conn, id).await? else { return Ok(None) };
        let Some((head, epoch)) = store::head(conn, id).await? else { return Ok(None) };
        let title = match room.lesson_id {
            Some(lesson) => courses::lesson_access(conn, lesson).await?.map(|lesson| lesson.title),
            None => None,
        };
        let after = (head - i64::try_from(tail).unwrap_or(i64::MAX)).max(0);
        let mut entries = entries_after(conn, id, after, tail).await?;
        // The log may have grown since the head was read: the room takes what is beyond by itself.
        entries.retain(|entry| signed(entry.seq()) <= head);
        let marks = store::marks(conn, id, MARKS).await?;
        Ok(Some(Opened {
            epoch,
            head: unsigned(head),
            info: RoomInfo {
                kind: room.kind.as_str(),
                title: title.unwrap_or_default(),
                slow_s: u32::try_from(room.slow_s).unwrap_or(0),
                members: u32::try_from(marks.len()).unwrap_or(u32::MAX),
                version: u32::try_from(room.version).unwrap_or(0),
            },
            tail: entries,
            marks: marks
                .into_iter()
                .map(|(user, read, delivered)| {
                    (user, Mark { read: unsigned(read), delivered: unsigned(delivered) })
                })
                .collect(),
        }))
    }

    /// Stores a batch; one that fails for what is in it is split until the bad draft stands alone.
    fn append_halving(
        &self,
        room: Uuid,
        mut batch: Vec<Draft>,
    ) -> BoxFuture<'_, Result<Vec<Appended>, LogError>> {
        Box::pin(async move {
            let problem = match self.append_once(room, &batch).await {
                Ok(outcomes) => return Ok(outcomes),
                Err(Trouble::NoRoom) => return Err(LogError::NotFound),
                Err(Trouble::Connection(_)) => {
                    // Once more on another connection. Had the first commit come through after all,
                    // the client ids find it.
                    match self.append_once(room, &batch).await {
                        Ok(outcomes) => return Ok(outcomes),
                        Err(Trouble::NoRoom) => return Err(LogError::NotFound),
                        Err(Trouble::Connection(why)) => return Err(LogError::Unavailable(why)),
                        Err(Trouble::Content(why)) => why,
                    }
                }
                Err(Trouble::Content(why)) => why,
            };
            if batch.len() <= 1 {
                tracing::warn!(room.id = %room, why = %problem, "a message cannot be stored");
                return Ok(vec![Appended::Refused(Refusal::new(ErrCode::BadRequest))]);
            }
            let second = batch.split_off(batch.len() / 2);
            let mut outcomes = self.append_halving(room, batch).await?;
            match self.append_halving(room, second.clone()).await {
                Ok(more) => outcomes.extend(more),
                // The first half is stored and must be told; the second is unknown.
                Err(_) => outcomes
                    .extend(second.iter().map(|_| Appended::Refused(Refusal::unavailable(1000)))),
            }
            Ok(outcomes)
        })
    }

    async fn append_once(&self, room: Uuid, batch: &[Draft]) -> Result<Vec<Appended>, Trouble> {
        let mut conn =
            self.db.conn().await.map_err(|problem| Trouble::Connection(problem.to_string()))?;
        let asked = Asked {
            authors: batch.iter().map(|draft| draft.author).collect(),
            client_ids: batch.iter().map(|draft| draft.client_id.as_str()).collect(),
            replies: batch.iter().filter_map(|draft| draft.reply_to).collect(),
        };
        let now = self.clock.now();
        let new_id = || self.ids.new_id(now);
        let stored =
            store::append(&mut conn, room, &asked, |found| plan(room, batch, found, now, new_id));
        match stored.await {
            Ok(Some(outcomes)) => Ok(outcomes),
            Ok(None) => Err(Trouble::NoRoom),
            Err(error) => Err(Trouble::of(error)),
        }
    }
}

/// Why a batch was not stored.
enum Trouble {
    NoRoom,
    /// The database is away, or the outcome of the commit is not known.
    Connection(String),
    /// The database refuses something in the batch; nothing of it is stored.
    Content(String),
}

impl Trouble {
    fn of(error: diesel::result::Error) -> Self {
        let text = error.to_string();
        // What the rest of the house answers with 503 is the connection's fault.
        match Problem::from(error).retry_after_s() {
            Some(_) => Self::Connection(text),
            None => Self::Content(text),
        }
    }
}

/// Decides what of a batch is new and which numbers it takes. Pure.
fn plan(
    room: Uuid,
    batch: &[Draft],
    found: Found,
    now: Timestamp,
    new_id: impl Fn() -> Uuid,
) -> (Vec<MessageRow>, Vec<Appended>) {
    let mut rows: Vec<MessageRow> = Vec::new();
    let mut head = found.head;
    let mut known: HashMap<(Uuid, String), MessageRow> =
        found.known.into_iter().map(|row| ((row.author_id, row.client_id.clone()), row)).collect();
    let mut outcomes = Vec::with_capacity(batch.len());
    for draft in batch {
        let key = (draft.author, draft.client_id.clone());
        if let Some(row) = known.get(&key) {
            outcomes.push(again(row, draft));
            continue;
        }
        if draft.reply_to.is_some_and(|reply| !found.present.contains(&reply)) {
            let refusal = Refusal::field(ErrCode::NotFound, "reply_to");
            outcomes.push(Appended::Refused(refusal));
            continue;
        }
        head += 1;
        let row = MessageRow {
            id: new_id(),
            room_id: room,
            seq: head,
            author_id: draft.author,
            author_role: role_name(draft.author_role).to_owned(),
            client_id: draft.client_id.clone(),
            body: draft.body.clone(),
            reply_to: draft.reply_to,
            at_lesson: draft.at.map(|at| at.lesson),
            at_second: draft.at.map(|at| i32::try_from(at.second).unwrap_or(i32::MAX)),
            version: 1,
            created_at: now,
        };
        let m = message(&row, draft.author_name.clone());
        outcomes.push(Appended::Stored(Entry::Msg { seq: m.seq, m }));
        known.insert(key, row.clone());
        rows.push(row);
    }
    (rows, outcomes)
}

/// The answer to a message that is stored already.
fn again(row: &MessageRow, draft: &Draft) -> Appended {
    let same = row.body == draft.body
        && row.reply_to == draft.reply_to
        && row.at_lesson == draft.at.map(|at| at.lesson)
        && row.at_second == draft.at.map(|at| i32::try_from(at.second).unwrap_or(i32::MAX));
    if same {
        let (msg, seq, created_at) = (row.id, unsigned(row.seq), row.created_at);
        Appended::Duplicate { msg, seq, created_at }
    } else {
        Appended::Refused(Refusal::new(ErrCode::ClientIdReused))
    }
}

const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Student => "student",
        Role::Author => "author",
        Role::Moderator => "moderator",
    }
}

fn role_of(name: &str) -> Role {
    match name {
        "author" => Role::Author,
        "moderator" => Role::Moderator,
        _ => Role::Student,
    }
}

/// A row as the socket and HTTP show it.
fn message(row: &MessageRow, author_name: String) -> Message {
    let second = row.at_second.and_then(|second| u32::try_from(second).ok());
    Message {
        id: row.id,
        seq: unsigned(row.seq),
        client_id: Some(row.client_id.clone()),
        author: row.author_id,
        author_name,
        author_role: role_of(&row.author_role),
        body: row.body.clone(),
        reply_to: row.reply_to,
        at: row.at_lesson.zip(second).map(|(lesson, second)| At { lesson, second }),
        created_at: row.created_at,
        version: u32::try_from(row.version).unwrap_or(1),
    }
}

/// Rows with their authors' names.
pub(super) async fn with_names(
    conn: &mut AsyncPgConnection,
    rows: Vec<MessageRow>,
) -> Result<Vec<Message>, Problem> {
    let mut authors: Vec<Uuid> = rows.iter().map(|row| row.author_id).collect();
    authors.sort_unstable();
    authors.dedup();
    let people = identity::people(conn, &authors).await?;
    let name = |id: &Uuid| people.get(id).map(|person| person.name.clone()).unwrap_or_default();
    Ok(rows.iter().map(|row| message(row, name(&row.author_id))).collect())
}

async fn entries_after(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    after: i64,
    limit: usize,
) -> Result<Vec<Entry>, Problem> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = store::log_after(conn, room, after, limit).await?;
    let messages = rows.iter().filter_map(|(_, message)| message.clone()).collect();
    let messages = with_names(conn, messages).await?;
    let mut by_seq: HashMap<Seq, Message> = messages.into_iter().map(|m| (m.seq, m)).collect();
    let entry = |seq: Seq| match by_seq.remove(&seq) {
        Some(m) => Entry::Msg { seq, m },
        None => Entry::Skip { seq },
    };
    Ok(rows.iter().map(|(seq, _)| unsigned(*seq)).map(entry).collect())
}

async fn latest(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    limit: usize,
) -> Result<Option<Page>, Problem> {
    // The head first: what is committed after it stays out by its number.
    let Some((head, _)) = store::head(conn, room).await? else { return Ok(None) };
    let more = i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1;
    let mut rows = store::messages_before(conn, room, head + 1, more).await?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    rows.reverse();
    let items = with_names(conn, rows).await?;
    Ok(Some(Page { at: unsigned(head), items, has_more }))
}

fn away(error: impl Into<Problem>) -> LogError {
    let problem: Problem = error.into();
    LogError::Unavailable(problem.to_string())
}

/// Numbers are positive by the tables' checks.
pub(super) fn unsigned(seq: i64) -> Seq {
    Seq::try_from(seq).unwrap_or(0)
}

pub(super) fn signed(seq: Seq) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(client_id: &str, body: &str) -> Draft {
        Draft {
            author: Uuid::from_u128(1),
            author_name: "Ann".into(),
            author_role: Role::Student,
            client_id: client_id.into(),
            body: body.into(),
            reply_to: None,
            at: None,
        }
    }

    fn planned(batch: &[Draft], found: Found) -> (Vec<MessageRow>, Vec<Appended>) {
        plan(Uuid::from_u128(9), batch, found, Timestamp::default(), || Uuid::from_u128(7))
    }

    fn nothing(head: i64) -> Found {
        Found { head, known: vec![], present: vec![] }
    }

    #[test]
    fn numbers_follow_the_head_and_repetitions_take_none() {
        let batch = [draft("a", "x"), draft("a", "x"), draft("a", "y"), draft("b", "z")];
        let (rows, outcomes) = planned(&batch, nothing(41));
        assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [42, 43]);
        assert!(matches!(outcomes[0], Appended::Stored(_)));
        assert!(matches!(outcomes[1], Appended::Duplicate { seq: 42, .. }));
        let Appended::Refused(refusal) = &outcomes[2] else { panic!() };
        assert_eq!(refusal.code, ErrCode::ClientIdReused);
        assert!(matches!(&outcomes[3], Appended::Stored(entry) if entry.seq() == 43));
    }

    #[test]
    fn an_answer_to_a_message_of_another_room_is_refused() {
        let stray = Draft { reply_to: Some(Uuid::from_u128(5)), ..draft("a", "x") };
        let (rows, outcomes) = planned(std::slice::from_ref(&stray), nothing(0));
        assert!(rows.is_empty());
        assert!(matches!(&outcomes[0], Appended::Refused(r) if r.field == Some("reply_to")));
        let found = Found { present: vec![Uuid::from_u128(5)], ..nothing(0) };
        assert_eq!(planned(&[stray], found).0.len(), 1);
    }
}
