//! Sign-ins to mObywatel Junior: codes that a browser carries for a minute, and the tokens that they gave.

use jiff::Timestamp;

use super::row;
use crate::store::id::PortalAccountId;
use crate::store::sql::params;
use crate::store::{Statements, StoreError};

row! {
    /// A code of a sign-in.
    JuniorCode in "junior_code" {
        /// Keyed hash of the code.
        hash: [u8; 32],
        /// Who signed in.
        account_id: PortalAccountId,
        /// Where the browser was sent with it.
        redirect_uri: String,
        /// What its verifier must meet (RFC 7636).
        challenge: String,
        /// The first instant at which it gives nothing any more.
        expires_at: Timestamp,
        /// When it gave its token.
        used_at: Option<Timestamp>,
    }
}

impl JuniorCode {
    /// Writes down that it gave its token.
    pub async fn settle(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql = "UPDATE junior_code SET used_at = $2 WHERE hash = $1";
        tx.execute(sql, params![self.hash, self.used_at]).await.map(|_| ())
    }

    /// Forgets those that ran out before `before`: long enough ago that no token of theirs lives.
    pub async fn forget(tx: &mut dyn Statements, before: Timestamp) -> Result<u64, StoreError> {
        tx.execute("DELETE FROM junior_code WHERE expires_at < $1", params![before]).await
    }
}

row! {
    /// A token of a sign-in.
    JuniorToken in "junior_token" {
        /// Keyed hash of the token.
        hash: [u8; 32],
        /// Keyed hash of the code that gave it.
        code_hash: [u8; 32],
        /// Who signed in.
        account_id: PortalAccountId,
        /// Thumbprint of the key that must be proven with it, if it is bound to one.
        bound_to: Option<String>,
        /// The first instant at which it is worth nothing any more.
        expires_at: Timestamp,
    }
}

impl JuniorToken {
    /// Takes back what a code gave.
    pub async fn end_of_code(tx: &mut dyn Statements, code: &[u8; 32]) -> Result<u64, StoreError> {
        tx.execute("DELETE FROM junior_token WHERE code_hash = $1", params![*code]).await
    }

    /// Ends every sign-in of an account, begun or done.
    pub async fn end_of_account(
        tx: &mut dyn Statements,
        account: &PortalAccountId,
    ) -> Result<(), StoreError> {
        tx.execute("DELETE FROM junior_code WHERE account_id = $1", params![account]).await?;
        tx.execute("DELETE FROM junior_token WHERE account_id = $1", params![account]).await.map(|_| ())
    }

    /// Forgets those that are over.
    pub async fn forget(tx: &mut dyn Statements, now: Timestamp) -> Result<u64, StoreError> {
        tx.execute("DELETE FROM junior_token WHERE expires_at < $1", params![now]).await
    }
}
