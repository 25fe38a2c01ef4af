//! The list of a course's students.

use std::time::Duration;

use ilmspace::identity::Role;
use serde_json::{Value, json};

use super::kinds::{grant_in, room_in, run, says, task, unlimited, wrong};
use super::rooms::{School, enroll, school_on};
use crate::support::{Client, Person};

async fn students(who: &Client, course: &str, query: &str) -> Value {
    who.get(&format!("/api/v1/studio/courses/{course}/students{query}")).await.expect(200).json()
}

fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

/// A school with a task, in which sam has read the lesson, failed the task and asked; tim came later and has
/// done nothing.
async fn two() -> (School, Person) {
    let school = school_on(unlimited().await).await;
    let School { s, student, course, lesson, .. } = &school;
    let task = task(s, &school).await;
    s.advance(Duration::from_secs(60));
    let tim = s.student("tim").await;
    enroll(&tim, course).await;
    student.post(&format!("/api/v1/learn/lessons/{lesson}/done"), json!({})).await.expect(200);
    wrong(s, &school, &task, student, 3).await;
    let path = format!("/api/v1/tasks/{task}/room");
    let room = room_in(&student.get(&path).await.expect(200).json());
    says(student, &room, "Why is it slow?").await;
    (school, tim)
}

/// TCH-07 LRN-06 MSG-03: who learns there, how far they have come, who waits for an answer; and a word to one.
#[tokio::test]
async fn an_author_sees_how_far_each_student_has_come_and_writes_to_one() {
    let (school, tim) = two().await;
    let School { author, student, course, .. } = &school;
    let list = students(author, course, "").await;
    assert_eq!(list["course"], json!({"id": course, "title": "SQL"}));
    assert_eq!(list["is_author"], true);
    assert_eq!(names(&list), ["tim Test", "sam Test"], "who came last stands first");
    let counts = json!({"all": 2, "not_started": 1, "learning": 1, "completed": 0, "ended": 0,
        "asking": 1});
    assert_eq!(list["counts"], counts);
    let (new, going) = (&list["items"][0], &list["items"][1]);
    let standing = |one: &Value| {
        ["state", "percent", "done", "total", "questions", "stuck", "room_id", "may_write"]
            .map(|field| one[field].clone())
    };
    let expected = [
        json!("learning"),
        json!(50.0),
        json!(1),
        json!(2),
        json!(1),
        json!(1),
        Value::Null,
        json!(true),
    ];
    assert_eq!(standing(going), expected);
    assert_eq!(going["id"], json!(student.id));
    assert!(going["last_active_at"].is_string() && going["enrolled_at"].is_string());
    assert_eq!((&new["state"], &new["percent"]), (&json!("not_started"), &json!(0.0)));
    assert_eq!((&new["last_active_at"], &new["questions"]), (&Value::Null, &json!(0)));

    let pair = format!("/api/v1/courses/{course}/pair");
    let made = author.post(&pair, json!({"student_id": tim.id})).await.expect(200).json();
    says(author, &room_in(&made), "Shall we begin?").await;
    let list = students(author, course, "").await;
    assert_eq!(list["items"][0]["room_id"], made["room_id"]);
    assert_eq!(list["items"][1]["room_id"], Value::Null);
}

#[tokio::test]
async fn students_are_found_by_name_and_by_how_they_stand() {
    let (school, tim) = two().await;
    let School { s, author, course, .. } = &school;
    for (query, found) in [
        ("?q=TIM", vec!["tim Test"]),
        ("?q=test", vec!["tim Test", "sam Test"]),
        ("?q=nobody", vec![]),
        ("?q=%20", vec!["tim Test", "sam Test"]),
        ("?state=asking", vec!["sam Test"]),
        ("?state=learning", vec!["sam Test"]),
        ("?state=not_started", vec!["tim Test"]),
        ("?state=completed", vec![]),
        ("?state=ended", vec![]),
        ("?state=asking&q=tim", vec![]),
    ] {
        assert_eq!(names(&students(author, course, query).await), found, "{query}");
    }
    let page = students(author, course, "?limit=1").await;
    assert_eq!(names(&page), ["tim Test"]);
    let cursor = page["next_cursor"].as_str().unwrap();
    let page = students(author, course, &format!("?limit=1&cursor={cursor}")).await;
    assert_eq!((names(&page), &page["next_cursor"]), (vec!["sam Test"], &Value::Null));
    let path = format!("/api/v1/studio/courses/{course}/students");
    author.get(&format!("{path}?cursor=bm9uZQ")).await.expect_problem(400, "bad_request");
    let foreign = author.get(&format!("{path}?state=happy")).await;
    assert!(foreign.status.is_client_error(), "{}", foreign.text());

    // Who has left is written to where there has been a talk.
    let eve = s.student("eve").await;
    enroll(&eve, course).await;
    let pair = format!("/api/v1/courses/{course}/pair");
    author.post(&pair, json!({"student_id": tim.id})).await.expect(200);
    let (tim, eve) = (tim.id, eve.id);
    let end = "update enrollments set ended_at = now() where user_id";
    run(s, &format!("{end} = '{tim}'; {end} = '{eve}'")).await;
    let ended = students(author, course, "?state=ended").await;
    let mut may: Vec<(&str, &Value)> =
        names(&ended).into_iter().zip(ended["items"].as_array().unwrap()).collect();
    may.sort_by_key(|(name, _)| *name);
    let may: Vec<(&str, bool)> =
        may.into_iter().map(|(name, one)| (name, one["may_write"] == true)).collect();
    assert_eq!(may, [("eve Test", false), ("tim Test", true)]);
    assert_eq!((&ended["counts"]["ended"], &ended["counts"]["all"]), (&json!(2), &json!(3)));
    assert_eq!(names(&students(author, course, "?state=not_started").await), Vec::<&str>::new());
}

/// TCH-07: for the author and the staff that oversees the course; to everybody else it is not there.
#[tokio::test]
async fn the_list_is_for_who_teaches_the_course_and_who_oversees_it() {
    let (school, tim) = two().await;
    let School { s, author, student, course, .. } = &school;
    let pair = format!("/api/v1/courses/{course}/pair");
    author.post(&pair, json!({"student_id": student.id})).await.expect(200);
    let of_course = s.account("cur", &[]).await;
    grant_in(s, of_course, course).await;
    for who in [
        s.sign_in("cur@example.com").await,
        s.person("curator", &[Role::Curator]).await.client,
        s.person("mod", &[Role::Moderator]).await.client,
        s.person("admin", &[Role::Admin]).await.client,
    ] {
        let list = students(&who, course, "").await;
        assert_eq!(
            (names(&list), &list["is_author"]),
            (vec!["tim Test", "sam Test"], &json!(false))
        );
        for one in list["items"].as_array().unwrap() {
            // The talk of two is theirs.
            assert_eq!((&one["room_id"], &one["may_write"]), (&Value::Null, &json!(false)));
        }
    }
    let path = format!("/api/v1/studio/courses/{course}/students");
    for who in [
        &student.client,
        &tim.client,
        &s.author("olga").await.client,
        &s.person("support", &[Role::Support]).await.client,
    ] {
        who.get(&path).await.expect_problem(404, "not_found");
    }
    s.anonymous().get(&path).await.expect(401);
    let nowhere = format!("/api/v1/studio/courses/{}/students", s.app.id());
    author.get(&nowhere).await.expect_problem(404, "not_found");
}
