//! What can happen to a message after it was sent: edits, deletions, reactions, pins; and who sees it.

use serde_json::{Value, json};

use super::rooms::{School, school};
use crate::support::Socket;

/// MSG-06: whoever is here sees the change, whoever comes later sees its outcome.
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
    let item = &joined["page"]["items"][0];
    assert_eq!((&item["body"], &item["version"]), (&json!("first"), &json!(2)));
    assert_eq!(item["reactions"], json!([{"emoji": "👍", "n": 1, "own": false}]));
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
