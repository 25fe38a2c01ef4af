//! Runs every file of a corpus through the media child and the validator, and prints the table of
//! docs/media.md. `script/corpus` makes the files and calls this.
//!
//! `corpus DIR`: DIR holds the files and `manifest`, with a line `file|what it is|expected` for each;
//! expected is `ok` or the code of a refusal. Exits with 1 when a row is not as expected.

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use media::hls::crypt;
use media::hls::validate::{StreamReport, validate};
use media::hls::{
    AudioTrack, Bitrate, MasterPlaylist, MediaPath, MediaPlaylist, Segment, VideoTrack,
};
use media::ladder::{LessonKind, Plan, RenditionKind, RenditionPlan};
use media::probe::MediaInfo;
use media::transcode::measure_loudness;
use media::worker::{
    Failure, Loudness, SandboxPolicy, Worker, WorkerLine, WorkerOrder, read_product,
};

type Anyhow<T> = Result<T, Box<dyn Error>>;

/// How near the loudness must come to what was promised, in LU.
const LOUDNESS_LU: f64 = 1.0;
/// Of a longer film it is told what it has cost, in microseconds.
const LONG_US: u64 = 3_600_000_000;
/// The least likeness of the best rung to the source.
const MIN_SSIM: f64 = 0.90;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Anyhow<ExitCode> {
    let dir = std::env::args_os().nth(1).map(PathBuf::from).ok_or("corpus DIR")?;
    let manifest = std::fs::read_to_string(dir.join("manifest"))?;
    println!("| File | What it is | What came out | Checks |\n|---|---|---|---|");
    let mut wrong = 0;
    for line in manifest.lines() {
        let [file, what, expected] = line.split('|').collect::<Vec<_>>()[..] else {
            return Err(format!("the manifest does not read: {line}").into());
        };
        let started = Instant::now();
        let row = run(&dir.join(file), expected).await;
        let (out, checks) = match row {
            Ok((out, checks)) => (out, checks),
            Err(error) => {
                wrong += 1;
                (String::from("**wrong**"), format!("**{error}**"))
            }
        };
        let seconds = started.elapsed().as_secs_f64();
        println!("| `{file}` | {what} | {out} | {checks} |");
        tracing::info!(file, seconds);
    }
    Ok(ExitCode::from(u8::from(wrong > 0)))
}

/// Everything that the child has told and made.
#[derive(Default)]
struct Shelf {
    info: Option<MediaInfo>,
    plan: Option<Plan>,
    inits: BTreeMap<String, (String, Vec<u8>)>,
    segments: BTreeMap<String, Vec<Segment>>,
    objects: BTreeMap<(String, u32), Vec<u8>>,
    dropped: Vec<String>,
    skipped: Vec<(u64, u64)>,
    loudness: Option<Loudness>,
    posters: usize,
    sheets: usize,
    failure: Option<Failure>,
}

async fn run(path: &Path, expected: &str) -> Anyhow<(String, String)> {
    let out = tempfile::tempdir()?;
    let order = WorkerOrder { sandbox: SandboxPolicy::BestEffort, ..WorkerOrder::new() };
    let program = std::env::current_exe()?;
    let program =
        program.parent().and_then(Path::parent).ok_or("no directory")?.join("media-worker");
    let started = Instant::now();
    let mut worker = Worker::spawn(&program, &[], path, out.path(), &order).await?;
    let mut shelf = Shelf::default();
    while let Some(line) = worker.next().await? {
        shelf.take(out.path(), line).await?;
    }
    let (took, cost) = (started.elapsed().as_secs(), worker.finish().await);
    if let Some(failure) = &shelf.failure {
        return if failure.code == expected {
            Ok((format!("refused: `{}`", failure.code), "code as expected".into()))
        } else {
            Err(format!("{}: {}", failure.code, failure.detail).into())
        };
    }
    if expected != "ok" {
        return Err(format!("it was taken, and {expected} was expected").into());
    }
    let report = validate(&mut |path| shelf.serve(&order, path))?;
    let mut checks = shelf.check(path, out.path(), &order, &report)?;
    if report.duration_us > LONG_US {
        let mib = cost.peak_kib.unwrap_or(0) / 1_024;
        checks.push_str(&format!(", made in {took} s with {mib} MiB"));
    }
    Ok((shelf.describe(&report), checks))
}

impl Shelf {
    async fn take(&mut self, out: &Path, line: WorkerLine) -> Anyhow<()> {
        match line {
            WorkerLine::Probe(info) => self.info = Some(*info),
            WorkerLine::Plan(plan) => self.plan = Some(plan),
            WorkerLine::Init(init) => {
                let bytes = read_product(out, &init.file, init.bytes).await?;
                self.inits.insert(init.rendition, (init.codecs, bytes.to_vec()));
            }
            WorkerLine::Segment(ready) => {
                let bytes = read_product(out, &ready.file, ready.bytes).await?;
                self.objects.insert((ready.rendition.clone(), ready.seq), bytes.to_vec());
                tokio::fs::remove_file(out.join(&ready.file)).await?;
                self.segments.entry(ready.rendition).or_default().push(Segment {
                    seq: ready.seq,
                    duration_us: ready.duration_us,
                    bytes: ready.bytes,
                    epoch: ready.epoch,
                    iv: ready.iv,
                });
            }
            WorkerLine::Dropped(dropped) => self.dropped.push(dropped.rendition),
            WorkerLine::Skipped(part) => self.skipped.push((part.from_us, part.to_us)),
            WorkerLine::Loudness(loudness) => self.loudness = Some(loudness),
            WorkerLine::PosterCandidate(poster) => {
                self.posters = self.posters.max(poster.index as usize + 1);
            }
            WorkerLine::StoryboardSheet(_) => self.sheets += 1,
            WorkerLine::Failed(failure) => self.failure = Some(failure),
            _ => {}
        }
        Ok(())
    }

    fn listed(&self, kind: RenditionKind) -> impl Iterator<Item = &RenditionPlan> {
        let all = self.plan.iter().flat_map(|plan| &plan.renditions);
        all.filter(move |r| r.kind == kind && !self.dropped.contains(&r.name))
    }

    fn bitrate(&self, name: &str) -> Bitrate {
        let segments = self.segments.get(name).map(Vec::as_slice).unwrap_or_default();
        Bitrate::measure(segments.iter().map(|s| (s.bytes, s.duration_us)))
    }

    fn codecs(&self, name: &str) -> String {
        self.inits.get(name).map(|(codecs, _)| codecs.clone()).unwrap_or_default()
    }

    fn serve(&self, order: &WorkerOrder, path: &MediaPath) -> Option<Vec<u8>> {
        match path {
            MediaPath::Master => {
                let video = self.listed(RenditionKind::Video).filter_map(|r| {
                    Some(VideoTrack {
                        name: r.name.clone(),
                        codecs: self.codecs(&r.name),
                        width: r.width,
                        height: r.height,
                        frame_rate: r.frame_rate?,
                        bitrate: self.bitrate(&r.name),
                    })
                });
                let audio = self.listed(RenditionKind::Audio).next().map(|r| AudioTrack {
                    name: r.name.clone(),
                    codecs: self.codecs(&r.name),
                    channels: r.channels,
                    language: None,
                    bitrate: self.bitrate(&r.name),
                });
                let video = video.collect();
                let master = MasterPlaylist { video, audio, subtitles: Vec::new() };
                Some(master.render().into_bytes())
            }
            MediaPath::VideoPlaylist(name) | MediaPath::AudioPlaylist(name) => {
                let playlist = MediaPlaylist {
                    rendition: name,
                    target_duration_s: self.plan.as_ref()?.target_duration_s,
                    segments: self.segments.get(name)?,
                    ended: true,
                    event: false,
                };
                Some(playlist.render().into_bytes())
            }
            MediaPath::Init(name) => self.inits.get(name).map(|(_, bytes)| bytes.clone()),
            MediaPath::Segment(name, seq) => self.objects.get(&(name.clone(), *seq)).cloned(),
            MediaPath::Key(epoch) => {
                let key = order.keys.get(usize::try_from(*epoch).ok()?)?;
                Some(key.0.to_vec())
            }
            _ => None,
        }
    }

    /// One rendition in the clear, as a file.
    fn join(&self, name: &str, order: &WorkerOrder, path: &Path) -> Anyhow<()> {
        let mut all = self.inits.get(name).map(|(_, bytes)| bytes.clone()).unwrap_or_default();
        for segment in self.segments.get(name).map(Vec::as_slice).unwrap_or_default() {
            let sealed = self.objects.get(&(name.to_owned(), segment.seq)).ok_or("a segment")?;
            let key = order.keys.get(segment.epoch as usize).ok_or("a key")?;
            all.extend(crypt::decrypt(key, segment.iv, sealed).ok_or("a segment does not open")?);
        }
        Ok(std::fs::write(path, all)?)
    }

    fn describe(&self, report: &StreamReport) -> String {
        let mut parts = Vec::new();
        let plan = self.plan.as_ref();
        if plan.is_some_and(|plan| plan.kind == LessonKind::Listening) {
            parts.push(String::from("listening"));
        }
        let rungs: Vec<&str> = self.listed(RenditionKind::Video).map(|r| r.name.as_str()).collect();
        if let Some(top) = self.listed(RenditionKind::Video).last() {
            let rate = top.frame_rate.map_or(0.0, |rate| rate.as_f64());
            let rate = format!("{rate:.3}");
            let rate = rate.trim_end_matches('0').trim_end_matches('.');
            parts.push(format!("{} ({}x{}, {rate}/s)", rungs.join(" "), top.width, top.height));
        }
        if !self.dropped.is_empty() {
            parts.push(format!("dropped {}", self.dropped.join(" ")));
        }
        if plan.is_some_and(|plan| plan.screen) {
            parts.push(String::from("screen"));
        }
        match self.listed(RenditionKind::Audio).next().map(|r| r.channels) {
            Some(1) => parts.push(String::from("mono")),
            Some(_) => parts.push(String::from("stereo")),
            None => parts.push(String::from("no sound")),
        }
        parts.push(format!("{:.1} s", report.duration_us as f64 / 1e6));
        if let Some(chapters) = self.info.as_ref().map(|i| i.chapters.len()).filter(|n| *n > 0) {
            parts.push(format!("{chapters} chapters"));
        }
        if self.posters > 0 {
            parts.push(format!("{} stills", self.posters));
        }
        for (from, to) in &self.skipped {
            parts.push(format!("left out {:.1}–{:.1} s", *from as f64 / 1e6, *to as f64 / 1e6));
        }
        parts.join(", ")
    }

    /// What the validator of the stream does not see: how it sounds and looks.
    fn check(
        &self,
        source: &Path,
        scratch: &Path,
        order: &WorkerOrder,
        report: &StreamReport,
    ) -> Anyhow<String> {
        let segments: usize = report.segments.values().sum();
        let mut checks = vec![format!("stream valid ({segments} segments)")];
        if let Some(told) = &self.loudness {
            let path = scratch.join("audio.mp4");
            self.join("audio", order, &path)?;
            let (lufs, peak) = measure_loudness(&path)?;
            let silent = told.expected_lufs <= -60.0 && lufs <= -55.0;
            if !silent && (lufs - told.expected_lufs).abs() > LOUDNESS_LU {
                let expected = told.expected_lufs;
                return Err(format!("loudness {lufs:.1} LUFS, expected {expected:.1}").into());
            }
            if peak > -1.5 {
                return Err(format!("true peak {peak:.1} dBTP").into());
            }
            checks.push(match silent {
                true => String::from("silent"),
                false => format!("{:.1} → {lufs:.1} LUFS", told.integrated_lufs),
            });
        }
        let top = self.listed(RenditionKind::Video).last();
        let comparable = self.skipped.is_empty() && !self.info.as_ref().is_some_and(is_changed);
        if let (Some(top), true) = (top, comparable) {
            let path = scratch.join("video.mp4");
            self.join(&top.name, order, &path)?;
            let ssim = ssim(&path, source, top)?;
            if ssim < MIN_SSIM {
                return Err(format!("SSIM {ssim:.3} at {}", top.name).into());
            }
            checks.push(format!("SSIM {ssim:.3}"));
        }
        Ok(checks.join(", "))
    }
}

/// Whether the picture is meant to look otherwise than what is stored.
fn is_changed(info: &MediaInfo) -> bool {
    info.video.as_ref().is_some_and(|video| video.hdr || video.interlaced)
}

/// How like the source the rendition is, by the ffmpeg program; its first ten seconds.
fn ssim(made: &Path, source: &Path, rung: &RenditionPlan) -> Anyhow<f64> {
    let rate = rung.frame_rate.ok_or("a rate")?;
    let graph = format!(
        "[0:v]settb=AVTB,setpts=PTS-STARTPTS[a];[1:v]fps={}/{}:start_time=0,\
         scale={}:{}:flags=bicubic:out_color_matrix=bt709:out_range=tv,setsar=1,format=yuv420p,\
         settb=AVTB,setpts=PTS-STARTPTS[b];[a][b]ssim",
        rate.num, rate.den, rung.width, rung.height,
    );
    let output = Command::new("ffmpeg")
        .args(["-hide_banner", "-nostdin", "-t", "10", "-i"])
        .arg(made)
        .args(["-t", "10", "-i"])
        .arg(source)
        .args(["-lavfi", &graph, "-f", "null", "-"])
        .output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let all = text.rsplit_once("All:").ok_or_else(|| format!("no SSIM: {text}"))?.1;
    Ok(all.split_whitespace().next().unwrap_or_default().parse()?)
}
