//! Schools, their agreements and their dated profiles.

use jiff::{Timestamp, civil::Date};

use super::{row, words};
use crate::store::id::{ProfileId, SchoolId};
use crate::store::sql::params;
use crate::store::{Statements, StoreError};

words! {
    /// Which stage of education a school belongs to.
    SchoolKind {
        /// Szkoła podstawowa.
        Primary = "primary",
        /// Szkoła ponadpodstawowa.
        PostPrimary = "post_primary",
        /// Anything else, such as a kindergarten: not eligible.
        Other = "other",
    }
    /// Who runs a school, and with what rights.
    SchoolRights {
        /// Public.
        Public = "public",
        /// Non-public with the rights of public ones.
        NonPublicWithRights = "non_public_with_rights",
        /// Non-public without them: not eligible.
        NonPublic = "non_public",
    }
    /// How long a base card runs by default.
    Term {
        /// To 30 September.
        Yearly = "yearly",
        /// To 31 March or 30 September, whichever is nearer.
        Semester = "semester",
    }
}

row! {
    /// A school.
    School in "school" {
        /// Its name in the store.
        id: SchoolId,
        /// Number in the register of schools (RSPO).
        rspo: i64,
        /// Statistical number, 9 or 14 digits.
        regon: Option<String>,
        /// Full name.
        name: String,
        /// Stage of education.
        kind: SchoolKind,
        /// Public, or non-public with or without rights.
        rights: SchoolRights,
        /// How its base cards run.
        term: Term,
        /// Street and number.
        street_line: String,
        /// `00-000`.
        postal_code: String,
        /// Town.
        city: String,
        /// When it was entered.
        created_at: Timestamp,
    }
}

row! {
    /// The agreement with the ministry; without one nothing is issued.
    Agreement in "agreement" {
        /// Whose.
        school_id: SchoolId,
        /// Its number.
        number: String,
        /// First day on which it holds.
        signed_on: Date,
        /// Last day on which it holds, if it has ended.
        ended_on: Option<Date>,
    }
}

row! {
    /// A version of a school's rules.
    Profile in "school_profile" {
        /// Stamped on every card issued under it.
        id: ProfileId,
        /// Whose rules.
        school_id: SchoolId,
        /// The rules: JSON with a version of its own.
        body: String,
        /// From when they hold.
        effective_from: Timestamp,
        /// When they were written down.
        created_at: Timestamp,
    }
}

impl School {
    /// The school with this RSPO number.
    pub async fn by_rspo(tx: &mut dyn Statements, rspo: i64) -> Result<Option<Self>, StoreError> {
        Ok(Self::select(tx, "WHERE rspo = $1", params![rspo]).await?.into_iter().next())
    }

    /// All schools, by RSPO.
    pub async fn all(tx: &mut dyn Statements) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "ORDER BY rspo", &[]).await
    }
}

impl Agreement {
    /// Whether it holds on `day`.
    pub fn holds_on(&self, day: Date) -> bool {
        self.signed_on <= day && self.ended_on.is_none_or(|last| day <= last)
    }

    /// Puts this agreement in the place of an earlier one.
    pub async fn replace(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        tx.execute("DELETE FROM agreement WHERE school_id = $1", params![&self.school_id]).await?;
        self.insert(tx).await
    }
}

impl Profile {
    /// The profile that holds at `at`: the one that took effect last.
    pub async fn holding(
        tx: &mut dyn Statements,
        school: &SchoolId,
        at: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let condition =
            "WHERE school_id = $1 AND effective_from <= $2 ORDER BY effective_from DESC, id DESC LIMIT 1";
        Ok(Self::select(tx, condition, params![school, at]).await?.into_iter().next())
    }

    /// Every profile that a school has had, oldest first.
    pub async fn of_school(tx: &mut dyn Statements, school: &SchoolId) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "WHERE school_id = $1 ORDER BY effective_from, id", params![school]).await
    }
}
