//! A portrait so small that it fits into a code: grey, 40 × 48 pixels, at most 400 bytes.
//!
//! It is a baseline JPEG whose header is left out, for the header depends on the quality alone and is longer than the
//! picture. The first byte is the quality (1–100), the rest the entropy-coded scan. The writer takes the best quality
//! that fits. Why grey and why this size: ADR 58.

use std::fmt;
use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, GrayImage, ImageError, ImageFormat, ImageReader, Limits};

/// The width in pixels.
pub const WIDTH: u32 = 40;
/// The height in pixels.
pub const HEIGHT: u32 = 48;
/// The most bytes.
pub const MAX_BYTES: usize = 400;

/// Below this a face is no longer one.
const WORST: u8 = 10;
const BEST: u8 = 95;
/// The largest photo that is unpacked: sides in pixels.
const MOST_PIXELS: u32 = 8192;

/// A portrait as it stands in a code. Biometric in effect: `Debug` tells the size alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Portrait(Vec<u8>);

impl Portrait {
    /// Makes one of a photo (JPEG): its middle, cut to 5 : 6.
    ///
    /// # Errors
    /// When the photo cannot be unpacked, or is so full of detail that nothing recognisable would fit.
    pub fn of_photo(jpeg: &[u8]) -> Result<Self, PortraitError> {
        let mut reader = ImageReader::with_format(Cursor::new(jpeg), ImageFormat::Jpeg);
        let mut limits = Limits::default();
        limits.max_image_width = Some(MOST_PIXELS);
        limits.max_image_height = Some(MOST_PIXELS);
        reader.limits(limits);
        let photo = reader.decode().map_err(PortraitError::Unreadable)?;
        let small = photo.resize_to_fill(WIDTH, HEIGHT, FilterType::Lanczos3).into_luma8();
        Self::best(&small)
    }

    /// The best quality that fits: more quality takes more bytes, so the search halves.
    fn best(picture: &GrayImage) -> Result<Self, PortraitError> {
        let (mut fits, mut too_good) = (None, BEST + 1);
        let mut worse = WORST;
        while worse < too_good {
            let quality = worse + (too_good - worse) / 2;
            let (_, scan) = encoded(picture, quality)?;
            if scan.len() < MAX_BYTES {
                fits = Some((quality, scan));
                worse = quality + 1;
            } else {
                too_good = quality;
            }
        }
        let (quality, scan) = fits.ok_or(PortraitError::TooDetailed)?;
        Ok(Self([&[quality], scan.as_slice()].concat()))
    }

    /// Takes what a code carries.
    ///
    /// # Errors
    /// [`PortraitError::Form`] when it is empty, too long, of no quality or holds a marker, which no scan does.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, PortraitError> {
        let (quality, scan) = bytes.split_first().ok_or(PortraitError::Form)?;
        // In a scan 0xff is always followed by a zero (ITU-T T.81 §B.1.1.5).
        let has_marker = scan.windows(2).any(|pair| matches!(pair, [0xff, next] if *next != 0));
        let ends_amid = scan.last() == Some(&0xff);
        let in_range = (1..=100).contains(quality) && !scan.is_empty() && bytes.len() <= MAX_BYTES;
        if !in_range || has_marker || ends_amid {
            return Err(PortraitError::Form);
        }
        Ok(Self(bytes))
    }

    /// As it stands in a code.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The whole JPEG file, for a screen.
    ///
    /// # Errors
    /// Only if the encoder cannot write a header.
    pub fn to_jpeg(&self) -> Result<Vec<u8>, PortraitError> {
        let (quality, scan) = self.0.split_first().ok_or(PortraitError::Form)?;
        let (header, _) = encoded(&GrayImage::new(WIDTH, HEIGHT), *quality)?;
        Ok([header.as_slice(), scan, &[0xff, 0xd9]].concat())
    }
}

impl fmt::Debug for Portrait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Portrait({} bytes)", self.0.len())
    }
}

/// A picture as JPEG: everything up to the scan, and the scan without the end marker.
fn encoded(picture: &GrayImage, quality: u8) -> Result<(Vec<u8>, Vec<u8>), PortraitError> {
    let mut jpeg = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut jpeg, quality);
    DynamicImage::ImageLuma8(picture.clone())
        .write_with_encoder(encoder)
        .map_err(PortraitError::Unwritable)?;
    let scan = jpeg.windows(2).position(|pair| pair == [0xff, 0xda]).ok_or(PortraitError::Form)?;
    let length = match jpeg.get(scan + 2..scan + 4) {
        Some(&[high, low]) => usize::from(high) * 256 + usize::from(low),
        _ => return Err(PortraitError::Form),
    };
    let start = scan + 2 + length;
    let end = jpeg.len().saturating_sub(2);
    let (header, rest) = (jpeg.get(..start), jpeg.get(start..end));
    header.zip(rest).map(|(header, rest)| (header.to_vec(), rest.to_vec())).ok_or(PortraitError::Form)
}

/// Messages complete "cannot make a small portrait: …".
#[derive(Debug, thiserror::Error)]
pub enum PortraitError {
    /// The photo is no JPEG or too large.
    #[error("the photo cannot be unpacked")]
    Unreadable(#[source] ImageError),
    /// The encoder failed.
    #[error("the picture cannot be written")]
    Unwritable(#[source] ImageError),
    /// Even the worst quality is too large.
    #[error("the photo has more detail than a code holds")]
    TooDetailed,
    /// Not in the form that codes carry.
    #[error("it is not a portrait of the form that codes carry")]
    Form,
}

#[cfg(test)]
mod tests {
    use image::{Luma, RgbImage};
    use sha2::{Digest, Sha256};

    use super::*;

    /// Something of a face's size and contrast, with the grain of a photograph.
    fn photo(grain: u32) -> Vec<u8> {
        let mut last = 1_u32;
        let picture = RgbImage::from_fn(246, 304, |x, y| {
            let (dx, dy) = ((x as f32 - 123.0) / 80.0, (y as f32 - 140.0) / 100.0);
            let inside = dx * dx + dy * dy < 1.0;
            let eye = (y as f32 - 120.0).abs() < 8.0 && ((x as f32 - 123.0).abs() - 35.0).abs() < 12.0;
            last = last.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = if grain == 0 { 0 } else { (last >> 16) % grain };
            let level = if eye {
                40
            } else if inside {
                170
            } else {
                230 - x / 8
            };
            let level = u8::try_from((level + noise).min(255)).unwrap();
            image::Rgb([level, level, level])
        });
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, 90).encode_image(&picture).unwrap();
        jpeg
    }

    #[test]
    fn a_portrait_fits_and_looks_like_its_photo() {
        for grain in [0, 25] {
            let photo = photo(grain);
            let portrait = Portrait::of_photo(&photo).unwrap();
            assert!(portrait.as_bytes().len() <= MAX_BYTES);
            assert_eq!(Portrait::from_bytes(portrait.as_bytes().to_vec()).unwrap(), portrait);
            let shown = image::load_from_memory(&portrait.to_jpeg().unwrap()).unwrap().into_luma8();
            assert_eq!(shown.dimensions(), (WIDTH, HEIGHT));
            let original = image::load_from_memory(&photo).unwrap();
            let original = original.resize_to_fill(WIDTH, HEIGHT, FilterType::Lanczos3).into_luma8();
            let difference: u32 = shown
                .pixels()
                .zip(original.pixels())
                .map(|(Luma([one]), Luma([other]))| u32::from(one.abs_diff(*other)))
                .sum();
            assert!(difference / (WIDTH * HEIGHT) < 12, "{difference}");
        }
    }

    #[test]
    fn the_header_that_is_left_out_never_changes() {
        // The header is part of the format: with another one the portraits that exist would look otherwise.
        let (header, _) = encoded(&GrayImage::new(WIDTH, HEIGHT), 50).unwrap();
        let digest: String = Sha256::digest(&header).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            (header.len(), digest.as_str()),
            (328, "e745f1ae46f4dfe6627c26d207ae439607d04a72130a78a92e29a30a225f38f2")
        );
    }

    #[test]
    fn what_is_no_portrait_is_refused() {
        let wrong: [&[u8]; 6] = [&[], &[50], &[0, 1], &[101, 1], &[50, 0xff, 0xd9], &[50, 1, 0xff]];
        for bytes in wrong {
            assert!(matches!(Portrait::from_bytes(bytes.to_vec()), Err(PortraitError::Form)), "{bytes:?}");
        }
        assert!(Portrait::from_bytes(vec![50; MAX_BYTES]).is_ok());
        assert!(Portrait::from_bytes(vec![50; MAX_BYTES + 1]).is_err());
        assert!(matches!(Portrait::of_photo(b"no photo"), Err(PortraitError::Unreadable(_))));
    }
}
