//! Who may enter, and the room of a lesson. Also what the other files begin with.

use ilmspace::identity::Role;
use serde_json::{Value, json};

use crate::courses::world::{id, published};
use crate::support::{Client, Person, Socket, TestServer};

/// A course with one lesson, its author, and an enrolled student.
pub struct School {
    pub s: TestServer,
    pub author: Person,
    pub student: Person,
    pub course: String,
    pub lesson: String,
    pub room: String,
}

pub async fn enroll(who: &Client, course: &str) {
    let status = who.post(&format!("/api/v1/courses/{course}/enroll"), json!({})).await.status;
    assert!(status.is_success(), "{status}");
}

pub async fn school() -> School {
    school_on(TestServer::start().await).await
}

pub async fn school_on(s: TestServer) -> School {
    let (author, student) = (s.author("ann").await, s.student("sam").await);
    let made = published(&author, "SQL", json!({})).await;
    let course = id(&made["id"]).to_owned();
    let lesson = id(&made["modules"][0]["lessons"][0]["id"]).to_owned();
    enroll(&student, &course).await;
    let room = room_of(&student, &lesson).await;
    School { s, author, student, course, lesson, room }
}

pub async fn room_of(who: &Client, lesson: &str) -> String {
    let room = who.get(&format!("/api/v1/lessons/{lesson}/room")).await.expect(200).json();
    room["room_id"].as_str().unwrap().to_owned()
}

fn bodies(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["body"].as_str().unwrap()).collect()
}

/// MSG-03
#[tokio::test]
async fn a_lesson_has_one_room_however_many_open_it_at_once() {
    let school = school().await;
    let lesson = &school.lesson;
    let asking = (0..10).map(|_| room_of(&school.author, lesson));
    let rooms = futures::future::join_all(asking).await;
    assert!(rooms.iter().all(|room| *room == school.room));
}

/// MSG-03: what is not yours does not exist, over every way in.
#[tokio::test]
async fn a_stranger_finds_no_room_and_no_messages() {
    let School { s, lesson, room, .. } = &school().await;
    let eve = s.student("eve").await;
    let nowhere = s.app.id().to_string();
    for (lesson, room) in [(lesson, room), (&nowhere, &nowhere)] {
        let path = format!("/api/v1/lessons/{lesson}/room");
        eve.get(&path).await.expect_problem(404, "not_found");
        let path = format!("/api/v1/rooms/{room}/messages");
        eve.get(&path).await.expect_problem(404, "not_found");
        let message = json!({"client_id": "a", "body": "hello"});
        eve.post(&path, message).await.expect_problem(404, "not_found");
        let mut socket = Socket::sign_in(s, &eve).await;
        let refused = socket.join(room, None).await;
        assert_eq!((&refused["t"], &refused["code"]), (&json!("err"), &json!("not_found")));
        for request in ["send", "history", "who"] {
            let topic = format!("room:{room}");
            let body = json!({"t": request, "topic": topic, "client_id": "a", "body": "x"});
            let id = socket.ask(body).await;
            assert_eq!(socket.answer(id).await["code"], "not_found", "{request}");
        }
    }
    s.anonymous().get(&format!("/api/v1/rooms/{room}/messages")).await.expect(401);
    // Not one field of an answer tells the one from the other, over any route of a room.
    let of = format!("/messages/{}", s.app.id());
    for (method, tail) in [
        ("GET", String::new()),
        ("GET", "/messages".to_owned()),
        ("GET", "/log".to_owned()),
        ("GET", "/search?q=x".to_owned()),
        ("GET", "/people?q=x".to_owned()),
        ("POST", "/marks".to_owned()),
        ("POST", "/moderation".to_owned()),
        ("DELETE", of.clone()),
        ("GET", format!("{of}/versions")),
        ("PUT", format!("{of}/pin")),
        ("POST", format!("{of}/reports")),
    ] {
        let mut told = Vec::new();
        for room in [room, &nowhere] {
            let path = format!("/api/v1/rooms/{room}{tail}");
            let mut request = eve.request(method.parse().unwrap(), &path);
            if method == "POST" {
                let body = match tail.as_str() {
                    "/marks" => json!({"read": 1, "delivered": 1}),
                    "/moderation" => json!({"action": "lock"}),
                    _ => json!({"kind": "spam"}),
                };
                request = request.json(&body);
            }
            let mut problem = eve.run(request, &path).await.expect_problem(404, "not_found");
            for of_the_request in ["instance", "request_id"] {
                problem.as_object_mut().unwrap().remove(of_the_request);
            }
            told.push(problem);
        }
        assert_eq!(told[0], told[1], "{method} {tail}");
    }
}

#[tokio::test]
async fn author_moderator_and_student_are_what_they_are_in_the_room() {
    let School { s, author, student, room, .. } = &school().await;
    let staff = s.person("mod", &[Role::Moderator]).await;
    for (who, role) in [(author, "author"), (&staff, "moderator"), (student, "student")] {
        let mut socket = Socket::sign_in(s, who).await;
        let joined = socket.join(room, None).await;
        assert_eq!(joined["me"]["role"], role);
        assert_eq!(joined["room"]["can_write"], true);
        assert_eq!(joined["room"]["title"], "Read");
    }
}

/// MSG-04
#[tokio::test]
async fn history_is_paged_both_ways_over_http_and_on_the_socket() {
    let School { s, author, student, room, .. } = &school().await;
    let path = format!("/api/v1/rooms/{room}/messages");
    for n in 1..=5 {
        let body = json!({"client_id": format!("m{n}"), "body": format!("n{n}")});
        author.post(&path, body).await.expect(201);
    }
    let page = async |query: &str| student.get(&format!("{path}?{query}")).await.expect(200).json();
    let newest = page("limit=2").await;
    assert_eq!((bodies(&newest), &newest["has_more"]), (vec!["n4", "n5"], &json!(true)));
    let older = page("before=4&limit=10").await;
    assert_eq!((bodies(&older), &older["has_more"]), (vec!["n1", "n2", "n3"], &json!(false)));
    assert_eq!(bodies(&page("after=3").await), ["n4", "n5"]);
    assert_eq!(bodies(&page("around=3&limit=3").await), ["n2", "n3", "n4"]);
    // A quote carries the number by which one gets to what was quoted, however far up it is.
    let body = json!({"client_id": "m6", "body": "n6", "reply_to": older["items"][1]["id"]});
    student.post(&path, body).await.expect(201);
    let newest = page("limit=1").await;
    let quote = &newest["items"][0]["reply"];
    assert_eq!((&quote["seq"], &quote["text"]), (&json!(2), &json!("n2")));
    assert_eq!(
        bodies(&page(&format!("around={}&limit=3", quote["seq"])).await),
        ["n1", "n2", "n3"]
    );
    student.get(&format!("{path}?before=1&after=1")).await.expect(422);
    student.get(&format!("{path}?before=x")).await.expect(400);

    let mut socket = Socket::sign_in(s, student).await;
    let topic = format!("room:{room}");
    let id = socket.ask(json!({"t": "history", "topic": topic, "before": 3, "limit": 1})).await;
    let page = socket.answer(id).await;
    assert_eq!((&page["t"], bodies(&page)), (&json!("page"), vec!["n2"]));
    assert_eq!(page["items"][0]["author_name"], "ann Test");
    assert_eq!(page["items"][0].get("client_id"), None, "only the author sees it");
}

#[tokio::test]
async fn a_message_over_http_is_stored_once_and_bad_ones_name_their_fault() {
    let School { student, room, .. } = &school().await;
    let path = format!("/api/v1/rooms/{room}/messages");
    let hello = json!({"client_id": "a", "body": "hello"});
    let first = student.post(&path, hello.clone()).await.expect(201).json();
    let again = student.post(&path, hello).await.expect(200).json();
    assert_eq!((&again["msg"], &again["dup"]), (&first["msg"], &json!(true)));
    let other = json!({"client_id": "a", "body": "goodbye"});
    student.post(&path, other).await.expect_problem(409, "client_id_reused");
    let empty = json!({"client_id": "b", "body": "\u{200B}"});
    let problem = student.post(&path, empty).await.expect_problem(422, "message_rejected");
    assert_eq!(problem["rule"], "empty");
    let long = json!({"client_id": "b", "body": "я".repeat(4001)});
    let problem = student.post(&path, long).await.expect_problem(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "body");
    let id = json!({"client_id": "a b", "body": "x"});
    let problem = student.post(&path, id).await.expect_problem(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "client_id");
    let stray = json!({"client_id": "c", "body": "x", "reply_to": uuid::Uuid::new_v4()});
    let problem = student.post(&path, stray).await.expect_problem(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "reply_to");
}
