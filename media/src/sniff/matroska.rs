//! How a Matroska file is built, as far as it shows whether the file is whole.

use std::io::{self, Read, Seek, SeekFrom};

use super::Sniffed;

const SEGMENT: u64 = 0x1853_8067;
const CLUSTER: u64 = 0x1f43_b675;

/// Elements of a Matroska Segment that are looked at before its first Cluster: a file has a handful.
const MAX_ELEMENTS: u32 = 1_000;

/// The Segment element states its size, unless the writer could not know it (a live recording).
pub(super) fn is_truncated(file: &mut (impl Read + Seek), len: u64) -> io::Result<bool> {
    // What comes first is the EBML header.
    let Some((_, header)) = element(file, 0)? else { return Ok(true) };
    Ok(match element(file, header.end)? {
        Some((SEGMENT, segment)) => segment.known && segment.end > len,
        // libav will see.
        Some(_) => false,
        None => true,
    })
}

/// Whether a file of `kind` that libav makes nothing of is the beginning of a good one: a Matroska
/// file without a Cluster, in which pictures and sound lie.
///
/// # Errors
/// When the file cannot be read.
pub fn ends_in_its_head(
    kind: Sniffed,
    file: &mut (impl Read + Seek),
    len: u64,
) -> io::Result<bool> {
    if kind != Sniffed::Matroska {
        return Ok(false);
    }
    let Some((_, header)) = element(file, 0)? else { return Ok(true) };
    let Some((SEGMENT, segment)) = element(file, header.end)? else { return Ok(false) };
    let mut at = segment.body;
    for _ in 0..MAX_ELEMENTS {
        match element(file, at)? {
            Some((CLUSTER, _)) => return Ok(false),
            Some((_, inner)) if !inner.known => return Ok(false),
            Some((_, inner)) if inner.end < len => at = inner.end,
            _ => return Ok(true),
        }
    }
    Ok(false)
}

/// Where an EBML element lies.
struct Extent {
    /// Where its content begins.
    body: u64,
    /// Where it ends; the end of all numbers when it does not say.
    end: u64,
    /// Whether it says where it ends.
    known: bool,
}

/// The id and the extent of the EBML element at `offset`; `None` when there is none.
fn element(file: &mut (impl Read + Seek), offset: u64) -> io::Result<Option<(u64, Extent)>> {
    let mut head = [0; 12];
    file.seek(SeekFrom::Start(offset))?;
    let mut have = 0;
    while let Some(rest) = head.get_mut(have..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => break,
            n => have += n,
        }
    }
    let head = head.get(..have).unwrap_or_default();
    let Some(id_len) = head.first().map(|first| first.leading_zeros() as usize + 1) else {
        return Ok(None);
    };
    // An id keeps the bits that tell its length.
    let Some(id) = head.get(..id_len.min(4)) else { return Ok(None) };
    let id = id.iter().fold(0, |id: u64, byte| (id << 8) | u64::from(*byte));
    let Some((size, size_len)) = head.get(id_len.min(4)..).and_then(vint) else { return Ok(None) };
    let body = offset.saturating_add((id_len.min(4) + size_len) as u64);
    let known = size != u64::MAX;
    Ok(Some((id, Extent { body, end: body.saturating_add(size), known })))
}

/// An EBML variable-length integer and how many bytes it takes; `u64::MAX` stands for unknown.
fn vint(bytes: &[u8]) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let len = first.leading_zeros() as usize + 1;
    if len > 8 {
        return None;
    }
    let rest = bytes.get(1..len)?;
    let top = u64::from(first) & ((1 << (8 - len)) - 1);
    let value = rest.iter().fold(top, |value, byte| (value << 8) | u64::from(*byte));
    let unknown = (1u64 << (7 * len)) - 1;
    Some((if value == unknown { u64::MAX } else { value }, len))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn a_matroska_file_is_held_to_its_size_and_has_more_than_a_head() {
        let cluster = [0x1f, 0x43, 0xb6, 0x75, 0x84, 1, 2, 3, 4];
        let head = |size: [u8; 2]| {
            let ebml = [0x1a, 0x45, 0xdf, 0xa3, 0x82, 0, 0, 0x18, 0x53, 0x80, 0x67];
            [ebml.as_slice(), &size, &[0xec, 0x82, 0, 0]].concat()
        };
        let truncated = |bytes: &[u8]| {
            let len = bytes.len() as u64;
            is_truncated(&mut Cursor::new(bytes), len).unwrap()
        };
        let headless = |bytes: &[u8]| {
            let len = bytes.len() as u64;
            ends_in_its_head(Sniffed::Matroska, &mut Cursor::new(bytes), len).unwrap()
        };
        let whole = [head([0x40, 13]), cluster.to_vec()].concat();
        assert!(!truncated(&whole) && !headless(&whole));
        for len in 1..whole.len() {
            assert!(truncated(&whole[..len]), "{len}");
        }
        let live = [head([0x7f, 0xff]), cluster.to_vec()].concat();
        assert!(!truncated(&live), "a recording of unknown size");
        assert!(!truncated(&live[..live.len() - 2]), "which may end anywhere");
        assert!(!headless(&live[..live.len() - 2]));
        for len in 13..head([0, 0]).len() {
            assert!(headless(&live[..len]), "but not in its head, at {len}");
        }
        assert!(headless(&head([0x40, 4])), "a head and nothing else");
    }
}
