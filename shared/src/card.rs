//! What names a base card, and what it is made of.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::school_id::Rspo;

/// A card's number in its school's register of one calendar year, shown as `123/2026`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CardNumber {
    year: u16,
    number: u32,
}

impl CardNumber {
    /// The largest register number; no school gives out a million cards in a year.
    pub const MAX: u32 = 999_999;

    /// Card `number` of `year`.
    ///
    /// # Errors
    /// [`CardNumberError::OutOfRange`] when `number` is not 1 to [`CardNumber::MAX`] or `year` not 1900 to 2299.
    pub fn new(year: u16, number: u32) -> Result<Self, CardNumberError> {
        if (1900..=2299).contains(&year) && (1..=Self::MAX).contains(&number) {
            Ok(Self { year, number })
        } else {
            Err(CardNumberError::OutOfRange)
        }
    }

    /// Reads what a person typed: the number, then the year in four digits, between them a slash, backslash,
    /// hyphen, dash, dot or space, with spaces around it. Leading zeros of the number mean nothing.
    ///
    /// The order is fixed, since in `2025/2026` nothing else would tell number from year.
    ///
    /// # Errors
    /// [`CardNumberError::YearFirst`] and [`CardNumberError::ShortYear`] for what could be meant in two ways,
    /// [`CardNumberError::OutOfRange`] as [`CardNumber::new`], [`CardNumberError::Malformed`] for the rest.
    pub fn parse(text: &str) -> Result<Self, CardNumberError> {
        let (number, year) = halves(text.trim()).ok_or(CardNumberError::Malformed)?;
        match (number.len(), year.len()) {
            (_, 4) => {}
            (_, 2) => return Err(CardNumberError::ShortYear),
            (4, _) => return Err(CardNumberError::YearFirst),
            _ => return Err(CardNumberError::Malformed),
        }
        let significant = number.trim_start_matches('0');
        if significant.len() > 6 {
            return Err(CardNumberError::OutOfRange);
        }
        let number = if significant.is_empty() { 0 } else { decimal(significant)? };
        let year = u16::try_from(decimal(year)?).map_err(|_| CardNumberError::OutOfRange)?;
        Self::new(year, number)
    }

    /// The calendar year of the register.
    pub fn year(self) -> u16 {
        self.year
    }

    /// The number within that year, from 1.
    pub fn number(self) -> u32 {
        self.number
    }
}

/// The two groups of digits, if there are exactly two and one separator between them.
fn halves(text: &str) -> Option<(&str, &str)> {
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let first_gap = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, rest) = text.split_at(first_gap);
    let year_at = rest.find(|c: char| c.is_ascii_digit())?;
    let (gap, year) = rest.split_at(year_at);
    let separates = matches!(gap.trim(), "" | "/" | "\\" | "-" | "–" | "—" | ".");
    (separates && all_digits(number) && all_digits(year)).then_some((number, year))
}

fn decimal(digits: &str) -> Result<u32, CardNumberError> {
    digits.parse().map_err(|_| CardNumberError::Malformed)
}

impl fmt::Display for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.year)
    }
}

impl TryFrom<String> for CardNumber {
    type Error = CardNumberError;

    fn try_from(text: String) -> Result<Self, CardNumberError> {
        Self::parse(&text)
    }
}

impl From<CardNumber> for String {
    fn from(number: CardNumber) -> Self {
        number.to_string()
    }
}

/// Why a text is no card number; messages complete "cannot accept card number: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardNumberError {
    /// Not two groups of digits with one separator.
    #[error("it is not a number and a year, like 123/2026")]
    Malformed,
    /// The four digits come first: which of the two is the year?
    #[error("the year must come last, like 123/2026")]
    YearFirst,
    /// A year of two digits: which century, or is it a year at all?
    #[error("the year must have four digits, like 123/2026")]
    ShortYear,
    /// No register has such a number or such a year.
    #[error("its number or its year is out of range")]
    OutOfRange,
}

/// What tells a base card from every other in the country: numbers repeat between schools and years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CardKey {
    /// The school that keeps the register.
    pub rspo: Rspo,
    /// The year and the number in that register.
    pub number: CardNumber,
}

/// What a base card is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardForm {
    /// Legitymacja szkolna: the paper booklet, confirmed by stamp.
    Paper,
    /// E-legitymacja: the plastic card, confirmed by hologram.
    Plastic,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn people_write_one_number_in_many_ways() {
        let meant = CardNumber::new(2026, 123).unwrap();
        let ways = [
            "123/2026",
            "123-2026",
            "123 / 2026",
            "123 2026",
            "123.2026",
            "123\\2026",
            "123–2026",
            "0123/2026",
            "  123/2026\n",
            "00000000000123/2026",
            "123\u{a0}/\u{a0}2026",
        ];
        for text in ways {
            assert_eq!(CardNumber::parse(text), Ok(meant), "{text:?}");
        }
        assert_eq!(meant.to_string(), "123/2026");
    }

    #[test]
    fn what_could_mean_two_things_is_refused() {
        use CardNumberError::{Malformed, OutOfRange, ShortYear, YearFirst};
        let cases = [
            ("2026/123", YearFirst),
            ("2026/1", YearFirst),
            ("123/26", ShortYear),
            ("2026/12", ShortYear),
            ("1232026", Malformed),
            ("1/23/2026", Malformed),
            ("12 3/2026", Malformed),
            ("123//2026", Malformed),
            ("123/2026a", Malformed),
            ("nr 123/2026", Malformed),
            ("-123/2026", Malformed),
            ("123/", Malformed),
            ("/2026", Malformed),
            ("", Malformed),
            ("\u{ff11}23/2026", Malformed),
            ("123\u{ff0f}2026", Malformed),
            ("123/20266", Malformed),
            ("0/2026", OutOfRange),
            ("1000000/2026", OutOfRange),
            ("99999999999999999999/2026", OutOfRange),
            ("123/1899", OutOfRange),
            ("123/0026", OutOfRange),
        ];
        for (text, error) in cases {
            assert_eq!(CardNumber::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn numbers_sort_by_year_first() {
        assert!(CardNumber::parse("9/2025").unwrap() < CardNumber::parse("1/2026").unwrap());
        assert!(CardNumber::parse("9/2026").unwrap() < CardNumber::parse("10/2026").unwrap());
    }

    #[test]
    fn a_key_is_written_for_people_and_read_back() {
        let key = CardKey { rspo: Rspo::parse("12345").unwrap(), number: CardNumber::new(2026, 7).unwrap() };
        let json = r#"{"rspo":12345,"number":"7/2026"}"#;
        assert_eq!(serde_json::to_string(&key).unwrap(), json);
        assert_eq!(serde_json::from_str::<CardKey>(json).unwrap(), key);
        assert_eq!(serde_json::to_string(&CardForm::Plastic).unwrap(), r#""plastic""#);
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_without_panic(text in "\\PC{0,24}|[0-9]{0,8}[-/. –]{0,3}[0-9]{0,8}") {
            let _ = CardNumber::parse(&text);
        }

        #[test]
        fn what_is_shown_is_read_back(year in 1900u16..2300, number in 1u32..=CardNumber::MAX) {
            let card = CardNumber::new(year, number).unwrap();
            prop_assert_eq!(CardNumber::parse(&card.to_string()), Ok(card));
        }
    }
}
