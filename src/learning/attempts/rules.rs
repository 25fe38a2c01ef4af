//! The rules of counting answers, pure: what an answer changes in where somebody stands, how long one
//! waits before guessing on, in which order one sees options.

use judging::Score;
use kernel::Timestamp;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::super::model::{TaskStateRow, Verdict};
use crate::courses::TaskKind;

/// Wrong answers to one of many that cost no waiting.
const FREE_GUESSES: i32 = 2;
/// The first wait, seconds; it doubles with every further wrong answer …
const FIRST_WAIT_S: i64 = 5;
/// … up to this.
const LONGEST_WAIT_S: i64 = 300;

/// Seconds to wait before the next answer, after `wrong` wrong ones of which the last came at `last`.
/// One of many is guessed too easily; what was answered right already is free.
pub fn wait_s(
    kind: TaskKind,
    wrong: i32,
    was_right: bool,
    last: Option<Timestamp>,
    now: Timestamp,
) -> i64 {
    let (TaskKind::Choice, false, Some(last)) = (kind, was_right, last) else { return 0 };
    let Ok(over) = u32::try_from(wrong - FREE_GUESSES - 1) else { return 0 };
    let wait = FIRST_WAIT_S.saturating_mul(1_i64 << over.min(30)).min(LONGEST_WAIT_S);
    let passed_ms = (now - last).num_milliseconds().max(0);
    (wait.saturating_mul(1000) - passed_ms).max(0).div_euclid(1000)
        + i64::from((wait.saturating_mul(1000) - passed_ms).max(0) % 1000 > 0)
}

/// What an answer, the state before it being `state`, has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// Whether the chat opened with it.
    pub opened_chat: bool,
}

/// Counts an answer. `chat_after` wrong ones before the first right one open the chat, for ever.
pub fn count(
    state: &mut TaskStateRow,
    verdict: Verdict,
    score: Score,
    chat_after: i32,
    now: Timestamp,
) -> Counted {
    state.tries = state.tries.saturating_add(1);
    settle(state, verdict, score, now);
    state.last_verdict = Some(verdict);
    state.updated_at = now;
    open_chat(state, chat_after, now)
}

/// What a verdict changes, given at once or by a person later.
fn settle(state: &mut TaskStateRow, verdict: Verdict, score: Score, now: Timestamp) {
    match verdict {
        Verdict::Right => state.first_right_at = state.first_right_at.or(Some(now)),
        Verdict::Wrong | Verdict::Partial if state.first_right_at.is_none() => {
            state.wrong = state.wrong.saturating_add(1);
        }
        Verdict::Wrong | Verdict::Partial | Verdict::Pending => {}
    }
    if score > best(state) {
        state.best_num = i32::try_from(score.num).unwrap_or(0);
        state.best_den = i32::try_from(score.den).unwrap_or(1);
    }
}

/// Counts what a person said about an answer that waited. `is_last` says that it is the last one.
pub fn count_grade(
    state: &mut TaskStateRow,
    verdict: Verdict,
    score: Score,
    is_last: bool,
    chat_after: i32,
    now: Timestamp,
) -> Counted {
    settle(state, verdict, score, now);
    if is_last {
        state.last_verdict = Some(verdict);
    }
    state.updated_at = now;
    open_chat(state, chat_after, now)
}

fn open_chat(state: &mut TaskStateRow, chat_after: i32, now: Timestamp) -> Counted {
    let opens = state.chat_open_at.is_none() && state.wrong >= chat_after;
    if opens {
        state.chat_open_at = Some(now);
    }
    // A chat that is open to everybody does not open with an answer.
    Counted { opened_chat: opens && chat_after > 0 }
}

/// The best share of the points so far.
pub fn best(state: &TaskStateRow) -> Score {
    Score::new(state.best_num.into(), state.best_den.into())
}

/// The seed of the order in which somebody sees a task's options.
pub fn seed(task_id: Uuid, user_id: Uuid) -> u64 {
    let digest = Sha256::digest(format!("shown:{task_id}:{user_id}"));
    digest.iter().take(8).fold(0, |seed, byte| (seed << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T10:00:00Z".parse().unwrap()
    }

    fn state() -> TaskStateRow {
        TaskStateRow {
            user_id: Uuid::nil(),
            task_id: Uuid::nil(),
            course_id: Uuid::nil(),
            tries: 0,
            wrong: 0,
            first_right_at: None,
            best_num: 0,
            best_den: 1,
            last_attempt_id: None,
            last_verdict: None,
            chat_open_at: None,
            solution_seen_at: None,
            almost_at: None,
            shown_version: None,
            shown_at: None,
            draft: None,
            created_at: now(),
            updated_at: now(),
        }
    }

    /// MSG-09 LRN-16
    #[test]
    fn the_third_wrong_answer_opens_the_chat_once_and_for_ever() {
        let mut state = state();
        let mut say = |verdict, chat_after| {
            let score = if verdict == Verdict::Right { Score::ONE } else { Score::ZERO };
            count(&mut state, verdict, score, chat_after, now()).opened_chat
        };
        assert!(!say(Verdict::Wrong, 3));
        assert!(!say(Verdict::Pending, 3), "what waits counts nothing");
        assert!(!say(Verdict::Partial, 3));
        assert!(say(Verdict::Wrong, 3));
        assert!(!say(Verdict::Wrong, 3));
        assert!(!say(Verdict::Right, 100));
        assert!(!say(Verdict::Wrong, 100));
        assert_eq!((state.tries, state.wrong), (7, 4), "after a right one wrong ones do not count");
        assert!(state.chat_open_at.is_some());
    }

    /// MSG-09
    #[test]
    fn a_chat_that_is_always_open_does_not_open_with_an_answer() {
        let mut state = state();
        assert!(!count(&mut state, Verdict::Right, Score::ONE, 0, now()).opened_chat);
        assert!(state.chat_open_at.is_some(), "and stays open when the number is raised");
    }

    #[test]
    fn guessing_one_of_many_waits_longer_each_time() {
        let wait = |wrong| wait_s(TaskKind::Choice, wrong, false, Some(now()), now());
        assert_eq!([0, 2, 3, 4, 5, 8, 9, 10, 90].map(wait), [0, 0, 5, 10, 20, 160, 300, 300, 300]);
        let later = now() + chrono::TimeDelta::milliseconds(4_100);
        assert_eq!(wait_s(TaskKind::Choice, 3, false, Some(now()), later), 1);
        let later = now() + chrono::TimeDelta::seconds(5);
        assert_eq!(wait_s(TaskKind::Choice, 3, false, Some(now()), later), 0);
        assert_eq!(wait_s(TaskKind::Number, 50, false, Some(now()), now()), 0);
        assert_eq!(wait_s(TaskKind::Choice, 50, true, Some(now()), now()), 0);
    }

    proptest! {
        /// LRN-16: whatever comes in whatever order, the counters fit together.
        #[test]
        fn counters_fit_together(
            verdicts in prop::collection::vec(prop::sample::select(vec![Verdict::Right, Verdict::Wrong, Verdict::Partial, Verdict::Pending]), 0..40),
            chat_after in 0_i32..6,
        ) {
            let mut state = state();
            let mut opened = 0;
            for verdict in &verdicts {
                let score = if *verdict == Verdict::Right { Score::ONE } else { Score::ZERO };
                opened += i32::from(count(&mut state, *verdict, score, chat_after, now()).opened_chat);
            }
            let before_right: Vec<_> = verdicts.iter().take_while(|v| **v != Verdict::Right).collect();
            let wrong = before_right.iter().filter(|v| matches!(v, Verdict::Wrong | Verdict::Partial)).count();
            prop_assert_eq!(usize::try_from(state.wrong).unwrap(), wrong);
            prop_assert_eq!(usize::try_from(state.tries).unwrap(), verdicts.len());
            prop_assert_eq!(state.first_right_at.is_some(), verdicts.contains(&Verdict::Right));
            prop_assert_eq!(opened, i32::from(chat_after > 0 && state.wrong >= chat_after));
        }
    }
}
