//! Texts for developers in the alphabet that OAuth allows.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// Longest description, in characters.
pub const MAX_DESCRIPTION_LENGTH: usize = 300;

/// An `error_description` or `event_description`: printable ASCII without `"` and `\` (RFC 6749 §5.2, OpenID4VCI 1.0
/// §8.3.1.2, §11.1).
///
/// Every way to make one, reading included, replaces what is not allowed, so that none can break a header, a log line
/// or a terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Description(String);

impl Description {
    /// `text` in the allowed alphabet, cut to [`MAX_DESCRIPTION_LENGTH`] characters: quotation marks become
    /// apostrophes, backslashes slashes, white space spaces, and anything else a question mark.
    pub fn new(text: &str) -> Self {
        let allowed = |c| match c {
            '"' => '\'',
            '\\' => '/',
            ' '..='~' => c,
            c if c.is_whitespace() => ' ',
            _ => '?',
        };
        Self(text.chars().take(MAX_DESCRIPTION_LENGTH).map(allowed).collect())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Description {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::new(&text))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_not_allowed_is_replaced() {
        assert_eq!(Description::new("a \"b\" c:\\d\tż\u{1b}\u{7f}").as_str(), "a 'b' c:/d ???");
        let read: Description = serde_json::from_str(r#""line\nbreak""#).unwrap();
        assert_eq!(read.as_str(), "line break");
    }

    proptest! {
        #[test]
        fn no_text_gets_out_of_the_alphabet(text in any::<String>()) {
            let description = Description::new(&text);
            let allowed = |b: u8| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
            prop_assert!(description.as_str().bytes().all(allowed));
            prop_assert!(description.as_str().len() <= MAX_DESCRIPTION_LENGTH);
            prop_assert_eq!(Description::new(description.as_str()), description);
        }
    }
}
