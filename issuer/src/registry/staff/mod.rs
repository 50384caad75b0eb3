//! Staff accounts: who works where, in which role, and what they may keep.

mod password;
mod token;

use serde::Deserialize;
use serde_json::json;
use shared::entropy::Entropy;
use shared::secret::Secret;
use utoipa::ToSchema;

pub use self::password::{ChangePassword, HashedPassword, ResetPassword};
pub use self::token::{EndToken, MakeToken, RecogniseToken, TOKEN_PREFIX, TokenForm};
use super::fault::{Checked, FaultCode, Faults};
use super::line::{ClassName, FullName, Login, Password};
use crate::audit::Act;
use crate::store::id::{SchoolId, StaffId};
use crate::store::tables::school::School;
use crate::store::tables::session::{Realm, Session};
use crate::store::tables::staff::{ApiToken, Role, Staff};
use crate::store::{Statements, StoreError, Verb};

/// Whose accounts somebody may keep: those of one school, or everybody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Within(Option<SchoolId>);

impl Within {
    /// Everybody's.
    pub fn all() -> Self {
        Self(None)
    }

    /// Those that an account of this school may keep; everybody's for one of no school in particular.
    pub fn of(school: Option<SchoolId>) -> Self {
        Self(school)
    }

    /// Whether an account is among them.
    pub fn reaches(&self, staff: &Staff) -> bool {
        self.0.is_none() || self.0 == staff.school_id
    }

    /// Holds an open account that is among them.
    async fn lock_open(
        &self,
        tx: &mut dyn Statements,
        staff: &StaffId,
    ) -> Result<Result<Staff, StaffRefusal>, StoreError> {
        let found = Staff::lock(tx, staff).await?.filter(|staff| self.reaches(staff));
        Ok(match found {
            None => Err(StaffRefusal::UnknownStaff),
            Some(staff) if staff.ended_at.is_some() => Err(StaffRefusal::AccountClosed),
            Some(staff) => Ok(staff),
        })
    }
}

/// An account as typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "login": "wychowawca.7a", "role": "tutor", "password": "kałamarz-i-liczydło", "full_name": "Anna Nowak",
    "class_name": "7a"
})))]
pub struct StaffForm {
    /// What is typed at sign-in: 3 to 64 of `a-z`, `0-9`, dot, hyphen, underscore, `@`.
    #[schema(pattern = "^[A-Za-z0-9._@-]{3,64}$")]
    pub login: String,
    /// Role.
    pub role: Role,
    /// 12 to 128 characters.
    #[schema(value_type = String, min_length = 12, max_length = 128)]
    pub password: Secret,
    /// Given name and surname.
    #[schema(min_length = 1, max_length = 130)]
    pub full_name: Option<String>,
    /// The only school that the account acts for. Without it the account acts for every school; one made by an
    /// account of a school is of that school.
    pub school_id: Option<SchoolId>,
    /// A tutor's own class; nobody else has one.
    #[schema(min_length = 1, max_length = 16)]
    pub class_name: Option<String>,
}

/// An account, checked.
#[derive(Debug, Clone)]
pub struct NewStaff {
    login: Login,
    password: Password,
    rights: NewRights,
    school: Option<SchoolId>,
}

impl StaffForm {
    /// Checks the form.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn parse(&self) -> Result<NewStaff, Faults> {
        let mut checked = Checked::default();
        let login = checked.field("login", Login::parse(&self.login));
        let password = checked.field("password", Password::parse(self.password.expose()));
        let rights = rights(&mut checked, self.role, self.full_name.as_deref(), self.class_name.as_deref());
        let made = (|| {
            let school = self.school_id.clone();
            Some(NewStaff { login: login?, password: password?, rights: rights?, school })
        })();
        checked.finish(made)
    }
}

impl NewStaff {
    /// The password to hash for [`EnterStaff`].
    pub fn password(&self) -> &Password {
        &self.password
    }
}

/// What somebody is and may do, as typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "role": "tutor", "full_name": "Anna Nowak", "class_name": "7a" })))]
pub struct RightsForm {
    /// Role.
    pub role: Role,
    /// Given name and surname.
    #[schema(min_length = 1, max_length = 130)]
    pub full_name: Option<String>,
    /// A tutor's own class; nobody else has one.
    #[schema(min_length = 1, max_length = 16)]
    pub class_name: Option<String>,
}

/// What somebody is and may do, checked.
#[derive(Debug, Clone)]
pub struct NewRights {
    role: Role,
    full_name: Option<FullName>,
    class_name: Option<ClassName>,
}

impl RightsForm {
    /// Checks the form.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn parse(&self) -> Result<NewRights, Faults> {
        let mut checked = Checked::default();
        let rights = rights(&mut checked, self.role, self.full_name.as_deref(), self.class_name.as_deref());
        checked.finish(rights)
    }
}

fn rights(checked: &mut Checked, role: Role, name: Option<&str>, class: Option<&str>) -> Option<NewRights> {
    let full_name = checked.maybe("full_name", name.map(FullName::parse));
    let class_name = checked.maybe("class_name", class.map(ClassName::parse));
    match (role, class) {
        (Role::Tutor, None) => checked.fault("class_name", FaultCode::ClassMissing),
        (Role::Principal | Role::Clerk, Some(_)) => checked.fault("class_name", FaultCode::ClassUnexpected),
        (Role::Tutor, Some(_)) | (Role::Principal | Role::Clerk, None) => {}
    }
    Some(NewRights { role, full_name: full_name?, class_name: class_name? })
}

impl NewRights {
    fn write_to(&self, staff: &mut Staff) {
        staff.role = self.role;
        staff.full_name = self.full_name.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default();
        staff.class_name = self.class_name.as_ref().map(|class| class.as_str().to_owned());
    }
}

/// Makes an account.
#[derive(Debug)]
pub struct EnterStaff {
    id: StaffId,
    staff: NewStaff,
    password: HashedPassword,
    within: Within,
    act: Act,
}

impl EnterStaff {
    /// The act of making an account with a password that was hashed before.
    pub fn new(staff: NewStaff, password: HashedPassword, act: Act, entropy: &dyn Entropy) -> Self {
        Self { id: StaffId::fresh(act.at, entropy), staff, password, within: Within::all(), act }
    }

    /// The same, for somebody who may keep these accounts alone: the new one is of that school.
    #[must_use]
    pub fn within(mut self, within: Within) -> Self {
        if self.staff.school.is_none() {
            self.staff.school.clone_from(&within.0);
        }
        self.within = within;
        self
    }
}

#[async_trait::async_trait]
impl Verb for EnterStaff {
    type Answer = Result<Staff, StaffRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let mut staff = Staff {
            id: self.id.clone(),
            login: self.staff.login.as_str().to_owned(),
            role: self.staff.rights.role,
            password_hash: self.password.stored().to_owned(),
            created_at: self.act.at,
            ended_at: None,
            full_name: String::new(),
            school_id: self.staff.school.clone(),
            class_name: None,
            federated_id: None,
        };
        self.staff.rights.write_to(&mut staff);
        let known = match &staff.school_id {
            Some(school) => School::find(tx, school).await?.is_some(),
            None => true,
        };
        if !known || !self.within.reaches(&staff) {
            return Ok(Err(StaffRefusal::UnknownSchool));
        }
        if !staff.insert_if_new(tx).await? {
            return Ok(Err(StaffRefusal::LoginTaken));
        }
        let detail = json!({ "role": staff.role, "school": staff.school_id });
        self.act.trail().record(tx, "staff.entered", staff.id.as_str(), detail).await?;
        Ok(Ok(staff))
    }
}

/// Gives and takes rights: changes an account's role, class and name.
#[derive(Debug)]
pub struct ChangeRights {
    /// Whose.
    pub staff: StaffId,
    /// What they are from now on.
    pub rights: NewRights,
    /// Whose accounts the one who asks may keep.
    pub within: Within,
    /// Who does it, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for ChangeRights {
    type Answer = Result<Staff, StaffRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        // As for closing: two principals cannot demote each other at once.
        let principals = Staff::open_principals(tx).await?;
        let mut staff = match self.within.lock_open(tx, &self.staff).await? {
            Ok(staff) => staff,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let steps_down = staff.role == Role::Principal && self.rights.role != Role::Principal;
        if steps_down && !somebody_else_gives_rights(&principals, &staff) {
            return Ok(Err(StaffRefusal::LastPrincipal));
        }
        let from = staff.role;
        self.rights.write_to(&mut staff);
        staff.update(tx).await?;
        let detail = json!({ "from": from, "to": staff.role });
        self.act.trail().record(tx, "staff.rights_changed", staff.id.as_str(), detail).await?;
        Ok(Ok(staff))
    }
}

/// Whether another open principal could give rights where `staff` does: at the same school, or everywhere.
fn somebody_else_gives_rights(principals: &[Staff], staff: &Staff) -> bool {
    principals.iter().any(|other| {
        other.id != staff.id && (other.school_id.is_none() || other.school_id == staff.school_id)
    })
}

/// Closes an account, ends its sessions and takes its tokens back. Closing a closed one changes nothing.
#[derive(Debug)]
pub struct EndStaff {
    /// Whose.
    pub staff: StaffId,
    /// Whose accounts the one who asks may keep.
    pub within: Within,
    /// Who closes it, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for EndStaff {
    type Answer = Result<Staff, StaffRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        // Every open principal's row is held, so that two principals cannot close each other at once.
        let principals = Staff::open_principals(tx).await?;
        let found = Staff::lock(tx, &self.staff).await?.filter(|staff| self.within.reaches(staff));
        let Some(mut staff) = found else { return Ok(Err(StaffRefusal::UnknownStaff)) };
        if staff.ended_at.is_some() {
            return Ok(Ok(staff));
        }
        if staff.role == Role::Principal && !somebody_else_gives_rights(&principals, &staff) {
            return Ok(Err(StaffRefusal::LastPrincipal));
        }
        staff.end(tx, self.act.at).await?;
        Session::end_others(tx, Realm::Office, staff.id.as_str(), None).await?;
        staff.ended_at = Some(self.act.at);
        self.act.trail().record(tx, "staff.ended", staff.id.as_str(), json!({})).await?;
        Ok(Ok(staff))
    }
}

/// Reads the accounts that somebody may keep, with their tokens.
#[derive(Debug)]
pub struct ListStaff(pub Within);

#[async_trait::async_trait]
impl Verb for ListStaff {
    type Answer = Vec<(Staff, Vec<ApiToken>)>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let mut accounts = Vec::new();
        let all = Staff::all(tx).await?;
        for staff in all.into_iter().filter(|staff| self.0.reaches(staff)) {
            let tokens = ApiToken::of_staff(tx, &staff.id).await?;
            accounts.push((staff, tokens));
        }
        Ok(accounts)
    }
}

/// Messages complete "cannot change the account: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StaffRefusal {
    /// No such account.
    #[error("account is unknown")]
    UnknownStaff,
    /// No such token.
    #[error("token is unknown")]
    UnknownToken,
    /// No such school, or not the one of whoever asks.
    #[error("school is unknown")]
    UnknownSchool,
    /// Somebody has it already.
    #[error("login is taken")]
    LoginTaken,
    /// Nobody would be left to give rights.
    #[error("it is the last principal's")]
    LastPrincipal,
    /// It was closed.
    #[error("account is closed")]
    AccountClosed,
}
