//! One line a request, its id, its metrics, its headers; the general rate limit; the host.
//!
//! Lines hold the route's template instead of the path, so that no token, code or id that stands in
//! a path is logged, and no query values.

use std::task::{Context, Poll};

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::error::InternalError;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{Error, HttpMessage as _, HttpRequest, ResponseError as _};
use futures::future::{Either, LocalBoxFuture, Ready, TryFutureExt as _, ready};
use prometheus::IntGauge;
use uuid::Uuid;

use super::problem::new_request_id;
use super::routes::Template;
use super::{ClientAddress, Code, Left, Problem, RequestId, Rule, host};
use crate::app::App;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Whose the request's access token is, if it is a good one: identity's part.
pub type Bearer = fn(&App, &HttpRequest) -> Option<Uuid>;

/// The outermost middleware.
#[derive(Debug, Clone)]
pub struct RequestLog {
    app: App,
    bearer: Bearer,
}

impl RequestLog {
    /// For requests whose callers `bearer` knows.
    pub fn new(app: App, bearer: Bearer) -> Self {
        Self { app, bearer }
    }
}

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
        ready(Ok(RequestLogService { service, app: self.app.clone(), bearer: self.bearer }))
    }
}

/// [`RequestLog`] at work.
#[derive(Debug)]
pub struct RequestLogService<S> {
    service: S,
    app: App,
    bearer: Bearer,
}

/// A request in hand; it also ends when its client goes away in the middle.
struct InHand(IntGauge);

impl InHand {
    fn new(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        self.0.dec();
    }
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
        let started = std::time::Instant::now();
        let method = req.method().clone();
        let in_hand = InHand::new(&app.metrics.http_inflight);
        let (quota, refusal) = if !host::is_ours(req.request(), &app.config.site) {
            (None, Some(Problem::new(Code::Misdirected)))
        } else if is_api(req.path()) {
            let (quota, refusal) = api_limit(&app, req.request(), self.bearer, address);
            (Some(quota), refusal)
        } else {
            (None, None)
        };
        let work = match refusal {
            Some(problem) => Either::Left(ready(Ok(req
                .into_response(problem.error_response())
                .map_into_right_body()))),
            None => {
                Either::Right(self.service.call(req).map_ok(ServiceResponse::map_into_left_body))
            }
        };
        Box::pin(RequestId::scope(id.clone(), async move {
            let result = work.await;
            drop(in_hand);
            let (status, route) = match &result {
                Ok(response) => (response.status().as_u16(), template(response.request())),
                Err(error) => (error.as_response_error().status_code().as_u16(), None),
            };
            let route = route.unwrap_or("(none)");
            let elapsed = started.elapsed();
            app.metrics.http_request(route, method.as_str(), status, elapsed);
            let ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
            let network = || address.network();
            if status >= 500 {
                tracing::warn!(request_id = id, %method, route, status, ms, network = network(), "request");
            } else {
                tracing::info!(request_id = id, %method, route, status, ms, network = network(), "request");
            }
            match result {
                Ok(mut response) => {
                    sign(
                        response.headers_mut(),
                        &id,
                        quota.filter(|_| app.config.limits.factor > 0),
                    );
                    Ok(response)
                }
                Err(error) => {
                    let mut response = error.error_response();
                    sign(response.headers_mut(), &id, None);
                    Err(InternalError::from_response(error, response).into())
                }
            }
        }))
    }
}

/// The template of the route that the request has taken, if it has taken one.
pub(super) fn template(req: &HttpRequest) -> Option<&'static str> {
    req.extensions().get::<Template>().map(|template| template.0)
}

fn sign(headers: &mut HeaderMap, id: &str, quota: Option<Quota>) {
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(X_REQUEST_ID, value);
    }
    let Some(Quota { rule, left }) = quota else { return };
    let policy = format!("\"api\";q={};w={}", rule.count, rule.period_s);
    let limit = format!("\"api\";r={};t={}", left.calls, left.full_in_s);
    for (name, value) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, limit)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}

/// Media, static files, the socket and tus have limits of their own.
fn is_api(path: &str) -> bool {
    path.starts_with("/api/") && !path.starts_with("/api/v1/uploads") && path != "/api/v1/ws"
}

/// What the caller may ask, and what of it is left (the IETF's `RateLimit` headers).
struct Quota {
    rule: Rule,
    left: Left,
}

/// The general limit: a person has one bucket on all devices and for all tokens; whoever brings no
/// good token shares the bucket of the network.
fn api_limit(
    app: &App,
    req: &HttpRequest,
    bearer: Bearer,
    address: ClientAddress,
) -> (Quota, Option<Problem>) {
    let now = app.clock.now();
    let limits = &app.config.limits;
    let network = address.limit_key();
    let user = bearer(app, req);
    let (rule, key) = match user {
        Some(user) => (Rule::new("api_user", limits.api_per_minute, 60), user.to_string()),
        None => (Rule::new("api_anonymous", limits.api_anonymous_per_minute, 60), network.clone()),
    };
    let wide = Rule::new("api_network", limits.api_per_minute.saturating_mul(20), 60);
    let taken = app.limits.take(&rule, &key, now).and_then(|left| match user {
        // A network may hold a whole school, so its bucket is wide.
        Some(_) => app.limits.take(&wide, &network, now).map(|_| left),
        None => Ok(left),
    });
    let rule = app.limits.scaled(&rule);
    match taken {
        Ok(left) => (Quota { rule, left }, None),
        Err(wait_ms) => {
            let wait_s = u64::try_from(wait_ms).unwrap_or(0).div_ceil(1000).max(1);
            let left = Left { calls: 0, full_in_s: wait_s };
            let problem = Problem::new(Code::RateLimited).retry_after(wait_s);
            (Quota { rule, left }, Some(problem))
        }
    }
}
