//! What a file is that calls itself a photo and is no JPEG.

/// What a file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherFormat {
    /// Portable Network Graphics.
    Png,
    /// Google's format of web pages.
    Webp,
    /// Graphics Interchange Format.
    Gif,
    /// A Windows bitmap.
    Bmp,
    /// What scanners write.
    Tiff,
    /// What iPhones write unless told otherwise.
    Heic,
    /// AV1 still picture.
    Avif,
    /// A document.
    Pdf,
    /// None of these.
    Unknown,
}

impl OtherFormat {
    /// Judges by the first bytes, never by the name; `None` for a JPEG.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
            return None;
        }
        let brand = bytes.get(4..12).filter(|b| b.starts_with(b"ftyp")).and_then(|b| b.get(4..));
        Some(match bytes {
            [0x89, b'P', b'N', b'G', ..] => Self::Png,
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Self::Webp,
            [b'G', b'I', b'F', b'8', ..] => Self::Gif,
            [b'B', b'M', ..] => Self::Bmp,
            [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Self::Tiff,
            [b'%', b'P', b'D', b'F', ..] => Self::Pdf,
            _ if matches!(brand, Some(b"avif" | b"avis")) => Self::Avif,
            _ if matches!(
                brand,
                Some(b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"mif1" | b"msf1")
            ) =>
            {
                Self::Heic
            }
            _ => Self::Unknown,
        })
    }

    /// What people call it; `None` where we do not know.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Png => Some("PNG"),
            Self::Webp => Some("WebP"),
            Self::Gif => Some("GIF"),
            Self::Bmp => Some("BMP"),
            Self::Tiff => Some("TIFF"),
            Self::Heic => Some("HEIC"),
            Self::Avif => Some("AVIF"),
            Self::Pdf => Some("PDF"),
            Self::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_first_bytes() {
        let cases: [(&[u8], Option<OtherFormat>); 14] = [
            (b"\xFF\xD8\xFF\xE0", None),
            (b"\x89PNG\r\n\x1A\n", Some(OtherFormat::Png)),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some(OtherFormat::Webp)),
            (b"RIFF\0\0\0\0WAVEfmt ", Some(OtherFormat::Unknown)),
            (b"GIF89a", Some(OtherFormat::Gif)),
            (b"BM\x36\0", Some(OtherFormat::Bmp)),
            (b"II*\0", Some(OtherFormat::Tiff)),
            (b"MM\0*", Some(OtherFormat::Tiff)),
            (b"\0\0\0\x18ftypheic", Some(OtherFormat::Heic)),
            (b"\0\0\0\x18ftypmif1", Some(OtherFormat::Heic)),
            (b"\0\0\0\x18ftypavif", Some(OtherFormat::Avif)),
            (b"\0\0\0\x18ftypisom", Some(OtherFormat::Unknown)),
            (b"%PDF-1.7", Some(OtherFormat::Pdf)),
            (b"PK\x03\x04", Some(OtherFormat::Unknown)),
        ];
        for (bytes, expected) in cases {
            assert_eq!(OtherFormat::of(bytes), expected, "{bytes:?}");
        }
    }
}
