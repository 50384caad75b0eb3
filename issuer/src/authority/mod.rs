//! The certificate authority: the only holder of CA keys.
//!
//! A certificate comes to be in three steps, each a type of its own: [`Authority::prepare`] settles the bytes
//! to be signed, [`lint()`] reads them back and judges them, [`Authority::sign`] consumes what passed. Between
//! the first and the last the caller stores the bytes, so that a crash leaves no certificate that nobody
//! knows of.

pub mod hierarchy;
pub mod key_file;
pub mod key_store;
mod open;
pub mod options;
pub mod sealed_key;
pub mod token;

mod profile;
pub mod serial;

pub mod lint;
pub mod prepare;
pub mod sign;

pub mod crl;
pub mod ocsp;
pub mod signer;

use std::fmt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use shared::x509::ca::CaCertificate;
use shared::x509::certificate::{DateVerdict, DeviceCertificate};
use shared::x509::oid::PrivateArc;

pub use crl::{ListEntry, ListReason};
pub use key_store::{KeyHome, KeyStore};
pub use lint::{LintFinding, LintedCertificate, lint};
pub use options::{CreateOptions, RollOverOptions};
pub use prepare::{PrepareError, PreparedCertificate};
pub use serial::fresh_serial;
pub use shared::x509::profile::{DeviceCertificateFields, PkiUrls};
pub use sign::{SignError, SignedCertificate, UncheckedCertificate};
pub use signer::{Signer, SigningKey};
pub use token::{Token, TokenFault, TokenMeter, TokenSettings};

/// Root and issuing authorities, ready to sign. The root's key is not among what it holds.
pub struct Authority {
    root: CaCertificate,
    /// Replaced ones: they sign no certificates any more, but still lists of those that they signed.
    earlier: Vec<IssuingAuthority>,
    current: IssuingAuthority,
    /// The current issuing authority's, one a purpose.
    signers: signer::Signers,
    arc: PrivateArc,
    /// Where its files are.
    dir: PathBuf,
}

/// One issuing authority: certificate and key.
struct IssuingAuthority {
    generation: u32,
    certificate: CaCertificate,
    key: key_store::Key,
    /// Its name and key identifier in rcgen's form, read once.
    template: rcgen::CertificateParams,
    /// What answers for the certificates that it signed.
    ocsp: SigningKey,
}

impl Authority {
    /// The same authority with our own identifiers under another arc than the documentation's.
    #[must_use]
    pub fn with_arc(mut self, arc: PrivateArc) -> Self {
        self.arc = arc;
        self
    }

    /// The root's certificate: what wallets trust.
    pub fn root(&self) -> &CaCertificate {
        &self.root
    }

    /// The certificate of the authority that signs new device certificates.
    pub fn issuing(&self) -> &CaCertificate {
        &self.current.certificate
    }

    /// DER of [`issuing`](Self::issuing).
    pub fn issuing_certificate_der(&self) -> &[u8] {
        self.current.certificate.der()
    }

    /// Counts issuing authorities, from 1; every roll-over adds one. Lists are published per generation.
    pub fn generation(&self) -> u32 {
        self.current.generation
    }

    /// Every issuing authority with its generation, the oldest first.
    pub fn generations(&self) -> impl Iterator<Item = (u32, &CaCertificate)> {
        self.all().map(|authority| (authority.generation, &authority.certificate))
    }

    /// The certificate of an issuing authority.
    pub fn certificate_of(&self, generation: u32) -> Option<&CaCertificate> {
        self.of_generation(generation).map(|authority| &authority.certificate)
    }

    /// The issuing authority that a device certificate names, with its generation.
    pub fn issuer_of(&self, certificate: &DeviceCertificate) -> Option<(u32, &CaCertificate)> {
        self.generations().find(|(_, authority)| certificate.names_as_issuer(authority))
    }

    /// What travels with the DER of a device certificate that was signed here: itself and the issuing
    /// authority's, without the root.
    ///
    /// # Errors
    /// [`SignError::OtherAuthority`] when it is no certificate of our profile or names none of our authorities,
    /// [`SignError::SelfCheck`] when its signature does not hold.
    pub fn x5c(&self, leaf: &[u8]) -> Result<Vec<Vec<u8>>, SignError> {
        let certificate =
            DeviceCertificate::parse_under(leaf, &self.arc).map_err(|_| SignError::OtherAuthority)?;
        let (_, issuer) = self.issuer_of(&certificate).ok_or(SignError::OtherAuthority)?;
        certificate.verify_signature(issuer.public_key()).map_err(|_| SignError::SelfCheck)?;
        Ok(vec![leaf.to_vec(), issuer.der().to_vec()])
    }

    /// Whether every certificate that signs is valid at `now`.
    ///
    /// # Errors
    /// [`AuthorityError::NotYetValid`], [`AuthorityError::Expired`]: time for a roll-over.
    pub fn check_dates(&self, now: Timestamp) -> Result<(), AuthorityError> {
        for (which, certificate) in [("root", &self.root), ("issuing authority", self.issuing())] {
            match certificate.dates_at(now) {
                DateVerdict::Valid => {}
                DateVerdict::NotYetValid => return Err(AuthorityError::NotYetValid { which }),
                DateVerdict::Expired => return Err(AuthorityError::Expired { which }),
            }
        }
        Ok(())
    }

    /// The last second of the longest card that can be issued without a roll-over.
    pub fn longest_card(&self) -> Timestamp {
        self.root.not_after().min(self.issuing().not_after())
    }

    /// When what it signs with ends: the root, every issuing authority, and the signers below the current one.
    pub fn ends(&self) -> Vec<(String, Timestamp)> {
        let issuing = self.generations().map(|(number, own)| (format!("issuing-{number}"), own.not_after()));
        let ocsp = self.all().map(|one| {
            (format!("signer-{}-{}", one.generation, Signer::Ocsp), one.ocsp.certificate().not_after())
        });
        let below = Signer::ALL.into_iter().filter(|purpose| *purpose != Signer::Ocsp).map(|purpose| {
            let name = format!("signer-{}-{purpose}", self.current.generation);
            (name, self.signer(purpose).certificate().not_after())
        });
        let root = ("root".to_owned(), self.root.not_after());
        std::iter::once(root).chain(issuing).chain(ocsp).chain(below).collect()
    }

    /// Where the key of one of [`ends`](Self::ends) is.
    ///
    /// # Errors
    /// When its file cannot be read, or makes no sense.
    pub fn key_home(&self, which: &str) -> Result<KeyHome, AuthorityError> {
        let followed = |number: u32| format!("{which}.{number}.key.pem");
        let newest = (1..).map(followed).take_while(|name| self.dir.join(name).exists()).last();
        let name = newest.unwrap_or_else(|| format!("{which}.key.pem"));
        key_store::home_of(&self.dir.join(&name)).map_err(|fault| match fault {
            key_store::HomeFault::File(fault) => fault.into(),
            key_store::HomeFault::Key(fault) => AuthorityError::Key { name, fault },
        })
    }

    /// Where its files are.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn all(&self) -> impl Iterator<Item = &IssuingAuthority> {
        self.earlier.iter().chain([&self.current])
    }

    fn of_generation(&self, generation: u32) -> Option<&IssuingAuthority> {
        self.all().find(|authority| authority.generation == generation)
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority")
            .field("root", &self.root)
            .field("generation", &self.current.generation)
            .field("issuing", &self.current.certificate)
            .finish_non_exhaustive()
    }
}

pub use open::AuthorityError;

#[cfg(test)]
mod tests;
