//! The device certificate: strict reader.

use std::fmt;

use aws_lc_rs::digest;
use jiff::Timestamp;

use super::body::DeviceBody;
use super::ca::CaCertificate;
use super::extension::ExtensionFault;
use super::extension::locations::LocationFault;
use super::extension::private::PrivateFault;
use super::frame;
pub use super::frame::DateVerdict;
pub use super::frame::FrameFault;
use super::key::{BadSignature, EcPublicKey, KeyIdentifier};
use super::name::SubjectFault;
use super::oid::PrivateArc;
use super::serial::SerialNumber;
use super::signed::{SignedFault, UnverifiedSigned};
use crate::device::DeviceSlot;
use crate::pesel::Pesel;

/// A device certificate that has the form of the profile. Who signed it is for
/// [`verify_chain`](super::chain::verify_chain) to tell.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceCertificate {
    signed: UnverifiedSigned,
    body: DeviceBody,
}

impl DeviceCertificate {
    /// Reads DER, our own identifiers under the default arc.
    ///
    /// # Errors
    /// The first departure from the profile.
    pub fn parse(der: &[u8]) -> Result<Self, CertificateFault> {
        Self::parse_under(der, &PrivateArc::default())
    }

    /// Reads DER, our own identifiers under `arc`.
    ///
    /// # Errors
    /// The first departure from the profile.
    pub fn parse_under(der: &[u8], arc: &PrivateArc) -> Result<Self, CertificateFault> {
        let signed = UnverifiedSigned::split(der)?;
        let body = DeviceBody::read(signed.to_be_signed(), arc)?;
        if body.algorithm() != signed.algorithm() {
            return Err(FrameFault::AlgorithmsDiffer.into());
        }
        Ok(Self { signed, body })
    }

    /// Puts together what was just signed: `body` as it was read from `to_be_signed`, which must be what `der` signs, to
    /// the octet. What was read and judged before its signature is not read again after it.
    ///
    /// # Errors
    /// When `der` is no signed structure, or signs something else.
    pub fn of_signed(der: &[u8], to_be_signed: &[u8], body: DeviceBody) -> Result<Self, CertificateFault> {
        let signed = UnverifiedSigned::split(der)?;
        if signed.to_be_signed() != to_be_signed {
            return Err(CertificateFault::OtherBody);
        }
        if body.algorithm() != signed.algorithm() {
            return Err(FrameFault::AlgorithmsDiffer.into());
        }
        Ok(Self { signed, body })
    }

    /// The DER that was read.
    pub fn der(&self) -> &[u8] {
        self.signed.der()
    }

    /// SHA-256 of the DER.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.der())
    }

    /// Everything that is signed.
    pub fn body(&self) -> &DeviceBody {
        &self.body
    }

    /// The serial number.
    pub fn serial(&self) -> SerialNumber {
        self.body.serial()
    }

    /// All given names of the pupil.
    pub fn given_names(&self) -> &str {
        self.body.subject().given_names().as_str()
    }

    /// The pupil's surname.
    pub fn surname(&self) -> &str {
        self.body.subject().surname().as_str()
    }

    /// The pupil's PESEL.
    pub fn pesel(&self) -> &Pesel {
        self.body.subject().pesel()
    }

    /// First instant of validity; whole seconds.
    pub fn not_before(&self) -> Timestamp {
        self.body.not_before()
    }

    /// Last second of validity, valid to its end.
    pub fn not_after(&self) -> Timestamp {
        self.body.not_after()
    }

    /// Where `now` lies with respect to this certificate's own validity.
    pub fn dates_at(&self, now: Timestamp) -> DateVerdict {
        frame::judge_dates(self.not_before(), self.not_after(), now)
    }

    /// The device's key: SPKI DER and SEC1 point.
    pub fn public_key(&self) -> &EcPublicKey {
        self.body.key()
    }

    /// What the phone called itself.
    pub fn device_name(&self) -> &str {
        self.body.private().device_name.as_str()
    }

    /// Which of how many devices.
    pub fn slot(&self) -> DeviceSlot {
        self.body.private().slot
    }

    /// When the card was opened on the device; whole seconds.
    pub fn activated_at(&self) -> Timestamp {
        self.body.private().activated_at
    }

    /// SHA-256 of the card data that it attests.
    pub fn card_digest(&self) -> &[u8; 32] {
        &self.body.private().card_digest
    }

    /// Where the revocation list is.
    pub fn crl_url(&self) -> &str {
        self.body.urls().crl()
    }

    /// Where to ask about it alone (RFC 6960), if its issuer answers.
    pub fn ocsp_url(&self) -> Option<&str> {
        self.body.urls().ocsp()
    }

    /// Which key of the issuing authority should have signed it.
    pub fn authority_key_identifier(&self) -> &KeyIdentifier {
        self.body.authority_key_identifier()
    }

    /// Whether `authority` is named as issuer, by name and by key.
    pub fn names_as_issuer(&self, authority: &CaCertificate) -> bool {
        self.body.names_as_issuer(authority)
    }

    /// Checks the signature alone.
    ///
    /// # Errors
    /// When `key` did not sign it.
    pub fn verify_signature(&self, key: &EcPublicKey) -> Result<(), BadSignature> {
        self.signed.verify(key)
    }
}

impl fmt::Debug for DeviceCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceCertificate").field("body", &self.body).finish_non_exhaustive()
    }
}

/// SHA-256 of a certificate's DER; shown as lower-case hex.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(crate) fn of(der: &[u8]) -> Self {
        let mut octets = [0; 32];
        octets.copy_from_slice(digest::digest(&digest::SHA256, der).as_ref());
        Self(octets)
    }

    /// Its octets.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// Messages complete "cannot accept device certificate: …"; they tell no personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    /// The envelope around the body.
    #[error(transparent)]
    Signed(#[from] SignedFault),
    /// The form that every certificate has.
    #[error(transparent)]
    Frame(#[from] FrameFault),
    /// Around another body than the one that was read.
    #[error("it signs another body")]
    OtherBody,
    /// The subject's name.
    #[error("subject is refused: {0}")]
    Subject(#[from] SubjectFault),
    /// An extension missing, repeated, malformed, wrongly critical, or critical and unknown.
    #[error(transparent)]
    Extension(#[from] ExtensionFault),
    /// Not derived from the key.
    #[error("its subjectKeyIdentifier is not its key's")]
    SubjectKeyIdentifier,
    /// CA:TRUE.
    #[error("it claims to be an authority")]
    IsAuthority,
    /// Not digitalSignature alone.
    #[error("its key usage is not digitalSignature alone")]
    KeyUsage,
    /// Not clientAuth alone.
    #[error("its extended key usage is not clientAuth alone")]
    ExtendedKeyUsage,
    /// Not the policy of device certificates alone.
    #[error("its certificate policy is not that of device certificates")]
    Policy,
    /// Not the natural-person semantics alone; a claim to be qualified ends here.
    #[error("its QC statements are not the natural-person semantics alone")]
    QcStatements,
    /// Revocation list, OCSP responder, issuing authority's certificate.
    #[error(transparent)]
    Location(#[from] LocationFault),
    /// Device name, slot, activation time, card digest.
    #[error(transparent)]
    Private(#[from] PrivateFault),
    /// Activated before the card began or after it ended.
    #[error("its activation time is outside its validity")]
    ActivatedOutsideValidity,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::x509::key::EcPublicKey;
    use crate::x509::sample;

    fn issuing_key() -> EcPublicKey {
        use rcgen::PublicKeyData as _;
        EcPublicKey::from_spki_der(&sample::HIERARCHY.issuing.key.subject_public_key_info()).unwrap()
    }

    #[test]
    fn a_certificate_tells_what_it_attests() {
        let der = sample::device_der(|_| {});
        let certificate = DeviceCertificate::parse(&der).unwrap();
        let fields = sample::fields();
        assert_eq!(certificate.der(), der);
        assert_eq!(certificate.given_names(), "Zażółć Anna");
        assert_eq!(certificate.surname(), "Gęślą-Jaźń");
        assert_eq!(certificate.pesel().as_str(), "02070803628");
        assert_eq!(certificate.device_name(), "Telefon Ani");
        assert_eq!(certificate.slot().to_string(), "2 of 5");
        assert_eq!(certificate.activated_at(), fields.activated_at);
        assert_eq!(certificate.card_digest(), &[0xc4; 32]);
        assert_eq!(
            (certificate.not_before(), certificate.not_after()),
            (fields.not_before, fields.not_after)
        );
        assert_eq!(certificate.crl_url(), "http://pki.example/crl/1.crl");
        assert_eq!(certificate.public_key().sec1(), sample::device_key().sec1());
        assert_eq!(certificate.fingerprint().to_string().len(), 64);
        assert_eq!(certificate.verify_signature(&issuing_key()), Ok(()));
    }

    #[test]
    fn the_two_algorithm_fields_must_agree() {
        let der = sample::edited(&sample::device_der(|_| {}), |parts| {
            parts[1] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03".to_vec();
        });
        assert_eq!(DeviceCertificate::parse(&der), Err(FrameFault::AlgorithmsDiffer.into()));
    }

    #[test]
    fn no_flipped_bit_is_accepted() {
        let der = sample::device_der(|_| {});
        let key = issuing_key();
        for position in 0..der.len() {
            for bit in 0..8 {
                let mut flipped = der.clone();
                flipped[position] ^= 1 << bit;
                let accepted =
                    DeviceCertificate::parse(&flipped).is_ok_and(|c| c.verify_signature(&key).is_ok());
                assert!(!accepted, "bit {bit} of octet {position}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_tampering_is_accepted(at in any::<prop::sample::Index>(), cut in 0_usize..8, put in prop::collection::vec(any::<u8>(), 0..8)) {
            let der = sample::device_der(|_| {});
            let start = at.index(der.len());
            let end = (start + cut).min(der.len());
            let mut tampered = der.clone();
            tampered.splice(start..end, put);
            prop_assume!(tampered != der);
            let key = issuing_key();
            prop_assert!(!DeviceCertificate::parse(&tampered).is_ok_and(|c| c.verify_signature(&key).is_ok()));
        }

        #[test]
        fn whatever_comes_in_does_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            prop_assert!(DeviceCertificate::parse(&bytes).is_err());
        }
    }
}
