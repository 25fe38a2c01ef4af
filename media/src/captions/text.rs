//! The text of cues. Every character is taken apart from its markup, and written anew with the
//! three tags that are kept; so no other tag, and no half of one, can pass through.

/// Which of `b`, `i`, `u` hold at a character, as bits.
type Style = u8;
const TAGS: [(Style, &str); 3] = [(1, "b"), (2, "i"), (4, "u")];

/// The longest name of a character that is looked for after an ampersand.
const MAX_ENTITY: usize = 10;
/// The longest tag that is looked for after a `<`, in bytes.
const MAX_TAG: usize = 256;

/// Cleans the lines of a cue's text to WebVTT: may be empty. `srt` also takes out what other
/// players' overrides look like (`{\an8}`).
pub(super) fn clean(lines: &[&str], srt: bool) -> String {
    let (mut style, mut out) = (0, String::new());
    for line in lines {
        let chars = characters(line, srt, &mut style);
        let rendered = render(trim(&chars));
        if !rendered.is_empty() {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(&rendered);
        }
    }
    out
}

/// The text without its markup.
pub(super) fn plain(text: &str) -> String {
    let mut style = 0;
    let lines = text.split('\n').map(|line| {
        let chars = characters(line, false, &mut style);
        chars.into_iter().map(|(c, _)| c).collect::<String>()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Takes a line apart; `style` lasts from line to line.
fn characters(line: &str, srt: bool, style: &mut Style) -> Vec<(char, Style)> {
    let mut out = Vec::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        if c == '<'
            && let Some((tag, after)) = tag(after)
        {
            apply(tag, style);
            rest = after;
        } else if c == '{'
            && srt
            && after.starts_with('\\')
            && let Some((_, after)) = after.split_once('}')
        {
            rest = after;
        } else if c == '&'
            && let Some((named, after)) = entity(after)
        {
            out.extend(shown(named).map(|c| (c, *style)));
            rest = after;
        } else {
            out.extend(shown(c).map(|c| (c, *style)));
            rest = after;
        }
    }
    out
}

/// The tag after a `<`, and what follows it. A `<` that begins no tag is a character: `a < b`,
/// `I <3 you`.
fn tag(after: &str) -> Option<(&str, &str)> {
    let end = after.bytes().take(MAX_TAG).position(|b| b == b'>' || b == b'<')?;
    let (inside, rest) = (after.get(..end)?, after.get(end..)?.strip_prefix('>')?);
    let name = inside.strip_prefix('/').unwrap_or(inside);
    let letter = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let known = letter || (name.is_empty() && inside == "/") || inside.is_empty();
    (known || super::timing::moment(inside).is_some()).then_some((inside, rest))
}

/// `<b>`, `<i.class>`, `</u>`: the rest only looks like something.
fn apply(tag: &str, style: &mut Style) {
    let (closes, name) = match tag.strip_prefix('/') {
        Some(name) => (true, name),
        None => (false, tag),
    };
    let name = name.split(['.', ' ', '\t', '/']).next().unwrap_or_default();
    for (bit, known) in TAGS {
        if name.eq_ignore_ascii_case(known) {
            *style = if closes { *style & !bit } else { *style | bit };
        }
    }
}

/// The character named after an ampersand, and what follows it.
fn entity(after: &str) -> Option<(char, &str)> {
    let end = after.bytes().take(MAX_ENTITY).position(|b| b == b';')?;
    let (name, rest) = (after.get(..end)?, after.get(end..)?.strip_prefix(';')?);
    let code = |digits: &str, radix| {
        let code = u32::from_str_radix(digits, radix).ok();
        code.filter(|_| !digits.starts_with('+')).and_then(char::from_u32)
    };
    let named = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "lrm" => '\u{200e}',
        "rlm" => '\u{200f}',
        _ => match name.strip_prefix('#')? {
            number if number.starts_with(['x', 'X']) => code(number.get(1..)?, 16)?,
            number => code(number, 10)?,
        },
    };
    Some((named, rest))
}

/// What of a character is shown: spaces for what separates, nothing for what controls.
fn shown(c: char) -> Option<char> {
    match c {
        '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => Some(' '),
        '\u{feff}' => None,
        c if c.is_control() => None,
        c => Some(c),
    }
}

/// Without the spaces at both ends.
fn trim(chars: &[(char, Style)]) -> &[(char, Style)] {
    let seen = |(c, _): &(char, Style)| *c != ' ';
    let start = chars.iter().position(seen).unwrap_or(chars.len());
    let end = chars.iter().rposition(seen).map_or(start, |at| at + 1);
    chars.get(start..end).unwrap_or_default()
}

fn render(chars: &[(char, Style)]) -> String {
    let (mut out, mut open) = (String::new(), Vec::<(Style, &str)>::new());
    for (c, style) in chars {
        restyle(&mut out, &mut open, *style);
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(*c),
        }
    }
    restyle(&mut out, &mut open, 0);
    out
}

/// Closes and opens tags, properly nested, until exactly `style` holds.
fn restyle(out: &mut String, open: &mut Vec<(Style, &'static str)>, style: Style) {
    let wrong = open.iter().position(|(bit, _)| style & bit == 0).unwrap_or(open.len());
    for (_, name) in open.drain(wrong..).rev() {
        out.push_str("</");
        out.push_str(name);
        out.push('>');
    }
    for (bit, name) in TAGS {
        if style & bit != 0 && !open.iter().any(|(opened, _)| *opened == bit) {
            open.push((bit, name));
            out.push('<');
            out.push_str(name);
            out.push('>');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_tags_are_kept_and_no_other_passes_through() {
        for (text, clean_text, plain_text) in [
            ("<b>Hi</b> <i.x>there</i>", "<b>Hi</b> <i>there</i>", "Hi there"),
            ("<c.red>a</c><v Ann>b</v><00:00:01.000>c", "abc", "abc"),
            ("<script>alert(1)</script>", "alert(1)", "alert(1)"),
            ("<img src=x onerror=alert(1)>", "", ""),
            ("<b onclick=x>y", "<b>y</b>", "y"),
            ("a < b & c > d", "a &lt; b &amp; c &gt; d", "a < b & c > d"),
            ("I <3 you, 1<2", "I &lt;3 you, 1&lt;2", "I <3 you, 1<2"),
            (
                "&lt;b&gt; &amp;amp; &#x3c;i> &bogus;",
                "&lt;b&gt; &amp;amp; &lt;i&gt; &amp;bogus;",
                "<b> &amp; <i> &bogus;",
            ),
            ("a&#10;b&#0;c\u{0}\u{7}\u{85}d", "a bcd", "a bcd"),
            ("<b><i>x</b>y</i>", "<b><i>x</i></b><i>y</i>", "xy"),
            ("<<b>>x", "&lt;<b>&gt;x</b>", "<>x"),
            ("  <u> </u> ", "", ""),
        ] {
            assert_eq!(clean(&[text], false), clean_text, "{text}");
            assert_eq!(plain(&clean(&[text], false)), plain_text, "{text}");
        }
        assert_eq!(clean(&["<i>one", "", "two</i>"], false), "<i>one</i>\n<i>two</i>");
        assert_eq!(clean(&["{\\an8}{\\i1}up"], true), "up");
        assert_eq!(clean(&["{\\an8}up"], false), "{\\an8}up");
    }
}
