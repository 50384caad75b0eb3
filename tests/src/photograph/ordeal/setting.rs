//! One hard picture, from what is decided about it to its pixels.

use std::f32::consts::{PI, TAU};

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{DynamicImage, GrayImage, ImageFormat, Luma};

use super::Distortion;
use crate::photograph::optics::{Plane, Surface};
use crate::photograph::{Chance, PAGE, PhotographError, sample, slip_page, to_byte};

/// A module's width on [`slip_page`], in its pixels.
const MODULE: f32 = 10.0;

/// Everything about a picture that is decided before a pixel of it is.
pub(super) struct Setting {
    /// Turns in radians: in the page's plane, then up and down, then left and right.
    turns: [f32; 3],
    /// The angle of a cylinder that the code covers, and its axis's direction in the page; below 0 it bends away.
    curl: Option<(f32, f32)>,
    /// The radius of a point's disc, in modules.
    defocus: f32,
    /// The way that the hand moves, in modules, and its direction.
    motion: (f32, f32),
    /// The deviation of a pixel's noise, of 255.
    noise: f32,
    /// A module's width in pixels, if it is prescribed.
    module: Option<f32>,
    /// The light that ink and paper throw back.
    ink: f32,
    paper: f32,
    exposure: f32,
    /// A mirrored lamp's place in the page, its radius, both in modules off the code's middle.
    glare: Option<(f32, f32, f32)>,
    /// The part of the light that is left, the edge's direction and its distance from the middle in modules.
    shadow: Option<(f32, f32, f32)>,
    /// How deep a screen's grid is, its turn against the sensor's, and its pitch in pixels.
    screen: Option<(f32, f32, f32)>,
    /// The part of the code that is covered.
    dirt: f32,
    /// The size of another slip beside this one, as part of this one's.
    other: Option<f32>,
}

impl Setting {
    /// What an ordinary hand does.
    pub(super) fn ordinary(chance: &mut Chance) -> Self {
        let mut few = |degrees: f32| chance.between(-degrees, degrees).to_radians();
        Self {
            turns: [few(6.0), few(6.0), few(6.0)],
            curl: None,
            defocus: 0.12,
            motion: (0.0, 0.0),
            noise: 2.5,
            module: None,
            ink: 0.07,
            paper: 0.80,
            exposure: 0.9,
            glare: None,
            shadow: None,
            screen: None,
            dirt: 0.0,
            other: None,
        }
    }

    /// Adds what goes wrong.
    pub(super) fn distort(&mut self, distortion: Distortion, strength: f32, chance: &mut Chance) {
        let from_to = |mild: f32, hard: f32| mild + (hard - mild) * strength;
        let either = |chance: &mut Chance| if chance.uniform() < 0.5 { -1.0 } else { 1.0 };
        match distortion {
            Distortion::Nothing | Distortion::Together => {}
            Distortion::Perspective => {
                let tilt = from_to(15.0, 62.0).to_radians();
                let towards = chance.between(0.0, TAU);
                self.turns = [chance.between(-0.3, 0.3), tilt * towards.sin(), tilt * towards.cos()];
            }
            Distortion::Rotation => {
                self.turns[0] = from_to(20.0, 180.0).to_radians() * chance.between(0.3, 1.0) * either(chance);
            }
            Distortion::Curl => {
                self.curl =
                    Some((from_to(20.0, 105.0).to_radians() * either(chance), chance.between(0.0, PI)));
            }
            Distortion::Defocus => self.defocus = from_to(0.35, 1.25),
            Distortion::Motion => self.motion = (from_to(0.6, 2.4), chance.between(0.0, PI)),
            Distortion::Noise => self.noise = 255.0 * from_to(0.06, 0.38),
            Distortion::LowResolution => self.module = Some(from_to(3.2, 1.35)),
            Distortion::LowContrast => {
                // Of the display's range, not of the light: it is there that a reader sees it.
                let middle: f32 = chance.between(0.35, 0.6);
                let half = from_to(0.40, 0.04) / 2.0;
                let light = |tone: f32| tone.clamp(0.02, 1.0).powf(2.2) / self.exposure;
                (self.ink, self.paper) = (light(middle - half), light(middle + half));
            }
            Distortion::Inverted => {
                (self.ink, self.paper) = (from_to(0.80, 0.22), 0.05);
            }
            Distortion::Glare => {
                // The part of the code's 45 × 45 modules that the spot covers.
                let radius = (from_to(0.01, 0.10) / PI).sqrt() * 45.0;
                self.glare = Some((chance.between(-15.0, 15.0), chance.between(-15.0, 15.0), radius));
            }
            Distortion::Shadow => {
                self.shadow =
                    Some((from_to(0.45, 0.06), chance.between(0.0, TAU), chance.between(-14.0, 14.0)));
            }
            Distortion::Moire => {
                let turn = chance.between(0.02, 0.25);
                self.screen = Some((from_to(0.25, 0.95), turn, chance.between(2.05, 3.4)));
            }
            Distortion::Dirt => self.dirt = from_to(0.006, 0.06),
            Distortion::TwoCodes => self.other = Some(from_to(0.95, 0.40)),
        }
    }

    /// How many slips are in view.
    pub(super) fn slips(&self) -> usize {
        if self.other.is_some() { 2 } else { 1 }
    }

    /// Takes the picture; a JPEG.
    pub(super) fn take(
        &self,
        texts: &[String; 2],
        size: (u32, u32),
        chance: &mut Chance,
    ) -> Result<Vec<u8>, PhotographError> {
        let mut page = drawn(&texts[0])?;
        if self.dirt > 0.0 {
            soil(&mut page, self.dirt, chance);
        }
        if let Some(part) = self.other {
            page = beside(&page, &drawn(&texts[1])?, part, chance);
        }
        // Two slips lie as far apart as they are wide: both must fit.
        let fill = if self.other.is_some() { 0.97 } else { 0.86 };
        let fit =
            (fill * size.0 as f32 / page.width() as f32).min(fill * size.1 as f32 / page.height() as f32);
        let (shrink, (width, height)) = match self.module {
            Some(module) => {
                let smaller = module / MODULE / fit;
                (module / MODULE, ((size.0 as f32 * smaller) as u32, (size.1 as f32 * smaller) as u32))
            }
            None => (fit, size),
        };
        // Two samples along each side of a pixel: the page has that resolution or a little more.
        let finer = (2.0 * shrink).min(1.0);
        let scaled = |length: u32| ((length as f32 * finer) as u32).max(2);
        let page = imageops::resize(&page, scaled(page.width()), scaled(page.height()), FilterType::Triangle);
        let (to_page, module) = (finer / shrink, shrink * MODULE);

        let surface =
            Surface::new(width, self.turns, self.curl.map(|(angle, axis)| (45.0 * module / angle, axis)));
        let middle = (page.width() as f32 / 2.0, page.height() as f32 / 2.0);
        let mut seen = Plane::of_samples(width.max(16), height.max(16), |x, y| {
            let spot = surface.seen_from(x, y);
            let (light, u, v) = match spot {
                Some((u, v)) => {
                    let value = sample(&page, u * to_page + middle.0, v * to_page + middle.1);
                    let light =
                        value.map_or(0.12, |value| self.ink + (self.paper - self.ink) * value / 255.0);
                    (light, u / module, v / module)
                }
                None => (0.12, 60.0, 60.0),
            };
            self.lit(light, u, v) * self.grid(x, y)
        });
        seen.defocus(self.defocus * module);
        seen.sweep(self.motion.0 * module, self.motion.1);
        let noise = self.noise;
        let picture = GrayImage::from_fn(width.max(16), height.max(16), |x, y| {
            let value = f32::from(to_byte(seen.at(x, y))) + noise * chance.normal();
            Luma([value.round().clamp(0.0, 255.0) as u8])
        });
        let mut jpeg = Vec::new();
        DynamicImage::from(picture)
            .to_rgb8()
            .write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 80))?;
        Ok(jpeg)
    }

    /// The light that reaches the lens from a place in the page, in modules off its middle.
    fn lit(&self, reflected: f32, u: f32, v: f32) -> f32 {
        let lamp = self.exposure * (1.0 + 0.002 * u - 0.003 * v);
        let left = self.shadow.map_or(1.0, |(left, direction, off)| {
            // Half a module wide: the hand that throws it is near.
            let depth = (u * direction.cos() + v * direction.sin() - off) / 0.5 + 0.5;
            1.0 - (1.0 - left) * depth.clamp(0.0, 1.0)
        });
        let mirrored = self.glare.map_or(0.0, |(x, y, radius)| {
            let distance = (u - x).hypot(v - y) / radius;
            // Twice what the sensor holds in the spot, and a veil that halves every half radius.
            if distance < 1.0 { 2.0 } else { 2.0 * (-1.4 * 2.0 * (distance - 1.0)).exp2() }
        });
        reflected * lamp * left + mirrored
    }

    /// What a screen's grid leaves of the light at a pixel.
    fn grid(&self, x: f32, y: f32) -> f32 {
        self.screen.map_or(1.0, |(depth, turn, pitch)| {
            let (across, down) = (x * turn.cos() + y * turn.sin(), y * turn.cos() - x * turn.sin());
            let wave = |along: f32, pitch: f32| 0.5 + 0.5 * (TAU * along / pitch).sin();
            // The gaps between a screen's pixels in both directions, and the beat of their harmonics with the sensor.
            let gaps = wave(across, pitch) * wave(down, pitch * 1.03);
            let beat = wave(across + 0.3 * down, pitch * 7.3);
            1.0 - depth * (0.7 * (1.0 - gaps) + 0.3 * beat)
        })
    }
}

fn drawn(text: &str) -> Result<GrayImage, PhotographError> {
    Ok(image::load_from_memory_with_format(&slip_page(text)?, ImageFormat::Png)?.into_luma8())
}

/// Two slips side by side on one sheet, the second one smaller and somewhere along the edge.
fn beside(page: &GrayImage, other: &GrayImage, part: f32, chance: &mut Chance) -> GrayImage {
    let scaled = |length: u32| (length as f32 * part) as u32;
    let other = imageops::resize(other, scaled(other.width()), scaled(other.height()), FilterType::Triangle);
    let mut both = GrayImage::from_pixel(page.width() * 2, page.height(), Luma([200]));
    imageops::replace(&mut both, page, 0, 0);
    let room = (page.width() - other.width(), page.height() - other.height());
    let place = |room: u32, part: f32| i64::from((room as f32 * part) as u32);
    let left = i64::from(page.width()) + place(room.0, chance.uniform());
    imageops::replace(&mut both, &other, left, place(room.1, chance.uniform()));
    both
}

/// Covers part of the code with spots and strokes, dark and light.
fn soil(page: &mut GrayImage, part: f32, chance: &mut Chance) {
    let side = 45.0 * MODULE;
    let (left, top) = (PAGE.0 as f32 / 2.0 - side / 2.0, PAGE.1 as f32 / 2.0 - side / 2.0);
    let mut covered = vec![false; (side * side) as usize];
    let wanted = (part * side * side) as usize;
    let mut count = 0;
    while count < wanted {
        let (mut x, mut y) = (chance.between(0.0, side), chance.between(0.0, side));
        let grey = if chance.uniform() < 0.6 { 40 } else { 235 };
        // A spot of one to five modules, or a pen's stroke of half a module's width.
        let stroke = chance.uniform() < 0.4;
        let radius = if stroke { 0.35 * MODULE } else { chance.between(0.5, 2.6) * MODULE };
        let (steps, direction) = if stroke { (80, chance.between(0.0, TAU)) } else { (1, 0.0) };
        for _ in 0..steps {
            let reach = radius.ceil() as i32;
            for (dx, dy) in (-reach..=reach).flat_map(|dy| (-reach..=reach).map(move |dx| (dx, dy))) {
                let (px, py) = (x + dx as f32, y + dy as f32);
                let inside = px >= 0.0 && py >= 0.0 && px < side && py < side;
                if !inside || (dx as f32).hypot(dy as f32) > radius || count >= wanted {
                    continue;
                }
                let index = py as usize * side as usize + px as usize;
                count += usize::from(!std::mem::replace(&mut covered[index], true));
                page.put_pixel((left + px) as u32, (top + py) as u32, Luma([grey]));
            }
            (x, y) = (x + 3.0 * direction.cos(), y + 3.0 * direction.sin());
        }
    }
}
