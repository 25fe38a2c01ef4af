//! How often is too often, and what a session is worth. Pure.

use chrono::TimeDelta;
use kernel::Timestamp;
use media::hls::MediaPath;
use uuid::Uuid;

use crate::platform::http::{Code, Problem, Rule};
use crate::video::model::PlaybackSession;
use crate::video::store::sessions::LiveSession;

/// Grants of one person, or of one network for strangers.
pub(super) const GRANTS: Rule = Rule::new("playback_grant", 30, 60);
/// Heartbeats of one session: players send one a minute, and more where tokens live for seconds.
pub(super) const BEATS: Rule = Rule::new("playback_beat", 60, 60);
/// Keys of one person, in all their sessions: a player needs each key once or twice, and seeks about.
const KEYS: Rule = Rule::new("media_key", 60, 60);
/// Segments of one person, in all their sessions: four times real time in picture and sound (2 a
/// second), and the rush at the start, after a seek or a change of quality (a minute is 30 of them).
const SEGMENTS: Rule = Rule::new("media_segment", 120, 60).burst(120);
/// The same for a network, when nobody is signed in: a class may sit behind one address, and what
/// strangers may watch is open to everybody anyway.
const NETWORK_KEYS: Rule = Rule::new("media_key_network", 240, 60);
const NETWORK_SEGMENTS: Rule = Rule::new("media_segment_network", 480, 60);
/// Segments that a session which is warmed may fetch before it counts as watched: the first ones of
/// sound and picture.
pub(super) const WARM: Rule = Rule::new("media_warm", 12, 3600);
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
    /// Its topic opens later now.
    pub const TOPIC_CLOSED: &str = "topic_closed";
    /// Too many streams: a newer one took its place.
    pub const TOO_MANY: &str = "too_many";
}

/// What players are told of a session that ended for `reason`.
pub(super) fn told(reason: &'static str) -> &'static str {
    if reason == reason::TOO_MANY { REPLACED } else { reason }
}

/// What players are told instead of [`reason::TOO_MANY`]: theirs has not been one too many, it made room.
const REPLACED: &str = "replaced";

/// Why nothing more comes of a session that ended for `reason`, in the words of the database or of players.
pub(super) fn over(reason: &str) -> Problem {
    Problem::new(match reason {
        reason::TOO_MANY | REPLACED => Code::PlaybackReplaced,
        _ => Code::PlaybackEnded,
    })
}

/// Whether the session may go on.
///
/// # Errors
/// `playback_ended`, `playback_replaced`.
pub(super) fn check(session: &PlaybackSession, now: Timestamp) -> Result<(), Problem> {
    match session.end_reason.as_deref() {
        Some(reason) => Err(over(reason)),
        None if session.expires_at <= now => {
            Err(Problem::new(Code::PlaybackEnded)
                .detail("The player was not heard of for too long."))
        }
        None => Ok(()),
    }
}

/// What must go before one more session begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Leaving {
    /// One stream too many: the newest stay.
    pub too_many: Vec<Uuid>,
    /// Was warmed to take the same place, and was never watched.
    pub unused: Vec<Uuid>,
}

/// What of a person's live sessions (newest first) must go before one more begins that takes the place
/// of `replaces`. A session and the one that is warmed to take its place are one stream.
pub(super) fn leaving(live: &[LiveSession], replaces: Option<Uuid>, most: u32) -> Leaving {
    let mut streams: Vec<(Uuid, Vec<Uuid>)> = Vec::new();
    for session in live {
        let root = root_of(live, session.id);
        match streams.iter_mut().find(|(of, _)| *of == root) {
            Some((_, members)) => members.push(session.id),
            None => streams.push((root, vec![session.id])),
        }
    }
    let own = replaces.map(|id| root_of(live, id));
    let others = streams.iter().filter(|(root, _)| Some(*root) != own);
    let keep = usize::try_from(most.max(1) - 1).unwrap_or(usize::MAX);
    let too_many = others.skip(keep).flat_map(|(_, members)| members.iter().copied()).collect();
    let same_place = |session: &&LiveSession| replaces.is_some() && session.replaces == replaces;
    let unused = live.iter().filter(same_place).map(|session| session.id).collect();
    Leaving { too_many, unused }
}

/// The session at whose place the chain of `id` began, of those that live.
fn root_of(live: &[LiveSession], id: Uuid) -> Uuid {
    let mut root = id;
    // No chain is longer than the list; a circle cannot be, and would end.
    for _ in live {
        let before = live.iter().find(|session| session.id == root).and_then(|s| s.replaces);
        match before.filter(|before| live.iter().any(|session| session.id == *before)) {
            Some(before) => root = before,
            None => break,
        }
    }
    root
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn session(user: Option<u128>, preview: bool) -> PlaybackSession {
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
            replaces: None,
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
        let gone = |ids: &[u128], most| {
            let live: Vec<LiveSession> = ids.iter().map(|id| live(*id, None)).collect();
            let gone = leaving(&live, None, most);
            assert!(gone.unused.is_empty());
            gone.too_many.iter().map(Uuid::as_u128).collect::<Vec<_>>()
        };
        assert_eq!(gone(&[3, 2, 1], 2), [2, 1]);
        assert_eq!(gone(&[3], 2), [0; 0]);
        assert_eq!(gone(&[3, 2], 1), [3, 2]);
        assert_eq!(gone(&[3, 2], 0), [3, 2]);
    }

    fn live(id: u128, replaces: Option<u128>) -> LiveSession {
        let replaces = replaces.map(Uuid::from_u128);
        LiveSession { id: Uuid::from_u128(id), replaces, sign_in: None }
    }

    /// MED-12: the next lesson is no second stream.
    #[test]
    fn what_is_warmed_shares_the_place_of_what_is_watched() {
        let ids = |ids: &[u128]| ids.iter().map(|id| Uuid::from_u128(*id)).collect::<Vec<_>>();
        let of = |n: u128| Some(Uuid::from_u128(n));
        // 1 is watched here and 2 elsewhere; 3 is warmed for the place of 1.
        assert_eq!(leaving(&[live(2, None), live(1, None)], of(1), 2), Leaving::default());
        let three = [live(3, Some(1)), live(2, None), live(1, None)];
        // Another lesson is warmed instead.
        let gone = leaving(&three, of(1), 2);
        assert_eq!((gone.too_many, gone.unused), (ids(&[]), ids(&[3])));
        // A third place ends the oldest stream, what was warmed for it included.
        let gone = leaving(&three, None, 2);
        assert_eq!(gone.too_many, ids(&[2]));
        let gone = leaving(&[live(4, None), live(3, Some(1)), live(1, None)], None, 2);
        assert_eq!(gone.too_many, ids(&[3, 1]));
        // What it was to replace has ended meanwhile.
        let gone = leaving(&[live(3, Some(1)), live(2, None)], None, 2);
        assert_eq!(gone.too_many, ids(&[2]));
    }
}
