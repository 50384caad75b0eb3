//! Changed inputs from good ones, the same for the same seed.
//!
//! What travels is wrapped: base64url between dots and tildes, Base45 behind a prefix, percent signs in a form. Half of the
//! changes are made inside such a wrapping, which is then put on again; else nearly all of them would end at the wrapping.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::holder_code::code::PREFIX;

/// No input grows beyond this, in bytes.
const MAX_LENGTH: usize = 64 * 1024;

/// What readers of JSON, of numbers and of lengths stumble over.
const STUMBLING_BLOCKS: [&[u8]; 26] = [
    b"null",
    b"{}",
    b"[]",
    b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    b"true",
    b"-1",
    b"0",
    b"1e999",
    b"1E5",
    b"0.1",
    b"1.7976931348623157e308",
    b"18446744073709551616",
    b"-9223372036854775809",
    b"\"\\u0000\"",
    b"\"\\ud800\"",
    b"\\",
    b"\"",
    b",",
    b"~",
    b".",
    b"%",
    b"\xff\xff\xff\xff",
    b"\x30\x80",
    b"\x84\x7f\xff\xff\xff",
    b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
    "\u{2028}ą\u{fffd}".as_bytes(),
];

/// A generator of numbers (SplitMix64); no secret depends on it.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The same seed, the same numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, 0 for none.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number() % (end.max(1) as u64)).unwrap_or(0)
    }
}

/// `input` after one to three changes; `other` lends what is spliced in.
pub fn mutated(input: &[u8], other: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=chance.below(3) {
        bytes = match chance.below(2) {
            0 => inside(&bytes, other, chance).unwrap_or_else(|| changed(&bytes, other, chance)),
            _ => changed(&bytes, other, chance),
        };
    }
    bytes.truncate(MAX_LENGTH);
    bytes
}

/// One change beneath a wrapping, if there is one.
fn inside(bytes: &[u8], other: &[u8], chance: &mut Chance) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    if let Some(code) = text.strip_prefix(PREFIX) {
        let inner = changed(&base45::decode(code).ok()?, other, chance);
        return Some(format!("{PREFIX}{}", base45::encode(inner)).into_bytes());
    }
    if let Some((name, value)) = text.split_once('=').filter(|(_, value)| value.contains('%')) {
        let value = value.replace('+', " ");
        let inner: Vec<u8> = percent(value.as_bytes());
        let inner = changed(&inner, other, chance);
        let encoded: String = url::form_urlencoded::byte_serialize(&inner).collect();
        return Some(format!("{name}={encoded}").into_bytes());
    }
    let wrapped: Vec<(usize, usize)> = parts(text).filter(|(start, end)| end - start > 7).collect();
    let (start, end) = *wrapped.get(chance.below(wrapped.len()))?;
    let inner = changed(&URL_SAFE_NO_PAD.decode(&text[start..end]).ok()?, other, chance);
    Some(format!("{}{}{}", &text[..start], URL_SAFE_NO_PAD.encode(inner), &text[end..]).into_bytes())
}

fn percent(text: &[u8]) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut plain = Vec::new();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match (byte, digit(text.get(at + 1)), digit(text.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                plain.push(u8::try_from(high * 16 + low).unwrap_or_default());
                at += 3;
            }
            _ => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    plain
}

/// Where the parts of a JWS, a JWE or an SD-JWT begin and end.
fn parts(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut start = 0;
    text.split(['.', '~', '=', '&']).map(move |part| {
        let found = (start, start + part.len());
        start = found.1 + 1;
        found
    })
}

/// One change.
fn changed(bytes: &[u8], other: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let at = chance.below(bytes.len() + 1);
    let end = at + chance.below((bytes.len() - at).min(64) + 1);
    match chance.below(9) {
        0..=2 if !bytes.is_empty() => {
            let at = at.min(bytes.len() - 1);
            bytes[at] ^= 1 << chance.below(8);
        }
        3 => bytes.truncate(at),
        4 => drop(bytes.drain(at..end)),
        5 => {
            let again = bytes[at..end].to_vec();
            bytes.splice(at..at, again);
        }
        6 => {
            let from = chance.below(other.len() + 1);
            let to = from + chance.below((other.len() - from).min(256) + 1);
            bytes.splice(at..end, other[from..to].iter().copied());
        }
        7 => {
            let block = STUMBLING_BLOCKS[chance.below(STUMBLING_BLOCKS.len())];
            bytes.splice(at..end, block.iter().copied());
        }
        _ => {
            let byte = u8::try_from(chance.below(256)).unwrap_or_default();
            bytes.splice(at..end.min(at + 1), [byte]);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_changes_and_another_makes_others() {
        let run = |seed| {
            let mut chance = Chance::new(seed);
            (0..100).map(|_| mutated(b"{\"a\":[1,2]}", b"other", &mut chance)).collect::<Vec<_>>()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }

    #[test]
    fn changes_reach_what_is_wrapped() {
        let text =
            format!("{}.{}", URL_SAFE_NO_PAD.encode("{\"alg\":\"none\"}"), URL_SAFE_NO_PAD.encode("{}{}{}"));
        let mut chance = Chance::new(3);
        let within = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).ok()?;
            URL_SAFE_NO_PAD.decode(text.split('.').next()?).ok()
        };
        let reached = (0..200).filter_map(|_| within(mutated(text.as_bytes(), b"null", &mut chance)));
        let altered =
            reached.filter(|inner| inner != b"{\"alg\":\"none\"}" && inner.starts_with(b"{\"alg\""));
        assert!(altered.count() > 10);
        let form = b"a=%7B%22b%22%3A1%7D".as_slice();
        assert_eq!(percent(b"%7B%22b%22%3A1%7D%"), b"{\"b\":1}%");
        assert!((0..50).filter_map(|_| inside(form, b"", &mut chance)).any(|changed| changed != form));
    }
}
