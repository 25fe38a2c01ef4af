//! What a file is: container, streams, picture, sound. A file that is no video lesson is refused
//! here, each kind of trouble with a code and a sentence of its own. libav opens nothing but the
//! file handed in: only the `file` protocol, and no format that names other files.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use ffmpeg_next::{Dictionary, Rescale, codec, color, decoder, format, media};
use serde::{Deserialize, Serialize};

use crate::av;
use crate::ladder::FrameRate;
use crate::sniff::{self, Sniffed};

/// Containers that are opened, by libav's names. None of them can name another file, as HLS, DASH,
/// concat, image sequences and SDP can.
const FORMATS: &str = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,avi,mpeg,mpegvideo,flv,\
                       ogg,mp3,flac,wav";

/// Seconds into libav's time base of a container.
const AV_TIME_BASE: i64 = 1_000_000;

/// What a source may be at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeLimits {
    /// Longer side of the picture, in pixels.
    pub max_long_side: u32,
    /// Shorter side of the picture, in pixels.
    pub max_short_side: u32,
    /// Length, in seconds.
    pub max_duration_s: u32,
    /// Streams of all kinds in the container.
    pub max_streams: u32,
}

impl Default for ProbeLimits {
    fn default() -> Self {
        Self {
            max_long_side: 8_192,
            max_short_side: 4_320,
            max_duration_s: 4 * 3_600,
            max_streams: 32,
        }
    }
}

/// Why a file is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefuseReason {
    /// It has no bytes.
    #[error("The file is empty.")]
    Empty,
    /// It is no container that we open.
    #[error(
        "The file is not a video in a format that we can read (MP4, MOV, WebM, MKV, AVI, FLV, MPEG)."
    )]
    NotMedia,
    /// It is a list that points at other files.
    #[error("The file is a playlist, not a video. Upload the video itself.")]
    Playlist,
    /// It ends before its own structure says.
    #[error("The file is cut off: its end is missing. Upload it again from the original.")]
    Truncated,
    /// It is encrypted for players that hold a key.
    #[error(
        "The file is protected against copying (DRM). Upload the original, or an export without \
         protection."
    )]
    Protected,
    /// It is a single picture without sound.
    #[error("The file is a single picture, not a video.")]
    SinglePicture,
    /// It holds neither pictures nor sound.
    #[error("The file holds neither a picture nor sound.")]
    NoStreams,
    /// It holds more streams than anyone needs.
    #[error("The file holds {0} streams; at most {1} are allowed.")]
    TooManyStreams(u32, u32),
    /// The picture is too big.
    #[error("The picture is {0}x{1} pixels; at most {2}x{3} is allowed.")]
    TooLarge(u32, u32, u32, u32),
    /// The picture is too small to be one.
    #[error("The picture is {0}x{1} pixels; at least 16x16 is needed.")]
    TooSmall(u32, u32),
    /// It is too long.
    #[error("The video is {0} s long; at most {1} s are allowed.")]
    TooLong(u64, u32),
    /// There is no decoder for it.
    #[error("The file uses the codec {0}, which we cannot read.")]
    UnsupportedCodec(String),
    /// The file is not there or cannot be read by the worker.
    #[error("The file could not be read.")]
    Unreadable,
}

impl RefuseReason {
    /// The stable public code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_file",
            Self::NotMedia => "not_media",
            Self::Playlist => "playlist_refused",
            Self::Truncated => "truncated_file",
            Self::Protected => "drm_protected",
            Self::SinglePicture => "single_picture",
            Self::NoStreams => "no_streams",
            Self::TooManyStreams(..) => "too_many_streams",
            Self::TooLarge(..) => "picture_too_large",
            Self::TooSmall(..) => "picture_too_small",
            Self::TooLong(..) => "too_long",
            Self::UnsupportedCodec(_) => "unsupported_codec",
            Self::Unreadable => "source_unreadable",
        }
    }
}

/// What the picture must be turned by, as pairs of libavfilter's filters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Orientation {
    /// As it is stored.
    #[default]
    Upright,
    /// A quarter turn clockwise.
    Clockwise,
    /// Half a turn.
    UpsideDown,
    /// A quarter turn counterclockwise.
    Counterclockwise,
    /// Mirrored left to right.
    Mirrored,
    /// Mirrored top to bottom.
    Flipped,
    /// A quarter turn clockwise and mirrored.
    ClockwiseMirrored,
    /// A quarter turn counterclockwise and mirrored.
    CounterclockwiseMirrored,
}

impl Orientation {
    /// The filters that put the picture upright, in libavfilter's language.
    pub const fn filters(self) -> Option<&'static str> {
        match self {
            Self::Upright => None,
            Self::Clockwise => Some("transpose=clock"),
            Self::UpsideDown => Some("hflip,vflip"),
            Self::Counterclockwise => Some("transpose=cclock"),
            Self::Mirrored => Some("hflip"),
            Self::Flipped => Some("vflip"),
            Self::ClockwiseMirrored => Some("transpose=clock_flip"),
            Self::CounterclockwiseMirrored => Some("transpose=cclock_flip"),
        }
    }

    /// Whether width and height change places.
    pub const fn swaps_sides(self) -> bool {
        !matches!(self, Self::Upright | Self::UpsideDown | Self::Mirrored | Self::Flipped)
    }

    /// Degrees clockwise, mirroring aside.
    pub const fn degrees(self) -> u32 {
        match self {
            Self::Upright | Self::Mirrored => 0,
            Self::Clockwise | Self::ClockwiseMirrored => 90,
            Self::UpsideDown | Self::Flipped => 180,
            Self::Counterclockwise | Self::CounterclockwiseMirrored => 270,
        }
    }

    /// Reads a display matrix. Angles that are no quarter turns are left alone, as players do.
    fn of(matrix: &[i32; 9]) -> Self {
        let [a, b, _, c, d, ..] = matrix.map(|n| f64::from(n) / 65_536.0);
        let quarter = |x: f64| x.abs() > 0.5;
        match (quarter(a), quarter(b), quarter(c), quarter(d)) {
            (true, false, false, true) => match (a < 0.0, d < 0.0) {
                (false, false) => Self::Upright,
                (true, false) => Self::Mirrored,
                (false, true) => Self::Flipped,
                (true, true) => Self::UpsideDown,
            },
            (false, true, true, false) => match (b < 0.0, c < 0.0) {
                (false, true) => Self::Clockwise,
                (true, false) => Self::Counterclockwise,
                (false, false) => Self::CounterclockwiseMirrored,
                (true, true) => Self::ClockwiseMirrored,
            },
            _ => Self::Upright,
        }
    }
}

/// The picture of a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VideoInfo {
    /// Index of the stream.
    pub stream: usize,
    /// Codec, by libav's name.
    pub codec: String,
    /// Coded width in pixels.
    pub width: u32,
    /// Coded height in pixels.
    pub height: u32,
    /// Width as people see it, after pixel shape and rotation.
    pub display_width: u32,
    /// Height as people see it.
    pub display_height: u32,
    /// How it is to be turned.
    pub orientation: Orientation,
    /// The same as degrees clockwise (0, 90, 180, 270), mirroring aside: for people to read.
    #[serde(default)]
    pub rotation: u32,
    /// Average rate, if known.
    pub frame_rate: Option<FrameRate>,
    /// Pixel format, by libav's name.
    pub pixel_format: String,
    /// Stored as fields.
    pub interlaced: bool,
    /// Made for high dynamic range (PQ or HLG).
    pub hdr: bool,
}

/// The sound of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioInfo {
    /// Index of the stream.
    pub stream: usize,
    /// Codec, by libav's name.
    pub codec: String,
    /// Channels.
    pub channels: u32,
    /// Samples a second.
    pub sample_rate: u32,
}

/// Chapters that are taken from a file, at most.
pub const MAX_CHAPTERS: usize = 100;

/// The longest title of a chapter that is taken, in characters.
const MAX_TITLE: usize = 120;

/// A chapter that the author's program has written into the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chapter {
    /// Where it begins, in microseconds.
    pub start_us: u64,
    /// Its title on one line; may be empty.
    pub title: String,
}

/// What a file is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MediaInfo {
    /// The container, by libav's name (a list for families: `mov,mp4,…`).
    pub container: String,
    /// Length in microseconds, if the container says.
    pub duration_us: Option<u64>,
    /// Length of the file in bytes.
    pub bytes: u64,
    /// The first picture stream, cover art aside.
    pub video: Option<VideoInfo>,
    /// The best sound stream.
    pub audio: Option<AudioInfo>,
    /// Index of the stream with the picture of a listening lesson, if there is one.
    #[serde(default)]
    pub cover: Option<usize>,
    /// Its chapters in order of time, at most [`MAX_CHAPTERS`].
    #[serde(default)]
    pub chapters: Vec<Chapter>,
}

impl MediaInfo {
    /// Whether the sizes of its parts may be believed when another process has told them.
    pub(crate) fn is_in_bounds(&self) -> bool {
        let title = |c: &Chapter| {
            c.title.chars().count() <= MAX_TITLE && !c.title.contains(char::is_control)
        };
        self.chapters.len() <= MAX_CHAPTERS && self.chapters.iter().all(title)
    }
}

/// Says what the file at `path` is.
///
/// # Errors
/// The reason why it is not taken.
pub fn probe(path: &Path, limits: &ProbeLimits) -> Result<MediaInfo, RefuseReason> {
    open(path, limits).map(|(_, info)| info)
}

/// Opens the file at `path` for reading and says what it is.
pub(crate) fn open(
    path: &Path,
    limits: &ProbeLimits,
) -> Result<(format::context::Input, MediaInfo), RefuseReason> {
    av::init();
    let mut file = File::open(path).map_err(|_| RefuseReason::Unreadable)?;
    let bytes = file.metadata().map_err(|_| RefuseReason::Unreadable)?.len();
    let mut head = Vec::with_capacity(sniff::SNIFF_BYTES);
    (&mut file)
        .take(sniff::SNIFF_BYTES as u64)
        .read_to_end(&mut head)
        .map_err(|_| RefuseReason::Unreadable)?;
    let kind = sniff::sniff(&head);
    match kind {
        Sniffed::Empty => return Err(RefuseReason::Empty),
        Sniffed::Playlist => return Err(RefuseReason::Playlist),
        Sniffed::Other => return Err(RefuseReason::NotMedia),
        _ => {}
    }
    if sniff::is_truncated(kind, &mut file, bytes).map_err(|_| RefuseReason::Unreadable)? {
        return Err(RefuseReason::Truncated);
    }
    let tracks = sniff::tracks(kind, &mut file, bytes).map_err(|_| RefuseReason::Unreadable)?;
    if tracks.protected {
        return Err(RefuseReason::Protected);
    }
    if tracks.count > limits.max_streams {
        return Err(RefuseReason::TooManyStreams(tracks.count, limits.max_streams));
    }
    let Some(input) = open_input(path, limits) else {
        let cut = sniff::ends_in_its_head(kind, &mut file, bytes);
        let cut = cut.map_err(|_| RefuseReason::Unreadable)?;
        return Err(if cut { RefuseReason::Truncated } else { RefuseReason::NotMedia });
    };
    let info = describe(&input, bytes, limits)?;
    Ok((input, info))
}

/// Opens `path` with libav: this protocol and these formats, and nothing else.
pub(crate) fn open_input(path: &Path, limits: &ProbeLimits) -> Option<format::context::Input> {
    // ffmpeg-next takes text without NUL only.
    let name = path.to_str().filter(|name| !name.contains('\0'))?;
    let mut options = Dictionary::new();
    options.set("protocol_whitelist", "file");
    options.set("format_whitelist", FORMATS);
    // A container may say more streams than we take: then it is described, and refused with care.
    options.set("max_streams", &limits.max_streams.saturating_mul(32).to_string());
    options.set("probesize", "20000000");
    options.set("analyzeduration", "20000000");
    format::input_with_dictionary(name, options).ok()
}

fn describe(
    input: &format::context::Input,
    bytes: u64,
    limits: &ProbeLimits,
) -> Result<MediaInfo, RefuseReason> {
    let streams = input.nb_streams();
    if streams > limits.max_streams {
        return Err(RefuseReason::TooManyStreams(streams, limits.max_streams));
    }
    let duration_us = u64::try_from(input.duration())
        .ok()
        .filter(|us| *us > 0)
        .map(|us| us * 1_000_000 / AV_TIME_BASE.unsigned_abs());
    let longest = u64::from(limits.max_duration_s) * 1_000_000;
    if let Some(us) = duration_us.filter(|us| *us > longest) {
        return Err(RefuseReason::TooLong(us.div_ceil(1_000_000), limits.max_duration_s));
    }
    if input.streams().any(|stream| is_encrypted(&stream)) {
        return Err(RefuseReason::Protected);
    }
    let audio = input
        .streams()
        .best(media::Type::Audio)
        .map(|stream| describe_audio(&stream))
        .transpose()?;
    let is_picture =
        |stream: &format::stream::Stream<'_>| stream.parameters().medium() == media::Type::Video;
    // Beside sound a single picture is its cover, whatever the container calls it.
    let is_cover = |stream: &format::stream::Stream<'_>| {
        stream.disposition().contains(format::stream::Disposition::ATTACHED_PIC)
            || (audio.is_some() && stream.frames() == 1)
    };
    if audio.is_none() && input.streams().any(|s| is_picture(&s) && s.frames() == 1) {
        return Err(RefuseReason::SinglePicture);
    }
    let video = input
        .streams()
        .filter(is_picture)
        .find(|stream| !is_cover(stream))
        .map(|stream| describe_video(&stream, limits))
        .transpose()?;
    let cover = input.streams().filter(is_picture).find(is_cover).map(|stream| stream.index());
    if video.is_none() && audio.is_none() {
        return Err(RefuseReason::NoStreams);
    }
    Ok(MediaInfo {
        container: input.format().name().to_owned(),
        duration_us,
        bytes,
        cover: cover.filter(|_| video.is_none()),
        video,
        audio,
        chapters: chapters(input),
    })
}

/// The chapters of the file: in order, no two at one moment, their titles made safe to show.
fn chapters(input: &format::context::Input) -> Vec<Chapter> {
    let mut found: Vec<Chapter> = input
        .chapters()
        .filter_map(|chapter| {
            let micros = ffmpeg_next::Rational(1, 1_000_000);
            let start = chapter.start().rescale(chapter.time_base(), micros);
            let metadata = chapter.metadata();
            let title = metadata.get("title").unwrap_or_default();
            Some(Chapter { start_us: u64::try_from(start).ok()?, title: clean_title(title) })
        })
        .collect();
    found.sort_by_key(|chapter| chapter.start_us);
    found.dedup_by_key(|chapter| chapter.start_us);
    found.truncate(MAX_CHAPTERS);
    found
}

/// `title` on one line, without what a terminal or a page could be fooled by, cut to length.
fn clean_title(title: &str) -> String {
    let visible = title.chars().map(|c| if c.is_control() { ' ' } else { c });
    let text: String = visible.collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(MAX_TITLE).collect()
}

/// Whether the container says that the stream can be read with a key only.
fn is_encrypted(stream: &format::stream::Stream<'_>) -> bool {
    use codec::packet::side_data::Type;
    stream.side_data().any(|side| side.kind() == Type::EncryptionInitInfo)
}

/// The name of the codec of `stream`, if we can decode it.
fn readable_codec(stream: &format::stream::Stream<'_>) -> Result<String, RefuseReason> {
    let id: codec::Id = stream.parameters().id();
    match decoder::find(id) {
        Some(_) => Ok(id.name().to_owned()),
        None => Err(RefuseReason::UnsupportedCodec(id.name().to_owned())),
    }
}

fn describe_video(
    stream: &format::stream::Stream<'_>,
    limits: &ProbeLimits,
) -> Result<VideoInfo, RefuseReason> {
    let codec = readable_codec(stream)?;
    let raw = av::video_params(stream);
    let (width, height) = (side(raw.width), side(raw.height));
    let orientation = raw.matrix.as_ref().map(Orientation::of).unwrap_or_default();
    let (display_width, display_height) =
        display_size(width, height, raw.pixel_aspect, orientation);
    for (width, height) in [(width, height), (display_width, display_height)] {
        if width.min(height) < 16 {
            return Err(RefuseReason::TooSmall(width, height));
        }
        if width.max(height) > limits.max_long_side || width.min(height) > limits.max_short_side {
            let most = (limits.max_long_side, limits.max_short_side);
            return Err(RefuseReason::TooLarge(width, height, most.0, most.1));
        }
    }
    let rate = [stream.avg_frame_rate(), stream.rate()].into_iter().find_map(|rate| {
        let (num, den) = (side(rate.numerator()), side(rate.denominator()));
        (num > 0 && den > 0).then(|| FrameRate::new(num, den))
    });
    Ok(VideoInfo {
        stream: stream.index(),
        codec,
        width,
        height,
        display_width,
        display_height,
        orientation,
        rotation: orientation.degrees(),
        frame_rate: rate,
        pixel_format: raw.format.descriptor().map_or("unknown", |d| d.name()).to_owned(),
        interlaced: raw.interlaced,
        hdr: matches!(
            raw.transfer,
            color::TransferCharacteristic::SMPTE2084 | color::TransferCharacteristic::ARIB_STD_B67
        ),
    })
}

fn describe_audio(stream: &format::stream::Stream<'_>) -> Result<AudioInfo, RefuseReason> {
    let codec = readable_codec(stream)?;
    let raw = av::audio_params(stream);
    Ok(AudioInfo {
        stream: stream.index(),
        codec,
        channels: side(raw.channels),
        sample_rate: side(raw.rate),
    })
}

/// libav's sizes are signed; a negative one is nonsense of the file, and counts as none.
fn side(raw: i32) -> u32 {
    u32::try_from(raw).unwrap_or(0)
}

/// The size as people see it: pixels that are not square widen (or narrow) the picture.
fn display_size(width: u32, height: u32, sar: (i32, i32), turn: Orientation) -> (u32, u32) {
    let (num, den) = (u64::from(side(sar.0)), u64::from(side(sar.1)));
    // A shape beyond 1:16 is a broken header, not an anamorphic film.
    let sane = num > 0 && den > 0 && num <= den * 16 && den <= num * 16;
    let wide = if sane { (u64::from(width) * num + den / 2) / den } else { u64::from(width) };
    let wide = u32::try_from(wide).unwrap_or(u32::MAX).max(1);
    if turn.swaps_sides() { (height, wide) } else { (wide, height) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_that_are_not_square_and_turns_count() {
        let upright = Orientation::Upright;
        assert_eq!(display_size(720, 576, (16, 11), upright), (1047, 576));
        assert_eq!(display_size(1440, 1080, (4, 3), upright), (1920, 1080));
        assert_eq!(display_size(1920, 1080, (1, 1), Orientation::Clockwise), (1080, 1920));
        assert_eq!(display_size(640, 480, (0, 1), upright), (640, 480));
        assert_eq!(display_size(640, 480, (1, 5000), upright), (640, 480));
    }

    #[test]
    fn titles_of_chapters_are_one_safe_line() {
        assert_eq!(clean_title("  One\n\u{1b}[31m two\t "), "One [31m two");
        assert_eq!(clean_title(&"я".repeat(500)).chars().count(), MAX_TITLE);
    }

    #[test]
    fn display_matrices_become_filters() {
        let one = 65_536;
        let of =
            |a: i32, b: i32, c: i32, d: i32| Orientation::of(&[a, b, 0, c, d, 0, 0, 0, 1 << 30]);
        assert_eq!(of(one, 0, 0, one), Orientation::Upright);
        assert_eq!(of(0, one, -one, 0), Orientation::Clockwise);
        assert_eq!(of(0, -one, one, 0), Orientation::Counterclockwise);
        assert_eq!(of(-one, 0, 0, -one), Orientation::UpsideDown);
        assert_eq!(of(-one, 0, 0, one), Orientation::Mirrored);
        assert_eq!(of(46_341, 46_341, -46_341, 46_341), Orientation::Upright);
    }
}
