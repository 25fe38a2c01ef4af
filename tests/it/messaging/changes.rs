//! What can happen to a message after it was sent: edits, deletions, reactions, pins; and who sees it.

use serde_json::{Value, json};

use super::rooms::{School, school};
use crate::support::Socket;

/// MSG-01: whoever is here sees the change, whoever comes later sees its outcome.
#[tokio::test]
async fn edits_reactions_and_deletions_reach_everybody_and_last() {
    let School { s, author, student, room, .. } = &school().await;
    let mut ann = Socket::sign_in(s, author).await;
    ann.join(room, None).await;
    let mut sam = Socket::sign_in(s, student).await;
    sam.join(room, None).await;
    let topic = format!("room:{room}");
    let id = sam.say(room, "s1", "frist").await;
    let msg = sam.answer(id).await["msg"].clone();
    let ask = |t: &str, more: Value| {
        let mut frame = json!({"t": t, "topic": topic, "msg": msg});
        frame.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        frame
    };
    let id = sam.ask(ask("edit", json!({"body": "first", "version": 1}))).await;
    assert_eq!(sam.answer(id).await["seq"], 2);
    let edit = ann.frame("edit").await;
    assert_eq!((&edit["body"], &edit["version"]), (&json!("first"), &json!(2)));
    let id = sam.ask(ask("edit", json!({"body": "other", "version": 1}))).await;
    assert_eq!(sam.answer(id).await["code"], "conflict");
    let id = ann.ask(ask("react", json!({"emoji": "👍", "on": true}))).await;
    assert_eq!(ann.answer(id).await["seq"], 3);
    let react = sam.frame("react").await;
    assert_eq!((&react["emoji"], &react["n"]), (&json!("👍"), &json!(1)));
    let id = ann.ask(ask("react", json!({"emoji": "👍", "on": true}))).await;
    assert_eq!(ann.answer(id).await["dup"], true);
    let id = sam.ask(ask("pin", json!({"on": true}))).await;
    assert_eq!(sam.answer(id).await["code"], "forbidden");
    let id = ann.ask(ask("pin", json!({"on": true}))).await;
    assert_eq!(ann.answer(id).await["seq"], 4);
    assert_eq!(sam.frame("pin").await["preview"]["text"], "first");

    let mut late = Socket::sign_in(s, student).await;
    let joined = late.join(room, None).await;
    let page = student.get(&format!("/api/v1/rooms/{room}/messages")).await.json();
    let item = &page["items"][0];
    assert_eq!((&item["body"], &item["version"]), (&json!("first"), &json!(2)));
    assert_eq!(item["reactions"], json!([{"emoji": "👍", "n": 1, "own": false}]));
    assert_eq!(page["head"], 4);
    assert_eq!(joined["room"]["pinned"][0]["id"], msg);
    let epoch = joined["epoch"].as_str().unwrap().to_owned();

    let id = ann.ask(ask("del", json!({"reason": "a test"}))).await;
    assert_eq!(ann.answer(id).await["seq"], 5);
    assert_eq!(late.frame("del").await["msg"], msg);
    // A replay over the deletion holds not a word of it.
    let mut again = Socket::sign_in(s, student).await;
    let joined = again.join(room, Some((0, &epoch))).await;
    assert_eq!((&joined["resumed"], &joined["room"]["pinned"]), (&json!(true), &json!([])));
    assert!(!joined.to_string().contains("frist") && !joined.to_string().contains("first"));
    assert_eq!(joined["entries"].as_array().unwrap().len(), 5);
    assert_eq!(joined["entries"][0]["m"]["state"], "deleted");
}

/// MSG-01 MSG-04: the same over HTTP, for clients without a socket: what changes is heard by long poll, found by
/// its words, and its older texts are its author's and the moderators'.
#[tokio::test]
async fn without_a_socket_one_edits_searches_waits_and_marks() {
    let School { s, author, student, room, .. } = &school().await;
    let stranger = &s.student("eve").await;
    let at = |rest: &str| format!("/api/v1/rooms/{room}{rest}");
    let sent = json!({"client_id": "h1", "body": "Hello borowing world"});
    let msg = student.post(&at("/messages"), sent).await.expect(201).json()["msg"].clone();
    let message = at(&format!("/messages/{}", msg.as_str().unwrap()));
    let path = at("/log?after=1&wait=25");
    let (waited, edited) = tokio::join!(
        author.get(&path),
        student.patch(&message, json!({"body": "Hello borrowing world", "version": 1})),
    );
    assert_eq!(edited.expect(200).json()["seq"], 2);
    let log = waited.expect(200).json();
    assert_eq!((&log["head"], &log["more"]), (&json!(2), &json!(false)));
    assert_eq!((&log["items"][0]["t"], &log["items"][0]["version"]), (&json!("edit"), &json!(2)));
    let versions = student.get(&format!("{message}/versions")).await.expect(200).json();
    assert_eq!(versions["items"][0]["body"], "Hello borowing world");

    let react = format!("{message}/reactions/%F0%9F%91%8D");
    author.put(&react, json!({})).await.expect(200);
    author.delete(&react).await.expect(200);
    student.put(&format!("{message}/reactions/no"), json!({})).await.expect(422);
    student.put(&format!("{message}/pin"), json!({})).await.expect_problem(403, "forbidden");
    author.put(&format!("{message}/pin"), json!({})).await.expect(200);

    let found = student.get(&at("/search?q=borrow")).await.expect(200).json();
    assert_eq!((&found["items"][0]["id"], &found["has_more"]), (&msg, &json!(false)));
    assert_eq!(student.get(&at("/search?q=borow")).await.json()["items"], json!([]));
    student.get(&at("/search?q=%20")).await.expect(422);

    let mut sam = Socket::sign_in(s, student).await;
    sam.join(room, None).await;
    author.post(&at("/marks"), json!({"read": 1, "delivered": 1})).await.expect(204);
    assert_eq!(sam.frame("marks").await["m"][0]["read"], 1);

    author.delete(&message).await.expect(200);
    sam.frame("del").await;
    assert_eq!(student.get(&at("/search?q=borrow")).await.json()["items"], json!([]));
    student.get(&format!("{message}/versions")).await.expect(404);
    let versions = author.get(&format!("{message}/versions")).await.expect(200).json();
    assert_eq!(versions["items"][1]["body"], "Hello borrowing world");
    for (method, path) in [("PATCH", message.clone()), ("DELETE", message.clone()), ("PUT", react)]
    {
        let body = json!({"body": "x", "version": 1});
        let answer = match method {
            "PATCH" => stranger.patch(&path, body).await,
            "PUT" => stranger.put(&path, body).await,
            _ => stranger.delete(&path).await,
        };
        answer.expect(404);
    }
}

/// USR-11 MSG-05: what is said reaches the members' other pages as one frame, and nobody who has no part in it.
#[tokio::test]
async fn news_reach_the_members_who_are_elsewhere() {
    let School { s, author, student, room, .. } = &school().await;
    let path = format!("/api/v1/rooms/{room}/marks");
    // Who has marked is a member.
    author.post(&path, json!({"read": 0, "delivered": 0})).await.expect(204);
    let mut sam = Socket::sign_in(s, student).await;
    sam.join(room, None).await;
    let id = sam.say(room, "s0", "first").await;
    sam.answer(id).await;
    let mut ann = Socket::sign_in(s, author).await;
    author.post(&path, json!({"read": 1, "delivered": 1})).await.expect(204);
    // Her mark is stored within moments; what is said after that is told.
    let mut said = 0;
    let news = loop {
        said += 1;
        let id = sam.say(room, &format!("s{said}"), &format!("text {said}")).await;
        sam.answer(id).await;
        if let Ok(news) =
            tokio::time::timeout(std::time::Duration::from_secs(1), ann.frame("news")).await
        {
            break news;
        }
        assert!(said < 20, "no news");
    };
    assert_eq!((&news["topic"], &news["room"]), (&json!("user"), &json!(room)));
    assert_eq!(news["kind"], "lesson");
    assert!(news["message"]["text"].as_str().unwrap().starts_with("text "));
}
