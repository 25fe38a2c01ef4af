//! Order, acknowledgement, repetition, resume, presence.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::rooms::{School, enroll, school, school_on};
use crate::support::{Socket, TestServer, TestServerOptions};

fn seqs(frame: &Value) -> Vec<u64> {
    frame["entries"].as_array().unwrap().iter().map(|e| e["seq"].as_u64().unwrap()).collect()
}

/// MSG-01: what one writes both see at once, and it is stored before it is acknowledged.
#[tokio::test]
async fn two_people_in_a_lesson_see_each_other_write() {
    let School { s, author, student, room, .. } = &school().await;
    let (mut ann, mut sam) = (Socket::sign_in(s, author).await, Socket::sign_in(s, student).await);
    let joined = ann.join(room, None).await;
    assert_eq!((&joined["resumed"], &joined["reason"]), (&json!(false), &json!("new")));
    sam.join(room, None).await;
    let id = sam.say(room, "c1", " Salom! <b> שלום ").await;
    let ack = sam.answer(id).await;
    assert_eq!((&ack["t"], &ack["seq"], &ack["dup"]), (&json!("ack"), &json!(1), &json!(false)));
    let seen = ann.frame("msg").await;
    assert_eq!(seen["m"]["body"], "Salom! <b> שלום");
    assert_eq!((&seen["m"]["author_role"], &seen["m"]["id"]), (&json!("student"), &ack["msg"]));
    assert_eq!(seen["m"].get("client_id"), None);
    assert_eq!(sam.frame("msg").await["m"]["client_id"], "c1");
    ann.say(room, "c1", "Hello").await;
    assert_eq!(sam.frame("msg").await["m"]["author_name"], "ann Test");
}

/// MSG-01: one order for everybody, the database's.
#[tokio::test]
async fn many_writers_at_once_are_seen_in_one_order_without_gap_or_double() {
    let options = TestServerOptions {
        configure: Box::new(|config| config.limits.factor = 0),
        ..TestServerOptions::default()
    };
    let School { s, author, student, course, room, .. } =
        &school_on(TestServer::start_with(options).await).await;
    let mut sockets = Vec::new();
    for n in 0..6 {
        let who = s.student(&format!("p{n}")).await;
        enroll(&who, course).await;
        let mut socket = Socket::sign_in(s, &who).await;
        socket.join(room, None).await;
        sockets.push(socket);
    }
    let mut reader = Socket::sign_in(s, author).await;
    reader.join(room, None).await;
    let writing = sockets.into_iter().enumerate().map(async |(n, mut socket)| {
        for m in 0..20 {
            socket.say(room, &format!("{n}-{m}"), &format!("message {m} of {n}")).await;
        }
        let mut order = Vec::new();
        for _ in 0..120 {
            order.push(socket.frame("msg").await["seq"].as_u64().unwrap());
        }
        order
    });
    let expected: Vec<u64> = (1..=120).collect();
    for order in futures::future::join_all(writing).await {
        assert_eq!(order, expected);
    }
    let mut seen = Vec::new();
    for _ in 0..120 {
        let msg = reader.frame("msg").await;
        seen.push(msg["m"]["body"].as_str().unwrap().to_owned());
    }
    let path = format!("/api/v1/rooms/{room}/messages?limit=100&after=20");
    let page = student.get(&path).await.expect(200).json();
    let stored: Vec<_> =
        page["items"].as_array().unwrap().iter().map(|m| m["body"].as_str().unwrap()).collect();
    assert_eq!(stored, seen[20..]);
    // Each author's own order holds.
    for n in 0..6 {
        let own: Vec<_> = seen.iter().filter(|b| b.ends_with(&format!(" of {n}"))).collect();
        let wanted: Vec<_> = (0..20).map(|m| format!("message {m} of {n}")).collect();
        assert_eq!(own, wanted.iter().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn the_same_client_id_five_times_on_two_connections_is_one_message() {
    let School { s, author, student, room, .. } = &school().await;
    let mut phone = Socket::sign_in(s, student).await;
    let mut desk = Socket::sign_in(s, student).await;
    let mut ann = Socket::sign_in(s, author).await;
    for socket in [&mut phone, &mut desk, &mut ann] {
        socket.join(room, None).await;
    }
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push((phone.say(room, "c1", "once").await, desk.say(room, "c1", "once").await));
    }
    let mut acks = HashSet::new();
    let mut fresh = 0;
    for (of_phone, of_desk) in ids {
        for ack in [phone.answer(of_phone).await, desk.answer(of_desk).await] {
            acks.insert((ack["seq"].to_string(), ack["msg"].to_string()));
            fresh += usize::from(ack["dup"] == false);
        }
    }
    let late = phone.say(room, "c1", "once").await;
    assert_eq!(phone.answer(late).await["dup"], true);
    assert_eq!((acks.len(), fresh), (1, 1));
    let other = desk.say(room, "c1", "twice").await;
    assert_eq!(desk.answer(other).await["code"], "client_id_reused");
    desk.say(room, "c2", "next").await;
    assert_eq!(ann.frame("msg").await["m"]["body"], "once");
    assert_eq!(ann.frame("msg").await["m"]["body"], "next");
}

/// MSG-04: whoever comes back has everything, once.
#[tokio::test]
async fn who_lost_the_link_resumes_with_nothing_lost_and_nothing_doubled() {
    let School { s, author, student, room, .. } = &school().await;
    let mut ann = Socket::sign_in(s, author).await;
    let mut sam = Socket::sign_in(s, student).await;
    ann.join(room, None).await;
    let epoch = sam.join(room, None).await["epoch"].as_str().unwrap().to_owned();
    ann.say(room, "a1", "one").await;
    assert_eq!(sam.frame("msg").await["seq"], 1);
    sam.drop_link();
    for n in 2..=4 {
        let id = ann.say(room, &format!("a{n}"), &format!("while away {n}")).await;
        ann.answer(id).await;
    }
    let mut sam = Socket::sign_in(s, student).await;
    let joined = sam.join(room, Some((1, &epoch))).await;
    assert_eq!((&joined["resumed"], seqs(&joined)), (&json!(true), vec![2, 3, 4]));
    ann.say(room, "a5", "live").await;
    assert_eq!(sam.frame("msg").await["seq"], 5);
    let other = Socket::sign_in(s, student).await.join(room, Some((4, "other"))).await;
    assert_eq!((&other["resumed"], &other["reason"]), (&json!(false), &json!("epoch")));
    let ahead = Socket::sign_in(s, student).await.join(room, Some((99, &epoch))).await;
    assert_eq!((&ahead["resumed"], &ahead["reason"]), (&json!(false), &json!("ahead")));
    // The page may be a moment old; what came since follows it.
    let page = ahead["page"]["items"].as_array().unwrap().len();
    assert_eq!(page + seqs(&ahead).len(), 5);
}

/// MSG-04: what was acknowledged outlives the process, and numbers go on.
#[tokio::test]
async fn after_a_restart_every_acknowledged_message_is_there_and_numbers_go_on() {
    let School { s, author, student, room, .. } = school().await;
    let mut sam = Socket::sign_in(&s, &student).await;
    let epoch = sam.join(&room, None).await["epoch"].as_str().unwrap().to_owned();
    for n in 1..=3 {
        let id = sam.say(&room, &format!("s{n}"), &format!("n{n}")).await;
        assert_eq!(sam.answer(id).await["seq"], n);
    }
    let s = s.restart(TestServerOptions::default()).await;
    let author = author.moved_to(&s);
    let mut ann = Socket::sign_in(&s, &author).await;
    let joined = ann.join(&room, Some((1, &epoch))).await;
    assert_eq!((&joined["resumed"], seqs(&joined)), (&json!(true), vec![2, 3]));
    let id = ann.say(&room, "a1", "after the restart").await;
    assert_eq!(ann.answer(id).await["seq"], 4);
    let student = student.moved_to(&s);
    let mut sam = Socket::sign_in(&s, &student).await;
    sam.join(&room, Some((3, &epoch))).await;
    let id = sam.say(&room, "s3", "n3").await;
    let ack = sam.answer(id).await;
    assert_eq!((&ack["seq"], &ack["dup"]), (&json!(3), &json!(true)));
}

/// MSG-05 USR-11
#[tokio::test]
async fn presence_typing_and_marks_reach_the_others() {
    let School { s, author, student, room, .. } = &school().await;
    let mut ann = Socket::sign_in(s, author).await;
    ann.join(room, None).await;
    let mut sam = Socket::sign_in(s, student).await;
    assert_eq!(sam.join(room, None).await["room"]["online"], 2);
    // The first announcement may have told of Ann alone.
    while ann.frame("presence").await["n"] != 2 {}
    let topic = format!("room:{room}");
    sam.text(&json!({"t": "typing", "topic": topic}).to_string()).await;
    let typing = ann.frame("typing").await;
    assert_eq!(typing["name"], "sam Test");
    let id = ann.ask(json!({"t": "who", "topic": topic})).await;
    let roster = ann.answer(id).await;
    assert_eq!((&roster["t"], &roster["n"]), (&json!("roster"), &json!(2)));
    let id = ann.say(room, "a1", "read me").await;
    ann.answer(id).await;
    sam.frame("msg").await;
    let mark = json!({"t": "mark", "topic": topic, "read": 1, "delivered": 1}).to_string();
    sam.text(&mark).await;
    let marks = ann.frame("marks").await;
    assert_eq!((&marks["m"][0]["read"], &marks["m"][0]["delivered"]), (&json!(1), &json!(1)));
    let own = sam.frame("mark").await;
    assert_eq!((&own["read"], &own["topic"]), (&json!(1), &json!(topic)));
}

/// MSG-07: the limit is the person's, on whatever device, and says how long to wait.
#[tokio::test]
async fn who_writes_too_fast_is_told_how_long_to_wait() {
    let School { s, student, room, .. } = &school().await;
    let mut phone = Socket::sign_in(s, student).await;
    let mut desk = Socket::sign_in(s, student).await;
    phone.join(room, None).await;
    desk.join(room, None).await;
    let mut refused = None;
    for n in 0..20 {
        let socket = if n % 2 == 0 { &mut phone } else { &mut desk };
        let id = socket.say(room, &format!("c{n}"), &format!("n{n}")).await;
        let answer = socket.answer(id).await;
        if answer["t"] == "err" {
            refused = Some((n, answer));
            break;
        }
    }
    let (after, err) = refused.expect("twenty messages at once pass");
    assert!(after >= 5, "{after}");
    assert_eq!(err["code"], "rate_limited");
    assert!((1..=1001).contains(&err["retry_ms"].as_u64().unwrap()), "{err}");
    let texts = ["a", "b", "c"].map(|id| json!({"client_id": id, "body": "same"}));
    s.advance(std::time::Duration::from_secs(60));
    let student = s.sign_in(&student.email).await;
    let path = format!("/api/v1/rooms/{room}/messages");
    student.post(&path, texts[0].clone()).await.expect(201);
    student.post(&path, texts[1].clone()).await.expect(201);
    let problem =
        student.post(&path, texts[2].clone()).await.expect_problem(422, "message_rejected");
    assert_eq!(problem["rule"], "duplicate");
}

/// MSG-02: from one person's keyboard to the other's screen, through the database.
#[tokio::test]
async fn a_message_arrives_in_less_than_200_ms() {
    let options = TestServerOptions {
        configure: Box::new(|config| config.limits.factor = 0),
        ..TestServerOptions::default()
    };
    let School { s, author, student, room, .. } =
        &school_on(TestServer::start_with(options).await).await;
    let mut ann = Socket::sign_in(s, author).await;
    let mut sam = Socket::sign_in(s, student).await;
    ann.join(room, None).await;
    sam.join(room, None).await;
    let mut times = Vec::new();
    for n in 0..50 {
        let sent = std::time::Instant::now();
        sam.say(room, &format!("c{n}"), &format!("message {n}")).await;
        ann.frame("msg").await;
        times.push(sent.elapsed());
    }
    times.sort_unstable();
    // The median, because tests share two cores with compilers.
    assert!(times[25] < std::time::Duration::from_millis(200), "{times:?}");
}

/// MSG-01: who stops reading is cut, and nobody else notices.
#[tokio::test]
async fn a_reader_that_stops_reading_is_cut_and_holds_nobody_up() {
    let options = TestServerOptions {
        configure: Box::new(|config| config.limits.factor = 0),
        ..TestServerOptions::default()
    };
    let School { s, author, student, room, .. } =
        &school_on(TestServer::start_with(options).await).await;
    let mut writer = Socket::sign_in(s, author).await;
    let mut slow = Socket::sign_in(s, student).await;
    writer.join(room, None).await;
    slow.join(room, None).await;
    // From here on `slow` is not read. What its kernel and ours take is a few megabytes at most.
    let text = "ж".repeat(3900);
    let mut n = 0;
    while sessions(s).await == 2 {
        n += 1;
        let id = writer.say(room, &format!("c{n}"), &format!("{n} {text}")).await;
        assert_eq!(writer.answer(id).await["t"], "ack");
        assert!(n < 10_000, "80 MB and it is not cut");
    }
    let id = writer.say(room, "after", "still here").await;
    assert_eq!(writer.answer(id).await["t"], "ack");
    drop(slow);
}

/// How many signed-in connections the node's relays know.
async fn sessions(s: &TestServer) -> usize {
    let mut count = 0;
    for relay in s.app.sockets.relays.all() {
        count += relay.send(actors::relay::Count).await.unwrap();
    }
    count
}
