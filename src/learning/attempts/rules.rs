//! The rules of counting answers, pure: what an answer changes in where somebody stands, how long one
//! waits before guessing on, in which order one sees options.

use judging::Score;
use kernel::Timestamp;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::super::model::{AttemptRow, TaskStateRow, Verdict};
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

/// The share of the points that an answer has.
pub fn score_of(row: &AttemptRow) -> Score {
    Score::new(row.score_num.into(), row.score_den.into())
}

/// Counts anew from all answers, the first one first, after some were judged better. Nothing gets worse, and a
/// chat that is open stays open.
pub fn recount(state: &mut TaskStateRow, rows: &[AttemptRow], now: Timestamp) {
    let right = rows.iter().position(|row| row.verdict == Verdict::Right);
    if let Some(first) = right.and_then(|at| rows.get(at)) {
        let at = state.first_right_at.map_or(first.created_at, |was| was.min(first.created_at));
        state.first_right_at = Some(at);
    }
    let before = rows.iter().take(right.unwrap_or(rows.len()));
    let wrong = before.filter(|row| matches!(row.verdict, Verdict::Wrong | Verdict::Partial));
    state.wrong = state.wrong.min(i32::try_from(wrong.count()).unwrap_or(i32::MAX));
    if let Some(score) = rows.iter().map(score_of).max().filter(|score| *score > best(state)) {
        state.best_num = i32::try_from(score.num).unwrap_or(0);
        state.best_den = i32::try_from(score.den).unwrap_or(1);
    }
    state.last_verdict = rows.last().map(|row| row.verdict).or(state.last_verdict);
    state.updated_at = now;
}

/// The seed of the order in which somebody sees a task's options.
pub fn seed(task_id: Uuid, user_id: Uuid) -> u64 {
    first_eight(&format!("shown:{task_id}:{user_id}"))
}

/// The first eight bytes of the SHA-256 of a text as a number, the first one highest.
fn first_eight(text: &str) -> u64 {
    let digest = Sha256::digest(text);
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
            almost_key: None,
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
    fn a_seed_is_the_beginning_of_a_digest() {
        let text = "attempt:019f0000-0000-7000-8000-000000000001:3";
        assert_eq!(first_eight(text), 9_405_707_955_598_682_025);
        assert_ne!(seed(Uuid::nil(), Uuid::from_u128(1)), seed(Uuid::from_u128(1), Uuid::nil()));
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

    fn row(no: i32, verdict: Verdict, score: Score) -> AttemptRow {
        AttemptRow {
            id: Uuid::from_u128(u128::from(no.unsigned_abs())),
            user_id: Uuid::nil(),
            task_id: Uuid::nil(),
            course_id: Uuid::nil(),
            version: 1,
            no,
            client_key: Uuid::nil(),
            answer: serde_json::Value::Null,
            normal: String::new(),
            verdict,
            score_num: i32::try_from(score.num).unwrap(),
            score_den: i32::try_from(score.den).unwrap(),
            parts: None,
            feedback: None,
            opened_chat: false,
            files: None,
            spent_ms: 0,
            comment: None,
            graded_by: None,
            graded_at: None,
            created_at: now() + chrono::TimeDelta::seconds(no.into()),
        }
    }

    /// LRN-16: an answer found right after all is the first right one, at its own time, and what was wrong
    /// behind it never counted; the chat that opened stays.
    #[test]
    fn what_is_found_right_after_all_counts_from_when_it_was_given() {
        let mut state = state();
        for _ in 0..3 {
            count(&mut state, Verdict::Wrong, Score::ZERO, 3, now());
        }
        let mut rows: Vec<_> = (1..=3).map(|no| row(no, Verdict::Wrong, Score::ZERO)).collect();
        rows[1] = row(2, Verdict::Right, Score::ONE);
        recount(&mut state, &rows, now());
        assert_eq!((state.tries, state.wrong, best(&state)), (3, 1, Score::ONE));
        assert_eq!(state.first_right_at, Some(rows[1].created_at));
        assert_eq!(state.last_verdict, Some(Verdict::Wrong));
        assert!(state.chat_open_at.is_some());
    }

    proptest! {
        /// LRN-16: answers judged better, whichever, make nothing worse, and counting again changes nothing.
        #[test]
        fn a_regrade_makes_nothing_worse(
            verdicts in prop::collection::vec((any::<bool>(), any::<bool>()), 0..20),
        ) {
            let mut state = state();
            let verdict = |right| if right { (Verdict::Right, Score::ONE) } else { (Verdict::Wrong, Score::ZERO) };
            for (right, _) in &verdicts {
                let (verdict, score) = verdict(*right);
                count(&mut state, verdict, score, 3, now());
            }
            let rows: Vec<_> = verdicts.iter().zip(1..).map(|((was, is), no)| {
                let (verdict, score) = verdict(*was || *is);
                row(no, verdict, score)
            }).collect();
            let before = state.clone();
            recount(&mut state, &rows, now());
            prop_assert!(state.wrong <= before.wrong && best(&state) >= best(&before));
            prop_assert_eq!(state.tries, before.tries);
            prop_assert!(state.first_right_at.is_some() || before.first_right_at.is_none());
            prop_assert_eq!(state.chat_open_at, before.chat_open_at);
            let once = (state.wrong, state.first_right_at, state.last_verdict);
            recount(&mut state, &rows, now());
            prop_assert_eq!(once, (state.wrong, state.first_right_at, state.last_verdict));
        }

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
