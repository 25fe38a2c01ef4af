//! Requests that come out of turn: before sign-in, before the join, twice, after the leave. Each is answered, none of
//! them changes anything, and the connection goes on.

use serde_json::{Value, json};

use super::kinds::unlimited;
use super::rooms::{School, school, school_on};
use crate::support::Socket;

/// Every request about a room that changes something in it.
fn changes(topic: &str, msg: &Value) -> Vec<Value> {
    let mut all = vec![
        json!({"t": "send", "client_id": "early", "body": "too early"}),
        json!({"t": "edit", "msg": msg, "body": "other", "version": 1}),
        json!({"t": "del", "msg": msg}),
        json!({"t": "react", "msg": msg, "emoji": "👍", "on": true}),
        json!({"t": "pin", "msg": msg, "on": true}),
        json!({"t": "answer", "msg": msg}),
        json!({"t": "mod", "action": "lock", "reason": "x"}),
    ];
    all.iter_mut().for_each(|request| request["topic"] = json!(topic));
    all
}

/// Every other request about a room, and those about the connection.
fn others(topic: &str, msg: &Value) -> Vec<Value> {
    vec![
        json!({"t": "join", "topic": topic}),
        json!({"t": "leave", "topic": topic}),
        json!({"t": "report", "topic": topic, "msg": msg, "kind": "spam"}),
        json!({"t": "history", "topic": topic}),
        json!({"t": "search", "topic": topic, "q": "hello"}),
        json!({"t": "who", "topic": topic}),
        json!({"t": "mark", "topic": topic, "read": 1, "delivered": 1}),
        json!({"t": "typing", "topic": topic}),
        json!({"t": "auth", "token": "x"}),
        json!({"t": "ping"}),
        json!({"t": "dance"}),
    ]
}

/// The last number that who joins is told: the page may be a moment old, what came since follows it.
fn up_to(joined: &Value) -> u64 {
    let last = joined["entries"].as_array().unwrap().last();
    last.map_or(&joined["head"], |entry| &entry["seq"]).as_u64().unwrap()
}

/// MSG-01 SEC-04: nothing but `hello` is understood of who has not said it, alone or in one frame with it; after it the same
/// connection is as good as any.
#[tokio::test]
async fn before_hello_nothing_is_done_and_afterwards_everything() {
    let School { s, author, student, room, .. } = &school().await;
    let topic = format!("room:{room}");
    let mut ann = Socket::sign_in(s, author).await;
    ann.join(room, None).await;
    let id = ann.say(room, "a", "hello").await;
    let msg = ann.answer(id).await["msg"].clone();
    let mut early = Socket::open(s).await;
    for request in changes(&topic, &msg).into_iter().chain(others(&topic, &msg)) {
        let t = request["t"].clone();
        let id = early.ask(request).await;
        let refused = early.answer(id).await;
        assert_eq!((&refused["t"], &refused["code"]), (&json!("err"), &json!("unauthenticated")));
        assert_eq!(refused["re"], id, "{t}");
    }
    // What waits in the same frame behind the hello has not waited for its answer.
    let frame = json!([
        {"t": "hello", "id": 101, "token": student.token},
        {"t": "join", "id": 102, "topic": topic},
        {"t": "send", "id": 103, "topic": topic, "client_id": "early", "body": "too early"},
    ]);
    early.text(&frame.to_string()).await;
    for id in [102, 103] {
        assert_eq!(early.answer(id).await["code"], "unauthenticated");
    }
    assert_eq!(early.answer(101).await["t"], "welcome");
    let ask = |t: &str, id: u64| json!({"t": t, "id": id, "topic": topic}).to_string();
    early.text(&ask("join", 104)).await;
    let joined = early.answer(104).await;
    assert_eq!((up_to(&joined), &joined["room"]["online"]), (1, &json!(2)));
    let id = ann.say(room, "b", "the second").await;
    assert_eq!(ann.answer(id).await["seq"], 2, "nothing was stored in between");
    assert_eq!(early.frame("msg").await["m"]["body"], "the second");
}

/// MSG-01: who has not joined a room that is theirs changes nothing in it; who joins twice hears everything once; who
/// has left hears nothing.
#[tokio::test]
async fn before_the_join_twice_and_after_the_leave_the_room_stays_as_it_was() {
    let School { s, author, student, room, .. } = &school_on(unlimited().await).await;
    let topic = format!("room:{room}");
    let mut ann = Socket::sign_in(s, author).await;
    ann.join(room, None).await;
    let path = format!("/api/v1/rooms/{room}/messages");
    let own = json!({"client_id": "own", "body": "hello"});
    let msg = student.post(&path, own).await.expect(201).json()["msg"].clone();
    let mut sam = Socket::sign_in(s, student).await;
    let of_room = |t: &str| json!({"t": t, "topic": topic});
    // Leaving where one never was is done at once, however often.
    for _ in 0..2 {
        let id = sam.ask(of_room("leave")).await;
        assert_eq!(sam.answer(id).await["t"], "ack");
    }
    refused_everywhere(&mut sam, &topic, &msg).await;
    // To read one need not sit there.
    for request in [of_room("history"), json!({"t": "search", "topic": topic, "q": "hello"})] {
        let id = sam.ask(request).await;
        assert_eq!(sam.answer(id).await["items"][0]["id"], msg);
    }
    // Marks and typing of who is not there are nobody's, and have no answer.
    sam.ask(json!({"t": "typing", "topic": topic})).await;
    sam.ask(json!({"t": "mark", "topic": topic, "read": 1, "delivered": 1})).await;

    assert_eq!(sam.join(room, None).await["me"]["read"], 0);
    assert_eq!(sam.join(room, None).await["t"], "joined", "a second time");
    let hello = sam.ask(json!({"t": "hello", "token": student.token})).await;
    let again = sam.answer(hello).await;
    assert_eq!((&again["code"], &again["field"]), (&json!("bad_request"), &json!("t")));
    for n in 2..=3 {
        ann.say(room, &format!("a{n}"), &format!("n{n}")).await;
    }
    for n in 2..=3 {
        assert_eq!(sam.frame("msg").await["seq"], n, "each once");
    }
    // A mark is a number, and goes no further than the log.
    let id = sam.ask(json!({"t": "mark", "topic": topic, "read": -1})).await;
    assert_eq!(sam.answer(id).await["code"], "bad_request");
    sam.ask(json!({"t": "mark", "topic": topic, "read": u64::MAX, "delivered": 1_000_000})).await;
    let mark = sam.frame("mark").await;
    assert_eq!((&mark["read"], &mark["delivered"]), (&json!(3), &json!(3)));

    for _ in 0..2 {
        let id = sam.ask(of_room("leave")).await;
        assert_eq!(sam.answer(id).await["t"], "ack");
    }
    refused_everywhere(&mut sam, &topic, &msg).await;
    let id = ann.say(room, "a4", "behind the back").await;
    assert_eq!(ann.answer(id).await["seq"], 4);
    assert_eq!(up_to(&sam.join(room, None).await), 4);
    ann.say(room, "a5", "to the face").await;
    assert_eq!(sam.frame("msg").await["seq"], 5, "of what was said in between nothing came live");
}

/// Of one's own message, in one's own room: without a seat none of the changes is made.
async fn refused_everywhere(socket: &mut Socket, topic: &str, msg: &Value) {
    for request in changes(topic, msg) {
        let t = request["t"].clone();
        let id = socket.ask(request).await;
        assert_eq!(socket.answer(id).await["code"], "not_found", "{t}");
    }
    let id = socket.ask(json!({"t": "who", "topic": topic})).await;
    assert_eq!(socket.answer(id).await["code"], "not_found");
}
