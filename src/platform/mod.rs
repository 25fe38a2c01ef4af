//! The platform: what every context stands on and none of them owns. Configuration, the database,
//! the outbox and the job queue, HTTP's common manners, secrets, telemetry, health.
//!
//! It knows no context. Tables: `outbox`, `jobs`, `idempotency_keys`, `audit_log`.

pub mod audit;
pub mod config;
pub mod db;
pub mod disk;
pub mod ear;
pub mod events;
pub mod health;
pub mod http;
pub mod jobs;
pub mod live;
pub mod redis;
pub mod redis_bus;
pub mod sandbox;
mod schema;
pub mod secrets;
pub mod site;
pub mod telemetry;
mod text_enum;
pub mod ws;

pub(crate) use text_enum::text_enum;

/// Why the process cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// A secret is missing or malformed.
    #[error(transparent)]
    Secrets(#[from] secrets::SecretsError),
    /// The database's settings do not fit.
    #[error(transparent)]
    Db(#[from] db::DbError),
    /// The object store cannot be opened.
    #[error("the object store cannot be opened: {0}")]
    Storage(String),
    /// The mail settings do not fit.
    #[error("mail cannot be set up: {0}")]
    Mail(String),
    /// Two metrics of one name.
    #[error("metrics cannot be registered: {0}")]
    Metrics(String),
    /// A context's services cannot be made.
    #[error("{0}")]
    Service(String),
}
