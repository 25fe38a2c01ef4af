//! Video over real HTTP: uploads, transcoding in the real child, protected playback.

mod broken_off;
mod downloads;
mod playback;
mod support;
mod transcoding;
mod uploads;
