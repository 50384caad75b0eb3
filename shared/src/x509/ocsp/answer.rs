//! What was answered, as whoever asked reads it: strict, and bound to the question by its nonce.

use der::Encode;
use der::asn1::GeneralizedTime;
use jiff::{SignedDuration, Timestamp};

use super::form::{
    BasicOcspResponse, CertStatus, CertificateStatus, OcspResponse, ResponderId, ResponseData, ResponseStatus,
};
use super::reply::key_hash;
use super::request::{Question, read_nonce};
use super::{MAX_REPLY, canonical};
use crate::x509::ca::CaCertificate;
use crate::x509::certificate::DateVerdict;
use crate::x509::crl::{CrlFault, Revocation, read_reason};
use crate::x509::key::SignatureAlgorithm;
use crate::x509::oid;
use crate::x509::signer::{SignerCertificate, SignerFault, SignerPurpose, check_issued_by};

/// A reply that has the right form; whose it is, nobody has checked yet.
#[derive(Debug, Clone)]
pub struct UnverifiedAnswer {
    to_be_signed: Vec<u8>,
    data: ResponseData,
    signature: Vec<u8>,
    responder: SignerCertificate,
}

impl UnverifiedAnswer {
    /// Reads DER of at most [`MAX_REPLY`] bytes.
    ///
    /// # Errors
    /// When the responder refuses to answer, and for the first departure from the profile.
    pub fn parse(der: &[u8]) -> Result<Self, OcspFault> {
        if der.len() > MAX_REPLY {
            return Err(OcspFault::TooLong);
        }
        let envelope: OcspResponse = canonical(der).ok_or(OcspFault::Malformed)?;
        match envelope.response_status {
            ResponseStatus::Successful => {}
            ResponseStatus::MalformedRequest => return Err(OcspFault::Refused("malformed request")),
            ResponseStatus::InternalError => return Err(OcspFault::Refused("internal error")),
            ResponseStatus::TryLater => return Err(OcspFault::Refused("try later")),
            ResponseStatus::SigRequired => return Err(OcspFault::Refused("signature required")),
            ResponseStatus::Unauthorized => return Err(OcspFault::Refused("unauthorized")),
        }
        let bytes = envelope.response_bytes.ok_or(OcspFault::Malformed)?;
        if bytes.response_type != oid::OCSP_BASIC {
            return Err(OcspFault::Malformed);
        }
        let basic: BasicOcspResponse = canonical(bytes.response.as_bytes()).ok_or(OcspFault::Malformed)?;
        let to_be_signed = basic.tbs_response_data.to_der().map_err(|_| OcspFault::Malformed)?;
        let data: ResponseData = canonical(&to_be_signed).ok_or(OcspFault::Malformed)?;
        if SignatureAlgorithm::read(&basic.signature_algorithm) != Some(SignatureAlgorithm::EcdsaSha256) {
            return Err(OcspFault::UnsupportedAlgorithm);
        }
        let signature = basic.signature.as_bytes().ok_or(OcspFault::Malformed)?.to_vec();
        let certs = basic.certs.unwrap_or_default();
        // The profile's responder sends its own certificate and nothing else.
        let [responder] = certs.as_slice() else { return Err(OcspFault::NoResponder) };
        let responder = responder.to_der().map_err(|_| OcspFault::Malformed)?;
        let responder = SignerCertificate::parse(&responder).map_err(OcspFault::signer)?;
        Ok(Self { to_be_signed, data, signature, responder })
    }

    /// Checks that the answer is the one to `question`, made by a responder that `issuer` (which signed the
    /// certificate in question) has delegated.
    ///
    /// # Errors
    /// When it is somebody else's, or an answer to another question.
    pub fn verify(self, question: &Question, issuer: &CaCertificate) -> Result<VerifiedAnswer, OcspFault> {
        let responder = &self.responder;
        if responder.purpose() != SignerPurpose::Ocsp {
            return Err(OcspFault::signer(SignerFault::Purpose));
        }
        check_issued_by(responder, issuer).map_err(|fault| OcspFault::signer(fault.into()))?;
        responder
            .public_key()
            .verify(SignatureAlgorithm::EcdsaSha256, &self.to_be_signed, &self.signature)
            .map_err(|_| OcspFault::BadSignature)?;
        let named = match &self.data.responder_id {
            ResponderId::ByKey(hash) => hash.as_bytes() == key_hash(responder.public_key()),
            ResponderId::ByName(name) => name.to_string() == responder.name(),
        };
        if !named {
            return Err(OcspFault::AnotherResponder);
        }
        let produced_at = instant(self.data.produced_at)?;
        if responder.dates_at(produced_at) != DateVerdict::Valid {
            return Err(OcspFault::ResponderDates);
        }
        let extensions = self.data.response_extensions.as_deref().unwrap_or_default();
        if extensions.iter().any(|one| one.critical && one.extn_id != oid::OCSP_NONCE) {
            return Err(OcspFault::Malformed);
        }
        // Compared in any time: the nonce was sent in the clear.
        if read_nonce(extensions).flatten().as_deref() != Some(&question.nonce) {
            return Err(OcspFault::AnotherNonce);
        }
        let [single] = self.data.responses.as_slice() else { return Err(OcspFault::AnotherCertificate) };
        if single.cert_id != question.id.0 {
            return Err(OcspFault::AnotherCertificate);
        }
        let this_update = instant(single.this_update)?;
        let next_update = instant(single.next_update.ok_or(OcspFault::NoNextUpdate)?)?;
        if next_update <= this_update || this_update > produced_at {
            return Err(OcspFault::ImpossibleDates);
        }
        let status = match single.cert_status {
            CertStatus::Good(_) => CertificateStatus::Good,
            CertStatus::Unknown(_) => CertificateStatus::Unknown,
            CertStatus::Revoked(info) => CertificateStatus::Revoked(Revocation {
                since: instant(info.revocation_time)?,
                reason: info.revocation_reason.map(read_reason).transpose().map_err(OcspFault::Reason)?,
            }),
        };
        Ok(VerifiedAnswer { status, produced_at, this_update, next_update })
    }
}

/// An answer to this very question by the issuing authority's responder; only [`UnverifiedAnswer::verify`]
/// makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifiedAnswer {
    status: CertificateStatus,
    produced_at: Timestamp,
    this_update: Timestamp,
    next_update: Timestamp,
}

impl VerifiedAnswer {
    /// What was known of the certificate when the answer was made.
    pub fn status(&self) -> CertificateStatus {
        self.status
    }

    /// When the answer was made: after the question was asked and before the answer came. A clock that is off
    /// may be put right by it; whole seconds.
    pub fn produced_at(&self) -> Timestamp {
        self.produced_at
    }

    /// How things stood when.
    pub fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// When something newer is known; until then the answer may be kept.
    pub fn next_update(&self) -> Timestamp {
        self.next_update
    }

    /// What is to be added to a clock that showed `asked` when the question went out and `heard` when the answer
    /// came, so that it shows the responder's time; and by how much that may be wrong. The answer was made
    /// somewhere in between, in the whole second that it names.
    pub fn clock_correction(&self, asked: Timestamp, heard: Timestamp) -> (SignedDuration, SignedDuration) {
        let half = heard.duration_since(asked).abs() / 2;
        let middle = asked.saturating_add(half).unwrap_or(asked);
        let half_a_second = SignedDuration::from_millis(500);
        (self.produced_at.duration_since(middle).saturating_add(half_a_second), half + half_a_second)
    }
}

fn instant(time: GeneralizedTime) -> Result<Timestamp, OcspFault> {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).map_err(|_| OcspFault::ImpossibleDates)?;
    Timestamp::from_second(seconds).map_err(|_| OcspFault::ImpossibleDates)
}

/// Messages complete "cannot accept OCSP answer: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OcspFault {
    /// Longer than [`MAX_REPLY`].
    #[error("it is too long")]
    TooLong,
    /// Not DER of a basic response in its one encoding, or with critical extensions.
    #[error("it is not DER of an OCSP response of the profile")]
    Malformed,
    /// The responder says why not.
    #[error("the responder does not answer: {0}")]
    Refused(&'static str),
    /// Not ECDSA with SHA-256.
    #[error("it is signed with an algorithm outside the profile")]
    UnsupportedAlgorithm,
    /// No certificate of the responder's, or several.
    #[error("it does not carry the one certificate of its responder")]
    NoResponder,
    /// The responder may not answer for this authority.
    #[error("its responder is refused: {0}")]
    Signer(#[source] Box<SignerFault>),
    /// It names another responder than the one whose certificate it carries.
    #[error("it names another responder")]
    AnotherResponder,
    /// The responder's certificate was not valid when it answered.
    #[error("its responder's certificate was not valid then")]
    ResponderDates,
    /// The responder's key did not sign it.
    #[error("its signature is false")]
    BadSignature,
    /// An answer to another question: replayed, or made for anybody.
    #[error("it does not repeat the nonce")]
    AnotherNonce,
    /// About another certificate, or several.
    #[error("it is about another certificate")]
    AnotherCertificate,
    /// The profile requires it.
    #[error("it does not say when something newer will be known")]
    NoNextUpdate,
    /// Dates in the wrong order or out of range.
    #[error("its dates are impossible")]
    ImpossibleDates,
    /// A reason that is not for device certificates.
    #[error(transparent)]
    Reason(CrlFault),
}

impl OcspFault {
    fn signer(fault: SignerFault) -> Self {
        Self::Signer(Box::new(fault))
    }
}
