//! A verifier's certificate: the key that signs its requests, its names, and whether somebody vouches for them.

use std::fmt;

use der::Decode;
use der::oid::db::rfc5280::{ID_CE_BASIC_CONSTRAINTS, ID_CE_KEY_USAGE, ID_CE_SUBJECT_ALT_NAME};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, SubjectAltName};
use x509_cert::name::Name;

use crate::jose::jwk::PublicJwk;
use crate::x509::ca::CaCertificate;
use crate::x509::certificate::DateVerdict;
use crate::x509::chain::{MAX_CERTIFICATES, TrustAnchor};
use crate::x509::frame::{Frame, FrameFault, judge_dates};
use crate::x509::key::EcPublicKey;
use crate::x509::signed::{SignedFault, UnverifiedSigned, signed_part};

/// The longest certificate that is looked at, in bytes of DER.
pub const MAX_CERTIFICATE_LENGTH: usize = 16 * 1024;

/// A verifier's certificate with those above it, read and not yet believed by anybody.
#[derive(Clone)]
pub struct VerifierCertificate {
    der: Vec<u8>,
    /// `None` where it is signed with an algorithm that nobody here reads: then nobody can vouch for it.
    signed: Option<UnverifiedSigned>,
    issuer: Name,
    subject: String,
    dns_names: Vec<String>,
    not_before: Timestamp,
    not_after: Timestamp,
    key: PublicJwk,
    above: Vec<Vec<u8>>,
}

/// Who vouches for a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Vouched {
    /// A root that this phone trusts.
    By {
        /// The root's name for people.
        root: String,
    },
    /// Nobody: what the certificate says about its holder is what the holder says.
    ByNobody,
}

impl VerifierCertificate {
    /// Reads `x5c` in DER, the verifier's own certificate first.
    ///
    /// # Errors
    /// See [`VerifierCertificateError`].
    pub fn parse(x5c: &[Vec<u8>]) -> Result<Self, VerifierCertificateError> {
        let (leaf, above) = x5c.split_first().ok_or(VerifierCertificateError::Missing)?;
        if x5c.len() > MAX_CERTIFICATES || x5c.iter().any(|der| der.len() > MAX_CERTIFICATE_LENGTH) {
            return Err(VerifierCertificateError::TooLong);
        }
        let signed = match UnverifiedSigned::split(leaf) {
            Ok(signed) => Some(signed),
            Err(SignedFault::UnsupportedAlgorithm) => None,
            Err(fault) => return Err(fault.into()),
        };
        let frame = Frame::of_stranger(signed_part(leaf)?)?;
        if signed.as_ref().is_some_and(|signed| frame.algorithm != Some(signed.algorithm())) {
            return Err(FrameFault::AlgorithmsDiffer.into());
        }
        let mut dns_names = Vec::new();
        for extension in &frame.extensions {
            let content = extension.extn_value.as_bytes();
            match extension.extn_id {
                ID_CE_SUBJECT_ALT_NAME => dns_names = read_names(content)?,
                ID_CE_KEY_USAGE => may_sign(content)?,
                ID_CE_BASIC_CONSTRAINTS => {
                    BasicConstraints::from_der(content).map_err(|_| VerifierCertificateError::Malformed)?;
                }
                // RFC 5280 §4.2: what is critical and unknown cannot be accepted. Purposes are known and leave us cold.
                der::oid::db::rfc5280::ID_CE_EXT_KEY_USAGE => {}
                _ if extension.critical => return Err(VerifierCertificateError::CriticalExtension),
                _ => {}
            }
        }
        let key = PublicJwk::from_sec1(frame.key.sec1()).map_err(|_| VerifierCertificateError::Key)?;
        Ok(Self {
            issuer: frame.issuer,
            subject: common_name(&frame.subject).unwrap_or_default(),
            dns_names,
            not_before: frame.not_before,
            not_after: frame.not_after,
            key,
            der: leaf.clone(),
            signed,
            above: above.to_vec(),
        })
    }

    /// SHA-256 over the certificate's DER, as `x509_hash` names it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.der).into()
    }

    /// The DNS names that it was issued for.
    pub fn dns_names(&self) -> &[String] {
        &self.dns_names
    }

    /// Whether it was issued for this DNS name.
    pub fn is_for(&self, name: &str) -> bool {
        self.dns_names.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// The holder's name for people: the common name, else the first DNS name, else nothing.
    pub fn name(&self) -> &str {
        match (self.subject.as_str(), self.dns_names.first()) {
            ("", Some(dns)) => dns,
            (name, _) => name,
        }
    }

    /// The key that signs requests.
    pub fn key(&self) -> &PublicJwk {
        &self.key
    }

    /// Where `now` lies with respect to its validity.
    pub fn dates_at(&self, now: Timestamp) -> DateVerdict {
        judge_dates(self.not_before, self.not_after, now)
    }

    /// Who vouches for it at `now`, if `anchors` are who is believed.
    ///
    /// A certificate without a DNS name is vouched for by nobody: the cards' certificates end in the same roots, and a
    /// pupil is no inspector.
    pub fn vouched(&self, anchors: &[TrustAnchor], now: Timestamp) -> Vouched {
        self.root(anchors, now).map_or(Vouched::ByNobody, |root| Vouched::By { root })
    }

    fn root(&self, anchors: &[TrustAnchor], now: Timestamp) -> Option<String> {
        if self.dns_names.is_empty() || self.dates_at(now) != DateVerdict::Valid {
            return None;
        }
        let above: Vec<CaCertificate> =
            self.above.iter().map(|der| CaCertificate::parse(der)).collect::<Result<_, _>>().ok()?;
        // Some send the root along, though it proves nothing: it is dropped, and looked for among the anchors.
        let above: Vec<CaCertificate> =
            above.into_iter().take_while(|authority| !authority.is_self_issued()).collect();
        let issuer = |subject: &Name, signed: &dyn Fn(&EcPublicKey) -> bool, authority: &CaCertificate| {
            authority.subject_name() == subject
                && signed(authority.public_key())
                && authority.dates_at(now) == DateVerdict::Valid
        };
        let signed = self.signed.as_ref()?;
        let leaf_signed = |key: &EcPublicKey| signed.verify(key).is_ok();
        let Some((first, last)) = above.first().zip(above.last()) else {
            let anchor =
                anchors.iter().find(|anchor| issuer(&self.issuer, &leaf_signed, anchor.certificate()))?;
            return Some(name_of(anchor.certificate()));
        };
        let steps = above.windows(2).all(|pair| match pair {
            [lower, upper] => {
                lower.names_as_issuer(upper) && lower.verify_signature(upper.public_key()).is_ok()
            }
            _ => true,
        });
        let dated = above.iter().all(|authority| authority.dates_at(now) == DateVerdict::Valid);
        let short = above.iter().enumerate().all(|(below, authority)| {
            authority.path_length().is_none_or(|allowed| usize::from(allowed) >= below)
        });
        if !(issuer(&self.issuer, &leaf_signed, first) && steps && dated && short) {
            return None;
        }
        let anchor =
            anchors.iter().map(TrustAnchor::certificate).find(|anchor| last.names_as_issuer(anchor))?;
        let held = last.verify_signature(anchor.public_key()).is_ok()
            && anchor.dates_at(now) == DateVerdict::Valid
            && anchor.path_length().is_none_or(|allowed| usize::from(allowed) >= above.len());
        held.then(|| name_of(anchor))
    }
}

/// RFC 5280 §4.2.1.3: where the usage is said at all, it must be this one.
fn may_sign(content: &[u8]) -> Result<(), VerifierCertificateError> {
    let usage = KeyUsage::from_der(content).map_err(|_| VerifierCertificateError::Malformed)?;
    if usage.digital_signature() { Ok(()) } else { Err(VerifierCertificateError::NotForSigning) }
}

fn read_names(content: &[u8]) -> Result<Vec<String>, VerifierCertificateError> {
    let names = SubjectAltName::from_der(content).map_err(|_| VerifierCertificateError::Malformed)?;
    let dns = names.0.iter().filter_map(|name| match name {
        GeneralName::DnsName(name) => Some(name.as_str().to_owned()),
        _ => None,
    });
    Ok(dns.take(64).collect())
}

/// An authority's name for people.
fn name_of(authority: &CaCertificate) -> String {
    common_name(authority.subject_name()).unwrap_or_else(|| authority.name())
}

/// The last common name, as text.
fn common_name(subject: &Name) -> Option<String> {
    const COMMON_NAME: der::oid::ObjectIdentifier = der::oid::ObjectIdentifier::new_unwrap("2.5.4.3");
    let attribute = subject.iter().filter(|attribute| attribute.oid == COMMON_NAME).last()?;
    let value = &attribute.value;
    let text = match value.decode_as::<der::asn1::Utf8StringRef<'_>>() {
        Ok(text) => text.as_str().to_owned(),
        Err(_) => value.decode_as::<der::asn1::PrintableStringRef<'_>>().ok()?.as_str().to_owned(),
    };
    // Nobody's name is longer, and control characters could rewrite what stands beside it.
    Some(text.chars().filter(|character| !character.is_control()).take(100).collect())
}

impl fmt::Debug for VerifierCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifierCertificate").field("dns_names", &self.dns_names).finish_non_exhaustive()
    }
}

/// Messages complete "cannot accept the verifier's certificate: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifierCertificateError {
    /// There is none.
    #[error("there is none")]
    Missing,
    /// Too many, or too big.
    #[error("it is too long")]
    TooLong,
    /// Not a certificate.
    #[error("it cannot be read")]
    Malformed,
    /// Not a key on P-256.
    #[error("its key is not on P-256")]
    Key,
    /// Its key may not sign.
    #[error("its key may not sign")]
    NotForSigning,
    /// An extension that is critical and unknown.
    #[error("it has a critical extension that is not known")]
    CriticalExtension,
}

impl From<SignedFault> for VerifierCertificateError {
    fn from(_: SignedFault) -> Self {
        Self::Malformed
    }
}

impl From<FrameFault> for VerifierCertificateError {
    fn from(fault: FrameFault) -> Self {
        match fault {
            FrameFault::Key(_) => Self::Key,
            _ => Self::Malformed,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

    use super::*;
    use crate::vp::request::sample::{self, VERIFIER_DNS};
    use crate::x509::sample as hierarchy;

    fn now() -> Timestamp {
        "2026-11-22T08:00:00Z".parse().unwrap()
    }

    fn anchors() -> Vec<TrustAnchor> {
        vec![TrustAnchor::from_der(&hierarchy::HIERARCHY.root.der).unwrap()]
    }

    fn vouched(x5c: &[Vec<u8>], anchors: &[TrustAnchor], at: &str) -> bool {
        let certificate = VerifierCertificate::parse(x5c).unwrap();
        certificate.vouched(anchors, at.parse().unwrap()) != Vouched::ByNobody
    }

    #[test]
    fn a_certificate_under_a_trusted_root_is_vouched_for_and_names_its_holder() {
        let verifier = sample::verifier();
        let certificate = VerifierCertificate::parse(&verifier.x5c).unwrap();
        assert!(certificate.is_for(VERIFIER_DNS) && certificate.is_for(&VERIFIER_DNS.to_uppercase()));
        assert!(!certificate.is_for("example"));
        assert_eq!(certificate.name(), "Koleje Testowe");
        assert_eq!(certificate.vouched(&anchors(), now()), Vouched::By { root: "Sample Root".to_owned() });
    }

    #[test]
    fn nobody_vouches_for_strangers_for_the_expired_and_for_pupils() {
        let good = sample::verifier().x5c;
        let (early, today, late) = ("2015-01-01T00:00:00Z", "2026-11-22T08:00:00Z", "2040-01-01T00:00:00Z");
        assert!(vouched(&good, &anchors(), today));
        assert!(!vouched(&good, &anchors(), early) && !vouched(&good, &anchors(), late));
        assert!(!vouched(&good, &[], today));
        assert!(!vouched(&good[..1], &anchors(), today), "its authority is missing");
        let impostor = TrustAnchor::from_der(&hierarchy::impostor_root().der).unwrap();
        assert!(!vouched(&good, &[impostor], today), "a root of the same name with another key");
        assert!(!vouched(&sample::self_signed().x5c, &anchors(), today));
        let pupil = sample::signer_without_name();
        assert!(!vouched(&pupil.x5c, &anchors(), today), "a certificate without a DNS name");
        let mut crossed = sample::self_signed().x5c;
        crossed.extend_from_slice(&good[1..]);
        assert!(!vouched(&crossed, &anchors(), today));
    }

    /// A verifier under an authority whose key is not one that signs here, to the end of time.
    fn under_a_strange_authority() -> Vec<Vec<u8>> {
        let strange = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let above = authority.self_signed(&strange).unwrap().der().to_vec();
        let mut params = CertificateParams::new(vec![VERIFIER_DNS.to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(9999, 12, 31) + std::time::Duration::from_secs(86_399);
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &Issuer::from_params(&authority, &strange)).unwrap();
        vec![leaf.der().to_vec(), above]
    }

    #[test]
    fn who_is_vouched_for_in_an_unknown_algorithm_is_read_and_vouched_for_by_nobody() {
        let x5c = under_a_strange_authority();
        let certificate = VerifierCertificate::parse(&x5c).unwrap();
        assert!(certificate.is_for(VERIFIER_DNS));
        assert_eq!(certificate.hash(), <[u8; 32]>::from(Sha256::digest(&x5c[0])));
        assert_eq!(certificate.vouched(&anchors(), now()), Vouched::ByNobody);
        let last = "9999-12-30T21:00:00Z".parse().unwrap();
        assert_eq!(certificate.dates_at(last), DateVerdict::Valid, "it has no end");
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let leaf = sample::verifier().x5c.remove(0);
        let refused = |x5c: &[Vec<u8>]| VerifierCertificate::parse(x5c).unwrap_err();
        assert_eq!(refused(&[]), VerifierCertificateError::Missing);
        assert_eq!(refused(&vec![leaf.clone(); 5]), VerifierCertificateError::TooLong);
        assert_eq!(refused(&[b"rubbish".to_vec()]), VerifierCertificateError::Malformed);
        assert_eq!(refused(&[leaf[..leaf.len() - 1].to_vec()]), VerifierCertificateError::Malformed);
    }

    proptest! {
        #[test]
        fn reading_never_panics(bytes in any::<Vec<u8>>(), place in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let _ = VerifierCertificate::parse(&[bytes]);
            let mut x5c = sample::verifier().x5c;
            let place = place.index(x5c[0].len());
            x5c[0][place] ^= 1 << bit;
            let flipped = VerifierCertificate::parse(&x5c).map(|certificate| certificate.vouched(&anchors(), now()));
            let vouched = matches!(flipped, Ok(Vouched::By { .. }));
            prop_assert!(!vouched);
        }
    }
}
