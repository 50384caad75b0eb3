//! The credential request: a proven key takes a place on the card and gets its certificate.
//!
//! Two commits with a signature between them. The first records the intent: the place, the serial number and
//! the to-be-signed bytes, and spends the nonce. The second stores the signed certificate if the card is still
//! live. Only bytes that were read back from the store leave the house, so that a serial number never stands
//! for two certificates, whoever signs how often.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use shared::card_data::CardData;
use shared::device::{DeviceSlot, DeviceSlotError};
use shared::x509::profile::DeviceCertificateFields;
use shared::x509::serial::SerialNumber;
use shared::x509::text::DeviceName;

use super::Issuance;
use super::dossier::{CardDataRefusal, CardRefusal, Dossier};
use super::proof::ProvenKey;
use super::token::{AccessError, AccessToken};
use crate::audit::{Act, Actor};
use crate::authority::{LintedCertificate, PreparedCertificate, SignError, lint};
use crate::registry::profile::{Renewal, SchoolProfile};
use crate::store::id::DeviceId;
use crate::store::tables::certificate::{Certificate, CertificateState, SpentNonce};
use crate::store::tables::device::{Device, DeviceState, EndReason};
use crate::store::tables::grant::{Grant, GrantState};
use crate::store::tables::pupil::Photo;
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
        let verb = Prepare {
            issuance: self.clone(),
            access,
            proven,
            claim,
            device_id: DeviceId::fresh(now, entropy),
            serial: crate::authority::fresh_serial(entropy),
            salt: entropy.bytes(),
            notification_id: base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(entropy.bytes::<16>()),
            act: self.act(Actor::Wallet),
        };
        match self.store.write(verb).await?? {
            Next::Deliver(certificate) => self.released(*certificate),
            Next::Sign(certificate) => self.finish(*certificate).await,
        }
    }

    /// Signs a prepared certificate and stores it, if nothing has come between.
    ///
    /// # Errors
    /// When the card is no longer live, or the signature fails.
    pub async fn finish(&self, prepared: Certificate) -> Result<IssuedCard, EnrolmentError> {
        let stored = PreparedCertificate::from_stored_tbs(prepared.tbs).map_err(SignError::from)?;
        let signed = self.authority.sign(lint(stored).map_err(SignError::from)?)?;
        let settle = Settle { serial: prepared.serial, der: signed.into_der(), act: self.act(Actor::Wallet) };
        let certificate = self.store.write(settle).await??;
        self.released(certificate)
    }

    fn released(&self, certificate: Certificate) -> Result<IssuedCard, EnrolmentError> {
        let leaf = certificate.der.ok_or(StoreError::Damaged("an issued certificate has no bytes"))?;
        let foreign = StoreError::Damaged("a certificate was signed by no authority of ours");
        Ok(IssuedCard {
            chain: self.authority.x5c(&leaf).ok_or(foreign)?,
            card_data: certificate.card_data,
            notification_id: certificate.notification_id,
        })
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
                Err(EnrolmentError::Store(error)) => return Err(error),
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
    Deliver(Box<Certificate>),
    Sign(Box<Certificate>),
}

impl Next {
    fn of(certificate: Certificate) -> Result<Self, EnrolmentError> {
        match certificate.state {
            CertificateState::Prepared => Ok(Self::Sign(Box::new(certificate))),
            CertificateState::Issued => Ok(Self::Deliver(Box::new(certificate))),
            CertificateState::Revoked | CertificateState::Voided => Err(EnrolmentError::DeviceEnded),
        }
    }
}

/// The first commit.
struct Prepare {
    issuance: Issuance,
    access: AccessToken,
    proven: ProvenKey,
    claim: DeviceClaim,
    device_id: DeviceId,
    serial: SerialNumber,
    salt: [u8; 32],
    notification_id: String,
    act: Act,
}

#[async_trait::async_trait]
impl Verb for Prepare {
    type Answer = Result<Next, EnrolmentError>;

    fn keeps(answer: &Self::Answer) -> bool {
        answer.is_ok()
    }

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        match self.decide(tx).await {
            Err(EnrolmentError::Store(error)) => Err(error),
            decided => Ok(decided),
        }
    }
}

impl Prepare {
    async fn decide(&self, tx: &mut dyn Statements) -> Result<Next, EnrolmentError> {
        let card = Grant::find(tx, &self.access.grant).await?.ok_or(AccessError::Unknown)?.card_id;
        let damaged = || StoreError::Damaged("a grant lacks its card");
        let dossier = Dossier::load(tx, &card, self.act.at, true).await?.ok_or_else(damaged)?;
        let grant = Grant::lock(tx, &self.access.grant).await?.ok_or(AccessError::Unknown)?;
        if grant.epoch != self.access.epoch {
            return Err(AccessError::Superseded.into());
        }
        match grant.state {
            GrantState::Ready | GrantState::Bound => {}
            GrantState::Locked | GrantState::Replaced | GrantState::Cancelled => {
                return Err(EnrolmentError::SlipClosed);
            }
        }
        dossier.may_issue(self.act.at)?;

        let thumbprint = self.proven.key().thumbprint().to_string();
        let spent = SpentNonce::find(tx, &self.proven.nonce().hash).await?;
        if let Some(spent) = spent {
            if spent.grant_id != grant.id || spent.thumbprint != thumbprint {
                return Err(EnrolmentError::NonceSpent);
            }
            let answered = Certificate::find(tx, &spent.serial).await?;
            let answered = answered.ok_or(StoreError::Damaged("a spent nonce lacks its certificate"))?;
            // What was never released answers nothing: a fresh nonce starts again.
            let void = answered.state == CertificateState::Voided && grant.state == GrantState::Ready;
            return if void { Err(EnrolmentError::NonceSpent) } else { Next::of(answered) };
        }

        let certificate = match &grant.device_id {
            Some(device) => {
                let device = Device::lock(tx, device).await?;
                let device = device.ok_or(StoreError::Damaged("a grant lacks its device"))?;
                self.again(tx, &dossier, device, &thumbprint).await?
            }
            None => self.first(tx, &dossier, grant.clone(), thumbprint.clone()).await?,
        };
        let spend = SpentNonce { grant_id: grant.id, thumbprint, serial: certificate.serial.clone() };
        let nonce = self.proven.nonce();
        if !spend.spend(tx, &nonce.hash, nonce.forget_at).await? {
            return Err(EnrolmentError::NonceSpent);
        }
        Next::of(certificate)
    }

    /// A bound grant delivers the same certificate to the same key, or renews it if it may.
    async fn again(
        &self,
        tx: &mut dyn Statements,
        dossier: &Dossier,
        device: Device,
        thumbprint: &str,
    ) -> Result<Certificate, EnrolmentError> {
        if device.thumbprint != thumbprint {
            return Err(EnrolmentError::OtherDevice);
        }
        if !matches!(device.state, DeviceState::Live | DeviceState::Pending) {
            return Err(EnrolmentError::DeviceEnded);
        }
        let certificates = Certificate::of_device(tx, &device.id).await?;
        if let Some(prepared) = certificates.iter().find(|c| c.state == CertificateState::Prepared) {
            return Ok(prepared.clone());
        }
        let current = certificates.into_iter().rfind(|c| c.state == CertificateState::Issued);
        let current = current.ok_or(EnrolmentError::DeviceEnded)?;
        let photo = self.photo(tx, dossier).await?;
        let may_renew = self.access.renews && dossier.office.profile.renewal == Renewal::OverTheAir;
        if !may_renew || dossier.inputs(&photo) == current.card_inputs {
            return Ok(current);
        }
        self.prepare(tx, dossier, &photo, &device).await
    }

    /// A ready grant opens a device: it takes a place and is bound.
    async fn first(
        &self,
        tx: &mut dyn Statements,
        dossier: &Dossier,
        mut grant: Grant,
        thumbprint: String,
    ) -> Result<Certificate, EnrolmentError> {
        new_enough(&self.claim, &dossier.office.profile)?;
        let photo = self.photo(tx, dossier).await?;
        let devices = Device::of_card(tx, &dossier.card.id).await?;
        let slot =
            free_slot(&devices, grant.replaces_device.as_ref(), dossier.office.profile.devices.limit())?;
        let name = self.claim.name.as_deref().and_then(DeviceName::tidy);
        let device = Device {
            id: self.device_id.clone(),
            card_id: dossier.card.id.clone(),
            grant_id: grant.id.clone(),
            slot: slot.number(),
            slots: slot.of(),
            thumbprint,
            public_key: self.proven.key().to_sec1().to_vec(),
            name: name.map_or_else(|| UNNAMED_DEVICE.to_owned(), |name| name.as_str().to_owned()),
            platform: self.claim.platform.clone().unwrap_or_default(),
            os_version: self.claim.os_version.clone().unwrap_or_default(),
            app_version: self.claim.app_version.clone().unwrap_or_default(),
            state: DeviceState::Pending,
            activated_at: self.act.at,
            ended_at: None,
            end_reason: None,
        };
        device.insert(tx).await?;
        grant.state = GrantState::Bound;
        grant.device_id = Some(device.id.clone());
        grant.update(tx).await?;
        self.prepare(tx, dossier, &photo, &device).await
    }

    async fn photo(&self, tx: &mut dyn Statements, dossier: &Dossier) -> Result<Photo, EnrolmentError> {
        let photo = Photo::latest(tx, &dossier.pupil.id).await?;
        Ok(photo.ok_or(CardRefusal::NoPhoto)?)
    }

    /// Settles the bytes of a certificate and records them before any signature exists.
    async fn prepare(
        &self,
        tx: &mut dyn Statements,
        dossier: &Dossier,
        photo: &Photo,
        device: &Device,
    ) -> Result<Certificate, EnrolmentError> {
        let data = dossier.card_data(photo, self.salt)?;
        let bytes = data.to_bytes();
        let fields = DeviceCertificateFields {
            given_names: data.given_names,
            surname: data.surname,
            pesel: data.pesel,
            device_name: DeviceName::tidy(&device.name).ok_or(StoreError::Damaged("a device has no name"))?,
            slot: DeviceSlot::new(device.slot, device.slots)?,
            activated_at: device.activated_at,
            card_digest: CardData::digest(&bytes),
            not_before: data.validity.not_before(),
            not_after: data.validity.not_after(),
        };
        let pki = &self.issuance.addresses.pki;
        let prepared = self.issuance.authority.prepare(&fields, &device.public_key, self.serial, pki);
        let linted: LintedCertificate = lint(prepared.map_err(SignError::from)?).map_err(SignError::from)?;
        let certificate = Certificate {
            serial: self.serial.to_string(),
            device_id: device.id.clone(),
            card_id: device.card_id.clone(),
            state: CertificateState::Prepared,
            tbs: linted.to_be_signed().to_vec(),
            der: None,
            card_data: bytes,
            card_inputs: dossier.inputs(photo),
            notification_id: self.notification_id.clone(),
            not_after: fields.not_after,
            prepared_at: self.act.at,
            issued_at: None,
            ended_at: None,
            end_reason: None,
        };
        certificate.insert(tx).await?;
        Ok(certificate)
    }
}

/// A phone that says what it is must be new enough; one that says nothing cannot be judged.
fn new_enough(claim: &DeviceClaim, profile: &SchoolProfile) -> Result<(), EnrolmentError> {
    let below = |have: &Option<String>, least: &str| {
        have.as_deref().is_some_and(|have| version(have) < version(least))
    };
    let least_os = match claim.platform.as_deref() {
        Some("android") => Some(&profile.min_android),
        Some("ios") => Some(&profile.min_ios),
        _ => None,
    };
    if least_os.is_some_and(|least| below(&claim.os_version, least)) {
        return Err(EnrolmentError::OsTooOld);
    }
    if below(&claim.app_version, &profile.min_app) {
        return Err(EnrolmentError::AppTooOld);
    }
    Ok(())
}

/// The numbers of a dotted version, without trailing zeros; what is no number counts as 0.
fn version(text: &str) -> Vec<u32> {
    let mut numbers: Vec<u32> = text.split('.').map(|part| part.parse().unwrap_or(0)).collect();
    while numbers.last() == Some(&0) {
        numbers.pop();
    }
    numbers
}

/// The place of the device to be replaced, or the first free one.
fn free_slot(
    devices: &[Device],
    replaces: Option<&DeviceId>,
    limit: u8,
) -> Result<DeviceSlot, EnrolmentError> {
    let holds = |state| devices.iter().filter(move |d| d.state == state);
    let replaced = replaces.and_then(|id| holds(DeviceState::Live).find(|d| d.id == *id));
    if let Some(replaced) = replaced {
        // Two replacements of one device at once: the first one wins.
        if holds(DeviceState::Pending).any(|d| d.slot == replaced.slot) || replaced.slot > limit {
            return Err(EnrolmentError::PlacesTaken);
        }
        return Ok(DeviceSlot::new(replaced.slot, limit)?);
    }
    // Counted, not only looked for: a policy may have been lowered under devices in high places.
    let count = holds(DeviceState::Live).chain(holds(DeviceState::Pending)).count();
    if count >= usize::from(limit) {
        return Err(EnrolmentError::PlacesTaken);
    }
    let taken =
        |slot: u8| holds(DeviceState::Live).chain(holds(DeviceState::Pending)).any(|d| d.slot == slot);
    let free = (1..=limit).find(|slot| !taken(*slot)).ok_or(EnrolmentError::PlacesTaken)?;
    Ok(DeviceSlot::new(free, limit)?)
}

/// The second commit.
struct Settle {
    serial: String,
    der: Vec<u8>,
    act: Act,
}

#[async_trait::async_trait]
impl Verb for Settle {
    type Answer = Result<Certificate, EnrolmentError>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let damaged = || StoreError::Damaged("a prepared certificate lacks its card or device");
        let prepared = Certificate::find(tx, &self.serial).await?.ok_or_else(damaged)?;
        let dossier = Dossier::load(tx, &prepared.card_id, self.act.at, true).await?.ok_or_else(damaged)?;
        let grant = Device::find(tx, &prepared.device_id).await?.ok_or_else(damaged)?.grant_id;
        let mut grant = Grant::lock(tx, &grant).await?.ok_or_else(damaged)?;
        let mut device = Device::lock(tx, &prepared.device_id).await?.ok_or_else(damaged)?;
        // The card's row is held: what is read now stays so.
        let certificate = Certificate::find(tx, &self.serial).await?.ok_or_else(damaged)?;
        match certificate.state {
            CertificateState::Issued => return Ok(Ok(certificate)),
            CertificateState::Revoked | CertificateState::Voided => {
                return Ok(Err(EnrolmentError::DeviceEnded));
            }
            CertificateState::Prepared => {}
        }
        let mut trail = self.act.trail();
        let photo = Photo::latest(tx, &dossier.pupil.id).await?;
        let current = photo.is_some_and(|photo| dossier.inputs(&photo) == certificate.card_inputs);
        let judged = dossier.may_issue(self.act.at).map_err(EnrolmentError::from);
        if let Err(refusal) = judged.and(if current { Ok(()) } else { Err(EnrolmentError::BooksChanged) }) {
            // Nothing was released, so nothing is burnt: the slip may be tried again.
            if device.state == DeviceState::Pending {
                device.end(DeviceState::Void, self.act.at, EndReason::NeverReleased);
                device.update(tx).await?;
                grant.state = GrantState::Ready;
                grant.device_id = None;
                grant.update(tx).await?;
            }
            Certificate::void(tx, &self.serial, self.act.at).await?;
            let detail = json!({ "serial": self.serial, "grant": grant.id });
            trail.record(tx, "certificate.voided", device.id.as_str(), detail).await?;
            return Ok(Err(refusal));
        }
        if device.state == DeviceState::Pending {
            if let Some(old) = &grant.replaces_device
                && let Some(mut old) = Device::lock(tx, old).await?
                && old.state == DeviceState::Live
            {
                old.end(DeviceState::Revoked, self.act.at, EndReason::Superseded);
                old.update(tx).await?;
                Certificate::end_of_device(tx, &old.id, "", self.act.at, EndReason::Superseded).await?;
                Grant::close_replacing(tx, &old.id, &grant.id).await?;
                trail.record(tx, "device.replaced", old.id.as_str(), json!({ "by": device.id })).await?;
            }
            device.state = DeviceState::Live;
            device.update(tx).await?;
            let detail = json!({ "grant": grant.id, "card": device.card_id, "slot": device.slot, "serial": self.serial });
            trail.record(tx, "device.activated", device.id.as_str(), detail).await?;
        } else {
            Certificate::end_of_device(tx, &device.id, &self.serial, self.act.at, EndReason::Superseded)
                .await?;
            let detail = json!({ "serial": self.serial });
            trail.record(tx, "device.renewed", device.id.as_str(), detail).await?;
        }
        if !Certificate::settle(tx, &self.serial, &self.der, self.act.at).await? {
            return Err(StoreError::Damaged("a held certificate changed"));
        }
        Ok(Ok(Certificate::find(tx, &self.serial).await?.ok_or_else(damaged)?))
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

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_compare_by_number() {
        assert!(version("5.1.1") < version("6.0"));
        assert!(version("10.3") < version("10.10"));
        assert_eq!(version("6"), version("6.0"));
        assert!(version("rubbish") < version("6.0"));
    }
}
