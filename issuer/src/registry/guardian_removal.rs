//! Taking a guardian off a pupil: notices, portal and codes end for that person; what was applied for stays told.

use serde_json::json;

use super::portal_account::{leave, withdraw_codes};
use crate::audit::Act;
use crate::store::id::{GuardianId, PupilId};
use crate::store::tables::device::{Device, DeviceState};
use crate::store::tables::mobile_card::MobileCard;
use crate::store::tables::notice::Notice;
use crate::store::tables::portal_account::{PortalAccess, PortalAccount};
use crate::store::tables::pupil::{Application, Guardian, Pupil};
use crate::store::{Statements, StoreError, Verb};

/// Takes a guardian off a pupil.
///
/// Somebody who never applied is erased; of whoever did, the name stays with the application.
#[derive(Debug)]
pub struct RemoveGuardian {
    /// Who. One person is as many guardians as there are children.
    pub guardian: GuardianId,
    /// Who does it, and when.
    pub act: Act,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct RemovedGuardian {
    /// Who.
    pub guardian: GuardianId,
    /// Of whom.
    pub pupil: PupilId,
    /// Whether an account on the portal no longer sees the pupil.
    pub access_ended: bool,
    /// Whether that account was closed, there being nobody left whom it sees.
    pub account_closed: bool,
    /// Letters that had not gone yet.
    pub notices: u64,
}

/// The guardian, unless taken off already.
async fn present(tx: &mut dyn Statements, id: &GuardianId) -> Result<Option<Guardian>, StoreError> {
    Ok(Guardian::find(tx, id).await?.filter(|guardian| guardian.removed_at.is_none()))
}

/// What the guardian's accounts see of the pupil, closed ones too: they may be opened again.
async fn access_of(tx: &mut dyn Statements, guardian: &Guardian) -> Result<Vec<PortalAccess>, StoreError> {
    let mut access = PortalAccess::of_pupil(tx, &guardian.pupil_id).await?;
    access.retain(|access| access.guardian_id.as_ref() == Some(&guardian.id));
    access.sort_by(|a, b| a.account_id.cmp(&b.account_id));
    Ok(access)
}

/// The address to which letters about the pupil go for this guardian alone.
async fn own_address(tx: &mut dyn Statements, guardian: &Guardian) -> Result<Option<String>, StoreError> {
    let Some(address) = &guardian.email else { return Ok(None) };
    let shared = Guardian::of_pupil(tx, &guardian.pupil_id).await?.iter().any(|other| {
        other.id != guardian.id
            && other.email.as_ref().is_some_and(|theirs| theirs.eq_ignore_ascii_case(address))
    });
    Ok((!shared).then(|| address.clone()))
}

#[async_trait::async_trait]
impl Verb for RemoveGuardian {
    type Answer = Result<RemovedGuardian, GuardianRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let unknown = Ok(Err(GuardianRefusal::UnknownGuardian));
        let Some(guardian) = present(tx, &self.guardian).await? else { return unknown };
        let mut accounts = Vec::new();
        let access = access_of(tx, &guardian).await?;
        for access in &access {
            accounts.extend(PortalAccount::lock(tx, &access.account_id).await?);
        }
        let codes = if access.is_empty() { 0 } else { withdraw_codes(tx, &guardian.pupil_id).await? };
        Pupil::lock(tx, &guardian.pupil_id).await?;
        // Somebody else may have done it while this act waited for the rows, or have given access.
        let Some(guardian) = present(tx, &self.guardian).await? else { return unknown };
        if access_of(tx, &guardian).await?.len() != access.len() {
            return Err(StoreError::Contention);
        }
        let mut removed = RemovedGuardian {
            guardian: guardian.id.clone(),
            pupil: guardian.pupil_id.clone(),
            access_ended: false,
            account_closed: false,
            notices: 0,
        };
        for account in accounts {
            let open = account.ended_at.is_none();
            let left = leave(tx, account, &guardian.pupil_id, &self.act).await?;
            removed.access_ended |= open;
            removed.account_closed |= left.closed;
        }
        if let Some(address) = own_address(tx, &guardian).await? {
            removed.notices = Notice::strike_out(tx, &guardian.pupil_id, &address).await?;
        }
        if has_applied(tx, &guardian).await? {
            guardian.remove(tx, self.act.at).await?;
        } else {
            guardian.erase(tx).await?;
        }
        let detail = json!({
            "guardian": guardian.id, "account_closed": removed.account_closed, "codes_withdrawn": codes,
            "notices_struck_out": removed.notices,
        });
        self.act.trail().record(tx, "guardian.removed", guardian.pupil_id.as_str(), detail).await?;
        Ok(Ok(removed))
    }
}

async fn has_applied(tx: &mut dyn Statements, guardian: &Guardian) -> Result<bool, StoreError> {
    let applications = Application::of_pupil(tx, &guardian.pupil_id).await?;
    Ok(applications.iter().any(|application| application.guardian_id.as_ref() == Some(&guardian.id)))
}

/// What taking a guardian off a pupil will do, before it is done.
#[derive(Debug, Clone)]
pub struct RemovalOutlook {
    /// Who.
    pub guardian: Guardian,
    /// The open account that sees the pupil, and how many other children it sees.
    pub account: Option<(PortalAccount, usize)>,
    /// The devices that hold the pupil's cards: whose they are the books do not know.
    pub devices: Vec<Device>,
    /// Letters that have not gone yet.
    pub notices: i64,
    /// Whether an application keeps the name.
    pub applied: bool,
}

/// Looks at what taking a guardian off a pupil will do.
#[derive(Debug)]
pub struct ForeseeRemoval {
    /// Who.
    pub guardian: GuardianId,
    /// Of whom.
    pub pupil: PupilId,
}

#[async_trait::async_trait]
impl Verb for ForeseeRemoval {
    type Answer = Option<RemovalOutlook>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let found = present(tx, &self.guardian).await?;
        let Some(guardian) = found.filter(|found| found.pupil_id == self.pupil) else { return Ok(None) };
        let mut account = None;
        for access in access_of(tx, &guardian).await? {
            let found = PortalAccount::find(tx, &access.account_id).await?;
            if let Some(found) = found.filter(|found| found.ended_at.is_none()) {
                let others = PortalAccess::of_account(tx, &found.id).await?.len().saturating_sub(1);
                account = Some((found, others));
            }
        }
        let mut devices = Vec::new();
        for card in MobileCard::of_pupil(tx, &guardian.pupil_id).await? {
            let live = Device::of_card(tx, &card.id).await?.into_iter();
            let live = live.filter(|device| device.state == DeviceState::Live);
            devices.extend(live);
        }
        let notices = match own_address(tx, &guardian).await? {
            Some(address) => Notice::waiting_for(tx, &guardian.pupil_id, &address).await?,
            None => 0,
        };
        let applied = has_applied(tx, &guardian).await?;
        Ok(Some(RemovalOutlook { guardian, account, devices, notices, applied }))
    }
}

/// Messages complete "cannot take the guardian off: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GuardianRefusal {
    /// The pupil has no such guardian, or none any more.
    #[error("guardian is unknown")]
    UnknownGuardian,
}
