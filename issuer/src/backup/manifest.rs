//! What a backup holds, in its own words.

use std::path::{Component, Path};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{BackupError, MANIFEST};

/// The only form so far.
const FORM: u32 = 1;

/// Where the books are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Books {
    /// In a file of SQLite, here.
    Sqlite,
    /// In a file of `pg_dump`, here.
    Postgres,
    /// Somewhere else: somebody backs them up beside this.
    Elsewhere,
}

/// A file of the backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) path: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    form: u32,
    /// By which version of the program.
    pub program: String,
    /// When it was begun: what was acknowledged before is in it.
    pub made_at: Timestamp,
    /// Where the books are.
    pub books: Books,
    /// Version of their schema; none where they are elsewhere.
    pub schema: Option<i64>,
    /// How many entries of the audit trail were sealed.
    pub audit_entries: Option<i64>,
    /// The hash of the last of these.
    pub audit_head: Option<String>,
    /// Labels of the PKCS#11 tokens that keep CA keys: those keys are not here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys_in_tokens: Vec<String>,
    pub(super) files: Vec<Entry>,
}

impl Manifest {
    pub(super) fn new(made_at: Timestamp, books: Books) -> Self {
        Self {
            form: FORM,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            made_at,
            books,
            schema: None,
            audit_entries: None,
            audit_head: None,
            keys_in_tokens: Vec::new(),
            files: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, path: String, (bytes, sha256): super::files::Content) {
        self.files.push(Entry { path, bytes, sha256: hex(&sha256) });
    }

    /// Reads a backup's.
    ///
    /// # Errors
    /// [`BackupError::NotABackup`], also when it names files that could not be of a backup.
    pub fn read(folder: &Path) -> Result<Self, BackupError> {
        let refused = || BackupError::NotABackup(folder.to_owned());
        let text = std::fs::read(folder.join(MANIFEST)).map_err(|_| refused())?;
        let manifest: Self = serde_json::from_slice(&text).map_err(|_| refused())?;
        // Nothing is read or written outside the folder, whatever stands here.
        let tame = |entry: &Entry| {
            let parts: Vec<_> = Path::new(&entry.path).components().collect();
            (1..=2).contains(&parts.len()) && parts.iter().all(|part| matches!(part, Component::Normal(_)))
        };
        if manifest.form == FORM && manifest.files.iter().all(tame) { Ok(manifest) } else { Err(refused()) }
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_that_reaches_out_of_its_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let read = |path: &str| {
            let mut manifest = Manifest::new("2026-11-22T12:00:00Z".parse().unwrap(), Books::Sqlite);
            manifest.add(path.to_owned(), (0, [0; 32]));
            std::fs::write(folder.path().join(MANIFEST), serde_json::to_vec(&manifest).unwrap()).unwrap();
            Manifest::read(folder.path()).map(|read| assert_eq!(read, manifest))
        };
        assert!(read("ca/root.cert.pem").is_ok());
        for path in ["../master-secret", "/etc/passwd", "ca/../../x", "", "a/b/c"] {
            assert!(matches!(read(path), Err(BackupError::NotABackup(_))), "{path}");
        }
    }
}
