//! An upload becomes a video; the author stops it, tries again, takes it off.

use diesel_async::AsyncPgConnection;
use serde_json::json;
use uuid::Uuid;

use super::events::VideoFailed;
use super::jobs::{RemoveGeneration, RemoveVideo};
use super::live;
use super::model::{Upload, Video, upload_state};
use super::playback::reason;
use super::state::{Happening, VideoState};
use super::store::runs::{self, RunEnd};
use super::store::{queue, sessions, uploads, videos};
use super::tus::{self, Purpose};
use super::views::{VideoView, view};
use crate::app::App;
use crate::platform::audit;
use crate::platform::events;
use crate::platform::http::{Code, Problem};
use crate::platform::jobs::{self, Enqueue};

/// Names a video.
pub type VideoId = Uuid;

/// What a video is for; each form has a length of its own (MED-01).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A lesson of a course.
    Lesson,
    /// What a course shows to strangers.
    Trailer,
}

impl Form {
    /// The longest that it may be, in seconds.
    fn max_duration_s(self, app: &App) -> i32 {
        let media = &app.config.media;
        let seconds = match self {
            Self::Lesson => media.max_lesson_seconds,
            Self::Trailer => media.max_trailer_seconds,
        };
        i32::try_from(seconds).unwrap_or(i32::MAX).max(1)
    }
}

/// Makes a video of the upload, in the caller's transaction. The bytes may still be coming: it is
/// queued for transcoding when they are there. One upload makes one video. One that turns out longer
/// than its form allows fails with `media_too_long`.
///
/// # Errors
/// `not_found` when it is not `owner`'s, `upload_gone`, the refusal of the file,
/// `conflict` when it has become something already.
pub async fn attach(
    conn: &mut AsyncPgConnection,
    app: &App,
    upload_id: Uuid,
    owner: Uuid,
    form: Form,
) -> Result<VideoId, Problem> {
    let now = app.clock.now();
    let upload = usable(conn, app, upload_id, owner, Purpose::Video).await?;
    let whole = upload.state == upload_state::COMPLETE;
    let exists = videos::of_upload_locked(conn, upload_id).await?.is_some();
    if exists {
        return Err(taken());
    }
    let state = if whole { VideoState::Queued } else { VideoState::Uploading };
    let id = app.id();
    videos::insert(
        conn,
        &Video {
            id,
            owner_id: owner,
            upload_id,
            file_name: upload.file_name,
            size: upload.size,
            state: state.as_str().to_owned(),
            generation: 1,
            attempts: 0,
            claimed_by: None,
            lease_until: None,
            fence: 0,
            run_at: None,
            queued_at: whole.then_some(now),
            watchable: false,
            percent: 0.0,
            speed: None,
            eta_seconds: None,
            duration_ms: None,
            width: None,
            height: None,
            probe: None,
            target_duration_s: None,
            max_duration_s: form.max_duration_s(app),
            poster_key: None,
            error_code: None,
            error_detail: None,
            error_at_ms: None,
            error_final: false,
            published_at: None,
            removed_at: None,
            created_at: now,
            updated_at: now,
        },
    )
    .await?;
    if whole {
        uploads::set_taken(conn, upload_id, now).await?;
    }
    Ok(id)
}

fn taken() -> Problem {
    Problem::new(Code::Conflict).detail("This upload has become a video or a file already.")
}

/// The owner's upload, locked, if something can be made of it.
pub(super) async fn usable(
    conn: &mut AsyncPgConnection,
    app: &App,
    upload_id: Uuid,
    owner: Uuid,
    purpose: Purpose,
) -> Result<Upload, Problem> {
    let upload =
        uploads::of_owner_locked(conn, upload_id, owner).await?.ok_or_else(Problem::not_found)?;
    if let Some(refusal) = &upload.refusal
        && let Some(code) = Code::ALL.iter().find(|code| code.name() == refusal)
    {
        return Err(Problem::new(*code));
    }
    tus::alive(&upload, app.clock.now())?;
    if upload.state == upload_state::TAKEN {
        return Err(taken());
    }
    if upload.purpose != purpose.as_str() {
        return Err(Problem::invalid("upload_id", "The upload was made for another purpose."));
    }
    Ok(upload)
}

/// Takes a video off, in the caller's transaction: playback ends, work on it stops, and its bytes
/// are deleted by a job, which also tells the players. Taking off what is not there is no error.
///
/// # Errors
/// Those of the database.
pub async fn remove(
    conn: &mut AsyncPgConnection,
    app: &App,
    video_id: VideoId,
) -> Result<(), Problem> {
    let now = app.clock.now();
    let Some(video) = videos::find(conn, video_id).await? else { return Ok(()) };
    // The upload is locked before the video, as everywhere. Whoever still writes it has to stop.
    let upload = uploads::find_locked(conn, video.upload_id).await?;
    if upload.is_some_and(|upload| upload.state == upload_state::RECEIVING) {
        uploads::refuse(conn, video.upload_id, Code::UploadGone.name(), now).await?;
    }
    if !videos::remove(conn, video_id, now).await? {
        return Ok(());
    }
    app.video.writers.stop(video.upload_id);
    sessions::end(conn, sessions::Whose::Video(video_id), reason::REMOVED, now).await?;
    let how = Enqueue::now().dedup(video_id.to_string());
    jobs::enqueue(conn, app, &RemoveVideo { video_id }, how).await
}

/// The author, or `admin`, whose act is written down, stops the work on a video.
///
/// # Errors
/// `not_found`, `video_state` when there is nothing to stop.
pub async fn cancel(
    app: &App,
    video_id: VideoId,
    admin: Option<Uuid>,
) -> Result<VideoView, Problem> {
    let now = app.clock.now();
    let shown = app
        .db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<VideoView, Problem> {
            let video =
                videos::find_locked(conn, video_id).await?.ok_or_else(Problem::not_found)?;
            if video.state == VideoState::Uploading.as_str()
                || !videos::happen(conn, &video, Happening::Cancelled, now).await?
            {
                return Err(Problem::new(Code::VideoState)
                    .detail("Only a video that waits or is being made can be stopped."));
            }
            written_down(conn, app, admin, "video.cancelled", video_id).await?;
            runs::end_open(conn, video_id, RunEnd::Cancelled, now).await?;
            // What was made so far is not shown any more.
            abandon(conn, app, &video).await?;
            let (owner_id, code) = (video.owner_id, "cancelled".to_owned());
            events::publish(conn, app, &VideoFailed { video_id, owner_id, code }).await?;
            view(conn, app, video_id).await
        })
        .await?;
    app.video.stop_transcoding(video_id);
    app.video.catalogue.forget(video_id);
    live::tell(app, video_id).await;
    Ok(shown)
}

/// The author, or `admin`, whose act is written down, wants a failed or stopped video to be tried again.
///
/// # Errors
/// `not_found`, `video_state` when it is neither, or when the file itself was refused.
pub async fn retry(
    app: &App,
    video_id: VideoId,
    admin: Option<Uuid>,
) -> Result<VideoView, Problem> {
    let now = app.clock.now();
    let shown = app
        .db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<VideoView, Problem> {
            let video =
                videos::find_locked(conn, video_id).await?.ok_or_else(Problem::not_found)?;
            let happening = Happening::Retried { last_was_final: video.error_final };
            // The error goes first: only a failed video has one.
            videos::clear_error(conn, video_id).await?;
            if !videos::happen(conn, &video, happening, now).await? {
                return Err(Problem::new(Code::VideoState).detail(if video.error_final {
                    "The file itself was refused: upload another one."
                } else {
                    "Only a failed or stopped video can be tried again."
                }));
            }
            videos::set_run_at(conn, video_id, None).await?;
            written_down(conn, app, admin, "video.retried", video_id).await?;
            view(conn, app, video_id).await
        })
        .await?;
    app.video.wake_transcoder();
    live::tell(app, video_id).await;
    Ok(shown)
}

/// An admin wants a video that waits to be taken before all others.
///
/// # Errors
/// `not_found`, `video_state` when it does not wait.
pub(super) async fn put_first(app: &App, video_id: VideoId, admin: Uuid) -> Result<(), Problem> {
    let now = app.clock.now();
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            let video =
                videos::find_locked(conn, video_id).await?.ok_or_else(Problem::not_found)?;
            if video.state != VideoState::Queued.as_str() {
                return Err(Problem::new(Code::VideoState)
                    .detail("Only a video that waits can be put before others."));
            }
            written_down(conn, app, Some(admin), "video.put_first", video_id).await?;
            Ok(queue::put_first(conn, video_id, now).await?)
        })
        .await?;
    app.video.wake_transcoder();
    live::tell(app, video_id).await;
    Ok(())
}

/// Puts an admin's act into the audit log; what authors do with their own videos is theirs.
async fn written_down(
    conn: &mut AsyncPgConnection,
    app: &App,
    admin: Option<Uuid>,
    action: &'static str,
    video_id: VideoId,
) -> Result<(), Problem> {
    let Some(admin) = admin else { return Ok(()) };
    Ok(audit::note(conn, app, admin, action, ("video", video_id), json!({})).await?)
}

/// Gives up what a run has made: the next one begins anew, in a place of its own.
pub(super) async fn abandon(
    conn: &mut AsyncPgConnection,
    app: &App,
    video: &Video,
) -> Result<(), Problem> {
    videos::begin_anew(conn, video.id, video.generation.saturating_add(1)).await?;
    let remove = RemoveGeneration { video_id: video.id, generation: video.generation };
    // By then a worker that does not know it yet has stopped storing.
    let at = videos::lease(app.clock.now(), app.config.media.lease_seconds);
    let how = Enqueue::now().at(at).dedup(format!("{}/{}", video.id, video.generation));
    jobs::enqueue(conn, app, &remove, how).await
}
