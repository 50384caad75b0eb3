//! Applications and objections, and who may apply.

use jiff::Timestamp;
use shared::validity::{is_of_age, warsaw_date};

use super::{Listed, PAGE, Pupils};
use crate::issuance::dossier::SchoolFile;
use crate::registry::profile::SchoolProfile;
use crate::store::id::{ApplicationId, PupilId, SchoolId};
use crate::store::tables::device::{Device, DeviceState};
use crate::store::tables::mobile_card::MobileCard;
use crate::store::tables::order::Order;
use crate::store::tables::pupil::{Application, ApplicationFilter, ApplicationState, Guardian, Pupil};
use crate::store::tables::school::School;
use crate::store::{Statements, StoreError, Verb};

/// Lists applications by deadline.
#[derive(Debug)]
pub struct ListApplications {
    /// Of which school.
    pub school: SchoolId,
    /// Which.
    pub filter: ApplicationFilter,
    /// Which page, from 0.
    pub page: u32,
}

/// A page of applications, and how many there are of each kind.
#[derive(Debug)]
pub struct ApplicationList {
    /// The page.
    pub listed: Listed<(Application, Pupil)>,
    /// How many of each state.
    pub counts: Vec<(ApplicationState, u32)>,
    /// How many complete ones no order rests on.
    pub no_order: i64,
}

#[async_trait::async_trait]
impl Verb for ListApplications {
    type Answer = ApplicationList;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let (mut pupils, mut rows) = (Pupils::default(), Vec::new());
        let skip = self.page.saturating_mul(PAGE);
        for application in Application::page(tx, &self.school, self.filter, skip, PAGE + 1).await? {
            let pupil = pupils.of(tx, &application.pupil_id).await?;
            rows.push((application, pupil));
        }
        let counts = Application::counts(tx, &self.school).await?;
        let no_order = Application::count(tx, &self.school, ApplicationFilter::NoOrder).await?;
        Ok(ApplicationList { listed: Listed::of(rows), counts, no_order })
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
    /// How many devices hold the pupil's card now.
    pub live_devices: usize,
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
        let orders =
            orders.into_iter().filter(|order| order.application_id.as_ref() == Some(&application.id));
        let latest = Application::of_pupil(tx, &pupil.id).await?.pop();
        let mut live_devices = 0;
        for card in MobileCard::of_pupil(tx, &pupil.id).await? {
            let devices = Device::of_card(tx, &card.id).await?;
            live_devices += devices.iter().filter(|device| device.state == DeviceState::Live).count();
        }
        Ok(Some(ApplicationFile {
            live_devices,
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
