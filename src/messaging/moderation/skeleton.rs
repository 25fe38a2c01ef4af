//! What a word looks like to the eye: the form in which forbidden words are kept and compared. Case,
//! accents, look-alike letters of other scripts, digits in the place of letters, invisible characters
//! and stretched letters make no difference. Pure.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Letters of a word at most; what is longer is cut.
const WORD_MAX: usize = 100;
/// So many same letters in a row are one that was stretched.
const STRETCHED: usize = 3;
/// So many single letters with something between them are a word that was spread.
const SPREAD: usize = 3;

/// A word of a text, as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// As it stands there.
    pub plain: String,
    /// With stretched letters as one, if there are any.
    pub squeezed: Option<String>,
}

/// Whether a reader sees nothing of it: zero-width characters, fillers, variation selectors.
pub const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{E0000}'..='\u{E0FFF}')
}

/// A letter of another script that looks like a Latin one.
const fn look_alike(c: char) -> char {
    match c {
        'а' | 'α' => 'a',
        'в' | 'β' => 'b',
        'с' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'ε' | 'є' => 'e',
        'ɡ' => 'g',
        'һ' | 'н' | 'η' => 'h',
        'і' | 'ι' | 'ı' | 'ӏ' | '|' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'м' | 'μ' => 'm',
        'ո' | 'ν' => 'n',
        'о' | 'ο' | 'օ' | 'ס' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' => 'q',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'υ' | 'ս' => 'u',
        'ԝ' | 'ω' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' => 'y',
        // Ukrainian and Uzbek letters that are read as their Russian neighbours.
        'ґ' | 'ғ' => 'г',
        'қ' => 'k',
        'ҳ' => 'x',
        other => other,
    }
}

/// A digit or sign that stands for a letter, in a word that has letters.
const fn disguised(c: char) -> char {
    match c {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        other => other,
    }
}

/// The signs that people type for the apostrophe in oʻ and gʻ.
const fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '`'
            | '´'
            | 'ʻ'
            | 'ʼ'
            | 'ʽ'
            | 'ˈ'
            | '‘'
            | '’'
            | '‛'
            | '′'
            | '＇'
            | '\u{02BE}'
            | '\u{02BF}'
    )
}

/// The text with every character in the form in which it is compared; what parts words stays.
fn unified(text: &str) -> impl Iterator<Item = char> {
    // NFKD of U+00B4 is a space and an accent: apostrophes are unified before anything else.
    text.chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| if is_apostrophe(c) { '\'' } else { c })
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        // Lower case of İ brings an accent of its own.
        .filter(|c| !is_combining_mark(*c))
        .map(look_alike)
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\'' | '@' | '$')
}

fn finished(word: &str) -> Option<String> {
    // `@name` names a person; within a word the sign stands for a letter.
    let word = word.trim_matches(|c| c == '\'').trim_start_matches('@');
    let has_letter = word.chars().any(char::is_alphabetic);
    let word: String = if has_letter {
        word.chars().map(disguised).take(WORD_MAX).collect()
    } else {
        word.chars().take(WORD_MAX).collect()
    };
    (!word.is_empty()).then_some(word)
}

/// A word with its stretched letters as one; `None` when nothing was stretched.
fn squeezed(word: &str) -> Option<String> {
    let mut longest = 0;
    let (mut last, mut run) = (None, 0);
    for c in word.chars() {
        run = if last == Some(c) { run + 1 } else { 1 };
        last = Some(c);
        longest = longest.max(run);
    }
    (longest >= STRETCHED).then(|| once(word))
}

/// A word with every run of one letter as one letter.
pub fn once(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        if !out.ends_with(c) {
            out.push(c);
        }
    }
    out
}

fn token(plain: String) -> Token {
    let squeezed = squeezed(&plain);
    Token { plain, squeezed }
}

/// The words of a text in their order, and behind them the words that were spread letter by letter.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for c in unified(text).chain([' ']) {
        if is_of_word(c) {
            word.push(c);
        } else {
            words.extend(finished(&word));
            word.clear();
        }
    }
    let mut joined: Vec<String> = Vec::new();
    let mut spread = String::new();
    let mut letters = 0;
    for word in words.iter().map(String::as_str).chain([""]) {
        let mut chars = word.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) if c.is_alphabetic() => {
                spread.push(c);
                letters += 1;
            }
            _ => {
                if letters >= SPREAD {
                    joined.push(spread.chars().take(WORD_MAX).collect());
                }
                spread.clear();
                letters = 0;
            }
        }
    }
    words.into_iter().chain(joined).map(token).collect()
}

/// An entry of a word list as it is compared: its words, parted by one space. A `*` at the end stands
/// for any ending. `None`: nothing is left of it.
pub fn of_entry(entry: &str) -> Option<String> {
    let entry = entry.trim();
    let (entry, any_ending) = match entry.strip_suffix('*') {
        Some(stem) => (stem, true),
        None => (entry, false),
    };
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for c in unified(entry).chain([' ']) {
        if is_of_word(c) {
            word.push(c);
        } else {
            words.extend(finished(&word));
            word.clear();
        }
    }
    let joined = words.join(" ");
    (!joined.is_empty()).then(|| if any_ending { format!("{joined}*") } else { joined })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|token| token.plain).collect()
    }

    /// MSG-07
    #[test]
    fn case_accents_look_alikes_and_invisible_characters_make_no_difference() {
        let word = plain("copy");
        for disguise in
            ["COPY", "сору", "СОРУ", "c\u{200B}o\u{2060}p\u{AD}y", "ｃｏｐｙ", "có͂py", "c0py"]
        {
            assert_eq!(plain(disguise), word, "{disguise}");
        }
        assert_eq!(plain("𝕔𝕠𝕡𝕪"), word);
        assert_eq!(plain("ёлка"), plain("елка"));
    }

    /// MSG-07: one Uzbek word, however its apostrophe is typed.
    #[test]
    fn uzbek_apostrophes_are_one() {
        for spelling in ["oʻqi", "oʼqi", "o'qi", "o`qi", "o’qi", "o‘qi", "o´qi", "Oʻqi"] {
            assert_eq!(plain(spelling), ["o'qi"], "{spelling}");
        }
        assert_eq!(plain("'oʻqi'"), ["o'qi"]);
    }

    #[test]
    fn digits_stand_for_letters_only_among_letters() {
        assert_eq!(plain("b0t 100 5"), ["bot", "100", "5"]);
    }

    #[test]
    fn spread_and_stretched_words_are_found_too() {
        assert_eq!(plain("c o p y"), ["c", "o", "p", "y", "copy"]);
        assert_eq!(plain("c.o.p.y!")[4], "copy");
        assert_eq!(plain("I a"), ["i", "a"]);
        assert_eq!(tokens("cooopy")[0].squeezed.as_deref(), Some("copy"));
        assert_eq!(tokens("good")[0].squeezed, None);
    }

    #[test]
    fn an_entry_is_kept_as_it_is_compared() {
        assert_eq!(of_entry(" Сору "), Some("copy".to_owned()));
        assert_eq!(of_entry("Free  money*"), Some("free money*".to_owned()));
        assert_eq!(of_entry("\u{200B}*"), None);
    }

    proptest! {
        #[test]
        fn any_text_has_a_bounded_skeleton(text in "\\PC{0,300}") {
            let found = tokens(&text);
            prop_assert!(found.iter().all(|token| token.plain.chars().count() <= WORD_MAX));
            if let Some(entry) = of_entry(&text) {
                let again = of_entry(&entry);
                prop_assert!(again.is_some());
            }
        }
    }
}
