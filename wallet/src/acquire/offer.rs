//! Where an offer comes from and what it leads to (OpenID4VCI 1.0 §4.1).

use std::fmt;

use shared::secret::Secret;
use shared::typed_code::TypedCode;
use shared::vci::offer::{CredentialOffer, MAX_OFFER_LENGTH};
use shared::vci::offer_uri::{OfferUri, OfferUriError};
use shared::vci::typed_code::TypedCodeRequest;
use shared::vci::uri::{HttpUrl, IssuerUrl};

use super::event::Step;
use super::exchange::{Call, Line};
use super::failure::{Endpoint, ExchangeError};
use crate::documents::OfferHash;
use crate::transport::{Body, JSON, Request};

/// What the pupil holds in their hand; a bearer secret.
#[derive(Clone)]
pub struct OfferSource(Source);

#[derive(Clone)]
enum Source {
    /// The text of the QR code.
    Uri { text: Secret, uri: OfferUri },
    /// What is printed below it.
    Typed { code: TypedCode, issuer: IssuerUrl },
}

impl OfferSource {
    /// Takes the text of a QR code, or of a link: `openid-credential-offer://?…`.
    ///
    /// # Errors
    /// See [`OfferUriError`].
    pub fn from_text(text: &str) -> Result<Self, OfferUriError> {
        let text = text.trim();
        Ok(Self(Source::Uri { text: Secret::new(text), uri: OfferUri::parse(text)? }))
    }

    /// Takes a typed code, which only its issuer can resolve.
    pub fn typed(code: TypedCode, issuer: IssuerUrl) -> Self {
        Self(Source::Typed { code, issuer })
    }

    /// What stands for this offer after a kill, so that the same slip meets the same device key.
    pub(crate) fn hash(&self) -> OfferHash {
        match &self.0 {
            Source::Uri { text, .. } => OfferHash::of_text(text.expose()),
            Source::Typed { code, issuer } => {
                OfferHash::of_text(&format!("typed {issuer} {}", code.expose()))
            }
        }
    }

    /// The issuer, where it is known before anything is fetched.
    pub(crate) fn known_issuer(&self) -> Option<&IssuerUrl> {
        match &self.0 {
            Source::Uri { uri: OfferUri::ByValue(offer), .. } => Some(&offer.credential_issuer),
            Source::Uri { uri: OfferUri::ByReference(_), .. } => None,
            Source::Typed { issuer, .. } => Some(issuer),
        }
    }

    /// Whether the issuer's metadata must be known before the offer can be had.
    pub(crate) fn is_typed(&self) -> bool {
        matches!(self.0, Source::Typed { .. })
    }

    /// Whether fetching it again brings a fresh pre-authorized code.
    pub(crate) fn can_be_fetched_again(&self) -> bool {
        !matches!(self.0, Source::Uri { uri: OfferUri::ByValue(_), .. })
    }

    /// The offer; `lookup` is where typed codes are resolved, if the issuer does that.
    pub(crate) async fn fetch(
        &self,
        line: &Line<'_>,
        lookup: Option<&HttpUrl>,
    ) -> Result<CredentialOffer, FetchError> {
        let (endpoint, request) = match &self.0 {
            Source::Uri { uri: OfferUri::ByValue(offer), .. } => return Ok((**offer).clone()),
            Source::Uri { uri: OfferUri::ByReference(address), .. } => {
                let request = Request::get(address.expose().as_url().clone(), MAX_OFFER_LENGTH);
                (Endpoint::Offer, Request { secret_address: true, ..request })
            }
            Source::Typed { code, .. } => {
                let lookup = lookup.ok_or(FetchError::NoLookup)?;
                let request = TypedCodeRequest { typed_code: Secret::new(code.expose()) };
                let unreadable = |what| ExchangeError::Unreadable { endpoint: Endpoint::TypedCode, what };
                let body =
                    serde_json::to_string(&request).map_err(|_| unreadable("it cannot even be asked"))?;
                let body = Body { content_type: JSON, text: Secret::new(body) };
                let request = Request::post(lookup.as_url().clone(), Some(body), MAX_OFFER_LENGTH);
                (Endpoint::TypedCode, request)
            }
        };
        line.began(Step::Offer);
        let response = line.ask(&Call::open(endpoint, request)).await?;
        CredentialOffer::parse(&response.body)
            .map_err(|_| ExchangeError::Unreadable { endpoint, what: "it is no offer" }.into())
    }
}

impl fmt::Debug for OfferSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Uri { uri, .. } => uri.fmt(f),
            Source::Typed { issuer, .. } => write!(f, "Typed(…, {issuer})"),
        }
    }
}

/// Why there is no offer. Messages complete "cannot open the offer: …".
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// The issuer did not give it.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// The issuer's metadata name no lookup.
    #[error("this issuer resolves no typed codes")]
    NoLookup,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_slip_has_the_same_hash_and_shows_no_secret() {
        let text = "openid-credential-offer://?credential_offer_uri=http%3A%2F%2F127.0.0.1:8080%2Fo%2Fabc";
        let scanned = OfferSource::from_text(text).unwrap();
        let pasted = OfferSource::from_text(&format!(" {text}\n")).unwrap();
        assert_eq!(scanned.hash(), pasted.hash());
        assert_ne!(scanned.hash(), OfferSource::from_text(&text.replace("abc", "abd")).unwrap().hash());
        assert!(!format!("{scanned:?}").contains("abc"));
    }
}
