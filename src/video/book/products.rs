//! What the child says and makes, written down: probe, plan, progress, segments. Files are
//! in the store before their rows, and every row is written under the claim's fence.

use std::io;
use std::path::Path;

use actors::transcode::port::Claim;
use bytes::Bytes;
use diesel_async::AsyncPgConnection;
use media::ladder::{Plan, RenditionKind};
use media::probe::MediaInfo;
use media::worker::{InitReady, Progress, RenditionDone, SegmentReady, read_product};
use uuid::Uuid;

use super::around::{note_chapters, note_kind};
use super::{Book, Stop, big, int, object_key, ours, refused};
use crate::app::App;
use crate::platform::events;
use crate::platform::http::Problem;
use crate::video::attach::abandon;
use crate::video::events::VideoWatchable;
use crate::video::model::{Rendition, Segment, Video};
use crate::video::state::Happening;
use crate::video::store::{segments, videos};
use crate::video::{ENOUGH_SEGMENTS, paths};

impl Book {
    pub(super) async fn probed(&self, claim: &Claim, info: &MediaInfo) -> Result<(), Stop> {
        let now = self.0.clock.now();
        let probe = serde_json::to_value(info).map_err(Problem::internal)?;
        let size = match &info.video {
            Some(video) => Some((int(video.width)?, int(video.height)?)),
            None => None,
        };
        let duration_ms = info.duration_us.map(|us| big(us / 1000)).transpose()?;
        self.0
            .db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Stop> {
                let video = ours(conn, claim).await?;
                videos::set_probe(conn, video.id, &probe, size, duration_ms).await?;
                note_chapters(conn, &video, info, duration_ms).await?;
                // Said before, perhaps: then it is transcoding already.
                videos::happen(conn, &video, Happening::Probed, now).await?;
                Ok(())
            })
            .await
    }

    pub(super) async fn planned(&self, claim: &Claim, plan: &Plan) -> Result<(), Stop> {
        let app = &self.0;
        let wanted = renditions_of(claim.video, plan)?;
        let target = int(plan.target_duration_s)?;
        let fits = app
            .db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<bool, Stop> {
                let video = ours(conn, claim).await?;
                let known = segments::renditions(conn, &[video.id]).await?;
                let same = known.len() == wanted.len()
                    && known.iter().zip(&wanted).all(|(a, b)| same_rendition(a, b));
                if !known.is_empty() && (!same || video.target_duration_s != Some(target)) {
                    abandon(conn, app, &video).await?;
                    return Ok(false);
                }
                segments::insert_renditions(conn, &wanted).await?;
                videos::set_target_duration(conn, video.id, target).await?;
                note_kind(conn, &video, plan).await?;
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

    pub(super) async fn progressed(&self, claim: &Claim, progress: &Progress) -> Result<(), Stop> {
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
    pub(super) async fn keep(
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

    pub(super) async fn generation(&self, claim: &Claim) -> Result<i32, Stop> {
        let mut conn = self.0.db.conn().await?;
        let video = videos::find(&mut conn, claim.video).await?.ok_or(Stop::Lost)?;
        let held = video.fence == claim.fence && video.claimed_by.is_some();
        if held { Ok(video.generation) } else { Err(Stop::Lost) }
    }

    pub(super) async fn init(
        &self,
        claim: &Claim,
        init: &InitReady,
        output: &Path,
    ) -> Result<(), Stop> {
        let generation = self.generation(claim).await?;
        let known = {
            let mut conn = self.0.db.conn().await?;
            let known = segments::renditions(&mut conn, &[claim.video]).await?;
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
                segments::set_init(conn, video.id, name, codecs, &key, bytes).await?;
                Ok(())
            })
            .await?;
        discard(&output.join(&init.file)).await
    }

    /// True when the video has become watchable by it.
    pub(super) async fn segment(
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
            if segments::has(&mut conn, claim.video, &segment.rendition, seq).await? {
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
                segments::insert(conn, &row).await?;
                if let Some(percent) = percent_of(&video, seq, row.duration_us) {
                    segments::set_percent(conn, video.id, &row.rendition, percent).await?;
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

    pub(super) async fn rendition_done(
        &self,
        claim: &Claim,
        done: &RenditionDone,
    ) -> Result<(), Stop> {
        let app = &self.0;
        let segments = i64::from(done.segments);
        app.db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Stop> {
                let video = ours(conn, claim).await?;
                let counts = segments::counts(conn, video.id).await?;
                let stored = counts.iter().find(|(name, ..)| *name == done.rendition);
                if stored.map(|(_, count, ..)| *count) != Some(segments) {
                    return Err(refused("output_failed", "Segments of a rendition are missing."));
                }
                segments::set_complete(conn, video.id, &done.rendition).await?;
                become_watchable(conn, app, &video).await?;
                Ok(())
            })
            .await
    }
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
            listed: true,
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
    let renditions = segments::renditions(conn, &[video.id]).await?;
    let counts = segments::counts(conn, video.id).await?;
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
pub(super) async fn is_gone(path: &Path) -> bool {
    let meta = tokio::fs::symlink_metadata(path).await;
    meta.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// Removes a file that is stored; when that is repeated, it is gone already.
pub(super) async fn discard(path: &Path) -> Result<(), Stop> {
    match tokio::fs::remove_file(path).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(output_error(&error)),
        _ => Ok(()),
    }
}
