//! Rules of a photo, ticked or explained.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use shared::photo_rule::ColourRule;

use crate::pages::words::Lang;
use crate::registry::photo::{Check, Judged, PhotoRefusal, Point};
use crate::registry::photo_inbox::letter;
use crate::store::tables::pupil::{Photo, Pupil};

/// A rule as it is shown.
#[derive(Debug, Clone)]
pub(in crate::pages) struct CheckView {
    /// `good`, `bad`, or `plain` where the file cannot be read that far.
    pub(in crate::pages) kind: &'static str,
    /// In a word: met, not met, not known.
    pub(in crate::pages) state: String,
    /// What it is about.
    pub(in crate::pages) label: String,
    /// What it asks for.
    pub(in crate::pages) wanted: String,
    /// What the photo has; may be empty.
    pub(in crate::pages) found: String,
    /// What is wrong and what to do about it; empty if nothing is.
    pub(in crate::pages) message: String,
}

/// Every rule that a picture was judged by.
pub(in crate::pages) fn checks(judged: &Judged, lang: Lang) -> Vec<CheckView> {
    judged.checks.iter().map(|check| view(check, judged, lang)).collect()
}

fn view(check: &Check, judged: &Judged, lang: Lang) -> CheckView {
    let (kind, state, message) = match check.met {
        Some(Ok(())) => ("good", "photo-met", String::new()),
        Some(Err(refusal)) => ("bad", "photo-not-met", told(&refusal, lang)),
        None => ("plain", "photo-not-read", String::new()),
    };
    CheckView {
        kind,
        state: lang.t(state),
        label: lang.word("photo-point", check.point.word()),
        wanted: wanted(check.point, judged, lang),
        found: found(check.point, judged, lang),
        message,
    }
}

fn wanted(point: Point, judged: &Judged, lang: Lang) -> String {
    let limits = &judged.limits;
    match point {
        Point::Format => lang.t("photo-wanted-format"),
        Point::Length => {
            let max = limits.max_bytes;
            let bytes = grouped(u64::from(max));
            lang.t2("photo-wanted-length", "size", said(max, lang), "n", bytes)
        }
        Point::Whole => lang.t("photo-wanted-whole"),
        Point::Colours => match limits.colour {
            ColourRule::Rgb => lang.t("photo-wanted-rgb"),
            ColourRule::RgbOrGrey => lang.t("photo-wanted-rgb-or-grey"),
        },
        Point::Size => {
            let min = limits.min_size.to_string();
            match limits.max_size {
                Some(max) => lang.t2("photo-wanted-size-between", "min", min, "max", max.to_string()),
                None => lang.t1("photo-wanted-size", "min", min),
            }
        }
        Point::Quality => match limits.quality {
            Some(range) => lang.t2("photo-wanted-quality", "min", range.min, "max", range.max),
            None => lang.t("photo-wanted-quality-any"),
        },
        Point::Metadata => lang.t("photo-wanted-metadata"),
    }
}

fn found(point: Point, judged: &Judged, lang: Lang) -> String {
    match point {
        Point::Length => {
            lang.t1("photo-found-length", "n", format!("{}\u{a0}B", grouped(judged.bytes as u64)))
        }
        Point::Size => {
            judged.size.map(|size| lang.t1("photo-found-size", "size", size.to_string())).unwrap_or_default()
        }
        Point::Quality => {
            judged.quality.map(|found| lang.t1("photo-found-quality", "n", found)).unwrap_or_default()
        }
        Point::Format | Point::Whole | Point::Colours | Point::Metadata => String::new(),
    }
}

/// Why a photo is not taken, and what to do about it.
pub(in crate::pages) fn told(refusal: &PhotoRefusal, lang: Lang) -> String {
    match lang {
        Lang::Pl => refusal.message_pl(),
        Lang::En => refusal.message_en(),
    }
}

/// A length as people say it: `5 MB` of 1024×1024 bytes where it is a whole number of them, as file managers count; `60 kB`
/// of 1000 bytes otherwise.
fn said(bytes: u32, lang: Lang) -> String {
    const MEGABYTE: u32 = 1024 * 1024;
    if bytes >= MEGABYTE && bytes.is_multiple_of(MEGABYTE / 2) {
        let (whole, half) = (bytes / MEGABYTE, !bytes.is_multiple_of(MEGABYTE));
        format!("{whole}{}\u{a0}MB", if half { lang.pick(",5", ".5") } else { "" })
    } else {
        format!("{}\u{a0}kB", grouped(u64::from(bytes / 1000)))
    }
}

/// A number in groups of three digits.
fn grouped(number: u64) -> String {
    if number < 1000 {
        number.to_string()
    } else {
        format!("{}\u{a0}{:03}", grouped(number / 1000), number % 1000)
    }
}

/// A picture inside a page: an address of its own would let it be kept and asked for apart from the page.
pub(in crate::pages) fn inline(jpeg: &[u8]) -> String {
    format!("data:image/jpeg;base64,{}", BASE64_STANDARD.encode(jpeg))
}

/// What stands on the card beside the photo.
#[derive(Debug, Clone)]
pub(super) struct CardView {
    /// Given names and surname.
    pub(super) name: String,
    /// Birth date.
    pub(super) born: String,
    /// School.
    pub(super) school: String,
    /// The photo, as `data:`.
    pub(super) photo: String,
}

impl CardView {
    /// The card of a pupil with this photo; without a pupil nobody's.
    pub(super) fn of(pupil: Option<&Pupil>, school: &str, jpeg: &[u8], lang: Lang) -> Self {
        Self {
            name: pupil.map_or_else(|| "–".to_owned(), name),
            born: pupil.map_or_else(|| "–".to_owned(), |pupil| lang.date(pupil.birth_date)),
            school: school.to_owned(),
            photo: inline(jpeg),
        }
    }

    /// The card as it is now.
    pub(super) fn present(pupil: &Pupil, school: &str, photo: &Photo, lang: Lang) -> Self {
        Self::of(Some(pupil), school, &photo.jpeg, lang)
    }
}

/// Given names and surname.
pub(super) fn name(pupil: &Pupil) -> String {
    format!("{} {}", pupil.given_names, pupil.surname)
}

/// The largest number of pictures in a mail, for the page that says so.
pub(super) const MAX_PICTURES: usize = letter::MAX_PICTURES;
