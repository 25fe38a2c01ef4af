//! `kill -9` of the real binary in the middle of an upload, a transcode and a chat.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, Process};

/// Ten seconds of moving pictures with sound, made by the ffmpeg command.
fn film(path: &Path, seconds: u32) {
    let made = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            &format!("testsrc2=s=1280x720:r=25:d={seconds}"),
        ])
        .args(["-f", "lavfi", "-i", &format!("sine=440:d={seconds}")])
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-y"])
        .arg(path)
        .status()
        .expect("the ffmpeg command (script/setup test installs it)");
    assert!(made.success());
}

async fn patch(client: &Client, upload: &str, offset: usize, bytes: Vec<u8>) -> u16 {
    let request = client
        .request(Method::PATCH, upload)
        .header("tus-resumable", "1.0.0")
        .header("upload-offset", offset)
        .header("content-type", "application/offset+octet-stream")
        .body(bytes);
    client.run(request, upload).await.status.as_u16()
}

async fn offset(client: &Client, upload: &str) -> usize {
    let request = client.request(Method::HEAD, upload).header("tus-resumable", "1.0.0");
    client.run(request, upload).await.expect(200).header("upload-offset").parse().unwrap()
}

async fn lesson(author: &Client) -> (String, String) {
    let course = author
        .post("/api/v1/studio/courses", json!({"title": "Survivor", "language": "en"}))
        .await
        .expect(201)
        .json();
    let course = course["id"].as_str().unwrap().to_owned();
    let module = author
        .post(&format!("/api/v1/studio/courses/{course}/modules"), json!({"title": "One"}))
        .await
        .expect(201)
        .json();
    let module = module["id"].as_str().unwrap().to_owned();
    let lesson = author
        .post(
            &format!("/api/v1/studio/modules/{module}/lessons"),
            json!({"title": "A lesson", "kind": "video"}),
        )
        .await
        .expect(201)
        .json();
    (course, lesson["id"].as_str().unwrap().to_owned())
}

async fn video(author: &Client, course: &str) -> Value {
    let course = author.get(&format!("/api/v1/studio/courses/{course}")).await.expect(200).json();
    course["modules"][0]["lessons"][0]["video"].clone()
}

/// MED-19 MED-02 JOB-02 MSG-04 PLT-05: the server dies twice on the way, and upload, transcode and
/// chat go on where they stood.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_goes_on_with_the_upload_the_transcode_and_the_chat() {
    let mut process = Process::start().await;
    process.make_account("create-moderator", "mod@example.com");
    let mut author = process.sign_in("mod@example.com").await;
    let (course, lesson) = lesson(&author).await;

    // An upload, killed half way.
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("film.mp4");
    film(&path, 40);
    let bytes = std::fs::read(&path).unwrap();
    let request = author
        .request(Method::POST, "/api/v1/uploads")
        .header("tus-resumable", "1.0.0")
        .header("upload-length", bytes.len())
        .header(
            "upload-metadata",
            format!(
                "filename {},purpose {}",
                BASE64_STANDARD.encode("film.mp4"),
                BASE64_STANDARD.encode("video")
            ),
        );
    let created = author.run(request, "create").await.expect(201);
    let location = created.header("location");
    let upload = location.rsplit('/').next().unwrap().to_owned();
    let upload_path = format!("/api/v1/uploads/{upload}");
    let body = json!({"upload_id": upload});
    author.put(&format!("/api/v1/studio/lessons/{lesson}/video"), body).await.expect(200);
    let half = bytes.len() / 2;
    assert_eq!(patch(&author, &upload_path, 0, bytes[..half].to_vec()).await, 204);

    process.kill_and_restart();
    author = process.sign_in("mod@example.com").await;
    let stored = offset(&author, &upload_path).await;
    assert_eq!(stored, half, "what was acknowledged is there");
    assert_eq!(patch(&author, &upload_path, stored, bytes[stored..].to_vec()).await, 204);

    // A transcode, killed as soon as the first segments are there.
    let mut seen = false;
    for _ in 0..600 {
        let video = video(&author, &course).await;
        if video["watchable"] == true || video["state"] == "ready" {
            seen = true;
            break;
        }
        assert_ne!(video["state"], "failed", "{video}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(seen, "never watchable");
    process.kill_and_restart();
    author = process.sign_in("mod@example.com").await;
    let mut last = Value::Null;
    for _ in 0..1200 {
        last = video(&author, &course).await;
        if last["state"] == "ready" {
            break;
        }
        assert_ne!(last["state"], "failed", "{last}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(last["state"], "ready", "{last}");
    assert!((last["duration_s"].as_f64().unwrap() - 40.0).abs() < 0.5, "{last}");

    // A chat, killed after the acknowledgements.
    let room = author.get(&format!("/api/v1/lessons/{lesson}/room")).await.expect(200).json();
    let messages = format!("/api/v1/rooms/{}/messages", room["room_id"].as_str().unwrap());
    for n in 0..3 {
        let body = json!({"client_id": format!("before-{n}"), "body": format!("before {n}")});
        assert!(author.post(&messages, body).await.status.is_success());
    }
    process.kill_and_restart();
    author = process.sign_in("mod@example.com").await;
    // The repetition of an acknowledged message is no second message.
    let body = json!({"client_id": "before-2", "body": "before 2"});
    assert!(author.post(&messages, body).await.status.is_success());
    let body = json!({"client_id": "after", "body": "after"});
    assert!(author.post(&messages, body).await.status.is_success());
    let page = author.get(&messages).await.expect(200).json();
    let page = page.to_string();
    let bodies: Vec<usize> = ["before 0", "before 1", "before 2", "\"after\""]
        .iter()
        .map(|text| page.find(text).unwrap_or_else(|| panic!("{text} is lost: {page}")))
        .collect();
    assert!(bodies.is_sorted(), "{page}");
    assert_eq!(page.matches("before-2").count(), 1, "{page}");
    let distinct: HashSet<usize> = bodies.into_iter().collect();
    assert_eq!(distinct.len(), 4);
}
