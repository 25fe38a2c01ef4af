//! Captions of a video: an author's WebVTT or SRT file in each language, kept as WebVTT of our own
//! making. Nothing of what was uploaded is passed on unread.

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;
use media::captions::{self, CaptionsError};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::access::OwnedVideo;
use super::live;
use super::model::CaptionsRow;
use super::store::details::{self, NewCaptions};
use super::store::videos;
use crate::app::App;
use crate::platform::http::{Checks, Code, Problem, ProblemDoc, Query, Rule, read_all};

/// Languages of one video, at most.
const MOST: usize = 30;
/// Files that one person may send.
const RULE: Rule = Rule::new("video_captions", 60, 60);
/// What browsers call such files; which it is shows in the bytes.
const TYPES: &[&str] =
    &["text/vtt", "application/x-subrip", "text/srt", "text/plain", "application/octet-stream"];

/// Captions in one language.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Caption {
    /// The language (BCP 47).
    pub language: String,
    /// What people choose them by.
    pub label: String,
    /// How many there are.
    pub cues: i32,
    /// Bytes of the text.
    pub size: i32,
    /// When they were last written.
    pub updated_at: DateTime<Utc>,
}

impl From<CaptionsRow> for Caption {
    fn from(row: CaptionsRow) -> Self {
        let CaptionsRow { language, label, cues, size, updated_at, .. } = row;
        Self { language, label, cues, size, updated_at }
    }
}

/// The captions of a video.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CaptionList {
    /// By language.
    pub items: Vec<Caption>,
}

/// How captions are shown to those who choose.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CaptionQuery {
    /// What people choose them by, at most 60 characters; the language's tag when it is left out.
    pub label: Option<String>,
}

/// The captions of one's own video.
#[utoipa::path(get, path = "/api/v1/videos/{id}/captions", tag = "videos",
    operation_id = "list_captions", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = CaptionList), (status = 404, body = ProblemDoc)))]
pub async fn list(
    app: App,
    OwnedVideo { video }: OwnedVideo,
) -> Result<web::Json<CaptionList>, Problem> {
    let mut conn = app.db.conn().await?;
    let rows = details::captions(&mut conn, video.id).await?;
    Ok(web::Json(CaptionList { items: rows.into_iter().map(Caption::from).collect() }))
}

/// Writes the captions of one language: a WebVTT or SRT file of at most 1 MiB, in UTF-8, UTF-16 or
/// windows-1251.
#[utoipa::path(put, path = "/api/v1/videos/{id}/captions/{language}", tag = "videos",
    operation_id = "put_captions",
    params(("id" = uuid::Uuid, Path), ("language" = String, Path), CaptionQuery),
    request_body(content((String = "text/vtt"), (String = "application/x-subrip"))),
    responses((status = 200, body = Caption), (status = 404, body = ProblemDoc),
        (status = 413, body = ProblemDoc), (status = 415, body = ProblemDoc),
        (status = 422, body = ProblemDoc)))]
pub async fn put(
    app: App,
    OwnedVideo { video }: OwnedVideo,
    req: HttpRequest,
    Query(query): Query<CaptionQuery>,
    payload: web::Payload,
) -> Result<web::Json<Caption>, Problem> {
    app.limits.check(&RULE, &video.owner_id.to_string(), app.clock.now())?;
    let language = language_of(&req)?;
    let mut checks = Checks::new();
    let label = checks.text("label", query.label.as_deref().unwrap_or(&language), 1..=60);
    checks.done()?;
    let read = read(&req, payload.into_inner()).await?;
    let (cues, vtt) = (read.cues().len(), read.to_webvtt());
    let now = app.clock.now();
    let row = app
        .db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<CaptionsRow, Problem> {
            let video =
                videos::find_locked(conn, video.id).await?.ok_or_else(Problem::not_found)?;
            let known = details::captions(conn, video.id).await?;
            if known.len() >= MOST && known.iter().all(|row| row.language != language) {
                return Err(Problem::invalid("language", "At most 30 languages fit one video."));
            }
            let new = NewCaptions {
                video_id: video.id,
                language: &language,
                label: &label,
                cues: i32::try_from(cues).unwrap_or(i32::MAX),
                vtt: &vtt,
            };
            Ok(details::put_captions(conn, new, now).await?)
        })
        .await?;
    app.video.catalogue.forget(video.id);
    live::tell(&app, video.id).await;
    Ok(web::Json(row.into()))
}

/// Takes the captions of one language off.
#[utoipa::path(delete, path = "/api/v1/videos/{id}/captions/{language}", tag = "videos",
    operation_id = "delete_captions",
    params(("id" = uuid::Uuid, Path), ("language" = String, Path)),
    responses((status = 204), (status = 404, body = ProblemDoc)))]
pub async fn remove(
    app: App,
    OwnedVideo { video }: OwnedVideo,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let language = language_of(&req)?;
    let mut conn = app.db.conn().await?;
    if !details::remove_captions(&mut conn, video.id, &language).await? {
        return Err(Problem::not_found());
    }
    drop(conn);
    app.video.catalogue.forget(video.id);
    live::tell(&app, video.id).await;
    Ok(HttpResponse::NoContent().finish())
}

/// The captions that a video has, by language. Whoever asks has checked that they may be read.
///
/// # Errors
/// Those of the database.
pub async fn captions_of(
    conn: &mut AsyncPgConnection,
    video_id: Uuid,
) -> Result<Vec<Caption>, Problem> {
    Ok(details::captions(conn, video_id).await?.into_iter().map(Caption::from).collect())
}

/// Their text in one language, WebVTT. Whoever asks has checked that it may be read.
///
/// # Errors
/// `not_found` when there are none in that language, and those of the database.
pub async fn captions_text(
    conn: &mut AsyncPgConnection,
    video_id: Uuid,
    language: &str,
) -> Result<String, Problem> {
    let language = canonical(language).ok_or_else(Problem::not_found)?;
    let found = details::caption_text(conn, video_id, &language).await?;
    found.map(|(text, _)| text).ok_or_else(Problem::not_found)
}

async fn read(req: &HttpRequest, payload: Payload) -> Result<captions::Captions, Problem> {
    let kind = req.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).map(str::trim);
    if kind.is_some_and(|kind| !TYPES.iter().any(|known| known.eq_ignore_ascii_case(kind))) {
        return Err(Problem::new(Code::UnsupportedMediaType)
            .detail("Send captions as text/vtt or application/x-subrip."));
    }
    let bytes = read_all(payload, captions::MAX_BYTES).await?;
    // A MiB of cues takes longer than other requests on this thread should wait.
    let read = tokio::task::spawn_blocking(move || captions::read(&bytes)).await;
    read.map_err(Problem::internal)?.map_err(refusal)
}

fn refusal(error: CaptionsError) -> Problem {
    let message = error.to_string();
    let problem = Problem::new(Code::CaptionsInvalid)
        .detail(message.clone())
        .field("captions", Code::CaptionsInvalid, message)
        .with("reason", error.code());
    match error.line() {
        Some(line) => problem.with("line", line),
        None => problem,
    }
}

fn language_of(req: &HttpRequest) -> Result<String, Problem> {
    let tag = req.match_info().get("language").unwrap_or_default();
    canonical(tag).ok_or_else(|| {
        Problem::invalid("language", "A language is a tag like en, ru, uz-Cyrl or pt-BR.")
    })
}

/// A language tag (BCP 47) in its usual spelling, so that one language has one address: `pt-BR`,
/// `uz-Cyrl`.
fn canonical(tag: &str) -> Option<String> {
    let mut parts = tag.split('-');
    let first = parts.next()?.to_ascii_lowercase();
    if !(2..=3).contains(&first.len()) || !first.bytes().all(|b| b.is_ascii_lowercase()) {
        return None;
    }
    let mut canonical = first;
    for (n, part) in parts.enumerate() {
        if n == 3
            || !(2..=8).contains(&part.len())
            || !part.bytes().all(|b| b.is_ascii_alphanumeric())
        {
            return None;
        }
        let letters = part.bytes().all(|b| b.is_ascii_alphabetic());
        let part = match (letters, part.len()) {
            (true, 2) => part.to_ascii_uppercase(),
            (true, 4) => {
                let (head, tail) = part.split_at(1);
                head.to_ascii_uppercase() + &tail.to_ascii_lowercase()
            }
            _ => part.to_ascii_lowercase(),
        };
        canonical = canonical + "-" + &part;
    }
    Some(canonical)
}

#[cfg(test)]
mod tests {
    use media::hls::MediaPath;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_language_has_one_spelling() {
        for (tag, wanted) in [
            ("en", Some("en")),
            ("EN", Some("en")),
            ("pt-br", Some("pt-BR")),
            ("UZ-cyrl", Some("uz-Cyrl")),
            ("zh-hant-tw", Some("zh-Hant-TW")),
            ("es-419", Some("es-419")),
            ("e", None),
            ("english", None),
            ("en-", None),
            ("en_US", None),
            ("en-a-b", None),
            ("../en", None),
            ("", None),
        ] {
            assert_eq!(canonical(tag).as_deref(), wanted, "{tag}");
        }
    }

    proptest! {
        #[test]
        fn every_language_that_is_taken_can_be_asked_for(tag in "[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8}){0,3}") {
            let tag = canonical(&tag).unwrap();
            prop_assert_eq!(canonical(&tag), Some(tag.clone()));
            let path = MediaPath::parse(&format!("s/{tag}.vtt"));
            prop_assert_eq!(path, Some(MediaPath::Captions(tag)));
        }
    }
}
