//! Handing a slip out, taking it back, and laying it into the pupil's file.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::json;
use shared::validity::{is_of_age, warsaw_date};

use super::dossier::Dossier;
use super::grant::GrantRefusal;
use crate::audit::Act;
use crate::store::id::GrantId;
use crate::store::tables::grant::{Grant, GrantState};
use crate::store::tables::order::Order;
use crate::store::tables::pupil::{Applicant, Application};
use crate::store::{Statements, StoreError, Verb};

/// What happens to a slip in the office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlipEvent {
    /// Handed out against a receipt, to this person; at that time, or now.
    Collected(Applicant, Option<Timestamp>),
    /// Handed back or withdrawn: it opens nothing any more.
    Cancelled,
    /// Laid into the pupil's file (teczka osobowa), handed back or never collected: it opens nothing any more.
    Filed,
}

/// Records what happened to a slip.
#[derive(Debug)]
pub struct MarkSlip {
    /// Which.
    pub grant: GrantId,
    /// What happened.
    pub event: SlipEvent,
    /// Who says so, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for MarkSlip {
    type Answer = Result<Grant, GrantRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(mut grant) = Grant::lock(tx, &self.grant).await? else {
            return Ok(Err(GrantRefusal::UnknownGrant));
        };
        let action = match &self.event {
            SlipEvent::Collected(..)
                if matches!(grant.state, GrantState::Replaced | GrantState::Cancelled) =>
            {
                return Ok(Err(GrantRefusal::Dead));
            }
            SlipEvent::Collected(by, at) => {
                if *by == Applicant::Pupil && !pupil_may_collect(tx, &grant, self.act.at).await? {
                    return Ok(Err(GrantRefusal::MinorMayNotCollect));
                }
                if grant.collected_at.is_some() {
                    // The first receipt stands; the same one again is no news.
                    let same = grant.collected_by.as_deref() == Some(by.word());
                    return Ok(if same { Ok(grant) } else { Err(GrantRefusal::Collected) });
                }
                grant.collected_at = Some(at.unwrap_or(self.act.at));
                grant.collected_by = Some(by.word().to_owned());
                "grant.collected"
            }
            SlipEvent::Cancelled | SlipEvent::Filed if grant.state == GrantState::Bound => {
                return Ok(Err(GrantRefusal::AlreadyUsed));
            }
            SlipEvent::Cancelled if grant.state == GrantState::Replaced => {
                return Ok(Err(GrantRefusal::Dead));
            }
            SlipEvent::Cancelled if grant.state == GrantState::Cancelled => return Ok(Ok(grant)),
            SlipEvent::Filed if grant.filed_at.is_some() => return Ok(Ok(grant)),
            SlipEvent::Cancelled => {
                grant.state = GrantState::Cancelled;
                "grant.cancelled"
            }
            SlipEvent::Filed => {
                if grant.state == GrantState::Ready {
                    grant.state = GrantState::Cancelled;
                }
                grant.filed_at = Some(self.act.at);
                "grant.filed"
            }
        };
        grant.update(tx).await?;
        self.act.trail().record(tx, action, grant.id.as_str(), json!({})).await?;
        Ok(Ok(grant))
    }
}

/// Takes slips that went astray back, all of them or none: whoever has one of them has nothing.
#[derive(Debug)]
pub struct TakeBack {
    /// Which. They are held in the order of their names, so that of two who take back the same ones the second waits.
    pub grants: BTreeSet<GrantId>,
    /// Who says so, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for TakeBack {
    /// Those that were used or replaced meanwhile, and so were left alone.
    type Answer = Vec<(GrantId, GrantRefusal)>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let mut left = Vec::new();
        for grant in &self.grants {
            let act = self.act.part(grant.as_str());
            let mark = MarkSlip { grant: grant.clone(), event: SlipEvent::Cancelled, act };
            if let Err(refusal) = mark.run(tx).await? {
                left.push((grant.clone(), refusal));
            }
        }
        Ok(left)
    }
}

/// Whether the slip may be handed to the pupil: one of age, or one whose application says so. Where no
/// application is asked for, nobody has said otherwise.
pub(crate) async fn pupil_may_collect(
    tx: &mut dyn Statements,
    grant: &Grant,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(dossier) = Dossier::load(tx, &grant.card_id, now, false).await? else {
        return Err(StoreError::Damaged("a grant lacks its card"));
    };
    if is_of_age(dossier.pupil.birth_date, warsaw_date(now)) {
        return Ok(true);
    }
    let Some(order) = &grant.order_id else { return Ok(true) };
    let application = Order::find(tx, order).await?.and_then(|order| order.application_id);
    match application {
        Some(application) => {
            Ok(Application::find(tx, &application).await?.is_some_and(|a| a.minor_may_collect))
        }
        None => Ok(true),
    }
}
