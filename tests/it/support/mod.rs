//! What every integration test stands on: a server of its own with a database of its own, a clock
//! that can be moved, a mailbox, and clients that speak HTTP.

mod client;
mod database;
mod people;
mod process;
mod proxy;
mod redis;
mod s3;
mod server;
mod socket;

pub use client::{Answer, Client};
pub use database::TestDatabase;
pub use people::{PASSWORD, Person};
pub use process::Process;
pub use proxy::Proxy;
pub use redis::Redis;
pub use s3::S3Server;
pub use server::{TestServer, TestServerOptions};
pub use socket::{Socket, upgrade};

/// Asks again until there is an answer; for what has no event to wait for (marks are written in turns).
pub async fn eventually<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            match ask().await {
                Some(answer) => return answer,
                None => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            }
        }
    };
    let patience = std::time::Duration::from_secs(20);
    tokio::time::timeout(patience, asking).await.expect("it never came about")
}
