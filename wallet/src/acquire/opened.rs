//! The first half of an activation: everything that can be found out, and refused, before a code is asked for.

use jiff::Timestamp;
use shared::secret::Secret;
use shared::vci::credential::DeviceInfo;
use shared::vci::metadata::IssuerMetadata;
use shared::vci::offer::{PreAuthorizedGrant, TxCode};
use shared::vci::uri::{HttpUrl, IssuerUrl};
use shared::x509::chain::TrustAnchor;

use super::consent::missing;
use super::copies;
use super::event::{Observer, Step};
use super::exchange::Line;
use super::metadata::{self, TokenServer};
use super::offer::{FetchError, OfferSource};
use super::refusal::ActivateError;
use super::resume::slip_is_over;
use crate::app_kind::AppKind;
use crate::device::DeviceDescription;
use crate::documents::{
    ClockVerdict, CopyOffer, Endpoints, HolderToken, Issuer, OfferHash, StoreError, TrustedRoot,
};
use crate::junior::key::HolderCredential;
use crate::online::OnlinePhone;
use crate::phone::UnlockedPhone;

/// An offer that was fetched and that this phone may follow; it says what the pupil is to be asked.
pub struct OpenedOffer {
    pub(super) entitlement: Entitlement,
    pub(super) hash: OfferHash,
    pub(super) issuer: IssuerUrl,
    pub(super) name: String,
    pub(super) configuration: String,
    pub(super) copies: Vec<CopyOffer>,
    pub(super) endpoints: Endpoints,
    /// Whether tokens are bound to keys.
    pub(super) dpop: bool,
    pub(super) anchors: Vec<TrustAnchor>,
    pub(super) device: DeviceDescription,
}

/// What the card is given for.
pub(super) enum Entitlement {
    /// The code behind a slip.
    Slip(Box<Slip>),
    /// The refresh token of an earlier try: the card is bound to this phone, and the slip opens nothing any more.
    RefreshToken(Secret),
}

/// A slip whose offer was fetched.
pub(super) struct Slip {
    pub(super) source: OfferSource,
    pub(super) lookup: Option<HttpUrl>,
    pub(super) grant: PreAuthorizedGrant,
}

impl OpenedOffer {
    /// Who offers.
    pub fn issuer(&self) -> &IssuerUrl {
        &self.issuer
    }

    /// What the issuer calls itself.
    pub fn issuer_name(&self) -> &str {
        &self.name
    }

    /// How the activation code looks, if one is needed.
    pub fn asks_code(&self) -> Option<&TxCode> {
        match &self.entitlement {
            Entitlement::Slip(slip) => slip.grant.tx_code.as_ref(),
            Entitlement::RefreshToken(_) => None,
        }
    }

    pub(super) fn kept_issuer(&self) -> Issuer {
        Issuer { identifier: self.issuer.as_str().to_owned(), name: self.name.clone() }
    }

    /// The code in `typed` as the issuer wants it, or nothing if it wants none.
    pub(crate) fn code(&self, typed: Option<&Secret>) -> Result<Option<Secret>, ActivateError> {
        match (self.asks_code(), typed) {
            (None, _) => Ok(None),
            (Some(_), None) => Err(ActivateError::CodeNeeded),
            (Some(wanted), Some(typed)) => fit(typed.expose(), wanted).map(Some),
        }
    }
}

impl OnlinePhone {
    /// Opens an offer: fetches it, asks its issuer who it is, and refuses what this phone cannot or must not follow.
    ///
    /// No activation code is involved yet, and the issuer has counted nothing. Of a slip that is over the activation is
    /// found that was begun with it, if the issuer has bound the card to this phone.
    ///
    /// # Errors
    /// See [`ActivateError`]; above all when the issuer is not one that the phone trusts.
    pub async fn open_offer(
        &self,
        source: OfferSource,
        observer: &dyn Observer,
    ) -> Result<OpenedOffer, ActivateError> {
        let (hash, now) = (source.hash(), self.now());
        let device = self.with_phone(move |phone| ready(phone, &hash, now)).await?;
        if let Some(issuer) = source.known_issuer() {
            self.anchors(issuer).await?;
        }
        let line = Line::new(self.surroundings(), observer);
        let hash = source.hash();
        match self.open_slip(&line, source, device).await {
            Err(over) if slip_is_over(&over) => self.open_begun(&line, &hash).await?.ok_or(over),
            outcome => outcome,
        }
    }

    async fn open_slip(
        &self,
        line: &Line<'_>,
        source: OfferSource,
        device: DeviceDescription,
    ) -> Result<OpenedOffer, ActivateError> {
        // A typed code is resolved by its issuer, so there the metadata come first.
        let (early, lookup) = match source.known_issuer().filter(|_| source.is_typed()) {
            Some(issuer) => {
                let metadata = metadata::issuer(line, issuer).await?;
                let lookup = metadata.mleg_typed_code_endpoint.clone();
                (Some(metadata), lookup)
            }
            None => (None, None),
        };
        let offer = source.fetch(line, lookup.as_ref()).await?;
        let issuer = offer.credential_issuer;
        let anchors = self.anchors(&issuer).await?;
        self.holder_credential(&issuer).await?;
        let metadata = match early {
            Some(metadata) if metadata.credential_issuer == issuer => metadata,
            Some(_) => return Err(ActivateError::AnotherIssuer),
            None => metadata::issuer(line, &issuer).await?,
        };
        let grant = offer.grants.pre_authorized.ok_or(ActivateError::NotPreAuthorized)?;
        let server = metadata::token_server(line, &metadata, grant.authorization_server.as_ref()).await?;
        let (configuration, _) = metadata::configuration(&metadata, &offer.credential_configuration_ids)
            .ok_or(ActivateError::UnknownCredential)?;

        line.began(Step::Requirements);
        let unmet = offer.mleg_requirements.and_then(|requirements| {
            let DeviceInfo { platform, os_version, app_version, .. } = DeviceInfo::from(&device);
            requirements.unmet_by(&platform, &os_version, &app_version)
        });
        if let Some(unmet) = unmet {
            return Err(ActivateError::PhoneTooOld(unmet));
        }
        Ok(OpenedOffer {
            hash: source.hash(),
            name: metadata::name(&metadata),
            configuration: configuration.to_owned(),
            copies: copies::offers(&metadata, &offer.credential_configuration_ids),
            endpoints: endpoints(&metadata, &server),
            dpop: server.dpop,
            entitlement: Entitlement::Slip(Box::new(Slip { source, lookup, grant })),
            issuer,
            anchors,
            device,
        })
    }

    /// What proves to `issuer` who holds this phone; `None` on a standard phone. It is for the issuer where the pupil
    /// signed in and for nobody else.
    pub(super) async fn holder_credential(
        &self,
        issuer: &IssuerUrl,
    ) -> Result<Option<HolderCredential>, ActivateError> {
        let now = self.now();
        match self.with_phone(move |phone| signed_in(phone, now)).await? {
            Some((at, _)) if at != issuer.as_str() => Err(ActivateError::SignedInElsewhere(at)),
            Some((_, token)) => Ok(Some(HolderCredential::of(&token)?)),
            None => Ok(None),
        }
    }

    /// The roots that are believed for `issuer`.
    pub(crate) async fn anchors(&self, issuer: &IssuerUrl) -> Result<Vec<TrustAnchor>, ActivateError> {
        let identifier = issuer.as_str().to_owned();
        let roots = self.with_phone(move |phone| phone.documents().roots_for(&identifier)).await?;
        if roots.is_empty() {
            return Err(ActivateError::UntrustedIssuer(issuer.clone()));
        }
        Ok(anchors_of(&roots)?)
    }
}

fn endpoints(metadata: &IssuerMetadata, server: &TokenServer) -> Endpoints {
    let url = |url: &HttpUrl| url.as_url().clone();
    Endpoints {
        token: url(&server.token_endpoint),
        credential: url(&metadata.credential_endpoint),
        nonce: metadata.nonce_endpoint.as_ref().map(url),
        notification: metadata.notification_endpoint.as_ref().map(url),
    }
}

/// Roots as chains are verified against.
pub(crate) fn anchors_of(roots: &[TrustedRoot]) -> Result<Vec<TrustAnchor>, StoreError> {
    let read = |root: &TrustedRoot| TrustAnchor::from_der(root.certificate.as_slice());
    roots
        .iter()
        .map(|root| read(root).map_err(|_| StoreError::Damaged("a trusted root is not readable")))
        .collect()
}

/// What must hold on the phone before it asks anybody anything.
fn ready(
    phone: &UnlockedPhone,
    offer: &OfferHash,
    now: Timestamp,
) -> Result<DeviceDescription, ActivateError> {
    let documents = phone.documents();
    if let ClockVerdict::Behind { floor } = documents.time_floor()?.judge(now) {
        return Err(ActivateError::ClockBehind { floor });
    }
    let missing = missing(&documents.consents()?);
    if !missing.is_empty() {
        return Err(ActivateError::ConsentMissing(missing));
    }
    signed_in(phone, now)?;
    if let Some(id) = documents.opened_by(offer)? {
        return Err(ActivateError::AlreadyHeld { id, freed: None });
    }
    Ok(documents.device()?)
}

/// The sign-in that an activation rests on: none on a standard phone, and a live one on a phone for pupils.
fn signed_in(phone: &UnlockedPhone, now: Timestamp) -> Result<Option<(String, HolderToken)>, ActivateError> {
    if phone.app_kind() == AppKind::Standard {
        return Ok(None);
    }
    let session = phone.documents().holder_session()?;
    match session.as_ref().and_then(|session| session.live_token(now)) {
        Some(token) => Ok(session.as_ref().map(|session| (session.issuer.clone(), token.clone()))),
        None => Err(ActivateError::SignInNeeded { expired: session.is_some() }),
    }
}

/// Holds what was typed against what the issuer asks for, so that a slip of the finger costs no try.
fn fit(typed: &str, wanted: &TxCode) -> Result<Secret, ActivateError> {
    use shared::vci::offer::InputMode;
    let code: String = match wanted.input_mode {
        InputMode::Numeric => typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect(),
        InputMode::Text => typed.trim().to_owned(),
    };
    let code = Secret::new(code);
    let length = code.expose().chars().count();
    let right_length = wanted.length.map_or(length > 0, |wanted| u32::try_from(length) == Ok(wanted));
    let right_kind =
        wanted.input_mode == InputMode::Text || code.expose().bytes().all(|b| b.is_ascii_digit());
    if right_length && right_kind {
        Ok(code)
    } else {
        Err(ActivateError::CodeMalformed { digits: wanted.length })
    }
}

impl From<FetchError> for ActivateError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Exchange(error) => Self::Exchange(error),
            FetchError::NoLookup => Self::NoTypedCodes,
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::vci::offer::InputMode;

    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_found_before_it_costs_a_try() {
        let digits = TxCode { input_mode: InputMode::Numeric, length: Some(8), description: None };
        for (typed, expected) in [
            ("12345678", Some("12345678")),
            (" 1234 5678\n", Some("12345678")),
            ("1234-5678", Some("12345678")),
            ("00000001", Some("00000001")),
            ("1234567", None),
            ("123456789", None),
            ("1234567O", None),
            ("", None),
        ] {
            let code = fit(typed, &digits).ok();
            assert_eq!(code.as_ref().map(Secret::expose), expected, "{typed:?}");
        }
        let words = TxCode { input_mode: InputMode::Text, length: None, description: None };
        assert_eq!(fit(" Open-Sesame ", &words).unwrap().expose(), "Open-Sesame");
        assert!(fit("  ", &words).is_err());
    }
}
