//! A certificate chain in a header (RFC 7515 §4.1.6): base64 with padding, the signer's certificate first.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::x509::chain::MAX_CERTIFICATES;

/// The longest certificate that is looked at, in bytes.
const MAX_CERTIFICATE: usize = 8 * 1024;

/// The value of an `x5c` member for these certificates in DER.
pub fn to_header(chain: &[Vec<u8>]) -> Vec<String> {
    chain.iter().map(|der| STANDARD.encode(der)).collect()
}

/// The certificates (DER) in the value of an `x5c` member; nothing about them is checked but their size and
/// number.
///
/// # Errors
/// When it is no array of one to four base64 texts.
pub fn from_header(value: &Value) -> Result<Vec<Vec<u8>>, X5cFault> {
    let texts = value.as_array().ok_or(X5cFault::Shape)?;
    if texts.is_empty() || texts.len() > MAX_CERTIFICATES {
        return Err(X5cFault::Number);
    }
    let read = |text: &Value| {
        let text = text.as_str().ok_or(X5cFault::Shape)?;
        if text.len() > MAX_CERTIFICATE / 3 * 4 {
            return Err(X5cFault::TooLong);
        }
        STANDARD.decode(text).map_err(|_| X5cFault::NotBase64)
    };
    texts.iter().map(read).collect()
}

/// Messages complete "cannot read x5c: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum X5cFault {
    /// Not an array of texts.
    #[error("it is not an array of texts")]
    Shape,
    /// Empty, or longer than any chain of ours.
    #[error("it has no certificate, or too many")]
    Number,
    /// A certificate beyond all measure.
    #[error("a certificate is too long")]
    TooLong,
    /// base64url, white space, no padding.
    #[error("a certificate is not base64")]
    NotBase64,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn chains_come_back_and_other_values_do_not() {
        let chain = vec![vec![0xfb, 0xff], vec![1, 2, 3, 4]];
        let header = json!(to_header(&chain));
        assert_eq!(header, json!(["+/8=", "AQIDBA=="]));
        assert_eq!(from_header(&header), Ok(chain));
        let cases = [
            (json!("+/8="), X5cFault::Shape),
            (json!([1]), X5cFault::Shape),
            (json!([]), X5cFault::Number),
            (json!(["", "", "", "", ""]), X5cFault::Number),
            (json!(["-_8="]), X5cFault::NotBase64),
            (json!(["+/8"]), X5cFault::NotBase64),
            (json!(["A".repeat(MAX_CERTIFICATE * 2)]), X5cFault::TooLong),
        ];
        for (value, fault) in cases {
            assert_eq!(from_header(&value), Err(fault), "{value}");
        }
    }
}
