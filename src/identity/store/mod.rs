//! Identity's queries. They take a connection; the caller owns the transaction.

pub(super) mod challenges;
pub(super) mod failures;
pub(super) mod sessions;
pub(super) mod users;
