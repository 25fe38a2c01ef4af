//! Rules about a text that need no list: links by trust, shouting. Pure. What stands in code is code:
//! clients show it as such and make no link of it.

use unicode_normalization::UnicodeNormalization as _;

use super::skeleton::is_invisible;

/// Services that hide where a link leads.
const SHORTENERS: [&str; 30] = [
    "bit.ly",
    "bitly.com",
    "tinyurl.com",
    "goo.gl",
    "goo.su",
    "t.co",
    "ow.ly",
    "is.gd",
    "v.gd",
    "buff.ly",
    "cutt.ly",
    "cutt.us",
    "clck.ru",
    "vk.cc",
    "rb.gy",
    "shorturl.at",
    "rebrand.ly",
    "tiny.cc",
    "u.to",
    "s.id",
    "adf.ly",
    "t.ly",
    "lnkd.in",
    "qps.ru",
    "soo.gd",
    "bl.ink",
    "short.io",
    "x.gd",
    "da.gd",
    "shorturl.asia",
];
/// Endings that make a name a link even without `http://` before it.
const ENDINGS: [&str; 26] = [
    "com", "net", "org", "info", "biz", "ru", "su", "uz", "kz", "kg", "tj", "il", "ua", "by",
    "xyz", "top", "site", "online", "shop", "store", "club", "live", "click", "link", "pro", "tk",
];
/// Cased letters from which on a text can shout.
const LOUD_FROM: usize = 24;
/// Of so many hundredths in capitals.
const LOUD_PERCENT: usize = 80;

/// What the links of a text are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Links {
    /// None, or only to ourselves.
    None,
    /// Somewhere else.
    Foreign,
    /// Nobody may send them: a shortener, a scheme that runs something.
    Forbidden,
}

/// A text without its code, which is replaced by a space.
fn without_code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('`') {
        out.push_str(rest.get(..start).unwrap_or_default());
        let from = rest.get(start..).unwrap_or_default();
        let fence = from.len() - from.trim_start_matches('`').len();
        let fence = if fence >= 3 { 3 } else { 1 };
        let (mark, inside) = from.split_at_checked(fence).unwrap_or((from, ""));
        match inside.find(mark) {
            // `code` ends on its line.
            Some(end) if fence == 3 || !inside.get(..end).unwrap_or_default().contains('\n') => {
                out.push(' ');
                rest = inside.get(end + fence..).unwrap_or_default();
            }
            _ => {
                out.push_str(mark);
                rest = inside;
            }
        }
    }
    out.push_str(rest);
    out
}

/// What the links of `text` are; `own_host` is ours.
pub fn links(text: &str, own_host: &str) -> Links {
    let mut text = without_code(text);
    // ASCII has no other forms and hides nothing.
    if text.is_ascii() {
        text.make_ascii_lowercase();
    } else {
        let seen: String = text.chars().filter(|c| !is_invisible(*c)).nfkc().collect();
        text = seen.to_lowercase();
    }
    let targets = text.split("](").skip(1).map(target);
    let in_brackets = targets.map(|to| of_target(&to, own_host)).max().unwrap_or(Links::None);
    let bare = text
        .split(|c: char| c.is_whitespace() || "()[]<>{}\"'«»„“”,;|`*".contains(c))
        .map(|word| of_word(word, own_host))
        .max()
        .unwrap_or(Links::None);
    in_brackets.max(bare)
}

/// The target of `](target)`, without what browsers ignore in it.
fn target(rest: &str) -> String {
    let end = rest.find(')').unwrap_or(rest.len());
    let inside = rest.get(..end).unwrap_or_default();
    inside.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect()
}

fn of_target(target: &str, own_host: &str) -> Links {
    let scheme = target.split_once(':').map(|(scheme, _)| scheme);
    match scheme {
        Some("lesson") => Links::None,
        Some("http" | "https") => of_word(target, own_host),
        Some("mailto" | "tel") => Links::Foreign,
        // The name of a person: `@[Name](id)` has no scheme.
        None if uuid::Uuid::try_parse(target).is_ok() || target.is_empty() => Links::None,
        // `host:port/…` is none that a reader can follow; the same words in brackets could run.
        Some(scheme) if scheme.contains(['.', '/', '#', '?']) => Links::Foreign,
        Some(_) => Links::Forbidden,
        // A path of ours, or a name.
        None if target.starts_with("//") => of_word(target.trim_start_matches('/'), own_host),
        None => of_word(target, own_host),
    }
}

fn of_word(word: &str, own_host: &str) -> Links {
    let word = word.trim_matches(|c: char| ".!?:".contains(c));
    if let Some((scheme, rest)) = word.split_once(':') {
        let runs = matches!(scheme, "javascript" | "vbscript" | "data" | "file" | "blob");
        if runs && !rest.is_empty() {
            return Links::Forbidden;
        }
    }
    let (has_scheme, rest) = match word.split_once("://") {
        Some((_, rest)) => (true, rest),
        None => (false, word),
    };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().trim_end_matches('.');
    let bare = host.strip_prefix("www.").unwrap_or(host);
    if !bare.contains('.') && !has_scheme {
        return Links::None;
    }
    let is_link = has_scheme
        || host.starts_with("www.")
        || bare.rsplit('.').next().is_some_and(|end| ENDINGS.contains(&end))
        // t.me/… and the like: a name with a path behind it.
        || (rest.len() > authority.len() && is_name(bare));
    let own = bare == own_host.strip_prefix("www.").unwrap_or(own_host);
    match is_link {
        false => Links::None,
        true if SHORTENERS.contains(&bare) => Links::Forbidden,
        true if own => Links::None,
        true => Links::Foreign,
    }
}

/// Whether it could be the name of a host: labels of letters, digits and hyphens, the last of letters.
fn is_name(host: &str) -> bool {
    let labels: Vec<&str> = host.split('.').collect();
    let last_is_letters =
        labels.last().is_some_and(|l| l.len() >= 2 && l.chars().all(char::is_alphabetic));
    last_is_letters
        && labels.iter().all(|label| {
            !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
}

/// Whether a text is shouted: long enough, and nearly all of it in capitals.
pub fn is_loud(text: &str) -> bool {
    let text = without_code(text);
    let (mut upper, mut cased) = (0, 0);
    for c in text.chars() {
        if c.is_uppercase() {
            upper += 1;
            cased += 1;
        } else if c.is_lowercase() {
            cased += 1;
        }
    }
    cased >= LOUD_FROM && upper * 100 >= cased * LOUD_PERCENT
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Links {
        links(text, "ilm.test")
    }

    /// MSG-07
    #[test]
    fn links_are_seen_however_they_are_written() {
        for text in [
            "see https://example.com/a?b=c",
            "HTTP://EXAMPLE.COM",
            "www.example.uz",
            "go to example.com!",
            "(example.ru)",
            "t.me/cheap_answers",
            "[here](http://example.org)",
            "exam\u{200B}ple.com",
            "ｅｘａｍｐｌｅ．ｃｏｍ",
            "[mail](mailto:a@b.c)",
            "user@host.com/x",
        ] {
            assert_eq!(of(text), Links::Foreign, "{text}");
        }
    }

    #[test]
    fn texts_code_our_own_pages_and_moments_are_no_links() {
        for text in [
            "x = a.b + c.d",
            "Dr. Who? Yes.No",
            "3.14 and 1/2",
            "open main.rs, then `curl http://evil.com`",
            "```\nhttps://example.com\n```",
            "https://ilm.test/courses/1",
            "[12:48](lesson:01936f00-0000-7000-8000-000000000001?t=768)",
            "@[Ann](01936f00-0000-7000-8000-000000000001)",
            "javascript: the good parts",
            "socket.io",
            "12:48",
            "",
        ] {
            assert_eq!(of(text), Links::None, "{text}");
        }
    }

    /// MSG-07: what nobody may send.
    #[test]
    fn shorteners_and_schemes_that_run_are_forbidden() {
        for text in [
            "https://bit.ly/x",
            "bit.ly/x",
            "www.tinyurl.com/x",
            "[x](javascript:alert(1))",
            "[x](JaVa\tScRiPt:alert(1))",
            "[x](data:text/html,1)",
            "[x](unknown:thing)",
            "javascript:alert(1)",
            "https://user@bit.ly:443/x",
        ] {
            assert_eq!(of(text), Links::Forbidden, "{text}");
        }
    }

    /// MSG-07
    #[test]
    fn shouting_is_long_and_nearly_all_capitals() {
        assert!(is_loud("WHY DOES NOBODY ANSWER MY QUESTION"));
        assert!(is_loud("ПОЧЕМУ НИКТО НЕ ОТВЕЧАЕТ НА МОЙ ВОПРОС"));
        for quiet in
            ["NATO, DNK, RNK", "Why does NOBODY answer", "שלום לכולם זה טקסט ארוך מאוד בעברית"]
        {
            assert!(!is_loud(quiet), "{quiet}");
        }
        assert!(!is_loud("```\nSELECT COUNT FROM MESSAGES WHERE ROOM EXISTS\n```"));
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_rules(text in "\\PC{0,200}", marks in "[`\\[\\](:)/.a-z]{0,200}") {
            let _ = (of(&text), of(&marks), is_loud(&text), is_loud(&marks));
        }
    }
}
