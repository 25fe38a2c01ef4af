//! The work on a video when something ends it: a killed child, its author, a killed server.

use std::time::Duration;

use ilmspace::video::VideoState;
use serde_json::json;

use super::support::{
    PART, Tus, attach, bytes, child_of, children, eventually, files_below, film, play, signal,
    take_off, transcoding, try_attach, until, until_ready, validate_stream, view, viewer,
};
use crate::support::{TestServer, TestServerOptions};

/// MED-02 JOB-02
#[tokio::test]
async fn a_video_whose_child_is_killed_again_and_again_is_made_as_long_as_it_gets_further() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let upload = Tus(&ann.client).upload(film(60), "lesson.mp4", "video").await;
    let id = attach(&server, upload, ann.id).await;
    let mut furthest = 0.0;
    // Three lost attempts are the end of a video that does not get any further.
    for _ in 0..3 {
        let further = |video: &ilmspace::video::VideoView| {
            let made = video.renditions.iter().map(|rendition| rendition.percent);
            made.sum::<f32>()
        };
        let seen = until(&server, id, |video| {
            let runs = video.state == VideoState::Transcoding;
            video.watchable && runs && further(video) > furthest
        })
        .await;
        furthest = further(&seen);
        signal(child_of(server.directory()), "-KILL");
        let waiting = until(&server, id, |video| {
            matches!(video.state, VideoState::Queued | VideoState::Failed | VideoState::Ready)
        })
        .await;
        assert_eq!(waiting.state, VideoState::Queued, "{waiting:?}");
        assert!(waiting.watchable, "what was made is kept");
        // The pause before the next attempt.
        server.advance(Duration::from_secs(30));
    }
    until_ready(&server, id).await;
    let playback = play(&server, id, Some(viewer(&server, &ann).await)).await;
    let report = validate_stream(&server, &playback).await;
    assert!(report.ended && (59_000_000..61_000_000).contains(&report.duration_us));
    assert!(children(server.directory()).is_empty());
}

/// MED-02 JOB-02
#[tokio::test]
async fn an_author_stops_the_work_and_has_it_done_after_all() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let bob = server.student("bob").await;
    let upload = Tus(&ann.client).upload(film(40), "lesson.mp4", "video").await;
    let id = attach(&server, upload, ann.id).await;
    until(&server, id, |video| video.state == VideoState::Transcoding && video.percent > 0.0).await;
    let (show, cancel) = (format!("/api/v1/videos/{id}"), format!("/api/v1/videos/{id}/cancel"));
    bob.client.get(&show).await.expect_problem(404, "not_found");
    bob.client.post(&cancel, json!({})).await.expect_problem(404, "not_found");
    let seen = ann.client.get(&show).await.expect(200).json();
    assert_eq!(seen["state"], "transcoding");
    let stopped = ann.client.post(&cancel, json!({})).await.expect(200).json();
    assert_eq!((&stopped["state"], &stopped["watchable"]), (&json!("cancelled"), &json!(false)));
    eventually("the child has ended", || children(server.directory()).is_empty()).await;
    ann.client.post(&cancel, json!({})).await.expect_problem(409, "video_state");
    let again = format!("/api/v1/videos/{id}/retry");
    let queued = ann.client.post(&again, json!({})).await.expect(200).json();
    assert_eq!(queued["state"], "queued");
    until_ready(&server, id).await;
    let playback = play(&server, id, Some(viewer(&server, &ann).await)).await;
    validate_stream(&server, &playback).await;
    ann.client.post(&again, json!({})).await.expect_problem(409, "video_state");
}

/// MED-02 JOB-02
#[tokio::test]
async fn a_video_taken_off_while_it_is_made_leaves_nothing() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let upload = Tus(&ann.client).upload(film(40), "lesson.mp4", "video").await;
    let id = attach(&server, upload, ann.id).await;
    until(&server, id, |video| video.watchable).await;
    take_off(&server, id).await;
    ann.client.get(&format!("/api/v1/videos/{id}")).await.expect_problem(404, "not_found");
    eventually("the child has ended", || children(server.directory()).is_empty()).await;
    let objects = server.directory().join("objects/objects");
    eventually("its objects are deleted", || files_below(&objects).is_empty()).await;
}

/// MED-02: a lesson may take the upload while it is still coming.
#[tokio::test]
async fn a_video_waits_for_its_upload_and_goes_on_by_itself() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let bob = server.student("bob").await;
    let tus = Tus(&ann.client);
    let file = film(3);
    let path = tus.begin(file.len(), "lesson.mp4", "video").await;
    let upload = super::support::id_of(&path);
    let foreign = try_attach(&server, upload, bob.id).await.unwrap_err();
    assert_eq!(foreign.code().name(), "not_found");
    let id = attach(&server, upload, ann.id).await;
    let twice = try_attach(&server, upload, ann.id).await.unwrap_err();
    assert_eq!(twice.code().name(), "conflict");
    assert_eq!(view(&server, id).await.state, VideoState::Uploading);
    tus.patch(&path, 0, file).await.expect(204);
    until_ready(&server, id).await;
    tus.delete(&path).await.expect_problem(409, "conflict");

    // And when the upload ends without a file, it has failed.
    let path = tus.begin(2 * PART, "lesson.mp4", "video").await;
    tus.patch(&path, 0, bytes(1_000)).await.expect(204);
    let lost = attach(&server, super::support::id_of(&path), ann.id).await;
    tus.delete(&path).await.expect(204);
    let failed = view(&server, lost).await;
    assert_eq!(failed.state, VideoState::Failed);
    assert_eq!(failed.error.unwrap().code, "upload_gone");
}

/// MED-03 MED-02 MED-08 INT-10: originals and segments in an S3 store.
#[tokio::test]
async fn a_video_is_made_and_played_from_s3() {
    let s3 = crate::support::S3Server::start().await;
    let (base, use_s3) = (transcoding(), s3.configure());
    let options = TestServerOptions {
        configure: Box::new(move |config| {
            (base.configure)(config);
            use_s3(config);
        }),
        worker: true,
        store: None,
    };
    let server = TestServer::start_with(options).await;
    let ann = server.author("ann").await;
    let id = super::support::ready_video(&server, &ann, 9).await;
    let playback = play(&server, id, Some(viewer(&server, &ann).await)).await;
    validate_stream(&server, &playback).await;
}

/// JOB-02: what a killed process left on the disk is cleared, and what is in use is not.
#[tokio::test]
async fn directories_of_lost_jobs_are_cleared() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let scratch = server.directory().join("spool/media");
    let lost = scratch.join(format!("{}-3", uuid::Uuid::now_v7().simple()));
    std::fs::create_dir_all(lost.join("out")).unwrap();
    let upload = Tus(&ann.client).upload(film(40), "lesson.mp4", "video").await;
    let id = attach(&server, upload, ann.id).await;
    until(&server, id, |video| video.watchable).await;
    let schedules = ilmspace::wiring::schedules();
    let clear = schedules.iter().find(|schedule| schedule.name == "video.clear_scratch").unwrap();
    (clear.run)(server.app.clone()).await.unwrap();
    assert!(!lost.exists());
    assert_eq!(children(server.directory()).len(), 1, "the living one works on");
    until_ready(&server, id).await;
    eventually("its own directory goes", || std::fs::read_dir(&scratch).unwrap().next().is_none())
        .await;
}
