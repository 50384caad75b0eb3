//! The credential request: a proven key takes a place on the card and gets its certificate.
//!
//! One commit where the authority's key is in memory: place, serial number, signed certificate and spent nonce are
//! written together. What is signed and not committed is gone with the memory that it was in.
//!
//! Two where the key is in a token, or [`Issuance::intent_first`] says so. The first records the intent: the place, the
//! serial number and the to-be-signed bytes, and spends the nonce. The second stores the signed certificate if the card
//! is still live.
//!
//! Either way only what was committed leaves the house, so that a serial number never stands for two certificates,
//! whoever signs how often; and only after its signature was checked.

pub(super) mod place;
mod prepare;
mod settle;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use shared::device::DeviceSlotError;

use self::prepare::Prepare;
use self::settle::{Settle, Withdraw};
use super::Issuance;
use super::dossier::{CardDataRefusal, CardRefusal};
use super::proof::ProvenKey;
use super::token::{AccessError, AccessToken};
use crate::audit::Actor;
use crate::authority::{LintedCertificate, PreparedCertificate, SignError, UncheckedCertificate, lint};
use crate::store::id::DeviceId;
use crate::store::tables::certificate::{Certificate, CertificateState};
use crate::store::{Statements, StoreError, Verb};

/// What a phone says of itself; nothing of it is proven.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct DeviceClaim {
    /// Its name.
    pub name: Option<String>,
    /// `android` or `ios`.
    pub platform: Option<String>,
    /// Dotted numbers.
    pub os_version: Option<String>,
    /// Dotted numbers.
    pub app_version: Option<String>,
}

/// People name phones after themselves.
impl std::fmt::Debug for DeviceClaim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceClaim(…)")
    }
}

/// What a device without a name is called in its certificate.
pub const UNNAMED_DEVICE: &str = "urządzenie bez nazwy";

/// A certificate as it was read back from the store, with all that the wallet needs beside it.
#[derive(Clone)]
pub struct IssuedCard {
    /// The device certificate, then the issuing authority's; DER, without the root.
    pub chain: Vec<Vec<u8>>,
    /// The exact bytes that the certificate's digest attests.
    pub card_data: Vec<u8>,
    /// What the wallet quotes in notifications.
    pub notification_id: String,
}

/// A card is personal data.
impl std::fmt::Debug for IssuedCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IssuedCard(…)")
    }
}

impl Issuance {
    /// Gives the proven key the certificate that the token entitles it to: a new one, or the same bytes again.
    ///
    /// # Errors
    /// See [`EnrolmentError`]; nothing is lost by any of them.
    pub async fn enrol(
        &self,
        access: AccessToken,
        proven: ProvenKey,
        claim: DeviceClaim,
    ) -> Result<IssuedCard, EnrolmentError> {
        use base64::Engine as _;
        let now = self.now();
        let entropy = &*self.entropy;
        let serial = crate::authority::fresh_serial(entropy);
        let verb = Prepare {
            authority: Arc::clone(&self.authority),
            at_once: !self.intent_first && self.authority.signs_in_memory(),
            access,
            proven,
            claim,
            device_id: DeviceId::fresh(now, entropy),
            serial,
            pki: self.addresses.of_certificate(self.authority.generation(), serial),
            salt: entropy.bytes(),
            notification_id: base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(entropy.bytes::<16>()),
            act: self.act(Actor::Wallet),
        };
        match self.store.write(verb).await?? {
            Next::Deliver(certificate, card_data) => {
                let Certificate { serial, der, notification_id, .. } = *certificate;
                let leaf = der.ok_or(StoreError::Damaged("an issued certificate has no bytes"))?;
                let chain = self.withdrawn_unless(&serial, self.authority.x5c(&leaf)).await?;
                // Again: whoever committed it may have been stopped before it could say so.
                tracing::info!(serial, "certificate issued");
                Ok(IssuedCard { chain, card_data, notification_id })
            }
            Next::Sign(prepared) => self.sign(*prepared).await,
            Next::Release(signed) => {
                let Signed { serial, unchecked, card_data, notification_id } = *signed;
                let signed = self.withdrawn_unless(&serial, self.authority.read_back(unchecked)).await?;
                // By these lines an operator finds what was issued after the backup that had to be restored.
                tracing::info!(serial, "certificate issued");
                let chain = self.with_authority(signed.generation(), signed.into_der())?;
                Ok(IssuedCard { chain, card_data, notification_id })
            }
        }
    }

    /// What was made of a certificate that stands in the books; one whose signature does not hold is taken back, so that
    /// asking again brings another.
    async fn withdrawn_unless<T>(
        &self,
        serial: &str,
        checked: Result<T, SignError>,
    ) -> Result<T, EnrolmentError> {
        if matches!(checked, Err(SignError::SelfCheck)) {
            tracing::error!(serial, "the signature of a stored certificate does not hold: it is taken back");
            let (authority, act) = (Arc::clone(&self.authority), self.act(Actor::System));
            self.store.write(Withdraw { authority, serial: serial.to_owned(), act }).await?;
        }
        Ok(checked?)
    }

    /// A certificate before that of the authority that signed it.
    fn with_authority(&self, generation: u32, leaf: Vec<u8>) -> Result<Vec<Vec<u8>>, EnrolmentError> {
        let issuing = self.authority.certificate_of(generation).ok_or(SignError::OtherAuthority)?;
        Ok(vec![leaf, issuing.der().to_vec()])
    }

    /// Signs a prepared certificate and stores it, if nothing has come between.
    ///
    /// # Errors
    /// When the card is no longer live, or the signature fails.
    pub async fn finish(&self, prepared: Certificate) -> Result<(), EnrolmentError> {
        // Nobody waits for the card.
        self.sign(Prepared::stored(prepared, Vec::new())?).await.map(|_| ())
    }

    async fn sign(&self, prepared: Prepared) -> Result<IssuedCard, EnrolmentError> {
        let Prepared { serial, linted, card_data, notification_id } = prepared;
        let signed = self.authority.sign(linted)?;
        let generation = signed.generation();
        let settle = Settle { serial: serial.clone(), der: signed.into_der(), act: self.act(Actor::Wallet) };
        // Also another process may have signed it, whose bytes then count; with the same authority's key, whose name
        // stands in what both have signed.
        let leaf = self.store.write(settle).await??;
        // By these lines an operator finds what was issued after the backup that had to be restored.
        tracing::info!(serial, "certificate issued");
        Ok(IssuedCard { chain: self.with_authority(generation, leaf)?, card_data, notification_id })
    }

    /// Finishes or voids what a crash or a broken connection left prepared for `age`; run at start-up and
    /// every minute. Answers how many there were.
    ///
    /// # Errors
    /// When the database fails; the rest waits for the next time.
    pub async fn settle_leftovers(&self, age: SignedDuration) -> Result<usize, StoreError> {
        let before = self.now().saturating_sub(age).unwrap_or(Timestamp::MIN);
        let leftovers = self.store.read(Leftovers(before)).await?;
        let count = leftovers.len();
        for certificate in leftovers {
            let serial = certificate.serial.clone();
            match self.finish(certificate).await {
                Ok(_) => tracing::info!(serial, "a certificate that was left prepared is finished"),
                Err(EnrolmentError::Store(error @ (StoreError::Unavailable(_) | StoreError::Contention))) => {
                    return Err(error);
                }
                // One that cannot be read holds nobody else up.
                Err(error) => {
                    tracing::warn!(serial, %error, "a certificate that was left prepared is not finished")
                }
            }
        }
        Ok(count)
    }
}

struct Leftovers(Timestamp);

#[async_trait::async_trait]
impl Verb for Leftovers {
    type Answer = Vec<Certificate>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        Certificate::leftovers(tx, self.0).await
    }
}

/// What is left to do after the first commit.
enum Next {
    /// The certificate, and its card data.
    Deliver(Box<Certificate>, Vec<u8>),
    Sign(Box<Prepared>),
    /// All is written; what stands there is to be checked before it is released.
    Release(Box<Signed>),
}

/// A certificate that was signed in the commit that recorded it.
struct Signed {
    serial: String,
    unchecked: UncheckedCertificate,
    card_data: Vec<u8>,
    notification_id: String,
}

/// A certificate whose intent is recorded, with its body as it was read back and judged.
struct Prepared {
    serial: String,
    linted: LintedCertificate,
    card_data: Vec<u8>,
    notification_id: String,
}

impl Prepared {
    /// From what was written just now; `linted` holds the bytes that stand in `certificate`.
    fn new(certificate: Certificate, card_data: Vec<u8>, linted: LintedCertificate) -> Self {
        let Certificate { serial, notification_id, .. } = certificate;
        Self { serial, linted, card_data, notification_id }
    }

    /// From what somebody else has written, or this process before it was stopped: judged once more.
    fn stored(certificate: Certificate, card_data: Vec<u8>) -> Result<Self, SignError> {
        let linted = lint(PreparedCertificate::from_stored_tbs(certificate.tbs.clone())?)?;
        Ok(Self::new(certificate, card_data, linted))
    }
}

impl Next {
    /// For a certificate that stands in the books.
    async fn of(tx: &mut dyn Statements, certificate: Certificate) -> Result<Self, EnrolmentError> {
        match certificate.state {
            CertificateState::Prepared => {
                // A photo that another one has replaced since leaves nothing to deliver: settling finds the books changed.
                let card = certificate.card(tx).await?.unwrap_or_default();
                Ok(Self::Sign(Box::new(Prepared::stored(certificate, card)?)))
            }
            CertificateState::Issued => {
                let card =
                    certificate.card(tx).await?.ok_or(StoreError::Damaged("a card lacks its photo"))?;
                Ok(Self::Deliver(Box::new(certificate), card))
            }
            CertificateState::Revoked | CertificateState::Voided => Err(EnrolmentError::DeviceEnded),
        }
    }
}

impl Next {
    /// The certificate's serial number.
    fn serial(&self) -> &str {
        match self {
            Self::Deliver(certificate, _) => &certificate.serial,
            Self::Sign(prepared) => &prepared.serial,
            Self::Release(signed) => &signed.serial,
        }
    }
}

/// Why there is no certificate. Messages complete "cannot issue the card: …".
#[derive(Debug, thiserror::Error)]
pub enum EnrolmentError {
    /// The access token is not good here.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The nonce was spent on something else.
    #[error("nonce was spent already")]
    NonceSpent,
    /// The slip was replaced, locked or taken back since the token was given.
    #[error("slip was closed meanwhile")]
    SlipClosed,
    /// The slip has opened another device, or this one with another key.
    #[error("slip has opened another device")]
    OtherDevice,
    /// The device was taken off the card.
    #[error("device no longer holds the card")]
    DeviceEnded,
    /// What the card shows was changed between request and signature; asking again gives the new card.
    #[error("the school's books have just changed")]
    BooksChanged,
    /// More copies than a device can use.
    #[error("device holds as many copies as it can use")]
    EnoughCopies,
    /// No place is free.
    #[error("every place for a device is taken")]
    PlacesTaken,
    /// The phone's system is older than the school allows.
    #[error("operating system is too old")]
    OsTooOld,
    /// The wallet application is older than the school allows.
    #[error("application is too old")]
    AppTooOld,
    /// The card cannot be issued now.
    #[error(transparent)]
    Card(#[from] CardRefusal),
    /// The authority refuses.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The database fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CardDataRefusal> for EnrolmentError {
    fn from(refusal: CardDataRefusal) -> Self {
        match refusal {
            CardDataRefusal::Card(refusal) => refusal.into(),
            CardDataRefusal::Store(error) => error.into(),
        }
    }
}

impl From<DeviceSlotError> for EnrolmentError {
    fn from(_: DeviceSlotError) -> Self {
        StoreError::Damaged("a device has an impossible place").into()
    }
}
