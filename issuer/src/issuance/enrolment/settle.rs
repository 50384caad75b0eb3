//! The second commit: the signed certificate, if the card is still live.

use std::sync::Arc;

use serde_json::json;

use super::{EnrolmentError, place};
use crate::audit::Act;
use crate::authority::{Authority, SignError};
use crate::issuance::dossier::Dossier;
use crate::store::tables::certificate::{Certificate, CertificateState, CertificateSummary};
use crate::store::tables::device::{Device, DeviceState, EndReason};
use crate::store::tables::dossier::DossierOf;
use crate::store::tables::grant::{Grant, GrantState};
use crate::store::{Statements, StoreError, Verb};

/// The second commit.
pub(super) struct Settle {
    pub(super) serial: String,
    pub(super) der: Vec<u8>,
    pub(super) act: Act,
}

#[async_trait::async_trait]
impl Verb for Settle {
    /// The signed bytes as they stand in the books.
    type Answer = Result<Vec<u8>, EnrolmentError>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let damaged = || StoreError::Damaged("a prepared certificate lacks its card or device");
        let serial = self.serial.as_str();
        let card = DossierOf::Certificate(serial);
        let [_, dossier, grant, device, certificate] = tx
            .ask([
                card.hold(tx),
                card.rows(self.act.at),
                Grant::hold_of(serial, tx),
                Device::hold_of(serial, tx),
                // The card's row is held: what is read now stays so.
                CertificateSummary::of_serial(serial),
            ])
            .await?;
        let dossier = Dossier::read(dossier)?.ok_or_else(damaged)?;
        let mut grant = Grant::read(grant)?.into_iter().next().ok_or_else(damaged)?;
        let mut device = Device::read(device)?.into_iter().next().ok_or_else(damaged)?;
        let certificate = CertificateSummary::read(certificate)?.into_iter().next().ok_or_else(damaged)?;
        match certificate.state {
            CertificateState::Issued => {
                let stored = Certificate::find(tx, serial).await?.and_then(|certificate| certificate.der);
                return Ok(Ok(stored.ok_or(StoreError::Damaged("an issued certificate has no bytes"))?));
            }
            CertificateState::Revoked | CertificateState::Voided => {
                let again = place::may_hold(tx, &grant, &device.thumbprint).await?;
                return Ok(Err(if again {
                    EnrolmentError::BooksChanged
                } else {
                    EnrolmentError::DeviceEnded
                }));
            }
            CertificateState::Prepared => {}
        }
        let mut trail = self.act.trail();
        let current =
            dossier.photo.as_ref().is_some_and(|photo| dossier.inputs(photo) == certificate.card_inputs);
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
            place::go_live(tx, &grant, &mut device, ("serial", json!(self.serial)), &mut trail).await?;
        } else {
            // What a device had before ends with its copies; one that came with copies alone had nothing.
            let earlier = CertificateSummary::of_device(tx, &device.id).await?;
            if earlier.iter().any(|earlier| earlier.state == CertificateState::Issued) {
                let reason = EndReason::Superseded;
                Certificate::end_of_device(tx, &device.id, &self.serial, self.act.at, reason).await?;
            }
            let detail = json!({ "serial": self.serial });
            trail.record(tx, "device.renewed", device.id.as_str(), detail).await?;
        }
        let stored = Certificate::settle(tx, &self.serial, &self.der, self.act.at).await?;
        stored.map(Ok).ok_or(StoreError::Damaged("a held certificate changed"))
    }
}

/// Takes a certificate back that stands in the books with a signature that does not hold: it was never released, or has been
/// damaged since. Its device keeps its place, and is given another one when it asks again.
pub(super) struct Withdraw {
    pub(super) authority: Arc<Authority>,
    pub(super) serial: String,
    pub(super) act: Act,
}

#[async_trait::async_trait]
impl Verb for Withdraw {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let damaged = || StoreError::Damaged("a certificate lacks its device");
        let serial = self.serial.as_str();
        let card = DossierOf::Certificate(serial);
        let [_, device] = tx.ask([card.hold(tx), Device::hold_of(serial, tx)]).await?;
        let device = Device::read(device)?.into_iter().next().ok_or_else(damaged)?;
        let Some(certificate) = Certificate::find(tx, serial).await? else { return Err(damaged()) };
        let stands = device.state == DeviceState::Live && certificate.state == CertificateState::Issued;
        let der = certificate.der.unwrap_or_default();
        // Checked once more: a fault that has passed since costs nobody their card.
        if !stands || !matches!(self.authority.x5c(&der), Err(SignError::SelfCheck)) {
            return Ok(());
        }
        // As one that another takes the place of: a phone that holds it asks for that one.
        Certificate::end_of_device(tx, &device.id, "", self.act.at, EndReason::Superseded).await?;
        let detail = json!({ "serial": serial, "grant": device.grant_id });
        self.act.trail().record(tx, "certificate.voided", device.id.as_str(), detail).await
    }
}
