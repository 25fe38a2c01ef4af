//! What nobody should get who once could, or who only begins: rooms of the staff, templates, titles, seats in what has
//! shut.

use ilmspace::identity::Role;
use serde_json::{Value, json};

use super::kinds::{room_in, run, says, unlimited};
use super::rooms::{School, enroll, school_on};
use crate::courses::world::{course, module};
use crate::support::{Person, Socket, TestServer};

async fn is_member(s: &TestServer, room: &str, who: &Person) {
    run(
        s,
        &format!(
            "insert into room_members (room_id, user_id, created_at, updated_at)
                values ('{room}', '{}', now(), now()) on conflict do nothing",
            who.id
        ),
    )
    .await;
}

/// MSG-12: who has left the staff, and is a member of its room for ever, hears and counts nothing of it.
#[tokio::test]
async fn who_was_of_the_staff_hears_nothing_of_its_room() {
    let s = unlimited().await;
    let (kim, lea, eve) = (
        s.person("kim", &[Role::Curator]).await,
        s.person("lea", &[Role::Curator]).await,
        s.student("eve").await,
    );
    let staff = room_in(&kim.get("/api/v1/staff/room").await.expect(200).json());
    let general = room_in(&kim.get("/api/v1/general").await.expect(200).json());
    for who in [&lea, &eve] {
        is_member(&s, &staff, who).await;
        is_member(&s, &general, who).await;
    }
    let (mut leas, mut eves) = (Socket::sign_in(&s, &lea).await, Socket::sign_in(&s, &eve).await);
    says(&kim, &staff, "Among ourselves.").await;
    assert_eq!(leas.frame("news").await["room"], staff);
    let unread = eve.get("/api/v1/rooms/unread").await.expect(200).json();
    assert_eq!((&unread["total"], &unread["mentions"]), (&json!(0), &json!(0)));
    let unread = lea.get("/api/v1/rooms/unread").await.expect(200).json();
    assert_eq!(unread["total"], 1);
    says(&kim, &general, "To everybody.").await;
    assert_eq!(eves.frame("news").await["room"], general, "the first that she hears");
}

/// MSG-16 MSG-07: a title is looked at like a text, and goes with the first message.
#[tokio::test]
async fn a_title_is_screened_and_goes_with_the_message_that_a_moderator_deletes() {
    let School { s, student, course, lesson, .. } = &school_on(unlimited().await).await;
    let keeper = s.person("mod", &[Role::Moderator]).await;
    for (word, verdict) in [("spamword", "reject"), ("doubtful", "hold")] {
        let word = json!({"language": "any", "word": word, "verdict": verdict});
        keeper.post("/api/v1/moderation/words", word).await.expect(201);
    }
    let path = format!("/api/v1/lessons/{lesson}/questions");
    for (n, title) in ["A spamword", "A doubtful thing", "See https://bit.ly/x"].iter().enumerate()
    {
        let ask = json!({"title": title, "body": "Why?", "client_id": format!("t{n}")});
        student.post(&path, ask).await.expect_problem(422, "message_rejected");
    }
    assert_eq!(student.get(&path).await.expect(200).json()["items"], json!([]));

    let listed = async |who: &Person| {
        let list = who.get(&path).await.expect(200).json();
        list["items"].as_array().unwrap().iter().map(|t| t["title"].clone()).collect::<Vec<_>>()
    };
    let tim = s.student("tim").await;
    enroll(&tim, course).await;
    for (title, id, deleter) in [("A rude one", "d1", &keeper), ("My own", "d2", student)] {
        let ask = json!({"title": title, "body": "Why?", "client_id": id});
        let room = room_in(&student.post(&path, ask).await.expect(201).json());
        let page = student.get(&format!("/api/v1/rooms/{room}/messages")).await.expect(200).json();
        let first = page["items"][0]["id"].as_str().unwrap();
        let gone =
            deleter.delete(&format!("/api/v1/rooms/{room}/messages/{first}?reason=rude")).await;
        assert!(gone.status.is_success(), "{}: {}", gone.status, gone.text());
    }
    assert_eq!(listed(&tim).await, [json!("My own")]);
    assert_eq!(listed(student).await, [json!("My own")]);
}

/// SEC-04 LRN-18: seats in what shuts are taken at once, not at the next look at all of them.
#[tokio::test]
async fn seats_in_a_topic_that_shuts_are_taken_at_once() {
    let school = school_on(unlimited().await).await;
    let School { s, author, student, course, room, .. } = &school;
    let (mut ann, mut sam) = (Socket::sign_in(s, author).await, Socket::sign_in(s, student).await);
    ann.join(room, None).await;
    sam.join(room, None).await;
    let shown = author.get(&format!("/api/v1/studio/courses/{course}")).await.expect(200).json();
    let path = format!("/api/v1/studio/modules/{}", shown["modules"][0]["id"].as_str().unwrap());
    let opens_at = s.app.clock.now() + chrono::TimeDelta::hours(1);
    author.patch(&path, json!({"opens_at": opens_at})).await.expect(200);
    s.settle().await;
    assert_eq!(sam.closed().await, Some(4202));
    let id = ann.say(room, "c1", "the author stays").await;
    assert_eq!(ann.answer(id).await["t"], "ack");
}

/// MSG-14: what the staff keeps for itself is not for whoever begins a course.
#[tokio::test]
async fn an_author_sees_the_staffs_templates_of_open_courses_of_their_own_alone() {
    let School { s, author, course: taught, .. } = &school_on(unlimited().await).await;
    let kim = s.person("kim", &[Role::Curator]).await;
    let eve = s.author("eve").await;
    let draft = course(&eve, "A draft").await["id"].clone();
    module(&eve, &draft, "One").await;
    let path = "/api/v1/desk/templates";
    for (title, course) in [("All", Value::Null), ("SQL", json!(taught)), ("Draft", draft)] {
        let new = json!({"title": title, "body": "x", "shared": true, "course_id": course});
        kim.post(path, new).await.expect(201);
    }
    let own = json!({"title": "Mine", "body": "x"});
    eve.post(path, own).await.expect(201);
    let seen = async |who: &Person| {
        let list = who.get(path).await.expect(200).json();
        list["items"].as_array().unwrap().iter().map(|t| t["title"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(seen(&eve).await, ["Mine"]);
    assert_eq!(seen(author).await, ["SQL"]);
    assert_eq!(seen(&kim).await, ["All", "Draft", "SQL"]);
    let note = json!({"course_id": s.app.id(), "student_id": eve.id, "text": "x"});
    kim.put("/api/v1/desk/notes", note).await.expect_problem(404, "not_found");
    let note = json!({"course_id": taught, "student_id": eve.id, "text": "x"});
    kim.put("/api/v1/desk/notes", note).await.expect(200);
    let admin = s.person("adm", &[Role::Admin]).await;
    let acts = admin.get("/api/v1/admin/audit?action=desk.").await.expect(200).json();
    let acts: Vec<&Value> =
        acts["items"].as_array().unwrap().iter().map(|act| &act["action"]).collect();
    assert_eq!(
        acts,
        ["desk.note", "desk.template_added", "desk.template_added", "desk.template_added"]
    );
}
