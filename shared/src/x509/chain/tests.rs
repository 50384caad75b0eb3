use std::slice;

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, PublicKeyData as _};

use super::*;
use crate::x509::sample::{self, Authority, HIERARCHY};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-12-01T12:00:00Z")
}

fn anchor(root: &Authority) -> TrustAnchor {
    TrustAnchor::from_der(&root.der).unwrap()
}

fn verify(x5c: &[Vec<u8>]) -> Result<VerifiedChain, ChainFault> {
    verify_chain(x5c, &[anchor(&HIERARCHY.root)], now())
}

fn fault(x5c: &[Vec<u8>]) -> ChainFault {
    verify(x5c).map(|_| "a verified chain").unwrap_err()
}

fn good() -> Vec<Vec<u8>> {
    vec![sample::device_der(|_| {}), HIERARCHY.issuing.der.clone()]
}

/// A chain whose issuing authority was edited.
fn below(root: &Authority, edit: impl FnOnce(&mut CertificateParams)) -> Vec<Vec<u8>> {
    let issuing = sample::authority_under(root, "Sample Issuing", edit);
    vec![sample::device_der_by(&issuing, &HIERARCHY.device, |_| {}), issuing.der]
}

#[test]
fn a_good_chain_gives_its_parts() {
    let chain = verify(&good()).unwrap();
    assert_eq!(chain.leaf().surname(), "Gęślą-Jaźń");
    assert_eq!(chain.issuing_authority().der(), HIERARCHY.issuing.der);
    assert_eq!(chain.anchor(), &anchor(&HIERARCHY.root));
    assert!(chain.upper_authorities().is_empty());
}

#[test]
fn the_right_anchor_is_found_among_many() {
    let anchors: Vec<_> =
        [&sample::foreign_root(), &sample::impostor_root(), &HIERARCHY.root].map(anchor).into();
    assert!(verify_chain(&good(), &anchors, now()).is_ok());
}

#[test]
fn foreign_and_impostor_roots_are_refused() {
    for root in [sample::foreign_root(), sample::impostor_root()] {
        assert_eq!(fault(&below(&root, |_| {})), ChainFault::UnknownRoot);
        assert_eq!(verify_chain(&good(), &[anchor(&root)], now()).unwrap_err(), ChainFault::UnknownRoot);
    }
    assert_eq!(verify_chain(&good(), &[], now()).unwrap_err(), ChainFault::UnknownRoot);
}

#[test]
fn an_impostor_that_copies_the_key_identifier_fails_at_the_signature() {
    let mut impostor = sample::impostor_root();
    impostor.params.key_identifier_method = HIERARCHY.root.params.key_identifier_method.clone();
    assert_eq!(fault(&below(&impostor, |_| {})), ChainFault::BadSignature { of: ChainLink::Authority(1) });

    let copied = HIERARCHY.issuing.params.key_identifier_method.clone();
    let twin =
        sample::authority_under(&HIERARCHY.root, "Sample Issuing", |p| p.key_identifier_method = copied);
    let leaf = sample::device_der_by(&twin, &HIERARCHY.device, |_| {});
    assert_eq!(
        fault(&[leaf, HIERARCHY.issuing.der.clone()]),
        ChainFault::BadSignature { of: ChainLink::Device }
    );
}

#[test]
fn each_certificate_names_the_next() {
    let other = sample::authority_under(&HIERARCHY.root, "Sample Issuing", |_| {});
    let named = sample::authority_under(&HIERARCHY.root, "Other Issuing", |_| {});
    for authority in [other, named] {
        assert_eq!(
            fault(&[good().remove(0), authority.der]),
            ChainFault::NotNamedAsIssuer { by: ChainLink::Device }
        );
    }
}

#[test]
fn shape_of_the_chain() {
    let [leaf, issuing]: [Vec<u8>; 2] = good().try_into().unwrap();
    let root = HIERARCHY.root.der.clone();
    assert_eq!(fault(&[]), ChainFault::Empty);
    assert_eq!(fault(&vec![leaf.clone(); 5]), ChainFault::TooLong);
    assert_eq!(fault(slice::from_ref(&leaf)), ChainFault::NoIssuingAuthority);
    assert_eq!(fault(&[leaf.clone(), issuing.clone(), root.clone()]), ChainFault::RootIncluded);
    assert_eq!(fault(&[leaf.clone(), root]), ChainFault::RootIncluded);
    assert!(matches!(fault(&[issuing, leaf.clone()]), ChainFault::Device(_)));
    assert!(matches!(
        fault(&[leaf.clone(), leaf]),
        ChainFault::Authority { position: 1, fault } if *fault == CaFault::NotAnAuthority
    ));
}

#[test]
fn path_lengths_are_counted() {
    let chain_of = |middle_limit: BasicConstraints, root: &Authority| {
        let middle = sample::authority_under(root, "Sample Middle", |p| p.is_ca = IsCa::Ca(middle_limit));
        let issuing = sample::authority_under(&middle, "Sample Issuing", |_| {});
        let leaf = sample::device_der_by(&issuing, &HIERARCHY.device, |_| {});
        vec![leaf, issuing.der, middle.der]
    };
    // The sample's root allows one authority below itself, and here are two.
    assert_eq!(fault(&chain_of(BasicConstraints::Unconstrained, &HIERARCHY.root)), ChainFault::PathTooLong);

    let mut wide = sample::foreign_root();
    wide.params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    wide.der = wide.params.self_signed(&wide.key).unwrap().der().to_vec();
    let verify = |limit| {
        verify_chain(&chain_of(limit, &wide), &[anchor(&wide)], now())
            .map(|chain| chain.upper_authorities().len())
    };
    assert_eq!(verify(BasicConstraints::Unconstrained), Ok(1));
    assert_eq!(verify(BasicConstraints::Constrained(1)), Ok(1));
    assert_eq!(verify(BasicConstraints::Constrained(0)), Err(ChainFault::PathTooLong));
}

#[test]
fn every_step_of_a_longer_chain_is_checked() {
    let mut wide = sample::foreign_root();
    wide.params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    wide.der = wide.params.self_signed(&wide.key).unwrap().der().to_vec();
    let limit = |p: &mut CertificateParams| p.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
    let middle = sample::authority_under(&wide, "Sample Middle", limit);
    let copied = middle.params.key_identifier_method.clone();
    let other = sample::authority_under(&wide, "Other Middle", limit);
    let twin = sample::authority_under(&wide, "Sample Middle", |p| {
        limit(p);
        p.key_identifier_method = copied;
    });
    let fault_below = |above: &Authority| {
        let issuing = sample::authority_under(above, "Sample Issuing", |_| {});
        let leaf = sample::device_der_by(&issuing, &HIERARCHY.device, |_| {});
        let x5c = [leaf, issuing.der, middle.der.clone()];
        verify_chain(&x5c, &[anchor(&wide)], now()).map(|_| ()).err()
    };
    let link = ChainLink::Authority(1);
    assert_eq!(fault_below(&middle), None);
    assert_eq!(fault_below(&other), Some(ChainFault::NotNamedAsIssuer { by: link }));
    assert_eq!(fault_below(&twin), Some(ChainFault::BadSignature { of: link }));
}

#[test]
fn authorities_on_p384_are_allowed_and_rsa_is_not() {
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let issuing = sample::authority_with_key(&HIERARCHY.root, "Sample P-384", key, |_| {});
    let leaf = sample::device_der_by(&issuing, &HIERARCHY.device, |_| {});
    assert!(verify(&[leaf, issuing.der]).is_ok());

    let mut params = HIERARCHY.issuing.params.clone();
    params.key_identifier_method = rcgen::KeyIdMethod::Sha256;
    let rsa = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let der = params.signed_by(&rsa, &HIERARCHY.root.issuer()).unwrap().der().to_vec();
    assert!(rsa.der_bytes().len() > 200);
    assert!(matches!(fault(&[good().remove(0), der]), ChainFault::Authority { position: 1, .. }));
}

#[test]
fn dates_are_judged_for_every_link_and_apart_from_signatures() {
    let cases = [
        ("2026-08-31T21:59:59Z", Some("early")),
        ("2026-08-31T22:00:00Z", None),
        ("2027-09-30T21:59:59.9Z", None),
        ("2027-09-30T22:00:00Z", Some("late")),
    ];
    for (now, expected) in cases {
        let undated = verify_undated(&good(), &[anchor(&HIERARCHY.root)], &PrivateArc::default()).unwrap();
        assert_eq!(undated.issuing_authority().unwrap().der(), HIERARCHY.issuing.der);
        let found = match undated.judge(at(now)) {
            Ok(()) => None,
            Err(ChainFault::NotYetValid { of: ChainLink::Device, .. }) => Some("early"),
            Err(ChainFault::Expired { of: ChainLink::Device, .. }) => Some("late"),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(found, expected, "{now}");
        assert_eq!(undated.at(at(now)).is_ok(), expected.is_none(), "{now}");
    }
    let ended = below(&HIERARCHY.root, |p| {
        sample::set_dates(p, "2016-01-01T00:00:00Z", "2026-11-30T00:00:00Z");
    });
    assert_eq!(
        fault(&ended),
        ChainFault::Expired { of: ChainLink::Authority(1), not_after: at("2026-11-30T00:00:00Z") }
    );
    let mut root = sample::foreign_root();
    sample::set_dates(&mut root.params, "2027-01-01T00:00:00Z", "2036-01-01T00:00:00Z");
    root.der = root.params.self_signed(&root.key).unwrap().der().to_vec();
    assert_eq!(
        verify_chain(&below(&root, |_| {}), &[anchor(&root)], now()).unwrap_err(),
        ChainFault::NotYetValid { of: ChainLink::Root, not_before: at("2027-01-01T00:00:00Z") }
    );
}

#[test]
fn anchors_are_roots_in_der_or_pem() {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(&HIERARCHY.root.der);
    let lines: Vec<&str> = body.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    let pem = |label: &str| format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"));
    assert_eq!(TrustAnchor::from_pem(&pem("CERTIFICATE")), Ok(anchor(&HIERARCHY.root)));
    assert_eq!(TrustAnchor::from_pem(&pem("PRIVATE KEY")), Err(AnchorFault::NotPem));
    assert_eq!(TrustAnchor::from_pem("certificate"), Err(AnchorFault::NotPem));
    assert_eq!(TrustAnchor::from_der(&HIERARCHY.issuing.der), Err(AnchorFault::NotSelfSigned));
    assert!(matches!(
        TrustAnchor::from_der(&sample::device_der(|_| {})),
        Err(AnchorFault::Certificate(CaFault::NotAnAuthority))
    ));
    // Self-issued by name, signed by another key.
    let impostor = sample::impostor_root();
    let der = HIERARCHY.root.params.signed_by(&HIERARCHY.root.key, &impostor.issuer()).unwrap();
    assert_eq!(TrustAnchor::from_der(der.der()), Err(AnchorFault::NotSelfSigned));
}
