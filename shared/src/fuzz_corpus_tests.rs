//! What the fuzz targets (`tests/fuzz`) start from: small inputs of every kind, made by the library itself.
//!
//! Keys and signatures are drawn anew and thrown away, so no private key is kept beside them; the corpus is therefore
//! always written as a whole:
//!
//! ```text
//! MLEG_FUZZ_CORPUS=$PWD/tests/fuzz cargo test -p shared --lib fuzz_corpus
//! ```

use std::collections::BTreeSet;
use std::path::PathBuf;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use jiff::SignedDuration;
use p256::ecdsa::SigningKey;
use serde_json::json;
use zeroize::Zeroizing;

use crate::age_limit::AgeLimit;
use crate::card_data::tests as card;
use crate::holder_code::sample::{
    at, chain_of, code, content, issuer, phone, portrait, sign, signed, terms, trust,
};
use crate::holder_code::{HolderClock, Purpose};
use crate::jose::base64url;
use crate::jose::dpop::{self, DpopClaims};
use crate::jose::jwk::PublicJwk;
use crate::jose::jws::SigningInput;
use crate::jose::x5c::to_header;
use crate::presentation::trust::RootPurpose;
use crate::presentation::trust_list;
use crate::qr::render;
use crate::secret::Secret;
use crate::status::token::{StatusTokenFields, signing_input};
use crate::status::{LIST_SIZE, StatusList};
use crate::vci::proof;
use crate::vp::client_id::ClientId;
use crate::vp::jwe::{ContentEncryption, OpeningKey, RecipientKey};
use crate::vp::request::link;
use crate::vp::request::object;
use crate::vp::request::sample::{self as request, Counted};
use crate::vp::response::{Answer, AuthorizationResponse, VpToken, WalletError};
use crate::x509::ca::CaCertificate;
use crate::x509::key::EcPublicKey;
use crate::x509::ocsp::reply::assemble;
use crate::x509::ocsp::{CertificateStatus, OcspRequest, Question, Reply, SingleReply};
use crate::x509::sample::{self as x509, HIERARCHY};
use crate::x509::serial::SerialNumber;
use crate::x509::signer::{NO_CHECK, SignerPurpose};

/// The clock of every target.
const NOW: &str = "2026-11-22T08:01:00Z";
const MORNING: &str = "2026-11-22T06:00:00Z";

#[derive(Default)]
struct Corpus(Vec<(&'static str, String, Vec<u8>)>);

impl Corpus {
    fn put(&mut self, target: &'static str, name: &str, bytes: impl Into<Vec<u8>>) {
        self.0.push((target, name.to_owned(), bytes.into()));
    }
}

fn public(key: &SigningKey) -> PublicJwk {
    PublicJwk::from_sec1(key.verifying_key().to_sec1_point(false).as_bytes()).unwrap()
}

fn codes(corpus: &mut Corpus) {
    for (name, purpose, face) in [
        ("good-ticket", Purpose::Ticket, Some(portrait())),
        ("good-cinema", Purpose::Cinema(AgeLimit::ALL[0]), None),
        ("good-library", Purpose::Library, None),
        ("good-card", Purpose::Card, None),
    ] {
        let statement = signed(&terms(content(purpose, face)));
        corpus.put("holder_code", name, code(&statement, at(NOW), HolderClock::Corrected));
        if purpose == Purpose::Library {
            corpus.put("holder_code", "uncorrected", code(&statement, at(NOW), HolderClock::Uncorrected));
        }
    }
    corpus.put("qr", "code", render::png("MLEG1:ABC", 1).unwrap());
    corpus.put(
        "qr",
        "offer",
        render::png("openid-credential-offer://?credential_offer_uri=https://a.example/o", 2).unwrap(),
    );
    let picture = image::load_from_memory(&render::png("MLEG1:XYZ", 2).unwrap()).unwrap().to_luma8();
    for (name, format) in [("jpeg", image::ImageFormat::Jpeg), ("webp", image::ImageFormat::WebP)] {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        corpus.put("qr", name, bytes.into_inner());
    }
}

fn statements(corpus: &mut Corpus) {
    corpus.put("sd_jwt", "good-presented", crate::sd_jwt::sample::presented());
    corpus.put("sd_jwt", "issued", crate::sd_jwt::sample::issued().to_text());
    let chain = chain_of(&issuer(), SignerPurpose::StatusList, &HIERARCHY.issuing);
    let fields = StatusTokenFields {
        uri: "http://pki.example:8081/pki/status/12".to_owned(),
        issued_at: at(MORNING),
        expires_at: at(MORNING) + SignedDuration::from_hours(24),
        ttl: 300,
    };
    let lists = [
        ("good-whole", StatusList::of_invalid(LIST_SIZE, [7, 412, 100_000])),
        ("good-small", StatusList::of_invalid(64, [7])),
    ];
    for (name, list) in lists {
        let input = signing_input(&fields, &list, &chain).unwrap();
        let signature = sign(&issuer(), input.as_bytes());
        corpus.put("status_token", name, input.finish(signature));
    }
    // A megabyte and a byte of zeros: more than a list may unpack to.
    let bomb = StatusList::of_invalid(8 * ((1 << 20) + 1), []).packed().unwrap();
    let header = json!({"alg": "ES256", "typ": "statuslist+jwt", "x5c": to_header(&chain)});
    let claims = json!({"sub": fields.uri, "iat": 1_795_327_200, "ttl": 300,
        "status_list": {"bits": 1, "lst": base64url(bomb)}});
    let input = SigningInput::new(&header, &claims).unwrap();
    let signature = sign(&issuer(), input.as_bytes());
    corpus.put("status_token", "bomb", input.finish(signature));

    let signer = chain_of(&issuer(), SignerPurpose::TrustList, &HIERARCHY.issuing);
    let mut believed = trust(&RootPurpose::ALL);
    believed.status_lists = vec![fields.uri];
    let input = trust_list::prepare(&believed, &signer, at(MORNING), at("2026-12-05T06:00:00Z")).unwrap();
    let signature = sign(&issuer(), input.as_bytes());
    corpus.put("trust_list", "good", input.finish(signature));
}

fn proofs(corpus: &mut Corpus) {
    let url = url::Url::parse("https://issuer.example/token").unwrap();
    for (name, access_token, nonce) in
        [("good-bare", None, None), ("good-token", Some("access-token"), Some("n-1"))]
    {
        let claims = DpopClaims {
            jti: "j-0123456789ab",
            method: "POST",
            url: &url,
            now: at(NOW),
            access_token,
            nonce,
        };
        let input = dpop::signing_input(&public(&phone()), &claims).unwrap();
        let signature = sign(&phone(), input.as_bytes());
        corpus.put("dpop", name, input.finish(signature));
    }
    let nonce = Secret::new("n-1");
    let input =
        proof::signing_input(&public(&phone()), "https://issuer.example", Some(&nonce), at(NOW)).unwrap();
    let signature = sign(&phone(), input.as_bytes());
    let text = input.finish(signature);
    corpus.put("jose", "jws", text.clone());
    corpus.put("key_proof", "good", text);
    corpus.put("jose", "jwk", serde_json::to_vec(&public(&phone())).unwrap());
    corpus.put(
        "jose",
        "x5c",
        serde_json::to_vec(&to_header(std::slice::from_ref(&HIERARCHY.issuing.der))).unwrap(),
    );
}

fn presentations(corpus: &mut Corpus) {
    let dns = ClientId::X509SanDns(request::VERIFIER_DNS.to_owned());
    let address = ClientId::RedirectUri(request::RESPONSE_URI.to_owned());
    let asked = request::request(dns.clone());
    corpus.put("request_object", "good-signed", object::sign(&asked, &request::verifier()).unwrap());
    corpus.put("request_object", "stranger", object::sign(&asked, &request::self_signed()).unwrap());
    let open = request::request(address);
    corpus.put("request_object", "unsecured", object::unsecured(&open).unwrap());
    corpus.put("dcql", "ticket", serde_json::to_vec(&asked.query).unwrap());
    let sets = json!({
        "credentials": [{
            "id": "card", "format": "dc+sd-jwt", "meta": {"vct_values": ["https://a.example/card"]},
            "trusted_authorities": [{"type": "aki", "values": ["s9tIpPmhxdiuNkHMEWNpYim8S8Y"]}],
            "claims": [{"id": "n", "path": ["family_name"]},
                {"id": "a", "path": ["age_equal_or_over", "18"], "values": [true]},
                {"id": "l", "path": ["list", null, 0]}],
            "claim_sets": [["n", "a"], ["n"]],
        }],
        "credential_sets": [{"options": [["card"]], "required": false, "purpose": "Ulga"}],
    });
    corpus.put("dcql", "sets", sets.to_string());
    let place = open.response_uri.clone();
    corpus.put("request_link", "reference", link::by_reference(&dns, &place, true));
    corpus.put("request_link", "value", link::by_value(&open).unwrap());
    corpus.put(
        "response",
        "token",
        b"vp_token=%7B%22card%22%3A%5B%22a.b.c%7Ed%7Ee.f.g%22%5D%7D&state=s+1%262".as_slice(),
    );
    let token = VpToken::of([("card".to_owned(), "a.b.c~d~e.f.g".to_owned())]);
    let key = OpeningKey::from_scalar(Zeroizing::new([7; 32])).unwrap();
    let recipient = RecipientKey { key: key.public().clone(), kid: Some("b".to_owned()) };
    let presented = AuthorizationResponse { answer: Answer::Presented(token), state: Some(Secret::new("s")) };
    let refused = AuthorizationResponse { answer: Answer::Refused(WalletError::AccessDenied), state: None };
    corpus.put("response", "refused", refused.to_form().unwrap().expose().as_bytes());
    for (n, (answer, encryption)) in
        [(presented, ContentEncryption::A128Gcm), (refused, ContentEncryption::A256Gcm)]
            .into_iter()
            .enumerate()
    {
        let form = answer.to_encrypted_form(&recipient, encryption, &Counted::new(n as u64)).unwrap();
        corpus.put("response", &format!("good-{n}"), form.expose().as_bytes());
    }
}

fn certificates(corpus: &mut Corpus) {
    corpus.put("certificate", "good-device", x509::device_der(|_| {}));
    corpus.put("certificate", "root", HIERARCHY.root.der.clone());
    corpus.put("certificate", "issuing", HIERARCHY.issuing.der.clone());
    corpus.put("certificate", "verifier", request::verifier().x5c[0].clone());
    let code_signer = chain_of(&issuer(), SignerPurpose::Code, &HIERARCHY.issuing);
    corpus.put("certificate", "signer", code_signer[0].clone());
    corpus.put("known", "root", HIERARCHY.root.der.clone());
    corpus.put("known", "issuing", HIERARCHY.issuing.der.clone());
    corpus.put("known", "code-signer", code_signer[0].clone());

    let revoked = |octet: u8, code| rcgen::RevokedCertParams {
        serial_number: vec![octet; 16].into(),
        revocation_time: rcgen::date_time_ymd(2026, 11, 20),
        reason_code: code,
        invalidity_date: None,
    };
    let part = rcgen::CrlIssuingDistributionPoint {
        distribution_point: rcgen::CrlDistributionPoint {
            uris: vec!["http://pki.example/1-a3.crl".to_owned()],
        },
        scope: None,
    };
    for (name, point) in [("good-whole", None), ("good-part", Some(part))] {
        let params = rcgen::CertificateRevocationListParams {
            this_update: rcgen::date_time_ymd(2026, 11, 21),
            next_update: rcgen::date_time_ymd(2026, 11, 28),
            crl_number: 7_u64.into(),
            issuing_distribution_point: point,
            revoked_certs: vec![revoked(1, None), revoked(2, Some(rcgen::RevocationReason::Superseded))],
            key_identifier_method: HIERARCHY.issuing.params.key_identifier_method.clone(),
        };
        corpus.put("crl", name, params.signed_by(&HIERARCHY.issuing.issuer()).unwrap().der().to_vec());
    }
}

fn ocsp(corpus: &mut Corpus) {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = x509::signer_under(&HIERARCHY.issuing, &key, |params| {
        let usage = rcgen::ExtendedKeyUsagePurpose::Other(x509::arcs(SignerPurpose::Ocsp.oid()));
        params.extended_key_usages = vec![usage];
        let arcs = x509::arcs(crate::x509::oid::OCSP_NO_CHECK);
        params.custom_extensions = vec![rcgen::CustomExtension::from_oid_content(&arcs, NO_CHECK.to_vec())];
    });
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.serialized_der()).unwrap();
    let responder = EcPublicKey::from_spki_der(&rcgen::PublicKeyData::subject_public_key_info(&key)).unwrap();
    let issuing = CaCertificate::parse(&HIERARCHY.issuing.der).unwrap();
    let serial = SerialNumber::from_be_bytes(&[0x5e; 16]).unwrap();
    let question = Question::new(&issuing, serial, [7; 32]).unwrap().to_der().unwrap();
    let asked = OcspRequest::parse(&question).unwrap();
    corpus.put("ocsp_request", "one", question);
    let since = at("2026-11-20T10:00:00Z");
    let reason = Some(crate::x509::crl::RevocationReason::KeyCompromise);
    let revoked = CertificateStatus::Revoked(crate::x509::crl::Revocation { since, reason });
    for (name, status) in [("good-good", CertificateStatus::Good), ("good-revoked", revoked)] {
        let reply = Reply {
            responder: &responder,
            produced_at: at(NOW),
            next_update: at("2026-11-22T09:01:00Z"),
            answers: asked
                .certificates()
                .iter()
                .map(|id| SingleReply { certificate: id.clone(), status })
                .collect(),
            nonce: asked.nonce(),
        };
        let body = reply.to_be_signed().unwrap();
        let signature = pair.sign(&SystemRandom::new(), &body).unwrap();
        corpus.put("ocsp_answer", name, assemble(&body, signature.as_ref(), &certificate).unwrap());
    }
    corpus.put("ocsp_answer", "refusal", crate::x509::ocsp::Refusal::TryLater.to_der().unwrap());
}

fn offers(corpus: &mut Corpus) {
    let offer = json!({
        "credential_issuer": "https://issuer.example",
        "credential_configuration_ids": ["mlegitymacja_x509", "mlegitymacja_sd_jwt"],
        "grants": {"urn:ietf:params:oauth:grant-type:pre-authorized_code": {
            "pre-authorized_code": "oaKazRN8I0IbtZ0C7JuMn5",
            "tx_code": {"input_mode": "numeric", "length": 8, "description": "Kod aktywacyjny"}}},
    });
    corpus.put("offer", "offer", offer.to_string());
    let mut text = url::form_urlencoded::Serializer::new("openid-credential-offer://?".to_owned());
    corpus.put("offer", "value", text.append_pair("credential_offer", &offer.to_string()).finish());
    let reference = "openid-credential-offer://?credential_offer_uri=https://issuer.example/offer/abc";
    corpus.put("offer", "reference", reference);
    let jwk = serde_json::to_value(public(&phone())).unwrap();
    for (name, text) in [
        ("token-form", "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code&pre-authorized_code=abc&tx_code=12345678".to_owned()),
        ("token-answer", json!({"access_token": "abc", "token_type": "DPoP", "expires_in": 300}).to_string()),
        ("credential", json!({"credential_configuration_id": "mlegitymacja_x509", "proofs": {"jwt": ["a.b.c"]}}).to_string()),
        ("credential-answer", json!({"credentials": [{"credential": {"x5c": ["MIIB"], "card": "e30"}}], "notification_id": "n"}).to_string()),
        ("error", json!({"error": "invalid_nonce", "error_description": "nonce is old", "jwk": jwk}).to_string()),
        ("notification", json!({"notification_id": "n", "event": "credential_accepted"}).to_string()),
        ("nonce", json!({"c_nonce": "abc"}).to_string()),
        ("metadata", json!({"credential_issuer": "https://issuer.example",
            "credential_endpoint": "https://issuer.example/credential", "nonce_endpoint": "https://issuer.example/nonce",
            "credential_configurations_supported": {"mlegitymacja_sd_jwt": {"format": "dc+sd-jwt", "vct": "https://issuer.example/c/1",
                "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}}}}}).to_string()),
    ] {
        corpus.put("vci", name, text);
    }
    corpus.put("card_data", "card", card::sample().to_bytes());
}

#[test]
fn the_corpus_is_small_and_has_a_start_for_every_target() {
    let mut corpus = Corpus::default();
    codes(&mut corpus);
    statements(&mut corpus);
    proofs(&mut corpus);
    presentations(&mut corpus);
    certificates(&mut corpus);
    ocsp(&mut corpus);
    offers(&mut corpus);
    let names: BTreeSet<_> = corpus.0.iter().map(|(target, name, _)| (*target, name)).collect();
    assert_eq!(names.len(), corpus.0.len(), "no name twice");
    assert!(corpus.0.iter().all(|(_, _, bytes)| (1..16 * 1024).contains(&bytes.len())));
    let Some(home) = std::env::var_os("MLEG_FUZZ_CORPUS").map(PathBuf::from) else { return };
    for (target, name, bytes) in &corpus.0 {
        let folder = if *target == "known" { home.join(target) } else { home.join("corpus").join(target) };
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}
