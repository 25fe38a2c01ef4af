//! The studio's routes for tasks. The extractors let in the author, the curators of the course,
//! moderators and admins; for anybody else there is nothing.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use judging::Judged;

use super::super::access::{EditedCourse, EditedModule, EditedTask};
use super::super::inputs::FromUpload;
use super::views::{
    NewTask, StudioTask, StudioTaskRow, TaskFields, TaskOrder, TaskPicture, TrialAnswer,
};
use super::{edit, images};
use crate::app::App;
use crate::identity::SignedIn;
use crate::platform::http::{
    Body, IfMatch, Page, Policy, Problem, ProblemDoc, Routes, Rule, idempotency, tagged,
};

/// Pictures a person may add.
const IMAGE_RULE: Rule = Rule::new("studio_task_image", 120, 3600).burst(20);
/// Answers a person may try.
const CHECK_RULE: Rule = Rule::new("studio_task_check", 120, 60);

/// Registers the routes.
pub fn routes(r: &mut Routes) {
    const TASK: Policy = Policy::Owner("task");
    const MODULE: Policy = Policy::Owner("module");
    r.get("/api/v1/studio/courses/{id}/tasks", Policy::Owner("course"), list_tasks);
    r.post("/api/v1/studio/modules/{id}/tasks", MODULE, create_task);
    r.put("/api/v1/studio/modules/{id}/task-order", MODULE, put_task_order);
    r.post("/api/v1/studio/tasks/check", Policy::SignedIn, check_answer);
    r.post("/api/v1/studio/tasks/images", Policy::SignedIn, add_image);
    r.get("/api/v1/studio/tasks/{id}", TASK, get_task);
    r.put("/api/v1/studio/tasks/{id}", TASK, put_task);
    r.delete("/api/v1/studio/tasks/{id}", TASK, delete_task);
    r.get("/api/v1/studio/tasks/{id}/versions", TASK, task_versions);
}

fn private(body: &impl serde::Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(body)
}

/// The tasks of a course, in order within each topic.
#[utoipa::path(get, path = "/api/v1/studio/courses/{id}/tasks", tag = "studio", operation_id = "studio_list_tasks",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 200, body = Page<StudioTaskRow>), (status = 404, body = ProblemDoc)))]
pub async fn list_tasks(app: App, edited: EditedCourse) -> Result<HttpResponse, Problem> {
    Ok(private(&Page::whole(edit::list(&app, edited.course.id).await?)))
}

/// Adds a task behind the others of the topic. Honours `Idempotency-Key`.
#[utoipa::path(post, path = "/api/v1/studio/modules/{id}/tasks", tag = "studio", operation_id = "studio_create_task",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = NewTask,
    responses((status = 201, body = StudioTask), (status = 404, body = ProblemDoc), (status = 422, body = ProblemDoc)))]
pub async fn create_task(
    app: App,
    edited: EditedModule,
    req: HttpRequest,
    Body(new): Body<NewTask>,
) -> Result<HttpResponse, Problem> {
    let editor = &edited.editor;
    let request = new.clone();
    idempotency::once(&app, editor.user_id, &req, &request, async |id| {
        edit::create(&app, editor, &edited.module, id, new).await?;
        Ok((StatusCode::CREATED, edit::one(&app, id).await?))
    })
    .await
}

/// A task with its key and its worked solution.
#[utoipa::path(get, path = "/api/v1/studio/tasks/{id}", tag = "studio", operation_id = "studio_get_task",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 200, body = StudioTask, headers(("ETag" = String))), (status = 404, body = ProblemDoc)))]
pub async fn get_task(app: App, edited: EditedTask) -> Result<HttpResponse, Problem> {
    let task = edit::one(&app, edited.task.id).await?;
    Ok(tagged(task.version, &task))
}

/// Writes a further version of a task; those before are kept.
#[utoipa::path(put, path = "/api/v1/studio/tasks/{id}", tag = "studio", operation_id = "studio_put_task",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The version that the change was made against, or *")),
    request_body = TaskFields,
    responses((status = 200, body = StudioTask, headers(("ETag" = String))), (status = 404, body = ProblemDoc),
        (status = 412, body = ProblemDoc), (status = 422, body = ProblemDoc), (status = 428, body = ProblemDoc)))]
pub async fn put_task(
    app: App,
    edited: EditedTask,
    expected: IfMatch,
    Body(fields): Body<TaskFields>,
) -> Result<HttpResponse, Problem> {
    edit::change(&app, &edited.editor, &edited.task, expected, fields).await?;
    let task = edit::one(&app, edited.task.id).await?;
    Ok(tagged(task.version, &task))
}

/// Takes a task off. Learners no longer see it; what they answered stays.
#[utoipa::path(delete, path = "/api/v1/studio/tasks/{id}", tag = "studio", operation_id = "studio_delete_task",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = ProblemDoc)))]
pub async fn delete_task(app: App, edited: EditedTask) -> Result<HttpResponse, Problem> {
    edit::remove(&app, &edited.editor, &edited.task).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The versions of a task with who wrote each and when, the last one first.
#[utoipa::path(get, path = "/api/v1/studio/tasks/{id}/versions", tag = "studio", operation_id = "studio_task_versions",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 200, body = Page<StudioTask>), (status = 404, body = ProblemDoc)))]
pub async fn task_versions(app: App, edited: EditedTask) -> Result<HttpResponse, Problem> {
    Ok(private(&Page::whole(edit::versions(&app, &edited.task).await?)))
}

/// Puts the tasks of a topic into this order. It names every one of them once, or it is stale.
#[utoipa::path(put, path = "/api/v1/studio/modules/{id}/task-order", tag = "studio", operation_id = "studio_put_task_order",
    security(("bearer" = [])), params(("id" = Uuid, Path)), request_body = TaskOrder,
    responses((status = 204), (status = 404, body = ProblemDoc), (status = 409, body = ProblemDoc)))]
pub async fn put_task_order(
    app: App,
    edited: EditedModule,
    Body(order): Body<TaskOrder>,
) -> Result<HttpResponse, Problem> {
    edit::reorder(&app, &edited.editor, &edited.module, order.tasks).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What would be said about an answer to a task that is being written; nothing is kept.
#[utoipa::path(post, path = "/api/v1/studio/tasks/check", tag = "studio", operation_id = "studio_check_answer",
    security(("bearer" = [])), request_body = TrialAnswer,
    responses((status = 200, body = Judged), (status = 403, body = ProblemDoc), (status = 422, body = ProblemDoc)))]
pub async fn check_answer(
    app: App,
    SignedIn(who): SignedIn,
    Body(trial): Body<TrialAnswer>,
) -> Result<web::Json<Judged>, Problem> {
    app.limits.check(&CHECK_RULE, &who.user_id.to_string(), app.clock.now())?;
    edit::writes_tasks(&app, &who).await?;
    // Whatever is written as a pattern, nobody else waits for it.
    let judged = web::block(move || edit::check_answer(trial)).await.map_err(Problem::internal)?;
    judged.map(web::Json)
}

/// Makes a picture for statements and solutions of an upload of purpose `task_image`.
#[utoipa::path(post, path = "/api/v1/studio/tasks/images", tag = "studio", operation_id = "studio_add_task_image",
    security(("bearer" = [])), request_body = FromUpload,
    responses((status = 201, body = TaskPicture), (status = 403, body = ProblemDoc), (status = 404, body = ProblemDoc),
        (status = 409, body = ProblemDoc), (status = 413, body = ProblemDoc), (status = 422, body = ProblemDoc)))]
pub async fn add_image(
    app: App,
    SignedIn(who): SignedIn,
    Body(input): Body<FromUpload>,
) -> Result<HttpResponse, Problem> {
    app.limits.check(&IMAGE_RULE, &who.user_id.to_string(), app.clock.now())?;
    edit::writes_tasks(&app, &who).await?;
    let picture = images::add(&app, &who, input.upload_id).await?;
    Ok(HttpResponse::Created().json(picture))
}
