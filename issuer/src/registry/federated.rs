//! Accounts elsewhere (OpenID Connect) that stand for members of staff.

use serde_json::json;

use crate::audit::Act;
use crate::store::id::StaffId;
use crate::store::tables::session::Session;
use crate::store::tables::staff::Staff;
use crate::store::{Statements, StoreError, Verb};

/// What is kept of an account elsewhere: its issuer and its subject there, which together name one person for
/// good (OpenID Connect Core 1.0 §5.7).
#[derive(Clone, PartialEq, Eq)]
pub struct FederatedId(String);

impl FederatedId {
    /// The account of `subject` at `issuer`. An issuer's address has no blanks, so two never become one.
    pub fn new(issuer: &str, subject: &str) -> Self {
        Self(format!("{issuer} {subject}"))
    }

    /// As it is kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads what was kept.
    pub fn kept(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for FederatedId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FederatedId(…)")
    }
}

/// Lets an account elsewhere stand for a member of staff, or none.
#[derive(Debug)]
pub struct LinkFederated {
    /// Whose.
    pub staff: StaffId,
    /// Which; none unlinks.
    pub account: Option<FederatedId>,
    /// The session that asks.
    pub session: [u8; 32],
    /// Who, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for LinkFederated {
    type Answer = Result<(), FederatedRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(staff) = Staff::lock(tx, &self.staff).await?.filter(|staff| staff.ended_at.is_none()) else {
            return Ok(Err(FederatedRefusal::UnknownStaff));
        };
        // Signed out while the password was looked at: whoever did that has the last word.
        let session = Session::find(tx, self.session).await?;
        if session.is_none_or(|session| session.account_id != staff.id.as_str()) {
            return Ok(Err(FederatedRefusal::UnknownStaff));
        }
        let account = self.account.as_ref().map(FederatedId::as_str);
        if staff.federated_id.as_deref() == account {
            return Ok(Ok(()));
        }
        if let Some(account) = account
            && let Some(other) = Staff::by_federated_id(tx, account).await?
        {
            if other.ended_at.is_none() {
                return Ok(Err(FederatedRefusal::Taken));
            }
            // Whoever has left does not keep it from somebody who comes.
            other.federate(tx, None).await?;
        }
        staff.federate(tx, account).await?;
        let action = if account.is_some() { "staff.federated" } else { "staff.unfederated" };
        self.act.trail().record(tx, action, staff.id.as_str(), json!({})).await?;
        Ok(Ok(()))
    }
}

/// Messages complete "cannot link the account: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FederatedRefusal {
    /// No such open account.
    #[error("account is unknown")]
    UnknownStaff,
    /// It stands for somebody else.
    #[error("account elsewhere stands for another member of staff")]
    Taken,
}
