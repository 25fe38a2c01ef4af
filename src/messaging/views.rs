//! JSON in and out over HTTP. A message looks the same there and on the socket.

use actors::chat_room::Ack;
use actors::chat_room::port::{At, ChatFile, Message, Preview, Reaction, State, Viewer};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::log::rows::role_name;

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

/// The beginning of a message.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewView {
    /// The message.
    pub id: Uuid,
    /// Its number: `around` of a page of the history takes it.
    pub seq: u64,
    /// Its author.
    pub author: Uuid,
    /// Its author's name.
    pub author_name: String,
    /// At most 120 characters of its text.
    pub text: String,
}

/// One emoji under a message.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReactionView {
    /// The emoji.
    pub emoji: String,
    /// How many people.
    pub n: u32,
    /// Whether the caller is one of them.
    pub own: bool,
}

/// A file of a message. Its bytes are behind `/chat-files/{id}/link`.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileView {
    /// Its id.
    pub id: Uuid,
    /// Its name as the sender gave it.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// What it was found to be.
    pub content_type: String,
    /// `image` or `file`.
    pub kind: String,
    /// Pixels, of an image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Pixels, of an image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
}

/// A message in its present state. What is absent is: shown, never edited, no reactions, no files, no
/// mentions.
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
    /// Plain text with light marks, to be shown as text.
    pub body: String,
    /// The message that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Uuid>,
    /// The beginning of the message that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<PreviewView>,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<AtView>,
    /// When it was stored.
    pub created_at: DateTime<Utc>,
    /// 1, and one more with every edit.
    pub version: u32,
    /// `held` (waits for a moderator), `deleted` or `refused`; absent when shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// When its text was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<DateTime<Utc>>,
    /// The reactions, the most used first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<ReactionView>,
    /// The files, in the order shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileView>,
    /// Whom it mentions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Uuid>,
}

impl MessageView {
    /// The message as `viewer` sees it, if at all.
    pub fn of(message: &Message, viewer: &Viewer) -> Option<Self> {
        let message = message.seen_by(viewer)?;
        let state = match message.state {
            State::Shown => None,
            State::Held => Some("held"),
            State::Deleted => Some("deleted"),
            State::Refused => Some("refused"),
        };
        Some(Self {
            id: message.id,
            seq: message.seq,
            client_id: message.client_id,
            author: message.author,
            author_name: message.author_name,
            author_role: role_name(message.author_role).to_owned(),
            body: message.body,
            reply_to: message.reply_to,
            reply: message.reply.map(|Preview { id, seq, author, author_name, text }| {
                PreviewView { id, seq, author, author_name, text }
            }),
            at: message.at.map(|At { lesson, second }| AtView { lesson, second }),
            created_at: message.created_at,
            version: message.version,
            state: state.map(str::to_owned),
            edited_at: message.edited_at,
            reactions: message
                .reactions
                .into_iter()
                .map(|Reaction { emoji, n, own, .. }| ReactionView { emoji, n, own })
                .collect(),
            files: message.files.into_iter().map(FileView::of).collect(),
            mentions: message.mentions,
        })
    }
}

impl FileView {
    fn of(file: ChatFile) -> Self {
        let ChatFile { id, name, size, content_type, kind, width, height } = file;
        Self { id, name, size, content_type, kind, width, height }
    }
}

/// A page of a room's history, in the order of the numbers.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessagePage {
    /// The messages.
    pub items: Vec<MessageView>,
    /// Whether there are more in the direction asked.
    pub has_more: bool,
    /// The newest entry of the room's log that the messages already show.
    pub head: u64,
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

/// Another text for an own message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Edited {
    /// 1 to 4000 characters of plain text.
    pub body: String,
    /// The version that the writer saw.
    pub version: u32,
    /// Whom it mentions, at most 20.
    #[serde(default)]
    pub mentions: Vec<Uuid>,
}

/// How a message is taken away.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Deletion {
    /// Why, 1 to 500 characters: needed for the message of somebody else, and kept in the audit log.
    pub reason: Option<String>,
}

/// A text that was replaced, or taken away.
#[derive(Debug, Serialize, ToSchema)]
pub struct Version {
    /// The version that it was.
    pub version: u32,
    /// The text.
    pub body: String,
    /// Who replaced it.
    pub replaced_by: Uuid,
    /// When.
    pub replaced_at: DateTime<Utc>,
}

/// What a message was before.
#[derive(Debug, Serialize, ToSchema)]
pub struct Versions {
    /// The oldest first; the present text is not among them.
    pub items: Vec<Version>,
}

/// What to search for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SearchQuery {
    /// Words; the last one as it begins.
    pub q: String,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// 1 to 100; 20 when absent.
    pub limit: Option<u32>,
}

/// What was found, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundPage {
    /// The messages.
    pub items: Vec<MessageView>,
    /// Whether there are more.
    pub has_more: bool,
    /// Where the next page begins; null on the last one.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

/// Which part of the log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LogQuery {
    /// The last number that the caller has; 0 for none.
    #[serde(default)]
    pub after: u64,
    /// Seconds to wait for the next entry when there is none, at most 25.
    pub wait: Option<u64>,
}

/// Entries of a room's log, as the socket tells them.
#[derive(Debug, Serialize, ToSchema)]
pub struct LogPage {
    /// Another one than before: the numbers begin anew, load the room again.
    pub epoch: String,
    /// The last number given.
    pub head: u64,
    /// Every entry after the number asked for, at most 300.
    #[schema(value_type = Vec<Object>)]
    pub items: Vec<serde_json::Value>,
    /// Whether there are more right now.
    pub more: bool,
}

/// How far somebody has come.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Marks {
    /// The newest entry that was on the screen.
    #[serde(default)]
    pub read: u64,
    /// The newest entry that arrived.
    #[serde(default)]
    pub delivered: u64,
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
    /// Files sent for it before, at most 10.
    #[serde(default)]
    pub files: Vec<Uuid>,
    /// Whom it mentions, at most 20.
    #[serde(default)]
    pub mentions: Vec<Uuid>,
}

impl NewMessage {
    /// Nothing but a text, perhaps about a moment of a lesson.
    pub fn plain(client_id: String, body: String, at: Option<AtView>) -> Self {
        Self { client_id, body, reply_to: None, at, files: Vec::new(), mentions: Vec::new() }
    }
}

/// A stored change.
#[derive(Debug, Serialize, ToSchema)]
pub struct Stored {
    /// The message that it is or is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub msg: Option<Uuid>,
    /// A message's number; of anything else that of its entry.
    pub seq: u64,
    /// The client's own id, of a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// When it was stored.
    pub created_at: DateTime<Utc>,
    /// Whether it was so already, by an earlier request.
    pub dup: bool,
    /// Whether it is a message that waits for a moderator.
    pub held: bool,
}

impl From<Ack> for Stored {
    fn from(ack: Ack) -> Self {
        let Ack { client_id, msg, seq, created_at, dup, held } = ack;
        Self { msg, seq, client_id, created_at, dup, held }
    }
}

#[cfg(test)]
mod tests {
    use actors::chat_room::port::Role;

    use super::*;

    #[test]
    fn a_message_looks_the_same_over_http_and_on_the_socket() {
        let viewer = |user| Viewer { user, moderates: false, blocked: None };
        let file = ChatFile {
            id: Uuid::from_u128(5),
            name: "a.png".into(),
            size: 7,
            content_type: "image/png".into(),
            kind: "image".into(),
            width: Some(3),
            height: Some(4),
        };
        let plain = Message {
            id: Uuid::from_u128(1),
            seq: 7,
            client_id: Some("c".into()),
            author: Uuid::from_u128(2),
            author_name: "Ann".into(),
            author_role: Role::Moderator,
            body: "x".into(),
            reply_to: None,
            reply: None,
            at: Some(At { lesson: Uuid::from_u128(3), second: 73 }),
            created_at: "2026-11-20T15:00:00.123456Z".parse().unwrap(),
            version: 1,
            state: State::Shown,
            edited_at: None,
            reactions: Vec::new(),
            files: Vec::new(),
            mentions: Vec::new(),
        };
        let rich = Message {
            reply_to: Some(Uuid::from_u128(4)),
            reply: Some(Preview {
                id: Uuid::from_u128(4),
                seq: 4,
                author: Uuid::from_u128(6),
                author_name: "Bob".into(),
                text: "y".into(),
            }),
            state: State::Held,
            edited_at: Some("2026-11-20T16:00:00Z".parse().unwrap()),
            reactions: vec![Reaction {
                emoji: "👍".into(),
                n: 1,
                own: false,
                users: vec![Uuid::from_u128(2)],
            }],
            files: vec![file],
            mentions: vec![Uuid::from_u128(6)],
            ..plain.clone()
        };
        for message in [plain.clone(), rich.clone()] {
            let own = viewer(message.author);
            let socket = serde_json::to_value(message.seen_by(&own).unwrap()).unwrap();
            let http = serde_json::to_value(MessageView::of(&message, &own).unwrap()).unwrap();
            assert_eq!(http, socket);
        }
        assert!(MessageView::of(&plain, &viewer(Uuid::nil())).unwrap().client_id.is_none());
        assert!(MessageView::of(&rich, &viewer(Uuid::nil())).is_none(), "it is held");
    }
}
