//! Playback: who may watch which video for how long, and the media paths that the token opens.
//! Tables: `playback_sessions`, and
//! `playback_reports` with `video_retention` for what players tell of it.
//!
//! Invariants: nothing of a video is served without a live session, which ends at once on the node
//! that ends it and on those that its word reaches; elsewhere keys stop within a second of the end,
//! everything else within [`sessions::CACHE`]; no token is written anywhere.

mod catalogue;
mod grant;
mod hot;
mod pieces;
mod reports;
mod routes;
mod rules;
mod sessions;
mod viewing;

pub(super) use catalogue::{Catalogue, ENOUGH as ENOUGH_SEGMENTS};
pub(super) use grant::tell_removed;
pub use grant::{
    CaptionsTrack, Ended, Grant, Playback, Storyboard, Viewer, end_playback, grant_playback,
};
pub(super) use hot::Hot;
pub(super) use reports::*;
pub(super) use routes::*;
pub(super) use rules::reason;
pub use sessions::may_hear_playback;
pub(super) use sessions::{Sessions, hear_ends, listen, purge};
