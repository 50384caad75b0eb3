//! All that there is to see of a mobile card: its slips, its devices and their certificates. No secret is among it.

use jiff::Timestamp;

use super::profile::{ActivationMode, Renewal};
use crate::issuance::dossier::Dossier;
use crate::store::id::{CardId, OrderId, PupilId};
use crate::store::tables::base_card::BaseCard;
use crate::store::tables::certificate::CertificateSummary;
use crate::store::tables::device::Device;
use crate::store::tables::grant::Grant;
use crate::store::tables::mobile_card::MobileCard;
use crate::store::tables::order::Order;
use crate::store::tables::pupil::Pupil;
use crate::store::{Statements, StoreError, Verb};

/// A mobile card with everything that hangs on it.
#[derive(Debug, Clone)]
pub struct CardFile {
    /// The card.
    pub card: MobileCard,
    /// What it copies.
    pub base_card: BaseCard,
    /// How many places for devices there are under the rules of today.
    pub places: u8,
    /// How its devices get new certificates under the rules of today.
    pub renewal: Renewal,
    /// Whether its codes are printed under the rules of today; else the portal shows them.
    pub on_paper: bool,
    /// Its slips, oldest first.
    pub grants: Vec<Grant>,
    /// Its devices, oldest first.
    pub devices: Vec<DeviceFile>,
}

/// A device with its certificates, oldest first.
#[derive(Debug, Clone)]
pub struct DeviceFile {
    /// The device.
    pub device: Device,
    /// What was issued to it.
    pub certificates: Vec<CertificateFile>,
}

/// A certificate, and whether its card shows what stands in the books today.
#[derive(Debug, Clone)]
pub struct CertificateFile {
    /// The certificate, without its bytes.
    pub certificate: CertificateSummary,
    /// Whether the books still say what the card shows; if not, it is to be issued again.
    pub current: bool,
}

impl CardFile {
    /// Reads the file of one card as of `now`.
    pub(crate) async fn load(
        tx: &mut dyn Statements,
        card: &CardId,
        now: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let Some(dossier) = Dossier::load(tx, card, now, false).await? else { return Ok(None) };
        let inputs = dossier.photo.as_ref().map(|photo| dossier.inputs(photo));
        let mut devices = Vec::new();
        for device in Device::of_card(tx, card).await? {
            let certificates = CertificateSummary::of_device(tx, &device.id).await?;
            let certificates = certificates.into_iter().map(|certificate| {
                let current = inputs == Some(certificate.card_inputs);
                CertificateFile { certificate, current }
            });
            devices.push(DeviceFile { device, certificates: certificates.collect() });
        }
        Ok(Some(Self {
            places: dossier.office.profile.devices.limit(),
            renewal: dossier.office.profile.renewal,
            on_paper: dossier.office.profile.activation == ActivationMode::QrWithCode,
            grants: Grant::of_card(tx, card).await?,
            card: dossier.card,
            base_card: dossier.base,
            devices,
        }))
    }
}

impl CardFile {
    /// The ids under which its acts stand in the audit trail: its own, its slips' and its devices'.
    pub(super) fn subjects(&self) -> Vec<String> {
        let mut subjects = vec![self.card.id.to_string()];
        subjects.extend(self.grants.iter().map(|grant| grant.id.to_string()));
        subjects.extend(self.devices.iter().map(|file| file.device.id.to_string()));
        subjects
    }
}

/// Reads one card's file.
#[derive(Debug)]
pub struct ReadCard {
    /// Which.
    pub card: CardId,
    /// When "now" is.
    pub now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for ReadCard {
    type Answer = Result<CardFile, FileRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        Ok(CardFile::load(tx, &self.card, self.now).await?.ok_or(FileRefusal::UnknownCard))
    }
}

/// Reads the files of a pupil's cards, oldest first.
#[derive(Debug)]
pub struct ReadCards {
    /// Whose.
    pub pupil: PupilId,
    /// When "now" is.
    pub now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for ReadCards {
    type Answer = Result<Vec<CardFile>, FileRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        if Pupil::find(tx, &self.pupil).await?.is_none() {
            return Ok(Err(FileRefusal::UnknownPupil));
        }
        let mut files = Vec::new();
        for card in MobileCard::of_pupil(tx, &self.pupil).await? {
            files.extend(CardFile::load(tx, &card.id, self.now).await?);
        }
        Ok(Ok(files))
    }
}

/// Reads one order.
#[derive(Debug)]
pub struct ReadOrder(pub OrderId);

#[async_trait::async_trait]
impl Verb for ReadOrder {
    type Answer = Result<Order, FileRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        Ok(Order::find(tx, &self.0).await?.ok_or(FileRefusal::UnknownOrder))
    }
}

/// Messages complete "cannot show the file: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileRefusal {
    /// No such pupil.
    #[error("pupil is unknown")]
    UnknownPupil,
    /// No such card.
    #[error("card is unknown")]
    UnknownCard,
    /// No such order.
    #[error("order is unknown")]
    UnknownOrder,
}
