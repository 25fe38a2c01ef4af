//! tus 1.0.0 as any client speaks it, and what becomes of uploads that break off.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use sha1::Digest as _;

use super::support::{PART, Tus, bytes, files_below, metadata};
use crate::support::{TestServer, TestServerOptions};

fn original(server: &TestServer) -> Option<Vec<u8>> {
    let files = files_below(&server.directory().join("objects/objects/originals"));
    files.first().map(|path| std::fs::read(path).unwrap())
}

/// MED-19
#[tokio::test]
async fn the_server_says_what_it_can() {
    let server = TestServer::start().await;
    let client = server.anonymous();
    let request = client.request(Method::OPTIONS, "/api/v1/uploads");
    let answer = client.run(request, "options").await.expect(204);
    assert_eq!(answer.header("tus-resumable"), "1.0.0");
    assert_eq!(answer.header("tus-version"), "1.0.0");
    assert_eq!(answer.header("tus-max-size"), "21474836480");
    for extension in ["creation", "checksum", "expiration", "termination"] {
        assert!(answer.header("tus-extension").contains(extension));
    }
    assert!(answer.header("tus-checksum-algorithm").contains("sha1"));
}

/// MED-19
#[tokio::test]
async fn a_file_in_many_chunks_arrives_whole() {
    let server = TestServer::start().await;
    let ann = server.author("ann").await;
    let tus = Tus(&ann.client);
    let file = bytes(2 * PART + 12_345);
    let created = tus.create(file.len(), "Лекция 1.mp4", "video").await.expect(201);
    let path = created.header("location");
    assert!(created.headers.contains_key("upload-expires"));
    let mut offset = 0;
    for step in [1, 1000, PART - 1001, PART, 12_000, 345] {
        let answer = tus.patch(&path, offset, file[offset..offset + step].to_vec()).await;
        offset += step;
        assert_eq!(answer.expect(204).header("upload-offset"), offset.to_string());
        assert_eq!(tus.offset(&path).await, offset);
    }
    assert_eq!(offset, file.len());
    assert!(original(&server).unwrap() == file, "the object is the file");
    let head = tus.head(&path).await.expect(200);
    assert_eq!(head.header("upload-length"), file.len().to_string());
    assert_eq!(head.header("upload-metadata"), metadata("Лекция 1.mp4", "video"));
    assert_eq!(head.header("cache-control"), "no-store");
    assert!(files_below(&server.directory().join("spool/uploads")).is_empty());
    // Asking once more with nothing to add is harmless.
    tus.patch(&path, offset, Vec::new()).await.expect(204);
    let list = ann.client.get("/api/v1/uploads").await.expect(200).json();
    assert_eq!(list["items"][0]["file_name"], "Лекция 1.mp4");
    assert_eq!(list["items"][0]["state"], "complete");
}

/// MED-19: the whole body in the first request (creation-with-upload).
#[tokio::test]
async fn a_file_may_come_with_its_creation() {
    let server = TestServer::start().await;
    let ann = server.author("ann").await;
    let file = bytes(100_000);
    let request = ann
        .client
        .request(Method::POST, "/api/v1/uploads")
        .header("Tus-Resumable", "1.0.0")
        .header("Upload-Length", file.len())
        .header("Upload-Metadata", metadata("a.mp4", "video"))
        .header("Content-Type", "application/offset+octet-stream")
        .body(file.clone());
    let answer = ann.client.run(request, "create").await.expect(201);
    assert_eq!(answer.header("upload-offset"), "100000");
    assert_eq!(original(&server).unwrap(), file);
}

/// MED-19
#[tokio::test]
async fn what_breaks_the_protocol_is_refused_and_changes_nothing() {
    let server = TestServer::start().await;
    let ann = server.author("ann").await;
    let bob = server.author("bob").await;
    let tus = Tus(&ann.client);
    let path = tus.begin(1000, "a.mp4", "video").await;
    tus.patch(&path, 0, bytes(400)).await.expect(204);

    tus.patch(&path, 0, bytes(10)).await.expect_problem(409, "upload_offset");
    tus.patch(&path, 500, bytes(10)).await.expect_problem(409, "upload_offset");
    tus.patch(&path, 400, bytes(601)).await.expect_problem(413, "too_large");
    let streamed = reqwest::Body::wrap_stream(futures::stream::iter([
        Ok::<_, std::io::Error>(bytes(300)),
        Ok(bytes(400)),
    ]));
    tus.patch(&path, 400, streamed).await.expect_problem(413, "too_large");
    for (name, value, status) in [
        ("Tus-Resumable", "0.2.2", 412),
        ("Content-Type", "text/plain", 415),
        ("Upload-Offset", "-1", 400),
        ("Upload-Offset", "1e3", 400),
        ("Upload-Checksum", "crc32 AAAA", 400),
    ] {
        let mut request = tus.chunk(&path, 400, bytes(10)).build().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
        let response = reqwest::Client::new().execute(request).await.unwrap();
        assert_eq!(response.status(), status, "{name}: {value}");
        assert_eq!(response.headers()["tus-resumable"], "1.0.0");
    }
    // Whoever it is not, it is not there; and without a sign-in nothing is.
    let other = Tus(&bob.client);
    assert_eq!(other.head(&path).await.status, 404);
    other.patch(&path, 400, bytes(10)).await.expect_problem(404, "not_found");
    other.delete(&path).await.expect_problem(404, "not_found");
    let stranger = server.anonymous();
    Tus(&stranger).patch(&path, 400, bytes(10)).await.expect_problem(401, "unauthenticated");
    for path in ["/api/v1/uploads/1", "/api/v1/uploads/..%2f..%2fetc%2fpasswd"] {
        assert_eq!(tus.head(path).await.status, 404, "{path}");
    }
    assert_eq!(tus.offset(&path).await, 400, "the upload stands where it stood");
}

/// MED-19
#[tokio::test]
async fn uploads_that_may_not_begin_are_refused() {
    let options = TestServerOptions {
        configure: Box::new(|config| {
            config.uploads.max_bytes = 10_000;
            config.uploads.max_open_per_user = 2;
            config.uploads.quota_bytes = 15_000;
        }),
        ..TestServerOptions::default()
    };
    let server = TestServer::start_with(options).await;
    let ann = server.author("ann").await;
    let tus = Tus(&ann.client);
    tus.create(0, "a.mp4", "video").await.expect_problem(422, "media_empty");
    tus.create(10_001, "a.mp4", "video").await.expect_problem(413, "too_large");
    tus.create(10, "a.exe", "file").await.expect_problem(415, "file_type");
    tus.create(10, "a.mp4", "root").await.expect_problem(400, "bad_request");
    tus.begin(10_000, "a.mp4", "video").await;
    tus.create(5_001, "b.mp4", "video").await.expect_problem(413, "quota_exceeded");
    tus.begin(10, "b.mp4", "video").await;
    tus.create(10, "c.mp4", "video").await.expect_problem(429, "upload_limit");
    let defer = ann
        .client
        .request(Method::POST, "/api/v1/uploads")
        .header("Tus-Resumable", "1.0.0")
        .header("Upload-Defer-Length", "1");
    ann.client.run(defer, "defer").await.expect_problem(400, "bad_request");
}

/// MED-19: many fresh accounts, each within its quota, do not fill the disk.
#[tokio::test]
async fn a_file_for_which_the_disk_has_no_room_is_refused_before_its_first_byte() {
    let options = TestServerOptions {
        configure: Box::new(|config| config.uploads.free_reserve_bytes = u64::MAX / 2),
        ..TestServerOptions::default()
    };
    let server = TestServer::start_with(options).await;
    let ann = server.author("ann").await;
    let answer = Tus(&ann.client).create(1_000, "a.mp4", "video").await;
    assert!(answer.headers.contains_key("retry-after"));
    answer.expect_problem(503, "unavailable");
}

/// MED-19: two of a person's creations at once do not share the last place.
#[tokio::test]
async fn the_quota_holds_when_many_uploads_begin_at_once() {
    let options = TestServerOptions {
        configure: Box::new(|config| config.uploads.max_open_per_user = 3),
        ..TestServerOptions::default()
    };
    let server = TestServer::start_with(options).await;
    let ann = server.author("ann").await;
    let tus = Tus(&ann.client);
    let all = (0..8).map(|_| tus.create(10, "a.mp4", "video"));
    let answers = futures::future::join_all(all).await;
    let begun = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(begun, 3);
}

/// MED-19
#[tokio::test]
async fn a_chunk_with_a_wrong_checksum_is_taken_back() {
    let server = TestServer::start().await;
    let ann = server.author("ann").await;
    let tus = Tus(&ann.client);
    let file = bytes(PART + PART / 2);
    let path = tus.begin(file.len(), "a.mp4", "video").await;
    tus.patch(&path, 0, file[..1000].to_vec()).await.expect(204);
    let wrong = STANDARD.encode(sha1::Sha1::digest(b"something else"));
    // The chunk goes over the boundary of a part.
    let chunk = tus
        .chunk(&path, 1000, file[1000..].to_vec())
        .header("Upload-Checksum", format!("sha1 {wrong}"));
    ann.client.run(chunk, "patch").await.expect_problem(460, "upload_checksum");
    assert_eq!(tus.offset(&path).await, 1000);
    let right = STANDARD.encode(sha2::Sha256::digest(&file[1000..]));
    let chunk = tus
        .chunk(&path, 1000, file[1000..].to_vec())
        .header("Upload-Checksum", format!("sha256 {right}"));
    ann.client.run(chunk, "patch").await.expect(204);
    assert!(original(&server).unwrap() == file);
}

/// MED-19
#[tokio::test]
async fn an_ended_upload_is_gone_and_leaves_no_bytes() {
    let server = TestServer::start().await;
    let ann = server.author("ann").await;
    let tus = Tus(&ann.client);
    let path = tus.begin(2 * PART, "a.mp4", "video").await;
    tus.patch(&path, 0, bytes(PART + 100)).await.expect(204);
    tus.delete(&path).await.expect(204);
    assert_eq!(tus.head(&path).await.status, 410);
    tus.patch(&path, PART + 100, bytes(10)).await.expect_problem(410, "upload_gone");
    tus.delete(&path).await.expect_problem(410, "upload_gone");
    server.settle().await;
    assert!(files_below(&server.directory().join("objects")).is_empty());
    assert!(files_below(&server.directory().join("spool")).is_empty());
}

/// MED-19
#[tokio::test]
async fn an_expired_upload_is_gone_and_leaves_no_bytes() {
    let server = TestServer::start().await;
    let ann = server.author("ann").await;
    let tus = Tus(&ann.client);
    let path = tus.begin(2 * PART, "a.mp4", "video").await;
    tus.patch(&path, 0, bytes(PART + 100)).await.expect(204);
    server.advance(Duration::from_secs(25 * 3600));
    let ann = server.sign_in(&ann.email).await;
    let tus = Tus(&ann);
    assert_eq!(tus.head(&path).await.status, 410);
    tus.patch(&path, PART + 100, bytes(10)).await.expect_problem(410, "upload_gone");
    for schedule in ilmspace::wiring::schedules() {
        if schedule.name == "video.sweep_uploads" {
            (schedule.run)(server.app.clone()).await.unwrap();
        }
    }
    server.settle().await;
    assert_eq!(tus.head(&path).await.status, 410);
    assert!(files_below(&server.directory().join("objects")).is_empty());
    assert!(files_below(&server.directory().join("spool")).is_empty());
}

/// MED-19: some networks let no PATCH through.
#[tokio::test]
async fn a_patch_may_come_as_a_post() {
    let server = TestServer::start().await;
    let ann = server.author("ann").await;
    let tus = Tus(&ann.client);
    let path = tus.begin(1000, "a.mp4", "video").await;
    let request = ann
        .client
        .request(Method::POST, &path)
        .header("Tus-Resumable", "1.0.0")
        .header("X-HTTP-Method-Override", "PATCH")
        .header("Upload-Offset", 0)
        .header("Content-Type", "application/offset+octet-stream")
        .body(bytes(1000));
    ann.client.run(request, "post").await.expect(204);
    assert_eq!(tus.offset(&path).await, 1000);
}

/// MED-02: the client's word for a type counts for nothing.
#[tokio::test]
async fn files_that_are_no_videos_are_refused_when_they_are_whole() {
    let server = TestServer::start().await;
    let ann = server.author("ann").await;
    let tus = Tus(&ann.client);
    for (content, code) in [
        (&b"This is only a text."[..], "not_media"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "media_playlist"),
        (b"\x89PNG\r\n\x1a\n", "not_media"),
    ] {
        let path = tus.begin(content.len(), "lesson.mp4", "video").await;
        tus.patch(&path, 0, content.to_vec())
            .await
            .expect_problem(if code == "file_type" { 415 } else { 422 }, code);
        assert_eq!(tus.head(&path).await.status, 410);
    }
    server.settle().await;
    assert!(files_below(&server.directory().join("objects")).is_empty());
}
