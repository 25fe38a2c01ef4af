//! Where the context's objects lie in the store. Keys are made of our own ids and names alone; the
//! store is private, so they need not be guessed, and nobody outside ever sees one.

use uuid::Uuid;

/// The bytes as they were uploaded. No URL leads here.
pub(super) fn original(upload: Uuid) -> String {
    format!("originals/{}", upload.simple())
}

/// Everything made of a video.
pub(super) fn video_prefix(video: Uuid) -> String {
    format!("videos/{}", video.simple())
}

/// Everything that one run of the encoder made.
pub(super) fn generation_prefix(video: Uuid, generation: i32) -> String {
    format!("{}/{generation}", video_prefix(video))
}

/// One of its files.
pub(super) fn made(video: Uuid, generation: i32, file: &str) -> String {
    format!("{}/{file}", generation_prefix(video, generation))
}
