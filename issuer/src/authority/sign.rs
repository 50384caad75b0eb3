//! Third step: the signature, over exactly the bytes that passed the lint.

use shared::x509::certificate::DeviceCertificate;
use shared::x509::key::SignatureAlgorithm;
use shared::x509::serial::SerialNumber;
use shared::x509::signed;

use super::crl::ListError;
use super::key_store::Key;
use super::lint::{LintFinding, LintedCertificate};
use super::prepare::PrepareError;
use super::token::TokenFault;
use super::{Authority, IssuingAuthority};

/// A device certificate that this authority has signed and read back.
#[derive(Debug)]
pub struct SignedCertificate {
    certificate: DeviceCertificate,
    generation: u32,
}

impl SignedCertificate {
    /// The certificate.
    pub fn certificate(&self) -> &DeviceCertificate {
        &self.certificate
    }

    /// Its DER.
    pub fn der(&self) -> &[u8] {
        self.certificate.der()
    }

    /// Its DER.
    pub fn into_der(self) -> Vec<u8> {
        self.certificate.der().to_vec()
    }

    /// Its serial number.
    pub fn serial(&self) -> SerialNumber {
        self.certificate.serial()
    }

    /// Which issuing authority signed it: on whose list it goes when it is revoked.
    pub fn generation(&self) -> u32 {
        self.generation
    }
}

/// A device certificate that was signed here and that nobody has read back yet: it may be stored, and not released.
pub struct UncheckedCertificate {
    der: Vec<u8>,
    linted: LintedCertificate,
}

impl UncheckedCertificate {
    /// Its DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }
}

/// A certificate is personal data.
impl std::fmt::Debug for UncheckedCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UncheckedCertificate(…)")
    }
}

impl Authority {
    /// Signs what passed the lint, once: the argument is consumed.
    ///
    /// ECDSA is random, so signing the same bytes twice makes two certificates of one serial number. Whoever
    /// stores the first and hands out only what was stored has one.
    ///
    /// # Errors
    /// When the bytes name another authority, or the signature does not stand up to being read back.
    pub fn sign(&self, linted: LintedCertificate) -> Result<SignedCertificate, SignError> {
        self.read_back(self.sign_unchecked(linted)?)
    }

    /// As [`sign`](Self::sign), and leaves the reading back to [`read_back`](Self::read_back): for whoever holds up
    /// others meanwhile.
    ///
    /// # Errors
    /// When the bytes name another authority, or the key does not sign.
    pub fn sign_unchecked(&self, linted: LintedCertificate) -> Result<UncheckedCertificate, SignError> {
        let body = linted.body();
        // Also an earlier generation: what was prepared before a roll-over is finished after it.
        let issuing = self.named_by(&linted)?;
        if body.not_before() < issuing.certificate.not_before()
            || body.not_after() > issuing.certificate.not_after()
        {
            return Err(SignError::OutsideAuthority);
        }
        let der = issuing.sign_bytes(linted.to_be_signed())?;
        Ok(UncheckedCertificate { der, linted })
    }

    /// Reads back what was signed: the bytes that were to be signed stand in it, under a signature that holds.
    ///
    /// # Errors
    /// [`SignError::SelfCheck`] when that is not so.
    pub fn read_back(&self, unchecked: UncheckedCertificate) -> Result<SignedCertificate, SignError> {
        let UncheckedCertificate { der, linted } = unchecked;
        let issuing = self.named_by(&linted)?;
        let (to_be_signed, body) = linted.into_parts();
        let certificate =
            DeviceCertificate::of_signed(&der, &to_be_signed, body).map_err(|_| SignError::SelfCheck)?;
        // Not out of distrust of the mathematics: a fault in the machine must not leave the house.
        certificate.verify_signature(issuing.certificate.public_key()).map_err(|_| SignError::SelfCheck)?;
        Ok(SignedCertificate { certificate, generation: issuing.generation })
    }

    /// Whether device certificates are signed in this process's memory: in microseconds, and with nothing left behind
    /// if it comes to nothing.
    pub fn signs_in_memory(&self) -> bool {
        self.current.key.is_in_memory()
    }

    fn named_by(&self, linted: &LintedCertificate) -> Result<&IssuingAuthority, SignError> {
        let named = |issuing: &&IssuingAuthority| linted.body().names_as_issuer(&issuing.certificate);
        self.all().find(named).ok_or(SignError::OtherAuthority)
    }
}

impl IssuingAuthority {
    /// Signs bytes and puts the signature under them.
    pub(super) fn sign_bytes(&self, to_be_signed: &[u8]) -> Result<Vec<u8>, SignError> {
        sign_bytes(&self.key, to_be_signed)
    }
}

pub(super) fn sign_bytes(key: &Key, to_be_signed: &[u8]) -> Result<Vec<u8>, SignError> {
    let signature = key.sign_der(to_be_signed)?;
    signed::assemble(to_be_signed, SignatureAlgorithm::EcdsaSha256, &signature)
        .map_err(|_| SignError::SelfCheck)
}

/// Messages complete "cannot sign: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The bytes could not be made.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// The bytes are not fit to be signed.
    #[error(transparent)]
    Lint(#[from] LintFinding),
    /// A revocation list cannot be made.
    #[error(transparent)]
    List(#[from] ListError),
    /// Prepared for an authority whose key is not here.
    #[error("it names another authority")]
    OtherAuthority,
    /// Valid when the authority is not.
    #[error("it reaches beyond the authority's validity")]
    OutsideAuthority,
    /// The signature provider failed.
    #[error("the signature provider failed")]
    Provider,
    /// The token with the key does not sign.
    #[error("PKCS#11: {0} [{code}]", code = .0.code())]
    Token(#[from] TokenFault),
    /// What was signed does not read back as what was to be signed; nothing of it may leave the house.
    #[error("the signed bytes do not read back")]
    SelfCheck,
}
