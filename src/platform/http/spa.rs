//! The web app's files, embedded in the release binary, and the one document that carries them:
//! `index.html` with a fresh nonce, a strict Content-Security-Policy, and Open Graph tags for the
//! page at hand.

use std::borrow::Cow;

use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rand::RngCore as _;
use rust_embed::RustEmbed;

use super::{Code, Problem, pack};
use crate::app::App;
use crate::platform::config::Config;

/// Debug builds read the directory, release builds carry it.
#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Dist;

/// What a page says of itself to search engines and messengers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// The title, without the site's name.
    pub title: String,
    /// A sentence or two.
    pub description: String,
    /// Absolute address of a picture, 1200 × 630.
    pub image: Option<String>,
    /// The canonical path, such as `/courses/…`.
    pub path: String,
    /// `website`, `article` …
    pub kind: &'static str,
    /// The language of the content.
    pub locale: Option<String>,
}

/// The codings that files of the web app are packed with when it is built, best first, and the
/// endings of the packed files.
const CODINGS: &[(&str, &str)] = &[("br", ".br"), ("gzip", ".gz")];

/// The smallest form of a file that the client takes, and its coding.
fn smallest<T>(
    path: &str,
    headers: &HeaderMap,
    get: impl Fn(&str) -> Option<T>,
) -> Option<(T, Option<&'static str>)> {
    for (coding, ending) in CODINGS {
        if pack::accepts(headers, coding)
            && let Some(file) = get(&format!("{path}{ending}"))
        {
            return Some((file, Some(coding)));
        }
    }
    get(path).map(|file| (file, None))
}

/// A file of the web build under `/assets/` or beside `index.html`.
pub fn asset(req: &HttpRequest) -> HttpResponse {
    let path = req.path().trim_start_matches('/');
    let hashed = path.starts_with("assets/");
    let found = (path != "index.html").then(|| smallest(path, req.headers(), Dist::get)).flatten();
    let Some((file, coding)) = found else {
        return Problem::not_found().error_response();
    };
    // Each form has a tag of its own.
    let etag = format!("\"{}\"", hex::encode(file.metadata.sha256_hash()));
    if req.headers().get(header::IF_NONE_MATCH).is_some_and(|known| known == etag.as_str()) {
        return HttpResponse::NotModified()
            .insert_header((header::ETAG, etag))
            .insert_header((header::VARY, "Accept-Encoding"))
            .finish();
    }
    let cache = if hashed { "public, max-age=31536000, immutable" } else { "public, max-age=3600" };
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    let body = match file.data {
        Cow::Borrowed(bytes) => bytes::Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    let mut response = HttpResponse::Ok();
    if let Some(coding) = coding {
        response.insert_header((header::CONTENT_ENCODING, coding));
    }
    response
        .insert_header((header::CONTENT_TYPE, mime.as_ref()))
        .insert_header((header::VARY, "Accept-Encoding"))
        .insert_header((header::CACHE_CONTROL, cache))
        .insert_header((header::ETAG, etag))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // A worker's script is held to the policy that it is served with.
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; connect-src 'self'"))
        .insert_header(("cross-origin-resource-policy", "same-origin"))
        .body(body)
}

/// Whether there is such a file beside `index.html`.
pub fn has_file(path: &str) -> bool {
    let path = path.trim_start_matches('/');
    path.starts_with("assets/")
        || (!path.is_empty() && path != "index.html" && Dist::get(path).is_some())
}

/// The document for a page; `head` where the server knows what the page is about, `found` false
/// where it knows that there is nothing.
pub fn document(app: &App, head: Option<&Head>, found: bool) -> HttpResponse {
    let Some(file) = Dist::get("index.html") else {
        return Problem::new(Code::NotFound)
            .detail("The web app is not built: run npm run build in web/.")
            .error_response();
    };
    let mut random = [0; 16];
    rand::rng().fill_bytes(&mut random);
    let nonce = BASE64_STANDARD.encode(random);
    let html = String::from_utf8_lossy(&file.data)
        .replace("__CSP_NONCE__", &nonce)
        .replace("<!--head-->", &head_tags(&app.config, head));
    let mut response = if found { HttpResponse::Ok() } else { HttpResponse::NotFound() };
    for (name, value) in document_headers(&app.config, &nonce) {
        response.insert_header((name, value));
    }
    response.content_type("text/html; charset=utf-8").body(html)
}

fn document_headers(config: &Config, nonce: &str) -> Vec<(&'static str, String)> {
    let host = config.site.host();
    let (socket, upgrade) = if config.site.is_https() {
        (format!("wss://{host}"), "; upgrade-insecure-requests")
    } else {
        (format!("ws://{host}"), "")
    };
    // Segments come from the delivery network, if there is one; an address without a space or a `;`.
    let cdn = &config.cdn.base_url;
    let policy = format!(
        "default-src 'none'; script-src 'self'; script-src-attr 'none'; \
         style-src 'self' 'nonce-{nonce}'; style-src-attr 'none'; \
         img-src 'self' data: blob:; font-src 'self'; media-src 'self' blob: {cdn}; \
         connect-src 'self' {socket} {cdn}; worker-src 'self'; manifest-src 'self'; frame-src 'none'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; \
         require-trusted-types-for 'script'; trusted-types default; \
         report-to csp; report-uri /api/v1/csp-reports{upgrade}"
    );
    let mut headers = vec![
        ("content-security-policy", policy),
        ("reporting-endpoints", "csp=\"/api/v1/csp-reports\"".to_owned()),
        ("x-content-type-options", "nosniff".to_owned()),
        ("referrer-policy", "strict-origin-when-cross-origin".to_owned()),
        ("permissions-policy", PERMISSIONS.to_owned()),
        ("cross-origin-opener-policy", "same-origin".to_owned()),
        ("cross-origin-resource-policy", "same-origin".to_owned()),
        ("origin-agent-cluster", "?1".to_owned()),
        ("x-frame-options", "DENY".to_owned()),
        ("cache-control", "no-cache".to_owned()),
    ];
    if config.site.is_https() {
        headers
            .push(("strict-transport-security", "max-age=63072000; includeSubDomains".to_owned()));
    }
    headers
}

const PERMISSIONS: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), midi=(), \
serial=(), browsing-topics=(), display-capture=(), fullscreen=(self), picture-in-picture=(self), \
autoplay=(self), publickey-credentials-get=(self), publickey-credentials-create=(self), \
clipboard-write=(self)";

fn head_tags(config: &Config, head: Option<&Head>) -> String {
    let base = &config.site.base_url;
    let Some(head) = head else {
        return "<title>IlmSpace</title>\
                <meta property=\"og:site_name\" content=\"IlmSpace\">\
                <meta property=\"og:type\" content=\"website\">"
            .to_owned();
    };
    let title = escape(&head.title);
    let description = escape(&head.description);
    let url = escape(&format!("{base}{}", head.path));
    let mut tags = format!(
        "<title>{title} · IlmSpace</title>\
         <meta name=\"description\" content=\"{description}\">\
         <link rel=\"canonical\" href=\"{url}\">\
         <meta property=\"og:site_name\" content=\"IlmSpace\">\
         <meta property=\"og:type\" content=\"{}\">\
         <meta property=\"og:title\" content=\"{title}\">\
         <meta property=\"og:description\" content=\"{description}\">\
         <meta property=\"og:url\" content=\"{url}\">",
        escape(head.kind)
    );
    if let Some(locale) = &head.locale {
        tags.push_str(&format!("<meta property=\"og:locale\" content=\"{}\">", escape(locale)));
    }
    if let Some(image) = &head.image {
        let image = escape(image);
        tags.push_str(&format!(
            "<meta property=\"og:image\" content=\"{image}\">\
             <meta name=\"twitter:card\" content=\"summary_large_image\">"
        ));
    }
    tags
}

/// For text and for attributes in double quotes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_goes_out_in_its_smallest_form_that_the_client_takes() {
        let there = ["a.js", "a.js.br", "a.js.gz", "b.woff2"];
        let get = |name: &str| there.iter().find(|file| **file == name);
        let mut headers = HeaderMap::new();
        assert_eq!(smallest("a.js", &headers, get), Some((&"a.js", None)));
        headers.insert(header::ACCEPT_ENCODING, "gzip".parse().unwrap());
        assert_eq!(smallest("a.js", &headers, get), Some((&"a.js.gz", Some("gzip"))));
        headers.insert(header::ACCEPT_ENCODING, "gzip, br".parse().unwrap());
        assert_eq!(smallest("a.js", &headers, get), Some((&"a.js.br", Some("br"))));
        assert_eq!(smallest("b.woff2", &headers, get), Some((&"b.woff2", None)));
        assert_eq!(smallest("c.js", &headers, get), None);
    }

    #[test]
    fn a_title_cannot_leave_its_tag() {
        let config = Config::load(None).unwrap();
        let head = Head {
            title: "</title><script>alert(1)</script>".to_owned(),
            description: "\" onload=\"x".to_owned(),
            path: "/courses/1".to_owned(),
            kind: "website",
            ..Head::default()
        };
        let tags = head_tags(&config, Some(&head));
        assert!(!tags.contains("<script") && !tags.contains("\" onload"), "{tags}");
        assert!(tags.contains("http://localhost:8080/courses/1"));
    }
}
