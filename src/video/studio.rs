//! What an author does with a video of their own.

use actix_web::web;

use super::access::OwnedVideo;
use super::attach;
use super::views::{VideoView, view};
use crate::app::App;
use crate::platform::http::{Problem, ProblemDoc};

/// How one's own video stands.
#[utoipa::path(get, path = "/api/v1/videos/{id}", tag = "videos",
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = VideoView), (status = 404, body = ProblemDoc)))]
pub async fn show(
    app: App,
    OwnedVideo { video }: OwnedVideo,
) -> Result<web::Json<VideoView>, Problem> {
    let mut conn = app.db.conn().await?;
    Ok(web::Json(view(&mut conn, &app, video.id).await?))
}

/// Tries a failed or stopped video again.
#[utoipa::path(post, path = "/api/v1/videos/{id}/retry", tag = "videos",
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = VideoView), (status = 404, body = ProblemDoc),
        (status = 409, body = ProblemDoc)))]
pub async fn retry(
    app: App,
    OwnedVideo { video }: OwnedVideo,
) -> Result<web::Json<VideoView>, Problem> {
    Ok(web::Json(attach::retry(&app, video.id, None).await?))
}

/// Stops the work on a video.
#[utoipa::path(post, path = "/api/v1/videos/{id}/cancel", tag = "videos",
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = VideoView), (status = 404, body = ProblemDoc),
        (status = 409, body = ProblemDoc)))]
pub async fn cancel(
    app: App,
    OwnedVideo { video }: OwnedVideo,
) -> Result<web::Json<VideoView>, Problem> {
    Ok(web::Json(attach::cancel(&app, video.id, None).await?))
}
