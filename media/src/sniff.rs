//! What a file is by its first bytes, and whether it ends where its own structure says: plain
//! arithmetic over bytes, no libav. The name and the type that a browser claims do not matter.

use std::io::{self, Read, Seek, SeekFrom};

use crate::mp4;

mod matroska;

pub use matroska::ends_in_its_head;

/// How many first bytes [`sniff`] wants to see.
pub const SNIFF_BYTES: usize = 512;

/// What the first bytes look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sniffed {
    /// No bytes at all.
    Empty,
    /// ISO base media: MP4, MOV, M4A, 3GP.
    IsoMedia,
    /// Matroska or WebM.
    Matroska,
    /// AVI.
    Avi,
    /// MPEG transport stream.
    MpegTs,
    /// MPEG program or elementary stream.
    Mpeg,
    /// Flash video.
    Flv,
    /// Sound alone: Ogg, MP3, FLAC or WAVE.
    Sound,
    /// A playlist or script that names other files (HLS, DASH, concat, PLS, SDP).
    Playlist,
    /// Anything else.
    Other,
}

impl Sniffed {
    /// Whether it is a container that the worker opens at all.
    pub const fn is_container(self) -> bool {
        !matches!(self, Self::Empty | Self::Playlist | Self::Other)
    }
}

/// Says what a file that begins with `head` is.
pub fn sniff(head: &[u8]) -> Sniffed {
    let at = |offset: usize, magic: &[u8]| {
        head.get(offset..).is_some_and(|rest| rest.starts_with(magic))
    };
    if head.is_empty() {
        return Sniffed::Empty;
    }
    let iso_boxes: [&[u8]; 6] = [b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip"];
    if iso_boxes.iter().any(|name| at(4, name)) {
        Sniffed::IsoMedia
    } else if at(0, &[0x1a, 0x45, 0xdf, 0xa3]) {
        Sniffed::Matroska
    } else if at(0, b"RIFF") && at(8, b"AVI ") {
        Sniffed::Avi
    } else if at(0, &[0, 0, 1, 0xba]) || at(0, &[0, 0, 1, 0xb3]) {
        Sniffed::Mpeg
    } else if at(0, b"FLV\x01") {
        Sniffed::Flv
    } else if is_transport_stream(head) {
        Sniffed::MpegTs
    } else if at(0, b"OggS")
        || at(0, b"fLaC")
        || at(0, b"ID3")
        || (at(0, b"RIFF") && at(8, b"WAVE"))
        || is_mpeg_audio(head)
    {
        Sniffed::Sound
    } else if names_other_files(head) {
        Sniffed::Playlist
    } else {
        Sniffed::Other
    }
}

/// Sync bytes at the distance of a packet: 188 bytes, or 192 with a time stamp before each.
fn is_transport_stream(head: &[u8]) -> bool {
    let sync = |offset: usize| head.get(offset) == Some(&0x47);
    (sync(0) && sync(188) && sync(376)) || (sync(4) && sync(196) && sync(388))
}

/// The header of a frame of MPEG audio, layer 3, with no value that is forbidden.
fn is_mpeg_audio(head: &[u8]) -> bool {
    let [0xff, kind, rate, ..] = head else { return false };
    kind & 0xe6 == 0xe2 && kind & 0x18 != 0x08 && rate & 0xf0 != 0xf0 && rate & 0x0c != 0x0c
}

fn names_other_files(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let lower = text.to_ascii_lowercase();
    [
        "#extm3u",
        "ffconcat",
        "[playlist]",
        "v=0\r\n",
        "v=0\n",
        "file ",
        "rtsp://",
        "http://",
        "https://",
    ]
    .iter()
    .any(|start| lower.starts_with(start))
        || (lower.starts_with('<') && (lower.contains("<mpd") || lower.contains("<smil")))
}

/// Whether a container of `kind` says that it is longer than the `len` bytes of `file`.
///
/// # Errors
/// When the file cannot be read.
pub fn is_truncated(kind: Sniffed, file: &mut (impl Read + Seek), len: u64) -> io::Result<bool> {
    match kind {
        Sniffed::IsoMedia => iso_is_truncated(file, len),
        Sniffed::Matroska => matroska::is_truncated(file, len),
        Sniffed::Avi => {
            let mut head = [0; 8];
            read_at(file, 0, &mut head).map(|whole| {
                let [.., a, b, c, d] = head;
                whole && u64::from(u32::from_le_bytes([a, b, c, d])) + 8 > len
            })
        }
        _ => Ok(false),
    }
}

/// Fills `buffer` from `offset`; false when the file ends before.
fn read_at(file: &mut (impl Read + Seek), offset: u64, buffer: &mut [u8]) -> io::Result<bool> {
    file.seek(SeekFrom::Start(offset))?;
    match file.read_exact(buffer) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        other => other.map(|()| true),
    }
}

/// The biggest index of an MP4 file that is searched for protection, in bytes.
const MAX_INDEX: u64 = 64 * 1024 * 1024;

/// What the index of an ISO file says of its tracks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tracks {
    /// How many there are.
    pub count: u32,
    /// One of them is encrypted (`encv`, `enca`, or a store's `drms` and its kin): there is no key for
    /// it here.
    pub protected: bool,
}

/// Looks at the tracks of an ISO file; there is nothing to see in others.
///
/// # Errors
/// When the file cannot be read.
pub fn tracks(kind: Sniffed, file: &mut (impl Read + Seek), len: u64) -> io::Result<Tracks> {
    let nothing = Ok(Tracks::default());
    if kind != Sniffed::IsoMedia {
        return nothing;
    }
    let mut offset = 0;
    for _ in 0..1_000 {
        let mut head = [0; 16];
        let (small, wide) = head.split_at_mut(8);
        if !read_at(file, offset, small)? {
            break;
        }
        let [a, b, c, d, name @ ..] = small else { break };
        let size = match u32::from_be_bytes([*a, *b, *c, *d]) {
            0 => len.saturating_sub(offset),
            1 if read_at(file, offset + 8, wide)? => {
                wide.iter().fold(0, |size: u64, byte| (size << 8) | u64::from(*byte))
            }
            size => u64::from(size),
        };
        if name == b"moov" {
            file.seek(SeekFrom::Start(offset))?;
            let mut index = Vec::new();
            file.take(size.min(MAX_INDEX)).read_to_end(&mut index)?;
            let head = if index.starts_with(&[0, 0, 0, 1]) { 16 } else { 8 };
            return Ok(describe_tracks(index.get(head..).unwrap_or_default()));
        }
        match offset.checked_add(size) {
            Some(end) if size >= 8 && end < len => offset = end,
            _ => break,
        }
    }
    nothing
}

/// What the boxes within the index say; the last of them may be cut.
fn describe_tracks(movie: &[u8]) -> Tracks {
    let mut tracks = Tracks::default();
    for track in mp4::boxes(movie).filter(|track| track.name == *b"trak") {
        tracks.count = tracks.count.saturating_add(1);
        let table = [b"mdia", b"minf", b"stbl", b"stsd"];
        let Some(entries) = mp4::find(track.body(), &table) else { continue };
        // Version, flags and count come before the entries.
        let protected: [&[u8; 4]; 6] = [b"encv", b"enca", b"drms", b"drmi", b"encs", b"enct"];
        tracks.protected |= mp4::boxes(entries.get(8..).unwrap_or_default())
            .any(|entry| protected.contains(&&entry.name));
    }
    tracks
}

/// Walks the top-level boxes: the last one must end where the file ends, and `moov` must be there.
fn iso_is_truncated(file: &mut (impl Read + Seek), len: u64) -> io::Result<bool> {
    let (mut offset, mut index) = (0, false);
    // A file has a handful of top-level boxes, a fragmented one some thousands.
    for _ in 0..100_000 {
        if offset == len {
            return Ok(!index);
        }
        let mut head = [0; 16];
        let (small, wide) = head.split_at_mut(8);
        if !read_at(file, offset, small)? {
            return Ok(!index);
        }
        let [a, b, c, d, name @ ..] = small else { return Ok(true) };
        let size = match u32::from_be_bytes([*a, *b, *c, *d]) {
            // To the end of the file.
            0 => len - offset,
            1 => {
                if !read_at(file, offset + 8, wide)? {
                    return Ok(true);
                }
                wide.iter().fold(0, |size: u64, byte| (size << 8) | u64::from(*byte))
            }
            size => u64::from(size),
        };
        let whole = offset.checked_add(size).is_some_and(|end| end <= len);
        index |= whole && name == b"moov";
        match offset.checked_add(size) {
            Some(end) if size >= 8 && end <= len => offset = end,
            // Trailing junk after a whole movie is common and harmless.
            _ => return Ok(!index || name == b"mdat" || name == b"moof"),
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn iso_box(name: &[u8; 4], body: usize) -> Vec<u8> {
        let mut bytes = u32::try_from(body + 8).unwrap().to_be_bytes().to_vec();
        bytes.extend_from_slice(name);
        bytes.resize(body + 8, 0);
        bytes
    }

    #[test]
    fn names_do_not_matter_first_bytes_do() {
        assert_eq!(sniff(b""), Sniffed::Empty);
        assert_eq!(sniff(b"\0\0\0\x20ftypisom"), Sniffed::IsoMedia);
        assert_eq!(sniff(b"\x1a\x45\xdf\xa3"), Sniffed::Matroska);
        assert_eq!(sniff(b"RIFF\0\0\0\0AVI LIST"), Sniffed::Avi);
        assert_eq!(sniff(b"RIFF\0\0\0\0WAVEfmt "), Sniffed::Sound);
        assert_eq!(sniff(b"RIFF\0\0\0\0WEBPVP8 "), Sniffed::Other);
        assert_eq!(sniff(b"OggS\0\x02"), Sniffed::Sound);
        assert_eq!(sniff(b"ID3\x04\0"), Sniffed::Sound);
        assert_eq!(sniff(&[0xff, 0xfb, 0x90, 0x64]), Sniffed::Sound);
        assert_eq!(sniff(&[0xff, 0xd8, 0xff, 0xe0]), Sniffed::Other, "JPEG");
        assert_eq!(sniff(&[0xff, 0xfe, b'a', 0]), Sniffed::Other, "UTF-16");
        assert_eq!(sniff(b"FLV\x01\x05\0\0\0\x09"), Sniffed::Flv);
        assert_eq!(sniff(b"just a text"), Sniffed::Other);
        assert_eq!(sniff("\u{feff}\n#EXTM3U\n".as_bytes()), Sniffed::Playlist);
        assert_eq!(sniff(b"ffconcat version 1.0\nfile /etc/passwd"), Sniffed::Playlist);
        assert_eq!(sniff(b"<?xml version=\"1.0\"?><MPD>"), Sniffed::Playlist);
        let mut stream = vec![0; 564];
        for at in [0, 188, 376] {
            stream[at] = 0x47;
        }
        assert_eq!(sniff(&stream), Sniffed::MpegTs);
    }

    #[test]
    fn a_movie_cut_anywhere_but_in_its_padding_is_truncated() {
        let whole = [iso_box(b"ftyp", 16), iso_box(b"moov", 100), iso_box(b"mdat", 500)].concat();
        let truncated = |bytes: &[u8]| {
            let len = bytes.len() as u64;
            is_truncated(Sniffed::IsoMedia, &mut Cursor::new(bytes), len).unwrap()
        };
        assert!(!truncated(&whole));
        // Cut between two boxes there is nothing to see; that shows when it is decoded.
        for len in (1..whole.len()).filter(|len| !(132..140).contains(len)) {
            assert!(truncated(&whole[..len]), "{len}");
        }
        assert!(truncated(&[iso_box(b"ftyp", 16), iso_box(b"mdat", 500)].concat()), "no index");
        assert!(!truncated(&[whole.clone(), b"junk".to_vec()].concat()));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_hang(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let ebml = [b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\xff".as_slice(), &bytes].concat();
            let len = ebml.len() as u64;
            let _ = ends_in_its_head(Sniffed::Matroska, &mut Cursor::new(ebml), len).unwrap();
            let _ = sniff(&bytes);
            let index = [b"\0\0\0\xffmoov".as_slice(), &bytes].concat();
            let len = index.len() as u64;
            let _ = tracks(Sniffed::IsoMedia, &mut Cursor::new(index), len).unwrap();
            for kind in [Sniffed::IsoMedia, Sniffed::Matroska, Sniffed::Avi] {
                let _ = is_truncated(kind, &mut Cursor::new(&bytes), bytes.len() as u64).unwrap();
            }
        }
    }
}
