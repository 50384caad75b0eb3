//! Handing logins out: new accounts, one more child for a guardian's, all or none of them.

use serde_json::json;
use shared::entropy::Entropy;

use super::PortalAccountRefusal;
use super::closing::ReopenPortalAccount;
use super::password::ResetPortalPassword;
use crate::audit::Act;
use crate::registry::line::Login;
use crate::registry::staff::HashedPassword;
use crate::store::id::{GuardianId, PortalAccountId, PupilId, SchoolId};
use crate::store::tables::portal_account::{PortalAccess, PortalAccount, PortalKind};
use crate::store::tables::pupil::{Guardian, Pupil};
use crate::store::{Statements, StoreError, Verb};

/// An account that is to be made.
#[derive(Clone)]
pub struct NewPortalAccount {
    /// Whose.
    pub kind: PortalKind,
    /// What is typed at sign-in: the first of these that nobody has or had.
    pub logins: Vec<Login>,
    /// Given names and surname.
    pub full_name: String,
    /// The school that hands it out.
    pub school: SchoolId,
    /// Whom it may see, and as which guardian; a pupil's own account sees one pupil, as none.
    pub children: Vec<(PupilId, Option<GuardianId>)>,
    /// Whether the password must be changed at first use: yes, wherever anybody but the holder knows it.
    pub must_change: bool,
}

impl std::fmt::Debug for NewPortalAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewPortalAccount({})", self.kind.word())
    }
}

/// Makes an account on the portal.
#[derive(Debug)]
pub struct EnterPortalAccount {
    id: PortalAccountId,
    account: NewPortalAccount,
    password: HashedPassword,
    act: Act,
}

impl EnterPortalAccount {
    /// The act of making an account with a password that was hashed before.
    pub fn new(account: NewPortalAccount, password: HashedPassword, act: Act, entropy: &dyn Entropy) -> Self {
        Self { id: PortalAccountId::fresh(act.at, entropy), account, password, act }
    }

    /// What the account will be called in the store.
    pub fn id(&self) -> &PortalAccountId {
        &self.id
    }
}

/// The pupil, held until the act ends, if the school may hand out accounts for it.
pub(super) async fn hold_pupil(
    tx: &mut dyn Statements,
    pupil: &PupilId,
    school: &SchoolId,
) -> Result<Option<Pupil>, StoreError> {
    let pupil = Pupil::lock(tx, pupil).await?;
    Ok(pupil.filter(|pupil| pupil.school_id == *school && pupil.erased_at.is_none()))
}

/// Whether somebody may get access to a pupil, whose row is held: the guardian is the pupil's and has none yet from
/// the pupil's school. What another school handed out before a move sees the pupil no longer.
pub(super) async fn may_give(
    tx: &mut dyn Statements,
    pupil: &Pupil,
    guardian: Option<&GuardianId>,
) -> Result<Result<(), PortalAccountRefusal>, StoreError> {
    if let Some(guardian) = guardian
        && !Guardian::of_pupil(tx, &pupil.id).await?.iter().any(|known| known.id == *guardian)
    {
        return Ok(Err(PortalAccountRefusal::UnknownGuardian));
    }
    let mut open = PortalAccount::of_pupil(tx, &pupil.id).await?;
    open.retain(|account| account.school_id == pupil.school_id);
    let access = PortalAccess::of_pupil(tx, &pupil.id).await?;
    let taken = access.iter().any(|access| {
        access.guardian_id.as_ref() == guardian && open.iter().any(|account| account.id == access.account_id)
    });
    Ok(if taken { Err(PortalAccountRefusal::HasAccount) } else { Ok(()) })
}

#[async_trait::async_trait]
impl Verb for EnterPortalAccount {
    type Answer = Result<PortalAccount, PortalAccountRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let new = &self.account;
        for (pupil, guardian) in &new.children {
            let Some(pupil) = hold_pupil(tx, pupil, &new.school).await? else {
                return Ok(Err(PortalAccountRefusal::UnknownPupil));
            };
            if let Err(refusal) = may_give(tx, &pupil, guardian.as_ref()).await? {
                return Ok(Err(refusal));
            }
        }
        let mut account = PortalAccount {
            id: self.id.clone(),
            kind: new.kind,
            login: String::new(),
            full_name: new.full_name.clone(),
            school_id: new.school.clone(),
            password_hash: self.password.stored().to_owned(),
            must_change: new.must_change,
            created_at: self.act.at,
            ended_at: None,
        };
        let mut entered = false;
        for login in &new.logins {
            login.as_str().clone_into(&mut account.login);
            entered = account.insert_if_new(tx).await?;
            if entered {
                break;
            }
        }
        if !entered {
            return Ok(Err(PortalAccountRefusal::LoginTaken));
        }
        for (pupil, guardian) in &new.children {
            let access = PortalAccess {
                account_id: self.id.clone(),
                pupil_id: pupil.clone(),
                guardian_id: guardian.clone(),
                created_at: self.act.at,
            };
            access.insert(tx).await?;
        }
        let pupils: Vec<&PupilId> = new.children.iter().map(|(pupil, _)| pupil).collect();
        let detail = json!({ "kind": new.kind, "pupils": pupils });
        self.act.trail().record(tx, "portal_account.entered", self.id.as_str(), detail).await?;
        Ok(Ok(account))
    }
}

/// Lets a guardian's account see one more child.
#[derive(Debug)]
pub struct JoinPortalAccount {
    /// Which account.
    pub account: PortalAccountId,
    /// The child.
    pub pupil: PupilId,
    /// As which of the child's guardians.
    pub guardian: GuardianId,
    /// Who, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for JoinPortalAccount {
    type Answer = Result<PortalAccount, PortalAccountRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(account) = PortalAccount::lock(tx, &self.account).await? else {
            return Ok(Err(PortalAccountRefusal::UnknownAccount));
        };
        if account.kind != PortalKind::Guardian || account.ended_at.is_some() {
            return Ok(Err(PortalAccountRefusal::UnknownAccount));
        }
        // An account stays within its school: whoever resets its password learns what it sees.
        let Some(pupil) = hold_pupil(tx, &self.pupil, &account.school_id).await? else {
            return Ok(Err(PortalAccountRefusal::UnknownAccount));
        };
        if let Err(refusal) = may_give(tx, &pupil, Some(&self.guardian)).await? {
            return Ok(Err(refusal));
        }
        let access = PortalAccess {
            account_id: account.id.clone(),
            pupil_id: self.pupil.clone(),
            guardian_id: Some(self.guardian.clone()),
            created_at: self.act.at,
        };
        if !access.insert_if_new(tx).await? {
            return Ok(Err(PortalAccountRefusal::HasAccount));
        }
        let detail = json!({ "pupil": self.pupil, "guardian": self.guardian });
        self.act.trail().record(tx, "portal_account.joined", account.id.as_str(), detail).await?;
        Ok(Ok(account))
    }
}

/// A step of handing out logins.
#[derive(Debug)]
pub enum HandOut {
    /// A new account.
    Enter(EnterPortalAccount),
    /// One more child for an account that is there.
    Join(JoinPortalAccount),
    /// A first password again.
    Reset(ResetPortalPassword),
    /// An account that was closed, with a first password.
    Reopen(ReopenPortalAccount),
}

/// Hands out logins, all or none of them. Whoever has got an account meanwhile is passed over where there are
/// several, and refused where there is one.
#[derive(Debug)]
pub struct HandOutLogins {
    /// What is to be done.
    pub steps: Vec<HandOut>,
}

#[async_trait::async_trait]
impl Verb for HandOutLogins {
    /// The accounts that were changed, in the order of the steps.
    type Answer = Result<Vec<PortalAccount>, PortalAccountRefusal>;

    fn keeps(answer: &Self::Answer) -> bool {
        answer.is_ok()
    }

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let mut changed = Vec::new();
        for step in &self.steps {
            let outcome = match step {
                HandOut::Enter(verb) => verb.run(tx).await?,
                HandOut::Join(verb) => verb.run(tx).await?,
                HandOut::Reset(verb) => verb.run(tx).await?,
                HandOut::Reopen(verb) => verb.run(tx).await?,
            };
            match outcome {
                Ok(account) => changed.push(account),
                Err(PortalAccountRefusal::HasAccount) if self.steps.len() > 1 => {}
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        Ok(Ok(changed))
    }
}
