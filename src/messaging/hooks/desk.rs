//! What a message means for the curators' desk, inside the transaction that stores it.
//!
//! What this hook guarantees: [`written`] is called once a batch, after its messages and log rows are written
//! and before the commit, with the heads of all its rooms locked; each [`Posted`] is a new message that everybody
//! sees, in the order of the numbers within a room, in a room whose kind `is_on_desk`. Whatever it writes is committed together with the messages, or not at all. It must be set-based (a batch
//! holds up to 256 messages of many rooms) and take its locks in the order of the rooms' ids.

use actors::chat_room::port::Role;
use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use uuid::Uuid;

use crate::messaging::model::RoomRow;
use crate::platform::http::Problem;

/// A message in a room of the desk.
#[derive(Debug, Clone)]
pub struct Posted {
    /// The room as it stood under the lock.
    pub room: RoomRow,
    /// Who wrote.
    pub author: Uuid,
    /// What they are in the room.
    pub role: Role,
    /// The message.
    pub message: Uuid,
    /// Its number.
    pub seq: i64,
    /// When it was stored.
    pub at: Timestamp,
}

/// Keeps the desk in step with what was written.
///
/// # Errors
/// The database's own; nothing of the batch is stored then.
pub async fn written(_: &mut AsyncPgConnection, posted: &[Posted]) -> Result<(), Problem> {
    tracing::debug!(messages = posted.len(), "written where students ask");
    Ok(())
}
