//! Names and numbers of copies.

use std::collections::HashSet;

use jiff::civil::Date;
use rusqlite::types::Value;
use sha2::{Digest as _, Sha256};

use crate::pupils::made_up_pesel;

/// What stored things are named with: 26 characters for 130 bits, of which the first two are zero.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// The bits below the milliseconds of an id.
const BELOW_TIME: u32 = 80;
/// Bytes that are left of a picture.
const LEFT: usize = 32;
/// Made-up PESEL numbers of one day.
const A_DAY: u64 = 9_000;

/// The ids of what is copied.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    pub(super) fn know<'a>(&mut self, ids: impl Iterator<Item = &'a Value>) {
        self.0.extend(ids.filter_map(|id| match id {
            Value::Text(id) => Some(id.clone()),
            _ => None,
        }));
    }

    /// The name of a known thing's copy: as if it had been named so many milliseconds later, so that copies lie one
    /// after another on the disk, as pupils do who come one after another.
    pub(super) fn of_copy(&self, value: &Value, copy: u32) -> Value {
        match value {
            Value::Text(id) if self.0.contains(id) => Value::Text(later(id, copy)),
            other => other.clone(),
        }
    }
}

fn later(id: &str, copy: u32) -> String {
    let bits = id.bytes().fold(0_u128, |bits, letter| {
        let at = LETTERS.iter().position(|known| *known == letter).unwrap_or(0);
        bits << 5 | at as u128
    });
    let bits = bits.wrapping_add((u128::from(copy) + 1) << BELOW_TIME);
    (0..26).rev().map(|place| char::from(LETTERS[(bits >> (5 * place)) as usize & 31])).collect()
}

/// The birth date of the pupil `number`: before all others that tests make up.
pub(super) fn birth(number: u64) -> Date {
    let days = i64::try_from(number / A_DAY).unwrap_or(0);
    Date::constant(2003, 1, 1).saturating_add(jiff::Span::new().days(days))
}

pub(super) fn pesel(number: u64) -> String {
    made_up_pesel(birth(number), u16::try_from(number % A_DAY).unwrap_or(0))
}

/// Puts the new PESEL where the old one could be searched.
pub(super) fn search_by_number(columns: &[String], before: &[Value], now: &mut [Value]) {
    let at = |name: &str| columns.iter().position(|column| column == name);
    let (Some(pesel), Some(text)) = (at("pesel"), at("search_text")) else { return };
    if let (Value::Text(old), Value::Text(new), Value::Text(searched)) =
        (&before[pesel], &now[pesel], &before[text])
    {
        now[text] = Value::Text(searched.replace(old.as_str(), new));
    }
}

/// Other random bytes, or hexadecimal digits of such, of the same length; the leading octet stays, since a
/// serial number is positive and has no leading zeros.
pub(super) fn drawn(value: &Value, copy: u32) -> Value {
    let stream = |seed: &[u8], length: usize| -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length + 32);
        for block in 0_u8.. {
            if bytes.len() >= length {
                break;
            }
            let hashed =
                Sha256::new().chain_update(seed).chain_update(copy.to_be_bytes()).chain_update([block]);
            bytes.extend_from_slice(&hashed.finalize());
        }
        bytes.truncate(length);
        bytes
    };
    match value {
        Value::Blob(bytes) => Value::Blob(stream(bytes, bytes.len())),
        Value::Text(text) => {
            let digits = stream(text.as_bytes(), text.len()).into_iter();
            let digits = digits.map(|byte| char::from(b"0123456789abcdef"[usize::from(byte) % 16]));
            Value::Text(text.chars().take(2).chain(digits.skip(2)).collect())
        }
        other => other.clone(),
    }
}

pub(super) fn cut(value: &Value) -> Value {
    match value {
        Value::Blob(bytes) => Value::Blob(bytes.iter().copied().take(LEFT).collect()),
        Value::Text(text) => Value::Text(text.chars().take(LEFT).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use shared::x509::serial::SerialNumber;

    use super::*;

    #[test]
    fn copies_differ_and_keep_their_form() {
        let mut names = Names::default();
        let id = Value::Text("01m81j2epk002zv4bwfnk938pe".into());
        assert_eq!(names.of_copy(&id, 7), id, "what is not copied keeps its name");
        names.know([&id].into_iter());
        let copies: HashSet<String> = (0..3000)
            .map(|copy| match names.of_copy(&id, copy) {
                Value::Text(text) => text,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(copies.len(), 3000);
        assert!(
            copies.iter().all(|copy| copy.len() == 26 && copy.ends_with("002zv4bwfnk938pe")),
            "{copies:?}"
        );
        let serial = Value::Text("0af0aa7c".into());
        let serials: HashSet<String> = (0..3000)
            .map(|copy| match drawn(&serial, copy) {
                Value::Text(text) => text,
                other => panic!("{other:?}"),
            })
            .collect();
        assert!(serials.len() > 2900, "{}", serials.len());
        assert!(
            serials.iter().all(|copy| copy.parse::<SerialNumber>().is_ok() && copy.len() == 8),
            "{serials:?}"
        );
        let pesels: HashSet<String> = (0..30_000).map(pesel).collect();
        assert_eq!(pesels.len(), 30_000);
    }
}
