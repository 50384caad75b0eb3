//! Orders by the dozen: placing them for a whole class, and the principal's approval of a batch.

use serde_json::json;
use shared::entropy::Entropy;

use super::order::{OrderRefusal, PlaceOrder};
use crate::audit::Act;
use crate::registry::desk::CLASS_LIMIT;
use crate::store::id::{OrderId, SchoolId, StaffId};
use crate::store::tables::mobile_card::MobileCard;
use crate::store::tables::order::{Order, OrderState};
use crate::store::tables::pupil::Pupil;
use crate::store::{Statements, StoreError, Verb};

/// What becomes of one pupil of the class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassOrder {
    /// An order is placed; nothing is missing.
    Ready,
    /// An order is placed; it waits for a photo or a base card.
    Waiting,
    /// An order is on its way already, or was carried out for the card that the pupil holds.
    Ordered,
    /// Not possible.
    Refused(OrderRefusal),
}

/// Places orders for those of a class for whom it is possible, in one act. Run as a reading, with `dry`, it says what
/// it would do.
#[derive(Debug)]
pub struct OrderForClass {
    school: SchoolId,
    class_name: String,
    ids: Vec<OrderId>,
    dry: bool,
    act: Act,
}

/// The largest class for which orders are placed in one act: as many as its page shows.
const LARGEST_CLASS: usize = CLASS_LIMIT as usize;

impl OrderForClass {
    /// What the act would do; changes nothing.
    pub fn preview(school: SchoolId, class_name: String, act: Act, entropy: &dyn Entropy) -> Self {
        Self { dry: true, ..Self::new(school, class_name, act, entropy) }
    }

    /// The act.
    pub fn new(school: SchoolId, class_name: String, act: Act, entropy: &dyn Entropy) -> Self {
        // Names are given out here: the act may be run again, and randomness is no part of it.
        let ids = (0..LARGEST_CLASS).map(|_| OrderId::fresh(act.at, entropy)).collect();
        Self { school, class_name, ids, dry: false, act }
    }

    async fn one(
        &self,
        tx: &mut dyn Statements,
        id: OrderId,
        pupil: &Pupil,
    ) -> Result<ClassOrder, StoreError> {
        let act = self.act.part(id.as_str());
        let place = PlaceOrder { id, pupil: pupil.id.clone(), base_card: None, application: None, act };
        let order = match place.judge(tx).await? {
            Ok(order) => order,
            Err(refusal) => return Ok(ClassOrder::Refused(refusal)),
        };
        for earlier in Order::of_pupil(tx, &pupil.id).await? {
            let runs = match earlier.state {
                OrderState::Waiting | OrderState::Ready => earlier.school_id == self.school,
                // Another slip for that card is the card's own affair.
                OrderState::Issued => match &order.base_card_id {
                    Some(base) => {
                        earlier.base_card_id.as_ref() == Some(base)
                            && MobileCard::of_base_card(tx, base).await?.is_some()
                    }
                    None => false,
                },
                OrderState::Cancelled => false,
            };
            if runs {
                return Ok(ClassOrder::Ordered);
            }
        }
        if !self.dry {
            match place.run(tx).await? {
                Ok(_) => {}
                // Another clerk came first.
                Err(OrderRefusal::AlreadyOrdered) => return Ok(ClassOrder::Ordered),
                Err(refusal) => return Ok(ClassOrder::Refused(refusal)),
            }
        }
        Ok(if order.state == OrderState::Ready { ClassOrder::Ready } else { ClassOrder::Waiting })
    }
}

#[async_trait::async_trait]
impl Verb for OrderForClass {
    /// The class in the Polish order of names, and what becomes of each.
    type Answer = Result<Vec<(Pupil, ClassOrder)>, OrderRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let pupils = Pupil::of_class(tx, &self.school, &self.class_name).await?;
        let mut rows = Vec::new();
        for (id, pupil) in self.ids.iter().zip(pupils) {
            let outcome = self.one(tx, id.clone(), &pupil).await?;
            rows.push((pupil, outcome));
        }
        Ok(Ok(rows))
    }
}

/// The principal approves orders, all or none. What was approved, issued or withdrawn before stays as it is.
#[derive(Debug)]
pub struct ApproveOrders {
    /// The school whose orders they are.
    pub school: SchoolId,
    /// Which.
    pub orders: Vec<OrderId>,
    /// Who approves.
    pub by: StaffId,
    /// When.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for ApproveOrders {
    /// How many were approved now.
    type Answer = Result<u32, OrderRefusal>;

    fn keeps(answer: &Self::Answer) -> bool {
        answer.is_ok()
    }

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let mut approved = 0;
        for id in &self.orders {
            let order = Order::lock(tx, id).await?.filter(|order| order.school_id == self.school);
            let Some(mut order) = order else { return Ok(Err(OrderRefusal::UnknownOrder)) };
            if !order.is_open() || order.approved_at.is_some() {
                continue;
            }
            order.approved_at = Some(self.act.at);
            order.approved_by = Some(self.by.clone());
            order.update(tx).await?;
            let act = self.act.part(id.as_str());
            act.trail().record(tx, "order.approved", id.as_str(), json!({ "pupil": order.pupil_id })).await?;
            approved += 1;
        }
        Ok(Ok(approved))
    }
}
