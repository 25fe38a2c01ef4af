//! Video over real HTTP: uploads, transcoding in the real child, protected playback.

mod playback;
mod support;
mod uploads;
