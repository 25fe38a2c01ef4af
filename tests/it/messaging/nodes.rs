//! The chat over two nodes: with Redis between them, and with the database alone.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ilmspace::platform::live::Notice;
use serde_json::{Value, json};

use super::rooms::{School, school_on};
use crate::support::{Proxy, Redis, Socket, TestServer, TestServerOptions};

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
