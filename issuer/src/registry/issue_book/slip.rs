//! Slips on paper, and the cards that they are for.

use jiff::Timestamp;
use shared::validity::{is_of_age, warsaw_date};

use super::{Listed, PAGE, Pupils};
use crate::issuance::dossier::SchoolFile;
use crate::issuance::handover::pupil_may_collect;
use crate::registry::profile::{ActivationMode, SchoolProfile};
use crate::store::id::{CardId, GrantId, OrderId, SchoolId};
use crate::store::tables::device::{Device, DeviceState};
use crate::store::tables::grant::{Grant, GrantState, SlipFilter};
use crate::store::tables::mobile_card::MobileCard;
use crate::store::tables::pupil::Pupil;
use crate::store::tables::school::School;
use crate::store::{Statements, StoreError, Verb};

/// Lists slips on paper.
#[derive(Debug)]
pub struct ListSlips {
    /// Of which school.
    pub school: SchoolId,
    /// Of which class alone.
    pub class_name: Option<String>,
    /// Which.
    pub filter: SlipFilter,
    /// Which page, from 0.
    pub page: u32,
    /// When "now" is.
    pub now: Timestamp,
}

/// A page of slips, and how many pass each filter.
#[derive(Debug)]
pub struct SlipList {
    /// The page.
    pub listed: Listed<(Grant, Pupil)>,
    /// How many pass each filter.
    pub counts: Vec<(SlipFilter, i64)>,
}

#[async_trait::async_trait]
impl Verb for ListSlips {
    type Answer = SlipList;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let class = self.class_name.as_deref();
        let (mut pupils, mut rows) = (Pupils::default(), Vec::new());
        let skip = self.page.saturating_mul(PAGE);
        for slip in Grant::slips(tx, &self.school, class, self.filter, self.now, skip, PAGE + 1).await? {
            let Some(card) = MobileCard::find(tx, &slip.card_id).await? else {
                return Err(StoreError::Damaged("a slip lacks its card"));
            };
            let pupil = pupils.of(tx, &card.pupil_id).await?;
            rows.push((slip, pupil));
        }
        let mut counts = Vec::new();
        for filter in SlipFilter::ALL {
            counts.push((filter, Grant::count_slips(tx, &self.school, class, filter, self.now).await?));
        }
        Ok(SlipList { listed: Listed::of(rows), counts })
    }
}

/// A slip with all that its page shows.
#[derive(Debug)]
pub struct SlipFile {
    /// It, without its codes.
    pub slip: Grant,
    /// Whose.
    pub pupil: Pupil,
    /// Its school.
    pub school: School,
    /// The rules of its school.
    pub profile: SchoolProfile,
    /// Whether it may be handed to the pupil.
    pub pupil_may_collect: bool,
    /// Whether the pupil is of age today.
    pub of_age: bool,
    /// The device that it opened.
    pub device: Option<Device>,
    /// The device whose place the new one takes.
    pub replaces: Option<Device>,
    /// The newer slip that counts instead of this one.
    pub newer: Option<GrantId>,
}

/// Reads a slip on paper.
#[derive(Debug)]
pub struct ReadSlip {
    /// Which.
    pub slip: GrantId,
    /// When "now" is.
    pub now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for ReadSlip {
    type Answer = Option<SlipFile>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let slip = Grant::find(tx, &self.slip).await?.filter(|slip| slip.code_mac.is_some());
        let Some(slip) = slip else { return Ok(None) };
        let Some(card) = MobileCard::find(tx, &slip.card_id).await? else {
            return Err(StoreError::Damaged("a slip lacks its card"));
        };
        let pupil = Pupils::default().of(tx, &card.pupil_id).await?;
        let Some(office) = SchoolFile::load(tx, &card.school_id, self.now).await? else {
            return Err(StoreError::Damaged("a card lacks its school"));
        };
        let device = match &slip.device_id {
            Some(device) => Device::find(tx, device).await?,
            None => None,
        };
        let replaces = match &slip.replaces_device {
            Some(device) => Device::find(tx, device).await?,
            None => None,
        };
        // Where there are places for several devices, a newer slip is none of this one's business unless it took
        // its place.
        let one_place =
            office.profile.devices.limit() == 1 || office.profile.activation == ActivationMode::PortalQr;
        let newer = if one_place || slip.state == GrantState::Replaced {
            let slips = Grant::of_card(tx, &card.id).await?;
            slips.into_iter().rfind(|newer| newer.code_mac.is_some())
        } else {
            None
        };
        Ok(Some(SlipFile {
            newer: newer.map(|newer| newer.id).filter(|newer| *newer != slip.id),
            pupil_may_collect: pupil_may_collect(tx, &slip, self.now).await?,
            of_age: is_of_age(pupil.birth_date, warsaw_date(self.now)),
            device,
            replaces,
            school: office.school,
            profile: office.profile,
            pupil,
            slip,
        }))
    }
}

/// A card for which another slip may be made.
#[derive(Debug)]
pub struct CardDesk {
    /// The card.
    pub card: MobileCard,
    /// Whose.
    pub pupil: Pupil,
    /// The rules of its school.
    pub profile: SchoolProfile,
    /// The devices that hold it.
    pub devices: Vec<Device>,
    /// Its last order, on which another slip would be made.
    pub order: Option<OrderId>,
}

/// Reads what is to be known before another slip is made for a card.
#[derive(Debug)]
pub struct ReadCardDesk {
    /// Which card.
    pub card: CardId,
    /// When "now" is.
    pub now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for ReadCardDesk {
    type Answer = Option<CardDesk>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(card) = MobileCard::find(tx, &self.card).await? else { return Ok(None) };
        let Some(office) = SchoolFile::load(tx, &card.school_id, self.now).await? else {
            return Err(StoreError::Damaged("a card lacks its school"));
        };
        let pupil = Pupils::default().of(tx, &card.pupil_id).await?;
        let mut devices = Device::of_card(tx, &card.id).await?;
        devices.retain(|device| device.state == DeviceState::Live);
        let order = crate::issuance::grant::order_of_card(tx, &card).await?.map(|order| order.id);
        Ok(Some(CardDesk { profile: office.profile, card, pupil, devices, order }))
    }
}

/// A slip of a class, and what was opened with it.
#[derive(Debug)]
pub struct ClassSlip {
    /// It, without its codes.
    pub slip: Grant,
    /// Whose.
    pub pupil: Pupil,
    /// The device that it opened.
    pub device: Option<Device>,
}

impl ClassSlip {
    /// Whether new codes may take its place.
    pub fn replaceable(&self) -> bool {
        self.slip.state != GrantState::Bound
    }
}

/// The slips of a class that count: those that open a device, those that have, and the newest of a card where it is
/// dead or its time is up.
#[derive(Debug)]
pub struct ClassSlips {
    /// In the Polish order of names, a pupil's oldest first.
    pub rows: Vec<ClassSlip>,
    /// The rules of the school.
    pub profile: SchoolProfile,
}

/// Reads the slips of a class; `None` where nobody is in it.
#[derive(Debug)]
pub struct ReadClassSlips {
    /// Of which school.
    pub school: SchoolId,
    /// Which class.
    pub class_name: String,
    /// When "now" is.
    pub now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for ReadClassSlips {
    type Answer = Option<ClassSlips>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(office) = SchoolFile::load(tx, &self.school, self.now).await? else { return Ok(None) };
        let pupils = Pupil::of_class(tx, &self.school, &self.class_name).await?;
        if pupils.is_empty() {
            return Ok(None);
        }
        let mut rows = Vec::new();
        for pupil in pupils {
            for card in MobileCard::of_pupil(tx, &pupil.id).await? {
                if card.school_id != self.school {
                    continue;
                }
                for slip in self.that_count(tx, &card.id).await? {
                    let device = match &slip.device_id {
                        Some(device) => Device::find(tx, device).await?,
                        None => None,
                    };
                    rows.push(ClassSlip { slip, pupil: pupil.clone(), device });
                }
            }
        }
        Ok(Some(ClassSlips { rows, profile: office.profile }))
    }
}

impl ReadClassSlips {
    async fn that_count(&self, tx: &mut dyn Statements, card: &CardId) -> Result<Vec<Grant>, StoreError> {
        let mut slips = Grant::of_card(tx, card).await?;
        slips.retain(|slip| slip.code_mac.is_some());
        let newest = slips.last().map(|slip| slip.id.clone());
        slips.retain(|slip| match slip.state {
            GrantState::Bound => true,
            GrantState::Replaced => false,
            GrantState::Ready | GrantState::Locked | GrantState::Cancelled if slip.filed_at.is_some() => {
                false
            }
            GrantState::Ready if slip.expires_at > self.now => true,
            GrantState::Ready | GrantState::Locked | GrantState::Cancelled => {
                newest.as_ref() == Some(&slip.id)
            }
        });
        Ok(slips)
    }
}
