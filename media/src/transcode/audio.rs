//! The sound's way: decoder, graph, AAC-LC encoder, muxer. Segments end on the AAC frame that is
//! nearest to the video's cut; the distance never accumulates.

use std::collections::VecDeque;

use ffmpeg_next as ffmpeg;
use ffmpeg_next::{ChannelLayout, Dictionary, Packet, Rational, Rescale, codec, encoder, filter};
use ffmpeg_next::{format, frame};

use super::clock::{Damage, Horizon, Stretches, Verdict};
use super::decode::{self, StreamDecoder};
use super::graph;
use super::loudness::Treatment;
use super::mux::{self, Fragmenter};
use super::{During, Emit, Event, TranscodeError, too_long};
use crate::ladder::{AAC_FRAME, AUDIO_NAME, AUDIO_RATE, FrameRate, Ladder, SEGMENT_S};
use crate::worker::{RenditionDone, WorkerOrder};
use crate::{av, mp4};

/// Bits a second for one channel, and for two. (At 64 kbit/s libav's encoder makes what is like noise
/// up to 1.2 LU louder; at this rate it stays below half a LU.)
const BIT_RATES: [usize; 2] = [80_000, 128_000];

/// Frames encoded and dropped before the first wanted one when a job goes on in the middle: the
/// transform overlaps its neighbours.
const RUN_UP: u64 = 4;

/// A gap from which silence is made here and not by the resampler, which would hold all of it in
/// memory; in microseconds.
const LONG_GAP_US: u64 = 10_000_000;

/// Frames that wait before the muxer, so that the end can still be trimmed to the video's.
const HELD: usize = 2;

/// Sample rate as a time base.
fn tick() -> Rational {
    Rational(1, i32::try_from(AUDIO_RATE).unwrap_or(48_000))
}

/// Where segments are cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cuts {
    /// Length of a segment as frames of a rate.
    frames: u64,
    rate: FrameRate,
}

impl Cuts {
    /// At the cuts of `ladder`, or every four seconds for pure sound.
    pub(super) fn of(ladder: Option<&Ladder>) -> Self {
        match ladder {
            Some(ladder) => {
                Self { frames: u64::from(ladder.segment_frames()), rate: ladder.frame_rate }
            }
            None => Self { frames: u64::from(SEGMENT_S), rate: FrameRate::new(1, 1) },
        }
    }

    /// The AAC frame that segment `seq` starts with: the one that starts nearest to the cut.
    fn first_frame(self, seq: u32) -> u64 {
        let (num, den) = (u128::from(self.rate.num), u128::from(self.rate.den));
        let samples = u128::from(seq) * u128::from(self.frames) * den * u128::from(AUDIO_RATE);
        let frame = num * u128::from(AAC_FRAME);
        u64::try_from((samples + frame / 2) / frame).unwrap_or(u64::MAX)
    }
}

/// How long `frames` AAC frames play, in microseconds.
fn frames_us(frames: u64) -> u64 {
    FrameRate::new(AUDIO_RATE, AAC_FRAME).micros(frames)
}

/// Everything between the packets of an audio stream and its segments.
pub(super) struct AudioPipe {
    decoder: StreamDecoder,
    graph: Option<(filter::Graph, String)>,
    channels: u32,
    treatment: Treatment,
    encoder: encoder::audio::Encoder,
    muxer: Fragmenter,
    init: Vec<u8>,
    cuts: Cuts,
    zero: i64,
    /// End of what was decoded, in ticks of the stream from zero.
    end: i64,
    damage: Damage,
    /// Errors of the decoder up to the last piece of sound.
    seen_corrupt: u64,
    /// AAC frames given to the encoder, counted from the beginning of the video.
    sent: u64,
    /// The first frame that is kept.
    first: u64,
    held: VecDeque<Packet>,
    /// AAC frames in the muxer, counted from the beginning.
    written: u64,
    seq: u32,
}

impl AudioPipe {
    /// Opens decoder and encoder.
    pub(super) fn new(
        stream: &format::stream::Stream<'_>,
        channels: u32,
        cuts: Cuts,
        order: &WorkerOrder,
        zero_us: i64,
    ) -> Result<Self, TranscodeError> {
        let decoder = StreamDecoder::new(stream, 1)?;
        let zero = zero_us.rescale(Rational(1, 1_000_000), decoder.time_base());
        let encoder = open_aac(channels)?;
        let first = cuts.first_frame(order.first_segment);
        let origin = i64::try_from(first * u64::from(AAC_FRAME)).unwrap_or(i64::MAX);
        let (muxer, init) = Fragmenter::new(&encoder, tick(), origin, order.first_segment)?;
        Ok(Self {
            decoder,
            graph: None,
            channels,
            treatment: Treatment::default(),
            encoder,
            muxer,
            init,
            cuts,
            zero,
            end: 0,
            damage: Damage::from(frames_us(first)),
            seen_corrupt: 0,
            sent: first.saturating_sub(RUN_UP),
            first,
            held: VecDeque::with_capacity(HELD + 1),
            written: first,
            seq: order.first_segment,
        })
    }

    /// Channels of the publication.
    pub(super) fn channels(&self) -> u32 {
        self.channels
    }

    /// Sets what is done to the sound; before the first packet.
    pub(super) fn treat(&mut self, treatment: Treatment) {
        self.treatment = treatment;
    }

    /// Gives the initialisation segment out.
    pub(super) fn announce(&mut self, emit: &mut Emit<'_>) -> Result<(), TranscodeError> {
        let codecs = mp4::codecs(&self.init)
            .ok_or(TranscodeError::Unexpected("the audio header is not as expected"))?;
        let bytes = std::mem::take(&mut self.init);
        Ok(emit(Event::Init { rendition: AUDIO_NAME.into(), codecs, bytes })?)
    }

    /// How far the rendition is, in microseconds.
    pub(super) fn made_us(&self) -> u64 {
        frames_us(self.sent)
    }

    /// Where the last decoded sound ends, in microseconds.
    pub(super) fn end_us(&self) -> u64 {
        u64::try_from(decode::micros(self.end, self.decoder.time_base())).unwrap_or(0)
    }

    /// Stretches in which no sound came out.
    pub(super) fn skipped(&mut self) -> Stretches {
        let end_us = self.end_us();
        std::mem::take(&mut self.damage).finish(end_us)
    }

    /// Packets and frames skipped.
    pub(super) fn corrupt(&self) -> u64 {
        self.decoder.corrupt()
    }

    /// Takes one packet of the stream.
    pub(super) fn feed(
        &mut self,
        packet: &Packet,
        horizon: Horizon,
        emit: &mut Emit<'_>,
    ) -> Result<(), TranscodeError> {
        if packet.is_corrupt() {
            self.damage.suspect();
        }
        self.decoder.send(Some(packet));
        self.decode(horizon, emit)
    }

    /// The stream has ended: takes what the decoder still holds.
    pub(super) fn drain_decoder(
        &mut self,
        horizon: Horizon,
        emit: &mut Emit<'_>,
    ) -> Result<(), TranscodeError> {
        self.decoder.send(None);
        self.decode(horizon, emit)
    }

    fn decode(&mut self, horizon: Horizon, emit: &mut Emit<'_>) -> Result<(), TranscodeError> {
        let base = self.decoder.time_base();
        let mut sound = frame::Audio::empty();
        while self.decoder.next(&mut sound) {
            if sound.rate() == 0 || sound.channels() == 0 || sound.samples() == 0 {
                continue;
            }
            let pts = sound.timestamp().map_or(self.end, |pts| pts - self.zero);
            let (at_us, end_us) = (decode::micros(pts, base), self.end_us());
            match horizon.judge(at_us, end_us) {
                Verdict::Fine => {}
                Verdict::Nonsense => continue,
                Verdict::TooLong => return Err(too_long(end_us, horizon)),
            }
            self.bridge(u64::try_from(at_us).unwrap_or(0), emit)?;
            let rate = Rational(1, i32::try_from(sound.rate()).unwrap_or(48_000));
            let samples = i64::try_from(sound.samples()).unwrap_or(0);
            self.end = self.end.max(pts + samples.rescale(rate, base));
            if self.decoder.corrupt() > self.seen_corrupt {
                self.seen_corrupt = self.decoder.corrupt();
                self.damage.suspect();
            }
            self.damage.good(u64::try_from(at_us).unwrap_or(0), self.end_us());
            // Long before the first wanted frame, after a seek: not worth filtering.
            let ends_us = decode::micros(pts, base) + decode::micros(samples, rate);
            if ends_us + 500_000 < i64::try_from(frames_us(self.sent)).unwrap_or(0)
                && self.graph.is_none()
            {
                continue;
            }
            sound.set_pts(Some(pts.rescale(base, rate)));
            if sound.channel_layout().is_empty() {
                sound.set_channel_layout(ChannelLayout::default(i32::from(sound.channels())));
            }
            self.filter(&sound, emit)?;
        }
        Ok(())
    }

    /// Fills a long gap before `at_us` with silence.
    fn bridge(&mut self, at_us: u64, emit: &mut Emit<'_>) -> Result<(), TranscodeError> {
        if at_us < frames_us(self.sent).saturating_add(LONG_GAP_US) {
            return Ok(());
        }
        self.close_graph(emit)?;
        while frames_us(self.sent + 1) <= at_us {
            let mut silence = self.silence();
            self.encode(&mut silence, emit)?;
        }
        Ok(())
    }

    fn filter(&mut self, sound: &frame::Audio, emit: &mut Emit<'_>) -> Result<(), TranscodeError> {
        let args = graph::audio_args(sound);
        if self.graph.as_ref().is_none_or(|(_, built_for)| *built_for != args) {
            self.close_graph(emit)?;
            let layout = graph::layout_name(self.channels);
            // Gaps become silence, and the first sample gets its true place.
            let spec = format!(
                "[in]{}aresample={AUDIO_RATE}:async=1:first_pts={},\
                 aformat=sample_fmts=fltp:channel_layouts={layout}{},\
                 aformat=sample_fmts=fltp:channel_layouts={layout},\
                 asetnsamples=n={AAC_FRAME}:p=1[out0]",
                graph::known_layout(sound, self.channels),
                self.sent * u64::from(AAC_FRAME),
                self.treatment.filters(),
            );
            let graph = graph::audio_graph(&args, &spec).during("building the audio filters")?;
            self.graph = Some((graph, args));
        }
        if let Some((graph, _)) = &mut self.graph {
            graph::push(graph, sound).during("filtering sound")?;
        }
        self.encode_ready(emit)
    }

    fn close_graph(&mut self, emit: &mut Emit<'_>) -> Result<(), TranscodeError> {
        if let Some((graph, _)) = &mut self.graph {
            graph::close(graph, ffmpeg::ffi::AV_NOPTS_VALUE).during("ending the audio filters")?;
            self.encode_ready(emit)?;
        }
        self.graph = None;
        Ok(())
    }

    fn encode_ready(&mut self, emit: &mut Emit<'_>) -> Result<(), TranscodeError> {
        let mut sound = frame::Audio::empty();
        while let Some((graph, _)) = &mut self.graph {
            if graph::pull(graph, "out0", &mut sound).during("filtering sound")?.is_none() {
                break;
            }
            self.encode(&mut sound, emit)?;
        }
        Ok(())
    }

    fn encode(
        &mut self,
        sound: &mut frame::Audio,
        emit: &mut Emit<'_>,
    ) -> Result<(), TranscodeError> {
        // The graph gives frames of 1024 samples without a gap: their place is their number.
        let pts = i64::try_from(self.sent * u64::from(AAC_FRAME)).unwrap_or(i64::MAX);
        sound.set_pts(Some(pts));
        self.sent += 1;
        self.encoder.send_frame(sound).during("encoding sound")?;
        self.collect(emit)
    }

    fn collect(&mut self, emit: &mut Emit<'_>) -> Result<(), TranscodeError> {
        let mut ready = Vec::new();
        mux::packets(&mut self.encoder, |packet| {
            ready.push(packet);
            Ok(())
        })?;
        let first = i64::try_from(self.first * u64::from(AAC_FRAME)).unwrap_or(i64::MAX);
        for packet in ready {
            // The encoder's priming packet lies before the start, as does the run-up.
            if packet.pts().is_none_or(|pts| pts < first) {
                continue;
            }
            self.held.push_back(packet);
            if self.held.len() > HELD
                && let Some(packet) = self.held.pop_front()
            {
                self.write(packet, emit)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, packet: Packet, emit: &mut Emit<'_>) -> Result<(), TranscodeError> {
        if self.written == self.cuts.first_frame(self.seq + 1) {
            self.cut(emit)?;
        }
        self.muxer.write(packet, i64::from(AAC_FRAME))?;
        self.written += 1;
        Ok(())
    }

    fn cut(&mut self, emit: &mut Emit<'_>) -> Result<(), TranscodeError> {
        let start = self.cuts.first_frame(self.seq);
        let duration_us = frames_us(self.written) - frames_us(start);
        let (rendition, seq) = (AUDIO_NAME.to_owned(), self.seq);
        let bytes = self.muxer.cut()?;
        self.seq += 1;
        Ok(emit(Event::Segment { rendition, seq, duration_us, bytes })?)
    }

    /// Ends the rendition at `end_us`, within half an AAC frame: with silence if the sound is
    /// shorter. Gives the moment.
    pub(super) fn finish(
        &mut self,
        end_us: u64,
        emit: &mut Emit<'_>,
    ) -> Result<u64, TranscodeError> {
        self.close_graph(emit)?;
        let frame = u128::from(AAC_FRAME) * 1_000_000;
        let wanted = (u128::from(end_us) * u128::from(AUDIO_RATE) + frame / 2) / frame;
        let wanted = u64::try_from(wanted).unwrap_or(u64::MAX).max(self.first + 1);
        while self.sent < wanted {
            let mut silence = self.silence();
            self.encode(&mut silence, emit)?;
        }
        self.encoder.send_eof().during("ending the encoder")?;
        self.collect(emit)?;
        while let Some(packet) = self.held.pop_front() {
            if self.written < wanted {
                self.write(packet, emit)?;
            }
        }
        if self.written > self.cuts.first_frame(self.seq) {
            self.cut(emit)?;
        }
        let (rendition, segments) = (AUDIO_NAME.to_owned(), self.seq);
        let duration_us = frames_us(self.written);
        emit(Event::RenditionDone(RenditionDone { rendition, segments, duration_us }))?;
        Ok(duration_us)
    }

    fn silence(&self) -> frame::Audio {
        let layout = layout_of(self.channels);
        let kind = format::Sample::F32(format::sample::Type::Planar);
        let mut sound = frame::Audio::new(kind, AAC_FRAME as usize, layout);
        sound.set_rate(AUDIO_RATE);
        for plane in 0..sound.planes() {
            sound.plane_mut::<f32>(plane).fill(0.0);
        }
        av::settle_channels(&mut sound);
        sound
    }
}

fn layout_of(channels: u32) -> ChannelLayout {
    if channels == 1 { ChannelLayout::MONO } else { ChannelLayout::STEREO }
}

fn open_aac(channels: u32) -> Result<encoder::audio::Encoder, TranscodeError> {
    let aac = encoder::find_by_name("aac").ok_or(ffmpeg::Error::EncoderNotFound);
    let context = codec::Context::new_with_codec(aac.during("finding the AAC encoder")?);
    let mut audio = context.encoder().audio().during("making the AAC encoder")?;
    let [mono, stereo] = BIT_RATES;
    audio.set_rate(i32::try_from(AUDIO_RATE).unwrap_or(48_000));
    audio.set_format(format::Sample::F32(format::sample::Type::Planar));
    audio.set_channel_layout(layout_of(channels));
    audio.set_bit_rate(if channels == 1 { mono } else { stereo });
    audio.set_time_base(tick());
    audio.set_flags(codec::Flags::GLOBAL_HEADER);
    audio.open_with(Dictionary::new()).during("opening the AAC encoder")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn audio_is_cut_at_the_frame_nearest_to_the_video_and_never_drifts() {
        let cuts = Cuts { frames: 120, rate: FrameRate::new(30_000, 1_001) };
        for seq in 0..3_000 {
            let cut = f64::from(seq) * 120.0 * 1_001.0 / 30_000.0;
            let start = cuts.first_frame(seq) as f64 * 1_024.0 / 48_000.0;
            assert!((start - cut).abs() <= 0.010_667, "{seq}: {start} {cut}");
        }
    }

    proptest! {
        #[test]
        fn segments_of_sound_have_a_length_near_to_four_seconds(seq in 0u32..3_600) {
            let cuts = Cuts::of(None);
            let frames = cuts.first_frame(seq + 1) - cuts.first_frame(seq);
            prop_assert!((187..=188).contains(&frames));
        }
    }
}
