//! Reads the directory of a zip archive without inflating anything, and says what is wrong with it.
//! Nothing is unpacked by us: the bounds protect whoever downloads it.

use crate::platform::http::{Code, Problem};

/// Bytes from the end of the file in which the directory's end is looked for: its comment may have
/// 65 535 bytes.
pub(super) const TAIL_BYTES: u64 = 22 + 65_535;
/// Bytes of a directory at most: 1000 entries with long names.
const MAX_DIRECTORY: u64 = 4 << 20;
const MAX_ENTRIES: usize = 1_000;
const MAX_INFLATED: u64 = 1 << 30;
const MAX_RATIO: u64 = 100;
/// Below this an entry's ratio does not matter.
const SMALL: u64 = 1 << 20;

fn refused(detail: &str) -> Problem {
    Problem::new(Code::FileType).detail(detail)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk::<2>().map(|b| u16::from_le_bytes(*b))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk::<4>().map(|b| u32::from_le_bytes(*b))
}

/// Where the directory lies in a file of `size` bytes whose last bytes are `tail`.
///
/// # Errors
/// `file_type`: no directory, one that is too large, or a zip64 archive.
pub(super) fn directory_range(tail: &[u8], size: u64) -> Result<std::ops::Range<u64>, Problem> {
    let at = tail
        .windows(4)
        .rposition(|window| window == b"PK\x05\x06")
        .ok_or_else(|| refused("The archive breaks off before its end."))?;
    let end = tail.get(at..).unwrap_or_default();
    let broken = || refused("The archive's directory cannot be read.");
    let length = u64::from(u32_at(end, 12).ok_or_else(broken)?);
    let start = u64::from(u32_at(end, 16).ok_or_else(broken)?);
    if u16_at(end, 10) == Some(u16::MAX) || start == u64::from(u32::MAX) {
        return Err(refused("Archives of this size are not accepted."));
    }
    let stop = start.checked_add(length).ok_or_else(broken)?;
    if length == 0 || length > MAX_DIRECTORY || stop > size {
        return Err(broken());
    }
    Ok(start..stop)
}

/// Checks the entries of a directory.
///
/// # Errors
/// `file_type`, with what is wrong.
pub(super) fn check_directory(mut directory: &[u8]) -> Result<(), Problem> {
    let broken = || refused("The archive's directory cannot be read.");
    let (mut entries, mut inflated) = (0usize, 0u64);
    while directory.starts_with(b"PK\x01\x02") {
        entries += 1;
        if entries > MAX_ENTRIES {
            return Err(refused("The archive holds more than 1000 entries."));
        }
        let packed = u64::from(u32_at(directory, 20).ok_or_else(broken)?);
        let size = u64::from(u32_at(directory, 24).ok_or_else(broken)?);
        let name_len = usize::from(u16_at(directory, 28).ok_or_else(broken)?);
        let extra_len = usize::from(u16_at(directory, 30).ok_or_else(broken)?);
        let comment_len = usize::from(u16_at(directory, 32).ok_or_else(broken)?);
        let made_by_unix = directory.get(5) == Some(&3);
        let mode = u32_at(directory, 38).ok_or_else(broken)? >> 16;
        let name = directory.get(46..46 + name_len).ok_or_else(broken)?;
        inflated += size;
        if size > SMALL && size / packed.max(1) > MAX_RATIO {
            return Err(refused("An entry of the archive is packed suspiciously tight."));
        }
        if inflated > MAX_INFLATED {
            return Err(refused("The archive holds more than 1 GiB."));
        }
        if made_by_unix && mode & 0o170_000 == 0o120_000 {
            return Err(refused("The archive holds a symbolic link."));
        }
        check_name(name)?;
        directory = directory.get(46 + name_len + extra_len + comment_len..).ok_or_else(broken)?;
    }
    if entries == 0 { Err(broken()) } else { Ok(()) }
}

fn check_name(name: &[u8]) -> Result<(), Problem> {
    let name = String::from_utf8_lossy(name).to_lowercase().replace('\\', "/");
    let climbs = name.starts_with('/')
        || name.get(1..2) == Some(":")
        || name.split('/').any(|element| element == "..");
    if climbs {
        return Err(refused("A name in the archive leads out of it."));
    }
    let base = name.rsplit('/').next().unwrap_or_default();
    let macros = base == "vbaproject.bin"
        || (name.contains("macros/") && name.ends_with(".bin"))
        || [".docm", ".xlsm", ".pptm", ".dotm", ".xlam"].iter().any(|end| name.ends_with(end));
    if macros {
        return Err(refused("Documents with macros are not accepted."));
    }
    let nested = [".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".jar", ".iso"];
    if nested.iter().any(|end| name.ends_with(end)) {
        return Err(refused("An archive within the archive is not accepted."));
    }
    let programs = [
        ".exe", ".dll", ".msi", ".bat", ".cmd", ".scr", ".com", ".ps1", ".vbs", ".html", ".htm",
        ".svg", ".js", ".lnk",
    ];
    if programs.iter().any(|end| name.ends_with(end)) {
        return Err(refused("The archive holds programs or web pages."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(name: &str, packed: u32, size: u32, mode: u32) -> Vec<u8> {
        let mut bytes = b"PK\x01\x02\x14\x03".to_vec();
        bytes.extend([0; 14]);
        bytes.extend(packed.to_le_bytes());
        bytes.extend(size.to_le_bytes());
        bytes.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        bytes.extend([0; 8]);
        bytes.extend((mode << 16).to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend(name.as_bytes());
        bytes
    }

    /// MED-15
    #[test]
    fn harmless_archives_pass_and_hostile_ones_do_not() {
        check_directory(&entry("word/document.xml", 10, 100, 0o100_644)).unwrap();
        for bad in [
            entry("../evil.txt", 1, 1, 0),
            entry("/etc/passwd", 1, 1, 0),
            entry("c:\\evil.txt", 1, 1, 0),
            entry("word/vbaProject.bin", 1, 1, 0),
            entry("inner.zip", 1, 1, 0),
            entry("run.exe", 1, 1, 0),
            entry("link", 1, 1, 0o120_777),
            entry("bomb", 1000, 1_000_000_000, 0),
            entry("a", 1, 1, 0).repeat(1001),
            vec![],
        ] {
            assert_eq!(check_directory(&bad).unwrap_err().code(), Code::FileType);
        }
    }

    #[test]
    fn the_directory_is_found_behind_a_comment() {
        let mut tail = b"junk".to_vec();
        tail.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
        tail.extend(50u32.to_le_bytes());
        tail.extend(100u32.to_le_bytes());
        tail.extend(b"\x03\0abc");
        assert_eq!(directory_range(&tail, 500).unwrap(), 100..150);
        assert!(directory_range(&tail, 120).is_err());
        assert!(directory_range(b"PK\x03\x04", 4).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = check_directory(&bytes);
            let _ = directory_range(&bytes, 1000);
            let _ = check_directory(&[b"PK\x01\x02".as_slice(), &bytes].concat());
        }
    }
}
