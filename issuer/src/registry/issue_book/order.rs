//! Orders, and what they wait for.

use jiff::Timestamp;

use super::{Listed, PAGE, Pupils};
use crate::issuance::dossier::SchoolFile;
use crate::registry::profile::SchoolProfile;
use crate::store::id::{OrderId, SchoolId};
use crate::store::tables::base_card::BaseCard;
use crate::store::tables::grant::Grant;
use crate::store::tables::mobile_card::MobileCard;
use crate::store::tables::order::{Order, OrderFilter, OrderState};
use crate::store::tables::pupil::{Photo, Pupil};
use crate::store::{Statements, StoreError, Verb};

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
        let waits = order.state == OrderState::Waiting;
        let missing = Missing {
            photo: waits && !Photo::exists(tx, &pupil.id).await?,
            base_card: waits && order.base_card_id.is_none(),
            approval: order.is_open() && profile.principal_approves && order.approved_at.is_none(),
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
                if order.is_open() && order.school_id == self.school {
                    rows.push(OrderRow::load(tx, order, pupil.clone(), &office.profile).await?);
                }
            }
        }
        Ok(Some(ClassOrders { rows, profile: office.profile }))
    }
}
