//! The routes of topics, tasks and grading.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::access::TriedTask;
use super::views::{
    Attempt, Draft, GradingItem, NewAttempt, NewGrade, NewRegrade, Regraded, Submitted, TaskPage,
    Topic, WorkedSolution,
};
use super::{grade, read, regrade, submit};
use crate::app::App;
use crate::courses::path_id;
use crate::identity::SignedIn;
use crate::platform::http::{
    Body, Page, PageQuery, Policy, Problem, ProblemDoc, Query, Routes, Rule,
};

/// Answers one person may hand in, over all tasks.
const ATTEMPT_RULE: Rule = Rule::new("learning_attempts", 30, 60);
/// Drafts one person may send: pages send one every 5 s, from several tabs.
const DRAFT_RULE: Rule = Rule::new("learning_drafts", 120, 60);

/// Looks through all answers to a task.
const REGRADE_RULE: Rule = Rule::new("learning_regrade", 10, 60);

/// Registers the routes.
pub fn routes(r: &mut Routes) {
    r.get("/api/v1/learn/topics/{id}", Policy::Enrolled, topic);
    r.get("/api/v1/learn/tasks/{id}", Policy::Enrolled, task);
    r.post("/api/v1/learn/tasks/{id}/attempts", Policy::Enrolled, submit_attempt);
    r.get("/api/v1/learn/tasks/{id}/solution", Policy::Enrolled, solution);
    r.put("/api/v1/learn/tasks/{id}/draft", Policy::Enrolled, put_draft);
    r.get("/api/v1/grading", Policy::SignedIn, grading);
    r.post("/api/v1/grading/{id}", Policy::Owner("attempt"), grade_attempt);
    r.post("/api/v1/studio/tasks/{id}/regrade", Policy::Owner("task"), regrade_task);
}

fn personal(body: &impl serde::Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(body)
}

/// A topic with its lessons and tasks.
#[utoipa::path(get, path = "/api/v1/learn/topics/{id}", tag = "learning", operation_id = "learn_topic",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 200, body = Topic), (status = 403, body = ProblemDoc), (status = 404, body = ProblemDoc)))]
pub async fn topic(
    app: App,
    SignedIn(who): SignedIn,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    Ok(personal(&read::topic(&app, &who, path_id(&req)?).await?))
}

/// A task to answer.
#[utoipa::path(get, path = "/api/v1/learn/tasks/{id}", tag = "learning", operation_id = "learn_task",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 200, body = TaskPage), (status = 403, body = ProblemDoc), (status = 404, body = ProblemDoc)))]
pub async fn task(app: App, tried: TriedTask) -> Result<HttpResponse, Problem> {
    Ok(personal(&read::task(&app, &tried).await?))
}

/// Hands an answer in. The same `client_key` again gives the first one's answer; what cannot be read as
/// an answer (`answer_invalid` with `hint`) counts nothing.
#[utoipa::path(post, path = "/api/v1/learn/tasks/{id}/attempts", tag = "learning", operation_id = "submit_attempt",
    security(("bearer" = [])), params(("id" = Uuid, Path)), request_body = NewAttempt,
    responses((status = 200, body = Submitted, description = "Handed in before"), (status = 201, body = Submitted),
        (status = 403, body = ProblemDoc), (status = 404, body = ProblemDoc), (status = 409, body = ProblemDoc),
        (status = 422, body = ProblemDoc), (status = 429, body = ProblemDoc)))]
pub async fn submit_attempt(
    app: App,
    tried: TriedTask,
    Body(new): Body<NewAttempt>,
) -> Result<HttpResponse, Problem> {
    app.limits.check(&ATTEMPT_RULE, &tried.learner.user_id.to_string(), app.clock.now())?;
    let handed = submit::submit(&app, &tried, new).await?;
    let mut response = if handed.is_new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(response.insert_header(("cache-control", "no-store")).json(handed.submitted))
}

/// The worked solution, when its author's rule allows it.
#[utoipa::path(get, path = "/api/v1/learn/tasks/{id}/solution", tag = "learning", operation_id = "task_solution",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 200, body = WorkedSolution), (status = 403, body = ProblemDoc), (status = 404, body = ProblemDoc)))]
pub async fn solution(app: App, tried: TriedTask) -> Result<HttpResponse, Problem> {
    Ok(personal(&read::solution(&app, &tried).await?))
}

/// Keeps what is typed and not yet handed in.
#[utoipa::path(put, path = "/api/v1/learn/tasks/{id}/draft", tag = "learning", operation_id = "put_task_draft",
    security(("bearer" = [])), params(("id" = Uuid, Path)), request_body = Draft,
    responses((status = 204), (status = 403, body = ProblemDoc), (status = 404, body = ProblemDoc), (status = 422, body = ProblemDoc)))]
pub async fn put_draft(
    app: App,
    tried: TriedTask,
    Body(draft): Body<Draft>,
) -> Result<HttpResponse, Problem> {
    app.limits.check(&DRAFT_RULE, &tried.learner.user_id.to_string(), app.clock.now())?;
    read::keep_draft(&app, &tried, draft).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Which answers to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct GradingQuery {
    /// Of one course.
    pub course: Option<Uuid>,
    /// Items a page, 1 to 100; 20 when absent.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Answers that wait for a person, the oldest first: to the author of the course, its curators, moderators,
/// admins.
#[utoipa::path(get, path = "/api/v1/grading", tag = "learning", operation_id = "list_grading",
    security(("bearer" = [])), params(GradingQuery),
    responses((status = 200, body = Page<GradingItem>), (status = 401, body = ProblemDoc)))]
pub async fn grading(
    app: App,
    SignedIn(who): SignedIn,
    Query(query): Query<GradingQuery>,
) -> Result<HttpResponse, Problem> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    Ok(personal(&grade::list(&app, &who, query.course, &page).await?))
}

/// Grades an answer that waits.
#[utoipa::path(post, path = "/api/v1/grading/{id}", tag = "learning", operation_id = "grade_attempt",
    security(("bearer" = [])), params(("id" = Uuid, Path)), request_body = NewGrade,
    responses((status = 200, body = Attempt), (status = 404, body = ProblemDoc), (status = 409, body = ProblemDoc),
        (status = 422, body = ProblemDoc)))]
pub async fn grade_attempt(
    app: App,
    SignedIn(who): SignedIn,
    req: HttpRequest,
    Body(given): Body<NewGrade>,
) -> Result<web::Json<Attempt>, Problem> {
    grade::grade(&app, &who, path_id(&req)?, given).await.map(web::Json)
}

/// Has answers judged anew by the present key, in favour of who gave them: of those to versions with the same
/// statement and body, what the machine called wrong or partly right. For whoever may edit the task.
#[utoipa::path(post, path = "/api/v1/studio/tasks/{id}/regrade", tag = "learning", operation_id = "regrade_task",
    security(("bearer" = [])), params(("id" = Uuid, Path)), request_body = NewRegrade,
    responses((status = 200, body = Regraded), (status = 404, body = ProblemDoc), (status = 422, body = ProblemDoc),
        (status = 429, body = ProblemDoc)))]
pub async fn regrade_task(
    app: App,
    SignedIn(who): SignedIn,
    req: HttpRequest,
    Body(asked): Body<NewRegrade>,
) -> Result<web::Json<Regraded>, Problem> {
    app.limits.check(&REGRADE_RULE, &who.user_id.to_string(), app.clock.now())?;
    regrade::ask(&app, &who, path_id(&req)?, asked).await.map(web::Json)
}
