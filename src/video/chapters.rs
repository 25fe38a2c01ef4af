//! The chapters of a video, as its author writes them. Those that the file brings stand until then.

use actix_web::web;
use diesel_async::AsyncPgConnection;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::OwnedVideo;
use super::details::{self, check_chapters};
use super::live;
use super::store::{self, videos};
use super::views::Chapter;
use crate::app::App;
use crate::platform::http::{Body, Problem, ProblemDoc};

/// The chapters of a video, in order; none takes them off.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Chapters {
    /// At most 100, each after the one before it, within the film.
    pub chapters: Vec<Chapter>,
}

/// Writes the chapters.
#[utoipa::path(put, path = "/api/v1/videos/{id}/chapters", tag = "videos",
    operation_id = "put_chapters", params(("id" = uuid::Uuid, Path)), request_body = Chapters,
    responses((status = 200, body = Chapters), (status = 404, body = ProblemDoc),
        (status = 422, body = ProblemDoc)))]
pub async fn put(
    app: App,
    OwnedVideo { video }: OwnedVideo,
    Body(input): Body<Chapters>,
) -> Result<web::Json<Chapters>, Problem> {
    let input: Vec<(f64, String)> =
        input.chapters.into_iter().map(|chapter| (chapter.start_s, chapter.title)).collect();
    let kept = app
        .db
        .transaction(
            async |conn: &mut AsyncPgConnection| -> Result<Vec<details::Chapter>, Problem> {
                let video =
                    videos::find_locked(conn, video.id).await?.ok_or_else(Problem::not_found)?;
                let kept = check_chapters(&input, video.duration_ms)?;
                let json = serde_json::to_value(&kept).map_err(Problem::internal)?;
                store::details::of(conn, video.id).await?;
                store::details::set_chapters(conn, video.id, &json, true).await?;
                Ok(kept)
            },
        )
        .await?;
    app.video.catalogue.forget(video.id);
    live::tell(&app, video.id).await;
    Ok(web::Json(Chapters { chapters: kept.iter().map(Chapter::from).collect() }))
}
