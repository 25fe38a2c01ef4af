//! Extractors that authorize and load: what is not the caller's is not there.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures::future::LocalBoxFuture;
use uuid::Uuid;

use super::model::{Upload, Video};
use super::store::{uploads, videos};
use crate::app::App;
use crate::identity::{Principal, Role, SignedIn};
use crate::platform::http::Problem;

/// An id of the path; what is no id names nothing.
fn id(req: &HttpRequest) -> Result<Uuid, Problem> {
    let text = req.match_info().get("id").unwrap_or_default();
    // One spelling only, so that every thing has one address.
    match Uuid::try_parse(text) {
        Ok(id) if text.len() == 36 => Ok(id),
        _ => Err(Problem::not_found()),
    }
}

/// The caller's own upload.
#[derive(Debug)]
pub struct OwnedUpload {
    pub(super) upload: Upload,
    pub(super) who: Principal,
}

impl FromRequest for OwnedUpload {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let who = SignedIn::from_request(req, payload);
        let (app, id) = (App::of(req), id(req));
        Box::pin(async move {
            let SignedIn(who) = who.await?;
            let (app, id) = (app?, id?);
            let mut conn = app.db.conn().await?;
            let upload = uploads::of_owner(&mut conn, id, who.user_id)
                .await?
                .ok_or_else(Problem::not_found)?;
            Ok(Self { upload, who })
        })
    }
}

/// The video of the path for whom `may` lets in; for others it is not there.
fn video(
    req: &HttpRequest,
    payload: &mut Payload,
    may: fn(&Principal, &Video) -> bool,
) -> impl Future<Output = Result<Video, Problem>> + use<> {
    let who = SignedIn::from_request(req, payload);
    let (app, id) = (App::of(req), id(req));
    async move {
        let SignedIn(who) = who.await?;
        let (app, id) = (app?, id?);
        let mut conn = app.db.conn().await?;
        let video = videos::find(&mut conn, id).await?;
        video.filter(|video| may(&who, video)).ok_or_else(Problem::not_found)
    }
}

/// The caller's own video.
#[derive(Debug)]
pub struct OwnedVideo {
    pub(super) video: Video,
}

impl FromRequest for OwnedVideo {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let video = video(req, payload, |who, video| video.owner_id == who.user_id);
        Box::pin(async { Ok(Self { video: video.await? }) })
    }
}

/// A video whose viewings the caller may study: their own, and any for an admin.
#[derive(Debug)]
pub struct StudiedVideo {
    pub(super) video: Video,
}

impl FromRequest for StudiedVideo {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let may =
            |who: &Principal, video: &Video| video.owner_id == who.user_id || who.has(Role::Admin);
        let video = video(req, payload, may);
        Box::pin(async { Ok(Self { video: video.await? }) })
    }
}
