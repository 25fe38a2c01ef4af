//! Video: uploads, transcoding, protected playback, files for download.
//!
//! It owns what an upload becomes. Tables: `uploads`, `upload_parts`, `videos`, `video_renditions`,
//! `video_segments`, `video_keys`, `video_runs`, `video_queue`, `video_queue_authors`,
//! `video_details`, `video_posters`, `video_captions`, `video_retention`, `playback_sessions`,
//! `playback_reports`, `playback_traffic`, `files`.
//!
//! Invariants: an offset that was answered is durable; a video is published by one transaction;
//! segments are in the store before their rows; keys are at rest only sealed; nothing of a video is
//! served without a live playback session; no address leads to an original.
//!
//! - `tus`: resumable uploads. `attach`: an upload becomes a video. `files`: or a file.
//! - `state`, `book`: the life of a video, and the book of the TranscodingJob actor over it.
//! - `queue`: which video comes next. `admin`: all work on videos, as admins see it.
//! - `details`, `captions`, `posters`, `chapters`: what surrounds a video.
//! - `intervals`: what of a video was played. `traffic`: what people were sent.
//! - `playback`: grants, media paths, keys. `live`: frames for the studio.

mod access;
mod admin;
mod attach;
mod book;
mod captions;
mod cdn;
mod chapters;
mod child;
mod details;
mod events;
mod files;
pub mod intervals;
mod jobs;
mod keys;
mod live;
mod model;
mod paths;
mod playback;
mod posters;
mod queue;
mod reasons;
mod received;
mod rotate;
mod schema;
mod serve;
mod services;
mod sniff;
mod state;
mod store;
mod studio;
mod traffic;
mod tus;
mod views;
mod zip;

use std::time::Duration;

use futures::FutureExt as _;
use utoipa::OpenApi;

use crate::identity::{SessionEnded, Status, UserStatusChanged};
use crate::platform::events::Subscribers;
use crate::platform::http::{Policy, Routes};
use crate::platform::jobs::{Handlers, Schedule};

pub use access::{OwnedUpload, OwnedVideo};
pub use admin::measure;
pub use attach::{Form, VideoId, attach, remove};
pub use captions::{Caption, captions_of, captions_text};
pub use events::{VideoFailed, VideoProcessed, VideoWatchable};
pub use files::{
    FILE_LINK_S, StoredFile, disposition, file_url, remove_file, set_downloadable, stored_files,
    take_file, take_picture,
};
pub use live::{may_watch_job, topic as job_topic};
pub use model::VideoKind;
pub use playback::{
    CaptionsTrack, Ended, Grant, Playback, Storyboard, Viewer, end_playback, grant_playback,
    may_hear_playback,
};
pub use received::{
    Received, file_claims, file_token, hand_back, received_bytes, received_for_chat,
};
pub use rotate::{Rotation, rotate_keys};
pub use services::{Services, drain, finish, start};
pub use state::VideoState;
pub use tus::PART_BYTES;
pub use views::{
    Chapter, Loudness, RenditionState, RenditionView, Skipped, VideoError, VideoView, poster, view,
    views,
};

/// Segments that a rendition needs before players are told of it while it grows.
const ENOUGH_SEGMENTS: usize = playback::ENOUGH_SEGMENTS;

/// Its part of the OpenAPI document.
#[derive(OpenApi)]
#[openapi(
    paths(
        tus::capabilities,
        tus::create,
        tus::list,
        tus::offset,
        tus::append,
        tus::overridden,
        tus::terminate,
        studio::show,
        studio::retry,
        studio::cancel,
        playback::analytics,
        playback::report,
        traffic::show,
        captions::list,
        captions::put,
        captions::remove,
        posters::list,
        posters::choose,
        posters::candidate,
        chapters::put,
        playback::heartbeat,
        playback::close,
        playback::media,
        playback::of_cdn,
        files::download,
        files::poster,
        admin::list,
        admin::show,
        admin::retry,
        admin::cancel,
        admin::first,
    ),
    components(schemas(VideoView, Playback))
)]
pub struct Docs;

/// Its routes.
pub fn routes(r: &mut Routes) {
    const UPLOADS: &str = "/api/v1/uploads";
    const UPLOAD: &str = "/api/v1/uploads/{id}";
    let options = actix_web::http::Method::OPTIONS;
    let capabilities = Policy::Public("what the server can do is the same for everybody");
    r.route(options.clone(), UPLOADS, capabilities, tus::capabilities);
    r.route(options, UPLOAD, capabilities, tus::capabilities);
    r.post(UPLOADS, Policy::SignedIn, tus::create);
    r.get(UPLOADS, Policy::SignedIn, tus::list);
    r.head(UPLOAD, Policy::Owner("upload"), tus::offset);
    r.patch(UPLOAD, Policy::Owner("upload"), tus::append);
    r.post(UPLOAD, Policy::Owner("upload"), tus::overridden);
    r.delete(UPLOAD, Policy::Owner("upload"), tus::terminate);

    r.get("/api/v1/videos/{id}", Policy::Owner("video"), studio::show);
    r.post("/api/v1/videos/{id}/retry", Policy::Owner("video"), studio::retry);
    r.post("/api/v1/videos/{id}/cancel", Policy::Owner("video"), studio::cancel);

    const ADMIN: Policy = Policy::Staff("admin");
    r.get("/api/v1/admin/transcodes", ADMIN, admin::list);
    r.get("/api/v1/admin/transcodes/{id}", ADMIN, admin::show);
    r.post("/api/v1/admin/transcodes/{id}/retry", ADMIN, admin::retry);
    r.post("/api/v1/admin/transcodes/{id}/cancel", ADMIN, admin::cancel);
    r.post("/api/v1/admin/transcodes/{id}/first", ADMIN, admin::first);
    r.get("/api/v1/videos/{id}/analytics", Policy::Owner("video"), playback::analytics);
    r.get("/api/v1/admin/users/{id}/traffic", ADMIN, traffic::show);
    const CAPTIONS: &str = "/api/v1/videos/{id}/captions/{language}";
    r.get("/api/v1/videos/{id}/captions", Policy::Owner("video"), captions::list);
    r.put(CAPTIONS, Policy::Owner("video"), captions::put);
    r.delete(CAPTIONS, Policy::Owner("video"), captions::remove);
    r.get("/api/v1/videos/{id}/posters", Policy::Owner("video"), posters::list);
    r.put("/api/v1/videos/{id}/poster", Policy::Owner("video"), posters::choose);
    r.put("/api/v1/videos/{id}/chapters", Policy::Owner("video"), chapters::put);

    let session = Policy::Bearer("the playback session of the path, and its viewer");
    r.post("/api/v1/playback/{session}/heartbeat", session, playback::heartbeat);
    r.delete("/api/v1/playback/{session}", session, playback::close);
    let known = Policy::Bearer("the playback session of the path, which only its viewer is told");
    r.post("/api/v1/playback/{session}/report", known, playback::report);
    let token = Policy::Bearer("the playback token of the path");
    r.door("/m", "/m/{token}/{video}/{path:.*}", token, playback::media);
    let network = Policy::Bearer("the secret of the delivery network");
    r.get("/cdn/{video}/{generation}/{rendition}/{file}", network, playback::of_cdn);
    r.head("/cdn/{video}/{generation}/{rendition}/{file}", network, playback::of_cdn);
    let link = Policy::Bearer("the signature of the link");
    r.get("/files/{token}/poster.jpg", link, files::poster);
    r.get("/files/{token}/posters/{index}", link, posters::candidate);
    r.get("/files/{token}", link, files::download);
}

/// Its kinds of jobs.
pub fn jobs(handlers: &mut Handlers) {
    handlers.job::<jobs::FinishUpload>();
    handlers.job::<jobs::RemoveUpload>();
    handlers.job::<jobs::RemoveVideo>();
    handlers.job::<jobs::RemoveGeneration>();
    handlers.job::<jobs::RemoveFile>();
}

/// The facts that it hears. What is heard at once by `app.live` is heard here again: a notice may be
/// lost, a fact is not.
pub fn subscribe(s: &mut Subscribers) {
    s.subscribe::<SessionEnded, _, _>("video.session_ended", |app, fact, _| async move {
        end_playback(&app, Ended::SignIn(fact.session_id)).await?;
        Ok(())
    });
    s.subscribe::<UserStatusChanged, _, _>(
        "video.user_status_changed",
        |app, fact, _| async move {
            if fact.status != Status::Active {
                end_playback(&app, Ended::Blocked(fact.user_id)).await?;
            }
            Ok(())
        },
    );
}

/// What it does again and again.
pub fn schedules() -> Vec<Schedule> {
    vec![
        Schedule {
            name: "video.sweep_uploads",
            every: Duration::from_secs(600),
            run: |app| async move { tus::sweep(&app).await }.boxed(),
        },
        Schedule {
            name: "video.clear_scratch",
            every: Duration::from_secs(600),
            run: |app| async move { child::clear_strays(&app).await }.boxed(),
        },
        Schedule {
            name: "video.purge_run_logs",
            every: Duration::from_secs(24 * 3600),
            run: |app| async move { admin::purge_logs(&app).await }.boxed(),
        },
        Schedule {
            name: "video.purge_playback",
            every: Duration::from_secs(24 * 3600),
            run: |app| async move { playback::purge(&app).await }.boxed(),
        },
    ]
}
