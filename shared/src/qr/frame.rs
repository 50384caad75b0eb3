//! One frame of a live camera becomes the texts of the codes in it, or a hint for the hand that holds the phone.
//!
//! A photograph is searched until nothing is left to try ([`scan`](super::scan)); a frame has a tenth of a second, for
//! the next one is on its way. So a frame is looked at as it is and in one more way, another one for every
//! [number](Frame::numbered): a code that is held before the camera for a second is looked at in all of them.
//!
//! ```
//! use shared::qr::frame::{Frame, FrameReading, Hint, read};
//!
//! // What a browser's canvas gives: `width` × `height` bytes, row by row from the top, 0 is black.
//! let (width, height) = (640, 480);
//! let table = Frame::from_luma(width, height, vec![140; 640 * 480])?;
//! assert_eq!(read(&table), FrameReading::Nothing(Hint::NothingSeen));
//!
//! // Or a picture: the slip's code fills it, and is read.
//! let drawn = shared::qr::render::png("openid-credential-offer://?credential_offer_uri=…", 6).unwrap();
//! let slip = Frame::from_picture(&drawn)?.numbered(1);
//! match read(&slip) {
//!     FrameReading::Codes(texts) => assert!(texts[0].starts_with("openid-credential-offer://")),
//!     FrameReading::Nothing(hint) => panic!("{hint}"),
//! }
//! # Ok::<(), shared::qr::frame::FrameError>(())
//! ```

use std::fmt;

use image::GrayImage;
use serde::Serialize;

use super::containment::contained;
use super::hint;
use super::picture;
use super::scan::ScanError;
use super::search::Search;
use super::view::{FRAME_RECIPES, Original, RECIPES};

/// The most pixels that a frame may have: those of a 4K camera.
pub const MAX_FRAME_PIXELS: u64 = 4096 * 2304;

/// The most bytes that a frame's picture may have.
pub const MAX_FRAME_BYTES: usize = 10 * 1024 * 1024;

/// A picture from a live camera, grey and upright.
#[derive(Clone)]
pub struct Frame {
    pub(super) grey: GrayImage,
    number: usize,
}

impl Frame {
    /// A frame of `width` × `height` grey pixels, row by row from the top, a byte each, 0 is black.
    ///
    /// # Errors
    /// [`FrameError::Shape`] unless there is a byte for every pixel and at least one; [`FrameError::TooLarge`] beyond
    /// [`MAX_FRAME_PIXELS`].
    pub fn from_luma(width: u32, height: u32, pixels: Vec<u8>) -> Result<Self, FrameError> {
        let count = u64::from(width) * u64::from(height);
        if count > MAX_FRAME_PIXELS {
            return Err(FrameError::TooLarge);
        }
        if count == 0 || u64::try_from(pixels.len()) != Ok(count) {
            return Err(FrameError::Shape);
        }
        let grey = GrayImage::from_raw(width, height, pixels).ok_or(FrameError::Shape)?;
        Ok(Self { grey, number: 0 })
    }

    /// A frame that comes as a JPEG, PNG or WebP picture, turned as its EXIF data say.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`] beyond [`MAX_FRAME_PIXELS`] or [`MAX_FRAME_BYTES`]; [`FrameError::UnknownFormat`] and
    /// [`FrameError::Broken`] if it cannot be unpacked.
    pub fn from_picture(bytes: &[u8]) -> Result<Self, FrameError> {
        if bytes.len() > MAX_FRAME_BYTES {
            return Err(FrameError::TooLarge);
        }
        let pictures = picture::decode(bytes, MAX_FRAME_PIXELS).map_err(|error| match error {
            ScanError::TooLarge => FrameError::TooLarge,
            ScanError::UnknownFormat => FrameError::UnknownFormat,
            ScanError::Broken | ScanError::NoCode => FrameError::Broken,
        })?;
        // No camera films what is transparent: whatever lies beneath is as good as white.
        let grey = pictures.into_iter().next().ok_or(FrameError::Broken)?;
        Ok(Self { grey, number: 0 })
    }

    /// The same frame as the one of this number in the film: whoever counts the frames has each looked at in a way of
    /// its own, besides the ordinary one.
    #[must_use]
    pub fn numbered(self, number: usize) -> Self {
        Self { number, ..self }
    }

    /// Width and height in pixels.
    #[must_use]
    pub fn dimensions(&self) -> (u32, u32) {
        self.grey.dimensions()
    }
}

impl fmt::Debug for Frame {
    /// Without the pixels: they may show a bearer secret, or a face.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (width, height) = self.dimensions();
        write!(f, "Frame({width}×{height}, number {})", self.number)
    }
}

/// Why bytes are no frame. Messages complete "cannot look at frame: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Width, height and the number of pixels do not agree, or there are none.
    #[error("width, height and number of pixels do not agree")]
    Shape,
    /// There are more pixels than [`MAX_FRAME_PIXELS`] or more bytes than [`MAX_FRAME_BYTES`].
    #[error("picture is too large")]
    TooLarge,
    /// The bytes are not of a kind that is read.
    #[error("file is not a PNG, JPEG or WebP picture")]
    UnknownFormat,
    /// The bytes begin like a picture but cannot be unpacked.
    #[error("picture is damaged")]
    Broken,
}

/// What a frame shows.
#[derive(Clone, PartialEq, Eq)]
pub enum FrameReading {
    /// The distinct texts of its codes, at least one, in reading order. They may be bearer secrets.
    Codes(Vec<String>),
    /// No code was read, and this would help.
    Nothing(Hint),
}

impl fmt::Debug for FrameReading {
    /// Without the texts, which may be bearer secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Codes(texts) => write!(f, "Codes({} of them)", texts.len()),
            Self::Nothing(hint) => write!(f, "Nothing({hint:?})"),
        }
    }
}

/// What keeps a frame from being read, and so what to say to whoever holds the camera.
///
/// In JSON and as text it is one of `nothing-seen`, `closer`, `too-dark`, `too-bright`, `blurred`, `hold-still`,
/// `unreadable`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hint {
    /// Nothing in the frame looks like a code.
    NothingSeen,
    /// A code is seen, or what might be one, too small to be read.
    Closer,
    /// There is too little light.
    TooDark,
    /// There is too much light, or a lamp is mirrored in the code.
    TooBright,
    /// The code is out of focus.
    Blurred,
    /// The camera or the code moves.
    HoldStill,
    /// A code is seen, large and sharp enough, and yet cannot be read: dirty, torn, bent, partly out of the frame.
    Unreadable,
}

impl Hint {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::NothingSeen,
        Self::Closer,
        Self::TooDark,
        Self::TooBright,
        Self::Blurred,
        Self::HoldStill,
        Self::Unreadable,
    ];

    /// The hint's name, fit for a message's key.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NothingSeen => "nothing-seen",
            Self::Closer => "closer",
            Self::TooDark => "too-dark",
            Self::TooBright => "too-bright",
            Self::Blurred => "blurred",
            Self::HoldStill => "hold-still",
            Self::Unreadable => "unreadable",
        }
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads a frame, as it is and in the way that its [number](Frame::numbered) says.
///
/// It takes no longer than a fixed number of looks at every pixel, whatever the frame shows.
#[must_use]
pub fn read(frame: &Frame) -> FrameReading {
    let Some(original) = contained(|| Original::of_frame(&frame.grey)) else {
        return FrameReading::Nothing(Hint::NothingSeen);
    };
    let mut search = Search::default();
    let mut unread = Vec::new();
    let mut loose = 0;
    let also = FRAME_RECIPES.get(frame.number % FRAME_RECIPES.len().max(1));
    for recipe in RECIPES.first().into_iter().chain(also) {
        let Some(Some(view)) = contained(|| recipe.apply(&original)) else { continue };
        let rest = search.look(&view);
        if search.has_found() {
            return FrameReading::Codes(search.into_texts());
        }
        unread.extend(rest.unread);
        loose = loose.max(rest.loose);
    }
    FrameReading::Nothing(contained(|| hint::hint(&frame.grey, &unread, loose)).unwrap_or(Hint::NothingSeen))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qr::studio::{Chance, OFFER, blurred, code, jpeg, lay, noisy, sheet, toned, with_orientation};

    /// A slip's code of the given module width on a light page, as a camera of 640 × 480 frames it.
    fn filmed(module_px: u32) -> GrayImage {
        let mut page = sheet(640, 480, 215);
        let code = toned(&code(OFFER, module_px), 35, 215);
        lay(&mut page, &code, (640 - code.width()) / 2, (480 - code.height()) / 2);
        page
    }

    fn seen(grey: GrayImage) -> FrameReading {
        let (width, height) = grey.dimensions();
        read(&Frame::from_luma(width, height, grey.into_raw()).unwrap())
    }

    #[test]
    fn a_frame_is_read_as_luma_and_as_a_picture() {
        let codes = FrameReading::Codes(vec![OFFER.to_owned()]);
        assert_eq!(seen(filmed(6)), codes);
        let picture = jpeg(&filmed(6), 60);
        assert_eq!(read(&Frame::from_picture(&picture).unwrap()), codes);
        let turned = Frame::from_picture(&with_orientation(&picture, 6)).unwrap();
        assert_eq!(turned.dimensions(), (480, 640));
        assert_eq!(read(&turned), codes);
    }

    #[test]
    fn what_keeps_a_frame_from_being_read_is_said() {
        let chance = &mut Chance(5);
        let swept = |length: u32| {
            let still = filmed(7);
            GrayImage::from_fn(640, 480, |x, y| {
                let sum: u32 =
                    (0..length).map(|off| u32::from(still.get_pixel((x + off).min(639), y).0[0])).sum();
                image::Luma([(sum / length) as u8])
            })
        };
        let mut mirrored = filmed(8);
        lay(&mut mirrored, &sheet(150, 150, 255), 250, 170);
        let mut torn = filmed(8);
        lay(&mut torn, &sheet(150, 150, 120), 250, 170);
        let cases = [
            ("an empty table", noisy(&sheet(640, 480, 130), 8, chance), Hint::NothingSeen),
            ("a code far away", blurred(&filmed(1), 1.3), Hint::Closer),
            ("a dark room", noisy(&sheet(640, 480, 14), 8, chance), Hint::TooDark),
            ("a code in the dark", noisy(&toned(&filmed(6), 2, 9), 24, chance), Hint::TooDark),
            ("the sun", sheet(640, 480, 255), Hint::TooBright),
            ("a lamp's mirror image", mirrored, Hint::TooBright),
            ("a code out of focus", blurred(&filmed(7), 7.0), Hint::Blurred),
            ("a code in motion", swept(24), Hint::HoldStill),
            ("a torn code", torn, Hint::Unreadable),
        ];
        for (what, grey, hint) in cases {
            assert_eq!(seen(grey), FrameReading::Nothing(hint), "{what}");
        }
    }

    #[test]
    fn every_number_has_a_look_of_its_own() {
        // Noise like this is read where it is smoothed, and not where it is only told from black and white.
        let grainy = noisy(&filmed(6), 130, &mut Chance(11));
        let read_in = |number: usize| {
            let frame = Frame::from_luma(640, 480, grainy.as_raw().clone()).unwrap().numbered(number);
            matches!(read(&frame), FrameReading::Codes(_))
        };
        let ways: Vec<bool> = (0..2 * FRAME_RECIPES.len()).map(read_in).collect();
        let (once, again) = ways.split_at(FRAME_RECIPES.len());
        assert_eq!(once, again);
        assert!(once.contains(&true) && once.contains(&false), "{once:?}");
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        let luma = |width, height, bytes| Frame::from_luma(width, height, vec![0; bytes]).map(|_| ());
        assert_eq!(luma(4, 4, 15), Err(FrameError::Shape));
        assert_eq!(luma(0, 4, 0), Err(FrameError::Shape));
        assert_eq!(luma(u32::MAX, u32::MAX, 1), Err(FrameError::TooLarge));
        let picture = |bytes: &[u8]| Frame::from_picture(bytes).map(|_| ());
        assert_eq!(picture(&vec![0; MAX_FRAME_BYTES + 1]), Err(FrameError::TooLarge));
        assert_eq!(picture(b"GIF89a"), Err(FrameError::UnknownFormat));
        assert_eq!(picture(b"\xff\xd8\xff\xe0\0\x10JFIF\0"), Err(FrameError::Broken));
        assert_eq!(picture(&jpeg(&sheet(4100, 2400, 0), 10)), Err(FrameError::TooLarge));
    }

    #[test]
    fn neither_a_frame_nor_what_it_says_is_shown_by_debug() {
        let frame = Frame::from_luma(640, 480, filmed(6).into_raw()).unwrap().numbered(3);
        assert_eq!(format!("{frame:?}"), "Frame(640×480, number 3)");
        assert_eq!(format!("{:?}", read(&frame)), "Codes(1 of them)");
    }

    #[test]
    fn a_hint_has_one_name() {
        for hint in Hint::ALL {
            assert_eq!(serde_json::to_value(hint).unwrap(), hint.as_str());
            assert_eq!(hint.to_string(), hint.as_str());
        }
    }
}
