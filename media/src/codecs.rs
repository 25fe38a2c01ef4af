//! Whether the linked libav has what the pipeline needs: for `ilmspace doctor`.

use ffmpeg_next::{codec, decoder, encoder, filter, format};

use crate::av;

/// One thing that is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// `encoder`, `decoder` or `filter`.
    pub kind: &'static str,
    /// Its name in libav.
    pub name: &'static str,
    /// What does not work without it.
    pub purpose: &'static str,
    /// Whether the product works at all without it.
    pub required: bool,
    /// Whether it is there.
    pub present: bool,
}

/// What the linked libraries are and hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodecReport {
    /// Versions of libavcodec and libavformat, with the licence of the build.
    pub version: String,
    /// Every need.
    pub needs: Vec<Need>,
}

impl CodecReport {
    /// Needs without which nothing can be transcoded, and which are missing.
    pub fn missing(&self) -> impl Iterator<Item = &Need> {
        self.needs.iter().filter(|need| need.required && !need.present)
    }
}

const ENCODERS: [(&str, &str, bool); 3] = [
    ("libx264", "the picture of every rendition", true),
    ("aac", "the sound of every rendition", true),
    ("mjpeg", "posters", true),
];

const DECODERS: [(&str, &str, bool); 8] = [
    ("h264", "most uploads", true),
    ("aac", "most uploads", true),
    ("hevc", "uploads from phones", false),
    ("vp8", "WebM uploads", false),
    ("vp9", "WebM uploads", false),
    ("opus", "WebM uploads", false),
    ("mpeg4", "older uploads", false),
    ("mp3", "older uploads", false),
];

const FILTERS: [(&str, &str, bool); 17] = [
    ("scale", "every rendition", true),
    ("fps", "every rendition", true),
    ("split", "one decode for all renditions", true),
    ("select", "60 frames a second", true),
    ("setsar", "every rendition", true),
    ("format", "every rendition", true),
    ("transpose", "uploads from phones", true),
    ("bwdif", "interlaced uploads", true),
    ("aresample", "sound", true),
    ("aformat", "sound", true),
    ("asetnsamples", "sound", true),
    ("ebur128", "loudness", true),
    ("volume", "loudness", true),
    ("alimiter", "loudness", true),
    ("zscale", "high dynamic range", false),
    ("tonemap", "high dynamic range", false),
    ("flite", "speech in demo lessons", false),
];

/// Looks at the linked libraries.
pub fn report() -> CodecReport {
    av::init();
    let need = |kind, present: fn(&str) -> bool| {
        move |(name, purpose, required): (&'static str, &'static str, bool)| {
            let present = present(name);
            Need { kind, name, purpose, required, present }
        }
    };
    let needs = ENCODERS
        .into_iter()
        .map(need("encoder", |name| encoder::find_by_name(name).is_some()))
        .chain(DECODERS.into_iter().map(need("decoder", |n| decoder::find_by_name(n).is_some())))
        .chain(FILTERS.into_iter().map(need("filter", has_filter)))
        .collect();
    let dotted = |v: u32| format!("{}.{}.{}", v >> 16, (v >> 8) & 0xff, v & 0xff);
    let version = format!(
        "libavcodec {}, libavformat {} ({})",
        dotted(codec::version()),
        dotted(format::version()),
        codec::license(),
    );
    CodecReport { version, needs }
}

/// Whether the linked libavfilter has the filter `name`.
pub(crate) fn has_filter(name: &str) -> bool {
    filter::find(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_all_that_is_required() {
        let report = report();
        let missing: Vec<_> = report.missing().collect();
        assert!(missing.is_empty(), "{missing:?} in {}", report.version);
        assert!(report.version.starts_with("libavcodec "));
    }
}
