//! Why a photo is not taken.

use shared::photo_rule::{PixelSize, QualityRange};

use super::other_format::OtherFormat;

/// Why a photo is not taken. Messages complete "cannot accept photo: …"; [`PhotoRefusal::message_pl`] and
/// [`PhotoRefusal::message_en`] are what people read. None of them says anything about what the photo shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhotoRefusal {
    /// There are no bytes.
    #[error("file is empty")]
    Empty,
    /// The content is something else, whatever the file is called.
    #[error("file is not a JPEG but {0:?}")]
    NotJpeg(OtherFormat),
    /// The file is too long.
    #[error("file has {bytes} bytes, at most {max} are allowed")]
    TooManyBytes {
        /// Its length.
        bytes: usize,
        /// The longest that is in.
        max: u32,
    },
    /// Too few pixels, judged upright and, where the rule asks for a shape, in that shape.
    #[error("picture is {size} pixels, at least {min} are required")]
    TooSmall {
        /// Its size.
        size: PixelSize,
        /// The smallest that is in.
        min: PixelSize,
    },
    /// Too many pixels for the rule, judged upright.
    #[error("picture is {size} pixels, at most {max} are allowed")]
    TooLarge {
        /// Its size.
        size: PixelSize,
        /// The largest that is in.
        max: PixelSize,
    },
    /// More pixels than anybody's photo has, found in the header before anything was unpacked.
    #[error("header announces {pixels} pixels to unpack, the limit is {max}")]
    DecompressionBomb {
        /// What the header announces.
        pixels: u64,
        /// What is unpacked at most.
        max: u64,
    },
    /// More passes over the picture than any encoder writes.
    #[error("picture is written in more than {max} scans of its size")]
    TooManyScans {
        /// How many scans a picture of this size may have.
        max: u64,
    },
    /// Four colour channels, meant for a printing press.
    #[error("colours are CMYK")]
    Cmyk,
    /// Shades of grey where colour is asked for.
    #[error("picture is grey")]
    Grey,
    /// Neither one, three nor four channels.
    #[error("picture has {0} colour channels")]
    UnknownColours(u8),
    /// Compressed more strongly than the rule allows.
    #[error("JPEG quality is {found}, {}–{} is required", range.min, range.max)]
    QualityTooLow {
        /// As read from the quantisation tables.
        found: u8,
        /// The qualities that are in.
        range: QualityRange,
    },
    /// Compressed less strongly than the rule allows.
    #[error("JPEG quality is {found}, {}–{} is required", range.min, range.max)]
    QualityTooHigh {
        /// As read from the quantisation tables.
        found: u8,
        /// The qualities that are in.
        range: QualityRange,
    },
    /// The file ends before the picture does.
    #[error("file ends before the picture does")]
    Truncated,
    /// The content contradicts the JPEG format.
    #[error("file is broken: {0}")]
    Broken(&'static str),
    /// A kind of JPEG that phones do not show: arithmetic, lossless, hierarchical, 12 bit.
    #[error("JPEG is of a kind that is not in use")]
    UnsupportedCoding,
    /// The cut leaves the picture, or is empty.
    #[error("cut is not within the picture of {within} pixels")]
    CropOutside {
        /// The picture, upright.
        within: PixelSize,
    },
    /// The cut is smaller than the picture on the card may be.
    #[error("cut is {size} pixels, at least {min} are required")]
    CropTooSmall {
        /// The cut, in the shape of the rule.
        size: PixelSize,
        /// The smallest that is in.
        min: PixelSize,
    },
    /// Even at the lowest quality that is allowed, the picture for the card is too long.
    #[error("derived picture has {bytes} bytes at the lowest quality, at most {max} are allowed")]
    CannotShrink {
        /// The shortest that could be made.
        bytes: usize,
        /// The longest that is in.
        max: u32,
    },
}

impl PhotoRefusal {
    /// Whether another cut of the same photo may be taken.
    pub fn is_about_the_cut(&self) -> bool {
        matches!(self, Self::CropOutside { .. } | Self::CropTooSmall { .. } | Self::CannotShrink { .. })
    }

    /// Stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_file",
            Self::NotJpeg(_) => "not_jpeg",
            Self::TooManyBytes { .. } => "too_many_bytes",
            Self::TooSmall { .. } => "too_small",
            Self::TooLarge { .. } => "too_large",
            Self::DecompressionBomb { .. } => "decompression_bomb",
            Self::TooManyScans { .. } => "too_many_scans",
            Self::Cmyk => "cmyk",
            Self::Grey => "grey",
            Self::UnknownColours(_) => "unknown_colours",
            Self::QualityTooLow { .. } => "quality_too_low",
            Self::QualityTooHigh { .. } => "quality_too_high",
            Self::Truncated => "truncated",
            Self::Broken(_) => "broken",
            Self::UnsupportedCoding => "unsupported_coding",
            Self::CropOutside { .. } => "crop_outside",
            Self::CropTooSmall { .. } => "crop_too_small",
            Self::CannotShrink { .. } => "cannot_shrink",
        }
    }
}
