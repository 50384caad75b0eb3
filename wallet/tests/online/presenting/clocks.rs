//! A verifier judges by the right time and by a list of roots that counts, or says that it cannot.

use jiff::SignedDuration;
use shared::presentation::trust::{RootPurpose, Trust, TrustedRoot};
use shared::presentation::trust_list;
use shared::vp::preset::Preset;
use shared::vp::request::ResponseMode;
use shared::x509::chain::TrustAnchor;
use shared::x509::signer::SignerPurpose;
use wallet::present::PresentError;
use wallet::verify::offline::Inspector;
use wallet::verify::online::SessionState;

use super::stage::{Certified, Device, Kind, Stage};
use crate::authority::Authority;
use crate::phone::at;

/// A ticket check: what the phone is told, the verdict, and its reason.
async fn check(stage: &Stage) -> (Option<String>, &'static str, &'static str) {
    let asked = stage.ask(Preset::Ticket, ResponseMode::DirectPostJwt);
    let request = stage.read_asked(&asked).await;
    let told = match stage.phone.present(&request.consent(&[]).unwrap()).await {
        Ok(_) => None,
        Err(PresentError::RefusedByVerifier { code, .. }) => code,
        Err(error) => unreachable!("{error}"),
    };
    let verdict = match stage.state(&asked) {
        SessionState::Answered { verdict, .. } => verdict,
        SessionState::Refused { verdict: Some(verdict), shown: Some(_), .. } => verdict,
        state => unreachable!("{state:?}"),
    };
    assert_eq!(verdict.at.is_none(), verdict.code() == "clock_uncertain", "{verdict:?}");
    (told, verdict.code(), verdict.reason.map_or("", |reason| reason.code()))
}

fn uncertain(reason: &'static str) -> (Option<String>, &'static str, &'static str) {
    (Some("clock_uncertain".to_owned()), "clock_uncertain", reason)
}

#[tokio::test]
async fn a_list_of_a_later_time_proves_the_verifiers_clock_slow() {
    let stage = Stage::new(Kind::Dns).await;
    stage.lists_are_ahead(120);
    assert_eq!(check(&stage).await, (None, "valid", ""), "clocks differ");
    stage.lists_are_ahead(1);
    stage.later(121);
    assert_eq!(check(&stage).await, uncertain("clock_behind"));
    // Nor does it help to be set back after a list has come.
    let stage = Stage::new(Kind::Dns).await;
    assert_eq!(check(&stage).await, (None, "valid", ""));
    stage.clock.advance(SignedDuration::from_secs(-121));
    assert_eq!(check(&stage).await, uncertain("clock_behind"));
}

#[tokio::test]
async fn a_list_from_the_future_is_not_fresh_until_then() {
    let stage = Stage::new(Kind::Dns).await;
    let root = TrustAnchor::from_der(&stage.authority.root_der).unwrap();
    let (lists, place, wire) = stage.lists();
    let now = at("2026-11-22T08:00:00Z");
    for _ in 0..2 {
        lists.refresh(&place, &root, now).await;
    }
    assert_eq!(wire.requests().len(), 1, "it is of this second");
    stage.lists_are_ahead(3600);
    let (lists, place, wire) = stage.lists();
    for _ in 0..2 {
        lists.refresh(&place, &root, now).await;
    }
    assert_eq!(wire.requests().len(), 2, "it is of an hour later");
}

/// A device that goes by a list of roots of these dates.
fn listed(issued: &'static str, until: &'static str, clock_is_right: bool) -> Device {
    Box::new(move |authority: &Authority| {
        let anchor = TrustAnchor::from_der(&authority.root_der).unwrap();
        let root = TrustedRoot {
            anchor: anchor.clone(),
            name: "Szkoła".to_owned(),
            purposes: [RootPurpose::Cards].into_iter().collect(),
            ocsp: None,
        };
        let signer = Certified::new(authority.signer(SignerPurpose::TrustList));
        let trust = Trust { roots: vec![root], ..Trust::default() };
        let input = trust_list::prepare(&trust, &signer.x5c, at(issued), at(until)).unwrap();
        let signature = signer.signature(input.as_bytes());
        let mut device = Inspector::default().believing(anchor);
        device.take_kept_trust_list(&input.finish(signature)).unwrap();
        if clock_is_right { device.with_right_clock() } else { device }
    })
}

#[tokio::test]
async fn an_inspectors_device_says_what_it_would_say_without_a_network() {
    let outdated = (Some("trust_list_outdated".to_owned()), "not_trusted", "trust_list_outdated");
    let (yesterday, now) = ("2026-11-21T08:00:00Z", "2026-11-22T08:00:00Z");
    for (issued, until, clock_is_right, told) in [
        (yesterday, "2026-11-22T08:00:01Z", true, (None, "valid", "")),
        (yesterday, now, true, outdated),
        ("2026-11-22T08:02:01Z", "2026-12-01T00:00:00Z", true, uncertain("clock_behind")),
        (yesterday, "2026-12-01T00:00:00Z", false, uncertain("no_signed_time")),
    ] {
        let stage = Stage::on_device(Kind::Dns, listed(issued, until, clock_is_right)).await;
        assert_eq!(check(&stage).await, told, "{issued} to {until}");
    }
}
