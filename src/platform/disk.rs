//! Room on the disk.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Free bytes, as an unprivileged process may use them, of the file system that holds `path`.
#[allow(unsafe_code)]
pub fn free_bytes(path: &Path) -> Option<u64> {
    let path = CString::new(path.as_os_str().as_bytes()).ok()?;
    // SAFETY: `statvfs` is plain data that the call fills; both pointers live through the call.
    let (answer, stat) = unsafe {
        let mut stat: libc::statvfs = std::mem::zeroed();
        (libc::statvfs(path.as_ptr(), &raw mut stat), stat)
    };
    (answer == 0).then(|| stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// As [`free_bytes`], for a path that may not be there yet: of the nearest directory above that is.
pub fn free_bytes_above(path: &Path) -> Option<u64> {
    path.ancestors().find_map(free_bytes)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_disk_under_a_directory_has_room_and_a_missing_one_is_none() {
        assert!(super::free_bytes(std::path::Path::new("/")).unwrap() > 0);
        assert!(super::free_bytes(std::path::Path::new("/no/such/place")).is_none());
        assert!(super::free_bytes_above(std::path::Path::new("/no/such/place")).is_some());
    }
}
