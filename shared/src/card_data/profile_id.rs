//! Under whose rules a card was issued.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The id of a school profile with its version, stamped on every issued card: `legacy-2019`, `zpe-2025.2`.
///
/// 1 to 64 of `a-z`, `0-9`, `.`, `_`, `-` and `@`, the first a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProfileId(String);

impl ProfileId {
    /// Reads an id.
    ///
    /// # Errors
    /// [`ProfileIdError`] for other characters or another length.
    pub fn parse(text: &str) -> Result<Self, ProfileIdError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let fits = (1..=64).contains(&text.len())
            && text.bytes().next().is_some_and(plain)
            && text.bytes().all(|byte| plain(byte) || b"._-@".contains(&byte));
        if fits { Ok(Self(text.to_owned())) } else { Err(ProfileIdError) }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProfileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ProfileId {
    type Error = ProfileIdError;

    fn try_from(text: String) -> Result<Self, ProfileIdError> {
        Self::parse(&text)
    }
}

impl From<ProfileId> for String {
    fn from(id: ProfileId) -> Self {
        id.0
    }
}

/// Not a profile's id; completes "cannot accept profile id: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not 1 to 64 small letters, digits, dots, hyphens, underscores and at signs")]
pub struct ProfileIdError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_plain_words() {
        for text in ["legacy-2019", "zpe-2025.2", "lo14@2026-09-01", "a"] {
            assert_eq!(ProfileId::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "-a", "Legacy", "legacy 2019", "ż", "a/b", &"a".repeat(65)] {
            assert_eq!(ProfileId::parse(text), Err(ProfileIdError), "{text:?}");
        }
    }
}
