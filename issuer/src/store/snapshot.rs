//! A copy of an embedded database as it stands at one instant, while others write.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use super::StoreError;

/// What a copy holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot {
    /// Version of its schema.
    pub schema: i64,
    /// How many audit entries have their place in the chain.
    pub audit_entries: i64,
    /// Hash of the last of them.
    pub audit_head: Option<[u8; 32]>,
}

fn open(path: &Path) -> Result<Connection, rusqlite::Error> {
    // Only ever the file itself: never made, never written.
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(connection)
}

fn failure(error: rusqlite::Error) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

/// Copies the database at `from` into `to`, an empty file: all that was committed before this began, and nothing half.
/// Writers are not held up. Blocks.
///
/// # Errors
/// When the disk fails or is full.
pub fn take(from: &Path, to: &Path) -> Result<Snapshot, StoreError> {
    let target = to.to_str().ok_or(StoreError::Unavailable("the path is not text".to_owned()))?;
    open(from).and_then(|source| source.execute("VACUUM INTO ?1", [target])).map_err(failure)?;
    let copy = open(to).map_err(failure)?;
    let schema =
        copy.query_row("SELECT MAX(version) FROM schema_version", [], |row| row.get(0)).map_err(failure)?;
    let last =
        "SELECT position, hash FROM audit_entry WHERE position IS NOT NULL ORDER BY position DESC LIMIT 1";
    let last: Option<(i64, [u8; 32])> =
        copy.query_row(last, [], |row| Ok((row.get(0)?, row.get(1)?))).optional().map_err(failure)?;
    let (audit_entries, audit_head) = last.map_or((0, None), |(entries, head)| (entries, Some(head)));
    Ok(Snapshot { schema, audit_entries, audit_head })
}

/// Whether every page and index of a database file is in order. Blocks.
///
/// # Errors
/// What is wrong with it first.
pub fn is_sound(path: &Path) -> Result<(), StoreError> {
    let verdict: String = open(path)
        .and_then(|file| file.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)))
        .map_err(failure)?;
    if verdict == "ok" { Ok(()) } else { Err(StoreError::Damaged("the database's file is not sound")) }
}
