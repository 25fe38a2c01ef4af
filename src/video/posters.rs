//! The still picture of a video: candidates made with it, and the author's choice (MED-14).

use actix_web::{HttpRequest, HttpResponse, web};
use diesel_async::AsyncPgConnection;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::OwnedVideo;
use super::store::{details, videos};
use super::views::{VideoView, seconds, view};
use super::{files, live};
use crate::app::App;
use crate::platform::http::{Body, Problem, ProblemDoc};

/// The still pictures to choose from.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Posters {
    /// In order of their numbers.
    pub items: Vec<PosterItem>,
    /// The number of the one that is shown; null while there is none.
    #[schema(required)]
    pub chosen: Option<i16>,
}

/// One still picture.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PosterItem {
    /// Its number.
    pub index: i16,
    /// Where in the video it is from, in seconds.
    pub at_s: f64,
    /// The picture; the address works for an hour, for its author.
    pub url: String,
}

/// An author's choice.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PosterChoice {
    /// The number of a still picture of the list.
    pub index: i16,
}

/// The still pictures to choose from.
#[utoipa::path(get, path = "/api/v1/videos/{id}/posters", tag = "videos",
    operation_id = "list_posters", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = Posters), (status = 404, body = ProblemDoc)))]
pub async fn list(
    app: App,
    OwnedVideo { video }: OwnedVideo,
) -> Result<web::Json<Posters>, Problem> {
    let mut conn = app.db.conn().await?;
    let rows = details::posters(&mut conn, video.id).await?;
    let items: Vec<PosterItem> = rows
        .iter()
        .map(|row| PosterItem {
            index: row.index,
            at_s: seconds(row.at_ms),
            url: files::candidate_url(&app, &video, row.index),
        })
        .collect();
    let shown = rows.iter().find(|row| Some(&row.store_key) == video.poster_key.as_ref());
    Ok(web::Json(Posters { items, chosen: shown.map(|row| row.index) }))
}

/// Chooses the still picture.
#[utoipa::path(put, path = "/api/v1/videos/{id}/poster", tag = "videos",
    operation_id = "choose_poster", params(("id" = uuid::Uuid, Path)), request_body = PosterChoice,
    responses((status = 200, body = VideoView), (status = 404, body = ProblemDoc),
        (status = 422, body = ProblemDoc)))]
pub async fn choose(
    app: App,
    OwnedVideo { video }: OwnedVideo,
    Body(choice): Body<PosterChoice>,
) -> Result<web::Json<VideoView>, Problem> {
    let shown = app
        .db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<VideoView, Problem> {
            let video =
                videos::find_locked(conn, video.id).await?.ok_or_else(Problem::not_found)?;
            let row = details::poster(conn, video.id, choice.index).await?;
            let row = row.ok_or_else(|| {
                Problem::invalid("index", "There is no such picture to choose from.")
            })?;
            details::of(conn, video.id).await?;
            details::choose_poster(conn, video.id, row.index).await?;
            videos::set_poster(conn, video.id, &row.store_key).await?;
            view(conn, &app, video.id).await
        })
        .await?;
    app.video.catalogue.forget(video.id);
    live::tell(&app, video.id).await;
    Ok(web::Json(shown))
}

/// A still picture to choose from, by its author's signed link.
#[utoipa::path(get, path = "/files/{token}/posters/{index}", tag = "files",
    operation_id = "poster_candidate", params(("token" = String, Path), ("index" = i16, Path)),
    responses((status = 200, content_type = "image/jpeg"), (status = 404, body = ProblemDoc),
        (status = 410, body = ProblemDoc)))]
pub async fn candidate(app: App, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let claims = files::claimed(&app, &req)?;
    let index = req.match_info().get("index").and_then(|index| index.parse().ok());
    let index: i16 = index.ok_or_else(Problem::not_found)?;
    let mut conn = app.db.conn().await?;
    let video = videos::find(&mut conn, claims.file_id).await?;
    // The link of the chosen picture is given to many; those not chosen are their author's to see.
    let video = video.filter(|video| video.owner_id == claims.user_id);
    let video = video.ok_or_else(Problem::not_found)?;
    let row = details::poster(&mut conn, video.id, index).await?.ok_or_else(Problem::not_found)?;
    drop(conn);
    files::picture(&app, row.store_key).await
}
