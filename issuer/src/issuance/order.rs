//! Orders: who may have a mobile card made for whom.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use shared::validity::{is_of_age, warsaw_date};

use super::dossier::{CardRefusal, SchoolFile, pesel_of};
use crate::audit::Act;
use crate::registry::profile::IssueBasis;
use crate::store::id::{ApplicationId, BaseCardId, OrderId, PupilId};
use crate::store::tables::base_card::{BaseCard, BaseCardState};
use crate::store::tables::order::{Order, OrderState};
use crate::store::tables::pupil::{Applicant, Application, ApplicationState, Photo, Pupil};
use crate::store::{Statements, StoreError, Verb};

/// Writes an order to issue. It waits while the photo or the base card is missing.
#[derive(Debug)]
pub struct PlaceOrder {
    /// The new order's id.
    pub id: OrderId,
    /// For whom.
    pub pupil: PupilId,
    /// For which base card; by default the pupil's newest that counts.
    pub base_card: Option<BaseCardId>,
    /// On which application; by default the newest.
    pub application: Option<ApplicationId>,
    /// Who orders, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for PlaceOrder {
    type Answer = Result<Order, OrderRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        // Held, so that of two clerks who order at the same time the second finds what the first one did.
        Pupil::lock(tx, &self.pupil).await?;
        let order = match self.judge(tx).await? {
            Ok(order) => order,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if Order::of_pupil(tx, &self.pupil).await?.iter().any(|earlier| stands_for(earlier, &order)) {
            return Ok(Err(OrderRefusal::AlreadyOrdered));
        }
        order.insert(tx).await?;
        let detail = json!({ "pupil": order.pupil_id, "state": order.state });
        self.act.trail().record(tx, "order.placed", order.id.as_str(), detail).await?;
        Ok(Ok(order))
    }
}

impl PlaceOrder {
    /// The order as it would be written, or why not; writes nothing.
    pub(crate) async fn judge(
        &self,
        tx: &mut dyn Statements,
    ) -> Result<Result<Order, OrderRefusal>, StoreError> {
        let now = self.act.at;
        let Some(pupil) = Pupil::find(tx, &self.pupil).await? else {
            return Ok(Err(OrderRefusal::UnknownPupil));
        };
        let Some(office) = SchoolFile::load(tx, &pupil.school_id, now).await? else {
            return Err(StoreError::Damaged("a pupil lacks a school"));
        };
        if let Err(refusal) = office.may_issue(now).and_then(|()| pesel_of(&pupil).map(|_| ())) {
            return Ok(Err(refusal.into()));
        }
        let applications = Application::of_pupil(tx, &pupil.id).await?;
        let application = match entitled(&office, &pupil, &applications, self.application.as_ref(), now) {
            Ok(application) => application,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let base_card = match pick_base_card(tx, &office, &pupil, self.base_card.as_ref(), now).await? {
            Ok(base_card) => base_card,
            Err(refusal) => return Ok(Err(refusal.into())),
        };
        let ready = base_card.is_some() && Photo::exists(tx, &pupil.id).await?;
        Ok(Ok(Order {
            id: self.id.clone(),
            pupil_id: pupil.id,
            school_id: pupil.school_id,
            deadline_on: application.and_then(|a| deadline(&office, a.completed_on)),
            application_id: application.map(|a| a.id.clone()),
            base_card_id: base_card.map(|base| base.id),
            state: if ready { OrderState::Ready } else { OrderState::Waiting },
            created_at: now,
            approved_at: None,
            approved_by: None,
        }))
    }
}

/// Whether `earlier` is on its way to the same card on the same ground: a second one would bring nothing.
fn stands_for(earlier: &Order, order: &Order) -> bool {
    let same_card = earlier.base_card_id.is_none() || earlier.base_card_id == order.base_card_id;
    let same_ground = earlier.school_id == order.school_id && earlier.application_id == order.application_id;
    earlier.is_open() && same_ground && same_card
}

/// Whether the newest word on a pupil is an objection, which stands until a later application is filed.
pub(crate) async fn objected(tx: &mut dyn Statements, pupil: &PupilId) -> Result<bool, StoreError> {
    Ok(is_objected(&Application::of_pupil(tx, pupil).await?))
}

fn is_objected(applications: &[Application]) -> bool {
    applications.last().is_some_and(|newest| newest.state == ApplicationState::Objection)
}

/// The application on which the order rests, or why there is no right to one.
fn entitled<'a>(
    office: &SchoolFile,
    pupil: &Pupil,
    applications: &'a [Application],
    named: Option<&ApplicationId>,
    now: Timestamp,
) -> Result<Option<&'a Application>, OrderRefusal> {
    if is_objected(applications) {
        return Err(OrderRefusal::Objection);
    }
    if office.profile.basis == IssueBasis::OptOut {
        return Ok(None);
    }
    let application = match named {
        Some(id) => applications.iter().find(|a| a.id == *id),
        None => applications.last(),
    };
    let application = application.ok_or(OrderRefusal::NoApplication)?;
    if application.state != ApplicationState::Complete {
        return Err(OrderRefusal::ApplicationNotComplete);
    }
    let of_age = is_of_age(pupil.birth_date, warsaw_date(now));
    let entitled = office.profile.applicants.contains(&application.applicant)
        && (application.applicant == Applicant::Guardian || of_age);
    if entitled { Ok(Some(application)) } else { Err(OrderRefusal::ApplicantNotEntitled) }
}

/// The base card to copy: the named one, or the newest that counts; none if the pupil has none yet.
pub(super) async fn pick_base_card(
    tx: &mut dyn Statements,
    office: &SchoolFile,
    pupil: &Pupil,
    named: Option<&BaseCardId>,
    now: Timestamp,
) -> Result<Result<Option<BaseCard>, CardRefusal>, StoreError> {
    let cards = BaseCard::of_pupil(tx, &pupil.id).await?;
    let mut cards = cards.into_iter().filter(|card| card.school_id == pupil.school_id);
    let today = warsaw_date(now);
    let card = match named {
        Some(id) => match cards.find(|card| card.id == *id) {
            Some(card) => Some(card),
            None => return Ok(Err(CardRefusal::NoBaseCard)),
        },
        None => cards.rfind(|card| card.state == BaseCardState::Held),
    };
    let Some(card) = card else { return Ok(Ok(None)) };
    Ok(if card.state != BaseCardState::Held {
        Err(CardRefusal::BaseCardVoid)
    } else if card.valid_until < today {
        Err(CardRefusal::BaseCardExpired)
    } else if office.profile.accepted_forms.contains(&card.form) {
        Ok(Some(card))
    } else {
        Err(CardRefusal::FormNotAccepted)
    })
}

/// Lets a pupil's waiting orders go on, if what they waited for has come: to be called by the act that brings it.
pub(crate) async fn advance_waiting(
    tx: &mut dyn Statements,
    pupil: &Pupil,
    act: &Act,
) -> Result<(), StoreError> {
    let waiting = Order::of_pupil(tx, &pupil.id).await?;
    let waiting: Vec<Order> =
        waiting.into_iter().filter(|order| order.state == OrderState::Waiting).collect();
    if waiting.is_empty() {
        return Ok(());
    }
    let has_photo = Photo::exists(tx, &pupil.id).await?;
    let Some(office) = SchoolFile::load(tx, &pupil.school_id, act.at).await? else {
        return Err(StoreError::Damaged("a pupil lacks a school"));
    };
    for order in waiting {
        let held = Order::lock(tx, &order.id).await?.filter(|order| order.state == OrderState::Waiting);
        let Some(mut order) = held else { continue };
        let base_card = pick_base_card(tx, &office, pupil, order.base_card_id.as_ref(), act.at).await?;
        // A card that cannot be copied is no reason to refuse the photo: the order goes on waiting.
        if let Ok(Some(base_card)) = base_card {
            order.base_card_id = Some(base_card.id);
            if has_photo {
                order.state = OrderState::Ready;
                let act = act.part(order.id.as_str());
                act.trail().record(tx, "order.ready", order.id.as_str(), json!({})).await?;
            }
            order.update(tx).await?;
        }
    }
    Ok(())
}

/// Withdraws a pupil's open orders, and answers how many: to be called by the act that takes their ground away.
pub(crate) async fn withdraw_open(
    tx: &mut dyn Statements,
    pupil: &PupilId,
    act: &Act,
) -> Result<usize, StoreError> {
    // Whoever is placing an order now holds the pupil's row: it is waited for, and withdrawn with the others.
    Pupil::lock(tx, pupil).await?;
    let mut withdrawn = 0;
    for order in open_orders(tx, pupil).await? {
        withdraw(tx, order, &act.part("withdrawn")).await?;
        withdrawn += 1;
    }
    Ok(withdrawn)
}

/// Takes a voided base card off the open orders for it: they wait for the pupil's next card, or, where the pupil
/// has left and none will come, are withdrawn.
pub(crate) async fn lose_base_card(
    tx: &mut dyn Statements,
    base: &BaseCard,
    left: bool,
    act: &Act,
) -> Result<(), StoreError> {
    for mut order in open_orders(tx, &base.pupil_id).await? {
        if order.base_card_id.as_ref() != Some(&base.id) {
            continue;
        }
        if left {
            withdraw(tx, order, act).await?;
            continue;
        }
        order.base_card_id = None;
        order.state = OrderState::Waiting;
        order.update(tx).await?;
        let act = act.part(order.id.as_str());
        act.trail().record(tx, "order.waiting", order.id.as_str(), json!({})).await?;
    }
    Ok(())
}

/// A pupil's open orders, held.
async fn open_orders(tx: &mut dyn Statements, pupil: &PupilId) -> Result<Vec<Order>, StoreError> {
    let mut held = Vec::new();
    for order in Order::of_pupil(tx, pupil).await? {
        held.extend(Order::lock(tx, &order.id).await?.filter(Order::is_open));
    }
    Ok(held)
}

async fn withdraw(tx: &mut dyn Statements, mut order: Order, act: &Act) -> Result<(), StoreError> {
    order.state = OrderState::Cancelled;
    order.update(tx).await?;
    // Several orders may end in one act: each entry needs a name of its own.
    let act = act.part(order.id.as_str());
    act.trail().record(tx, "order.cancelled", order.id.as_str(), json!({})).await
}

fn deadline(office: &SchoolFile, completed_on: Option<Date>) -> Option<Date> {
    let days = office.profile.issue_deadline_days?;
    completed_on?.checked_add(jiff::Span::new().days(i64::from(days))).ok()
}

/// Withdraws an order that has not been carried out.
#[derive(Debug)]
pub struct CancelOrder {
    /// Which.
    pub order: OrderId,
    /// Who, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for CancelOrder {
    type Answer = Result<Order, OrderRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(mut order) = Order::lock(tx, &self.order).await? else {
            return Ok(Err(OrderRefusal::UnknownOrder));
        };
        match order.state {
            OrderState::Waiting | OrderState::Ready => {
                order.state = OrderState::Cancelled;
                order.update(tx).await?;
                self.act.trail().record(tx, "order.cancelled", order.id.as_str(), json!({})).await?;
            }
            OrderState::Cancelled => {}
            OrderState::Issued => return Ok(Err(OrderRefusal::AlreadyIssued)),
        }
        Ok(Ok(order))
    }
}

/// Why there is no order. Messages complete "cannot place the order: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OrderRefusal {
    /// No such pupil.
    #[error("pupil is unknown")]
    UnknownPupil,
    /// No such order.
    #[error("order is unknown")]
    UnknownOrder,
    /// It was carried out already.
    #[error("order was carried out already")]
    AlreadyIssued,
    /// One for the same card on the same ground is on its way.
    #[error("an order for this card is on its way already")]
    AlreadyOrdered,
    /// This school issues on application only.
    #[error("nobody has applied")]
    NoApplication,
    /// The application waits to be checked or was sent back.
    #[error("application is not complete")]
    ApplicationNotComplete,
    /// The profile does not let this person apply, or a minor applied alone.
    #[error("applicant is not entitled to apply")]
    ApplicantNotEntitled,
    /// There is an objection.
    #[error("there is an objection")]
    Objection,
    /// The card itself cannot be issued.
    #[error(transparent)]
    Card(#[from] CardRefusal),
}
