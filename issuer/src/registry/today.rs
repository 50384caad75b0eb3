//! What an office has to do today, in numbers.

use jiff::Timestamp;

use crate::issuance::dossier::SchoolFile;
use crate::registry::profile::IssueBasis;
use crate::store::id::SchoolId;
use crate::store::tables::figures::{OrderFigures, PhotoFigures, SlipFigures};
use crate::store::tables::grant::EXPIRES_SOON;
use crate::store::tables::order::{Order, OrderFilter};
use crate::store::tables::pupil::{Application, ApplicationFilter, ApplicationState};
use crate::store::tables::pupil_line::{ClassFigures, Days};
use crate::store::{Statements, StoreError, Verb};

/// Reads the numbers of a day, all from one snapshot.
#[derive(Debug)]
pub struct ReadToday {
    /// Of which school.
    pub school: SchoolId,
    /// Only of this class.
    pub class: Option<String>,
    /// When "now" is.
    pub now: Timestamp,
}

/// The numbers of a day.
#[derive(Debug, Clone, Default)]
pub struct Today {
    /// Pupils with open orders, by the last day.
    pub orders: OrderFigures,
    /// Orders that wait for the principal's word; none where the school's rules do not ask for it.
    pub not_approved: Option<i64>,
    /// Applications that nobody has checked yet.
    pub unchecked: i64,
    /// Complete applications that no order rests on; none where the school's rules ask for no application.
    pub no_order: Option<i64>,
    /// Slips on their way.
    pub slips: SlipFigures,
    /// Pictures that were sent in; of the whole school, since most are not matched with a pupil yet.
    pub photos: PhotoFigures,
    /// How the pupils' cards stand.
    pub pupils: ClassFigures,
}

#[async_trait::async_trait]
impl Verb for ReadToday {
    type Answer = Today;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let (school, class) = (&self.school, self.class.as_deref());
        let days = Days::at(self.now);
        let expiring = self.now.saturating_add(EXPIRES_SOON).unwrap_or(Timestamp::MAX);
        let mut pupils = ClassFigures::default();
        for class in ClassFigures::of_school(tx, school, class, days).await? {
            pupils.pupils += class.pupils;
            pupils.no_base_card += class.no_base_card;
            pupils.expired += class.expired;
            pupils.ends_soon += class.ends_soon;
            pupils.no_mobile_card += class.no_mobile_card;
            pupils.none_active += class.none_active;
            pupils.active += class.active;
        }
        let profile = SchoolFile::load(tx, school, self.now).await?.map(|office| office.profile);
        let not_approved = match &profile {
            Some(profile) if profile.principal_approves => {
                Some(Order::count(tx, school, OrderFilter::NotApproved).await?)
            }
            _ => None,
        };
        let no_order = match profile {
            Some(profile) if profile.basis == IssueBasis::Application => {
                Some(Application::count(tx, school, ApplicationFilter::NoOrder).await?)
            }
            _ => None,
        };
        let received = ApplicationFilter::In(ApplicationState::Received);
        Ok(Today {
            not_approved,
            unchecked: Application::count(tx, school, received).await?,
            no_order,
            orders: OrderFigures::count(tx, school, class, days).await?,
            slips: SlipFigures::count(tx, school, class, self.now, expiring).await?,
            photos: PhotoFigures::count(tx, school, self.now).await?,
            pupils,
        })
    }
}
