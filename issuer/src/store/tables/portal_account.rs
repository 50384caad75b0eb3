//! Accounts on the portal, and the pupils that each may see.

use jiff::Timestamp;

use super::{row, words};
use crate::store::id::{GuardianId, PortalAccountId, PupilId, SchoolId};
use crate::store::sql::params;
use crate::store::{Statements, StoreError};

words! {
    /// Whose an account on the portal is.
    PortalKind {
        /// A pupil's own.
        Pupil = "pupil",
        /// A parent's or legal guardian's.
        Guardian = "guardian",
    }
}

row! {
    /// An account on the portal.
    PortalAccount in "portal_account" {
        /// Name in the store.
        id: PortalAccountId,
        /// Whose.
        kind: PortalKind,
        /// What is typed at sign-in.
        login: String,
        /// Given names and surname.
        full_name: String,
        /// The school that handed it out: a pupil who moves gets another from the next one.
        school_id: SchoolId,
        /// Argon2id, in PHC form.
        password_hash: String,
        /// Whether the password is one that the school knows, to be changed at first use.
        must_change: bool,
        /// When the account was made.
        created_at: Timestamp,
        /// When it was closed.
        ended_at: Option<Timestamp>,
    }
}

row! {
    /// A pupil whom an account may see.
    PortalAccess in "portal_access" {
        /// Which account.
        account_id: PortalAccountId,
        /// Whom.
        pupil_id: PupilId,
        /// As which of the pupil's guardians; none for the pupil's own account.
        guardian_id: Option<GuardianId>,
        /// When it was given.
        created_at: Timestamp,
    }
}

impl PortalAccount {
    /// The open account with this login.
    pub async fn by_login(tx: &mut dyn Statements, login: &str) -> Result<Option<Self>, StoreError> {
        let condition = "WHERE login = $1 AND ended_at IS NULL";
        Ok(Self::select(tx, condition, params![login]).await?.into_iter().next())
    }

    /// The open accounts that may see a pupil, oldest first.
    pub async fn of_pupil(tx: &mut dyn Statements, pupil: &PupilId) -> Result<Vec<Self>, StoreError> {
        let condition = "WHERE ended_at IS NULL AND \
                         id IN (SELECT account_id FROM portal_access WHERE pupil_id = $1) ORDER BY id";
        Self::select(tx, condition, params![pupil]).await
    }

    /// A school's open accounts of guardians with this e-mail address (small letters), oldest first.
    pub async fn by_guardians_email(
        tx: &mut dyn Statements,
        school: &SchoolId,
        email: &str,
    ) -> Result<Vec<Self>, StoreError> {
        let condition = "WHERE school_id = $1 AND kind = 'guardian' AND ended_at IS NULL AND \
                         id IN (SELECT access.account_id FROM portal_access access \
                         JOIN guardian ON guardian.id = access.guardian_id \
                         WHERE lower(guardian.email) = $2) ORDER BY id";
        Self::select(tx, condition, params![school, email]).await
    }

    /// The closed accounts that saw a pupil, those closed last first.
    pub async fn closed_of_pupil(tx: &mut dyn Statements, pupil: &PupilId) -> Result<Vec<Self>, StoreError> {
        let condition = "WHERE ended_at IS NOT NULL AND \
                         id IN (SELECT account_id FROM portal_access WHERE pupil_id = $1) \
                         ORDER BY ended_at DESC, id DESC";
        Self::select(tx, condition, params![pupil]).await
    }

    /// Writes the password back, whether it must be changed, and when the account was closed.
    pub async fn update(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql =
            "UPDATE portal_account SET password_hash = $2, must_change = $3, ended_at = $4 WHERE id = $1";
        let values = params![&self.id, &self.password_hash, self.must_change, self.ended_at];
        tx.execute(sql, values).await.map(|_| ())
    }
}

impl PortalAccess {
    /// Whom an account may see, oldest first.
    pub async fn of_account(
        tx: &mut dyn Statements,
        account: &PortalAccountId,
    ) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "WHERE account_id = $1 ORDER BY created_at, pupil_id", params![account]).await
    }

    /// Who may see a pupil, oldest first.
    pub async fn of_pupil(tx: &mut dyn Statements, pupil: &PupilId) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "WHERE pupil_id = $1 ORDER BY created_at, account_id", params![pupil]).await
    }

    /// Takes a pupil out of what an account may see.
    pub async fn end(
        tx: &mut dyn Statements,
        account: &PortalAccountId,
        pupil: &PupilId,
    ) -> Result<(), StoreError> {
        let sql = "DELETE FROM portal_access WHERE account_id = $1 AND pupil_id = $2";
        tx.execute(sql, params![account, pupil]).await.map(|_| ())
    }
}
