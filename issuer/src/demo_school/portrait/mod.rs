//! Photos of pupils who do not exist, for the demo and the tests: drawn, never taken.
//!
//! A portrait follows from a number alone. It is framed like a photo for an identity card: light background,
//! the whole head, shoulders below.

mod canvas;
mod face;
mod hair;
mod look;

use image::{ImageError, RgbImage, codecs::jpeg::JpegEncoder};

use canvas::{Canvas, Colour};
use look::Look;

/// A drawn pupil.
#[derive(Debug, Clone, Copy)]
pub struct Portrait(Look);

impl Portrait {
    /// The pupil of seed `seed`; the same one for ever.
    pub fn new(seed: u64) -> Self {
        Self(Look::from_seed(seed))
    }

    /// Draws the pupil into a picture of `width` × `height` pixels, filling its height as far as its width
    /// allows.
    pub fn draw(&self, width: u32, height: u32) -> RgbImage {
        let look = &self.0;
        let mut canvas = Canvas::new(width, height);
        canvas.flood(|at| {
            let lit = 1.0 - ((at.0 - 14.0).hypot(at.1 - 12.0) / 42.0).clamp(0.0, 1.0);
            look.background.mixed(Colour(255, 255, 255), lit * 0.7)
        });
        hair::behind(&mut canvas, look);
        face::torso(&mut canvas, look);
        face::head(&mut canvas, look);
        hair::in_front(&mut canvas, look);
        canvas.into_picture()
    }

    /// The same as a JPEG of `quality` 1–100, RGB, without metadata.
    ///
    /// # Errors
    /// Where a side is 0 or more than 65 535, which no JPEG can have.
    pub fn jpeg(&self, width: u32, height: u32, quality: u8) -> Result<Vec<u8>, ImageError> {
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, quality).encode_image(&self.draw(width, height))?;
        Ok(jpeg)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use crate::registry::photo::accept;
    use image::Rgb;
    use shared::photo_rule::PhotoRule;

    use super::*;

    #[test]
    fn portraits_are_taken_by_every_school() {
        let derived = PhotoRule::derived();
        for seed in 0..3 {
            let portrait = Portrait::new(seed);
            for (size, quality, rule, small_passes) in [
                ((354, 496), 85, PhotoRule::legacy_source(), false),
                ((492, 633), 85, PhotoRule::id_card(), false),
                ((236, 304), 95, PhotoRule::zpe(), true),
            ] {
                let jpeg = portrait.jpeg(size.0, size.1, quality).unwrap();
                let accepted = accept(&jpeg, &rule, &derived, small_passes, None)
                    .unwrap_or_else(|refusal| panic!("portrait {seed} at {size:?}: {refusal}"));
                assert_eq!(accepted.is_as_it_was_sent(), small_passes);
                assert_eq!(accepted.width(), 236);
            }
        }
    }

    #[test]
    fn a_portrait_follows_from_its_seed() {
        let of = |seed| Portrait::new(seed).draw(118, 152).into_raw();
        assert_eq!(of(7), of(7));
        let different: HashSet<_> = (0..40).map(of).collect();
        assert!(different.len() > 36, "only {} of 40 pupils look different", different.len());
    }

    #[test]
    fn a_portrait_is_framed_like_a_document_photo() {
        for seed in 0..6 {
            for (width, height) in [(236, 304), (300, 500), (496, 354)] {
                let picture = Portrait::new(seed).draw(width, height);
                for (x, y) in [(1, 1), (width - 2, 1), (width / 2, 2)] {
                    let Rgb(corner) = *picture.get_pixel(x, y);
                    assert!(
                        corner.iter().all(|&c| c > 220),
                        "seed {seed}: {corner:?} is no light background"
                    );
                }
                let Rgb([r, g, b]) = *picture.get_pixel(width / 2, height - height * 7 / 10);
                assert!(r < 252 && r > b && r >= g, "seed {seed}, {width}×{height}: no face in the middle");
            }
        }
    }
}
