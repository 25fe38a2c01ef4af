//! What parent and child say to each other: one order on the child's stdin, then one JSON object a
//! line on its stdout. Both sides use these types, and the parent trusts none of the values: see
//! [`WorkerLine::check`].

use std::fmt;

use serde::{Deserialize, Serialize};

use super::products::{Dropped, LogLine, Loudness, PosterReady, SheetReady, Skipped, Storyboard};
use super::{SelfTest, WorkLimits};
use crate::ladder::{LessonKind, Plan, RenditionKind};
use crate::probe::MediaInfo;

/// The longest line that the parent reads, in bytes: a probe with a hundred chapters fits.
pub const MAX_LINE_BYTES: usize = 64 * 1024;

/// An AES-128 key; shown neither by `Debug` nor in an error.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SegmentKey(pub [u8; 16]);

impl SegmentKey {
    /// A new key from the operating system's generator.
    pub fn random() -> Self {
        Self(rand::random())
    }
}

impl fmt::Debug for SegmentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SegmentKey(…)")
    }
}

impl From<SegmentKey> for String {
    fn from(key: SegmentKey) -> Self {
        hex::encode(key.0)
    }
}

impl TryFrom<String> for SegmentKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut key = [0; 16];
        hex::decode_to_slice(text, &mut key).map_err(|_| "a key is 32 hexadecimal digits")?;
        Ok(Self(key))
    }
}

/// An initialisation vector of AES-128-CBC: public, 32 hexadecimal digits in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Iv(pub [u8; 16]);

impl From<Iv> for String {
    fn from(iv: Iv) -> Self {
        hex::encode(iv.0)
    }
}

impl TryFrom<String> for Iv {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut iv = [0; 16];
        hex::decode_to_slice(text, &mut iv).map_err(|_| "an IV is 32 hexadecimal digits")?;
        Ok(Self(iv))
    }
}

/// How much of the sandbox must stand before a byte of the upload is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SandboxPolicy {
    /// Refuse to work without Landlock (at least in part) and the seccomp filter.
    #[default]
    Required,
    /// Take what the kernel gives, and report it.
    BestEffort,
}

/// What the parent wants done: the first line on the child's stdin. Keys travel here, never in
/// arguments or the environment, where other processes could read them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerOrder {
    /// The key of epoch `n` is `keys[n]`; there must be one for every epoch of the longest video
    /// allowed ([`WorkerOrder::epochs_for`]). Keys of a restarted job must be the same ones.
    pub keys: Vec<SegmentKey>,
    /// Segments per key epoch, at least 1.
    pub epoch_segments: u32,
    /// The first segment that is not stored yet in every rendition; 0 at the first start. The
    /// worker begins one before it, so that one comes again.
    pub first_segment: u32,
    /// What earlier attempts have stored before the segment that this one begins with, for each
    /// rendition: so that rates are measured over the whole. When it is missing in an order that goes
    /// on in the middle, no rung is dropped.
    #[serde(default)]
    pub stored: Vec<StoredBefore>,
    /// The greatest short side to make a rendition for, in pixels (e.g. 1080).
    pub max_short_side: u32,
    /// x264's preset: `veryfast` in production.
    pub preset: String,
    /// Threads for each codec.
    pub threads: u32,
    /// Refusal limits for the source.
    pub limits: crate::probe::ProbeLimits,
    /// How much computing the work may take.
    pub work: WorkLimits,
    /// How strict the sandbox is.
    pub sandbox: SandboxPolicy,
}

/// Segments of a rendition that an earlier attempt has stored: those with a number below
/// `first_segment - 1` of the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredBefore {
    /// The rendition's name in the [`Plan`].
    pub rendition: String,
    /// Their bytes together.
    pub bytes: u64,
    /// How long they play together, in microseconds.
    pub duration_us: u64,
}

impl WorkerOrder {
    /// Bytes and microseconds of what is stored of `rendition` before the first segment made by
    /// this order; `None` when that is not known.
    pub fn stored_before(&self, rendition: &str) -> Option<(u64, u64)> {
        let stored = self.stored.iter().find(|stored| stored.rendition == rendition);
        let stored = stored.map(|stored| (stored.bytes, stored.duration_us));
        stored.or((self.first_segment == 0).then_some((0, 0)))
    }

    /// Segments of one minute.
    pub const EPOCH_SEGMENTS: u32 = 15;

    /// An order for a first start with fresh random keys and the product's defaults.
    pub fn new() -> Self {
        Self::with_keys(Vec::new(), crate::probe::ProbeLimits::default())
    }

    /// As [`Self::new`], going on with the keys that earlier attempts used, by epoch; the missing
    /// ones are made.
    pub fn with_keys(mut keys: Vec<SegmentKey>, limits: crate::probe::ProbeLimits) -> Self {
        let epochs = Self::epochs_for(limits.max_duration_s, Self::EPOCH_SEGMENTS);
        while keys.len() < epochs {
            keys.push(SegmentKey::random());
        }
        Self {
            keys,
            epoch_segments: Self::EPOCH_SEGMENTS,
            first_segment: 0,
            stored: Vec::new(),
            max_short_side: 1080,
            preset: "veryfast".into(),
            threads: 2,
            work: WorkLimits::up_to(limits.max_duration_s),
            limits,
            sandbox: SandboxPolicy::Required,
        }
    }

    /// Keys needed for a video of `duration_s` seconds, with a margin for rounding.
    pub fn epochs_for(duration_s: u32, epoch_segments: u32) -> usize {
        let segments = duration_s.div_ceil(crate::ladder::SEGMENT_S).saturating_add(16);
        segments.div_ceil(epoch_segments.max(1)) as usize
    }
}

impl Default for WorkerOrder {
    fn default() -> Self {
        Self::new()
    }
}

/// What stands between the child and the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxReport {
    /// `full`, `partial` or `none`: file rules (and TCP rules on newer kernels).
    pub landlock: LandlockState,
    /// The system-call filter is loaded.
    pub seccomp: bool,
    /// The process has a network namespace of its own, with nothing in it.
    pub netns: bool,
    /// Resource limits are set.
    pub rlimits: bool,
}

/// How far Landlock could be enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LandlockState {
    /// All rules of the newest interface asked for.
    Full,
    /// The rules that this kernel knows.
    Partial,
    /// None: the kernel has no Landlock, or it is switched off.
    None,
}

/// What the child is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Reading what the file is.
    Probing,
    /// Decoding and encoding.
    Transcoding,
}

/// How far the work is. Sent at least every two seconds while the child makes progress, so that
/// silence means that it hangs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The stage.
    pub stage: Stage,
    /// 0 to 100 of the whole job.
    pub percent: f32,
    /// Media seconds made per second of work (1.0 is real time); 0 while unknown.
    pub speed: f32,
    /// Where in the media the encoders are, in microseconds.
    pub out_time_us: u64,
}

/// The initialisation segment of one rendition: clear, to be stored before any playlist names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitReady {
    /// The rendition's name in the [`Plan`].
    pub rendition: String,
    /// The `CODECS` string, read from what the encoder wrote (e.g. `avc1.64001f`).
    pub codecs: String,
    /// The file in the output directory.
    pub file: String,
    /// Its length in bytes.
    pub bytes: u64,
}

/// One encrypted media segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentReady {
    /// The rendition's name in the [`Plan`].
    pub rendition: String,
    /// Its number, from 0 without gaps in each rendition.
    pub seq: u32,
    /// How long it plays, in microseconds.
    pub duration_us: u64,
    /// Length of the encrypted file in bytes.
    pub bytes: u64,
    /// The key epoch that it is encrypted in: `keys[epoch]` of the order.
    pub epoch: u32,
    /// Its initialisation vector.
    pub iv: Iv,
    /// The file in the output directory.
    pub file: String,
}

/// A rendition is complete: its playlist can end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenditionDone {
    /// The rendition's name in the [`Plan`].
    pub rendition: String,
    /// Segments in it, from 0 on (with those of earlier attempts).
    pub segments: u32,
    /// How long it plays, in microseconds.
    pub duration_us: u64,
}

/// The job is done; no line follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// How long the video plays, in microseconds.
    pub duration_us: u64,
    /// Video frames decoded.
    pub frames: u64,
    /// Damaged packets and frames that were skipped.
    pub corrupt: u64,
}

/// The job has failed for a reason in the file or in the worker; no line follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// A stable code: one of [`crate::probe::RefuseReason::code`], or `transcode_failed`,
    /// `source_damaged`, `too_demanding`, `sandbox_unavailable`, `order_invalid`, `output_failed`.
    pub code: String,
    /// A sentence for a person, in English.
    pub detail: String,
    /// Where in the video it happened, in seconds, if that is known.
    pub at_s: Option<f64>,
    /// Whether the same job may succeed at another attempt (a full disk, a lost file), rather
    /// than the file being at fault.
    pub retryable: bool,
}

/// One line on the child's stdout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkerLine {
    /// First line.
    Sandbox(SandboxReport),
    /// What the source is.
    Probe(Box<MediaInfo>),
    /// What will be made of it.
    Plan(Plan),
    /// How far it is.
    Progress(Progress),
    /// An initialisation segment is ready.
    Init(InitReady),
    /// A media segment is ready.
    Segment(SegmentReady),
    /// A rendition is complete.
    RenditionDone(RenditionDone),
    /// A still picture to choose from is ready.
    PosterCandidate(PosterReady),
    /// A sheet of the storyboard is ready.
    StoryboardSheet(SheetReady),
    /// All sheets are ready.
    Storyboard(Storyboard),
    /// How loud the source is, and what is done about it.
    Loudness(Loudness),
    /// A complete rendition gains nothing.
    Dropped(Dropped),
    /// A damaged stretch was left out.
    Skipped(Skipped),
    /// libav says something.
    Log(LogLine),
    /// All is done.
    Done(Done),
    /// It cannot be done.
    Failed(Failure),
    /// The result of a self-test; no line follows.
    SelfTest(SelfTest),
}

/// The file name of a rendition's initialisation segment in the output directory.
pub fn init_file(rendition: &str) -> String {
    format!("{rendition}-init.mp4")
}

/// The file name of a media segment in the output directory.
pub fn segment_file(rendition: &str, seq: u32) -> String {
    format!("{rendition}-{seq}.m4s")
}

/// Whether `name` can be a rendition: letters and digits only, so that it is safe in every path.
pub fn is_rendition_name(name: &str) -> bool {
    (1..=16).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

impl WorkerLine {
    /// Whether nothing follows.
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Done(_) | Self::Failed(_) | Self::SelfTest(_))
    }

    /// Whether the line may be believed as far as names and numbers go: the child has read a
    /// hostile file, so names are those that the parent would have chosen, and numbers are in
    /// range.
    pub fn check(&self) -> Result<(), &'static str> {
        let ok = match self {
            Self::Init(init) => {
                is_rendition_name(&init.rendition)
                    && init.file == init_file(&init.rendition)
                    && init.codecs.len() <= 64
                    && init.codecs.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
            }
            Self::Segment(segment) => {
                is_rendition_name(&segment.rendition)
                    && segment.file == segment_file(&segment.rendition, segment.seq)
                    && (1..=60_000_000).contains(&segment.duration_us)
            }
            Self::RenditionDone(done) => is_rendition_name(&done.rendition),
            Self::PosterCandidate(poster) => poster.is_in_bounds(),
            Self::StoryboardSheet(sheet) => sheet.is_in_bounds(),
            Self::Storyboard(board) => board.is_in_bounds(),
            Self::Loudness(loudness) => loudness.is_in_bounds(),
            Self::Dropped(dropped) => is_rendition_name(&dropped.rendition),
            Self::Skipped(skipped) => skipped.is_in_bounds(),
            Self::Log(line) => line.is_in_bounds(),
            Self::Plan(plan) => {
                let names_ok = plan.renditions.iter().all(|r| is_rendition_name(&r.name));
                let audio = plan.renditions.iter().filter(|r| r.kind == RenditionKind::Audio);
                let pictures = plan.renditions.iter().any(|r| r.kind == RenditionKind::Video);
                names_ok
                    && (1..=16).contains(&plan.renditions.len())
                    && audio.count() <= 1
                    && pictures == (plan.kind == LessonKind::Video)
            }
            Self::Probe(info) => info.is_in_bounds(),
            Self::Progress(progress) => {
                (0.0..=100.0).contains(&progress.percent) && progress.speed >= 0.0
            }
            Self::Failed(failure) => {
                failure.code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
                    && failure.code.len() <= 64
            }
            Self::Sandbox(_) | Self::Done(_) | Self::SelfTest(_) => true,
        };
        if ok { Ok(()) } else { Err("a line of the worker is out of bounds") }
    }
}

#[cfg(test)]
mod tests {
    use super::super::products::*;
    use super::*;
    use crate::ladder::RenditionPlan;

    fn plan(kind: LessonKind) -> Plan {
        let audio = RenditionPlan {
            name: "audio".into(),
            kind: RenditionKind::Audio,
            width: 0,
            height: 0,
            frame_rate: None,
            channels: 2,
        };
        Plan {
            kind,
            screen: false,
            target_duration_s: 5,
            segment_us: 4_000_000,
            duration_us: None,
            renditions: vec![audio],
        }
    }

    fn products() -> Vec<(WorkerLine, &'static str)> {
        let poster = PosterReady {
            index: 5,
            file: poster_file(5, 7),
            width: 1_280,
            height: 720,
            bytes: 9,
            at_us: 7,
        };
        let board = Storyboard {
            tile_width: 160,
            tile_height: 90,
            columns: 10,
            rows: 10,
            interval_us: 2_000_000,
            count: 101,
        };
        let loudness = Loudness {
            integrated_lufs: -27.5,
            true_peak_dbtp: -6.25,
            gain_db: 11.5,
            expected_lufs: -16.0,
            limit: GainLimit::None,
        };
        let message = LogLine { level: LogLevel::Warning, message: "odd".into() };
        vec![
            (
                WorkerLine::PosterCandidate(poster),
                r#"{"poster_candidate":{"index":5,"file":"poster-5-7.jpg","width":1280,"height":720,"bytes":9,"at_us":7}}"#,
            ),
            (
                WorkerLine::StoryboardSheet(SheetReady { sheet: 1, file: sheet_file(1), bytes: 8 }),
                r#"{"storyboard_sheet":{"sheet":1,"file":"sheet-1.jpg","bytes":8}}"#,
            ),
            (
                WorkerLine::Storyboard(board),
                r#"{"storyboard":{"tile_width":160,"tile_height":90,"columns":10,"rows":10,"interval_us":2000000,"count":101}}"#,
            ),
            (
                WorkerLine::Loudness(loudness),
                r#"{"loudness":{"integrated_lufs":-27.5,"true_peak_dbtp":-6.25,"gain_db":11.5,"expected_lufs":-16.0,"limit":"none"}}"#,
            ),
            (
                WorkerLine::Dropped(Dropped { rendition: "1080p".into() }),
                r#"{"dropped":{"rendition":"1080p"}}"#,
            ),
            (
                WorkerLine::Skipped(Skipped { from_us: 1, to_us: 3 }),
                r#"{"skipped":{"from_us":1,"to_us":3}}"#,
            ),
            (WorkerLine::Log(message), r#"{"log":{"level":"warning","message":"odd"}}"#),
            (
                WorkerLine::Plan(plan(LessonKind::Listening)),
                r#"{"plan":{"kind":"listening","screen":false,"target_duration_s":5,"segment_us":4000000,"duration_us":null,"renditions":[{"name":"audio","kind":"audio","width":0,"height":0,"frame_rate":null,"channels":2}]}}"#,
            ),
        ]
    }

    #[test]
    fn every_product_is_a_line_that_is_read_back_as_it_was() {
        for (line, text) in products() {
            assert_eq!(serde_json::to_string(&line).unwrap(), text);
            let read: WorkerLine = serde_json::from_str(text).unwrap();
            assert_eq!(read, line);
            assert!(read.check().is_ok() && !read.is_last(), "{text}");
        }
    }

    #[test]
    fn a_line_out_of_bounds_is_not_believed() {
        let changed = |from: &str, to: &str| {
            let (_, text) =
                products().into_iter().find(|(_, text)| text.contains(from)).expect("a line");
            let line: WorkerLine = serde_json::from_str(&text.replacen(from, to, 1)).unwrap();
            assert!(line.check().is_err(), "{line:?}");
        };
        changed("poster-5-7.jpg", "../poster-5-7.jpg");
        changed("\"at_us\":7", "\"at_us\":8");
        changed("\"index\":5", "\"index\":6");
        changed("\"width\":1280", "\"width\":0");
        changed("sheet-1.jpg", "sheet-2.jpg");
        changed("\"sheet\":1", "\"sheet\":100");
        changed("\"count\":101", "\"count\":0");
        changed("\"columns\":10", "\"columns\":4000000000");
        changed("-27.5", "-1e300");
        changed("1080p", "../x");
        changed("\"to_us\":3", "\"to_us\":1");
        changed("odd", "two\\nlines");
        changed("\"kind\":\"listening\"", "\"kind\":\"video\"");
    }
}
