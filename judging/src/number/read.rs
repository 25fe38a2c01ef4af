//! How a number that somebody typed is read.

use num_bigint::BigInt;
use num_integer::Integer as _;
use num_traits::{One as _, ToPrimitive as _};
use unicode_normalization::UnicodeNormalization as _;

use crate::chars::{ascii_digit, collapse, is_dropped, is_minus, is_vulgar_fraction, superscript};
use crate::exact::Rational;
use crate::types::{Fractions, Hint, Percent};

/// Longest answer, characters.
pub(crate) const MAX_CHARS: usize = 64;
/// Largest power of ten.
const MAX_EXPONENT: i32 = 30;

/// One way in which a text can be read as a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The number.
    pub value: Rational,
    /// Significant digits that were given.
    pub given: u32,
}

/// How per cent and fractions are taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    pub percent: Percent,
    pub fractions: Fractions,
    /// Whether `1,234` may also be 1234.
    pub thousands_comma: bool,
}

/// The text with one form for each sign: ASCII digits, `-`, `/`, `.`, `'`, `*`, `^`, single spaces.
pub(crate) fn clean(text: &str) -> Result<String, Hint> {
    if text.chars().count() > MAX_CHARS {
        return Err(Hint::TooLong);
    }
    // Superscripts first: NFKC alone turns 10³ into 103.
    let mut spread = String::new();
    let (mut after_digit, mut raised) = (false, false);
    for c in text.chars().filter(|c| !is_dropped(*c)) {
        match superscript(c) {
            Some(plain) if raised || after_digit => {
                if !raised {
                    spread.push('^');
                }
                spread.push(plain);
                (raised, after_digit) = (true, false);
                continue;
            }
            _ => raised = false,
        }
        if is_vulgar_fraction(c) && after_digit {
            spread.push(' ');
        }
        spread.push(c);
        after_digit = ascii_digit(c).is_some();
    }
    let plain: String = spread
        .nfkc()
        .map(|c| match c {
            c if is_minus(c) => '-',
            '\u{2044}' | '\u{2215}' => '/',
            '\u{066B}' => '.',
            '\u{066C}' | '\u{2019}' => '\'',
            '×' | '·' | '⋅' | '∙' => '*',
            c => ascii_digit(c).unwrap_or(c),
        })
        .collect();
    Ok(collapse(&plain))
}

/// What stands behind `x =`, or the whole.
pub(crate) fn without_name(text: &str) -> &str {
    let Some((name, value)) = text.split_once('=') else { return text };
    let name = name.trim();
    let is_name = name.chars().count() <= 8
        && name.chars().next().is_none_or(char::is_alphabetic)
        && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if is_name { value.trim() } else { text }
}

/// The number in a cleaned text without a unit.
pub(crate) fn read(text: &str, manner: Manner) -> Result<Vec<Reading>, Hint> {
    let (text, percent) = match text.strip_suffix('%') {
        None => (text, false),
        Some(_) if manner.percent == Percent::Reject => return Err(Hint::Percent),
        Some(rest) => (rest.trim_end(), true),
    };
    let (text, negative) = match text.strip_prefix('-') {
        Some(rest) => (rest.trim_start(), true),
        None => (text.strip_prefix('+').unwrap_or(text).trim_start(), false),
    };
    let mut readings = unsigned(text, manner)?;
    for reading in &mut readings {
        if negative {
            reading.value = reading.value.negated();
        }
        if percent && manner.percent == Percent::Fraction {
            reading.value = reading.value.times(&Rational::power_of_ten(-2));
        }
    }
    Ok(readings)
}

fn unsigned(text: &str, manner: Manner) -> Result<Vec<Reading>, Hint> {
    if text.is_empty() {
        return Err(Hint::Empty);
    }
    if let Some((above, below)) = text.split_once('/') {
        return fraction(above.trim(), below.trim(), manner.fractions).map(|reading| vec![reading]);
    }
    if text.contains(['e', 'E', 'е', 'Е', '*', '^']) {
        return scientific(text, manner);
    }
    decimal(text, manner.thousands_comma)
}

fn whole(text: &str) -> Result<BigInt, Hint> {
    let is_plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !is_plain {
        return Err(Hint::NotANumber);
    }
    text.parse().map_err(|_| Hint::NotANumber)
}

/// `a/b`, or `a b/c` with b < c.
fn fraction(above: &str, below: &str, fractions: Fractions) -> Result<Reading, Hint> {
    let den = whole(below)?;
    let (wholes, num, mixed) = match above.split_once(' ') {
        Some((wholes, num)) => (whole(wholes)?, whole(num)?, true),
        None => (BigInt::from(0), whole(above)?, false),
    };
    if den == BigInt::from(0) {
        return Err(Hint::ZeroDenominator);
    }
    if mixed && num >= den {
        return Err(Hint::NotANumber);
    }
    match fractions {
        Fractions::Forbid => return Err(Hint::FractionForbidden),
        Fractions::RequireReduced if !num.gcd(&den).is_one() => {
            return Err(Hint::FractionNotReduced);
        }
        Fractions::Allow | Fractions::RequireReduced => {}
    }
    let value = Rational::new(wholes * &den + num, den).ok_or(Hint::ZeroDenominator)?;
    // An exact number has as many digits as anybody wants.
    Ok(Reading { value, given: u32::MAX })
}

/// `1.2e3`, `1,2*10^3`, `10^5`.
fn scientific(text: &str, manner: Manner) -> Result<Vec<Reading>, Hint> {
    let mut tight = String::new();
    for c in text.chars() {
        let c = if matches!(c, 'E' | 'е' | 'Е') { 'e' } else { c };
        if matches!(c, '*' | '^' | 'e') {
            tight.truncate(tight.trim_end().len());
            tight.push(c);
        } else if !(c == ' ' && tight.ends_with(['*', '^', 'e'])) {
            tight.push(c);
        }
    }
    let (mantissa, exponent) = if let Some(exponent) = tight.strip_prefix("10^") {
        ("1", exponent)
    } else if let Some(parts) = tight.split_once("*10^") {
        parts
    } else {
        tight.split_once('e').ok_or(Hint::NotANumber)?
    };
    let exponent = match exponent.strip_prefix('(') {
        Some(inside) => inside.strip_suffix(')').ok_or(Hint::NotANumber)?,
        None => exponent,
    };
    let (digits, negative) = match exponent.strip_prefix('-') {
        Some(digits) => (digits, true),
        None => (exponent.strip_prefix('+').unwrap_or(exponent), false),
    };
    let size = whole(digits)?.to_i32().filter(|size| *size <= MAX_EXPONENT);
    let size = size.ok_or(Hint::Exponent)?;
    let power = Rational::power_of_ten(if negative { -size } else { size });
    let mut readings = decimal(mantissa, manner.thousands_comma)?;
    for reading in &mut readings {
        reading.value = reading.value.times(&power);
    }
    Ok(readings)
}

/// Digits with a decimal mark and grouping marks. Two readings where a comma may be either.
fn decimal(text: &str, thousands_comma: bool) -> Result<Vec<Reading>, Hint> {
    let known = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | '_' | ' ');
    if !text.chars().all(known) {
        return Err(Hint::NotANumber);
    }
    let count = |mark: char| text.chars().filter(|c| *c == mark).count();
    let (points, commas) = (count('.'), count(','));
    // The last kind of mark is the decimal one, and stands once; the other groups.
    let mark = match (points, commas) {
        (0, 0) => None,
        (0, 1) => Some(','),
        (1, 0) => Some('.'),
        (0, _) | (_, 0) => None,
        _ => {
            let last = text.chars().rev().find(|c| matches!(c, '.' | ','));
            let last = last.ok_or(Hint::NotANumber)?;
            if count(last) > 1 {
                return Err(Hint::NotANumber);
            }
            Some(last)
        }
    };
    let mut readings = vec![with_mark(text, mark)?];
    if thousands_comma
        && mark == Some(',')
        && points == 0
        && let Ok(grouped) = with_mark(text, None)
    {
        readings.push(grouped);
    }
    Ok(readings)
}

/// The number when `mark` is its decimal mark; every other mark groups, and all are of one kind.
fn with_mark(text: &str, mark: Option<char>) -> Result<Reading, Hint> {
    let (before, after) = match mark {
        Some(mark) => text.split_once(mark).ok_or(Hint::NotANumber)?,
        None => (text, ""),
    };
    let mut marks = text.chars().filter(|c| !c.is_ascii_digit() && Some(*c) != mark);
    let group = marks.next();
    if marks.any(|other| Some(other) != group) {
        return Err(Hint::NotANumber);
    }
    let mut digits = String::new();
    grouped(before, group, false, &mut digits)?;
    let wholes = digits.len();
    // Only spaces group behind the mark.
    if group != Some(' ') && after.contains(|c: char| !c.is_ascii_digit()) {
        return Err(Hint::NotANumber);
    }
    grouped(after, group, true, &mut digits)?;
    if digits.is_empty() {
        return Err(Hint::NotANumber);
    }
    let places = i32::try_from(digits.len() - wholes).map_err(|_| Hint::TooLong)?;
    let given = digits.trim_start_matches('0').len();
    let value = Rational::new(whole(&digits)?, BigInt::one()).ok_or(Hint::NotANumber)?;
    Ok(Reading {
        value: value.times(&Rational::power_of_ten(-places)),
        given: u32::try_from(given).unwrap_or(u32::MAX),
    })
}

/// Puts the digits of groups together: three in each, but for the first before the mark and the last
/// behind it.
fn grouped(text: &str, group: Option<char>, behind: bool, digits: &mut String) -> Result<(), Hint> {
    let parts: Vec<&str> = match group {
        Some(group) => text.split(group).collect(),
        None => vec![text],
    };
    let uneven = if behind { parts.len().saturating_sub(1) } else { 0 };
    for (n, part) in parts.iter().enumerate() {
        let fits = match part.len() {
            3 => true,
            1 | 2 => n == uneven,
            // Nothing at all, as in “.5”, or one run of digits.
            _ => parts.len() == 1,
        };
        if !fits {
            return Err(Hint::NotANumber);
        }
        digits.push_str(part);
    }
    Ok(())
}
