//! The files of the hierarchy.
//!
//! ```text
//! root.cert.pem       what wallets trust
//! root.key.pem        needed for a roll-over only; may be kept elsewhere until then
//! issuing-1.cert.pem  issuing-1.key.pem, and so on with every roll-over
//! signer-1-ocsp.key.pem  signer-1-ocsp-1.cert.pem, and so on: keys below the issuing authority, one a purpose
//! signer-1-ocsp.1.key.pem  signer-1-ocsp.1-1.cert.pem: the key that followed that one, and its certificate
//! ```
//! Keys are readable by their owner alone. Every file appears whole or not at all, and none is ever
//! overwritten.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use shared::x509::signer::SignerPurpose;

/// File name of the root's certificate.
pub const ROOT_CERTIFICATE: &str = "root.cert.pem";
/// File name of the root's key.
pub const ROOT_KEY: &str = "root.key.pem";

/// File name of the certificate of the issuing authority of a generation.
pub fn issuing_certificate(generation: u32) -> String {
    format!("issuing-{generation}.cert.pem")
}

/// File name of the key of the issuing authority of a generation.
pub fn issuing_key(generation: u32) -> String {
    format!("issuing-{generation}.key.pem")
}

/// File name of the key of a signer below the issuing authority of a generation.
pub fn signer_key(generation: u32, purpose: SignerPurpose) -> String {
    format!("signer-{generation}-{purpose}.key.pem")
}

/// File name of a certificate of that key; it gets another one when it is to have other names.
pub fn signer_certificate(generation: u32, purpose: SignerPurpose, number: u32) -> String {
    format!("signer-{generation}-{purpose}-{number}.cert.pem")
}

/// As [`signer_key`], of the key that followed so many: the first has the plain name.
pub fn renewed_signer_key(generation: u32, purpose: SignerPurpose, followed: u32) -> String {
    match followed {
        0 => signer_key(generation, purpose),
        _ => format!("signer-{generation}-{purpose}.{followed}.key.pem"),
    }
}

/// As [`signer_certificate`], of the key that followed so many.
pub fn renewed_signer_certificate(
    generation: u32,
    purpose: SignerPurpose,
    followed: u32,
    number: u32,
) -> String {
    match followed {
        0 => signer_certificate(generation, purpose, number),
        _ => format!("signer-{generation}-{purpose}.{followed}-{number}.cert.pem"),
    }
}

/// The generations that have a certificate in `dir`, ascending.
pub(super) fn generations(dir: &Path) -> Result<Vec<u32>, FileFault> {
    let mut found = numbered(dir, ".cert.pem")?;
    found.sort_unstable();
    Ok(found)
}

/// The first generation beyond all that have left a file in `dir`, be it a key whose certificate was never
/// written: numbers are not used twice, keys never replaced.
pub(super) fn next_generation(dir: &Path) -> Result<u32, FileFault> {
    let found = [numbered(dir, ".cert.pem")?, numbered(dir, ".key.pem")?].concat();
    Ok(found.into_iter().max().unwrap_or(0).saturating_add(1))
}

fn numbered(dir: &Path, suffix: &str) -> Result<Vec<u32>, FileFault> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(|error| FileFault::at(dir, error))? {
        let name = entry.map_err(|error| FileFault::at(dir, error))?.file_name();
        let digits = name.to_str().and_then(|name| name.strip_prefix("issuing-")?.strip_suffix(suffix));
        let number = digits.and_then(|digits| digits.parse::<u32>().ok());
        // Only the spelling that we write: not `issuing-01`.
        found.extend(number.filter(|number| digits == Some(number.to_string().as_str())));
    }
    Ok(found)
}

pub(super) fn read(path: &Path) -> Result<String, FileFault> {
    fs::read_to_string(path).map_err(|error| FileFault::at(path, error))
}

/// Reads a key file, if nobody but its owner can.
pub(super) fn read_private(path: &Path) -> Result<zeroize::Zeroizing<String>, FileFault> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let metadata = fs::metadata(path).map_err(|error| FileFault::at(path, error))?;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(FileFault::OpenToOthers { path: path.to_owned(), mode });
        }
    }
    read(path).map(zeroize::Zeroizing::new)
}

/// Writes a new file: whole, on disk, and only if there is none of this name.
///
/// A crash can leave `name.new` behind; it is replaced next time. Issuers that share the directory write one after the
/// other, so that none takes another's draft for its own.
pub(super) fn write_new(dir: &Path, name: &str, text: &str, mode: u32) -> Result<(), FileFault> {
    let turn = File::open(dir).map_err(|error| FileFault::at(dir, error))?;
    turn.lock().map_err(|error| FileFault::at(dir, error))?;
    let draft = dir.join(format!("{name}.new"));
    let path = dir.join(name);
    let written = write_draft(&draft, text, mode)
        // A link refuses to replace, which a rename does not.
        .and_then(|()| fs::hard_link(&draft, &path))
        .and_then(|()| fs::remove_file(&draft))
        .and_then(|()| sync_directory(dir));
    written.map_err(|error| FileFault::at(&path, error))
}

fn write_draft(draft: &Path, text: &str, mode: u32) -> io::Result<()> {
    if draft.exists() {
        fs::remove_file(draft)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(mode);
    }
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Makes a directory that its owner alone can enter.
pub(super) fn create_private_directory(path: &Path) -> Result<(), FileFault> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path).map_err(|error| FileFault::at(path, error))
}

/// Gives a finished directory its name; an existing one with anything in it is never replaced.
pub(super) fn publish_directory(draft: &Path, path: &Path) -> Result<(), FileFault> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::rename(draft, path).and_then(|()| sync_directory(parent)).map_err(|error| FileFault::at(path, error))
}

fn sync_directory(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Messages complete "cannot use the authority's files: …".
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// Group or others can read a key.
    #[error("{} can be read by others (mode {mode:03o}, wanted 600)", path.display())]
    OpenToOthers {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Missing, existing, unreadable, disk full.
    #[error("{}: {error}", path.display())]
    Io {
        /// Which file or directory.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl FileFault {
    fn at(path: &Path, error: io::Error) -> Self {
        Self::Io { path: path.to_owned(), error }
    }

    /// What the system said, if it was the system.
    pub(super) fn kind(&self) -> Option<io::ErrorKind> {
        match self {
            Self::OpenToOthers { .. } => None,
            Self::Io { error, .. } => Some(error.kind()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_is_ever_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        write_new(dir.path(), "a", "first", 0o600).unwrap();
        let fault = write_new(dir.path(), "a", "second", 0o600).unwrap_err();
        assert_eq!(fault.kind(), Some(io::ErrorKind::AlreadyExists));
        assert_eq!(read(&dir.path().join("a")).unwrap(), "first");
    }

    #[test]
    fn a_draft_left_by_a_crash_is_no_obstacle() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.new"), "half").unwrap();
        write_new(dir.path(), "a", "whole", 0o600).unwrap();
        assert_eq!(read(&dir.path().join("a")).unwrap(), "whole");
        assert!(!dir.path().join("a.new").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        write_new(dir.path(), "key", "secret", 0o600).unwrap();
        let path = dir.path().join("key");
        assert!(read_private(&path).is_ok());
        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(read_private(&path), Err(FileFault::OpenToOthers { .. })), "{mode:o}");
        }
    }

    #[test]
    fn generations_are_those_with_a_certificate() {
        let dir = tempfile::tempdir().unwrap();
        for name in
            ["issuing-2.cert.pem", "issuing-10.cert.pem", "issuing-03.cert.pem", "issuing-11.key.pem", "x"]
        {
            fs::write(dir.path().join(name), "").unwrap();
        }
        assert_eq!(generations(dir.path()).unwrap(), [2, 10]);
        assert_eq!(next_generation(dir.path()).unwrap(), 12);
    }
}
