//! Time that can be relied on, out of timestamps that cannot: streams whose clock restarts in the
//! middle, frames that claim to be hours away, and stretches in which nothing could be decoded.

use std::collections::BTreeMap;

use ffmpeg_next::{Packet, Rational, Rescale};

use super::decode;
use crate::worker::{MAX_SKIPPED, Skipped};

/// A jump from which a clock counts as restarted, in microseconds; smaller ones are gaps.
const RESTART_US: i64 = 10_000_000;

/// How far a frame may lie behind the one before it when it also lies behind the end that the file
/// states, in microseconds.
const MAX_LEAP_US: u64 = 30_000_000;

/// A stretch that is worth telling of, in microseconds.
const MIN_SKIP_US: u64 = 100_000;

/// A gap without errors from which it matters whether the other stream has one, too, in microseconds.
const MIN_GAP_US: u64 = 400_000;

/// Stretches closer to each other than this are told as one, in microseconds.
const JOIN_US: u64 = 1_000_000;

/// Pictures with errors are left out for so long at most, in microseconds: if there is nothing
/// better, they are shown.
const MAX_PATIENCE_US: u64 = 10_000_000;

/// Follows the clocks of a container that may restart them (transport streams that were glued
/// together, recorders that lost their signal), and makes one clock of them.
#[derive(Debug, Default)]
pub(super) struct Restarts {
    /// Whether the container is of that kind at all.
    enabled: bool,
    /// What is added to every timestamp, in microseconds.
    offset_us: i64,
    /// Where the next packet of each stream is expected, in microseconds.
    expected: BTreeMap<usize, i64>,
}

impl Restarts {
    pub(super) fn new(enabled: bool) -> Self {
        Self { enabled, ..Self::default() }
    }

    /// Moves the timestamps of `packet` to the one clock.
    pub(super) fn settle(&mut self, packet: &mut Packet, base: Rational) {
        if !self.enabled {
            return;
        }
        let Some(own) = packet.dts().or(packet.pts()) else { return };
        let own_us = decode::micros(own, base);
        if let Some(expected) = self.expected.get(&packet.stream()) {
            let delta = own_us + self.offset_us - expected;
            if delta.abs() > RESTART_US {
                self.offset_us -= delta;
            }
        }
        let length_us = decode::micros(packet.duration().max(0), base);
        self.expected.insert(packet.stream(), own_us + self.offset_us + length_us);
        let offset = self.offset_us.rescale(Rational(1, 1_000_000), base);
        packet.set_pts(packet.pts().map(|pts| pts.saturating_add(offset)));
        packet.set_dts(packet.dts().map(|dts| dts.saturating_add(offset)));
    }
}

/// What is believed of moments in a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Horizon {
    /// Where the file itself says that it ends, with a margin, in microseconds.
    pub stated_us: u64,
    /// The longest video that is taken, in microseconds.
    pub most_us: u64,
}

/// What to do with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is where it says.
    Fine,
    /// Its moment is nonsense.
    Nonsense,
    /// The source really goes on beyond what is taken.
    TooLong,
}

impl Horizon {
    /// Judges a frame at `at_us` that follows one ending at `end_us`. A header that states too
    /// little is not believed as long as frame follows frame.
    pub(super) fn judge(self, at_us: i64, end_us: u64) -> Verdict {
        let at_us = u64::try_from(at_us).unwrap_or(0);
        if at_us > self.stated_us && at_us > end_us.saturating_add(MAX_LEAP_US) {
            Verdict::Nonsense
        } else if at_us > self.most_us {
            Verdict::TooLong
        } else {
            Verdict::Fine
        }
    }
}

/// Watches one stream for stretches in which nothing good came out.
#[derive(Debug, Default)]
pub(super) struct Damage {
    /// End of the last good frame, in microseconds.
    good_us: u64,
    /// Something went wrong since then.
    suspect: bool,
    stretches: Vec<Skipped>,
    /// Stretches without anything, in which nothing is known to have gone wrong.
    gaps: Vec<Skipped>,
}

/// What [`Damage`] has seen.
#[derive(Debug, Default)]
pub(super) struct Stretches {
    /// Damaged.
    pub damaged: Vec<Skipped>,
    /// Empty.
    pub empty: Vec<Skipped>,
}

impl Stretches {
    /// Stretches that are empty here and in `other`: a hole in the file, over which its reader has
    /// found a way. A picture that stands still or a pause in the sound alone is none.
    pub(super) fn holes(&self, other: &Self) -> Vec<Skipped> {
        let both = |a: &Skipped, b: &Skipped| Skipped {
            from_us: a.from_us.max(b.from_us),
            to_us: a.to_us.min(b.to_us),
        };
        let pairs = self.empty.iter().flat_map(|a| other.empty.iter().map(move |b| both(a, b)));
        pairs.filter(|hole| hole.from_us + MIN_SKIP_US <= hole.to_us).collect()
    }
}

impl Damage {
    /// Starts watching at `from_us`.
    pub(super) fn from(from_us: u64) -> Self {
        Self { good_us: from_us, ..Self::default() }
    }

    /// A packet was broken, or could not be decoded.
    pub(super) fn suspect(&mut self) {
        self.suspect = true;
    }

    /// A frame with errors at `at_us`: whether it is to be left out.
    pub(super) fn leave_out(&mut self, at_us: u64) -> bool {
        self.suspect = true;
        at_us < self.good_us.saturating_add(MAX_PATIENCE_US)
    }

    /// A frame from `at_us` to `end_us` is good, or the best there is.
    pub(super) fn good(&mut self, at_us: u64, end_us: u64) {
        if self.suspect {
            self.note(at_us);
        } else if at_us >= self.good_us + MIN_GAP_US && self.gaps.len() < 4 * MAX_SKIPPED {
            self.gaps.push(Skipped { from_us: self.good_us, to_us: at_us });
        }
        self.suspect = false;
        self.good_us = self.good_us.max(end_us);
    }

    fn note(&mut self, to_us: u64) {
        if to_us >= self.good_us + MIN_SKIP_US {
            self.stretches.push(Skipped { from_us: self.good_us, to_us });
        }
        // A file can be broken anywhere; what is told is bounded.
        if self.stretches.len() > 4 * MAX_SKIPPED {
            self.stretches = joined(std::mem::take(&mut self.stretches), u64::MAX);
        }
    }

    /// The stream has ended; what it ended with may be missing up to `end_us`.
    pub(super) fn finish(mut self, end_us: u64) -> Stretches {
        if self.suspect {
            self.note(end_us);
        }
        Stretches { damaged: self.stretches, empty: self.gaps }
    }
}

/// `stretches` in order, near ones as one, none beyond `end_us`, at most [`MAX_SKIPPED`].
pub(super) fn joined(mut stretches: Vec<Skipped>, end_us: u64) -> Vec<Skipped> {
    stretches.sort_by_key(|stretch| stretch.from_us);
    let mut all: Vec<Skipped> = Vec::new();
    for next in stretches {
        let next = Skipped { to_us: next.to_us.min(end_us), ..next };
        match all.last_mut() {
            Some(last) if next.from_us <= last.to_us + JOIN_US => {
                last.to_us = last.to_us.max(next.to_us);
            }
            _ if next.from_us < next.to_us => all.push(next),
            _ => {}
        }
    }
    all.truncate(MAX_SKIPPED);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000;

    fn packet(stream: usize, dts: i64) -> Packet {
        let mut packet = Packet::empty();
        packet.set_stream(stream);
        packet.set_dts(Some(dts));
        packet.set_pts(Some(dts));
        packet.set_duration(1);
        packet
    }

    #[test]
    fn a_clock_that_restarts_goes_on_for_both_streams() {
        let base = Rational(1, 1);
        let mut restarts = Restarts::new(true);
        let mut placed = Vec::new();
        // The sound of the first part comes a little after the picture of the second.
        for (stream, dts) in
            [(0, 100), (1, 100), (0, 101), (0, 3), (1, 101), (0, 4), (1, 3), (1, 4), (0, 5)]
        {
            let mut packet = packet(stream, dts);
            restarts.settle(&mut packet, base);
            placed.push((stream, packet.pts().unwrap()));
        }
        let of = |wanted: usize| -> Vec<i64> {
            placed.iter().filter(|(stream, _)| *stream == wanted).map(|(_, at)| *at).collect()
        };
        assert_eq!(of(0), [100, 101, 102, 103, 104]);
        assert_eq!(of(1), [100, 101, 102, 103]);
        let mut other = packet(0, 3);
        let mut none = Restarts::new(false);
        none.settle(&mut packet(0, 100), base);
        none.settle(&mut other, base);
        assert_eq!(other.pts(), Some(3));
    }

    #[test]
    fn a_header_that_lies_is_not_believed_and_a_leap_is_nonsense() {
        let horizon = Horizon { stated_us: 11 * S, most_us: 3_600 * S };
        let at = |seconds: u64, end: u64| horizon.judge((seconds * S).cast_signed(), end * S);
        assert_eq!(at(5, 4), Verdict::Fine);
        assert_eq!(at(60, 59), Verdict::Fine, "frame follows frame");
        assert_eq!(at(60, 5), Verdict::Nonsense);
        assert_eq!(at(3_601, 3_600), Verdict::TooLong);
        assert_eq!(horizon.judge(-5, 0), Verdict::Fine);
    }

    #[test]
    fn a_damaged_middle_is_told_once_with_its_two_ends() {
        let mut damage = Damage::from(0);
        for second in 0..10 {
            if (3..5).contains(&second) {
                assert!(damage.leave_out(second * S));
            } else {
                damage.good(second * S, (second + 1) * S);
            }
        }
        damage.suspect();
        damage.good(10 * S, 11 * S);
        assert_eq!(damage.finish(11 * S).damaged, [Skipped { from_us: 3 * S, to_us: 5 * S }]);
        // Nothing but errors: after a while they are shown.
        let mut damage = Damage::from(0);
        assert!(damage.leave_out(9 * S) && !damage.leave_out(10 * S));
        // A gap alone is no damage: a recorder may pause.
        let mut damage = Damage::from(0);
        damage.good(0, S);
        damage.good(60 * S, 61 * S);
        let picture = damage.finish(61 * S);
        assert!(picture.damaged.is_empty());
        // Unless the sound has one at the same time.
        let mut damage = Damage::from(0);
        damage.good(0, 30 * S);
        damage.good(45 * S, 61 * S);
        let holes = picture.holes(&damage.finish(61 * S));
        assert_eq!(holes, [Skipped { from_us: 30 * S, to_us: 45 * S }]);
    }

    #[test]
    fn stretches_are_told_in_order_and_never_beyond_the_end() {
        let part = |from: u64, to: u64| Skipped { from_us: from * S, to_us: to * S };
        let all =
            joined(vec![part(20, 40), part(3, 5), part(4, 6), part(7, 8), part(50, 60)], 30 * S);
        assert_eq!(all, [part(3, 8), part(20, 30)]);
        let many = (0..500).map(|at| part(at * 10, at * 10 + 1)).collect();
        assert_eq!(joined(many, u64::MAX).len(), MAX_SKIPPED);
    }
}
