//! The platform: what every context stands on and none of them owns. Configuration, the database,
//! the outbox and the job queue, HTTP's common manners, secrets, telemetry, health.
//!
//! It knows no context. Tables: `outbox`, `jobs`, `idempotency_keys`.

pub mod config;
pub mod db;
pub mod disk;
pub mod events;
pub mod health;
pub mod http;
pub mod jobs;
pub mod live;
pub mod sandbox;
mod schema;
pub mod secrets;
pub mod site;
pub mod telemetry;
