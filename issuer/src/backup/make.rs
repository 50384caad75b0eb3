//! Making a backup, beside an issuer that works.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use shared::entropy::Entropy;

use super::files::{self, Draft};
use super::manifest::hex;
use super::{
    AUTHORITY, BackupError, Books, DATABASE, DUMP, LAST_BACKUP, MANIFEST, Manifest, SECRET, SETTINGS, disk,
    postgres,
};
use crate::app;
use crate::authority::KeyHome;
use crate::authority::key_store::home_of;
use crate::config::Given;
use crate::master_secret;
use crate::store::{Location, snapshot};

/// What was made.
#[derive(Debug)]
pub struct Made {
    /// Where.
    pub folder: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
    /// How many bytes all its files have.
    pub bytes: u64,
}

/// Makes a backup of a data folder in `to`, which must not exist (or be empty): everything that was acknowledged
/// before this was called is in it. `settings` is the settings file, if one is used. Blocks.
///
/// # Errors
/// See [`BackupError`]; then there is nothing at `to`.
pub fn make(
    given: &Given,
    settings: Option<&Path>,
    with_books: bool,
    to: &Path,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Made, BackupError> {
    let data = given.data_dir();
    let location = given.location().map_err(app::AppError::Config)?;
    let secret = master_secret::path(&data);
    let before = files::digest(&secret, |_| Ok(()))?;
    let draft = Draft::begin(to, entropy)?;
    let folder = draft.path().to_owned();
    let books = match &location {
        _ if !with_books => Books::Elsewhere,
        Location::Sqlite(_) => Books::Sqlite,
        Location::Postgres(_) => Books::Postgres,
    };
    let mut manifest = Manifest::new(now, books);
    match &location {
        _ if !with_books => {}
        Location::Sqlite(path) => {
            let copy = folder.join(DATABASE);
            files::private_file(&copy)?;
            let taken = snapshot::take(path, &copy)?;
            fs::File::open(&copy).and_then(|file| file.sync_all()).map_err(|error| disk(&copy, error))?;
            manifest.schema = Some(taken.schema);
            manifest.audit_entries = Some(taken.audit_entries);
            manifest.audit_head = taken.audit_head.map(|head| hex(&head));
            manifest.add(DATABASE.to_owned(), files::digest(&copy, |_| Ok(()))?);
        }
        Location::Postgres(address) => {
            let copy = folder.join(DUMP);
            files::private_file(&copy)?;
            postgres::dump(address, &copy)?;
            fs::File::open(&copy).and_then(|file| file.sync_all()).map_err(|error| disk(&copy, error))?;
            manifest.add(DUMP.to_owned(), files::digest(&copy, |_| Ok(()))?);
        }
    }
    // After the books: keys are only ever added, so none that these rest on is missing.
    copy_keys(&app::authority_path(&data), &folder, &mut manifest)?;
    let content = files::copy(&secret, &folder.join(SECRET))?;
    if content != before {
        return Err(BackupError::Changed);
    }
    manifest.add(SECRET.to_owned(), content);
    if let Some(settings) = settings {
        manifest.add(SETTINGS.to_owned(), files::copy(settings, &folder.join(SETTINGS))?);
    }
    let text = serde_json::to_string_pretty(&manifest).unwrap_or_default();
    let path = folder.join(MANIFEST);
    let mut file = files::private_file(&path)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| disk(&path, error))?;
    for folder in [&folder.join(AUTHORITY), &folder] {
        fs::File::open(folder).and_then(|file| file.sync_all()).map_err(|error| disk(folder, error))?;
    }
    draft.publish()?;
    if let Err(error) = remember(&data, now) {
        tracing::warn!(%error, "the backup is whole, but the data folder could not take down when it was made");
    }
    let bytes = manifest.files.iter().map(|entry| entry.bytes).sum();
    Ok(Made { folder: to.to_owned(), manifest, bytes })
}

fn copy_keys(from: &Path, folder: &Path, manifest: &mut Manifest) -> Result<(), BackupError> {
    let to = folder.join(AUTHORITY);
    files::private_folder(&to)?;
    let mut names = Vec::new();
    for entry in fs::read_dir(from).map_err(|error| disk(from, error))? {
        let entry = entry.map_err(|error| disk(from, error))?;
        // What ends with `.new` is being written, or was left by a crash: it is not a file yet.
        let name = entry.file_name().to_str().map(str::to_owned);
        names.extend(name.filter(|name| name.ends_with(".pem")));
    }
    names.sort();
    for name in names {
        let content = files::copy(&from.join(&name), &to.join(&name))?;
        manifest.add(format!("{AUTHORITY}/{name}"), content);
        if name.ends_with(".key.pem")
            && let Ok(KeyHome::Token(key)) = home_of(&to.join(&name))
            && !manifest.keys_in_tokens.iter().any(|token| token == key.token())
        {
            manifest.keys_in_tokens.push(key.token().to_owned());
        }
    }
    Ok(())
}

/// Notes in the data folder when this was, for `issuer check` and the figures.
fn remember(data: &Path, now: Timestamp) -> Result<(), BackupError> {
    let (path, draft) = (data.join(LAST_BACKUP), data.join(format!("{LAST_BACKUP}.new")));
    let _ = fs::remove_file(&draft);
    let mut file = files::private_file(&draft)?;
    let written = file.write_all(format!("{now}\n").as_bytes()).and_then(|()| file.sync_all());
    written.and_then(|()| fs::rename(&draft, &path)).map_err(|error| disk(&path, error))
}
