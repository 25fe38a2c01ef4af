//! The tus endpoints. Every answer says `Tus-Resumable`, refusals too.

use std::time::{Duration, Instant};

use actix_web::error::PayloadError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, web};
use diesel_async::AsyncPgConnection;
use futures::StreamExt as _;
use kernel::Timestamp;
use serde::Serialize;
use tokio::sync::{broadcast, mpsc};
use utoipa::ToSchema;
use uuid::Uuid;

use super::finish::{end, finish};
use super::headers::{self, Purpose};
use super::rules::{self, Bounds, Held};
use super::spool::Spool;
use super::writer::{Feed, Writer, Written, durable_offset, release};
use crate::app::App;
use crate::identity::{Principal, SignedIn, principal_of_session};
use crate::platform::config::StorageKind;
use crate::platform::disk;
use crate::platform::http::{Code, Page, PageQuery, Problem, ProblemDoc, Query, Rule, cursor};
use crate::platform::live::Notice;
use crate::video::access::OwnedUpload;
use crate::video::model::{Upload, upload_state};
use crate::video::store::uploads;
use crate::video::{live, paths, sniff};

const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const VERSION: HeaderName = HeaderName::from_static("tus-version");
const EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
const MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
const CHECKSUMS: HeaderName = HeaderName::from_static("tus-checksum-algorithm");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");

/// New uploads of one person (security: limits).
const CREATE: Rule = Rule::new("tus_create", 60, 3600);
/// Slower than this, for longer than [`GRACE`] in all, is no upload but a siege.
const MIN_BYTES_PER_S: u64 = 8 * 1024;
const GRACE: Duration = Duration::from_secs(10);
/// How long a silent writer of the same upload gets to leave.
const TAKE_OVER: Duration = Duration::from_secs(5);
/// Chunks between the network and the disk.
const CHANNEL: usize = 8;

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

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn bad_header(error: headers::BadHeader) -> Problem {
    let message = error.problem;
    Problem::new(Code::BadRequest).detail(error.to_string()).field(
        error.header,
        Code::Invalid,
        message,
    )
}

fn check_version(req: &HttpRequest) -> Result<(), Problem> {
    if text(req.headers(), "Tus-Resumable") == Some(headers::VERSION) {
        Ok(())
    } else {
        Err(Problem::new(Code::TusVersion))
    }
}

fn number(bytes: i64) -> u64 {
    u64::try_from(bytes).unwrap_or(0)
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
            description = "filename, filetype, purpose (video or file); values in base64")),
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

async fn begin(app: &App, who: &Principal, req: &HttpRequest) -> Result<Upload, Problem> {
    let now = app.clock.now();
    let request = req.headers();
    if request.contains_key("Upload-Defer-Length") || request.contains_key("Upload-Concat") {
        return Err(Problem::new(Code::BadRequest)
            .detail("The extensions creation-defer-length and concatenation are not offered."));
    }
    let size =
        headers::bytes("Upload-Length", text(request, "Upload-Length")).map_err(bad_header)?;
    let raw = text(request, "Upload-Metadata").unwrap_or_default();
    let metadata = headers::metadata(Some(raw)).map_err(bad_header)?;
    if metadata.purpose == Purpose::File {
        sniff::document_name(&metadata.file_name)?;
    }
    app.limits.check(&CREATE, &who.user_id.to_string(), now)?;
    room_for(app, size).await?;
    let limits = &app.config.uploads;
    let bounds = Bounds {
        max_bytes: limits.max_bytes,
        max_open: limits.max_open_per_user,
        quota_bytes: limits.quota_bytes,
    };
    let id = app.id();
    let upload = Upload {
        id,
        owner_id: who.user_id,
        purpose: metadata.purpose.as_str().to_owned(),
        metadata: raw.to_owned(),
        file_name: metadata.file_name,
        size: i64::try_from(size).map_err(Problem::internal)?,
        received: 0,
        stored: 0,
        store_key: paths::original(id),
        store_upload: None,
        state: upload_state::RECEIVING.to_owned(),
        content_type: None,
        active_content: false,
        refusal: None,
        writer: None,
        writer_until: None,
        expires_at: now + chrono::TimeDelta::hours(i64::from(limits.expire_hours)),
        created_at: now,
        updated_at: now,
    };
    let row = &upload;
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            uploads::lock_owner(conn, row.owner_id).await?;
            let (open, bytes) = uploads::held(conn, row.owner_id, now).await?;
            let held = Held { open: u32::try_from(open).unwrap_or(u32::MAX), bytes: number(bytes) };
            rules::admit(size, metadata.purpose, held, bounds)?;
            Ok(uploads::insert(conn, row).await?)
        })
        .await?;
    Ok(upload)
}

/// Whether the disks that uploads fill have room for `size` bytes and the reserve: quotas bound what
/// one person may keep, not what all of them may.
async fn room_for(app: &App, size: u64) -> Result<(), Problem> {
    let storage = &app.config.storage;
    let mut disks = vec![storage.spool.clone()];
    if storage.kind == StorageKind::Directory {
        disks.push(storage.directory.clone());
    }
    let free =
        web::block(move || disks.iter().filter_map(|path| disk::free_bytes_above(path)).min());
    let free = free.await.map_err(Problem::internal)?;
    rules::admit_room(size, free, app.config.uploads.free_reserve_bytes)
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
    let at = headers::bytes("Upload-Offset", text(req.headers(), "Upload-Offset"))
        .map_err(bad_header)?;
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

/// Takes the body of one request into `upload`.
async fn receive(
    app: &App,
    who: &Principal,
    upload: Upload,
    at: u64,
    req: &HttpRequest,
    payload: web::Payload,
) -> Result<Written, Problem> {
    let length = text(req.headers(), "Content-Length").and_then(|value| value.parse().ok());
    let checksum = text(req.headers(), "Upload-Checksum")
        .map(headers::checksum)
        .transpose()
        .map_err(bad_header)?;
    if upload.state != upload_state::RECEIVING {
        // Whole already: only an empty chunk at the end fits.
        let size = number(upload.size);
        rules::admit_chunk(&upload, size, at, length)?;
        return Ok(Written { offset: size, expires_at: upload.expires_at, whole: false });
    }
    let notices = app.live.listen();
    let lease = app.id();
    let upload = take(app, upload.id, lease).await?;
    let id = upload.id;
    let stop = app.video.writers.enter(id, lease);
    let guard = Leave { app: app.clone(), upload: id, lease };
    let opened = Writer::open(app.clone(), upload.clone(), lease, checksum).await;
    let admitted = opened.and_then(|writer| {
        rules::admit_chunk(&upload, writer.offset(), at, length).map(|()| writer)
    });
    let writer = match admitted {
        Ok(writer) => writer,
        Err(problem) => {
            release(app, id, lease).await;
            return Err(problem);
        }
    };
    let (sender, feed) = mpsc::channel(CHANNEL);
    // A task of its own: it outlives a handler that is dropped with its connection.
    let task = tokio::spawn({
        let (app, upload) = (app.clone(), upload.clone());
        async move {
            // The guard leaves the list of writers when the bytes are durable.
            let _guard = guard;
            let written = writer.run(feed).await?;
            if written.whole {
                finish_or_leave_it(&app, &upload, lease).await?;
            }
            Ok::<_, Problem>(written)
        }
    });
    let pumped = pump(app, who, id, lease, payload, &sender, &stop, notices).await;
    if pumped.is_ok() {
        // The writer that ended early has a reason of its own, which is asked for below.
        let _ = sender.send(Feed::End).await;
    }
    drop(sender);
    let written = task.await.map_err(Problem::internal)?;
    pumped.and(written)
}

/// The bytes are durable: when the store is away, a job goes on, and the client has done its part.
async fn finish_or_leave_it(app: &App, upload: &Upload, lease: Uuid) -> Result<(), Problem> {
    match finish(app, upload, lease).await {
        Err(problem) if problem.code().status().is_server_error() => {
            tracing::warn!(upload = %upload.id, %problem, "an upload is finished later");
            Ok(())
        }
        other => other,
    }
}

/// Leaves the list of writers, however the writer ends.
struct Leave {
    app: App,
    upload: Uuid,
    lease: Uuid,
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.app.video.writers.leave(self.upload, self.lease);
    }
}

/// Takes the right to write. A writer of this node that has fallen silent is sent away first.
async fn take(app: &App, id: Uuid, lease: Uuid) -> Result<Upload, Problem> {
    let until = Instant::now() + TAKE_OVER;
    loop {
        let taken = {
            let mut conn = app.db.conn().await?;
            uploads::take_writer(&mut conn, id, lease, app.clock.now()).await?
        };
        match taken {
            Some(upload) => return Ok(upload),
            None if app.video.writers.send_silent_away(id) && Instant::now() < until => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            None => return Err(Problem::new(Code::UploadLocked).retry_after(1)),
        }
    }
}

/// Carries the body to the writer until it ends.
///
/// # Errors
/// `body_timeout`, `session_ended`, `upload_locked` when another connection takes over, and
/// `bad_request` when the connection breaks off. The bytes before are kept.
#[expect(clippy::too_many_arguments, reason = "one place, and a struct would say less")]
async fn pump(
    app: &App,
    who: &Principal,
    id: Uuid,
    lease: Uuid,
    mut payload: web::Payload,
    sender: &mpsc::Sender<Feed>,
    stop: &tokio_util::sync::CancellationToken,
    mut notices: broadcast::Receiver<Notice>,
) -> Result<(), Problem> {
    let (mut waited, mut received) = (Duration::ZERO, 0u64);
    loop {
        let asked = Instant::now();
        let chunk = tokio::select! {
            chunk = payload.next() => chunk,
            () = stop.cancelled() => return Err(Problem::new(Code::UploadLocked).retry_after(1)),
            notice = notices.recv() => {
                if ends(app, &notice, who).await {
                    return Err(Problem::new(Code::SessionEnded));
                }
                continue;
            }
        };
        waited += asked.elapsed();
        let bytes = match chunk {
            None => return Ok(()),
            Some(Ok(bytes)) => bytes,
            Some(Err(PayloadError::Io(error))) if error.kind() == std::io::ErrorKind::TimedOut => {
                return Err(Problem::new(Code::BodyTimeout));
            }
            Some(Err(error)) => {
                return Err(Problem::new(Code::BadRequest)
                    .detail(format!("The connection broke off: {error}.")));
            }
        };
        received += bytes.len() as u64;
        if waited > GRACE && received < waited.as_secs().saturating_mul(MIN_BYTES_PER_S) {
            return Err(Problem::new(Code::BodyTimeout));
        }
        app.video.writers.heard(id, lease);
        if sender.send(Feed::Bytes(bytes)).await.is_err() {
            // The writer has ended, and says why.
            return Ok(());
        }
    }
}

/// Whether the notice takes the right to go on from `who`. Where notices were missed, the session
/// itself is looked at; a database that is away ends nobody's upload.
async fn ends(
    app: &App,
    notice: &Result<Notice, broadcast::error::RecvError>,
    who: &Principal,
) -> bool {
    match notice {
        Ok(Notice::SessionEnded { session_id, .. }) => *session_id == who.session_id,
        Ok(Notice::UserBlocked { user_id }) => *user_id == who.user_id,
        Err(broadcast::error::RecvError::Lagged(_)) => principal_of_session(app, who.session_id)
            .await
            .is_err_and(|problem| problem.code().status().is_client_error()),
        _ => false,
    }
}
