//! Filter graphs: their text, which is pure and tested, and their plumbing.

use std::fmt::Write;

use ffmpeg_next::{Error, Frame, Rational, filter, frame};

use crate::ladder::{FrameRate, Ladder, Rung};
use crate::probe::VideoInfo;

/// What the frames that go into a video graph look like. When this changes in the middle of a
/// stream (phones turn, meetings share screens), the graph is built anew.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PictureShape {
    pub width: u32,
    pub height: u32,
    pub format: i32,
    pub aspect: Rational,
    pub time_base: Rational,
}

impl PictureShape {
    /// The shape of `frame`, whose timestamps are in `time_base`.
    pub(super) fn of(frame: &frame::Video, time_base: Rational) -> Self {
        Self {
            width: frame.width(),
            height: frame.height(),
            format: crate::av::pixel_number(frame.format()),
            aspect: frame.aspect_ratio(),
            time_base,
        }
    }
}

/// The text of the graph that makes every rung from one decoded picture. `start` is the number of
/// the first frame to come out, in frames of the ladder's rate.
pub(super) fn video_spec(
    ladder: &Ladder,
    source: &VideoInfo,
    interlaced: bool,
    matrix_known: bool,
    start: u64,
) -> String {
    let mut spec = String::from("[in]");
    if interlaced {
        spec.push_str("bwdif=mode=send_frame:deint=interlaced,");
    }
    if let Some(turn) = source.orientation.filters() {
        let _ = write!(spec, "{turn},");
    }
    let FrameRate { num, den } = ladder.frame_rate;
    let seconds = start as f64 * f64::from(den) / f64::from(num);
    let rate = format!("fps=fps={num}/{den}:start_time={seconds:.6}:round=near:eof_action=round,");
    // A picture that stands for many is scaled once, not as often as it is shown.
    let slow =
        source.frame_rate.is_some_and(|rate| rate.as_f64() < ladder.frame_rate.as_f64() * 0.8);
    if !slow {
        spec.push_str(&rate);
    }
    // An untagged picture: the matrix of its time, by its size, as players guess it.
    let guess = if source.width.min(source.height) >= 720 { "bt709" } else { "bt601" };
    let matrix = if matrix_known { "auto" } else { guess };
    // Letters stay sharp.
    let scaler = if ladder.screen { "lanczos" } else { "bicubic" };
    let to = |rung: &Rung, matrix: &str| {
        format!(
            "scale={}:{}:flags={scaler}:in_color_matrix={matrix}:out_color_matrix=bt709:\
             out_range=tv,setsar=1,format=yuv420p",
            rung.width, rung.height,
        )
    };
    let mut matrix = matrix;
    if let (true, Some(top)) = (source.hdr, ladder.rungs.last()) {
        // Heavy work per pixel: scaled down first, mapped once, then shared by all rungs.
        let _ = write!(
            spec,
            "scale={}:{}:flags=bicubic,zscale=t=linear:npl=100,format=gbrpf32le,\
             zscale=p=bt709,tonemap=tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,\
             format=yuv420p,",
            top.width, top.height,
        );
        matrix = "bt709";
    }
    let _ = write!(spec, "split={}", ladder.rungs.len());
    for at in 0..ladder.rungs.len() {
        let _ = write!(spec, "[s{at}]");
    }
    for (at, rung) in ladder.rungs.iter().enumerate() {
        // Every second frame, told by its number, so that all graphs of a job choose the same.
        let thin = if rung.frame_step == 2 { "select='not(mod(pts,2))'," } else { "" };
        let scaled = to(rung, matrix);
        let _ = if slow {
            write!(spec, ";[s{at}]{scaled},{rate}{thin}null[out{at}]")
        } else {
            write!(spec, ";[s{at}]{thin}{scaled}[out{at}]")
        };
    }
    spec
}

/// Builds a video graph with one source `in` and the sinks `out0` … .
pub(super) fn video_graph(
    shape: &PictureShape,
    spec: &str,
    sinks: usize,
) -> Result<filter::Graph, Error> {
    let aspect = if shape.aspect.numerator() > 0 { shape.aspect } else { Rational(1, 1) };
    let args = format!(
        "video_size={}x{}:pix_fmt={}:time_base={}:pixel_aspect={}",
        shape.width, shape.height, shape.format, shape.time_base, aspect,
    );
    let names: Vec<String> = (0..sinks).map(|at| format!("out{at}")).collect();
    build("buffer", &args, "buffersink", &names, spec)
}

/// The arguments of the source of an audio graph for frames like `sound`.
pub(super) fn audio_args(sound: &frame::Audio) -> String {
    let layout = sound.channel_layout();
    let shape = if layout.is_empty() {
        format!("channels={}", sound.channels())
    } else {
        format!("channel_layout=0x{:x}", layout.bits())
    };
    format!(
        "time_base=1/{rate}:sample_rate={rate}:sample_fmt={format}:{shape}",
        rate = sound.rate(),
        format = sound.format().name(),
    )
}

/// A filter (with a comma after it) for sound whose channels have no known places, as many as there
/// may be: nothing can mix it down, so its first channels are taken.
pub(super) fn known_layout(sound: &frame::Audio, channels: u32) -> &'static str {
    match (sound.channel_layout().is_empty(), channels) {
        (false, _) => "",
        (true, 1) => "pan=mono|c0=c0,",
        (true, _) => "pan=stereo|c0=c0|c1=c1,",
    }
}

/// The layout of a publication with so many channels.
pub(super) fn layout_name(channels: u32) -> &'static str {
    if channels == 1 { "mono" } else { "stereo" }
}

/// Builds an audio graph with one source `in` and one sink `out0`.
pub(super) fn audio_graph(args: &str, spec: &str) -> Result<filter::Graph, Error> {
    build("abuffer", args, "abuffersink", &["out0".into()], spec)
}

fn build(
    source: &str,
    args: &str,
    sink: &str,
    sinks: &[String],
    spec: &str,
) -> Result<filter::Graph, Error> {
    let find = |name: &str| filter::find(name).ok_or(Error::FilterNotFound);
    let mut graph = filter::Graph::new();
    graph.add(&find(source)?, "in", args)?;
    for name in sinks {
        graph.add(&find(sink)?, name, "")?;
    }
    let mut parser = graph.output("in", 0)?;
    for name in sinks {
        parser = parser.input(name, 0)?;
    }
    parser.parse(spec)?;
    graph.validate()?;
    Ok(graph)
}

/// Puts `frame` in.
pub(super) fn push(graph: &mut filter::Graph, frame: &Frame) -> Result<(), Error> {
    graph.get("in").ok_or(Error::Bug)?.source().add(frame)
}

/// Says that the source ends at `pts` of its time base.
pub(super) fn close(graph: &mut filter::Graph, pts: i64) -> Result<(), Error> {
    graph.get("in").ok_or(Error::Bug)?.source().close(pts)
}

/// Takes the next frame out of `sink`, with the time base of its timestamp; `None` when there is
/// none for now, or ever.
pub(super) fn pull(
    graph: &mut filter::Graph,
    sink: &str,
    frame: &mut Frame,
) -> Result<Option<Rational>, Error> {
    let mut context = graph.get(sink).ok_or(Error::Bug)?;
    let mut sink = context.sink();
    match sink.frame(frame) {
        Ok(()) => Ok(Some(sink.time_base())),
        Err(Error::Eof) => Ok(None),
        Err(Error::Other { errno }) if errno == ffmpeg_next::error::EAGAIN => Ok(None),
        Err(error) => Err(error),
    }
}

/// Builds a graph from one picture to another, e.g. for a still.
pub(super) fn convert(frame: &frame::Video, spec: &str) -> Result<frame::Video, Error> {
    let shape = PictureShape::of(frame, Rational(1, 1_000));
    let mut graph = video_graph(&shape, &format!("[in]{spec}[out0]"), 1)?;
    push(&mut graph, frame)?;
    close(&mut graph, frame.pts().unwrap_or(0) + 1)?;
    let mut out = frame::Video::empty();
    pull(&mut graph, "out0", &mut out)?.ok_or(Error::Bug)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ladder::{SourceVideo, ladder};
    use crate::probe::Orientation;

    fn source() -> VideoInfo {
        VideoInfo {
            stream: 0,
            codec: "h264".into(),
            width: 640,
            height: 360,
            display_width: 640,
            display_height: 360,
            orientation: Orientation::Upright,
            rotation: 0,
            frame_rate: None,
            pixel_format: "yuv420p".into(),
            interlaced: false,
            hdr: false,
        }
    }

    #[test]
    fn one_decode_is_split_to_every_rung_after_one_frame_rate() {
        let rate = Some(FrameRate::new(60, 1));
        let ladder =
            ladder(&SourceVideo { width: 640, height: 360, frame_rate: rate, screen: false }, 1080);
        let spec = video_spec(&ladder, &source(), false, false, 480);
        assert_eq!(
            spec,
            "[in]fps=fps=60/1:start_time=8.000000:round=near:eof_action=round,split=2[s0][s1];\
             [s0]select='not(mod(pts,2))',scale=426:240:flags=bicubic:in_color_matrix=bt601:\
             out_color_matrix=bt709:out_range=tv,setsar=1,format=yuv420p[out0];\
             [s1]select='not(mod(pts,2))',scale=640:360:flags=bicubic:in_color_matrix=bt601:\
             out_color_matrix=bt709:out_range=tv,setsar=1,format=yuv420p[out1]"
        );
    }

    #[test]
    fn a_picture_that_stands_for_long_is_scaled_once() {
        let rate = Some(FrameRate::new(1, 10));
        let ladder =
            ladder(&SourceVideo { width: 320, height: 240, frame_rate: rate, screen: false }, 1080);
        let slow = VideoInfo { frame_rate: rate, ..source() };
        let spec = video_spec(&ladder, &slow, false, true, 0);
        assert_eq!(
            spec,
            "[in]split=1[s0];[s0]scale=320:240:flags=bicubic:in_color_matrix=auto:\
             out_color_matrix=bt709:out_range=tv,setsar=1,format=yuv420p,\
             fps=fps=10/1:start_time=0.000000:round=near:eof_action=round,null[out0]"
        );
    }

    #[test]
    fn a_turned_interlaced_bright_source_is_deinterlaced_turned_and_mapped_once() {
        let hdr = VideoInfo { hdr: true, orientation: Orientation::Clockwise, ..source() };
        let ladder =
            ladder(&SourceVideo { width: 360, height: 640, frame_rate: None, screen: false }, 1080);
        let spec = video_spec(&ladder, &hdr, true, true, 0);
        assert!(
            spec.starts_with("[in]bwdif=mode=send_frame:deint=interlaced,transpose=clock,fps=")
        );
        assert_eq!(spec.matches("tonemap=tonemap=hable").count(), 1);
    }
}
