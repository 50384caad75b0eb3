//! Files that only their owner may read, copied with a digest of what was copied.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use shared::entropy::Entropy;

use super::{BackupError, disk};

/// How many bytes and which digest.
pub(super) type Content = (u64, [u8; 32]);

/// Makes a folder for its owner alone.
pub(super) fn private_folder(path: &Path) -> Result<(), BackupError> {
    fs::DirBuilder::new().mode(0o700).create(path).map_err(|error| disk(path, error))
}

/// Makes a new, empty file for its owner alone.
pub(super) fn private_file(path: &Path) -> Result<fs::File, BackupError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path).map_err(|error| disk(path, error))
}

/// Copies a file into a new one; on disk when this returns.
pub(super) fn copy(from: &Path, to: &Path) -> Result<Content, BackupError> {
    let mut file = private_file(to)?;
    let content = digest(from, |bytes| file.write_all(bytes).map_err(|error| disk(to, error)))?;
    file.sync_all().map_err(|error| disk(to, error))?;
    Ok(content)
}

/// Reads a file once; `seen` gets every part of it.
pub(super) fn digest(
    path: &Path,
    mut seen: impl FnMut(&[u8]) -> Result<(), BackupError>,
) -> Result<Content, BackupError> {
    let mut file = fs::File::open(path).map_err(|error| disk(path, error))?;
    let (mut hash, mut length) = (Sha256::new(), 0);
    let mut part = zeroize::Zeroizing::new(vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut part).map_err(|error| disk(path, error))?;
        if read == 0 {
            return Ok((length, hash.finalize().into()));
        }
        hash.update(&part[..read]);
        length += read as u64;
        seen(&part[..read])?;
    }
}

/// A folder that appears under its name once it is whole, or is removed.
pub(super) struct Draft {
    path: PathBuf,
    target: PathBuf,
}

impl Draft {
    /// Begins; the target must not exist, or be an empty folder.
    pub(super) fn begin(target: &Path, entropy: &dyn Entropy) -> Result<Self, BackupError> {
        let taken = match fs::read_dir(target) {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) => error.kind() != std::io::ErrorKind::NotFound,
        };
        if taken {
            return Err(BackupError::AlreadyThere(target.to_owned()));
        }
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".new-{:08x}", u32::from_be_bytes(entropy.bytes())));
        let path = target.with_file_name(name);
        private_folder(&path)?;
        Ok(Self { path, target: target.to_owned() })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name. A rename replaces nothing but an empty folder.
    pub(super) fn publish(self) -> Result<(), BackupError> {
        fs::rename(&self.path, &self.target).map_err(|error| match error.kind() {
            std::io::ErrorKind::DirectoryNotEmpty | std::io::ErrorKind::AlreadyExists => {
                BackupError::AlreadyThere(self.target.clone())
            }
            _ => disk(&self.target, error),
        })?;
        let above = self.target.parent().filter(|above| !above.as_os_str().is_empty());
        let above = above.unwrap_or(Path::new("."));
        fs::File::open(above).and_then(|folder| folder.sync_all()).map_err(|error| disk(above, error))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After it was published there is nothing under this name; what cannot be tidied up does no harm.
        let _ = fs::remove_dir_all(&self.path);
    }
}
