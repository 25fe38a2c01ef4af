//! Numbers: read as people write them, compared as exact fractions.

mod read;

use serde_json::Value;

use crate::exact::Rational;
use crate::types::{Hint, Interval, Judged, NumberBody, NumberKey, NumberMode, Percent, UnitMode};
use crate::{Faults, Fractions, Score};
use read::{Manner, Reading, clean, read, without_name};

/// Most right values, ranges and units.
const MAX_VALUES: usize = 20;
/// Longest spelling of a unit, characters.
const MAX_UNIT: usize = 20;

/// A number as an author writes it: one reading, no unit, no per cent.
pub(crate) fn read_plain(text: &str) -> Option<Rational> {
    let manner =
        Manner { percent: Percent::Reject, fractions: Fractions::Allow, thousands_comma: false };
    let readings = read(&clean(text).ok()?, manner).ok()?;
    readings.into_iter().next().map(|reading| reading.value)
}

pub(crate) fn check(body: &mut NumberBody, key: &mut NumberKey, faults: &mut Faults) {
    let something = !key.values.is_empty() || !key.intervals.is_empty();
    faults.ensure(something, "key.values", "Give a right number or a range.");
    faults.ensure(key.values.len() <= MAX_VALUES, "key.values", "At most 20 numbers fit.");
    faults.ensure(key.intervals.len() <= MAX_VALUES, "key.intervals", "At most 20 ranges fit.");
    let list = key.mode == NumberMode::All && !key.intervals.is_empty();
    faults.ensure(!list, "key.intervals", "A list of all numbers has no ranges.");
    for (name, tolerance) in [("key.abs", &key.abs), ("key.rel", &key.rel)] {
        let fits = tolerance.as_ref().is_none_or(|tolerance| !tolerance.value().is_negative());
        faults.ensure(fits, name, "A tolerance is not below zero.");
    }
    let fits = key.digits.is_none_or(|digits| (1..=30).contains(&digits));
    faults.ensure(fits, "key.digits", "Between 1 and 30 digits.");
    let told = !key.min_given || key.digits.is_some();
    faults.ensure(told, "key.digits", "Say how many digits must be given.");
    for (n, range) in key.intervals.iter().enumerate() {
        let field = format!("key.intervals[{n}]");
        match (&range.from, &range.to) {
            (None, None) => faults.add(field, "A range has a beginning or an end."),
            (Some(from), Some(to)) => {
                let open = range.from_open || range.to_open;
                let holds = from.value() < to.value() || (from == to && !open);
                faults.ensure(holds, &field, "There is nothing in this range.");
            }
            _ => {}
        }
    }
    check_units(key, faults);
    body.unit = key.unit;
    body.units = key.units.iter().map(|unit| unit.spelling.clone()).collect();
}

fn check_units(key: &mut NumberKey, faults: &mut Faults) {
    if key.unit == UnitMode::None {
        key.units.clear();
        return;
    }
    faults.ensure(!key.units.is_empty(), "key.units", "Name the unit.");
    faults.ensure(key.units.len() <= MAX_VALUES, "key.units", "At most 20 units fit.");
    let mut seen = std::collections::HashSet::new();
    for (n, unit) in key.units.iter_mut().enumerate() {
        let at = |field: &str| format!("key.units[{n}].{field}");
        unit.spelling = unit.spelling.trim().to_owned();
        let plain = plain_unit(&unit.spelling);
        let fits = !plain.is_empty()
            && plain.chars().count() <= MAX_UNIT
            && !plain.starts_with(|c: char| c.is_ascii_digit() || "+-.,".contains(c));
        faults.ensure(fits, &at("spelling"), "A unit has 1 to 20 characters and is no number.");
        faults.ensure(seen.insert(plain), &at("spelling"), "This unit stands here twice.");
        let factor = unit.factor.value();
        let positive = !factor.is_zero() && !factor.is_negative();
        faults.ensure(positive, &at("factor"), "A unit is more than nothing.");
    }
}

pub(crate) fn judge(_: &NumberBody, key: &NumberKey, answer: &Value, locale: &str) -> Judged {
    let Some(text) = answer.as_str() else { return Judged::invalid(Hint::Shape) };
    match understood(text, key, locale) {
        Err(hint) => Judged::invalid(hint),
        Ok(numbers) => {
            let right = match key.mode {
                NumberMode::All => all_right(&numbers, key),
                NumberMode::Any => numbers
                    .first()
                    .is_some_and(|readings| readings.iter().any(|reading| is_right(reading, key))),
            };
            let shown = in_words(&numbers);
            let score = if right { Score::ONE } else { Score::ZERO };
            Judged { read_as: Some(shown.clone()), ..Judged::scored(score, shown) }
        }
    }
}

fn in_words(numbers: &[Vec<Reading>]) -> String {
    let number = |readings: &Vec<Reading>| {
        let readings: Vec<String> =
            readings.iter().map(|reading| reading.value.to_string()).collect();
        readings.join(" | ")
    };
    numbers.iter().map(number).collect::<Vec<_>>().join("; ")
}

/// The readings of each number in the answer, in base units.
fn understood(text: &str, key: &NumberKey, locale: &str) -> Result<Vec<Vec<Reading>>, Hint> {
    let text = clean(text)?;
    if text.is_empty() {
        return Err(Hint::Empty);
    }
    let parts: Vec<&str> = match key.mode {
        // Each may have a name of its own: `x1 = 2; x2 = -3`.
        NumberMode::All => {
            let parts = text.split(';').map(|part| without_name(part.trim()));
            parts.filter(|part| !part.is_empty()).collect()
        }
        NumberMode::Any if text.contains(';') => return Err(Hint::OneNumber),
        NumberMode::Any => vec![without_name(&text)],
    };
    if parts.is_empty() {
        return Err(Hint::Empty);
    }
    let numbers: Result<Vec<_>, Hint> =
        parts.into_iter().map(|part| one(part, key, locale)).collect();
    let numbers = numbers?;
    if let (true, Some(digits)) = (key.min_given, key.digits)
        && numbers.iter().flatten().any(|reading| reading.given < digits)
    {
        return Err(Hint::MoreDigits);
    }
    Ok(numbers)
}

fn one(text: &str, key: &NumberKey, locale: &str) -> Result<Vec<Reading>, Hint> {
    let manner = Manner {
        percent: key.percent,
        fractions: key.fractions,
        thousands_comma: matches!(locale, "en" | "he"),
    };
    let unit = if key.unit == UnitMode::None { None } else { with_unit(text, key) };
    let (number, factor) = match &unit {
        Some((number, factor)) => (*number, Some(factor)),
        None => (text, None),
    };
    let mut readings = read(number, manner).map_err(|hint| {
        let begins = number.starts_with(|c: char| c.is_ascii_digit() || "+-.,".contains(c));
        let letters = number.chars().any(char::is_alphabetic);
        let stray = factor.is_none() && begins && letters && hint == Hint::NotANumber;
        if stray { Hint::UnitUnknown } else { hint }
    })?;
    if factor.is_none() && key.unit == UnitMode::Required {
        return Err(Hint::UnitMissing);
    }
    if let Some(factor) = factor {
        for reading in &mut readings {
            reading.value = reading.value.times(factor);
        }
    }
    Ok(readings)
}

/// As an answer is cleaned, so that `Н·м` and `5′` meet what was typed; nothing where it is too long for one.
fn plain_unit(spelling: &str) -> String {
    clean(spelling).unwrap_or_default()
}

/// What stands before the longest unit that fits, and how many base units that is.
fn with_unit<'a>(text: &'a str, key: &NumberKey) -> Option<(&'a str, Rational)> {
    let mut units: Vec<(String, Rational)> =
        key.units.iter().map(|unit| (plain_unit(&unit.spelling), unit.factor.value())).collect();
    units.sort_by_key(|(spelling, _)| std::cmp::Reverse(spelling.chars().count()));
    units.into_iter().find_map(|(spelling, factor)| {
        let number = text.strip_suffix(&spelling)?;
        let runs_on =
            spelling.starts_with(char::is_alphabetic) && number.ends_with(char::is_alphabetic);
        let number = number.trim_end();
        (!runs_on && !number.is_empty()).then_some((number, factor))
    })
}

fn is_right(reading: &Reading, key: &NumberKey) -> bool {
    let x = &reading.value;
    key.values.iter().any(|value| is_near(x, &value.value(), key))
        || key.intervals.iter().any(|range| is_within(x, range))
}

/// |a − x| <= max(abs, rel·|a|), inclusive; or the same after rounding.
fn is_near(x: &Rational, a: &Rational, key: &NumberKey) -> bool {
    let zero = Rational::zero();
    let abs = key.abs.as_ref().map_or_else(|| zero.clone(), |abs| abs.value());
    let rel = key.rel.as_ref().map_or(zero, |rel| rel.value().times(&a.abs()));
    if a.minus(x).abs() <= abs.max(rel) {
        return true;
    }
    key.digits.is_some_and(|digits| {
        !a.is_zero() && x.round_significant(digits) == a.round_significant(digits)
    })
}

fn is_within(x: &Rational, range: &Interval) -> bool {
    let from = range.from.as_ref().map(|from| from.value());
    let to = range.to.as_ref().map(|to| to.value());
    from.is_none_or(|from| if range.from_open { *x > from } else { *x >= from })
        && to.is_none_or(|to| if range.to_open { *x < to } else { *x <= to })
}

/// Whether the numbers are all the right ones: each of both sides has one of the other to itself.
fn all_right(numbers: &[Vec<Reading>], key: &NumberKey) -> bool {
    if numbers.len() != key.values.len() {
        return false;
    }
    let fits: Vec<Vec<usize>> = numbers
        .iter()
        .map(|readings| {
            let near = |value: &crate::Exact| {
                let a = value.value();
                readings.iter().any(|reading| is_near(&reading.value, &a, key))
            };
            key.values.iter().enumerate().filter(|(_, v)| near(v)).map(|(n, _)| n).collect()
        })
        .collect();
    let mut taken: Vec<Option<usize>> = vec![None; key.values.len()];
    (0..fits.len()).all(|n| find_place(n, &fits, &mut taken, &mut Vec::new()))
}

/// Kuhn's augmenting path: a place for the `n`-th number, moving others if need be.
fn find_place(
    n: usize,
    fits: &[Vec<usize>],
    taken: &mut Vec<Option<usize>>,
    tried: &mut Vec<usize>,
) -> bool {
    for place in fits.get(n).into_iter().flatten() {
        if tried.contains(place) {
            continue;
        }
        tried.push(*place);
        let holder = taken.get(*place).copied().flatten();
        if holder.is_none_or(|other| find_place(other, fits, taken, tried)) {
            if let Some(slot) = taken.get_mut(*place) {
                *slot = Some(n);
            }
            return true;
        }
    }
    false
}
