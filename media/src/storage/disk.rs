//! Objects as files under one directory outside of the web root. Layout:
//! `objects/<key>`, `uploads/<id>/<part>` (multipart under way), `tmp/<random>` (half written).
//! A file gets its name only when its bytes are on the disk, so a crash leaves no half object.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use sha2::{Digest, Sha256};
use tokio::fs::{self, File};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio_util::io::ReaderStream;
use uuid::Uuid;

use super::{
    ByteStream, CompletedPart, LocalCopy, MAX_LIST, MultipartId, ObjectEntry, ObjectKey,
    ObjectStore, PartTag, StorageError,
};

/// Bytes read from a file at a time while streaming.
const CHUNK: usize = 64 * 1024;

/// An [`ObjectStore`] in a directory.
#[derive(Debug, Clone)]
pub struct DiskStore {
    root: PathBuf,
}

impl DiskStore {
    /// Opens the store in `root`, which is made if it is missing. What an earlier process left
    /// half written is thrown away.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the directory cannot be made or written.
    pub async fn open(root: impl Into<PathBuf>) -> Result<Self, StorageError> {
        let store = Self { root: root.into() };
        for dir in ["objects", "uploads", "tmp"] {
            fs::create_dir_all(store.root.join(dir)).await?;
        }
        let mut stale = fs::read_dir(store.root.join("tmp")).await?;
        while let Some(entry) = stale.next_entry().await? {
            if is_stale(&entry).await {
                fs::remove_file(entry.path()).await?;
            }
        }
        Ok(store)
    }

    fn path(&self, key: &ObjectKey) -> PathBuf {
        self.root.join("objects").join(key.as_str())
    }

    /// The length of the file `path`. When the whole store is gone (a disk not mounted), that is
    /// said, instead of calling every object missing.
    async fn file_len(&self, path: &Path) -> Result<u64, StorageError> {
        match fs::metadata(path).await {
            Ok(meta) if meta.is_file() => Ok(meta.len()),
            Ok(_) => Err(StorageError::NotFound),
            Err(error) => {
                fs::metadata(self.root.join("objects")).await.map_err(unavailable)?;
                Err(error.into())
            }
        }
    }

    fn upload_dir(&self, upload: &MultipartId) -> Result<PathBuf, StorageError> {
        // The id comes back from outside: only what `create_multipart` can have made is a path.
        let id = Uuid::try_parse(&upload.0).map_err(|_| StorageError::NotFound)?;
        Ok(self.root.join("uploads").join(id.simple().to_string()))
    }

    fn scratch(&self) -> PathBuf {
        self.root.join("tmp").join(Uuid::new_v4().simple().to_string())
    }

    /// Writes `bytes` beside, makes them durable, and only then gives them the name `path`.
    async fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), StorageError> {
        let scratch = self.scratch();
        let written = async {
            let mut file = File::create_new(&scratch).await?;
            file.write_all(bytes).await?;
            file.sync_all().await
        };
        if let Err(error) = written.await {
            let _ = fs::remove_file(&scratch).await;
            return Err(unavailable(error));
        }
        self.publish(&scratch, path).await
    }

    async fn publish(&self, scratch: &Path, path: &Path) -> Result<(), StorageError> {
        let parent = path.parent().ok_or(StorageError::InvalidKey)?;
        let moved = async {
            fs::create_dir_all(parent).await?;
            fs::rename(scratch, path).await?;
            // The name itself is durable once its directory is.
            File::open(parent).await?.sync_all().await
        };
        moved.await.map_err(unavailable)
    }
}

/// A file without a name of its own yet: removed when it is dropped, unless it was published.
struct Half(PathBuf);

impl Drop for Half {
    fn drop(&mut self) {
        // Published (there is nothing under this name), or nobody can do more than leave it to the
        // next start.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Makes one file `target` of `parts`, as long as somebody waits for it.
fn join(parts: Vec<PathBuf>, target: PathBuf, waiting: &Weak<()>) -> std::io::Result<Half> {
    let made = Half(target);
    let mut whole = std::fs::File::create_new(&made.0)?;
    for part in parts {
        if waiting.strong_count() == 0 {
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        std::io::copy(&mut std::fs::File::open(part)?, &mut whole)?;
    }
    whole.sync_all()?;
    Ok(made)
}

/// A missing directory of our own is a fault of the store, not an object that is not there.
fn unavailable(error: std::io::Error) -> StorageError {
    StorageError::Unavailable(error.to_string())
}

/// Old enough that no living process can still be writing it (another node may share the disk).
async fn is_stale(entry: &fs::DirEntry) -> bool {
    let Ok(meta) = entry.metadata().await else { return false };
    meta.modified().ok().and_then(|at| at.elapsed().ok()).is_some_and(|age| age.as_secs() > 3_600)
}

fn tag_of(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Every file below `dir`, as keys, in no order. Directories that vanish meanwhile are skipped.
async fn walk(root: &Path, start: &Path) -> Result<Vec<ObjectEntry>, StorageError> {
    let mut found = Vec::new();
    let mut todo = vec![start.to_path_buf()];
    while let Some(dir) = todo.pop() {
        let mut entries = match fs::read_dir(&dir).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
                found.extend(entry_of(root, &dir).await);
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        while let Some(entry) = entries.next_entry().await? {
            if entry.file_type().await?.is_dir() {
                todo.push(entry.path());
            } else {
                found.extend(entry_of(root, &entry.path()).await);
            }
        }
    }
    Ok(found)
}

/// A walk through all directories, one file at a time.
struct Walk {
    todo: Vec<PathBuf>,
    open: Option<fs::ReadDir>,
}

impl Walk {
    async fn next(&mut self, root: &Path) -> Result<Option<ObjectEntry>, StorageError> {
        loop {
            let Some(open) = &mut self.open else {
                let Some(dir) = self.todo.pop() else { return Ok(None) };
                match fs::read_dir(&dir).await {
                    Ok(entries) => self.open = Some(entries),
                    // It may vanish meanwhile; the root of it all may not.
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound && dir != *root => {}
                    Err(error) => return Err(unavailable(error)),
                }
                continue;
            };
            match open.next_entry().await? {
                None => self.open = None,
                Some(entry) if entry.file_type().await?.is_dir() => self.todo.push(entry.path()),
                Some(entry) => {
                    if let Some(found) = entry_of(root, &entry.path()).await {
                        return Ok(Some(found));
                    }
                }
            }
        }
    }
}

async fn entry_of(root: &Path, path: &Path) -> Option<ObjectEntry> {
    let len = fs::metadata(path).await.ok()?.len();
    let key = ObjectKey::new(path.strip_prefix(root).ok()?.to_str()?).ok()?;
    Some(ObjectEntry { key, len })
}

#[async_trait]
impl ObjectStore for DiskStore {
    async fn put(&self, key: &ObjectKey, bytes: Bytes) -> Result<(), StorageError> {
        self.write(&self.path(key), &bytes).await
    }

    async fn get(&self, key: &ObjectKey) -> Result<Bytes, StorageError> {
        let path = self.path(key);
        self.file_len(&path).await?;
        Ok(fs::read(path).await?.into())
    }

    async fn stream(
        &self,
        key: &ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<ByteStream, StorageError> {
        let path = self.path(key);
        let len = self.file_len(&path).await?;
        let mut file = File::open(path).await?;
        let range = range.unwrap_or(0..len);
        if range.end > len || (range.is_empty() && len > 0) {
            return Err(StorageError::OutOfRange);
        }
        file.seek(std::io::SeekFrom::Start(range.start)).await?;
        let body = ReaderStream::with_capacity(file.take(range.end - range.start), CHUNK);
        Ok(body.map(|piece| piece.map_err(StorageError::from)).boxed())
    }

    async fn head(&self, key: &ObjectKey) -> Result<u64, StorageError> {
        self.file_len(&self.path(key)).await
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), StorageError> {
        match fs::remove_file(self.path(key)).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    async fn delete_prefix(&self, prefix: &ObjectKey) -> Result<u64, StorageError> {
        let path = self.path(prefix);
        let count = walk(&self.root.join("objects"), &path).await?.len() as u64;
        match fs::remove_dir_all(&path).await {
            Ok(()) => Ok(count),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
            Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
                self.delete(prefix).await.map(|()| count)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn list(
        &self,
        prefix: &ObjectKey,
        after: Option<&ObjectKey>,
        limit: usize,
    ) -> Result<Vec<ObjectEntry>, StorageError> {
        let mut found = walk(&self.root.join("objects"), &self.path(prefix)).await?;
        found.retain(|entry| after.is_none_or(|after| entry.key > *after));
        found.sort_by(|a, b| a.key.cmp(&b.key));
        found.truncate(limit.min(MAX_LIST));
        Ok(found)
    }

    fn every(&self) -> BoxStream<'_, Result<ObjectEntry, StorageError>> {
        let root = self.root.join("objects");
        let start = Walk { todo: vec![root.clone()], open: None };
        let entries = futures::stream::try_unfold((root, start), |(root, mut walk)| async move {
            let entry = walk.next(&root).await?;
            Ok(entry.map(|entry| (entry, (root, walk))))
        });
        entries.boxed()
    }

    async fn create_multipart(&self, _key: &ObjectKey) -> Result<MultipartId, StorageError> {
        let id = MultipartId(Uuid::new_v4().simple().to_string());
        fs::create_dir_all(self.upload_dir(&id)?).await.map_err(unavailable)?;
        Ok(id)
    }

    async fn put_part(
        &self,
        _key: &ObjectKey,
        upload: &MultipartId,
        number: u32,
        bytes: Bytes,
    ) -> Result<PartTag, StorageError> {
        let dir = self.upload_dir(upload)?;
        fs::metadata(&dir).await?;
        // The tag is in the name, so that completing can tell which bytes were meant.
        let tag = tag_of(&bytes);
        self.write(&dir.join(format!("{number}-{tag}")), &bytes).await?;
        Ok(PartTag(tag))
    }

    async fn complete_multipart(
        &self,
        key: &ObjectKey,
        upload: &MultipartId,
        parts: &[CompletedPart],
    ) -> Result<(), StorageError> {
        let dir = self.upload_dir(upload)?;
        fs::metadata(&dir).await?;
        let mut paths = Vec::with_capacity(parts.len());
        for part in parts {
            let tag_ok =
                part.tag.0.len() == 64 && part.tag.0.bytes().all(|b| b.is_ascii_hexdigit());
            let path = dir.join(format!("{}-{}", part.number, part.tag.0));
            if !tag_ok || fs::metadata(&path).await.is_err() {
                return Err(StorageError::Refused(format!("part {} is wrong", part.number)));
            }
            paths.push(path);
        }
        let scratch = self.scratch();
        let target = scratch.clone();
        // `std::io::copy` between files stays inside of the kernel (copy_file_range), and the
        // parts live on until the object has its name: a crash here loses nothing.
        // The caller may give up at any time, the thread does not hear of it: between two parts it
        // looks whether anybody still waits, and what it made goes when nobody takes it.
        let waiting = Arc::new(());
        let still = Arc::downgrade(&waiting);
        let joined = tokio::task::spawn_blocking(move || join(paths, target, &still));
        let joined = joined.await.map_err(|error| StorageError::Unavailable(error.to_string()))?;
        let _made = joined.map_err(unavailable)?;
        drop(waiting);
        self.publish(&scratch, &self.path(key)).await?;
        self.abort_multipart(key, upload).await
    }

    async fn abort_multipart(
        &self,
        _key: &ObjectKey,
        upload: &MultipartId,
    ) -> Result<(), StorageError> {
        let Ok(dir) = self.upload_dir(upload) else { return Ok(()) };
        match fs::remove_dir_all(dir).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    async fn local_copy(
        &self,
        key: &ObjectKey,
        _scratch: &Path,
    ) -> Result<LocalCopy, StorageError> {
        let path = self.path(key);
        self.file_len(&path).await?;
        Ok(LocalCopy { path, temporary: false })
    }

    async fn health(&self) -> Result<(), StorageError> {
        let scratch = self.scratch();
        let probe = async {
            fs::write(&scratch, b"ok").await?;
            fs::remove_file(&scratch).await
        };
        probe.await.map_err(unavailable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MED-05: a large object that is given up, or whose disk fails, leaves nothing behind.
    #[test]
    fn a_file_that_nobody_takes_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let (part, target) = (directory.path().join("1"), directory.path().join("whole"));
        std::fs::write(&part, b"part").unwrap();
        let waiting = Arc::new(());
        let still = Arc::downgrade(&waiting);
        let made = join(vec![part.clone(), part.clone()], target.clone(), &still).unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"partpart");
        drop(made);
        assert!(!target.exists());
        let missing = vec![part.clone(), directory.path().join("2")];
        assert!(join(missing, target.clone(), &still).is_err());
        assert!(!target.exists());
        drop(waiting);
        assert!(join(vec![part], target.clone(), &still).is_err());
        assert!(!target.exists());
    }
}
