//! Unpacking a JPEG that has been taken apart and judged.

use std::panic::{AssertUnwindSafe, catch_unwind};

use image::{DynamicImage, GrayImage, RgbImage};
use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use super::{jpeg::Jpeg, refusal::PhotoRefusal};

/// Pixels that are unpacked, at most: more than a 26-megapixel camera takes. They need 100 MB, and twice as much again while a
/// progressive file is unpacked.
pub(super) const MAX_PIXELS: u64 = 32_000_000;
/// Pixels times scans, at most. A progressive file makes a decoder walk over the whole picture for every
/// scan, and a scan can be a few bytes long: without this limit 5 MB are a million such walks. Encoders
/// write 3 to 14 scans.
const MAX_WORK: u64 = 384_000_000;
/// Scans of a picture of whatever size, at most.
const MAX_SCANS: u64 = 64;

/// Refuses what would cost too much to unpack, from the headers alone.
///
/// # Errors
/// [`PhotoRefusal::DecompressionBomb`] or [`PhotoRefusal::TooManyScans`].
pub(super) fn check_cost(jpeg: &Jpeg<'_>) -> Result<(), PhotoRefusal> {
    let pixels = jpeg.frame.stored.pixels();
    if pixels > MAX_PIXELS {
        return Err(PhotoRefusal::DecompressionBomb { pixels, max: MAX_PIXELS });
    }
    let max = (MAX_WORK / pixels.max(1)).min(MAX_SCANS);
    if u64::from(jpeg.scans) > max {
        return Err(PhotoRefusal::TooManyScans { max });
    }
    Ok(())
}

/// Unpacks the whole picture, as stored: not turned yet, three channels.
///
/// The decoder is called directly rather than through `image`, which runs this same decoder in its lenient
/// mode: there, the missing half of a photo is silently painted grey.
///
/// # Errors
/// [`PhotoRefusal::Broken`] when the data do not make up the whole picture.
pub(super) fn unpack(jpeg: &Jpeg<'_>) -> Result<DynamicImage, PhotoRefusal> {
    let broken = PhotoRefusal::Broken("picture data");
    let bytes = jpeg.for_decoder();
    let grey = jpeg.frame.components.len() == 1;
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        // Hostile input goes through the decoder's safe code only.
        .set_use_unsafe(false)
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX)
        .jpeg_set_out_colorspace(if grey { ColorSpace::Luma } else { ColorSpace::RGB });
    // The decoder is not ours and indexes without asking; on malformed input it may panic. That must cost
    // one photo, not the request's thread. Nothing outlives the closure that a panic could leave half-made.
    let decoded = catch_unwind(AssertUnwindSafe(|| {
        JpegDecoder::new_with_options(ZCursor::new(&bytes), options).decode().ok()
    }));
    let pixels = decoded.ok().flatten().ok_or(broken)?;
    let size = jpeg.frame.stored;
    let picture = if grey {
        GrayImage::from_raw(size.width, size.height, pixels).map(DynamicImage::ImageLuma8)
    } else {
        RgbImage::from_raw(size.width, size.height, pixels).map(DynamicImage::ImageRgb8)
    };
    picture.map(|p| p.into_rgb8().into()).ok_or(broken)
}
