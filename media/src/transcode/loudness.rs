//! How loud the source is, and what is done about it: the integrated loudness of EBU R128 is
//! measured before the work begins, then one constant gain brings it to the target, with a limiter
//! after it where the peaks need one. A constant gain keeps what is loud and what is soft apart.

use std::path::Path;
use std::time::Instant;

use ffmpeg_next as ffmpeg;
use ffmpeg_next::{ChannelLayout, Packet, filter, format, frame};

use super::decode::StreamDecoder;
use super::{During, TranscodeError, graph};
use crate::ladder::AUDIO_RATE;
use crate::probe::{self, RefuseReason};
use crate::worker::{GainLimit, Loudness, WorkerOrder};

/// Where the sound is brought to, in LUFS (EBU R128; usual for speech on the web).
pub(super) const TARGET_LUFS: f64 = -16.0;

/// The highest true peak before the AAC encoder, in dBTP: what it adds stays below -1.5.
const CEILING_DBTP: f64 = -4.0;

/// The most that is ever added, in dB: more would publish the noise of the room.
const MAX_GAIN_DB: f64 = 20.0;

/// The most that the limiter may take off the highest peak, in dB.
const MAX_LIMITING_DB: f64 = 9.0;

/// Limiting from which its own effect on the loudness is measured too, in dB.
const HEAVY_LIMITING_DB: f64 = 2.0;

/// The most that is given back of what the limiter takes, in dB.
const MAX_CORRECTION_DB: f64 = 4.0;

/// How often the limited sound is heard at most until it is right.
const CORRECTIONS: u32 = 4;

/// Near enough to the target, in LU.
const CLOSE_LU: f64 = 0.3;

/// Sound below it counts as silence, in LUFS.
const SILENCE_LUFS: f64 = -60.0;

/// What the meter says when it has heard nothing, in LUFS.
const NOTHING_LUFS: f64 = -70.0;

/// A source up to this length is measured as a whole, in microseconds; a longer one in windows.
pub(super) const WHOLE_US: u64 = 10 * 60 * 1_000_000;

/// Windows over a long source, and the length of each in microseconds: six minutes together.
const WINDOWS: u64 = 72;
const WINDOW_US: u64 = 5_000_000;

/// Broken reads in a row after which a measurement ends with what it has.
const MAX_BROKEN_READS: u32 = 100;

/// What is done to the sound.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Treatment {
    gain_db: f64,
    limiter: bool,
}

impl Treatment {
    /// The filters, in libavfilter's language, each with a comma before it.
    pub(super) fn filters(self) -> String {
        let mut text = String::new();
        if self.gain_db.abs() >= 0.05 {
            text.push_str(&format!(",volume={:.2}dB", self.gain_db));
        }
        if self.limiter {
            // Four times the rate, so that the peaks between samples are seen, too.
            text.push_str(&format!(
                ",aresample={},alimiter=limit={:.4}:attack=5:release=80:level=0:latency=1,\
                 aresample={AUDIO_RATE}",
                AUDIO_RATE * 4,
                amplitude(CEILING_DBTP),
            ));
        }
        text
    }
}

fn amplitude(db: f64) -> f64 {
    10.0_f64.powf(db / 20.0)
}

/// What was heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Heard {
    /// LUFS.
    pub integrated: f64,
    /// dBTP.
    pub true_peak: f64,
}

/// What to do with sound that was heard so.
fn decide(heard: Heard) -> (f64, GainLimit) {
    if heard.integrated <= SILENCE_LUFS {
        return (0.0, GainLimit::Silence);
    }
    let wanted = TARGET_LUFS - heard.integrated;
    let by_peaks = CEILING_DBTP + MAX_LIMITING_DB - heard.true_peak;
    // Turning down is never limited.
    match wanted {
        _ if wanted > MAX_GAIN_DB && MAX_GAIN_DB <= by_peaks => (MAX_GAIN_DB, GainLimit::MaxGain),
        _ if wanted > 0.0 && wanted > by_peaks => (by_peaks.max(0.0), GainLimit::Peaks),
        _ => (wanted, GainLimit::None),
    }
}

fn treatment(heard: Heard, gain_db: f64, limit: GainLimit) -> Treatment {
    let limiter = limit != GainLimit::Silence && heard.true_peak + gain_db > CEILING_DBTP;
    Treatment { gain_db, limiter }
}

/// Measures the sound of `path` and says what to do with it. `alive` is called now and then.
///
/// # Errors
/// When the filters fail, or `alive` does. A file that cannot be read is silent here: the work
/// itself will say why.
pub(super) fn settle(
    path: &Path,
    order: &WorkerOrder,
    sound: &Sound,
    alive: &mut dyn FnMut() -> Result<(), TranscodeError>,
) -> Result<(Loudness, Treatment), TranscodeError> {
    let heard = listen(path, order, sound, Treatment::default(), alive)?;
    let (base_db, mut limit) = decide(heard);
    let (mut gain_db, mut expected_lufs) = (base_db, heard.integrated + base_db);
    let limiting = heard.true_peak + gain_db - CEILING_DBTP;
    if limiting > HEAVY_LIMITING_DB && limit != GainLimit::Silence {
        // What the limiter takes is given back, of which it takes some again.
        for round in 0..CORRECTIONS {
            let limited = listen(path, order, sound, treatment(heard, gain_db, limit), alive)?;
            expected_lufs = limited.integrated;
            let missing = TARGET_LUFS - expected_lufs;
            let most = base_db + MAX_CORRECTION_DB;
            if limit != GainLimit::None || missing < CLOSE_LU || round + 1 == CORRECTIONS {
                break;
            }
            if gain_db >= most {
                break;
            }
            gain_db = (gain_db + missing * 1.3).min(most);
        }
        if limit == GainLimit::None && TARGET_LUFS - expected_lufs > 2.0 * CLOSE_LU {
            limit = GainLimit::Peaks;
        }
    }
    let loudness = Loudness {
        integrated_lufs: heard.integrated,
        true_peak_dbtp: heard.true_peak,
        gain_db,
        expected_lufs,
        limit,
    };
    Ok((loudness, treatment(heard, gain_db, limit)))
}

/// Which sound of a source is measured, and as what it is published.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sound {
    /// Index of the stream.
    pub stream: usize,
    /// Channels after mixing down: 1 or 2.
    pub channels: u32,
    /// Length of the source, if it says.
    pub duration_us: Option<u64>,
    /// The most that is heard without a break, in microseconds.
    pub most_us: u64,
}

/// Hears the sound through `treatment`.
fn listen(
    path: &Path,
    order: &WorkerOrder,
    sound: &Sound,
    treatment: Treatment,
    alive: &mut dyn FnMut() -> Result<(), TranscodeError>,
) -> Result<Heard, TranscodeError> {
    let mut source = probe::open_input(path, &order.limits)
        .ok_or(TranscodeError::Refused(RefuseReason::Unreadable))?;
    crate::av::read_only(&mut source, sound.stream);
    let stream = source.stream(sound.stream);
    let stream = stream.ok_or(TranscodeError::Unexpected("a stream has vanished"))?;
    let mut decoder = StreamDecoder::new(&stream, 1)?;
    let mut meter = Meter::new(sound.channels, treatment);
    let most_us = sound.most_us;
    match sound.duration_us.filter(|us| *us > most_us) {
        None => read_window(&mut source, sound, &mut decoder, &mut meter, most_us, alive)?,
        Some(long) => {
            for window in 0..WINDOWS {
                let at = long / WINDOWS * window + long / WINDOWS / 2;
                let at = i64::try_from(at).unwrap_or(0) + start_of(&source);
                // A file that cannot be searched is heard from its beginning.
                if source.seek(at, ..at).is_err() {
                    read_window(&mut source, sound, &mut decoder, &mut meter, most_us, alive)?;
                    break;
                }
                decoder.flush();
                read_window(&mut source, sound, &mut decoder, &mut meter, WINDOW_US, alive)?;
            }
        }
    }
    meter.finish()
}

fn start_of(source: &format::context::Input) -> i64 {
    let start = crate::av::start_us(source);
    start.unwrap_or(0)
}

/// Hears `length_us` of sound from where the source stands.
fn read_window(
    source: &mut format::context::Input,
    sound: &Sound,
    decoder: &mut StreamDecoder,
    meter: &mut Meter,
    length_us: u64,
    alive: &mut dyn FnMut() -> Result<(), TranscodeError>,
) -> Result<(), TranscodeError> {
    let (mut heard_us, mut broken, mut told) = (0, 0, Instant::now());
    let mut piece = frame::Audio::empty();
    while heard_us < length_us {
        let mut packet = Packet::empty();
        let ended = match packet.read(source) {
            Ok(()) => false,
            Err(ffmpeg::Error::Eof) => true,
            Err(_) if broken < MAX_BROKEN_READS => {
                broken += 1;
                continue;
            }
            Err(_) => true,
        };
        if !ended && packet.stream() != sound.stream {
            continue;
        }
        broken = 0;
        decoder.send((!ended).then_some(&packet));
        while decoder.next(&mut piece) {
            let rate = u64::from(piece.rate());
            if rate > 0 && piece.channels() > 0 && piece.samples() > 0 {
                heard_us += piece.samples() as u64 * 1_000_000 / rate;
                meter.hear(&mut piece)?;
            }
        }
        if told.elapsed().as_millis() >= 500 {
            told = Instant::now();
            alive()?;
        }
        if ended {
            // What follows a seek starts anew.
            decoder.flush();
            break;
        }
    }
    Ok(())
}

/// libavfilter's meter behind the same mixing as the publication.
struct Meter {
    channels: u32,
    treatment: Treatment,
    graph: Option<(filter::Graph, String)>,
    samples: i64,
    last: Option<Heard>,
    /// What meters have said whose sound had another shape, with the samples each has heard.
    before: Vec<(Heard, i64)>,
}

impl Meter {
    fn new(channels: u32, treatment: Treatment) -> Self {
        Self { channels, treatment, graph: None, samples: 0, last: None, before: Vec::new() }
    }

    fn hear(&mut self, piece: &mut frame::Audio) -> Result<(), TranscodeError> {
        if piece.channel_layout().is_empty() {
            piece.set_channel_layout(ChannelLayout::default(i32::from(piece.channels())));
        }
        let args = graph::audio_args(piece);
        if self.graph.as_ref().is_none_or(|(_, built_for)| *built_for != args) {
            self.close()?;
            let layout = graph::layout_name(self.channels);
            let spec = format!(
                "[in]{}aresample={AUDIO_RATE},aformat=sample_fmts=fltp:channel_layouts={layout}{},\
                 ebur128=metadata=1:peak=true:framelog=verbose[out0]",
                graph::known_layout(piece, self.channels),
                self.treatment.filters(),
            );
            let graph = graph::audio_graph(&args, &spec).during("building the loudness meter")?;
            self.graph = Some((graph, args));
            self.samples = 0;
        }
        piece.set_pts(Some(self.samples));
        self.samples += i64::try_from(piece.samples()).unwrap_or(0);
        if let Some((graph, _)) = &mut self.graph {
            graph::push(graph, piece).during("measuring the loudness")?;
        }
        self.read()
    }

    fn read(&mut self) -> Result<(), TranscodeError> {
        let mut out = frame::Audio::empty();
        while let Some((graph, _)) = &mut self.graph {
            if graph::pull(graph, "out0", &mut out).during("measuring the loudness")?.is_none() {
                break;
            }
            let facts = out.metadata();
            let number = |name: &str| facts.get(name).and_then(|text| text.parse::<f64>().ok());
            if let Some(integrated) = number("lavfi.r128.I").filter(|lufs| lufs.is_finite()) {
                let peak = number("lavfi.r128.true_peak").unwrap_or(0.0);
                let true_peak = (20.0 * peak.max(1e-5).log10()).clamp(-100.0, 60.0);
                self.last = Some(Heard { integrated, true_peak });
            }
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), TranscodeError> {
        if let Some((graph, _)) = &mut self.graph {
            graph::close(graph, ffmpeg::ffi::AV_NOPTS_VALUE).during("measuring the loudness")?;
            self.read()?;
        }
        self.graph = None;
        self.before.extend(self.last.take().map(|heard| (heard, self.samples)));
        Ok(())
    }

    fn finish(mut self) -> Result<Heard, TranscodeError> {
        self.close()?;
        Ok(together(&self.before))
    }
}

/// Stretches that were measured apart: their energies, by their lengths; silent ones aside.
fn together(parts: &[(Heard, i64)]) -> Heard {
    let (mut energy, mut length) = (0.0, 0.0);
    let mut true_peak = -100.0_f64;
    for (heard, samples) in parts {
        true_peak = true_peak.max(heard.true_peak);
        if heard.integrated > NOTHING_LUFS {
            energy += 10.0_f64.powf(heard.integrated / 10.0) * *samples as f64;
            length += *samples as f64;
        }
    }
    let integrated = if length > 0.0 { 10.0 * (energy / length).log10() } else { NOTHING_LUFS };
    Heard { integrated, true_peak }
}

/// The integrated loudness (LUFS) and the true peak (dBTP) of the sound in any file: for tests and
/// the corpus.
///
/// # Errors
/// When the file cannot be read or measured.
pub fn measure_loudness(path: &Path) -> Result<(f64, f64), TranscodeError> {
    crate::av::init();
    let order = WorkerOrder::new();
    let source = probe::open_input(path, &order.limits)
        .ok_or(TranscodeError::Refused(RefuseReason::Unreadable))?;
    let stream = source.streams().best(ffmpeg::media::Type::Audio);
    let stream = stream.ok_or(TranscodeError::Refused(RefuseReason::NoStreams))?;
    let channels = u32::try_from(crate::av::audio_params(&stream).channels).unwrap_or(2);
    let channels = channels.clamp(1, 2);
    let sound = Sound { stream: stream.index(), channels, duration_us: None, most_us: u64::MAX };
    let heard = listen(path, &order, &sound, Treatment::default(), &mut || Ok(()))?;
    Ok((heard.integrated, heard.true_peak))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(integrated: f64, true_peak: f64) -> (f64, GainLimit) {
        decide(Heard { integrated, true_peak })
    }

    #[test]
    fn speech_is_brought_to_the_target_and_noise_is_not_brought_up() {
        assert_eq!(decided(-27.0, -12.0), (11.0, GainLimit::None));
        assert_eq!(decided(-9.0, 0.5), (-7.0, GainLimit::None));
        assert_eq!(decided(-50.0, -40.0), (20.0, GainLimit::MaxGain));
        assert_eq!(decided(-70.0, -100.0), (0.0, GainLimit::Silence));
        // A door that slams in a quiet room: 2 dB of gain leave the limiter 9 dB to take.
        assert_eq!(decided(-36.0, 3.0), (2.0, GainLimit::Peaks));
        assert_eq!(decided(-36.0, 9.0), (0.0, GainLimit::Peaks));
    }

    #[test]
    fn the_limiter_works_only_where_a_peak_would_be_too_high() {
        let of = |integrated, true_peak| {
            let heard = Heard { integrated, true_peak };
            let (gain, limit) = decide(heard);
            treatment(heard, gain, limit)
        };
        assert!(!of(-20.0, -9.0).limiter);
        assert!(of(-20.0, -4.0).limiter);
        assert!(of(-16.0, -4.5).filters().is_empty());
        assert!(of(-20.0, -4.0).filters().starts_with(",volume=4.00dB,aresample=192000,alimiter="));
        // What is silent is left alone, its clicks too.
        assert!(of(-65.0, -1.0).filters().is_empty());
    }

    #[test]
    fn stretches_are_added_as_energies() {
        let heard = |integrated, true_peak| Heard { integrated, true_peak };
        let both = together(&[(heard(-20.0, -5.0), 100), (heard(-70.0, -2.0), 900)]);
        assert!((both.integrated + 20.0).abs() < 0.001 && both.true_peak == -2.0);
        let half = together(&[(heard(-20.0, -5.0), 100), (heard(-30.0, -5.0), 100)]);
        assert!((half.integrated + 22.596).abs() < 0.01, "{half:?}");
        assert_eq!(together(&[]).integrated, NOTHING_LUFS);
    }
}
