//! Accounts and tokens made from the command line, by whoever may read the data folder.

use shared::entropy::Entropy;
use shared::secret::Secret;

use crate::app::{AppError, Surroundings};
use crate::audit::{Act, Actor};
use crate::config::Given;
use crate::issuance::keys::Keys;
use crate::master_secret::MasterSecret;
use crate::registry::line::TokenName;
use crate::registry::school::ListSchools;
use crate::registry::staff::{EndStaff, EnterStaff, HashedPassword, MakeToken, StaffForm, Within};
use crate::store::id::SchoolId;
use crate::store::tables::staff::{Role, Staff};
use crate::store::{Statements, Store, StoreError, Verb};

/// A new account with what it opens; both secrets are shown once.
#[derive(Debug)]
pub struct NewAccount {
    /// What is typed at sign-in.
    pub login: String,
    /// A random password.
    pub password: Secret,
    /// A token for the staff API.
    pub api_token: Secret,
}

/// Where somebody works.
#[derive(Debug, Default)]
pub struct Post {
    /// RSPO of the only school that the account acts for; none acts for every school.
    pub rspo: Option<u32>,
    /// Given name and surname.
    pub full_name: Option<String>,
    /// A tutor's class.
    pub class_name: Option<String>,
}

/// The books, opened from the command line.
pub struct Accounts {
    store: Store,
    keys: Keys,
    surroundings: Surroundings,
}

impl Accounts {
    /// Opens the books behind `given`.
    ///
    /// # Errors
    /// When the folder or the database cannot be opened.
    pub async fn open(given: &Given, surroundings: &Surroundings) -> Result<Self, AppError> {
        let keys = MasterSecret::read(&given.data_dir())?.keys();
        let store = crate::app::open_store(given).await?;
        Ok(Self { store, keys, surroundings: surroundings.clone() })
    }

    fn act(&self) -> Act {
        Act::new(Actor::System, self.surroundings.clock.now(), &*self.surroundings.entropy)
    }

    /// Makes an account of no school in particular, with a random password and a first token.
    ///
    /// # Errors
    /// When the login is taken or cannot be one, or the database fails.
    pub async fn enter(&self, login: &str, role: Role) -> Result<NewAccount, AppError> {
        self.enter_at(login, role, Post::default()).await
    }

    /// Makes an account with a random password and a first token.
    ///
    /// # Errors
    /// When the login is taken or cannot be one, there is no such school, or the database fails.
    pub async fn enter_at(&self, login: &str, role: Role, post: Post) -> Result<NewAccount, AppError> {
        let entropy = &*self.surroundings.entropy;
        let password = fresh_password(entropy);
        let school_id = match post.rspo {
            Some(rspo) => Some(self.school(rspo).await?),
            None => None,
        };
        let form = StaffForm {
            login: login.to_owned(),
            role,
            password: password.clone(),
            full_name: post.full_name,
            school_id,
            class_name: post.class_name,
        };
        let staff = form.parse().map_err(|faults| AppError::Account(faults.to_string()))?;
        let hashed = HashedPassword::of(staff.password(), entropy);
        let hashed = hashed.ok_or_else(|| AppError::Account("password cannot be hashed".into()))?;
        let enter = EnterStaff::new(staff, hashed, self.act(), entropy);
        let staff =
            self.store.write(enter).await?.map_err(|refusal| AppError::Account(refusal.to_string()))?;
        let api_token = self.token(&staff, "wiersz poleceń").await?;
        Ok(NewAccount { login: staff.login, password, api_token })
    }

    /// Makes a token for an account.
    ///
    /// # Errors
    /// When there is no such account, or the database fails.
    pub async fn token_for(&self, login: &str, name: &str) -> Result<Secret, AppError> {
        let staff = self.find(login).await?;
        self.token(&staff, name).await
    }

    async fn token(&self, staff: &Staff, name: &str) -> Result<Secret, AppError> {
        let entropy = &*self.surroundings.entropy;
        let name = TokenName::parse(name).map_err(|_| AppError::Account("token needs a name".into()))?;
        let (verb, token) = MakeToken::new(staff.id.clone(), name, self.act(), &self.keys, entropy);
        self.store.write(verb).await?.map_err(|refusal| AppError::Account(refusal.to_string()))?;
        Ok(token)
    }

    /// Closes an account and takes its tokens back.
    ///
    /// # Errors
    /// When there is no such account, it is the last principal's, or the database fails.
    pub async fn end(&self, login: &str) -> Result<(), AppError> {
        let staff = self.find(login).await?.id;
        let ended = self.store.write(EndStaff { staff, within: Within::all(), act: self.act() }).await?;
        ended.map(|_| ()).map_err(|refusal| AppError::Account(refusal.to_string()))
    }

    /// All accounts, by login.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn all(&self) -> Result<Vec<Staff>, AppError> {
        Ok(self.store.read(All).await?)
    }

    async fn school(&self, rspo: u32) -> Result<SchoolId, AppError> {
        let found =
            self.store.read(ListSchools).await?.into_iter().find(|school| school.rspo == i64::from(rspo));
        found
            .map(|school| school.id)
            .ok_or_else(|| AppError::Account(format!("there is no school with RSPO {rspo}")))
    }

    async fn find(&self, login: &str) -> Result<Staff, AppError> {
        let found = self.all().await?.into_iter().find(|staff| staff.login == login);
        found.ok_or_else(|| AppError::Account(format!("there is no account {login}")))
    }
}

struct All;

#[async_trait::async_trait]
impl Verb for All {
    type Answer = Vec<Staff>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        Staff::all(tx).await
    }
}

/// Twenty characters that are easy to tell apart: 98 random bits.
fn fresh_password(entropy: &dyn Entropy) -> Secret {
    const LETTERS: &[u8; 30] = b"abcdefghjkmnpqrstuvwxyz2345678";
    let letter = || {
        let at = usize::try_from(entropy.below(LETTERS.len() as u64)).unwrap_or_default();
        LETTERS.get(at).copied().map_or('a', char::from)
    };
    Secret::new((0..20).map(|_| letter()).collect::<String>())
}
