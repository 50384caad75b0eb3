//! What a scanned or typed code leads to: the offer, with a short-lived pre-authorized code in it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use shared::secret::Secret;
use shared::typed_code::TypedCode;

use super::Issuance;
use super::grant::MAX_FAILURES;
use super::keys::Sealed;
use crate::registry::profile::SchoolProfile;
use crate::store::id::{GrantId, SchoolId};
use crate::store::tables::grant::{Grant, GrantState, GrantWithRules};
use crate::store::{Statements, StoreError, Verb};

/// How long a pre-authorized code lives; it can be fetched again for as long as the slip lives.
pub const CODE_TTL: SignedDuration = SignedDuration::from_mins(10);

/// What a pre-authorized code says, sealed; nothing is stored for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CodeContent {
    pub(super) grant: GrantId,
    /// The school whose slip it is: wrong codes are counted over all of its slips.
    #[serde(default)]
    pub(super) school: Option<SchoolId>,
    /// The grant's epoch when it was handed out. The first token that is redeemed raises it, so a code opens
    /// one token and several may be out at once.
    pub(super) epoch: i64,
    pub(super) expires: Timestamp,
}

/// An offer that may be accepted.
#[derive(Debug)]
pub struct OpenOffer {
    /// To be put into the offer.
    pub pre_authorized_code: Secret,
    /// Whether the token request must bring the activation code.
    pub asks_code: bool,
    /// The rules under which the slip was made: what the phone must be.
    pub profile: SchoolProfile,
}

impl Issuance {
    /// Resolves the id in a QR code.
    ///
    /// # Errors
    /// See [`OfferError`].
    pub async fn resolve_offer(&self, id: &str) -> Result<OpenOffer, OfferError> {
        self.open(FindGrant::Offer(self.keys.offer_hashes(id))).await
    }

    /// Resolves what was typed instead.
    ///
    /// # Errors
    /// See [`OfferError`].
    pub async fn resolve_typed(&self, code: &TypedCode) -> Result<OpenOffer, OfferError> {
        self.open(FindGrant::Typed(self.keys.typed_hashes(code))).await
    }

    /// The school whose slip a pre-authorized code belongs to; none if it is not one of ours.
    pub fn school_of(&self, code: &Secret) -> Option<SchoolId> {
        let content: CodeContent = self.keys.unseal(Sealed::PreAuthorizedCode, code.expose())?;
        content.school
    }

    async fn open(&self, find: FindGrant) -> Result<OpenOffer, OfferError> {
        let (grant, school, profile) = self.store.read(find).await?.ok_or(OfferError::Unknown)?;
        let now = self.now();
        usable(&grant, now)?;
        let expires = now.saturating_add(CODE_TTL).unwrap_or(Timestamp::MAX).min(grant.expires_at);
        let content = CodeContent { grant: grant.id, school: Some(school), epoch: grant.epoch, expires };
        Ok(OpenOffer {
            pre_authorized_code: self.keys.seal(Sealed::PreAuthorizedCode, &content, &*self.entropy),
            asks_code: grant.code_mac.is_some(),
            profile,
        })
    }
}

/// Whether a grant still leads anywhere at `now`. A bound one does: to the device that it opened.
pub(super) fn usable(grant: &Grant, now: Timestamp) -> Result<(), OfferError> {
    match grant.state {
        GrantState::Replaced => Err(OfferError::Replaced),
        GrantState::Cancelled => Err(OfferError::Cancelled),
        GrantState::Locked => Err(OfferError::Locked),
        GrantState::Ready | GrantState::Bound if grant.failures >= MAX_FAILURES => Err(OfferError::Locked),
        GrantState::Ready | GrantState::Bound if grant.expires_at <= now => Err(OfferError::Expired),
        GrantState::Ready | GrantState::Bound => Ok(()),
    }
}

enum FindGrant {
    Offer(Vec<[u8; 32]>),
    Typed(Vec<[u8; 32]>),
}

#[async_trait::async_trait]
impl Verb for FindGrant {
    type Answer = Option<(Grant, SchoolId, SchoolProfile)>;

    // Grant and rules in one query.
    const GLANCE: bool = true;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        // More than one only while codes of an earlier master secret are out.
        let (Self::Offer(hashes) | Self::Typed(hashes)) = self;
        let mut found = None;
        for hash in hashes {
            found = match self {
                Self::Offer(_) => GrantWithRules::by_offer(tx, hash).await?,
                Self::Typed(_) => GrantWithRules::by_typed(tx, hash).await?,
            };
            if found.is_some() {
                break;
            }
        }
        let Some(GrantWithRules { grant, profile }) = found else { return Ok(None) };
        let profile = profile.ok_or(StoreError::Damaged("a grant lacks its profile"))?;
        let rules = SchoolProfile::from_row(&profile)?;
        Ok(Some((grant, profile.school_id, rules)))
    }
}

/// Why a code leads nowhere. Messages complete "cannot open this offer: …".
#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    /// Nobody made it, or it is not ours.
    #[error("code is unknown")]
    Unknown,
    /// Its time is up.
    #[error("slip has expired")]
    Expired,
    /// Five wrong activation codes.
    #[error("slip is locked after five wrong codes")]
    Locked,
    /// A newer one was made.
    #[error("a newer slip took its place")]
    Replaced,
    /// It was taken back.
    #[error("slip was taken back")]
    Cancelled,
    /// The database fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}
