//! How often is too often, and what a session is worth. Pure.

use chrono::TimeDelta;
use kernel::Timestamp;
use media::hls::MediaPath;

use crate::platform::http::{Code, Problem, Rule};
use crate::video::model::PlaybackSession;

/// Grants of one person, or of one network for strangers.
pub(super) const GRANTS: Rule = Rule::new("playback_grant", 30, 60);
/// Keys of one person, in all their sessions: a player needs each key once or twice, and seeks about.
const KEYS: Rule = Rule::new("media_key", 60, 60);
/// Segments of one person, in all their sessions: four times real time in picture and sound (2 a
/// second), and the rush at the start, after a seek or a change of quality (a minute is 30 of them).
const SEGMENTS: Rule = Rule::new("media_segment", 120, 60).burst(120);
/// The same for a network, when nobody is signed in: a class may sit behind one address, and what
/// strangers may watch is open to everybody anyway.
const NETWORK_KEYS: Rule = Rule::new("media_key_network", 240, 60);
const NETWORK_SEGMENTS: Rule = Rule::new("media_segment_network", 480, 60);
/// Playlists, initialisation segments and posters of one session.
pub(super) const PLAYLISTS: Rule = Rule::new("media_playlist", 240, 60);

/// Who is counted, and by which rule, when a session asks for `path`. Keys and segments are counted by
/// person and not by session: a new session costs nothing. `network` is asked for strangers only.
pub(super) fn counted(
    session: &PlaybackSession,
    path: &MediaPath,
    network: impl FnOnce() -> String,
) -> (&'static Rule, String) {
    match (path, session.user_id) {
        (MediaPath::Key(_), Some(user)) => (&KEYS, user.to_string()),
        (MediaPath::Key(_), None) => (&NETWORK_KEYS, network()),
        (MediaPath::Segment(..), Some(user)) => (&SEGMENTS, user.to_string()),
        (MediaPath::Segment(..), None) => (&NETWORK_SEGMENTS, network()),
        _ => (&PLAYLISTS, session.id.to_string()),
    }
}

/// The longest that a preview is renewed, in minutes: then the player asks for it anew, and whether
/// it is still open is decided anew.
const PREVIEW_MINUTES: i64 = 60;

/// Whether the session may be renewed.
///
/// # Errors
/// Those of [`check`]; `playback_ended` for an old preview.
pub(super) fn check_renewal(session: &PlaybackSession, now: Timestamp) -> Result<(), Problem> {
    check(session, now)?;
    if session.preview && now - session.created_at > TimeDelta::minutes(PREVIEW_MINUTES) {
        return Err(Problem::new(Code::PlaybackEnded).detail("Ask for the preview anew."));
    }
    Ok(())
}

/// Why a session ended.
pub(in crate::video) mod reason {
    /// The player closed it.
    pub const CLOSED: &str = "closed";
    /// The sign-in ended.
    pub const SIGNED_OUT: &str = "signed_out";
    /// The person was banned or suspended.
    pub const BLOCKED: &str = "blocked";
    /// Enrollment or payment ended, or a preview is not open to everybody any more.
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

    fn session(user: Option<u128>, preview: bool) -> PlaybackSession {
        let now: Timestamp = "2026-11-20T15:00:00Z".parse().unwrap();
        PlaybackSession {
            id: uuid::Uuid::now_v7(),
            video_id: uuid::Uuid::now_v7(),
            lesson_id: None,
            user_id: user.map(uuid::Uuid::from_u128),
            sign_in_id: None,
            preview,
            growing: false,
            position_s: None,
            created_at: now,
            seen_at: now,
            expires_at: now + TimeDelta::days(1),
            ended_at: None,
            end_reason: None,
        }
    }

    /// MED-12: a new session is no new budget.
    #[test]
    fn keys_and_segments_are_counted_by_person_and_strangers_by_network() {
        let network = || "192.0.2.1".to_owned();
        for path in [MediaPath::Key(0), MediaPath::Segment("360p".into(), 0)] {
            let of = |user| counted(&session(user, true), &path, network);
            assert_eq!(of(Some(7)), of(Some(7)));
            assert_ne!(of(Some(7)), of(Some(8)));
            assert_eq!(of(None).1, "192.0.2.1");
            assert!(of(None).0.count > of(Some(7)).0.count);
        }
    }

    /// MED-13
    #[test]
    fn an_old_preview_is_asked_for_anew_and_a_lesson_goes_on() {
        let (preview, lesson) = (session(None, true), session(Some(7), false));
        let at = |minutes| preview.created_at + TimeDelta::minutes(minutes);
        assert!(check_renewal(&preview, at(60)).is_ok());
        assert_eq!(check_renewal(&preview, at(61)).unwrap_err().code(), Code::PlaybackEnded);
        assert!(check_renewal(&lesson, at(600)).is_ok());
    }

    /// MED-12
    #[test]
    fn the_newest_streams_stay() {
        assert_eq!(to_end(&[3, 2, 1], 2), [2, 1]);
        assert_eq!(to_end(&[3], 2), [0; 0]);
        assert_eq!(to_end(&[3, 2], 1), [3, 2]);
        assert_eq!(to_end(&[3, 2], 0), [3, 2]);
    }
}
