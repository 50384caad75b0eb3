//! The activation code: the second half of a grant, printed beside its QR and typed into the phone by hand.
//!
//! It is the `tx_code` of OpenID4VCI 1.0 §4.1.1 (numeric, eight digits). Ten to the eighth are too few to withstand
//! guessing by themselves; the issuer allows five wrong tries per grant.

use std::fmt;

use crate::entropy::Entropy;
use crate::secret::Secret;

/// Eight decimal digits, leading zeros included. A secret: `Debug` does not tell it, comparison takes constant time.
#[derive(Clone, PartialEq, Eq)]
pub struct ActivationCode(Secret);

impl ActivationCode {
    /// How many digits a code has.
    pub const LENGTH: usize = 8;

    /// Reads what a person typed: eight ASCII digits, with spaces and hyphens anywhere.
    ///
    /// # Errors
    /// [`ActivationCodeError::NotDigits`] before [`ActivationCodeError::WrongLength`].
    pub fn parse(text: &str) -> Result<Self, ActivationCodeError> {
        let mut digits = String::with_capacity(Self::LENGTH);
        let mut length = 0_usize;
        for symbol in text.chars().filter(|c| !is_spacing(*c)) {
            if !symbol.is_ascii_digit() {
                return Err(ActivationCodeError::NotDigits);
            }
            length += 1;
            // Never grows beyond its room, so no copy of the code is left behind on the heap.
            if length <= Self::LENGTH {
                digits.push(symbol);
            }
        }
        let code = Secret::new(digits);
        if length == Self::LENGTH { Ok(Self(code)) } else { Err(ActivationCodeError::WrongLength) }
    }

    /// A fresh code, each of the 10⁸ equally likely (26.6 bits).
    pub fn generate(entropy: &dyn Entropy) -> Self {
        /// The largest multiple of 10⁸ that 32 bits can count to; draws from it on up would favour small codes.
        const FAIR: u32 = 4_200_000_000;
        let mut bytes = [0; 4];
        loop {
            entropy.fill(&mut bytes);
            let draw = u32::from_be_bytes(bytes);
            if draw < FAIR {
                return Self(Secret::new(format!("{:08}", draw % 100_000_000)));
            }
        }
    }

    /// The eight digits, for the one place that prints, sends or hashes them.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// What people put between groups of symbols when they type a code from paper.
pub(crate) fn is_spacing(symbol: char) -> bool {
    symbol.is_whitespace() || matches!(symbol, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

impl fmt::Debug for ActivationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActivationCode(…)")
    }
}

/// Why a text is no activation code; messages complete "cannot accept activation code: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ActivationCodeError {
    /// Something other than digits, spaces and hyphens.
    #[error("it has other characters than digits")]
    NotDigits,
    /// Too few or too many digits.
    #[error("it does not have eight digits")]
    WrongLength,
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use proptest::prelude::*;

    use super::*;

    /// Hands out the given words, one per fill of four bytes.
    struct Script(Vec<u32>, AtomicU32);

    impl Entropy for Script {
        fn fill(&self, out: &mut [u8]) {
            let at = self.1.fetch_add(1, Ordering::SeqCst);
            out.copy_from_slice(&self.0[usize::try_from(at).unwrap()].to_be_bytes());
        }
    }

    #[test]
    fn people_type_one_code_in_many_ways() {
        for text in ["01234567", "0123 4567", "0123-4567", " 01 23 45 67 ", "0123 – 4567", "0123\u{a0}4567\n"]
        {
            assert_eq!(ActivationCode::parse(text).unwrap().expose(), "01234567", "{text:?}");
        }
    }

    #[test]
    fn wrong_codes_say_what_is_wrong() {
        use ActivationCodeError::{NotDigits, WrongLength};
        let cases = [
            ("", WrongLength),
            ("   ", WrongLength),
            ("1234567", WrongLength),
            ("123456789", WrongLength),
            ("1234567O", NotDigits),
            ("123456\u{ff17}", NotDigits),
            ("1234567\u{ff18}", NotDigits),
            ("1234567a8", NotDigits),
            ("+1234567", NotDigits),
            ("1234.5678", NotDigits),
        ];
        for (text, error) in cases {
            assert_eq!(ActivationCode::parse(text), Err(error), "{text:?}");
        }
        assert_eq!(ActivationCode::parse(&"9".repeat(100_000)), Err(WrongLength));
    }

    #[test]
    fn fresh_codes_keep_leading_zeros_and_reject_unfair_draws() {
        let script = Script(vec![u32::MAX, 4_200_000_000, 4_100_000_042], AtomicU32::new(0));
        assert_eq!(ActivationCode::generate(&script).expose(), "00000042");
        let script = Script(vec![4_199_999_999], AtomicU32::new(0));
        assert_eq!(ActivationCode::generate(&script).expose(), "99999999");
    }

    #[test]
    fn printing_a_code_does_not_tell_it() {
        assert_eq!(format!("{:?}", ActivationCode::parse("12345678").unwrap()), "ActivationCode(…)");
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_without_panic(text in "\\PC{0,24}|[0-9 -]{6,12}") {
            let _ = ActivationCode::parse(&text);
        }

        #[test]
        fn what_is_printed_is_read_back(draw in 0u32..4_200_000_000) {
            let code = ActivationCode::generate(&Script(vec![draw], AtomicU32::new(0)));
            prop_assert_eq!(ActivationCode::parse(code.expose()), Ok(code));
        }
    }
}
