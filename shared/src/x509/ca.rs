//! Certificates of authorities: the root and the issuing one.

use std::fmt;

use der::flagset::FlagSet;
use jiff::Timestamp;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectKeyIdentifier};
use x509_cert::name::Name;

use super::body::read_authority_key_identifier;
use super::certificate::{DateVerdict, Fingerprint};
use super::extension::{ExtensionFault, ExtensionKind, Reader, exactly};
use super::frame::{self, Frame, FrameFault};
use super::key::{BadSignature, EcPublicKey, KeyIdentifier};
use super::oid::{self, PrivateArc};
use super::serial::SerialNumber;
use super::signed::{SignedFault, UnverifiedSigned};

/// A certificate that may sign certificates. Who signed *it* is for the chain to tell.
#[derive(Clone, PartialEq, Eq)]
pub struct CaCertificate {
    signed: UnverifiedSigned,
    serial: SerialNumber,
    issuer: Name,
    subject: Name,
    not_before: Timestamp,
    not_after: Timestamp,
    key: EcPublicKey,
    key_identifier: KeyIdentifier,
    authority_key_identifier: Option<KeyIdentifier>,
    path_length: Option<u8>,
    usage: FlagSet<KeyUsages>,
}

impl CaCertificate {
    /// Reads DER.
    ///
    /// # Errors
    /// When it is no certificate, or none that may sign certificates (RFC 5280 §4.2.1.3, §4.2.1.9).
    pub fn parse(der: &[u8]) -> Result<Self, CaFault> {
        let signed = UnverifiedSigned::split(der)?;
        let frame = Frame::of(&signed)?;
        if frame.subject.is_empty() {
            return Err(CaFault::NoSubject);
        }
        let arc = PrivateArc::default();
        let mut reader = Reader::new(&frame.extensions, &arc)?;
        let constraints: BasicConstraints = reader.decoded(ExtensionKind::BasicConstraints)?;
        if !constraints.ca {
            return Err(CaFault::NotAnAuthority);
        }
        let usage: KeyUsage = reader.decoded(ExtensionKind::KeyUsage)?;
        if !usage.key_cert_sign() {
            return Err(CaFault::MayNotSignCertificates);
        }
        let key_identifier: SubjectKeyIdentifier = reader.decoded(ExtensionKind::SubjectKeyIdentifier)?;
        let authority_key_identifier = read_authority_key_identifier(&mut reader)?;
        if let Some(purposes) = reader.optional(ExtensionKind::ExtendedKeyUsage)? {
            let purposes: ExtendedKeyUsage = exactly(ExtensionKind::ExtendedKeyUsage, purposes)?;
            if !purposes.0.contains(&oid::CLIENT_AUTH) {
                return Err(CaFault::NotForClients);
            }
        }
        for informative in [
            ExtensionKind::CertificatePolicies,
            ExtensionKind::CrlDistributionPoints,
            ExtensionKind::AuthorityInfoAccess,
        ] {
            reader.optional(informative)?;
        }
        reader.finish()?;
        Ok(Self {
            signed,
            serial: frame.serial,
            issuer: frame.issuer,
            subject: frame.subject,
            not_before: frame.not_before,
            not_after: frame.not_after,
            key: frame.key,
            key_identifier: KeyIdentifier::new(key_identifier.0.as_bytes()),
            authority_key_identifier,
            path_length: constraints.path_len_constraint,
            usage: usage.0,
        })
    }

    /// The DER that was read.
    pub fn der(&self) -> &[u8] {
        self.signed.der()
    }

    /// SHA-256 of the DER.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.der())
    }

    /// The serial number.
    pub fn serial(&self) -> SerialNumber {
        self.serial
    }

    /// The name as one text (RFC 4514), for people.
    pub fn name(&self) -> String {
        self.subject.to_string()
    }

    /// First instant of validity; whole seconds.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// Last second of validity, valid to its end.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Where `now` lies with respect to this certificate's own validity.
    pub fn dates_at(&self, now: Timestamp) -> DateVerdict {
        frame::judge_dates(self.not_before, self.not_after, now)
    }

    /// The authority's key.
    pub fn public_key(&self) -> &EcPublicKey {
        &self.key
    }

    /// The authority's key, as certificates that it signed name it.
    pub fn key_identifier(&self) -> &KeyIdentifier {
        &self.key_identifier
    }

    /// How many further authorities may stand below this one; `None` is any number.
    pub fn path_length(&self) -> Option<u8> {
        self.path_length
    }

    /// Whether it may sign revocation lists.
    pub fn may_sign_lists(&self) -> bool {
        self.usage.contains(KeyUsages::CRLSign)
    }

    /// Whether `authority` is named as issuer, by name and by key.
    pub fn names_as_issuer(&self, authority: &Self) -> bool {
        self.issuer == authority.subject
            && self.authority_key_identifier.as_ref().is_none_or(|named| *named == authority.key_identifier)
    }

    /// Whether it names itself as issuer, as roots do.
    pub fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    /// Checks the signature alone.
    ///
    /// # Errors
    /// When `key` did not sign it.
    pub fn verify_signature(&self, key: &EcPublicKey) -> Result<(), BadSignature> {
        self.signed.verify(key)
    }

    /// The subject's name in the form that rcgen and x509-cert compare and write.
    pub fn subject_name(&self) -> &Name {
        &self.subject
    }
}

impl fmt::Debug for CaCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CaCertificate")
            .field("name", &self.name())
            .field("serial", &self.serial)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

/// Messages complete "cannot accept authority's certificate: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaFault {
    /// The envelope around the body.
    #[error(transparent)]
    Signed(#[from] SignedFault),
    /// The form that every certificate has.
    #[error(transparent)]
    Frame(#[from] FrameFault),
    /// An authority without a name.
    #[error("it names no subject")]
    NoSubject,
    /// An extension missing, repeated, malformed, wrongly critical, or critical and unknown.
    #[error(transparent)]
    Extension(#[from] ExtensionFault),
    /// CA:FALSE.
    #[error("it is not an authority's")]
    NotAnAuthority,
    /// No keyCertSign.
    #[error("its key may not sign certificates")]
    MayNotSignCertificates,
    /// Limited to purposes among which clientAuth is not.
    #[error("it is limited to other purposes than client authentication")]
    NotForClients,
}

#[cfg(test)]
mod tests {
    use rcgen::{
        BasicConstraints as Limits, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose,
    };

    use super::*;
    use crate::x509::sample::{self, HIERARCHY};

    fn parsed(edit: impl FnOnce(&mut CertificateParams)) -> Result<CaCertificate, CaFault> {
        CaCertificate::parse(&sample::authority_under(&HIERARCHY.root, "Sample Other", edit).der)
    }

    #[test]
    fn an_authority_tells_what_it_may() {
        let authority = parsed(|_| {}).unwrap();
        assert_eq!(authority.path_length(), Some(0));
        assert!(authority.may_sign_lists());
        assert!(!authority.is_self_issued());
        assert_eq!(authority.name(), "CN=Sample Other");
        assert_eq!(parsed(|p| p.is_ca = IsCa::Ca(Limits::Unconstrained)).unwrap().path_length(), None);
        assert!(!parsed(|p| p.key_usages = vec![KeyUsagePurpose::KeyCertSign]).unwrap().may_sign_lists());
        assert!(CaCertificate::parse(&HIERARCHY.root.der).unwrap().is_self_issued());
    }

    #[test]
    fn what_may_not_sign_certificates_is_refused_by_name() {
        let missing = |kind| Err(CaFault::Extension(ExtensionFault::Missing(kind)));
        assert_eq!(parsed(|p| p.is_ca = IsCa::ExplicitNoCa), Err(CaFault::NotAnAuthority));
        assert_eq!(parsed(|p| p.is_ca = IsCa::NoCa), missing(ExtensionKind::BasicConstraints));
        assert_eq!(parsed(|p| p.key_usages.clear()), missing(ExtensionKind::KeyUsage));
        assert_eq!(
            parsed(|p| p.key_usages = vec![KeyUsagePurpose::CrlSign]),
            Err(CaFault::MayNotSignCertificates)
        );
        assert_eq!(
            parsed(|p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]),
            Err(CaFault::NotForClients)
        );
        assert!(parsed(|p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]).is_ok());
        assert_eq!(
            parsed(|p| p.distinguished_name = rcgen::DistinguishedName::new()),
            Err(CaFault::NoSubject)
        );
        // Name constraints are critical, and this reader does not judge by them.
        let constrained = parsed(|p| {
            p.name_constraints = Some(rcgen::NameConstraints {
                permitted_subtrees: vec![rcgen::GeneralSubtree::DnsName("example".to_owned())],
                excluded_subtrees: vec![],
            });
        });
        assert!(matches!(constrained, Err(CaFault::Extension(ExtensionFault::UnknownCritical(_)))));
        let differing = sample::edited(&HIERARCHY.issuing.der, |parts| {
            parts[1] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03".to_vec();
        });
        assert_eq!(CaCertificate::parse(&differing), Err(FrameFault::AlgorithmsDiffer.into()));
        let device = CaCertificate::parse(&sample::device_der(|_| {}));
        assert_eq!(device, Err(CaFault::NotAnAuthority));
    }
}
