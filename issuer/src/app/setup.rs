//! Setting up: a data folder and the database that belongs to it.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use shared::entropy::Entropy;
use shared::secret::Secret;
use zeroize::Zeroizing;

use super::{AppError, Surroundings, disk};
use crate::accounts::{Accounts, NewAccount};
use crate::audit::{Act, Actor};
use crate::authority::hierarchy::CreateOptions;
use crate::authority::{Authority, KeyStore, Token, TokenSettings};
use crate::config::Given;
use crate::issuance::keys::Keys;
use crate::master_secret::{self, MasterSecret};
use crate::notify::ediary;
use crate::registry::line::Login;
use crate::store::tables::installation::Installation;
use crate::store::tables::staff::Role;
use crate::store::{Location, Statements, Store, StoreError, Verb};

pub(crate) fn authority_path(data: &Path) -> PathBuf {
    data.join("ca")
}

/// Makes a data folder: master secret, certificate authority, database, and the first account.
///
/// # Errors
/// When there is one already, or the disk or the database fails.
pub async fn init(
    given: &Given,
    passphrase: Option<Secret>,
    login: &str,
    surroundings: &Surroundings,
) -> Result<NewAccount, AppError> {
    let data = given.data_dir();
    // Pupils' data: for the owner alone.
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&data);
    made.map_err(|error| disk(&data, error))?;
    if master_secret::path(&data).exists() {
        return Err(AppError::AlreadyThere(data));
    }
    // Whatever is wrong with it must be said before anything is made.
    Login::parse(login).map_err(|fault| AppError::Account(fault.message_en().to_owned()))?;
    let now = surroundings.clock.now();
    let keys = KeyStore::files(passphrase).with_token(token(given)?);
    let options = CreateOptions { keys, ..CreateOptions::simulator(now) };
    if !authority_path(&data).exists() {
        Authority::create(&authority_path(&data), &options, &*surroundings.entropy)?;
    }
    let authority = Authority::open(&authority_path(&data), &options.keys, &*surroundings.entropy)?;
    let store = Store::open(&given.location()?).await?;
    // Put into its place last: a folder without it was never finished. Who begins again goes on with the one that the
    // database may know already.
    let secret = match MasterSecret::read_draft(&data) {
        Some(secret) => secret,
        None => MasterSecret::fresh(&*surroundings.entropy),
    };
    secret.write_draft(&data)?;
    let mine = fingerprint(&authority, &secret.keys());
    if !same_installation(&store.write(Claim(mine.clone())).await?, &mine) {
        return Err(AppError::ForeignDatabase);
    }
    MasterSecret::publish_draft(&data)?;
    Accounts::open(given, surroundings).await?.enter(login, Role::Principal).await
}

/// Opens the database of a folder that was set up. None is made where there is none: empty books would look whole.
///
/// # Errors
/// [`AppError::NoDatabase`], [`AppError::ForeignDatabase`], or when the database fails.
pub(crate) async fn open_store(given: &Given) -> Result<Store, AppError> {
    let location = given.location()?;
    if let Location::Sqlite(path) = &location
        && !path.exists()
    {
        return Err(AppError::NoDatabase(path.clone()));
    }
    let store = Store::open(&location).await?;
    let recorded = recorded_check(&store).await?.ok_or(AppError::ForeignDatabase)?;
    // A folder whose secret cannot be read says so elsewhere.
    if let Ok(secret) = MasterSecret::read(&given.data_dir()) {
        let keys = secret.keys();
        if keys.installation_check() != recorded && !keys.followed_check(&recorded) {
            return Err(AppError::ForeignDatabase);
        }
    }
    Ok(store)
}

fn fingerprint(authority: &Authority, keys: &Keys) -> Installation {
    Installation {
        only_one: 1,
        root_sha256: *authority.root().fingerprint().as_bytes(),
        secret_check: keys.installation_check(),
    }
}

/// Whether a database is this folder's; one that was set up with an earlier master secret follows the change.
pub(crate) async fn belongs(
    store: &Store,
    authority: &Authority,
    keys: &Arc<Keys>,
    surroundings: &Surroundings,
) -> Result<(), AppError> {
    let recorded = store.read(Recorded).await?.ok_or(AppError::ForeignDatabase)?;
    let mine = fingerprint(authority, keys);
    if same_installation(&recorded, &mine) {
        return Ok(());
    }
    if recorded.root_sha256 != mine.root_sha256 || !keys.followed_check(&recorded.secret_check) {
        return Err(AppError::ForeignDatabase);
    }
    let entropy = Arc::clone(&surroundings.entropy);
    let act = Act::new(Actor::System, surroundings.clock.now(), &*entropy);
    store.write(FollowSecret { keys: Arc::clone(keys), entropy, mine, act }).await?;
    tracing::info!("the database has followed the change of the master secret");
    Ok(())
}

/// The check of the master secret that a database knows itself by.
pub(crate) async fn recorded_check(store: &Store) -> Result<Option<[u8; 32]>, StoreError> {
    Ok(store.read(Recorded).await?.map(|recorded| recorded.secret_check))
}

/// The database's half of a change of the master secret: what is sealed in it is sealed anew, and it knows itself
/// by the new secret from then on. What is hashed in it waits for its code to be shown.
struct FollowSecret {
    keys: Arc<Keys>,
    entropy: Arc<dyn Entropy>,
    mine: Installation,
    act: Act,
}

#[async_trait::async_trait]
impl Verb for FollowSecret {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let diaries = ediary::reseal(tx, &self.keys, &*self.entropy).await?;
        self.mine.update(tx).await?;
        let detail = serde_json::json!({ "diaries": diaries });
        self.act.trail().record(tx, "secret.changed", "installation", detail).await
    }
}

fn same_installation(a: &Installation, b: &Installation) -> bool {
    a.root_sha256 == b.root_sha256 && a.secret_check == b.secret_check
}

/// Writes down whose database this is, unless that stands there already; answers what stands there.
struct Claim(Installation);

#[async_trait::async_trait]
impl Verb for Claim {
    type Answer = Installation;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Installation, StoreError> {
        self.0.insert_if_new(tx).await?;
        Installation::recorded(tx).await?.ok_or(StoreError::Damaged("the installation is not recorded"))
    }
}

struct Recorded;

#[async_trait::async_trait]
impl Verb for Recorded {
    type Answer = Option<Installation>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        Installation::recorded(tx).await
    }
}

/// Reads the passphrase of the CA keys, if the settings name a file.
///
/// # Errors
/// When the file cannot be read.
pub fn passphrase(given: &Given) -> Result<Option<Secret>, AppError> {
    given.ca_passphrase_file.as_deref().map(read_line).transpose()
}

/// Opens the token of the CA keys, if the settings name one. Its PIN is tried once.
///
/// # Errors
/// When settings or PIN file are not in order, or the token cannot be used.
pub fn token(given: &Given) -> Result<Option<Token>, AppError> {
    let Some((module, label, pin)) = given.token()? else { return Ok(None) };
    let pin = read_line(pin)?;
    let settings = TokenSettings { module: module.to_owned(), label: label.to_owned(), pin };
    Ok(Some(Token::open(settings)?))
}

/// What opens the CA keys, as the settings say.
///
/// # Errors
/// As [`passphrase`] and [`token`].
pub fn key_store(given: &Given) -> Result<KeyStore, AppError> {
    Ok(KeyStore::files(passphrase(given)?).with_token(token(given)?))
}

/// Reads a file that holds one secret, without the line end that editors leave there.
pub(super) fn read_line(path: &Path) -> Result<Secret, AppError> {
    let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| disk(path, error))?);
    Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
}

#[cfg(test)]
mod tests {
    use shared::clock::ManualClock;

    use super::*;
    use crate::app::{App, SystemEntropy};

    /// Hashes under another secret would make every code wrong, another authority's lists every card doubtful.
    #[tokio::test]
    async fn a_database_opens_with_its_own_keys_only() {
        let folder = tempfile::tempdir().unwrap();
        let given = |name: &str| Given {
            data: Some(folder.path().join(name)),
            listen: Some("127.0.0.1:0".parse().unwrap()),
            ..Given::default()
        };
        let (ours, theirs) = (given("ours"), given("theirs"));
        for given in [&ours, &theirs] {
            init(given, None, "dyrektor", &Surroundings::system()).await.unwrap();
        }
        assert!(App::open(&ours, &Surroundings::system()).await.is_ok());
        let again = init(&ours, None, "dyrektor", &Surroundings::system()).await;
        assert!(matches!(again, Err(AppError::AlreadyThere(_))));
        for end in ["", "-wal", "-shm"] {
            let name = format!("issuer.db{end}");
            let _ = fs::remove_file(folder.path().join("ours").join(&name));
            let _ =
                fs::copy(folder.path().join("theirs").join(&name), folder.path().join("ours").join(&name));
        }
        let foreign = App::open(&ours, &Surroundings::system()).await;
        assert!(matches!(foreign, Err(AppError::ForeignDatabase)));
    }

    fn empty() -> (tempfile::TempDir, Given, Surroundings) {
        let folder = tempfile::tempdir().unwrap();
        let given = Given { data: Some(folder.path().join("data")), ..Given::default() };
        let clock = Arc::new(ManualClock::new("2026-11-21T18:30:00Z".parse().unwrap()));
        (folder, given, Surroundings { clock, entropy: Arc::new(SystemEntropy) })
    }

    #[tokio::test]
    async fn a_login_that_cannot_be_one_is_refused_before_anything_is_made() {
        let (_folder, given, surroundings) = empty();
        let refused = init(&given, None, "Jan Kowalski", &surroundings).await;
        assert!(matches!(refused, Err(AppError::Account(_))));
        assert!(!authority_path(&given.data_dir()).exists() && !given.data_dir().join("issuer.db").exists());
        assert!(init(&given, None, "jan.kowalski", &surroundings).await.is_ok());
    }

    #[tokio::test]
    async fn whoever_begins_again_goes_on_with_the_secret_that_the_database_knows() {
        let (_folder, given, surroundings) = empty();
        init(&given, None, "dyrektor", &surroundings).await.unwrap();
        let (secret, draft) =
            (master_secret::path(&given.data_dir()), given.data_dir().join("master-secret.new"));
        let before = fs::read(&secret).unwrap();
        // As a power cut leaves it that comes before the secret is put into its place.
        fs::rename(&secret, &draft).unwrap();
        init(&given, None, "sekretariat", &surroundings).await.unwrap();
        assert_eq!(fs::read(&secret).unwrap(), before);
        assert!(!draft.exists());
        assert!(open_store(&given).await.is_ok());
    }
}
