//! Closing an account, opening it again, and taking a child out of a guardian's: whoever is signed in is signed
//! out at once, and the QR code that may stand on that screen stops working.

use serde_json::json;

use super::PortalAccountRefusal;
use super::hand_out::{hold_pupil, may_give};
use crate::audit::Act;
use crate::registry::staff::HashedPassword;
use crate::store::id::{PortalAccountId, PupilId};
use crate::store::tables::grant::Grant;
use crate::store::tables::junior::JuniorToken;
use crate::store::tables::mobile_card::MobileCard;
use crate::store::tables::portal_account::{PortalAccess, PortalAccount, PortalKind};
use crate::store::tables::session::{Realm, Session, SignInGuard};
use crate::store::{Statements, StoreError, Verb};

/// Closes an account. Closing one that is closed changes nothing.
#[derive(Debug)]
pub struct ClosePortalAccount {
    /// Which.
    pub account: PortalAccountId,
    /// Who, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for ClosePortalAccount {
    type Answer = Result<PortalAccount, PortalAccountRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(account) = PortalAccount::lock(tx, &self.account).await? else {
            return Ok(Err(PortalAccountRefusal::UnknownAccount));
        };
        if account.ended_at.is_some() {
            return Ok(Ok(account));
        }
        let mut codes = 0;
        for access in PortalAccess::of_account(tx, &account.id).await? {
            codes += withdraw_codes(tx, &access.pupil_id).await?;
        }
        let account = end(tx, account, &self.act).await?;
        let detail = json!({ "codes_withdrawn": codes });
        self.act.trail().record(tx, "portal_account.closed", account.id.as_str(), detail).await?;
        Ok(Ok(account))
    }
}

/// Ends an account whose row is held, and every session with it.
async fn end(
    tx: &mut dyn Statements,
    mut account: PortalAccount,
    act: &Act,
) -> Result<PortalAccount, StoreError> {
    account.ended_at = Some(act.at);
    account.update(tx).await?;
    Session::end_others(tx, Realm::Portal, account.id.as_str(), None).await?;
    JuniorToken::end_of_account(tx, &account.id).await?;
    Ok(account)
}

/// Takes back the codes that the portal shows for a pupil: whoever may still see the pupil is shown another one.
/// Answers how many.
pub(crate) async fn withdraw_codes(tx: &mut dyn Statements, pupil: &PupilId) -> Result<u64, StoreError> {
    let mut codes = 0;
    for card in MobileCard::of_pupil(tx, pupil).await? {
        MobileCard::lock(tx, &card.id).await?;
        codes += Grant::withdraw_shown(tx, &card.id).await?;
    }
    Ok(codes)
}

/// What became of an account that a child was taken out of.
#[derive(Debug, Clone)]
pub struct Left {
    /// The account.
    pub account: PortalAccount,
    /// Whether it was closed, there being nobody left whom it sees.
    pub closed: bool,
}

/// Takes a pupil out of an account whose row is held; the last one closes it.
pub(crate) async fn leave(
    tx: &mut dyn Statements,
    account: PortalAccount,
    pupil: &PupilId,
    act: &Act,
) -> Result<Left, StoreError> {
    PortalAccess::end(tx, &account.id, pupil).await?;
    let left = if account.ended_at.is_none() && PortalAccess::of_account(tx, &account.id).await?.is_empty() {
        Left { account: end(tx, account, act).await?, closed: true }
    } else {
        Left { account, closed: false }
    };
    let detail = json!({ "pupil": pupil, "closed": left.closed });
    let act = act.part(left.account.id.as_str());
    act.trail().record(tx, "portal_account.left", left.account.id.as_str(), detail).await?;
    Ok(left)
}

/// Takes a child out of a guardian's account, which is closed if it sees nobody then.
#[derive(Debug)]
pub struct LeavePortalAccount {
    /// Which account.
    pub account: PortalAccountId,
    /// The child.
    pub pupil: PupilId,
    /// Who, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for LeavePortalAccount {
    type Answer = Result<Left, PortalAccountRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let account = PortalAccount::lock(tx, &self.account).await?;
        let account = account.filter(|account| account.kind == PortalKind::Guardian);
        let Some(account) = account else { return Ok(Err(PortalAccountRefusal::UnknownAccount)) };
        let access = PortalAccess::of_account(tx, &account.id).await?;
        if access.iter().all(|access| access.pupil_id != self.pupil) {
            return Ok(Err(PortalAccountRefusal::UnknownAccount));
        }
        withdraw_codes(tx, &self.pupil).await?;
        leave(tx, account, &self.pupil, &self.act).await.map(Ok)
    }
}

/// Opens an account that was closed, with a first password again.
#[derive(Debug)]
pub struct ReopenPortalAccount {
    /// Which.
    pub account: PortalAccountId,
    /// The first password, hashed.
    pub password: HashedPassword,
    /// Under which name wrong tries with its login are counted: they are forgiven.
    pub login_hash: [u8; 32],
    /// Who, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for ReopenPortalAccount {
    type Answer = Result<PortalAccount, PortalAccountRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(mut account) = PortalAccount::lock(tx, &self.account).await? else {
            return Ok(Err(PortalAccountRefusal::UnknownAccount));
        };
        if account.ended_at.is_none() {
            return Ok(Err(PortalAccountRefusal::HasAccount));
        }
        let mut sees = 0;
        for access in PortalAccess::of_account(tx, &account.id).await? {
            // Pupils who have moved stay out of sight.
            let Some(pupil) = hold_pupil(tx, &access.pupil_id, &account.school_id).await? else { continue };
            if let Err(refusal) = may_give(tx, &pupil, access.guardian_id.as_ref()).await? {
                return Ok(Err(refusal));
            }
            sees += 1;
        }
        if sees == 0 {
            return Ok(Err(PortalAccountRefusal::UnknownAccount));
        }
        self.password.stored().clone_into(&mut account.password_hash);
        (account.must_change, account.ended_at) = (true, None);
        account.update(tx).await?;
        // A sign-in that was under way when it was closed may have left one.
        Session::end_others(tx, Realm::Portal, account.id.as_str(), None).await?;
        SignInGuard::forgive(tx, &self.login_hash).await?;
        self.act.trail().record(tx, "portal_account.reopened", account.id.as_str(), json!({})).await?;
        Ok(Ok(account))
    }
}
