//! Heartbeat and end of a playback, and the media paths.

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use futures::TryStreamExt as _;
use media::hls::{MediaPath, subtitles};
use media::storage::{ObjectKey, StorageError};
use media::token::{PlaybackClaims, TokenError};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::catalogue::{self, Playable, Written};
use super::grant::{Ended, Playback, end_playback, renew, take_place};
use super::hot::Found;
use super::pieces::Pieces;
use super::{rules, sessions};
use crate::app::App;
use crate::identity::MaybeSignedIn;
use crate::platform::http::{Body, ClientAddress, Code, Problem, ProblemDoc, pack};
use crate::video::cdn;
use crate::video::model::PlaybackSession;
use crate::video::store::details;
use crate::video::traffic::metered;

/// What a player says of itself once a minute.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    /// Where it is, in seconds.
    pub position_s: Option<f32>,
}

/// The session of the path, if it is the caller's: a session granted to a person is theirs alone; a
/// stranger's preview belongs to whoever knows its id, which nobody else is told.
async fn own_session(
    app: &App,
    who: &MaybeSignedIn,
    req: &HttpRequest,
) -> Result<PlaybackSession, Problem> {
    let text = req.match_info().get("session").unwrap_or_default();
    let id = Uuid::try_parse(text).map_err(|_| Problem::not_found())?;
    let mut conn = app.db.conn().await?;
    let session = crate::video::store::sessions::find(&mut conn, id).await?;
    let user = who.0.as_ref().map(|who| who.user_id);
    session
        .filter(|session| session.user_id.is_none() || session.user_id == user)
        .ok_or_else(Problem::not_found)
}

/// Renews a playback and its token.
#[utoipa::path(post, path = "/api/v1/playback/{session}/heartbeat", tag = "playback",
    params(("session" = Uuid, Path)), request_body = Heartbeat,
    responses((status = 200, body = Playback), (status = 404, body = ProblemDoc),
        (status = 410, body = ProblemDoc), (status = 429, body = ProblemDoc)))]
pub async fn heartbeat(
    app: App,
    who: MaybeSignedIn,
    req: HttpRequest,
    Body(beat): Body<Heartbeat>,
) -> Result<web::Json<Playback>, Problem> {
    if beat.position_s.is_some_and(|at| !at.is_finite() || at < 0.0) {
        return Err(Problem::invalid("position_s", "Seconds from the beginning, 0 or more."));
    }
    let session = own_session(&app, &who, &req).await?;
    app.limits.check(&rules::BEATS, &session.id.to_string(), app.clock.now())?;
    rules::check_renewal(&session, app.clock.now())?;
    Ok(web::Json(renew(&app, session.id, beat.position_s).await?))
}

/// Ends a playback.
#[utoipa::path(delete, path = "/api/v1/playback/{session}", tag = "playback",
    params(("session" = Uuid, Path)),
    responses((status = 204), (status = 404, body = ProblemDoc)))]
pub async fn close(
    app: App,
    who: MaybeSignedIn,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let session = own_session(&app, &who, &req).await?;
    end_playback(&app, Ended::Closed(session.id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

// `HEAD` answers as `GET` does, without the body.
/// Playlists, segments, keys and the poster of a video, by the token in the path.
#[utoipa::path(get, path = "/m/{token}/{video}/{path}", tag = "playback",
    params(("token" = String, Path), ("video" = Uuid, Path),
        ("path" = String, Path, description = "master.m3u8, v/{name}.m3u8, a/{name}.m3u8, \
         {name}/init.mp4, {name}/{n}.m4s, k/{n}, poster.jpg, s/{language}.m3u8, \
         s/{language}.vtt, t/{n}.jpg")),
    responses((status = 200), (status = 401, body = ProblemDoc), (status = 403, body = ProblemDoc),
        (status = 404, body = ProblemDoc), (status = 410, body = ProblemDoc),
        (status = 429, body = ProblemDoc), (status = 503, body = ProblemDoc)))]
pub async fn media(app: App, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let (app, req) = (&app, &req);
    // The raw path: nothing in it needs percent-encoding, so nothing is decoded.
    let mut elements = req.uri().path().splitn(5, '/').skip(2);
    let (Some(token), Some(video), Some(rest)) =
        (elements.next().filter(|token| !token.is_empty()), elements.next(), elements.next())
    else {
        return Err(Problem::not_found());
    };
    let path = MediaPath::parse(rest).ok_or_else(Problem::not_found)?;
    let video_id = match Uuid::try_parse(video) {
        Ok(id) if video.len() == 36 => id,
        _ => return Err(Problem::not_found()),
    };
    let now = app.clock.now();
    let claims = PlaybackClaims::verify(&app.video.playback_keys, token, video_id, now).map_err(
        |error| match error {
            TokenError::Invalid | TokenError::Expired => Problem::new(Code::PlaybackToken),
            TokenError::Mismatch => {
                Problem::new(Code::Forbidden).detail("The token is for another video.")
            }
            TokenError::BadKey => Problem::internal(error),
        },
    )?;
    let session = match &path {
        MediaPath::Key(_) => {
            check_origin(app, req.headers())?;
            sessions::just_asked(app, claims.session_id).await?
        }
        _ => sessions::live(app, claims.session_id).await?,
    };
    if session.video_id != video_id {
        return Err(Problem::new(Code::Forbidden));
    }
    let session = match &path {
        MediaPath::Segment(..)
            if session.replaces.is_some()
                && app.limits.check(&rules::WARM, &session.id.to_string(), now).is_err() =>
        {
            Box::pin(take_place(app, session)).await?
        }
        _ => session,
    };
    let network = || ClientAddress::of(req, app).limit_key();
    let (rule, key) = rules::counted(&session, &path, network);
    app.limits.check(rule, &key, now)?;
    let playable = catalogue::playable(app, video_id).await?;
    if let (MediaPath::Segment(name, seq), &Method::HEAD) = (&path, req.method()) {
        // Its length is known: the store need not be asked.
        let (_, bytes) = playable.segment(video_id, name, *seq).ok_or_else(Problem::not_found)?;
        let nothing = futures::stream::empty::<Result<web::Bytes, std::io::Error>>();
        return Ok(segment_head(&path).no_chunking(bytes).streaming(nothing));
    }
    answer(app, &path, &playable, &session, req.headers()).await
}

async fn answer(
    app: &App,
    path: &MediaPath,
    playable: &Playable,
    session: &PlaybackSession,
    headers: &HeaderMap,
) -> Result<HttpResponse, Problem> {
    let event = session.growing;
    let listed = |text: Option<Written>| {
        text.map(|text| playlist(path, &text, headers)).ok_or_else(Problem::not_found)
    };
    match path {
        MediaPath::Master => Ok(playlist(path, &playable.master(), headers)),
        MediaPath::VideoPlaylist(name) | MediaPath::AudioPlaylist(name) => {
            let is_audio = matches!(path, MediaPath::AudioPlaylist(_));
            let Some(cdn) = &app.video.cdn else {
                return listed(playable.media(name, is_audio, event));
            };
            let pass = cdn.pass(session.video_id, playable.generation, app.clock.now())?;
            listed(playable.media_at(name, is_audio, event, |file| pass.url(file)))
        }
        MediaPath::Init(name) => {
            let key = playable.init_key(name).ok_or_else(Problem::not_found)?;
            small_object(app, path, key).await
        }
        MediaPath::Segment(name, seq) => {
            let found = playable.segment(session.video_id, name, *seq);
            let (key, bytes) = found.ok_or_else(Problem::not_found)?;
            segment(app, path, &key, bytes, session.user_id).await
        }
        MediaPath::Key(epoch) => {
            let key = segment_key(app, playable, session.video_id, *epoch);
            let label = if key.is_ok() { "given" } else { "refused" };
            app.metrics.media_keys.with_label_values(&[label]).inc();
            key
        }
        MediaPath::Poster => {
            let key = playable.poster_key.as_deref().ok_or_else(Problem::not_found)?;
            // The author may choose another one.
            changeable(small_object(app, path, key).await?)
        }
        MediaPath::Sheet(sheet) => {
            let key = playable.sheet(session.video_id, *sheet).ok_or_else(Problem::not_found)?;
            changeable(small_object(app, path, &key).await?)
        }
        MediaPath::CaptionsPlaylist(language) => listed(playable.captions_playlist(language)),
        MediaPath::Captions(language) => {
            playable.captions(language).ok_or_else(Problem::not_found)?;
            let text = Box::pin(captions(app, session.video_id, language)).await?;
            Ok(playlist(path, &text, headers))
        }
    }
}

async fn captions(app: &App, video: Uuid, language: &str) -> Result<Written, Problem> {
    let mut conn = app.db.conn().await?;
    let found = details::caption_text(&mut conn, video, language).await?;
    let (text, _) = found.ok_or_else(Problem::not_found)?;
    Ok(Written::of(subtitles::segment(&text)))
}

/// Playlists and captions are personal: the token stands in their address. An hour has 150 kB of
/// playlist in each rendition, so they are packed for whoever can unpack.
fn playlist(path: &MediaPath, text: &Written, headers: &HeaderMap) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_TYPE, path.content_type()))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::VARY, "Accept-Encoding"));
    match text.packed.clone().filter(|_| pack::accepts(headers, "gzip")) {
        Some(packed) => response.insert_header((header::CONTENT_ENCODING, "gzip")).body(packed),
        None => response.body(text.plain.clone()),
    }
}

/// In the clear and of one viewing: kept by the browser alone, for a while.
fn changeable(mut response: HttpResponse) -> Result<HttpResponse, Problem> {
    let value = HeaderValue::from_static("private, max-age=600");
    response.headers_mut().insert(header::CACHE_CONTROL, value);
    Ok(response)
}

/// Who has fetched it may keep it; what lies on the way may not, for the address bears a token.
const IMMUTABLE: &str = "private, max-age=31536000, immutable";
/// By way of the delivery network, whose path bears none.
const PUBLIC: &str = "public, max-age=31536000, immutable";

/// Segments for the delivery network, which proves itself by its secret. What the network has a copy of
/// it gives out to signed addresses only, and nobody reads it without the keys.
#[utoipa::path(get, path = "/cdn/{video}/{generation}/{rendition}/{file}", tag = "playback",
    params(("video" = Uuid, Path), ("generation" = i32, Path), ("rendition" = String, Path),
        ("file" = String, Path, description = "init.mp4, {n}.m4s")),
    responses((status = 200), (status = 404, body = ProblemDoc), (status = 503, body = ProblemDoc)))]
pub async fn of_cdn(app: App, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let cdn = app.video.cdn.as_ref().ok_or_else(Problem::not_found)?;
    let given = req.headers().get(cdn::SECRET_HEADER).map(HeaderValue::as_bytes);
    if !cdn.proves(given) {
        return Err(Problem::not_found());
    }
    let mut elements = req.uri().path().splitn(5, '/').skip(2);
    let (Some(video), Some(generation), Some(rest)) =
        (elements.next(), elements.next(), elements.next())
    else {
        return Err(Problem::not_found());
    };
    let video_id = match Uuid::try_parse(video) {
        Ok(id) if video.len() == 36 => id,
        _ => return Err(Problem::not_found()),
    };
    let path = MediaPath::parse(rest).ok_or_else(Problem::not_found)?;
    let playable = catalogue::playable(&app, video_id).await?;
    if generation != playable.generation.to_string() {
        return Err(Problem::not_found());
    }
    let mut response = match &path {
        MediaPath::Init(name) => {
            let key = playable.init_key(name).ok_or_else(Problem::not_found)?;
            small_object(&app, &path, key).await?
        }
        MediaPath::Segment(name, seq) => {
            let (key, bytes) =
                playable.segment(video_id, name, *seq).ok_or_else(Problem::not_found)?;
            segment(&app, &path, &key, bytes, None).await?
        }
        _ => return Err(Problem::not_found()),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(PUBLIC));
    let policy = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(policy, HeaderValue::from_static("cross-origin"));
    // Our own pages ask for it from another origin.
    let ours = HeaderValue::from_str(&app.config.site.base_url).map_err(Problem::internal)?;
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ours);
    Ok(response)
}

fn object_key(key: &str) -> Result<ObjectKey, Problem> {
    ObjectKey::new(key).map_err(Problem::internal)
}

fn store_problem(error: StorageError) -> Problem {
    match error {
        StorageError::NotFound => Problem::not_found(),
        StorageError::Unavailable(_) => Problem::unavailable(error, 2),
        other => Problem::internal(other),
    }
}

async fn small_object(app: &App, path: &MediaPath, key: &str) -> Result<HttpResponse, Problem> {
    let bytes = app.store.get(&object_key(key)?).await.map_err(store_problem)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, path.content_type()))
        .insert_header((header::CACHE_CONTROL, IMMUTABLE))
        .body(bytes))
}

/// Segments are encrypted, so whoever keeps a copy on the way keeps noise.
async fn segment(
    app: &App,
    path: &MediaPath,
    key: &str,
    bytes: u64,
    user: Option<Uuid>,
) -> Result<HttpResponse, Problem> {
    let found = app.video.hot.look(key, bytes);
    let count = |bytes: u64| {
        if let Some(user) = user {
            app.video.traffic.count(user, app.clock.now(), bytes);
        }
    };
    if let Found::Kept(kept) = found {
        count(bytes);
        return Ok(segment_head(path).body(Pieces(kept)));
    }
    let object = object_key(key)?;
    if found == Found::Wanted {
        let whole = app.store.get(&object).await.map_err(store_problem)?;
        app.video.hot.keep(key.to_owned(), whole.clone());
        count(bytes);
        return Ok(segment_head(path).body(Pieces(whole)));
    }
    let body = app.store.stream(&object, None).await.map_err(store_problem)?;
    let body = metered(app, user, body.map_err(std::io::Error::other));
    Ok(segment_head(path).no_chunking(bytes).streaming(body))
}

fn segment_head(path: &MediaPath) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_TYPE, path.content_type()))
        .insert_header((header::CACHE_CONTROL, IMMUTABLE));
    response
}

fn segment_key(
    app: &App,
    playable: &Playable,
    video: Uuid,
    epoch: u32,
) -> Result<HttpResponse, Problem> {
    let key = playable.key(&app.secrets.master_keys, video, epoch);
    let key = key.ok_or_else(Problem::not_found)?.map_err(Problem::internal)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/octet-stream"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::PRAGMA, "no-cache"))
        .body(key.0.to_vec()))
}

/// A browser says where a request comes from: keys go to our own pages only. Players that are no
/// browsers say nothing, and have the token alone.
fn check_origin(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let foreign_origin =
        value("Origin").is_some_and(|origin| origin != app.config.site.base_url.as_str());
    let foreign_site =
        value("Sec-Fetch-Site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    if foreign_origin || foreign_site { Err(Problem::new(Code::CrossSite)) } else { Ok(()) }
}
