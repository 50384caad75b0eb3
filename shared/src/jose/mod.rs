//! Keys and signatures in JSON: ES256 over P-256 and nothing else.
//!
//! - [`jwk`] a public key, on the curve and without private members
//! - [`thumbprint`] its name (RFC 7638)
//! - [`numeric_date`] seconds since 1970
//! - [`jws`] a compact signature: read, checked, or prepared for a key that this crate never sees
//! - [`x5c`] a certificate chain in a header
//! - [`dpop`] proof of possession of the key that a token is bound to (RFC 9449)

pub mod dpop;
pub mod jwk;
pub mod jws;
pub mod numeric_date;
pub mod thumbprint;
pub mod x5c;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;

/// base64url without padding (RFC 7515 §2).
pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The inverse of [`base64url`]; strict: no padding, no stray bits, no white space.
pub(crate) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Reads a JSON object. Derived readers take arrays for structures too, member by position; nobody means that.
pub(crate) fn json_object<T: DeserializeOwned>(json: &[u8]) -> Option<T> {
    if json.trim_ascii_start().first() == Some(&b'{') { serde_json::from_slice(json).ok() } else { None }
}
