//! What only exists when `sandbox = true`: the clock that can be moved. (The mailbox page is
//! identity's, beside the mails.)

use std::time::Duration;

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::http::{Body, Policy, Problem, Routes};
use crate::app::App;

/// Registers the sandbox's routes; they answer 404 outside it.
pub fn routes(r: &mut Routes) {
    r.get("/api/v1/sandbox/clock", Policy::Public("only in the sandbox"), clock);
    r.post("/api/v1/sandbox/clock", Policy::Public("only in the sandbox"), move_clock);
}

/// The server's time.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClockView {
    /// Now.
    pub now: DateTime<Utc>,
}

/// How the clock is moved: one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveClock {
    /// Seconds forward.
    pub advance_s: Option<u64>,
    /// To this moment.
    pub now: Option<DateTime<Utc>>,
}

/// What time the sandbox thinks it is.
#[utoipa::path(get, path = "/api/v1/sandbox/clock", tag = "platform",
    responses((status = 200, body = ClockView), (status = 404)))]
pub async fn clock(app: App) -> Result<HttpResponse, Problem> {
    app.sandbox_clock().ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(ClockView { now: app.clock.now() }))
}

/// Moves the sandbox's clock.
#[utoipa::path(post, path = "/api/v1/sandbox/clock", tag = "platform", request_body = MoveClock,
    responses((status = 200, body = ClockView), (status = 404)))]
pub async fn move_clock(app: App, Body(body): Body<MoveClock>) -> Result<HttpResponse, Problem> {
    let clock = app.sandbox_clock().ok_or_else(Problem::not_found)?;
    match (body.advance_s, body.now) {
        (Some(seconds), None) => clock.advance(Duration::from_secs(seconds)),
        (None, Some(now)) => clock.set(now),
        _ => return Err(Problem::invalid("advance_s", "Give either advance_s or now.")),
    }
    Ok(HttpResponse::Ok().json(ClockView { now: app.clock.now() }))
}
