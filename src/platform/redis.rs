//! Redis for what may be lost: kept pages, shared limits, who is there. No call waits long, a Redis that does
//! not answer is left alone for a moment, and whoever asks goes on without it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError};

/// An answer that takes longer is none: the request that asks is to be quick.
const ANSWER: Duration = Duration::from_millis(250);
/// After a failure Redis is left alone for this time.
const REST_MS: u64 = 1000;

/// A connection that is made at its first use and again after each loss.
pub struct Redis {
    connection: ConnectionManager,
    started: Instant,
    /// Milliseconds since `started` until which Redis is left alone.
    rests_until: AtomicU64,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis").finish_non_exhaustive()
    }
}

impl Redis {
    /// The Redis at `url`; nothing is connected yet.
    ///
    /// # Errors
    /// When `url` is none of Redis.
    pub fn new(url: &str) -> Result<Self, RedisError> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(ANSWER))
            .set_response_timeout(Some(ANSWER))
            .set_number_of_retries(1);
        Ok(Self {
            connection: ConnectionManager::new_lazy_with_config(Client::open(url)?, config)?,
            started: Instant::now(),
            rests_until: AtomicU64::new(0),
        })
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether it did not answer a moment ago.
    pub fn rests(&self) -> bool {
        self.elapsed_ms() < self.rests_until.load(Ordering::Relaxed)
    }

    /// What `work` gets from it; nothing while it is away or slow.
    pub async fn ask<T, F>(&self, work: impl FnOnce(ConnectionManager) -> F) -> Option<T>
    where
        F: Future<Output = Result<T, RedisError>>,
    {
        if self.rests() {
            return None;
        }
        match tokio::time::timeout(ANSWER, work(self.connection.clone())).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => {
                tracing::debug!(%error, "redis does not help");
                // It answers, if only with a no: the next question may be another.
                if error.code().is_some() {
                    return None;
                }
            }
            Err(_) => tracing::debug!("redis is slow"),
        }
        self.rests_until.store(self.elapsed_ms() + REST_MS, Ordering::Relaxed);
        None
    }
}
