use rcgen::{CertificateRevocationListParams, KeyUsagePurpose, RevocationReason as Code, RevokedCertParams};

use super::*;
use crate::x509::sample::{self, Authority, HIERARCHY};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn serial(octet: u8) -> SerialNumber {
    SerialNumber::from_be_bytes(&[octet; 16]).unwrap()
}

fn entry(octet: u8, reason_code: Option<Code>) -> RevokedCertParams {
    RevokedCertParams {
        serial_number: vec![octet; 16].into(),
        revocation_time: rcgen::date_time_ymd(2026, 11, 20),
        reason_code,
        invalidity_date: None,
    }
}

fn list_by(authority: &Authority, revoked_certs: Vec<RevokedCertParams>) -> Vec<u8> {
    let params = CertificateRevocationListParams {
        this_update: rcgen::date_time_ymd(2026, 11, 21),
        next_update: rcgen::date_time_ymd(2026, 11, 28),
        crl_number: 7_u64.into(),
        issuing_distribution_point: None,
        revoked_certs,
        key_identifier_method: authority.params.key_identifier_method.clone(),
    };
    params.signed_by(&authority.issuer()).unwrap().der().to_vec()
}

fn list(entries: Vec<RevokedCertParams>) -> Vec<u8> {
    list_by(&HIERARCHY.issuing, entries)
}

fn issuing() -> CaCertificate {
    CaCertificate::parse(&HIERARCHY.issuing.der).unwrap()
}

fn verified(der: &[u8]) -> Result<VerifiedCrl, CrlFault> {
    UnverifiedCrl::parse(der)?.verify(&issuing())
}

#[test]
fn a_list_tells_who_is_revoked_since_when_and_why() {
    let reasons = [
        (1, None, None),
        (2, Some(Code::KeyCompromise), Some(RevocationReason::KeyCompromise)),
        (3, Some(Code::AffiliationChanged), Some(RevocationReason::AffiliationChanged)),
        (4, Some(Code::Superseded), Some(RevocationReason::Superseded)),
        (5, Some(Code::CessationOfOperation), Some(RevocationReason::CessationOfOperation)),
        (6, Some(Code::PrivilegeWithdrawn), Some(RevocationReason::PrivilegeWithdrawn)),
    ];
    let crl = verified(&list(reasons.iter().map(|&(octet, code, _)| entry(octet, code)).collect())).unwrap();
    assert_eq!((crl.number(), crl.len()), (7, reasons.len()));
    let since = at("2026-11-20T00:00:00Z");
    for (octet, _, reason) in reasons {
        let status = crl.status_at(serial(octet), at("2026-11-22T00:00:00Z"));
        assert_eq!(status, RevocationStatus::Revoked(Revocation { since, reason }));
    }
    assert_eq!(crl.entries().count(), reasons.len());
}

#[test]
fn only_a_current_list_says_good() {
    let crl = verified(&list(vec![entry(2, None)])).unwrap();
    let (this_update, next_update) = (at("2026-11-21T00:00:00Z"), at("2026-11-28T00:00:00Z"));
    let cases = [
        ("2026-11-20T23:59:59Z", RevocationStatus::FromTheFuture { this_update }),
        ("2026-11-21T00:00:00Z", RevocationStatus::Good),
        ("2026-11-27T23:59:59Z", RevocationStatus::Good),
        ("2026-11-28T00:00:00Z", RevocationStatus::Stale { next_update }),
    ];
    for (now, status) in cases {
        assert_eq!(crl.status_at(serial(1), at(now)), status, "{now}");
        assert!(matches!(crl.status_at(serial(2), at(now)), RevocationStatus::Revoked(_)), "{now}");
    }
    assert!(verified(&list(vec![])).unwrap().is_empty());
}

#[test]
fn reasons_outside_the_profile_are_refused() {
    for code in [Code::CaCompromise, Code::CertificateHold, Code::RemoveFromCrl, Code::AaCompromise] {
        assert_eq!(verified(&list(vec![entry(1, Some(code))])).unwrap_err(), CrlFault::ReasonOutsideProfile);
    }
}

#[test]
fn a_list_of_another_authority_is_refused() {
    let entries = || vec![entry(1, None)];
    let twin = sample::authority_under(&HIERARCHY.root, "Sample Issuing", |_| {});
    let named = sample::authority_under(&HIERARCHY.root, "Other Issuing", |_| {});
    for authority in [&twin, &named, &HIERARCHY.root] {
        assert_eq!(verified(&list_by(authority, entries())).unwrap_err(), CrlFault::AnotherIssuer);
    }
    let copied = HIERARCHY.issuing.params.key_identifier_method.clone();
    let forger =
        sample::authority_under(&HIERARCHY.root, "Sample Issuing", |p| p.key_identifier_method = copied);
    assert_eq!(verified(&list_by(&forger, entries())).unwrap_err(), CrlFault::BadSignature);
}

#[test]
fn an_authority_without_the_right_cannot_sign_lists() {
    let silent = sample::authority_under(&HIERARCHY.root, "Sample Silent", |p| {
        p.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    });
    let mut willing = sample::authority_with_key(
        &HIERARCHY.root,
        "Sample Silent",
        rcgen::KeyPair::try_from(silent.key.serialized_der()).unwrap(),
        |_| {},
    );
    willing.params.key_identifier_method = silent.params.key_identifier_method.clone();
    let crl = UnverifiedCrl::parse(&list_by(&willing, vec![])).unwrap();
    let authority = CaCertificate::parse(&silent.der).unwrap();
    assert_eq!(crl.verify(&authority).unwrap_err(), CrlFault::MayNotSignLists);
}

fn list_about(point: &[&str], scope: Option<rcgen::CrlScope>) -> Vec<u8> {
    let params = CertificateRevocationListParams {
        this_update: rcgen::date_time_ymd(2026, 11, 21),
        next_update: rcgen::date_time_ymd(2026, 11, 28),
        crl_number: 7_u64.into(),
        issuing_distribution_point: Some(rcgen::CrlIssuingDistributionPoint {
            distribution_point: rcgen::CrlDistributionPoint {
                uris: point.iter().map(|&uri| uri.to_owned()).collect(),
            },
            scope,
        }),
        revoked_certs: vec![],
        key_identifier_method: HIERARCHY.issuing.params.key_identifier_method.clone(),
    };
    params.signed_by(&HIERARCHY.issuing.issuer()).unwrap().der().to_vec()
}

#[test]
fn a_list_about_a_part_is_believed_for_that_part_alone() {
    let (one, other) = ("http://pki.example/1-a3.crl", "http://pki.example/1-a4.crl");
    let part = || UnverifiedCrl::parse(&list_about(&[one], None)).unwrap();
    assert_eq!(part().verify_for(&issuing(), one).unwrap().point(), Some(one));
    assert_eq!(part().verify_for(&issuing(), other).unwrap_err(), CrlFault::AnotherPart);
    assert_eq!(part().verify(&issuing()).unwrap_err(), CrlFault::AnotherPart);
    let whole = UnverifiedCrl::parse(&list(vec![])).unwrap();
    assert_eq!(whole.verify_for(&issuing(), one).unwrap().point(), None, "a list of all covers every part");
}

#[test]
fn lists_restricted_in_other_ways_are_refused() {
    let one = "http://pki.example/1-a3.crl";
    for der in [
        list_about(&[one], Some(rcgen::CrlScope::CaCertsOnly)),
        list_about(&[one], Some(rcgen::CrlScope::UserCertsOnly)),
        list_about(&[one, "http://pki.example/1-a4.crl"], None),
    ] {
        assert_eq!(UnverifiedCrl::parse(&der).unwrap_err(), CrlFault::Scope);
    }
}

/// Edits the parts of the TBSCertList: version, algorithm, issuer, thisUpdate, nextUpdate, entries,
/// extensions.
fn fault_after(edit: impl FnOnce(&mut Vec<Vec<u8>>)) -> CrlFault {
    let der = list(vec![entry(1, None), entry(2, None)]);
    let der = sample::edited(&der, |outer| outer[0] = sample::edited(&outer[0], edit));
    UnverifiedCrl::parse(&der).unwrap_err()
}

#[test]
fn each_departure_from_the_form_has_its_own_fault() {
    assert_eq!(fault_after(|parts| parts[0] = b"\x02\x01\x00".to_vec()), CrlFault::NotVersion2);
    assert!(matches!(fault_after(|parts| drop(parts.remove(0))), CrlFault::Malformed(_)));
    let sha384 = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03".to_vec();
    assert_eq!(fault_after(|parts| parts[1] = sha384), CrlFault::AlgorithmsDiffer);
    assert_eq!(fault_after(|parts| drop(parts.remove(4))), CrlFault::NoNextUpdate);
    assert_eq!(fault_after(|parts| parts[4] = parts[3].clone()), CrlFault::EndsBeforeItStarts);
    assert_eq!(fault_after(|parts| parts[5] = b"\x30\x00".to_vec()), CrlFault::EmptyEntryList);
    assert_eq!(
        fault_after(|parts| {
            parts[5] = sample::edited(&parts[5], |entries| entries[1] = entries[0].clone());
        }),
        CrlFault::RepeatedEntry(serial(1))
    );
    let zero = |entry: &[u8]| sample::edited(entry, |fields| fields[0] = b"\x02\x01\x00".to_vec());
    assert_eq!(
        fault_after(|parts| {
            parts[5] = sample::edited(&parts[5], |entries| entries[1] = zero(&entries[1]));
        }),
        CrlFault::Serial(SerialNumberError::Zero)
    );
    assert_eq!(
        fault_after(|parts| drop(parts.remove(6))),
        CrlFault::Extension(ExtensionFault::Missing(ExtensionKind::AuthorityKeyIdentifier))
    );
    assert_eq!(
        fault_after(|parts| {
            // cRLNumber with its default criticality written out.
            let extensions = sample::edited(&parts[6][2..], |all| {
                all[1] = sample::edited(&all[1], |fields| fields.insert(1, b"\x01\x01\x00".to_vec()));
            });
            parts[6] = [vec![0xa0, u8::try_from(extensions.len()).unwrap()], extensions].concat();
        }),
        CrlFault::NotCanonical
    );
    assert!(matches!(UnverifiedCrl::parse(b"\x30\x00"), Err(CrlFault::Signed(_))));
}

#[test]
fn a_number_beyond_sixty_four_bits_is_refused() {
    let params = CertificateRevocationListParams {
        this_update: rcgen::date_time_ymd(2026, 11, 21),
        next_update: rcgen::date_time_ymd(2026, 11, 28),
        crl_number: vec![1, 0, 0, 0, 0, 0, 0, 0, 0].into(),
        issuing_distribution_point: None,
        revoked_certs: vec![],
        key_identifier_method: HIERARCHY.issuing.params.key_identifier_method.clone(),
    };
    let der = params.signed_by(&HIERARCHY.issuing.issuer()).unwrap().der().to_vec();
    assert_eq!(UnverifiedCrl::parse(&der).unwrap_err(), CrlFault::NumberTooBig);
}

#[test]
fn no_flipped_bit_is_accepted() {
    let der = list(vec![entry(1, Some(Code::KeyCompromise))]);
    assert!(verified(&der).is_ok());
    for position in 0..der.len() {
        for bit in 0..8 {
            let mut flipped = der.clone();
            flipped[position] ^= 1 << bit;
            assert!(verified(&flipped).is_err(), "bit {bit} of octet {position}");
        }
    }
}
