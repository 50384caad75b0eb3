//! PESEL, the Polish personal number: `RRMMDDPPPPK` (Population Register Act of 24 September 2010, art. 15).
//!
//! The checksum misses some typing errors (a swap of digits that differ by five, among others), so a number
//! that parses is only well-formed: compare [`Pesel::birth_date`] with what the pupil's file says.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::validity::age_on;

/// The youngest age at which a child may be a pupil: primary school is open to a child who turns six in the
/// calendar year in which school starts (Education Law, art. 36(1)), who may still be five in September.
pub const YOUNGEST_PUPIL: u8 = 5;

/// The oldest age taken for a pupil's. Schools for adults know no upper limit; beyond a hundred a wrong
/// century is far likelier than a centenarian.
pub const OLDEST_PUPIL: u8 = 100;

const WEIGHTS: [u32; 10] = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3];

/// A well-formed PESEL: eleven digits, a right check digit, a date of birth that exists.
///
/// Personal data: it has no `Display`, and its `Debug` tells nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pesel {
    digits: String,
    birth_date: Date,
}

impl Pesel {
    /// Reads exactly eleven ASCII digits; trimming what a person typed is the caller's affair.
    ///
    /// # Errors
    /// [`PeselError::Malformed`] before [`PeselError::BadChecksum`] before [`PeselError::ImpossibleDate`].
    pub fn parse(text: &str) -> Result<Self, PeselError> {
        let digits = ascii_digits::<11>(text).ok_or(PeselError::Malformed)?;
        let sum: u32 = WEIGHTS.iter().zip(&digits).map(|(weight, digit)| weight * u32::from(*digit)).sum();
        if !(sum + u32::from(digits[10])).is_multiple_of(10) {
            return Err(PeselError::BadChecksum);
        }
        let birth_date = birth_date(&digits).ok_or(PeselError::ImpossibleDate)?;
        Ok(Self { digits: text.to_owned(), birth_date })
    }

    /// The eleven digits.
    pub fn as_str(&self) -> &str {
        &self.digits
    }

    /// The date of birth that the number carries, between 1800-01-01 and 2299-12-31.
    pub fn birth_date(&self) -> Date {
        self.birth_date
    }

    /// The sex that the number carries: the tenth digit is odd for men.
    pub fn sex(&self) -> Sex {
        match self.digits.as_bytes().get(9) {
            Some(digit) if digit % 2 == 1 => Sex::Male,
            _ => Sex::Female,
        }
    }

    /// The age in full years on `on`, if a pupil can be of that age ([`YOUNGEST_PUPIL`]..=[`OLDEST_PUPIL`]).
    ///
    /// Apart from [`Pesel::parse`], because a number is right or wrong for good while an age depends on the day.
    ///
    /// # Errors
    /// [`ImplausibleAge`] when the person is not born yet, too young or too old.
    pub fn plausible_age(&self, on: Date) -> Result<u8, ImplausibleAge> {
        if self.birth_date > on {
            return Err(ImplausibleAge::NotBornYet);
        }
        match age_on(self.birth_date, on) {
            age if age < YOUNGEST_PUPIL => Err(ImplausibleAge::TooYoung),
            age if age > OLDEST_PUPIL => Err(ImplausibleAge::TooOld),
            age => Ok(age),
        }
    }
}

/// The `N` digits of `text`, or nothing if it is anything but `N` ASCII digits.
pub(crate) fn ascii_digits<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut digits: [u8; N] = text.as_bytes().try_into().ok()?;
    for byte in &mut digits {
        if !byte.is_ascii_digit() {
            return None;
        }
        *byte -= b'0';
    }
    Some(digits)
}

/// The month field tells the century: 81–92 is 18xx, 01–12 19xx, 21–32 20xx, 41–52 21xx, 61–72 22xx.
fn birth_date(digits: &[u8; 11]) -> Option<Date> {
    let pair = |at: usize| digits[at] * 10 + digits[at + 1];
    let (year, month) = (i16::from(pair(0)), pair(2));
    let century = match month / 20 {
        0 => 1900,
        1 => 2000,
        2 => 2100,
        3 => 2200,
        _ => 1800,
    };
    Date::new(century + year, (month % 20).cast_signed(), pair(4).cast_signed()).ok()
}

impl fmt::Debug for Pesel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pesel(…)")
    }
}

impl TryFrom<String> for Pesel {
    type Error = PeselError;

    fn try_from(text: String) -> Result<Self, PeselError> {
        Self::parse(&text)
    }
}

impl From<Pesel> for String {
    fn from(pesel: Pesel) -> Self {
        pesel.digits
    }
}

/// Sex as the population register knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Kobieta.
    Female,
    /// Mężczyzna.
    Male,
}

/// Why a text is no PESEL; messages complete "cannot accept PESEL: …" and never repeat the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PeselError {
    /// Anything but eleven ASCII digits.
    #[error("it is not eleven digits")]
    Malformed,
    /// The last digit does not follow from the first ten.
    #[error("its check digit is wrong")]
    BadChecksum,
    /// The first six digits name no day.
    #[error("its date of birth does not exist")]
    ImpossibleDate,
}

/// Why a right PESEL is hardly a pupil's; messages complete "cannot accept PESEL: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImplausibleAge {
    /// The date of birth is in the future.
    #[error("its date of birth is in the future")]
    NotBornYet,
    /// Younger than [`YOUNGEST_PUPIL`].
    #[error("a child this young is no pupil yet")]
    TooYoung,
    /// Older than [`OLDEST_PUPIL`].
    #[error("a pupil of this age is implausible")]
    TooOld,
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn valid_numbers_tell_birth_date_and_sex() {
        let cases = [
            ("84822901237", date(1884, 2, 29), Sex::Male),
            ("99923144485", date(1899, 12, 31), Sex::Female),
            ("00010100176", date(1900, 1, 1), Sex::Male),
            ("02070803628", date(1902, 7, 8), Sex::Female),
            ("44051401359", date(1944, 5, 14), Sex::Male),
            ("99123199917", date(1999, 12, 31), Sex::Male),
            ("00210100004", date(2000, 1, 1), Sex::Female),
            ("00222945693", date(2000, 2, 29), Sex::Male),
            ("12290155531", date(2012, 9, 1), Sex::Male),
            ("20222922241", date(2020, 2, 29), Sex::Female),
            ("00410100031", date(2100, 1, 1), Sex::Male),
            ("99523156785", date(2199, 12, 31), Sex::Female),
            ("00610100013", date(2200, 1, 1), Sex::Male),
        ];
        for (text, birth_date, sex) in cases {
            let pesel = Pesel::parse(text).unwrap();
            assert_eq!((pesel.as_str(), pesel.birth_date(), pesel.sex()), (text, birth_date, sex));
        }
    }

    #[test]
    fn each_kind_of_wrong_number_has_its_own_error() {
        use PeselError::{BadChecksum, ImpossibleDate, Malformed};
        let cases = [
            ("44051401358", BadChecksum),
            ("11111111111", BadChecksum),
            ("12345678901", BadChecksum),
            ("44051401395", BadChecksum),
            ("00000000000", ImpossibleDate),
            ("00022900003", ImpossibleDate),
            ("00422900012", ImpossibleDate),
            ("19222900131", ImpossibleDate),
            ("19330100124", ImpossibleDate),
            ("19323200127", ImpossibleDate),
            ("", Malformed),
            ("4405140135", Malformed),
            ("440514013590", Malformed),
            ("4405140135O", Malformed),
            ("4405140135\u{ff19}", Malformed),
            ("\u{ff14}405140", Malformed),
            ("440514 1359", Malformed),
            (" 44051401359", Malformed),
            ("44051401359\n", Malformed),
            ("-4051401359", Malformed),
        ];
        for (text, error) in cases {
            assert_eq!(Pesel::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn some_transpositions_pass_the_checksum_and_show_only_in_the_birth_date() {
        for (typed, meant) in [("02312277721", "02312727721"), ("08312112303", "03812112303")] {
            let (typed, meant) = (Pesel::parse(typed).unwrap(), Pesel::parse(meant).unwrap());
            assert_ne!(typed.birth_date(), meant.birth_date());
        }
    }

    #[test]
    fn plausibility_depends_on_the_day_alone() {
        let today = date(2026, 11, 21);
        let cases = [
            ("08312112303", Ok(18)),
            ("08312212355", Ok(17)),
            ("02312177717", Ok(24)),
            ("02312277721", Ok(23)),
            ("20222922241", Ok(6)),
            ("02070803628", Err(ImplausibleAge::TooOld)),
            ("03812112303", Err(ImplausibleAge::TooOld)),
            ("00610100013", Err(ImplausibleAge::NotBornYet)),
        ];
        for (text, age) in cases {
            assert_eq!(Pesel::parse(text).unwrap().plausible_age(today), age, "{text}");
        }
    }

    #[test]
    fn the_plausible_range_ends_on_birthdays() {
        let pesel = Pesel::parse("12290155531").unwrap();
        let cases = [
            (date(2012, 8, 31), Err(ImplausibleAge::NotBornYet)),
            (date(2012, 9, 1), Err(ImplausibleAge::TooYoung)),
            (date(2017, 8, 31), Err(ImplausibleAge::TooYoung)),
            (date(2017, 9, 1), Ok(5)),
            (date(2113, 8, 31), Ok(100)),
            (date(2113, 9, 1), Err(ImplausibleAge::TooOld)),
        ];
        for (on, age) in cases {
            assert_eq!(pesel.plausible_age(on), age, "{on}");
        }
    }

    #[test]
    fn printing_and_failing_tell_no_digits() {
        let pesel = Pesel::parse("44051401359").unwrap();
        assert_eq!(format!("{pesel:?}"), "Pesel(…)");
        let refusal = serde_json::from_str::<Pesel>(r#""44051401358""#).unwrap_err().to_string();
        assert!(!refusal.contains("4405"), "{refusal}");
    }

    #[test]
    fn a_stored_number_is_parsed_again() {
        let pesel: Pesel = serde_json::from_str(r#""44051401359""#).unwrap();
        assert_eq!(serde_json::to_string(&pesel).unwrap(), r#""44051401359""#);
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_without_panic(text in "\\PC{0,16}|[0-9]{9,13}") {
            let _ = Pesel::parse(&text);
        }

        #[test]
        fn one_wrong_digit_never_passes(at in 0usize..11, by in 1u8..10) {
            let mut digits = *b"44051401359";
            digits[at] = b'0' + (digits[at] - b'0' + by) % 10;
            let text = std::str::from_utf8(&digits).unwrap();
            prop_assert_eq!(Pesel::parse(text), Err(PeselError::BadChecksum));
        }

        #[test]
        fn every_day_of_five_centuries_survives_the_month_code(days in 0i64..182_621, serial in 0u32..10_000) {
            let birth = date(1800, 1, 1) + jiff::Span::new().days(days);
            let offset = [80, 0, 20, 40, 60][usize::try_from(birth.year() / 100 - 18).unwrap()];
            let head = format!(
                "{:02}{:02}{:02}{serial:04}", birth.year() % 100, birth.month() + offset, birth.day()
            );
            let sum: u32 = WEIGHTS.iter().zip(head.bytes()).map(|(w, b)| w * u32::from(b - b'0')).sum();
            let pesel = Pesel::parse(&format!("{head}{}", (10 - sum % 10) % 10)).unwrap();
            prop_assert_eq!(pesel.birth_date(), birth);
        }
    }
}
