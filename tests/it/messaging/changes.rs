//! What can happen to a message after it was sent: edits, deletions, reactions, pins; and who sees it.

use ilmspace::identity::Role;
use ilmspace::messaging;
use serde_json::{Value, json};

use super::rooms::{School, enroll, school};
use crate::support::{Client, Socket};

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

    author.delete(&format!("{message}?reason=A%20test")).await.expect(200);
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

/// MSG-01 SEC-06: what a message said before is kept for moderators while it stands, and for 90 days after it was taken away.
#[tokio::test]
async fn older_texts_are_forgotten_ninety_days_after_a_deletion_and_not_before() {
    let School { s, author, student, room, .. } = &school().await;
    let path = format!("/api/v1/rooms/{room}/messages");
    let mut said = Vec::new();
    for n in ["kept", "gone"] {
        let sent = student.post(&path, json!({"client_id": n, "body": format!("{n} first")})).await;
        let msg = sent.expect(201).json()["msg"].as_str().unwrap().to_owned();
        let edit = json!({"body": format!("{n} second"), "version": 1});
        student.patch(&format!("{path}/{msg}"), edit).await.expect(200);
        said.push(msg);
    }
    let versions = async |who: &Client, msg: &str| -> Vec<String> {
        let told = who.get(&format!("{path}/{msg}/versions")).await.expect(200).json();
        let items = told["items"].as_array().unwrap().iter();
        items.map(|item| item["body"].as_str().unwrap().to_owned()).collect()
    };
    author.delete(&format!("{path}/{}?reason=Gone", said[1])).await.expect(200);
    let mut jobs = messaging::schedules().into_iter();
    let purge = jobs.find(|job| job.name == "messaging.purge_versions").unwrap();
    for (days, gone) in [(0, false), (89, false), (2, true)] {
        s.advance(std::time::Duration::from_secs(days * 24 * 3600));
        (purge.run)(s.app.clone()).await.unwrap();
        let author = s.sign_in(&author.email).await;
        assert_eq!(versions(&author, &said[0]).await, ["kept first"], "{days}");
        let mut of_gone = versions(&author, &said[1]).await;
        of_gone.sort();
        let expected: &[&str] = if gone { &[] } else { &["gone first", "gone second"] };
        assert_eq!(of_gone, expected, "{days}");
    }
}

/// MSG-07: a held message that is let through is one like every other, in the database too: at its own place, with what it
/// quotes, found and answered.
#[tokio::test]
async fn an_approved_message_is_shown_everywhere_as_of_its_own_number() {
    let School { s, author, student, course, room, .. } = &school().await;
    let keeper = s.person("mod", &[Role::Moderator]).await;
    let word = json!({"language": "any", "word": "doubtful", "verdict": "hold"});
    keeper.post("/api/v1/moderation/words", word).await.expect(201);
    let other = s.student("oli").await;
    enroll(&other, course).await;
    let path = format!("/api/v1/rooms/{room}/messages");
    let first = author.post(&path, json!({"client_id": "a", "body": "a question"})).await;
    let quoted = first.expect(201).json()["msg"].clone();
    let held = json!({"client_id": "b", "body": "a doubtful answer", "reply_to": quoted});
    let held = student.post(&path, held).await.expect(201).json();
    assert_eq!((&held["held"], &held["seq"]), (&json!(true), &json!(2)));
    author.post(&path, json!({"client_id": "c", "body": "thanks"})).await.expect(201);
    let seen = async || -> Vec<Value> {
        other.get(&path).await.expect(200).json()["items"].as_array().unwrap().clone()
    };
    assert_eq!(seen().await.len(), 2);
    let found = format!("/api/v1/rooms/{room}/search?q=doubtful");
    assert_eq!(other.get(&found).await.expect(200).json()["items"], json!([]));
    let case = format!("/api/v1/moderation/cases/{}", held["msg"].as_str().unwrap());
    keeper.post(&case, json!({"action": "approve"})).await.expect(200);

    // For who reads on, who comes now, who comes back, and who searches.
    let items = seen().await;
    let bodies: Vec<&str> = items.iter().map(|item| item["body"].as_str().unwrap()).collect();
    assert_eq!(bodies, ["a question", "a doubtful answer", "thanks"]);
    assert_eq!((&items[1]["seq"], &items[1]["reply"]["seq"]), (&json!(2), &json!(1)));
    assert_eq!(items[1].get("state"), None);
    let mut oli = Socket::sign_in(s, &other).await;
    let joined = oli.join(room, None).await;
    assert_eq!(joined["page"]["items"][1]["body"], "a doubtful answer");
    let epoch = joined["epoch"].as_str().unwrap().to_owned();
    let mut again = Socket::sign_in(s, &other).await;
    let joined = again.join(room, Some((3, &epoch))).await;
    let entry = &joined["entries"][0];
    assert_eq!((&entry["t"], &entry["m"]["seq"]), (&json!("approve"), &json!(2)));
    assert_eq!(other.get(&found).await.expect(200).json()["items"][0]["seq"], 2);
    // It is nobody's case any more, and may be answered and reported.
    let cases = keeper.get("/api/v1/moderation/cases").await.expect(200).json();
    assert_eq!(cases["items"], json!([]));
    let reply = json!({"client_id": "d", "body": "indeed", "reply_to": held["msg"]});
    other.post(&path, reply).await.expect(201);
    let report = format!("{path}/{}/reports", held["msg"].as_str().unwrap());
    other.post(&report, json!({"kind": "spam"})).await.expect(201);
}
