//! Passwords changed and recovered.

use std::time::Duration;

use gateways::mail::Mail;
use serde_json::json;

use super::{newcomer, register};
use crate::support::{Client, PASSWORD, TestServer};

const NEW: &str = "three quiet horses by the sea";

/// The token of the link in a mail.
fn token_in(mail: &Mail) -> String {
    let link = mail.text.lines().find(|line| line.contains("#token=")).unwrap();
    link.split_once("#token=").unwrap().1.to_owned()
}

async fn forgot(browser: &Client, email: &str) {
    browser.post("/api/v1/auth/password/forgot", json!({"email": email})).await.expect(202);
}

async fn reset(browser: &Client, token: &str, password: &str) -> crate::support::Answer {
    let body = json!({"token": token, "password": password});
    browser.post("/api/v1/auth/password/reset", body).await
}

/// IDN-15
#[tokio::test]
async fn a_link_by_mail_sets_a_new_password_once_and_ends_every_session() {
    let s = TestServer::start().await;
    let ann = s.student("ann").await;
    let browser = s.anonymous();
    forgot(&browser, "Ann@Example.com").await;
    let token = token_in(&s.mail_to(&ann.email).await);
    reset(&browser, &token, "short").await.expect_problem(422, "password_weak");
    reset(&browser, &token, NEW).await.expect(204);
    reset(&browser, &token, PASSWORD).await.expect_problem(401, "reset_token_invalid");
    ann.get("/api/v1/me").await.expect_problem(401, "session_ended");
    ann.post("/api/v1/auth/refresh", json!({})).await.expect_problem(401, "session_ended");
    let old = json!({"email": ann.email, "password": PASSWORD});
    browser.post("/api/v1/auth/login", old).await.expect_problem(401, "credentials_invalid");
    let new = json!({"email": ann.email, "password": NEW});
    browser.post("/api/v1/auth/login", new).await.expect(200);
    s.settle().await;
    let sent = s.mailer.sent();
    assert!(sent.iter().any(|mail| mail.subject == "Your IlmSpace password was changed"));
}

/// IDN-15 IDN-20: the mail's link is the configured host's, whatever the request says.
#[tokio::test]
async fn a_forged_host_does_not_reach_the_link() {
    let s = TestServer::start().await;
    let ann = s.student("ann").await;
    let browser = s
        .anonymous()
        .with_header("x-forwarded-host", "evil.example")
        .with_header("forwarded", "host=evil.example;proto=https");
    let request = browser
        .request(reqwest::Method::POST, "/api/v1/auth/password/forgot")
        .header("host", "evil.example")
        .json(&json!({"email": ann.email}));
    let answer = browser.run(request, "forgot").await;
    assert!(matches!(answer.status.as_u16(), 202 | 421), "{}", answer.text());
    if answer.status == 421 {
        forgot(&browser, &ann.email).await;
    }
    let mail = s.mail_to(&ann.email).await;
    assert!(mail.text.contains("http://localhost:8080/reset#token="), "{}", mail.text);
    assert!(!mail.text.contains("evil") && !mail.html.unwrap().contains("evil"));
}

/// IDN-15: a link lives half an hour, a newer one kills it, and made-up ones open nothing.
#[tokio::test]
async fn old_replaced_and_forged_links_are_refused_alike() {
    let s = TestServer::start().await;
    let ann = s.student("ann").await;
    let browser = s.anonymous();
    forgot(&browser, &ann.email).await;
    let first = token_in(&s.mail_to(&ann.email).await);
    forgot(&browser, &ann.email).await;
    let second = token_in(&s.mail_to(&ann.email).await);
    assert_ne!(first, second);
    let mut forged = second.clone();
    forged.replace_range(0..1, if forged.starts_with('A') { "B" } else { "A" });
    for bad in [
        first.as_str(),
        &forged,
        "",
        "x",
        &second[..42],
        &format!("{second}A"),
        "ы".repeat(43).as_str(),
    ] {
        reset(&browser, bad, NEW).await.expect_problem(401, "reset_token_invalid");
    }
    s.advance(Duration::from_secs(30 * 60));
    reset(&browser, &second, NEW).await.expect_problem(401, "reset_token_invalid");
}

/// IDN-15 IDN-20: asking too often sends nothing more, and says the same.
#[tokio::test]
async fn recovery_mails_are_limited_without_a_word() {
    let s = TestServer::start().await;
    let ann = s.student("ann").await;
    for _ in 0..8 {
        forgot(&s.anonymous(), &ann.email).await;
    }
    s.settle().await;
    assert_eq!(s.mailer.sent().iter().filter(|mail| mail.to == ann.email).count(), 3);
}

/// IDN-15
#[tokio::test]
async fn changing_the_password_wants_the_current_one_and_ends_the_other_sessions() {
    let s = TestServer::start().await;
    let mut ann = s.student("ann").await;
    let other = s.sign_in(&ann.email).await;
    other.get("/api/v1/me").await.expect(200);
    let body = json!({"current_password": "not this one at all", "new_password": NEW});
    let answer = ann.post("/api/v1/me/password", body).await;
    let problem = answer.expect_problem(401, "credentials_invalid");
    assert_eq!(problem["errors"][0]["field"], "current_password");
    ann.post("/api/v1/me/password", json!({"new_password": NEW}))
        .await
        .expect_problem(401, "credentials_invalid");
    let body = json!({"current_password": PASSWORD, "new_password": "password12345"});
    ann.post("/api/v1/me/password", body).await.expect_problem(422, "password_weak");

    let body = json!({"current_password": PASSWORD, "new_password": NEW});
    ann.post("/api/v1/me/password", body).await.expect(204);
    other.get("/api/v1/me").await.expect_problem(401, "session_ended");
    other.post("/api/v1/auth/refresh", json!({})).await.expect_problem(401, "session_ended");
    // This one stays; its access token is renewed.
    ann.get("/api/v1/me").await.expect_problem(401, "token_expired");
    let renewed = ann.post("/api/v1/auth/refresh", json!({})).await.expect(200).json();
    ann.keep(&renewed);
    ann.get("/api/v1/me").await.expect(200);
    let old = json!({"email": ann.email, "password": PASSWORD});
    s.anonymous().post("/api/v1/auth/login", old).await.expect_problem(401, "credentials_invalid");
}

/// IDN-15 IDN-20
#[tokio::test]
async fn the_current_password_cannot_be_guessed_by_whoever_holds_a_session() {
    let s = TestServer::start().await;
    let ann = s.student("ann").await;
    let mut refused = 0;
    for n in 0..8 {
        let body = json!({"current_password": format!("guess number {n}"), "new_password": NEW});
        refused += usize::from(ann.post("/api/v1/me/password", body).await.status == 429);
    }
    assert_eq!(refused, 3);
}

/// IDN-15 IDN-08: who signs in by codes sets a first password within five minutes of a sign-in.
#[tokio::test]
async fn the_first_password_wants_a_fresh_sign_in() {
    let s = TestServer::start().await;
    let mut browser = s.anonymous();
    register(&s, &mut browser, newcomer("malika@example.com")).await;
    s.advance(Duration::from_secs(301));
    browser
        .post("/api/v1/me/password", json!({"new_password": NEW}))
        .await
        .expect_problem(401, "step_up_required");
    let asked = browser.post("/api/v1/auth/code", json!({"email": "malika@example.com"})).await;
    let challenge = asked.expect(202).json()["challenge"].clone();
    let code = super::code_in(&s.mail_to("malika@example.com").await);
    let body = json!({"challenge": challenge, "code": code});
    let signed_in = browser.post("/api/v1/auth/verify", body).await.expect(200).json();
    browser.keep(&signed_in);
    browser.post("/api/v1/me/password", json!({"new_password": NEW})).await.expect(204);
    let body = json!({"email": "malika@example.com", "password": NEW});
    s.anonymous().post("/api/v1/auth/login", body).await.expect(200);
}
