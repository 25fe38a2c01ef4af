//! The picture that comes with a recording of sound.

use std::path::Path;

use ffmpeg_next::{Packet, frame};

use super::decode::StreamDecoder;
use super::graph;
use super::jpeg::{self, Jpeg};
use crate::probe::{self, ProbeLimits};

/// The widest cover that is kept, in pixels.
const MAX_WIDTH: u32 = 1_280;

/// Packets in which the picture is looked for: containers give it first.
const MAX_PACKETS: u32 = 1_000;

/// The one picture of the stream `index`, as JPEG.
pub(super) fn read(path: &Path, limits: &ProbeLimits, index: usize) -> Option<Jpeg> {
    let mut source = probe::open_input(path, limits)?;
    let mut decoder = StreamDecoder::new(&source.stream(index)?, 1).ok()?;
    let mut picture = frame::Video::empty();
    for _ in 0..MAX_PACKETS {
        let mut packet = Packet::empty();
        packet.read(&mut source).ok()?;
        if packet.stream() != index {
            continue;
        }
        decoder.send(Some(&packet));
        decoder.send(None);
        if !decoder.next(&mut picture) {
            return None;
        }
        let sane = picture.width().min(picture.height()) >= 16
            && picture.width().max(picture.height()) <= limits.max_long_side;
        if !sane {
            return None;
        }
        // As the encoders get a picture of the film.
        let spec = "scale=trunc(iw/2)*2:trunc(ih/2)*2:out_color_matrix=bt709:out_range=tv,\
                    format=yuv420p";
        let limited = graph::convert(&picture, spec).ok()?;
        return jpeg::of(&limited, MAX_WIDTH).ok();
    }
    None
}
