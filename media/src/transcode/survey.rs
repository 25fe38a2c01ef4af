//! A look at a few pictures of the source before the work begins: whether it is a recording of a
//! screen, which wants other settings than a camera's film, and whether its pictures are fields.

use std::path::Path;

use ffmpeg_next as ffmpeg;
use ffmpeg_next::{Packet, filter, format, frame};

use super::decode::StreamDecoder;
use super::graph::{self, PictureShape};
use super::{During, TranscodeError};
use crate::worker::WorkerOrder;
use crate::{av, probe};

/// Places in the source that are looked at.
const PLACES: u64 = 6;

/// Pictures read at each place: the last is compared with the first.
const RUN: u32 = 10;

/// Packets read at one place at most.
const MAX_PACKETS: u32 = 400;

/// Width of the picture that is looked at, in pixels, taken from the source without smoothing: flat
/// areas stay flat.
const WIDTH: u32 = 320;

/// Levels of grey that count as no difference: what encoders leave behind.
const SAME: u8 = 2;

/// A screen: at most this share of the picture changes within a third of a second …
const STILL: f64 = 0.03;

/// … and at least this share of it has neighbours of the same grey to the right and below.
const FLAT: f64 = 0.70;

/// What was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// It is a recording of a screen.
    pub screen: bool,
    /// Some of the pictures are fields.
    pub interlaced: bool,
}

/// What one place looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    /// Share of the picture that changes from the first frame to the last.
    changed: f64,
    /// Share of the picture that is flat.
    flat: f64,
}

/// A grey picture.
struct Grey {
    width: usize,
    rows: Vec<u8>,
}

impl Grey {
    fn of(picture: &frame::Video) -> Option<Self> {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let (data, stride) = (picture.data(0), picture.stride(0));
        let mut rows = Vec::with_capacity(width * height);
        for line in 0..height {
            rows.extend_from_slice(data.get(line * stride..line * stride + width)?);
        }
        Some(Self { width, rows })
    }

    fn flat(&self) -> f64 {
        let same = |a: Option<&u8>, b: &u8| a.is_some_and(|a| a.abs_diff(*b) <= SAME);
        let flat = self.rows.iter().enumerate().filter(|(at, grey)| {
            let right = (at + 1) % self.width.max(1) == 0 || same(self.rows.get(at + 1), grey);
            let below =
                at + self.width >= self.rows.len() || same(self.rows.get(at + self.width), grey);
            right && below
        });
        flat.count() as f64 / self.rows.len().max(1) as f64
    }

    fn changed(&self, other: &Self) -> f64 {
        let pairs = self.rows.iter().zip(&other.rows);
        let changed = pairs.filter(|(a, b)| a.abs_diff(**b) > SAME).count();
        changed as f64 / self.rows.len().max(1) as f64
    }
}

/// Whether these places are of a screen: nearly all of them are flat and still. A film that stands
/// still somewhere does not count, nor a black beginning.
fn is_screen(places: &[Place]) -> bool {
    let median = |of: fn(&Place) -> f64| {
        let mut numbers: Vec<f64> = places.iter().map(of).collect();
        numbers.sort_by(f64::total_cmp);
        numbers.get(numbers.len() / 2).copied()
    };
    let still = places.iter().filter(|place| place.changed <= STILL).count();
    let picture = places.iter().any(|place| place.flat < 0.999);
    picture
        && median(|place| place.flat).is_some_and(|flat| flat >= FLAT)
        && median(|place| place.changed).is_some_and(|changed| changed <= STILL)
        && still * 3 >= places.len() * 2
}

/// Looks at the stream `index` of `path`. What cannot be read or decoded is passed over: the work
/// itself will say what is wrong with the file.
///
/// # Errors
/// When the filters fail.
pub(super) fn survey(
    path: &Path,
    order: &WorkerOrder,
    index: usize,
    duration_us: Option<u64>,
) -> Result<Survey, TranscodeError> {
    let mut survey = Survey::default();
    let Some(mut source) = probe::open_input(path, &order.limits) else { return Ok(survey) };
    av::read_only(&mut source, index);
    let Some(stream) = source.stream(index) else { return Ok(survey) };
    let Ok(mut decoder) = StreamDecoder::new(&stream, order.threads) else { return Ok(survey) };
    let mut eye = Eye::default();
    let mut places = Vec::new();
    let start = av::start_us(&source).unwrap_or(0);
    for place in 0..PLACES {
        // Without a length only the beginning can be looked at.
        let at = duration_us.unwrap_or(0) * place / PLACES;
        if at == 0 && place > 0 {
            break;
        }
        let at = i64::try_from(at).unwrap_or(0) + start;
        if place > 0 && source.seek(at, ..at).is_err() {
            break;
        }
        decoder.flush();
        let run = read_run(&mut source, index, &mut decoder, &mut eye)?;
        survey.interlaced |= run.interlaced;
        if let (Some(first), Some(last)) = (run.first, run.last) {
            places.push(Place { changed: first.changed(&last), flat: last.flat() });
        }
    }
    survey.screen = is_screen(&places);
    tracing::debug!(?places, ?survey, "survey");
    Ok(survey)
}

#[derive(Default)]
struct Run {
    first: Option<Grey>,
    last: Option<Grey>,
    interlaced: bool,
}

fn read_run(
    source: &mut format::context::Input,
    index: usize,
    decoder: &mut StreamDecoder,
    eye: &mut Eye,
) -> Result<Run, TranscodeError> {
    let (mut run, mut seen) = (Run::default(), 0);
    let mut picture = frame::Video::empty();
    for _ in 0..MAX_PACKETS {
        let mut packet = Packet::empty();
        let ended = match packet.read(source) {
            Ok(()) if packet.stream() != index => continue,
            Ok(()) => false,
            Err(ffmpeg::Error::Eof) => true,
            Err(_) => continue,
        };
        decoder.send((!ended).then_some(&packet));
        while seen < RUN && decoder.next(&mut picture) {
            run.interlaced |= picture.is_interlaced();
            seen += 1;
            if seen == 1 {
                run.first = eye.see(&picture)?;
            } else if seen == RUN || ended {
                run.last = eye.see(&picture)?;
            }
        }
        if ended || seen >= RUN {
            break;
        }
    }
    Ok(run)
}

/// Makes small grey pictures of frames.
#[derive(Default)]
struct Eye(Option<(filter::Graph, PictureShape)>);

impl Eye {
    fn see(&mut self, picture: &frame::Video) -> Result<Option<Grey>, TranscodeError> {
        let shape = PictureShape::of(picture, ffmpeg::Rational(1, 1_000));
        if self.0.as_ref().is_none_or(|(_, built_for)| *built_for != shape) {
            let height = (picture.height() * WIDTH / picture.width().max(1)).clamp(2, 2 * WIDTH);
            let spec = format!("[in]scale={WIDTH}:{height}:flags=neighbor,format=gray[out0]");
            let graph = graph::video_graph(&shape, &spec, 1).during("looking at the source")?;
            self.0 = Some((graph, shape));
        }
        let Some((graph, _)) = &mut self.0 else { return Ok(None) };
        graph::push(graph, picture).during("looking at the source")?;
        let mut small = frame::Video::empty();
        let got = graph::pull(graph, "out0", &mut small).during("looking at the source")?;
        Ok(got.and_then(|_| Grey::of(&small)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(changed: f64, flat: f64) -> Place {
        Place { changed, flat }
    }

    #[test]
    fn slides_are_a_screen_and_films_are_none() {
        assert!(is_screen(&[place(0.0, 0.9), place(0.3, 0.8), place(0.01, 0.95)]));
        assert!(!is_screen(&[place(0.2, 0.9), place(0.3, 0.8), place(0.0, 0.95)]));
        assert!(!is_screen(&[place(0.0, 0.4), place(0.0, 0.3), place(0.0, 0.9)]));
        assert!(!is_screen(&[place(0.0, 1.0), place(0.0, 1.0)]), "a black film");
        assert!(!is_screen(&[]));
    }

    #[test]
    fn flatness_and_change_are_shares_of_the_picture() {
        let left_white = |white: usize| Grey {
            width: 10,
            rows: (0..100).map(|at| if at % 10 < white { 255 } else { 0 }).collect(),
        };
        assert!((left_white(5).flat() - 0.9).abs() < 1e-9);
        assert!((left_white(5).changed(&left_white(7)) - 0.2).abs() < 1e-9);
        assert!((left_white(0).flat() - 1.0).abs() < 1e-9);
    }
}
