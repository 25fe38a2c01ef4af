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
