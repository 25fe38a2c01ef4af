//! Slow bodies: actix-web has no timeout on them, so a client that sends one byte a second would
//! hold a handler for ever. Every request's payload passes through here.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::error::PayloadError;
use actix_web::{Error, HttpMessage as _};
use bytes::Bytes;
use futures::Stream;
use futures::future::{LocalBoxFuture, Ready, ready};
use tokio::time::{Instant, Sleep, sleep_until};

/// How long a body may be silent, and how long it may take in all.
#[derive(Debug, Clone, Copy)]
pub struct BodyDeadline {
    /// Between two pieces.
    pub idle: Duration,
    /// For the whole of a body that is not an upload.
    pub total: Duration,
    /// Paths under which bodies may take as long as they keep coming.
    pub uploads: &'static str,
    /// Between two pieces of an upload.
    pub upload_idle: Duration,
}

impl Default for BodyDeadline {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(10),
            total: Duration::from_secs(30),
            uploads: "/api/v1/uploads",
            upload_idle: Duration::from_secs(30),
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
            let upload = req.path().starts_with(self.deadline.uploads);
            let now = Instant::now();
            let (idle, end) = if upload {
                (self.deadline.upload_idle, None)
            } else {
                (self.deadline.idle, Some(now + self.deadline.total))
            };
            let inner = req.take_payload();
            let first = end.map_or(now + idle, |end| end.min(now + idle));
            let timed = TimedBody { inner, idle, end, timer: Box::pin(sleep_until(first)) };
            req.set_payload(Payload::Stream { payload: Box::pin(timed) });
        }
        Box::pin(self.service.call(req))
    }
}

struct TimedBody {
    inner: Payload,
    idle: Duration,
    end: Option<Instant>,
    timer: Pin<Box<Sleep>>,
}

impl Stream for TimedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match Pin::new(&mut self.inner).poll_next(cx) {
            Poll::Ready(item) => {
                let next = Instant::now() + self.idle;
                let next = self.end.map_or(next, |end| end.min(next));
                self.timer.as_mut().reset(next);
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
