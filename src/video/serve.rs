//! Byte ranges of a download.

use std::ops::Range;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

use crate::platform::http::{Code, Problem};

/// The one range that a request asks for in a file of `size` bytes; `None` for the whole. Several
/// ranges and other units are answered with the whole file, as RFC 9110 allows.
///
/// # Errors
/// `range_not_satisfiable`.
pub(super) fn range(req: &HttpRequest, size: u64) -> Result<Option<Range<u64>>, Problem> {
    let Some(value) = req.headers().get(header::RANGE).and_then(|value| value.to_str().ok()) else {
        return Ok(None);
    };
    parse(value, size)
}

fn parse(value: &str, size: u64) -> Result<Option<Range<u64>>, Problem> {
    let unsatisfiable = || Problem::new(Code::RangeNotSatisfiable);
    let Some(spec) = value.strip_prefix("bytes=").filter(|spec| !spec.contains(',')) else {
        return Ok(None);
    };
    let Some((first, last)) = spec.trim().split_once('-') else { return Ok(None) };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(first) || !digits(last) {
        return Ok(None);
    }
    let range = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Ok(_), Ok(_)) => return Ok(None),
        (Ok(first), Err(_)) if last.is_empty() => first..size,
        (Err(_), Ok(suffix)) if first.is_empty() => size.saturating_sub(suffix)..size,
        _ => return Err(unsatisfiable()),
    };
    if range.is_empty() || range.start >= size { Err(unsatisfiable()) } else { Ok(Some(range)) }
}

/// The status and the headers that go with it.
pub(super) fn head(range: Option<Range<u64>>, size: u64) -> HttpResponseBuilder {
    let (mut response, length) = match range {
        None => (HttpResponse::Ok(), size),
        Some(range) => {
            let mut response = HttpResponse::PartialContent();
            let last = range.end.saturating_sub(1);
            let value = format!("bytes {}-{last}/{size}", range.start);
            response.insert_header((header::CONTENT_RANGE, value));
            (response, range.end.saturating_sub(range.start))
        }
    };
    response.insert_header((header::ACCEPT_RANGES, "bytes"));
    // A body of known length: downloads show how far they are.
    response.no_chunking(length);
    response
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// MED-15
    #[test]
    fn ranges_are_read_as_the_standard_says() {
        for (value, wanted) in [
            ("bytes=0-9", Some(0..10)),
            ("bytes=90-", Some(90..100)),
            ("bytes=-10", Some(90..100)),
            ("bytes=-1000", Some(0..100)),
            ("bytes=95-1000", Some(95..100)),
            ("bytes=0-1,5-6", None),
            ("bytes=9-0", None),
            ("items=0-1", None),
        ] {
            assert_eq!(parse(value, 100).unwrap(), wanted, "{value}");
        }
        for value in ["bytes=100-", "bytes=-0", "bytes=100-200"] {
            assert_eq!(parse(value, 100).unwrap_err().code(), Code::RangeNotSatisfiable, "{value}");
        }
    }

    proptest! {
        #[test]
        fn a_range_never_leaves_the_file(value in "bytes=[0-9]{0,22}-[0-9]{0,22}", size in 1u64..1_000_000) {
            if let Ok(Some(range)) = parse(&value, size) {
                prop_assert!(range.start < range.end && range.end <= size);
            }
        }
    }
}
