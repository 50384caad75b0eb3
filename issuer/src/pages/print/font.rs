//! The letters of the sheets, and how wide they are: lines are broken before they are drawn.

use std::sync::LazyLock;

use krilla::text::Font;

/// A face that sheets are set in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    Regular,
    Bold,
    /// Codes: no two letters look alike.
    Mono,
}

static REGULAR: LazyLock<Option<Loaded>> = LazyLock::new(|| Loaded::new(dejavu::sans_condensed::regular()));
static BOLD: LazyLock<Option<Loaded>> = LazyLock::new(|| Loaded::new(dejavu::sans_condensed::bold()));
static MONO: LazyLock<Option<Loaded>> = LazyLock::new(|| Loaded::new(dejavu::sans_mono::bold()));

impl Face {
    /// The face, unless its file is broken.
    pub(super) fn loaded(self) -> Option<&'static Loaded> {
        match self {
            Self::Regular => REGULAR.as_ref(),
            Self::Bold => BOLD.as_ref(),
            Self::Mono => MONO.as_ref(),
        }
    }
}

/// A font with its measures.
pub(super) struct Loaded {
    pub(super) font: Font,
    tables: Tables,
}

impl Loaded {
    fn new(file: &'static [u8]) -> Option<Self> {
        Some(Self { font: Font::new(file.into(), 0)?, tables: Tables::read(file)? })
    }

    /// How wide `text` is at this size, in the size's unit.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        let units: u32 = text.chars().map(|letter| self.tables.advance(letter)).sum();
        units as f32 * size / self.tables.units_per_em
    }
}

/// Where an OpenType file says how wide its letters are (`head`, `hhea`, `hmtx`, and `cmap` of format 4).
struct Tables {
    file: &'static [u8],
    units_per_em: f32,
    cmap: usize,
    hmtx: usize,
    long_metrics: usize,
}

fn u16_at(file: &[u8], at: usize) -> Option<u16> {
    file.get(at..at + 2)?.try_into().ok().map(u16::from_be_bytes)
}

fn u32_at(file: &[u8], at: usize) -> Option<usize> {
    file.get(at..at + 4)?.try_into().ok().map(|bytes| u32::from_be_bytes(bytes) as usize)
}

impl Tables {
    fn read(file: &'static [u8]) -> Option<Self> {
        let table = |tag: &[u8; 4]| {
            let count = usize::from(u16_at(file, 4)?);
            let at = (0..count).map(|n| 12 + 16 * n).find(|at| file.get(*at..at + 4) == Some(&tag[..]))?;
            u32_at(file, at + 8)
        };
        let subtables = table(b"cmap")?;
        let count = usize::from(u16_at(file, subtables + 2)?);
        let cmap = (0..count)
            .filter_map(|n| u32_at(file, subtables + 4 + 8 * n + 4))
            .map(|offset| subtables + offset)
            .find(|at| u16_at(file, *at) == Some(4))?;
        Some(Self {
            file,
            units_per_em: u16_at(file, table(b"head")? + 18)?.into(),
            cmap,
            hmtx: table(b"hmtx")?,
            long_metrics: u16_at(file, table(b"hhea")? + 34)?.into(),
        })
    }

    /// The glyph of a letter of the Basic Multilingual Plane.
    fn glyph(&self, letter: char) -> Option<usize> {
        let code = u16::try_from(u32::from(letter)).ok()?;
        let segments = usize::from(u16_at(self.file, self.cmap + 6)?);
        let (ends, starts) = (self.cmap + 14, self.cmap + 16 + segments);
        let (deltas, ranges) = (starts + segments, starts + 2 * segments);
        for at in (0..segments).step_by(2) {
            if code > u16_at(self.file, ends + at)? {
                continue;
            }
            let start = u16_at(self.file, starts + at)?;
            if code < start {
                return None;
            }
            let delta = u16_at(self.file, deltas + at)?;
            let range = usize::from(u16_at(self.file, ranges + at)?);
            let glyph = match range {
                0 => code.wrapping_add(delta),
                range => match u16_at(self.file, ranges + at + range + 2 * usize::from(code - start))? {
                    0 => 0,
                    glyph => glyph.wrapping_add(delta),
                },
            };
            return Some(glyph.into());
        }
        None
    }

    /// How far a letter moves on; that of the missing glyph for one that there is not.
    fn advance(&self, letter: char) -> u32 {
        let glyph = self.glyph(letter).unwrap_or(0).min(self.long_metrics.saturating_sub(1));
        u16_at(self.file, self.hmtx + 4 * glyph).unwrap_or_default().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_as_wide_as_the_font_says() {
        let regular = Face::Regular.loaded().unwrap();
        // Widths of DejaVu Sans Condensed, in 2048ths, as its own metrics file lists them.
        assert_eq!(regular.tables.units_per_em, 2048.0);
        let glyphs: Vec<Option<usize>> = "Aąż".chars().map(|letter| regular.tables.glyph(letter)).collect();
        assert!(glyphs.iter().all(|glyph| glyph.is_some_and(|glyph| glyph > 0)), "{glyphs:?}");
        assert!(regular.width("W", 10.0) > regular.width("i", 10.0) * 2.0);
        assert_eq!(regular.width("ąą", 10.0), 2.0 * regular.width("ą", 10.0));
        assert_eq!(regular.width("ą", 10.0), regular.width("a", 10.0), "the ogonek takes no room");
        let mono = Face::Mono.loaded().unwrap();
        assert_eq!(mono.width("0I", 7.0), mono.width("WM", 7.0));
    }
}
