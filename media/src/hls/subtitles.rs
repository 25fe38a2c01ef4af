//! Captions over HLS, for players that read them from the playlists: one WebVTT segment as long as
//! the film (RFC 8216, 3.5; Apple's authoring specification, 5.2 to 5.5).

use std::fmt::Write;

/// The group that the variants of a master playlist name as their subtitles.
pub const GROUP: &str = "sub";

/// Captions in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubtitleTrack {
    /// Language tag (BCP 47): letters, digits and `-`.
    pub language: String,
    /// What people choose it by.
    pub label: String,
}

impl SubtitleTrack {
    /// Its line in a master playlist, with the line's end; relative to the master, as
    /// `s/<language>.m3u8`. Nothing is chosen for the viewer: captions come on when asked for.
    pub fn media_tag(&self) -> String {
        // A quoted string can hold neither a quote nor a line end.
        let label: String =
            self.label.chars().filter(|c| !c.is_control() && *c != '"').take(80).collect();
        let language = &self.language;
        format!(
            "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"{GROUP}\",NAME=\"{}\",LANGUAGE=\"{language}\",\
             DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI=\"s/{language}.m3u8\"\n",
            if label.is_empty() { language } else { &label },
        )
    }

    /// Its media playlist: one segment, beside it.
    pub fn playlist(&self, duration_us: u64) -> String {
        let mut out = format!(
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:0\n\
             #EXT-X-PLAYLIST-TYPE:VOD\n",
            duration_us.div_ceil(1_000_000).max(1),
        );
        let (s, us) = (duration_us / 1_000_000, duration_us % 1_000_000);
        let _ = writeln!(out, "#EXTINF:{s}.{us:06},\n{}.vtt\n#EXT-X-ENDLIST", self.language);
        out
    }
}

/// `webvtt` (as [`crate::captions::Captions::to_webvtt`] makes it) as a media segment: it says how
/// its clock and that of the segments lie to each other. Ours both begin at zero. Browsers that
/// read the file by itself pass over the line.
pub fn segment(webvtt: &str) -> String {
    let rest = webvtt.strip_prefix("WEBVTT").unwrap_or_default();
    format!("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captions;

    /// MED-11
    #[test]
    fn the_segment_is_as_long_as_the_film_and_is_read_as_the_captions_that_it_was() {
        let track = SubtitleTrack { language: "uz-Latn".into(), label: "O\"zbek\ncha".into() };
        assert_eq!(
            track.playlist(90_500_000),
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:91\n#EXT-X-MEDIA-SEQUENCE:0\n\
             #EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:90.500000,\nuz-Latn.vtt\n#EXT-X-ENDLIST\n"
        );
        assert_eq!(
            track.media_tag(),
            "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"sub\",NAME=\"Ozbekcha\",LANGUAGE=\"uz-Latn\",\
             DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI=\"s/uz-Latn.m3u8\"\n"
        );
        let captions = captions::read(b"1\n00:00:01,000 --> 00:00:02,000\nHi\n").unwrap();
        let text = segment(&captions.to_webvtt());
        assert!(
            text.starts_with("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n00:00:01")
        );
        assert_eq!(captions::read(text.as_bytes()), Ok(captions));
    }
}
