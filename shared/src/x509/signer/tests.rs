use rcgen::{CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType};

use super::*;
use crate::x509::sample::{self, Authority, HIERARCHY};

fn now() -> Timestamp {
    "2026-11-21T18:30:00Z".parse().unwrap()
}

fn custom(oid: ObjectIdentifier, content: &[u8]) -> CustomExtension {
    let arcs: Vec<u64> = oid.arcs().map(u64::from).collect();
    CustomExtension::from_oid_content(&arcs, content.to_vec())
}

fn usage(purpose: SignerPurpose) -> ExtendedKeyUsagePurpose {
    ExtendedKeyUsagePurpose::Other(purpose.oid().arcs().map(u64::from).collect())
}

fn certificate(
    issuer: &Authority,
    purpose: SignerPurpose,
    edit: impl FnOnce(&mut CertificateParams),
) -> Vec<u8> {
    sample::signer_under(issuer, &rcgen::KeyPair::generate().unwrap(), |params| {
        params.extended_key_usages = vec![usage(purpose)];
        if purpose == SignerPurpose::Ocsp {
            params.custom_extensions = vec![custom(oid::OCSP_NO_CHECK, NO_CHECK)];
        }
        edit(params);
    })
}

fn verified(leaf: Vec<u8>, purpose: SignerPurpose) -> Result<VerifiedSigner, SignerFault> {
    let anchors = [TrustAnchor::from_der(&HIERARCHY.root.der).unwrap()];
    verify_signer(&[leaf, HIERARCHY.issuing.der.clone()], &anchors, purpose, now())
}

#[test]
fn a_signer_is_trusted_for_its_own_purpose_alone() {
    for purpose in SignerPurpose::ALL {
        let leaf = certificate(&HIERARCHY.issuing, purpose, |_| {});
        for other in SignerPurpose::ALL {
            let found = verified(leaf.clone(), other);
            assert_eq!(found.is_ok(), other == purpose, "{purpose} as {other}: {found:?}");
        }
    }
}

#[test]
fn alternative_names_are_uris_and_hosts() {
    let named = certificate(&HIERARCHY.issuing, SignerPurpose::SdJwt, |p| {
        p.subject_alt_names = vec![
            SanType::URI("https://school.example/a".try_into().unwrap()),
            SanType::DnsName("school.example".try_into().unwrap()),
        ];
    });
    let signer = verified(named, SignerPurpose::SdJwt).unwrap();
    assert_eq!(signer.certificate().uris(), ["https://school.example/a"]);
    assert_eq!(signer.certificate().dns_names(), ["school.example"]);
    let addressed = certificate(&HIERARCHY.issuing, SignerPurpose::SdJwt, |p| {
        p.subject_alt_names = vec![SanType::IpAddress([127, 0, 0, 1].into())];
    });
    assert_eq!(verified(addressed, SignerPurpose::SdJwt).unwrap_err(), SignerFault::Names);
}

#[test]
fn each_departure_has_its_own_fault() {
    let fault = |purpose, edit: fn(&mut CertificateParams)| {
        verified(certificate(&HIERARCHY.issuing, purpose, edit), purpose).unwrap_err()
    };
    let code = SignerPurpose::Code;
    assert_eq!(fault(code, |p| p.key_usages = vec![KeyUsagePurpose::CrlSign]), SignerFault::Usage);
    assert_eq!(
        fault(code, |p| p.extended_key_usages.push(usage(SignerPurpose::SdJwt))),
        SignerFault::Purpose
    );
    assert_eq!(
        fault(code, |p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
        SignerFault::Purpose
    );
    assert_eq!(fault(SignerPurpose::Ocsp, |p| p.custom_extensions.clear()), SignerFault::NoCheck);
    assert_eq!(
        fault(code, |p| p.custom_extensions = vec![custom(oid::OCSP_NO_CHECK, NO_CHECK)]),
        SignerFault::NoCheck
    );
    let authority = fault(code, |p| p.is_ca = IsCa::Ca(rcgen::BasicConstraints::Constrained(0)));
    assert_eq!(authority, SignerFault::Authority);
    let early = fault(code, |p| sample::set_dates(p, "2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"));
    assert!(matches!(early, SignerFault::Chain(ChainFault::NotYetValid { of: ChainLink::Signer, .. })));
    let late = fault(code, |p| sample::set_dates(p, "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"));
    assert!(matches!(late, SignerFault::Chain(ChainFault::Expired { of: ChainLink::Signer, .. })));
}

#[test]
fn another_authority_s_signer_is_refused() {
    let twin = sample::authority_under(&HIERARCHY.root, "Sample Issuing", |_| {});
    let by_twin = certificate(&twin, SignerPurpose::Code, |_| {});
    assert_eq!(
        verified(by_twin, SignerPurpose::Code).unwrap_err(),
        SignerFault::Chain(ChainFault::NotNamedAsIssuer { by: ChainLink::Signer })
    );
    let copied = HIERARCHY.issuing.params.key_identifier_method.clone();
    let forger =
        sample::authority_under(&HIERARCHY.root, "Sample Issuing", |p| p.key_identifier_method = copied);
    let forged = certificate(&forger, SignerPurpose::Code, |_| {});
    assert_eq!(
        verified(forged, SignerPurpose::Code).unwrap_err(),
        SignerFault::Chain(ChainFault::BadSignature { of: ChainLink::Signer })
    );
    let leaf = certificate(&HIERARCHY.issuing, SignerPurpose::Code, |_| {});
    let foreign = [TrustAnchor::from_der(&sample::foreign_root().der).unwrap()];
    let x5c = [leaf.clone(), HIERARCHY.issuing.der.clone()];
    assert_eq!(
        verify_signer(&x5c, &foreign, SignerPurpose::Code, now()).unwrap_err(),
        SignerFault::Chain(ChainFault::UnknownRoot)
    );
    let anchors = [TrustAnchor::from_der(&HIERARCHY.root.der).unwrap()];
    assert_eq!(
        verify_signer(&[leaf], &anchors, SignerPurpose::Code, now()).unwrap_err(),
        SignerFault::Chain(ChainFault::NoIssuingAuthority)
    );
}

#[test]
fn a_device_is_no_signer() {
    let fault = verified(sample::device_der(|_| {}), SignerPurpose::Code).unwrap_err();
    assert_eq!(fault, SignerFault::Purpose);
}
