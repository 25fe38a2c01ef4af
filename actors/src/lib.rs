//! The `actors` crate: what lives over time. An actor owns time and order (mailbox, timers, who is
//! connected); the contexts own truth. So each actor declares the small port that it needs, knows
//! no database and no HTTP, may die at any instant, and rebuilds itself from its port.
//!
//! # Layout
//! - [`registry`]: key -> address, at most one live actor per key on a node.
//! - [`chat_room`]: one room's order, batches, presence; `room.rs` is the pure state machine.
//! - [`relay`]: one per web worker thread: room -> relay -> sessions; outbox bounds and liveness.
//! - [`bus`]: the port for frames between nodes.
//! - [`transcode`]: one transcoding job: lease, heartbeat, child process, cancel.
//! - [`wire`]: codes and texts that the socket speaks; [`limits`]: token buckets.
//! - [`shutdown`]: the drain.

pub mod bus;
pub mod chat_room;
pub mod limits;
pub mod registry;
pub mod relay;
pub mod shutdown;
pub mod transcode;
pub mod wire;

#[cfg(test)]
mod test_support;
