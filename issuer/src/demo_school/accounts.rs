//! The staff of the demo schools, and who signs in to their portal: with a password that everybody may know, since
//! the sandbox is on this machine alone.

use jiff::Timestamp;
use shared::entropy::Entropy;

use super::SeedError;
use crate::audit::Actor;
use crate::issuance::Issuance;
use crate::registry::line::{Login, Password};
use crate::registry::portal_account::{EnterPortalAccount, NewPortalAccount};
use crate::registry::staff::HashedPassword;
use crate::store::id::{GuardianId, PupilId, SchoolId, StaffId};
use crate::store::tables::portal_account::PortalKind;
use crate::store::tables::staff::{Role, Staff};
use crate::store::{Statements, StoreError, Verb};

/// The password of every demo account.
pub const PASSWORD: &str = "piaskownica-szkolna";

/// Role, end of the login, name.
const STAFF: &[(Role, &str, &str)] = &[
    (Role::Principal, "dyrektor", "Dorota Zmyślona"),
    (Role::Clerk, "sekretariat", "Stefan Niebyły"),
    (Role::Tutor, "wychowawca", "Wanda Udawana"),
];

/// A demo account.
#[derive(Debug, Clone, serde::Serialize)]
pub struct SeededStaff {
    /// What is typed at sign-in; the password is `piaskownica-szkolna`.
    pub login: String,
    /// Role.
    pub role: Role,
    /// Name.
    pub name: &'static str,
}

/// Enters the accounts of a demo school.
pub(super) struct EnterAccounts {
    school: SchoolId,
    prefix: &'static str,
    class: &'static str,
    ids: Vec<StaffId>,
    password: HashedPassword,
    now: Timestamp,
}

impl EnterAccounts {
    /// The act for a school whose logins begin with `prefix`; `class` is the tutor's. None if no password can be
    /// hashed.
    pub(super) fn new(
        school: SchoolId,
        prefix: &'static str,
        class: &'static str,
        password: HashedPassword,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Self {
        let ids = STAFF.iter().map(|_| StaffId::fresh(now, entropy)).collect();
        Self { school, prefix, class, ids, password, now }
    }
}

/// The hash of [`PASSWORD`].
pub(super) fn hashed_password(entropy: &dyn Entropy) -> Option<HashedPassword> {
    HashedPassword::of(&Password::parse(PASSWORD).ok()?, entropy)
}

#[async_trait::async_trait]
impl Verb for EnterAccounts {
    type Answer = Vec<SeededStaff>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let mut entered = Vec::new();
        for (id, (role, post, name)) in self.ids.iter().zip(STAFF) {
            let login = format!("{}.{post}", self.prefix);
            let staff = Staff {
                id: id.clone(),
                login: login.clone(),
                role: *role,
                password_hash: self.password.stored().to_owned(),
                created_at: self.now,
                ended_at: None,
                full_name: (*name).to_owned(),
                school_id: Some(self.school.clone()),
                class_name: (*role == Role::Tutor).then(|| self.class.to_owned()),
                federated_id: None,
            };
            staff.insert(tx).await?;
            entered.push(SeededStaff { login, role: *role, name });
        }
        Ok(entered)
    }
}

/// A demo account on the portal.
#[derive(Debug, Clone, serde::Serialize)]
pub struct SeededPortalAccount {
    /// What is typed at sign-in; the password is `piaskownica-szkolna`.
    pub login: String,
    /// Whose.
    pub kind: PortalKind,
    /// Name.
    pub name: String,
}

/// Enters an account on the portal of a demo school, with [`PASSWORD`].
///
/// # Errors
/// When the login is taken, a child is not the school's, or the database fails.
pub async fn enter_portal_account(
    issuance: &Issuance,
    school: &SchoolId,
    login: &str,
    name: &str,
    children: Vec<(PupilId, Option<GuardianId>)>,
) -> Result<SeededPortalAccount, SeedError> {
    let entropy = &*issuance.entropy;
    let guardian = children.iter().any(|(_, guardian)| guardian.is_some());
    let kind = if guardian { PortalKind::Guardian } else { PortalKind::Pupil };
    let account = NewPortalAccount {
        kind,
        logins: vec![Login::parse(login).map_err(|_| SeedError::Form)?],
        full_name: name.to_owned(),
        school: school.clone(),
        children,
        must_change: false,
    };
    let password = hashed_password(entropy).ok_or(SeedError::Form)?;
    let enter = EnterPortalAccount::new(account, password, issuance.act(Actor::System), entropy);
    issuance.store.write(enter).await?.map_err(|_| SeedError::Refused)?;
    Ok(SeededPortalAccount { login: login.to_owned(), kind, name: name.to_owned() })
}
