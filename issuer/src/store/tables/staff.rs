//! Staff accounts and API tokens.

use jiff::Timestamp;

use super::{row, words};
use crate::store::id::{SchoolId, StaffId, TokenId};
use crate::store::sql::params;
use crate::store::{Statements, StoreError};

words! {
    /// What a member of staff is.
    Role {
        /// Head of the school: gives and takes rights.
        Principal = "principal",
        /// Clerk of the office.
        Clerk = "clerk",
        /// Tutor of a class.
        Tutor = "tutor",
    }
}

row! {
    /// A member of staff.
    Staff in "staff" {
        /// Name in the store.
        id: StaffId,
        /// What is typed at sign-in.
        login: String,
        /// Role.
        role: Role,
        /// Argon2id, in PHC form.
        password_hash: String,
        /// When the account was made.
        created_at: Timestamp,
        /// When it was closed.
        ended_at: Option<Timestamp>,
        /// Given name and surname; empty for an account of the installation itself.
        full_name: String,
        /// The only school whose office it opens; none opens every school's.
        school_id: Option<SchoolId>,
        /// A tutor's own class.
        class_name: Option<String>,
        /// Issuer and subject of the sign-in elsewhere (OpenID Connect) that stands for this account.
        federated_id: Option<String>,
    }
}

row! {
    /// A token for the staff API.
    ApiToken in "api_token" {
        /// Name in the store.
        id: TokenId,
        /// On whose behalf.
        staff_id: StaffId,
        /// What it is for.
        name: String,
        /// Keyed hash of the token.
        hash: [u8; 32],
        /// When made.
        created_at: Timestamp,
        /// When taken back.
        ended_at: Option<Timestamp>,
    }
}

impl Staff {
    /// The account with this login.
    pub async fn by_login(tx: &mut dyn Statements, login: &str) -> Result<Option<Self>, StoreError> {
        Ok(Self::select(tx, "WHERE login = $1", params![login]).await?.into_iter().next())
    }

    /// The account for which a sign-in elsewhere stands.
    pub async fn by_federated_id(tx: &mut dyn Statements, id: &str) -> Result<Option<Self>, StoreError> {
        Ok(Self::select(tx, "WHERE federated_id = $1", params![id]).await?.into_iter().next())
    }

    /// All accounts, by login.
    pub async fn all(tx: &mut dyn Statements) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "ORDER BY login", &[]).await
    }

    /// The principals whose accounts are open; their rows are held until the act ends.
    pub async fn open_principals(tx: &mut dyn Statements) -> Result<Vec<Self>, StoreError> {
        let condition =
            format!("WHERE role = 'principal' AND ended_at IS NULL ORDER BY id{}", tx.for_update());
        Self::select(tx, &condition, &[]).await
    }

    /// Writes down which sign-in elsewhere stands for the account.
    pub async fn federate(&self, tx: &mut dyn Statements, account: Option<&str>) -> Result<(), StoreError> {
        let sql = "UPDATE staff SET federated_id = $2 WHERE id = $1";
        tx.execute(sql, params![&self.id, account]).await.map(|_| ())
    }

    /// Writes role, name, class and password back.
    pub async fn update(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql =
            "UPDATE staff SET role = $2, full_name = $3, class_name = $4, password_hash = $5 WHERE id = $1";
        let values =
            params![&self.id, self.role, &self.full_name, self.class_name.clone(), &self.password_hash];
        tx.execute(sql, values).await.map(|_| ())
    }

    /// Closes the account and takes its tokens back.
    pub async fn end(&self, tx: &mut dyn Statements, at: Timestamp) -> Result<(), StoreError> {
        tx.execute("UPDATE staff SET ended_at = $2 WHERE id = $1", params![&self.id, at]).await?;
        let sql = "UPDATE api_token SET ended_at = $2 WHERE staff_id = $1 AND ended_at IS NULL";
        tx.execute(sql, params![&self.id, at]).await.map(|_| ())
    }
}

impl ApiToken {
    /// The live token with this hash.
    pub async fn live(tx: &mut dyn Statements, hash: &[u8; 32]) -> Result<Option<Self>, StoreError> {
        let condition = "WHERE hash = $1 AND ended_at IS NULL";
        Ok(Self::select(tx, condition, params![*hash]).await?.into_iter().next())
    }

    /// An account's tokens, oldest first.
    pub async fn of_staff(tx: &mut dyn Statements, staff: &StaffId) -> Result<Vec<Self>, StoreError> {
        Self::select(tx, "WHERE staff_id = $1 ORDER BY id", params![staff]).await
    }

    /// Takes all of an account's back; answers how many there were.
    pub async fn end_of_staff(
        tx: &mut dyn Statements,
        staff: &StaffId,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let sql = "UPDATE api_token SET ended_at = $2 WHERE staff_id = $1 AND ended_at IS NULL";
        tx.execute(sql, params![staff, at]).await
    }

    /// Writes the end back.
    pub async fn update(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql = "UPDATE api_token SET ended_at = $2 WHERE id = $1";
        tx.execute(sql, params![&self.id, self.ended_at]).await.map(|_| ())
    }
}
