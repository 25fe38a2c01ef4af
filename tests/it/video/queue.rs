//! Who is worked on next, what is written down of it, and what admins see and steer.

use std::collections::HashSet;
use std::time::Duration;

use ilmspace::identity::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::support::{Tus, attach, film, transcoding, until_ready};
use crate::support::{Client, Person, TestServer, TestServerOptions};

const LIST: &str = "/api/v1/admin/transcodes";

/// Videos of `author`, each a film of so many seconds.
async fn queue(server: &TestServer, author: &Person, films: &[u32]) -> Vec<Uuid> {
    let mut ids = Vec::new();
    for seconds in films {
        let upload = Tus(&author.client).upload(film(*seconds), "lesson.mp4", "video").await;
        ids.push(attach(server, upload, author.id).await);
    }
    ids
}

async fn detail(admin: &Client, id: Uuid) -> Value {
    admin.get(&format!("{LIST}/{id}")).await.expect(200).json()
}

/// The waiting videos, as the list says in which order they come.
async fn waiting(admin: &Client) -> Vec<Uuid> {
    let page = admin.get(&format!("{LIST}?state=queued&limit=100")).await.expect(200).json();
    let mut items: Vec<(i64, Uuid)> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            let id = item["video_id"].as_str().unwrap().parse().unwrap();
            (item["queue_position"].as_i64().unwrap(), id)
        })
        .collect();
    items.sort_unstable();
    let places: Vec<i64> = items.iter().map(|(place, _)| *place).collect();
    assert_eq!(places, (0..items.len() as i64).collect::<Vec<_>>());
    items.into_iter().map(|(_, id)| id).collect()
}

/// JOB-02
#[tokio::test]
async fn an_admin_sees_every_run_with_its_cost_and_what_the_child_said() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let root = server.person("root", &[Role::Admin]).await;
    let id = queue(&server, &ann, &[3]).await[0];
    until_ready(&server, id).await;
    ann.client.get(LIST).await.expect_problem(403, "forbidden");
    ann.client.get(&format!("{LIST}/{id}")).await.expect_problem(403, "forbidden");
    let page = root.client.get(&format!("{LIST}?state=ready,failed")).await.expect(200).json();
    let item = &page["items"][0];
    assert_eq!(item["video_id"], json!(id));
    assert_eq!(item["author"], json!({"id": ann.id, "name": "ann Test"}));
    assert_eq!((&item["attempts"], &item["priority"]), (&json!(1), &json!("normal")));
    assert_eq!((&item["queue_position"], &item["worker"]), (&Value::Null, &Value::Null));
    assert_eq!(page["next_cursor"], Value::Null);
    let none = root.client.get(&format!("{LIST}?state=queued")).await.expect(200).json();
    assert_eq!(none["items"], json!([]));
    root.client.get(&format!("{LIST}?state=gone")).await.expect_problem(422, "invalid");
    root.client.get(&format!("{LIST}?cursor=x")).await.expect_problem(400, "bad_request");

    let seen = detail(&root.client, id).await;
    let run = &seen["runs"][0];
    assert_eq!(seen["runs"].as_array().unwrap().len(), 1);
    assert_eq!((&run["attempt"], &run["outcome"]), (&json!(1), &json!("ready")), "{run}");
    assert!(run["ended_at"].as_str() > run["started_at"].as_str(), "{run}");
    assert!(run["cpu_s"].as_f64().unwrap() > 0.05, "{run}");
    assert!((5.0..8192.0).contains(&run["peak_mib"].as_f64().unwrap()), "{run}");
    assert!(run["log"].as_str().unwrap().contains("sandbox: "), "{run}");
    assert!(run["log"].as_str().unwrap().contains("\ndone: "), "{run}");
    assert_eq!(run["error"], Value::Null);
    assert!(seen["probe"]["duration_us"].is_number(), "{seen}");

    for act in ["retry", "cancel", "first"] {
        let path = format!("{LIST}/{id}/{act}");
        ann.client.post(&path, json!({})).await.expect_problem(403, "forbidden");
        root.client.post(&path, json!({})).await.expect_problem(409, "video_state");
        let nothing = format!("{LIST}/{}/{act}", Uuid::new_v4());
        root.client.post(&nothing, json!({})).await.expect_problem(404, "not_found");
    }
}

/// JOB-02 ADM-06: the list is the order in which the only worker then takes them; what an admin changes in it is
/// written down.
#[tokio::test]
async fn videos_are_taken_in_the_order_that_was_shown() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.author("ann").await, server.author("bob").await);
    let root = server.person("root", &[Role::Admin]).await;
    let mut of_ann = queue(&server, &ann, &[1, 1, 1, 1]).await;
    let of_bob = queue(&server, &bob, &[1]).await;
    server.settle().await;
    let order = waiting(&root.client).await;
    assert_eq!(order.len(), 5);
    let place = |id: &Uuid| order.iter().position(|other| other == id).unwrap();
    assert!(place(&of_bob[0]) <= 2, "one video of another author is not behind four: {order:?}");

    let last = order[4];
    let first = format!("{LIST}/{last}/first");
    let shown = root.client.post(&first, json!({})).await.expect(200).json();
    assert_eq!((&shown["priority"], &shown["queue_position"]), (&json!("first"), &json!(0)));
    // One is stopped, and is queued anew behind the others of its author.
    let stopped = of_ann.iter().copied().find(|id| *id != last).unwrap();
    let act = |name: &str| format!("{LIST}/{stopped}/{name}");
    let shown = root.client.post(&act("cancel"), json!({})).await.expect(200).json();
    assert_eq!((&shown["state"], &shown["queue_position"]), (&json!("cancelled"), &Value::Null));
    assert_eq!(waiting(&root.client).await.len(), 4);
    let shown = root.client.post(&act("retry"), json!({})).await.expect(200).json();
    assert_eq!(shown["state"], "queued");
    let acts = root.client.get("/api/v1/admin/audit?action=video.").await.expect(200).json();
    let acts: Vec<Value> = acts["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|act| json!([act["action"], act["subject_id"], act["actor"]["id"]]))
        .collect();
    assert_eq!(
        json!(acts),
        json!([
            ["video.retried", stopped, root.id],
            ["video.cancelled", stopped, root.id],
            ["video.put_first", last, root.id],
        ])
    );

    let order = waiting(&root.client).await;
    assert_eq!(order[0], last);
    let worker = server.beside(transcoding()).await;
    let mut begun = Vec::new();
    of_ann.extend(of_bob);
    for id in &of_ann {
        until_ready(&worker, *id).await;
        let seen = detail(&root.client, *id).await;
        begun.push((seen["runs"][0]["started_at"].as_str().unwrap().to_owned(), *id));
    }
    begun.sort();
    let begun: Vec<Uuid> = begun.into_iter().map(|(_, id)| id).collect();
    assert_eq!(begun, order);
}

/// JOB-02 MED-02: through the whole book, what libav said of a damaged file is there to be read.
#[tokio::test]
async fn an_admin_reads_what_the_decoders_said_of_a_damaged_file() {
    let server = TestServer::start_with(transcoding()).await;
    let ann = server.author("ann").await;
    let root = server.person("root", &[Role::Admin]).await;
    let mut file = film(8);
    let body = media::mp4::find(&file, &[b"mdat"]).unwrap();
    let (start, length) = (body.as_ptr() as usize - file.as_ptr() as usize, body.len());
    file[start + length / 3..start + length / 2].fill(0x55);
    let upload = Tus(&ann.client).upload(file, "lesson.mp4", "video").await;
    let id = attach(&server, upload, ann.id).await;
    let seen = until_ready(&server, id).await;
    assert!(!seen.skipped.is_empty(), "its author is told what is missing");
    let seen = detail(&root.client, id).await;
    let log = seen["runs"][0]["log"].as_str().unwrap();
    assert!(
        log.lines().any(|line| line.starts_with("error") || line.starts_with("warning")),
        "{log}"
    );
    // Neither where it lay, nor where anything lay in memory.
    let place = server.directory().to_string_lossy().into_owned();
    assert!(!log.contains(&place) && !log.contains("0x") && !log.contains("/spool"), "{log}");
    // It is the admins' to read, and goes after a month.
    ann.client.get(&format!("{LIST}/{id}")).await.expect_problem(403, "forbidden");
    server.advance(Duration::from_secs(31 * 24 * 3600));
    let schedules = ilmspace::wiring::schedules();
    let purge = schedules.iter().find(|s| s.name == "video.purge_run_logs").unwrap();
    (purge.run)(server.app.clone()).await.unwrap();
    let admin = server.sign_in(&root.email).await;
    let seen = detail(&admin, id).await;
    assert_eq!(
        (&seen["runs"][0]["log"], &seen["runs"][0]["outcome"]),
        (&json!(""), &json!("ready"))
    );
}

/// JOB-02
#[tokio::test]
async fn two_workers_share_the_queue_and_take_no_video_twice() {
    let server = TestServer::start().await;
    let ann = server.author("ann").await;
    let root = server.person("root", &[Role::Admin]).await;
    let ids = queue(&server, &ann, &[1; 8]).await;
    server.settle().await;
    let (one, two) = (server.beside(transcoding()).await, server.beside(transcoding()).await);
    let mut workers = HashSet::new();
    for id in &ids {
        // What the other node does is not told on this one.
        let seen = loop {
            let seen = detail(&root.client, *id).await;
            match seen["state"].as_str().unwrap() {
                "ready" => break seen,
                "queued" | "probing" | "transcoding" => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                other => panic!("{other}: {seen}"),
            }
        };
        assert_eq!(seen["runs"].as_array().unwrap().len(), 1, "{seen}");
        workers.insert(seen["runs"][0]["worker"].as_str().unwrap().to_owned());
    }
    assert_eq!(workers.len(), 2, "both have worked");
    drop((one, two));
}

/// JOB-02: what is measured, in Prometheus' format.
#[tokio::test]
async fn the_queue_is_measured() {
    let server = TestServer::start_with(TestServerOptions {
        configure: Box::new(|config| config.server.metrics_bind = "127.0.0.1:0".into()),
        ..TestServerOptions::default()
    })
    .await;
    let ann = server.author("ann").await;
    queue(&server, &ann, &[1, 1]).await;
    server.settle().await;
    server.advance(Duration::from_secs(90));
    ilmspace::video::measure(&server.app).await.unwrap();
    let text = server.app.metrics.text();
    let value = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap();
        line.split(' ').nth(1).unwrap().parse::<f64>().unwrap()
    };
    assert_eq!((value("ilm_transcodes_waiting"), value("ilm_transcodes_running")), (2.0, 0.0));
    assert!((90.0..150.0).contains(&value("ilm_transcodes_oldest_seconds")));
}
