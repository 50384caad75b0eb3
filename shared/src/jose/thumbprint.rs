//! JWK thumbprints (RFC 7638).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::{base64url, from_base64url};

/// SHA-256 thumbprint of a public key: its name in DPoP-bound tokens and in device records.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thumbprint([u8; 32]);

impl Thumbprint {
    /// Of a P-256 key with these base64url coordinates: required members only, in lexicographic order (RFC 7638 §3.2).
    pub(super) fn of_p256(x: &str, y: &str) -> Self {
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        Self(Sha256::digest(canonical.as_bytes()).into())
    }

    /// Reads the 43 characters of base64url that [`fmt::Display`] writes.
    ///
    /// # Errors
    /// [`NotAThumbprint`] for anything else.
    pub fn parse(text: &str) -> Result<Self, NotAThumbprint> {
        from_base64url(text).and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(NotAThumbprint)
    }

    /// The 32 bytes of the digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Thumbprint {
    fn from(digest: [u8; 32]) -> Self {
        Self(digest)
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url(self.0))
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thumbprint({self})")
    }
}

impl std::str::FromStr for Thumbprint {
    type Err = NotAThumbprint;

    fn from_str(text: &str) -> Result<Self, NotAThumbprint> {
        Self::parse(text)
    }
}

impl Serialize for Thumbprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Thumbprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// The text is not 32 bytes of base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("thumbprint is not 43 characters of base64url")]
pub struct NotAThumbprint;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_form_is_read_back_and_nothing_else_is() {
        let thumbprint = Thumbprint::from([0xa5; 32]);
        assert_eq!(Thumbprint::parse(&thumbprint.to_string()), Ok(thumbprint));
        assert_eq!(
            serde_json::from_value::<Thumbprint>(serde_json::to_value(thumbprint).unwrap()).unwrap(),
            thumbprint
        );
        let padded = format!("{thumbprint}=");
        for wrong in ["", "pQ", padded.as_str(), "????"] {
            assert_eq!(Thumbprint::parse(wrong), Err(NotAThumbprint), "{wrong}");
        }
    }
}
