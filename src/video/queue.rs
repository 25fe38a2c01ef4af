//! In which order videos are worked on. Pure: the tags are worked out here, the store keeps them, and
//! whoever claims takes the least one.
//!
//! Each video has a tag: the moment at which it would be done if every author had a machine of their
//! own that makes one second of media in a second. So what is short comes first; of an author with
//! twenty videos, the second counts as done only after the first, and another author's single video
//! goes in between; and since tags begin with the moment of queueing, whoever waits long enough is
//! before everybody who comes later: nobody waits for ever.

use uuid::Uuid;

/// Bytes of a second of media, while nobody has looked into the file: 4 Mbit/s.
const BYTES_A_SECOND: i64 = 500_000;
/// No video is less work than this: starting a child and reading a file take their time too.
const LEAST_WORK_S: i64 = 5;
/// What an author had taken before holds a new video of theirs up by no more than this, in seconds:
/// using a machine that was free is no debt.
const CARRY_S: i64 = 3600;

/// A video that waits, as its author's others see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Waiting {
    /// Which.
    pub id: Uuid,
    /// Since when, in Unix seconds.
    pub queued_at: i64,
    /// Seconds of media.
    pub work_s: i32,
}

impl Waiting {
    /// When it would be done if its author had nothing else.
    fn alone(self) -> i64 {
        self.queued_at.saturating_add(i64::from(self.work_s))
    }
}

/// Seconds of media that the work on a file is expected to be about.
pub(super) fn expected_work_s(size: i64, duration_ms: Option<i64>, max_duration_s: i32) -> i32 {
    let seconds = duration_ms.map_or(size / BYTES_A_SECOND, |ms| ms / 1000);
    // More than its form allows is refused after a look.
    let most = i64::from(max_duration_s).max(LEAST_WORK_S);
    i32::try_from(seconds.clamp(LEAST_WORK_S, most)).unwrap_or(i32::MAX)
}

/// The tags of all waiting videos of one author at `now` (Unix seconds), of whose videos those up to
/// the tag `taken` were taken already. Short ones come first among themselves too.
pub(super) fn tags(taken: i64, waiting: &[Waiting], now: i64) -> Vec<(Uuid, i64)> {
    let mut waiting = waiting.to_vec();
    waiting.sort_by_key(|video| (video.alone(), video.id));
    let mut last = taken.min(now.saturating_add(CARRY_S));
    waiting
        .into_iter()
        .map(|video| {
            last = video.alone().max(last.saturating_add(i64::from(video.work_s)));
            (video.id, last)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn video(id: u128, queued_at: i64, work_s: i32) -> Waiting {
        Waiting { id: Uuid::from_u128(id), queued_at, work_s }
    }

    /// Who is taken in which order when authors' videos all wait at once.
    fn order(authors: &[Vec<Waiting>]) -> Vec<u128> {
        let mut all: Vec<(i64, Uuid)> =
            authors.iter().flat_map(|mine| tags(0, mine, 0)).map(|(id, tag)| (tag, id)).collect();
        all.sort_unstable();
        all.into_iter().map(|(_, id)| id.as_u128()).collect()
    }

    /// JOB-02
    #[test]
    fn short_videos_come_first_and_one_authors_many_do_not_hold_up_anothers_one() {
        assert_eq!(order(&[vec![video(1, 0, 3600)], vec![video(2, 0, 60)]]), [2, 1]);
        let twenty: Vec<Waiting> = (1..=20).map(|n| video(n, 0, 600)).collect();
        let place = |work| {
            let order = order(&[twenty.clone(), vec![video(99, 0, work)]]);
            order.iter().position(|id| *id == 99).unwrap()
        };
        assert_eq!((place(60), place(600), place(1800)), (0, 1, 3));
    }

    /// JOB-02
    #[test]
    fn what_was_taken_while_the_machine_was_free_is_no_debt_for_ever() {
        let day = 24 * 3600;
        let tag = |taken| tags(taken, &[video(1, 1000, 60)], 1000)[0].1;
        assert_eq!(tag(0), 1060);
        assert_eq!(tag(1500), 1560);
        assert_eq!(tag(30 * day), 1000 + CARRY_S + 60);
    }

    /// JOB-02
    #[test]
    fn work_is_told_from_the_length_or_guessed_from_the_size() {
        assert_eq!(expected_work_s(1, Some(90_000), 14_400), 90);
        assert_eq!(expected_work_s(50_000_000, None, 14_400), 100);
        assert_eq!(expected_work_s(50_000_000_000, None, 180), 180);
        assert_eq!(expected_work_s(1, None, 14_400), 5);
    }

    /// Videos of one author.
    fn waiting(most: usize) -> impl Strategy<Value = Vec<Waiting>> {
        let one = (0..100_000i64, 5..14_400i32);
        prop::collection::vec(one, 1..most).prop_map(|all| {
            let numbered = (1u128..).zip(all);
            numbered.map(|(id, (queued_at, work_s))| video(id, queued_at, work_s)).collect()
        })
    }

    proptest! {
        /// JOB-02: the share of an author passes one video at a time.
        #[test]
        fn tags_rise_by_at_least_the_work_and_begin_with_the_moment_of_queueing(
            mine in waiting(30), taken in 0..200_000i64,
        ) {
            let now = 100_000;
            let tagged = tags(taken, &mine, now);
            prop_assert_eq!(tagged.len(), mine.len());
            let of = |id: Uuid| *mine.iter().find(|video| video.id == id).unwrap();
            for pair in tagged.windows(2) {
                prop_assert!(pair[1].1 - pair[0].1 >= i64::from(of(pair[1].0).work_s));
            }
            for (id, tag) in tagged {
                prop_assert!(tag >= of(id).alone());
            }
        }

        /// JOB-02: nobody waits for ever: who comes after a video's tag is behind it, however short
        /// it is and whoever's it is.
        #[test]
        fn a_video_is_before_everything_that_is_queued_after_its_tag(
            mine in waiting(30), late_work in 5..14_400i32,
        ) {
            let tagged = tags(0, &mine, 100_000);
            for (_, tag) in tagged {
                let late = tags(0, &[video(7, tag, late_work)], tag);
                prop_assert!(late[0].1 > tag);
            }
        }

        /// JOB-02: an own video that comes later takes no other author's place.
        #[test]
        fn more_videos_of_an_author_never_bring_one_of_theirs_forward(
            mut mine in waiting(20),
        ) {
            let after = tags(0, &mine, 100_000);
            mine.pop();
            let before = tags(0, &mine, 100_000);
            for (id, tag) in before {
                let now = after.iter().find(|(other, _)| *other == id).unwrap().1;
                prop_assert!(now >= tag);
            }
        }
    }
}
