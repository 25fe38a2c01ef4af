//! Files to download with a lesson.

use serde_json::json;

use super::world::{course, describe, id, module, person, publish, text_lesson, upload, uploaded};
use crate::support::TestServer;

/// CRS-21 CRS-08 MED-15
#[tokio::test]
async fn a_file_goes_from_the_author_to_those_enrolled_and_to_nobody_else() {
    let s = TestServer::start().await;
    let (ann, bob, sam) =
        (person(&s, "ann").await, person(&s, "bob").await, person(&s, "sam").await);
    let begun = course(&ann, "SQL").await;
    let part = module(&ann, &begun["id"], "One").await;
    let lesson = text_lesson(&ann, &part["id"], "Text").await;
    let path = format!("/api/v1/studio/lessons/{}/files", id(&lesson["id"]));

    let pdf = b"%PDF-1.7\n1 0 obj << /Type /Catalog /OpenAction 2 0 R >> endobj\n%%EOF".to_vec();
    let foreign = uploaded(&bob, "file", "bob.pdf", &pdf).await;
    ann.post(&path, json!({"upload_id": foreign})).await.expect_problem(404, "not_found");
    let unfinished = upload(&ann, "file", "half.pdf", 1000).await;
    ann.post(&path, json!({"upload_id": unfinished}))
        .await
        .expect_problem(409, "upload_incomplete");

    let whole = uploaded(&ann, "file", "Конспект.pdf", &pdf).await;
    let file = ann.post(&path, json!({"upload_id": whole})).await.expect(201).json();
    assert_eq!((&file["name"], &file["size"]), (&json!("Конспект.pdf"), &json!(pdf.len())));
    assert_eq!(
        (&file["content_type"], &file["active_content"]),
        (&json!("application/pdf"), &json!(true))
    );
    ann.post(&path, json!({"upload_id": whole})).await.expect_problem(409, "conflict");
    let shown = ann.get(&format!("/api/v1/studio/courses/{}", id(&begun["id"]))).await.json();
    assert_eq!(shown["modules"][0]["lessons"][0]["files"], json!([file]));

    describe(&ann, &begun["id"], json!({})).await;
    publish(&ann, &begun["id"]).await;
    let page = s.anonymous().get(&format!("/api/v1/courses/{}", id(&begun["id"]))).await.json();
    assert_eq!(page["has_files"], true);
    let link = format!("/api/v1/learn/files/{}", id(&file["id"]));
    sam.get(&link).await.expect_problem(403, "not_enrolled");
    s.anonymous().get(&link).await.expect_problem(401, "unauthenticated");
    sam.get(&format!("/api/v1/learn/files/{}", s.app.id())).await.expect_problem(404, "not_found");
    sam.post(&format!("/api/v1/courses/{}/enroll", id(&begun["id"])), json!({})).await.expect(201);
    let given = sam.get(&link).await.expect(200).json();
    let download = s.anonymous().get(given["url"].as_str().unwrap()).await.expect(200);
    assert_eq!(download.body, pdf);
    assert!(download.header("content-disposition").starts_with("attachment"));

    // MED-15: the author keeps it: learners look at it in the page, and keep nothing.
    let patch = format!("/api/v1/studio/files/{}", id(&file["id"]));
    assert_eq!((&file["downloadable"], &given["inline"]), (&json!(true), &json!(false)));
    let no = json!({"downloadable": false});
    bob.patch(&patch, no.clone()).await.expect_problem(404, "not_found");
    ann.patch(&patch, json!({})).await.expect_problem(400, "bad_request");
    let kept = ann.patch(&patch, no.clone()).await.expect(200).json();
    assert_eq!(kept["downloadable"], false);
    let shown = ann.get(&format!("/api/v1/studio/courses/{}", id(&begun["id"]))).await.json();
    assert_eq!(shown["modules"][0]["lessons"][0]["files"], json!([kept]));
    let looked = sam.get(&link).await.expect(200).json();
    assert_eq!(looked["inline"], true);
    for url in [&given["url"], &looked["url"]] {
        let page = s.anonymous().get(url.as_str().unwrap()).await.expect(200);
        assert!(page.header("content-disposition").starts_with("inline"), "links follow at once");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'self'") && policy.contains("default-src 'none'"));
    }
    let own = ann.get(&link).await.expect(200).json();
    let own = s.anonymous().get(own["url"].as_str().unwrap()).await.expect(200);
    assert!(own.header("content-disposition").starts_with("attachment"));
    // What no page can show is not given to learners at all.
    let csv = uploaded(&ann, "file", "table.csv", b"a,b\n1,2\n").await;
    let csv = ann.post(&path, json!({"upload_id": csv})).await.expect(201).json();
    if csv["content_type"] != "text/plain" {
        let of_csv = format!("/api/v1/studio/files/{}", id(&csv["id"]));
        let its_link = format!("/api/v1/learn/files/{}", id(&csv["id"]));
        let out = sam.get(&its_link).await.expect(200).json();
        ann.patch(&of_csv, no).await.expect(200);
        sam.get(&its_link).await.expect_problem(403, "forbidden");
        s.anonymous().get(out["url"].as_str().unwrap()).await.expect_problem(404, "not_found");
        ann.delete(&of_csv).await.expect(204);
    }

    bob.delete(&format!("/api/v1/studio/files/{}", id(&file["id"])))
        .await
        .expect_problem(404, "not_found");
    ann.delete(&format!("/api/v1/studio/files/{}", id(&file["id"]))).await.expect(204);
    sam.get(&link).await.expect_problem(404, "not_found");
    let page = s.anonymous().get(&format!("/api/v1/courses/{}", id(&begun["id"]))).await.json();
    assert_eq!(page["has_files"], false);
}
