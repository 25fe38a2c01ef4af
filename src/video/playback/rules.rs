//! How often is too often, and what a session is worth. Pure.

use kernel::Timestamp;

use crate::platform::http::{Code, Problem, Rule};
use crate::video::model::PlaybackSession;

/// Grants of one person, or of one network for strangers.
pub(super) const GRANTS: Rule = Rule::new("playback_grant", 30, 60);
/// Keys of one session: a player needs each key once or twice, and seeks about.
pub(super) const KEYS: Rule = Rule::new("media_key", 60, 60);
/// Segments of one session: four times real time in picture and sound (2 a second), and the rush at
/// the start or after a seek.
pub(super) const SEGMENTS: Rule = Rule::new("media_segment", 120, 60).burst(240);
/// Playlists, initialisation segments and posters of one session.
pub(super) const PLAYLISTS: Rule = Rule::new("media_playlist", 240, 60);

/// Why a session ended.
pub(in crate::video) mod reason {
    /// The player closed it.
    pub const CLOSED: &str = "closed";
    /// The sign-in ended.
    pub const SIGNED_OUT: &str = "signed_out";
    /// The person was banned or suspended.
    pub const BLOCKED: &str = "blocked";
    /// Enrollment or payment ended.
    pub const ACCESS_LOST: &str = "access_lost";
    /// The video was taken off.
    pub const REMOVED: &str = "removed";
    /// Too many streams: a newer one took its place.
    pub const TOO_MANY: &str = "too_many";
}

/// Whether the session may go on.
///
/// # Errors
/// `playback_ended`, `playback_replaced`.
pub(super) fn check(session: &PlaybackSession, now: Timestamp) -> Result<(), Problem> {
    match session.end_reason.as_deref() {
        Some(reason::TOO_MANY) => Err(Problem::new(Code::PlaybackReplaced)),
        Some(_) => Err(Problem::new(Code::PlaybackEnded)),
        None if session.expires_at <= now => {
            Err(Problem::new(Code::PlaybackEnded)
                .detail("The player was not heard of for too long."))
        }
        None => Ok(()),
    }
}

/// How many of a person's live sessions must go, newest kept, before one more begins.
pub(super) fn to_end<T: Copy>(newest_first: &[T], most: u32) -> Vec<T> {
    let keep = usize::try_from(most.max(1) - 1).unwrap_or(usize::MAX);
    newest_first.iter().skip(keep).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MED-12
    #[test]
    fn the_newest_streams_stay() {
        assert_eq!(to_end(&[3, 2, 1], 2), [2, 1]);
        assert_eq!(to_end(&[3], 2), [0; 0]);
        assert_eq!(to_end(&[3, 2], 1), [3, 2]);
        assert_eq!(to_end(&[3, 2], 0), [3, 2]);
    }
}
