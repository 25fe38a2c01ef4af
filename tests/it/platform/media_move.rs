//! `ilmspace media move`, the real command, between a directory and an S3 server.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use media::storage::{DiskStore, ObjectKey, ObjectStore};

use crate::support::S3Server;

fn command(directory: &Path, s3: &S3Server, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ilmspace"));
    let at = |name: &str| directory.join(name).into_os_string();
    command
        .env("ILM_CONFIG", concat!(env!("CARGO_MANIFEST_DIR"), "/config/test.toml"))
        .env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")
        .env("ILM__STORAGE__DIRECTORY", at("objects"))
        .env("ILM__SECRETS__DIRECTORY", at("secrets"))
        .envs(s3.environment(&directory.join("secrets")))
        .args(["media", "move"])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Waits elsewhere: the S3 server lives on this test's runtime.
async fn run(directory: &Path, s3: &S3Server, arguments: &[&str]) -> (Output, String) {
    let mut command = command(directory, s3, arguments);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output, text)
}

fn pattern(len: usize, seed: u8) -> Bytes {
    (0..len).map(|at| (at as u8).wrapping_mul(31).wrapping_add(seed)).collect()
}

async fn fill(store: &dyn ObjectStore) -> Vec<(ObjectKey, Bytes)> {
    let mut all = Vec::new();
    for at in 0..40_u8 {
        let len = if at == 7 { 20_000_000 } else { 400_000 + usize::from(at) };
        let key = ObjectKey::new(format!("videos/{at}/720p/{at}.m4s")).unwrap();
        let bytes = pattern(len, at);
        store.put(&key, bytes.clone()).await.unwrap();
        all.push((key, bytes));
    }
    all
}

async fn count(store: &dyn ObjectStore) -> usize {
    store.every().map_ok(|_| ()).count().await
}

/// MED-04 MED-05: broken off by `kill -9`, started again, and back.
#[tokio::test(flavor = "multi_thread")]
async fn objects_move_to_s3_and_back_through_an_interruption() {
    let directory = tempfile::tempdir().unwrap();
    let disk = DiskStore::open(directory.path().join("objects")).await.unwrap();
    let s3 = S3Server::start().await;
    let bucket = s3.store();
    let all = fill(&disk).await;

    let (output, text) =
        run(directory.path(), &s3, &["--from", "disk", "--to", "s3", "--dry-run"]).await;
    assert!(output.status.success() && text.contains("would carry 40 objects"), "{text}");
    assert_eq!(count(&bucket).await, 0);

    let arguments = ["--from", "disk", "--to", "s3", "--delete", "--at-once", "1"];
    let mut child = command(directory.path(), &s3, &arguments).spawn().unwrap();
    let some = async {
        while count(&bucket).await < 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), some).await.expect("nothing is carried");
    child.kill().unwrap();
    child.wait().unwrap();
    let carried = count(&bucket).await;
    assert!(carried < all.len(), "it was over before it could be broken off");
    assert_eq!(count(&disk).await, all.len(), "nothing is removed before all is there");

    let (output, text) = run(directory.path(), &s3, &arguments).await;
    assert!(output.status.success(), "{text}");
    assert!(!text.contains(" 0 were there already"), "{text}");
    assert!(text.contains("removed 40 objects"), "{text}");
    assert_eq!(count(&disk).await, 0);
    for (key, bytes) in &all {
        assert!(bucket.get(key).await.unwrap() == *bytes, "{key}");
    }

    let (output, text) = run(directory.path(), &s3, &["--from", "s3", "--to", "disk"]).await;
    assert!(output.status.success() && text.contains("carried 40 objects"), "{text}");
    for (key, bytes) in &all {
        assert!(disk.get(key).await.unwrap() == *bytes, "{key}");
    }
    assert_eq!(count(&bucket).await, 40);
}

/// MED-04: what failed is named, and the command says so to whoever called it.
#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_cannot_be_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let disk = DiskStore::open(directory.path().join("objects")).await.unwrap();
    let mut s3 = S3Server::start().await;
    let key = ObjectKey::new("covers/one").unwrap();
    disk.put(&key, Bytes::from_static(b"x")).await.unwrap();
    let (output, text) = run(directory.path(), &s3, &["--from", "s3", "--to", "s3"]).await;
    assert!(!output.status.success() && text.contains("the same store"), "{text}");
    // A key that is a directory over there cannot be a file.
    let below = ObjectKey::new("covers/one/below").unwrap();
    s3.store().put(&below, Bytes::from_static(b"y")).await.unwrap();
    let (output, text) =
        run(directory.path(), &s3, &["--from", "disk", "--to", "s3", "--delete"]).await;
    assert!(!output.status.success(), "{text}");
    assert!(text.contains("failed covers/one: ") && text.contains("one object failed"), "{text}");
    assert_eq!(disk.get(&key).await.unwrap(), "x");
    s3.go_away().await;
    let (output, text) = run(directory.path(), &s3, &["--from", "disk", "--to", "s3"]).await;
    assert!(!output.status.success() && text.contains("S3"), "{text}");
}
