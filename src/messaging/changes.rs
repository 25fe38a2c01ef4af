//! What changes a message that is there, over HTTP: the same changes as on the socket, by the same way. And
//! what clients without a socket need beside that: the log by long poll, and marks.

use std::time::Duration;

use actix_web::{FromRequest as _, HttpRequest, HttpResponse, web};
use actors::chat_room::message::{Past, Tell};
use actors::chat_room::port::{Mark, What};
use actors::chat_room::room::Command;
use uuid::Uuid;

use super::access::{self, RoomMember};
use super::log::{read, rows, signed};
use super::routes::{change, problem};
use super::views::{
    Deletion, Edited, FoundPage, LogPage, LogQuery, Marks, MessageView, SearchQuery, Stored,
    Version, Versions,
};
use super::{limits, moderation, rules, search, store, topic};
use crate::app::App;
use crate::identity::{self, SignedIn};
use crate::platform::http::{Body, Code, Policy, Problem, Query, Routes};

/// Entries of one answer at most.
const LOG_MAX: usize = 300;
/// Seconds that a long poll may last.
const WAIT_MAX: u64 = 25;

/// Registers the routes.
pub fn routes(r: &mut Routes) {
    r.patch("/api/v1/rooms/{id}/messages/{msg}", Policy::Enrolled, edit);
    r.delete("/api/v1/rooms/{id}/messages/{msg}", Policy::Enrolled, delete);
    r.get("/api/v1/rooms/{id}/messages/{msg}/versions", Policy::Enrolled, versions);
    r.put("/api/v1/rooms/{id}/messages/{msg}/reactions/{emoji}", Policy::Enrolled, react);
    r.delete("/api/v1/rooms/{id}/messages/{msg}/reactions/{emoji}", Policy::Enrolled, unreact);
    r.put("/api/v1/rooms/{id}/messages/{msg}/pin", Policy::Enrolled, pin);
    r.delete("/api/v1/rooms/{id}/messages/{msg}/pin", Policy::Enrolled, unpin);
    r.put("/api/v1/rooms/{id}/messages/{msg}/accepted", Policy::Enrolled, accept);
    r.delete("/api/v1/rooms/{id}/messages/{msg}/accepted", Policy::Enrolled, unaccept);
    r.get("/api/v1/rooms/{id}/search", Policy::Enrolled, find);
    r.get("/api/v1/rooms/{id}/log", Policy::Enrolled, log);
    r.post("/api/v1/rooms/{id}/marks", Policy::Enrolled, mark);
}

/// The message of the path.
fn msg(req: &HttpRequest) -> Result<Uuid, Problem> {
    let id = req.match_info().get("msg").and_then(|id| Uuid::try_parse(id).ok());
    id.ok_or_else(Problem::not_found)
}

/// The emoji of the path, which clients send percent-encoded.
async fn emoji(req: &HttpRequest) -> Result<String, Problem> {
    let path = web::Path::<(String, String, String)>::extract(req).await;
    let (_, _, emoji) = path.map_err(|_| Problem::not_found())?.into_inner();
    Ok(emoji)
}

async fn stored(app: &App, member: &access::Member, what: What) -> Result<HttpResponse, Problem> {
    let ack = change(app, member, what).await?;
    Ok(HttpResponse::Ok().json(Stored::from(ack)))
}

/// Gives an own message another text.
#[utoipa::path(patch, path = "/api/v1/rooms/{id}/messages/{msg}", tag = "messaging",
    params(("id" = Uuid, Path, description = "The room"), ("msg" = Uuid, Path, description = "The message")),
    request_body = Edited,
    responses((status = 200, body = Stored), (status = 403), (status = 404),
        (status = 409, description = "`conflict` or `too_late`"), (status = 422), (status = 429)))]
pub async fn edit(
    app: App,
    RoomMember(member): RoomMember,
    req: HttpRequest,
    Body(new): Body<Edited>,
) -> Result<HttpResponse, Problem> {
    let what = topic::edit(msg(&req)?, &new.body, new.mentions, new.version);
    stored(&app, &member, what.map_err(|refusal| problem(&refusal))?).await
}

/// Takes a message away: an own one, or, for moderators, that of anybody of a lower rank, with the reason.
#[utoipa::path(delete, path = "/api/v1/rooms/{id}/messages/{msg}", tag = "messaging",
    params(("id" = Uuid, Path, description = "The room"), ("msg" = Uuid, Path, description = "The message"), Deletion),
    responses((status = 200, body = Stored), (status = 403), (status = 404), (status = 409, description = "`too_late`"),
        (status = 422, description = "`reason` is missing"), (status = 429)))]
pub async fn delete(
    app: App,
    SignedIn(who): SignedIn,
    RoomMember(member): RoomMember,
    req: HttpRequest,
    Query(how): Query<Deletion>,
) -> Result<HttpResponse, Problem> {
    let msg = msg(&req)?;
    let reason = how.reason.as_deref().map(rules::clean_reason).transpose();
    let reason = reason.map_err(|refusal| problem(&refusal))?;
    {
        let mut conn = app.db.conn().await?;
        moderation::permit_delete(&app, &mut conn, &who, &member, msg).await?;
    }
    stored(&app, &member, What::Delete { msg, reason }).await
}

/// What a message was before; for its author and for moderators. Of a deleted one, for moderators.
#[utoipa::path(get, path = "/api/v1/rooms/{id}/messages/{msg}/versions", tag = "messaging",
    params(("id" = Uuid, Path, description = "The room"), ("msg" = Uuid, Path, description = "The message")),
    responses((status = 200, body = Versions), (status = 404)))]
pub async fn versions(
    app: App,
    RoomMember(member): RoomMember,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let msg = msg(&req)?;
    let mut conn = app.db.conn().await?;
    let row = store::messages_of(&mut conn, &[msg]).await?.into_iter().next();
    let own = |author: Uuid, gone: bool| author == member.user && !gone;
    row.filter(|row| {
        let gone = row.state == super::model::MessageState::Deleted;
        row.room_id == member.room && (member.moderates || own(row.author_id, gone))
    })
    .ok_or_else(Problem::not_found)?;
    let items = store::versions(&mut conn, msg)
        .await?
        .into_iter()
        .map(|row| Version {
            version: rows::version(row.version),
            body: row.body,
            replaced_by: row.replaced_by,
            replaced_at: row.replaced_at,
        })
        .collect();
    Ok(HttpResponse::Ok().json(Versions { items }))
}

async fn reaction(
    app: App,
    member: access::Member,
    req: &HttpRequest,
    on: bool,
) -> Result<HttpResponse, Problem> {
    let what = topic::react(msg(req)?, emoji(req).await?, on);
    stored(&app, &member, what.map_err(|refusal| problem(&refusal))?).await
}

/// Sets a reaction.
#[utoipa::path(put, path = "/api/v1/rooms/{id}/messages/{msg}/reactions/{emoji}", tag = "messaging",
    params(("id" = Uuid, Path, description = "The room"), ("msg" = Uuid, Path, description = "The message"),
        ("emoji" = String, Path, description = "One emoji, percent-encoded")),
    responses((status = 200, body = Stored), (status = 403), (status = 404), (status = 422), (status = 429)))]
pub async fn react(
    app: App,
    RoomMember(member): RoomMember,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    reaction(app, member, &req, true).await
}

/// Takes a reaction back.
#[utoipa::path(delete, path = "/api/v1/rooms/{id}/messages/{msg}/reactions/{emoji}", tag = "messaging",
    params(("id" = Uuid, Path, description = "The room"), ("msg" = Uuid, Path, description = "The message"),
        ("emoji" = String, Path, description = "One emoji, percent-encoded")),
    responses((status = 200, body = Stored), (status = 403), (status = 404), (status = 422), (status = 429)))]
pub async fn unreact(
    app: App,
    RoomMember(member): RoomMember,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    reaction(app, member, &req, false).await
}

/// Pins a message.
#[utoipa::path(put, path = "/api/v1/rooms/{id}/messages/{msg}/pin", tag = "messaging",
    params(("id" = Uuid, Path, description = "The room"), ("msg" = Uuid, Path, description = "The message")),
    responses((status = 200, body = Stored), (status = 403), (status = 404), (status = 422), (status = 429)))]
pub async fn pin(
    app: App,
    RoomMember(member): RoomMember,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    stored(&app, &member, What::Pin { msg: msg(&req)?, on: true }).await
}

/// Unpins a message.
#[utoipa::path(delete, path = "/api/v1/rooms/{id}/messages/{msg}/pin", tag = "messaging",
    params(("id" = Uuid, Path, description = "The room"), ("msg" = Uuid, Path, description = "The message")),
    responses((status = 200, body = Stored), (status = 403), (status = 404), (status = 429)))]
pub async fn unpin(
    app: App,
    RoomMember(member): RoomMember,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    stored(&app, &member, What::Pin { msg: msg(&req)?, on: false }).await
}

/// Says that a message answers the question that the room is.
#[utoipa::path(put, path = "/api/v1/rooms/{id}/messages/{msg}/accepted", tag = "messaging",
    params(("id" = Uuid, Path, description = "The room"), ("msg" = Uuid, Path, description = "The message")),
    responses((status = 200, body = Stored), (status = 403), (status = 404), (status = 422), (status = 429)))]
pub async fn accept(
    app: App,
    RoomMember(member): RoomMember,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    stored(&app, &member, What::Answer { msg: Some(msg(&req)?) }).await
}

/// Takes that back.
#[utoipa::path(delete, path = "/api/v1/rooms/{id}/messages/{msg}/accepted", tag = "messaging",
    params(("id" = Uuid, Path, description = "The room"), ("msg" = Uuid, Path, description = "The message")),
    responses((status = 200, body = Stored), (status = 403), (status = 404), (status = 422), (status = 429)))]
pub async fn unaccept(
    app: App,
    RoomMember(member): RoomMember,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    msg(&req)?;
    stored(&app, &member, What::Answer { msg: None }).await
}

/// Messages of a room that hold all the words, the newest first.
#[utoipa::path(get, path = "/api/v1/rooms/{id}/search", tag = "messaging",
    params(("id" = Uuid, Path, description = "The room"), SearchQuery),
    responses((status = 200, body = FoundPage), (status = 404), (status = 429)))]
pub async fn find(
    app: App,
    RoomMember(member): RoomMember,
    Query(asked): Query<SearchQuery>,
) -> Result<HttpResponse, Problem> {
    limits::reading(&app, member.user).await.map_err(|refusal| problem(&refusal))?;
    let mut conn = app.db.conn().await?;
    let viewer = access::viewer(&mut conn, &member).await?;
    let cursor = asked.cursor.filter(|cursor| !cursor.is_empty());
    let limit = asked.limit.unwrap_or(20).clamp(1, 100);
    let found =
        search::find(&mut conn, member.room, &viewer, &asked.q, cursor.as_deref(), limit).await?;
    let items = found.items.iter().filter_map(|m| MessageView::of(m, &viewer)).collect();
    let next_cursor = found.next_cursor;
    Ok(HttpResponse::Ok().json(FoundPage { items, has_more: next_cursor.is_some(), next_cursor }))
}

/// The log after a number, as the socket would have told it; waits for the next entry when there is none.
#[utoipa::path(get, path = "/api/v1/rooms/{id}/log", tag = "messaging",
    params(("id" = Uuid, Path, description = "The room"), LogQuery),
    responses((status = 200, body = LogPage), (status = 404), (status = 429)))]
pub async fn log(
    app: App,
    SignedIn(who): SignedIn,
    RoomMember(mut member): RoomMember,
    Query(asked): Query<LogQuery>,
) -> Result<HttpResponse, Problem> {
    limits::reading(&app, member.user).await.map_err(|refusal| problem(&refusal))?;
    let wait = Duration::from_secs(asked.wait.unwrap_or(0).min(WAIT_MAX));
    if !wait.is_zero() {
        let room = app.messaging.live.open(&app, &member).map_err(|r| problem(&r))?;
        tokio::select! {
            // Whatever ends the wait, the log is read.
            _ = room.send(Past { after: asked.after, within: wait }) => {}
            () = tokio::time::sleep(wait) => {}
            () = app.stop.cancelled() => {}
        }
    }
    // Who has lost access meanwhile, or the sign-in, reads nothing.
    let who = identity::principal_of_session(&app, who.session_id).await?;
    let mut conn = app.db.conn().await?;
    if !wait.is_zero() {
        member = access::enter(&app, &mut conn, &who, member.room).await?;
    }
    let viewer = access::viewer(&mut conn, &member).await?;
    let (head, epoch) =
        store::head(&mut conn, member.room).await?.ok_or_else(Problem::not_found)?;
    let after = signed(asked.after);
    let entries = read::entries_after(&mut conn, member.room, after, LOG_MAX).await?;
    let last = entries.last().map_or(after, |entry| signed(entry.seq()));
    let items = entries
        .iter()
        .map(|entry| serde_json::to_value(entry.seen_by(&viewer)).map_err(Problem::internal))
        .collect::<Result<_, _>>()?;
    Ok(HttpResponse::Ok().json(LogPage {
        epoch,
        head: rows::unsigned(head),
        items,
        more: last < head,
    }))
}

/// Says how far the caller has read and received. The numbers only grow.
#[utoipa::path(post, path = "/api/v1/rooms/{id}/marks", tag = "messaging",
    params(("id" = Uuid, Path, description = "The room")), request_body = Marks,
    responses((status = 204), (status = 404)))]
pub async fn mark(
    app: App,
    RoomMember(member): RoomMember,
    Body(marks): Body<Marks>,
) -> Result<HttpResponse, Problem> {
    let room = app.messaging.live.open(&app, &member).map_err(|r| problem(&r))?;
    let mark = Mark { read: marks.read, delivered: marks.delivered };
    room.send(Tell(Command::MarkOf { user: member.user, mark }))
        .await
        .map_err(|_| Problem::new(Code::Unavailable).retry_after(1))?;
    Ok(HttpResponse::NoContent().finish())
}
