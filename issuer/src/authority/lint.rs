//! Second step: the prepared bytes are read back and judged, by the reader that wallets use and then some.

use shared::x509::body::DeviceBody;
use shared::x509::certificate::CertificateFault;
use shared::x509::key::SignatureAlgorithm;
use shared::x509::oid::ObjectIdentifier;

use super::prepare::{Asked, PreparedCertificate};

/// The fewest octets of a serial number: below, it is not a random one (CA/Browser Forum BR §7.1 asks for 64
/// bits; ours have 128, and one in 2⁶⁴ has fewer than these).
const LEAST_SERIAL_OCTETS: usize = 8;

/// A TBSCertificate that meets every rule of the profile; only [`lint`] makes it.
pub struct LintedCertificate {
    to_be_signed: Vec<u8>,
    body: DeviceBody,
}

impl LintedCertificate {
    /// The bytes that will be signed, exactly.
    pub fn to_be_signed(&self) -> &[u8] {
        &self.to_be_signed
    }

    /// What they say.
    pub fn body(&self) -> &DeviceBody {
        &self.body
    }

    pub(super) fn into_parts(self) -> (Vec<u8>, DeviceBody) {
        (self.to_be_signed, self.body)
    }
}

impl std::fmt::Debug for LintedCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LintedCertificate").field("body", &self.body).finish_non_exhaustive()
    }
}

/// Judges prepared bytes.
///
/// # Errors
/// The first rule that they break. That the issuer is ours is for [`Authority::sign`](super::Authority::sign)
/// to check.
pub fn lint(prepared: PreparedCertificate) -> Result<LintedCertificate, LintFinding> {
    let arc = prepared.arc().clone();
    let (to_be_signed, asked) = prepared.into_parts();
    let body = DeviceBody::read(&to_be_signed, &arc)?;
    if body.algorithm() != SignatureAlgorithm::EcdsaSha256 {
        return Err(LintFinding::Algorithm);
    }
    if let Some(&unknown) = body.unknown_extensions().first() {
        return Err(LintFinding::UnknownExtension(unknown));
    }
    if body.serial().as_be_bytes().len() < LEAST_SERIAL_OCTETS {
        return Err(LintFinding::ShortSerial);
    }
    match asked {
        Some(asked) if asked != says(&body) => Err(LintFinding::NotAsAsked),
        _ => Ok(LintedCertificate { to_be_signed, body }),
    }
}

fn says(body: &DeviceBody) -> Asked {
    Asked { fields: body.fields(), key: body.key().clone(), serial: body.serial(), urls: body.urls().clone() }
}

/// Messages complete "certificate is not fit to be signed: …"; they tell no personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LintFinding {
    /// What the wallets' reader would refuse.
    #[error(transparent)]
    Profile(#[from] CertificateFault),
    /// To be signed with another algorithm than ours.
    #[error("it is to be signed with another algorithm than ECDSA with SHA-256")]
    Algorithm,
    /// Readers may pass over it; we have no business writing it.
    #[error("it carries extension {0}, which the profile does not know")]
    UnknownExtension(ObjectIdentifier),
    /// Fewer than 64 bits.
    #[error("its serial number is too short to be random")]
    ShortSerial,
    /// The writer wrote something else.
    #[error("it does not say what was asked for")]
    NotAsAsked,
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose};
    use shared::x509::extension::ExtensionFault;
    use shared::x509::key::EcPublicKey;
    use shared::x509::serial::SerialNumber;

    use super::*;
    use crate::authority::profile::{self, Capture, Subject};
    use crate::authority::tests::{authority, device_key, fields, prepared, serial, urls};
    use crate::authority::{Authority, DeviceCertificateFields};

    /// The bytes that a broken writer would have prepared.
    fn written(
        authority: &Authority,
        serial: SerialNumber,
        edit: impl FnOnce(&mut CertificateParams),
    ) -> Result<LintedCertificate, LintFinding> {
        let key = EcPublicKey::from_p256_sec1(&device_key()).unwrap();
        let mut params = profile::device(&fields(), &key, serial, &urls(), &authority.arc).unwrap();
        edit(&mut params);
        let capture = Capture::new(authority.issuing().public_key());
        let issuer = rcgen::Issuer::from_params(&authority.current.template, &capture);
        params.signed_by(&Subject(&key), &issuer).unwrap();
        lint(PreparedCertificate::from_stored_tbs(capture.into_to_be_signed()).unwrap())
    }

    #[test]
    fn what_readers_refuse_is_never_signed() {
        let dir = tempfile::tempdir().unwrap();
        let authority = authority(dir.path());
        type Edit = fn(&mut CertificateParams);
        let cases: [(Edit, CertificateFault); 4] = [
            (|p| p.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained), CertificateFault::IsAuthority),
            (|p| p.key_usages.push(KeyUsagePurpose::KeyAgreement), CertificateFault::KeyUsage),
            (
                |p| p.extended_key_usages.push(ExtendedKeyUsagePurpose::EmailProtection),
                CertificateFault::ExtendedKeyUsage,
            ),
            (
                |p| {
                    let again = p.custom_extensions[0].clone();
                    p.custom_extensions.push(again);
                },
                CertificateFault::Extension(ExtensionFault::Repeated(
                    shared::x509::oid::AUTHORITY_INFO_ACCESS,
                )),
            ),
        ];
        for (edit, fault) in cases {
            assert_eq!(written(&authority, serial(), edit).unwrap_err(), LintFinding::Profile(fault));
        }
        assert!(written(&authority, serial(), |_| {}).is_ok());
    }

    #[test]
    fn what_readers_pass_over_is_not_written_either() {
        let dir = tempfile::tempdir().unwrap();
        let authority = authority(dir.path());
        let extra = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 55555, 1], vec![5, 0]);
        assert_eq!(
            written(&authority, serial(), |p| p.custom_extensions.push(extra)).unwrap_err(),
            LintFinding::UnknownExtension(ObjectIdentifier::new_unwrap("1.3.6.1.4.1.55555.1"))
        );
        let of_octets = |count: usize| SerialNumber::from_be_bytes(&vec![0x7f; count]).unwrap();
        assert_eq!(written(&authority, of_octets(7), |_| {}).unwrap_err(), LintFinding::ShortSerial);
        assert!(written(&authority, of_octets(8), |_| {}).is_ok());
    }

    #[test]
    fn another_algorithm_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let mut bytes = prepared(&authority(dir.path())).to_be_signed().to_vec();
        // ecdsa-with-SHA256 (…4.3.2) becomes ecdsa-with-SHA384 (…4.3.3).
        let oid = b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
        let at = bytes.windows(oid.len()).position(|window| window == oid).unwrap();
        bytes[at + oid.len() - 1] = 3;
        let found = lint(PreparedCertificate::from_stored_tbs(bytes).unwrap());
        assert_eq!(found.unwrap_err(), LintFinding::Algorithm);
    }

    #[test]
    fn every_asked_field_is_compared_with_what_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let authority = authority(dir.path());
        type Edit = fn(&mut DeviceCertificateFields);
        let edits: [Edit; 5] = [
            |f| f.card_digest[31] ^= 1,
            |f| f.slot = shared::device::DeviceSlot::new(1, 5).unwrap(),
            |f| f.not_after = f.not_before,
            |f| f.device_name = shared::x509::text::DeviceName::parse("Inny").unwrap(),
            |f| f.pesel = shared::pesel::Pesel::parse("44051401359").unwrap(),
        ];
        for (index, edit) in edits.into_iter().enumerate() {
            let mut mixed_up = prepared(&authority);
            edit(mixed_up.asked_fields());
            assert_eq!(lint(mixed_up).unwrap_err(), LintFinding::NotAsAsked, "case {index}");
        }
    }

    #[test]
    fn stored_bytes_that_were_changed_are_found_or_change_what_is_certified() {
        // No signature protects stored bytes yet: the lint keeps the form, the database the content.
        let dir = tempfile::tempdir().unwrap();
        let authority = authority(dir.path());
        let bytes = prepared(&authority).to_be_signed().to_vec();
        let body = lint(PreparedCertificate::from_stored_tbs(bytes.clone()).unwrap()).unwrap().body().clone();
        for position in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[position] ^= 1;
            let Ok(taken) = PreparedCertificate::from_stored_tbs(flipped) else { continue };
            if let Ok(linted) = lint(taken) {
                assert_ne!(linted.body(), &body, "octet {position}");
            }
        }
    }
}
