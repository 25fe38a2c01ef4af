//! Limits that all nodes count together, in Redis: GCRA in one script, one round trip for all the
//! rules of an act. With Redis away each node counts for itself.

use kernel::Timestamp;
use redis::{RedisError, Script};

use super::limits::{Limits, Rule};
use crate::platform::redis::Redis;

/// `KEYS`: the buckets. `ARGV`: the time in ms (0: the server's own), then interval and tolerance in ms
/// for each bucket. Answers the longest wait in ms; 0 = allowed, and only then something is taken.
const GCRA: &str = r"
local now = tonumber(ARGV[1])
if now == 0 then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end
local wait = 0
local tats = {}
for i = 1, #KEYS do
  local tat = tonumber(redis.call('GET', KEYS[i]) or '0')
  -- Beyond a full bucket: the clock was set back.
  if tat < now or tat - now > tonumber(ARGV[2 * i]) + tonumber(ARGV[2 * i + 1]) then tat = now end
  local over = tat - now - tonumber(ARGV[2 * i + 1])
  if over > wait then wait = over end
  tats[i] = tat + tonumber(ARGV[2 * i])
end
if wait > 0 then return wait end
for i = 1, #KEYS do
  redis.call('SET', KEYS[i], string.format('%.0f', tats[i]), 'PX', math.max(tats[i] - now, 1))
end
return 0";

/// The buckets in Redis.
pub(super) struct Shared {
    redis: Redis,
    script: Script,
    /// Uses the app's clock, which tests move.
    own_time: bool,
}

impl Shared {
    fn new(url: &str, own_time: bool) -> Result<Self, RedisError> {
        Ok(Self { redis: Redis::new(url)?, script: Script::new(GCRA), own_time })
    }

    /// The wait in milliseconds, or nothing when Redis does not answer.
    async fn take(&self, rules: &[Rule], key: &str, now: Timestamp) -> Option<i64> {
        let mut call = self.script.prepare_invoke();
        // The server's clock is one for all nodes.
        call.arg(if self.own_time { now.timestamp_millis() } else { 0 });
        for rule in rules {
            call.key(format!("ilm:rate:{{{key}}}:{}", rule.name));
            call.arg(rule.interval_ms()).arg(rule.tolerance_ms());
        }
        let call = &call;
        self.redis
            .ask(|mut connection| async move { call.invoke_async::<i64>(&mut connection).await })
            .await
    }
}

impl Limits {
    /// The same, with buckets that all nodes share at `url` where it is asked for; `own_time`: by the
    /// clock of the app, else by that of Redis.
    ///
    /// # Errors
    /// When `url` is none of Redis.
    pub fn shared_at(mut self, url: &str, own_time: bool) -> Result<Self, RedisError> {
        self.shared = Some(Box::new(Shared::new(url, own_time)?));
        Ok(self)
    }

    /// Whether nodes count together.
    pub const fn is_shared(&self) -> bool {
        self.shared.is_some()
    }

    /// Takes one call of each of `rules` by `key`, on all nodes together, or none and answers the
    /// milliseconds to wait.
    ///
    /// # Errors
    /// The wait in milliseconds.
    pub async fn take_everywhere(
        &self,
        rules: &[Rule],
        key: &str,
        now: Timestamp,
    ) -> Result<(), i64> {
        if self.is_off() {
            return Ok(());
        }
        if let Some(shared) = &self.shared {
            let scaled: Vec<Rule> = rules.iter().map(|rule| self.scaled(rule)).collect();
            match shared.take(&scaled, key, now).await {
                Some(0) => return Ok(()),
                Some(wait) => return Err(wait),
                None => {}
            }
        }
        self.take_all(rules, key, now)
    }

    /// As [`Limits::take_everywhere`], on this node.
    fn take_all(&self, rules: &[Rule], key: &str, now: Timestamp) -> Result<(), i64> {
        let mut taken = 0;
        let mut longest = 0;
        for rule in rules {
            match self.take(rule, key, now) {
                Ok(_) if longest == 0 => taken += 1,
                Ok(_) => self.give_back(rule, key, now),
                Err(wait) => {
                    longest = longest.max(wait);
                    for earlier in rules.iter().take(std::mem::take(&mut taken)) {
                        self.give_back(earlier, key, now);
                    }
                }
            }
        }
        if longest == 0 { Ok(()) } else { Err(longest) }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    /// SEC-04 MSG-07
    #[tokio::test]
    async fn several_rules_are_taken_together_or_not_at_all() {
        let limits = Limits::new(1);
        let rules = [Rule::new("second", 1, 1).burst(5), Rule::new("minute", 3, 60)];
        let now = kernel::Clock::now(&kernel::SystemClock);
        for _ in 0..3 {
            limits.take_everywhere(&rules, "ann", now).await.unwrap();
        }
        assert_eq!(limits.take_everywhere(&rules, "ann", now).await, Err(20_000));
        // The refused call took nothing of the first rule either.
        assert_eq!(limits.take(&rules[0], "ann", now).unwrap().calls, 1);
        let later = now + TimeDelta::milliseconds(20_000);
        limits.take_everywhere(&rules, "ann", later).await.unwrap();
        assert!(Limits::new(0).take_everywhere(&rules, "ann", now).await.is_ok());
    }

    /// SEC-04: a Redis that is not there costs one short wait a second at most, and no act.
    #[tokio::test]
    async fn without_redis_the_node_counts_for_itself() {
        let limits = Limits::new(1).shared_at("redis://127.0.0.1:1", false).unwrap();
        let rule = [Rule::new("one", 1, 60)];
        let now = kernel::Clock::now(&kernel::SystemClock);
        limits.take_everywhere(&rule, "ann", now).await.unwrap();
        assert_eq!(limits.take_everywhere(&rule, "ann", now).await, Err(60_000));
        limits.take_everywhere(&rule, "bob", now).await.unwrap();
    }
}
