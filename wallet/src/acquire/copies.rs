//! Copies of a card for selective disclosure: several at once, one for each verifier, so that what one of them saw
//! cannot be matched with what another saw.
//!
//! They come after the card and never stand in its way: without them the card is held all the same, and the next
//! refresh asks again.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;
use shared::holder_code::{CredentialFault, HolderKey, UnverifiedCredential};
use shared::jose::jwk::PublicJwk;
use shared::sd_jwt::{DC_SD_JWT, DateFault, SdJwtFault, Trust, UnverifiedSdJwt, VerifyFault};
use shared::secret::Secret;
use shared::vci::credential::{
    CredentialRequest, CredentialResponse, DeviceInfo, MAX_COPIES_LENGTH, Proofs, RequestedCredential,
};
use shared::vci::metadata::IssuerMetadata;
use shared::vci::token::TokenResponse;
use shared::vci::uri::{IssuerUrl, UrlPolicy};
use shared::vci::{CONFIGURATION_CODE, CONFIGURATION_SD_JWT, FORMAT_CODE};
use shared::x509::chain::TrustAnchor;

use super::exchange::{Call, Line};
use super::failure::{Endpoint, ExchangeError};
use super::metadata::{self, MetadataFault};
use super::nonce;
use super::opened::anchors_of;
use super::proof::DeviceKey;
use crate::documents::{ArrivedCopy, CardId, CopyId, CopyOffer, HeldCard, KeepError, StoreError};
use crate::online::OnlinePhone;
use crate::transport::{Body, JSON, Request};

/// How many unused copies a phone wants to have; an answer holds that many photos.
pub const WANTED: usize = 6;

/// With so many left, or fewer, a refresh asks for more.
pub const FEW: usize = 2;

/// The configurations of which this wallet shows copies.
const SHOWN: [&str; 2] = [CONFIGURATION_SD_JWT, CONFIGURATION_CODE];

/// The offered configurations of which this wallet keeps copies.
pub(super) fn offers(metadata: &IssuerMetadata, offered: &[String]) -> Vec<CopyOffer> {
    let batch = metadata.batch_credential_issuance.map_or(1, |batch| batch.batch_size.max(1));
    let known = offered.iter().filter_map(|id| {
        let configuration = metadata.credential_configurations_supported.get(id)?;
        let fits = [DC_SD_JWT, FORMAT_CODE].contains(&configuration.format.as_str())
            && configuration.takes_es256_jwt();
        fits.then(|| CopyOffer { configuration: id.clone(), format: configuration.format.clone(), batch })
    });
    known.collect()
}

impl OnlinePhone {
    /// Asks the issuer in which formats it gives copies today, where the card lacks one that this wallet shows: it may
    /// have come before the issuer gave such copies, or before this wallet kept any.
    pub(crate) async fn learn_copy_offers(&self, line: &Line<'_>, id: &CardId) -> Result<(), CopiesError> {
        let name = id.clone();
        let card = self.with_phone(move |phone| phone.documents().card(&name)).await?;
        let card = card.ok_or(KeepError::NoSuchCard)?;
        let known = |shown: &&str| card.copies.iter().any(|offer| offer.configuration == *shown);
        let lacking: Vec<String> =
            SHOWN.iter().filter(|shown| !known(shown)).map(|shown| (*shown).to_owned()).collect();
        if lacking.is_empty() {
            return Ok(());
        }
        let metadata = metadata::issuer_now(line, &issuer_of(&card)?).await?;
        let (name, found) = (id.clone(), offers(&metadata, &lacking));
        Ok(self.with_phone(move |phone| phone.documents().add_copy_offers(&name, found)).await?)
    }

    /// Fetches copies of a card where few unused ones are left, in every format that its issuer offers. Answers how
    /// many came.
    ///
    /// `tokens` must be bound to the card's own `key`: that is what makes the issuer give copies.
    pub(crate) async fn refill_copies(
        &self,
        line: &Line<'_>,
        id: &CardId,
        tokens: &TokenResponse,
        key: &DeviceKey,
    ) -> Result<usize, CopiesError> {
        let name = id.clone();
        let (card, anchors) = self
            .with_phone(move |phone| {
                let card = phone.documents().card(&name)?.ok_or(KeepError::NoSuchCard)?;
                let roots = phone.documents().roots_for(&card.issuer.identifier)?;
                Ok::<_, KeepError>((card, anchors_of(&roots)?))
            })
            .await?;
        let mut came = 0;
        for offer in &card.copies {
            let asked = Asked { id, card: &card, offer, anchors: &anchors };
            match self.refill_format(line, &asked, tokens, key).await {
                Ok(arrived) => came += arrived,
                // What is wrong with one format is not wrong with the next.
                Err(CopiesError::Exchange(
                    error @ (ExchangeError::Refused(_) | ExchangeError::Unreadable { .. }),
                )) => {
                    tracing::info!(%error, format = offer.format, "a card gets no new copies in one format");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(came)
    }

    /// Copies in one format. Keys whose copies will not do, as when an answer was lost and its copies are over by now,
    /// are given up, and copies for new ones are asked for once.
    async fn refill_format(
        &self,
        line: &Line<'_>,
        asked: &Asked<'_>,
        tokens: &TokenResponse,
        key: &DeviceKey,
    ) -> Result<usize, CopiesError> {
        let mut came = 0;
        for _ in 0..2 {
            let now = self.trusted_now().await?;
            let (name, configuration) = (asked.id.clone(), asked.offer.configuration.clone());
            let copies =
                self.with_phone(move |phone| phone.documents().copies(&name, &configuration)).await?;
            let unused = copies.iter().filter(|(_, copy)| copy.is_unused(now)).count();
            if unused > FEW {
                break;
            }
            let count = (WANTED - unused).min(asked.offer.batch);
            let (arrived, fault) = self.fetch_copies(line, asked, count, tokens, key).await?;
            came += arrived;
            let Some(fault) = fault else { break };
            tracing::info!(%fault, format = asked.offer.format, "a copy that came is given up");
        }
        Ok(came)
    }

    /// Asks for `count` copies, and keeps those that will do. Answers how many these are, and what is wrong with the
    /// others.
    async fn fetch_copies(
        &self,
        line: &Line<'_>,
        asked: &Asked<'_>,
        count: usize,
        tokens: &TokenResponse,
        key: &DeviceKey,
    ) -> Result<(usize, Option<CopyFault>), CopiesError> {
        let issuer = issuer_of(asked.card)?;
        let (name, configuration) = (asked.id.clone(), asked.offer.configuration.clone());
        let begun = self.with_phone(move |phone| phone.begin_copies(&name, &configuration, count)).await?;
        let nonce: Option<Secret> = match &asked.card.endpoints.nonce {
            Some(endpoint) => Some(nonce::fetch(line, endpoint).await?),
            None => None,
        };
        let mut keys = Vec::with_capacity(begun.len());
        let mut proofs = Vec::with_capacity(begun.len());
        for (id, handle) in begun {
            let copy_key = DeviceKey::load(self.shared_phone(), handle).await?;
            proofs.push(copy_key.prove(&issuer, nonce.as_ref(), self.now()).await?);
            keys.push((id, copy_key.public().clone()));
        }
        let credentials = self.ask_for_copies(line, asked, tokens, key, proofs).await?;
        let now = self.trusted_now().await?;
        let (format, anchors) = (asked.offer.format.clone(), asked.anchors.to_vec());
        self.with_phone(move |phone| {
            let judged = Judged::of(keys, credentials, |id, key, credential| match format.as_str() {
                FORMAT_CODE => verify_statements(id, key, credential, now),
                _ => verify(id, key, credential, &anchors, now),
            });
            phone.keep_copies(&judged.good, now)?;
            phone.give_up_copies(&judged.bad)?;
            Ok((judged.good.len(), judged.fault))
        })
        .await
    }

    async fn ask_for_copies(
        &self,
        line: &Line<'_>,
        asked: &Asked<'_>,
        tokens: &TokenResponse,
        key: &DeviceKey,
        proofs: Vec<String>,
    ) -> Result<Vec<Value>, CopiesError> {
        let unreadable = |what| ExchangeError::Unreadable { endpoint: Endpoint::Credential, what };
        let device = self.with_phone(|phone| phone.documents().device()).await?;
        let configuration = &asked.offer.configuration;
        let requested = match tokens.credential_identifier(configuration) {
            Some(identifier) => RequestedCredential::Identifier(identifier.to_owned()),
            None => RequestedCredential::Configuration(configuration.clone()),
        };
        let proofs = Proofs::several(proofs).map_err(|_| unreadable("it cannot even be asked"))?;
        let request = CredentialRequest { requested, proofs, device: Some(DeviceInfo::from(&device)) };
        let body = serde_json::to_string(&request).map_err(|_| unreadable("it cannot even be asked"))?;
        let body = Body { content_type: JSON, text: Secret::new(body) };
        let request = Request::post(asked.card.endpoints.credential.clone(), Some(body), MAX_COPIES_LENGTH);
        let token = (tokens.token_type, &tokens.access_token);
        // Asked again with the same keys, the issuer gives the same copies again.
        let response = line.ask(&Call::authorized(Endpoint::Credential, request, token, key)).await?;
        let response: CredentialResponse =
            CredentialResponse::parse_within(&response.body, MAX_COPIES_LENGTH)
                .map_err(|_| unreadable("it holds no copies"))?;
        Ok(response.credentials.into_iter().map(|issued| issued.credential).collect())
    }
}

/// What is asked for.
struct Asked<'a> {
    id: &'a CardId,
    card: &'a HeldCard,
    offer: &'a CopyOffer,
    anchors: &'a [TrustAnchor],
}

fn issuer_of(card: &HeldCard) -> Result<IssuerUrl, StoreError> {
    IssuerUrl::parse(&card.issuer.identifier, UrlPolicy::default())
        .map_err(|_| StoreError::Damaged("an issuer has no address"))
}

/// Copies that came, each by itself: one that will not do spoils no other.
#[derive(Default)]
struct Judged {
    good: Vec<ArrivedCopy>,
    bad: Vec<CopyId>,
    /// What is wrong with the last of the bad ones.
    fault: Option<CopyFault>,
}

impl Judged {
    fn of(
        keys: Vec<(CopyId, PublicJwk)>,
        credentials: Vec<Value>,
        verify: impl Fn(CopyId, &PublicJwk, &Value) -> Result<ArrivedCopy, CopyFault>,
    ) -> Self {
        if credentials.len() != keys.len() {
            // Nobody can say which belongs to which.
            let bad = keys.into_iter().map(|(id, _)| id).collect();
            return Self { good: Vec::new(), bad, fault: Some(CopyFault::Number) };
        }
        let mut judged = Self::default();
        for ((id, key), credential) in keys.into_iter().zip(credentials) {
            match verify(id.clone(), &key, &credential) {
                Ok(copy) => judged.good.push(copy),
                Err(fault) => {
                    judged.bad.push(id);
                    judged.fault = Some(fault);
                }
            }
        }
        judged
    }
}

/// A copy that came for `key`: signed by whom the phone trusts, bound to that key, good now, with a place for its
/// revocation.
fn verify(
    id: CopyId,
    key: &PublicJwk,
    credential: &Value,
    anchors: &[TrustAnchor],
    now: Timestamp,
) -> Result<ArrivedCopy, CopyFault> {
    let text = credential.as_str().ok_or(CopyFault::NotText)?;
    let verified = UnverifiedSdJwt::parse(text)?.verify(&Trust::Anchors(anchors))?;
    verified.judge(now)?;
    if verified.claims().holder_key() != Some(key) {
        return Err(CopyFault::OtherKey);
    }
    if verified.claims().status().is_none() {
        return Err(CopyFault::NoStatus);
    }
    let expires_at = verified.claims().expires_at().ok_or(CopyFault::NoEnd)?;
    Ok(ArrivedCopy { id, credential: text.to_owned(), expires_at })
}

/// Statements for codes that came for `key`: each in its form, for its purpose, for that key, and good now. They name their
/// signer without a certificate, so its signature is the inspector's to judge; they came over the channel that the
/// card came over.
fn verify_statements(
    id: CopyId,
    key: &PublicJwk,
    credential: &Value,
    now: Timestamp,
) -> Result<ArrivedCopy, CopyFault> {
    let own = HolderKey::from_sec1(&key.to_sec1()).map_err(|_| CopyFault::OtherKey)?;
    let statements = credential.as_object().ok_or(CopyFault::NotStatements)?;
    let mut ends = None;
    for (name, statement) in statements {
        let bytes = statement.as_str().and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok());
        let read = UnverifiedCredential::parse(&bytes.ok_or(CopyFault::NotStatements)?)?;
        let claims = read.unverified();
        if claims.content.purpose().name() != name {
            return Err(CopyFault::NotStatements);
        }
        if claims.key != own {
            return Err(CopyFault::OtherKey);
        }
        if !(claims.not_before..claims.expires).contains(&now) {
            return Err(CopyFault::NotNow);
        }
        ends = Some(ends.map_or(claims.expires, |end: Timestamp| end.min(claims.expires)));
    }
    let expires_at = ends.ok_or(CopyFault::NotStatements)?;
    Ok(ArrivedCopy { id, credential: credential.to_string(), expires_at })
}

/// Why there are no new copies. Messages complete "cannot fetch copies: …".
#[derive(Debug, thiserror::Error)]
pub(crate) enum CopiesError {
    /// The issuer did not do its part.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// The issuer's documents will not do.
    #[error(transparent)]
    Metadata(#[from] MetadataFault),
    /// The card is gone.
    #[error(transparent)]
    Keep(#[from] KeepError),
    /// The phone could not keep them.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a copy is not kept. Messages complete "cannot keep the copy: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CopyFault {
    /// More or fewer copies than keys.
    #[error("there are more or fewer than keys")]
    Number,
    /// Not a text.
    #[error("it is no text")]
    NotText,
    /// No SD-JWT.
    #[error("cannot read SD-JWT: {0}")]
    Form(#[from] SdJwtFault),
    /// Not signed by whom the phone trusts.
    #[error("cannot trust SD-JWT: {0}")]
    Issuer(#[from] VerifyFault),
    /// Over, or not begun.
    #[error("cannot accept SD-JWT now: {0}")]
    Date(#[from] DateFault),
    /// Bound to a key that is not ours.
    #[error("it is bound to another key")]
    OtherKey,
    /// Not an object of statements, each under its purpose.
    #[error("it is no object of statements for codes")]
    NotStatements,
    /// A statement that cannot be read.
    #[error("cannot read a statement for codes: {0}")]
    Statement(#[from] CredentialFault),
    /// A statement whose time has not come, or is over.
    #[error("a statement for codes does not count now")]
    NotNow,
    /// Nothing would tell of its revocation.
    #[error("it has no status")]
    NoStatus,
    /// It never ends.
    #[error("it has no end")]
    NoEnd,
}
