//! The chat over two nodes: with Redis between them, and with the database alone.

use std::time::{Duration, Instant};

use serde_json::json;

use super::rooms::{School, school_on};
use crate::support::{Socket, TestServer, TestServerOptions};

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
    // The nodes are joined once a frame has crossed.
    let topic = "job:heard".to_owned();
    let mut heard = two.app.live.listen();
    loop {
        let frame = json!({});
        one.app.live.tell(ilmspace::platform::live::Notice::Frame { topic: topic.clone(), frame });
        if tokio::time::timeout(Duration::from_millis(100), heard.recv()).await.is_ok() {
            break;
        }
    }
    let mut socket = Socket::sign_in(&two, &sam.moved_to(&two)).await;
    let started = Instant::now();
    sam.post("/api/v1/auth/logout", json!({})).await.expect(204);
    assert_eq!(socket.closed().await, Some(4002));
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
}
