//! What players tell of their viewings, what authors see of it, and what people were sent.

use std::time::Duration;

use ilmspace::identity::Role;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::support::{beside, play, ready_video, transcoding, viewer};
use crate::support::{Answer, Client, Person, TestServer};

fn report(watched: &Value, start_ms: u32) -> Value {
    json!({"start_ms": start_ms, "stalls": 1, "stall_ms": 500, "rungs": {"360p": 6.0, "240p": 2},
        "watched": watched, "errors": ["fragLoadError"]})
}

fn path_of(session: Uuid) -> String {
    format!("/api/v1/playback/{session}/report")
}

async fn analytics(who: &Client, video: Uuid) -> Value {
    who.get(&format!("/api/v1/videos/{video}/analytics")).await.expect(200).json()
}

/// As `navigator.sendBeacon` sends a text: nobody's token, no JSON type.
async fn beacon(server: &TestServer, session: Uuid, body: &Value) -> Answer {
    let client = server.anonymous();
    let request = client.request(Method::POST, &path_of(session));
    let request = request.header("content-type", "text/plain;charset=UTF-8").body(body.to_string());
    client.run(request, "beacon").await
}

/// MED-20: totals count once, and only an author and admins see them.
#[tokio::test]
async fn viewings_are_told_and_their_author_sees_what_they_come_to() {
    let server = TestServer::start_with(transcoding()).await;
    let (ann, bob, eve) =
        (server.author("ann").await, server.student("bob").await, server.student("eve").await);
    let root = server.person("root", &[Role::Admin]).await;
    let id = ready_video(&server, &ann, 12).await;
    let nothing = analytics(&ann.client, id).await;
    assert_eq!((&nothing["viewings"], &nothing["start_ms_p50"]), (&json!(0), &Value::Null));
    assert_eq!(nothing["retention"], json!({"bucket_s": 5, "views": [0, 0, 0]}));

    let of = async |who: &Person| play(&server, id, Some(viewer(&server, who).await)).await;
    let (first, second, own) = (of(&bob).await, of(&eve).await, of(&ann).await);
    server.advance(Duration::from_secs(15));
    let told = report(&json!([[0, 11.5]]), 900);
    for _ in 0..3 {
        bob.client.post(&path_of(first.session), told.clone()).await.expect(204);
    }
    // What came before comes late.
    bob.client.post(&path_of(first.session), report(&json!([[0, 4]]), 900)).await.expect(204);
    // Eve's page says its last word when she leaves.
    beacon(&server, second.session, &report(&json!([[0, 4.9]]), 1500)).await.expect(204);
    // The author looks as well.
    ann.client.post(&path_of(own.session), told.clone()).await.expect(204);

    let seen = analytics(&ann.client, id).await;
    assert_eq!((&seen["viewings"], &seen["viewers"]), (&json!(2), &json!(2)), "{seen}");
    assert_eq!(seen["watch_s"], 16);
    assert_eq!(seen["completion_percent"], 50.0);
    assert!((65.0..=72.0).contains(&seen["average_percent"].as_f64().unwrap()), "{seen}");
    assert_eq!((&seen["start_ms_p50"], &seen["start_ms_p95"]), (&json!(1200), &json!(1470)));
    assert!(seen["stalls_per_hour"].as_f64().unwrap() > 400.0, "{seen}");
    assert!((5.0..=6.5).contains(&seen["stall_percent"].as_f64().unwrap()), "{seen}");
    // Rungs that the video does not have are nobody's.
    assert_eq!(seen["rungs"][0]["name"], "360p");
    assert_eq!(seen["retention"]["views"], json!([2, 1, 1]), "{seen}");
    assert_eq!(analytics(&root.client, id).await, seen);
    for who in [&bob, &eve] {
        let path = format!("/api/v1/videos/{id}/analytics");
        who.client.get(&path).await.expect_problem(404, "not_found");
    }
    server.anonymous().get(&format!("/api/v1/videos/{id}/analytics")).await.expect(401);

    // A lie goes no further than the time that went by.
    let third = of(&bob).await;
    server.advance(Duration::from_secs(1));
    let lie = json!({"start_ms": 1e8, "stalls": 4_000_000_000u32, "stall_ms": 1e8,
        "rungs": {"360p": 1e6}, "watched": [[0, 12]], "errors": []});
    bob.client.post(&path_of(third.session), lie).await.expect(204);
    let after = analytics(&ann.client, id).await;
    let gained = after["watch_s"].as_i64().unwrap() - seen["watch_s"].as_i64().unwrap();
    assert!((1..=5).contains(&gained), "{after}");

    // What is no report, and no viewing.
    for bad in [json!({"stalls": -1}), json!([]), json!({"x": 1})] {
        beacon(&server, first.session, &bad).await.expect_problem(400, "bad_request");
    }
    let far = report(&json!([[0, 1e12]]), 1);
    beacon(&server, first.session, &far).await.expect_problem(422, "invalid");
    let many = report(&Value::Array(vec![json!([0, 1]); 501]), 1);
    beacon(&server, first.session, &many).await.expect_problem(422, "invalid");
    let nobody = server.app.id();
    beacon(&server, nobody, &told).await.expect_problem(404, "not_found");
    // Long after the end there is nothing left to tell.
    server.advance(Duration::from_secs(3600));
    beacon(&server, first.session, &told).await.expect_problem(410, "playback_ended");
}

/// MED-18: bytes by person and day, for admins.
#[tokio::test]
async fn what_people_are_sent_is_counted_by_day() {
    let server = TestServer::start_with(transcoding()).await;
    let (ann, bob) = (server.author("ann").await, server.student("bob").await);
    let root = server.person("root", &[Role::Admin]).await;
    let id = ready_video(&server, &ann, 3).await;
    let playback = play(&server, id, Some(viewer(&server, &bob).await)).await;
    let player = server.anonymous();
    let mut sent = 0;
    // The third and fourth come out of memory.
    for path in ["360p/0.m4s", "audio/0.m4s", "360p/0.m4s", "360p/0.m4s"] {
        sent += player.get(&beside(&playback, path)).await.expect(200).body.len();
    }
    // HEAD, playlists and strangers are not counted.
    player.send(Method::HEAD, &beside(&playback, "360p/0.m4s"), None).await.expect(200);
    player.get(&playback.master_url).await.expect(200);
    let preview = play(&server, id, None).await;
    player.get(&beside(&preview, "360p/0.m4s")).await.expect(200);

    // As a server that stops does last.
    let day = server.app.clock.now().date_naive();
    let of = format!("/api/v1/admin/users/{}/traffic", bob.id);
    let (root, bob) = (root.client, bob.client);
    ilmspace::wiring::finish_services(&server.app).await;
    let seen = root.get(&of).await.expect(200).json();
    assert_eq!(
        seen,
        json!({"items": [{"day": day, "bytes": sent, "reported": 0}],
        "total": sent, "total_reported": 0})
    );
    let elsewhere = format!("{of}?from=2020-01-01&to=2020-02-01");
    assert_eq!(root.get(&elsewhere).await.expect(200).json()["total"], 0);
    let long = format!("{of}?from=2020-01-01");
    root.get(&long).await.expect_problem(422, "invalid");
    root.get(&format!("{of}?from=yesterday")).await.expect_problem(400, "bad_request");
    for to in ["-262143-01-01", "+262142-12-31", "0001-01-01"] {
        let to = to.replace('+', "%2B");
        root.get(&format!("{of}?to={to}")).await.expect_problem(422, "invalid");
    }
    // What is written down is added to what was.
    player.get(&beside(&playback, "audio/0.m4s")).await.expect(200);
    ilmspace::wiring::finish_services(&server.app).await;
    assert!(root.get(&of).await.expect(200).json()["total"].as_u64().unwrap() > sent as u64);
    let nobody = format!("/api/v1/admin/users/{}/traffic", server.app.id());
    root.get(&nobody).await.expect_problem(404, "not_found");
    bob.get(&of).await.expect_problem(403, "forbidden");
}
