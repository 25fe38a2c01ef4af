//! What may be written, and (below) who may do what. Pure.

pub mod desk;
pub mod rank;
pub mod reach;
pub mod rights;

use actors::wire::{ErrCode, Problem as Refusal};
use unicode_normalization::char::is_combining_mark;
use uuid::Uuid;

use crate::platform::http::clean_text;
use crate::platform::ws::BODY_CHARS;

/// Bytes of a message at most.
const BODY_BYTES: usize = 16 * 1024;
/// Combining marks in a row at most: more only climbs over the neighbours' lines.
const MARKS_IN_A_ROW: usize = 20;

/// People mentioned in a message at most.
const MENTIONS_MAX: usize = 20;

/// Whom a message mentions, each once.
///
/// # Errors
/// `too_large` for a crowd.
pub fn clean_mentions(mut mentions: Vec<Uuid>) -> Result<Vec<Uuid>, Refusal> {
    mentions.sort_unstable();
    mentions.dedup();
    if mentions.len() > MENTIONS_MAX {
        return Err(Refusal::field(ErrCode::TooLarge, "mentions"));
    }
    Ok(mentions)
}

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
    if body.is_ascii() {
        return Ok(body);
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

/// Seconds of slow mode at most.
pub const SLOW_MAX: u32 = 3600;
/// Characters of a moderator's reason at most.
const REASON_CHARS: usize = 500;

/// A reason as it is stored.
///
/// # Errors
/// `too_large`.
pub fn clean_reason(reason: &str) -> Result<String, Refusal> {
    let reason = if reason.len() > BODY_BYTES { None } else { Some(clean_text(reason, true)) };
    reason
        .filter(|reason| reason.chars().count() <= REASON_CHARS)
        .ok_or(Refusal::field(ErrCode::TooLarge, "reason"))
}

/// Whether it can be a reaction: one picture, whatever it is put together from, and no text.
pub fn is_emoji(emoji: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() && !c.is_ascii_digit();
    let pictures = emoji.chars().filter(|c| !c.is_ascii() && is_visible(*c)).count();
    emoji.chars().count() <= 16
        && !emoji.chars().any(|c| plain(c) || c.is_whitespace() || c.is_control())
        // The digits, the asterisk and the cross are emoji only in their frame.
        && (emoji.ends_with('\u{20E3}') || (pictures > 0 && !emoji.chars().any(|c| c.is_ascii())))
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
    fn a_reaction_is_an_emoji_and_no_word() {
        for good in ["👍", "❤️", "👩🏽‍🏫", "🇺🇿", "7️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"]
        {
            assert!(is_emoji(good), "{good}");
        }
        for bad in ["", "a", "ok", "да", "7", "👍a", "👍 ", "\u{200B}", "\u{FE0F}", "<", "שלום"]
        {
            assert!(!is_emoji(bad), "{bad}");
        }
        assert!(!is_emoji(&"👍".repeat(17)));
    }

    #[test]
    fn client_ids_are_short_and_plain() {
        assert!(is_client_id("0192f3-A.b_c~d") && is_client_id(&"x".repeat(64)));
        for bad in ["", "a b", "é", "a/b", &"x".repeat(65)] {
            assert!(!is_client_id(bad), "{bad}");
        }
    }
}
