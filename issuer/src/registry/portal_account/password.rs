//! Passwords: the first one, which the school knows, and the one that its holder chooses.

use serde_json::json;
use shared::secret::Secret;

use super::PortalAccountRefusal;
use crate::audit::Act;
use crate::registry::fault::{Checked, FaultCode, Faults};
use crate::registry::line::Password;
use crate::registry::staff::HashedPassword;
use crate::store::id::PortalAccountId;
use crate::store::tables::junior::JuniorToken;
use crate::store::tables::portal_account::{PortalAccount, PortalKind};
use crate::store::tables::session::{Realm, Session, SignInGuard};
use crate::store::{Statements, StoreError, Verb};

/// A new password, as its holder types it.
pub struct PortalPasswordForm {
    /// The new one.
    pub password: Secret,
    /// Once more.
    pub again: Secret,
}

impl PortalPasswordForm {
    /// Checks the form: 8 characters at least for a pupil, 12 for a guardian.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn parse(&self, kind: PortalKind) -> Result<Password, Faults> {
        let mut checked = Checked::default();
        let password = match kind {
            PortalKind::Pupil => Password::parse_pupils(self.password.expose()),
            PortalKind::Guardian => Password::parse(self.password.expose()),
        };
        let password = checked.field("password", password);
        if password.is_some() && self.password != self.again {
            checked.fault("again", FaultCode::PasswordsDiffer);
        }
        checked.finish(password)
    }
}

/// Gives an account a first password again: whoever is signed in with it is signed out.
#[derive(Debug)]
pub struct ResetPortalPassword {
    /// Whose.
    pub account: PortalAccountId,
    /// The new first password, hashed.
    pub password: HashedPassword,
    /// Under which name wrong tries with its login are counted: they are forgiven.
    pub login_hash: [u8; 32],
    /// Who, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for ResetPortalPassword {
    type Answer = Result<PortalAccount, PortalAccountRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let account = PortalAccount::lock(tx, &self.account).await?.filter(|found| found.ended_at.is_none());
        let Some(mut account) = account else { return Ok(Err(PortalAccountRefusal::UnknownAccount)) };
        self.password.stored().clone_into(&mut account.password_hash);
        account.must_change = true;
        account.update(tx).await?;
        Session::end_others(tx, Realm::Portal, account.id.as_str(), None).await?;
        JuniorToken::end_of_account(tx, &account.id).await?;
        SignInGuard::forgive(tx, &self.login_hash).await?;
        self.act.trail().record(tx, "portal_account.reset", account.id.as_str(), json!({})).await?;
        Ok(Ok(account))
    }
}

/// Changes a password to one that its holder chose; other browsers are signed out.
#[derive(Debug)]
pub struct ChangePortalPassword {
    /// Whose.
    pub account: PortalAccountId,
    /// The new one, hashed.
    pub password: HashedPassword,
    /// The session that goes on.
    pub session: [u8; 32],
    /// Who, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for ChangePortalPassword {
    type Answer = Result<(), PortalAccountRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let account = PortalAccount::lock(tx, &self.account).await?.filter(|found| found.ended_at.is_none());
        let Some(mut account) = account else { return Ok(Err(PortalAccountRefusal::UnknownAccount)) };
        // Signed out while the new password was being hashed: whoever did that has the last word.
        let session = Session::find(tx, self.session).await?;
        if session.is_none_or(|session| session.account_id != account.id.as_str()) {
            return Ok(Err(PortalAccountRefusal::UnknownAccount));
        }
        self.password.stored().clone_into(&mut account.password_hash);
        account.must_change = false;
        account.update(tx).await?;
        Session::end_others(tx, Realm::Portal, account.id.as_str(), Some(&self.session)).await?;
        JuniorToken::end_of_account(tx, &account.id).await?;
        let action = "portal_account.password_changed";
        self.act.trail().record(tx, action, account.id.as_str(), json!({})).await?;
        Ok(Ok(()))
    }
}
