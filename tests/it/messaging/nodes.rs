//! The chat over two nodes: with Redis between them, and with the database alone.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ilmspace::identity::Role;
use ilmspace::platform::live::Notice;
use serde_json::{Value, json};

use super::rooms::{School, school_on};
use crate::support::{Person, Proxy, Redis, Socket, TestServer, TestServerOptions};

/// A node on the Redis at `address`, without limits.
pub fn node_on(address: SocketAddr) -> TestServerOptions {
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
pub async fn joined(one: &TestServer, two: &TestServer) {
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

/// A school on two nodes which hear of each other.
pub struct TwoNodes {
    pub one: TestServer,
    pub two: TestServer,
    pub author: Person,
    pub student: Person,
    pub course: String,
    pub room: String,
}

impl TwoNodes {
    /// Over Redis, which each of them finds at an address of its own.
    pub async fn over(redis_of_one: SocketAddr, redis_of_two: SocketAddr) -> Self {
        let options = node_on(redis_of_one);
        let School { s: one, author, student, course, room, .. } =
            school_on(TestServer::start_with(options).await).await;
        let two = one.beside(node_on(redis_of_two)).await;
        joined(&one, &two).await;
        joined(&two, &one).await;
        Self { one, two, author, student, course, room }
    }

    /// The author in the room on the first node, the student on the second.
    async fn seated(&self) -> (Socket, Socket) {
        let mut ann = Socket::sign_in(&self.one, &self.author).await;
        let mut sam = Socket::sign_in(&self.two, &self.student.moved_to(&self.two)).await;
        ann.join(&self.room, None).await;
        sam.join(&self.room, None).await;
        (ann, sam)
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
    assert_eq!(told(&mut ann, 1, 8).await, told(&mut sam, 1, 8).await);
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

/// MSG-01 PLT-04: a message that is repeated on another node, or on both at once, is stored and told once.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_client_id_on_two_nodes_is_one_message() {
    const EACH: u64 = 20;
    let redis = Redis::start();
    let nodes = TwoNodes::over(redis.address, redis.address).await;
    let TwoNodes { one, two, student, room, .. } = &nodes;
    let (mut ann, mut there) = nodes.seated().await;
    let mut here = Socket::sign_in(one, student).await;
    here.join(room, None).await;
    let mut fresh = 0;
    for n in 0..EACH {
        let (client_id, body) = (format!("c{n}"), format!("once {n}"));
        let (by_one, by_two) =
            tokio::join!(here.say(room, &client_id, &body), there.say(room, &client_id, &body));
        let (by_one, by_two) = tokio::join!(here.answer(by_one), there.answer(by_two));
        assert_eq!((&by_one["t"], &by_one["seq"]), (&json!("ack"), &json!(n + 1)));
        assert_eq!((&by_one["msg"], &by_one["seq"]), (&by_two["msg"], &by_two["seq"]));
        fresh += usize::from(by_one["dup"] == false) + usize::from(by_two["dup"] == false);
    }
    assert_eq!(fresh, 20, "of each pair one is the first");
    // Another text under a name that is used is refused wherever it comes in, and is nothing.
    let id = there.say(room, "c0", "twice").await;
    assert_eq!(there.answer(id).await["code"], "client_id_reused");
    // Nor does a late one over HTTP make a second.
    let late = json!({"client_id": "c0", "body": "once 0"});
    let path = format!("/api/v1/rooms/{room}/messages");
    let late = student.moved_to(two).post(&path, late).await.expect(200).json();
    assert_eq!((&late["seq"], &late["dup"]), (&json!(1), &json!(true)));
    ann.say(room, "last", "last").await;
    let by_ann = told(&mut ann, 1, EACH + 1).await;
    assert_eq!(by_ann, told(&mut here, 1, EACH + 1).await);
    assert_eq!(by_ann, told(&mut there, 1, EACH + 1).await);
}

/// MSG-01 PLT-04: two nodes write to one room at full speed over a bus that is late.
#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_at_full_speed_over_a_slow_bus_show_one_order() {
    const EACH: u64 = 100;
    let redis = Redis::start();
    let slow = Proxy::slowly_before(redis.address, Duration::from_millis(100)).await;
    let nodes = TwoNodes::over(slow.address, slow.address).await;
    let room = &nodes.room;
    let (mut ann, mut sam) = nodes.seated().await;
    for n in 0..EACH {
        ann.say(room, &format!("a{n}"), &format!("ann {n}")).await;
        sam.say(room, &format!("s{n}"), &format!("sam {n}")).await;
    }
    let (by_ann, by_sam) = tokio::join!(told(&mut ann, 1, 2 * EACH), told(&mut sam, 1, 2 * EACH));
    assert_eq!(by_ann, by_sam);
}

/// MSG-01 MSG-04 PLT-05: without Redis messages are stored and acknowledged all the same, the other
/// node's readers have them within a second, and nothing comes twice when it is back.
#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_the_other_nodes_readers_have_everything_within_a_second() {
    let mut redis = Redis::start();
    let nodes = TwoNodes::over(redis.address, redis.address).await;
    let room = &nodes.room;
    let (mut ann, mut sam) = nodes.seated().await;
    ann.say(room, "before", "before").await;
    told(&mut ann, 1, 1).await;
    told(&mut sam, 1, 1).await;

    redis.kill();
    let mut slowest = Duration::ZERO;
    for n in 0..5 {
        let id = ann.say(room, &format!("a{n}"), &format!("ann {n}")).await;
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
    joined(&nodes.one, &nodes.two).await;
    joined(&nodes.two, &nodes.one).await;
    for n in 0..5 {
        ann.say(room, &format!("b{n}"), &format!("ann again {n}")).await;
        sam.say(room, &format!("c{n}"), &format!("sam again {n}")).await;
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

/// USR-11 PLT-04: who comes, types and goes on one node is told on the other. Nothing of it is kept in Redis, so nothing
/// of it is lost with Redis' data.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_there_and_who_types_is_told_from_node_to_node() {
    let redis = Redis::start();
    let nodes = TwoNodes::over(redis.address, redis.address).await;
    let TwoNodes { one, two, author, student, room, .. } = &nodes;
    let mut ann = Socket::sign_in(one, author).await;
    ann.join(room, None).await;
    let mut sam = Socket::sign_in(two, &student.moved_to(two)).await;
    sam.join(room, None).await;
    assert_eq!(heard(&mut ann, "on", student).await["n"], 2);
    // A node that opens the room later asks who is there.
    heard(&mut sam, "on", author).await;

    assert_eq!(redis.command(&["flushall"]), "OK");
    let who = json!({"t": "who", "topic": format!("room:{room}")});
    let id = ann.ask(who.clone()).await;
    let roster = ann.answer(id).await;
    assert_eq!(roster["n"], 2);
    assert!(names(&roster["users"], student), "{roster}");
    assert!(roster["users"].as_array().unwrap().iter().all(|user| user["name"] != ""));

    sam.ask(json!({"t": "typing", "topic": format!("room:{room}")})).await;
    assert_eq!(ann.frame("typing").await["user"], json!(student.id));

    let leave = sam.ask(json!({"t": "leave", "topic": format!("room:{room}")})).await;
    sam.answer(leave).await;
    // A link that flaps is not told; the room looks at its clock at the next position check at the latest.
    two.advance(Duration::from_secs(31));
    assert_eq!(heard(&mut ann, "off", student).await["n"], 1);
}

/// USR-11 PLT-04 PLT-05: a node of which nothing is heard any more, killed or cut off, takes its people with it.
#[tokio::test(flavor = "multi_thread")]
async fn the_people_of_a_node_that_has_gone_silent_are_gone_after_45_seconds() {
    let redis = Redis::start();
    let proxy = Proxy::before(redis.address).await;
    let nodes = TwoNodes::over(redis.address, proxy.address).await;
    let TwoNodes { one, two, author, student, room, .. } = &nodes;
    let mut ann = Socket::sign_in(one, author).await;
    ann.join(room, None).await;
    let mut sam = Socket::sign_in(two, &student.moved_to(two)).await;
    sam.join(room, None).await;
    heard(&mut ann, "on", student).await;
    proxy.go_away();
    while two.app.bus.is_whole() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    one.advance(Duration::from_secs(25));
    let id = ann.ask(json!({"t": "who", "topic": format!("room:{room}")})).await;
    assert_eq!(ann.answer(id).await["n"], 2);
    one.advance(Duration::from_secs(21));
    assert_eq!(heard(&mut ann, "off", student).await["n"], 1);
}

/// USR-11 MSG-12 PLT-04: whoever answers is on duty wherever they are connected.
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

/// MSG-05 PLT-04: what is read on one node is read on the reader's other devices and told to the author on another.
#[tokio::test(flavor = "multi_thread")]
async fn own_marks_and_receipts_cross_from_node_to_node() {
    let redis = Redis::start();
    let nodes = TwoNodes::over(redis.address, redis.address).await;
    let TwoNodes { one, two, author, student, room, .. } = &nodes;
    let mut ann = Socket::sign_in(two, &author.moved_to(two)).await;
    let mut phone = Socket::sign_in(one, student).await;
    let mut desktop = Socket::sign_in(two, &student.moved_to(two)).await;
    ann.join(room, None).await;
    phone.join(room, None).await;
    for n in 1..=3 {
        let id = ann.say(room, &format!("a{n}"), &format!("ann {n}")).await;
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
    desktop.join(room, None).await;
    desktop.ask(json!({"t": "mark", "topic": topic, "read": 1, "delivered": 1})).await;
    desktop.ask(json!({"t": "mark", "topic": topic, "read": 3, "delivered": 3})).await;
    let page = desktop.join(room, None).await;
    assert_eq!(page["me"]["read"], 3);
}
