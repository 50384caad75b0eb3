//! The holder's signature over what is shown, to whom and when (RFC 9901 §4.3).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::KB_JWT;
use crate::jose::base64url;
use crate::jose::jws::{ES256, JwsError, SigningInput};
use crate::jose::numeric_date::NumericDate;

/// The longest key-binding JWT that is looked at.
pub(super) const MAX_KB_JWT: usize = 8 * 1024;

/// What the holder signs; members in the order of the standard.
#[derive(Serialize, Deserialize)]
pub(super) struct BindingClaims {
    pub(super) iat: NumericDate,
    pub(super) aud: String,
    pub(super) nonce: String,
    pub(super) sd_hash: String,
}

/// `sd_hash` (RFC 9901 §4.3.1) of everything up to the last tilde and with it.
pub(super) fn sd_hash(presented: &str) -> String {
    base64url(Sha256::digest(presented.as_bytes()))
}

pub(super) fn signing_input(
    presented: &str,
    audience: &str,
    nonce: &str,
    issued_at: Timestamp,
) -> Result<SigningInput, JwsError> {
    let claims = BindingClaims {
        iat: NumericDate::new(issued_at),
        aud: audience.to_owned(),
        nonce: nonce.to_owned(),
        sd_hash: sd_hash(presented),
    };
    SigningInput::new(&json!({"alg": ES256, "typ": KB_JWT}), &claims)
}
