//! A picture for a chat: decoded within the limits of `courses`, encoded anew in the size that is
//! shown and in a small one. Its metadata does not survive. Heavy: run under [`courses::decoding`].

use image::DynamicImage;

use crate::courses::{self, PictureError};

/// Pixels of the longer side of a picture that is shown.
const FULL: u32 = 2048;
/// Pixels of the longer side of a small one.
const THUMB: u32 = 480;
const FULL_QUALITY: f32 = 84.0;
const THUMB_QUALITY: f32 = 76.0;

/// A picture, ready to be stored.
#[derive(Debug)]
pub struct Picture {
    /// WebP.
    pub full: Vec<u8>,
    /// WebP.
    pub thumb: Vec<u8>,
    /// Pixels of the full one.
    pub width: u32,
    /// Pixels of the full one.
    pub height: u32,
}

/// Makes both sizes of a stranger's picture.
///
/// # Errors
/// Why it is refused.
pub fn make(bytes: &[u8]) -> Result<Picture, PictureError> {
    let picture = within(courses::decode_picture(bytes)?, FULL);
    let full = encode(&picture, FULL_QUALITY)?;
    let (width, height) = (picture.width(), picture.height());
    let thumb = encode(&within(picture, THUMB), THUMB_QUALITY)?;
    Ok(Picture { full, thumb, width, height })
}

/// The picture with no side longer than `side`; a small one stays as it is.
fn within(picture: DynamicImage, side: u32) -> DynamicImage {
    if picture.width() <= side && picture.height() <= side {
        return picture;
    }
    // `thumbnail` rounds a thin side to at least one pixel.
    picture.thumbnail(side, side)
}

fn encode(picture: &DynamicImage, quality: f32) -> Result<Vec<u8>, PictureError> {
    let (width, height) = (picture.width(), picture.height());
    let encoded = if picture.color().has_alpha() {
        let rgba = picture.to_rgba8();
        webp::Encoder::from_rgba(rgba.as_raw(), width, height).encode_simple(false, quality)
    } else {
        let rgb = picture.to_rgb8();
        webp::Encoder::from_rgb(rgb.as_raw(), width, height).encode_simple(false, quality)
    };
    Ok(encoded.map_err(|_| PictureError::Damaged)?.to_vec())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::ImageFormat;

    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let picture = image::RgbaImage::from_pixel(width, height, image::Rgba([9, 8, 7, 128]));
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    /// MSG-06
    #[test]
    fn a_picture_is_made_anew_in_two_sizes() {
        let made = make(&png(3000, 1500)).unwrap();
        assert_eq!((made.width, made.height), (2048, 1024));
        for (bytes, size) in [(&made.full, (2048, 1024)), (&made.thumb, (480, 240))] {
            let again = image::load_from_memory_with_format(bytes, ImageFormat::WebP).unwrap();
            assert_eq!((again.width(), again.height()), size);
            assert!(again.color().has_alpha());
        }
        let small = make(&png(20, 4000)).unwrap();
        assert_eq!((small.width, small.height), (10, 2048));
        assert!(make(b"GIF89a").is_err());
    }
}
