//! Certificates of the keys that sign for an issuing authority: credentials, status lists, OCSP answers, lists
//! of roots. One key, one purpose: a key that signs lists can sign no card.

use std::fmt;

use jiff::Timestamp;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, SubjectAltName, SubjectKeyIdentifier};
use x509_cert::name::Name;

use super::body::read_authority_key_identifier;
use super::ca::CaCertificate;
use super::certificate::DateVerdict;
use super::chain::{Above, ChainFault, ChainLink, MAX_CERTIFICATES, TrustAnchor, judge_one};
use super::extension::{ExtensionFault, ExtensionKind, Reader, exactly};
use super::frame::{self, Frame, FrameFault};
use super::key::{BadSignature, Curve, EcPublicKey, KeyFault, KeyIdentifier};
use super::oid::{self, ObjectIdentifier, PrivateArc};
use super::serial::SerialNumber;
use super::signed::{SignedFault, UnverifiedSigned};

/// KeyUsage with digitalSignature alone.
const DIGITAL_SIGNATURE: &[u8] = b"\x03\x02\x07\x80";
/// The value of ocsp-nocheck: NULL.
pub const NO_CHECK: &[u8] = b"\x05\x00";

/// What a signer signs. Each purpose is an extended key usage of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SignerPurpose {
    /// SD-JWT credentials.
    SdJwt,
    /// Statements that the holder's code carries.
    Code,
    /// Token status lists.
    StatusList,
    /// Lists of trusted roots.
    TrustList,
    /// OCSP answers.
    Ocsp,
}

impl SignerPurpose {
    /// Every purpose.
    pub const ALL: [Self; 5] = [Self::SdJwt, Self::Code, Self::StatusList, Self::TrustList, Self::Ocsp];

    /// Its extended key usage. Ours stand under the documentation arc whatever arc the installation uses for
    /// device certificates: verifiers must know them beforehand.
    pub fn oid(self) -> ObjectIdentifier {
        match self {
            Self::SdJwt => oid::SD_JWT_SIGNING,
            Self::Code => oid::CODE_SIGNING,
            Self::StatusList => oid::STATUS_LIST_SIGNING,
            Self::TrustList => oid::TRUST_LIST_SIGNING,
            Self::Ocsp => oid::OCSP_SIGNING,
        }
    }

    /// A word for names and files: `sd-jwt`, `code`, `status-list`, `trust-list`, `ocsp`.
    pub fn word(self) -> &'static str {
        match self {
            Self::SdJwt => "sd-jwt",
            Self::Code => "code",
            Self::StatusList => "status-list",
            Self::TrustList => "trust-list",
            Self::Ocsp => "ocsp",
        }
    }
}

impl fmt::Display for SignerPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A signer's certificate that meets the profile; whether an authority signed it, [`verify_signer`] tells.
#[derive(Clone, PartialEq, Eq)]
pub struct SignerCertificate {
    signed: UnverifiedSigned,
    serial: SerialNumber,
    issuer: Name,
    authority_key_identifier: KeyIdentifier,
    subject: Name,
    not_before: Timestamp,
    not_after: Timestamp,
    key: EcPublicKey,
    purpose: SignerPurpose,
    uris: Vec<String>,
    dns_names: Vec<String>,
}

impl SignerCertificate {
    /// Reads DER.
    ///
    /// # Errors
    /// The first departure from the profile.
    pub fn parse(der: &[u8]) -> Result<Self, SignerFault> {
        let signed = UnverifiedSigned::split(der)?;
        let frame = Frame::of(&signed)?;
        if frame.key.curve() != Curve::P256 {
            return Err(FrameFault::Key(KeyFault::WrongCurve).into());
        }
        let arc = PrivateArc::default();
        let mut reader = Reader::new(&frame.extensions, &arc)?;
        let authority_key_identifier = read_authority_key_identifier(&mut reader)?
            .ok_or(ExtensionFault::Missing(ExtensionKind::AuthorityKeyIdentifier))?;
        let subject_key: SubjectKeyIdentifier = reader.decoded(ExtensionKind::SubjectKeyIdentifier)?;
        if subject_key.0.as_bytes() != frame.key.identifier().as_bytes() {
            return Err(SignerFault::SubjectKeyIdentifier);
        }
        if reader.required(ExtensionKind::KeyUsage)? != DIGITAL_SIGNATURE {
            return Err(SignerFault::Usage);
        }
        let constraints: BasicConstraints = reader.decoded(ExtensionKind::BasicConstraints)?;
        if constraints.ca {
            return Err(SignerFault::Authority);
        }
        let purpose = read_purpose(&mut reader)?;
        let no_check = reader.optional(ExtensionKind::OcspNoCheck)?;
        if no_check.is_some_and(|value| value != NO_CHECK) {
            return Err(ExtensionFault::Malformed(ExtensionKind::OcspNoCheck).into());
        }
        if no_check.is_some() != (purpose == SignerPurpose::Ocsp) {
            return Err(SignerFault::NoCheck);
        }
        let (uris, dns_names) = read_names(&mut reader)?;
        reader.finish()?;
        Ok(Self {
            signed,
            serial: frame.serial,
            issuer: frame.issuer,
            authority_key_identifier,
            subject: frame.subject,
            not_before: frame.not_before,
            not_after: frame.not_after,
            key: frame.key,
            purpose,
            uris,
            dns_names,
        })
    }

    /// The certificate as it came.
    pub fn der(&self) -> &[u8] {
        self.signed.der()
    }

    /// The serial number.
    pub fn serial(&self) -> SerialNumber {
        self.serial
    }

    /// What the key signs.
    pub fn purpose(&self) -> SignerPurpose {
        self.purpose
    }

    /// The key.
    pub fn public_key(&self) -> &EcPublicKey {
        &self.key
    }

    /// The subject in the form of RFC 4514.
    pub fn name(&self) -> String {
        self.subject.to_string()
    }

    /// First instant of validity.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// Last second of validity, valid to its end.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Whether `now` lies within its validity.
    pub fn dates_at(&self, now: Timestamp) -> DateVerdict {
        frame::judge_dates(self.not_before, self.not_after, now)
    }

    /// The URIs among its alternative names: whose `iss` it may sign.
    pub fn uris(&self) -> &[String] {
        &self.uris
    }

    /// The host names among its alternative names.
    pub fn dns_names(&self) -> &[String] {
        &self.dns_names
    }

    /// Whether `authority` is named as issuer, by name and by key.
    pub fn names_as_issuer(&self, authority: &CaCertificate) -> bool {
        self.issuer == *authority.subject_name()
            && self.authority_key_identifier == *authority.key_identifier()
    }

    /// Checks the signature alone.
    ///
    /// # Errors
    /// When `key` did not sign it.
    pub fn verify_signature(&self, key: &EcPublicKey) -> Result<(), BadSignature> {
        self.signed.verify(key)
    }
}

impl fmt::Debug for SignerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignerCertificate")
            .field("purpose", &self.purpose)
            .field("serial", &self.serial)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

fn read_purpose(reader: &mut Reader<'_>) -> Result<SignerPurpose, SignerFault> {
    let usages: ExtendedKeyUsage = reader.decoded(ExtensionKind::ExtendedKeyUsage)?;
    match usages.0.as_slice() {
        [usage] => SignerPurpose::ALL.into_iter().find(|purpose| purpose.oid() == *usage),
        _ => None,
    }
    .ok_or(SignerFault::Purpose)
}

fn read_names(reader: &mut Reader<'_>) -> Result<(Vec<String>, Vec<String>), SignerFault> {
    let (mut uris, mut dns_names) = (Vec::new(), Vec::new());
    if let Some(der) = reader.optional(ExtensionKind::SubjectAltName)? {
        let names: SubjectAltName = exactly(ExtensionKind::SubjectAltName, der)?;
        for name in names.0 {
            match name {
                GeneralName::UniformResourceIdentifier(uri) => uris.push(uri.as_str().to_owned()),
                GeneralName::DnsName(host) => dns_names.push(host.as_str().to_owned()),
                _ => return Err(SignerFault::Names),
            }
        }
    }
    Ok((uris, dns_names))
}

/// Verifies `x5c` (DER, the signer's certificate first, without the root) up to one of `anchors`, for one
/// purpose, with every certificate valid at `now`.
///
/// # Errors
/// The first rule that is broken; dates come last.
pub fn verify_signer(
    x5c: &[Vec<u8>],
    anchors: &[TrustAnchor],
    purpose: SignerPurpose,
    now: Timestamp,
) -> Result<VerifiedSigner, SignerFault> {
    verify_signer_undated(x5c, anchors, purpose)?.at(now)
}

/// Verifies everything but the dates, as [`super::chain::verify_undated`] does for devices: an expired statement is
/// told from a forged one.
///
/// # Errors
/// The first rule that is broken.
pub fn verify_signer_undated(
    x5c: &[Vec<u8>],
    anchors: &[TrustAnchor],
    purpose: SignerPurpose,
) -> Result<UndatedSigner, SignerFault> {
    let (leaf, above) = match x5c {
        [] => return Err(ChainFault::Empty.into()),
        _ if x5c.len() > MAX_CERTIFICATES => return Err(ChainFault::TooLong.into()),
        [leaf, above @ ..] => (leaf, above),
    };
    let certificate = SignerCertificate::parse(leaf)?;
    if certificate.purpose != purpose {
        return Err(SignerFault::Purpose);
    }
    let above = Above::read(above, anchors)?;
    check_issued_by(&certificate, above.issuing()?)?;
    Ok(UndatedSigner { certificate, above })
}

/// Checks that `issuing` names and signed `certificate`.
pub(super) fn check_issued_by(
    certificate: &SignerCertificate,
    issuing: &CaCertificate,
) -> Result<(), ChainFault> {
    if !certificate.names_as_issuer(issuing) {
        return Err(ChainFault::NotNamedAsIssuer { by: ChainLink::Signer });
    }
    certificate
        .verify_signature(issuing.public_key())
        .map_err(|_| ChainFault::BadSignature { of: ChainLink::Signer })
}

/// A signer below a trusted root, whose dates nobody has looked at yet; only [`verify_signer_undated`] makes it.
#[derive(Debug, Clone)]
pub struct UndatedSigner {
    certificate: SignerCertificate,
    above: Above,
}

impl UndatedSigner {
    /// Its certificate.
    pub fn certificate(&self) -> &SignerCertificate {
        &self.certificate
    }

    /// The root it ends in.
    pub fn anchor(&self) -> &TrustAnchor {
        self.above.anchor()
    }

    /// Judges the dates of every certificate in the chain, the root's included.
    ///
    /// # Errors
    /// [`ChainFault::NotYetValid`] or [`ChainFault::Expired`].
    pub fn judge(&self, now: Timestamp) -> Result<(), ChainFault> {
        let dates = (self.certificate.not_before, self.certificate.not_after);
        judge_one(ChainLink::Signer, dates, self.certificate.dates_at(now))?;
        self.above.judge(now)
    }

    /// The signer, if all of it is valid at `now`.
    ///
    /// # Errors
    /// As [`judge`](Self::judge).
    pub fn at(self, now: Timestamp) -> Result<VerifiedSigner, SignerFault> {
        self.judge(now)?;
        let (issuing, anchor) = (self.above.issuing()?.clone(), self.above.anchor().clone());
        Ok(VerifiedSigner { certificate: self.certificate, issuing, anchor })
    }
}

/// A signer below a trusted root; only [`verify_signer`] makes it.
#[derive(Debug, Clone)]
pub struct VerifiedSigner {
    certificate: SignerCertificate,
    issuing: CaCertificate,
    anchor: TrustAnchor,
}

impl VerifiedSigner {
    /// Its certificate.
    pub fn certificate(&self) -> &SignerCertificate {
        &self.certificate
    }

    /// Its key.
    pub fn public_key(&self) -> &EcPublicKey {
        &self.certificate.key
    }

    /// The authority for which it signs.
    pub fn issuing_authority(&self) -> &CaCertificate {
        &self.issuing
    }

    /// The root it ends in.
    pub fn anchor(&self) -> &TrustAnchor {
        &self.anchor
    }
}

/// Messages complete "cannot trust signer: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignerFault {
    /// The envelope around the body.
    #[error(transparent)]
    Signed(#[from] SignedFault),
    /// The form that every certificate has.
    #[error(transparent)]
    Frame(#[from] FrameFault),
    /// An extension missing, repeated, malformed, wrongly critical, or critical and unknown.
    #[error(transparent)]
    Extension(#[from] ExtensionFault),
    /// The way up to the root, and the dates.
    #[error(transparent)]
    Chain(#[from] ChainFault),
    /// Not the identifier of its own key.
    #[error("its key identifier is not that of its key")]
    SubjectKeyIdentifier,
    /// Not digitalSignature alone.
    #[error("its key usage is not digitalSignature alone")]
    Usage,
    /// CA:TRUE.
    #[error("it is an authority's")]
    Authority,
    /// No purpose of ours, several, or another one than is asked for.
    #[error("it is for another purpose")]
    Purpose,
    /// ocsp-nocheck on another signer, or none on an OCSP responder.
    #[error("ocsp-nocheck is there or missing against the profile")]
    NoCheck,
    /// A name that is neither a URI nor a host name.
    #[error("it has an alternative name of another kind than URI and DNS")]
    Names,
}

#[cfg(test)]
mod tests;
