//! Rows of the context's tables.

use diesel::prelude::*;
use kernel::Timestamp;
use uuid::Uuid;

use super::schema::{
    files, playback_reports, playback_sessions, upload_parts, uploads, video_captions,
    video_details, video_keys, video_posters, video_renditions, video_runs, video_segments, videos,
};
use crate::platform::text_enum;

text_enum! {
    /// What a video is to whoever takes the lesson.
    pub enum VideoKind {
        /// Pictures, with sound or without.
        Video = "video",
        /// Sound alone, or beside a single picture.
        Listening = "listening",
    }
}

/// Where an upload stands.
pub(super) mod upload_state {
    /// Bytes are still missing, or the store has not confirmed the whole.
    pub const RECEIVING: &str = "receiving";
    /// The object is whole and of an accepted type.
    pub const COMPLETE: &str = "complete";
    /// Refused at completion, ended or expired; its bytes are gone or going.
    pub const REFUSED: &str = "refused";
    /// It has become a video or a file.
    pub const TAKEN: &str = "taken";
}

/// A resumable upload.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = uploads)]
pub struct Upload {
    pub id: Uuid,
    pub owner_id: Uuid,
    pub purpose: String,
    pub metadata: String,
    pub file_name: String,
    pub size: i64,
    pub received: i64,
    pub stored: i64,
    pub store_key: String,
    pub store_upload: Option<String>,
    pub state: String,
    pub content_type: Option<String>,
    pub active_content: bool,
    pub refusal: Option<String>,
    pub writer: Option<Uuid>,
    pub writer_until: Option<Timestamp>,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A part of an upload that the object store has.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = upload_parts)]
pub struct UploadPart {
    pub upload_id: Uuid,
    pub number: i32,
    pub etag: String,
    pub size: i64,
}

/// A video.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = videos)]
pub struct Video {
    pub id: Uuid,
    pub owner_id: Uuid,
    pub upload_id: Uuid,
    pub file_name: String,
    pub size: i64,
    pub state: String,
    pub generation: i32,
    pub attempts: i32,
    pub claimed_by: Option<Uuid>,
    pub lease_until: Option<Timestamp>,
    pub fence: i64,
    pub run_at: Option<Timestamp>,
    pub queued_at: Option<Timestamp>,
    pub watchable: bool,
    pub percent: f32,
    pub speed: Option<f32>,
    pub eta_seconds: Option<i32>,
    pub duration_ms: Option<i64>,
    pub width: Option<i32>,
    pub height: Option<i32>,
    pub probe: Option<serde_json::Value>,
    pub target_duration_s: Option<i32>,
    pub max_duration_s: i32,
    pub poster_key: Option<String>,
    pub error_code: Option<String>,
    pub error_detail: Option<String>,
    pub error_at_ms: Option<i64>,
    pub error_final: bool,
    pub published_at: Option<Timestamp>,
    pub removed_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// One rendition of a video.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = video_renditions)]
pub struct Rendition {
    pub video_id: Uuid,
    pub name: String,
    pub kind: String,
    pub position: i16,
    pub width: Option<i32>,
    pub height: Option<i32>,
    pub frame_rate_num: Option<i32>,
    pub frame_rate_den: Option<i32>,
    pub channels: Option<i16>,
    pub codecs: Option<String>,
    pub init_key: Option<String>,
    pub init_bytes: Option<i64>,
    pub percent: f32,
    pub complete: bool,
    pub listed: bool,
}

/// What surrounds a video; its JSON is that of `details`.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = video_details, check_for_backend(diesel::pg::Pg))]
pub struct DetailsRow {
    pub video_id: Uuid,
    pub kind: VideoKind,
    pub screen: bool,
    pub chapters: serde_json::Value,
    pub chapters_by_author: bool,
    pub loudness: Option<serde_json::Value>,
    pub skipped: serde_json::Value,
    pub storyboard: Option<serde_json::Value>,
    pub sheets: i16,
    pub poster_chosen: Option<i16>,
}

/// A still picture that the author may choose.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = video_posters)]
pub struct PosterRow {
    pub video_id: Uuid,
    pub index: i16,
    pub at_ms: i64,
    pub store_key: String,
}

/// Captions in one language, without their text.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = video_captions)]
pub struct CaptionsRow {
    pub language: String,
    pub label: String,
    pub cues: i32,
    pub size: i32,
    pub updated_at: Timestamp,
}

/// What a player has said of one viewing, in all.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = playback_reports)]
pub struct ReportRow {
    pub session: Uuid,
    pub video_id: Uuid,
    pub user_id: Option<Uuid>,
    pub start_ms: Option<i32>,
    pub stalls: i32,
    pub stall_ms: i64,
    pub rungs: serde_json::Value,
    pub watched: Vec<i32>,
    pub watched_ms: i64,
    pub errors: serde_json::Value,
    pub updated_at: Timestamp,
}

/// One encrypted segment of a rendition.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = video_segments)]
pub struct Segment {
    pub video_id: Uuid,
    pub rendition: String,
    pub seq: i32,
    pub duration_us: i64,
    pub bytes: i64,
    pub store_key: String,
    pub key_epoch: i32,
    pub iv: Vec<u8>,
}

/// A sealed segment key.
#[derive(Debug, Clone, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = video_keys)]
pub struct KeyRow {
    pub video_id: Uuid,
    pub generation: i32,
    pub epoch: i32,
    pub sealed: Vec<u8>,
}

/// One attempt at a video.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = video_runs)]
pub struct VideoRun {
    pub attempt: i32,
    pub worker: Uuid,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub outcome: Option<String>,
    pub error_code: Option<String>,
    pub error_detail: Option<String>,
    pub log: String,
    pub cpu_ms: Option<i64>,
    pub peak_kib: Option<i64>,
}

/// A playback under way or over.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = playback_sessions)]
pub struct PlaybackSession {
    pub id: Uuid,
    pub video_id: Uuid,
    pub lesson_id: Option<Uuid>,
    pub user_id: Option<Uuid>,
    pub sign_in_id: Option<Uuid>,
    pub preview: bool,
    pub growing: bool,
    pub position_s: Option<f32>,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub end_reason: Option<String>,
    pub replaces: Option<Uuid>,
}

/// A file for download.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = files)]
pub struct FileRow {
    pub id: Uuid,
    pub owner_id: Uuid,
    pub upload_id: Uuid,
    pub name: String,
    pub size: i64,
    pub content_type: String,
    pub active_content: bool,
    pub store_key: String,
    pub removed_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub downloadable: bool,
}
