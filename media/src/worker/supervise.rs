//! The parent's side: starts the child with nothing but what it needs, reads its lines, believes
//! none of them unchecked, and ends it when it is cancelled, hangs, misbehaves, or is no longer
//! wanted.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio_util::sync::CancellationToken;

use super::account::Account;
use super::outside::{MAX_OUTPUT, Usage, ended, holds_too_much, peak_kib};
use super::{LandlockState, MAX_LINE_BYTES, SandboxPolicy, WorkerLine, WorkerOrder};

/// How much of the child's stderr is kept: its end, in bytes.
const MAX_STDERR: usize = 256 * 1024;

/// How long a child may take to end when it is ended.
const END_AFTER: Duration = Duration::from_secs(5);
/// The child's memory is looked at no more often than this.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How often the directory is looked at.
const LOOK_AT_OUTPUT_EVERY: Duration = Duration::from_secs(1);

/// How much longer the parent waits for a child, in all, than the child may compute: a busy machine
/// gives it little …
const WAIT_FACTOR: u32 = 4;
/// … and nothing at all for a while.
const WAIT_BESIDES: Duration = Duration::from_secs(600);

/// How long a child may be silent. It speaks twice a second while it works.
pub const STALL_AFTER: Duration = Duration::from_secs(120);

/// Why there are no more lines, other than the end of the job.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The child could not be started or spoken to.
    #[error("the media worker does not start: {0}")]
    Start(#[source] std::io::Error),
    /// The child ended without a last line: a crash, or a limit.
    #[error("the media worker ended early ({status}): {stderr}")]
    Crashed {
        /// How it ended.
        status: String,
        /// The end of what it wrote to stderr, at most 2 KiB here.
        stderr: String,
    },
    /// The child was silent for too long, and has been ended.
    #[error("the media worker was silent for {} s", .0.as_secs())]
    Stalled(Duration),
    /// The child has worked longer than it may, and has been ended.
    #[error("the media worker has used up its time")]
    Exhausted,
    /// The child said or did something that it must not, and has been ended.
    #[error("the media worker misbehaved: {0}")]
    Misbehaved(&'static str),
    /// [`Cancel::cancel`] was called, and the child has been ended.
    #[error("the job was cancelled")]
    Cancelled,
}

/// Ends a running job from elsewhere.
#[derive(Debug, Clone)]
pub struct Cancel(CancellationToken);

impl Cancel {
    /// Ends the child; [`Worker::next`] then gives [`WorkerError::Cancelled`].
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

/// A running child. Dropping it ends the child.
#[derive(Debug)]
pub struct Worker {
    child: Child,
    /// Closing it tells the child to end.
    _stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    line: Vec<u8>,
    stderr: Arc<Mutex<Vec<u8>>>,
    cancelled: CancellationToken,
    policy: SandboxPolicy,
    stall_after: Duration,
    account: Account,
    out: PathBuf,
    output_limit: u64,
    output_at: Instant,
    /// How long it may still be waited for.
    wait_left: Duration,
    greeted: bool,
    finished: bool,
    usage: Usage,
    looked_at: Option<Instant>,
}

impl Worker {
    /// Starts `program` (the server's own binary) with `arguments` (e.g. `media-worker`) followed
    /// by `--input` and `--out`. `out` must be an empty directory of this job alone.
    ///
    /// Call it on a thread that lives as long as the job (a runtime's worker or an arbiter, not
    /// `spawn_blocking`): the kernel ends the child together with the thread that started it.
    ///
    /// # Errors
    /// [`WorkerError::Start`].
    pub async fn spawn(
        program: &Path,
        arguments: &[&str],
        input: &Path,
        out: &Path,
        order: &WorkerOrder,
    ) -> Result<Self, WorkerError> {
        let mut child = Command::new(program)
            .args(arguments)
            .arg("--input")
            .arg(input)
            .arg("--out")
            .arg(out)
            .env_clear()
            .env("LANG", "C.UTF-8")
            .current_dir(out)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(WorkerError::Start)?;
        let pipes = child.stdin.take().zip(child.stdout.take()).zip(child.stderr.take());
        let missing = || WorkerError::Start(std::io::Error::other("a pipe is missing"));
        let ((mut stdin, stdout), stderr) = pipes.ok_or_else(missing)?;
        let mut text =
            serde_json::to_vec(order).map_err(|error| WorkerError::Start(error.into()))?;
        text.push(b'\n');
        match stdin.write_all(&text).await {
            // It has ended already: why, its missing lines will show.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
            other => other.map_err(WorkerError::Start)?,
        }
        let kept = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn(keep_end(stderr, Arc::clone(&kept)));
        Ok(Self {
            child,
            _stdin: stdin,
            stdout: BufReader::new(stdout),
            line: Vec::new(),
            stderr: kept,
            cancelled: CancellationToken::new(),
            policy: order.sandbox,
            stall_after: STALL_AFTER,
            account: Account::of(order),
            out: out.to_owned(),
            output_limit: MAX_OUTPUT,
            output_at: Instant::now(),
            wait_left: Duration::from_secs(order.work.total_s.into()) * WAIT_FACTOR + WAIT_BESIDES,
            greeted: false,
            finished: false,
            usage: Usage::default(),
            looked_at: None,
        })
    }

    /// Changes how long the child may be silent.
    pub fn set_stall_after(&mut self, stall_after: Duration) {
        self.stall_after = stall_after;
    }

    /// Changes how much may lie in the child's directory at once, in bytes.
    pub fn set_output_limit(&mut self, bytes: u64) {
        self.output_limit = bytes;
    }

    /// Changes how long the child is still waited for, in all.
    pub fn set_wait_limit(&mut self, wait: Duration) {
        self.wait_left = wait;
    }

    /// The process id of the child, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// A handle that ends the job from elsewhere.
    pub fn cancel_handle(&self) -> Cancel {
        Cancel(self.cancelled.clone())
    }

    /// The next line; `None` after `done` or `failed`. Lines wait in the pipe until they are asked
    /// for, and the child waits with them: a slow store slows the encoder down and fills nothing.
    /// Safe to drop half-way (in a `select!`): nothing is lost.
    ///
    /// # Errors
    /// [`WorkerError`]; the child has been ended then.
    pub async fn next(&mut self) -> Result<Option<WorkerLine>, WorkerError> {
        if self.finished {
            return Ok(None);
        }
        let cancelled = self.cancelled.clone();
        let since = Instant::now();
        let read = tokio::select! {
            biased;
            () = cancelled.cancelled() => Err(WorkerError::Cancelled),
            line = self.await_line() => line,
        };
        // What the store takes its time for is not the child's.
        self.wait_left = self.wait_left.saturating_sub(since.elapsed());
        let checked = match read {
            Ok(true) => self.understand(),
            Ok(false) => Err(self.crashed().await),
            Err(error) => Err(error),
        };
        match checked {
            Ok(line) => {
                self.finished = line.is_last();
                self.look();
                Ok(Some(line))
            }
            Err(error) => {
                self.finish().await;
                Err(error)
            }
        }
    }

    /// Reads on to the end of a line, and keeps an eye on the child's directory meanwhile.
    async fn await_line(&mut self) -> Result<bool, WorkerError> {
        let since = Instant::now();
        loop {
            if self.output_at.elapsed() >= LOOK_AT_OUTPUT_EVERY {
                self.output_at = Instant::now();
                if holds_too_much(&self.out, self.output_limit) {
                    return Err(WorkerError::Misbehaved("it writes too much"));
                }
            }
            let waited = since.elapsed();
            let Some(silence) = self.stall_after.checked_sub(waited) else {
                return Err(WorkerError::Stalled(self.stall_after));
            };
            let Some(left) = self.wait_left.checked_sub(waited) else {
                return Err(WorkerError::Exhausted);
            };
            let turn = silence.min(left).min(LOOK_AT_OUTPUT_EVERY);
            if let Ok(line) = tokio::time::timeout(turn, self.read_line()).await {
                return line;
            }
        }
    }

    /// Reads on to the end of a line; false at the end of the pipe.
    async fn read_line(&mut self) -> Result<bool, WorkerError> {
        loop {
            let ready = self.stdout.fill_buf().await.map_err(WorkerError::Start)?;
            if ready.is_empty() {
                return Ok(false);
            }
            let newline = ready.iter().position(|byte| *byte == b'\n');
            let take = newline.map_or(ready.len(), |at| at + 1);
            self.line.extend(ready.iter().take(take));
            self.stdout.consume(take);
            if self.line.len() > MAX_LINE_BYTES {
                return Err(WorkerError::Misbehaved("a line is too long"));
            }
            if newline.is_some() {
                return Ok(true);
            }
        }
    }

    fn understand(&mut self) -> Result<WorkerLine, WorkerError> {
        let line: WorkerLine = serde_json::from_slice(&self.line)
            .map_err(|_| WorkerError::Misbehaved("a line is not understood"))?;
        self.line.clear();
        line.check().map_err(WorkerError::Misbehaved)?;
        self.account.take(&line).map_err(WorkerError::Misbehaved)?;
        match &line {
            WorkerLine::Sandbox(report) => {
                let weak = report.landlock == LandlockState::None || !report.seccomp;
                // A child without its sandbox may only say so and end.
                self.greeted = !(weak && self.policy == SandboxPolicy::Required);
            }
            WorkerLine::Failed(_) => {}
            _ if !self.greeted => {
                return Err(WorkerError::Misbehaved("it works without a sandbox"));
            }
            _ => {}
        }
        Ok(line)
    }

    /// Notes the child's greatest memory so far. (What the kernel tells at the end counts in the
    /// server's own, from before the child's program was loaded.)
    fn look(&mut self) {
        let is_due = self.looked_at.is_none_or(|at| at.elapsed() >= LOOK_EVERY);
        if let Some(pid) = self.child.id()
            && (is_due || self.finished)
        {
            self.looked_at = Some(Instant::now());
            self.usage.peak_kib = peak_kib(pid).max(self.usage.peak_kib);
        }
    }

    /// Waits, for a moment, until the child has ended, and asks for its CPU time before its process
    /// is forgotten.
    async fn wait_usage(&mut self) {
        let Some(pid) = self.child.id() else { return };
        let asked = tokio::task::spawn_blocking(move || ended(pid));
        if let Ok(Ok(Some((cpu, peak_kib)))) = tokio::time::timeout(END_AFTER, asked).await {
            self.usage.cpu = Some(cpu);
            self.usage.peak_kib = self.usage.peak_kib.or(Some(peak_kib));
        }
    }

    /// Ends the child, if it has not ended, and says what it has cost. No line follows.
    pub async fn finish(&mut self) -> Usage {
        self.finished = true;
        self.look();
        // Already ended is as good.
        let _ = self.child.start_kill();
        self.wait_usage().await;
        // One that cannot be ended (a disk that hangs) is not waited for.
        let _ = tokio::time::timeout(END_AFTER, self.child.wait()).await;
        self.usage
    }

    async fn crashed(&mut self) -> WorkerError {
        self.wait_usage().await;
        let waited = tokio::time::timeout(END_AFTER, self.child.wait()).await;
        let status = match waited {
            // The kernel's limit, should the child's own watch have failed.
            Ok(Ok(status)) if status.signal() == Some(libc::SIGXCPU) => {
                return WorkerError::Exhausted;
            }
            Ok(Ok(status)) => status.to_string(),
            _ => String::from("still running without its output"),
        };
        let kept = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        let tail = kept.get(kept.len().saturating_sub(2_048)..).unwrap_or_default();
        WorkerError::Crashed { status, stderr: String::from_utf8_lossy(tail).into_owned() }
    }

    /// The end of what the child has written to stderr so far, at most 256 KiB: for the log.
    pub fn stderr(&self) -> String {
        let kept = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept).into_owned()
    }
}

async fn keep_end(mut stderr: ChildStderr, kept: Arc<Mutex<Vec<u8>>>) {
    let mut piece = [0; 4_096];
    while let Ok(read @ 1..) = stderr.read(&mut piece).await {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(piece.iter().take(read));
        let over = kept.len().saturating_sub(MAX_STDERR);
        kept.drain(..over);
    }
}
