//! JSON in and out over HTTP. A message looks the same there and on the socket.

use actors::chat_room::Ack;
use actors::chat_room::port::{At, Message};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// The room of a lesson.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoomOfLesson {
    /// The room; on the socket it is the topic `room:<room_id>`.
    pub room_id: Uuid,
}

/// A place in a lesson.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AtView {
    /// The lesson.
    pub lesson: Uuid,
    /// Seconds from the start of its video.
    pub second: u32,
}

/// A message in its present state.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageView {
    /// Its id.
    pub id: Uuid,
    /// Its number in the room.
    pub seq: u64,
    /// The client's own id; only in the author's own copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Who wrote.
    pub author: Uuid,
    /// Their name.
    pub author_name: String,
    /// `student`, `author` or `moderator`.
    pub author_role: String,
    /// Plain text, to be shown as text.
    pub body: String,
    /// The message that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Uuid>,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<AtView>,
    /// When it was stored.
    pub created_at: DateTime<Utc>,
    /// 1, and one more with every edit.
    pub version: u32,
}

impl MessageView {
    /// The message as `viewer` sees it.
    pub fn of(message: Message, viewer: Uuid) -> Self {
        use actors::chat_room::port::Role;
        Self {
            id: message.id,
            seq: message.seq,
            client_id: message.client_id.filter(|_| message.author == viewer),
            author: message.author,
            author_name: message.author_name,
            author_role: match message.author_role {
                Role::Student => "student",
                Role::Author => "author",
                Role::Moderator => "moderator",
            }
            .to_owned(),
            body: message.body,
            reply_to: message.reply_to,
            at: message.at.map(|At { lesson, second }| AtView { lesson, second }),
            created_at: message.created_at,
            version: message.version,
        }
    }
}

/// A page of a room's history, in the order of the numbers.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessagePage {
    /// The messages.
    pub items: Vec<MessageView>,
    /// Whether there are more in the direction asked.
    pub has_more: bool,
}

/// Which part of the history; at most one of the three.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct HistoryQuery {
    /// The nearest below this number.
    pub before: Option<u64>,
    /// The nearest above this number.
    pub after: Option<u64>,
    /// Half below this number, half from it on.
    pub around: Option<u64>,
    /// 1 to 100; 50 when absent.
    pub limit: Option<u32>,
}

/// A message to send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// Chosen by the client, new for every message; the same one again stores nothing twice.
    pub client_id: String,
    /// 1 to 4000 characters of plain text.
    pub body: String,
    /// The message that it answers.
    pub reply_to: Option<Uuid>,
    /// What it is about.
    pub at: Option<AtView>,
}

/// A stored message.
#[derive(Debug, Serialize, ToSchema)]
pub struct Stored {
    /// Its id.
    pub msg: Uuid,
    /// Its number.
    pub seq: u64,
    /// The client's own id.
    pub client_id: String,
    /// When it was stored.
    pub created_at: DateTime<Utc>,
    /// Whether it had been stored by an earlier request.
    pub dup: bool,
}

impl From<Ack> for Stored {
    fn from(ack: Ack) -> Self {
        let Ack { client_id, msg, seq, created_at, dup } = ack;
        Self { msg, seq, client_id, created_at, dup }
    }
}

#[cfg(test)]
mod tests {
    use actors::chat_room::port::Role;

    use super::*;

    #[test]
    fn a_message_looks_the_same_over_http_and_on_the_socket() {
        let message = Message {
            id: Uuid::from_u128(1),
            seq: 7,
            client_id: Some("c".into()),
            author: Uuid::from_u128(2),
            author_name: "Ann".into(),
            author_role: Role::Moderator,
            body: "x".into(),
            reply_to: None,
            at: Some(At { lesson: Uuid::from_u128(3), second: 73 }),
            created_at: "2026-11-20T15:00:00.123456Z".parse().unwrap(),
            version: 1,
        };
        let socket = serde_json::to_value(&message).unwrap();
        let http = serde_json::to_value(MessageView::of(message.clone(), message.author)).unwrap();
        assert_eq!(http, socket);
        assert!(MessageView::of(message, Uuid::nil()).client_id.is_none());
    }
}
