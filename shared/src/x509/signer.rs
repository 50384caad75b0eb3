//! Certificates of those who sign statements: credentials, status lists, requests of verifiers.
//!
//! Such a key is neither a device's nor an authority's. Its certificate is read less narrowly than our own device
//! profile, because others write it too; what decides is who signed it, and the names and purposes in it.

use std::fmt;

use der::{Decode, Encode};
use jiff::Timestamp;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAltName,
};
use x509_cert::name::Name;

use super::ca::CaCertificate;
use super::certificate::{DateVerdict, Fingerprint};
use super::chain::{ChainFault, ChainLink, MAX_CERTIFICATES, TrustAnchor, climb, read_authorities};
use super::frame::{self, Frame, FrameFault};
use super::key::{BadSignature, Curve, EcPublicKey, KeyFault, KeyIdentifier};
use super::oid::{self, ObjectIdentifier};
use super::serial::SerialNumber;
use super::signed::{SignedFault, UnverifiedSigned};

/// The most alternative names that are read.
const MAX_NAMES: usize = 32;

/// A name in subjectAltName (RFC 5280 §4.2.1.6); other kinds are passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlternativeName {
    /// dNSName.
    Dns(String),
    /// uniformResourceIdentifier.
    Uri(String),
}

/// The certificate of a P-256 key that signs statements. Who signed *it* is for the chain to tell.
#[derive(Clone, PartialEq, Eq)]
pub struct SignerCertificate {
    signed: UnverifiedSigned,
    serial: SerialNumber,
    issuer: Name,
    subject: Name,
    not_before: Timestamp,
    not_after: Timestamp,
    key: EcPublicKey,
    authority_key_identifier: Option<KeyIdentifier>,
    names: Vec<AlternativeName>,
    purposes: Vec<ObjectIdentifier>,
}

impl SignerCertificate {
    /// Reads DER.
    ///
    /// # Errors
    /// When it is no certificate, an authority's, or one whose key may not sign.
    pub fn parse(der: &[u8]) -> Result<Self, SignerFault> {
        let signed = UnverifiedSigned::split(der)?;
        let frame = Frame::read(signed.to_be_signed())?;
        if frame.algorithm != signed.algorithm() {
            return Err(SignerFault::AlgorithmsDiffer);
        }
        if frame.key.curve() != Curve::P256 {
            return Err(FrameFault::Key(KeyFault::WrongCurve).into());
        }
        let read = Extensions::read(&frame.extensions)?;
        Ok(Self {
            signed,
            serial: frame.serial,
            issuer: frame.issuer,
            subject: frame.subject,
            not_before: frame.not_before,
            not_after: frame.not_after,
            key: frame.key,
            authority_key_identifier: read.authority_key_identifier,
            names: read.names,
            purposes: read.purposes,
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

    /// The subject as one text (RFC 4514), for people.
    pub fn name(&self) -> String {
        self.subject.to_string()
    }

    /// The DNS names and URIs of subjectAltName, in their order.
    pub fn names(&self) -> &[AlternativeName] {
        &self.names
    }

    /// Whether a URI of subjectAltName is exactly `uri`, or a DNS name is the host of it (SD-JWT VC §2.5).
    pub fn is_named(&self, uri: &str) -> bool {
        let host = url::Url::parse(uri).ok().and_then(|url| url.host_str().map(str::to_owned));
        self.names.iter().any(|name| match name {
            AlternativeName::Uri(own) => own == uri,
            AlternativeName::Dns(own) => host.as_ref().is_some_and(|host| host.eq_ignore_ascii_case(own)),
        })
    }

    /// The purposes of extKeyUsage; empty when the extension is absent.
    pub fn purposes(&self) -> &[ObjectIdentifier] {
        &self.purposes
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

    /// The key; on P-256.
    pub fn public_key(&self) -> &EcPublicKey {
        &self.key
    }

    /// Whether `authority` is named as issuer, by name and by key.
    pub fn names_as_issuer(&self, authority: &CaCertificate) -> bool {
        self.issuer == *authority.subject_name()
            && self.authority_key_identifier.as_ref().is_none_or(|named| named == authority.key_identifier())
    }

    /// Checks the signature on the certificate alone.
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
            .field("serial", &self.serial)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

/// What the extensions say.
struct Extensions {
    authority_key_identifier: Option<KeyIdentifier>,
    names: Vec<AlternativeName>,
    purposes: Vec<ObjectIdentifier>,
}

impl Extensions {
    fn read(extensions: &[Extension]) -> Result<Self, SignerFault> {
        for (index, extension) in extensions.iter().enumerate() {
            if extensions.iter().take(index).any(|earlier| earlier.extn_id == extension.extn_id) {
                return Err(SignerFault::Repeated(extension.extn_id));
            }
        }
        let mut read = Self { authority_key_identifier: None, names: Vec::new(), purposes: Vec::new() };
        let mut may_sign = false;
        for extension in extensions {
            let malformed = SignerFault::Malformed(extension.extn_id);
            let der = extension.extn_value.as_bytes();
            match extension.extn_id {
                oid::KEY_USAGE => {
                    may_sign = KeyUsage::from_der(der).map_err(|_| malformed)?.digital_signature();
                }
                oid::BASIC_CONSTRAINTS => {
                    let constraints = BasicConstraints::from_der(der).map_err(|_| malformed)?;
                    if constraints.ca {
                        return Err(SignerFault::IsAuthority);
                    }
                }
                oid::EXTENDED_KEY_USAGE => {
                    read.purposes = ExtendedKeyUsage::from_der(der).map_err(|_| malformed)?.0;
                }
                oid::SUBJECT_ALT_NAME => read.names = alternative_names(der).ok_or(malformed)?,
                oid::AUTHORITY_KEY_IDENTIFIER => {
                    let identifier = AuthorityKeyIdentifier::from_der(der).map_err(|_| malformed)?;
                    read.authority_key_identifier =
                        identifier.key_identifier.map(|octets| KeyIdentifier::new(octets.as_bytes()));
                }
                unknown if extension.critical => return Err(SignerFault::UnknownCritical(unknown)),
                _ => {}
            }
        }
        if may_sign { Ok(read) } else { Err(SignerFault::MayNotSign) }
    }
}

fn alternative_names(der: &[u8]) -> Option<Vec<AlternativeName>> {
    let SubjectAltName(names) = SubjectAltName::from_der(der).ok()?;
    if names.len() > MAX_NAMES || SubjectAltName(names.clone()).to_der().ok()? != der {
        return None;
    }
    let known = names.into_iter().filter_map(|name| match name {
        GeneralName::DnsName(name) => Some(AlternativeName::Dns(name.as_str().to_owned())),
        GeneralName::UniformResourceIdentifier(name) => Some(AlternativeName::Uri(name.as_str().to_owned())),
        _ => None,
    });
    Some(known.collect())
}

/// Verifies `x5c` (DER, the signer's certificate first, without the root) up to one of `anchors`: everything but
/// the dates.
///
/// # Errors
/// The first rule that is broken.
pub fn verify_signer(x5c: &[Vec<u8>], anchors: &[TrustAnchor]) -> Result<UndatedSigner, ChainFault> {
    let (leaf, above) = match x5c {
        [] => return Err(ChainFault::Empty),
        _ if x5c.len() > MAX_CERTIFICATES => return Err(ChainFault::TooLong),
        [leaf, above @ ..] => {
            (SignerCertificate::parse(leaf).map_err(|fault| ChainFault::Signer(Box::new(fault)))?, above)
        }
    };
    let authorities = read_authorities(above)?;
    let anchor = if authorities.is_empty() {
        // Signed by the root itself: nothing of the chain travels but the leaf.
        let named = anchors.iter().find(|anchor| leaf.names_as_issuer(anchor.certificate()));
        named.ok_or(ChainFault::UnknownRoot)?.clone()
    } else {
        climb(&authorities, anchors)?
    };
    let issuing = authorities.first().unwrap_or(anchor.certificate());
    if !leaf.names_as_issuer(issuing) {
        return Err(ChainFault::NotNamedAsIssuer { by: ChainLink::Signer });
    }
    leaf.verify_signature(issuing.public_key())
        .map_err(|_| ChainFault::BadSignature { of: ChainLink::Signer })?;
    Ok(UndatedSigner { leaf, authorities, anchor })
}

/// A signer whose chain holds and whose dates nobody has looked at yet; only [`verify_signer`] makes it.
#[derive(Debug, Clone)]
pub struct UndatedSigner {
    leaf: SignerCertificate,
    authorities: Vec<CaCertificate>,
    anchor: TrustAnchor,
}

impl UndatedSigner {
    /// The signer's certificate.
    pub fn certificate(&self) -> &SignerCertificate {
        &self.leaf
    }

    /// The authority that signed it: whose revocation list counts.
    pub fn issuing_authority(&self) -> &CaCertificate {
        self.authorities.first().unwrap_or(self.anchor.certificate())
    }

    /// The root it ends in.
    pub fn anchor(&self) -> &TrustAnchor {
        &self.anchor
    }

    /// Judges the dates of every certificate in the chain, the root's included.
    ///
    /// # Errors
    /// [`ChainFault::NotYetValid`] or [`ChainFault::Expired`].
    pub fn judge(&self, now: Timestamp) -> Result<(), ChainFault> {
        let signer =
            [(ChainLink::Signer, self.leaf.not_before(), self.leaf.not_after(), self.leaf.dates_at(now))];
        let above = self.authorities.iter().enumerate().map(|(at, one)| (ChainLink::Authority(at + 1), one));
        let authorities = above
            .chain([(ChainLink::Root, self.anchor.certificate())])
            .map(|(link, one)| (link, one.not_before(), one.not_after(), one.dates_at(now)));
        for (of, not_before, not_after, verdict) in signer.into_iter().chain(authorities) {
            match verdict {
                DateVerdict::Valid => {}
                DateVerdict::NotYetValid => return Err(ChainFault::NotYetValid { of, not_before }),
                DateVerdict::Expired => return Err(ChainFault::Expired { of, not_after }),
            }
        }
        Ok(())
    }
}

/// Messages complete "cannot accept signer's certificate: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignerFault {
    /// The envelope around the body.
    #[error(transparent)]
    Signed(#[from] SignedFault),
    /// The form that every certificate has.
    #[error(transparent)]
    Frame(#[from] FrameFault),
    /// The algorithm inside the body is not the one outside (RFC 5280 §4.1.1.2).
    #[error("its two signature algorithms differ")]
    AlgorithmsDiffer,
    /// CA:TRUE.
    #[error("it is an authority's")]
    IsAuthority,
    /// No digitalSignature.
    #[error("its key may not sign")]
    MayNotSign,
    /// The same extension again.
    #[error("extension {0} stands there twice")]
    Repeated(ObjectIdentifier),
    /// Not what its definition says.
    #[error("extension {0} is malformed")]
    Malformed(ObjectIdentifier),
    /// Marked critical and not understood (RFC 5280 §4.2).
    #[error("extension {0} is critical and unknown")]
    UnknownCritical(ObjectIdentifier),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{BasicConstraints as Limits, CertificateParams, CustomExtension, IsCa, KeyUsagePurpose};

    use super::*;
    use crate::x509::sample::{self, HIERARCHY, SignerKey};

    fn anchors() -> Vec<TrustAnchor> {
        vec![TrustAnchor::from_der(&HIERARCHY.root.der).unwrap()]
    }

    fn signer(edit: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        SignerKey::with(edit).x5c.remove(0)
    }

    #[test]
    fn a_signer_is_led_up_to_the_root_and_tells_its_names() {
        let key = SignerKey::new();
        let verified = verify_signer(&key.x5c, &anchors()).unwrap();
        let leaf = verified.certificate();
        assert!(leaf.is_named("https://issuer.example/tenant"), "as a URI");
        assert!(leaf.is_named("https://ISSUER.example"), "as a host");
        assert!(!leaf.is_named("https://other.example"));
        assert!(!leaf.is_named("issuer.example"));
        assert_eq!(verified.judge("2026-11-22T12:00:00Z".parse().unwrap()), Ok(()));
        let late = verified.judge("2035-01-01T00:00:00Z".parse().unwrap());
        assert!(matches!(late, Err(ChainFault::Expired { of: ChainLink::Signer, .. })), "{late:?}");
    }

    #[test]
    fn a_chain_that_does_not_hold_is_refused_by_its_reason() {
        let good = SignerKey::new();
        let leaf = || good.x5c[0].clone();
        let issuing = || HIERARCHY.issuing.der.clone();
        let other = sample::authority_under(&HIERARCHY.root, "Sample Other", |_| {}).der;
        let same_name = sample::authority_under(&HIERARCHY.root, "Sample Issuing", |_| {}).der;
        let foreign = [TrustAnchor::from_der(&sample::foreign_root().der).unwrap()];
        let faults =
            |x5c: &[Vec<u8>], anchors: &[TrustAnchor]| verify_signer(x5c, anchors).map(|_| ()).unwrap_err();
        assert_eq!(faults(&[], &anchors()), ChainFault::Empty);
        assert_eq!(faults(&vec![leaf(); MAX_CERTIFICATES + 1], &anchors()), ChainFault::TooLong);
        assert_eq!(faults(&[leaf()], &anchors()), ChainFault::UnknownRoot);
        assert_eq!(faults(&[leaf(), issuing()], &foreign), ChainFault::UnknownRoot);
        let named = ChainFault::NotNamedAsIssuer { by: ChainLink::Signer };
        assert_eq!(faults(&[leaf(), other], &anchors()), named);
        assert_eq!(faults(&[leaf(), same_name], &anchors()), named, "by key");
        let mut changed = leaf();
        *changed.last_mut().unwrap() ^= 1;
        let bad = faults(&[changed, issuing()], &anchors());
        assert_eq!(bad, ChainFault::BadSignature { of: ChainLink::Signer });
        let device = faults(&[issuing(), issuing()], &anchors());
        assert!(matches!(device, ChainFault::Signer(fault) if *fault == SignerFault::IsAuthority));
        let rooted = faults(&[leaf(), issuing(), HIERARCHY.root.der.clone()], &anchors());
        assert_eq!(rooted, ChainFault::RootIncluded);
    }

    #[test]
    fn what_may_not_sign_statements_is_refused_by_name() {
        let fault = |edit: fn(&mut CertificateParams)| SignerCertificate::parse(&signer(edit)).unwrap_err();
        assert_eq!(fault(|p| p.is_ca = IsCa::Ca(Limits::Unconstrained)), SignerFault::IsAuthority);
        assert_eq!(fault(|p| p.key_usages = vec![KeyUsagePurpose::CrlSign]), SignerFault::MayNotSign);
        assert_eq!(fault(|p| p.key_usages.clear()), SignerFault::MayNotSign);
        let unknown = fault(|p| {
            let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 55555, 1], vec![5, 0]);
            extension.set_criticality(true);
            p.custom_extensions.push(extension);
        });
        assert!(matches!(unknown, SignerFault::UnknownCritical(_)), "{unknown:?}");
    }

    #[test]
    fn a_root_may_sign_a_signer_itself() {
        let mut key = SignerKey::under(&HIERARCHY.root, |_| {});
        key.x5c.truncate(1);
        assert!(verify_signer(&key.x5c, &anchors()).is_ok());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let _ = SignerCertificate::parse(&bytes);
        }

        #[test]
        fn a_flipped_bit_never_verifies(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
            static KEY: std::sync::LazyLock<SignerKey> = std::sync::LazyLock::new(SignerKey::new);
            let mut x5c = KEY.x5c.clone();
            let at = at.index(x5c[0].len());
            x5c[0][at] ^= 1 << bit;
            prop_assert!(verify_signer(&x5c, &anchors()).is_err());
        }
    }
}
