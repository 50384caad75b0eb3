//! Putting a backup into a new data folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use shared::card_claims::LIFETIME_DAYS;

use super::files::{self, Draft};
use super::manifest::hex;
use super::{AUTHORITY, BackupError, Books, DATABASE, DUMP, Manifest, postgres};
use crate::app::{self, AppError, Surroundings};
use crate::audit::{self, Act, Actor, ChainVerdict, ReadTrail};
use crate::authority::Authority;
use crate::config::Given;
use crate::master_secret::MasterSecret;
use crate::store::tables::revocation_list::RevocationList;
use crate::store::tables::session::Session;
use crate::store::tables::status_entry::StatusEntry;
use crate::store::{Location, Statements, Store, StoreError, Verb, snapshot};

/// How far the numbers of revocation lists and status lists go on. Lists that were signed after the backup must stay the older
/// ones, those that were opened since must not be opened again, and nobody knows how many there were: more than this there
/// cannot have been.
const NUMBERS_LOST: i64 = 1 << 20;

/// What was restored.
#[derive(Debug)]
pub struct Restored {
    /// Where.
    pub folder: PathBuf,
    /// What the backup said of itself.
    pub manifest: Manifest,
    /// How many entries the audit trail has.
    pub audit_entries: i64,
}

/// Restores a backup into the folder of `given`, which must not exist (or be empty); the books of a server into the
/// empty database that `given` names. Everything is checked before the folder appears: every file's digest, the
/// database's own integrity, that keys, secret and books belong together, and the audit chain.
///
/// # Errors
/// See [`BackupError`]; then there is no folder. A server's database may have been filled.
pub async fn restore(
    from: &Path,
    given: &Given,
    surroundings: &Surroundings,
) -> Result<Restored, BackupError> {
    let manifest = Manifest::read(from)?;
    let (data, keys_of_ca) = (given.data_dir(), app::key_store(given)?);
    let location = given.location().map_err(AppError::Config)?;
    match (manifest.books, &location) {
        (Books::Sqlite, Location::Postgres(_)) => {
            return Err(BackupError::OtherDatabase { expected: "sqlite" });
        }
        (Books::Postgres, Location::Sqlite(_)) => {
            return Err(BackupError::OtherDatabase { expected: "postgres" });
        }
        _ => {}
    }
    let draft = Draft::begin(&data, &*surroundings.entropy)?;
    let folder = draft.path().to_owned();
    files::private_folder(&folder.join(AUTHORITY))?;
    for entry in &manifest.files {
        let damaged = |_| BackupError::Damaged(entry.path.clone());
        let (bytes, sha256) =
            files::copy(&from.join(&entry.path), &folder.join(&entry.path)).map_err(damaged)?;
        if (bytes, hex(&sha256)) != (entry.bytes, entry.sha256.clone()) {
            return Err(BackupError::Damaged(entry.path.clone()));
        }
    }
    let location = match location {
        Location::Sqlite(_) => {
            snapshot::is_sound(&folder.join(DATABASE))?;
            Location::Sqlite(folder.join(DATABASE))
        }
        Location::Postgres(address) => {
            if manifest.books == Books::Postgres {
                postgres::load(&address, &folder.join(DUMP))?;
                let dump = folder.join(DUMP);
                std::fs::remove_file(&dump).map_err(|error| super::disk(&dump, error))?;
            }
            Location::Postgres(address)
        }
    };
    let authority = Authority::open(&folder.join(AUTHORITY), &keys_of_ca, &*surroundings.entropy)?;
    let keys = Arc::new(MasterSecret::read(&folder)?.keys());
    let store = Store::open(&location).await?;
    app::belongs(&store, &authority, &keys, surroundings).await?;
    check_head(&store, &manifest).await?;
    let act = Act::new(Actor::System, surroundings.clock.now(), &*surroundings.entropy);
    store.write(GoOn { act, made_at: manifest.made_at.to_string() }).await?;
    let audit_entries = match audit::verify(&store).await? {
        ChainVerdict::Whole { entries, .. } => entries,
        ChainVerdict::Broken { position } => {
            return Err(BackupError::Trail(format!("entry {position} is missing or was changed")));
        }
    };
    store.tidy().await?;
    drop(store);
    draft.publish()?;
    Ok(Restored { folder: data, manifest, audit_entries })
}

/// The chain must go through the head that the backup names.
async fn check_head(store: &Store, manifest: &Manifest) -> Result<(), BackupError> {
    let (Some(position), Some(head)) = (manifest.audit_entries, &manifest.audit_head) else { return Ok(()) };
    let found = store.read(ReadTrail::After { position: position - 1, limit: 1 }).await?;
    let found = found.first().and_then(|entry| entry.hash).map(|hash| hex(&hash));
    if found.as_ref() == Some(head) {
        Ok(())
    } else {
        Err(BackupError::Trail(format!("entry {position} is not the one that was backed up")))
    }
}

/// Goes on with the numbers of lists beyond all that may have been published, takes back the places on status lists that nobody
/// remembers, ends all sessions, and writes down what was done.
struct GoOn {
    act: Act,
    made_at: String,
}

#[async_trait::async_trait]
impl Verb for GoOn {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        RevocationList::skip(tx, NUMBERS_LOST).await?;
        // One day more than the longest-lived copy, which ends with a day.
        let lost = SignedDuration::from_hours(24 * (LIFETIME_DAYS + 1));
        let until = self.act.at.saturating_add(lost).unwrap_or(Timestamp::MAX);
        StatusEntry::go_on(tx, NUMBERS_LOST, until, self.act.at).await?;
        // Who was signed out since is not signed in again.
        Session::end_all(tx).await?;
        let detail = json!({ "backup_of": self.made_at });
        self.act.trail().record(tx, "backup.restored", "installation", detail).await
    }
}
