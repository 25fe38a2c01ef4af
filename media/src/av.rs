//! The edge to libav: what `ffmpeg-next` has no safe call for. Every `unsafe` of the crate's media
//! work stands here, each with its reason.

use std::sync::Once;

use ffmpeg_next as ffmpeg;
use ffmpeg_next::{codec, ffi, format};

/// The most that libav may allocate at once, in bytes.
const MAX_ALLOCATION: usize = 512 * 1024 * 1024;

/// Prepares libav for this process: once, from any thread, before anything else of it is used.
pub fn init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // It only registers what the libraries hold; on FFmpeg 5 it cannot fail.
        if let Err(error) = ffmpeg::init() {
            tracing::error!(%error, "libav does not start");
        }
        ffmpeg::log::set_level(ffmpeg::log::Level::Fatal);
        limit_allocations();
    });
}

#[expect(unsafe_code, reason = "sets one process-wide number of libavutil; any value is sound")]
fn limit_allocations() {
    unsafe { ffi::av_max_alloc(MAX_ALLOCATION) }
}

/// What a container says of one video stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VideoParams {
    /// Width of the coded picture, in pixels.
    pub width: i32,
    /// Height of the coded picture, in pixels.
    pub height: i32,
    /// Width to height of one pixel; 0 when unknown.
    pub pixel_aspect: (i32, i32),
    /// Stored as fields.
    pub interlaced: bool,
    /// The pixel format; `None` when unknown.
    pub format: format::Pixel,
    /// Transfer characteristic.
    pub transfer: ffmpeg::color::TransferCharacteristic,
    /// The display matrix of the stream (16.16 and 2.30 fixed point), if it has one.
    pub matrix: Option<[i32; 9]>,
}

/// Reads the video parameters of `stream`.
#[expect(
    unsafe_code,
    reason = "ffmpeg-next gives no access to codecpar's video fields. The pointers are valid while \
              `stream` borrows its context, and pix_fmt is checked to be in the range of the enum \
              before it is taken for one"
)]
pub fn video_params(stream: &format::stream::Stream<'_>) -> VideoParams {
    let matrix = stream.side_data().find_map(|side| {
        (side.kind() == codec::packet::side_data::Type::DisplayMatrix)
            .then(|| read_matrix(side.data()))?
    });
    unsafe {
        let raw = stream.as_ptr();
        let par = (*raw).codecpar;
        let own = (*raw).sample_aspect_ratio;
        let sar = if own.num > 0 { own } else { (*par).sample_aspect_ratio };
        let known = ffi::AVPixelFormat::AV_PIX_FMT_NB as i32;
        let format = if (0..known).contains(&(*par).format) {
            format::Pixel::from(std::mem::transmute::<i32, ffi::AVPixelFormat>((*par).format))
        } else {
            format::Pixel::None
        };
        let field = (*par).field_order;
        VideoParams {
            width: (*par).width,
            height: (*par).height,
            pixel_aspect: (sar.num, sar.den),
            interlaced: field != ffi::AVFieldOrder::AV_FIELD_UNKNOWN
                && field != ffi::AVFieldOrder::AV_FIELD_PROGRESSIVE,
            format,
            transfer: (*par).color_trc.into(),
            matrix,
        }
    }
}

fn read_matrix(bytes: &[u8]) -> Option<[i32; 9]> {
    let mut matrix = [0; 9];
    let mut numbers = bytes.chunks_exact(4);
    for slot in &mut matrix {
        *slot = i32::from_ne_bytes(numbers.next()?.try_into().ok()?);
    }
    Some(matrix)
}

/// What a container says of one audio stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioParams {
    /// Channels.
    pub channels: i32,
    /// Samples a second.
    pub rate: i32,
}

/// Reads the audio parameters of `stream`.
#[expect(
    unsafe_code,
    reason = "ffmpeg-next gives no access to codecpar's audio fields; the pointers are valid while \
              `stream` borrows its context"
)]
pub fn audio_params(stream: &format::stream::Stream<'_>) -> AudioParams {
    unsafe {
        let par = (*stream.as_ptr()).codecpar;
        AudioParams { channels: (*par).ch_layout.nb_channels, rate: (*par).sample_rate }
    }
}

/// Makes a fragmenting muxer write out what it holds as one fragment, down to the sink.
#[expect(
    unsafe_code,
    reason = "a flush is a NULL packet, which ffmpeg-next's Packet cannot be; the context is \
              borrowed mutably, has a header written, and its pb is set while it lives"
)]
pub fn flush_fragment(output: &mut format::context::Output) -> Result<(), ffmpeg::Error> {
    unsafe {
        let raw = output.as_mut_ptr();
        match ffi::av_write_frame(raw, std::ptr::null_mut()) {
            code if code < 0 => return Err(ffmpeg::Error::from(code)),
            _ => ffi::avio_flush((*raw).pb),
        }
    }
    Ok(())
}

/// Asks the demuxer for the key frames of the stream `wanted`, and for nothing else: where a file has
/// an index, the rest of it is not even read.
#[expect(
    unsafe_code,
    reason = "ffmpeg-next gives no access to a stream's discard; the context is borrowed mutably, \
              and the pointers are the nb_streams ones that it holds"
)]
pub fn read_key_frames_only(input: &mut format::context::Input, wanted: usize) {
    unsafe {
        let raw = input.as_mut_ptr();
        for index in 0..(*raw).nb_streams as usize {
            (**(*raw).streams.add(index)).discard = if index == wanted {
                ffi::AVDiscard::AVDISCARD_NONKEY
            } else {
                ffi::AVDiscard::AVDISCARD_ALL
            };
        }
    }
}

/// libav's scale from a quantiser to its lambda.
pub const QP_TO_LAMBDA: usize = ffi::FF_QP2LAMBDA as usize;

/// The number of a pixel format, as filters want it.
pub fn pixel_number(format: format::Pixel) -> i32 {
    ffi::AVPixelFormat::from(format) as i32
}

/// Fills in the channel description that `ffmpeg-next` leaves empty in frames which it makes on
/// FFmpeg 5.1 (it sets the older field alone, and encoders look at both).
#[expect(
    unsafe_code,
    reason = "ch_layout has no setter in ffmpeg-next for FFmpeg 5; the frame is borrowed mutably, \
              and av_channel_layout_default only writes into the struct"
)]
pub fn settle_channels(sound: &mut ffmpeg::frame::Audio) {
    let channels = i32::from(sound.channels());
    unsafe {
        ffi::av_channel_layout_default(&raw mut (*sound.as_mut_ptr()).ch_layout, channels);
    }
}

/// Makes `source` give packets of the stream `index` alone; what belongs to others is not even read
/// where the container allows.
#[expect(
    unsafe_code,
    reason = "ffmpeg-next has no setter for `discard`; the context is borrowed mutably, and its \
              array of streams holds nb_streams valid pointers while it is open"
)]
pub fn read_only(source: &mut format::context::Input, index: usize) {
    unsafe {
        let raw = source.as_mut_ptr();
        for at in 0..(*raw).nb_streams as usize {
            let stream = *(*raw).streams.add(at);
            (*stream).discard = if at == index {
                ffi::AVDiscard::AVDISCARD_DEFAULT
            } else {
                ffi::AVDiscard::AVDISCARD_ALL
            };
        }
    }
}

/// Where the clock of the container begins, in microseconds, if it says.
#[expect(
    unsafe_code,
    reason = "ffmpeg-next has no getter for `start_time`; a number is read from a live context"
)]
pub fn start_us(source: &format::context::Input) -> Option<i64> {
    let start = unsafe { (*source.as_ptr()).start_time };
    (start != ffi::AV_NOPTS_VALUE).then_some(start)
}
