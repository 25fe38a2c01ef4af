//! Claiming the next video, and holding it: leases, fences, the order for the child with its keys.

use actors::transcode::port::{Claim, Lease};
use diesel_async::AsyncPgConnection;
use media::probe::ProbeLimits;
use media::worker::{Failure, SandboxPolicy, SegmentKey, StoredBefore, WorkerOrder};
use uuid::Uuid;

use super::settle::{crashed, failed};
use super::{Book, Stop};
use crate::app::App;
use crate::platform::config::MediaSandbox;
use crate::platform::http::Problem;
use crate::video::attach::abandon;
use crate::video::keys::{self, KeyPlace};
use crate::video::model::{KeyRow, Video};
use crate::video::state::{Happening, VideoState};
use crate::video::store::runs::{self, RunEnd};
use crate::video::store::{queue, sealed_keys, segments, videos};

/// What looking for work led to.
pub(super) enum Taken {
    Nothing,
    Claim(Box<Claim>),
    Failed(Uuid),
}

impl Book {
    pub(super) async fn claim_one(&self) -> Result<Taken, Stop> {
        let (app, now) = (&self.0, self.0.clock.now());
        app.db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<Taken, Stop> {
                let Some(video) = queue::next_claimable(conn, now).await? else {
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
                    runs::end_open(conn, video.id, RunEnd::Lost, now).await?;
                    failed(conn, app, &video, &failure, now).await?;
                    return Ok(Taken::Failed(video.id));
                }
                take(conn, app, video, now).await.map(|claim| Taken::Claim(Box::new(claim)))
            })
            .await
    }

    pub(super) async fn beat(&self, claim: &Claim) -> Result<Lease, Stop> {
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
}

/// Claims a locked video.
async fn take(
    conn: &mut AsyncPgConnection,
    app: &App,
    mut video: Video,
    now: kernel::Timestamp,
) -> Result<Claim, Stop> {
    let master = &app.secrets.master_keys;
    let rows = sealed_keys::of_run(conn, video.id, video.generation).await?;
    let known: Result<Vec<SegmentKey>, _> =
        rows.iter().map(|row| keys::open(master, place(&video, row.epoch), &row.sealed)).collect();
    let known = match known {
        Ok(known) => known,
        Err(error) => {
            // Its master key is gone: what was made under it is lost.
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
    sealed_keys::insert(conn, &fresh).await?;
    order.first_segment = first_segment(conn, video.id).await?;
    order.stored = stored_before(conn, video.id, order.first_segment).await?;
    order.work.patience_s = app.config.media.work_patience_seconds;
    order.work.per_second = app.config.media.work_per_second;
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
    let run = runs::Begin {
        id: app.id(),
        video: video.id,
        generation: video.generation,
        fence,
        worker: app.node_id,
    };
    runs::begin(conn, run, now).await?;
    let attempt = u32::try_from(attempts).unwrap_or(1);
    Ok(Claim { job: video.id, video: video.id, attempt, fence, order })
}

/// The locked video, with no attempt held against it if more is stored than ever before: what ended a
/// run that had come further (a kill, an outage) says nothing against the file. A run that begins anew
/// has to come further than those before it.
pub(super) async fn credited(
    conn: &mut AsyncPgConnection,
    mut video: Video,
) -> Result<Video, Stop> {
    if videos::credit(conn, video.id).await? {
        video.attempts = 0;
    }
    Ok(video)
}

fn place(video: &Video, epoch: i32) -> KeyPlace {
    KeyPlace { video: video.id, generation: video.generation, epoch }
}

/// The first segment that some rendition lacks; one is made again, so that a worker always has
/// something to end with.
async fn first_segment(conn: &mut AsyncPgConnection, video: Uuid) -> Result<u32, Stop> {
    let renditions = segments::renditions(conn, &[video]).await?;
    let counts = segments::counts(conn, video).await?;
    let stored = renditions.iter().map(|rendition| {
        let mine = counts.iter().find(|(name, ..)| *name == rendition.name);
        // A gap cannot be: segments come in order. If there were one, all is made again.
        mine.filter(|(_, count, last, _)| *count == i64::from(*last) + 1)
            .map_or(0, |(_, count, ..)| *count)
    });
    let least = stored.min().unwrap_or(0);
    Ok(u32::try_from(least.saturating_sub(1)).unwrap_or(0))
}

/// What earlier attempts have stored before the segment that the worker begins with.
async fn stored_before(
    conn: &mut AsyncPgConnection,
    video: Uuid,
    first_segment: u32,
) -> Result<Vec<StoredBefore>, Stop> {
    let before = i32::try_from(first_segment.saturating_sub(1)).unwrap_or(i32::MAX);
    let stored = segments::stored_before(conn, video, before).await?;
    let positive = |n: i64| u64::try_from(n).unwrap_or(0);
    let stored = stored.into_iter().map(|(rendition, bytes, duration_us)| StoredBefore {
        rendition,
        bytes: positive(bytes),
        duration_us: positive(duration_us),
    });
    Ok(stored.collect())
}
