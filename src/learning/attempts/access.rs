//! Who may answer a task: everything about one asks for a [`TriedTask`], which only this file makes.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use diesel_async::AsyncPgConnection;
use futures::future::LocalBoxFuture;
use kernel::Timestamp;
use uuid::Uuid;

use super::super::access::{Ground, check_opened, course_ground};
use crate::app::App;
use crate::courses::{self, TaskFace, path_id};
use crate::identity::{Principal, SignedIn};
use crate::platform::http::Problem;

/// A task that the caller may answer now.
#[derive(Debug)]
pub struct TriedTask {
    /// The task.
    pub task: TaskFace,
    /// The caller.
    pub learner: Principal,
    /// Why.
    pub ground: Ground,
}

/// Whether `learner` may answer the task `id`, at `now`.
///
/// # Errors
/// `not_found` when they may not even know of it, `not_enrolled`, `topic_closed` with `opens_at`.
pub async fn may_try(
    conn: &mut AsyncPgConnection,
    learner: Principal,
    id: Uuid,
    now: Timestamp,
) -> Result<TriedTask, Problem> {
    let task = courses::task_face(conn, id).await?.filter(|task| !task.is_removed);
    let task = task.ok_or_else(Problem::not_found)?;
    let ground = course_ground(conn, &learner, &task.course, now).await?;
    if !ground.is_inside() {
        if !task.is_visible {
            return Err(Problem::not_found());
        }
        check_opened(task.opens_at, now)?;
    }
    Ok(TriedTask { task, learner, ground })
}

impl FromRequest for TriedTask {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let app = App::of(req);
        let id = path_id(req);
        let signed_in = SignedIn::from_request(req, payload);
        Box::pin(async move {
            let SignedIn(learner) = signed_in.await?;
            let (app, id) = (app?, id?);
            let mut conn = app.db.conn().await?;
            may_try(&mut conn, learner, id, app.clock.now()).await
        })
    }
}
