//! The body of a device certificate: what is to be signed, read back and checked against the profile.
//!
//! The issuer's lint and the wallet's reader both stand on this, so that what the one lets out the other
//! lets in.

use std::fmt;

use jiff::Timestamp;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, BasicConstraints, SubjectKeyIdentifier};
use x509_cert::name::Name;

use super::ca::CaCertificate;
use super::certificate::CertificateFault;
use super::extension::locations;
use super::extension::private::{self, DeviceExtensions};
use super::extension::{ExtensionFault, ExtensionKind, Reader, exactly, statements};
use super::frame::{Frame, FrameFault};
use super::key::{Curve, EcPublicKey, KeyFault, KeyIdentifier, SignatureAlgorithm};
use super::name::SubjectName;
use super::oid::{ObjectIdentifier, PrivateArc};
use super::profile::{DeviceCertificateFields, PkiUrls};
use super::serial::SerialNumber;

/// KeyUsage with digitalSignature alone.
const DIGITAL_SIGNATURE: &[u8] = b"\x03\x02\x07\x80";
/// ExtKeyUsageSyntax with id-kp-clientAuth alone.
const CLIENT_AUTH: &[u8] = b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02";
/// BasicConstraints of an end entity: all default.
const END_ENTITY: &[u8] = b"\x30\x00";

/// The body of a device certificate that meets the profile; signed or not is another question.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceBody {
    serial: SerialNumber,
    algorithm: SignatureAlgorithm,
    issuer: Name,
    authority_key_identifier: KeyIdentifier,
    subject: SubjectName,
    not_before: Timestamp,
    not_after: Timestamp,
    key: EcPublicKey,
    private: DeviceExtensions,
    urls: PkiUrls,
    unknown_extensions: Vec<ObjectIdentifier>,
    extensions: Vec<(ObjectIdentifier, bool)>,
}

impl DeviceBody {
    /// Reads the DER of a TBSCertificate; our own identifiers stand under `arc`.
    ///
    /// Extensions that are unknown and not critical pass, as RFC 5280 §4.2 wants it of readers;
    /// [`unknown_extensions`](Self::unknown_extensions) tells a stricter caller.
    ///
    /// # Errors
    /// The first departure from the profile.
    pub fn read(to_be_signed: &[u8], arc: &PrivateArc) -> Result<Self, CertificateFault> {
        let frame = Frame::read(to_be_signed)?;
        if frame.key.curve() != Curve::P256 {
            return Err(FrameFault::Key(KeyFault::WrongCurve).into());
        }
        let subject = SubjectName::read(&frame.subject)?;
        let mut reader = Reader::new(&frame.extensions, arc)?;
        let authority_key_identifier = read_authority_key_identifier(&mut reader)?
            .ok_or(ExtensionFault::Missing(ExtensionKind::AuthorityKeyIdentifier))?;
        let subject_key_identifier: SubjectKeyIdentifier =
            reader.decoded(ExtensionKind::SubjectKeyIdentifier)?;
        if subject_key_identifier.0.as_bytes() != frame.key.identifier().as_bytes() {
            return Err(CertificateFault::SubjectKeyIdentifier);
        }
        read_purpose(&mut reader)?;
        read_statements(&mut reader, arc)?;
        let urls = locations::read(&mut reader)?;
        let private = private::read(&mut reader)?;
        if private.activated_at < frame.not_before || private.activated_at > frame.not_after {
            return Err(CertificateFault::ActivatedOutsideValidity);
        }
        Ok(Self {
            serial: frame.serial,
            algorithm: frame.algorithm,
            issuer: frame.issuer,
            authority_key_identifier,
            subject,
            not_before: frame.not_before,
            not_after: frame.not_after,
            key: frame.key,
            private,
            urls,
            unknown_extensions: reader.finish()?,
            extensions: frame.extensions.iter().map(|one| (one.extn_id, one.critical)).collect(),
        })
    }

    /// Every extension as it stands there, in its order: identifier, and whether it is critical.
    pub fn extensions(&self) -> &[(ObjectIdentifier, bool)] {
        &self.extensions
    }

    /// The serial number.
    pub fn serial(&self) -> SerialNumber {
        self.serial
    }

    /// With what it is, or is to be, signed.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Which key of the issuing authority signs it.
    pub fn authority_key_identifier(&self) -> &KeyIdentifier {
        &self.authority_key_identifier
    }

    /// Whether it names `authority` as issuer, by name and by key.
    pub fn names_as_issuer(&self, authority: &CaCertificate) -> bool {
        self.issuer == *authority.subject_name()
            && self.authority_key_identifier == *authority.key_identifier()
    }

    /// Whom it names.
    pub fn subject(&self) -> &SubjectName {
        &self.subject
    }

    /// First instant of validity; whole seconds.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// Last second of validity, valid to its end.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// The device's key.
    pub fn key(&self) -> &EcPublicKey {
        &self.key
    }

    /// Where its status is published.
    pub fn urls(&self) -> &PkiUrls {
        &self.urls
    }

    /// What an issuer had to ask for to get this certificate.
    pub fn fields(&self) -> DeviceCertificateFields {
        DeviceCertificateFields {
            given_names: self.subject.given_names().clone(),
            surname: self.subject.surname().clone(),
            pesel: self.subject.pesel().clone(),
            device_name: self.private.device_name.clone(),
            slot: self.private.slot,
            activated_at: self.private.activated_at,
            card_digest: self.private.card_digest,
            not_before: self.not_before,
            not_after: self.not_after,
        }
    }

    /// Extensions that the profile does not know; none of them is critical.
    pub fn unknown_extensions(&self) -> &[ObjectIdentifier] {
        &self.unknown_extensions
    }

    pub(crate) fn private(&self) -> &DeviceExtensions {
        &self.private
    }
}

/// The key identifier of an authorityKeyIdentifier, if the extension is there.
pub(crate) fn read_authority_key_identifier(
    reader: &mut Reader<'_>,
) -> Result<Option<KeyIdentifier>, ExtensionFault> {
    const KIND: ExtensionKind = ExtensionKind::AuthorityKeyIdentifier;
    let Some(der) = reader.optional(KIND)? else {
        return Ok(None);
    };
    match exactly(KIND, der)? {
        AuthorityKeyIdentifier {
            key_identifier: Some(identifier),
            authority_cert_issuer: None,
            authority_cert_serial_number: None,
        } => Ok(Some(KeyIdentifier::new(identifier.as_bytes()))),
        _ => Err(ExtensionFault::Malformed(KIND)),
    }
}

fn read_purpose(reader: &mut Reader<'_>) -> Result<(), CertificateFault> {
    let constraints = reader.required(ExtensionKind::BasicConstraints)?;
    if constraints != END_ENTITY {
        let read: BasicConstraints = exactly(ExtensionKind::BasicConstraints, constraints)?;
        return Err(if read.ca {
            CertificateFault::IsAuthority
        } else {
            ExtensionFault::Malformed(ExtensionKind::BasicConstraints).into()
        });
    }
    if reader.required(ExtensionKind::KeyUsage)? != DIGITAL_SIGNATURE {
        return Err(CertificateFault::KeyUsage);
    }
    if reader.required(ExtensionKind::ExtendedKeyUsage)? != CLIENT_AUTH {
        return Err(CertificateFault::ExtendedKeyUsage);
    }
    Ok(())
}

fn read_statements(reader: &mut Reader<'_>, arc: &PrivateArc) -> Result<(), CertificateFault> {
    let same = |expected: Result<super::extension::EncodedExtension, der::Error>, found: &[u8]| {
        expected.is_ok_and(|expected| expected.der == found)
    };
    let policies = reader.required(ExtensionKind::CertificatePolicies)?;
    if !same(statements::device_policy(arc), policies) {
        return Err(CertificateFault::Policy);
    }
    let qc_statements = reader.required(ExtensionKind::QcStatements)?;
    if !same(statements::natural_person(), qc_statements) {
        return Err(CertificateFault::QcStatements);
    }
    Ok(())
}

impl fmt::Debug for DeviceBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceBody")
            .field("serial", &self.serial)
            .field("not_before", &self.not_before)
            .field("not_after", &self.not_after)
            .field("slot", &self.private.slot)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, CustomExtension, IsCa, KeyUsagePurpose};

    use super::*;
    use crate::x509::extension::locations::LocationFault;
    use crate::x509::extension::private::PrivateFault;
    use crate::x509::sample;

    fn read(edit: impl FnOnce(&mut CertificateParams)) -> Result<DeviceBody, CertificateFault> {
        DeviceBody::read(&sample::device_body(edit), &PrivateArc::default())
    }

    #[test]
    fn what_was_asked_for_is_what_is_read() {
        let body = read(|_| {}).unwrap();
        assert_eq!(body.fields(), sample::fields());
        assert_eq!(body.urls(), &sample::urls());
        assert_eq!(body.key(), &sample::device_key());
        assert_eq!(body.serial().to_string(), "5e".repeat(16));
        assert_eq!(body.unknown_extensions(), []);
    }

    #[test]
    fn the_purpose_is_signing_for_clients_and_nothing_else() {
        use rcgen::ExtendedKeyUsagePurpose::{Any, ClientAuth, ServerAuth};
        let key_usage = CertificateFault::KeyUsage;
        let extended = CertificateFault::ExtendedKeyUsage;
        type Edit = fn(&mut CertificateParams);
        let cases: [(Edit, &CertificateFault); 7] = [
            (|p| p.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained), &CertificateFault::IsAuthority),
            (|p| p.is_ca = IsCa::Ca(rcgen::BasicConstraints::Constrained(0)), &CertificateFault::IsAuthority),
            (|p| p.key_usages.push(KeyUsagePurpose::KeyCertSign), &key_usage),
            (|p| p.key_usages = vec![KeyUsagePurpose::ContentCommitment], &key_usage),
            (|p| p.extended_key_usages = vec![ServerAuth], &extended),
            (|p| p.extended_key_usages = vec![ClientAuth, ServerAuth], &extended),
            (|p| p.extended_key_usages = vec![Any], &extended),
        ];
        for (index, (edit, fault)) in cases.into_iter().enumerate() {
            assert_eq!(read(edit).as_ref(), Err(fault), "case {index}");
        }
    }

    #[test]
    fn every_extension_of_the_profile_must_be_there() {
        let missing = |kind| Err(CertificateFault::Extension(ExtensionFault::Missing(kind)));
        assert_eq!(
            read(|p| p.use_authority_key_identifier_extension = false),
            missing(ExtensionKind::AuthorityKeyIdentifier)
        );
        assert_eq!(read(|p| p.key_usages.clear()), missing(ExtensionKind::KeyUsage));
        assert_eq!(read(|p| p.extended_key_usages.clear()), missing(ExtensionKind::ExtendedKeyUsage));
        // Without ExplicitNoCa rcgen leaves out both this one and the basic constraints.
        assert_eq!(read(|p| p.is_ca = IsCa::NoCa), missing(ExtensionKind::SubjectKeyIdentifier));
        let gone = |kind| read(|p| drop(p.custom_extensions.remove(sample::position_of(p, kind))));
        for kind in [ExtensionKind::CertificatePolicies, ExtensionKind::QcStatements] {
            assert_eq!(gone(kind), missing(kind));
        }
        let location = |kind| LocationFault::Extension(ExtensionFault::Missing(kind)).into();
        assert_eq!(
            gone(ExtensionKind::AuthorityInfoAccess),
            Err(location(ExtensionKind::AuthorityInfoAccess))
        );
        assert_eq!(
            read(|p| p.crl_distribution_points.clear()),
            Err(location(ExtensionKind::CrlDistributionPoints))
        );
        for kind in [
            ExtensionKind::DeviceName,
            ExtensionKind::DeviceSlot,
            ExtensionKind::ActivatedAt,
            ExtensionKind::CardDigest,
        ] {
            assert_eq!(gone(kind), Err(PrivateFault::Extension(ExtensionFault::Missing(kind)).into()));
        }
    }

    #[test]
    fn unknown_extensions_pass_unless_critical() {
        let unknown = |critical| {
            let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 55555, 9], vec![5, 0]);
            extension.set_criticality(critical);
            read(|p| p.custom_extensions.push(extension))
        };
        let oid = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.55555.9");
        assert_eq!(unknown(false).unwrap().unknown_extensions(), [oid]);
        assert_eq!(unknown(true), Err(ExtensionFault::UnknownCritical(oid).into()));
    }

    #[test]
    fn repeated_and_wrongly_critical_extensions_are_refused() {
        let arc = PrivateArc::default();
        assert_eq!(
            read(|p| p.custom_extensions.push(p.custom_extensions[0].clone())),
            Err(ExtensionFault::Repeated(ExtensionKind::AuthorityInfoAccess.oid(&arc)).into())
        );
        let kind = ExtensionKind::CertificatePolicies;
        assert_eq!(
            read(|p| {
                let position = sample::position_of(p, kind);
                p.custom_extensions[position].set_criticality(true);
            }),
            Err(ExtensionFault::Criticality(kind).into())
        );
    }

    #[test]
    fn statements_must_be_the_profiles() {
        let any = statements::any_policy().unwrap().der;
        assert_eq!(
            read(|p| sample::replace(p, ExtensionKind::CertificatePolicies, &any)),
            Err(CertificateFault::Policy)
        );
        // SEQUENCE { SEQUENCE { id-etsi-qcs-QcCompliance } }: a claim to be qualified.
        let compliance = b"\x30\x0a\x30\x08\x06\x06\x04\x00\x8e\x46\x01\x01";
        assert_eq!(
            read(|p| sample::replace(p, ExtensionKind::QcStatements, compliance)),
            Err(CertificateFault::QcStatements)
        );
    }

    #[test]
    fn the_key_is_on_p256_and_its_identifier_derived_from_it() {
        assert_eq!(
            read(|p| p.key_identifier_method = rcgen::KeyIdMethod::PreSpecified(vec![7; 20])),
            Err(CertificateFault::SubjectKeyIdentifier)
        );
        let by = |algorithm| {
            let device = rcgen::KeyPair::generate_for(algorithm).unwrap();
            let der = sample::device_der_by(&sample::HIERARCHY.issuing, &device, |_| {});
            crate::x509::certificate::DeviceCertificate::parse(&der).unwrap_err()
        };
        assert_eq!(by(&rcgen::PKCS_RSA_SHA256), FrameFault::Key(KeyFault::NotEllipticCurve).into());
        assert_eq!(by(&rcgen::PKCS_ED25519), FrameFault::Key(KeyFault::NotEllipticCurve).into());
        assert_eq!(by(&rcgen::PKCS_ECDSA_P384_SHA384), FrameFault::Key(KeyFault::WrongCurve).into());
    }

    #[test]
    fn activation_lies_within_the_validity() {
        let activated =
            |der: &'static [u8]| read(|p| sample::replace(p, ExtensionKind::ActivatedAt, der)).map(|_| ());
        let outside = Err(CertificateFault::ActivatedOutsideValidity);
        assert_eq!(activated(b"\x18\x0f20260831215959Z"), outside);
        assert_eq!(activated(b"\x18\x0f20260831220000Z"), Ok(()));
        assert_eq!(activated(b"\x18\x0f20270930215959Z"), Ok(()));
        assert_eq!(activated(b"\x18\x0f20270930220000Z"), outside);
    }

    #[test]
    fn another_arc_is_another_profile() {
        let arc = PrivateArc::parse("1.3.6.1.4.1.55555").unwrap();
        let body = sample::device_body(|_| {});
        assert_eq!(DeviceBody::read(&body, &arc), Err(CertificateFault::Policy));
    }

    #[test]
    fn debug_output_and_faults_tell_nobody() {
        let printed = format!("{:?}", read(|_| {}).unwrap());
        for secret in ["Anna", "Gęślą", "02070803628", "Telefon"] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }
}
