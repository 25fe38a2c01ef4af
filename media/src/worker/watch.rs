//! The child watches itself: the work of a file may cost only so much computing time, as a whole, for
//! each second of film, and without getting any further. A thread of its own says so and ends the
//! process, whatever the thread that works is caught in; and while that computes without a word, it
//! tells the parent that the child is alive. What stops computing is silent, and the parent ends it.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{Failure, WorkerLine};
use crate::transcode::Event;

/// How often the watch looks.
const EVERY: Duration = Duration::from_millis(500);

/// After so much silence it says that the child is alive …
const SILENCE: Duration = Duration::from_secs(10);

/// … if it has computed for so long since: more than the watch itself does.
const ALIVE: Duration = Duration::from_millis(50);

/// The code of its failure.
pub(super) const TOO_DEMANDING: &str = "too_demanding";

/// How much computing time (of all threads, in user and kernel) the work on a file may take. What a
/// good file needs lies far below: 1080p with all rungs about one second for a second of film, 8K
/// with 60 pictures a second about ten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkLimits {
    /// Seconds of computing in which nothing more of the file is read or made.
    pub patience_s: u32,
    /// Seconds of computing for a second of film, beyond `patience_s`.
    pub per_second: u32,
    /// Seconds of computing for the whole.
    pub total_s: u32,
}

impl WorkLimits {
    /// For films up to `max_duration_s` seconds.
    pub const fn up_to(max_duration_s: u32) -> Self {
        let total_s = max_duration_s.saturating_mul(4).saturating_add(600);
        Self { patience_s: 300, per_second: 12, total_s }
    }
}

/// How far the work is.
#[derive(Debug, Default)]
struct Reached {
    /// Where the source was first read, and how far it is read, in microseconds.
    read: Option<(u64, u64)>,
    /// The number of the first segment, and of the last, of any rendition.
    made: Option<(u32, u32)>,
    /// Length of a segment in microseconds, when it is planned.
    segment_us: u64,
    /// Computing time when something was last read or made.
    at: Duration,
}

impl Reached {
    /// Takes `event` into account, after `cpu` of computing.
    fn take(&mut self, event: &Event, cpu: Duration) {
        let further = match event {
            Event::Planned(plan) => {
                self.segment_us = plan.segment_us;
                true
            }
            Event::Reached(at_us) => {
                let (_, to) = self.read.get_or_insert((*at_us, *at_us));
                let further = at_us > to;
                *to = (*to).max(*at_us);
                further
            }
            Event::Segment { seq, .. } => {
                let (_, to) = self.made.get_or_insert((*seq, *seq));
                *to = (*to).max(*seq);
                true
            }
            Event::Progress(_) | Event::Log(_) => false,
            _ => true,
        };
        if further {
            self.at = cpu;
        }
    }

    /// Microseconds of film that are read or made.
    fn film_us(&self) -> u64 {
        let read = self.read.map_or(0, |(from, to)| to - from);
        let made = self.made.map_or(0, |(from, to)| u64::from(to - from + 1) * self.segment_us);
        read.max(made)
    }

    /// Whether `cpu` of computing is more than it may be.
    fn is_spent(&self, cpu: Duration, limits: &WorkLimits) -> bool {
        let seconds = |s: u32| Duration::from_secs(s.into());
        let film = Duration::from_micros(self.film_us()).saturating_mul(limits.per_second);
        let patience = seconds(limits.patience_s);
        cpu > seconds(limits.total_s)
            || cpu > self.at.saturating_add(patience)
            || cpu > film.saturating_add(patience)
    }
}

/// What the working thread and the watch share: stdout, and how far the work is.
struct Shared {
    out: File,
    told_at: Instant,
    /// Computing time at that moment.
    told_cpu: Duration,
    /// The last line of progress.
    progress: Vec<u8>,
    /// The last line has been told.
    ended: bool,
    reached: Reached,
}

impl Shared {
    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        // One write, so that a line is never torn by the end of the process.
        self.out.write_all(text)?;
        (self.told_at, self.told_cpu) = (Instant::now(), computed());
        Ok(())
    }

    fn tell(&mut self, line: &WorkerLine) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.write(&text)?;
        self.ended |= line.is_last();
        if matches!(line, WorkerLine::Progress(_)) {
            self.progress = text;
        }
        Ok(())
    }
}

/// Writes lines to stdout, one at a time, from both threads.
#[derive(Clone)]
pub(super) struct Teller(Arc<Mutex<Shared>>);

impl Teller {
    pub(super) fn new() -> io::Result<Self> {
        use std::os::fd::AsFd;
        // A handle of its own: nothing that prints by accident shares its buffer.
        let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        Ok(Self(Arc::new(Mutex::new(Shared {
            out,
            told_at: Instant::now(),
            told_cpu: Duration::ZERO,
            progress: Vec::new(),
            ended: false,
            reached: Reached::default(),
        }))))
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tell(&self, line: &WorkerLine) -> io::Result<()> {
        self.lock().tell(line)
    }

    /// Tells a failure; gives the exit code.
    pub(super) fn fail(&self, failure: Failure) -> u8 {
        u8::from(self.tell(&WorkerLine::Failed(failure)).is_err()) * 2
    }

    /// Notes how far the work is.
    pub(super) fn note(&self, event: &Event) {
        let cpu = computed();
        self.lock().reached.take(event, cpu);
    }

    /// Starts the watch. Without its thread the kernel's limit remains.
    pub(super) fn watch(&self, limits: WorkLimits) {
        let teller = self.clone();
        let watch = move || {
            loop {
                std::thread::sleep(EVERY);
                if teller.look(&limits, computed()).is_err() {
                    end_now();
                }
            }
        };
        let _ = std::thread::Builder::new().name("watch".into()).spawn(watch);
    }

    /// One look: an error when the process is to end.
    fn look(&self, limits: &WorkLimits, cpu: Duration) -> io::Result<()> {
        let mut shared = self.lock();
        if shared.ended {
            return Ok(());
        }
        if shared.reached.is_spent(cpu, limits) {
            let film = shared.reached.film_us();
            shared.tell(&WorkerLine::Failed(too_demanding(cpu, film)))?;
            return Err(io::Error::other("the work takes too long"));
        }
        let silent = shared.told_at.elapsed() >= SILENCE;
        if silent && cpu >= shared.told_cpu + ALIVE && !shared.progress.is_empty() {
            let again = shared.progress.clone();
            shared.write(&again)?;
        }
        Ok(())
    }
}

fn too_demanding(cpu: Duration, film_us: u64) -> Failure {
    #[expect(clippy::cast_precision_loss, reason = "a moment in a film, for people")]
    let at_s = film_us as f64 / 1e6;
    Failure {
        code: TOO_DEMANDING.into(),
        detail: format!(
            "The file takes far too long to convert: {} s of computing for {at_s:.0} s of it. Export \
             it as MP4 (H.264 and AAC) and upload that.",
            cpu.as_secs(),
        ),
        at_s: Some(at_s),
        retryable: false,
    }
}

/// Computing time of this process so far.
#[expect(unsafe_code, reason = "clock_gettime writes to one struct of ours and keeps no address")]
fn computed() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let told = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    if told != 0 {
        return Duration::ZERO;
    }
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Ends the process without a look back.
#[expect(
    unsafe_code,
    reason = "_exit takes a number and does not return; the ordinary exit would run destructors \
              under the feet of libav's threads"
)]
pub(super) fn end_now() -> ! {
    unsafe { libc::_exit(3) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: WorkLimits = WorkLimits { patience_s: 10, per_second: 2, total_s: 100 };

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn segment(seq: u32) -> Event {
        Event::Segment { rendition: "240p".into(), seq, duration_us: 4_000_000, bytes: Vec::new() }
    }

    /// JOB-02
    #[test]
    fn computing_is_limited_as_a_whole_for_the_film_and_without_getting_further() {
        let mut reached = Reached { segment_us: 4_000_000, ..Reached::default() };
        assert!(!reached.is_spent(s(10), &LIMITS));
        assert!(reached.is_spent(s(11), &LIMITS), "nothing was ever made");
        // A job that goes on in the middle has not computed what lies before.
        reached.take(&Event::Reached(60_000_000), s(1));
        reached.take(&segment(15), s(9));
        assert_eq!(reached.film_us(), 4_000_000);
        assert!(!reached.is_spent(s(18), &LIMITS));
        assert!(reached.is_spent(s(19), &LIMITS), "ten and two for each of four seconds");
        reached.take(&Event::Reached(100_000_000), s(20));
        assert!(!reached.is_spent(s(30), &LIMITS));
        assert!(reached.is_spent(s(31), &LIMITS), "it does not get any further");
        reached.take(&Event::Reached(99_000_000), s(30));
        assert!(reached.is_spent(s(31), &LIMITS), "going back is not getting further");
        reached.take(&Event::Reached(1_000_000_000), s(95));
        assert!(!reached.is_spent(s(100), &LIMITS));
        assert!(reached.is_spent(s(101), &LIMITS));
    }

    #[test]
    fn no_good_film_comes_near_the_limits() {
        let limits = WorkLimits::up_to(4 * 3_600);
        let mut reached = Reached { segment_us: 4_000_000, ..Reached::default() };
        // Three and a half seconds of computing for each second of four hours.
        for seq in 0..3_600 {
            let cpu = s(u64::from(seq) * 14);
            assert!(!reached.is_spent(cpu, &limits), "{seq}");
            reached.take(&segment(seq), cpu);
        }
    }
}
