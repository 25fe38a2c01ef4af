//! Sessions as their owner sees and ends them; the profile.

use std::time::Duration;

use ilmspace::platform::live::Notice;
use serde_json::{Value, json};

use crate::support::{PASSWORD, TestServer};

const FIREFOX: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// IDN-14
#[tokio::test]
async fn a_person_sees_their_sessions_and_ends_one_of_them() {
    let s = TestServer::start().await;
    let ann = s.student("ann").await;
    let bob = s.student("bob").await;
    let mut firefox = s.anonymous().with_header("user-agent", FIREFOX);
    let body = json!({"email": ann.email, "password": PASSWORD});
    let signed_in = firefox.post("/api/v1/auth/login", body).await.expect(200).json();
    firefox.keep(&signed_in);
    firefox.get("/api/v1/me").await.expect(200);

    let list = ann.get("/api/v1/me/sessions").await.expect(200).json();
    assert_eq!(list["next_cursor"], Value::Null);
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!(items.iter().filter(|item| item["current"] == true).count(), 1);
    let other = items.iter().find(|item| item["current"] == false).unwrap();
    assert_eq!(other["device"], "Firefox, Windows");
    assert_eq!(other["network"], "127.0.0.0/24");
    let path = format!("/api/v1/me/sessions/{}", other["id"].as_str().unwrap());

    // Another's session is not there, just as one that never was.
    let foreign = bob.delete(&path).await.expect_problem(404, "not_found");
    let missing = bob.delete("/api/v1/me/sessions/019a0000-0000-7000-8000-000000000000").await;
    let missing = missing.expect_problem(404, "not_found");
    assert_eq!(foreign["detail"], missing["detail"]);
    bob.delete("/api/v1/me/sessions/nonsense").await.expect_problem(404, "not_found");

    let mut notices = s.app.live.listen();
    ann.delete(&path).await.expect(204);
    firefox.get("/api/v1/me").await.expect_problem(401, "session_ended");
    firefox.post("/api/v1/auth/refresh", json!({})).await.expect_problem(401, "session_ended");
    // Sockets and streams hear of it at once.
    let notice =
        tokio::time::timeout(Duration::from_secs(1), notices.recv()).await.unwrap().unwrap();
    let Notice::SessionEnded { user_id, reason, .. } = notice else { panic!("{notice:?}") };
    assert_eq!((user_id, reason.as_ref()), (ann.id, "ended_by_user"));
    ann.get("/api/v1/me").await.expect(200);
    ann.delete(&path).await.expect_problem(404, "not_found");
}

/// IDN-14
#[tokio::test]
async fn all_others_end_at_once_and_the_list_is_paged() {
    let s = TestServer::start().await;
    let ann = s.student("ann").await;
    let mut others = Vec::new();
    for _ in 0..4 {
        others.push(s.sign_in(&ann.email).await);
        s.advance(Duration::from_secs(1));
    }
    let mut seen = Vec::new();
    let mut path = "/api/v1/me/sessions?limit=2".to_owned();
    loop {
        let page = ann.get(&path).await.expect(200).json();
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].clone()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/me/sessions?limit=2&cursor={cursor}");
    }
    assert_eq!(seen.len(), 5);
    assert_eq!(seen.iter().collect::<std::collections::HashSet<_>>().len(), 5);
    ann.get("/api/v1/me/sessions?cursor=forged").await.expect_problem(400, "bad_request");

    ann.post("/api/v1/me/sessions/end-others", json!({})).await.expect(204);
    for other in &others {
        other.get("/api/v1/me").await.expect_problem(401, "session_ended");
    }
    let list = ann.get("/api/v1/me/sessions").await.expect(200).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}

/// IDN-12: a cookie set before signing in never survives it.
#[tokio::test]
async fn signing_in_replaces_the_session_that_the_browser_had() {
    let s = TestServer::start().await;
    let ann = s.student("ann").await;
    let old = ann.client.clone();
    let body = json!({"email": ann.email, "password": PASSWORD});
    ann.post("/api/v1/auth/login", body).await.expect(200);
    old.get("/api/v1/me").await.expect_problem(401, "session_ended");
    let list = s.sign_in(&ann.email).await.get("/api/v1/me/sessions").await.expect(200).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
}

/// IDN-14: a browser that was not seen before is worth a mail; the first one and a known one are
/// not.
#[tokio::test]
async fn a_new_device_is_announced_to_the_owner() {
    let s = TestServer::start().await;
    let ann = s.student("ann").await;
    s.settle().await;
    assert!(s.mailer.sent().is_empty());
    let body = json!({"email": ann.email, "password": PASSWORD});
    ann.post("/api/v1/auth/login", body.clone()).await.expect(200);
    s.settle().await;
    assert!(s.mailer.sent().is_empty(), "the same browser again");
    s.anonymous()
        .with_header("user-agent", FIREFOX)
        .post("/api/v1/auth/login", body)
        .await
        .expect(200);
    let mail = s.mail_to(&ann.email).await;
    assert_eq!(mail.subject, "A new sign-in to your IlmSpace account");
    assert!(mail.text.contains("Firefox, Windows"), "{}", mail.text);
}

/// IDN-25 USR-01
#[tokio::test]
async fn a_person_keeps_their_own_profile() {
    let s = TestServer::start().await;
    let ann = s.student("ann").await;
    let changes = json!({"first_name": " Зухра ", "last_name": "בן-דוד", "phone": "+998 90 123 45 67",
        "locale": "he", "timezone": "Asia/Jerusalem", "about": "👩‍🏫\nteaches"});
    let me = ann.patch("/api/v1/me", changes).await.expect(200).json();
    assert_eq!(me["first_name"], "Зухра");
    assert_eq!(me["phone"], "+998901234567");
    assert_eq!(me["about"], "👩‍🏫\nteaches");
    let me = ann.patch("/api/v1/me", json!({"phone": null})).await.expect(200).json();
    assert_eq!((&me["phone"], &me["timezone"]), (&Value::Null, &json!("Asia/Jerusalem")));
    assert_eq!(ann.patch("/api/v1/me", json!({})).await.expect(200).json(), me);

    let faults =
        json!({"first_name": "", "timezone": "Mars/Olympus", "locale": "xx", "phone": "7"});
    let problem = ann.patch("/api/v1/me", faults).await.expect_problem(422, "invalid");
    let fields: Vec<_> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["first_name", "locale", "phone", "timezone"]);
    for forbidden in
        ["email", "status", "roles", "id", "auth_version", "email_verified", "password_hash"]
    {
        let body = json!({forbidden: "x"});
        ann.patch("/api/v1/me", body).await.expect_problem(400, "bad_request");
    }
}
