//! The context's queries. Functions take the connection; the caller owns the transaction.

pub(super) mod details;
pub(super) mod files;
pub(super) mod queue;
pub(super) mod reports;
pub(super) mod runs;
pub(super) mod sealed_keys;
pub(super) mod segments;
pub(super) mod sessions;
pub(super) mod traffic;
pub(super) mod uploads;
pub(super) mod videos;
