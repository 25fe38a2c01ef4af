//! Times of cues: `00:01:02.500 --> 00:01:04.000`, with a comma in SRT.

/// Hours from here on are nonsense; the number also keeps every sum far from overflow.
const MAX_HOURS: u64 = 9_999;

/// Two times in milliseconds, and what follows them on the line.
pub(super) struct Timing<'a> {
    pub start_ms: u64,
    pub end_ms: u64,
    pub rest: &'a str,
}

/// Whether `line` wants to be a line of times: text may have an arrow in it, too.
pub(super) fn is_timing(line: &str) -> bool {
    line.contains("-->") && line.trim_start().starts_with(|c: char| c.is_ascii_digit())
}

/// Reads a line of times.
pub(super) fn parse(line: &str) -> Option<Timing<'_>> {
    let (start, rest) = line.split_once("-->")?;
    let rest = rest.trim_start();
    let (end, rest) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
    Some(Timing { start_ms: moment(start.trim())?, end_ms: moment(end.trim())?, rest })
}

/// `[hours:]minutes:seconds[.fraction]` in milliseconds.
pub(super) fn moment(text: &str) -> Option<u64> {
    let (clock, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let mut parts = clock.rsplit(':');
    let seconds = number(parts.next()?, 2).filter(|s| *s < 60)?;
    let minutes = number(parts.next()?, 2).filter(|m| *m < 60)?;
    let hours = match parts.next() {
        Some(hours) => number(hours, 4).filter(|h| *h <= MAX_HOURS)?,
        None => 0,
    };
    if parts.next().is_some() {
        return None;
    }
    let ms = number(fraction, 3)? * [100, 10, 1].get(fraction.len() - 1)?;
    Some(((hours * 60 + minutes) * 60 + seconds) * 1_000 + ms)
}

fn number(text: &str, most_digits: usize) -> Option<u64> {
    let plain = (1..=most_digits).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}

/// A moment as WebVTT writes it.
pub(super) fn render(ms: u64) -> String {
    let (s, ms) = (ms / 1_000, ms % 1_000);
    format!("{:02}:{:02}:{:02}.{ms:03}", s / 3_600, s / 60 % 60, s % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_all_their_spellings_and_no_others() {
        for (text, ms) in [
            ("00:00:00.000", 0),
            ("01:02.500", 62_500),
            ("1:02:03,4", 3_723_400),
            ("00:00:01", 1_000),
            ("123:59:59.999", 446_399_999),
        ] {
            assert_eq!(moment(text), Some(ms), "{text}");
        }
        for text in [
            "",
            "1",
            "00:60:00.000",
            "00:00:60.000",
            "00:00:01.",
            "00:00:01.0000",
            "-1:00:00.000",
            "00:00:+1.000",
            "1:1:1:1.0",
            "99999:00:00.000",
            "٠٠:٠٠:٠١.٠٠٠",
            "00: 00:01.000",
        ] {
            assert_eq!(moment(text), None, "{text:?}");
        }
        assert_eq!(render(446_399_999), "123:59:59.999");
    }
}
