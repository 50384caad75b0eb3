//! The challenge that a key proof answers: stateless until it is spent.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use shared::secret::Secret;

use super::Issuance;
use super::keys::Keys;

/// How long a nonce may be answered.
pub const NONCE_TTL: SignedDuration = SignedDuration::from_mins(5);

/// How far the clocks of issuers on one database may lie apart.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

/// A nonce that is ours and not too old; whether it was spent is judged where it is spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveNonce {
    /// What is kept once it is spent.
    pub hash: [u8; 32],
    /// When it was given out.
    pub issued_at: Timestamp,
    /// When it can be forgotten.
    pub forget_at: Timestamp,
}

impl Issuance {
    /// A fresh `c_nonce`: time, 16 random bytes and a MAC over both.
    pub fn fresh_nonce(&self) -> Secret {
        let mut bytes = self.now().as_microsecond().to_be_bytes().to_vec();
        bytes.extend(self.entropy.bytes::<16>());
        bytes.extend(&self.keys.nonce_mac(&bytes)[..16]);
        Secret::new(BASE64.encode(bytes))
    }
}

/// Recognises a nonce; `None` if it is not ours or too old.
pub(super) fn recognise(keys: &Keys, nonce: &str, now: Timestamp) -> Option<LiveNonce> {
    let bytes: [u8; 40] = BASE64.decode(nonce).ok()?.try_into().ok()?;
    let (content, mac) = bytes.split_at(24);
    let genuine = keys.is_nonce_mac(content, mac);
    let micros = i64::from_be_bytes(*content.first_chunk()?);
    let issued_at = Timestamp::from_microsecond(micros).ok()?;
    let expires_at = issued_at.saturating_add(NONCE_TTL).ok()?;
    // Another issuer of this database may be a little ahead.
    let live = issued_at.duration_since(now) <= SKEW && now < expires_at;
    // Kept well beyond its end, so that a clock that is set back does not meet a forgotten nonce.
    let forget_at = issued_at.saturating_add(SignedDuration::from_hours(24)).ok()?;
    (genuine && live).then(|| LiveNonce {
        hash: Sha256::digest(nonce.as_bytes()).into(),
        issued_at,
        forget_at,
    })
}
