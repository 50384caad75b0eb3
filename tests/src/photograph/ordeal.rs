//! Pictures that are hard to read, one distortion at a time, from mild to hard.
//!
//! A [`Photograph`](super::Photograph) is what an ordinary hand takes; these are what goes wrong: the page is bent, the
//! lamp is mirrored in it, the hand shakes, the stamp sits on the code. Each picture shows a slip with an offer of its
//! own, is made by the same rules (a page in space, light, lens, sensor, compression), and is the same for the same
//! numbers on every run.

mod setting;

use self::setting::Setting;
use super::{Chance, PhotographError};

/// What goes wrong between a slip and a picture of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Distortion {
    /// Nothing: what the others are measured against.
    Nothing,
    /// The camera looks from the side, at 15° to 62° off the page's normal.
    Perspective,
    /// The page is turned in its plane, by up to 20° or any angle.
    Rotation,
    /// The page is bent round a cylinder, the code over 20° to 105° of it, towards the camera or away.
    Curl,
    /// Out of focus: every point a disc of 0.35 to 1.25 modules' radius.
    Defocus,
    /// The hand moves by 0.6 to 2.4 modules while the shutter is open.
    Motion,
    /// The sensor guesses: noise with a deviation of 6 % to 38 % of the whole range.
    Noise,
    /// Modules are 3.2 to 1.35 pixels wide.
    LowResolution,
    /// Ink and paper differ by 40 % to 4 % of the range, with a little noise.
    LowContrast,
    /// White modules on black paper, ever darker.
    Inverted,
    /// A lamp is mirrored in the page: a spot of light that drowns 1 % to 10 % of the code, and a veil round it.
    Glare,
    /// A shadow's sharp edge runs across the code; in the shadow 45 % down to 6 % of the light is left.
    Shadow,
    /// The slip is on a screen, whose grid beats with the sensor's.
    Moire,
    /// Spots and strokes of a pen cover 0.6 % to 6 % of the code, finder patterns included.
    Dirt,
    /// Two slips in view, both of which must be read; the other one is smaller, down to 40 %.
    TwoCodes,
    /// Three of the others at once, each at half its strength: what pictures from life are like.
    Together,
}

impl Distortion {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 16] = [
        Self::Nothing,
        Self::Perspective,
        Self::Rotation,
        Self::Curl,
        Self::Defocus,
        Self::Motion,
        Self::Noise,
        Self::LowResolution,
        Self::LowContrast,
        Self::Inverted,
        Self::Glare,
        Self::Shadow,
        Self::Moire,
        Self::Dirt,
        Self::TwoCodes,
        Self::Together,
    ];

    /// As it is called in a table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::Perspective => "perspective",
            Self::Rotation => "rotation",
            Self::Curl => "curl",
            Self::Defocus => "out of focus",
            Self::Motion => "motion",
            Self::Noise => "noise",
            Self::LowResolution => "low resolution",
            Self::LowContrast => "low contrast",
            Self::Inverted => "inverted",
            Self::Glare => "glare",
            Self::Shadow => "shadow",
            Self::Moire => "moiré",
            Self::Dirt => "dirt",
            Self::TwoCodes => "two codes",
            Self::Together => "three at once",
        }
    }
}

/// How a hard picture is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ordeal {
    /// What goes wrong.
    pub distortion: Distortion,
    /// How badly: 0 is mild, 1 is hard; values outside are taken as the nearer end.
    pub strength: f32,
    /// Chooses the offer and everything else; the same seed, the same picture.
    pub seed: u64,
    /// Width in pixels; less where low resolution is what goes wrong.
    pub width: u32,
    /// Height in pixels; likewise.
    pub height: u32,
}

/// A hard picture and what is to be read in it.
#[derive(Clone)]
pub struct HardPicture {
    /// A JPEG.
    pub jpeg: Vec<u8>,
    /// The texts of the codes in it.
    pub texts: Vec<String>,
}

impl Ordeal {
    /// Makes the picture.
    ///
    /// # Errors
    /// [`PhotographError`] if a code cannot be drawn or a picture not be packed.
    pub fn picture(&self) -> Result<HardPicture, PhotographError> {
        // Every distortion has a sequence of its own, so that their pictures do not all share one pose.
        let mut chance = Chance(self.seed.wrapping_mul(0x1_0000).wrapping_add(self.distortion as u64));
        let texts = [offer(&mut chance), offer(&mut chance)];
        let mut setting = Setting::ordinary(&mut chance);
        let strength = self.strength.clamp(0.0, 1.0);
        if self.distortion == Distortion::Together {
            let mut rest = vec![
                Distortion::Perspective,
                Distortion::Curl,
                Distortion::Defocus,
                Distortion::Motion,
                Distortion::Noise,
                Distortion::Glare,
                Distortion::Shadow,
                Distortion::Dirt,
            ];
            for _ in 0..3 {
                let one = rest.swap_remove((chance.uniform() * rest.len() as f32) as usize);
                setting.distort(one, strength / 2.0, &mut chance);
            }
        } else {
            setting.distort(self.distortion, strength, &mut chance);
        }
        let slips = setting.slips();
        let jpeg = setting.take(&texts, (self.width.max(16), self.height.max(16)), &mut chance)?;
        Ok(HardPicture { jpeg, texts: texts.into_iter().take(slips).collect() })
    }
}

/// An offer as slips carry it, with a key of its own.
fn offer(chance: &mut Chance) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let key: String = (0..22).map(|_| char::from(ALPHABET[(chance.next() >> 58) as usize])).collect();
    format!("openid-credential-offer://?credential_offer_uri=http%3A%2F%2F127.0.0.1%3A8080%2Fo%2F{key}")
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, imageops};
    use shared::qr::scan::scan;

    use super::*;

    fn small(distortion: Distortion, strength: f32, seed: u64) -> HardPicture {
        Ordeal { distortion, strength, seed, width: 640, height: 480 }.picture().unwrap()
    }

    fn grey(picture: &HardPicture) -> GrayImage {
        image::load_from_memory(&picture.jpeg).unwrap().into_luma8()
    }

    #[test]
    fn what_is_mild_is_read() {
        for distortion in Distortion::ALL {
            let picture = small(distortion, 0.0, 1);
            let mut read = scan(&picture.jpeg).unwrap_or_default();
            read.sort_by_key(|text| picture.texts.iter().position(|known| known == text));
            assert_eq!(read, picture.texts, "{}", distortion.name());
        }
    }

    #[test]
    fn the_same_numbers_make_the_same_picture_and_others_another() {
        let first = small(Distortion::Together, 0.5, 7);
        assert_eq!(first.jpeg, small(Distortion::Together, 0.5, 7).jpeg);
        assert_ne!(first.jpeg, small(Distortion::Together, 0.5, 8).jpeg);
        assert_ne!(first.texts, small(Distortion::Together, 0.5, 8).texts);
        assert_ne!(first.jpeg, small(Distortion::Together, 0.6, 7).jpeg);
    }

    #[test]
    fn hard_is_harder_than_mild() {
        // The mean step from one pixel to the next: what smears a code lowers it, what is laid over it raises it.
        let bustle = |distortion, strength| {
            let grey = grey(&small(distortion, strength, 3));
            let (left, top) = (grey.width() * 2 / 5, grey.height() * 2 / 5);
            let code = imageops::crop_imm(&grey, left, top, grey.width() / 5, grey.height() / 5).to_image();
            let rows = code.as_raw().chunks_exact(code.width() as usize);
            let steps: Vec<f32> = rows
                .flat_map(|row| row.windows(2))
                .map(|pair| f32::from(pair[0].abs_diff(pair[1])))
                .collect();
            steps.iter().sum::<f32>() / steps.len() as f32
        };
        let smearing = [Distortion::Defocus, Distortion::Motion, Distortion::LowContrast];
        for distortion in smearing {
            assert!(bustle(distortion, 0.0) > 1.3 * bustle(distortion, 1.0), "{}", distortion.name());
        }
        assert!(bustle(Distortion::Noise, 1.0) > 1.3 * bustle(Distortion::Noise, 0.0));
        let width = |strength| grey(&small(Distortion::LowResolution, strength, 3)).width();
        assert!(width(0.0) > 2 * width(1.0));
        assert_eq!(small(Distortion::TwoCodes, 1.0, 3).texts.len(), 2);
    }

    #[test]
    fn an_offer_is_as_long_as_those_on_slips() {
        let known = "openid-credential-offer://?credential_offer_uri=\
                     http%3A%2F%2F127.0.0.1%3A8080%2Fo%2FAbCdEfGhIjKlMnOpQrStUv";
        assert_eq!(small(Distortion::Nothing, 0.0, 1).texts[0].len(), known.len());
    }
}
