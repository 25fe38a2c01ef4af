//! What surrounds a video, as its row keeps it: chapters, storyboard, loudness, what was left out.
//! Pure: JSON in and out, and the rules for what may stand there.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::model::{DetailsRow, VideoKind};
use crate::platform::http::{Checks, Code, Problem};

/// Chapters of one video, at most.
pub const MAX_CHAPTERS: usize = 100;
/// The longest title of a chapter, in characters.
const MAX_TITLE: usize = 120;
/// Damaged stretches that are told of, at most.
const MAX_SKIPPED: usize = 100;

/// A chapter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chapter {
    /// Where it begins, in milliseconds.
    pub start_ms: i64,
    /// Its title.
    pub title: String,
}

/// A damaged stretch that was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skip {
    /// Where it begins, in milliseconds.
    pub from_ms: i64,
    /// Where it ends, in milliseconds.
    pub to_ms: i64,
}

/// How the sheets of a storyboard are read: tiles row by row, sheet after sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    /// Width of a tile in pixels.
    pub tile_width: u32,
    /// Height of a tile in pixels.
    pub tile_height: u32,
    /// Tiles in a row.
    pub columns: u32,
    /// Rows in a sheet.
    pub rows: u32,
    /// From one tile to the next, in milliseconds.
    pub interval_ms: u64,
    /// Tiles in all.
    pub count: u32,
}

impl Board {
    /// Sheets that hold all tiles.
    pub fn sheets(&self) -> u32 {
        self.count.div_ceil(self.columns.saturating_mul(self.rows).max(1))
    }
}

/// How loud the source is, and what was done about it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Loudness {
    /// Integrated loudness measured, in LUFS.
    pub integrated_lufs: f64,
    /// True peak measured, in dBTP.
    pub true_peak_dbtp: f64,
    /// What was added, in dB.
    pub gain_db: f64,
}

/// The row, read. A video that has none yet has the default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Details {
    /// Video or listening.
    pub kind: Option<VideoKind>,
    /// A recorded screen: made with sharpness before smoothness.
    pub screen: bool,
    /// Rising.
    pub chapters: Vec<Chapter>,
    /// Measured.
    pub loudness: Option<Loudness>,
    /// In order.
    pub skipped: Vec<Skip>,
    /// Present when every sheet is stored.
    pub storyboard: Option<Board>,
}

/// What we wrote ourselves can be read, or else is as if it were not there: a page without chapters
/// is better than none.
fn read<T: serde::de::DeserializeOwned + Default>(value: Value) -> T {
    serde_json::from_value(value).unwrap_or_default()
}

impl From<DetailsRow> for Details {
    fn from(row: DetailsRow) -> Self {
        Self {
            kind: Some(row.kind),
            screen: row.screen,
            chapters: read(row.chapters),
            loudness: row.loudness.and_then(read),
            skipped: read(row.skipped),
            storyboard: row.storyboard.and_then(read),
        }
    }
}

impl Details {
    /// Video or listening.
    pub fn kind(&self) -> VideoKind {
        self.kind.unwrap_or(VideoKind::Video)
    }
}

/// Chapters as an author wrote them, `(start in seconds, title)`, in a video of `duration_ms`.
///
/// # Errors
/// `invalid` with every field at fault.
pub fn check_chapters(
    input: &[(f64, String)],
    duration_ms: Option<i64>,
) -> Result<Vec<Chapter>, Problem> {
    let mut checks = Checks::new();
    checks.ensure(
        input.len() <= MAX_CHAPTERS,
        "chapters",
        Code::TooLong,
        "At most 100 chapters fit one video.",
    );
    let mut chapters: Vec<Chapter> = Vec::new();
    for (n, (start_s, title)) in input.iter().take(MAX_CHAPTERS).enumerate() {
        let title = checks.text(&format!("chapters[{n}].title"), title, 1..=MAX_TITLE);
        let field = format!("chapters[{n}].start_s");
        let Some(start_ms) = milliseconds(*start_s) else {
            checks.add(field, Code::Invalid, "Seconds from the beginning, 0 or more.");
            continue;
        };
        if duration_ms.is_some_and(|duration| start_ms >= duration) {
            checks.add(field, Code::Invalid, "The video ends before this chapter begins.");
        } else if chapters.last().is_some_and(|last| last.start_ms >= start_ms) {
            checks.add(field, Code::Invalid, "A chapter begins after the one before it.");
        }
        chapters.push(Chapter { start_ms, title });
    }
    checks.done()?;
    Ok(chapters)
}

#[expect(clippy::cast_possible_truncation, reason = "checked to be within a million seconds")]
fn milliseconds(s: f64) -> Option<i64> {
    (s.is_finite() && (0.0..=1e6).contains(&s)).then(|| (s * 1000.0).round() as i64)
}

/// The chapters that a file brings, `(start in microseconds, title)`: what may not stand is left out,
/// for nobody is there to be asked.
pub fn chapters_of_file(found: &[(u64, String)], duration_ms: Option<i64>) -> Vec<Chapter> {
    let mut chapters: Vec<Chapter> = Vec::new();
    for (start_us, title) in found {
        let title = crate::platform::http::clean_text(title, false);
        let title: String = title.chars().take(MAX_TITLE).collect();
        let Ok(start_ms) = i64::try_from(start_us / 1000) else { continue };
        let inside = duration_ms.is_none_or(|duration| start_ms < duration);
        let rising = chapters.last().is_none_or(|last| last.start_ms < start_ms);
        if !title.is_empty() && inside && rising && chapters.len() < MAX_CHAPTERS {
            chapters.push(Chapter { start_ms, title });
        }
    }
    chapters
}

/// `known` with one stretch more, joined where they overlap or touch. The same stretch may be told
/// again by a later attempt.
pub fn with_skip(mut known: Vec<Skip>, skip: Skip) -> Vec<Skip> {
    known.push(skip);
    known.sort_unstable_by_key(|skip| (skip.from_ms, skip.to_ms));
    let mut joined: Vec<Skip> = Vec::with_capacity(known.len());
    for skip in known.into_iter().filter(|skip| skip.from_ms < skip.to_ms) {
        match joined.last_mut() {
            Some(last) if skip.from_ms <= last.to_ms => last.to_ms = last.to_ms.max(skip.to_ms),
            _ => joined.push(skip),
        }
    }
    joined.truncate(MAX_SKIPPED);
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chapters(list: &[(f64, &str)]) -> Vec<(f64, String)> {
        list.iter().map(|(at, title)| (*at, (*title).to_owned())).collect()
    }

    #[test]
    fn chapters_rise_within_the_film_and_each_fault_is_named() {
        let good = chapters(&[(0.0, " Start "), (12.3456, "Joins"), (59.0, "End")]);
        let kept = check_chapters(&good, Some(60_000)).unwrap();
        assert_eq!(kept[0], Chapter { start_ms: 0, title: "Start".into() });
        assert_eq!(kept[1].start_ms, 12_346);
        assert!(check_chapters(&[], Some(60_000)).unwrap().is_empty());
        let bad = chapters(&[(5.0, "A"), (5.0, "B"), (60.0, "C"), (-1.0, "D"), (f64::NAN, "")]);
        let doc = check_chapters(&bad, Some(60_000)).unwrap_err().doc();
        let fields: Vec<&str> = doc.errors.iter().map(|error| error.field.as_str()).collect();
        let starts = [1, 2, 3].map(|n| format!("chapters[{n}].start_s"));
        assert_eq!(&fields[..3], starts);
        assert_eq!(fields[3..], ["chapters[4].title", "chapters[4].start_s"]);
        let many = vec![(0.0, "x".to_owned()); 101];
        assert!(check_chapters(&many, None).is_err());
    }

    #[test]
    fn chapters_of_a_file_are_cleaned_and_not_believed() {
        let found = [
            (0, "One".to_owned()),
            (0, "Twice".to_owned()),
            (2_000_000, "  ".to_owned()),
            (3_000_000, "Two\u{202E}".to_owned()),
            (90_000_000, "Behind the end".to_owned()),
        ];
        let kept = chapters_of_file(&found, Some(60_000));
        let titles: Vec<&str> = kept.iter().map(|chapter| chapter.title.as_str()).collect();
        assert_eq!(titles, ["One", "Two"]);
    }

    #[test]
    fn a_storyboard_has_as_many_sheets_as_its_tiles_need() {
        let board = |count| Board {
            tile_width: 160,
            tile_height: 90,
            columns: 10,
            rows: 10,
            interval_ms: 2_000,
            count,
        };
        assert_eq!([1, 100, 101].map(|count| board(count).sheets()), [1, 1, 2]);
    }

    proptest! {
        #[test]
        fn stretches_are_told_once_in_order(
            list in prop::collection::vec((0i64..10_000, 1i64..500), 0..300),
        ) {
            let add = |known, (from_ms, length): &(i64, i64)| {
                with_skip(known, Skip { from_ms: *from_ms, to_ms: from_ms + length })
            };
            let once = list.iter().fold(Vec::new(), add);
            prop_assert!(once.windows(2).all(|pair| pair[0].to_ms < pair[1].from_ms));
            prop_assert!(once.len() <= MAX_SKIPPED);
            if once.len() < MAX_SKIPPED {
                let twice = list.iter().fold(once.clone(), add);
                prop_assert_eq!(twice, once);
            }
        }
    }
}
