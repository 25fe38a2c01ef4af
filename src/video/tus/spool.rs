//! The local tail of an upload: bytes that do not fill a part of the object store yet. One file per
//! (upload, offset at which it begins), so that a chunk that turns out wrong can be taken back
//! without touching what was acknowledged before it.

use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tokio::fs::{self, File, OpenOptions};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use uuid::Uuid;

/// Where the tails lie.
#[derive(Debug, Clone)]
pub(super) struct Spool {
    root: PathBuf,
}

/// One open tail. Its length is known without asking the disk.
#[derive(Debug)]
pub(super) struct Tail {
    file: File,
    path: PathBuf,
    len: u64,
}

impl Spool {
    /// The spool under the configured directory.
    pub fn new(directory: &Path) -> Self {
        Self { root: directory.join("uploads") }
    }

    fn directory(&self, upload: Uuid) -> PathBuf {
        self.root.join(upload.simple().to_string())
    }

    fn path(&self, upload: Uuid, base: u64) -> PathBuf {
        self.directory(upload).join(base.to_string())
    }

    /// Bytes that the tail beginning at `base` holds; 0 when there is none.
    pub async fn len(&self, upload: Uuid, base: u64) -> u64 {
        fs::metadata(self.path(upload, base)).await.map_or(0, |meta| meta.len())
    }

    /// Opens the tail beginning at `base` and cuts it to `len` bytes, which must be there: whatever
    /// lies behind them was never acknowledged.
    ///
    /// # Errors
    /// Those of the file system; `UnexpectedEof` when the tail is shorter than `len`.
    pub async fn open(&self, upload: Uuid, base: u64, len: u64) -> io::Result<Tail> {
        let directory = self.directory(upload);
        fs::create_dir_all(&directory).await?;
        let path = self.path(upload, base);
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .await?;
        if file.metadata().await?.len() < len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        file.set_len(len).await?;
        file.seek(io::SeekFrom::Start(len)).await?;
        // The name must survive a crash as well as the bytes.
        File::open(&directory).await?.sync_all().await?;
        Ok(Tail { file, path, len })
    }

    /// The uploads of which there are tails. No directory, no tails.
    pub async fn uploads(&self) -> Vec<Uuid> {
        let mut found = Vec::new();
        let Ok(mut entries) = fs::read_dir(&self.root).await else { return found };
        while let Ok(Some(entry)) = entries.next_entry().await {
            found.extend(entry.file_name().to_str().and_then(|name| Uuid::try_parse(name).ok()));
        }
        found
    }

    /// Removes the tail beginning at `base`, if there is one.
    pub async fn remove(&self, upload: Uuid, base: u64) {
        let path = self.path(upload, base);
        if let Err(error) = fs::remove_file(&path).await
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%upload, %error, "the tail of an upload stays behind");
        }
    }

    /// Removes everything of `upload`.
    ///
    /// # Errors
    /// Those of the file system, except that there is nothing to remove.
    pub async fn clear(&self, upload: Uuid) -> io::Result<()> {
        match fs::remove_dir_all(self.directory(upload)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl Tail {
    /// Bytes in it.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Appends `bytes`; they are not durable before [`Tail::sync`].
    ///
    /// # Errors
    /// Those of the file system (a full disk, for one).
    pub async fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes).await?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Makes what was appended durable.
    ///
    /// # Errors
    /// Those of the file system.
    pub async fn sync(&mut self) -> io::Result<()> {
        self.file.flush().await?;
        self.file.sync_data().await
    }

    /// Everything in it: at most one part.
    ///
    /// # Errors
    /// Those of the file system.
    pub async fn read(&mut self) -> io::Result<Bytes> {
        self.file.flush().await?;
        let mut file = File::open(&self.path).await?;
        let mut bytes = Vec::with_capacity(usize::try_from(self.len).unwrap_or(0));
        file.read_to_end(&mut bytes).await?;
        Ok(bytes.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MED-19
    #[tokio::test]
    async fn a_tail_goes_on_where_it_was_acknowledged() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::new(directory.path());
        let id = Uuid::now_v7();
        let mut tail = spool.open(id, 0, 0).await.unwrap();
        tail.append(b"hello, ").await.unwrap();
        tail.append(b"lost").await.unwrap();
        tail.sync().await.unwrap();
        drop(tail);
        let mut tail = spool.open(id, 0, 7).await.unwrap();
        tail.append(b"world").await.unwrap();
        assert_eq!(tail.read().await.unwrap(), "hello, world");
        assert_eq!((tail.len(), spool.len(id, 0).await), (12, 12));
    }

    #[tokio::test]
    async fn a_tail_that_was_lost_is_said_to_be() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::new(directory.path());
        let id = Uuid::now_v7();
        let lost = spool.open(id, 8, 3).await.unwrap_err();
        assert_eq!(lost.kind(), io::ErrorKind::UnexpectedEof);
        spool.clear(id).await.unwrap();
        spool.clear(id).await.unwrap();
        assert_eq!(spool.len(id, 8).await, 0);
    }
}
