//! Errors as people and programs see them: RFC 9457 problem+json with a stable code, the field at
//! fault, and nothing about our insides.

use std::cell::RefCell;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Code;

tokio::task_local! {
    static REQUEST_ID: RefCell<Option<String>>;
}

/// The id of the request in hand: in its answer, its log line and its problem report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

impl RequestId {
    /// Runs `work` as the request `id`.
    pub async fn scope<F: Future>(id: String, work: F) -> F::Output {
        REQUEST_ID.scope(RefCell::new(Some(id)), work).await
    }

    /// The id of the request that this task works for.
    pub fn current() -> Option<String> {
        REQUEST_ID.try_with(|id| id.borrow().clone()).ok().flatten()
    }
}

/// An error with a public code. Handlers and use-cases return it.
#[derive(Debug, Clone)]
pub struct Problem(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    code: Code,
    detail: Option<String>,
    fields: Vec<FieldProblem>,
    retry_after_s: Option<u64>,
    extra: Map<String, Value>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldProblem {
    /// Path of the field, as in `modules[0].title`.
    pub field: String,
    /// One of the public codes.
    pub code: String,
    /// An English sentence.
    pub message: String,
}

/// The body of every error answer (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemDoc {
    /// A URI of the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The code's English sentence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: String,
    /// What happened in this case.
    pub detail: Option<String>,
    /// The request's id.
    pub instance: Option<String>,
    /// The fields at fault.
    pub errors: Vec<FieldProblem>,
    /// Seconds after which a retry makes sense.
    pub retry_after_s: Option<u64>,
    /// More, by code: `tries_left`, `until`, `reason` …
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub extra: Map<String, Value>,
}

impl Problem {
    /// A problem of this code with nothing more to say.
    pub fn new(code: Code) -> Self {
        Self(Box::new(Inner {
            code,
            detail: None,
            fields: Vec::new(),
            retry_after_s: None,
            extra: Map::new(),
        }))
    }

    /// Nothing there, or not the caller's: the same answer.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound)
    }

    /// One field is wrong.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Code::Invalid).field(field, Code::Invalid, message)
    }

    /// A fault of ours: logged here with its cause, answered without it.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(request_id = RequestId::current(), %cause, "internal error");
        Self::new(Code::Internal)
    }

    /// A dependency is away; the caller may come again after `retry_s` seconds.
    pub fn unavailable(cause: impl std::fmt::Display, retry_s: u64) -> Self {
        tracing::warn!(request_id = RequestId::current(), %cause, "a dependency is away");
        Self::new(Code::Unavailable).retry_after(retry_s)
    }

    /// What happened in this case, in English.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Names a field at fault.
    #[must_use]
    pub fn field(
        mut self,
        field: impl Into<String>,
        code: Code,
        message: impl Into<String>,
    ) -> Self {
        self.0.fields.push(FieldProblem {
            field: field.into(),
            code: code.name().to_owned(),
            message: message.into(),
        });
        self
    }

    /// Names several fields at fault.
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = FieldProblem>) -> Self {
        self.0.fields.extend(fields);
        self
    }

    /// Seconds after which a retry makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// A further member of the body.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.extra.insert(name.to_owned(), value.into());
        self
    }

    /// A further member of the body, if it is there.
    pub fn extra(&self, name: &str) -> Option<&Value> {
        self.0.extra.get(name)
    }

    /// The public code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// Seconds after which a retry makes sense, if any.
    pub fn retry_after_s(&self) -> Option<u64> {
        self.0.retry_after_s
    }

    /// The explanation, or else the code's own sentence.
    pub fn message(&self) -> &str {
        self.0.detail.as_deref().unwrap_or(self.0.code.title())
    }

    /// The body.
    pub fn doc(&self) -> ProblemDoc {
        let code = self.0.code;
        ProblemDoc {
            kind: format!("urn:ilmspace:problem:{}", code.name()),
            title: code.title().to_owned(),
            status: code.status().as_u16(),
            code: code.name().to_owned(),
            detail: self.0.detail.clone(),
            instance: RequestId::current(),
            errors: self.0.fields.clone(),
            retry_after_s: self.0.retry_after_s,
            extra: self.0.extra.clone(),
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.0.code.name(), self.message())
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(seconds) = self.0.retry_after_s {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if self.status_code() == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        let mut response = response.json(self.doc());
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    }
}

impl From<diesel::result::Error> for Problem {
    /// Not found, and a reference to what has just gone, is 404; a database that is away or overrun is 503; the rest is a fault of ours.
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind as Kind, Error};
        match &error {
            Error::NotFound => Self::not_found(),
            // What it belongs to went away meanwhile; or, the other way round, something came.
            Error::DatabaseError(Kind::ForeignKeyViolation, info) => {
                if info.message().starts_with("insert or update") {
                    Self::not_found()
                } else {
                    Self::new(Code::Conflict)
                }
            }
            Error::DatabaseError(Kind::SerializationFailure, _) => Self::unavailable(error, 1),
            Error::DatabaseError(Kind::ClosedConnection | Kind::UnableToSendCommand, _)
            | Error::BrokenTransactionManager => Self::unavailable(error, 2),
            Error::DatabaseError(_, info) if is_passing(info.message()) => {
                Self::unavailable(error, 2)
            }
            _ => Self::internal(error),
        }
    }
}

/// Messages of a server that stops, is gone, or cancels what takes too long: tokio-postgres hands
/// them on without their SQLSTATE.
fn is_passing(message: &str) -> bool {
    [
        "terminating connection",
        "the database system is",
        "connection closed",
        "error communicating with the server",
        "canceling statement due to",
        "deadlock detected",
        "Connection refused",
    ]
    .iter()
    .any(|sign| message.contains(sign))
}

/// A new id for a request.
pub(super) fn new_request_id(now: kernel::Timestamp) -> String {
    use kernel::IdSource as _;
    let id: Uuid = kernel::RandomIds.new_id(now);
    id.to_string()
}
