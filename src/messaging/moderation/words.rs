//! Words that a message may not hold. All lists count for every message: people write in four
//! languages in one room; the language is only the list's label. Pure.

use std::collections::HashMap;

use super::model::WordVerdict;
use super::skeleton::{self, Token};

/// The word lists, ready to be compared.
#[derive(Debug, Clone, Default)]
pub struct Dictionary {
    /// By the word, or by its first word when there are several.
    words: HashMap<String, WordVerdict>,
    /// As [`Self::words`], for stretched ones.
    squeezed: HashMap<String, WordVerdict>,
    /// Beginnings of words.
    stems: HashMap<String, WordVerdict>,
    /// Characters of the longest beginning.
    longest_stem: usize,
    phrases: HashMap<String, Vec<(Vec<String>, WordVerdict)>>,
}

impl Dictionary {
    /// Of entries as [`skeleton::of_entry`] makes them.
    pub fn of<'a>(entries: impl IntoIterator<Item = (&'a str, WordVerdict)>) -> Self {
        let mut all = Self::default();
        for (entry, verdict) in entries {
            let (entry, any_ending) = match entry.strip_suffix('*') {
                Some(stem) => (stem, true),
                None => (entry, false),
            };
            let mut words = entry.split(' ').map(str::to_owned);
            let Some(first) = words.next() else { continue };
            let rest: Vec<String> = words.collect();
            if !rest.is_empty() {
                let mut rest = rest;
                // An ending left open is open at the last word.
                if any_ending && let Some(last) = rest.last_mut() {
                    last.push('*');
                }
                all.phrases.entry(first).or_default().push((rest, verdict));
            } else if any_ending {
                all.longest_stem = all.longest_stem.max(first.chars().count());
                worse(&mut all.stems, first, verdict);
            } else {
                worse(&mut all.squeezed, skeleton::once(&first), verdict);
                worse(&mut all.words, first, verdict);
            }
        }
        all
    }

    /// The worst that the lists say of a text.
    pub fn judge(&self, text: &str) -> Option<WordVerdict> {
        if self.words.is_empty() && self.stems.is_empty() && self.phrases.is_empty() {
            return None;
        }
        let tokens = skeleton::tokens(text);
        let mut worst = None;
        for (at, token) in tokens.iter().enumerate() {
            worst = worst.max(self.of_token(token)).max(self.of_phrase(&tokens, at));
            if worst == Some(WordVerdict::Reject) {
                break;
            }
        }
        worst
    }

    fn of_token(&self, token: &Token) -> Option<WordVerdict> {
        let plain = self.words.get(&token.plain).copied().max(self.of_stem(&token.plain));
        match &token.squeezed {
            Some(word) => plain.max(self.squeezed.get(word).copied()).max(self.of_stem(word)),
            None => plain,
        }
    }

    fn of_stem(&self, word: &str) -> Option<WordVerdict> {
        let ends = word.char_indices().map(|(at, c)| at + c.len_utf8()).take(self.longest_stem);
        ends.filter_map(|end| self.stems.get(word.get(..end)?).copied()).max()
    }

    fn of_phrase(&self, tokens: &[Token], at: usize) -> Option<WordVerdict> {
        let first = tokens.get(at)?;
        let phrases = self.phrases.get(&first.plain)?;
        let rest = tokens.get(at + 1..)?;
        let fits = |phrase: &[String]| {
            phrase.len() <= rest.len()
                && phrase.iter().zip(rest).all(|(word, token)| match word.strip_suffix('*') {
                    Some(stem) => token.plain.starts_with(stem),
                    None => token.plain == *word,
                })
        };
        phrases.iter().filter(|(phrase, _)| fits(phrase)).map(|(_, verdict)| *verdict).max()
    }
}

fn worse(map: &mut HashMap<String, WordVerdict>, word: String, verdict: WordVerdict) {
    let held = map.entry(word).or_insert(verdict);
    *held = verdict.max(*held);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dictionary() -> Dictionary {
        let entries = [
            ("Дурак*", WordVerdict::Reject),
            ("spam", WordVerdict::Reject),
            ("oʻgʻri", WordVerdict::Hold),
            ("free money", WordVerdict::Hold),
            ("buy essay*", WordVerdict::Reject),
            ("as", WordVerdict::Hold),
        ];
        let skeletons: Vec<(String, WordVerdict)> =
            entries.iter().map(|(word, v)| (skeleton::of_entry(word).unwrap(), *v)).collect();
        Dictionary::of(skeletons.iter().map(|(word, v)| (word.as_str(), *v)))
    }

    /// MSG-07
    #[test]
    fn a_forbidden_word_is_found_in_its_disguises() {
        let words = dictionary();
        for text in [
            "it is SPAM!",
            "sраm",
            "s\u{200B}pam",
            "sp4m",
            "spaaaam",
            "s p a m",
            "дурака",
            "ДУРАКАМИ",
            "дуpак",
            "buy ESSAYS here",
        ] {
            assert_eq!(words.judge(text), Some(WordVerdict::Reject), "{text}");
        }
        for text in ["o'g'ri", "oʻgʻri", "O`G`RI", "get free money now"] {
            assert_eq!(words.judge(text), Some(WordVerdict::Hold), "{text}");
        }
    }

    #[test]
    fn what_only_resembles_passes() {
        let words = dictionary();
        for text in ["spams", "free the money", "ass", "money free", "buy an essay", "", "🙂"] {
            assert_eq!(words.judge(text), None, "{text}");
        }
        assert_eq!(Dictionary::default().judge("spam"), None);
    }

    #[test]
    fn the_worst_counts() {
        assert_eq!(dictionary().judge("oʻgʻri spam"), Some(WordVerdict::Reject));
    }
}
