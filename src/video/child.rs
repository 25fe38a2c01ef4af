//! Starts the media child for a claimed job: brings the original to this machine and gives the child
//! an empty directory of its own. libav never runs in this process.

use std::path::{Path, PathBuf};
use std::time::Duration;

use actors::transcode::port::{ChildEnd, Claim, Run, Transcoder};
use async_trait::async_trait;
use media::storage::{LocalCopy, ObjectKey};
use media::worker::{Failure, Worker, WorkerError, WorkerLine};
use uuid::Uuid;

use super::store::videos;
use crate::app::App;
use crate::platform::http::Problem;

/// The subcommand of our own binary.
const COMMAND: &str = "media-worker";

/// Pause before an original is asked for again while the store is away; doubled each time …
const AWAY_PAUSE: Duration = Duration::from_millis(500);
/// … up to this.
const AWAY_PAUSE_MOST: Duration = Duration::from_secs(30);

/// Starts children of this node.
#[derive(Debug, Clone)]
pub(super) struct Children(App);

/// One child at work. Its directory and the copy of the original go with it.
#[derive(Debug)]
struct Running {
    worker: Worker,
    output: PathBuf,
    // In this order: the copy lies in the directory.
    _original: LocalCopy,
    _directory: Directory,
}

/// A directory of one job, removed when it is dropped.
#[derive(Debug)]
struct Directory(PathBuf);

impl Drop for Directory {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(path = %self.0.display(), %error, "a work directory stays behind");
        }
    }
}

/// Something of ours failed; another attempt may do better.
fn passing(code: &str, detail: impl std::fmt::Display) -> Failure {
    let code = code.to_owned();
    Failure { code, detail: detail.to_string(), at_s: None, retryable: true }
}

/// Where this node's jobs have their directories.
fn scratch_root(app: &App) -> PathBuf {
    app.config.storage.spool.join("media")
}

/// Removes the directories of jobs that a killed process of this node has left: those whose claim is
/// not the present one.
///
/// # Errors
/// Those of the database; what is left is removed next time.
pub(super) async fn clear_strays(app: &App) -> Result<(), Problem> {
    // No directory, no strays.
    let Ok(mut entries) = tokio::fs::read_dir(scratch_root(app)).await else { return Ok(()) };
    while let Ok(Some(entry)) = entries.next_entry().await {
        let name = entry.file_name();
        let claim = name.to_str().and_then(|name| {
            let (job, fence) = name.split_once('-')?;
            Some((Uuid::try_parse(job).ok()?, fence.parse::<i64>().ok()?))
        });
        let Some((job, fence)) = claim else { continue };
        let mut conn = app.db.conn().await?;
        let video = videos::find(&mut conn, job).await?;
        let held = video.is_some_and(|v| v.fence == fence && v.claimed_by.is_some());
        if !held {
            drop(Directory(entry.path()));
        }
    }
    Ok(())
}

impl Children {
    /// For the desk of `app`.
    pub fn new(app: App) -> Self {
        Self(app)
    }

    fn program(&self) -> Result<PathBuf, Failure> {
        let configured = &self.0.config.media.worker_program;
        if configured.as_os_str().is_empty() {
            std::env::current_exe().map_err(|error| passing("worker_unavailable", error))
        } else {
            Ok(configured.clone())
        }
    }

    async fn original(&self, claim: &Claim, scratch: &Path) -> Result<LocalCopy, Failure> {
        let away = |error: &dyn std::fmt::Display| passing("source_unavailable", error);
        let mut conn = self.0.db.conn().await.map_err(|error| away(&error))?;
        let found = videos::with_uploads(&mut conn, &[claim.video]).await;
        drop(conn);
        let (_, upload) = found
            .map_err(|error| away(&error))?
            .pop()
            .ok_or_else(|| passing("source_unavailable", "The video was taken off."))?;
        let key = ObjectKey::new(upload.store_key).map_err(|error| away(&error))?;
        // A store that is away is no fault of the video: the job waits, and its lease with it, rather
        // than spending its attempts.
        let mut pause = AWAY_PAUSE;
        loop {
            match self.0.store.local_copy(&key, scratch).await {
                Err(error) if error.is_transient() => {
                    tracing::warn!(video.id = %claim.video, %error, "the original is out of reach");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(AWAY_PAUSE_MOST);
                }
                other => return other.map_err(|error| away(&error)),
            }
        }
    }
}

#[async_trait]
impl Transcoder for Children {
    async fn start(&self, claim: &Claim) -> Result<Box<dyn Run>, Failure> {
        let failed = |error: std::io::Error| passing("scratch_unavailable", error);
        let scratch = scratch_root(&self.0);
        tokio::fs::create_dir_all(&scratch).await.map_err(failed)?;
        // The child runs in another directory: it needs absolute paths.
        let scratch = tokio::fs::canonicalize(&scratch).await.map_err(failed)?;
        let path = scratch.join(format!("{}-{}", claim.job.simple(), claim.fence));
        tokio::fs::create_dir(&path).await.map_err(failed)?;
        let directory = Directory(path);
        let (taken, output) = (directory.0.join("in"), directory.0.join("out"));
        tokio::fs::create_dir(&taken).await.map_err(failed)?;
        tokio::fs::create_dir(&output).await.map_err(failed)?;
        let original = self.original(claim, &taken).await?;
        let input = tokio::fs::canonicalize(original.path()).await.map_err(failed)?;
        let worker = Worker::spawn(&self.program()?, &[COMMAND], &input, &output, &claim.order)
            .await
            .map_err(|error| passing("worker_unavailable", error))?;
        Ok(Box::new(Running { worker, output, _original: original, _directory: directory }))
    }
}

#[async_trait]
impl Run for Running {
    async fn next(&mut self) -> Option<Result<WorkerLine, Failure>> {
        match self.worker.next().await {
            Ok(line) => line.map(Ok),
            Err(error) => {
                // The details are for the operator; the author learns what it means for them.
                tracing::warn!(%error, "the media worker ended");
                Some(Err(told(&error)))
            }
        }
    }

    fn output(&self) -> &Path {
        &self.output
    }

    async fn finish(&mut self) -> ChildEnd {
        let usage = self.worker.finish().await;
        let stderr = self.worker.stderr();
        ChildEnd { stderr, cpu: usage.cpu, peak_kib: usage.peak_kib }
    }
}

fn told(error: &WorkerError) -> Failure {
    match error {
        WorkerError::Start(_) => passing("worker_unavailable", "The worker could not be started."),
        WorkerError::Crashed { .. } => {
            passing("transcode_crashed", "The work on this video broke off.")
        }
        WorkerError::Stalled(_) => {
            passing("transcode_stalled", "The work on this video stood still.")
        }
        WorkerError::Exhausted => Failure {
            retryable: false,
            ..passing("too_demanding", "The file takes far too long to convert.")
        },
        WorkerError::Misbehaved(_) => {
            passing("transcode_crashed", "The worker said what it must not say.")
        }
        WorkerError::Cancelled => passing("transcode_cancelled", "The work was stopped."),
    }
}
