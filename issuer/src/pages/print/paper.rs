//! A sheet of A4 that is written from top to bottom.

use jiff::Timestamp;
use krilla::Document;
use krilla::error::KrillaError;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::text::TextDirection;
use shared::qr::render::{self, RenderError};
use shared::validity::warsaw;

use super::font::Face;
use crate::pages::words::Lang;

/// Points in a millimetre.
pub(super) const MM: f32 = 72.0 / 25.4;
/// Width and height of A4.
const A4: (f32, f32) = (210.0 * MM, 297.0 * MM);
/// On every side.
pub(super) const MARGIN: f32 = 20.0 * MM;
/// Between the margins.
pub(super) const WIDTH: f32 = A4.0 - 2.0 * MARGIN;
/// Body text.
pub(super) const BODY: f32 = 11.0;
/// From one line to the next, as a part of the size.
const LEADING: f32 = 1.35;

/// Why there is no sheet. Messages complete "cannot print: …" and tell nothing of what was to be printed.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// A font of ours cannot be read.
    #[error("a font is broken")]
    Font,
    /// The QR code cannot be drawn.
    #[error("QR code cannot be drawn")]
    Qr(#[from] RenderError),
    /// The PDF cannot be written.
    #[error("PDF cannot be written")]
    Pdf,
}

impl From<KrillaError> for SheetError {
    fn from(_: KrillaError) -> Self {
        // What it says may quote the sheet's text.
        Self::Pdf
    }
}

/// A document of sheets.
pub(super) struct Papers {
    document: Document,
    lang: Lang,
}

impl Papers {
    pub(super) fn new(lang: Lang, title: &str, now: Timestamp) -> Self {
        let at = now.to_zoned(warsaw());
        let unsigned = |number: i8| number.unsigned_abs();
        let made = DateTime::new(at.year().unsigned_abs())
            .month(unsigned(at.month()))
            .day(unsigned(at.day()))
            .hour(unsigned(at.hour()))
            .minute(unsigned(at.minute()))
            .second(unsigned(at.second()))
            .utc_offset_hour(i8::try_from(at.offset().seconds() / 3600).unwrap_or_default())
            .utc_offset_minute(0);
        let metadata = Metadata::new()
            .title(title.to_owned())
            .language(lang.tag().to_owned())
            .description(lang.t("print-simulator"))
            .creator(lang.t("brand"))
            .producer(lang.t("brand"))
            .creation_date(made);
        let mut document = Document::new();
        document.set_metadata(metadata);
        Self { document, lang }
    }

    /// Adds a sheet and lets `write` fill it; at its foot stand what it is and that it is no document.
    pub(super) fn sheet(
        &mut self,
        foot: &str,
        write: impl FnOnce(&mut Paper<'_>) -> Result<(), SheetError>,
    ) -> Result<(), SheetError> {
        let settings = PageSettings::from_wh(A4.0, A4.1).ok_or(SheetError::Pdf)?;
        let mut page = self.document.start_page_with(settings);
        let mut surface = page.surface();
        surface.set_fill(Some(Fill::default()));
        let mut paper = Paper { surface, y: MARGIN };
        write(&mut paper)?;
        paper.y = A4.1 - MARGIN + 4.0;
        paper.rule(0.5);
        paper.y += 4.0;
        paper.paragraph(Face::Bold, 8.5, &self.lang.t("print-simulator"))?;
        if !foot.is_empty() {
            paper.paragraph(Face::Regular, 8.5, foot)?;
        }
        drop(paper);
        page.finish();
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Vec<u8>, SheetError> {
        Ok(self.document.finish()?)
    }
}

/// A sheet that is being written.
pub(super) struct Paper<'a> {
    surface: Surface<'a>,
    /// How far down it is written, from the upper edge.
    pub(super) y: f32,
}

impl Paper<'_> {
    /// Leaves room.
    pub(super) fn gap(&mut self, points: f32) {
        self.y += points;
    }

    /// A line of text whose baseline is at `y`.
    pub(super) fn line_at(
        &mut self,
        face: Face,
        size: f32,
        x: f32,
        y: f32,
        text: &str,
    ) -> Result<(), SheetError> {
        let font = face.loaded().ok_or(SheetError::Font)?.font.clone();
        self.surface.draw_text(Point::from_xy(x, y), font, size, text, false, TextDirection::LeftToRight);
        Ok(())
    }

    /// Text between the margins, broken into lines.
    pub(super) fn paragraph(&mut self, face: Face, size: f32, text: &str) -> Result<(), SheetError> {
        self.column(face, size, MARGIN, WIDTH, text)
    }

    /// Text in a column, broken into lines; moves on below it.
    pub(super) fn column(
        &mut self,
        face: Face,
        size: f32,
        x: f32,
        width: f32,
        text: &str,
    ) -> Result<(), SheetError> {
        for line in broken(face, size, width, text)? {
            self.y += size * LEADING;
            let y = self.y;
            self.line_at(face, size, x, y, &line)?;
        }
        Ok(())
    }

    /// The heading of a sheet.
    pub(super) fn title(&mut self, text: &str) -> Result<(), SheetError> {
        self.paragraph(Face::Bold, 20.0, text)?;
        self.gap(8.0);
        Ok(())
    }

    /// A heading within a sheet.
    pub(super) fn heading(&mut self, text: &str) -> Result<(), SheetError> {
        self.gap(8.0);
        self.paragraph(Face::Bold, 12.0, text)?;
        self.gap(1.0);
        Ok(())
    }

    /// Numbered steps.
    pub(super) fn steps(&mut self, steps: &[String]) -> Result<(), SheetError> {
        for (n, step) in (1..).zip(steps) {
            let first = self.y + BODY * LEADING;
            self.line_at(Face::Bold, BODY, MARGIN, first, &format!("{n}."))?;
            self.column(Face::Regular, BODY, MARGIN + 24.0, WIDTH - 24.0, step)?;
            self.gap(1.5);
        }
        Ok(())
    }

    /// A name and what it stands for, one below the other.
    pub(super) fn fact(&mut self, x: f32, width: f32, name: &str, value: &str) -> Result<(), SheetError> {
        self.column(Face::Regular, 8.5, x, width, name)?;
        self.column(Face::Bold, 12.0, x, width, value)?;
        self.gap(5.0);
        Ok(())
    }

    /// A name and a dotted line to write on, or what is to stand there.
    pub(super) fn blank(&mut self, x: f32, width: f32, name: &str, value: &str) -> Result<(), SheetError> {
        self.y += 17.0;
        let y = self.y;
        self.line_at(Face::Regular, BODY, x, y, name)?;
        let font = Face::Regular.loaded().ok_or(SheetError::Font)?;
        let start = x + font.width(name, BODY) + 6.0;
        if value.is_empty() {
            self.dots(start, x + width, y);
        } else {
            let room = (x + width - start).max(60.0);
            let mut lines = broken(Face::Bold, BODY, room, value)?.into_iter();
            self.line_at(Face::Bold, BODY, start, y, &lines.next().unwrap_or_default())?;
            for line in lines {
                self.y += BODY * LEADING;
                let y = self.y;
                self.line_at(Face::Bold, BODY, start, y, &line)?;
            }
        }
        Ok(())
    }

    /// A box to tick, and what ticking it says.
    pub(super) fn tick(&mut self, ticked: bool, text: &str) -> Result<(), SheetError> {
        self.gap(3.0);
        let (top, side) = (self.y + 4.0, 10.0);
        for (x, y, width, height) in [
            (MARGIN, top, side, 0.8),
            (MARGIN, top + side, side + 0.8, 0.8),
            (MARGIN, top, 0.8, side),
            (MARGIN + side, top, 0.8, side),
        ] {
            self.bar(x, y, width, height);
        }
        if ticked {
            self.line_at(Face::Bold, 11.0, MARGIN + 1.7, top + side - 0.6, "×")?;
        }
        self.column(Face::Regular, BODY, MARGIN + 18.0, WIDTH - 18.0, text)
    }

    /// A line across the sheet.
    pub(super) fn rule(&mut self, thickness: f32) {
        let y = self.y;
        self.bar(MARGIN, y, WIDTH, thickness);
        self.y += thickness;
    }

    /// A place to sign, with what is to be written there below it.
    pub(super) fn signature(&mut self, x: f32, width: f32, what: &str) -> Result<(), SheetError> {
        let y = self.y;
        self.dots(x, x + width, y);
        self.line_at(Face::Regular, 8.5, x, y + 11.0, what)
    }

    /// A QR code of this side, quiet zone included, in modules that touch without a seam.
    pub(super) fn qr(&mut self, x: f32, y: f32, side: f32, text: &str) -> Result<(), SheetError> {
        let modules = render::modules(text)?;
        let unit = side / modules.side as f32;
        let mut path = PathBuilder::new();
        for run in modules.runs {
            let (left, top) = (x + run.x as f32 * unit, y + run.y as f32 * unit);
            let rect = Rect::from_xywh(left, top, run.length as f32 * unit, unit);
            path.push_rect(rect.ok_or(SheetError::Pdf)?);
        }
        self.surface.draw_path(&path.finish().ok_or(SheetError::Pdf)?);
        Ok(())
    }

    fn dots(&mut self, from: f32, to: f32, y: f32) {
        let mut x = from;
        while x < to {
            self.bar(x, y + 1.0, 1.0, 0.7);
            x += 3.0;
        }
    }

    fn bar(&mut self, x: f32, y: f32, width: f32, height: f32) {
        let mut path = PathBuilder::new();
        if let Some(rect) = Rect::from_xywh(x, y, width, height) {
            path.push_rect(rect);
        }
        if let Some(path) = path.finish() {
            self.surface.draw_path(&path);
        }
    }
}

/// The lines of a text that is at most so wide; a word that is wider than that stands alone.
fn broken(face: Face, size: f32, width: f32, text: &str) -> Result<Vec<String>, SheetError> {
    let font = face.loaded().ok_or(SheetError::Font)?;
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if line.is_empty() || font.width(&longer, size) <= width {
            *line = longer;
        } else {
            lines.push(word.to_owned());
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_lose_none() {
        let text = "Zażółć gęślą jaźń, a potem zeskanuj kod otrzymany w sekretariacie szkoły.";
        let lines = broken(Face::Regular, 10.0, 120.0, text).unwrap();
        assert!(lines.len() > 2, "{lines:?}");
        assert_eq!(lines.join(" "), text);
        let font = Face::Regular.loaded().unwrap();
        assert!(lines.iter().all(|line| font.width(line, 10.0) <= 120.0), "{lines:?}");
        assert_eq!(broken(Face::Regular, 10.0, 5.0, "Brzęczyszczykiewicz").unwrap().len(), 1);
    }
}
