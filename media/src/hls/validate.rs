//! A strict reader of what we serve: fetches a whole stream as a player would, through whatever
//! `fetch` reaches (a map in a test, HTTP in another), and checks it against the rules that make
//! it play everywhere (RFC 8216, Apple's authoring specification). For tests and for `doctor`.

use std::collections::{BTreeMap, BTreeSet};

use super::playlist::Bitrate;
use super::{MediaPath, crypt};
use crate::mp4;
use crate::worker::{Iv, SegmentKey};

/// Gives the body of a path below `<video>/`, or `None` when it is refused.
pub type Fetch<'a> = dyn FnMut(&MediaPath) -> Option<Vec<u8>> + 'a;

/// What a valid stream holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamReport {
    /// Names of the video renditions, in the order of the master playlist.
    pub video: Vec<String>,
    /// The audio rendition, if there is one.
    pub audio: Option<String>,
    /// Segments of each rendition.
    pub segments: BTreeMap<String, usize>,
    /// Samples (frames) of each rendition.
    pub samples: BTreeMap<String, u64>,
    /// Length of the longest rendition, in microseconds.
    pub duration_us: u64,
    /// Epochs whose keys were needed.
    pub epochs: BTreeSet<u32>,
    /// Every playlist has its end.
    pub ended: bool,
}

/// One rendition as it was read.
struct Rendition {
    codecs: String,
    size: Option<(u16, u16)>,
    /// Start of each segment, in microseconds.
    cuts: Vec<u64>,
    end_us: u64,
    bitrate: Bitrate,
    samples: u64,
    target: u64,
    kind: String,
    ended: bool,
}

/// Reads the whole stream.
///
/// # Errors
/// The first rule that is broken, as a sentence with the place.
pub fn validate(fetch: &mut Fetch<'_>) -> Result<StreamReport, String> {
    let master = text(fetch, &MediaPath::Master)?;
    let mut reader = Reader { fetch, keys: BTreeMap::new() };
    let (variants, audio_name) = read_master(&master)?;
    let mut renditions: BTreeMap<String, Rendition> = BTreeMap::new();
    let mut video = Vec::new();
    for variant in &variants {
        let path = MediaPath::parse(&variant.uri).ok_or("a variant's URI is no path of ours")?;
        let name = match &path {
            MediaPath::VideoPlaylist(name) => {
                video.push(name.clone());
                name
            }
            // Listening alone: the shared sound once more, or the only thing there is.
            MediaPath::AudioPlaylist(name) if audio_name.as_ref().is_none_or(|a| a == name) => {
                if renditions.contains_key(name) {
                    continue;
                }
                name
            }
            _ => return Err(format!("{} is no playlist", variant.uri)),
        };
        renditions.insert(name.clone(), reader.rendition(&path)?);
    }
    if let Some(name) = audio_name.as_ref().filter(|name| !renditions.contains_key(*name)) {
        let rendition = reader.rendition(&MediaPath::AudioPlaylist(name.clone()))?;
        renditions.insert(name.clone(), rendition);
    }
    let audio = audio_name.as_ref().and_then(|name| renditions.get(name));
    for variant in &variants {
        check_variant(variant, &renditions, audio)?;
    }
    check_together(&renditions, &video)?;
    let audio = audio_name.or_else(|| {
        renditions.iter().find(|(_, r)| r.size.is_none()).map(|(name, _)| name.clone())
    });
    Ok(StreamReport {
        video,
        audio,
        segments: renditions.iter().map(|(name, r)| (name.clone(), r.cuts.len())).collect(),
        samples: renditions.iter().map(|(name, r)| (name.clone(), r.samples)).collect(),
        duration_us: renditions.values().map(|r| r.end_us).max().unwrap_or(0),
        epochs: reader.keys.into_keys().collect(),
        ended: renditions.values().all(|r| r.ended),
    })
}

fn text(fetch: &mut Fetch<'_>, path: &MediaPath) -> Result<String, String> {
    let body = fetch(path).ok_or_else(|| format!("{path:?} is refused"))?;
    String::from_utf8(body).map_err(|_| format!("{path:?} is not UTF-8"))
}

fn require(holds: bool, rule: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(rule()) }
}

struct Variant {
    uri: String,
    attributes: BTreeMap<String, String>,
}

impl Variant {
    fn number(&self, name: &str) -> Result<u64, String> {
        let value = self.attributes.get(name).and_then(|value| value.parse().ok());
        value.ok_or_else(|| format!("{}: {name} is missing", self.uri))
    }
}

/// `NAME=value,NAME="quoted, value"`.
fn attributes(list: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = list;
    while let Some((name, tail)) = rest.split_once('=') {
        let (value, tail) = match tail.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => tail.split_at(tail.find(',').unwrap_or(tail.len())),
        };
        found.insert(name.trim_start_matches(',').to_owned(), value.to_owned());
        rest = tail;
    }
    found
}

fn read_master(master: &str) -> Result<(Vec<Variant>, Option<String>), String> {
    let mut lines = master.lines();
    require(lines.next() == Some("#EXTM3U"), || "the master has no header".into())?;
    let (mut variants, mut audio) = (Vec::new(), None);
    while let Some(line) = lines.next() {
        if let Some(list) = line.strip_prefix("#EXT-X-STREAM-INF:") {
            let uri = lines.next().unwrap_or_default().to_owned();
            variants.push(Variant { uri, attributes: attributes(list) });
        } else if let Some(list) = line.strip_prefix("#EXT-X-MEDIA:") {
            let list = attributes(list);
            let uri = list.get("URI").cloned().unwrap_or_default();
            if list.get("TYPE").is_some_and(|kind| kind == "SUBTITLES") {
                let is_captions =
                    matches!(MediaPath::parse(&uri), Some(MediaPath::CaptionsPlaylist(_)));
                require(is_captions, || format!("{uri} is no captions playlist"))?;
                continue;
            }
            match MediaPath::parse(&uri) {
                Some(MediaPath::AudioPlaylist(name)) => audio = Some(name),
                _ => return Err(format!("{uri} is no audio playlist")),
            }
        }
    }
    require(!variants.is_empty(), || "the master names no variant".into())?;
    let independent = master.lines().any(|line| line == "#EXT-X-INDEPENDENT-SEGMENTS");
    require(independent, || "the segments are not said to be independent".into())?;
    Ok((variants, audio))
}

/// Resolves a URI of a playlist in `v/` or `a/`.
fn resolve(uri: &str) -> Result<MediaPath, String> {
    let below = uri.strip_prefix("../").ok_or_else(|| format!("{uri} is not relative"))?;
    MediaPath::parse(below).ok_or_else(|| format!("{uri} is no path of ours"))
}

struct Reader<'f, 'a> {
    fetch: &'f mut Fetch<'a>,
    keys: BTreeMap<u32, SegmentKey>,
}

impl Reader<'_, '_> {
    fn key(&mut self, path: &MediaPath) -> Result<(u32, SegmentKey), String> {
        let MediaPath::Key(epoch) = path else { return Err(format!("{path:?} is no key")) };
        if let Some(key) = self.keys.get(epoch) {
            return Ok((*epoch, key.clone()));
        }
        let body = (self.fetch)(path).ok_or_else(|| format!("key {epoch} is refused"))?;
        let key = <[u8; 16]>::try_from(body).map_err(|_| format!("key {epoch} is no key"))?;
        self.keys.insert(*epoch, SegmentKey(key));
        Ok((*epoch, SegmentKey(key)))
    }

    fn rendition(&mut self, path: &MediaPath) -> Result<Rendition, String> {
        let playlist = text(self.fetch, path)?;
        let mut lines = playlist.lines();
        require(lines.next() == Some("#EXTM3U"), || format!("{path:?} has no header"))?;
        let (mut target, mut kind, mut ended) = (0, String::new(), false);
        let (mut init, mut sealing, mut extinf) = (None, None, None);
        let mut vectors = BTreeSet::new();
        let mut track = Track::default();
        for line in lines {
            require(!ended, || format!("{path:?} goes on after its end"))?;
            let (tag, value) = line.split_once(':').unwrap_or((line, ""));
            match tag {
                "#EXT-X-TARGETDURATION" => target = value.parse().unwrap_or(0),
                "#EXT-X-PLAYLIST-TYPE" => kind = value.to_owned(),
                "#EXT-X-MAP" => {
                    require(sealing.is_none(), || format!("{path:?}: the map follows a key"))?;
                    let uri = attributes(value).remove("URI").unwrap_or_default();
                    let body = (self.fetch)(&resolve(&uri)?);
                    let body = body.ok_or_else(|| format!("{uri} is refused"))?;
                    track.scale = u64::from(mp4::timescale(&body).ok_or("init is not MP4")?);
                    init = Some(body);
                }
                "#EXT-X-KEY" => {
                    let list = attributes(value);
                    let get = |name: &str| list.get(name).map(String::as_str).unwrap_or_default();
                    require(get("METHOD") == "AES-128", || format!("{path:?}: {line}"))?;
                    let iv = get("IV").strip_prefix("0x").unwrap_or_default().to_owned();
                    let iv = Iv::try_from(iv).map_err(|error| format!("{path:?}: {error}"))?;
                    let (epoch, key) = self.key(&resolve(get("URI"))?)?;
                    let fresh = vectors.insert((epoch, iv.0));
                    require(fresh, || format!("{path:?}: two segments share a vector"))?;
                    sealing = Some((key, iv));
                }
                "#EXTINF" => {
                    let seconds = value.trim_end_matches(',').parse::<f64>();
                    extinf = Some(seconds.map_err(|_| format!("{path:?}: {line}"))?);
                }
                "#EXT-X-ENDLIST" => ended = true,
                _ if line.starts_with('#') => {}
                _ => {
                    let (Some((key, iv)), Some(seconds)) = (&sealing, extinf.take()) else {
                        return Err(format!("{line} has no key or no duration"));
                    };
                    require(seconds.round() <= target as f64, || {
                        format!("{line} lasts {seconds} s, over the target of {target} s")
                    })?;
                    let body = (self.fetch)(&resolve(line)?);
                    let body = body.ok_or_else(|| format!("{line} is refused"))?;
                    let clear = mp4::segment_facts(&body).is_some();
                    require(!clear, || format!("{line} is not encrypted"))?;
                    let opened = crypt::decrypt(key, *iv, &body);
                    let opened = opened.ok_or_else(|| format!("{line} does not decrypt"))?;
                    track.add(line, &opened, body.len() as u64, seconds)?;
                }
            }
        }
        let init = init.ok_or_else(|| format!("{path:?} has no map"))?;
        require(!track.cuts.is_empty(), || format!("{path:?} is empty"))?;
        Ok(Rendition {
            codecs: mp4::codecs(&init).ok_or("init names no codec")?,
            size: mp4::picture_size(&init),
            end_us: track.next * 1_000_000 / track.scale.max(1),
            bitrate: Bitrate::measure(track.weights),
            cuts: track.cuts,
            samples: track.samples,
            target,
            kind,
            ended,
        })
    }
}

/// The segments of one rendition, one after the other.
#[derive(Default)]
struct Track {
    scale: u64,
    next: u64,
    samples: u64,
    cuts: Vec<u64>,
    weights: Vec<(u64, u64)>,
}

impl Track {
    fn add(&mut self, name: &str, clear: &[u8], bytes: u64, extinf: f64) -> Result<(), String> {
        let facts = mp4::segment_facts(clear).ok_or_else(|| format!("{name} is not whole"))?;
        require(clear.get(4..8) == Some(b"moof"), || format!("{name} starts with no moof"))?;
        require(facts.starts_with_sync, || format!("{name} starts with no key frame"))?;
        require(facts.start == self.next, || {
            format!("{name} starts at {} and not at {}", facts.start, self.next)
        })?;
        let seconds = facts.duration as f64 / self.scale.max(1) as f64;
        require((seconds - extinf).abs() < 0.001, || {
            format!("{name} lasts {seconds} s, EXTINF says {extinf}")
        })?;
        self.cuts.push(facts.start * 1_000_000 / self.scale.max(1));
        self.weights.push((bytes, (extinf * 1e6) as u64));
        self.next += facts.duration;
        self.samples += u64::from(facts.samples);
        Ok(())
    }
}

fn check_variant(
    variant: &Variant,
    renditions: &BTreeMap<String, Rendition>,
    audio: Option<&Rendition>,
) -> Result<(), String> {
    let uri = &variant.uri;
    let own = match MediaPath::parse(uri) {
        Some(MediaPath::VideoPlaylist(name) | MediaPath::AudioPlaylist(name)) => {
            renditions.get(&name)
        }
        _ => None,
    };
    let own = own.ok_or_else(|| format!("{uri} was not read"))?;
    let group = variant.attributes.contains_key("AUDIO");
    require(group == audio.is_some(), || format!("{uri}: the audio group is wrong"))?;
    // The variant without pictures is the group itself.
    let audio = audio.filter(|_| own.size.is_some());
    let codecs = match audio {
        Some(audio) => format!("{},{}", own.codecs, audio.codecs),
        None => own.codecs.clone(),
    };
    let said = variant.attributes.get("CODECS").map(String::as_str).unwrap_or_default();
    require(said == codecs, || format!("{uri}: CODECS says {said}, it is {codecs}"))?;
    if let Some((width, height)) = own.size {
        let said = variant.attributes.get("RESOLUTION").map(String::as_str).unwrap_or_default();
        require(said == format!("{width}x{height}"), || format!("{uri}: RESOLUTION {said}"))?;
        let rate = variant.attributes.contains_key("FRAME-RATE");
        require(rate, || format!("{uri}: FRAME-RATE is missing"))?;
    }
    let extra = audio.map(|audio| audio.bitrate).unwrap_or_default();
    for (name, measured) in [
        ("BANDWIDTH", own.bitrate.peak + extra.peak),
        ("AVERAGE-BANDWIDTH", own.bitrate.average + extra.average),
    ] {
        let said = variant.number(name)?;
        let near = said.abs_diff(measured) * 10 <= measured;
        require(near, || format!("{uri}: {name} says {said}, measured {measured}"))?;
    }
    Ok(())
}

/// What must be equal over all renditions.
fn check_together(
    renditions: &BTreeMap<String, Rendition>,
    video: &[String],
) -> Result<(), String> {
    let Some(first) = renditions.values().next() else { return Ok(()) };
    for (name, other) in renditions {
        let same = other.target == first.target && other.kind == first.kind;
        require(same, || format!("{name}: target duration or type is another one"))?;
        require(other.ended || other.kind == "EVENT", || format!("{name}: no end and no event"))?;
    }
    let ends: Vec<u64> = renditions.values().map(|r| r.end_us).collect();
    let apart = ends.iter().max().unwrap_or(&0) - ends.iter().min().unwrap_or(&0);
    let all_ended = renditions.values().all(|r| r.ended);
    // One frame at the lowest rate and one AAC frame; while it grows, one target duration.
    let allowed = if all_ended { 100_000 + 21_334 } else { first.target * 1_000_000 };
    require(apart <= allowed, || format!("the ends lie {apart} us apart"))?;
    let mut cuts = video.iter().filter_map(|name| renditions.get(name).map(|r| &r.cuts));
    if let Some(model) = cuts.next() {
        for other in cuts {
            let aligned = model.iter().zip(other).all(|(a, b)| a.abs_diff(*b) < 10_000);
            require(aligned, || "the video renditions are cut at different moments".into())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attribute_lists_may_hold_commas_in_quotes() {
        let list = attributes("BANDWIDTH=5,CODECS=\"a,b\",RESOLUTION=1x2,URI=\"x=y\"");
        let pairs: Vec<_> = list.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let expected =
            [("BANDWIDTH", "5"), ("CODECS", "a,b"), ("RESOLUTION", "1x2"), ("URI", "x=y")];
        assert_eq!(pairs, expected);
    }

    #[test]
    fn a_stream_that_is_refused_is_not_valid() {
        assert!(validate(&mut |_| None).is_err());
        assert!(validate(&mut |_| Some(b"<html>".to_vec())).is_err());
    }
}
