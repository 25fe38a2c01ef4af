//! Files and pictures in chats.

use std::io::Cursor;
use std::time::Duration;

use serde_json::{Value, json};

use super::rooms::{School, school};
use crate::courses::world::{upload, uploaded};
use crate::support::{Client, Person, Socket};

/// A photograph with a place in its metadata.
pub fn photo() -> Vec<u8> {
    let picture = image::RgbImage::from_pixel(900, 600, image::Rgb([10, 120, 200]));
    let mut plain = Cursor::new(Vec::new());
    picture.write_to(&mut plain, image::ImageFormat::Jpeg).unwrap();
    let plain = plain.into_inner();
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\0SECRET-GPS-PLACE".to_vec();
    let mut bytes = plain[..2].to_vec();
    bytes.extend([0xff, 0xe1]);
    bytes.extend(u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
    bytes.append(&mut exif);
    bytes.extend(&plain[2..]);
    bytes
}

/// A file in a room, ready to be named.
pub async fn shared(who: &Client, room: &str, name: &str, bytes: &[u8]) -> Value {
    let upload = uploaded(who, "chat_file", name, bytes).await;
    let path = format!("/api/v1/rooms/{room}/files");
    who.post(&path, json!({"upload_id": upload})).await.expect(201).json()
}

fn url<'a>(file: &'a Value, which: &str) -> &'a str {
    file[which].as_str().unwrap_or_else(|| panic!("no {which}: {file}"))
}

/// MSG-06: a picture is made anew, shown and small, and nothing of its metadata is left.
#[tokio::test]
async fn a_picture_comes_back_in_two_sizes_without_its_metadata() {
    let School { s, student, room, .. } = &school().await;
    let file = shared(student, room, "tatil.JPG", &photo()).await;
    assert_eq!((&file["kind"], &file["content_type"]), (&json!("image"), &json!("image/webp")));
    assert_eq!((&file["name"], &file["width"]), (&json!("tatil.webp"), &json!(900)));
    let guest = s.anonymous();
    for (which, width) in [("url", 900), ("thumb_url", 480)] {
        let got = guest.get(url(&file, which)).await.expect(200);
        assert!(got.header("content-disposition").starts_with("inline"));
        assert_eq!(got.header("x-content-type-options"), "nosniff");
        assert_eq!(image::load_from_memory(&got.body).unwrap().width(), width);
        assert!(!got.body.windows(10).any(|w| w == b"SECRET-GPS"));
    }
}

/// MSG-06: a file is called what it is, is only ever saved, and nothing of it acts.
#[tokio::test]
async fn what_is_no_picture_is_an_attachment_under_its_true_name() {
    let School { s, student, room, .. } = &school().await;
    let guest = s.anonymous();
    for (name, bytes, told, kind) in [
        ("plan.pdf", &b"%PDF-1.7\n%%EOF"[..], "plan.pdf", "application/pdf"),
        ("invoice.exe", b"%PDF-1.7\n%%EOF", "invoice.exe.pdf", "application/pdf"),
        ("main.rs", b"fn main() {}\n", "main.rs", "text/plain; charset=utf-8"),
        ("x.html", b"<script>alert(1)</script>", "x.html.txt", "text/plain; charset=utf-8"),
        ("x.svg", b"<svg onload='alert(1)'/>", "x.svg.txt", "text/plain; charset=utf-8"),
        ("photo.png", b"just words", "photo.png.txt", "text/plain; charset=utf-8"),
    ] {
        let file = shared(student, room, name, bytes).await;
        assert_eq!((&file["name"], &file["content_type"]), (&json!(told), &json!(kind)));
        assert_eq!((&file["kind"], &file["thumb_url"]), (&json!("file"), &Value::Null));
        let got = guest.get(url(&file, "url")).await.expect(200);
        assert_eq!(got.body, bytes);
        assert_eq!(got.header("content-type"), kind);
        assert!(got.header("content-disposition").starts_with("attachment"));
        assert_eq!(got.header("x-content-type-options"), "nosniff");
        assert!(got.header("content-security-policy").contains("sandbox"));
    }
}

/// MSG-06: programs, what is too large, and what only calls itself a picture.
#[tokio::test]
async fn what_may_not_be_shared_is_refused_with_a_reason() {
    let School { student, room, .. } = &school().await;
    let path = format!("/api/v1/rooms/{room}/files");
    let half_a_picture = &photo()[..200];
    let broken = uploaded(student, "chat_file", "a.jpg", half_a_picture).await;
    student.post(&path, json!({"upload_id": broken})).await.expect_problem(422, "image_invalid");
    let refused = student
        .request(reqwest::Method::POST, "/api/v1/uploads")
        .header("tus-resumable", "1.0.0")
        .header("upload-length", (25 * 1024 * 1024 + 1).to_string())
        .header("upload-metadata", crate::video::support::metadata("a.zip", "chat_file"));
    student.run(refused, "too large").await.expect_problem(413, "too_large");
    for (name, bytes) in
        [("photo.jpg", &b"MZ\x90\0\x03\0\0\0"[..]), ("a.pdf", b"\x7fELF\x02\x01\x01\0")]
    {
        let path = upload(student, "chat_file", name, bytes.len()).await;
        let chunk = student
            .request(reqwest::Method::PATCH, &format!("/api/v1/uploads/{path}"))
            .header("tus-resumable", "1.0.0")
            .header("content-type", "application/offset+octet-stream")
            .header("upload-offset", "0")
            .body(bytes.to_vec());
        student.run(chunk, name).await.expect_problem(415, "file_type");
    }
}

/// MSG-06: only the owner makes a file of an upload, only once, and only they see it before it is sent.
#[tokio::test]
async fn a_file_that_is_not_sent_yet_is_its_owners_alone() {
    let School { s, author, student, room, .. } = &school().await;
    let path = format!("/api/v1/rooms/{room}/files");
    let sams = uploaded(student, "chat_file", "a.txt", b"salom").await;
    author.post(&path, json!({"upload_id": sams})).await.expect_problem(404, "not_found");
    let unfinished = upload(student, "chat_file", "b.txt", 10).await;
    student
        .post(&path, json!({"upload_id": unfinished}))
        .await
        .expect_problem(409, "upload_incomplete");
    let other = uploaded(student, "file", "c.txt", b"salom").await;
    student.post(&path, json!({"upload_id": other})).await.expect_problem(422, "invalid");
    let file = student.post(&path, json!({"upload_id": sams})).await.expect(201).json();
    let again = student.post(&path, json!({"upload_id": sams})).await.expect(201).json();
    assert_eq!(file["id"], again["id"]);
    author.post(&path, json!({"upload_id": sams})).await.expect_problem(404, "not_found");
    let link = format!("/api/v1/chat-files/{}/link", file["id"].as_str().unwrap());
    author.get(&link).await.expect_problem(404, "not_found");
    let stranger: Person = s.student("eve").await;
    stranger.get(&link).await.expect_problem(404, "not_found");
    stranger.post(&path, json!({"upload_id": sams})).await.expect_problem(404, "not_found");
    student.get(&link).await.expect(200);
}

/// MSG-06: links end after a quarter of an hour, unused files after a day.
#[tokio::test]
async fn links_and_unused_files_do_not_last() {
    let School { s, student, room, .. } = &school().await;
    let file = shared(student, room, "a.txt", b"salom").await;
    let guest = s.anonymous();
    guest.get(url(&file, "url")).await.expect(200);
    guest.get("/files/chat/forged").await.expect_problem(404, "not_found");
    // Clocks of nodes may differ by a minute.
    s.advance(Duration::from_secs(961));
    guest.get(url(&file, "url")).await.expect_problem(410, "link_expired");
    s.advance(Duration::from_secs(24 * 3600));
    s.settle().await;
    let student = s.sign_in(&student.email).await;
    let link = format!("/api/v1/chat-files/{}/link", file["id"].as_str().unwrap());
    student.get(&link).await.expect_problem(404, "not_found");
    let left = crate::video::support::files_below(&s.directory().join("objects"));
    assert!(!left.iter().any(|path| path.to_string_lossy().contains("/chat/")), "{left:?}");
}

/// MSG-06: files travel with a message, to those in the room and to nobody else; with the message they go.
#[tokio::test]
async fn files_are_sent_with_a_message_and_go_with_it() {
    let School { s, author, student, room, .. } = &school().await;
    let (mut ann, mut sam) = (Socket::sign_in(s, author).await, Socket::sign_in(s, student).await);
    ann.join(room, None).await;
    sam.join(room, None).await;
    let picture = shared(student, room, "a.jpg", &photo()).await;
    let text = shared(student, room, "b.txt", b"salom").await;
    let topic = format!("room:{room}");
    let files = json!([picture["id"], text["id"]]);
    let send = json!({"t": "send", "topic": topic, "client_id": "f", "files": files});
    let id = sam.ask(send.clone()).await;
    let ack = sam.answer(id).await;
    assert_eq!(ack["t"], "ack", "{ack}");
    let seen = ann.frame("msg").await["m"].clone();
    assert_eq!((&seen["body"], seen["files"].as_array().unwrap().len()), (&json!(""), 2));
    assert_eq!(
        (&seen["files"][0]["kind"], &seen["files"][1]["name"]),
        (&json!("image"), &json!("b.txt"))
    );
    // A repeated send is answered with the first one; a used file is used.
    let id = sam.ask(send).await;
    assert_eq!(sam.answer(id).await["dup"], true);
    let again = json!({"client_id": "g", "body": "again", "files": [text["id"]]});
    let path = format!("/api/v1/rooms/{room}/messages");
    let refused = student.post(&path, again).await.expect_problem(422, "invalid");
    assert_eq!(refused["errors"][0]["field"], "files");
    let link = format!("/api/v1/chat-files/{}/link", picture["id"].as_str().unwrap());
    let eve = s.student("eve").await;
    eve.get(&link).await.expect_problem(404, "not_found");
    let for_ann = author.get(&link).await.expect(200).json();
    s.anonymous().get(url(&for_ann, "thumb_url")).await.expect(200);
    let id = sam.ask(json!({"t": "del", "topic": topic, "msg": ack["msg"]})).await;
    assert_eq!(sam.answer(id).await["t"], "ack");
    assert_eq!(ann.frame("del").await["msg"], ack["msg"]);
    for gone in [url(&for_ann, "url"), url(&for_ann, "thumb_url"), url(&text, "url")] {
        s.anonymous().get(gone).await.expect_problem(404, "not_found");
    }
    author.get(&link).await.expect_problem(404, "not_found");
}

/// MSG-06: somebody else's file, one that is not there, and too many are refused by their field.
#[tokio::test]
async fn only_own_unused_files_can_be_sent() {
    let School { s, author, student, room, .. } = &school().await;
    let anns = shared(author, room, "a.txt", b"salom").await;
    let unfinished = upload(student, "chat_file", "b.txt", 10).await;
    let path = format!("/api/v1/rooms/{room}/messages");
    let many: Vec<String> = (0..11).map(|_| s.app.id().to_string()).collect();
    for (n, files) in [json!([anns["id"]]), json!([unfinished]), json!([s.app.id()]), json!(many)]
        .into_iter()
        .enumerate()
    {
        let message =
            json!({"client_id": format!("m{n}"), "body": format!("look {n}"), "files": files});
        let refused = student.post(&path, message).await.expect_problem(422, "invalid");
        assert_eq!(refused["errors"][0]["field"], "files", "{refused}");
    }
    assert_eq!(student.get(&path).await.expect(200).json()["items"], json!([]));
}
