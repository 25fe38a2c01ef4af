//! The development mailbox: mails that were not sent anywhere, to be read. Exists in the sandbox
//! only; elsewhere nothing is here.

use std::fmt::Write as _;

use actix_web::HttpResponse;
use actix_web::http::header;
use gateways::mail::Mail;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::identity::mails::escape;
use crate::platform::http::{Problem, ProblemDoc, Query};

const SHOWN: usize = 50;

/// Whose mails.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MailboxQuery {
    /// An address; everybody's when absent.
    pub to: Option<String>,
}

/// A mail that was not sent anywhere.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailView {
    /// Its id.
    pub id: Uuid,
    /// When it was written.
    pub at: chrono::DateTime<chrono::Utc>,
    /// To whom.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its plain text.
    pub text: String,
}

/// The newest mails.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailList {
    /// Newest first, at most 50.
    pub items: Vec<MailView>,
}

async fn newest(app: &App, to: Option<&str>) -> Result<Vec<Mail>, Problem> {
    if !app.config.sandbox {
        return Err(Problem::not_found());
    }
    let mailbox = app.mailer.mailbox().ok_or_else(Problem::not_found)?;
    mailbox.newest(to, SHOWN).await.map_err(Problem::internal)
}

/// The development mailbox as JSON; newest first.
#[utoipa::path(get, path = "/api/v1/sandbox/mailbox", tag = "identity", params(MailboxQuery),
    responses((status = 200, body = MailList), (status = 404, body = ProblemDoc)))]
pub async fn list(app: App, Query(query): Query<MailboxQuery>) -> Result<HttpResponse, Problem> {
    let mails = newest(&app, query.to.as_deref()).await?;
    let items = mails.into_iter().map(|mail| MailView {
        id: mail.id,
        at: mail.at,
        to: mail.to,
        subject: mail.subject,
        text: mail.text,
    });
    Ok(HttpResponse::Ok().json(MailList { items: items.collect() }))
}

/// Takes no script and nothing from elsewhere, whatever stands in a mail.
const CSP: &str = "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; \
                   form-action 'self'; frame-ancestors 'none'";
const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;\
padding:0 1rem;color:#1d2433;background:#f6f7f9}h1{font-size:1.4rem}article{background:#fff;\
border:1px solid #dfe3ea;border-radius:12px;padding:1rem 1.25rem;margin:1rem 0}\
h2{font-size:1.05rem;margin:0 0 .25rem}.of{color:#5b6577;font-size:.9rem;margin:0}\
pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;margin:.75rem 0 0}";

/// The development mailbox as a page.
#[utoipa::path(get, path = "/sandbox/mailbox", tag = "identity", params(MailboxQuery),
    responses((status = 200, content_type = "text/html"), (status = 404, body = ProblemDoc)))]
pub async fn page(app: App, Query(query): Query<MailboxQuery>) -> Result<HttpResponse, Problem> {
    let mails = newest(&app, query.to.as_deref()).await?;
    let hash = {
        use base64::Engine as _;
        use sha2::Digest as _;
        base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(STYLE))
    };
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, CSP.replace("{}", &hash)))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .body(render(&mails, &app.config.site.base_url)))
}

fn render(mails: &[Mail], base_url: &str) -> String {
    let mut html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Mailbox</title>\
         <style>{STYLE}</style><h1>Development mailbox</h1>\
         <p>Mails of this server go nowhere: they are here. The newest is on top.</p>"
    );
    if mails.is_empty() {
        html.push_str("<p>There is none yet.</p>");
    }
    for mail in mails {
        let (subject, to) = (escape(&mail.subject), escape(&mail.to));
        let at = mail.at.format("%Y-%m-%d %H:%M:%S UTC");
        let text = linked(&mail.text, base_url);
        let _ = write!(
            html,
            "<article><h2 dir=\"auto\">{subject}</h2><p class=\"of\">to {to}, {at}</p>\
             <pre dir=\"auto\">{text}</pre></article>"
        );
    }
    html
}

/// The text with links to our own pages made clickable.
fn linked(text: &str, base_url: &str) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            let escaped = escape(line);
            if line.starts_with(base_url) && !line.contains(char::is_whitespace) {
                format!("<a href=\"{escaped}\">{escaped}</a>")
            } else {
                escaped
            }
        })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mails_are_shown_as_text_and_our_links_can_be_clicked() {
        let mail = Mail {
            id: Uuid::nil(),
            at: kernel::Timestamp::default(),
            to: "<script>@x.com".to_owned(),
            subject: "<img src=x onerror=alert(1)>".to_owned(),
            text: "Hello <b>\nhttps://ilm.test/reset#token=a\nhttps://evil.test/x\njavascript:x"
                .to_owned(),
            html: None,
        };
        let html = render(&[mail], "https://ilm.test");
        assert!(html.contains("<a href=\"https://ilm.test/reset#token=a\">"));
        assert_eq!(html.matches("<a ").count(), 1);
        assert!(!html.contains("<script>") && !html.contains("<img") && !html.contains("<b>"));
    }
}
