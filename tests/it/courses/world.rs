//! People and courses that the tests of courses and learning begin with.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ilmspace::identity::Role;
use ilmspace::platform::events;
use ilmspace::video::{VideoFailed, VideoProcessed, VideoWatchable};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, TestServer};

/// Somebody with an account, signed in.
pub async fn person(s: &TestServer, name: &str) -> Client {
    s.student(name).await.client
}

/// A moderator, signed in.
pub async fn moderator(s: &TestServer) -> Client {
    s.person("mod", &[Role::Moderator]).await.client
}

/// Somebody who has an account: after a jump of the clock the access token has to be a new one.
pub async fn sign_in(s: &TestServer, name: &str) -> Client {
    s.sign_in(&format!("{name}@example.com")).await
}

/// The id of an upload that the person has begun; its bytes need not be there for a video.
pub async fn upload(who: &Client, purpose: &str, name: &str, bytes: usize) -> String {
    let metadata = [("filename", name), ("purpose", purpose)]
        .map(|(key, value)| format!("{key} {}", BASE64_STANDARD.encode(value)))
        .join(",");
    let path = "/api/v1/uploads";
    let request = who
        .request(Method::POST, path)
        .header("tus-resumable", "1.0.0")
        .header("upload-length", bytes)
        .header("upload-metadata", metadata);
    let answer = who.run(request, path).await.expect(201);
    answer.header("location").rsplit('/').next().unwrap().to_owned()
}

/// The id of an upload whose bytes have all arrived.
pub async fn uploaded(who: &Client, purpose: &str, name: &str, bytes: &[u8]) -> String {
    let id = upload(who, purpose, name, bytes.len()).await;
    let path = format!("/api/v1/uploads/{id}");
    let request = who
        .request(Method::PATCH, &path)
        .header("tus-resumable", "1.0.0")
        .header("upload-offset", "0")
        .header("content-type", "application/offset+octet-stream")
        .body(bytes.to_vec());
    who.run(request, &path).await.expect(204);
    id
}

/// The id of an upload for a video that is on its way.
pub async fn film_upload(who: &Client) -> String {
    upload(who, "video", "film.mp4", 1_000_000).await
}

/// A document of one paragraph.
pub fn text(words: &str) -> Value {
    json!({"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": words}]}]})
}

/// A new course of the author, as the studio shows it.
pub async fn course(author: &Client, title: &str) -> Value {
    author
        .post("/api/v1/studio/courses", json!({"title": title, "language": "en"}))
        .await
        .expect(201)
        .json()
}

/// Adds a module.
pub async fn module(author: &Client, course_id: &Value, title: &str) -> Value {
    let path = format!("/api/v1/studio/courses/{}/modules", id(course_id));
    author.post(&path, json!({"title": title})).await.expect(201).json()
}

/// Adds a drafted lesson.
pub async fn lesson(author: &Client, module_id: &Value, title: &str, kind: &str) -> Value {
    let path = format!("/api/v1/studio/modules/{}/lessons", id(module_id));
    author.post(&path, json!({"title": title, "kind": kind})).await.expect(201).json()
}

/// Adds a text lesson that is done.
pub async fn text_lesson(author: &Client, module_id: &Value, title: &str) -> Value {
    let lesson = lesson(author, module_id, title, "text").await;
    let path = format!("/api/v1/studio/lessons/{}", id(&lesson["id"]));
    let any = author.clone().with_header("if-match", "*");
    any.patch(&path, json!({"body": text("Read this, please.")})).await.expect(200);
    author.post(&format!("{path}/submit"), json!({})).await.expect(200).json()
}

/// Adds a video lesson whose video is done and this long.
pub async fn video_lesson(
    s: &TestServer,
    author: &Client,
    module_id: &Value,
    title: &str,
    duration_s: i64,
) -> Value {
    let lesson = lesson(author, module_id, title, "video").await;
    let path = format!("/api/v1/studio/lessons/{}/video", id(&lesson["id"]));
    let upload_id = film_upload(author).await;
    let shown = author.put(&path, json!({"upload_id": upload_id})).await.expect(200).json();
    let video_id = video_of(s, &lesson["id"]).await;
    processed(s, video_id, duration_s * 1000).await;
    shown
}

/// Fills what a course needs beside lessons.
pub async fn describe(author: &Client, course_id: &Value, changes: Value) -> Value {
    let categories = author.get("/api/v1/categories").await.expect(200).json();
    let category =
        categories["items"].as_array().unwrap().iter().find(|c| c["slug"] == "databases").unwrap();
    let mut body = json!({"description": text("What it is about."), "level": "beginner", "category_id": category["id"]});
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    let any = author.clone().with_header("if-match", "*");
    any.patch(&format!("/api/v1/studio/courses/{}", id(course_id)), body).await.expect(200).json()
}

/// A published course of one module with one text lesson; `changes` are fields of the course.
pub async fn published(author: &Client, title: &str, changes: Value) -> Value {
    let course = course(author, title).await;
    let module = module(author, &course["id"], "Beginning").await;
    text_lesson(author, &module["id"], "Read").await;
    describe(author, &course["id"], changes).await;
    publish(author, &course["id"]).await
}

/// Publishes a course that lacks nothing.
pub async fn publish(author: &Client, course_id: &Value) -> Value {
    let path = format!("/api/v1/studio/courses/{}/publish", id(course_id));
    author.post(&path, json!({})).await.expect(200).json()
}

/// An id out of JSON, for paths.
pub fn id(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The video of a lesson.
pub async fn video_of(s: &TestServer, lesson_id: &Value) -> Uuid {
    let mut conn = s.app.db.conn().await.unwrap();
    let lesson =
        ilmspace::courses::lesson_access(&mut conn, id(lesson_id).parse().unwrap()).await.unwrap();
    lesson.unwrap().video_id.unwrap()
}

/// As if the first rendition of the video had been stored.
pub async fn watchable(s: &TestServer, video_id: Uuid, duration_ms: i64) {
    becomes(s, video_id, "state = 'transcoding', watchable = true").await;
    let fact = VideoWatchable { video_id, owner_id: s.app.id(), duration_ms: Some(duration_ms) };
    tell(s, fact).await;
}

/// As if the whole video had been stored.
pub async fn processed(s: &TestServer, video_id: Uuid, duration_ms: i64) {
    let ready = "state = 'ready', watchable = true, published_at = now(), error_code = null";
    becomes(s, video_id, ready).await;
    tell(s, VideoProcessed { video_id, owner_id: s.app.id(), duration_ms }).await;
}

/// As if the video could not be made.
pub async fn failed(s: &TestServer, video_id: Uuid) {
    let failed = "state = 'failed', watchable = false, error_code = 'not_media'";
    becomes(s, video_id, failed).await;
    tell(s, VideoFailed { video_id, owner_id: s.app.id(), code: "not_media".into() }).await;
}

/// What the facts are told about: who hears them looks at the video itself.
async fn becomes(s: &TestServer, video_id: Uuid, values: &str) {
    use diesel_async::SimpleAsyncConnection as _;
    let mut conn = s.app.db.conn().await.unwrap();
    let change = format!("update videos set {values} where id = '{video_id}'");
    conn.batch_execute(&change).await.unwrap();
}

/// Only tells, as an outbox does that comes late.
pub async fn told_late<E: events::Event>(s: &TestServer, fact: E) {
    tell(s, fact).await;
}

async fn tell<E: events::Event>(s: &TestServer, fact: E) {
    let mut conn = s.app.db.conn().await.unwrap();
    events::publish(&mut conn, &s.app, &fact).await.unwrap();
    drop(conn);
    s.settle().await;
}
