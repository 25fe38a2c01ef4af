//! Files in chats over HTTP.

use actix_web::{HttpRequest, HttpResponse};

use super::views::{FileLink, NewChatFile, ReadyFile};
use super::{make, serve};
use crate::app::App;
use crate::identity::{IdInPath, SignedIn};
use crate::messaging::access::RoomMember;
use crate::platform::http::{Body, Code, Policy, Problem, ProblemDoc, Routes};

/// Registers the routes.
pub fn routes(r: &mut Routes) {
    let link = Policy::Bearer("the signature of the link");
    r.post("/api/v1/rooms/{id}/files", Policy::Enrolled, add_file);
    r.get("/api/v1/chat-files/{id}/link", Policy::Enrolled, file_link);
    r.get("/files/chat/{token}/thumb", link, file_thumb);
    r.get("/files/chat/{token}", link, file_bytes);
}

/// Makes a finished upload (purpose `chat_file`) a file that can be named in a message.
#[utoipa::path(post, path = "/api/v1/rooms/{id}/files", tag = "messaging",
    operation_id = "add_chat_file", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The room")), request_body = NewChatFile,
    responses((status = 201, body = ReadyFile), (status = 403, body = ProblemDoc),
        (status = 404, body = ProblemDoc), (status = 409, body = ProblemDoc),
        (status = 413, body = ProblemDoc), (status = 415, body = ProblemDoc),
        (status = 422, body = ProblemDoc)))]
pub async fn add_file(
    app: App,
    RoomMember(member): RoomMember,
    Body(new): Body<NewChatFile>,
) -> Result<HttpResponse, Problem> {
    if !member.can_write {
        return Err(Problem::new(Code::ReadOnly));
    }
    let file = make::make(&app, member.user, new.upload_id).await?;
    Ok(HttpResponse::Created().json(file))
}

/// Fresh links to a file of a message that one may see, or of one's own that is not sent yet.
#[utoipa::path(get, path = "/api/v1/chat-files/{id}/link", tag = "messaging",
    operation_id = "get_chat_file_link", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The file")),
    responses((status = 200, body = FileLink), (status = 404, body = ProblemDoc)))]
pub async fn file_link(
    app: App,
    SignedIn(who): SignedIn,
    IdInPath(id): IdInPath,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(serve::renew(&app, &who, id).await?))
}

/// A file, by its signed link: a picture to be shown, anything else as an attachment.
#[utoipa::path(get, path = "/files/chat/{token}", tag = "files", operation_id = "chat_file",
    params(("token" = String, Path)),
    responses((status = 200, description = "The file"), (status = 404, body = ProblemDoc),
        (status = 410, body = ProblemDoc)))]
pub async fn file_bytes(app: App, req: HttpRequest) -> Result<HttpResponse, Problem> {
    serve::whole(&app, &req).await
}

/// The small picture of an image, by its signed link.
#[utoipa::path(get, path = "/files/chat/{token}/thumb", tag = "files",
    operation_id = "chat_file_thumb", params(("token" = String, Path)),
    responses((status = 200, content_type = "image/webp"), (status = 404, body = ProblemDoc),
        (status = 410, body = ProblemDoc)))]
pub async fn file_thumb(app: App, req: HttpRequest) -> Result<HttpResponse, Problem> {
    serve::thumb(&app, &req).await
}
