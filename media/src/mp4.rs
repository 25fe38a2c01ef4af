//! The few ISO base media boxes that we read and touch: cutting libav's stream into an
//! initialisation segment and fragments, moving a fragment in time, and reading back what a
//! segment holds (ISO/IEC 14496-12; `avcC` and `esds` of 14496-15 and 14496-1).

/// One box: its name, all of its bytes, and where its body starts in them.
#[derive(Debug, Clone, Copy)]
pub struct Mp4Box<'a> {
    /// Four characters.
    pub name: [u8; 4],
    /// Header and body.
    pub bytes: &'a [u8],
    body: usize,
}

impl<'a> Mp4Box<'a> {
    /// What follows the header.
    pub fn body(&self) -> &'a [u8] {
        self.bytes.get(self.body..).unwrap_or_default()
    }
}

/// The boxes that `bytes` consists of; ends early at a broken one.
pub fn boxes(bytes: &[u8]) -> impl Iterator<Item = Mp4Box<'_>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let name = *rest.get(4..)?.first_chunk()?;
        let (size, body) = match u32_at(rest, 0)? {
            0 => (rest.len() as u64, 8),
            1 => (u64_at(rest, 8)?, 16),
            size => (u64::from(size), 8),
        };
        let size = usize::try_from(size).ok().filter(|size| *size >= body)?;
        let bytes = rest.get(..size)?;
        rest = rest.get(size..)?;
        Some(Mp4Box { name, bytes, body })
    })
}

/// The body of the first box found by following `path` down from `bytes`.
pub fn find<'a>(bytes: &'a [u8], path: &[&[u8; 4]]) -> Option<&'a [u8]> {
    let (first, rest) = path.split_first()?;
    let body = boxes(bytes).find(|b| b.name == **first)?.body();
    // Sample descriptions have fixed fields before their children.
    let skip = match *first {
        b"stsd" => 8,
        b"avc1" => 78,
        b"mp4a" => 28,
        _ => 0,
    };
    if rest.is_empty() { Some(body) } else { find(body.get(skip..)?, rest) }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|chunk| u32::from_be_bytes(*chunk))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|chunk| u64::from_be_bytes(*chunk))
}

/// The boxes named in `names`, glued together.
pub fn only(bytes: &[u8], names: &[&[u8; 4]]) -> Vec<u8> {
    let wanted: Vec<&[u8]> =
        boxes(bytes).filter(|b| names.contains(&&b.name)).map(|b| b.bytes).collect();
    wanted.concat()
}

const STSD: [&[u8; 4]; 6] = [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"];

/// The `CODECS` string of the one track that an initialisation segment describes.
pub fn codecs(init: &[u8]) -> Option<String> {
    let below = |tail: &[&'static [u8; 4]]| {
        let path: Vec<&[u8; 4]> = STSD.iter().copied().chain(tail.iter().copied()).collect();
        find(init, &path)
    };
    if let Some([_, profile, constraints, level, ..]) = below(&[b"avc1", b"avcC"]) {
        return Some(format!("avc1.{profile:02x}{constraints:02x}{level:02x}"));
    }
    let esds = below(&[b"mp4a", b"esds"])?;
    // DecoderSpecificInfo: tag 5, a length of up to four bytes, then the object type in 5 bits.
    let info = esds.iter().position(|byte| *byte == 5)?;
    let body = esds.get(info + 1..)?;
    let length = body.iter().position(|byte| byte & 0x80 == 0)?;
    Some(format!("mp4a.40.{}", body.get(length + 1)? >> 3))
}

/// Ticks a second in the one track that an initialisation segment describes.
pub fn timescale(init: &[u8]) -> Option<u32> {
    let mdhd = find(init, &[b"moov", b"trak", b"mdia", b"mdhd"])?;
    let version = *mdhd.first()?;
    u32_at(mdhd, if version == 1 { 20 } else { 12 })
}

/// Width and height of the picture that an initialisation segment describes.
pub fn picture_size(init: &[u8]) -> Option<(u16, u16)> {
    let path: Vec<&[u8; 4]> = STSD.iter().copied().chain([b"avc1"]).collect();
    let entry = find(init, &path)?;
    let side = |at: usize| entry.get(at..)?.first_chunk().map(|side| u16::from_be_bytes(*side));
    Some((side(24)?, side(26)?))
}

/// Where `path` leads in `bytes`: the offset of the body of the last box.
fn body_offset(bytes: &[u8], path: &[&[u8; 4]]) -> Option<usize> {
    let body = find(bytes, path)?;
    Some(body.as_ptr() as usize - bytes.as_ptr() as usize)
}

/// Moves a fragment: its decode time later by `ticks`, its number up by `number`. The muxer starts
/// every run at zero; a job that goes on in the middle needs its true place.
pub fn shift(fragment: &mut [u8], ticks: u64, number: u32) -> Option<()> {
    let mfhd = body_offset(fragment, &[b"moof", b"mfhd"])?;
    let old = u32_at(fragment, mfhd + 4)?;
    fragment.get_mut(mfhd + 4..mfhd + 8)?.copy_from_slice(&old.wrapping_add(number).to_be_bytes());
    let tfdt = body_offset(fragment, &[b"moof", b"traf", b"tfdt"])?;
    if *fragment.get(tfdt)? == 1 {
        let time = u64_at(fragment, tfdt + 4)?.checked_add(ticks)?;
        fragment.get_mut(tfdt + 4..tfdt + 12)?.copy_from_slice(&time.to_be_bytes());
    } else {
        let time = u32_at(fragment, tfdt + 4)?.checked_add(u32::try_from(ticks).ok()?)?;
        fragment.get_mut(tfdt + 4..tfdt + 8)?.copy_from_slice(&time.to_be_bytes());
    }
    Some(())
}

/// What one segment holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentFacts {
    /// Decode time of its first sample, in ticks.
    pub start: u64,
    /// Samples in it.
    pub samples: u32,
    /// Sum of their durations, in ticks.
    pub duration: u64,
    /// The first sample can be decoded without any before it.
    pub starts_with_sync: bool,
    /// Presentation of the first sample against its decode time, in ticks.
    pub first_offset: i64,
}

/// Reads a clear segment of one or more fragments; `None` when its boxes are not whole.
pub fn segment_facts(segment: &[u8]) -> Option<SegmentFacts> {
    let mut facts: Option<SegmentFacts> = None;
    let mut covered = 0;
    for one in boxes(segment) {
        covered += one.bytes.len();
        if one.name != *b"moof" {
            continue;
        }
        let traf = find(one.bytes, &[b"moof", b"traf"])?;
        let fragment = fragment_facts(traf)?;
        facts = Some(match facts {
            None => fragment,
            Some(before) if before.start + before.duration == fragment.start => SegmentFacts {
                samples: before.samples + fragment.samples,
                duration: before.duration + fragment.duration,
                ..before
            },
            Some(_) => return None,
        });
    }
    facts.filter(|_| covered == segment.len())
}

fn fragment_facts(traf: &[u8]) -> Option<SegmentFacts> {
    let tfdt = find(traf, &[b"tfdt"])?;
    let start = match *tfdt.first()? {
        1 => u64_at(tfdt, 4)?,
        _ => u64::from(u32_at(tfdt, 4)?),
    };
    let tfhd = find(traf, &[b"tfhd"])?;
    let flags = u32_at(tfhd, 0)? & 0x00ff_ffff;
    // Optional fields in the order of their bits: base offset (8 bytes), then four of 4 bytes.
    let mut at = 8 + if flags & 0x1 == 0 { 0 } else { 8 } + if flags & 0x2 == 0 { 0 } else { 4 };
    let mut field = |bit: u32| {
        if flags & bit == 0 {
            return Some(None);
        }
        at += 4;
        u32_at(tfhd, at - 4).map(Some)
    };
    let default_duration = field(0x8)?;
    let _default_size = field(0x10)?;
    let default_flags = field(0x20)?;
    let trun = find(traf, &[b"trun"])?;
    let (version, flags) = (*trun.first()?, u32_at(trun, 0)? & 0x00ff_ffff);
    let samples = u32_at(trun, 4)?;
    let mut at = 8 + if flags & 0x1 == 0 { 0 } else { 4 };
    let first_flags = if flags & 0x4 == 0 { None } else { Some(u32_at(trun, at)?) };
    at += if flags & 0x4 == 0 { 0 } else { 4 };
    let (mut duration, mut first, mut first_offset) = (0, first_flags, 0);
    for sample in 0..samples {
        let mut field = |bit: u32| {
            if flags & bit == 0 {
                return Some(None);
            }
            at += 4;
            u32_at(trun, at - 4).map(Some)
        };
        duration += u64::from(field(0x100)?.or(default_duration)?);
        let _size = field(0x200)?;
        let own_flags = field(0x400)?.or(default_flags);
        let offset = field(0x800)?;
        if sample == 0 {
            first = first.or(own_flags);
            let raw = offset.unwrap_or(0);
            first_offset = if version == 0 { i64::from(raw) } else { i64::from(raw.cast_signed()) };
        }
    }
    // Bit 16: sample_is_non_sync_sample.
    let starts_with_sync = first.is_none_or(|flags| flags & 0x0001_0000 == 0);
    Some(SegmentFacts { start, samples, duration, starts_with_sync, first_offset })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_broken_box_ends_the_walk() {
        let bytes = [&[0, 0, 0, 12], b"free".as_slice(), &[0; 4], &[0, 0, 0, 99], b"mdat"].concat();
        let names: Vec<_> = boxes(&bytes).map(|b| b.name).collect();
        assert_eq!(names, [*b"free"]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = segment_facts(&bytes);
            let _ = codecs(&bytes);
            let _ = timescale(&bytes);
            let _ = shift(&mut bytes, 5, 1);
        }
    }
}
