//! Joining courses.

use std::time::Duration;

use serde_json::{Value, json};

use crate::courses::world::{id, person, publish, published, sign_in};
use crate::support::TestServer;

/// ENR-01 ENR-02 ENR-06 ENR-11
#[tokio::test]
async fn twenty_clicks_at_once_are_one_enrollment_and_one_student() {
    let s = TestServer::start().await;
    let (ann, sam) = (person(&s, "ann").await, person(&s, "sam").await);
    let course = published(&ann, "SQL", json!({})).await;
    let path = format!("/api/v1/courses/{}/enroll", id(&course["id"]));
    let clicks = (0..20).map(|_| {
        let (sam, path) = (sam.clone(), path.clone());
        async move { sam.post(&path, json!({})).await }
    });
    let answers = futures::future::join_all(clicks).await;
    let new = answers.iter().filter(|a| a.status == 201).count();
    let known = answers.iter().filter(|a| a.status == 200).count();
    assert_eq!((new, known), (1, 19));
    let ids: std::collections::HashSet<String> =
        answers.iter().map(|a| a.json()["id"].to_string()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(answers[0].json()["state"], "enrolled");
    let page = s.anonymous().get(&format!("/api/v1/courses/{}", id(&course["id"]))).await.json();
    assert_eq!(page["students"], 1);
    let mine =
        sam.get(&format!("/api/v1/me/enrollments/{}", id(&course["id"]))).await.expect(200).json();
    assert_eq!(mine["course_id"], course["id"]);
    s.settle().await;
}

/// ENR-04 ENR-10
#[tokio::test]
async fn a_paid_course_asks_for_payment_and_ones_own_or_a_draft_cannot_be_joined() {
    let s = TestServer::start().await;
    let (ann, sam) = (person(&s, "ann").await, person(&s, "sam").await);
    let paid =
        published(&ann, "Paid", json!({"price": {"amount": 4_990_000, "currency": "UZS"}})).await;
    let free = published(&ann, "Free", json!({})).await;
    let enroll = |course: &Value| format!("/api/v1/courses/{}/enroll", id(&course["id"]));
    let asked = sam.post(&enroll(&paid), json!({})).await.expect_problem(402, "payment_required");
    assert_eq!(asked["price"], json!({"amount": 4_990_000, "currency": "UZS"}));
    sam.get(&format!("/api/v1/me/enrollments/{}", id(&paid["id"])))
        .await
        .expect_problem(404, "not_found");
    ann.post(&enroll(&free), json!({})).await.expect_problem(409, "not_on_sale");
    s.anonymous().post(&enroll(&free), json!({})).await.expect_problem(401, "unauthenticated");
    ann.post(&format!("/api/v1/studio/courses/{}/unpublish", id(&free["id"])), json!({}))
        .await
        .expect(200);
    sam.post(&enroll(&free), json!({})).await.expect_problem(404, "not_found");
    sam.post(&format!("/api/v1/courses/{}/enroll", s.app.id()), json!({}))
        .await
        .expect_problem(404, "not_found");
}

/// ENR-05
#[tokio::test]
async fn access_ends_with_its_time_and_may_begin_again() {
    let s = TestServer::start().await;
    let (ann, sam) = (person(&s, "ann").await, person(&s, "sam").await);
    let course = published(&ann, "SQL", json!({"access_days": 30})).await;
    let path = format!("/api/v1/courses/{}/enroll", id(&course["id"]));
    let joined = sam.post(&path, json!({})).await.expect(201).json();
    assert!(joined["expires_at"].is_string());
    let lesson = course["modules"][0]["lessons"][0]["id"].clone();
    let lesson = format!("/api/v1/learn/lessons/{}", id(&lesson));
    sam.get(&lesson).await.expect(200);
    s.advance(Duration::from_secs(31 * 86_400));
    let sam = sign_in(&s, "sam").await;
    let refused = sam.get(&lesson).await.expect_problem(403, "not_enrolled");
    assert_eq!(refused["reason"], "access_ended");
    s.settle().await;
    let again = sam.post(&path, json!({})).await.expect(201).json();
    assert_eq!(again["id"], joined["id"]);
    sam.get(&lesson).await.expect(200);
    let page = s.anonymous().get(&format!("/api/v1/courses/{}", id(&course["id"]))).await.json();
    assert_eq!(page["students"], 1, "the same student");
}

/// ENR-09 LRN-24
#[tokio::test]
async fn my_learning_lists_my_courses_active_last_first() {
    let s = TestServer::start().await;
    let (ann, sam) = (person(&s, "ann").await, person(&s, "sam").await);
    let (one, two) =
        (published(&ann, "One", json!({})).await, published(&ann, "Two", json!({})).await);
    for course in [&one, &two] {
        sam.post(&format!("/api/v1/courses/{}/enroll", id(&course["id"])), json!({}))
            .await
            .expect(201);
    }
    let mine = sam.get("/api/v1/me/learning").await.expect(200).json();
    assert_eq!(mine["items"][0]["course"]["title"], "Two");
    let lesson = &one["modules"][0]["lessons"][0];
    assert_eq!(mine["items"][1]["continue"]["lesson_id"], lesson["id"]);
    sam.post(&format!("/api/v1/learn/lessons/{}/done", id(&lesson["id"])), json!({}))
        .await
        .expect(200);
    let mine = sam.get("/api/v1/me/learning?limit=1").await.expect(200).json();
    assert_eq!(mine["items"][0]["course"]["title"], "One");
    assert_eq!(
        (&mine["items"][0]["percent"], &mine["items"][0]["enrollment"]["state"]),
        (&json!(100.0), &json!("completed"))
    );
    let next = sam
        .get(&format!(
            "/api/v1/me/learning?limit=1&cursor={}",
            mine["next_cursor"].as_str().unwrap()
        ))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&next["items"][0]["course"]["title"], &next["next_cursor"]),
        (&json!("Two"), &Value::Null)
    );
    assert_eq!(ann.get("/api/v1/me/learning").await.json()["items"], json!([]));
    publish(&ann, &one["id"]).await;
}

/// API-03: what goes away while one joins is not found; it is no fault of ours.
#[tokio::test]
async fn joining_a_course_that_is_just_being_deleted_is_404() {
    use diesel::sql_types::BigInt;
    use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
    #[derive(diesel::QueryableByName)]
    struct Waiting {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    let s = TestServer::start().await;
    let (ann, sam) = (person(&s, "ann").await, person(&s, "sam").await);
    let course = published(&ann, "SQL", json!({})).await;
    let course = id(&course["id"]).to_owned();
    let mut deleting = s.app.db.conn().await.unwrap();
    deleting
        .batch_execute(&format!("begin; delete from courses where id = '{course}'"))
        .await
        .unwrap();
    let joining = tokio::spawn(async move {
        sam.post(&format!("/api/v1/courses/{course}/enroll"), json!({})).await
    });
    let waits = "select count(*) as n from pg_stat_activity \
                 where datname = current_database() and wait_event_type = 'Lock'";
    let seen = async {
        loop {
            let mut conn = s.app.db.conn().await.unwrap();
            let waiting: Waiting = diesel::sql_query(waits).get_result(&mut *conn).await.unwrap();
            if waiting.n > 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(4), seen).await.expect("the enrollment waits");
    deleting.batch_execute("commit").await.unwrap();
    joining.await.unwrap().expect_problem(404, "not_found");
}
