//! Physical school cards.

use jiff::{Timestamp, civil::Date};

use super::{row, words};
use crate::store::id::{BaseCardId, PupilId, SchoolId};
use crate::store::sql::params;
use crate::store::{Statements, StoreError};

words! {
    /// What a base card is made of.
    Form {
        /// Legitymacja papierowa.
        Paper = "paper",
        /// E-legitymacja, a plastic card.
        Plastic = "plastic",
    }
    /// Whether a base card still counts.
    BaseCardState {
        /// In the pupil's hands.
        Held = "held",
        /// Lost its validity before its day; for good.
        Voided = "voided",
    }
    /// Why a base card was voided.
    VoidReason {
        /// Lost.
        Lost = "lost",
        /// Damaged.
        Damaged = "damaged",
        /// Its data were wrong.
        DataWrong = "data_wrong",
        /// The pupil moved to another school.
        MovedSchool = "moved_school",
        /// The pupil left school.
        LeftSchool = "left_school",
    }
}

row! {
    /// A physical card.
    BaseCard in "base_card" {
        /// Name in the store.
        id: BaseCardId,
        /// Whose.
        pupil_id: PupilId,
        /// Which school issued it.
        school_id: SchoolId,
        /// That school's RSPO: with year and number the card's key.
        rspo: i64,
        /// Calendar year of the register.
        year: i64,
        /// Number in the register.
        number: i64,
        /// Paper or plastic.
        form: Form,
        /// First day of validity.
        issued_on: Date,
        /// Last day of validity, whole.
        valid_until: Date,
        /// Whether it still counts.
        state: BaseCardState,
        /// Why it does not.
        void_reason: Option<VoidReason>,
        /// The card that this one replaces (duplikat).
        duplicate_of: Option<BaseCardId>,
        /// When entered.
        created_at: Timestamp,
    }
}

impl BaseCard {
    /// A pupil's cards, oldest first.
    pub async fn of_pupil(tx: &mut dyn Statements, pupil: &PupilId) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "WHERE pupil_id = $1 ORDER BY id", params![pupil]).await
    }

    /// The card with this key.
    pub async fn by_key(
        tx: &mut dyn Statements,
        rspo: i64,
        year: i64,
        number: i64,
    ) -> Result<Option<Self>, StoreError> {
        let condition = "WHERE rspo = $1 AND year = $2 AND number = $3";
        Ok(Self::select(tx, condition, params![rspo, year, number]).await?.into_iter().next())
    }

    /// The highest number of a school's register in this year, 0 if there is none yet.
    pub async fn highest_number(tx: &mut dyn Statements, rspo: i64, year: i64) -> Result<i64, StoreError> {
        tx.number("SELECT MAX(number) FROM base_card WHERE rspo = $1 AND year = $2", params![rspo, year])
            .await
    }

    /// Writes validity and state back.
    pub async fn update(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql = "UPDATE base_card SET valid_until = $2, state = $3, void_reason = $4 WHERE id = $1";
        tx.execute(sql, params![&self.id, self.valid_until, self.state, self.void_reason]).await.map(|_| ())
    }
}
