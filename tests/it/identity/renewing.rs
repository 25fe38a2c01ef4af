//! The access token and its renewal.

use std::time::Duration;

use ilmspace::identity::Role;
use serde_json::json;

use crate::support::{Answer, PASSWORD, TestServer};

fn refresh_cookie(answer: &Answer) -> String {
    let cookies = answer.headers.get_all("set-cookie");
    let found = cookies.iter().filter_map(|v| v.to_str().ok()).find(|c| c.starts_with("ilm_rt="));
    let cookie = found.unwrap_or_else(|| panic!("no refresh cookie: {}", answer.text()));
    cookie.split(';').next().unwrap().to_owned()
}

/// Signs Ann in and gives the refresh cookie as `name=value`.
async fn sign_in(s: &TestServer) -> String {
    let body = json!({"email": "ann@example.com", "password": PASSWORD});
    refresh_cookie(&s.anonymous().post("/api/v1/auth/login", body).await.expect(200))
}

/// Presents a cookie with a browser that keeps none.
async fn present(s: &TestServer, cookie: &str) -> Answer {
    let browser = s.anonymous();
    let request = browser
        .request(reqwest::Method::POST, "/api/v1/auth/refresh")
        .header("cookie", cookie)
        .json(&json!({}));
    browser.run(request, "refresh").await
}

/// IDN-13: 20 tabs at once: 20 answers, one rotation.
#[tokio::test]
async fn twenty_tabs_that_renew_at_once_share_one_rotation() {
    let s = TestServer::start().await;
    s.account("ann", &[]).await;
    let cookie = sign_in(&s).await;
    let answers = futures::future::join_all((0..20).map(|_| present(&s, &cookie))).await;
    let successors: std::collections::HashSet<_> =
        answers.into_iter().map(|answer| refresh_cookie(&answer.expect(200))).collect();
    assert_eq!(successors.len(), 1);
    assert!(!successors.contains(&cookie));
}

/// IDN-13: an answer lost on the way costs nothing.
#[tokio::test]
async fn a_lost_answer_is_given_again() {
    let s = TestServer::start().await;
    s.account("ann", &[]).await;
    let first = sign_in(&s).await;
    let lost = refresh_cookie(&present(&s, &first).await.expect(200));
    s.advance(Duration::from_secs(5));
    let again = refresh_cookie(&present(&s, &first).await.expect(200));
    assert_eq!(again, lost);
    // Hours later still once, and then no more.
    s.advance(Duration::from_secs(6 * 3600));
    assert_eq!(refresh_cookie(&present(&s, &first).await.expect(200)), lost);
    present(&s, &first).await.expect_problem(401, "session_ended");
    present(&s, &lost).await.expect_problem(401, "session_ended");
}

/// IDN-13: a stolen token used after its owner went on ends the session, and the owner hears of it.
#[tokio::test]
async fn a_refresh_token_used_twice_ends_the_session_and_mails_its_owner() {
    let s = TestServer::start().await;
    let mut ann = s.student("ann").await;
    let stolen = sign_in(&s).await;
    let answer = present(&s, &stolen).await.expect(200);
    ann.keep(&answer.json());
    let second = refresh_cookie(&answer);
    present(&s, &second).await.expect(200);
    ann.get("/api/v1/me").await.expect(200);

    let answer = present(&s, &stolen).await;
    assert!(refresh_cookie(&answer).ends_with('='), "the cookie is taken away");
    answer.expect_problem(401, "session_ended");
    // The access token of that session is dead at once.
    ann.get("/api/v1/me").await.expect_problem(401, "session_ended");
    let mail = s.mail_to("ann@example.com").await;
    assert_eq!(mail.subject, "We have ended a sign-in of yours");
}

/// IDN-12 IDN-13: forged, truncated, swapped and missing tokens.
#[tokio::test]
async fn tokens_that_are_not_ours_open_nothing_and_end_nothing() {
    let s = TestServer::start().await;
    let mut ann = s.student("ann").await;
    let bob = s.student("bob").await;
    let cookie = sign_in(&s).await;
    let mut forged = cookie.clone();
    let last = forged.pop().unwrap();
    forged.push(if last == 'A' { 'E' } else { 'A' });
    for bad in
        [&forged, &cookie[..40], "ilm_rt=", "ilm_rt=AAAA", &format!("ilm_rt={}", "A".repeat(5000))]
    {
        present(&s, bad).await.expect_problem(401, "unauthenticated");
    }
    present(&s, &cookie).await.expect(200);

    let token = ann.token.clone().unwrap();
    let bobs = bob.token.clone().unwrap();
    let (head, rest) = token.split_once('.').unwrap();
    let (body, signature) = rest.split_once('.').unwrap();
    let (_, bobs_rest) = bobs.split_once('.').unwrap();
    let (bobs_body, _) = bobs_rest.split_once('.').unwrap();
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0";
    for bad in [
        format!("{head}.{bobs_body}.{signature}"),
        format!("{head}.{body}."),
        format!("{head}.{body}"),
        format!("{none}.{body}."),
        token[..token.len() - 5].to_owned(),
        "x".repeat(9000),
        String::new(),
    ] {
        ann.token = Some(bad);
        ann.get("/api/v1/me").await.expect_problem(401, "unauthenticated");
    }
    ann.token = Some(token.clone());
    ann.get("/api/v1/me").await.expect(200);
    s.advance(Duration::from_secs(631));
    ann.get("/api/v1/me").await.expect_problem(401, "token_expired");
    let renewed = ann.post("/api/v1/auth/refresh", json!({})).await.expect(200).json();
    ann.keep(&renewed);
    ann.get("/api/v1/me").await.expect(200);
}

/// IDN-12: signing out ends the session everywhere at once and takes the cookie away.
#[tokio::test]
async fn signing_out_ends_the_session_and_the_token() {
    let s = TestServer::start().await;
    let ann = s.student("ann").await;
    ann.get("/api/v1/me").await.expect(200);
    let answer = ann.post("/api/v1/auth/logout", json!({})).await.expect(204);
    assert!(refresh_cookie(&answer).ends_with('='));
    ann.get("/api/v1/me").await.expect_problem(401, "session_ended");
    ann.post("/api/v1/auth/refresh", json!({})).await.expect_problem(401, "unauthenticated");
    ann.post("/api/v1/auth/logout", json!({})).await.expect(204);
}

/// IDN-13: a session slides for 60 days of silence and ends after 180 whatever happens; staff get
/// half an hour and half a day.
#[tokio::test]
async fn sessions_end_by_the_policy_of_the_role() {
    const DAY: u64 = 86_400;
    let s = TestServer::start().await;
    let ann = s.student("ann").await;
    for _ in 0..3 {
        s.advance(Duration::from_secs(59 * DAY));
        ann.post("/api/v1/auth/refresh", json!({})).await.expect(200);
    }
    s.advance(Duration::from_secs(4 * DAY));
    ann.post("/api/v1/auth/refresh", json!({})).await.expect_problem(401, "session_ended");

    let admin = s.person("root", &[Role::Admin]).await;
    s.advance(Duration::from_secs(29 * 60));
    admin.post("/api/v1/auth/refresh", json!({})).await.expect(200);
    s.advance(Duration::from_secs(31 * 60));
    admin.post("/api/v1/auth/refresh", json!({})).await.expect_problem(401, "session_ended");
}
