//! What is answered, as a responder writes it: settled, signed by a delegated key, put together.

use std::time::Duration;

use der::asn1::{Any, BitString, GeneralizedTime, Null, OctetString};
use der::{Decode, Encode};
use jiff::Timestamp;

use super::form::{
    BasicOcspResponse, CertStatus, CertificateStatus, OcspResponse, ResponderId, ResponseBytes, ResponseData,
    ResponseStatus, RevokedInfo, SingleResponse, Version,
};
use super::request::nonce_extension;
use super::{CertificateId, IssuerHash};
use crate::x509::crl::write_reason;
use crate::x509::key::{EcPublicKey, SignatureAlgorithm};
use crate::x509::oid;

/// The answer about one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SingleReply {
    /// Which, as the request names it.
    pub certificate: CertificateId,
    /// What is known of it.
    pub status: CertificateStatus,
}

/// A reply that nobody has signed yet.
#[derive(Debug, Clone)]
pub struct Reply<'a> {
    /// The key that will sign it.
    pub responder: &'a EcPublicKey,
    /// When it is made, and how things stand then; written in whole seconds.
    pub produced_at: Timestamp,
    /// When something newer will be known.
    pub next_update: Timestamp,
    /// The answers, in the order asked.
    pub answers: Vec<SingleReply>,
    /// The request's nonce.
    pub nonce: Option<&'a [u8]>,
}

impl Reply<'_> {
    /// What is to be signed.
    ///
    /// # Errors
    /// When a time is out of range.
    pub fn to_be_signed(&self) -> Result<Vec<u8>, der::Error> {
        let (this_update, next_update) = (time(self.produced_at)?, time(self.next_update)?);
        let single = |answer: &SingleReply| {
            Ok::<_, der::Error>(SingleResponse {
                cert_id: answer.certificate.0.clone(),
                cert_status: status(answer.status)?,
                this_update,
                next_update: Some(next_update),
                single_extensions: None,
            })
        };
        let nonce = self.nonce.map(nonce_extension).transpose()?;
        ResponseData {
            version: Version::V1,
            responder_id: ResponderId::ByKey(OctetString::new(key_hash(self.responder))?),
            produced_at: this_update,
            responses: self.answers.iter().map(single).collect::<Result<_, _>>()?,
            response_extensions: nonce.map(|nonce| vec![nonce]),
        }
        .to_der()
    }
}

/// Puts the signature (DER) under what was signed, with the responder's certificate.
///
/// # Errors
/// When these are not DER.
pub fn assemble(to_be_signed: &[u8], signature: &[u8], responder: &[u8]) -> Result<Vec<u8>, der::Error> {
    let basic = BasicOcspResponse {
        tbs_response_data: Any::from_der(to_be_signed)?,
        signature_algorithm: SignatureAlgorithm::EcdsaSha256.identifier(),
        signature: BitString::from_bytes(signature)?,
        certs: Some(vec![Any::from_der(responder)?]),
    };
    let response_bytes =
        ResponseBytes { response_type: oid::OCSP_BASIC, response: OctetString::new(basic.to_der()?)? };
    OcspResponse { response_status: ResponseStatus::Successful, response_bytes: Some(response_bytes) }
        .to_der()
}

/// Why a responder gives no answer (RFC 6960 §2.3); nobody signs that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Not a request.
    Malformed,
    /// The responder is broken.
    Internal,
    /// Ask again.
    TryLater,
    /// Not about certificates of this responder's authority.
    Unauthorized,
}

impl Refusal {
    /// The whole reply: five octets.
    ///
    /// # Errors
    /// Never; the encoder's interface has one.
    pub fn to_der(self) -> Result<Vec<u8>, der::Error> {
        let response_status = match self {
            Self::Malformed => ResponseStatus::MalformedRequest,
            Self::Internal => ResponseStatus::InternalError,
            Self::TryLater => ResponseStatus::TryLater,
            Self::Unauthorized => ResponseStatus::Unauthorized,
        };
        OcspResponse { response_status, response_bytes: None }.to_der()
    }
}

/// How a responder names its key: by SHA-1, whatever else is hashed by what (RFC 6960 §4.2.1).
pub(super) fn key_hash(key: &EcPublicKey) -> Vec<u8> {
    IssuerHash::Sha1.of(key.sec1())
}

fn time(at: Timestamp) -> Result<GeneralizedTime, der::Error> {
    let seconds = u64::try_from(at.as_second()).map_err(|_| der::ErrorKind::DateTime)?;
    GeneralizedTime::from_unix_duration(Duration::from_secs(seconds))
}

fn status(status: CertificateStatus) -> Result<CertStatus, der::Error> {
    Ok(match status {
        CertificateStatus::Good => CertStatus::Good(Null),
        CertificateStatus::Unknown => CertStatus::Unknown(Null),
        CertificateStatus::Revoked(revocation) => CertStatus::Revoked(RevokedInfo {
            revocation_time: time(revocation.since)?,
            revocation_reason: revocation.reason.map(write_reason),
        }),
    })
}
