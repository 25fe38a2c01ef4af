//! Keys that are changed while everything runs: master keys, and those that sign.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use ilmspace::video::rotate_keys;
use serde_json::json;

use super::support::{beside, play, ready_video, transcoding, viewer};
use crate::support::{TestServer, TestServerOptions};

fn with_keys(master: &[u8], playback: &[u8]) -> TestServerOptions {
    let (master, playback) = (master.to_vec(), playback.to_vec());
    TestServerOptions {
        configure: Box::new(move |config| {
            config.secrets.master_keys = master;
            config.secrets.playback_keys = playback;
            config.limits.factor = 0;
        }),
        ..TestServerOptions::default()
    }
}

/// MED-12 SEC-01: keys are given out all the while, the same ones.
#[tokio::test]
async fn every_segment_key_is_sealed_anew_while_players_go_on() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let first = ready_video(&server, &ann, 3).await;
    let second = ready_video(&server, &ann, 3).await;
    // A player on the node that knows both keys; the old node goes on beside it.
    let node = server.beside(with_keys(&[2, 1], &[1])).await;
    let playback = play(&node, first, Some(viewer(&node, &ann).await)).await;
    let url = beside(&playback, "k/0");
    let key = node.anonymous().get(&url).await.expect(200).body;
    let (stop, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let player = tokio::spawn({
        let (client, url, key) = (node.anonymous(), url.clone(), key.clone());
        let (stop, asked) = (Arc::clone(&stop), Arc::clone(&asked));
        async move {
            while !stop.load(Ordering::SeqCst) {
                assert_eq!(client.get(&url).await.expect(200).body, key);
                asked.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    let mut batches = 0;
    let done = rotate_keys(&node.app, 1, |_| batches += 1).await.unwrap();
    assert!(done.is_complete() && done.resealed >= 2 && done.unreadable == 0, "{done:?}");
    assert_eq!(done.versions, [(2, done.resealed)]);
    assert!(batches >= done.resealed, "one key a batch");
    let seen = asked.load(Ordering::SeqCst);
    while asked.load(Ordering::SeqCst) < seen + 3 {
        assert!(!player.is_finished(), "the player was refused");
        tokio::task::yield_now().await;
    }
    stop.store(true, Ordering::SeqCst);
    player.await.unwrap();
    // Begun again, nothing is left to do.
    let again = rotate_keys(&node.app, 500, |_| ()).await.unwrap();
    assert!(again.is_complete() && again.resealed == 0);
    // Without the old key, both videos play on.
    let newest = server.beside(with_keys(&[2], &[1])).await;
    assert_eq!(newest.anonymous().get(&url).await.expect(200).body, key);
    let other = play(&newest, second, Some(viewer(&newest, &ann).await)).await;
    newest.anonymous().get(&beside(&other, "k/0")).await.expect(200);
    // Who has lost a master key is told so, and nothing is written.
    let lost = server.beside(with_keys(&[3], &[1])).await;
    let done = rotate_keys(&lost.app, 500, |_| ()).await.unwrap();
    assert!(!done.is_complete() && done.resealed == 0 && done.unreadable >= 2, "{done:?}");
    assert_eq!(newest.anonymous().get(&url).await.expect(200).body, key);
}

/// MED-12
#[tokio::test]
async fn signing_keys_change_with_an_overlap() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let id = ready_video(&server, &ann, 3).await;
    let old = play(&server, id, Some(viewer(&server, &ann).await)).await;
    // Known everywhere before it signs; then it signs; then the old one goes.
    let knows = server.beside(with_keys(&[1], &[1, 2])).await;
    let signs = server.beside(with_keys(&[1], &[2, 1])).await;
    let new = play(&signs, id, Some(viewer(&signs, &ann).await)).await;
    for node in [&knows, &signs] {
        for playback in [&old, &new] {
            node.anonymous().get(&playback.master_url).await.expect(200);
            node.anonymous().get(&beside(playback, "k/0")).await.expect(200);
        }
    }
    let after = server.beside(with_keys(&[1], &[2])).await;
    after.anonymous().get(&new.master_url).await.expect(200);
    after.anonymous().get(&old.master_url).await.expect_problem(401, "playback_token");
    // The session lives on: its next heartbeat brings a token of the new key.
    let beat = format!("/api/v1/playback/{}/heartbeat", old.session);
    let client = ann.client.moved_to(&after);
    let renewed = client.post(&beat, json!({})).await.expect(200).json();
    after.anonymous().get(renewed["master_url"].as_str().unwrap()).await.expect(200);
}
