//! What is made of the film's pictures besides its renditions: stills to choose from, and the
//! storyboard. A first start sees them go by on their way to an encoder, at hardly any cost. A job
//! that goes on in the middle has not seen the beginning: it looks at the key frames of the whole
//! file once more when the renditions are done.

use std::path::Path;
use std::time::Instant;

use ffmpeg_next as ffmpeg;
use ffmpeg_next::{Packet, Rational, Rescale, color, format, frame};

use super::decode::{self, StreamDecoder};
use super::graph::{self, PictureShape};
use super::posters::Posters;
use super::storyboard::Board;
use super::{During, Emit, TranscodeError, progress};
use crate::av;
use crate::ladder::Ladder;
use crate::probe::{self, ProbeLimits, VideoInfo};
use crate::worker::Stage;

/// The greatest short side of a picture that stills are taken from.
const MAX_SHORT_SIDE: u32 = 720;
/// Broken reads in a row after which the rest of a file is left alone.
const MAX_BROKEN_READS: u32 = 1_000;

/// Stills and storyboard of one film.
pub(super) struct Pictures {
    posters: Posters,
    board: Board,
}

/// The rung that stills are taken from: the biggest of at most 720 lines, else the smallest.
pub(super) fn rung_for(ladder: &Ladder) -> usize {
    let small = |rung: &crate::ladder::Rung| rung.width.min(rung.height) <= MAX_SHORT_SIDE;
    ladder.rungs.iter().rposition(small).unwrap_or(0)
}

impl Pictures {
    /// For a film of this length, if it is known, seen in pictures of this size.
    pub(super) fn new(duration_us: Option<u64>, width: u32, height: u32) -> Self {
        Self { posters: Posters::new(duration_us), board: Board::new(duration_us, width, height) }
    }

    /// A picture as the encoders get it; all of them come by, in order.
    pub(super) fn see(
        &mut self,
        picture: &frame::Video,
        at_us: u64,
        emit: &mut Emit<'_>,
    ) -> Result<(), TranscodeError> {
        self.posters.see(picture, at_us, emit)?;
        if self.board.wants(at_us) { self.board.see(picture, at_us, emit) } else { Ok(()) }
    }

    /// The film has ended at `end_us`.
    pub(super) fn finish(
        &mut self,
        end_us: u64,
        emit: &mut Emit<'_>,
    ) -> Result<(), TranscodeError> {
        self.posters.finish(emit)?;
        self.board.finish(end_us, emit)
    }
}

/// A second look at the file, at its key frames alone.
pub(super) struct SecondLook {
    /// What the stream is.
    pub source: VideoInfo,
    /// The size of the pictures that are looked at.
    pub size: (u32, u32),
    /// Zero of the timeline, in microseconds of the container's clock.
    pub zero_us: i64,
    /// Where the film ends, in microseconds.
    pub end_us: u64,
}

impl SecondLook {
    /// Makes what [`Pictures`] makes. A file that cannot be read again costs its pictures, and not
    /// the job: its renditions are done.
    ///
    /// # Errors
    /// [`TranscodeError::Output`] only.
    pub(super) fn run(
        &self,
        input: &Path,
        limits: &ProbeLimits,
        threads: u32,
        emit: &mut Emit<'_>,
    ) -> Result<(), TranscodeError> {
        match self.look(input, limits, threads, emit) {
            Err(TranscodeError::Output(error)) => Err(error.into()),
            Err(error) => {
                tracing::warn!(%error, "no pictures of a file that was read before");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn look(
        &self,
        input: &Path,
        limits: &ProbeLimits,
        threads: u32,
        emit: &mut Emit<'_>,
    ) -> Result<(), TranscodeError> {
        let missing = TranscodeError::Unexpected("the file cannot be opened again");
        let mut file = probe::open_input(input, limits).ok_or(missing)?;
        av::read_key_frames_only(&mut file, self.source.stream);
        let stream = file.stream(self.source.stream);
        let stream = stream.ok_or(TranscodeError::Unexpected("a stream has vanished"))?;
        let mut decoder = StreamDecoder::new(&stream, threads)?;
        let (width, height) = self.size;
        let mut eye = Eye {
            zero: self.zero_us.rescale(Rational(1, 1_000_000), decoder.time_base()),
            scaler: None,
            last_us: None,
            pictures: Pictures::new(Some(self.end_us), width, height),
        };
        let (mut broken, mut told) = (0, Instant::now());
        loop {
            let mut packet = Packet::empty();
            match packet.read(&mut file) {
                Ok(()) => broken = 0,
                Err(ffmpeg::Error::Eof) => break,
                Err(_) if broken < MAX_BROKEN_READS => {
                    broken += 1;
                    continue;
                }
                Err(_) => break,
            }
            // Demuxers may pass over what is not asked for; not all do.
            if packet.stream() == self.source.stream && packet.is_key() {
                decoder.send(Some(&packet));
                self.take(&mut decoder, &mut eye, emit)?;
            }
            // Silence would be taken for a standstill.
            if told.elapsed().as_millis() >= 500 {
                told = Instant::now();
                emit(progress(Stage::Transcoding, 99.0, 0.0, self.end_us))?;
            }
        }
        decoder.send(None);
        self.take(&mut decoder, &mut eye, emit)?;
        eye.pictures.finish(self.end_us, emit)
    }

    fn take(
        &self,
        decoder: &mut StreamDecoder,
        eye: &mut Eye,
        emit: &mut Emit<'_>,
    ) -> Result<(), TranscodeError> {
        let mut frame = frame::Video::empty();
        while decoder.next(&mut frame) {
            let Some(pts) = frame.timestamp().map(|pts| pts - eye.zero) else { continue };
            let at_us = u64::try_from(decode::micros(pts, decoder.time_base())).unwrap_or(0);
            // Broken clocks go backwards, or far beyond the end.
            if at_us > self.end_us || eye.last_us.is_some_and(|last| at_us <= last) {
                continue;
            }
            eye.last_us = Some(at_us);
            if let Some(picture) = eye.scale(&frame, self)? {
                eye.pictures.posters.see(&picture, at_us, emit)?;
                eye.pictures.board.see(&picture, at_us, emit)?;
            }
        }
        Ok(())
    }

    /// The text of the graph from a decoded picture to what an encoder would get.
    fn spec(&self, matrix_known: bool) -> String {
        let mut spec = String::from("[in]");
        if self.source.interlaced {
            // One field of it: the other is another moment.
            spec.push_str("field=type=top,");
        }
        if let Some(turn) = self.source.orientation.filters() {
            spec.push_str(turn);
            spec.push(',');
        }
        let guess =
            if self.source.width.min(self.source.height) >= 720 { "bt709" } else { "bt601" };
        let matrix = if matrix_known { "auto" } else { guess };
        let (width, height) = self.size;
        spec.push_str(&if self.source.hdr {
            format!(
                "scale={width}:{height}:flags=bicubic,zscale=t=linear:npl=100,format=gbrpf32le,\
                 zscale=p=bt709,tonemap=tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,"
            )
        } else {
            format!(
                "scale={width}:{height}:flags=bicubic:in_color_matrix={matrix}:\
                 out_color_matrix=bt709:out_range=tv,"
            )
        });
        spec.push_str("setsar=1,format=yuv420p[out0]");
        spec
    }
}

/// What the second look has seen.
struct Eye {
    zero: i64,
    scaler: Option<(ffmpeg::filter::Graph, PictureShape)>,
    last_us: Option<u64>,
    pictures: Pictures,
}

impl Eye {
    fn scale(
        &mut self,
        frame: &frame::Video,
        look: &SecondLook,
    ) -> Result<Option<frame::Video>, TranscodeError> {
        let shape = PictureShape {
            width: frame.width(),
            height: frame.height(),
            format: av::pixel_number(frame.format()),
            aspect: frame.aspect_ratio(),
            time_base: Rational(1, 1_000),
        };
        if self.scaler.as_ref().is_none_or(|(_, built_for)| *built_for != shape) {
            let spec = look.spec(frame.color_space() != color::Space::Unspecified);
            let graph = graph::video_graph(&shape, &spec, 1).during("building the still filter")?;
            self.scaler = Some((graph, shape));
        }
        let Some((graph, _)) = &mut self.scaler else { return Ok(None) };
        graph::push(graph, frame).during("making a still")?;
        let mut picture = frame::Video::empty();
        let made = graph::pull(graph, "out0", &mut picture).during("making a still")?;
        Ok((made.is_some() && picture.format() == format::Pixel::YUV420P).then_some(picture))
    }
}

#[cfg(test)]
pub(super) mod tests;
