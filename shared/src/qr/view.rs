//! Ways of looking at a picture: other sizes and treatments under which a code that one view hides comes out.

use image::imageops::FilterType;
use image::{DynamicImage, GrayImage};

/// The longer side of the ordinary view, in pixels: a code that fills a fifth of it still has 7 pixels a module.
const ORDINARY_SIDE: u32 = 1600;

/// The longer side of the largest view; it bounds the work on a picture of [`super::scan::MAX_PIXELS`].
const FULL_SIDE: u32 = 4096;

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
    /// The picture's own, [`ORDINARY_SIDE`] at most.
    Ordinary,
    /// Half of that: averaging quietens noise and closes the gaps of a coarse print.
    Half,
    /// So many times the picture's own, twice [`ORDINARY_SIDE`] at most: readers want three pixels a module.
    Times(u32),
    /// The picture's own, [`FULL_SIDE`] at most, for small codes in large pictures.
    Full,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    /// Spreads the greys between the 1st and the 99th percentile over the whole range.
    Stretch,
    /// Gaussian, σ in hundredths of a pixel.
    Blur(u32),
    /// Unsharp mask, σ in hundredths of a pixel.
    Sharpen(u32),
    /// Bradley's adaptive threshold.
    Threshold(Bradley),
    /// White becomes black.
    Invert,
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

/// The narrowest window's radius in pixels: less than a module decides nothing.
const MIN_RADIUS: usize = 4;

/// How many of the [`RECIPES`] are always followed: between them they show the finder patterns of whatever is worth
/// searching for, so that a clear code does not hide a faint one.
pub(super) const ALWAYS: usize = 2;

/// The views in the order in which they are tried: the cheap and likely ones first.
pub(super) const RECIPES: &[Recipe] = &[
    Recipe { size: Size::Ordinary, steps: &[] },
    Recipe { size: Size::Ordinary, steps: &[MIDDLE] },
    Recipe { size: Size::Half, steps: &[] },
    Recipe { size: Size::Ordinary, steps: &[WIDE] },
    Recipe { size: Size::Times(2), steps: &[] },
    Recipe { size: Size::Times(2), steps: &[TIGHT] },
    Recipe { size: Size::Full, steps: &[] },
    Recipe { size: Size::Ordinary, steps: &[Step::Stretch, Step::Blur(120)] },
    Recipe { size: Size::Times(3), steps: &[Step::Sharpen(300)] },
    Recipe { size: Size::Ordinary, steps: &[TIGHT] },
    Recipe { size: Size::Ordinary, steps: &[Step::Invert] },
    Recipe { size: Size::Full, steps: &[TIGHT] },
];

impl Recipe {
    /// The view, or `None` where this recipe would only repeat another one.
    pub(super) fn apply(self, picture: &GrayImage) -> Option<View> {
        let (width, height) = picture.dimensions();
        let long = width.max(height);
        let side = match self.size {
            Size::Ordinary => long.min(ORDINARY_SIDE),
            Size::Half if long >= ORDINARY_SIDE / 4 => long.min(ORDINARY_SIDE) / 2,
            Size::Times(times) if long * times <= 2 * ORDINARY_SIDE => long * times,
            Size::Full if long > ORDINARY_SIDE => long.min(FULL_SIDE),
            Size::Half | Size::Times(_) | Size::Full => return None,
        };
        let mut grey = resized(picture, side);
        let mut binary = false;
        for step in self.steps {
            match *step {
                Step::Stretch => stretch(&mut grey),
                Step::Blur(hundredths) => grey = blurred(grey, hundredths as f32 / 100.0),
                Step::Sharpen(hundredths) => grey = sharpened(grey, hundredths as f32 / 100.0),
                Step::Threshold(bradley) => {
                    bradley.apply(&mut grey);
                    binary = true;
                }
                Step::Invert => grey.iter_mut().for_each(|value| *value = u8::MAX - *value),
            }
        }
        Some(View { grey, binary, scale: side as f32 / long as f32 })
    }
}

fn resized(picture: &GrayImage, side: u32) -> GrayImage {
    let (width, height) = picture.dimensions();
    let long = width.max(height);
    if side == long {
        return picture.clone();
    }
    let scaled = |length: u32| {
        let exact = (u64::from(length) * u64::from(side) + u64::from(long) / 2) / u64::from(long);
        u32::try_from(exact).unwrap_or(side).max(1)
    };
    let (new_width, new_height) = (scaled(width), scaled(height));
    if side * 2 <= long {
        // Far down, a plain average of the covered pixels is the right filter, and a fast one.
        image::imageops::thumbnail(picture, new_width, new_height)
    } else {
        DynamicImage::from(picture.clone())
            .resize_exact(new_width, new_height, FilterType::CatmullRom)
            .into_luma8()
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
