//! What the parent sees of a child from outside: what it costs, what lies in its directory, and the
//! products there, none of which is taken for what it is called.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncReadExt;

/// The biggest product that is read, in bytes.
const MAX_PRODUCT: u64 = 256 * 1024 * 1024;

/// What may lie in the child's directory at once, in bytes: some hundred segments wait there when the
/// store is slow …
pub(super) const MAX_OUTPUT: u64 = 2 * 1024 * 1024 * 1024;
/// … and so many files.
const MAX_OUTPUT_FILES: usize = 10_000;

/// What a child has cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// CPU time, in user and kernel together; known when the child has ended.
    pub cpu: Option<Duration>,
    /// The most memory that it held, in KiB: as it was seen at its lines.
    pub peak_kib: Option<u64>,
}

/// Whether more lies in the directory of a child than an honest one ever leaves there.
pub(super) fn holds_too_much(out: &Path, most: u64) -> bool {
    // One that cannot be read will show when a product is.
    let Ok(entries) = std::fs::read_dir(out) else { return false };
    let (mut files, mut bytes) = (0, 0);
    for entry in entries.filter_map(Result::ok) {
        files += 1;
        // What is on the disk: a file may have holes.
        bytes += entry.metadata().map_or(0, |meta| meta.blocks().saturating_mul(512));
        if files > MAX_OUTPUT_FILES || bytes > most {
            return true;
        }
    }
    false
}

/// The greatest memory that a running process has held, in KiB.
pub(super) fn peak_kib(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Waits until our child `pid` has ended, leaves it to be waited for, and gives its CPU time and its
/// greatest memory in KiB.
#[expect(
    unsafe_code,
    reason = "the kernel's waitid gives the resource usage that the C library's leaves out; it writes \
              to one struct of ours and keeps no address"
)]
pub(super) fn ended(pid: u32) -> Option<(Duration, u64)> {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    let flags = libc::WEXITED | libc::WNOWAIT;
    let nothing = std::ptr::null_mut::<libc::siginfo_t>();
    let usage = unsafe {
        let told =
            libc::syscall(libc::SYS_waitid, libc::P_PID, pid, nothing, flags, usage.as_mut_ptr());
        (told == 0).then(|| usage.assume_init())?
    };
    let time = |time: libc::timeval| {
        let micros = u64::try_from(time.tv_usec).unwrap_or(0);
        Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or(0)) + Duration::from_micros(micros)
    };
    Some((time(usage.ru_utime) + time(usage.ru_stime), u64::try_from(usage.ru_maxrss).unwrap_or(0)))
}

/// Reads a product that a checked line has named, whose length must be the one that the line says.
/// The child has read a hostile file: a link in its directory is not followed.
///
/// # Errors
/// When the file is not there, not a plain file, or of another length.
pub async fn read_product(out: &Path, file: &str, bytes: u64) -> std::io::Result<Bytes> {
    let wrong = |what: &str| std::io::Error::other(format!("the product {file} is {what}"));
    if bytes > MAX_PRODUCT || file.contains('/') {
        return Err(wrong("out of bounds"));
    }
    let path: PathBuf = out.join(file);
    let mut options = tokio::fs::OpenOptions::new();
    let opened = options.read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(&path);
    let handle = opened.await?;
    let meta = handle.metadata().await?;
    if !meta.is_file() || meta.len() != bytes {
        return Err(wrong("not as announced"));
    }
    let mut content = Vec::with_capacity(usize::try_from(bytes).unwrap_or(0));
    handle.take(bytes).read_to_end(&mut content).await?;
    Ok(content.into())
}
