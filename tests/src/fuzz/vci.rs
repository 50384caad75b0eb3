//! Offers and the messages of issuing.

use shared::activation_code::ActivationCode;
use shared::typed_code::TypedCode;
use shared::vci::credential::{CredentialRequest, CredentialResponse};
use shared::vci::error::ErrorBody;
use shared::vci::metadata::{AuthorizationServerMetadata, IssuerMetadata};
use shared::vci::nonce::NonceResponse;
use shared::vci::notification::NotificationRequest;
use shared::vci::offer::CredentialOffer;
use shared::vci::offer_uri::{MAX_OFFER_URI_LENGTH, OfferUri};
use shared::vci::token::{MAX_TOKEN_REQUEST_LENGTH, TokenRequest, TokenResponse};
use shared::vci::uri::{HttpUrl, IssuerUrl, UrlPolicy};

use super::known;

/// [`CredentialOffer`] as JSON and [`OfferUri`] as text.
pub fn offer(bytes: &[u8]) {
    if let Ok(offer) = CredentialOffer::parse(bytes) {
        let written = serde_json::to_vec(&offer).expect("an offer is JSON");
        if written.len() <= bytes.len() {
            assert_eq!(CredentialOffer::parse(&written).as_ref(), Ok(&offer));
        }
    }
    let Some(text) = known::text(bytes) else { return };
    if let Ok(offer) = OfferUri::parse(text) {
        let written = offer.to_text().expect("an offer is text");
        if written.len() <= MAX_OFFER_URI_LENGTH {
            assert_eq!(OfferUri::parse(&written).as_ref(), Ok(&offer));
        }
        let _ = format!("{offer:?}");
    }
}

/// Every other message of issuing, and what people type.
pub fn vci(bytes: &[u8]) {
    if let Ok(request) = TokenRequest::parse(bytes) {
        let form = request.to_form();
        // What is no UTF-8 is read as another character, which takes nine bytes to write.
        if form.expose().len() <= MAX_TOKEN_REQUEST_LENGTH {
            assert_eq!(TokenRequest::parse(form.expose().as_bytes()).as_ref(), Ok(&request));
        }
    }
    let _ = TokenResponse::parse(bytes);
    let _ = CredentialRequest::parse(bytes);
    let _ = CredentialResponse::<serde_json::Value>::parse(bytes);
    let _ = NotificationRequest::parse(bytes);
    let _ = NonceResponse::parse(bytes);
    let _ = ErrorBody::parse(bytes);
    if let Ok(issuer) = IssuerUrl::parse("https://issuer.example", UrlPolicy::default()) {
        let _ = IssuerMetadata::parse(bytes, &issuer);
        let _ = AuthorizationServerMetadata::parse(bytes, &issuer);
    }
    let Some(text) = known::text(bytes) else { return };
    if let Ok(address) = HttpUrl::parse(text, UrlPolicy::default()) {
        assert_eq!(HttpUrl::parse(address.as_str(), UrlPolicy::default()).as_ref(), Ok(&address));
    }
    let _ = (ActivationCode::parse(text), TypedCode::parse(text));
}
