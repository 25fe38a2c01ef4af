//! Is the process alive, is it ready to serve; and its metrics.

use actix_web::HttpResponse;
use diesel_async::RunQueryDsl;
use serde::Serialize;
use utoipa::ToSchema;

use super::http::{Policy, Problem, Routes};
use super::jobs;
use crate::app::App;

/// What a probe learns.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`, `draining`, `database`, `storage`.
    pub status: &'static str,
}

/// Registers the probes.
pub fn routes(r: &mut Routes) {
    r.get("/health/live", Policy::Public("probes come from outside"), live);
    r.get("/health/ready", Policy::Public("probes come from outside"), ready);
}

/// The process answers.
#[utoipa::path(get, path = "/health/live", tag = "platform", responses((status = 200, body = Health)))]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "ok" })
}

/// The process can serve: database and object store answer, and it is not stopping.
#[utoipa::path(get, path = "/health/ready", tag = "platform",
    responses((status = 200, body = Health), (status = 503, body = Health)))]
pub async fn ready(app: App) -> HttpResponse {
    let status = if app.is_draining() {
        "draining"
    } else if ping(&app).await.is_err() {
        "database"
    } else if app.store.health().await.is_err() {
        "storage"
    } else {
        return HttpResponse::Ok().json(Health { status: "ok" });
    };
    HttpResponse::ServiceUnavailable().insert_header(("retry-after", "2")).json(Health { status })
}

async fn ping(app: &App) -> Result<(), Problem> {
    let mut conn = app.db.conn().await?;
    diesel::sql_query("select 1").execute(&mut *conn).await?;
    Ok(())
}

/// The metrics, for the listener that serves nothing else.
pub async fn metrics(app: App) -> HttpResponse {
    if let Ok(mut conn) = app.db.conn().await
        && let Ok(counts) = jobs::counts(&mut conn, app.clock.now()).await
    {
        app.metrics.jobs(counts);
    }
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(app.metrics.text())
}
