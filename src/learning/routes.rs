//! The context's routes.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use uuid::Uuid;

use super::access::{LearnedLesson, ReadableLesson};
use super::views::{
    CourseNote, Enrollment, FileLink, LearnCourse, LearningRow, LessonPage, NewNote, Note,
    NoteChange, NoteList, PlaybackAt, Progress, ProgressReport,
};
use super::{attempts, enroll, notes, play, progress, read};
use crate::app::App;
use crate::courses::path_id;
use crate::identity::{MaybeSignedIn, SignedIn};
use crate::platform::http::{
    Body, ClientAddress, Page, PageQuery, Policy, Problem, ProblemDoc, Query, Routes, Rule,
    idempotency,
};
use crate::video::Playback;

/// Enrollments one person may begin.
const ENROLL_RULE: Rule = Rule::new("learning_enroll", 120, 3600).burst(40);
/// Reports one person may send: players send six a minute.
const PROGRESS_RULE: Rule = Rule::new("learning_progress", 120, 60);
/// Notes one person may write or change.
const NOTES_RULE: Rule = Rule::new("learning_notes", 60, 60);

/// Registers the routes.
pub fn routes(r: &mut Routes) {
    r.post("/api/v1/courses/{id}/enroll", Policy::SignedIn, enroll_course);
    r.post(
        "/api/v1/courses/{id}/trailer/play",
        Policy::Public("trailers play free, without purchase"),
        play_trailer,
    );
    r.get("/api/v1/me/enrollments/{id}", Policy::SignedIn, my_enrollment);
    r.get("/api/v1/me/learning", Policy::SignedIn, my_learning);
    r.get("/api/v1/learn/courses/{id}", Policy::Enrolled, learn_course);
    r.get("/api/v1/learn/lessons/{id}", Policy::Enrolled, learn_lesson);
    r.get("/api/v1/learn/lessons/{id}/captions/{language}", Policy::Enrolled, lesson_captions);
    r.post("/api/v1/learn/lessons/{id}/progress", Policy::Enrolled, report_progress);
    r.post("/api/v1/learn/lessons/{id}/done", Policy::Enrolled, lesson_done);
    r.get("/api/v1/learn/files/{id}", Policy::Enrolled, file_link);
    const NOTE: &str = "/api/v1/learn/notes/{id}";
    r.get("/api/v1/learn/lessons/{id}/notes", Policy::Enrolled, lesson_notes);
    r.post("/api/v1/learn/lessons/{id}/notes", Policy::Enrolled, write_note);
    r.patch(NOTE, Policy::Owner("note"), change_note);
    r.delete(NOTE, Policy::Owner("note"), delete_note);
    r.get("/api/v1/learn/courses/{id}/notes", Policy::Enrolled, course_notes);
    r.get("/api/v1/learn/courses/{id}/notes.md", Policy::Enrolled, export_notes);
    r.post("/api/v1/lessons/{id}/play", Policy::Enrolled, play_lesson);
    attempts::routes::routes(r);
}

/// An answer about one person: never cached.
fn personal(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(body)
}

/// Joins a free course with one click. Clicking again gives the same enrollment.
#[utoipa::path(post, path = "/api/v1/courses/{id}/enroll", tag = "learning", operation_id = "enroll",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 200, body = Enrollment, description = "Enrolled before"), (status = 201, body = Enrollment),
        (status = 402, body = ProblemDoc), (status = 404, body = ProblemDoc)))]
pub async fn enroll_course(
    app: App,
    SignedIn(who): SignedIn,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    app.limits.check(&ENROLL_RULE, &who.user_id.to_string(), app.clock.now())?;
    let joined = enroll::enroll(&app, &who, path_id(&req)?).await?;
    let mut response = if joined.is_new { HttpResponse::Created() } else { HttpResponse::Ok() };
    let body = Enrollment::from(&joined.enrollment);
    Ok(response.insert_header(("cache-control", "no-store")).json(body))
}

/// One's own passage through a course.
#[utoipa::path(get, path = "/api/v1/me/enrollments/{id}", tag = "learning", operation_id = "get_my_enrollment",
    security(("bearer" = [])), params(("id" = Uuid, Path, description = "The course")),
    responses((status = 200, body = Enrollment), (status = 404, body = ProblemDoc)))]
pub async fn my_enrollment(
    app: App,
    SignedIn(who): SignedIn,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    Ok(personal(&read::my_enrollment(&app, &who, path_id(&req)?).await?))
}

/// One's own courses, active last first.
#[utoipa::path(get, path = "/api/v1/me/learning", tag = "learning", operation_id = "list_my_learning",
    security(("bearer" = [])), params(PageQuery),
    responses((status = 200, body = Page<LearningRow>), (status = 401, body = ProblemDoc)))]
pub async fn my_learning(
    app: App,
    SignedIn(who): SignedIn,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    Ok(personal(&read::my_learning(&app, &who, &query).await?))
}

/// The programme of a course with one's own marks.
#[utoipa::path(get, path = "/api/v1/learn/courses/{id}", tag = "learning", operation_id = "learn_course",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 200, body = LearnCourse), (status = 403, body = ProblemDoc), (status = 404, body = ProblemDoc)))]
pub async fn learn_course(
    app: App,
    SignedIn(who): SignedIn,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    Ok(personal(&read::programme(&app, &who, path_id(&req)?).await?))
}

/// A lesson to take. Free previews are open to strangers.
#[utoipa::path(get, path = "/api/v1/learn/lessons/{id}", tag = "learning", operation_id = "learn_lesson",
    security((), ("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 200, body = LessonPage), (status = 403, body = ProblemDoc), (status = 404, body = ProblemDoc),
        (status = 409, body = ProblemDoc)))]
pub async fn learn_lesson(app: App, readable: ReadableLesson) -> Result<HttpResponse, Problem> {
    Ok(personal(&read::lesson(&app, &readable.0).await?))
}

/// What is said in the lesson's video, as WebVTT: for the transcript before it plays. Free previews are
/// open to strangers.
#[utoipa::path(get, path = "/api/v1/learn/lessons/{id}/captions/{language}", tag = "learning",
    operation_id = "lesson_captions", security((), ("bearer" = [])),
    params(("id" = Uuid, Path), ("language" = String, Path)),
    responses((status = 200, content_type = "text/vtt", body = String), (status = 403, body = ProblemDoc),
        (status = 404, body = ProblemDoc)))]
pub async fn lesson_captions(
    app: App,
    readable: ReadableLesson,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let language = req.match_info().get("language").unwrap_or_default();
    let text = read::captions(&app, &readable.0, language).await?;
    Ok(HttpResponse::Ok()
        .insert_header(("content-type", "text/vtt; charset=utf-8"))
        .insert_header(("cache-control", "no-store"))
        .body(text))
}

/// What a player says when it asks for a lesson.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PlayQuery {
    /// The playback session of the same player that goes on to this lesson: both are one stream, and the
    /// earlier one ends when this one is really watched (with its first heartbeat, or beyond its first
    /// segments). So the next lesson can be warmed.
    pub replaces: Option<Uuid>,
}

/// Starts the lesson's video, from where one left it on any device.
#[utoipa::path(post, path = "/api/v1/lessons/{id}/play", tag = "learning", operation_id = "play_lesson",
    security((), ("bearer" = [])), params(("id" = Uuid, Path), PlayQuery),
    responses((status = 200, body = PlaybackAt), (status = 403, body = ProblemDoc), (status = 404, body = ProblemDoc),
        (status = 409, body = ProblemDoc)))]
pub async fn play_lesson(
    app: App,
    readable: ReadableLesson,
    Query(query): Query<PlayQuery>,
    address: ClientAddress,
) -> Result<HttpResponse, Problem> {
    Ok(personal(&play::lesson(&app, &readable.0, query.replaces, address.limit_key()).await?))
}

/// Starts a course's trailer, for anybody.
#[utoipa::path(post, path = "/api/v1/courses/{id}/trailer/play", tag = "learning", operation_id = "play_trailer",
    security((), ("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 200, body = Playback), (status = 404, body = ProblemDoc)))]
pub async fn play_trailer(
    app: App,
    MaybeSignedIn(viewer): MaybeSignedIn,
    address: ClientAddress,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let id = path_id(&req)?;
    Ok(personal(&play::trailer(&app, viewer.as_ref(), id, address.limit_key()).await?))
}

/// Takes a player's report of what was really played.
#[utoipa::path(post, path = "/api/v1/learn/lessons/{id}/progress", tag = "learning", operation_id = "report_progress",
    security(("bearer" = [])), params(("id" = Uuid, Path)), request_body = ProgressReport,
    responses((status = 200, body = Progress), (status = 403, body = ProblemDoc), (status = 422, body = ProblemDoc)))]
pub async fn report_progress(
    app: App,
    learned: LearnedLesson,
    Body(report): Body<ProgressReport>,
) -> Result<web::Json<Progress>, Problem> {
    let key = learned.learner.user_id.to_string();
    app.limits.check(&PROGRESS_RULE, &key, app.clock.now())?;
    progress::report(&app, &learned.proof, &learned.learner, report).await.map(web::Json)
}

/// Says that a text lesson is read.
#[utoipa::path(post, path = "/api/v1/learn/lessons/{id}/done", tag = "learning", operation_id = "lesson_done",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 200, body = Progress), (status = 403, body = ProblemDoc), (status = 409, body = ProblemDoc)))]
pub async fn lesson_done(app: App, learned: LearnedLesson) -> Result<web::Json<Progress>, Problem> {
    progress::done(&app, &learned.proof, &learned.learner).await.map(web::Json)
}

/// A link to download a lesson's file.
#[utoipa::path(get, path = "/api/v1/learn/files/{id}", tag = "learning", operation_id = "get_file_link",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 200, body = FileLink), (status = 403, body = ProblemDoc), (status = 404, body = ProblemDoc)))]
pub async fn file_link(
    app: App,
    SignedIn(who): SignedIn,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    Ok(personal(&play::file_link(&app, &who, path_id(&req)?).await?))
}

/// One's own notes beside the lesson.
#[utoipa::path(get, path = "/api/v1/learn/lessons/{id}/notes", tag = "learning", operation_id = "list_notes",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 200, body = NoteList), (status = 403, body = ProblemDoc), (status = 404, body = ProblemDoc)))]
pub async fn lesson_notes(app: App, learned: LearnedLesson) -> Result<HttpResponse, Problem> {
    let items = notes::of_lesson(&app, &learned.proof, &learned.learner).await?;
    Ok(personal(&NoteList { items }))
}

/// Writes a note beside the lesson. Honours `Idempotency-Key`.
#[utoipa::path(post, path = "/api/v1/learn/lessons/{id}/notes", tag = "learning", operation_id = "write_note",
    security(("bearer" = [])), request_body = NewNote,
    params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = Note), (status = 403, body = ProblemDoc), (status = 404, body = ProblemDoc),
        (status = 409, body = ProblemDoc), (status = 422, body = ProblemDoc)))]
pub async fn write_note(
    app: App,
    learned: LearnedLesson,
    req: HttpRequest,
    Body(new): Body<NewNote>,
) -> Result<HttpResponse, Problem> {
    let user_id = learned.learner.user_id;
    idempotency::once(&app, user_id, &req, &new, async |id| {
        app.limits.check(&NOTES_RULE, &user_id.to_string(), app.clock.now())?;
        let note = notes::add(&app, &learned.proof, &learned.learner, &new, id).await?;
        Ok((StatusCode::CREATED, note))
    })
    .await
}

/// Changes a note of one's own; absent fields stay, null takes the place off.
#[utoipa::path(patch, path = "/api/v1/learn/notes/{id}", tag = "learning", operation_id = "change_note",
    security(("bearer" = [])), params(("id" = Uuid, Path)), request_body = NoteChange,
    responses((status = 200, body = Note), (status = 404, body = ProblemDoc), (status = 422, body = ProblemDoc)))]
pub async fn change_note(
    app: App,
    SignedIn(who): SignedIn,
    req: HttpRequest,
    Body(change): Body<NoteChange>,
) -> Result<HttpResponse, Problem> {
    app.limits.check(&NOTES_RULE, &who.user_id.to_string(), app.clock.now())?;
    Ok(personal(&notes::change(&app, &who, path_id(&req)?, change).await?))
}

/// Deletes a note of one's own.
#[utoipa::path(delete, path = "/api/v1/learn/notes/{id}", tag = "learning", operation_id = "delete_note",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = ProblemDoc)))]
pub async fn delete_note(
    app: App,
    SignedIn(who): SignedIn,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    notes::delete(&app, &who, path_id(&req)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// One's own notes of a course, newest first.
#[utoipa::path(get, path = "/api/v1/learn/courses/{id}/notes", tag = "learning", operation_id = "list_course_notes",
    security(("bearer" = [])), params(("id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<CourseNote>), (status = 403, body = ProblemDoc), (status = 404, body = ProblemDoc)))]
pub async fn course_notes(
    app: App,
    SignedIn(who): SignedIn,
    req: HttpRequest,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    Ok(personal(&notes::of_course(&app, &who, path_id(&req)?, &query).await?))
}

/// One's own notes of a course as a Markdown file, in the order of the programme.
#[utoipa::path(get, path = "/api/v1/learn/courses/{id}/notes.md", tag = "learning", operation_id = "export_notes",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 200, content_type = "text/markdown", body = String), (status = 403, body = ProblemDoc),
        (status = 404, body = ProblemDoc)))]
pub async fn export_notes(
    app: App,
    SignedIn(who): SignedIn,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let text = notes::markdown(&app, &who, path_id(&req)?).await?;
    Ok(HttpResponse::Ok()
        .insert_header(("content-type", "text/markdown; charset=utf-8"))
        .insert_header(("content-disposition", "attachment; filename=\"notes.md\""))
        .insert_header(("cache-control", "no-store"))
        .body(text))
}
