//! Short texts: folded until only what matters is left, then compared with each variant.

use regex::{Regex, RegexBuilder};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization as _;

use crate::chars::{ascii_digit, collapse, is_dropped};
use crate::types::{Hint, Judged, TextBody, TextKey, Verdict};
use crate::{Exact, Faults, Score};

/// Longest answer, variant and feedback, characters.
const MAX_CHARS: usize = 1000;
/// Most variants.
const MAX_VARIANTS: usize = 50;
/// Most patterns. They are compiled for every answer: this, their length, their memory and the length
/// of what they are held against bound what one answer costs.
const MAX_PATTERNS: usize = 10;
/// Longest pattern, characters.
const MAX_PATTERN_CHARS: usize = 200;
/// Longest answer, as it is folded, that patterns and the look for slips are held against, characters.
const MAX_MATCHED: usize = 200;
/// Most memory that a compiled pattern takes, bytes.
const MAX_PATTERN: usize = 1 << 16;
/// Largest number under the line of a share of the points.
const MAX_SHARE: u32 = 1000;

/// Latin letters and the Cyrillic ones that look the same.
const LATIN: &str = "ABCEHKMOPTXYaceopxyki";
const CYRILLIC: &str = "АВСЕНКМОРТХУасеорхукі";

pub(crate) fn check(_: &mut TextBody, key: &mut TextKey, faults: &mut Faults) {
    let something = !key.variants.is_empty() || !key.patterns.is_empty();
    faults.ensure(something, "key.variants", "Give a right text.");
    faults.ensure(key.variants.len() <= MAX_VARIANTS, "key.variants", "At most 50 texts fit.");
    faults.ensure(key.patterns.len() <= MAX_PATTERNS, "key.patterns", "At most 10 patterns fit.");
    let mut whole = false;
    for (n, variant) in key.variants.iter().take(MAX_VARIANTS).enumerate() {
        let at = |field: &str| format!("key.variants[{n}].{field}");
        let fits =
            variant.text.chars().count() <= MAX_CHARS && !fold(&variant.text, key, None).is_empty();
        faults.ensure(fits, &at("text"), "Between 1 and 1000 characters that count.");
        check_share(&variant.score, variant.feedback.as_deref(), &at, faults);
        whole |= variant.score.value().score() == Score::ONE;
    }
    for (n, pattern) in key.patterns.iter().take(MAX_PATTERNS).enumerate() {
        let at = |field: &str| format!("key.patterns[{n}].{field}");
        if pattern.pattern.is_empty() || pattern.pattern.chars().count() > MAX_PATTERN_CHARS {
            faults.add(at("pattern"), "Between 1 and 200 characters.");
        } else if let Err(error) = compile(&pattern.pattern, key.case_sensitive) {
            faults.add(at("pattern"), format!("This pattern cannot be used: {error}"));
        }
        check_share(&pattern.score, pattern.feedback.as_deref(), &at, faults);
        whole |= pattern.score.value().score() == Score::ONE;
    }
    faults.ensure(whole || !something, "key.variants", "One of the texts earns all points.");
}

fn check_share(
    score: &Exact,
    feedback: Option<&str>,
    at: &impl Fn(&str) -> String,
    faults: &mut Faults,
) {
    let value = score.value();
    let fits = !value.is_zero()
        && !value.is_negative()
        && value <= Exact::ONE.value()
        && *value.den() <= MAX_SHARE.into();
    faults.ensure(fits, &at("score"), "A share of the points is above 0 and at most 1.");
    let fits = feedback.is_none_or(|text| text.chars().count() <= MAX_CHARS);
    faults.ensure(fits, &at("feedback"), "At most 1000 characters fit.");
}

pub(crate) fn judge(key: &TextKey, answer: &Value) -> Judged {
    let Some(text) = answer.as_str() else { return Judged::invalid(Hint::Shape) };
    if text.chars().count() > MAX_CHARS {
        return Judged::invalid(Hint::TooLong);
    }
    let normal = fold(text, key, None);
    if normal.is_empty() {
        return Judged::invalid(Hint::Empty);
    }
    // The best of what fits, the author's order breaking ties.
    let mut best: Option<(Score, Option<&String>)> = None;
    let mut take = |score: Score, feedback| {
        if best.is_none_or(|(other, _)| score > other) {
            best = Some((score, feedback));
        }
    };
    for variant in &key.variants {
        let script = key.lookalikes.then(|| script_of(&variant.text)).flatten();
        if fold(text, key, script) == fold(&variant.text, key, None) {
            take(variant.score.value().score(), variant.feedback.as_ref());
        }
    }
    let plain = collapse(&text.chars().filter(|c| !is_dropped(*c)).nfkc().collect::<String>());
    let shorter = |text: &str| text.chars().nth(MAX_MATCHED).is_none();
    let (plain_fits, normal_fits) = (shorter(&plain), plain != normal && shorter(&normal));
    for pattern in &key.patterns {
        if !plain_fits && !normal_fits {
            break;
        }
        // What passed `check` compiles.
        let Ok(regex) = compile(&pattern.pattern, key.case_sensitive) else { continue };
        if (plain_fits && regex.is_match(&plain)) || (normal_fits && regex.is_match(&normal)) {
            take(pattern.score.value().score(), pattern.feedback.as_ref());
        }
    }
    match best {
        Some((score, feedback)) => {
            Judged { feedback: feedback.cloned(), ..Judged::scored(score, normal) }
        }
        None => {
            let almost = key.near_miss
                && !key.digits_any_order
                && shorter(&normal)
                && key.variants.iter().any(|v| is_near(&normal, &fold(&v.text, key, None)));
            let judged = Judged::scored(Score::ZERO, normal);
            debug_assert_eq!(judged.verdict, Verdict::Wrong);
            Judged { hint: almost.then_some(Hint::Almost), ..judged }
        }
    }
}

/// The pattern over the whole answer; linear in time, bounded in memory.
fn compile(pattern: &str, case_sensitive: bool) -> Result<Regex, regex::Error> {
    RegexBuilder::new(&format!("^(?:{pattern})$"))
        .case_insensitive(!case_sensitive)
        .size_limit(MAX_PATTERN)
        .dfa_size_limit(MAX_PATTERN)
        .build()
}

/// A script that all letters of a text are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Cyrillic,
}

fn script_of(text: &str) -> Option<Script> {
    let text: String = text.nfkc().collect();
    let mut letters = text.chars().filter(|c| c.is_alphabetic() && !is_apostrophe(*c));
    let of = |c: char| match c {
        'A'..='Z' | 'a'..='z' | '\u{00C0}'..='\u{024F}' | '\u{1E00}'..='\u{1EFF}' => {
            Some(Script::Latin)
        }
        '\u{0400}'..='\u{052F}' => Some(Script::Cyrillic),
        _ => None,
    };
    let first = of(letters.next()?)?;
    letters.all(|c| of(c) == Some(first)).then_some(first)
}

/// The letter of `script` that looks like `c`.
fn look_alike(c: char, script: Script) -> char {
    let (from, to) = match script {
        Script::Cyrillic => (LATIN, CYRILLIC),
        Script::Latin => (CYRILLIC, LATIN),
    };
    from.chars().position(|other| other == c).and_then(|at| to.chars().nth(at)).unwrap_or(c)
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | 'ʻ' | 'ʼ' | '`' | '´' | 'ʹ' | '′' | '׳')
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '«' | '»' | '„' | '“' | '”' | '″' | '״')
}

fn is_dash(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE63}' | '\u{FF0D}' | '\u{05BE}')
}

/// Vowel points and cantillation marks.
fn is_point(c: char) -> bool {
    matches!(c, '\u{0591}'..='\u{05BD}' | '\u{05BF}' | '\u{05C1}'..='\u{05C2}' | '\u{05C4}'..='\u{05C5}' | '\u{05C7}')
}

/// Full case folding: `ß` is `ss`, `ς` is `σ`. By way of capitals; the dotless ı stays what it is.
fn fold_case(c: char) -> String {
    if c == 'ı' {
        return c.to_string();
    }
    c.to_uppercase().flat_map(char::to_lowercase).collect()
}

/// The text with everything gone that does not matter.
fn fold(text: &str, key: &TextKey, script: Option<Script>) -> String {
    // Signs before NFKC, which turns ´ into a space and an accent.
    let signs = text.chars().filter(|c| !is_dropped(*c)).map(|c| match c {
        c if is_apostrophe(c) => '\'',
        c if is_quote(c) => '"',
        c if is_dash(c) => '-',
        c => c,
    });
    let without_points: String =
        signs.nfkc().collect::<String>().nfd().filter(|c| !is_point(*c)).collect();
    let mut folded: String =
        without_points.nfc().map(|c| script.map_or(c, |script| look_alike(c, script))).collect();
    if !key.case_sensitive {
        folded = folded.chars().map(fold_case).collect::<String>().nfkc().collect();
    }
    if key.digits_any_order {
        let mut digits: Vec<char> = folded.chars().filter_map(ascii_digit).collect();
        digits.sort_unstable();
        return digits.into_iter().collect();
    }
    let letters: Vec<char> = folded.chars().collect();
    let letter_at =
        |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|c| c.is_alphabetic());
    let mut plain = String::with_capacity(folded.len());
    for (at, c) in letters.iter().enumerate() {
        match c {
            'ё' if !key.yo_distinct => plain.push('е'),
            'Ё' if !key.yo_distinct => plain.push('Е'),
            // Gershayim inside a Hebrew abbreviation.
            '"' if letter_at(at.checked_sub(1)) && letter_at(at.checked_add(1)) => {}
            '.' | ',' | ';' | ':' | '!' | '?' | '"' | '(' | ')' | '…' => plain.push(' '),
            c => plain.push(*c),
        }
    }
    let plain = collapse(&plain);
    if key.ignore_spaces { plain.replace(' ', "") } else { plain }
}

/// One slip in 6 characters or more, two in 12 or more (Damerau and Levenshtein, with neighbours
/// swapped). Both are folded.
fn is_near(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let most = match b.len() {
        0..=5 => return false,
        6..=11 => 1,
        _ => 2,
    };
    if a.len().abs_diff(b.len()) > most {
        return false;
    }
    distance(&a, &b) <= most
}

fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], n: usize| row.get(n).copied().unwrap_or(usize::MAX / 2);
            let mut least =
                (at(&last, j + 1) + 1).min(at(&row, j) + 1).min(at(&last, j) + usize::from(x != y));
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                least = least.min(at(&before, j - 1) + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_pen_are_near_and_short_words_are_not() {
        assert!(is_near("пушкн", "пушкин"));
        assert!(is_near("пушикн", "пушкин"), "neighbours swapped");
        assert!(!is_near("пушка", "пушкин"));
        assert!(!is_near("кит", "кот"));
        assert!(is_near("фотосентес и", "фотосинтез и"));
        let long: Vec<char> = "я".repeat(1000).chars().collect();
        assert_eq!(distance(&long, &long), 0);
    }
}
