//! What people see of a video.

use std::collections::HashMap;

use diesel_async::AsyncPgConnection;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::details::{self, Details};
use super::files;
use super::model::{Rendition, Upload, Video, VideoKind};
use super::state::VideoState;
use super::store::{self, queue, segments, videos};
use crate::app::App;
use crate::platform::http::Problem;

/// A video as its author sees it while it is made and afterwards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VideoView {
    /// Its id.
    pub id: Uuid,
    /// The upload that it is made of.
    pub upload_id: Uuid,
    /// The uploaded file's name.
    pub file_name: String,
    /// Bytes of the uploaded file.
    pub size: i64,
    /// Where it stands.
    pub state: VideoState,
    /// Bytes that have arrived.
    pub received: i64,
    /// Whether players may begin already.
    pub watchable: bool,
    /// 0 to 100 of the whole work.
    pub percent: f32,
    /// Media seconds made per second of work.
    pub speed: Option<f32>,
    /// Seconds until it is ready, as far as can be told.
    pub eta_s: Option<i32>,
    /// How many videos are before it in the queue.
    pub queue_position: Option<i64>,
    /// What is made of it.
    pub renditions: Vec<RenditionView>,
    /// Its length in seconds.
    pub duration_s: Option<f64>,
    /// A still picture; the address works for an hour.
    pub poster_url: Option<String>,
    /// Why it failed.
    pub error: Option<VideoError>,
    /// A video, or something to listen to.
    pub kind: VideoKind,
    /// Recognised as a recorded screen: made with sharpness before smoothness.
    pub screen: bool,
    /// Its chapters, in order.
    pub chapters: Vec<Chapter>,
    /// Languages that it has captions in.
    pub captions: i64,
    /// Damaged stretches of the file that were left out.
    pub skipped: Vec<Skipped>,
    /// How loud the sound is; null until it is measured.
    #[schema(required)]
    pub loudness: Option<Loudness>,
}

/// A chapter of a video.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Chapter {
    /// Where it begins, in seconds.
    pub start_s: f64,
    /// Its title.
    pub title: String,
}

impl From<&details::Chapter> for Chapter {
    fn from(chapter: &details::Chapter) -> Self {
        Self { start_s: seconds(chapter.start_ms), title: chapter.title.clone() }
    }
}

/// A damaged stretch of a file.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Skipped {
    /// Where it begins, in seconds.
    pub from_s: f64,
    /// Where it ends, in seconds.
    pub to_s: f64,
}

/// How loud a source is (EBU R128), and what was done about it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Loudness {
    /// Integrated loudness of the source, in LUFS.
    pub integrated_lufs: f64,
    /// What was added, in dB.
    pub gain_db: f64,
}

/// One rendition of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RenditionView {
    /// `720p`, `audio` …
    pub name: String,
    /// 0 to 100.
    pub percent: f32,
    /// Where it stands.
    pub state: RenditionState,
}

/// Where a rendition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RenditionState {
    /// Nothing is made yet.
    Waiting,
    /// Segments come.
    Running,
    /// Complete.
    Ready,
    /// Complete, and not offered: it would gain nothing over the one below it.
    Dropped,
}

/// Why a video failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VideoError {
    /// A stable code.
    pub code: String,
    /// An English sentence.
    pub detail: String,
    /// Where in the video, in seconds.
    pub at_s: Option<f64>,
    /// Whether trying the same file again can help.
    pub retryable: bool,
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a video are far below 2^53")]
pub(super) fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

impl VideoError {
    /// Why `video` failed, if it did.
    pub(super) fn of(video: &Video) -> Option<Self> {
        let (code, detail) = (video.error_code.clone()?, video.error_detail.clone()?);
        let at_s = video.error_at_ms.map(seconds);
        Some(Self { code, detail, at_s, retryable: !video.error_final })
    }
}

impl VideoView {
    fn of(
        app: &App,
        video: Video,
        upload: &Upload,
        renditions: &[Rendition],
        queue_position: Option<i64>,
        around: &Around,
    ) -> Self {
        let state = VideoState::parse(&video.state).unwrap_or(VideoState::Failed);
        let error = VideoError::of(&video);
        let poster_url = video.poster_key.is_some().then(|| files::poster_url(app, video.id));
        let renditions = renditions
            .iter()
            .filter(|rendition| rendition.video_id == video.id)
            .map(|rendition| RenditionView {
                name: rendition.name.clone(),
                percent: rendition.percent,
                state: match (rendition.complete, rendition.listed, rendition.percent > 0.0) {
                    (true, true, _) => RenditionState::Ready,
                    (true, false, _) => RenditionState::Dropped,
                    (false, _, true) => RenditionState::Running,
                    (false, _, false) => RenditionState::Waiting,
                },
            })
            .collect();
        Self {
            id: video.id,
            upload_id: video.upload_id,
            file_name: video.file_name,
            size: video.size,
            state,
            received: upload.received,
            watchable: video.watchable,
            percent: video.percent,
            speed: video.speed,
            eta_s: video.eta_seconds,
            queue_position,
            renditions,
            duration_s: video.duration_ms.map(seconds),
            poster_url,
            error,
            kind: around.details.kind(),
            screen: around.details.screen,
            chapters: around.details.chapters.iter().map(Chapter::from).collect(),
            captions: around.captions,
            skipped: around
                .details
                .skipped
                .iter()
                .map(|skip| Skipped { from_s: seconds(skip.from_ms), to_s: seconds(skip.to_ms) })
                .collect(),
            loudness: around.details.loudness.map(|loudness| Loudness {
                integrated_lufs: loudness.integrated_lufs,
                gain_db: loudness.gain_db,
            }),
        }
    }
}

/// What surrounds a video.
#[derive(Debug, Default)]
struct Around {
    details: Details,
    captions: i64,
}

async fn around(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Around>, Problem> {
    let mut around: HashMap<Uuid, Around> = HashMap::new();
    for row in store::details::find(conn, ids).await? {
        let id = row.video_id;
        around.entry(id).or_default().details = row.into();
    }
    for (id, captions) in store::details::caption_counts(conn, ids).await? {
        around.entry(id).or_default().captions = captions;
    }
    Ok(around)
}

/// The videos as their authors see them; those that are not there are left out.
///
/// # Errors
/// Those of the database.
pub async fn views(
    conn: &mut AsyncPgConnection,
    app: &App,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, VideoView>, Problem> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = videos::with_uploads(conn, ids).await?;
    let renditions = segments::renditions(conn, ids).await?;
    let waiting: Vec<Uuid> = rows
        .iter()
        .filter(|(video, _)| video.state == VideoState::Queued.as_str())
        .map(|(video, _)| video.id)
        .collect();
    let positions: HashMap<Uuid, i64> = if waiting.is_empty() {
        HashMap::new()
    } else {
        queue::positions(conn, &waiting, app.clock.now()).await?.into_iter().collect()
    };
    let mut around = around(conn, ids).await?;
    Ok(rows
        .into_iter()
        .map(|(video, upload)| {
            let position = positions.get(&video.id).copied();
            let around = around.remove(&video.id).unwrap_or_default();
            (video.id, VideoView::of(app, video, &upload, &renditions, position, &around))
        })
        .collect())
}

/// A link to the still picture of a video, if there is one.
///
/// # Errors
/// Those of the database.
pub async fn poster(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: Uuid,
) -> Result<Option<String>, Problem> {
    let has_one = videos::find(conn, id).await?.is_some_and(|video| video.poster_key.is_some());
    Ok(has_one.then(|| files::poster_url(app, id)))
}

/// One of them.
///
/// # Errors
/// `not_found`, and those of the database.
pub async fn view(conn: &mut AsyncPgConnection, app: &App, id: Uuid) -> Result<VideoView, Problem> {
    views(conn, app, &[id]).await?.remove(&id).ok_or_else(Problem::not_found)
}
