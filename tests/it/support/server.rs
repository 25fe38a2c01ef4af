//! A server in this process, on a free port, with everything real but the mail relay.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateways::mail::{Mail, MemoryMailer};
use ilmspace::app::App;
use ilmspace::boot::{self, Overrides};
use ilmspace::platform::config::{Config, Role};
use ilmspace::server;
use tokio::sync::oneshot;

use super::Client;
use super::database::TestDatabase;

/// What a test may want otherwise.
pub struct TestServerOptions {
    /// Changes the configuration before the start.
    pub configure: Box<dyn FnOnce(&mut Config) + Send>,
    /// In place of the object store in a temporary directory.
    pub store: Option<Arc<dyn media::storage::ObjectStore>>,
    /// Runs the worker in the background, as `serve` does. Without it jobs run in `settle`.
    pub worker: bool,
}

impl Default for TestServerOptions {
    fn default() -> Self {
        Self { configure: Box::new(|_| ()), store: None, worker: false }
    }
}

impl TestServerOptions {
    /// A node on the Redis of the tests: what one node says, every other one hears.
    pub fn with_redis() -> Self {
        let url = std::env::var("TEST_REDIS_URL")
            .expect("TEST_REDIS_URL is not set: export $(script/test-servers start)");
        Self { configure: Box::new(move |config| config.redis.url = url.into()), ..Self::default() }
    }
}

/// A running server; stops, and takes its database and directories with it, when dropped.
pub struct TestServer {
    /// The application, to look inside.
    pub app: App,
    /// Where it listens.
    pub address: SocketAddr,
    /// What it has mailed.
    pub mailer: Arc<MemoryMailer>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
    _directory: Arc<tempfile::TempDir>,
    _database: Arc<TestDatabase>,
}

impl TestServer {
    /// A server with the defaults.
    pub async fn start() -> Self {
        Self::start_with(TestServerOptions::default()).await
    }

    /// A server as `options` say.
    pub async fn start_with(options: TestServerOptions) -> Self {
        let database = Arc::new(TestDatabase::create().await);
        let directory = Arc::new(tempfile::tempdir().unwrap());
        Self::launch(options, database, directory).await
    }

    /// Ends this server at once and starts another on the same database and directories, as after
    /// a crash.
    pub async fn restart(mut self, options: TestServerOptions) -> Self {
        self.halt();
        let (database, directory) = (self._database.clone(), self._directory.clone());
        drop(self);
        Self::launch(options, database, directory).await
    }

    /// Another node on the same database and directories.
    pub async fn beside(&self, options: TestServerOptions) -> Self {
        Self::launch(options, self._database.clone(), self._directory.clone()).await
    }

    async fn launch(
        options: TestServerOptions,
        database: Arc<TestDatabase>,
        directory: Arc<tempfile::TempDir>,
    ) -> Self {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/config/test.toml");
        let mut config = Config::load(Some(std::path::Path::new(root))).unwrap();
        config.database.url = database.url().into();
        config.server.bind = "127.0.0.1:0".into();
        config.server.drain_seconds = 2;
        config.storage.directory = directory.path().join("objects");
        config.storage.spool = directory.path().join("spool");
        config.secrets.directory = directory.path().join("secrets");
        config.mail.directory = directory.path().join("mail");
        if !options.worker {
            config.server.roles = vec![Role::Web];
        }
        (options.configure)(&mut config);
        ilmspace::platform::telemetry::init(&config.log);

        let mailer = Arc::new(MemoryMailer::new());
        let overrides = Overrides { mailer: Some(mailer.clone()), store: options.store };
        let (started, ready) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let system = actix_rt::System::with_tokio_rt(|| {
                tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(2)
                    .enable_all()
                    .build()
                    .unwrap()
            });
            system.block_on(async move {
                let app = boot::app(config, overrides).await.expect("boot");
                let running = server::start(app.clone()).expect("start");
                let _ = started.send((app, running.address.expect("a web server")));
                let _ = stopped.await;
                running.stop().await;
            });
        });
        let (app, address) = ready.await.expect("the server starts");
        Self {
            app,
            address,
            mailer,
            stop: Some(stop),
            thread: Some(thread),
            _directory: directory,
            _database: database,
        }
    }

    /// The directory that holds everything this server writes.
    pub fn directory(&self) -> &std::path::Path {
        self._directory.path()
    }

    /// The database's address.
    pub fn database_url(&self) -> String {
        self._database.url()
    }

    /// `http://127.0.0.1:port` and `path`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Somebody who is not signed in, with a browser of their own.
    pub fn anonymous(&self) -> Client {
        Client::new(format!("http://{}", self.address))
    }

    /// Moves the clock.
    pub fn advance(&self, by: Duration) {
        self.app.movable_clock.as_ref().expect("a sandbox").advance(by);
    }

    /// Relays facts and runs jobs until nothing is due; fails on dead letters.
    pub async fn settle(&self) {
        server::worker().settle(&self.app).await.expect("settles");
        let mut conn = self.app.db.conn().await.unwrap();
        let now = self.app.clock.now();
        let counts = ilmspace::platform::jobs::counts(&mut conn, now).await.unwrap();
        assert_eq!(counts.dead, 0, "jobs were given up");
    }

    /// The newest mail to `address`, after everything due has run.
    pub async fn mail_to(&self, address: &str) -> Mail {
        self.settle().await;
        let sent = self.mailer.sent();
        let found = sent.iter().rev().find(|mail| mail.to.eq_ignore_ascii_case(address));
        found.unwrap_or_else(|| panic!("no mail to {address}")).clone()
    }

    fn halt(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.halt();
    }
}
