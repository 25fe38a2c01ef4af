//! Video over real HTTP: uploads, transcoding in the real child, protected playback.

mod around;
mod broken_off;
mod cdn;
mod difficult;
mod downloads;
mod finishing;
mod keys;
mod playback;
mod queue;
mod sessions;
mod store_away;
pub mod support;
mod transcoding;
mod uploads;
mod viewings;
