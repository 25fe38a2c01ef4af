//! Collects what is wrong with an input, so that a person hears of everything at once.

use std::ops::RangeInclusive;

use unicode_normalization::UnicodeNormalization as _;

use super::{Code, FieldProblem, Problem};

/// The faults found so far.
#[derive(Debug, Default)]
pub struct Checks(Vec<FieldProblem>);

impl Checks {
    /// Nothing wrong yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A line of text: NFC, trimmed, without control characters and bidi overrides, of a length in
    /// characters within `length`. Returns the cleaned text, also when it is at fault.
    pub fn text(&mut self, field: &str, value: &str, length: RangeInclusive<usize>) -> String {
        let text = clean_text(value, false);
        self.length(field, &text, &length);
        text
    }

    /// As [`Checks::text`], with line breaks allowed.
    pub fn lines(&mut self, field: &str, value: &str, length: RangeInclusive<usize>) -> String {
        let text = clean_text(value, true);
        self.length(field, &text, &length);
        text
    }

    fn length(&mut self, field: &str, text: &str, length: &RangeInclusive<usize>) {
        let count = text.chars().count();
        if count == 0 && *length.start() > 0 {
            self.add(field, Code::Required, "This field is needed.");
        } else if count < *length.start() {
            let least = length.start();
            self.add(field, Code::TooShort, format!("At least {least} characters are needed."));
        } else if count > *length.end() {
            let most = length.end();
            self.add(
                field,
                Code::TooLong,
                format!("At most {most} characters fit; this is {count} long."),
            );
        }
    }

    /// Notes a fault.
    pub fn add(&mut self, field: impl Into<String>, code: Code, message: impl Into<String>) {
        self.0.push(FieldProblem {
            field: field.into(),
            code: code.name().to_owned(),
            message: message.into(),
        });
    }

    /// Notes a fault unless `holds`.
    pub fn ensure(&mut self, holds: bool, field: &str, code: Code, message: &str) {
        if !holds {
            self.add(field, code, message);
        }
    }

    /// Goes on if nothing is wrong, else answers `invalid` with every fault.
    pub fn done(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::new(Code::Invalid).fields(self.0)) }
    }
}

/// NFC, trimmed; control characters out (line breaks and tabs stay when `lines`), bidi overrides
/// out, isolates and marks stay: Hebrew beside Latin is daily bread.
pub fn clean_text(value: &str, lines: bool) -> String {
    let stays = |c: &char| match c {
        '\n' | '\t' => lines,
        '\u{202A}'..='\u{202E}' | '\u{FEFF}' => false,
        c => !c.is_control(),
    };
    // ASCII is NFC already.
    let cleaned: String = if value.is_ascii() {
        value.chars().filter(stays).collect()
    } else {
        value.nfc().filter(stays).collect()
    };
    let trimmed = cleaned.trim();
    if trimmed.len() == cleaned.len() { cleaned } else { trimmed.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_named_at_once() {
        let mut checks = Checks::new();
        checks.text("title", &"я".repeat(300), 1..=200);
        checks.text("name", "  ", 1..=50);
        let doc = checks.done().unwrap_err().doc();
        let faults: Vec<_> =
            doc.errors.iter().map(|e| (e.field.as_str(), e.code.as_str())).collect();
        assert_eq!(faults, [("title", "too_long"), ("name", "required")]);
    }

    #[test]
    fn emoji_hebrew_and_uzbek_letters_survive_and_overrides_do_not() {
        assert_eq!(clean_text(" שלום\u{202E} 👩‍🏫 oʻqish\u{0} ", false), "שלום 👩‍🏫 oʻqish");
        assert_eq!(clean_text("a\nb", false), "ab");
        assert_eq!(clean_text("a\nb", true), "a\nb");
    }
}
