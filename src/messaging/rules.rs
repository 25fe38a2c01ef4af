//! What may be written. Pure.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, PoisonError};

use actors::wire::{ErrCode, Problem as Refusal};
use chrono::TimeDelta;
use kernel::Timestamp;
use unicode_normalization::char::is_combining_mark;
use uuid::Uuid;

use crate::platform::http::clean_text;
use crate::platform::ws::BODY_CHARS;

/// Bytes of a message at most.
const BODY_BYTES: usize = 16 * 1024;
/// Combining marks in a row at most: more only climbs over the neighbours' lines.
const MARKS_IN_A_ROW: usize = 20;
/// The same text from the same author …
const SAME_TEXT: usize = 3;
/// … within this time is refused.
const SAME_TEXT_WITHIN: TimeDelta = TimeDelta::seconds(60);

/// A text as it is stored: NFC, without control characters (newline and tab stay) and bidi
/// overrides (isolates stay).
///
/// # Errors
/// `too_large`, or `rejected` with the rule `empty` or `marks`.
pub fn clean_body(body: &str) -> Result<String, Refusal> {
    // Before anything costs.
    if body.len() > BODY_BYTES {
        return Err(Refusal::field(ErrCode::TooLarge, "body"));
    }
    let body = clean_text(body, true);
    if body.chars().count() > BODY_CHARS || body.len() > BODY_BYTES {
        return Err(Refusal::field(ErrCode::TooLarge, "body"));
    }
    if !body.chars().any(is_visible) {
        return Err(Refusal::rejected("empty"));
    }
    let mut run = 0;
    for c in body.chars() {
        run = if is_combining_mark(c) { run + 1 } else { 0 };
        if run > MARKS_IN_A_ROW {
            return Err(Refusal::rejected("marks"));
        }
    }
    Ok(body)
}

/// Whether a reader sees anything of it.
fn is_visible(c: char) -> bool {
    let invisible = matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{E0000}'..='\u{E0FFF}');
    !c.is_whitespace() && !invisible && !is_combining_mark(c)
}

/// Whether a client may choose this id for a message.
pub fn is_client_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._~-".contains(&b))
}

type SameText = HashMap<(Uuid, u64), Vec<(String, Timestamp)>>;

/// The newest texts of everybody, to notice who says one thing again and again in all rooms.
#[derive(Debug, Default)]
pub struct Repetitions(Mutex<SameText>);

impl Repetitions {
    /// Notes a text. A repeated send of one message is not one text more.
    ///
    /// # Errors
    /// `rejected` with the rule `duplicate`.
    pub fn note(
        &self,
        author: Uuid,
        client_id: &str,
        body: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut hasher = DefaultHasher::new();
        body.to_lowercase().hash(&mut hasher);
        let mut texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = |at: &Timestamp| now - *at < SAME_TEXT_WITHIN;
        if texts.len() > 10_000 {
            texts.retain(|_, said| said.iter().any(|(_, at)| recent(at)));
        }
        let said = texts.entry((author, hasher.finish())).or_default();
        said.retain(|(_, at)| recent(at));
        if said.iter().any(|(known, _)| known == client_id) {
            return Ok(());
        }
        if said.len() + 1 >= SAME_TEXT {
            return Err(Refusal::rejected("duplicate"));
        }
        said.push((client_id.to_owned(), now));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(body: &str) -> Option<&'static str> {
        clean_body(body).unwrap_err().rule
    }

    /// MSG-07
    #[test]
    fn what_nobody_can_see_is_empty() {
        for body in ["", "  \n\t", "\u{200B}\u{200D}", "\u{301}\u{301}", "\u{3164}", "\u{202E}"] {
            assert_eq!(rule(body), Some("empty"), "{body:?}");
        }
    }

    #[test]
    fn hebrew_with_latin_emoji_and_uzbek_letters_keep_their_text() {
        let body = "שלום \u{2068}Rust\u{2069} 👩‍🏫 oʻqish\n\tсалом";
        assert_eq!(clean_body(body).unwrap(), body);
        assert_eq!(clean_body("a\u{202E}b\u{0}\u{7}c").unwrap(), "abc");
        assert_eq!(clean_body("e\u{301}").unwrap(), "é");
        // Markup is text: clients show it as text.
        assert_eq!(clean_body("<b>[x](javascript:1)").unwrap(), "<b>[x](javascript:1)");
    }

    #[test]
    fn the_bounds_are_exact() {
        assert!(clean_body(&"я".repeat(4000)).is_ok());
        for long in ["я".repeat(4001), "𝔸".repeat(4097)] {
            assert_eq!(clean_body(&long).unwrap_err().code, ErrCode::TooLarge);
        }
        assert!(clean_body(&format!("x{}", "\u{33F}".repeat(20))).is_ok());
        assert_eq!(rule(&format!("x{}", "\u{33F}".repeat(21))), Some("marks"));
    }

    #[test]
    fn client_ids_are_short_and_plain() {
        assert!(is_client_id("0192f3-A.b_c~d") && is_client_id(&"x".repeat(64)));
        for bad in ["", "a b", "é", "a/b", &"x".repeat(65)] {
            assert!(!is_client_id(bad), "{bad}");
        }
    }

    #[test]
    fn the_third_same_text_in_a_minute_is_refused_a_repeated_send_is_not() {
        let (texts, ann) = (Repetitions::default(), Uuid::from_u128(1));
        let at = |s| "2026-11-20T15:00:00Z".parse::<Timestamp>().unwrap() + TimeDelta::seconds(s);
        for (id, second) in [("a", 0), ("a", 1), ("b", 2), ("a", 3)] {
            texts.note(ann, id, "hello", at(second)).unwrap();
        }
        assert_eq!(texts.note(ann, "c", "HELLO", at(4)).unwrap_err().rule, Some("duplicate"));
        texts.note(Uuid::from_u128(2), "c", "hello", at(4)).unwrap();
        texts.note(ann, "c", "hello", at(60)).unwrap();
    }
}
