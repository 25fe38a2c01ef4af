//! What every object store must do, run against each adapter; the S3 one talks to a real server
//! in this process.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use kernel::SecretBytes;

use super::*;

fn key(text: &str) -> ObjectKey {
    ObjectKey::new(text).unwrap()
}

async fn body(stream: ByteStream) -> Vec<u8> {
    stream
        .try_fold(Vec::new(), |mut all, piece| async move {
            all.extend_from_slice(&piece);
            Ok(all)
        })
        .await
        .unwrap()
}

fn pattern(len: usize, seed: u8) -> Bytes {
    (0..len).map(|i| (i as u8).wrapping_mul(31).wrapping_add(seed)).collect()
}

async fn objects_come_back_as_they_went_in(store: &dyn ObjectStore) {
    let big = pattern(300_000, 7);
    store.put(&key("a/big"), big.clone()).await.unwrap();
    store.put(&key("a/empty"), Bytes::new()).await.unwrap();
    assert_eq!(store.get(&key("a/big")).await.unwrap(), big);
    assert_eq!(store.get(&key("a/empty")).await.unwrap(), Bytes::new());
    assert_eq!(store.head(&key("a/big")).await.unwrap(), 300_000);
    assert_eq!(body(store.stream(&key("a/big"), None).await.unwrap()).await, big);
    assert!(body(store.stream(&key("a/empty"), None).await.unwrap()).await.is_empty());
    store.put(&key("a/big"), Bytes::from_static(b"new")).await.unwrap();
    assert_eq!(store.get(&key("a/big")).await.unwrap(), "new");
}

async fn ranges_are_exact_or_refused(store: &dyn ObjectStore) {
    let bytes = pattern(100_000, 1);
    store.put(&key("r"), bytes.clone()).await.unwrap();
    for (start, end) in [(0, 1), (0, 100_000), (65_530, 65_540), (99_999, 100_000)] {
        let part = body(store.stream(&key("r"), Some(start..end)).await.unwrap()).await;
        assert_eq!(part, bytes[start as usize..end as usize], "{start}..{end}");
    }
    for (start, end) in [(5, 5), (0, 100_001), (100_000, 100_001)] {
        let refused = store.stream(&key("r"), Some(start..end)).await.err();
        assert!(matches!(refused, Some(StorageError::OutOfRange)), "{start}..{end} {refused:?}");
    }
}

async fn what_is_not_there_is_not_found(store: &dyn ObjectStore) {
    assert!(matches!(store.get(&key("no/such")).await, Err(StorageError::NotFound)));
    assert!(matches!(store.head(&key("no")).await, Err(StorageError::NotFound)));
    assert!(matches!(store.stream(&key("no"), None).await.err(), Some(StorageError::NotFound)));
    store.delete(&key("no/such")).await.unwrap();
    store.put(&key("dir/file"), Bytes::from_static(b"x")).await.unwrap();
    store.delete(&key("dir/file")).await.unwrap();
    assert!(matches!(store.get(&key("dir/file")).await, Err(StorageError::NotFound)));
}

async fn listing_pages_by_key_and_deleting_takes_the_subtree_only(store: &dyn ObjectStore) {
    for name in ["v/1/a", "v/1/b/c", "v/1/d", "v/10/a", "v/2"] {
        store.put(&key(name), Bytes::from_static(b"xy")).await.unwrap();
    }
    let names = |page: Vec<ObjectEntry>| -> Vec<String> {
        assert!(page.iter().all(|entry| entry.len == 2));
        page.into_iter().map(|entry| entry.key.to_string()).collect()
    };
    assert_eq!(names(store.list(&key("v/1"), None, 2).await.unwrap()), ["v/1/a", "v/1/b/c"]);
    let rest = store.list(&key("v/1"), Some(&key("v/1/b/c")), 10).await.unwrap();
    assert_eq!(names(rest), ["v/1/d"]);
    assert_eq!(store.delete_prefix(&key("v/1")).await.unwrap(), 3);
    assert_eq!(store.delete_prefix(&key("v/1")).await.unwrap(), 0);
    assert_eq!(names(store.list(&key("v"), None, 10).await.unwrap()), ["v/10/a", "v/2"]);
}

/// Runs on what the tests before have left, which is not nothing.
async fn every_object_is_met_once(store: &dyn ObjectStore) {
    for name in ["every/a", "every/b/c/d", "every-1"] {
        store.put(&key(name), Bytes::from_static(b"xyz")).await.unwrap();
    }
    let upload = store.create_multipart(&key("every/unfinished")).await.unwrap();
    store.put_part(&key("every/unfinished"), &upload, 1, pattern(10, 0)).await.unwrap();
    let mut entries: Vec<ObjectEntry> = store.every().try_collect().await.unwrap();
    store.abort_multipart(&key("every/unfinished"), &upload).await.unwrap();
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    assert!(entries.windows(2).all(|pair| pair[0].key < pair[1].key), "{entries:?}");
    entries.retain(|entry| entry.key.as_str().starts_with("every"));
    let found: Vec<_> = entries.iter().map(|e| (e.key.as_str(), e.len)).collect();
    assert_eq!(found, [("every-1", 3), ("every/a", 3), ("every/b/c/d", 3)]);
}

async fn parts_become_one_object(store: &dyn ObjectStore) {
    let target = key("up/original");
    let upload = store.create_multipart(&target).await.unwrap();
    let (first, second) = (pattern(MIN_PART_BYTES, 3), pattern(70_001, 4));
    store.put_part(&target, &upload, 1, pattern(MIN_PART_BYTES, 9)).await.unwrap();
    // Out of order, and the first one again with other bytes, as after a lost answer.
    let tag2 = store.put_part(&target, &upload, 2, second.clone()).await.unwrap();
    let tag1 = store.put_part(&target, &upload, 1, first.clone()).await.unwrap();
    assert!(matches!(store.head(&target).await, Err(StorageError::NotFound)), "not yet whole");
    let parts = [CompletedPart { number: 1, tag: tag1 }, CompletedPart { number: 2, tag: tag2 }];
    store.complete_multipart(&target, &upload, &parts).await.unwrap();
    assert_eq!(store.get(&target).await.unwrap(), [first, second].concat());
    let again = store.complete_multipart(&target, &upload, &parts).await;
    assert!(is_final(&again), "{again:?}");
}

/// An unknown upload: most services say 404, some 403.
fn is_final<T>(result: &Result<T, StorageError>) -> bool {
    matches!(result, Err(StorageError::NotFound | StorageError::Refused(_)))
}

async fn an_aborted_upload_leaves_nothing(store: &dyn ObjectStore) {
    let target = key("up/gone");
    let upload = store.create_multipart(&target).await.unwrap();
    store.put_part(&target, &upload, 1, pattern(10, 0)).await.unwrap();
    store.abort_multipart(&target, &upload).await.unwrap();
    let again = store.abort_multipart(&target, &upload).await;
    assert!(again.is_ok() || is_final(&again), "{again:?}");
    let late = store.put_part(&target, &upload, 2, pattern(10, 0)).await;
    assert!(is_final(&late), "{late:?}");
    assert!(matches!(store.head(&target).await, Err(StorageError::NotFound)));
}

async fn a_local_copy_is_the_object_and_cleans_up(store: &dyn ObjectStore) {
    let scratch = tempfile::tempdir().unwrap();
    let bytes = pattern(200_000, 5);
    store.put(&key("l"), bytes.clone()).await.unwrap();
    let copy = store.local_copy(&key("l"), scratch.path()).await.unwrap();
    assert_eq!(std::fs::read(copy.path()).unwrap(), bytes);
    drop(copy);
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
    assert_eq!(store.get(&key("l")).await.unwrap(), bytes, "the object itself stays");
    let missing = store.local_copy(&key("none"), scratch.path()).await;
    assert!(matches!(missing, Err(StorageError::NotFound)));
}

async fn everything(store: Arc<dyn ObjectStore>) {
    store.health().await.unwrap();
    objects_come_back_as_they_went_in(&*store).await;
    ranges_are_exact_or_refused(&*store).await;
    what_is_not_there_is_not_found(&*store).await;
    listing_pages_by_key_and_deleting_takes_the_subtree_only(&*store).await;
    parts_become_one_object(&*store).await;
    an_aborted_upload_leaves_nothing(&*store).await;
    a_local_copy_is_the_object_and_cleans_up(&*store).await;
    every_object_is_met_once(&*store).await;
}

#[tokio::test]
async fn memory_keeps_the_contract() {
    everything(Arc::new(MemoryStore::new())).await;
}

/// MED-05
#[tokio::test]
async fn a_directory_keeps_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    everything(Arc::new(DiskStore::open(dir.path()).await.unwrap())).await;
}

#[tokio::test]
async fn a_directory_of_the_disk_is_no_object() {
    let dir = tempfile::tempdir().unwrap();
    let disk = DiskStore::open(dir.path()).await.unwrap();
    disk.put(&key("dir/file"), Bytes::from_static(b"x")).await.unwrap();
    assert!(matches!(disk.get(&key("dir")).await, Err(StorageError::NotFound)));
    assert!(matches!(disk.head(&key("dir")).await, Err(StorageError::NotFound)));
    assert!(matches!(disk.get(&key("dir/file/below")).await, Err(StorageError::NotFound)));
}

/// MED-03 MED-04 INT-10
#[tokio::test]
async fn an_s3_service_keeps_the_contract() {
    let server = s3_server().await;
    everything(Arc::new(server.store("media", Duration::from_secs(10)))).await;
}

#[tokio::test]
async fn a_store_that_is_gone_is_unavailable_and_not_empty() {
    let dir = tempfile::tempdir().unwrap();
    let disk = DiskStore::open(dir.path().join("store")).await.unwrap();
    std::fs::remove_dir_all(dir.path().join("store")).unwrap();

    let server = s3_server().await;
    let s3 = server.store("media", Duration::from_secs(2));
    server.stop().await;

    let memory = MemoryStore::new();
    memory.set_down(true);

    let stores: [(&str, &dyn ObjectStore); 3] = [("disk", &disk), ("s3", &s3), ("memory", &memory)];
    for (name, store) in stores {
        for error in [
            store.get(&key("a")).await.err(),
            store.put(&key("a"), Bytes::from_static(b"x")).await.err(),
            store.health().await.err(),
            store.every().try_collect::<Vec<_>>().await.err(),
        ] {
            assert!(error.as_ref().is_some_and(StorageError::is_transient), "{name}: {error:?}");
        }
    }
}

#[tokio::test]
async fn a_missing_bucket_is_said_so() {
    let server = s3_server().await;
    let store = server.store("other", Duration::from_secs(5));
    let error = store.health().await.unwrap_err();
    assert!(matches!(&error, StorageError::Refused(why) if why.contains("bucket")), "{error:?}");
}

/// Objects of all lengths that matter: none, one piece, just over it, parts.
async fn fill(store: &dyn ObjectStore) -> Vec<(ObjectKey, Bytes)> {
    let lens = [0, 1, 70_000, 8 * 1024 * 1024, 8 * 1024 * 1024 + 1, 20_000_000];
    let mut all = Vec::new();
    for (at, len) in lens.into_iter().enumerate() {
        let (name, bytes) = (key(&format!("videos/{at}/original")), pattern(len, at as u8));
        store.put(&name, bytes.clone()).await.unwrap();
        all.push((name, bytes));
    }
    for at in 0..40 {
        let (name, bytes) = (key(&format!("covers/{at}")), pattern(1_000 + at, at as u8));
        store.put(&name, bytes.clone()).await.unwrap();
        all.push((name, bytes));
    }
    all
}

async fn holds(store: &dyn ObjectStore, all: &[(ObjectKey, Bytes)]) {
    for (name, bytes) in all {
        assert!(store.get(name).await.unwrap() == *bytes, "{name}");
    }
}

/// MED-04 MED-05
#[tokio::test]
async fn everything_moves_from_a_directory_to_s3_and_back() {
    let server = s3_server().await;
    let s3: Arc<dyn ObjectStore> = Arc::new(server.store("media", Duration::from_secs(20)));
    let dir = tempfile::tempdir().unwrap();
    let disk: Arc<dyn ObjectStore> = Arc::new(DiskStore::open(dir.path()).await.unwrap());
    let all = fill(&*disk).await;
    for (from, to) in [(&disk, &s3), (&s3, &disk)] {
        let transfer = Transfer::new(Arc::clone(from), Arc::clone(to), 4);
        let bytes: u64 = all.iter().map(|(_, bytes)| bytes.len() as u64).sum();
        assert_eq!(transfer.measure().await.unwrap(), (all.len() as u64, bytes));
        let dry = transfer.dry_run().await.unwrap();
        assert_eq!((dry.copied, dry.equal, dry.copied_bytes), (all.len() as u64, 0, bytes));
        assert_eq!(to.every().count().await, 0, "a dry run changes nothing");
        let mut done = transfer.run().await.unwrap();
        assert!(done.is_complete());
        assert_eq!(
            (done.objects, done.bytes, done.copied),
            (all.len() as u64, bytes, all.len() as u64)
        );
        holds(&**to, &all).await;
        holds(&**from, &all).await;
        let again = transfer.run().await.unwrap();
        assert_eq!((again.copied, again.equal), (0, all.len() as u64));
        transfer.delete_sources(&mut done).await.unwrap();
        assert_eq!((done.deleted, done.failures.len()), (all.len() as u64, 0));
        assert_eq!(from.every().count().await, 0);
        holds(&**to, &all).await;
    }
}

/// MED-04
#[tokio::test]
async fn a_move_that_was_broken_off_goes_on_and_mends_what_is_wrong() {
    let (from, to) = (Arc::new(MemoryStore::new()), Arc::new(MemoryStore::new()));
    let all = fill(&*from).await;
    // Stopped at once: nothing but what was under way is carried, and nothing is lost.
    let stopped = Transfer::new(from.clone(), to.clone(), 1);
    stopped.stop_handle().cancel();
    let mut report = stopped.run().await.unwrap();
    assert!(report.stopped && !report.is_complete() && report.objects < all.len() as u64);
    assert!(stopped.delete_sources(&mut report).await.is_err());
    holds(&*from, &all).await;
    // Of the same length and other bytes, as after a fault of the target; and half a file.
    to.put(&all[2].0, pattern(70_000, 99)).await.unwrap();
    to.put(&all[5].0, pattern(1_000, 5)).await.unwrap();
    to.put(&all[8].0, all[8].1.clone()).await.unwrap();
    let report = Transfer::new(from.clone(), to.clone(), 3).run().await.unwrap();
    assert_eq!((report.equal, report.copied), (1, all.len() as u64 - 1));
    holds(&*to, &all).await;
}

/// MED-04
#[tokio::test]
async fn nothing_is_removed_while_anything_has_failed() {
    let server = s3_server().await;
    let s3 = Arc::new(server.store("media", Duration::from_secs(1)));
    let from = Arc::new(MemoryStore::new());
    from.put(&key("a"), Bytes::from_static(b"x")).await.unwrap();
    server.stop().await;
    let transfer = Transfer::new(from.clone(), s3, 2);
    let mut report = transfer.run().await.unwrap();
    assert_eq!(report.failures.len(), 1);
    assert_eq!(report.failures[0].key, key("a"));
    assert!(matches!(transfer.delete_sources(&mut report).await, Err(StorageError::Refused(_))));
    // What comes into the source later is not removed with the rest.
    let to = Arc::new(MemoryStore::new());
    let transfer = Transfer::new(from.clone(), to, 2);
    let mut report = transfer.run().await.unwrap();
    from.put(&key("late"), Bytes::from_static(b"y")).await.unwrap();
    transfer.delete_sources(&mut report).await.unwrap();
    assert_eq!((report.deleted, report.failures.len()), (1, 1));
    assert_eq!(from.get(&key("late")).await.unwrap(), "y");
}

struct S3Server {
    address: std::net::SocketAddr,
    task: tokio::task::JoinHandle<()>,
    _root: tempfile::TempDir,
}

impl S3Server {
    fn store(&self, bucket: &str, timeout: Duration) -> S3Store {
        S3Store::new(S3Config {
            endpoint: Some(format!("http://{}", self.address)),
            region: "us-east-1".into(),
            bucket: bucket.into(),
            path_style: true,
            access_key_id: "test".into(),
            secret_access_key: SecretBytes::new(b"test-secret".to_vec()),
            timeout,
        })
        .unwrap()
    }

    async fn stop(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

async fn s3_server() -> S3Server {
    use hyper_util::rt::TokioIo;

    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("media")).unwrap();
    let mut builder =
        s3s::service::S3ServiceBuilder::new(s3s_fs::FileSystem::new(root.path()).unwrap());
    builder.set_auth(s3s::auth::SimpleAuth::from_single("test", "test-secret"));
    let service = builder.build();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let serving = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(socket), service.clone());
            connections.spawn(async move {
                let _ = serving.await;
            });
        }
    });
    S3Server { address, task, _root: root }
}
