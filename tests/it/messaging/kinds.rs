//! Every kind of room, entered by every kind of person: over HTTP and on the socket.

use diesel_async::SimpleAsyncConnection as _;
use ilmspace::identity::{self, Role, Scope};
use serde_json::{Value, json};

use super::rooms::{School, enroll, school_on};
use crate::support::{Client, Person, Socket, TestServer, TestServerOptions};

/// A server that counts nothing.
pub async fn unlimited() -> TestServer {
    TestServer::start_with(TestServerOptions {
        configure: Box::new(|config| config.limits.factor = 0),
        ..TestServerOptions::default()
    })
    .await
}

/// A task of the course's first topic, as if its author had written it.
pub async fn task(s: &TestServer, school: &School) -> String {
    let (id, author) = (s.app.id().to_string(), school.author.id);
    let (course, lesson) = (&school.course, &school.lesson);
    run(
        s,
        &format!(
            "insert into tasks (id, course_id, module_id, position, kind, created_at, updated_at)
                select '{id}', '{course}', module_id, 0, 'number', now(), now()
                from lessons where id = '{lesson}';
            insert into task_versions (task_id, version, title, points, statement, body, key,
                    solution, solution_rule, edited_by, created_at)
                values ('{id}', 1, 'Sum of orders', 10, '{{\"type\": \"doc\", \"content\": []}}', '{{}}',
                    '{{}}', '{{\"type\": \"doc\", \"content\": []}}', '{{}}', '{author}', now());"
        ),
    )
    .await;
    id
}

/// As if the person had answered the task wrong so often.
pub async fn wrong(s: &TestServer, school: &School, task: &str, who: &Person, times: i32) {
    let (user, course) = (who.id, &school.course);
    run(
        s,
        &format!(
            "insert into task_states (user_id, task_id, course_id, tries, wrong, created_at, updated_at)
                values ('{user}', '{task}', '{course}', {times}, {times}, now(), now())
                on conflict (user_id, task_id) do update set tries = {times}, wrong = {times}"
        ),
    )
    .await;
}

pub async fn run(s: &TestServer, sql: &str) {
    let mut conn = s.app.db.conn().await.unwrap();
    conn.batch_execute(sql).await.unwrap();
}

/// The room that an answer names.
pub fn room_in(answer: &Value) -> String {
    answer["room_id"].as_str().unwrap().to_owned()
}

pub async fn says(who: &Client, room: &str, body: &str) -> Value {
    let message = json!({"client_id": uuid::Uuid::new_v4(), "body": body});
    who.post(&format!("/api/v1/rooms/{room}/messages"), message).await.expect(201).json()
}

/// MSG-03 MSG-08 MSG-10 MSG-12 MSG-13 MSG-15 MSG-16 IDN-04 IDN-05: what each may do in each kind of room, and that
/// what is not theirs is not there, over every way in.
#[tokio::test]
async fn every_kind_of_room_admits_whom_it_should() {
    let school = school_on(unlimited().await).await;
    let School { s, author, student, course, lesson, room, .. } = &school;
    let task = task(s, &school).await;
    wrong(s, &school, &task, student, 3).await;
    let tim = s.student("tim").await;
    enroll(&tim, course).await;
    let of_course = s.account("cur", &[]).await;
    grant_in(s, of_course, course).await;
    let people = [
        ("eve", s.student("eve").await.client),
        ("tim", tim.client.clone()),
        ("sam", student.client.clone()),
        ("ann", author.client.clone()),
        ("cur", s.sign_in("cur@example.com").await),
        ("curator", s.person("curator", &[Role::Curator]).await.client),
        ("support", s.person("support", &[Role::Support]).await.client),
        ("mod", s.person("mod", &[Role::Moderator]).await.client),
        ("admin", s.person("admin", &[Role::Admin]).await.client),
    ];
    let post = async |who: &Client, path: &str, body: Value| who.post(path, body).await.json();
    let thread = json!({"title": "Why so?", "body": "I wonder.", "client_id": "t1"});
    let questions = format!("/api/v1/lessons/{lesson}/questions");
    let forum = format!("/api/v1/courses/{course}/forum");
    let news = json!({"course_id": course, "body": "Tomorrow at ten.", "client_id": "n1"});
    let said = post(author, "/api/v1/announcements", news).await;
    let to_all = json!({"course_id": null, "body": "Hello, school.", "client_id": "n2"});
    let school_news = post(&people[8].1, "/api/v1/announcements", to_all).await;
    let task_room = student.get(&format!("/api/v1/tasks/{task}/room")).await.expect(200).json();
    let pair = post(student, &format!("/api/v1/courses/{course}/pair"), json!({})).await;
    let help = json!({"body": "I cannot pay.", "client_id": "s1"});
    let rooms = [
        // eve, tim, sam (whose room it is), ann, a curator of the course, curator, support, moderator,
        // admin.
        ("lesson", room.clone(), "-wwmmm-mm"),
        ("task", room_in(&task_room), "--wmmm-mm"),
        ("question", room_in(&post(student, &questions, thread.clone()).await), "-wwmmm-mm"),
        ("forum", room_in(&post(student, &forum, thread).await), "-wwmmm-mm"),
        ("pair", room_in(&pair), "--ww---mm"),
        ("support", room_in(&post(student, "/api/v1/support", help).await), "--w--mmmm"),
        ("general", room_in(&student.get("/api/v1/general").await.json()), "wwwwwmmmm"),
        ("staff", room_in(&people[8].1.get("/api/v1/staff/room").await.json()), "----wwwmm"),
        ("news", room_in(&said), "-rrmmm-mm"),
        ("school_news", room_in(&school_news), "rrrrrmrmm"),
    ];
    let nowhere = s.app.id().to_string();
    for (kind, room, rights) in &rooms {
        let path = format!("/api/v1/rooms/{room}");
        s.anonymous().get(&path).await.expect(401);
        for ((name, who), right) in people.iter().zip(rights.chars()) {
            let what = format!("{name} in {kind}");
            let mut socket = Socket::sign_in(s, who).await;
            let joined = socket.join(room, None).await;
            let message = json!({"client_id": format!("{name}-1"), "body": "A word."});
            let history = who.get(&format!("{path}/messages")).await;
            let write = who.post(&format!("{path}/messages"), message).await;
            let line = who.get(&path).await;
            if right == '-' {
                assert_eq!(
                    (&joined["t"], &joined["code"]),
                    (&json!("err"), &json!("not_found")),
                    "{what}"
                );
                let missing = socket.join(&nowhere, None).await;
                assert_eq!(joined["msg"], missing["msg"], "{what}");
                for answer in [history, write, line] {
                    answer.expect_problem(404, "not_found");
                }
                who.get(&format!("{path}/people")).await.expect(404);
                who.patch(&path, json!({"pinned": true})).await.expect(404);
                continue;
            }
            assert_eq!(joined["t"], "joined", "{what}: {joined}");
            assert_eq!(joined["room"]["kind"], *kind, "{what}");
            assert_eq!(joined["room"]["can_write"], right != 'r', "{what}");
            history.expect(200);
            let line = line.expect(200).json();
            assert_eq!(line["can_write"], right != 'r', "{what}");
            assert_eq!(line["moderates"], right == 'm', "{what}");
            match right {
                'r' => drop(write.expect_problem(403, "read_only")),
                _ => drop(write.expect(201)),
            }
            who.get(&format!("{path}/people")).await.expect(200);
        }
    }
    // The lists hold what may be entered, and nothing else.
    for (n, (name, who)) in people.iter().enumerate() {
        let list = who.get("/api/v1/rooms?limit=100").await.expect(200).json();
        for line in list["items"].as_array().unwrap() {
            let (kind, _, rights) = rooms.iter().find(|(_, room, _)| *room == line["id"]).unwrap();
            assert_ne!(rights.chars().nth(n), Some('-'), "{name} lists {kind}");
        }
    }
}

pub async fn grant_in(s: &TestServer, user: uuid::Uuid, course: &str) {
    let mut conn = s.app.db.conn().await.unwrap();
    let scope = Scope::Course(course.parse().unwrap());
    identity::grant(&mut conn, &s.app, user, Role::Curator, scope, None).await.unwrap();
}

/// MSG-03 MSG-08: an enrollment that ends takes its rooms; two people's talk stays to be read.
#[tokio::test]
async fn who_has_left_a_course_only_reads_the_talk_with_its_author() {
    let school = school_on(unlimited().await).await;
    let School { s, student, course, room, .. } = &school;
    let task = task(s, &school).await;
    wrong(s, &school, &task, student, 3).await;
    let task_room = room_in(&student.get(&format!("/api/v1/tasks/{task}/room")).await.json());
    let path = format!("/api/v1/courses/{course}/pair");
    let pair = room_in(&student.post(&path, json!({})).await.expect(200).json());
    says(student, &pair, "Thank you.").await;
    let (user, nowhere) = (student.id, s.app.id());
    run(s, &format!("update enrollments set ended_at = now() where user_id = '{user}'")).await;
    for gone in [room, &task_room, &nowhere.to_string()] {
        student.get(&format!("/api/v1/rooms/{gone}")).await.expect(404);
    }
    student.get(&format!("/api/v1/tasks/{task}/room")).await.expect(404);
    let line = student.get(&format!("/api/v1/rooms/{pair}")).await.expect(200).json();
    assert_eq!(line["can_write"], false);
    let list = student.get("/api/v1/rooms").await.expect(200).json();
    let ids: Vec<&Value> =
        list["items"].as_array().unwrap().iter().map(|line| &line["id"]).collect();
    assert!(ids.contains(&&json!(pair)) && !ids.contains(&&json!(task_room)), "{list}");
    // Who never was there makes no room with the author either.
    let eve = s.student("eve").await;
    eve.post(&path, json!({})).await.expect(404);
    eve.post(&path, json!({"student_id": student.id})).await.expect(404);
}

/// MSG-08 MSG-09 LRN-18: a drafted lesson, a topic that is not open, a ban.
#[tokio::test]
async fn what_shuts_a_lesson_shuts_its_rooms_to_learners_alone() {
    let school = school_on(unlimited().await).await;
    let School { s, author, student, lesson, room, .. } = &school;
    let path = format!("/api/v1/rooms/{room}");
    for (shut, open) in [
        (
            format!("update lessons set state = 'drafted' where id = '{lesson}'"),
            format!("update lessons set state = 'done' where id = '{lesson}'"),
        ),
        (
            "update modules set opens_at = now() + interval '1 day'".to_owned(),
            "update modules set opens_at = null".to_owned(),
        ),
    ] {
        run(s, &shut).await;
        student.get(&path).await.expect(404);
        let message = json!({"client_id": "x", "body": "x"});
        student.post(&format!("{path}/messages"), message).await.expect(404);
        let mut socket = Socket::sign_in(s, student).await;
        assert_eq!(socket.join(room, None).await["code"], "not_found", "{shut}");
        author.get(&path).await.expect(200);
        run(s, &open).await;
        student.get(&path).await.expect(200);
    }
    let ban = json!({"action": "ban", "user_id": student.id, "reason": "insults"});
    author.post(&format!("{path}/moderation"), ban).await.expect(200);
    student.get(&path).await.expect_problem(403, "chat_banned");
    let message = json!({"client_id": "x", "body": "x"});
    student.post(&format!("{path}/messages"), message).await.expect_problem(403, "chat_banned");
    let mut socket = Socket::sign_in(s, student).await;
    let refused = socket.join(room, None).await;
    assert_eq!((&refused["code"], &refused["reason"]), (&json!("banned"), &json!("insults")));
    author.get(&path).await.expect(200);
    run(s, "update room_members set banned_at = null").await;
    run(s, &format!("update rooms set locked = true where id = '{room}'")).await;
    let message = json!({"client_id": "x", "body": "x"});
    student.post(&format!("{path}/messages"), message).await.expect_problem(403, "read_only");
    says(author, room, "Only I write now.").await;
}

/// MSG-08 MSG-09: the room comes with the third wrong answer, once, and its student hears of it.
#[tokio::test]
async fn the_chat_under_a_task_opens_after_so_many_wrong_answers() {
    let school = school_on(unlimited().await).await;
    let School { s, author, student, .. } = &school;
    let task = task(s, &school).await;
    let path = format!("/api/v1/tasks/{task}/room");
    for (wrongs, missing) in [(0, 3), (1, 2), (2, 1)] {
        wrong(s, &school, &task, student, wrongs).await;
        let shut = student.get(&path).await.expect(200).json();
        assert_eq!((&shut["room_id"], &shut["open"]), (&Value::Null, &json!(false)));
        assert_eq!(shut["need_wrong"], missing);
    }
    wrong(s, &school, &task, student, 3).await;
    let asking = (0..6).map(|_| student.get(&path));
    let rooms = futures::future::join_all(asking).await;
    let rooms: Vec<String> =
        rooms.into_iter().map(|answer| room_in(&answer.expect(200).json())).collect();
    assert!(rooms.iter().all(|room| *room == rooms[0]), "{rooms:?}");
    // Its answerers find it by the student; the student's classmates find nothing.
    let found = author.get(&format!("/api/v1/tasks/{task}/rooms?student={}", student.id)).await;
    assert_eq!(found.expect(200).json()["items"][0]["room_id"], rooms[0]);
    student.get(&format!("/api/v1/tasks/{task}/rooms")).await.expect(404);
    let own = author.get(&path).await.expect(200).json();
    assert_eq!(own["room_id"], Value::Null, "who answers has no chat of their own");
    s.student("eve").await.get(&path).await.expect(404);
    // Raising the number later shuts nothing.
    run(s, &format!("update tasks set chat_after = 50 where id = '{task}'")).await;
    assert_eq!(room_in(&student.get(&path).await.expect(200).json()), rooms[0]);
}

/// MSG-08 MSG-09: a chat that is not open is read only whatever room there is, and says over the socket and HTTP how
/// many wrong answers are missing.
#[tokio::test]
async fn a_task_chat_that_is_not_open_says_how_many_wrong_answers_are_missing() {
    let school = school_on(unlimited().await).await;
    let School { s, author, student, .. } = &school;
    let task = task(s, &school).await;
    wrong(s, &school, &task, student, 3).await;
    let room = room_in(&student.get(&format!("/api/v1/tasks/{task}/room")).await.json());
    // Taken back by hand, as a restored backup does it: the right is looked at anew.
    run(
        s,
        &format!("update task_states set wrong = 1, chat_open_at = null where task_id = '{task}'"),
    )
    .await;
    let mut sam = Socket::sign_in(s, student).await;
    assert_eq!(sam.join(&room, None).await["room"]["can_write"], false);
    let id = sam.say(&room, "a", "Help").await;
    let refused = sam.answer(id).await;
    assert_eq!((&refused["code"], &refused["need_wrong"]), (&json!("read_only"), &json!(2)));
    let path = format!("/api/v1/rooms/{room}/messages");
    let message = json!({"client_id": "b", "body": "Help"});
    let refused = student.post(&path, message.clone()).await.expect_problem(403, "read_only");
    assert_eq!(refused["need_wrong"], 2);
    says(author, &room, "I may.").await;
    wrong(s, &school, &task, student, 3).await;
    assert_eq!(sam.join(&room, None).await["room"]["can_write"], true);
    student.post(&path, message).await.expect(201);
}

/// MSG-08 MSG-09 LRN-16: three wrong answers, the chat opens on every device, a question, the desk, a
/// claim, an answer, the receipt of its reading.
#[tokio::test]
async fn three_wrong_answers_open_a_chat_in_which_a_curator_answers() {
    let school = school_on(unlimited().await).await;
    let School { s, author, student, course, .. } = &school;
    let shown = author.get(&format!("/api/v1/studio/courses/{course}")).await.expect(200).json();
    let module = shown["modules"][0]["id"].as_str().unwrap();
    let statement = crate::courses::world::text("How many?");
    let task = json!({"kind": "number", "title": "Count", "statement": statement, "points": 10,
        "key": {"values": ["42"]}});
    let path = format!("/api/v1/studio/modules/{module}/tasks");
    let task = author.post(&path, task).await.expect(201).json()["id"].as_str().unwrap().to_owned();
    let (mut phone, mut desktop) =
        (Socket::sign_in(s, student).await, Socket::sign_in(s, student).await);
    for n in 1..=3 {
        let answer = json!({"client_key": uuid::Uuid::new_v4(), "version": 1,
            "answer": format!("{n}"), "spent_ms": 900});
        let path = format!("/api/v1/learn/tasks/{task}/attempts");
        let judged = student.post(&path, answer).await.expect(201).json();
        assert_eq!(judged["chat_opened"], n == 3);
    }
    s.settle().await;
    let mut room = String::new();
    for socket in [&mut phone, &mut desktop] {
        let frame = socket.frame("task_chat").await;
        assert_eq!((&frame["task"], &frame["topic"]), (&json!(task), &json!("user")));
        room = frame["room"].as_str().unwrap().to_owned();
    }
    let line = student.get(&format!("/api/v1/rooms/{room}")).await.expect(200).json();
    assert_eq!((&line["title"], &line["desk"]), (&json!("Count"), &Value::Null));
    phone.join(&room, None).await;
    phone.say(&room, "q1", "Where is my mistake?").await;

    let kim = s.person("kim", &[Role::Curator]).await;
    let mut curator = Socket::sign_in(s, &kim).await;
    crate::support::eventually(async || {
        let desk = kim.get("/api/v1/desk").await.expect(200).json();
        (desk["items"][0]["room_id"] == room.as_str()).then_some(())
    })
    .await;
    kim.post(&format!("/api/v1/desk/{room}/claim"), json!({})).await.expect(200);
    let panel = kim.get(&format!("/api/v1/desk/{room}")).await.expect(200).json();
    let answers: Vec<&Value> =
        panel["attempts"].as_array().unwrap().iter().map(|one| &one["answer"]).collect();
    assert_eq!(answers, ["1", "2", "3"]);
    assert_eq!((&panel["wrong"], &panel["statement"]), (&json!(3), &statement));
    curator.join(&room, None).await;
    curator.say(&room, "a1", "Count the last row too.").await;
    while phone.frame("msg").await["m"]["body"] != "Count the last row too." {}
    phone
        .ask(json!({"t": "mark", "topic": format!("room:{room}"), "read": 2, "delivered": 2}))
        .await;
    let seen = curator.frame("marks").await;
    assert_eq!(seen["m"][0]["user"], json!(student.id));
    let line = student.get(&format!("/api/v1/rooms/{room}")).await.expect(200).json();
    assert_eq!(line["desk"], "answered");
}
