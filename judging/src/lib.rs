//! Judging: is this answer right? Pure: no clock, no database, no chance.
//!
//! [`check`] judges what an author writes (a task's *body*, which learners see, and its *key*, which
//! they never do); [`judge`] judges what a learner answers. Both are total and bounded: whatever comes
//! in, something is said about it. Scores are exact fractions, and numbers are compared as fractions,
//! never as floats.
//!
//! Methods of partial credit: Moodle's quiz and ordering questions, Canvas' “partial credit with
//! penalty”, the Russian exam's two-point items. Numbers are read as people of four languages write
//! them: decimal comma and point, grouped thousands, fractions, powers of ten, per cent, units.

mod chars;
mod choice;
mod exact;
mod matching;
mod number;
mod open;
mod order;
mod score;
mod shown;
mod text;
mod types;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use exact::Exact;
pub use score::Score;
pub use shown::{SplitMix64, shown};
pub use types::{
    Answer, Body, ChoiceBody, ChoiceKey, ChoiceMethod, FileAnswer, FileBody, Fractions, FreeBody,
    Hint, Interval, Item, Judged, Key, Kind, MatchBody, MatchKey, NumberBody, NumberKey,
    NumberMode, OpenKey, OrderBody, OrderKey, OrderMethod, Parts, Pattern, Percent, TextBody,
    TextKey, Unit, UnitMode, Variant, Verdict,
};

/// Most options, items or pairs of a task.
pub const MAX_OPTIONS: usize = 100;

/// What is wrong with a body or a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct Fault {
    /// Where, such as `key.values[0]`.
    pub field: String,
    /// An English sentence.
    pub message: String,
}

/// The faults found so far.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(Fault { field: field.into(), message: message.into() });
    }

    pub(crate) fn ensure(&mut self, holds: bool, field: &str, message: &str) {
        if !holds {
            self.add(field, message);
        }
    }
}

/// Judges what an author wrote. Gives body and key as they are to be stored: defaults filled in, and
/// what follows from the key written into the body.
///
/// # Errors
/// Every fault: an unknown id, a pattern that does not compile, weights with which selecting
/// everything earns points.
pub fn check(kind: Kind, body: &Value, key: &Value) -> Result<(Value, Value), Vec<Fault>> {
    let mut faults = Faults::default();
    let (body, key) = match kind {
        Kind::Number => both(body, key, &mut faults, number::check),
        Kind::Text => both(body, key, &mut faults, text::check),
        Kind::Choice => both(body, key, &mut faults, choice::check_one),
        Kind::Choices => both(body, key, &mut faults, choice::check_several),
        Kind::Order => both(body, key, &mut faults, order::check),
        Kind::Match => both(body, key, &mut faults, matching::check),
        Kind::Free => both(body, key, &mut faults, open::check_free),
        Kind::File => both(body, key, &mut faults, open::check_file),
    };
    match (body, key, faults.0.is_empty()) {
        (Some(body), Some(key), true) => Ok((body, key)),
        _ => Err(faults.0),
    }
}

fn both<B, K>(
    body: &Value,
    key: &Value,
    faults: &mut Faults,
    check: fn(&mut B, &mut K, &mut Faults),
) -> (Option<Value>, Option<Value>)
where
    B: DeserializeOwned + Serialize,
    K: DeserializeOwned + Serialize,
{
    let body: Option<B> = part(body, "body", faults);
    let key: Option<K> = part(key, "key", faults);
    let (Some(mut body), Some(mut key)) = (body, key) else { return (None, None) };
    check(&mut body, &mut key, faults);
    let (body, key) = (serde_json::to_value(&body).ok(), serde_json::to_value(&key).ok());
    // What is stored is read for every answer: a number whose exact form is longer than what is read is refused here.
    let is_read = key.as_ref().is_some_and(|key| K::deserialize(key).is_ok());
    faults.ensure(is_read, "key", "A number in it is too long to be kept exactly.");
    (body, key)
}

fn part<T: DeserializeOwned>(value: &Value, field: &str, faults: &mut Faults) -> Option<T> {
    match T::deserialize(value) {
        Ok(part) => Some(part),
        Err(error) => {
            faults.add(field, format!("This is not of the right shape: {error}."));
            None
        }
    }
}

/// Judges an answer by the body *as it was shown* and the key. `locale` decides how `1,234` is read:
/// in `en` and `he` also as 1234.
pub fn judge(kind: Kind, body: &Value, key: &Value, answer: &Value, locale: &str) -> Judged {
    match kind {
        Kind::Number => with(body, key, |b, k| number::judge(&b, &k, answer, locale)),
        Kind::Text => with(body, key, |_: TextBody, k| text::judge(&k, answer)),
        Kind::Choice => with(body, key, |b, k| choice::judge_one(&b, &k, answer)),
        Kind::Choices => with(body, key, |b, k| choice::judge_several(&b, &k, answer)),
        Kind::Order => with(body, key, |b, k| order::judge(&b, &k, answer)),
        Kind::Match => with(body, key, |b, k| matching::judge(&b, &k, answer)),
        Kind::Free => with(body, key, |b, _: OpenKey| open::judge_free(&b, answer)),
        Kind::File => with(body, key, |b, _: OpenKey| open::judge_file(&b, answer)),
    }
}

fn with<B: DeserializeOwned, K: DeserializeOwned>(
    body: &Value,
    key: &Value,
    judge: impl FnOnce(B, K) -> Judged,
) -> Judged {
    match (B::deserialize(body), K::deserialize(key)) {
        (Ok(body), Ok(key)) => judge(body, key),
        // What passed `check` reads; anything else cannot be judged.
        _ => Judged::invalid(Hint::Shape),
    }
}

#[cfg(test)]
mod tests;
