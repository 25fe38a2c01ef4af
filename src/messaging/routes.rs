//! Chat over HTTP: for clients behind a proxy that blocks sockets, bots and quick replies.

use actix_web::HttpResponse;
use actors::chat_room::Ack;
use actors::chat_room::message::Submit;
use actors::chat_room::port::{At, Change, Draft, Page, What};
use actors::wire::{ErrCode, Problem as Refusal};

use super::access::{self, LessonRoomMember, Member, RoomMember};
use super::history::{self, Window};
use super::topic::{checked, screened};
use super::views::{HistoryQuery, MessagePage, MessageView, NewMessage, RoomOfLesson, Stored};
use super::{changes, files, limits, moderation};
use crate::app::App;
use crate::platform::http::{Body, Code, Policy, Problem, Query, Routes};

/// Registers the context's routes.
pub fn routes(r: &mut Routes) {
    r.get("/api/v1/lessons/{id}/room", Policy::Enrolled, room_of_lesson);
    r.get("/api/v1/rooms/{id}/messages", Policy::Enrolled, messages);
    r.post("/api/v1/rooms/{id}/messages", Policy::Enrolled, send);
    changes::routes(r);
    moderation::routes(r);
    files::routes(r);
    super::room_routes::routes(r);
    super::help_routes::routes(r);
    super::desk_routes::routes(r);
    super::students::routes(r);
}

/// The chat beside a lesson.
#[utoipa::path(get, path = "/api/v1/lessons/{id}/room", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The lesson")),
    responses((status = 200, body = RoomOfLesson), (status = 403, description = "`chat_banned`"), (status = 404)))]
pub async fn room_of_lesson(LessonRoomMember(member): LessonRoomMember) -> HttpResponse {
    HttpResponse::Ok().json(RoomOfLesson { room_id: member.room })
}

/// A page of a room's history.
#[utoipa::path(get, path = "/api/v1/rooms/{id}/messages", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The room"), HistoryQuery),
    responses((status = 200, body = MessagePage), (status = 403, description = "`chat_banned`"), (status = 404)))]
pub async fn messages(
    app: App,
    RoomMember(member): RoomMember,
    Query(asked): Query<HistoryQuery>,
) -> Result<HttpResponse, Problem> {
    limits::reading(&app, member.user).await.map_err(|refusal| problem(&refusal))?;
    let window = Window::of(asked.before, asked.after, asked.around)
        .ok_or_else(|| Problem::invalid("before", "Give one of before, after and around."))?;
    let mut conn = app.db.conn().await?;
    let Page { at, items, has_more } = history::page(
        &mut conn,
        app.redis.as_ref(),
        member.room,
        window,
        history::limit(asked.limit),
    )
    .await?;
    let viewer = access::viewer(&mut conn, &member).await?;
    let items = items.iter().filter_map(|message| MessageView::of(message, &viewer)).collect();
    Ok(HttpResponse::Ok().json(MessagePage { items, has_more, head: at }))
}

/// Sends a message. The answer comes when it is stored; the same `client_id` again gets the first
/// answer.
#[utoipa::path(post, path = "/api/v1/rooms/{id}/messages", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The room")), request_body = NewMessage,
    responses((status = 201, body = Stored), (status = 200, body = Stored, description = "Stored before"),
        (status = 403), (status = 404), (status = 409), (status = 422), (status = 429)))]
pub async fn send(
    app: App,
    RoomMember(member): RoomMember,
    Body(new): Body<NewMessage>,
) -> Result<HttpResponse, Problem> {
    let ack = say(&app, &member, new).await?;
    let mut status = if ack.dup { HttpResponse::Ok() } else { HttpResponse::Created() };
    Ok(status.json(Stored::from(ack)))
}

/// Writes in a room as a member of it: everything that speaks over HTTP comes by here.
///
/// # Errors
/// `read_only`, faults of the text, and what the room refuses.
pub(super) async fn say(app: &App, member: &Member, new: NewMessage) -> Result<Ack, Problem> {
    if !member.can_write {
        let refused = Problem::new(Code::ReadOnly);
        return Err(match member.need_wrong {
            Some(missing) => refused.with("need_wrong", missing),
            None => refused,
        });
    }
    let NewMessage { client_id, body, reply_to, at, files, mentions } = new;
    let at = at.map(|at| At { lesson: at.lesson, second: at.second });
    let draft = Draft { client_id, body, reply_to, at, files, mentions, ..Draft::default() };
    limits::sending(app, member.user, member.room).await.map_err(|r| problem(&r))?;
    let draft = checked(draft).map_err(|refusal| problem(&refusal))?;
    change(app, member, What::Message(draft)).await
}

/// Looks at a text and its id before there is a room for them.
///
/// # Errors
/// Faults of the text.
pub(super) fn looked_at(client_id: &str, body: &str) -> Result<(), Problem> {
    let draft =
        Draft { client_id: client_id.to_owned(), body: body.to_owned(), ..Draft::default() };
    checked(draft).map(drop).map_err(|refusal| problem(&refusal))
}

/// Has a room change something in a member's name. Texts must have been looked at. The answer comes
/// when it is stored.
///
/// # Errors
/// What the room refuses.
pub(super) async fn change(app: &App, member: &Member, what: What) -> Result<Ack, Problem> {
    let what = screened(app, member.user, what).await.map_err(|refusal| problem(&refusal))?;
    let by = {
        let mut conn = app.db.conn().await?;
        access::by(&mut conn, member).await?
    };
    let change = Change { by, what };
    // A room that retires at this very moment is opened anew; nothing can be stored twice.
    let mut answer = Err(Refusal::unavailable(1000));
    for _ in 0..2 {
        let room = app.messaging.live.open(app, member).map_err(|r| problem(&r))?;
        if let Ok(told) = room.send(Submit(change.clone())).await {
            answer = told;
            break;
        }
    }
    answer.map_err(|refusal| problem(&refusal))
}

/// A refusal of the chat as HTTP says it.
pub(super) fn problem(refusal: &Refusal) -> Problem {
    let code = match refusal.code {
        ErrCode::NotFound if refusal.field.is_none() => Code::NotFound,
        ErrCode::ReadOnly => Code::ReadOnly,
        ErrCode::RateLimited | ErrCode::SlowMode => Code::RateLimited,
        ErrCode::Rejected => Code::MessageRejected,
        ErrCode::ClientIdReused => Code::ClientIdReused,
        ErrCode::Unavailable => Code::Unavailable,
        ErrCode::Unauthenticated => Code::Unauthenticated,
        ErrCode::Conflict => Code::Conflict,
        ErrCode::TooLate => Code::TooLate,
        ErrCode::Muted => Code::Muted,
        ErrCode::Banned => Code::ChatBanned,
        ErrCode::Forbidden => Code::Forbidden,
        ErrCode::TooLarge | ErrCode::BadRequest | ErrCode::UnknownType | ErrCode::NotFound => {
            Code::Invalid
        }
    };
    let mut problem = Problem::new(code);
    if let Some(field) = refusal.field {
        let text = refusal.code.text(actors::wire::Locale::En);
        let (fault, text) = match (refusal.code, field) {
            (ErrCode::TooLarge, _) => (Code::TooLong, text),
            // Of all fields the one that may be left out, and not by everybody.
            (ErrCode::BadRequest, "reason") => (Code::Required, "Say why."),
            _ => (code, text),
        };
        problem = problem.field(field, fault, text);
    }
    if let Some(rule) = refusal.rule {
        problem = problem.with("rule", rule);
    }
    if let Some(more) = refusal.more.as_deref()
        && let Ok(serde_json::Value::Object(more)) = serde_json::to_value(more)
    {
        // Of the same names as on the socket.
        for (name, value) in more {
            problem = problem.with(&name, value);
        }
    }
    match refusal.retry_ms {
        Some(ms) => problem.retry_after(ms.div_ceil(1000)),
        None => problem,
    }
}
