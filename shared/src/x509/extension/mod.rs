//! The extensions of certificates and revocation lists.
//!
//! The reader walks through the extensions of one certificate: each at most once, each with the criticality
//! of the profile, each in the one encoding that DER allows, and nothing critical left over.

pub mod locations;
pub mod private;
pub mod statements;

use std::fmt;

use der::{DecodeOwned, Encode};
use x509_cert::ext::Extension;

use super::oid::{self, ObjectIdentifier, PrivateArc};

/// An extension ready to be written: never critical here, since rcgen writes the critical ones itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedExtension {
    /// Which.
    pub kind: ExtensionKind,
    /// The DER of its value, without the OCTET STRING around it.
    pub der: Vec<u8>,
}

/// The extensions that the profile knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtensionKind {
    /// RFC 5280 §4.2.1.1
    AuthorityKeyIdentifier,
    /// RFC 5280 §4.2.1.2
    SubjectKeyIdentifier,
    /// RFC 5280 §4.2.1.3
    KeyUsage,
    /// RFC 5280 §4.2.1.4
    CertificatePolicies,
    /// RFC 5280 §4.2.1.6
    SubjectAltName,
    /// RFC 5280 §4.2.1.9
    BasicConstraints,
    /// RFC 5280 §4.2.1.12
    ExtendedKeyUsage,
    /// RFC 5280 §4.2.1.13
    CrlDistributionPoints,
    /// RFC 5280 §4.2.2.1
    AuthorityInfoAccess,
    /// RFC 3739 §3.2.6
    QcStatements,
    /// Ours: what the phone calls itself.
    DeviceName,
    /// Ours: which of how many devices.
    DeviceSlot,
    /// Ours: when the card was opened on the device.
    ActivatedAt,
    /// Ours: digest of the card data.
    CardDigest,
    /// RFC 5280 §5.2.3
    CrlNumber,
    /// RFC 5280 §5.3.1
    CrlReason,
    /// RFC 5280 §5.2.5
    IssuingDistributionPoint,
    /// RFC 6960 §4.2.2.2.1
    OcspNoCheck,
}

impl ExtensionKind {
    /// Its object identifier; ours stand under `arc`.
    pub fn oid(self, arc: &PrivateArc) -> ObjectIdentifier {
        match self {
            Self::AuthorityKeyIdentifier => oid::AUTHORITY_KEY_IDENTIFIER,
            Self::SubjectKeyIdentifier => oid::SUBJECT_KEY_IDENTIFIER,
            Self::KeyUsage => oid::KEY_USAGE,
            Self::CertificatePolicies => oid::CERTIFICATE_POLICIES,
            Self::SubjectAltName => oid::SUBJECT_ALT_NAME,
            Self::BasicConstraints => oid::BASIC_CONSTRAINTS,
            Self::ExtendedKeyUsage => oid::EXTENDED_KEY_USAGE,
            Self::CrlDistributionPoints => oid::CRL_DISTRIBUTION_POINTS,
            Self::AuthorityInfoAccess => oid::AUTHORITY_INFO_ACCESS,
            Self::QcStatements => oid::QC_STATEMENTS,
            Self::DeviceName => arc.device_name(),
            Self::DeviceSlot => arc.device_slot(),
            Self::ActivatedAt => arc.activated_at(),
            Self::CardDigest => arc.card_digest(),
            Self::CrlNumber => oid::CRL_NUMBER,
            Self::CrlReason => oid::CRL_REASON,
            Self::IssuingDistributionPoint => oid::ISSUING_DISTRIBUTION_POINT,
            Self::OcspNoCheck => oid::OCSP_NO_CHECK,
        }
    }

    /// What a device certificate holds.
    pub const OF_DEVICES: [Self; 13] = [
        Self::AuthorityKeyIdentifier,
        Self::SubjectKeyIdentifier,
        Self::KeyUsage,
        Self::CertificatePolicies,
        Self::BasicConstraints,
        Self::ExtendedKeyUsage,
        Self::CrlDistributionPoints,
        Self::AuthorityInfoAccess,
        Self::QcStatements,
        Self::DeviceName,
        Self::DeviceSlot,
        Self::ActivatedAt,
        Self::CardDigest,
    ];

    /// Whether the profile marks it critical.
    pub fn is_critical(self) -> bool {
        matches!(self, Self::KeyUsage | Self::BasicConstraints | Self::IssuingDistributionPoint)
    }
}

impl fmt::Display for ExtensionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AuthorityKeyIdentifier => "authorityKeyIdentifier",
            Self::SubjectKeyIdentifier => "subjectKeyIdentifier",
            Self::KeyUsage => "keyUsage",
            Self::CertificatePolicies => "certificatePolicies",
            Self::SubjectAltName => "subjectAltName",
            Self::BasicConstraints => "basicConstraints",
            Self::ExtendedKeyUsage => "extKeyUsage",
            Self::CrlDistributionPoints => "cRLDistributionPoints",
            Self::AuthorityInfoAccess => "authorityInfoAccess",
            Self::QcStatements => "qcStatements",
            Self::DeviceName => "device name",
            Self::DeviceSlot => "device slot",
            Self::ActivatedAt => "activation time",
            Self::CardDigest => "card digest",
            Self::CrlNumber => "cRLNumber",
            Self::CrlReason => "reasonCode",
            Self::IssuingDistributionPoint => "issuingDistributionPoint",
            Self::OcspNoCheck => "ocsp-nocheck",
        })
    }
}

/// A strict walk through the extensions of one certificate, list or list entry.
pub(crate) struct Reader<'a> {
    extensions: &'a [Extension],
    arc: &'a PrivateArc,
    taken: Vec<ObjectIdentifier>,
}

impl<'a> Reader<'a> {
    /// Begins; no extension may stand there twice (RFC 5280 §4.2).
    pub(crate) fn new(extensions: &'a [Extension], arc: &'a PrivateArc) -> Result<Self, ExtensionFault> {
        for (index, extension) in extensions.iter().enumerate() {
            if extensions.iter().take(index).any(|earlier| earlier.extn_id == extension.extn_id) {
                return Err(ExtensionFault::Repeated(extension.extn_id));
            }
        }
        Ok(Self { extensions, arc, taken: Vec::with_capacity(extensions.len()) })
    }

    /// The DER of an extension's value, if it is there.
    pub(crate) fn optional(&mut self, kind: ExtensionKind) -> Result<Option<&'a [u8]>, ExtensionFault> {
        let oid = kind.oid(self.arc);
        let Some(extension) = self.extensions.iter().find(|extension| extension.extn_id == oid) else {
            return Ok(None);
        };
        if extension.critical != kind.is_critical() {
            return Err(ExtensionFault::Criticality(kind));
        }
        self.taken.push(oid);
        Ok(Some(extension.extn_value.as_bytes()))
    }

    /// The DER of an extension's value.
    pub(crate) fn required(&mut self, kind: ExtensionKind) -> Result<&'a [u8], ExtensionFault> {
        self.optional(kind)?.ok_or(ExtensionFault::Missing(kind))
    }

    /// The value of an extension that must be there.
    pub(crate) fn decoded<T>(&mut self, kind: ExtensionKind) -> Result<T, ExtensionFault>
    where
        T: DecodeOwned<Error = der::Error> + Encode,
    {
        exactly(kind, self.required(kind)?)
    }

    /// Ends: what was not asked for must not be critical; its identifiers are handed back.
    pub(crate) fn finish(self) -> Result<Vec<ObjectIdentifier>, ExtensionFault> {
        let mut unknown = Vec::new();
        for extension in self.extensions.iter().filter(|extension| !self.taken.contains(&extension.extn_id)) {
            if extension.critical {
                return Err(ExtensionFault::UnknownCritical(extension.extn_id));
            }
            unknown.push(extension.extn_id);
        }
        Ok(unknown)
    }
}

/// Decodes `der` if it is the one encoding of what it says.
pub(crate) fn exactly<T>(kind: ExtensionKind, der: &[u8]) -> Result<T, ExtensionFault>
where
    T: DecodeOwned<Error = der::Error> + Encode,
{
    let value = T::from_der(der).map_err(|_| ExtensionFault::Malformed(kind))?;
    if value.to_der().is_ok_and(|again| again == der) {
        Ok(value)
    } else {
        Err(ExtensionFault::Malformed(kind))
    }
}

/// Messages complete "cannot accept extensions: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExtensionFault {
    /// The profile requires it.
    #[error("{0} is missing")]
    Missing(ExtensionKind),
    /// The same one again.
    #[error("extension {0} stands there twice")]
    Repeated(ObjectIdentifier),
    /// Not what its definition says, or not canonical.
    #[error("{0} is malformed")]
    Malformed(ExtensionKind),
    /// Critical where the profile says not, or the other way round.
    #[error("{0} has the wrong criticality")]
    Criticality(ExtensionKind),
    /// Marked critical and not understood (RFC 5280 §4.2).
    #[error("extension {0} is critical and unknown")]
    UnknownCritical(ObjectIdentifier),
}

#[cfg(test)]
mod tests {
    use der::asn1::OctetString;

    use super::*;

    fn extension(oid: ObjectIdentifier, critical: bool, der: &[u8]) -> Extension {
        Extension { extn_id: oid, critical, extn_value: OctetString::new(der).unwrap() }
    }

    #[test]
    fn defaults_written_out_are_malformed() {
        use x509_cert::ext::pkix::BasicConstraints;
        const KIND: ExtensionKind = ExtensionKind::BasicConstraints;
        assert!(exactly::<BasicConstraints>(KIND, b"\x30\x00").is_ok());
        let written_out = exactly::<BasicConstraints>(KIND, b"\x30\x03\x01\x01\x00");
        assert_eq!(written_out, Err(ExtensionFault::Malformed(KIND)));
    }

    #[test]
    fn each_departure_has_its_own_fault() {
        let arc = PrivateArc::default();
        let unknown = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.55555.1");
        let name = |critical, der: &[u8]| extension(arc.device_name(), critical, der);
        let read = |extensions: &[Extension]| {
            let mut reader = Reader::new(extensions, &arc)?;
            let name: String = reader.decoded(ExtensionKind::DeviceName)?;
            Ok::<_, ExtensionFault>((name, reader.finish()?))
        };
        let good = b"\x0c\x01A";
        let kind = ExtensionKind::DeviceName;
        let cases = [
            (vec![name(false, good)], Ok(("A".to_owned(), vec![]))),
            (vec![name(false, good), extension(unknown, false, b"")], Ok(("A".to_owned(), vec![unknown]))),
            (vec![], Err(ExtensionFault::Missing(kind))),
            (vec![name(false, good), name(false, good)], Err(ExtensionFault::Repeated(arc.device_name()))),
            (vec![name(true, good)], Err(ExtensionFault::Criticality(kind))),
            (vec![name(false, b"\x0c\x81\x01A")], Err(ExtensionFault::Malformed(kind))),
            (vec![name(false, b"\x0c\x01A\x05\x00")], Err(ExtensionFault::Malformed(kind))),
            (vec![name(false, b"\x13\x01A")], Err(ExtensionFault::Malformed(kind))),
            (
                vec![name(false, good), extension(unknown, true, b"")],
                Err(ExtensionFault::UnknownCritical(unknown)),
            ),
        ];
        for (extensions, expected) in cases {
            assert_eq!(read(&extensions), expected);
        }
    }
}
