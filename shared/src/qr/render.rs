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
    let symbol = Symbol::encode(text)?;
    let side = symbol.side();
    let mut path = String::new();
    for y in 0..side {
        let mut x = 0;
        while x < side {
            let run = (x..side).take_while(|&x| symbol.is_dark(x, y)).count();
            if run > 0 {
                // Writing to a String cannot fail.
                let _ = write!(path, "M{x} {y}h{run}v1h-{run}z");
            }
            x += u32::try_from(run).unwrap_or(side).max(1);
        }
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\" \
         aria-hidden=\"true\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
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
