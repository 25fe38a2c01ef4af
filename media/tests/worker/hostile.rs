//! Files that nobody makes by accident.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

pub fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A box of an MP4 file.
pub fn iso(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len() + 8).unwrap();
    [&size.to_be_bytes(), name.as_slice(), body].concat()
}

/// Where the top-level `moov` of `file` begins and ends.
pub fn moov(file: &[u8]) -> (usize, usize) {
    let body = media::mp4::find(file, &[b"moov"]).unwrap();
    let start = body.as_ptr() as usize - file.as_ptr() as usize - 8;
    (start, start + 8 + body.len())
}

/// `file`, whose index is its last box, with `more` at the end of the index.
pub fn with_more_index(file: &[u8], more: &[u8]) -> Vec<u8> {
    let (start, end) = moov(file);
    assert_eq!(end, file.len(), "the index comes last");
    let size = u32::try_from(end - start + more.len()).unwrap();
    let mut all = [file, more].concat();
    all[start..start + 4].copy_from_slice(&size.to_be_bytes());
    all
}

/// An index that says `claimed` bytes and holds `content`, as old QuickTime packed it.
pub fn packed_index(content: &[u8], claimed: u32) -> Vec<u8> {
    let packed = zlib(content);
    let body = [claimed.to_be_bytes().as_slice(), &packed].concat();
    let inner = [iso(b"dcom", b"zlib"), iso(b"cmvd", &body)].concat();
    iso(b"moov", &iso(b"cmov", &inner))
}

/// Notes of an index: so many names that no two are alike, each with a word.
pub fn notes(count: u32) -> Vec<u8> {
    let (mut keys, mut items) = (Vec::new(), Vec::new());
    for n in 1..=count {
        keys.extend(iso(b"mdta", format!("com.example.{n:08}").as_bytes()));
        let data = iso(b"data", &[0, 0, 0, 1, 0, 0, 0, 0, b'x']);
        items.extend(iso(&n.to_be_bytes(), &data));
    }
    let keys = [[0; 4].as_slice(), &count.to_be_bytes(), &keys].concat();
    let handler = [[0; 8].as_slice(), b"mdta", &[0; 13]].concat();
    let inner = [iso(b"hdlr", &handler), iso(b"keys", &keys), iso(b"ilst", &items)].concat();
    iso(b"meta", &inner)
}

/// An element of a Matroska file.
pub fn ebml(id: u32, body: &[u8]) -> Vec<u8> {
    let id = id.to_be_bytes();
    let id = &id[id.iter().position(|byte| *byte != 0).unwrap()..];
    let size = (body.len() as u64 | 1 << 56).to_be_bytes();
    [id, &size, body].concat()
}

/// A Matroska film of JPEG pictures, each of `blocks` stored as it is given, ten of them a second.
/// `algorithm` and `settings` say how the reader is to unpack them.
pub fn matroska(algorithm: u8, settings: &[u8], blocks: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let head = [
        ebml(0x4286, &[1]),
        ebml(0x42f7, &[1]),
        ebml(0x42f2, &[4]),
        ebml(0x42f3, &[8]),
        ebml(0x4282, b"matroska"),
        ebml(0x4287, &[4]),
        ebml(0x4285, &[2]),
    ];
    let packing = [ebml(0x4254, &[algorithm]), ebml(0x4255, settings)].concat();
    let encoding =
        [ebml(0x5031, &[0]), ebml(0x5032, &[1]), ebml(0x5033, &[0]), ebml(0x5034, &packing)];
    let encodings = ebml(0x6d80, &ebml(0x6240, &encoding.concat()));
    let size = [ebml(0xb0, &320u16.to_be_bytes()), ebml(0xba, &240u16.to_be_bytes())].concat();
    let track = [
        ebml(0xd7, &[1]),
        ebml(0x73c5, &[1]),
        ebml(0x83, &[1]),
        ebml(0x23e383, &100_000_000u32.to_be_bytes()),
        ebml(0x86, b"V_MJPEG"),
        ebml(0xe0, &size),
        encodings,
    ];
    let info =
        [ebml(0x2ad7b1, &1_000_000u32.to_be_bytes()), ebml(0x4d80, b"x"), ebml(0x5741, b"x")];
    let mut segment = ebml(0x1549_a966, &info.concat());
    segment.extend(ebml(0x1654_ae6b, &ebml(0xae, &track.concat())));
    for (n, block) in blocks.enumerate() {
        let at = u32::try_from(n * 100).unwrap().to_be_bytes();
        let block = [[0x81, 0, 0, 0x80].as_slice(), &block].concat();
        segment.extend(ebml(0x1f43_b675, &[ebml(0xe7, &at), ebml(0xa3, &block)].concat()));
    }
    [ebml(0x1a45_dfa3, &head.concat()), ebml(0x1853_8067, &segment)].concat()
}

/// A black PNG picture of one bit a pixel: 112 MB of pixels in 110 KB at 30000x30000.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let chunk = |name: &[u8; 4], body: &[u8]| {
        let mut sum = flate2::Crc::new();
        sum.update(name);
        sum.update(body);
        let size = u32::try_from(body.len()).unwrap().to_be_bytes();
        [&size, name.as_slice(), body, &sum.sum().to_be_bytes()].concat()
    };
    let head = [&width.to_be_bytes(), &height.to_be_bytes(), [1, 0, 0, 0, 0].as_slice()].concat();
    let mut pixels = ZlibEncoder::new(Vec::new(), Compression::fast());
    let line = vec![0; width.div_ceil(8) as usize + 1];
    for _ in 0..height {
        pixels.write_all(&line).unwrap();
    }
    let parts = [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &head),
        chunk(b"IDAT", &pixels.finish().unwrap()),
        chunk(b"IEND", b""),
    ];
    parts.concat()
}

/// `mp3` with `png` as its cover.
pub fn with_cover(mp3: &[u8], png: &[u8]) -> Vec<u8> {
    let body = [b"\0image/png\0\x03\0".as_slice(), png].concat();
    let size = u32::try_from(body.len()).unwrap().to_be_bytes();
    let frame = [b"APIC", size.as_slice(), &[0, 0], &body].concat();
    let mut size = [0; 4];
    for (at, byte) in size.iter_mut().enumerate() {
        *byte = (frame.len() >> (7 * (3 - at)) & 0x7f) as u8;
    }
    [b"ID3\x03\0\0".as_slice(), &size, &frame, mp3].concat()
}
