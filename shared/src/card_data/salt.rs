//! What makes the attested digest unguessable.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::entropy::Entropy;

/// 16 to 64 random bytes, fresh for every issue of a card.
///
/// The digest stands in a certificate that every verifier sees; without a salt, whoever guesses the data could
/// confirm the guess.
#[derive(Clone, PartialEq, Eq)]
pub struct Salt(Vec<u8>);

impl Salt {
    /// A fresh salt of 16 bytes.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = vec![0; 16];
        entropy.fill(&mut bytes);
        Self(bytes)
    }

    /// Takes the bytes of a salt.
    ///
    /// # Errors
    /// [`SaltError`] outside 16 to 64 bytes.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, SaltError> {
        if (16..=64).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(SaltError) }
    }

    /// Reads base64url without padding.
    ///
    /// # Errors
    /// [`SaltError`] for another encoding, and outside 16 to 64 bytes.
    pub fn from_base64url(text: &str) -> Result<Self, SaltError> {
        Self::from_bytes(URL_SAFE_NO_PAD.decode(text).map_err(|_| SaltError)?)
    }

    /// Base64url without padding.
    pub fn to_base64url(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(…)")
    }
}

/// Not a salt; completes "cannot accept salt: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not 16 to 64 bytes in base64url")]
pub struct SaltError;

#[cfg(test)]
mod tests {
    use super::*;

    struct Sevens;

    impl Entropy for Sevens {
        fn fill(&self, out: &mut [u8]) {
            out.fill(7);
        }
    }

    #[test]
    fn a_salt_has_at_least_128_bits() {
        assert_eq!(Salt::generate(&Sevens).as_bytes(), [7; 16]);
        for (length, fits) in [(0, false), (15, false), (16, true), (64, true), (65, false)] {
            assert_eq!(Salt::from_bytes(vec![1; length]).is_ok(), fits, "{length}");
        }
    }

    #[test]
    fn a_salt_is_written_without_padding() {
        let salt = Salt::from_bytes(vec![0xff; 16]).unwrap();
        assert_eq!(salt.to_base64url(), "_____________________w");
        assert_eq!(Salt::from_base64url("_____________________w"), Ok(salt));
        assert_eq!(Salt::from_base64url("_____________________w=="), Err(SaltError));
        assert_eq!(Salt::from_base64url("/////////////////////w"), Err(SaltError));
    }
}
