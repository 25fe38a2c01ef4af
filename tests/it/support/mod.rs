//! What every integration test stands on: a server of its own with a database of its own, a clock
//! that can be moved, a mailbox, and clients that speak HTTP.

mod client;
mod database;
mod people;
mod process;
mod proxy;
mod s3;
mod server;
mod socket;

pub use client::{Answer, Client};
pub use database::TestDatabase;
pub use people::{PASSWORD, Person};
pub use process::Process;
pub use proxy::Proxy;
pub use s3::S3Server;
pub use server::{TestServer, TestServerOptions};
pub use socket::{Socket, upgrade};
