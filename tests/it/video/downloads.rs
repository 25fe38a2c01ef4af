//! Files beside lessons: what is accepted, and how it is handed out.

use std::time::Duration;

use diesel_async::AsyncPgConnection;
use ilmspace::platform::http::Problem;
use ilmspace::video::{self, StoredFile};
use reqwest::Method;
use uuid::Uuid;

use super::support::{Tus, files_below};
use crate::support::TestServer;

async fn take(server: &TestServer, upload: Uuid, owner: Uuid) -> Result<StoredFile, Problem> {
    let app = &server.app;
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| -> Result<StoredFile, Problem> {
            video::take_file(conn, app, upload, owner).await
        })
        .await
}

/// MED-15
#[tokio::test]
async fn a_document_is_kept_and_handed_out_as_an_attachment() {
    let server = TestServer::start().await;
    let ann = server.author("ann").await;
    let bob = server.student("bob").await;
    let pdf = b"%PDF-1.7\n1 0 obj << /Type /Catalog /OpenAction 2 0 R >> endobj\n%%EOF".to_vec();
    let upload = Tus(&ann.client).upload(pdf.clone(), "Konspekt «1».pdf", "file").await;
    assert_eq!(take(&server, upload, bob.id).await.unwrap_err().code().name(), "not_found");
    let file = take(&server, upload, ann.id).await.unwrap();
    assert_eq!((file.size, file.content_type.as_str()), (pdf.len() as i64, "application/pdf"));
    assert!(file.active_content, "it opens something by itself");
    assert_eq!(take(&server, upload, ann.id).await.unwrap_err().code().name(), "conflict");

    let (url, life) = video::file_url(&server.app, &file, bob.id);
    let client = server.anonymous();
    let answer = client.get(&url).await.expect(200);
    assert_eq!(answer.body, pdf);
    assert!(answer.header("content-disposition").starts_with("attachment; filename=\"Konspekt"));
    assert!(answer.header("content-disposition").contains("filename*=UTF-8''Konspekt%20%C2%AB1"));
    assert_eq!(answer.header("content-type"), "application/pdf");
    assert_eq!(answer.header("content-length"), pdf.len().to_string());
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(answer.header("content-security-policy").contains("sandbox"));
    let part = client.request(Method::GET, &url).header("Range", "bytes=0-3");
    let part = client.run(part, "range").await.expect(206);
    assert_eq!(
        (part.body.as_slice(), part.header("content-range")),
        (&b"%PDF"[..], format!("bytes 0-3/{}", pdf.len()))
    );
    let beyond = client.request(Method::GET, &url).header("Range", "bytes=9999-");
    client.run(beyond, "range").await.expect_problem(416, "range_not_satisfiable");

    // The link is the right, and only for a while.
    let changed = format!("{}A", &url[..url.len() - 1]);
    if changed != url {
        client.get(&changed).await.expect_problem(404, "not_found");
    }
    client.get("/files/x").await.expect_problem(404, "not_found");
    server.advance(Duration::from_secs(u64::try_from(life).unwrap() + 31));
    client.get(&url).await.expect_problem(410, "link_expired");

    let (url, _) = video::file_url(&server.app, &file, bob.id);
    let app = &server.app;
    app.db
        .transaction(async |conn: &mut AsyncPgConnection| {
            video::remove_file(conn, app, file.id).await
        })
        .await
        .unwrap();
    client.get(&url).await.expect_problem(404, "not_found");
    server.settle().await;
    assert!(files_below(&server.directory().join("objects/objects")).is_empty());
}

/// MED-15
#[tokio::test]
async fn documents_that_are_not_what_they_say_are_refused() {
    let server = TestServer::start().await;
    let ann = server.author("ann").await;
    let tus = Tus(&ann.client);
    for (name, content) in [
        ("a.pdf", &b"MZ this is a program"[..]),
        ("a.docx", b"PK\x03\x04 and then nothing"),
        ("a.txt", b"text with \0 in it"),
    ] {
        let path = tus.begin(content.len(), name, "file").await;
        tus.patch(&path, 0, content.to_vec()).await.expect_problem(415, "file_type");
        let id = super::support::id_of(&path);
        assert_eq!(take(&server, id, ann.id).await.unwrap_err().code().name(), "file_type");
    }
    let large = 101 << 20;
    tus.create(large, "a.pdf", "file").await.expect_problem(413, "too_large");
    let path = tus.begin(10, "a.txt", "file").await;
    let unfinished = take(&server, super::support::id_of(&path), ann.id).await.unwrap_err();
    assert_eq!(unfinished.code().name(), "upload_incomplete");
    let video = tus.upload(super::support::bytes(1000), "a.mp4", "video").await;
    assert_eq!(take(&server, video, ann.id).await.unwrap_err().code().name(), "invalid");
}
