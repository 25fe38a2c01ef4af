//! Makes a film out of filter graphs that need no input (`testsrc2`, `mandelbrot`, `sine` …): for
//! demo lessons, and for the files that tests read.

use std::path::Path;

use ffmpeg_next as ffmpeg;
use ffmpeg_next::{Dictionary, Error, Packet, Rational, Rescale, codec, encoder, filter, format};
use ffmpeg_next::{frame, picture};

use crate::av;

/// A film to be made.
#[derive(Debug, Clone)]
pub(crate) struct Film<'a> {
    /// How long, in seconds.
    pub seconds: f64,
    /// The picture.
    pub pictures: Option<Pictures<'a>>,
    /// The sound.
    pub sound: Option<Sound<'a>>,
}

/// The picture of a film.
#[derive(Debug, Clone)]
pub(crate) struct Pictures<'a> {
    /// A filter graph without input that ends in `[out0]`.
    pub graph: String,
    /// Nominal frames a second.
    pub rate: (i32, i32),
    /// The encoder's name.
    pub encoder: &'a str,
    /// Its options.
    pub options: &'a [(&'a str, &'a str)],
}

/// The sound of a film.
#[derive(Debug, Clone)]
pub(crate) struct Sound<'a> {
    /// A filter graph without input that ends in `[out0]`.
    pub graph: String,
    /// The encoder's name.
    pub encoder: &'a str,
    /// Its bit rate.
    pub bit_rate: usize,
}

/// Makes `film` in the file `path`, whose ending says the container.
pub(crate) fn make(path: &Path, film: &Film<'_>) -> Result<(), Error> {
    av::init();
    let name = path.to_str().filter(|name| !name.contains('\0')).ok_or(Error::InvalidData)?;
    let mut output = format::output(name)?;
    let flags = if output.format().flags().contains(format::Flags::GLOBAL_HEADER) {
        codec::Flags::GLOBAL_HEADER
    } else {
        codec::Flags::empty()
    };
    let mut tracks = Vec::new();
    if let Some(pictures) = &film.pictures {
        tracks.push(Track::pictures(pictures, flags, &mut output, tracks.len())?);
    }
    if let Some(sound) = &film.sound {
        tracks.push(Track::sound(sound, flags, &mut output, tracks.len())?);
    }
    output.write_header()?;
    for track in &mut tracks {
        let base = output.stream(track.index).map(|stream| stream.time_base());
        track.stream_base = base.ok_or(Error::StreamNotFound)?;
    }
    // The track that is behind goes on, so that the muxer has little to hold.
    while let Some(track) =
        tracks.iter_mut().filter(|t| !t.ended).min_by(|a, b| a.at.total_cmp(&b.at))
    {
        track.step(film.seconds, &mut output)?;
    }
    output.write_trailer()
}

enum Encoder {
    Video(encoder::video::Encoder),
    Audio(encoder::audio::Encoder),
}

enum AnyFrame {
    Video(frame::Video),
    Audio(frame::Audio),
}

impl AnyFrame {
    fn base(&mut self) -> &mut ffmpeg::Frame {
        match self {
            Self::Video(frame) => frame,
            Self::Audio(frame) => frame,
        }
    }
}

struct Track {
    index: usize,
    graph: filter::Graph,
    /// A frame that was needed to know the shape before the encoder could be opened.
    first: Option<AnyFrame>,
    encoder: Encoder,
    encoder_base: Rational,
    graph_base: Rational,
    stream_base: Rational,
    /// Length of a packet whose encoder does not say, in its ticks.
    tick: i64,
    at: f64,
    ended: bool,
}

fn open_graph(kind: &str, spec: &str) -> Result<filter::Graph, Error> {
    let mut graph = filter::Graph::new();
    graph.add(&filter::find(kind).ok_or(Error::FilterNotFound)?, "out0", "")?;
    graph.input("out0", 0)?.parse(spec)?;
    graph.validate()?;
    Ok(graph)
}

fn pull(graph: &mut filter::Graph, frame: &mut ffmpeg::Frame) -> Result<Rational, Error> {
    let mut context = graph.get("out0").ok_or(Error::Bug)?;
    let mut sink = context.sink();
    sink.frame(frame)?;
    Ok(sink.time_base())
}

impl Track {
    fn pictures(
        film: &Pictures<'_>,
        flags: codec::Flags,
        output: &mut format::context::Output,
        index: usize,
    ) -> Result<Self, Error> {
        let mut graph = open_graph("buffersink", &film.graph)?;
        let mut first = frame::Video::empty();
        let graph_base = pull(&mut graph, &mut first)?;
        let codec = encoder::find_by_name(film.encoder).ok_or(Error::EncoderNotFound)?;
        let mut video = codec::Context::new_with_codec(codec).encoder().video()?;
        video.set_width(first.width());
        video.set_height(first.height());
        video.set_format(first.format());
        video.set_aspect_ratio(first.aspect_ratio());
        video.set_time_base(graph_base);
        video.set_frame_rate(Some(Rational(film.rate.0, film.rate.1)));
        video.set_flags(flags);
        let mut options = Dictionary::new();
        for (key, value) in film.options {
            options.set(key, value);
        }
        let encoder = video.open_with(options)?;
        output.add_stream_with(&encoder)?.set_time_base(graph_base);
        first.set_kind(picture::Type::None);
        Ok(Self {
            index,
            graph,
            first: Some(AnyFrame::Video(first)),
            encoder: Encoder::Video(encoder),
            encoder_base: graph_base,
            graph_base,
            stream_base: graph_base,
            tick: 1i64.rescale(Rational(film.rate.1, film.rate.0), graph_base),
            at: 0.0,
            ended: false,
        })
    }

    fn sound(
        film: &Sound<'_>,
        flags: codec::Flags,
        output: &mut format::context::Output,
        index: usize,
    ) -> Result<Self, Error> {
        // One frame of the encoder at a time.
        let samples = match film.encoder {
            "libopus" => 960,
            "libmp3lame" | "mp2" => 1_152,
            "ac3" => 1_536,
            "libvorbis" => 64,
            "flac" => 4_608,
            // AAC; the others take what they get.
            _ => 1_024,
        };
        let spec = film.graph.replace("[out0]", &format!(",asetnsamples=n={samples}[out0]"));
        let mut graph = open_graph("abuffersink", &spec)?;
        let mut first = frame::Audio::empty();
        let graph_base = pull(&mut graph, &mut first)?;
        let codec = encoder::find_by_name(film.encoder).ok_or(Error::EncoderNotFound)?;
        let mut audio = codec::Context::new_with_codec(codec).encoder().audio()?;
        audio.set_rate(i32::try_from(first.rate()).unwrap_or(48_000));
        audio.set_format(first.format());
        audio.set_channel_layout(first.channel_layout());
        audio.set_bit_rate(film.bit_rate);
        audio.set_time_base(graph_base);
        audio.set_flags(flags);
        let encoder = audio.open_with(Dictionary::new())?;
        output.add_stream_with(&encoder)?.set_time_base(graph_base);
        Ok(Self {
            index,
            graph,
            first: Some(AnyFrame::Audio(first)),
            encoder: Encoder::Audio(encoder),
            encoder_base: graph_base,
            graph_base,
            stream_base: graph_base,
            tick: 0,
            at: 0.0,
            ended: false,
        })
    }

    /// Encodes one frame, or ends the track at `seconds`.
    fn step(&mut self, seconds: f64, output: &mut format::context::Output) -> Result<(), Error> {
        let mut frame = match self.first.take() {
            Some(frame) => Some(frame),
            None => self.next_frame()?,
        };
        let base = frame.as_mut().map(AnyFrame::base);
        let place = base.as_ref().and_then(|frame| frame.pts()).unwrap_or(0);
        self.at = place as f64 * f64::from(self.graph_base);
        match base.filter(|_| self.at < seconds) {
            Some(frame) => {
                frame.set_pts(Some(place.rescale(self.graph_base, self.encoder_base)));
                self.encoder().send_frame(frame)?;
            }
            None => {
                self.ended = true;
                self.encoder().send_eof()?;
            }
        }
        loop {
            let mut packet = Packet::empty();
            match self.encoder().receive_packet(&mut packet) {
                Ok(()) => {}
                Err(Error::Eof) => return Ok(()),
                Err(Error::Other { errno }) if errno == ffmpeg::error::EAGAIN => return Ok(()),
                Err(error) => return Err(error),
            }
            packet.set_stream(self.index);
            if packet.duration() == 0 {
                packet.set_duration(self.tick);
            }
            packet.rescale_ts(self.encoder_base, self.stream_base);
            packet.write_interleaved(output)?;
        }
    }

    fn next_frame(&mut self) -> Result<Option<AnyFrame>, Error> {
        let mut frame = match &self.encoder {
            Encoder::Video(_) => AnyFrame::Video(frame::Video::empty()),
            Encoder::Audio(_) => AnyFrame::Audio(frame::Audio::empty()),
        };
        match pull(&mut self.graph, frame.base()) {
            Ok(_) => {}
            Err(Error::Eof) => return Ok(None),
            Err(error) => return Err(error),
        }
        if let AnyFrame::Video(frame) = &mut frame {
            frame.set_kind(picture::Type::None);
        }
        Ok(Some(frame))
    }

    fn encoder(&mut self) -> &mut encoder::Encoder {
        match &mut self.encoder {
            Encoder::Video(video) => video,
            Encoder::Audio(audio) => audio,
        }
    }
}
