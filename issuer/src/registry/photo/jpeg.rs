//! The anatomy of a JPEG file (ITU-T T.81 annex B): its segments, read without unpacking a pixel.
//!
//! What comes in is hostile until proven otherwise, so everything here is linear in the file's length, and
//! everything that a decoder would spend time or memory on is counted first.

use image::metadata::Orientation;
use shared::photo_rule::PixelSize;

use super::{refusal::PhotoRefusal, sent::Sent};

mod marker {
    pub(super) const SOF0: u8 = 0xC0;
    pub(super) const SOF2: u8 = 0xC2;
    pub(super) const DHT: u8 = 0xC4;
    pub(super) const RST0: u8 = 0xD0;
    pub(super) const RST7: u8 = 0xD7;
    pub(super) const SOI: u8 = 0xD8;
    pub(super) const EOI: u8 = 0xD9;
    pub(super) const SOS: u8 = 0xDA;
    pub(super) const DQT: u8 = 0xDB;
    pub(super) const DNL: u8 = 0xDC;
    pub(super) const DRI: u8 = 0xDD;
    pub(super) const DHP: u8 = 0xDE;
    pub(super) const EXP: u8 = 0xDF;
    pub(super) const APP0: u8 = 0xE0;
    pub(super) const APP1: u8 = 0xE1;
    pub(super) const APP2: u8 = 0xE2;
    pub(super) const APP14: u8 = 0xEE;
    pub(super) const APP15: u8 = 0xEF;
    pub(super) const COM: u8 = 0xFE;
    pub(super) const TEM: u8 = 0x01;
}

/// Segments that describe the picture, at most; encoders write about a dozen, and some twenty scans more.
const MAX_SEGMENTS: usize = 256;
/// Huffman tables in one segment, at most (T.81 §B.2.4.2 knows eight destinations).
const MAX_HUFFMAN_TABLES: usize = 8;
/// An ICC profile that fits into one segment: every camera's does.
pub(super) const ICC_IN_ONE: &[u8] = b"ICC_PROFILE\0\x01\x01";

/// A JPEG file taken apart, from its first marker to its EOI; what follows is ignored.
#[derive(Debug)]
pub(super) struct Jpeg<'a> {
    /// SOFn's content.
    pub(super) frame: Frame,
    /// DQT, DHT, DRI, SOFn and SOS in their order; nothing else of a JPEG makes its picture.
    pub(super) segments: Vec<Segment<'a>>,
    /// Quantisation tables in the order of the file.
    pub(super) tables: Vec<QuantTable>,
    /// How many SOS there are.
    pub(super) scans: u32,
    /// Whether a JFIF header says that three channels are YCbCr.
    pub(super) jfif: bool,
    /// Adobe's word on the colours: 0 as they are, 1 YCbCr, 2 YCCK.
    pub(super) adobe_transform: Option<u8>,
    /// How the camera was held.
    pub(super) orientation: Orientation,
    /// The colour profile, as it stands in the file.
    pub(super) icc: Option<&'a [u8]>,
}

/// A marker, what stands in its segment, and for SOS the entropy-coded data behind it.
#[derive(Debug)]
pub(super) struct Segment<'a> {
    pub(super) marker: u8,
    pub(super) body: &'a [u8],
    pub(super) entropy: &'a [u8],
}

/// The frame header (T.81 §B.2.2).
#[derive(Debug)]
pub(super) struct Frame {
    /// As stored, before turning.
    pub(super) stored: PixelSize,
    pub(super) components: Vec<Component>,
    pub(super) progressive: bool,
}

/// A colour channel.
#[derive(Debug)]
pub(super) struct Component {
    pub(super) id: u8,
    /// How finely it is sampled from left to right and from top to bottom, relative to the others.
    pub(super) sampling: (u8, u8),
    /// Which quantisation table it uses.
    pub(super) table: u8,
}

/// A quantisation table (T.81 §B.2.4.1), in the zigzag order of the file.
#[derive(Debug)]
pub(super) struct QuantTable {
    pub(super) slot: u8,
    pub(super) steps: [u16; 64],
}

impl Segment<'_> {
    /// Whether this is the frame header.
    pub(super) fn is_frame(&self) -> bool {
        (marker::SOF0..=marker::SOF2).contains(&self.marker)
    }

    /// Whether this is a scan header.
    pub(super) fn is_scan(&self) -> bool {
        self.marker == marker::SOS
    }
}

impl<'a> Jpeg<'a> {
    /// Takes a file apart.
    ///
    /// # Errors
    /// [`PhotoRefusal::Truncated`], [`PhotoRefusal::Broken`] or [`PhotoRefusal::UnsupportedCoding`].
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, PhotoRefusal> {
        let mut reader = Reader { rest: bytes.get(2..).ok_or(PhotoRefusal::Truncated)? };
        let mut parts = Parts::default();
        loop {
            let marker = reader.marker()?;
            match marker {
                marker::EOI => return parts.finish(),
                marker::TEM | marker::RST0..=marker::RST7 => continue,
                marker::SOI => return Err(PhotoRefusal::Broken("a second picture begins within the first")),
                _ => {}
            }
            let body = reader.body()?;
            let entropy = if marker == marker::SOS { reader.entropy()? } else { &[] };
            parts.take(Segment { marker, body, entropy })?;
        }
    }

    /// Width and height as stored, turned as the camera was held.
    pub(super) fn upright(&self) -> PixelSize {
        let PixelSize { width, height } = self.frame.stored;
        match self.orientation {
            Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH => PixelSize::new(height, width),
            Orientation::NoTransforms
            | Orientation::Rotate180
            | Orientation::FlipHorizontal
            | Orientation::FlipVertical => self.frame.stored,
        }
    }

    /// Whether the three channels are red, green and blue themselves instead of YCbCr; the precedence is
    /// that of the decoders in phones and browsers.
    pub(super) fn is_direct_rgb(&self) -> bool {
        match (self.jfif, self.adobe_transform) {
            (true, _) => false,
            (false, Some(transform)) => transform == 0,
            (false, None) => self.frame.components.iter().map(|c| c.id).eq(*b"RGB"),
        }
    }
}

/// Walks from marker to marker.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// The next marker; stray bytes before it are skipped, as every decoder does.
    fn marker(&mut self) -> Result<u8, PhotoRefusal> {
        loop {
            let prefix = self.rest.iter().position(|&b| b == 0xFF).ok_or(PhotoRefusal::Truncated)?;
            let fill = self.rest.iter().skip(prefix).take_while(|&&b| b == 0xFF).count();
            let (_, rest) = self.rest.split_at(prefix + fill);
            let (&code, rest) = rest.split_first().ok_or(PhotoRefusal::Truncated)?;
            self.rest = rest;
            if code != 0 {
                return Ok(code);
            }
        }
    }

    /// A segment's content behind its length.
    fn body(&mut self) -> Result<&'a [u8], PhotoRefusal> {
        let (length, rest) = self.rest.split_first_chunk::<2>().ok_or(PhotoRefusal::Truncated)?;
        let length = usize::from(u16::from_be_bytes(*length))
            .checked_sub(2)
            .ok_or(PhotoRefusal::Broken("a segment is shorter than its own length field"))?;
        let (body, rest) = rest.split_at_checked(length).ok_or(PhotoRefusal::Truncated)?;
        self.rest = rest;
        Ok(body)
    }

    /// Entropy-coded data up to, but without, the next marker that is no restart (T.81 §B.1.1.5).
    fn entropy(&mut self) -> Result<&'a [u8], PhotoRefusal> {
        let mut end = 0;
        loop {
            let ahead = self.rest.get(end..).unwrap_or_default();
            end += ahead.iter().position(|&b| b == 0xFF).ok_or(PhotoRefusal::Truncated)?;
            match self.rest.get(end + 1) {
                None => return Err(PhotoRefusal::Truncated),
                Some(0 | marker::RST0..=marker::RST7) => end += 2,
                Some(_) => break,
            }
        }
        let (entropy, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(entropy)
    }
}

/// What has been found so far.
#[derive(Default)]
struct Parts<'a> {
    frame: Option<Frame>,
    segments: Vec<Segment<'a>>,
    tables: Vec<QuantTable>,
    scans: u32,
    /// What of each channel was sent, by its place in the frame.
    sent: [Sent; 4],
    jfif: bool,
    adobe_transform: Option<u8>,
    exif: Option<&'a [u8]>,
    icc: Option<&'a [u8]>,
}

impl<'a> Parts<'a> {
    fn take(&mut self, segment: Segment<'a>) -> Result<(), PhotoRefusal> {
        let body = segment.body;
        match segment.marker {
            marker::SOF0..=marker::SOF2 => self.take_frame(segment.marker, body)?,
            marker::DHT => check_huffman_tables(body)?,
            marker::DQT => take_quant_tables(body, &mut self.tables)?,
            marker::DRI if body.len() != 2 => return Err(PhotoRefusal::Broken("restart interval")),
            marker::DRI => {}
            marker::SOS => self.take_scan(body)?,
            // The rest of SOFn, JPG, DAC, and what belongs to hierarchical files.
            0xC3..=0xCF | marker::DNL | marker::DHP | marker::EXP => {
                return Err(PhotoRefusal::UnsupportedCoding);
            }
            marker::APP0..=marker::APP15 => return self.take_app(segment.marker, body),
            marker::COM => return Ok(()),
            _ => return Err(PhotoRefusal::Broken("a marker that T.81 does not know")),
        }
        if self.segments.len() == MAX_SEGMENTS {
            return Err(PhotoRefusal::Broken("too many segments"));
        }
        self.segments.push(segment);
        Ok(())
    }

    fn take_app(&mut self, marker: u8, body: &'a [u8]) -> Result<(), PhotoRefusal> {
        match marker {
            marker::APP0 => self.jfif |= body.starts_with(b"JFIF\0"),
            marker::APP1 if self.exif.is_none() => self.exif = body.strip_prefix(b"Exif\0\0"),
            marker::APP2 if self.icc.is_none() => self.icc = body.strip_prefix(ICC_IN_ONE),
            marker::APP14 if body.starts_with(b"Adobe") => self.adobe_transform = body.get(11).copied(),
            _ => {}
        }
        Ok(())
    }

    fn take_frame(&mut self, marker: u8, body: &[u8]) -> Result<(), PhotoRefusal> {
        let broken = PhotoRefusal::Broken("frame header");
        let [precision, h1, h0, w1, w0, count, components @ ..] = body else { return Err(broken) };
        if *precision != 8 {
            return Err(PhotoRefusal::UnsupportedCoding);
        }
        let stored = PixelSize::new(
            u32::from(u16::from_be_bytes([*w1, *w0])),
            u32::from(u16::from_be_bytes([*h1, *h0])),
        );
        let components: Vec<_> = components
            .chunks_exact(3)
            .filter_map(|c| match c {
                [id, sampling, table @ 0..=3] => {
                    Some(Component { id: *id, sampling: (sampling >> 4, sampling & 15), table: *table })
                }
                _ => None,
            })
            .collect();
        let twins =
            components.iter().enumerate().any(|(i, a)| components.iter().skip(i + 1).any(|b| a.id == b.id));
        if stored.pixels() == 0
            || self.frame.is_some()
            || twins
            || !(1..=4).contains(count)
            || components.len() != usize::from(*count)
            || body.len() != 6 + 3 * components.len()
        {
            return Err(broken);
        }
        if !is_usual_sampling(&components) {
            return Err(PhotoRefusal::UnsupportedCoding);
        }
        self.frame = Some(Frame { stored, components, progressive: marker == marker::SOF2 });
        Ok(())
    }

    fn take_scan(&mut self, body: &[u8]) -> Result<(), PhotoRefusal> {
        let broken = PhotoRefusal::Broken("scan header");
        let frame = self.frame.as_ref().ok_or(PhotoRefusal::Broken("a scan stands before the frame"))?;
        let Some((count, [selectors @ .., first, last, approximation])) = body.split_first() else {
            return Err(broken);
        };
        if selectors.len() != 2 * usize::from(*count) || !(1..=4).contains(count) {
            return Err(broken);
        }
        // One scan for every channel is allowed in a sequential file, but nobody writes it and decoders get it
        // wrong.
        if !frame.progressive && usize::from(*count) != frame.components.len() {
            return Err(PhotoRefusal::UnsupportedCoding);
        }
        for selector in selectors.chunks_exact(2) {
            let place =
                frame.components.iter().position(|c| selector.first() == Some(&c.id)).ok_or(broken)?;
            let channel = self.sent.get_mut(place).ok_or(broken)?;
            channel.take(frame.progressive, *first, *last, *approximation)?;
        }
        self.scans += 1;
        Ok(())
    }

    fn finish(self) -> Result<Jpeg<'a>, PhotoRefusal> {
        let frame = self.frame.ok_or(PhotoRefusal::Broken("there is no picture"))?;
        if self.sent.iter().take(frame.components.len()).any(|sent| !sent.is_complete()) {
            return Err(PhotoRefusal::Truncated);
        }
        if frame.components.iter().any(|c| !self.tables.iter().any(|t| t.slot == c.table)) {
            return Err(PhotoRefusal::Broken("a quantisation table is missing"));
        }
        Ok(Jpeg {
            frame,
            segments: self.segments,
            tables: self.tables,
            scans: self.scans,
            jfif: self.jfif,
            adobe_transform: self.adobe_transform,
            orientation: self
                .exif
                .and_then(Orientation::from_exif_chunk)
                .unwrap_or(Orientation::NoTransforms),
            icc: self.icc,
        })
    }
}

/// Whether brightness, the first channel, is sampled as finely as any other, and a whole number of times as
/// finely: 4:4:4, 4:2:2, 4:2:0 and their kin. Of the rest, decoders make garbage without saying so.
fn is_usual_sampling(components: &[Component]) -> bool {
    let Some((finest_x, finest_y)) = components.first().map(|c| c.sampling) else { return false };
    components.iter().all(|Component { sampling: (x, y), .. }| {
        [1, 2, 4].contains(x) && [1, 2, 4].contains(y) && finest_x % x == 0 && finest_y % y == 0
    })
}

/// Checks that a DHT segment is made of whole tables, and of few enough that building them costs nothing.
fn check_huffman_tables(mut body: &[u8]) -> Result<(), PhotoRefusal> {
    let broken = PhotoRefusal::Broken("Huffman tables");
    for _ in 0..MAX_HUFFMAN_TABLES {
        if body.is_empty() {
            return Ok(());
        }
        let (header, rest) = body.split_first_chunk::<17>().ok_or(broken)?;
        let symbols: usize = header.iter().skip(1).map(|&n| usize::from(n)).sum();
        body = rest.get(symbols..).ok_or(broken)?;
    }
    if body.is_empty() { Ok(()) } else { Err(broken) }
}

fn take_quant_tables(mut body: &[u8], tables: &mut Vec<QuantTable>) -> Result<(), PhotoRefusal> {
    let broken = PhotoRefusal::Broken("quantisation tables");
    while let Some((&header, rest)) = body.split_first() {
        let (width, slot) = (1 + usize::from(header >> 4), header & 15);
        let (raw, rest) = rest.split_at_checked(64 * width).ok_or(broken)?;
        if width > 2 || slot > 3 || tables.len() == MAX_SEGMENTS {
            return Err(broken);
        }
        let mut steps = [0; 64];
        for (step, raw) in steps.iter_mut().zip(raw.chunks_exact(width)) {
            *step = raw.iter().fold(0, |high, &low| high << 8 | u16::from(low));
        }
        tables.push(QuantTable { slot, steps });
        body = rest;
    }
    Ok(())
}
