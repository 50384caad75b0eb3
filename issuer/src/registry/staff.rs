//! Staff accounts, and the tokens with which programs act on their behalf.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::json;
use shared::entropy::Entropy;
use shared::secret::Secret;
use utoipa::ToSchema;

use super::fault::{Checked, Faults};
use super::line::{Login, Password, TokenName};
use crate::audit::Act;
use crate::issuance::keys::Keys;
use crate::store::id::{StaffId, TokenId};
use crate::store::tables::staff::{ApiToken, Role, Staff};
use crate::store::{Statements, StoreError, Verb};

/// What every API token starts with, so that scanners for leaked secrets know one when they see one.
pub const TOKEN_PREFIX: &str = "mleg_";

/// A password as it is kept: Argon2id in PHC form.
#[derive(Clone)]
pub struct HashedPassword(String);

impl HashedPassword {
    /// Hashes a password. Computes for some 20 ms on 19 MiB; keep it off the threads that answer requests.
    pub fn of(password: &Password, entropy: &dyn Entropy) -> Option<Self> {
        let salt: [u8; 16] = entropy.bytes();
        let hash: Result<PasswordHash, _> =
            Argon2::default().hash_password_with_salt(password.expose().as_bytes(), &salt);
        hash.ok().map(|hash| Self(hash.to_string()))
    }

    /// The text that is stored.
    pub(crate) fn stored(&self) -> &str {
        &self.0
    }

    /// Whether `typed` is the password behind a stored hash. Costs as much as hashing, whatever the answer.
    pub fn verify(stored: &str, typed: &str) -> bool {
        PasswordHash::new(stored)
            .is_ok_and(|hash| Argon2::default().verify_password(typed.as_bytes(), &hash).is_ok())
    }

    /// What is stored.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for HashedPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HashedPassword(…)")
    }
}

/// An account as typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "login": "sekretariat", "role": "clerk", "password": "kałamarz-i-liczydło" })))]
pub struct StaffForm {
    /// What is typed at sign-in: 3 to 64 of `a-z`, `0-9`, dot, hyphen, underscore, `@`.
    #[schema(pattern = "^[A-Za-z0-9._@-]{3,64}$")]
    pub login: String,
    /// Role.
    pub role: Role,
    /// 12 to 128 characters.
    #[schema(value_type = String, min_length = 12, max_length = 128)]
    pub password: Secret,
}

/// An account, checked.
#[derive(Debug, Clone)]
pub struct NewStaff {
    login: Login,
    role: Role,
    password: Password,
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
        let made = (|| Some(NewStaff { login: login?, role: self.role, password: password? }))();
        checked.finish(made)
    }
}

impl NewStaff {
    /// The password to hash for [`EnterStaff`].
    pub fn password(&self) -> &Password {
        &self.password
    }
}

/// Makes an account.
#[derive(Debug)]
pub struct EnterStaff {
    id: StaffId,
    login: Login,
    role: Role,
    password: HashedPassword,
    act: Act,
}

impl EnterStaff {
    /// The act of making an account with a password that was hashed before.
    pub fn new(staff: NewStaff, password: HashedPassword, act: Act, entropy: &dyn Entropy) -> Self {
        Self { id: StaffId::fresh(act.at, entropy), login: staff.login, role: staff.role, password, act }
    }
}

#[async_trait::async_trait]
impl Verb for EnterStaff {
    type Answer = Result<Staff, StaffRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let staff = Staff {
            id: self.id.clone(),
            login: self.login.as_str().to_owned(),
            role: self.role,
            password_hash: self.password.0.clone(),
            created_at: self.act.at,
            ended_at: None,
            full_name: String::new(),
            school_id: None,
            class_name: None,
            federated_id: None,
        };
        if !staff.insert_if_new(tx).await? {
            return Ok(Err(StaffRefusal::LoginTaken));
        }
        let detail = json!({ "role": staff.role });
        self.act.trail().record(tx, "staff.entered", staff.id.as_str(), detail).await?;
        Ok(Ok(staff))
    }
}

/// Closes an account and takes its tokens back. Closing a closed one changes nothing.
#[derive(Debug)]
pub struct EndStaff {
    /// Whose.
    pub staff: StaffId,
    /// Who closes it, and when.
    pub act: Act,
}

#[async_trait::async_trait]
impl Verb for EndStaff {
    type Answer = Result<Staff, StaffRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        // Every open principal's row is held, so that two principals cannot close each other at once.
        let principals = Staff::open_principals(tx).await?;
        let Some(mut staff) = Staff::lock(tx, &self.staff).await? else {
            return Ok(Err(StaffRefusal::UnknownStaff));
        };
        if staff.ended_at.is_some() {
            return Ok(Ok(staff));
        }
        if principals.iter().all(|principal| principal.id == staff.id) && !principals.is_empty() {
            return Ok(Err(StaffRefusal::LastPrincipal));
        }
        staff.end(tx, self.act.at).await?;
        staff.ended_at = Some(self.act.at);
        self.act.trail().record(tx, "staff.ended", staff.id.as_str(), json!({})).await?;
        Ok(Ok(staff))
    }
}

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
        (Self { id: TokenId::fresh(act.at, entropy), staff, name, hash, act }, token)
    }
}

#[async_trait::async_trait]
impl Verb for MakeToken {
    type Answer = Result<ApiToken, StaffRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        match Staff::lock(tx, &self.staff).await? {
            None => return Ok(Err(StaffRefusal::UnknownStaff)),
            Some(staff) if staff.ended_at.is_some() => return Ok(Err(StaffRefusal::AccountClosed)),
            Some(_) => {}
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

/// Reads all accounts with their tokens.
#[derive(Debug)]
pub struct ListStaff;

#[async_trait::async_trait]
impl Verb for ListStaff {
    type Answer = Vec<(Staff, Vec<ApiToken>)>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let mut accounts = Vec::new();
        for staff in Staff::all(tx).await? {
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
