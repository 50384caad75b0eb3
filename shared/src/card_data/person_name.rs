//! Names of people, as they stand on a card and in a certificate.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One or more given names, or a surname: letters of any script, joined by single spaces, hyphens and apostrophes.
///
/// Kept as written, letters composed (NFC): a bare combining mark is no letter. No `Display`, a redacted `Debug`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonName(String);

impl PersonName {
    /// The most characters (not bytes) of a name.
    pub const MAX_CHARS: usize = 64;

    /// Reads a name; trimming what a person typed is the caller's affair.
    ///
    /// # Errors
    /// [`PersonNameError::Length`], [`PersonNameError::ForeignCharacter`], [`PersonNameError::Joints`].
    pub fn parse(text: &str) -> Result<Self, PersonNameError> {
        if text.is_empty() || text.chars().count() > Self::MAX_CHARS {
            return Err(PersonNameError::Length);
        }
        if !text.chars().all(|c| c.is_alphabetic() || is_joint(c)) {
            return Err(PersonNameError::ForeignCharacter);
        }
        // One joint at a time, and none at the ends: each is between two letters.
        if text.split(is_joint).any(str::is_empty) {
            return Err(PersonNameError::Joints);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What may stand between two letters: `’` is how phones type an apostrophe.
fn is_joint(symbol: char) -> bool {
    matches!(symbol, ' ' | '-' | '\'' | '’')
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(…)")
    }
}

impl TryFrom<String> for PersonName {
    type Error = PersonNameError;

    fn try_from(text: String) -> Result<Self, PersonNameError> {
        Self::parse(&text)
    }
}

impl From<PersonName> for String {
    fn from(name: PersonName) -> Self {
        name.0
    }
}

/// Why a text is no name; messages complete "cannot accept name: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PersonNameError {
    /// Empty, or more than [`PersonName::MAX_CHARS`].
    #[error("it does not have 1 to 64 characters")]
    Length,
    /// Not a letter, space, hyphen or apostrophe.
    #[error("it has a character that is neither letter, space, hyphen nor apostrophe")]
    ForeignCharacter,
    /// A space, hyphen or apostrophe at an end or beside another.
    #[error("a space, hyphen or apostrophe is not between two letters")]
    Joints,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_of_polish_pupils_are_names() {
        for text in ["Żaneta", "Jan Maria", "Nowak-Kowalska", "O'Neill", "d’Artagnan", "Ø", "Іван", "Łucja Ó"]
        {
            assert_eq!(PersonName::parse(text).unwrap().as_str(), text);
        }
        assert!(PersonName::parse(&"ż".repeat(64)).is_ok());
    }

    #[test]
    fn other_texts_are_not() {
        use PersonNameError::{ForeignCharacter, Joints, Length};
        let too_long = "ż".repeat(65);
        let cases = [
            ("", Length),
            (too_long.as_str(), Length),
            ("Jan2", ForeignCharacter),
            ("Jan\n", ForeignCharacter),
            ("Jan\0", ForeignCharacter),
            ("Jan,Maria", ForeignCharacter),
            ("Jan\u{a0}Maria", ForeignCharacter),
            ("Z\u{307}aneta", ForeignCharacter),
            ("\u{202e}Jan", ForeignCharacter),
            (" Jan", Joints),
            ("Jan ", Joints),
            ("Jan  Maria", Joints),
            ("Nowak - Kowalska", Joints),
            ("-", Joints),
        ];
        for (text, error) in cases {
            assert_eq!(PersonName::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn printing_a_name_does_not_tell_it() {
        assert_eq!(format!("{:?}", PersonName::parse("Jan").unwrap()), "PersonName(…)");
        assert!(!serde_json::from_str::<PersonName>(r#""Jan2""#).unwrap_err().to_string().contains("Jan"));
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_without_panic(text in "\\PC{0,70}|[A-Ża-ż' -]{0,70}") {
            if let Ok(name) = PersonName::parse(&text) {
                prop_assert_eq!(name.as_str(), text);
            }
        }
    }
}
