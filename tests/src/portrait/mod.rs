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
