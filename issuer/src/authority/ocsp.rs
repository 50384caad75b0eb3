//! Signed answers about single certificates (RFC 6960), by the key that the issuing authority delegated.

use jiff::Timestamp;
use shared::x509::body::DeviceBody;
use shared::x509::ca::CaCertificate;
use shared::x509::certificate::DeviceCertificate;
use shared::x509::ocsp::reply::{Reply, SingleReply, assemble};
use shared::x509::ocsp::{OcspRequest, UnverifiedAnswer};

use super::{Authority, SignError};

impl Authority {
    /// The issuing authority that every certificate of a request is asked of; `None` when they are of several,
    /// or of none of ours: nobody may answer for another authority.
    pub fn asked_of(&self, request: &OcspRequest) -> Option<(u32, &CaCertificate)> {
        self.generations().find(|(_, issuing)| request.certificates().iter().all(|id| id.is_by(issuing)))
    }

    /// Which issuing authority has signed a device certificate, given as DER.
    pub fn generation_of_signed(&self, der: &[u8]) -> Option<u32> {
        let certificate = DeviceCertificate::parse_under(der, &self.arc).ok()?;
        self.issuer_of(&certificate).map(|(generation, _)| generation)
    }

    /// Which issuing authority the to-be-signed bytes of a device certificate were prepared for.
    pub fn generation_of(&self, to_be_signed: &[u8]) -> Option<u32> {
        let body = DeviceBody::read(to_be_signed, &self.arc).ok()?;
        self.generations()
            .find(|(_, issuing)| body.names_as_issuer(issuing))
            .map(|(generation, _)| generation)
    }

    /// Signs the answers to a request that was asked of the issuing authority of `generation`.
    ///
    /// # Errors
    /// When there is no such generation, a time is out of range or the signature fails.
    pub fn answer(
        &self,
        generation: u32,
        answers: Vec<SingleReply>,
        nonce: Option<&[u8]>,
        produced_at: Timestamp,
        next_update: Timestamp,
    ) -> Result<Vec<u8>, SignError> {
        let signer = self.ocsp_signer_of(generation).ok_or(SignError::OtherAuthority)?;
        let responder = signer.certificate();
        let reply = Reply { responder: responder.public_key(), produced_at, next_update, answers, nonce };
        let to_be_signed = reply.to_be_signed().map_err(|_| SignError::SelfCheck)?;
        let signature = signer.sign_der(&to_be_signed)?;
        let der = assemble(&to_be_signed, &signature, responder.der()).map_err(|_| SignError::SelfCheck)?;
        // The reader finds what a wallet would refuse.
        UnverifiedAnswer::parse(&der).map_err(|_| SignError::SelfCheck)?;
        Ok(der)
    }
}

#[cfg(test)]
mod tests {
    use shared::x509::ocsp::{CertificateId, CertificateStatus, IssuerHash, OcspFault, Question};

    use super::*;
    use crate::authority::tests::{Dice, at, authority, issued, now, prepared, serial};
    use crate::authority::{RollOverOptions, Signer};

    fn good(id: &CertificateId) -> SingleReply {
        SingleReply { certificate: id.clone(), status: CertificateStatus::Good }
    }

    #[test]
    fn each_generation_answers_for_its_own_certificates() {
        let dir = tempfile::tempdir().unwrap();
        let old = authority(dir.path());
        let options = RollOverOptions {
            issuing_name: "mLegitymacja SIMULATOR Issuing CA 2".to_owned(),
            not_before: old.root().not_before(),
            not_after: old.root().not_after(),
            keys: crate::authority::KeyStore::default(),
        };
        let new = Authority::roll_over(&dir.path().join("authority"), &options, &Dice::new()).unwrap();
        assert_eq!(new.generation_of(prepared(&old).to_be_signed()), Some(1));
        assert_eq!(new.generation_of(prepared(&new).to_be_signed()), Some(2));
        for (generation, issuing) in new.generations() {
            let question = Question::new(issuing, serial(), [9; 32]).unwrap();
            let request = OcspRequest::parse(&question.to_der().unwrap()).unwrap();
            assert_eq!(new.asked_of(&request).map(|(asked, _)| asked), Some(generation));
            let answers: Vec<_> = request.certificates().iter().map(good).collect();
            let reply = |of: u32| {
                let until = at("2026-11-21T19:30:00Z");
                let der = new.answer(of, answers.clone(), request.nonce(), now(), until).unwrap();
                UnverifiedAnswer::parse(&der).unwrap().verify(&question, issuing)
            };
            assert_eq!(reply(generation).unwrap().status(), CertificateStatus::Good);
            assert!(
                matches!(reply(3 - generation), Err(OcspFault::Signer(_))),
                "another generation's answer"
            );
        }
        let root = Question::new(new.root(), serial(), [9; 32]).unwrap();
        let request = OcspRequest::parse(&root.to_der().unwrap()).unwrap();
        assert!(new.asked_of(&request).is_none(), "nobody was delegated by the root");
    }

    #[test]
    fn the_key_of_the_authority_itself_is_not_used() {
        let dir = tempfile::tempdir().unwrap();
        let authority = authority(dir.path());
        let id =
            CertificateId::of(authority.issuing(), issued(&authority).serial(), IssuerHash::Sha1).unwrap();
        let reply = authority.answer(1, vec![good(&id)], None, now(), at("2026-11-21T19:30:00Z")).unwrap();
        let certificate = authority.signer(Signer::Ocsp).certificate().der();
        assert!(reply.windows(certificate.len()).any(|window| window == certificate));
    }
}
