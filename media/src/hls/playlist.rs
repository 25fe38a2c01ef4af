//! Playlists from plain facts (RFC 8216): which renditions there are, and which segments each has.
//! Rates are measured from the segments that exist, never taken from an encoder's target.

use std::fmt::Write;

use super::subtitles::{GROUP, SubtitleTrack};
use crate::ladder::FrameRate;
use crate::worker::Iv;

/// One encrypted media segment of a rendition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Its number, from 0 without gaps.
    pub seq: u32,
    /// How long it plays, in microseconds.
    pub duration_us: u64,
    /// Its length in bytes.
    pub bytes: u64,
    /// The epoch of its key.
    pub epoch: u32,
    /// Its initialisation vector.
    pub iv: Iv,
}

/// Bits per second of a rendition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bitrate {
    /// Of the hungriest segment.
    pub peak: u64,
    /// Over all segments.
    pub average: u64,
}

impl Bitrate {
    /// Measures `(bytes, duration in microseconds)` of every segment. A last segment shorter than
    /// half a second says nothing about a peak, and is left out of it when there are others.
    pub fn measure(segments: impl IntoIterator<Item = (u64, u64)>) -> Self {
        let rate = |bytes: u64, us: u64| (bytes * 8).saturating_mul(1_000_000).div_ceil(us.max(1));
        let (mut bytes, mut us, mut peak, mut stub) = (0, 0, 0, 0);
        for (b, d) in segments {
            (bytes, us) = (bytes + b, us + d);
            let slot = if d < 500_000 { &mut stub } else { &mut peak };
            *slot = rate(b, d).max(*slot);
        }
        let average = if us == 0 { 0 } else { rate(bytes, us) };
        Self { peak: if peak == 0 { stub } else { peak }.max(average), average }
    }

    fn plus(self, other: Self) -> Self {
        Self { peak: self.peak + other.peak, average: self.average + other.average }
    }
}

/// A video rendition in a master playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoTrack {
    /// Its name in paths.
    pub name: String,
    /// Its `CODECS` entry.
    pub codecs: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Frame rate.
    pub frame_rate: FrameRate,
    /// Measured.
    pub bitrate: Bitrate,
}

/// The audio rendition in a master playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioTrack {
    /// Its name in paths.
    pub name: String,
    /// Its `CODECS` entry.
    pub codecs: String,
    /// Channels.
    pub channels: u32,
    /// Language tag (BCP 47), if known: letters, digits and `-` only.
    pub language: Option<String>,
    /// Measured.
    pub bitrate: Bitrate,
}

/// A multivariant playlist: what a player chooses from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MasterPlaylist {
    /// Video renditions, in any order.
    pub video: Vec<VideoTrack>,
    /// The sound, if there is any.
    pub audio: Option<AudioTrack>,
    /// Captions, each in a language and under a label of its own.
    pub subtitles: Vec<SubtitleTrack>,
}

impl MasterPlaylist {
    /// The text. The variant listed first is what players begin with: the smallest of at least
    /// 480 lines, else the biggest.
    pub fn render(&self) -> String {
        let mut out = String::from("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n");
        if let (Some(audio), false) = (&self.audio, self.video.is_empty()) {
            let language = audio.language.as_deref().filter(|tag| is_language(tag));
            let language = language.map(|tag| format!(",LANGUAGE=\"{tag}\"")).unwrap_or_default();
            let _ = writeln!(
                out,
                "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"aud\",NAME=\"Original\"{language},DEFAULT=YES,\
                 AUTOSELECT=YES,CHANNELS=\"{}\",URI=\"a/{}.m3u8\"",
                audio.channels, audio.name,
            );
        }
        let captions = if self.subtitles.is_empty() {
            String::new()
        } else {
            self.subtitles.iter().for_each(|track| out.push_str(&track.media_tag()));
            format!(",SUBTITLES=\"{GROUP}\"")
        };
        for track in self.in_order() {
            let audio = self.audio.as_ref();
            let rate = audio.map_or(track.bitrate, |audio| track.bitrate.plus(audio.bitrate));
            let codecs = match audio {
                Some(audio) => format!("{},{}", track.codecs, audio.codecs),
                None => track.codecs.clone(),
            };
            let group = if audio.is_some() { ",AUDIO=\"aud\"" } else { "" };
            let _ = writeln!(
                out,
                "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},CODECS=\"{codecs}\",\
                 RESOLUTION={}x{},FRAME-RATE={:.3}{group}{captions},CLOSED-CAPTIONS=NONE\nv/{}.m3u8",
                rate.peak.max(1),
                rate.average.max(1),
                track.width,
                track.height,
                track.frame_rate.as_f64(),
                track.name,
            );
        }
        // For those who listen only, and for a link too thin for pictures: the sound that all share.
        if let Some(audio) = &self.audio {
            let group = if self.video.is_empty() { "" } else { ",AUDIO=\"aud\"" };
            let _ = writeln!(
                out,
                "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},CODECS=\"{}\"{group}{captions}\n\
                 a/{}.m3u8",
                audio.bitrate.peak.max(1),
                audio.bitrate.average.max(1),
                audio.codecs,
                audio.name,
            );
        }
        out
    }

    fn in_order(&self) -> Vec<&VideoTrack> {
        let mut tracks: Vec<&VideoTrack> = self.video.iter().collect();
        tracks.sort_by_key(|track| track.width.min(track.height));
        let first = tracks.iter().position(|track| track.width.min(track.height) >= 480);
        let first = first.unwrap_or(tracks.len().saturating_sub(1));
        if first < tracks.len() {
            let start = tracks.remove(first);
            tracks.insert(0, start);
        }
        tracks
    }
}

fn is_language(tag: &str) -> bool {
    (2..=35).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// A media playlist: the segments of one rendition.
#[derive(Debug, Clone, Copy)]
pub struct MediaPlaylist<'a> {
    /// The rendition's name in paths.
    pub rendition: &'a str,
    /// The `target_duration_s` of the plan, in seconds: equal in all playlists of a video.
    pub target_duration_s: u32,
    /// Its segments, in order, from 0.
    pub segments: &'a [Segment],
    /// No segment follows.
    pub ended: bool,
    /// It has been served while growing under this very URL: then it stays an `EVENT`.
    pub event: bool,
}

impl MediaPlaylist<'_> {
    /// The text. URIs are relative to `v/` or `a/`, so that they inherit the token in the path.
    /// The clear initialisation segment comes before the first key: older players fail otherwise.
    pub fn render(&self) -> String {
        self.render_at(|file| format!("../{file}"))
    }

    /// The same, with segments and the initialisation segment at the addresses that `place` gives to
    /// e.g. `720p/3.m4s`. Keys stay beside the playlist.
    pub fn render_at(&self, place: impl Fn(&str) -> String) -> String {
        let kind = if self.ended && !self.event { "VOD" } else { "EVENT" };
        let mut out = format!(
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:0\n\
             #EXT-X-PLAYLIST-TYPE:{kind}\n#EXT-X-MAP:URI=\"{}\"\n",
            self.target_duration_s,
            place(&format!("{}/init.mp4", self.rendition)),
        );
        for segment in self.segments {
            let _ = writeln!(
                out,
                "#EXT-X-KEY:METHOD=AES-128,URI=\"../k/{}\",IV=0x{}\n#EXTINF:{}.{:06},\n{}",
                segment.epoch,
                hex::encode(segment.iv.0),
                segment.duration_us / 1_000_000,
                segment.duration_us % 1_000_000,
                place(&format!("{}/{}.m4s", self.rendition, segment.seq)),
            );
        }
        if self.ended {
            out.push_str("#EXT-X-ENDLIST\n");
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(seq: u32, duration_us: u64, bytes: u64) -> Segment {
        Segment { seq, duration_us, bytes, epoch: seq / 2, iv: Iv([seq as u8; 16]) }
    }

    fn track(name: &str, width: u32, height: u32, peak: u64) -> VideoTrack {
        VideoTrack {
            name: name.into(),
            codecs: "avc1.64001f".into(),
            width,
            height,
            frame_rate: FrameRate::new(30_000, 1_001),
            bitrate: Bitrate { peak, average: peak / 2 },
        }
    }

    fn audio() -> AudioTrack {
        AudioTrack {
            name: "audio".into(),
            codecs: "mp4a.40.2".into(),
            channels: 2,
            language: Some("tg".into()),
            bitrate: Bitrate { peak: 130_000, average: 128_000 },
        }
    }

    /// MED-10
    #[test]
    fn a_growing_playlist_has_no_end_and_an_ended_one_is_fixed() {
        let segments =
            [segment(0, 4_000_000, 10), segment(1, 4_000_000, 10), segment(2, 1_500, 10)];
        let mut playlist = MediaPlaylist {
            rendition: "720p",
            target_duration_s: 5,
            segments: &segments,
            ended: false,
            event: true,
        };
        let growing = playlist.render();
        assert!(growing.contains("#EXT-X-PLAYLIST-TYPE:EVENT\n") && !growing.contains("ENDLIST"));
        playlist.ended = true;
        assert!(playlist.render().contains("EVENT") && playlist.render().contains("ENDLIST"));
        playlist.event = false;
        let expected = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:5\n\
            #EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MAP:URI=\"../720p/init.mp4\"\n\
            #EXT-X-KEY:METHOD=AES-128,URI=\"../k/0\",IV=0x00000000000000000000000000000000\n\
            #EXTINF:4.000000,\n../720p/0.m4s\n\
            #EXT-X-KEY:METHOD=AES-128,URI=\"../k/0\",IV=0x01010101010101010101010101010101\n\
            #EXTINF:4.000000,\n../720p/1.m4s\n\
            #EXT-X-KEY:METHOD=AES-128,URI=\"../k/1\",IV=0x02020202020202020202020202020202\n\
            #EXTINF:0.001500,\n../720p/2.m4s\n#EXT-X-ENDLIST\n";
        assert_eq!(playlist.render(), expected);
    }

    #[test]
    fn a_master_names_every_rendition_with_measured_rates() {
        let video = vec![
            track("1080p", 1920, 1080, 4_000_000),
            track("240p", 426, 240, 300_000),
            track("720p", 1280, 720, 2_000_000),
        ];
        let text = MasterPlaylist { video, audio: Some(audio()), ..Default::default() }.render();
        let expected = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n\
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"aud\",NAME=\"Original\",LANGUAGE=\"tg\",DEFAULT=YES,\
            AUTOSELECT=YES,CHANNELS=\"2\",URI=\"a/audio.m3u8\"\n\
            #EXT-X-STREAM-INF:BANDWIDTH=2130000,AVERAGE-BANDWIDTH=1128000,\
            CODECS=\"avc1.64001f,mp4a.40.2\",RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO=\"aud\",\
            CLOSED-CAPTIONS=NONE\nv/720p.m3u8\n";
        assert!(text.starts_with(expected), "{text}");
        let order: Vec<_> = text.lines().filter(|l| !l.starts_with('#')).collect();
        assert_eq!(order, ["v/720p.m3u8", "v/240p.m3u8", "v/1080p.m3u8", "a/audio.m3u8"]);
        let listening = "#EXT-X-STREAM-INF:BANDWIDTH=130000,AVERAGE-BANDWIDTH=128000,\
            CODECS=\"mp4a.40.2\",AUDIO=\"aud\"\na/audio.m3u8\n";
        assert!(text.ends_with(listening), "{text}");
    }

    #[test]
    fn a_silent_video_and_a_pure_recording_have_a_master_too() {
        let video = vec![track("240p", 426, 240, 300_000)];
        let silent = MasterPlaylist { video, ..Default::default() }.render();
        assert!(!silent.contains("mp4a") && !silent.contains("AUDIO"));
        let spoken = MasterPlaylist { audio: Some(audio()), ..Default::default() }.render();
        assert!(spoken.ends_with(
            "#EXT-X-STREAM-INF:BANDWIDTH=130000,AVERAGE-BANDWIDTH=128000,CODECS=\"mp4a.40.2\"\n\
             a/audio.m3u8\n"
        ));
    }

    /// MED-10
    #[test]
    fn captions_are_named_once_and_every_picture_goes_with_them() {
        let subtitles = ["en", "ru"].map(|language| SubtitleTrack {
            language: language.into(),
            label: language.to_uppercase(),
        });
        let video = vec![track("240p", 426, 240, 300_000), track("720p", 1280, 720, 2_000_000)];
        let text = MasterPlaylist { video, audio: None, subtitles: subtitles.into() }.render();
        assert_eq!(text.matches("TYPE=SUBTITLES,GROUP-ID=\"sub\"").count(), 2, "{text}");
        assert_eq!(text.matches(",SUBTITLES=\"sub\",CLOSED-CAPTIONS=NONE").count(), 2, "{text}");
        assert!(text.contains("NAME=\"RU\"") && text.contains("URI=\"s/ru.m3u8\""), "{text}");
    }

    #[test]
    fn rates_are_measured_and_a_stub_at_the_end_is_no_peak() {
        let measured =
            Bitrate::measure([(500_000, 4_000_000), (250_000, 4_000_000), (90_000, 40_000)]);
        assert_eq!(measured.peak, 1_000_000);
        assert_eq!(measured.average, 835_821);
        assert_eq!(Bitrate::measure([(1_000, 100_000)]).peak, 80_000);
        assert_eq!(Bitrate::measure([]), Bitrate::default());
    }

    #[test]
    fn a_language_that_would_break_the_quotes_is_left_out() {
        let track = AudioTrack { language: Some("e\",X=\"y".into()), ..audio() };
        let video = vec![self::track("240p", 426, 240, 1)];
        assert!(
            !MasterPlaylist { video, audio: Some(track), ..Default::default() }
                .render()
                .contains("LANGUAGE")
        );
    }
}
