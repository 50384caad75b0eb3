//! Reading a message: a JSON object of bounded length.

use serde::de::DeserializeOwned;

use crate::jose::json_object;

/// Longest answer of a nonce, token or credential endpoint that a wallet looks at, in bytes; a card with its photo and
/// certificates takes a tenth of it.
pub const MAX_RESPONSE_LENGTH: usize = 1024 * 1024;

/// Messages complete "cannot read message: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Longer than the message's limit.
    #[error("message is too long")]
    TooLong,
    /// Not a JSON object, a required member missing, or a member of the wrong type.
    #[error("message is not a JSON object of the expected shape")]
    Malformed,
}

/// Reads a message of at most `limit` bytes.
pub(super) fn read<T: DeserializeOwned>(json: &[u8], limit: usize) -> Result<T, JsonError> {
    if json.len() > limit {
        return Err(JsonError::TooLong);
    }
    json_object(json).ok_or(JsonError::Malformed)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn only_short_objects_are_read() {
        let read = |json: &str| read::<BTreeMap<String, u8>>(json.as_bytes(), 10);
        assert_eq!(read(" {\"a\":1}"), Ok(BTreeMap::from([("a".to_owned(), 1)])));
        assert_eq!(read("  {\"a\":1}  "), Err(JsonError::TooLong));
        for wrong in ["", "[]", "{\"a\":-1}", "{\"a\":1", "{}{}", "null"] {
            assert_eq!(read(wrong), Err(JsonError::Malformed), "{wrong}");
        }
    }
}
