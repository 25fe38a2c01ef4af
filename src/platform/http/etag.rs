//! Versions of what people edit at once: `ETag` out, `If-Match` in.

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use futures::future::{Ready, ready};
use serde::Serialize;

use super::{Code, Problem};

/// The version that a change was made against, from `If-Match`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: whatever is there.
    Any,
    /// One version.
    Version(i32),
}

impl IfMatch {
    /// Goes on if `current` is what the change was made against, else `precondition_failed` with
    /// the member `version`.
    pub fn check(self, current: i32) -> Result<(), Problem> {
        match self {
            Self::Version(version) if version != current => {
                Err(Problem::new(Code::PreconditionFailed).with("version", current))
            }
            _ => Ok(()),
        }
    }

    fn parse(value: &str) -> Option<Self> {
        if value == "*" {
            return Some(Self::Any);
        }
        // A proxy that compresses may have made the tag weak; the number is what counts.
        let quoted = value.strip_prefix("W/").unwrap_or(value);
        let number = quoted.strip_prefix('"')?.strip_suffix('"')?;
        number.parse().ok().map(Self::Version)
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = match req.headers().get(header::IF_MATCH) {
            None => Err(Problem::new(Code::PreconditionRequired)),
            Some(value) => {
                value.to_str().ok().map(str::trim).and_then(Self::parse).ok_or_else(|| {
                    // Not a tag that was ever given out, so it cannot be the current one.
                    Problem::new(Code::PreconditionFailed)
                        .detail("This If-Match is not one of ours.")
                })
            }
        };
        ready(found)
    }
}

/// 200 with `body` and its version as `ETag`, not to be cached.
pub fn tagged(version: i32, body: &impl Serialize) -> HttpResponse {
    let mut response = HttpResponse::Ok().json(body);
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_a_number_in_quotes_and_a_star_is_whatever_is_there() {
        assert_eq!(IfMatch::parse("\"7\""), Some(IfMatch::Version(7)));
        assert_eq!(IfMatch::parse("W/\"7\""), Some(IfMatch::Version(7)));
        assert_eq!(IfMatch::parse("*"), Some(IfMatch::Any));
        for foreign in ["7", "\"", "\"x\"", "\"7\", \"8\"", ""] {
            assert_eq!(IfMatch::parse(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_change_made_against_an_older_version_is_refused_with_the_newer_one() {
        assert!(IfMatch::Version(3).check(3).is_ok());
        assert!(IfMatch::Any.check(3).is_ok());
        let refused = IfMatch::Version(2).check(3).unwrap_err();
        assert_eq!(refused.code(), Code::PreconditionFailed);
        assert_eq!(refused.doc().extra["version"], 3);
    }
}
