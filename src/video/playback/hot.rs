//! Segments in memory that several players ask for at about the same time: a cohort that begins a
//! lesson together, a trailer that is talked about. They are sealed as they lie in the store.
//!
//! A segment is kept from its second request on. What one viewer alone watches is streamed in small
//! pieces: kept whole, it would stand in memory for as long as a slow link takes.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::web::Bytes;
use lru::LruCache;

/// Longer segments are never kept, bytes.
const LARGEST: u64 = 4 * 1024 * 1024;
/// Segments that are remembered as asked for once.
const ONCE: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

/// What there is to do for a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It is here.
    Kept(Bytes),
    /// Others have asked for it lately: read it whole, and [`Hot::keep`] it.
    Wanted,
    /// Stream it.
    Cold,
}

/// The segments that are asked for most.
#[derive(Debug)]
pub(in crate::video) struct Hot {
    state: Mutex<State>,
    /// Bytes kept at most.
    room: u64,
}

#[derive(Debug)]
struct State {
    kept: LruCache<String, Bytes>,
    bytes: u64,
    once: LruCache<String, ()>,
}

impl Hot {
    /// Keeps `room` bytes at most; nothing if it is 0.
    pub fn new(room: u64) -> Self {
        let state = State { kept: LruCache::unbounded(), bytes: 0, once: LruCache::new(ONCE) };
        Self { state: Mutex::new(state), room }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each call leaves the state whole, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks for the segment that lies under `key` in the store and has `size` bytes.
    pub(super) fn look(&self, key: &str, size: u64) -> Found {
        let mut state = self.lock();
        if let Some(bytes) = state.kept.get(key) {
            return Found::Kept(bytes.clone());
        }
        if size > LARGEST.min(self.room) {
            return Found::Cold;
        }
        if state.once.pop(key).is_some() {
            return Found::Wanted;
        }
        state.once.put(key.to_owned(), ());
        Found::Cold
    }

    /// Keeps a segment; those that were not asked for longest go.
    pub(super) fn keep(&self, key: String, bytes: Bytes) {
        let length = |bytes: &Bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let mut state = self.lock();
        state.bytes = state.bytes.saturating_add(length(&bytes));
        if let Some(old) = state.kept.put(key, bytes) {
            state.bytes -= length(&old);
        }
        while state.bytes > self.room {
            let Some((_, gone)) = state.kept.pop_lru() else { break };
            state.bytes -= length(&gone);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(n: usize) -> Bytes {
        Bytes::from(vec![7; n])
    }

    /// MED-09: one viewer costs no memory, a class reads the disk once or twice.
    #[test]
    fn a_segment_is_kept_from_its_second_request_on() {
        let hot = Hot::new(100);
        assert_eq!(hot.look("a", 10), Found::Cold);
        assert_eq!(hot.look("a", 10), Found::Wanted);
        hot.keep("a".into(), bytes(10));
        assert_eq!(hot.look("a", 10), Found::Kept(bytes(10)));
    }

    #[test]
    fn what_was_not_asked_for_longest_goes_when_there_is_no_room() {
        let hot = Hot::new(100);
        for key in ["a", "b", "c"] {
            hot.keep(key.into(), bytes(40));
            hot.look("a", 40);
        }
        assert_eq!(hot.look("b", 40), Found::Cold);
        assert!(matches!(hot.look("a", 40), Found::Kept(_)));
        assert!(matches!(hot.look("c", 40), Found::Kept(_)));
        hot.keep("a".into(), bytes(40));
        assert_eq!(hot.lock().bytes, 80);
    }

    #[test]
    fn what_is_larger_than_the_room_is_never_kept() {
        let hot = Hot::new(100);
        for _ in 0..3 {
            assert_eq!(hot.look("a", 101), Found::Cold);
            assert_eq!(Hot::new(0).look("a", 1), Found::Cold);
        }
    }
}
