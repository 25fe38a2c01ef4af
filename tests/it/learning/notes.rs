//! Notes beside lessons: one's own, at a moment of the film.

use serde_json::{Value, json};

use crate::courses::world::{course, describe, id, module, person, publish, text_lesson};
use crate::support::{Client, TestServer};

async fn write(who: &Client, lesson: &Value, body: Value) -> Value {
    let path = format!("/api/v1/learn/lessons/{}/notes", id(&lesson["id"]));
    who.post(&path, body).await.expect(201).json()
}

/// LRN-17
#[tokio::test]
async fn notes_are_written_changed_exported_and_read_by_their_writer_alone() {
    let s = TestServer::start().await;
    let (ann, sam, eve) =
        (person(&s, "ann").await, person(&s, "sam").await, person(&s, "eve").await);
    let begun = course(&ann, "SQL").await;
    let part = module(&ann, &begun["id"], "One").await;
    let first = text_lesson(&ann, &part["id"], "First").await;
    let second = text_lesson(&ann, &part["id"], "Second").await;
    describe(&ann, &begun["id"], json!({})).await;
    publish(&ann, &begun["id"]).await;
    let of_lesson = format!("/api/v1/learn/lessons/{}/notes", id(&first["id"]));
    let of_course = format!("/api/v1/learn/courses/{}/notes", id(&begun["id"]));

    // Before enrollment, and without a name.
    sam.get(&of_lesson).await.expect_problem(403, "not_enrolled");
    sam.post(&of_lesson, json!({"text": "a"})).await.expect_problem(403, "not_enrolled");
    sam.get(&of_course).await.expect_problem(403, "not_enrolled");
    s.anonymous().get(&of_lesson).await.expect_problem(401, "unauthenticated");
    for who in [&sam, &eve] {
        let enroll = format!("/api/v1/courses/{}/enroll", id(&begun["id"]));
        who.post(&enroll, json!({})).await.expect(201);
    }

    let late = write(&sam, &first, json!({"at_s": 61.5, "text": "  Late\nline  "})).await;
    assert_eq!((&late["at_s"], &late["text"]), (&json!(61.5), &json!("Late\nline")));
    let whole = write(&sam, &first, json!({"text": "Of the whole"})).await;
    let early = write(&sam, &first, json!({"at_s": 2, "text": "Early"})).await;
    write(&sam, &second, json!({"text": "Another lesson"})).await;
    write(&eve, &first, json!({"text": "Of somebody else"})).await;
    let items = sam.get(&of_lesson).await.expect(200).json()["items"].clone();
    let order: Vec<&Value> = items.as_array().unwrap().iter().map(|note| &note["id"]).collect();
    assert_eq!(order, [&whole["id"], &early["id"], &late["id"]]);

    // A repetition writes nothing twice.
    let once = sam.clone().with_header("idempotency-key", "note-1");
    let one = write(&once, &second, json!({"text": "Once"})).await;
    let again = write(&once, &second, json!({"text": "Once"})).await;
    assert_eq!(one["id"], again["id"]);

    // The writer changes and deletes; nobody else does.
    let note = |note: &Value| format!("/api/v1/learn/notes/{}", id(&note["id"]));
    let changed = sam.patch(&note(&late), json!({"text": "Later"})).await.expect(200).json();
    assert_eq!((&changed["at_s"], &changed["text"]), (&json!(61.5), &json!("Later")));
    let changed = sam.patch(&note(&early), json!({"at_s": null})).await.expect(200).json();
    assert_eq!((&changed["at_s"], &changed["text"]), (&Value::Null, &json!("Early")));
    for who in [&eve, &ann] {
        who.patch(&note(&late), json!({"text": "x"})).await.expect_problem(404, "not_found");
        who.delete(&note(&late)).await.expect_problem(404, "not_found");
    }
    sam.patch(&note(&late), json!({"text": ""})).await.expect_problem(422, "invalid");
    sam.patch(&note(&late), json!({"at_s": -1})).await.expect_problem(422, "invalid");
    let long = json!({"text": "x".repeat(10_001)});
    sam.post(&of_lesson, long).await.expect_problem(422, "invalid");
    sam.post(&of_lesson, json!({"text": "a", "user_id": 1}))
        .await
        .expect_problem(400, "bad_request");
    sam.delete(&note(&early)).await.expect(204);
    sam.delete(&note(&early)).await.expect_problem(404, "not_found");

    // Over the course, page by page, and as a file.
    let page = sam.get(&format!("{of_course}?limit=3")).await.expect(200).json();
    assert_eq!(page["items"][0]["text"], "Once");
    assert_eq!(page["items"][0]["lesson_title"], "Second");
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = sam.get(&format!("{of_course}?limit=3&cursor={cursor}")).await.expect(200).json();
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    assert_eq!(rest["next_cursor"], Value::Null);
    let file = sam.get(&format!("{of_course}.md")).await.expect(200);
    assert_eq!(file.header("content-type"), "text/markdown; charset=utf-8");
    assert!(file.header("content-disposition").starts_with("attachment"));
    let text = file.text();
    assert!(text.starts_with("# SQL\n\n## First\n\n- Of the whole\n- **1:01** Later\n"), "{text}");
    assert!(text.contains("## Second") && !text.contains("somebody"), "{text}");
    let theirs = eve.get(&of_course).await.expect(200).json();
    assert_eq!(theirs["items"].as_array().unwrap().len(), 1);
}

/// One person cannot fill the table.
#[tokio::test]
async fn notes_of_a_lesson_are_limited() {
    let options = crate::support::TestServerOptions {
        configure: Box::new(|config| config.limits.factor = 0),
        ..Default::default()
    };
    let s = TestServer::start_with(options).await;
    let ann = person(&s, "ann").await;
    let begun = course(&ann, "SQL").await;
    let part = module(&ann, &begun["id"], "One").await;
    let lesson = text_lesson(&ann, &part["id"], "First").await;
    let path = format!("/api/v1/learn/lessons/{}/notes", id(&lesson["id"]));
    for n in 0..200 {
        write(&ann, &lesson, json!({"text": format!("{n}")})).await;
    }
    ann.post(&path, json!({"text": "more"})).await.expect_problem(409, "notes_limit");
    let items = ann.get(&path).await.expect(200).json()["items"].clone();
    assert_eq!(items.as_array().unwrap().len(), 200);
}
