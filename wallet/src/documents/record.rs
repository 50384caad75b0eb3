//! What every kept record has in common: a kind, a version, and a reader of its older versions.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::StoreError;

/// Something that is kept, as JSON.
///
/// Adding, removing or changing a field makes a new version, and a branch in [`upgrade`](Record::upgrade).
pub(super) trait Record: Serialize + DeserializeOwned {
    /// The kind; the first part of the record's name.
    const KIND: &'static str;

    /// The version that is written.
    const VERSION: u16;

    /// Reads a version before [`VERSION`](Record::VERSION).
    fn upgrade(version: u16, _json: &[u8]) -> Result<Self, StoreError> {
        Err(StoreError::TooOld { what: Self::KIND, found: version })
    }

    /// The content to be sealed.
    fn write(&self) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let json = serde_json::to_vec(self).map_err(std::io::Error::from)?;
        Ok(Zeroizing::new(json))
    }

    /// Reads content of any version up to the present one.
    fn read(version: u16, json: &[u8]) -> Result<Self, StoreError> {
        if version > Self::VERSION {
            return Err(StoreError::Newer { what: Self::KIND, found: version, known: Self::VERSION });
        }
        if version < Self::VERSION {
            return Self::upgrade(version, json);
        }
        parse(json)
    }
}

/// Reads JSON whose shape is known; the error tells nothing of what it holds.
pub(super) fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(json).map_err(|_| StoreError::Damaged("a record is not readable"))
}

/// Bytes kept exactly as they came; Base64 in records. Printing tells how many, not which.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptBytes(Vec<u8>);

impl KeptBytes {
    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for KeptBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for KeptBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeptBytes({} bytes)", self.0.len())
    }
}

impl Serialize for KeptBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for KeptBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64.decode(text).map(Self).map_err(|_| serde::de::Error::custom("bad base64"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    struct Sample {
        bytes: KeptBytes,
    }

    impl Record for Sample {
        const KIND: &'static str = "sample";
        const VERSION: u16 = 3;
    }

    #[test]
    fn versions_that_cannot_be_read_are_named() {
        let json = Sample { bytes: vec![0, 1, 0xff].into() }.write().unwrap();
        assert_eq!(Sample::read(3, &json).unwrap().bytes.as_slice(), [0, 1, 0xff]);
        assert_eq!(Sample::read(4, &json).unwrap_err().reason(), "store_newer");
        assert_eq!(Sample::read(2, &json).unwrap_err().reason(), "store_too_old");
        assert_eq!(Sample::read(3, b"{}").unwrap_err().reason(), "store_damaged");
        assert_eq!(Sample::read(3, br#"{"bytes":"*"}"#).unwrap_err().reason(), "store_damaged");
    }

    #[test]
    fn printing_kept_bytes_does_not_tell_them() {
        assert_eq!(format!("{:?}", KeptBytes::from(b"Zosia".to_vec())), "KeptBytes(5 bytes)");
    }
}
