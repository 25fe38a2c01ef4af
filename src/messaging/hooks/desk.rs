//! What a message means for the curators' desk, inside the transaction that stores it.
//!
//! What this hook guarantees: [`written`] is called once a batch, after its messages and log rows are written
//! and before the commit, with the heads of all its rooms locked; each [`Posted`] is a new message that everybody
//! sees or an answer accepted, in the order of the numbers within a room, in a room whose kind `is_on_desk`. Whatever it writes is committed together with the messages, or not at all. It must be set-based (a batch
//! holds up to 512 messages of many rooms) and take its locks in the order of the rooms' ids.

use actors::chat_room::port::Role;
use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use uuid::Uuid;

use crate::messaging::model::RoomRow;
use crate::messaging::rules::desk::Speaker;
use crate::messaging::store::desk::{self as store, NewAnswer};
use crate::platform::http::Problem;

/// What happened in a room of the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Somebody wrote this message.
    Said(Uuid),
    /// Somebody called a message the answer.
    Accepted,
    /// Somebody took that back.
    Reopened,
}

/// Something that happened in a room of the desk.
#[derive(Debug, Clone)]
pub struct Posted {
    /// The room as it stood under the lock.
    pub room: RoomRow,
    /// Who did it.
    pub author: Uuid,
    /// What they are in the room.
    pub role: Role,
    /// What.
    pub deed: Deed,
    /// When it was stored.
    pub at: Timestamp,
}

/// Keeps the desk in step with what was written: a student's word starts a wait, an answer ends it,
/// is measured, and takes the question; an accepted answer closes it.
///
/// # Errors
/// The database's own; nothing of the batch is stored then.
pub async fn written(conn: &mut AsyncPgConnection, posted: &[Posted]) -> Result<(), Problem> {
    let mut rooms: Vec<Uuid> = posted.iter().map(|message| message.room.id).collect();
    rooms.sort_unstable();
    rooms.dedup();
    let mut answers = Vec::new();
    for row in store::lock(conn, &rooms).await? {
        let before = row.question();
        let mut question = before;
        let mut last = None;
        for message in posted.iter().filter(|message| message.room.id == row.room_id) {
            last = Some(message.at);
            let said = match message.deed {
                Deed::Said(said) => said,
                Deed::Accepted => {
                    question = question.accepted(message.author, message.at);
                    continue;
                }
                Deed::Reopened => {
                    question = question.reopened(message.at);
                    continue;
                }
            };
            let speaker = match message.role {
                Role::Author | Role::Moderator => Speaker::Answerer(message.author),
                Role::Student if message.author == row.student_id => Speaker::Owner,
                Role::Student => Speaker::Other,
            };
            let (next, answered) = question.heard(speaker, message.at);
            question = next;
            // One message ends one wait at most.
            answers.extend(answered.map(|answered| NewAnswer {
                id: said,
                room: row.room_id,
                course: row.course_id,
                kind: message.room.kind,
                answered,
            }));
        }
        if let Some(at) = last.filter(|_| question != before) {
            store::save(conn, row.room_id, &question, at).await?;
        }
    }
    if !answers.is_empty() {
        store::note_answers(conn, &answers).await?;
    }
    Ok(())
}
