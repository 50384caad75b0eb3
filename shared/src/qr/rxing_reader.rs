//! The first look: rxing's detector, which is quick and reads any number of codes. It is driven a step at a time,
//! so that the work stays bounded, a panic costs one step, and finder patterns that nobody has read come to light.

use rxing::common::cpp_essentials::{ConcentricPattern, LocateConcentricPattern};
use rxing::common::{BitMatrix, DetectorRXingResult, HybridBinarizer};
use rxing::qrcode::cpp_port::decoder::Decode;
use rxing::qrcode::cpp_port::detector::{FinderPatternSet, GenerateFinderPatternSets, SampleQR};
use rxing::{Binarizer, Luma8Source, Point};

use super::containment::contained;
use super::lattice;
use super::reading::{Reading, Spot};
use super::view::View;

/// What rxing saw in a view.
#[derive(Debug, Default)]
pub(super) struct Look {
    pub(super) readings: Vec<Reading>,
    /// Where three finder patterns stand as a code's corners do, in a code that neither was read nor was known.
    pub(super) unread: Vec<Suspect>,
    /// How many finder patterns lie in no code that was read or known, single ones too.
    pub(super) loose: usize,
}

/// A code that was seen by its finder patterns and not read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Suspect {
    /// The middles of its finder patterns: lower left, upper left, upper right as the code is read.
    pub(super) finders: [Spot; 3],
    /// The width of a module in pixels, as the finder patterns have it.
    pub(super) module: f32,
}

impl Suspect {
    fn new(triple: &FinderPatternSet) -> Self {
        let corners = [triple.bl, triple.tl, triple.tr];
        Self {
            finders: corners.map(|corner| Spot { x: corner.p.x, y: corner.p.y }),
            module: corners.iter().map(|corner| corner.size as f32).sum::<f32>() / 21.0,
        }
    }

    /// The same code at another scale.
    pub(super) fn times(self, factor: f32) -> Self {
        Self { finders: self.finders.map(|spot| spot.times(factor)), module: self.module * factor }
    }

    /// The modules along a side, as far as distances tell.
    pub(super) fn modules(&self) -> f32 {
        let [bl, tl, tr] = self.finders;
        ((tr.x - tl.x).hypot(tr.y - tl.y) + (bl.x - tl.x).hypot(bl.y - tl.y)) / (2.0 * self.module) + 7.0
    }

    /// Its four corners in order around it, as far as three finder patterns tell: half a pattern beyond their middles.
    pub(super) fn corners(&self) -> [Spot; 4] {
        let [bl, tl, tr] = self.finders;
        let beyond = 3.5 / (self.modules() - 7.0).max(1.0);
        let place = |right: f32, down: f32| Spot {
            x: tl.x + right * (tr.x - tl.x) + down * (bl.x - tl.x),
            y: tl.y + right * (tr.y - tl.y) + down * (bl.y - tl.y),
        };
        let (near, far) = (-beyond, 1.0 + beyond);
        [place(near, near), place(far, near), place(far, far), place(near, far)]
    }
}

/// More finder patterns than this, and a view is debris or an attack; a sheet of a hundred slips has three hundred.
const MAX_PATTERNS: usize = 600;

/// The places that are looked at more closely for being finder patterns; print and noise make thousands.
const MAX_PLACES: usize = 100_000;

/// Rows between those that are searched for finder patterns: the middle of one is at least this high.
const ROW_STEP: usize = 3;

/// The triples of finder patterns that are tried in a view, the most plausible first.
const MAX_TRIPLES: usize = 600;

/// The triples that are looked at more closely in a view: it takes a hundred times as long as decoding does.
const MAX_CLOSER: usize = 4;

/// Everything that rxing reads among the dark `bits`, apart from what stands where a code is `known` to be.
///
/// What it sees and does not read is looked at more closely in the grey `view`, where `light` modules are a code's.
pub(super) fn look(bits: &BitMatrix, view: &View, light: bool, known: impl Fn(Spot) -> bool) -> Look {
    let Some(mut patterns) = finder_patterns(bits) else { return Look::default() };
    patterns.retain(|pattern| !known(Spot { x: pattern.p.x, y: pattern.p.y }));
    let all = patterns.clone();
    let triples = contained(|| GenerateFinderPatternSets(&mut patterns)).unwrap_or_default();
    let mut look = Look::default();
    let mut used: Vec<ConcentricPattern> = Vec::new();
    let is_used = |triple: &FinderPatternSet, used: &[ConcentricPattern]| {
        [triple.bl, triple.tl, triple.tr].iter().any(|corner| used.contains(corner))
    };
    let mut unread = Vec::new();
    for triple in triples.into_iter().take(MAX_TRIPLES) {
        if is_used(&triple, &used) {
            continue;
        }
        let sample = contained(|| SampleQR(bits, &triple)).and_then(Result::ok);
        match sample.as_ref().and_then(|sample| contained(|| read(sample)).flatten()) {
            Some(reading) => {
                used.extend([triple.bl, triple.tl, triple.tr]);
                look.readings.push(reading);
            }
            None => unread.push((triple, sample.map(|sample| sample.getBits().width() as i32))),
        }
    }
    for (triple, sampled) in unread.iter().filter(|_| !view.binary).take(MAX_CLOSER) {
        let taken = |corner: &ConcentricPattern| {
            let spot = Spot { x: corner.p.x, y: corner.p.y };
            used.contains(corner) || look.readings.iter().any(|reading| reading.covers(spot))
        };
        if [triple.bl, triple.tl, triple.tr].iter().any(taken) {
            continue;
        }
        if let Some(reading) = lattice::read(&view.grey, &Suspect::new(triple), light, *sampled) {
            used.extend([triple.bl, triple.tl, triple.tr]);
            look.readings.push(reading);
        }
    }
    // Some modules of a code that has been read look like finder patterns themselves.
    let is_read = |corner: &ConcentricPattern| {
        let spot = Spot { x: corner.p.x, y: corner.p.y };
        look.readings.iter().any(|reading| reading.covers(spot))
    };
    let loose = all.iter().filter(|pattern| !used.contains(pattern) && !is_read(pattern)).count();
    let still_unread = unread
        .iter()
        .filter(|(triple, sampled)| {
            sampled.is_some()
                && !is_used(triple, &used)
                && ![triple.bl, triple.tl, triple.tr].iter().any(is_read)
        })
        .map(|(triple, _)| Suspect::new(triple))
        .collect();
    Look { unread: still_unread, loose, ..look }
}

fn read(sample: &impl DetectorRXingResult) -> Option<Reading> {
    let text = decoded(sample.getBits())?;
    // The sampler lists them row by row: upper left, upper right, lower left, lower right.
    let &[upper_left, upper_right, lower_left, lower_right] = sample.getPoints() else { return None };
    let corners =
        [upper_left, upper_right, lower_right, lower_left].map(|point| Spot { x: point.x, y: point.y });
    Some(Reading { text, corners })
}

/// The text of a code whose modules are these.
pub(super) fn decoded(modules: &BitMatrix) -> Option<String> {
    Decode(modules).ok().filter(|decoded| decoded.isValid()).map(|decoded| decoded.text())
}

/// The view in black and white, as rxing tells them apart (or as the view already has).
pub(super) fn bits(view: &View) -> Option<BitMatrix> {
    let (width, height) = view.grey.dimensions();
    contained(|| {
        if view.binary {
            let mut bits = BitMatrix::new(width, height).ok()?;
            for (x, y, _) in view.grey.enumerate_pixels().filter(|(_, _, pixel)| pixel.0 == [u8::MIN]) {
                bits.set(x, y);
            }
            return Some(bits);
        }
        let source = Luma8Source::new_with_slice(view.grey.as_raw(), width, height).ok()?;
        HybridBinarizer::new(source).get_black_matrix().ok().cloned()
    })
    .flatten()
}

/// The finder patterns among the dark bits; `None` if there are more than [`MAX_PATTERNS`] or [`MAX_PLACES`].
///
/// rxing has a search of its own, but it compares each find with all before it and knows no end: a picture tiled with
/// finder patterns would hold it for minutes.
fn finder_patterns(bits: &BitMatrix) -> Option<Vec<ConcentricPattern>> {
    let mut patterns: Vec<ConcentricPattern> = Vec::new();
    let mut places = 0;
    let mut runs: Vec<u16> = Vec::new();
    for y in (ROW_STEP as u32 - 1..bits.height()).step_by(ROW_STEP) {
        runs_of_row(bits, y, &mut runs);
        let mut x: u32 = runs.first().copied().unwrap_or_default().into();
        // Light runs have even places, dark ones odd.
        for window in runs[1.min(runs.len())..].windows(5).step_by(2) {
            let across: u32 = window.iter().copied().map(u32::from).sum();
            if like_a_finder(window) {
                let centre =
                    f32::from(window[2]) / 2.0 + (x + u32::from(window[0]) + u32::from(window[1])) as f32;
                let centre = Point { x: centre, y: y as f32 + 0.5 };
                let is_new =
                    |found: &ConcentricPattern| Point::distance(centre, found.p) >= found.size as f32 / 2.0;
                if patterns.iter().all(is_new) {
                    // Three times the width: a pattern seen aslant is higher than wide.
                    let reach = i32::try_from(across * 3).ok()?;
                    let located =
                        contained(|| LocateConcentricPattern::<true, 5, 7>(bits, &FINDER, centre, reach));
                    patterns.extend(located.flatten());
                    places += 1;
                    if patterns.len() > MAX_PATTERNS || places > MAX_PLACES {
                        return None;
                    }
                }
            }
            x += u32::from(window[0]) + u32::from(window[1]);
        }
    }
    Some(patterns)
}

/// The modules of a finder pattern's middle row (ISO/IEC 18004 §6.3.3).
const FINDER: [u16; 5] = [1, 1, 3, 1, 1];

/// The lengths of a row's runs, a light one first, which is 0 if the row begins dark.
fn runs_of_row(bits: &BitMatrix, y: u32, runs: &mut Vec<u16>) {
    runs.clear();
    let mut dark = false;
    let mut run = 0;
    for x in 0..bits.width() {
        if bits.get(x, y) != dark {
            runs.push(run);
            run = 0;
            dark = !dark;
        }
        run += 1;
    }
    runs.push(run);
}

/// Whether five runs, dark first, may cut a finder pattern. Ink and light creep over edges, so the dark and the light
/// modules have a width each.
fn like_a_finder(runs: &[u16]) -> bool {
    let dark = f32::from(runs[0] + runs[2] + runs[4]) / 5.0;
    let light = f32::from(runs[1] + runs[3]) / 2.0;
    let near =
        |run: u16, modules: f32, module: f32, slack: f32| (f32::from(run) - modules * module).abs() <= slack;
    dark <= 4.0 * light
        && light <= 4.0 * dark
        && [(0, 1.0), (2, 3.0), (4, 1.0)].iter().all(|&(at, n)| near(runs[at], n, dark, 0.75 * dark + 0.5))
        && [1, 3].iter().all(|&at| near(runs[at], 1.0, light, light / 3.0 + 0.5))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qr::studio::{OFFER, code, lay, sheet};

    fn bits_of(grey: image::GrayImage) -> BitMatrix {
        bits(&View { grey, binary: true, scale: 1.0 }).unwrap()
    }

    /// A view that is of no use to the closest look.
    fn blind() -> View {
        View { grey: sheet(1, 1, 0), binary: true, scale: 1.0 }
    }

    #[test]
    fn a_code_is_read_where_none_is_known_and_left_where_one_is() {
        let bits = bits_of(code(OFFER, 4));
        let fresh = look(&bits, &blind(), false, |_| false);
        assert_eq!(fresh.readings.len(), 1);
        assert!(fresh.unread.is_empty());
        let [reading] = fresh.readings.try_into().unwrap();
        assert_eq!(reading.text, OFFER);
        let again = look(&bits, &blind(), false, |spot| reading.covers(spot));
        assert!(again.readings.is_empty() && again.unread.is_empty());
    }

    #[test]
    fn a_code_that_cannot_be_decoded_is_reported_unread() {
        let mut smeared = code(OFFER, 4);
        let side = smeared.width();
        lay(&mut smeared, &sheet(90, 90, 0), side / 2 - 45, side / 2 - 45);
        let look = look(&bits_of(smeared), &blind(), false, |_| false);
        assert!(look.readings.is_empty());
        let suspect = look.unread.first().unwrap();
        assert!((suspect.module - 4.0).abs() < 0.5, "{suspect:?}");
        let [upper_left, _, lower_right, _] = suspect.corners();
        let (near, far) = (16.0, side as f32 - 16.0);
        for (found, drawn) in [(upper_left, near), (lower_right, far)] {
            assert!((found.x - drawn).abs() < 4.0 && (found.y - drawn).abs() < 4.0, "{suspect:?}");
        }
    }

    #[test]
    fn a_crowd_of_finder_patterns_is_not_searched() {
        let one = image::imageops::crop_imm(&code(OFFER, 2), 7, 7, 16, 16).to_image();
        let mut crowd = sheet(16 * 26, 16 * 26, 255);
        for y in 0..26 {
            for x in 0..26 {
                lay(&mut crowd, &one, x * 16, y * 16);
            }
        }
        assert!(finder_patterns(&bits_of(crowd.clone())).is_none());
        let few = image::imageops::crop_imm(&crowd, 0, 0, 16 * 5, 16 * 5).to_image();
        assert_eq!(finder_patterns(&bits_of(few)).unwrap().len(), 25);
    }
}
