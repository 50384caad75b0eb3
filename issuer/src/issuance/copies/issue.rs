//! The commit in which copies come to be.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shared::card_data::CardData;
use shared::status::StatusReference;

use super::MOST_COPIES;
use super::format::{CopyBinding, CopyContent, CopyFormat};
use crate::audit::{Act, Trail};
use crate::issuance::Issuance;
use crate::issuance::dossier::{CardRefusal, Dossier};
use crate::issuance::enrolment::place::{self, Opening};
use crate::issuance::enrolment::{DeviceClaim, EnrolmentError};
use crate::issuance::proof::ProvenKey;
use crate::issuance::token::{AccessError, AccessToken};
use crate::store::id::{CopyId, DeviceId};
use crate::store::tables::certificate::{Certificate, CertificateState, SpentNonce};
use crate::store::tables::credential_copy::{CopySource, CredentialCopy};
use crate::store::tables::device::{Device, DeviceState};
use crate::store::tables::grant::{Grant, GrantState};
use crate::store::tables::pupil::Photo;
use crate::store::tables::status_entry::StatusEntry;
use crate::store::{Statements, StoreError, Verb};

/// Gives each key its copy.
pub(super) struct IssueCopies {
    pub(super) issuance: Issuance,
    pub(super) access: AccessToken,
    pub(super) keys: Vec<ProvenKey>,
    /// Name and seed of a new copy, for each key.
    pub(super) fresh: Vec<(CopyId, [u8; 32])>,
    pub(super) claim: DeviceClaim,
    pub(super) format: &'static dyn CopyFormat,
    pub(super) device_id: DeviceId,
    pub(super) act: Act,
}

/// A copy that was committed, with the card that it shows.
pub(super) struct StoredCopy {
    copy: CredentialCopy,
    card: Vec<u8>,
}

impl StoredCopy {
    /// As it is handed out.
    pub(super) fn credential(self, format: &dyn CopyFormat) -> Result<Value, EnrolmentError> {
        let damaged = |what| StoreError::Damaged(what);
        let card = CardData::from_bytes(&self.card).map_err(|_| damaged("a copy's card is unreadable"))?;
        let seed = self.copy.seed.try_into().map_err(|_| damaged("a copy's seed is too short"))?;
        let content = CopyContent { card: &card, seed, issued_at: self.copy.issued_at };
        format.credential(&content, self.copy.signed)
    }
}

/// The card that new copies show.
struct Source {
    serial: Option<String>,
    inputs: [u8; 32],
    bytes: Vec<u8>,
    card: CardData,
}

#[async_trait::async_trait]
impl Verb for IssueCopies {
    type Answer = Result<Vec<StoredCopy>, EnrolmentError>;

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

impl IssueCopies {
    async fn decide(&self, tx: &mut dyn Statements) -> Result<Vec<StoredCopy>, EnrolmentError> {
        let card = Grant::find(tx, &self.access.grant).await?.ok_or(AccessError::Unknown)?.card_id;
        let damaged = || StoreError::Damaged("a grant lacks its card");
        let dossier = Dossier::load(tx, &card, self.act.at, true).await?.ok_or_else(damaged)?;
        let mut grant = Grant::lock(tx, &self.access.grant).await?.ok_or(AccessError::Unknown)?;
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
        let first = self.keys.first().ok_or(EnrolmentError::NonceSpent)?;
        let keys = self.keys_name();
        let spent = SpentNonce::find(tx, &first.nonce().hash).await?;
        if spent.as_ref().is_some_and(|spent| spent.grant_id != grant.id || spent.thumbprint != keys) {
            return Err(EnrolmentError::NonceSpent);
        }
        let mut trail = self.act.trail();
        let device = self.device(tx, &dossier, &mut grant, first, &mut trail).await?;
        let copies = self.copies(tx, &dossier, &device, spent.is_some(), &mut trail).await?;
        if spent.is_none() {
            let spend = SpentNonce { grant_id: grant.id, thumbprint: keys, serial: "copies".to_owned() };
            let nonce = first.nonce();
            if !spend.spend(tx, &nonce.hash, nonce.forget_at).await? {
                return Err(EnrolmentError::NonceSpent);
            }
        }
        Ok(copies)
    }

    /// What these keys together are called where nonces are spent; no thumbprint of a single key.
    fn keys_name(&self) -> String {
        let mut hash = Sha256::new();
        for key in &self.keys {
            hash.update(key.key().thumbprint().as_bytes());
        }
        format!("{} {}", self.format.configuration(), BASE64.encode(hash.finalize()))
    }

    /// The grant's device, if the token speaks for it; a grant that has none yet opens one.
    async fn device(
        &self,
        tx: &mut dyn Statements,
        dossier: &Dossier,
        grant: &mut Grant,
        first: &ProvenKey,
        trail: &mut Trail<'_>,
    ) -> Result<Device, EnrolmentError> {
        let bound_to = self.access.bound_to.as_ref().map(ToString::to_string);
        if let Some(device) = &grant.device_id {
            let device = Device::lock(tx, device).await?;
            let device = device.ok_or(StoreError::Damaged("a grant lacks its device"))?;
            let proven = bound_to.as_ref() == Some(&device.thumbprint);
            if !proven && grant.bound_epoch != Some(self.access.epoch) {
                return Err(EnrolmentError::OtherDevice);
            }
            return match device.state {
                DeviceState::Live => Ok(device),
                // Its certificate is being made in these milliseconds, or will be given up.
                DeviceState::Pending => Err(EnrolmentError::BooksChanged),
                DeviceState::Revoked | DeviceState::Deleted | DeviceState::Void => {
                    Err(EnrolmentError::DeviceEnded)
                }
            };
        }
        let own = first.key().thumbprint().to_string();
        let public_key = match &bound_to {
            Some(bound_to) if *bound_to != own => Vec::new(),
            _ => first.key().to_sec1().to_vec(),
        };
        let opening = Opening {
            device_id: self.device_id.clone(),
            claim: &self.claim,
            thumbprint: bound_to.unwrap_or(own),
            public_key,
            at: self.act.at,
        };
        let devices = Device::of_card(tx, &dossier.card.id).await?;
        let given = ("format", json!(self.format.configuration()));
        place::open_live(tx, dossier, &devices, grant, opening, given, trail).await
    }

    /// A copy for each key, in their order: one that the key has already, or a new one unless the request is a
    /// repetition.
    async fn copies(
        &self,
        tx: &mut dyn Statements,
        dossier: &Dossier,
        device: &Device,
        repeated: bool,
        trail: &mut Trail<'_>,
    ) -> Result<Vec<StoredCopy>, EnrolmentError> {
        let mut copies = Vec::with_capacity(self.keys.len());
        let mut source = None;
        let mut made = 0;
        for (proven, (id, seed)) in self.keys.iter().zip(&self.fresh) {
            let thumbprint = proven.key().thumbprint().to_string();
            let had = CredentialCopy::of_key(tx, self.format.configuration(), &thumbprint).await?;
            if let Some(copy) = had {
                if copy.device_id != device.id {
                    return Err(EnrolmentError::OtherDevice);
                }
                let card = self.card_of(tx, &copy).await?;
                copies.push(StoredCopy { copy, card });
                continue;
            }
            if repeated {
                return Err(EnrolmentError::NonceSpent);
            }
            if source.is_none() {
                source = Some(self.source(tx, dossier, device).await?);
            }
            let source = source.as_ref().ok_or(StoreError::Damaged("a card vanished"))?;
            let copy = self.make(tx, device, source, proven, (id, *seed)).await?;
            copies.push(StoredCopy { copy, card: source.bytes.clone() });
            made += 1;
        }
        if made > 0 {
            let good = CredentialCopy::good(tx, &device.id, self.format.configuration(), self.act.at).await?;
            if good > MOST_COPIES {
                return Err(EnrolmentError::EnoughCopies);
            }
            let detail = json!({ "format": self.format.configuration(), "copies": made });
            trail.record(tx, "device.copies", device.id.as_str(), detail).await?;
        }
        Ok(copies)
    }

    async fn make(
        &self,
        tx: &mut dyn Statements,
        device: &Device,
        source: &Source,
        proven: &ProvenKey,
        (id, seed): (&CopyId, [u8; 32]),
    ) -> Result<CredentialCopy, EnrolmentError> {
        let now = self.act.at;
        let expires_at = self.format.good_until(&source.card, now);
        if expires_at <= now {
            return Err(CardRefusal::BaseCardExpired.into());
        }
        let entropy = &*self.issuance.entropy;
        let place = StatusEntry::take(tx, &device.id, id.as_str(), expires_at, now, entropy).await?;
        let status = StatusReference {
            idx: u64::from(place.index),
            uri: self.issuance.addresses.status_list(place.list),
        };
        let content = CopyContent { card: &source.card, seed, issued_at: now };
        let binding = CopyBinding { key: proven.key(), status, expires_at };
        let copy = CredentialCopy {
            id: id.clone(),
            device_id: device.id.clone(),
            card_id: device.card_id.clone(),
            format: self.format.configuration().to_owned(),
            thumbprint: proven.key().thumbprint().to_string(),
            serial: source.serial.clone(),
            card_inputs: source.inputs,
            seed: seed.to_vec(),
            signed: self.format.sign(&self.issuance, &content, &binding)?,
            issued_at: now,
            expires_at,
        };
        copy.insert(tx).await?;
        Ok(copy)
    }

    /// What the device's certificate attests; where there is none, the books as they are.
    async fn source(
        &self,
        tx: &mut dyn Statements,
        dossier: &Dossier,
        device: &Device,
    ) -> Result<Source, EnrolmentError> {
        let certificates = Certificate::of_device(tx, &device.id).await?;
        let issued = certificates.into_iter().rfind(|one| one.state == CertificateState::Issued);
        if let Some(certificate) = issued {
            let bytes = certificate.card(tx).await?.ok_or(StoreError::Damaged("a card lacks its photo"))?;
            let card = CardData::from_bytes(&bytes)
                .map_err(|_| StoreError::Damaged("a certificate's card is unreadable"))?;
            let inputs = certificate.card_inputs;
            return Ok(Source { serial: Some(certificate.serial), inputs, bytes, card });
        }
        let photo = Photo::latest(tx, &dossier.pupil.id).await?.ok_or(CardRefusal::NoPhoto)?;
        let inputs = dossier.inputs(&photo.id);
        // No digest of these bytes is shown to anybody, so they need no salt.
        let card = dossier.card_data(&photo, [0; 32])?;
        let bytes = card.to_bytes();
        let source = CopySource {
            device_id: device.id.clone(),
            card_id: device.card_id.clone(),
            card_inputs: inputs,
            card_data: bytes.clone(),
        };
        source.insert_if_new(tx).await?;
        Ok(Source { serial: None, inputs, bytes, card })
    }

    /// The card that a copy of this device shows.
    async fn card_of(
        &self,
        tx: &mut dyn Statements,
        copy: &CredentialCopy,
    ) -> Result<Vec<u8>, EnrolmentError> {
        let bytes = match &copy.serial {
            Some(serial) => match Certificate::find(tx, serial).await? {
                Some(certificate) => certificate.card(tx).await?,
                None => None,
            },
            None => {
                let source = CopySource::of_inputs(tx, &copy.device_id, &copy.card_inputs).await?;
                source.map(|source| source.card_data)
            }
        };
        Ok(bytes.ok_or(StoreError::Damaged("a copy lacks its card"))?)
    }
}
