//! Who holds a phone for pupils: the portal as an authorization server for mObywatel Junior (RFC 6749 §4.1, RFC 7636,
//! RFC 8252, RFC 9207, RFC 9700), from what an app asks to the pupil that its token stands for.

mod authorization;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use shared::jose::thumbprint::Thumbprint;
use shared::secret::Secret;
use shared::vci::sign_in::{CodeChallenge, CodeVerifier, HolderInfo, JUNIOR_CLIENT};

use super::Issuance;
use super::keys::Junior;
use crate::audit::{Act, Actor};
use crate::registry::portal_account::ReadChildren;
use crate::store::id::PortalAccountId;
use crate::store::tables::junior::{JuniorCode, JuniorToken};
use crate::store::tables::portal_account::{PortalAccount, PortalKind};
use crate::store::tables::pupil::Pupil;
use crate::store::{Statements, StoreError, Verb};

pub use authorization::{AuthorizationFault, AuthorizationRequest};

/// Where pupils are asked.
pub const AUTHORIZE_PATH: &str = "/portal/authorize";
/// How long a code lives: as long as a browser takes to go back (RFC 6749 §4.1.2).
pub const SIGN_IN_CODE_TTL: SignedDuration = SignedDuration::from_secs(60);
/// How long a sign-in counts: enough to set a PIN, read the terms and find the QR code. There is no refresh token: once
/// the card is on the phone nothing asks for the sign-in any more.
pub const HOLDER_TTL: SignedDuration = SignedDuration::from_hours(1);
/// Whether this account may sign in to an app for pupils.
pub fn is_for_junior(account: &PortalAccount) -> bool {
    account.kind == PortalKind::Pupil
}

/// What a token request brings for a sign-in.
#[derive(Debug)]
pub struct SignInCode<'a> {
    /// The code.
    pub code: &'a Secret,
    /// Which client says it is.
    pub client_id: &'a str,
    /// Where the code was sent.
    pub redirect_uri: &'a str,
    /// Proof that whoever redeems it asked for it.
    pub verifier: &'a CodeVerifier,
}

/// A token that a phone shows to say who holds it, and the key that it proved with it.
#[derive(Debug, Clone)]
pub struct PresentedHolder {
    /// The token.
    pub token: Secret,
    /// The key, if one was proven.
    pub key: Option<Thumbprint>,
}

impl Issuance {
    /// The pupil has agreed: the address that the browser goes to, with a code in it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn allow_sign_in(
        &self,
        request: &AuthorizationRequest,
        account: &PortalAccountId,
    ) -> Result<String, StoreError> {
        let code = self.fresh_secret();
        let row = JuniorCode {
            hash: self.keys.junior_hash(Junior::Code, code.expose()),
            account_id: account.clone(),
            redirect_uri: request.redirect.as_str().to_owned(),
            challenge: request.challenge().as_str().to_owned(),
            expires_at: self.now().saturating_add(SIGN_IN_CODE_TTL).unwrap_or(Timestamp::MAX),
            used_at: None,
        };
        self.store.write(KeepCode(row)).await?;
        Ok(request.allowed(&code, &self.addresses.issuer))
    }

    /// Exchanges the code of a sign-in for a token, bound to `key` if one was proven.
    ///
    /// # Errors
    /// See [`SignInRefusal`].
    pub async fn redeem_sign_in(
        &self,
        presented: &SignInCode<'_>,
        key: Option<Thumbprint>,
    ) -> Result<Secret, SignInRefusal> {
        if presented.client_id != JUNIOR_CLIENT {
            return Err(SignInRefusal::UnknownClient);
        }
        let token = self.fresh_secret();
        let code_hash = self.keys.junior_hash(Junior::Code, presented.code.expose());
        let verb = RedeemCode {
            redirect_uri: presented.redirect_uri.to_owned(),
            verifier: presented.verifier.clone(),
            token_hash: self.keys.junior_hash(Junior::Token, token.expose()),
            code_hash,
            bound_to: key.map(|key| key.to_string()),
            act: self.act(Actor::Wallet),
        };
        self.store.write(verb).await??;
        Ok(token)
    }

    /// Who holds the phone that shows this token: no more than a greeting needs, and a name that says nothing.
    ///
    /// # Errors
    /// See [`HolderRefusal`].
    pub async fn holder(&self, presented: &PresentedHolder) -> Result<HolderInfo, HolderRefusal> {
        let pupil = self.store.read(ReadHolder(self.holder_claim(presented))).await??;
        Ok(HolderInfo {
            sub: BASE64.encode(self.keys.junior_hash(Junior::Name, pupil.id.as_str())),
            given_names: pupil.given_names,
            class_name: pupil.class_name,
        })
    }

    /// The claim that a presented token makes, at this instant.
    pub(super) fn holder_claim(&self, presented: &PresentedHolder) -> HolderClaim {
        HolderClaim {
            hash: self.keys.junior_hash(Junior::Token, presented.token.expose()),
            key: presented.key.map(|key| key.to_string()),
            now: self.now(),
        }
    }

    fn fresh_secret(&self) -> Secret {
        Secret::new(BASE64.encode(self.entropy.bytes::<32>()))
    }
}

struct KeepCode(JuniorCode);

#[async_trait::async_trait]
impl Verb for KeepCode {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        self.0.insert(tx).await
    }
}

/// Uses a code up; one that comes a second time takes back what it gave (RFC 6749 §4.1.2).
struct RedeemCode {
    code_hash: [u8; 32],
    redirect_uri: String,
    verifier: CodeVerifier,
    token_hash: [u8; 32],
    bound_to: Option<String>,
    act: Act,
}

#[async_trait::async_trait]
impl Verb for RedeemCode {
    type Answer = Result<(), SignInRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(mut code) = JuniorCode::lock(tx, self.code_hash).await? else {
            return Ok(Err(SignInRefusal::UnknownCode));
        };
        let account = code.account_id.clone();
        if code.used_at.is_some() {
            // Whoever shows it again knows it from somewhere: right verifier or not, it has leaked.
            let ended = JuniorToken::end_of_code(tx, &self.code_hash).await?;
            let (action, detail) = ("portal_account.junior_replayed", json!({ "tokens": ended }));
            self.act.trail().record(tx, action, account.as_str(), detail).await?;
            return Ok(Err(SignInRefusal::Used));
        }
        if code.expires_at <= self.act.at {
            return Ok(Err(SignInRefusal::Expired));
        }
        let met = CodeChallenge::parse(&code.challenge).is_some_and(|known| known.is_met_by(&self.verifier));
        if !met || code.redirect_uri != self.redirect_uri {
            return Ok(Err(SignInRefusal::OtherApp));
        }
        if pupil_of(tx, &account).await?.is_none() {
            return Ok(Err(SignInRefusal::NoPupil));
        }
        code.used_at = Some(self.act.at);
        code.settle(tx).await?;
        let token = JuniorToken {
            hash: self.token_hash,
            code_hash: self.code_hash,
            account_id: account.clone(),
            bound_to: self.bound_to.clone(),
            expires_at: self.act.at.saturating_add(HOLDER_TTL).unwrap_or(Timestamp::MAX),
        };
        token.insert(tx).await?;
        let (action, detail) = ("portal_account.junior_signed_in", json!({}));
        self.act.trail().record(tx, action, account.as_str(), detail).await?;
        Ok(Ok(()))
    }
}

/// The one pupil of an open account that is a pupil's own.
async fn pupil_of(tx: &mut dyn Statements, account: &PortalAccountId) -> Result<Option<Pupil>, StoreError> {
    let Some((account, mut pupils)) = ReadChildren(account.clone()).run(tx).await? else { return Ok(None) };
    let fits = is_for_junior(&account) && !account.must_change && pupils.len() == 1;
    Ok(pupils.pop().filter(|_| fits))
}

/// A token that somebody shows, and when.
#[derive(Clone)]
pub(super) struct HolderClaim {
    hash: [u8; 32],
    key: Option<String>,
    now: Timestamp,
}

impl HolderClaim {
    /// The pupil that the token stands for now.
    pub(super) async fn pupil(
        &self,
        tx: &mut dyn Statements,
    ) -> Result<Result<Pupil, HolderRefusal>, StoreError> {
        let token = JuniorToken::find(tx, self.hash).await?;
        let Some(token) = token.filter(|token| self.now < token.expires_at) else {
            return Ok(Err(HolderRefusal::SignInAgain));
        };
        // A key with a token that is bound to none is refused as one that is missing.
        if token.bound_to != self.key {
            return Ok(Err(HolderRefusal::OtherKey));
        }
        // The account may have been closed since, or the pupil have moved to another school.
        let pupil = pupil_of(tx, &token.account_id).await?;
        Ok(pupil.ok_or(HolderRefusal::SignInAgain))
    }
}

struct ReadHolder(HolderClaim);

#[async_trait::async_trait]
impl Verb for ReadHolder {
    type Answer = Result<Pupil, HolderRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        self.0.pupil(tx).await
    }
}

/// Why a code gives no token. Messages complete "cannot sign in: …".
#[derive(Debug, thiserror::Error)]
pub enum SignInRefusal {
    /// Not one of ours.
    #[error("client is unknown")]
    UnknownClient,
    /// Not one of ours, or long over.
    #[error("code is unknown")]
    UnknownCode,
    /// It has given its token; that one is taken back.
    #[error("code was used already: what it gave is taken back")]
    Used,
    /// A minute has gone by.
    #[error("code has expired")]
    Expired,
    /// Verifier or address are not those of whoever asked.
    #[error("code was given to another app")]
    OtherApp,
    /// The account was closed meanwhile.
    #[error("account is no pupil's any more")]
    NoPupil,
    /// The database fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a token says of nobody that they hold the phone. Messages complete "cannot accept who holds the phone: …".
#[derive(Debug, thiserror::Error)]
pub enum HolderRefusal {
    /// Unknown, over, or taken back; the pupil can sign in again.
    #[error("sign-in is unknown or over")]
    SignInAgain,
    /// The key that it is bound to was not proven.
    #[error("sign-in is bound to another key")]
    OtherKey,
    /// The database fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}
