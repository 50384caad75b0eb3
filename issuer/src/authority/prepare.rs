//! First step: the bytes of a device certificate, before anybody signs them.

use jiff::Timestamp;
use shared::x509::key::{Curve, EcPublicKey, KeyFault};
use shared::x509::oid::PrivateArc;
use shared::x509::profile::{DeviceCertificateFields, PkiUrls};
use shared::x509::serial::SerialNumber;

use super::profile::{self, Capture, Subject, WritingFault};
use super::{Authority, IssuingAuthority};

/// A TBSCertificate that nobody has judged yet.
pub struct PreparedCertificate {
    to_be_signed: Vec<u8>,
    arc: PrivateArc,
    /// What was asked for; unknown once the bytes have been in a store.
    asked: Option<Asked>,
}

/// What a certificate was asked to say.
#[derive(PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) fields: DeviceCertificateFields,
    pub(super) key: EcPublicKey,
    pub(super) serial: SerialNumber,
    pub(super) urls: PkiUrls,
}

impl PreparedCertificate {
    /// Takes up bytes that were stored before a crash.
    ///
    /// # Errors
    /// [`PrepareError::NotToBeSigned`] when they are not one DER SEQUENCE; the rest is for the lint to find.
    pub fn from_stored_tbs(bytes: Vec<u8>) -> Result<Self, PrepareError> {
        Self::from_stored_tbs_under(bytes, PrivateArc::default())
    }

    /// As [`from_stored_tbs`](Self::from_stored_tbs), with our own identifiers under `arc`.
    ///
    /// # Errors
    /// The same.
    pub fn from_stored_tbs_under(bytes: Vec<u8>, arc: PrivateArc) -> Result<Self, PrepareError> {
        let whole = der::asn1::AnyRef::try_from(bytes.as_slice()).map_err(|_| PrepareError::NotToBeSigned)?;
        if der::Tagged::tag(&whole) != der::Tag::Sequence {
            return Err(PrepareError::NotToBeSigned);
        }
        Ok(Self { to_be_signed: bytes, arc, asked: None })
    }

    /// The bytes, to be stored.
    pub fn to_be_signed(&self) -> &[u8] {
        &self.to_be_signed
    }

    pub(super) fn arc(&self) -> &PrivateArc {
        &self.arc
    }

    /// What was asked for, for tests that mix it up.
    #[cfg(test)]
    pub(super) fn asked_fields(&mut self) -> &mut DeviceCertificateFields {
        &mut self.asked.as_mut().unwrap().fields
    }

    pub(super) fn into_parts(self) -> (Vec<u8>, Option<Asked>) {
        (self.to_be_signed, self.asked)
    }
}

impl std::fmt::Debug for PreparedCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The bytes name a pupil.
        write!(f, "PreparedCertificate({} octets)", self.to_be_signed.len())
    }
}

impl Authority {
    /// Settles the bytes of a device certificate for `public_key` (a SEC1 point of 65 octets or a DER
    /// SubjectPublicKeyInfo, P-256 either way), to be issued by the current issuing authority.
    ///
    /// Nothing but the key is taken from what a phone sent.
    ///
    /// # Errors
    /// When the key is not one of the profile's, or the card's dates cannot be certified as they are: a
    /// certificate never ends before its card, and is never cut to fit.
    pub fn prepare(
        &self,
        fields: &DeviceCertificateFields,
        public_key: &[u8],
        serial: SerialNumber,
        urls: &PkiUrls,
    ) -> Result<PreparedCertificate, PrepareError> {
        let key = match public_key.first() {
            Some(4) => EcPublicKey::from_p256_sec1(public_key)?,
            _ => EcPublicKey::from_spki_der(public_key)?,
        };
        if key.curve() != Curve::P256 {
            return Err(KeyFault::WrongCurve.into());
        }
        self.check_period(fields)?;
        let to_be_signed = self.current.write(fields, &key, serial, urls, &self.arc)?;
        let fields =
            DeviceCertificateFields { activated_at: whole_second(fields.activated_at)?, ..fields.clone() };
        let asked = Asked { fields, key, serial, urls: urls.clone() };
        Ok(PreparedCertificate { to_be_signed, arc: self.arc.clone(), asked: Some(asked) })
    }

    fn check_period(&self, fields: &DeviceCertificateFields) -> Result<(), PrepareError> {
        let (from, to) = (fields.not_before, fields.not_after);
        if whole_second(from)? != from || whole_second(to)? != to {
            return Err(PrepareError::FractionOfASecond);
        }
        if to < from {
            return Err(PrepareError::EndsBeforeItStarts);
        }
        if fields.activated_at < from || whole_second(fields.activated_at)? > to {
            return Err(PrepareError::ActivatedOutsideValidity);
        }
        let starts = self.root().not_before().max(self.issuing().not_before());
        if from < starts {
            return Err(PrepareError::StartsAfterCard { starts });
        }
        let ends = self.longest_card();
        if to > ends { Err(PrepareError::EndsBeforeCard { ends }) } else { Ok(()) }
    }
}

impl IssuingAuthority {
    /// Lets rcgen write a certificate and keeps what it wanted signed.
    fn write(
        &self,
        fields: &DeviceCertificateFields,
        key: &EcPublicKey,
        serial: SerialNumber,
        urls: &PkiUrls,
        arc: &PrivateArc,
    ) -> Result<Vec<u8>, WritingFault> {
        let params = profile::device(fields, key, serial, urls, arc)?;
        let capture = Capture::new(self.certificate.public_key());
        params.signed_by(&Subject(key), &rcgen::Issuer::from_params(&self.template, &capture))?;
        Ok(capture.into_to_be_signed())
    }
}

fn whole_second(at: Timestamp) -> Result<Timestamp, PrepareError> {
    Timestamp::from_second(at.as_second()).map_err(|_| WritingFault::Date.into())
}

/// Messages complete "cannot prepare certificate: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrepareError {
    /// Not a P-256 key.
    #[error("device key is refused: {0}")]
    Key(#[from] KeyFault),
    /// Certificates know whole seconds only.
    #[error("the card's validity is not in whole seconds")]
    FractionOfASecond,
    /// The last second is before the first.
    #[error("the card's validity ends before it starts")]
    EndsBeforeItStarts,
    /// Activated before the card began or after it ended.
    #[error("the activation is outside the card's validity")]
    ActivatedOutsideValidity,
    /// A card older than the authority.
    #[error("the authority starts {starts}, after the card")]
    StartsAfterCard {
        /// When the authority starts.
        starts: Timestamp,
    },
    /// Time for a roll-over: a certificate is never cut to the authority's end.
    #[error("the authority ends {ends}, before the card")]
    EndsBeforeCard {
        /// When the authority ends.
        ends: Timestamp,
    },
    /// rcgen or an encoding failed.
    #[error(transparent)]
    Writing(#[from] WritingFault),
    /// What was stored is no DER SEQUENCE.
    #[error("the stored bytes are not a certificate's body")]
    NotToBeSigned,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::tests::{at, authority, device_key, fields, serial, urls};

    type Edit = fn(&mut DeviceCertificateFields);

    #[test]
    fn dates_that_cannot_be_certified_as_they_are_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let authority = authority(dir.path());
        let (starts, ends) = (at("2011-11-21T00:00:00Z"), at("2046-11-21T00:00:00Z"));
        let cases: [(Edit, Option<PrepareError>); 9] = [
            (|f| f.not_before = at("2011-11-21T00:00:00Z"), None),
            (|f| f.not_before = at("2011-11-20T23:59:59Z"), Some(PrepareError::StartsAfterCard { starts })),
            (|f| f.not_after = at("2046-11-21T00:00:00Z"), None),
            (|f| f.not_after = at("2046-11-21T00:00:01Z"), Some(PrepareError::EndsBeforeCard { ends })),
            (|f| f.not_after = at("2027-09-30T21:59:59.5Z"), Some(PrepareError::FractionOfASecond)),
            (|f| f.not_after = at("2026-08-31T21:59:59Z"), Some(PrepareError::EndsBeforeItStarts)),
            (
                |f| f.activated_at = at("2026-08-31T21:59:59.999Z"),
                Some(PrepareError::ActivatedOutsideValidity),
            ),
            (|f| f.activated_at = at("2027-09-30T22:00:00Z"), Some(PrepareError::ActivatedOutsideValidity)),
            // The last second counts to its end.
            (|f| f.activated_at = at("2027-09-30T21:59:59.999Z"), None),
        ];
        for (index, (edit, expected)) in cases.into_iter().enumerate() {
            let mut fields = fields();
            edit(&mut fields);
            let found = authority.prepare(&fields, &device_key(), serial(), &urls());
            assert_eq!(
                found.map(|prepared| crate::authority::lint(prepared).unwrap()).err(),
                expected,
                "case {index}"
            );
        }
    }

    #[test]
    fn keys_come_as_points_or_as_spki_and_only_on_p256() {
        use rcgen::PublicKeyData as _;
        let dir = tempfile::tempdir().unwrap();
        let authority = authority(dir.path());
        let prepare = |key: &[u8]| authority.prepare(&fields(), key, serial(), &urls());
        let point = device_key();
        let spki = EcPublicKey::from_p256_sec1(&point).unwrap().spki_der().to_vec();
        let serialized = |key: &[u8]| prepare(key).unwrap().to_be_signed().to_vec();
        assert_eq!(serialized(&point), serialized(&spki));

        let of = |algorithm| rcgen::KeyPair::generate_for(algorithm).unwrap().subject_public_key_info();
        let refused = |key: &[u8]| match prepare(key) {
            Err(PrepareError::Key(fault)) => fault,
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(&of(&rcgen::PKCS_RSA_SHA256)), KeyFault::NotEllipticCurve);
        assert_eq!(refused(&of(&rcgen::PKCS_ECDSA_P384_SHA384)), KeyFault::WrongCurve);
        assert_eq!(refused(&[4; 65]), KeyFault::NotAPoint);
        assert!(matches!(refused(&[]), KeyFault::Malformed(_)));
    }

    #[test]
    fn what_is_no_sequence_is_not_taken_up() {
        for bytes in [&b""[..], b"\x04\x01\x00", b"\x30\x03\x02\x01", b"\x30\x00\x00"] {
            let fault = PreparedCertificate::from_stored_tbs(bytes.to_vec()).unwrap_err();
            assert_eq!(fault, PrepareError::NotToBeSigned, "{bytes:02x?}");
        }
    }
}
