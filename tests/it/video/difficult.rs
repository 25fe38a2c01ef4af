//! Files made to be difficult, through the whole book: what the author sees of them, and what does not
//! get out.

use std::time::Duration;

use ilmspace::video::{RenditionState, VideoState};
use serde_json::json;

use super::support::{
    Tus, attach, beside, child_of, eventually, files_below, film, grant, play, signal, transcoding,
    until, until_ready, validate_stream, viewer,
};
use crate::support::{TestServer, TestServerOptions};

/// A file that the ffmpeg command makes.
async fn made(server: &TestServer, name: &str, arguments: &[&str]) -> Vec<u8> {
    let path = server.directory().join(name);
    let made = tokio::process::Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-y"])
        .args(arguments)
        .arg(&path)
        .current_dir(server.directory())
        .status()
        .await
        .expect("the ffmpeg command (script/setup test installs it)");
    assert!(made.success());
    std::fs::read(path).unwrap()
}

/// MED-02 MED-10 MED-11: a film with chapters of its own, a hole in the middle, and so little to see
/// that its biggest rung gains nothing.
#[tokio::test]
async fn chapters_damage_and_a_rung_without_gain_reach_the_author_and_the_player() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let chapters = ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=8000\ntitle=Beginning\n\
                    [CHAPTER]\nTIMEBASE=1/1000\nSTART=8000\nEND=20000\ntitle=The rest\n";
    std::fs::write(server.directory().join("chapters.txt"), chapters).unwrap();
    let picture = "color=c=0x406080:s=854x480:r=25:d=20";
    let inputs =
        ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=d=20", "-i", "chapters.txt"];
    let codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-c:a", "aac"];
    let rest = ["-map", "0:v", "-map", "1:a", "-map_metadata", "2"];
    let mut file = made(&server, "lesson.mkv", &[&inputs[..], &codecs, &rest].concat()).await;
    let (from, to) = (file.len() * 2 / 5, file.len() / 2);
    file[from..to].fill(b'U');
    let upload = Tus(&ann.client).upload(file, "lesson.mkv", "video").await;
    let id = attach(&server, upload, ann.id).await;
    let seen = until_ready(&server, id).await;

    let titles: Vec<_> = seen.chapters.iter().map(|c| (c.start_s, c.title.as_str())).collect();
    assert_eq!(titles, [(0.0, "Beginning"), (8.0, "The rest")]);
    let [skipped] = &seen.skipped[..] else { panic!("{:?}", seen.skipped) };
    assert!((6.0..10.0).contains(&skipped.from_s), "{skipped:?}");
    assert!((skipped.from_s + 0.5..13.0).contains(&skipped.to_s), "{skipped:?}");
    assert!(seen.duration_s.is_some_and(|s| (19.5..20.5).contains(&s)), "{:?}", seen.duration_s);
    let state = |name: &str| {
        let rendition = seen.renditions.iter().find(|rendition| rendition.name == name);
        rendition.map(|rendition| rendition.state)
    };
    assert_eq!(state("240p"), Some(RenditionState::Ready));
    assert_eq!(state("480p"), Some(RenditionState::Dropped), "{:?}", seen.renditions);
    assert_eq!(state("audio"), Some(RenditionState::Ready));
    let told = ann.client.get(&format!("/api/v1/videos/{id}")).await.expect(200).json();
    assert_eq!(told, serde_json::to_value(&seen).unwrap());

    let playback = play(&server, id, Some(viewer(&server, &ann).await)).await;
    assert_eq!(playback.chapters, seen.chapters);
    let master = server.anonymous().get(&playback.master_url).await.expect(200);
    let master = String::from_utf8(master.body.to_vec()).unwrap();
    assert!(master.contains("v/240p.m3u8") && !master.contains("480"), "{master}");
    let report = validate_stream(&server, &playback).await;
    assert!(report.ended && !report.video.contains(&"480p".into()), "{report:?}");
    let first = beside(&playback, "240p/0.m4s");
    server.anonymous().get(&first).await.expect(200);
}

/// MED-02: a picture that no memory should be given for.
#[tokio::test]
async fn a_huge_picture_is_refused_with_a_reason() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let source = ["-f", "lavfi", "-i", "color=s=16384x256:r=5:d=1", "-c:v", "libx264"];
    let more = ["-preset", "ultrafast", "-pix_fmt", "yuv420p"];
    let file = made(&server, "wide.mp4", &[&source[..], &more].concat()).await;
    let upload = Tus(&ann.client).upload(file, "wide.mp4", "video").await;
    let id = attach(&server, upload, ann.id).await;
    let failed = until(&server, id, |video| video.state == VideoState::Failed).await;
    let error = failed.error.unwrap();
    assert_eq!((error.code.as_str(), error.retryable), ("media_too_large", false));
    assert!(error.detail.contains("16384"), "{}", error.detail);
}

/// JOB-02 MED-12: given up in the middle of the work, and nothing of it gets out.
#[tokio::test]
async fn a_file_that_costs_too_much_is_given_up_and_nothing_of_it_is_published() {
    let base = transcoding();
    let options = TestServerOptions {
        configure: Box::new(move |config| {
            (base.configure)(config);
            config.media.work_patience_seconds = 8;
            config.media.work_per_second = 1;
        }),
        worker: true,
        store: None,
    };
    let server = TestServer::start_with(options).await;
    let ann = server.author("ann").await;
    let source = ["-f", "lavfi", "-i", "color=c=teal:s=8192x4320:r=25:d=6", "-c:v", "libx264"];
    let file = made(&server, "bomb.mp4", &[&source[..], &["-preset", "ultrafast"]].concat()).await;
    let upload = Tus(&ann.client).upload(file, "bomb.mp4", "video").await;
    let id = attach(&server, upload, ann.id).await;
    let failed =
        until(&server, id, |video| matches!(video.state, VideoState::Failed | VideoState::Ready))
            .await;
    let error = failed.error.clone().expect("it failed");
    assert_eq!((error.code.as_str(), error.retryable), ("too_demanding", false), "{error:?}");
    assert!(!failed.watchable && failed.renditions.is_empty(), "{failed:?}");
    let watcher = viewer(&server, &ann).await;
    let refused = ilmspace::video::grant_playback(&server.app, grant(id, Some(watcher))).await;
    assert!(refused.is_err());
    ann.client
        .post(&format!("/api/v1/videos/{id}/retry"), json!({}))
        .await
        .expect_problem(409, "video_state");
    // What was stored of it goes when no worker can still be storing; the original stays.
    server.advance(Duration::from_secs(60));
    let objects = server.directory().join("objects/objects");
    eventually("its segments are deleted", || {
        files_below(&objects).iter().all(|path| path.starts_with(objects.join("originals")))
    })
    .await;
    assert_eq!(files_below(&objects).len(), 1);
}

/// JOB-02: a child that somebody stopped is ended, and the next one goes on.
#[tokio::test]
async fn a_video_whose_child_is_stopped_is_made_by_the_next() {
    let base = transcoding();
    let options = TestServerOptions {
        configure: Box::new(move |config| {
            (base.configure)(config);
            config.media.silence_seconds = 8;
        }),
        worker: true,
        store: None,
    };
    let server = TestServer::start_with(options).await;
    let ann = server.author("ann").await;
    let upload = Tus(&ann.client).upload(film(40), "lesson.mp4", "video").await;
    let id = attach(&server, upload, ann.id).await;
    until(&server, id, |video| video.watchable).await;
    let pid = child_of(server.directory());
    signal(pid, "-STOP");
    until(&server, id, |video| video.state == VideoState::Queued).await;
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    server.advance(Duration::from_secs(30));
    until_ready(&server, id).await;
    let playback = play(&server, id, Some(viewer(&server, &ann).await)).await;
    let report = validate_stream(&server, &playback).await;
    assert!(report.ended && (39_000_000..41_000_000).contains(&report.duration_us));
}
