//! Who of a pupil's people has a login for the portal, and who has none yet.

use super::sorting::folded;
use crate::store::id::{GuardianId, PupilId, SchoolId};
use crate::store::tables::portal_account::{PortalAccess, PortalAccount};
use crate::store::tables::pupil::{Guardian, Pupil};
use crate::store::{Statements, StoreError, Verb};

/// A guardian, with the account that sees this pupil, or those that might be the same person's.
#[derive(Debug, Clone)]
pub struct GuardianLogin {
    /// The guardian.
    pub guardian: Guardian,
    /// The account.
    pub account: Option<PortalAccount>,
    /// The account that was closed last, where none is open.
    pub closed: Option<PortalAccount>,
    /// Accounts of guardians at the school with the same e-mail address.
    pub candidates: Vec<PortalAccount>,
}

impl GuardianLogin {
    /// Given names and surname.
    pub fn name(&self) -> String {
        format!("{} {}", self.guardian.given_names, self.guardian.surname)
    }

    /// Whether there never was an account: one that was closed is opened again on purpose alone.
    pub fn has_none(&self) -> bool {
        self.account.is_none() && self.closed.is_none()
    }

    /// The account that is this guardian's beyond doubt: the same address and the same name.
    pub fn same_person(&self) -> Option<&PortalAccount> {
        let name = folded(&self.name());
        self.candidates.iter().find(|account| folded(&account.full_name) == name)
    }
}

/// A pupil, with all that there is to hand out.
#[derive(Debug, Clone)]
pub struct PupilLogins {
    /// The pupil.
    pub pupil: Pupil,
    /// The pupil's own account.
    pub own: Option<PortalAccount>,
    /// The one that was closed last, where none is open.
    pub own_closed: Option<PortalAccount>,
    /// The guardians, in the order of entry.
    pub guardians: Vec<GuardianLogin>,
}

impl PupilLogins {
    /// Whether the pupil never had an account: one that was closed is opened again on purpose alone.
    pub fn has_none(&self) -> bool {
        self.own.is_none() && self.own_closed.is_none()
    }

    async fn load(tx: &mut dyn Statements, pupil: Pupil) -> Result<Self, StoreError> {
        let accounts = PortalAccount::of_pupil(tx, &pupil.id).await?;
        let accounts: Vec<_> =
            accounts.into_iter().filter(|account| account.school_id == pupil.school_id).collect();
        let access = PortalAccess::of_pupil(tx, &pupil.id).await?;
        let account_of = |guardian: Option<&GuardianId>| {
            let mut access = access.iter().filter(|access| access.guardian_id.as_ref() == guardian);
            access.find_map(|access| accounts.iter().find(|account| account.id == access.account_id)).cloned()
        };
        let closed = PortalAccount::closed_of_pupil(tx, &pupil.id).await?;
        let closed_of = |guardian: Option<&GuardianId>| {
            let of_person = |account: &&PortalAccount| {
                let seen = |access: &&PortalAccess| access.account_id == account.id;
                account.school_id == pupil.school_id
                    && access.iter().find(seen).is_some_and(|access| access.guardian_id.as_ref() == guardian)
            };
            closed.iter().find(of_person).cloned()
        };
        let own = account_of(None);
        let own_closed = if own.is_none() { closed_of(None) } else { None };
        let mut guardians = Vec::new();
        for guardian in Guardian::of_pupil(tx, &pupil.id).await? {
            let account = account_of(Some(&guardian.id));
            let closed = if account.is_none() { closed_of(Some(&guardian.id)) } else { None };
            let candidates = match (&account, &guardian.email) {
                (None, Some(email)) => {
                    let email = email.to_ascii_lowercase();
                    PortalAccount::by_guardians_email(tx, &pupil.school_id, &email).await?
                }
                _ => Vec::new(),
            };
            // Whoever sees the pupil already is somebody else.
            let candidates = candidates.into_iter().filter(|one| accounts.iter().all(|two| two.id != one.id));
            let candidates = candidates.collect();
            guardians.push(GuardianLogin { guardian, account, closed, candidates });
        }
        Ok(Self { pupil, own, own_closed, guardians })
    }
}

/// Reads one pupil's logins.
#[derive(Debug)]
pub struct ReadLogins(pub PupilId);

#[async_trait::async_trait]
impl Verb for ReadLogins {
    type Answer = Option<PupilLogins>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        match Pupil::find(tx, &self.0).await? {
            Some(pupil) => PupilLogins::load(tx, pupil).await.map(Some),
            None => Ok(None),
        }
    }
}

/// Reads the logins of a class, in the order of the alphabet.
#[derive(Debug)]
pub struct ReadClassLogins {
    /// The school.
    pub school: SchoolId,
    /// The class.
    pub class_name: String,
}

/// No class is larger.
const LARGEST_CLASS: u32 = 200;

#[async_trait::async_trait]
impl Verb for ReadClassLogins {
    type Answer = Vec<PupilLogins>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let class = Some(self.class_name.as_str());
        let mut pupils = Pupil::page(tx, &self.school, None, class, None, LARGEST_CLASS).await?;
        pupils.retain(|pupil| pupil.erased_at.is_none());
        pupils.sort_by(|a, b| a.sort_key.cmp(&b.sort_key));
        let mut logins = Vec::new();
        for pupil in pupils {
            logins.push(PupilLogins::load(tx, pupil).await?);
        }
        Ok(logins)
    }
}
