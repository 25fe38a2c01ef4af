//! Who may take a lesson.

use serde_json::{Value, json};

use crate::courses::world::{
    course, describe, id, moderator, module, person, publish, text_lesson, video_lesson,
};
use crate::support::TestServer;

/// MED-12 LRN-02 IDN-04 IDN-05 LRN-17
#[tokio::test]
async fn a_lesson_opens_to_those_enrolled_its_author_and_staff_and_a_preview_to_everybody() {
    let s = TestServer::start().await;
    let (ann, sam, staff) = (person(&s, "ann").await, person(&s, "sam").await, moderator(&s).await);
    let begun = course(&ann, "SQL").await;
    let part = module(&ann, &begun["id"], "One").await;
    let closed = text_lesson(&ann, &part["id"], "Closed").await;
    let open = text_lesson(&ann, &part["id"], "Open").await;
    let any = ann.clone().with_header("if-match", "*");
    any.patch(
        &format!("/api/v1/studio/lessons/{}", id(&open["id"])),
        json!({"free_preview": true}),
    )
    .await
    .expect(200);
    describe(&ann, &begun["id"], json!({})).await;
    let lesson = |l: &Value| format!("/api/v1/learn/lessons/{}", id(&l["id"]));
    let guest = s.anonymous();

    // A draft is not there for strangers, preview or not.
    for path in [lesson(&closed), lesson(&open)] {
        guest.get(&path).await.expect_problem(404, "not_found");
        sam.get(&path).await.expect_problem(404, "not_found");
        ann.get(&path).await.expect(200);
        staff.get(&path).await.expect(200);
    }
    publish(&ann, &begun["id"]).await;
    guest.get(&lesson(&closed)).await.expect_problem(403, "not_enrolled");
    sam.get(&lesson(&closed)).await.expect_problem(403, "not_enrolled");
    sam.post(&format!("{}/done", lesson(&closed)), json!({}))
        .await
        .expect_problem(403, "not_enrolled");
    sam.get(&format!("/api/v1/learn/courses/{}", id(&begun["id"])))
        .await
        .expect_problem(403, "not_enrolled");
    let preview = guest.get(&lesson(&open)).await.expect(200).json();
    assert_eq!(
        (&preview["completes"]["kind"], &preview["next_id"]),
        (&json!("read"), &Value::Null)
    );
    sam.post(&format!("/api/v1/courses/{}/enroll", id(&begun["id"])), json!({})).await.expect(201);
    let page = sam.get(&lesson(&closed)).await.expect(200).json();
    assert_eq!(
        (&page["next_id"], &page["previous_id"], &page["mark"]),
        (&open["id"], &Value::Null, &json!("in_progress"))
    );
    assert_eq!(page["body"]["type"], "doc");
    guest
        .get(&format!("/api/v1/learn/lessons/{}", s.app.id()))
        .await
        .expect_problem(404, "not_found");
}

/// LRN-02
#[tokio::test]
async fn a_lesson_that_is_not_ready_is_locked_with_its_reason() {
    let s = TestServer::start().await;
    let (ann, sam) = (person(&s, "ann").await, person(&s, "sam").await);
    let begun = course(&ann, "SQL").await;
    let part = module(&ann, &begun["id"], "One").await;
    video_lesson(&s, &ann, &part["id"], "Film", 60).await;
    describe(&ann, &begun["id"], json!({})).await;
    publish(&ann, &begun["id"]).await;
    sam.post(&format!("/api/v1/courses/{}/enroll", id(&begun["id"])), json!({})).await.expect(201);
    // Added after publishing: one still drafted, one being prepared.
    let late = crate::courses::world::lesson(&ann, &part["id"], "Late", "video").await;
    let programme = format!("/api/v1/learn/courses/{}", id(&begun["id"]));
    assert_eq!(sam.get(&programme).await.json()["lessons"], 1, "a draft does not show");
    let upload_id = crate::courses::world::film_upload(&ann).await;
    ann.put(
        &format!("/api/v1/studio/lessons/{}/video", id(&late["id"])),
        json!({"upload_id": upload_id}),
    )
    .await
    .expect(200);
    let shown = sam.get(&programme).await.expect(200).json();
    let locked = &shown["modules"][0]["lessons"][1];
    assert_eq!(
        (&locked["mark"], &locked["reason"], &shown["lessons"]),
        (&json!("locked"), &json!("not_ready"), &json!(2))
    );
    let path = format!("/api/v1/lessons/{}/play", id(&late["id"]));
    sam.post(&path, json!({})).await.expect_problem(409, "video_not_ready");
}
