//! From draft to public and back.

use serde_json::{Value, json};

use super::world::{course, describe, id, lesson, module, person, publish, published, text_lesson};
use crate::support::TestServer;

/// CRS-23 CRS-25 CRS-26
#[tokio::test]
async fn publishing_names_everything_that_is_missing_and_then_goes_through() {
    let s = TestServer::start().await;
    let ann = person(&s, "ann").await;
    let begun = course(&ann, "SQL").await;
    let path = format!("/api/v1/studio/courses/{}/publish", id(&begun["id"]));
    let codes = |problem: &Value| -> Vec<(String, String)> {
        problem["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| {
                (e["field"].as_str().unwrap().to_owned(), e["code"].as_str().unwrap().to_owned())
            })
            .collect()
    };
    let refused = ann.post(&path, json!({})).await.expect_problem(409, "course_incomplete");
    let expected = [
        ("description", "description"),
        ("category_id", "category"),
        ("level", "level"),
        ("lessons", "lessons"),
    ];
    assert_eq!(codes(&refused), expected.map(|(f, c)| (f.to_owned(), c.to_owned())));

    describe(&ann, &begun["id"], json!({})).await;
    let part = module(&ann, &begun["id"], "One").await;
    let empty = module(&ann, &begun["id"], "Empty").await;
    text_lesson(&ann, &part["id"], "Text").await;
    let film = lesson(&ann, &part["id"], "Film", "video").await;
    let refused = ann.post(&path, json!({})).await.expect_problem(409, "course_incomplete");
    let expected = [
        (format!("lessons.{}", id(&film["id"])), "lesson_video".to_owned()),
        (format!("modules.{}", id(&empty["id"])), "module_empty".to_owned()),
    ];
    assert_eq!(codes(&refused), expected);
    let shown = ann.get(&format!("/api/v1/studio/courses/{}", id(&begun["id"]))).await.json();
    assert_eq!(
        shown["missing"],
        json!([{"code": "lesson_video", "target_id": film["id"]}, {"code": "module_empty", "target_id": empty["id"]}])
    );

    ann.delete(&format!("/api/v1/studio/lessons/{}", id(&film["id"]))).await.expect(204);
    ann.delete(&format!("/api/v1/studio/modules/{}", id(&empty["id"]))).await.expect(204);
    let public = publish(&ann, &begun["id"]).await;
    assert_eq!((&public["state"], &public["missing"]), (&json!("published"), &json!([])));
    // Clicking again changes nothing.
    publish(&ann, &begun["id"]).await;
    s.anonymous().get(&format!("/api/v1/courses/{}", id(&begun["id"]))).await.expect(200);
}

/// CRS-26
#[tokio::test]
async fn a_course_taken_back_is_a_draft_or_with_students_archived() {
    let s = TestServer::start().await;
    let (ann, sam) = (person(&s, "ann").await, person(&s, "sam").await);
    let course = published(&ann, "SQL", json!({})).await;
    let (studio, public) = (
        format!("/api/v1/studio/courses/{}", id(&course["id"])),
        format!("/api/v1/courses/{}", id(&course["id"])),
    );
    let back = ann.post(&format!("{studio}/unpublish"), json!({})).await.expect(200).json();
    assert_eq!(back["state"], "draft");
    s.anonymous().get(&public).await.expect_problem(404, "not_found");

    publish(&ann, &course["id"]).await;
    sam.post(&format!("{public}/enroll"), json!({})).await.expect(201);
    let back = ann.post(&format!("{studio}/unpublish"), json!({})).await.expect(200).json();
    assert_eq!(back["state"], "archived");
    s.anonymous().get(&public).await.expect_problem(404, "not_found");
    // Those enrolled go on.
    sam.get(&format!("/api/v1/learn/courses/{}", id(&course["id"]))).await.expect(200);
    publish(&ann, &course["id"]).await;
}
