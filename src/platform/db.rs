//! PostgreSQL: the pool, transactions, migrations.
//!
//! Store functions take `&mut AsyncPgConnection`; whoever needs several of them in one piece opens
//! the transaction here.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use diesel::sql_types::Timestamptz;
use diesel::{ConnectionError, ConnectionResult, QueryResult};
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig};
use diesel_async::{
    AnsiTransactionManager, AsyncConnection as _, AsyncMigrationHarness, AsyncPgConnection,
    RunQueryDsl as _, SimpleAsyncConnection as _, TransactionManager as _,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};
use futures::FutureExt as _;
use kernel::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Notify;

use super::config;
use super::http::{Code, Problem};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Rows that one DELETE of a purge takes at most: a statement has seconds only, and a backlog of a
/// month must not be what it can never get through.
const PURGE_ROWS: usize = 5000;

/// Deletes the rows of `table` that meet `condition` (in SQL, `$1` is `before`), in several statements
/// if there are many. Says how many there were. Must not run in a transaction.
///
/// # Errors
/// The database's own; what is left goes next time.
pub async fn purge(
    conn: &mut AsyncPgConnection,
    table: &'static str,
    condition: &'static str,
    before: Timestamp,
) -> QueryResult<usize> {
    // Typed queries cannot limit a DELETE.
    let sql = format!(
        "delete from {table} where ctid = any(array(\
         select ctid from {table} where {condition} limit {PURGE_ROWS}))"
    );
    let mut gone = 0;
    loop {
        let rows = diesel::sql_query(&sql).bind::<Timestamptz, _>(before).execute(conn).await?;
        gone += rows;
        if rows < PURGE_ROWS {
            return Ok(gone);
        }
    }
}

/// The pool of connections, and the bell that wakes the outbox relay and the job workers.
#[derive(Clone)]
pub struct Db {
    pool: Pool<AsyncPgConnection>,
    committed: Arc<Notify>,
    access: Arc<Access>,
}

/// How a connection is made.
struct Access {
    url: SecretString,
    statement_timeout_ms: u64,
    /// A connection that is not there after this time is not waited for.
    within: Duration,
}

/// What may run in a transaction: an async closure whose future can move between threads. The trait
/// only names the closure's future, which the language cannot do yet (diesel-async has the same one,
/// privately).
pub trait Work<T, R>: AsyncFnOnce(T) -> R + FnOnce(T) -> <Self as Work<T, R>>::Fut {
    /// The future that the closure returns.
    type Fut: Future<Output = R>;
}

impl<F, T, Fut, R> Work<T, R> for F
where
    F: AsyncFnOnce(T) -> R + FnOnce(T) -> Fut,
    Fut: Future<Output = R>,
{
    type Fut = Fut;
}

/// A connection out of the pool; goes back when dropped.
pub struct Conn(Object<AsyncPgConnection>);

impl Deref for Conn {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        &self.0
    }
}

impl DerefMut for Conn {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        &mut self.0
    }
}

/// Why the database could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The pool's settings do not fit.
    #[error("the connection pool cannot be built: {0}")]
    Pool(String),
    /// No connection to be had.
    #[error("the database does not answer: {0}")]
    Unreachable(String),
    /// A migration failed; the database stands where it stood before it.
    #[error("a migration failed: {0}")]
    Migration(String),
}

impl Db {
    /// Builds the pool; connects only when a connection is asked for.
    pub fn new(config: &config::Database) -> Result<Self, DbError> {
        let timeout = config.statement_timeout_ms;
        let mut manager = ManagerConfig::default();
        manager.custom_setup = Box::new(move |url| {
            let url = url.to_owned();
            async move { connect(&url, timeout).await }.boxed()
        });
        let manager =
            AsyncDieselConnectionManager::new_with_config(config.url.expose_secret(), manager);
        let wait = Some(Duration::from_secs(config.pool_wait_seconds));
        let pool = Pool::builder(manager)
            .max_size(config.pool_size)
            .wait_timeout(wait)
            .create_timeout(wait)
            .recycle_timeout(wait)
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(|error| DbError::Pool(error.to_string()))?;
        let access = Access {
            url: config.url.clone(),
            statement_timeout_ms: timeout,
            within: Duration::from_secs(config.pool_wait_seconds),
        };
        Ok(Self { pool, committed: Arc::new(Notify::new()), access: Arc::new(access) })
    }

    /// A connection outside the pool, for who writes all the time: it waits for nobody and is not tried out
    /// before each use. The calling runtime drives it. 503 `unavailable` when the database is away.
    pub async fn own_conn(&self) -> Result<AsyncPgConnection, Problem> {
        let Access { url, statement_timeout_ms, within } = &*self.access;
        let connecting = connect(url.expose_secret(), *statement_timeout_ms);
        let error = match tokio::time::timeout(*within, connecting).await {
            Ok(Ok(conn)) => return Ok(conn),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it takes too long".to_owned(),
        };
        tracing::warn!(%error, "no database connection");
        Err(Problem::new(Code::Unavailable).retry_after(2))
    }

    /// A connection, or 503 `unavailable` when none is free in time or the database is away.
    pub async fn conn(&self) -> Result<Conn, Problem> {
        self.pool.get().await.map(Conn).map_err(|error| {
            tracing::warn!(%error, "no database connection");
            Problem::new(Code::Unavailable).retry_after(2)
        })
    }

    /// Runs `work` in one transaction: all of it is committed, or nothing. Wakes the outbox relay
    /// and the workers afterwards, so facts published and jobs queued in it are taken up at once.
    pub async fn transaction<R, E, F>(&self, work: F) -> Result<R, E>
    where
        for<'r> F: AsyncFnOnce(&'r mut AsyncPgConnection) -> Result<R, E>
            + Work<&'r mut AsyncPgConnection, Result<R, E>, Fut: Send>
            + Send,
        E: From<diesel::result::Error> + From<Problem> + Send,
        R: Send,
    {
        let mut conn = self.conn().await?;
        let conn: &mut AsyncPgConnection = &mut conn;
        AnsiTransactionManager::begin_transaction(conn).await?;
        match work(&mut *conn).await {
            Ok(value) => {
                AnsiTransactionManager::commit_transaction(conn).await?;
                self.committed.notify_one();
                Ok(value)
            }
            Err(error) => {
                // The connection is dropped from the pool when the rollback fails; what the caller
                // needs to hear of is the first error.
                if let Err(rollback) = AnsiTransactionManager::rollback_transaction(conn).await {
                    tracing::warn!(%rollback, "a transaction could not be rolled back");
                }
                Err(error)
            }
        }
    }

    /// Completes after the next commit made through [`Db::transaction`] in this process.
    pub async fn committed(&self) {
        self.committed.notified().await;
    }

    /// Wakes whoever waits for work.
    pub fn wake(&self) {
        self.committed.notify_one();
    }

    /// Brings the schema up to date and says which migrations ran. Needs a multi-threaded runtime.
    pub async fn migrate(url: &str) -> Result<Vec<String>, DbError> {
        with_harness(url, |mut harness| {
            let ran = harness.run_pending_migrations(MIGRATIONS)?;
            Ok(ran.iter().map(ToString::to_string).collect())
        })
        .await
    }

    /// Takes every migration back, newest first (for the test that `down` undoes `up`).
    pub async fn revert_all(url: &str) -> Result<(), DbError> {
        with_harness(url, |mut harness| harness.revert_all_migrations(MIGRATIONS).map(|_| ())).await
    }

    /// Names of migrations that the database still lacks.
    pub async fn pending_migrations(url: &str) -> Result<Vec<String>, DbError> {
        with_harness(url, |mut harness| {
            let pending = harness.pending_migrations(MIGRATIONS)?;
            Ok(pending.iter().map(|m| m.name().to_string()).collect())
        })
        .await
    }
}

/// Connects, and sets what every connection of the house has.
async fn connect(url: &str, statement_timeout_ms: u64) -> ConnectionResult<AsyncPgConnection> {
    let mut conn = AsyncPgConnection::establish(url).await?;
    conn.batch_execute(&format!(
        "set statement_timeout = {statement_timeout_ms}; set lock_timeout = '2s'; \
         set idle_in_transaction_session_timeout = '15s'; \
         set application_name = 'ilmspace'; set timezone = 'UTC'"
    ))
    .await
    .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// Works with migrations. The harness blocks its thread, which tokio allows to a spawned task of a
/// multi-threaded runtime, but not on actix's main thread: its `LocalSet` forbids it.
async fn with_harness<T: Send + 'static>(
    url: &str,
    work: impl FnOnce(AsyncMigrationHarness<AsyncPgConnection>) -> diesel::migration::Result<T>
    + Send
    + 'static,
) -> Result<T, DbError> {
    let url = url.to_owned();
    tokio::spawn(async move {
        let conn = AsyncPgConnection::establish(&url)
            .await
            .map_err(|error| DbError::Unreachable(error.to_string()))?;
        work(AsyncMigrationHarness::new(conn))
            .map_err(|error| DbError::Migration(error.to_string()))
    })
    .await
    .map_err(|error| DbError::Migration(error.to_string()))?
}
