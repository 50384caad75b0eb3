//! Tokens of the staff API, with which programs act on behalf of an account.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::json;
use shared::entropy::Entropy;
use shared::secret::Secret;
use utoipa::ToSchema;

use super::{StaffRefusal, Within};
use crate::audit::Act;
use crate::issuance::keys::Keys;
use crate::registry::fault::Faults;
use crate::registry::line::TokenName;
use crate::store::id::{StaffId, TokenId};
use crate::store::tables::staff::{ApiToken, Staff};
use crate::store::{Statements, StoreError, Verb};

/// What every API token starts with, so that scanners for leaked secrets know one when they see one.
pub const TOKEN_PREFIX: &str = "mleg_";

/// A token as asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "name": "e-dziennik" })))]
pub struct TokenForm {
    /// What it is for.
    #[schema(min_length = 1, max_length = 80)]
    pub name: String,
    /// On whose behalf it acts; by default on that of whoever asks.
    pub staff_id: Option<StaffId>,
}

impl TokenForm {
    /// Checks the form.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn parse(&self) -> Result<TokenName, Faults> {
        TokenName::parse(&self.name).map_err(|code| Faults::one("name", code))
    }
}

/// Makes an API token.
#[derive(Debug)]
pub struct MakeToken {
    id: TokenId,
    staff: StaffId,
    name: TokenName,
    hash: [u8; 32],
    within: Within,
    act: Act,
}

impl MakeToken {
    /// The act, and the token that it makes good if it succeeds: 256 random bits, shown once.
    pub fn new(
        staff: StaffId,
        name: TokenName,
        act: Act,
        keys: &Keys,
        entropy: &dyn Entropy,
    ) -> (Self, Secret) {
        let random = BASE64_URL_SAFE_NO_PAD.encode(entropy.bytes::<32>());
        let token = Secret::new(format!("{TOKEN_PREFIX}{random}"));
        let hash = keys.api_token_hash(&token);
        (Self { id: TokenId::fresh(act.at, entropy), staff, name, hash, within: Within::all(), act }, token)
    }

    /// The same, for the accounts that the one who asks may keep.
    #[must_use]
    pub fn within(mut self, within: Within) -> Self {
        self.within = within;
        self
    }
}

#[async_trait::async_trait]
impl Verb for MakeToken {
    type Answer = Result<ApiToken, StaffRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        if let Err(refusal) = self.within.lock_open(tx, &self.staff).await? {
            return Ok(Err(refusal));
        }
        let token = ApiToken {
            id: self.id.clone(),
            staff_id: self.staff.clone(),
            name: self.name.as_str().to_owned(),
            hash: self.hash,
            created_at: self.act.at,
            ended_at: None,
        };
        token.insert(tx).await?;
        let detail = json!({ "staff": self.staff });
        self.act.trail().record(tx, "token.made", token.id.as_str(), detail).await?;
        Ok(Ok(token))
    }
}

/// Takes a token back. Taking back one that was taken back changes nothing.
#[derive(Debug)]
pub struct EndToken {
    /// Which.
    pub token: TokenId,
    /// Whose accounts the one who asks may keep.
    pub within: Within,
    /// Who takes it back, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for EndToken {
    type Answer = Result<ApiToken, StaffRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(mut token) = ApiToken::lock(tx, &self.token).await? else {
            return Ok(Err(StaffRefusal::UnknownToken));
        };
        let staff = Staff::find(tx, &token.staff_id).await?;
        if staff.is_none_or(|staff| !self.within.reaches(&staff)) {
            return Ok(Err(StaffRefusal::UnknownToken));
        }
        if token.ended_at.is_none() {
            token.ended_at = Some(self.act.at);
            token.update(tx).await?;
            self.act.trail().record(tx, "token.ended", token.id.as_str(), json!({})).await?;
        }
        Ok(Ok(token))
    }
}

/// Recognises a token by its keyed hash; none if it was taken back or never made.
#[derive(Debug)]
pub struct RecogniseToken(pub [u8; 32]);

#[async_trait::async_trait]
impl Verb for RecogniseToken {
    type Answer = Option<(ApiToken, Staff)>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(token) = ApiToken::live(tx, &self.0).await? else { return Ok(None) };
        let staff = Staff::find(tx, &token.staff_id).await?.filter(|staff| staff.ended_at.is_none());
        Ok(staff.map(|staff| (token, staff)))
    }
}
