//! Frequent questions and support over HTTP.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};

use super::views_help::{
    FaqChange, FaqEntry, FaqList, FaqOrder, FaqQuery, FaqVote, NewFaq, NewSupport, Support,
};
use super::views_rooms::RoomRef;
use super::{faq as entries, support as help};
use crate::app::App;
use crate::identity::{AnyStaff, IdInPath, MaybeSignedIn, SignedIn, Staff};
use crate::platform::http::{Body, ClientAddress, Policy, Problem, Query, Routes, idempotency};

const EDITORS: Policy = Policy::Staff("curator, support, moderator, admin");

/// Registers the routes.
pub fn routes(r: &mut Routes) {
    r.get("/api/v1/faq", Policy::Public("answers to everybody's questions"), faq);
    r.post("/api/v1/faq", EDITORS, add_faq);
    r.put("/api/v1/faq/order", EDITORS, order_faq);
    r.patch("/api/v1/faq/{id}", EDITORS, change_faq);
    r.delete("/api/v1/faq/{id}", EDITORS, delete_faq);
    r.post("/api/v1/faq/{id}/vote", Policy::Public("readers say whether it helped"), vote_faq);
    r.get("/api/v1/support", Policy::SignedIn, support);
    r.post("/api/v1/support", Policy::SignedIn, ask_support);
}

/// Frequent questions: those sought, the best first, or all in their order. With `all` the staff sees drafts too.
#[utoipa::path(get, path = "/api/v1/faq", tag = "messaging", params(FaqQuery),
    responses((status = 200, body = FaqList)))]
pub async fn faq(
    app: App,
    MaybeSignedIn(who): MaybeSignedIn,
    Query(query): Query<FaqQuery>,
) -> Result<HttpResponse, Problem> {
    let items = entries::list(&app, who.as_ref(), &query).await?;
    Ok(HttpResponse::Ok().json(FaqList { items }))
}

/// Adds a frequent question with its answer.
#[utoipa::path(post, path = "/api/v1/faq", tag = "messaging", request_body = NewFaq,
    responses((status = 201, body = FaqEntry), (status = 403), (status = 422)))]
pub async fn add_faq(
    app: App,
    req: HttpRequest,
    Staff { principal, .. }: Staff<AnyStaff>,
    Body(new): Body<NewFaq>,
) -> Result<HttpResponse, Problem> {
    let key = (&new.topic, &new.question, &new.answer, &new.published);
    idempotency::once(&app, principal.user_id, &req, &key, async |id| {
        Ok((StatusCode::CREATED, entries::add(&app, &principal, id, &new).await?))
    })
    .await
}

/// Changes a frequent question.
#[utoipa::path(patch, path = "/api/v1/faq/{id}", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The entry")), request_body = FaqChange,
    responses((status = 200, body = FaqEntry), (status = 403), (status = 404), (status = 409), (status = 422)))]
pub async fn change_faq(
    app: App,
    Staff { principal, .. }: Staff<AnyStaff>,
    IdInPath(id): IdInPath,
    Body(change): Body<FaqChange>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(entries::change(&app, &principal, id, &change).await?))
}

/// Takes a frequent question away.
#[utoipa::path(delete, path = "/api/v1/faq/{id}", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The entry")),
    responses((status = 204), (status = 403), (status = 404)))]
pub async fn delete_faq(
    app: App,
    Staff { principal, .. }: Staff<AnyStaff>,
    IdInPath(id): IdInPath,
) -> Result<HttpResponse, Problem> {
    entries::delete(&app, &principal, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Puts the frequent questions in a new order.
#[utoipa::path(put, path = "/api/v1/faq/order", tag = "messaging", request_body = FaqOrder,
    responses((status = 204), (status = 403), (status = 409)))]
pub async fn order_faq(
    app: App,
    Staff { principal, .. }: Staff<AnyStaff>,
    Body(order): Body<FaqOrder>,
) -> Result<HttpResponse, Problem> {
    entries::order(&app, &principal, &order).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Says whether an answer helped: one vote a reader, and another one takes its place.
#[utoipa::path(post, path = "/api/v1/faq/{id}/vote", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The entry")), request_body = FaqVote,
    responses((status = 204), (status = 404), (status = 429)))]
pub async fn vote_faq(
    app: App,
    MaybeSignedIn(who): MaybeSignedIn,
    address: ClientAddress,
    IdInPath(id): IdInPath,
    Body(vote): Body<FaqVote>,
) -> Result<HttpResponse, Problem> {
    entries::vote(&app, who.as_ref(), address, id, vote.helpful).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Where the caller's talk with the support stands, and how long an answer takes.
#[utoipa::path(get, path = "/api/v1/support", tag = "messaging",
    responses((status = 200, body = Support), (status = 401)))]
pub async fn support(app: App, SignedIn(who): SignedIn) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(help::state(&app, &who).await?))
}

/// Asks the support: opens the caller's room with it, or opens it again.
#[utoipa::path(post, path = "/api/v1/support", tag = "messaging", request_body = NewSupport,
    responses((status = 201, body = RoomRef), (status = 200, body = RoomRef, description = "Asked before"),
        (status = 401), (status = 422), (status = 429)))]
pub async fn ask_support(
    app: App,
    SignedIn(who): SignedIn,
    Body(new): Body<NewSupport>,
) -> Result<HttpResponse, Problem> {
    let (room_id, is_new) = help::ask(&app, &who, new).await?;
    let mut status = if is_new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(status.json(RoomRef { room_id }))
}
