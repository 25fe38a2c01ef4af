//! Rows of files in chats.

use diesel::prelude::*;
use kernel::Timestamp;
use uuid::Uuid;

use super::schema::chat_files;
use crate::platform::text_enum;

text_enum! {
    /// How a file is shown.
    pub enum FileKind {
        /// A picture that we made.
        Image = "image",
        /// Everything else: something to download.
        File = "file",
    }
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = chat_files, check_for_backend(diesel::pg::Pg))]
pub struct FileRow {
    pub id: Uuid,
    pub owner_id: Uuid,
    pub upload_id: Uuid,
    pub room_id: Option<Uuid>,
    pub message_id: Option<Uuid>,
    pub name: String,
    pub size: i64,
    pub content_type: String,
    pub kind: FileKind,
    pub width: Option<i32>,
    pub height: Option<i32>,
    pub object_key: String,
    pub thumb_key: Option<String>,
    pub created_at: Timestamp,
}
