//! Accounts on the portal: the school hands them out, their holders change the first password.
//!
//! A pupil has one account, a guardian one for all children at the school. An account belongs to the school that
//! made it: what it may see ends where the pupil moves to another one.

mod closing;
mod hand_out;
mod password;

use shared::entropy::Entropy;

pub use self::closing::{ClosePortalAccount, LeavePortalAccount, Left, ReopenPortalAccount};
pub(crate) use self::closing::{leave, withdraw_codes};
pub use self::hand_out::{EnterPortalAccount, HandOut, HandOutLogins, JoinPortalAccount, NewPortalAccount};
pub use self::password::{ChangePortalPassword, PortalPasswordForm, ResetPortalPassword};
use super::fault::FaultCode;
use super::line::{Login, Password};
use crate::store::id::PortalAccountId;
use crate::store::tables::portal_account::{PortalAccess, PortalAccount, PortalKind};
use crate::store::tables::pupil::Pupil;
use crate::store::{Statements, StoreError, Verb};

/// Letters and figures that nobody takes for one another.
const PLAIN: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// A login that tells nothing about its holder: `u-4829-1537` for a pupil, `r-…` (rodzic) for a guardian.
pub fn fresh_login(kind: PortalKind, entropy: &dyn Entropy) -> Result<Login, FaultCode> {
    let letter = match kind {
        PortalKind::Pupil => 'u',
        PortalKind::Guardian => 'r',
    };
    Login::parse(&format!("{letter}-{:04}-{:04}", entropy.below(10_000), entropy.below(10_000)))
}

/// A first password: twelve letters and figures in groups of four, some 59 bits.
pub fn first_password(entropy: &dyn Entropy) -> Result<Password, FaultCode> {
    let mut text = zeroize::Zeroizing::new(String::with_capacity(14));
    for at in 0..12 {
        if at > 0 && at % 4 == 0 {
            text.push('-');
        }
        let place = usize::try_from(entropy.below(PLAIN.len() as u64)).unwrap_or_default();
        text.push(char::from(PLAIN[place]));
    }
    Password::parse(&text)
}

/// Finds the open account with this login.
#[derive(Debug)]
pub struct FindPortalAccount(pub String);

#[async_trait::async_trait]
impl Verb for FindPortalAccount {
    type Answer = Option<PortalAccount>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        PortalAccount::by_login(tx, &self.0).await
    }
}

/// The pupils whom an account sees now: those at the school that made it.
pub(crate) async fn children(
    tx: &mut dyn Statements,
    account: &PortalAccount,
) -> Result<Vec<Pupil>, StoreError> {
    let mut found = Vec::new();
    for access in PortalAccess::of_account(tx, &account.id).await? {
        let pupil = Pupil::find(tx, &access.pupil_id).await?;
        found.extend(pupil.filter(|pupil| pupil.school_id == account.school_id && pupil.erased_at.is_none()));
    }
    found.sort_by(|a, b| a.birth_date.cmp(&b.birth_date).then_with(|| a.id.cmp(&b.id)));
    Ok(found)
}

/// Reads the pupils whom an account sees now.
#[derive(Debug)]
pub struct ReadChildren(pub PortalAccountId);

#[async_trait::async_trait]
impl Verb for ReadChildren {
    type Answer = Option<(PortalAccount, Vec<Pupil>)>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let account = PortalAccount::find(tx, &self.0).await?.filter(|account| account.ended_at.is_none());
        match account {
            Some(account) => {
                let children = children(tx, &account).await?;
                Ok(Some((account, children)))
            }
            None => Ok(None),
        }
    }
}

/// Reads the pupils at its school whom an account sees, or would if it were not closed.
#[derive(Debug)]
pub struct ReadAccount(pub PortalAccountId);

#[async_trait::async_trait]
impl Verb for ReadAccount {
    type Answer = Option<(PortalAccount, Vec<Pupil>)>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(account) = PortalAccount::find(tx, &self.0).await? else { return Ok(None) };
        let children = children(tx, &account).await?;
        Ok(Some((account, children)))
    }
}

/// Messages complete "cannot hand out the login: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PortalAccountRefusal {
    /// No such pupil at this school.
    #[error("pupil is unknown")]
    UnknownPupil,
    /// The pupil has no such guardian.
    #[error("guardian is unknown")]
    UnknownGuardian,
    /// No such account, or none that may see this pupil.
    #[error("account is unknown")]
    UnknownAccount,
    /// Somebody has it already.
    #[error("login is taken")]
    LoginTaken,
    /// The person has an account already.
    #[error("person has an account")]
    HasAccount,
}
