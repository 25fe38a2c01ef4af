//! HTTP Live Streaming: playlists, the paths under a playback token, and segment encryption.

pub mod crypt;
mod path;
mod playlist;
pub mod subtitles;
pub mod validate;

pub use path::MediaPath;
pub use playlist::{AudioTrack, Bitrate, MasterPlaylist, MediaPlaylist, Segment, VideoTrack};
