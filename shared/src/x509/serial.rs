//! Serial numbers of certificates (RFC 5280 §4.1.2.2).

use std::fmt;
use std::str::FromStr;

/// The most octets of a serial number.
pub const MAX_OCTETS: usize = 20;

/// A positive serial number of at most 20 octets.
///
/// Compares as a number. Its text form is lower-case hex of whole octets without leading zero octets, so one
/// number has one text; that is what stores and logs use.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SerialNumber([u8; MAX_OCTETS]);

impl SerialNumber {
    /// Takes the big-endian octets of a number; leading zero octets do not matter.
    ///
    /// # Errors
    /// For zero and for more than 20 octets.
    pub fn from_be_bytes(octets: &[u8]) -> Result<Self, SerialNumberError> {
        let start = octets.iter().position(|&octet| octet != 0).ok_or(SerialNumberError::Zero)?;
        let magnitude = octets.get(start..).unwrap_or_default();
        let mut padded = [0; MAX_OCTETS];
        let offset = MAX_OCTETS.checked_sub(magnitude.len()).ok_or(SerialNumberError::TooLong)?;
        for (to, from) in padded.iter_mut().skip(offset).zip(magnitude) {
            *to = *from;
        }
        Ok(Self(padded))
    }

    /// Takes the content octets of a DER INTEGER.
    ///
    /// # Errors
    /// For negative numbers, zero, more than 20 octets, and octets that DER would not write.
    pub fn from_der_content(content: &[u8]) -> Result<Self, SerialNumberError> {
        match content {
            [] => Err(SerialNumberError::Zero),
            [first, ..] if first & 0x80 != 0 => Err(SerialNumberError::Negative),
            // RFC 5280 counts the encoded octets, the sign's included.
            _ if content.len() > MAX_OCTETS => Err(SerialNumberError::TooLong),
            _ => Self::from_be_bytes(content),
        }
    }

    /// The octets without leading zeros: 1 to 20 of them, big-endian.
    pub fn as_be_bytes(&self) -> &[u8] {
        let start = self.0.iter().position(|&octet| octet != 0).unwrap_or(MAX_OCTETS - 1);
        self.0.get(start..).unwrap_or_default()
    }
}

impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_be_bytes().iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SerialNumber({self})")
    }
}

impl FromStr for SerialNumber {
    type Err = SerialNumberError;

    /// Reads the text form only, so that a text compares equal exactly when its number does.
    fn from_str(text: &str) -> Result<Self, SerialNumberError> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if !rest.is_empty() || pairs.is_empty() {
            return Err(SerialNumberError::NotHex);
        }
        if pairs.len() > MAX_OCTETS {
            return Err(SerialNumberError::TooLong);
        }
        if pairs.first() == Some(b"00") {
            return Err(SerialNumberError::NotHex);
        }
        let octets: Vec<u8> = pairs
            .iter()
            .map(|&[high, low]| Some(nibble(high)? << 4 | nibble(low)?))
            .collect::<Option<_>>()
            .ok_or(SerialNumberError::NotHex)?;
        Self::from_be_bytes(&octets)
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl serde::Serialize for SerialNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for SerialNumber {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Messages complete "cannot accept serial number: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SerialNumberError {
    /// Zero identifies nothing.
    #[error("it is zero")]
    Zero,
    /// The sign bit is set.
    #[error("it is negative")]
    Negative,
    /// RFC 5280 allows 20 octets.
    #[error("it has more than 20 octets")]
    TooLong,
    /// Not the text form.
    #[error("it is not lower-case hex of whole octets")]
    NotHex,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_one_text() {
        let serial = SerialNumber::from_be_bytes(&[0, 0, 0x0a, 0xff]).unwrap();
        assert_eq!(serial.to_string(), "0aff");
        assert_eq!("0aff".parse(), Ok(serial));
        for other in ["0AFF", "aff", "000aff", "", "0aff ", "+aff", "ąa"] {
            assert!(other.parse::<SerialNumber>().is_err(), "{other}");
        }
    }

    #[test]
    fn serials_order_as_numbers() {
        let mut serials: Vec<SerialNumber> =
            ["ff", "0100", "01", "fe00"].iter().map(|text| text.parse().unwrap()).collect();
        serials.sort();
        let texts: Vec<String> = serials.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["01", "ff", "0100", "fe00"]);
    }

    #[test]
    fn der_content_decides_the_sign_and_the_length() {
        let long = [0x7f; 20];
        let cases: [(&[u8], Result<&str, SerialNumberError>); 7] = [
            (&[], Err(SerialNumberError::Zero)),
            (&[0], Err(SerialNumberError::Zero)),
            (&[0x80], Err(SerialNumberError::Negative)),
            (&[0, 0x80], Ok("80")),
            (&[1], Ok("01")),
            (&long, Ok("7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f")),
            (&[0x7f; 21], Err(SerialNumberError::TooLong)),
        ];
        for (content, expected) in cases {
            let expected = expected.map(|text| text.parse().unwrap());
            assert_eq!(SerialNumber::from_der_content(content), expected, "{content:02x?}");
        }
    }

    #[test]
    fn json_carries_the_text_form() {
        let serial: SerialNumber = "0aff".parse().unwrap();
        assert_eq!(serde_json::to_string(&serial).unwrap(), r#""0aff""#);
        assert!(serde_json::from_str::<SerialNumber>(r#""00""#).is_err());
    }
}
