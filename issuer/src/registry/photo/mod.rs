//! Photos: what is taken in, and the picture that goes onto the card.
//!
//! A file passes four gates, each dearer than the last: what it is and how long ([`examine`]), its headers
//! (`jpeg`), the rule's numbers (`examine`, `quality`), and last its pixels (`unpack`). Only then is the
//! picture for the card made of it ([`derive()`]). Of the metadata nothing survives: a picture that is written
//! anew has none, one that passes as it is keeps only what its pixels are made of (`rewrite`).

mod aside;
mod colour;
mod derive;
mod examine;
mod jpeg;
mod judge;
mod message;
mod other_format;
mod quality;
mod refusal;
mod rewrite;
mod sent;
mod unpack;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod hostile;
#[cfg(test)]
pub(crate) mod testing;

use std::fmt;

use sha2::{Digest, Sha256};
use shared::photo_rule::{PhotoRule, PixelSize};

pub use aside::aside;
pub(crate) use aside::desks;
pub use derive::{Crop, DerivedPhoto, derive};
pub use examine::{ExaminedPhoto, examine};
pub use judge::{Check, Judged, Judgement, PhotoRules, Point, glance, judge, thumbnail};
pub use other_format::OtherFormat;
pub use refusal::PhotoRefusal;

/// A photo that was taken, and the picture for the card; only [`accept`] makes one.
#[derive(Clone, PartialEq, Eq)]
pub struct AcceptedPhoto {
    source_sha256: [u8; 32],
    source_size: PixelSize,
    source_quality: u8,
    derived: DerivedPhoto,
    as_it_is: bool,
}

impl AcceptedPhoto {
    /// SHA-256 of the file that was judged: as it was sent in or, if it waited to be looked at, as it was kept.
    pub fn source_sha256(&self) -> [u8; 32] {
        self.source_sha256
    }

    /// Width and height of the photo that was sent in, turned upright.
    pub fn source_size(&self) -> PixelSize {
        self.source_size
    }

    /// JPEG quality of the photo that was sent in, 1–100.
    pub fn source_quality(&self) -> u8 {
        self.source_quality
    }

    /// The picture for the card.
    pub fn derived_jpeg(&self) -> &[u8] {
        self.derived.jpeg()
    }

    /// The picture for the card, without a copy.
    pub fn into_derived_jpeg(self) -> Vec<u8> {
        self.derived.jpeg
    }

    /// The picture's width in pixels.
    pub fn width(&self) -> u32 {
        self.derived.size.width
    }

    /// The picture's height in pixels.
    pub fn height(&self) -> u32 {
        self.derived.size.height
    }

    /// The picture's JPEG quality, 1–100.
    pub fn quality(&self) -> u8 {
        self.derived.quality
    }

    /// Whether the picture is the sender's, bit for bit, rather than one made from it.
    pub fn is_as_it_was_sent(&self) -> bool {
        self.as_it_is
    }
}

impl fmt::Debug for AcceptedPhoto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "AcceptedPhoto({} px, quality {}, {:?})",
            self.source_size, self.source_quality, self.derived
        )
    }
}

/// Takes a photo: judges it against `source_rule` and makes the picture for the card within `derived_rule`.
///
/// With `small_source_passes`, a photo that already meets `derived_rule` is not judged against `source_rule`,
/// and without a `crop` it goes onto the card as it is: its picture data bit for bit, its metadata gone. Where
/// only the metadata made it right, because the camera was held sideways or meant other colours than sRGB, it
/// is written anew in its size instead.
///
/// Computes for a while; see [`examine`].
///
/// # Errors
/// Why the photo is refused; with `small_source_passes`, why `source_rule` refuses it.
pub fn accept(
    bytes: &[u8],
    source_rule: &PhotoRule,
    derived_rule: &PhotoRule,
    small_source_passes: bool,
    crop: Option<Crop>,
) -> Result<AcceptedPhoto, PhotoRefusal> {
    let (jpeg, small) = choose(bytes, source_rule, derived_rule, small_source_passes)?;
    let photo = ExaminedPhoto::unpack(jpeg)?;
    finish(bytes, &photo, small, derived_rule, crop)
}

/// A photo as it is kept until somebody has looked at it: the same picture, which passes and fails as it did, without
/// the place where it was taken and all that a camera writes beside it. What cannot be read stays as it is.
pub fn without_whereabouts(bytes: Vec<u8>) -> Vec<u8> {
    let bare = match examine::check_format(&bytes) {
        Ok(()) => jpeg::Jpeg::parse(&bytes).ok().map(|jpeg| jpeg.without_whereabouts()),
        Err(_) => None,
    };
    bare.unwrap_or(bytes)
}

/// Judges a file as far as that goes without unpacking it; and whether it passes as a small one.
fn choose<'a>(
    bytes: &'a [u8],
    source_rule: &PhotoRule,
    derived_rule: &PhotoRule,
    small_source_passes: bool,
) -> Result<(jpeg::Jpeg<'a>, bool), PhotoRefusal> {
    let short_enough = small_source_passes && examine::check_file(bytes, derived_rule).is_ok();
    if !short_enough {
        examine::check_file(bytes, source_rule)?;
    }
    let jpeg = jpeg::Jpeg::parse(bytes)?;
    let small = short_enough && examine::check_picture(&jpeg, derived_rule).is_ok();
    if !small {
        examine::check_file(bytes, source_rule)?;
        examine::check_picture(&jpeg, source_rule)?;
    }
    Ok((jpeg, small))
}

/// Makes the picture for the card of what was judged and unpacked.
fn finish(
    bytes: &[u8],
    photo: &ExaminedPhoto<'_>,
    small: bool,
    derived_rule: &PhotoRule,
    crop: Option<Crop>,
) -> Result<AcceptedPhoto, PhotoRefusal> {
    let as_it_is = small && crop.is_none() && photo.speaks_for_itself();
    let derived = if as_it_is {
        DerivedPhoto { jpeg: photo.without_metadata(), size: photo.size(), quality: photo.quality() }
    } else if small && crop.is_none() {
        derive::write_upright(photo, derived_rule)?
    } else {
        derive(photo, derived_rule, crop)?
    };
    Ok(AcceptedPhoto {
        source_sha256: Sha256::digest(bytes).into(),
        source_size: photo.size(),
        source_quality: photo.quality(),
        derived,
        as_it_is,
    })
}
