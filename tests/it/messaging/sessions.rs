//! Signing in on the socket, and what ends it.

use std::time::Duration;

use ilmspace::identity::Role;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::rooms::{School, school, school_on};
use crate::support::{PASSWORD, Socket, TestServer, TestServerOptions, upgrade};

async fn signed_out_code(s: &TestServer, hello: serde_json::Value) -> Option<u16> {
    let mut socket = Socket::open(s).await;
    socket.ask(hello).await;
    socket.closed().await
}

/// IDN-12
#[tokio::test]
async fn hello_with_a_bad_token_or_none_is_closed_with_4001() {
    let s = TestServer::start().await;
    let nonsense = json!({"t": "hello", "token": "nonsense"});
    assert_eq!(signed_out_code(&s, nonsense).await, Some(4001));
    assert_eq!(signed_out_code(&s, json!({"t": "hello"})).await, Some(4001));
    let ann = s.student("ann").await;
    s.advance(Duration::from_secs(3600));
    let expired = json!({"t": "hello", "token": ann.token});
    assert_eq!(signed_out_code(&s, expired).await, Some(4001));
}

#[tokio::test]
async fn a_foreign_page_a_wrong_subprotocol_and_plain_http_get_no_socket() {
    let s = TestServer::start().await;
    let refused = |name: &'static str, value: &str| {
        let mut request = upgrade(&s);
        request.headers_mut().insert(name, value.parse().unwrap());
        async { Socket::try_open(request).await.err() }
    };
    assert_eq!(refused("origin", "https://evil.example").await, Some(403));
    assert_eq!(refused("sec-websocket-protocol", "chat").await, Some(400));
    let own = s.app.config.site.base_url.clone();
    assert_eq!(refused("origin", &own).await, None);
    s.anonymous().get("/api/v1/ws").await.expect_problem(400, "bad_request");
}

/// IDN-12: the session cookie signs in from our own pages, without a token.
#[tokio::test]
async fn the_session_cookie_signs_in_from_our_own_origin_only() {
    let s = TestServer::start().await;
    let ann = s.student("ann").await;
    let body = json!({"email": ann.email, "password": PASSWORD});
    let answer = ann.post("/api/v1/auth/login", body).await.expect(200);
    let cookies: Vec<String> = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().unwrap().split(';').next().unwrap().to_owned())
        .collect();
    let with_cookie = |origin: Option<&str>| {
        let mut request = upgrade(&s);
        request.headers_mut().insert("cookie", cookies.join("; ").parse().unwrap());
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        request
    };
    let own = s.app.config.site.base_url.clone();
    let mut socket = Socket::try_open(with_cookie(Some(&own))).await.unwrap();
    socket.ask(json!({"t": "hello"})).await;
    socket.frame("welcome").await;
    let mut socket = Socket::try_open(with_cookie(None)).await.unwrap();
    socket.ask(json!({"t": "hello"})).await;
    assert_eq!(socket.closed().await, Some(4001), "a cookie without an origin is nobody's");
}

/// IDN-14: signing out ends the sockets of that session at once, and no other.
#[tokio::test]
async fn signing_out_ends_the_sockets_of_that_session_with_4002() {
    let School { s, author, student, room, .. } = &school().await;
    let other_device = s.sign_in(&student.email).await;
    let mut gone = Socket::sign_in(s, student).await;
    let mut stays = Socket::sign_in(s, &other_device).await;
    let mut ann = Socket::sign_in(s, author).await;
    for socket in [&mut gone, &mut stays, &mut ann] {
        socket.join(room, None).await;
    }
    student.post("/api/v1/auth/logout", json!({})).await.expect(204);
    assert_eq!(gone.closed().await, Some(4002));
    ann.say(room, "a1", "who is still here?").await;
    assert_eq!(stays.frame("msg").await["seq"], 1);
}

/// IDN-24
#[tokio::test]
async fn a_banned_person_is_cut_with_4003_on_every_device() {
    let School { s, student, room, .. } = &school().await;
    let mut phone = Socket::sign_in(s, student).await;
    let mut desk = Socket::sign_in(s, &s.sign_in(&student.email).await).await;
    phone.join(room, None).await;
    desk.join(room, None).await;
    let root = s.person("root", &[Role::Admin]).await;
    let path = format!("/api/v1/admin/users/{}/status", student.id);
    root.post(&path, json!({"status": "banned", "reason": "Fraud"})).await.expect(200);
    assert_eq!(phone.closed().await, Some(4003));
    assert_eq!(desk.closed().await, Some(4003));
}

/// ENR-05: nothing is delivered after access has ended.
#[tokio::test]
async fn lost_access_ends_the_seat_and_the_room_is_not_found_any_more() {
    use diesel_async::SimpleAsyncConnection as _;
    let School { s, student, course, room, .. } = &school().await;
    let mut sam = Socket::sign_in(s, student).await;
    sam.join(room, None).await;
    let user_id = student.id;
    let course_id = course.parse().unwrap();
    let changed = || ilmspace::platform::live::Notice::AccessChanged { user_id, course_id };
    // A change that takes nothing away ends nothing.
    s.app.live.tell(changed());
    let id = sam.say(room, "c1", "still here").await;
    assert_eq!(sam.answer(id).await["t"], "ack");
    let mut conn = s.app.db.conn().await.unwrap();
    conn.batch_execute("update enrollments set ended_at = now()").await.unwrap();
    s.app.live.tell(changed());
    assert_eq!(sam.closed().await, Some(4202));
    let mut sam = Socket::sign_in(s, student).await;
    assert_eq!(sam.join(room, None).await["code"], "not_found");
}

#[tokio::test]
async fn the_newest_connections_of_a_person_stay_and_the_oldest_goes() {
    let options = TestServerOptions {
        configure: Box::new(|config| config.chat.max_sessions_per_user = 2),
        ..TestServerOptions::default()
    };
    let s = TestServer::start_with(options).await;
    let ann = s.student("ann").await;
    let mut first = Socket::sign_in(&s, &ann).await;
    let mut second = Socket::sign_in(&s, &ann).await;
    let _third = Socket::sign_in(&s, &ann).await;
    assert_eq!(first.closed().await, Some(4006));
    let id = second.ask(json!({"t": "ping"})).await;
    assert!(id > 0);
    second.frame("pong").await;
}

#[tokio::test]
async fn the_token_is_renewed_on_the_open_socket_by_its_own_person_only() {
    let s = TestServer::start().await;
    let (ann, sam) = (s.student("ann").await, s.student("sam").await);
    let mut socket = Socket::sign_in(&s, &ann).await;
    let id = socket.ask(json!({"t": "auth", "token": ann.token})).await;
    let ack = socket.answer(id).await;
    assert!(ack["token_expires"].is_string(), "{ack}");
    socket.ask(json!({"t": "auth", "token": sam.token})).await;
    assert_eq!(socket.closed().await, Some(4001));
}

/// A stop sends people home with a time to come back, and loses nothing that was acknowledged.
#[tokio::test]
async fn a_stopping_server_says_when_to_come_back() {
    let School { s, student, room, .. } = school().await;
    let mut sam = Socket::sign_in(&s, &student).await;
    sam.join(&room, None).await;
    let id = sam.say(&room, "c1", "last words").await;
    sam.answer(id).await;
    let stopping = s.restart(TestServerOptions::default());
    let going = async {
        let bye = sam.frame("bye").await;
        (bye["code"].clone(), bye["spread_s"].is_u64(), sam.closed().await)
    };
    let (s, bye) = tokio::join!(stopping, going);
    assert_eq!(bye, (json!(4200), true, Some(4200)));
    let path = format!("/api/v1/rooms/{room}/messages");
    let page = student.moved_to(&s).get(&path).await.expect(200).json();
    assert_eq!(page["items"][0]["body"], "last words");
}

/// SEC-04 IDN-14: what a notice says may be lost; the truth is asked again and again.
#[tokio::test]
async fn what_no_notice_told_is_found_within_seconds() {
    use diesel_async::SimpleAsyncConnection as _;
    let options = TestServerOptions {
        configure: Box::new(|config| {
            config.chat.sign_in_check_seconds = 1;
            config.chat.seat_check_seconds = 1;
        }),
        ..TestServerOptions::default()
    };
    let School { s, author, student, room, .. } =
        &school_on(TestServer::start_with(options).await).await;
    let mut ann = Socket::sign_in(s, author).await;
    let mut sam = Socket::sign_in(s, student).await;
    ann.join(room, None).await;
    sam.join(room, None).await;
    let mut conn = s.app.db.conn().await.unwrap();
    conn.batch_execute("update enrollments set ended_at = now()").await.unwrap();
    assert_eq!(sam.closed().await, Some(4202), "the seat is taken, and everything looked at anew");
    let id = ann.say(room, "c1", "the author stays").await;
    assert_eq!(ann.answer(id).await["t"], "ack");

    let end = format!(
        "update sessions set ended_at = now(), ended_reason = 'sign_out' where user_id = '{}'",
        author.id
    );
    conn.batch_execute(&end).await.unwrap();
    assert_eq!(ann.closed().await, Some(4002));
}

/// SEC-04: asking for topics costs a query each, so it is limited, whatever the topic.
#[tokio::test]
async fn joins_of_every_kind_are_limited() {
    let s = TestServer::start().await;
    let sam = s.student("sam").await;
    let mut refused = 0;
    // Two connections, so that the limit of one connection's frames is not what refuses.
    for _ in 0..3 {
        let mut socket = Socket::sign_in(&s, &sam).await;
        let mut ids = Vec::new();
        for _ in 0..45 {
            let topic = format!("job:{}", uuid::Uuid::new_v4());
            ids.push(socket.ask(json!({"t": "join", "topic": topic})).await);
        }
        for id in ids {
            let code = socket.answer(id).await["code"].clone();
            assert!(code == "not_found" || code == "rate_limited", "{code}");
            refused += usize::from(code == "rate_limited");
        }
    }
    assert!(refused > 0);
}

/// The connection changes hands at the upgrade: what was sent too early is not lost with it.
#[tokio::test]
async fn who_says_hello_without_waiting_for_the_upgrade_is_understood() {
    let s = TestServer::start().await;
    let ann = s.student("ann").await;
    let hello = json!({"t": "hello", "id": 1, "token": ann.token}).to_string();
    let mut bytes = concat!(
        "GET /api/v1/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        "Sec-WebSocket-Protocol: ilm.v1\r\n\r\n"
    )
    .as_bytes()
    .to_vec();
    // A whole text frame of medium length, masked with zeroes.
    bytes.extend([0x81, 0x80 | 126]);
    bytes.extend(u16::try_from(hello.len()).unwrap().to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(hello.as_bytes());
    let mut stream = TcpStream::connect(s.address).await.unwrap();
    stream.write_all(&bytes).await.unwrap();
    let mut got = Vec::new();
    while !String::from_utf8_lossy(&got).contains(r#""t":"welcome""#) {
        let read = tokio::time::timeout(Duration::from_secs(10), stream.read_buf(&mut got)).await;
        assert!(read.expect("an answer").unwrap() > 0, "{}", String::from_utf8_lossy(&got));
    }
    let text = String::from_utf8_lossy(&got);
    assert!(text.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{text}");
    assert!(text.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{text}");
}
