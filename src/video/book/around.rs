//! What the child makes besides segments: still pictures, the storyboard, loudness, stretches that
//! were left out, rungs that gain nothing. Every line may come again, from a later attempt too.

use std::path::Path;

use actors::transcode::port::Claim;
use diesel_async::AsyncPgConnection;
use media::ladder::{LessonKind, Plan};
use media::probe::MediaInfo;
use media::worker::{Dropped, Loudness, PosterReady, SheetReady, Skipped, Storyboard};
use serde::Serialize;

use super::products::{discard, is_gone};
use super::{Book, Stop, big, ours, refused};
use crate::platform::http::Problem;
use crate::video::details::{self, Board, Details, Skip};
use crate::video::model::{PosterRow, Video, VideoKind};
use crate::video::store;
use crate::video::store::{segments, videos};

fn json(value: &impl Serialize) -> Result<serde_json::Value, Problem> {
    serde_json::to_value(value).map_err(Problem::internal)
}

/// Notes the chapters that the file brings, unless the author has written others.
pub(super) async fn note_chapters(
    conn: &mut AsyncPgConnection,
    video: &Video,
    info: &MediaInfo,
    duration_ms: Option<i64>,
) -> Result<(), Stop> {
    if store::details::of(conn, video.id).await?.chapters_by_author {
        return Ok(());
    }
    let found: Vec<(u64, String)> =
        info.chapters.iter().map(|chapter| (chapter.start_us, chapter.title.clone())).collect();
    let chapters = json(&details::chapters_of_file(&found, duration_ms))?;
    Ok(store::details::set_chapters(conn, video.id, &chapters, false).await?)
}

/// Notes what the video is going to be.
pub(super) async fn note_kind(
    conn: &mut AsyncPgConnection,
    video: &Video,
    plan: &Plan,
) -> Result<(), Stop> {
    let kind = match plan.kind {
        LessonKind::Video => VideoKind::Video,
        LessonKind::Listening => VideoKind::Listening,
    };
    store::details::of(conn, video.id).await?;
    Ok(store::details::set_kind(conn, video.id, kind, plan.screen).await?)
}

impl Book {
    /// A still picture to choose from. The first one is shown until the author chooses.
    pub(super) async fn poster(
        &self,
        claim: &Claim,
        poster: &PosterReady,
        output: &Path,
    ) -> Result<(), Stop> {
        let file = output.join(&poster.file);
        let generation = self.generation(claim).await?;
        if is_gone(&file).await {
            // Stored by the first try; only its answer was lost.
            return Ok(());
        }
        let store_key = self.keep(generation, claim, output, &poster.file, poster.bytes).await?;
        let index = i16::try_from(poster.index)
            .map_err(|_| refused("output_failed", "A picture's number is too large."))?;
        let row =
            PosterRow { video_id: claim.video, index, at_ms: big(poster.at_us / 1000)?, store_key };
        self.0
            .db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Stop> {
                let video = ours(conn, claim).await?;
                store::details::put_poster(conn, &row).await?;
                let chosen = store::details::of(conn, video.id).await?.poster_chosen;
                if chosen.unwrap_or(0) == row.index {
                    videos::set_poster(conn, video.id, &row.store_key).await?;
                }
                Ok(())
            })
            .await?;
        discard(&file).await
    }

    /// A sheet of the storyboard.
    pub(super) async fn sheet(
        &self,
        claim: &Claim,
        sheet: &SheetReady,
        output: &Path,
    ) -> Result<(), Stop> {
        let file = output.join(&sheet.file);
        let generation = self.generation(claim).await?;
        if is_gone(&file).await {
            return Ok(());
        }
        self.keep(generation, claim, output, &sheet.file, sheet.bytes).await?;
        let number = i16::try_from(sheet.sheet)
            .map_err(|_| refused("output_failed", "A sheet's number is too large."))?;
        self.0
            .db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Stop> {
                let video = ours(conn, claim).await?;
                let stored = store::details::of(conn, video.id).await?.sheets;
                if number > stored {
                    return Err(refused("output_failed", "A sheet of the storyboard is missing."));
                }
                let stored = stored.max(number.saturating_add(1));
                Ok(store::details::set_sheets(conn, video.id, stored).await?)
            })
            .await?;
        discard(&file).await
    }

    /// Every sheet is stored: the storyboard can be shown.
    pub(super) async fn storyboard(&self, claim: &Claim, told: &Storyboard) -> Result<(), Stop> {
        let board = Board {
            tile_width: told.tile_width,
            tile_height: told.tile_height,
            columns: told.columns,
            rows: told.rows,
            interval_ms: told.interval_us / 1000,
            count: told.count,
        };
        let text = json(&board)?;
        self.0
            .db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Stop> {
                let video = ours(conn, claim).await?;
                let stored = store::details::of(conn, video.id).await?.sheets;
                if u32::try_from(stored).unwrap_or(0) < board.sheets() {
                    return Err(refused("output_failed", "Sheets of the storyboard are missing."));
                }
                Ok(store::details::set_storyboard(conn, video.id, &text).await?)
            })
            .await
    }

    /// How loud the source is.
    pub(super) async fn loudness(&self, claim: &Claim, told: &Loudness) -> Result<(), Stop> {
        let text = json(&details::Loudness {
            integrated_lufs: told.integrated_lufs,
            true_peak_dbtp: told.true_peak_dbtp,
            gain_db: told.gain_db,
        })?;
        self.0
            .db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Stop> {
                let video = ours(conn, claim).await?;
                store::details::of(conn, video.id).await?;
                Ok(store::details::set_loudness(conn, video.id, &text).await?)
            })
            .await
    }

    /// A damaged stretch was left out.
    pub(super) async fn skipped(&self, claim: &Claim, told: &Skipped) -> Result<(), Stop> {
        let to_us = told.to_us.saturating_add(999);
        let skip = Skip { from_ms: big(told.from_us / 1000)?, to_ms: big(to_us / 1000)? };
        self.0
            .db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Stop> {
                let video = ours(conn, claim).await?;
                let known = Details::from(store::details::of(conn, video.id).await?).skipped;
                let all = json(&details::with_skip(known, skip))?;
                Ok(store::details::set_skipped(conn, video.id, &all).await?)
            })
            .await
    }

    /// A complete rung gains nothing: players are not told of it.
    pub(super) async fn dropped(&self, claim: &Claim, told: &Dropped) -> Result<(), Stop> {
        self.0
            .db
            .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Stop> {
                let video = ours(conn, claim).await?;
                let renditions = segments::renditions(conn, &[video.id]).await?;
                let pictures = |name_is: bool| {
                    renditions.iter().any(|r| {
                        r.kind == "video" && r.listed && (r.name == told.rendition) == name_is
                    })
                };
                if !pictures(true) {
                    // Not listed any more, or never a picture.
                    return Ok(());
                }
                if !pictures(false) {
                    return Err(refused("output_failed", "No picture would be left."));
                }
                Ok(segments::set_unlisted(conn, video.id, &told.rendition).await?)
            })
            .await
    }
}
