//! The typed code: what stands under a QR that no camera will read, `XXXX-XXXX-XXXX`.
//!
//! Eleven random symbols of 32 make 55 bits, a bearer secret like the QR itself; the twelfth is their check symbol.
//! The alphabet has no `I`, `L`, `O` and `U`: the first three are read as the digits that they look like.
//!
//! **The check.** Symbols are elements of GF(2⁵), and a code is right when Σ αⁱ·sᵢ = 0, with α a generator of the
//! field. One wrong symbol leaves αⁱ·δ ≠ 0. Two swapped ones leave (αⁱ + αʲ)·δ ≠ 0, since the powers of α repeat only
//! after 31 places: every swap is caught, not of neighbours alone. Any other error passes once in 32 times.

use std::fmt;

use zeroize::Zeroizing;

use crate::activation_code::is_spacing;
use crate::entropy::Entropy;
use crate::secret::Secret;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Symbols in a code, the check symbol among them.
const LENGTH: usize = 12;

/// Symbols between two hyphens.
const GROUP: usize = 4;

/// The symbols of a code as numbers below 32, wiped when dropped.
type Symbols = Zeroizing<[u8; LENGTH]>;

/// A code with a right check symbol. A secret: `Debug` does not tell it, comparison takes constant time.
#[derive(Clone, PartialEq, Eq)]
pub struct TypedCode(Secret);

impl TypedCode {
    /// How many bits a fresh code holds.
    pub const ENTROPY_BITS: u32 = 55;

    /// Reads what a person typed: any case, spaces and hyphens anywhere, `O` for 0, `I` and `L` for 1.
    ///
    /// # Errors
    /// [`TypedCodeError::ForeignCharacter`] before [`TypedCodeError::WrongLength`] before
    /// [`TypedCodeError::CheckFailed`].
    pub fn parse(text: &str) -> Result<Self, TypedCodeError> {
        let mut symbols: Symbols = Zeroizing::new([0; LENGTH]);
        let mut length = 0_usize;
        for character in text.chars().filter(|c| !is_spacing(*c)) {
            let value = value_of(character).ok_or(TypedCodeError::ForeignCharacter)?;
            if let Some(symbol) = symbols.get_mut(length) {
                *symbol = value;
            }
            length += 1;
        }
        if length != LENGTH {
            return Err(TypedCodeError::WrongLength);
        }
        if syndrome(&*symbols) != 0 {
            return Err(TypedCodeError::CheckFailed);
        }
        Ok(Self::from_symbols(&symbols))
    }

    /// A fresh code of [`TypedCode::ENTROPY_BITS`].
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut symbols: Symbols = Zeroizing::new([0; LENGTH]);
        entropy.fill(&mut symbols[..LENGTH - 1]);
        // 32 divides 256, so the low five bits of a random byte favour no symbol.
        for symbol in &mut symbols[..LENGTH - 1] {
            *symbol &= 31;
        }
        symbols[LENGTH - 1] = check_symbol(&symbols[..LENGTH - 1]);
        Self::from_symbols(&symbols)
    }

    /// The code as it is printed, `XXXX-XXXX-XXXX`, for the one place that prints, sends or hashes it.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    fn from_symbols(symbols: &Symbols) -> Self {
        let mut text = String::with_capacity(LENGTH + LENGTH / GROUP - 1);
        for (at, symbol) in symbols.iter().enumerate() {
            if at > 0 && at % GROUP == 0 {
                text.push('-');
            }
            text.push(char::from(ALPHABET[usize::from(symbol & 31)]));
        }
        Self(Secret::new(text))
    }
}

fn value_of(character: char) -> Option<u8> {
    let canonical = match character.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let at = ALPHABET.iter().position(|letter| char::from(*letter) == canonical)?;
    u8::try_from(at).ok()
}

/// Multiplies by α in GF(2⁵) = GF(2)[x] / (x⁵ + x² + 1), whose x generates all 31 non-zero elements.
fn times_alpha(element: u8) -> u8 {
    let doubled = element << 1;
    if doubled & 0b10_0000 == 0 { doubled } else { doubled ^ 0b10_0101 }
}

/// Σ αⁱ·sᵢ with the last symbol at i = 0 (Horner's rule); zero for a right code.
fn syndrome(symbols: &[u8]) -> u8 {
    symbols.iter().fold(0, |sum, symbol| times_alpha(sum) ^ symbol)
}

/// What makes the syndrome vanish: the check symbol's own factor is α⁰ = 1, and minus is plus.
fn check_symbol(data: &[u8]) -> u8 {
    times_alpha(syndrome(data))
}

impl fmt::Debug for TypedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedCode(…)")
    }
}

/// Why a text is no typed code; messages complete "cannot accept code: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TypedCodeError {
    /// A character that no code contains and that looks like none.
    #[error("it has a character that no code contains")]
    ForeignCharacter,
    /// Too few or too many characters.
    #[error("it does not have twelve characters")]
    WrongLength,
    /// Mistyped: the last character does not follow from the others.
    #[error("it is mistyped")]
    CheckFailed,
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    /// Hands out the given bytes, again and again.
    struct Fixed([u8; LENGTH - 1]);

    impl Entropy for Fixed {
        fn fill(&self, out: &mut [u8]) {
            out.copy_from_slice(&self.0);
        }
    }

    fn code(data: [u8; LENGTH - 1]) -> String {
        TypedCode::generate(&Fixed(data)).expose().replace('-', "")
    }

    /// Codes with every symbol, repeated symbols and extremes.
    fn samples() -> Vec<String> {
        let counting = std::array::from_fn(|i| u8::try_from(i).unwrap());
        let others = std::array::from_fn(|i| u8::try_from(i * 19 + 7).unwrap());
        vec![code([0; 11]), code([31; 11]), code([255; 11]), code(counting), code(others)]
    }

    #[test]
    fn alpha_generates_the_whole_field() {
        let mut seen = HashSet::new();
        let mut power = 1;
        for _ in 0..31 {
            assert!(seen.insert(power) && (1..32).contains(&power));
            power = times_alpha(power);
        }
        assert_eq!(power, 1);
    }

    #[test]
    fn every_single_wrong_character_is_caught() {
        for right in samples() {
            for at in 0..LENGTH {
                for letter in ALPHABET {
                    let mut wrong = right.clone().into_bytes();
                    if wrong[at] == *letter {
                        continue;
                    }
                    wrong[at] = *letter;
                    let wrong = String::from_utf8(wrong).unwrap();
                    assert_eq!(TypedCode::parse(&wrong), Err(TypedCodeError::CheckFailed), "{right} {wrong}");
                }
            }
        }
    }

    #[test]
    fn every_swap_of_two_characters_is_caught_neighbours_or_not() {
        // All pairs of different symbols at all pairs of places, in an otherwise fixed code.
        for (i, j) in (0..LENGTH).flat_map(|i| (i + 1..LENGTH).map(move |j| (i, j))) {
            for (a, b) in (0..32_u8).flat_map(|a| (0..32_u8).map(move |b| (a, b))).filter(|(a, b)| a != b) {
                let mut symbols = [9; LENGTH];
                (symbols[i], symbols[j]) = (a, b);
                // Make it a right code by a third place, then swap.
                let third = (0..LENGTH).find(|at| *at != i && *at != j).unwrap();
                symbols[third] = (0..32)
                    .find(|s| {
                        symbols[third] = *s;
                        syndrome(&symbols) == 0
                    })
                    .unwrap();
                assert_eq!(syndrome(&symbols), 0);
                symbols.swap(i, j);
                assert_ne!(syndrome(&symbols), 0, "places {i} and {j}, symbols {a} and {b}");
            }
        }
    }

    #[test]
    fn people_type_one_code_in_many_ways() {
        let printed = TypedCode::generate(&Fixed([0, 1, 10, 17, 18, 19, 20, 27, 31, 0, 1]));
        let canonical = printed.expose();
        assert!(canonical.starts_with("01AH-JKMV-Z01"), "{canonical}");
        let check = canonical.chars().last().unwrap();
        let ways = [
            canonical.to_lowercase(),
            canonical.replace('-', ""),
            canonical.replace('-', " – "),
            format!("  oiah jkmv zol{check}\n"),
            format!("OLAH-JKMV-ZOI{check}"),
        ];
        for text in ways {
            assert_eq!(TypedCode::parse(&text).unwrap().expose(), canonical, "{text:?}");
        }
    }

    #[test]
    fn wrong_codes_say_what_is_wrong() {
        use TypedCodeError::{CheckFailed, ForeignCharacter, WrongLength};
        let cases = [
            ("", WrongLength),
            ("0000-0000-000", WrongLength),
            ("0000-0000-00000", WrongLength),
            ("0000-0000-000U", ForeignCharacter),
            ("0000-0000-000Ł", ForeignCharacter),
            ("0000-0000-000\u{ff10}", ForeignCharacter),
            ("0000_0000_0000", ForeignCharacter),
            ("0000-0000-0001", CheckFailed),
        ];
        for (text, error) in cases {
            assert_eq!(TypedCode::parse(text), Err(error), "{text:?}");
        }
        assert_eq!(TypedCode::parse(&"0".repeat(100_000)), Err(WrongLength));
    }

    #[test]
    fn printing_a_code_does_not_tell_it() {
        assert_eq!(format!("{:?}", TypedCode::generate(&Fixed([3; 11]))), "TypedCode(…)");
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_without_panic(text in "\\PC{0,24}|[0-9A-Z -]{10,16}") {
            let _ = TypedCode::parse(&text);
        }

        #[test]
        fn what_is_printed_is_read_back(data: [u8; LENGTH - 1]) {
            let code = TypedCode::generate(&Fixed(data));
            prop_assert_eq!(code.expose().len(), 14);
            prop_assert_eq!(TypedCode::parse(code.expose()), Ok(code));
        }
    }
}
