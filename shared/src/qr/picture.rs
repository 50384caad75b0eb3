//! A file's bytes become an upright grey picture, or a reason why not; limits are checked before anything unpacks.

use std::io::Cursor;

use exif::{In, Tag};
use image::error::ImageError;
use image::metadata::Orientation;
use image::{DynamicImage, GrayAlphaImage, GrayImage, ImageDecoder, ImageFormat, ImageReader, Limits, Luma};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::containment::contained;
use super::scan::{MAX_BYTES, MAX_PIXELS, MAX_SIDE_PX, ScanError};

/// The most that an unpacked picture may take: the largest one that is let in, at four bytes a pixel.
const MAX_UNPACKED_BYTES: u64 = 4 * MAX_PIXELS;

/// The grey readings of a picture, the likelier first: one, or two where transparency leaves open what lies beneath.
pub(super) fn decode(bytes: &[u8], max_pixels: u64) -> Result<Vec<GrayImage>, ScanError> {
    if bytes.len() > MAX_BYTES {
        return Err(ScanError::TooLarge);
    }
    let format = match image::guess_format(bytes) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) => format,
        Ok(_) | Err(_) => return Err(ScanError::UnknownFormat),
    };
    let upright = contained(|| unpack(bytes, format, max_pixels)).unwrap_or(Err(ScanError::Broken))?;
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

/// The light of a JPEG without its colours, which need not be unpacked at all; `None` where its light is not told
/// apart from its colours.
fn light_of_jpeg(bytes: &[u8], max_pixels: u64) -> Option<Result<DynamicImage, ScanError>> {
    let limit = MAX_SIDE_PX as usize;
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(limit)
        .set_max_height(limit)
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    // What is refused here is left to the other way, which knows why.
    decoder.decode_headers().ok()?;
    if !matches!(decoder.input_colorspace(), Some(ColorSpace::YCbCr | ColorSpace::Luma)) {
        return None;
    }
    let (width, height) = decoder.dimensions()?;
    let (width, height) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    if u64::from(width) * u64::from(height) > max_pixels {
        return Some(Err(ScanError::TooLarge));
    }
    let orientation = decoder.exif().cloned().and_then(orientation);
    let Ok(light) = decoder.decode() else { return Some(Err(ScanError::Broken)) };
    let Some(grey) = GrayImage::from_raw(width, height, light) else { return Some(Err(ScanError::Broken)) };
    let mut picture = DynamicImage::from(grey);
    if let Some(orientation) = orientation {
        picture.apply_orientation(orientation);
    }
    Some(Ok(picture))
}

fn unpack(bytes: &[u8], format: ImageFormat, max_pixels: u64) -> Result<DynamicImage, ScanError> {
    if let (ImageFormat::Jpeg, Some(unpacked)) = (format, light_of_jpeg(bytes, max_pixels)) {
        return unpacked;
    }
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
    if width.max(height) > MAX_SIDE_PX || pixels > max_pixels || decoder.total_bytes() > MAX_UNPACKED_BYTES {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qr::studio::{file, jpeg, lay, sheet, with_orientation};

    /// A PNG that says it is `width` × `height` of `colour` and holds next to nothing.
    fn claim(width: u32, height: u32, bits: u8, colour: u8) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
        header.extend([bits, colour, 0, 0, 0]);
        // An empty deflate stream in a zlib wrapper.
        for (kind, data) in
            [(b"IHDR", header.as_slice()), (b"IDAT", b"\x78\x01\x03\0\0\0\0\x01"), (b"IEND", b"")]
        {
            let chunk = [kind.as_slice(), data].concat();
            bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
            bytes.extend(&chunk);
            bytes.extend(crc32(&chunk).to_be_bytes());
        }
        bytes
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, byte| {
            (0..8)
                .fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
        })
    }

    #[test]
    fn a_bomb_is_refused_by_what_it_claims() {
        let cases = [
            ("50000 × 50000", claim(50_000, 50_000, 8, 0)),
            ("one pixel high and too wide", claim(MAX_SIDE_PX + 1, 1, 1, 0)),
            ("one pixel wide and too high", claim(1, MAX_SIDE_PX + 1, 1, 0)),
            ("sides within bounds, too many pixels", claim(16_000, 16_000, 1, 0)),
            ("pixels within bounds, too many bytes", claim(8_000, 8_000, 16, 6)),
        ];
        for (claimed, bytes) in cases {
            assert_eq!(decode(&bytes, MAX_PIXELS), Err(ScanError::TooLarge), "{claimed}");
        }
        // The same file with an honest size is merely torn: it is the claim that was refused.
        assert_eq!(decode(&claim(8, 8, 8, 0), MAX_PIXELS), Err(ScanError::Broken));
    }

    #[test]
    fn a_bomb_of_any_kind_is_refused_by_its_header() {
        let picture = DynamicImage::from(sheet(64, 48, 200));
        let mut jpeg = jpeg(&sheet(64, 48, 200), 80);
        let frame = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
        // Precision, then height and width, behind marker and length.
        jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
        assert_eq!(decode(&jpeg, MAX_PIXELS), Err(ScanError::TooLarge));

        let mut webp = file(&DynamicImage::from(picture.to_rgb8()), ImageFormat::WebP);
        let lossless = webp.windows(4).position(|kind| kind == b"VP8L").unwrap();
        // Signature byte, then 14 bits each of width - 1 and height - 1: 16383 × 16383.
        webp[lossless + 9..lossless + 13].copy_from_slice(&[0xfe, 0xbf, 0xff, 0x0f]);
        assert_eq!(decode(&webp, MAX_PIXELS), Err(ScanError::TooLarge));
    }

    #[test]
    fn a_picture_is_turned_as_exif_says() {
        // Black in the upper left quarter as the sensor saw it.
        let mut seen = sheet(64, 32, 255);
        lay(&mut seen, &sheet(32, 16, 0), 0, 0);
        let seen = jpeg(&seen, 95);
        // Orientation, then the size and the dark quarter's middle as they are to be seen.
        let cases = [
            (1, (64, 32), (16, 8)),
            (2, (64, 32), (48, 8)),
            (3, (64, 32), (48, 24)),
            (4, (64, 32), (16, 24)),
            (6, (32, 64), (24, 16)),
            (8, (32, 64), (8, 48)),
            (0, (64, 32), (16, 8)),
            (9, (64, 32), (16, 8)),
        ];
        for (orientation, size, (x, y)) in cases {
            let [upright] =
                decode(&with_orientation(&seen, orientation), MAX_PIXELS).unwrap().try_into().unwrap();
            assert_eq!(upright.dimensions(), size, "orientation {orientation}");
            let dark = upright.enumerate_pixels().filter(|(_, _, pixel)| pixel.0[0] < 128).count();
            assert!((500..530).contains(&dark), "orientation {orientation}: {dark} dark pixels");
            assert!(upright.get_pixel(x, y).0[0] < 20, "orientation {orientation}");
        }
    }

    #[test]
    fn what_is_transparent_is_seen_on_white_and_on_black() {
        let half = GrayAlphaImage::from_fn(4, 1, |x, _| image::LumaA([100, [0, 255][x as usize % 2]]));
        let both = decode(&file(&DynamicImage::ImageLumaA8(half), ImageFormat::Png), MAX_PIXELS).unwrap();
        let rows: Vec<&[u8]> = both.iter().map(|grey| grey.as_raw().as_slice()).collect();
        assert_eq!(rows, [[255, 100, 255, 100], [0, 100, 0, 100]]);
        let opaque = GrayAlphaImage::from_pixel(4, 1, image::LumaA([100, 255]));
        assert_eq!(
            decode(&file(&DynamicImage::ImageLumaA8(opaque), ImageFormat::Png), MAX_PIXELS).unwrap().len(),
            1
        );
    }
}
