//! The photo on a card: bytes that were derived and judged before; here only their kind and size are looked at.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A JPEG file of at most 60 000 bytes. Biometric in effect: `Debug` tells the size alone.
#[derive(Clone, PartialEq, Eq)]
pub struct CardPhoto(Vec<u8>);

impl CardPhoto {
    /// The most bytes of the derived photo.
    pub const MAX_BYTES: usize = 60_000;

    /// Takes the bytes of a JPEG file.
    ///
    /// # Errors
    /// [`CardPhotoError::TooLarge`], or [`CardPhotoError::NotJpeg`] when they lack JPEG's first or last marker.
    pub fn from_jpeg(bytes: Vec<u8>) -> Result<Self, CardPhotoError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(CardPhotoError::TooLarge);
        }
        if !(bytes.starts_with(&[0xff, 0xd8, 0xff]) && bytes.ends_with(&[0xff, 0xd9])) {
            return Err(CardPhotoError::NotJpeg);
        }
        Ok(Self(bytes))
    }

    /// Reads base64url without padding.
    ///
    /// # Errors
    /// [`CardPhotoError::NotBase64Url`], and as [`CardPhoto::from_jpeg`].
    pub fn from_base64url(text: &str) -> Result<Self, CardPhotoError> {
        Self::from_jpeg(URL_SAFE_NO_PAD.decode(text).map_err(|_| CardPhotoError::NotBase64Url)?)
    }

    /// Base64url without padding.
    pub fn to_base64url(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0)
    }

    /// The JPEG file.
    pub fn jpeg(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for CardPhoto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CardPhoto({} bytes)", self.0.len())
    }
}

/// Why bytes are no card photo; messages complete "cannot accept photo: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardPhotoError {
    /// More than [`CardPhoto::MAX_BYTES`].
    #[error("it is larger than 60000 bytes")]
    TooLarge,
    /// JPEG's first or last marker is missing.
    #[error("it is not a whole JPEG file")]
    NotJpeg,
    /// Not base64url without padding.
    #[error("it is not base64url")]
    NotBase64Url,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jpeg(length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        bytes[..3].copy_from_slice(&[0xff, 0xd8, 0xff]);
        bytes[length - 2..].copy_from_slice(&[0xff, 0xd9]);
        bytes
    }

    #[test]
    fn a_photo_is_a_jpeg_of_bounded_size() {
        assert!(CardPhoto::from_jpeg(jpeg(60_000)).is_ok());
        assert_eq!(CardPhoto::from_jpeg(jpeg(60_001)), Err(CardPhotoError::TooLarge));
        assert_eq!(CardPhoto::from_jpeg(b"\x89PNG\r\n\x1a\n".to_vec()), Err(CardPhotoError::NotJpeg));
        assert_eq!(CardPhoto::from_jpeg(jpeg(100)[..99].to_vec()), Err(CardPhotoError::NotJpeg));
        assert_eq!(CardPhoto::from_jpeg(Vec::new()), Err(CardPhotoError::NotJpeg));
    }

    #[test]
    fn a_photo_travels_as_base64url() {
        let photo = CardPhoto::from_jpeg(jpeg(100)).unwrap();
        let text = photo.to_base64url();
        assert_eq!(CardPhoto::from_base64url(&text), Ok(photo));
        assert_eq!(CardPhoto::from_base64url(&format!("{text}==")), Err(CardPhotoError::NotBase64Url));
    }
}
