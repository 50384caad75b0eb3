//! The installation's master secret, and those that it has followed.
//!
//! ```text
//! 3f…                              the secret, 64 hexadecimal digits
//! names a1…                        the key of names that must never change (after the first change of the secret)
//! earlier 77… 2026-11-22T12:00:00Z  what it followed, and since when
//! ```
//! One file, replaced whole: a change that is interrupted leaves the old one or the new one. The database's half of a
//! change is done when it is next opened, and says by itself whether it was.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use shared::entropy::Entropy;
use zeroize::Zeroizing;

use crate::app::AppError;
use crate::issuance::keys::Keys;

type Bytes = Zeroizing<[u8; 32]>;

/// See the module.
pub struct MasterSecret {
    current: Bytes,
    names: Option<Bytes>,
    /// The newest first, each with the instant when it was followed.
    earlier: Vec<(Bytes, Timestamp)>,
}

impl std::fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterSecret(… and {} earlier)", self.earlier.len())
    }
}

/// Where it is.
pub(crate) fn path(data: &Path) -> PathBuf {
    data.join("master-secret")
}

fn draft_path(data: &Path) -> PathBuf {
    data.join("master-secret.new")
}

fn sync(folder: &Path) -> std::io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

impl MasterSecret {
    /// A new one that follows none.
    pub fn fresh(entropy: &dyn Entropy) -> Self {
        Self { current: Zeroizing::new(entropy.bytes()), names: None, earlier: Vec::new() }
    }

    /// Reads a data folder's.
    ///
    /// # Errors
    /// [`AppError::NotThere`], [`AppError::MasterSecret`], or when the disk fails.
    pub fn read(data: &Path) -> Result<Self, AppError> {
        let path = path(data);
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&Zeroizing::new(text)).ok_or(AppError::MasterSecret),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(AppError::NotThere(data.to_owned()))
            }
            Err(cause) => Err(AppError::Disk { path, cause }),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let mut secret = Self { current: bytes(lines.next()?)?, names: None, earlier: Vec::new() };
        for line in lines {
            match line.split_once(' ')? {
                ("names", hex) if secret.names.is_none() => secret.names = Some(bytes(hex)?),
                ("earlier", rest) => {
                    let (hex, since) = rest.split_once(' ')?;
                    secret.earlier.push((bytes(hex)?, since.parse().ok()?));
                }
                _ => return None,
            }
        }
        Some(secret)
    }

    /// Every key that follows from it.
    pub fn keys(&self) -> Keys {
        let keys = Keys::derive(&self.current).following(self.earlier.iter().map(|(earlier, _)| &**earlier));
        match &self.names {
            Some(names) => keys.with_names(names.clone()),
            None => keys,
        }
    }

    /// How many secrets it has followed that still count, and when the last of them was followed.
    pub fn followed(&self) -> (usize, Option<Timestamp>) {
        (self.earlier.len(), self.earlier.first().map(|(_, at)| *at))
    }

    /// The same after a change at `now`: a fresh secret, which this one's codes and tokens outlive.
    #[must_use]
    pub fn changed(self, now: Timestamp, entropy: &dyn Entropy) -> Self {
        let names = self.names.unwrap_or_else(|| Keys::derive(&self.current).names().clone());
        let mut earlier = self.earlier;
        earlier.insert(0, (self.current, now));
        Self { current: Zeroizing::new(entropy.bytes()), names: Some(names), earlier }
    }

    /// The same without what it has followed: what rests on that counts no more.
    #[must_use]
    pub fn forgetting(self) -> Self {
        Self { earlier: Vec::new(), ..self }
    }

    /// Puts it in its place, whole: on disk when this returns.
    ///
    /// # Errors
    /// When the disk fails; then the old one is still there.
    pub fn write(&self, data: &Path) -> Result<(), AppError> {
        self.write_draft(data)?;
        Self::publish_draft(data)
    }

    /// Writes it beside its place.
    pub(crate) fn write_draft(&self, data: &Path) -> Result<(), AppError> {
        let draft = draft_path(data);
        let failed = |cause| AppError::Disk { path: draft.clone(), cause };
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(&draft).map_err(failed)?;
        file.write_all(self.text().as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        sync(data).map_err(failed)
    }

    /// What lies beside its place, if it is whole.
    pub(crate) fn read_draft(data: &Path) -> Option<Self> {
        Self::parse(&Zeroizing::new(fs::read_to_string(draft_path(data)).ok()?))
    }

    /// Puts what lies beside its place there.
    pub(crate) fn publish_draft(data: &Path) -> Result<(), AppError> {
        let path = path(data);
        let moved = fs::rename(draft_path(data), &path).and_then(|()| sync(data));
        moved.map_err(|cause| AppError::Disk { path, cause })
    }

    fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(128 * (2 + self.earlier.len())));
        push_hex(&mut text, &self.current);
        if let Some(names) = &self.names {
            text.push_str("\nnames ");
            push_hex(&mut text, names);
        }
        for (secret, since) in &self.earlier {
            text.push_str("\nearlier ");
            push_hex(&mut text, secret);
            text.push_str(&format!(" {since}"));
        }
        text
    }
}

fn push_hex(text: &mut String, bytes: &[u8; 32]) {
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or_default());
        }
    }
}

fn bytes(hex: &str) -> Option<Bytes> {
    let mut bytes = Zeroizing::new([0; 32]);
    let hex = hex.as_bytes();
    if hex.len() != 64 || !hex.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::app::SystemEntropy;
    use crate::issuance::keys::Junior;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn what_was_written_is_read_and_a_file_of_one_line_is_one_too() {
        let folder = tempfile::tempdir().unwrap();
        let first = MasterSecret::fresh(&SystemEntropy);
        first.write(folder.path()).unwrap();
        assert_eq!(
            fs::read_to_string(path(folder.path())).unwrap().len(),
            64,
            "as earlier versions wrote it"
        );
        let (check, name) = (first.keys().installation_check(), first.keys().junior_hash(Junior::Name, "p"));
        let second = first.changed(at("2026-11-22T12:00:00Z"), &SystemEntropy);
        // A change that was interrupted leaves a draft.
        fs::write(folder.path().join("master-secret.new"), "half").unwrap();
        second.changed(at("2026-12-22T12:00:00Z"), &SystemEntropy).write(folder.path()).unwrap();
        let read = MasterSecret::read(folder.path()).unwrap();
        assert_eq!(read.followed(), (2, Some(at("2026-12-22T12:00:00Z"))));
        assert!(read.keys().followed_check(&check), "the first secret is known");
        assert_ne!(read.keys().installation_check(), check);
        assert_eq!(read.keys().junior_hash(Junior::Name, "p"), name, "names never change");
        let mode = fs::metadata(path(folder.path())).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        let alone = read.forgetting();
        assert!(!alone.keys().followed_check(&check));
        assert_eq!(alone.keys().junior_hash(Junior::Name, "p"), name);
    }

    #[test]
    fn damaged_files_are_not_guessed_at() {
        let hex = "ab".repeat(32);
        for text in [
            "",
            "ab",
            &hex[1..],
            &format!("+{}", &hex[1..]),
            &format!("{hex}\nnames x"),
            &format!("{hex}\nold {hex}"),
        ] {
            assert!(MasterSecret::parse(text).is_none(), "{text}");
        }
        assert!(MasterSecret::parse(&format!("{hex}\n")).is_some());
    }

    #[test]
    fn the_secret_and_those_it_followed_are_wiped_when_they_are_dropped() {
        fn wiped<T: zeroize::ZeroizeOnDrop>(_: &T) {}
        let secret = MasterSecret::fresh(&SystemEntropy).changed(at("2026-11-21T18:30:00Z"), &SystemEntropy);
        wiped(&secret.current);
        wiped(&secret.earlier[0].0);
    }
}
