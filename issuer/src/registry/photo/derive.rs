//! Making the picture for the card: cut, scaled, written anew.

use std::fmt;

use image::{DynamicImage, codecs::jpeg::JpegEncoder, imageops::FilterType};
use shared::photo_rule::{PhotoRule, PixelSize};

use super::{examine::ExaminedPhoto, refusal::PhotoRefusal};

/// The quality that is tried first; above it a JPEG grows and nobody sees why.
const BEST_QUALITY: u8 = 95;

/// What part of a photo to show, in pixels of the photo as seen upright, from its top left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crop {
    /// Pixels left of it.
    pub x: u32,
    /// Pixels above it.
    pub y: u32,
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: u32,
}

impl Crop {
    fn size(self) -> PixelSize {
        PixelSize::new(self.width, self.height)
    }

    fn is_within(self, whole: PixelSize) -> bool {
        let ends_within = |start: u32, length: u32, whole: u32| {
            length > 0 && start.checked_add(length).is_some_and(|end| end <= whole)
        };
        ends_within(self.x, self.width, whole.width) && ends_within(self.y, self.height, whole.height)
    }

    /// The middle of it.
    fn centre(self, size: PixelSize) -> Self {
        let x = self.x + self.width.saturating_sub(size.width) / 2;
        let y = self.y + self.height.saturating_sub(size.height) / 2;
        Self { x, y, width: size.width, height: size.height }
    }
}

/// A JPEG for the card: upright, sRGB, free of metadata, within the rule it was made for.
#[derive(Clone, PartialEq, Eq)]
pub struct DerivedPhoto {
    pub(super) jpeg: Vec<u8>,
    pub(super) size: PixelSize,
    pub(super) quality: u8,
}

impl DerivedPhoto {
    /// The file.
    pub fn jpeg(&self) -> &[u8] {
        &self.jpeg
    }

    /// Width and height in pixels.
    pub fn size(&self) -> PixelSize {
        self.size
    }

    /// JPEG quality, 1–100.
    pub fn quality(&self) -> u8 {
        self.quality
    }
}

impl fmt::Debug for DerivedPhoto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DerivedPhoto({} px, {} bytes, quality {})", self.size, self.jpeg.len(), self.quality)
    }
}

/// Cuts and scales a photo to what `rule` asks for and writes it anew.
///
/// Without a `crop` the middle of the photo is shown; a crop of another shape than the rule's gives its
/// middle. Never enlarges. The quality is the best from 95 down that fits into the rule's bytes.
///
/// # Errors
/// [`PhotoRefusal::CropOutside`], [`PhotoRefusal::CropTooSmall`] (without a `crop`: [`PhotoRefusal::TooSmall`])
/// or [`PhotoRefusal::CannotShrink`].
pub fn derive(
    photo: &ExaminedPhoto<'_>,
    rule: &PhotoRule,
    crop: Option<Crop>,
) -> Result<DerivedPhoto, PhotoRefusal> {
    let whole = photo.size();
    let area = crop.unwrap_or(Crop { x: 0, y: 0, width: whole.width, height: whole.height });
    if !area.is_within(whole) {
        return Err(PhotoRefusal::CropOutside { within: whole });
    }
    let cut = area.centre(rule.cut_from(area.size()));
    let min = rule.limits().min_size;
    if !cut.size().covers(min) {
        let size = cut.size();
        return Err(match crop {
            Some(_) => PhotoRefusal::CropTooSmall { size, min },
            None => PhotoRefusal::TooSmall { size: whole, min },
        });
    }
    let shown = photo.upright().crop_imm(cut.x, cut.y, cut.width, cut.height);
    let size = rule.kept_size(cut.size());
    let shown = if size == cut.size() {
        shown
    } else {
        shown.resize_exact(size.width, size.height, FilterType::Lanczos3)
    };
    write(photo, shown, rule)
}

/// Writes a photo anew as it is, only turned upright and in sRGB.
pub(super) fn write_upright(
    photo: &ExaminedPhoto<'_>,
    rule: &PhotoRule,
) -> Result<DerivedPhoto, PhotoRefusal> {
    write(photo, photo.upright().clone(), rule)
}

fn write(
    photo: &ExaminedPhoto<'_>,
    picture: DynamicImage,
    rule: &PhotoRule,
) -> Result<DerivedPhoto, PhotoRefusal> {
    let mut picture = picture.into_rgb8();
    if let Some(way) = photo.to_srgb() {
        way.apply(&mut picture);
    }
    let size = PixelSize::new(picture.width(), picture.height());
    let max = rule.limits().max_bytes;
    let (worst, best) =
        rule.limits().quality.map_or((90, BEST_QUALITY), |q| (q.min, q.max.min(BEST_QUALITY).max(q.min)));
    let mut bytes = 0;
    for quality in (worst..=best).rev() {
        let mut jpeg = Vec::new();
        // Writing into memory fails only for sizes that no JPEG has, and a JPEG's size this was.
        JpegEncoder::new_with_quality(&mut jpeg, quality)
            .encode_image(&picture)
            .map_err(|_| PhotoRefusal::Broken("size"))?;
        bytes = jpeg.len();
        if bytes <= usize::try_from(max).unwrap_or(usize::MAX) {
            return Ok(DerivedPhoto { jpeg, size, quality });
        }
    }
    Err(PhotoRefusal::CannotShrink { bytes, max })
}
