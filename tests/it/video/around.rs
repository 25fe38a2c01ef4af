//! What surrounds a video: still pictures, chapters, captions.

use diesel_async::RunQueryDsl as _;
use reqwest::Method;
use serde_json::{Value, json};

use super::support::{beside, play, ready_video, transcoding, until, view, viewer};
use crate::support::{Answer, Client, TestServer};

const SRT: &str = "1\n00:00:00,500 --> 00:00:01,500\nHello <i>you</i>\n\n\
                   2\n00:00:01,600 --> 00:00:02,000\n<script>x</script> & more\n";

async fn send(client: &Client, path: &str, kind: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = client.request(Method::PUT, path).header("content-type", kind).body(body);
    client.run(request, path).await
}

/// MED-14: pictures are made by themselves, and the author chooses one.
#[tokio::test]
async fn an_author_chooses_the_still_picture() {
    let server = TestServer::start_with(transcoding()).await;
    let (ann, bob) = (server.author("ann").await, server.author("bob").await);
    let id = ready_video(&server, &ann, 8).await;
    let path = format!("/api/v1/videos/{id}/posters");
    let list = ann.client.get(&path).await.expect(200).json();
    let items = list["items"].as_array().unwrap();
    assert!(!items.is_empty() && items.len() <= 6, "{list}");
    assert_eq!(list["chosen"], 0);
    let guest = server.anonymous();
    for (n, item) in items.iter().enumerate() {
        assert_eq!(item["index"], json!(n));
        assert!((0.0..=8.5).contains(&item["at_s"].as_f64().unwrap()), "{item}");
        let picture = guest.get(item["url"].as_str().unwrap()).await.expect(200);
        assert_eq!(picture.header("content-type"), "image/jpeg");
        assert!(picture.body.starts_with(&[0xff, 0xd8, 0xff]));
    }
    let last = items.len() - 1;
    let put = format!("/api/v1/videos/{id}/poster");
    let shown = ann.client.put(&put, json!({"index": last})).await.expect(200).json();
    let chosen = guest.get(items[last]["url"].as_str().unwrap()).await.expect(200);
    let poster = guest.get(shown["poster_url"].as_str().unwrap()).await.expect(200);
    assert_eq!(poster.body, chosen.body);
    let playback = play(&server, id, Some(viewer(&server, &ann).await)).await;
    let played = guest.get(playback.poster_url.as_deref().unwrap()).await.expect(200);
    assert_eq!(played.body, chosen.body);
    assert!(played.header("cache-control").starts_with("private"));
    // Small ones for the seek bar.
    let board = playback.storyboard.clone().expect("a storyboard");
    assert!((1..=6).contains(&board.count) && board.interval_s >= 1.0, "{board:?}");
    assert_eq!(board.urls.len(), 1);
    let sheet = guest.get(&board.urls[0]).await.expect(200);
    assert_eq!(sheet.header("content-type"), "image/jpeg");
    assert!(sheet.header("cache-control").starts_with("private"));
    guest.get(&beside(&playback, "t/1.jpg")).await.expect_problem(404, "not_found");
    assert_eq!(ann.client.get(&path).await.expect(200).json()["chosen"], json!(last));

    // What is not there, not theirs, or reached by the link that everybody gets.
    ann.client.put(&put, json!({"index": 77})).await.expect_problem(422, "invalid");
    ann.client.put(&put, json!({"index": -1})).await.expect_problem(422, "invalid");
    ann.client.put(&put, json!({"index": "0"})).await.expect_problem(400, "bad_request");
    bob.client.put(&put, json!({"index": 0})).await.expect_problem(404, "not_found");
    bob.client.get(&path).await.expect_problem(404, "not_found");
    let public = shown["poster_url"].as_str().unwrap().strip_suffix("/poster.jpg").unwrap();
    guest.get(&format!("{public}/posters/0")).await.expect_problem(404, "not_found");
    server.advance(std::time::Duration::from_secs(3700));
    guest.get(items[0]["url"].as_str().unwrap()).await.expect_problem(410, "link_expired");
}

/// MED-10: what is recognised (by the media crate, which has the films for it) is told to the author.
#[tokio::test]
async fn an_author_is_told_that_the_film_is_a_recorded_screen() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let id = ready_video(&server, &ann, 3).await;
    let path = format!("/api/v1/videos/{id}");
    assert_eq!(ann.client.get(&path).await.expect(200).json()["screen"], json!(false));
    let mut conn = server.app.db.conn().await.unwrap();
    let recognised = format!("update video_details set screen = true where video_id = '{id}'");
    assert_eq!(diesel::sql_query(recognised).execute(&mut *conn).await.unwrap(), 1);
    drop(conn);
    assert_eq!(ann.client.get(&path).await.expect(200).json()["screen"], json!(true));
}

/// MED-11: chapters are the author's.
#[tokio::test]
async fn an_author_writes_chapters_and_players_get_them() {
    let server = TestServer::start_with(transcoding()).await;
    let (ann, bob) = (server.author("ann").await, server.author("bob").await);
    let id = ready_video(&server, &ann, 3).await;
    let path = format!("/api/v1/videos/{id}/chapters");
    let chapters = json!([{"start_s": 0.0, "title": "Start"}, {"start_s": 1.5, "title": "Уже"}]);
    let kept = ann.client.put(&path, json!({"chapters": chapters})).await.expect(200).json();
    assert_eq!(kept["chapters"], chapters);
    let watcher = viewer(&server, &bob).await;
    let playback = play(&server, id, Some(watcher)).await;
    assert_eq!(serde_json::to_value(&playback.chapters).unwrap(), chapters);
    assert_eq!(view(&server, id).await.chapters, playback.chapters);

    for bad in [
        json!([{"start_s": 0, "title": ""}]),
        json!([{"start_s": 1, "title": "a"}, {"start_s": 1, "title": "b"}]),
        json!([{"start_s": 60, "title": "behind the end"}]),
        json!([{"start_s": -1, "title": "a"}]),
        json!([{"start_s": 0, "title": "x".repeat(121)}]),
        Value::Array(vec![json!({"start_s": 0, "title": "a"}); 101]),
    ] {
        let answer = ann.client.put(&path, json!({"chapters": bad})).await;
        let problem = answer.expect_problem(422, "invalid");
        assert!(problem["errors"][0]["field"].as_str().unwrap().starts_with("chapters"));
    }
    let unknown = json!({"chapters": [{"start_s": 0, "title": "a", "x": 1}]});
    ann.client.put(&path, unknown).await.expect_problem(400, "bad_request");
    bob.client.put(&path, json!({"chapters": []})).await.expect_problem(404, "not_found");
    ann.client.put(&path, json!({"chapters": []})).await.expect(200);
    assert!(play(&server, id, Some(watcher)).await.chapters.is_empty());
}

/// MED-11: captions come in whatever encoding, and go out as plain WebVTT with the stream.
#[tokio::test]
async fn captions_are_taken_read_and_played() {
    let server = TestServer::start_with(transcoding()).await;
    let (ann, bob) = (server.author("ann").await, server.author("bob").await);
    let id = ready_video(&server, &ann, 3).await;
    let list = format!("/api/v1/videos/{id}/captions");
    let of = |language: &str| format!("{list}/{language}");
    assert_eq!(ann.client.get(&list).await.expect(200).json()["items"], json!([]));

    let put = of("EN") + "?label=English";
    let kept = send(&ann.client, &put, "application/x-subrip", SRT).await.expect(200).json();
    assert_eq!(
        (&kept["language"], &kept["label"], &kept["cues"]),
        (&json!("en"), &json!("English"), &json!(2))
    );
    // Cyrillic as old programs write it.
    let text = "WEBVTT\n\n00:00.000 --> 00:01.000\nПривет, это субтитры\n";
    let old: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(c).unwrap_or_else(|_| (u32::from(c) - 0x410 + 0xC0) as u8))
        .collect();
    let kept = send(&ann.client, &of("ru"), "text/vtt", old).await.expect(200).json();
    assert_eq!((&kept["label"], &kept["cues"]), (&json!("ru"), &json!(1)));
    let items = ann.client.get(&list).await.expect(200).json()["items"].clone();
    let languages: Vec<&Value> =
        items.as_array().unwrap().iter().map(|item| &item["language"]).collect();
    assert_eq!(languages, ["en", "ru"]);
    until(&server, id, |video| video.captions == 2).await;

    // With the stream.
    let watcher = viewer(&server, &bob).await;
    let playback = play(&server, id, Some(watcher)).await;
    let labels: Vec<_> = playback.captions.iter().map(|track| track.label.as_str()).collect();
    assert_eq!(labels, ["English", "ru"]);
    let player = server.anonymous();
    let vtt = player.get(&playback.captions[0].url).await.expect(200);
    assert_eq!(vtt.header("content-type"), "text/vtt; charset=utf-8");
    assert_eq!(vtt.header("cache-control"), "private, no-store");
    let text = vtt.text();
    assert!(text.starts_with("WEBVTT") && text.contains("Hello <i>you</i>"), "{text}");
    assert!(!text.contains("<script"), "{text}");
    assert!(player.get(&playback.captions[1].url).await.expect(200).text().contains("Привет"));
    let master = player.get(&playback.master_url).await.expect(200).text();
    assert!(master.contains("TYPE=SUBTITLES") && master.contains("SUBTITLES=\"sub\""), "{master}");
    let native = player.get(&beside(&playback, "s/en.m3u8")).await.expect(200).text();
    assert!(native.contains("en.vtt\n") && native.contains("#EXT-X-ENDLIST"), "{native}");
    for path in ["s/de.vtt", "s/de.m3u8", "s/EN.vtt", "s/en.srt", "s/..%2fen.vtt"] {
        player.get(&beside(&playback, path)).await.expect_problem(404, "not_found");
    }

    // What is no captions, with its line named.
    let broken = "WEBVTT\n\n00:05.000 --> 00:02.000\nBackwards\n";
    let problem = send(&ann.client, &of("de"), "text/vtt", broken).await;
    let problem = problem.expect_problem(422, "captions_invalid");
    assert_eq!(problem["line"], 3);
    assert!(problem["errors"][0]["message"].as_str().unwrap().contains("ine 3"), "{problem}");
    for (body, reason) in
        [("", "captions_empty"), ("WEBVTT\n", "captions_empty"), ("{}", "captions_unknown_format")]
    {
        let problem = send(&ann.client, &of("de"), "text/plain", body).await;
        assert_eq!(problem.expect_problem(422, "captions_invalid")["reason"], reason);
    }
    let large = vec![b'x'; 1024 * 1024 + 1];
    send(&ann.client, &of("de"), "text/vtt", large).await.expect_problem(413, "too_large");
    let answer = send(&ann.client, &of("de"), "application/json", "{}").await;
    answer.expect_problem(415, "unsupported_media_type");
    send(&ann.client, &of("deutsch"), "text/vtt", SRT).await.expect_problem(422, "invalid");
    let long = of("de") + "?label=" + &"x".repeat(61);
    send(&ann.client, &long, "text/vtt", SRT).await.expect_problem(422, "invalid");
    send(&bob.client, &of("de"), "text/vtt", SRT).await.expect_problem(404, "not_found");

    // Off again, also for who is watching.
    bob.client.delete(&of("ru")).await.expect_problem(404, "not_found");
    ann.client.delete(&of("ru")).await.expect(204);
    ann.client.delete(&of("ru")).await.expect_problem(404, "not_found");
    player.get(&playback.captions[1].url).await.expect_problem(404, "not_found");
}
