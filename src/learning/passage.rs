//! How a passage through a course goes on: `enrolled → in_progress → completed → certified`
//! (ENR-02), and its percentage (LRN-05). Pure.

use super::model::PassageState;

/// The state after `done` of `total` lessons; `active` says that the learner opened something.
/// Nothing leads back: lessons added later lower the percentage, not the state.
pub fn after(state: PassageState, active: bool, done: i32, total: i32) -> PassageState {
    match state {
        PassageState::Completed | PassageState::Certified => state,
        _ if total > 0 && done >= total => PassageState::Completed,
        PassageState::InProgress => PassageState::InProgress,
        PassageState::Enrolled if active || done > 0 => PassageState::InProgress,
        PassageState::Enrolled => PassageState::Enrolled,
    }
}

/// Per cent of the course to one decimal, rounded down: 100 only when everything is done, and 0
/// for a course without lessons.
pub fn percent(done: i32, total: i32) -> f64 {
    if total <= 0 {
        return 0.0;
    }
    let tenths = i64::from(done.clamp(0, total)) * 1000 / i64::from(total);
    // At most 1000: exact in a double.
    f64::from(i32::try_from(tenths).unwrap_or(1000)) / 10.0
}

/// Longest silence between two reports that still counts as time spent (LRN-04), milliseconds.
const IDLE_MS: i64 = 60_000;

/// Active time that a report adds when the last sign of this learner on any lesson of the course
/// came `since_any_ms` ago: overlapping lessons are counted once.
pub fn active_ms(since_any_ms: i64) -> i64 {
    if is_idle(since_any_ms) { 0 } else { since_any_ms.max(0) }
}

/// Whether a silence of `since_ms` is too long to count as time spent.
pub fn is_idle(since_ms: i64) -> bool {
    since_ms > IDLE_MS
}

#[cfg(test)]
mod tests {
    use super::PassageState::{Certified, Completed, Enrolled, InProgress};
    use super::*;

    /// ENR-02
    #[test]
    fn a_passage_goes_forward_only() {
        assert_eq!(after(Enrolled, false, 0, 3), Enrolled);
        assert_eq!(after(Enrolled, true, 0, 3), InProgress);
        assert_eq!(after(InProgress, true, 2, 3), InProgress);
        assert_eq!(after(InProgress, true, 3, 3), Completed);
        assert_eq!(after(Enrolled, true, 1, 1), Completed);
        assert_eq!(after(Completed, true, 3, 5), Completed);
        assert_eq!(after(Certified, true, 0, 5), Certified);
    }

    /// LRN-05
    #[test]
    fn the_percentage_rounds_down_and_is_whole_only_when_all_is_done() {
        assert_eq!(percent(0, 0), 0.0);
        assert_eq!(percent(6, 7), 85.7);
        assert_eq!(percent(2999, 3000), 99.9);
        assert_eq!(percent(3000, 3000), 100.0);
        assert_eq!(percent(9, 7), 100.0);
    }

    /// ENR-02
    #[test]
    fn a_course_without_lessons_is_never_completed() {
        assert_eq!(after(InProgress, true, 0, 0), InProgress);
    }

    /// LRN-04
    #[test]
    fn a_long_silence_is_not_time_spent() {
        assert_eq!(active_ms(15_000), 15_000);
        assert_eq!(active_ms(60_000), 60_000);
        assert_eq!(active_ms(60_001), 0);
        assert_eq!(active_ms(-5), 0);
    }
}
