//! The picture's way: decoder, one graph, an encoder and a muxer for each rung.

use ffmpeg_next as ffmpeg;
use ffmpeg_next::{Dictionary, Packet, Rational, Rescale, codec, color, encoder, filter, format};
use ffmpeg_next::{frame, picture};

use super::clock::{Damage, Horizon, Stretches, Verdict};
use super::decode::{self, StreamDecoder};
use super::graph::{self, PictureShape};
use super::mux::{self, Fragmenter};
use super::pictures::{self, Pictures};
use super::{During, Emit, Event, TranscodeError, too_long};
use crate::ladder::{FrameRate, Ladder, MeasuredRung, Rung, gain_nothing};
use crate::mp4;
use crate::probe::VideoInfo;
use crate::worker::{Dropped, RenditionDone, WorkerOrder};

/// Everything between the packets of a video stream and the segments of its renditions.
pub(super) struct VideoPipe {
    decoder: StreamDecoder,
    source: VideoInfo,
    ladder: Ladder,
    graph: Option<(filter::Graph, PictureShape)>,
    outputs: Vec<RungOutput>,
    /// Zero of the timeline, in ticks of the stream.
    zero: i64,
    /// Number of the next frame to come out of the graph, at the ladder's rate.
    next_frame: u64,
    /// End of what was decoded, in ticks of the stream from zero.
    end: i64,
    damage: Damage,
    /// Errors of the decoder up to the last picture.
    seen_corrupt: u64,
    /// What is made of the pictures besides, and the output that they are seen at; a job that goes on
    /// in the middle makes them afterwards.
    pictures: Option<(usize, Pictures)>,
}

impl VideoPipe {
    /// Opens the decoder and an encoder for each rung.
    pub(super) fn new(
        stream: &format::stream::Stream<'_>,
        source: &VideoInfo,
        ladder: &Ladder,
        order: &WorkerOrder,
        zero_us: i64,
        duration_us: Option<u64>,
    ) -> Result<Self, TranscodeError> {
        let decoder = StreamDecoder::new(stream, order.threads)?;
        let zero = zero_us.rescale(Rational(1, 1_000_000), decoder.time_base());
        let outputs: Result<Vec<_>, _> =
            ladder.rungs.iter().map(|rung| RungOutput::new(rung, ladder, order)).collect();
        let seen = pictures::rung_for(ladder);
        let pictures = ladder.rungs.get(seen).filter(|_| order.first_segment == 0);
        let pictures =
            pictures.map(|rung| (seen, Pictures::new(duration_us, rung.width, rung.height)));
        let next_frame = u64::from(order.first_segment) * u64::from(ladder.segment_frames());
        Ok(Self {
            decoder,
            source: source.clone(),
            ladder: ladder.clone(),
            graph: None,
            outputs: outputs?,
            zero,
            next_frame,
            end: 0,
            damage: Damage::from(ladder.frame_rate.micros(next_frame)),
            seen_corrupt: 0,
            pictures,
        })
    }

    /// Gives the initialisation segments out.
    pub(super) fn announce(&mut self, emit: &mut Emit<'_>) -> Result<(), TranscodeError> {
        for output in &mut self.outputs {
            output.announce(emit)?;
        }
        Ok(())
    }

    /// The size of the pictures that stills are taken from.
    pub(super) fn still_size(&self) -> (u32, u32) {
        let rung = self.ladder.rungs.get(pictures::rung_for(&self.ladder));
        rung.map_or((16, 16), |rung| (rung.width, rung.height))
    }

    /// How far the renditions are, in microseconds.
    pub(super) fn made_us(&self) -> u64 {
        self.ladder.frame_rate.micros(self.next_frame)
    }

    /// Where the last decoded picture ends, in microseconds.
    pub(super) fn end_us(&self) -> u64 {
        u64::try_from(decode::micros(self.end, self.decoder.time_base())).unwrap_or(0)
    }

    /// Pictures decoded.
    pub(super) fn decoded(&self) -> u64 {
        self.decoder.decoded()
    }

    /// Packets and pictures skipped.
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
        let mut frame = frame::Video::empty();
        while self.decoder.next(&mut frame) {
            let pts = frame.timestamp().map_or(self.end, |pts| pts - self.zero);
            let (at_us, end_us) = (decode::micros(pts, base), self.end_us());
            match horizon.judge(at_us, end_us) {
                Verdict::Fine => {}
                Verdict::Nonsense => continue,
                Verdict::TooLong => return Err(too_long(end_us, horizon)),
            }
            let at_us = u64::try_from(at_us).unwrap_or(0);
            let length = frame.packet().duration.max(0);
            let one = i64::from(self.ladder.frame_rate.den).rescale(
                Rational(1, i32::try_from(self.ladder.frame_rate.num).unwrap_or(25)),
                base,
            );
            self.end = self.end.max(pts + if length > 0 { length } else { one.max(1) });
            if self.decoder.corrupt() > self.seen_corrupt {
                self.seen_corrupt = self.decoder.corrupt();
                self.damage.suspect();
            }
            // The last good picture stands until the next one.
            let damaged = frame.is_corrupt() || frame.has_decode_errors();
            if damaged && self.damage.leave_out(at_us) {
                continue;
            }
            self.damage.good(at_us, self.end_us());
            frame.set_pts(Some(pts));
            // The source's picture types would be orders to the encoder.
            frame.set_kind(picture::Type::None);
            self.filter(&frame, pts, emit)?;
        }
        Ok(())
    }

    /// Stretches in which no good picture came out.
    pub(super) fn skipped(&mut self) -> Stretches {
        let end_us = self.end_us();
        std::mem::take(&mut self.damage).finish(end_us)
    }

    fn filter(
        &mut self,
        frame: &frame::Video,
        pts: i64,
        emit: &mut Emit<'_>,
    ) -> Result<(), TranscodeError> {
        let shape = PictureShape::of(frame, self.decoder.time_base());
        if self.graph.as_ref().is_none_or(|(_, built_for)| *built_for != shape) {
            self.close_graph(pts, emit)?;
            let interlaced = self.source.interlaced || frame.is_interlaced();
            let known = frame.color_space() != color::Space::Unspecified;
            let start = self.next_frame;
            let spec = graph::video_spec(&self.ladder, &self.source, interlaced, known, start);
            let graph = graph::video_graph(&shape, &spec, self.outputs.len());
            self.graph = Some((graph.during("building the video filters")?, shape));
        }
        if let Some((graph, _)) = &mut self.graph {
            graph::push(graph, frame).during("filtering a picture")?;
        }
        self.encode(emit)
    }

    /// Ends the current graph at `pts`, up to which its last picture stands.
    fn close_graph(&mut self, pts: i64, emit: &mut Emit<'_>) -> Result<(), TranscodeError> {
        if let Some((graph, _)) = &mut self.graph {
            graph::close(graph, pts).during("ending the video filters")?;
            self.encode(emit)?;
        }
        self.graph = None;
        Ok(())
    }

    /// Moves every picture that the graph has ready into its encoder. The rung that is furthest behind
    /// is always served next: a picture that stands for an hour comes out as an hour of pictures, and
    /// whatever one sink gives, the others have to hold until it is taken.
    fn encode(&mut self, emit: &mut Emit<'_>) -> Result<(), TranscodeError> {
        let Some((graph, _)) = &mut self.graph else { return Ok(()) };
        let mut picture = frame::Video::empty();
        let mut open: Vec<(usize, &mut RungOutput)> = self.outputs.iter_mut().enumerate().collect();
        while let Some((index, output)) = open.iter_mut().min_by_key(|(_, output)| output.passed())
        {
            let index = *index;
            let pulled = graph::pull(graph, &format!("out{index}"), &mut picture);
            let Some(base) = pulled.during("filtering a picture")? else {
                open.retain(|(other, _)| *other != index);
                continue;
            };
            let number = output.take(&mut picture, base, emit)?;
            self.next_frame = self.next_frame.max(output.passed());
            if let Some((seen, pictures)) = &mut self.pictures
                && *seen == index
            {
                pictures.see(&picture, output.rate.micros(number), emit)?;
            }
        }
        Ok(())
    }

    /// Ends the renditions at the first frame boundary not before `end_us`; gives that moment.
    pub(super) fn finish(
        &mut self,
        end_us: u64,
        emit: &mut Emit<'_>,
    ) -> Result<u64, TranscodeError> {
        // A whole number of frames of the slowest rung, so that all rungs end at one moment.
        let step =
            self.outputs.iter().map(|output| u64::from(output.frame_step)).max().unwrap_or(1);
        let rate = self.ladder.frame_rate;
        let frames = (u128::from(end_us) * u128::from(rate.num))
            .div_ceil(u128::from(rate.den) * 1_000_000 * u128::from(step));
        // A microsecond of rounding must not cost a frame.
        let frames = u64::try_from(frames).unwrap_or(u64::MAX).saturating_mul(step);
        let fits = |frames: u64| frames >= step && rate.micros(frames - step) + 1_000 >= end_us;
        let frames = if fits(frames) { frames - step } else { frames }.max(self.next_frame);
        let frames = frames.next_multiple_of(step);
        let micros = i64::try_from(rate.micros(frames)).unwrap_or(i64::MAX);
        let pts = micros.rescale(Rational(1, 1_000_000), self.decoder.time_base());
        self.close_graph(pts, emit)?;
        if self.outputs.iter().any(|output| output.next == output.origin) {
            let detail = String::from("no picture in it can be shown");
            return Err(TranscodeError::Damaged { detail, at_s: None });
        }
        for output in &mut self.outputs {
            output.finish(emit)?;
        }
        let measured: Option<Vec<_>> = self.outputs.iter().map(RungOutput::measured).collect();
        for rendition in gain_nothing(&measured.unwrap_or_default(), self.ladder.screen) {
            emit(Event::Dropped(Dropped { rendition }))?;
        }
        let end_us = self.outputs.iter().map(RungOutput::end_us).max().unwrap_or(0);
        if let Some((_, pictures)) = &mut self.pictures {
            pictures.finish(end_us, emit)?;
        }
        Ok(end_us)
    }
}

/// One rung: encoder, muxer, and the count of what went through.
struct RungOutput {
    name: String,
    rate: FrameRate,
    frame_step: u32,
    /// Frames in a segment of this rung.
    segment_frames: u64,
    encoder: encoder::video::Encoder,
    muxer: Fragmenter,
    init: Vec<u8>,
    /// Frames before the first one made here.
    origin: u64,
    /// Packets that came out, counted from the beginning of the video.
    packets: u64,
    /// The number that the next picture must have at least.
    next: u64,
    /// The first segment made here.
    seq: u32,
    /// Bytes and microseconds of all segments from the beginning of the video, if those of earlier
    /// attempts are known.
    weight: Option<(u64, u64)>,
}

impl RungOutput {
    fn new(rung: &Rung, ladder: &Ladder, order: &WorkerOrder) -> Result<Self, TranscodeError> {
        let encoder = open_x264(rung, ladder.screen, order)?;
        let segment_frames = u64::from(ladder.segment_frames() / rung.frame_step);
        let origin = u64::from(order.first_segment) * segment_frames;
        let start = i64::try_from(origin).unwrap_or(i64::MAX);
        let base = tick(rung.frame_rate);
        let (muxer, init) = Fragmenter::new(&encoder, base, start, order.first_segment)?;
        Ok(Self {
            name: rung.name.clone(),
            rate: rung.frame_rate,
            frame_step: rung.frame_step,
            segment_frames,
            encoder,
            muxer,
            init,
            origin,
            packets: origin,
            next: origin,
            seq: order.first_segment,
            weight: order.stored_before(&rung.name),
        })
    }

    fn announce(&mut self, emit: &mut Emit<'_>) -> Result<(), TranscodeError> {
        let codecs = mp4::codecs(&self.init)
            .ok_or(TranscodeError::Unexpected("the video header is not as expected"))?;
        let (rendition, bytes) = (self.name.clone(), std::mem::take(&mut self.init));
        Ok(emit(Event::Init { rendition, codecs, bytes })?)
    }

    /// Encodes one picture; gives its number at this rung's rate.
    fn take(
        &mut self,
        picture: &mut frame::Video,
        base: Rational,
        emit: &mut Emit<'_>,
    ) -> Result<u64, TranscodeError> {
        let pts = picture.pts().unwrap_or(0).rescale(base, tick(self.rate));
        let number = u64::try_from(pts).unwrap_or(0);
        // The filter counts by ones; two pictures of one number would break the encoder.
        if number < self.next {
            return Ok(self.next.saturating_sub(1));
        }
        self.next = number + 1;
        picture.set_pts(Some(pts));
        picture.set_kind(picture::Type::None);
        self.encoder.send_frame(picture).during("encoding a picture")?;
        self.collect(emit)?;
        Ok(number)
    }

    /// The number of the next picture, at the ladder's rate.
    fn passed(&self) -> u64 {
        self.next * u64::from(self.frame_step)
    }

    fn collect(&mut self, emit: &mut Emit<'_>) -> Result<(), TranscodeError> {
        let Self { encoder, muxer, packets, segment_frames, .. } = self;
        let mut full = Vec::new();
        mux::packets(encoder, |packet| {
            // Groups of pictures are closed: the first packet of a segment must be a key.
            if packets.is_multiple_of(*segment_frames) && !packet.is_key() {
                return Err(TranscodeError::Unexpected(
                    "a segment does not start with a key frame",
                ));
            }
            muxer.write(packet, 1)?;
            *packets += 1;
            // The last packet is in: no need to wait for the next segment's first.
            if packets.is_multiple_of(*segment_frames) {
                full.push(muxer.cut()?);
            }
            Ok(())
        })?;
        let frames = self.segment_frames;
        full.into_iter().try_for_each(|bytes| self.give(bytes, frames, emit))
    }

    fn give(
        &mut self,
        bytes: Vec<u8>,
        frames: u64,
        emit: &mut Emit<'_>,
    ) -> Result<(), TranscodeError> {
        let start = u64::from(self.seq) * self.segment_frames;
        let duration_us = self.rate.micros(start + frames) - self.rate.micros(start);
        let (rendition, seq) = (self.name.clone(), self.seq);
        self.seq += 1;
        if let Some((sum, us)) = &mut self.weight {
            *sum += bytes.len() as u64;
            *us += duration_us;
        }
        Ok(emit(Event::Segment { rendition, seq, duration_us, bytes })?)
    }

    /// The average rate, if all segments are known.
    fn measured(&self) -> Option<MeasuredRung> {
        let (bytes, us) = self.weight?;
        let average = u128::from(bytes) * 8_000_000 / u128::from(us.max(1));
        let average = u64::try_from(average).unwrap_or(u64::MAX);
        Some(MeasuredRung { name: self.name.clone(), average })
    }

    fn finish(&mut self, emit: &mut Emit<'_>) -> Result<(), TranscodeError> {
        self.encoder.send_eof().during("ending the encoder")?;
        self.collect(emit)?;
        let rest = self.packets % self.segment_frames;
        if rest > 0 {
            let bytes = self.muxer.cut()?;
            self.give(bytes, rest, emit)?;
        }
        let (rendition, segments) = (self.name.clone(), self.seq);
        let duration_us = self.end_us();
        Ok(emit(Event::RenditionDone(RenditionDone { rendition, segments, duration_us }))?)
    }

    fn end_us(&self) -> u64 {
        self.rate.micros(self.packets.max(self.origin))
    }
}

/// One frame of `rate` as a time base.
fn tick(rate: FrameRate) -> Rational {
    let side = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    Rational(side(rate.den), side(rate.num))
}

fn open_x264(
    rung: &Rung,
    screen: bool,
    order: &WorkerOrder,
) -> Result<encoder::video::Encoder, TranscodeError> {
    let x264 = encoder::find_by_name("libx264").ok_or(ffmpeg::Error::EncoderNotFound);
    let context = codec::Context::new_with_codec(x264.during("finding the H.264 encoder")?);
    let mut video = context.encoder().video().during("making the H.264 encoder")?;
    video.set_width(rung.width);
    video.set_height(rung.height);
    video.set_format(format::Pixel::YUV420P);
    video.set_aspect_ratio(Rational(1, 1));
    video.set_time_base(tick(rung.frame_rate));
    let rate = tick(rung.frame_rate);
    video.set_frame_rate(Some(Rational(rate.denominator(), rate.numerator())));
    video.set_gop(rung.gop);
    video.set_max_b_frames(2);
    video.set_colorspace(color::Space::BT709);
    video.set_color_primaries(color::Primaries::BT709);
    video.set_color_transfer_characteristic(color::TransferCharacteristic::BT709);
    video.set_color_range(color::Range::MPEG);
    // Parameter sets go into the initialisation segment, not into the stream.
    video.set_flags(codec::Flags::GLOBAL_HEADER);
    // Less smoothing of edges, more bits for flat parts with letters on them.
    let sharp = if screen { ":deblock=-2,-2:aq-strength=1.2:psy-rd=1.5,0" } else { "" };
    let mut options = Dictionary::new();
    for (key, value) in [
        ("preset", order.preset.clone()),
        ("crf", rung.crf.to_string()),
        ("maxrate", rung.max_rate.to_string()),
        ("bufsize", (u64::from(rung.max_rate) * 2).to_string()),
        ("profile", rung.profile.to_owned()),
        ("level", format!("{}.{}", rung.level / 10, rung.level % 10)),
        ("threads", order.threads.to_string()),
        ("sc_threshold", "0".into()),
        // Key frames exactly every group, and no reference across them.
        (
            "x264-params",
            format!("keyint={0}:min-keyint={0}:open-gop=0:rc-lookahead=20{sharp}", rung.gop),
        ),
    ] {
        options.set(key, &value);
    }
    video.open_with(options).during("opening the H.264 encoder")
}
