//! Between rows and the values of the port. Pure.

use actors::chat_room::port::{At, ChatFile, Message, Role, Seq, State};

use crate::messaging::files::model::FileRow;
use crate::messaging::model::{MessageRow, MessageState};

/// The word for a role in the table.
pub const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Student => "student",
        Role::Author => "author",
        Role::Moderator => "moderator",
    }
}

/// The role of a word in the table.
pub fn role_of(name: &str) -> Role {
    match name {
        "author" => Role::Author,
        "moderator" => Role::Moderator,
        _ => Role::Student,
    }
}

/// What has become of a message.
pub const fn state(state: MessageState) -> State {
    match state {
        MessageState::Shown => State::Shown,
        MessageState::Held => State::Held,
        MessageState::Deleted => State::Deleted,
        MessageState::Refused => State::Refused,
    }
}

/// A row as the socket and HTTP show it; reply, reactions and files come from other rows.
pub fn message(row: &MessageRow, author_name: String) -> Message {
    let second = row.at_second.and_then(|second| u32::try_from(second).ok());
    let mut m = Message {
        id: row.id,
        seq: unsigned(row.seq),
        client_id: Some(row.client_id.clone()),
        author: row.author_id,
        author_name,
        author_role: role_of(&row.author_role),
        body: row.body.clone(),
        reply_to: row.reply_to,
        reply: None,
        at: row.at_lesson.zip(second).map(|(lesson, second)| At { lesson, second }),
        created_at: row.created_at,
        version: version(row.version),
        state: state(row.state),
        edited_at: row.edited_at,
        reactions: Vec::new(),
        files: Vec::new(),
        mentions: row.mentions.clone(),
    };
    if m.state == State::Deleted {
        m.wipe();
    }
    m
}

/// A file as the socket and HTTP show it.
pub fn file(row: &FileRow) -> ChatFile {
    let pixels = |n: Option<i32>| n.and_then(|n| u32::try_from(n).ok());
    ChatFile {
        id: row.id,
        name: row.name.clone(),
        size: u64::try_from(row.size).unwrap_or(0),
        content_type: row.content_type.clone(),
        kind: row.kind.as_str().to_owned(),
        width: pixels(row.width),
        height: pixels(row.height),
    }
}

/// Versions are positive by the table's check.
pub fn version(version: i32) -> u32 {
    u32::try_from(version).unwrap_or(1)
}

/// Numbers are positive by the tables' checks.
pub fn unsigned(seq: i64) -> Seq {
    Seq::try_from(seq).unwrap_or(0)
}

/// A number as the tables have it.
pub fn signed(seq: Seq) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
