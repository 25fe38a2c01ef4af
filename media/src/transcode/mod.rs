//! One decode that feeds every rendition. Runs in the worker's process, on its one thread; what it
//! makes goes out as [`Event`]s, in the clear, in order of making.
//!
//! Time: the earliest chosen stream of the source starts at zero; every video rendition begins at
//! zero (a late first picture is shown from there), is cut at the same multiples of the segment
//! length, and ends together with the sound, within one frame.

mod audio;
mod clock;
mod cover;
mod decode;
mod graph;
mod jpeg;
mod loudness;
mod mux;
mod pictures;
mod posters;
mod storyboard;
mod survey;
#[cfg(test)]
mod tests;
mod video;

use std::path::Path;
use std::time::Instant;

use ffmpeg_next as ffmpeg;
use ffmpeg_next::{Packet, format};

use self::audio::AudioPipe;
use self::clock::{Horizon, Restarts};
pub use self::loudness::measure_loudness;
use self::pictures::SecondLook;
use self::video::VideoPipe;
use crate::ladder::{self, Ladder, Plan, SourceVideo};
use crate::probe::{self, MediaInfo, RefuseReason};
use crate::worker::{
    Done, Dropped, LogLine, Loudness, Progress, RenditionDone, Skipped, Stage, Storyboard,
    WorkerOrder,
};

/// Broken reads in a row after which the rest of a file counts as lost.
const MAX_BROKEN_READS: u32 = 1_000;

/// Microseconds.
const TIME_BASE: ffmpeg::Rational = ffmpeg::Rational(1, 1_000_000);

/// A seek lands this much before the wanted moment, in microseconds: sound needs a run-up, and
/// indexes are not exact.
const SEEK_MARGIN_US: i64 = 5_000_000;

/// What the work brings forth.
#[derive(Debug)]
pub enum Event {
    /// What the source is.
    Probed(MediaInfo),
    /// What will be made.
    Planned(Plan),
    /// How far it is; at least twice a second while something moves.
    Progress(Progress),
    /// The initialisation segment of a rendition.
    Init {
        /// The rendition's name.
        rendition: String,
        /// Its `CODECS` string.
        codecs: String,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A media segment, in the clear.
    Segment {
        /// The rendition's name.
        rendition: String,
        /// Its number.
        seq: u32,
        /// How long it plays, in microseconds.
        duration_us: u64,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A rendition is complete.
    RenditionDone(RenditionDone),
    /// A still picture to choose from; an index may come again, then the last one counts.
    PosterCandidate {
        /// Its number, below [`crate::worker::MAX_POSTERS`].
        index: u32,
        /// JPEG.
        bytes: Vec<u8>,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Where it is from, in microseconds.
        at_us: u64,
    },
    /// A sheet of the storyboard.
    StoryboardSheet {
        /// Its number, from 0 without gaps.
        sheet: u32,
        /// JPEG.
        bytes: Vec<u8>,
    },
    /// All sheets have been given out.
    Storyboard(Storyboard),
    /// How loud the source is; once, before the first segment of sound.
    Loudness(Loudness),
    /// A complete rendition gains nothing over the one below.
    Dropped(Dropped),
    /// A damaged stretch was left out; at most [`crate::worker::MAX_SKIPPED`].
    Skipped(Skipped),
    /// libav says something.
    Log(LogLine),
    /// How far the source is read, in microseconds: for whoever watches over the work.
    Reached(u64),
}

/// Takes the events; an error stops the work (this is how it is cancelled, too).
pub type Emit<'a> = dyn FnMut(Event) -> Result<(), std::io::Error> + 'a;

/// Why a transcode ended without its products.
#[derive(Debug, thiserror::Error)]
pub enum TranscodeError {
    /// The file is not taken.
    #[error(transparent)]
    Refused(#[from] RefuseReason),
    /// The file is broken where it matters.
    #[error("The file is damaged: {detail}.")]
    Damaged {
        /// What was seen.
        detail: String,
        /// Where, in seconds.
        at_s: Option<f64>,
    },
    /// A codec or filter of ours failed.
    #[error("{what}: {error}")]
    Libav {
        /// What was being done.
        what: &'static str,
        /// What libav says.
        error: ffmpeg::Error,
    },
    /// libav wrote something else than expected.
    #[error("{0}")]
    Unexpected(&'static str),
    /// The taker of the events had enough.
    #[error("the output failed: {0}")]
    Output(#[from] std::io::Error),
}

/// Names what was being done when libav failed.
trait During<T> {
    fn during(self, what: &'static str) -> Result<T, TranscodeError>;
}

impl<T> During<T> for Result<T, ffmpeg::Error> {
    fn during(self, what: &'static str) -> Result<T, TranscodeError> {
        self.map_err(|error| TranscodeError::Libav { what, error })
    }
}

/// Transcodes `input` as `order` says.
///
/// # Errors
/// See [`TranscodeError`].
pub fn transcode(
    input: &Path,
    order: &WorkerOrder,
    emit: &mut Emit<'_>,
) -> Result<Done, TranscodeError> {
    // The last stored segment is made again: it may be the short one at the end, whose length is
    // known only by reaching it.
    let first_segment = order.first_segment.saturating_sub(1);
    let order = &WorkerOrder { first_segment, ..order.clone() };
    let started = Instant::now();
    emit(progress(Stage::Probing, 0.0, 0.0, 0))?;
    let (source, mut info) = probe::open(input, &order.limits)?;
    let mut screen = false;
    if let Some(video) = &mut info.video {
        let seen = survey::survey(input, order, video.stream, info.duration_us)?;
        video.interlaced |= seen.interlaced;
        screen = seen.screen;
    }
    emit(Event::Probed(info.clone()))?;
    let mut job = Job::new(source, info, screen, order)?;
    emit(Event::Planned(job.plan.clone()))?;
    job.settle_loudness(input, order, emit)?;
    job.announce(emit)?;
    job.show_cover(input, order, emit)?;
    job.skip_to_start(input, order)?;
    job.read(started, emit)?;
    let second_look = job.second_look(order);
    let done = job.finish(emit)?;
    if let Some(look) = second_look {
        let look = SecondLook { end_us: done.duration_us, ..look };
        look.run(input, &order.limits, order.threads, emit)?;
    }
    Ok(done)
}

fn progress(stage: Stage, percent: f32, speed: f32, out_time_us: u64) -> Event {
    Event::Progress(Progress { stage, percent, speed, out_time_us })
}

struct Job {
    source: format::context::Input,
    info: MediaInfo,
    plan: Plan,
    video: Option<VideoPipe>,
    audio: Option<AudioPipe>,
    horizon: Horizon,
    restarts: Restarts,
    start_us: u64,
    broken_reads: u64,
}

impl Job {
    fn new(
        source: format::context::Input,
        info: MediaInfo,
        screen: bool,
        order: &WorkerOrder,
    ) -> Result<Self, TranscodeError> {
        let ladder: Option<Ladder> = info.video.as_ref().map(|video| {
            let shape = SourceVideo {
                width: video.display_width,
                height: video.display_height,
                frame_rate: video.frame_rate,
                screen,
            };
            ladder::ladder(&shape, order.max_short_side)
        });
        let channels = info.audio.as_ref().map_or(0, |audio| audio.channels.clamp(1, 2));
        let plan = Plan::new(ladder.as_ref(), channels, info.duration_us);
        let start_us = u64::from(order.first_segment) * plan.segment_us;
        let zero_us = earliest_start(&source, &info);
        let stream = |index: usize| {
            source.stream(index).ok_or(TranscodeError::Unexpected("a stream has vanished"))
        };
        let video = match (&info.video, &ladder) {
            (Some(video), Some(ladder)) => {
                let stream = stream(video.stream)?;
                Some(VideoPipe::new(&stream, video, ladder, order, zero_us, info.duration_us)?)
            }
            _ => None,
        };
        let audio = match &info.audio {
            Some(audio) => {
                let cuts = audio::Cuts::of(ladder.as_ref());
                Some(AudioPipe::new(&stream(audio.stream)?, channels, cuts, order, zero_us)?)
            }
            None => None,
        };
        let most = u64::from(order.limits.max_duration_s) * 1_000_000;
        let stated = info.duration_us.map_or(most, |us| us + us / 10 + 10_000_000).min(most);
        let horizon = Horizon { stated_us: stated, most_us: most + 1_000_000 };
        // The containers that libav itself calls discontinuous.
        let restarts = Restarts::new(["mpegts", "mpeg"].contains(&info.container.as_str()));
        Ok(Self { source, info, plan, video, audio, horizon, restarts, start_us, broken_reads: 0 })
    }

    /// Measures the sound before any of it is made.
    fn settle_loudness(
        &mut self,
        path: &Path,
        order: &WorkerOrder,
        emit: &mut Emit<'_>,
    ) -> Result<(), TranscodeError> {
        let (Some(pipe), Some(audio)) = (&mut self.audio, &self.info.audio) else { return Ok(()) };
        let sound = loudness::Sound {
            stream: audio.stream,
            channels: pipe.channels(),
            duration_us: self.info.duration_us,
            most_us: loudness::WHOLE_US,
        };
        let mut alive = || Ok(emit(progress(Stage::Probing, 0.0, 0.0, 0))?);
        let (loudness, treatment) = loudness::settle(path, order, &sound, &mut alive)?;
        pipe.treat(treatment);
        Ok(emit(Event::Loudness(loudness))?)
    }

    /// Gives the picture of a listening lesson out as its still. One that cannot be read is none.
    fn show_cover(
        &mut self,
        path: &Path,
        order: &WorkerOrder,
        emit: &mut Emit<'_>,
    ) -> Result<(), TranscodeError> {
        let (Some(index), 0) = (self.info.cover, self.start_us) else { return Ok(()) };
        match cover::read(path, &order.limits, index) {
            Some(jpeg::Jpeg { bytes, width, height }) => {
                Ok(emit(Event::PosterCandidate { index: 0, bytes, width, height, at_us: 0 })?)
            }
            None => Ok(()),
        }
    }

    fn announce(&mut self, emit: &mut Emit<'_>) -> Result<(), TranscodeError> {
        if let Some(video) = &mut self.video {
            video.announce(emit)?;
        }
        if let Some(audio) = &mut self.audio {
            audio.announce(emit)?;
        }
        Ok(())
    }

    /// Goes to a key frame before the first wanted segment. Not every file can be searched: then
    /// it is read from its beginning, and what comes early is decoded and dropped.
    fn skip_to_start(&mut self, path: &Path, order: &WorkerOrder) -> Result<(), TranscodeError> {
        if self.start_us == 0 {
            return Ok(());
        }
        let zero = earliest_start(&self.source, &self.info);
        let target = i64::try_from(self.start_us).unwrap_or(i64::MAX) + zero - SEEK_MARGIN_US;
        if target <= zero {
            return Ok(());
        }
        let landed = self.source.seek(target, ..target).is_ok() && {
            // Where it landed shows in the first packet; reading it means seeking again.
            let mut packet = Packet::empty();
            let first = packet.read(&mut self.source);
            let before = self.source.stream(packet.stream()).is_some_and(|stream| {
                let at = packet.dts().or(packet.pts());
                at.is_some_and(|at| {
                    decode::micros(at, stream.time_base()) <= target + SEEK_MARGIN_US
                })
            });
            first.is_ok() && before && self.source.seek(target, ..target).is_ok()
        };
        if !landed {
            self.source = probe::open_input(path, &order.limits)
                .ok_or(TranscodeError::Refused(RefuseReason::Unreadable))?;
        }
        Ok(())
    }

    fn read(&mut self, started: Instant, emit: &mut Emit<'_>) -> Result<(), TranscodeError> {
        let video = self.info.video.as_ref().map(|v| v.stream);
        let audio = self.info.audio.as_ref().map(|a| a.stream);
        let (mut broken, mut position, mut told) = (0, 0, started);
        loop {
            // A fresh packet each time: reading into a used one would leak what it holds.
            let mut packet = Packet::empty();
            match packet.read(&mut self.source) {
                Ok(()) => broken = 0,
                Err(ffmpeg::Error::Eof) => break,
                Err(_) if broken < MAX_BROKEN_READS => {
                    broken += 1;
                    self.broken_reads += 1;
                    continue;
                }
                Err(_) => break,
            }
            position = u64::try_from(packet.position()).unwrap_or(position).max(position);
            if Some(packet.stream()) == video || Some(packet.stream()) == audio {
                let base = self.source.stream(packet.stream()).map(|stream| stream.time_base());
                self.restarts.settle(&mut packet, base.unwrap_or(TIME_BASE));
            }
            if Some(packet.stream()) == video
                && let Some(pipe) = &mut self.video
            {
                pipe.feed(&packet, self.horizon, emit)?;
            } else if Some(packet.stream()) == audio
                && let Some(pipe) = &mut self.audio
            {
                pipe.feed(&packet, self.horizon, emit)?;
            }
            if told.elapsed().as_millis() >= 500 {
                told = Instant::now();
                emit(Event::Reached(self.read_us()))?;
                emit(self.progress(started, position))?;
            }
        }
        Ok(())
    }

    /// How far the source is read.
    fn read_us(&self) -> u64 {
        let seen = self.video.as_ref().map_or(0, VideoPipe::end_us);
        seen.max(self.audio.as_ref().map_or(0, AudioPipe::end_us))
    }

    fn progress(&self, started: Instant, position: u64) -> Event {
        let video = self.video.as_ref().map(VideoPipe::made_us);
        let made = video.or(self.audio.as_ref().map(AudioPipe::made_us)).unwrap_or(0);
        let done = match self.info.duration_us {
            Some(total) => made as f32 / total.max(1) as f32,
            None => position as f32 / self.info.bytes.max(1) as f32,
        };
        let worked = started.elapsed().as_secs_f32();
        let speed = made.saturating_sub(self.start_us) as f32 / 1_000_000.0 / worked.max(0.001);
        // The last percent is for the end of the job.
        progress(Stage::Transcoding, (done * 100.0).clamp(0.0, 99.0), speed, made)
    }

    /// What must be looked at again because this job has not seen the beginning of it.
    fn second_look(&self, order: &WorkerOrder) -> Option<SecondLook> {
        let (source, video) = (self.info.video.as_ref()?, self.video.as_ref()?);
        (order.first_segment > 0).then(|| SecondLook {
            source: source.clone(),
            size: video.still_size(),
            zero_us: earliest_start(&self.source, &self.info),
            end_us: 0,
        })
    }

    fn finish(mut self, emit: &mut Emit<'_>) -> Result<Done, TranscodeError> {
        // Both decoders are emptied first: only then is it known where the later one ends.
        if let Some(video) = &mut self.video {
            video.drain_decoder(self.horizon, emit)?;
        }
        if let Some(audio) = &mut self.audio {
            audio.drain_decoder(self.horizon, emit)?;
        }
        let frames = self.video.as_ref().map_or(0, VideoPipe::decoded);
        let corrupt = self.broken_reads
            + self.video.as_ref().map_or(0, VideoPipe::corrupt)
            + self.audio.as_ref().map_or(0, AudioPipe::corrupt);
        let end_us = self.read_us();
        self.check_damage(end_us, frames, corrupt)?;
        let seen = self.video.as_mut().map(VideoPipe::skipped).unwrap_or_default();
        let heard = self.audio.as_mut().map(AudioPipe::skipped).unwrap_or_default();
        let mut skipped = seen.holes(&heard);
        skipped.extend(seen.damaged.into_iter().chain(heard.damaged));
        for part in clock::joined(skipped, end_us) {
            emit(Event::Skipped(part))?;
        }
        let end_us = match &mut self.video {
            Some(video) => video.finish(end_us, emit)?,
            None => end_us,
        };
        let duration_us = match &mut self.audio {
            Some(audio) => audio.finish(end_us, emit)?.max(end_us),
            None => end_us,
        };
        emit(progress(Stage::Transcoding, 100.0, 0.0, duration_us))?;
        Ok(Done { duration_us, frames, corrupt })
    }

    /// Whether enough could be read to call it the author's video.
    fn check_damage(&self, end_us: u64, frames: u64, corrupt: u64) -> Result<(), TranscodeError> {
        let at_s = Some(end_us as f64 / 1e6);
        let nothing = match (&self.video, &self.audio) {
            (Some(_), _) => frames == 0,
            (None, _) => end_us == 0,
        };
        if nothing {
            let detail = String::from("nothing in it can be decoded");
            return Err(TranscodeError::Damaged { detail, at_s: None });
        }
        if self.video.is_some() && self.audio.is_none() && frames == 1 && self.start_us == 0 {
            return Err(TranscodeError::Refused(RefuseReason::SinglePicture));
        }
        if self.video.is_some() && corrupt > 250 && corrupt > frames {
            let detail = String::from("most of its pictures cannot be decoded");
            return Err(TranscodeError::Damaged { detail, at_s });
        }
        // These containers state their length; stopping well before it means a lost end.
        let exact = ["mov", "matroska"].iter().any(|name| self.info.container.contains(name));
        let missing = self.info.duration_us.map_or(0, |us| us.saturating_sub(end_us));
        if exact && missing > 5_000_000.max(end_us / 20) {
            return Err(TranscodeError::Refused(RefuseReason::Truncated));
        }
        Ok(())
    }
}

/// The refusal of a source that goes on beyond what is taken, whatever its header says.
fn too_long(end_us: u64, horizon: Horizon) -> TranscodeError {
    let most_s = u32::try_from(horizon.most_us / 1_000_000).unwrap_or(u32::MAX).saturating_sub(1);
    TranscodeError::Refused(RefuseReason::TooLong(end_us.div_ceil(1_000_000), most_s))
}

/// When the earlier of the chosen streams starts, in microseconds of the container's clock.
fn earliest_start(source: &format::context::Input, info: &MediaInfo) -> i64 {
    let chosen = [info.video.as_ref().map(|v| v.stream), info.audio.as_ref().map(|a| a.stream)];
    let starts = chosen.into_iter().flatten().filter_map(|index| {
        let stream = source.stream(index)?;
        let start = stream.start_time();
        (start != ffmpeg::ffi::AV_NOPTS_VALUE).then(|| decode::micros(start, stream.time_base()))
    });
    starts.min().unwrap_or(0)
}
