//! A text becomes a QR code: PNG for paper, SVG for pages, characters for a terminal.
//!
//! Error correction is level M (ISO/IEC 18004 §7.5.1: about 15 % of the code words may be lost): a slip is folded and
//! stamped, yet a higher level would make the modules smaller and so harder for a weak camera. The quiet zone is
//! four modules wide on every side (§6.3.8).

use std::fmt::Write as _;
use std::io::Cursor;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{GrayImage, Luma};
use qrcode::types::QrError;
use qrcode::{Color, EcLevel, QrCode};

/// The quiet zone on every side, in modules.
pub const QUIET_ZONE: u32 = 4;

/// The widest module that [`png`] draws, in pixels; it keeps the largest code's picture under 36 MB of memory.
pub const MAX_MODULE_PX: u32 = 32;

const DARK: u8 = 0;
const LIGHT: u8 = 255;

/// Draws `text` as a greyscale PNG, black on white, with modules of `module_px` × `module_px` pixels.
///
/// The side is (modules + 2 × [`QUIET_ZONE`]) × `module_px` pixels; an offer of 100 characters has 41 to 45 modules.
///
/// # Errors
/// [`RenderError::ModuleSize`] unless `module_px` is 1 … [`MAX_MODULE_PX`]; [`RenderError::TooLong`] if no code holds
/// the text.
pub fn png(text: &str, module_px: u32) -> Result<Vec<u8>, RenderError> {
    if !(1..=MAX_MODULE_PX).contains(&module_px) {
        return Err(RenderError::ModuleSize(module_px));
    }
    let symbol = Symbol::encode(text)?;
    let side = symbol.side() * module_px;
    let picture = GrayImage::from_fn(side, side, |x, y| {
        Luma([if symbol.is_dark(x / module_px, y / module_px) { DARK } else { LIGHT }])
    });
    let mut bytes = Cursor::new(Vec::new());
    // Long runs of two values: the strongest deflate without line filters is the smallest by far.
    picture.write_with_encoder(PngEncoder::new_with_quality(
        &mut bytes,
        CompressionType::Best,
        FilterType::NoFilter,
    ))?;
    Ok(bytes.into_inner())
}

/// Draws `text` as an SVG element, black on white, one unit per module.
///
/// It starts with `<svg`, so that it can stand in an HTML page as it is, and carries no width or height: the style
/// sheet (or the page around it) says how large it is. It is hidden from screen readers, which cannot read it; say
/// beside it what it is for.
///
/// # Errors
/// [`RenderError::TooLong`] if no code holds the text.
pub fn svg(text: &str) -> Result<String, RenderError> {
    let Modules { side, runs } = modules(text)?;
    let mut path = String::new();
    for Run { x, y, length } in runs {
        // Writing to a String cannot fail.
        let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\" \
         aria-hidden=\"true\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

/// The dark modules of a code, for whoever draws them in another way; the rest of the square is light.
#[derive(Debug, Clone)]
pub struct Modules {
    /// Modules per side, both quiet zones included.
    pub side: u32,
    /// The dark ones, row by row.
    pub runs: Vec<Run>,
}

/// Dark modules beside each other, in modules from the upper left corner of the quiet zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Its left end.
    pub x: u32,
    /// Its row.
    pub y: u32,
    /// How many.
    pub length: u32,
}

/// The modules of the code that holds `text`.
///
/// # Errors
/// [`RenderError::TooLong`] if no code holds the text.
pub fn modules(text: &str) -> Result<Modules, RenderError> {
    let symbol = Symbol::encode(text)?;
    let side = symbol.side();
    let mut runs = Vec::new();
    for y in 0..side {
        let mut x = 0;
        while x < side {
            let mut end = x;
            while end < side && symbol.is_dark(end, y) {
                end += 1;
            }
            if end > x {
                runs.push(Run { x, y, length: end - x });
            }
            x = end.max(x + 1);
        }
    }
    Ok(Modules { side, runs })
}

/// Draws `text` as lines of half blocks, two modules high and one wide per character, each line ended by `\n`.
///
/// Light modules are the lit ones, so on a dark terminal the code has its proper colours, its quiet zone included. On a
/// light terminal it comes out inverted, which our own scanner and most phones read as well.
///
/// # Errors
/// [`RenderError::TooLong`] if no code holds the text.
pub fn terminal(text: &str) -> Result<String, RenderError> {
    let symbol = Symbol::encode(text)?;
    let side = symbol.side();
    let mut lines = String::new();
    for y in (0..side).step_by(2) {
        for x in 0..side {
            // Below the last row there is nothing: left unlit.
            let lower_is_lit = y + 1 < side && !symbol.is_dark(x, y + 1);
            lines.push(match (!symbol.is_dark(x, y), lower_is_lit) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        lines.push('\n');
    }
    Ok(lines)
}

/// Why a code cannot be drawn. Messages complete "cannot draw QR code: …" and never tell the text.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// Level M holds at most 2331 bytes (version 40).
    #[error("text is longer than any QR code of level M holds")]
    TooLong(#[source] QrError),
    /// The size of a module in pixels is out of range.
    #[error("a module is 1 to {MAX_MODULE_PX} pixels wide, not {0}")]
    ModuleSize(u32),
    /// The PNG could not be written.
    #[error("picture cannot be encoded")]
    Png(#[from] image::ImageError),
}

/// A code's modules with the quiet zone around them.
struct Symbol {
    modules: Vec<Color>,
    width: u32,
}

impl Symbol {
    fn encode(text: &str) -> Result<Self, RenderError> {
        let code =
            QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M).map_err(RenderError::TooLong)?;
        // At most 177 (version 40).
        let width = code.width() as u32;
        Ok(Self { modules: code.into_colors(), width })
    }

    /// Modules per side, both quiet zones included.
    fn side(&self) -> u32 {
        self.width + 2 * QUIET_ZONE
    }

    fn is_dark(&self, x: u32, y: u32) -> bool {
        let (Some(x), Some(y)) = (x.checked_sub(QUIET_ZONE), y.checked_sub(QUIET_ZONE)) else {
            return false;
        };
        x < self.width
            && y < self.width
            && self.modules.get((y * self.width + x) as usize) == Some(&Color::Dark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qr::scan::{scan, scan_luma};
    use crate::qr::studio::OFFER;

    #[test]
    fn a_png_has_the_size_it_says_and_is_read_back() {
        let side_at = |module_px| {
            let bytes = png(OFFER, module_px).unwrap();
            assert_eq!(scan(&bytes).unwrap(), [OFFER]);
            let picture = image::load_from_memory(&bytes).unwrap();
            assert_eq!(picture.color(), image::ColorType::L8);
            assert_eq!(picture.width(), picture.height());
            picture.width()
        };
        // Version 7 has 45 modules a side.
        assert_eq!(side_at(1), 45 + 2 * QUIET_ZONE);
        assert_eq!(side_at(7), 7 * (45 + 2 * QUIET_ZONE));
    }

    #[test]
    fn the_quiet_zone_is_white_on_every_side() {
        let picture = image::load_from_memory(&png(OFFER, 1).unwrap()).unwrap().into_luma8();
        let last = picture.width() - 1 - QUIET_ZONE;
        for (x, y, pixel) in picture.enumerate_pixels() {
            if !(QUIET_ZONE..=last).contains(&x) || !(QUIET_ZONE..=last).contains(&y) {
                assert_eq!(pixel.0, [255], "at {x}, {y}");
            }
        }
        assert_eq!(picture.get_pixel(QUIET_ZONE, QUIET_ZONE).0, [0]);
        assert_eq!(picture.get_pixel(last, QUIET_ZONE).0, [0]);
    }

    #[test]
    fn errors_are_corrected_as_at_level_m() {
        let mut stained = image::load_from_memory(&png(OFFER, 4).unwrap()).unwrap().into_luma8();
        let side = stained.width();
        for (x, y, pixel) in stained.enumerate_pixels_mut() {
            // A blot of 12 × 12 modules: nine percent of the code, more than level L makes good.
            if x.abs_diff(side / 2) < 24 && y.abs_diff(side / 2) < 24 {
                pixel.0 = [0];
            }
        }
        assert_eq!(scan_luma(&stained).unwrap(), [OFFER]);
    }

    /// The modules that an SVG of ours paints, worked out from its path alone.
    fn painted(svg: &str) -> GrayImage {
        let side = svg.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        let path = svg.split("fill=\"#000\" d=\"").nth(1).unwrap().split('"').next().unwrap();
        let mut picture = GrayImage::from_pixel(side, side, Luma([255]));
        for run in path.split('M').skip(1) {
            let numbers: Vec<u32> =
                run.split(['h', ' ', 'v', '-', 'z']).filter_map(|number| number.parse().ok()).collect();
            let [x, y, length, 1, back] = numbers[..] else { unreachable!("{run}") };
            assert_eq!(length, back);
            (x..x + length).for_each(|x| picture.put_pixel(x, y, Luma([0])));
        }
        picture
    }

    #[test]
    fn an_svg_paints_the_same_modules_and_can_stand_in_a_page() {
        let svg = svg(OFFER).unwrap();
        assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
        assert!(svg.ends_with("</svg>"));
        let png = image::load_from_memory(&png(OFFER, 1).unwrap()).unwrap().into_luma8();
        assert_eq!(painted(&svg), png);
    }

    #[test]
    fn a_terminal_shows_the_same_modules_light_ones_lit() {
        let lines = terminal(OFFER).unwrap();
        let png = image::load_from_memory(&png(OFFER, 1).unwrap()).unwrap().into_luma8();
        let mut shown = GrayImage::from_pixel(png.width(), png.height(), Luma([0]));
        for (y, line) in lines.lines().enumerate() {
            assert_eq!(line.chars().count() as u32, png.width());
            for (x, block) in line.chars().enumerate() {
                let lit = [matches!(block, '█' | '▀'), matches!(block, '█' | '▄')];
                for (row, lit) in lit.into_iter().enumerate() {
                    let y = (2 * y + row) as u32;
                    if lit {
                        shown.put_pixel(x as u32, y, Luma([255]));
                    }
                }
            }
        }
        assert_eq!(shown, png);
        assert!(lines.ends_with('\n'));
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        assert!(matches!(png(OFFER, 0), Err(RenderError::ModuleSize(0))));
        assert!(matches!(png(OFFER, MAX_MODULE_PX + 1), Err(RenderError::ModuleSize(33))));
        let longest = "a".repeat(2331);
        assert_eq!(scan(&png(&longest, 3).unwrap()).unwrap(), [longest.as_str()]);
        let refusals = [png(&(longest.clone() + "a"), 1).err(), svg(&(longest.clone() + "a")).err()];
        for refusal in refusals {
            let refusal = refusal.unwrap();
            assert!(matches!(refusal, RenderError::TooLong(_)));
            assert!(!format!("{refusal} {refusal:?}").contains("aaa"));
        }
    }
}
