//! The device key at work: key proofs (OpenID4VCI 1.0 Appendix F.1) and DPoP proofs (RFC 9449), both by the one key
//! that the certificate will be about.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use shared::entropy::Entropy;
use shared::jose::dpop::{self, DpopClaims};
use shared::jose::jwk::PublicJwk;
use shared::jose::jws::{JwsError, SigningInput};
use shared::secret::Secret;
use shared::vci::proof;
use shared::vci::uri::IssuerUrl;
use url::Url;

use crate::documents::StoreError;
use crate::online::blocking;
use crate::phone::UnlockedPhone;
use crate::secure_element::KeyHandle;
use crate::transport::Method;

/// A device key inside the secure element; only its public half is here.
#[derive(Clone)]
pub(crate) struct DeviceKey {
    phone: Arc<UnlockedPhone>,
    handle: KeyHandle,
    public: PublicJwk,
}

impl DeviceKey {
    /// The key `handle` of `phone`.
    pub(crate) async fn load(phone: Arc<UnlockedPhone>, handle: KeyHandle) -> Result<Self, StoreError> {
        blocking(move || {
            let point = phone.element().public_key(&handle)?;
            let public =
                PublicJwk::from_sec1(&point).map_err(|_| StoreError::Damaged("a device key is no key"))?;
            Ok(Self { phone, handle, public })
        })
        .await
    }

    pub(crate) fn handle(&self) -> &KeyHandle {
        &self.handle
    }

    pub(crate) fn public(&self) -> &PublicJwk {
        &self.public
    }

    /// Proves the key to `issuer` by answering `nonce`.
    pub(crate) async fn prove(
        &self,
        issuer: &IssuerUrl,
        nonce: Option<&Secret>,
        now: Timestamp,
    ) -> Result<String, StoreError> {
        let input = proof::signing_input(&self.public, issuer.as_str(), nonce, now);
        self.sign(input).await
    }

    async fn sign(&self, input: Result<SigningInput, JwsError>) -> Result<String, StoreError> {
        let input = input.map_err(|_| StoreError::Damaged("a proof cannot be written"))?;
        let (phone, handle) = (Arc::clone(&self.phone), self.handle.clone());
        blocking(move || {
            let signature = phone.element().sign(&handle, input.as_bytes())?;
            Ok(input.finish(signature))
        })
        .await
    }
}

/// A key that proves whom a request comes from.
#[async_trait]
pub(crate) trait Prover: Send + Sync {
    /// Proves that a request comes from this key's holder.
    async fn prove_request(&self, request: &ProvenRequest<'_>) -> Result<Secret, StoreError>;
}

#[async_trait]
impl Prover for DeviceKey {
    async fn prove_request(&self, request: &ProvenRequest<'_>) -> Result<Secret, StoreError> {
        let jti = request.fresh_jti();
        let input = dpop::signing_input(&self.public, &fresh_claims(request, &jti));
        self.sign(input).await.map(Secret::new)
    }
}

/// What a DPoP proof is about.
pub(crate) struct ProvenRequest<'a> {
    pub(crate) method: Method,
    pub(crate) url: &'a Url,
    pub(crate) access_token: Option<&'a Secret>,
    /// The server's own nonce, if it asked for one (RFC 9449 §8).
    pub(crate) nonce: Option<&'a str>,
    pub(crate) now: Timestamp,
    pub(crate) entropy: &'a dyn Entropy,
}

impl ProvenRequest<'_> {
    /// A new unique id for a proof.
    pub(crate) fn fresh_jti(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.entropy.bytes::<16>())
    }
}

/// What the proof of `request` says, under the unique id `jti`.
pub(crate) fn fresh_claims<'a>(request: &ProvenRequest<'a>, jti: &'a str) -> DpopClaims<'a> {
    DpopClaims {
        jti,
        method: request.method.as_str(),
        url: request.url,
        now: request.now,
        access_token: request.access_token.map(Secret::expose),
        nonce: request.nonce,
    }
}
