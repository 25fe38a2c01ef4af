//! The media worker: a child process of the same binary that reads hostile files, so that a crash
//! or a runaway is a failed attempt and never a dead server.

mod lines;

pub use lines::*;
