//! What a phone's camera makes of a printed slip: crooked, unevenly lit, a little blurred, noisy, a JPEG.
//!
//! Scanning a clean drawing proves little. The picture here is made by the rules by which a camera makes it (a page
//! in space seen through a pinhole, light, lens, sensor, compression) and is the same for the same numbers on every
//! run, so that a test or the demo can show the very photograph that was read.

pub mod ordeal;

mod optics;

use std::f32::consts::TAU;
use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};
use shared::qr::render::{self, RenderError};

/// The slip's size in pixels: A6 at ten pixels a millimetre.
const PAGE: (u32, u32) = (1050, 1480);

/// How a photograph is taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Photograph {
    /// Chooses angles, light and noise; the same seed, the same picture.
    pub seed: u64,
    /// From 0 (a calm hand, daylight) to 1 (a hurried one, a dim corridor); values outside are taken as the nearer end.
    pub hardness: f32,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// JPEG quality, 1 to 100.
    pub quality: u8,
}

impl Default for Photograph {
    fn default() -> Self {
        Self { seed: 1, hardness: 0.3, width: 1600, height: 1200, quality: 80 }
    }
}

impl Photograph {
    /// Photographs a page (bytes of a PNG) lying on a dark table; the result is a JPEG.
    ///
    /// # Errors
    /// [`PhotographError::Picture`] if the page cannot be unpacked or the photograph not be packed.
    pub fn take(&self, page: &[u8]) -> Result<Vec<u8>, PhotographError> {
        let hard = self.hardness.clamp(0.0, 1.0);
        let mut chance = Chance(self.seed);
        let page = image::load_from_memory_with_format(page, ImageFormat::Png)?;
        let (width, height) = (self.width.max(1), self.height.max(1));

        // The page fills most of the frame. Its own resolution is brought to the photograph's first, so that one
        // sample a pixel is enough.
        let fill = chance.between(0.78, 0.92) - 0.18 * hard;
        let shrink =
            (fill * height as f32 / page.height() as f32).min(fill * width as f32 / page.width() as f32);
        let scaled = |length: u32| ((length as f32 * shrink).round() as u32).max(2);
        let page = page
            .resize_exact(scaled(page.width()), scaled(page.height()), FilterType::CatmullRom)
            .into_luma8();

        let pose = Pose::held(&mut chance, hard, width as f32);
        let light = Light::falling(&mut chance, hard);
        let middle = (width as f32 / 2.0, height as f32 / 2.0);
        let scene = RgbImage::from_fn(width, height, |x, y| {
            let (x, y) = (x as f32 - middle.0, y as f32 - middle.1);
            let (u, v) = pose.on_plane(x, y);
            let paper = sample(&page, u + page.width() as f32 / 2.0, v + page.height() as f32 / 2.0);
            let surface = match paper {
                // Ink is never quite black, paper never quite white.
                Some(value) => [0.09, 0.09, 0.10].map(|ink| ink + (0.93 - ink) * value / 255.0),
                None => table(u, v),
            };
            let bright = light.at(x / middle.0, y / middle.1);
            Rgb([0, 1, 2].map(|channel| to_byte(surface[channel] * bright * light.tint[channel])))
        });

        let mut seen = DynamicImage::from(scene).blur(0.5 + 1.1 * hard).into_rgb8();
        let grain = 2.0 + 9.0 * hard;
        for value in seen.iter_mut() {
            // Shot noise grows with the light, read noise does not.
            let deviation = grain * (0.6 + 0.4 * (f32::from(*value) / 255.0).sqrt());
            *value = (f32::from(*value) + deviation * chance.normal()).round().clamp(0.0, 255.0) as u8;
        }
        let mut bytes = Vec::new();
        seen.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, self.quality.clamp(1, 100)))?;
        Ok(bytes)
    }
}

/// Draws a slip: a white page with the offer's code in the middle and dark bars where print would be; a PNG.
///
/// # Errors
/// [`PhotographError::Code`] if no code holds the offer.
pub fn slip_page(offer: &str) -> Result<Vec<u8>, PhotographError> {
    let (width, height) = PAGE;
    let mut page = GrayImage::from_pixel(width, height, Luma([255]));
    let one = image::load_from_memory_with_format(&render::png(offer, 1)?, ImageFormat::Png)?;
    // About five and a half centimetres: what fits a slip beside its text.
    let module = (550 / one.width()).max(1);
    let code =
        image::load_from_memory_with_format(&render::png(offer, module)?, ImageFormat::Png)?.into_luma8();
    let left = width.saturating_sub(code.width()) / 2;
    let top = height.saturating_sub(code.height()) / 2;

    let mut chance = Chance(0x51_1b);
    bar(&mut page, 90, 90, 620, 46);
    bar(&mut page, 90, 156, 410, 26);
    for paragraph in [260, height - 420] {
        for line in 0..4 {
            let mut x = 90;
            while x < width - 200 {
                let word = 24 + (chance.uniform() * 130.0) as u32;
                bar(&mut page, x, paragraph + line * 36, word.min(width - 90 - x), 16);
                x += word + 14;
            }
        }
    }
    bar(&mut page, 300, height - 190, 450, 54);
    imageops::overlay(&mut page, &code, left.into(), top.into());

    let mut bytes = Cursor::new(Vec::new());
    page.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

/// Why there is no picture. Messages complete "cannot make photograph: …".
#[derive(Debug, thiserror::Error)]
pub enum PhotographError {
    /// The offer's code cannot be drawn.
    #[error("code cannot be drawn")]
    Code(#[from] RenderError),
    /// A picture cannot be packed or unpacked.
    #[error("picture cannot be packed or unpacked")]
    Picture(#[from] image::ImageError),
}

fn bar(page: &mut GrayImage, x: u32, y: u32, width: u32, height: u32) {
    let ink = GrayImage::from_pixel(width, height, Luma([30]));
    imageops::replace(page, &ink, x.into(), y.into());
}

/// The page's plane in front of a pinhole: where a ray through a pixel meets it.
struct Pose {
    /// Focal length in pixels; the page's middle lies as far away, so there a pixel is a pixel.
    focal: f32,
    /// The plane's own two directions and its normal, in the camera's axes.
    right: [f32; 3],
    down: [f32; 3],
    normal: [f32; 3],
    /// Where the page's middle lies on the sensor, in pixels off the centre.
    off: (f32, f32),
}

impl Pose {
    fn held(chance: &mut Chance, hard: f32, width: f32) -> Self {
        let degrees = |value: f32| value / 360.0 * TAU;
        let roll = degrees(chance.between(-1.0, 1.0) * (7.0 + 33.0 * hard));
        let pitch = degrees(chance.between(-1.0, 1.0) * (5.0 + 17.0 * hard));
        let yaw = degrees(chance.between(-1.0, 1.0) * (5.0 + 17.0 * hard));
        let off = (chance.between(-1.0, 1.0) * 0.03 * width, chance.between(-1.0, 1.0) * 0.02 * width);
        // Roll about the line of sight, then pitch about the horizontal, then yaw about the vertical.
        let turned = |[x, y, z]: [f32; 3]| {
            let (x, y) = (x * roll.cos() - y * roll.sin(), x * roll.sin() + y * roll.cos());
            let (y, z) = (y * pitch.cos() - z * pitch.sin(), y * pitch.sin() + z * pitch.cos());
            [x * yaw.cos() + z * yaw.sin(), y, z * yaw.cos() - x * yaw.sin()]
        };
        Self {
            focal: 1.1 * width,
            right: turned([1.0, 0.0, 0.0]),
            down: turned([0.0, 1.0, 0.0]),
            normal: turned([0.0, 0.0, 1.0]),
            off,
        }
    }

    /// The point of the plane, in page pixels off the page's middle, that the pixel `x`, `y` off the centre shows.
    fn on_plane(&self, x: f32, y: f32) -> (f32, f32) {
        let dot = |a: [f32; 3], b: [f32; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        let ray = [x, y, self.focal];
        let middle = [self.off.0, self.off.1, self.focal];
        let along = dot(self.normal, middle) / dot(self.normal, ray);
        let point = [0, 1, 2].map(|axis| ray[axis] * along - middle[axis]);
        (dot(point, self.right), dot(point, self.down))
    }
}

/// A lamp to one side, a lens that darkens its corners, and a hand's shadow.
struct Light {
    exposure: f32,
    slope: (f32, f32),
    vignette: f32,
    shadow: f32,
    edge: (f32, f32, f32),
    tint: [f32; 3],
}

impl Light {
    fn falling(chance: &mut Chance, hard: f32) -> Self {
        let steep = 0.12 + 0.33 * hard;
        let from = chance.between(0.0, TAU);
        let across = chance.between(0.0, TAU);
        let warm = chance.between(0.0, 0.08 + 0.10 * hard);
        Self {
            exposure: 0.95 - 0.38 * hard,
            slope: (steep * from.cos(), steep * from.sin()),
            vignette: 0.10 + 0.12 * hard,
            shadow: 0.08 + 0.42 * hard,
            edge: (across.cos(), across.sin(), chance.between(-0.3, 0.5)),
            tint: [1.0, 1.0 - warm / 3.0, 1.0 - warm],
        }
    }

    /// Brightness at a place given from -1 to 1 along both sides.
    fn at(&self, x: f32, y: f32) -> f32 {
        let lamp = 1.0 + self.slope.0 * x + self.slope.1 * y;
        let lens = 1.0 - self.vignette * (x * x + y * y);
        let depth = ((x * self.edge.0 + y * self.edge.1 - self.edge.2) / 0.25).clamp(0.0, 1.0);
        let shade = 1.0 - self.shadow * depth * depth * (3.0 - 2.0 * depth);
        self.exposure * lamp * lens * shade
    }
}

/// A dark wooden table, its grain running across.
fn table(u: f32, v: f32) -> [f32; 3] {
    let grain = 0.04 * (v * 0.11 + 2.5 * (u * 0.013).sin()).sin() + 0.03 * (v * 0.031 + u * 0.004).sin();
    [0.24 + grain, 0.17 + grain * 0.8, 0.13 + grain * 0.6]
}

/// The page's grey between its pixels, or `None` off the page.
fn sample(page: &GrayImage, x: f32, y: f32) -> Option<f32> {
    let (x, y) = (x - 0.5, y - 0.5);
    if x < 0.0 || y < 0.0 || x >= page.width() as f32 - 1.0 || y >= page.height() as f32 - 1.0 {
        return None;
    }
    let (left, top) = (x as u32, y as u32);
    let (right_part, lower_part) = (x - left as f32, y - top as f32);
    let at = |x: u32, y: u32| f32::from(page.get_pixel(x, y).0[0]);
    let upper = at(left, top) * (1.0 - right_part) + at(left + 1, top) * right_part;
    let lower = at(left, top + 1) * (1.0 - right_part) + at(left + 1, top + 1) * right_part;
    Some(upper * (1.0 - lower_part) + lower * lower_part)
}

/// Linear light to a display's byte (gamma 2.2 is near enough to sRGB here).
fn to_byte(light: f32) -> u8 {
    (light.clamp(0.0, 1.0).powf(1.0 / 2.2) * 255.0).round() as u8
}

/// A small generator of known sequence (SplitMix64), so that a seed means the same picture for ever.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to, not including, 1.
    fn uniform(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u32 << 24) as f32
    }

    fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.uniform()
    }

    /// Nearly normal, mean 0, deviation 1: the sum of four uniforms, cut from one draw.
    fn normal(&mut self) -> f32 {
        let draw = self.next();
        let sum: u32 = (0..4).map(|part| (draw >> (16 * part)) as u16).map(u32::from).sum();
        (sum as f32 / 65_535.0 - 2.0) * 3.0_f32.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::qr::scan::scan;

    const OFFER: &str = "openid-credential-offer://?credential_offer_uri=\
                         http%3A%2F%2F127.0.0.1%3A8080%2Fo%2FAbCdEfGhIjKlMnOpQrStUv";

    #[test]
    fn a_photographed_slip_is_read_back() {
        let page = slip_page(OFFER).unwrap();
        for hardness in [0.0, 0.5, 0.9] {
            for seed in 1..=2 {
                let photograph =
                    Photograph { seed, hardness, width: 1000, height: 750, ..Photograph::default() };
                let picture = photograph.take(&page).unwrap();
                assert_eq!(scan(&picture), Ok(vec![OFFER.to_owned()]), "{photograph:?}");
            }
        }
        assert_eq!(scan(&Photograph::default().take(&page).unwrap()), Ok(vec![OFFER.to_owned()]));
    }

    #[test]
    fn the_same_numbers_make_the_same_picture_and_others_another() {
        let page = slip_page(OFFER).unwrap();
        let small = Photograph { width: 200, height: 150, ..Photograph::default() };
        let picture = small.take(&page).unwrap();
        assert_eq!(picture, small.take(&page).unwrap());
        assert_ne!(picture, Photograph { seed: 2, ..small }.take(&page).unwrap());
        assert_ne!(picture, Photograph { hardness: 0.4, ..small }.take(&page).unwrap());
    }

    #[test]
    fn the_page_lies_askew_on_a_darker_table() {
        let white = GrayImage::from_pixel(PAGE.0, PAGE.1, Luma([255]));
        let mut page = Cursor::new(Vec::new());
        white.write_to(&mut page, ImageFormat::Png).unwrap();
        let photograph = Photograph { hardness: 0.5, width: 400, height: 300, ..Photograph::default() };
        let seen = image::load_from_memory(&photograph.take(page.get_ref()).unwrap()).unwrap().into_luma8();
        assert_eq!(seen.dimensions(), (400, 300));
        for corner in [(5, 5), (394, 5), (5, 294), (394, 294)] {
            assert!(seen.get_pixel(corner.0, corner.1).0[0] < 150, "table at {corner:?}");
        }
        assert!(seen.get_pixel(200, 150).0[0] > 170, "page in the middle");
        // Where each row's first bright pixel lies: along a page that lay straight, that would be one column.
        let edge = |y| (0..400).find(|x| seen.get_pixel(*x, y).0[0] > 165).unwrap();
        assert!(edge(100_u32).abs_diff(edge(200)) > 5, "{} and {}", edge(100), edge(200));
    }
}
