//! Facts that this context publishes.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::platform::events::Event;

/// The first rendition can be watched; the others follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoWatchable {
    /// Which video.
    pub video_id: Uuid,
    /// Whose.
    pub owner_id: Uuid,
    /// Its length in milliseconds, if the source says.
    pub duration_ms: Option<i64>,
}

impl Event for VideoWatchable {
    const KIND: &'static str = "video.watchable";
}

/// Every rendition is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoProcessed {
    /// Which video.
    pub video_id: Uuid,
    /// Whose.
    pub owner_id: Uuid,
    /// Its length in milliseconds.
    pub duration_ms: i64,
}

impl Event for VideoProcessed {
    const KIND: &'static str = "video.processed";
}

/// The video could not be made, or its author stopped the work (`cancelled`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoFailed {
    /// Which video.
    pub video_id: Uuid,
    /// Whose.
    pub owner_id: Uuid,
    /// The stable code.
    pub code: String,
}

impl Event for VideoFailed {
    const KIND: &'static str = "video.failed";
}
