//! What a file is, by its bytes. The client's word counts for nothing; the extension only has to
//! agree. The last judge of a video is the probe in the media child: here the plain mistakes are
//! caught before a worker is bothered.

use media::sniff::{Sniffed, sniff};

use crate::platform::http::{Code, Problem};

/// Bytes from the beginning of a file that the decision needs.
pub(super) const HEAD_BYTES: u64 = 8 * 1024;

/// The media type of a video, or why it is none that is accepted.
///
/// # Errors
/// `media_playlist`, `not_media`.
pub(super) fn video(head: &[u8]) -> Result<&'static str, Problem> {
    match sniff(head) {
        Sniffed::IsoMedia => Ok(match head.get(8..12) {
            Some(b"qt  ") => "video/quicktime",
            Some(b"M4A " | b"M4B ") => "audio/mp4",
            Some([b'3', b'g', ..]) => "video/3gpp",
            _ => "video/mp4",
        }),
        // The kind of document stands in the header, which comes first.
        Sniffed::Matroska if find(head.get(..64).unwrap_or(head), b"webm").is_some() => {
            Ok("video/webm")
        }
        Sniffed::Matroska => Ok("video/x-matroska"),
        Sniffed::Avi => Ok("video/x-msvideo"),
        Sniffed::MpegTs => Ok("video/mp2t"),
        Sniffed::Mpeg => Ok("video/mpeg"),
        Sniffed::Flv => Ok("video/x-flv"),
        Sniffed::Sound => Ok(sound(head)),
        Sniffed::Playlist => Err(Problem::new(Code::MediaPlaylist)),
        Sniffed::Empty => Err(Problem::new(Code::MediaEmpty)),
        Sniffed::Other => Err(Problem::new(Code::NotMedia).detail(
            "Accepted are MP4, MOV, MKV, WebM, AVI, FLV, MPEG-TS and MPEG files, and sound as \
                 M4A, MP3, Ogg, FLAC and WAV.",
        )),
    }
}

/// The media type of what [`sniff`] calls sound. Ogg may hold pictures, too: its first packet says.
fn sound(head: &[u8]) -> &'static str {
    match head {
        [b'O', b'g', b'g', b'S', rest @ ..] => {
            let first = rest.get(..128).unwrap_or(rest);
            if find(first, b"\x80theora").is_some() { "video/ogg" } else { "audio/ogg" }
        }
        [b'f', b'L', b'a', b'C', ..] => "audio/flac",
        [b'R', b'I', b'F', b'F', ..] => "audio/wav",
        _ => "audio/mpeg",
    }
}

/// Documents that may be offered for download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Document {
    /// Portable Document Format.
    Pdf,
    /// Plain text in UTF-8: TXT, CSV, Markdown.
    Text,
    /// A zip archive, or an office document in one.
    Zip,
    /// A picture: a drawing, the photograph of a solution on paper.
    Picture,
}

/// The media type by the extension, and the family that the bytes must be of.
fn by_extension(name: &str) -> Option<(&'static str, Document)> {
    let extension = name.rsplit_once('.')?.1.to_lowercase();
    Some(match extension.as_str() {
        "pdf" => ("application/pdf", Document::Pdf),
        "txt" => ("text/plain; charset=utf-8", Document::Text),
        "csv" => ("text/csv; charset=utf-8", Document::Text),
        "md" => ("text/markdown; charset=utf-8", Document::Text),
        "docx" => (
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Document::Zip,
        ),
        "xlsx" => {
            ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Document::Zip)
        }
        "pptx" => (
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            Document::Zip,
        ),
        "odt" => ("application/vnd.oasis.opendocument.text", Document::Zip),
        "ods" => ("application/vnd.oasis.opendocument.spreadsheet", Document::Zip),
        "odp" => ("application/vnd.oasis.opendocument.presentation", Document::Zip),
        "zip" => ("application/zip", Document::Zip),
        "png" => ("image/png", Document::Picture),
        "jpg" | "jpeg" => ("image/jpeg", Document::Picture),
        "webp" => ("image/webp", Document::Picture),
        "gif" => ("image/gif", Document::Picture),
        _ => return None,
    })
}

fn file_type(detail: &str) -> Problem {
    Problem::new(Code::FileType).detail(detail)
}

/// Whether a picture of this name may be uploaded at all: asked before the first byte.
///
/// # Errors
/// `file_type`.
pub(super) fn picture_name(name: &str) -> Result<(), Problem> {
    match by_extension(name) {
        Some((_, Document::Picture)) => Ok(()),
        _ => Err(file_type("Accepted are PNG, JPEG, WebP and GIF.")),
    }
}

/// Whether a file of this name may be uploaded at all: asked before the first byte.
///
/// # Errors
/// `file_type`.
pub(super) fn document_name(name: &str) -> Result<(), Problem> {
    by_extension(name).map(drop).ok_or_else(|| {
        file_type(
            "Accepted are PDF, DOCX, XLSX, PPTX, ODT, ODS, ODP, TXT, CSV, MD, ZIP, PNG, JPEG, WebP and GIF.",
        )
    })
}

/// The media type of a document by name and beginning, which must agree.
///
/// # Errors
/// `file_type`.
pub(super) fn document(name: &str, head: &[u8]) -> Result<(&'static str, Document), Problem> {
    document_name(name)?;
    let Some((kind, family)) = by_extension(name) else { return Err(file_type("Unknown kind.")) };
    let agrees = match family {
        Document::Pdf => {
            find(head.get(..1024.min(head.len())).unwrap_or_default(), b"%PDF-").is_some()
        }
        Document::Zip => head.starts_with(b"PK\x03\x04"),
        Document::Text => is_text(head),
        Document::Picture => infer::get(head).is_some_and(|found| found.mime_type() == kind),
    };
    if agrees {
        Ok((kind, family))
    } else {
        Err(file_type("The content is not what the name says."))
    }
}

/// What a file shared in a chat is by its beginning alone: its media type, and its family unless it is
/// a picture. What its name says counts for nothing.
///
/// # Errors
/// `file_type`.
pub(super) fn shared(head: &[u8]) -> Result<(&'static str, Option<Document>), Problem> {
    Ok(match head {
        [0xff, 0xd8, 0xff, ..] => ("image/jpeg", None),
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => ("image/png", None),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => ("image/gif", None),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => ("image/webp", None),
        [b'%', b'P', b'D', b'F', b'-', ..] => ("application/pdf", Some(Document::Pdf)),
        [b'P', b'K', 3, 4, ..] => ("application/zip", Some(Document::Zip)),
        _ if !head.is_empty() && is_plain(head) => {
            ("text/plain; charset=utf-8", Some(Document::Text))
        }
        _ => {
            return Err(file_type(
                "Accepted are JPEG, PNG, WebP and GIF pictures, PDF, text and source code, office \
                 documents and ZIP.",
            ));
        }
    })
}

/// Text of any kind, markup and source code too: it is only ever handed out as plain text.
fn is_plain(head: &[u8]) -> bool {
    let valid = std::str::from_utf8(head).map_or_else(|e| e.error_len().is_none(), |_| true);
    let control = |byte: &u8| *byte < 0x20 && !matches!(*byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
    valid && !head.iter().any(control)
}

/// Which office document an archive with this directory is, if any.
pub(super) fn office(directory: &[u8]) -> Option<&'static str> {
    let kinds: [(&[u8], &'static str); 3] = [
        (b"word/document.xml", "docx"),
        (b"xl/workbook.xml", "xlsx"),
        (b"ppt/presentation.xml", "pptx"),
    ];
    let found = kinds.iter().find(|(part, _)| find(directory, part).is_some());
    let (content_type, _) = by_extension(&format!("a.{}", found?.1))?;
    Some(content_type)
}

/// UTF-8 without NUL; the last character may be cut.
pub(super) fn is_text(head: &[u8]) -> bool {
    let valid = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    valid
        && !head.contains(&0)
        && infer::get(head).is_none_or(|kind| kind.matcher_type() == infer::MatcherType::Text)
}

/// Marks of a PDF that does something when it is opened.
const ACTIVE: [&[u8]; 7] =
    [b"/JavaScript", b"/JS", b"/Launch", b"/EmbeddedFile", b"/OpenAction", b"/AA", b"/RichMedia"];

/// Looks through a PDF as it streams by; pieces may be cut anywhere.
#[derive(Debug, Default)]
pub(super) struct PdfScan {
    carry: Vec<u8>,
    active: bool,
}

impl PdfScan {
    /// The next piece.
    pub fn feed(&mut self, piece: &[u8]) {
        if self.active {
            return;
        }
        self.carry.extend_from_slice(piece);
        self.active = ACTIVE.iter().any(|mark| has_name(&self.carry, mark));
        // A name is at most 13 bytes long, and the byte behind it decides.
        let keep = self.carry.len().saturating_sub(16);
        self.carry.drain(..keep);
    }

    /// Whether something active was seen. (Compressed object streams are not looked into: this is a
    /// label for people, not a wall.)
    pub fn is_active(&self) -> bool {
        self.active || ACTIVE.iter().any(|mark| self.carry.ends_with(mark))
    }
}

/// Whether the PDF name `mark` stands in `bytes`, ended by a delimiter: `/AA` is not `/AAPL`.
fn has_name(bytes: &[u8], mark: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = find(rest, mark) {
        let after = rest.get(at + mark.len()..).unwrap_or_default();
        match after.first() {
            Some(byte) if byte.is_ascii_alphanumeric() => {}
            Some(_) => return true,
            None => return false,
        }
        rest = after;
    }
    false
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(head: &[u8]) -> Option<Code> {
        video(head).err().map(|problem| problem.code())
    }

    /// MED-02
    #[test]
    fn containers_are_known_by_their_bytes() {
        let mut ts = vec![0u8; 188 * 5];
        for n in 0..5 {
            ts[n * 188] = 0x47;
        }
        for (head, kind) in [
            (&b"\0\0\0\x20ftypisom\0\0"[..], "video/mp4"),
            (b"\0\0\0\x14ftypqt  ", "video/quicktime"),
            (b"\x1A\x45\xDF\xA3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "video/webm"),
            (b"\x1A\x45\xDF\xA3\x9f\x42\x86\x81\x01\x42\x82\x88matroska", "video/x-matroska"),
            (b"\0\0\0\x1cftypM4A \0\0", "audio/mp4"),
            (b"\0\0\0\x14ftyp3gp4", "video/3gpp"),
            (b"OggS\0\x02\0\0\0\0\0\0\x01\x1e\x01vorbis", "audio/ogg"),
            (b"OggS\0\x02\0\0\0\0\0\0\x01\x2a\x80theora", "video/ogg"),
            (b"fLaC\0\0\0\x22", "audio/flac"),
            (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
            (b"ID3\x04\0", "audio/mpeg"),
            (b"\xff\xfb\x90\x64", "audio/mpeg"),
            (b"RIFF\0\0\0\0AVI LIST", "video/x-msvideo"),
            (b"\0\0\x01\xBA\x44", "video/mpeg"),
            (&ts, "video/mp2t"),
        ] {
            assert_eq!(video(head).unwrap(), kind);
        }
    }

    /// MED-02
    #[test]
    fn what_only_calls_itself_a_video_is_refused() {
        assert_eq!(code(b"hello, this is a text"), Some(Code::NotMedia));
        assert_eq!(code(b""), Some(Code::MediaEmpty));
        assert_eq!(code(b"\xFF\xD8\xFF\xE0\0\x10JFIF"), Some(Code::NotMedia));
        assert_eq!(code(b"#EXTM3U\nfile:///etc/passwd"), Some(Code::MediaPlaylist));
        assert_eq!(code(b"\xEF\xBB\xBF\n#EXTM3U\n"), Some(Code::MediaPlaylist));
        assert_eq!(code(b"ffconcat version 1.0\nfile /etc/passwd"), Some(Code::MediaPlaylist));
        assert_eq!(code(b"<?xml version=\"1.0\"?><MPD></MPD>"), Some(Code::MediaPlaylist));
    }

    /// MSG-06: what a shared file is, is said by its bytes alone.
    #[test]
    fn shared_files_are_known_by_their_bytes() {
        for (head, kind) in [
            (&b"\xff\xd8\xff\xe0\0\x10JFIF"[..], "image/jpeg"),
            (b"\x89PNG\r\n\x1a\n\0\0", "image/png"),
            (b"GIF89a..", "image/gif"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
            (b"%PDF-1.7", "application/pdf"),
            (b"PK\x03\x04rest", "application/zip"),
            (b"print('salom')\n", "text/plain; charset=utf-8"),
            (b"<html><script>alert(1)</script>", "text/plain; charset=utf-8"),
            (b"<svg onload='alert(1)'/>", "text/plain; charset=utf-8"),
        ] {
            assert_eq!(shared(head).unwrap().0, kind);
        }
        for bad in
            [&b""[..], b"MZ\x90\0", b"\x7fELF\x02", b"a\0b", b"\xff\xfe\x41\0", b"Rar!\x1a\x07\x00"]
        {
            assert_eq!(shared(bad).unwrap_err().code(), Code::FileType, "{bad:?}");
        }
        assert!(office(b"PK\x01\x02..word/document.xml..").unwrap().ends_with(".document"));
        assert_eq!(office(b"PK\x01\x02..a.txt.."), None);
    }

    /// MED-15
    #[test]
    fn documents_must_be_what_their_name_says() {
        assert!(document("a.pdf", b"%PDF-1.7").is_ok());
        assert!(document("a.PDF", b"%PDF-1.7").is_ok());
        assert!(document("a.docx", b"PK\x03\x04rest").is_ok());
        assert!(document("план.md", "# Дарс".as_bytes()).is_ok());
        for (name, head) in [
            ("a.pdf", &b"MZ\x90"[..]),
            ("a.docm", b"PK\x03\x04"),
            ("a.exe", b"MZ"),
            ("a.html", b"<html>"),
            ("a.svg", b"<svg/>"),
            ("a.txt", b"a\0b"),
            ("a.txt", b"\xff\xfe"),
            ("noextension", b"text"),
        ] {
            assert_eq!(document(name, head).unwrap_err().code(), Code::FileType, "{name}");
        }
    }

    proptest! {
        #[test]
        fn an_active_pdf_is_seen_however_it_is_cut(cut in 0usize..60) {
            let pdf = b"%PDF-1.7 1 0 obj << /Type /Catalog /OpenAction 2 0 R >>  endobj";
            let mut scan = PdfScan::default();
            let (head, tail) = pdf.split_at(cut);
            scan.feed(head);
            scan.feed(tail);
            prop_assert!(scan.is_active());
        }

        #[test]
        fn no_bytes_break_the_sniffer(head in prop::collection::vec(any::<u8>(), 0..600)) {
            let _ = video(&head);
            let _ = document("a.txt", &head);
        }
    }

    #[test]
    fn a_quiet_pdf_is_not_called_active() {
        let mut scan = PdfScan::default();
        scan.feed(b"%PDF-1.4 /AAPL:Keywords (x) /JSON /Type /Page ");
        assert!(!scan.is_active());
    }
}
