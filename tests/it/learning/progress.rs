//! What is watched counts once, is resumed elsewhere, and adds up to the course.

use std::time::Duration;

use serde_json::{Value, json};

use crate::courses::world::{
    course, describe, id, module, person, publish, text, text_lesson, video_lesson,
};
use crate::support::{Client, TestServer};

struct School {
    s: TestServer,
    ann: Client,
    sam: Client,
    course: Value,
    film: Value,
    text: Value,
    module: Value,
}

/// A published course of a ten-minute film and a text, with one student.
async fn school() -> School {
    let s = TestServer::start().await;
    let (ann, sam) = (person(&s, "ann").await, person(&s, "sam").await);
    let begun = course(&ann, "SQL").await;
    let part = module(&ann, &begun["id"], "One").await;
    let film = video_lesson(&s, &ann, &part["id"], "Film", 600).await["id"].clone();
    let text = text_lesson(&ann, &part["id"], "Text").await["id"].clone();
    describe(&ann, &begun["id"], json!({})).await;
    let course = publish(&ann, &begun["id"]).await["id"].clone();
    sam.post(&format!("/api/v1/courses/{}/enroll", id(&course)), json!({})).await.expect(201);
    sam.get(&format!("/api/v1/learn/lessons/{}", id(&film))).await.expect(200);
    School { s, ann, sam, course, film, text, module: part["id"].clone() }
}

impl School {
    /// `seconds` pass, then the player reports.
    async fn report(&self, seconds: u64, position_s: f64, watched: Value) -> Value {
        self.s.advance(Duration::from_secs(seconds));
        let path = format!("/api/v1/learn/lessons/{}/progress", id(&self.film));
        self.sam
            .post(&path, json!({"position_s": position_s, "watched": watched}))
            .await
            .expect(200)
            .json()
    }

    /// Watches the film from one second to another, reporting as often as a player must at least.
    async fn watch(&self, from: u32, to: u32) -> Value {
        let mut last = Value::Null;
        let mut at = from;
        while at < to {
            let next = (at + 60).min(to);
            last = self.report(u64::from(next - at), f64::from(next), json!([[at, next]])).await;
            at = next;
        }
        last
    }

    async fn programme(&self) -> Value {
        self.sam
            .get(&format!("/api/v1/learn/courses/{}", id(&self.course)))
            .await
            .expect(200)
            .json()
    }
}

/// LRN-01 LRN-02 LRN-05 ENR-02 LRN-06 LRN-07
#[tokio::test]
async fn ninety_per_cent_of_the_video_completes_the_lesson_and_all_lessons_the_course() {
    let school = school().await;
    assert_eq!(school.programme().await["modules"][0]["lessons"][0]["mark"], "in_progress");
    school.watch(0, 290).await;
    let part = school.report(10, 300.0, json!([[290, 300], [250, 300]])).await;
    assert_eq!(
        part,
        json!({"percent": 50, "mark": "in_progress", "lesson_done": false, "course_percent": 0.0})
    );
    let jumped = school.report(10, 600.0, json!([[590, 600]])).await;
    assert_eq!(
        (&jumped["percent"], &jumped["lesson_done"]),
        (&json!(51), &json!(false)),
        "a jump to the end is not watching"
    );
    let done = school.watch(300, 541).await;
    assert_eq!(
        done,
        json!({"percent": 100, "mark": "done", "lesson_done": true, "course_percent": 50.0})
    );

    let path = format!("/api/v1/learn/lessons/{}/done", id(&school.text));
    let whole = school.sam.post(&path, json!({})).await.expect(200).json();
    assert_eq!((&whole["course_percent"], &whole["mark"]), (&json!(100.0), &json!("done")));
    school.sam.post(&path, json!({})).await.expect(200);
    let mine =
        school.sam.get(&format!("/api/v1/me/enrollments/{}", id(&school.course))).await.json();
    assert_eq!(mine["state"], "completed");
    school.s.settle().await;

    // A lesson added later lowers the percentage, not what was reached.
    text_lesson(&school.ann, &school.module, "More").await;
    school.s.settle().await;
    let programme = school.programme().await;
    assert_eq!(
        (&programme["percent"], &programme["lessons_done"], &programme["lessons"]),
        (&json!(66.6), &json!(2), &json!(3))
    );
    let mine =
        school.sam.get(&format!("/api/v1/me/enrollments/{}", id(&school.course))).await.json();
    assert_eq!(mine["state"], "completed");
}

/// LRN-01
#[tokio::test]
async fn a_claim_beyond_what_time_allows_is_cut_and_a_repeated_one_adds_nothing() {
    let school = school().await;
    let liar = school.report(10, 600.0, json!([[0, 600]])).await;
    assert_eq!(liar["percent"], 4, "24 of 600 seconds");
    let again = school.report(0, 24.0, json!([[0, 24], [0, 24], [10, 20]])).await;
    assert_eq!(again["percent"], 4);
    let fast = school.report(60, 150.0, json!([[24, 144]])).await;
    assert_eq!(fast["percent"], 24, "twice as fast is possible");
}

/// LRN-01 LRN-16
#[tokio::test]
async fn an_answer_beside_a_film_takes_nothing_from_what_is_watched() {
    let school = school().await;
    let task = json!({"kind": "number", "title": "Count", "statement": text("How many?"),
        "key": {"values": [42]}});
    let tasks = format!("/api/v1/studio/modules/{}/tasks", id(&school.module));
    let task = school.ann.post(&tasks, task).await.expect(201).json()["id"].clone();
    school.report(10, 10.0, json!([[0, 10]])).await;
    school.s.advance(Duration::from_secs(10));
    let attempts = format!("/api/v1/learn/tasks/{}/attempts", id(&task));
    let answer = json!({"client_key": uuid::Uuid::new_v4(), "version": 1, "answer": "41"});
    school.sam.post(&attempts, answer).await.expect(201);
    let seen = school.report(0, 20.0, json!([[10, 20]])).await;
    assert_eq!(seen["percent"], 3, "20 of 600 seconds");
}

/// LRN-01
#[tokio::test]
async fn reports_at_once_count_each_moment_once() {
    let school = school().await;
    school.s.advance(Duration::from_secs(100));
    let path = format!("/api/v1/learn/lessons/{}/progress", id(&school.film));
    let reports =
        (0..8).map(|_| school.sam.post(&path, json!({"position_s": 60, "watched": [[0, 60]]})));
    for answer in futures::future::join_all(reports).await {
        answer.expect(200);
    }
    assert_eq!(school.programme().await["modules"][0]["lessons"][0]["percent"], 10);
}

/// LRN-03
#[tokio::test]
async fn the_last_report_decides_where_any_device_goes_on() {
    let school = school().await;
    school.report(60, 60.0, json!([[0, 60]])).await;
    school.report(30, 300.5, json!([[270.5, 300.5]])).await;
    let lesson = format!("/api/v1/learn/lessons/{}", id(&school.film));
    assert_eq!(school.sam.get(&lesson).await.json()["position_s"], 297.5);
    let mine = school.sam.get("/api/v1/me/learning").await.json();
    assert_eq!(
        mine["items"][0]["continue"],
        json!({"lesson_id": school.film, "title": "Film", "position_s": 297.5, "duration_s": 600})
    );
    school.report(5, 120.0, json!([])).await;
    assert_eq!(school.sam.get(&lesson).await.json()["position_s"], 117.0);
    school.report(5, 599.0, json!([])).await;
    assert_eq!(
        school.sam.get(&lesson).await.json()["position_s"],
        0.0,
        "nothing is left to resume"
    );
}

/// LRN-04
#[tokio::test]
async fn time_is_counted_for_lesson_and_course_and_silence_is_not() {
    let school = school().await;
    school.report(10, 10.0, json!([[0, 10]])).await;
    school.report(15, 25.0, json!([[10, 25]])).await;
    school.report(400, 26.0, json!([[25, 26]])).await;
    let lesson =
        school.sam.get(&format!("/api/v1/learn/lessons/{}", id(&school.film))).await.json();
    let spent = lesson["active_s"].as_i64().unwrap();
    assert!((25..=30).contains(&spent), "{spent}");
    assert_eq!(school.programme().await["active_s"], lesson["active_s"]);
}

/// LRN-01
#[tokio::test]
async fn bad_reports_are_refused_and_a_video_is_not_done_by_a_click() {
    let school = school().await;
    let path = format!("/api/v1/learn/lessons/{}/progress", id(&school.film));
    for body in [
        json!({"position_s": 1e12, "watched": []}),
        json!({"position_s": 0, "watched": vec![[0, 1]; 201]}),
        json!({"position_s": 0, "watched": [[0, 1e30]]}),
    ] {
        school.sam.post(&path, body).await.expect_problem(422, "invalid");
    }
    for body in [
        json!({"position_s": "x", "watched": []}),
        json!({"position_s": 0, "watched": [[1]]}),
        json!({"watched": []}),
    ] {
        school.sam.post(&path, body).await.expect_problem(400, "bad_request");
    }
    let backwards = school.report(10, -5.0, json!([[10, 5], [-20, 2], [599, 700]])).await;
    assert_eq!(backwards["percent"], 0);
    let click = format!("/api/v1/learn/lessons/{}/done", id(&school.film));
    school.sam.post(&click, json!({})).await.expect_problem(409, "lesson_state");
    school
        .s
        .anonymous()
        .post(&path, json!({"position_s": 0, "watched": []}))
        .await
        .expect_problem(401, "unauthenticated");
}

/// LRN-05
#[tokio::test]
async fn a_removed_lesson_leaves_the_count_and_what_a_free_preview_gave_stays() {
    let school = school().await;
    let any = school.ann.clone().with_header("if-match", "*");
    any.patch(
        &format!("/api/v1/studio/lessons/{}", id(&school.text)),
        json!({"free_preview": true}),
    )
    .await
    .expect(200);
    let tom = person(&school.s, "tom").await;
    let done = format!("/api/v1/learn/lessons/{}/done", id(&school.text));
    tom.post(&done, json!({})).await.expect(200);
    let joined = tom
        .post(&format!("/api/v1/courses/{}/enroll", id(&school.course)), json!({}))
        .await
        .expect(201)
        .json();
    assert_eq!(joined["state"], "in_progress");
    let row = |who: Client| async move {
        who.get("/api/v1/me/learning").await.json()["items"][0].clone()
    };
    assert_eq!(row(tom.clone()).await["percent"], 50.0);
    school.ann.delete(&format!("/api/v1/studio/lessons/{}", id(&school.film))).await.expect(204);
    school.s.settle().await;
    let now = row(tom.clone()).await;
    assert_eq!(
        (&now["percent"], &now["enrollment"]["state"]),
        (&json!(100.0), &json!("completed"))
    );
}

/// LRN-01: silence earns nothing: lessons opened and left for a day are not watched by one report.
#[tokio::test]
async fn many_open_lessons_are_not_all_watched_by_a_report_each_a_day_later() {
    let school = school().await;
    let mut films = vec![school.film.clone()];
    for n in 0..3 {
        let film = video_lesson(&school.s, &school.ann, &school.module, &format!("{n}"), 250).await;
        films.push(film["id"].clone());
    }
    for film in &films {
        school.sam.get(&format!("/api/v1/learn/lessons/{}", id(film))).await.expect(200);
    }
    school.s.advance(Duration::from_secs(8 * 3600));
    let sam = crate::courses::world::sign_in(&school.s, "sam").await;
    let mut percents = Vec::new();
    for film in &films {
        let path = format!("/api/v1/learn/lessons/{}/progress", id(film));
        let claim = json!({"position_s": 600, "watched": [[0, 600]]});
        let answer = sam.post(&path, claim).await.expect(200).json();
        assert_eq!(answer["lesson_done"], false);
        percents.push(answer["percent"].as_u64().unwrap());
    }
    assert!(percents[0] <= 45, "two minutes at most: {percents:?}");
    assert!(percents[1..].iter().all(|percent| *percent <= 2), "no time went by: {percents:?}");
}
