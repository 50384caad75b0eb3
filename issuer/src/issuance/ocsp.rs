//! Answers about single certificates, as things stand when they are asked.

use jiff::SignedDuration;
use shared::x509::crl::Revocation;
use shared::x509::ocsp::{CertificateId, CertificateStatus, OcspRequest, Refusal, SingleReply};

use super::Issuance;
use super::revocation::list_reason;
use crate::authority::SignError;
use crate::store::tables::certificate::{Certificate, CertificateState};
use crate::store::tables::device::EndReason;
use crate::store::tables::orphan::Orphan;
use crate::store::{Statements, StoreError, Verb};

/// How long an answer may be kept by whoever cannot ask again.
pub const ANSWER_TTL: SignedDuration = SignedDuration::from_hours(1);

impl Issuance {
    /// Answers a request: good, revoked or unknown for each of its certificates, signed; or a refusal.
    ///
    /// # Errors
    /// When the database or the signature fails.
    pub async fn answer_ocsp(&self, request: &[u8]) -> Result<Result<Vec<u8>, Refusal>, AnswerError> {
        let Ok(request) = OcspRequest::parse(request) else { return Ok(Err(Refusal::Malformed)) };
        let Some((generation, _)) = self.authority.asked_of(&request) else {
            return Ok(Err(Refusal::Unauthorized));
        };
        let certificates = request.certificates().to_vec();
        let look = LookUp { issuance: self.clone(), generation, certificates };
        let answers = self.store.read(look).await?;
        // After the books were read: the answer tells how things stood no later than it says.
        let now = self.now();
        let next_update = now.saturating_add(ANSWER_TTL).unwrap_or(now);
        Ok(Ok(self.authority.answer(generation, answers, request.nonce(), now, next_update)?))
    }
}

struct LookUp {
    issuance: Issuance,
    generation: u32,
    certificates: Vec<CertificateId>,
}

#[async_trait::async_trait]
impl Verb for LookUp {
    type Answer = Vec<SingleReply>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let mut answers = Vec::with_capacity(self.certificates.len());
        for certificate in &self.certificates {
            let found = match certificate.serial() {
                Some(serial) => Certificate::find(tx, &serial.to_string()).await?,
                None => None,
            };
            let status = match (found, certificate.serial()) {
                (Some(found), _) => self.status(&found)?,
                // Issued after the backup that the books were restored from, and revoked since.
                (None, Some(serial)) => match Orphan::find(tx, &serial.to_string()).await? {
                    Some(orphan) => {
                        let reason = list_reason(EndReason::NeverReleased);
                        CertificateStatus::Revoked(Revocation { since: orphan.revoked_at, reason })
                    }
                    None => CertificateStatus::Unknown,
                },
                (None, None) => CertificateStatus::Unknown,
            };
            answers.push(SingleReply { certificate: certificate.clone(), status });
        }
        Ok(answers)
    }
}

impl LookUp {
    fn status(&self, found: &Certificate) -> Result<CertificateStatus, StoreError> {
        // Of an erased pupil the bytes are gone, but what was revoked stays revoked; numbers are unique over all
        // generations.
        let authority = &self.issuance.authority;
        let ours = match (&found.der, found.tbs.as_slice()) {
            (Some(signed), _) => authority.generation_of_signed(signed) == Some(self.generation),
            (None, []) => true,
            (None, prepared) => authority.generation_of(prepared) == Some(self.generation),
        };
        if !ours {
            return Ok(CertificateStatus::Unknown);
        }
        match found.state {
            // Nothing was given out under this number yet.
            CertificateState::Prepared => Ok(CertificateStatus::Unknown),
            CertificateState::Issued => Ok(CertificateStatus::Good),
            CertificateState::Revoked | CertificateState::Voided => {
                let (Some(since), Some(reason)) = (found.ended_at, found.end_reason) else {
                    return Err(StoreError::Damaged("an ended certificate lacks its end"));
                };
                Ok(CertificateStatus::Revoked(Revocation { since, reason: list_reason(reason) }))
            }
        }
    }
}

/// Messages complete "cannot answer: …".
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The signature fails.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The database fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}
