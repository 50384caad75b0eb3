//! What lies on the desk before an act: the rows that a page shows, whose they are, and what the act would end.

use jiff::Timestamp;
use jiff::civil::Date;
use shared::validity::{SchoolTerm, warsaw_date};

use super::base_card::{proposed_last_day, school_term};
use super::card_file::{CardFile, FileRefusal};
use super::history::Doers;
use super::pupil_file::{PupilFile, ReadPupil, timeline_of};
use super::pupil_list::class_key;
use crate::store::id::{BaseCardId, CardId, DeviceId, PupilId, SchoolId};
use crate::store::tables::audit_entry::AuditEntry;
use crate::store::tables::base_card::BaseCard;
use crate::store::tables::device::{Device, DeviceState};
use crate::store::tables::grant::{Grant, GrantState};
use crate::store::tables::mobile_card::MobileCard;
use crate::store::tables::pupil::Pupil;
use crate::store::tables::pupil_line::{ClassFigures, Days, PupilLine, PupilSearch};
use crate::store::tables::school::School;
use crate::store::{Statements, StoreError, Verb};

/// Finds a pupil.
#[derive(Debug)]
pub struct FindPupil(pub PupilId);

#[async_trait::async_trait]
impl Verb for FindPupil {
    type Answer = Option<Pupil>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        Pupil::find(tx, &self.0).await
    }
}

/// Opens a pupil's file in the office of a school.
#[derive(Debug)]
pub struct OpenPupil {
    /// Whose.
    pub pupil: PupilId,
    /// In which office.
    pub school: SchoolId,
    /// When "now" is.
    pub now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for OpenPupil {
    /// The file, and who did what is in its timeline.
    type Answer = Result<(PupilFile, Doers), FileRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let file = match (ReadPupil { pupil: self.pupil.clone(), now: self.now }).run(tx).await? {
            Ok(file) => file,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let doers = Doers::of(tx, &file.timeline, &self.school).await?;
        Ok(Ok((file, doers)))
    }
}

/// Opens a mobile card's file in the office of a school.
#[derive(Debug)]
pub struct OpenCard {
    /// Which.
    pub card: CardId,
    /// In which office.
    pub school: SchoolId,
    /// When "now" is.
    pub now: Timestamp,
}

/// A mobile card with whose it is and what was done to it.
#[derive(Debug, Clone)]
pub struct CardDesk {
    /// Whose.
    pub pupil: Pupil,
    /// The card.
    pub file: CardFile,
    /// What was done to the card, its base card, slips and devices, oldest first.
    pub timeline: Vec<AuditEntry>,
    /// By whom.
    pub doers: Doers,
}

#[async_trait::async_trait]
impl Verb for OpenCard {
    type Answer = Option<CardDesk>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(file) = CardFile::load(tx, &self.card, self.now).await? else { return Ok(None) };
        let Some(pupil) = Pupil::find(tx, &file.card.pupil_id).await? else { return Ok(None) };
        let mut subjects = vec![file.base_card.id.to_string()];
        subjects.extend(file.subjects());
        let timeline = timeline_of(tx, &subjects).await?;
        let doers = Doers::of(tx, &timeline, &self.school).await?;
        Ok(Some(CardDesk { pupil, file, timeline, doers }))
    }
}

/// Opens a base card, to be confirmed or voided.
#[derive(Debug)]
pub struct OpenBaseCard {
    /// Which.
    pub base_card: BaseCardId,
    /// When "now" is.
    pub now: Timestamp,
}

/// A base card with whose it is, and what hangs on it.
#[derive(Debug, Clone)]
pub struct BaseCardDesk {
    /// Whose.
    pub pupil: Pupil,
    /// The card.
    pub base: BaseCard,
    /// How many devices hold its copy.
    pub devices: usize,
    /// How many slips can still open its copy.
    pub slips: usize,
    /// The day until which it would be confirmed, unless the school sets another.
    pub until: Date,
}

#[async_trait::async_trait]
impl Verb for OpenBaseCard {
    type Answer = Option<BaseCardDesk>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(base) = BaseCard::find(tx, &self.base_card).await? else { return Ok(None) };
        let Some(pupil) = Pupil::find(tx, &base.pupil_id).await? else { return Ok(None) };
        let (devices, slips) = match MobileCard::of_base_card(tx, &base.id).await? {
            Some(copy) => held(tx, &copy.id, self.now).await?,
            None => (0, 0),
        };
        let term = term_of(tx, &base.school_id).await?;
        let until = proposed_last_day(Some(base.valid_until), warsaw_date(self.now), term);
        Ok(Some(BaseCardDesk { pupil, base, devices, slips, until }))
    }
}

/// How many devices hold a card, and how many slips can still open it.
async fn held(tx: &mut dyn Statements, card: &CardId, now: Timestamp) -> Result<(usize, usize), StoreError> {
    let devices = Device::of_card(tx, card).await?;
    let live = devices.iter().filter(|device| device.state == DeviceState::Live).count();
    let slips = Grant::of_card(tx, card).await?;
    let open =
        slips.iter().filter(|grant| grant.state == GrantState::Ready && now < grant.expires_at).count();
    Ok((live, open))
}

/// How a school counts the validity of its cards.
async fn term_of(tx: &mut dyn Statements, school: &SchoolId) -> Result<SchoolTerm, StoreError> {
    let school = School::find(tx, school).await?;
    Ok(school.map_or(SchoolTerm::Yearly, |school| school_term(school.term)))
}

/// Opens a device, to be revoked.
#[derive(Debug)]
pub struct OpenDevice(pub DeviceId);

#[async_trait::async_trait]
impl Verb for OpenDevice {
    /// Whose card, which card, and the device.
    type Answer = Option<(Pupil, MobileCard, Device)>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(device) = Device::find(tx, &self.0).await? else { return Ok(None) };
        let Some(card) = MobileCard::find(tx, &device.card_id).await? else { return Ok(None) };
        let pupil = Pupil::find(tx, &card.pupil_id).await?;
        Ok(pupil.map(|pupil| (pupil, card, device)))
    }
}

/// What ends when a pupil moves to another school, and where the pupil may go.
#[derive(Debug)]
pub struct OpenTransfer {
    /// Who.
    pub pupil: PupilId,
    /// When "now" is.
    pub now: Timestamp,
}

/// A pupil before a move.
#[derive(Debug, Clone)]
pub struct TransferDesk {
    /// Who.
    pub pupil: Pupil,
    /// The other schools of this installation, by name.
    pub schools: Vec<School>,
    /// How many devices lose the card.
    pub devices: usize,
    /// How many slips open nothing any more.
    pub slips: usize,
}

#[async_trait::async_trait]
impl Verb for OpenTransfer {
    type Answer = Option<TransferDesk>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(pupil) = Pupil::find(tx, &self.pupil).await? else { return Ok(None) };
        let (mut devices, mut slips) = (0, 0);
        for card in MobileCard::of_pupil(tx, &pupil.id).await? {
            let (live, open) = held(tx, &card.id, self.now).await?;
            devices += live;
            slips += open;
        }
        let mut schools = School::all(tx).await?;
        schools.retain(|school| school.id != pupil.school_id);
        schools.sort_by_cached_key(|school| super::sorting::sort_key([school.name.as_str()]));
        Ok(Some(TransferDesk { pupil, schools, devices, slips }))
    }
}

/// Lists the classes of a school, or one of them, with how their cards stand.
#[derive(Debug)]
pub struct ListClasses {
    /// Of which school.
    pub school: SchoolId,
    /// Only this one.
    pub only: Option<String>,
    /// When "now" is.
    pub now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for ListClasses {
    type Answer = Vec<ClassFigures>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let days = Days::at(self.now);
        let mut classes = ClassFigures::of_school(tx, &self.school, self.only.as_deref(), days).await?;
        classes.sort_by_cached_key(|class| class_key(&class.class_name));
        Ok(classes)
    }
}

/// The most pupils of a class.
pub(crate) const CLASS_LIMIT: u32 = 500;

/// Opens a class.
#[derive(Debug)]
pub struct OpenClass {
    /// Of which school.
    pub school: SchoolId,
    /// Its name.
    pub class_name: String,
    /// When "now" is.
    pub now: Timestamp,
}

/// A class with its pupils.
#[derive(Debug, Clone)]
pub struct ClassDesk {
    /// By the Polish alphabet; none in a class that does not exist.
    pub lines: Vec<PupilLine>,
    /// The day until which its cards would be confirmed, unless the school sets another.
    pub until: Date,
    /// Today in Warsaw.
    pub today: Date,
}

#[async_trait::async_trait]
impl Verb for OpenClass {
    type Answer = ClassDesk;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let days = Days::at(self.now);
        let search = PupilSearch {
            school: self.school.clone(),
            class_name: Some(self.class_name.clone()),
            words: Vec::new(),
            filter: None,
            days,
        };
        let lines = search.page(tx, None, CLASS_LIMIT).await?;
        // The card that is behind the others says what the class is due.
        let first = lines.iter().filter_map(|line| line.base.as_ref()).map(|base| base.valid_until).min();
        let until = proposed_last_day(first, days.today, term_of(tx, &self.school).await?);
        Ok(ClassDesk { lines, until, today: days.today })
    }
}
