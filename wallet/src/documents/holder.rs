//! The pupil who is signed in on a Junior phone.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::secret::Secret;
use shared::vci::sign_in::HolderInfo;

use super::record::Record;
use super::{Documents, HeldCard, ONLY, StoreError, remove};

/// A sign-in on the portal. `Debug` tells neither the pupil nor the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolderSession {
    /// At which issuer, by its identifier, byte for byte.
    pub issuer: String,
    /// Who.
    pub holder: HolderInfo,
    /// When.
    pub signed_in_at: Timestamp,
    /// What the issuer takes for it; `None` once it did not take it any more.
    pub token: Option<HolderToken>,
}

/// What proves the sign-in to the issuer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolderToken {
    /// The access token.
    pub text: Secret,
    /// The private key that it is bound to, base64url of its 32 bytes. It was made before there was a PIN, hence before
    /// there was a secure element that could have made it, and lives as long as the token: an hour.
    pub key: Option<Secret>,
    /// The first instant, by the phone's clock, at which it proves nothing any more.
    pub expires_at: Timestamp,
}

impl HolderSession {
    /// The token, if it still proves something at `now`.
    pub fn live_token(&self, now: Timestamp) -> Option<&HolderToken> {
        self.token.as_ref().filter(|token| now < token.expires_at && self.signed_in_at <= now)
    }
}

impl Record for HolderSession {
    const KIND: &'static str = "holder";
    const VERSION: u16 = 1;
}

/// Whose phone a Junior phone is: kept when somebody signs in, and longer than the sign-in, which may be forgotten while
/// there are cards.
#[derive(Serialize, Deserialize)]
pub(super) struct Pupil {
    issuer: String,
    sub: String,
}

impl Pupil {
    fn of(session: &HolderSession) -> Self {
        Self { issuer: session.issuer.clone(), sub: session.holder.sub.clone() }
    }

    fn is(&self, session: &HolderSession) -> bool {
        self.issuer == session.issuer && self.sub == session.holder.sub
    }
}

impl Record for Pupil {
    const KIND: &'static str = "pupil";
    const VERSION: u16 = 1;
}

impl Documents {
    /// Who signed in last, if nobody has signed out since.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn holder_session(&self) -> Result<Option<HolderSession>, StoreError> {
        self.record(ONLY)
    }

    /// Keeps a sign-in in place of the one before, unless the phone holds another pupil's card; whether it did.
    pub(crate) fn keep_holder_session(&self, session: &HolderSession) -> Result<bool, StoreError> {
        let writer = self.writer();
        let pupil = self.last_pupil()?;
        let holds_cards = !self.ids::<HeldCard>()?.is_empty();
        if holds_cards && pupil.is_some_and(|pupil| !pupil.is(session)) {
            return Ok(false);
        }
        writer.commit(vec![self.put(ONLY, session)?, self.put(ONLY, &Pupil::of(session))?])?;
        Ok(true)
    }

    /// Whose phone it is, in the words of its issuer: of whoever signed in last. `None` on a standard phone.
    pub(crate) fn pupil(&self) -> Result<Option<String>, StoreError> {
        Ok(self.last_pupil()?.map(|pupil| pupil.sub))
    }

    fn last_pupil(&self) -> Result<Option<Pupil>, StoreError> {
        match self.record::<Pupil>(ONLY)? {
            Some(pupil) => Ok(Some(pupil)),
            // Phones of before the pupil was kept know the last sign-in.
            None => Ok(self.holder_session()?.as_ref().map(Pupil::of)),
        }
    }

    /// Forgets who signed in; that nobody did is no error.
    pub(crate) fn forget_holder_session(&self) -> Result<(), StoreError> {
        self.writer().commit(vec![remove::<HolderSession>(ONLY)])
    }

    /// The issuer does not take the token any more: who the pupil is stays, for the greeting.
    pub(crate) fn end_holder_token(&self) -> Result<(), StoreError> {
        let writer = self.writer();
        let Some(session) = self.record::<HolderSession>(ONLY)? else { return Ok(()) };
        writer.commit(vec![self.put(ONLY, &HolderSession { token: None, ..session })?])
    }
}
