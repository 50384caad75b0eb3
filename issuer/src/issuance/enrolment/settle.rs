//! The second commit: the signed certificate, if the card is still live.

use serde_json::json;

use super::{EnrolmentError, place};
use crate::audit::Act;
use crate::issuance::dossier::Dossier;
use crate::store::tables::certificate::{Certificate, CertificateState, CertificateSummary};
use crate::store::tables::device::{Device, DeviceState, EndReason};
use crate::store::tables::grant::{Grant, GrantState};
use crate::store::tables::pupil::Photo;
use crate::store::{Statements, StoreError, Verb};

/// The second commit.
pub(super) struct Settle {
    pub(super) serial: String,
    pub(super) der: Vec<u8>,
    pub(super) act: Act,
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
        if !Certificate::settle(tx, &self.serial, &self.der, self.act.at).await? {
            return Err(StoreError::Damaged("a held certificate changed"));
        }
        Ok(Ok(Certificate::find(tx, &self.serial).await?.ok_or_else(damaged)?))
    }
}
