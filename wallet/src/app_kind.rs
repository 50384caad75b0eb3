//! Which of the two apps a phone was set up as.

use serde::{Deserialize, Serialize};

use crate::pin::{NewPin, PinError};

/// The app, chosen when the phone is set up and kept with it for good; another one is another phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppKind {
    /// mObywatel, for parents and for pupils without a login: any card whose code its owner has.
    #[default]
    Standard,
    /// mObywatel Junior, for pupils: after signing in with the portal's login, the card of that pupil and nothing else.
    Junior,
}

impl AppKind {
    /// How many digits a PIN of Junior has.
    pub const JUNIOR_PIN_DIGITS: usize = 6;

    /// A stable name for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Junior => "junior",
        }
    }

    /// Reads `standard` or `junior`.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Standard, Self::Junior].into_iter().find(|kind| kind.as_str() == word)
    }

    /// Reads a PIN to be set in this app: six digits in Junior, six to twelve otherwise.
    ///
    /// # Errors
    /// As [`NewPin::parse`], and [`PinError::NotSixDigits`].
    pub fn new_pin(self, text: &str) -> Result<NewPin, PinError> {
        let pin = NewPin::parse(text)?;
        self.check_pin(&pin)?;
        Ok(pin)
    }

    /// Whether `pin` may be set in this app.
    pub(crate) fn check_pin(self, pin: &NewPin) -> Result<(), PinError> {
        match self {
            Self::Junior if pin.pin().length() != Self::JUNIOR_PIN_DIGITS => Err(PinError::NotSixDigits),
            Self::Junior | Self::Standard => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_of_junior_has_six_digits() {
        for (text, standard, junior) in [
            ("493027", None, None),
            ("4930271", None, Some(PinError::NotSixDigits)),
            ("493027493028", None, Some(PinError::NotSixDigits)),
            ("123456", Some(PinError::Trivial), Some(PinError::Trivial)),
            ("49302", Some(PinError::Length), Some(PinError::Length)),
        ] {
            assert_eq!(AppKind::Standard.new_pin(text).err(), standard, "{text}");
            assert_eq!(AppKind::Junior.new_pin(text).err(), junior, "{text}");
        }
    }
}
