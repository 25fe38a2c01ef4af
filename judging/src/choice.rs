//! One of many, and several of many.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use num_bigint::BigInt;
use num_integer::Integer as _;
use serde_json::Value;

use crate::exact::Rational;
use crate::types::{ChoiceBody, ChoiceKey, ChoiceMethod, Hint, Item, Judged};
use crate::{Exact, Faults, MAX_OPTIONS, Score};

/// Largest number under the line of a sum of weights.
const MAX_SHARE: u32 = 10_000;

/// Ids that can stand in a key, each once.
pub(crate) fn check_options(
    field: &str,
    options: &[Item],
    least: usize,
    faults: &mut Faults,
) -> HashSet<String> {
    let fits = (least..=MAX_OPTIONS).contains(&options.len());
    faults.ensure(fits, field, &format!("Between {least} and {MAX_OPTIONS} of them."));
    let mut ids = HashSet::new();
    for (n, option) in options.iter().enumerate() {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let fits = (1..=36).contains(&option.id.len()) && option.id.chars().all(plain);
        let at = format!("{field}[{n}].id");
        faults.ensure(fits, &at, "An id has 1 to 36 letters, digits, - or _.");
        faults.ensure(ids.insert(option.id.clone()), &at, "This id stands here twice.");
    }
    ids
}

fn check_right(body: &ChoiceBody, key: &mut ChoiceKey, faults: &mut Faults) -> HashSet<String> {
    let ids = check_options("body.options", &body.options, 2, faults);
    faults.ensure(!key.right.is_empty(), "key.right", "Say which option is right.");
    let mut seen = HashSet::new();
    let known = key.right.iter().all(|id| ids.contains(id) && seen.insert(id));
    faults.ensure(known, "key.right", "Each right option is one of the options, once.");
    ids
}

pub(crate) fn check_one(body: &mut ChoiceBody, key: &mut ChoiceKey, faults: &mut Faults) {
    check_right(body, key, faults);
    body.pick = None;
    key.method = ChoiceMethod::Exact;
    key.weights = None;
    let wrong = key.right.len() < body.options.len();
    faults.ensure(wrong, "key.right", "Not every option can be right.");
}

pub(crate) fn check_several(body: &mut ChoiceBody, key: &mut ChoiceKey, faults: &mut Faults) {
    let ids = check_right(body, key, faults);
    let options = u32::try_from(body.options.len()).unwrap_or(u32::MAX);
    let fits = body.pick.is_none_or(|pick| (1..=options).contains(&pick));
    faults.ensure(fits, "body.pick", "As many as there are options, or fewer.");
    match (key.method, &key.weights) {
        (ChoiceMethod::Weights, None) => faults.add("key.weights", "Give each option a weight."),
        (ChoiceMethod::Weights, Some(weights)) => check_weights(weights, &ids, faults),
        _ => key.weights = None,
    }
}

fn check_weights(weights: &BTreeMap<String, Exact>, ids: &HashSet<String>, faults: &mut Faults) {
    let field = "key.weights";
    let known = weights.keys().all(|id| ids.contains(id));
    faults.ensure(known, field, "Only options have weights.");
    let one = Rational::whole(1);
    let mut common = BigInt::from(1);
    let (mut all, mut right) = (Rational::zero(), Rational::zero());
    for weight in weights.values().map(Exact::value) {
        faults.ensure(weight.abs() <= one, field, "A weight is between -1 and 1.");
        common = common.lcm(weight.den());
        all = all.plus(&weight);
        if !weight.is_negative() {
            right = right.plus(&weight);
        }
    }
    faults.ensure(common <= MAX_SHARE.into(), field, "These weights are too fine.");
    faults.ensure(right == one, field, "The positive weights sum to 1.");
    let free = !all.is_zero() && !all.is_negative();
    faults.ensure(
        !free,
        field,
        "Selecting everything must earn nothing: give wrong options negative weights.",
    );
}

pub(crate) fn judge_one(body: &ChoiceBody, key: &ChoiceKey, answer: &Value) -> Judged {
    let Some(id) = answer.as_str() else { return Judged::invalid(Hint::Shape) };
    if id.is_empty() {
        return Judged::invalid(Hint::Empty);
    }
    if !body.options.iter().any(|option| option.id == id) {
        return Judged::invalid(Hint::UnknownOption);
    }
    let right = key.right.iter().any(|right| right == id);
    Judged::scored(if right { Score::ONE } else { Score::ZERO }, id.to_owned())
}

pub(crate) fn judge_several(body: &ChoiceBody, key: &ChoiceKey, answer: &Value) -> Judged {
    let chosen = match ids(answer) {
        Ok(chosen) => chosen,
        Err(hint) => return Judged::invalid(hint),
    };
    if chosen.is_empty() {
        return Judged::invalid(Hint::Empty);
    }
    let options: BTreeSet<&str> = body.options.iter().map(|option| option.id.as_str()).collect();
    if !chosen.iter().all(|id| options.contains(id)) {
        return Judged::invalid(Hint::UnknownOption);
    }
    let set: BTreeSet<&str> = chosen.iter().copied().collect();
    if set.len() != chosen.len() {
        return Judged::invalid(Hint::Shape);
    }
    let count = u32::try_from(set.len()).unwrap_or(u32::MAX);
    match body.pick {
        Some(pick) if count < pick => return Judged::invalid(Hint::ChooseMore),
        Some(pick) if count > pick => return Judged::invalid(Hint::ChooseFewer),
        _ => {}
    }
    let right: BTreeSet<&str> = key.right.iter().map(String::as_str).collect();
    let normal = set.iter().copied().collect::<Vec<_>>().join(",");
    let score = match (key.method, &key.weights) {
        (ChoiceMethod::Weights, Some(weights)) => weigh(weights, &set),
        (method, _) => score(method, options.len(), &right, &set),
    };
    Judged::scored(score, normal)
}

/// A list of ids, bounded.
pub(crate) fn ids(answer: &Value) -> Result<Vec<&str>, Hint> {
    let list = answer.as_array().ok_or(Hint::Shape)?;
    if list.len() > MAX_OPTIONS {
        return Err(Hint::Shape);
    }
    list.iter().map(|id| id.as_str().ok_or(Hint::Shape)).collect()
}

fn weigh(weights: &BTreeMap<String, Exact>, chosen: &BTreeSet<&str>) -> Score {
    let sum = weights
        .iter()
        .filter(|(id, _)| chosen.contains(id.as_str()))
        .fold(Rational::zero(), |sum, (_, weight)| sum.plus(&weight.value()));
    sum.score()
}

/// R right ones, W wrong ones, S chosen; r = |S∩R|, w = |S∩W|, N options.
pub(crate) fn score(
    method: ChoiceMethod,
    options: usize,
    right: &BTreeSet<&str>,
    chosen: &BTreeSet<&str>,
) -> Score {
    let count = |n: usize| i64::try_from(n).unwrap_or(0);
    let (n, all_right) = (count(options), count(right.len()));
    let all_wrong = n - all_right;
    let r = count(chosen.intersection(right).count());
    let w = count(chosen.len()) - r;
    match method {
        ChoiceMethod::Exact | ChoiceMethod::Weights => {
            if r == all_right && w == 0 {
                Score::ONE
            } else {
                Score::ZERO
            }
        }
        ChoiceMethod::Penalty => Score::new(r - w, all_right),
        ChoiceMethod::Balanced if all_wrong == 0 => Score::new(r, all_right),
        ChoiceMethod::Balanced => Score::new(r * all_wrong - w * all_right, all_right * all_wrong),
        ChoiceMethod::Each => Score::new(r + all_wrong - w, n),
        ChoiceMethod::EachMinus => Score::new(2 * (r + all_wrong - w) - n, n),
        ChoiceMethod::Ege2 => match (all_right - r).max(w) {
            0 => Score::ONE,
            1 => Score::new(1, 2),
            _ => Score::ZERO,
        },
    }
}
