//! How far a pupil's mobile card is, as the portal shows it to the pupil and the guardians.

use jiff::Timestamp;
use jiff::civil::Date;
use shared::validity::warsaw_date;

use super::photo::PhotoRules;
use super::profile::ActivationMode;
use crate::issuance::dossier::SchoolFile;
use crate::store::id::PupilId;
use crate::store::tables::base_card::{BaseCard, BaseCardState, Form};
use crate::store::tables::device::{Device, DeviceState};
use crate::store::tables::grant::{Grant, GrantState};
use crate::store::tables::mobile_card::MobileCard;
use crate::store::tables::order::{Order, OrderState};
use crate::store::tables::photo_inbox::InboxPicture;
use crate::store::tables::pupil::{Application, ApplicationState, Photo, Pupil};
use crate::store::{Statements, StoreError, Verb};

/// Which of the three guides holds: they differ in what is needed first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// A plastic card: the school has all that it needs.
    Plastic,
    /// A paper card: a photo first.
    Paper,
    /// No card yet: a photo, then the card.
    NoCard,
    /// A card that has run out: it is confirmed first, or a new one made.
    Lapsed,
}

impl Case {
    /// The word by which pages name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Plastic => "plastic",
            Self::Paper => "paper",
            Self::NoCard => "none",
            Self::Lapsed => "lapsed",
        }
    }
}

/// What the pupil or a guardian can do now, or what is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Somebody objected: no card is issued.
    Objection,
    /// The photo is missing.
    Photo,
    /// The base card is missing, or no longer counts.
    BaseCard,
    /// An application is missing, or not yet complete.
    Application,
    /// The school has not placed the order yet.
    Order,
    /// The school may not issue now.
    School,
    /// The QR code waits on the portal.
    PortalCode,
    /// The slip is being prepared.
    SlipToBe,
    /// The slips are used up or over: the next one is made when the office is asked for it.
    SlipAgain,
    /// The slip waits at the school.
    Slip,
    /// The slip was collected: the phone is next.
    Phone,
    /// Every place is taken.
    Full,
}

impl Next {
    /// The word by which pages name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Objection => "objection",
            Self::Photo => "photo",
            Self::BaseCard => "base_card",
            Self::Application => "application",
            Self::Order => "order",
            Self::School => "school",
            Self::PortalCode => "portal_code",
            Self::SlipToBe => "slip_to_be",
            Self::SlipAgain => "slip_again",
            Self::Slip => "slip",
            Self::Phone => "phone",
            Self::Full => "full",
        }
    }
}

/// All that the portal shows of a pupil's card.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The pupil.
    pub pupil: Pupil,
    /// The school, with the rules that hold now.
    pub office: SchoolFile,
    /// The base card that counts now.
    pub base_card: Option<BaseCard>,
    /// The last day of the card held last, where none counts now.
    pub lapsed_on: Option<Date>,
    /// Whether there is an accepted photo.
    pub photo: bool,
    /// The newest order that was not withdrawn.
    pub order: Option<Order>,
    /// The newest application or objection.
    pub application: Option<Application>,
    /// The mobile copy of the base card.
    pub card: Option<MobileCard>,
    /// Its newest grant that may open a device.
    pub grant: Option<Grant>,
    /// The devices that hold it, oldest first.
    pub devices: Vec<Device>,
    /// When "now" is.
    pub now: Timestamp,
}

impl Standing {
    async fn load(tx: &mut dyn Statements, pupil: Pupil, now: Timestamp) -> Result<Self, StoreError> {
        let Some(office) = SchoolFile::load(tx, &pupil.school_id, now).await? else {
            return Err(StoreError::Damaged("a pupil lacks a school"));
        };
        let today = warsaw_date(now);
        let mut held = BaseCard::of_pupil(tx, &pupil.id).await?;
        held.retain(|card| card.school_id == pupil.school_id && card.state == BaseCardState::Held);
        let lapsed_on = held.last().map(|card| card.valid_until).filter(|last| *last < today);
        let base_card = held.into_iter().rfind(|card| card.valid_until >= today);
        let card = match &base_card {
            Some(base) => MobileCard::of_base_card(tx, &base.id).await?,
            None => None,
        };
        let (grant, devices) = match &card {
            Some(card) => (
                Grant::of_card(tx, &card.id)
                    .await?
                    .into_iter()
                    .rfind(|grant| grant.state == GrantState::Ready && now < grant.expires_at),
                Device::of_card(tx, &card.id).await?,
            ),
            None => (None, Vec::new()),
        };
        let orders = Order::of_pupil(tx, &pupil.id).await?;
        let order = orders.into_iter().rfind(|order| {
            order.school_id == pupil.school_id
                && order.state != OrderState::Cancelled
                // One for a card that no longer counts leads nowhere.
                && (order.base_card_id.is_none()
                    || order.base_card_id.as_ref() == base_card.as_ref().map(|base| &base.id))
        });
        let devices = devices
            .into_iter()
            .filter(|device| matches!(device.state, DeviceState::Live | DeviceState::Pending))
            .collect();
        Ok(Self {
            photo: Photo::exists(tx, &pupil.id).await?,
            application: Application::of_pupil(tx, &pupil.id).await?.pop(),
            devices,
            pupil,
            office,
            lapsed_on: lapsed_on.filter(|_| base_card.is_none()),
            base_card,
            order,
            card,
            grant,
            now,
        })
    }

    /// Which guide holds.
    pub fn case(&self) -> Case {
        match self.base_card.as_ref().map(|card| card.form) {
            Some(Form::Plastic) => Case::Plastic,
            Some(Form::Paper) => Case::Paper,
            None if self.lapsed_on.is_some() => Case::Lapsed,
            None => Case::NoCard,
        }
    }

    /// Whether the QR code is shown here, rather than printed at the school.
    pub fn shows_codes(&self) -> bool {
        self.office.profile.activation == ActivationMode::PortalQr
    }

    /// How many places for devices there are.
    pub fn places(&self) -> u8 {
        self.office.profile.devices.limit()
    }

    /// Whether every place is taken.
    pub fn is_full(&self) -> bool {
        self.devices.len() >= usize::from(self.places())
    }

    /// What comes next. Where no code was made yet, the order decides: whoever makes the code judges once more.
    pub fn next(&self) -> Next {
        if self.application.as_ref().is_some_and(|newest| newest.state == ApplicationState::Objection) {
            return Next::Objection;
        }
        if self.is_full() {
            return Next::Full;
        }
        if self.office.may_issue(self.now).is_err() {
            return Next::School;
        }
        // Without a card the photo comes first too: the card is made from it.
        if !self.photo {
            return Next::Photo;
        }
        if self.base_card.is_none() {
            return Next::BaseCard;
        }
        let Some(order) = &self.order else {
            use super::profile::IssueBasis;
            let complete =
                self.application.as_ref().is_some_and(|newest| newest.state == ApplicationState::Complete);
            let asked_for = self.office.profile.basis == IssueBasis::Application && !complete;
            return if asked_for { Next::Application } else { Next::Order };
        };
        match (order.state, &self.grant) {
            (OrderState::Waiting | OrderState::Cancelled, _) => Next::Order,
            (OrderState::Ready | OrderState::Issued, _) if self.shows_codes() => Next::PortalCode,
            (_, Some(grant)) if grant.collected_at.is_some() => Next::Phone,
            (_, Some(_)) => Next::Slip,
            (OrderState::Ready, None) => Next::SlipToBe,
            (OrderState::Issued, None) => Next::SlipAgain,
        }
    }
}

/// Reads what was sent in from home for a pupil, the newest first, and what the school asks of photos.
#[derive(Debug)]
pub struct ReadPhotosFromHome {
    /// For whom.
    pub pupil: PupilId,
    /// When "now" is.
    pub now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for ReadPhotosFromHome {
    type Answer = Option<(Vec<InboxPicture>, PhotoRules)>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(pupil) = Pupil::find(tx, &self.pupil).await? else { return Ok(None) };
        let Some(office) = SchoolFile::load(tx, &pupil.school_id, self.now).await? else {
            return Err(StoreError::Damaged("a pupil lacks a school"));
        };
        let mut sent = InboxPicture::sent_from_home(tx, &self.pupil, self.now).await?;
        sent.retain(|row| row.school_id == pupil.school_id);
        Ok(Some((sent, PhotoRules::from(&office.profile))))
    }
}

/// Reads how far the card of a pupil is.
#[derive(Debug)]
pub struct ReadStanding {
    /// Whose.
    pub pupil: PupilId,
    /// When "now" is.
    pub now: Timestamp,
}

#[async_trait::async_trait]
impl Verb for ReadStanding {
    type Answer = Option<Standing>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        match Pupil::find(tx, &self.pupil).await?.filter(|pupil| pupil.erased_at.is_none()) {
            Some(pupil) => Standing::load(tx, pupil, self.now).await.map(Some),
            None => Ok(None),
        }
    }
}
