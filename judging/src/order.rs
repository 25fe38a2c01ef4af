//! Items put in order.

use std::collections::HashMap;

use serde_json::Value;

use crate::choice::{check_options, ids};
use crate::types::{Hint, Judged, OrderBody, OrderKey, OrderMethod};
use crate::{Faults, Score};

pub(crate) fn check(body: &mut OrderBody, key: &mut OrderKey, faults: &mut Faults) {
    let ids = check_options("body.items", &body.items, 2, faults);
    let mut seen = std::collections::HashSet::new();
    let whole = key.order.len() == ids.len()
        && key.order.iter().all(|id| ids.contains(id) && seen.insert(id));
    faults.ensure(whole, "key.order", "The order names every item once.");
    // What is stored says nothing about the key.
    body.items.sort_by(|a, b| a.id.cmp(&b.id));
}

pub(crate) fn judge(body: &OrderBody, key: &OrderKey, answer: &Value) -> Judged {
    let given = match ids(answer) {
        Ok(given) => given,
        Err(hint) => return Judged::invalid(hint),
    };
    if given.is_empty() {
        return Judged::invalid(Hint::Empty);
    }
    if given.len() == body.items.len() && given.iter().zip(&body.items).all(|(id, i)| *id == i.id) {
        return Judged::invalid(Hint::NotMoved);
    }
    let place: HashMap<&str, usize> =
        key.order.iter().enumerate().map(|(n, id)| (id.as_str(), n)).collect();
    let places: Option<Vec<usize>> = given.iter().map(|id| place.get(id).copied()).collect();
    let Some(places) = places else { return Judged::invalid(Hint::UnknownOption) };
    let mut seen = vec![false; place.len()];
    for at in &places {
        match seen.get_mut(*at) {
            Some(seen) if !*seen => *seen = true,
            _ => return Judged::invalid(Hint::Shape),
        }
    }
    if places.len() != place.len() {
        return Judged::invalid(Hint::Incomplete);
    }
    Judged::scored(score(key.method, &places), given.join(","))
}

/// `places` are the right places of the items in the order in which they were put.
pub(crate) fn score(method: OrderMethod, places: &[usize]) -> Score {
    let count = |n: usize| i64::try_from(n).unwrap_or(0);
    let n = count(places.len());
    let in_place = || places.iter().enumerate().filter(|(at, place)| at == *place).count();
    if n < 2 {
        return if in_place() == places.len() && n > 0 { Score::ONE } else { Score::ZERO };
    }
    match method {
        OrderMethod::Exact => {
            if in_place() == places.len() {
                Score::ONE
            } else {
                Score::ZERO
            }
        }
        OrderMethod::Absolute => Score::new(count(in_place()), n),
        OrderMethod::Adjacent => {
            let pairs = places.iter().zip(places.iter().skip(1));
            Score::new(count(pairs.filter(|(a, b)| **a + 1 == **b).count()), n - 1)
        }
        OrderMethod::Longest => Score::new(count(longest(places)) - 1, n - 1),
        OrderMethod::Kendall => {
            let mut agree = 0;
            for (at, a) in places.iter().enumerate() {
                let later = places.iter().skip(at + 1);
                agree += later.map(|b| if a < b { 1 } else { -1 }).sum::<i64>();
            }
            Score::new(agree, n * (n - 1) / 2)
        }
        OrderMethod::Distance => {
            let near = places.iter().enumerate().map(|(at, place)| n - count(at.abs_diff(*place)));
            Score::new(near.sum(), n * n)
        }
    }
}

/// Length of the longest rising row.
fn longest(places: &[usize]) -> usize {
    let mut ends: Vec<usize> = Vec::new();
    for place in places {
        let at = ends.partition_point(|end| end < place);
        match ends.get_mut(at) {
            Some(end) => *end = *place,
            None => ends.push(*place),
        }
    }
    ends.len()
}
