//! What a viewing comes to, out of the totals that a player tells of it again and again. Pure.
//!
//! A player may lie. Nothing is believed beyond the time that went by since the viewing began, and
//! what was told once is never taken back, so that reports may be lost, doubled and out of order.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use utoipa::ToSchema;

use crate::platform::http::{Checks, Code, Problem};
use crate::video::intervals::{Watched, credit};

/// Length of a bucket of retention, in milliseconds.
pub(super) const BUCKET_MS: i32 = 5_000;
/// Pieces in one report, at most.
const MAX_PIECES: usize = 500;
/// Names of rungs in one report, at most.
const MAX_RUNGS: usize = 32;
/// Codes kept of one viewing, at most.
const MAX_ERRORS: usize = 20;
/// Stalls that are counted in one viewing, at most.
const MAX_STALLS: i32 = 10_000;
/// The fastest playback is 2×, and clocks differ by a tenth.
const MAX_RATE_TENTHS: i64 = 22;
/// Allowed beyond what the rate explains, in milliseconds.
const SLACK_MS: i64 = 2_000;
/// Longest time that a report may name, in seconds.
const MAX_SECONDS: f64 = 1_000_000.0;

/// What a player tells of one viewing, in all since it began.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ViewingReport {
    /// From the wish to play to the first picture, in milliseconds.
    pub start_ms: Option<f64>,
    /// How often it stood still for want of data.
    pub stalls: u32,
    /// For how long in all, in milliseconds.
    pub stall_ms: f64,
    /// Seconds of playing by name of the rendition.
    pub rungs: BTreeMap<String, f64>,
    /// What was played, `[from, to]` in seconds, at most 500 pieces.
    pub watched: Vec<(f64, f64)>,
    /// Codes of what went wrong.
    pub errors: Vec<String>,
}

impl ViewingReport {
    /// Whether it can be a report at all.
    ///
    /// # Errors
    /// `invalid` with the fields at fault.
    pub(super) fn check(&self) -> Result<(), Problem> {
        let valid = |n: f64| n.is_finite() && (0.0..=MAX_SECONDS * 1000.0).contains(&n);
        let second = |n: f64| n.is_finite() && (0.0..=MAX_SECONDS).contains(&n);
        let mut checks = Checks::new();
        let number = "A number, 0 or more.";
        checks.ensure(self.start_ms.is_none_or(valid), "start_ms", Code::Invalid, number);
        checks.ensure(valid(self.stall_ms), "stall_ms", Code::Invalid, number);
        checks.ensure(self.rungs.values().all(|s| second(*s)), "rungs", Code::Invalid, number);
        let few = self.rungs.len() <= MAX_RUNGS;
        checks.ensure(few, "rungs", Code::TooLong, "At most 32 renditions fit one report.");
        let pieces = self.watched.iter().all(|(from, to)| second(*from) && second(*to));
        checks.ensure(pieces, "watched", Code::Invalid, "A piece is [from, to] in seconds.");
        let few = self.watched.len() <= MAX_PIECES;
        checks.ensure(few, "watched", Code::TooLong, "At most 500 pieces fit one report.");
        let few = self.errors.len() <= 10 * MAX_ERRORS;
        checks.ensure(few, "errors", Code::TooLong, "At most 200 codes fit one report.");
        checks.done()
    }
}

/// What is known of a viewing.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Viewing {
    /// From the wish to play to the first picture, in milliseconds.
    pub start_ms: Option<i32>,
    /// How often it stood still.
    pub stalls: i32,
    /// For how long in all, in milliseconds.
    pub stall_ms: i64,
    /// Seconds by rendition.
    pub rungs: BTreeMap<String, f64>,
    /// What was played.
    pub watched: Watched,
    /// Codes.
    pub errors: BTreeSet<String>,
}

/// What a report is held to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds<'a> {
    /// Milliseconds since the viewing began.
    pub elapsed_ms: i64,
    /// How long the video is, in milliseconds; the greatest number while nobody knows.
    pub duration_ms: i32,
    /// The renditions that there are.
    pub rungs: &'a [&'a str],
}

impl Bounds<'_> {
    /// Milliseconds of the video that can have been played.
    fn played_ms(&self) -> i64 {
        self.elapsed_ms.max(0).saturating_mul(MAX_RATE_TENTHS) / 10 + SLACK_MS
    }
}

#[expect(clippy::cast_possible_truncation, reason = "checked to be within a million seconds")]
fn whole(number: f64) -> i64 {
    number.round() as i64
}

fn clamp(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// `known` and what a report adds to it.
pub(super) fn merged(known: &Viewing, told: &ViewingReport, bounds: &Bounds<'_>) -> Viewing {
    let most = bounds.elapsed_ms.max(0).saturating_add(SLACK_MS);
    let claims = told
        .watched
        .iter()
        .map(|(from, to)| (clamp(whole(from * 1000.0)), clamp(whole(to * 1000.0))));
    let claimed = Watched::from_claims(claims, bounds.duration_ms);
    let left = bounds.played_ms().saturating_sub(known.watched.total_ms());
    let mut rungs = known.rungs.clone();
    for (name, seconds) in &told.rungs {
        if bounds.rungs.contains(&name.as_str()) {
            let known = rungs.entry(name.clone()).or_default();
            *known = known.max(*seconds);
        }
    }
    // Together no longer than it can have played; each keeps its share.
    #[expect(clippy::cast_precision_loss, reason = "a bound of seconds needs no more")]
    let (total, whole_s) = (rungs.values().sum::<f64>(), bounds.played_ms() as f64 / 1000.0);
    if total > whole_s {
        rungs.values_mut().for_each(|seconds| *seconds *= whole_s / total);
    }
    let mut errors = known.errors.clone();
    for code in told.errors.iter().filter(|code| is_code(code)) {
        if errors.len() < MAX_ERRORS {
            errors.insert(code.clone());
        }
    }
    Viewing {
        // It starts once.
        start_ms: known.start_ms.or(told.start_ms.map(|ms| clamp(whole(ms).min(most)))),
        stalls: known.stalls.max(i32::try_from(told.stalls).unwrap_or(MAX_STALLS).min(MAX_STALLS)),
        stall_ms: known.stall_ms.max(whole(told.stall_ms).min(most)),
        rungs,
        watched: credit(&known.watched, &claimed, left),
        errors,
    }
}

fn is_code(code: &str) -> bool {
    (1..=64).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The buckets of the video that were seen: at least half of each.
pub(super) fn buckets(watched: &Watched, duration_ms: i32) -> BTreeSet<i32> {
    let mut seen: BTreeMap<i32, i32> = BTreeMap::new();
    for (from, to) in watched.pieces() {
        let mut at = *from;
        while at < *to {
            let bucket = at / BUCKET_MS;
            let end = bucket.saturating_add(1).saturating_mul(BUCKET_MS).min(*to);
            *seen.entry(bucket).or_default() += end - at;
            at = end;
        }
    }
    let length = |bucket: i32| {
        let from = bucket.saturating_mul(BUCKET_MS);
        BUCKET_MS.min(duration_ms.saturating_sub(from)).max(1)
    };
    seen.into_iter().filter(|(b, ms)| ms * 2 >= length(*b)).map(|(bucket, _)| bucket).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RUNGS: &[&str] = &["360p", "720p"];

    fn bounds(elapsed_s: i64) -> Bounds<'static> {
        Bounds { elapsed_ms: elapsed_s * 1000, duration_ms: 60_000, rungs: RUNGS }
    }

    fn report(watched: &[(f64, f64)]) -> ViewingReport {
        ViewingReport {
            start_ms: Some(800.4),
            stalls: 1,
            stall_ms: 300.0,
            rungs: [("360p".into(), 10.0), ("720p".into(), 5.0), ("8k".into(), 9.0)].into(),
            watched: watched.to_vec(),
            errors: vec!["fragLoadError".into(), "<b>".into()],
        }
    }

    /// MED-20
    #[test]
    fn totals_are_taken_once_however_often_they_come() {
        let told = report(&[(0.0, 12.0)]);
        told.check().unwrap();
        let once = merged(&Viewing::default(), &told, &bounds(15));
        assert_eq!((once.start_ms, once.stalls, once.stall_ms), (Some(800), 1, 300));
        assert_eq!(once.watched.total_ms(), 12_000);
        assert_eq!(once.rungs.keys().collect::<Vec<_>>(), ["360p", "720p"]);
        assert_eq!(once.errors.iter().collect::<Vec<_>>(), ["fragLoadError"]);
        assert_eq!(merged(&once, &told, &bounds(15)), once);
        // An older report that comes late takes nothing back.
        let older = ViewingReport { start_ms: None, stalls: 0, ..report(&[(0.0, 5.0)]) };
        assert_eq!(merged(&once, &older, &bounds(15)), once);
    }

    /// MED-20
    #[test]
    fn nothing_is_believed_beyond_the_time_that_went_by() {
        let mut told = report(&[(0.0, 60.0)]);
        (told.stall_ms, told.stalls, told.start_ms) = (9e8, u32::MAX, Some(9e8));
        let believed = merged(&Viewing::default(), &told, &bounds(5));
        assert_eq!(believed.watched.total_ms(), 13_000);
        assert_eq!((believed.start_ms, believed.stall_ms), (Some(7_000), 7_000));
        assert_eq!(believed.stalls, MAX_STALLS);
        assert!(believed.rungs.values().sum::<f64>() <= 13.01);
    }

    #[test]
    fn what_is_no_report_is_refused_by_field() {
        let bad = [
            (ViewingReport { start_ms: Some(-1.0), ..report(&[]) }, "start_ms"),
            (ViewingReport { stall_ms: f64::NAN, ..report(&[]) }, "stall_ms"),
            (report(&[(-1.0, 2.0)]), "watched"),
            (report(&vec![(0.0, 1.0); 501]), "watched"),
            (ViewingReport { rungs: [("360p".into(), 1e9)].into(), ..report(&[]) }, "rungs"),
            (ViewingReport { errors: vec!["x".into(); 201], ..report(&[]) }, "errors"),
        ];
        for (told, field) in bad {
            assert_eq!(told.check().unwrap_err().doc().errors[0].field, field);
        }
    }

    /// MED-20
    #[test]
    fn a_bucket_is_seen_when_half_of_it_was() {
        let of = |pieces: &[(i32, i32)], duration| {
            let watched = Watched::from_claims(pieces.iter().copied(), duration);
            buckets(&watched, duration).into_iter().collect::<Vec<_>>()
        };
        assert_eq!(of(&[(0, 2_499)], 60_000), [0; 0]);
        assert_eq!(of(&[(0, 2_500)], 60_000), [0]);
        assert_eq!(of(&[(4_000, 11_000)], 60_000), [1]);
        assert_eq!(of(&[(0, 1_000), (2_000, 4_000)], 60_000), [0]);
        // The last one is shorter.
        assert_eq!(of(&[(10_000, 10_600)], 11_000), [2]);
    }

    proptest! {
        #[test]
        fn a_viewing_only_grows_and_stays_within_bounds(
            list in prop::collection::vec((0f64..70.0, 0f64..30.0, 0u32..50, 0f64..1e6), 1..20),
        ) {
            let mut known = Viewing::default();
            for (n, (from, length, stalls, stall_ms)) in list.iter().enumerate() {
                let told = ViewingReport {
                    stalls: *stalls,
                    stall_ms: *stall_ms,
                    ..report(&[(*from, from + length)])
                };
                let bounds = bounds(i64::try_from(n).unwrap() * 3);
                let next = merged(&known, &told, &bounds);
                let (before, after) =
                    (buckets(&known.watched, 60_000), buckets(&next.watched, 60_000));
                prop_assert!(before.is_subset(&after));
                prop_assert!(next.stalls >= known.stalls && next.stall_ms >= known.stall_ms);
                prop_assert!(next.watched.total_ms() >= known.watched.total_ms());
                // Closing gaps of a second may add to what was granted.
                prop_assert!(next.watched.total_ms() <= bounds.played_ms() + 20_000);
                known = next;
            }
        }
    }
}
