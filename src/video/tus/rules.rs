//! What an upload may do next. Pure: rows and numbers in, a decision out.

use kernel::Timestamp;

use super::headers::Purpose;
use crate::platform::http::{Code, Problem};
use crate::video::model::{Upload, upload_state};

/// Bytes of a part, if the file is not so large that the store's 10 000 parts would not do.
pub(super) const PART_BYTES: u64 = 8 << 20;
/// Parts that we are content with; the store's own limit is a little above.
const MAX_PARTS: u64 = 9_500;
/// Bytes of a document for download at most (security: uploads by type).
pub(super) const MAX_FILE_BYTES: u64 = 100 << 20;
/// Bytes of a file in a chat at most.
pub(super) const MAX_CHAT_FILE_BYTES: u64 = 25 << 20;
/// Largest picture of a text, bytes.
const MAX_PICTURE_BYTES: u64 = 10 << 20;

/// What limits uploads, from the configuration.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Bytes of one upload.
    pub max_bytes: u64,
    /// Unfinished uploads of one person.
    pub max_open: u32,
    /// Bytes that one person may keep.
    pub quota_bytes: u64,
}

/// What a person holds already.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Held {
    /// Unfinished uploads.
    pub open: u32,
    /// Bytes in uploads, videos and files, reserved ones included.
    pub bytes: u64,
}

/// Whether a new upload of `size` bytes may begin.
///
/// # Errors
/// `media_empty`, `too_large`, `upload_limit`, `quota_exceeded`.
pub(super) fn admit(
    size: u64,
    purpose: Purpose,
    held: Held,
    bounds: Bounds,
) -> Result<(), Problem> {
    if size == 0 {
        return Err(Problem::new(Code::MediaEmpty));
    }
    let most = match purpose {
        Purpose::Video => bounds.max_bytes,
        Purpose::File => bounds.max_bytes.min(MAX_FILE_BYTES),
        Purpose::ChatFile => bounds.max_bytes.min(MAX_CHAT_FILE_BYTES),
        Purpose::TaskImage => bounds.max_bytes.min(MAX_PICTURE_BYTES),
    };
    if size > most {
        return Err(Problem::new(Code::TooLarge)
            .detail(format!("At most {most} bytes are accepted for this purpose."))
            .with("max_bytes", most));
    }
    if held.open >= bounds.max_open {
        return Err(Problem::new(Code::UploadLimit)
            .detail(format!("At most {} uploads may be unfinished at once.", bounds.max_open)));
    }
    if held.bytes.saturating_add(size) > bounds.quota_bytes {
        let left = bounds.quota_bytes.saturating_sub(held.bytes);
        return Err(Problem::new(Code::QuotaExceeded)
            .detail(format!("{left} bytes of your space are left."))
            .with("bytes_left", left));
    }
    Ok(())
}

/// Seconds after which a client may ask again when the disk is full.
const ROOM_RETRY_S: u64 = 300;

/// Whether a disk with `free` bytes takes a file of `size` and keeps `reserve` free. `None`: nobody
/// knows how much is free, and the write itself will tell.
///
/// # Errors
/// 503: it is the server that has no room, not the person.
pub(super) fn admit_room(size: u64, free: Option<u64>, reserve: u64) -> Result<(), Problem> {
    if free.is_none_or(|free| size.saturating_add(reserve) <= free) {
        return Ok(());
    }
    Err(Problem::unavailable("no room for an upload on the disk", ROOM_RETRY_S)
        .detail("The server has no room for this file right now."))
}

/// Bytes of each part but the last for a file of `size` bytes. It follows from the size alone, so
/// that a restarted server cuts the file where the first one did.
pub(super) fn part_bytes(size: u64) -> u64 {
    PART_BYTES.max(size.div_ceil(MAX_PARTS).next_multiple_of(1 << 20))
}

/// Whether the upload can still be asked about and written to.
///
/// # Errors
/// `upload_gone` when it expired or was ended.
pub(in crate::video) fn alive(upload: &Upload, now: Timestamp) -> Result<(), Problem> {
    let over = match upload.state.as_str() {
        upload_state::RECEIVING => upload.expires_at <= now,
        upload_state::REFUSED => true,
        _ => false,
    };
    if over { Err(Problem::new(Code::UploadGone)) } else { Ok(()) }
}

/// Whether a chunk at `offset`, of `length` bytes if that is known, fits an upload that has
/// `durable` bytes.
///
/// # Errors
/// `upload_offset`, `too_large`.
pub(super) fn admit_chunk(
    upload: &Upload,
    durable: u64,
    offset: u64,
    length: Option<u64>,
) -> Result<(), Problem> {
    if offset != durable {
        return Err(Problem::new(Code::UploadOffset)
            .detail(format!("The upload stands at {durable}, the chunk begins at {offset}."))
            .with("offset", durable));
    }
    let size = u64::try_from(upload.size).unwrap_or(0);
    if length.is_some_and(|length| offset.saturating_add(length) > size) {
        return Err(over_length());
    }
    Ok(())
}

/// More bytes than the upload was announced with.
pub(super) fn over_length() -> Problem {
    Problem::new(Code::TooLarge).detail("The chunk goes beyond the announced Upload-Length.")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOUNDS: Bounds = Bounds { max_bytes: 1000, max_open: 2, quota_bytes: 1500 };

    fn refusal(size: u64, open: u32, bytes: u64) -> Option<Code> {
        admit(size, Purpose::Video, Held { open, bytes }, BOUNDS).err().map(|p| p.code())
    }

    /// MED-19
    #[test]
    fn uploads_begin_within_their_bounds_only() {
        assert_eq!(refusal(1000, 1, 500), None);
        assert_eq!(refusal(0, 0, 0), Some(Code::MediaEmpty));
        assert_eq!(refusal(1001, 0, 0), Some(Code::TooLarge));
        assert_eq!(refusal(10, 2, 0), Some(Code::UploadLimit));
        assert_eq!(refusal(501, 0, 1000), Some(Code::QuotaExceeded));
        assert_eq!(refusal(u64::MAX, 0, u64::MAX), Some(Code::TooLarge));
    }

    proptest! {
        #[test]
        fn any_size_fits_into_the_parts_of_a_store(size in 1u64..=(5 << 40)) {
            let part = part_bytes(size);
            prop_assert!(size.div_ceil(part) <= 10_000);
            prop_assert!(part >= 5 << 20);
        }
    }
}
