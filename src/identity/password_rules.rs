//! Which passwords are taken (NIST SP 800-63B-4): long enough, not made of the person's own words,
//! not among the common ones. No composition rules, no expiry.

use unicode_normalization::UnicodeNormalization as _;

/// Characters at most (code points).
pub const MAX_CHARS: usize = 128;
/// Bytes that are looked at, at most: more is refused before any work is done.
pub const MAX_BYTES: usize = 1024;
/// Characters at least for those who work for the school or teach, without a second factor.
pub const MIN_CHARS_STAFF: usize = 15;
/// Our own words, which make a password easy to guess here.
const PRODUCT: [&str; 3] = ["ilmspace", "ilm", "space"];

/// Why a password is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Weakness {
    /// Fewer characters than this many.
    TooShort(usize),
    /// More than [`MAX_CHARS`].
    TooLong,
    /// Mostly the person's address, name, phone, or our own name.
    OwnWords,
    /// On a list of common ones, or a pattern that is tried early.
    Common,
}

impl Weakness {
    /// What to tell the person.
    pub fn sentence(&self) -> String {
        match self {
            Self::TooShort(least) => {
                format!("Use at least {least} characters; several words work well.")
            }
            Self::TooLong => format!("Use at most {MAX_CHARS} characters."),
            Self::OwnWords => {
                "Leave out your name, your email, your phone and the name of this site.".to_owned()
            }
            Self::Common => {
                "This password is often used or easy to guess. Several unrelated words work well."
                    .to_owned()
            }
        }
    }

    /// A stable name for programs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TooShort(_) => "too_short",
            Self::TooLong => "too_long",
            Self::OwnWords => "own_words",
            Self::Common => "common",
        }
    }
}

/// The one form in which a password is judged and hashed: NFKC, nothing cut off.
pub fn normal(password: &str) -> String {
    password.nfkc().collect()
}

/// Judges a password in its normal form. `own` are the person's words: address, names, phone.
/// Takes milliseconds on hard input: call it on the hashing pool.
///
/// # Errors
/// The first weakness found.
pub fn judge(password: &str, own: &[&str], least: usize) -> Result<(), Weakness> {
    let count = password.chars().count();
    if count < least {
        return Err(Weakness::TooShort(least));
    }
    if count > MAX_CHARS || password.len() > MAX_BYTES {
        return Err(Weakness::TooLong);
    }
    let words = words(own);
    if is_own(password, &words) {
        return Err(Weakness::OwnWords);
    }
    let inputs: Vec<&str> = words.iter().map(String::as_str).chain(PRODUCT).collect();
    // 10^8 guesses, the library's third step: beyond every list of common passwords.
    if zxcvbn::zxcvbn(password, &inputs).score() < zxcvbn::Score::Three {
        return Err(Weakness::Common);
    }
    Ok(())
}

/// The parts of the person's words that are long enough to mean something.
fn words(own: &[&str]) -> Vec<String> {
    own.iter()
        .flat_map(|text| {
            let text = text.to_lowercase();
            let whole = text.clone();
            text.split(|c: char| !c.is_alphanumeric())
                .map(str::to_owned)
                .chain([whole])
                .collect::<Vec<_>>()
        })
        .filter(|word| word.chars().count() >= 3)
        .collect()
}

/// Whether what is left without the own words is too short to be a password.
fn is_own(password: &str, words: &[String]) -> bool {
    let mut rest = password.to_lowercase();
    let before = rest.chars().count();
    let mut words: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .chain(PRODUCT.into_iter().filter(|w| w.len() > 3))
        .collect();
    words.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
    for word in words {
        rest = rest.replace(word, "");
    }
    let left = rest.chars().filter(|c| c.is_alphanumeric()).count();
    left < 6 && rest.chars().count() < before
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OWN: [&str; 4] = ["malika.karimova@example.uz", "Malika", "Karimova", "+998901234567"];

    fn judged(password: &str) -> Result<(), Weakness> {
        judge(&normal(password), &OWN, 10)
    }

    /// IDN-07
    #[test]
    fn long_and_uncommon_is_enough_without_rules_of_composition() {
        for good in [
            "sunny river walk",
            "tog'lar ustida quyosh",
            "синий трактор едет",
            "סוס כחול רץ מהר",
            "kX9#vQ2!mZ7p",
        ] {
            assert_eq!(judged(good), Ok(()), "{good}");
        }
    }

    /// IDN-07
    #[test]
    fn short_own_and_common_passwords_are_named_as_such() {
        assert_eq!(judged("kX9#vQ2!m"), Err(Weakness::TooShort(10)));
        assert_eq!(judged(&"ab ".repeat(43)), Err(Weakness::TooLong));
        for own in
            ["malikakarimova", "Karimova1999", "998901234567", "ilmspace2026", "ILMSPACE-malika"]
        {
            assert_eq!(judged(own), Err(Weakness::OwnWords), "{own}");
        }
        for common in ["password123", "qwertyuiop", "1234567890", "aaaaaaaaaaaa", "iloveyou2024"] {
            assert_eq!(judged(common), Err(Weakness::Common), "{common}");
        }
    }

    #[test]
    fn two_ways_to_write_a_letter_are_one_password() {
        assert_eq!(normal("ｃafe\u{301} №1"), normal("café No1"));
    }

    proptest! {
        #[test]
        fn nothing_makes_the_judge_fall_over(password in "\\PC{0,140}") {
            let _ = judged(&password);
        }
    }
}
