//! What an inspector's device has with it, on disk.
//!
//! ```text
//! DIR/roots/           roots that were put here by hand, or with the app; PEM or DER
//! DIR/trust-list.jwt   the list of roots, as it came
//! DIR/status/*.jwt     status lists, as they came
//! DIR/clock.json       what was learnt about the clock
//! ```
//!
//! Everything but the clock is verified again whenever it is read; none of it is secret or personal.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use shared::presentation::time::ClockCorrection;
use shared::presentation::trust_list::{self, TrustListFault};
use shared::status::token;
use shared::x509::chain::{AnchorFault, TrustAnchor};

use super::offline::Inspector;
use crate::home;
use crate::trust::RootCertificate;

/// A directory of an inspector's device.
#[derive(Debug, Clone)]
pub struct InspectorFolder(PathBuf);

impl InspectorFolder {
    /// The folder `dir`, which need not exist yet.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self(dir.into())
    }

    /// The device with everything that is here; see [`open_beside`](Self::open_beside).
    ///
    /// # Errors
    /// As there.
    pub fn open(&self, raw: Timestamp) -> Result<Inspector, FolderError> {
        self.open_beside(Inspector::default(), raw).map(|(inspector, _)| inspector)
    }

    /// `inspector` with everything that is here besides. A list that no longer counts, of roots or of revoked cards, is
    /// left aside, so that a new one can take its place; also why the list of roots was, if it was.
    ///
    /// # Errors
    /// When a file cannot be read, or a root is none.
    pub fn open_beside(
        &self,
        mut inspector: Inspector,
        raw: Timestamp,
    ) -> Result<(Inspector, Option<TrustListFault>), FolderError> {
        let mut aside = None;
        for path in files(&self.0.join("roots"))? {
            inspector = inspector.believing(root(&path)?);
        }
        if let Some(clock) = read(&self.0.join("clock.json"))? {
            let correction: ClockCorrection =
                serde_json::from_slice(&clock).map_err(|_| FolderError::Clock)?;
            inspector.learn(correction);
        }
        if let Some(list) = text(&self.0.join("trust-list.jwt"), trust_list::MAX_LENGTH)? {
            aside = inspector.take_kept_trust_list(&list).err();
        }
        for path in files(&self.0.join("status"))? {
            if let Some(token) = text(&path, token::MAX_LENGTH)? {
                let _aside = inspector.take_status_list(&token, raw);
            }
        }
        Ok((inspector, aside))
    }

    /// Keeps a root that is believed from now on.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn keep_root(&self, anchor: &TrustAnchor) -> io::Result<()> {
        let certificate = anchor.certificate();
        let name = format!("{}.der", certificate.fingerprint()).replace(':', "");
        self.keep(&Path::new("roots").join(name), certificate.der())
    }

    /// Keeps a list of roots, which must have been verified.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn keep_trust_list(&self, text: &str) -> io::Result<()> {
        self.keep(Path::new("trust-list.jwt"), text.as_bytes())
    }

    /// Keeps the status list of the address `uri`, which must have been verified.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn keep_status_list(&self, uri: &str, token: &str) -> io::Result<()> {
        let name: String = Sha256::digest(uri).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        self.keep(&Path::new("status").join(format!("{name}.jwt")), token.as_bytes())
    }

    /// Keeps what was learnt about the clock.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn keep_clock(&self, correction: &ClockCorrection) -> io::Result<()> {
        self.keep(Path::new("clock.json"), &serde_json::to_vec(correction)?)
    }

    fn keep(&self, name: &Path, bytes: &[u8]) -> io::Result<()> {
        let path = self.0.join(name);
        home::private_dir(path.parent().unwrap_or(&self.0))?;
        home::write_atomically(&path, bytes)
    }
}

/// A root certificate in a file, PEM or DER.
///
/// # Errors
/// When the file cannot be read or is none.
pub fn root(path: &Path) -> Result<TrustAnchor, FolderError> {
    Ok(RootCertificate::parse(&fs::read(path)?)?.into_anchor())
}

/// The files in a directory, by name; none where there is no directory.
fn files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|kind| kind == "pem" || kind == "der" || kind == "jwt"));
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn text(path: &Path, limit: usize) -> Result<Option<String>, FolderError> {
    match read(path)? {
        Some(bytes) if bytes.len() > limit => Err(FolderError::TooLong),
        Some(bytes) => String::from_utf8(bytes)
            .map(|text| Some(text.trim().to_owned()))
            .map_err(|_| FolderError::NotText),
        None => Ok(None),
    }
}

/// Messages complete "cannot open the inspector's folder: …".
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The disk.
    #[error("a file cannot be read")]
    File(#[from] io::Error),
    /// A root that is none.
    #[error("a root is refused: {0}")]
    Root(#[from] AnchorFault),
    /// A list of roots that is not to be believed.
    #[error("the list of roots is refused: {0}")]
    TrustList(#[from] TrustListFault),
    /// A list beyond all measure.
    #[error("a list is too long")]
    TooLong,
    /// A list that is no text.
    #[error("a list is not text")]
    NotText,
    /// The clock's file.
    #[error("what was learnt about the clock cannot be read")]
    Clock,
}

impl FolderError {
    /// A stable name for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::File(_) => "file_unreadable",
            Self::Root(_) => "not_a_root",
            Self::TrustList(_) => "trust_list_refused",
            Self::TooLong => "list_too_long",
            Self::NotText => "list_not_text",
            Self::Clock => "clock_unreadable",
        }
    }
}
