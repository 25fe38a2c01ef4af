//! What of a video was really played: a union of half-open intervals in milliseconds. Pure.
//!
//! Coverage counts each moment once, however often it was played; a jump to the end covers the end
//! alone. A report cannot claim more *new* moments than time went by since the last one allows.

/// Share of the video, per cent, from which on it counts as watched (LRN-01, MED-20).
pub const WATCHED_PERCENT: i64 = 90;
/// Gaps up to this long are taken for inaccuracy of the player and closed, milliseconds.
const JOIN_GAP_MS: i32 = 1_000;
/// The same once there are too many pieces.
const COARSE_GAP_MS: i32 = 3_000;
/// Pieces kept before the coarse gap applies.
const MAX_PIECES: usize = 500;
/// The fastest playback is 2×, and clocks differ by a tenth.
const MAX_RATE_TENTHS: i64 = 22;
/// Longest time between two reports that counts: players report several times a minute, and whoever
/// was away for a day has not watched for a day.
const MAX_ELAPSED_MS: i64 = 120_000;
/// Allowed beyond what the rate explains, milliseconds.
const SLACK_MS: i64 = 2_000;

/// Sorted, disjoint, non-empty intervals of played time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watched(Vec<(i32, i32)>);

impl Watched {
    /// The union of `claims` cut to `[0, duration_ms)`; reversed and empty claims are dropped.
    /// No gap is closed here.
    pub fn from_claims(claims: impl IntoIterator<Item = (i32, i32)>, duration_ms: i32) -> Self {
        let mut pieces: Vec<(i32, i32)> = claims
            .into_iter()
            .map(|(from, to)| (from.max(0), to.min(duration_ms)))
            .filter(|(from, to)| from < to)
            .collect();
        pieces.sort_unstable();
        Self(join(&pieces, 0))
    }

    /// What the database holds: `[from, to, from, to, …]`.
    pub fn from_flat(flat: &[i32], duration_ms: i32) -> Self {
        let pairs = flat.chunks_exact(2).filter_map(|pair| match pair {
            [from, to] => Some((*from, *to)),
            _ => None,
        });
        Self::from_claims(pairs, duration_ms)
    }

    /// For the database.
    pub fn to_flat(&self) -> Vec<i32> {
        self.0.iter().flat_map(|(from, to)| [*from, *to]).collect()
    }

    /// The union of both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut pieces: Vec<_> = self.0.iter().chain(&other.0).copied().collect();
        pieces.sort_unstable();
        Self(join(&pieces, 0))
    }

    /// The pieces, in order.
    pub fn pieces(&self) -> &[(i32, i32)] {
        &self.0
    }

    /// Played time without doubles, milliseconds.
    pub fn total_ms(&self) -> i64 {
        self.0.iter().map(|(from, to)| i64::from(*to) - i64::from(*from)).sum()
    }

    /// What of `self` is not in `other`.
    fn without(&self, other: &Self) -> Vec<(i32, i32)> {
        let mut new = Vec::new();
        for (from, to) in &self.0 {
            let mut at = *from;
            // Only those that meet the piece: a report of many against many known costs little.
            let first = other.0.partition_point(|(_, known_to)| *known_to <= at);
            let meeting = other.0.iter().skip(first).take_while(|(known, _)| *known < *to);
            for (known_from, known_to) in meeting {
                if *known_from > at {
                    new.push((at, *known_from));
                }
                at = at.max(*known_to);
            }
            if at < *to {
                new.push((at, *to));
            }
        }
        new
    }

    /// Closes gaps too small to mean anything, so that the list stays short.
    #[must_use]
    fn tidied(self) -> Self {
        let fine = join(&self.0, JOIN_GAP_MS);
        Self(if fine.len() > MAX_PIECES { join(&fine, COARSE_GAP_MS) } else { fine })
    }
}

/// How much new time a report may claim when the last sign of the learner came `elapsed_ms` ago.
pub fn budget_ms(elapsed_ms: i64) -> i64 {
    elapsed_ms.clamp(0, MAX_ELAPSED_MS) * MAX_RATE_TENTHS / 10 + SLACK_MS
}

/// `known` with the part of `claimed` that `budget_ms` of new time allows, the earliest first. What
/// is known already costs nothing, so a report sent twice loses nothing and gains nothing.
pub fn credit(known: &Watched, claimed: &Watched, budget_ms: i64) -> Watched {
    let mut left = budget_ms;
    let mut granted = Vec::new();
    for (from, to) in claimed.without(known) {
        let length = i64::from(to) - i64::from(from);
        let granted_length = i32::try_from(length.min(left)).unwrap_or(0);
        if granted_length <= 0 {
            break;
        }
        granted.push((from, from + granted_length));
        left -= i64::from(granted_length);
    }
    known.union(&Watched(granted)).tidied()
}

/// Share watched in whole per cent, rounded down; 0 for a video without length.
pub fn percent(watched: &Watched, duration_ms: i32) -> u8 {
    if duration_ms <= 0 {
        return 0;
    }
    let share = watched.total_ms() * 100 / i64::from(duration_ms);
    u8::try_from(share.clamp(0, 100)).unwrap_or(100)
}

/// Whether enough was watched for the lesson to count.
pub fn is_watched(watched: &Watched, duration_ms: i32) -> bool {
    duration_ms > 0 && watched.total_ms() * 100 >= i64::from(duration_ms) * WATCHED_PERCENT
}

/// Joins sorted pieces that overlap, touch or lie within `gap` of each other.
fn join(sorted: &[(i32, i32)], gap: i32) -> Vec<(i32, i32)> {
    let mut joined: Vec<(i32, i32)> = Vec::with_capacity(sorted.len());
    for (from, to) in sorted {
        match joined.last_mut() {
            Some((_, end)) if *from <= end.saturating_add(gap) => *end = (*end).max(*to),
            _ => joined.push((*from, *to)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const S: i32 = 1_000;

    fn watched(claims: &[(i32, i32)], duration_s: i32) -> Watched {
        Watched::from_claims(claims.iter().map(|(from, to)| (from * S, to * S)), duration_s * S)
    }

    /// LRN-01
    #[test]
    fn coverage_is_the_union_of_what_was_played_and_not_the_furthest_point() {
        for (claims, union, tenths, done) in [
            (vec![(0, 300), (250, 400), (500, 560)], vec![(0, 400), (500, 560)], 766, false),
            (vec![(0, 60); 10], vec![(0, 60)], 100, false),
            (vec![(0, 545)], vec![(0, 545)], 908, true),
            (vec![(540, 600)], vec![(540, 600)], 100, false),
            (vec![(10, 5), (-5, 20), (590, 700)], vec![(0, 20), (590, 600)], 50, false),
        ] {
            let played = watched(&claims, 600);
            assert_eq!(played, watched(&union, 600), "{claims:?}");
            assert_eq!(played.total_ms() * 1000 / 600_000, tenths, "{claims:?}");
            assert_eq!(is_watched(&played, 600 * S), done, "{claims:?}");
        }
    }

    /// LRN-01
    #[test]
    fn ten_minutes_claimed_within_ten_seconds_count_as_twenty_four_seconds() {
        let claimed = watched(&[(0, 600)], 600);
        let credited = credit(&Watched::default(), &claimed, budget_ms(10_000));
        assert_eq!(credited, watched(&[(0, 24)], 600));
    }

    /// LRN-01
    #[test]
    fn a_day_of_silence_earns_no_more_than_two_minutes() {
        assert_eq!(budget_ms(120_000), 266_000);
        assert_eq!(budget_ms(86_400_000), 266_000);
        assert_eq!(budget_ms(-5), SLACK_MS);
    }

    #[test]
    fn a_report_sent_again_neither_gains_nor_loses() {
        let known = watched(&[(0, 100)], 600);
        assert_eq!(credit(&known, &watched(&[(0, 100)], 600), 0), known);
        let more = credit(&known, &watched(&[(50, 120)], 600), budget_ms(10_000));
        assert_eq!(more, watched(&[(0, 120)], 600));
    }

    #[test]
    fn small_gaps_close_and_the_list_stays_short() {
        let pieces: Vec<_> = (0..2_000).map(|n| (n * 3_500, n * 3_500 + 1_000)).collect();
        let many = credit(&Watched::default(), &Watched::from_claims(pieces, i32::MAX), i64::MAX);
        assert_eq!(many.0.len(), 1);
        let two = credit(
            &Watched::default(),
            &Watched::from_claims([(0, 500), (1_400, 2_000)], 9_000),
            60_000,
        );
        assert_eq!(two.0, [(0, 2_000)]);
    }

    #[test]
    fn a_video_without_length_is_never_watched() {
        assert_eq!(percent(&Watched::default(), 0), 0);
        assert!(!is_watched(&Watched::default(), 0));
    }

    fn claims() -> impl Strategy<Value = Vec<(i32, i32)>> {
        prop::collection::vec((any::<i32>(), any::<i32>()), 0..20)
    }

    fn near_claims() -> impl Strategy<Value = Vec<(i32, i32)>> {
        prop::collection::vec(
            (-5_000..100_000_i32, 0..20_000_i32).prop_map(|(from, len)| (from, from + len)),
            0..40,
        )
    }

    proptest! {
        #[test]
        fn union_is_idempotent_and_commutative(a in near_claims(), b in near_claims()) {
            let (a, b) = (Watched::from_claims(a, 90_000), Watched::from_claims(b, 90_000));
            prop_assert_eq!(a.union(&a), a.clone());
            prop_assert_eq!(a.union(&b), b.union(&a));
            prop_assert_eq!(a.union(&b).union(&b), a.union(&b));
        }

        #[test]
        fn nothing_counts_twice_or_beyond_the_duration(a in claims(), duration in 0..i32::MAX) {
            let played = Watched::from_claims(a, duration);
            prop_assert!(played.total_ms() <= i64::from(duration));
            prop_assert!(played.0.windows(2).all(|pair| pair[0].1 < pair[1].0));
            prop_assert!(percent(&played, duration) <= 100);
            prop_assert_eq!(Watched::from_flat(&played.to_flat(), duration), played);
        }

        #[test]
        fn every_second_is_counted_exactly_as_a_bitmap_counts_it(a in near_claims(), b in near_claims()) {
            let union = Watched::from_claims(a.clone(), 90_000).union(&Watched::from_claims(b.clone(), 90_000));
            let mut seen = vec![false; 90_000];
            for (from, to) in a.iter().chain(&b) {
                for moment in (*from).max(0)..(*to).min(90_000) {
                    seen[usize::try_from(moment).unwrap()] = true;
                }
            }
            prop_assert_eq!(union.total_ms(), seen.iter().filter(|s| **s).count() as i64);
        }

        #[test]
        fn a_report_never_takes_away_and_never_exceeds_its_budget(a in near_claims(), b in near_claims(), budget in 0..50_000_i64) {
            let known = Watched::from_claims(a, 90_000).tidied();
            let claimed = Watched::from_claims(b, 90_000);
            let credited = credit(&known, &claimed, budget);
            prop_assert!(known.without(&credited).is_empty());
            let gained = credited.total_ms() - known.total_ms();
            // Closing a gap may add up to a second for each piece granted.
            let closable = (claimed.0.len() as i64 + known.0.len() as i64) * i64::from(JOIN_GAP_MS);
            prop_assert!(gained <= budget + closable);
        }
    }
}
