//! Registration and the one-time codes behind it.

use std::time::Duration;

use serde_json::json;

use super::{code_in, newcomer, register};
use crate::support::{PASSWORD, TestServer};

/// IDN-08 IDN-16 IDN-02 IDN-25 NTF-08
#[tokio::test]
async fn the_first_code_confirms_the_address_and_signs_in() {
    let s = TestServer::start().await;
    let mut browser = s.anonymous();
    let me = register(&s, &mut browser, newcomer("Malika@Example.com")).await;
    assert_eq!(me["email"], "Malika@Example.com");
    assert_eq!(me["email_verified"], true);
    assert_eq!(me["status"], "active");
    assert_eq!(me["roles"], json!(["student"]));
    assert_eq!(me["has_password"], false);
    assert_eq!(browser.get("/api/v1/me").await.expect(200).json(), me);
}

/// IDN-07
#[tokio::test]
async fn a_password_chosen_at_registration_opens_the_account_once_the_address_is_confirmed() {
    let s = TestServer::start().await;
    let mut browser = s.anonymous();
    let mut body = newcomer("malika@example.com");
    body["password"] = json!(PASSWORD);
    body["phone"] = json!("+998 90 123-45-67");
    body["locale"] = json!("ru");
    let sent = browser.post("/api/v1/auth/register", body).await.expect(202).json();
    let credentials = json!({"email": "malika@example.com", "password": PASSWORD});
    let mail = s.mail_to("malika@example.com").await;
    assert!(mail.subject.contains("ваш код"), "{}", mail.subject);
    // Not confirmed yet: like an unknown account.
    s.anonymous()
        .post("/api/v1/auth/login", credentials.clone())
        .await
        .expect_problem(401, "credentials_invalid");
    let verify = json!({"challenge": sent["challenge"], "code": code_in(&mail)});
    let me = browser.post("/api/v1/auth/verify", verify).await.expect(200).json();
    let me = browser.keep(&me);
    assert_eq!((&me["phone"], &me["locale"]), (&json!("+998901234567"), &json!("ru")));
    assert_eq!(me["has_password"], true);
    s.anonymous().post("/api/v1/auth/login", credentials).await.expect(200);
}

/// IDN-16: whoever prepares an account for another's address gains nothing.
#[tokio::test]
async fn a_stranger_cannot_plant_a_password_in_an_account_that_another_confirms() {
    let s = TestServer::start().await;
    let owner = s.anonymous();
    let sent = owner.post("/api/v1/auth/register", newcomer("malika@example.com")).await;
    let sent = sent.expect(202).json();
    let code = code_in(&s.mail_to("malika@example.com").await);
    s.advance(Duration::from_secs(61));
    // A stranger registers the same address in between, with a password of his own.
    let mut planted = newcomer("malika@example.com");
    planted["password"] = json!(PASSWORD);
    planted["first_name"] = json!("Mallory");
    s.anonymous().post("/api/v1/auth/register", planted).await.expect(202);
    s.settle().await;
    // The owner's own code is dead (one live code a purpose); a code asked for signing in works.
    let verify = json!({"challenge": sent["challenge"], "code": code});
    owner.post("/api/v1/auth/verify", verify).await.expect_problem(401, "otp_invalid");
    s.advance(Duration::from_secs(61));
    let asked = owner.post("/api/v1/auth/code", json!({"email": "malika@example.com"})).await;
    let asked = asked.expect(202).json();
    let code = code_in(&s.mail_to("malika@example.com").await);
    let verify = json!({"challenge": asked["challenge"], "code": code});
    let me = owner.post("/api/v1/auth/verify", verify).await.expect(200).json();
    assert_eq!(me["user"]["first_name"], "Malika");
    assert_eq!(me["user"]["has_password"], false);
    s.anonymous()
        .post("/api/v1/auth/login", json!({"email": "malika@example.com", "password": PASSWORD}))
        .await
        .expect_problem(401, "credentials_invalid");
}

/// IDN-08 IDN-21 NTF-08: a code works once, for ten minutes, in the browser that asked for it, and
/// dies after five wrong tries.
#[tokio::test]
async fn a_code_is_single_use_short_lived_bound_and_dies_of_wrong_tries() {
    let s = TestServer::start().await;
    let ann = s.student("ann").await;
    let ask = async |browser: &crate::support::Client| {
        s.advance(Duration::from_secs(301));
        let asked = browser.post("/api/v1/auth/code", json!({"email": ann.email})).await;
        let challenge = asked.expect(202).json()["challenge"].clone();
        (challenge, code_in(&s.mail_to(&ann.email).await))
    };
    let verify =
        |challenge: &serde_json::Value, code: &str| json!({"challenge": challenge, "code": code});

    let browser = s.anonymous();
    let (challenge, code) = ask(&browser).await;
    // Another browser, though it knows challenge and code.
    let thief = s.anonymous();
    thief
        .post("/api/v1/auth/verify", verify(&challenge, &code))
        .await
        .expect_problem(401, "otp_invalid");
    browser.post("/api/v1/auth/verify", verify(&challenge, &code)).await.expect(200);
    browser
        .post("/api/v1/auth/verify", verify(&challenge, &code))
        .await
        .expect_problem(401, "otp_invalid");

    let browser = s.anonymous();
    let (challenge, code) = ask(&browser).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for left in (0..5).rev() {
        let problem = browser.post("/api/v1/auth/verify", verify(&challenge, wrong)).await;
        assert_eq!(problem.expect_problem(401, "otp_invalid")["tries_left"], left);
    }
    browser
        .post("/api/v1/auth/verify", verify(&challenge, &code))
        .await
        .expect_problem(401, "otp_invalid");

    let browser = s.anonymous();
    let (challenge, code) = ask(&browser).await;
    s.advance(Duration::from_secs(601));
    browser
        .post("/api/v1/auth/verify", verify(&challenge, &code))
        .await
        .expect_problem(401, "otp_invalid");
}

/// IDN-08
#[tokio::test]
async fn a_registration_hears_of_every_fault_at_once() {
    let s = TestServer::start().await;
    let body = json!({"email": "nobody", "first_name": " ", "last_name": "K".repeat(101), "phone": "12", "locale": "xx"});
    let answer = s.anonymous().post("/api/v1/auth/register", body).await;
    let problem = answer.expect_problem(422, "invalid");
    let faults: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|e| &e["field"]).collect();
    assert_eq!(faults, ["first_name", "last_name", "email", "phone", "locale"]);

    let mut body = newcomer("malika@example.com");
    body["password"] = json!("malikakarimova");
    let answer = s.anonymous().post("/api/v1/auth/register", body.clone()).await;
    let problem = answer.expect_problem(422, "password_weak");
    assert_eq!(problem["weakness"], "own_words");
    assert_eq!(problem["errors"][0]["field"], "password");

    body["role"] = json!("admin");
    s.anonymous().post("/api/v1/auth/register", body).await.expect_problem(400, "bad_request");
}
