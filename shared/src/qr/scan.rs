//! A picture becomes the texts of the QR codes in it.
//!
//! A phone's camera films until a code is read ([`frame`](super::frame)); here there is one picture, so everything is
//! tried that might bring a code out: the picture as it is, other sizes, smoothed, thresholded in several ways, inverted.
//! rxing looks first, for it is quick; rqrr looks where that left something; a code that is seen and not read is looked
//! at module by module. The search ends at the first view (after two that are always taken) that leaves something read
//! and no finder patterns that could belong to another code. How much that reads, and how fast, is measured in
//! `docs/reading.md`.
//!
//! Pictures come from strangers: they are limited in bytes and in pixels before they are unpacked, the work on them
//! is bounded, and a reader that panics on one costs that reading alone.

use image::GrayImage;

use super::containment::contained;
use super::picture;
use super::search::Search;
use super::view::{ALWAYS, Original, RECIPES};

/// The largest file that is looked at, in bytes.
pub const MAX_BYTES: usize = 32 * 1024 * 1024;

/// The largest picture that is unpacked, in pixels: a 64-megapixel photograph.
pub const MAX_PIXELS: u64 = 64 * 1024 * 1024;

/// The longest side of a picture that is unpacked, in pixels.
pub const MAX_SIDE_PX: u32 = 16_384;

/// Reads all distinct codes in a PNG, JPEG or WebP picture, known by content; the file's name plays no part.
///
/// The picture is turned as its EXIF data say; the texts come in the order in which their codes would be read, row by
/// row from the top, at least one if `Ok`. They may be bearer secrets (an offer is): they belong in no log.
///
/// ```
/// use shared::qr::{render, scan::{ScanError, scan}};
///
/// let slip = render::png("openid-credential-offer://?credential_offer_uri=…", 4).unwrap();
/// assert_eq!(scan(&slip)?, ["openid-credential-offer://?credential_offer_uri=…"]);
/// assert_eq!(scan(b"no picture"), Err(ScanError::UnknownFormat));
/// # Ok::<(), ScanError>(())
/// ```
///
/// # Errors
/// See [`ScanError`].
pub fn scan(picture: &[u8]) -> Result<Vec<String>, ScanError> {
    let mut readings = picture::decode(picture, MAX_PIXELS)?.into_iter().map(|grey| scan_luma(&grey));
    readings.find(Result::is_ok).unwrap_or(Err(ScanError::NoCode))
}

/// Reads all distinct codes in an unpacked grey picture (0 is black); otherwise as [`scan`].
///
/// # Errors
/// [`ScanError::NoCode`] if nothing was read; [`ScanError::TooLarge`] beyond [`MAX_PIXELS`] or [`MAX_SIDE_PX`].
pub fn scan_luma(picture: &GrayImage) -> Result<Vec<String>, ScanError> {
    let (width, height) = picture.dimensions();
    if width.max(height) > MAX_SIDE_PX || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(ScanError::TooLarge);
    }
    if width == 0 || height == 0 {
        return Err(ScanError::NoCode);
    }
    let Some(original) = contained(|| Original::new(picture)) else { return Err(ScanError::NoCode) };
    let mut search = Search::default();
    for (index, recipe) in RECIPES.iter().enumerate() {
        let Some(Some(view)) = contained(|| recipe.apply(&original)) else { continue };
        let unread = !search.look(&view).unread.is_empty();
        if index + 1 >= ALWAYS && search.has_found() && !unread {
            break;
        }
    }
    let texts = search.into_texts();
    if texts.is_empty() { Err(ScanError::NoCode) } else { Ok(texts) }
}

/// Why nothing was read. Messages complete "cannot read QR code: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// The file or the picture in it passes [`MAX_BYTES`], [`MAX_PIXELS`] or [`MAX_SIDE_PX`].
    #[error("picture is too large")]
    TooLarge,
    /// The bytes are not of a kind that is read.
    #[error("file is not a PNG, JPEG or WebP picture")]
    UnknownFormat,
    /// The bytes begin like a picture but cannot be unpacked.
    #[error("picture is damaged")]
    Broken,
    /// The picture holds no code that could be read.
    #[error("no QR code was found in the picture")]
    NoCode,
}
