//! The proof is answered with the card (OpenID4VCI 1.0 §8); what comes is not yet verified.

use shared::secret::Secret;
use shared::vci::credential::{
    CredentialRequest, CredentialResponse, DeviceInfo, Proofs, RequestedCredential, X509Credential,
};
use shared::vci::error::{CredentialErrorCode, ErrorCode as _};
use shared::vci::json::MAX_RESPONSE_LENGTH;
use shared::vci::token::{TokenResponse, TokenType};
use shared::vci::uri::IssuerUrl;
use url::Url;

use super::event::{Event, Step};
use super::exchange::{Call, Line};
use super::failure::{Endpoint, ExchangeError};
use super::nonce;
use super::proof::DeviceKey;
use crate::device::DeviceDescription;
use crate::online::Surroundings;
use crate::transport::{Body, JSON, Request};

/// Where cards come from.
pub(crate) struct CredentialEndpoint<'a> {
    /// The audience of proofs.
    pub(crate) issuer: &'a IssuerUrl,
    pub(crate) url: &'a Url,
    pub(crate) nonce: Option<&'a Url>,
    pub(crate) configuration: &'a str,
}

/// A card as it came, with the id that notifications about it are to name.
pub(crate) struct DeliveredCard {
    pub(crate) credential: X509Credential,
    pub(crate) notification_id: Option<String>,
}

impl CredentialEndpoint<'_> {
    /// Proves `key` and fetches the card. A nonce that is refused is replaced once.
    pub(crate) async fn fetch(
        &self,
        line: &Line<'_>,
        surroundings: &Surroundings,
        tokens: &TokenResponse,
        key: &DeviceKey,
        device: &DeviceDescription,
    ) -> Result<DeliveredCard, ExchangeError> {
        match self.fetch_once(line, surroundings, tokens, key, device).await {
            Err(ExchangeError::Refused(refusal))
                if refusal.error == CredentialErrorCode::InvalidNonce.as_str() && self.nonce.is_some() =>
            {
                line.tell(Event::NewNonce);
                self.fetch_once(line, surroundings, tokens, key, device).await
            }
            outcome => outcome,
        }
    }

    async fn fetch_once(
        &self,
        line: &Line<'_>,
        surroundings: &Surroundings,
        tokens: &TokenResponse,
        key: &DeviceKey,
        device: &DeviceDescription,
    ) -> Result<DeliveredCard, ExchangeError> {
        let nonce: Option<Secret> = match self.nonce {
            Some(endpoint) => Some(nonce::fetch(line, endpoint).await?),
            None => None,
        };
        line.began(Step::Proof);
        let proof = key.prove(self.issuer, nonce.as_ref(), surroundings.clock.now()).await?;
        line.began(Step::Credential);
        let requested = match tokens.credential_identifier(self.configuration) {
            Some(identifier) => RequestedCredential::Identifier(identifier.to_owned()),
            None => RequestedCredential::Configuration(self.configuration.to_owned()),
        };
        let request = CredentialRequest {
            requested,
            proofs: Proofs::one(proof),
            device: Some(DeviceInfo::from(device)),
        };
        let unreadable = |what| ExchangeError::Unreadable { endpoint: Endpoint::Credential, what };
        let body = serde_json::to_string(&request).map_err(|_| unreadable("it cannot even be asked"))?;
        let body = Body { content_type: JSON, text: Secret::new(body) };
        let request = Request::post(self.url.clone(), Some(body), MAX_RESPONSE_LENGTH);
        let token = (tokens.token_type, &tokens.access_token);
        // Asked again with the same nonce by the same key, the issuer delivers the same card again.
        let response = line.ask(&Call::authorized(Endpoint::Credential, request, token, key)).await?;
        let response: CredentialResponse<X509Credential> = CredentialResponse::parse(&response.body)
            .map_err(|_| unreadable("it holds no card of the expected format"))?;
        let [issued]: [_; 1] =
            response.credentials.try_into().map_err(|_| unreadable("it does not hold exactly one card"))?;
        Ok(DeliveredCard { credential: issued.credential, notification_id: response.notification_id })
    }
}

/// The token's scheme and text, as calls take it.
pub(crate) fn presented(tokens: &TokenResponse) -> (TokenType, &Secret) {
    (tokens.token_type, &tokens.access_token)
}
