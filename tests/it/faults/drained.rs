//! A node that is asked to stop while people write: everybody is told when to come back, nothing that was
//! acknowledged is lost, and the others take over.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Client, Process, Redis, Socket};

async fn room(author: &Client) -> String {
    let body = json!({"title": "Farewell", "language": "en"});
    let course = author.post("/api/v1/studio/courses", body).await.expect(201).json();
    let path = format!("/api/v1/studio/courses/{}/modules", course["id"].as_str().unwrap());
    let module = author.post(&path, json!({"title": "One"})).await.expect(201).json();
    let path = format!("/api/v1/studio/modules/{}/lessons", module["id"].as_str().unwrap());
    let body = json!({"title": "Lesson", "kind": "text"});
    let lesson = author.post(&path, body).await.expect(201).json();
    let path = format!("/api/v1/lessons/{}/room", lesson["id"].as_str().unwrap());
    author.get(&path).await.expect(200).json()["room_id"].as_str().unwrap().to_owned()
}

/// What a writer has seen of a drain.
#[derive(Default)]
struct Seen {
    acked: Vec<(String, u64)>,
    bye: Option<Value>,
    code: Option<u16>,
}

/// Writes one message after the other until the connection is closed.
async fn write_on(mut socket: Socket, room: String, name: String) -> Seen {
    socket.join(&room, None).await;
    let mut seen = Seen::default();
    let mut n = 0;
    loop {
        n += 1;
        let client_id = format!("{name}-{n}");
        let mut waits = Some(socket.say(&room, &client_id, &client_id).await);
        while let Some(id) = waits {
            let frames = match socket.next().await {
                Ok(frames) => frames,
                Err(code) => {
                    seen.code = code;
                    return seen;
                }
            };
            for frame in frames {
                match frame["t"].as_str().unwrap() {
                    "ack" if frame["re"] == id => {
                        seen.acked.push((client_id.clone(), frame["seq"].as_u64().unwrap()));
                        waits = None;
                    }
                    "err" if frame["re"] == id => {
                        assert_eq!(frame["code"], "unavailable", "{frame}");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        waits = None;
                    }
                    "bye" => seen.bye = Some(frame),
                    _ => {}
                }
            }
        }
    }
}

/// MSG-05 PLT-05
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stops_sends_everybody_home_and_loses_nothing_that_was_acknowledged() {
    let redis = Redis::start();
    let url = redis.url();
    let mut one =
        Process::start_with(&[("ILM__REDIS__URL", &url), ("ILM__LIMITS__FACTOR", "0")]).await;
    let two = one.beside();
    one.make_account("create-moderator", "mod@example.com");
    let author = one.sign_in("mod@example.com").await;
    let room = room(&author).await;
    let token = author.token.clone().unwrap();
    let mut writers = Vec::new();
    for n in 0..8 {
        let socket = Socket::try_sign_in(&one.base, &token).await.expect("a connection");
        writers.push(tokio::spawn(write_on(socket, room.clone(), format!("w{n}"))));
    }
    let mut reader = Socket::try_sign_in(&two.base, &token).await.expect("a connection");
    reader.join(&room, None).await;
    for _ in 0..20 {
        reader.frame("msg").await;
    }

    let begun = Instant::now();
    let status = one.terminate().await;
    assert!(status.success(), "{status}");
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    let mut acked = Vec::new();
    for writer in writers {
        let seen = writer.await.unwrap();
        assert_eq!(seen.code, Some(4200));
        let bye = seen.bye.expect("a word before the close");
        assert_eq!(bye["code"], 4200);
        assert!(bye["spread_s"].as_u64().is_some_and(|s| s > 0), "{bye}");
        acked.extend(seen.acked);
    }
    assert!(!acked.is_empty());

    // On the other node they find all of it.
    let there = author.moved_to_base(&two.base);
    let mut after = 0;
    let mut stored = Vec::new();
    loop {
        let path = format!("/api/v1/rooms/{room}/messages?after={after}&limit=100");
        let page = there.get(&path).await.expect(200).json();
        for item in page["items"].as_array().unwrap() {
            after = item["seq"].as_u64().unwrap();
            stored.push((item["client_id"].as_str().unwrap().to_owned(), after));
        }
        if page["has_more"] != true {
            break;
        }
    }
    for message in &acked {
        assert_eq!(stored.iter().filter(|one| *one == message).count(), 1, "{message:?}");
    }
    let mut socket = Socket::try_sign_in(&two.base, &token).await.expect("a connection");
    socket.join(&room, None).await;
    let id = socket.say(&room, "after", "after").await;
    assert_eq!(socket.answer(id).await["t"], "ack");
}
