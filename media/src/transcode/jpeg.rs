//! One picture of the video as JPEG.

use ffmpeg_next::{Packet, Rational, codec, encoder, format, frame};

use super::graph;
use super::{During, TranscodeError};
use crate::av;

/// Quality: the quantiser's scale, 2 (best) to 31.
const QUANTISER: usize = 4;

/// What turns the encoders' pictures (limited range, BT.709) into what a JPEG is taken for.
pub(super) const FULL_RANGE: &str =
    "in_color_matrix=bt709:out_color_matrix=bt601:in_range=tv:out_range=pc,format=yuvj420p";

/// A picture as JPEG.
#[derive(Debug)]
pub(super) struct Jpeg {
    pub bytes: Vec<u8>,
    pub width: u32,
    pub height: u32,
}

/// Encodes `picture` (as the encoders get it), at most `most_wide` pixels wide. It is used up:
/// filters take the picture out of the frame.
pub(super) fn of(picture: &frame::Video, most_wide: u32) -> Result<Jpeg, TranscodeError> {
    let (mut width, mut height) = (picture.width(), picture.height());
    if width > most_wide {
        let scaled = u64::from(height) * u64::from(most_wide) / u64::from(width);
        (width, height) = (most_wide, u32::try_from(scaled & !1).unwrap_or(2).max(2));
    }
    let spec = format!("scale={width}:{height}:flags=bicubic:{FULL_RANGE}");
    encode(&graph::convert(picture, &spec).during("converting a still picture")?)
}

/// Encodes `full`, which is full-range YUV 4:2:0 already.
pub(super) fn encode(full: &frame::Video) -> Result<Jpeg, TranscodeError> {
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
    jpeg.send_frame(full).during("encoding a still picture")?;
    jpeg.send_eof().during("encoding a still picture")?;
    let mut packet = Packet::empty();
    jpeg.receive_packet(&mut packet).during("encoding a still picture")?;
    let bytes = packet.data().unwrap_or_default().to_vec();
    Ok(Jpeg { bytes, width: full.width(), height: full.height() })
}
