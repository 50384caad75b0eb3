//! Whom an inspector's device believes: roots with names and purposes, and the keys that sign codes below them.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::verdict::Reason;
use crate::holder_code::key::KeyId;
use crate::x509::chain::{ChainFault, TrustAnchor};
use crate::x509::signer::{SignerCertificate, SignerFault, SignerPurpose, VerifiedSigner, verify_signer};

/// What a root is believed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RootPurpose {
    /// School cards, in whatever format, and their revocation data.
    Cards,
    /// Verifiers that ask over the network.
    Verifiers,
    /// Lists of trusted roots.
    TrustLists,
}

impl RootPurpose {
    /// Every purpose.
    pub const ALL: [Self; 3] = [Self::Cards, Self::Verifiers, Self::TrustLists];
}

/// A root, what people call it, and what it is believed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedRoot {
    /// The certificate.
    pub anchor: TrustAnchor,
    /// What a screen says: "checked by …".
    pub name: String,
    /// In what.
    pub purposes: BTreeSet<RootPurpose>,
    /// Where to ask about certificates below it (OCSP), and so learn the time.
    pub ocsp: Option<String>,
}

/// A key that signs statements for codes, which do not carry their certificates.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeSigner {
    id: KeyId,
    certificate: SignerCertificate,
    x5c: Vec<Vec<u8>>,
}

impl CodeSigner {
    /// Takes a chain in DER, the signer's certificate first, without the root. Whether it leads to a trusted root is
    /// for [`Trust::signer`] to tell.
    ///
    /// # Errors
    /// When the first is no certificate of a key that signs for codes.
    pub fn new(x5c: Vec<Vec<u8>>) -> Result<Self, SignerFault> {
        let leaf = x5c.first().ok_or(ChainFault::Empty)?;
        let certificate = SignerCertificate::parse(leaf)?;
        if certificate.purpose() != SignerPurpose::Code {
            return Err(SignerFault::Purpose);
        }
        Ok(Self { id: KeyId::of(certificate.public_key()), certificate, x5c })
    }

    /// How codes name the key.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// Its certificate.
    pub fn certificate(&self) -> &SignerCertificate {
        &self.certificate
    }

    /// Its chain in DER.
    pub fn x5c(&self) -> &[Vec<u8>] {
        &self.x5c
    }
}

impl fmt::Debug for CodeSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeSigner({:?}, {:?})", self.id, self.certificate)
    }
}

/// Everything that a device believes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    /// The roots.
    pub roots: Vec<TrustedRoot>,
    /// The keys that sign codes.
    pub code_signers: Vec<CodeSigner>,
    /// The status lists that a device should have with it before it goes where no network is.
    pub status_lists: Vec<String>,
    /// Of when this is, if it came as a list.
    pub as_of: Option<Timestamp>,
    /// The first instant at which the list is too old, if it came as one.
    pub until: Option<Timestamp>,
}

impl Trust {
    /// The roots that are believed in `purpose`.
    pub fn anchors(&self, purpose: RootPurpose) -> Vec<TrustAnchor> {
        let believed = |root: &&TrustedRoot| root.purposes.contains(&purpose);
        self.roots.iter().filter(believed).map(|root| root.anchor.clone()).collect()
    }

    /// What people call the root `anchor`.
    pub fn name_of(&self, anchor: &TrustAnchor) -> Option<&str> {
        self.roots.iter().find(|root| root.anchor == *anchor).map(|root| root.name.as_str())
    }

    /// The key `id` for codes, if its chain holds at `now` up to a root that is believed in cards.
    ///
    /// # Errors
    /// Why it does not, as a verdict's reason.
    pub fn signer(&self, id: KeyId, now: Timestamp) -> Result<VerifiedSigner, Reason> {
        let anchors = self.anchors(RootPurpose::Cards);
        let mut refusal = Reason::UnknownSigner;
        // An identifier is eight bytes: two keys may share one.
        for signer in self.code_signers.iter().filter(|signer| signer.id == id) {
            match verify_signer(&signer.x5c, &anchors, SignerPurpose::Code, now) {
                Ok(verified) => return Ok(verified),
                Err(fault) => refusal = self.reason(signer, &fault, now),
            }
        }
        Err(refusal)
    }

    /// The keys that codes may name so, certified or not: for telling an altered code from a stranger's.
    pub fn signers_named(&self, id: KeyId) -> impl Iterator<Item = &CodeSigner> {
        self.code_signers.iter().filter(move |signer| signer.id == id)
    }

    fn reason(&self, signer: &CodeSigner, fault: &SignerFault, now: Timestamp) -> Reason {
        match fault {
            SignerFault::Chain(ChainFault::UnknownRoot) => {
                let all: Vec<_> = self.roots.iter().map(|root| root.anchor.clone()).collect();
                match verify_signer(&signer.x5c, &all, SignerPurpose::Code, now) {
                    Ok(_) => Reason::RootForAnotherPurpose,
                    Err(_) => Reason::UnknownRoot,
                }
            }
            SignerFault::Chain(ChainFault::NotYetValid { .. } | ChainFault::Expired { .. }) => {
                Reason::SignerOutdated
            }
            _ => Reason::SignerCertificate,
        }
    }
}
