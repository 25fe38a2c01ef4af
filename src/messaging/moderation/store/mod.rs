//! Queries of moderation. Functions take a connection; the caller owns the transaction.

pub mod words;
