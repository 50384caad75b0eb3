use p256::ecdsa::SigningKey;
use proptest::prelude::*;

use super::super::sample::{
    at, chain_of, code, content, issuer, phone, portrait, public, sign, signed, terms, trust,
};
use super::super::{KeyId, UnsignedCode, window_of};
use super::*;
use crate::age_limit::AgeLimit;
use crate::presentation::revocation::NoRevocationData;
use crate::presentation::time::{ClockCorrection, FreshTime};
use crate::presentation::trust::{CodeSigner, RootPurpose};
use crate::status::StatusReference;
use crate::x509::chain::TrustAnchor;
use crate::x509::sample::{self as x509, HIERARCHY};
use crate::x509::signer::SignerPurpose;

const NOW: &str = "2026-11-21T18:30:07Z";

/// One answer for every card.
struct Everyone(Standing);

impl RevocationData for Everyone {
    fn standing(&self, _: &StatusReference, root: &TrustAnchor, _: Timestamp) -> Standing {
        assert_eq!(root.certificate().der(), HIERARCHY.root.der);
        self.0
    }

    fn latest_signed(&self) -> Option<Timestamp> {
        match self.0 {
            Standing::Good { as_of, .. } | Standing::Outdated { as_of } => Some(as_of),
            Standing::Revoked { since, .. } => Some(since),
            Standing::Unknown => None,
        }
    }
}

fn morning() -> Everyone {
    Everyone(Standing::Good { as_of: at("2026-11-21T06:00:00Z"), until: at("2026-11-22T06:00:00Z") })
}

fn cards() -> Trust {
    trust(&[RootPurpose::Cards])
}

fn ticket() -> Vec<u8> {
    signed(&terms(content(Purpose::Ticket, Some(portrait()))))
}

fn clock(now: &str) -> CorrectedTime {
    CorrectedTime::kept_right(at(now))
}

/// The verdict on a ticket's code that was made at `made`, at `now`.
fn judged(made: &str, now: &str) -> Verdict {
    let text = code(&ticket(), at(made), HolderClock::Corrected);
    verify(&text, &cards(), &morning(), clock(now), None, &mut SeenCodes::default()).verdict
}

fn found(text: &str) -> (Outcome, Option<Reason>) {
    let verdict = verify(text, &cards(), &morning(), clock(NOW), None, &mut SeenCodes::default()).verdict;
    (verdict.outcome, verdict.reason)
}

#[test]
fn a_code_of_the_moment_is_valid_and_says_by_what() {
    let text = code(&ticket(), at(NOW), HolderClock::Corrected);
    let asked = Some(Purpose::Ticket);
    let inspection = verify(&text, &cards(), &morning(), clock(NOW), asked, &mut SeenCodes::default());
    assert_eq!(inspection.disclosed, Some(content(Purpose::Ticket, Some(portrait()))));
    assert_eq!(
        serde_json::to_value(inspection.verdict).unwrap(),
        serde_json::json!({
            "verdict": "valid", "at": NOW,
            "checked": [
                {"what": "chain", "by": "Szkoły"},
                {"what": "issuer_signature"},
                {"what": "holder_signature"},
                {"what": "validity"},
                {"what": "freshness", "as_of": "2026-11-21T18:30:00Z"},
                {"what": "revocation", "by": "http://pki.example:8081/pki/status/12",
                 "as_of": "2026-11-21T06:00:00Z"},
                {"what": "replay"},
            ],
        })
    );
}

#[test]
fn a_code_is_fresh_for_thirty_seconds() {
    let stale = Outcome::CodeTooOld { made_at: at("2026-11-21T18:30:00Z") };
    let cases = [
        ("2026-11-21T18:29:44.999Z", Outcome::ClockUncertain, Some(Reason::FromTheFuture)),
        ("2026-11-21T18:29:45Z", Outcome::Valid, None),
        ("2026-11-21T18:30:30Z", Outcome::Valid, None),
        ("2026-11-21T18:30:30.001Z", stale, Some(Reason::Stale)),
        ("2026-11-21T20:00:00Z", stale, Some(Reason::Stale)),
    ];
    for (now, outcome, reason) in cases {
        let verdict = judged(NOW, now);
        assert_eq!((verdict.outcome, verdict.reason), (outcome, reason), "{now}");
    }
}

#[test]
fn how_far_the_raw_clocks_are_apart_plays_no_part() {
    let truth = at(NOW);
    let ahead = |seconds| truth + SignedDuration::from_secs(seconds);
    let learnt = |seconds: i64| {
        let then = ahead(seconds) - SignedDuration::from_hours(5);
        let fresh = FreshTime::of_answer(truth - SignedDuration::from_hours(5));
        ClockCorrection::learn(fresh, then, then).unwrap()
    };
    for (of_phone, of_inspector) in [(0, 0), (120, -120), (-86_400, 3600), (40_000_000, -40_000_000)] {
        let phones = learnt(of_phone).correct(ahead(of_phone));
        let text = code(&ticket(), phones.now(), HolderClock::Corrected);
        let now = learnt(of_inspector).correct(ahead(of_inspector));
        let verdict = verify(&text, &cards(), &morning(), now, None, &mut SeenCodes::default()).verdict;
        assert_eq!(verdict.outcome, Outcome::Valid, "{of_phone} {of_inspector}");
    }
}

#[test]
fn without_a_signed_time_on_either_side_nothing_is_valid() {
    let good = code(&ticket(), at(NOW), HolderClock::Corrected);
    let judged = |text: &str, now, list: &dyn RevocationData| {
        verify(text, &cards(), list, now, None, &mut SeenCodes::default())
    };
    let blind = judged(&good, CorrectedTime::uncorrected(at(NOW)), &morning());
    assert_eq!(blind.verdict.outcome, Outcome::ClockUncertain);
    assert_eq!(blind.verdict.reason, Some(Reason::NoSignedTime));
    assert_eq!(blind.verdict.at, None);
    assert!(blind.disclosed.is_some(), "the signatures hold whatever the time is");
    let years_off = judged(&good, CorrectedTime::uncorrected(at("1970-01-01T00:00:00Z")), &morning());
    assert_eq!(years_off.verdict.reason, Some(Reason::NoSignedTime));
    let admitted = code(&ticket(), at(NOW), HolderClock::Uncorrected);
    let admitted = judged(&admitted, clock(NOW), &morning()).verdict;
    assert_eq!(admitted.reason, Some(Reason::HolderWithoutSignedTime));
    let tomorrow =
        Everyone(Standing::Good { as_of: at("2026-11-22T06:00:00Z"), until: at("2026-11-23T06:00:00Z") });
    let behind = judged(&good, clock(NOW), &tomorrow).verdict;
    assert_eq!(
        (behind.outcome, behind.reason, behind.at),
        (Outcome::ClockUncertain, Some(Reason::ClockBehind), None)
    );
}

#[test]
fn a_card_counts_in_its_time_only() {
    let on = |now: &str| {
        let as_of = at(now) - SignedDuration::from_hours(1);
        let list = Everyone(Standing::Good { as_of, until: at(now) + SignedDuration::from_hours(1) });
        let text = code(&ticket(), at(now), HolderClock::Corrected);
        verify(&text, &cards(), &list, clock(now), None, &mut SeenCodes::default()).verdict.outcome
    };
    let (from, since) = (at("2026-08-31T22:00:00Z"), at("2027-09-30T22:00:00Z"));
    assert_eq!(on("2026-08-31T21:59:59Z"), Outcome::NotYetValid { from });
    assert_eq!(on("2026-08-31T22:00:00Z"), Outcome::Valid);
    assert_eq!(on("2027-09-30T21:59:59Z"), Outcome::Valid);
    assert_eq!(on("2027-09-30T22:00:00Z"), Outcome::Expired { since });
}

#[test]
fn revocation_is_as_good_as_the_data() {
    let text = code(&ticket(), at(NOW), HolderClock::Corrected);
    let judged = |list: &dyn RevocationData| {
        let verdict = verify(&text, &cards(), list, clock(NOW), None, &mut SeenCodes::default()).verdict;
        (verdict.outcome, verdict.reason)
    };
    let since = at("2026-11-20T06:00:00Z");
    let revoked = Standing::Revoked { since, exact: false };
    assert_eq!(judged(&Everyone(revoked)), (Outcome::Revoked { since, exact: false }, None));
    assert_eq!(
        judged(&Everyone(Standing::Outdated { as_of: since })),
        (Outcome::UnknownSince { since: Some(since) }, Some(Reason::ListOutdated))
    );
    assert_eq!(judged(&NoRevocationData), (Outcome::UnknownSince { since: None }, Some(Reason::NoList)));
    // An old picture of a revoked card is a revoked card.
    let later = clock("2026-11-21T20:00:00Z");
    let old = verify(&text, &cards(), &Everyone(revoked), later, None, &mut SeenCodes::default());
    assert_eq!(old.verdict.outcome, Outcome::Revoked { since, exact: false });
}

#[test]
fn a_code_counts_once_and_none_after_a_later_one() {
    let mut seen = SeenCodes::default();
    let mut judge = |made: &str, now: &str| {
        let text = code(&ticket(), at(made), HolderClock::Corrected);
        let verdict = verify(&text, &cards(), &morning(), clock(now), None, &mut seen).verdict;
        (verdict.outcome.code(), verdict.reason)
    };
    let before = ("code_too_old", Some(Reason::SeenBefore));
    assert_eq!(judge("2026-11-21T18:30:15Z", "2026-11-21T18:30:16Z"), ("valid", None));
    assert_eq!(judge("2026-11-21T18:30:15Z", "2026-11-21T18:30:20Z"), before);
    // A picture that was taken before the phone passed.
    assert_eq!(judge("2026-11-21T18:30:00Z", "2026-11-21T18:30:21Z"), before);
    assert_eq!(judge("2026-11-21T18:30:30Z", "2026-11-21T18:30:31Z"), ("valid", None));
}

#[test]
fn a_code_that_is_refused_is_not_remembered() {
    let mut seen = SeenCodes::default();
    let text = code(&ticket(), at(NOW), HolderClock::Corrected);
    let first = verify(&text, &cards(), &NoRevocationData, clock(NOW), None, &mut seen).verdict;
    assert_eq!(first.outcome, Outcome::UnknownSince { since: None });
    assert!(seen.is_empty());
    assert!(verify(&text, &cards(), &morning(), clock(NOW), None, &mut seen).verdict.is_valid());
    assert_eq!(seen.len(), 1);
}

#[test]
fn another_purpose_than_was_asked_for_is_not_trusted() {
    let cinema = signed(&terms(content(Purpose::Cinema(AgeLimit::A15), None)));
    let text = code(&cinema, at(NOW), HolderClock::Corrected);
    let judged = |asked| {
        let verdict =
            verify(&text, &cards(), &morning(), clock(NOW), asked, &mut SeenCodes::default()).verdict;
        (verdict.outcome, verdict.reason)
    };
    let refused = (Outcome::NotTrusted, Some(Reason::AnotherPurpose));
    assert_eq!(judged(Some(Purpose::Cinema(AgeLimit::A18))), refused);
    assert_eq!(judged(Some(Purpose::Ticket)), refused);
    assert_eq!(judged(Some(Purpose::Cinema(AgeLimit::A15))), (Outcome::Valid, None));
}

#[test]
fn a_copied_store_makes_no_codes() {
    // The statement without the key in the secure element: a thief signs with a key of their own.
    let unsigned = UnsignedCode::new(&ticket(), window_of(at(NOW)), HolderClock::Corrected).unwrap();
    let signature = sign(&SigningKey::from_slice(&[8; 32]).unwrap(), unsigned.as_bytes());
    assert_eq!(found(&unsigned.finish(signature)), (Outcome::Altered, Some(Reason::HolderSignature)));
}

#[test]
fn a_changed_portrait_is_altered() {
    let mut bytes = portrait().as_bytes().to_vec();
    bytes[100] ^= 1;
    let changed = super::super::Portrait::from_bytes(bytes).unwrap();
    let forged = |key: &SigningKey| {
        let terms = terms(content(Purpose::Ticket, Some(changed.clone())));
        let unsigned = terms.prepare(KeyId::of(&public(&issuer())));
        let signature = sign(key, unsigned.as_bytes());
        unsigned.finish(signature)
    };
    let text = code(&forged(&phone()), at(NOW), HolderClock::Corrected);
    assert_eq!(found(&text), (Outcome::Altered, Some(Reason::IssuerSignature)));
}

#[test]
fn whoever_is_not_trusted_is_not_trusted_for_a_reason() {
    let text = code(&ticket(), at(NOW), HolderClock::Corrected);
    let by = |trust: &Trust, now: &str| {
        let inspection = verify(&text, trust, &morning(), clock(now), None, &mut SeenCodes::default());
        assert_eq!(inspection.verdict.outcome, Outcome::NotTrusted);
        inspection.verdict.reason.unwrap()
    };
    assert_eq!(by(&Trust::default(), NOW), Reason::UnknownSigner);
    assert_eq!(by(&Trust { roots: vec![], ..cards() }, NOW), Reason::UnknownRoot);
    assert_eq!(by(&trust(&[RootPurpose::Verifiers]), NOW), Reason::RootForAnotherPurpose);
    let foreign = x509::authority_under(&x509::foreign_root(), "Foreign", |_| {});
    let stranger = CodeSigner::new(chain_of(&issuer(), SignerPurpose::Code, &foreign)).unwrap();
    assert_eq!(by(&Trust { code_signers: vec![stranger], ..cards() }, NOW), Reason::UnknownRoot);
    assert!(CodeSigner::new(chain_of(&issuer(), SignerPurpose::SdJwt, &HIERARCHY.issuing)).is_err());
    assert_eq!(by(&cards(), "2040-01-01T00:00:00Z"), Reason::SignerOutdated);
    let outdated = Trust { until: Some(at(NOW)), as_of: Some(at("2026-11-01T00:00:00Z")), ..cards() };
    assert_eq!(by(&outdated, NOW), Reason::TrustListOutdated);
}

#[test]
fn what_is_no_card_says_so() {
    for (text, outcome, reason) in [
        ("", Outcome::NotACard, Reason::UnknownForm),
        ("https://example.com", Outcome::NotACard, Reason::UnknownForm),
        ("MLEG1:NCFOXN%TSMAHN-H6SKJPTI+92ZA8OM0", Outcome::NotACard, Reason::UnknownForm),
        ("MLEG1:ZZ", Outcome::Altered, Reason::Encoding),
    ] {
        assert_eq!(found(text), (outcome, Some(reason)), "{text}");
    }
    assert_eq!(found(&"A".repeat(5000)), (Outcome::NotACard, Some(Reason::TooLarge)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_flipped_bit_is_ever_valid(place in 0_usize..100_000, bit in 0_u8..8) {
        let good = code(&ticket(), at(NOW), HolderClock::Corrected);
        let encoded = good.strip_prefix(super::super::code::PREFIX).unwrap();
        let mut bytes = base45::decode(encoded).unwrap();
        let place = place % bytes.len();
        bytes[place] ^= 1 << bit;
        let text = format!("{}{}", super::super::code::PREFIX, base45::encode(bytes));
        let (outcome, _) = found(&text);
        let refused = matches!(outcome, Outcome::Altered | Outcome::NotACard | Outcome::NotTrusted);
        prop_assert!(refused, "{outcome:?} at {place}");
    }

    #[test]
    fn judging_never_panics(text in any::<String>(), seconds in any::<i32>()) {
        let now = Timestamp::from_second(i64::from(seconds)).unwrap();
        for text in [text.clone(), format!("MLEG1:{text}")] {
            let inspection = verify(&text, &cards(), &NoRevocationData, CorrectedTime::kept_right(now), None, &mut SeenCodes::default());
            prop_assert!(!inspection.verdict.is_valid());
        }
    }
}
