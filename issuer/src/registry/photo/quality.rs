//! JPEG quality, read back from the quantisation tables.
//!
//! A file does not state its quality. The Independent JPEG Group's encoder scales the two example tables of
//! ITU-T T.81 annex K by it, nearly every other encoder does the same, and so the scale can be inverted.

use super::jpeg::{Jpeg, QuantTable};

/// T.81 table K.1, for brightness, row by row.
#[rustfmt::skip]
const LUMINANCE: [u16; 64] = [
    16, 11, 10, 16,  24,  40,  51,  61,
    12, 12, 14, 19,  26,  58,  60,  55,
    14, 13, 16, 24,  40,  57,  69,  56,
    14, 17, 22, 29,  51,  87,  80,  62,
    18, 22, 37, 56,  68, 109, 103,  77,
    24, 35, 55, 64,  81, 104, 113,  92,
    49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103,  99,
];

/// T.81 table K.2, for colour, row by row.
#[rustfmt::skip]
const CHROMINANCE: [u16; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99,
    18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
];

/// T.81 figure A.6: where the n-th coefficient of the zigzag stands, counted row by row.
#[rustfmt::skip]
const ZIGZAG: [u8; 64] = [
     0,  1,  8, 16,  9,  2,  3, 10,
    17, 24, 32, 25, 18, 11,  4,  5,
    12, 19, 26, 33, 40, 48, 41, 34,
    27, 20, 13,  6,  7, 14, 21, 28,
    35, 42, 49, 56, 57, 50, 43, 36,
    29, 22, 15, 23, 30, 37, 44, 51,
    58, 59, 52, 45, 38, 31, 39, 46,
    53, 60, 61, 54, 47, 55, 62, 63,
];

/// The quality of a picture, 1–100: that of its worst channel, so that nobody saves on the colours.
///
/// Exact for tables of the Independent JPEG Group's making; for others the quality whose tables come closest.
/// Where a channel's table was sent more than once, the coarser counts.
pub(super) fn quality(jpeg: &Jpeg<'_>) -> u8 {
    let used = jpeg.tables.iter().filter(|t| jpeg.frame.components.iter().any(|c| c.table == t.slot));
    used.map(quality_of).min().unwrap_or(1)
}

/// The quality whose example tables come closest to this one, summed over all 64 steps.
fn quality_of(table: &QuantTable) -> u8 {
    let distance = |quality: u8, example: &[u16; 64]| -> u32 {
        let expected = ZIGZAG.iter().filter_map(|&place| example.get(usize::from(place)));
        let expected = expected.map(|&step| scaled(step, quality));
        table.steps.iter().zip(expected).map(|(&found, expected)| u32::from(found.abs_diff(expected))).sum()
    };
    // Of equally close ones the highest: in doubt for the photo.
    (1..=100)
        .rev()
        .min_by_key(|&quality| distance(quality, &LUMINANCE).min(distance(quality, &CHROMINANCE)))
        .unwrap_or(1)
}

/// The step that the Independent JPEG Group's encoder makes of an example's step.
fn scaled(step: u16, quality: u8) -> u16 {
    let quality = u32::from(quality.clamp(1, 100));
    let percent = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    let scaled = (u32::from(step) * percent + 50) / 100;
    // 255 is the end of what a baseline file can say.
    u16::try_from(scaled).unwrap_or(u16::MAX).clamp(1, 255)
}
