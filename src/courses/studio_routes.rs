//! The studio's routes. Every one is about the caller's own: the extractors of `access` load what
//! the path names, or answer as if it did not exist.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use uuid::Uuid;

use super::access::{EditedModule, OwnedCourse, OwnedFile, OwnedLesson, OwnedModule};
use super::inputs::{
    CourseOrder, CoursePatch, FilePatch, FromUpload, LessonPatch, ModulePatch, NewCourse,
    NewLesson, NewModule,
};
use super::views::{
    LessonFile, ModuleChanged, StudioCard, StudioCourse, StudioLesson, StudioModule,
};
use super::{content, cover, covers, edit, programme, publish, studio};
use crate::app::App;
use crate::identity::{Principal, SignedIn};
use crate::platform::http::{
    Body, IfMatch, Page, PageQuery, Policy, Problem, ProblemDoc, Query, Routes, Rule, idempotency,
    read_all, tagged,
};

/// Covers an author may upload.
const COVER_RULE: Rule = Rule::new("studio_cover", 60, 3600).burst(10);
/// Courses an author may begin.
const CREATE_RULE: Rule = Rule::new("studio_create", 60, 3600).burst(20);

/// Registers the routes.
pub fn routes(r: &mut Routes) {
    const COURSE: Policy = Policy::Owner("course");
    const MODULE: Policy = Policy::Owner("module");
    const LESSON: Policy = Policy::Owner("lesson");
    r.get("/api/v1/studio/courses", Policy::SignedIn, list_courses);
    r.post("/api/v1/studio/courses", Policy::SignedIn, create_course);
    r.get("/api/v1/studio/courses/{id}", COURSE, get_course);
    r.patch("/api/v1/studio/courses/{id}", COURSE, patch_course);
    r.delete("/api/v1/studio/courses/{id}", COURSE, delete_course);
    r.put("/api/v1/studio/courses/{id}/cover", COURSE, put_cover);
    r.delete("/api/v1/studio/courses/{id}/cover", COURSE, delete_cover);
    r.put("/api/v1/studio/courses/{id}/trailer", COURSE, put_trailer);
    r.delete("/api/v1/studio/courses/{id}/trailer", COURSE, delete_trailer);
    r.post("/api/v1/studio/courses/{id}/publish", COURSE, publish_course);
    r.post("/api/v1/studio/courses/{id}/unpublish", COURSE, unpublish_course);
    r.put("/api/v1/studio/courses/{id}/order", COURSE, put_order);
    r.post("/api/v1/studio/courses/{id}/modules", COURSE, create_module);
    r.patch("/api/v1/studio/modules/{id}", MODULE, patch_module);
    r.delete("/api/v1/studio/modules/{id}", MODULE, delete_module);
    r.get("/api/v1/studio/modules/{id}/changes", MODULE, module_changes);
    r.post("/api/v1/studio/modules/{id}/lessons", MODULE, create_lesson);
    r.patch("/api/v1/studio/lessons/{id}", LESSON, patch_lesson);
    r.delete("/api/v1/studio/lessons/{id}", LESSON, delete_lesson);
    r.put("/api/v1/studio/lessons/{id}/video", LESSON, put_video);
    r.delete("/api/v1/studio/lessons/{id}/video", LESSON, delete_video);
    r.post("/api/v1/studio/lessons/{id}/submit", LESSON, submit_lesson);
    r.post("/api/v1/studio/lessons/{id}/files", LESSON, add_file);
    r.patch("/api/v1/studio/files/{id}", Policy::Owner("lesson_file"), patch_file);
    r.delete("/api/v1/studio/files/{id}", Policy::Owner("lesson_file"), delete_file);
}

async fn course_now(app: &App, author: &Principal, id: Uuid) -> Result<HttpResponse, Problem> {
    let course = studio::course(app, author, id).await?;
    Ok(tagged(course.version, &course))
}

async fn lesson_now(app: &App, author: &Principal, id: Uuid) -> Result<HttpResponse, Problem> {
    let lesson = studio::lesson(app, author, id).await?;
    Ok(tagged(lesson.version, &lesson))
}

fn nothing() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// The caller's courses, changed last first.
#[utoipa::path(get, path = "/api/v1/studio/courses", tag = "studio", operation_id = "studio_list_courses",
    security(("bearer" = [])), params(PageQuery),
    responses((status = 200, body = Page<StudioCard>), (status = 401, body = ProblemDoc)))]
pub async fn list_courses(
    app: App,
    SignedIn(author): SignedIn,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let page = studio::list(&app, &author, &query).await?;
    Ok(HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(page))
}

/// Begins a course as a draft. Honours `Idempotency-Key`.
#[utoipa::path(post, path = "/api/v1/studio/courses", tag = "studio", operation_id = "studio_create_course",
    security(("bearer" = [])), request_body = NewCourse,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = StudioCourse), (status = 422, body = ProblemDoc)))]
pub async fn create_course(
    app: App,
    SignedIn(author): SignedIn,
    req: HttpRequest,
    Body(new): Body<NewCourse>,
) -> Result<HttpResponse, Problem> {
    idempotency::once(&app, author.user_id, &req, &new, async |id| {
        app.limits.check(&CREATE_RULE, &author.user_id.to_string(), app.clock.now())?;
        edit::create(&app, &author, id, &new).await?;
        Ok((StatusCode::CREATED, studio::course(&app, &author, id).await?))
    })
    .await
}

/// A course with everything in it.
#[utoipa::path(get, path = "/api/v1/studio/courses/{id}", tag = "studio", operation_id = "studio_get_course",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 200, body = StudioCourse, headers(("ETag" = String))), (status = 404, body = ProblemDoc)))]
pub async fn get_course(app: App, owned: OwnedCourse) -> Result<HttpResponse, Problem> {
    course_now(&app, &owned.author, owned.course.id).await
}

/// Changes fields of a course; absent ones stay, null clears.
#[utoipa::path(patch, path = "/api/v1/studio/courses/{id}", tag = "studio", operation_id = "studio_patch_course",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The version that the change was made against, or *")),
    request_body = CoursePatch,
    responses((status = 200, body = StudioCourse, headers(("ETag" = String))), (status = 412, body = ProblemDoc),
        (status = 422, body = ProblemDoc), (status = 428, body = ProblemDoc)))]
pub async fn patch_course(
    app: App,
    owned: OwnedCourse,
    expected: IfMatch,
    Body(patch): Body<CoursePatch>,
) -> Result<HttpResponse, Problem> {
    edit::patch(&app, &owned.author, owned.course.id, expected, patch).await?;
    course_now(&app, &owned.author, owned.course.id).await
}

/// Removes a course that nobody is enrolled in.
#[utoipa::path(delete, path = "/api/v1/studio/courses/{id}", tag = "studio", operation_id = "studio_delete_course",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 204), (status = 409, body = ProblemDoc)))]
pub async fn delete_course(app: App, owned: OwnedCourse) -> Result<HttpResponse, Problem> {
    edit::delete(&app, &owned.author, owned.course.id).await?;
    Ok(nothing())
}

/// Makes the picture in the body the cover: JPEG, PNG, WebP or GIF, at most 10 MiB, 8192 pixels a
/// side and 40 megapixels.
#[utoipa::path(put, path = "/api/v1/studio/courses/{id}/cover", tag = "studio", operation_id = "studio_put_cover",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = StudioCourse), (status = 413, body = ProblemDoc), (status = 422, body = ProblemDoc)))]
pub async fn put_cover(
    app: App,
    owned: OwnedCourse,
    body: web::Payload,
) -> Result<HttpResponse, Problem> {
    app.limits.check(&COVER_RULE, &owned.author.user_id.to_string(), app.clock.now())?;
    let bytes = read_all(body.into_inner(), cover::MAX_BYTES).await?;
    covers::replace(&app, &owned.author, owned.course.id, bytes).await?;
    course_now(&app, &owned.author, owned.course.id).await
}

/// Takes the cover away.
#[utoipa::path(delete, path = "/api/v1/studio/courses/{id}/cover", tag = "studio", operation_id = "studio_delete_cover",
    security(("bearer" = [])), params(("id" = Uuid, Path)), responses((status = 204)))]
pub async fn delete_cover(app: App, owned: OwnedCourse) -> Result<HttpResponse, Problem> {
    covers::remove(&app, &owned.author, owned.course.id).await?;
    Ok(nothing())
}

/// Makes an upload the free trailer.
#[utoipa::path(put, path = "/api/v1/studio/courses/{id}/trailer", tag = "studio", operation_id = "studio_put_trailer",
    security(("bearer" = [])), params(("id" = Uuid, Path)), request_body = FromUpload,
    responses((status = 200, body = StudioCourse), (status = 404, body = ProblemDoc)))]
pub async fn put_trailer(
    app: App,
    owned: OwnedCourse,
    Body(input): Body<FromUpload>,
) -> Result<HttpResponse, Problem> {
    content::set_trailer(&app, &owned.author, owned.course.id, input.upload_id).await?;
    course_now(&app, &owned.author, owned.course.id).await
}

/// Takes the trailer away.
#[utoipa::path(delete, path = "/api/v1/studio/courses/{id}/trailer", tag = "studio", operation_id = "studio_delete_trailer",
    security(("bearer" = [])), params(("id" = Uuid, Path)), responses((status = 204)))]
pub async fn delete_trailer(app: App, owned: OwnedCourse) -> Result<HttpResponse, Problem> {
    content::remove_trailer(&app, &owned.author, owned.course.id).await?;
    Ok(nothing())
}

/// Makes the course public, or says in `errors` what is missing.
#[utoipa::path(post, path = "/api/v1/studio/courses/{id}/publish", tag = "studio", operation_id = "studio_publish_course",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 200, body = StudioCourse), (status = 409, body = ProblemDoc)))]
pub async fn publish_course(app: App, owned: OwnedCourse) -> Result<HttpResponse, Problem> {
    publish::publish(&app, &owned.author, owned.course.id).await?;
    course_now(&app, &owned.author, owned.course.id).await
}

/// Takes the course back: a draft again, or archived if people are enrolled.
#[utoipa::path(post, path = "/api/v1/studio/courses/{id}/unpublish", tag = "studio", operation_id = "studio_unpublish_course",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 200, body = StudioCourse), (status = 409, body = ProblemDoc)))]
pub async fn unpublish_course(app: App, owned: OwnedCourse) -> Result<HttpResponse, Problem> {
    publish::unpublish(&app, &owned.author, owned.course.id).await?;
    course_now(&app, &owned.author, owned.course.id).await
}

/// Puts all modules and lessons into this order. It names every one of them once, or it is stale.
#[utoipa::path(put, path = "/api/v1/studio/courses/{id}/order", tag = "studio", operation_id = "studio_put_order",
    security(("bearer" = [])), params(("id" = Uuid, Path)), request_body = CourseOrder,
    responses((status = 200, body = StudioCourse), (status = 409, body = ProblemDoc)))]
pub async fn put_order(
    app: App,
    owned: OwnedCourse,
    Body(order): Body<CourseOrder>,
) -> Result<HttpResponse, Problem> {
    programme::reorder(&app, &owned.author, owned.course.id, order).await?;
    course_now(&app, &owned.author, owned.course.id).await
}

/// Adds a module behind the others. Honours `Idempotency-Key`.
#[utoipa::path(post, path = "/api/v1/studio/courses/{id}/modules", tag = "studio", operation_id = "studio_create_module",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = NewModule,
    responses((status = 201, body = StudioModule), (status = 422, body = ProblemDoc)))]
pub async fn create_module(
    app: App,
    owned: OwnedCourse,
    req: HttpRequest,
    Body(new): Body<NewModule>,
) -> Result<HttpResponse, Problem> {
    let author = &owned.author;
    idempotency::once(&app, author.user_id, &req, &new, async |id| {
        programme::add_module(&app, author, owned.course.id, id, &new).await?;
        Ok((StatusCode::CREATED, studio::module(&app, id).await?))
    })
    .await
}

/// Changes a module; absent fields stay, null clears. Its author, its curators, moderators and admins may; what
/// it was before is kept.
#[utoipa::path(patch, path = "/api/v1/studio/modules/{id}", tag = "studio", operation_id = "studio_patch_module",
    security(("bearer" = [])), params(("id" = Uuid, Path)), request_body = ModulePatch,
    responses((status = 200, body = StudioModule), (status = 422, body = ProblemDoc)))]
pub async fn patch_module(
    app: App,
    edited: EditedModule,
    Body(patch): Body<ModulePatch>,
) -> Result<web::Json<StudioModule>, Problem> {
    programme::patch_module(&app, &edited.editor, &edited.module, patch).await?;
    studio::module(&app, edited.module.id).await.map(web::Json)
}

/// What a topic was called, and when it opened, before each change; the last one first.
#[utoipa::path(get, path = "/api/v1/studio/modules/{id}/changes", tag = "studio", operation_id = "studio_module_changes",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 200, body = Page<ModuleChanged>), (status = 404, body = ProblemDoc)))]
pub async fn module_changes(app: App, edited: EditedModule) -> Result<HttpResponse, Problem> {
    let page = Page::whole(programme::module_changes(&app, edited.module.id).await?);
    Ok(HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(page))
}

/// Removes a module with all its lessons.
#[utoipa::path(delete, path = "/api/v1/studio/modules/{id}", tag = "studio", operation_id = "studio_delete_module",
    security(("bearer" = [])), params(("id" = Uuid, Path)), responses((status = 204)))]
pub async fn delete_module(app: App, owned: OwnedModule) -> Result<HttpResponse, Problem> {
    programme::delete_module(&app, &owned.author, &owned.module).await?;
    Ok(nothing())
}

/// Adds a drafted lesson behind the others of the module. Honours `Idempotency-Key`.
#[utoipa::path(post, path = "/api/v1/studio/modules/{id}/lessons", tag = "studio", operation_id = "studio_create_lesson",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = NewLesson,
    responses((status = 201, body = StudioLesson), (status = 422, body = ProblemDoc)))]
pub async fn create_lesson(
    app: App,
    owned: OwnedModule,
    req: HttpRequest,
    Body(new): Body<NewLesson>,
) -> Result<HttpResponse, Problem> {
    let author = &owned.author;
    idempotency::once(&app, author.user_id, &req, &new, async |id| {
        programme::add_lesson(&app, author, &owned.module, id, &new).await?;
        Ok((StatusCode::CREATED, studio::lesson(&app, author, id).await?))
    })
    .await
}

/// Changes a lesson; absent fields stay, null clears.
#[utoipa::path(patch, path = "/api/v1/studio/lessons/{id}", tag = "studio", operation_id = "studio_patch_lesson",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The version that the change was made against, or *")),
    request_body = LessonPatch,
    responses((status = 200, body = StudioLesson, headers(("ETag" = String))), (status = 412, body = ProblemDoc),
        (status = 422, body = ProblemDoc), (status = 428, body = ProblemDoc)))]
pub async fn patch_lesson(
    app: App,
    owned: OwnedLesson,
    expected: IfMatch,
    Body(patch): Body<LessonPatch>,
) -> Result<HttpResponse, Problem> {
    programme::patch_lesson(&app, &owned.author, &owned.lesson, expected, patch).await?;
    lesson_now(&app, &owned.author, owned.lesson.id).await
}

/// Removes a lesson with its video, files and tasks.
#[utoipa::path(delete, path = "/api/v1/studio/lessons/{id}", tag = "studio", operation_id = "studio_delete_lesson",
    security(("bearer" = [])), params(("id" = Uuid, Path)), responses((status = 204)))]
pub async fn delete_lesson(app: App, owned: OwnedLesson) -> Result<HttpResponse, Problem> {
    programme::delete_lesson(&app, &owned.author, &owned.lesson).await?;
    Ok(nothing())
}

/// Makes an upload the lesson's video and submits the lesson.
#[utoipa::path(put, path = "/api/v1/studio/lessons/{id}/video", tag = "studio", operation_id = "studio_put_video",
    security(("bearer" = [])), params(("id" = Uuid, Path)), request_body = FromUpload,
    responses((status = 200, body = StudioLesson), (status = 404, body = ProblemDoc), (status = 409, body = ProblemDoc)))]
pub async fn put_video(
    app: App,
    owned: OwnedLesson,
    Body(input): Body<FromUpload>,
) -> Result<HttpResponse, Problem> {
    content::set_video(&app, &owned.author, &owned.lesson, input.upload_id).await?;
    lesson_now(&app, &owned.author, owned.lesson.id).await
}

/// Takes the video off the lesson.
#[utoipa::path(delete, path = "/api/v1/studio/lessons/{id}/video", tag = "studio", operation_id = "studio_delete_video",
    security(("bearer" = [])), params(("id" = Uuid, Path)), responses((status = 204)))]
pub async fn delete_video(app: App, owned: OwnedLesson) -> Result<HttpResponse, Problem> {
    content::remove_video(&app, &owned.author, &owned.lesson).await?;
    Ok(nothing())
}

/// Hands a text lesson over: drafted becomes done.
#[utoipa::path(post, path = "/api/v1/studio/lessons/{id}/submit", tag = "studio", operation_id = "studio_submit_lesson",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 200, body = StudioLesson), (status = 409, body = ProblemDoc)))]
pub async fn submit_lesson(app: App, owned: OwnedLesson) -> Result<HttpResponse, Problem> {
    programme::submit(&app, &owned.author, &owned.lesson).await?;
    lesson_now(&app, &owned.author, owned.lesson.id).await
}

/// Adds an uploaded file to the lesson.
#[utoipa::path(post, path = "/api/v1/studio/lessons/{id}/files", tag = "studio", operation_id = "studio_add_file",
    security(("bearer" = [])), params(("id" = Uuid, Path)), request_body = FromUpload,
    responses((status = 201, body = LessonFile), (status = 404, body = ProblemDoc), (status = 409, body = ProblemDoc)))]
pub async fn add_file(
    app: App,
    owned: OwnedLesson,
    Body(input): Body<FromUpload>,
) -> Result<HttpResponse, Problem> {
    let file = content::add_file(&app, &owned.author, &owned.lesson, input.upload_id).await?;
    Ok(HttpResponse::Created().json(LessonFile::from(file)))
}

/// Lets learners keep copies of a file, or only look at it.
#[utoipa::path(patch, path = "/api/v1/studio/files/{id}", tag = "studio", operation_id = "studio_patch_file",
    security(("bearer" = [])), params(("id" = Uuid, Path)), request_body = FilePatch,
    responses((status = 200, body = LessonFile), (status = 404, body = ProblemDoc), (status = 422, body = ProblemDoc)))]
pub async fn patch_file(
    app: App,
    owned: OwnedFile,
    Body(input): Body<FilePatch>,
) -> Result<web::Json<LessonFile>, Problem> {
    let OwnedFile { file, lesson, author } = owned;
    let file = content::set_downloadable(&app, &author, &lesson, file, input.downloadable).await?;
    Ok(web::Json(LessonFile::from(file)))
}

/// Takes a file off its lesson.
#[utoipa::path(delete, path = "/api/v1/studio/files/{id}", tag = "studio", operation_id = "studio_delete_file",
    security(("bearer" = [])), params(("id" = Uuid, Path)), responses((status = 204)))]
pub async fn delete_file(app: App, owned: OwnedFile) -> Result<HttpResponse, Problem> {
    content::remove_file(&app, &owned.author, &owned.lesson, &owned.file).await?;
    Ok(nothing())
}
