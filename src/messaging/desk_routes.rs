//! The curators' desk over HTTP.

use actix_web::HttpResponse;

use super::desk::{self, Act};
use super::templates as texts;
use super::views_desk::{
    Colleagues, Desk, DeskLine, DeskNote, DeskPanel, DeskQuery, NewNote, NewTemplate, PassTo,
    Template, TemplateChange, Templates, TemplatesQuery,
};
use crate::app::App;
use crate::identity::{IdInPath, SignedIn};
use crate::platform::http::{Body, Policy, Problem, Query, Routes};

/// Whoever answers there: the staff, and the author of the course. Who answers nowhere is refused.
const ANSWERERS: Policy = Policy::SignedIn;

/// Registers the routes.
pub fn routes(r: &mut Routes) {
    r.get("/api/v1/desk", ANSWERERS, queue);
    r.get("/api/v1/desk/{id}", Policy::Enrolled, panel);
    r.get("/api/v1/desk/{id}/colleagues", Policy::Enrolled, colleagues);
    r.post("/api/v1/desk/{id}/claim", Policy::Enrolled, claim);
    r.post("/api/v1/desk/{id}/renew", Policy::Enrolled, renew);
    r.post("/api/v1/desk/{id}/release", Policy::Enrolled, release);
    r.post("/api/v1/desk/{id}/resolve", Policy::Enrolled, resolve);
    r.post("/api/v1/desk/{id}/pass", Policy::Enrolled, pass);
    r.put("/api/v1/desk/notes", ANSWERERS, write_note);
    r.get("/api/v1/desk/templates", ANSWERERS, templates);
    r.post("/api/v1/desk/templates", ANSWERERS, add_template);
    r.patch("/api/v1/desk/templates/{id}", Policy::Enrolled, change_template);
    r.delete("/api/v1/desk/templates/{id}", Policy::Enrolled, delete_template);
}

/// The queue: waiting questions, the longest first; the caller's own; or what is done.
#[utoipa::path(get, path = "/api/v1/desk", tag = "messaging", params(DeskQuery),
    responses((status = 200, body = Desk), (status = 403)))]
pub async fn queue(
    app: App,
    SignedIn(who): SignedIn,
    Query(query): Query<DeskQuery>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(desk::queue(&app, &who, &query).await?))
}

/// One question with what helps to answer it.
#[utoipa::path(get, path = "/api/v1/desk/{id}", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The room")),
    responses((status = 200, body = DeskPanel), (status = 404)))]
pub async fn panel(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(desk::panel(&app, &who, id).await?))
}

/// Who may take a question, those who are there first.
#[utoipa::path(get, path = "/api/v1/desk/{id}/colleagues", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The room")),
    responses((status = 200, body = Colleagues), (status = 404)))]
pub async fn colleagues(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
) -> Result<HttpResponse, Problem> {
    let items = desk::colleagues(&app, &who, id).await?;
    Ok(HttpResponse::Ok().json(Colleagues { items }))
}

/// Takes a question: it is the caller's for 120 s, and longer when it is renewed.
#[utoipa::path(post, path = "/api/v1/desk/{id}/claim", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The room")),
    responses((status = 200, body = DeskLine), (status = 404), (status = 409, description = "Somebody else holds it")))]
pub async fn claim(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(desk::act(&app, &who, id, Act::Claim).await?))
}

/// Keeps a question for another 120 s.
#[utoipa::path(post, path = "/api/v1/desk/{id}/renew", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The room")),
    responses((status = 200, body = DeskLine), (status = 404), (status = 409, description = "Somebody else holds it")))]
pub async fn renew(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(desk::act(&app, &who, id, Act::Renew).await?))
}

/// Lets a question go.
#[utoipa::path(post, path = "/api/v1/desk/{id}/release", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The room")),
    responses((status = 200, body = DeskLine), (status = 404), (status = 409, description = "Somebody else holds it")))]
pub async fn release(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(desk::act(&app, &who, id, Act::Release).await?))
}

/// Calls a question done. The student's next message opens it again.
#[utoipa::path(post, path = "/api/v1/desk/{id}/resolve", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The room")),
    responses((status = 200, body = DeskLine), (status = 404), (status = 409, description = "Somebody else holds it")))]
pub async fn resolve(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(desk::act(&app, &who, id, Act::Resolve).await?))
}

/// Hands a question to somebody else who may answer there.
#[utoipa::path(post, path = "/api/v1/desk/{id}/pass", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The room")), request_body = PassTo,
    responses((status = 200, body = DeskLine), (status = 404), (status = 409), (status = 422)))]
pub async fn pass(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
    Body(PassTo { to }): Body<PassTo>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(desk::act(&app, &who, id, Act::Pass(to)).await?))
}

/// Writes what curators tell each other about a student; nothing takes the note away.
#[utoipa::path(put, path = "/api/v1/desk/notes", tag = "messaging", operation_id = "write_desk_note",
    request_body = NewNote,
    responses((status = 200, body = Option<DeskNote>), (status = 403), (status = 404), (status = 422)))]
pub async fn write_note(
    app: App,
    SignedIn(who): SignedIn,
    Body(new): Body<NewNote>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(desk::write_note(&app, &who, &new).await?))
}

/// The caller's own templates and those of the staff.
#[utoipa::path(get, path = "/api/v1/desk/templates", tag = "messaging", params(TemplatesQuery),
    responses((status = 200, body = Templates), (status = 403)))]
pub async fn templates(
    app: App,
    SignedIn(who): SignedIn,
    Query(query): Query<TemplatesQuery>,
) -> Result<HttpResponse, Problem> {
    let items = texts::list(&app, &who, query.course).await?;
    Ok(HttpResponse::Ok().json(Templates { items }))
}

/// Adds a template.
#[utoipa::path(post, path = "/api/v1/desk/templates", tag = "messaging", request_body = NewTemplate,
    responses((status = 201, body = Template), (status = 403), (status = 409), (status = 422)))]
pub async fn add_template(
    app: App,
    SignedIn(who): SignedIn,
    Body(new): Body<NewTemplate>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Created().json(texts::add(&app, &who, &new).await?))
}

/// Changes a template.
#[utoipa::path(patch, path = "/api/v1/desk/templates/{id}", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The template")), request_body = TemplateChange,
    responses((status = 200, body = Template), (status = 403), (status = 404), (status = 422)))]
pub async fn change_template(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
    Body(change): Body<TemplateChange>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(texts::change(&app, &who, id, &change).await?))
}

/// Takes a template away.
#[utoipa::path(delete, path = "/api/v1/desk/templates/{id}", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The template")),
    responses((status = 204), (status = 403), (status = 404)))]
pub async fn delete_template(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
) -> Result<HttpResponse, Problem> {
    texts::delete(&app, &who, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
