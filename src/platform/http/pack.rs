//! Answers in fewer bytes: which codings a client takes (RFC 9110, 12.5.3), and gzip for JSON and
//! pages as they go out. Files of the web app are packed when it is built; media never are.

use std::io::{self, Write as _};

use actix_web::body::{BodySize, EitherBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Below this an answer fits one packet as it is, bytes.
const LEAST: u64 = 1024;
/// Above this the time to pack would hold other answers of the same thread up, bytes.
const MOST: u64 = 4 << 20;

/// Whether `Accept-Encoding` lets a coding through. Without the header nothing is packed.
pub fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let mut named = None;
    let mut any = None;
    let values = headers.get_all(header::ACCEPT_ENCODING).filter_map(|value| value.to_str().ok());
    for item in values.flat_map(|value| value.split(',')) {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
        let taken = weight.is_none_or(|weight| weight.parse().is_ok_and(|q: f32| q > 0.0));
        if name.eq_ignore_ascii_case(coding) {
            named = Some(taken);
        } else if name == "*" {
            any = Some(taken);
        }
    }
    named.or(any).unwrap_or(false)
}

/// Packs bytes.
pub fn gzip(bytes: &[u8], level: Compression) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Whether answers under this path may be packed at all. Those that hold tokens stay as they are,
/// because the length of a packed answer tells of a secret beside what somebody else has chosen
/// (BREACH); media are packed already.
pub fn may_pack(path: &str) -> bool {
    let secret = path.starts_with("/api/v1/auth/")
        || path.starts_with("/api/v1/playback/")
        || (path.starts_with("/api/") && path.ends_with("/play"));
    !secret && !path.starts_with("/m/")
}

/// The answer packed with gzip where that is `wanted` and worth it.
pub fn packed<B: MessageBody>(
    mut response: ServiceResponse<B>,
    wanted: bool,
) -> ServiceResponse<EitherBody<B, Bytes>> {
    if !suits(response.headers(), response.response().body().size()) {
        return response.map_into_left_body();
    }
    let said = response.headers().get_all(header::VARY).any(|vary| vary == "Accept-Encoding");
    if !said {
        response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    if !wanted {
        return response.map_into_left_body();
    }
    response.map_body(|head, body| match body.try_into_bytes() {
        // A stream has no end to wait for.
        Err(body) => EitherBody::left(body),
        Ok(bytes) => {
            let Ok(smaller) = gzip(&bytes, Compression::default()) else {
                return EitherBody::right(bytes);
            };
            let headers = head.headers_mut();
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            headers.remove(header::CONTENT_LENGTH);
            // The same state in other bytes: a strong tag would say that the bytes are the same.
            if let Some(weak) = headers.get(header::ETAG).and_then(weaker) {
                headers.insert(header::ETAG, weak);
            }
            EitherBody::right(smaller.into())
        }
    })
}

fn weaker(tag: &HeaderValue) -> Option<HeaderValue> {
    let tag = tag.to_str().ok().filter(|tag| tag.starts_with('"'))?;
    HeaderValue::from_str(&format!("W/{tag}")).ok()
}

fn suits(headers: &HeaderMap, size: BodySize) -> bool {
    let BodySize::Sized(size) = size else { return false };
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let text = matches!(kind, "application/json" | "text/html" | "text/css" | "text/javascript")
        || kind.ends_with("+json");
    let fixed = headers
        .get(header::CACHE_CONTROL)
        .and_then(|cache| cache.to_str().ok())
        .is_some_and(|cache| cache.contains("no-transform"));
    text && !fixed
        && (LEAST..=MOST).contains(&size)
        && !headers.contains_key(header::CONTENT_ENCODING)
        // A new cookie is a secret beside the body.
        && !headers.contains_key(header::SET_COOKIE)
}

#[cfg(test)]
mod tests {
    use actix_web::HttpResponse;
    use actix_web::test::TestRequest;

    use super::*;

    fn asking(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::ACCEPT_ENCODING, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn a_client_gets_only_codings_that_it_takes() {
        let browser = asking(&["gzip, deflate, br;q=1.0, zstd"]);
        assert!(accepts(&browser, "gzip") && accepts(&browser, "br"));
        assert!(accepts(&asking(&["deflate", "GZIP"]), "gzip"));
        assert!(accepts(&asking(&["*"]), "br"));
        for refused in
            ["", "identity", "gzip;q=0", "gzip; q=0.0", "*, gzip;q=0", "gzip;q=x", "*;q=0"]
        {
            assert!(!accepts(&asking(&[refused]), "gzip"), "{refused}");
        }
        assert!(!accepts(&HeaderMap::new(), "gzip"));
    }

    #[test]
    fn answers_with_tokens_and_media_are_never_packed() {
        for path in ["/api/v1/auth/refresh", "/api/v1/lessons/1/play", "/m/s/index.m3u8"] {
            assert!(!may_pack(path), "{path}");
        }
        assert!(may_pack("/api/v1/courses") && may_pack("/courses/1"));
    }

    fn answer(kind: &str, size: usize, more: &[(&str, &str)]) -> ServiceResponse {
        let mut response = HttpResponse::Ok();
        response.content_type(kind);
        for header in more {
            response.insert_header(*header);
        }
        let response = response.body("a".repeat(size));
        ServiceResponse::new(TestRequest::default().to_http_request(), response)
    }

    #[test]
    fn only_text_of_some_length_is_packed() {
        let whole = packed(answer("application/json", 4096, &[("etag", "\"3\"")]), true);
        assert_eq!(whole.headers().get(header::CONTENT_ENCODING).unwrap(), "gzip");
        assert_eq!(whole.headers().get(header::VARY).unwrap(), "Accept-Encoding");
        assert_eq!(whole.headers().get(header::ETAG).unwrap(), "W/\"3\"");
        assert!(matches!(whole.response().body().size(), BodySize::Sized(1..100)));

        let plain = packed(answer("application/problem+json", 4096, &[]), false);
        assert!(!plain.headers().contains_key(header::CONTENT_ENCODING));
        assert_eq!(plain.headers().get(header::VARY).unwrap(), "Accept-Encoding");

        for left in [
            answer("application/json", 1000, &[]),
            answer("text/event-stream", 4096, &[]),
            answer("video/mp4", 4096, &[]),
            answer("application/json", 4096, &[("set-cookie", "a=b")]),
            answer("application/json", 4096, &[("content-encoding", "br")]),
            answer("text/html", 4096, &[("cache-control", "no-transform")]),
        ] {
            let size = left.response().body().size();
            assert_eq!(packed(left, true).response().body().size(), size);
        }
    }
}
