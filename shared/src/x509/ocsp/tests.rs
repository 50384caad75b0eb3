use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::reply::assemble;
use super::*;
use crate::x509::chain::ChainFault;
use crate::x509::crl::{Revocation, RevocationReason};
use crate::x509::key::EcPublicKey;
use crate::x509::sample::{self, Authority, HIERARCHY};
use crate::x509::signer::{NO_CHECK, SignerFault, SignerPurpose};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-11-21T18:30:00Z")
}

fn issuing() -> CaCertificate {
    CaCertificate::parse(&HIERARCHY.issuing.der).unwrap()
}

fn serial(first: u8) -> SerialNumber {
    SerialNumber::from_be_bytes(&[first, 2, 3]).unwrap()
}

fn question() -> Question {
    Question::new(&issuing(), serial(0x91), [7; 32]).unwrap()
}

struct Responder {
    key: EcdsaKeyPair,
    public: EcPublicKey,
    certificate: Vec<u8>,
}

fn responder_of(issuer: &Authority, purpose: SignerPurpose, until: &str) -> Responder {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = sample::signer_under(issuer, &key, |params| {
        let usage = rcgen::ExtendedKeyUsagePurpose::Other(sample::arcs(purpose.oid()));
        params.extended_key_usages = vec![usage];
        sample::set_dates(params, "2016-01-01T00:00:00Z", until);
        if purpose == SignerPurpose::Ocsp {
            let extension = rcgen::CustomExtension::from_oid_content(
                &sample::arcs(oid::OCSP_NO_CHECK),
                NO_CHECK.to_vec(),
            );
            params.custom_extensions = vec![extension];
        }
    });
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.serialized_der()).unwrap();
    let public = EcPublicKey::from_spki_der(&rcgen::PublicKeyData::subject_public_key_info(&key)).unwrap();
    Responder { key: pair, public, certificate }
}

fn responder() -> Responder {
    responder_of(&HIERARCHY.issuing, SignerPurpose::Ocsp, "2036-01-01T00:00:00Z")
}

impl Responder {
    fn reply(
        &self,
        request: &OcspRequest,
        status: CertificateStatus,
        edit: impl FnOnce(&mut Reply<'_>),
    ) -> Vec<u8> {
        let answer = |id: &CertificateId| SingleReply { certificate: id.clone(), status };
        let mut reply = Reply {
            responder: &self.public,
            produced_at: now(),
            next_update: at("2026-11-21T19:30:00Z"),
            answers: request.certificates().iter().map(answer).collect(),
            nonce: request.nonce(),
        };
        edit(&mut reply);
        let to_be_signed = reply.to_be_signed().unwrap();
        let signature = self.key.sign(&SystemRandom::new(), &to_be_signed).unwrap();
        assemble(&to_be_signed, signature.as_ref(), &self.certificate).unwrap()
    }
}

fn asked() -> OcspRequest {
    OcspRequest::parse(&question().to_der().unwrap()).unwrap()
}

fn verified(reply: &[u8]) -> Result<VerifiedAnswer, OcspFault> {
    UnverifiedAnswer::parse(reply)?.verify(&question(), &issuing())
}

#[test]
fn a_responder_reads_what_was_asked() {
    let request = asked();
    assert_eq!(request.nonce(), Some(&[7; 32][..]));
    let [id] = request.certificates() else { panic!("one certificate") };
    assert_eq!(id.serial(), Some(serial(0x91)));
    assert!(id.is_by(&issuing()));
    assert!(!id.is_by(&CaCertificate::parse(&HIERARCHY.root.der).unwrap()));
    let twin = sample::authority_under(&HIERARCHY.root, "Sample Issuing", |_| {});
    assert!(!id.is_by(&CaCertificate::parse(&twin.der).unwrap()), "same name, another key");
    for hash in [IssuerHash::Sha1, IssuerHash::Sha256] {
        assert!(CertificateId::of(&issuing(), serial(1), hash).unwrap().is_by(&issuing()));
    }
}

#[test]
fn each_status_comes_back_as_it_was_given() {
    let since = at("2026-11-20T10:00:00Z");
    let revoked = |reason| CertificateStatus::Revoked(Revocation { since, reason });
    let reasons = [
        RevocationReason::KeyCompromise,
        RevocationReason::AffiliationChanged,
        RevocationReason::Superseded,
        RevocationReason::CessationOfOperation,
        RevocationReason::PrivilegeWithdrawn,
    ];
    let all = [CertificateStatus::Good, CertificateStatus::Unknown, revoked(None)];
    for status in all.into_iter().chain(reasons.map(|reason| revoked(Some(reason)))) {
        let answer = verified(&responder().reply(&asked(), status, |_| {})).unwrap();
        assert_eq!((answer.status(), answer.produced_at()), (status, now()));
    }
}

#[test]
fn only_the_answer_to_this_question_is_taken() {
    let responder = responder();
    let fault = |request: &OcspRequest, edit: fn(&mut Reply<'_>)| {
        verified(&responder.reply(request, CertificateStatus::Good, edit)).unwrap_err()
    };
    assert_eq!(fault(&asked(), |r| r.nonce = None), OcspFault::AnotherNonce);
    assert_eq!(fault(&asked(), |r| r.nonce = Some(&[8; 32])), OcspFault::AnotherNonce);
    let other = Question::new(&issuing(), serial(2), [7; 32]).unwrap().to_der().unwrap();
    let other = OcspRequest::parse(&other).unwrap();
    assert_eq!(fault(&other, |_| {}), OcspFault::AnotherCertificate);
    let twice: fn(&mut Reply<'_>) = |r| r.answers.push(r.answers[0].clone());
    assert_eq!(fault(&asked(), twice), OcspFault::AnotherCertificate);
    assert_eq!(fault(&asked(), |r| r.next_update = r.produced_at), OcspFault::ImpossibleDates);
}

#[test]
fn only_a_responder_of_the_same_authority_may_answer() {
    let fault = |responder: Responder| {
        verified(&responder.reply(&asked(), CertificateStatus::Good, |_| {})).unwrap_err()
    };
    let signer = |fault: SignerFault| OcspFault::Signer(Box::new(fault));
    let other_purpose = responder_of(&HIERARCHY.issuing, SignerPurpose::Code, "2036-01-01T00:00:00Z");
    assert_eq!(fault(other_purpose), signer(SignerFault::Purpose));
    let of_root = responder_of(&HIERARCHY.root, SignerPurpose::Ocsp, "2036-01-01T00:00:00Z");
    assert!(matches!(fault(of_root), OcspFault::Signer(inner)
        if matches!(*inner, SignerFault::Chain(ChainFault::NotNamedAsIssuer { .. }))));
    let expired = responder_of(&HIERARCHY.issuing, SignerPurpose::Ocsp, "2026-11-21T18:29:59Z");
    assert_eq!(fault(expired), OcspFault::ResponderDates);
    let (one, two) = (responder(), responder());
    let mixed = Responder { certificate: two.certificate, public: one.public, key: one.key };
    assert_eq!(fault(mixed), OcspFault::BadSignature);
    let (one, two) = (responder(), responder());
    let misnamed = Responder { certificate: one.certificate, public: two.public, key: one.key };
    assert_eq!(fault(misnamed), OcspFault::AnotherResponder);
}

#[test]
fn refusals_are_told_and_carry_nothing() {
    for (refusal, text) in [
        (Refusal::Malformed, "malformed request"),
        (Refusal::Internal, "internal error"),
        (Refusal::TryLater, "try later"),
        (Refusal::Unauthorized, "unauthorized"),
    ] {
        let der = refusal.to_der().unwrap();
        assert_eq!(der.len(), 5);
        assert_eq!(verified(&der), Err(OcspFault::Refused(text)));
    }
}

#[test]
fn nonces_have_from_one_to_128_octets() {
    use super::form::{OcspRequestForm, Request, TbsRequest, Version};
    let with = |extensions: Vec<x509_cert::ext::Extension>| {
        let request = Request { req_cert: question().id.0, single_request_extensions: None };
        let tbs_request = TbsRequest {
            version: Version::V1,
            requestor_name: None,
            request_list: vec![request],
            request_extensions: Some(extensions),
        };
        let der = OcspRequestForm { tbs_request, optional_signature: None }.to_der().unwrap();
        OcspRequest::parse(&der).map(|request| request.nonce().map(<[u8]>::len))
    };
    let nonce = |octets: usize| request::nonce_extension(&vec![1; octets]).unwrap();
    for (octets, expected) in [
        (0, Err(RequestFault::Nonce)),
        (1, Ok(Some(1))),
        (16, Ok(Some(16))),
        (128, Ok(Some(128))),
        (129, Err(RequestFault::Nonce)),
    ] {
        assert_eq!(with(vec![nonce(octets)]), expected, "{octets}");
    }
    assert_eq!(with(vec![nonce(16), nonce(16)]), Err(RequestFault::Nonce));
    let mut unknown = nonce(1);
    unknown.extn_id = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.7");
    assert_eq!(with(vec![unknown.clone()]), Ok(None));
    unknown.critical = true;
    assert_eq!(with(vec![unknown]), Err(RequestFault::UnknownCritical));
    assert_eq!(OcspRequest::parse(&[0x30; MAX_REQUEST + 1]), Err(RequestFault::TooLong));
    assert_eq!(OcspRequest::parse(b"\x30\x00"), Err(RequestFault::Malformed));
}

#[test]
fn an_answer_puts_a_clock_right_within_what_the_way_took() {
    let answer = verified(&responder().reply(&asked(), CertificateStatus::Good, |_| {})).unwrap();
    let slow = SignedDuration::from_mins(7);
    let (asked, heard) = (now() - slow, now() - slow + SignedDuration::from_secs(2));
    let (correction, doubt) = answer.clock_correction(asked, heard);
    let shown = heard + correction;
    let off = shown.duration_since(heard + slow).abs();
    assert!(off <= doubt && doubt < SignedDuration::from_secs(2), "{off} {doubt}");
}

#[test]
fn no_flipped_bit_is_accepted() {
    let reply = responder().reply(&asked(), CertificateStatus::Good, |_| {});
    assert!(verified(&reply).is_ok());
    for position in 0..reply.len() {
        for bit in 0..8 {
            let mut flipped = reply.clone();
            flipped[position] ^= 1 << bit;
            assert!(verified(&flipped).is_err(), "bit {bit} of octet {position}");
        }
    }
}

proptest! {
    #[test]
    fn reading_never_panics(bytes in any::<Vec<u8>>()) {
        let _ = OcspRequest::parse(&bytes);
        let _ = UnverifiedAnswer::parse(&bytes);
    }
}
