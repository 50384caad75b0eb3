//! Passwords: how they are kept, and who changes them.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use serde_json::json;
use shared::entropy::Entropy;

use super::{StaffRefusal, Within};
use crate::audit::Act;
use crate::registry::line::Password;
use crate::store::id::StaffId;
use crate::store::tables::session::{Realm, Session, SignInGuard};
use crate::store::tables::staff::{ApiToken, Staff};
use crate::store::{Statements, StoreError, Verb};

/// A password as it is kept: Argon2id in PHC form.
#[derive(Clone)]
pub struct HashedPassword(String);

impl HashedPassword {
    /// Hashes a password. Computes for some 20 ms on 19 MiB; keep it off the threads that answer requests.
    pub fn of(password: &Password, entropy: &dyn Entropy) -> Option<Self> {
        let salt: [u8; 16] = entropy.bytes();
        let hash: Result<PasswordHash, _> =
            Argon2::default().hash_password_with_salt(password.expose().as_bytes(), &salt);
        hash.ok().map(|hash| Self(hash.to_string()))
    }

    /// The text that is stored.
    pub(crate) fn stored(&self) -> &str {
        &self.0
    }

    /// Whether `typed` is the password behind a stored hash. Costs as much as hashing, whatever the answer.
    pub fn verify(stored: &str, typed: &str) -> bool {
        PasswordHash::new(stored)
            .is_ok_and(|hash| Argon2::default().verify_password(typed.as_bytes(), &hash).is_ok())
    }
}

impl std::fmt::Debug for HashedPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HashedPassword(…)")
    }
}

/// Gives an account another password: its holder has forgotten the old one, or somebody else knows it. All its
/// sessions end, its API tokens and its sign-in elsewhere: whoever knew the password may have made and linked them.
#[derive(Debug)]
pub struct ResetPassword {
    /// Whose.
    pub staff: StaffId,
    /// The new one.
    pub password: HashedPassword,
    /// Whose accounts the one who asks may keep.
    pub within: Within,
    /// Under which name wrong tries with its login are counted: they are forgiven.
    pub login_hash: [u8; 32],
    /// Who does it, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for ResetPassword {
    type Answer = Result<Staff, StaffRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let mut staff = match self.within.lock_open(tx, &self.staff).await? {
            Ok(staff) => staff,
            Err(refusal) => return Ok(Err(refusal)),
        };
        self.password.stored().clone_into(&mut staff.password_hash);
        staff.update(tx).await?;
        Session::end_others(tx, Realm::Office, staff.id.as_str(), None).await?;
        let tokens = ApiToken::end_of_staff(tx, &staff.id, self.act.at).await?;
        let federated = staff.federated_id.take().is_some();
        staff.federate(tx, None).await?;
        SignInGuard::forgive(tx, &self.login_hash).await?;
        let detail = json!({ "tokens_ended": tokens, "federated_unlinked": federated });
        self.act.trail().record(tx, "staff.password_reset", staff.id.as_str(), detail).await?;
        Ok(Ok(staff))
    }
}

/// Changes one's own password, after the old one was looked at. All sessions end but the one that asks.
#[derive(Debug)]
pub struct ChangePassword {
    /// Whose.
    pub staff: StaffId,
    /// The new one.
    pub password: HashedPassword,
    /// The session that asks.
    pub session: [u8; 32],
    /// The login whose counted try is taken back.
    pub login_hash: [u8; 32],
    /// Who does it, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for ChangePassword {
    type Answer = Result<Staff, StaffRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let mut staff = match Within::all().lock_open(tx, &self.staff).await? {
            Ok(staff) => staff,
            Err(refusal) => return Ok(Err(refusal)),
        };
        // Signed out while the new password was being hashed: whoever did that has the last word.
        let session = Session::find(tx, self.session).await?;
        if session.is_none_or(|session| session.account_id != staff.id.as_str()) {
            return Ok(Err(StaffRefusal::UnknownStaff));
        }
        self.password.stored().clone_into(&mut staff.password_hash);
        staff.update(tx).await?;
        SignInGuard::forgive(tx, &self.login_hash).await?;
        Session::end_others(tx, Realm::Office, staff.id.as_str(), Some(&self.session)).await?;
        self.act.trail().record(tx, "staff.password_changed", staff.id.as_str(), json!({})).await?;
        Ok(Ok(staff))
    }
}
