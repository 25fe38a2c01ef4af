//! Uploads that break off and go on: dropped links, slow bodies, two writers, a restarted server, a
//! store that is away.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::support::{PART, Tus, bytes, eventually, files_below};
use crate::support::{Client, Proxy, S3Server, TestServer, TestServerOptions};

/// The head of a PATCH by hand, so that its body can be held back.
async fn open_patch(
    server: &TestServer,
    who: &Client,
    path: &str,
    at: usize,
    len: usize,
) -> TcpStream {
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let token = who.token.as_deref().unwrap();
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Tus-Resumable: 1.0.0\r\nUpload-Offset: {at}\r\nContent-Length: {len}\r\n\
         Content-Type: application/offset+octet-stream\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket
}

/// The offset once it is what it should be.
async fn reaches(tus: &Tus<'_>, path: &str, offset: usize) {
    let waited = async {
        while tus.offset(path).await != offset {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    if tokio::time::timeout(Duration::from_secs(20), waited).await.is_err() {
        panic!("the offset is {} and not {offset}", tus.offset(path).await);
    }
}

/// Waits until somebody writes; then a second writer is refused.
async fn reaches_writer(server: &TestServer, who: &Client, path: &str) {
    let spool = server.directory().join("spool/uploads");
    // A writer begins by opening its tail.
    eventually("a writer begins", || !files_below(&spool).is_empty()).await;
    let refused = Tus(who).patch(path, 0, bytes(10)).await;
    assert!(refused.headers.contains_key("retry-after"));
    refused.expect_problem(423, "upload_locked");
}

/// MED-19
#[tokio::test]
async fn what_arrived_before_the_link_dropped_is_kept() {
    let server = TestServer::start().await;
    let ann = server.author("ann").await;
    let tus = Tus(&ann.client);
    let file = bytes(PART + 5_000);
    let path = tus.begin(file.len(), "a.mp4", "video").await;
    let mut socket = open_patch(&server, &ann.client, &path, 0, file.len()).await;
    socket.write_all(&file[..PART + 1_000]).await.unwrap();
    socket.flush().await.unwrap();
    reaches(&tus, &path, PART).await;
    drop(socket);
    reaches(&tus, &path, PART + 1_000).await;
    tus.patch(&path, PART + 1_000, file[PART + 1_000..].to_vec()).await.expect(204);
    let objects = files_below(&server.directory().join("objects/objects/originals"));
    assert!(std::fs::read(&objects[0]).unwrap() == file);
}

/// MED-19
#[tokio::test]
async fn a_second_writer_waits_while_the_first_is_busy_and_takes_over_when_it_is_silent() {
    let server = TestServer::start().await;
    let ann = server.author("ann").await;
    let tus = Tus(&ann.client);
    let file = bytes(10_000);
    let path = tus.begin(file.len(), "a.mp4", "video").await;
    let mut socket = open_patch(&server, &ann.client, &path, 0, file.len()).await;
    socket.write_all(&file[..4_000]).await.unwrap();
    reaches_writer(&server, &ann.client, &path).await;
    // Its link is dead, but nobody has told the server: after two silent seconds it has to go.
    let taken = async {
        while tus.patch(&path, 4_000, file[4_000..].to_vec()).await.status != 204 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(15), taken).await.expect("the second takes over");
    let objects = files_below(&server.directory().join("objects/objects/originals"));
    assert!(std::fs::read(&objects[0]).unwrap() == file);
}

/// MED-19 SEC-04: a body that drips.
#[tokio::test]
async fn a_dripping_body_is_cut_off_and_what_came_is_kept() {
    let server = TestServer::start().await;
    let ann = server.author("ann").await;
    let tus = Tus(&ann.client);
    let file = bytes(1_000);
    let path = tus.begin(file.len(), "a.mp4", "video").await;
    let mut socket = open_patch(&server, &ann.client, &path, 0, file.len()).await;
    let mut sent = 0;
    let mut answer = Vec::new();
    let cut = async {
        loop {
            let mut piece = [0; 4096];
            tokio::select! {
                read = socket.read(&mut piece) => {
                    let read = read.unwrap_or(0);
                    answer.extend_from_slice(&piece[..read]);
                    return;
                }
                () = tokio::time::sleep(Duration::from_millis(500)) => {
                    if socket.write_all(&file[sent..=sent]).await.is_err() {
                        return;
                    }
                    sent += 1;
                }
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(25), cut).await.expect("nobody cuts it off");
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("body_timeout"), "{answer}");
    let offset = tus.offset(&path).await;
    assert!(offset > 0 && offset <= sent);
    tus.patch(&path, offset, file[offset..].to_vec()).await.expect(204);
}

/// MED-05 MED-19
#[tokio::test]
async fn an_upload_goes_on_after_a_restart_on_a_directory() {
    goes_on_after_a_restart(TestServerOptions::default, |server| {
        files_below(&server.directory().join("objects/objects/originals"))
            .first()
            .map(|path| std::fs::read(path).unwrap())
    })
    .await;
}

/// MED-03 MED-04 MED-07 MED-19 MED-08
#[tokio::test]
async fn an_upload_goes_on_after_a_restart_on_s3() {
    let s3 = S3Server::start().await;
    let options = || TestServerOptions {
        configure: Box::new(s3.configure()),
        ..TestServerOptions::default()
    };
    goes_on_after_a_restart(options, |_| None).await;
}

async fn goes_on_after_a_restart(
    options: impl Fn() -> TestServerOptions,
    read: impl Fn(&TestServer) -> Option<Vec<u8>>,
) {
    let server = TestServer::start_with(options()).await;
    let ann = server.author("ann").await;
    let file = bytes(2 * PART + 777);
    let path = Tus(&ann.client).begin(file.len(), "a.mp4", "video").await;
    Tus(&ann.client).patch(&path, 0, file[..PART + 333].to_vec()).await.expect(204);

    let server = server.restart(options()).await;
    let ann = server.sign_in(&ann.email).await;
    let tus = Tus(&ann);
    assert_eq!(tus.offset(&path).await, PART + 333);
    tus.patch(&path, PART + 333, file[PART + 333..].to_vec()).await.expect(204);
    let key = media::storage::ObjectKey::new(format!(
        "originals/{}",
        super::support::id_of(&path).simple()
    ))
    .unwrap();
    assert!(server.app.store.get(&key).await.unwrap() == file);
    if let Some(bytes) = read(&server) {
        assert!(bytes == file);
    }
}

/// MED-19: the spool of a lost disk, or of another node.
#[tokio::test]
async fn the_offset_says_what_is_there_and_not_what_was() {
    let server = TestServer::start().await;
    let ann = server.author("ann").await;
    let tus = Tus(&ann.client);
    let file = bytes(PART + 5_000);
    let path = tus.begin(file.len(), "a.mp4", "video").await;
    tus.patch(&path, 0, file[..PART + 1_000].to_vec()).await.expect(204);
    std::fs::remove_dir_all(server.directory().join("spool/uploads")).unwrap();
    assert_eq!(tus.offset(&path).await, PART);
    tus.patch(&path, PART, file[PART..].to_vec()).await.expect(204);
    let objects = files_below(&server.directory().join("objects/objects/originals"));
    assert!(std::fs::read(&objects[0]).unwrap() == file);
}

/// MED-03 MED-19: the object store gone for a minute.
#[tokio::test]
async fn a_store_that_is_away_is_said_and_costs_no_byte() {
    let mut s3 = S3Server::start().await;
    let options =
        TestServerOptions { configure: Box::new(s3.configure()), ..TestServerOptions::default() };
    let server = TestServer::start_with(options).await;
    let ann = server.author("ann").await;
    let tus = Tus(&ann.client);
    let file = bytes(2 * PART + 100);
    let path = tus.begin(file.len(), "a.mp4", "video").await;
    tus.patch(&path, 0, file[..1_000].to_vec()).await.expect(204);
    s3.go_away().await;
    let answer = tus.patch(&path, 1_000, file[1_000..].to_vec()).await;
    assert!(answer.headers.contains_key("retry-after"));
    answer.expect_problem(503, "unavailable");
    // What fits the spool is kept; nothing before it is lost.
    let offset = tus.offset(&path).await;
    assert!((1_000..=PART).contains(&offset), "{offset}");
    s3.come_back().await;
    tus.patch(&path, offset, file[offset..].to_vec()).await.expect(204);
    let id = super::support::id_of(&path);
    let key = media::storage::ObjectKey::new(format!("originals/{}", id.simple())).unwrap();
    assert!(server.app.store.get(&key).await.unwrap() == file);
}

/// MED-19: the client has done its part; the server finishes when it can.
#[tokio::test]
async fn the_last_byte_is_taken_while_the_store_is_away() {
    let mut s3 = S3Server::start().await;
    let options =
        TestServerOptions { configure: Box::new(s3.configure()), ..TestServerOptions::default() };
    let server = TestServer::start_with(options).await;
    let ann = server.author("ann").await;
    let tus = Tus(&ann.client);
    let file = bytes(50_000);
    let path = tus.begin(file.len(), "a.mp4", "video").await;
    s3.go_away().await;
    tus.patch(&path, 0, file.clone()).await.expect(204);
    let state = async || {
        let list = ann.client.get("/api/v1/uploads").await.expect(200).json();
        list["items"][0]["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state().await, "receiving");
    s3.come_back().await;
    server.advance(Duration::from_secs(60));
    server.settle().await;
    assert_eq!(state().await, "complete");
}

/// MED-19 IDN-13
#[tokio::test]
async fn an_upload_ends_with_the_sign_in_that_makes_it() {
    let server = TestServer::start().await;
    let ann = server.author("ann").await;
    let tus = Tus(&ann.client);
    let path = tus.begin(10_000, "a.mp4", "video").await;
    let mut socket = open_patch(&server, &ann.client, &path, 0, 10_000).await;
    socket.write_all(&bytes(1_000)).await.unwrap();
    reaches_writer(&server, &ann.client, &path).await;
    let blocked = ilmspace::platform::live::Notice::UserBlocked { user_id: ann.id };
    server.app.live.tell(blocked);
    let mut answer = Vec::new();
    let ended = async {
        while !String::from_utf8_lossy(&answer).contains("session_ended") {
            assert!(socket.read_buf(&mut answer).await.unwrap() > 0, "closed without a word");
        }
    };
    tokio::time::timeout(Duration::from_secs(5), ended).await.expect("within seconds");
}

/// MED-19: the database gone for a while.
#[tokio::test]
async fn a_database_that_is_away_is_said_and_costs_no_byte() {
    let proxy = Proxy::before_the_database().await;
    let options = TestServerOptions {
        configure: Box::new(proxy.to_the_database()),
        ..TestServerOptions::default()
    };
    let server = TestServer::start_with(options).await;
    let ann = server.author("ann").await;
    let tus = Tus(&ann.client);
    let file = bytes(PART + 5_000);
    let path = tus.begin(file.len(), "a.mp4", "video").await;
    tus.patch(&path, 0, file[..1_000].to_vec()).await.expect(204);

    // In the middle of a chunk, and before one.
    let mut socket = open_patch(&server, &ann.client, &path, 1_000, file.len() - 1_000).await;
    socket.write_all(&file[1_000..PART]).await.unwrap();
    reaches_writer(&server, &ann.client, &path).await;
    proxy.go_away();
    socket.write_all(&file[PART..]).await.unwrap();
    let mut answer = Vec::new();
    let answered = socket.read_buf(&mut answer);
    tokio::time::timeout(Duration::from_secs(10), answered).await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&answer).starts_with("HTTP/1.1 503"));
    drop(socket);
    let refused = tus.patch(&path, 1_000, file[1_000..2_000].to_vec()).await;
    assert!(refused.headers.contains_key("retry-after"));
    refused.expect_problem(503, "unavailable");

    proxy.come_back();
    // The dead writer's right runs out; nothing that was acknowledged is lost.
    server.advance(Duration::from_secs(30));
    let offset = tus.offset(&path).await;
    assert!((1_000..=PART).contains(&offset), "{offset}");
    tus.patch(&path, offset, file[offset..].to_vec()).await.expect(204);
    let objects = files_below(&server.directory().join("objects/objects/originals"));
    assert!(std::fs::read(&objects[0]).unwrap() == file);
}
