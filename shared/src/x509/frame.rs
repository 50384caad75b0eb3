//! The outer form that every certificate has, before anything is asked about its kind.

use der::{Decode, Encode};
use jiff::Timestamp;
use x509_cert::certificate::{TbsCertificate, Version};
use x509_cert::ext::Extension;
use x509_cert::name::Name;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::time::Time;

use super::key::{EcPublicKey, KeyFault, SignatureAlgorithm};
use super::serial::{SerialNumber, SerialNumberError};
use super::signed::UnverifiedSigned;

/// The fields of a TBSCertificate (RFC 5280 §4.1.2), whose algorithm is one of the profile, or `A` at any rate.
pub(crate) struct Frame<A = SignatureAlgorithm> {
    pub(crate) serial: SerialNumber,
    pub(crate) algorithm: A,
    pub(crate) issuer: Name,
    pub(crate) subject: Name,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    pub(crate) key: EcPublicKey,
    pub(crate) extensions: Vec<Extension>,
}

impl Frame {
    /// Reads what is signed; the algorithm in it must be the one outside.
    pub(crate) fn of(signed: &UnverifiedSigned) -> Result<Self, FrameFault> {
        let frame = Self::read(signed.to_be_signed())?;
        if frame.algorithm == signed.algorithm() { Ok(frame) } else { Err(FrameFault::AlgorithmsDiffer) }
    }

    /// Reads the DER of a TBSCertificate.
    pub(crate) fn read(to_be_signed: &[u8]) -> Result<Self, FrameFault> {
        Self::with(to_be_signed, |named| {
            SignatureAlgorithm::read(named).ok_or(FrameFault::UnsupportedAlgorithm)
        })
    }
}

impl Frame<Option<SignatureAlgorithm>> {
    /// Reads the DER of a stranger's TBSCertificate; no algorithm where it names one outside the profile.
    pub(crate) fn of_stranger(to_be_signed: &[u8]) -> Result<Self, FrameFault> {
        Self::with(to_be_signed, |named| Ok(SignatureAlgorithm::read(named)))
    }
}

impl<A> Frame<A> {
    fn with(
        to_be_signed: &[u8],
        algorithm: impl FnOnce(&AlgorithmIdentifierOwned) -> Result<A, FrameFault>,
    ) -> Result<Self, FrameFault> {
        let tbs = TbsCertificate::from_der(to_be_signed).map_err(FrameFault::Malformed)?;
        // Also refuses times before 2050 in GeneralizedTime (RFC 5280 §4.1.2.5), defaults written out and
        // lengths in long form: the re-encoding has none of them.
        if tbs.to_der().map_err(FrameFault::Malformed)? != to_be_signed {
            return Err(FrameFault::NotCanonical);
        }
        if tbs.version() != Version::V3 {
            return Err(FrameFault::NotVersion3);
        }
        if tbs.issuer_unique_id().is_some() || tbs.subject_unique_id().is_some() {
            return Err(FrameFault::UniqueIdentifier);
        }
        if tbs.issuer().is_empty() {
            return Err(FrameFault::NoIssuer);
        }
        let not_before = instant(tbs.validity().not_before)?;
        let not_after = end(tbs.validity().not_after)?;
        if not_after < not_before {
            return Err(FrameFault::EndsBeforeItStarts);
        }
        let spki = tbs.subject_public_key_info();
        Ok(Self {
            serial: SerialNumber::from_der_content(tbs.serial_number().as_bytes())?,
            algorithm: algorithm(tbs.signature())?,
            issuer: tbs.issuer().clone(),
            subject: tbs.subject().clone(),
            not_before,
            not_after,
            key: EcPublicKey::read(spki, &spki.to_der().map_err(FrameFault::Malformed)?)?,
            extensions: tbs.extensions().cloned().unwrap_or_default(),
        })
    }
}

/// 9999-12-31T23:59:59Z in Unix seconds: the `notAfter` of what has no end (RFC 5280 §4.1.2.5).
const ENDLESS: u64 = 253_402_300_799;

/// The end of a validity as an instant; what has none ends where instants do.
fn end(time: Time) -> Result<Timestamp, FrameFault> {
    if time.to_unix_duration().as_secs() == ENDLESS { Ok(Timestamp::MAX) } else { instant(time) }
}

/// An X.509 time as an instant; whole seconds.
pub(crate) fn instant(time: Time) -> Result<Timestamp, FrameFault> {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).map_err(|_| FrameFault::DateOutOfRange)?;
    Timestamp::from_second(seconds).map_err(|_| FrameFault::DateOutOfRange)
}

/// Whether `now` lies within a period whose last second is still valid to its end.
pub(crate) fn judge_dates(not_before: Timestamp, not_after: Timestamp, now: Timestamp) -> DateVerdict {
    if now < not_before {
        DateVerdict::NotYetValid
    } else if now.as_second() > not_after.as_second() {
        DateVerdict::Expired
    } else {
        DateVerdict::Valid
    }
}

/// Where an instant lies with respect to a certificate's validity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateVerdict {
    /// Before `notBefore`.
    NotYetValid,
    /// From `notBefore` to the end of the second `notAfter`.
    Valid,
    /// Later.
    Expired,
}

/// Messages complete "cannot read certificate: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameFault {
    /// Not the DER of a TBSCertificate.
    #[error("it is not DER of a certificate")]
    Malformed(#[source] der::Error),
    /// Readable, but not in the one encoding that DER and RFC 5280 allow.
    #[error("it is not in canonical encoding")]
    NotCanonical,
    /// Extensions exist since version 3.
    #[error("it is not of version 3")]
    NotVersion3,
    /// Zero, negative or too long.
    #[error("serial number is refused: {0}")]
    Serial(#[from] SerialNumberError),
    /// Not ECDSA with SHA-256 or SHA-384.
    #[error("it is signed with an algorithm outside the profile")]
    UnsupportedAlgorithm,
    /// The algorithm inside the body is not the one outside (RFC 5280 §4.1.1.2).
    #[error("its two signature algorithms differ")]
    AlgorithmsDiffer,
    /// issuerUniqueID or subjectUniqueID.
    #[error("it carries a unique identifier")]
    UniqueIdentifier,
    /// An empty issuer name.
    #[error("it names no issuer")]
    NoIssuer,
    /// notAfter before notBefore.
    #[error("its validity ends before it starts")]
    EndsBeforeItStarts,
    /// A date that this software cannot hold.
    #[error("its validity is out of range")]
    DateOutOfRange,
    /// RSA, another curve, no point.
    #[error("public key is refused: {0}")]
    Key(#[from] KeyFault),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::sample;

    fn fault_after(edit: impl FnOnce(&mut Vec<Vec<u8>>)) -> FrameFault {
        match Frame::read(&sample::edited(&sample::device_body(|_| {}), edit)) {
            Err(fault) => fault,
            Ok(_) => panic!("the edited certificate was accepted"),
        }
    }

    // Order of the children: version, serial, algorithm, issuer, validity, subject, key, extensions.

    #[test]
    fn each_departure_from_the_form_has_its_own_fault() {
        assert_eq!(fault_after(|parts| parts[0] = b"\xa0\x03\x02\x01\x01".to_vec()), FrameFault::NotVersion3);
        assert!(matches!(fault_after(|parts| drop(parts.remove(0))), FrameFault::NotVersion3));
        assert_eq!(
            fault_after(|parts| parts[1] = b"\x02\x01\x00".to_vec()),
            FrameFault::Serial(SerialNumberError::Zero)
        );
        assert_eq!(
            fault_after(|parts| parts[1] = b"\x02\x01\xff".to_vec()),
            FrameFault::Serial(SerialNumberError::Negative)
        );
        let long = [b"\x02\x15", &[1; 21][..]].concat();
        assert_eq!(fault_after(|parts| parts[1] = long), FrameFault::Serial(SerialNumberError::TooLong));
        assert_eq!(
            fault_after(|parts| parts[2] = b"\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x04\x01".to_vec()),
            FrameFault::UnsupportedAlgorithm
        );
        let with_null = b"\x30\x0c\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x05\x00".to_vec();
        assert_eq!(fault_after(|parts| parts[2] = with_null), FrameFault::UnsupportedAlgorithm);
        assert_eq!(fault_after(|parts| parts[3] = b"\x30\x00".to_vec()), FrameFault::NoIssuer);
        let reversed = b"\x30\x1e\x17\x0d270930215959Z\x17\x0d260901000000Z".to_vec();
        assert_eq!(fault_after(|parts| parts[4] = reversed), FrameFault::EndsBeforeItStarts);
        let generalized = b"\x30\x20\x17\x0d260901000000Z\x18\x0f20270930215959Z".to_vec();
        assert_eq!(fault_after(|parts| parts[4] = generalized), FrameFault::NotCanonical);
        let unique = b"\x81\x02\x00\x01".to_vec();
        assert_eq!(fault_after(|parts| parts.insert(7, unique)), FrameFault::UniqueIdentifier);
        assert!(matches!(fault_after(|parts| parts.push(vec![5, 0])), FrameFault::Malformed(_)));
        assert!(matches!(Frame::read(b""), Err(FrameFault::Malformed(_))));
    }

    #[test]
    fn the_last_second_is_valid_to_its_end() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (from, to) = (at("2026-08-31T22:00:00Z"), at("2027-09-30T21:59:59Z"));
        let cases = [
            ("2026-08-31T21:59:59.999Z", DateVerdict::NotYetValid),
            ("2026-08-31T22:00:00Z", DateVerdict::Valid),
            ("2027-09-30T21:59:59Z", DateVerdict::Valid),
            ("2027-09-30T21:59:59.999Z", DateVerdict::Valid),
            ("2027-09-30T22:00:00Z", DateVerdict::Expired),
        ];
        for (now, verdict) in cases {
            assert_eq!(judge_dates(from, to, at(now)), verdict, "{now}");
        }
    }
}
