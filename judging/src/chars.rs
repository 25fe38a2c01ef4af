//! Characters that people type without knowing: invisible ones, look-alikes of signs, digits of other
//! scripts.

/// Zero-width characters, directional marks, the soft hyphen and other controls: dropped.
pub(crate) fn is_dropped(c: char) -> bool {
    matches!(
        c,
        '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{2069}'
            | '\u{FEFF}'
            | '\u{061C}'
            | '\u{00AD}'
    ) || (c.is_control() && !c.is_whitespace())
}

/// Zeros of the decimal digits of Unicode (general category Nd); nine more follow each.
const ZEROS: [u32; 66] = [
    0x0030, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6,
    0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80,
    0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0,
    0xFF10, 0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0,
    0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x11F50, 0x16A60,
    0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950,
];

/// The ASCII digit of a decimal digit of any script.
pub(crate) fn ascii_digit(c: char) -> Option<char> {
    let code = u32::from(c);
    let below = ZEROS.partition_point(|zero| *zero <= code);
    let zero = below.checked_sub(1).and_then(|at| ZEROS.get(at))?;
    char::from_digit(code - zero, 10).filter(|_| code - zero < 10)
}

/// The plain form of a superscript digit or sign.
pub(crate) fn superscript(c: char) -> Option<char> {
    Some(match c {
        '⁰' => '0',
        '¹' => '1',
        '²' => '2',
        '³' => '3',
        '⁴'..='⁹' => char::from_digit(u32::from(c) - u32::from('⁴') + 4, 10)?,
        '⁻' => '-',
        '⁺' => '+',
        _ => return None,
    })
}

/// A fraction in one character, such as ½.
pub(crate) fn is_vulgar_fraction(c: char) -> bool {
    matches!(c, '¼'..='¾' | '\u{2150}'..='\u{215E}' | '\u{2189}')
}

/// Any dash, hyphen or minus.
pub(crate) fn is_minus(c: char) -> bool {
    matches!(c, '\u{2212}' | '\u{2010}'..='\u{2015}' | '\u{FE63}' | '\u{FF0D}')
}

/// Runs of white space as one space each, none at the ends.
pub(crate) fn collapse(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !collapsed.is_empty() {
            collapsed.push(' ');
        }
        collapsed.push_str(word);
    }
    collapsed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_zeros_is_in_order_and_digits_are_found() {
        assert!(ZEROS.is_sorted());
        assert_eq!(ascii_digit('٣'), Some('3'));
        assert_eq!(ascii_digit('９'), Some('9'));
        assert_eq!(ascii_digit('a'), None);
        assert_eq!(ascii_digit('/'), None);
        assert_eq!(ascii_digit(':'), None);
    }
}
