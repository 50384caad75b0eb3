//! What happens to the mobile card when something happens to the paper one, or to the phone.
//!
//! Paper rules mobile: a confirmed base card is issued again, a voided one revokes every device, and so does
//! moving to another school. A lost phone takes only the mobile card with it.

use jiff::civil::Date;
use serde_json::json;
use shared::validity::{ValidityPeriod, warsaw_date};

use super::Issuance;
use super::dossier::SchoolFile;
use super::grant::{GrantRefusal, GrantSource, MakeGrant, SlipSecrets, order_of_card};
use super::order::{advance_waiting, lose_base_card, withdraw_open};
use super::revocation::end_all;
use crate::audit::{Act, Actor};
use crate::registry::profile::Renewal;
use crate::store::id::{BaseCardId, CardId, DeviceId, OrderId, PupilId, SchoolId};
use crate::store::tables::base_card::{BaseCard, BaseCardState, VoidReason};
use crate::store::tables::device::{Device, DeviceState, EndReason};
use crate::store::tables::grant::Grant;
use crate::store::tables::mobile_card::MobileCard;
use crate::store::tables::pupil::{Application, ApplicationState, Pupil};
use crate::store::{Statements, StoreError, Verb};

/// The longest step by which a card is confirmed: a school year and its holidays.
pub(crate) const LONGEST_CONFIRMATION_DAYS: i32 = 457;

/// Confirms a base card for another period (stamp or hologram).
#[derive(Debug)]
pub struct ConfirmBaseCard {
    /// Which.
    pub base_card: BaseCardId,
    /// The new last day; later than the present one.
    pub until: Date,
    /// Who, and when.
    pub act: Act,
}

/// A confirmed card, and what its devices need.
#[derive(Debug, Clone)]
pub struct Confirmed {
    /// The longer card.
    pub base_card: BaseCard,
    /// How its devices get their new certificates.
    pub renewal: Renewal,
    /// Devices that hold the old certificate.
    pub devices: Vec<DeviceId>,
}

#[async_trait::async_trait]
impl Verb for ConfirmBaseCard {
    type Answer = Result<Confirmed, BaseCardRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some((mut base, card)) = hold(tx, &self.base_card).await? else {
            return Ok(Err(BaseCardRefusal::UnknownCard));
        };
        if base.state != BaseCardState::Held {
            return Ok(Err(BaseCardRefusal::AlreadyVoid));
        }
        let longest = warsaw_date(self.act.at)
            .max(base.valid_until)
            .checked_add(jiff::Span::new().days(i64::from(LONGEST_CONFIRMATION_DAYS)));
        let plausible = ValidityPeriod::new(base.issued_on, self.until).is_ok()
            && longest.is_ok_and(|longest| self.until <= longest)
            && self.until >= warsaw_date(self.act.at);
        if self.until <= base.valid_until || !plausible {
            return Ok(Err(BaseCardRefusal::NotLonger));
        }
        let Some(office) = SchoolFile::load(tx, &base.school_id, self.act.at).await? else {
            return Err(StoreError::Damaged("a base card lacks its school"));
        };
        let detail = json!({ "from": base.valid_until.to_string(), "until": self.until.to_string() });
        base.valid_until = self.until;
        base.update(tx).await?;
        self.act.trail().record(tx, "base_card.confirmed", base.id.as_str(), detail).await?;
        if let Some(pupil) = Pupil::lock(tx, &base.pupil_id).await? {
            // An order may wait for no more than that the card lasts.
            advance_waiting(tx, &pupil, &self.act).await?;
        }
        let devices = match card {
            Some(card) => Device::of_card(tx, &card.id).await?,
            None => Vec::new(),
        };
        let live = devices.into_iter().filter(|device| device.state == DeviceState::Live);
        Ok(Ok(Confirmed {
            base_card: base,
            renewal: office.profile.renewal,
            devices: live.map(|device| device.id).collect(),
        }))
    }
}

/// Voids a base card before its day; its mobile copy goes with it.
#[derive(Debug)]
pub struct VoidBaseCard {
    /// Which.
    pub base_card: BaseCardId,
    /// Why.
    pub reason: VoidReason,
    /// Who, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for VoidBaseCard {
    type Answer = Result<BaseCard, BaseCardRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some((base, card)) = hold(tx, &self.base_card).await? else {
            return Ok(Err(BaseCardRefusal::UnknownCard));
        };
        if base.state == BaseCardState::Voided {
            return Ok(Err(BaseCardRefusal::AlreadyVoid));
        }
        void(tx, base, card, self.reason, &self.act).await.map(Ok)
    }
}

/// Voids a base card whose copy, if there is one, is held.
pub(crate) async fn void(
    tx: &mut dyn Statements,
    mut base: BaseCard,
    copy: Option<MobileCard>,
    reason: VoidReason,
    act: &Act,
) -> Result<BaseCard, StoreError> {
    base.state = BaseCardState::Voided;
    base.void_reason = Some(reason);
    base.update(tx).await?;
    let mut trail = act.trail();
    trail.record(tx, "base_card.voided", base.id.as_str(), json!({ "reason": reason })).await?;
    let left = matches!(reason, VoidReason::LeftSchool | VoidReason::MovedSchool);
    lose_base_card(tx, &base, left, act).await?;
    if let Some(card) = copy {
        let reason = match reason {
            VoidReason::MovedSchool => EndReason::MovedSchool,
            VoidReason::Lost | VoidReason::Damaged | VoidReason::DataWrong | VoidReason::LeftSchool => {
                EndReason::CardVoid
            }
        };
        end_all(tx, &card.id, reason, act.at, &mut trail).await?;
    }
    Ok(base)
}

/// Holds a base card and, before it, its mobile copy.
///
/// A copy that came to be between the two looks is somebody else's act that has just ended: it is run again.
pub(crate) async fn hold(
    tx: &mut dyn Statements,
    base: &BaseCardId,
) -> Result<Option<(BaseCard, Option<MobileCard>)>, StoreError> {
    let copy = match MobileCard::of_base_card(tx, base).await? {
        Some(card) => MobileCard::lock(tx, &card.id).await?,
        None => None,
    };
    let Some(base) = BaseCard::lock(tx, base).await? else { return Ok(None) };
    if copy.is_none() && MobileCard::of_base_card(tx, &base.id).await?.is_some() {
        return Err(StoreError::Contention);
    }
    Ok(Some((base, copy)))
}

/// Moves a pupil to another school: ex officio, cards and orders of the old one end.
#[derive(Debug)]
pub struct TransferPupil {
    /// Who.
    pub pupil: PupilId,
    /// Where to.
    pub to: SchoolId,
    /// The class there.
    pub class_name: String,
    /// By whom, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for TransferPupil {
    type Answer = Result<Pupil, TransferRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        if SchoolFile::load(tx, &self.to, self.act.at).await?.is_none() {
            return Ok(Err(TransferRefusal::UnknownSchool));
        }
        let copies = MobileCard::of_pupil(tx, &self.pupil).await?;
        for copy in &copies {
            MobileCard::lock(tx, &copy.id).await?;
        }
        let Some(mut pupil) = Pupil::lock(tx, &self.pupil).await? else {
            return Ok(Err(TransferRefusal::UnknownPupil));
        };
        if pupil.school_id == self.to {
            return Ok(Err(TransferRefusal::SameSchool));
        }
        if MobileCard::of_pupil(tx, &self.pupil).await?.len() != copies.len() {
            // A card was made while this act waited for the pupil's row: look again.
            return Err(StoreError::Contention);
        }
        withdraw_open(tx, &self.pupil, &self.act).await?;
        self.return_applications(tx).await?;
        for base in BaseCard::of_pupil(tx, &self.pupil).await? {
            if base.state == BaseCardState::Held {
                let copy = copies.iter().find(|copy| copy.base_card_id == base.id).cloned();
                // Entries of several cards in one act need names of their own.
                let act = self.act.part(base.id.as_str());
                void(tx, base, copy, VoidReason::MovedSchool, &act).await?;
            }
        }
        let from = std::mem::replace(&mut pupil.school_id, self.to.clone());
        pupil.class_name.clone_from(&self.class_name);
        crate::registry::pupil::index(&mut pupil);
        pupil.update(tx).await?;
        let detail = json!({ "from": from, "to": self.to });
        self.act.trail().record(tx, "pupil.transferred", pupil.id.as_str(), detail).await?;
        pupil.version += 1;
        Ok(Ok(pupil))
    }
}

/// What stands on an application whose pupil has moved: the books are in Polish.
const MADE_ELSEWHERE: &str = "Wniosek złożono w poprzedniej szkole ucznia";

impl TransferPupil {
    /// An application is made to the head of one school: at another one it entitles to nothing. An objection is
    /// about the pupil and moves along.
    async fn return_applications(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        for application in Application::of_pupil(tx, &self.pupil).await? {
            let Some(mut application) = Application::lock(tx, &application.id).await? else { continue };
            if !matches!(application.state, ApplicationState::Received | ApplicationState::Complete) {
                continue;
            }
            application.state = ApplicationState::SentBack;
            application.note = Some(MADE_ELSEWHERE.to_owned());
            application.settled_at = Some(self.act.at);
            application.update(tx).await?;
            let act = self.act.part(application.id.as_str());
            act.trail().record(tx, "application.sent_back", application.id.as_str(), json!({})).await?;
        }
        Ok(())
    }
}

/// The reasons that an office chooses from when a device gets a new slip; somebody who gives the service up gets
/// none.
pub const REISSUE_REASONS: [EndReason; 5] = [
    EndReason::PhoneLost,
    EndReason::IdentityStolen,
    EndReason::PhoneDamaged,
    EndReason::DataWrong,
    EndReason::Superseded,
];

/// Why a card is issued again although a device holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReissueReason(EndReason);

impl ReissueReason {
    /// A reason for a new slip; only what a holder or an office may name.
    pub fn new(reason: EndReason) -> Option<Self> {
        match reason {
            EndReason::CardVoid | EndReason::MovedSchool | EndReason::Deleted | EndReason::NeverReleased => {
                None
            }
            EndReason::PhoneLost
            | EndReason::PhoneDamaged
            | EndReason::IdentityStolen
            | EndReason::ServiceGivenUp
            | EndReason::DataWrong
            | EndReason::Superseded => Some(Self(reason)),
        }
    }

    /// Whether the old certificate is revoked at once, or only when the new one is activated.
    ///
    /// Whatever may be in the wrong hands goes at once; a card that only shows old data or sits on a broken
    /// phone may stay until there is a better one.
    pub fn at_once(self) -> bool {
        matches!(self.0, EndReason::PhoneLost | EndReason::IdentityStolen | EndReason::ServiceGivenUp)
    }
}

/// Issues a card again for one device: revokes the old certificate now or on activation, and makes a slip.
#[derive(Debug)]
pub struct ReissueCard {
    card: CardId,
    device: DeviceId,
    reason: ReissueReason,
    grant: MakeGrant,
    act: Act,
}

impl ReissueCard {
    /// The act, and the secrets of the slip that it makes if it succeeds.
    pub fn new(
        issuance: &Issuance,
        card: CardId,
        device: DeviceId,
        reason: ReissueReason,
        actor: Actor,
    ) -> (Self, SlipSecrets) {
        let placeholder = GrantSource::Order(OrderId::fresh(issuance.now(), &*issuance.entropy), None);
        let (grant, secrets) = MakeGrant::new(issuance, placeholder, actor.clone());
        (Self { card, device, reason, grant, act: issuance.act(actor) }, secrets)
    }
}

#[async_trait::async_trait]
impl Verb for ReissueCard {
    type Answer = Result<Grant, GrantRefusal>;

    /// A lost phone is not revoked by a reissue that was refused: the clerk sees one outcome, not half of two.
    fn keeps(answer: &Self::Answer) -> bool {
        answer.is_ok()
    }

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(card) = MobileCard::lock(tx, &self.card).await? else {
            return Ok(Err(GrantRefusal::UnknownCard));
        };
        let Some(order) = order_of_card(tx, &card).await? else { return Ok(Err(GrantRefusal::UnknownOrder)) };
        let device = Device::lock(tx, &self.device).await?.filter(|device| device.card_id == card.id);
        let Some(mut device) = device else { return Ok(Err(GrantRefusal::UnknownDevice)) };
        if device.state != DeviceState::Live {
            return Ok(Err(GrantRefusal::UnknownDevice));
        }
        let replaces = if self.reason.at_once() {
            super::revocation::end(tx, &mut device, self.reason.0, self.act.at, &mut self.act.trail())
                .await?;
            None
        } else {
            Some(device.id)
        };
        self.grant.with_source(GrantSource::Order(order.id, replaces)).run(tx).await
    }
}

/// Messages complete "cannot change the base card: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BaseCardRefusal {
    /// No such card.
    #[error("base card is unknown")]
    UnknownCard,
    /// It was voided before.
    #[error("base card was voided already")]
    AlreadyVoid,
    /// A confirmation that lengthens nothing, ends in the past or lasts for more than a year and a quarter.
    #[error("new last day must lie after the present one, not in the past, and at most 457 days ahead")]
    NotLonger,
}

/// Messages complete "cannot move the pupil: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TransferRefusal {
    /// No such pupil.
    #[error("pupil is unknown")]
    UnknownPupil,
    /// No such school.
    #[error("school is unknown")]
    UnknownSchool,
    /// Already there.
    #[error("pupil belongs to this school already")]
    SameSchool,
}
