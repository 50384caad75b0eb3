//! Key proof (OpenID4VCI 1.0 §8.2): an untrusted proof becomes a [`ProvenKey`].

use shared::jose::jwk::PublicJwk;
use shared::vci::proof::{ProofError as WireError, UnverifiedProof};

use super::Issuance;
use super::nonce::{LiveNonce, recognise};

/// A key whose holder signed a nonce of ours; private fields, so only [`Issuance::prove`] makes one.
#[derive(Debug, Clone)]
pub struct ProvenKey {
    key: PublicJwk,
    nonce: LiveNonce,
}

impl ProvenKey {
    /// The key.
    pub fn key(&self) -> &PublicJwk {
        &self.key
    }

    /// The nonce, which is spent only together with what the key is given.
    pub(super) fn nonce(&self) -> &LiveNonce {
        &self.nonce
    }
}

impl Issuance {
    /// Verifies a proof. Nothing is spent, so that a forged proof cannot burn a live nonce.
    ///
    /// With `strict_time` the proof's own `iat` is held against the clock; without, as under a sandbox clock
    /// that wallets do not share, the nonce's time stands for it.
    ///
    /// # Errors
    /// See [`ProofError`].
    pub fn prove(&self, jwt: &str, strict_time: bool) -> Result<ProvenKey, ProofError> {
        let now = self.now();
        let proof = UnverifiedProof::parse(jwt)?;
        let nonce = proof.nonce().ok_or(ProofError::NonceMissing)?;
        let nonce = recognise(&self.keys, nonce.expose(), now).ok_or(ProofError::NonceNotLive)?;
        let verified =
            proof.verify(&self.addresses.issuer, now, (!strict_time).then_some(nonce.issued_at))?;
        Ok(ProvenKey { key: verified.key().clone(), nonce })
    }
}

/// Messages complete "cannot accept key proof: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The proof itself is wrong.
    #[error(transparent)]
    Wrong(#[from] WireError),
    /// It answers no nonce.
    #[error("nonce is missing")]
    NonceMissing,
    /// The nonce is not ours or too old.
    #[error("nonce is unknown or expired")]
    NonceNotLive,
}
