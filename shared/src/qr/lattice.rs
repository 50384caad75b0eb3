//! The closest look: at a code that was seen and could not be read, the grey of every module is measured by itself.
//!
//! Telling black from white before the modules are known throws away what blur, noise and bad light have left of them.
//! Here the grid is laid over the code first, by its finder patterns and the alignment pattern opposite the middle
//! one; each module is then compared with those around it, after its neighbours' light has been taken out of it in
//! several ways: a lens out of focus spreads it all round, a hand that moves spreads it along one line.

use image::GrayImage;
use rxing::Point;
use rxing::common::{BitMatrix, PerspectiveTransform, Quadrilateral};

use super::containment::contained;
use super::reading::{Reading, Spot};
use super::rxing_reader::{Suspect, decoded};

/// Modules along a side, from version 1 to 40 (ISO/IEC 18004 §6.1).
const SIDES: std::ops::RangeInclusive<i32> = 21..=177;

/// Reads the suspect in the grey view that it was seen in; `light` says that its modules are the light ones, `sampled`
/// how many modules a side somebody else has counted.
pub(super) fn read(
    grey: &GrayImage,
    suspect: &Suspect,
    light: bool,
    sampled: Option<i32>,
) -> Option<Reading> {
    contained(|| read_unfenced(grey, suspect, light, sampled)).flatten()
}

fn read_unfenced(grey: &GrayImage, suspect: &Suspect, light: bool, sampled: Option<i32>) -> Option<Reading> {
    let field = Field { grey, sign: if light { -1.0 } else { 1.0 } };
    let counted = suspect.modules();
    let nearest = 17 + 4 * ((counted - 17.0) / 4.0).round() as i32;
    let mut sides = vec![nearest, nearest - 4, nearest + 4];
    sides.retain(|side| SIDES.contains(side) && Some(*side) != sampled);
    sides.extend(sampled.filter(|side| SIDES.contains(side)));
    let mut grids: Vec<(f32, Grid)> =
        sides.into_iter().filter_map(|side| Grid::laid(&field, suspect, side)).collect();
    // The most alternating timing patterns first.
    grids.sort_by(|a, b| b.0.total_cmp(&a.0));
    grids.into_iter().take(2).find_map(|(_, grid)| {
        let modules = grid.measured(&field)?;
        let text = modules.text()?;
        let ends = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
        let side = grid.side as f32;
        let corners = ends.map(|(right, down)| grid.place(right * side, down * side));
        Some(Reading { text, corners })
    })
}

/// How much of the finder patterns' contrast the timing patterns must have: in print that happens to hold three finder
/// patterns there is none, in a code that is badly out of focus little.
const MIN_TIMING: f32 = 0.05;

/// A view in which ink is dark, whichever it is.
struct Field<'a> {
    grey: &'a GrayImage,
    sign: f32,
}

impl Field<'_> {
    /// The brightness between the pixels at a place; the edge's beyond the edge.
    fn at(&self, spot: Spot) -> f32 {
        let (width, height) = self.grey.dimensions();
        let x = (spot.x - 0.5).clamp(0.0, (width - 1) as f32);
        let y = (spot.y - 0.5).clamp(0.0, (height - 1) as f32);
        let (left, top) = (x as u32, y as u32);
        let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
        let (far, low) = (x - left as f32, y - top as f32);
        let pixel = |x: u32, y: u32| f32::from(self.grey.get_pixel(x, y).0[0]);
        let above = pixel(left, top) * (1.0 - far) + pixel(right, top) * far;
        let below = pixel(left, bottom) * (1.0 - far) + pixel(right, bottom) * far;
        self.sign * (above * (1.0 - low) + below * low)
    }
}

/// Where the modules of a code lie.
struct Grid {
    side: i32,
    to_view: PerspectiveTransform,
}

impl Grid {
    /// Lays a grid of `side` modules over the suspect, and says how well its timing patterns fit; `None` where there are
    /// none to be seen.
    fn laid(field: &Field<'_>, suspect: &Suspect, side: i32) -> Option<(f32, Self)> {
        let [bl, tl, tr] = suspect.finders;
        // The alignment pattern lies three modules further in than the finder patterns do, on either axis.
        let inward = (side as f32 - 10.0) / (side as f32 - 7.0);
        let guess = Spot {
            x: tl.x + inward * (tr.x - tl.x + bl.x - tl.x),
            y: tl.y + inward * (tr.y - tl.y + bl.y - tl.y),
        };
        let module = |from: Spot, to: Spot| Spot {
            x: (to.x - from.x) / (side as f32 - 7.0),
            y: (to.y - from.y) / (side as f32 - 7.0),
        };
        let (right, down) = (module(tl, tr), module(tl, bl));
        let offset = |middle: Spot, u: f32, v: f32| Spot {
            x: middle.x + u * right.x + v * down.x,
            y: middle.y + u * right.y + v * down.y,
        };
        let fits = |middle: Spot| {
            (-2..=2).flat_map(|v: i32| (-2..=2).map(move |u: i32| (u, v))).fold(0.0, |sum, (u, v)| {
                let dark = u.abs().max(v.abs()) != 1;
                // Sixteen dark modules in the outer ring and one in the middle weigh as much as eight light ones.
                let weight = if dark { -1.0 / 17.0 } else { 1.0 / 8.0 };
                sum + weight * field.at(offset(middle, u as f32, v as f32))
            })
        };
        let mut corner = guess;
        if side > 21 {
            let reach = (0.14 * side as f32).clamp(2.0, 9.0) as i32;
            for (step, reach) in [(0.7, (reach as f32 / 0.7) as i32), (0.2, 3)] {
                let around = corner;
                let places = (-reach..=reach).flat_map(|v| (-reach..=reach).map(move |u| (u, v)));
                let spots = places.map(|(u, v)| {
                    let spot = offset(around, u as f32 * step, v as f32 * step);
                    // What is farther from where it should be must fit the better.
                    let strays = (u as f32 * step).hypot(v as f32 * step) / side as f32;
                    (fits(spot) * (1.0 - 2.0 * strays), spot)
                });
                corner = spots.max_by(|a, b| a.0.total_cmp(&b.0))?.1;
            }
        }
        let (near, far) = (3.5, side as f32 - 3.5);
        let inner = side as f32 - 6.5;
        let modules = [(near, near), (far, near), (inner, inner), (near, far)];
        let point = |spot: Spot| Point { x: spot.x, y: spot.y };
        let to_view = PerspectiveTransform::quadrilateralToQuadrilateral(
            Quadrilateral::from(modules.map(|(x, y)| Point { x, y })),
            Quadrilateral::from([tl, tr, corner, bl].map(point)),
        )
        .ok()?;
        let grid = Self { side, to_view };
        // Row and column 6 alternate, dark at even places, from one finder pattern to the next.
        let timing = (8..side - 8).fold(0.0, |sum, at| {
            let along = at as f32 + 0.5;
            let both = field.at(grid.place(along, 6.5)) + field.at(grid.place(6.5, along));
            sum + if at % 2 == 0 { -both } else { both }
        });
        let timing = timing / (2 * (side - 16)) as f32;
        (timing > MIN_TIMING * grid.contrast(field)).then_some((timing, grid))
    }

    /// By how much the light ring of the finder patterns is brighter than their middles; at least 1.
    fn contrast(&self, field: &Field<'_>) -> f32 {
        let far = self.side as f32 - 3.5;
        let each = [(3.5, 3.5), (far, 3.5), (3.5, far)].map(|(x, y)| {
            let ring = [(-2.0, 0.0), (2.0, 0.0), (0.0, -2.0), (0.0, 2.0)];
            let light: f32 = ring.iter().map(|(u, v)| field.at(self.place(x + u, y + v))).sum();
            light / 4.0 - field.at(self.place(x, y))
        });
        (each.iter().sum::<f32>() / 3.0).max(1.0)
    }

    fn place(&self, right: f32, down: f32) -> Spot {
        let point = self.to_view.transform_point(Point { x: right, y: down });
        Spot { x: point.x, y: point.y }
    }

    /// The brightness of every module: the mean of nine places in its middle.
    fn measured(&self, field: &Field<'_>) -> Option<Modules> {
        let side = usize::try_from(self.side).ok()?;
        let tones = (0..side * side)
            .map(|at| {
                let (x, y) = ((at % side) as f32 + 0.5, (at / side) as f32 + 0.5);
                let places = [-0.22, 0.0, 0.22].into_iter().flat_map(|v| [-0.22, 0.0, 0.22].map(|u| (u, v)));
                places.map(|(u, v)| field.at(self.place(x + u, y + v))).sum::<f32>() / 9.0
            })
            .collect();
        Some(Modules { side, tones })
    }
}

/// How a module's light may have come to lie on those around it: shares of the module itself and of its neighbours, in
/// places off it.
type Spread = &'static [(i32, i32, f32)];

const ALL_ROUND: Spread = &[
    (0, 0, 0.52),
    (1, 0, 0.09),
    (-1, 0, 0.09),
    (0, 1, 0.09),
    (0, -1, 0.09),
    (1, 1, 0.03),
    (-1, 1, 0.03),
    (1, -1, 0.03),
    (-1, -1, 0.03),
];
const FAR_ALL_ROUND: Spread = &[
    (0, 0, 0.26),
    (1, 0, 0.13),
    (-1, 0, 0.13),
    (0, 1, 0.13),
    (0, -1, 0.13),
    (1, 1, 0.055),
    (-1, 1, 0.055),
    (1, -1, 0.055),
    (-1, -1, 0.055),
];
const SPREADS: [Spread; 8] = [
    &[(0, 0, 1.0)],
    ALL_ROUND,
    FAR_ALL_ROUND,
    &[(0, 0, 0.5), (1, 0, 0.25), (-1, 0, 0.25)],
    &[(0, 0, 0.5), (0, 1, 0.25), (0, -1, 0.25)],
    &[(0, 0, 0.5), (1, 1, 0.25), (-1, -1, 0.25)],
    &[(0, 0, 0.5), (-1, 1, 0.25), (1, -1, 0.25)],
    &[(0, 0, 0.5), (1, 0, 0.16), (-1, 0, 0.16), (1, 1, 0.09), (-1, -1, 0.09)],
];

/// How often what the neighbours gave is taken back (Van Cittert's iteration).
const ROUNDS: usize = 6;

/// The brightness of a code's modules, row by row.
struct Modules {
    side: usize,
    tones: Vec<f32>,
}

impl Modules {
    fn text(&self) -> Option<String> {
        SPREADS.iter().find_map(|spread| {
            let sharp = self.gathered(spread);
            [3, 2].into_iter().find_map(|reach| decoded(&sharp.black(reach)?))
        })
    }

    fn at(&self, x: i32, y: i32) -> f32 {
        let last = self.side as i32 - 1;
        self.tones[y.clamp(0, last) as usize * self.side + x.clamp(0, last) as usize]
    }

    fn places(&self) -> impl Iterator<Item = (i32, i32)> + use<> {
        let side = self.side as i32;
        (0..side).flat_map(move |y| (0..side).map(move |x| (x, y)))
    }

    /// The tones once each module's light has been spread.
    fn spread(&self, spread: Spread) -> Vec<f32> {
        let share =
            |x: i32, y: i32| spread.iter().map(|(dx, dy, share)| share * self.at(x + dx, y + dy)).sum();
        self.places().map(|(x, y)| share(x, y)).collect()
    }

    /// The tones as they were before they were spread.
    fn gathered(&self, spread: Spread) -> Self {
        let mut sharp = Self { side: self.side, tones: self.tones.clone() };
        if spread.len() == 1 {
            return sharp;
        }
        let low = self.tones.iter().copied().fold(f32::INFINITY, f32::min);
        let high = self.tones.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let (low, high) = (low - 0.3 * (high - low), high + 0.3 * (high - low));
        for _ in 0..ROUNDS {
            let again = sharp.spread(spread);
            for ((tone, seen), again) in sharp.tones.iter_mut().zip(&self.tones).zip(again) {
                *tone = (*tone + seen - again).clamp(low, high);
            }
        }
        sharp
    }

    /// The modules that are darker than the mean of those up to `reach` away.
    fn black(&self, reach: i32) -> Option<BitMatrix> {
        let side = self.side as u32;
        let mut bits = BitMatrix::new(side, side).ok()?;
        for (x, y) in self.places() {
            let around = (-reach..=reach).flat_map(|dy| (-reach..=reach).map(move |dx| (dx, dy)));
            let sum: f32 = around.map(|(dx, dy)| self.at(x + dx, y + dy)).sum();
            if self.at(x, y) * ((2 * reach + 1) * (2 * reach + 1)) as f32 <= sum {
                bits.set(x as u32, y as u32);
            }
        }
        Some(bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qr::rxing_reader::{Look, bits, look};
    use crate::qr::studio::{OFFER, blurred, code, lay, sheet, toned};
    use crate::qr::view::View;

    /// What rxing by itself sees in the picture.
    fn first_look(grey: &GrayImage, light: bool) -> Look {
        let mut grey = grey.clone();
        if light {
            image::imageops::invert(&mut grey);
        }
        let view = View { grey, binary: false, scale: 1.0 };
        let bits = bits(&view).unwrap();
        look(&bits, &View { binary: true, ..view }, light, |_| false)
    }

    #[test]
    fn light_that_was_spread_is_gathered() {
        let drawn = code(OFFER, 1);
        let side = drawn.width() as usize;
        let tones = drawn.iter().map(|value| f32::from(*value)).collect();
        let sharp = Modules { side, tones };
        for (number, spread) in SPREADS.iter().enumerate() {
            let soft = Modules { side, tones: sharp.spread(spread) };
            let wrong = |modules: &Modules| {
                modules.tones.iter().zip(&sharp.tones).filter(|(a, b)| (**a > 127.0) != (**b > 127.0)).count()
            };
            let (before, after) = (wrong(&soft), wrong(&soft.gathered(spread)));
            assert!(after * 3 <= before * 2, "spread {number}: {before} modules wrong, then {after}");
            assert!((spread.iter().map(|(_, _, share)| share).sum::<f32>() - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn what_one_threshold_loses_is_read_module_by_module() {
        let plain = toned(&code(OFFER, 6), 40, 210);
        let cases = [
            ("out of focus", blurred(&plain, 3.6), false),
            ("out of focus, white on black", blurred(&toned(&plain, 215, 45), 3.6), true),
        ];
        for (what, grey, light) in cases {
            let seen = first_look(&grey, light);
            assert!(seen.readings.is_empty(), "{what}: rxing reads it");
            let read = seen.unread.iter().find_map(|suspect| read(&grey, suspect, light, None));
            let read = read.unwrap_or_else(|| panic!("{what}: {:?}", seen.unread));
            assert_eq!(read.text, OFFER, "{what}");
            let middle = grey.width() as f32 / 2.0;
            assert!(read.covers(Spot { x: middle, y: middle }) && !read.covers(Spot { x: 3.0, y: 3.0 }));
        }
    }

    #[test]
    fn three_finder_patterns_make_no_code() {
        let mut hollow = code(OFFER, 6);
        let (side, modules) = (hollow.width(), hollow.width() / 6);
        // All but the patterns in three corners, and their quiet zone.
        lay(&mut hollow, &sheet(side - 24 - 96, side, 255), 24 + 48, 0);
        lay(&mut hollow, &sheet(side, side - 24 - 96, 255), 0, 24 + 48);
        let suspect = *first_look(&hollow, false).unread.first().unwrap_or(&Suspect {
            finders: [(7.5, modules as f32 - 7.5), (7.5, 7.5), (modules as f32 - 7.5, 7.5)]
                .map(|(x, y)| Spot { x: 6.0 * x, y: 6.0 * y }),
            module: 6.0,
        });
        assert!(read(&hollow, &suspect, false, None).is_none());
        let nowhere = Suspect { finders: [Spot { x: f32::NAN, y: f32::INFINITY }; 3], module: 0.0 };
        assert!(read(&hollow, &nowhere, false, Some(45)).is_none());
    }
}
