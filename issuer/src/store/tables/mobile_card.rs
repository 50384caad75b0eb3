//! Mobile cards: the row that every decision about grants and devices holds first.

use jiff::Timestamp;

use super::row;
use crate::store::id::{BaseCardId, CardId, PupilId, SchoolId};
use crate::store::sql::params;
use crate::store::{Statements, StoreError};

row! {
    /// The mobile copy of one base card.
    MobileCard in "mobile_card" {
        /// Name in the store.
        id: CardId,
        /// What it is a copy of.
        base_card_id: BaseCardId,
        /// Whose.
        pupil_id: PupilId,
        /// Which school issues it.
        school_id: SchoolId,
        /// When the first order for it was carried out.
        created_at: Timestamp,
    }
}

impl MobileCard {
    /// The copy of a base card, if one was ever ordered.
    pub async fn of_base_card(
        tx: &mut dyn Statements,
        base: &BaseCardId,
    ) -> Result<Option<Self>, StoreError> {
        Ok(Self::select(tx, "WHERE base_card_id = $1", params![base]).await?.into_iter().next())
    }

    /// A pupil's mobile cards, oldest first.
    pub async fn of_pupil(tx: &mut dyn Statements, pupil: &PupilId) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "WHERE pupil_id = $1 ORDER BY id", params![pupil]).await
    }

    /// Holds a pupil's mobile cards until the act ends, so that nothing is issued for any of them meanwhile. Cards are held
    /// before their pupil.
    pub async fn hold_of_pupil(tx: &mut dyn Statements, pupil: &PupilId) -> Result<(), StoreError> {
        let lock = tx.for_update();
        let sql = format!("SELECT id FROM mobile_card WHERE pupil_id = $1 ORDER BY id{lock}");
        tx.query(&sql, params![pupil]).await.map(|_| ())
    }
}
