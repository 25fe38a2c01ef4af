//! The media worker: a child process of the same binary that reads hostile files, so that a crash
//! or a runaway is a failed attempt and never a dead server. [`run_worker`] is the child,
//! [`Worker`] the parent's end of it, and the lines between them are in `lines.rs`.

mod account;
mod child;
mod lines;
mod outside;
mod products;
mod sandbox;
mod self_test;
mod supervise;
mod watch;

pub use child::{WorkerArgs, run_worker};
pub use lines::*;
pub use outside::{Usage, read_product};
pub use products::*;
pub use self_test::SelfTest;
pub use supervise::{Cancel, STALL_AFTER, Worker, WorkerError};
pub use watch::WorkLimits;
