//! Rooms over HTTP: the list, the ways in, threads, announcements.

use actix_web::HttpResponse;

use super::model::RoomKind;
use super::store::threads::Of;
use super::views_rooms::{
    Announcement, NewAnnouncement, NewPair, NewThread, PeopleQuery, RoomChanges, RoomLine,
    RoomPeople, RoomRef, RoomsQuery, StudentQuery, StudentRoom, TaskRoom, Thread, ThreadsQuery,
    Unread,
};
use super::{announcements as news, doors, list, people as named, threads};
use crate::app::App;
use crate::identity::{IdInPath, SignedIn};
use crate::platform::http::{Body, Page, PageQuery, Policy, Problem, Query, Routes};

/// Registers the routes.
pub fn routes(r: &mut Routes) {
    r.get("/api/v1/rooms", Policy::SignedIn, rooms);
    r.get("/api/v1/rooms/unread", Policy::SignedIn, unread);
    r.get("/api/v1/rooms/{id}", Policy::Enrolled, room);
    r.patch("/api/v1/rooms/{id}", Policy::Enrolled, change);
    r.get("/api/v1/rooms/{id}/people", Policy::Enrolled, people);
    r.get("/api/v1/tasks/{id}/room", Policy::Enrolled, task_room);
    r.get("/api/v1/tasks/{id}/rooms", Policy::Enrolled, task_rooms);
    r.post("/api/v1/courses/{id}/pair", Policy::Enrolled, pair);
    r.get("/api/v1/general", Policy::SignedIn, general);
    r.get("/api/v1/staff/room", Policy::Staff("curator, support, moderator, admin"), staff);
    r.get("/api/v1/lessons/{id}/questions", Policy::Enrolled, questions);
    r.post("/api/v1/lessons/{id}/questions", Policy::Enrolled, ask_question);
    r.get("/api/v1/courses/{id}/forum", Policy::Enrolled, forum);
    r.post("/api/v1/courses/{id}/forum", Policy::Enrolled, open_thread);
    r.get("/api/v1/announcements", Policy::SignedIn, announcements);
    r.post("/api/v1/announcements", Policy::SignedIn, announce);
}

/// The caller's rooms: pinned ones first, then by the last entry.
#[utoipa::path(get, path = "/api/v1/rooms", tag = "messaging", params(RoomsQuery),
    responses((status = 200, body = Page<RoomLine>), (status = 401)))]
pub async fn rooms(
    app: App,
    SignedIn(who): SignedIn,
    Query(query): Query<RoomsQuery>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(list::list(&app, &who, &query).await?))
}

/// What waits to be read in all rooms.
#[utoipa::path(get, path = "/api/v1/rooms/unread", tag = "messaging",
    responses((status = 200, body = Unread), (status = 401)))]
pub async fn unread(app: App, SignedIn(who): SignedIn) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(list::unread(&app, &who).await?))
}

/// One room as the list shows it.
#[utoipa::path(get, path = "/api/v1/rooms/{id}", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The room")),
    responses((status = 200, body = RoomLine), (status = 403, description = "`chat_banned`"), (status = 404)))]
pub async fn room(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(list::one(&app, &who, id).await?))
}

/// Changes the caller's own settings of a room.
#[utoipa::path(patch, path = "/api/v1/rooms/{id}", tag = "messaging", operation_id = "change_room",
    params(("id" = uuid::Uuid, Path, description = "The room")), request_body = RoomChanges,
    responses((status = 200, body = RoomLine), (status = 404)))]
pub async fn change(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
    Body(changes): Body<RoomChanges>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(list::change(&app, &who, id, &changes).await?))
}

/// Who may be named in a room.
#[utoipa::path(get, path = "/api/v1/rooms/{id}/people", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The room"), PeopleQuery),
    responses((status = 200, body = RoomPeople), (status = 404)))]
pub async fn people(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
    Query(query): Query<PeopleQuery>,
) -> Result<HttpResponse, Problem> {
    let items = named::people(&app, &who, id, &query).await?;
    Ok(HttpResponse::Ok().json(RoomPeople { items }))
}

/// The caller's chat under a task; it opens after so many wrong answers.
#[utoipa::path(get, path = "/api/v1/tasks/{id}/room", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The task")),
    responses((status = 200, body = TaskRoom), (status = 404)))]
pub async fn task_room(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(doors::task_room(&app, &who, id).await?))
}

/// The students' chats under a task, for who answers them.
#[utoipa::path(get, path = "/api/v1/tasks/{id}/rooms", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The task"), StudentQuery),
    responses((status = 200, body = Page<StudentRoom>), (status = 404)))]
pub async fn task_rooms(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
    Query(query): Query<StudentQuery>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(doors::task_rooms(&app, &who, id, &query).await?))
}

/// The talk of a student with the author of a course; made at its first use.
#[utoipa::path(post, path = "/api/v1/courses/{id}/pair", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The course")), request_body = NewPair,
    responses((status = 200, body = RoomRef), (status = 404), (status = 422)))]
pub async fn pair(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
    Body(with): Body<NewPair>,
) -> Result<HttpResponse, Problem> {
    let room_id = doors::pair(&app, &who, id, &with).await?;
    Ok(HttpResponse::Ok().json(RoomRef { room_id }))
}

/// The chat for general questions.
#[utoipa::path(get, path = "/api/v1/general", tag = "messaging",
    responses((status = 200, body = RoomRef), (status = 401), (status = 404)))]
pub async fn general(app: App, SignedIn(who): SignedIn) -> Result<HttpResponse, Problem> {
    let room_id = doors::only(&app, &who, RoomKind::General).await?.room;
    Ok(HttpResponse::Ok().json(RoomRef { room_id }))
}

/// The staff's own chat.
#[utoipa::path(get, path = "/api/v1/staff/room", tag = "messaging",
    responses((status = 200, body = RoomRef), (status = 404)))]
pub async fn staff(app: App, SignedIn(who): SignedIn) -> Result<HttpResponse, Problem> {
    let room_id = doors::only(&app, &who, RoomKind::Staff).await?.room;
    Ok(HttpResponse::Ok().json(RoomRef { room_id }))
}

/// Questions on a lesson, the liveliest first.
#[utoipa::path(get, path = "/api/v1/lessons/{id}/questions", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The lesson"), ThreadsQuery),
    responses((status = 200, body = Page<Thread>), (status = 404)))]
pub async fn questions(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
    Query(query): Query<ThreadsQuery>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(threads::list(&app, &who, Of::Lesson(id), &query).await?))
}

/// Asks a question on a lesson. The same `client_id` again finds the first one.
#[utoipa::path(post, path = "/api/v1/lessons/{id}/questions", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The lesson")), request_body = NewThread,
    responses((status = 201, body = Thread), (status = 200, body = Thread, description = "Asked before"),
        (status = 404), (status = 409), (status = 422), (status = 429)))]
pub async fn ask_question(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
    Body(new): Body<NewThread>,
) -> Result<HttpResponse, Problem> {
    let (thread, is_new) = threads::open(&app, &who, Of::Lesson(id), new).await?;
    Ok(made(is_new).json(thread))
}

/// The forum of a course, the liveliest thread first.
#[utoipa::path(get, path = "/api/v1/courses/{id}/forum", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The course"), ThreadsQuery),
    responses((status = 200, body = Page<Thread>), (status = 404)))]
pub async fn forum(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
    Query(query): Query<ThreadsQuery>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(threads::list(&app, &who, Of::Course(id), &query).await?))
}

/// Opens a thread in the forum of a course. The same `client_id` again finds the first one.
#[utoipa::path(post, path = "/api/v1/courses/{id}/forum", tag = "messaging",
    params(("id" = uuid::Uuid, Path, description = "The course")), request_body = NewThread,
    responses((status = 201, body = Thread), (status = 200, body = Thread, description = "Opened before"),
        (status = 404), (status = 409), (status = 422), (status = 429)))]
pub async fn open_thread(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
    Body(new): Body<NewThread>,
) -> Result<HttpResponse, Problem> {
    let (thread, is_new) = threads::open(&app, &who, Of::Course(id), new).await?;
    Ok(made(is_new).json(thread))
}

/// What was announced to the caller, the newest first.
#[utoipa::path(get, path = "/api/v1/announcements", tag = "messaging", params(PageQuery),
    responses((status = 200, body = Page<Announcement>), (status = 401)))]
pub async fn announcements(
    app: App,
    SignedIn(who): SignedIn,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(news::list(&app, &who, &query).await?))
}

/// Announces something to a course or to the whole school. The same `client_id` again says nothing twice.
#[utoipa::path(post, path = "/api/v1/announcements", tag = "messaging",
    request_body = NewAnnouncement,
    responses((status = 201, body = Announcement),
        (status = 200, body = Announcement, description = "Said before"),
        (status = 403), (status = 404), (status = 422)))]
pub async fn announce(
    app: App,
    SignedIn(who): SignedIn,
    Body(new): Body<NewAnnouncement>,
) -> Result<HttpResponse, Problem> {
    let (item, is_new) = news::announce(&app, &who, new).await?;
    Ok(made(is_new).json(item))
}

fn made(is_new: bool) -> actix_web::HttpResponseBuilder {
    if is_new { HttpResponse::Created() } else { HttpResponse::Ok() }
}
