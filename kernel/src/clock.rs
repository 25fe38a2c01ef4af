//! Time as an argument: the one clock that the app hands out, and one that tests and the sandbox
//! can set.

use std::sync::Mutex;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};

/// A moment in UTC, kept to the microsecond (PostgreSQL's resolution), so that a value compares
/// equal after a round trip through the database.
pub type Timestamp = DateTime<Utc>;

/// Where the time comes from. Rules never call it: they take `now` as an argument.
pub trait Clock: Send + Sync + 'static {
    /// The present moment, truncated to microseconds.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Utc::now().trunc_subsecs(6)
    }
}

/// The machine's clock moved by an offset that can be changed while running: time goes on, from
/// wherever it was set to. For tests and the `sandbox` setting.
#[derive(Debug, Default)]
pub struct SettableClock {
    offset: Mutex<chrono::TimeDelta>,
}

impl SettableClock {
    /// A clock that agrees with the machine's until it is moved.
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves the clock forward by `by`.
    pub fn advance(&self, by: Duration) {
        let by = chrono::TimeDelta::from_std(by).unwrap_or(chrono::TimeDelta::MAX);
        let mut offset = self.lock();
        *offset = offset.checked_add(&by).unwrap_or(*offset);
    }

    /// Makes `now` the present moment.
    pub fn set(&self, now: Timestamp) {
        *self.lock() = now - Utc::now();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, chrono::TimeDelta> {
        // A poisoned lock only says that another test panicked; the offset itself is whole.
        self.offset.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Clock for SettableClock {
    fn now(&self) -> Timestamp {
        let offset = *self.lock();
        Utc::now().checked_add_signed(offset).unwrap_or_else(Utc::now).trunc_subsecs(6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_settable_clock_stands_where_it_was_put_and_goes_on_from_there() {
        let clock = SettableClock::new();
        let start = "2026-11-20T15:00:00Z".parse::<Timestamp>().unwrap();
        clock.set(start);
        let first = clock.now();
        assert!(first >= start && first < start + chrono::TimeDelta::seconds(5));
        clock.advance(Duration::from_secs(7 * 86_400));
        assert!(clock.now() - first >= chrono::TimeDelta::days(7));
    }
}
