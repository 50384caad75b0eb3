//! What a photo must be like: the numbers of the school pages, as data that a school's profile carries.
//!
//! | rule | bytes | pixels | quality | cut |
//! |---|---|---|---|---|
//! | [`PhotoRule::legacy_source`] | ≤ 5 242 880 | ≥ 354×496 | any | – |
//! | [`PhotoRule::id_card`] | ≤ 2 621 440 | ≥ 492×633 once cut | any | 35:45 |
//! | [`PhotoRule::zpe`] | ≤ 60 000 | 118×152 … 246×304 | 90–100 | – |
//! | [`PhotoRule::derived`] | ≤ 60 000 | 118×152 … 246×304, so a cut of at most 236×304 | 90–100 | 35:45 |
//!
//! There is no field for the format: every page asks for JPEG ("JPG", "JPG lub JPEG"), so every rule does.
//!
//! Sizes are those of the picture as a person sees it, turned upright. Byte counts take the reading of "MB"
//! and "kB" that cannot hurt anybody: what comes in may have binary megabytes, because that is what a file
//! manager shows as "5 MB"; what goes on to others keeps to decimal kilobytes, because 60 000 bytes is
//! "60 kB" to every reader, while 61 440 is not.

use serde::{Deserialize, Serialize};

/// Bytes that no rule may exceed; a school's profile cannot ask the office to swallow more.
pub const MAX_BYTES: u32 = 16 * 1024 * 1024;

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PixelSize {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

impl PixelSize {
    /// `width` × `height` pixels.
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// Whether it is at least as wide and at least as high as `other`.
    pub fn covers(self, other: Self) -> bool {
        self.width >= other.width && self.height >= other.height
    }

    /// Width times height.
    pub fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// The largest size of the same shape that lies within `max`; never larger than it is now.
    ///
    /// Sides are rounded to whole pixels and are at least 1.
    pub fn shrunk_into(self, max: Self) -> Self {
        if max.covers(self) {
            return self;
        }
        let by_width =
            u64::from(self.width) * u64::from(max.height) >= u64::from(self.height) * u64::from(max.width);
        if by_width {
            let height = scaled(self.height, max.width, self.width);
            Self::new(max.width.max(1), height.clamp(1, max.height.max(1)))
        } else {
            let width = scaled(self.width, max.height, self.height);
            Self::new(width.clamp(1, max.width.max(1)), max.height.max(1))
        }
    }
}

impl std::fmt::Display for PixelSize {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}×{}", self.width, self.height)
    }
}

/// How the sides of a picture stand to each other, such as 35:45.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aspect {
    /// The share of the width.
    pub width: u32,
    /// The share of the height.
    pub height: u32,
}

impl Aspect {
    /// 35×45 mm, the photo of an identity card.
    pub const ID_PHOTO: Self = Self { width: 35, height: 45 };

    /// The largest picture of this shape that can be cut out of `whole`; sides rounded to whole pixels.
    pub fn cut_from(self, whole: PixelSize) -> PixelSize {
        let too_wide =
            u64::from(whole.width) * u64::from(self.height) > u64::from(whole.height) * u64::from(self.width);
        if too_wide {
            PixelSize::new(scaled(whole.height, self.width, self.height).clamp(1, whole.width), whole.height)
        } else {
            PixelSize::new(whole.width, scaled(whole.width, self.height, self.width).clamp(1, whole.height))
        }
    }
}

/// `side · by / of`, rounded to the nearest whole number; 0 where `of` is 0.
fn scaled(side: u32, by: u32, of: u32) -> u32 {
    let of = u64::from(of);
    let exact = (u64::from(side) * u64::from(by) + of / 2).checked_div(of).unwrap_or(0);
    u32::try_from(exact).unwrap_or(u32::MAX)
}

/// JPEG quality on the scale 1–100 of the Independent JPEG Group; the pages' "0.9 do 1.0" is 90–100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualityRange {
    /// The lowest quality that is in.
    pub min: u8,
    /// The highest quality that is in.
    pub max: u8,
}

impl QualityRange {
    /// Whether `quality` is in.
    pub fn admits(self, quality: u8) -> bool {
        (self.min..=self.max).contains(&quality)
    }
}

/// Which colours a photo may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColourRule {
    /// Three colour channels. How JPEG writes them, as YCbCr or directly, is its own affair.
    Rgb,
    /// Three colour channels, or shades of grey.
    RgbOrGrey,
}

/// The numbers of a [`PhotoRule`], readable and writable by hand; checked when they become one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhotoLimits {
    /// The largest file, in bytes, inclusive.
    pub max_bytes: u32,
    /// The smallest picture, inclusive: of the cut where `aspect` asks for one, else of the whole.
    pub min_size: PixelSize,
    /// The largest picture, inclusive, uncut; `None` for no limit.
    #[serde(default)]
    pub max_size: Option<PixelSize>,
    /// The colours.
    pub colour: ColourRule,
    /// JPEG quality; `None` for any.
    #[serde(default)]
    pub quality: Option<QualityRange>,
    /// The shape that is cut out of the photo; `None` leaves it as it is. A photo of another shape is not
    /// refused as long as a cut of `min_size` fits into it.
    #[serde(default)]
    pub aspect: Option<Aspect>,
}

/// What a photo must be like; made from [`PhotoLimits`] that make sense.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PhotoLimits", into = "PhotoLimits")]
pub struct PhotoRule(PhotoLimits);

impl PhotoRule {
    /// The school page of 2019 \[S0\]: "JPG lub JPEG o rozmiarze max. 5MB i wymiarach minimum 354x496px".
    ///
    /// In colour, as every document photo is. The size is that of the whole picture: a cut of 35:45 out of
    /// 354×496 is 354×455, which the page calls large enough.
    pub fn legacy_source() -> Self {
        Self(PhotoLimits {
            max_bytes: 5 * 1024 * 1024,
            min_size: PixelSize::new(354, 496),
            max_size: None,
            colour: ColourRule::Rgb,
            quality: None,
            aspect: None,
        })
    }

    /// As for an identity card \[S4\]: 35×45 mm, at least 492×633 px, at most 2.5 MB.
    pub fn id_card() -> Self {
        Self(PhotoLimits {
            max_bytes: 5 * 1024 * 1024 / 2,
            min_size: PixelSize::new(492, 633),
            max_size: None,
            colour: ColourRule::Rgb,
            quality: None,
            aspect: Some(Aspect::ID_PHOTO),
        })
    }

    /// The education platform's page \[S2\]: RGB, .JPG, "maksymalny rozmiar 60kb", "maksymalny wymiar
    /// 246×304", "jakość w przedziale 0.9 do 1.0".
    ///
    /// The page names no smallest size; ours is half of what the card shows, below which nobody can tell a
    /// face: a thumbnail sent by mistake is refused at once instead of at the first inspection.
    pub fn zpe() -> Self {
        Self(PhotoLimits { aspect: None, ..Self::derived().0 })
    }

    /// The picture that goes onto the mobile card: within every page's limits at once, cut to 35:45.
    ///
    /// A 35:45 cut within 246×304 is at most 236×304.
    pub fn derived() -> Self {
        Self(PhotoLimits {
            max_bytes: 60_000,
            min_size: PixelSize::new(118, 152),
            max_size: Some(PixelSize::new(246, 304)),
            colour: ColourRule::Rgb,
            quality: Some(QualityRange { min: 90, max: 100 }),
            aspect: Some(Aspect::ID_PHOTO),
        })
    }

    /// The numbers.
    pub fn limits(&self) -> &PhotoLimits {
        &self.0
    }

    /// What is cut out of a picture, or part of a picture, of this size.
    pub fn cut_from(&self, whole: PixelSize) -> PixelSize {
        self.0.aspect.map_or(whole, |aspect| aspect.cut_from(whole))
    }

    /// The size at which a cut of this size is kept: no larger than the rule allows, never enlarged.
    pub fn kept_size(&self, cut: PixelSize) -> PixelSize {
        self.0.max_size.map_or(cut, |max| cut.shrunk_into(self.cut_from(max)))
    }
}

impl TryFrom<PhotoLimits> for PhotoRule {
    type Error = PhotoRuleError;

    fn try_from(limits: PhotoLimits) -> Result<Self, PhotoRuleError> {
        if !(1..=MAX_BYTES).contains(&limits.max_bytes) {
            return Err(PhotoRuleError::Bytes);
        }
        if limits.aspect.is_some_and(|a| !in_range(a.width, 1000) || !in_range(a.height, 1000)) {
            return Err(PhotoRuleError::Aspect);
        }
        if limits.quality.is_some_and(|q| q.min < 1 || q.min > q.max || q.max > 100) {
            return Err(PhotoRuleError::Quality);
        }
        let rule = Self(limits);
        let smallest = rule.0.min_size;
        let largest = rule.0.max_size.unwrap_or(PixelSize::new(LONGEST_SIDE, LONGEST_SIDE));
        if [smallest, largest]
            .iter()
            .any(|s| !in_range(s.width, LONGEST_SIDE) || !in_range(s.height, LONGEST_SIDE))
            || !rule.cut_from(largest).covers(smallest)
        {
            return Err(PhotoRuleError::Size);
        }
        Ok(rule)
    }
}

/// The longest side that a JPEG header can state (ITU-T T.81 §B.2.2).
const LONGEST_SIDE: u32 = 65_535;

fn in_range(number: u32, max: u32) -> bool {
    (1..=max).contains(&number)
}

impl From<PhotoRule> for PhotoLimits {
    fn from(rule: PhotoRule) -> Self {
        rule.0
    }
}

/// Why [`PhotoLimits`] make no rule; messages complete "cannot use photo rule: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhotoRuleError {
    /// `max_bytes` is 0 or more than [`MAX_BYTES`].
    #[error("max_bytes is outside 1..={MAX_BYTES}")]
    Bytes,
    /// A side is 0 or more than a JPEG can have, or the smallest picture is larger than the largest.
    #[error("no picture is at least min_size and at most max_size, once cut")]
    Size,
    /// The range is empty or leaves 1–100.
    #[error("quality is not a range within 1..=100")]
    Quality,
    /// A share is 0 or absurd.
    #[error("aspect is not made of numbers in 1..=1000")]
    Aspect,
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn px(width: u32, height: u32) -> PixelSize {
        PixelSize::new(width, height)
    }

    #[test]
    fn cuts_and_kept_sizes() {
        let derived = PhotoRule::derived();
        for (whole, cut, kept) in [
            (px(354, 496), px(354, 455), px(236, 303)),
            (px(492, 633), px(492, 633), px(236, 304)),
            (px(496, 354), px(275, 354), px(236, 304)),
            (px(246, 304), px(236, 304), px(236, 304)),
            (px(236, 304), px(236, 303), px(236, 303)),
            (px(3024, 4032), px(3024, 3888), px(236, 303)),
            (px(65_535, 1), px(1, 1), px(1, 1)),
            (px(1, 65_535), px(1, 1), px(1, 1)),
            (px(120, 160), px(120, 154), px(120, 154)),
        ] {
            assert_eq!(derived.cut_from(whole), cut, "cut of {whole}");
            assert_eq!(derived.kept_size(cut), kept, "kept of {whole}");
        }
        assert_eq!(PhotoRule::legacy_source().cut_from(px(354, 496)), px(354, 496));
        assert_eq!(px(2000, 10).shrunk_into(px(246, 304)), px(246, 1));
    }

    #[test]
    fn no_cut_is_kept_larger_than_236_by_304_and_none_is_enlarged() {
        let rule = PhotoRule::derived();
        for width in (1..1200).step_by(7) {
            for height in (1..1200).step_by(11) {
                let cut = rule.cut_from(px(width, height));
                let kept = rule.kept_size(cut);
                assert!(px(width, height).covers(cut) && cut.covers(kept), "{width}×{height}");
                assert!(px(236, 304).covers(kept), "{width}×{height} is kept as {kept}");
            }
        }
    }

    #[test]
    fn the_presets_say_what_the_pages_say_and_survive_json() {
        let limits =
            |rule: &PhotoRule| (rule.limits().max_bytes, rule.limits().min_size, rule.limits().max_size);
        assert_eq!(limits(&PhotoRule::legacy_source()), (5_242_880, px(354, 496), None));
        assert_eq!(limits(&PhotoRule::id_card()), (2_621_440, px(492, 633), None));
        assert_eq!(limits(&PhotoRule::zpe()), (60_000, px(118, 152), Some(px(246, 304))));
        assert_eq!(limits(&PhotoRule::derived()), limits(&PhotoRule::zpe()));
        assert_eq!(PhotoRule::zpe().limits().quality, Some(QualityRange { min: 90, max: 100 }));
        for rule in [PhotoRule::legacy_source(), PhotoRule::id_card(), PhotoRule::zpe(), PhotoRule::derived()]
        {
            let json = serde_json::to_string(&rule).unwrap();
            assert_eq!(serde_json::from_str::<PhotoRule>(&json).unwrap(), rule, "{json}");
        }
    }

    #[test]
    fn numbers_that_make_no_sense_make_no_rule() {
        let with = |change: fn(&mut PhotoLimits)| {
            let mut limits = PhotoLimits::from(PhotoRule::derived());
            change(&mut limits);
            PhotoRule::try_from(limits)
        };
        assert!(with(|_| ()).is_ok());
        assert_eq!(with(|l| l.max_bytes = 0), Err(PhotoRuleError::Bytes));
        assert_eq!(with(|l| l.max_bytes = MAX_BYTES + 1), Err(PhotoRuleError::Bytes));
        assert_eq!(with(|l| l.min_size = px(0, 152)), Err(PhotoRuleError::Size));
        assert_eq!(with(|l| l.max_size = Some(px(70_000, 304))), Err(PhotoRuleError::Size));
        assert_eq!(
            with(|l| l.min_size = px(237, 152)),
            Err(PhotoRuleError::Size),
            "no 35:45 cut is that wide"
        );
        assert_eq!(
            with(|l| l.quality = Some(QualityRange { min: 95, max: 90 })),
            Err(PhotoRuleError::Quality)
        );
        assert_eq!(
            with(|l| l.quality = Some(QualityRange { min: 90, max: 101 })),
            Err(PhotoRuleError::Quality)
        );
        assert_eq!(with(|l| l.aspect = Some(Aspect { width: 35, height: 0 })), Err(PhotoRuleError::Aspect));
        let unknown = r#"{"max_bytes":1,"min_size":{"width":1,"height":1},"colour":"rgb","formats":["png"]}"#;
        assert!(serde_json::from_str::<PhotoRule>(unknown).is_err());
    }
}
