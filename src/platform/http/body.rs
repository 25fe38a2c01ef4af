//! JSON bodies and query strings whose refusals are problem+json and name the field.

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use futures::StreamExt as _;
use futures::future::{LocalBoxFuture, Ready, ready};
use serde::de::DeserializeOwned;

use super::{Code, Problem};

/// Bytes of a JSON body at most.
pub(crate) const MAX_JSON: usize = 256 * 1024;

/// A JSON body of at most 256 KiB. The type decides what is allowed: use
/// `#[serde(deny_unknown_fields)]`.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = content_type(req) == Some("application/json");
        let payload = payload.take();
        Box::pin(async move {
            if !is_json {
                return Err(Problem::new(Code::UnsupportedMediaType)
                    .detail("Send the body as application/json."));
            }
            let bytes = read_all(payload, MAX_JSON).await?;
            parse(&bytes).map(Self)
        })
    }
}

/// A JSON body that browsers may also send as `text/plain`: `navigator.sendBeacon` sends a page's
/// last words so. It proves nothing about who sends it.
#[derive(Debug)]
pub struct Beacon<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Beacon<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = matches!(content_type(req), Some("application/json" | "text/plain"));
        let payload = payload.take();
        Box::pin(async move {
            if !is_json {
                return Err(Problem::new(Code::UnsupportedMediaType)
                    .detail("Send the body as application/json or text/plain."));
            }
            let bytes = read_all(payload, MAX_JSON).await?;
            parse(&bytes).map(Self)
        })
    }
}

/// Reads a whole body of at most `limit` bytes.
pub async fn read_all(mut payload: Payload, limit: usize) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(payload_problem)?;
        if bytes.len() + chunk.len() > limit {
            return Err(Problem::new(Code::TooLarge)
                .detail(format!("At most {limit} bytes are accepted here.")));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// What a broken body means to the caller.
pub fn payload_problem(error: PayloadError) -> Problem {
    match error {
        PayloadError::Io(error) if error.kind() == std::io::ErrorKind::TimedOut => {
            Problem::new(Code::BodyTimeout)
        }
        PayloadError::Overflow => Problem::new(Code::TooLarge),
        _ => Problem::new(Code::BadRequest).detail("The body broke off."),
    }
}

fn content_type(req: &HttpRequest) -> Option<&str> {
    let value = req.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    value.split(';').next().map(str::trim)
}

/// JSON to `T`, with the path of the field at fault.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let text = error.inner().to_string();
        // serde's own words hold no secret, but a position is noise to a person.
        let text = text.split(" at line ").next().unwrap_or_default().to_owned();
        let code =
            if text.starts_with("unknown field") { Code::UnknownField } else { Code::Invalid };
        let problem = Problem::new(Code::BadRequest).detail(text.clone());
        if path == "." { problem } else { problem.field(path, code, text) }
    })?;
    json.end().map_err(|_| Problem::new(Code::BadRequest).detail("One JSON value is expected."))?;
    if has_nul(bytes) {
        return Err(Problem::new(Code::BadRequest).detail("The character NUL is not allowed."));
    }
    Ok(value)
}

/// PostgreSQL refuses NUL in text, which would surface as a fault of ours.
fn has_nul(bytes: &[u8]) -> bool {
    bytes.contains(&0) || bytes.windows(6).any(|w| w.eq_ignore_ascii_case(b"\\u0000"))
}

/// A query string.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        if req.query_string().contains("%00") {
            return ready(Err(
                Problem::new(Code::BadRequest).detail("The character NUL is not allowed.")
            ));
        }
        let parsed = actix_web::web::Query::<T>::from_query(req.query_string());
        ready(parsed.map(|query| Self(query.into_inner())).map_err(|error| {
            let text = match &error {
                actix_web::error::QueryPayloadError::Deserialize(inner) => inner.to_string(),
                _ => "The query cannot be understood.".to_owned(),
            };
            Problem::new(Code::BadRequest).detail(text)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Input {
        items: Vec<Item>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Item {
        title: String,
    }

    #[test]
    fn the_field_at_fault_is_named() {
        let problem = parse::<Input>(br#"{"items":[{"title":"a"},{"title":1}]}"#).unwrap_err();
        let doc = problem.doc();
        assert_eq!(doc.code, "bad_request");
        assert_eq!(doc.errors[0].field, "items[1].title");
    }

    #[test]
    fn unknown_fields_trailing_bytes_and_nul_are_refused() {
        for body in [
            &br#"{"items":[],"role":"admin"}"#[..],
            br#"{"items":[]} {}"#,
            br#"{"items":[{"title":"a\u0000b"}]}"#,
            b"{",
            b"",
        ] {
            assert_eq!(parse::<Input>(body).unwrap_err().code(), Code::BadRequest);
        }
    }
}
