//! The last byte: what happens between it and a finished upload, and who comes in between.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use diesel::QueryableByName;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use futures::stream::BoxStream;
use ilmspace::platform::http::Problem;
use ilmspace::video::{self, Form, VideoState};
use media::storage::{
    ByteStream, CompletedPart, MemoryStore, MultipartId, ObjectEntry, ObjectKey, ObjectStore,
    PartTag, StorageError,
};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

use super::support::{PART, Tus, bytes, id_of, view};
use crate::support::{Answer, Client, TestServer, TestServerOptions};

/// A store that puts parts together only when it is let.
#[derive(Debug)]
struct Gate {
    inner: MemoryStore,
    begun: AtomicUsize,
    may: Semaphore,
}

impl Gate {
    fn new() -> Arc<Self> {
        let (begun, may) = (AtomicUsize::new(0), Semaphore::new(0));
        Arc::new(Self { inner: MemoryStore::new(), begun, may })
    }

    async fn objects(&self) -> usize {
        let prefix = ObjectKey::new("originals").unwrap();
        self.inner.list(&prefix, None, 10).await.unwrap().len()
    }
}

type Stored<T> = Result<T, StorageError>;

#[async_trait]
impl ObjectStore for Gate {
    async fn put(&self, key: &ObjectKey, bytes: Bytes) -> Stored<()> {
        self.inner.put(key, bytes).await
    }
    async fn get(&self, key: &ObjectKey) -> Stored<Bytes> {
        self.inner.get(key).await
    }
    async fn stream(&self, key: &ObjectKey, range: Option<Range<u64>>) -> Stored<ByteStream> {
        self.inner.stream(key, range).await
    }
    async fn head(&self, key: &ObjectKey) -> Stored<u64> {
        self.inner.head(key).await
    }
    async fn delete(&self, key: &ObjectKey) -> Stored<()> {
        self.inner.delete(key).await
    }
    async fn list(
        &self,
        prefix: &ObjectKey,
        after: Option<&ObjectKey>,
        limit: usize,
    ) -> Stored<Vec<ObjectEntry>> {
        self.inner.list(prefix, after, limit).await
    }
    fn every(&self) -> BoxStream<'_, Stored<ObjectEntry>> {
        self.inner.every()
    }
    async fn create_multipart(&self, key: &ObjectKey) -> Stored<MultipartId> {
        self.inner.create_multipart(key).await
    }
    async fn put_part(
        &self,
        key: &ObjectKey,
        upload: &MultipartId,
        number: u32,
        bytes: Bytes,
    ) -> Stored<PartTag> {
        self.inner.put_part(key, upload, number, bytes).await
    }
    async fn complete_multipart(
        &self,
        key: &ObjectKey,
        upload: &MultipartId,
        parts: &[CompletedPart],
    ) -> Stored<()> {
        // As a slow service: it has everything, and ends what it has begun.
        self.begun.fetch_add(1, Ordering::SeqCst);
        let _place = self.may.acquire().await;
        let whole = self.inner.complete_multipart(key, upload, parts).await;
        if let Err(StorageError::NotFound) = whole {
            self.inner.put(key, Bytes::from(bytes(PART + 100))).await?;
            return Ok(());
        }
        whole
    }
    async fn abort_multipart(&self, key: &ObjectKey, upload: &MultipartId) -> Stored<()> {
        self.inner.abort_multipart(key, upload).await
    }
    async fn health(&self) -> Stored<()> {
        self.inner.health().await
    }
}

fn with(store: Arc<dyn ObjectStore>) -> TestServerOptions {
    TestServerOptions { store: Some(store), ..TestServerOptions::default() }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    value: i64,
}

async fn count(server: &TestServer, sql: &str) -> i64 {
    use diesel_async::RunQueryDsl as _;
    let mut conn = AsyncPgConnection::establish(&server.database_url()).await.unwrap();
    diesel::sql_query(sql).get_result::<Count>(&mut conn).await.unwrap().value
}

/// Waits until the database says so.
async fn until_count(server: &TestServer, what: &str, sql: &str) {
    let waited = async {
        while count(server, sql).await == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let came = tokio::time::timeout(Duration::from_secs(30), waited).await;
    assert!(came.is_ok(), "waited in vain until {what}");
}

/// An upload whose parts wait at the gate to be put together; its path, and the answer to its last byte.
async fn held_at(gate: &Gate, client: &Client) -> (String, JoinHandle<Answer>) {
    let file = bytes(PART + 100);
    let path = Tus(client).begin(file.len(), "a.mp4", "video").await;
    let (client, to) = (client.clone(), path.clone());
    let last = tokio::spawn(async move { Tus(&client).patch(&to, 0, file).await });
    let begun = || gate.begun.load(Ordering::SeqCst) > 0;
    super::support::eventually("the parts are put together", begun).await;
    assert!(!last.is_finished(), "finished without its store");
    (path, last)
}

/// MED-02: the last byte comes while a lesson takes the upload.
#[tokio::test]
async fn a_video_made_of_the_upload_while_its_last_byte_comes_is_queued() {
    let server = TestServer::start().await;
    let ann = server.author("ann").await;
    let tus = Tus(&ann.client);
    let file = bytes(1_000);
    let path = tus.begin(file.len(), "a.mp4", "video").await;
    let (upload, owner) = (id_of(&path), ann.id);
    let (made, is_made) = oneshot::channel();
    let (commit, may_commit) = oneshot::channel::<()>();
    let attached = tokio::spawn({
        let app = server.app.clone();
        async move {
            let db = app.db.clone();
            db.transaction(async move |conn: &mut AsyncPgConnection| -> Result<_, Problem> {
                let id = video::attach(conn, &app, upload, owner, Form::Lesson).await?;
                made.send(()).unwrap();
                may_commit.await.unwrap();
                Ok(id)
            })
            .await
        }
    });
    is_made.await.unwrap();
    let mut last = Box::pin(tus.patch(&path, 0, file));
    let waits = "select count(*) as value from pg_stat_activity where \
        datname = current_database() and wait_event_type = 'Lock'";
    tokio::select! {
        _ = &mut last => panic!("it does not wait for who has the upload"),
        () = until_count(&server, "the last byte waits", waits) => {}
    }
    commit.send(()).unwrap();
    let id = attached.await.unwrap().unwrap();
    last.await.expect(204);
    // What waited for the lock too long is gone on with by the job.
    server.advance(Duration::from_secs(30));
    server.settle().await;
    assert_eq!(view(&server, id).await.state, VideoState::Queued);
}

/// MED-19: the tail of a whole upload lies on one node, and another one takes the job.
#[tokio::test]
async fn a_whole_upload_is_finished_by_the_node_that_has_its_bytes() {
    let store = Arc::new(MemoryStore::new());
    let server = TestServer::start_with(with(store.clone())).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let spool = elsewhere.path().to_path_buf();
    let other = TestServerOptions {
        configure: Box::new(move |config| config.storage.spool = spool),
        ..with(store.clone())
    };
    let other = server.beside(other).await;
    let ann = server.author("ann").await;
    let tus = Tus(&ann.client);
    let state = async || {
        let list = ann.client.get("/api/v1/uploads").await.expect(200).json();
        list["items"][0]["state"].as_str().unwrap().to_owned()
    };
    for by_job in [true, false] {
        store.set_down(true);
        let path = tus.begin(1_000, "a.mp4", "video").await;
        tus.patch(&path, 0, bytes(1_000)).await.expect(204);
        store.set_down(false);
        for node in [&server, &other] {
            node.advance(Duration::from_secs(30));
        }
        other.settle().await;
        assert_eq!(state().await, "receiving");
        if by_job {
            server.advance(Duration::from_secs(60));
            server.settle().await;
        } else {
            // The look through the spool, which needs no job.
            let schedules = ilmspace::wiring::schedules();
            let sweep = schedules.iter().find(|s| s.name == "video.sweep_uploads").unwrap();
            (sweep.run)(server.app.clone()).await.unwrap();
        }
        assert_eq!(state().await, "complete", "by a job: {by_job}");
    }
}

/// MED-19: an upload ended while its parts are put together leaves nothing, however late they are.
#[tokio::test]
async fn an_upload_ended_while_it_is_finished_leaves_no_bytes() {
    let gate = Gate::new();
    let server = TestServer::start_with(with(gate.clone())).await;
    let ann = server.author("ann").await;
    let (path, last) = held_at(&gate, &ann.client).await;
    Tus(&ann.client).delete(&path).await.expect(204);
    // The first try comes too early.
    server.settle().await;
    gate.may.add_permits(1);
    last.await.unwrap();
    for _ in 0..3 {
        server.advance(Duration::from_secs(60));
        server.settle().await;
    }
    assert_eq!(gate.objects().await, 0);
}

/// MED-19: what takes long is not begun twice.
#[tokio::test]
async fn the_right_to_write_is_kept_while_a_large_file_is_put_together() {
    let gate = Gate::new();
    let server = TestServer::start_with(with(gate.clone())).await;
    let ann = server.author("ann").await;
    let (_, mut last) = held_at(&gate, &ann.client).await;
    // Two leases later by the clock of the server, its writer is still at work.
    for _ in 0..2 {
        server.advance(Duration::from_secs(14));
        let now = server.app.clock.now().to_rfc3339();
        let kept = format!(
            "select count(*) as value from uploads where writer_until > \
             timestamptz '{now}' + interval '10 seconds'"
        );
        tokio::select! {
            answer = &mut last => panic!("it gave up: {}", answer.unwrap().status),
            () = until_count(&server, "the right to write is renewed", &kept) => {}
        }
    }
    server.settle().await;
    assert_eq!(gate.begun.load(Ordering::SeqCst), 1);
    gate.may.add_permits(1);
    last.await.unwrap().expect(204);
    assert_eq!(gate.objects().await, 1);
}
