//! Grants: a QR code and an activation code that open the card on one device, once.

use jiff::Timestamp;
use serde_json::json;
use shared::activation_code::ActivationCode;
use shared::entropy::Entropy;
use shared::secret::Secret;
use shared::typed_code::TypedCode;
use shared::vci::offer_uri::{OfferAddress, OfferUri, OfferUriError};
use shared::vci::uri::{HttpUrl, UrlPolicy};

use super::dossier::{CardRefusal, Dossier, SchoolFile};
use super::order::{objected, pick_base_card};
use super::{Addresses, Issuance};
use crate::audit::{Act, Actor};
use crate::notify;
use crate::registry::profile::ActivationMode;
use crate::store::id::{CardId, DeviceId, GrantId, NoticeId, OrderId};
use crate::store::tables::device::{Device, DeviceState};
use crate::store::tables::grant::{Grant, GrantState};
use crate::store::tables::mobile_card::MobileCard;
use crate::store::tables::order::{Order, OrderState};
use crate::store::tables::pupil::{Photo, Pupil};
use crate::store::{Statements, StoreError, Verb};

/// How many wrong activation codes a grant bears.
pub const MAX_FAILURES: u8 = 5;

/// What a slip says; shown once, only hashes of it are kept.
#[derive(Debug)]
pub struct SlipSecrets {
    /// The last part of the offer's address in the QR code.
    pub offer_id: Secret,
    /// What can be typed instead of scanning.
    pub typed: TypedCode,
    /// The activation code; void where the profile asks for none.
    pub code: ActivationCode,
}

impl SlipSecrets {
    fn fresh(entropy: &dyn Entropy) -> Self {
        use base64::Engine as _;
        let id = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(entropy.bytes::<16>());
        Self {
            offer_id: Secret::new(id),
            typed: TypedCode::generate(entropy),
            code: ActivationCode::generate(entropy),
        }
    }
}

impl SlipSecrets {
    /// The text of the slip's QR code: where the offer is fetched.
    ///
    /// # Errors
    /// When the issuer is known under an address that no wallet would speak to.
    pub fn offer_uri(&self, addresses: &Addresses) -> Result<Secret, OfferUriError> {
        let address = format!("{}/o/{}", addresses.issuer, self.offer_id.expose());
        let address = HttpUrl::parse(&address, UrlPolicy::default()).map_err(OfferUriError::Address)?;
        OfferUri::ByReference(OfferAddress::new(address)).to_text().map(Secret::new)
    }
}

/// Where a new grant comes from.
#[derive(Debug, Clone)]
pub enum GrantSource {
    /// An order; with the device whose place the new one takes, if it is a reissue.
    Order(OrderId, Option<DeviceId>),
    /// An order that nothing was made for yet: of two clerks who print at the same time one prints.
    FirstOf(OrderId),
    /// The order on which a card was issued: another slip for it.
    Card(CardId),
    /// A slip that was spoilt, expired or died: same order, same place.
    InPlaceOf(GrantId),
}

/// Makes a grant.
#[derive(Debug, Clone)]
pub struct MakeGrant {
    source: GrantSource,
    id: GrantId,
    card_id: CardId,
    notices: [NoticeId; 4],
    offer_hash: [u8; 32],
    typed_hash: [u8; 32],
    code_mac: [u8; 32],
    act: Act,
}

impl MakeGrant {
    /// The act, and the secrets of the slip that it makes if it succeeds.
    pub fn new(issuance: &Issuance, source: GrantSource, actor: Actor) -> (Self, SlipSecrets) {
        let (now, entropy) = (issuance.now(), &*issuance.entropy);
        let secrets = SlipSecrets::fresh(entropy);
        let id = GrantId::fresh(now, entropy);
        let verb = Self {
            source,
            card_id: CardId::fresh(now, entropy),
            notices: std::array::from_fn(|_| NoticeId::fresh(now, entropy)),
            offer_hash: issuance.keys.offer_hash(secrets.offer_id.expose()),
            typed_hash: issuance.keys.typed_hash(&secrets.typed),
            code_mac: issuance.keys.code_mac(&id, &secrets.code),
            act: issuance.act(actor),
            id,
        };
        (verb, secrets)
    }

    /// The same act from another source.
    pub(super) fn with_source(&self, source: GrantSource) -> Self {
        Self { source, ..self.clone() }
    }

    /// The order, the device to replace, and the grant that this one takes the place of.
    async fn origin(&self, tx: &mut dyn Statements) -> Result<Result<Origin, GrantRefusal>, StoreError> {
        let (order, replaces, old) = match &self.source {
            GrantSource::Order(order, replaces) => (order.clone(), replaces.clone(), None),
            GrantSource::FirstOf(order) => (order.clone(), None, None),
            GrantSource::Card(card) => {
                let Some(card) = MobileCard::find(tx, card).await? else {
                    return Ok(Err(GrantRefusal::UnknownCard));
                };
                let Some(order) = order_of_card(tx, &card).await? else {
                    return Ok(Err(GrantRefusal::UnknownOrder));
                };
                (order.id, None, None)
            }
            GrantSource::InPlaceOf(grant) => {
                let Some(old) = Grant::find(tx, grant).await? else {
                    return Ok(Err(GrantRefusal::UnknownGrant));
                };
                let Some(order) = old.order_id.clone() else { return Ok(Err(GrantRefusal::UnknownOrder)) };
                (order, old.replaces_device.clone(), Some(old.id))
            }
        };
        let Some(order) = Order::lock(tx, &order).await? else { return Ok(Err(GrantRefusal::UnknownOrder)) };
        let first_only = matches!(self.source, GrantSource::FirstOf(_));
        Ok(match order.state {
            OrderState::Cancelled => Err(GrantRefusal::OrderCancelled),
            OrderState::Issued if first_only => Err(GrantRefusal::OrderIssued),
            OrderState::Waiting | OrderState::Ready | OrderState::Issued => {
                Ok(Origin { order, replaces, old })
            }
        })
    }

    /// The card that the order is for, made now if it is the first time, and held.
    async fn card(
        &self,
        tx: &mut dyn Statements,
        order: &mut Order,
    ) -> Result<Result<Dossier, GrantRefusal>, StoreError> {
        let now = self.act.at;
        let (Some(pupil), Some(office)) =
            (Pupil::find(tx, &order.pupil_id).await?, SchoolFile::load(tx, &order.school_id, now).await?)
        else {
            return Err(StoreError::Damaged("an order lacks its pupil or school"));
        };
        if pupil.school_id != order.school_id {
            return Ok(Err(CardRefusal::MovedSchool.into()));
        }
        if objected(tx, &pupil.id).await? {
            return Ok(Err(GrantRefusal::Objection));
        }
        let base = match pick_base_card(tx, &office, &pupil, order.base_card_id.as_ref(), now).await? {
            Ok(Some(base)) => base,
            Ok(None) => return Ok(Err(CardRefusal::NoBaseCard.into())),
            Err(refusal) => return Ok(Err(refusal.into())),
        };
        order.base_card_id = Some(base.id.clone());
        let card = match MobileCard::of_base_card(tx, &base.id).await? {
            Some(card) => card,
            None => {
                let card = MobileCard {
                    id: self.card_id.clone(),
                    base_card_id: base.id,
                    pupil_id: pupil.id.clone(),
                    school_id: order.school_id.clone(),
                    created_at: now,
                };
                if !card.insert_if_new(tx).await? {
                    // Another order's act has just made it: look again.
                    return Err(StoreError::Contention);
                }
                card
            }
        };
        let Some(dossier) = Dossier::load(tx, &card.id, now, true).await? else {
            return Err(StoreError::Damaged("a card vanished"));
        };
        if let Err(refusal) = dossier.may_issue(now) {
            return Ok(Err(refusal.into()));
        }
        if !Photo::exists(tx, &pupil.id).await? {
            return Ok(Err(CardRefusal::NoPhoto.into()));
        }
        Ok(Ok(dossier))
    }
}

impl MakeGrant {
    /// The slip that this one takes the place of, held. One that a newer slip has replaced is nobody's place: the
    /// newer one may just be in the printer.
    async fn in_place_of(
        &self,
        tx: &mut dyn Statements,
        old: Option<&GrantId>,
    ) -> Result<Result<Option<Grant>, GrantRefusal>, StoreError> {
        let Some(old) = old else { return Ok(Ok(None)) };
        let Some(old) = Grant::lock(tx, old).await? else { return Ok(Err(GrantRefusal::UnknownGrant)) };
        Ok(match old.state {
            GrantState::Bound => Err(GrantRefusal::AlreadyUsed),
            GrantState::Replaced => Err(GrantRefusal::Dead),
            GrantState::Ready | GrantState::Locked | GrantState::Cancelled => Ok(Some(old)),
        })
    }
}

/// The newest order on which a card was issued.
pub(crate) async fn order_of_card(
    tx: &mut dyn Statements,
    card: &MobileCard,
) -> Result<Option<Order>, StoreError> {
    let orders = Order::of_pupil(tx, &card.pupil_id).await?;
    Ok(orders.into_iter().rfind(|order| {
        order.state == OrderState::Issued && order.base_card_id.as_ref() == Some(&card.base_card_id)
    }))
}

struct Origin {
    order: Order,
    replaces: Option<DeviceId>,
    old: Option<GrantId>,
}

#[async_trait::async_trait]
impl Verb for MakeGrant {
    type Answer = Result<Grant, GrantRefusal>;

    fn keeps(answer: &Self::Answer) -> bool {
        answer.is_ok()
    }

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let now = self.act.at;
        let Origin { mut order, replaces, old } = match self.origin(tx).await? {
            Ok(origin) => origin,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let dossier = match self.card(tx, &mut order).await? {
            Ok(dossier) => dossier,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let old = match self.in_place_of(tx, old.as_ref()).await? {
            Ok(old) => old,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let profile = &dossier.office.profile;
        // An order that was carried out already rests on the rules of its day.
        if profile.principal_approves && order.state != OrderState::Issued && order.approved_at.is_none() {
            return Ok(Err(GrantRefusal::NotApproved));
        }
        let devices = Device::of_card(tx, &dossier.card.id).await?;
        if let Err(refusal) = has_place(&devices, replaces.as_ref(), profile.devices.limit()) {
            return Ok(Err(refusal));
        }
        // One live slip where there is one place, one live QR code on the portal; else only the slip named.
        if profile.devices.limit() == 1 || profile.activation == ActivationMode::PortalQr {
            Grant::close_open(tx, &dossier.card.id, GrantState::Replaced).await?;
        } else if let Some(mut old) = old.clone().filter(|old| old.state == GrantState::Ready) {
            old.state = GrantState::Replaced;
            old.update(tx).await?;
        }
        let asks_code = profile.activation == ActivationMode::QrWithCode;
        let grant = Grant {
            id: self.id.clone(),
            card_id: dossier.card.id.clone(),
            order_id: Some(order.id.clone()),
            profile_id: dossier.office.profile_id.clone(),
            offer_hash: self.offer_hash,
            typed_hash: self.typed_hash,
            code_mac: asks_code.then_some(self.code_mac),
            state: GrantState::Ready,
            failures: 0,
            epoch: 0,
            device_id: None,
            replaces_device: replaces,
            created_at: now,
            expires_at: expiry(&dossier, now),
            collected_at: None,
            collected_by: None,
            filed_at: None,
            bound_epoch: None,
        };
        grant.insert(tx).await?;
        let first = order.state != OrderState::Issued;
        order.state = OrderState::Issued;
        order.update(tx).await?;
        // The portal shows its codes itself; one banner is enough for all of them.
        if asks_code || first {
            notify::card_ready(tx, &dossier, &grant, &self.notices).await?;
        }
        let detail = json!({
            "card": grant.card_id, "order": order.id, "profile": grant.profile_id,
            "in_place_of": old.map(|old| old.id), "replaces_device": grant.replaces_device,
        });
        self.act.trail().record(tx, "grant.made", grant.id.as_str(), detail).await?;
        Ok(Ok(grant))
    }
}

/// A grant never outlives the card that it opens.
fn expiry(dossier: &Dossier, now: Timestamp) -> Timestamp {
    let by_rule = now.saturating_add(dossier.office.profile.grant_ttl()).unwrap_or(Timestamp::MAX);
    dossier.validity().map_or(by_rule, |validity| by_rule.min(validity.expires()))
}

fn has_place(devices: &[Device], replaces: Option<&DeviceId>, limit: u8) -> Result<(), GrantRefusal> {
    let taken =
        devices.iter().filter(|d| matches!(d.state, DeviceState::Live | DeviceState::Pending)).count();
    match replaces {
        Some(id) if devices.iter().any(|d| d.id == *id && d.state == DeviceState::Live) => Ok(()),
        Some(_) => Err(GrantRefusal::UnknownDevice),
        None if taken >= usize::from(limit) => Err(GrantRefusal::NoFreePlace { limit }),
        None => Ok(()),
    }
}

/// Why there is no grant. Messages complete "cannot make a slip: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GrantRefusal {
    /// No such order.
    #[error("order is unknown")]
    UnknownOrder,
    /// No such card.
    #[error("card is unknown")]
    UnknownCard,
    /// The application does not let a minor collect the codes.
    #[error("a minor may not collect this slip")]
    MinorMayNotCollect,
    /// The order was withdrawn.
    #[error("order was withdrawn")]
    OrderCancelled,
    /// Its first slip was made already.
    #[error("order was carried out already")]
    OrderIssued,
    /// The rules ask for the principal's approval, and there is none.
    #[error("principal has not approved the order")]
    NotApproved,
    /// Somebody objected, and nobody has applied since.
    #[error("there is an objection")]
    Objection,
    /// A newer slip took its place, or it was taken back: it is not to be handed out.
    #[error("slip is dead")]
    Dead,
    /// Somebody else signed for it.
    #[error("slip was collected by somebody else")]
    Collected,
    /// No such slip.
    #[error("slip is unknown")]
    UnknownGrant,
    /// The slip has opened a device.
    #[error("slip was used already")]
    AlreadyUsed,
    /// The device to replace does not hold this card.
    #[error("device does not hold this card")]
    UnknownDevice,
    /// Every place is taken.
    #[error("all {limit} places for devices are taken")]
    NoFreePlace {
        /// How many there are.
        limit: u8,
    },
    /// The card itself cannot be issued.
    #[error(transparent)]
    Card(#[from] CardRefusal),
}
