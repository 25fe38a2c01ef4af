//! JSON in and out of files in chats.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::model::FileKind;

/// A finished upload, made with the purpose `chat_file`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewChatFile {
    /// The upload.
    pub upload_id: Uuid,
}

/// A file, ready to be named in a message.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadyFile {
    /// Its id, for `files` of a message.
    pub id: Uuid,
    /// The name under which it is shown and saved; by what it is, whatever it was called.
    pub name: String,
    /// Bytes.
    pub size: i64,
    /// What it was found to be.
    pub content_type: String,
    /// `image` or `file`.
    pub kind: FileKind,
    /// Pixels, of an image.
    pub width: Option<i32>,
    /// Pixels, of an image.
    pub height: Option<i32>,
    /// Where its bytes are.
    #[serde(flatten)]
    pub link: FileLink,
}

/// Where the bytes of a file are, for whom asked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatFileLink)]
pub struct FileLink {
    /// The picture as it is shown, or the file as an attachment.
    pub url: String,
    /// The small picture, of an image.
    pub thumb_url: Option<String>,
    /// When both stop working; ask again then.
    pub expires_at: DateTime<Utc>,
}
