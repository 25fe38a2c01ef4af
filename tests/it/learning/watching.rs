//! A real film, from the upload to the player.

use std::time::Duration;

use ilmspace::learning::EnrollmentEnded;
use ilmspace::platform::config::Config;
use ilmspace::platform::events;
use reqwest::Method;
use serde_json::{Value, json};

use crate::courses::world::{course, describe, id, lesson, module, publish, text_lesson, uploaded};
use crate::support::{Client, Socket, TestServer, TestServerOptions};
use crate::video::support::{film, transcoding};

/// The studio's course, as soon as `is_it` says so of it.
async fn until(author: &Client, course_id: &Value, is_it: impl Fn(&Value) -> bool) -> Value {
    let path = format!("/api/v1/studio/courses/{}", id(course_id));
    let waited = async {
        loop {
            let seen = author.get(&path).await.expect(200).json();
            if is_it(&seen) {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(180), waited).await.expect("waited in vain")
}

async fn tell_ended(s: &TestServer, fact: &EnrollmentEnded) {
    let app = &s.app;
    app.db
        .transaction(async |conn: &mut diesel_async::AsyncPgConnection| {
            events::publish(conn, app, fact).await
        })
        .await
        .unwrap();
}

/// MED-11 MED-12 MED-13 LRN-03 TCH-04 CRS-18 MED-01 LRN-17 WEB-05
#[tokio::test]
async fn a_film_and_a_trailer_are_made_published_and_watched_by_whom_they_are_for() {
    let TestServerOptions { configure, store, worker } = transcoding();
    let configure = Box::new(|config: &mut Config| {
        configure(config);
        config.media.max_trailer_seconds = 5;
    });
    let s = TestServer::start_with(TestServerOptions { configure, store, worker }).await;
    let ann = s.author("ann").await;
    let sam = s.student("sam").await;
    let staff = s.person("mod", &[ilmspace::identity::Role::Moderator]).await;
    let begun = course(&ann, "SQL").await;
    let part = module(&ann, &begun["id"], "One").await;
    let taught = lesson(&ann, &part["id"], "Film", "video").await;
    text_lesson(&ann, &part["id"], "Text").await;
    describe(&ann, &begun["id"], json!({})).await;
    let studio = format!("/api/v1/studio/courses/{}", id(&begun["id"]));
    let public = format!("/api/v1/courses/{}", id(&begun["id"]));
    let play = format!("/api/v1/lessons/{}/play", id(&taught["id"]));

    let upload = uploaded(&ann, "video", "film.mp4", &film(6)).await;
    let put = format!("/api/v1/studio/lessons/{}/video", id(&taught["id"]));
    let shown = ann.put(&put, json!({"upload_id": upload})).await.expect(200).json();
    assert_eq!(
        (&shown["state"], &shown["video"]["upload_id"]),
        (&json!("submitted"), &json!(upload))
    );
    // The same request again, as after an answer that was lost.
    let again = ann.put(&put, json!({"upload_id": upload})).await.expect(200).json();
    assert_eq!(again["video"]["id"], shown["video"]["id"]);
    // A trailer has a length of its own: what is a lesson may be too long for it.
    let long = uploaded(&ann, "video", "long.mp4", &film(6)).await;
    ann.put(&format!("{studio}/trailer"), json!({"upload_id": long})).await.expect(200);
    until(&ann, &begun["id"], |course| {
        course["trailer"]["state"] == "failed"
            && course["trailer"]["error"]["code"] == "media_too_long"
            && course["trailer"]["error"]["retryable"] == false
    })
    .await;
    let trailer = uploaded(&ann, "video", "trailer.mp4", &film(4)).await;
    ann.put(&format!("{studio}/trailer"), json!({"upload_id": trailer})).await.expect(200);

    let ready = until(&ann, &begun["id"], |course| {
        course["modules"][0]["lessons"][0]["state"] == "done"
            && course["trailer"]["state"] == "ready"
    })
    .await;
    let seconds = ready["modules"][0]["lessons"][0]["duration_s"].as_i64().unwrap();
    assert!((6..=7).contains(&seconds), "{seconds}");
    publish(&ann, &begun["id"]).await;

    // The trailer plays for strangers, the lesson does not.
    let guest = s.anonymous();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while guest.get(&public).await.json()["trailer"].is_null() {
        assert!(tokio::time::Instant::now() < deadline, "the page has no trailer");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let playing = guest.post(&format!("{public}/trailer/play"), json!({})).await.expect(200).json();
    guest.get(playing["master_url"].as_str().unwrap()).await.expect(200);
    guest.post(&play, json!({})).await.expect_problem(403, "not_enrolled");
    sam.post(&play, json!({})).await.expect_problem(403, "not_enrolled");

    // What is said can be read before it plays, by whom the lesson is for.
    let video = id(&ready["modules"][0]["lessons"][0]["video"]["id"]);
    let put = format!("/api/v1/videos/{video}/captions/ru?label=Russian");
    let vtt = "WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n";
    let request =
        ann.client.request(Method::PUT, &put).header("content-type", "text/vtt").body(vtt);
    ann.client.run(request, &put).await.expect(200);
    let learn = format!("/api/v1/learn/lessons/{}", id(&taught["id"]));
    let said = format!("{learn}/captions/ru");
    guest.get(&said).await.expect_problem(403, "not_enrolled");
    sam.get(&said).await.expect_problem(403, "not_enrolled");

    sam.post(&format!("{public}/enroll"), json!({})).await.expect(201);
    let captions = sam.get(&learn).await.expect(200).json()["video"]["captions"].clone();
    assert_eq!(captions, json!([{"language": "ru", "label": "Russian"}]));
    let text = sam.get(&said).await.expect(200);
    assert_eq!(text.header("content-type"), "text/vtt; charset=utf-8");
    assert!(text.text().contains("Hello"));
    for other in ["de", "nothing"] {
        sam.get(&format!("{learn}/captions/{other}")).await.expect_problem(404, "not_found");
    }
    let playing = sam.post(&play, json!({})).await.expect(200).json();
    assert_eq!(playing["position_s"], 0.0);
    sam.get(playing["master_url"].as_str().unwrap()).await.expect(200);
    s.advance(Duration::from_secs(5));
    let report = format!("/api/v1/learn/lessons/{}/progress", id(&taught["id"]));
    sam.post(&report, json!({"position_s": 4.5, "watched": [[0, 4.5]]})).await.expect(200);
    // Another browser goes on a little before.
    let elsewhere = s.sign_in(&sam.email).await;
    let playing = elsewhere.post(&play, json!({})).await.expect(200).json();
    assert_eq!(playing["position_s"], 1.5);

    // A free preview plays for strangers too.
    let any = ann.client.clone().with_header("if-match", "*");
    any.patch(
        &format!("/api/v1/studio/lessons/{}", id(&taught["id"])),
        json!({"free_preview": true}),
    )
    .await
    .expect(200);
    let open = guest.post(&play, json!({})).await.expect(200).json();
    let master = open["master_url"].as_str().unwrap();
    guest.get(master).await.expect(200);
    // And stops when it is none any more; whoever is enrolled goes on.
    let lesson = format!("/api/v1/studio/lessons/{}", id(&taught["id"]));
    any.patch(&lesson, json!({"free_preview": false})).await.expect(200);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while guest.get(master).await.status == 200 {
        assert!(tokio::time::Instant::now() < deadline, "the preview plays on");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    guest.get(master).await.expect_problem(410, "playback_ended");
    let beat = format!("/api/v1/playback/{}/heartbeat", open["session"].as_str().unwrap());
    guest.post(&beat, json!({})).await.expect_problem(410, "playback_ended");
    elsewhere.get(playing["master_url"].as_str().unwrap()).await.expect(200);

    // A topic that opens later after all takes the player away from learners, and from nobody else.
    let keeper = staff.post(&play, json!({})).await.expect(200).json();
    let keeper = keeper["master_url"].as_str().unwrap();
    let mut socket = Socket::sign_in(&s, &elsewhere).await;
    let topic = format!("playback:{}", playing["session"].as_str().unwrap());
    let joined = socket.ask(json!({"t": "join", "topic": topic})).await;
    assert_eq!(socket.answer(joined).await["t"], "joined");
    let master = playing["master_url"].as_str().unwrap();
    let topic = format!("/api/v1/studio/modules/{}", id(&part["id"]));
    let opens_at = s.app.clock.now() + chrono::TimeDelta::days(1);
    any.patch(&topic, json!({"opens_at": opens_at})).await.expect(200);
    assert_eq!(socket.frame("playback_ended").await["reason"], "topic_closed");
    elsewhere.get(master).await.expect_problem(410, "playback_ended");
    elsewhere.post(&play, json!({})).await.expect_problem(403, "topic_closed");
    staff.get(keeper).await.expect(200);
    any.patch(&topic, json!({"opens_at": null})).await.expect(200);
    elsewhere.post(&play, json!({})).await.expect(200);

    // Access that ended ends what is being watched.
    let watched = staff.post(&play, json!({})).await.expect(200).json();
    let master = watched["master_url"].as_str().unwrap();
    staff.get(master).await.expect(200);
    let course_id = id(&begun["id"]).parse().unwrap();
    let fact = EnrollmentEnded { enrollment_id: s.app.id(), user_id: staff.id, course_id };
    tell_ended(&s, &fact).await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while staff.get(master).await.status == 200 {
        assert!(tokio::time::Instant::now() < deadline, "it plays on");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
