//! The lines of a file of captions: blocks, numbers, times and text. WebVTT and SRT differ by a
//! header, comments and what may follow the times; otherwise one reader does for both.

use super::settings::Settings;
use super::timing::{self, is_timing};
use super::{CaptionsError, Cue, MAX_CUE_BYTES, MAX_CUES, text};

/// Every cue of `file`, in its order.
pub(super) fn cues(file: &str) -> Result<Vec<Cue>, CaptionsError> {
    let lines = split(file);
    let webvtt = lines.first().is_some_and(|line| is_signature(line));
    if !webvtt && !looks_like_srt(&lines) {
        return Err(CaptionsError::NotCaptions);
    }
    let mut reader = Reader { lines: &lines, at: 0, srt: !webvtt, cues: Vec::new() };
    if webvtt {
        reader.skip_header();
    }
    reader.read()?;
    Ok(reader.cues)
}

/// Lines by any of the three line ends. Zero bytes mean nothing anywhere, and are taken out here so
/// that they cannot hide a time.
fn split(file: &str) -> Vec<String> {
    let file = file.replace(['\0', '\u{feff}'], "").replace("\r\n", "\n");
    file.split(['\n', '\r']).map(str::to_owned).collect()
}

fn is_signature(line: &str) -> bool {
    line.strip_prefix("WEBVTT").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// SRT says nothing about itself: it begins with a number and times, or with times.
fn looks_like_srt(lines: &[String]) -> bool {
    let mut filled = lines.iter().filter(|line| !is_blank(line));
    match (filled.next(), filled.next()) {
        (None, _) => true,
        (Some(first), _) if is_timing(first) => true,
        (Some(first), second) => is_number(first) && second.is_none_or(|line| line.contains("-->")),
    }
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

fn is_number(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit())
}

struct Reader<'a> {
    lines: &'a [String],
    at: usize,
    srt: bool,
    cues: Vec<Cue>,
}

impl<'a> Reader<'a> {
    fn line(&self, ahead: usize) -> Option<&'a str> {
        self.lines.get(self.at + ahead).map(String::as_str)
    }

    /// The present line's number, for a person.
    fn number(&self) -> u32 {
        u32::try_from(self.at + 1).unwrap_or(u32::MAX)
    }

    fn skip_header(&mut self) {
        self.at += 1;
        self.skip_block();
    }

    /// Goes to the end of the block: a blank line, or times that someone forgot to set apart.
    fn skip_block(&mut self) {
        while self.line(0).is_some_and(|line| !is_blank(line) && !is_timing(line)) {
            self.at += 1;
        }
    }

    fn read(&mut self) -> Result<(), CaptionsError> {
        while let Some(line) = self.line(0) {
            if is_blank(line) {
                self.at += 1;
            } else if is_timing(line) {
                self.cue()?;
            } else if !self.srt && is_comment(line) {
                self.skip_block();
            } else if self.line(1).is_some_and(|next| next.contains("-->")) {
                // The name of a cue; in SRT its number.
                self.at += 1;
                if !self.line(0).is_some_and(is_timing) {
                    return Err(CaptionsError::Timing(self.number()));
                }
            } else if line.contains("-->") {
                return Err(CaptionsError::Timing(self.number()));
            } else if self.is_rest() {
                // Empty numbers at the end are what editors leave behind.
                return Ok(());
            } else {
                return Err(CaptionsError::TimingMissing(self.number()));
            }
        }
        Ok(())
    }

    /// Whether nothing follows but one number.
    fn is_rest(&self) -> bool {
        let rest = self.lines.get(self.at + 1..).unwrap_or_default();
        self.srt && self.line(0).is_some_and(is_number) && rest.iter().all(|line| is_blank(line))
    }

    fn cue(&mut self) -> Result<(), CaptionsError> {
        let number = self.number();
        let timing = self.line(0).and_then(timing::parse).ok_or(CaptionsError::Timing(number))?;
        if timing.end_ms <= timing.start_ms {
            return Err(CaptionsError::EndsBeforeStart(number));
        }
        self.at += 1;
        let lines = self.payload();
        let bytes: usize = lines.iter().map(|line| line.len() + 1).sum();
        if bytes > MAX_CUE_BYTES + 1 {
            return Err(CaptionsError::CueTooLong(number));
        }
        let text = text::clean(&lines, self.srt);
        if text.len() > MAX_CUE_BYTES {
            return Err(CaptionsError::CueTooLong(number));
        }
        if text.is_empty() {
            return Ok(());
        }
        if self.cues.len() >= MAX_CUES {
            return Err(CaptionsError::TooManyCues(number));
        }
        // SRT has coordinates there, of a screen that nobody knows.
        let settings = if self.srt { "" } else { timing.rest };
        let settings = Settings::parse(settings);
        self.cues.push(Cue { start_ms: timing.start_ms, end_ms: timing.end_ms, settings, text });
        Ok(())
    }

    /// The lines of text from here to the end of the cue.
    fn payload(&mut self) -> Vec<&'a str> {
        let mut lines = Vec::new();
        while let Some(line) = self.line(0) {
            let ends = if self.srt {
                is_timing(line) || self.begins_srt_cue(0) || (is_blank(line) && self.cue_follows())
            } else {
                is_blank(line) || is_timing(line)
            };
            if ends {
                break;
            }
            lines.push(line);
            self.at += 1;
        }
        lines
    }

    /// Whether a number and times stand here, with or without the blank line that should precede.
    fn begins_srt_cue(&self, ahead: usize) -> bool {
        self.line(ahead).is_some_and(is_number) && self.line(ahead + 1).is_some_and(is_timing)
    }

    /// In SRT a blank line may stand in the midst of a text: it ends the cue only before a number,
    /// times, or the end.
    fn cue_follows(&self) -> bool {
        let rest = self.lines.get(self.at..).unwrap_or_default();
        match rest.iter().find(|line| !is_blank(line)) {
            Some(line) => is_number(line) || line.contains("-->"),
            None => true,
        }
    }
}

/// Blocks of WebVTT that are no cues.
fn is_comment(line: &str) -> bool {
    ["NOTE", "STYLE", "REGION"].iter().any(|name| {
        let rest = line.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', ':']))
    })
}
