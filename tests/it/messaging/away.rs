//! The chat while the database is away: nothing is acknowledged, nobody is sent home, and afterwards nothing is lost.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::rooms::{School, school_on};
use crate::support::{Client, Proxy, Socket, TestServer, TestServerOptions};

/// A school whose database can go away.
async fn school(proxy: &Proxy) -> School {
    let elsewhere = proxy.to_the_database();
    let options = TestServerOptions {
        configure: Box::new(move |config| {
            elsewhere(config);
            config.limits.factor = 0;
        }),
        ..TestServerOptions::default()
    };
    school_on(TestServer::start_with(options).await).await
}

/// Number and client id of everything that is stored in a room.
async fn stored(who: &Client, room: &str) -> Vec<(u64, String)> {
    let mut all: Vec<(u64, String)> = Vec::new();
    loop {
        let after = all.last().map_or(0, |(seq, _)| *seq);
        let path = format!("/api/v1/rooms/{room}/messages?after={after}&limit=100");
        let page = who.get(&path).await.expect(200).json();
        all.extend(page["items"].as_array().unwrap().iter().map(|item| {
            (item["seq"].as_u64().unwrap(), item["client_id"].as_str().unwrap().to_owned())
        }));
        if page["has_more"] != true {
            return all;
        }
    }
}

/// Says it again and again under the same name until it is acknowledged.
async fn insist(socket: &mut Socket, room: &str, client_id: &str) -> Value {
    for _ in 0..100 {
        let id = socket.say(room, client_id, client_id).await;
        let answer = socket.answer(id).await;
        if answer["t"] == "ack" {
            return answer;
        }
        assert_eq!(answer["code"], "unavailable", "{answer}");
        tokio::time::sleep(Duration::from_millis(answer["retry_ms"].as_u64().unwrap())).await;
    }
    panic!("{client_id} is never taken");
}

/// MSG-01 MSG-04: what comes while the database is away is refused as `unavailable`, with a time to come back, and stored once
/// when it is repeated; the connections stay.
#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_nothing_is_acknowledged_and_nobody_is_sent_home() {
    let proxy = Proxy::before_the_database().await;
    let School { s, author, student, room, .. } = &school(&proxy).await;
    let (mut ann, mut sam) = (Socket::sign_in(s, author).await, Socket::sign_in(s, student).await);
    ann.join(room, None).await;
    sam.join(room, None).await;
    let id = sam.say(room, "before", "before").await;
    assert_eq!(sam.answer(id).await["seq"], 1);

    proxy.go_away();
    for n in 0..3 {
        let id = sam.say(room, &format!("away{n}"), &format!("away{n}")).await;
        let refused = sam.answer(id).await;
        assert_eq!((&refused["t"], &refused["code"]), (&json!("err"), &json!("unavailable")));
        assert!(refused["retry_ms"].as_u64().is_some_and(|ms| ms > 0), "{refused}");
    }
    let path = format!("/api/v1/rooms/{room}/messages");
    let over_http = student.post(&path, json!({"client_id": "http", "body": "http"})).await;
    over_http.expect_problem(503, "unavailable");

    proxy.come_back();
    for n in 0..3 {
        let ack = insist(&mut sam, room, &format!("away{n}")).await;
        assert_eq!(ack["seq"], n + 2, "in the order in which they were repeated");
    }
    for (seq, body) in (1..).zip(["before", "away0", "away1", "away2"]) {
        let msg = ann.frame("msg").await;
        assert_eq!((&msg["seq"], &msg["m"]["body"]), (&json!(seq), &json!(body)));
    }
    assert_eq!(
        stored(student, room).await.len(),
        4,
        "what was refused and not repeated is not there"
    );
}

/// MSG-01: the connection to the database breaks while messages are being stored. Whether they were is not known then: no
/// answer is a lie, and the repetition settles it.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_breaks_off_is_settled_by_the_repetition() {
    const EACH: usize = 30;
    let proxy = Proxy::before_the_database().await;
    let School { s, author, student, room, .. } = &school(&proxy).await;
    let (mut ann, mut sam) = (Socket::sign_in(s, author).await, Socket::sign_in(s, student).await);
    ann.join(room, None).await;
    sam.join(room, None).await;
    let mut acked: HashMap<String, u64> = HashMap::new();
    let mut unsettled = 0;
    for round in 0..3 {
        let mut asked = Vec::new();
        for n in 0..EACH {
            let client_id = format!("r{round}-{n}");
            asked.push((sam.say(room, &client_id, &client_id).await, client_id));
            // In the first round at once, later ones when some of it is under way.
            if n == round * 10 {
                proxy.go_away();
            }
        }
        let mut again = Vec::new();
        for (id, client_id) in asked {
            let answer = sam.answer(id).await;
            if answer["t"] == "ack" {
                acked.insert(client_id, answer["seq"].as_u64().unwrap());
            } else {
                assert_eq!(answer["code"], "unavailable", "{answer}");
                again.push(client_id);
            }
        }
        unsettled += again.len();
        proxy.come_back();
        for client_id in again {
            let ack = insist(&mut sam, room, &client_id).await;
            acked.insert(client_id, ack["seq"].as_u64().unwrap());
        }
    }
    assert!(unsettled > 0, "nothing was under way when it broke");
    let stored = stored(student, room).await;
    assert_eq!(stored.len(), 3 * EACH, "each once");
    for (at, (seq, client_id)) in (1..).zip(&stored) {
        assert_eq!((at, acked.get(client_id)), (*seq, Some(seq)), "{client_id}");
    }
    for (seq, _) in &stored {
        assert_eq!(ann.frame("msg").await["seq"], *seq);
    }
}
