//! A picture from a stranger made into a cover: judged before it is decoded, turned the way it was
//! shot, re-encoded small; nothing of the original's bytes is kept, so its metadata is gone.
//! Pure computing, no IO; heavy: run it on a blocking thread.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{
    DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits, RgbImage,
};

use super::model::CoverSize;

/// Most bytes of a picture as uploaded.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;
/// Most pixels along one side.
const MAX_SIDE: u32 = 8192;
/// Most pixels in all.
const MAX_PIXELS: u64 = 40_000_000;
/// Most memory that a decoder may take, bytes.
const MAX_ALLOC: u64 = 256 * 1024 * 1024;
/// Widths that a cover is offered in; never wider than the original, except the smallest.
const WIDTHS: [u32; 3] = [320, 640, 1280];
/// Size of the picture for link previews (Open Graph), pixels.
pub const OG_SIZE: (u32, u32) = (1200, 630);
const WEBP_QUALITY: f32 = 80.0;
const JPEG_QUALITY: u8 = 82;

/// Why a picture was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CoverError {
    /// More than [`MAX_BYTES`].
    #[error("the picture is larger than 10 MiB")]
    TooLarge,
    /// Wider or higher than 8192, more than 40 megapixels, or greedy in decoding.
    #[error("the picture has too many pixels (at most 8192 a side and 40 megapixels)")]
    TooManyPixels,
    /// Neither JPEG, PNG, WebP nor GIF by its own bytes.
    #[error("only JPEG, PNG, WebP and GIF pictures are taken")]
    NotAPicture,
    /// It calls itself a picture, and cannot be read as one.
    #[error("the picture is damaged")]
    Damaged,
}

/// One size, encoded.
#[derive(Debug)]
pub struct Encoded {
    /// Its pixels.
    pub size: CoverSize,
    /// WebP bytes.
    pub webp: Vec<u8>,
}

/// A picture, ready to be stored.
#[derive(Debug)]
pub struct Rendered {
    /// From small to large.
    pub sizes: Vec<Encoded>,
    /// JPEG of [`OG_SIZE`].
    pub og_jpeg: Vec<u8>,
    /// Average colour, `#rrggbb`.
    pub color: String,
}

/// Judges `bytes` and makes all sizes of them.
pub fn render(bytes: &[u8]) -> Result<Rendered, CoverError> {
    let picture = decode(bytes)?;
    let largest = WIDTHS.iter().copied().max().unwrap_or_default();
    // One cheap step down from a camera's size; the sizes are then made from this.
    let picture = if picture.width() > largest * 2 {
        let height = scaled(picture.height(), largest * 2, picture.width());
        picture.thumbnail_exact(largest * 2, height)
    } else {
        picture
    };
    let rgb = flatten(&picture);
    let source = DynamicImage::ImageRgb8(rgb);

    let mut sizes = Vec::new();
    for width in WIDTHS {
        // A picture narrower than the wanted width is offered once, as wide as it is.
        let width = width.min(source.width());
        if sizes.last().is_some_and(|last: &Encoded| last.size.width >= width) {
            continue;
        }
        let size = CoverSize { width, height: scaled(source.height(), width, source.width()) };
        let resized =
            source.resize_exact(size.width, size.height, FilterType::Lanczos3).into_rgb8();
        let webp = webp::Encoder::from_rgb(resized.as_raw(), size.width, size.height)
            .encode_simple(false, WEBP_QUALITY)
            .map_err(|_| CoverError::Damaged)?
            .to_vec();
        sizes.push(Encoded { size, webp });
    }

    let og = middle(&source).resize_exact(OG_SIZE.0, OG_SIZE.1, FilterType::Lanczos3).into_rgb8();
    let mut og_jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut og_jpeg, JPEG_QUALITY)
        .encode_image(&og)
        .map_err(|_| CoverError::Damaged)?;

    let dot = source.resize_exact(1, 1, FilterType::Triangle).into_rgb8();
    let color = match dot.pixels().next() {
        Some(image::Rgb([r, g, b])) => format!("#{r:02x}{g:02x}{b:02x}"),
        None => return Err(CoverError::Damaged),
    };
    Ok(Rendered { sizes, og_jpeg, color })
}

/// Width that a picture in a text is made smaller to, pixels.
const PICTURE_WIDTH: u32 = 1600;
/// Formulas and drawings suffer more than photographs.
const PICTURE_QUALITY: f32 = 90.0;

/// Judges `bytes` and makes one picture of them, for a text.
pub fn picture(bytes: &[u8]) -> Result<Encoded, CoverError> {
    let mut picture = decode(bytes)?;
    if picture.width() > PICTURE_WIDTH {
        let height = scaled(picture.height(), PICTURE_WIDTH, picture.width());
        picture = picture.resize_exact(PICTURE_WIDTH, height, FilterType::Lanczos3);
    }
    let rgb = flatten(&picture);
    let size = CoverSize { width: rgb.width(), height: rgb.height() };
    let webp = webp::Encoder::from_rgb(rgb.as_raw(), size.width, size.height)
        .encode_simple(false, PICTURE_QUALITY)
        .map_err(|_| CoverError::Damaged)?
        .to_vec();
    Ok(Encoded { size, webp })
}

/// Judges a stranger's picture and decodes it, turned the way it was shot. Heavy: see
/// [`super::decoding`].
///
/// # Errors
/// Why it is refused.
pub fn decode(bytes: &[u8]) -> Result<DynamicImage, CoverError> {
    if bytes.len() > MAX_BYTES {
        return Err(CoverError::TooLarge);
    }
    let format = image::guess_format(bytes).map_err(|_| CoverError::NotAPicture)?;
    if !matches!(
        format,
        ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP | ImageFormat::Gif
    ) {
        return Err(CoverError::NotAPicture);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_ALLOC);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(refusal)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(CoverError::Damaged);
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS || decoder.total_bytes() > MAX_ALLOC {
        return Err(CoverError::TooManyPixels);
    }
    let orientation = decoder.orientation().map_err(refusal)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(refusal)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

fn refusal(error: ImageError) -> CoverError {
    match error {
        ImageError::Limits(_) => CoverError::TooManyPixels,
        ImageError::Unsupported(_) => CoverError::NotAPicture,
        _ => CoverError::Damaged,
    }
}

/// `side` scaled by `to / from`, at least one pixel.
fn scaled(side: u32, to: u32, from: u32) -> u32 {
    let scaled = u64::from(side) * u64::from(to) / u64::from(from.max(1));
    u32::try_from(scaled.max(1)).unwrap_or(MAX_SIDE)
}

/// The middle of the picture in the shape of [`OG_SIZE`]. Cut first and scaled afterwards: the other
/// way round, a picture of 40 by 8,000 pixels would have to be blown up to hundreds of megapixels.
fn middle(picture: &DynamicImage) -> DynamicImage {
    let (width, height) = (picture.width(), picture.height());
    let wanted_height = scaled(OG_SIZE.1, width, OG_SIZE.0).min(height);
    let wanted_width = scaled(OG_SIZE.0, height, OG_SIZE.1).min(width);
    let (x, y) = ((width - wanted_width) / 2, (height - wanted_height) / 2);
    picture.crop_imm(x, y, wanted_width, wanted_height)
}

/// The picture over white, without transparency.
fn flatten(picture: &DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let rgba = picture.to_rgba8();
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let image::Rgba([r, g, b, a]) = *rgba.get_pixel(x, y);
        let over_white = |c: u8| {
            let mixed = (u32::from(c) * u32::from(a) + 255 * (255 - u32::from(a))) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        image::Rgb([over_white(r), over_white(g), over_white(b)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32, color: [u8; 4]) -> Vec<u8> {
        let picture = image::RgbaImage::from_pixel(width, height, image::Rgba(color));
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    fn jpeg_with_exif(width: u32, height: u32, orientation: u8) -> Vec<u8> {
        let picture = RgbImage::from_fn(width, height, |x, _| {
            image::Rgb([if x < width / 2 { 250 } else { 5 }, 0, 0])
        });
        let mut plain = Vec::new();
        JpegEncoder::new(&mut plain).encode_image(&picture).unwrap();
        // SOI, then an APP1 segment with one IFD entry: orientation (0x0112), SHORT, 1, value.
        let mut tiff = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        tiff.extend([orientation, 0, 0, 0, 0, 0, 0]);
        tiff.extend(b"SECRET-GPS-PLACE");
        let mut bytes = plain[..2].to_vec();
        bytes.extend([0xff, 0xe1]);
        bytes.extend(u16::try_from(tiff.len() + 2).unwrap().to_be_bytes());
        bytes.extend(tiff);
        bytes.extend(&plain[2..]);
        bytes
    }

    fn widths(rendered: &Rendered) -> Vec<(u32, u32)> {
        rendered.sizes.iter().map(|encoded| (encoded.size.width, encoded.size.height)).collect()
    }

    /// CRS-33 MED-16
    #[test]
    fn a_picture_becomes_three_webp_sizes_a_preview_and_a_colour() {
        let rendered = render(&png(1600, 900, [10, 20, 30, 255])).unwrap();
        assert_eq!(widths(&rendered), [(320, 180), (640, 360), (1280, 720)]);
        assert_eq!(rendered.color, "#0a141e");
        for encoded in &rendered.sizes {
            let again =
                image::load_from_memory_with_format(&encoded.webp, ImageFormat::WebP).unwrap();
            assert_eq!((again.width(), again.height()), (encoded.size.width, encoded.size.height));
        }
        let og = image::load_from_memory_with_format(&rendered.og_jpeg, ImageFormat::Jpeg).unwrap();
        assert_eq!((og.width(), og.height()), OG_SIZE);
    }

    #[test]
    fn a_small_picture_is_not_blown_up_and_transparency_lies_on_white() {
        let rendered = render(&png(500, 500, [0, 0, 0, 0])).unwrap();
        assert_eq!(widths(&rendered), [(320, 320), (500, 500)]);
        assert_eq!(rendered.color, "#ffffff");
        assert_eq!(widths(&render(&png(40, 8000, [9, 9, 9, 255])).unwrap()), [(40, 8000)]);
        assert_eq!(
            widths(&render(&png(8000, 1, [9, 9, 9, 255])).unwrap()),
            [(320, 1), (640, 1), (1280, 1)]
        );
    }

    /// CRS-33
    #[test]
    fn a_photograph_is_turned_the_way_it_was_shot_and_loses_its_metadata() {
        let original = jpeg_with_exif(800, 400, 6);
        assert!(original.windows(16).any(|w| w == b"SECRET-GPS-PLACE"));
        let rendered = render(&original).unwrap();
        assert_eq!(widths(&rendered), [(320, 640), (400, 800)]);
        for bytes in rendered.sizes.iter().map(|encoded| &encoded.webp).chain([&rendered.og_jpeg]) {
            assert!(!bytes.windows(10).any(|w| w == b"SECRET-GPS"));
            assert!(!bytes.windows(4).any(|w| w == b"Exif" || w == b"EXIF"));
        }
        // Orientation 6: the left half of what is stored is the top of what is shown.
        let shown = image::load_from_memory(&rendered.sizes[0].webp).unwrap().into_rgb8();
        assert!(shown.get_pixel(160, 100).0[0] > 200 && shown.get_pixel(160, 540).0[0] < 60);
    }

    /// LRN-17
    #[test]
    fn a_picture_for_a_text_is_made_once_and_not_blown_up() {
        let small = picture(&png(300, 200, [1, 2, 3, 255])).unwrap();
        assert_eq!((small.size.width, small.size.height), (300, 200));
        let large = picture(&png(3200, 1000, [1, 2, 3, 0])).unwrap();
        assert_eq!((large.size.width, large.size.height), (1600, 500));
        assert!(image::load_from_memory_with_format(&large.webp, ImageFormat::WebP).is_ok());
        assert_eq!(picture(b"<svg/>").unwrap_err(), CoverError::NotAPicture);
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_decoded() {
        // A true PNG header that promises 50,000 x 50,000 pixels.
        let mut bomb = png(1, 1, [0, 0, 0, 255]);
        bomb[16..20].copy_from_slice(&50_000_u32.to_be_bytes());
        bomb[20..24].copy_from_slice(&50_000_u32.to_be_bytes());
        let crc = crc32(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&crc.to_be_bytes());
        assert_eq!(render(&bomb).unwrap_err(), CoverError::TooManyPixels);
        // Within the sides, over the pixels.
        bomb[16..20].copy_from_slice(&8_000_u32.to_be_bytes());
        bomb[20..24].copy_from_slice(&8_000_u32.to_be_bytes());
        let crc = crc32(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&crc.to_be_bytes());
        assert_eq!(render(&bomb).unwrap_err(), CoverError::TooManyPixels);
        assert_eq!(render(&vec![0; MAX_BYTES + 1]).unwrap_err(), CoverError::TooLarge);
    }

    #[test]
    fn what_is_no_picture_or_a_broken_one_is_refused() {
        for bytes in [
            b"".as_slice(),
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"<?xml version='1.0'?><svg/>",
            b"hello",
            b"II*\0\x08\0\0\0",
            b"8BPS\0\x01",
            b"%PDF-1.7",
            b"BM\0\0\0\0\0\0",
        ] {
            assert_eq!(
                render(bytes).unwrap_err(),
                CoverError::NotAPicture,
                "{:?}",
                &bytes[..bytes.len().min(8)]
            );
        }
        let whole = png(300, 300, [1, 2, 3, 255]);
        assert_eq!(render(&whole[..whole.len() / 2]).unwrap_err(), CoverError::Damaged);
        assert_eq!(render(b"\x89PNG\r\n\x1a\n").unwrap_err(), CoverError::Damaged);
        assert_eq!(render(b"GIF89a").unwrap_err(), CoverError::Damaged);
        assert_eq!(render(b"RIFF\x10\0\0\0WEBPVP8 ").unwrap_err(), CoverError::Damaged);
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
            })
        })
    }
}
