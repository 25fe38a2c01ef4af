//! The book of transcoding jobs: this context's side of the TranscodingJob actor's port. Rows are
//! the truth: claims with leases and fences, segments stored before their rows, and one transaction
//! that publishes.

use std::io;
use std::path::Path;
use std::time::Duration;

use actors::transcode::port::{BookError, Claim, Lease, Outcome, TranscodeBook};
use async_trait::async_trait;
use bytes::Bytes;
use diesel_async::AsyncPgConnection;
use media::ladder::{Plan, RenditionKind};
use media::probe::ProbeLimits;
use media::storage::{ObjectKey, StorageError};
use media::worker::{
    Done, Failure, InitReady, PosterReady, Progress, RenditionDone, SandboxPolicy, SegmentKey,
    SegmentReady, WorkerLine, WorkerOrder, read_product,
};
use uuid::Uuid;

use super::attach::abandon;
use super::events::{VideoFailed, VideoProcessed, VideoWatchable};
use super::keys::{self, KeyPlace};
use super::model::{KeyRow, Rendition, Segment, Video};
use super::state::{Happening, MAX_ATTEMPTS, VideoState};
use super::store::videos;
use super::{ENOUGH_SEGMENTS, live, paths};
use crate::app::App;
use crate::platform::config::MediaSandbox;
use crate::platform::events;
use crate::platform::http::{Code, Problem};

/// Pause after an attempt that made progress and was lost all the same.
const AFTER_PROGRESS: Duration = Duration::from_secs(5);

/// The book of one node.
#[derive(Debug, Clone)]
pub(super) struct Book(pub App);

/// Ends a transaction of the book.
enum Stop {
    /// The claim is not ours any more.
    Lost,
    /// The attempt has failed.
    Refused(Failure),
    /// Something is away.
    Away(Problem),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Away(problem)
    }
}

impl From<diesel::result::Error> for Stop {
    fn from(error: diesel::result::Error) -> Self {
        Self::Away(error.into())
    }
}

impl From<StorageError> for Stop {
    fn from(error: StorageError) -> Self {
        Self::Away(Problem::unavailable(error, 5))
    }
}

impl From<Stop> for BookError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Lost => Self::LeaseLost,
            Stop::Refused(failure) => Self::Refused(failure),
            Stop::Away(problem) => Self::Away(problem.to_string()),
        }
    }
}

impl From<Stop> for Problem {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Lost => Self::internal("the lease is lost"),
            Stop::Refused(failure) => Self::internal(failure.detail),
            Stop::Away(problem) => problem,
        }
    }
}

fn refused(code: &str, detail: &str) -> Stop {
    Stop::Refused(Failure {
        code: code.to_owned(),
        detail: detail.to_owned(),
        at_s: None,
        retryable: true,
    })
}

fn object_key(key: &str) -> Result<ObjectKey, Stop> {
    ObjectKey::new(key).map_err(|error| Stop::Away(Problem::internal(error)))
}

fn int(number: impl TryInto<i32>) -> Result<i32, Stop> {
    number.try_into().map_err(|_| refused("output_failed", "A number of the worker is too large."))
}

fn big(number: u64) -> Result<i64, Stop> {
    i64::try_from(number)
        .map_err(|_| refused("output_failed", "A number of the worker is too large."))
}

async fn ours(conn: &mut AsyncPgConnection, claim: &Claim) -> Result<Video, Stop> {
    videos::of_fence_locked(conn, claim.video, claim.fence).await?.ok_or(Stop::Lost)
}

#[async_trait]
impl TranscodeBook for Book {
    async fn claim_next(&self) -> Result<Option<Claim>, BookError> {
        loop {
            match self.claim_one().await? {
                Taken::Nothing => return Ok(None),
                Taken::Claim(claim) => {
                    live::tell(&self.0, claim.video).await;
                    return Ok(Some(*claim));
                }
                // It was lost once too often: the next one.
                Taken::Failed(video) => {
                    self.0.metrics.transcodes.with_label_values(&["failed"]).inc();
                    live::tell(&self.0, video).await;
                }
            }
        }
    }

    async fn heartbeat(&self, claim: &Claim) -> Result<Lease, BookError> {
        Ok(self.beat(claim).await?)
    }

    async fn record(
        &self,
        claim: &Claim,
        line: &WorkerLine,
        output: &Path,
    ) -> Result<(), BookError> {
        line.check().map_err(|problem| BookError::from(refused("output_failed", problem)))?;
        let tell = match line {
            WorkerLine::Probe(info) => {
                let probe = serde_json::to_value(info).map_err(Problem::internal);
                let probe = probe.map_err(Stop::from)?;
                let size = info.video.as_ref().map(|video| (video.width, video.height));
                self.probed(claim, &probe, size, info.duration_us).await?;
                true
            }
            WorkerLine::Plan(plan) => {
                self.planned(claim, plan).await?;
                true
            }
            WorkerLine::Progress(progress) => {
                self.progressed(claim, progress).await?;
                true
            }
            WorkerLine::Init(init) => {
                self.init(claim, init, output).await?;
                false
            }
            WorkerLine::Segment(segment) => self.segment(claim, segment, output).await?,
            WorkerLine::RenditionDone(done) => {
                self.rendition_done(claim, done).await?;
                true
            }
            WorkerLine::Poster(poster) => {
                self.poster(claim, poster, output).await?;
                true
            }
            WorkerLine::Sandbox(_)
            | WorkerLine::SelfTest(_)
            | WorkerLine::Done(_)
            | WorkerLine::Failed(_) => false,
        };
        if tell {
            live::tell(&self.0, claim.video).await;
        }
        Ok(())
    }

    async fn settle(&self, claim: &Claim, outcome: Outcome) -> Result<(), BookError> {
        let settled = match outcome {
            Outcome::Done(done) => self.publish(claim, done).await?,
            Outcome::Failed { failure, retry_in } => self.fail(claim, &failure, retry_in).await?,
            Outcome::Cancelled => self.give_back(claim, Happening::Cancelled).await?,
            Outcome::Released => self.give_back(claim, Happening::Released).await?,
        };
        self.0.metrics.transcodes.with_label_values(&[settled.label()]).inc();
        self.0.video.catalogue.forget(claim.video);
        live::tell(&self.0, claim.video).await;
        Ok(())
    }
}

/// How a claim ended, as it is counted.
#[derive(Debug, Clone, Copy)]
enum Settled {
    Ready,
    Retried,
    Failed,
    Cancelled,
    Released,
}

impl Settled {
    const fn label(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Retried => "retried",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Released => "released",
        }
    }
}

enum Taken {
    Nothing,
    Claim(Box<Claim>),
    Failed(Uuid),
}

impl Book {
    async fn claim_one(&self) -> Result<Taken, Stop> {
        let (app, now) = (&self.0, self.0.clock.now());
        app.db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<Taken, Stop> {
                let Some(video) = videos::next_claimable(conn, now).await? else {
                    return Ok(Taken::Nothing);
                };
                let video = credited(conn, video).await?;
                let state = VideoState::parse(&video.state).unwrap_or(VideoState::Queued);
                if state.after(Happening::Claimed { attempts: video.attempts }).is_err() {
                    let failure = Failure {
                        code: "transcode_crashed".to_owned(),
                        detail: "The work on this video ended without a word, several times."
                            .to_owned(),
                        at_s: None,
                        retryable: true,
                    };
                    videos::happen(conn, &video, crashed(&video), now).await?;
                    failed(conn, app, &video, &failure, now).await?;
                    return Ok(Taken::Failed(video.id));
                }
                take(conn, app, video, now).await.map(|claim| Taken::Claim(Box::new(claim)))
            })
            .await
    }

    async fn beat(&self, claim: &Claim) -> Result<Lease, Stop> {
        let (app, now) = (&self.0, self.0.clock.now());
        let lease_until = videos::lease(now, app.config.media.lease_seconds);
        let mut conn = app.db.conn().await?;
        if videos::renew(&mut conn, claim.video, claim.fence, lease_until).await? {
            return Ok(Lease::Held);
        }
        let video = videos::find(&mut conn, claim.video).await?;
        let cancelled = video.is_some_and(|video| {
            video.fence == claim.fence && video.state == VideoState::Cancelled.as_str()
        });
        if cancelled { Ok(Lease::Cancelled) } else { Err(Stop::Lost) }
    }

    async fn probed(
        &self,
        claim: &Claim,
        probe: &serde_json::Value,
        size: Option<(u32, u32)>,
        duration_us: Option<u64>,
    ) -> Result<(), Stop> {
        let now = self.0.clock.now();
        let size = match size {
            Some((width, height)) => Some((int(width)?, int(height)?)),
            None => None,
        };
        let duration_ms = duration_us.map(|us| big(us / 1000)).transpose()?;
        self.0
            .db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Stop> {
                let video = ours(conn, claim).await?;
                videos::set_probe(conn, video.id, probe, size, duration_ms).await?;
                // Said before, perhaps: then it is transcoding already.
                videos::happen(conn, &video, Happening::Probed, now).await?;
                Ok(())
            })
            .await
    }

    async fn planned(&self, claim: &Claim, plan: &Plan) -> Result<(), Stop> {
        let app = &self.0;
        let wanted = renditions_of(claim.video, plan)?;
        let target = int(plan.target_duration_s)?;
        let fits = app
            .db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<bool, Stop> {
                let video = ours(conn, claim).await?;
                let known = videos::renditions(conn, &[video.id]).await?;
                let same = known.len() == wanted.len()
                    && known.iter().zip(&wanted).all(|(a, b)| same_rendition(a, b));
                if !known.is_empty() && (!same || video.target_duration_s != Some(target)) {
                    abandon(conn, app, &video).await?;
                    return Ok(false);
                }
                videos::insert_renditions(conn, &wanted).await?;
                videos::set_target_duration(conn, video.id, target).await?;
                Ok(true)
            })
            .await?;
        if fits {
            Ok(())
        } else {
            // What an earlier attempt made is given up; the next attempt begins anew.
            Err(refused("plan_changed", "The plan is not the one of the earlier attempt."))
        }
    }

    async fn progressed(&self, claim: &Claim, progress: &Progress) -> Result<(), Stop> {
        let now = self.0.clock.now();
        self.0
            .db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Stop> {
                let video = ours(conn, claim).await?;
                let eta = eta_seconds(&video, progress);
                let percent = progress.percent.clamp(0.0, 100.0);
                videos::set_progress(conn, video.id, percent, progress.speed, eta, now).await?;
                Ok(())
            })
            .await
    }

    /// Puts a file of the worker into the store.
    async fn keep(
        &self,
        generation: i32,
        claim: &Claim,
        output: &Path,
        file: &str,
        bytes: u64,
    ) -> Result<String, Stop> {
        let body = read_output(output, file, bytes).await?;
        let key = paths::made(claim.video, generation, file);
        self.0.store.put(&object_key(&key)?, body).await?;
        Ok(key)
    }

    async fn generation(&self, claim: &Claim) -> Result<i32, Stop> {
        let mut conn = self.0.db.conn().await?;
        let video = videos::find(&mut conn, claim.video).await?.ok_or(Stop::Lost)?;
        let held = video.fence == claim.fence && video.claimed_by.is_some();
        if held { Ok(video.generation) } else { Err(Stop::Lost) }
    }

    async fn init(&self, claim: &Claim, init: &InitReady, output: &Path) -> Result<(), Stop> {
        let generation = self.generation(claim).await?;
        let known = {
            let mut conn = self.0.db.conn().await?;
            let known = videos::renditions(&mut conn, &[claim.video]).await?;
            known.into_iter().find(|rendition| rendition.name == init.rendition)
        };
        let Some(known) = known else {
            return Err(refused("output_failed", "A rendition that was not planned."));
        };
        if let Some(key) = known.init_key {
            // An earlier attempt made it, and players may have it: it must be the same one.
            let file = output.join(&init.file);
            if is_gone(&file).await {
                return Ok(());
            }
            let before = self.0.store.get(&object_key(&key)?).await?;
            if before == read_output(output, &init.file, init.bytes).await? {
                return discard(&file).await;
            }
            let app = &self.0;
            app.db
                .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Stop> {
                    let video = ours(conn, claim).await?;
                    Ok(abandon(conn, app, &video).await?)
                })
                .await?;
            return Err(refused("plan_changed", "The encoder is not set as it was before."));
        }
        let key = self.keep(generation, claim, output, &init.file, init.bytes).await?;
        let bytes = big(init.bytes)?;
        self.0
            .db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Stop> {
                let video = ours(conn, claim).await?;
                let (name, codecs) = (&init.rendition, &init.codecs);
                videos::set_init(conn, video.id, name, codecs, &key, bytes).await?;
                Ok(())
            })
            .await?;
        discard(&output.join(&init.file)).await
    }

    /// True when the video has become watchable by it.
    async fn segment(
        &self,
        claim: &Claim,
        segment: &SegmentReady,
        output: &Path,
    ) -> Result<bool, Stop> {
        let generation = self.generation(claim).await?;
        let seq = int(segment.seq)?;
        let file = output.join(&segment.file);
        {
            // An earlier attempt stored it; players may have it, so it stays as it is.
            let mut conn = self.0.db.conn().await?;
            if videos::has_segment(&mut conn, claim.video, &segment.rendition, seq).await? {
                discard(&file).await?;
                return Ok(false);
            }
        }
        let key = self.keep(generation, claim, output, &segment.file, segment.bytes).await?;
        let row = Segment {
            video_id: claim.video,
            rendition: segment.rendition.clone(),
            seq,
            duration_us: big(segment.duration_us)?,
            bytes: big(segment.bytes)?,
            store_key: key,
            key_epoch: int(segment.epoch)?,
            iv: segment.iv.0.to_vec(),
        };
        let app = &self.0;
        let watchable = app
            .db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<bool, Stop> {
                let video = ours(conn, claim).await?;
                videos::insert_segment(conn, &row).await?;
                if let Some(percent) = percent_of(&video, seq, row.duration_us) {
                    videos::set_rendition_percent(conn, video.id, &row.rendition, percent).await?;
                }
                Ok(become_watchable(conn, app, &video).await?)
            })
            .await?;
        discard(&file).await?;
        if watchable {
            self.0.video.catalogue.forget(claim.video);
        }
        Ok(watchable)
    }

    async fn rendition_done(&self, claim: &Claim, done: &RenditionDone) -> Result<(), Stop> {
        let app = &self.0;
        let segments = i64::from(done.segments);
        app.db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Stop> {
                let video = ours(conn, claim).await?;
                let counts = videos::segment_counts(conn, video.id).await?;
                let stored = counts.iter().find(|(name, ..)| *name == done.rendition);
                if stored.map(|(_, count, ..)| *count) != Some(segments) {
                    return Err(refused("output_failed", "Segments of a rendition are missing."));
                }
                videos::set_rendition_complete(conn, video.id, &done.rendition).await?;
                become_watchable(conn, app, &video).await?;
                Ok(())
            })
            .await
    }

    async fn poster(&self, claim: &Claim, poster: &PosterReady, output: &Path) -> Result<(), Stop> {
        let generation = self.generation(claim).await?;
        if is_gone(&output.join(&poster.file)).await {
            // Stored by the first try; only its answer was lost.
            return Ok(());
        }
        let key = self.keep(generation, claim, output, &poster.file, poster.bytes).await?;
        self.0
            .db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Stop> {
                let video = ours(conn, claim).await?;
                videos::set_poster(conn, video.id, &key).await?;
                Ok(())
            })
            .await?;
        discard(&output.join(&poster.file)).await
    }

    async fn publish(&self, claim: &Claim, done: Done) -> Result<Settled, Stop> {
        let (app, now) = (&self.0, self.0.clock.now());
        let duration_ms = big(done.duration_us / 1000)?;
        app.db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<Settled, Stop> {
                let video = ours(conn, claim).await?;
                if !is_whole(conn, video.id).await? {
                    let failure = Failure {
                        code: "output_failed".to_owned(),
                        detail: "The worker called the video done before it was.".to_owned(),
                        at_s: None,
                        retryable: true,
                    };
                    // What is there cannot be trusted to be what it should.
                    abandon(conn, app, &video).await?;
                    return settle_failure(conn, app, &video, &failure, Some(Duration::ZERO), now)
                        .await;
                }
                videos::publish(conn, video.id, duration_ms, now).await?;
                if !videos::happen(conn, &video, Happening::Published, now).await? {
                    return Err(Stop::Lost);
                }
                videos::forget_unused_keys(conn, video.id).await?;
                let fact =
                    VideoProcessed { video_id: video.id, owner_id: video.owner_id, duration_ms };
                events::publish(conn, app, &fact).await?;
                Ok(Settled::Ready)
            })
            .await
    }

    async fn fail(
        &self,
        claim: &Claim,
        failure: &Failure,
        retry_in: Option<Duration>,
    ) -> Result<Settled, Stop> {
        let (app, now) = (&self.0, self.0.clock.now());
        app.db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<Settled, Stop> {
                let video = ours(conn, claim).await?;
                settle_failure(conn, app, &video, failure, retry_in, now).await
            })
            .await
    }

    async fn give_back(&self, claim: &Claim, happening: Happening) -> Result<Settled, Stop> {
        let (app, now) = (&self.0, self.0.clock.now());
        app.db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<Settled, Stop> {
                // Cancelled by its author, it has no worker any more: nothing is left to do.
                let Some(video) = videos::of_fence_locked(conn, claim.video, claim.fence).await?
                else {
                    return Ok(Settled::Cancelled);
                };
                videos::happen(conn, &video, happening, now).await?;
                if happening == Happening::Released {
                    // The node's stop is not the video's fault.
                    videos::set_attempts(conn, video.id, (video.attempts - 1).max(0)).await?;
                    return Ok(Settled::Released);
                }
                abandon(conn, app, &video).await?;
                Ok(Settled::Cancelled)
            })
            .await
    }
}

/// Claims a locked video.
async fn take(
    conn: &mut AsyncPgConnection,
    app: &App,
    mut video: Video,
    now: kernel::Timestamp,
) -> Result<Claim, Stop> {
    let master = &app.secrets.master_key;
    let rows = videos::keys(conn, video.id, video.generation).await?;
    let known: Result<Vec<SegmentKey>, _> =
        rows.iter().map(|row| keys::open(master, place(&video, row.epoch), &row.sealed)).collect();
    let known = match known {
        Ok(known) => known,
        Err(error) => {
            // The master key was changed: what was made under the old one is lost.
            tracing::error!(video.id = %video.id, %error, "a run begins anew");
            abandon(conn, app, &video).await?;
            video.generation = video.generation.saturating_add(1);
            Vec::new()
        }
    };
    let had = known.len();
    let mut limits = ProbeLimits::default();
    limits.max_duration_s = u32::try_from(video.max_duration_s).unwrap_or(limits.max_duration_s);
    let mut order = WorkerOrder::with_keys(known, limits);
    let fresh = order.keys.iter().enumerate().skip(had).map(|(epoch, key)| {
        let epoch = i32::try_from(epoch).map_err(Problem::internal)?;
        let sealed = keys::seal(master, place(&video, epoch), key).map_err(Problem::internal)?;
        Ok(KeyRow { video_id: video.id, generation: video.generation, epoch, sealed })
    });
    let fresh: Vec<KeyRow> = fresh.collect::<Result<_, Problem>>()?;
    videos::insert_keys(conn, &fresh).await?;
    order.first_segment = first_segment(conn, video.id).await?;
    order.sandbox = match app.config.media.sandbox {
        MediaSandbox::Required => SandboxPolicy::Required,
        MediaSandbox::BestEffort => SandboxPolicy::BestEffort,
    };
    let (attempts, fence) = (video.attempts.saturating_add(1), video.fence.saturating_add(1));
    let claim = videos::Claim {
        worker: app.node_id,
        lease_until: videos::lease(now, app.config.media.lease_seconds),
        attempts,
        generation: video.generation,
        fence,
    };
    videos::claim(conn, video.id, claim, now).await?;
    let attempt = u32::try_from(attempts).unwrap_or(1);
    Ok(Claim { job: video.id, video: video.id, attempt, fence, order })
}

/// The locked video, with no attempt held against it if more is stored than ever before: what ended a
/// run that had come further (a kill, an outage) says nothing against the file. A run that begins anew
/// has to come further than those before it.
async fn credited(conn: &mut AsyncPgConnection, mut video: Video) -> Result<Video, Stop> {
    if videos::credit(conn, video.id).await? {
        video.attempts = 0;
    }
    Ok(video)
}

fn place(video: &Video, epoch: i32) -> KeyPlace {
    KeyPlace { video: video.id, generation: video.generation, epoch }
}

fn crashed(video: &Video) -> Happening {
    Happening::Crashed { attempts: video.attempts.max(MAX_ATTEMPTS) }
}

/// The first segment that some rendition lacks; one is made again, so that a worker always has
/// something to end with.
async fn first_segment(conn: &mut AsyncPgConnection, video: Uuid) -> Result<u32, Stop> {
    let renditions = videos::renditions(conn, &[video]).await?;
    let counts = videos::segment_counts(conn, video).await?;
    let stored = renditions.iter().map(|rendition| {
        let mine = counts.iter().find(|(name, ..)| *name == rendition.name);
        // A gap cannot be: segments come in order. If there were one, all is made again.
        mine.filter(|(_, count, last, _)| *count == i64::from(*last) + 1)
            .map_or(0, |(_, count, ..)| *count)
    });
    let least = stored.min().unwrap_or(0);
    Ok(u32::try_from(least.saturating_sub(1)).unwrap_or(0))
}

fn renditions_of(video: Uuid, plan: &Plan) -> Result<Vec<Rendition>, Stop> {
    let rows = plan.renditions.iter().enumerate().map(|(position, rendition)| {
        let is_video = rendition.kind == RenditionKind::Video;
        let rate = rendition.frame_rate.filter(|_| is_video);
        Ok(Rendition {
            video_id: video,
            name: rendition.name.clone(),
            kind: if is_video { "video" } else { "audio" }.to_owned(),
            position: i16::try_from(position).unwrap_or(i16::MAX),
            width: is_video.then(|| int(rendition.width)).transpose()?,
            height: is_video.then(|| int(rendition.height)).transpose()?,
            frame_rate_num: rate.map(|rate| int(rate.num)).transpose()?,
            frame_rate_den: rate.map(|rate| int(rate.den)).transpose()?,
            channels: (!is_video).then(|| i16::try_from(rendition.channels).unwrap_or(2)),
            codecs: None,
            init_key: None,
            init_bytes: None,
            percent: 0.0,
            complete: false,
        })
    });
    rows.collect()
}

fn same_rendition(a: &Rendition, b: &Rendition) -> bool {
    a.name == b.name
        && a.kind == b.kind
        && (a.width, a.height) == (b.width, b.height)
        && (a.frame_rate_num, a.frame_rate_den) == (b.frame_rate_num, b.frame_rate_den)
        && a.channels == b.channels
}

#[expect(clippy::cast_precision_loss, reason = "a percentage needs no more")]
fn percent_of(video: &Video, seq: i32, segment_us: i64) -> Option<f32> {
    let whole_us = video.duration_ms?.max(1).saturating_mul(1000) as f32;
    let made_us = segment_us.saturating_mul(i64::from(seq) + 1) as f32;
    // 100 is for what is complete.
    Some((made_us / whole_us * 100.0).clamp(0.0, 99.0))
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "an estimate for people, clamped"
)]
fn eta_seconds(video: &Video, progress: &Progress) -> Option<i32> {
    let whole_s = video.duration_ms? as f64 / 1000.0;
    let made_s = progress.out_time_us as f64 / 1e6;
    let speed = f64::from(progress.speed);
    (speed > 0.01).then(|| ((whole_s - made_s).max(0.0) / speed).clamp(0.0, 1e9) as i32)
}

/// Whether players may begin: the sound, if there is any, and one picture have enough segments.
/// Publishes the fact the first time.
async fn become_watchable(
    conn: &mut AsyncPgConnection,
    app: &App,
    video: &Video,
) -> Result<bool, Problem> {
    if video.watchable {
        return Ok(false);
    }
    let renditions = videos::renditions(conn, &[video.id]).await?;
    let counts = videos::segment_counts(conn, video.id).await?;
    let enough = |rendition: &&Rendition| {
        let count = counts.iter().find(|(name, ..)| *name == rendition.name);
        let count = count.map_or(0, |(_, count, ..)| *count);
        rendition.init_key.is_some()
            && (rendition.complete || usize::try_from(count).is_ok_and(|n| n >= ENOUGH_SEGMENTS))
    };
    let (sound, picture): (Vec<&Rendition>, Vec<&Rendition>) =
        renditions.iter().partition(|rendition| rendition.kind == "audio");
    let ready = sound.iter().all(enough)
        && (picture.iter().any(enough) || (picture.is_empty() && !sound.is_empty()));
    if !ready {
        return Ok(false);
    }
    videos::set_watchable(conn, video.id).await?;
    let fact = VideoWatchable {
        video_id: video.id,
        owner_id: video.owner_id,
        duration_ms: video.duration_ms,
    };
    events::publish(conn, app, &fact).await?;
    Ok(true)
}

/// Whether everything that was planned is stored.
async fn is_whole(conn: &mut AsyncPgConnection, video: Uuid) -> Result<bool, Stop> {
    let renditions = videos::renditions(conn, &[video]).await?;
    let counts = videos::segment_counts(conn, video).await?;
    Ok(!renditions.is_empty()
        && renditions.iter().all(|rendition| {
            let mine = counts.iter().find(|(name, ..)| *name == rendition.name);
            rendition.complete
                && rendition.codecs.is_some()
                && rendition.init_key.is_some()
                && mine.is_some_and(|(_, count, last, _)| *count == i64::from(*last) + 1)
        }))
}

/// An attempt has failed: again after a pause, or the video has failed.
async fn settle_failure(
    conn: &mut AsyncPgConnection,
    app: &App,
    video: &Video,
    failure: &Failure,
    retry_in: Option<Duration>,
    now: kernel::Timestamp,
) -> Result<Settled, Stop> {
    let video = &credited(conn, video.clone()).await?;
    // The row counts attempts without progress; the actor has only seen how many there were when it
    // began, so its "never again" holds for what is not to be tried again at all.
    let again = failure.retryable && video.attempts < MAX_ATTEMPTS;
    let happening = match (again, failure.retryable) {
        (true, _) => Happening::Crashed { attempts: video.attempts },
        (false, true) => crashed(video),
        (false, false) => Happening::Refused,
    };
    if !videos::happen(conn, video, happening, now).await? {
        return Err(Stop::Lost);
    }
    if again {
        let pause = retry_in.unwrap_or(AFTER_PROGRESS);
        let run_at = now + chrono::TimeDelta::from_std(pause).unwrap_or(chrono::TimeDelta::zero());
        videos::set_run_at(conn, video.id, Some(run_at)).await?;
        return Ok(Settled::Retried);
    }
    failed(conn, app, video, failure, now).await?;
    Ok(Settled::Failed)
}

/// The public name of a worker's refusal: people see the table of codes, whoever found the fault.
fn public_code(code: &str) -> &str {
    let code = match code {
        "empty_file" => Code::MediaEmpty,
        "not_media" => Code::NotMedia,
        "playlist_refused" => Code::MediaPlaylist,
        "truncated_file" => Code::MediaTruncated,
        "no_streams" => Code::MediaNoStreams,
        "picture_too_large" => Code::MediaTooLarge,
        "too_long" => Code::MediaTooLong,
        other => return other,
    };
    code.name()
}

/// The video has failed; the state is set already.
async fn failed(
    conn: &mut AsyncPgConnection,
    app: &App,
    video: &Video,
    failure: &Failure,
    now: kernel::Timestamp,
) -> Result<(), Stop> {
    #[expect(clippy::cast_possible_truncation, reason = "clamped to what a video can be long")]
    let at_ms = failure.at_s.map(|at| (at.clamp(0.0, 1e6) * 1000.0) as i64);
    let detail: String = failure.detail.chars().filter(|c| !c.is_control()).take(500).collect();
    let is_final = !failure.retryable;
    let code = public_code(&failure.code);
    videos::set_error(conn, video.id, code, &detail, at_ms, is_final, now).await?;
    abandon(conn, app, video).await?;
    let fact = VideoFailed { video_id: video.id, owner_id: video.owner_id, code: code.to_owned() };
    events::publish(conn, app, &fact).await?;
    Ok(())
}

fn output_error(error: &io::Error) -> Stop {
    refused("output_failed", &format!("A file of the worker cannot be read: {error}."))
}

/// Reads a file that the worker has named; the media crate believes neither its kind nor its length.
async fn read_output(output: &Path, file: &str, bytes: u64) -> Result<Bytes, Stop> {
    if bytes == 0 {
        return Err(refused("output_failed", "A file of the worker is empty."));
    }
    read_product(output, file, bytes).await.map_err(|error| output_error(&error))
}

/// Whether the file was stored and removed already: the same line came twice.
async fn is_gone(path: &Path) -> bool {
    let meta = tokio::fs::symlink_metadata(path).await;
    meta.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// Removes a file that is stored; when that is repeated, it is gone already.
async fn discard(path: &Path) -> Result<(), Stop> {
    match tokio::fs::remove_file(path).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(output_error(&error)),
        _ => Ok(()),
    }
}
