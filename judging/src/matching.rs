//! Pairs matched: each of the left column with one of the right.

use std::collections::HashSet;

use serde_json::Value;

use crate::choice::check_options;
use crate::types::{Hint, Judged, MatchBody, MatchKey, Parts};
use crate::{Faults, MAX_OPTIONS, Score};

pub(crate) fn check(body: &mut MatchBody, key: &mut MatchKey, faults: &mut Faults) {
    let left = check_options("body.left", &body.left, 1, faults);
    let right = check_options("body.right", &body.right, 2, faults);
    let whole = key.pairs.len() == left.len() && key.pairs.keys().all(|id| left.contains(id));
    faults.ensure(whole, "key.pairs", "Every one of the left column has its pair.");
    let known = key.pairs.values().all(|id| right.contains(id));
    faults.ensure(known, "key.pairs", "Pairs are made with the right column.");
    let used: HashSet<&String> = key.pairs.values().collect();
    let once = key.reuse || used.len() == key.pairs.len();
    faults.ensure(once, "key.reuse", "One of the right column is used twice: allow it.");
    body.reuse = key.reuse;
    // What is stored says nothing about the key.
    body.right.sort_by(|a, b| a.id.cmp(&b.id));
}

pub(crate) fn judge(body: &MatchBody, key: &MatchKey, answer: &Value) -> Judged {
    let Some(pairs) = answer.as_object() else { return Judged::invalid(Hint::Shape) };
    if pairs.is_empty() {
        return Judged::invalid(Hint::Empty);
    }
    if pairs.len() > MAX_OPTIONS {
        return Judged::invalid(Hint::Shape);
    }
    let left: HashSet<&str> = body.left.iter().map(|option| option.id.as_str()).collect();
    let right: HashSet<&str> = body.right.iter().map(|option| option.id.as_str()).collect();
    let mut used = HashSet::new();
    let mut parts = Parts::new();
    let mut normal = Vec::new();
    for (from, to) in pairs {
        let Some(to) = to.as_str() else { return Judged::invalid(Hint::Shape) };
        if !left.contains(from.as_str()) || !right.contains(to) {
            return Judged::invalid(Hint::UnknownOption);
        }
        if !used.insert(to) && !key.reuse {
            return Judged::invalid(Hint::UsedTwice);
        }
        parts.insert(from.clone(), key.pairs.get(from).is_some_and(|right| right == to));
        normal.push(format!("{from}={to}"));
    }
    if parts.len() < left.len() {
        return Judged::invalid(Hint::Incomplete);
    }
    let count = |n: usize| i64::try_from(n).unwrap_or(0);
    let right = parts.values().filter(|right| **right).count();
    let score = Score::new(count(right), count(left.len()));
    normal.sort_unstable();
    Judged { parts: Some(parts), ..Judged::scored(score, normal.join(",")) }
}
