//! What parent and child say to each other: one order on the child's stdin, then one JSON object a
//! line on its stdout. Both sides use these types, and the parent trusts none of the values: see
//! [`WorkerLine::check`].

use std::fmt;

use serde::{Deserialize, Serialize};

use super::SelfTest;
use crate::ladder::{Plan, RenditionKind};
use crate::probe::MediaInfo;

/// The longest line that the parent reads, in bytes.
pub const MAX_LINE_BYTES: usize = 4 * 1024;

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
    /// The greatest short side to make a rendition for, in pixels (e.g. 1080).
    pub max_short_side: u32,
    /// x264's preset: `veryfast` in production.
    pub preset: String,
    /// Threads for each codec.
    pub threads: u32,
    /// Refusal limits for the source.
    pub limits: crate::probe::ProbeLimits,
    /// How strict the sandbox is.
    pub sandbox: SandboxPolicy,
}

impl WorkerOrder {
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
            max_short_side: 1080,
            preset: "veryfast".into(),
            threads: 2,
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

/// A still picture of the video, JPEG, in the clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PosterReady {
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
    /// `source_damaged`, `sandbox_unavailable`, `order_invalid`, `output_failed`.
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
    /// The poster is ready.
    Poster(PosterReady),
    /// All is done.
    Done(Done),
    /// It cannot be done.
    Failed(Failure),
    /// The result of a self-test; no line follows.
    SelfTest(SelfTest),
}

/// The file name of the poster.
pub const POSTER_FILE: &str = "poster.jpg";

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
            Self::Poster(poster) => poster.file == POSTER_FILE,
            Self::Plan(plan) => {
                let names_ok = plan.renditions.iter().all(|r| is_rendition_name(&r.name));
                let audio = plan.renditions.iter().filter(|r| r.kind == RenditionKind::Audio);
                names_ok && (1..=16).contains(&plan.renditions.len()) && audio.count() <= 1
            }
            Self::Progress(progress) => {
                (0.0..=100.0).contains(&progress.percent) && progress.speed >= 0.0
            }
            Self::Failed(failure) => {
                failure.code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
                    && failure.code.len() <= 64
            }
            Self::Sandbox(_) | Self::Probe(_) | Self::Done(_) | Self::SelfTest(_) => true,
        };
        if ok { Ok(()) } else { Err("a line of the worker is out of bounds") }
    }
}
