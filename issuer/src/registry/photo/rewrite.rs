//! Writing a JPEG anew from the parts that make its picture, and from nothing else.
//!
//! A segment that is not copied cannot leak where a pupil lives: there is no list of metadata to strip, only
//! a list of what a picture consists of.

use image::metadata::Orientation;

use super::jpeg::{ICC_IN_ONE, Jpeg, Segment};

const SOI: [u8; 2] = [0xFF, 0xD8];
const EOI: [u8; 2] = [0xFF, 0xD9];
/// JFIF 1.01 without a density and without a thumbnail.
const JFIF: &[u8] = &[0xFF, 0xE0, 0, 16, b'J', b'F', b'I', b'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0];
/// Adobe's segment up to its last byte, the colour transform; version 100, no flags.
const ADOBE: &[u8] = &[0xFF, 0xEE, 0, 14, b'A', b'd', b'o', b'b', b'e', 0, 100, 0, 0, 0, 0];
/// An Exif segment of one entry, the orientation, up to its value.
const EXIF: &[u8] = &[
    0xFF, 0xE1, 0, 34, b'E', b'x', b'i', b'f', 0, 0, b'I', b'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1,
    0, 0, 0,
];
/// Sixty-four 1 bits, stuffed. No Huffman code may consist of 1 bits alone (T.81 §C.2), so a decoder that is
/// still hungry at the end of a scan chokes on them instead of making up the missing part of the picture.
const POISON: [u8; 16] = [0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0];

impl Jpeg<'_> {
    /// The same picture, bit for bit, without metadata: no Exif, XMP, ICC, IPTC, comment, thumbnail, or
    /// trailing second picture. Only the two segments that say how to read the colours are written anew.
    pub(super) fn without_metadata(&self) -> Vec<u8> {
        let mut out = SOI.to_vec();
        if self.jfif {
            out.extend_from_slice(JFIF);
        }
        if let Some(transform) = self.adobe_transform {
            out.extend_from_slice(ADOBE);
            out.push(transform);
        }
        for segment in &self.segments {
            put(&mut out, segment, segment.body);
            out.extend_from_slice(segment.entropy);
        }
        out.extend_from_slice(&EOI);
        out
    }

    /// The same picture, bit for bit, with how the camera was held and which colours it means, and no other word about
    /// where, when and with what it was taken.
    pub(super) fn without_whereabouts(&self) -> Vec<u8> {
        let bare = self.without_metadata();
        let mut out = SOI.to_vec();
        if self.orientation != Orientation::NoTransforms {
            out.extend_from_slice(EXIF);
            out.extend_from_slice(&[self.orientation.to_exif(), 0, 0, 0, 0, 0, 0, 0]);
        }
        if let Some(icc) = self.icc {
            // It was read from one segment, so it fits into one.
            let length = u16::try_from(icc.len() + ICC_IN_ONE.len() + 2).unwrap_or(u16::MAX);
            out.extend_from_slice(&[0xFF, 0xE2]);
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(ICC_IN_ONE);
            out.extend_from_slice(icc);
        }
        out.extend_from_slice(bare.get(SOI.len()..).unwrap_or_default());
        out
    }

    /// A copy for the decoder, which must not judge anything differently than we did: it sees no metadata
    /// whose reading could cost time, the colours are told by channel names alone, and the end of every scan
    /// is made to show (see [`POISON`]).
    pub(super) fn for_decoder(&self) -> Vec<u8> {
        let mut out = SOI.to_vec();
        let mut scans = 0;
        for segment in &self.segments {
            // T.81 §B.2.2 and §B.2.3: where channel names stand in the frame and in a scan.
            let (first, stride) = match segment {
                frame if frame.is_frame() => (6, 3),
                scan if scan.is_scan() => (1, 2),
                _ => (usize::MAX, 1),
            };
            let mut body = segment.body.to_vec();
            for name in body.iter_mut().skip(first).step_by(stride).take(self.frame.components.len()) {
                *name = self.decoders_name(*name).unwrap_or(*name);
            }
            put(&mut out, segment, &body);
            if segment.is_scan() {
                out.extend_from_slice(segment.entropy);
                scans += 1;
                // The decoder insists on a marker right behind the first scan of a progressive picture.
                if scans > 1 || !self.frame.progressive {
                    out.extend_from_slice(&POISON);
                }
            }
        }
        out.extend_from_slice(&EOI);
        out
    }

    /// The channel name that leaves a decoder no doubt about the colours.
    fn decoders_name(&self, name: u8) -> Option<u8> {
        let names = if self.is_direct_rgb() { *b"RGB\x04" } else { [1, 2, 3, 4] };
        self.frame
            .components
            .iter()
            .zip(names)
            .find(|(component, _)| component.id == name)
            .map(|(_, name)| name)
    }
}

fn put(out: &mut Vec<u8>, segment: &Segment<'_>, body: &[u8]) {
    // A body was read behind a 16-bit length, so it fits behind one.
    let length = u16::try_from(body.len() + 2).unwrap_or(u16::MAX);
    out.extend_from_slice(&[0xFF, segment.marker]);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(body);
}
