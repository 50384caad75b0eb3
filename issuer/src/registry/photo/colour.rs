//! Colour profiles: what a phone meant by its numbers.
//!
//! Most newer phones write Display P3. Dropping that profile with the other metadata would leave its numbers
//! to be read as sRGB and every face a little pale, so the numbers are converted before the profile goes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use image::RgbImage;
use moxcms::{ColorProfile, Layout, TransformExecutor, TransformOptions};

/// How far a channel may move before a profile counts as other than sRGB: what rounding does.
const SAME: u8 = 2;
/// Values of a channel by which two profiles are compared.
const SAMPLES: [u8; 5] = [0, 64, 128, 192, 255];

/// The way from a photo's own colours to sRGB.
pub(super) struct ToSrgb(std::sync::Arc<dyn TransformExecutor<u8> + Send + Sync>);

impl ToSrgb {
    /// The way from the colours of an ICC profile; `None` where there is nothing to convert, because they
    /// are sRGB already, or nobody can tell how. Cameras and phones write curves and a matrix; profiles with
    /// lookup tables are for printers and are not read.
    pub(super) fn from_profile(icc: &[u8]) -> Option<Self> {
        // The profile is hostile until proven otherwise, and its reader is not ours: a panic within it costs
        // the conversion, not the office. Nothing outlives the closure that a panic could leave half-made.
        let way = catch_unwind(AssertUnwindSafe(|| {
            let source = ColorProfile::new_from_slice(icc).ok().filter(ColorProfile::is_matrix_shaper)?;
            let srgb = ColorProfile::new_srgb();
            let options = TransformOptions::default();
            source.create_transform_8bit(Layout::Rgb, &srgb, Layout::Rgb, options).ok()
        }));
        let way = Self(way.ok().flatten()?);
        let samples: Vec<u8> = SAMPLES
            .iter()
            .flat_map(|&r| SAMPLES.iter().flat_map(move |&g| SAMPLES.iter().flat_map(move |&b| [r, g, b])))
            .collect();
        let converted = way.convert(&samples)?;
        let moved = samples.iter().zip(&converted).any(|(a, b)| a.abs_diff(*b) > SAME);
        moved.then_some(way)
    }

    /// Converts a picture in place; leaves it alone where that fails.
    pub(super) fn apply(&self, picture: &mut RgbImage) {
        if let Some(converted) = self.convert(picture) {
            picture.copy_from_slice(&converted);
        }
    }

    fn convert(&self, rgb: &[u8]) -> Option<Vec<u8>> {
        let mut converted = vec![0; rgb.len()];
        let done = catch_unwind(AssertUnwindSafe(|| self.0.transform(rgb, &mut converted)));
        done.ok()?.ok()?;
        Some(converted)
    }
}
