//! From bytes to text: byte order marks first, then UTF-8 if it is that, then the code pages that
//! subtitles of our languages are found in.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251, WINDOWS_1252, WINDOWS_1255};

/// The text of `bytes`, without a byte order mark. What means nothing becomes U+FFFD.
pub(super) fn decode(bytes: &[u8]) -> String {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or_else(|| (guess(bytes), 0));
    let bytes = bytes.get(mark..).unwrap_or_default();
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    // Times and line ends are ASCII in every language: in UTF-16 each of them has a zero beside it.
    let zeros = |odd: usize| bytes.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let many = bytes.len() / 8;
    if odd > many.max(even * 4) {
        return UTF_16LE;
    }
    if even > many.max(odd * 4) {
        return UTF_16BE;
    }
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    code_page(bytes)
}

/// Which code page: western letters stand alone among ASCII ones; Hebrew has one case, in a range
/// where Cyrillic has its small letters, and leaves gaps where Cyrillic has frequent ones.
fn code_page(bytes: &[u8]) -> &'static Encoding {
    let (mut letters, mut cyrillic, mut alone) = (0_usize, 0_usize, 0_usize);
    for (at, byte) in bytes.iter().enumerate() {
        if *byte < 0xC0 {
            continue;
        }
        letters += 1;
        // Capitals, and three letters (ы, ь, я) without a Hebrew one in their place.
        cyrillic += usize::from(matches!(byte, 0xC0..=0xDF | 0xFB | 0xFC | 0xFF));
        let near = [at.checked_sub(1), at.checked_add(1)];
        let near = near.into_iter().flatten().filter_map(|at| bytes.get(at));
        alone += usize::from(near.into_iter().any(u8::is_ascii_alphabetic));
    }
    if alone * 2 > letters {
        WINDOWS_1252
    } else if cyrillic * 50 > letters {
        WINDOWS_1251
    } else {
        WINDOWS_1255
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_encoding_of_our_languages_is_recognised() {
        let russian = "1\n00:00:01,000 --> 00:00:02,000\nСегодня мы поговорим о дробях.\n";
        let hebrew = "1\n00:00:01,000 --> 00:00:02,000\nהיום נדבר על שברים, שלום לכולם.\n";
        let french = "1\n00:00:01,000 --> 00:00:02,000\nAujourd'hui, l'été est très déçu.\n";
        let wide = |text: &str, little: bool| -> Vec<u8> {
            let unit = |u: u16| if little { u.to_le_bytes() } else { u.to_be_bytes() };
            text.encode_utf16().flat_map(unit).collect()
        };
        for text in [russian, hebrew, french] {
            assert_eq!(decode(text.as_bytes()), text);
            assert_eq!(decode(format!("\u{feff}{text}").as_bytes()), text);
            assert_eq!(decode(&wide(text, true)), text);
            assert_eq!(decode(&wide(text, false)), text);
            assert_eq!(decode(&wide(&format!("\u{feff}{text}"), true)), text);
            assert_eq!(decode(&wide(&format!("\u{feff}{text}"), false)), text);
        }
        for (text, page) in
            [(russian, WINDOWS_1251), (hebrew, WINDOWS_1255), (french, WINDOWS_1252)]
        {
            let (bytes, _, lost) = page.encode(text);
            assert!(!lost);
            assert_eq!(decode(&bytes), text, "{}", page.name());
        }
    }
}
