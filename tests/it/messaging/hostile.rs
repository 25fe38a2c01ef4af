//! What hostile and broken clients get.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::Message;

use super::rooms::{School, school};
use crate::support::{Socket, TestServer};

/// A connection that writes raw bytes after the upgrade.
async fn raw(s: &TestServer) -> tokio::net::TcpStream {
    let mut stream = tokio::net::TcpStream::connect(s.address).await.unwrap();
    let request = format!(
        "GET /api/v1/ws HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: ilm.v1\r\n\r\n",
        s.address
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    stream
}

/// Reads to the end; the code of the close frame, if one came.
async fn close_code(mut stream: tokio::net::TcpStream) -> Option<u16> {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut bytes));
    // A reset after the close frame is an end too.
    let _ = read.await.expect("the connection ends");
    let close = bytes.windows(4).find(|w| w[0] == 0x88 && w[1] >= 2)?;
    Some(u16::from_be_bytes([close[2], close[3]]))
}

#[tokio::test]
async fn a_frame_that_announces_a_gigabyte_is_refused_before_it_comes() {
    let s = TestServer::start().await;
    let mut stream = raw(&s).await;
    let mut header = vec![0x81, 0x80 | 127];
    header.extend((1u64 << 30).to_be_bytes());
    header.extend([1, 2, 3, 4]);
    stream.write_all(&header).await.unwrap();
    assert_eq!(close_code(stream).await, Some(1009));
}

#[tokio::test]
async fn pieces_reserved_bits_bad_text_and_binary_end_the_connection() {
    let s = TestServer::start().await;
    for (bytes, code) in [
        (vec![0x01, 0x81, 0, 0, 0, 0, b'x'], 4008),
        (vec![0xc1, 0x81, 0, 0, 0, 0, b'x'], 1002),
        (vec![0x81, 0x01, b'x'], 1002),
        (vec![0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe], 1007),
        (vec![0x82, 0x81, 0, 0, 0, 0, b'x'], 4008),
    ] {
        let mut stream = raw(&s).await;
        stream.write_all(&bytes).await.unwrap();
        assert_eq!(close_code(stream).await, Some(code), "{bytes:x?}");
    }
}

#[tokio::test]
async fn silence_instead_of_hello_is_closed_with_4007() {
    let s = TestServer::start().await;
    let started = Instant::now();
    let mut socket = Socket::open(&s).await;
    assert_eq!(socket.closed().await, Some(4007));
    assert!(started.elapsed() >= Duration::from_secs(4));
}

#[tokio::test]
async fn nonsense_is_answered_and_then_closed() {
    let s = TestServer::start().await;
    let ann = s.student("ann").await;
    let mut socket = Socket::open(&s).await;
    let early = socket.ask(json!({"t": "join", "topic": "room:x"})).await;
    assert_eq!(socket.answer(early).await["code"], "unauthenticated");
    let mut socket = Socket::sign_in(&s, &ann).await;
    let id = socket.ask(json!({"t": "dance"})).await;
    assert_eq!(socket.answer(id).await["code"], "unknown_type");
    for topic in ["room:not-an-id", "cellar:1", "room"] {
        let id = socket.ask(json!({"t": "join", "topic": topic})).await;
        assert_eq!(socket.answer(id).await["code"], "not_found", "{topic}");
    }
    socket.text(&format!("[{}]", vec![r#"{"t":"pong"}"#; 65].join(","))).await;
    assert_eq!(socket.frame("err").await["code"], "too_large");
    socket.text(r#"{"t":"ping","id":1}"#).await;
    assert_eq!(socket.frame("err").await["field"], "id");
    for _ in 0..2 {
        socket.text("not json").await;
        assert_eq!(socket.frame("err").await["code"], "bad_request");
    }
    socket.text(&"[".repeat(200)).await;
    assert_eq!(socket.closed().await, Some(4008));
}

#[tokio::test]
async fn a_frame_over_the_limit_is_1009_and_one_below_it_passes() {
    let School { s, student, room, .. } = &school().await;
    let mut socket = Socket::sign_in(s, student).await;
    socket.join(room, None).await;
    let id = socket.say(room, "long", &"я".repeat(7000)).await;
    let err = socket.answer(id).await;
    assert_eq!((&err["code"], &err["field"]), (&json!("too_large"), &json!("body")));
    socket.message(Message::text(" ".repeat(16 * 1024 + 1))).await;
    assert_eq!(socket.closed().await, Some(1009));
}

/// SEC-04: a client that writes as fast as it can hears of it, and others are not disturbed.
#[tokio::test]
async fn a_flood_is_dropped_and_ended_with_4101() {
    let School { s, author, student, room, .. } = &school().await;
    let mut ann = Socket::sign_in(s, author).await;
    ann.join(room, None).await;
    let mut flood = Socket::sign_in(s, student).await;
    let flooding = async {
        let until = Instant::now() + Duration::from_secs(15);
        while Instant::now() < until {
            for _ in 0..20 {
                flood.message(Message::text(r#"{"t":"pong"}"#)).await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            if let Some(code) = flood.closed_now().await {
                return code;
            }
        }
        panic!("a flood of 15 seconds passes");
    };
    let talking = async {
        let id = ann.say(room, "c1", "undisturbed").await;
        ann.answer(id).await
    };
    let (code, ack) = tokio::join!(flooding, talking);
    assert_eq!((code, &ack["t"]), (Some(4101), &json!("ack")));
}

/// MSG-07: a message of a megabyte, over either way in, and one that nobody can see.
#[tokio::test]
async fn a_message_of_a_megabyte_or_of_nothing_to_see_is_refused() {
    let School { s, student, room, .. } = &school().await;
    let path = format!("/api/v1/rooms/{room}/messages");
    let huge = json!({"client_id": "a", "body": "x".repeat(1 << 20)});
    student.post(&path, huge).await.expect_problem(413, "too_large");
    let mut socket = Socket::sign_in(s, student).await;
    socket.join(room, None).await;
    for (n, body) in
        ["\u{200B}\u{200C}\u{2060}", "\u{FEFF} \n", "\u{301}\u{302}"].iter().enumerate()
    {
        let id = socket.say(room, &format!("z{n}"), body).await;
        let err = socket.answer(id).await;
        assert_eq!((&err["code"], &err["rule"]), (&json!("rejected"), &json!("empty")));
        let message = json!({"client_id": format!("h{n}"), "body": body});
        let problem = student.post(&path, message).await.expect_problem(422, "message_rejected");
        assert_eq!(problem["rule"], "empty");
    }
    let id = socket.say(room, "marks", &format!("x{}", "\u{33F}".repeat(21))).await;
    assert_eq!(socket.answer(id).await["rule"], "marks");
    socket
        .message(Message::text(format!(
            r#"{{"t":"send","id":99,"topic":"room:{room}","client_id":"b","body":"{}"}}"#,
            "x".repeat(1 << 20)
        )))
        .await;
    assert_eq!(socket.closed().await, Some(1009));
    let page = student.get(&path).await.expect(200).json();
    assert_eq!(page["items"], json!([]), "nothing of it was stored");
}

/// MSG-07: markup is text, and stays what it was; what turns text around does not stay.
#[tokio::test]
async fn markup_is_kept_as_text_and_bidi_overrides_go() {
    let School { s, author, student, room, .. } = &school().await;
    let mut reader = Socket::sign_in(s, author).await;
    reader.join(room, None).await;
    let mut socket = Socket::sign_in(s, student).await;
    socket.join(room, None).await;
    for (n, (sent, kept)) in [
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("</script><script>alert(1)</script>", "</script><script>alert(1)</script>"),
        ("{{7*7}} ${7*7} '; drop table messages;--", "{{7*7}} ${7*7} '; drop table messages;--"),
        ("שלום \u{2068}Rust\u{2069}", "שלום \u{2068}Rust\u{2069}"),
        ("a\u{202E}b\u{0}c", "abc"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = socket.say(room, &format!("m{n}"), sent).await;
        assert_eq!(socket.answer(id).await["t"], "ack");
        assert_eq!(reader.frame("msg").await["m"]["body"], kept);
    }
    // A burst is five messages.
    s.advance(Duration::from_secs(5));
    let id = socket.say(room, "js", "[free](javascript:alert(1))").await;
    let err = socket.answer(id).await;
    assert_eq!((&err["code"], &err["rule"]), (&json!("rejected"), &json!("links")));
}

/// MSG-07: somebody else's room and no room at all are the same answer, whatever is asked of it.
#[tokio::test]
async fn a_foreign_room_is_no_room_over_every_way_in() {
    let School { s, author, room, .. } = &school().await;
    let mut ann = Socket::sign_in(s, author).await;
    ann.join(room, None).await;
    let id = ann.say(room, "a", "secret").await;
    let message = ann.answer(id).await["msg"].as_str().unwrap().to_owned();
    let nowhere = s.app.id().to_string();
    let eve = s.student("eve").await;
    let mut told: Vec<Vec<(String, serde_json::Value, serde_json::Value)>> = Vec::new();
    for room in [room.as_str(), nowhere.as_str()] {
        let mut answers = Vec::new();
        let topic = format!("room:{room}");
        let mut socket = Socket::sign_in(s, &eve).await;
        for request in [
            json!({"t": "join"}),
            json!({"t": "send", "client_id": "x", "body": "hello"}),
            json!({"t": "edit", "msg": message, "body": "mine", "version": 1}),
            json!({"t": "del", "msg": message}),
            json!({"t": "react", "msg": message, "emoji": "👍", "on": true}),
            json!({"t": "pin", "msg": message, "on": true}),
            json!({"t": "answer", "msg": message}),
            json!({"t": "mod", "action": "lock", "reason": "x"}),
            json!({"t": "report", "msg": message, "kind": "spam"}),
            json!({"t": "history"}),
            json!({"t": "search", "q": "secret"}),
            json!({"t": "who"}),
        ] {
            let mut request = request;
            request["topic"] = json!(topic);
            let what = request["t"].as_str().unwrap().to_owned();
            let id = socket.ask(request).await;
            let answer = socket.answer(id).await;
            answers.push((what, answer["t"].clone(), answer["code"].clone()));
        }
        let base = format!("/api/v1/rooms/{room}");
        let of_message = format!("{base}/messages/{message}");
        for (method, path, body) in [
            ("GET", base.clone(), None),
            ("PATCH", base.clone(), Some(json!({"pinned": true}))),
            ("GET", format!("{base}/messages"), None),
            ("POST", format!("{base}/messages"), Some(json!({"client_id": "x", "body": "y"}))),
            ("PATCH", of_message.clone(), Some(json!({"body": "mine", "version": 1}))),
            ("DELETE", of_message.clone(), None),
            ("PUT", format!("{of_message}/reactions/%F0%9F%91%8D"), None),
            ("DELETE", format!("{of_message}/reactions/%F0%9F%91%8D"), None),
            ("PUT", format!("{of_message}/pin"), None),
            ("PUT", format!("{of_message}/accepted"), None),
            ("GET", format!("{of_message}/versions"), None),
            ("POST", format!("{of_message}/reports"), Some(json!({"kind": "spam"}))),
            ("GET", format!("{base}/search?q=secret"), None),
            ("GET", format!("{base}/log?after=0&wait=0"), None),
            ("POST", format!("{base}/marks"), Some(json!({"read": 1, "delivered": 1}))),
            ("GET", format!("{base}/people?q=a"), None),
            ("POST", format!("{base}/files"), Some(json!({"upload_id": message}))),
            ("POST", format!("{base}/moderation"), Some(json!({"action": "lock", "reason": "x"}))),
        ] {
            let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
            let answer = eve.send(method.clone(), &path, body).await;
            let what = format!("{method} {}", path.replace(room, "ROOM"));
            let status = json!(answer.status.as_u16());
            assert_eq!(status, 404, "{what}: {}", answer.text());
            answers.push((what, status, answer.json()["code"].clone()));
        }
        told.push(answers);
    }
    assert_eq!(told[0], told[1]);
    // What the socket does not know, it knows in no room.
    let shut = |code: &serde_json::Value| code == "not_found" || code == "unknown_type";
    assert!(told[0].iter().all(|(_, _, code)| shut(code)), "{:?}", told[0]);
}

/// MSG-07: a reader that never reads is cut; memory for it is bounded, and the others do not wait for it.
#[tokio::test]
async fn a_reader_that_never_reads_is_cut_and_holds_nobody_up() {
    let options = crate::support::TestServerOptions {
        configure: Box::new(|config| config.limits.factor = 0),
        ..Default::default()
    };
    let School { s, author, student, room, .. } =
        &super::rooms::school_on(TestServer::start_with(options).await).await;
    let mut stalled = raw(s).await;
    let masked = |text: &str| {
        let length = u16::try_from(text.len()).unwrap().to_be_bytes();
        let mut frame = vec![0x81, 0x80 | 126, length[0], length[1], 0, 0, 0, 0];
        frame.extend(text.as_bytes());
        frame
    };
    let token = student.token.clone().unwrap();
    let hello = json!({"t": "hello", "id": 1, "token": token}).to_string();
    let join = json!({"t": "join", "id": 2, "topic": format!("room:{room}")}).to_string();
    stalled.write_all(&masked(&hello)).await.unwrap();
    stalled.write_all(&masked(&join)).await.unwrap();
    let mut ann = Socket::sign_in(s, author).await;
    let joined = loop {
        // The stalled one's join has been handled once it counts as present.
        let joined = ann.join(room, None).await;
        if joined["room"]["online"].as_u64() >= Some(2) {
            break joined;
        }
        let leave = ann.ask(json!({"t": "leave", "topic": format!("room:{room}")})).await;
        ann.answer(leave).await;
    };
    assert_eq!(joined["t"], "joined");
    let before = s.app.metrics.ws_connections.get();
    // The kernel takes some megabytes before anything waits here.
    let body = "я".repeat(3900);
    let mut slowest = Duration::ZERO;
    let mut cut_after = None;
    let mut filling = None;
    for n in 0..4000 {
        let started = Instant::now();
        let id = ann.say(room, &format!("m{n}"), &format!("{n} {body}")).await;
        let ack = ann.answer(id).await;
        assert_eq!(ack["t"], "ack", "{ack}");
        slowest = slowest.max(started.elapsed());
        if n == 600 {
            filling = Some(Instant::now());
        }
        if s.app.metrics.ws_connections.get() < before {
            cut_after = Some(filling.map_or(Duration::ZERO, |since| since.elapsed()));
            break;
        }
    }
    let cut_after = cut_after.expect("the reader is cut");
    assert!(cut_after < Duration::from_secs(30), "{cut_after:?}");
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    // What it gets when it reads at last: some frames, then the end.
    let code = close_code(stalled).await;
    assert!(matches!(code, None | Some(4201)), "{code:?}");
}

/// A node whose clock is wrong, forward or back: numbers, acks and limits go on.
#[tokio::test]
async fn a_clock_that_is_wrong_stops_nobody() {
    let School { s, author, student, room, .. } = &school().await;
    let other = s.beside(crate::support::TestServerOptions::default()).await;
    let mut ann = Socket::sign_in(s, author).await;
    ann.join(room, None).await;
    let mut sam = Socket::sign_in(&other, &student.moved_to(&other)).await;
    sam.join(room, None).await;
    let clock = other.app.movable_clock.as_ref().unwrap();
    let now = other.app.clock.now();
    let mut last = 0;
    for (n, minutes) in [0i64, 4, -4, 0].into_iter().enumerate() {
        clock.set(now + chrono::TimeDelta::minutes(minutes));
        let id = sam.say(room, &format!("s{n}"), &format!("sam {n}")).await;
        let ack = sam.answer(id).await;
        assert_eq!(ack["t"], "ack", "{minutes}: {ack}");
        let seq = ack["seq"].as_u64().unwrap();
        let id = ann.say(room, &format!("a{n}"), &format!("ann {n}")).await;
        let next = ann.answer(id).await["seq"].as_u64().unwrap();
        assert_eq!((seq, next), (last + 1, last + 2));
        last = next;
    }
}
