//! The curators' desk.

use std::time::Duration;

use ilmspace::identity::Role;
use serde_json::{Value, json};

use super::kinds::{room_in, says, task, unlimited, wrong};
use super::rooms::{School, enroll, school_on};
use crate::courses::world::{id, published};
use crate::support::{Client, Person, Socket, TestServer};

async fn desk(who: &Client, query: &str) -> Value {
    who.get(&format!("/api/v1/desk{query}")).await.expect(200).json()
}

fn rooms(desk: &Value) -> Vec<&str> {
    desk["items"].as_array().unwrap().iter().map(|line| line["room_id"].as_str().unwrap()).collect()
}

/// A school with a task, whose student has asked under it.
async fn asked() -> (School, String, String) {
    let school = school_on(unlimited().await).await;
    let task = task(&school.s, &school).await;
    let room = ask(&school, &task, &school.student).await;
    (school, task, room)
}

async fn ask(school: &School, task: &str, who: &Person) -> String {
    wrong(&school.s, school, task, who, 3).await;
    let room = room_in(&who.get(&format!("/api/v1/tasks/{task}/room")).await.expect(200).json());
    says(who, &room, "Why is it slow?").await;
    room
}

async fn curator(s: &TestServer, name: &str) -> Person {
    s.person(name, &[Role::Curator]).await
}

/// MSG-08: waiting questions, the longest first; what an answer, a word more and a resolution make of
/// them; how long it took.
#[tokio::test]
async fn questions_wait_oldest_first_until_somebody_answers() {
    let (school, task, room) = asked().await;
    let School { s, student, course, .. } = &school;
    let tim = s.student("tim").await;
    enroll(&tim, course).await;
    s.advance(Duration::from_secs(60));
    let theirs = ask(&school, &task, &tim).await;
    s.advance(Duration::from_secs(120));
    let kim = curator(s, "kim").await;
    let queue = desk(&kim, "").await;
    assert_eq!(rooms(&queue), [room.as_str(), theirs.as_str()]);
    assert_eq!(queue["counts"], json!({"waiting": 2, "mine": 0}));
    let line = &queue["items"][0];
    assert_eq!(
        (&line["student"]["name"], &line["text"]),
        (&json!("sam Test"), &json!("Why is it slow?"))
    );
    assert_eq!((&line["wrong"], &line["task"]["title"]), (&json!(3), &json!("Sum of orders")));
    assert!((180..=240).contains(&line["waiting_s"].as_i64().unwrap()), "{line}");

    let mut watching = Socket::sign_in(s, &kim).await;
    says(&kim, &room, "Look at the plan.").await;
    watching.frame("desk").await;
    let queue = desk(&kim, "").await;
    assert_eq!(rooms(&queue), [theirs.as_str()]);
    assert_eq!(queue["counts"], json!({"waiting": 1, "mine": 1}), "answering takes it");
    let took = queue["answer_s"]["median"].as_i64().unwrap();
    assert!((180..=240).contains(&took), "{queue}");
    assert_eq!(queue["answer_s"]["n"], 1);
    assert_eq!(rooms(&desk(&kim, "?state=mine").await), [room.as_str()]);

    let done =
        kim.post(&format!("/api/v1/desk/{room}/resolve"), json!({})).await.expect(200).json();
    assert!(done["resolved_at"].is_string());
    assert_eq!(rooms(&desk(&kim, "?state=closed").await), [room.as_str()]);
    assert_eq!(rooms(&desk(&kim, "?state=mine").await), Vec::<&str>::new());
    let line = student.get(&format!("/api/v1/rooms/{room}")).await.expect(200).json();
    assert_eq!(line["desk"], "resolved");
    says(student, &room, "Which plan?").await;
    assert_eq!(rooms(&desk(&kim, "").await), [theirs.as_str(), room.as_str()]);
    assert_eq!(rooms(&desk(&kim, "?state=closed").await), Vec::<&str>::new());
    for (query, n) in [
        ("?q=tim", 1),
        ("?q=SUM%20of", 2),
        ("?q=nobody", 0),
        ("?kind=support", 0),
        ("?kind=task", 2),
        (format!("?task={task}").as_str(), 2),
        (format!("?course={course}").as_str(), 2),
        (format!("?course={}", s.app.id()).as_str(), 0),
    ] {
        assert_eq!(rooms(&desk(&kim, query).await).len(), n, "{query}");
    }
    let page = desk(&kim, "?limit=1").await;
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(rooms(&desk(&kim, &format!("?limit=1&cursor={cursor}")).await), [room.as_str()]);
}

/// MSG-08: of many who claim at once exactly one wins, the others hear who; a claim lapses unless it is
/// renewed, and can be let go and handed on.
#[tokio::test]
async fn one_person_at_a_time_holds_a_question() {
    let (school, _, room) = asked().await;
    let s = &school.s;
    let (kim, lea) = (curator(s, "kim").await, curator(s, "lea").await);
    let path = |act: &str| format!("/api/v1/desk/{room}/{act}");
    let claim = path("claim");
    let claims = [&kim, &lea, &kim, &lea, &kim, &lea].map(|who| who.post(&claim, json!({})));
    let answers = futures::future::join_all(claims).await;
    let holders: Vec<String> = answers
        .iter()
        .map(|answer| answer.json()["claimed_by"]["name"].as_str().unwrap().to_owned())
        .collect();
    assert!(
        holders.iter().all(|name| *name == holders[0]),
        "one holder for everybody: {holders:?}"
    );
    let won = answers.iter().filter(|answer| answer.status.as_u16() == 200).count();
    assert_eq!(won, 3, "all of the winner's and none of the other's");
    let (holder, other) = if holders[0] == "kim Test" { (&kim, &lea) } else { (&lea, &kim) };
    let late = other.post(&claim, json!({})).await.expect_problem(409, "claimed");
    assert_eq!(late["claimed_by"]["id"], json!(holder.id));
    for act in ["resolve", "renew"] {
        other.post(&path(act), json!({})).await.expect_problem(409, "claimed");
    }
    other.post(&path("release"), json!({})).await.expect(200);
    assert_eq!(desk(other, "").await["items"][0]["claimed_by"]["id"], json!(holder.id));

    s.advance(Duration::from_secs(100));
    holder.post(&path("renew"), json!({})).await.expect(200);
    s.advance(Duration::from_secs(100));
    other.post(&claim, json!({})).await.expect_problem(409, "claimed");
    s.advance(Duration::from_secs(21));
    let line = desk(other, "").await["items"][0].clone();
    assert_eq!(line["claimed_by"], Value::Null, "its holder has gone");
    other.post(&claim, json!({})).await.expect(200);
    holder.post(&path("renew"), json!({})).await.expect_problem(409, "claimed");

    let to = json!({"to": holder.id});
    let passed = other.post(&path("pass"), to).await.expect(200).json();
    assert_eq!(passed["claimed_by"]["id"], json!(holder.id));
    let nobody = json!({"to": school.student.id});
    holder.post(&path("pass"), nobody).await.expect_problem(422, "invalid");
    holder.post(&path("release"), json!({})).await.expect(200);
    let colleagues = holder.get(&path("colleagues")).await.expect(200).json();
    let names: Vec<&Value> =
        colleagues["items"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert!(names.contains(&&json!(other.id)) && !names.contains(&&json!(holder.id)));
}

/// MSG-08: who answers sees what helps, who asks sees none of it, and each works at their own part.
#[tokio::test]
async fn the_desk_is_for_those_who_answer_and_shows_what_helps() {
    let (school, task, room) = asked().await;
    let School { s, author, student, course, .. } = &school;
    let kim = curator(s, "kim").await;
    let note = json!({"course_id": course, "student_id": student.id, "text": "Confuses plans."});
    kim.put("/api/v1/desk/notes", note).await.expect(200);
    let panel = author.get(&format!("/api/v1/desk/{room}")).await.expect(200).json();
    assert_eq!(
        (&panel["note"]["text"], &panel["note"]["by"]),
        (&json!("Confuses plans."), &json!("kim Test"))
    );
    assert_eq!((&panel["version"], &panel["task"]["id"]), (&json!(1), &json!(task)));
    assert!(panel["statement"].is_object() && panel["progress"]["percent"].is_number(), "{panel}");
    assert_eq!(panel["past"], json!({"n": 0, "resolved": 0}));
    let gone = json!({"course_id": course, "student_id": student.id, "text": ""});
    kim.put("/api/v1/desk/notes", gone).await.expect(200);

    let support = s.person("help", &[Role::Support]).await;
    let asked = json!({"body": "I cannot pay.", "client_id": "s1"});
    let help = room_in(&student.post("/api/v1/support", asked).await.expect(201).json());
    assert_eq!(rooms(&desk(&support, "").await), [help.as_str()], "only what is the support's");
    assert_eq!(rooms(&desk(author, "").await), [room.as_str()], "only the own course's");
    assert_eq!(rooms(&desk(&kim, "").await), [room.as_str(), help.as_str()]);
    for (who, room) in [(&support.client, &room), (&author.client, &help)] {
        who.get(&format!("/api/v1/desk/{room}")).await.expect(404);
        who.post(&format!("/api/v1/desk/{room}/claim"), json!({})).await.expect(404);
    }
    let other = s.author("olga").await;
    for who in [&student.client, &other.client] {
        who.get("/api/v1/desk").await.expect_problem(403, "forbidden");
        who.get("/api/v1/desk/templates").await.expect_problem(403, "forbidden");
        for act in ["claim", "renew", "release", "resolve"] {
            who.post(&format!("/api/v1/desk/{room}/{act}"), json!({})).await.expect(404);
        }
        who.get(&format!("/api/v1/desk/{room}")).await.expect(404);
    }
    s.anonymous().get("/api/v1/desk").await.expect(401);
}

/// MSG-08 MSG-13: an author works at the desk of their own courses: nothing of the support's, nothing of
/// another's course, whatever they ask for.
#[tokio::test]
async fn an_author_has_the_desk_of_their_own_courses() {
    let (school, _, room) = asked().await;
    let School { s, author, student, course, .. } = &school;
    let support = json!({"body": "I cannot pay.", "client_id": "s1"});
    student.post("/api/v1/support", support).await.expect(201);
    let olga = s.author("olga").await;
    let theirs = published(&olga, "Singing", json!({})).await;
    let (other, lesson) = (id(&theirs["id"]), id(&theirs["modules"][0]["lessons"][0]["id"]));
    enroll(student, other).await;
    let ask = json!({"title": "Why breathe?", "body": "I wonder.", "client_id": "q1"});
    let path = format!("/api/v1/lessons/{lesson}/questions");
    let foreign = room_in(&student.post(&path, ask).await.expect(201).json());

    let queue = desk(author, "").await;
    assert_eq!(rooms(&queue), [room.as_str()]);
    assert_eq!(queue["kinds"], json!(["task", "question"]));
    assert_eq!(queue["counts"], json!({"waiting": 1, "mine": 0}));
    let kim = curator(s, "kim").await;
    let all = desk(&kim, "").await;
    assert_eq!(all["kinds"], json!(["task", "question", "support"]));
    assert_eq!(all["counts"]["waiting"], 3);
    let help = s.person("help", &[Role::Support]).await;
    assert_eq!(desk(&help, "").await["kinds"], json!(["support"]));
    for query in ["?kind=support".to_owned(), format!("?course={other}"), "?q=breathe".to_owned()] {
        assert_eq!(rooms(&desk(author, &query).await), Vec::<&str>::new(), "{query}");
    }
    author.get(&format!("/api/v1/desk/{foreign}")).await.expect(404);
    author.post(&format!("/api/v1/desk/{foreign}/claim"), json!({})).await.expect(404);
    let note = json!({"course_id": other, "student_id": student.id, "text": "Sings."});
    author.put("/api/v1/desk/notes", note).await.expect(404);

    // Their own they hold, answer and close like anybody of the staff, and hear of.
    let mut watching = Socket::sign_in(s, author).await;
    author.post(&format!("/api/v1/desk/{room}/claim"), json!({})).await.expect(200);
    watching.frame("desk").await;
    says(author, &room, "Look at the plan.").await;
    assert_eq!(rooms(&desk(author, "?state=mine").await), [room.as_str()]);
    author.post(&format!("/api/v1/desk/{room}/resolve"), json!({})).await.expect(200);
    assert_eq!(rooms(&desk(author, "?state=closed").await), [room.as_str()]);
    assert_eq!(rooms(&desk(&olga, "?state=closed").await), Vec::<&str>::new());
    assert_eq!(rooms(&desk(&olga, "").await), [foreign.as_str()]);
    assert_eq!(desk(author, &format!("?course={course}")).await["answer_s"]["n"], 1);
}

/// MSG-08: who lets an answered question go keeps it in their list until it is done; others may take it.
#[tokio::test]
async fn an_answered_question_that_is_let_go_stays_in_a_list() {
    let (school, _, room) = asked().await;
    let s = &school.s;
    let (kim, lea) = (curator(s, "kim").await, curator(s, "lea").await);
    let path = |act: &str| format!("/api/v1/desk/{room}/{act}");
    says(&kim, &room, "Look at the plan.").await;
    let line = kim.post(&path("release"), json!({})).await.expect(200).json();
    assert_eq!(line["claimed_by"], Value::Null, "nobody is held up");
    assert_eq!(rooms(&desk(&kim, "").await), Vec::<&str>::new());
    let mine = desk(&kim, "?state=mine").await;
    assert_eq!((rooms(&mine), &mine["counts"]["mine"]), (vec![room.as_str()], &json!(1)));
    lea.post(&path("claim"), json!({})).await.expect(200);
    assert_eq!(rooms(&desk(&lea, "?state=mine").await), [room.as_str()]);
    assert_eq!(rooms(&desk(&kim, "?state=mine").await), Vec::<&str>::new());
    // What waits goes back to the queue and to nobody.
    says(&school.student, &room, "Which plan?").await;
    lea.post(&path("release"), json!({})).await.expect(200);
    assert_eq!(rooms(&desk(&lea, "").await), [room.as_str()]);
    assert_eq!(rooms(&desk(&lea, "?state=mine").await), Vec::<&str>::new());
}

#[tokio::test]
async fn templates_are_ones_own_or_the_whole_staffs() {
    let s = TestServer::start().await;
    let (kim, lea) = (curator(&s, "kim").await, curator(&s, "lea").await);
    let path = "/api/v1/desk/templates";
    let own = json!({"title": "Plan", "body": "Show me the plan."});
    let own = kim.post(path, own).await.expect(201).json();
    let shared = json!({"title": "Hint", "body": "Look at lesson 3.", "shared": true});
    let shared = kim.post(path, shared).await.expect(201).json();
    let seen = |list: Value| -> Vec<Value> {
        list["items"].as_array().unwrap().iter().map(|one| one["title"].clone()).collect()
    };
    assert_eq!(seen(kim.get(path).await.json()), ["Hint", "Plan"]);
    assert_eq!(seen(lea.get(path).await.json()), ["Hint"]);
    let of = |template: &Value| format!("{path}/{}", template["id"].as_str().unwrap());
    lea.patch(&of(&own), json!({"title": "x"})).await.expect(404);
    lea.patch(&of(&shared), json!({"title": "Hint 2"})).await.expect(200);
    kim.post(path, json!({"title": "", "body": "x"})).await.expect_problem(422, "invalid");
    kim.delete(&of(&own)).await.expect(204);
    assert_eq!(seen(kim.get(path).await.json()), ["Hint 2"]);
}

/// MSG-08: who asked says which message answers it, and nobody of the staff has to close it; taken back, it waits again.
#[tokio::test]
async fn an_accepted_answer_closes_the_question_on_the_desk() {
    let School { s, student, course, lesson, .. } = &school_on(unlimited().await).await;
    let kim = curator(s, "kim").await;
    let tim = s.student("tim").await;
    enroll(&tim, course).await;
    let ask = json!({"title": "What is a join?", "body": "I do not see it.", "client_id": "q1"});
    let thread =
        student.post(&format!("/api/v1/lessons/{lesson}/questions"), ask).await.expect(201);
    let room = room_in(&thread.json());
    assert_eq!(rooms(&desk(&kim, "").await), [room.as_str()]);
    // Somebody else has it in hand, and a fellow student answers.
    kim.post(&format!("/api/v1/desk/{room}/claim"), json!({})).await.expect(200);
    let answer = json!({"client_id": "a1", "body": "Two tables side by side."});
    let path = format!("/api/v1/rooms/{room}/messages");
    let answer = tim.post(&path, answer).await.expect(201).json();
    let accepted = format!("{path}/{}/accepted", answer["msg"].as_str().unwrap());
    tim.put(&accepted, json!({})).await.expect_problem(403, "forbidden");
    assert_eq!(rooms(&desk(&kim, "").await), [room.as_str()]);
    student.put(&accepted, json!({})).await.expect(200);
    assert_eq!(rooms(&desk(&kim, "").await), Vec::<&str>::new());
    let closed = desk(&kim, "?state=closed").await;
    assert_eq!(rooms(&closed), [room.as_str()]);
    let line = &closed["items"][0];
    assert_eq!((&line["claimed_by"], line["resolved_at"].is_string()), (&Value::Null, true));
    student.put(&accepted, json!({})).await.expect(200);
    student.delete(&accepted).await.expect(200);
    assert_eq!(rooms(&desk(&kim, "").await), [room.as_str()]);
    assert_eq!(rooms(&desk(&kim, "?state=closed").await), Vec::<&str>::new());
}
