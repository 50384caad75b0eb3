//! Ways of looking at a picture: other sizes and treatments under which a code that one view hides comes out.

use std::borrow::Cow;

use image::{DynamicImage, GrayImage};

/// The longest side of the ordinary view, in pixels: a code that fills a fifth of it still has 7 pixels a module.
const ORDINARY_SIDE: u32 = 2000;

/// The longest side of a live camera's ordinary view: there is a tenth of a second for it, and more where that is from.
const FRAME_SIDE: u32 = 1300;

/// The longest side of the largest view; it bounds the work on a picture of [`super::scan::MAX_PIXELS`].
const FULL_SIDE: u32 = 4200;

/// The shortest longer side of a picture that is looked at in half its size.
const HALVED_SIDE: u32 = 400;

/// The longest side of an enlarged view.
const ENLARGED_SIDE: u32 = 2400;

/// A picture made ready for the readers.
pub(super) struct View {
    /// The pixels; only 0 and 255 if `binary`.
    pub(super) grey: GrayImage,
    /// Whether black and white have been told apart already.
    pub(super) binary: bool,
    /// Pixels of the view per pixel of the picture.
    pub(super) scale: f32,
}

/// How a view is made from the picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recipe {
    size: Size,
    steps: &'static [Step],
}

#[derive(Debug, Clone, Copy)]
enum Size {
    /// The picture's own, divided until no side is longer than [`ORDINARY_SIDE`].
    Ordinary,
    /// Half of that: averaging quietens noise and closes the gaps of a coarse print.
    Half,
    /// So many times the picture's own, [`ENLARGED_SIDE`] at most: readers want three pixels a module.
    Times(u32),
    /// The picture's own, divided until no side is longer than [`FULL_SIDE`]: for small codes in large pictures.
    Full,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    /// Spreads the greys between the 1st and the 99th percentile over the whole range.
    Stretch,
    /// Gaussian, σ in hundredths of a pixel.
    Blur(u32),
    /// White becomes black: what tells them apart expects the lighter ground.
    Invert,
    /// Unsharp mask, σ in hundredths of a pixel.
    Sharpen(u32),
    /// Bradley's adaptive threshold.
    Threshold(Bradley),
}

/// A pixel is black if it is darker than the mean of the window around it by so much.
#[derive(Debug, Clone, Copy)]
struct Bradley {
    /// How many windows the shorter side holds.
    windows: u32,
    /// By how many percent of the mean.
    below: u64,
}

/// Windows that hold a whole code: for light that changes slowly (with Bradley and Roth's own 15 %).
const WIDE: Step = Step::Threshold(Bradley { windows: 8, below: 15 });
/// Windows of a few finder patterns: for a shadow's edge across the code.
const MIDDLE: Step = Step::Threshold(Bradley { windows: 24, below: 5 });
/// Windows of two or three modules: a module that blur has almost drowned is still darker than those beside it.
const TIGHT: Step = Step::Threshold(Bradley { windows: 96, below: 2 });

/// For noise and a screen's grid, which the closest look can do without.
const CALM: &[Step] = &[Step::Stretch, Step::Blur(120)];

/// The narrowest window's radius in pixels: less than a module decides nothing.
const MIN_RADIUS: usize = 4;

/// How many of the [`RECIPES`] are always followed: between them they show the finder patterns of whatever is worth
/// searching for, so that a clear code does not hide a faint one.
pub(super) const ALWAYS: usize = 2;

/// The views in the order in which they are tried: the cheap and likely ones first.
pub(super) const RECIPES: &[Recipe] = &[
    Recipe { size: Size::Ordinary, steps: &[] },
    Recipe { size: Size::Ordinary, steps: &[MIDDLE] },
    Recipe { size: Size::Ordinary, steps: CALM },
    Recipe { size: Size::Half, steps: &[] },
    Recipe { size: Size::Ordinary, steps: &[WIDE] },
    Recipe { size: Size::Times(2), steps: &[] },
    Recipe { size: Size::Ordinary, steps: &[Step::Stretch, Step::Blur(120), Step::Invert] },
    Recipe { size: Size::Half, steps: CALM },
    Recipe { size: Size::Half, steps: &[Step::Sharpen(250)] },
    Recipe { size: Size::Times(2), steps: &[TIGHT] },
    Recipe { size: Size::Full, steps: &[] },
    Recipe { size: Size::Times(3), steps: &[Step::Sharpen(300)] },
    Recipe { size: Size::Ordinary, steps: &[TIGHT] },
    Recipe { size: Size::Full, steps: &[TIGHT] },
];

/// What a live camera's frames are looked at for besides the first of the [`RECIPES`], one after another.
///
/// What reads most comes every other time.
pub(super) const FRAME_RECIPES: &[Recipe] = &[
    Recipe { size: Size::Ordinary, steps: CALM },
    Recipe { size: Size::Ordinary, steps: &[MIDDLE] },
    Recipe { size: Size::Ordinary, steps: CALM },
    Recipe { size: Size::Times(2), steps: &[] },
    Recipe { size: Size::Ordinary, steps: CALM },
    Recipe { size: Size::Half, steps: CALM },
    Recipe { size: Size::Ordinary, steps: CALM },
    Recipe { size: Size::Full, steps: &[] },
];

/// A picture and its ordinary size, from which most views are made.
pub(super) struct Original<'a> {
    picture: &'a GrayImage,
    ordinary: Cow<'a, GrayImage>,
    /// Pixels of the picture per pixel of the ordinary size, along a side.
    divisor: u32,
}

impl<'a> Original<'a> {
    /// Brings the picture, which has at least one pixel, to its ordinary size.
    pub(super) fn new(picture: &'a GrayImage) -> Self {
        Self::no_longer_than(ORDINARY_SIDE, picture)
    }

    /// Brings a live camera's frame, which has at least one pixel, to its ordinary size.
    pub(super) fn of_frame(picture: &'a GrayImage) -> Self {
        Self::no_longer_than(FRAME_SIDE, picture)
    }

    fn no_longer_than(side: u32, picture: &'a GrayImage) -> Self {
        let divisor = picture.width().max(picture.height()).div_ceil(side);
        Self { picture, ordinary: reduced(picture, divisor), divisor }
    }
}

impl Recipe {
    /// The view, or `None` where this recipe would only repeat another one.
    pub(super) fn apply(self, original: &Original<'_>) -> Option<View> {
        let Original { picture, ordinary, divisor } = original;
        let long = picture.width().max(picture.height());
        let ordinary_scale = 1.0 / *divisor as f32;
        let (mut grey, scale) = match self.size {
            Size::Ordinary => (ordinary.clone().into_owned(), ordinary_scale),
            Size::Half if long >= HALVED_SIDE => (reduced(ordinary, 2).into_owned(), ordinary_scale / 2.0),
            Size::Times(times) if long * times <= ENLARGED_SIDE => (enlarged(picture, times), times as f32),
            Size::Full if *divisor > 1 => {
                let divisor = long.div_ceil(FULL_SIDE);
                (reduced(picture, divisor).into_owned(), 1.0 / divisor as f32)
            }
            Size::Half | Size::Times(_) | Size::Full => return None,
        };
        let mut binary = false;
        for step in self.steps {
            match *step {
                Step::Stretch => stretch(&mut grey),
                Step::Blur(hundredths) => grey = blurred(grey, hundredths as f32 / 100.0),
                Step::Invert => image::imageops::invert(&mut grey),
                Step::Sharpen(hundredths) => grey = sharpened(grey, hundredths as f32 / 100.0),
                Step::Threshold(bradley) => {
                    bradley.apply(&mut grey);
                    binary = true;
                }
            }
        }
        Some(View { grey, binary, scale })
    }
}

/// The picture with each `divisor` × `divisor` pixels averaged into one. Whole divisors only: averages of unequal
/// numbers of pixels would make modules of unequal widths.
pub(super) fn reduced(picture: &GrayImage, divisor: u32) -> Cow<'_, GrayImage> {
    if divisor <= 1 {
        return Cow::Borrowed(picture);
    }
    // A side shorter than the divisor becomes one pixel, of what there is.
    let (across, down) = (divisor.min(picture.width()), divisor.min(picture.height()));
    let (width, height) = (picture.width() / across, picture.height() / down);
    let (across, down, wide) = (across as usize, down as usize, picture.width() as usize);
    let half = (across * down / 2) as u32;
    let mut pixels = Vec::with_capacity(width as usize * height as usize);
    let mut columns = vec![0_u32; wide];
    for band in picture.as_raw().chunks_exact(wide * down).take(height as usize) {
        columns.fill(0);
        for row in band.chunks_exact(wide) {
            columns.iter_mut().zip(row).for_each(|(sum, value)| *sum += u32::from(*value));
        }
        let sums = columns.chunks_exact(across).take(width as usize);
        pixels.extend(sums.map(|sums| ((sums.iter().sum::<u32>() + half) / (across * down) as u32) as u8));
    }
    Cow::Owned(GrayImage::from_raw(width, height, pixels).unwrap_or_default())
}

/// The picture enlarged by a Catmull-Rom spline, first along the rows, then along the columns.
///
/// The crate's own filter works for any ratio and takes a second for what takes this a few hundredths.
fn enlarged(picture: &GrayImage, times: u32) -> GrayImage {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let phases: Vec<Phase> = (0..times).map(|index| Phase::new(index, times)).collect();
    let wide = width * phases.len();

    let mut rows = Vec::with_capacity(wide * height);
    for line in picture.as_raw().chunks_exact(width) {
        // Two more pixels at either end, so that every tap finds one.
        let mut line: Vec<i32> = line.iter().copied().map(i32::from).collect();
        let (first, last) = (line[0], line[width - 1]);
        line.splice(0..0, [first; 2]);
        line.extend([last; 2]);
        for x in 0..width {
            rows.extend(phases.iter().map(|phase| {
                let taps = &line[x + phase.first..x + phase.first + 4];
                phase.mix(taps[0], taps[1], taps[2], taps[3])
            }));
        }
    }

    let row = |y: usize, tap: usize| {
        let y = (y + tap).saturating_sub(2).min(height - 1);
        &rows[y * wide..(y + 1) * wide]
    };
    let mut pixels = Vec::with_capacity(wide * height * phases.len());
    for y in 0..height {
        for phase in &phases {
            let [a, b, c, d] = [0, 1, 2, 3].map(|tap| row(y, phase.first + tap));
            let above = a.iter().zip(b);
            let below = c.iter().zip(d);
            pixels.extend(above.zip(below).map(|((&a, &b), (&c, &d))| {
                phase.mix(i32::from(a), i32::from(b), i32::from(c), i32::from(d))
            }));
        }
    }
    GrayImage::from_raw(picture.width() * times, picture.height() * times, pixels).unwrap_or_default()
}

/// Where between the old pixels a new one lies.
struct Phase {
    /// The first of four pixels, counted from two before the one that is enlarged.
    first: usize,
    /// Their weights, in 4096ths.
    weights: [i32; 4],
}

impl Phase {
    fn new(index: u32, times: u32) -> Self {
        // Of the new pixel's middle, in old pixels, from the middle of the pixel that is enlarged.
        let off = (index as f32 + 0.5) / times as f32 - 0.5;
        let past = off - off.floor();
        let weights = [
            ((2.0 - past) * past - 1.0) * past / 2.0,
            ((3.0 * past - 5.0) * past * past + 2.0) / 2.0,
            ((4.0 - 3.0 * past) * past + 1.0) * past / 2.0,
            (past - 1.0) * past * past / 2.0,
        ];
        let first = if off < 0.0 { 0 } else { 1 };
        Self { first, weights: weights.map(|weight| (weight * 4096.0).round() as i32) }
    }

    fn mix(&self, a: i32, b: i32, c: i32, d: i32) -> u8 {
        let [wa, wb, wc, wd] = self.weights;
        ((a * wa + b * wb + c * wc + d * wd + 2048) >> 12).clamp(0, 255) as u8
    }
}

fn blurred(grey: GrayImage, sigma: f32) -> GrayImage {
    DynamicImage::from(grey).blur(sigma).into_luma8()
}

fn sharpened(grey: GrayImage, sigma: f32) -> GrayImage {
    DynamicImage::from(grey).unsharpen(sigma, 0).into_luma8()
}

fn stretch(grey: &mut GrayImage) {
    let mut histogram = [0_u64; 256];
    for value in grey.iter() {
        histogram[usize::from(*value)] += 1;
    }
    let total: u64 = histogram.iter().sum();
    let percentile = |part: u64| {
        let mut seen = 0;
        histogram.iter().position(|count| {
            seen += count;
            seen * 100 > total * part
        })
    };
    let (Some(low), Some(high)) = (percentile(1), percentile(99)) else { return };
    if high <= low {
        return;
    }
    let table: Vec<u8> = (0..256)
        .map(|value: usize| (value.saturating_sub(low) * 255 / (high - low)).min(255) as u8)
        .collect();
    for value in grey.iter_mut() {
        *value = table[usize::from(*value)];
    }
}

impl Bradley {
    /// Makes every pixel 0 or 255.
    fn apply(self, grey: &mut GrayImage) {
        let (width, height) = (grey.width() as usize, grey.height() as usize);
        let radius = (width.min(height) / self.windows as usize / 2).max(MIN_RADIUS);
        let source = grey.as_raw().clone();
        let row = |y: usize| &source[y * width..(y + 1) * width];
        // Sums of the window's rows, column by column, moved down a row at a time.
        let mut columns = vec![0_u64; width];
        for y in 0..radius.min(height) {
            columns.iter_mut().zip(row(y)).for_each(|(sum, value)| *sum += u64::from(*value));
        }
        for y in 0..height {
            if y + radius < height {
                columns.iter_mut().zip(row(y + radius)).for_each(|(sum, value)| *sum += u64::from(*value));
            }
            if y > radius {
                columns
                    .iter_mut()
                    .zip(row(y - radius - 1))
                    .for_each(|(sum, value)| *sum -= u64::from(*value));
            }
            let rows = (y + radius).min(height - 1) - y.saturating_sub(radius) + 1;
            let mut sum: u64 = columns.iter().take(radius).sum();
            for (x, pixel) in grey.as_mut()[y * width..(y + 1) * width].iter_mut().enumerate() {
                if x + radius < width {
                    sum += columns[x + radius];
                }
                if x > radius {
                    sum -= columns[x - radius - 1];
                }
                let count = ((x + radius).min(width - 1) - x.saturating_sub(radius) + 1) * rows;
                let dark = u64::from(*pixel) * count as u64 * 100 < sum * (100 - self.below);
                *pixel = if dark { u8::MIN } else { u8::MAX };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qr::studio::sheet;

    fn ramp(width: u32, height: u32) -> GrayImage {
        GrayImage::from_fn(width, height, |x, y| image::Luma([(20 * x + 5 * y) as u8]))
    }

    #[test]
    fn enlarging_keeps_straight_lines_straight() {
        let small = ramp(10, 8);
        for times in [2, 3] {
            let large = enlarged(&small, times);
            assert_eq!(large.dimensions(), (10 * times, 8 * times));
            // Away from the edges, a ramp goes on as a ramp.
            for (x, y, pixel) in large.enumerate_pixels() {
                if (2 * times..8 * times).contains(&x) && (2 * times..6 * times).contains(&y) {
                    let old = |at: u32| (at as f32 + 0.5) / times as f32 - 0.5;
                    let expected = 20.0 * old(x) + 5.0 * old(y);
                    assert!((f32::from(pixel.0[0]) - expected).abs() <= 1.0, "{times} times, at {x}, {y}");
                }
            }
        }
        assert_eq!(enlarged(&sheet(1, 1, 77), 3), sheet(3, 3, 77));
    }

    #[test]
    fn reducing_averages_whole_squares() {
        let fine = GrayImage::from_fn(9, 6, |x, _| image::Luma([if x % 3 == 0 { 90 } else { 0 }]));
        assert_eq!(reduced(&fine, 3).into_owned(), sheet(3, 2, 30));
        assert_eq!(reduced(&sheet(2000, 1, 9), 5).into_owned(), sheet(400, 1, 9));
    }

    #[test]
    fn the_threshold_is_that_of_every_pixel_s_own_window() {
        let picture = GrayImage::from_fn(37, 23, |x, y| image::Luma([(x * 31 + y * 57 + x * y) as u8]));
        for (windows, below) in [(2, 15), (4, 5), (96, 2)] {
            let mut fast = picture.clone();
            Bradley { windows, below }.apply(&mut fast);
            let radius = (23 / windows as i64 / 2).max(MIN_RADIUS as i64);
            for (x, y, pixel) in picture.enumerate_pixels() {
                let near = |at: u32, of: u32| i64::from(at).abs_diff(i64::from(of)) as i64 <= radius;
                let window = picture.enumerate_pixels().filter(|(wx, wy, _)| near(*wx, x) && near(*wy, y));
                let (sum, count) = window
                    .fold((0, 0), |(sum, count), (_, _, value)| (sum + u64::from(value.0[0]), count + 1));
                let dark = u64::from(pixel.0[0]) * count * 100 < sum * (100 - below);
                assert_eq!(
                    fast.get_pixel(x, y).0,
                    [if dark { 0 } else { 255 }],
                    "{windows} windows, at {x}, {y}"
                );
            }
        }
    }

    #[test]
    fn stretching_fills_the_range_and_leaves_one_grey_alone() {
        let mut dim = ramp(10, 3);
        dim.iter_mut().for_each(|value| *value = 100 + *value / 8);
        stretch(&mut dim);
        assert_eq!((dim.iter().min(), dim.iter().max()), (Some(&0), Some(&255)));
        let mut flat = sheet(5, 5, 42);
        stretch(&mut flat);
        assert_eq!(flat, sheet(5, 5, 42));
    }

    #[test]
    fn no_view_is_larger_than_its_bounds() {
        for (width, height) in [(1, 1), (350, 2), (900, 700), (1600, 1200), (4032, 3024), (16_384, 40)] {
            let picture = sheet(width, height, 200);
            let original = Original::new(&picture);
            for recipe in RECIPES {
                let Some(view) = recipe.apply(&original) else { continue };
                let long = view.grey.width().max(view.grey.height());
                assert!((1..=FULL_SIDE).contains(&long), "{recipe:?} of {width} × {height} has {long}");
                assert!(view.grey.height() > 0);
                let scaled = width.max(height) as f32 * view.scale;
                assert!((scaled - long as f32).abs() < 1.0, "{recipe:?} of {width} × {height}");
            }
        }
    }
}
