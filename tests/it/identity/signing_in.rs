//! Signing in by password, and what stops guessing.

use std::time::Duration;

use serde_json::json;

use super::{code_in, newcomer, register};
use crate::support::{PASSWORD, TestServer};

/// IDN-07 IDN-12 IDN-09
#[tokio::test]
async fn the_right_password_opens_and_the_cookie_is_out_of_reach_of_scripts() {
    let s = TestServer::start().await;
    s.account("ann", &[]).await;
    let body = json!({"email": "ANN@example.com", "password": PASSWORD});
    let answer = s.anonymous().post("/api/v1/auth/login", body).await.expect(200);
    let cookies: Vec<_> = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|v| v.to_str().unwrap().to_owned())
        .collect();
    let refresh = cookies.iter().find(|cookie| cookie.starts_with("ilm_rt=")).unwrap();
    assert!(refresh.contains("HttpOnly") && refresh.contains("SameSite=Strict"), "{refresh}");
    assert!(refresh.contains("Max-Age=5184000"), "{refresh}");
    assert!(
        cookies.iter().any(|cookie| cookie.starts_with("ilm_dev=") && cookie.contains("HttpOnly"))
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    let signed_in = answer.json();
    assert_eq!(signed_in["expires_in"], 600);
    assert_eq!(signed_in["user"]["roles"], json!(["student"]));
}

/// IDN-20: unknown, wrong, passwordless and unconfirmed are one answer, byte for byte.
#[tokio::test]
async fn a_refusal_does_not_tell_whether_there_is_an_account() {
    let s = TestServer::start().await;
    s.account("ann", &[]).await;
    s.anonymous().post("/api/v1/auth/register", newcomer("pending@example.com")).await.expect(202);
    s.settle().await;
    let mut bodies = std::collections::HashSet::new();
    for email in ["ann@example.com", "nobody@example.com", "pending@example.com"] {
        let body = json!({"email": email, "password": "another long password"});
        let answer = s.anonymous().post("/api/v1/auth/login", body).await;
        let mut problem = answer.expect_problem(401, "credentials_invalid");
        problem["instance"] = json!(null);
        bodies.insert(problem.to_string());
    }
    assert_eq!(bodies.len(), 1, "{bodies:?}");
}

/// IDN-20 IDN-08: registering and asking for a code or a link answer alike for known and unknown.
#[tokio::test]
async fn asking_does_not_tell_whether_there_is_an_account() {
    let s = TestServer::start().await;
    s.account("ann", &[]).await;
    for path in ["/api/v1/auth/register", "/api/v1/auth/code", "/api/v1/auth/password/forgot"] {
        let mut shapes = std::collections::HashSet::new();
        for email in ["ann@example.com", "nobody@example.com"] {
            s.advance(Duration::from_secs(300));
            let body = match path {
                "/api/v1/auth/register" => newcomer(email),
                _ => json!({"email": email}),
            };
            let answer = s.anonymous().post(path, body).await.expect(202);
            let mut names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
            names.sort();
            let mut json = answer.json();
            if json["challenge"].is_string() {
                json["challenge"] = json!("…");
            }
            shapes.insert((names, json.to_string()));
            s.settle().await;
        }
        assert_eq!(shapes.len(), 1, "{path}: {shapes:?}");
    }
    let mut mails: Vec<_> =
        s.mailer.sent().into_iter().map(|mail| (mail.to, mail.subject)).collect();
    mails.sort();
    let to_ann: Vec<_> = mails.iter().filter(|(to, _)| to == "ann@example.com").collect();
    assert_eq!(to_ann.len(), 3, "{mails:?}");
    assert!(to_ann.iter().any(|(_, subject)| subject.contains("already have")), "{mails:?}");
    // The unknown address has just registered, so codes go there; a link for a password does not.
    assert_eq!(mails.iter().filter(|(to, _)| to == "nobody@example.com").count(), 2, "{mails:?}");
}

/// IDN-20: guessing is slowed to a crawl, and its owner's own browser still gets in.
#[tokio::test]
async fn brute_force_is_stopped_for_the_account_and_not_for_its_owner() {
    let s = TestServer::start().await;
    let ann = s.student("ann").await;
    let mut refused = 0;
    for n in 0..20 {
        let body = json!({"email": ann.email, "password": format!("another long password {n}")});
        let answer = s.anonymous().post("/api/v1/auth/login", body).await;
        if answer.status == 429 {
            let problem = answer.expect_problem(429, "rate_limited");
            assert!(problem["retry_after_s"].as_u64().unwrap() > 0);
            refused += 1;
        } else {
            answer.expect_problem(401, "credentials_invalid");
        }
    }
    assert_eq!(refused, 15);
    // Strangers are refused even with the right password now; Ann's browser is not.
    let right = json!({"email": ann.email, "password": PASSWORD});
    s.anonymous()
        .post("/api/v1/auth/login", right.clone())
        .await
        .expect_problem(429, "rate_limited");
    ann.post("/api/v1/auth/login", right.clone()).await.expect_problem(429, "rate_limited");
    s.advance(Duration::from_secs(15 * 60));
    ann.post("/api/v1/auth/login", right).await.expect(200);
}

/// IDN-20: one network cannot try many accounts.
#[tokio::test]
async fn guessing_over_many_accounts_is_stopped_for_the_network() {
    let s = TestServer::start().await;
    let mut tried = 0;
    for n in 0..30 {
        let body = json!({"email": format!("user{n}@example.com"), "password": "a long password"});
        let answer = s.anonymous().post("/api/v1/auth/login", body).await;
        tried += usize::from(answer.status == 401);
    }
    assert_eq!(tried, 20);
}

/// IDN-12: no other site and no plain form signs anybody in.
#[tokio::test]
async fn cross_site_requests_reach_no_route_that_reads_cookies() {
    let s = TestServer::start().await;
    let ann = s.student("ann").await;
    let routes = [
        "register",
        "code",
        "verify",
        "login",
        "refresh",
        "logout",
        "password/forgot",
        "password/reset",
    ];
    for route in routes {
        let path = format!("/api/v1/auth/{route}");
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("x-ilm-request", "0"),
        ] {
            let foreign = ann.client.clone().with_header(name, value);
            foreign.post(&path, json!({})).await.expect_problem(403, "cross_site");
        }
        let form = ann.request(reqwest::Method::POST, &path).form(&[("email", "a@b.com")]);
        ann.run(form, &path).await.expect_problem(403, "cross_site");
    }
}

/// IDN-20: throttle, do not lock: strangers who guess all day do not shut the owner's own browser
/// out, and nobody's guessing is endless.
#[tokio::test]
async fn strangers_who_guess_codes_do_not_shut_the_owner_out() {
    use diesel_async::SimpleAsyncConnection as _;
    let s = TestServer::start().await;
    let email = "malika@example.com";
    let mut home = s.anonymous();
    register(&s, &mut home, newcomer(email)).await;
    // One wrong guess of a stranger, counted as a thousand.
    s.advance(Duration::from_secs(61));
    let stranger = s.anonymous();
    let ask = json!({"email": email});
    let asked = stranger.post("/api/v1/auth/code", ask.clone()).await.expect(202).json();
    let right = code_in(&s.mail_to(email).await);
    let wrong = if right == "000000" { "000001" } else { "000000" };
    let verify = |code: &str, asked: &serde_json::Value| json!({"challenge": asked["challenge"], "code": code});
    stranger
        .post("/api/v1/auth/verify", verify(wrong, &asked))
        .await
        .expect_problem(401, "otp_invalid");
    let mut conn = s.app.db.conn().await.unwrap();
    conn.batch_execute("update auth_failures set failures = 1000").await.unwrap();
    stranger
        .post("/api/v1/auth/verify", verify(&right, &asked))
        .await
        .expect_problem(429, "rate_limited");

    s.advance(Duration::from_secs(61));
    let asked = home.post("/api/v1/auth/code", ask).await.expect(202).json();
    let code = code_in(&s.mail_to(email).await);
    home.post("/api/v1/auth/verify", verify(&code, &asked)).await.expect(200);
}
