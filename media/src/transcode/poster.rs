//! The poster: one picture of the video as JPEG.

use ffmpeg_next::{Packet, Rational, codec, encoder, format, frame};

use super::graph;
use super::{During, TranscodeError};
use crate::av;

/// Quality of the JPEG: the quantiser's scale, 2 (best) to 31.
const QUANTISER: usize = 4;

/// A picture and its place.
#[derive(Debug)]
pub(super) struct Poster {
    pub bytes: Vec<u8>,
    pub width: u32,
    pub height: u32,
}

/// Encodes `picture` (limited-range YUV, as the encoders get it).
pub(super) fn encode(picture: &frame::Video) -> Result<Poster, TranscodeError> {
    let spec = "scale=in_range=tv:out_range=pc,format=yuvj420p";
    let full = graph::convert(picture, spec).during("converting the poster")?;
    let jpeg = encoder::find(codec::Id::MJPEG).ok_or(ffmpeg_next::Error::EncoderNotFound);
    let context = codec::Context::new_with_codec(jpeg.during("finding the JPEG encoder")?);
    let mut video = context.encoder().video().during("making the JPEG encoder")?;
    video.set_width(full.width());
    video.set_height(full.height());
    video.set_format(format::Pixel::YUVJ420P);
    video.set_time_base(Rational(1, 25));
    video.set_flags(codec::Flags::QSCALE);
    video.set_global_quality(i32::try_from(QUANTISER * av::QP_TO_LAMBDA).unwrap_or(472));
    let mut jpeg = video.open().during("opening the JPEG encoder")?;
    jpeg.send_frame(&full).during("encoding the poster")?;
    jpeg.send_eof().during("encoding the poster")?;
    let mut packet = Packet::empty();
    jpeg.receive_packet(&mut packet).during("encoding the poster")?;
    let bytes = packet.data().unwrap_or_default().to_vec();
    Ok(Poster { bytes, width: full.width(), height: full.height() })
}
