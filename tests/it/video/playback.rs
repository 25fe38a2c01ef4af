//! From the upload to a protected stream: transcoding in the real child, keys, tokens, sessions.

use std::time::Duration;

use ilmspace::platform::live::Notice;
use ilmspace::video::{self, Ended, Playback, VideoState};
use media::token::{PlaybackClaims, PlaybackFlags};
use serde_json::json;
use uuid::Uuid;

use super::support::{
    Tus, attach, beside, eventually, files_below, film, grant, play, ready_video, take_off,
    transcoding, until, until_ready, validate_stream, view, viewer,
};
use crate::support::{Client, TestServer};

/// MED-02 MED-10 MED-12 MED-14 JOB-02: the whole road.
#[tokio::test]
async fn an_upload_becomes_a_stream_that_plays_with_its_token_only() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let upload = Tus(&ann.client).upload(film(11), "lesson.mp4", "video").await;
    let id = attach(&server, upload, ann.id).await;
    let ready = until_ready(&server, id).await;
    assert!(ready.watchable && (ready.percent - 100.0).abs() < f32::EPSILON);
    assert!((10.5..11.5).contains(&ready.duration_s.unwrap()));
    assert!(ready.renditions.iter().any(|rendition| rendition.name == "360p"));
    assert!(ready.renditions.iter().any(|rendition| rendition.name == "audio"));

    let playback = play(&server, id, Some(viewer(&server, &ann).await)).await;
    assert!(!playback.growing && playback.watermark.is_some());
    let report = validate_stream(&server, &playback).await;
    assert!(report.ended && report.audio.is_some() && report.video.contains(&"360p".to_owned()));

    // Headers.
    let stranger = server.anonymous();
    let key = stranger.get(&beside(&playback, "k/0")).await.expect(200);
    assert_eq!(key.body.len(), 16);
    assert_eq!(key.header("cache-control"), "no-store");
    let segment = stranger.get(&beside(&playback, "360p/0.m4s")).await.expect(200);
    assert!(segment.header("cache-control").contains("immutable"));
    assert_eq!(segment.header("referrer-policy"), "no-referrer");
    let poster = stranger.get(&beside(&playback, "poster.jpg")).await.expect(200);
    assert_eq!(poster.header("content-type"), "image/jpeg");
    // HEAD says the same without the body.
    for path in ["master.m3u8", "v/360p.m3u8", "360p/init.mp4", "360p/0.m4s", "k/0", "poster.jpg"] {
        let url = beside(&playback, path);
        let got = stranger.get(&url).await.expect(200);
        let head = stranger.send(reqwest::Method::HEAD, &url, None).await.expect(200);
        assert!(head.body.is_empty(), "{path}");
        for name in ["content-type", "content-length", "cache-control", "referrer-policy"] {
            assert_eq!(head.header(name), got.header(name), "{path} {name}");
        }
    }
    let shown = stranger.get(&ready.poster_url.unwrap()).await.expect(200);
    assert_eq!(shown.body, poster.body);

    // What lies in the store is neither the segment in the clear nor named anywhere.
    let objects = server.directory().join("objects/objects/videos");
    let stored: Vec<_> = files_below(&objects)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|end| end == "m4s"))
        .collect();
    assert!(!stored.is_empty());
    for path in stored {
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(4).any(|w| w == b"moof" || w == b"mdat"), "{}", path.display());
    }
    for path in ["original", "source.mp4", "../originals", "360p/0.m4s/x", "k/99", "v/720p.m3u8"] {
        let status = stranger.get(&beside(&playback, path)).await.status;
        assert_eq!(status, 404, "{path}");
    }
    for path in ["/originals/", "/videos/", "/m/", "/objects/"] {
        let answer = stranger.get(&format!("{path}{}", id.simple())).await;
        assert!(answer.status == 404 || !answer.body.windows(4).any(|w| w == b"moof"), "{path}");
    }
}

/// MED-12: the matrix of tokens.
#[tokio::test]
async fn a_token_opens_its_own_video_while_it_lives_and_nothing_else() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let (one, two) = (ready_video(&server, &ann, 3).await, ready_video(&server, &ann, 3).await);
    let playback = play(&server, one, Some(viewer(&server, &ann).await)).await;
    let client = server.anonymous();
    let url = |path: &str| beside(&playback, path);
    client.get(&url("master.m3u8")).await.expect(200);

    // Without a token, with half of one, with one that was changed anywhere.
    let token = playback.master_url.split('/').nth(2).unwrap().to_owned();
    client.get(&format!("/m/x/{one}/k/0")).await.expect_problem(401, "playback_token");
    client.get(&format!("/m//{one}/k/0")).await.expect(404);
    let half = &token[..token.len() / 2];
    client.get(&format!("/m/{half}/{one}/k/0")).await.expect_problem(401, "playback_token");
    for at in (0..token.len()).step_by(7) {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        let answer = client.get(&format!("/m/{changed}/{one}/k/0")).await;
        answer.expect_problem(401, "playback_token");
    }
    // Signed by somebody else.
    let keys =
        media::token::TokenKeys::new((1, kernel::SecretBytes::new(vec![7; 32])), None).unwrap();
    let forged = PlaybackClaims {
        expires_at: u32::MAX,
        video_id: one,
        user_id: ann.id,
        session_id: playback.session,
        flags: PlaybackFlags::default(),
        watermark: 0,
    }
    .sign(&keys);
    client.get(&format!("/m/{forged}/{one}/k/0")).await.expect_problem(401, "playback_token");
    // Another lesson's video.
    client.get(&format!("/m/{token}/{two}/k/0")).await.expect_problem(403, "forbidden");
    client.get(&format!("/m/{token}/{}/k/0", Uuid::nil())).await.expect_problem(403, "forbidden");
    // Another site.
    let elsewhere = server.anonymous().with_header("origin", "https://evil.test");
    elsewhere.get(&url("k/0")).await.expect_problem(403, "cross_site");
    let elsewhere = server.anonymous().with_header("sec-fetch-site", "cross-site");
    elsewhere.get(&url("k/0")).await.expect_problem(403, "cross_site");
    // Paths that climb or are written in another way.
    for path in ["%6b/0", "k%2f0", "k/00", "k/0/", "360p/..%2f..%2fmaster.m3u8"] {
        assert_eq!(client.get(&url(path)).await.status, 404, "{path}");
    }
    // Over.
    server.advance(Duration::from_secs(600 + 31));
    client.get(&url("k/0")).await.expect_problem(401, "playback_token");
    client.get(&url("360p/0.m4s")).await.expect_problem(401, "playback_token");
}

/// MED-12 IDN-13: revocation.
#[tokio::test]
async fn playback_ends_with_the_right_to_it() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let bob = server.author("bob").await;
    let id = ready_video(&server, &ann, 3).await;
    let client = server.anonymous();
    let watcher = viewer(&server, &bob).await;

    // The player closes it.
    let playback = play(&server, id, Some(watcher)).await;
    let path = format!("/api/v1/playback/{}", playback.session);
    ann.client.delete(&path).await.expect_problem(404, "not_found");
    server.anonymous().delete(&path).await.expect_problem(404, "not_found");
    bob.client.delete(&path).await.expect(204);
    client.get(&beside(&playback, "k/0")).await.expect_problem(410, "playback_ended");
    client.get(&beside(&playback, "360p/0.m4s")).await.expect_problem(410, "playback_ended");

    // Enrollment or payment ends.
    let playback = play(&server, id, Some(watcher)).await;
    client.get(&beside(&playback, "360p/0.m4s")).await.expect(200);
    let lost = Ended::AccessLost { user_id: bob.id, videos: vec![id] };
    assert_eq!(video::end_playback(&server.app, lost).await.unwrap(), 1);
    client.get(&beside(&playback, "360p/0.m4s")).await.expect_problem(410, "playback_ended");

    // Signing out, and a ban: heard at once.
    for end in [
        Notice::SessionEnded {
            user_id: bob.id,
            session_id: watcher.sign_in_id,
            reason: "signed_out".into(),
        },
        Notice::UserBlocked { user_id: bob.id },
    ] {
        let playback = play(&server, id, Some(watcher)).await;
        client.get(&beside(&playback, "360p/0.m4s")).await.expect(200);
        server.app.live.tell(end);
        until_keys_end(&client, &playback).await;
        client.get(&beside(&playback, "360p/0.m4s")).await.expect_problem(410, "playback_ended");
    }

    // Taken off: nothing of it is left.
    let playback = play(&server, id, Some(watcher)).await;
    take_off(&server, id).await;
    until_keys_end(&client, &playback).await;
    let objects = server.directory().join("objects/objects");
    eventually("its objects are deleted", || files_below(&objects).is_empty()).await;
}

/// Keys stop within a second or so, wherever the end was said.
async fn until_keys_end(client: &Client, playback: &Playback) {
    let ended = async {
        while client.get(&beside(playback, "k/0")).await.status != 410 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), ended).await.expect("within seconds");
}

/// MED-12: heartbeats keep it, the newest streams stay.
#[tokio::test]
async fn a_heartbeat_renews_and_a_third_stream_ends_the_first() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let id = ready_video(&server, &ann, 3).await;
    let watcher = viewer(&server, &ann).await;
    let client = server.anonymous();
    let first = play(&server, id, Some(watcher)).await;
    let beat = format!("/api/v1/playback/{}/heartbeat", first.session);

    server.advance(Duration::from_secs(500));
    let renewed = ann.client.post(&beat, json!({ "position_s": 12.5 })).await.expect(200).json();
    assert_ne!(renewed["master_url"], first.master_url);
    server.anonymous().post(&beat, json!({})).await.expect_problem(404, "not_found");
    ann.client.post(&beat, json!({ "position_s": -1 })).await.expect_problem(422, "invalid");
    server.advance(Duration::from_secs(200));
    client.get(&beside(&first, "k/0")).await.expect_problem(401, "playback_token");
    client.get(renewed["master_url"].as_str().unwrap()).await.expect(200);

    let ann2 = server.sign_in(&ann.email).await;
    play(&server, id, Some(watcher)).await;
    play(&server, id, Some(watcher)).await;
    let master = renewed["master_url"].as_str().unwrap();
    client.get(master).await.expect_problem(410, "playback_replaced");
    ann2.post(&beat, json!({})).await.expect_problem(410, "playback_replaced");
}

/// MED-12: a heartbeat costs some work, and a player sends one a minute.
#[tokio::test]
async fn heartbeats_without_end_are_refused() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let id = ready_video(&server, &ann, 3).await;
    let playback = play(&server, id, None).await;
    let client = server.anonymous();
    let beat = format!("/api/v1/playback/{}/heartbeat", playback.session);
    let mut taken = 0;
    while client.post(&beat, json!({})).await.status == 200 {
        taken += 1;
        assert!(taken < 200, "nobody stops it");
    }
    assert!(taken >= 30, "tokens may live for seconds: {taken}");
    client.post(&beat, json!({})).await.expect_problem(429, "rate_limited");
}

/// MED-01 MED-13: a trailer plays for strangers, and a stranger gets nothing else.
#[tokio::test]
async fn a_preview_plays_for_strangers() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let id = ready_video(&server, &ann, 3).await;
    let playback = play(&server, id, None).await;
    assert_eq!(playback.watermark, None);
    validate_stream(&server, &playback).await;
    let beat = format!("/api/v1/playback/{}/heartbeat", playback.session);
    server.anonymous().post(&beat, json!({})).await.expect(200);
    let wanted = video::Grant { preview: false, ..grant(id, None) };
    let refused = video::grant_playback(&server.app, wanted).await.unwrap_err();
    assert_eq!(refused.code().name(), "forbidden");
}

/// MED-12: a ripper is slowed down.
#[tokio::test]
async fn segments_faster_than_anybody_watches_are_refused() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let id = ready_video(&server, &ann, 3).await;
    let playback = play(&server, id, Some(viewer(&server, &ann).await)).await;
    let client = server.anonymous();
    let url = beside(&playback, "360p/0.m4s");
    let mut got = 0;
    while client.get(&url).await.status == 200 {
        got += 1;
        assert!(got < 200, "nobody stops it");
    }
    assert!(got >= 60, "a player that fills its buffers is no ripper: {got}");
    client.get(&url).await.expect_problem(429, "rate_limited");
    // A new session is no new budget, and the others have their own.
    let again = play(&server, id, Some(viewer(&server, &ann).await)).await;
    client.get(&beside(&again, "360p/0.m4s")).await.expect_problem(429, "rate_limited");
    client.get(&beside(&again, "v/360p.m3u8")).await.expect(200);
    let bob = server.author("bob").await;
    let other = play(&server, id, Some(viewer(&server, &bob).await)).await;
    client.get(&beside(&other, "360p/0.m4s")).await.expect(200);
    while client.get(&beside(&other, "k/0")).await.status == 200 {
        got += 1;
        assert!(got < 400, "nobody stops it");
    }
    let other = play(&server, id, Some(viewer(&server, &bob).await)).await;
    client.get(&beside(&other, "k/0")).await.expect_problem(429, "rate_limited");
}

/// MED-10: watching begins before the work ends, and the playlist of that session stays of its
/// kind.
#[tokio::test]
async fn a_video_can_be_watched_while_it_is_made() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let upload = Tus(&ann.client).upload(film(60), "lesson.mp4", "video").await;
    let id = attach(&server, upload, ann.id).await;
    let watcher = viewer(&server, &ann).await;
    let early = video::grant_playback(&server.app, grant(id, Some(watcher))).await.unwrap_err();
    assert_eq!(early.code().name(), "video_not_ready");
    let seen = until(&server, id, |video| video.watchable).await;
    assert_ne!(seen.state, VideoState::Ready, "60 seconds take longer than that");
    let growing = play(&server, id, Some(watcher)).await;
    assert!(growing.growing);
    let client = server.anonymous();
    client.get(&growing.master_url).await.expect(200);
    let playlist = client.get(&beside(&growing, "a/audio.m3u8")).await.expect(200).text();
    assert!(playlist.contains("PLAYLIST-TYPE:EVENT") && !playlist.contains("ENDLIST"));
    client.get(&beside(&growing, "audio/0.m4s")).await.expect(200);
    until_ready(&server, id).await;
    let playlist = client.get(&beside(&growing, "a/audio.m3u8")).await.expect(200).text();
    assert!(playlist.contains("PLAYLIST-TYPE:EVENT") && playlist.contains("ENDLIST"));
    let later = play(&server, id, Some(watcher)).await;
    let playlist = client.get(&beside(&later, "a/audio.m3u8")).await.expect(200).text();
    assert!(playlist.contains("PLAYLIST-TYPE:VOD"));
    validate_stream(&server, &later).await;
}

/// MED-02: a file that begins like a video and is none, and one that breaks off.
#[tokio::test]
async fn a_file_that_the_probe_refuses_has_failed_for_good() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let tus = Tus(&ann.client);
    let mut truncated = film(3);
    truncated.truncate(truncated.len() * 2 / 3);
    for (bytes, codes) in [
        (super::support::bytes(50_000), &["not_media", "media_truncated"][..]),
        (truncated, &["media_truncated"]),
    ] {
        let upload = tus.upload(bytes, "lesson.mp4", "video").await;
        let id = attach(&server, upload, ann.id).await;
        let failed = until(&server, id, |video| video.state == VideoState::Failed).await;
        let error = failed.error.unwrap();
        assert!(codes.contains(&error.code.as_str()), "{error:?}");
        assert!(!error.retryable);
        let retry = format!("/api/v1/videos/{id}/retry");
        ann.client.post(&retry, json!({})).await.expect_problem(409, "video_state");
        assert_eq!(view(&server, id).await.state, VideoState::Failed);
    }
}

/// MED-12 MED-10: what a player of the field makes of it, with and without the token.
#[tokio::test]
async fn ffprobe_plays_the_address_with_its_token_and_nothing_without() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let id = ready_video(&server, &ann, 5).await;
    let playback = play(&server, id, Some(viewer(&server, &ann).await)).await;
    let probed = ffprobe(&server.url(&playback.master_url)).await;
    assert_eq!(probed.as_deref(), Some("h264,aac"));
    let (front, back) = playback.master_url.split_at(30);
    let flipped = if back.starts_with('A') { "B" } else { "A" };
    let forged = format!("{front}{flipped}{}", &back[1..]);
    assert_eq!(ffprobe(&server.url(&forged)).await, None);
    let without = format!("/m/{id}/master.m3u8");
    assert_eq!(ffprobe(&server.url(&without)).await, None);
    for file in files_below(&server.directory().join("objects/objects/videos")) {
        if file.extension().is_some_and(|end| end == "m4s") {
            assert_eq!(ffprobe(&file.to_string_lossy()).await, None, "{}", file.display());
        }
    }
    // A playlist packed for those who can unpack is the same playlist.
    let plain = server.anonymous().get(&playback.master_url).await.expect(200);
    let packed = server.anonymous().with_header("accept-encoding", "br, gzip");
    let packed = packed.get(&playback.master_url).await.expect(200);
    assert_eq!(packed.header("content-encoding"), "gzip");
    let mut text = String::new();
    let mut reader = flate2::read::GzDecoder::new(packed.body.as_slice());
    std::io::Read::read_to_string(&mut reader, &mut text).unwrap();
    assert_eq!(text, plain.text());
}

/// The codecs that ffprobe decodes a frame of, if it can play it.
async fn ffprobe(what: &str) -> Option<String> {
    let output = tokio::process::Command::new("ffprobe")
        .args(["-v", "error", "-read_intervals", "%+1", "-count_frames"])
        .args(["-show_entries", "stream=codec_name,nb_read_frames", "-of", "csv=p=0", what])
        .output()
        .await
        .expect("the ffprobe command (script/setup test installs it)");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut codecs: Vec<&str> = Vec::new();
    for line in text.lines() {
        let Some((codec, frames)) = line.split_once(',') else { continue };
        if frames.trim_matches(',').parse::<u32>().is_ok_and(|n| n > 0) && !codecs.contains(&codec)
        {
            codecs.push(codec);
        }
    }
    codecs.sort_by_key(|codec| *codec != "h264");
    (output.status.success() && !codecs.is_empty()).then(|| codecs.join(","))
}
