//! Judging a photo against a rule.

use std::fmt;

use image::{DynamicImage, metadata::Orientation};
use shared::photo_rule::{ColourRule, PhotoRule, PixelSize};

use super::{
    colour::ToSrgb,
    jpeg::Jpeg,
    other_format::OtherFormat,
    quality::quality,
    refusal::PhotoRefusal,
    unpack::{check_cost, unpack},
};

/// A photo that meets a rule and was unpacked to its last pixel; only [`examine`] makes one.
pub struct ExaminedPhoto<'a> {
    jpeg: Jpeg<'a>,
    upright: DynamicImage,
    to_srgb: Option<ToSrgb>,
    quality: u8,
}

/// Judges the bytes of a photo. Costs time and memory in proportion to its size, so it belongs on a thread
/// that may compute: some milliseconds for a photo of half a megapixel; up to seconds and 400 MB for the
/// largest, 32 megapixels.
///
/// # Errors
/// The first reason, in the order in which they are cheap to find: what kind of file it is, its length, its
/// headers, its colours, its size, its quality, and last its content.
pub fn examine<'a>(bytes: &'a [u8], rule: &PhotoRule) -> Result<ExaminedPhoto<'a>, PhotoRefusal> {
    check_file(bytes, rule)?;
    let jpeg = Jpeg::parse(bytes)?;
    check_picture(&jpeg, rule)?;
    ExaminedPhoto::unpack(jpeg)
}

impl<'a> ExaminedPhoto<'a> {
    /// Unpacks what has met a rule.
    pub(super) fn unpack(jpeg: Jpeg<'a>) -> Result<Self, PhotoRefusal> {
        let mut upright = unpack(&jpeg)?;
        upright.apply_orientation(jpeg.orientation);
        let to_srgb = jpeg.icc.and_then(ToSrgb::from_profile);
        let quality = quality(&jpeg);
        Ok(Self { jpeg, upright, to_srgb, quality })
    }

    /// Width and height in pixels, turned upright.
    pub fn size(&self) -> PixelSize {
        self.jpeg.upright()
    }

    /// JPEG quality, 1–100, as read from the quantisation tables.
    pub fn quality(&self) -> u8 {
        self.quality
    }

    /// Whether the file shows the photo rightly without its metadata: not turned, and in sRGB.
    pub(super) fn speaks_for_itself(&self) -> bool {
        self.jpeg.orientation == Orientation::NoTransforms && self.to_srgb.is_none()
    }

    /// The file with its picture bit for bit and nothing else.
    pub(super) fn without_metadata(&self) -> Vec<u8> {
        self.jpeg.without_metadata()
    }

    /// The picture, turned upright, in the colours of [`Self::to_srgb`].
    pub(super) fn upright(&self) -> &DynamicImage {
        &self.upright
    }

    /// How its colours become sRGB; `None` if they are.
    pub(super) fn to_srgb(&self) -> Option<&ToSrgb> {
        self.to_srgb.as_ref()
    }
}

impl fmt::Debug for ExaminedPhoto<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExaminedPhoto({} px, quality {}, …)", self.size(), self.quality)
    }
}

/// What can be said without reading past the first bytes.
pub(super) fn check_file(bytes: &[u8], rule: &PhotoRule) -> Result<(), PhotoRefusal> {
    check_format(bytes)?;
    check_length(bytes, rule)
}

/// Whether it is a JPEG at all.
pub(super) fn check_format(bytes: &[u8]) -> Result<(), PhotoRefusal> {
    if bytes.is_empty() {
        return Err(PhotoRefusal::Empty);
    }
    OtherFormat::of(bytes).map_or(Ok(()), |other| Err(PhotoRefusal::NotJpeg(other)))
}

/// Whether the file is short enough.
pub(super) fn check_length(bytes: &[u8], rule: &PhotoRule) -> Result<(), PhotoRefusal> {
    let max = rule.limits().max_bytes;
    if bytes.len() > usize::try_from(max).unwrap_or(usize::MAX) {
        return Err(PhotoRefusal::TooManyBytes { bytes: bytes.len(), max });
    }
    Ok(())
}

/// What can be said without unpacking.
pub(super) fn check_picture(jpeg: &Jpeg<'_>, rule: &PhotoRule) -> Result<(), PhotoRefusal> {
    check_colours(jpeg, rule)?;
    check_size(jpeg, rule)?;
    check_cost(jpeg)?;
    check_quality(jpeg, rule)
}

/// Whether the colours are the rule's.
pub(super) fn check_colours(jpeg: &Jpeg<'_>, rule: &PhotoRule) -> Result<(), PhotoRefusal> {
    match (jpeg.frame.components.len(), rule.limits().colour) {
        (3, _) | (1, ColourRule::RgbOrGrey) => Ok(()),
        (1, ColourRule::Rgb) => Err(PhotoRefusal::Grey),
        (4, _) => Err(PhotoRefusal::Cmyk),
        (channels, _) => Err(PhotoRefusal::UnknownColours(u8::try_from(channels).unwrap_or(u8::MAX))),
    }
}

/// Whether it has neither too many nor too few pixels.
pub(super) fn check_size(jpeg: &Jpeg<'_>, rule: &PhotoRule) -> Result<(), PhotoRefusal> {
    let limits = rule.limits();
    let size = jpeg.upright();
    if let Some(max) = limits.max_size.filter(|max| !max.covers(size)) {
        return Err(PhotoRefusal::TooLarge { size, max });
    }
    if !rule.cut_from(size).covers(limits.min_size) {
        return Err(PhotoRefusal::TooSmall { size, min: limits.min_size });
    }
    Ok(())
}

/// Whether it is compressed neither too strongly nor too little.
pub(super) fn check_quality(jpeg: &Jpeg<'_>, rule: &PhotoRule) -> Result<(), PhotoRefusal> {
    let found = quality(jpeg);
    match rule.limits().quality {
        Some(range) if found < range.min => Err(PhotoRefusal::QualityTooLow { found, range }),
        Some(range) if found > range.max => Err(PhotoRefusal::QualityTooHigh { found, range }),
        _ => Ok(()),
    }
}
