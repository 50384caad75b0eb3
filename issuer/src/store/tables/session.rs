//! Browsers that are signed in, tries that went wrong, and forms that were worked off.

use jiff::Timestamp;

use super::{row, words};
use crate::store::id::SchoolId;
use crate::store::sql::params;
use crate::store::{Statements, StoreError};

words! {
    /// Where somebody is signed in.
    Realm {
        /// The school's office.
        Office = "office",
        /// The portal of pupils and guardians.
        Portal = "portal",
    }
}

row! {
    /// A browser that is signed in.
    Session in "session" {
        /// Keyed hash of what its cookie holds.
        hash: [u8; 32],
        /// Where.
        realm: Realm,
        /// Whose: an account of the office or of the portal.
        account_id: String,
        /// The school whose office is looked at.
        school_id: Option<SchoolId>,
        /// When it began.
        created_at: Timestamp,
        /// When it was last used, to the minute.
        seen_at: Timestamp,
        /// When it ends at the latest.
        expires_at: Timestamp,
    }
}

impl Session {
    /// Writes down that it is in use, and at which school.
    pub async fn touch(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql = "UPDATE session SET seen_at = $2, school_id = $3 WHERE hash = $1";
        tx.execute(sql, params![self.hash, self.seen_at, self.school_id.clone()]).await.map(|_| ())
    }

    /// Ends it.
    pub async fn end(tx: &mut dyn Statements, hash: &[u8; 32]) -> Result<(), StoreError> {
        tx.execute("DELETE FROM session WHERE hash = $1", params![*hash]).await.map(|_| ())
    }

    /// Ends everybody's, also those of pupils' own phones and what is about to become one.
    pub async fn end_all(tx: &mut dyn Statements) -> Result<(), StoreError> {
        for table in ["session", "junior_token", "junior_code"] {
            tx.execute(&format!("DELETE FROM {table}"), &[]).await?;
        }
        Ok(())
    }

    /// Ends all of an account's but one.
    pub async fn end_others(
        tx: &mut dyn Statements,
        realm: Realm,
        account: &str,
        keep: Option<&[u8; 32]>,
    ) -> Result<(), StoreError> {
        let kept = keep.copied().unwrap_or_default();
        let sql = "DELETE FROM session WHERE realm = $1 AND account_id = $2 AND hash <> $3";
        tx.execute(sql, params![realm, account, kept]).await.map(|_| ())
    }

    /// Forgets those that are over.
    pub async fn forget(tx: &mut dyn Statements, now: Timestamp) -> Result<u64, StoreError> {
        tx.execute("DELETE FROM session WHERE expires_at < $1", params![now]).await
    }
}

row! {
    /// Tries to sign in with one login that went wrong, whether or not there is such an account.
    SignInGuard in "sign_in_guard" {
        /// Keyed hash of realm and login.
        login_hash: [u8; 32],
        /// Tries since the last right one.
        failures: u32,
        /// No try is looked at before then.
        not_before: Timestamp,
    }
}

impl SignInGuard {
    /// Writes a try down.
    pub async fn update(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql = "UPDATE sign_in_guard SET failures = $2, not_before = $3 WHERE login_hash = $1";
        tx.execute(sql, params![self.login_hash, self.failures, self.not_before]).await.map(|_| ())
    }

    /// Forgives: the right password came.
    pub async fn forgive(tx: &mut dyn Statements, login_hash: &[u8; 32]) -> Result<(), StoreError> {
        tx.execute("DELETE FROM sign_in_guard WHERE login_hash = $1", params![*login_hash]).await.map(|_| ())
    }

    /// Forgets what nobody has tried since `before`.
    pub async fn forget(tx: &mut dyn Statements, before: Timestamp) -> Result<u64, StoreError> {
        tx.execute("DELETE FROM sign_in_guard WHERE not_before < $1", params![before]).await
    }
}

row! {
    /// A form that was sent and worked off: sent again, it does nothing and leads to the same place.
    SentForm in "sent_form" {
        /// Whose.
        session_hash: [u8; 32],
        /// The random key that the form was shown with.
        key: String,
        /// The address that it led to.
        place: String,
        /// When.
        at: Timestamp,
    }
}

impl SentForm {
    /// The form of `session` with this key.
    pub async fn by_key(
        tx: &mut dyn Statements,
        session: &[u8; 32],
        key: &str,
    ) -> Result<Option<Self>, StoreError> {
        let condition = "WHERE session_hash = $1 AND key = $2";
        Ok(Self::select(tx, condition, params![*session, key]).await?.into_iter().next())
    }

    /// Writes down where it led to.
    pub async fn settle(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let sql = "UPDATE sent_form SET place = $3 WHERE session_hash = $1 AND key = $2";
        tx.execute(sql, params![self.session_hash, &self.key, &self.place]).await.map(|_| ())
    }

    /// Forgets forms sent before then.
    pub async fn forget(tx: &mut dyn Statements, before: Timestamp) -> Result<u64, StoreError> {
        tx.execute("DELETE FROM sent_form WHERE at < $1", params![before]).await
    }
}
