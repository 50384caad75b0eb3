//! Orders to issue.

use jiff::{Timestamp, civil::Date};

use super::{row, words};
use crate::store::id::{ApplicationId, BaseCardId, OrderId, PupilId, SchoolId, StaffId};
use crate::store::sql::params;
use crate::store::{Statements, StoreError};

words! {
    /// Where an order stands.
    OrderState {
        /// Waits for a photo or a base card.
        Waiting = "waiting",
        /// Everything is there: a grant may be made.
        Ready = "ready",
        /// At least one grant was made.
        Issued = "issued",
        /// Withdrawn.
        Cancelled = "cancelled",
    }
}

row! {
    /// An order to issue (zlecenie wydania).
    Order in "issue_order" {
        /// Name in the store.
        id: OrderId,
        /// For whom.
        pupil_id: PupilId,
        /// By which school.
        school_id: SchoolId,
        /// On which application, where the profile asks for one.
        application_id: Option<ApplicationId>,
        /// For which base card; none while the order waits for one.
        base_card_id: Option<BaseCardId>,
        /// Where it stands.
        state: OrderState,
        /// The last day to issue.
        deadline_on: Option<Date>,
        /// When it was written.
        created_at: Timestamp,
        /// When the principal approved it, under rules that ask for that.
        approved_at: Option<Timestamp>,
        /// Who approved it.
        approved_by: Option<StaffId>,
    }
}

/// Lists show nobody who was erased.
const NOT_ERASED: &str = "pupil_id IN (SELECT id FROM pupil WHERE erased_at IS NULL)";

/// Which orders a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderFilter {
    /// Waiting and ready: what is still to be done.
    Open,
    /// Those in one state.
    In(OrderState),
    /// Open ones that nobody approved yet.
    NotApproved,
    /// All of them.
    All,
}

impl OrderFilter {
    fn condition(self) -> &'static str {
        match self {
            Self::Open => "state IN ('waiting', 'ready')",
            Self::In(OrderState::Waiting) => "state = 'waiting'",
            Self::In(OrderState::Ready) => "state = 'ready'",
            Self::In(OrderState::Issued) => "state = 'issued'",
            Self::In(OrderState::Cancelled) => "state = 'cancelled'",
            Self::NotApproved => "state IN ('waiting', 'ready') AND approved_at IS NULL",
            Self::All => "1 = 1",
        }
    }
}

impl Order {
    /// Whether it is still to be carried out.
    pub fn is_open(&self) -> bool {
        matches!(self.state, OrderState::Waiting | OrderState::Ready)
    }

    /// A pupil's orders, oldest first.
    pub async fn of_pupil(tx: &mut dyn Statements, pupil: &PupilId) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "WHERE pupil_id = $1 ORDER BY id", params![pupil]).await
    }

    /// A page of a school's orders by deadline, those without one last.
    pub async fn page(
        tx: &mut dyn Statements,
        school: &SchoolId,
        filter: OrderFilter,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<Self>, StoreError> {
        let rest = format!(
            "WHERE school_id = $1 AND {} AND {NOT_ERASED} ORDER BY deadline_on IS NULL, deadline_on, id LIMIT $3 OFFSET $2",
            filter.condition()
        );
        Self::select(tx, &rest, params![school, skip, limit]).await
    }

    /// How many orders of a school pass the filter.
    pub async fn count(
        tx: &mut dyn Statements,
        school: &SchoolId,
        filter: OrderFilter,
    ) -> Result<i64, StoreError> {
        let sql = format!(
            "SELECT COUNT(*) FROM issue_order WHERE school_id = $1 AND {} AND {NOT_ERASED}",
            filter.condition()
        );
        tx.number(&sql, params![school]).await
    }

    /// Writes base card, state, deadline and approval back.
    pub async fn update(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql = "UPDATE issue_order SET base_card_id = $2, state = $3, deadline_on = $4, approved_at = $5, \
                   approved_by = $6 WHERE id = $1";
        let values = params![
            &self.id,
            self.base_card_id.clone(),
            self.state,
            self.deadline_on,
            self.approved_at,
            self.approved_by.clone(),
        ];
        tx.execute(sql, values).await.map(|_| ())
    }
}
