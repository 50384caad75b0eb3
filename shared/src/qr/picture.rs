//! A file's bytes become an upright grey picture, or a reason why not; limits are checked before anything unpacks.

use std::io::Cursor;

use exif::{In, Tag};
use image::error::ImageError;
use image::metadata::Orientation;
use image::{DynamicImage, GrayAlphaImage, GrayImage, ImageDecoder, ImageFormat, ImageReader, Limits, Luma};

use super::containment::contained;
use super::scan::{MAX_BYTES, MAX_PIXELS, MAX_SIDE_PX, ScanError};

/// The most that an unpacked picture may take: the largest one that is let in, at four bytes a pixel.
const MAX_UNPACKED_BYTES: u64 = 4 * MAX_PIXELS;

/// The grey readings of a picture, the likelier first: one, or two where transparency leaves open what lies beneath.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<GrayImage>, ScanError> {
    if bytes.len() > MAX_BYTES {
        return Err(ScanError::TooLarge);
    }
    let format = match image::guess_format(bytes) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) => format,
        Ok(_) | Err(_) => return Err(ScanError::UnknownFormat),
    };
    let upright = contained(|| unpack(bytes, format)).unwrap_or(Err(ScanError::Broken))?;
    Ok(if upright.color().has_alpha() {
        let grey = upright.into_luma_alpha8();
        // A black code on nothing was meant for white paper, a white one for a dark page.
        if grey.pixels().all(|pixel| pixel.0[1] == u8::MAX) {
            vec![on_ground(&grey, u8::MAX)]
        } else {
            vec![on_ground(&grey, u8::MAX), on_ground(&grey, u8::MIN)]
        }
    } else {
        vec![upright.into_luma8()]
    })
}

fn unpack(bytes: &[u8], format: ImageFormat) -> Result<DynamicImage, ScanError> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE_PX);
    limits.max_image_height = Some(MAX_SIDE_PX);
    // As much again for the decoder's own working.
    limits.max_alloc = Some(2 * MAX_UNPACKED_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(refusal)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if width.max(height) > MAX_SIDE_PX || pixels > MAX_PIXELS || decoder.total_bytes() > MAX_UNPACKED_BYTES {
        return Err(ScanError::TooLarge);
    }
    if width == 0 || height == 0 {
        return Err(ScanError::Broken);
    }
    // A picture whose metadata are broken is still a picture.
    let orientation = decoder.exif_metadata().ok().flatten().and_then(orientation);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(refusal)?;
    if let Some(orientation) = orientation {
        picture.apply_orientation(orientation);
    }
    Ok(picture)
}

/// The turn that EXIF asks for (tag 0x0112 of the first image; Exif 2.32 §4.6.4 A).
fn orientation(chunk: Vec<u8>) -> Option<Orientation> {
    let exif = exif::Reader::new().read_raw(chunk).ok()?;
    let value = exif.get_field(Tag::Orientation, In::PRIMARY)?.value.get_uint(0)?;
    Orientation::from_exif(u8::try_from(value).ok()?)
}

fn on_ground(picture: &GrayAlphaImage, ground: u8) -> GrayImage {
    GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [grey, alpha] = picture.get_pixel(x, y).0.map(u32::from);
        let mixed = (grey * alpha + u32::from(ground) * (255 - alpha)) / 255;
        Luma([mixed as u8])
    })
}

/// What a decoder's complaint means to whoever brought the picture.
fn refusal(error: ImageError) -> ScanError {
    match error {
        ImageError::Limits(_) => ScanError::TooLarge,
        ImageError::Unsupported(_) => ScanError::UnknownFormat,
        ImageError::Decoding(_)
        | ImageError::Encoding(_)
        | ImageError::Parameter(_)
        | ImageError::IoError(_) => ScanError::Broken,
    }
}
