//! Opening a hierarchy, and everything that may be wrong with it.

use std::path::Path;

use shared::entropy::Entropy;
use shared::x509::ca::{CaCertificate, CaFault};
use shared::x509::chain::{AnchorFault, TrustAnchor};
use shared::x509::oid::PrivateArc;
use shared::x509::signer::SignerFault;

use super::key_file::{self, FileFault};
use super::key_store::{Key, KeyStore};
use super::profile::{self, WritingFault};
use super::sealed_key::KeyFault;
use super::sign::SignError;
use super::signer::{Above, Signer, SignerFiles};
use super::{Authority, IssuingAuthority};

impl Authority {
    /// Opens the hierarchy in `dir`; `keys` is the passphrase if its keys are sealed, or the store that has them.
    ///
    /// Checks that keys are readable by their owner alone and belong to their certificates, and that every
    /// issuing authority was signed by the root. Dates are for [`check_dates`](Self::check_dates): an
    /// authority past its end still signs lists. Signers that are missing, as in a hierarchy of an earlier
    /// version, are made.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn open(
        dir: &Path,
        keys: impl Into<KeyStore>,
        entropy: &dyn Entropy,
    ) -> Result<Self, AuthorityError> {
        let root = read_root(dir)?;
        let keys = keys.into();
        let files = SignerFiles { dir, keys: &keys, entropy };
        let mut authorities = Vec::new();
        for generation in key_file::generations(dir)? {
            authorities.push(read_issuing(&files, generation, &root)?);
        }
        let current = authorities.pop().ok_or(AuthorityError::NoIssuingAuthority)?;
        let signers = files.all_of(&current)?;
        Ok(Self {
            root,
            earlier: authorities,
            current,
            signers,
            arc: PrivateArc::default(),
            dir: dir.to_owned(),
        })
    }
}

pub(super) fn read_root(dir: &Path) -> Result<CaCertificate, AuthorityError> {
    let pem = key_file::read(&dir.join(key_file::ROOT_CERTIFICATE))?;
    let anchor = TrustAnchor::from_pem(&pem).map_err(AuthorityError::Root)?;
    Ok(anchor.certificate().clone())
}

/// Reads a key and checks that it is the one of `certificate`.
pub(super) fn read_key(
    dir: &Path,
    name: String,
    certificate: &CaCertificate,
    keys: &KeyStore,
) -> Result<Key, AuthorityError> {
    let pem = key_file::read_private(&dir.join(&name))?;
    let key = keys.open(&pem).map_err(|fault| AuthorityError::Key { name: name.clone(), fault })?;
    if key.public_sec1() == certificate.public_key().sec1() {
        Ok(key)
    } else {
        Err(AuthorityError::ForeignKey { name })
    }
}

/// Reads a certificate's DER from its PEM file.
pub(super) fn read_certificate(dir: &Path, name: &str) -> Result<Vec<u8>, AuthorityError> {
    let pem = key_file::read(&dir.join(name))?;
    match der::Document::from_pem(&pem) {
        Ok(("CERTIFICATE", document)) => Ok(document.as_bytes().to_vec()),
        _ => Err(AuthorityError::NotPem { name: name.to_owned() }),
    }
}

fn read_issuing(
    files: &SignerFiles<'_>,
    generation: u32,
    root: &CaCertificate,
) -> Result<IssuingAuthority, AuthorityError> {
    let SignerFiles { dir, keys, .. } = *files;
    let name = key_file::issuing_certificate(generation);
    let der = read_certificate(dir, &name)?;
    let certificate = CaCertificate::parse(&der)
        .map_err(|fault| AuthorityError::Certificate { name: name.clone(), fault })?;
    if !certificate.names_as_issuer(root) || certificate.verify_signature(root.public_key()).is_err() {
        return Err(AuthorityError::NotFromRoot { name });
    }
    if certificate.path_length() != Some(0) || !certificate.may_sign_lists() {
        return Err(AuthorityError::NotAnIssuingAuthority { name });
    }
    let key = read_key(dir, key_file::issuing_key(generation), &certificate, keys)?;
    let template = profile::issuer_template(&certificate)?;
    let above = Above { generation, certificate: &certificate, key: &key, template: &template };
    let ocsp = files.one_of(&above, Signer::Ocsp)?;
    Ok(IssuingAuthority { generation, certificate, key, template, ocsp })
}

/// Messages complete "cannot use the certificate authority: …".
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// Files missing, unreadable, open to others.
    #[error(transparent)]
    File(#[from] FileFault),
    /// There is a hierarchy already.
    #[error("there is one already in this directory")]
    AlreadyExists,
    /// The root's certificate.
    #[error("root is refused: {0}")]
    Root(#[source] AnchorFault),
    /// A file that should hold a PEM certificate.
    #[error("{name} is not a PEM certificate")]
    NotPem {
        /// File name.
        name: String,
    },
    /// An issuing authority's certificate.
    #[error("{name} is refused: {fault}")]
    Certificate {
        /// File name.
        name: String,
        /// Why.
        fault: CaFault,
    },
    /// A signer's certificate.
    #[error("{name} is refused: {fault}")]
    Signer {
        /// File name.
        name: String,
        /// Why.
        fault: SignerFault,
    },
    /// Another root's.
    #[error("{name} was not signed by this root")]
    NotFromRoot {
        /// File name.
        name: String,
    },
    /// It may sign authorities, or no lists.
    #[error("{name} is not an issuing authority's")]
    NotAnIssuingAuthority {
        /// File name.
        name: String,
    },
    /// A root without anything below it.
    #[error("there is no issuing authority")]
    NoIssuingAuthority,
    /// A key file: no key, sealed, wrong passphrase.
    #[error("{name}: {fault}")]
    Key {
        /// File name.
        name: String,
        /// Why.
        fault: KeyFault,
    },
    /// The key of another certificate.
    #[error("{name} is not the key of its certificate")]
    ForeignKey {
        /// File name.
        name: String,
    },
    /// The clock is slow, or the hierarchy from the future.
    #[error("its {which} is not valid yet")]
    NotYetValid {
        /// Root or issuing authority.
        which: &'static str,
    },
    /// Time for a roll-over, or for a new root.
    #[error("its {which} has expired")]
    Expired {
        /// Root or issuing authority.
        which: &'static str,
    },
    /// So that nobody takes its certificates for real ones.
    #[error("its name must say that it is a simulator, in at most 64 characters")]
    NotASimulator,
    /// Dates in the wrong order, or an issuing authority that outlives its root.
    #[error("its dates are impossible: each authority must end after it starts and before the one above")]
    ImpossibleDates,
    /// Writing a certificate failed.
    #[error(transparent)]
    Writing(#[from] WritingFault),
    /// Signing a certificate failed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// Making or sealing a new key failed.
    #[error("a new key cannot be made: {0}")]
    NewKey(#[source] KeyFault),
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::authority::tests::{Dice, authority};

    /// Opens a good hierarchy after `spoil` had its directory.
    fn fault_after(spoil: impl FnOnce(&Path)) -> AuthorityError {
        let dir = tempfile::tempdir().unwrap();
        authority(dir.path());
        let path = dir.path().join("authority");
        spoil(&path);
        Authority::open(&path, None, &Dice::new()).unwrap_err()
    }

    /// Puts a file of another good hierarchy in the place of the same one here.
    fn foreign(dir: &Path, name: &str) {
        let other = tempfile::tempdir().unwrap();
        authority(other.path());
        fs::copy(other.path().join("authority").join(name), dir.join(name)).unwrap();
    }

    #[test]
    fn whatever_is_wrong_has_its_own_error() {
        let key = "issuing-1.key.pem";
        let certificate = "issuing-1.cert.pem";
        let missing = |name: &'static str| fault_after(|dir| fs::remove_file(dir.join(name)).unwrap());
        for name in ["root.cert.pem", key] {
            assert!(matches!(missing(name), AuthorityError::File(FileFault::Io { .. })), "{name}");
        }
        assert!(matches!(missing(certificate), AuthorityError::NoIssuingAuthority));
        assert!(matches!(fault_after(|dir| foreign(dir, key)), AuthorityError::ForeignKey { .. }));
        assert!(matches!(fault_after(|dir| foreign(dir, certificate)), AuthorityError::NotFromRoot { .. }));
        assert!(matches!(
            fault_after(|dir| foreign(dir, "root.cert.pem")),
            AuthorityError::NotFromRoot { .. }
        ));
        let overwritten = |name: &'static str, with: &'static str| {
            fault_after(|dir| assert!(fs::copy(dir.join(with), dir.join(name)).unwrap() > 0))
        };
        assert!(matches!(
            overwritten("root.cert.pem", certificate),
            AuthorityError::Root(AnchorFault::NotSelfSigned)
        ));
        assert!(matches!(overwritten("root.cert.pem", key), AuthorityError::Root(AnchorFault::NotPem)));
        assert!(matches!(overwritten(certificate, key), AuthorityError::NotPem { .. }));
        assert!(matches!(
            overwritten(certificate, "root.cert.pem"),
            AuthorityError::NotAnIssuingAuthority { .. }
        ));
        assert!(matches!(
            fault_after(|dir| fs::write(dir.join(key), "").unwrap()),
            AuthorityError::Key { fault: KeyFault::NotAKeyFile, .. }
        ));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt as _;
        let fault = fault_after(|dir| {
            fs::set_permissions(dir.join("issuing-1.key.pem"), fs::Permissions::from_mode(0o644)).unwrap();
        });
        assert!(matches!(fault, AuthorityError::File(FileFault::OpenToOthers { mode: 0o644, .. })));
        assert!(fault.to_string().contains("issuing-1.key.pem can be read by others (mode 644, wanted 600)"));
    }
}
