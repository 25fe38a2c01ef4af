//! Requests that read or set cookies: taken only from the site itself (login CSRF included), and
//! with them what is known about the browser.

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{FromRequest, HttpRequest};
use futures::future::{Ready, ready};

use super::cookies::Kind;
use super::device::{self, Device};
use crate::app::App;
use crate::platform::http::{ClientAddress, Code, Problem};

/// A request that surely came from our own pages, and the browser behind it. Only through this type
/// does a handler see a cookie.
#[derive(Debug, Clone)]
pub struct SiteRequest {
    /// Where it came from.
    pub address: ClientAddress,
    /// The browser's own id.
    pub device: Device,
    /// "Firefox, Windows".
    pub device_name: String,
    /// The refresh cookie.
    pub(super) refresh: Option<String>,
    /// The challenge cookie.
    pub(super) challenge: Option<String>,
}

impl SiteRequest {
    fn of(req: &HttpRequest) -> Result<Self, Problem> {
        let app = App::of(req)?;
        if !is_from_site(req.headers(), &app.config.site.base_url) {
            return Err(Problem::new(Code::CrossSite));
        }
        let cookies = app.identity.cookies;
        let agent = req.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Self {
            address: ClientAddress::of(req, &app),
            device: Device::of(cookies.read(req, Kind::Device).as_deref()),
            device_name: device::name(agent),
            refresh: cookies.read(req, Kind::Refresh),
            challenge: cookies.read(req, Kind::Challenge),
        })
    }
}

impl FromRequest for SiteRequest {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(req))
    }
}

/// Our own header forces a preflight that no other origin passes; JSON keeps plain forms out; the
/// browser's own word about the origin decides, and its absence is a refusal.
fn is_from_site(headers: &HeaderMap, base_url: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let json = text("content-type")
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    text("x-ilm-request") == Some("1") && json && is_same_origin(headers, base_url)
}

/// Whether the browser says that the request comes from our own origin: Fetch Metadata first, the
/// `Origin` header where there is none, and a refusal where there is neither.
pub fn is_same_origin(headers: &HeaderMap, base_url: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => origin == base_url,
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn from_site(pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        is_from_site(&headers, "https://ilm.test")
    }

    const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");
    const OURS: (&str, &str) = ("x-ilm-request", "1");

    /// IDN-12: cross-site requests reach no route that reads cookies, sign-in included.
    #[test]
    fn only_our_own_pages_get_through() {
        assert!(from_site(&[JSON, OURS, ("sec-fetch-site", "same-origin")]));
        assert!(from_site(&[JSON, OURS, ("origin", "https://ilm.test")]));

        assert!(!from_site(&[JSON, OURS]), "neither header");
        assert!(!from_site(&[JSON, OURS, ("sec-fetch-site", "same-site")]));
        assert!(!from_site(&[
            JSON,
            OURS,
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://ilm.test")
        ]));
        assert!(!from_site(&[JSON, OURS, ("sec-fetch-site", "none")]), "an address typed in");
        for origin in [
            "null",
            "https://ilm.test.evil.example",
            "http://ilm.test",
            "https://ilm.test:8443",
            "",
        ] {
            assert!(!from_site(&[JSON, OURS, ("origin", origin)]), "{origin}");
        }
        assert!(!from_site(&[JSON, ("sec-fetch-site", "same-origin")]), "without our header");
        assert!(!from_site(&[OURS, ("sec-fetch-site", "same-origin")]), "without JSON");
        assert!(!from_site(&[
            ("content-type", "text/plain"),
            OURS,
            ("sec-fetch-site", "same-origin")
        ]));
    }
}
