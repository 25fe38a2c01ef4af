//! Queries of moderation. Functions take a connection; the caller owns the transaction.

pub mod bans;
pub mod blocks;
pub mod cases;
pub mod mutes;
pub mod words;
