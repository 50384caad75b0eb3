//! Who did what is in the audit trail, as people call them.

use std::collections::BTreeMap;

use crate::store::id::{SchoolId, StaffId, TokenId};
use crate::store::tables::audit_entry::AuditEntry;
use crate::store::tables::staff::{ApiToken, Staff};
use crate::store::{Statements, StoreError};

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doer {
    /// A member of staff: name, or login where there is no name.
    Staff(String),
    /// A program, on behalf of a member of staff.
    Program(String),
    /// Somebody at another school, who is not named here.
    OtherSchool,
    /// A pupil or guardian, on the portal.
    Portal,
    /// The phone.
    Wallet,
    /// The issuer itself.
    System,
}

/// Who the actors of some entries are.
#[derive(Debug, Clone, Default)]
pub struct Doers(BTreeMap<String, Doer>);

impl Doers {
    /// Looks up who did `entries`, for the office of `school`.
    pub(crate) async fn of(
        tx: &mut dyn Statements,
        entries: &[AuditEntry],
        school: &SchoolId,
    ) -> Result<Self, StoreError> {
        let mut found = BTreeMap::new();
        for entry in entries {
            if !found.contains_key(&entry.actor) {
                found.insert(entry.actor.clone(), doer(tx, &entry.actor, school).await?);
            }
        }
        Ok(Self(found))
    }

    /// Who did an entry.
    pub fn who(&self, entry: &AuditEntry) -> &Doer {
        self.0.get(&entry.actor).unwrap_or(&Doer::System)
    }
}

async fn doer(tx: &mut dyn Statements, actor: &str, school: &SchoolId) -> Result<Doer, StoreError> {
    Ok(match actor.split_once(':') {
        Some(("staff", id)) => staff(tx, StaffId::parse(id), school, Doer::Staff).await?,
        Some(("token", id)) => {
            let token = match TokenId::parse(id) {
                Some(id) => ApiToken::find(tx, &id).await?,
                None => None,
            };
            staff(tx, token.map(|token| token.staff_id), school, Doer::Program).await?
        }
        Some(("portal", _)) => Doer::Portal,
        _ if actor == "wallet" => Doer::Wallet,
        _ => Doer::System,
    })
}

async fn staff(
    tx: &mut dyn Statements,
    id: Option<StaffId>,
    school: &SchoolId,
    kind: fn(String) -> Doer,
) -> Result<Doer, StoreError> {
    let found = match id {
        Some(id) => Staff::find(tx, &id).await?,
        None => None,
    };
    Ok(match found {
        Some(staff) if staff.school_id.as_ref().is_some_and(|own| own != school) => Doer::OtherSchool,
        Some(staff) => kind(if staff.full_name.is_empty() { staff.login } else { staff.full_name }),
        None => Doer::OtherSchool,
    })
}
