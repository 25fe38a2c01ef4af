//! Doors: the way of what is asked for most (segments, playlists, keys), past the router and past the
//! middleware that only other routes need. A path under a door's literal beginning is read by the
//! handler itself; the log, the metrics, the check of the host and the deadline hold here as
//! everywhere.

use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{Error, HttpMessage as _, HttpRequest, HttpResponse, ResponseError as _};
use futures::future::{LocalBoxFuture, Ready, ready};
use tokio::time::timeout;

use super::routes::{Template, method_not_allowed};
use super::{Code, Problem};
use crate::app::App;

/// What answers behind a door.
type Handle = dyn Fn(App, HttpRequest) -> LocalBoxFuture<'static, Result<HttpResponse, Problem>>;

/// GET and HEAD of everything under a literal beginning.
#[derive(Clone)]
pub(super) struct Door {
    /// Without the slash at its end.
    pub prefix: &'static str,
    /// How it is listed, logged and counted.
    pub path: &'static str,
    /// What answers.
    pub handle: Rc<Handle>,
}

impl Door {
    fn is_for(&self, path: &str) -> bool {
        path.strip_prefix(self.prefix).is_some_and(|rest| rest.starts_with('/'))
    }
}

/// The middleware that opens them.
#[derive(Clone)]
pub struct Doors {
    app: App,
    doors: Rc<[Door]>,
    /// What every answer carries unless its handler says otherwise.
    headers: &'static [(HeaderName, HeaderValue)],
}

impl std::fmt::Debug for Doors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.doors.iter().map(|door| door.path)).finish()
    }
}

impl Doors {
    /// Opens `doors`; every answer carries `headers` unless it says otherwise.
    pub(super) fn new(
        app: App,
        doors: Vec<Door>,
        headers: &'static [(HeaderName, HeaderValue)],
    ) -> Self {
        Self { app, doors: doors.into(), headers }
    }

    async fn open(self, door: Door, req: HttpRequest) -> HttpResponse {
        let mut response = if matches!(*req.method(), Method::GET | Method::HEAD) {
            let limit = Duration::from_secs(self.app.config.server.request_seconds);
            match timeout(limit, (door.handle)(self.app.clone(), req)).await {
                Ok(Ok(response)) => response,
                Ok(Err(problem)) => problem.error_response(),
                Err(_) => {
                    tracing::warn!(route = door.path, "given up: no answer in time");
                    Problem::new(Code::Deadline).retry_after(5).error_response()
                }
            }
        } else {
            method_not_allowed("GET, HEAD")
        };
        fill_in(response.headers_mut(), self.headers);
        response
    }
}

/// Adds those of `usual` that an answer does not have.
pub fn fill_in(headers: &mut HeaderMap, usual: &[(HeaderName, HeaderValue)]) {
    for (name, value) in usual {
        if !headers.contains_key(name) {
            headers.insert(name.clone(), value.clone());
        }
    }
}

impl<S, B> Transform<S, ServiceRequest> for Doors
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B, BoxBody>>;
    type Error = Error;
    type Transform = DoorsService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(DoorsService { service, doors: self.clone() }))
    }
}

/// [`Doors`] at work.
#[derive(Debug)]
pub struct DoorsService<S> {
    service: S,
    doors: Doors,
}

impl<S, B> Service<ServiceRequest> for DoorsService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B, BoxBody>>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&self, req: ServiceRequest) -> Self::Future {
        let Some(door) = self.doors.doors.iter().find(|door| door.is_for(req.path())) else {
            let call = self.service.call(req);
            return Box::pin(async move { call.await.map(ServiceResponse::map_into_left_body) });
        };
        req.extensions_mut().insert(Template(door.path));
        let (doors, door) = (self.doors.clone(), door.clone());
        let (req, _) = req.into_parts();
        Box::pin(async move {
            let response = doors.open(door, req.clone()).await;
            Ok(ServiceResponse::new(req, response).map_into_right_body())
        })
    }
}
