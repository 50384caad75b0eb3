//! The key that a sign-in is bound to, and the token with it.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use shared::entropy::Entropy;
use shared::jose::dpop;
use shared::jose::jwk::PublicJwk;
use shared::secret::Secret;
use zeroize::Zeroizing;

use crate::acquire::proof::{ProvenRequest, Prover, fresh_claims};
use crate::documents::{HolderToken, StoreError};

/// A key in memory: see [`HolderToken::key`] for why it is not in the secure element.
pub(crate) struct HolderKey {
    signing: SigningKey,
    public: PublicJwk,
    kept: Secret,
}

impl HolderKey {
    /// A new key.
    pub(crate) fn fresh(entropy: &dyn Entropy) -> Result<Self, StoreError> {
        loop {
            let scalar: Zeroizing<[u8; 32]> = Zeroizing::new(entropy.bytes());
            // Uniform below the order: what is 0 or too big is drawn again (FIPS 186-5, A.2.2).
            if let Ok(signing) = SigningKey::from_slice(scalar.as_slice()) {
                return Self::of(signing, Secret::new(URL_SAFE_NO_PAD.encode(scalar.as_slice())));
            }
        }
    }

    /// A key as it was kept.
    pub(crate) fn from_kept(kept: &Secret) -> Result<Self, StoreError> {
        let damaged = StoreError::Damaged("the key of a sign-in is no key");
        let Ok(scalar) = URL_SAFE_NO_PAD.decode(kept.expose()).map(Zeroizing::new) else {
            return Err(damaged);
        };
        match SigningKey::from_slice(&scalar) {
            Ok(signing) => Self::of(signing, kept.clone()),
            Err(_) => Err(damaged),
        }
    }

    fn of(signing: SigningKey, kept: Secret) -> Result<Self, StoreError> {
        let point = signing.verifying_key().to_sec1_point(false);
        let public = PublicJwk::from_sec1(point.as_bytes());
        let public = public.map_err(|_| StoreError::Damaged("the key of a sign-in is no key"))?;
        Ok(Self { signing, public, kept })
    }

    /// The key, for keeping.
    pub(crate) fn to_kept(&self) -> Secret {
        self.kept.clone()
    }
}

#[async_trait]
impl Prover for HolderKey {
    async fn prove_request(&self, request: &ProvenRequest<'_>) -> Result<Secret, StoreError> {
        let jti = request.fresh_jti();
        let input = dpop::signing_input(&self.public, &fresh_claims(request, &jti));
        let input = input.map_err(|_| StoreError::Damaged("a proof cannot be written"))?;
        let signature: Signature = self.signing.sign(input.as_bytes());
        Ok(Secret::new(input.finish(signature.to_bytes().into())))
    }
}

/// A token of a sign-in with its key, as it goes along with a pre-authorized code.
pub(crate) struct HolderCredential {
    pub(crate) token: Secret,
    pub(crate) key: Option<HolderKey>,
}

impl HolderCredential {
    /// A token as it was kept.
    pub(crate) fn of(token: &HolderToken) -> Result<Self, StoreError> {
        let key = token.key.as_ref().map(HolderKey::from_kept).transpose()?;
        Ok(Self { token: token.text.clone(), key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestEntropy;

    #[test]
    fn a_key_that_was_kept_is_the_same_key() {
        let key = HolderKey::fresh(&TestEntropy::new(1)).unwrap();
        let again = HolderKey::from_kept(&key.to_kept()).unwrap();
        assert_eq!(again.public.thumbprint(), key.public.thumbprint());
        let other = HolderKey::fresh(&TestEntropy::new(2)).unwrap();
        assert_ne!(other.public.thumbprint(), key.public.thumbprint());
        for kept in ["", "AAAA", "ą", &"A".repeat(43)] {
            assert!(HolderKey::from_kept(&Secret::new(kept)).is_err(), "{kept}");
        }
    }
}
