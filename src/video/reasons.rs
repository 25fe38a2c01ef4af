//! The one table of what the work on a video can fail with: what the child and the book say, and the
//! stable code that people are told. The web app words every code of it in each language; a child
//! that has read a hostile file cannot add to it.

use crate::platform::http::Code;

/// What is told when nothing better is known.
const UNKNOWN: &str = "transcode_failed";

/// `(what is said, what is told)`.
const TABLE: &[(&str, &str)] = &[
    // The file: another one has to come.
    ("empty_file", Code::MediaEmpty.name()),
    ("not_media", Code::NotMedia.name()),
    ("playlist_refused", Code::MediaPlaylist.name()),
    ("truncated_file", Code::MediaTruncated.name()),
    ("drm_protected", "drm_protected"),
    ("single_picture", "single_picture"),
    ("no_streams", Code::MediaNoStreams.name()),
    ("too_many_streams", "too_many_streams"),
    ("picture_too_large", Code::MediaTooLarge.name()),
    ("picture_too_small", "picture_too_small"),
    ("too_long", Code::MediaTooLong.name()),
    ("unsupported_codec", "unsupported_codec"),
    ("source_damaged", "source_damaged"),
    ("too_demanding", "too_demanding"),
    // The work: the same file may do.
    ("source_unreadable", "source_unreadable"),
    ("source_unavailable", "source_unavailable"),
    ("transcode_crashed", "transcode_crashed"),
    ("transcode_stalled", "transcode_stalled"),
    ("transcode_failed", "transcode_failed"),
    ("transcode_cancelled", "transcode_cancelled"),
    ("output_failed", "output_failed"),
    ("plan_changed", "plan_changed"),
    // The server: nothing is wrong with the file.
    ("order_invalid", "order_invalid"),
    ("worker_unavailable", "worker_unavailable"),
    ("sandbox_unavailable", "sandbox_unavailable"),
    ("scratch_unavailable", "scratch_unavailable"),
];

/// What people are told of what was said.
pub(super) fn public(code: &str) -> &'static str {
    let found = TABLE.iter().find(|(said, _)| *said == code);
    found.map_or(UNKNOWN, |(_, told)| told)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands between `open` and the next quote, wherever it stands in the text.
    fn said<'a>(text: &'a str, open: &'a str) -> impl Iterator<Item = &'a str> {
        text.split(open).skip(1).filter_map(|rest| {
            rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next())
        })
    }

    /// MED-02
    #[test]
    fn whatever_the_child_or_the_book_says_is_in_the_table() {
        let probe = include_str!("../../media/src/probe.rs");
        let probe = probe.split("fn code(&self)").nth(1).unwrap().split("\n    }").next().unwrap();
        let ours = [include_str!("child.rs"), include_str!("book/around.rs")];
        let book = [include_str!("book/products.rs"), include_str!("book/settle.rs")];
        let mut all: Vec<&str> = said(probe, "=>").collect();
        all.extend(said(include_str!("../../media/src/worker/child.rs"), "failure("));
        let watch = include_str!("../../media/src/worker/watch.rs");
        all.extend(said(watch, "TOO_DEMANDING: &str ="));
        for text in ours.iter().chain(&book) {
            all.extend(said(text, "passing(").chain(said(text, "refused(")));
        }
        assert!(all.len() > 25, "{all:?}");
        for code in all {
            assert!(TABLE.iter().any(|(known, _)| *known == code), "{code}");
        }
    }

    #[test]
    fn what_nobody_knows_is_told_as_a_failure() {
        assert_eq!(public("<script>"), "transcode_failed");
        assert_eq!(public("too_long"), "media_too_long");
    }
}
