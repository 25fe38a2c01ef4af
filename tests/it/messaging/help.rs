//! Frequent questions and the support.

use ilmspace::identity::Role;
use serde_json::{Value, json};

use super::kinds::{room_in, run, says, unlimited};
use crate::support::{Client, Socket, TestServer, TestServerOptions};

async fn entry(who: &Client, topic: &str, question: Value, answer: Value) -> Value {
    let new = json!({"topic": topic, "question": question, "answer": answer});
    who.post("/api/v1/faq", new).await.expect(201).json()
}

fn topics(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["topic"].as_str().unwrap()).collect()
}

/// MSG-11: answers are found in four languages, by any form of a word, before anybody is asked.
#[tokio::test]
async fn frequent_questions_are_searched_kept_and_voted_on() {
    let s = TestServer::start().await;
    let (curator, sam) = (s.person("cur", &[Role::Curator]).await, s.student("sam").await);
    let documents = entry(
        &curator,
        "admission",
        json!({"uz": "Qanday hujjat kerak?", "ru": "Какие документы нужны?", "he": "אילו מסמכים נדרשים?"}),
        json!({"uz": "Pasport.", "ru": "Паспорт.", "he": "דרכון."}),
    )
    .await;
    let refund = entry(
        &curator,
        "payment",
        json!({"ru": "Как вернуть деньги?", "uz": "Toʻlovni qanday qaytarish mumkin?"}),
        json!({"ru": "Возврат занимает три дня.", "uz": "Uch kun ichida."}),
    )
    .await;
    let find = async |q: &str| {
        let url = format!("/api/v1/faq?q={}", q.replace(' ', "%20"));
        s.anonymous().get(&url).await.expect(200).json()
    };
    for (typed, topic) in [
        ("hujjatlarni", "admission"),
        ("документ", "admission"),
        ("מסמכים", "admission"),
        ("to'lov", "payment"),
        ("возврата денег", "payment"),
        ("НУЖНЫ ДОКУМЕНТЫ", "admission"),
    ] {
        assert_eq!(topics(&find(typed).await).first(), Some(&topic), "{typed}");
    }
    for nothing in ["xyzzy", "%26%7C:*", "'\"\\"] {
        let found = find(nothing).await;
        assert!(nothing != "xyzzy" || topics(&found).is_empty(), "{found}");
    }
    assert_eq!(topics(&s.anonymous().get("/api/v1/faq").await.json()), ["admission", "payment"]);
    assert_eq!(topics(&s.anonymous().get("/api/v1/faq?topic=payment").await.json()), ["payment"]);

    // Votes: one a person or place, and it may be changed.
    let vote = format!("/api/v1/faq/{}/vote", refund["id"].as_str().unwrap());
    sam.post(&vote, json!({"helpful": true})).await.expect(204);
    let votes = async || {
        let found = find("возврат").await;
        [&found["items"][0]["helpful"], &found["items"][0]["unhelpful"]]
            .map(|n| n.as_i64().unwrap())
    };
    sam.post(&vote, json!({"helpful": true})).await.expect(204);
    assert_eq!(votes().await, [1, 0]);
    for _ in 0..2 {
        s.anonymous().post(&vote, json!({"helpful": false})).await.expect(204);
    }
    assert_eq!(votes().await, [1, 1]);
    let pressing = (0..10).map(|n| sam.post(&vote, json!({"helpful": n % 2 == 1})));
    for answer in futures::future::join_all(pressing).await {
        answer.expect(204);
    }
    let both = votes().await;
    assert!(both == [1, 1] || both == [0, 2], "{both:?}");
    // Another node counts the same votes.
    let two = s.beside(TestServerOptions::default()).await;
    sam.moved_to(&two).post(&vote, json!({"helpful": true})).await.expect(204);
    two.anonymous().post(&vote, json!({"helpful": true})).await.expect(204);
    assert_eq!(votes().await, [2, 0]);
    let nothing = format!("/api/v1/faq/{}/vote", s.app.id());
    sam.post(&nothing, json!({"helpful": true})).await.expect_problem(404, "not_found");

    // Two editors at once: the later one is told.
    let path = format!("/api/v1/faq/{}", documents["id"].as_str().unwrap());
    let change = json!({"version": 1, "published": false});
    assert_eq!(curator.patch(&path, change.clone()).await.expect(200).json()["version"], 2);
    let late = curator.patch(&path, change).await.expect_problem(409, "conflict");
    assert_eq!(late["version"], 2);
    assert_eq!(topics(&s.anonymous().get("/api/v1/faq?all=true").await.json()), ["payment"]);
    let all = curator.get("/api/v1/faq?all=true").await.expect(200).json();
    assert_eq!(topics(&all), ["admission", "payment"]);
    let order = json!({"ids": [refund["id"], documents["id"]]});
    curator.put("/api/v1/faq/order", order).await.expect(204);
    let stale = json!({"ids": [refund["id"]]});
    curator.put("/api/v1/faq/order", stale).await.expect_problem(409, "order_stale");
    let all = curator.get("/api/v1/faq?all=true").await.expect(200).json();
    assert_eq!(topics(&all), ["payment", "admission"]);

    let bad = json!({"topic": "payment", "question": {"xx": "?"}, "answer": {"ru": "!"}});
    curator.post("/api/v1/faq", bad.clone()).await.expect_problem(422, "invalid");
    sam.post("/api/v1/faq", bad).await.expect_problem(403, "forbidden");
    sam.patch(&path, json!({"version": 2})).await.expect_problem(403, "forbidden");
    sam.delete(&path).await.expect_problem(403, "forbidden");
    curator.delete(&path).await.expect(204);
    curator.delete(&path).await.expect(404);

    let admin = s.person("adm", &[Role::Admin]).await;
    let acts = admin.get("/api/v1/admin/audit?action=faq.").await.expect(200).json();
    let acts = acts["items"].as_array().unwrap();
    let told: Vec<&str> = acts.iter().map(|act| act["action"].as_str().unwrap()).collect();
    let added = ["faq.added"; 2];
    assert_eq!(told[..3], ["faq.removed", "faq.ordered", "faq.changed"]);
    assert_eq!(told[3..], added);
    assert!(acts.iter().all(|act| act["actor"]["id"] == json!(curator.id)), "{acts:?}");
    assert_eq!(
        (&acts[0]["subject_id"], &acts[2]["details"]["version"]),
        (&documents["id"], &json!(2))
    );
}

/// MSG-12 MSG-14: no answer to my problem: a person of the staff, in the own room, opened again and again.
#[tokio::test]
async fn the_support_is_asked_in_ones_own_room_and_answers_there() {
    let s = unlimited().await;
    let (sam, tim) = (s.student("sam").await, s.student("tim").await);
    let nothing = sam.get("/api/v1/support").await.expect(200).json();
    assert_eq!((&nothing["state"], &nothing["room_id"]), (&json!("none"), &Value::Null));
    assert_eq!((&nothing["on_duty"], &nothing["expected_s"]), (&json!(0), &Value::Null));
    let ask = json!({"body": "I cannot sign in.", "client_id": "s1"});
    let room = room_in(&sam.post("/api/v1/support", ask.clone()).await.expect(201).json());
    assert_eq!(room_in(&sam.post("/api/v1/support", ask).await.expect(200).json()), room);
    let others = json!({"body": "Help!", "client_id": "s1"});
    let theirs = room_in(&tim.post("/api/v1/support", others).await.expect(201).json());
    assert_ne!(room, theirs);
    let empty = json!({"body": " ", "client_id": "s2"});
    sam.post("/api/v1/support", empty).await.expect_problem(422, "message_rejected");

    let helper = s.person("help", &[Role::Support]).await;
    let mut socket = Socket::sign_in(&s, &helper).await;
    assert_eq!(sam.get("/api/v1/support").await.json()["on_duty"], 1);
    let mut sams = Socket::sign_in(&s, &sam).await;
    sams.join(&room, None).await;
    assert_eq!(sam.get("/api/v1/support").await.json()["state"], "waiting");
    socket.join(&room, None).await;
    socket.say(&room, "h1", "Which address do you use?").await;
    assert_eq!(sams.frame("msg").await["m"]["author_role"], "moderator");
    let state = sam.get("/api/v1/support").await.json();
    assert_eq!(state["state"], "answered");
    assert!(state["expected_s"].is_i64(), "measured by now: {state}");
    helper.post(&format!("/api/v1/desk/{room}/resolve"), json!({})).await.expect(200);
    assert_eq!(sam.get("/api/v1/support").await.json()["state"], "resolved");
    says(&sam, &room, "It still fails.").await;
    assert_eq!(sam.get("/api/v1/support").await.json()["state"], "waiting");
    tim.get(&format!("/api/v1/rooms/{room}")).await.expect(404);
    run(&s, "delete from desk_answers").await;
    assert_eq!(sam.get("/api/v1/support").await.json()["expected_s"], Value::Null);
}
