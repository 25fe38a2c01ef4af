//! `kill -9` of the real server and of its media children at random moments, while many short films are
//! made: each is published exactly once or has failed with a reason, and nothing is left lying about.
//!
//! `CHAOS_JOBS` says how many films (6 if absent), `CHAOS_SEED` which random moments.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, Process};
use crate::video::support::{children, files_below};

/// How long all of it may take, for each film.
const PATIENCE: Duration = Duration::from_secs(30);

/// The same moments in every run of one seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect(name))
}

/// Two to four seconds of moving pictures with sound.
fn film(path: &Path, seconds: u64) -> Vec<u8> {
    let picture = format!("testsrc2=s=320x240:r=25:d={seconds}");
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", &picture])
        .args(["-f", "lavfi", "-i", &format!("sine=440:d={seconds}")])
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-y"])
        .arg(path)
        .status()
        .expect("the ffmpeg command (script/setup test installs it)");
    assert!(made.success());
    std::fs::read(path).unwrap()
}

/// A lesson with the film.
async fn lesson(author: &Client, module: &str, name: &str, film: &[u8]) {
    let metadata = format!(
        "filename {},purpose {}",
        BASE64_STANDARD.encode(name),
        BASE64_STANDARD.encode("video")
    );
    let request = author
        .request(Method::POST, "/api/v1/uploads")
        .header("tus-resumable", "1.0.0")
        .header("upload-length", film.len())
        .header("upload-metadata", metadata);
    let upload = author.run(request, "create").await.expect(201).header("location");
    let request = author
        .request(Method::PATCH, &upload)
        .header("tus-resumable", "1.0.0")
        .header("upload-offset", 0)
        .header("content-type", "application/offset+octet-stream")
        .body(film.to_vec());
    author.run(request, &upload).await.expect(204);
    let path = format!("/api/v1/studio/modules/{module}/lessons");
    let lesson =
        author.post(&path, json!({"title": name, "kind": "video"})).await.expect(201).json();
    let path = format!("/api/v1/studio/lessons/{}/video", lesson["id"].as_str().unwrap());
    let body = json!({"upload_id": upload.rsplit('/').next().unwrap()});
    author.put(&path, body).await.expect(200);
}

async fn all(admin: &Client) -> Vec<Value> {
    let page = admin.get("/api/v1/admin/transcodes?limit=100").await.expect(200).json();
    page["items"].as_array().unwrap().clone()
}

fn has_ended(video: &Value) -> bool {
    matches!(video["state"].as_str(), Some("ready" | "failed"))
}

/// A number out of the database.
async fn count(conn: &mut AsyncPgConnection, sql: &str) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    diesel::sql_query(format!("select count(*) as n from {sql}"))
        .get_result::<Row>(conn)
        .await
        .unwrap()
        .n
}

/// Every object that a row names.
async fn named(conn: &mut AsyncPgConnection) -> HashSet<String> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        key: String,
    }
    let rows: Vec<Row> = diesel::sql_query(
        "select store_key as key from video_segments union all \
         select init_key from video_renditions where init_key is not null union all \
         select store_key from video_posters union all \
         select poster_key from videos where poster_key is not null union all \
         select store_key from uploads",
    )
    .load(conn)
    .await
    .unwrap();
    rows.into_iter().map(|row| row.key).collect()
}

/// MED-02 JOB-02 PLT-05
#[tokio::test(flavor = "multi_thread")]
async fn however_often_server_and_children_are_killed_every_film_is_published_once_or_fails_with_a_reason()
 {
    let (jobs, seed) = (number("CHAOS_JOBS", 6), number("CHAOS_SEED", 20_261_121));
    let mut dice = Dice(seed);
    let mut process =
        Process::start_with(&[("ILM__LIMITS__FACTOR", "0"), ("ILM__MEDIA__JOBS", "2")]).await;
    process.make_account("create-admin", "root@example.com");
    process.make_account("create-moderator", "mod@example.com");
    let author = process.sign_in("mod@example.com").await;
    let begun = json!({"title": "Survivor", "language": "en"});
    let course = author.post("/api/v1/studio/courses", begun).await.expect(201).json();
    let path = format!("/api/v1/studio/courses/{}/modules", course["id"].as_str().unwrap());
    let module = author.post(&path, json!({"title": "One"})).await.expect(201).json();
    let directory = tempfile::tempdir().unwrap();
    let films: Vec<Vec<u8>> =
        (2..=4).map(|n| film(&directory.path().join(format!("{n}.mp4")), n)).collect();
    for n in 0..jobs {
        let film = &films[dice.below(3) as usize];
        lesson(&author, module["id"].as_str().unwrap(), &format!("film-{n}.mp4"), film).await;
    }

    // Blows fall for a while, then what is left may end in peace.
    let (mut of_server, mut of_children) = (jobs.div_ceil(4), jobs);
    let (mut servers, mut workers) = (0, 0);
    let until = Instant::now() + PATIENCE * u32::try_from(jobs).unwrap();
    let mut root = process.sign_in("root@example.com").await;
    loop {
        tokio::time::sleep(Duration::from_millis(100 + dice.below(900))).await;
        let videos = all(&root).await;
        if videos.len() as u64 == jobs && videos.iter().all(has_ended) {
            break;
        }
        assert!(Instant::now() < until, "not at an end: {videos:#?}");
        let running = children(process.directory());
        // The first blow is the server's, so that each run has one.
        let server = servers == 0 || dice.below(4) == 0;
        if server && of_server > 0 && !running.is_empty() {
            of_server -= 1;
            servers += 1;
            process.kill_and_restart();
            root = process.sign_in("root@example.com").await;
        } else if of_children > 0 && !running.is_empty() {
            of_children -= 1;
            workers += 1;
            let pid = running[dice.below(running.len() as u64) as usize];
            // It may have ended by itself in this moment.
            let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
        }
    }
    assert!(workers > 0 && servers > 0, "{workers} children and {servers} servers were killed");

    // Once, or with a reason; and every attempt has its end in the book.
    let (mut ready, mut failed, mut attempts) = (0, 0, 0);
    for video in all(&root).await {
        let id = video["video_id"].as_str().unwrap();
        let seen = root.get(&format!("/api/v1/admin/transcodes/{id}")).await.expect(200).json();
        let runs = seen["runs"].as_array().unwrap();
        attempts += runs.len();
        let published = runs.iter().filter(|run| run["outcome"] == "ready").count();
        assert!(runs.iter().all(|run| run["outcome"].is_string() && run["ended_at"].is_string()));
        if video["state"] == "ready" {
            ready += 1;
            assert_eq!((published, &seen["error"]), (1, &Value::Null), "{seen}");
        } else {
            failed += 1;
            assert_eq!(published, 0, "{seen}");
            assert!(seen["error"]["code"].as_str().is_some_and(|code| !code.is_empty()), "{seen}");
        }
    }
    println!(
        "seed {seed}: {jobs} films, {ready} published, {failed} failed, {attempts} attempts; {workers} \
         children and {servers} servers were killed"
    );

    // One more start without work: what killed processes left in the scratch is cleared.
    process.kill_and_restart();
    let mut conn = AsyncPgConnection::establish(&process.database_url()).await.unwrap();
    let objects = process.directory().join("objects");
    let scratch = process.directory().join("spool/media");
    // A job that a killed process held is free again after five minutes: as if they had passed.
    let freed = "update jobs set locked_until = now() where state = 'running'";
    diesel::sql_query(freed).execute(&mut conn).await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let named = named(&mut conn).await;
        let strays: Vec<String> = files_below(&objects.join("objects"))
            .into_iter()
            .map(|path| path.strip_prefix(objects.join("objects")).unwrap().display().to_string())
            // Sheets of a storyboard have no row each.
            .filter(|key| {
                !named.contains(key) && !key.contains("storyboard") && !key.contains("sheet")
            })
            .collect();
        let left: Vec<_> = files_below(&scratch);
        let jobs = count(&mut conn, "jobs where state <> 'dead'").await;
        if strays.is_empty() && left.is_empty() && jobs == 0 {
            break;
        }
        assert!(Instant::now() < deadline, "strays {strays:?}, scratch {left:?}, {jobs} jobs");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    for key in named(&mut conn).await {
        assert!(objects.join("objects").join(&key).is_file(), "{key} is named and not there");
    }
    for (rows, what) in [
        ("jobs", "jobs that were given up"),
        ("video_queue", "places in the queue"),
        ("video_runs where ended_at is null", "runs without an end"),
        ("videos where claimed_by is not null", "leases"),
        (
            "videos v join video_renditions r on r.video_id = v.id where v.state = 'ready' and not \
          r.complete",
            "published halves",
        ),
        (
            "videos v join video_renditions r on r.video_id = v.id where v.state = 'failed'",
            "renditions of what has failed",
        ),
        (
            "videos v join video_keys k on k.video_id = v.id where k.generation <> v.generation",
            "keys of given up runs",
        ),
        ("videos where state = 'failed' and watchable", "failed videos that can be watched"),
    ] {
        assert_eq!(count(&mut conn, rows).await, 0, "{what}");
    }
    assert!(children(process.directory()).is_empty());
    process.kill();
}
