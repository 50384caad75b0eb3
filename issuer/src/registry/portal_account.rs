//! Accounts on the portal: the school hands them out, their holders change the first password.
//!
//! A pupil has one account, a guardian one for all children at the school. An account belongs to the school that
//! made it: what it may see ends where the pupil moves to another one.

use serde_json::json;
use shared::entropy::Entropy;
use shared::secret::Secret;

use super::fault::{Checked, FaultCode, Faults};
use super::line::{Login, Password};
use super::staff::HashedPassword;
use crate::audit::Act;
use crate::store::id::{GuardianId, PortalAccountId, PupilId, SchoolId};
use crate::store::tables::junior::JuniorToken;
use crate::store::tables::portal_account::{PortalAccess, PortalAccount, PortalKind};
use crate::store::tables::pupil::{Guardian, Pupil};
use crate::store::tables::session::{Realm, Session, SignInGuard};
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

/// An account that is to be made.
#[derive(Clone)]
pub struct NewPortalAccount {
    /// Whose.
    pub kind: PortalKind,
    /// What is typed at sign-in.
    pub login: Login,
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
async fn hold_pupil(
    tx: &mut dyn Statements,
    pupil: &PupilId,
    school: &SchoolId,
) -> Result<Option<Pupil>, StoreError> {
    let pupil = Pupil::lock(tx, pupil).await?;
    Ok(pupil.filter(|pupil| pupil.school_id == *school && pupil.erased_at.is_none()))
}

/// Whether somebody may get access to a pupil, whose row is held: the guardian is the pupil's and has none yet.
async fn may_give(
    tx: &mut dyn Statements,
    pupil: &PupilId,
    guardian: Option<&GuardianId>,
) -> Result<Result<(), PortalAccountRefusal>, StoreError> {
    if let Some(guardian) = guardian
        && !Guardian::of_pupil(tx, pupil).await?.iter().any(|known| known.id == *guardian)
    {
        return Ok(Err(PortalAccountRefusal::UnknownGuardian));
    }
    let open = PortalAccount::of_pupil(tx, pupil).await?;
    let access = PortalAccess::of_pupil(tx, pupil).await?;
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
            if hold_pupil(tx, pupil, &new.school).await?.is_none() {
                return Ok(Err(PortalAccountRefusal::UnknownPupil));
            }
            if let Err(refusal) = may_give(tx, pupil, guardian.as_ref()).await? {
                return Ok(Err(refusal));
            }
        }
        let account = PortalAccount {
            id: self.id.clone(),
            kind: new.kind,
            login: new.login.as_str().to_owned(),
            full_name: new.full_name.clone(),
            school_id: new.school.clone(),
            password_hash: self.password.stored().to_owned(),
            must_change: new.must_change,
            created_at: self.act.at,
            ended_at: None,
        };
        if !account.insert_if_new(tx).await? {
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
        if hold_pupil(tx, &self.pupil, &account.school_id).await?.is_none() {
            return Ok(Err(PortalAccountRefusal::UnknownAccount));
        }
        if let Err(refusal) = may_give(tx, &self.pupil, Some(&self.guardian)).await? {
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

/// A step of handing out logins.
#[derive(Debug)]
pub enum HandOut {
    /// A new account.
    Enter(EnterPortalAccount),
    /// One more child for an account that is there.
    Join(JoinPortalAccount),
    /// A first password again.
    Reset(ResetPortalPassword),
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
