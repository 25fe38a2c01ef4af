//! Moderation over HTTP.

use actix_web::{HttpRequest, HttpResponse};
use uuid::Uuid;

use super::views::{
    ActDone, BanView, Block, CaseQuery, CaseView, HeldBackQuery, LiftQuery, MuteView, NewAct,
    NewDecision, NewReport, NewWord, UnbanQuery, Word, WordQuery,
};
use super::{act, bans, blocks, cases, lists, mutes, reports};
use crate::app::App;
use crate::identity::{IdInPath, Moderators, SignedIn, Staff};
use crate::messaging::access::RoomMember;
use crate::platform::http::{Body, Page, Policy, Problem, ProblemDoc, Query, Routes};

const MODERATORS: Policy = Policy::Staff("moderator");

/// Registers the routes.
pub fn routes(r: &mut Routes) {
    r.get("/api/v1/moderation/words", MODERATORS, list_words);
    r.post("/api/v1/moderation/words", MODERATORS, add_word);
    r.delete("/api/v1/moderation/words/{id}", MODERATORS, remove_word);
    // Whoever keeps order in some room (`rules/reach.rs`): the authors of courses too, which anybody may begin.
    const KEEPERS: Policy = Policy::SignedIn;
    r.get("/api/v1/moderation/cases", KEEPERS, list_cases);
    r.post("/api/v1/moderation/cases/{id}", KEEPERS, decide_case);
    r.get("/api/v1/moderation/mutes", KEEPERS, list_mutes);
    r.delete("/api/v1/moderation/mutes/{id}", KEEPERS, lift_mute);
    r.get("/api/v1/moderation/bans", KEEPERS, list_bans);
    r.delete("/api/v1/moderation/bans/{id}", KEEPERS, lift_ban);
    r.post("/api/v1/rooms/{id}/moderation", Policy::Enrolled, moderate);
    r.post("/api/v1/rooms/{id}/messages/{msg}/reports", Policy::Enrolled, report_message);
    r.get("/api/v1/me/blocks", Policy::SignedIn, list_blocks);
    r.put("/api/v1/me/blocks/{user}", Policy::SignedIn, block);
    r.delete("/api/v1/me/blocks/{user}", Policy::SignedIn, unblock);
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

/// A further id in the path.
fn path_id(req: &HttpRequest, name: &str) -> Result<Uuid, Problem> {
    let id = req.match_info().get(name).and_then(|id| Uuid::try_parse(id).ok());
    id.ok_or_else(Problem::not_found)
}

/// Messages that a moderator is to look at: reported ones, and those that a word list held back, in the
/// rooms in which the caller keeps order. Authors and curators of a course see those of the course.
#[utoipa::path(get, path = "/api/v1/moderation/cases", tag = "moderation",
    security(("bearer" = [])), params(CaseQuery),
    responses((status = 200, body = Page<CaseView>), (status = 403, body = ProblemDoc)))]
pub async fn list_cases(
    app: App,
    SignedIn(who): SignedIn,
    Query(query): Query<CaseQuery>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(cases::list(&app, &who, query).await?))
}

/// Decides a case.
#[utoipa::path(post, path = "/api/v1/moderation/cases/{id}", tag = "moderation",
    security(("bearer" = [])), params(("id" = uuid::Uuid, Path)), request_body = NewDecision,
    responses((status = 200, body = CaseView), (status = 403, body = ProblemDoc),
        (status = 404, body = ProblemDoc), (status = 409, body = ProblemDoc),
        (status = 422, body = ProblemDoc)))]
pub async fn decide_case(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
    Body(decision): Body<NewDecision>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(cases::decide(&app, &who, id, decision).await?))
}

/// Who may not write where, of the rooms and courses in which the caller keeps order.
#[utoipa::path(get, path = "/api/v1/moderation/mutes", tag = "moderation",
    security(("bearer" = [])), params(HeldBackQuery),
    responses((status = 200, body = Page<MuteView>), (status = 403, body = ProblemDoc)))]
pub async fn list_mutes(
    app: App,
    SignedIn(who): SignedIn,
    Query(query): Query<HeldBackQuery>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(mutes::list(&app, &who, query).await?))
}

/// Lifts a mute: in the room or over the course that is named, else that over the whole school.
#[utoipa::path(delete, path = "/api/v1/moderation/mutes/{id}", tag = "moderation",
    security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "Who is muted"), LiftQuery),
    responses((status = 204), (status = 403, body = ProblemDoc),
        (status = 404, body = ProblemDoc, description = "No such mute"), (status = 422, body = ProblemDoc)))]
pub async fn lift_mute(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
    Query(which): Query<LiftQuery>,
) -> Result<HttpResponse, Problem> {
    mutes::lift(&app, &who, id, which).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Who is banned from which of the rooms in which the caller keeps order.
#[utoipa::path(get, path = "/api/v1/moderation/bans", tag = "moderation",
    security(("bearer" = [])), params(HeldBackQuery),
    responses((status = 200, body = Page<BanView>), (status = 403, body = ProblemDoc)))]
pub async fn list_bans(
    app: App,
    SignedIn(who): SignedIn,
    Query(query): Query<HeldBackQuery>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(bans::list(&app, &who, query).await?))
}

/// Lets somebody who was banned from a room into it again.
#[utoipa::path(delete, path = "/api/v1/moderation/bans/{id}", tag = "moderation",
    security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "Who is banned"), UnbanQuery),
    responses((status = 204), (status = 403, body = ProblemDoc),
        (status = 404, body = ProblemDoc, description = "No such room or ban"), (status = 422, body = ProblemDoc)))]
pub async fn lift_ban(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
    Query(which): Query<UnbanQuery>,
) -> Result<HttpResponse, Problem> {
    bans::lift(&app, &who, id, which).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// An act of moderation in a room. It holds on every node at once.
#[utoipa::path(post, path = "/api/v1/rooms/{id}/moderation", tag = "moderation",
    operation_id = "moderate_room", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The room")), request_body = NewAct,
    responses((status = 200, body = ActDone), (status = 403, body = ProblemDoc),
        (status = 404, body = ProblemDoc), (status = 422, body = ProblemDoc)))]
pub async fn moderate(
    app: App,
    SignedIn(who): SignedIn,
    RoomMember(member): RoomMember,
    Body(new): Body<NewAct>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(act::act(&app, &who, &member, &new).await?))
}

/// Reports a message to the moderators. Its author does not hear who did.
#[utoipa::path(post, path = "/api/v1/rooms/{id}/messages/{msg}/reports", tag = "moderation",
    security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The room"), ("msg" = uuid::Uuid, Path)),
    request_body = NewReport,
    responses((status = 201), (status = 404, body = ProblemDoc), (status = 422, body = ProblemDoc),
        (status = 429, body = ProblemDoc)))]
pub async fn report_message(
    app: App,
    req: HttpRequest,
    RoomMember(member): RoomMember,
    Body(new): Body<NewReport>,
) -> Result<HttpResponse, Problem> {
    let message = path_id(&req, "msg")?;
    let reported = reports::report(&app, &member, message, new.kind, &new.text).await;
    reported.map_err(|refusal| crate::messaging::routes::problem(&refusal))?;
    Ok(HttpResponse::Created().finish())
}

/// People whose messages one does not want to see.
#[utoipa::path(get, path = "/api/v1/me/blocks", tag = "moderation", security(("bearer" = [])),
    responses((status = 200, body = Page<Block>)))]
pub async fn list_blocks(app: App, SignedIn(who): SignedIn) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(Page::whole(blocks::list(&app, who.user_id).await?)))
}

/// Hides somebody's messages from oneself.
#[utoipa::path(put, path = "/api/v1/me/blocks/{user}", tag = "moderation",
    operation_id = "block_user", security(("bearer" = [])), params(("user" = uuid::Uuid, Path)),
    responses((status = 204), (status = 403, body = ProblemDoc), (status = 404, body = ProblemDoc)))]
pub async fn block(
    app: App,
    req: HttpRequest,
    SignedIn(who): SignedIn,
) -> Result<HttpResponse, Problem> {
    blocks::add(&app, who.user_id, path_id(&req, "user")?).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Shows their messages again.
#[utoipa::path(delete, path = "/api/v1/me/blocks/{user}", tag = "moderation",
    operation_id = "unblock_user", security(("bearer" = [])), params(("user" = uuid::Uuid, Path)),
    responses((status = 204)))]
pub async fn unblock(
    app: App,
    req: HttpRequest,
    SignedIn(who): SignedIn,
) -> Result<HttpResponse, Problem> {
    blocks::remove(&app, who.user_id, path_id(&req, "user")?).await?;
    Ok(HttpResponse::NoContent().finish())
}
