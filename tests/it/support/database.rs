//! One database a test, cloned from a template that is migrated once for each state of the
//! migrations; dropped with the test, and swept later if a test was killed.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use ilmspace::platform::db::Db;

/// A database that disappears with this value.
pub struct TestDatabase {
    admin_url: String,
    name: String,
}

/// Serializes the making of templates and clones over all test processes.
const LOCK: i64 = 0x0011_3579;

impl TestDatabase {
    pub async fn create() -> Self {
        let admin_url = std::env::var("TEST_DATABASE_URL")
            .expect("TEST_DATABASE_URL is not set: export $(script/test-servers start)");
        let template = format!("ilm_template_{:016x}", migrations_hash());
        let name = format!("ilm_test_{}", uuid::Uuid::new_v4().simple());
        let mut admin = AsyncPgConnection::establish(&admin_url).await.expect("test PostgreSQL");
        admin.batch_execute(&format!("select pg_advisory_lock({LOCK})")).await.unwrap();
        let known = format!("select 1/count(*) from pg_database where datname = '{template}'");
        if admin.batch_execute(&known).await.is_err() {
            make_template(&mut admin, &admin_url, &template).await;
        }
        admin
            .batch_execute(&format!(
                "create database {name} template {template} strategy file_copy"
            ))
            .await
            .unwrap();
        admin.batch_execute(&format!("select pg_advisory_unlock({LOCK})")).await.unwrap();
        Self { admin_url, name }
    }

    /// An empty database, without the schema.
    pub async fn create_empty() -> Self {
        let admin_url = std::env::var("TEST_DATABASE_URL").expect("TEST_DATABASE_URL");
        let name = format!("ilm_test_{}", uuid::Uuid::new_v4().simple());
        let mut admin = AsyncPgConnection::establish(&admin_url).await.expect("test PostgreSQL");
        admin.batch_execute(&format!("create database {name} template template0")).await.unwrap();
        Self { admin_url, name }
    }

    pub fn url(&self) -> String {
        with_database(&self.admin_url, &self.name)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (url, name) = (self.admin_url.clone(), self.name.clone());
        // Dropping is blocking work on a thread of its own: we may be inside any runtime.
        let dropped = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                if let Ok(mut admin) = AsyncPgConnection::establish(&url).await {
                    let _ = admin
                        .batch_execute(&format!("drop database if exists {name} with (force)"))
                        .await;
                }
            });
        });
        let _ = dropped.join();
    }
}

/// Migrates under another name first: a template that bears its name is whole.
async fn make_template(admin: &mut AsyncPgConnection, admin_url: &str, template: &str) {
    let unfinished = format!("{template}_new");
    admin.batch_execute(&format!("drop database if exists {unfinished}")).await.unwrap();
    admin.batch_execute(&format!("create database {unfinished}")).await.unwrap();
    let url = with_database(admin_url, &unfinished);
    // Migrating blocks, and the test's own runtime may have but one thread.
    let migrated = std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(Db::migrate(&url)).expect("migrations");
    });
    tokio::task::spawn_blocking(move || migrated.join()).await.unwrap().unwrap();
    let rename = format!("alter database {unfinished} rename to {template}");
    admin.batch_execute(&rename).await.unwrap();
}

fn with_database(url: &str, name: &str) -> String {
    let (front, _) = url.rsplit_once('/').unwrap();
    format!("{front}/{name}")
}

fn migrations_hash() -> u64 {
    let mut files: Vec<_> = walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations"));
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().hash(&mut hasher);
        std::fs::read(&file).unwrap().hash(&mut hasher);
    }
    hasher.finish()
}

fn walk(directory: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
