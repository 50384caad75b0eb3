//! Polish postal addresses.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Street and number, postal code, town. Personal data where a pupil lives there: `Debug` tells nothing.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "RawAddress")]
pub struct PostalAddress {
    street_line: String,
    postal_code: String,
    city: String,
}

#[derive(Deserialize)]
struct RawAddress {
    street_line: String,
    postal_code: String,
    city: String,
}

impl PostalAddress {
    /// The most characters of the street line.
    pub const MAX_STREET_CHARS: usize = 120;
    /// The most characters of a town's name.
    pub const MAX_CITY_CHARS: usize = 80;

    /// `street_line` is street and number, or village and number where there are no streets; `postal_code` is
    /// written `00-000`.
    ///
    /// # Errors
    /// [`PostalAddressError`] names the part; trimming what a person typed is the caller's affair.
    pub fn new(street_line: &str, postal_code: &str, city: &str) -> Result<Self, PostalAddressError> {
        if !is_line(street_line, Self::MAX_STREET_CHARS) {
            return Err(PostalAddressError::StreetLine);
        }
        if !is_postal_code(postal_code) {
            return Err(PostalAddressError::PostalCode);
        }
        if !is_line(city, Self::MAX_CITY_CHARS) {
            return Err(PostalAddressError::City);
        }
        Ok(Self {
            street_line: street_line.to_owned(),
            postal_code: postal_code.to_owned(),
            city: city.to_owned(),
        })
    }

    /// Street and number.
    pub fn street_line(&self) -> &str {
        &self.street_line
    }

    /// `00-000`.
    pub fn postal_code(&self) -> &str {
        &self.postal_code
    }

    /// The town.
    pub fn city(&self) -> &str {
        &self.city
    }

    /// The address in one line, as it stands on a card: `ul. Szkolna 1, 00-000 Warszawa`.
    pub fn one_line(&self) -> String {
        format!("{}, {} {}", self.street_line, self.postal_code, self.city)
    }
}

/// Whether `text` is one visible line of 1 to `max` characters, without blanks at its ends.
///
/// Controls, line breaks and what reverses the direction of writing would let an address pretend to be another.
pub fn is_line(text: &str, max: usize) -> bool {
    let visible = |c: char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    !text.is_empty() && text.trim() == text && text.chars().count() <= max && text.chars().all(visible)
}

fn is_postal_code(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 6
        && bytes
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == 2 { *byte == b'-' } else { byte.is_ascii_digit() })
}

impl fmt::Debug for PostalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostalAddress(…)")
    }
}

impl TryFrom<RawAddress> for PostalAddress {
    type Error = PostalAddressError;

    fn try_from(raw: RawAddress) -> Result<Self, PostalAddressError> {
        Self::new(&raw.street_line, &raw.postal_code, &raw.city)
    }
}

/// Which part is wrong; messages complete "cannot accept address: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PostalAddressError {
    /// Not one line of 1 to 120 characters.
    #[error("its street line is empty, too long or not one line")]
    StreetLine,
    /// Not two digits, a hyphen and three digits.
    #[error("its postal code is not written 00-000")]
    PostalCode,
    /// Not one line of 1 to 80 characters.
    #[error("its town is empty, too long or not one line")]
    City,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_shown() {
        let json = r#"{"street_line":"ul. Żwirki i Wigury 1/2","postal_code":"02-091","city":"Warszawa"}"#;
        let address: PostalAddress = serde_json::from_str(json).unwrap();
        assert_eq!(address.one_line(), "ul. Żwirki i Wigury 1/2, 02-091 Warszawa");
        assert_eq!(serde_json::to_string(&address).unwrap(), json);
        assert_eq!(format!("{address:?}"), "PostalAddress(…)");
    }

    #[test]
    fn each_part_is_checked() {
        use PostalAddressError::{City, PostalCode, StreetLine};
        let long = "a".repeat(121);
        let cases = [
            ("", "00-001", "Warszawa", StreetLine),
            (" ul. Prosta 1", "00-001", "Warszawa", StreetLine),
            ("ul. Prosta\n1", "00-001", "Warszawa", StreetLine),
            ("ul. \u{202e}Prosta 1", "00-001", "Warszawa", StreetLine),
            (long.as_str(), "00-001", "Warszawa", StreetLine),
            ("ul. Prosta 1", "00001", "Warszawa", PostalCode),
            ("ul. Prosta 1", "00 001", "Warszawa", PostalCode),
            ("ul. Prosta 1", "00-0011", "Warszawa", PostalCode),
            ("ul. Prosta 1", "0-0001", "Warszawa", PostalCode),
            ("ul. Prosta 1", "00-00O", "Warszawa", PostalCode),
            ("ul. Prosta 1", "00-001", "", City),
            ("ul. Prosta 1", "00-001", "War\tszawa", City),
        ];
        for (street_line, postal_code, city, error) in cases {
            assert_eq!(
                PostalAddress::new(street_line, postal_code, city),
                Err(error),
                "{street_line:?} {city:?}"
            );
        }
    }
}
