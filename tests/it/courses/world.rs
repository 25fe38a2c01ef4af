//! People and courses that the tests of courses and learning begin with.

use diesel_async::SimpleAsyncConnection as _;
use ilmspace::identity::{self, Role, VouchedAccount};
use ilmspace::platform::events;
use ilmspace::video::{VideoFailed, VideoProcessed, VideoWatchable};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, TestServer};

const PASSWORD: &str = "forty green parrots whistle";

/// Somebody with an account, signed in.
pub async fn person(s: &TestServer, name: &str) -> Client {
    signed_in(s, name, &[]).await
}

/// A moderator, signed in.
pub async fn moderator(s: &TestServer) -> Client {
    signed_in(s, "mod", &[Role::Moderator]).await
}

async fn signed_in(s: &TestServer, name: &str, roles: &[Role]) -> Client {
    let email = format!("{name}@school.example");
    let account = VouchedAccount {
        email: &email,
        password: PASSWORD,
        first_name: name,
        last_name: "Karimova",
        locale: "en",
        roles,
    };
    identity::create_account(&s.app, account).await.unwrap();
    sign_in(s, name).await
}

/// Somebody who has an account: after a jump of the clock the access token has to be a new one.
pub async fn sign_in(s: &TestServer, name: &str) -> Client {
    let mut client = s.anonymous();
    let body = json!({"email": format!("{name}@school.example"), "password": PASSWORD});
    let answer = client.post("/api/v1/auth/login", body).await.expect(200).json();
    client.token = Some(answer["access_token"].as_str().unwrap().to_owned());
    client
}

/// The id of an upload that the person has begun.
pub async fn upload(s: &TestServer, who: &Client, purpose: &str) -> String {
    let id = s.app.id();
    let owner = who.get("/api/v1/me").await.json()["id"].as_str().unwrap().to_owned();
    let mut conn = s.app.db.conn().await.unwrap();
    conn.batch_execute(&format!(
        "insert into uploads(id,owner_id,purpose,file_name,metadata,size,store_key,state,expires_at,created_at,updated_at) values ('{id}','{owner}','{purpose}','a.mp4','x',10,'u/{id}','receiving',now(),now(),now())"
    )).await.unwrap();
    id.to_string()
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
    let upload_id = upload(s, author, "video").await;
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
    let fact = VideoWatchable { video_id, duration_ms: Some(duration_ms) };
    tell(s, fact).await;
}

/// As if the whole video had been stored.
pub async fn processed(s: &TestServer, video_id: Uuid, duration_ms: i64) {
    tell(s, VideoProcessed { video_id, duration_ms }).await;
}

/// As if the video could not be made.
pub async fn failed(s: &TestServer, video_id: Uuid) {
    tell(s, VideoFailed { video_id, code: "not_media".into() }).await;
}

async fn tell<E: events::Event>(s: &TestServer, fact: E) {
    let mut conn = s.app.db.conn().await.unwrap();
    events::publish(&mut conn, &s.app, &fact).await.unwrap();
    drop(conn);
    s.settle().await;
}
