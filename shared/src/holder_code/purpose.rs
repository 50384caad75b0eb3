//! For what a code is shown: one statement of the issuer each, so that a code discloses no more than its purpose needs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::age_limit::AgeLimit;

/// What an inspector asks for, and what the phone shows for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Purpose {
    /// A ticket inspector: name, portrait if there is room for one, whether they are under 24.
    Ticket,
    /// A cinema: that they are of this age (13, 15, 16 or 18), and nothing else.
    Cinema(AgeLimit),
    /// A library: name, card number, school.
    Library,
    /// Whoever has to see the card: all of it but PESEL and address.
    Card,
}

impl Purpose {
    /// Every purpose that codes are made for; a cinema asks for no higher age than 18.
    pub const ALL: [Self; 7] = [
        Self::Ticket,
        Self::Cinema(AgeLimit::A13),
        Self::Cinema(AgeLimit::A15),
        Self::Cinema(AgeLimit::A16),
        Self::Cinema(AgeLimit::A18),
        Self::Library,
        Self::Card,
    ];

    /// Its stable name: `ticket`, `cinema-18`, `library`, `card`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ticket => "ticket",
            Self::Cinema(AgeLimit::A13) => "cinema-13",
            Self::Cinema(AgeLimit::A15) => "cinema-15",
            Self::Cinema(AgeLimit::A16) => "cinema-16",
            Self::Cinema(AgeLimit::A18) => "cinema-18",
            Self::Cinema(AgeLimit::A24) => "cinema-24",
            Self::Cinema(AgeLimit::A26) => "cinema-26",
            Self::Library => "library",
            Self::Card => "card",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Purpose {
    type Err = PurposeError;

    fn from_str(text: &str) -> Result<Self, PurposeError> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == text).ok_or(PurposeError)
    }
}

impl TryFrom<String> for Purpose {
    type Error = PurposeError;

    fn try_from(text: String) -> Result<Self, PurposeError> {
        text.parse()
    }
}

impl From<Purpose> for String {
    fn from(purpose: Purpose) -> Self {
        purpose.name().to_owned()
    }
}

/// Messages complete "cannot read purpose: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is none of ticket, cinema-13, cinema-15, cinema-16, cinema-18, library and card")]
pub struct PurposeError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_purpose_is_read_back_by_its_name() {
        for purpose in Purpose::ALL {
            assert_eq!(purpose.name().parse(), Ok(purpose));
            assert_eq!(serde_json::from_value::<Purpose>(purpose.name().into()).unwrap(), purpose);
        }
        for wrong in ["", "Ticket", "cinema", "cinema-17", "cinema-24", "address"] {
            assert_eq!(wrong.parse::<Purpose>(), Err(PurposeError), "{wrong}");
        }
    }
}
