//! The first commit: place, serial number and to-be-signed bytes, written down before anything is signed.

use shared::card_data::CardData;
use shared::device::DeviceSlot;
use shared::x509::profile::DeviceCertificateFields;
use shared::x509::serial::SerialNumber;
use shared::x509::text::DeviceName;

use super::place::{self, Opening};
use super::{DeviceClaim, EnrolmentError, Next};
use crate::audit::Act;
use crate::authority::{LintedCertificate, SignError, lint};
use crate::issuance::Issuance;
use crate::issuance::dossier::{CardRefusal, Dossier};
use crate::issuance::proof::ProvenKey;
use crate::issuance::token::{AccessError, AccessToken};
use crate::registry::profile::Renewal;
use crate::store::id::DeviceId;
use crate::store::tables::certificate::{Certificate, CertificateState, SpentNonce};
use crate::store::tables::device::{Device, DeviceState};
use crate::store::tables::grant::{Grant, GrantState};
use crate::store::tables::pupil::Photo;
use crate::store::{Statements, StoreError, Verb};

/// The first commit.
pub(super) struct Prepare {
    pub(super) issuance: Issuance,
    pub(super) access: AccessToken,
    pub(super) proven: ProvenKey,
    pub(super) claim: DeviceClaim,
    pub(super) device_id: DeviceId,
    pub(super) serial: SerialNumber,
    pub(super) salt: [u8; 32],
    pub(super) notification_id: String,
    pub(super) act: Act,
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
        let photo = self.photo(tx, dossier).await?;
        let current = certificates.into_iter().rfind(|c| c.state == CertificateState::Issued);
        let Some(current) = current else {
            // A device that took its place with copies alone has no certificate yet.
            return match device.state {
                DeviceState::Live => self.prepare(tx, dossier, &photo, &device).await,
                _ => Err(EnrolmentError::DeviceEnded),
            };
        };
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
        let opening = Opening {
            device_id: self.device_id.clone(),
            claim: &self.claim,
            thumbprint,
            public_key: self.proven.key().to_sec1().to_vec(),
            at: self.act.at,
        };
        let photo = self.photo(tx, dossier).await?;
        let device = place::open(tx, dossier, &mut grant, opening).await?;
        self.prepare(tx, dossier, &photo, &device).await
    }

    async fn photo(&self, tx: &mut dyn Statements, dossier: &Dossier) -> Result<Photo, EnrolmentError> {
        let photo = Photo::latest(tx, &dossier.pupil.id).await?;
        Ok(photo.ok_or(CardRefusal::NoPhoto)?)
    }

    /// Settles the bytes of a certificate for the proven key, which is the device's, and records them before any signature exists.
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
        let authority = &self.issuance.authority;
        let pki = self.issuance.addresses.of_certificate(authority.generation(), self.serial);
        let prepared = authority.prepare(&fields, &self.proven.key().to_sec1(), self.serial, &pki);
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
