//! DPoP (RFC 9449): a request comes from the holder of a key.

mod build;
mod check;

pub use build::{DpopClaims, signing_input};
pub use check::{DpopCheck, DpopError, ProvenDpop, UnverifiedDpop};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use super::base64url;
use super::numeric_date::NumericDate;

/// The `typ` of a DPoP proof (§4.2).
pub const DPOP_TYP: &str = "dpop+jwt";

/// How far `iat` may lie from the server's time, in both directions, unless a deployment says otherwise.
pub const DPOP_WINDOW: SignedDuration = SignedDuration::from_secs(300);

/// The longest `jti` that is accepted, in bytes: the caller has to remember it.
pub const MAX_JTI_LENGTH: usize = 128;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: NumericDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ath: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
}

/// §4.3, check 9; parsing has already normalised case, default port and dot segments (RFC 3986 §6.2.2, §6.2.3).
fn without_query(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// `ath`: base64url of the SHA-256 of the token's ASCII (§4.2).
fn access_token_hash(token: &str) -> String {
    base64url(Sha256::digest(token.as_bytes()))
}
