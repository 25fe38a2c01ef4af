//! What libav has to say, kept for the job: off until [`capture`], bounded, without addresses and
//! without paths. The callback is one for the process, and comes from any of libav's threads.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::worker::{LogLevel, LogLine, MAX_MESSAGE_BYTES, MAX_MESSAGES};

/// Messages that wait to be taken, at most: more are lost.
const MAX_WAITING: usize = 64;

#[derive(Debug)]
struct Kept {
    on: bool,
    waiting: VecDeque<LogLine>,
    said: u32,
}

static KEPT: Mutex<Kept> = Mutex::new(Kept { on: false, waiting: VecDeque::new(), said: 0 });

fn kept() -> MutexGuard<'static, Kept> {
    // Each change leaves it whole.
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins to keep messages from warnings up.
pub fn capture() {
    kept().on = true;
    install();
}

/// The messages since the last call.
pub fn take() -> Vec<LogLine> {
    kept().waiting.drain(..).collect()
}

fn keep(level: LogLevel, raw: &str) {
    let message = tidy(raw);
    let mut kept = kept();
    if !kept.on || message.is_empty() || kept.said >= MAX_MESSAGES {
        return;
    }
    // Broken files say one thing over and over.
    if kept.waiting.back().is_some_and(|last| last.message == message) {
        return;
    }
    let last = kept.said + 1 == MAX_MESSAGES;
    if last {
        let message = String::from("Further messages are left out.");
        kept.waiting.push_back(LogLine { level: LogLevel::Info, message });
    } else if kept.waiting.len() < MAX_WAITING {
        kept.waiting.push_back(LogLine { level, message });
    } else {
        return;
    }
    kept.said += 1;
}

/// `raw` as one line: no control characters, no addresses of memory, no paths, cut to length.
fn tidy(raw: &str) -> String {
    let words = raw.split(|c: char| c.is_whitespace() || c.is_control());
    let mut out = String::new();
    for word in words.filter(|word| !word.is_empty() && *word != "@") {
        // `[h264 @ 0x55d0c8]`
        let piece = match word.strip_prefix("0x").filter(|rest| rest.len() > 6) {
            Some(rest) => rest.trim_start_matches(|c: char| c.is_ascii_hexdigit()),
            None if is_path(word) => "…",
            None => word,
        };
        if !out.is_empty() && !piece.is_empty() && !piece.starts_with(']') {
            out.push(' ');
        }
        out.push_str(piece);
    }
    let mut end = out.len().min(MAX_MESSAGE_BYTES);
    while !out.is_char_boundary(end) {
        end -= 1;
    }
    out.truncate(end);
    out
}

/// A slash with letters about it; fractions are none.
fn is_path(word: &str) -> bool {
    word.contains('/') && word.chars().any(char::is_alphabetic)
}

#[cfg(target_arch = "x86_64")]
#[expect(
    unsafe_code,
    reason = "libav calls back with a format and its va_list, which only libav itself can join: into \
              a buffer of ours, whose length it is told and which it ends with a zero. Nothing here \
              panics or calls back into libav's log"
)]
fn install() {
    use std::ffi::{CStr, c_char, c_int, c_void};

    use ffmpeg_next::ffi;

    unsafe extern "C" fn hear(
        source: *mut c_void,
        level: c_int,
        format: *const c_char,
        arguments: *mut ffi::__va_list_tag,
    ) {
        // The upper bits are a colour.
        let level = match level & 0xff {
            bad if bad <= ffi::AV_LOG_ERROR => LogLevel::Error,
            odd if odd <= ffi::AV_LOG_WARNING => LogLevel::Warning,
            _ => return,
        };
        let mut buffer = [0u8; 1_024];
        let mut prefix: c_int = 1;
        let length = c_int::try_from(buffer.len()).unwrap_or(0);
        let line = buffer.as_mut_ptr().cast();
        unsafe {
            ffi::av_log_format_line2(source, 24, format, arguments, line, length, &raw mut prefix);
        }
        if let Ok(text) = CStr::from_bytes_until_nul(&buffer) {
            keep(level, &text.to_string_lossy());
        }
    }
    unsafe { ffi::av_log_set_callback(Some(hear)) }
}

/// Elsewhere a va_list has another shape, for which the bindings have no name: no messages.
#[cfg(not(target_arch = "x86_64"))]
fn install() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_one_line_without_paths_and_addresses() {
        for (raw, expected) in [
            ("[h264 @ 0x560701c996c0] no frame!\n", "[h264] no frame!"),
            ("Opening '/srv/spool/a.mp4' for reading", "Opening … for reading"),
            ("rate 30000/1001\u{7}is odd", "rate 30000/1001 is odd"),
            ("\n", ""),
        ] {
            assert_eq!(tidy(raw), expected);
        }
        assert!(tidy(&"ю".repeat(2_000)).len() <= MAX_MESSAGE_BYTES);
    }
}
