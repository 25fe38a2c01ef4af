//! Media: what turns an upload into protected video. Object storage ([`storage`]), reading files
//! ([`sniff`], [`probe`]), the ladder ([`ladder`]), playback tokens ([`token`]), HLS playlists
//! ([`hls`]) and the worker process that transcodes ([`worker`]). It knows no database and no
//! HTTP.

mod av;
mod av_log;
pub mod captions;
pub mod codecs;
pub mod demo;
mod film;
pub mod hls;
pub mod ladder;
pub mod mp4;
pub mod probe;
pub mod sniff;
pub mod storage;
pub mod token;
pub mod transcode;
pub mod worker;
