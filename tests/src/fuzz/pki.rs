//! Certificates, revocation lists and OCSP in DER.

use shared::presentation::trust::CodeSigner;
use shared::vp::certificate::{VerifierCertificate, Vouched};
use shared::x509::ca::CaCertificate;
use shared::x509::certificate::DeviceCertificate;
use shared::x509::crl::UnverifiedCrl;
use shared::x509::ocsp::{OcspRequest, Question, UnverifiedAnswer};
use shared::x509::oid::PrivateArc;
use shared::x509::serial::SerialNumber;
use shared::x509::signer::SignerCertificate;

use super::known::{self, Genuine};

static CERTIFICATE: Genuine = Genuine::of("certificate");
static CRL: Genuine = Genuine::of("crl");
static ANSWER: Genuine = Genuine::of("ocsp_answer");

const POINT: &str = "http://pki.example/1-a3.crl";

/// Every kind of certificate that is read.
pub fn certificate(bytes: &[u8]) {
    let key = known::issuing().public_key();
    let device = DeviceCertificate::parse(bytes);
    if let Ok(certificate) = &device {
        assert_eq!(certificate.der(), bytes);
        let under = DeviceCertificate::parse_under(bytes, &PrivateArc::default());
        assert_eq!(under.as_ref(), Ok(certificate));
        let _ = format!("{certificate:?}");
    }
    CERTIFICATE.judge(bytes, device.is_ok_and(|certificate| certificate.verify_signature(key).is_ok()));
    if let Ok(authority) = CaCertificate::parse(bytes) {
        assert_eq!(authority.der(), bytes);
        let root = known::anchors()[0].certificate();
        if authority.verify_signature(root.public_key()).is_ok() {
            assert!([root.der(), known::issuing().der()].contains(&bytes), "an authority that nobody made");
        }
    }
    if let Ok(signer) = SignerCertificate::parse(bytes)
        && signer.verify_signature(key).is_ok()
    {
        let made = known::corpus("certificate").into_iter().any(|(_, input)| input == bytes);
        assert!(made, "a signer that nobody made");
    }
    let _ = CodeSigner::new(vec![bytes.to_vec()]);
    if let Ok(verifier) = VerifierCertificate::parse(&[bytes.to_vec(), known::issuing().der().to_vec()])
        && matches!(verifier.vouched(known::anchors(), known::now()), Vouched::By { .. })
    {
        let made = known::corpus("certificate").into_iter().any(|(_, input)| input == bytes);
        assert!(made, "a verifier that nobody vouched for");
    }
}

/// [`UnverifiedCrl`], for a part and for the whole.
pub fn crl(bytes: &[u8]) {
    let list = UnverifiedCrl::parse(bytes);
    let accepted = list.is_ok_and(|list| {
        list.clone().verify(known::issuing()).is_ok() || list.verify_for(known::issuing(), POINT).is_ok()
    });
    CRL.judge(bytes, accepted);
}

/// [`OcspRequest`], as a responder reads it.
pub fn ocsp_request(bytes: &[u8]) {
    let Ok(request) = OcspRequest::parse(bytes) else { return };
    assert!(!request.certificates().is_empty());
    assert!(request.nonce().is_none_or(|nonce| (1..=128).contains(&nonce.len())));
    for id in request.certificates() {
        let _ = (id.is_by(known::issuing()), id.serial());
    }
}

/// [`UnverifiedAnswer`], to the question that the corpus answers.
pub fn ocsp_answer(bytes: &[u8]) {
    let serial = SerialNumber::from_be_bytes(&[0x5e; 16]).expect("a serial number");
    let question = Question::new(known::issuing(), serial, [7; 32]).expect("a question");
    let answer = UnverifiedAnswer::parse(bytes);
    ANSWER.judge(bytes, answer.is_ok_and(|answer| answer.verify(&question, known::issuing()).is_ok()));
}
