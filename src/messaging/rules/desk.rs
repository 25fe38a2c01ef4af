//! The curators' desk as rules: when a question waits, who holds it, when a hold lapses. Pure; the
//! time is an argument.

use chrono::TimeDelta;
use kernel::Timestamp;
use uuid::Uuid;

/// How long a claim lives without renewal.
pub const CLAIM: TimeDelta = TimeDelta::seconds(120);

/// What stands on the desk of one room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Question {
    /// Since when a student's message is without an answer.
    pub waiting_since: Option<Timestamp>,
    /// Who holds it, or held it last.
    pub claimed_by: Option<Uuid>,
    /// Since when.
    pub claimed_at: Option<Timestamp>,
    /// Until when, unless it is renewed.
    pub claimed_until: Option<Timestamp>,
    /// When it was called done.
    pub resolved_at: Option<Timestamp>,
    /// By whom.
    pub resolved_by: Option<Uuid>,
}

/// A wait that ended with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// When it was asked.
    pub asked_at: Timestamp,
    /// When it was answered.
    pub answered_at: Timestamp,
    /// By whom.
    pub by: Uuid,
}

/// Who has said something in the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// The student whose room it is.
    Owner,
    /// The author of the course, or staff.
    Answerer(Uuid),
    /// Somebody else: nobody waits for them, and they answer for nobody.
    Other,
}

impl Question {
    /// Who holds it at `now`.
    pub fn holder(&self, now: Timestamp) -> Option<Uuid> {
        self.claimed_by.filter(|_| self.claimed_until.is_some_and(|until| now < until))
    }

    /// Somebody has said something at `at`: the question as it stands then, and the wait that ended.
    pub fn heard(self, speaker: Speaker, at: Timestamp) -> (Self, Option<Answered>) {
        match speaker {
            Speaker::Other => (self, None),
            Speaker::Owner => {
                let waiting_since = self.waiting_since.or(Some(at));
                (Self { waiting_since, resolved_at: None, resolved_by: None, ..self }, None)
            }
            Speaker::Answerer(by) => {
                let answered = self.waiting_since.map(|asked_at| Answered {
                    asked_at,
                    // A clock that was set back makes no wait negative.
                    answered_at: at.max(asked_at),
                    by,
                });
                let free = Self { waiting_since: None, ..self };
                // Answering takes it, unless somebody else has it in hand.
                (free.claim(by, at).unwrap_or(free), answered)
            }
        }
    }

    /// `who` has called a message the answer: it is done, whoever holds it. (A wait that a fellow student
    /// ended is measured as nobody's.)
    pub fn accepted(self, who: Uuid, at: Timestamp) -> Self {
        Self { resolved_at: Some(at), resolved_by: Some(who), ..Self::default() }
    }

    /// The acceptance was taken back: it waits again, unless a student's later word has it waiting already.
    pub fn reopened(self, at: Timestamp) -> Self {
        let waiting_since = self.waiting_since.or(Some(at));
        Self { waiting_since, resolved_at: None, resolved_by: None, ..self }
    }

    /// `who` takes it, or keeps it.
    ///
    /// # Errors
    /// Who holds it.
    pub fn claim(self, who: Uuid, now: Timestamp) -> Result<Self, Uuid> {
        self.free_for(who, now)?;
        let is_kept = self.claimed_by == Some(who);
        Ok(Self {
            claimed_by: Some(who),
            claimed_at: self.claimed_at.filter(|_| is_kept).or(Some(now)),
            claimed_until: Some(now + CLAIM),
            ..self
        })
    }

    /// `who` lets it go: whoever comes first may take it. What one does not hold stays as it is. Where nobody
    /// waits and it is not done, it stays among `who`'s own, as a hold that has lapsed: no other list has it.
    pub fn release(self, who: Uuid) -> Self {
        if self.claimed_by != Some(who) {
            return self;
        }
        let is_open = self.waiting_since.is_none() && self.resolved_at.is_none();
        let claimed_by = self.claimed_by.filter(|_| is_open);
        Self { claimed_by, claimed_at: None, claimed_until: None, ..self }
    }

    /// `who` calls it done.
    ///
    /// # Errors
    /// Who holds it.
    pub fn resolve(self, who: Uuid, now: Timestamp) -> Result<Self, Uuid> {
        self.free_for(who, now)?;
        Ok(Self { resolved_at: Some(now), resolved_by: Some(who), ..Self::default() })
    }

    /// `who` hands it to `to`, who has as long to take it up as a claim lives.
    ///
    /// # Errors
    /// Who holds it.
    pub fn pass(self, who: Uuid, to: Uuid, now: Timestamp) -> Result<Self, Uuid> {
        self.free_for(who, now)?;
        let claimed_until = Some(now + CLAIM);
        Ok(Self { claimed_by: Some(to), claimed_at: Some(now), claimed_until, ..self })
    }

    fn free_for(&self, who: Uuid, now: Timestamp) -> Result<(), Uuid> {
        match self.holder(now) {
            Some(holder) if holder != who => Err(holder),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    const ANN: Uuid = Uuid::from_u128(1);
    const BOB: Uuid = Uuid::from_u128(2);

    /// MSG-08
    #[test]
    fn a_question_waits_from_its_first_message_to_the_first_answer() {
        let (question, none) = Question::default().heard(Speaker::Owner, at(10));
        assert_eq!((question.waiting_since, none), (Some(at(10)), None));
        let (question, _) = question.heard(Speaker::Owner, at(20));
        let (question, none) = question.heard(Speaker::Other, at(25));
        assert_eq!((question.waiting_since, none), (Some(at(10)), None));
        let (question, answered) = question.heard(Speaker::Answerer(ANN), at(40));
        let wait = Answered { asked_at: at(10), answered_at: at(40), by: ANN };
        assert_eq!(answered, Some(wait));
        assert_eq!((question.waiting_since, question.holder(at(41))), (None, Some(ANN)));
        let (question, answered) = question.heard(Speaker::Answerer(ANN), at(50));
        assert_eq!(answered, None, "nobody waited");
        let done = question.resolve(ANN, at(60)).unwrap();
        assert_eq!((done.resolved_at, done.holder(at(60))), (Some(at(60)), None));
        let (again, _) = done.heard(Speaker::Owner, at(70));
        assert_eq!((again.waiting_since, again.resolved_at), (Some(at(70)), None));
    }

    /// MSG-08: an accepted answer closes the question whoever holds it; taken back, it waits again.
    #[test]
    fn an_accepted_answer_ends_the_wait_and_the_claim() {
        let (asked, _) = Question::default().heard(Speaker::Owner, at(10));
        let held = asked.claim(ANN, at(20)).unwrap();
        let done = held.accepted(BOB, at(30));
        assert_eq!((done.resolved_at, done.resolved_by), (Some(at(30)), Some(BOB)));
        assert_eq!((done.waiting_since, done.holder(at(30))), (None, None));
        let again = done.reopened(at(40));
        assert_eq!((again.waiting_since, again.resolved_at), (Some(at(40)), None));
        assert_eq!(asked.reopened(at(40)).waiting_since, Some(at(10)));
        let (more, _) = done.heard(Speaker::Owner, at(50));
        assert_eq!((more.waiting_since, more.resolved_at), (Some(at(50)), None));
    }

    #[test]
    fn one_holds_a_question_until_it_lapses() {
        let held = Question::default().claim(ANN, at(0)).unwrap();
        assert_eq!(held.claim(BOB, at(119)), Err(ANN));
        assert_eq!(held.resolve(BOB, at(1)), Err(ANN));
        assert_eq!(held.pass(BOB, BOB, at(1)), Err(ANN));
        assert_eq!(held.release(BOB), held);
        let renewed = held.claim(ANN, at(100)).unwrap();
        assert_eq!((renewed.claimed_at, renewed.holder(at(219))), (Some(at(0)), Some(ANN)));
        assert_eq!(renewed.holder(at(220)), None);
        assert_eq!(renewed.claim(BOB, at(220)).unwrap().holder(at(221)), Some(BOB));
        assert_eq!(held.release(ANN).holder(at(1)), None);
        assert_eq!(held.pass(ANN, BOB, at(10)).unwrap().holder(at(11)), Some(BOB));
        let (question, _) = held.heard(Speaker::Answerer(BOB), at(5));
        assert_eq!(question.holder(at(6)), Some(ANN), "an answer in passing takes nothing away");
    }

    /// MSG-08: of a question that waits a release leaves nothing; one that was answered stays with whoever answered
    /// it, free for others, until it is done.
    #[test]
    fn a_released_question_stays_in_some_list() {
        let (asked, _) = Question::default().heard(Speaker::Owner, at(0));
        let released = asked.claim(ANN, at(1)).unwrap().release(ANN);
        assert_eq!(released, asked, "it waits, for whoever comes first");

        let (answered, _) = asked.heard(Speaker::Answerer(ANN), at(2));
        let released = answered.release(ANN);
        assert_eq!((released.claimed_by, released.holder(at(3))), (Some(ANN), None));
        assert_eq!(released.release(ANN), released);
        assert_eq!(released.release(BOB), released);
        assert_eq!(released.claim(BOB, at(3)).unwrap().holder(at(4)), Some(BOB));
        let (again, _) = released.heard(Speaker::Owner, at(5));
        assert_eq!((again.waiting_since, again.holder(at(5))), (Some(at(5)), None));

        let reopened = answered.resolve(ANN, at(6)).unwrap().claim(ANN, at(7)).unwrap();
        assert_eq!(reopened.release(ANN).claimed_by, None, "what is done is nobody's");
    }

    proptest! {
        /// Whatever happens in whatever order: a live claim is ended by nobody but its holder.
        #[test]
        fn nobody_takes_what_another_holds(acts in prop::collection::vec((0u8..7, 0i64..300), 1..40)) {
            let mut question = Question::default();
            let mut now = 0;
            for (act, later) in acts {
                now += later;
                let before = question.holder(at(now));
                let (who, next) = match act {
                    0 => (ANN, question.claim(ANN, at(now)).unwrap_or(question)),
                    1 => (BOB, question.claim(BOB, at(now)).unwrap_or(question)),
                    2 => (BOB, question.release(BOB)),
                    3 => (BOB, question.resolve(BOB, at(now)).unwrap_or(question)),
                    4 => (BOB, question.heard(Speaker::Answerer(BOB), at(now)).0),
                    5 => (ANN, question.pass(ANN, BOB, at(now)).unwrap_or(question)),
                    _ => (Uuid::nil(), question.heard(Speaker::Owner, at(now)).0),
                };
                question = next;
                if let Some(holder) = before && holder != who {
                    prop_assert_eq!(question.holder(at(now)), Some(holder));
                }
                // What was touched is in a list: it waits, it is somebody's, or it is done.
                let listed = question.waiting_since.or(question.resolved_at).is_some()
                    || question.claimed_by.is_some();
                prop_assert!(listed || question == Question::default());
            }
        }
    }
}
