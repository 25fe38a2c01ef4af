//! An author fills a course: the record, modules, lessons, their order, texts, tasks.

use ilmspace::video::{VideoFailed, VideoWatchable};
use reqwest::Method;
use serde_json::{Value, json};

use super::world::{
    self, course, describe, failed, film_upload, id, lesson, module, person, processed, published,
    text, text_lesson, told_late, video_of, watchable,
};
use crate::support::TestServer;

/// CRS-01 CRS-05 CRS-06 CRS-11 CRS-12 CRS-13 CRS-14 CRS-34 CRS-35 CRS-36 TCH-02 TCH-05 USR-05
/// API-01
#[tokio::test]
async fn an_author_fills_the_whole_record_of_a_course_and_reads_it_back() {
    let s = TestServer::start().await;
    let ann = person(&s, "ann").await;
    let skills = ann.get("/api/v1/skills").await.expect(200).json();
    let rust =
        skills["items"].as_array().unwrap().iter().find(|k| k["slug"] == "rust").unwrap()["id"]
            .clone();

    let begun = course(&ann, "  SQL от и до 🎓  ").await;
    assert_eq!(begun["title"], "SQL от и до 🎓");
    assert_eq!(
        (&begun["state"], &begun["version"], &begun["price"]),
        (&json!("draft"), &json!(1), &Value::Null)
    );

    let changed = describe(&ann, &begun["id"], json!({
        "subtitle": "Запросы и планы", "learn": ["Join tables", " ", "Read plans"], "requirements": ["A computer"],
        "skill_ids": [rust, rust], "price": {"amount": 34_900_000, "currency": "UZS"},
        "old_price": {"amount": 49_000_000, "currency": "UZS"}, "certificate": true, "access_days": 90, "track": 80,
        "language": "ru", "title": "שלום עולם"
    })).await;
    let path = format!("/api/v1/studio/courses/{}", id(&begun["id"]));
    let answer = ann.get(&path).await.expect(200);
    assert_eq!(answer.header("etag"), "\"2\"");
    let read = answer.json();
    assert_eq!(read, changed);
    assert_eq!(read["learn"], json!(["Join tables", "Read plans"]));
    assert_eq!(read["skills"], json!([rust]));
    assert_eq!(read["price"], json!({"amount": 34_900_000, "currency": "UZS"}));
    assert_eq!(
        (&read["language"], &read["level"], &read["track"]),
        (&json!("ru"), &json!("beginner"), &json!(80))
    );
    assert_eq!((&read["certificate"], &read["access_days"]), (&json!(true), &json!(90)));
    assert_eq!(read["title"], "שלום עולם");

    let list = ann.get("/api/v1/studio/courses").await.expect(200).json();
    assert_eq!(list["items"][0]["id"], begun["id"]);
    assert_eq!(list["items"][0]["problems"], json!(read["missing"].as_array().unwrap().len()));

    ann.delete(&path).await.expect(204);
    ann.get(&path).await.expect_problem(404, "not_found");
}

/// CRS-01
#[tokio::test]
async fn a_change_against_an_older_version_is_refused_and_one_without_a_version_too() {
    let s = TestServer::start().await;
    let ann = person(&s, "ann").await;
    let begun = course(&ann, "SQL").await;
    let path = format!("/api/v1/studio/courses/{}", id(&begun["id"]));
    ann.patch(&path, json!({"title": "A"})).await.expect_problem(428, "precondition_required");
    let first_tab = ann.clone().with_header("if-match", "\"1\"");
    let second_tab = first_tab.clone();
    let answer = first_tab.patch(&path, json!({"title": "First"})).await.expect(200);
    assert_eq!(answer.header("etag"), "\"2\"");
    let refused = second_tab
        .patch(&path, json!({"title": "Second"}))
        .await
        .expect_problem(412, "precondition_failed");
    assert_eq!(refused["version"], 2);
    assert_eq!(ann.get(&path).await.json()["title"], "First");

    // Two tabs at once: one of them wins.
    let current = ann.clone().with_header("if-match", "\"2\"");
    let (a, b) = tokio::join!(
        current.patch(&path, json!({"title": "A"})),
        current.patch(&path, json!({"title": "B"}))
    );
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
}

/// CRS-01
#[tokio::test]
async fn a_foreign_course_module_lesson_or_file_is_the_same_answer_as_none() {
    let s = TestServer::start().await;
    let (ann, bob) = (person(&s, "ann").await, person(&s, "bob").await);
    let begun = course(&ann, "SQL").await;
    let part = module(&ann, &begun["id"], "One").await;
    let text = lesson(&ann, &part["id"], "Text", "text").await;
    let nowhere = s.app.id().to_string();
    let any = bob.clone().with_header("if-match", "*");
    let routes = [
        (Method::GET, "/api/v1/studio/courses/{}", &begun["id"], None),
        (Method::PATCH, "/api/v1/studio/courses/{}", &begun["id"], Some(json!({"title": "Mine"}))),
        (Method::DELETE, "/api/v1/studio/courses/{}", &begun["id"], None),
        (Method::POST, "/api/v1/studio/courses/{}/publish", &begun["id"], Some(json!({}))),
        (
            Method::POST,
            "/api/v1/studio/courses/{}/modules",
            &begun["id"],
            Some(json!({"title": "Mine"})),
        ),
        (
            Method::PUT,
            "/api/v1/studio/courses/{}/order",
            &begun["id"],
            Some(json!({"modules": []})),
        ),
        (Method::GET, "/api/v1/courses/{}", &begun["id"], None),
        (Method::PATCH, "/api/v1/studio/modules/{}", &part["id"], Some(json!({"title": "Mine"}))),
        (Method::DELETE, "/api/v1/studio/modules/{}", &part["id"], None),
        (
            Method::POST,
            "/api/v1/studio/modules/{}/lessons",
            &part["id"],
            Some(json!({"title": "x", "kind": "text"})),
        ),
        (Method::PATCH, "/api/v1/studio/lessons/{}", &text["id"], Some(json!({"title": "Mine"}))),
        (Method::GET, "/api/v1/studio/modules/{}/changes", &part["id"], None),
        (Method::DELETE, "/api/v1/studio/lessons/{}", &text["id"], None),
    ];
    for (method, path, target, body) in routes {
        let foreign = any.send(method.clone(), &path.replace("{}", id(target)), body.clone()).await;
        let mut foreign = foreign.expect_problem(404, "not_found");
        let missing = any.send(method.clone(), &path.replace("{}", &nowhere), body).await;
        let mut missing = missing.expect_problem(404, "not_found");
        foreign["instance"] = Value::Null;
        missing["instance"] = Value::Null;
        assert_eq!(foreign, missing, "{method} {path}");
    }
    s.anonymous().get("/api/v1/studio/courses").await.expect_problem(401, "unauthenticated");
    ann.get("/api/v1/studio/courses/not-an-id").await.expect_problem(404, "not_found");
}

/// CRS-01
#[tokio::test]
async fn a_course_begun_twice_with_one_key_is_one_course() {
    let s = TestServer::start().await;
    let ann = person(&s, "ann").await.with_header("idempotency-key", "k-1");
    let body = json!({"title": "SQL", "language": "uz"});
    let first = ann.post("/api/v1/studio/courses", body.clone()).await.expect(201).json();
    let again = ann.post("/api/v1/studio/courses", body).await.expect(201).json();
    assert_eq!(first["id"], again["id"]);
    let list = ann.get("/api/v1/studio/courses").await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}

/// API-05: a server that dies between the work and the stored answer leaves a claim without one;
/// whoever repeats the request gets the thing that was made.
#[tokio::test]
async fn a_repetition_after_a_crash_finds_what_was_made() {
    use diesel_async::SimpleAsyncConnection as _;
    let s = TestServer::start().await;
    let ann = person(&s, "ann").await;
    let mut conn = s.app.db.conn().await.unwrap();
    let mut under = String::new();
    for (path, body) in [
        ("/api/v1/studio/courses", json!({"title": "SQL", "language": "uz"})),
        ("/api/v1/studio/courses/{}/modules", json!({"title": "One"})),
        ("/api/v1/studio/modules/{}/lessons", json!({"title": "Read", "kind": "text"})),
    ] {
        let path = path.replace("{}", &under);
        let keyed = ann.clone().with_header("idempotency-key", &path);
        let first = keyed.post(&path, body.clone()).await.expect(201).json();
        let lost = "update idempotency_keys set status = null, body = null";
        conn.batch_execute(lost).await.unwrap();
        keyed.post(&path, body.clone()).await.expect_problem(409, "idempotency_in_progress");
        s.advance(std::time::Duration::from_secs(61));
        let again = keyed.post(&path, body.clone()).await.expect(201).json();
        assert_eq!(first["id"], again["id"], "{path}");
        // Without the key it is another one.
        let other = ann.post(&path, body).await.expect(201).json();
        assert_ne!(first["id"], other["id"], "{path}");
        under = id(&first["id"]).to_owned();
    }
    let list = ann.get("/api/v1/studio/courses").await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
}

/// LRN-05: whoever counts lessons is told of lessons only, not of each autosaved word.
#[tokio::test]
async fn an_autosave_of_a_published_course_counts_nobody_anew() {
    use diesel::sql_types::BigInt;
    use diesel_async::RunQueryDsl as _;
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    let s = TestServer::start().await;
    let ann = person(&s, "ann").await.with_header("if-match", "*");
    let made = published(&ann, "SQL", json!({})).await;
    s.settle().await;
    let part = made["modules"][0]["id"].clone();
    let text_of = made["modules"][0]["lessons"][0]["id"].clone();
    let told = || async {
        let mut conn = s.app.db.conn().await.unwrap();
        let count = "select count(*) as n from outbox where kind = 'courses.programme_changed'";
        diesel::sql_query(count).get_result::<Count>(&mut *conn).await.unwrap().n
    };
    let before = told().await;
    let lesson_path = format!("/api/v1/studio/lessons/{}", id(&text_of));
    for words in ["a", "a word", "a word more"] {
        ann.patch(&lesson_path, json!({"body": text(words)})).await.expect(200);
        let course = format!("/api/v1/studio/courses/{}", id(&made["id"]));
        ann.patch(&course, json!({"subtitle": words})).await.expect(200);
    }
    lesson(&ann, &part, "A draft is nobody's yet", "text").await;
    assert_eq!(told().await, before);
    text_lesson(&ann, &part, "More").await;
    assert_eq!(told().await, before + 1);
}

#[tokio::test]
async fn bad_fields_are_named_and_nothing_is_written() {
    let s = TestServer::start().await;
    let ann = person(&s, "ann").await;
    let refused = ann
        .post("/api/v1/studio/courses", json!({"title": "я".repeat(300), "language": "en"}))
        .await;
    let refused = refused.expect_problem(422, "invalid");
    assert_eq!(
        (&refused["errors"][0]["field"], &refused["errors"][0]["code"]),
        (&json!("title"), &json!("too_long"))
    );
    ann.post("/api/v1/studio/courses", json!({"title": " \u{202e} ", "language": "en"}))
        .await
        .expect_problem(422, "invalid");
    ann.post("/api/v1/studio/courses", json!({"title": "x", "language": "xx"}))
        .await
        .expect_problem(400, "bad_request");

    let begun = course(&ann, "SQL").await;
    let path = format!("/api/v1/studio/courses/{}", id(&begun["id"]));
    let any = ann.clone().with_header("if-match", "*");
    for (body, status, field) in [
        (json!({"state": "published"}), 400, "state"),
        (json!({"author_id": s.app.id()}), 400, "author_id"),
        (json!({"category_id": s.app.id()}), 422, "category_id"),
        (json!({"skill_ids": [s.app.id()]}), 422, "skill_ids"),
        (json!({"price": {"amount": -1, "currency": "UZS"}}), 422, "price"),
        (json!({"price": {"amount": 1.5, "currency": "UZS"}}), 400, "price"),
        (json!({"price": {"amount": 100, "currency": "XXX"}}), 400, "price"),
        (json!({"old_price": {"amount": 100, "currency": "UZS"}}), 422, "old_price"),
        (
            json!({"description": {"type": "doc", "content": [{"type": "script"}]}}),
            422,
            "description",
        ),
        (json!({"description": "<b>x</b>"}), 422, "description"),
        (json!({"learn": vec!["x"; 31]}), 422, "learn"),
        (json!({"access_days": 0}), 422, "access_days"),
    ] {
        let answer = any.patch(&path, body.clone()).await.expect(status).json();
        let named = answer["errors"][0]["field"].as_str().unwrap_or_default();
        assert!(named.starts_with(field), "{body}: {answer}");
    }
    assert_eq!(ann.get(&path).await.json()["version"], 1);
}

/// CRS-17 CRS-18 CRS-19 CRS-22 TCH-04
#[tokio::test]
async fn modules_and_lessons_are_added_changed_ordered_and_removed() {
    let s = TestServer::start().await;
    let ann = person(&s, "ann").await;
    let begun = course(&ann, "SQL").await;
    let (one, two) =
        (module(&ann, &begun["id"], "One").await, module(&ann, &begun["id"], "Two").await);
    let a = text_lesson(&ann, &one["id"], "A").await;
    let b = lesson(&ann, &one["id"], "B", "text").await;
    let c = lesson(&ann, &two["id"], "C", "video").await;
    let path = format!("/api/v1/studio/courses/{}", id(&begun["id"]));

    let lesson_path = format!("/api/v1/studio/lessons/{}", id(&c["id"]));
    let at_first = ann.clone().with_header("if-match", "\"1\"");
    let changed = at_first.patch(&lesson_path, json!({"body": text("Under the video"), "homework": " Do it\nwell ", "free_preview": true})).await.expect(200);
    assert_eq!(changed.header("etag"), "\"2\"");
    let changed = changed.json();
    assert_eq!(
        (&changed["homework"], &changed["free_preview"], &changed["state"]),
        (&json!("Do it\nwell"), &json!(true), &json!("drafted"))
    );
    at_first
        .patch(&lesson_path, json!({"title": "stale"}))
        .await
        .expect_problem(412, "precondition_failed");
    let homework = ann
        .patch(
            &format!("/api/v1/studio/modules/{}", id(&two["id"])),
            json!({"homework": "All of it"}),
        )
        .await
        .expect(200)
        .json();
    assert_eq!(homework["homework"], "All of it");

    let order = json!({"modules": [{"id": two["id"], "lessons": [c["id"], a["id"]]}, {"id": one["id"], "lessons": [b["id"]]}]});
    let shown = ann.put(&format!("{path}/order"), order.clone()).await.expect(200).json();
    let titles = |course: &Value| -> Vec<(String, Vec<String>)> {
        course["modules"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| {
                (
                    m["title"].as_str().unwrap().to_owned(),
                    m["lessons"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|l| l["title"].as_str().unwrap().to_owned())
                        .collect(),
                )
            })
            .collect()
    };
    let expected = [
        ("Two".to_owned(), vec!["C".to_owned(), "A".to_owned()]),
        ("One".to_owned(), vec!["B".to_owned()]),
    ];
    assert_eq!(titles(&shown), expected);

    // Another tab adds a lesson: the order that does not know it is stale, and nothing moves.
    lesson(&ann, &one["id"], "D", "text").await;
    let stale = json!({"modules": [{"id": one["id"], "lessons": [b["id"], a["id"], c["id"]]}, {"id": two["id"], "lessons": []}]});
    ann.put(&format!("{path}/order"), stale).await.expect_problem(409, "order_stale");
    ann.put(&format!("{path}/order"), order).await.expect_problem(409, "order_stale");
    let shown = ann.get(&path).await.json();
    assert_eq!(titles(&shown)[0].1, ["C", "A"]);

    ann.delete(&format!("/api/v1/studio/modules/{}", id(&two["id"]))).await.expect(204);
    ann.delete(&format!("/api/v1/studio/lessons/{}", id(&b["id"]))).await.expect(204);
    let left = ann.get(&path).await.json();
    assert_eq!(titles(&left), [("One".to_owned(), vec!["D".to_owned()])]);
}

/// CRS-07 CRS-08 CRS-17 CRS-18 CRS-06 COH-06 EVT-09
#[tokio::test]
async fn a_video_takes_its_lesson_from_drafted_to_done_and_durations_add_up() {
    let s = TestServer::start().await;
    let ann = person(&s, "ann").await;
    let begun = course(&ann, "SQL").await;
    let part = module(&ann, &begun["id"], "One").await;
    text_lesson(&ann, &part["id"], "Text").await;
    let film = lesson(&ann, &part["id"], "Film", "video").await;
    let film_path = format!("/api/v1/studio/lessons/{}", id(&film["id"]));
    let state = async |path: &str| -> (Value, Value, Value) {
        let course = ann.get(path).await.expect(200).json();
        let lesson = course["modules"][0]["lessons"][1].clone();
        (lesson["state"].clone(), lesson["duration_s"].clone(), course["hours_s"].clone())
    };
    let path = format!("/api/v1/studio/courses/{}", id(&begun["id"]));
    ann.post(&format!("{film_path}/submit"), json!({})).await.expect_problem(409, "lesson_state");

    let upload_id = film_upload(&ann).await;
    let shown = ann
        .put(&format!("{film_path}/video"), json!({"upload_id": upload_id}))
        .await
        .expect(200)
        .json();
    assert_eq!(shown["state"], "submitted");
    let video_id = video_of(&s, &film["id"]).await;
    watchable(&s, video_id, 600_000).await;
    assert_eq!(state(&path).await, (json!("processed"), json!(600), json!(601)));
    processed(&s, video_id, 601_400).await;
    assert_eq!(state(&path).await, (json!("done"), json!(601), json!(602)));
    // Late and repeated facts take nothing back.
    let owner_id = s.app.id();
    let late = || VideoWatchable { video_id, owner_id, duration_ms: Some(600_400) };
    told_late(&s, late()).await;
    told_late(&s, VideoFailed { video_id, owner_id, code: "not_media".into() }).await;
    assert_eq!(state(&path).await.0, "done");

    // Somebody else's upload is none.
    let bob = person(&s, "bob").await;
    let foreign = film_upload(&bob).await;
    ann.put(&format!("{film_path}/video"), json!({"upload_id": foreign}))
        .await
        .expect_problem(404, "not_found");

    // A new file starts over; facts about the old one are nobody's business any more.
    let other = film_upload(&ann).await;
    ann.put(&format!("{film_path}/video"), json!({"upload_id": other})).await.expect(200);
    processed(&s, video_id, 5_000).await;
    assert_eq!(state(&path).await, (json!("submitted"), json!(0), json!(1)));
    let video_id = video_of(&s, &film["id"]).await;
    failed(&s, video_id).await;
    assert_eq!(state(&path).await.0, "drafted");
    // That it could be watched for a moment is heard only now: learners must not find it.
    told_late(&s, VideoWatchable { video_id, owner_id, duration_ms: Some(5_000) }).await;
    assert_eq!(state(&path).await.0, "drafted");
    ann.delete(&format!("{film_path}/video")).await.expect(204);
    assert_eq!(ann.get(&path).await.json()["modules"][0]["lessons"][1]["video"], Value::Null);
}

/// CRS-18
#[tokio::test]
async fn a_text_is_done_when_submitted_and_a_draft_again_when_emptied() {
    let s = TestServer::start().await;
    let ann = person(&s, "ann").await.with_header("if-match", "*");
    let begun = course(&ann, "SQL").await;
    let part = module(&ann, &begun["id"], "One").await;
    let text_only = lesson(&ann, &part["id"], "Text", "text").await;
    let path = format!("/api/v1/studio/lessons/{}", id(&text_only["id"]));
    ann.post(&format!("{path}/submit"), json!({})).await.expect_problem(409, "lesson_state");
    ann.patch(&path, json!({"body": text("   ")})).await.expect(200);
    ann.post(&format!("{path}/submit"), json!({})).await.expect_problem(409, "lesson_state");
    let read =
        ann.patch(&path, json!({"body": text(&"word ".repeat(400))})).await.expect(200).json();
    assert_eq!((&read["state"], &read["duration_s"]), (&json!("drafted"), &json!(120)));
    let done = ann.post(&format!("{path}/submit"), json!({})).await.expect(200).json();
    assert_eq!(done["state"], "done");
    ann.post(&format!("{path}/submit"), json!({})).await.expect(200);
    let emptied = ann.patch(&path, json!({"body": null})).await.expect(200).json();
    assert_eq!((&emptied["state"], &emptied["duration_s"]), (&json!("drafted"), &json!(0)));
    let upload_id = film_upload(&ann).await;
    ann.put(&format!("{path}/video"), json!({"upload_id": upload_id}))
        .await
        .expect_problem(409, "lesson_state");
}

/// CRS-20
#[tokio::test]
async fn a_lesson_counts_its_tasks_and_takes_them_with_it() {
    let s = TestServer::start().await;
    let ann = person(&s, "ann").await;
    let begun = course(&ann, "SQL").await;
    let part = module(&ann, &begun["id"], "One").await;
    let film = lesson(&ann, &part["id"], "Film", "video").await;
    let path = format!("/api/v1/studio/modules/{}/tasks", id(&part["id"]));
    let task = json!({"kind": "choice", "title": "2 + 2?", "lesson_id": film["id"], "statement": world::text("2 + 2?"),
        "body": {"options": [{"id": "a", "text": "3"}, {"id": "b", "text": "4"}]}, "key": {"right": ["b"]}});
    let made = ann.post(&path, task.clone()).await.expect(201).json();
    assert_eq!((&made["lesson_id"], &made["version"]), (&film["id"], &json!(1)));
    let course_path = format!("/api/v1/studio/courses/{}", id(&begun["id"]));
    assert_eq!(ann.get(&course_path).await.json()["modules"][0]["lessons"][0]["questions"], 1);
    let other = module(&ann, &begun["id"], "Two").await;
    let elsewhere = format!("/api/v1/studio/modules/{}/tasks", id(&other["id"]));
    ann.post(&elsewhere, task).await.expect_problem(422, "invalid");
    ann.delete(&format!("/api/v1/studio/lessons/{}", id(&film["id"]))).await.expect(204);
    assert_eq!(ann.get(&format!("{course_path}/tasks")).await.json()["items"], json!([]));
}

/// CRS-01
#[tokio::test]
async fn a_course_with_students_is_not_deleted() {
    let s = TestServer::start().await;
    let (ann, sam) = (person(&s, "ann").await, person(&s, "sam").await);
    let course = world::published(&ann, "SQL", json!({})).await;
    sam.post(&format!("/api/v1/courses/{}/enroll", id(&course["id"])), json!({})).await.expect(201);
    let path = format!("/api/v1/studio/courses/{}", id(&course["id"]));
    ann.delete(&path).await.expect_problem(409, "course_has_students");
}
