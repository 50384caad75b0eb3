//! Orders to issue.

use jiff::{Timestamp, civil::Date};

use super::{row, words};
use crate::store::id::{ApplicationId, BaseCardId, OrderId, PupilId, SchoolId};
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
    }
}

impl Order {
    /// A pupil's orders, oldest first.
    pub async fn of_pupil(tx: &mut dyn Statements, pupil: &PupilId) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "WHERE pupil_id = $1 ORDER BY id", params![pupil]).await
    }

    /// Writes base card, state and deadline back.
    pub async fn update(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql = "UPDATE issue_order SET base_card_id = $2, state = $3, deadline_on = $4 WHERE id = $1";
        let values = params![&self.id, self.base_card_id.clone(), self.state, self.deadline_on];
        tx.execute(sql, values).await.map(|_| ())
    }
}
