//! From a code to an access token: where the activation code is checked and its failures are counted.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::activation_code::ActivationCode;
use shared::jose::thumbprint::Thumbprint;
use shared::secret::Secret;

use super::Issuance;
use super::dossier::{CardRefusal, Dossier};
use super::grant::MAX_FAILURES;
use super::junior::{HolderClaim, HolderRefusal, PresentedHolder};
use super::keys::{Sealed, any_same};
use super::offer::{CodeContent, OfferError, usable};
use crate::audit::{Act, Actor};
use crate::store::id::GrantId;
use crate::store::tables::device::{Device, DeviceState};
use crate::store::tables::dossier::DossierOf;
use crate::store::tables::grant::{Grant, GrantState};
use crate::store::tables::mobile_card::MobileCard;
use crate::store::{Row, Statements, StoreError, Verb};

/// How long an access token lives.
pub const TOKEN_TTL: SignedDuration = SignedDuration::from_mins(5);

/// What an access token says, sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessToken {
    /// What it opens.
    pub(super) grant: GrantId,
    /// The grant's epoch that this token made; a later token kills it.
    pub(super) epoch: i64,
    expires: Timestamp,
    /// The key that must prove possession with every use, if the token is bound to one.
    pub(super) bound_to: Option<Thumbprint>,
    /// Whether it came from a refresh token: then it may renew, not only deliver.
    pub(super) renews: bool,
}

impl AccessToken {
    /// Whether a key must be proven with every use.
    pub fn is_bound(&self) -> bool {
        self.bound_to.is_some()
    }
}

#[derive(Serialize, Deserialize)]
struct RefreshToken {
    grant: GrantId,
    bound_to: Thumbprint,
}

/// Tokens to hand out.
#[derive(Debug)]
pub struct Tokens {
    /// The access token.
    pub access: Secret,
    /// Lives as long as the device; only for wallets that prove possession of a key.
    pub refresh: Option<Secret>,
    /// Whether a key must be proven with every use.
    pub bound: bool,
}

impl Issuance {
    /// Redeems a pre-authorized code. `tx_code` is what the wallet sent, if anything; `key` the key that its
    /// DPoP proof proved; `holder` what a phone for pupils shows to say who holds it.
    ///
    /// # Errors
    /// See [`TokenError`]; only a wrong code of the right form costs a try.
    pub async fn redeem(
        &self,
        code: &Secret,
        tx_code: Option<&Secret>,
        key: Option<Thumbprint>,
        holder: Option<&PresentedHolder>,
    ) -> Result<Tokens, TokenError> {
        let content: CodeContent =
            self.keys.unseal(Sealed::PreAuthorizedCode, code.expose()).ok_or(TokenError::UnknownCode)?;
        if content.expires <= self.now() {
            return Err(TokenError::Slip(OfferError::Expired));
        }
        let tx_code = match tx_code {
            Some(text) => Some(ActivationCode::parse(text.expose()).map_err(|_| TokenError::CodeMalformed)?),
            None => None,
        };
        let verb = RedeemGrant {
            presented: tx_code.map(|code| self.keys.code_macs(&content.grant, &code)),
            grant: content.grant.clone(),
            epoch: content.epoch,
            holder: holder.map(|holder| self.holder_claim(holder)),
            act: self.act(Actor::Wallet),
        };
        let epoch = self.store.write(verb).await??;
        Ok(self.tokens(content.grant, epoch, key, false))
    }

    /// Redeems a refresh token with a proof by the device key that it is bound to.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub async fn refresh(&self, token: &Secret, key: Option<Thumbprint>) -> Result<Tokens, TokenError> {
        let content: RefreshToken =
            self.keys.unseal(Sealed::RefreshToken, token.expose()).ok_or(TokenError::UnknownCode)?;
        let key = key.ok_or(TokenError::ProofMissing)?;
        if key != content.bound_to {
            return Err(TokenError::OtherKey);
        }
        let verb = RefreshGrant { grant: content.grant.clone(), key };
        let epoch = self.store.write(verb).await??;
        Ok(self.tokens(content.grant, epoch, Some(key), true))
    }

    fn tokens(&self, grant: GrantId, epoch: i64, key: Option<Thumbprint>, renews: bool) -> Tokens {
        let expires = self.now().saturating_add(TOKEN_TTL).unwrap_or(Timestamp::MAX);
        let refresh = key.map(|bound_to| RefreshToken { grant: grant.clone(), bound_to });
        let access = AccessToken { grant, epoch, expires, bound_to: key, renews };
        Tokens {
            bound: access.bound_to.is_some(),
            access: self.keys.seal(Sealed::AccessToken, &access, &*self.entropy),
            refresh: refresh.map(|token| self.keys.seal(Sealed::RefreshToken, &token, &*self.entropy)),
        }
    }

    /// Opens an access token. Its epoch is judged where it is used, in the same transaction.
    ///
    /// # Errors
    /// See [`AccessError`].
    pub fn open_access(&self, token: &str, key: Option<&Thumbprint>) -> Result<AccessToken, AccessError> {
        let access: AccessToken = self.keys.unseal(Sealed::AccessToken, token).ok_or(AccessError::Unknown)?;
        if access.expires <= self.now() {
            return Err(AccessError::Expired);
        }
        // A bound token without its key, and a key with a token that is bound to none, are refused alike.
        if access.bound_to.as_ref() != key {
            return Err(AccessError::OtherKey);
        }
        Ok(access)
    }
}

/// Checks the activation code and raises the grant's epoch, in one commit.
struct RedeemGrant {
    grant: GrantId,
    epoch: i64,
    /// Under every master secret that counts.
    presented: Option<Vec<[u8; 32]>>,
    holder: Option<HolderClaim>,
    act: Act,
}

#[async_trait::async_trait]
impl Verb for RedeemGrant {
    /// The new epoch.
    type Answer = Result<i64, TokenError>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let now = self.act.at;
        let card = DossierOf::Grant(&self.grant);
        let [grant, dossier] = tx.ask([Grant::hold(&self.grant, tx), card.rows(now)]).await?;
        let Some(mut grant) = Grant::read(grant)?.into_iter().next() else {
            return Ok(Err(TokenError::UnknownCode));
        };
        if let Err(refusal) = usable(&grant, now) {
            return Ok(Err(TokenError::Slip(refusal)));
        }
        if grant.epoch != self.epoch {
            return Ok(Err(TokenError::Used));
        }
        // Before anything is counted or taken: who scanned another's code has tried nothing yet.
        if let Some(refusal) = self.held_by_another(tx, &grant).await? {
            return Ok(Err(refusal));
        }
        match (&grant.code_mac, &self.presented) {
            (Some(_), None) => return Ok(Err(TokenError::CodeMissing)),
            (None, Some(_)) => return Ok(Err(TokenError::CodeUnexpected)),
            (Some(right), Some(presented)) if !any_same(right, presented) => {
                return count_failure(tx, grant, &self.act).await.map(Err);
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
        if let Err(error) = leads_to_card(tx, &grant, dossier, now).await? {
            return Ok(Err(error));
        }
        grant.epoch += 1;
        grant.update_epoch(tx).await?;
        Ok(Ok(grant.epoch))
    }
}

impl RedeemGrant {
    /// Why whoever holds the phone may not have this card: only a phone that says who holds it is asked.
    async fn held_by_another(
        &self,
        tx: &mut dyn Statements,
        grant: &Grant,
    ) -> Result<Option<TokenError>, StoreError> {
        let Some(claim) = &self.holder else { return Ok(None) };
        let pupil = match claim.pupil(tx).await? {
            Ok(pupil) => pupil,
            Err(refusal) => return Ok(Some(TokenError::Holder(refusal))),
        };
        let Some(card) = MobileCard::find(tx, &grant.card_id).await? else {
            return Err(StoreError::Damaged("a grant lacks its card"));
        };
        Ok((card.pupil_id != pupil.id).then_some(TokenError::OtherPupil))
    }
}

async fn count_failure(
    tx: &mut dyn Statements,
    mut grant: Grant,
    act: &Act,
) -> Result<TokenError, StoreError> {
    grant.failures += 1;
    let tries_left = MAX_FAILURES.saturating_sub(grant.failures);
    if tries_left == 0 && grant.state == GrantState::Ready {
        grant.state = GrantState::Locked;
    }
    grant.update(tx).await?;
    let action = if tries_left == 0 { "grant.locked" } else { "grant.wrong_code" };
    act.trail().record(tx, action, grant.id.as_str(), json!({ "tries_left": tries_left })).await?;
    Ok(TokenError::WrongCode { tries_left })
}

/// Only whoever knew the code learns how the card stands.
async fn leads_to_card(
    tx: &mut dyn Statements,
    grant: &Grant,
    dossier: Vec<Row>,
    now: Timestamp,
) -> Result<Result<(), TokenError>, StoreError> {
    let Some(dossier) = Dossier::read(dossier)? else {
        return Err(StoreError::Damaged("a grant lacks its card"));
    };
    if let Err(refusal) = dossier.may_issue(now) {
        return Ok(Err(TokenError::Card(refusal)));
    }
    let Some(device) = &grant.device_id else { return Ok(Ok(())) };
    let device = Device::find(tx, device).await?;
    let holds = device.is_some_and(|d| matches!(d.state, DeviceState::Live | DeviceState::Pending));
    Ok(if holds { Ok(()) } else { Err(TokenError::DeviceEnded) })
}

struct RefreshGrant {
    grant: GrantId,
    key: Thumbprint,
}

#[async_trait::async_trait]
impl Verb for RefreshGrant {
    type Answer = Result<i64, TokenError>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(mut grant) = Grant::lock(tx, &self.grant).await? else {
            return Ok(Err(TokenError::UnknownCode));
        };
        let Some(device) = &grant.device_id else { return Ok(Err(TokenError::NotActivated)) };
        let Some(device) = Device::find(tx, device).await? else {
            return Err(StoreError::Damaged("a grant lacks its device"));
        };
        if device.thumbprint != self.key.to_string() {
            return Ok(Err(TokenError::OtherKey));
        }
        if !matches!(device.state, DeviceState::Live | DeviceState::Pending) {
            return Ok(Err(TokenError::DeviceEnded));
        }
        grant.epoch += 1;
        grant.update_epoch(tx).await?;
        Ok(Ok(grant.epoch))
    }
}

/// Why there is no token. Messages complete "cannot give a token: …".
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Neither code nor refresh token is ours.
    #[error("code is unknown")]
    UnknownCode,
    /// The slip itself leads nowhere any more.
    #[error(transparent)]
    Slip(OfferError),
    /// The code has given its one token.
    #[error("code was used already: scan the slip again")]
    Used,
    /// The activation code is wrong; it was counted.
    #[error("activation code is wrong, {tries_left} tries are left")]
    WrongCode {
        /// How many more may be tried.
        tries_left: u8,
    },
    /// The phone shows no live sign-in; not counted.
    #[error(transparent)]
    Holder(HolderRefusal),
    /// The card is another pupil's than the phone's; not counted.
    #[error("card is another pupil's")]
    OtherPupil,
    /// Not eight digits; not counted.
    #[error("activation code has eight digits")]
    CodeMalformed,
    /// None was sent though one is needed; not counted.
    #[error("activation code is missing")]
    CodeMissing,
    /// One was sent though none is needed.
    #[error("this slip has no activation code")]
    CodeUnexpected,
    /// The refresh token needs a DPoP proof.
    #[error("proof of possession is missing")]
    ProofMissing,
    /// Proven by another key than the one it is bound to.
    #[error("token belongs to another key")]
    OtherKey,
    /// The grant has opened no device yet.
    #[error("card was never activated with this token")]
    NotActivated,
    /// The device no longer holds the card.
    #[error("device no longer holds the card")]
    DeviceEnded,
    /// The card cannot be issued now.
    #[error(transparent)]
    Card(CardRefusal),
    /// The database fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an access token opens nothing. Messages complete "cannot accept access token: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// Not one of ours.
    #[error("token is unknown")]
    Unknown,
    /// Its time is up.
    #[error("token has expired")]
    Expired,
    /// It is bound to a key that was not proven.
    #[error("token belongs to another key")]
    OtherKey,
    /// A later token was given out.
    #[error("a later token took its place")]
    Superseded,
}
