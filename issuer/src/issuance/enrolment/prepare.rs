//! The commit that settles a certificate: place, serial number and to-be-signed bytes, and the signature with them where
//! that is made at once.

use std::sync::Arc;

use serde_json::json;
use shared::card_data::{CardData, with_photo};
use shared::device::DeviceSlot;
use shared::x509::profile::DeviceCertificateFields;
use shared::x509::serial::SerialNumber;
use shared::x509::text::DeviceName;

use super::place::{self, Opening};
use super::{DeviceClaim, EnrolmentError, Next, Prepared, Signed};
use crate::audit::Act;
use crate::authority::{Authority, LintedCertificate, PkiUrls, SignError, lint};
use crate::issuance::dossier::{CardRefusal, Dossier};
use crate::issuance::proof::ProvenKey;
use crate::issuance::token::{AccessError, AccessToken};
use crate::registry::profile::Renewal;
use crate::store::id::DeviceId;
use crate::store::tables::certificate::{Certificate, CertificateState, SpentNonce};
use crate::store::tables::device::{Device, DeviceState, EndReason};
use crate::store::tables::dossier::DossierOf;
use crate::store::tables::grant::{Grant, GrantState};
use crate::store::tables::pupil::Photo;
use crate::store::{Statements, StoreError, Verb};

/// What the first commit looks at.
struct Books {
    dossier: Dossier,
    grant: Grant,
    spent: Option<SpentNonce>,
    devices: Vec<Device>,
    photo: Option<Photo>,
}

/// The first commit, or the only one.
pub(super) struct Prepare {
    pub(super) authority: Arc<Authority>,
    /// Whether the certificate is signed in this commit.
    pub(super) at_once: bool,
    pub(super) access: AccessToken,
    pub(super) proven: ProvenKey,
    pub(super) claim: DeviceClaim,
    pub(super) device_id: DeviceId,
    pub(super) serial: SerialNumber,
    /// What the certificate says of its status.
    pub(super) pki: PkiUrls,
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
        let Books { dossier, grant, spent, devices, photo } = self.books(tx).await?;
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
        if let Some(spent) = spent {
            if spent.grant_id != grant.id || spent.thumbprint != thumbprint {
                return Err(EnrolmentError::NonceSpent);
            }
            let answered = Certificate::find(tx, &spent.serial).await?;
            let answered = answered.ok_or(StoreError::Damaged("a spent nonce lacks its certificate"))?;
            // What was given up or superseded answers nothing; a fresh nonce starts again, unless the device has ended.
            let over = matches!(answered.state, CertificateState::Voided | CertificateState::Revoked);
            let again = over && place::may_hold(tx, &grant, &thumbprint).await?;
            return if again { Err(EnrolmentError::NonceSpent) } else { Next::of(tx, answered).await };
        }

        let next = match &grant.device_id {
            Some(device) => {
                let device = Device::lock(tx, device).await?;
                let device = device.ok_or(StoreError::Damaged("a grant lacks its device"))?;
                self.again(tx, &dossier, photo, device, &thumbprint).await?
            }
            None => self.first(tx, &dossier, photo, &devices, grant.clone(), thumbprint.clone()).await?,
        };
        let spend = SpentNonce { grant_id: grant.id, thumbprint, serial: next.serial().to_owned() };
        let nonce = self.proven.nonce();
        if !spend.spend(tx, &nonce.hash, nonce.forget_at).await? {
            return Err(EnrolmentError::NonceSpent);
        }
        Ok(next)
    }

    /// Holds card and grant, in this order, and reads what there is to judge.
    async fn books(&self, tx: &mut dyn Statements) -> Result<Books, EnrolmentError> {
        let id = &self.access.grant;
        let card = DossierOf::Grant(id);
        let [_, dossier, grant, spent, devices, photo] = tx
            .ask([
                card.hold(tx),
                card.rows(self.act.at),
                Grant::hold(id, tx),
                SpentNonce::of_nonce(&self.proven.nonce().hash),
                Device::of_grants_card(id),
                Photo::of_grants_pupil(id),
            ])
            .await?;
        let grant = Grant::read(grant)?.into_iter().next().ok_or(AccessError::Unknown)?;
        Ok(Books {
            dossier: Dossier::read(dossier)?.ok_or(StoreError::Damaged("a grant lacks its card"))?,
            grant,
            spent: SpentNonce::read(spent)?,
            devices: Device::read(devices)?,
            photo: Photo::read(photo)?.into_iter().next(),
        })
    }

    /// A bound grant delivers the same certificate to the same key, or renews it if it may.
    async fn again(
        &self,
        tx: &mut dyn Statements,
        dossier: &Dossier,
        photo: Option<Photo>,
        device: Device,
        thumbprint: &str,
    ) -> Result<Next, EnrolmentError> {
        if device.thumbprint != thumbprint {
            return Err(EnrolmentError::OtherDevice);
        }
        if !matches!(device.state, DeviceState::Live | DeviceState::Pending) {
            return Err(EnrolmentError::DeviceEnded);
        }
        let certificates = Certificate::of_device(tx, &device.id).await?;
        if let Some(prepared) = certificates.iter().find(|c| c.state == CertificateState::Prepared) {
            return Next::of(tx, prepared.clone()).await;
        }
        let photo = photo.ok_or(CardRefusal::NoPhoto)?;
        let current = certificates.into_iter().rfind(|c| c.state == CertificateState::Issued);
        let Some(current) = current else {
            // A device that took its place with copies alone has no certificate yet.
            return match device.state {
                DeviceState::Live => self.renew(tx, dossier, &photo, &device, false).await,
                _ => Err(EnrolmentError::DeviceEnded),
            };
        };
        let may_renew = self.access.renews && dossier.office.profile.renewal == Renewal::OverTheAir;
        if !may_renew || dossier.inputs(&photo.id) == current.card_inputs {
            return Next::of(tx, current).await;
        }
        self.renew(tx, dossier, &photo, &device, true).await
    }

    /// A live device gets a certificate, which ends the one that it `has`.
    async fn renew(
        &self,
        tx: &mut dyn Statements,
        dossier: &Dossier,
        photo: &Photo,
        device: &Device,
        has: bool,
    ) -> Result<Next, EnrolmentError> {
        if self.at_once {
            if has {
                let reason = EndReason::Superseded;
                Certificate::end_of_device(tx, &device.id, "", self.act.at, reason).await?;
            }
            let detail = json!({ "serial": self.serial.to_string() });
            self.act.trail().record(tx, "device.renewed", device.id.as_str(), detail).await?;
        }
        self.prepare(tx, dossier, photo, device).await
    }

    /// A ready grant opens a device: it takes a place and is bound.
    async fn first(
        &self,
        tx: &mut dyn Statements,
        dossier: &Dossier,
        photo: Option<Photo>,
        devices: &[Device],
        mut grant: Grant,
        thumbprint: String,
    ) -> Result<Next, EnrolmentError> {
        let opening = Opening {
            device_id: self.device_id.clone(),
            claim: &self.claim,
            thumbprint,
            public_key: self.proven.key().to_sec1().to_vec(),
            at: self.act.at,
        };
        let photo = photo.ok_or(CardRefusal::NoPhoto)?;
        let device = if self.at_once {
            let proof = ("serial", json!(self.serial.to_string()));
            place::open_live(tx, dossier, devices, &mut grant, opening, proof, &mut self.act.trail()).await?
        } else {
            place::open(tx, dossier, devices, &mut grant, opening).await?
        };
        self.prepare(tx, dossier, &photo, &device).await
    }

    /// Settles the bytes of a certificate for the proven key, which is the device's, and records them: with their signature, or
    /// before any exists.
    async fn prepare(
        &self,
        tx: &mut dyn Statements,
        dossier: &Dossier,
        photo: &Photo,
        device: &Device,
    ) -> Result<Next, EnrolmentError> {
        let data = dossier.card_data(photo, self.salt)?;
        let without_photo = data.to_bytes_without_photo();
        let card = with_photo(&without_photo, &data.photo);
        let fields = DeviceCertificateFields {
            given_names: data.given_names,
            surname: data.surname,
            pesel: data.pesel,
            device_name: DeviceName::tidy(&device.name).ok_or(StoreError::Damaged("a device has no name"))?,
            slot: DeviceSlot::new(device.slot, device.slots)?,
            activated_at: device.activated_at,
            card_digest: CardData::digest(&card),
            not_before: data.validity.not_before(),
            not_after: data.validity.not_after(),
        };
        let key = self.proven.key().to_sec1();
        let prepared = self.authority.prepare(&fields, &key, self.serial, &self.pki);
        let linted: LintedCertificate = lint(prepared.map_err(SignError::from)?).map_err(SignError::from)?;
        let mut certificate = Certificate {
            serial: self.serial.to_string(),
            device_id: device.id.clone(),
            card_id: device.card_id.clone(),
            state: CertificateState::Prepared,
            tbs: linted.to_be_signed().to_vec(),
            der: None,
            card_data: without_photo,
            card_inputs: dossier.inputs(&photo.id),
            notification_id: self.notification_id.clone(),
            not_after: fields.not_after,
            prepared_at: self.act.at,
            issued_at: None,
            ended_at: None,
            end_reason: None,
            photo_id: Some(photo.id.clone()),
        };
        if !self.at_once {
            certificate.insert_later(tx).await?;
            return Ok(Next::Sign(Box::new(Prepared::new(certificate, card, linted))));
        }
        let unchecked = self.authority.sign_unchecked(linted)?;
        certificate.state = CertificateState::Issued;
        certificate.tbs = Vec::new();
        certificate.der = Some(unchecked.der().to_vec());
        certificate.issued_at = Some(self.act.at);
        certificate.insert_later(tx).await?;
        let Certificate { serial, notification_id, .. } = certificate;
        Ok(Next::Release(Box::new(Signed { serial, unchecked, card_data: card, notification_id })))
    }
}
