//! The object store away or full, before and in the middle of a job and of a viewing; and several
//! nodes that share nothing but a database and a store.

use std::time::Duration;

use diesel::QueryableByName;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};
use ilmspace::platform::config::Role;
use ilmspace::video::VideoState;
use uuid::Uuid;

use super::support::{
    PART, Tus, attach, beside, bytes, eventually, files_below, film, id_of, play, ready_video,
    transcoding, until, until_ready, validate_stream, viewer,
};
use crate::support::{S3Server, TestServer, TestServerOptions};

/// A server that transcodes and keeps everything in `s3`.
fn on(s3: &S3Server) -> TestServerOptions {
    let (base, use_s3) = (transcoding(), s3.configure());
    TestServerOptions {
        configure: Box::new(move |config| {
            (base.configure)(config);
            use_s3(config);
        }),
        ..transcoding()
    }
}

#[derive(QueryableByName)]
struct RunRow {
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    worker: Uuid,
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    outcome: Option<String>,
}

/// Every run of every video.
async fn runs(server: &TestServer) -> Vec<RunRow> {
    let mut conn = AsyncPgConnection::establish(&server.database_url()).await.unwrap();
    diesel::sql_query("select worker, outcome from video_runs").load(&mut conn).await.unwrap()
}

/// MED-03 JOB-02: a store that is away for a while costs a job time, and no attempt.
#[tokio::test]
async fn a_job_waits_for_a_store_that_goes_away_in_its_middle() {
    let mut s3 = S3Server::start().await;
    let server = TestServer::start_with(on(&s3)).await;
    let ann = server.author("ann").await;
    let upload = Tus(&ann.client).upload(film(60), "lesson.mp4", "video").await;
    let id = attach(&server, upload, ann.id).await;
    until(&server, id, |video| video.watchable && video.state == VideoState::Transcoding).await;
    s3.go_away().await;
    // What cannot be stored stays where the child has put it.
    let scratch = server.directory().join("spool/media");
    let waiting = || {
        let files = files_below(&scratch);
        files.iter().filter(|path| path.extension().is_some_and(|end| end == "m4s")).count()
    };
    eventually("segments pile up", || waiting() >= 3).await;
    s3.come_back().await;
    until_ready(&server, id).await;
    let runs = runs(&server).await;
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].outcome.as_deref(), Some("ready"));
    let playback = play(&server, id, Some(viewer(&server, &ann).await)).await;
    let report = validate_stream(&server, &playback).await;
    assert!(report.ended && (59_000_000..61_000_000).contains(&report.duration_us));
}

/// MED-03 JOB-02
#[tokio::test]
async fn a_job_waits_for_a_store_that_is_away_at_its_start() {
    let mut s3 = S3Server::start().await;
    let server = TestServer::start_with(on(&s3)).await;
    let ann = server.author("ann").await;
    let upload = Tus(&ann.client).upload(film(3), "lesson.mp4", "video").await;
    s3.go_away().await;
    let id = attach(&server, upload, ann.id).await;
    until(&server, id, |video| video.state == VideoState::Probing).await;
    // Long enough for a few tries that fail.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(files_below(&server.directory().join("spool/media")).is_empty(), "nothing half done");
    s3.come_back().await;
    until_ready(&server, id).await;
    let runs = runs(&server).await;
    assert_eq!((runs.len(), runs[0].outcome.as_deref()), (1, Some("ready")));
}

/// MED-03 MED-12: what is in the store cannot be had, and the player is told to come again; what is
/// in the database can.
#[tokio::test]
async fn a_player_is_told_when_the_store_is_away() {
    let mut s3 = S3Server::start().await;
    let server = TestServer::start_with(on(&s3)).await;
    let ann = server.author("ann").await;
    let id = ready_video(&server, &ann, 9).await;
    // Another node: this one may still hold in memory what it has just stored.
    let server = server.beside(on(&s3)).await;
    let playback = play(&server, id, Some(viewer(&server, &ann).await)).await;
    let client = server.anonymous();
    client.get(&beside(&playback, "360p/0.m4s")).await.expect(200);
    s3.go_away().await;
    client.get(&beside(&playback, "master.m3u8")).await.expect(200);
    client.get(&beside(&playback, "v/360p.m3u8")).await.expect(200);
    client.get(&beside(&playback, "k/0")).await.expect(200);
    for path in ["360p/1.m4s", "360p/init.mp4", "poster.jpg"] {
        let answer = client.get(&beside(&playback, path)).await;
        assert!(answer.headers.contains_key("retry-after"), "{path}");
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(!text.contains("127.0.0.1") && !text.contains("videos/"), "{text}");
        answer.expect_problem(503, "unavailable");
    }
    s3.come_back().await;
    client.get(&beside(&playback, "360p/1.m4s")).await.expect(200);
}

/// MED-19: a disk that takes nothing more.
#[tokio::test]
async fn a_full_spool_is_said_and_costs_no_byte() {
    let server = TestServer::start().await;
    let ann = server.author("ann").await;
    let tus = Tus(&ann.client);
    let file = bytes(PART + 5_000);
    let path = tus.begin(file.len(), "a.mp4", "video").await;
    tus.patch(&path, 0, file[..PART].to_vec()).await.expect(204);
    let spool = server.directory().join("spool/uploads").join(id_of(&path).simple().to_string());
    std::fs::create_dir_all(&spool).unwrap();
    let tail = spool.join(PART.to_string());
    let _ = std::fs::remove_file(&tail);
    std::os::unix::fs::symlink("/dev/full", &tail).unwrap();
    let answer = tus.patch(&path, PART, file[PART..].to_vec()).await;
    assert!(answer.headers.contains_key("retry-after"));
    answer.expect_problem(503, "unavailable");
    assert_eq!(tus.offset(&path).await, PART);
    std::fs::remove_file(&tail).unwrap();
    tus.patch(&path, PART, file[PART..].to_vec()).await.expect(204);
    let objects = files_below(&server.directory().join("objects/objects/originals"));
    assert!(std::fs::read(&objects[0]).unwrap() == file);
}

/// MED-02 MED-03 MED-04 JOB-02 PLT-04: one node serves, two work; they share the database, the store and the
/// bus, and no disk. Every film is made once, and played from any node.
#[tokio::test]
async fn two_workers_share_the_films_and_any_node_serves_them() {
    let s3 = S3Server::start().await;
    let disks = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let node = |disk: &tempfile::TempDir, works: bool| {
        let (base, redis) = (on(&s3), TestServerOptions::with_redis());
        let spool = disk.path().to_owned();
        TestServerOptions {
            configure: Box::new(move |config| {
                (base.configure)(config);
                (redis.configure)(config);
                config.storage.spool = spool.join("spool");
                config.storage.directory = spool.join("unused");
                config.server.roles = vec![Role::Web];
                if works {
                    config.server.roles.push(Role::Worker);
                }
            }),
            ..transcoding()
        }
    };
    let front = TestServer::start_with(node(&disks[0], false)).await;
    let one = front.beside(node(&disks[1], true)).await;
    let two = front.beside(node(&disks[2], true)).await;
    let ann = front.author("ann").await;
    let mut videos = Vec::new();
    for _ in 0..4 {
        let upload = Tus(&ann.client).upload(film(9), "lesson.mp4", "video").await;
        videos.push(attach(&front, upload, ann.id).await);
    }
    for id in &videos {
        until_ready(&front, *id).await;
    }
    let runs = runs(&front).await;
    assert_eq!(runs.len(), videos.len(), "every film is claimed once");
    assert!(runs.iter().all(|run| run.outcome.as_deref() == Some("ready")));
    for worker in [&one, &two] {
        let node = worker.app.node_id;
        assert!(runs.iter().any(|run| run.worker == node), "a worker stood idle");
    }
    let watcher = viewer(&front, &ann).await;
    for (id, server) in videos.iter().zip([&front, &one, &two, &front]) {
        // Granted by one node, served by another.
        let playback = play(&front, *id, Some(watcher)).await;
        let report = validate_stream(server, &playback).await;
        assert!(report.ended && (8_500_000..9_500_000).contains(&report.duration_us));
    }
    for disk in &disks {
        assert!(
            files_below(&disk.path().join("unused/objects")).is_empty(),
            "nothing lies on a disk"
        );
    }
}
