//! Where a cue stands: the settings of WebVTT that are understood, in one order and spelling.
//! Regions are not kept, so neither is the setting that names one.

use std::fmt;

/// The position of a cue. Displayed as it follows the times, with a space before each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    vertical: Option<&'static str>,
    line: Option<(Line, Option<&'static str>)>,
    position: Option<(Percent, Option<&'static str>)>,
    size: Option<Percent>,
    align: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Number(i16),
    Percent(Percent),
}

/// Hundredths of a percent, at most 100 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Percent(u32);

impl Settings {
    /// Reads what follows the times of a cue. What is unknown or out of range is left out.
    pub(super) fn parse(text: &str) -> Self {
        let mut settings = Self::default();
        for (name, value) in text.split([' ', '\t']).filter_map(|word| word.split_once(':')) {
            let (first, second) = match value.split_once(',') {
                Some((first, second)) => (first, Some(second)),
                None => (value, None),
            };
            match name {
                "vertical" => settings.vertical = one_of(value, &["rl", "lr"]),
                "line" => {
                    let edge = second.and_then(|s| one_of(s, &["start", "center", "end"]));
                    settings.line = Line::parse(first).map(|line| (line, edge));
                }
                "position" => {
                    let sides = ["line-left", "center", "line-right"];
                    let side = second.and_then(|s| one_of(s, &sides));
                    settings.position = Percent::parse(first).map(|percent| (percent, side));
                }
                "size" => settings.size = Percent::parse(value),
                // "middle" is what the standard said before "center".
                "align" if value == "middle" => settings.align = Some("center"),
                "align" => {
                    settings.align = one_of(value, &["start", "center", "end", "left", "right"]);
                }
                _ => {}
            }
        }
        settings
    }
}

fn one_of(value: &str, known: &[&'static str]) -> Option<&'static str> {
    known.iter().find(|name| **name == value).copied()
}

impl Line {
    fn parse(text: &str) -> Option<Self> {
        if text.ends_with('%') {
            return Percent::parse(text).map(Self::Percent);
        }
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| text.parse().ok().map(Self::Number))?
    }
}

impl Percent {
    fn parse(text: &str) -> Option<Self> {
        let number = text.strip_suffix('%')?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty();
        if !digits(whole) || !digits(fraction) || whole.len() > 3 {
            return None;
        }
        // Two digits are finer than a pixel.
        let fraction: String = fraction.chars().chain("00".chars()).take(2).collect();
        let hundredths = whole.parse::<u32>().ok()? * 100 + fraction.parse::<u32>().ok()?;
        (hundredths <= 10_000).then_some(Self(hundredths))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 % 100 {
            0 => write!(f, "{}%", self.0 / 100),
            rest => write!(f, "{}.{rest:02}%", self.0 / 100),
        }
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let comma = |second: Option<&str>| second.map(|s| format!(",{s}")).unwrap_or_default();
        if let Some(vertical) = self.vertical {
            write!(f, " vertical:{vertical}")?;
        }
        match self.line {
            Some((Line::Number(number), edge)) => write!(f, " line:{number}{}", comma(edge))?,
            Some((Line::Percent(percent), edge)) => write!(f, " line:{percent}{}", comma(edge))?,
            None => {}
        }
        if let Some((percent, side)) = self.position {
            write!(f, " position:{percent}{}", comma(side))?;
        }
        if let Some(size) = self.size {
            write!(f, " size:{size}")?;
        }
        match self.align {
            Some(align) => write!(f, " align:{align}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_settings_of_the_standard_in_range_are_kept_in_one_order() {
        for (text, kept) in [
            ("align:start line:0 position:10%", " line:0 position:10% align:start"),
            ("line:-1,end size:33.333%", " line:-1,end size:33.33%"),
            ("line:84.5%,center vertical:rl", " vertical:rl line:84.50%,center"),
            ("position:50%,line-left align:middle", " position:50%,line-left align:center"),
            ("region:fred X1:40 X2:600 onclick:x size:101% align:\"x\" line:--1 vertical:up", ""),
            ("position:5 size:% line:9999 line:.5%", ""),
            ("position:5%,nonsense", " position:5%"),
        ] {
            assert_eq!(Settings::parse(text).to_string(), kept, "{text}");
            assert_eq!(Settings::parse(kept), Settings::parse(text));
        }
    }
}
