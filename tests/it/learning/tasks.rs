//! Tasks: written in the studio, answered, judged, counted; the chat that opens; solutions; topics
//! that open at their time.

use std::collections::HashSet;
use std::time::Duration;

use futures::future::join_all;
use ilmspace::platform::config::Config;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::courses::world::{
    course, describe, id, moderator, module, person, publish, sign_in, text, text_lesson, uploaded,
};
use crate::support::{Client, TestServer, TestServerOptions};

struct School {
    s: TestServer,
    ann: Client,
    sam: Client,
    course: Value,
    module: Value,
    lesson: Value,
}

/// A published course of one topic with one text, and one student.
async fn school() -> School {
    // Fifty answers at once are more than a person may hand in within a minute.
    let configure = Box::new(|config: &mut Config| {
        config.limits.factor = 10;
        config.database.pool_wait_seconds = 30;
    });
    let s = TestServer::start_with(TestServerOptions { configure, ..Default::default() }).await;
    let (ann, sam) = (person(&s, "ann").await, person(&s, "sam").await);
    let begun = course(&ann, "SQL").await;
    let part = module(&ann, &begun["id"], "One").await;
    let lesson = text_lesson(&ann, &part["id"], "Text").await["id"].clone();
    describe(&ann, &begun["id"], json!({})).await;
    let course = publish(&ann, &begun["id"]).await["id"].clone();
    sam.post(&format!("/api/v1/courses/{}/enroll", id(&course)), json!({})).await.expect(201);
    School { s, ann, sam, course, module: part["id"].clone(), lesson }
}

fn number(value: &str) -> Value {
    json!({"kind": "number", "title": "Count", "statement": text("How many?"), "points": 10,
        "key": {"values": [value]}})
}

fn choice() -> Value {
    json!({"kind": "choice", "title": "Choose", "statement": text("Which?"),
        "body": {"options": [{"id": "x9f", "text": "Yes"}, {"id": "q2k", "text": "No"}]},
        "key": {"right": ["x9f"]}})
}

impl School {
    /// Adds a task to the topic; its id.
    async fn task(&self, task: Value) -> String {
        let path = format!("/api/v1/studio/modules/{}/tasks", id(&self.module));
        id(&self.ann.post(&path, task).await.expect(201).json()["id"]).to_owned()
    }

    async fn seen(&self, task: &str) -> Value {
        self.sam.get(&format!("/api/v1/learn/tasks/{task}")).await.expect(200).json()
    }

    async fn answer(&self, task: &str, answer: Value) -> Value {
        let body = handed(answer);
        self.sam
            .post(&format!("/api/v1/learn/tasks/{task}/attempts"), body)
            .await
            .expect(201)
            .json()
    }

    async fn change(&self, who: &Client, task: &str, changes: Value) -> Value {
        let path = format!("/api/v1/studio/tasks/{task}");
        let mut fields = who.get(&path).await.expect(200).json();
        let version = fields["version"].as_i64().unwrap();
        for (name, value) in changes.as_object().unwrap() {
            fields[name] = value.clone();
        }
        let who = who.clone().with_header("if-match", &format!("\"{version}\""));
        who.put(&path, fields).await.expect(200).json()
    }
}

fn handed(answer: Value) -> Value {
    json!({"client_key": Uuid::new_v4(), "version": 1, "answer": answer, "spent_ms": 1200})
}

/// LRN-16 MSG-09 CRS-38 LRN-06 LRN-08
#[tokio::test]
async fn three_wrong_answers_open_the_chat_and_a_right_one_the_solution_and_the_progress() {
    let school = school().await;
    let mut task = number("42");
    task["solution"] = text("Because.");
    task["solution_rule"] = json!({"after_right": true, "after_wrong": null, "after": null});
    let task = school.task(task).await;
    let page = school.seen(&task).await;
    assert_eq!(
        (&page["state"], &page["need_wrong"], &page["chat"], &page["solution"]["state"]),
        (&json!("new"), &json!(3), &json!("closed"), &json!("closed"))
    );
    let solution = format!("/api/v1/learn/tasks/{task}/solution");
    school.sam.get(&solution).await.expect_problem(403, "solution_closed");
    for n in 1..=3 {
        let wrong = school.answer(&task, json!("41")).await;
        assert_eq!(
            (&wrong["attempt"]["no"], &wrong["attempt"]["verdict"]),
            (&json!(n), &json!("wrong"))
        );
        assert_eq!((&wrong["need_wrong"], &wrong["chat_opened"]), (&json!(3 - n), &json!(n == 3)));
        assert_eq!(wrong["attempt"]["read_as"], "41");
    }
    let mut conn = school.s.app.db.conn().await.unwrap();
    let sam: Uuid = id(&school.sam.get("/api/v1/me").await.json()["id"]).parse().unwrap();
    let task_id: Uuid = task.parse().unwrap();
    let now = school.s.app.clock.now();
    let chat = ilmspace::learning::task_chat_state(&mut conn, sam, task_id, now).await.unwrap();
    assert!(chat.is_some_and(|chat| chat.open && chat.need_wrong == 0 && chat.wrong == 3));
    let told = ilmspace::learning::attempts_of(&mut conn, sam, task_id).await.unwrap();
    assert_eq!(
        told.iter().map(|a| (a.no, a.shown.as_str())).collect::<Vec<_>>(),
        [(1, "41"), (2, "41"), (3, "41")]
    );
    drop(conn);

    let right = school.answer(&task, json!("42,0")).await;
    assert_eq!(
        (&right["attempt"]["points"], &right["task"]["state"]),
        (&json!(10.0), &json!("right"))
    );
    assert_eq!(right["task"]["wrong"], 3);
    school.sam.get(&solution).await.expect(200);
    let after = school.answer(&task, json!("1")).await;
    assert_eq!((&after["task"]["wrong"], &after["task"]["state"]), (&json!(3), &json!("right")));
    let programme =
        school.sam.get(&format!("/api/v1/learn/courses/{}", id(&school.course))).await.json();
    assert_eq!(
        (&programme["percent"], &programme["tasks_right"], &programme["tasks"]),
        (&json!(50.0), &json!(1), &json!(1)),
        "one task right, one lesson not done"
    );
    let mine = school.sam.get("/api/v1/me/learning").await.json();
    assert_eq!(mine["items"][0]["percent"], 50.0);
    let done = format!("/api/v1/learn/lessons/{}/done", id(&school.lesson));
    assert_eq!(school.sam.post(&done, json!({})).await.json()["course_percent"], 100.0);
    let enrollment = format!("/api/v1/me/enrollments/{}", id(&school.course));
    assert_eq!(school.sam.get(&enrollment).await.json()["state"], "completed");
    // A task added later lowers the percentage, not what was reached.
    school.task(number("7")).await;
    school.s.settle().await;
    let programme =
        school.sam.get(&format!("/api/v1/learn/courses/{}", id(&school.course))).await.json();
    assert_eq!(programme["percent"], 66.6);
    assert_eq!(school.sam.get(&enrollment).await.json()["state"], "completed");
}

/// LRN-16
#[tokio::test]
async fn fifty_wrong_answers_at_once_are_fifty_in_a_row_and_one_opening() {
    let school = school().await;
    let task = school.task(number("42")).await;
    let path = format!("/api/v1/learn/tasks/{task}/attempts");
    let clicks = (0..50).map(|_| {
        let (sam, path) = (school.sam.clone(), path.clone());
        async move { sam.post(&path, handed(json!("1"))).await.expect(201).json() }
    });
    let answers = join_all(clicks).await;
    let mut numbers: Vec<i64> =
        answers.iter().map(|answer| answer["attempt"]["no"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=50).collect::<Vec<_>>());
    assert_eq!(answers.iter().filter(|answer| answer["chat_opened"] == true).count(), 1);
    let page = school.seen(&task).await;
    assert_eq!((&page["wrong"], &page["tries"]), (&json!(50), &json!(50)));
}

/// LRN-16
#[tokio::test]
async fn the_same_answer_fifty_times_at_once_is_one_attempt_and_fifty_equal_replies() {
    let school = school().await;
    let task = school.task(number("42")).await;
    let path = format!("/api/v1/learn/tasks/{task}/attempts");
    let body = handed(json!("1"));
    let clicks = (0..50).map(|_| {
        let (sam, path, body) = (school.sam.clone(), path.clone(), body.clone());
        async move { sam.post(&path, body).await }
    });
    let answers = join_all(clicks).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 49);
    let different: HashSet<String> =
        answers.iter().map(|answer| answer.text().to_owned()).collect();
    assert_eq!(different.len(), 1);
    let mut other = body.clone();
    other["answer"] = json!("2");
    school.sam.post(&path, other).await.expect_problem(409, "key_reused");
    let page = school.seen(&task).await;
    assert_eq!((&page["tries"], &page["wrong"]), (&json!(1), &json!(1)));
}

/// LRN-16
#[tokio::test]
async fn of_a_right_and_a_wrong_answer_at_once_the_first_decides() {
    let school = school().await;
    for _ in 0..5 {
        let task = school.task(number("42")).await;
        let path = format!("/api/v1/learn/tasks/{task}/attempts");
        let (right, wrong) = tokio::join!(
            school.sam.post(&path, handed(json!("42"))),
            school.sam.post(&path, handed(json!("1"))),
        );
        let (right, wrong) = (right.expect(201).json(), wrong.expect(201).json());
        let right_first = right["attempt"]["no"] == 1;
        let page = school.seen(&task).await;
        assert_eq!(page["wrong"], json!(i32::from(!right_first)), "{right} {wrong}");
        assert_eq!((&page["state"], &page["tries"]), (&json!("right"), &json!(2)));
    }
}

/// LRN-16 CRS-39
#[tokio::test]
async fn an_answer_is_judged_by_the_version_that_was_shown() {
    let school = school().await;
    let task = school.task(number("42")).await;
    school.seen(&task).await;
    let changed = school
        .change(&school.ann, &task, json!({"key": {"values": ["43"]}, "note": "It was 43."}))
        .await;
    assert_eq!((&changed["version"], &changed["note"]), (&json!(2), &json!("It was 43.")));
    let answer = school.answer(&task, json!("42")).await;
    assert_eq!(
        (&answer["attempt"]["verdict"], &answer["attempt"]["version"]),
        (&json!("right"), &json!(1))
    );
    // Who has seen the new one, or waited for more than a day, answers that.
    let page = school.seen(&task).await;
    assert_eq!(page["version"], 2);
    let path = format!("/api/v1/learn/tasks/{task}/attempts");
    let stale =
        school.sam.post(&path, handed(json!("42"))).await.expect_problem(409, "task_changed");
    assert_eq!(stale["version"], 2);
    let versions =
        school.ann.get(&format!("/api/v1/studio/tasks/{task}/versions")).await.expect(200).json();
    let kept: Vec<_> = versions["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| {
            (
                v["version"].clone(),
                v["key"]["values"][0].clone(),
                v["edited_by"]["name"].is_string(),
            )
        })
        .collect();
    assert_eq!(kept, [(json!(2), json!("43"), true), (json!(1), json!("42"), true)]);
}

/// LRN-16
#[tokio::test]
async fn what_cannot_be_read_counts_nothing_and_guessing_has_to_wait() {
    let school = school().await;
    let task = school.task(number("42")).await;
    let path = format!("/api/v1/learn/tasks/{task}/attempts");
    for (answer, hint) in [("", "empty"), ("forty", "not_a_number"), ("1/0", "zero_denominator")] {
        let refused = school
            .sam
            .post(&path, handed(json!(answer)))
            .await
            .expect_problem(422, "answer_invalid");
        assert_eq!(refused["hint"], hint);
    }
    assert_eq!(school.seen(&task).await["tries"], 0);

    let task = school.task(choice()).await;
    for _ in 0..3 {
        school.answer(&task, json!("q2k")).await;
    }
    let path = format!("/api/v1/learn/tasks/{task}/attempts");
    let refused = school.sam.post(&path, handed(json!("x9f"))).await;
    let wait: u32 = refused.header("retry-after").parse().unwrap();
    assert!((1..=5).contains(&wait), "{wait}");
    refused.expect_problem(429, "rate_limited");
    assert!(school.seen(&task).await["wait_s"].as_i64().unwrap() <= 5);
    school.s.advance(Duration::from_secs(5));
    assert_eq!(school.answer(&task, json!("x9f")).await["attempt"]["verdict"], "right");
}

/// LRN-18 COH-13
#[tokio::test]
async fn a_topic_opens_to_learners_at_its_time_and_not_a_moment_before() {
    let school = school().await;
    let task = school.task(number("42")).await;
    let opens_at = school.s.app.clock.now() + chrono::TimeDelta::seconds(300);
    let patch = format!("/api/v1/studio/modules/{}", id(&school.module));
    school.ann.patch(&patch, json!({"opens_at": opens_at})).await.expect(200);
    let (sam, lesson) = (&school.sam, id(&school.lesson));
    let attempts = format!("/api/v1/learn/tasks/{task}/attempts");
    let closed =
        sam.get(&format!("/api/v1/learn/tasks/{task}")).await.expect_problem(403, "topic_closed");
    assert_eq!(closed["opens_at"], json!(opens_at));
    sam.post(&attempts, handed(json!("42"))).await.expect_problem(403, "topic_closed");
    for path in
        [format!("/api/v1/learn/lessons/{lesson}"), format!("/api/v1/learn/lessons/{lesson}/notes")]
    {
        sam.get(&path).await.expect_problem(403, "topic_closed");
    }
    sam.post(&format!("/api/v1/lessons/{lesson}/play"), json!({}))
        .await
        .expect_problem(403, "topic_closed");
    sam.post(&format!("/api/v1/learn/lessons/{lesson}/done"), json!({}))
        .await
        .expect_problem(403, "topic_closed");
    let topic = format!("/api/v1/learn/topics/{}", id(&school.module));
    let shown = sam.get(&topic).await.expect(200).json();
    assert_eq!((&shown["is_open"], &shown["tasks"]), (&json!(false), &json!([])));
    assert_eq!(shown["lessons"][0]["reason"], "topic_closed");
    let programme = sam.get(&format!("/api/v1/learn/courses/{}", id(&school.course))).await.json();
    assert_eq!(programme["modules"][0]["is_open"], false);
    // Its author is inside.
    school.ann.get(&format!("/api/v1/learn/tasks/{task}")).await.expect(200);
    school.ann.get(&format!("/api/v1/learn/lessons/{lesson}")).await.expect(200);
    let inside = school.ann.get(&topic).await.json();
    assert_eq!((&inside["is_open"], &inside["is_inside"]), (&json!(true), &json!(true)));
    assert_eq!(shown["is_inside"], false);
    school.s.advance(Duration::from_secs(300));
    sam.get(&format!("/api/v1/learn/lessons/{lesson}")).await.expect(200);
    assert_eq!(sam.get(&topic).await.json()["tasks"].as_array().unwrap().len(), 1);
    sam.post(&attempts, handed(json!("42"))).await.expect(201);
}

/// What a key holds; none of it is in anything that a learner gets.
const SECRETS: [&str; 7] = [
    "987654321",
    "ZEBRAVARIANT",
    "ZEBRAPATTERN",
    "ZEBRARUBRIC",
    "ZEBRASOLUTION",
    "ZEBRANOTE",
    "ZEBRAFEEDBACK",
];

fn every_kind() -> Vec<(Value, Value)> {
    let options =
        json!([{"id": "aa1", "text": "A"}, {"id": "bb2", "text": "B"}, {"id": "cc3", "text": "C"}]);
    let with = |kind: &str, body: Value, key: Value, answer: Value| {
        let task = json!({"kind": kind, "title": kind, "statement": text("Think."), "body": body, "key": key,
            "solution": text("ZEBRASOLUTION"), "note": "ZEBRANOTE",
            "solution_rule": {"after_right": false, "after_wrong": 99, "after": null}});
        (task, answer)
    };
    vec![
        with("number", json!({}), json!({"values": ["987654321"]}), json!("5")),
        with(
            "text",
            json!({}),
            json!({"variants": [{"text": "ZEBRAVARIANT", "feedback": "ZEBRAFEEDBACK"}], "patterns": [{"pattern": "ZEBRAPATTERN.*"}]}),
            json!("no"),
        ),
        with("choice", json!({"options": options}), json!({"right": ["aa1"]}), json!("bb2")),
        with(
            "choices",
            json!({"options": options}),
            json!({"right": ["aa1", "bb2"], "method": "balanced"}),
            json!(["cc3"]),
        ),
        with(
            "order",
            json!({"items": options}),
            json!({"order": ["bb2", "cc3", "aa1"], "method": "longest"}),
            Value::Null,
        ),
        with(
            "match",
            json!({"left": options, "right": options}),
            json!({"pairs": {"aa1": "cc3", "bb2": "aa1", "cc3": "bb2"}}),
            json!({"aa1": "aa1", "bb2": "bb2", "cc3": "cc3"}),
        ),
        with("free", json!({}), json!({"rubric": "ZEBRARUBRIC"}), json!("my essay")),
    ]
}

fn keys_in(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                let told = [
                    "key", "variants", "values", "pairs", "patterns", "rubric", "weights", "order",
                    "method",
                ];
                if told.contains(&name.as_str()) || (name == "right" && inner[0].is_string()) {
                    found.push(format!("{name}: {inner}"));
                }
                keys_in(inner, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| keys_in(inner, found)),
        _ => {}
    }
}

/// LRN-16: a learner never gets a key or a closed solution, whatever is asked and whatever answered.
#[tokio::test]
async fn no_answer_to_a_learner_holds_a_key_or_a_closed_solution() {
    let school = school().await;
    let mut answers = Vec::new();
    let mut paths = vec![
        format!("/api/v1/learn/courses/{}", id(&school.course)),
        format!("/api/v1/learn/topics/{}", id(&school.module)),
        format!("/api/v1/learn/lessons/{}", id(&school.lesson)),
        format!("/api/v1/courses/{}", id(&school.course)),
        "/api/v1/me/learning".into(),
        "/api/v1/catalogue/tracks".into(),
        "/api/v1/grading".into(),
    ];
    for (mut task, wrong) in every_kind() {
        task["lesson_id"] =
            if task["kind"] == "choice" { school.lesson.clone() } else { Value::Null };
        let task = school.task(task).await;
        let page = school.seen(&task).await;
        let wrong = if wrong.is_null() {
            // As it was shown, but for the first two; which may be right, and must not tell.
            let mut ids: Vec<Value> =
                page["body"]["items"].as_array().unwrap().iter().map(|i| i["id"].clone()).collect();
            ids.swap(0, 1);
            json!(ids)
        } else {
            wrong
        };
        answers.push(school.answer(&task, wrong).await);
        answers.push(page);
        paths.push(format!("/api/v1/learn/tasks/{task}"));
        for closed in ["solution", "versions"] {
            let path = if closed == "solution" { "learn" } else { "studio" };
            let refused = school.sam.get(&format!("/api/v1/{path}/tasks/{task}/{closed}")).await;
            assert!(refused.status.is_client_error(), "{closed}: {}", refused.status);
            answers.push(refused.json());
        }
        let refused = school.sam.get(&format!("/api/v1/studio/tasks/{task}")).await;
        answers.push(refused.expect_problem(404, "not_found"));
    }
    for path in &paths {
        answers.push(school.sam.get(path).await.expect(200).json());
    }
    for answer in answers {
        let written = answer.to_string();
        for secret in SECRETS {
            assert!(!written.contains(secret), "{secret} in {written}");
        }
        let mut found = Vec::new();
        keys_in(&answer, &mut found);
        assert!(found.is_empty(), "{found:?} in {written}");
    }
}

/// CRS-39 IDN-04
#[tokio::test]
async fn moderators_edit_any_task_and_rename_topics_and_strangers_neither() {
    let school = school().await;
    let task = school.task(number("42")).await;
    let (moderator, eve) = (moderator(&school.s).await, person(&school.s, "eve").await);
    let path = format!("/api/v1/studio/tasks/{task}");
    let any = eve.clone().with_header("if-match", "*");
    for stranger in [&any, &school.sam.clone().with_header("if-match", "*")] {
        stranger.get(&path).await.expect_problem(404, "not_found");
        stranger.put(&path, number("1")).await.expect_problem(404, "not_found");
        stranger.delete(&path).await.expect_problem(404, "not_found");
        let list = format!("/api/v1/studio/courses/{}/tasks", id(&school.course));
        stranger.get(&list).await.expect_problem(404, "not_found");
    }
    eve.get(&format!("/api/v1/learn/tasks/{task}")).await.expect_problem(403, "not_enrolled");
    let changed = school
        .change(&moderator, &task, json!({"title": "Counted", "statement": text("How many rows?")}))
        .await;
    assert_eq!((&changed["title"], &changed["version"]), (&json!("Counted"), &json!(2)));
    let stale = moderator.clone().with_header("if-match", "\"1\"");
    stale.put(&path, changed.clone()).await.expect_problem(412, "precondition_failed");
    let topic = format!("/api/v1/studio/modules/{}", id(&school.module));
    moderator.patch(&topic, json!({"title": "Rows"})).await.expect(200);
    let changes = school.ann.get(&format!("{topic}/changes")).await.expect(200).json();
    assert_eq!(
        (&changes["items"][0]["title"], &changes["items"][0]["by"]["name"].is_string()),
        (&json!("One"), &true)
    );
    assert_eq!(school.seen(&task).await["topic"]["title"], "Rows");
    // Order, and taking off.
    let second = school.task(number("7")).await;
    let order = format!("/api/v1/studio/modules/{}/task-order", id(&school.module));
    moderator.put(&order, json!({"tasks": [second]})).await.expect_problem(409, "order_stale");
    moderator.put(&order, json!({"tasks": [second, task]})).await.expect(204);
    assert_eq!(school.seen(&second).await["next_id"], json!(task));
    moderator.delete(&path).await.expect(204);
    school.sam.get(&format!("/api/v1/learn/tasks/{task}")).await.expect_problem(404, "not_found");
    let refused = school
        .ann
        .post(
            &format!("/api/v1/studio/modules/{}/tasks", id(&school.module)),
            json!({"kind": "choices", "title": "", "statement": text("?"),
            "body": {"options": [{"id": "a", "text": "A"}, {"id": "b", "text": "B"}]},
            "key": {"right": ["a"], "method": "weights", "weights": {"a": 1, "b": 0}}}),
        )
        .await;
    let refused = refused.expect_problem(422, "invalid");
    let fields: Vec<_> =
        refused["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
    assert_eq!(fields, [json!("title"), json!("key.weights")]);
}

/// LRN-13 LRN-10 LRN-11 LRN-14 LRN-15 TCH-11
#[tokio::test]
async fn a_text_waits_for_a_person_whose_grade_counts() {
    let school = school().await;
    let task = school
        .task(json!({"kind": "free", "title": "Essay", "statement": text("Write."), "points": 5,
        "key": {"rubric": "Clear?"}}))
        .await;
    let handed_in = school.answer(&task, json!("It is so.")).await;
    assert_eq!(
        (&handed_in["attempt"]["verdict"], &handed_in["task"]["state"]),
        (&json!("pending"), &json!("pending"))
    );
    let attempt = id(&handed_in["attempt"]["id"]).to_owned();
    let path = format!("/api/v1/grading/{attempt}");
    let grade = json!({"score_num": 1, "score_den": 1, "comment": "Well said."});
    school.sam.post(&path, grade.clone()).await.expect_problem(404, "not_found");
    assert_eq!(school.sam.get("/api/v1/grading").await.json()["items"], json!([]));
    let waiting = school
        .ann
        .get(&format!("/api/v1/grading?course={}", id(&school.course)))
        .await
        .expect(200)
        .json();
    let item = &waiting["items"][0];
    assert_eq!(
        (&item["task"]["rubric"], &item["attempt"]["answer"]),
        (&json!("Clear?"), &json!("It is so."))
    );
    school
        .ann
        .post(&path, json!({"score_num": 3, "score_den": 2}))
        .await
        .expect_problem(422, "invalid");
    let graded = school.ann.post(&path, grade.clone()).await.expect(200).json();
    assert_eq!((&graded["verdict"], &graded["points"]), (&json!("right"), &json!(5.0)));
    school.ann.post(&path, grade).await.expect_problem(409, "conflict");
    let page = school.seen(&task).await;
    assert_eq!(
        (&page["state"], &page["attempts"][0]["comment"]),
        (&json!("right"), &json!("Well said."))
    );
    let programme =
        school.sam.get(&format!("/api/v1/learn/courses/{}", id(&school.course))).await.json();
    assert_eq!(programme["percent"], 50.0);
}

/// LRN-12 LRN-13 TCH-11
#[tokio::test]
async fn a_file_is_handed_in_and_fetched_by_its_grader() {
    let school = school().await;
    let task = school
        .task(json!({"kind": "file", "title": "Plan", "statement": text("Send it."),
        "body": {"max_files": 1, "types": ["txt"]}, "key": {}}))
        .await;
    let upload = uploaded(&school.sam, "file", "plan.txt", b"explain analyze").await;
    let eves = uploaded(&school.ann, "file", "mine.txt", b"not yours").await;
    let path = format!("/api/v1/learn/tasks/{task}/attempts");
    school.sam.post(&path, handed(json!({"files": [eves]}))).await.expect_problem(404, "not_found");
    let handed_in = school.answer(&task, json!({"files": [upload], "text": "See"})).await;
    assert_eq!(handed_in["attempt"]["files"][0]["name"], "plan.txt");
    let waiting = school.ann.get("/api/v1/grading").await.expect(200).json();
    let url = id(&waiting["items"][0]["attempt"]["files"][0]["url"]).to_owned();
    assert_eq!(school.s.anonymous().get(&url).await.expect(200).text(), "explain analyze");
    let markdown = uploaded(&school.sam, "file", "plan.md", b"# plan").await;
    school
        .sam
        .post(&path, handed(json!({"files": [markdown]})))
        .await
        .expect_problem(415, "file_type");
}

/// LRN-08
#[tokio::test]
async fn drafts_are_ones_own_and_a_lesson_shows_its_tasks() {
    let school = school().await;
    let mut asked = choice();
    asked["lesson_id"] = school.lesson.clone();
    let task = school.task(asked).await;
    let draft = format!("/api/v1/learn/tasks/{task}/draft");
    school.sam.put(&draft, json!({"answer": "q2k"})).await.expect(204);
    assert_eq!(school.seen(&task).await["draft"], "q2k");
    let mut tim = person(&school.s, "tim").await;
    tim.put(&draft, json!({"answer": "x9f"})).await.expect_problem(403, "not_enrolled");
    tim.post(&format!("/api/v1/courses/{}/enroll", id(&school.course)), json!({}))
        .await
        .expect(201);
    assert_eq!(tim.get(&format!("/api/v1/learn/tasks/{task}")).await.json()["draft"], Value::Null);
    school.answer(&task, json!("x9f")).await;
    assert_eq!(school.seen(&task).await["draft"], Value::Null);
    let lesson = format!("/api/v1/learn/lessons/{}", id(&school.lesson));
    assert_eq!(school.sam.get(&lesson).await.json()["tasks"][0]["state"], "right");
    assert_eq!(tim.get(&lesson).await.json()["tasks"][0]["state"], "new");
    // After a day another session; what was answered stays.
    school.s.advance(Duration::from_secs(86_400));
    tim = sign_in(&school.s, "tim").await;
    assert_eq!(
        tim.get(&format!("/api/v1/learn/tasks/{task}")).await.expect(200).json()["tries"],
        0
    );
}

/// LRN-16 CRS-39: an answer that the author's key called wrong is judged anew by the mended key when that is asked for: in
/// favour of who gave it only, with what it was kept; counters and progress follow.
#[tokio::test]
async fn answers_are_judged_anew_by_a_mended_key_and_nobody_loses() {
    let school = school().await;
    let task = school.task(number("42")).await;
    let wrong = school.answer(&task, json!("43")).await;
    assert_eq!(wrong["attempt"]["verdict"], "wrong");
    school.answer(&task, json!("41")).await;
    let bob = person(&school.s, "bob").await;
    bob.post(&format!("/api/v1/courses/{}/enroll", id(&school.course)), json!({}))
        .await
        .expect(201);
    let attempts = format!("/api/v1/learn/tasks/{task}/attempts");
    bob.post(&attempts, handed(json!("42"))).await.expect(201);
    let regrade = format!("/api/v1/studio/tasks/{task}/regrade");
    let counts = async |apply: bool| {
        let asked = json!({"apply": apply, "reason": "The key had a slip."});
        school.ann.post(&regrade, asked).await.expect(200).json()
    };
    assert_eq!(counts(false).await["better"], 0);
    school.change(&school.ann, &task, json!({"key": {"values": ["43"]}})).await;
    let told = counts(false).await;
    assert_eq!(told, json!({"version": 2, "looked": 2, "better": 1, "right": 1, "applied": false}));
    assert_eq!(school.seen(&task).await["state"], "wrong", "counted, not changed");
    for stranger in [&school.sam, &bob] {
        stranger.post(&regrade, json!({"apply": true})).await.expect_problem(404, "not_found");
    }
    assert_eq!(counts(true).await["applied"], true);
    school.s.settle().await;
    assert_eq!(school.seen(&task).await["state"], "right");
    let seen = school.seen(&task).await;
    let of = |seen: &Value| -> Vec<Value> {
        seen["attempts"].as_array().unwrap().iter().map(|a| a["verdict"].clone()).collect()
    };
    assert_eq!(
        (of(&seen), &seen["wrong"], &seen["score"]),
        (vec![json!("wrong"), json!("right")], &json!(0), &json!(10.0))
    );
    let anew = &seen["attempts"][1]["regraded"];
    assert_eq!((&anew["verdict"], &anew["points"]), (&json!("wrong"), &json!(0.0)), "it is told");
    assert!(anew["at"].is_string() && seen["attempts"][0]["regraded"].is_null());
    // The answer that the old key called right stays so.
    let bobs = bob.get(&format!("/api/v1/learn/tasks/{task}")).await.expect(200).json();
    assert_eq!((of(&bobs), &bobs["state"]), (vec![json!("right")], &json!("right")));
    let programme = format!("/api/v1/learn/courses/{}", id(&school.course));
    assert_eq!(school.sam.get(&programme).await.json()["tasks_right"], 1);
    // Again changes nothing; of another statement no answer is judged by this key.
    assert_eq!(
        (&counts(true).await["better"], &counts(true).await["looked"]),
        (&json!(0), &json!(1))
    );
    let changed = json!({"statement": text("How many more?"), "key": {"values": ["41"]}});
    school.change(&school.ann, &task, changed).await;
    assert_eq!(counts(false).await["looked"], 0);
    let mut conn = school.s.app.db.conn().await.unwrap();
    let kept: Kept = diesel_async::RunQueryDsl::get_result(
        diesel::sql_query(
            "select old_verdict, new_verdict, version, count(*) over () as n from regrades",
        ),
        &mut conn,
    )
    .await
    .unwrap();
    assert_eq!((kept.old_verdict.as_str(), kept.new_verdict.as_str()), ("wrong", "right"));
    assert_eq!((kept.version, kept.n), (2, 1));
}

#[derive(diesel::QueryableByName)]
struct Kept {
    #[diesel(sql_type = diesel::sql_types::Text)]
    old_verdict: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    new_verdict: String,
    #[diesel(sql_type = diesel::sql_types::Integer)]
    version: i32,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

/// LRN-16 CRS-39: a new task opens in its editor and asks nothing yet; learners see it from when it does.
#[tokio::test]
async fn a_task_is_its_editors_alone_until_it_asks_something() {
    let school = school().await;
    let mut begun = number("42");
    begun["statement"] = json!({"type": "doc", "content": [{"type": "paragraph"}]});
    let task = school.task(begun).await;
    let path = format!("/api/v1/learn/tasks/{task}");
    let (topic, programme) = (
        format!("/api/v1/learn/topics/{}", id(&school.module)),
        format!("/api/v1/learn/courses/{}", id(&school.course)),
    );
    school.s.settle().await;
    school.sam.get(&path).await.expect_problem(404, "not_found");
    let answer = school.sam.post(&format!("{path}/attempts"), handed(json!("42"))).await;
    answer.expect_problem(404, "not_found");
    assert_eq!(school.sam.get(&topic).await.expect(200).json()["tasks"], json!([]));
    assert_eq!(school.sam.get(&programme).await.expect(200).json()["tasks"], 0);
    school.ann.get(&path).await.expect(200);
    let inside = school.ann.get(&topic).await.expect(200).json();
    assert_eq!(
        (&inside["tasks"][0]["id"], &inside["tasks"][0]["drafted"]),
        (&json!(task), &json!(true))
    );
    let empty = module(&school.ann, &school.course, "Two").await["id"].clone();
    let empty = format!("/api/v1/learn/topics/{}", id(&empty));
    assert_eq!(school.ann.get(&empty).await.expect(200).json()["position"], 2);
    school.sam.get(&empty).await.expect_problem(404, "not_found");
    let source = format!("/api/v1/studio/tasks/{task}");
    assert_eq!(school.ann.get(&source).await.expect(200).json()["drafted"], true);

    let asks = json!({"statement": text("How many?")});
    assert_eq!(school.change(&school.ann, &task, asks).await["drafted"], false);
    school.s.settle().await;
    school.sam.get(&path).await.expect(200);
    assert_eq!(school.sam.get(&topic).await.json()["tasks"].as_array().unwrap().len(), 1);
    assert_eq!(school.sam.get(&programme).await.json()["tasks"], 1);
}

/// CRS-39
#[tokio::test]
async fn what_a_version_said_of_counting_and_of_the_chat_is_kept() {
    let school = school().await;
    let task = school.task(number("42")).await;
    school.change(&school.ann, &task, json!({"required": false, "chat_after": 5})).await;
    let path = format!("/api/v1/studio/tasks/{task}/versions");
    let versions = school.ann.get(&path).await.expect(200).json();
    let said: Vec<_> = versions["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| (version["required"].clone(), version["chat_after"].clone()))
        .collect();
    assert_eq!(said, [(json!(false), json!(5)), (json!(true), Value::Null)]);
}

/// MSG-09
#[tokio::test]
async fn a_chat_that_a_lowered_number_showed_as_open_stays_open() {
    let school = school().await;
    let task = school.task(number("42")).await;
    school.answer(&task, json!("41")).await;
    assert_eq!(school.seen(&task).await["chat"], "closed");
    school.change(&school.ann, &task, json!({"chat_after": 1})).await;
    assert_eq!(school.seen(&task).await["chat"], "open");
    school.change(&school.ann, &task, json!({"chat_after": 3})).await;
    let page = school.seen(&task).await;
    assert_eq!((&page["chat"], &page["need_wrong"]), (&json!("open"), &json!(0)));
}

/// LRN-16
#[tokio::test]
async fn a_slip_of_the_pen_is_given_back_once_also_when_the_reply_was_lost() {
    let school = school().await;
    let task = school
        .task(json!({"kind": "text", "title": "Plants", "statement": text("How do they eat?"),
            "key": {"variants": [{"text": "photosynthesis"}], "near_miss": true}}))
        .await;
    let path = format!("/api/v1/learn/tasks/{task}/attempts");
    let slip = handed(json!("phtosynthesis"));
    for _ in 0..2 {
        let given_back = school.sam.post(&path, slip.clone()).await;
        assert_eq!(given_back.expect_problem(422, "answer_invalid")["hint"], "almost");
    }
    assert_eq!(school.seen(&task).await["tries"], 0);
    assert_eq!(school.answer(&task, json!("phtosynthesis")).await["attempt"]["verdict"], "wrong");
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

/// LRN-16 MSG-08 LRN-06: a topic that goes takes its tasks off; what was answered to them, and the chats under them, stay.
#[tokio::test]
async fn a_topic_that_goes_keeps_what_was_answered_and_said_under_its_tasks() {
    let mut school = school().await;
    let first = school.module.clone();
    school.module = module(&school.ann, &school.course, "Two").await["id"].clone();
    let task = school.task(number("42")).await;
    school.s.settle().await;
    let programme = format!("/api/v1/learn/courses/{}", id(&school.course));
    assert_eq!(school.sam.get(&programme).await.json()["tasks"], 1);
    for _ in 0..3 {
        school.answer(&task, json!("41")).await;
    }
    school.s.settle().await;
    let chat = school.sam.get(&format!("/api/v1/tasks/{task}/room")).await.expect(200).json();
    let room = id(&chat["room_id"]).to_owned();
    let topic = format!("/api/v1/studio/modules/{}", id(&school.module));
    school.ann.delete(&topic).await.expect(204);
    school.s.settle().await;

    school.sam.get(&format!("/api/v1/learn/tasks/{task}")).await.expect_problem(404, "not_found");
    let gone = format!("/api/v1/learn/topics/{}", id(&school.module));
    school.sam.get(&gone).await.expect_problem(404, "not_found");
    school.ann.patch(&topic, json!({"title": "Three"})).await.expect_problem(404, "not_found");
    assert_eq!(school.sam.get(&programme).await.json()["tasks"], 0);
    let done = format!("/api/v1/learn/lessons/{}/done", id(&school.lesson));
    assert_eq!(school.sam.post(&done, json!({})).await.json()["course_percent"], 100.0);
    school.sam.get(&format!("/api/v1/rooms/{room}")).await.expect(200);
    let mut conn = school.s.app.db.conn().await.unwrap();
    let kept: Count = diesel_async::RunQueryDsl::get_result(
        diesel::sql_query("select count(*) as n from attempts where verdict = 'wrong'"),
        &mut conn,
    )
    .await
    .unwrap();
    assert_eq!(kept.n, 3);
    // Its place is free, and the order of the others can be given.
    let third = module(&school.ann, &school.course, "Three").await["id"].clone();
    let order = format!("/api/v1/studio/courses/{}/order", id(&school.course));
    let wanted = json!({"modules": [
        {"id": third, "lessons": []},
        {"id": first, "lessons": [school.lesson]},
    ]});
    school.ann.put(&order, wanted).await.expect(200);
    let course = format!("/api/v1/studio/courses/{}", id(&school.course));
    let course = school.ann.get(&course).await.expect(200).json();
    let modules: Vec<_> =
        course["modules"].as_array().unwrap().iter().map(|m| m["id"].clone()).collect();
    assert_eq!(modules, [third, first]);
}

/// LRN-13: at most three answers to a task wait for somebody, and nobody grades their own.
#[tokio::test]
async fn three_answers_wait_at_most_and_ones_own_are_graded_by_others() {
    let school = school().await;
    let task = school
        .task(json!({"kind": "free", "title": "Essay", "statement": text("Write."), "points": 5,
        "key": {}}))
        .await;
    let path = format!("/api/v1/learn/tasks/{task}/attempts");
    let own = school.ann.post(&path, handed(json!("Mine."))).await.expect(201).json();
    let mut first = String::new();
    for n in 0..3 {
        let taken = school.answer(&task, json!(format!("Draft {n}"))).await;
        if n == 0 {
            first = id(&taken["attempt"]["id"]).to_owned();
        }
    }
    school.sam.post(&path, handed(json!("Draft 4"))).await.expect_problem(409, "answers_waiting");
    let waiting = school.ann.get("/api/v1/grading").await.expect(200).json();
    let waiting = waiting["items"].as_array().unwrap().clone();
    assert_eq!(waiting.len(), 3, "one's own is left out");
    let grade = json!({"score_num": 1, "score_den": 1});
    let of = |id: &str| format!("/api/v1/grading/{id}");
    let refused = school.ann.post(&of(id(&own["attempt"]["id"])), grade.clone()).await;
    refused.expect_problem(403, "forbidden");
    school.ann.post(&of(&first), grade).await.expect(200);
    school.answer(&task, json!("Draft 4")).await;
}

/// SEC-04: what costs is for those who write tasks.
#[tokio::test]
async fn only_who_writes_tasks_tries_answers_and_adds_pictures() {
    let school = school().await;
    let trial = json!({"kind": "text", "key": {"patterns": [{"pattern": "a+"}]}, "answer": "aa"});
    let path = "/api/v1/studio/tasks/check";
    school.sam.post(path, trial.clone()).await.expect_problem(403, "forbidden");
    assert_eq!(school.ann.post(path, trial.clone()).await.expect(200).json()["verdict"], "right");
    moderator(&school.s).await.post(path, trial).await.expect(200);
    let picture = json!({"upload_id": Uuid::new_v4()});
    school.sam.post("/api/v1/studio/tasks/images", picture).await.expect_problem(403, "forbidden");
}

/// LRN-17: a picture counts in its author's space, and goes after a day unless a text shows it.
#[tokio::test]
async fn a_picture_that_no_text_shows_goes_after_a_day() {
    let school = school().await;
    let mut conn = school.s.app.db.conn().await.unwrap();
    let ann: Uuid = id(&school.ann.get("/api/v1/me").await.json()["id"]).parse().unwrap();
    let names = ["a".repeat(32), "b".repeat(32)];
    for name in &names {
        let key = media::storage::ObjectKey::new(format!("task-images/{name}.webp")).unwrap();
        school.s.app.store.put(&key, "x".into()).await.unwrap();
        let add = format!(
            "insert into task_images (id, name, added_by, width, height, created_at, size)
                values ('{}', '{name}', '{ann}', 1, 1, now(), 1)",
            Uuid::new_v4()
        );
        diesel_async::SimpleAsyncConnection::batch_execute(&mut *conn, &add).await.unwrap();
    }
    let url = |name: &str| format!("/files/task-images/{name}.webp");
    let mut shown = number("42");
    shown["statement"] = json!({"type": "doc", "content": [{"type": "image",
        "attrs": {"src": url(&names[0]), "alt": "x", "width": 1, "height": 1}}]});
    school.task(shown).await;
    let forget = async || ilmspace::courses::forget_pictures(&school.s.app).await.unwrap();
    forget().await;
    let anybody = school.s.anonymous();
    anybody.get(&url(&names[1])).await.expect(200);
    school.s.advance(Duration::from_secs(25 * 3600));
    forget().await;
    anybody.get(&url(&names[0])).await.expect(200);
    anybody.get(&url(&names[1])).await.expect(404);
}
