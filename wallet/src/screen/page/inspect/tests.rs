//! Every verdict's screen in both languages.

use std::collections::BTreeSet;

use shared::presentation::verdict::Reason;
use shared::words::Lang;

use super::*;
use crate::screen::words;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// An evening in Warsaw, as Polish and English screens write it.
const WHEN: (&str, [&str; 2]) = ("2026-11-20T17:05:00Z", ["20.11.2026, 18:05", "20 Nov 2026, 18:05"]);

/// Every outcome in each of its forms, with tone and sign.
fn outcomes() -> Vec<(Outcome, &'static str, &'static str)> {
    let when = at(WHEN.0);
    let (good, doubtful, bad) = (("good", "✓"), ("doubtful", "?"), ("bad", "✕"));
    let told = [
        (Outcome::Valid, good),
        (Outcome::Expired { since: when }, bad),
        (Outcome::NotYetValid { from: when }, bad),
        (Outcome::Revoked { since: when, exact: true }, bad),
        (Outcome::Revoked { since: when, exact: false }, bad),
        (Outcome::UnknownSince { since: Some(when) }, doubtful),
        (Outcome::UnknownSince { since: None }, doubtful),
        (Outcome::CodeTooOld { made_at: when }, doubtful),
        (Outcome::ClockUncertain, doubtful),
        (Outcome::NotTrusted, bad),
        (Outcome::Altered, bad),
        (Outcome::NotACard, bad),
    ];
    told.map(|(outcome, (tone, sign))| (outcome, tone, sign)).to_vec()
}

/// The outcome that a reason explains. A new reason has to be put here, and into [`REASONS`].
fn explained(reason: Reason) -> Outcome {
    use Reason as R;
    match reason {
        R::NoList | R::ListOutdated => Outcome::UnknownSince { since: None },
        R::Stale | R::SeenBefore => Outcome::CodeTooOld { made_at: at(WHEN.0) },
        R::NoSignedTime | R::SignedTimeOld | R::ClockBehind => Outcome::ClockUncertain,
        R::HolderWithoutSignedTime | R::FromTheFuture => Outcome::ClockUncertain,
        R::UnknownRoot | R::RootForAnotherPurpose | R::UnknownSigner | R::SignerCertificate => {
            Outcome::NotTrusted
        }
        R::SignerOutdated | R::TrustListOutdated | R::AnotherPurpose | R::AnotherAudience => {
            Outcome::NotTrusted
        }
        R::AnotherNonce | R::NoHolderProof | R::TooLittle | R::TooMuch => Outcome::NotTrusted,
        R::IssuerSignature | R::HolderSignature | R::Encoding | R::Disclosure => Outcome::Altered,
        R::TooLarge | R::UnknownForm | R::UnknownContent => Outcome::NotACard,
    }
}

const REASONS: [Reason; 28] = {
    use Reason as R;
    [
        R::NoList,
        R::ListOutdated,
        R::Stale,
        R::SeenBefore,
        R::NoSignedTime,
        R::SignedTimeOld,
        R::ClockBehind,
        R::HolderWithoutSignedTime,
        R::FromTheFuture,
        R::UnknownRoot,
        R::RootForAnotherPurpose,
        R::UnknownSigner,
        R::SignerCertificate,
        R::SignerOutdated,
        R::TrustListOutdated,
        R::AnotherPurpose,
        R::AnotherAudience,
        R::AnotherNonce,
        R::NoHolderProof,
        R::TooLittle,
        R::TooMuch,
        R::IssuerSignature,
        R::HolderSignature,
        R::Encoding,
        R::Disclosure,
        R::TooLarge,
        R::UnknownForm,
        R::UnknownContent,
    ]
};

fn page(lang: Lang, verdict: Verdict) -> VerdictPage {
    let (seen, until) = (at("2026-11-22T08:00:00Z"), at("2026-11-22T08:03:00Z"));
    verdict_page(Say(lang), &Found { verdict, claims: Vec::new(), no_face: false, at: seen, until })
}

/// A text that nobody wrote is its key.
fn is_written(text: &str) -> bool {
    text.contains(' ') || text.starts_with(char::is_uppercase)
}

#[test]
fn every_outcome_has_a_word_of_its_own_in_its_tone() {
    for lang in [Lang::Pl, Lang::En] {
        let (mut words, mut titles) = (BTreeSet::new(), BTreeSet::new());
        for (outcome, tone, sign) in outcomes() {
            let page = page(lang, Verdict::new(outcome));
            assert_eq!((page.word, page.tone, page.sign), (outcome.code(), tone, sign));
            assert!(is_written(&page.title) && is_written(&page.text), "{}: {}", page.title, page.text);
            assert_eq!(page.reason, "");
            words.insert(page.word);
            titles.insert(page.title);
        }
        assert_eq!((words.len(), titles.len()), (10, 10), "{titles:?}");
    }
}

#[test]
fn an_outcome_with_a_time_says_it() {
    for (lang, written) in [Lang::Pl, Lang::En].into_iter().zip(WHEN.1) {
        let says = |outcome: &Outcome| page(lang, Verdict::new(*outcome)).text.contains(written);
        let (timed, others): (Vec<_>, Vec<_>) =
            outcomes().into_iter().map(|(outcome, ..)| outcome).partition(says);
        assert_eq!((timed.len(), others.len()), (6, 6), "{lang:?}: {timed:?}");
        assert!(timed.iter().all(|outcome| format!("{outcome:?}").contains("2026-11-20")), "{timed:?}");
    }
}

#[test]
fn every_reason_is_said_and_no_text_is_idle() {
    for (lang, files) in [(Lang::Pl, words::PL), (Lang::En, words::EN)] {
        let mut said = BTreeSet::new();
        for reason in REASONS {
            let page = page(lang, Verdict::new(explained(reason)).because(reason));
            assert!(is_written(&page.reason), "{reason:?}: {}", page.reason);
            said.insert(page.reason);
        }
        assert_eq!(said.len(), REASONS.len(), "two reasons sound the same: {said:?}");
        let lines = files.iter().flat_map(|(_, text)| text.lines());
        let keys = lines.filter_map(|line| line.split_once(" = ")?.0.strip_prefix("reason-"));
        let codes = REASONS.iter().map(|reason| reason.code().replace('_', "-"));
        assert_eq!(keys.map(str::to_owned).collect::<BTreeSet<_>>(), codes.collect());
    }
}

#[test]
fn the_root_is_named_in_short_and_what_was_fetched_has_its_age() {
    let chain = Check::of(Checked::Chain).by("CN=Urząd Próbny,O=Szkoły,C=PL").as_of(at(WHEN.0));
    let list = Check::of(Checked::Revocation).by("https://issuer.example/pki/status/1").as_of(at(WHEN.0));
    let fresh = Check::of(Checked::Freshness).as_of(at(WHEN.0));
    let verdict = Verdict::new(Outcome::Valid).after(vec![chain, fresh, list]);
    let pl = page(Lang::Pl, verdict.clone()).checked;
    let data = "(dane z 20.11.2026, 18:05)";
    let chain = format!("certyfikaty wystawcy pod „Urząd Próbny” {data}");
    assert_eq!(pl, format!("Sprawdzono 09:00:00: {chain}, świeżość kodu, unieważnienia {data}."));
    let en = page(Lang::En, verdict).checked;
    assert!(en.contains("under “Urząd Próbny”") && !en.contains("O=Szkoły"), "{en}");
    assert_eq!((common_name("O=Szkoły,CN=Urząd"), common_name("mLegitymacja")), ("Urząd", "mLegitymacja"));
}
