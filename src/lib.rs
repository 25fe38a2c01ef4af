//! IlmSpace: a learning marketplace and online school.
//!
//! # Layout
//! - `app`, `boot`, `wiring`: what a request can reach, how it is put together, what there is.
//! - `platform`: what every context stands on.
//! - `identity`, `video`, `courses`, `learning`, `messaging`: the bounded contexts, lower first. A
//!   context calls only those before it; the others hear of it by facts in the outbox.
//! - `cli`: the commands of the one binary. `server`: the web server and the worker as one process.

pub mod app;
pub mod boot;
pub mod cli;
pub mod courses;
pub mod identity;
pub mod learning;
pub mod messaging;
pub mod platform;
pub mod server;
pub mod video;
pub mod wiring;
