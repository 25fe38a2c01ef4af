//! What the child tells of besides segments: pictures, the seek bar's sheets, loudness, what it
//! left out, and libav's messages. Part of the protocol in `lines.rs`.

use serde::{Deserialize, Serialize};

/// Still pictures that an author can choose from, at most: `index` is below it.
pub const MAX_POSTERS: u32 = 6;

/// Sheets of a storyboard, at most: 600 tiles and a margin for files that do not know their length.
pub const MAX_SHEETS: u32 = 100;

/// The longest message of a [`LogLine`], in bytes.
pub const MAX_MESSAGE_BYTES: usize = 500;

/// Messages of one job, at most; the last of them says that more were left out.
pub const MAX_MESSAGES: u32 = 500;

/// Skipped ranges of one job, at most.
pub const MAX_SKIPPED: usize = 100;

/// A still picture of the video, JPEG, in the clear. An index may come again with a better picture:
/// the last one counts. Index 0 comes early, and is the default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PosterReady {
    /// Its number, from 0 up to [`MAX_POSTERS`] exclusive.
    pub index: u32,
    /// The file in the output directory.
    pub file: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Length in bytes.
    pub bytes: u64,
    /// Where in the video it is from, in microseconds.
    pub at_us: u64,
}

/// One sheet of the storyboard, JPEG, in the clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetReady {
    /// Its number, from 0 without gaps.
    pub sheet: u32,
    /// The file in the output directory.
    pub file: String,
    /// Length in bytes.
    pub bytes: u64,
}

/// How the sheets of a storyboard are read: tiles row by row, sheet after sheet. Comes once, after
/// the last sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storyboard {
    /// Width of a tile in pixels.
    pub tile_width: u32,
    /// Height of a tile in pixels.
    pub tile_height: u32,
    /// Tiles in a row.
    pub columns: u32,
    /// Rows in a sheet.
    pub rows: u32,
    /// From one tile to the next, in microseconds; tile 0 is from the beginning.
    pub interval_us: u64,
    /// Tiles in all sheets together.
    pub count: u32,
}

/// Why the sound does not come out at the target of loudness.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GainLimit {
    /// It does.
    #[default]
    None,
    /// It would need more gain than is ever given: noise would come up.
    MaxGain,
    /// Its peaks stand so far above the rest that the limiter would crush them.
    Peaks,
    /// It is silent, and left alone.
    Silence,
}

/// The loudness of the source's sound, mixed down as it is published (EBU R128), and what is done
/// about it. Comes once, before the first segment of sound.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Loudness {
    /// Integrated loudness that was measured, in LUFS; -70 for silence.
    pub integrated_lufs: f64,
    /// True peak that was measured, in dBTP.
    pub true_peak_dbtp: f64,
    /// What is added, in dB; a limiter follows where the peak needs it.
    pub gain_db: f64,
    /// The integrated loudness that comes out, in LUFS: -16, or what the limit allows.
    #[serde(default)]
    pub expected_lufs: f64,
    /// What kept it from the target, if anything did.
    #[serde(default)]
    pub limit: GainLimit,
}

/// A complete rendition that gains nothing over the one below it: not to be listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// The rendition's name in the plan.
    pub rendition: String,
}

/// A damaged stretch of the source: the last picture stands through it, the sound is silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Where it begins, in microseconds.
    pub from_us: u64,
    /// Where it ends, in microseconds.
    pub to_us: u64,
}

/// How bad a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Something failed.
    Error,
    /// Something is odd.
    Warning,
    /// Worth knowing.
    Info,
}

/// A message of libav: one line of text without control characters and without paths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// How bad it is.
    pub level: LogLevel,
    /// What it says, at most [`MAX_MESSAGE_BYTES`] bytes.
    pub message: String,
}

/// The file name of a still picture in the output directory. The moment is part of it: a better one
/// under the same number must not overwrite what the parent has not fetched yet.
pub fn poster_file(index: u32, at_us: u64) -> String {
    format!("poster-{index}-{at_us}.jpg")
}

/// The file name of a storyboard's sheet in the output directory.
pub fn sheet_file(sheet: u32) -> String {
    format!("sheet-{sheet}.jpg")
}

impl PosterReady {
    pub(super) fn is_in_bounds(&self) -> bool {
        self.index < MAX_POSTERS
            && self.file == poster_file(self.index, self.at_us)
            && (1..=8_192).contains(&self.width)
            && (1..=8_192).contains(&self.height)
    }
}

impl SheetReady {
    pub(super) fn is_in_bounds(&self) -> bool {
        self.sheet < MAX_SHEETS && self.file == sheet_file(self.sheet)
    }
}

impl Storyboard {
    pub(super) fn is_in_bounds(&self) -> bool {
        let Self { tile_width, tile_height, columns, rows, interval_us, count } = *self;
        [tile_width, tile_height].iter().all(|side| (1..=1_024).contains(side))
            && [columns, rows].iter().all(|n| (1..=32).contains(n))
            && (1_000..=3_600_000_000).contains(&interval_us)
            && (1..=columns * rows * MAX_SHEETS).contains(&count)
    }
}

impl Loudness {
    pub(super) fn is_in_bounds(&self) -> bool {
        let within = |number: f64| number.is_finite() && number.abs() <= 200.0;
        let Self { integrated_lufs, true_peak_dbtp, gain_db, expected_lufs, limit: _ } = *self;
        [integrated_lufs, true_peak_dbtp, gain_db, expected_lufs].into_iter().all(within)
    }
}

impl Skipped {
    pub(super) fn is_in_bounds(&self) -> bool {
        // A week: no video is longer.
        self.from_us < self.to_us && self.to_us <= 7 * 86_400 * 1_000_000
    }
}

impl LogLine {
    pub(super) fn is_in_bounds(&self) -> bool {
        self.message.len() <= MAX_MESSAGE_BYTES && !self.message.contains(char::is_control)
    }
}
