//! How many streams at once, what counts as one, and how soon one ends on every node.

use std::time::{Duration, Instant};

use futures::future::join_all;
use ilmspace::identity::Role;
use ilmspace::video::{self, Ended, Grant, Playback, Viewer};
use serde_json::json;
use uuid::Uuid;

use super::support::{beside, grant, play, ready_video, transcoding, viewer};
use crate::support::{Client, TestServer};

async fn go_on(server: &TestServer, video: Uuid, viewer: Viewer, from: &Playback) -> Playback {
    let wanted = Grant { replaces: Some(from.session), ..grant(video, Some(viewer)) };
    video::grant_playback(&server.app, wanted).await.unwrap()
}

async fn status(client: &Client, playback: &Playback) -> u16 {
    client.get(&beside(playback, "k/0")).await.status.as_u16()
}

/// MED-12
#[tokio::test]
async fn of_twenty_streams_asked_for_at_once_two_are_left() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let id = ready_video(&server, &ann, 3).await;
    let watcher = viewer(&server, &ann).await;
    let other = server.beside(transcoding()).await;
    let all = join_all(
        (0..20).map(|n| play(if n % 2 == 0 { &server } else { &other }, id, Some(watcher))),
    );
    let mut live = 0;
    for playback in all.await {
        let beat = format!("/api/v1/playback/{}/heartbeat", playback.session);
        let answer = ann.client.post(&beat, json!({})).await;
        match answer.status.as_u16() {
            200 => live += 1,
            _ => drop(answer.expect_problem(410, "playback_replaced")),
        }
    }
    assert_eq!(live, 2);
}

/// MED-12 MED-11
#[tokio::test]
async fn the_next_lesson_is_no_second_stream() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let (one, two) = (ready_video(&server, &ann, 3).await, ready_video(&server, &ann, 3).await);
    let watcher = viewer(&server, &ann).await;
    let client = server.anonymous();
    let elsewhere = play(&server, one, Some(watcher)).await;
    let here = play(&server, one, Some(watcher)).await;
    // The next lesson is warmed: nobody is put out.
    let next = go_on(&server, two, watcher, &here).await;
    client.get(&next.master_url).await.expect(200);
    client.get(&beside(&next, "360p/0.m4s")).await.expect(200);
    for playback in [&elsewhere, &here, &next] {
        assert_eq!(status(&client, playback).await, 200);
    }
    // Warmed twice, it is one place all the same.
    let again = go_on(&server, two, watcher, &here).await;
    client.get(&beside(&next, "k/0")).await.expect_problem(410, "playback_ended");
    assert_eq!(status(&client, &here).await, 200);
    // Its first heartbeat: it is watched, and the lesson before has ended.
    let beat = format!("/api/v1/playback/{}/heartbeat", again.session);
    ann.client.post(&beat, json!({"position_s": 1})).await.expect(200);
    client.get(&beside(&here, "k/0")).await.expect_problem(410, "playback_ended");
    for playback in [&elsewhere, &again] {
        assert_eq!(status(&client, playback).await, 200);
    }
    // Without a heartbeat, more than the first segments tell the same.
    let third = go_on(&server, one, watcher, &again).await;
    let mut fetched = 0;
    while status(&client, &again).await == 200 {
        client.get(&beside(&third, "360p/0.m4s")).await.expect(200);
        fetched += 1;
        assert!(fetched <= 20, "two lessons are watched as one stream");
    }
    assert!(fetched > 2, "the first segments of a lesson are warmed in peace: {fetched}");
    assert_eq!(status(&client, &elsewhere).await, 200);
    // Another sign-in's session gives nobody its place: the newest two stay.
    let browser = server.sign_in(&ann.email).await;
    let who =
        ilmspace::identity::principal_of_token(&server.app, browser.token.as_deref().unwrap())
            .await
            .unwrap();
    let stranger = go_on(&server, two, Viewer::from(&who), &third).await;
    client.get(&beside(&elsewhere, "k/0")).await.expect_problem(410, "playback_replaced");
    for playback in [&third, &stranger] {
        assert_eq!(status(&client, playback).await, 200);
    }
}

/// MED-12 IDN-13: keys are refused at once on every node, segments within seconds.
#[tokio::test]
async fn a_session_that_ends_on_one_node_ends_on_the_others() {
    let server = TestServer::start_with(transcoding()).await;
    let other = server.beside(transcoding()).await;
    let ann = server.author("ann").await;
    let root = server.person("root", &[Role::Admin]).await;
    let id = ready_video(&server, &ann, 3).await;
    for (n, end) in ["sign_out", "lost", "ban"].into_iter().enumerate() {
        let name = format!("bob{n}");
        let bob = server.student(&name).await;
        let playback = play(&server, id, Some(viewer(&server, &bob).await)).await;
        let client = other.anonymous();
        client.get(&beside(&playback, "k/0")).await.expect(200);
        client.get(&beside(&playback, "360p/0.m4s")).await.expect(200);
        match end {
            "sign_out" => {
                bob.client.post("/api/v1/auth/logout", json!({})).await.expect(204);
            }
            "ban" => {
                let path = format!("/api/v1/admin/users/{}/status", bob.id);
                let body = json!({"status": "banned", "reason": "Shares the account."});
                root.client.post(&path, body).await.expect(200);
            }
            _ => {
                let lost = Ended::AccessLost { user_id: bob.id, video_id: id };
                assert_eq!(video::end_playback(&server.app, lost).await.unwrap(), 1);
            }
        }
        let since = Instant::now();
        for path in ["k/0", "360p/0.m4s"] {
            while client.get(&beside(&playback, path)).await.status != 410 {
                assert!(
                    since.elapsed() < Duration::from_secs(12),
                    "{end}: {path} is given out still"
                );
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
