//! Applications, orders and slips as the office lists them: the rows with the pupils that they are about.

use std::collections::BTreeMap;

use jiff::Timestamp;
use shared::validity::{is_of_age, warsaw_date};

use crate::issuance::dossier::SchoolFile;
use crate::issuance::handover::pupil_may_collect;
use crate::registry::profile::SchoolProfile;
use crate::store::id::{ApplicationId, CardId, GrantId, OrderId, PupilId, SchoolId};
use crate::store::tables::base_card::BaseCard;
use crate::store::tables::device::{Device, DeviceState};
use crate::store::tables::grant::{Grant, SlipFilter};
use crate::store::tables::mobile_card::MobileCard;
use crate::store::tables::order::{Order, OrderFilter, OrderState};
use crate::store::tables::pupil::{Application, ApplicationState, Guardian, Photo, Pupil};
use crate::store::tables::school::School;
use crate::store::{Statements, StoreError, Verb};

/// How many rows a page of a list has.
pub const PAGE: u32 = 50;

/// A page of a list.
#[derive(Debug)]
pub struct Listed<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Whether there are more behind them.
    pub more: bool,
}

impl<T> Listed<T> {
    fn of(mut rows: Vec<T>) -> Self {
        let more = rows.len() > PAGE as usize;
        rows.truncate(PAGE as usize);
        Self { rows, more }
    }
}

/// Pupils of rows, each read once.
#[derive(Default)]
struct Pupils(BTreeMap<PupilId, Pupil>);

impl Pupils {
    async fn of(&mut self, tx: &mut dyn Statements, id: &PupilId) -> Result<Pupil, StoreError> {
        if let Some(known) = self.0.get(id) {
            return Ok(known.clone());
        }
        let pupil = Pupil::find(tx, id).await?.ok_or(StoreError::Damaged("a row lacks its pupil"))?;
        self.0.insert(id.clone(), pupil.clone());
        Ok(pupil)
    }
}

/// The rules that hold at a school now.
#[derive(Debug)]
pub struct ReadRules {
    /// Which school.
    pub school: SchoolId,
    /// When "now" is.
    pub now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for ReadRules {
    type Answer = Option<SchoolProfile>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        Ok(SchoolFile::load(tx, &self.school, self.now).await?.map(|office| office.profile))
    }
}

/// Lists applications, the latest deadlines first.
#[derive(Debug)]
pub struct ListApplications {
    /// Of which school.
    pub school: SchoolId,
    /// In which state, or in any.
    pub state: Option<ApplicationState>,
    /// Which page, from 0.
    pub page: u32,
}

/// A page of applications, and how many there are of each state.
#[derive(Debug)]
pub struct ApplicationList {
    /// The page.
    pub listed: Listed<(Application, Pupil)>,
    /// How many of each state.
    pub counts: Vec<(ApplicationState, u32)>,
}

#[async_trait::async_trait]
impl Verb for ListApplications {
    type Answer = ApplicationList;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let (mut pupils, mut rows) = (Pupils::default(), Vec::new());
        let skip = self.page.saturating_mul(PAGE);
        for application in Application::page(tx, &self.school, self.state, skip, PAGE + 1).await? {
            let pupil = pupils.of(tx, &application.pupil_id).await?;
            rows.push((application, pupil));
        }
        let counts = Application::counts(tx, &self.school).await?;
        Ok(ApplicationList { listed: Listed::of(rows), counts })
    }
}

/// An application with all that its page shows.
#[derive(Debug)]
pub struct ApplicationFile {
    /// It.
    pub application: Application,
    /// For whom.
    pub pupil: Pupil,
    /// Who applied, if a guardian did.
    pub guardian: Option<Guardian>,
    /// The school.
    pub school: School,
    /// Its rules.
    pub profile: SchoolProfile,
    /// Orders that rest on it.
    pub orders: Vec<Order>,
    /// Whether a later application or objection counts instead.
    pub superseded: bool,
}

/// Reads an application.
#[derive(Debug)]
pub struct ReadApplication {
    /// Which.
    pub application: ApplicationId,
    /// When "now" is.
    pub now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for ReadApplication {
    type Answer = Option<ApplicationFile>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(application) = Application::find(tx, &self.application).await? else { return Ok(None) };
        let pupil = Pupils::default().of(tx, &application.pupil_id).await?;
        let guardian = match &application.guardian_id {
            Some(guardian) => Guardian::find(tx, guardian).await?,
            None => None,
        };
        let Some(office) = SchoolFile::load(tx, &pupil.school_id, self.now).await? else {
            return Err(StoreError::Damaged("a pupil lacks a school"));
        };
        let orders = Order::of_pupil(tx, &pupil.id).await?;
        let orders = orders.into_iter().filter(|order| order.application_id.as_ref() == Some(&application.id));
        let latest = Application::of_pupil(tx, &pupil.id).await?.pop();
        Ok(Some(ApplicationFile {
            superseded: latest.is_some_and(|latest| latest.id != application.id),
            orders: orders.collect(),
            guardian,
            school: office.school,
            profile: office.profile,
            pupil,
            application,
        }))
    }
}

/// A pupil to whom something is to be done: with guardians, rules and what is on its way.
#[derive(Debug)]
pub struct Applicants {
    /// The pupil.
    pub pupil: Pupil,
    /// Guardians, in the order of entry.
    pub guardians: Vec<Guardian>,
    /// Whether the pupil is of age today.
    pub of_age: bool,
    /// The rules of the school.
    pub profile: SchoolProfile,
    /// Orders, oldest first.
    pub orders: Vec<Order>,
}

/// Reads who may apply for a pupil.
#[derive(Debug)]
pub struct ReadApplicants {
    /// Which pupil.
    pub pupil: PupilId,
    /// When "now" is.
    pub now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for ReadApplicants {
    type Answer = Option<Applicants>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(pupil) = Pupil::find(tx, &self.pupil).await? else { return Ok(None) };
        let Some(office) = SchoolFile::load(tx, &pupil.school_id, self.now).await? else {
            return Err(StoreError::Damaged("a pupil lacks a school"));
        };
        Ok(Some(Applicants {
            guardians: Guardian::of_pupil(tx, &pupil.id).await?,
            of_age: is_of_age(pupil.birth_date, warsaw_date(self.now)),
            profile: office.profile,
            orders: Order::of_pupil(tx, &pupil.id).await?,
            pupil,
        }))
    }
}

/// What an order still waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// A photo.
    pub photo: bool,
    /// A base card.
    pub base_card: bool,
    /// The principal's approval.
    pub approval: bool,
}

/// An order with what its row shows.
#[derive(Debug)]
pub struct OrderRow {
    /// It.
    pub order: Order,
    /// For whom.
    pub pupil: Pupil,
    /// What is missing, while it is open.
    pub missing: Missing,
}

impl OrderRow {
    async fn load(
        tx: &mut dyn Statements,
        order: Order,
        pupil: Pupil,
        profile: &SchoolProfile,
    ) -> Result<Self, StoreError> {
        let open = matches!(order.state, OrderState::Waiting | OrderState::Ready);
        let waits = order.state == OrderState::Waiting;
        let missing = Missing {
            photo: waits && !Photo::exists(tx, &pupil.id).await?,
            base_card: waits && order.base_card_id.is_none(),
            approval: open && profile.principal_approves && order.approved_at.is_none(),
        };
        Ok(Self { order, pupil, missing })
    }
}

/// Lists orders by deadline.
#[derive(Debug)]
pub struct ListOrders {
    /// Of which school.
    pub school: SchoolId,
    /// Which.
    pub filter: OrderFilter,
    /// Which page, from 0.
    pub page: u32,
    /// When "now" is.
    pub now: Timestamp,
}

/// A page of orders.
#[derive(Debug)]
pub struct OrderList {
    /// The page.
    pub listed: Listed<OrderRow>,
    /// The rules of the school.
    pub profile: SchoolProfile,
    /// How many wait for approval, whatever the rules.
    pub not_approved: i64,
    /// The classes of the school.
    pub classes: Vec<String>,
}

#[async_trait::async_trait]
impl Verb for ListOrders {
    type Answer = OrderList;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(office) = SchoolFile::load(tx, &self.school, self.now).await? else {
            return Err(StoreError::Damaged("a school vanished"));
        };
        let (mut pupils, mut rows) = (Pupils::default(), Vec::new());
        let skip = self.page.saturating_mul(PAGE);
        for order in Order::page(tx, &self.school, self.filter, skip, PAGE + 1).await? {
            let pupil = pupils.of(tx, &order.pupil_id).await?;
            rows.push(OrderRow::load(tx, order, pupil, &office.profile).await?);
        }
        Ok(OrderList {
            listed: Listed::of(rows),
            not_approved: Order::count(tx, &self.school, OrderFilter::NotApproved).await?,
            classes: Pupil::classes(tx, &self.school).await?,
            profile: office.profile,
        })
    }
}

/// An order with all that its page shows.
#[derive(Debug)]
pub struct OrderFile {
    /// It, its pupil and what is missing.
    pub row: OrderRow,
    /// The rules of its school.
    pub profile: SchoolProfile,
    /// The card to copy, once there is one.
    pub base_card: Option<BaseCard>,
    /// The mobile card, once there is one.
    pub card: Option<MobileCard>,
    /// The slips that were made on it, oldest first.
    pub slips: Vec<Grant>,
}

/// Reads an order.
#[derive(Debug)]
pub struct ReadOrderFile {
    /// Which.
    pub order: OrderId,
    /// When "now" is.
    pub now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for ReadOrderFile {
    type Answer = Option<OrderFile>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(order) = Order::find(tx, &self.order).await? else { return Ok(None) };
        let Some(office) = SchoolFile::load(tx, &order.school_id, self.now).await? else {
            return Err(StoreError::Damaged("an order lacks its school"));
        };
        let pupil = Pupils::default().of(tx, &order.pupil_id).await?;
        let (mut base_card, mut card, mut slips) = (None, None, Vec::new());
        if let Some(base) = &order.base_card_id {
            base_card = BaseCard::find(tx, base).await?;
            card = MobileCard::of_base_card(tx, base).await?;
        }
        if let Some(card) = &card {
            slips = Grant::of_card(tx, &card.id).await?;
            slips.retain(|slip| slip.order_id.as_ref() == Some(&order.id) && slip.code_mac.is_some());
        }
        let row = OrderRow::load(tx, order, pupil, &office.profile).await?;
        Ok(Some(OrderFile { row, profile: office.profile, base_card, card, slips }))
    }
}

/// The orders of a class for which slips can be made, in the Polish order of names; with those that wait.
#[derive(Debug)]
pub struct ReadClassOrders {
    /// Of which school.
    pub school: SchoolId,
    /// Which class.
    pub class_name: String,
    /// When "now" is.
    pub now: Timestamp,
}

/// The open orders of a class.
#[derive(Debug)]
pub struct ClassOrders {
    /// Each with its pupil and what is missing.
    pub rows: Vec<OrderRow>,
    /// The rules of the school.
    pub profile: SchoolProfile,
}

impl ClassOrders {
    /// Those for which nothing is missing.
    pub fn ready(&self) -> impl Iterator<Item = &OrderRow> {
        self.rows.iter().filter(|row| row.order.state == OrderState::Ready && !row.missing.approval)
    }
}

#[async_trait::async_trait]
impl Verb for ReadClassOrders {
    type Answer = Option<ClassOrders>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(office) = SchoolFile::load(tx, &self.school, self.now).await? else { return Ok(None) };
        let pupils = Pupil::of_class(tx, &self.school, &self.class_name).await?;
        if pupils.is_empty() {
            return Ok(None);
        }
        let mut rows = Vec::new();
        for pupil in pupils {
            for order in Order::of_pupil(tx, &pupil.id).await? {
                let open = matches!(order.state, OrderState::Waiting | OrderState::Ready);
                if open && order.school_id == self.school {
                    rows.push(OrderRow::load(tx, order, pupil.clone(), &office.profile).await?);
                }
            }
        }
        Ok(Some(ClassOrders { rows, profile: office.profile }))
    }
}

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
    /// Whether it may be handed to the pupil.
    pub pupil_may_collect: bool,
    /// Whether the pupil is of age today.
    pub of_age: bool,
    /// The device that it opened.
    pub device: Option<Device>,
    /// The device whose place the new one takes.
    pub replaces: Option<Device>,
    /// A newer slip for the same card that still opens a device.
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
        let school = School::find(tx, &card.school_id).await?;
        let school = school.ok_or(StoreError::Damaged("a card lacks its school"))?;
        let device = match &slip.device_id {
            Some(device) => Device::find(tx, device).await?,
            None => None,
        };
        let replaces = match &slip.replaces_device {
            Some(device) => Device::find(tx, device).await?,
            None => None,
        };
        let newer = Grant::of_card(tx, &card.id).await?.pop();
        Ok(Some(SlipFile {
            newer: newer.map(|newer| newer.id).filter(|newer| *newer != slip.id),
            pupil_may_collect: pupil_may_collect(tx, &slip, self.now).await?,
            of_age: is_of_age(pupil.birth_date, warsaw_date(self.now)),
            device,
            replaces,
            school,
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
