//! Which renditions a source gets: pure arithmetic over sizes, rates and the limits of H.264
//! levels. Nothing is ever scaled up, every size is even, and every rendition is cut at the same
//! moments.

use serde::{Deserialize, Serialize};

/// Nominal length of a media segment, in seconds: two groups of pictures.
pub const SEGMENT_S: u32 = 4;

/// Length of a group of pictures, in seconds.
const GOP_S: u32 = 2;

/// Sample rate of every audio rendition, in Hz.
pub const AUDIO_RATE: u32 = 48_000;

/// Samples in one AAC-LC frame.
pub const AAC_FRAME: u32 = 1_024;

/// Name of the one audio rendition.
pub const AUDIO_NAME: &str = "audio";

/// Frames per second as an exact fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameRate {
    /// Frames …
    pub num: u32,
    /// … in so many seconds; never 0.
    pub den: u32,
}

impl FrameRate {
    /// `num` frames in `den` seconds.
    pub const fn new(num: u32, den: u32) -> Self {
        Self { num, den: if den == 0 { 1 } else { den } }
    }

    /// Frames per second.
    pub fn as_f64(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }

    /// How long `frames` frames take, in microseconds, rounded.
    pub fn micros(self, frames: u64) -> u64 {
        let num = u128::from(self.num.max(1));
        let micros = (u128::from(frames) * u128::from(self.den) * 1_000_000 + num / 2) / num;
        u64::try_from(micros).unwrap_or(u64::MAX)
    }

    /// The usual rate that is nearest to `rate`; phones and screen recorders report averages.
    /// `None` when the source does not say.
    pub fn snapped(rate: Option<Self>) -> Self {
        let usual = [
            (10, 1),
            (12, 1),
            (25, 2),
            (15, 1),
            (20, 1),
            (24_000, 1_001),
            (24, 1),
            (25, 1),
            (30_000, 1_001),
            (30, 1),
            (48, 1),
            (50, 1),
            (60_000, 1_001),
            (60, 1),
        ];
        let wanted = rate.filter(|r| r.num > 0).map_or(25.0, Self::as_f64);
        let distance = |r: Self| (r.as_f64() / wanted).ln().abs();
        let usual = usual.into_iter().map(|(num, den)| Self::new(num, den));
        usual.min_by(|a, b| distance(*a).total_cmp(&distance(*b))).unwrap_or(Self::new(25, 1))
    }

    /// Half of a rate above 30, for the small rungs; others as they are.
    fn small(self) -> Self {
        if self.num > self.den * 30 { Self::new(self.num, self.den * 2) } else { self }
    }
}

/// The picture of a source as people see it: after its pixel shape and its rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceVideo {
    /// Width in pixels, at least 1.
    pub width: u32,
    /// Height in pixels, at least 1.
    pub height: u32,
    /// The average rate, if it is known.
    pub frame_rate: Option<FrameRate>,
    /// It is a recording of a screen.
    pub screen: bool,
}

/// One video rendition to make, with its encoder settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Rung {
    /// `<short side>p`.
    pub name: String,
    /// Even width in pixels.
    pub width: u32,
    /// Even height in pixels.
    pub height: u32,
    /// Its frame rate: the ladder's, or half of it.
    pub frame_rate: FrameRate,
    /// 1, or 2 when every second frame of the ladder's rate is dropped.
    pub frame_step: u32,
    /// Frames in a group of pictures.
    pub gop: u32,
    /// Constant rate factor of x264.
    pub crf: u32,
    /// Cap of the bit rate, in bits per second; the buffer holds two seconds of it.
    pub max_rate: u32,
    /// x264's profile name.
    pub profile: &'static str,
    /// H.264 level times ten.
    pub level: u32,
}

/// A ladder: the rungs from the smallest up, and the rate that all of them are cut from.
#[derive(Debug, Clone, PartialEq)]
pub struct Ladder {
    /// The rate before the rungs.
    pub frame_rate: FrameRate,
    /// At least one rung, growing in size.
    pub rungs: Vec<Rung>,
    /// Made for a recording of a screen.
    pub screen: bool,
}

impl Ladder {
    /// Frames of [`Self::frame_rate`] in a segment: an even number of them, the same moments in
    /// every rung.
    pub fn segment_frames(&self) -> u32 {
        gop_frames(self.frame_rate) * (SEGMENT_S / GOP_S)
    }
}

struct Step {
    short: u32,
    crf: u32,
    max_rate: u32,
    profile: &'static str,
    level: u32,
}

const STEPS: [Step; 5] = [
    Step { short: 240, crf: 25, max_rate: 350_000, profile: "main", level: 21 },
    Step { short: 360, crf: 24, max_rate: 700_000, profile: "main", level: 30 },
    Step { short: 480, crf: 24, max_rate: 1_200_000, profile: "high", level: 31 },
    Step { short: 720, crf: 23, max_rate: 2_500_000, profile: "high", level: 31 },
    Step { short: 1080, crf: 23, max_rate: 4_500_000, profile: "high", level: 40 },
];

/// Constant rate factor for recordings of screens: letters need more than films, and screens change
/// so seldom that it costs little.
const SCREEN_CRF: u32 = 21;

/// How far above a film's cap the rate of a screen may rise: when a slide changes, quality decides.
const SCREEN_HEADROOM: u32 = 2;

/// H.264 level times ten, its macroblocks per second and per frame (ITU-T H.264, table A-1).
const LEVELS: [(u32, u64, u64); 6] = [
    (21, 19_800, 792),
    (30, 40_500, 1_620),
    (31, 108_000, 3_600),
    (32, 216_000, 5_120),
    (40, 245_760, 8_192),
    (42, 522_240, 8_704),
];

/// Frames in a group of pictures at `rate`, such that a rung at half the rate has half of them.
fn gop_frames(rate: FrameRate) -> u32 {
    let base = rate.small();
    let gop = (2 * base.num * GOP_S + base.den) / (2 * base.den);
    gop.max(1) * if base == rate { 1 } else { 2 }
}

/// The lowest level from `from` up that holds such a picture, if one up to 4.2 does.
fn level_for(from: u32, width: u32, height: u32, rate: FrameRate) -> Option<u32> {
    let (across, down) = (u64::from(width.div_ceil(16)), u64::from(height.div_ceil(16)));
    let frame = across * down;
    let per_second = (frame * u64::from(rate.num)).div_ceil(u64::from(rate.den));
    let holds = |&&(level, second, most): &&(u32, u64, u64)| {
        let side = across.max(down);
        level >= from && per_second <= second && frame <= most && side * side <= 8 * most
    };
    LEVELS.iter().find(holds).map(|(level, ..)| *level)
}

/// `source` scaled so that its short side is `short`, both sides even.
fn scaled(source: &SourceVideo, short: u32) -> (u32, u32) {
    let (low, high) = (source.width.min(source.height), source.width.max(source.height));
    let long = u64::from(high) * u64::from(short);
    let long = (long + u64::from(low)) / (2 * u64::from(low.max(1))) * 2;
    let long = u32::try_from(long).unwrap_or(u32::MAX).min(high.max(2) & !1).max(short);
    if source.width >= source.height { (long, short) } else { (short, long) }
}

fn rung(source: &SourceVideo, step: &Step, short: u32, rate: FrameRate) -> Rung {
    let own = if short <= 360 { rate.small() } else { rate };
    // A picture so long that no level holds it is made smaller until one does.
    let fit = (8..=short / 2).rev().map(|half| half * 2).find_map(|short| {
        let (width, height) = scaled(source, short);
        level_for(step.level, width, height, own).map(|level| (width, height, level))
    });
    // Not even 16 lines fit only for shapes that the probe refuses.
    let (width, height, level) = fit.unwrap_or((16, 16, step.level));
    Rung {
        name: format!("{short}p"),
        width,
        height,
        frame_rate: own,
        frame_step: if own == rate { 1 } else { 2 },
        gop: gop_frames(rate) / if own == rate { 1 } else { 2 },
        crf: if source.screen { SCREEN_CRF } else { step.crf },
        max_rate: step.max_rate * if source.screen { SCREEN_HEADROOM } else { 1 },
        profile: step.profile,
        level,
    }
}

/// The renditions of `source` up to a short side of `max_short` pixels. A source below the lowest
/// rung gets one rendition of its own size.
pub fn ladder(source: &SourceVideo, max_short: u32) -> Ladder {
    let frame_rate = FrameRate::snapped(source.frame_rate);
    // Nobody reads faster than a screen shows at 30 pictures a second.
    let frame_rate = if source.screen { frame_rate.small() } else { frame_rate };
    let low = source.width.min(source.height);
    let mut rungs: Vec<Rung> = Vec::new();
    for step in STEPS.iter().filter(|step| step.short <= low && step.short <= max_short) {
        let next = rung(source, step, step.short, frame_rate);
        let area = |r: &Rung| u64::from(r.width) * u64::from(r.height);
        // Rungs that a level limit has pressed together would be the same picture twice.
        if rungs.last().is_none_or(|last| area(&next) > area(last)) {
            rungs.push(next);
        }
    }
    if rungs.is_empty() {
        let [smallest, ..] = &STEPS;
        rungs.push(rung(source, smallest, (low & !1).clamp(16, smallest.short), frame_rate));
    }
    Ladder { frame_rate, rungs, screen: source.screen }
}

/// The average rate of a complete video rendition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasuredRung {
    /// Its name in the plan.
    pub name: String,
    /// Bits a second over all of its segments.
    pub average: u64,
}

/// The rungs that gain nothing, of `rungs` from the smallest up. Where two stand within 15 % of each
/// other, a film does not need the bigger one: its picture has no more detail to show. Of a screen
/// the smaller one goes: for the same rate the letters are sharper in the bigger. The smallest
/// always stays, for those who have hardly any bandwidth.
pub fn gain_nothing(rungs: &[MeasuredRung], screen: bool) -> Vec<String> {
    let near = |low: u64, high: u64| u128::from(high) * 100 <= u128::from(low) * 115;
    let mut dropped = Vec::new();
    let Some((smallest, mut rest)) = rungs.split_first() else { return dropped };
    let mut below = smallest;
    while let Some((rung, bigger)) = rest.split_first() {
        rest = bigger;
        let useless = match (screen, bigger.first()) {
            (true, next) => next.is_some_and(|next| near(rung.average, next.average)),
            (false, _) => near(below.average, rung.average),
        };
        if useless {
            dropped.push(rung.name.clone());
        } else {
            below = rung;
        }
    }
    dropped
}

/// What a rendition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RenditionKind {
    /// H.264 pictures.
    Video,
    /// AAC-LC sound.
    Audio,
}

/// One rendition that will be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenditionPlan {
    /// Its name in paths: `720p`, `audio`.
    pub name: String,
    /// What it is.
    pub kind: RenditionKind,
    /// Width in pixels; 0 for audio.
    pub width: u32,
    /// Height in pixels; 0 for audio.
    pub height: u32,
    /// Frame rate; `None` for audio.
    pub frame_rate: Option<FrameRate>,
    /// Audio channels; 0 for video.
    pub channels: u32,
}

/// What a lesson is to the person who takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LessonKind {
    /// Pictures, with sound or without.
    Video,
    /// Sound alone, or beside a single picture.
    Listening,
}

/// What will be made of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What the lesson is.
    pub kind: LessonKind,
    /// It is a recording of a screen: quality decides over the rate, at 30 frames a second at most.
    pub screen: bool,
    /// `EXT-X-TARGETDURATION` of every playlist, in seconds: fixed before the first segment.
    pub target_duration_s: u32,
    /// Length of a full segment, in microseconds.
    pub segment_us: u64,
    /// Length of the source, in microseconds, if it says.
    pub duration_us: Option<u64>,
    /// The renditions: video from the smallest up, then audio.
    pub renditions: Vec<RenditionPlan>,
}

impl Plan {
    /// The plan for `ladder` and `audio_channels` (0 for none).
    pub fn new(ladder: Option<&Ladder>, audio_channels: u32, duration_us: Option<u64>) -> Self {
        let segment_us = ladder.map_or(u64::from(SEGMENT_S) * 1_000_000, |ladder| {
            ladder.frame_rate.micros(u64::from(ladder.segment_frames()))
        });
        let rungs = ladder.map(|ladder| ladder.rungs.as_slice()).unwrap_or_default();
        let video = rungs.iter().map(|rung| RenditionPlan {
            name: rung.name.clone(),
            kind: RenditionKind::Video,
            width: rung.width,
            height: rung.height,
            frame_rate: Some(rung.frame_rate),
            channels: 0,
        });
        let audio = (audio_channels > 0).then(|| RenditionPlan {
            name: AUDIO_NAME.into(),
            kind: RenditionKind::Audio,
            width: 0,
            height: 0,
            frame_rate: None,
            channels: audio_channels,
        });
        // An audio segment may be longer by one AAC frame, since it ends on one.
        let longest = segment_us + u64::from(AAC_FRAME) * 1_000_000 / u64::from(AUDIO_RATE) + 1;
        Self {
            kind: if rungs.is_empty() { LessonKind::Listening } else { LessonKind::Video },
            screen: ladder.is_some_and(|ladder| ladder.screen),
            target_duration_s: u32::try_from(longest.div_ceil(1_000_000)).unwrap_or(SEGMENT_S + 1),
            segment_us,
            duration_us,
            renditions: video.chain(audio).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn source(width: u32, height: u32, num: u32, den: u32) -> SourceVideo {
        let frame_rate = Some(FrameRate::new(num, den));
        SourceVideo { width, height, frame_rate, screen: false }
    }

    fn sizes(width: u32, height: u32) -> Vec<(String, u32, u32, u32)> {
        let ladder = ladder(&source(width, height, 30, 1), 1080);
        ladder.rungs.into_iter().map(|r| (r.name, r.width, r.height, r.level)).collect()
    }

    fn row(name: &str, width: u32, height: u32, level: u32) -> (String, u32, u32, u32) {
        (name.into(), width, height, level)
    }

    /// MED-10
    #[test]
    fn full_hd_gets_five_rungs_up_to_its_own_size() {
        let expected = [
            row("240p", 426, 240, 21),
            row("360p", 640, 360, 30),
            row("480p", 854, 480, 31),
            row("720p", 1280, 720, 31),
            row("1080p", 1920, 1080, 40),
        ];
        assert_eq!(sizes(1920, 1080), expected);
        assert_eq!(sizes(3840, 2160), expected);
    }

    #[test]
    fn an_upright_phone_video_is_laddered_by_its_width() {
        let upright = sizes(1080, 1920);
        assert_eq!(upright[3], row("720p", 720, 1280, 31));
    }

    #[test]
    fn a_source_between_rungs_gets_the_lower_ones_and_a_tiny_one_its_own_size() {
        assert_eq!(sizes(1440, 900).last(), Some(&row("720p", 1152, 720, 31)));
        assert_eq!(sizes(321, 181), [row("180p", 320, 180, 21)]);
        assert_eq!(sizes(176, 144), [row("144p", 176, 144, 21)]);
    }

    #[test]
    fn a_banner_is_shrunk_until_a_level_holds_it() {
        for (name, width, height, level) in sizes(8192, 1080) {
            assert!(width <= 4_208 && level <= 42, "{name} {width}x{height}");
        }
    }

    #[test]
    fn the_order_of_the_operator_caps_the_ladder() {
        let small = ladder(&source(1920, 1080, 25, 1), 480);
        assert_eq!(small.rungs.last().map(|r| r.name.as_str()), Some("480p"));
    }

    #[test]
    fn rates_snap_to_the_usual_ones() {
        for ((num, den), expected) in [
            ((2997, 100), (30_000, 1_001)),
            ((30, 1), (30, 1)),
            ((23_976, 1_000), (24_000, 1_001)),
            ((25, 1), (25, 1)),
            ((119, 1), (60, 1)),
            ((5994, 100), (60_000, 1_001)),
            ((15, 1), (15, 1)),
            ((12, 1), (12, 1)),
            ((48, 1), (48, 1)),
            ((1, 1), (10, 1)),
        ] {
            let snapped = FrameRate::snapped(Some(FrameRate::new(num, den)));
            assert_eq!((snapped.num, snapped.den), expected, "{num}/{den}");
        }
        assert_eq!(FrameRate::snapped(None), FrameRate::new(25, 1));
    }

    #[test]
    fn sixty_frames_are_halved_for_the_small_rungs_and_cut_at_the_same_moments() {
        let ladder = ladder(&source(1280, 720, 60_000, 1_001), 1080);
        assert_eq!(ladder.segment_frames(), 240);
        let [small, .., big] = ladder.rungs.as_slice() else { panic!("rungs") };
        assert_eq!((small.gop, small.frame_step), (60, 2));
        assert_eq!((big.gop, big.frame_step, big.level), (120, 1, 32));
    }

    #[test]
    fn a_screen_is_sharper_and_never_faster_than_thirty() {
        let screen = SourceVideo { screen: true, ..source(1920, 1080, 60, 1) };
        let ladder = ladder(&screen, 1080);
        assert_eq!(ladder.frame_rate, FrameRate::new(60, 2));
        for rung in &ladder.rungs {
            assert_eq!((rung.crf, rung.frame_step, rung.gop), (21, 1, 60), "{rung:?}");
        }
        assert!(Plan::new(Some(&ladder), 0, None).screen);
    }

    #[test]
    fn a_rung_that_costs_hardly_more_than_the_one_below_gains_nothing() {
        let rungs = |rates: &[u64]| -> Vec<MeasuredRung> {
            let names = ["240p", "360p", "480p", "720p", "1080p"];
            let all = names.iter().zip(rates);
            all.map(|(name, average)| MeasuredRung { name: (*name).into(), average: *average })
                .collect()
        };
        let film = |rates: &[u64]| gain_nothing(&rungs(rates), false);
        assert!(film(&[100, 200, 400, 800, 1_600]).is_empty());
        assert_eq!(film(&[100, 115, 131, 132]), ["360p", "720p"]);
        assert!(film(&[100, 116]).is_empty() && film(&[100]).is_empty() && film(&[]).is_empty());
        let screen = |rates: &[u64]| gain_nothing(&rungs(rates), true);
        assert_eq!(screen(&[100, 101, 102, 103]), ["360p", "480p"]);
        assert_eq!(screen(&[100, 110]), Vec::<String>::new(), "smallest and sharpest stay");
        assert_eq!(screen(&[100, 200, 210, 400]), ["360p"]);
    }

    #[test]
    fn the_target_duration_holds_the_longest_audio_segment() {
        let ladder = ladder(&source(1280, 720, 30_000, 1_001), 1080);
        let plan = Plan::new(Some(&ladder), 2, None);
        assert_eq!((plan.segment_us, plan.target_duration_s), (4_004_000, 5));
        assert_eq!(plan.renditions.last().map(|r| r.name.as_str()), Some("audio"));
    }

    proptest! {
        /// MED-10
        #[test]
        fn no_ladder_scales_up_is_odd_or_leaves_a_level(
            width in 16u32..8192, height in 16u32..4320, num in 1u32..240_000, den in 1u32..2_000,
        ) {
            let ladder = ladder(&source(width, height, num, den), 1080);
            prop_assert!(!ladder.rungs.is_empty());
            prop_assert_eq!(ladder.segment_frames() % 2, 0);
            let mut area = 0;
            for rung in &ladder.rungs {
                prop_assert!(rung.width <= width && rung.height <= height, "{rung:?}");
                prop_assert!(rung.width % 2 == 0 && rung.height % 2 == 0);
                prop_assert!(rung.width >= 16 && rung.height >= 16, "{rung:?}");
                let found = level_for(rung.level, rung.width, rung.height, rung.frame_rate);
                prop_assert_eq!(found, Some(rung.level));
                prop_assert!(rung.width * rung.height > area);
                area = rung.width * rung.height;
                // The same moments in every rung.
                prop_assert_eq!(rung.gop * rung.frame_step * 2, ladder.segment_frames());
                let full = ladder.frame_rate.micros(u64::from(ladder.segment_frames()));
                prop_assert_eq!(rung.frame_rate.micros(u64::from(rung.gop) * 2), full);
                // The shape of the source, as far as even sizes allow (banners aside).
                let (short, long) = (width.min(height), width.max(height));
                if long < short * 3 {
                    let wanted = f64::from(width) / f64::from(height);
                    let have = f64::from(rung.width) / f64::from(rung.height);
                    prop_assert!((have / wanted - 1.0).abs() < 0.07, "{wanted} {have}");
                }
            }
        }
    }
}
