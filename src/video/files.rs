//! Files for download and their links. A link is a signed right to fetch one file for a while; the
//! bytes come as an attachment that no browser opens in our name.

use actix_web::http::header::{
    self, Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue,
};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use diesel_async::AsyncPgConnection;
use futures::TryStreamExt as _;
use media::storage::{ObjectKey, StorageError};
use media::token::{FileClaims, TokenError};
use uuid::Uuid;

use super::attach::usable;
use super::jobs::RemoveFile;
use super::model::{FileRow, Video, upload_state};
use super::serve;
use super::store::{files, uploads, videos};
use super::traffic::metered;
use super::tus::Purpose;
use crate::app::App;
use crate::platform::http::{Code, Problem, ProblemDoc};
use crate::platform::jobs::{self, Enqueue};

/// Seconds for which the link of a file works.
pub const FILE_LINK_S: i64 = 300;
/// Seconds for which the link of a poster works.
const POSTER_LINK_S: i64 = 3600;

/// A file that is kept for download.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Its id.
    pub id: Uuid,
    /// The name that people see and save it under.
    pub name: String,
    /// Bytes.
    pub size: i64,
    /// Its media type, by its content.
    pub content_type: String,
    /// A document that may do something when it is opened: say so before.
    pub active_content: bool,
    /// Whose it is.
    pub owner_id: Uuid,
    /// Whether others may keep a copy, by its owner's choice.
    pub downloadable: bool,
}

/// What a browser shows without anything of it acting in our name.
const SHOWN: [&str; 6] =
    ["application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp", "text/plain"];

impl StoredFile {
    /// Whether `who` gets it to look at, and not to keep.
    pub fn is_shown_to(&self, who: Uuid) -> bool {
        !self.downloadable && self.owner_id != who && SHOWN.contains(&self.content_type.as_str())
    }

    /// Whether `who` gets it at all.
    pub fn is_given_to(&self, who: Uuid) -> bool {
        self.downloadable || self.owner_id == who || self.is_shown_to(who)
    }
}

impl From<FileRow> for StoredFile {
    fn from(row: FileRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            size: row.size,
            content_type: row.content_type,
            active_content: row.active_content,
            owner_id: row.owner_id,
            downloadable: row.downloadable,
        }
    }
}

/// Makes a file of a finished upload, in the caller's transaction. One upload makes one file.
///
/// # Errors
/// `not_found` when it is not `owner`'s, `upload_incomplete`, `upload_gone`, the refusal of the
/// file, `conflict` when it has become something already.
pub async fn take_file(
    conn: &mut AsyncPgConnection,
    app: &App,
    upload_id: Uuid,
    owner: Uuid,
) -> Result<StoredFile, Problem> {
    take(conn, app, upload_id, owner, Purpose::File).await.map(StoredFile::from)
}

async fn take(
    conn: &mut AsyncPgConnection,
    app: &App,
    upload_id: Uuid,
    owner: Uuid,
    purpose: Purpose,
) -> Result<FileRow, Problem> {
    let now = app.clock.now();
    let upload = usable(conn, app, upload_id, owner, purpose).await?;
    let (upload_state::COMPLETE, Some(content_type)) = (upload.state.as_str(), upload.content_type)
    else {
        return Err(Problem::new(Code::UploadIncomplete).retry_after(1));
    };
    let row = FileRow {
        id: app.id(),
        owner_id: owner,
        upload_id,
        name: upload.file_name,
        size: upload.size,
        content_type,
        active_content: upload.active_content,
        store_key: upload.store_key,
        removed_at: None,
        created_at: now,
        downloadable: true,
    };
    files::insert(conn, &row).await?;
    uploads::set_taken(conn, upload_id, now).await?;
    Ok(row)
}

/// The bytes of a finished upload of purpose `task_image`; the upload itself is cleared away: what is
/// kept of a picture is made anew by the caller.
///
/// # Errors
/// Those of [`take_file`].
pub async fn take_picture(app: &App, upload_id: Uuid, owner: Uuid) -> Result<Bytes, Problem> {
    let row = app
        .db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<FileRow, Problem> {
            take(conn, app, upload_id, owner, Purpose::TaskImage).await
        })
        .await?;
    let key = ObjectKey::new(row.store_key).map_err(Problem::internal)?;
    let bytes = app.store.get(&key).await.map_err(store_problem)?;
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<(), Problem> {
            remove_file(conn, app, row.id).await
        })
        .await?;
    Ok(bytes)
}

/// The files of these ids; those that are not there are left out.
///
/// # Errors
/// Those of the database.
pub async fn stored_files(
    conn: &mut AsyncPgConnection,
    ids: &[Uuid],
) -> Result<Vec<StoredFile>, Problem> {
    Ok(files::find(conn, ids).await?.into_iter().map(StoredFile::from).collect())
}

/// The owner lets others keep copies of a file, or does not, in the caller's transaction. Links that are
/// out follow at once.
///
/// # Errors
/// Those of the database.
pub async fn set_downloadable(
    conn: &mut AsyncPgConnection,
    file_id: Uuid,
    downloadable: bool,
) -> Result<(), Problem> {
    Ok(files::set_downloadable(conn, file_id, downloadable).await?)
}

/// Takes a file off, in the caller's transaction; a job deletes its bytes. Taking off what is not
/// there is no error.
///
/// # Errors
/// Those of the database.
pub async fn remove_file(
    conn: &mut AsyncPgConnection,
    app: &App,
    file_id: Uuid,
) -> Result<(), Problem> {
    if !files::remove(conn, file_id, app.clock.now()).await? {
        return Ok(());
    }
    let how = Enqueue::now().dedup(file_id.to_string());
    jobs::enqueue(conn, app, &RemoveFile { file_id }, how).await
}

pub(super) fn claims(app: &App, id: Uuid, user_id: Uuid, life_s: i64) -> String {
    let end = app.clock.now().timestamp().saturating_add(life_s);
    let expires_at = u32::try_from(end).unwrap_or(u32::MAX);
    FileClaims { expires_at, file_id: id, user_id }.sign(&app.video.file_keys)
}

/// A link for `who`, and the seconds for which it works. The caller has checked that they may.
pub fn file_url(app: &App, file: &StoredFile, who: Uuid) -> (String, i64) {
    (format!("/files/{}", claims(app, file.id, who, FILE_LINK_S)), FILE_LINK_S)
}

/// A link to a video's poster.
pub(super) fn poster_url(app: &App, video_id: Uuid) -> String {
    format!("/files/{}/poster.jpg", claims(app, video_id, Uuid::nil(), POSTER_LINK_S))
}

/// A link to a still picture that may be chosen, for the author.
pub(super) fn candidate_url(app: &App, video: &Video, index: i16) -> String {
    let claims = claims(app, video.id, video.owner_id, POSTER_LINK_S);
    format!("/files/{claims}/posters/{index}")
}

pub(super) fn claimed(app: &App, req: &HttpRequest) -> Result<FileClaims, Problem> {
    let token = req.match_info().get("token").unwrap_or_default();
    FileClaims::verify(&app.video.file_keys, token, app.clock.now()).map_err(|error| match error {
        TokenError::Expired => Problem::new(Code::LinkExpired),
        _ => Problem::not_found(),
    })
}

fn store_problem(error: StorageError) -> Problem {
    match error {
        StorageError::NotFound => Problem::not_found(),
        StorageError::Unavailable(_) => Problem::unavailable(error, 5),
        other => Problem::internal(other),
    }
}

/// A file, by its signed link: as an attachment, or to be shown in the page when its owner does not
/// want others to keep it.
#[utoipa::path(get, path = "/files/{token}", tag = "files", params(("token" = String, Path)),
    responses((status = 200, description = "The file"),
        (status = 404, body = ProblemDoc), (status = 410, body = ProblemDoc)))]
pub async fn download(app: App, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let claims = claimed(&app, &req)?;
    let mut conn = app.db.conn().await?;
    let file = files::find(&mut conn, &[claims.file_id]).await?.pop();
    drop(conn);
    let row = file.ok_or_else(Problem::not_found)?;
    let store_key = row.store_key.clone();
    let file = StoredFile::from(row);
    if !file.is_given_to(claims.user_id) {
        return Err(Problem::not_found());
    }
    let shown = file.is_shown_to(claims.user_id);
    let key = ObjectKey::new(store_key).map_err(Problem::internal)?;
    let size = u64::try_from(file.size).unwrap_or(0);
    let range = serve::range(&req, size)?;
    let body = app.store.stream(&key, range.clone()).await.map_err(store_problem)?;
    let mut response = serve::head(range, size);
    response
        .insert_header((header::CONTENT_TYPE, file.content_type.clone()))
        .insert_header(disposition(&file.name, shown))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::CONTENT_SECURITY_POLICY, if shown { SHOWN_CSP } else { KEPT_CSP }))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
    let body = metered(&app, Some(claims.user_id), body.map_err(std::io::Error::other));
    Ok(response.streaming(body))
}

/// Nothing in a downloaded file acts, even if a browser should open it.
const KEPT_CSP: &str = "default-src 'none'; sandbox";
/// A browser's own viewer of PDFs does not start in a sandbox; our pages alone may hold it.
const SHOWN_CSP: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; \
                         object-src 'self'; frame-ancestors 'self'";

/// How a browser is told to treat a file, and under which name.
pub fn disposition(name: &str, shown: bool) -> ContentDisposition {
    // Old clients read the plain form; it must stay ASCII and without quotes.
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !"\"\\%".contains(c) || c == ' ' { c } else { '_' })
        .collect();
    ContentDisposition {
        disposition: if shown { DispositionType::Inline } else { DispositionType::Attachment },
        parameters: vec![
            DispositionParam::Filename(plain),
            DispositionParam::FilenameExt(ExtendedValue {
                charset: Charset::Ext("UTF-8".to_owned()),
                language_tag: None,
                value: name.as_bytes().to_vec(),
            }),
        ],
    }
}

/// A video's still picture, by its signed link.
#[utoipa::path(get, path = "/files/{token}/poster.jpg", tag = "files", params(("token" = String, Path)),
    responses((status = 200, content_type = "image/jpeg"), (status = 404, body = ProblemDoc),
        (status = 410, body = ProblemDoc)))]
pub async fn poster(app: App, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let claims = claimed(&app, &req)?;
    let mut conn = app.db.conn().await?;
    let video = videos::find(&mut conn, claims.file_id).await?;
    drop(conn);
    let key = video.and_then(|video| video.poster_key).ok_or_else(Problem::not_found)?;
    picture(&app, key).await
}

/// The picture that lies at `key`.
pub(super) async fn picture(app: &App, key: String) -> Result<HttpResponse, Problem> {
    let key = ObjectKey::new(key).map_err(Problem::internal)?;
    let bytes = app.store.get(&key).await.map_err(store_problem)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "image/jpeg"))
        .insert_header((header::CACHE_CONTROL, "private, max-age=3600"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(bytes))
}
