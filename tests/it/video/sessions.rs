//! How many streams at once, what counts as one, and how soon one ends on every node.

use std::time::{Duration, Instant};

use futures::future::join_all;
use ilmspace::identity::Role;
use ilmspace::platform::live::Notice;
use ilmspace::video::{self, Ended, Grant, Playback, Viewer};
use serde_json::json;
use uuid::Uuid;

use super::support::{beside, grant, play, ready_video, take_off, transcoding, viewer};
use crate::support::{Client, Proxy, Socket, TestServer, TestServerOptions};

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
    // It makes no videos: of those that it made, the first node would hear nothing.
    let other = server.beside(TestServerOptions::default()).await;
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
                let lost = Ended::AccessLost { user_id: bob.id, videos: vec![id] };
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

/// A node that transcodes, on the Redis of the tests.
fn joined() -> TestServerOptions {
    let (transcodes, hears) = (transcoding().configure, TestServerOptions::with_redis().configure);
    TestServerOptions {
        configure: Box::new(move |config| {
            transcodes(config);
            hears(config);
        }),
        ..transcoding()
    }
}

async fn join(socket: &mut Socket, topic: &str) -> serde_json::Value {
    let asked = socket.ask(json!({"t": "join", "topic": topic})).await;
    socket.answer(asked).await
}

/// Returns when `other` hears what `server` says: a subscription takes a moment.
async fn until_heard(server: &TestServer, other: &TestServer) {
    let mut heard = other.app.live.listen();
    loop {
        server.app.live.tell(Notice::Frame { topic: "job:heard".into(), frame: json!({}) });
        if tokio::time::timeout(Duration::from_millis(100), heard.recv()).await.is_ok() {
            return;
        }
    }
}

/// MED-12 IDN-13: by the bus, and not because an answer of the database is too old: the other node has
/// no database any more, and could only say that it does not know.
#[tokio::test]
async fn a_node_without_its_database_refuses_what_has_ended_on_another() {
    let server = TestServer::start_with(joined()).await;
    let proxy = Proxy::before_the_database().await;
    let (elsewhere, hears) = (proxy.to_the_database(), TestServerOptions::with_redis().configure);
    let other = server
        .beside(TestServerOptions {
            configure: Box::new(move |config| {
                hears(config);
                elsewhere(config);
                // It is asked again and again.
                config.limits.factor = 0;
            }),
            ..TestServerOptions::default()
        })
        .await;
    until_heard(&server, &other).await;
    let ann = server.author("ann").await;
    let root = server.person("root", &[Role::Admin]).await;
    let id = ready_video(&server, &ann, 3).await;
    let ends = ["sign_out", "lost", "ban", "replaced", "closed"];
    let mut watched = Vec::new();
    for end in ends {
        let bob = server.student(&format!("bob_{end}")).await;
        let playback = play(&server, id, Some(viewer(&server, &bob).await)).await;
        other.anonymous().get(&beside(&playback, "k/0")).await.expect(200);
        watched.push((end, bob, playback));
    }
    let goes_on = play(&server, id, Some(viewer(&server, &ann).await)).await;
    other.anonymous().get(&beside(&goes_on, "k/0")).await.expect(200);
    proxy.go_away();
    for (end, bob, playback) in &watched {
        match *end {
            "sign_out" => {
                bob.client.post("/api/v1/auth/logout", json!({})).await.expect(204);
            }
            "ban" => {
                let path = format!("/api/v1/admin/users/{}/status", bob.id);
                let body = json!({"status": "banned", "reason": "Shares the account."});
                root.client.post(&path, body).await.expect(200);
            }
            "closed" => {
                let path = format!("/api/v1/playback/{}", playback.session);
                bob.client.delete(&path).await.expect(204);
            }
            "replaced" => {
                let watcher = viewer(&server, bob).await;
                play(&server, id, Some(watcher)).await;
                play(&server, id, Some(watcher)).await;
            }
            _ => {
                let lost = Ended::AccessLost { user_id: bob.id, videos: vec![id] };
                assert_eq!(video::end_playback(&server.app, lost).await.unwrap(), 1);
            }
        }
        let code = if *end == "replaced" { "playback_replaced" } else { "playback_ended" };
        let client = other.anonymous();
        let refused = async {
            loop {
                let answer = client.get(&beside(playback, "k/0")).await;
                match answer.status.as_u16() {
                    // Known for a second yet, or not known any more.
                    200 | 503 => tokio::task::yield_now().await,
                    _ => return answer,
                }
            }
        };
        let answer = tokio::time::timeout(Duration::from_secs(30), refused).await;
        answer.unwrap_or_else(|_| panic!("{end}: no word came")).expect_problem(410, code);
        client.get(&beside(playback, "360p/0.m4s")).await.expect_problem(410, code);
    }
    // Whose session goes on is never told that it has ended.
    let status = other.anonymous().get(&beside(&goes_on, "k/0")).await.status;
    assert!([200, 503].contains(&status.as_u16()), "{status}");
}

/// MED-12: a player is told at once, whichever node its socket is on.
#[tokio::test]
async fn a_player_hears_on_its_socket_that_another_took_its_place() {
    let server = TestServer::start_with(joined()).await;
    let other = server.beside(TestServerOptions::with_redis()).await;
    until_heard(&server, &other).await;
    let ann = server.author("ann").await;
    let bob = server.student("bob").await;
    let id = ready_video(&server, &ann, 3).await;
    let watcher = viewer(&server, &ann).await;
    let first = play(&server, id, Some(watcher)).await;
    let second = play(&server, id, Some(watcher)).await;
    let topic = |playback: &Playback| format!("playback:{}", playback.session);
    let mut here = Socket::sign_in(&server, &ann.client).await;
    let mut there = Socket::sign_in(&other, &ann.client.moved_to(&other)).await;
    assert_eq!(join(&mut here, &topic(&first)).await["t"], "joined");
    for playback in [&first, &second] {
        assert_eq!(join(&mut there, &topic(playback)).await["t"], "joined");
    }
    // It is nobody else's to hear, nor is what never was.
    let mut strange = Socket::sign_in(&other, &bob.client.moved_to(&other)).await;
    for topic in [topic(&first), format!("playback:{}", Uuid::new_v4())] {
        assert_eq!(join(&mut strange, &topic).await["code"], "not_found");
    }
    // The third stream ends the oldest.
    let third = play(&other, id, Some(watcher)).await;
    for socket in [&mut here, &mut there] {
        let told = socket.frame("playback_ended").await;
        assert_eq!(told["topic"], topic(&first));
        assert_eq!(told["session"], first.session.to_string());
        assert_eq!(told["reason"], "replaced");
    }
    // What ends otherwise says how; who is signed out hears it by the close of the socket.
    let lost = Ended::AccessLost { user_id: ann.id, videos: vec![id] };
    assert_eq!(video::end_playback(&server.app, lost).await.unwrap(), 2);
    let told = there.frame("playback_ended").await;
    assert_eq!(
        (told["session"].clone(), told["reason"].clone()),
        (json!(second.session), json!("access_lost"))
    );
    // What has ended is not waited for.
    assert_eq!(join(&mut there, &topic(&third)).await["code"], "not_found");
}

/// MED-12: the players of a video that is taken off are told when that is certain.
#[tokio::test]
async fn players_hear_that_their_video_was_taken_off() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let id = ready_video(&server, &ann, 3).await;
    let playback = play(&server, id, Some(viewer(&server, &ann).await)).await;
    let mut socket = Socket::sign_in(&server, &ann.client).await;
    let topic = format!("playback:{}", playback.session);
    assert_eq!(join(&mut socket, &topic).await["t"], "joined");
    take_off(&server, id).await;
    assert_eq!(socket.frame("playback_ended").await["reason"], "removed");
}
