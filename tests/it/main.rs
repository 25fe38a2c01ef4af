//! The integration tests: one binary, real HTTP, a real PostgreSQL database a test.
//!
//! They need TEST_DATABASE_URL (a superuser of a private cluster; `script/test-servers start`
//! prints it).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod courses;
mod faults;
mod identity;
mod learning;
mod messaging;
mod platform;
mod support;
mod video;
