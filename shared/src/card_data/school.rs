//! The school, as far as it stands on a card.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::postal_address::{PostalAddress, is_line};
use crate::school_id::Rspo;

/// The school that keeps the card's register.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SchoolOnCard {
    /// Its full name.
    pub name: SchoolName,
    /// Its number in the register of schools.
    pub rspo: Rspo,
    /// Where it is.
    pub address: PostalAddress,
}

/// A school's full name: one line of 1 to 200 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SchoolName(String);

impl SchoolName {
    /// The most characters; patrons make names long.
    pub const MAX_CHARS: usize = 200;

    /// Reads a name; trimming what a person typed is the caller's affair.
    ///
    /// # Errors
    /// [`SchoolNameError`] when it is empty, too long or not one line.
    pub fn parse(text: &str) -> Result<Self, SchoolNameError> {
        if is_line(text, Self::MAX_CHARS) { Ok(Self(text.to_owned())) } else { Err(SchoolNameError) }
    }

    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SchoolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for SchoolName {
    type Error = SchoolNameError;

    fn try_from(text: String) -> Result<Self, SchoolNameError> {
        Self::parse(&text)
    }
}

impl From<SchoolName> for String {
    fn from(name: SchoolName) -> Self {
        name.0
    }
}

/// Not a school's name; completes "cannot accept school name: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is empty, longer than 200 characters or not one line")]
pub struct SchoolNameError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_school_name_is_one_line() {
        let text = "XIV Liceum Ogólnokształcące im. Polonii Belgijskiej, filia nr 2 „Zdrój”";
        assert_eq!(SchoolName::parse(text).unwrap().to_string(), text);
        assert!(SchoolName::parse(&"ą".repeat(200)).is_ok());
        for text in ["", " ", " Szkoła", "Szkoła\nnr 1", &"ą".repeat(201)] {
            assert_eq!(SchoolName::parse(text), Err(SchoolNameError), "{text:?}");
        }
    }
}
