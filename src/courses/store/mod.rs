//! Queries of the context. Functions take a connection; the caller owns the transaction. Whoever
//! changes a course locks its row first (`course::lock_own`), then its lessons: one order, no
//! deadlocks.

pub mod catalogue;
pub mod course;
pub mod outline;
pub mod places;
pub mod reference;
pub mod tasks;
