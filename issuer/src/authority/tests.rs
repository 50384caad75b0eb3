//! The authority as its callers use it.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::signature::KeyPair as _;
use jiff::Timestamp;
use shared::card_data::PersonName;
use shared::device::DeviceSlot;
use shared::entropy::Entropy;
use shared::pesel::Pesel;
use shared::x509::chain::{TrustAnchor, verify_chain};
use shared::x509::serial::SerialNumber;
use shared::x509::text::DeviceName;

use super::*;

/// Numbers that differ, the same ones in every run.
pub(super) struct Dice(AtomicU64);

impl Dice {
    pub(super) fn new() -> Self {
        Self(AtomicU64::new(1))
    }
}

impl Entropy for Dice {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            let count = self.0.fetch_add(1, Ordering::SeqCst);
            let mixed = count.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bd1_e995_dead_beef;
            chunk.copy_from_slice(&mixed.to_be_bytes()[..chunk.len()]);
        }
    }
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn now() -> Timestamp {
    at("2026-11-21T18:30:00Z")
}

pub(super) fn authority(dir: &Path) -> Authority {
    Authority::create(&dir.join("authority"), &CreateOptions::simulator(now()), &Dice::new()).unwrap()
}

pub(super) fn fields() -> DeviceCertificateFields {
    DeviceCertificateFields {
        given_names: PersonName::parse("Zażółć Anna").unwrap(),
        surname: PersonName::parse("Gęślą-Jaźń").unwrap(),
        pesel: Pesel::parse("02070803628").unwrap(),
        device_name: DeviceName::parse("Telefon Ani").unwrap(),
        slot: DeviceSlot::new(2, 5).unwrap(),
        activated_at: now(),
        card_digest: [0xc4; 32],
        not_before: at("2026-08-31T22:00:00Z"),
        not_after: at("2027-09-30T21:59:59Z"),
    }
}

pub(super) fn urls() -> PkiUrls {
    PkiUrls::new("http://pki.example/crl/1.crl", "http://pki.example/ca/1.der", None).unwrap()
}

pub(super) fn serial() -> SerialNumber {
    fresh_serial(&Dice::new())
}

/// A device's public key: the SEC1 point.
pub(super) fn device_key() -> Vec<u8> {
    let key = sealed_key::PrivateKey::generate().unwrap().key_pair().unwrap();
    key.public_key().as_ref().to_vec()
}

pub(super) fn prepared(authority: &Authority) -> PreparedCertificate {
    authority.prepare(&fields(), &device_key(), serial(), &urls()).unwrap()
}

pub(super) fn issued(authority: &Authority) -> SignedCertificate {
    authority.sign(lint(prepared(authority)).unwrap()).unwrap()
}

fn anchors(authority: &Authority) -> [TrustAnchor; 1] {
    [TrustAnchor::from_der(authority.root().der()).unwrap()]
}

#[test]
fn a_certificate_goes_from_the_fields_to_a_wallets_trust() {
    let dir = tempfile::tempdir().unwrap();
    let authority = authority(dir.path());
    let key = device_key();
    let prepared = authority.prepare(&fields(), &key, serial(), &urls()).unwrap();
    let linted = lint(prepared).unwrap();
    let to_be_signed = linted.to_be_signed().to_vec();
    let signed = authority.sign(linted).unwrap();

    let x5c = vec![signed.der().to_vec(), authority.issuing_certificate_der().to_vec()];
    let chain = verify_chain(&x5c, &anchors(&authority), now()).unwrap();
    assert_eq!(chain.leaf().body().fields(), fields());
    assert_eq!(chain.leaf().public_key().sec1(), key);
    assert_eq!(chain.leaf().serial(), serial());
    assert_eq!(chain.leaf().body().urls(), &urls());
    assert!(signed.der().windows(to_be_signed.len()).any(|window| window == to_be_signed));
    assert_eq!(signed.generation(), 1);
}

#[test]
fn stored_bytes_are_finished_after_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    let first = authority(dir.path());
    let stored = prepared(&first).to_be_signed().to_vec();
    drop(first);

    let again = Authority::open(&dir.path().join("authority"), None, &Dice::new()).unwrap();
    let signed = again.sign(lint(PreparedCertificate::from_stored_tbs(stored).unwrap()).unwrap()).unwrap();
    assert_eq!(signed.certificate().body().fields(), fields());
}

#[test]
fn what_was_prepared_before_a_roll_over_is_finished_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let old = authority(dir.path());
    let stored = prepared(&old).to_be_signed().to_vec();
    let options = RollOverOptions {
        issuing_name: "mLegitymacja SIMULATOR Issuing CA 2".to_owned(),
        not_before: old.root().not_before(),
        not_after: old.root().not_after(),
        keys: KeyStore::default(),
    };
    let new = Authority::roll_over(&dir.path().join("authority"), &options, &Dice::new()).unwrap();
    assert_eq!((old.generation(), new.generation()), (1, 2));
    assert!(new.longest_card() > old.longest_card());

    let before = new.sign(lint(PreparedCertificate::from_stored_tbs(stored).unwrap()).unwrap()).unwrap();
    let after = issued(&new);
    assert_eq!((before.generation(), after.generation()), (1, 2));
    for signed in [before, after] {
        let (generation, issuer) = new.issuer_of(signed.certificate()).unwrap();
        assert_eq!(generation, signed.generation());
        let x5c = new.x5c(signed.der()).unwrap();
        assert_eq!(x5c, [signed.der(), issuer.der()]);
        assert!(verify_chain(&x5c, &anchors(&new), now()).is_ok());
    }
}

#[test]
fn bytes_for_another_authority_are_not_signed() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (ours, theirs) = (authority(one.path()), authority(two.path()));
    let linted = lint(prepared(&theirs)).unwrap();
    assert_eq!(ours.sign(linted).unwrap_err(), SignError::OtherAuthority);
    assert_eq!(ours.x5c(issued(&theirs).der()), Err(SignError::OtherAuthority));
}

#[test]
fn stored_bytes_that_outlive_their_authority_are_not_signed() {
    use shared::x509::key::EcPublicKey;
    let dir = tempfile::tempdir().unwrap();
    let authority = authority(dir.path());
    let key = EcPublicKey::from_p256_sec1(&device_key()).unwrap();
    let of = |fields: &DeviceCertificateFields| {
        let params = profile::device(fields, &key, serial(), &urls(), &authority.arc).unwrap();
        let capture = profile::Capture::new(authority.issuing().public_key());
        let issuer = rcgen::Issuer::from_params(&authority.current.template, &capture);
        params.signed_by(&profile::Subject(&key), &issuer).unwrap();
        let stored = PreparedCertificate::from_stored_tbs(capture.into_to_be_signed()).unwrap();
        authority.sign(lint(stored).unwrap()).map(|_| ())
    };
    let (not_before, not_after) = (at("2011-11-20T22:00:00Z"), at("2046-11-21T00:00:01Z"));
    assert_eq!(of(&fields()), Ok(()));
    assert_eq!(of(&DeviceCertificateFields { not_after, ..fields() }), Err(SignError::OutsideAuthority));
    assert_eq!(of(&DeviceCertificateFields { not_before, ..fields() }), Err(SignError::OutsideAuthority));
}

#[test]
fn another_arc_reaches_the_certificate() {
    let dir = tempfile::tempdir().unwrap();
    let arc = PrivateArc::parse("1.3.6.1.4.1.55555").unwrap();
    let authority = authority(dir.path()).with_arc(arc.clone());
    let signed = issued(&authority);
    assert!(DeviceCertificate::parse_under(signed.der(), &arc).is_ok());
    assert!(DeviceCertificate::parse(signed.der()).is_err());
}

#[test]
fn dates_are_checked_apart_from_opening() {
    let dir = tempfile::tempdir().unwrap();
    let authority = authority(dir.path());
    assert!(authority.check_dates(now()).is_ok());
    assert!(matches!(
        authority.check_dates(at("2011-11-20T23:59:59Z")),
        Err(AuthorityError::NotYetValid { which: "root" })
    ));
    assert!(matches!(
        authority.check_dates(at("2046-11-21T00:00:01Z")),
        Err(AuthorityError::Expired { which: "issuing authority" })
    ));
    assert!(authority.check_dates(at("2046-11-21T00:00:00Z")).is_ok());
}

#[test]
fn debug_output_tells_nobody_and_no_key() {
    let dir = tempfile::tempdir().unwrap();
    let authority = authority(dir.path());
    let prepared = prepared(&authority);
    let mut printed = format!("{authority:?} {prepared:?}");
    let linted = lint(prepared).unwrap();
    printed += &format!("{linted:?}");
    printed += &format!("{:?}", authority.sign(linted).unwrap());
    for secret in ["Anna", "Gęślą", "02070803628", "Telefon", "PRIVATE"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}
