//! The chat over two nodes: with Redis between them, and with the database alone.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ilmspace::identity::Role;
use ilmspace::platform::live::Notice;
use serde_json::{Value, json};

use super::rooms::{School, school_on};
use crate::support::{Person, Proxy, Redis, Socket, TestServer, TestServerOptions};

/// A node on the Redis at `address`, without limits.
fn node_on(address: SocketAddr) -> TestServerOptions {
    let url = format!("redis://{address}/0");
    let configure = move |config: &mut ilmspace::platform::config::Config| {
        config.redis.url = url.into();
        config.limits.factor = 0;
    };
    TestServerOptions { configure: Box::new(configure), ..TestServerOptions::default() }
}

/// The next `count` messages of a reader by their numbers, which follow each other from `first` on.
async fn told(socket: &mut Socket, first: u64, count: u64) -> Vec<Value> {
    let mut ids = Vec::new();
    for seq in first..first + count {
        let msg = socket.frame("msg").await;
        assert_eq!(msg["seq"], seq);
        ids.push(msg["m"]["id"].clone());
    }
    ids
}

/// Until a frame of one node arrives at the other: then the bus is there.
async fn joined(one: &TestServer, two: &TestServer) {
    let mut heard = two.app.live.listen();
    let frame = json!({});
    loop {
        let topic = "job:heard".to_owned();
        one.app.live.tell(Notice::Frame { topic, frame: frame.clone() });
        if tokio::time::timeout(Duration::from_millis(100), heard.recv()).await.is_ok() {
            return;
        }
    }
}

/// Two nodes' readers see every message of both, in one order.
async fn one_order(options: fn() -> TestServerOptions) {
    let School { s: one, author, student, room, .. } =
        school_on(TestServer::start_with(options()).await).await;
    let two = one.beside(options()).await;
    let mut ann = Socket::sign_in(&one, &author).await;
    let mut sam = Socket::sign_in(&two, &student.moved_to(&two)).await;
    ann.join(&room, None).await;
    sam.join(&room, None).await;
    for n in 0..4 {
        ann.say(&room, &format!("a{n}"), &format!("ann {n}")).await;
        sam.say(&room, &format!("s{n}"), &format!("sam {n}")).await;
    }
    let mut orders = Vec::new();
    for socket in [&mut ann, &mut sam] {
        let mut order = Vec::new();
        for seq in 1..=8 {
            let msg = socket.frame("msg").await;
            assert_eq!(msg["seq"], seq);
            order.push(msg["m"]["id"].clone());
        }
        orders.push(order);
    }
    assert_eq!(orders[0], orders[1]);
}

/// PLT-04 MSG-01
#[tokio::test]
async fn two_nodes_with_redis_between_them_show_one_order() {
    one_order(TestServerOptions::with_redis).await;
}

/// MSG-01: the bus only makes it fast; the log alone is enough.
#[tokio::test]
async fn two_nodes_without_a_bus_show_one_order_by_looking_at_the_log() {
    one_order(TestServerOptions::default).await;
}

/// IDN-14: a sign-out on one node ends the socket on the other within a second.
#[tokio::test]
async fn signing_out_on_one_node_cuts_the_socket_on_the_other() {
    let one = TestServer::start_with(TestServerOptions::with_redis()).await;
    let sam = one.student("sam").await;
    let two = one.beside(TestServerOptions::with_redis()).await;
    joined(&one, &two).await;
    let mut socket = Socket::sign_in(&two, &sam.moved_to(&two)).await;
    let started = Instant::now();
    sam.post("/api/v1/auth/logout", json!({})).await.expect(204);
    assert_eq!(socket.closed().await, Some(4002));
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
}

/// MSG-01 PLT-04: two nodes write to one room at full speed over a bus that is late.
#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_at_full_speed_over_a_slow_bus_show_one_order() {
    const EACH: u64 = 100;
    let redis = Redis::start();
    let slow = Proxy::slowly_before(redis.address, Duration::from_millis(100)).await;
    let School { s: one, author, student, room, .. } =
        school_on(TestServer::start_with(node_on(slow.address)).await).await;
    let two = one.beside(node_on(slow.address)).await;
    joined(&one, &two).await;
    let mut ann = Socket::sign_in(&one, &author).await;
    let mut sam = Socket::sign_in(&two, &student.moved_to(&two)).await;
    ann.join(&room, None).await;
    sam.join(&room, None).await;
    for n in 0..EACH {
        ann.say(&room, &format!("a{n}"), &format!("ann {n}")).await;
        sam.say(&room, &format!("s{n}"), &format!("sam {n}")).await;
    }
    let (by_ann, by_sam) = tokio::join!(told(&mut ann, 1, 2 * EACH), told(&mut sam, 1, 2 * EACH));
    assert_eq!(by_ann, by_sam);
}

/// MSG-01 MSG-04 PLT-05: without Redis messages are stored and acknowledged all the same, the other
/// node's readers have them within a second, and nothing comes twice when it is back.
#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_the_other_nodes_readers_have_everything_within_a_second() {
    let mut redis = Redis::start();
    let School { s: one, author, student, room, .. } =
        school_on(TestServer::start_with(node_on(redis.address)).await).await;
    let two = one.beside(node_on(redis.address)).await;
    joined(&one, &two).await;
    let mut ann = Socket::sign_in(&one, &author).await;
    let mut sam = Socket::sign_in(&two, &student.moved_to(&two)).await;
    ann.join(&room, None).await;
    sam.join(&room, None).await;
    ann.say(&room, "before", "before").await;
    told(&mut ann, 1, 1).await;
    told(&mut sam, 1, 1).await;

    redis.kill();
    let mut slowest = Duration::ZERO;
    for n in 0..5 {
        let id = ann.say(&room, &format!("a{n}"), &format!("ann {n}")).await;
        assert_eq!(ann.answer(id).await["t"], "ack");
        let said = Instant::now();
        told(&mut sam, 2 + n, 1).await;
        // The first may fall into the moment in which the loss is not noticed yet.
        if n > 0 {
            slowest = slowest.max(said.elapsed());
        }
    }
    // Half a second between two looks; a busy machine may take its own time for one.
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    told(&mut ann, 2, 5).await;

    redis.start_again();
    joined(&one, &two).await;
    joined(&two, &one).await;
    for n in 0..5 {
        ann.say(&room, &format!("b{n}"), &format!("ann again {n}")).await;
        sam.say(&room, &format!("c{n}"), &format!("sam again {n}")).await;
    }
    assert_eq!(told(&mut ann, 7, 10).await, told(&mut sam, 7, 10).await);
}

/// The person's place in a roster or among those who came or went.
fn names(list: &Value, who: &Person) -> bool {
    let id = json!(who.id);
    list.as_array().is_some_and(|list| list.iter().any(|one| *one == id || one["user"] == id))
}

/// Until a reader is told that somebody came (`on`) or went (`off`).
async fn heard(socket: &mut Socket, which: &str, who: &Person) -> Value {
    loop {
        let told = socket.frame("presence").await;
        if names(&told[which], who) {
            return told;
        }
    }
}

/// PLT-04: who comes, types and goes on one node is told on the other. Nothing of it is kept in Redis, so nothing
/// of it is lost with Redis' data.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_there_and_who_types_is_told_from_node_to_node() {
    let redis = Redis::start();
    let School { s: one, author, student, room, .. } =
        school_on(TestServer::start_with(node_on(redis.address)).await).await;
    let two = one.beside(node_on(redis.address)).await;
    joined(&one, &two).await;
    joined(&two, &one).await;
    let mut ann = Socket::sign_in(&one, &author).await;
    ann.join(&room, None).await;
    let mut sam = Socket::sign_in(&two, &student.moved_to(&two)).await;
    sam.join(&room, None).await;
    assert_eq!(heard(&mut ann, "on", &student).await["n"], 2);
    // A node that opens the room later asks who is there.
    heard(&mut sam, "on", &author).await;

    assert_eq!(redis.command(&["flushall"]), "OK");
    let who = json!({"t": "who", "topic": format!("room:{room}")});
    let id = ann.ask(who.clone()).await;
    let roster = ann.answer(id).await;
    assert_eq!(roster["n"], 2);
    assert!(names(&roster["users"], &student), "{roster}");
    assert!(roster["users"].as_array().unwrap().iter().all(|user| user["name"] != ""));

    sam.ask(json!({"t": "typing", "topic": format!("room:{room}")})).await;
    assert_eq!(ann.frame("typing").await["user"], json!(student.id));

    let leave = sam.ask(json!({"t": "leave", "topic": format!("room:{room}")})).await;
    sam.answer(leave).await;
    // A link that flaps is not told; the room looks at its clock at the next position check at the latest.
    two.advance(Duration::from_secs(31));
    assert_eq!(heard(&mut ann, "off", &student).await["n"], 1);
}

/// PLT-04 PLT-05: a node of which nothing is heard any more, killed or cut off, takes its people with it.
#[tokio::test(flavor = "multi_thread")]
async fn the_people_of_a_node_that_has_gone_silent_are_gone_after_45_seconds() {
    let redis = Redis::start();
    let proxy = Proxy::before(redis.address).await;
    let School { s: one, author, student, room, .. } =
        school_on(TestServer::start_with(node_on(redis.address)).await).await;
    let two = one.beside(node_on(proxy.address)).await;
    joined(&one, &two).await;
    joined(&two, &one).await;
    let mut ann = Socket::sign_in(&one, &author).await;
    ann.join(&room, None).await;
    let mut sam = Socket::sign_in(&two, &student.moved_to(&two)).await;
    sam.join(&room, None).await;
    heard(&mut ann, "on", &student).await;
    proxy.go_away();
    while two.app.bus.is_whole() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    one.advance(Duration::from_secs(25));
    let id = ann.ask(json!({"t": "who", "topic": format!("room:{room}")})).await;
    assert_eq!(ann.answer(id).await["n"], 2);
    one.advance(Duration::from_secs(21));
    assert_eq!(heard(&mut ann, "off", &student).await["n"], 1);
}

/// MSG-12 PLT-04: whoever answers is on duty wherever they are connected.
#[tokio::test(flavor = "multi_thread")]
async fn who_answers_is_on_duty_on_whatever_node() {
    let redis = Redis::start();
    let one = TestServer::start_with(node_on(redis.address)).await;
    let two = one.beside(node_on(redis.address)).await;
    let sam = one.student("sam").await;
    let (kim, zoe) =
        (one.person("kim", &[Role::Support]).await, one.person("zoe", &[Role::Support]).await);
    let on_duty = async |n: u64| {
        let deadline = Instant::now() + Duration::from_secs(20);
        while sam.get("/api/v1/support").await.expect(200).json()["on_duty"] != n {
            assert!(Instant::now() < deadline, "never {n} on duty");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    on_duty(0).await;
    let socket = Socket::sign_in(&two, &kim.moved_to(&two)).await;
    on_duty(1).await;
    // What a killed node said is over when its time is.
    let dead = format!("{}:{}", zoe.id, kim.id);
    redis.command(&["zadd", "ilm:staff", "1", &dead]);
    on_duty(1).await;
    socket.drop_link();
    on_duty(0).await;
}

/// Sign-out and kick on one node, the socket on the other, each within a second.
async fn cut_within_a_second(one: &TestServer, two: &TestServer, school: &Cut<'_>) {
    let Cut { author, student, room } = school;
    let mut sam = Socket::sign_in(two, &student.moved_to(two)).await;
    sam.join(room, None).await;
    let kick = json!({"action": "kick", "user_id": student.id, "reason": "Enough"});
    author.post(&format!("/api/v1/rooms/{room}/moderation"), kick).await.expect(200);
    let done = Instant::now();
    assert_eq!(sam.closed().await, Some(4202));
    assert!(done.elapsed() < Duration::from_secs(1), "kicked after {:?}", done.elapsed());

    let mut sam = Socket::sign_in(two, &student.moved_to(two)).await;
    student.moved_to(one).post("/api/v1/auth/logout", json!({})).await.expect(204);
    let done = Instant::now();
    assert_eq!(sam.closed().await, Some(4002));
    assert!(done.elapsed() < Duration::from_secs(1), "signed out after {:?}", done.elapsed());
}

struct Cut<'a> {
    author: &'a Person,
    student: &'a Person,
    room: &'a str,
}

/// MSG-07 IDN-14 PLT-04: nodes that have only the database hear of each other through it.
#[tokio::test(flavor = "multi_thread")]
async fn without_redis_a_kick_and_a_sign_out_reach_the_other_node_within_a_second() {
    let School { s: one, author, student, room, .. } = school_on(TestServer::start().await).await;
    assert!(!one.app.ear.has_others());
    let two = one.beside(TestServerOptions::default()).await;
    while !(one.app.ear.has_others() && two.app.ear.has_others()) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let school = Cut { author: &author, student: &student, room: &room };
    cut_within_a_second(&one, &two, &school).await;
}

/// MSG-07 IDN-14 PLT-05
#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_a_kick_and_a_sign_out_reach_the_other_node_within_a_second() {
    let mut redis = Redis::start();
    let School { s: one, author, student, room, .. } =
        school_on(TestServer::start_with(node_on(redis.address)).await).await;
    let two = one.beside(node_on(redis.address)).await;
    joined(&one, &two).await;
    redis.kill();
    while one.app.bus.is_whole() || two.app.bus.is_whole() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let school = Cut { author: &author, student: &student, room: &room };
    cut_within_a_second(&one, &two, &school).await;
}

/// MSG-05 PLT-04: what is read on one node is read on the reader's other devices and told to the author on another.
#[tokio::test(flavor = "multi_thread")]
async fn own_marks_and_receipts_cross_from_node_to_node() {
    let redis = Redis::start();
    let School { s: one, author, student, room, .. } =
        school_on(TestServer::start_with(node_on(redis.address)).await).await;
    let two = one.beside(node_on(redis.address)).await;
    joined(&one, &two).await;
    joined(&two, &one).await;
    let mut ann = Socket::sign_in(&two, &author.moved_to(&two)).await;
    let mut phone = Socket::sign_in(&one, &student).await;
    let mut desktop = Socket::sign_in(&two, &student.moved_to(&two)).await;
    ann.join(&room, None).await;
    phone.join(&room, None).await;
    for n in 1..=3 {
        let id = ann.say(&room, &format!("a{n}"), &format!("ann {n}")).await;
        assert_eq!(ann.answer(id).await["seq"], n);
    }
    told(&mut phone, 1, 3).await;
    let topic = format!("room:{room}");
    let read = Instant::now();
    phone.ask(json!({"t": "mark", "topic": topic, "read": 3, "delivered": 3})).await;
    // Not joined there, and told all the same: the badge goes.
    let mark = desktop.frame("mark").await;
    assert_eq!((&mark["topic"], &mark["read"]), (&json!(topic), &json!(3)));
    assert!(read.elapsed() < Duration::from_secs(1), "{:?}", read.elapsed());
    let receipt = json!({"user": student.id, "read": 3, "delivered": 3});
    while !ann.frame("marks").await["m"].as_array().unwrap().contains(&receipt) {}
    // Backwards goes nothing, from whichever node.
    desktop.join(&room, None).await;
    desktop.ask(json!({"t": "mark", "topic": topic, "read": 1, "delivered": 1})).await;
    desktop.ask(json!({"t": "mark", "topic": topic, "read": 3, "delivered": 3})).await;
    let page = desktop.join(&room, None).await;
    assert_eq!(page["me"]["read"], 3);
}
