//! All that there is to say about a photo: every rule one by one, not only the first that it breaks.

use std::fmt;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use shared::photo_rule::{PhotoLimits, PhotoRule, PixelSize};

use super::examine::{ExaminedPhoto, check_colours, check_format, check_length, check_quality, check_size};
use super::jpeg::Jpeg;
use super::unpack::check_cost;
use super::{AcceptedPhoto, Crop, PhotoRefusal, choose, finish};
use crate::registry::profile::SchoolProfile;

/// The largest picture for the screen.
const VIEW: PixelSize = PixelSize::new(720, 900);
/// The largest picture for a list: twice as fine as it is shown.
const THUMBNAIL: PixelSize = PixelSize::new(112, 144);

/// What a school asks of photos.
#[derive(Debug, Clone)]
pub struct PhotoRules {
    /// What is sent in.
    pub source: PhotoRule,
    /// What goes onto the card.
    pub derived: PhotoRule,
    /// Whether a source that already meets `derived` is taken as it is.
    pub small_source_passes: bool,
}

impl From<&SchoolProfile> for PhotoRules {
    fn from(profile: &SchoolProfile) -> Self {
        Self {
            source: profile.photo_source.clone(),
            derived: profile.photo_derived.clone(),
            small_source_passes: profile.small_source_passes,
        }
    }
}

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Point {
    /// A JPEG by its content.
    Format,
    /// Bytes.
    Length,
    /// Whole and harmless: it can be unpacked to the last pixel.
    Whole,
    /// Colours.
    Colours,
    /// Width and height.
    Size,
    /// JPEG quality.
    Quality,
    /// No metadata: where and with what it was taken.
    Metadata,
}

impl Point {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Length => "length",
            Self::Whole => "whole",
            Self::Colours => "colours",
            Self::Size => "size",
            Self::Quality => "quality",
            Self::Metadata => "metadata",
        }
    }
}

/// One rule, and whether the picture meets it.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// What it is about.
    pub point: Point,
    /// Whether it is met and, if not, why; `None` where the file cannot be read that far.
    pub met: Option<Result<(), PhotoRefusal>>,
}

/// A picture, judged.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The numbers that it was judged by.
    pub limits: PhotoLimits,
    /// Each rule.
    pub checks: Vec<Check>,
    /// Length of the file.
    pub bytes: usize,
    /// Width and height, turned upright.
    pub size: Option<PixelSize>,
    /// JPEG quality.
    pub quality: Option<u8>,
}

/// All that there is to say about a photo.
pub struct Judgement {
    /// What was sent in.
    pub source: Judged,
    /// The picture for the card, if there is one.
    pub derived: Option<Judged>,
    /// What [`super::accept`] says.
    pub accepted: Result<AcceptedPhoto, PhotoRefusal>,
    /// The photo as a JPEG for the screen: upright, sRGB, at most 720×900, without metadata. None where it
    /// cannot be unpacked. Browsers get this one, never the file that a stranger sent.
    pub view: Option<Vec<u8>>,
}

impl fmt::Debug for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Judgement({:?})", self.accepted)
    }
}

/// Judges a photo by every rule of a school, and makes the picture for the card if it may.
///
/// Costs what [`super::examine`] costs: to be called [`super::aside`].
pub fn judge(bytes: &[u8], rules: &PhotoRules, crop: Option<Crop>) -> Judgement {
    let chosen = choose(bytes, &rules.source, &rules.derived, rules.small_source_passes);
    // A photo that passes as a small one is shown the rule that it passes by.
    let rule = if matches!(chosen, Ok((_, true))) { &rules.derived } else { &rules.source };
    let jpeg = check_format(bytes).ok().map(|()| Jpeg::parse(bytes));
    let mut source = judged(bytes, rule, jpeg.as_ref().and_then(|jpeg| jpeg.as_ref().ok()));
    let photo = match jpeg {
        None => None,
        Some(Err(refusal)) => Some(Err(refusal)),
        Some(Ok(jpeg)) => Some(check_cost(&jpeg).and_then(|()| ExaminedPhoto::unpack(jpeg))),
    };
    let whole = photo.as_ref().map(|photo| photo.as_ref().map(|_| ()).map_err(|refusal| *refusal));
    source.checks.insert(2, Check { point: Point::Whole, met: whole });
    let accepted = match (chosen, &photo) {
        (Err(refusal), _) => Err(refusal),
        (Ok(_), Some(Err(refusal))) => Err(*refusal),
        (Ok(_), None) => Err(PhotoRefusal::Broken("header")),
        (Ok((_, small)), Some(Ok(photo))) => finish(bytes, photo, small, &rules.derived, crop),
    };
    let derived = accepted.as_ref().ok().map(|accepted| {
        let bytes = accepted.derived_jpeg();
        let jpeg = Jpeg::parse(bytes);
        let mut judged = judged(bytes, &rules.derived, jpeg.as_ref().ok());
        // What is rewritten from the picture alone is as long only if there was nothing else.
        let bare = jpeg.map(|jpeg| jpeg.without_metadata().len() == bytes.len());
        let met = bare.ok().map(|bare| if bare { Ok(()) } else { Err(PhotoRefusal::Broken("metadata")) });
        judged.checks.push(Check { point: Point::Metadata, met });
        judged
    });
    let view = photo.and_then(Result::ok).as_ref().and_then(|photo| view(photo, VIEW));
    Judgement { source, derived, accepted, view }
}

/// What can be said against a photo without unpacking it: quick, however large it is.
///
/// # Errors
/// The first reason; that there is none does not say yet that the photo is whole.
pub fn glance(bytes: &[u8], rules: &PhotoRules) -> Result<(), PhotoRefusal> {
    choose(bytes, &rules.source, &rules.derived, rules.small_source_passes).map(|_| ())
}

/// A small picture for lists, made like [`Judgement::view`]; none where the photo cannot be unpacked, or only at too
/// great a cost. No rule of a school is asked: a photo that breaks one is looked at, too.
///
/// Costs what [`super::examine`] costs: to be called [`super::aside`].
pub fn thumbnail(bytes: &[u8]) -> Option<Vec<u8>> {
    check_format(bytes).ok()?;
    let jpeg = Jpeg::parse(bytes).ok()?;
    check_cost(&jpeg).ok()?;
    view(&ExaminedPhoto::unpack(jpeg).ok()?, THUMBNAIL)
}

/// Everything that is said without unpacking.
fn judged(bytes: &[u8], rule: &PhotoRule, jpeg: Option<&Jpeg<'_>>) -> Judged {
    let check = |point, met| Check { point, met };
    Judged {
        limits: rule.limits().clone(),
        checks: vec![
            check(Point::Format, Some(check_format(bytes))),
            check(Point::Length, Some(check_length(bytes, rule))),
            check(Point::Colours, jpeg.map(|jpeg| check_colours(jpeg, rule))),
            check(Point::Size, jpeg.map(|jpeg| check_size(jpeg, rule))),
            check(Point::Quality, jpeg.map(|jpeg| check_quality(jpeg, rule))),
        ],
        bytes: bytes.len(),
        size: jpeg.map(Jpeg::upright),
        quality: jpeg.map(super::quality::quality),
    }
}

fn view(photo: &ExaminedPhoto<'_>, most: PixelSize) -> Option<Vec<u8>> {
    let size = photo.size().shrunk_into(most);
    let mut picture = if size == photo.size() {
        photo.upright().to_rgb8()
    } else {
        photo.upright().resize_exact(size.width, size.height, FilterType::Triangle).into_rgb8()
    };
    if let Some(way) = photo.to_srgb() {
        way.apply(&mut picture);
    }
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 85).encode_image(&picture).ok().map(|()| jpeg)
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::registry::profile::Preset;

    fn rules(preset: Preset) -> PhotoRules {
        PhotoRules::from(&SchoolProfile::preset(preset))
    }

    fn broken(judged: &Judged) -> Vec<(Point, &'static str)> {
        let told = judged.checks.iter().filter_map(|check| match check.met {
            Some(Err(refusal)) => Some((check.point, refusal.code())),
            Some(Ok(())) => None,
            None => Some((check.point, "unread")),
        });
        told.collect()
    }

    #[test]
    fn every_rule_is_told_and_not_the_first_alone() {
        let judgement = judge(&photo(300, 300, 40), &rules(Preset::Zpe2025), None);
        assert_eq!(
            broken(&judgement.source),
            [(Point::Size, "too_large"), (Point::Quality, "quality_too_low")]
        );
        assert_eq!(judgement.accepted.unwrap_err().code(), "too_large");
        assert!(judgement.view.is_some() && judgement.derived.is_none());

        let judgement = judge(b"\x89PNG\r\n\x1A\n", &rules(Preset::Legacy2019), None);
        let unread =
            [Point::Whole, Point::Colours, Point::Size, Point::Quality].map(|point| (point, "unread"));
        assert_eq!(broken(&judgement.source)[0], (Point::Format, "not_jpeg"));
        assert_eq!(broken(&judgement.source)[1..], unread);

        let half = &photo(400, 600, 90)[..5000];
        let judgement = judge(half, &rules(Preset::Legacy2019), None);
        assert_eq!(broken(&judgement.source)[0], (Point::Whole, "truncated"));
        assert!(judgement.view.is_none());
    }

    #[test]
    fn it_says_what_accepting_says() {
        let crop = Some(Crop { x: 0, y: 0, width: 350, height: 450 });
        let (big, small) = (with_exif(&photo(600, 400, 85), 6), photo(236, 304, 95));
        for preset in [Preset::Legacy2019, Preset::Zpe2025] {
            let rules = rules(preset);
            for (bytes, crop) in [(&big, None), (&big, crop), (&small, None), (&small, crop)] {
                let judgement = judge(bytes, &rules, crop);
                let (source, derived) = (&rules.source, &rules.derived);
                let expected = super::super::accept(bytes, source, derived, rules.small_source_passes, crop);
                assert_eq!(judgement.accepted, expected);
                let derived = judgement.derived.map(|derived| broken(&derived));
                assert_eq!(
                    derived,
                    expected.ok().map(|_| Vec::new()),
                    "what goes onto the card meets every rule"
                );
            }
        }
    }

    #[test]
    fn what_waits_is_the_same_photo_without_its_whereabouts() {
        let icc = moxcms::ColorProfile::new_display_p3().encode().unwrap();
        let sent = with_exif(&photo(1000, 800, 90), 6);
        let sent = with_segment(&sent, 0xE2, &[b"ICC_PROFILE\0\x01\x01", icc.as_slice()].concat());
        assert!(sent.windows(HOME.len()).any(|window| window == HOME.as_bytes()));
        let kept = super::super::without_whereabouts([sent.as_slice(), b"a film behind the photo"].concat());
        assert!(!kept.windows(HOME.len()).any(|window| window == HOME.as_bytes()) && kept.len() < sent.len());
        let rules = rules(Preset::Legacy2019);
        let (before, after) = (judge(&sent, &rules, None), judge(&kept, &rules, None));
        let pictures =
            |judgement: Judgement| (judgement.view.unwrap(), judgement.accepted.unwrap().into_derived_jpeg());
        assert_eq!(before.source.size, after.source.size);
        assert_eq!(pictures(before), pictures(after), "turned and coloured alike");
        for unread in [&b"\x89PNG"[..], b"", &sent[..9_000]] {
            assert_eq!(super::super::without_whereabouts(unread.to_vec()), unread);
        }
    }

    #[test]
    fn lists_get_a_small_picture_or_none() {
        let sent = with_exif(&photo(2000, 1000, 80), 6);
        let small = thumbnail(&sent).unwrap();
        assert_eq!(unpacked(&small).dimensions(), (72, 144), "upright");
        assert!(small.len() < 12_000 && !small.windows(HOME.len()).any(|window| window == HOME.as_bytes()));
        let bomb = announcing(&photo(64, 64, 90), 65_000, 65_000);
        for nothing in [&b""[..], b"\x89PNG\r\n\x1A\n", &photo(400, 600, 90)[..5000], &bomb] {
            assert!(thumbnail(nothing).is_none());
        }
    }

    #[test]
    fn the_screen_gets_an_upright_picture_without_metadata() {
        let sent = with_exif(&photo(2000, 1000, 80), 6);
        let view = judge(&sent, &rules(Preset::Legacy2019), None).view.unwrap();
        assert_eq!(unpacked(&view).dimensions(), (450, 900));
        assert!(!view.windows(HOME.len()).any(|window| window == HOME.as_bytes()));
    }
}
