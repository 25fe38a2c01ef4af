//! The list of rooms, what is unread, threads, announcements.

use serde_json::{Value, json};

use super::kinds::{room_in, run, says, unlimited};
use super::rooms::{School, enroll, school, school_on};
use crate::support::{Client, Socket};

fn lines(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|line| line["id"].as_str().unwrap()).collect()
}

async fn line(who: &Client, room: &str) -> Value {
    who.get(&format!("/api/v1/rooms/{room}")).await.expect(200).json()
}

/// MSG-03 MSG-05: what others wrote counts until it is read, on every device; one's own never does.
#[tokio::test]
async fn unread_counts_are_right_on_two_devices() {
    let School { s, author, student, room, course, .. } = &school_on(unlimited().await).await;
    let pair = student.post(&format!("/api/v1/courses/{course}/pair"), json!({})).await;
    let pair = room_in(&pair.expect(200).json());
    let again = json!({"student_id": student.id});
    let theirs = author.post(&format!("/api/v1/courses/{course}/pair"), again).await;
    assert_eq!(room_in(&theirs.expect(200).json()), pair, "one room for the two of them");
    for n in 1..=3 {
        says(author, &pair, &format!("n{n}")).await;
    }
    says(student, &pair, "mine").await;
    let mut phone = Socket::sign_in(s, student).await;
    let desktop = s.sign_in(&student.email).await;
    let seen = line(&desktop, &pair).await;
    assert_eq!((&seen["unread"], &seen["head"]), (&json!(3), &json!(4)));
    assert_eq!((&seen["title"], &seen["last"]["text"]), (&json!("ann Test"), &json!("mine")));
    assert_eq!(line(author, &pair).await["title"], "sam Test");
    assert_eq!(line(author, &pair).await["unread"], 1);
    let total = desktop.get("/api/v1/rooms/unread").await.expect(200).json();
    assert_eq!(total["total"], 3);

    phone.join(&pair, None).await;
    let topic = format!("room:{pair}");
    phone.ask(json!({"t": "mark", "topic": topic, "read": 2, "delivered": 4})).await;
    let read = json!({"read": 2});
    crate::support::eventually(async || {
        (line(&desktop, &pair).await["read_seq"] == read["read"]).then_some(())
    })
    .await;
    assert_eq!(line(&desktop, &pair).await["unread"], 1);
    phone.ask(json!({"t": "mark", "topic": topic, "read": 4, "delivered": 4})).await;
    crate::support::eventually(async || (line(&desktop, &pair).await["unread"] == 0).then_some(()))
        .await;
    // An older mark takes nothing back.
    phone.ask(json!({"t": "mark", "topic": topic, "read": 1, "delivered": 1})).await;
    let fifth = says(author, &pair, "n5").await;
    assert_eq!(line(&desktop, &pair).await["unread"], 1);
    // What happens to a message is no message, and one that was taken back is none any more.
    let message = format!("/api/v1/rooms/{pair}/messages/{}", fifth["msg"].as_str().unwrap());
    author.patch(&message, json!({"body": "n5, mended", "version": 1})).await.expect(200);
    author.put(&format!("{message}/reactions/%F0%9F%91%8D"), json!({})).await.expect(200);
    let seen = line(&desktop, &pair).await;
    assert_eq!((&seen["unread"], &seen["last"]["text"]), (&json!(1), &json!("n5, mended")));
    author.delete(&message).await.expect(200);
    assert_eq!(line(&desktop, &pair).await["unread"], 0);
    says(author, &pair, "n6").await;
    assert_eq!(line(&desktop, &pair).await["unread"], 1);

    // What is silenced counts for nobody's badge.
    let path = format!("/api/v1/rooms/{pair}");
    let changed = desktop.patch(&path, json!({"notify": "none", "pinned": true})).await;
    let changed = changed.expect(200).json();
    assert_eq!((&changed["notify"], &changed["pinned"]), (&json!("none"), &json!(true)));
    let total = desktop.get("/api/v1/rooms/unread").await.expect(200).json();
    assert_eq!(total["total"], 0);
    let unread = desktop.get("/api/v1/rooms?unread=true").await.expect(200).json();
    assert_eq!(lines(&unread), [pair.as_str()]);
    assert!(!lines(&unread).contains(&room.as_str()));
}

/// MSG-05 USR-11: who is mentioned hears of it wherever they are, if they may enter; a mention lets nobody in. What a message
/// answers, whom it names and which moment of the lesson it is about is the same live, in history and in a replay.
#[tokio::test]
async fn a_mention_is_heard_by_who_may_enter_and_by_nobody_else() {
    let School { s, author, student, room, course, lesson } = &school_on(unlimited().await).await;
    let (tim, eve) = (s.student("tim").await, s.student("eve").await);
    enroll(&tim, course).await;
    let quoted = says(author, room, "Which index do you mean?").await;
    let (mut tims, mut eves) = (Socket::sign_in(s, &tim).await, Socket::sign_in(s, &eve).await);
    let (mut ann, mut sam) = (Socket::sign_in(s, author).await, Socket::sign_in(s, student).await);
    let epoch = ann.join(room, None).await["epoch"].as_str().unwrap().to_owned();
    sam.join(room, None).await;
    let mut named = [tim.id, eve.id].map(|id| json!(id));
    named.sort_by_key(ToString::to_string);
    let at = json!({"lesson": lesson, "second": 73});
    let send = json!({"t": "send", "topic": format!("room:{room}"), "client_id": "m1", "at": at,
        "body": "The one of Tim", "reply_to": quoted["msg"], "mentions": named});
    let id = sam.ask(send).await;
    assert_eq!(sam.answer(id).await["seq"], 2);
    let live = ann.seq(&json!(2)).await["m"].clone();
    let page = tim.get(&format!("/api/v1/rooms/{room}/messages")).await.expect(200).json();
    let mut again = Socket::sign_in(s, &tim).await;
    let replay = again.join(room, Some((1, &epoch))).await["entries"][0]["m"].clone();
    for told in [&live, &page["items"][1], &replay] {
        assert_eq!((&told["body"], &told["at"]), (&json!("The one of Tim"), &at));
        assert_eq!((&told["mentions"], &told["reply_to"]), (&json!(named), &quoted["msg"]));
        assert_eq!(told["reply"]["text"], "Which index do you mean?");
    }
    while tims.frame("news").await["message"]["text"] != "The one of Tim" {}

    // Once Tim is a member he is shown how often he was named, also where all else is silent.
    let marks = format!("/api/v1/rooms/{room}/marks");
    let unread = async || tim.get("/api/v1/rooms/unread").await.expect(200).json();
    tim.post(&marks, json!({"read": 0, "delivered": 2})).await.expect(204);
    tim.patch(&format!("/api/v1/rooms/{room}"), json!({"notify": "mentions"})).await.expect(200);
    let once = json!({"total": 0, "mentions": 1});
    crate::support::eventually(async || (unread().await == once).then_some(())).await;
    tim.post(&marks, json!({"read": 2, "delivered": 2})).await.expect(204);
    let none = json!({"total": 0, "mentions": 0});
    crate::support::eventually(async || (unread().await == none).then_some(())).await;

    // Eve, who was named in a room that is not hers, hears first of the one that is.
    let general = room_in(&eve.get("/api/v1/general").await.expect(200).json());
    let hello = json!({"client_id": "g1", "body": "Hello, Eve", "mentions": [eve.id]});
    author.post(&format!("/api/v1/rooms/{general}/messages"), hello).await.expect(201);
    assert_eq!(eves.frame("news").await["room"], general);
    eve.get(&format!("/api/v1/rooms/{room}")).await.expect(404);
}

/// MSG-05 MSG-07: what waited for a moderator is unread from when it was let through, also for who has read past its
/// place meanwhile; what was refused never is.
#[tokio::test]
async fn a_message_that_was_let_through_is_unread_for_who_had_read_past_it() {
    let School { s, author, student, course, lesson, .. } = &school_on(unlimited().await).await;
    let keeper = s.person("mod", &[ilmspace::identity::Role::Moderator]).await;
    let tim = s.student("tim").await;
    enroll(&tim, course).await;
    let ask = json!({"title": "Sums", "body": "How?", "client_id": "t1"});
    let questions = format!("/api/v1/lessons/{lesson}/questions");
    let room = room_in(&student.post(&questions, ask).await.expect(201).json());
    let word = json!({"language": "any", "word": "doubtful", "verdict": "hold"});
    keeper.post("/api/v1/moderation/words", word).await.expect(201);
    let path = format!("/api/v1/rooms/{room}/messages");
    let mut held = Vec::new();
    for n in ["h1", "h2"] {
        let body = json!({"client_id": n, "body": format!("doubtful {n}"), "mentions": [tim.id]});
        let sent = student.post(&path, body).await.expect(201).json();
        held.push(sent["msg"].as_str().unwrap().to_owned());
    }
    says(author, &room, "Anybody?").await;
    let read = async |seq: u64| {
        let marks = json!({"read": seq, "delivered": seq});
        tim.post(&format!("/api/v1/rooms/{room}/marks"), marks).await.expect(204);
        crate::support::eventually(async || {
            (line(&tim, &room).await["read_seq"] == json!(seq)).then_some(())
        })
        .await;
    };
    let counts = async |who: &Client| {
        let thread = who.get(&questions).await.expect(200).json();
        let total = who.get("/api/v1/rooms/unread").await.expect(200).json();
        let of_thread = thread["items"][0]["unread"].clone();
        (
            line(who, &room).await["unread"].clone(),
            of_thread,
            total["total"].clone(),
            total["mentions"].clone(),
        )
    };
    let are = |n: u64, mentions: u64| (json!(n), json!(n), json!(n), json!(mentions));
    read(4).await;
    assert_eq!(counts(&tim).await, are(0, 0));
    let decide = async |id: &str, how: Value| {
        keeper.post(&format!("/api/v1/moderation/cases/{id}"), how).await.expect(200);
    };
    decide(&held[0], json!({"action": "approve"})).await;
    decide(&held[1], json!({"action": "refuse", "reason": "No"})).await;
    assert_eq!(counts(&tim).await, are(1, 1));
    let unread = tim.get("/api/v1/rooms?unread=true").await.expect(200).json();
    assert_eq!(lines(&unread), [room.as_str()]);
    // To its author it is no news.
    assert_eq!(line(student, &room).await["unread"], 1, "the author's question alone");
    says(author, &room, "Thanks.").await;
    assert_eq!(counts(&tim).await, are(2, 1));
    read(5).await;
    assert_eq!(counts(&tim).await, are(1, 0), "read up to the entry that showed it");
    read(7).await;
    assert_eq!(counts(&tim).await, are(0, 0));
}

#[tokio::test]
async fn the_list_is_pinned_first_then_lively_first_and_comes_in_pages() {
    let School { s, author, student, course, .. } = &school_on(unlimited().await).await;
    let forum = format!("/api/v1/courses/{course}/forum");
    let mut rooms = Vec::new();
    for n in 0..5 {
        let thread = json!({"title": format!("Thread {n}"), "body": format!("Word {n}."), "client_id": format!("t{n}")});
        rooms.push(room_in(&student.post(&forum, thread).await.expect(201).json()));
    }
    says(author, &rooms[1], "Indeed.").await;
    student
        .patch(&format!("/api/v1/rooms/{}", rooms[0]), json!({"pinned": true}))
        .await
        .expect(200);
    let mut order = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/v1/rooms?kind=forum&limit=2{cursor}");
        let page = student.get(&path).await.expect(200).json();
        order.extend(lines(&page).into_iter().map(str::to_owned));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let wanted: Vec<String> = [0, 1, 4, 3, 2].map(|n: usize| rooms[n].clone()).to_vec();
    assert_eq!(order, wanted);
    let found = student.get("/api/v1/rooms?q=thread%203").await.expect(200).json();
    assert_eq!(lines(&found), [rooms[3].as_str()]);
    student.get("/api/v1/rooms?cursor=x").await.expect(400);
    student.get("/api/v1/rooms?kind=palace").await.expect(400);
    // A stranger has the rooms that are everybody's.
    let eve = s.student("eve").await;
    let list = eve.get("/api/v1/rooms").await.expect(200).json();
    let kinds: Vec<&Value> =
        list["items"].as_array().unwrap().iter().map(|line| &line["kind"]).collect();
    assert_eq!(kinds, [&json!("general")]);
}

/// MSG-03 MSG-16 LRN-25: questions on a lesson and threads of the forum are opened once, searched, answered.
#[tokio::test]
async fn threads_are_opened_once_searched_and_answered() {
    let School { s, author, student, course, lesson, .. } = &school_on(unlimited().await).await;
    let path = format!("/api/v1/lessons/{lesson}/questions");
    let at = json!({"lesson": lesson, "second": 73});
    let ask = json!({"title": " Why an index? ", "body": "It is slow without one.", "client_id": "q1", "at": at});
    let asking = (0..5).map(|_| student.post(&path, ask.clone()));
    let answers = futures::future::join_all(asking).await;
    let made = answers.iter().filter(|answer| answer.status.as_u16() == 201).count();
    assert_eq!(made, 1, "{:?}", answers.iter().map(|a| a.status).collect::<Vec<_>>());
    let thread = answers[0].json();
    assert!(answers.iter().all(|answer| answer.json()["room_id"] == thread["room_id"]));
    assert_eq!((&thread["title"], &thread["replies"]), (&json!("Why an index?"), &json!(0)));
    assert_eq!((&thread["at"], &thread["opener"]["name"]), (&at, &json!("sam Test")));
    let other = json!({"title": "Another one", "body": "x", "client_id": "q1"});
    student.post(&path, other).await.expect_problem(409, "client_id_reused");

    let room = room_in(&thread);
    let answer = says(author, &room, "Because it need not look everywhere.").await;
    let tim = s.student("tim").await;
    enroll(&tim, course).await;
    let list = tim.get(&path).await.expect(200).json();
    let seen = &list["items"][0];
    assert_eq!((&seen["replies"], &seen["unread"]), (&json!(1), &json!(2)));
    for (query, n) in [("q=index", 1), ("q=everywhere", 1), ("q=nothing", 0), ("state=answered", 0)]
    {
        let found = tim.get(&format!("{path}?{query}")).await.expect(200).json();
        assert_eq!(found["items"].as_array().unwrap().len(), n, "{query}");
    }
    run(
        s,
        &format!(
            "update rooms set accepted_id = '{}' where id = '{room}'",
            answer["msg"].as_str().unwrap()
        ),
    )
    .await;
    let found = tim.get(&format!("{path}?state=answered")).await.expect(200).json();
    assert_eq!(found["items"][0]["answered"], true);
    let open = tim.get(&format!("{path}?state=open")).await.expect(200).json();
    assert_eq!(open["items"], json!([]));

    let forum = format!("/api/v1/courses/{course}/forum");
    let bad = json!({"title": "ab", "body": "x", "client_id": "f1"});
    student.post(&forum, bad).await.expect_problem(422, "invalid");
    let bad = json!({"title": "Books", "body": "\u{200B}", "client_id": "f1"});
    student.post(&forum, bad).await.expect_problem(422, "message_rejected");
    let stray = json!({"title": "Books", "body": "x", "client_id": "f1", "at": at});
    student.post(&forum, stray).await.expect_problem(422, "invalid");
    assert_eq!(student.get(&forum).await.expect(200).json()["items"], json!([]), "none was made");
    let eve = s.student("eve").await;
    for place in [&path, &forum] {
        eve.get(place).await.expect(404);
        let new = json!({"title": "Hello", "body": "x", "client_id": "e"});
        eve.post(place, new).await.expect(404);
    }
}

/// MSG-15: announcements reach a course or the school, are read by marks, and only some may make them.
#[tokio::test]
async fn announcements_reach_the_course_or_the_school_and_are_read_by_marks() {
    let School { s, author, student, course, .. } = &school().await;
    let curator = s.person("cur", &[ilmspace::identity::Role::Curator]).await;
    let path = "/api/v1/announcements";
    let to_course = json!({"course_id": course, "body": "Tomorrow at ten.", "client_id": "a1"});
    student.post(path, to_course.clone()).await.expect_problem(403, "forbidden");
    let first = author.post(path, to_course.clone()).await.expect(201).json();
    let again = author.post(path, to_course).await.expect(200).json();
    assert_eq!(first["id"], again["id"]);
    let to_all = json!({"course_id": null, "body": "The school is open.", "client_id": "a2"});
    author.post(path, to_all.clone()).await.expect_problem(403, "forbidden");
    curator.post(path, to_all).await.expect(201);
    let eve = s.student("eve").await;
    let to_course = json!({"course_id": course, "body": "x", "client_id": "a3"});
    eve.post(path, to_course).await.expect(404);

    let list = eve.get(path).await.expect(200).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "not what is the course's: {list}");
    let list = student.get(path).await.expect(200).json();
    let items = list["items"].as_array().unwrap();
    assert_eq!((&items[0]["course"], &items[1]["course"]["id"]), (&Value::Null, &json!(course)));
    assert_eq!((&items[1]["read"], &items[1]["author_name"]), (&json!(false), &json!("ann Test")));
    assert_eq!(student.get("/api/v1/rooms/unread").await.json()["total"], 2);

    let room = room_in(&items[1]);
    let mut socket = Socket::sign_in(s, student).await;
    socket.join(&room, None).await;
    socket
        .ask(json!({"t": "mark", "topic": format!("room:{room}"), "read": 1, "delivered": 1}))
        .await;
    crate::support::eventually(async || {
        let list = student.get(path).await.expect(200).json();
        (list["items"][1]["read"] == true).then_some(())
    })
    .await;
    let older = student.get(&format!("{path}?limit=1")).await.expect(200).json();
    let cursor = older["next_cursor"].as_str().unwrap();
    let rest = student.get(&format!("{path}?limit=1&cursor={cursor}")).await.expect(200).json();
    assert_eq!(rest["items"][0]["id"], first["id"]);
}
