//! Captions as authors bring them: WebVTT or SubRip (SRT), in whatever encoding, read with care and
//! written back as one plain WebVTT that says nothing but times, text, bold, italic and underlined.
//! What cannot be understood is named by its line; nothing of the file passes through unread.
//!
//! Sources: the W3C's WebVTT, section 6 (parsing); SRT as players take it (there is no standard).

mod decode;
mod lines;
mod settings;
mod text;
mod timing;

use std::fmt::Write;

pub use self::settings::Settings;

/// The most bytes that are read, and the most that come out.
pub const MAX_BYTES: usize = 1024 * 1024;
/// The most cues.
pub const MAX_CUES: usize = 20_000;
/// The most bytes of text in one cue.
pub const MAX_CUE_BYTES: usize = 10 * 1024;

/// Why a file of captions is not taken. Lines count from 1, as editors show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CaptionsError {
    /// The file, or what would come out of it, is over [`MAX_BYTES`].
    #[error("Captions may have at most 1 MiB.")]
    TooLarge,
    /// It is neither WebVTT nor SRT.
    #[error("This is neither a WebVTT nor an SRT file.")]
    NotCaptions,
    /// It has no cue with text in it.
    #[error("There is no caption in this file.")]
    Empty,
    /// A line that should say from when to when does not.
    #[error("Line {0}: expected two times, like 00:01:02.500 --> 00:01:04.000.")]
    Timing(u32),
    /// A number or a text stands where a cue should begin, and no times follow it.
    #[error(
        "Line {0}: no times follow; a cue begins with a line like 00:01:02.500 --> 00:01:04.000."
    )]
    TimingMissing(u32),
    /// A cue ends before it starts, or when it starts.
    #[error("Line {0}: the cue must end after it starts.")]
    EndsBeforeStart(u32),
    /// There are more than [`MAX_CUES`] cues.
    #[error("Line {0}: there are more than 20 000 cues.")]
    TooManyCues(u32),
    /// The text of the cue has more than [`MAX_CUE_BYTES`] bytes.
    #[error("Line {0}: the text of this cue is longer than 10 KiB.")]
    CueTooLong(u32),
}

impl CaptionsError {
    /// A stable name of the kind of fault.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "captions_too_large",
            Self::NotCaptions => "captions_unknown_format",
            Self::Empty => "captions_empty",
            Self::Timing(_) => "captions_timing",
            Self::TimingMissing(_) => "captions_timing_missing",
            Self::EndsBeforeStart(_) => "captions_ends_before_start",
            Self::TooManyCues(_) => "captions_too_many_cues",
            Self::CueTooLong(_) => "captions_cue_too_long",
        }
    }

    /// The line at fault, from 1, if it is one line's fault.
    pub const fn line(&self) -> Option<u32> {
        match self {
            Self::TooLarge | Self::NotCaptions | Self::Empty => None,
            Self::Timing(line)
            | Self::TimingMissing(line)
            | Self::EndsBeforeStart(line)
            | Self::TooManyCues(line)
            | Self::CueTooLong(line) => Some(*line),
        }
    }
}

/// One caption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    /// When it appears, in milliseconds.
    pub start_ms: u64,
    /// When it goes, in milliseconds; after `start_ms`.
    pub end_ms: u64,
    /// Where it stands.
    pub settings: Settings,
    /// WebVTT cue text: `&`, `<` and `>` escaped, the tags `b`, `i` and `u` closed on each line, no
    /// empty line, never empty.
    text: String,
}

impl Cue {
    /// The text as WebVTT has it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text without tags and escapes: for reading and searching.
    pub fn plain(&self) -> String {
        text::plain(&self.text)
    }
}

/// A file of captions, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captions {
    cues: Vec<Cue>,
}

impl Captions {
    /// The cues, by start; those that start together in the order of the file.
    pub fn cues(&self) -> &[Cue] {
        &self.cues
    }

    /// The same as WebVTT; [`read`] gives the same cues from it.
    pub fn to_webvtt(&self) -> String {
        self.render("WEBVTT\n\n")
    }

    fn render(&self, header: &str) -> String {
        let mut out = String::from(header);
        for cue in &self.cues {
            let (start, end) = (timing::render(cue.start_ms), timing::render(cue.end_ms));
            let _ = writeln!(out, "{start} --> {end}{}\n{}\n", cue.settings, cue.text);
        }
        out
    }
}

/// Reads a file of captions: which of the formats and encodings it is, shows in its bytes.
///
/// # Errors
/// See [`CaptionsError`].
pub fn read(bytes: &[u8]) -> Result<Captions, CaptionsError> {
    if bytes.len() > MAX_BYTES {
        return Err(CaptionsError::TooLarge);
    }
    let mut cues = lines::cues(&decode::decode(bytes))?;
    if cues.is_empty() {
        return Err(CaptionsError::Empty);
    }
    // Players expect them in order; a stable sort keeps what was said together together.
    cues.sort_by_key(|cue| cue.start_ms);
    let captions = Captions { cues };
    if captions.to_webvtt().len() > MAX_BYTES {
        return Err(CaptionsError::TooLarge);
    }
    Ok(captions)
}

#[cfg(test)]
mod tests;
