//! Why a frame was not read: what its light, its edges and the finder patterns in it tell.
//!
//! Where finder patterns place a code, the code's own square is judged; otherwise the liveliest patch of the frame is,
//! if it might be a code at all. Edges are weighed in four directions: those of a code out of focus are soft in all of
//! them, those of a code in motion stay sharp along its path.

use image::GrayImage;

use super::frame::Hint;
use super::rxing_reader::Suspect;

/// A module narrower than this, in pixels, is lost between the camera's own.
const NARROW_MODULE: f32 = 2.3;

/// The longest side of what is judged where no finder pattern is seen.
const OUTLINE_SIDE: u32 = 640;

/// The tiles along the shorter side of that.
const TILES: u32 = 24;

/// What is darker than this, of 255, even in its brightest parts lies in the dark.
const DARK: u8 = 70;

/// What is brighter than this even in its darkest parts is drowned in light.
const DROWNED: u8 = 225;

/// As good as the brightest that a camera can tell.
const SATURATED: u8 = 250;

/// What would help: `unread` codes are those that were seen, `loose` finder patterns those that were found.
pub(super) fn hint(grey: &GrayImage, unread: &[Suspect], loose: usize) -> Hint {
    // The largest is the one that is meant; those of a pixel or two a module may be noise, or the edge of something.
    let wide = unread.iter().filter(|suspect| suspect.module >= NARROW_MODULE);
    if let Some(suspect) = wide.max_by(|a, b| a.module.total_cmp(&b.module)) {
        return of_code(grey, suspect);
    }
    let scale = grey.width().max(grey.height()).div_ceil(OUTLINE_SIDE);
    let small = super::view::reduced(grey, scale);
    let whole = Area { left: 0, top: 0, right: small.width(), bottom: small.height() };
    let light = Light::of(&small, whole);
    if light.bright < DARK {
        return Hint::TooDark;
    }
    if light.dark > DROWNED {
        return Hint::TooBright;
    }
    let Some(patch) = Patch::liveliest(&small, light) else {
        return if unread.is_empty() { Hint::NothingSeen } else { Hint::Closer };
    };
    let edges = Edges::of(&small, patch.area, Light::of(&small, patch.area));
    if edges.moved() {
        return Hint::HoldStill;
    }
    // What is small is hardly ever quite sharp, and grows sharper as it grows.
    if patch.small && !edges.soft(2.0 * SOFT_EDGE) {
        return Hint::Closer;
    }
    if edges.soft(SOFT_EDGE) {
        return Hint::Blurred;
    }
    if loose > 1 || !unread.is_empty() { Hint::Unreadable } else { Hint::NothingSeen }
}

/// The widest edge, in pixels, of what is in focus and no code that was seen.
const SOFT_EDGE: f32 = 5.0;

fn of_code(grey: &GrayImage, suspect: &Suspect) -> Hint {
    let area = Area::around(grey, suspect);
    let light = Light::of(grey, area);
    if light.bright < DARK {
        return Hint::TooDark;
    }
    if light.dark > DROWNED || mirrors_a_lamp(grey, area, suspect.module) {
        return Hint::TooBright;
    }
    let edges = Edges::of(grey, area, light);
    if edges.moved() {
        Hint::HoldStill
    } else if edges.soft((0.8 * suspect.module).max(2.5)) {
        Hint::Blurred
    } else {
        Hint::Unreadable
    }
}

/// A part of a picture, in pixels; `right` and `bottom` lie outside.
#[derive(Debug, Clone, Copy)]
struct Area {
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
}

impl Area {
    fn around(grey: &GrayImage, suspect: &Suspect) -> Self {
        let corners = suspect.corners();
        let ends = |values: [f32; 4], side: u32| {
            let low = values.iter().copied().fold(f32::INFINITY, f32::min).max(0.0) as u32;
            let high = values.iter().copied().fold(0.0, f32::max).ceil() as u32;
            (low.min(side.saturating_sub(1)), high.clamp(1, side.max(1)))
        };
        let (left, right) = ends(corners.map(|spot| spot.x), grey.width());
        let (top, bottom) = ends(corners.map(|spot| spot.y), grey.height());
        Self { left, top, right: right.max(left + 1), bottom: bottom.max(top + 1) }
    }

    fn rows<'a>(&self, grey: &'a GrayImage) -> impl Iterator<Item = &'a [u8]> {
        let (left, right) = (self.left as usize, self.right as usize);
        let rows = grey.as_raw().chunks_exact(grey.width().max(1) as usize);
        let count = self.bottom.saturating_sub(self.top) as usize;
        rows.skip(self.top as usize).take(count).filter_map(move |row| row.get(left..right))
    }
}

/// How bright an area's dark and bright parts are: its 5th and 95th percentile.
#[derive(Debug, Clone, Copy)]
struct Light {
    dark: u8,
    bright: u8,
}

impl Light {
    fn of(grey: &GrayImage, area: Area) -> Self {
        let mut histogram = [0_u64; 256];
        for row in area.rows(grey) {
            for value in row {
                histogram[usize::from(*value)] += 1;
            }
        }
        Self { dark: percentile(&histogram, 50), bright: percentile(&histogram, 950) }
    }

    fn contrast(self) -> f32 {
        f32::from(self.bright.saturating_sub(self.dark))
    }
}

/// The value below which so many thousandths of the counted ones lie.
fn percentile(histogram: &[u64], thousandths: u64) -> u8 {
    let total: u64 = histogram.iter().sum();
    let mut seen = 0;
    let place = histogram.iter().position(|count| {
        seen += count;
        seen * 1000 > total * thousandths
    });
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX)
}

/// Whether a spot as wide as six modules is saturated: no code leaves so large a square white.
fn mirrors_a_lamp(grey: &GrayImage, area: Area, module: f32) -> bool {
    let step = (2.0 * module).max(1.0) as usize;
    let rows: Vec<&[u8]> = area.rows(grey).collect();
    let width = rows.first().map_or(0, |row| row.len());
    // Squares of two modules that are saturated throughout, three by three of which are a spot.
    let squares: Vec<Vec<bool>> = rows
        .chunks_exact(step)
        .map(|band| {
            let full = |at: usize| band.iter().all(|row| row[at..at + step].iter().all(|v| *v >= SATURATED));
            (0..width / step).map(|column| full(column * step)).collect()
        })
        .collect();
    squares.windows(3).any(|bands| {
        (2..width / step)
            .any(|right| bands.iter().all(|band| band[right - 2..=right].iter().all(|full| *full)))
    })
}

/// How wide edges are in each of four directions, in pixels.
#[derive(Debug, Clone, Copy)]
struct Edges {
    widths: [f32; 4],
}

impl Edges {
    /// An edge is as wide as the whole contrast takes at the steepest slope that the direction shows; the steepest
    /// few of a hundred slopes are passed over for noise.
    fn of(grey: &GrayImage, area: Area, light: Light) -> Self {
        const DIRECTIONS: [(i32, i32); 4] = [(1, 0), (1, 1), (0, 1), (-1, 1)];
        let mut slopes = [[0_u64; 256]; 4];
        let at = |x: u32, y: u32| i32::from(grey.get_pixel(x, y).0[0]);
        // Slopes over two pixels, each the mean of two neighbours: noise of single pixels counts less.
        let (right, bottom) = (area.right.min(grey.width()), area.bottom.min(grey.height()));
        for y in area.top + 2..bottom.saturating_sub(2) {
            for x in area.left + 2..right.saturating_sub(2) {
                for (histogram, (dx, dy)) in slopes.iter_mut().zip(DIRECTIONS) {
                    let pair = |sign: i32| {
                        let place = |steps: i32| {
                            at(x.saturating_add_signed(steps * dx), y.saturating_add_signed(steps * dy))
                        };
                        place(sign) + place(2 * sign)
                    };
                    let slope = (pair(1) - pair(-1)).unsigned_abs() / 2;
                    histogram[slope.min(255) as usize] += 1;
                }
            }
        }
        let mut widths = [0.0; 4];
        for ((width, histogram), (dx, dy)) in widths.iter_mut().zip(&slopes).zip(DIRECTIONS) {
            // From the middle of one pair to the middle of the other: three pixels.
            let run = 3.0 * ((dx * dx + dy * dy) as f32).sqrt();
            let steepest = f32::from(percentile(histogram, 970)).max(1.0);
            *width = light.contrast() * run / steepest;
        }
        Self { widths }
    }

    fn ends(self) -> (f32, f32) {
        let narrow = self.widths.iter().copied().fold(f32::INFINITY, f32::min);
        (narrow, self.widths.iter().copied().fold(0.0, f32::max))
    }

    /// Whether edges are wide in one direction and narrow across it.
    fn moved(self) -> bool {
        let (narrow, wide) = self.ends();
        wide > 2.0 * narrow && wide > SOFT_EDGE
    }

    /// Whether even the narrowest edges are wider than `limit` pixels.
    fn soft(self, limit: f32) -> bool {
        self.ends().0 > limit
    }
}

/// Tiles side by side in which much happens.
struct Patch {
    area: Area,
    /// Takes up little of the frame.
    small: bool,
}

impl Patch {
    /// The largest patch that may be a code, if there is one.
    fn liveliest(grey: &GrayImage, light: Light) -> Option<Self> {
        let side = (grey.width().min(grey.height()) / TILES).max(4);
        let (across, down) = (grey.width() / side, grey.height() / side);
        let mut lively: Vec<bool> = (0..across * down)
            .map(|tile| {
                let (left, top) = (tile % across * side, tile / across * side);
                let area = Area { left, top, right: left + side, bottom: top + side };
                // A single line through a tile is the edge of something; print and codes leave a good part of both.
                Light::of_middle(grey, area).contrast() > (0.3 * light.contrast()).max(16.0)
            })
            .collect();
        let mut best: Option<(usize, Self)> = None;
        for start in 0..lively.len() {
            if !lively[start] {
                continue;
            }
            lively[start] = false;
            let mut heap = vec![start as u32];
            let (mut count, mut ends) = (0_usize, (across, down, 0, 0));
            while let Some(tile) = heap.pop() {
                let (x, y) = (tile % across, tile / across);
                count += 1;
                ends = (ends.0.min(x), ends.1.min(y), ends.2.max(x + 1), ends.3.max(y + 1));
                for (x, y) in [(x.wrapping_sub(1), y), (x + 1, y), (x, y.wrapping_sub(1)), (x, y + 1)] {
                    if x < across && y < down && std::mem::take(&mut lively[(y * across + x) as usize]) {
                        heap.push(y * across + x);
                    }
                }
            }
            let (wide, high) = (ends.2 - ends.0, ends.3 - ends.1);
            // About as wide as high, and filled.
            let compact = count as u32 * 5 >= wide * high * 3;
            let square = wide * 2 <= high * 3 && high * 2 <= wide * 3;
            if count < 4 || !compact || !square || best.as_ref().is_some_and(|(most, _)| *most >= count) {
                continue;
            }
            let patch = Self {
                area: Area {
                    left: ends.0 * side,
                    top: ends.1 * side,
                    right: ends.2 * side,
                    bottom: ends.3 * side,
                },
                small: wide.max(high) * 3 <= TILES,
            };
            best = Some((count, patch));
        }
        best.map(|(_, patch)| patch)
    }
}

impl Light {
    /// The 20th and the 80th percentile: both must be more than an edge that crosses a corner.
    fn of_middle(grey: &GrayImage, area: Area) -> Self {
        let mut histogram = [0_u64; 256];
        area.rows(grey).flatten().for_each(|value| histogram[usize::from(*value)] += 1);
        Self { dark: percentile(&histogram, 200), bright: percentile(&histogram, 800) }
    }
}
