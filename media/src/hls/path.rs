//! The paths under `/m/<token>/<video>/`: a closed list. What does not parse does not exist, so no
//! path can climb out of a video, name an original, or reach a file of another kind.

use crate::worker::is_rendition_name;

/// Something that a playback token can ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaPath {
    /// `master.m3u8`.
    Master,
    /// `v/<rendition>.m3u8`.
    VideoPlaylist(String),
    /// `a/<rendition>.m3u8`.
    AudioPlaylist(String),
    /// `<rendition>/init.mp4`.
    Init(String),
    /// `<rendition>/<number>.m4s`.
    Segment(String, u32),
    /// `k/<epoch>`: 16 raw bytes.
    Key(u32),
    /// `poster.jpg`.
    Poster,
    /// `s/<language>.m3u8`: captions as native players ask for them.
    CaptionsPlaylist(String),
    /// `s/<language>.vtt`.
    Captions(String),
    /// `t/<sheet>.jpg`: pictures for the seek bar.
    Sheet(u32),
}

impl MediaPath {
    /// Reads what follows `<video>/`, as it stands in the request line: nothing here needs
    /// percent-encoding, so an encoded path is refused rather than decoded.
    pub fn parse(path: &str) -> Option<Self> {
        let rendition = |name: &str| is_rendition_name(name).then(|| name.to_owned());
        match path.split_once('/') {
            None => match path {
                "master.m3u8" => Some(Self::Master),
                "poster.jpg" => Some(Self::Poster),
                _ => None,
            },
            Some(("v", file)) => rendition(file.strip_suffix(".m3u8")?).map(Self::VideoPlaylist),
            Some(("a", file)) => rendition(file.strip_suffix(".m3u8")?).map(Self::AudioPlaylist),
            Some(("k", epoch)) => number(epoch).map(Self::Key),
            Some(("s", file)) => match file.split_once('.')? {
                (tag, "m3u8") => language(tag).map(Self::CaptionsPlaylist),
                (tag, "vtt") => language(tag).map(Self::Captions),
                _ => None,
            },
            Some(("t", file)) => number(file.strip_suffix(".jpg")?).map(Self::Sheet),
            Some((name, "init.mp4")) => rendition(name).map(Self::Init),
            Some((name, file)) => {
                let seq = number(file.strip_suffix(".m4s")?)?;
                rendition(name).map(|name| Self::Segment(name, seq))
            }
        }
    }

    /// The `Content-Type` of the answer.
    pub const fn content_type(&self) -> &'static str {
        match self {
            Self::Master
            | Self::VideoPlaylist(_)
            | Self::AudioPlaylist(_)
            | Self::CaptionsPlaylist(_) => "application/vnd.apple.mpegurl",
            Self::Init(_) => "video/mp4",
            Self::Segment(..) => "video/iso.segment",
            Self::Key(_) => "application/octet-stream",
            Self::Poster | Self::Sheet(_) => "image/jpeg",
            Self::Captions(_) => "text/vtt; charset=utf-8",
        }
    }
}

/// A language tag (BCP 47) as it may stand in a path: `en`, `pt-BR`, `zh-Hant-TW`.
fn language(tag: &str) -> Option<String> {
    let mut parts = tag.split('-');
    let first = parts.next()?;
    let letters = (2..=3).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_lowercase());
    let part = |p: &str| (2..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric());
    let rest: Vec<&str> = parts.collect();
    (letters && rest.len() <= 3 && rest.iter().all(|p| part(p))).then(|| tag.to_owned())
}

/// A number in its one spelling: no sign, no leading zero.
fn number(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// MED-12
    #[test]
    fn the_list_of_paths_is_closed() {
        let name = String::from("720p");
        for (path, expected) in [
            ("master.m3u8", MediaPath::Master),
            ("poster.jpg", MediaPath::Poster),
            ("v/720p.m3u8", MediaPath::VideoPlaylist(name.clone())),
            ("a/audio.m3u8", MediaPath::AudioPlaylist("audio".into())),
            ("720p/init.mp4", MediaPath::Init(name.clone())),
            ("720p/0.m4s", MediaPath::Segment(name.clone(), 0)),
            ("720p/3599.m4s", MediaPath::Segment(name, 3599)),
            ("k/12", MediaPath::Key(12)),
            ("s/en.vtt", MediaPath::Captions("en".into())),
            ("s/pt-BR.m3u8", MediaPath::CaptionsPlaylist("pt-BR".into())),
            ("t/3.jpg", MediaPath::Sheet(3)),
        ] {
            assert_eq!(MediaPath::parse(path), Some(expected), "{path}");
        }
        for path in [
            "",
            "/",
            "original",
            "master.m3u8/",
            "v/../720p.m3u8",
            "v/%2e%2e/a.m3u8",
            "k/-1",
            "k/01",
            "k/",
            "k/+1",
            "k/4294967296",
            "720p//0.m4s",
            "720p/0.m4s/",
            "720p/00.m4s",
            "../k/0",
            "..%2fk/0",
            "v/720p.m3u8?x",
            "720P/0.m4s",
            "720p/init.mp4\0",
            "v/.m3u8",
            "k/1/2",
            "s/.vtt",
            "s/EN.vtt",
            "s/../en.vtt",
            "s/en.vtt.gz",
            "s/en-.vtt",
            "s/en-a-b-c-d.vtt",
            "s/en",
            "t/03.jpg",
            "t/x.jpg",
            "t/.jpg",
        ] {
            assert_eq!(MediaPath::parse(path), None, "{path:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(path in "[ -~]{0,40}") {
            let _ = MediaPath::parse(&path);
        }
    }
}
