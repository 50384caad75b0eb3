//! The phone's directory on disk: private modes, files that change in one step, one user at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::Path;

/// Makes `dir` and its missing parents; what is made is closed to other users (0700 on Unix).
pub(crate) fn private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(dir)
}

/// Opens `path` for writing, made if missing, closed to other users (0600 on Unix).
fn private_file(path: &Path, truncate: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(truncate);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// Replaces the content of `path` by `bytes` so that a kill or a power cut leaves the old or the new
/// content, never a mixture, and so that the new one is on disk when this returns.
///
/// One writer at a time per file: the name of the temporary file is fixed, so that a kill leaves at most one.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    };
    let mut temporary_name = name.to_os_string();
    temporary_name.push(".new");
    let temporary = dir.join(temporary_name);
    let mut file = private_file(&temporary, true)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&temporary, path)?;
    sync_dir(dir)
}

/// Overwrites the beginning of the file `path`, which must be there and at least as long, without waiting for the disk.
pub(crate) fn write_in_place(path: &Path, bytes: &[u8]) -> io::Result<()> {
    OpenOptions::new().write(true).open(path)?.write_all(bytes)
}

/// Makes names that were created, renamed or removed in `dir` survive a power cut.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    // Only Unix opens directories; elsewhere the file system orders them itself.
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

/// Removes the file `path`; that it is not there is no error.
pub(crate) fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes the directory `path` with all that is in it; that it is not there is no error.
pub(crate) fn remove_dir(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Exclusive use of a directory by one handle of one process, until dropped; a kill releases it too.
#[derive(Debug)]
pub(crate) struct DirLock(#[expect(dead_code, reason = "the open file is the lock")] File);

impl DirLock {
    /// Takes `dir` (which must exist), or says at once that somebody has it.
    pub(crate) fn take(dir: &Path) -> Result<Self, DirLockError> {
        let file = private_file(&dir.join("lock"), false)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(DirLockError::Held),
            Err(TryLockError::Error(error)) => Err(DirLockError::Io(error)),
        }
    }
}

/// Why a directory could not be taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DirLockError {
    /// Another handle, in this process or another, has it.
    #[error("directory is in use")]
    Held,
    /// The file system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_leaves_no_temporary() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("counter");
        write_atomically(&path, b"one, rather long").unwrap();
        write_atomically(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_leftover_of_a_killed_write_is_in_nobodys_way() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("counter");
        write_atomically(&path, b"one").unwrap();
        fs::write(dir.path().join("counter.new"), b"half of a much longer tex").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one");
        write_atomically(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_written_is_closed_to_others() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("a/b");
        private_dir(&inner).unwrap();
        write_atomically(&inner.join("secret"), b"x").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&inner), 0o700);
        assert_eq!(mode(&inner.join("secret")), 0o600);
    }

    #[test]
    fn a_directory_is_one_handles_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let lock = DirLock::take(dir.path()).unwrap();
        assert!(matches!(DirLock::take(dir.path()), Err(DirLockError::Held)));
        drop(lock);
        assert!(DirLock::take(dir.path()).is_ok());
    }
}
