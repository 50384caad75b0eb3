//! A pupil's file (teczka): all that the books hold on a pupil, and what was done when.

use jiff::Timestamp;

use super::card_file::{CardFile, FileRefusal};
use crate::store::id::{PhotoId, PupilId};
use crate::store::tables::audit_entry::AuditEntry;
use crate::store::tables::base_card::BaseCard;
use crate::store::tables::order::Order;
use crate::store::tables::pupil::{Application, Guardian, Photo, Pupil};
use crate::store::{Statements, StoreError, Verb};

/// The most entries of a timeline; the audit trail itself has them all.
pub const TIMELINE_LIMIT: usize = 1000;

/// Everything about a pupil. The photo is only named: its bytes are read apart.
#[derive(Debug, Clone)]
pub struct PupilFile {
    /// The pupil.
    pub pupil: Pupil,
    /// Guardians, in the order of entry.
    pub guardians: Vec<Guardian>,
    /// Those who were guardians when they applied, and are no longer.
    pub former_guardians: Vec<Guardian>,
    /// Applications and objections, oldest first.
    pub applications: Vec<Application>,
    /// The photo that cards show.
    pub photo: Option<PhotoId>,
    /// Base cards, oldest first.
    pub base_cards: Vec<BaseCard>,
    /// Orders, oldest first.
    pub orders: Vec<Order>,
    /// Mobile cards, oldest first.
    pub cards: Vec<CardFile>,
    /// What was done to any of it, oldest first.
    pub timeline: Vec<AuditEntry>,
}

/// Reads a pupil's file.
#[derive(Debug)]
pub struct ReadPupil {
    /// Whose.
    pub pupil: PupilId,
    /// When "now" is.
    pub now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for ReadPupil {
    type Answer = Result<PupilFile, FileRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(pupil) = Pupil::find(tx, &self.pupil).await? else {
            return Ok(Err(FileRefusal::UnknownPupil));
        };
        let mut cards = Vec::new();
        for card in crate::store::tables::mobile_card::MobileCard::of_pupil(tx, &self.pupil).await? {
            cards.extend(CardFile::load(tx, &card.id, self.now).await?);
        }
        let mut file = PupilFile {
            pupil,
            guardians: Guardian::of_pupil(tx, &self.pupil).await?,
            former_guardians: Guardian::former(tx, &self.pupil).await?,
            applications: Application::of_pupil(tx, &self.pupil).await?,
            photo: Photo::latest(tx, &self.pupil).await?.map(|photo| photo.id),
            base_cards: BaseCard::of_pupil(tx, &self.pupil).await?,
            orders: Order::of_pupil(tx, &self.pupil).await?,
            cards,
            timeline: Vec::new(),
        };
        file.timeline = file.read_timeline(tx).await?;
        Ok(Ok(file))
    }
}

impl PupilFile {
    async fn read_timeline(&self, tx: &mut dyn Statements) -> Result<Vec<AuditEntry>, StoreError> {
        let mut subjects = vec![self.pupil.id.to_string()];
        subjects.extend(self.applications.iter().map(|application| application.id.to_string()));
        subjects.extend(self.base_cards.iter().map(|card| card.id.to_string()));
        subjects.extend(self.orders.iter().map(|order| order.id.to_string()));
        subjects.extend(self.cards.iter().flat_map(CardFile::subjects));
        timeline_of(tx, &subjects).await
    }
}

/// What was done to any of these, oldest first.
pub(super) async fn timeline_of(
    tx: &mut dyn Statements,
    subjects: &[String],
) -> Result<Vec<AuditEntry>, StoreError> {
    let mut entries = Vec::new();
    for subject in subjects {
        entries.extend(AuditEntry::of_subject(tx, subject, 0, TIMELINE_LIMIT as u32).await?);
    }
    entries.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    entries.truncate(TIMELINE_LIMIT);
    Ok(entries)
}
