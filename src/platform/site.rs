//! What the web app must know before anybody signs in, the frame of the OpenAPI document, reports
//! of the browser's Content-Security-Policy.

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi, ToSchema};

use super::config::LOCALES;
use super::http::{ClientAddress, FieldProblem, Policy, Problem, ProblemDoc, Routes, rules};
use super::{health, sandbox};
use crate::app::App;

/// The platform's part of the OpenAPI document, and its frame.
#[derive(OpenApi)]
#[openapi(
    info(title = "IlmSpace", license(name = "AGPL-3.0-or-later", identifier = "AGPL-3.0-or-later")),
    paths(config, csp_report, health::live, health::ready, sandbox::clock, sandbox::move_clock),
    components(schemas(ProblemDoc, FieldProblem)),
    modifiers(&Bearer)
)]
pub struct Docs;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let components = api.components.get_or_insert_default();
        components
            .add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}

/// Registers the routes.
pub fn routes(r: &mut Routes) {
    r.get("/api/v1/config", Policy::Public("the web app starts with it"), config);
    r.post("/api/v1/csp-reports", Policy::Public("browsers send them by themselves"), csp_report);
}

/// What the web app must know.
#[derive(Debug, Serialize, ToSchema)]
pub struct SiteConfig {
    /// Where the footer leads (WEB-18).
    pub repository_url: String,
    /// Languages of the interface.
    pub locales: Vec<&'static str>,
    /// The language of a newcomer whose browser asks for none of them.
    pub default_locale: String,
    /// The currency of new prices (ISO 4217).
    pub currency: String,
    /// Ways to sign in.
    pub sign_in: SignInMethods,
    /// Whether this is a development server with a mailbox page.
    pub sandbox: bool,
    /// The server's version.
    pub version: &'static str,
    /// Limits of uploads.
    pub upload: UploadLimits,
}

/// Ways to sign in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignInMethods {
    /// By email and password.
    pub password: bool,
    /// By a one-time code sent to the email.
    pub code: bool,
}

/// Limits of uploads.
#[derive(Debug, Serialize, ToSchema)]
pub struct UploadLimits {
    /// Bytes of one file at most.
    pub max_bytes: u64,
    /// File name endings offered for videos.
    pub types: Vec<&'static str>,
}

/// What the web app must know before anybody signs in.
#[utoipa::path(get, path = "/api/v1/config", tag = "platform", responses((status = 200, body = SiteConfig)))]
pub async fn config(app: App) -> HttpResponse {
    let config = &app.config;
    HttpResponse::Ok().insert_header(("cache-control", "public, max-age=60")).json(SiteConfig {
        repository_url: config.site.repository_url.clone(),
        locales: LOCALES.to_vec(),
        default_locale: config.site.default_locale.clone(),
        currency: config.site.default_currency.to_string(),
        sign_in: SignInMethods {
            password: config.auth.sign_in_by_password,
            code: config.auth.sign_in_by_code,
        },
        sandbox: config.sandbox,
        version: env!("CARGO_PKG_VERSION"),
        upload: UploadLimits {
            max_bytes: config.uploads.max_bytes,
            types: vec![".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mpg", ".mpeg"],
        },
    })
}

/// A report of the browser's Content-Security-Policy: counted, its text never logged.
#[utoipa::path(post, path = "/api/v1/csp-reports", tag = "platform", responses((status = 204)))]
pub async fn csp_report(
    app: App,
    address: ClientAddress,
    body: actix_web::web::Payload,
) -> Result<HttpResponse, Problem> {
    app.limits.check(&rules::CSP_REPORT, &address.limit_key(), app.clock.now())?;
    let body = super::http::read_all(body.into_inner(), 16 * 1024).await?;
    let directive = directive(&body).unwrap_or_else(|| "unreadable".to_owned());
    app.metrics.csp_report(&directive);
    tracing::info!(directive, "content security policy report");
    Ok(HttpResponse::NoContent().finish())
}

/// The violated directive of a report in either of the two formats that browsers use.
fn directive(body: &[u8]) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(body).ok()?;
    let report = match &value {
        serde_json::Value::Array(reports) => reports.first()?.get("body")?,
        other => other.get("csp-report")?,
    };
    let name = ["effectiveDirective", "effective-directive", "violated-directive"]
        .iter()
        .find_map(|key| report.get(key)?.as_str())?;
    let word = name.split_whitespace().next()?;
    // Only what can be a directive's name may become a metric's label.
    let known = word.len() <= 32 && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    known.then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_directive_of_a_report_is_kept() {
        let old = br#"{"csp-report":{"violated-directive":"script-src 'self' https://x","blocked-uri":"https://evil"}}"#;
        assert_eq!(directive(old).as_deref(), Some("script-src"));
        let new = br#"[{"type":"csp-violation","body":{"effectiveDirective":"img-src"}}]"#;
        assert_eq!(directive(new).as_deref(), Some("img-src"));
        assert_eq!(directive(b"{}"), None);
        assert_eq!(directive(br#"{"csp-report":{"violated-directive":"Evil\nLine"}}"#), None);
    }
}
