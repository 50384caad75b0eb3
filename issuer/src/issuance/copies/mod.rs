//! Copies of a card in further formats, several at once: one for each key that the phone proves, so that what it
//! shows to one verifier cannot be matched with what it shows to another.
//!
//! One commit: place, status entries, signatures and audit go in together, and only what was committed leaves the
//! house. A signature that is made and not committed is known to nobody, so there is no intent to record first as
//! for certificates, whose serial numbers must never stand for two things.

mod code;
mod format;
mod issue;
mod sd_jwt;

use serde_json::Value;

pub use self::code::CodeCopies;
pub use self::format::{CopyBinding, CopyContent, CopyFormat};
use self::issue::IssueCopies;
pub use self::sd_jwt::SdJwtCopies;
use super::Issuance;
use super::enrolment::{DeviceClaim, EnrolmentError};
use super::proof::ProvenKey;
use super::token::AccessToken;
use crate::audit::Actor;
use crate::store::id::{CopyId, DeviceId};

/// The most copies of one format that a device holds at once: several batches, for a phone that lost some.
pub const MOST_COPIES: i64 = 60;

/// Every format in which there are copies.
pub const FORMATS: &[&dyn CopyFormat] = &[&SdJwtCopies, &CodeCopies];

/// The format of a credential configuration.
pub fn format_of(configuration: &str) -> Option<&'static dyn CopyFormat> {
    FORMATS.iter().copied().find(|format| format.configuration() == configuration)
}

/// Keys that were proven with one nonce, none of them twice; only [`ProvenKeys::new`] makes it.
#[derive(Debug, Clone)]
pub struct ProvenKeys(Vec<ProvenKey>);

impl ProvenKeys {
    /// Takes one key or more.
    ///
    /// # Errors
    /// See [`KeysError`].
    pub fn new(keys: Vec<ProvenKey>) -> Result<Self, KeysError> {
        let first = keys.first().ok_or(KeysError::None)?;
        if keys.iter().any(|key| key.nonce().hash != first.nonce().hash) {
            return Err(KeysError::SeveralNonces);
        }
        let mut thumbprints: Vec<_> = keys.iter().map(|key| key.key().thumbprint()).collect();
        thumbprints.sort();
        thumbprints.dedup();
        if thumbprints.len() < keys.len() { Err(KeysError::Twice) } else { Ok(Self(keys)) }
    }
}

/// Messages complete "cannot accept key proofs: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// No key.
    #[error("there is none")]
    None,
    /// They answer different nonces.
    #[error("they answer different nonces")]
    SeveralNonces,
    /// A key stands there twice.
    #[error("a key is proven twice")]
    Twice,
}

impl Issuance {
    /// Gives each proven key a copy of the card: a new one, or the same bytes again. A grant that has opened no
    /// device yet opens one.
    ///
    /// # Errors
    /// See [`EnrolmentError`]; nothing is lost by any of them.
    pub async fn copies(
        &self,
        access: AccessToken,
        keys: ProvenKeys,
        claim: DeviceClaim,
        format: &'static dyn CopyFormat,
    ) -> Result<Vec<Value>, EnrolmentError> {
        let now = self.now();
        let entropy = &*self.entropy;
        let fresh = keys.0.iter().map(|_| (CopyId::fresh(now, entropy), entropy.bytes())).collect();
        let verb = IssueCopies {
            issuance: self.clone(),
            access,
            keys: keys.0,
            fresh,
            claim,
            format,
            device_id: DeviceId::fresh(now, entropy),
            act: self.act(Actor::Wallet),
        };
        let copies = self.store.write(verb).await??;
        copies.into_iter().map(|copy| copy.credential(format)).collect()
    }
}
