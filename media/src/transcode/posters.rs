//! Still pictures to choose from: the film is cut into up to six windows, a few pictures of each are
//! looked at, and the best of each is kept, if it is not black, not flat, not blurred, and not what
//! has been kept before.

use ffmpeg_next::frame;

use super::{Emit, Event, TranscodeError, jpeg};
use crate::worker::MAX_POSTERS;

/// The widest still picture, in pixels.
const MAX_WIDTH: u32 = 1_280;
/// A film has one window for each second of it, up to [`MAX_POSTERS`].
const MIN_WINDOW_US: u64 = 1_000_000;
/// Where windows end in a film of unknown length, in microseconds; the last never does.
const BLIND_ENDS_US: [u64; 5] = [10_000_000, 40_000_000, 160_000_000, 640_000_000, 2_560_000_000];
/// In the beginning, pictures are looked at this often, in microseconds …
const EARLY_STEP_US: u64 = 500_000;
/// … until here: a video that is watched while it grows needs its first picture soon.
const EARLY_END_US: u64 = 10_000_000;
/// The first picture goes out here, if it is a good one.
const EARLY_US: u64 = 1_000_000;
/// Pictures looked at in one window, about.
const LOOKS: u64 = 10;
/// How much better a picture must be than the one given out under the same number.
const BETTER: f32 = 1.15;

/// Brightness (luma in limited range, 16 to 235) of a picture that is not black.
const MIN_MEAN: f32 = 30.0;
/// Standard deviation of the luma of a picture that is not flat.
const MIN_DEVIATION: f32 = 6.0;
/// Variance of the Laplacian of a picture that is not blurred.
const MIN_SHARPNESS: f32 = 12.0;
/// Mean difference of the luma by which two pictures are two.
const MIN_DISTANCE: f32 = 3.0;

const LOOK_COLUMNS: usize = 16;
const LOOK_ROWS: usize = 9;

/// A picture in 16 by 9 points.
type Look = [f32; LOOK_COLUMNS * LOOK_ROWS];

/// What is thought of a picture.
#[derive(Debug, Clone)]
struct Verdict {
    mean: f32,
    deviation: f32,
    sharpness: f32,
    look: Look,
}

impl Verdict {
    /// Looks at the luma of `picture`; `None` when it has none.
    fn of(picture: &frame::Video) -> Option<Self> {
        if picture.planes() == 0 || picture.width() < 8 || picture.height() < 8 {
            return None;
        }
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let (luma, stride) = (picture.data(0), picture.stride(0));
        let row = |y: usize| luma.get(y * stride..y * stride + width);
        let (mut sum, mut squares, mut bends, mut bends_squared, mut count) =
            (0_u64, 0_u64, 0_i64, 0_i64, 0_u64);
        let (mut look, mut shares) =
            ([0.0; LOOK_COLUMNS * LOOK_ROWS], [0_u32; LOOK_COLUMNS * LOOK_ROWS]);
        // Every second pixel of every second line, and its neighbours.
        for y in (1..height - 1).step_by(2) {
            let (above, line, below) = (row(y - 1)?, row(y)?, row(y + 1)?);
            // `windows` begins at the pixel whose left neighbour is the first one.
            let triples = above.iter().skip(1).zip(line.windows(3)).zip(below.iter().skip(1));
            for (x, ((up, across), down)) in triples.enumerate().step_by(2) {
                let [left, here, right] = across else { continue };
                let value = u64::from(*here);
                sum += value;
                squares += value * value;
                let near = [up, left, right, down].into_iter().map(|v| i64::from(*v)).sum::<i64>();
                let bend = near - 4 * i64::from(*here);
                bends += bend;
                bends_squared += bend * bend;
                count += 1;
                let cell = (y * LOOK_ROWS / height) * LOOK_COLUMNS + x * LOOK_COLUMNS / width;
                if let (Some(sum), Some(share)) = (look.get_mut(cell), shares.get_mut(cell)) {
                    *sum += f32::from(*here);
                    *share += 1;
                }
            }
        }
        for (sum, share) in look.iter_mut().zip(shares) {
            *sum /= share.max(1) as f32;
        }
        let count = count.max(1) as f64;
        let variance = |sum: f64, squares: f64| squares / count - (sum / count) * (sum / count);
        Some(Self {
            mean: (sum as f64 / count) as f32,
            deviation: variance(sum as f64, squares as f64).max(0.0).sqrt() as f32,
            sharpness: variance(bends as f64, bends_squared as f64) as f32,
            look,
        })
    }

    fn is_good(&self) -> bool {
        self.mean >= MIN_MEAN && self.deviation >= MIN_DEVIATION && self.sharpness >= MIN_SHARPNESS
    }

    /// Detail and contrast, less what is too dark or too bright; a bad picture is worse than any
    /// good one.
    fn score(&self) -> f32 {
        let exposure = ((self.mean - 110.0).abs() - 50.0).max(0.0) / 4.0;
        let score = self.sharpness.max(0.0).sqrt().min(40.0) + self.deviation.min(60.0) - exposure;
        if self.is_good() { score.max(1.0) } else { score.clamp(0.0, 100.0) / 100.0 }
    }

    fn distance(&self, other: &Self) -> f32 {
        let apart = self.look.iter().zip(&other.look).map(|(a, b)| (a - b).abs());
        apart.sum::<f32>() / self.look.len() as f32
    }
}

/// A picture that may be kept.
struct Candidate {
    picture: frame::Video,
    at_us: u64,
    verdict: Verdict,
}

/// Watches the pictures of a film go by, in order of time.
pub(super) struct Posters {
    ends_us: Vec<u64>,
    window: usize,
    next_look_us: u64,
    /// The best of the present window.
    best: Option<Candidate>,
    /// What has been given out, by number.
    given: Vec<Verdict>,
}

impl Posters {
    /// For a film of this length, if it is known.
    pub(super) fn new(duration_us: Option<u64>) -> Self {
        let ends_us = match duration_us {
            None => BLIND_ENDS_US.to_vec(),
            Some(us) => {
                let windows = (us / MIN_WINDOW_US).clamp(1, u64::from(MAX_POSTERS));
                (1..windows).map(|n| us * n / windows).collect()
            }
        };
        Self { ends_us, window: 0, next_look_us: 0, best: None, given: Vec::new() }
    }

    /// Looks at `picture`, if its time has come.
    pub(super) fn see(
        &mut self,
        picture: &frame::Video,
        at_us: u64,
        emit: &mut Emit<'_>,
    ) -> Result<(), TranscodeError> {
        while self.ends_us.get(self.window).is_some_and(|end| at_us >= *end) {
            self.settle(emit)?;
            self.window += 1;
            self.next_look_us = at_us;
        }
        if at_us >= self.next_look_us {
            self.next_look_us = at_us + self.step(at_us);
            if let Some(verdict) = Verdict::of(picture) {
                let better = |best: &Candidate| verdict.score() > best.verdict.score();
                if self.best.as_ref().is_none_or(better) {
                    self.best = Some(Candidate { picture: picture.clone(), at_us, verdict });
                }
            }
        }
        let good = self.best.as_ref().is_some_and(|best| best.verdict.is_good());
        // After the early look, any picture is better than none.
        if self.given.is_empty() && ((good && at_us >= EARLY_US) || at_us >= EARLY_END_US) {
            self.settle(emit)?;
        }
        Ok(())
    }

    /// The film has ended.
    pub(super) fn finish(&mut self, emit: &mut Emit<'_>) -> Result<(), TranscodeError> {
        self.settle(emit)
    }

    /// How long until the next look.
    fn step(&self, at_us: u64) -> u64 {
        if at_us < EARLY_END_US && self.window == 0 {
            return EARLY_STEP_US;
        }
        let start = match self.window.checked_sub(1) {
            Some(before) => self.ends_us.get(before).copied().unwrap_or(0),
            None => 0,
        };
        let end = self.ends_us.get(self.window).copied();
        // The last window is about as long as the one before, or unknown.
        let length = end.map_or_else(|| start / self.window.max(1) as u64, |end| end - start);
        (length / LOOKS).max(EARLY_STEP_US / 2)
    }

    /// Gives the best picture of the window out, if it is worth it.
    fn settle(&mut self, emit: &mut Emit<'_>) -> Result<(), TranscodeError> {
        let Some(best) = self.best.take() else { return Ok(()) };
        let index = match self.given.first() {
            None => 0,
            // Within the first window only the default picture can become better; a bad one does so
            // in any.
            Some(first) if self.window == 0 || !first.is_good() => {
                if best.verdict.score() < first.score() * BETTER {
                    return Ok(());
                }
                0
            }
            Some(_) => self.given.len(),
        };
        let known = self.given.iter().skip(usize::from(index == 0));
        let twice = known.clone().any(|given| given.distance(&best.verdict) < MIN_DISTANCE);
        // The first picture is given out even when it is bad: a video has a poster.
        if index > 0 && (twice || !best.verdict.is_good()) {
            return Ok(());
        }
        let Ok(number) = u32::try_from(index) else { return Ok(()) };
        if number >= MAX_POSTERS {
            return Ok(());
        }
        match self.given.get_mut(index) {
            Some(given) => *given = best.verdict,
            None => self.given.push(best.verdict),
        }
        let jpeg::Jpeg { bytes, width, height } = jpeg::of(&best.picture, MAX_WIDTH)?;
        let at_us = best.at_us;
        Ok(emit(Event::PosterCandidate { index: number, bytes, width, height, at_us })?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcode::pictures::tests::picture;

    fn verdict(graph: &str) -> Verdict {
        Verdict::of(&picture(graph)).unwrap()
    }

    #[test]
    fn black_flat_and_blurred_pictures_are_told_from_good_ones() {
        for good in [
            "testsrc2=s=640x360",
            "mandelbrot=s=640x360",
            "testsrc2=s=640x360,eq=brightness=-0.2",
            // A slide: little but text on white.
            "color=white:s=640x360,drawbox=x=80:y=80:w=300:h=4:color=black:t=fill,\
             drawbox=x=80:y=120:w=420:h=4:color=black:t=fill",
        ] {
            let seen = verdict(good);
            assert!(seen.is_good(), "{good}: {} {} {}", seen.mean, seen.deviation, seen.sharpness);
        }
        for bad in [
            "color=black:s=640x360",
            "color=gray:s=640x360",
            "color=white:s=640x360",
            "testsrc2=s=640x360,gblur=sigma=30",
            "color=black:s=640x360,drawbox=x=300:y=170:w=40:h=20:color=white:t=fill",
            "gradients=s=640x360:c0=white:c1=black:x0=0:y0=0:x1=640:y1=360",
        ] {
            let seen = verdict(bad);
            assert!(!seen.is_good(), "{bad}: {} {} {}", seen.mean, seen.deviation, seen.sharpness);
            assert!(seen.score() <= verdict("testsrc2=s=640x360").score());
        }
        assert!(verdict("testsrc2=s=640x360").distance(&verdict("testsrc2=s=640x360")) < 0.1);
        let turned = verdict("testsrc2=s=640x360,hflip");
        assert!(turned.distance(&verdict("testsrc2=s=640x360")) > MIN_DISTANCE);
    }

    #[test]
    fn windows_follow_the_length_of_the_film() {
        assert!(Posters::new(Some(300_000)).ends_us.is_empty());
        assert_eq!(Posters::new(Some(3_000_000)).ends_us, [1_000_000, 2_000_000]);
        let hours = Posters::new(Some(4 * 3_600_000_000));
        assert_eq!(hours.ends_us.len(), 5);
        assert_eq!(hours.step(20_000_000), 2_400_000_000 / LOOKS);
    }
}
