//! Slow requests. actix-web has no timeout on bodies, so a client that sends one byte a second would
//! hold a handler for ever: every request's payload passes through here. And whatever happens behind
//! it, an answer comes in time.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::error::PayloadError;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, ResponseError as _};
use bytes::Bytes;
use futures::Stream;
use futures::future::{LocalBoxFuture, Ready, ready};
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::log::template;
use super::{Code, Problem};
use crate::app::App;
use crate::platform::config;

/// How long a body may be silent, and how long it may take in all.
#[derive(Debug, Clone, Copy)]
pub struct BodyDeadline {
    /// Between two pieces.
    idle: Duration,
    /// For the whole of a body that is no file.
    total: Duration,
    /// Between two pieces of a file.
    file_idle: Duration,
    /// Bytes a second that a picture must bring on average, after `total`.
    picture_rate: u64,
}

impl BodyDeadline {
    /// As the configuration says.
    pub fn new(server: &config::Server) -> Self {
        Self {
            idle: Duration::from_secs(10),
            total: Duration::from_secs(server.body_seconds),
            file_idle: Duration::from_secs(30),
            picture_rate: 4 * 1024,
        }
    }

    fn of(self, path: &str) -> Pace {
        match Kind::of(path) {
            // tus goes on where it broke off, and what was sent is stored as it comes.
            Kind::Upload => Pace { idle: self.file_idle, total: None, rate: None },
            Kind::Picture => Pace {
                idle: self.file_idle,
                total: Some(self.total),
                rate: Some(self.picture_rate),
            },
            Kind::Other => Pace { idle: self.idle, total: Some(self.total), rate: None },
        }
    }
}

/// What a body is.
enum Kind {
    /// A piece of an upload.
    Upload,
    /// A picture in one piece: ten megabytes from a telephone take more than half a minute.
    Picture,
    /// Small.
    Other,
}

impl Kind {
    fn of(path: &str) -> Self {
        if path.starts_with("/api/v1/uploads") {
            Self::Upload
        } else if path.starts_with("/api/v1/studio/courses/") && path.ends_with("/cover") {
            Self::Picture
        } else {
            Self::Other
        }
    }
}

/// How fast one body has to come.
#[derive(Debug, Clone, Copy)]
struct Pace {
    idle: Duration,
    total: Option<Duration>,
    /// Bytes that buy a second more.
    rate: Option<u64>,
}

impl Pace {
    /// When a body that began at `start` and has brought `bytes` must have brought more by.
    fn due(self, start: Instant, now: Instant, bytes: u64) -> Instant {
        let next = now + self.idle;
        let Some(total) = self.total else { return next };
        let earned = self.rate.map_or(0, |rate| bytes / rate.max(1));
        next.min(start + total + Duration::from_secs(earned))
    }
}

/// Whether the request's body is in.
#[derive(Debug, Clone, Default)]
struct Arrival(Rc<Cell<bool>>);

/// Gives up what takes longer than `server.request_seconds` to answer: 503, or 408 if it is the body
/// that is still awaited. Uploads, pictures and sockets take their time.
pub(super) async fn answer_in_time<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let upgrade = req.headers().contains_key(actix_web::http::header::UPGRADE);
    let limit = match (App::of(req.request()), Kind::of(req.path())) {
        (Ok(app), Kind::Other) if !upgrade => app.config.server.request_seconds,
        _ => return next.call(req).await.map(ServiceResponse::map_into_left_body),
    };
    let http = req.request().clone();
    match timeout(Duration::from_secs(limit), next.call(req)).await {
        Ok(answer) => answer.map(ServiceResponse::map_into_left_body),
        Err(_) => {
            let whole = http.extensions().get::<Arrival>().is_none_or(|arrival| arrival.0.get());
            let problem = if whole {
                tracing::warn!(route = template(&http), "given up: no answer in time");
                Problem::new(Code::Deadline).retry_after(5)
            } else {
                Problem::new(Code::BodyTimeout)
            };
            let answer = problem.error_response();
            Ok(ServiceResponse::new(http, answer).map_into_right_body())
        }
    }
}

impl<S, B> Transform<S, ServiceRequest> for BodyDeadline
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Transform = BodyDeadlineService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(BodyDeadlineService { service, deadline: *self }))
    }
}

/// [`BodyDeadline`] at work.
#[derive(Debug)]
pub struct BodyDeadlineService<S> {
    service: S,
    deadline: BodyDeadline,
}

impl<S, B> Service<ServiceRequest> for BodyDeadlineService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&self, mut req: ServiceRequest) -> Self::Future {
        let upgrade = req.headers().contains_key(actix_web::http::header::UPGRADE);
        if !upgrade && !matches!(req.parts_mut().1, Payload::None) {
            let (pace, start) = (self.deadline.of(req.path()), Instant::now());
            let arrival = Arrival::default();
            req.extensions_mut().insert(arrival.clone());
            let timed = TimedBody {
                inner: req.take_payload(),
                pace,
                start,
                bytes: 0,
                timer: Box::pin(sleep_until(pace.due(start, start, 0))),
                arrival,
            };
            req.set_payload(Payload::Stream { payload: Box::pin(timed) });
        }
        Box::pin(self.service.call(req))
    }
}

struct TimedBody {
    inner: Payload,
    pace: Pace,
    start: Instant,
    bytes: u64,
    timer: Pin<Box<Sleep>>,
    arrival: Arrival,
}

impl Stream for TimedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match Pin::new(&mut self.inner).poll_next(cx) {
            Poll::Ready(item) => {
                match &item {
                    Some(Ok(piece)) => {
                        self.bytes += u64::try_from(piece.len()).unwrap_or(0);
                    }
                    None => self.arrival.0.set(true),
                    Some(Err(_)) => {}
                }
                let due = self.pace.due(self.start, Instant::now(), self.bytes);
                self.timer.as_mut().reset(due);
                Poll::Ready(item)
            }
            Poll::Pending => match self.timer.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(Some(Err(PayloadError::Io(std::io::Error::new(
                    std::io::ErrorKind::TimedOut,
                    "the body arrives too slowly",
                ))))),
                Poll::Pending => Poll::Pending,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deadline() -> BodyDeadline {
        BodyDeadline::new(&config::Config::load(None).unwrap().server)
    }

    /// Seconds that a body of these bytes may take if it comes evenly.
    fn most(path: &str, bytes: u64) -> Option<u64> {
        let (pace, start) = (deadline().of(path), Instant::now());
        (1..=10_000)
            .take_while(|second| {
                let now = start + Duration::from_secs(*second);
                pace.due(start, now, bytes * second / 10_000) > now
            })
            .last()
            .filter(|last| *last < 10_000)
    }

    /// CRS-09: ten megabytes over a bad line arrive; a drip does not, and JSON has half a minute.
    #[test]
    fn a_picture_may_take_as_long_as_it_keeps_coming() {
        let cover = "/api/v1/studio/courses/1/cover";
        // 10 MiB in 10000 s are 1 KiB/s: too slow, and told so when the start is used up.
        assert!(most(cover, 10 << 20).is_some_and(|s| s < 60));
        // Ten times as fast is fast enough.
        assert_eq!(most(cover, 100 << 20), None);
        assert_eq!(most("/api/v1/me", 100 << 20), Some(29));
        assert_eq!(most("/api/v1/uploads/1", 1), None);
    }
}
