//! One rendition's way out: encoder packets into fragmented MP4 in memory, cut where it is told.

use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use ffmpeg_next as ffmpeg;
use ffmpeg_next::{Dictionary, Packet, Rational, Rescale, codec, format};

use super::{During, TranscodeError};
use crate::{av, mp4};

/// Where the muxer writes to; emptied at each cut, so it holds one segment at most.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn take(&self) -> Vec<u8> {
        mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A fragmenting muxer of one track.
pub(super) struct Fragmenter {
    output: format::context::Output,
    buffer: Buffer,
    encoder_base: Rational,
    track_base: Rational,
    /// Where the first packet stands on the timeline of the rendition, in encoder ticks: the
    /// muxer itself counts from zero.
    origin: i64,
    /// Segments before the first one made here.
    before: u32,
}

impl Fragmenter {
    /// A muxer for what `encoder` makes; gives the initialisation segment as well. Packets will
    /// start at `origin` (ticks of `base`), after `before` segments.
    pub(super) fn new(
        encoder: &codec::Context,
        base: Rational,
        origin: i64,
        before: u32,
    ) -> Result<(Self, Vec<u8>), TranscodeError> {
        let buffer = Buffer::default();
        let io = format::context::StreamIo::from_write(buffer.clone());
        let io = io.during("making a memory file")?;
        let mut output =
            format::output_to_stream(io, None, Some("mp4")).during("opening the MP4 muxer")?;
        let mut stream = output.add_stream_with(encoder).during("adding a track")?;
        stream.set_time_base(base);
        let mut options = Dictionary::new();
        options.set("movflags", "cmaf+frag_custom+empty_moov+default_base_moof+skip_trailer");
        let unread = output.write_header_with(options).during("writing the MP4 header")?;
        if unread.iter().next().is_some() {
            return Err(TranscodeError::Unexpected("the MP4 muxer does not know its options"));
        }
        drop(unread);
        av::flush_fragment(&mut output).during("writing the MP4 header")?;
        let track_base = output.stream(0).map_or(base, |stream| stream.time_base());
        let init = mp4::only(&buffer.take(), &[b"ftyp", b"moov"]);
        let muxer = Self { output, buffer, encoder_base: base, track_base, origin, before };
        Ok((muxer, init))
    }

    /// Adds one packet, timestamps in encoder ticks, `duration` ticks long.
    pub(super) fn write(
        &mut self,
        mut packet: Packet,
        duration: i64,
    ) -> Result<(), TranscodeError> {
        packet.set_stream(0);
        packet.set_pts(packet.pts().map(|pts| pts - self.origin));
        packet.set_dts(packet.dts().map(|dts| dts - self.origin));
        // Without it the muxer guesses the length of the last sample of each fragment.
        packet.set_duration(duration);
        packet.rescale_ts(self.encoder_base, self.track_base);
        packet.write(&mut self.output).map(|_| ()).during("writing a packet")
    }

    /// Everything since the last cut as one segment, in its true place on the timeline.
    pub(super) fn cut(&mut self) -> Result<Vec<u8>, TranscodeError> {
        av::flush_fragment(&mut self.output).during("cutting a segment")?;
        let mut segment = mp4::only(&self.buffer.take(), &[b"moof", b"mdat"]);
        let ticks = self.origin.rescale(self.encoder_base, self.track_base);
        let moved = mp4::shift(&mut segment, ticks.unsigned_abs(), self.before);
        moved.ok_or(TranscodeError::Unexpected("a fragment is not as expected"))?;
        Ok(segment)
    }
}

/// Receives every packet that `encoder` has ready.
pub(super) fn packets(
    encoder: &mut ffmpeg::encoder::Encoder,
    mut each: impl FnMut(Packet) -> Result<(), TranscodeError>,
) -> Result<(), TranscodeError> {
    loop {
        let mut packet = Packet::empty();
        match encoder.receive_packet(&mut packet) {
            Ok(()) => each(packet)?,
            Err(ffmpeg::Error::Eof) => return Ok(()),
            Err(ffmpeg::Error::Other { errno }) if errno == ffmpeg::error::EAGAIN => return Ok(()),
            Err(error) => return Err(error).during("encoding"),
        }
    }
}
