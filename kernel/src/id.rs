//! Identifiers come from the app, never from the database: UUIDv7, which sort by time of birth.
//! An id is no secret (it tells when it was made); whatever grants something carries randomness of
//! its own.

use std::sync::atomic::{AtomicU64, Ordering};

use uuid::{Builder, Uuid};

use crate::Timestamp;

/// Where new ids come from.
pub trait IdSource: Send + Sync + 'static {
    /// A new UUIDv7 whose time part is `now`.
    fn new_id(&self, now: Timestamp) -> Uuid;
}

/// Ids with 74 random bits from the thread's generator, which the operating system seeds (ChaCha12): an
/// id for each request is no call into the kernel for each.
#[derive(Debug, Default, Clone, Copy)]
pub struct RandomIds;

impl IdSource for RandomIds {
    fn new_id(&self, now: Timestamp) -> Uuid {
        let milliseconds = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        Builder::from_unix_timestamp_millis(milliseconds, &rand::random()).into_uuid()
    }
}

/// Ids that only count up: for unit tests whose expectations name them.
#[derive(Debug, Default)]
pub struct SequentialIds(AtomicU64);

impl IdSource for SequentialIds {
    fn new_id(&self, _now: Timestamp) -> Uuid {
        Uuid::from_u64_pair(0x7000, (1 << 63) | self.0.fetch_add(1, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_their_time_of_birth() {
        let early = "2026-11-20T15:00:00Z".parse::<Timestamp>().unwrap();
        let late = early + chrono::TimeDelta::milliseconds(2);
        assert!(RandomIds.new_id(early) < RandomIds.new_id(late));
    }
}
