//! Objects in memory: for tests, and for nothing else.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use sha2::{Digest, Sha256};

use super::{
    ByteStream, CompletedPart, MAX_LIST, MultipartId, ObjectEntry, ObjectKey, ObjectStore, PartTag,
    StorageError,
};

/// An [`ObjectStore`] that forgets everything when it is dropped, and that can be told to fail.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<ObjectKey, Bytes>,
    uploads: BTreeMap<String, BTreeMap<u32, Bytes>>,
    born: u64,
    down: bool,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on every call fails with [`StorageError::Unavailable`], or no longer does.
    pub fn set_down(&self, down: bool) {
        self.lock().down = down;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No call leaves the state half changed, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> Result<MutexGuard<'_, State>, StorageError> {
        let state = self.lock();
        if state.down {
            return Err(StorageError::Unavailable("switched off by the test".into()));
        }
        Ok(state)
    }
}

fn tag_of(bytes: &[u8]) -> PartTag {
    PartTag(hex::encode(Sha256::digest(bytes)))
}

#[async_trait]
impl ObjectStore for MemoryStore {
    async fn put(&self, key: &ObjectKey, bytes: Bytes) -> Result<(), StorageError> {
        self.state()?.objects.insert(key.clone(), bytes);
        Ok(())
    }

    async fn get(&self, key: &ObjectKey) -> Result<Bytes, StorageError> {
        self.state()?.objects.get(key).cloned().ok_or(StorageError::NotFound)
    }

    async fn stream(
        &self,
        key: &ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<ByteStream, StorageError> {
        let bytes = self.get(key).await?;
        let piece = match range {
            None => bytes,
            Some(range) => {
                let inside = usize::try_from(range.start)
                    .ok()
                    .zip(usize::try_from(range.end).ok())
                    .filter(|(start, end)| start < end && *end <= bytes.len());
                let (start, end) = inside.ok_or(StorageError::OutOfRange)?;
                bytes.slice(start..end)
            }
        };
        Ok(futures::stream::once(async move { Ok(piece) }).boxed())
    }

    async fn head(&self, key: &ObjectKey) -> Result<u64, StorageError> {
        self.get(key).await.map(|bytes| bytes.len() as u64)
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), StorageError> {
        self.state()?.objects.remove(key);
        Ok(())
    }

    async fn list(
        &self,
        prefix: &ObjectKey,
        after: Option<&ObjectKey>,
        limit: usize,
    ) -> Result<Vec<ObjectEntry>, StorageError> {
        let state = self.state()?;
        let page = state
            .objects
            .iter()
            .filter(|(key, _)| key.is_under(prefix) && after.is_none_or(|after| *key > after))
            .take(limit.min(MAX_LIST))
            .map(|(key, bytes)| ObjectEntry { key: key.clone(), len: bytes.len() as u64 });
        Ok(page.collect())
    }

    fn every(&self) -> BoxStream<'_, Result<ObjectEntry, StorageError>> {
        let entries: Vec<_> = match self.state() {
            Ok(state) => {
                let entry = |(key, bytes): (&ObjectKey, &Bytes)| {
                    Ok(ObjectEntry { key: key.clone(), len: bytes.len() as u64 })
                };
                state.objects.iter().map(entry).collect()
            }
            Err(error) => vec![Err(error)],
        };
        futures::stream::iter(entries).boxed()
    }

    async fn create_multipart(&self, _key: &ObjectKey) -> Result<MultipartId, StorageError> {
        let mut state = self.state()?;
        state.born += 1;
        let id = format!("upload-{}", state.born);
        state.uploads.insert(id.clone(), BTreeMap::new());
        Ok(MultipartId(id))
    }

    async fn put_part(
        &self,
        _key: &ObjectKey,
        upload: &MultipartId,
        number: u32,
        bytes: Bytes,
    ) -> Result<PartTag, StorageError> {
        let mut state = self.state()?;
        let parts = state.uploads.get_mut(&upload.0).ok_or(StorageError::NotFound)?;
        let tag = tag_of(&bytes);
        parts.insert(number, bytes);
        Ok(tag)
    }

    async fn complete_multipart(
        &self,
        key: &ObjectKey,
        upload: &MultipartId,
        parts: &[CompletedPart],
    ) -> Result<(), StorageError> {
        let mut state = self.state()?;
        let stored = state.uploads.get(&upload.0).ok_or(StorageError::NotFound)?;
        let mut whole = Vec::new();
        for part in parts {
            match stored.get(&part.number) {
                Some(bytes) if tag_of(bytes) == part.tag => whole.extend_from_slice(bytes),
                _ => return Err(StorageError::Refused(format!("part {} is wrong", part.number))),
            }
        }
        state.uploads.remove(&upload.0);
        state.objects.insert(key.clone(), whole.into());
        Ok(())
    }

    async fn abort_multipart(
        &self,
        _key: &ObjectKey,
        upload: &MultipartId,
    ) -> Result<(), StorageError> {
        self.state()?.uploads.remove(&upload.0);
        Ok(())
    }

    async fn health(&self) -> Result<(), StorageError> {
        self.state().map(|_| ())
    }
}
