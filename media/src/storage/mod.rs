//! Where media lives: the object store port, its keys and its errors. Three adapters stand behind
//! it (a directory, an S3-compatible service, memory), and one suite of tests runs on all three.

mod disk;
mod memory;
mod s3;
#[cfg(test)]
mod suite;
mod transfer;

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

pub use disk::DiskStore;
pub use memory::MemoryStore;
pub use s3::{S3Config, S3Store};
pub use transfer::{Transfer, TransferFailure, TransferReport};

/// The smallest part of a multipart upload but the last (a limit of S3), in bytes.
pub const MIN_PART_BYTES: usize = 5 * 1024 * 1024;

/// The greatest number of parts in one multipart upload (a limit of S3).
pub const MAX_PARTS: u32 = 10_000;

/// The greatest page that [`ObjectStore::list`] gives.
pub const MAX_LIST: usize = 1_000;

/// The body of an object as it comes in, piece by piece.
pub type ByteStream = BoxStream<'static, Result<Bytes, StorageError>>;

/// The name of an object: `/`-separated elements of letters, digits, `-`, `_` and `.`, none of
/// them empty, `.` or `..`. What a key cannot say, no adapter needs to defend itself against.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// Checks `key` (at most 512 bytes; a trailing `/` is allowed only in a [`Self::prefix`]).
    ///
    /// # Errors
    /// [`StorageError::InvalidKey`] when an element is empty, dotted, or holds another character.
    pub fn new(key: impl Into<String>) -> Result<Self, StorageError> {
        let key = key.into();
        let element_ok = |element: &str| {
            !element.is_empty()
                && !element.starts_with('.')
                && element.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        if key.len() <= 512 && key.split('/').all(element_ok) {
            Ok(Self(key))
        } else {
            Err(StorageError::InvalidKey)
        }
    }

    /// The key as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of `name` under this one.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn join(&self, name: &str) -> Result<Self, StorageError> {
        Self::new(format!("{}/{name}", self.0))
    }

    /// Whether this key is `prefix` itself or lies under it. Whole elements count: `a/b` holds
    /// `a/b/c`, and does not hold `a/bc`.
    pub fn is_under(&self, prefix: &Self) -> bool {
        self.0.strip_prefix(&prefix.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why the object store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// There is no such object, or no such multipart upload.
    #[error("no such object")]
    NotFound,
    /// The store cannot be reached or answers with a fault of its own: try again later (a caller
    /// over HTTP answers 503).
    #[error("the object store is unavailable: {0}")]
    Unavailable(String),
    /// The key breaks the rules of [`ObjectKey`].
    #[error("the object key is not valid")]
    InvalidKey,
    /// The range lies outside of the object.
    #[error("the range lies outside of the object")]
    OutOfRange,
    /// The store refuses: wrong parts, no rights, a broken configuration. Trying again is no help.
    #[error("the object store refused: {0}")]
    Refused(String),
}

impl StorageError {
    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<std::io::Error> for StorageError {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            // A directory is no object, and there is nothing below a file.
            ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory => {
                Self::NotFound
            }
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

/// What a listing says of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectEntry {
    /// Its key.
    pub key: ObjectKey,
    /// Its length in bytes.
    pub len: u64,
}

/// The store's own name of a multipart upload under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultipartId(pub String);

/// The store's receipt for one part, needed to complete the upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartTag(pub String);

/// One part as [`ObjectStore::complete_multipart`] wants it named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletedPart {
    /// Its number, from 1 to [`MAX_PARTS`].
    pub number: u32,
    /// The receipt that [`ObjectStore::put_part`] gave.
    pub tag: PartTag,
}

/// An object as a file on this machine, for a library that reads paths only. A copy is removed
/// when this is dropped; the store's own file is left alone.
#[derive(Debug)]
pub struct LocalCopy {
    path: PathBuf,
    temporary: bool,
}

impl LocalCopy {
    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for LocalCopy {
    fn drop(&mut self) {
        if self.temporary
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!(path = %self.path.display(), %error, "a temporary copy stays behind");
        }
    }
}

/// A store of immutable objects under keys. Every call is bounded in time by the adapter. An
/// object appears whole or not at all; a put over an existing key replaces it.
#[async_trait]
pub trait ObjectStore: Send + Sync + 'static {
    /// Stores `bytes` under `key`; when it returns, they survive a crash.
    async fn put(&self, key: &ObjectKey, bytes: Bytes) -> Result<(), StorageError>;

    /// The whole object: for small ones (segments, posters, covers).
    async fn get(&self, key: &ObjectKey) -> Result<Bytes, StorageError>;

    /// The object, or `range` of it (end exclusive), piece by piece.
    ///
    /// # Errors
    /// [`StorageError::OutOfRange`] when `range` is empty or passes the end of the object.
    async fn stream(
        &self,
        key: &ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<ByteStream, StorageError>;

    /// The length of the object in bytes.
    async fn head(&self, key: &ObjectKey) -> Result<u64, StorageError>;

    /// Removes the object; removing what is not there is no error.
    async fn delete(&self, key: &ObjectKey) -> Result<(), StorageError>;

    /// Removes everything that [lies under](ObjectKey::is_under) `prefix`; gives how many.
    async fn delete_prefix(&self, prefix: &ObjectKey) -> Result<u64, StorageError> {
        let mut deleted = 0;
        loop {
            let page = self.list(prefix, None, MAX_LIST).await?;
            if page.is_empty() {
                return Ok(deleted);
            }
            for entry in page {
                self.delete(&entry.key).await?;
                deleted += 1;
            }
        }
    }

    /// What lies under `prefix`, by key, after `after`, at most `limit` ([`MAX_LIST`]) entries.
    async fn list(
        &self,
        prefix: &ObjectKey,
        after: Option<&ObjectKey>,
        limit: usize,
    ) -> Result<Vec<ObjectEntry>, StorageError>;

    /// Every object of the store, in no particular order, as the listing comes in: there may be
    /// more than fit into memory. Uploads under way are no objects.
    fn every(&self) -> BoxStream<'_, Result<ObjectEntry, StorageError>>;

    /// Begins an upload in parts.
    async fn create_multipart(&self, key: &ObjectKey) -> Result<MultipartId, StorageError>;

    /// Stores part `number` (1 to [`MAX_PARTS`]); a part sent again replaces the first. When it
    /// returns, the part survives a crash. Every part but the last has at least
    /// [`MIN_PART_BYTES`].
    async fn put_part(
        &self,
        key: &ObjectKey,
        upload: &MultipartId,
        number: u32,
        bytes: Bytes,
    ) -> Result<PartTag, StorageError>;

    /// Makes the object of `parts`, in their order; the upload is over.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] (some services: `Refused`) when the upload is unknown; it may
    /// have been completed by an earlier call whose answer was lost: look with [`Self::head`].
    /// [`StorageError::Refused`] when a part is missing or its tag is another one.
    async fn complete_multipart(
        &self,
        key: &ObjectKey,
        upload: &MultipartId,
        parts: &[CompletedPart],
    ) -> Result<(), StorageError>;

    /// Gives the upload up and frees its parts. An unknown upload is no error (some services
    /// refuse it).
    async fn abort_multipart(
        &self,
        key: &ObjectKey,
        upload: &MultipartId,
    ) -> Result<(), StorageError>;

    /// The object as a local file: the store's own file when it has one, else a copy in
    /// `scratch`, fetched piece by piece.
    async fn local_copy(&self, key: &ObjectKey, scratch: &Path) -> Result<LocalCopy, StorageError> {
        use futures::TryStreamExt;
        use tokio::io::AsyncWriteExt;

        let mut body = self.stream(key, None).await?;
        let path = scratch.join(format!("{}.copy", uuid::Uuid::now_v7().simple()));
        // From here on the guard removes the file, whatever happens.
        let mut file = tokio::fs::File::create_new(&path).await?;
        let copy = LocalCopy { path, temporary: true };
        while let Some(piece) = body.try_next().await? {
            file.write_all(&piece).await?;
        }
        file.flush().await?;
        Ok(copy)
    }

    /// Whether the store can be written to right now; cheap enough for a readiness probe.
    async fn health(&self) -> Result<(), StorageError>;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_that_climb_hide_or_quote_are_refused() {
        for bad in
            ["", "/a", "a/", "a//b", "..", "a/../b", "a/./b", ".a", "a b", "a%2e", "a\\b", "é"]
        {
            assert!(ObjectKey::new(bad).is_err(), "{bad:?}");
        }
        for good in ["a", "videos/018f/720p/0.m4s", "A_b-c.d"] {
            assert_eq!(ObjectKey::new(good).unwrap().as_str(), good);
        }
        assert!(ObjectKey::new("a".repeat(513)).is_err());
    }

    #[test]
    fn a_prefix_holds_whole_elements_only() {
        let prefix = ObjectKey::new("a/b").unwrap();
        assert!(ObjectKey::new("a/b/c").unwrap().is_under(&prefix));
        assert!(prefix.is_under(&prefix));
        assert!(!ObjectKey::new("a/bc").unwrap().is_under(&prefix));
    }

    proptest! {
        #[test]
        fn an_accepted_key_joined_to_a_root_stays_below_it(text in "[a-z./\\\\]{0,24}") {
            if let Ok(key) = ObjectKey::new(text) {
                let path = Path::new("/root").join(key.as_str());
                prop_assert!(path.components().all(|c| c != std::path::Component::ParentDir));
                prop_assert!(path.starts_with("/root"));
            }
        }
    }
}
