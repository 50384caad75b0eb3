//! What the tests of this module photograph: drawings, what happens to them on the way to a camera, and files.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, GrayImage, ImageFormat, Luma, imageops};

use super::render;

/// An offer as long as real ones are.
pub(super) const OFFER: &str = "openid-credential-offer://?credential_offer_uri=\
                                http%3A%2F%2F127.0.0.1%3A8080%2Fo%2FAbCdEfGhIjKlMnOpQrStUv";

/// Another one.
pub(super) const OTHER: &str = "openid-credential-offer://?credential_offer_uri=\
                                http%3A%2F%2F127.0.0.1%3A8080%2Fo%2FZyXwVuTsRqPoNmLkJiHgFe";

/// A code by itself, black on white.
pub(super) fn code(text: &str, module_px: u32) -> GrayImage {
    image::load_from_memory(&render::png(text, module_px).unwrap()).unwrap().into_luma8()
}

/// A sheet of one grey.
pub(super) fn sheet(width: u32, height: u32, grey: u8) -> GrayImage {
    GrayImage::from_pixel(width, height, Luma([grey]))
}

/// Lays `top` on `sheet` with its upper left corner at `x`, `y`.
pub(super) fn lay(sheet: &mut GrayImage, top: &GrayImage, x: u32, y: u32) {
    imageops::replace(sheet, top, x.into(), y.into());
}

/// The picture turned clockwise about its middle, on a white sheet that holds it whole.
pub(super) fn turned(picture: &GrayImage, degrees: f32) -> GrayImage {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let side = width.hypot(height).ceil() as u32 + 2;
    let middle = side as f32 / 2.0;
    GrayImage::from_fn(side, side, |x, y| {
        let (x, y) = (x as f32 + 0.5 - middle, y as f32 + 0.5 - middle);
        let (u, v) = (x * cos + y * sin + width / 2.0 - 0.5, y * cos - x * sin + height / 2.0 - 0.5);
        let at = |u: f32, v: f32| {
            let inside = u >= 0.0 && v >= 0.0 && u < width && v < height;
            if inside { f32::from(picture.get_pixel(u as u32, v as u32).0[0]) } else { 255.0 }
        };
        let (right, lower) = (u - u.floor(), v - v.floor());
        let (u, v) = (u.floor(), v.floor());
        let above = at(u, v) * (1.0 - right) + at(u + 1.0, v) * right;
        let below = at(u, v + 1.0) * (1.0 - right) + at(u + 1.0, v + 1.0) * right;
        Luma([(above * (1.0 - lower) + below * lower).round() as u8])
    })
}

/// The picture out of focus.
pub(super) fn blurred(picture: &GrayImage, sigma: f32) -> GrayImage {
    DynamicImage::from(picture.clone()).blur(sigma).into_luma8()
}

/// The picture with black moved to `black` and white to `white`.
pub(super) fn toned(picture: &GrayImage, black: u8, white: u8) -> GrayImage {
    let mut toned = picture.clone();
    for value in toned.iter_mut() {
        let light = f32::from(*value) / 255.0;
        *value = (f32::from(black) + (f32::from(white) - f32::from(black)) * light).round() as u8;
    }
    toned
}

/// The picture with evenly spread noise of ±`depth`.
pub(super) fn noisy(picture: &GrayImage, depth: u32, chance: &mut Chance) -> GrayImage {
    let mut noisy = picture.clone();
    for value in noisy.iter_mut() {
        let off = chance.below(2 * depth + 1) as i32 - depth as i32;
        *value = (i32::from(*value) + off).clamp(0, 255) as u8;
    }
    noisy
}

/// Lines of small dark blocks, as print looks from afar, all over the sheet.
pub(super) fn printed(sheet: &mut GrayImage, chance: &mut Chance) {
    let (width, height) = sheet.dimensions();
    for y in (4..height.saturating_sub(10)).step_by(14) {
        let mut x = 6;
        while x + 12 < width {
            let block = self::sheet(1 + chance.below(5), 2 + chance.below(7), 40);
            lay(sheet, &block, x, y + chance.below(3));
            x += 2 + chance.below(7);
        }
    }
}

/// The picture as a file of `format`.
pub(super) fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The picture as a JPEG of the given quality.
pub(super) fn jpeg(picture: &GrayImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality)).unwrap();
    bytes
}

/// A JPEG with an EXIF segment that says how it is to be turned, put in right behind the start marker.
pub(super) fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08".to_vec();
    // One entry: tag 0x0112, type SHORT, one value, left-aligned in its four bytes; no further directory.
    exif.extend([0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]);
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}

/// A small generator of known sequence (SplitMix64): tests see the same pictures on every run.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    /// Sixty-four bits.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to, not including, `limit`.
    pub(super) fn below(&mut self, limit: u32) -> u32 {
        (self.next() % u64::from(limit.max(1))) as u32
    }
}
