//! The numbers that name a school: RSPO (register of schools) and REGON (register of the national economy).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::pesel::ascii_digits;

const WEIGHTS_9: [u32; 8] = [8, 9, 2, 3, 4, 5, 6, 7];
const WEIGHTS_14: [u32; 13] = [2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8];

/// A school's number in the Register of Schools and Educational Establishments: 1 to 9 999 999, no checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Rspo(u32);

impl Rspo {
    /// Reads one to seven ASCII digits; leading zeros, which spreadsheets like to add, mean nothing.
    ///
    /// # Errors
    /// [`RspoError`] for anything else, and for zero.
    pub fn parse(text: &str) -> Result<Self, RspoError> {
        if text.is_empty() || text.len() > 7 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(RspoError);
        }
        text.parse::<u32>().map_err(|_| RspoError)?.try_into()
    }

    /// The number itself.
    pub fn number(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for Rspo {
    type Error = RspoError;

    fn try_from(number: u32) -> Result<Self, RspoError> {
        if (1..=9_999_999).contains(&number) { Ok(Self(number)) } else { Err(RspoError) }
    }
}

impl From<Rspo> for u32 {
    fn from(rspo: Rspo) -> Self {
        rspo.0
    }
}

impl fmt::Display for Rspo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Not a school's number; completes "cannot accept RSPO: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not a number from 1 to 9999999")]
pub struct RspoError;

/// A REGON with a right checksum: nine digits, or fourteen for a local unit (whose first nine are its parent's).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Regon(String);

impl Regon {
    /// Reads exactly nine or fourteen ASCII digits.
    ///
    /// # Errors
    /// [`RegonError::Malformed`] for another shape and for nothing but zeros, which the checksum would let pass;
    /// [`RegonError::BadChecksum`] when a check digit is wrong, in a long number also that of its first nine.
    pub fn parse(text: &str) -> Result<Self, RegonError> {
        let right = if let Some(digits) = ascii_digits::<9>(text) {
            checks(&WEIGHTS_9, &digits)
        } else if let Some(digits) = ascii_digits::<14>(text) {
            checks(&WEIGHTS_14, &digits) && checks(&WEIGHTS_9, &digits[..9])
        } else {
            return Err(RegonError::Malformed);
        };
        if text.bytes().all(|byte| byte == b'0') {
            return Err(RegonError::Malformed);
        }
        if right { Ok(Self(text.to_owned())) } else { Err(RegonError::BadChecksum) }
    }

    /// The nine or fourteen digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether the digit after the weighted ones is their sum modulo 11, a remainder of 10 counting as 0.
fn checks(weights: &[u32], digits: &[u8]) -> bool {
    let sum: u32 = weights.iter().zip(digits).map(|(weight, digit)| weight * u32::from(*digit)).sum();
    digits.get(weights.len()).is_some_and(|check| sum % 11 % 10 == u32::from(*check))
}

impl TryFrom<String> for Regon {
    type Error = RegonError;

    fn try_from(text: String) -> Result<Self, RegonError> {
        Self::parse(&text)
    }
}

impl From<Regon> for String {
    fn from(regon: Regon) -> Self {
        regon.0
    }
}

impl fmt::Display for Regon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is no REGON; messages complete "cannot accept REGON: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RegonError {
    /// Neither nine nor fourteen ASCII digits, or all of them zero.
    #[error("it is neither nine nor fourteen digits")]
    Malformed,
    /// A check digit does not follow from the digits before it.
    #[error("its check digit is wrong")]
    BadChecksum,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_school_number_is_a_plain_integer() {
        for (text, number) in [("1", 1), ("12345", 12345), ("0012345", 12345), ("9999999", 9_999_999)] {
            assert_eq!(Rspo::parse(text).unwrap().number(), number);
        }
        for text in ["", "0", "0000000", "12345678", "+1", "-1", "1 2", "12a", "\u{ff11}"] {
            assert_eq!(Rspo::parse(text), Err(RspoError), "{text:?}");
        }
    }

    #[test]
    fn a_school_number_is_written_as_a_number() {
        let rspo: Rspo = serde_json::from_str("12345").unwrap();
        assert_eq!(serde_json::to_string(&rspo).unwrap(), "12345");
        assert!(serde_json::from_str::<Rspo>("0").is_err());
        assert!(serde_json::from_str::<Rspo>("10000000").is_err());
    }

    #[test]
    fn regon_checksums() {
        for text in ["123456785", "100000050", "12345678500010"] {
            assert_eq!(Regon::parse(text).unwrap().as_str(), text);
        }
        let cases = [
            ("732065834", RegonError::BadChecksum),
            ("12345678500011", RegonError::BadChecksum),
            ("000000000", RegonError::Malformed),
            ("00000000000000", RegonError::Malformed),
            ("12345678", RegonError::Malformed),
            ("1234567850", RegonError::Malformed),
            ("12345678O", RegonError::Malformed),
            ("", RegonError::Malformed),
        ];
        for (text, error) in cases {
            assert_eq!(Regon::parse(text), Err(error), "{text:?}");
        }
        assert!(Regon::parse("732065837").is_ok(), "the case's own remark: it should end in 7");
    }

    #[test]
    fn a_long_regon_needs_right_first_nine_digits_too() {
        // The ninth digit is wrong; the fourteenth is computed to fit, so the long checksum alone would pass.
        let head = "1234567860001";
        let sum: u32 = WEIGHTS_14.iter().zip(head.bytes()).map(|(w, b)| w * u32::from(b - b'0')).sum();
        let text = format!("{head}{}", sum % 11 % 10);
        assert_eq!(Regon::parse(&text), Err(RegonError::BadChecksum));
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_without_panic(text in "\\PC{0,16}|[0-9]{7,15}") {
            let _ = (Rspo::parse(&text), Regon::parse(&text));
        }

        #[test]
        fn what_is_shown_is_read_back(number in 1u32..10_000_000) {
            let rspo = Rspo::try_from(number).unwrap();
            prop_assert_eq!(Rspo::parse(&rspo.to_string()), Ok(rspo));
        }
    }
}
