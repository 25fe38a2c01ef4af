//! Routes that everybody may call: the catalogue, course pages, covers.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::access::VisibleCourse;
use super::inputs::CatalogueQuery;
use super::tasks::images;
use super::views::{Category, CourseCard, CoursePage, Skill, Track};
use super::{catalogue, covers};
use crate::app::App;
use crate::platform::http::{Page, Policy, Problem, ProblemDoc, Query, Routes};

/// Registers the routes.
pub fn routes(r: &mut Routes) {
    r.get("/api/v1/categories", Policy::Public("the catalogue is public"), categories);
    r.get("/api/v1/skills", Policy::Public("the catalogue is public"), skills);
    r.get("/api/v1/courses", Policy::Public("the catalogue is public"), courses);
    r.get(
        "/api/v1/courses/{id}",
        Policy::Public("course pages are public; drafts are their author's"),
        course,
    );
    r.get("/api/v1/catalogue/tracks", Policy::Public("the catalogue is public"), tracks);
    r.get(
        "/files/task-images/{name}",
        Policy::Public("pictures of texts are named by 128 random bits"),
        task_image,
    );
    r.get("/files/covers/{cover}/{name}", Policy::Public("covers are public"), cover);
}

/// The category tree with the number of published courses in each node.
#[utoipa::path(get, path = "/api/v1/categories", tag = "catalogue", operation_id = "list_categories",
    responses((status = 200, body = Page<Category>)))]
pub async fn categories(app: App, req: HttpRequest) -> Result<HttpResponse, Problem> {
    public(&req, &Page::whole(catalogue::categories(&app).await?))
}

/// Every skill; those without a parent are the fields.
#[utoipa::path(get, path = "/api/v1/skills", tag = "catalogue", operation_id = "list_skills",
    responses((status = 200, body = Page<Skill>)))]
pub async fn skills(app: App, req: HttpRequest) -> Result<HttpResponse, Problem> {
    public(&req, &Page::whole(catalogue::skills(&app).await?))
}

/// Published courses, filtered and sorted.
#[utoipa::path(get, path = "/api/v1/courses", tag = "catalogue", operation_id = "list_courses",
    params(CatalogueQuery),
    responses((status = 200, body = Page<CourseCard>), (status = 400, body = ProblemDoc)))]
pub async fn courses(
    app: App,
    req: HttpRequest,
    Query(query): Query<CatalogueQuery>,
) -> Result<HttpResponse, Problem> {
    public(&req, &catalogue::list(&app, &query).await?)
}

/// The tracks by target score, each with its courses, what they are about and their topics.
#[utoipa::path(get, path = "/api/v1/catalogue/tracks", tag = "catalogue", operation_id = "list_tracks",
    responses((status = 200, body = Page<Track>)))]
pub async fn tracks(app: App, req: HttpRequest) -> Result<HttpResponse, Problem> {
    public(&req, &Page::whole(catalogue::tracks(&app).await?))
}

/// A picture of a statement or a solution, by its random name.
#[utoipa::path(get, path = "/files/task-images/{name}", tag = "files", operation_id = "get_task_image",
    params(("name" = String, Path)),
    responses((status = 200, content_type = "image/webp"), (status = 404, body = ProblemDoc)))]
pub async fn task_image(app: App, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let name = req.match_info().get("name").unwrap_or_default();
    let bytes = images::read(&app, name).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "image/webp"))
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(bytes))
}

/// A course's page. Drafts are shown to their author and to staff alone.
#[utoipa::path(get, path = "/api/v1/courses/{id}", tag = "catalogue", operation_id = "get_course",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = CoursePage), (status = 404, body = ProblemDoc)))]
pub async fn course(
    app: App,
    req: HttpRequest,
    visible: VisibleCourse,
) -> Result<HttpResponse, Problem> {
    let page = catalogue::page(&app, visible.course, visible.viewer.as_ref()).await?;
    public(&req, &page)
}

/// One size of a cover, or its preview for links (`og.jpg`). Never changes.
#[utoipa::path(get, path = "/files/covers/{cover}/{name}", tag = "catalogue", operation_id = "get_cover",
    params(("cover" = String, Path), ("name" = String, Path)),
    responses((status = 200, content_type = "image/webp"), (status = 404, body = ProblemDoc)))]
pub async fn cover(app: App, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let part = |name: &str| req.match_info().get(name).unwrap_or_default().to_owned();
    let name = part("name");
    let content_type = match name.rsplit_once('.') {
        Some((_, "webp")) => "image/webp",
        Some((_, "jpg")) => "image/jpeg",
        _ => return Err(Problem::not_found()),
    };
    let bytes = covers::read(&app, &part("cover"), &name).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
        .insert_header(("cross-origin-resource-policy", "cross-origin"))
        .body(bytes))
}

/// A public answer with its ETag: cached for a moment when the request bore no credentials, else
/// kept by the one browser that asked and asked about again each time.
fn public(req: &HttpRequest, body: &impl Serialize) -> Result<HttpResponse, Problem> {
    let bytes = serde_json::to_vec(body).map_err(Problem::internal)?;
    let digest = Sha256::digest(&bytes);
    let tag = format!("\"{}\"", hex::encode(digest.get(..12).unwrap_or(&digest)));
    let anonymous = !req.headers().contains_key(header::AUTHORIZATION)
        && !req.headers().contains_key(header::COOKIE);
    let cache = if anonymous {
        "public, max-age=30, stale-while-revalidate=60"
    } else {
        "private, no-cache"
    };
    let known = req.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let unchanged = known.is_some_and(|known| known.trim_start_matches("W/") == tag);
    let mut response = if unchanged {
        HttpResponse::NotModified().finish()
    } else {
        HttpResponse::Ok().content_type("application/json").body(bytes)
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(
        header::VARY,
        HeaderValue::from_static("accept-language, accept-encoding, authorization, cookie"),
    );
    headers.insert(header::ETAG, HeaderValue::from_str(&tag).map_err(Problem::internal)?);
    Ok(response)
}
