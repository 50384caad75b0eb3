//! Plainly fictional pupils, with PESEL numbers that are valid but made up.

use jiff::civil::Date;
use shared::pesel::Pesel;

/// A pupil as an application describes one.
#[derive(Debug, Clone)]
pub struct PupilSpec {
    /// Given names.
    pub given_names: String,
    /// Surname.
    pub surname: String,
    /// Birth date.
    pub birth_date: Date,
    /// PESEL that fits the birth date.
    pub pesel: String,
    /// Class.
    pub class_name: String,
}

const GIVEN: &[&str] = &["Zofia Próbna", "Staś", "Jagoda", "Bolek", "Żaneta", "Mikołaj", "Łucja", "Gniewko"];
const SURNAMES: &[&str] = &["Przykładowa", "Testowicz", "Zmyślona", "Niebyły", "Wymyślna", "Udawana"];

impl PupilSpec {
    /// The `n`th pupil; born between 2009 and 2016. Different for every `n` below 10 000.
    pub fn fictional(n: u16) -> Self {
        let year = 2009 + i16::try_from(n % 8).unwrap_or(0);
        let month = 1 + i8::try_from(n % 12).unwrap_or(0);
        let day = 1 + i8::try_from(n % 28).unwrap_or(0);
        let birth_date = Date::constant(year, month, day);
        let at = usize::from(n);
        Self {
            given_names: GIVEN[at % GIVEN.len()].split(' ').next().unwrap_or("Zofia").to_owned(),
            surname: SURNAMES[at % SURNAMES.len()].to_owned(),
            birth_date,
            pesel: made_up_pesel(birth_date, n),
            class_name: format!("{}{}", 1 + n % 8, ["a", "b"][at % 2]),
        }
    }

    /// The same pupil, born on another day.
    #[must_use]
    pub fn born(self, birth_date: Date) -> Self {
        Self { pesel: made_up_pesel(birth_date, 7), birth_date, ..self }
    }
}

/// A PESEL with a right checksum for a day in 1900 to 2099 and a serial number.
pub fn made_up_pesel(birth: Date, serial: u16) -> String {
    let month = birth.month() + if birth.year() >= 2000 { 20 } else { 0 };
    let ten = format!("{:02}{month:02}{:02}{:04}", birth.year() % 100, birth.day(), serial % 10_000);
    let weights = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3];
    let sum: u32 = ten.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let pesel = format!("{ten}{}", (10 - sum % 10) % 10);
    assert!(Pesel::parse(&pesel).is_ok(), "a made-up PESEL is a valid one");
    pesel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fictional_pupils_have_valid_numbers_of_their_own() {
        let numbers: std::collections::HashSet<String> =
            (0..2000).map(|n| PupilSpec::fictional(n).pesel).collect();
        assert_eq!(numbers.len(), 2000);
        for n in 0..50 {
            let pupil = PupilSpec::fictional(n);
            assert_eq!(Pesel::parse(&pupil.pesel).unwrap().birth_date(), pupil.birth_date);
        }
    }
}
