//! CBOR in its one deterministic encoding (RFC 8949 §4.2.1), written and read.
//!
//! What is read must be, byte for byte, what would be written for it: so nobody can make a second spelling of something
//! that was signed, and a changed byte is a change of content or no CBOR of ours at all.

use ciborium::Value;
use ciborium::value::Integer;

/// How deep what is read may be nested; ours is five levels deep.
const DEPTH: usize = 12;

/// A map of ours: keys are small numbers or short texts, in the order of their encodings.
pub(super) type Entries = Vec<(Value, Value)>;

/// The bytes of `value`.
pub(super) fn write(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to memory fails for no value that this module makes.
    let _ = ciborium::into_writer(value, &mut bytes);
    bytes
}

/// A map with its entries in the order of RFC 8949 §4.2.1.
pub(super) fn map(entries: impl IntoIterator<Item = (Value, Value)>) -> Value {
    let mut entries: Entries = entries.into_iter().collect();
    entries.sort_by_cached_key(|(key, _)| write(key));
    Value::Map(entries)
}

/// A number.
pub(super) fn int(number: i64) -> Value {
    Value::Integer(number.into())
}

/// Reads the one encoding of a value; nothing may follow it.
pub(super) fn read(bytes: &[u8]) -> Result<Value, CborFault> {
    let mut rest = bytes;
    let value: Value =
        ciborium::de::from_reader_with_recursion_limit(&mut rest, DEPTH).map_err(|_| CborFault::Malformed)?;
    if !is_ordered(&value) || write(&value) != bytes {
        return Err(CborFault::NotDeterministic);
    }
    Ok(value)
}

/// Whether every map in it has its keys in order and none twice.
fn is_ordered(value: &Value) -> bool {
    match value {
        Value::Map(entries) => {
            entries.iter().map(|(key, _)| write(key)).is_sorted_by(|one, next| one < next)
                && entries.iter().all(|(key, value)| is_ordered(key) && is_ordered(value))
        }
        Value::Array(items) => items.iter().all(is_ordered),
        Value::Tag(_, inner) => is_ordered(inner),
        _ => true,
    }
}

/// A map that is taken apart key by key, until nothing is left.
pub(super) struct Taking(Entries);

impl Taking {
    /// Begins, if `value` is a map.
    pub(super) fn new(value: Value) -> Option<Self> {
        value.into_map().ok().map(Self)
    }

    /// Takes what stands under a number.
    pub(super) fn number(&mut self, key: i64) -> Option<Value> {
        let key = Integer::from(key);
        let position = self.0.iter().position(|(found, _)| found.as_integer() == Some(key))?;
        Some(self.0.remove(position).1)
    }

    /// Takes what stands under a text.
    pub(super) fn text(&mut self, key: &str) -> Option<Value> {
        let position = self.0.iter().position(|(found, _)| found.as_text() == Some(key))?;
        Some(self.0.remove(position).1)
    }

    /// Takes whatever is first.
    pub(super) fn first(&mut self) -> Option<(Value, Value)> {
        (!self.0.is_empty()).then(|| self.0.remove(0))
    }

    /// Ends: `None` if something is left.
    pub(super) fn finish(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// A number that fits into `T`.
pub(super) fn number<T: TryFrom<i128>>(value: &Value) -> Option<T> {
    T::try_from(i128::from(value.as_integer()?)).ok()
}

/// Why bytes are not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CborFault {
    /// No CBOR, or nested too deeply.
    Malformed,
    /// Another encoding than the one that is written, or something behind its end.
    NotDeterministic,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn there_is_one_encoding_only() {
        let value = map([(int(8), int(1)), (int(4), Value::Text("a".to_owned()))]);
        assert_eq!(write(&value), [0xa2, 0x04, 0x61, b'a', 0x08, 0x01]);
        assert_eq!(read(&write(&value)), Ok(value));
        let cases: [(&[u8], CborFault); 9] = [
            (&[0xa2, 0x08, 0x01, 0x04, 0x61, b'a'], CborFault::NotDeterministic), // keys out of order
            (&[0xa2, 0x04, 0x01, 0x04, 0x02], CborFault::NotDeterministic),       // a key twice
            (&[0x18, 0x04], CborFault::NotDeterministic),                         // a long number
            (&[0xbf, 0x04, 0x01, 0xff], CborFault::NotDeterministic),             // without a length
            (&[0x5f, 0x41, 0x01, 0xff], CborFault::NotDeterministic),
            (&[0x04, 0x04], CborFault::NotDeterministic), // something behind
            (&[], CborFault::Malformed),
            (&[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], CborFault::Malformed),
            (&[0x81; 40], CborFault::Malformed),
        ];
        for (bytes, fault) in cases {
            assert_eq!(read(bytes), Err(fault), "{bytes:02x?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_the_same(bytes in any::<Vec<u8>>()) {
            if let Ok(value) = read(&bytes) {
                prop_assert_eq!(write(&value), bytes);
            }
        }
    }
}
