//! Moderation over HTTP.

use actix_web::HttpResponse;

use super::lists;
use super::views::{NewWord, Word, WordQuery};
use crate::app::App;
use crate::identity::{IdInPath, Moderators, Staff};
use crate::platform::http::{Body, Page, Policy, Problem, ProblemDoc, Query, Routes};

const MODERATORS: Policy = Policy::Staff("moderator");

/// Registers the routes.
pub fn routes(r: &mut Routes) {
    r.get("/api/v1/moderation/words", MODERATORS, list_words);
    r.post("/api/v1/moderation/words", MODERATORS, add_word);
    r.delete("/api/v1/moderation/words/{id}", MODERATORS, remove_word);
}

/// The words that messages may not hold, by alphabet.
#[utoipa::path(get, path = "/api/v1/moderation/words", tag = "moderation",
    security(("bearer" = [])), params(WordQuery),
    responses((status = 200, body = Page<Word>), (status = 403, body = ProblemDoc)))]
pub async fn list_words(
    app: App,
    _staff: Staff<Moderators>,
    Query(query): Query<WordQuery>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(lists::list(&app, query).await?))
}

/// Adds a word; it counts on every node within a second.
#[utoipa::path(post, path = "/api/v1/moderation/words", tag = "moderation",
    security(("bearer" = [])), request_body = NewWord,
    responses((status = 201, body = Word), (status = 403, body = ProblemDoc),
        (status = 409, body = ProblemDoc), (status = 422, body = ProblemDoc)))]
pub async fn add_word(
    app: App,
    staff: Staff<Moderators>,
    Body(new): Body<NewWord>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Created().json(lists::add(&app, &staff.principal, new).await?))
}

/// Takes a word off its list.
#[utoipa::path(delete, path = "/api/v1/moderation/words/{id}", tag = "moderation",
    security(("bearer" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 204), (status = 403, body = ProblemDoc), (status = 404, body = ProblemDoc)))]
pub async fn remove_word(
    app: App,
    staff: Staff<Moderators>,
    IdInPath(id): IdInPath,
) -> Result<HttpResponse, Problem> {
    lists::remove(&app, &staff.principal, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
