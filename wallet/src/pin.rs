//! What unlocks the phone, a PIN or a password; what it costs to try one, and which are too easy to choose.

use std::fmt;

use argon2::{Algorithm, Argon2, Params};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A PIN as typed: 6 to 12 digits. Or a password: 8 to 64 characters. Redacted when printed, wiped when dropped.
///
/// Whether it is *the* PIN only the secure element knows.
#[derive(Clone)]
pub struct Pin(Zeroizing<String>);

impl Pin {
    /// The fewest digits.
    pub const MIN_DIGITS: usize = 6;
    /// The most digits.
    pub const MAX_DIGITS: usize = 12;

    /// Reads a PIN exactly as given: no spaces, no line break.
    ///
    /// # Errors
    /// When it is no PIN at all; such a text costs no try.
    pub fn parse(text: &str) -> Result<Self, PinError> {
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PinError::NotDigits);
        }
        if !(Self::MIN_DIGITS..=Self::MAX_DIGITS).contains(&text.len()) {
            return Err(PinError::Length);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The fewest characters of a password.
    pub const MIN_PASSWORD: usize = 8;
    /// The most characters of a password.
    pub const MAX_PASSWORD: usize = 64;

    /// Reads a password exactly as given.
    ///
    /// # Errors
    /// [`PinError::PasswordLength`]; such a text costs no try.
    pub fn password(text: &str) -> Result<Self, PinError> {
        if !(Self::MIN_PASSWORD..=Self::MAX_PASSWORD).contains(&text.chars().count()) {
            return Err(PinError::PasswordLength);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// Reads what was typed at a lock that takes both: nothing but digits is a PIN, anything else a password.
    ///
    /// # Errors
    /// As [`parse`](Self::parse) and [`password`](Self::password).
    pub fn typed(text: &str) -> Result<Self, PinError> {
        if text.bytes().all(|byte| byte.is_ascii_digit()) { Self::parse(text) } else { Self::password(text) }
    }

    /// How many characters it has.
    pub(crate) fn length(&self) -> usize {
        self.0.chars().count()
    }

    fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(…)")
    }
}

/// A PIN that somebody may choose: a [`Pin`] that is not among the first guesses of a thief.
///
/// Refused are one or a few digits over and over (`000000`, `121212`, `123123`) and runs up or down
/// (`123456`, `987654`, `890123`): with ten tries before the final lock, those few are the ones to forbid.
#[derive(Clone)]
pub struct NewPin(Pin);

impl NewPin {
    /// Reads a PIN to be set.
    ///
    /// # Errors
    /// When it is no PIN, or one of those that are guessed first.
    pub fn parse(text: &str) -> Result<Self, PinError> {
        let pin = Pin::parse(text)?;
        if is_trivial(pin.bytes()) { Err(PinError::Trivial) } else { Ok(Self(pin)) }
    }

    /// Reads a password to be set: 8 to 64 characters, among them a small letter, a capital letter and a digit.
    ///
    /// # Errors
    /// [`PinError::PasswordLength`] before [`PinError::PasswordWeak`].
    pub fn password(text: &str) -> Result<Self, PinError> {
        let password = Pin::password(text)?;
        let has = |wanted: fn(char) -> bool| text.chars().any(wanted);
        let kinds = has(char::is_lowercase) && has(char::is_uppercase) && has(|c| c.is_ascii_digit());
        if kinds { Ok(Self(password)) } else { Err(PinError::PasswordWeak) }
    }

    /// The PIN, to be tried.
    pub fn pin(&self) -> &Pin {
        &self.0
    }
}

impl fmt::Debug for NewPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPin(…)")
    }
}

/// Every digit repeats the one `period` places before, or every step is +1 or −1 (9 and 0 are neighbours).
fn is_trivial(digits: &[u8]) -> bool {
    let repeats = (1..=3).any(|period| digits.iter().zip(digits.iter().skip(period)).all(|(a, b)| a == b));
    let runs = [1, 9]
        .iter()
        .any(|step| digits.windows(2).all(|pair| (pair[0] - b'0' + step) % 10 == pair[1] - b'0'));
    repeats || runs
}

/// Why a text is no PIN, or none to choose. Messages complete "cannot take this PIN: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// Fewer than 6 or more than 12 digits.
    #[error("it must have 6 to 12 digits")]
    Length,
    /// Something else than the digits 0 to 9.
    #[error("it must be digits only")]
    NotDigits,
    /// Not six digits, in mObywatel Junior; only when a PIN is chosen.
    #[error("it must have six digits")]
    NotSixDigits,
    /// Among the first guesses of a thief; only when a PIN is chosen.
    #[error("it is too easy to guess")]
    Trivial,
    /// A password of fewer than 8 or more than 64 characters.
    #[error("a password must have 8 to 64 characters")]
    PasswordLength,
    /// A password without a small letter, a capital letter or a digit; only when it is chosen.
    #[error("a password must have small and capital letters and a digit")]
    PasswordWeak,
}

impl PinError {
    /// A stable name for programs.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Length => "pin_length",
            Self::NotDigits => "pin_not_digits",
            Self::NotSixDigits => "pin_not_six_digits",
            Self::Trivial => "pin_too_easy",
            Self::PasswordLength => "password_length",
            Self::PasswordWeak => "password_too_easy",
        }
    }
}

/// What one try of a PIN costs whoever has the files: Argon2id (RFC 9106) with one lane.
///
/// Written beside the salt, so that a phone made with one cost opens under a program with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinCost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
}

impl PinCost {
    /// 19 MiB and two passes, OWASP's recommendation; about 16 ms on a desk.
    pub const STANDARD: Self = Self { memory_kib: 19 * 1024, passes: 2 };

    /// Next to nothing: for test suites that unlock hundreds of phones, and for nothing else.
    pub const FOR_TESTS: Self = Self { memory_kib: 8, passes: 1 };

    /// More than this is a damaged file and not a cost: 1 GiB.
    const MAX_MEMORY_KIB: u32 = 1024 * 1024;
    const MAX_PASSES: u32 = 64;

    /// The 32 bytes into which `pin` is stretched; `None` if the cost is out of bounds.
    pub(crate) fn stretch(self, pin: &Pin, salt: &[u8; 16]) -> Option<Zeroizing<[u8; 32]>> {
        if self.memory_kib > Self::MAX_MEMORY_KIB || self.passes > Self::MAX_PASSES {
            return None;
        }
        let params = Params::new(self.memory_kib, self.passes, 1, Some(32)).ok()?;
        let mut stretched = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, argon2::Version::V0x13, params)
            .hash_password_into(pin.bytes(), salt, stretched.as_mut_slice())
            .ok()?;
        Some(stretched)
    }
}

impl Default for PinCost {
    fn default() -> Self {
        Self::STANDARD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_pin_is_refused_before_it_costs_a_try() {
        for (text, expected) in [
            ("49302", PinError::Length),
            ("4930271234567", PinError::Length),
            ("", PinError::Length),
            ("49302a", PinError::NotDigits),
            ("493027\n", PinError::NotDigits),
            ("493 027", PinError::NotDigits),
            ("\u{ff14}93027", PinError::NotDigits),
        ] {
            assert_eq!(Pin::parse(text).unwrap_err(), expected, "{text:?}");
        }
        assert!(Pin::parse("493027").is_ok());
        assert!(Pin::parse("493027493028").is_ok());
    }

    #[test]
    fn first_guesses_cannot_be_chosen_but_may_be_typed() {
        for text in [
            "000000", "777777", "123456", "654321", "890123", "210987", "121212", "123123", "4747474",
            "12312312",
        ] {
            assert_eq!(NewPin::parse(text).unwrap_err(), PinError::Trivial, "{text}");
            assert!(Pin::parse(text).is_ok());
        }
        for text in ["493027", "123457", "112233", "135790", "121213"] {
            assert!(NewPin::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn passwords_have_rules_of_their_own() {
        for (text, expected) in [
            ("Ab3defg", Some(PinError::PasswordLength)),
            (&"Ab3".repeat(22), Some(PinError::PasswordLength)),
            ("żółtażaba7", Some(PinError::PasswordWeak)),
            ("ŻÓŁTAŻABA7", Some(PinError::PasswordWeak)),
            ("ŻółtaŻaba", Some(PinError::PasswordWeak)),
            ("ŻółtaŻaba7", None),
            ("Ab3defgh", None),
        ] {
            assert_eq!(NewPin::password(text).err(), expected, "{text}");
        }
        assert!(Pin::typed("493027").is_ok());
        assert_eq!(Pin::typed("49302").unwrap_err(), PinError::Length);
        assert!(Pin::typed("abcdefgh").is_ok(), "a wrong password is tried, not explained");
        assert_eq!(Pin::typed("abc").unwrap_err(), PinError::PasswordLength);
    }

    #[test]
    fn printing_a_pin_does_not_tell_it() {
        let printed = format!("{:?} {:?}", Pin::parse("493027").unwrap(), NewPin::parse("493027").unwrap());
        assert!(!printed.bytes().any(|byte| byte.is_ascii_digit()), "{printed}");
    }

    #[test]
    fn stretching_depends_on_pin_salt_and_cost() {
        let pin = Pin::parse("493027").unwrap();
        let base = PinCost::FOR_TESTS.stretch(&pin, &[1; 16]).unwrap();
        assert_eq!(base, PinCost::FOR_TESTS.stretch(&pin, &[1; 16]).unwrap());
        assert_ne!(base, PinCost::FOR_TESTS.stretch(&Pin::parse("493028").unwrap(), &[1; 16]).unwrap());
        assert_ne!(base, PinCost::FOR_TESTS.stretch(&pin, &[2; 16]).unwrap());
        assert_ne!(base, PinCost { memory_kib: 16, passes: 1 }.stretch(&pin, &[1; 16]).unwrap());
    }

    #[test]
    fn a_cost_beyond_reason_is_refused_rather_than_paid() {
        let pin = Pin::parse("493027").unwrap();
        for cost in [
            PinCost { memory_kib: u32::MAX, passes: 1 },
            PinCost { memory_kib: 8, passes: u32::MAX },
            PinCost { memory_kib: 0, passes: 1 },
            PinCost { memory_kib: 8, passes: 0 },
        ] {
            assert!(cost.stretch(&pin, &[1; 16]).is_none(), "{cost:?}");
        }
    }

    #[test]
    fn a_pin_is_wiped_when_it_is_dropped() {
        fn wiped<T: zeroize::ZeroizeOnDrop>(_: &T) {}
        wiped(&Pin::parse("493027").unwrap().0);
    }
}
