//! The two readers, fenced in: bounded work whatever the picture holds, and panics contained.
//!
//! rqrr is quick and reads clean codes; rxing's detector finds more, reads several codes, and its finder patterns tell
//! whether a code is left that nobody has read yet.

use image::GrayImage;
use rqrr::PreparedImage;
use rxing::common::cpp_essentials::ConcentricPattern;
use rxing::common::{BitMatrix, DetectorRXingResult, HybridBinarizer};
use rxing::qrcode::cpp_port::decoder::Decode;
use rxing::qrcode::cpp_port::detector::{
    FindFinderPatterns, FinderPatternSet, GenerateFinderPatternSets, SampleQR,
};
use rxing::{Binarizer, Luma8Source};

use super::containment::contained;
use super::view::View;

/// A place in a view or a picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spot {
    pub(super) x: f32,
    pub(super) y: f32,
}

/// A code that was read, and its corners in order around it.
pub(super) struct Reading {
    pub(super) text: String,
    pub(super) corners: [Spot; 4],
}

/// What rxing saw in a view.
#[derive(Default)]
pub(super) struct Look {
    pub(super) readings: Vec<Reading>,
    /// Whether three finder patterns stand as a code's corners do, in a code that neither was read nor was known.
    pub(super) unread: bool,
}

/// More places than this that look like finder patterns, and a view is debris (or an attack): rxing compares each
/// with each.
const MAX_RXING_PLACES: usize = 2_000;

/// The corner triples of a view that rxing tries, the most plausible first.
const MAX_TRIPLES: usize = 400;

/// What rqrr may cost: it copies the view for every triple of places, about places² × pixels bytes in all.
const MAX_RQRR_COPIES: u64 = 10_000_000_000;

/// rqrr's number for a white pixel; every other number is some kind of black.
const WHITE: u8 = 0;

/// Everything that rqrr reads in the view.
pub(super) fn rqrr(view: &View) -> Vec<Reading> {
    contained(|| rqrr_unfenced(view)).unwrap_or_default()
}

fn rqrr_unfenced(view: &View) -> Vec<Reading> {
    let (width, height) = (view.grey.width() as usize, view.grey.height() as usize);
    let grey = view.grey.as_raw();
    let mut prepared = if view.binary {
        PreparedImage::prepare_from_bitmap(width, height, |x, y| grey[y * width + x] == u8::MIN)
    } else {
        PreparedImage::prepare_from_greyscale(width, height, |x, y| grey[y * width + x])
    };
    let pixels = (width * height) as u64;
    let limit = (MAX_RQRR_COPIES / pixels.max(1)).isqrt() as usize;
    if places(width, height, 1, limit, |x, y| prepared.get_pixel_at(x, y) != WHITE) >= limit {
        return Vec::new();
    }
    prepared
        .detect_grids()
        .into_iter()
        .filter_map(|grid| {
            // One bad grid must not cost the others of the picture.
            let (_, text) = contained(|| grid.decode().ok())??;
            let corners = grid.bounds.map(|point| Spot { x: point.x as f32, y: point.y as f32 });
            Some(Reading { text, corners })
        })
        .collect()
}

/// Everything that rxing reads in the view, dark on light or, if `inverted`, light on dark, apart from what stands
/// where a code is `known` to be.
pub(super) fn rxing(bits: &BitMatrix, known: impl Fn(Spot) -> bool) -> Look {
    let (width, height) = (bits.width() as usize, bits.height() as usize);
    let dark = |x: usize, y: usize| bits.get(x as u32, y as u32);
    if places(width, height, 3, MAX_RXING_PLACES, dark) >= MAX_RXING_PLACES {
        return Look::default();
    }
    let Some(mut patterns) = contained(|| FindFinderPatterns(bits, true, 0)) else { return Look::default() };
    patterns.retain(|pattern| !known(Spot { x: pattern.p.x, y: pattern.p.y }));
    let triples = contained(|| GenerateFinderPatternSets(&mut patterns)).unwrap_or_default();
    let mut look = Look::default();
    let mut used: Vec<ConcentricPattern> = Vec::new();
    let mut sampled: Vec<FinderPatternSet> = Vec::new();
    for triple in triples.into_iter().take(MAX_TRIPLES) {
        if [triple.bl, triple.tl, triple.tr].iter().any(|corner| used.contains(corner)) {
            continue;
        }
        let Some(Some(sample)) = contained(|| SampleQR(bits, &triple).ok()) else { continue };
        match contained(|| read(&sample)).flatten() {
            Some(reading) => {
                used.extend([triple.bl, triple.tl, triple.tr]);
                look.readings.push(reading);
            }
            None => sampled.push(triple),
        }
    }
    look.unread = sampled
        .iter()
        .any(|triple| ![triple.bl, triple.tl, triple.tr].iter().any(|corner| used.contains(corner)));
    look
}

fn read(sample: &impl DetectorRXingResult) -> Option<Reading> {
    let decoded = Decode(sample.getBits()).ok().filter(|decoded| decoded.isValid())?;
    let corners = sample.getPoints().iter().map(|point| Spot { x: point.x, y: point.y }).collect::<Vec<_>>();
    Some(Reading { text: decoded.text(), corners: corners.try_into().ok()? })
}

/// The view in black and white, as rxing tells them apart (or as the view already has).
pub(super) fn bits(view: &View) -> Option<BitMatrix> {
    let (width, height) = view.grey.dimensions();
    if view.binary {
        return black_and_white(&view.grey);
    }
    contained(|| {
        let source = Luma8Source::new_with_slice(view.grey.as_raw(), width, height).ok()?;
        HybridBinarizer::new(source).get_black_matrix().ok().cloned()
    })
    .flatten()
}

fn black_and_white(binary: &GrayImage) -> Option<BitMatrix> {
    let mut bits = BitMatrix::new(binary.width(), binary.height()).ok()?;
    for (x, y, pixel) in binary.enumerate_pixels() {
        if pixel.0 == [u8::MIN] {
            bits.set(x, y);
        }
    }
    Some(bits)
}

/// Counts the places where a row runs dark-light-dark-light-dark as 1:1:3:1:1, as it does through a finder pattern;
/// rows that cut the same pattern count once. Looks at every `step`th row and stops at `limit`.
///
/// The readers' own searches are at most as tolerant, so this bounds what they will find before they start.
fn places(
    width: usize,
    height: usize,
    step: usize,
    limit: usize,
    dark: impl Fn(usize, usize) -> bool,
) -> usize {
    struct Place {
        x: usize,
        last_y: usize,
        reach: usize,
    }
    let mut places: Vec<Place> = Vec::new();
    // Places whose rows have ended are only counted, lest every match be compared with all of them.
    let mut ended = 0;
    for y in (0..height).step_by(step) {
        let before = places.len();
        places.retain(|place| y <= place.last_y + place.reach);
        ended += before - places.len();
        let mut runs = [0_usize; 5];
        let mut run = 0;
        let mut was_dark = false;
        for x in 0..=width {
            let is_dark = x < width && dark(x, y);
            if is_dark == was_dark {
                run += 1;
                continue;
            }
            runs.rotate_left(1);
            runs[4] = run;
            if was_dark && like_a_finder(&runs) {
                let centre = x - runs[4] - runs[3] - runs[2] / 2;
                match places.iter_mut().find(|place| place.x.abs_diff(centre) <= place.reach) {
                    Some(place) => place.last_y = y,
                    None => {
                        let reach = (runs.iter().sum::<usize>() / 4).max(step);
                        places.push(Place { x: centre, last_y: y, reach });
                    }
                }
                if ended + places.len() >= limit {
                    return limit;
                }
            }
            was_dark = is_dark;
            run = 1;
        }
    }
    ended + places.len()
}

/// Whether five runs, dark first, are 1:1:3:1:1 within three quarters of a module each.
fn like_a_finder(runs: &[usize; 5]) -> bool {
    const MODULES: [usize; 5] = [1, 1, 3, 1, 1];
    let module = (runs[0] + runs[1] + runs[3] + runs[4]) / 4;
    let slack = module * 3 / 4;
    runs.iter().zip(MODULES).all(|(run, modules)| run.abs_diff(modules * module) <= slack)
}
