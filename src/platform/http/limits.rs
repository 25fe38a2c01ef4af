//! How often is too often: GCRA, one timestamp a key. In memory, so a limit counts on each node by
//! itself; see `shared` for those that all nodes count together.
//!
//! `T = period / count`, `tau = T·(burst − 1)`; a call is allowed when
//! `max(tat, now) − now <= tau`, and then `tat = max(tat, now) + T`.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Mutex;

use kernel::Timestamp;

use super::{Code, Problem};

/// A limit: `count` calls in `period_s` seconds, `burst` of them at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its name in metrics.
    pub name: &'static str,
    /// Calls in a period.
    pub count: u32,
    /// Seconds of a period.
    pub period_s: u32,
    /// Calls at once.
    pub burst: u32,
}

impl Rule {
    /// A rule whose burst is its whole count.
    pub const fn new(name: &'static str, count: u32, period_s: u32) -> Self {
        Self { name, count, period_s, burst: count }
    }

    /// The same rule with fewer calls at once.
    pub const fn burst(mut self, burst: u32) -> Self {
        self.burst = burst;
        self
    }

    pub(super) fn interval_ms(self) -> i64 {
        i64::from(self.period_s) * 1000 / i64::from(self.count.max(1))
    }

    pub(super) fn tolerance_ms(self) -> i64 {
        self.interval_ms() * i64::from(self.burst.max(1) - 1)
    }

    /// A time that no use of the bucket can have led to says that the clock was set back: the bucket is
    /// full then, for nobody must wait as long as a clock was wrong.
    fn sane(self, tat_ms: i64, now_ms: i64) -> i64 {
        let farthest = self.tolerance_ms() + self.interval_ms();
        if tat_ms - now_ms > farthest { now_ms } else { tat_ms }
    }

    /// What a bucket with this time has left.
    fn left(self, tat_ms: i64, now_ms: i64) -> Left {
        let used_ms = (self.sane(tat_ms, now_ms) - now_ms).max(0);
        let free = (self.tolerance_ms() - used_ms).div_euclid(self.interval_ms().max(1)) + 1;
        Left {
            calls: u32::try_from(free.max(0)).unwrap_or(0).min(self.burst),
            full_in_s: u64::try_from(used_ms).unwrap_or(0).div_ceil(1000),
        }
    }

    /// The pure decision: the new theoretical arrival time, or milliseconds to wait.
    fn decide(self, tat_ms: i64, now_ms: i64) -> Result<i64, i64> {
        let tat = self.sane(tat_ms, now_ms).max(now_ms);
        let over = tat - now_ms - self.tolerance_ms();
        if over <= 0 { Ok(tat + self.interval_ms()) } else { Err(over) }
    }
}

/// What is left after a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    /// Calls at once.
    pub calls: u32,
    /// Seconds until nothing of the past counts any more.
    pub full_in_s: u64,
}

/// The platform's own rules; a context keeps its rules beside the acts that they limit.
pub mod rules {
    use super::Rule;

    /// Reports of the browser's Content-Security-Policy, a network.
    pub const CSP_REPORT: Rule = Rule::new("csp_report", 30, 60);
}

const SHARDS: usize = 16;
/// Keys a shard keeps before it drops those whose time has passed, …
const SWEEP_AT: usize = 4096;
/// … at most once in this time: many live keys must not make each call look at all of them.
const SWEEP_EVERY_MS: u64 = 1000;

#[derive(Debug, Default)]
struct Shard {
    buckets: HashMap<u64, i64>,
    swept_ms: i64,
}

/// The buckets of this node.
pub struct Limits {
    factor: u32,
    hasher: RandomState,
    shards: Vec<Mutex<Shard>>,
    /// Boxed: few limits use it.
    pub(super) shared: Option<Box<super::shared::Shared>>,
}

impl std::fmt::Debug for Limits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limits").field("factor", &self.factor).finish_non_exhaustive()
    }
}

impl Limits {
    /// Empty buckets; every rule's count is multiplied by `factor`, 0 switches them off.
    pub fn new(factor: u32) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { factor, hasher: RandomState::new(), shards, shared: None }
    }

    /// Whether the limits are switched off.
    pub const fn is_off(&self) -> bool {
        self.factor == 0
    }

    /// Takes one call of `rule` by `key`, or answers `rate_limited` with the time to wait.
    pub fn check(&self, rule: &Rule, key: &str, now: Timestamp) -> Result<(), Problem> {
        self.take(rule, key, now).map(drop).map_err(|wait_ms| {
            let seconds = u64::try_from(wait_ms).unwrap_or(0).div_ceil(1000).max(1);
            Problem::new(Code::RateLimited).retry_after(seconds)
        })
    }

    /// As [`Limits::check`], with what is left, or the wait in milliseconds.
    pub fn take(&self, rule: &Rule, key: &str, now: Timestamp) -> Result<Left, i64> {
        let rule = self.scaled(rule);
        self.with_bucket(&rule, key, now, |rule, tat, now_ms| {
            *tat = rule.decide(*tat, now_ms)?;
            Ok(rule.left(*tat, now_ms))
        })
    }

    /// Whether a call would be allowed, without taking it: for limits that count failures only.
    pub fn peek(&self, rule: &Rule, key: &str, now: Timestamp) -> Result<(), Problem> {
        let rule = self.scaled(rule);
        self.with_bucket(&rule, key, now, |rule, tat, now_ms| rule.decide(*tat, now_ms).map(drop))
            .map_err(|wait_ms| {
                let seconds = u64::try_from(wait_ms).unwrap_or(0).div_ceil(1000).max(1);
                Problem::new(Code::RateLimited).retry_after(seconds)
            })
    }

    /// Forgets what `key` has used of `rule`.
    pub fn clear(&self, rule: &Rule, key: &str, now: Timestamp) {
        let _ = self.with_bucket(rule, key, now, |_, tat, _| {
            *tat = 0;
            Ok(())
        });
    }

    /// Gives one taken call back: for limits that count failures, once the act has succeeded.
    pub fn give_back(&self, rule: &Rule, key: &str, now: Timestamp) {
        let rule = self.scaled(rule);
        let _ = self.with_bucket(&rule, key, now, |rule, tat, _| {
            *tat = tat.saturating_sub(rule.interval_ms());
            Ok(())
        });
    }

    /// `rule` as it counts here.
    pub fn scaled(&self, rule: &Rule) -> Rule {
        Rule {
            count: rule.count.saturating_mul(self.factor),
            burst: rule.burst.saturating_mul(self.factor),
            ..*rule
        }
    }

    fn with_bucket<R>(
        &self,
        rule: &Rule,
        key: &str,
        now: Timestamp,
        act: impl FnOnce(Rule, &mut i64, i64) -> Result<R, i64>,
    ) -> Result<R, i64>
    where
        R: Default,
    {
        if self.factor == 0 {
            return Ok(R::default());
        }
        let now_ms = now.timestamp_millis();
        let hash = self.hasher.hash_one((rule.name, key));
        let index = usize::try_from(hash).unwrap_or(0) % SHARDS;
        let Some(shard) = self.shards.get(index) else { return Ok(R::default()) };
        let mut shard = shard.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if shard.buckets.len() >= SWEEP_AT && shard.swept_ms.abs_diff(now_ms) >= SWEEP_EVERY_MS {
            shard.swept_ms = now_ms;
            shard.buckets.retain(|_, tat| *tat > now_ms);
        }
        act(*rule, shard.buckets.entry(hash).or_insert(0), now_ms)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// API-04 SEC-04: the vector of the security sheet: 100 a minute, burst 3.
    #[test]
    fn gcra_answers_the_published_vector() {
        let rule = Rule::new("vector", 100, 60).burst(3);
        let calls = [0, 0, 0, 0, 300, 600, 700, 1200, 3000, 3000, 3000, 3000];
        let mut tat = 0;
        let waits: Vec<i64> = calls
            .iter()
            .map(|now| match rule.decide(tat, *now) {
                Ok(next) => {
                    tat = next;
                    0
                }
                Err(wait) => wait,
            })
            .collect();
        assert_eq!(waits, [0, 0, 0, 600, 300, 0, 500, 0, 0, 0, 0, 600]);
    }

    proptest! {
        /// SEC-04
        #[test]
        fn no_window_lets_more_through_than_burst_plus_rate(
            count in 1u32..50, period in 1u32..60, gaps in prop::collection::vec(0i64..2000, 1..200)
        ) {
            let rule = Rule::new("any", count, period);
            let (mut now, mut tat, mut passed) = (0i64, 0i64, Vec::new());
            for gap in gaps {
                now += gap;
                if let Ok(next) = rule.decide(tat, now) {
                    tat = next;
                    passed.push(now);
                }
            }
            let window = i64::from(period) * 1000;
            for start in &passed {
                let inside = passed.iter().filter(|t| **t >= *start && **t < start + window).count();
                prop_assert!(inside <= 2 * usize::try_from(count).unwrap() + 1);
            }
        }
    }

    /// API-04
    #[test]
    fn what_is_left_is_what_would_still_pass() {
        let now = kernel::Clock::now(&kernel::SystemClock);
        let rule = Rule::new("left", 60, 60).burst(5);
        let limits = Limits::new(1);
        for left in (0..5).rev() {
            assert_eq!(limits.take(&rule, "ann", now).unwrap().calls, left);
        }
        limits.take(&rule, "ann", now).unwrap_err();
        let later = now + chrono::TimeDelta::milliseconds(2500);
        assert_eq!(limits.take(&rule, "ann", later), Ok(Left { calls: 1, full_in_s: 4 }));
    }

    /// SEC-04: whoever fills the table with live keys does not make every call look through it.
    #[test]
    fn a_full_table_is_looked_through_once_a_second_at_most() {
        let now = kernel::Clock::now(&kernel::SystemClock);
        let (short, long) = (Rule::new("short", 1000, 1), Rule::new("long", 1, 3600));
        let limits = Limits::new(1);
        let buckets = || -> usize {
            limits.shards.iter().map(|shard| shard.lock().unwrap().buckets.len()).sum()
        };
        let full = SWEEP_AT * SHARDS * 2;
        for key in 0..full {
            limits.check(&long, &key.to_string(), now).unwrap();
        }
        let soon = now + chrono::TimeDelta::milliseconds(100);
        for key in 0..full {
            limits.check(&short, &key.to_string(), soon).unwrap();
        }
        assert_eq!(buckets(), 2 * full, "nothing was swept within the second");
        let later = now + chrono::TimeDelta::seconds(2);
        for key in 0..full {
            limits.check(&long, &format!("later {key}"), later).unwrap();
        }
        assert_eq!(buckets(), 2 * full, "what has passed is gone");
    }

    /// SEC-04: a clock that is set back locks nobody out.
    #[test]
    fn a_clock_that_is_set_back_empties_no_bucket() {
        let rule = Rule::new("clock", 1, 1).burst(2);
        let limits = Limits::new(1);
        let now = kernel::Clock::now(&kernel::SystemClock);
        limits.check(&rule, "ann", now + chrono::TimeDelta::hours(1)).unwrap();
        for _ in 0..2 {
            limits.check(&rule, "ann", now).unwrap();
        }
        limits.check(&rule, "ann", now).unwrap_err();
    }

    #[test]
    fn keys_do_not_share_a_bucket_and_factor_zero_switches_off() {
        let now = kernel::Clock::now(&kernel::SystemClock);
        let rule = Rule::new("one", 1, 60);
        let limits = Limits::new(1);
        limits.check(&rule, "ann", now).unwrap();
        assert_eq!(limits.check(&rule, "ann", now).unwrap_err().retry_after_s(), Some(60));
        limits.check(&rule, "bob", now).unwrap();
        limits.clear(&rule, "ann", now);
        limits.check(&rule, "ann", now).unwrap();
        limits.give_back(&rule, "ann", now);
        limits.check(&rule, "ann", now).unwrap();
        limits.check(&rule, "ann", now).unwrap_err();
        let off = Limits::new(0);
        for _ in 0..10 {
            off.check(&rule, "ann", now).unwrap();
        }
    }
}
