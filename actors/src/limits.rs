//! Token buckets: the one shape of every in-memory rate limit. Pure; `now` is an argument.

use chrono::TimeDelta;
use kernel::Timestamp;

/// How fast something may happen: one token per `every`, at most `burst` saved up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Time in which one token grows back.
    pub every: TimeDelta,
    /// Tokens in a full bucket.
    pub burst: u32,
}

impl Rate {
    /// One token each `every_ms` milliseconds, `burst` at once.
    pub const fn per_ms(every_ms: i64, burst: u32) -> Self {
        Self { every: TimeDelta::milliseconds(every_ms), burst }
    }

    /// Whether a bucket can be full again as late as that. If not the clock was set back, and nobody is
    /// to wait as long as a clock was wrong.
    fn is_near(self, full_at: Timestamp, now: Timestamp) -> bool {
        let burst = i32::try_from(self.burst.max(1)).unwrap_or(i32::MAX);
        full_at - now <= self.every * burst
    }

    /// The same, `factor` times as much; 0 = no limit.
    #[must_use]
    pub fn times(self, factor: u32) -> Self {
        let divisor = i32::try_from(factor).unwrap_or(i32::MAX);
        Self {
            every: if divisor == 0 { TimeDelta::zero() } else { self.every / divisor },
            burst: self.burst.saturating_mul(factor.max(1)),
        }
    }
}

/// One bucket. It keeps a single moment: when it will be full again.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bucket {
    full_at: Option<Timestamp>,
}

impl Bucket {
    /// How long one has to wait for a token; zero when there is one. Takes nothing.
    pub fn wait(&self, rate: Rate, now: Timestamp) -> TimeDelta {
        let burst = i32::try_from(rate.burst.max(1)).unwrap_or(i32::MAX);
        let Some(full_at) = self.full_at.filter(|full_at| rate.is_near(*full_at, now)) else {
            return TimeDelta::zero();
        };
        // The bucket has a token while it is at most (burst - 1) tokens from full.
        let allowed = rate.every * (burst - 1);
        (full_at - now - allowed).max(TimeDelta::zero())
    }

    /// Takes one token.
    ///
    /// # Errors
    /// The time until there is one.
    pub fn take(&mut self, rate: Rate, now: Timestamp) -> Result<(), TimeDelta> {
        let wait = self.wait(rate, now);
        if wait > TimeDelta::zero() {
            return Err(wait);
        }
        let near = self.full_at.filter(|full_at| rate.is_near(*full_at, now));
        let from = near.map_or(now, |full_at| full_at.max(now));
        self.full_at = Some(from + rate.every);
        Ok(())
    }

    /// Whether the bucket is full, so that forgetting it changes nothing.
    pub fn is_full(&self, now: Timestamp) -> bool {
        self.full_at.is_none_or(|full_at| full_at <= now)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn start() -> Timestamp {
        "2026-11-20T15:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_burst_passes_and_the_next_waits_exactly_for_one_token() {
        let rate = Rate::per_ms(1000, 3);
        let mut bucket = Bucket::default();
        for _ in 0..3 {
            assert_eq!(bucket.take(rate, start()), Ok(()));
        }
        assert_eq!(bucket.take(rate, start()), Err(TimeDelta::seconds(1)));
        let later = start() + TimeDelta::milliseconds(400);
        assert_eq!(bucket.take(rate, later), Err(TimeDelta::milliseconds(600)));
        assert_eq!(bucket.take(rate, start() + TimeDelta::seconds(1)), Ok(()));
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let rate = Rate::per_ms(1000, 2);
        let mut bucket = Bucket::default();
        bucket.take(rate, start() + TimeDelta::hours(1)).unwrap();
        for _ in 0..2 {
            assert_eq!(bucket.take(rate, start()), Ok(()));
        }
        assert_eq!(bucket.take(rate, start()), Err(TimeDelta::seconds(1)));
    }

    #[test]
    fn a_factor_multiplies_and_zero_switches_off() {
        let rate = Rate::per_ms(1000, 3);
        assert_eq!(rate.times(2), Rate::per_ms(500, 6));
        let mut bucket = Bucket::default();
        for _ in 0..100 {
            bucket.take(rate.times(0), start()).unwrap();
        }
    }

    proptest! {
        #[test]
        fn never_more_than_burst_plus_the_rate_passes(gaps in prop::collection::vec(0i64..3000, 1..80), burst in 1u32..6) {
            let rate = Rate::per_ms(1000, burst);
            let (mut bucket, mut now, mut passed) = (Bucket::default(), start(), 0i64);
            for gap in gaps {
                now += TimeDelta::milliseconds(gap);
                passed += i64::from(bucket.take(rate, now).is_ok());
            }
            let span = (now - start()).num_milliseconds();
            prop_assert!(passed <= i64::from(burst) + span / 1000);
        }
    }
}
