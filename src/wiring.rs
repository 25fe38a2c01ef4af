//! What the server consists of, one readable list each: routes, subscribers, jobs, schedules.

use std::any::Any;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::dev::Extensions;
use futures::FutureExt as _;
use utoipa::OpenApi;

use crate::app::App;
use crate::platform::events::Subscribers;
use crate::platform::http::{Policy, Routes, idempotency};
use crate::platform::jobs::{Handlers, Schedule};
use crate::platform::ws::{self, Broadcast, Sockets, Topics};
use crate::platform::{events, health, sandbox, site};
use crate::{courses, identity, learning, messaging, video};

/// Every route of the API and the media paths. (The documents of the web app are the fallback.)
pub fn routes() -> Routes {
    let mut r = Routes::new();
    r.get("/api/openapi.json", Policy::Public("documentation"), openapi_json);
    health::routes(&mut r);
    site::routes(&mut r);
    sandbox::routes(&mut r);
    ws::routes(&mut r);
    identity::routes(&mut r);
    video::routes(&mut r);
    courses::routes(&mut r);
    learning::routes(&mut r);
    messaging::routes(&mut r);
    r
}

/// Who hears which facts.
pub fn subscribers() -> Subscribers {
    let mut subscribers = Subscribers::default();
    video::subscribe(&mut subscribers);
    courses::subscribe(&mut subscribers);
    learning::subscribe(&mut subscribers);
    messaging::subscribe(&mut subscribers);
    subscribers
}

/// Every kind of job.
pub fn jobs() -> Handlers {
    let mut jobs = Handlers::default();
    jobs.job::<identity::SendMail>();
    video::jobs(&mut jobs);
    courses::jobs(&mut jobs);
    learning::jobs(&mut jobs);
    messaging::jobs(&mut jobs);
    jobs
}

/// What is done again and again.
pub fn schedules() -> Vec<Schedule> {
    const HOUR: Duration = Duration::from_secs(3600);
    let mut schedules = vec![
        Schedule {
            name: "events.purge",
            every: HOUR,
            run: |app| async move { events::purge(&app).await }.boxed(),
        },
        Schedule {
            name: "identity.purge",
            every: HOUR,
            run: |app| async move { identity::purge(&app).await }.boxed(),
        },
        Schedule {
            name: "idempotency.purge",
            every: HOUR,
            run: |app| async move { idempotency::purge(&app).await }.boxed(),
        },
    ];
    schedules.extend(video::schedules());
    schedules.extend(courses::schedules());
    schedules.extend(learning::schedules());
    schedules.extend(messaging::schedules());
    schedules
}

/// The OpenAPI document (API-06).
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut api = site::Docs::openapi();
    for part in [
        ws::Docs::openapi(),
        identity::Docs::openapi(),
        video::Docs::openapi(),
        courses::Docs::openapi(),
        learning::Docs::openapi(),
        messaging::Docs::openapi(),
    ] {
        api.merge(part);
    }
    api
}

/// The OpenAPI document as JSON.
async fn openapi_json() -> HttpResponse {
    HttpResponse::Ok().json(openapi())
}

/// The socket: who lets in, and which topics there are.
pub fn sockets() -> Sockets {
    let topics = Topics::default()
        .with("room", messaging::Chat)
        .with(
            "job",
            Broadcast::new(|app, user, video| {
                async move { video::may_watch_job(&app, video, user).await }.boxed()
            }),
        )
        .with(
            "playback",
            Broadcast::new(|app, user, session| {
                async move { video::may_hear_playback(&app, session, user).await }.boxed()
            }),
        );
    Sockets::new(identity::SocketGate, topics)
}

/// Starts what lives beside requests and jobs: actors and listeners of `app.live`. They end with
/// `app.stop`.
pub fn start_services(app: &App) {
    actix_rt::spawn(identity::listen(app.clone()));
    video::start(app);
    ws::start(app);
    messaging::start(app);
}

/// Lets them finish what is in hand, before the web server stops.
pub async fn drain_services(app: &App) {
    let chat = async {
        messaging::drain(app).await;
        ws::drain(app).await;
    };
    futures::join!(video::drain(app), chat);
}

/// What is left to do when the web server has stopped.
pub async fn finish_services(app: &App) {
    video::finish(app).await;
}

/// Sees every accepted connection.
pub fn on_connect(socket: &dyn Any, extensions: &mut Extensions) {
    ws::on_connect(socket, extensions);
}
