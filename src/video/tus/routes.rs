//! The tus endpoints. Every answer says `Tus-Resumable`, refusals too.

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, web};
use diesel_async::AsyncPgConnection;
use kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::begin::begin;
use super::finish::end;
use super::headers::{self, Purpose, text};
use super::receive::receive;
use super::spool::Spool;
use super::writer::durable_offset;
use super::{number, rules};
use crate::app::App;
use crate::identity::SignedIn;
use crate::platform::http::{Code, Page, PageQuery, Problem, ProblemDoc, Query, cursor};
use crate::video::access::OwnedUpload;
use crate::video::live;
use crate::video::model::{Upload, upload_state};
use crate::video::store::uploads;

const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const VERSION: HeaderName = HeaderName::from_static("tus-version");
const EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
const MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
const CHECKSUMS: HeaderName = HeaderName::from_static("tus-checksum-algorithm");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");

/// One's own upload that is not a video or a file yet.
#[derive(Debug, Serialize, ToSchema)]
pub struct UploadView {
    /// Its id; `/api/v1/uploads/{id}` is where to go on.
    pub id: Uuid,
    /// The file's name.
    pub file_name: String,
    /// Bytes in all.
    pub size: u64,
    /// Bytes that are durable.
    pub offset: u64,
    /// What it is for.
    pub purpose: Purpose,
    /// `receiving` or `complete`.
    pub state: String,
    /// When it is thrown away unless something happens.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

type Answer = Result<HttpResponse, Problem>;

/// Puts the protocol's own headers on an answer.
fn tus(answer: Answer) -> HttpResponse {
    let mut response = match answer {
        Ok(response) => response,
        Err(problem) => {
            let mut response = problem.error_response();
            if problem.code() == Code::TusVersion {
                let version = HeaderValue::from_static(headers::VERSION);
                response.headers_mut().insert(VERSION, version);
            }
            response
        }
    };
    let headers = response.headers_mut();
    headers.insert(RESUMABLE, HeaderValue::from_static(headers::VERSION));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn check_version(req: &HttpRequest) -> Result<(), Problem> {
    if text(req.headers(), "Tus-Resumable") == Some(headers::VERSION) {
        Ok(())
    } else {
        Err(Problem::new(Code::TusVersion))
    }
}

fn http_date(at: Timestamp) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// What the server can do (tus `OPTIONS`).
#[utoipa::path(options, path = "/api/v1/uploads", tag = "uploads",
    responses((status = 204, description = "Capabilities in Tus-* headers")))]
pub async fn capabilities(app: App) -> HttpResponse {
    tus(Ok(HttpResponse::NoContent()
        .insert_header((VERSION, headers::VERSION))
        .insert_header((EXTENSION, headers::EXTENSIONS))
        .insert_header((CHECKSUMS, headers::CHECKSUMS))
        .insert_header((MAX_SIZE, app.config.uploads.max_bytes))
        .finish()))
}

/// Begins an upload (tus creation, creation-with-upload).
#[utoipa::path(post, path = "/api/v1/uploads", tag = "uploads",
    params(("Upload-Length" = u64, Header, description = "Bytes of the file"),
        ("Upload-Metadata" = String, Header,
            description = "filename, filetype, purpose (video, file or task_image); values in base64")),
    responses((status = 201, description = "Location says where to send the bytes"),
        (status = 413, body = ProblemDoc), (status = 415, body = ProblemDoc),
        (status = 422, body = ProblemDoc), (status = 429, body = ProblemDoc)))]
pub async fn create(
    app: App,
    who: Result<SignedIn, Problem>,
    req: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let answer = async {
        let SignedIn(who) = who?;
        check_version(&req)?;
        let upload = begin(&app, &who, &req).await?;
        let mut response = HttpResponse::Created();
        response.insert_header((header::LOCATION, format!("/api/v1/uploads/{}", upload.id)));
        let mut expires_at = upload.expires_at;
        if text(req.headers(), "Content-Type") == Some(headers::OFFSET_OCTETS) {
            let (id, owner) = (upload.id, upload.owner_id);
            let offset = match receive(&app, &who, upload, 0, &req, payload).await {
                Ok(written) => {
                    expires_at = written.expires_at;
                    written.offset
                }
                Err(problem) if is_verdict(problem.code()) => return Err(problem),
                // The upload is there; the client goes on with PATCH from this offset.
                Err(_) => current_offset(&app, id, owner).await?,
            };
            response.insert_header((OFFSET, offset));
        }
        response.insert_header((EXPIRES, http_date(expires_at)));
        Ok(response.finish())
    };
    tus(answer.await)
}

/// Refusals that sending again cannot mend.
fn is_verdict(code: Code) -> bool {
    matches!(
        code,
        Code::NotMedia
            | Code::MediaPlaylist
            | Code::MediaEmpty
            | Code::FileType
            | Code::TooLarge
            | Code::BadRequest
            | Code::UploadChecksum
            | Code::SessionEnded
    )
}

async fn current_offset(app: &App, id: Uuid, owner: Uuid) -> Result<u64, Problem> {
    let mut conn = app.db.conn().await?;
    let upload = uploads::of_owner(&mut conn, id, owner).await?.ok_or_else(Problem::not_found)?;
    Ok(durable_offset(&Spool::new(&app.config.storage.spool), &upload).await)
}

/// How far an upload is (tus `HEAD`).
#[utoipa::path(head, path = "/api/v1/uploads/{id}", tag = "uploads", params(("id" = Uuid, Path)),
    responses((status = 200, description = "Upload-Offset, Upload-Length, Upload-Expires"),
        (status = 404), (status = 410)))]
pub async fn offset(
    app: App,
    owned: Result<OwnedUpload, Problem>,
    req: HttpRequest,
) -> HttpResponse {
    tus(say_offset(&app, owned, &req).await)
}

async fn say_offset(app: &App, owned: Result<OwnedUpload, Problem>, req: &HttpRequest) -> Answer {
    let OwnedUpload { upload, .. } = owned?;
    check_version(req)?;
    rules::alive(&upload, app.clock.now())?;
    let mut response = HttpResponse::Ok();
    response
        .insert_header((OFFSET, offset_of(app, &upload).await))
        .insert_header((LENGTH, number(upload.size)));
    if !upload.metadata.is_empty() {
        response.insert_header((METADATA, upload.metadata.as_str()));
    }
    if upload.state == upload_state::RECEIVING {
        response.insert_header((EXPIRES, http_date(upload.expires_at)));
    }
    Ok(response.finish())
}

async fn offset_of(app: &App, upload: &Upload) -> u64 {
    if upload.state == upload_state::RECEIVING {
        durable_offset(&Spool::new(&app.config.storage.spool), upload).await
    } else {
        number(upload.size)
    }
}

/// Sends bytes (tus `PATCH`).
#[utoipa::path(patch, path = "/api/v1/uploads/{id}", tag = "uploads",
    params(("id" = Uuid, Path), ("Upload-Offset" = u64, Header),
        ("Upload-Checksum" = Option<String>, Header, description = "sha1 or sha256, base64")),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses((status = 204, description = "Upload-Offset is durable"),
        (status = 404, body = ProblemDoc), (status = 408, body = ProblemDoc),
        (status = 409, body = ProblemDoc), (status = 410, body = ProblemDoc),
        (status = 413, body = ProblemDoc), (status = 415, body = ProblemDoc),
        (status = 422, body = ProblemDoc), (status = 423, body = ProblemDoc),
        (status = 503, body = ProblemDoc)))]
pub async fn append(
    app: App,
    owned: Result<OwnedUpload, Problem>,
    req: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    tus(append_bytes(&app, owned, &req, payload).await)
}

async fn append_bytes(
    app: &App,
    owned: Result<OwnedUpload, Problem>,
    req: &HttpRequest,
    payload: web::Payload,
) -> Answer {
    let OwnedUpload { upload, who } = owned?;
    check_version(req)?;
    rules::alive(&upload, app.clock.now())?;
    if text(req.headers(), "Content-Type") != Some(headers::OFFSET_OCTETS) {
        return Err(Problem::new(Code::UnsupportedMediaType)
            .detail("Send the bytes as application/offset+octet-stream."));
    }
    let at = headers::bytes("Upload-Offset", text(req.headers(), "Upload-Offset"))?;
    let written = receive(app, &who, upload, at, req, payload).await?;
    Ok(HttpResponse::NoContent()
        .insert_header((OFFSET, written.offset))
        .insert_header((EXPIRES, http_date(written.expires_at)))
        .finish())
}

/// `POST` with `X-HTTP-Method-Override`, for clients whose network knows no `PATCH`.
#[utoipa::path(post, path = "/api/v1/uploads/{id}", tag = "uploads",
    params(("id" = Uuid, Path), ("X-HTTP-Method-Override" = String, Header)),
    responses((status = 204), (status = 405, body = ProblemDoc)))]
pub async fn overridden(
    app: App,
    owned: Result<OwnedUpload, Problem>,
    req: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let method = text(req.headers(), "X-HTTP-Method-Override");
    let answer = match (method, owned) {
        // Whose it is comes before what is asked.
        (_, Err(problem)) => Err(problem),
        (Some("PATCH"), owned) => append_bytes(&app, owned, &req, payload).await,
        (Some("DELETE"), owned) => end_upload(&app, owned, &req).await,
        (Some("HEAD"), owned) => say_offset(&app, owned, &req).await,
        _ => Err(Problem::new(Code::MethodNotAllowed)),
    };
    tus(answer)
}

/// Ends an upload (tus termination).
#[utoipa::path(delete, path = "/api/v1/uploads/{id}", tag = "uploads", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = ProblemDoc), (status = 409, body = ProblemDoc)))]
pub async fn terminate(
    app: App,
    owned: Result<OwnedUpload, Problem>,
    req: HttpRequest,
) -> HttpResponse {
    tus(end_upload(&app, owned, &req).await)
}

async fn end_upload(app: &App, owned: Result<OwnedUpload, Problem>, req: &HttpRequest) -> Answer {
    let OwnedUpload { upload, who } = owned?;
    check_version(req)?;
    let now = app.clock.now();
    app.video.writers.stop(upload.id);
    let (id, owner) = (upload.id, who.user_id);
    let video = app
        .db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<Option<Uuid>, Problem> {
            let upload =
                uploads::of_owner_locked(conn, id, owner).await?.ok_or_else(Problem::not_found)?;
            rules::alive(&upload, now)?;
            if upload.state == upload_state::TAKEN {
                return Err(Problem::new(Code::Conflict).detail(
                    "The upload has become a video or a file: remove it where it is used.",
                ));
            }
            end(conn, app, &upload, Code::UploadGone, "The upload was ended.", now).await
        })
        .await?;
    if let Some(video) = video {
        live::tell(app, video).await;
    }
    Ok(HttpResponse::NoContent().finish())
}

/// One's own uploads that are not a video or a file yet, newest first.
#[utoipa::path(get, path = "/api/v1/uploads", tag = "uploads", params(PageQuery),
    responses((status = 200, body = Page<UploadView>)))]
pub async fn list(
    app: App,
    SignedIn(who): SignedIn,
    Query(page): Query<PageQuery>,
) -> Result<web::Json<Page<UploadView>>, Problem> {
    let after: Option<Uuid> = page.cursor.as_deref().map(cursor::decode).transpose()?;
    let mut conn = app.db.conn().await?;
    let limit = page.limit();
    let rows =
        uploads::unfinished(&mut conn, who.user_id, app.clock.now(), after, limit + 1).await?;
    drop(conn);
    let page = Page::of(rows, limit, |upload| upload.id);
    let mut items = Vec::with_capacity(page.items.len());
    for upload in page.items {
        items.push(UploadView {
            id: upload.id,
            offset: offset_of(&app, &upload).await,
            file_name: upload.file_name,
            size: number(upload.size),
            purpose: Purpose::parse(&upload.purpose).unwrap_or(Purpose::Video),
            state: upload.state,
            expires_at: upload.expires_at,
        });
    }
    Ok(web::Json(Page { items, next_cursor: page.next_cursor }))
}
