//! Decoding one stream: packets in, frames out, with damaged ones counted and skipped.

use ffmpeg_next as ffmpeg;
use ffmpeg_next::{Dictionary, Frame, Packet, Rational, Rescale, codec, decoder, format};

use super::{During, TranscodeError};

/// The most pixels that a decoder may make of one picture.
const MAX_PIXELS: u64 = 8_192 * 8_192;

/// `value` ticks of `base` in microseconds.
pub(super) fn micros(value: i64, base: Rational) -> i64 {
    value.rescale(base, Rational(1, 1_000_000))
}

/// A decoder of one stream.
pub(super) struct StreamDecoder {
    decoder: decoder::Opened,
    time_base: Rational,
    corrupt: u64,
    decoded: u64,
}

impl StreamDecoder {
    /// Opens the decoder of `stream`.
    pub(super) fn new(
        stream: &format::stream::Stream<'_>,
        threads: u32,
    ) -> Result<Self, TranscodeError> {
        let mut context = codec::Context::from_parameters(stream.parameters())
            .during("reading the parameters of a stream")?;
        context.set_threading(codec::threading::Config {
            kind: codec::threading::Type::Frame,
            count: threads as usize,
            ..Default::default()
        });
        let mut options = Dictionary::new();
        options.set("max_pixels", &MAX_PIXELS.to_string());
        let id = context.id();
        let codec = decoder::find(id).ok_or(ffmpeg::Error::DecoderNotFound);
        let codec = codec.during("finding a decoder")?;
        let mut decoder = context.decoder();
        decoder.set_packet_time_base(stream.time_base());
        let decoder = decoder.open_as_with(codec, options).during("opening a decoder")?;
        Ok(Self { decoder, time_base: stream.time_base(), corrupt: 0, decoded: 0 })
    }

    /// Ticks of the timestamps of packets and frames.
    pub(super) fn time_base(&self) -> Rational {
        self.time_base
    }

    /// Packets and frames that were skipped.
    pub(super) fn corrupt(&self) -> u64 {
        self.corrupt
    }

    /// Frames that came out.
    pub(super) fn decoded(&self) -> u64 {
        self.decoded
    }

    /// Gives one packet in, or the end of the stream; then [`Self::next`] until it is empty.
    pub(super) fn send(&mut self, packet: Option<&Packet>) {
        let sent = match packet {
            Some(packet) => self.decoder.send_packet(packet),
            None => self.decoder.send_eof(),
        };
        // Whatever is wrong with a packet is a matter of the file: it is counted and passed over.
        if sent.is_err() && packet.is_some() {
            self.corrupt += 1;
        }
    }

    /// Forgets everything: the next packet is from elsewhere.
    pub(super) fn flush(&mut self) {
        self.decoder.flush();
    }

    /// Takes the next frame out, if there is one.
    pub(super) fn next(&mut self, frame: &mut Frame) -> bool {
        // A decoder that does nothing but fail is left alone until its next packet.
        for _ in 0..64 {
            match self.decoder.receive_frame(frame) {
                Ok(()) => {
                    self.decoded += 1;
                    return true;
                }
                Err(ffmpeg::Error::Eof) => return false,
                Err(ffmpeg::Error::Other { errno }) if errno == ffmpeg::error::EAGAIN => {
                    return false;
                }
                Err(_) => self.corrupt += 1,
            }
        }
        false
    }
}
