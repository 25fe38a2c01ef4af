//! One line a request, its id, its metrics, its headers; the general rate limit.
//!
//! Lines hold the route's template instead of the path, so that no token, code or id that stands in
//! a path is logged, and no query values.

use std::task::{Context, Poll};

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{Error, HttpMessage as _, ResponseError as _};
use futures::future::{LocalBoxFuture, Ready, ready};

use super::problem::new_request_id;
use super::{ClientAddress, RequestId, Rule};
use crate::app::App;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The outermost middleware.
#[derive(Debug, Clone)]
pub struct RequestLog(pub App);

impl<S, B> Transform<S, ServiceRequest> for RequestLog
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B, BoxBody>>;
    type Error = Error;
    type Transform = RequestLogService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(RequestLogService { service, app: self.0.clone() }))
    }
}

/// [`RequestLog`] at work.
#[derive(Debug)]
pub struct RequestLogService<S> {
    service: S,
    app: App,
}

impl<S, B> Service<ServiceRequest> for RequestLogService<S>
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
        let app = self.app.clone();
        let id = new_request_id(app.clock.now());
        req.extensions_mut().insert(RequestId(id.clone()));
        let address = ClientAddress::of(req.request(), &app);
        let limited =
            is_api(req.path()).then(|| api_limit(&app, &req, address)).and_then(Result::err);
        let started = std::time::Instant::now();
        let method = req.method().clone();
        app.metrics.http_inflight.inc();
        let work: LocalBoxFuture<'static, Result<Self::Response, Error>> = match limited {
            Some(problem) => Box::pin(ready(Ok(req
                .into_response(problem.error_response())
                .map_into_right_body()))),
            None => {
                let call = self.service.call(req);
                Box::pin(async move { call.await.map(ServiceResponse::map_into_left_body) })
            }
        };
        Box::pin(RequestId::scope(id.clone(), async move {
            let result = work.await;
            app.metrics.http_inflight.dec();
            let mut response = result?;
            let status = response.status().as_u16();
            let route = response.request().match_pattern().unwrap_or_else(|| "(none)".to_owned());
            let elapsed = started.elapsed();
            app.metrics.http_request(&route, method.as_str(), status, elapsed);
            let ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
            let network = address.network();
            if status >= 500 {
                tracing::warn!(request_id = id, %method, route, status, ms, network, "request");
            } else {
                tracing::info!(request_id = id, %method, route, status, ms, network, "request");
            }
            if let Ok(value) = HeaderValue::from_str(&id) {
                response.headers_mut().insert(X_REQUEST_ID, value);
            }
            Ok(response)
        }))
    }
}

/// Media, static files, the socket and tus have limits of their own.
fn is_api(path: &str) -> bool {
    path.starts_with("/api/") && !path.starts_with("/api/v1/uploads") && path != "/api/v1/ws"
}

/// The general limit counts bearers and networks apart, without looking into the token: a forged
/// one only buys its own bucket, beside the network's.
fn api_limit(
    app: &App,
    req: &ServiceRequest,
    address: ClientAddress,
) -> Result<(), super::Problem> {
    let now = app.clock.now();
    let limits = &app.config.limits;
    match req.headers().get(actix_web::http::header::AUTHORIZATION) {
        Some(bearer) => {
            let rule = Rule::new("api_user", limits.api_per_minute, 60);
            let key = String::from_utf8_lossy(bearer.as_bytes());
            app.limits.check(&rule, &key, now)?;
            // A network may hold a whole school, so its bucket is wide.
            let rule = Rule::new("api_network", limits.api_per_minute.saturating_mul(20), 60);
            app.limits.check(&rule, &address.limit_key(), now)
        }
        None => {
            let rule = Rule::new("api_anonymous", limits.api_anonymous_per_minute, 60);
            app.limits.check(&rule, &address.limit_key(), now)
        }
    }
}
