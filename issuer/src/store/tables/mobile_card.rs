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

    /// The next cards, by name and at most `limit`, that are on a device, or about to be, which has no certificate
    /// issued at `before` or later.
    pub async fn next_held(
        tx: &mut dyn Statements,
        whose: &HeldBy,
        before: Timestamp,
        after: Option<&CardId>,
        limit: u32,
    ) -> Result<Vec<CardId>, StoreError> {
        let sql = "SELECT c.id FROM mobile_card c JOIN pupil p ON p.id = c.pupil_id \
                   WHERE c.id > $1 AND ($2 = '' OR c.school_id = $2) AND ($3 = '' OR p.class_name = $3) \
                   AND EXISTS (SELECT 1 FROM device d WHERE d.card_id = c.id AND d.state IN ('live', 'pending') \
                   AND NOT EXISTS (SELECT 1 FROM certificate t WHERE t.device_id = d.id AND t.issued_at >= $4)) \
                   ORDER BY c.id LIMIT $5";
        let (school, class) = match whose {
            HeldBy::Everybody => ("", ""),
            HeldBy::School(school) => (school.as_str(), ""),
            HeldBy::Class(school, class) => (school.as_str(), class.as_str()),
        };
        let after = after.map_or("", |card| card.as_str());
        let rows = tx.query(sql, params![after, school, class, before, limit]).await?;
        rows.iter().map(|row| row.take(0)).collect()
    }
}

/// Whose cards are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeldBy {
    /// All that the issuer has.
    Everybody,
    /// Those that a school issued.
    School(SchoolId),
    /// Those of them whose pupils are in this class now.
    Class(SchoolId, String),
}
