//! The child's side: takes one order, closes the sandbox, works, and tells on stdout.

use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::watch::{Teller, end_now};
use super::{
    Failure, InitReady, LandlockState, PosterReady, SandboxPolicy, SandboxReport, SegmentReady,
    SheetReady, WorkerLine, WorkerOrder, init_file, poster_file, sandbox, segment_file, self_test,
    sheet_file,
};
use crate::av_log;
use crate::hls::crypt;
use crate::transcode::{self, Event, TranscodeError};

/// The longest order that is read, in bytes.
const MAX_ORDER: u64 = 1024 * 1024;

/// Pause before a full disk is tried again.
const ROOM_PAUSE: Duration = Duration::from_secs(1);

/// How often it is tried: for ten minutes.
const ROOM_PATIENCE: u32 = 600;

/// What the child is started with; everything else comes in the order.
#[derive(Debug, Clone)]
pub struct WorkerArgs {
    /// The file to read.
    pub input: PathBuf,
    /// An empty directory to write to.
    pub out: PathBuf,
    /// Instead of working: try what must not work, and say what happened.
    pub self_test: bool,
}

/// Runs the worker to its end and gives the exit code of the process: 0 when a last line has been
/// written (`done`, `failed`), 2 when there was no order to be had.
///
/// Call it from `main` before anything that starts a thread (a runtime, a logger): the sandbox
/// must hold for all threads, and a name space cannot be left by a process with several.
pub fn run_worker(args: &WorkerArgs) -> u8 {
    // The directory must be there for its rule, and the paths must survive every change of root.
    let Ok(teller) = Teller::new() else { return 2 };
    if sandbox::die_with_parent().is_err() {
        return 2;
    }
    let order = match read_order() {
        Ok(order) => order,
        Err(error) => {
            let detail = format!("The order cannot be read: {error}.");
            return teller.fail(failure("order_invalid", detail, false));
        }
    };
    // The watch speaks before the kernel acts.
    let cpu_s = u64::from(order.work.total_s) + 60;
    let report = sandbox::enter(&args.input, &args.out, cpu_s);
    let enough = report.landlock != LandlockState::None && report.seccomp;
    if teller.tell(&WorkerLine::Sandbox(report.clone())).is_err() {
        return 2;
    }
    if order.sandbox == SandboxPolicy::Required && !enough {
        return teller.fail(failure("sandbox_unavailable", weak(&report), true));
    }
    if args.self_test {
        return match teller.tell(&WorkerLine::SelfTest(self_test::run(&args.input, &args.out))) {
            Ok(()) => 0,
            Err(_) => 2,
        };
    }
    watch_parent();
    teller.watch(order.work);
    match work(args, &order, &teller) {
        Ok(line) => u8::from(teller.tell(&line).is_err()) * 2,
        Err(error) => teller.fail(describe(&error)),
    }
}

fn weak(report: &SandboxReport) -> String {
    format!(
        "The sandbox does not stand: Landlock {:?}, call filter {}. The server needs a kernel with \
         Landlock, or the setting media.sandbox = \"best_effort\".",
        report.landlock,
        if report.seccomp { "on" } else { "off" },
    )
}

/// The first line of stdin, and not a byte more.
fn read_order() -> io::Result<WorkerOrder> {
    let mut line = String::new();
    io::stdin().lock().take(MAX_ORDER).read_line(&mut line)?;
    let order: WorkerOrder = serde_json::from_str(&line)?;
    let presets = ["ultrafast", "superfast", "veryfast", "faster", "fast", "medium"];
    if order.epoch_segments == 0 || order.keys.is_empty() || !(1..=64).contains(&order.threads) {
        return Err(io::Error::other("a number is out of range"));
    }
    if !presets.contains(&order.preset.as_str()) {
        return Err(io::Error::other("an unknown preset"));
    }
    Ok(order)
}

/// Ends the process when the parent closes its end of stdin: it has died, or gives the job up.
fn watch_parent() {
    let watch = || {
        let mut rest = [0; 64];
        while io::stdin().read(&mut rest).is_ok_and(|n| n > 0) {}
        end_now();
    };
    // Without the thread the kernel's death signal remains.
    let _ = std::thread::Builder::new().name("parent".into()).spawn(watch);
}

fn failure(code: &str, detail: String, retryable: bool) -> Failure {
    Failure { code: code.into(), detail, at_s: None, retryable }
}

/// What a person is told of an error.
fn describe(error: &TranscodeError) -> Failure {
    let detail: String = error.to_string().chars().take(500).collect();
    match error {
        TranscodeError::Refused(reason) => failure(reason.code(), detail, false),
        TranscodeError::Damaged { at_s, .. } => {
            Failure { at_s: *at_s, ..failure("source_damaged", detail, false) }
        }
        TranscodeError::Libav { .. } | TranscodeError::Unexpected(_) => {
            failure("transcode_failed", detail, true)
        }
        TranscodeError::Output(_) => failure("output_failed", detail, true),
    }
}

fn work(
    args: &WorkerArgs,
    order: &WorkerOrder,
    teller: &Teller,
) -> Result<WorkerLine, TranscodeError> {
    av_log::capture();
    let mut last = None;
    let done = transcode::transcode(&args.input, order, &mut |event| {
        teller.note(&event);
        for message in av_log::take() {
            teller.tell(&WorkerLine::Log(message))?;
        }
        // A worker that waits is not one that hangs: it says so.
        let mut wait = |waited: u32| {
            std::thread::sleep(ROOM_PAUSE);
            match &last {
                Some(line) if waited.is_multiple_of(5) => teller.tell(line),
                _ => Ok(()),
            }
        };
        let mut save = |file: &str, bytes: &[u8]| save(&args.out, file, bytes, &mut wait);
        let line = match event {
            Event::Probed(info) => WorkerLine::Probe(Box::new(info)),
            Event::Planned(plan) => WorkerLine::Plan(plan),
            Event::Progress(progress) => WorkerLine::Progress(progress),
            Event::RenditionDone(done) => WorkerLine::RenditionDone(done),
            Event::Init { rendition, codecs, bytes } => {
                let file = init_file(&rendition);
                let bytes = save(&file, &bytes)?;
                WorkerLine::Init(InitReady { rendition, codecs, file, bytes })
            }
            Event::Segment { rendition, seq, duration_us, bytes } => {
                let epoch = crypt::epoch_of(seq, order.epoch_segments);
                let key = usize::try_from(epoch).ok().and_then(|epoch| order.keys.get(epoch));
                let key = key.ok_or_else(|| io::Error::other("there is no key for the epoch"))?;
                let iv = crypt::segment_iv(key, &rendition, seq);
                let file = segment_file(&rendition, seq);
                let bytes = save(&file, &crypt::encrypt(key, iv, &bytes))?;
                let ready = SegmentReady { rendition, seq, duration_us, bytes, epoch, iv, file };
                WorkerLine::Segment(ready)
            }
            Event::PosterCandidate { index, bytes, width, height, at_us } => {
                let file = poster_file(index, at_us);
                let bytes = save(&file, &bytes)?;
                let ready = PosterReady { index, file, width, height, bytes, at_us };
                WorkerLine::PosterCandidate(ready)
            }
            Event::StoryboardSheet { sheet, bytes } => {
                let file = sheet_file(sheet);
                let bytes = save(&file, &bytes)?;
                WorkerLine::StoryboardSheet(SheetReady { sheet, file, bytes })
            }
            Event::Storyboard(board) => WorkerLine::Storyboard(board),
            Event::Loudness(loudness) => WorkerLine::Loudness(loudness),
            Event::Dropped(dropped) => WorkerLine::Dropped(dropped),
            Event::Skipped(skipped) => WorkerLine::Skipped(skipped),
            Event::Log(line) => WorkerLine::Log(line),
            Event::Reached(_) => return Ok(()),
        };
        teller.tell(&line)?;
        if matches!(line, WorkerLine::Progress(_)) {
            last = Some(line);
        }
        Ok(())
    });
    // What it said last explains most.
    for message in av_log::take() {
        teller.tell(&WorkerLine::Log(message))?;
    }
    Ok(WorkerLine::Done(done?))
}

/// Writes a product; the line that names it is told only when it is whole. On a full disk it waits:
/// the parent takes away what it has stored, and others end, too.
fn save(
    out: &Path,
    name: &str,
    bytes: &[u8],
    wait: &mut dyn FnMut(u32) -> io::Result<()>,
) -> io::Result<u64> {
    let path = out.join(name);
    for waited in 1.. {
        match std::fs::write(&path, bytes) {
            Err(error) if is_full(&error) && waited <= ROOM_PATIENCE => {
                // The half of it that was written takes room as well.
                let _ = std::fs::remove_file(&path);
                wait(waited)?;
            }
            Err(error) => return Err(error),
            Ok(()) => break,
        }
    }
    Ok(bytes.len() as u64)
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// JOB-02
    #[test]
    fn a_full_disk_is_waited_for_and_not_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("360p-0.m4s");
        let full = || {
            let _ = std::fs::remove_file(&path);
            std::os::unix::fs::symlink("/dev/full", &path)
        };
        full().unwrap();
        let mut waits = 0;
        let saved = save(dir.path(), "360p-0.m4s", &[7; 100_000], &mut |_| {
            waits += 1;
            if waits < 3 { full() } else { Ok(()) }
        });
        assert_eq!((saved.unwrap(), waits), (100_000, 3));
        assert_eq!(std::fs::read(&path).unwrap(), [7; 100_000]);
        full().unwrap();
        let error = save(dir.path(), "360p-0.m4s", b"x", &mut |_| full()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
