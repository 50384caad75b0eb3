//! Backups: a folder that holds everything an issuer needs to go on elsewhere, made while it runs, and checked before
//! it is used.
//!
//! ```text
//! manifest.json   what is here: sizes and SHA-256, the schema, the head of the audit chain
//! issuer.db       the books (SQLite), one consistent snapshot; or issuer.pgdump (PostgreSQL)
//! master-secret   ca/…   issuer.toml
//! ```
//! The books come first and the keys after them: keys are only ever added, so every key that the books rest on is there.

mod files;
mod make;
mod manifest;
mod postgres;
mod restore;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

pub use make::{Made, make};
pub use manifest::{Books, Manifest};
pub use restore::{Restored, restore};

use crate::app::AppError;
use crate::authority::AuthorityError;
use crate::store::StoreError;

/// File in the data folder that says when the last backup was made.
pub const LAST_BACKUP: &str = "last-backup";
/// The books of an embedded database, in a backup and in a data folder.
const DATABASE: &str = "issuer.db";
/// The books of a server, as `pg_dump` wrote them.
const DUMP: &str = "issuer.pgdump";
const SECRET: &str = "master-secret";
const AUTHORITY: &str = "ca";
const SETTINGS: &str = "issuer.toml";
const MANIFEST: &str = "manifest.json";

/// When the last backup of a data folder was made, if ever.
pub fn last_made(data: &Path) -> Option<Timestamp> {
    std::fs::read_to_string(data.join(LAST_BACKUP)).ok()?.trim().parse().ok()
}

/// Messages complete "cannot back up: …" and "cannot restore: …".
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Nothing is ever written over.
    #[error("{} is there already: give a folder that does not exist", .0.display())]
    AlreadyThere(PathBuf),
    /// A file cannot be read or written.
    #[error("{}: {cause}", .path.display())]
    Disk {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The books of a server are written by the server's own program.
    #[error(
        "{program} is not installed: install postgresql-client, or run it where it is and give --without-database here"
    )]
    NoProgram {
        /// `pg_dump` or `pg_restore`.
        program: &'static str,
    },
    /// That program failed.
    #[error("{program} failed: {said}")]
    Program {
        /// `pg_dump` or `pg_restore`.
        program: &'static str,
        /// The first line of what it said; it names no rows.
        said: String,
    },
    /// The secret was changed while the backup was made.
    #[error("the master secret was changed meanwhile: start again")]
    Changed,
    /// There is no manifest, or none that we can read.
    #[error("{} is no backup that this program can read", .0.display())]
    NotABackup(PathBuf),
    /// A file is missing or is not as it was written.
    #[error("{0} is not as it was backed up")]
    Damaged(String),
    /// The backup has the books of another kind of database.
    #[error("its books are for {expected}: give --database accordingly")]
    OtherDatabase {
        /// `sqlite` or `postgres`.
        expected: &'static str,
    },
    /// The books are not those that were backed up.
    #[error("the audit trail is not whole: {0}")]
    Trail(String),
    /// The database does not take it.
    #[error("database: {0}")]
    Store(#[from] StoreError),
    /// The keys do not open.
    #[error("certificate authority: {0}")]
    Authority(#[from] AuthorityError),
    /// Settings or secret.
    #[error(transparent)]
    App(#[from] AppError),
}

fn disk(path: &Path, cause: std::io::Error) -> BackupError {
    BackupError::Disk { path: path.to_owned(), cause }
}
