//! The headers of tus 1.0.0: what a client says about an upload. Pure, and strict: what cannot be
//! read is refused with a sentence, never guessed.

use actix_web::http::header::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use unicode_normalization::UnicodeNormalization;

use crate::platform::http::{Code, Problem};

/// The only version of the protocol that exists.
pub const VERSION: &str = "1.0.0";
/// What is offered beyond the core protocol.
pub const EXTENSIONS: &str = "creation,creation-with-upload,checksum,expiration,termination";
/// Digests that `Upload-Checksum` may use.
pub const CHECKSUMS: &str = "sha1,sha256";
/// The content type of a PATCH.
pub const OFFSET_OCTETS: &str = "application/offset+octet-stream";
/// Longest `Upload-Metadata` that is read, in bytes.
const MAX_METADATA: usize = 4096;
/// Longest file name, in bytes.
const MAX_NAME: usize = 255;

/// Why a header was refused: its name and a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{header}: {problem}")]
pub struct BadHeader {
    /// The header at fault.
    pub header: &'static str,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl From<BadHeader> for Problem {
    fn from(error: BadHeader) -> Self {
        let message = error.problem;
        Self::new(Code::BadRequest).detail(error.to_string()).field(
            error.header,
            Code::Invalid,
            message,
        )
    }
}

/// The header's value, if it is there and text.
pub fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn bad<T>(header: &'static str, problem: &'static str) -> Result<T, BadHeader> {
    Err(BadHeader { header, problem })
}

/// What an upload is for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A lecture or a trailer: goes through the transcoder.
    Video,
    /// A file for download beside a lesson, or of an answer.
    File,
    /// A file or a picture in a chat.
    ChatFile,
    /// A picture in the statement or the solution of a task.
    TaskImage,
}

impl Purpose {
    /// The name in the database and in `Upload-Metadata`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::File => "file",
            Self::ChatFile => "chat_file",
            Self::TaskImage => "task_image",
        }
    }

    /// The purpose of that name.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [Self::Video, Self::File, Self::ChatFile, Self::TaskImage];
        all.into_iter().find(|purpose| purpose.as_str() == name)
    }
}

/// What `Upload-Metadata` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// A label for people, cleaned.
    pub file_name: String,
    /// What the client takes the file for. Shown nowhere and believed nowhere: the extension and
    /// the bytes decide.
    pub file_type: Option<String>,
    /// What it is for.
    pub purpose: Purpose,
}

/// Reads a length or an offset: decimal digits alone, at most `i64::MAX`.
///
/// # Errors
/// [`BadHeader`] naming `header`.
pub fn bytes(header: &'static str, value: Option<&str>) -> Result<u64, BadHeader> {
    let Some(value) = value else { return bad(header, "the header is missing") };
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return bad(header, "must be a number of bytes in decimal digits");
    }
    match value.parse::<u64>() {
        Ok(number) if i64::try_from(number).is_ok() => Ok(number),
        _ => bad(header, "the number is out of range"),
    }
}

/// Reads `Upload-Metadata`: pairs of a key and base64, separated by commas.
///
/// # Errors
/// [`BadHeader`]: not in that form, a key twice, not UTF-8, an unknown purpose.
pub fn metadata(value: Option<&str>) -> Result<Metadata, BadHeader> {
    const HEADER: &str = "Upload-Metadata";
    let value = value.unwrap_or_default();
    if value.len() > MAX_METADATA {
        return bad(HEADER, "longer than 4096 bytes");
    }
    let (mut name, mut file_type, mut purpose) = (None, None, None);
    let mut seen: Vec<&str> = Vec::new();
    for pair in value.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (key, encoded) = pair.split_once(' ').unwrap_or((pair, ""));
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return bad(HEADER, "a key must be printable ASCII without spaces");
        }
        if seen.contains(&key) {
            return bad(HEADER, "a key is there twice");
        }
        seen.push(key);
        let Ok(decoded) = STANDARD.decode(encoded.trim()) else {
            return bad(HEADER, "a value is not base64");
        };
        let Ok(text) = String::from_utf8(decoded) else {
            return bad(HEADER, "a value is not UTF-8");
        };
        match key {
            // Clients of the field use either name.
            "filename" | "name" => name = Some(text),
            "filetype" | "type" => file_type = Some(text),
            "purpose" => {
                purpose = match Purpose::parse(&text) {
                    Some(purpose) => Some(purpose),
                    None => {
                        return bad(HEADER, "purpose is video, file, chat_file or task_image");
                    }
                }
            }
            // The protocol lets a client send what it likes; what we have no use for is dropped.
            _ => {}
        }
    }
    Ok(Metadata {
        file_name: clean_name(name.as_deref().unwrap_or_default()),
        file_type: file_type.filter(|text| !text.is_empty() && text.len() <= 255),
        purpose: purpose.unwrap_or(Purpose::Video),
    })
}

/// A file name as a label: the last path element, NFC, without control characters and without the
/// marks that turn the direction of text around; at most 255 bytes, cut before the extension.
pub fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let cleaned: String = last.nfc().filter(|c| !is_hidden(*c)).collect();
    let trimmed = cleaned.trim().trim_start_matches('.').trim();
    if trimmed.is_empty() {
        return "file".to_owned();
    }
    if trimmed.len() <= MAX_NAME {
        return trimmed.to_owned();
    }
    let (stem, extension) = match trimmed.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= 16 => (stem, format!(".{extension}")),
        _ => (trimmed, String::new()),
    };
    let room = MAX_NAME.saturating_sub(extension.len());
    let mut kept = String::with_capacity(MAX_NAME);
    for c in stem.chars() {
        if kept.len() + c.len_utf8() > room {
            break;
        }
        kept.push(c);
    }
    kept + &extension
}

/// Controls, line separators, and the bidirectional overrides and isolates that let `exe.pdf` be
/// something else than it looks like. Plain Hebrew and Arabic letters need none of them.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}

/// The digest that a chunk claims to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checksum {
    /// 20 bytes.
    Sha1([u8; 20]),
    /// 32 bytes.
    Sha256([u8; 32]),
}

/// Reads `Upload-Checksum`: an algorithm, a space, base64.
///
/// # Errors
/// [`BadHeader`]: unknown algorithm, not base64, wrong length.
pub fn checksum(value: &str) -> Result<Checksum, BadHeader> {
    const HEADER: &str = "Upload-Checksum";
    let Some((algorithm, encoded)) = value.trim().split_once(' ') else {
        return bad(HEADER, "must be an algorithm, a space and base64");
    };
    let Ok(digest) = STANDARD.decode(encoded.trim()) else {
        return bad(HEADER, "the digest is not base64");
    };
    let wrong_length = BadHeader { header: HEADER, problem: "the digest has the wrong length" };
    match algorithm {
        "sha1" => digest.try_into().map(Checksum::Sha1).map_err(|_| wrong_length),
        "sha256" => digest.try_into().map(Checksum::Sha256).map_err(|_| wrong_length),
        _ => bad(HEADER, "the algorithm must be sha1 or sha256"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encode(text: &str) -> String {
        STANDARD.encode(text)
    }

    /// MED-19
    #[test]
    fn metadata_is_read_in_any_order_and_unknown_keys_are_dropped() {
        let value = format!(
            "purpose {}, filename {},is_confidential,x-thing {}",
            encode("file"),
            encode("Дарс 1.pdf"),
            encode("whatever")
        );
        let metadata = metadata(Some(&value)).unwrap();
        assert_eq!(metadata.file_name, "Дарс 1.pdf");
        assert_eq!(metadata.purpose, Purpose::File);
        assert_eq!(metadata.file_type, None);
    }

    #[test]
    fn metadata_that_cannot_be_read_is_refused() {
        for value in [
            "filename ???".to_owned(),
            format!("filename {}", STANDARD.encode([0xff, 0xfe])),
            format!("filename {0},filename {0}", encode("a")),
            format!("purpose {}", encode("root")),
            "a".repeat(5000),
        ] {
            assert!(metadata(Some(&value)).is_err(), "{value}");
        }
    }

    #[test]
    fn names_are_labels_only() {
        for (given, kept) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\ann\\lesson.mp4", "lesson.mp4"),
            ("a\r\nSet-Cookie: x=1.mp4", "aSet-Cookie: x=1.mp4"),
            ("\u{202E}fdp.exe", "fdp.exe"),
            ("..", "file"),
            ("", "file"),
            ("שיעור 🎬.mp4", "שיעור 🎬.mp4"),
        ] {
            assert_eq!(clean_name(given), kept);
        }
    }

    #[test]
    fn lengths_are_digits_alone() {
        for value in
            ["-1", "+1", "1e3", " 1", "", "0x10", "9223372036854775808", "99999999999999999999"]
        {
            assert!(bytes("Upload-Length", Some(value)).is_err(), "{value}");
        }
        assert_eq!(bytes("Upload-Length", Some("9223372036854775807")), Ok(i64::MAX as u64));
        assert!(bytes("Upload-Length", None).is_err());
    }

    #[test]
    fn checksums_of_the_two_algorithms_are_read() {
        // SHA-1 of "abc" (FIPS 180-2 appendix A.1).
        assert!(
            matches!(checksum("sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0="), Ok(Checksum::Sha1(d)) if d[0] == 0xa9)
        );
        for value in ["md5 rL0Y20zC+Fzt72VPzMSk2A==", "sha1 qZk=", "sha1", "sha256 !!!!"] {
            assert!(checksum(value).is_err(), "{value}");
        }
    }

    proptest! {
        #[test]
        fn no_metadata_breaks_the_reader_and_names_stay_labels(value in ".{0,300}", name in ".{0,400}") {
            let _ = metadata(Some(&value));
            let header = format!("filename {}", encode(&name));
            if let Ok(read) = metadata(Some(&header)) {
                prop_assert!((1..=255).contains(&read.file_name.len()));
                prop_assert!(!read.file_name.contains(['/', '\\', '\0', '\r', '\n']));
                prop_assert!(read.file_name != ".." && read.file_name != ".");
            }
        }
    }
}
